# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The monitor's decisions on plain data, and what it makes of a server's answers."""

from __future__ import annotations

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _errorlog, _host, _monitor, _progress
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput, CloneError
from ansible_collections.dbops.mysql_clone.plugins.modules import clone_monitor
from ansible_collections.dbops.mysql_clone.tests.unit.plugins.module_utils.scripted import (
    Scripted,
    answered,
    error,
    options,
)

GIB = 1 << 30


def measured(**values):
    return {
        **_monitor._empty(1_790_000_000.0),
        "up": True,
        "version": "9.7.0",
        "uptime": 4000,
        "disk": {"used_ratio": 0.5, "free": 8 * GIB, "path": "/data", "file_systems": []},
        "memory": {"used_ratio": 0.5, "available": 4 * GIB},
        "connections": {"used_ratio": 0.1, "current": 15, "maximum": 150, "highest": 20},
        "log": {"errors": 0, "newest": []},
        **values,
    }


def clone(state="in_progress", **values):
    return {**_progress.NONE, "state": state, "begin_time": "2026-11-23T01:00:00Z", "stage": "FILE COPY", **values}


def judged(document, side="recipient", **thresholds):
    return {one.id: one for one in _monitor.findings(document, side, _monitor.limits(thresholds))}


def statuses(document, side="recipient", **thresholds):
    return {name: one.status for name, one in judged(document, side, **thresholds).items() if one.status != "ok"}


def test_a_healthy_server_is_in_order():
    assert statuses(measured()) == {}
    assert statuses(measured(), "donor") == {}


@pytest.mark.parametrize(
    ("name", "share", "status"),
    [
        ("disk", 0.85, None),
        ("disk", 0.8501, "fail"),
        ("memory", 0.9, None),
        ("memory", 0.91, "warn"),
        ("connections", 0.8, None),
        ("connections", 0.81, "warn"),
    ],
)
def test_a_share_is_alarming_beyond_its_threshold(name, share, status):
    document = measured()
    document[name] = {**document[name], "used_ratio": share}
    assert statuses(document) == ({f"recipient.{name}_used": status} if status else {})


def test_a_threshold_can_be_set():
    assert statuses(measured(), disk=40) == {"recipient.disk_used": "fail"}
    assert judged(measured(), disk=40)["recipient.disk_used"].expected == 40


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"disc": 1}, "thresholds has 'disc'"),
        ({"disk": "much"}, "thresholds.disk is 'much'"),
        ({"disk": -1}, "thresholds.disk is '-1'"),
        ({"disk": float("nan")}, "thresholds.disk is 'nan'"),
        ({"disk": True}, "thresholds.disk is 'True'"),
    ],
)
def test_a_threshold_that_is_none_is_refused(wanted, words):
    with pytest.raises(BadInput, match=words):
        _monitor.limits(wanted)


def test_a_clone_that_failed_is_alarming_until_one_succeeds():
    failed = measured(clone=clone("failed", error={"code": 3862, "message": "Clone Donor Error"}))
    assert statuses(failed) == {"recipient.clone_failed": "fail"}
    assert statuses(failed, "donor") == {}
    assert statuses(measured(clone=clone("completed"))) == {}


def test_a_clone_stands_still_from_look_to_look():
    still = clone(bytes_done=5, bytes_total=10)
    first, marks = _monitor.progress(still, {}, 1000.0)
    assert first["stalled_seconds"] == 0
    second, marks = _monitor.progress(still, marks, 1200.0)
    assert second["stalled_seconds"] == 200
    third, _marks = _monitor.progress(still, marks, 1300.0)
    assert statuses(measured(clone=second)) == {}
    assert statuses(measured(clone=third)) == {"recipient.clone_stalled": "warn"}
    moved, marks = _monitor.progress({**still, "bytes_done": 6}, marks, 1300.0)
    assert (moved["stalled_seconds"], marks["since"]) == (0, 1300.0)


def test_a_clone_that_is_over_does_not_stand_still():
    done = clone("completed")
    _first, marks = _monitor.progress(done, {}, 0.0)
    assert _monitor.progress(done, marks, 9000.0)[0]["stalled_seconds"] == 0


