# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a broken recipient is looked at, and how the steps out of it are made, on real directories and in simulated time.

That they lead out on real servers is proved by the integration target recover_playbook.
"""

from __future__ import annotations

import os
import time
from typing import ClassVar

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import (
    _evidence,
    _host,
    _logical,
    _pace,
    _progress,
    _recovery,
    _repair,
    _swap,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput, CloneError, ServerError
from ansible_collections.dbops.mysql_clone.plugins.module_utils._recovery import Seen, Step, Wanted
from ansible_collections.dbops.mysql_clone.plugins.modules import clone_recover
from ansible_collections.dbops.mysql_clone.tests.unit.plugins.module_utils.scripted import (
    Scripted,
    answered,
    error,
    options,
)

PARAMS = options(clone_recover.ARGUMENT_SPEC, timeout=100, stall_timeout=20, start_command="start it")


def view(state="none", stalled=0, stage="FILE COPY", **more):
    return dict(_progress.NONE, state=state, stage=stage, stalled_seconds=stalled, pid=11, source="db9:3306", **more)


class Journal:
    def __init__(self, document=None):
        self.document = document or {}
        self.told, self.kept = [], {}

    def event(self, text, clone=None):
        self.told.append(text)

    def keep(self, **values):
        self.kept.update(values)
        self.document.update(values)


class World:
    """Time, sessions and processes: each ``open`` gives the next answer, the last one for ever."""

    def __init__(self, *answers, running=()):
        self.now = 1000.0
        self.answers = list(answers)
        self.running = running
        self.commands = []
        self.opened = []

    def clock(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds

    def open(self, logins, read_timeout=30.0):
        self.opened.append(logins[0])
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        answer = answer() if callable(answer) else answer
        if isinstance(answer, Exception):
            raise answer
        return answer

    def command(self, text, seconds):
        self.commands.append((text, seconds))

    def servers(self, path):
        return self.running.get(path, []) if isinstance(self.running, dict) else list(self.running)


def recovery(world, goal=None, job=None, journal=None, **params):
    made = _repair.Recovery(
        {**PARAMS, **params}, goal or Wanted(can_start=True), journal or Journal(), job or {}, world, world
    )
    made.look.datadir = "/data"
    return made


def following(monkeypatch, made, *plans):
    """The recovery sees nothing and finds these steps to make, one list after the other."""
    left = list(plans)
    seen = []
    monkeypatch.setattr(made, "_seen", lambda tried=False: seen.append(tried) or Seen())
    monkeypatch.setattr(_recovery, "plan", lambda *_args: left.pop(0) if left else [])
    return seen


# -- options -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"timeout": 0}, "timeout is 0; expected 1 second or more"),
        ({"start_timeout": 0}, "start_timeout is 0"),
        ({"stall_timeout": 0.5}, "stall_timeout is 0.5"),
        ({"data": "copy"}, "data is copy but schemas is empty"),
        ({"schemas": ["Mysql"]}, "schemas has Mysql, which belongs to the server itself"),
        ({"schemas": ["shop"]}, "schemas needs donor_host and donor_user"),
        ({"schemas": ["shop"], "donor_host": "db9"}, "schemas needs donor_host and donor_user"),
        ({"schemas": ["a\0b"], "donor_host": "db9", "donor_user": "u"}, "NUL"),
    ],
)
def test_options_that_make_no_sense_are_refused(params, words):
    with pytest.raises(BadInput, match=words):
        _repair.wanted({**PARAMS, **params})


def test_options_become_a_wish():
    params = {**PARAMS, "schemas": ["b", "a", "b"], "donor_host": "db9", "donor_user": "u", "overwrite": True}
    found = _repair.wanted(params)
    assert found == Wanted(schemas=("b", "a"), overwrite=True, can_start=True)
    assert not _repair.wanted({**PARAMS, "start_command": None}).can_start


# -- what the journal tells --------------------------------------------------------------------------------------------


def test_nothing_was_left_by_no_run():
    assert _repair.job_of(None, True) == {
        "alive": True,
        "settings": None,
        "donor_settings": None,
        "swap": None,
        "kept": None,
    }


@pytest.mark.parametrize(
    ("goal", "finished", "is_left"),
    [
        ("forward", True, True),
        ("back", False, True),
        ("none", False, True),
        ("none", True, False),
        ("done", True, False),
    ],
)
def test_an_unfinished_swap_is_to_be_finished(goal, finished, is_left):
    swap = {"goal": goal, "new": "/n", "old": "/o"}
    assert (_repair.job_of({"swap": swap, "finished": finished}, False)["swap"] == swap) is is_left


def test_kept_data_counts_as_long_as_it_is_there(tmp_path):
    swap = {"goal": "done", "state": "swapped", "new": "/n", "old": str(tmp_path)}
    assert _repair.job_of({"swap": swap}, False)["kept"] == swap
    assert _repair.job_of({"swap": dict(swap, old=str(tmp_path / "gone"))}, False)["kept"] is None


# -- looking -----------------------------------------------------------------------------------------------------------


def variables(datadir):
    rows = {
        "datadir": f"{datadir}/",
        "tmpdir": f"{datadir}/temporary",
        "pid_file": "x.pid",
        "init_connect": "SET @a=1\n;x",
    }
    return [{"Variable_name": name, "Value": value} for name, value in rows.items()]


def answers(datadir, **more):
    return {
        **more,
        "SHOW GLOBAL VARIABLES": variables(datadir),
        "NOT IN ('mysql'": [{"name": "shop", "definition": "x"}],
        "information_schema.SCHEMATA": [{"name": name} for name in ("mysql", "shop", "öl")],
    }


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A data directory of a server on this machine."""
    datadir = tmp_path / "data"
    datadir.mkdir()
    monkeypatch.setattr(_host, "find_process", lambda _variables: (11, "process 11"))
    return datadir


