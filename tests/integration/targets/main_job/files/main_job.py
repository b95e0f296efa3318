# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job on real servers, run as users run it: ``main_job.py PART LAB HOME``.

Each part is a process of its own, so that each is a task with a result of its own. HOME is the home of the user whose
runs these are; what the parts must know of each other lies there, too.
"""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import re
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import general_log
import pymysql
from observer import Secrets, Watch, leftovers
from playbook import Playbook, Run, play

from lab import Lab, data
from lab.node import Node

RECIPIENTS = ("node2", "node3")
DATA_MIB = 24
# Variables that a server changes by itself.
MOVING = {"gtid_executed", "gtid_executed_compression_period", "timestamp"}
REMOTE_TEMPORARY = Path(pwd.getpwuid(os.getuid()).pw_dir) / ".ansible/tmp"
# The task that clones.
CLONING = "TASK [dbops.mysql_clone.clone : Clone the donor onto the recipient]"
# What the stand-in for ssh says when the connection is cut.
CUT = "the recipient went away"
# Whatever breaks quoting in YAML, Jinja, shells, SQL and option files.
AWKWARD = "' \" %% %s \\ {{ x }} {% y %} é世 $HOME `id` # ; --"


class Job:
    """The lab, the user's home, and what one part tells the next."""

    def __init__(self, lab: str, home: Path) -> None:
        self.lab = Lab.open(lab)
        self.home = home
        self._notes = home / "notes.json"
        self.notes: dict[str, Any] = json.loads(self._notes.read_text(encoding="utf-8")) if self._notes.exists() else {}
        self.donor = self.lab["node1"]
        self.recipients = [self.lab[name] for name in RECIPIENTS]
        self.nodes = [self.donor, *self.recipients]
        self.playbook = Playbook(home, home / "inventory.yml")

    def note(self, **values: Any) -> None:
        self.notes.update(values)
        self._notes.write_text(json.dumps(self.notes), encoding="utf-8")

    @property
    def secrets(self) -> Secrets:
        return Secrets(self.notes["secrets"])

    def inventory(self, **extra: dict[str, Any]) -> None:
        """Write the inventory; ``extra`` are more variables by host."""
        hosts = {
            node.name: {
                "mysql_clone_login_user": "root",
                # As it is laid down, whatever a clone has made of it since.
                "mysql_clone_login_password": self.notes["passwords"][node.name],
                "mysql_clone_login_unix_socket": str(node.socket),
                "mysql_clone_address": "127.0.0.1",
                "mysql_clone_port": node.port,
                **extra.get(node.name, {}),
            }
            for node in self.nodes
        }
        self.playbook.write_inventory(hosts, donors=["node1"], recipients=list(RECIPIENTS))

    def fresh(self, *nodes: Node, options: tuple[str, ...] = (), supervised: bool = True) -> None:
        """Servers without plugin, account or donor list, which write down every statement."""

        def reset(node: Node) -> None:
            node.reset(
                [*general_log.options(node.directory), *options],
                start=False,
                root_password=self.notes["passwords"][node.name],
            )
            node.start(supervised=supervised)

        with ThreadPoolExecutor() as pool:
            list(pool.map(reset, nodes))

    def ask(self, node: Node, statement: str) -> list[dict[str, Any]]:
        """Rows of a statement, as root of the node or, after a clone, of the donor."""
        passwords = self.notes["passwords"]
        try:
            return node.sql(statement, password=passwords[node.name])
        except Exception as error:
            if error.args[:1] != (1045,):
                raise
            return node.sql(statement, password=passwords["node1"])

    def state(self, node: Node) -> dict[str, Any]:
        """All that a run could change on a server beyond its data."""
        accounts = {
            f"{row['User']}@{row['Host']}": row
            for row in self.ask(node, "SELECT * FROM mysql.user ORDER BY User, Host")
        }
        quoted = ["`%s`@`%s`" % (row["User"], row["Host"]) for row in accounts.values()]
        found = {
            "accounts": accounts,
            "grants": {who: [list(row.values()) for row in self.ask(node, f"SHOW GRANTS FOR {who}")] for who in quoted},
            "plugins": self.ask(node, "SELECT name, dl FROM mysql.plugin ORDER BY name"),
            "components": self.ask(node, "SELECT component_urn FROM mysql.component ORDER BY 1"),
            "persisted": self.ask(node, "SELECT * FROM performance_schema.persisted_variables ORDER BY 1"),
            "gtid": self.ask(node, "SELECT @@gtid_executed AS gtid"),
            "variables": {
                row["Variable_name"]: row["Value"]
                for row in self.ask(node, "SHOW GLOBAL VARIABLES")
                if row["Variable_name"] not in MOVING
            },
        }
        return json.loads(json.dumps(found, default=str))

    def temporary_accounts(self) -> list[str]:
        """Accounts that a run has left on any server."""
        return [
            f"{row['User']}@{row['Host']} on {node.name}"
            for node in self.nodes
            for row in self.ask(node, "SELECT User, Host FROM mysql.user WHERE User LIKE 'dbops%'")
        ]

    def check_nothing_left(self) -> None:
        """No account, no donor list, no process of a run."""
        assert not self.temporary_accounts(), f"left over: {self.temporary_accounts()}"
        for node in self.recipients:
            value = self.ask(node, "SELECT @@GLOBAL.clone_valid_donor_list AS list")[0]["list"]
            assert value is None, f"{node.name}: clone_valid_donor_list is {value}"
        assert not leftovers(self.home), f"processes left over: {leftovers(self.home)}"

    def check_cloned(self, node: Node) -> None:
        """The donor's data, but for what no clone carries: rows of other engines."""
        count = f"SELECT (SELECT COUNT(*) FROM {data.SCHEMA}.customers) AS rows_, (SELECT COUNT(*) FROM {data.SCHEMA}.documents) AS bulk"
        assert self.ask(node, count) == self.ask(self.donor, count), f"{node.name} doesn't hold the donor's rows"
        assert self.ask(node, f"SELECT COUNT(*) AS n FROM {data.SCHEMA}.legacy_notes") == [{"n": 0}]
        row = self.ask(node, "SELECT STATE, ERROR_NO FROM performance_schema.clone_status")
        assert row == [{"STATE": "Completed", "ERROR_NO": 0}], f"{node.name}: {row}"

    def check_secret(self, run: Run, watch: Watch | None = None) -> None:
        """The passwords stand nowhere: in what the run said, left behind, sent, or what the servers wrote."""
        found = [f"{run.name}: {where}" for where in self.secrets.in_text(run.output)]
        if watch:
            found += watch.found
            assert min(watch.commands, watch.statements) > 20, f"watched too little: {watch}"
        ours = {self.playbook.inventory, self._notes}
        found += self.secrets.in_files(self.home, besides=ours)
        found += self.secrets.in_files(Path("/tmp"), since=run.begun, besides=ours, deep=False)
        # Ansible's own ~ is that of the account, whatever HOME says.
        found += self.secrets.in_files(REMOTE_TEMPORARY, since=run.begun, besides=set())
        for node in self.nodes:
            found += self.secrets.in_files(node.directory, besides={node.directory / "node.json"})
        assert not found, "a password was found in " + "; ".join(found)
        # No secret is in them, but what they tell of servers is nobody else's business either.
        written = [self.home / "reports", self.home / ".ansible/dbops.mysql_clone"]
        loose = [
            path for top in written for path in (top, *top.rglob("*")) if path.exists() and path.stat().st_mode & 0o077
        ]
        assert not loose, f"others can read {', '.join(map(str, loose))}"

    def report(self) -> dict[str, dict[str, Any]]:
        file = self.home / "reports/clone.json"
        assert file.stat().st_mode & 0o077 == 0, f"{file}: mode {file.stat().st_mode:o}"
        return {record["recipient"]: record for record in json.loads(file.read_text(encoding="utf-8"))}

    def check_report(self, run: Run, **changed: bool) -> None:
        """The report tells of each recipient what the servers tell."""
        records = self.report()
        assert sorted(records) == sorted(RECIPIENTS), f"the report holds {sorted(records)}"
        for name in changed:
            record = records[name]
            expected = {"changed": changed[name], "failed": False, "state": "completed", "verified": True}
            actual = {key: record[key] for key in expected}
            assert actual == expected, f"the report says of {name}: {actual} ({record['message']})"
            assert record["donor"] == f"127.0.0.1:{self.donor.port}", record
            assert record["bytes"] > DATA_MIB << 20, record
            assert re.search(rf"{name} .* yes\b", run.output), f"the summary doesn't show {name} as verified"

    def log_ends(self) -> dict[str, int]:
        return {node.name: general_log.end(node) for node in self.nodes}


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """What differs between two states, as text."""
    found = []
    for topic, old in before.items():
        new = after[topic]
        if isinstance(old, dict):
            names = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
            found += [f"{topic}.{name}" for name in names]
        elif old != new:
            found.append(f"{topic}: {old} -> {new}")
    return found