def test_marks_of_another_hand_do_no_harm():
    assert _monitor.progress(clone(), {"mark": "x", "since": "y"}, 5.0)[0]["stalled_seconds"] == 0
    assert _monitor._cursor({"log": "no cursor"}) is None


def test_new_errors_in_the_log_are_alarming():
    log = {"errors": 2, "newest": [{"time": "", "code": "MY-010584", "message": "No space left on device"}]}
    assert statuses(measured(log=log)) == {"recipient.log_errors": "warn"}
    assert "No space left" in judged(measured(log=log))["recipient.log_errors"].message
    assert statuses(measured(log=log), log_errors=3) == {}
    assert statuses(measured(), log_errors=0) == {}, "no errors must not alarm"


def test_a_server_that_does_not_answer_is_a_finding():
    document = _monitor._empty(0.0)
    document.update(why="db2: Can't connect (error 2003)", why_category="state")
    document["absent"] = dict.fromkeys(("disk", "memory", "connections", "log"), "the server doesn't answer")
    assert statuses(document) == {
        "recipient.server": "fail",
        "recipient.disk_used": "skipped",
        "recipient.memory_used": "skipped",
        "recipient.connections_used": "skipped",
        "recipient.clone_failed": "skipped",
        "recipient.clone_stalled": "skipped",
        "recipient.log_errors": "skipped",
    }


def test_room_is_counted_as_df_does():
    place = {"path": "/data", "device": 1, "free": 10, "free_root": 20, "total": 100, "inodes": 5}
    found = _monitor.disk({"data": place, "binlog": {**place, "path": "/log", "free": 70, "free_root": 75}})
    assert (found["name"], found["used_ratio"]) == ("data", round(80 / 90, 4))
    assert [one["name"] for one in found["file_systems"]] == ["data", "binlog"]
    assert _monitor.disk({}) is None


def test_the_nearer_limit_of_memory_counts():
    machine = {"memory_total": 100, "memory_available": 60, "memory_limit": 50}
    assert _monitor.memory(machine, 45)["used_ratio"] == 0.9
    assert _monitor.memory({**machine, "memory_limit": None}, 45)["used_ratio"] == 0.4
    assert _monitor.memory({**machine, "memory_total": None}, 45) is None


# -- looking -----------------------------------------------------------------------------------------------------------

PARAMS = options(clone_monitor.ARGUMENT_SPEC, side="recipient", log_since=None)
LINE = (
    "2026-11-23T01:00:00.000000Z 0 [ERROR] [MY-012592] [InnoDB] Operating system error number 28 in a file operation.\n"
)
ANSWERS = {
    "SHOW GLOBAL VARIABLES": [
        {"Variable_name": name, "Value": value}
        for name, value in (("version", "9.7.4"), ("max_connections", "150"), ("datadir", "/data/"))
    ],
    "SHOW GLOBAL STATUS": [
        {"Variable_name": name, "Value": value} for name, value in (("Uptime", "77"), ("Threads_connected", "15"))
    ],
    "AS alive": [{"alive": 1}],
    "performance_schema.clone_status": [],
    "performance_schema.clone_progress": [],
    "AS now": [{"now": "2026-11-23T01:00:00"}],
}
MACHINE = {
    "pid": 1,
    "memory_total": 100,
    "memory_available": 60,
    "memory_limit": None,
    "file_systems": {"data": {"path": "/data", "free": 10, "free_root": 20, "total": 100}},
}


@pytest.fixture
def server(monkeypatch, tmp_path):
    """The server and its machine; what the tests change is its answers, its log and the machine."""
    log = tmp_path / "error.log"
    log.write_text(LINE)
    made = Scripted(dict(ANSWERS))
    made.log = log
    made.machine = dict(MACHINE)
    made.place = _errorlog.Place(str(log), "log_error", (str(log),))

    def connect(logins):
        answered(made.refuses)
        return made

    made.refuses = None
    monkeypatch.setattr(_monitor, "connect_first", connect)
    monkeypatch.setattr(_host, "host_facts", lambda variables: made.machine)
    monkeypatch.setattr(_errorlog, "place_of", lambda server: made.place)
    return made