def look(world, monkeypatch, clone, **params):
    monkeypatch.setattr(_progress, "read", lambda _server: clone)
    return _repair.Look({**PARAMS, **params}, world, world)


def test_a_recipient_that_is_well(here, monkeypatch):
    for name in ("mysql", "shop", "@00f6l", "#innodb_temp", "temporary", "other"):
        (here / name).mkdir()
    for name in ("mysql/x.ibd", "shop/x.ibd"):
        (here / name).touch()
    (here / "ibdata1").touch()
    seen = look(World(Scripted(answers(here))), monkeypatch, view("completed")).see({"settings": None})
    assert seen.clone["state"] == "completed"
    assert seen.schemas == ("shop",)
    assert seen.down is None
    assert seen.story is None
    # Neither a schema's directory nor the server's tmpdir is one that nobody knows.
    assert seen.empty == (str(here / "other"),)
    assert (seen.orphans, seen.remains, seen.marks, seen.half, seen.old) == ((), (), (), (), ())


def test_what_a_clone_left_is_seen(here, monkeypatch):
    (here / "#clone").mkdir()
    (here / "#clone" / "#status_error").touch()
    (here / "ibdata1.#clone").touch()
    (here / "lost").mkdir()
    (here / "lost" / "t.ibd").touch()
    (here / "mixed").mkdir()
    for name in ("t.ibd", "t.sdi"):
        (here / "mixed" / name).touch()
    seen = look(World(Scripted(answers(here))), monkeypatch, view("failed")).see({})
    assert seen.marks == ("status_error",)
    assert seen.remains == ("ibdata1.#clone",)
    assert seen.orphans == (str(here / "lost"),)
    assert seen.empty == ()


def test_directories_beside_the_data(here, monkeypatch):
    new, old, running = (
        here.parent / f"data.{kind}"
        for kind in ("new-20261122T010203Z", "old-20261122T010203Z", "old-20261122T040506Z")
    )
    foreign = here.parent / "data.old"
    for path in (new, old, running, foreign):
        path.mkdir()
    (new / "#clone").mkdir()
    (new / "#clone" / "#status_in_progress").touch()
    world = World(Scripted(answers(here)), running={str(running): [5]})
    seen = look(world, monkeypatch, view("completed")).see({})
    assert seen.half == (str(new),)
    assert seen.old == (str(old),)
    # One into which somebody clones is nobody's leftover.
    clone = view("in_progress", destination=f"{new}/")
    assert look(World(Scripted(answers(here)), running=world.running), monkeypatch, clone).see({}).half == ()
    job = {"swap": {"new": str(new), "old": str(old)}}
    seen = look(World(Scripted(answers(here)), running=world.running), monkeypatch, view("completed")).see(job)
    assert (seen.half, seen.old) == ((), ())


