# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of a swap, and what becomes of a swap that is interrupted before any of its steps: on real directories."""

from __future__ import annotations

import contextlib
import copy
import os
import signal
import stat
import time

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _swap
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import CloneError, ServerError
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import Login
from ansible_collections.dbops.mysql_clone.plugins.module_utils._swap import Seen

UUID = "a5c045e2-e6cd-11f1-9f1e-02fc00000001"
GTIDS = "52f30757-e6cc-11f1-b2e8-02fc00000001:1-88"
OWN = Login(unix_socket="/run/r.sock", user="root", password="r")


@pytest.mark.parametrize(
    ("goal", "seen", "move"),
    [
        ("forward", Seen("original", "copy", "nothing"), "set_aside"),
        ("forward", Seen("nothing", "copy", "original"), "put_in_place"),
        ("forward", Seen("copy", "nothing", "original"), "start"),
        # Without the copy there is only the way back.
        ("forward", Seen("original", "nothing", "nothing"), "give_up"),
        ("forward", Seen("nothing", "nothing", "original"), "give_up"),
        ("forward", Seen("nothing", "foreign", "original"), "give_up"),
        ("back", Seen("copy", "nothing", "original"), "take_out"),
        ("back", Seen("nothing", "copy", "original"), "restore"),
        ("back", Seen("nothing", "nothing", "original"), "restore"),
        ("back", Seen("original", "copy", "nothing"), "start"),
        ("back", Seen("original", "nothing", "nothing"), "start"),
        # What somebody else has put there is not touched.
        ("forward", Seen("foreign", "copy", "foreign"), "stuck"),
        ("forward", Seen("nothing", "copy", "nothing"), "stuck"),
        ("back", Seen("foreign", "nothing", "original"), "stuck"),
        ("back", Seen("copy", "foreign", "original"), "stuck"),
        ("back", Seen("nothing", "copy", "nothing"), "stuck"),
    ],
)
def test_next_move(goal, seen, move):
    assert _swap.next_move(goal, seen) == move


class Killed(BaseException):
    """kill -9: no handler of the code under test may catch it."""


class Journal:
    def __init__(self):
        self.record = None
        self.events = []

    def keep(self, swap):
        # What is on disk, whatever happens to the object afterwards.
        self.record = copy.deepcopy(swap)

    def event(self, text, clone=None):
        self.events.append(text)