# -- parts -------------------------------------------------------------------------------------------------------------


def prepare(job: Job) -> None:
    """Fresh servers, a donor with data, and passwords that can be recognised wherever they turn up."""
    words = {name: os.urandom(8).hex() for name in ("node1", *RECIPIENTS, "clone")}
    # ASCII only: what the lab's own client takes.
    passwords = {name: f"a'b\"%s\\{{{{ x }}}} {words[name]}" for name in ("node1", *RECIPIENTS)}
    job.note(original={node.name: node.root_password for node in job.nodes})
    job.note(passwords=passwords, clone_password=f"{AWKWARD} {words['clone']}", secrets=list(words.values()))
    job.fresh(job.donor, *job.recipients)
    data.load(job.donor, DATA_MIB)
    job.inventory()
    # Whoever looks must be able to see.
    assert job.secrets.in_files(job.home, besides=set()), "the search for passwords doesn't find those in the inventory"
    assert any("CREATE" in text for text in general_log.written(job.donor, 0)), (
        "the general log doesn't show what was written"
    )


def check_mode(job: Job) -> None:
    """--check tells what would be done and does nothing."""
    before, ends = [job.state(node) for node in job.nodes], job.log_ends()
    run = job.playbook.run("--check", "--diff")
    run.expect(0)
    written = {node.name: general_log.written(node, ends[node.name]) for node in job.nodes}
    assert not any(written.values()), f"--check wrote: {written}"
    for node, state in zip(job.nodes, before):
        assert not differences(state, job.state(node)), (
            f"--check changed {node.name}: {differences(state, job.state(node))}"
        )
    for name in RECIPIENTS:
        planned = run.changed_tasks(name)
        assert any("recipient" in task for task in planned), f"{name}: no planned repair of the recipient in {planned}"
    planned = {task for name in RECIPIENTS for task in run.changed_tasks(name)}
    assert any("on the donor" in task for task in planned), f"no planned repair of the donor in {planned}"
    assert not (job.home / "reports").exists(), "--check wrote a report"
    job.check_secret(run)