def test_half_a_clone_in_the_directory_that_was_given(here, monkeypatch):
    given = here.parent / "elsewhere"
    (given / "#clone").mkdir(parents=True)
    (given / "#clone" / "#status_in_progress").touch()
    seen = look(World(Scripted(answers(here))), monkeypatch, view("failed"), data_directory=f"{given}/").see({})
    assert seen.half == (str(given),)


def test_a_server_elsewhere_shows_no_files(tmp_path, monkeypatch):
    monkeypatch.setattr(_host, "find_process", lambda _variables: (None, "not on this host"))
    seen = look(World(Scripted(answers(tmp_path))), monkeypatch, view("completed")).see({})
    assert seen.schemas == ("shop",)
    assert (seen.empty, seen.half, seen.old, seen.marks) == ((), (), (), ())


def test_variables_that_a_restart_has_reset_are_not_put_back(here, monkeypatch):
    server = Scripted(
        {"@@GLOBAL.`a`": [{"v": 1}], "@@GLOBAL.`b`": [{"v": 2}], "@@GLOBAL.`gone`": error(1193), **answers(here)}
    )
    job = {"settings": {"a": 1, "b": 5, "gone": None}}
    assert look(World(server), monkeypatch, view("completed")).see(job).job["settings"] == {"b": 5}


def test_without_the_plugin_the_files_tell_of_the_clone(here, monkeypatch):
    def read(_server):
        raise error(_repair.NO_SUCH_TABLE)

    monkeypatch.setattr(_progress, "read", read)
    world = World(Scripted(answers(here)))
    assert _repair.Look(PARAMS, world, world).see({}).clone["state"] == "none"
    monkeypatch.setattr(_evidence, "clone_on_disk", lambda _datadir: view("failed"))
    assert _repair.Look(PARAMS, world, world).see({}).clone["state"] == "failed"


def test_another_error_is_no_missing_plugin(here, monkeypatch):
    def read(_server):
        raise error(1142)

    monkeypatch.setattr(_progress, "read", read)
    world = World(Scripted(answers(here)))
    with pytest.raises(ServerError):
        _repair.Look(PARAMS, world, world).see({})


@pytest.mark.parametrize("is_readable", [True, False])
def test_an_empty_server_is_asked_for_its_log(here, monkeypatch, is_readable):
    stories = [
        {"side": "donor"},
        {"side": "recipient", "number": 1},
        {"side": "recipient", "number": 2},
        {"side": "donor"},
    ]

    def log(_server, _since):
        if not is_readable:
            raise CloneError("it can't be read")
        return {"clones": stories}

    monkeypatch.setattr(_evidence, "log_of_server", log)
    empty = {"NOT IN ('mysql'": [], **answers(here)}
    empty["NOT IN ('mysql'"] = []
    seen = look(World(Scripted(empty)), monkeypatch, view()).see({})
    assert seen.story == ({"side": "recipient", "number": 2} if is_readable else None)


def test_a_server_that_is_down_is_known_by_its_files(tmp_path, monkeypatch):
    (tmp_path / "#clone").mkdir()
    for name in ("#status_fix", "#status_recovery"):
        (tmp_path / "#clone" / name).touch()
    log = tmp_path / "error.log"
    # Only what is not long ago is read.
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() - 60))
    log.write_text(
        f"{moment}.500000Z 0 [System] [MY-010116] [Server] mysqld (mysqld 9.7.4) starting as process 4242\n"
        f"{moment}.936081Z 0 [ERROR] [MY-012574] [InnoDB] Unable to lock ext/ts.ibd error: 11\n"
    )
    world = World(error(2003, "Can't connect"), running=[5])
    # A log of any age: "since" is told by the calendar here, as it is by hours where nobody says so.
    params = {
        **PARAMS,
        "datadir": str(tmp_path),
        "path": str(log),
        "login_unix_socket": "/run/db1.sock",
        "since": "2026-11-22",
    }
    seen = _repair.Look(params, world, world).see({"alive": False})
    assert seen.down == "Can't connect"
    assert seen.process
    assert not seen.denied
    # The mark of a recovery that has ended is none that keeps anything.
    assert seen.marks == ("status_fix",)
    # What the log says of the last start doesn't count before a start has failed.
    assert seen.obstacles == ()
    assert _repair.Look(params, world, world).see({}, tried=True).obstacles
    assert _repair.Look({**params, "start_command": None}, world, world).see({}).obstacles


