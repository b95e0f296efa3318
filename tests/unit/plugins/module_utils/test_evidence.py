# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is looked at for a diagnosis, in which order, and what is told where that isn't possible."""

from __future__ import annotations

import gzip

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import (
    _diagnosis,
    _errorlog,
    _evidence,
    _facts,
    _precheck,
    _progress,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput, CloneError, MissingLibrary
from ansible_collections.dbops.mysql_clone.plugins.module_utils._findings import Finding
from ansible_collections.dbops.mysql_clone.plugins.modules import clone_diagnose
from ansible_collections.dbops.mysql_clone.tests.unit.plugins.module_utils.scripted import (
    Scripted,
    answered,
    error,
    options,
)

PARAMS = options(clone_diagnose.ARGUMENT_SPEC)
# As MySQL 9.7.4 has written them for a clone that ended with error 1158 in FILE COPY.
STATUS = (
    "3 0\n1795379871000000 1795379874000000\n127.0.0.1:3307\n1158\nGot an error reading communication packets\n\n0\n\n"
)
PROGRESS = """1
2 1 1795379871100000 1795379871200000 0 0 0
3 2 1795379871300000 1795379874000000 73400320 31457280 31460000
0 0 0 0 0 0 0
0 0 0 0 0 0 0
0 0 0 0 0 0 0
0 0 0 0 0 0 0
0 0 0 0 0 0 0
"""
LINES = """\
2026-11-22T20:37:51.000000Z 8 [Warning] [MY-013460] [InnoDB] Clone removing all user data for provisioning: Started
2026-11-22T20:37:52.000000Z 8 [Warning] [MY-013460] [InnoDB] Clone removing all user data for provisioning: Finished
2026-11-22T20:37:53.000000Z 0 [System] [MY-010116] [Server] mysqld (mysqld 9.7.4) starting as process 4242
"""


def stepped(steps):
    return {row["step"]: row["result"] for row in steps.done}


# -- steps -------------------------------------------------------------------------------------------------------------


def test_a_step_tells_what_came_of_it_and_how_long_it_took():
    times = iter([1.0, 3.5])
    steps = _evidence.Steps(lambda: next(times))
    with steps.step("log", "the error log") as row:
        row["result"] = "found"
    assert steps.done == [{"step": "log", "what": "the error log", "result": "found", "seconds": 2.5}]


def test_a_foreseen_error_ends_the_step_alone():
    steps = _evidence.Steps()
    with steps.step("log", "the error log"):
        raise CloneError("no such file")
    assert steps.done[0]["result"] == "not possible: no such file"
    with pytest.raises(ZeroDivisionError), steps.step("other", "what nobody foresaw"):
        raise ZeroDivisionError
    assert "seconds" in steps.done[1]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (" 3862 ", 3862),
        ("ERROR 3869 (HY000): Clone system configuration: db9:3306", 3869),
        ("nothing that is known", None),
    ],
)
def test_an_error_is_given_by_number_or_by_any_text(text, number):
    assert _evidence.given_error(text).number == number


# -- files -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def datadir(tmp_path):
    (tmp_path / "#clone").mkdir()
    (tmp_path / "#clone" / "#view_status").write_text(STATUS)
    (tmp_path / "#clone" / "#view_progress").write_text(PROGRESS)
    return tmp_path


def test_a_server_that_is_down_has_its_clone_in_files(datadir):
    found = _evidence.clone_on_disk(str(datadir))
    assert found["state"] == "failed"
    assert found["source"] == "127.0.0.1:3307"
    assert found["error"] == {"code": 1158, "message": "Got an error reading communication packets"}
    assert (found["begin_time"], found["end_time"]) == ("2026-11-22T20:37:51Z", "2026-11-22T20:37:54Z")
    assert [stage["state"] for stage in found["stages"][:3]] == ["completed", "failed", "not_started"]
    assert found["stages"][2]["begin_time"] is None
    assert (found["stages"][1]["bytes_total"], found["stages"][1]["bytes_done"]) == (73400320, 31457280)


@pytest.mark.parametrize(
    ("status", "progress"),
    [("", PROGRESS), (STATUS, "1\nx\n"), (STATUS, "1\n2 1\n"), ("99 0\n" + STATUS[4:], PROGRESS), ("a\n", PROGRESS)],
)
def test_files_that_hold_something_else_tell_of_no_clone(datadir, status, progress):
    (datadir / "#clone" / "#view_status").write_text(status)
    (datadir / "#clone" / "#view_progress").write_text(progress)
    assert _evidence.clone_on_disk(str(datadir)) is None


