# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which donor comes first."""

from __future__ import annotations

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _pool
from ansible_collections.dbops.mysql_clone.plugins.module_utils._context import Donor
from ansible_collections.dbops.mysql_clone.plugins.module_utils._pool import Look
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import Login


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
    assert _pool.foreign_clones([session(7, "10.0.0.2:3999", "Query"), *others], 7) == expected


def waiting(number, host, seconds, command="clone"):
    return dict(session(number, host, command), Time=seconds)


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([], []),
        ([waiting(8, "10.0.0.2:4000", 60, "Query")], []),
        ([waiting(9, "10.0.0.2:4000", 60), waiting(8, "10.0.0.2:4001", 59, "Clone")], [8, 9]),
        # Another host's, and one that began after ours had ended.
        ([waiting(8, "10.0.0.9:4000", 60)], []),
        ([waiting(8, "10.0.0.2:4000", 10)], []),
    ],
)
def test_leftovers(others, expected):
    assert _pool.leftovers([waiting(7, "10.0.0.2:3999", 0, "Query"), *others], 7, 10.4) == expected


def donor(name, zone=None):
    return Donor(Login(name, 3306), zone)


NORTH1, NORTH2, SOUTH = donor("n1", "north"), donor("n2", "north"), donor("s", "south")
IDLE = Look(True)


@pytest.mark.parametrize(
    ("looks", "zone", "max_lag", "expected"),
    [
        # Alike: as given.
        ([IDLE, IDLE, IDLE], None, None, "n1 n2 s"),
        ([IDLE, IDLE, IDLE], "south", None, "s n1 n2"),
        # One that does not answer comes last, wherever it is.
        ([Look(False), IDLE, IDLE], "north", None, "n2 s n1"),
        ([Look(True, busy=True), IDLE, IDLE], "north", None, "n2 n1 s"),
        # Small differences are none.
        ([Look(True, lag=9.0, replica=True), IDLE, IDLE], "north", None, "n1 n2 s"),
        ([Look(True, lag=30.0, replica=True), IDLE, IDLE], "north", None, "n2 n1 s"),
        ([Look(True, running=3), Look(True, running=1), IDLE], None, None, "n1 n2 s"),
        ([Look(True, running=40), Look(True, running=1), IDLE], None, None, "n2 s n1"),
        # Too late, or standing still.
        ([Look(True, lag=61.0, replica=True), IDLE, IDLE], None, 60, "n2 s"),
        ([Look(True, lag=None, replica=True), IDLE, IDLE], None, 60, "n2 s"),
        ([IDLE, IDLE, Look(True, lag=60.0, replica=True)], None, 60, "n1 n2 s"),
    ],
)
def test_preference(looks, zone, max_lag, expected):
    found = _pool.preference((NORTH1, NORTH2, SOUTH), looks, zone, max_lag)
    assert " ".join(item.login.host for item in found) == expected


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], None),
        ([{"Seconds_Behind_Source": 3}, {"Seconds_Behind_Source": 7}], 7.0),
        ([{"Seconds_Behind_Master": 3}], 3.0),
        ([{"Seconds_Behind_Source": 3}, {"Seconds_Behind_Source": None}], None),
    ],
)
def test_lag_of(rows, expected):
    assert _pool.lag_of(rows) == expected