def test_a_refused_login_is_no_server_that_is_down(tmp_path):
    world = World(error(1045, "Access denied"), running=[5])
    seen = _repair.Look({**PARAMS, "datadir": str(tmp_path)}, world, world).see({})
    assert seen.denied
    assert not seen.process


# -- the order of things -----------------------------------------------------------------------------------------------


def test_nothing_to_do(monkeypatch):
    made = recovery(World(error(2003)))
    following(monkeypatch, made)
    result = made.run()
    assert (result["changed"], result["steps"], result["clone_due"]) == (False, [], False)
    assert "failed_message" not in result


def test_a_plan_changes_nothing(monkeypatch):
    made = recovery(World(error(2003)))
    following(
        monkeypatch,
        made,
        [Step("start", "it is down"), Step("clone", "its data is gone", "clone"), Step("mend", "x", "hand")],
    )
    result = made.plan()
    assert [step["status"] for step in result["steps"]] == ["planned", "planned", "left"]
    assert result["changed"]
    assert result["clone_due"]
    following(monkeypatch, made, [Step("attach", "a clone is under way")])
    assert not made.plan()["changed"]


def test_after_a_turning_point_it_looks_again(monkeypatch):
    made = recovery(World(error(2003)))
    seen = following(
        monkeypatch,
        made,
        [Step("start", "it is down"), Step("never", "of the old plan")],
        [Step("clone", "gone", "clone")],
    )
    monkeypatch.setattr(made, "_do_start", lambda step: None)
    result = made.run()
    assert len(seen) == 2
    assert [(step["action"], step["status"]) for step in result["steps"]] == [("start", "done"), ("clone", "left")]
    assert result["changed"]
    assert result["clone_due"]
    assert "failed_message" not in result


def test_waiting_for_a_clone_changes_nothing(monkeypatch):
    made = recovery(World(error(2003)))
    following(monkeypatch, made, [Step("attach", "under way")])
    monkeypatch.setattr(made, "_do_attach", lambda step: None)
    assert not made.run()["changed"]


def test_what_somebody_else_must_do_is_a_failure(monkeypatch):
    made = recovery(World(error(2003)))
    following(monkeypatch, made, [Step("mend", "the disk is full", "hand")])
    assert made.run()["failed_message"] == "/run/db1.sock: the disk is full"


def test_a_start_that_fails_is_explained_by_the_log(monkeypatch):
    made = recovery(World(error(2003)))
    start = [Step("start", "it is down")]
    seen = following(
        monkeypatch,
        made,
        start,
        [Step("mend", "the port is taken", "hand")],
        [Step("mend", "the port is taken", "hand")],
    )
    monkeypatch.setattr(made, "_do_start", lambda step: answered(CloneError("it does not come up")))
    result = made.run()
    assert seen[:2] == [False, True]
    assert [(step["action"], step["status"]) for step in result["steps"]] == [("start", "failed"), ("mend", "left")]
    assert "the port is taken" in result["failed_message"]
    assert not result["changed"]


@pytest.mark.parametrize("trouble", [CloneError("no"), OSError(13, "Permission denied")])
def test_any_other_step_that_fails_ends_it(monkeypatch, trouble):
    def fail(_step):
        raise trouble

    made = recovery(World(error(2003)))
    following(monkeypatch, made, [Step("remove_remains", "left", what=("a",)), Step("never", "after it")])
    monkeypatch.setattr(made, "_do_remove_remains", fail)
    result = made.run()
    assert [step["status"] for step in result["steps"]] == ["failed"]
    assert result["failed_message"].startswith("/run/db1.sock: remove remains failed: ")


