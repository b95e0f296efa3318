# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults in a swap of data directories, on real servers: ``side_by_side.py PART LAB HOME``.

The watching process is killed at an exact step: it is forked from here, where the step's own function is replaced by one
that ends the process as kill -9 does. The run after it is an ordinary one.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _context, _run, _swap, _watching
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import CloneError
from ansible_collections.dbops.mysql_clone.plugins.modules import clone_run
from lab import Lab, processes
from lab.node import Node


class Scene:
    """The recipient with its precious data, and runs of clone_run."""

    def __init__(self, lab: str, home: str) -> None:
        self.lab = Lab.open(lab)
        self.home = home
        self.donor: Node = self.lab["node1"]
        self.recipient: Node = self.lab["node2"]
        self.start = (
            f"cd '{os.environ['PYTHONPATH'].split(':')[0]}' && {sys.executable} -m lab start node2 --name {lab}"
        )

    def run(self, **options: Any) -> dict[str, Any]:
        """A run in this process, as the module makes it; its result, or its failure with ``failed_message``."""
        params = {name: spec.get("default") for name, spec in clone_run.ARGUMENT_SPEC.items()}
        params |= {
            "login_unix_socket": str(self.recipient.socket),
            "login_user": "root",
            "login_password": self.recipient.root_password,
            "post_clone_login_user": "root",
            "post_clone_login_password": self.donor.root_password,
            "config_file": "",
            "donor_host": "127.0.0.1",
            "donor_port": self.donor.port,
            "donor_user": "cloner",
            "donor_password": os.environ["CLONE_PASSWORD"],
            "method": "side_by_side",
            "overwrite": True,
            "retries": 0,
            "start_command": self.start,
            "state_directory": self.home,
        }
        try:
            return _run.run(params | options, False)
        except CloneError as error:
            return dict(error.details, failed_message=error.message)

    def precious(self) -> list[Path]:
        """The data directories that hold the recipient's own data."""
        return [path.parent.parent for path in self.recipient.directory.glob("data*/precious/t.ibd")]

    def trial_servers(self) -> list[int]:
        beginning = f"--datadir={self.recipient.directory}/"
        return processes.pids_where(lambda arguments: any(part.startswith(beginning) for part in arguments))

    def old_server_rules(self) -> None:
        """The recipient runs on its old data, and nothing lies about."""
        assert self.recipient.sql("SELECT id FROM precious.t") == [{"id": 1}]
        self.nothing_left(["data"])

    def nothing_left(self, names: list[str]) -> None:
        present = sorted(path.name for path in self.recipient.directory.glob("data*"))
        assert present == names, present
        assert not self.trial_servers()

    def back(self, **start: Any) -> None:
        """Give the recipient its old data again, as somebody would do by hand."""
        self.recipient.stop()
        (old,) = self.recipient.directory.glob("data.old-*")
        shutil.rmtree(self.recipient.datadir)
        old.rename(self.recipient.datadir)
        self.recipient.start(**start)
        self.old_server_rules()


def broken_check(scene: Scene) -> None:
    """A configuration that no server starts with is found before the old server is stopped."""
    scene.back()
    pid = scene.recipient.pid
    path = scene.recipient.directory / "my.cnf"
    good = path.read_text(encoding="utf-8")
    path.write_text(good.replace("[mysqld]", "[mysqld]\nno_such_option = 1", 1), encoding="utf-8")
    try:
        result = scene.run()
    finally:
        path.write_text(good, encoding="utf-8")
    assert "no_such_option" in result["failed_message"], result["failed_message"]
    assert result["swap"]["state"] == "untouched", result["swap"]
    assert not result["changed"]
    assert scene.recipient.pid == pid
    scene.old_server_rules()


