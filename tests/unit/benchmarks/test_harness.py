# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmarks' own arithmetic: what they measure of processes, and what they make of rounds."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "benchmarks"))

import harness

BUSY = "import time; end = time.process_time() + {seconds}\nwhile time.process_time() < end: pass"


def busy(seconds):
    return f'{sys.executable} -c "{BUSY.format(seconds=seconds)}"'


def rounds(*pairs):
    return [{"base": {"wall": base}, "other": {"wall": other, "rss": 5}} for base, other in pairs]


def test_the_ratio_is_the_median_of_the_rounds_and_not_that_of_medians():
    # The machine was slow in the second round, for both.
    found = harness.summary(rounds((1, 2), (10, 30), (4, 4)), "base")

    assert found["other"]["wall"] == {"median": 4, "min": 2, "max": 30, "rounds": 3, "ratio": 2}
    assert found["base"]["wall"]["ratio"] == 1


def test_what_each_further_one_costs_is_without_what_is_done_once():
    few = [{"base": {"wall": 3.0, "cpu": 1.0}, "slow": {"wall": 9.0, "cpu": 9.0}}]
    many = [{"base": {"wall": 7.0, "cpu": 5.0, "rss": 1}, "other": {"wall": 1.0, "cpu": 1.0}}]

    assert harness.further(few, many, 4) == [{"base": {"wall": 1.0, "cpu": 1.0}}]


def test_what_the_base_lacks_or_has_none_of_is_compared_with_nothing():
    assert "ratio" not in harness.summary(rounds((1, 2)), "base")["other"]["rss"]
    assert "ratio" not in harness.summary(rounds((0, 2)), "base")["other"]["wall"]


def test_rounds_without_a_candidate_do_not_count():
    some = [*rounds((1, 2)), {"base": {"wall": 100}}]

    assert harness.summary(some, "base")["other"]["wall"] == {
        "median": 2,
        "min": 2,
        "max": 2,
        "rounds": 1,
        "ratio": 2,
    }


def test_a_table_shows_spread_ratio_and_unit():
    text = harness.table("fleet", harness.summary([{"a": {"wall": 2.0, "rss": 3 << 20}}], "a"), "a")

    assert "wall s" in text
    assert "rss MiB" in text
    assert "2.00 [2.00-2.00]" in text
    assert "3.00 [3.00-3.00]" in text
    assert "of 1 round;" in text


def test_the_cpu_of_children_and_orphans_counts():
    orphan = f"({busy(0.3)} &) ; {busy(0.2)}"

    figures, _output = harness.measure(["sh", "-c", orphan])

    assert figures["cpu"] >= 0.5


def test_the_peak_is_that_of_the_command_and_not_of_who_measures():
    ballast = bytearray(200 << 20)

    figures, _output = harness.measure(["true"])

    assert len(ballast) > figures["rss"] > 0


def test_a_command_that_fails_raises_with_its_output():
    with pytest.raises(harness.Failed, match="went wrong"):
        harness.measure(["sh", "-c", "echo it went wrong; exit 3"])