def test_it_ends_though_the_steps_never_do(monkeypatch):
    made = recovery(World(error(2003)))
    monkeypatch.setattr(made, "_seen", lambda tried=False: Seen())
    monkeypatch.setattr(_recovery, "plan", lambda *_args: [Step("start", "it is down")])
    monkeypatch.setattr(made, "_do_start", lambda step: None)
    with pytest.raises(CloneError, match="20 steps have not led to an end"):
        made.run()


def test_schemas_that_are_there_are_compared_before_they_are_given_up(monkeypatch):
    made = recovery(
        World(Scripted({})),
        Wanted(data="copy", schemas=("shop", "new"), overwrite=True),
        donor_host="db9",
        donor_user="u",
    )
    asked = []
    monkeypatch.setattr(made.look, "see", lambda job, tried: Seen(schemas=("shop", "own")))
    monkeypatch.setattr(_logical, "inventory", lambda login, schemas, left: asked.append((login.host, schemas)) or {})
    monkeypatch.setattr(_logical, "differences", lambda donor, own, schemas: ["shop"])
    assert made._seen().differing == ("shop",)
    assert [schemas for _host, schemas in asked] == [("shop",), ("shop",)]
    made.copied = {"verified": True}
    assert made._seen().differing is None


# -- steps -------------------------------------------------------------------------------------------------------------


def attached(monkeypatch, *views, running=(), **params):
    """Wait for a clone that shows these views, one each half second."""
    left = list(views)
    server = Scripted({"KILL QUERY": []})
    world = World(lambda: left[0] if isinstance(left[0], Exception) else server, running=running)

    def read(_server):
        found = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(found, Exception):
            raise found
        return found

    def opened(logins, read_timeout=30.0):
        if isinstance(left[0], Exception):
            raise left.pop(0) if len(left) > 1 else left[0]
        return server

    world.open = opened
    monkeypatch.setattr(_progress, "read", read)
    monkeypatch.setattr(_pace.Watch, "observe", lambda self, now, clone: clone)
    monkeypatch.setattr(_progress, "line", lambda clone: "line of " + clone["state"])
    made = recovery(world, **params)
    made._do_attach(Step("attach", "under way"))
    return world, server, made.journal


def test_a_clone_is_waited_for(monkeypatch):
    world, server, journal = attached(monkeypatch, view("in_progress"), view("in_progress"), view("completed"))
    assert world.now == 1001.0
    assert journal.told == ["line of in_progress"]
    assert not server.asked


def test_a_clone_that_stands_still_is_ended_once(monkeypatch):
    stuck = view("in_progress", stalled=20)
    _world, server, journal = attached(monkeypatch, stuck, stuck, stuck, view("failed"))
    assert server.asked == ["KILL QUERY 11"]
    assert "no progress for 20 seconds: ending the clone" in journal.told


def test_one_that_moves_is_left_alone(monkeypatch):
    _world, server, _journal = attached(monkeypatch, view("in_progress", stalled=19), view("completed"))
    assert not server.asked


def test_a_clone_that_outlasts_the_time_is_told_of(monkeypatch):
    with pytest.raises(CloneError, match="still under way after 100 seconds"):
        attached(monkeypatch, view("in_progress"))


@pytest.mark.parametrize("number", [1045, _repair.NO_SUCH_TABLE])
def test_other_accounts_after_the_clone_end_the_waiting(monkeypatch, number):
    world, _server, _journal = attached(monkeypatch, view("in_progress"), error(number))
    assert world.now == 1000.5


def test_a_restart_is_waited_for(monkeypatch):
    world, _server, _journal = attached(monkeypatch, error(2003), error(2003), view("completed"))
    assert world.now == 1001.0


@pytest.mark.parametrize(("running", "seconds"), [([], _repair.PROCESS_SECONDS), ([5], 40.0)])
def test_a_server_that_stays_away_is_the_next_step(monkeypatch, running, seconds):
    world, _server, _journal = attached(monkeypatch, error(2003), running=running, start_timeout=40)
    assert world.now == 1000.0 + seconds + _repair.POLL_SECONDS