def test_without_files_there_is_no_clone(tmp_path):
    assert _evidence.clone_on_disk(str(tmp_path)) is None
    assert _evidence.files_of(str(tmp_path)) is None


def test_the_marks_of_an_unfinished_clone(datadir):
    (datadir / "#clone" / "#status_error").touch()
    assert _evidence.files_of(str(datadir)) == {
        "directory": str(datadir),
        "status_in_progress": False,
        "status_error": True,
        "status_fix": False,
        "status_recovery": False,
    }


# -- the log -----------------------------------------------------------------------------------------------------------


def test_the_end_of_a_log_is_read_whole_and_the_part_before_searched(tmp_path, monkeypatch):
    log = tmp_path / "error.log"
    noise = "2026-11-22T20:37:52.500000Z 0 [Note] [MY-000001] [Server] nothing\n" * 50
    log.write_text(LINES.replace("2026-11-22T20:37:53", noise + "2026-11-22T20:37:53"))
    monkeypatch.setattr(_evidence, "READ_WHOLE", 150)
    found = _evidence.log_of(str(log), "")
    assert [event["code"] for event in found["events"]] == ["MY-010116"]
    assert [story["data_dropped"] for story in found["clones"]] == [True]
    assert found["path"] == str(log)
    assert _evidence._log_words(found).startswith(f"{log}: 1 events, the last clone in it ")
    monkeypatch.setattr(_evidence, "SEARCHED", 150)
    assert _evidence.log_of(str(log), "")["clones"] == []
    assert _evidence._log_words(_evidence.log_of(str(log), "")).endswith("no clone in it")


def test_a_packed_log_is_read_from_its_beginning(tmp_path, monkeypatch):
    log = tmp_path / "error.log.gz"
    log.write_bytes(gzip.compress(LINES.encode()))
    monkeypatch.setattr(_evidence, "SEARCHED", 1)
    monkeypatch.setattr(_evidence, "READ_WHOLE", 1)
    found = _evidence.log_of(str(log), "")
    assert len(found["events"]) == 3
    log.write_bytes(log.read_bytes()[:-12])
    with pytest.raises(CloneError, match=r"the error log '.*error.log.gz' can't be read"):
        _evidence.log_of(str(log), "")


def test_a_log_that_is_not_there(tmp_path):
    with pytest.raises(CloneError, match="can't be read"):
        _evidence.log_of(str(tmp_path / "none"), "")


def test_the_log_of_a_server_that_answers(tmp_path, monkeypatch):
    log = tmp_path / "error.log"
    log.write_text(LINES)
    monkeypatch.setattr(_errorlog, "place_of", lambda _server: _errorlog.Place(str(log), "", (str(log),)))
    assert _evidence.log_of_server(Scripted({}), "")["path"] == str(log)
    monkeypatch.setattr(_errorlog, "place_of", lambda _server: _errorlog.Place(None, "elsewhere", ()))
    table = {"clones": [1], "events": [2], "keywords": {}, "cursor": "x"}
    monkeypatch.setattr(_errorlog, "read_table", lambda _server, _wanted, _cursor: table)
    assert _evidence.log_of_server(Scripted({}), "") == {
        "clones": [1],
        "events": [2],
        "keywords": {},
        "path": "performance_schema.error_log",
    }


# -- a server that is down ---------------------------------------------------------------------------------------------


def test_a_server_that_is_down_is_known_by_its_log_and_its_files(datadir):
    log = datadir / "error.log"
    log.write_text(LINES)
    steps = _evidence.Steps()
    params = {**PARAMS, "datadir": str(datadir), "path": str(log)}
    found = _evidence.collect_down(params, error(2002, "Can't connect"), "", steps)
    assert found.down.number == 2002
    assert not found.denied
    assert found.clone["state"] == "failed"
    assert found.host["free"] > 0
    assert found.names == {"datadir": str(datadir), "error_log": str(log), "data_directory": str(datadir)}
    assert stepped(steps)["log"].startswith(f"{log}: 3 events")
    assert stepped(steps)["files"].startswith("no mark of an unfinished clone; ")


