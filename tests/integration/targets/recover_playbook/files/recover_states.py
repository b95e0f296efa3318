# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""States that failed clones leave, and the way out of each: ``recover_states.py LAB HOME [PART...]``.

Each part breaks a real recipient, has it recovered, and looks at the server and its files. PYTHONPATH must hold the
project's root (for ``lab``), a collections path, and the files of the targets that this one borrows from.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from diagnosis_table import PASSWORD, USER, Bench
from side_by_side import dying

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _repair, _run
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import CloneError
from ansible_collections.dbops.mysql_clone.plugins.modules import clone_recover, clone_run
from lab import Lab

# What breaks quoting in option files, and what a real password may hold.
COPIER, COPIER_PASSWORD = "copier", "a\"#'\\ b%s é"
COPIER_GRANTS = "SELECT, SHOW VIEW, TRIGGER, EVENT, RELOAD, REPLICATION CLIENT"
OBJECTS = (
    "CREATE VIEW app.seen AS SELECT id FROM app.data",
    "CREATE PROCEDURE app.work() SELECT 1",
    "CREATE EVENT app.daily ON SCHEDULE EVERY 1 DAY DISABLE DO DO 1",
    "CREATE TRIGGER app.fired BEFORE INSERT ON app.data FOR EACH ROW SET NEW.value = NEW.value",
)


class Scene:
    """The bench of the diagnosis table, and the module and the playbooks under test."""

    def __init__(self, lab: str, home: Path) -> None:
        self.home = home
        nodes = Lab.open(lab)
        # Whatever the part before has left.
        nodes["node2"].reset()
        self.bench = Bench(nodes)
        self.recipient = self.bench.recipient
        root = os.environ["PYTHONPATH"].split(":")[0]
        self.start = f"cd '{root}' && {sys.executable} -m lab start {self.recipient.name} --name {lab}"
        self.programs = os.environ["MYSQL_BINDIR"]

    def parameters(self, module: Any, **changes: Any) -> dict[str, Any]:
        values = {name: spec.get("default") for name, spec in module.ARGUMENT_SPEC.items()}
        common = {name: value for name, value in self.bench.parameters().items() if name in values and value}
        common |= {"config_file": "", "start_command": self.start, "state_directory": str(self.home / "state")}
        return values | common | {"timeout": 120.0} | changes

    def recover(self, check: bool = False, **changes: Any) -> dict[str, Any]:
        """What clone_recover returns; it must have ended without saying more than the steps do."""
        changes = {"client_directory": self.programs, "start_timeout": 60.0} | changes
        result = _repair.run(self.parameters(clone_recover, **changes), check)
        for line in result.get("lines") or [result.get("failed_message")]:
            print("   ", line)
        return result

    def steps(self, result: dict[str, Any]) -> list[tuple[str, str]]:
        return [(step["action"], step["status"]) for step in result["steps"]]

    def clone(self, **changes: Any) -> dict[str, Any]:
        """A run of clone_run, which may be killed."""
        options = {"donor_user": USER, "donor_password": PASSWORD, "method": "side_by_side", "overwrite": True}
        try:
            return _run.run(self.parameters(clone_run, **{**options, "retries": 0, **changes}), False)
        except CloneError as error:
            return dict(error.details, failed_message=error.message)

    def nothing_to_do(self) -> None:
        result = self.recover()
        assert (result["steps"], result["changed"]) == ([], False), result["lines"]

    def names(self, pattern: str) -> list[str]:
        return sorted(path.name for path in self.recipient.directory.glob(pattern))

    def donors_data(self, **login: Any) -> None:
        rows = self.recipient.sql("SELECT COUNT(*) AS count FROM app.data", **login)
        assert rows == [{"count": 4}], rows


def killed_and_cleared(scene: Scene) -> None:
    """The server was killed in the copy, and somebody removed #clone, so that no start rolls anything back; then a good clone."""
    with scene.bench.link() as proxy, scene.bench.cloning(port=proxy.port):
        scene.recipient.kill9()
    shutil.rmtree(scene.recipient.datadir / "#clone")
    assert scene.steps(scene.recover(check=True)) == [("start", "planned")]
    assert not scene.recipient.alive(), "a dry run has started the server"
    result = scene.recover()
    assert scene.steps(result) == [
        ("start", "done"),
        ("remove_remains", "done"),
        ("move_orphans", "left"),
        ("clone", "left"),
    ]
    assert "1086" in result["failed_message"]
    result = scene.recover(overwrite=True)
    assert scene.steps(result) == [("remove_orphans", "done"), ("clone", "left")]
    assert result["clone_due"]
    assert "failed_message" not in result
    unsupervised(scene)


def unsupervised(scene: Scene) -> None:
    """The next clone succeeds, and without a supervisor the recipient waits for a start (3707)."""
    scene.recipient.restart(supervised=False)
    scene.bench.allow(scene.recipient)
    outcome = scene.bench.clone()
    assert outcome.number == 3707, outcome
    scene.recipient.wait_down()
    result = scene.recover(start_command=None)
    assert scene.steps(result) == [("start", "left")]
    assert "the copy is complete" in result["failed_message"]
    result = scene.recover()
    assert scene.steps(result) == [("start", "done")]
    assert result["clone"]["state"] == "completed"
    scene.donors_data(password=scene.bench.donor.root_password)
    scene.nothing_to_do()


