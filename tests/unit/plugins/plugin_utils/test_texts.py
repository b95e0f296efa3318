# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The catalogue of words: what checks and the error catalogue say is in it, and nothing that nobody says."""

from __future__ import annotations

import ast
import re
import time
from pathlib import Path

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _errors, _precheck
from ansible_collections.dbops.mysql_clone.plugins.module_utils._rules import registry
from ansible_collections.dbops.mysql_clone.plugins.plugin_utils import _texts

SOURCES = Path(_errors.__file__).parent
assert _precheck  # importing it registers the rules
SENTENCES = _texts.SENTENCES["zh"]
CHINESE = _texts.Texts("zh")
VALUE = re.compile(r"%(?:\(\w+\))?[-0-9.]*[a-z]")


def forms(node: ast.expr) -> str | None:
    """A text in the source with {} for each value in it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return VALUE.sub("{}", node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(forms(part) or "{}" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return (forms(node.left) or "{}") + (forms(node.right) or "{}")
    return None


def errors() -> set[str]:
    """Causes and remedies of all errors."""
    return {
        text for number in _errors.known() for case in _errors._cases()[number] for text in (case.cause, case.remedy)
    }


@pytest.fixture(scope="module")
def said() -> set[str]:
    """Every text in the module utils, and those of errors, some of which share words."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES.rglob("*.py")]
    return {forms(node) for tree in trees for node in ast.walk(tree) if isinstance(node, ast.expr)} | errors()


def missing(texts: set[str]) -> list[str]:
    """Those that have no translation; statements alone need none."""
    return sorted(text for text in texts if CHINESE.sentence(text) == text and re.search(r"[a-z]{3}", text))


def test_nearly_all_of_the_error_catalogue_is_translated():
    texts = errors()
    assert len(texts) > 300
    # A new error is one place: its words may follow.
    assert len(missing(texts)) < len(texts) / 20, missing(texts)


def test_nearly_all_titles_of_checks_are_translated():
    titles = {rule.title for rule in registry.RULES}
    assert len(titles) > 80
    assert len(missing(titles)) < len(titles) / 20, missing(titles)


def test_hardly_anything_is_translated_that_nobody_says(said: set[str]):
    # Whoever rewords a remedy needn't know Chinese.
    assert len(set(SENTENCES) - said) < len(SENTENCES) / 50, sorted(set(SENTENCES) - said)


def test_each_sentence_keeps_its_values():
    assert [text for text, chinese in SENTENCES.items() if text.count("{}") != chinese.count("{}")] == []
    assert [text for text, chinese in SENTENCES.items() if not re.search("[\u4e00-\u9fff]|server_id", chinese)] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The disk is full.", "磁盘已满。"),
        ("Free 3.0 GiB on /var/lib/mysql", "腾出 3.0 GiB，位置 /var/lib/mysql"),
        ("Free 3.0 GiB on /data, or lower reserve_factor", "腾出 3.0 GiB，位置 /data，或调低 reserve_factor"),
        ("The disk is full. (error 28: ENOSPC)", "磁盘已满。（错误 28：ENOSPC）"),
        ("Free\nit {0.__class__} on {x}", "Free\nit {0.__class__} on {x}"),
        ("Free {0.__class__} on {x}", "腾出 {0.__class__}，位置 {x}"),
        ("", ""),
        ("What a server said", "What a server said"),
    ],
)
def test_sentence(text, expected):
    assert CHINESE.sentence(text) == expected
    assert _texts.Texts("en").sentence(text) == text


def test_a_hostile_text_costs_no_time():
    begun = time.process_time()
    for text in ("x (error 1: " * 80, "Free " + " on " * 240, "Free a on b" * 5000):
        CHINESE.sentence(text)
    assert time.process_time() - begun < 1
