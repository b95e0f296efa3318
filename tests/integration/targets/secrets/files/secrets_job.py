# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every playbook at -vvvv, with runs that fail, and no password anywhere: ``secrets_job.py PART LAB HOME``.

The main job's eyes look at what runs say, leave behind and send, and at what servers write. Only what differs from the
main job is here: the other playbooks, and runs that fail for the wrong password and for a server that is down.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import main_job
from main_job import AWKWARD, RECIPIENTS, Job
from observer import Watch
from playbook import Run, play

from lab import data

PLAYBOOKS = ("precheck", "monitor", "diagnose", "recover", "fleet")
# Those that change nothing, but for what they write on the controller.
READING = ("precheck", "monitor", "diagnose")


class SecretsJob(Job):
    """The main job's servers and home; each run gets all options that hold a password or a path to write to."""

    def variables(self, **more: str) -> dict[str, dict[str, str]]:
        own = {
            "mysql_clone_user": "cloner",
            "mysql_clone_password": self.notes["clone_password"],
            "mysql_clone_copy_password": self.notes["clone_password"],
            "mysql_clone_login_config_file": "",
            "mysql_clone_state_dir": str(self.home / "state"),
            "mysql_clone_checksum": "none",
            # For node_exporter, which is another user: outside the reports, which are nobody else's business.
            "mysql_clone_prometheus_file": str(self.home / "monitor.prom"),
        }
        return {
            node.name: {**own, "mysql_clone_server_config_file": str(node.directory / "my.cnf"), **more}
            for node in self.nodes
        }

    def watched(self, name: str, *options: str, succeeds: bool | None = None, tracebacks: bool = False) -> Run:
        """Run a playbook with all that Ansible can say and search everything for the passwords.

        :param succeeds: None for a run of which only that matters.
        :param tracebacks: whether Ansible is to show where errors come from, which users can ask for.
        """
        begun = time.monotonic()
        with Watch(self.nodes, self.secrets, self.notes["passwords"].values()) as watch:
            run = self.playbook.run("-vvvv", *options, playbook=f"dbops.mysql_clone.{name}", tracebacks=tracebacks)
        print(f"{name}: status {run.status} after {time.monotonic() - begun:.1f} s, {watch}")
        assert ("Traceback" in run.output) is tracebacks, f"tracebacks are not as {run.name} was asked\n{run.tail()}"
        assert run.recap, f"{run.name} didn't come to its end\n{run.tail()}"
        if succeeds is not None:
            assert (run.status == 0) is succeeds, f"{run.name} ended with status {run.status}\n{run.tail()}"
        assert watch.commands > 5, f"watched too little: {watch}"
        assert not watch.found, f"a password was found in {'; '.join(watch.found)}"
        self.check_secret(run)
        loose = [
            str(path)
            for path in (self.home / "state").rglob("*")
            if path.lstat().st_mode & 0o077 and not path.is_symlink()
        ]
        assert not loose, f"others can read {', '.join(loose)}"
        return run


# -- parts -------------------------------------------------------------------------------------------------------------


def prepare(job: SecretsJob) -> None:
    """Fresh servers with awkward passwords that are known to nobody else."""
    words = {name: os.urandom(8).hex() for name in ("node1", *RECIPIENTS, "clone", "wrong")}
    passwords = {name: f"a'b\"%s\\{{{{ x }}}} {words[name]}" for name in ("node1", *RECIPIENTS)}
    job.note(original={node.name: node.root_password for node in job.nodes})
    job.note(
        passwords=passwords,
        clone_password=f"{AWKWARD} {words['clone']}",
        wrong_password=f"{AWKWARD} {words['wrong']}",
        secrets=list(words.values()),
    )
    job.fresh(job.donor, *job.recipients)
    data.load(job.donor, 1)
    job.inventory(**job.variables())
    assert job.secrets.in_files(job.home, besides=set()), "the search for passwords doesn't find those in the inventory"


def failing(job: SecretsJob) -> None:
    """One recipient's password is wrong and the other one's server is down: all playbooks say so, and no password."""
    wrong = {"mysql_clone_login_password": job.notes["wrong_password"]}
    variables = job.variables()
    job.inventory(**{**variables, "node2": {**variables["node2"], **wrong}})
    job.recipients[1].stop()
    try:
        for name in PLAYBOOKS:
            run = job.watched(name, *([] if name in READING else ["--check"]))
            assert "Access denied" in run.output, f"{run.name} doesn't say what is wrong\n{run.tail()}"
        job.watched("clone", "--check", succeeds=False, tracebacks=True)
    finally:
        job.recipients[1].start()
        job.inventory(**variables)
    assert (job.home / "reports").is_dir(), "no report was written"


def cloned(job: SecretsJob) -> None:
    """The fleet is cloned with an account that is given; what has happened is told without its password."""
    job.watched("fleet", "-e", "mysql_clone_overwrite=true", succeeds=True)
    for node in job.recipients:
        job.check_cloned(node)
    for name in ("diagnose", "recover"):
        job.watched(name)


def put_back(job: SecretsJob) -> None:
    """The servers as they were."""
    with contextlib.suppress(KeyError):
        main_job.put_back(job)


PARTS: dict[str, Callable[[SecretsJob], None]] = {part.__name__: part for part in (prepare, failing, cloned, put_back)}


def main() -> int:
    part, lab, home = sys.argv[1:]
    return play(part, lambda: PARTS[part](SecretsJob(lab, Path(home))), PARTS[part].__doc__)


if __name__ == "__main__":
    sys.exit(main())