def broken_start(scene: Scene) -> None:
    """A start command that fails on the new data: the old data comes back by itself."""
    result = scene.run(start_command=f"test -d {scene.recipient.datadir}/precious || exit 7; {scene.start}")
    assert "status 7" in result["failed_message"], result["failed_message"]
    assert "Rolled back" in result["failed_message"], result["failed_message"]
    assert result["swap"]["state"] == "rolled_back", result["swap"]
    assert not result["changed"]
    assert scene.recipient.sql("SELECT id FROM precious.t") == [{"id": 1}]
    for copy in scene.recipient.directory.glob("data.new-*"):
        shutil.rmtree(copy)
    scene.old_server_rules()


def die(*_arguments: Any, **_options: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@contextlib.contextmanager
def dying(step: str) -> Iterator[None]:
    """Kill the watching process at a step of its run."""
    rename = _swap.Host.rename
    done: list[str] = []

    def renaming(host: Any, source: str, target: str) -> None:
        if len(done) == (step == "put_in_place"):
            die()
        done.append(target)
        rename(host, source, target)

    places = {
        "clone": (_watching.Watching, "follow", die_while_copying),
        "check": (_swap.Swap, "_look_at", die),
        "set_aside": (_swap.Host, "rename", renaming),
        "put_in_place": (_swap.Host, "rename", renaming),
        "start": (_context.Link, "command", die),
    }
    with mock.patch.object(*places[step]):
        yield


def die_while_copying(watching: Any, *_arguments: Any) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        view = watching._context.view()
        if view and view["state"] == "in_progress" and view["bytes_done"]:
            break
        time.sleep(0.05)
    die()


def killed(scene: Scene) -> None:
    """Kill -9 at each step, one run after the other; each finds what the one before has left, the last has the end."""
    scene.recipient.restart(supervised=False)
    uuid = scene.recipient.sql("SELECT @@GLOBAL.server_uuid AS uuid")
    slow = {
        "settings": {"clone_max_data_bandwidth": 20, "clone_autotune_concurrency": False, "clone_max_concurrency": 1}
    }
    for step in ("clone", "check", "set_aside", "put_in_place", "start"):
        begun = time.monotonic()
        with dying(step):
            result = scene.run(**(slow if step == "clone" else {}))
        assert "was killed" in result["failed_message"], (step, result["failed_message"])
        (place,) = scene.precious()
        expected = "data.old-" if step in ("put_in_place", "start") else "data"
        assert place.name.startswith(expected), (step, place)
        assert scene.recipient.alive() == (step in ("clone", "check")), step
        print(f"killed at {step}: the old data is in {place.name}, {time.monotonic() - begun:.1f} s")
    result = scene.run()
    assert "failed_message" not in result, result["failed_message"]
    assert result["changed"]
    assert result["swap"]["state"] == "swapped"
    assert "interrupted" in result["reason"], result["reason"]
    assert scene.recipient.sql("SELECT @@GLOBAL.server_uuid AS uuid", password=scene.donor.root_password) == uuid
    (place,) = scene.precious()
    assert str(place) == result["swap"]["old_datadir"]
    scene.nothing_left(sorted(["data", place.name]))
    assert not scene.run()["changed"]
    print("the last run: swapped, and the next one changes nothing")
    scene.back()


def mount_point(scene: Scene) -> None:
    """A data directory that is a mount point can't be renamed, which is said before anything is done."""
    node = scene.recipient
    processes.run_or_fail(["mount", "--bind", str(node.datadir), str(node.datadir)])
    try:
        result = scene.run()
    finally:
        processes.run_or_fail(["umount", str(node.datadir)])
    assert "mount point" in result["failed_message"], result["failed_message"]
    scene.old_server_rules()


PARTS = {part.__name__: part for part in (broken_check, broken_start, killed, mount_point)}

if __name__ == "__main__":
    begin = time.monotonic()
    PARTS[sys.argv[1]](Scene(sys.argv[2], sys.argv[3]))
    print(f"{sys.argv[1]}: ok, {time.monotonic() - begin:.0f} s")