def test_the_server_is_started_and_waited_for():
    world = World(error(2003), error(2003), Scripted({}))
    recovery(world)._do_start(Step("start", "it is down"))
    assert world.commands == [("start it", 100.0)]
    assert world.now == 1001.0


def test_one_whose_process_runs_is_only_waited_for():
    world = World(error(2003), Scripted({}), running=[5])
    recovery(world)._do_start(Step("start", "it is down"))
    assert world.commands == []


def test_one_that_refuses_the_login_is_up():
    world = World(error(1045))
    recovery(world)._do_start(Step("start", "it is down"))
    assert world.now == 1000.0


@pytest.mark.parametrize(("running", "seconds"), [([], _repair.PROCESS_SECONDS), ([5], 30.0)])
def test_a_start_in_vain_has_an_end(running, seconds):
    world = World(error(2003, "Can't connect"), running=running)
    with pytest.raises(CloneError, match="the server does not come up: Can't connect"):
        recovery(world, start_timeout=30)._do_start(Step("start", "it is down"))
    assert world.now == 1000.0 + seconds


def test_variables_are_put_back_where_they_differ():
    server = Scripted(
        {
            "SELECT @@GLOBAL.`a`": [{"v": 1}],
            "SELECT @@GLOBAL.`b`": [{"v": 2}],
            "SET GLOBAL `b`": [],
            "SELECT @@GLOBAL.`c`": [{"v": 2}],
            "SET GLOBAL `c`": error(1227, "Access denied"),
        }
    )
    made = recovery(World(server), job={"settings": {"a": 1, "b": 5, "c": 7}})
    made._do_restore_settings(Step("restore_settings", "left"))
    assert server.told("SET") == ["SET GLOBAL `b` = 5", "SET GLOBAL `c` = 7"]
    assert made.warnings == ["/run/db1.sock: c was not put back to 7: Access denied"]
    assert made.job["settings"] is None
    assert made.journal.kept == {"settings_before": None}


def test_variables_of_donors_are_put_back_or_told_of():
    good = Scripted({"SET GLOBAL `clone_ddl_timeout`": []})
    world = World(good, error(2003, "Can't connect"))
    job = {"donor_settings": {"[::1]:3307": {"clone_ddl_timeout": 300}, "db8:3306": {"x": 1}}}
    made = recovery(world, job=job)
    made._do_restore_donor_settings(Step("restore_donor_settings", "left"))
    assert good.asked == ["SET GLOBAL `clone_ddl_timeout` = 300"]
    assert [(login.host, login.port, login.unix_socket) for login in world.opened] == [
        ("[::1]", 3307, None),
        ("db8", 3306, None),
    ]
    assert made.warnings == ["put x back to 1 on the donor db8:3306: root could not (Can't connect)"]
    assert made.journal.kept == {"donor_settings_before": None}


class TestIsHalf:
    """Root removes it, and a server says where it is."""

    @pytest.fixture
    def half(self, tmp_path):
        path = tmp_path / "half"
        (path / "#clone").mkdir(parents=True)
        (path / "#clone" / "#status_in_progress").touch()
        return path

    def test_one_that_the_server_has_made(self, half, tmp_path):
        assert _repair.is_half(str(half), str(tmp_path))

    def test_no_mark(self, half, tmp_path):
        (half / "#clone" / "#status_in_progress").unlink()
        assert not _repair.is_half(str(half), str(tmp_path))

    def test_a_way_over_a_link(self, half, tmp_path):
        (tmp_path / "link").symlink_to(half)
        assert not _repair.is_half(str(tmp_path / "link"), str(tmp_path))

    @pytest.mark.parametrize("place", ["#clone", "#clone/#status_in_progress"])
    def test_a_linked_mark(self, half, tmp_path, place):
        moved = tmp_path / "moved"
        (half / place).rename(moved)
        (half / place).symlink_to(moved)
        assert not _repair.is_half(str(half), str(tmp_path))

    def test_somebody_elses(self, half, tmp_path, monkeypatch):
        real = os.stat
        monkeypatch.setattr(
            os,
            "stat",
            lambda path, **rest: (
                os.stat_result((0o40700, 1, 1, 1, 4711, 0, 0, 0, 0, 0)) if path == "/data" else real(path, **rest)
            ),
        )
        assert not _repair.is_half(str(half), "/data")


