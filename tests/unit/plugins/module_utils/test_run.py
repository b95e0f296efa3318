# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run of clone_run between its caller and the job: whom it joins, what it starts, and what it hands on."""

from __future__ import annotations

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _context, _job, _operation, _run
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import CloneError, ServerError
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import Login
from ansible_collections.dbops.mysql_clone.plugins.modules import clone_run
from ansible_collections.dbops.mysql_clone.tests.unit.plugins.module_utils.scripted import options

BEGUN = "2026-11-23T07:00:00Z"
GOAL = _context.Wanted(
    donors=(_context.Donor(Login("db1", 3306, user="cu")),), logins=(Login(unix_socket="/run/r.sock"),), force=True
)


@pytest.fixture
def job(tmp_path):
    """The job of a run that has made a clone."""
    made = _job.Job(str(tmp_path), "r")
    made.start(
        {"donors": ["db1:3306"]},
        lambda journal: {"changed": True, "clone": {"state": "completed", "begin_time": BEGUN}},
    )
    made.wait(0, 10)
    return made


@pytest.fixture(autouse=True)
def now(monkeypatch):
    """The recipient's newest clone."""
    clone = {"state": "completed", "begin_time": BEGUN}
    monkeypatch.setattr(_operation, "current", lambda logins, link: clone)
    return clone


def test_force_reports_the_clone_that_nobody_heard_of(job):
    assert _run._unheard(GOAL, job)


def test_force_clones_again_when_somebody_did(job):
    job.told()
    assert not _run._unheard(GOAL, job)


def test_a_younger_clone_is_not_the_run_s(job, now):
    now["begin_time"] = "2026-11-23T07:05:00Z"
    assert not _run._unheard(GOAL, job)


def test_nor_is_one_from_another_donor(job):
    other = GOAL._replace(donors=(_context.Donor(Login("db2", 3306, user="cu")),))
    assert not _run._unheard(other, job)


@pytest.mark.parametrize(
    "change", [{"recovery": True}, {"result": None}, {"result": {"changed": False, "clone": {"begin_time": BEGUN}}}]
)
def test_a_run_that_made_no_clone_is_none_to_hear_of(job, monkeypatch, change):
    document = {**job.read(), **change}
    monkeypatch.setattr(job, "untold", lambda: document)
    assert not _run._unheard(GOAL, job)


@pytest.mark.parametrize("trouble", [CloneError("it restarts"), ServerError(2003, "down", "r")])
def test_a_recipient_that_is_away_tells_nothing(job, monkeypatch, trouble):
    def away(logins, link):
        raise trouble

    monkeypatch.setattr(_operation, "current", away)
    assert not _run._unheard(GOAL, job)


# -- from the options to the result ------------------------------------------------------------------------------------

PARAMS = options(
    clone_run.ARGUMENT_SPEC,
    login_unix_socket="/run/r.sock",
    donor_host="db1",
    donor_user="cu",
    donor_password="c",
    retries=0,
    retry_delays=[0],
    timeout=10,
    stall_timeout=10,
    restart_timeout=30,
    poll_interval=0.05,
    wait_seconds=1,
)


class Job:
    """A job as its callers see it; ``document`` is what its journal says once it has run."""

    def __init__(self, document=None, before=None, alive=False, starts=True):
        self.document, self.before, self.is_alive, self.starts = document, before, alive, starts
        self.heads, self.has_told, self.cancelled, self.waited = [], False, False, []

    def alive(self):
        return self.is_alive

    def read(self):
        return self.before

    def untold(self):
        return None

    def start(self, head, work):
        self.heads.append(head)
        return self.starts

    def wait(self, seen, seconds):
        self.waited.append((seen, seconds))
        return self.document

    def told(self):
        self.has_told = True

    def ask_to_cancel(self):
        self.cancelled = True

    def cancel_asked(self):
        return self.cancelled