def beside(scene: Scene) -> None:
    """A clone into a directory was killed; a run that cloned side by side was, too."""
    directory = scene.recipient.directory / "elsewhere"
    with (
        scene.bench.link() as proxy,
        scene.bench.cloning(port=proxy.port, clause=f"DATA DIRECTORY = '{directory}'") as wait,
    ):
        pid = scene.recipient.sql("SELECT PID FROM performance_schema.clone_status")[0]["PID"]
        scene.recipient.sql("KILL QUERY %s", (pid,))
        wait()
    result = scene.recover()
    assert scene.steps(result) == [("remove_half_clones", "done")], result["lines"]
    assert not directory.exists()
    with dying("check"):
        killed = scene.clone(settings={"clone_ddl_timeout": 7})
    assert "was killed" in killed["failed_message"], killed["failed_message"]
    assert scene.names("data.new-*")
    result = scene.recover()
    assert scene.steps(result) == [("abandon_swap", "done"), ("restore_settings", "done")], result["lines"]
    assert scene.names("data*") == ["data"]
    assert scene.recipient.sql("SELECT @@GLOBAL.clone_ddl_timeout AS value") == [{"value": 300}]
    assert scene.recipient.sql("SHOW DATABASES LIKE 'old'")
    scene.nothing_to_do()


def swapped(scene: Scene) -> None:
    """A run was killed between two renames; then the old data is wanted back; then nothing of it any more."""
    with dying("put_in_place"):
        killed = scene.clone()
    assert "was killed" in killed.get("failed_message", ""), killed
    assert not scene.recipient.alive()
    assert scene.names("data.old-*")
    assert scene.steps(scene.recover(check=True)) == [("finish_swap", "planned")]
    result = scene.recover()
    assert scene.steps(result)[0] == ("finish_swap", "done"), result["lines"]
    scene.donors_data(password=scene.bench.donor.root_password)
    scene.nothing_to_do()
    # The knowledge of the kept data outlives a run that has nothing to do.
    assert not scene.clone()["changed"]
    result = scene.recover(roll_back=True)
    assert scene.steps(result) == [("roll_back", "done")], result["lines"]
    assert scene.recipient.sql("SHOW DATABASES LIKE 'old'"), "the old data did not come back"
    assert not scene.names("data.old-*")
    assert scene.names("data.new-*")
    assert scene.recover(roll_back=True)["steps"] == []
    asked = ("-e", "mysql_clone_cleanup=true", "-e", "mysql_clone_require_confirm=true")
    said = play(scene, "recover", 2, *asked)
    assert "mysql_clone_cleanup must be confirmed" in said, said
    assert scene.names("data.new-*"), "data was removed that nobody confirmed"
    said = play(scene, "recover", 0, *asked, "-e", "mysql_clone_confirm=node2")
    assert "remove_old [done]" in said, said
    assert scene.names("data*") == ["data"]
    scene.nothing_to_do()


def playbooks(scene: Scene) -> None:
    """The playbooks, run as users do: down after a kill, diagnosed, a dry run, recovered by a clone, nothing the second time."""
    bench = scene.bench
    scene.recipient.sql("DROP DATABASE IF EXISTS old")
    with bench.link() as proxy, bench.cloning(port=proxy.port):
        scene.recipient.kill9()
    said = play(scene, "diagnose", 0, "-e", f"mysql_clone_report_dir={scene.home}")
    assert "recipient.crashed" in said, said
    assert "dbops.mysql_clone.recover" in said, said
    assert "--limit node2" in said
    assert "the recipient's old data is gone" in said
    play(scene, "diagnose", 2, "-e", "mysql_clone_fail_on=immediate")
    said = play(scene, "recover", 0, "--check")
    assert "start [planned]" in said, said
    assert not scene.recipient.alive()
    bench.donor.sql("CREATE USER IF NOT EXISTS repl@localhost IDENTIFIED BY %s", (PASSWORD,))
    bench.donor.sql("GRANT REPLICATION SLAVE ON *.* TO repl@localhost")
    wanted = {"replicate": True, "replication_user": "repl", "replication_password": PASSWORD}
    options = json.dumps({"mysql_clone_" + name: value for name, value in wanted.items()})
    said = play(scene, "recover", 0, "-e", options)
    assert "start [done]" in said, said
    assert "completed" in said, said
    scene.donors_data(password=bench.donor.root_password)
    running = "SELECT SERVICE_STATE FROM performance_schema.replication_connection_status"
    assert scene.recipient.sql(running, password=bench.donor.root_password) == [{"SERVICE_STATE": "ON"}]
    said = play(scene, "recover", 0)
    assert "nothing to recover" in said, said
    assert "changed=0" in said, said
    assert not bench.donor.sql("SELECT 1 FROM mysql.user WHERE User LIKE 'dbops\\_jit%%'")


