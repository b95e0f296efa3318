# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for a clone, with a clock that nobody has to wait for."""

from __future__ import annotations

import re

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _progress, _status
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput, CloneError, ServerError


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


class Server:
    """A server whose clone_status reads as the test says."""

    label = "db2:3306"

    class login:
        user = "watcher"

    def __init__(self, row, error=None):
        self.row = row
        self.error = error

    def query_many(self, statements):
        if self.error:
            return dict.fromkeys(statements, self.error)
        return {
            "status": [self.row] if self.row else [],
            "progress": [],
            "session": [{"alive": 1}],
            "now": [{"now": None}],
        }

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        pass


def row(state, number=0):
    return {
        "PID": 7,
        "STATE": state,
        "BEGIN_TIME": "2026-11-22T19:43:30Z",
        "END_TIME": None if state == "In Progress" else "2026-11-22T19:43:31Z",
        "SOURCE": "db1:3306",
        "DESTINATION": "LOCAL INSTANCE",
        "ERROR_NO": number,
        "ERROR_MESSAGE": "broken" if number else "",
        "BINLOG_FILE": "",
        "BINLOG_POSITION": 0,
        "GTID_EXECUTED": "",
    }


def look(answers, goal=None, timeout=10, stall=0):
    clock = Clock()
    sequence = iter(answers)
    last = []

    def connect():
        last[:] = [next(sequence, *last)] if last else [next(sequence)]
        if isinstance(last[0], Exception):
            raise last[0]
        return last[0]

    return _status.wait(connect, _status.Wait(goal, timeout, 1, stall), "db2", clock, clock.sleep), clock.now


DOWN = ServerError(2003, "refused", "db2", "connect")
DENIED = ServerError(1045, "denied", "db2", "connect")


def test_once():
    result, seconds = look([Server(row("In Progress"))])
    assert (result["clone"]["state"], result["changed"], seconds) == ("in_progress", False, 0)


def test_without_the_plugin_there_is_no_clone():
    assert look([Server(None, ServerError(1146, "no table", "db2"))])[0]["clone"] == _progress.NONE


def test_a_login_that_may_not_look_is_told_what_to_grant():
    with pytest.raises(CloneError, match=r"GRANT SELECT ON performance_schema.*"):
        look([Server(None, ServerError(1142, "denied", "db2"))])


@pytest.mark.parametrize("number", [2006, 2013, 1053])
def test_a_look_that_the_restart_breaks_off_is_made_anew(number):
    lost = Server(None, ServerError(number, "gone", "db2:3306"))
    found, _seconds = look([Server(row("In Progress")), lost, Server(row("Completed"))], "completed")
    assert found["clone"]["state"] == "completed"
    with pytest.raises(ServerError):
        look([lost])


def test_another_error_is_not_hidden():
    with pytest.raises(ServerError):
        look([Server(None, ServerError(1040, "full", "db2"))])


def test_completed_after_the_restart():
    result, seconds = look([Server(row("In Progress")), DOWN, DOWN, Server(row("Completed"))], "completed")
    assert ("failed_message" in result, seconds) == (False, 3)


@pytest.mark.parametrize(
    ("answer", "words"),
    [(Server(None), "no clone"), (Server(row("Failed", 3862)), "broken .error 3862.")],
)
def test_what_never_completes_fails_at_once(answer, words):
    result, seconds = look([answer], "completed")
    assert seconds == 0
    assert result["failed_message"].startswith("db2: ")
    assert re.search(words, result["failed_message"])


@pytest.mark.parametrize("state", ["Failed", "Completed"])
def test_idle_doesnt_mind_how_it_ended(state):
    assert "failed_message" not in look([Server(row("In Progress")), Server(row(state))], "idle")[0]


def test_the_time_is_over():
    result, seconds = look([Server(row("In Progress"))], "idle", timeout=3)
    assert "still under way" in result["failed_message"]
    assert seconds == 3


def test_a_stalled_clone_fails():
    result, _seconds = look([Server(row("In Progress"))], "idle", timeout=60, stall=5)
    assert "no progress" in result["failed_message"]


def test_denied_is_not_waited_out():
    with pytest.raises(ServerError):
        look([Server(row("In Progress")), DENIED], "completed")


def test_nobody_there_and_nothing_to_wait_for():
    with pytest.raises(ServerError):
        look([DOWN])


def test_down_for_too_long():
    with pytest.raises(ServerError):
        look([DOWN], "idle", timeout=3)


def test_bad_interval():
    with pytest.raises(BadInput, match="poll_interval"):
        _status.wait(lambda: None, _status.Wait(None, 1, 0, 0), "db2", Clock(), lambda seconds: None)
