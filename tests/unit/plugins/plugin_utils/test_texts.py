# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The catalogue of words: what checks and the error catalogue say is in it, and nothing that nobody says."""

from __future__ import annotations

import ast
import itertools
import json
import re
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _errors, _precheck
from ansible_collections.dbops.mysql_clone.plugins.module_utils._rules import registry
from ansible_collections.dbops.mysql_clone.plugins.plugin_utils import _records, _sections, _texts

SOURCES = Path(_errors.__file__).parent
CAPTURED = Path(__file__).resolve().parents[1] / "module_utils/captured"
assert _precheck  # importing it registers the rules
SENTENCES = _texts.SENTENCES["zh"]
CHINESE = _texts.Texts("zh")
VALUE = re.compile(r"%(?:\(\w+\))?[-0-9.]*[a-z]")


def forms(node: ast.expr) -> set[str]:
    """What a text in the source can read, with {} for each value in it; nothing for what is no text."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {VALUE.sub("{}", node.value.replace("%%", "\0")).replace("\0", "%")}
    if isinstance(node, ast.JoinedStr):
        return joined(forms(part) or {"{}"} for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return {"{}"} | (forms(node.value) if isinstance(node.value, ast.IfExp) else set())
    if isinstance(node, ast.IfExp):
        return forms(node.body) | forms(node.orelse)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return joined((forms(node.left) or {"{}"}, forms(node.right) or {"{}"}))
    return set()


def joined(parts: Iterable[set[str]]) -> set[str]:
    return {"".join(chosen) for chosen in itertools.product(*parts)}


def errors() -> set[str]:
    """Causes and remedies of all errors."""
    return {
        text for number in _errors.known() for case in _errors._cases()[number] for text in (case.cause, case.remedy)
    }


@pytest.fixture(scope="module")
def said() -> set[str]:
    """Every text in the module utils and of the report, and those of errors, some of which share words."""
    paths = [*SOURCES.rglob("*.py"), Path(_records.__file__), *Path(_sections.__file__).parent.glob("*.py")]
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in paths]
    texts = (forms(node) for tree in trees for node in ast.walk(tree) if isinstance(node, ast.expr))
    return set(itertools.chain(errors(), *texts))


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


def test_nearly_all_that_checks_find_is_translated():
    # As rules said it of the facts of real servers.
    found = json.loads((CAPTURED / "findings.json").read_text(encoding="utf-8"))
    messages = {finding["message"] for case in found.values() for finding in case.values() if finding}
    assert len(messages) > 140
    assert len(missing(messages)) < len(messages) / 20, missing(messages)


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
        ("3 tables with another number of rows: shop.a", "3 个表行数不同：shop.a"),
        ("CLONE copies only InnoDB data; 1 table came empty: a.b", "CLONE 只复制 InnoDB 数据；1 个表为空：a.b"),
        (
            "1 XA transaction came prepared with the clone and hold locks until somebody ends them",
            "1 个 XA 事务随克隆以已准备状态而来，在有人结束它们之前持有锁",
        ),
        (
            "2 tables with other rows: a.b. That may be all right, since the donor has moved on: 5 transactions that the recipient lacks",
            "2 个表行内容不同：a.b。这可能没有问题，因为源实例已继续前进：5 个事务目标实例没有",
        ),
        (
            "the server ended in the middle of a clone; it rolls back when it starts, without user data, and then it is cloned anew",
            "服务器在克隆中途结束；启动时回滚，没有用户数据，然后重新克隆",
        ),
        ("repaired: the clone plugin is not active on db2:3306", "已修复：克隆插件未在 db2:3306 上启用"),
        # What is no sentence around another one translates nothing in it.
        ("The clone failed: It is empty. {} (error 5)", "克隆失败：It is empty. {}（错误 5）"),
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