class World(_swap.Host):
    """Directories are real; the server, its start and the time are not. ``kill_at`` ends the process before that step."""

    def __init__(self, root, kill_at=None, refuses=(), uuid=UUID, too_early=0):
        self.root = root
        self.too_early = too_early
        self.steps = []
        self.kill_at = kill_at
        self.refuses = refuses
        self.uuid = uuid
        self.now = 0.0
        self.running_on = None
        self.trial = None

    def step(self, name):
        if self.kill_at == len(self.steps):
            raise Killed(name)
        self.steps.append(name)

    # -- Host
    def rename(self, source, target):
        self.step("rename %s %s" % (os.path.basename(source), os.path.basename(target)))
        super().rename(source, target)

    def remove(self, path):
        self.step("remove")
        super().remove(path)

    def servers(self, path):
        return [7] if self.running_on is not None and self.identity(path) == self.running_on else []

    def was_told(self, pid, path):
        return path == self.trial

    def alive(self, pid):
        return pid == 7 and self.running_on is not None

    def signal(self, pid, number):
        self.running_on = None

    def parent(self, pid):
        return 1

    # -- Link
    def clock(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds

    def command(self, text, seconds):
        self.step("start")
        self.too_early -= 1
        if self.too_early >= 0:
            raise CloneError("start_command ended with status 1: it runs already")
        name = (self.root / "data" / "name").read_text()
        if name in self.refuses:
            raise CloneError("start_command ended with status 7: no")
        self.running_on = self.identity(str(self.root / "data"))

    def open(self, logins, read_timeout=30.0):
        if self.running_on is None:
            raise ServerError(2002, "no such file", logins[0].label, "connect")
        return Session(self, logins[0])


class Session:
    def __init__(self, world, login):
        self.world = world
        self.login = login
        self.label = login.label

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        pass

    def close(self):
        pass

    def execute(self, statement, values=None):
        assert statement == "SHUTDOWN"
        self.world.step("shutdown")
        self.world.running_on = None

    def query(self, statement, values=None):
        return [{"uuid": self.world.uuid, "gtids": GTIDS, "datadir": str(self.world.root / "data") + "/"}]

    def query_many(self, statements):
        row = {
            "PID": 0,
            "STATE": "Completed",
            "BEGIN_TIME": "2026-11-22T23:29:13Z",
            "END_TIME": "2026-11-22T23:29:17Z",
            "SOURCE": "db1:3306",
            "DESTINATION": "LOCAL INSTANCE",
            "ERROR_NO": 0,
            "ERROR_MESSAGE": "",
            "BINLOG_FILE": "",
            "BINLOG_POSITION": 0,
            "GTID_EXECUTED": GTIDS,
        }
        return {"status": [row], "progress": [], "session": [{"alive": 0}], "now": [{"now": None}]}


@pytest.fixture
def root(tmp_path):
    for name, content in (("data", "original"), ("data.new", "copy")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "name").write_text(content)
    return tmp_path


def record_of(world, **changes):
    site = {
        "datadir": str(world.root / "data"),
        "new": str(world.root / "data.new"),
        "variables": {"server_uuid": UUID},
    }
    record = _swap.Swap.planned(site, 1795390440.0, world)
    record.update(copy=world.identity(record["new"]), gtid_executed=GTIDS)
    return dict(record, **changes)


def swap_of(world, journal, record, start_command="start it"):
    return _swap.Swap(world, journal, record, [OWN], start_command, lambda: 60.0, world)


def exchange(world, journal):
    world.running_on = world.identity(str(world.root / "data"))
    return swap_of(world, journal, record_of(world)).exchange(lambda: world.open([OWN]), 7)


def originals(root):
    return [path.parent.name for path in root.glob("*/name") if path.read_text() == "original"]


def rules(world):
    return (world.root / "data" / "name").read_text()


def test_a_swap(root):
    world, journal = World(root), Journal()
    clone = exchange(world, journal)
    assert clone["state"] == "completed"
    assert (rules(world), originals(root)) == ("copy", ["data.old-20261122T233400Z"])
    assert world.steps == [
        "shutdown",
        "rename data data.old-20261122T233400Z",
        "rename data.new data",
        "start",
    ]
    assert not _swap.is_unfinished(journal.record)
    result = swap_of(world, journal, journal.record).result()
    assert result["state"] == "swapped"
    assert result["old_datadir"] == str(root / "data.old-20261122T233400Z")
    assert result["new_datadir"] is None


@pytest.mark.parametrize("kill_at", range(4))
def test_killed_before_each_step_of_the_swap(root, kill_at):
    journal = Journal()
    world = World(root, kill_at)
    with pytest.raises(Killed):
        exchange(world, journal)
    assert len(originals(root)) == 1
    again = World(root)
    again.running_on = world.running_on
    swap = swap_of(again, journal, journal.record)
    finished = swap.resume()
    # Before the first rename nothing has been decided: the old data goes on, and the run that follows clones anew.
    assert finished == (kill_at >= 2)
    assert rules(again) == ("copy" if finished else "original")
    assert again.running_on == again.identity(str(root / "data"))
    assert len(originals(root)) == 1
    assert not _swap.is_unfinished(journal.record)


@pytest.mark.parametrize("kill_at", range(9))
def test_killed_on_the_way_back_again_and_again(root, kill_at):
    """Whatever the steps at which two runs are killed one after the other, the third brings the old data back."""
    journal, running = Journal(), None
    for number, kill in enumerate((kill_at, 0, 1, None)):
        world = World(root, kill, refuses=("copy",))
        world.running_on = running
        with contextlib.suppress(Killed, CloneError):
            if number == 0:
                exchange(world, journal)
            elif _swap.is_unfinished(journal.record):
                swap_of(world, journal, journal.record).resume()
        running = world.running_on
        assert len(originals(root)) == 1
    assert rules(world) == "original"
    assert running == world.identity(str(root / "data"))
    assert not _swap.is_unfinished(journal.record)


def test_a_start_that_fails_is_rolled_back(root):
    world, journal = World(root, refuses=("copy",)), Journal()
    with pytest.raises(CloneError, match=r"status 7.*Rolled back") as failure:
        exchange(world, journal)
    assert failure.value.details["swap"]["state"] == "rolled_back"
    assert failure.value.details["swap"]["old_datadir"] is None
    # It may have been written to once a start was tried.
    assert failure.value.details["swap"]["new_datadir"] == str(root / "data.new")
    assert rules(world) == "original"


@pytest.mark.parametrize("kill_at", [None, 2])
def test_a_start_that_comes_too_early_is_made_again(root, kill_at):
    """After a kill nobody has waited until the service manager had seen the old server's end."""
    world, journal = World(root, kill_at, too_early=2), Journal()
    if kill_at is None:
        exchange(world, journal)
    else:
        with pytest.raises(Killed):
            exchange(world, journal)
        world = World(root, too_early=2)
        assert swap_of(world, journal, journal.record).resume()
    assert rules(world) == "copy"
    assert world.steps.count("start") == 3
    assert not _swap.is_unfinished(journal.record)


def test_a_journal_that_can_not_be_written_does_not_stop_the_way_back(root):
    world, journal = World(root, refuses=("copy",)), Journal()
    keep = journal.keep

    def full(swap):
        if swap.get("served"):
            raise CloneError("the run's journal can't be written")
        keep(swap)

    journal.keep = full
    with pytest.raises(CloneError, match="Rolled back"):
        exchange(world, journal)
    assert rules(world) == "original"
    assert world.steps[-1] == "start"


def test_a_server_with_another_uuid_is_rolled_back(root):
    world, journal = World(root, uuid="00000000-0000-0000-0000-000000000000"), Journal()
    with pytest.raises(CloneError, match=r"uuid.*Rolled back"):
        exchange(world, journal)
    assert rules(world) == "original"


def test_nothing_starts_on_either_data(root):
    world, journal = World(root, refuses=("copy", "original")), Journal()
    with pytest.raises(CloneError, match=r"The way back failed, too.*The old data is complete in") as failure:
        exchange(world, journal)
    assert rules(world) == "original"
    assert str(root / "data") in failure.value.message
    assert _swap.is_unfinished(journal.record)
    # Once the reason is gone, the next run brings it to an end.
    world.refuses = ()
    assert swap_of(world, journal, journal.record).resume() is False
    assert world.running_on is not None
    assert not _swap.is_unfinished(journal.record)


def test_somebody_starts_the_old_server_meanwhile(root):
    world, journal = World(root), Journal()
    servers = world.servers
    world.servers = lambda path: [7] if path.endswith("/data") else servers(path)
    world.open = lambda logins, read_timeout=30.0: Session(world, logins[0])
    with pytest.raises(CloneError, match="somebody started the server again"):
        exchange(world, journal)
    assert rules(world) == "original"
    assert originals(root) == ["data"]


def test_moved_by_somebody_else(root):
    world, journal = World(root), Journal()
    record = record_of(world, goal="forward")
    (root / "data").rename(root / "elsewhere")
    with pytest.raises(CloneError, match="moved by somebody else"):
        swap_of(world, journal, record).resume()
    assert originals(root) == ["elsewhere"]


def test_a_swap_in_the_middle_needs_a_start_command(root):
    world, journal = World(root), Journal()
    record = record_of(world, goal="forward")
    (root / "data").rename(record["old"])
    with pytest.raises(CloneError, match="give start_command") as failure:
        swap_of(world, journal, record, start_command=None).resume()
    assert record["old"] in failure.value.message


def test_nothing_is_renamed_over_something(root):
    with pytest.raises(CloneError, match="exists"):
        _swap.Host().rename(str(root / "data"), str(root / "data.new"))
    assert originals(root) == ["data"]


def test_a_failed_clone_leaves_nothing(root):
    world, journal = World(root), Journal()
    swap = swap_of(world, journal, record_of(world))
    swap.abandon()
    assert not (root / "data.new").exists()
    assert originals(root) == ["data"]
    assert swap.result()["state"] == "untouched"
    assert not _swap.is_unfinished(journal.record)


def test_a_clone_that_can_not_be_ended_keeps_its_directory(root):
    world, journal = World(root), Journal()
    swap = swap_of(world, journal, record_of(world))
    swap.abandon(keep_copy=True)
    assert (root / "data.new").exists()
    assert _swap.is_unfinished(journal.record)


def test_a_trial_server_that_was_left_is_ended(root):
    world, journal = World(root), Journal()
    record = record_of(world)
    world.running_on, world.trial = record["copy"], record["new"]
    swap_of(world, journal, record).abandon()
    assert world.running_on is None
    assert not (root / "data.new").exists()


def test_a_directory_in_which_somebodys_server_works_is_left_alone(root):
    world, journal = World(root), Journal()
    record = record_of(world)
    world.running_on = record["copy"]
    swap = swap_of(world, journal, record)
    swap.abandon()
    assert world.running_on == record["copy"]
    assert (root / "data.new").exists()
    assert "a server works in it" in swap.warnings[0]


def test_the_original_is_never_removed(root):
    world, journal = World(root), Journal()
    record = record_of(world)
    swap_of(world, journal, dict(record, new=record["datadir"])).abandon()
    assert originals(root) == ["data"]


def test_carrying_makes_the_copy_the_recipients_own(root):
    old, new = root / "data", root / "data.new"
    (old / "auto.cnf").write_text("[auto]\nserver-uuid=x\n")
    (old / "server-key.pem").write_text("key")
    (old / "server-key.pem").chmod(0o600)
    (old / "ibdata1").write_text("data")
    (old / "component_keyring_file.cnf").write_text('{"path": "%s"}' % (old / "keys" / "ring"))
    (old / "keys").mkdir()
    (old / "keys" / "ring").write_text("secret")
    (old / "keys" / "ring").chmod(0o640)
    old.chmod(0o750)
    (new / "auto.cnf").write_text("another")
    world, journal = World(root), Journal()
    record = record_of(world)
    record["variables"] = {"log_bin_basename": str(old / "logs" / "bin")}
    swap_of(world, journal, record).carry(os.getpid())
    assert (new / "auto.cnf").read_text() == "[auto]\nserver-uuid=x\n"
    assert stat.S_IMODE((new / "server-key.pem").stat().st_mode) == 0o600
    assert (new / "keys" / "ring").read_text() == "secret"
    assert stat.S_IMODE((new / "keys" / "ring").stat().st_mode) == 0o640
    assert stat.S_IMODE(new.stat().st_mode) == 0o750
    assert (new / "logs").is_dir()
    assert not (new / "ibdata1").exists()
    assert (new / "name").read_text() == "copy"


def test_to_carry():
    names = ["auto.cnf", "mysqld-auto.cnf", "ca.pem", "ibdata1", "mysql", "binlog.000001", "mysqld.my", "x.pem.old"]
    assert _swap.to_carry(names, ["/var/lib/mysql/keyring/ring", "/etc/ring", "ring2"], "/var/lib/mysql") == [
        "auto.cnf",
        "ca.pem",
        "keyring/ring",
        "mysqld-auto.cnf",
        "mysqld.my",
        "ring2",
    ]


def test_to_make():
    variables = {"log_bin_basename": "/d/logs/bin", "relay_log_basename": "/d/relay-bin", "relay_log_index": "/r/i"}
    assert _swap.to_make(variables, "/d/") == ["logs"]


def test_the_trial_meets_nobody_and_writes_nothing_of_others():
    arguments = _swap.check_arguments(
        ["--defaults-file=/etc/my.cnf", "--init-file=/x", "--event-scheduler=ON"], "/d.new", "/tmp/p", "mysql"
    )
    # --defaults-file must come first; the last of several equal options counts.
    assert arguments[0] == "--defaults-file=/etc/my.cnf"
    last = {argument.partition("=")[0]: argument.partition("=")[2] for argument in arguments}
    assert last["--datadir"] == "/d.new"
    assert last["--init-file"] == "/tmp/p/nothing.sql"
    assert last["--event-scheduler"] == "DISABLED"
    assert last["--server-id"] == "0"
    assert last["--user"] == "mysql"
    assert {"--skip-networking", "--skip-log-bin"} <= set(arguments)
    assert last["--persisted-globals-load"] == "OFF"


LOG = """2026-11-22T23:28:37.570955Z 0 [ERROR] [MY-013628] [InnoDB] Invalid innodb_temp_tablespaces_dir: ./x. Directory doesn't exist
2026-11-22T23:28:37.571018Z 0 [Warning] [MY-010202] [Server] careful
2026-11-22T23:28:37.571071Z 0 [ERROR] [MY-010119] [Server] Aborting
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (LOG, ["[MY-013628] [InnoDB] Invalid innodb_temp_tablespaces_dir: ./x. Directory doesn't exist"]),
        (LOG.splitlines()[2], ["[MY-010119] [Server] Aborting"]),
        ('{"prio": 1, "err_code": 67, "label": "Error", "msg": "no"}\n{broken', ["[MY-000067] no"]),
        ("", []),
    ],
)
def test_last_errors(text, expected):
    assert _swap.last_errors(text) == expected


PROFILE = """
/usr/sbin/mysqld {
  /etc/mysql/** r,
  /var/lib/mysql/ r,
  /var/lib/mysql/** rwk,
  /srv/{a,b}/*.new-*/** rwk,
}
"""


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/var/lib/mysql", True),
        ("/var/lib/mysql.new-20261122T233400Z", False),
        ("/etc/mysql", False),
        ("/srv/b/db.new-1", True),
        ("/srv/c/db.new-1", False),
    ],
)
def test_apparmor(path, allowed):
    assert _swap.apparmor_allows(PROFILE, path) is allowed


def test_mounts_at():
    table = (
        "36 35 98:0 / /var/lib/mysql rw - ext4 /dev/a rw\n"
        "37 35 98:0 / /var/lib/mysql2 rw - ext4 /dev/a rw\n"
        "38 35 98:0 / /var/lib/mysql/bin\\040log rw - ext4 /dev/a rw\n"
    )
    assert _swap.mounts_at("/var/lib/mysql", table) == ["/var/lib/mysql", "/var/lib/mysql/bin log"]
    assert _swap.mounts_at("/var/lib/mysql/data", table) == []


GOOD_FACTS = {
    "label": "r",
    "account": "root@localhost",
    "grants": {"privileges": {"*.*": ["ALL PRIVILEGES"]}},
    "host": {"pid": 5, "confinement": "unconfined", "supervisor": {"unit": None, "systemd": {}}},
    "files": {"outside": {"count": 0, "first": []}, "system": []},
}
GOOD_SITE = {
    "configured": "/d/mysql",
    "datadir": "/d/mysql",
    "new": "/d/mysql.new",
    "mounts": [],
    "device": 1,
    "new_device": 1,
    "not_writable": [],
    "directories": {"redo": "/d/mysql", "binlog": "/d/mysql/logs"},
    "variables": {"relay_log_basename": "/d/mysql/relay"},
    "euid": 0,
    "me": "root",
    "uid": 27,
    "user": "mysql",
    "visible": True,
    "selinux": False,
    "apparmor": "",
}


def failed(facts, site):
    return {one.id: one.message for one in _swap.findings(facts, site) if one.status == "fail"}


def test_nothing_to_object_to():
    assert failed(GOOD_FACTS, GOOD_SITE) == {}


@pytest.mark.parametrize(
    ("facts", "site", "name", "words"),
    [
        ({}, {"mounts": ["/d/mysql"]}, "mount", "mount point"),
        ({}, {"new_device": 2}, "file_system", "another file system"),
        ({}, {"not_writable": ["/d"], "me": "me"}, "parent", "me may not rename directories in /d"),
        ({}, {"directories": {"redo": "/redo"}}, "contents", "redo in /redo"),
        ({}, {"directories": {"undo": "/d/mysql/undo"}}, "contents", "undo in /d/mysql/undo"),
        ({}, {"variables": {"relay_log_basename": "/relay/bin"}}, "contents", "relay_log_basename /relay/bin"),
        ({"files": {"outside": {"first": ["/ts/a.ibd"]}, "system": []}}, {}, "contents", "tablespace /ts/a.ibd"),
        ({}, {"euid": 1000, "me": "me"}, "user", "runs as me, the server as mysql"),
        ({}, {"euid": 27, "me": "mysql", "visible": False}, "user", "may not look at the server's process"),
        ({"grants": {"privileges": {"*.*": ["CLONE_ADMIN"]}}}, {}, "shutdown", "lacks the privilege SHUTDOWN"),
        (
            {
                "host": {
                    "pid": 5,
                    "confinement": None,
                    "supervisor": {"unit": "mysql.service", "systemd": {"Restart": "always", "MainPID": "5"}},
                }
            },
            {},
            "supervisor",
            "Restart=always",
        ),
        (
            {"host": dict(GOOD_FACTS["host"], confinement="/usr/sbin/mysqld (enforce)")},
            {"apparmor": PROFILE},
            "confinement",
            "AppArmor",
        ),
        (
            {"host": dict(GOOD_FACTS["host"], confinement="system_u:system_r:mysqld_t:s0")},
            {"selinux": True},
            "confinement",
            "SELinux",
        ),
    ],
)
def test_what_is_refused(facts, site, name, words):
    found = failed(dict(GOOD_FACTS, **facts), dict(GOOD_SITE, **site))
    assert list(found) == ["recipient.swap_" + name]
    assert words in found["recipient.swap_" + name]


def test_all_at_once():
    site = dict(GOOD_SITE, mounts=["/d/mysql"], new_device=2, euid=1000, not_writable=["/d"])
    assert len(failed(GOOD_FACTS, site)) == 4


def test_another_host():
    facts = {"absent": {"host": "not on this host: no process 5"}}
    found = failed(facts, {})
    assert list(found) == ["recipient.swap_host"]
    assert "no process 5" in found["recipient.swap_host"]


@pytest.mark.parametrize(
    ("record", "unfinished"),
    [(None, False), ({"goal": "done"}, False), ({"goal": "none"}, True), ({"goal": "back"}, True)],
)
def test_is_unfinished(record, unfinished):
    assert _swap.is_unfinished(record) is unfinished


def test_dated():
    assert _swap.dated("/var/lib/mysql/", "old", 0) == "/var/lib/mysql.old-19700101T000000Z"


# -- the trial ---------------------------------------------------------------------------------------------------------

SERVES = "trap 'exit 0' TERM; touch up; while :; do sleep 0.05; done\n"


class Trial(World):
    """A world in which the trial's server is a shell script that works in its data directory."""

    def __init__(self, root, script=SERVES, answers=(), uuid=UUID):
        super().__init__(root, uuid=uuid)
        self.program = root / "mysqld"
        self.program.write_text("#!/bin/sh\ncd %s\n%s" % (root / "data.new", script))
        self.program.chmod(0o755)
        self.answers = list(answers)
        self.clones = {}

    def command_line(self, pid):
        return str(self.program), ["--defaults-file=/etc/my.cnf"], {"PATH": os.environ["PATH"], "OUTER": "1"}

    def sleep(self, seconds):
        super().sleep(seconds)
        time.sleep(0.02)

    def open(self, logins, read_timeout=30.0):
        if not (self.root / "data.new" / "up").exists():
            raise ServerError(2002, "no such file", logins[0].label, "connect")
        if self.answers:
            raise self.answers.pop(0)
        return TrialSession(self, logins[0])


class TrialSession(Session):
    def query_many(self, statements):
        answers = super().query_many(statements)
        if self.world.clones is None:
            denied = ServerError(1142, "denied", self.label)
            return dict.fromkeys(statements, denied)
        answers["status"][0].update(self.world.clones)
        return answers


def tried(world, **changes):
    journal = Journal()
    record = record_of(world, **changes)
    swap = swap_of(world, journal, record)
    swap.check(os.getpid(), "db1:3306")
    return journal


def not_tried(world, **changes):
    with pytest.raises(CloneError) as caught:
        tried(world, **changes)
    return caught.value.message


def test_a_copy_is_tried_with_a_server_of_its_own(root):
    journal = tried(Trial(root))
    assert journal.record["gtid_executed"] == GTIDS
    assert journal.record["private"] is None
    assert "trying the clone in" in journal.events[0]


def test_what_the_trial_server_says_of_its_end_is_told(root):
    failing = "echo '2026-11-22T23:29:13Z 0 [ERROR] [MY-010119] [Server] Aborting' ; exit 3\n"
    message = not_tried(Trial(root, failing))
    assert "it ended with status 3. Its error log: " in message
    assert "Aborting" in message


@pytest.mark.parametrize(
    ("script", "words"), [("trap 'exit 2' TERM; touch up; while :; do sleep 0.05; done\n", "(status 2)")]
)
def test_a_trial_must_end_cleanly(root, script, words):
    assert "it did not shut down cleanly %s" % words in not_tried(Trial(root, script))


def test_one_that_does_not_end_is_killed(root, monkeypatch):
    monkeypatch.setattr(_swap, "_STOP_SECONDS", 0.3)
    assert "still running after 0 s" in not_tried(Trial(root, "trap '' TERM; touch up; while :; do sleep 0.05; done\n"))


def test_one_that_never_answers_is_given_up(root):
    assert "it does not answer: no such file" in not_tried(Trial(root, SERVES.replace("touch up", ":")))


def test_accounts_are_the_donors(root):
    message = not_tried(Trial(root, answers=[ServerError(1045, "denied", "r")]))
    assert "none of the logins works on the cloned data (denied)" in message
    assert "post_clone_login_user" in message


@pytest.mark.parametrize(
    ("uuid", "clone", "words"),
    [
        ("other", {}, "its server_uuid is other, not the recipient's"),
        (UUID, {"STATE": "Failed"}, "its clone is failed from db1:3306"),
        (UUID, {"SOURCE": "db2:3306"}, "its clone is completed from db2:3306"),
    ],
)
def test_what_the_copy_holds_is_looked_at(root, uuid, clone, words):
    world = Trial(root, uuid=uuid)
    world.clones = clone
    assert words in not_tried(world)


@pytest.mark.parametrize(("status", "is_good"), [("2 0\n", True), ("1 0\n", False), (None, False)])
def test_where_the_clone_cannot_be_read_its_files_tell(root, status, is_good):
    (root / "data.new" / "#clone").mkdir()
    if status:
        (root / "data.new" / "#clone" / "#view_status").write_text(status)
    world = Trial(root)
    world.clones = None
    if is_good:
        assert tried(world).record["gtid_executed"] == GTIDS
    else:
        assert "don't say that it is completed" in not_tried(world)


# -- after the swap ----------------------------------------------------------------------------------------------------


class Answers(Session):
    """Answers otherwise than a server that is as it should be."""

    def query(self, statement, values=None):
        return [dict(super().query(statement)[0], **self.world.otherwise)]

    def query_many(self, statements):
        found = super().query_many(statements)
        if self.world.status == "hidden":
            return dict.fromkeys(statements, ServerError(1142, "denied", self.label))
        if self.world.status == "broken":
            return dict.fromkeys(statements, ServerError(1030, "engine", self.label))
        found["status"][0]["STATE"] = self.world.status
        return found


def otherwise(root, status="Completed", **rows):
    world = World(root)
    world.otherwise, world.status = rows, status

    def opened(logins, read_timeout=30.0, opened=world.open):
        return Answers(world, opened(logins).login)

    world.open = opened
    return world


@pytest.mark.parametrize(
    ("status", "rows", "words"),
    [
        ("Completed", {"datadir": "/elsewhere/"}, "start_command has started a server on /elsewhere/"),
        ("Completed", {"gtids": ""}, "the server lacks transactions that the clone had"),
        ("Failed", {}, "the server's clone is failed"),
        ("hidden", {}, "don't say that it is completed"),
    ],
)
def test_a_server_that_is_not_as_it_should_be_is_rolled_back(root, status, rows, words):
    world = otherwise(root, status, **rows)
    with pytest.raises(CloneError, match="Rolled back") as caught:
        exchange(world, Journal())
    assert words in caught.value.message
    assert rules(world) == "original"


def test_the_files_tell_where_the_clone_may_not_be_read(root):
    (root / "data.new" / "#clone").mkdir()
    (root / "data.new" / "#clone" / "#view_status").write_text("2 0\n")
    world, journal = otherwise(root, "hidden"), Journal()
    world.running_on = world.identity(str(root / "data"))
    swap = swap_of(world, journal, record_of(world))
    assert swap.exchange(lambda: world.open([OWN]), 7)["state"] == "completed"
    assert "may not read clone_status" in swap.warnings[0]


def test_other_errors_are_no_missing_privilege(root):
    world = otherwise(root, "broken")
    with pytest.raises(CloneError, match="engine"):
        exchange(world, Journal())


def test_a_server_that_refuses_to_shut_down_runs_on(root):
    world, journal = World(root), Journal()
    world.running_on = world.identity(str(root / "data"))

    def refused():
        raise ServerError(1227, "you need SHUTDOWN", "r")

    with pytest.raises(CloneError, match="the server could not be shut down: you need SHUTDOWN"):
        swap_of(world, journal, record_of(world)).exchange(refused, 7)
    assert world.steps == []
    assert journal.record["goal"] == "none"


def test_one_that_does_not_end_is_told(root):
    world, journal = World(root), Journal()
    world.alive = lambda pid: True
    world.running_on = world.identity(str(root / "data"))
    with pytest.raises(CloneError, match=r"still runs \(process 7\)\. Nothing was moved"):
        swap_of(world, journal, record_of(world)).exchange(lambda: world.open([OWN]), 7)
    assert rules(world) == "original"


def test_who_watches_the_server_is_given_time_to_see_its_end(root):
    world, journal = World(root), Journal()
    world.parent = lambda pid: 99
    alive = world.alive
    world.alive = lambda pid: world.now < 1.0 if pid == 99 else alive(pid)
    exchange(world, journal)
    assert world.now >= 1.0


@pytest.mark.parametrize("pid", [7, None])
def test_a_finished_swap_is_undone(root, pid):
    world, journal = World(root), Journal()
    exchange(world, journal)
    if pid is None:
        world.running_on = None
    swap = swap_of(world, journal, journal.record)
    swap.undo(lambda: world.open([OWN]), pid)
    assert rules(world) == "original"
    assert (root / "data.new" / "name").read_text() == "copy"
    assert journal.record["state"] == "rolled_back"
    with pytest.raises(CloneError, match="moved by somebody else"):
        swap.undo(lambda: world.open([OWN]), 7)


def test_the_log_tells_why_a_server_does_not_answer(root):
    (root / "data.new" / "stderr").write_text("2026-11-22T23:29:13Z 0 [ERROR] [MY-010119] [Server] Aborting\n")
    world = World(root)
    world.command = lambda text, seconds: world.step("start")
    with pytest.raises(CloneError, match=r"the server does not answer: no such file\. Its error log: .*Aborting"):
        exchange(world, Journal())


def test_a_directory_that_cannot_be_removed_is_told(root):
    world, journal = World(root), Journal()

    def fail(path):
        raise PermissionError(13, "Permission denied", path)

    world.remove = fail
    swap = swap_of(world, journal, record_of(world))
    with pytest.raises(CloneError, match="could not be removed: Permission denied"):
        swap.begin()
    swap.record["goal"] = "none"
    swap.abandon()
    assert "could not be removed" in swap.warnings[0]
    swap.record["goal"] = "done"
    swap.abandon()
    assert len(swap.warnings) == 1


# -- this machine ------------------------------------------------------------------------------------------------------


def test_processes_of_this_machine(mysqld):
    process, datadir = mysqld
    host = _swap.Host()
    assert host.servers(str(datadir)) == [process.pid]
    assert host.servers("/elsewhere") == []
    assert not host.was_told(process.pid, str(datadir))
    program, arguments, environment = host.command_line(process.pid)
    assert (os.path.basename(program), arguments, environment["A"]) == ("mysqld", ["60"], "1")
    assert host.parent(process.pid) == os.getpid()
    assert host.parent(2**30) == 1
    assert host.alive(process.pid)
    host.signal(process.pid, signal.SIGKILL)
    process.wait()
    host.signal(process.pid, signal.SIGTERM)
    assert not host.alive(process.pid)


def test_the_place_of_a_swap_is_looked_at(mysqld, tmp_path):
    process, datadir = mysqld
    facts = {
        "variables": {"datadir": f"{datadir}/"},
        "host": {"pid": process.pid, "confinement": "no such profile (enforce)"},
    }
    found = _swap.look(facts, {"server_uuid": UUID}, str(tmp_path / "deep" / "new"))
    assert (found["datadir"], found["configured"]) == (str(datadir), str(datadir))
    assert found["device"] == found["new_device"]
    assert found["not_writable"] == []
    assert found["uid"] == os.geteuid()
    assert found["user"] == found["me"]
    assert found["visible"]
    assert found["mounts"] == []
    assert found["apparmor"] == ""
    assert found["variables"] == {"server_uuid": UUID}


def test_a_user_without_a_name_is_a_number():
    assert _swap._user_name(0) == "root"
    assert _swap._user_name(2**31 - 5) == str(2**31 - 5)
