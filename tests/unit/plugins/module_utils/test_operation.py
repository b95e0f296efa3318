# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The decisions of a run, without any server."""

from __future__ import annotations

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _operation, _progress
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput

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
        # No row at all: died in DROP DATA of a first clone, or not gone down yet.
        (2013, clone("none", begin=None), True, "failed"),
        (0, clone("none", begin=None), False, "waiting"),
        # Between OK and the shutdown the row has no session; only after a restart that is a corpse.
        (0, clone("failed"), False, "waiting"),
        (2013, clone("failed"), True, "failed"),
    ],
)
def test_ending(number, view, restarted, expected):
    assert _operation.ending(number, view, BEGUN, restarted) == expected


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
    assert tuple(_operation.next_step(retry, failures, 3, DELAYS, donors, left)) == expected


def test_the_last_delay_counts_for_all_that_follow():
    assert _operation.next_step("retry", 7, 9, DELAYS, 1, 1000).delay == 30


def test_jitter_stretches_the_delay():
    assert _operation.next_step("retry", 1, 3, DELAYS, 1, 1000, jitter=0.2).delay == pytest.approx(6)


def test_no_delays_at_all():
    assert tuple(_operation.next_step("retry", 1, 3, (), 1, 1000)) == ("retry", 0.0, True)


@pytest.mark.parametrize("name", ["clone_valid_donor_list", "sql_mode", "clone_x; DROP", "CLONE_BUFFER_SIZE", ""])
def test_settings_that_a_run_must_not_touch(name):
    with pytest.raises(BadInput, match="settings"):
        _operation.checked_settings({name: 1})


def test_settings_take_numbers_written_as_text():
    assert _operation.checked_settings({"clone_buffer_size": "8388608", "clone_enable_compression": True}) == {
        "clone_buffer_size": 8388608,
        "clone_enable_compression": True,
    }


def session(number, host, command):
    return {"Id": number, "User": "cu", "Host": host, "Command": command}


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([], []),
        ([session(8, "10.0.0.9:4000", "Query")], []),
        ([session(8, "10.0.0.9:4000", "clone"), session(9, "10.0.0.9:4001", "Clone")], ["10.0.0.9"]),
        # The recipient's own earlier clone may be taken over.
        ([session(8, "10.0.0.2:4000", "clone")], []),
    ],
)
def test_foreign_clones(others, expected):
    assert _operation.foreign_clones([session(7, "10.0.0.2:3999", "Query"), *others], 7) == expected