def test_leftovers_are_removed(tmp_path):
    (tmp_path / "half" / "#clone").mkdir(parents=True)
    (tmp_path / "half" / "#clone" / "#status_in_progress").touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "lost").mkdir()
    (tmp_path / "lost" / "t.ibd").touch()
    (tmp_path / "x.#clone").touch()
    (tmp_path / "y.#clone").mkdir()
    outside = tmp_path.parent / "outside"
    outside.mkdir()
    (tmp_path / "z.#clone").symlink_to(outside)
    made = recovery(World(error(2003)))
    made.look.datadir = str(tmp_path)
    made._do_remove_half_clones(Step("", "", what=(str(tmp_path / "half"),)))
    made._do_remove_empty_directories(Step("", "", what=(str(tmp_path / "empty"),)))
    made._do_remove_orphans(Step("", "", what=(str(tmp_path / "lost"),)))
    made._do_remove_remains(Step("", "", what=("x.#clone", "y.#clone", "z.#clone")))
    assert os.listdir(tmp_path) == []
    assert outside.is_dir()


@pytest.mark.parametrize("action", ["remove_half_clones", "remove_old", "remove_orphans"])
@pytest.mark.parametrize("why", ["the data directory", "a link", "a server works"])
def test_what_is_in_use_is_never_removed(tmp_path, action, why):
    target = tmp_path / "target"
    target.mkdir()
    link = tmp_path / "link"
    link.symlink_to(target)
    made = recovery(World(error(2003), running=[5] if why == "a server works" else []))
    made.look.datadir = str(target) if why == "the data directory" else "/elsewhere"
    path = link if why == "a link" else target
    with pytest.raises(CloneError, match=r"(?s)is not removed"):
        getattr(made, "_do_" + action)(Step(action, "", what=(str(path),)))
    assert target.is_dir()
    assert link.is_symlink()


def test_a_directory_that_has_been_filled_meanwhile_stays(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "t.ibd").touch()
    with pytest.raises(OSError, match="not empty"):
        recovery(World(error(2003)))._do_remove_empty_directories(Step("", "", what=(str(tmp_path / "full"),)))


@pytest.mark.parametrize(("goal", "is_kept"), [("done", False), ("forward", True)])
def test_old_data_is_forgotten_with_its_directory(tmp_path, goal, is_kept):
    (tmp_path / "old").mkdir()
    swap = {"goal": goal, "old": "/o", "new": "/n"}
    made = recovery(World(error(2003)), journal=Journal({"swap": swap}), job={"kept": {"old": "x"}})
    made._do_remove_old(Step("remove_old", "", what=(str(tmp_path / "old"),)))
    assert made.job["kept"] is None
    assert made.journal.kept == {"kept": None, "swap": swap if is_kept else None}


class Swap:
    """Remembers what it was told."""

    calls: ClassVar[list] = []

    def __init__(self, link, journal, record, logins, start_command, seconds, host):
        self.record, self.seconds, self.warnings, self.journal = record, seconds, ["it was slow"], journal

    def resume(self):
        self.calls.append(("resume", self.record, self.seconds()))
        self.journal.document["swap"] = {"goal": "done", "state": "swapped", "old": "/o"}

    def abandon(self):
        self.calls.append(("abandon", self.record, self.seconds()))
        self.journal.document["swap"] = None

    def undo(self, own, pid):
        self.calls.append(("undo", self.record, pid))
        self.journal.document["swap"] = {"goal": "done", "state": "rolled_back", "old": "/o"}


@pytest.mark.parametrize(
    ("action", "call", "kept"),
    [("finish_swap", "resume", "swapped"), ("abandon_swap", "abandon", None), ("roll_back", "undo", "rolled_back")],
)
def test_swaps_are_brought_to_an_end(monkeypatch, action, call, kept):
    monkeypatch.setattr(_swap, "Swap", Swap)
    Swap.calls.clear()
    record = {"goal": "forward", "datadir": "/data"}
    made = recovery(World(error(2003), running={"/data": [31]}), job={"swap": record, "kept": record})
    getattr(made, "_do_" + action)(Step(action, ""))
    assert Swap.calls == [(call, record, 31 if call == "undo" else 100.0)]
    assert made.job["swap"] is None
    assert (made.job["kept"] or {}).get("state") == kept
    assert made.warnings == (["it was slow"] if action == "abandon_swap" else [])