EVENTS = [{"number": number, "text": str(number)} for number in (1, 2, 3)]
DONE = {
    "finished": True,
    "events": EVENTS,
    "count": 3,
    "failure": None,
    "result": {"changed": True, "reason": "cloned", "clone": {"state": "completed"}},
}


def ran(monkeypatch, job, check_mode=False, **params):
    monkeypatch.setattr(_run._job, "find", lambda logins, directory: job)
    return _run.run({**PARAMS, **params}, check_mode)


@pytest.mark.parametrize("is_heard", [True, False])
def test_a_clone_is_started_and_its_end_handed_on(monkeypatch, is_heard):
    monkeypatch.setattr(_job, "is_heard", lambda: is_heard)
    job = Job(DONE)
    result = ran(monkeypatch, job)
    assert job.heads == [
        {
            "recipient": "/run/r.sock",
            "donors": ["db1:3306"],
            "settings_before": None,
            "donor_settings_before": None,
            "destination": ["replace", None],
            "begun": None,
            "before": None,
            "dropped": None,
            "swap": None,
            "kept": None,
        }
    ]
    assert (result["changed"], result["finished"], result["attached"], result["seen"]) == (True, True, False, 3)
    assert result["events"] == EVENTS
    assert job.has_told is is_heard


def test_one_that_goes_on_is_told_of(monkeypatch):
    running = {"finished": False, "events": EVENTS, "count": 3, "clone": {"state": "in_progress"}}
    result = ran(monkeypatch, Job(running, before={"donors": ["db1:3306"]}, starts=False))
    assert (result["finished"], result["attached"], result["changed"]) == (False, True, True)
    assert result["clone"] == {"state": "in_progress"}
    assert "failed_message" not in result


def test_whoever_has_seen_something_follows_his_own_job(monkeypatch):
    job = Job(DONE, before={"donors": ["db1:3306"]})
    result = ran(monkeypatch, job, seen=2)
    assert not job.heads
    assert job.waited == [(2, 1)]
    assert result["events"] == EVENTS[2:]


def test_what_a_killed_run_left_stands_in_the_new_journal(monkeypatch):
    swap = {"goal": "forward", "new": "/n"}
    job = Job(DONE, before={"finished": False, "settings_before": {"a": 1}, "begun": 5, "swap": swap})
    ran(monkeypatch, job)
    assert (job.heads[0]["settings_before"], job.heads[0]["begun"], job.heads[0]["swap"]) == ({"a": 1}, 5, swap)
    job = Job(DONE, before={"finished": True, "settings_before": {"a": 1}, "swap": swap})
    ran(monkeypatch, job)
    assert job.heads[0]["settings_before"] is None
    assert job.heads[0]["swap"] == swap


def test_a_run_from_another_donor_is_not_joined(monkeypatch):
    with pytest.raises(CloneError, match=r"a run from another donor \(db2:3306\) is under way"):
        ran(monkeypatch, Job(DONE, before={"donors": ["db2:3306"]}, starts=False))


def test_a_failure_is_handed_on_with_all_that_is_known(monkeypatch):
    monkeypatch.setattr(_job, "is_heard", lambda: False)
    failure = {"msg": "no way", "clone": {"state": "failed"}, "events": [], "diagnosis": {"retry": "retry"}}
    result = ran(monkeypatch, Job({**DONE, "failure": failure, "result": None}))
    assert result["failed_message"] == "no way"
    assert result["clone"] == {"state": "failed"}
    assert result["diagnosis"] == {"retry": "retry"}
    # What is empty there says nothing.
    assert result["events"] == EVENTS


class Operation:
    def __init__(self, goal, journal):
        self.checks, self.before = [], {"schemas": ["own"]}

    def plan(self):
        return {"changed": True, "clone": None, "reason": "it would be cloned"}


@pytest.mark.parametrize("overwrite", [True, False])
def test_check_mode_plans(monkeypatch, overwrite):
    monkeypatch.setattr(_operation, "Operation", Operation)
    job = Job()
    result = ran(monkeypatch, job, check_mode=True, overwrite=overwrite)
    assert (result["changed"], result["reason"]) == (True, "it would be cloned")
    assert result["given_up"] == ({"schemas": ["own"]} if overwrite else None)
    assert not job.heads


