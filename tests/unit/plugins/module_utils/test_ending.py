# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a clone ended and what follows, without any server."""

from __future__ import annotations

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _ending, _progress

BEGUN = "2026-11-22T19:43:30.900000Z"
BEFORE = "2026-11-22T19:43:30.899000Z"
AFTER = "2026-11-22T19:43:30.963000Z"


def clone(state, begin=AFTER, end=None):
    return dict(_progress.NONE, state=state, begin_time=begin, end_time=end)


@pytest.mark.parametrize(
    ("number", "view", "restarted", "expected"),
    [
        # The server can't be asked: it is restarting, or somebody must start it (3707).
        (0, None, False, "waiting"),
        (3707, None, False, "waiting"),
        (2013, None, False, "waiting"),
        # Whatever the client saw, the row of this clone decides.
        (0, clone("completed"), True, "completed"),
        (2013, clone("completed"), True, "completed"),
        (3707, clone("completed"), True, "completed"),
        (2013, clone("in_progress"), False, "running"),
        (2013, clone("failed", end=AFTER), False, "failed"),
        # A row older than the statement is another clone's.
        (0, clone("completed", begin=BEFORE), False, "waiting"),
        (2013, clone("completed", begin=BEFORE), True, "failed"),
        (2013, clone("failed", begin=BEFORE, end=AFTER), False, "waiting"),
        (2013, clone("in_progress", begin=BEFORE), False, "waiting"),
        # No row at all: died in DROP DATA of a first clone, or not gone down yet.
        (2013, clone("none", begin=None), True, "failed"),
        (0, clone("none", begin=None), False, "waiting"),
        # Between OK and the shutdown the row has no session; only after a restart that is a corpse.
        (0, clone("failed"), False, "waiting"),
        (2013, clone("failed"), True, "failed"),
    ],
)
def test_ending(number, view, restarted, expected):
    assert _ending.ending(number, view, BEGUN, restarted) == expected


DELAYS = (5.0, 10.0, 30.0)


@pytest.mark.parametrize(
    ("retry", "failures", "donors", "left", "expected"),
    [
        ("retry", 1, 1, 1000, ("retry", 5.0, True)),
        ("retry", 2, 1, 1000, ("retry", 10.0, True)),
        ("retry", 3, 1, 1000, ("retry", 30.0, True)),
        ("retry", 4, 1, 1000, ("stop", 0, True)),
        ("retry", 1, 1, 4, ("stop", 0, True)),
        ("retry", 1, 1, 0, ("stop", 0, True)),
        # A delay that takes all that is left leaves nothing for an attempt.
        ("retry", 1, 1, 5.0, ("stop", 0, True)),
        ("retry", 1, 1, 5.5, ("retry", 5.0, True)),
        ("never", 1, 1, 1000, ("stop", 0, True)),
        ("repair_first", 1, 1, 1000, ("stop", 0, True)),
        # A pool goes on with its next donor at once, and rests when all have been tried.
        ("next_donor", 1, 2, 1000, ("next_donor", 0, True)),
        ("retry", 1, 2, 1000, ("next_donor", 0, True)),
        ("next_donor", 2, 2, 1000, ("next_donor", 10.0, True)),
        ("next_donor", 1, 1, 1000, ("retry", 5.0, True)),
        # A busy donor costs no attempt, only time.
        ("wait_slot", 0, 1, 1000, ("wait_slot", 2.0, False)),
        ("wait_slot", 9, 1, 1000, ("wait_slot", 2.0, False)),
        ("wait_slot", 0, 1, 1, ("wait_slot", 1, False)),
        ("wait_slot", 0, 1, 0, ("stop", 0, False)),
    ],
)
def test_next_step(retry, failures, donors, left, expected):
    assert tuple(_ending.next_step(retry, failures, 3, DELAYS, donors, left)) == expected


def test_the_last_delay_counts_for_all_that_follow():
    assert _ending.next_step("retry", 7, 9, DELAYS, 1, 1000).delay == 30


def test_jitter_stretches_the_delay():
    assert _ending.next_step("retry", 1, 3, DELAYS, 1, 1000, jitter=0.2).delay == pytest.approx(6)


def test_no_delays_at_all():
    assert tuple(_ending.next_step("retry", 1, 3, (), 1, 1000)) == ("retry", 0.0, True)


@pytest.mark.parametrize(
    ("waited", "silent", "limit", "fixed", "expected"),
    [
        (599, 599, 600, False, False),
        # The own estimate is stretched while recovery tells that it goes on, but not for ever.
        (601, 5, 600, False, False),
        (601, 121, 600, False, True),
        (3601, 5, 600, False, True),
        (600, 600, 600, True, False),
        (601, 120, 600, False, False),
        (3600, 5, 600, False, False),
        # What was asked for is a limit.
        (601, 5, 600, True, True),
    ],
)
def test_is_over(waited, silent, limit, fixed, expected):
    assert _ending.is_over(waited, silent, limit, fixed) == expected


def test_a_log_that_grows_is_a_sign_of_life(tmp_path):
    now = [0.0]
    path = tmp_path / "error.log"
    path.write_text("a")
    log = _ending.Log(str(path), lambda: now[0])
    now[0] = 10.0
    assert log.silent() == 10
    path.write_text("ab")
    assert log.silent() == 0
    now[0] = 13.0
    assert log.silent() == 3


def test_a_log_that_appears_is_one_too(tmp_path):
    now = [0.0]
    path = tmp_path / "error.log"
    log = _ending.Log(str(path), lambda: now[0])
    now[0] = 10.0
    assert log.silent() == 10
    path.write_text("")
    assert log.silent() == 0


def test_without_a_log_there_is_only_silence():
    now = [0.0]
    log = _ending.Log(None, lambda: now[0])
    now[0] = 7.0
    assert log.silent() == 7


@pytest.mark.parametrize(
    ("text", "expected"), [("2 1\n1700 1800\n", True), ("1 1\n", False), ("3 1\n", False), ("", False)]
)
def test_the_servers_own_record_on_disk(tmp_path, text, expected):
    (tmp_path / "#clone").mkdir()
    (tmp_path / "#clone/#view_status").write_text(text)
    assert _ending.files_say_completed(str(tmp_path)) == expected


def test_a_record_on_disk_that_is_no_text(tmp_path):
    (tmp_path / "#clone").mkdir()
    (tmp_path / "#clone/#view_status").write_bytes(b"2 \xff\xfe")
    assert _ending.files_say_completed(str(tmp_path)) is True


def test_no_record_on_disk_says_nothing(tmp_path):
    assert _ending.files_say_completed(str(tmp_path)) is False