def test_its_option_files_tell_where_they_are(datadir):
    log = datadir / "server.err"
    log.write_text(LINES)
    (datadir / "#clone" / "#status_fix").touch()
    config = datadir / "my.cnf"
    config.write_text(f"[mysqld]\ndatadir = {datadir}\nlog-error = {log}\n")
    steps = _evidence.Steps()
    found = _evidence.collect_down({**PARAMS, "server_config_file": str(config)}, error(1045), "", steps)
    assert found.denied
    assert found.names["error_log"] == str(log)
    assert found.files["status_fix"]
    assert stepped(steps)["files"].startswith("status_fix; ")


def test_what_cannot_be_found_is_told(tmp_path):
    config = tmp_path / "my.cnf"
    config.write_text(f"[mysqld]\ndatadir = {tmp_path}/gone\n")
    steps = _evidence.Steps()
    found = _evidence.collect_down({**PARAMS, "server_config_file": str(config)}, error(2002), "", steps)
    assert found.log is None
    assert found.files is None
    assert stepped(steps) == {
        "log": "not possible: no error log was found; give path or server_config_file",
        "files": "not possible: the data directory was not found; give datadir",
    }


# -- a server that answers ---------------------------------------------------------------------------------------------

LOG = {"clones": [], "events": [1, 2], "keywords": {}, "path": "/log"}


def view(state="none", **more):
    return dict(_progress.NONE, state=state, **more)


@pytest.fixture
def world(monkeypatch):
    """A server that answers; what it shows is to be changed by the tests."""
    shown = {
        "views": [view()],
        "facts": {"absent": {"a": "why"}, "variables": {"datadir": "/data/"}},
        "log": LOG,
        "findings": [Finding("recipient.plugin", "t", "configuration", "fail", "no plugin")],
        "asked": [],
    }

    def read(_server):
        found = shown["views"].pop(0) if len(shown["views"]) > 1 else shown["views"][0]
        return answered(found)

    def facts(_server):
        return answered(shown["facts"])

    def compare(_facts, donor, wanted, donor_facts):
        shown["asked"].append((donor, wanted))
        return type("Compared", (), {"checks": shown["findings"]})

    monkeypatch.setattr(_progress, "read", read)
    monkeypatch.setattr(_facts, "server_facts", facts)
    monkeypatch.setattr(_evidence, "log_of_server", lambda _server, _since: shown["log"])
    monkeypatch.setattr(_precheck, "compare", compare)
    monkeypatch.setattr(_evidence.time, "sleep", lambda seconds: shown.setdefault("slept", []).append(seconds))
    monkeypatch.setattr(_evidence, "connect_first", lambda logins: Scripted({}))
    return shown


def collected(**params):
    steps = _evidence.Steps()
    return _evidence.collect({**PARAMS, **params}, steps), stepped(steps)


def test_all_is_looked_at(world):
    found, steps = collected()
    assert list(steps) == ["server", "error", "resources", "log", "network", "privileges", "configuration"]
    assert steps["server"] == "MySQL 9.7.4 answers"
    assert steps["error"] == "no clone"
    assert steps["resources"] == "2 facts, 1 not to be had"
    assert steps["log"] == "/log: 2 events, no clone in it"
    assert steps["network"] == "0 checks, none failed"
    assert steps["configuration"] == "1 checks, failed: recipient.plugin"
    assert found.names["datadir"] == "/data/"
    assert found.names["donor_host"] == ""
    assert found.unseen == []
    assert "slept" not in world
    assert world["asked"][0][0] is None
    # What protects data is no cause of a failure.
    assert world["asked"][0][1]["overwrite"]


def test_the_last_clone_names_the_donor(world):
    world["views"] = [view("failed", source="db9:3307", error={"code": 3862, "message": "no way"})]
    found, steps = collected()
    assert steps["error"] == "failed: no way (error 3862)"
    assert (found.names["donor_host"], found.names["donor_port"]) == ("db9", "3307")
    donor, wanted = world["asked"][0]
    assert (donor.host, donor.port, donor.user) == ("db9", 3307, None)
    assert wanted["donor_port"] == 3307


def test_a_donor_that_is_named_comes_first(world):
    world["views"] = [view("failed", source="db9:3307")]
    found, _steps = collected(donor_host="db8", donor_user="cu", donor_password="p")
    assert found.donor == "db8:3306"
    assert found.names["donor_user"] == "cu"
    assert world["asked"][0][0].user == "cu"