def looked(**params):
    return _monitor.run({**PARAMS, **params})


def test_a_server_is_measured(server):
    result = looked()
    found = result["measured"]
    assert (found["up"], found["version"], found["uptime"]) == (True, "9.7.4", 77)
    assert found["connections"]["used_ratio"] == 0.1
    assert found["disk"]["name"] == "data"
    assert found["memory"]["used_ratio"] == 0.4
    assert found["memory"]["resident"] > 0
    assert found["clone"]["state"] == "none"
    assert found["log"]["errors"] == 1
    assert found["absent"] == {}
    assert not result["changed"]
    # The next look reads on where this one has ended.
    again = looked(marks=result["marks"])
    assert again["measured"]["log"]["errors"] == 0
    with server.log.open("a") as file:
        file.write(LINE.replace("01:00:00", "01:00:01") * 2)
    assert looked(marks=again["marks"])["measured"]["log"]["errors"] == 2


def test_the_first_look_reads_only_the_end_of_a_log(server, monkeypatch):
    server.log.write_text(LINE * 10)
    monkeypatch.setattr(_monitor, "FIRST_LOOK", len(LINE) + 5)
    assert looked()["measured"]["log"]["errors"] == 1


def test_without_the_plugin_there_is_no_clone(server):
    server.answers["performance_schema.clone_status"] = error(1146)
    assert looked()["measured"]["absent"] == {}
    server.answers["performance_schema.clone_status"] = error(1142, "denied")
    assert "denied" in looked()["measured"]["absent"]["clone"]


def test_what_every_account_may_ask_must_be_answered(server):
    server.answers["SHOW GLOBAL VARIABLES"] = error(2013, "lost")
    result = looked()
    assert not result["measured"]["up"]
    assert "lost" in result["measured"]["why"]


def test_a_machine_that_is_not_this_one_is_not_measured(server):
    server.machine = {"reason": "not on this host"}
    assert looked()["measured"]["absent"] == {"disk": "not on this host", "memory": "not on this host"}


def test_a_log_that_cannot_be_read(server):
    server.log.unlink()
    assert "error.log" in looked()["measured"]["absent"]["log"]


def test_a_log_elsewhere_is_asked_of_the_server(server, monkeypatch):
    server.place = _errorlog.Place(None, "elsewhere", ())
    row = {"severity": "error", "about_clone": True, "time": "t", "code": "c", "message": "m" * 999}
    table = {
        "events": [row],
        "summary": {"by_severity": {"error": 1}},
        "keywords": {"disk": {"count": 2}},
        "cursor": "x",
    }
    monkeypatch.setattr(_errorlog, "read_table", lambda server, wanted, cursor: table)
    log = looked()["measured"]["log"]
    assert (log["errors"], log["about_clone"], log["keywords"]) == (1, 1, {"disk": 2})
    assert len(log["newest"][0]["message"]) == _monitor.LONGEST_MESSAGE


@pytest.mark.parametrize(("number", "category"), [(2003, "state"), (1045, "privilege"), (1040, "network")])
def test_a_server_that_is_away(server, number, category, tmp_path):
    server.refuses = error(number, "no way")
    result = looked()
    found = result["measured"]
    assert (found["up"], found["why_category"]) == (False, category)
    assert "no datadir was given" in found["absent"]["disk"]
    assert "no path was given" in found["absent"]["log"]
    result = looked(datadir=str(tmp_path), path=str(server.log))
    assert result["measured"]["disk"]["total"] > 0
    assert result["measured"]["log"]["errors"] == 1
    assert looked(path=str(tmp_path / "none"))["measured"]["absent"]["log"]


def test_a_process_that_is_gone_holds_no_memory():
    assert _monitor._resident(2**30) is None


def test_what_is_missing_is_no_foreseen_failure(server):
    server.refuses = CloneError("PyMySQL is missing")
    with pytest.raises(CloneError, match="PyMySQL"):
        looked()