def copied(scene: Scene) -> None:
    """A logical copy of one schema, with all that belongs to it; other data stays, no GTID is made, and twice is once."""
    bench = scene.bench
    bench.donor.sql("DROP DATABASE app")
    bench.donor.sql(f"DROP USER IF EXISTS {COPIER}")
    bench.prepare_donor()
    for statement in OBJECTS:
        bench.donor.sql(statement)
    bench.donor.sql(f"CREATE USER {COPIER} IDENTIFIED BY %s", (COPIER_PASSWORD,))
    bench.donor.sql(f"GRANT {COPIER_GRANTS} ON *.* TO {COPIER}")
    before = scene.recipient.sql("SELECT @@GLOBAL.gtid_executed AS gtids")
    options = {"data": "copy", "schemas": ["app"], "donor_user": COPIER, "donor_password": COPIER_PASSWORD}
    wrong = scene.recover(**options | {"donor_password": "wrong"})
    assert "Access denied" in wrong["failed_message"], wrong
    assert not scene.recipient.sql("SHOW DATABASES LIKE 'app'")
    said = play(
        scene,
        "recover",
        0,
        "-e",
        json.dumps({"mysql_clone_recover_data": "copy", "mysql_clone_copy_schemas": ["app"]}),
    )
    assert "copy_schemas [done]" in said, said
    assert COPIER_PASSWORD not in said
    scene.donors_data()
    assert scene.recipient.sql("SELECT @@GLOBAL.gtid_executed AS gtids") == before
    assert scene.recipient.sql("SHOW DATABASES LIKE 'old'")
    for table, column in (
        ("VIEWS", "TABLE_SCHEMA"),
        ("ROUTINES", "ROUTINE_SCHEMA"),
        ("EVENTS", "EVENT_SCHEMA"),
        ("TRIGGERS", "TRIGGER_SCHEMA"),
    ):
        assert scene.recipient.sql(f"SELECT 1 FROM information_schema.{table} WHERE {column} = 'app'"), table
    assert scene.recover(**options)["steps"] == []
    scene.recipient.sql("DELETE FROM app.data LIMIT 1")
    assert scene.recover(**options)["steps"] == []
    result = scene.recover(**options, overwrite=True)
    assert scene.steps(result) == [("copy_schemas", "done")]
    assert result["copied"]["verified"], result["copied"]
    assert result["copied"]["source"]["position"] > 0
    assert scene.recover(**options, overwrite=True)["steps"] == []


def play(scene: Scene, playbook: str, status: int, *options: str) -> str:
    """Run a playbook of the collection; its output."""
    nodes = {"clone_donors": [scene.bench.donor], "clone_recipients": [scene.recipient]}
    inventory = {
        "all": {
            "vars": {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"},
            "children": {
                group: {
                    "hosts": {
                        node.name: {
                            "mysql_clone_login_user": "root",
                            "mysql_clone_login_password": node.root_password,
                            "mysql_clone_login_unix_socket": str(node.socket),
                            "mysql_clone_login_config_file": "",
                            "mysql_clone_address": "127.0.0.1",
                            "mysql_clone_port": node.port,
                            "mysql_clone_server_config_file": str(node.directory / "my.cnf"),
                            "mysql_clone_start_command": scene.start,
                            "mysql_clone_client_directory": scene.programs,
                            "mysql_clone_copy_user": COPIER,
                            "mysql_clone_copy_password": COPIER_PASSWORD,
                        }
                        for node in members
                    }
                }
                for group, members in nodes.items()
            },
        }
    }
    path = scene.home / "inventory.yml"
    path.write_text(yaml.safe_dump(inventory, allow_unicode=True), encoding="utf-8")
    begun = time.monotonic()
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), f"dbops.mysql_clone.{playbook}", "-i", path, *options],
        cwd=scene.home,
        # Nothing of the test's own Ansible: its failures would be counted as the test's.
        env={
            "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"],
            "ANSIBLE_NOCOLOR": "1",
            "HOME": str(scene.home),
            "LC_ALL": "C.UTF-8",
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.defpath]),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    print(f"    {playbook} {' '.join(options[:1])}: {time.monotonic() - begun:.1f} s")
    said = done.stdout + done.stderr
    assert done.returncode == status, f"{playbook} ended with status {done.returncode}\n{said[-6000:]}"
    return said


PARTS: dict[str, Callable[[Scene], None]] = {
    part.__name__: part for part in (killed_and_cleared, beside, swapped, playbooks, copied)
}


def main() -> None:
    """Run the parts in order, each on a fresh recipient."""
    for name in sys.argv[3:] or PARTS:
        begun = time.monotonic()
        print(name, flush=True)
        scene = Scene(sys.argv[1], Path(sys.argv[2]))
        PARTS[name](scene)
        print(f"{name}: ok, {time.monotonic() - begun:.1f} s", flush=True)


if __name__ == "__main__":
    main()