@pytest.mark.parametrize(
    ("goal", "alive", "is_told"), [("forward", False, True), ("none", False, False), ("back", True, False)]
)
def test_check_mode_tells_of_a_swap_that_would_be_finished(monkeypatch, goal, alive, is_told):
    monkeypatch.setattr(_operation, "Operation", Operation)
    result = ran(monkeypatch, Job(before={"swap": {"goal": goal}}, alive=alive), check_mode=True)
    assert ("swap of data directories" in result["reason"]) is is_told


@pytest.mark.parametrize("state", ["in_progress", "completed"])
def test_check_mode_cancels_nothing(monkeypatch, now, state):
    now["state"] = state
    job = Job(alive=True)
    result = ran(monkeypatch, job, check_mode=True, state="cancelled")
    assert result["changed"] is (state == "in_progress")
    assert not job.cancelled


@pytest.mark.parametrize(
    ("alive", "ended", "reason"),
    [
        (True, False, "the clone was cancelled"),
        (False, True, "the clone was cancelled"),
        (False, False, "no clone was under way"),
    ],
)
def test_a_clone_is_cancelled(monkeypatch, alive, ended, reason):
    monkeypatch.setattr(_operation, "cancel", lambda logins, link, seconds, patient: (ended, {"state": "failed"}))
    job = Job({"finished": True, "failure": {"msg": "cancelled"}}, alive=alive)
    result = ran(monkeypatch, job, state="cancelled")
    assert (result["changed"], result["reason"]) == (alive or ended, reason)
    assert job.cancelled is alive
    assert bool(job.waited) is alive


def test_a_run_that_ended_before_it_was_cancelled_is_told_as_what_it_is(monkeypatch):
    monkeypatch.setattr(_operation, "cancel", lambda logins, link, seconds, patient: (False, {"state": "completed"}))
    result = ran(monkeypatch, Job(DONE, alive=True), state="cancelled")
    assert result["changed"] is False
    assert "before it could be cancelled" in result["reason"]
    assert result["clone"] == DONE["result"]["clone"]


def test_one_that_does_not_end_is_an_error(monkeypatch):
    monkeypatch.setattr(_operation, "cancel", lambda logins, link, seconds, patient: (True, {"state": "failed"}))
    with pytest.raises(CloneError, match="still at work after 60 seconds: 3"):
        ran(monkeypatch, Job({"finished": False, "events": EVENTS}, alive=True), state="cancelled")


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ({"finished": False, "begun": 5, "dropped": True}, {"finished": False, "begun": 5, "dropped": True}),
        ({"finished": True, "result": {}, "begun": 5, "ended": 1e12}, {}),
        ({"finished": True, "failure": {"msg": "m"}, "begun": 5, "ended": 1e12}, {"begun": 5}),
        ({"finished": True, "failure": {"msg": "m"}, "begun": 5, "ended": 5}, {}),
    ],
)
def test_what_the_last_run_leaves(last, expected):
    assert _run._left(last) == expected


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"donors": ["db9:3306"], "destination": ["replace", None]}, r"another donor \(db9:3306\)"),
        ({"donors": ["db1:3306"], "destination": ["replace", "/d"]}, "another place .*data_directory=/d"),
        ({"donors": ["db1:3306"], "destination": ["side_by_side", None]}, "method=side_by_side"),
        ({"donors": ["db1:3306"], "destination": ["replace", None]}, None),
        ({"donors": ["db1:3306"]}, None),
    ],
)
def test_only_a_run_with_the_same_goal_is_joined(document, words):
    if words is None:
        _run._same_goal(GOAL, document)
    else:
        with pytest.raises(CloneError, match=words):
            _run._same_goal(GOAL, document)


def test_nobody_hears_of_a_plan():
    silent = _run.Silent()
    silent.event("x")
    silent.observe({})
    silent.keep(a=1)
    assert silent.document == {}