def test_a_clone_under_way_is_looked_at_twice(world, monkeypatch):
    world["views"] = [
        view("in_progress", source="db9:3306", bytes_done=5),
        view("in_progress", source="db9:3306", bytes_done=5),
    ]
    monkeypatch.setattr(_diagnosis, "is_stalled", lambda _evidence: True)
    found, steps = collected()
    assert world["slept"] == [_evidence.WATCH_SECONDS]
    assert found.later["bytes_done"] == 5
    assert "progress" in steps
    # A link that stands still would be waited for.
    assert world["asked"][0][0] is None


def test_without_facts_nothing_is_checked(world):
    world["facts"] = error(1142, "denied")
    found, steps = collected()
    assert "network" not in steps
    assert found.unseen == ["resources (not possible: %s)" % world["facts"].message]


def test_a_clone_that_cannot_be_read_is_told(world):
    world["views"] = [error(1142, "denied")]
    found, steps = collected(path="/no/such/log")
    assert found.clone is None
    assert steps["error"].startswith("not possible: ")
    assert steps["log"].startswith("not possible: the error log '/no/such/log'")
    assert len(found.unseen) == 2


def test_with_an_error_no_server_is_asked(monkeypatch):
    monkeypatch.setattr(_evidence, "connect_first", lambda logins: pytest.fail("a server was asked"))
    found, steps = collected(error="3862", donor_host="db9", donor_user="cu")
    assert found.given.number == 3862
    assert steps == {"error": "3862 ER_CLONE_DONOR"}
    assert found.names == {"donor_host": "db9", "donor_port": "3306", "donor_user": "cu"}
    assert collected(error="what is this")[1] == {"error": "no error that the catalogue knows"}


def test_a_server_that_knows_no_clone_is_told_of(monkeypatch):
    def refuse(_logins):
        raise CloneError("db1 is MariaDB", server="db1:3306")

    monkeypatch.setattr(_evidence, "connect_first", refuse)
    found, steps = collected()
    assert (found.label, found.unsuitable) == ("db1:3306", "db1 is MariaDB")
    assert steps == {"server": "db1 is MariaDB"}


@pytest.mark.parametrize("trouble", [BadInput("login_port is 0"), MissingLibrary("PyMySQL is missing")])
def test_where_nothing_can_be_found_out_it_fails(monkeypatch, trouble):
    def refuse(_logins):
        raise trouble

    monkeypatch.setattr(_evidence, "connect_first", refuse)
    with pytest.raises(type(trouble)):
        collected()


def test_a_server_that_does_not_answer_is_down(monkeypatch, tmp_path):
    def refuse(_logins):
        raise error(2003, "Can't connect")

    monkeypatch.setattr(_evidence, "connect_first", refuse)
    found, steps = collected(datadir=str(tmp_path))
    assert found.down.number == 2003
    assert "files" in steps


# -- the whole ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("log", [{"clones": "x"}, {"clones": [1]}, {"clones": [{}]}, {"events": []}])
def test_a_donor_log_that_is_none_is_told_and_left_out(log):
    steps = _evidence.Steps()
    assert _evidence._donor_log(log, steps) is None
    assert "donor_log is no log" in stepped(steps)["donor log"]


def test_the_result(world):
    world["views"] = [view("failed", source="db9:3306", error={"code": 3862, "message": "no way"})]
    world["findings"] = [
        Finding("recipient.plugin", "t", "configuration", "fail", "no plugin"),
        Finding("recipient.memory", "t", "resource", "warn", "little memory"),
    ]
    world["log"] = {
        **LOG,
        "clones": [{"begin": str(number), "side": "donor", "outcome": "failed"} for number in range(5)],
    }
    donor_log = {"clones": [{"begin": "2026-11-22T20:00:00Z", "side": "donor", "outcome": "completed"}]}
    result = _evidence.run({**PARAMS, "donor_log": donor_log, "name": "db1"})
    assert result["changed"] is False
    assert result["causes"]
    assert result["error"] is None
    assert result["clone"]["state"] == "failed"
    assert [story["begin"] for story in result["log"]["clones"]] == ["2", "3", "4"]
    assert [row["id"] for row in result["failed_checks"]] == ["recipient.plugin"]
    assert [row["id"] for row in result["warned_checks"]] == ["recipient.memory"]
    assert [row["step"] for row in result["steps"]][-2:] == ["donor log", "plan"]
    assert result["lines"]


def test_the_result_of_an_error_alone():
    result = _evidence.run({**PARAMS, "error": "3862"})
    assert result["error"]["number"] == 3862
    assert (result["clone"], result["log"], result["failed_checks"]) == (None, None, [])
