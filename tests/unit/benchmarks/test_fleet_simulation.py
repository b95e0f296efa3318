# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether seven recipients take three rounds where the hosts are only looked at now and then."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "benchmarks"))

import fleet_simulation


@pytest.mark.parametrize("case", fleet_simulation.WATCHED)
def test_seven_recipients_take_three_rounds(case):
    assert fleet_simulation.watched(*case)["to_sequence"] <= 0.455


def test_long_copies_are_seldom_looked_at():
    assert fleet_simulation.watched(600, 5, 0)["passes"] < 80