def first_run(job: Job) -> None:
    """From servers without anything to verified copies; with every eye open for a password."""
    before = job.state(job.donor)
    with Watch(job.nodes, job.secrets, job.notes["passwords"].values()) as watch:
        run = job.playbook.run("-vvvv", wrapped=True)
    run.expect(0)
    for node in job.recipients:
        job.check_cloned(node)
    job.check_report(run, node2=True, node3=True)
    job.check_nothing_left()
    job.check_secret(run, watch)
    # Everything but the plugin, which stays, and the variables that come with it.
    found = [name for name in differences(before, job.state(job.donor)) if not name.startswith("variables.clone_")]
    assert found == ["plugins: [] -> [{'name': 'clone', 'dl': 'mysql_clone.so'}]"], f"the donor changed: {found}"
    theirs = job.state(job.donor)
    for node in job.recipients:
        found = differences({"accounts": theirs["accounts"], "grants": theirs["grants"]}, job.state(node))
        assert not found, f"{node.name} has other accounts than the donor: {found}"


def second_run(job: Job) -> None:
    """Nothing to do, nothing done."""
    ends = job.log_ends()
    run = job.playbook.run()
    run.expect(0)
    assert set(RECIPIENTS) <= set(run.recap), f"not run on all recipients: {run.recap}"
    assert not any(counts["changed"] for counts in run.recap.values()), f"changed: {run.recap}"
    written = {node.name: general_log.written(node, ends[node.name]) for node in job.nodes}
    assert not any(written.values()), f"the second run wrote: {written}"
    job.check_report(run, node2=False, node3=False)
    job.check_nothing_left()


def without_overwrite(job: Job) -> None:
    """A recipient that holds data keeps it and fails; the other one is cloned."""
    keeper, other = job.recipients
    job.fresh(keeper, other)
    job.ask(keeper, "CREATE DATABASE precious")
    job.ask(keeper, "CREATE TABLE precious.t (id INT PRIMARY KEY) SELECT 7 AS id")
    before = job.state(keeper)
    run = job.playbook.run()
    assert run.status != 0, "a recipient failed and the exit status is 0"
    assert [run.recap[name]["failed"] for name in RECIPIENTS] == [1, 0], run.recap
    said = run.failures("node2")
    assert all(word in said for word in ("precious", "overwrite", "node2")), f"node2 failed with: {said}"
    assert job.ask(keeper, "SELECT id FROM precious.t") == [{"id": 7}]
    found = [
        name for name in differences(before, job.state(keeper)) if not name.startswith(("variables.clone_", "plugins:"))
    ]
    assert not found, f"node2 changed: {found}"
    job.check_cloned(other)
    assert not job.temporary_accounts(), f"left over: {job.temporary_accounts()}"
    record = job.report()["node2"]
    assert record["failed"], f"the report says of node2: {record}"
    assert "precious" in record["message"], f"the report says of node2: {record}"
    assert job.report()["node3"]["verified"], "the report doesn't say that node3 is verified"


