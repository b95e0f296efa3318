# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Chinese page says what the README says: the same contents, variables and thresholds, and links that lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _monitor

ROOT = Path(__file__).resolve().parents[3]
ENGLISH = (ROOT / "README.md").read_text(encoding="utf-8")
CHINESE = (ROOT / "docs/README.zh-CN.md").read_text(encoding="utf-8")
VARIABLE = re.compile(r"\bmysql_clone_[a-z_]*[a-z]\b")


def listed(page: str, heading: str) -> list[str]:
    """The names in the first column of the table under that heading cell."""
    table = re.search(rf"^\| {heading} \|[^\n]*\n\|[-|]+\|\n((?:\|.*\n)+)", page, re.M)
    return re.findall(r"^\| `([a-z_]+)` \|", table[1], re.M) if table else []


@pytest.mark.parametrize(("english", "chinese"), [("module", "模块"), ("role", "角色"), ("playbook", "playbook")])
def test_both_pages_list_the_same(english, chinese):
    assert listed(ENGLISH, english)
    assert sorted(listed(CHINESE, chinese)) == sorted(listed(ENGLISH, english))


def test_no_variable_is_invented():
    assert set(VARIABLE.findall(CHINESE)) <= set(VARIABLE.findall(ENGLISH))


def test_links_lead_somewhere():
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)]+)\)", CHINESE) if "://" not in target]
    assert [target for target in targets if target and not (ROOT / "docs" / target).exists()] == []


def test_the_thresholds_are_the_real_ones():
    rows = re.findall(r"^\| [^|\n]+ \| [^|\n]*?(\d+)[^|\n]* \| `([a-z_]+)` \|$", CHINESE, re.M)
    found = {name: float(number) for number, name in rows if not name.startswith("mysql_clone_")}
    assert found == _monitor.THRESHOLDS
