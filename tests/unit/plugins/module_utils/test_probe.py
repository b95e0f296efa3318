# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measurements of link and disk: what they ask for, when they end, and what they make of it."""

from __future__ import annotations

import re

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _probe

MIB = 1 << 20


class Clock:
    """Goes on by itself: so many seconds a look."""

    def __init__(self, step):
        self.step, self.now = step, 0.0

    def perf_counter(self):
        self.now += self.step
        return self.now


class Donor:
    """Sends as many bytes as it is asked for, at once."""

    def __init__(self, answers=None):
        self.statements, self.answers = [], answers

    def value(self, statement):
        self.statements.append(statement)
        if self.answers is not None:
            return self.answers
        inner, outer = re.search(r"REPEAT\(REPEAT\('x', (\d+)\), (\d+)\)", statement).groups()
        return "x" * int(inner) * int(outer)


@pytest.fixture
def clock(monkeypatch):
    clock = Clock(0.25)
    monkeypatch.setattr(_probe, "time", clock)
    return clock


@pytest.fixture
def counters(monkeypatch):
    given = iter([{"segments": 100, "out_of_order": 7}, {"segments": 350, "out_of_order": 9}])
    monkeypatch.setattr(_probe, "_counters", lambda: next(given))


@pytest.mark.usefixtures("counters")
def test_a_slow_link_is_measured_for_a_second(clock):
    donor = Donor()
    found = _probe.link(donor, 64 * MIB)
    assert len(donor.statements) == 4
    assert found == {"link_rate": 16 * MIB, "link_bytes": 16 * MIB, "segments": 250, "out_of_order": 2}
    assert "MAX_EXECUTION_TIME(10000)" in donor.statements[0]


@pytest.mark.usefixtures("counters")
def test_a_fast_link_is_measured_by_so_many_bytes(clock):
    clock.step = 1e-6
    donor = Donor()
    assert _probe.link(donor, 64 * MIB)["link_bytes"] == 256 * MIB
    assert len(donor.statements) == 64


@pytest.mark.usefixtures("counters")
def test_an_answer_fits_into_a_packet(clock):
    donor = Donor()
    found = _probe.link(donor, 2 * MIB)
    assert found["link_bytes"] == 4 * MIB
    assert "REPEAT(REPEAT('x', 4096), 256)" in donor.statements[0]


@pytest.mark.usefixtures("counters")
def test_a_donor_that_answers_nothing_ends_the_measurement_in_time(clock):
    assert _probe.link(Donor(answers=()), 2 * MIB)["link_rate"] == 0


def test_a_disk_is_measured_for_half_a_second_and_left_clean(clock, tmp_path):
    found = _probe.disk(str(tmp_path), 1 << 40)
    # The look after 0.25 s lets a block be written, that after 0.5 s none, and the last one after 0.75 s is what counts.
    assert found["disk_bytes"] == 4 * MIB
    assert found["disk_rate"] == int(4 * MIB / 0.75)
    assert not list(tmp_path.iterdir())


def test_a_measurement_takes_only_a_part_of_the_room(clock, tmp_path):
    clock.step = 1e-9
    assert _probe.disk(str(tmp_path), 20 * 6 * MIB)["disk_bytes"] == 8 * MIB
    assert _probe.disk(str(tmp_path), 19) == {}


def test_a_directory_that_is_none_is_an_error(tmp_path):
    with pytest.raises(OSError, match="no-such"):
        _probe.disk(str(tmp_path / "no-such"), 1 << 40)


def test_this_hosts_own_counters_are_read():
    found = _probe._counters()
    assert sorted(found) == ["out_of_order", "segments"]
    assert all(isinstance(value, int) and value >= 0 for value in found.values())