def with_overwrite(job: Job) -> None:
    """The same recipient, given up."""
    job.inventory(node2={"mysql_clone_overwrite": True})
    run = job.playbook.run()
    run.expect(0)
    assert run.recap["node3"]["changed"] == 0, run.recap
    job.check_cloned(job.recipients[0])
    job.check_report(run, node2=True, node3=False)
    job.check_nothing_left()


def interrupted(job: Job) -> None:
    """Ctrl-C while one recipient is cloned and the other one waits for the donor; nothing stays that holds a password."""
    # Slow until somebody lets it go; of no effect before the plugin is there.
    job.fresh(*job.recipients, options=("loose_clone_max_data_bandwidth=1", "loose_clone_autotune_concurrency=OFF"))
    job.inventory()
    # Without pipelining Ansible itself leaves the files of the modules it was running: see the next part.
    run = job.playbook.start(pipelining=True)
    _wait_for(run, lambda: any(_cloning(job, node) for node in job.recipients), "a clone under way")
    run.send(signal.SIGINT)
    run.wait()
    assert run.status != 0, "an interrupted run ended with status 0"
    assert any(_cloning(job, node) for node in job.recipients), "the clone ended with the run"
    job.check_secret(run)


def lost(job: Job) -> None:
    """The next run joins the clone and loses the connection to its host; it is the only one, and is reported all the same."""
    name = next(node.name for node in job.recipients if _cloning(job, node))
    cut = job.home / "cut"
    job.inventory(**{name: _cuttable(job.home / "ssh", cut)})
    run = job.playbook.start("--limit", name)
    _wait_for(run, lambda: CLONING in run.output, "the run to come to the clone")
    cut.touch()
    run.wait()
    run.expect(2)
    cut.unlink()
    assert run.recap[name]["failed"] == 1, run.recap
    record = job.report()[name]
    assert record["failed"], record
    assert CUT in record["message"], record
    assert _cloning(job, job.lab[name]), "the clone ended with the connection"
    job.check_secret(run)
    job.inventory()


def killed(job: Job) -> None:
    """The next run joins the clone; it is killed, with its workers and modules."""
    run = job.playbook.start()
    _wait_for(run, lambda: CLONING in run.output, "the run to come to the clones")
    time.sleep(2)
    run.send(signal.SIGKILL)
    run.wait()
    assert any(_cloning(job, node) for node in job.recipients), "the clone ended with the run"
    # Nobody was left to remove the modules' files with their arguments. Only their owner can get at them.
    for path in job.secrets.paths_in(REMOTE_TEMPORARY, since=run.begun):
        mode = path.parent.stat().st_mode
        assert mode & 0o077 == 0, f"{path.parent}: mode {mode:o}"
        path.unlink()
        path.parent.rmdir()
    job.check_secret(run)


def finished(job: Job) -> None:
    """The run after both finishes, and nothing of any of them is left."""
    for node in job.recipients:
        # One that restarts has copied all.
        with contextlib.suppress(pymysql.err.Error):
            job.ask(node, "SET GLOBAL clone_max_data_bandwidth = 0")
    run = job.playbook.run()
    run.expect(0)
    for node in job.recipients:
        job.check_cloned(node)
    # What the clones' own processes have finished meanwhile isn't done again.
    job.check_report(run, **{name: job.report()[name]["changed"] for name in RECIPIENTS})
    job.check_nothing_left()


def lasting_account(job: Job) -> None:
    """An account that is given and stays, with an awkward password; one recipient without a supervisor."""
    alone, other = job.recipients
    job.fresh(alone, supervised=False)
    job.fresh(other)
    job.inventory(**_lasting(job))
    before = job.state(job.donor)
    with Watch(job.nodes, job.secrets, job.notes["passwords"].values()) as watch:
        run = job.playbook.run("-vvvv", "--diff", wrapped=True)
    run.expect(0)
    for node in job.recipients:
        job.check_cloned(node)
    job.check_report(run, node2=True, node3=True)
    job.check_secret(run, watch)
    found = differences(before, job.state(job.donor))
    # Its making is in the binary log, since the donor's replicas must know it, too.
    assert any(name.startswith("accounts.cloner@") for name in found), f"the donor has no new account: {found}"
    found = [name for name in found if "cloner" not in name and not name.startswith("gtid:")]
    assert not found, f"the donor changed: {found}"