@pytest.mark.parametrize("verified", [True, False])
def test_schemas_are_copied(monkeypatch, verified):
    copies = []

    def run(copy, present, event):
        copies.append((copy, present))
        return {"verified": verified, "differences": ["shop.t: rows"]}

    monkeypatch.setattr(_logical, "run", run)
    server = Scripted({"information_schema.SCHEMATA": [{"name": "own"}]})
    made = recovery(
        World(server), Wanted(schemas=("shop",), overwrite=True), donor_host="db9", donor_user="u", donor_password="p"
    )
    made._do_copy_schemas(Step("copy_schemas", "", what=("shop",)))
    (copy, present) = copies[0]
    assert (copy.donor.host, copy.recipient, copy.schemas, copy.replace, copy.seconds) == (
        "db9",
        server.login,
        ("shop",),
        True,
        100.0,
    )
    assert present == {"own"}
    assert made.copied["verified"] is verified
    assert bool(made.warnings) is not verified


# -- the module --------------------------------------------------------------------------------------------------------


class Job:
    """A job as another process sees it."""

    def __init__(self, document=None, alive=False, waited=None):
        self.document, self._alive, self.waited = document, alive, waited
        self.heads = []

    def alive(self):
        return self._alive

    def read(self):
        return self.document

    def wait(self, seen, seconds):
        if isinstance(self.waited, Exception):
            raise self.waited
        return self.waited

    def start(self, head, work):
        self.heads.append(head)


def ran(monkeypatch, job, check_mode=False, **params):
    monkeypatch.setattr(_repair._job, "find", lambda logins, directory: job)
    return _repair.run({**PARAMS, "state_directory": None, "seen": 0, "wait_seconds": 1, **params}, check_mode)


EVENTS = [{"number": number, "text": str(number)} for number in (1, 2, 3)]


def test_another_run_at_work_is_followed(monkeypatch):
    job = Job({}, alive=True, waited={"events": EVENTS, "count": 3, "finished": False})
    result = ran(monkeypatch, job)
    assert (result["attached"], result["finished"], result["seen"]) == (True, False, -3)
    assert not job.heads
    assert [event["number"] for event in ran(monkeypatch, job, seen=-2)["events"]] == [3]


@pytest.mark.parametrize("waited", [{"finished": True}, CloneError("it was killed")])
def test_when_that_has_ended_the_recovery_begins(monkeypatch, waited):
    job = Job({"settings_before": {"a": 1}}, alive=True)
    answers_ = [waited, {"finished": False, "events": EVENTS, "count": 3}]

    def wait(seen, seconds):
        answer = answers_.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    job.wait = wait
    result = ran(monkeypatch, job, seen=-5)
    assert job.heads[0]["settings_before"] == {"a": 1}
    assert job.heads[0]["recovery"]
    # The first event is that of every job.
    assert [event["number"] for event in result["events"]] == [2, 3]
    assert result["changed"]


def test_the_end_of_a_recovery_is_handed_on(monkeypatch):
    done = {"finished": True, "events": [], "count": 3, "failure": None, "result": {"changed": True, "steps": []}}
    assert ran(monkeypatch, Job(waited=done), seen=3) == {
        "finished": True,
        "attached": False,
        "events": [],
        "seen": 3,
        "changed": True,
        "steps": [],
    }
    failed = dict(done, failure={"msg": "no", "steps": [1]})
    result = ran(monkeypatch, Job(waited=failed), seen=3)
    assert (result["failed_message"], result["steps"]) == ("no", [1])


def test_check_mode_only_plans(monkeypatch):
    monkeypatch.setattr(_repair.Recovery, "plan", lambda self: {"changed": self.job["alive"], "steps": []})
    job = Job(alive=True)
    result = ran(monkeypatch, job, check_mode=True)
    assert (result["changed"], result["finished"]) == (True, True)
    assert not job.heads
