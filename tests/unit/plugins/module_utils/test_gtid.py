# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import random

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _gtid as gtid
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput

A = "3e11fa47-71ca-11e1-9e33-c80aa9429562"
B = "4f22fa47-71ca-11e1-9e33-c80aa9429562"


@pytest.mark.parametrize("empty", [None, "", " \n", ",", f"{A}:5-3"])
def test_nothing_is_the_empty_set(empty):
    assert gtid.parse(empty) == {}


@pytest.mark.parametrize(
    ("given", "written"),
    [
        (f"{A}:1-5", f"{A}:1-5"),
        (f"{A}:1-3:4-5", f"{A}:1-5"),
        (f"{A}:7:1-3:2-4", f"{A}:1-4:7"),
        (f" {B}:1 ,\n{A}:1-2", f"{A}:1-2,{B}:1"),
        (f"{A}:1,{A}:2", f"{A}:1-2"),
        (A.upper() + ":1", A + ":1"),
        (A.replace("-", "") + ":1", A + ":1"),
        (f"{A}:Dom_1:1-3:5", f"{A}:dom_1:1-3:5"),
        (f"{A}:1-2:b:4:a:1-3", f"{A}:1-2:a:1-3:b:4"),
        (f"{A}:a:1,{A}:2", f"{A}:2:a:1"),
    ],
)
def test_is_written_as_the_server_writes_it(given, written):
    assert gtid.text(gtid.parse(given)) == written


@pytest.mark.parametrize(
    "wrong",
    ["nonsense", "1-5", A + ":x-y", A + ":0", A + ":1-9223372036854775807", A + ":1tag:1", "mysql-bin.000001:4"],
)
def test_refuses_what_is_no_set(wrong):
    with pytest.raises(BadInput, match="is no GTID set"):
        gtid.parse(wrong)


@pytest.mark.parametrize(
    ("left", "right", "rest"),
    [
        (A + ":1-10", A + ":3-4:8", A + ":1-2:5-7:9-10"),
        (A + ":1-10", A + ":1-10", ""),
        (A + ":5-10", A + ":1-5:10-20", A + ":6-9"),
        (A + ":1-3", B + ":1-3", A + ":1-3"),
        (A + ":1-3:tag:1-3", A + ":1-3", A + ":tag:1-3"),
        ("", A + ":1", ""),
    ],
)
def test_subtract(left, right, rest):
    left, right = gtid.parse(left), gtid.parse(right)
    assert gtid.text(gtid.subtract(left, right)) == rest
    assert gtid.contains(right, left) is (rest == "")


def test_counts_and_names_the_servers():
    gtids = gtid.parse(f"{A}:1-5:tag:1-2,{B}:9")
    assert gtid.count(gtids) == 8
    assert gtid.uuids(gtids) == {A, B}
    assert gtid.text(gtid.of_uuid(gtids, A.upper())) == f"{A}:1-5:tag:1-2"


def test_agrees_with_sets_of_single_transactions():
    chance = random.Random(5)
    for _round in range(200):
        numbers = [{n for n in range(1, 30) if chance.random() < 0.4} for _side in range(2)]
        left, right = (gtid.parse(",".join(f"{A}:{n}" for n in some)) for some in numbers)
        single = [
            {n for first, last in gtids.get(A, ()) for n in range(first, last + 1)}
            for gtids in (gtid.subtract(left, right), gtid.union(left, right))
        ]
        assert single == [numbers[0] - numbers[1], numbers[0] | numbers[1]]