def lasting_account_again(job: Job) -> None:
    """Neither the account nor the copies are made again."""
    run = job.playbook.run("-vvvv")
    run.expect(0)
    assert all(run.recap[name]["changed"] == 0 for name in RECIPIENTS), run.recap
    job.check_report(run, node2=False, node3=False)
    job.check_secret(run)


def tags(job: Job) -> None:
    """A part alone, on copies that are there."""
    run = job.playbook.run("--tags", "verify")
    run.expect(0)
    assert not any(counts["changed"] for counts in run.recap.values()), run.recap
    assert all(job.report()[name]["verified"] for name in RECIPIENTS), job.report()
    tasks = re.findall(r"^TASK \[(.*)\]", run.output, re.MULTILINE)
    assert "dbops.mysql_clone.verify : Compare the recipient with its donor" in tasks, tasks
    # Ansible validates a role's arguments whatever the tags are.
    others = ("dbops.mysql_clone.precheck : ", "dbops.mysql_clone.clone : ")
    assert not [task for task in tasks if task.startswith(others) and "Validating arguments" not in task], tasks


def batches(job: Job) -> None:
    """A host that can't be reached, all of its batch, fails and is reported; nothing is done in the batches after it."""
    job.inventory(node2={"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1})
    ends = job.log_ends()
    run = job.playbook.run("-e", "mysql_clone_serial=1", "-e", "mysql_clone_max_fail_percentage=0")
    run.expect(2)
    assert run.recap["node2"]["failed"] == 1, run.recap
    assert "node3" not in run.recap, run.recap
    written = general_log.written(job.lab["node3"], ends["node3"])
    assert not written, f"node3 is of the second batch and was told: {written}"
    records = job.report()
    assert sorted(records) == ["node2", "node3"], records
    assert records["node2"]["unreachable"], records
    assert records["node3"]["pending"], records
    assert "port 1" in records["node2"]["message"], records


def put_back(job: Job) -> None:
    """The servers as they were, with the passwords that others know."""
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda node: node.reset(root_password=job.notes["original"][node.name]), job.nodes))


def _cuttable(program: Path, cut: Path) -> dict[str, Any]:
    """How to reach a host by a stand-in for ssh, which works until there is a file ``cut``."""
    program.write_text(
        f"#!/bin/sh\n[ -e '{cut}' ] && {{ echo '{CUT}' >&2; exit 255; }}\nfor word; do :; done\nexec sh -c \"$word\"\n",
        encoding="utf-8",
    )
    program.chmod(0o700)
    return {
        "ansible_connection": "ssh",
        "ansible_ssh_executable": str(program),
        "ansible_ssh_transfer_method": "piped",
    }


def _lasting(job: Job) -> dict[str, dict[str, Any]]:
    account = {"mysql_clone_user": "cloner", "mysql_clone_password": job.notes["clone_password"]}
    start = f"cd '{Path(sys.modules['lab'].__file__).parent.parent}' && '{sys.executable}' -m lab start node2 --name '{job.lab.name}'"
    return {
        "node2": {**account, "mysql_clone_start_command": f"{start} --unsupervised"},
        "node3": account,
    }


def _cloning(job: Job, node: Node) -> bool:
    try:
        rows = job.ask(node, "SELECT STATE FROM performance_schema.clone_status")
    except Exception:  # no plugin yet, or no connection: not yet
        return False
    return rows == [{"STATE": "In Progress"}]


def _wait_for(run: Run, condition: Callable[[], bool], what: str, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if run.ended() or time.monotonic() > deadline:
            run.send(signal.SIGKILL)
            run.wait()
            raise AssertionError(f"waited in vain for {what}\n{run.tail()}")
        time.sleep(0.1)


PARTS: dict[str, Callable[[Job], None]] = {
    part.__name__: part
    for part in (
        prepare,
        check_mode,
        first_run,
        second_run,
        without_overwrite,
        with_overwrite,
        interrupted,
        lost,
        killed,
        finished,
        lasting_account,
        lasting_account_again,
        tags,
        batches,
        put_back,
    )
}


def main() -> int:
    part, lab, home = sys.argv[1:]
    return play(part, lambda: PARTS[part](Job(lab, Path(home))), PARTS[part].__doc__)


if __name__ == "__main__":
    sys.exit(main())
