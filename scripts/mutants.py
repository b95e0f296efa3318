# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mutation testing: ``python scripts/mutants.py [--sample N] MODULE...`` with paths below plugins/module_utils.

Changes the bodies of functions, one small change at a time, and runs the unit tests that reach the changed line. A
change that no test notices is printed. Tests are collected once; a change is made in a fork, to the code of the loaded
functions, so that it costs no more than its tests. Tables and constants of a module aren't changed.
"""

from __future__ import annotations

import argparse
import ast
import copy
import gc
import os
import random
import signal
import sys
import time
import types
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import coverage
import pytest
import tree

UTILS = tree.ROOT / "plugins/module_utils"
TESTS = tree.ROOT / "tests/unit/plugins/module_utils"
# A change may make a loop endless: seconds after which that counts as noticed.
PATIENCE = 20

COMPARE = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
ARITHMETIC = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}


def changes(node: ast.AST) -> Iterator[ast.AST]:
    """The node with one thing changed, for each thing that can be."""
    new = copy.copy(node)
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARE:
        new.ops = [COMPARE[type(node.ops[0])](), *node.ops[1:]]
        yield new
    elif isinstance(node, ast.BoolOp):
        new.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield new
    elif isinstance(node, (ast.BinOp, ast.AugAssign)) and type(node.op) in ARITHMETIC:
        if not (isinstance(node, ast.BinOp) and isinstance(node.left, (ast.Constant, ast.JoinedStr))):
            new.op = ARITHMETIC[type(node.op)]()
            yield new
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            new.value = not node.value
            yield new
        elif isinstance(node.value, (int, float)):
            new.value = node.value + 1
            yield new
        elif isinstance(node.value, str):
            new.value = f"XX{node.value}XX"
            yield new
    elif isinstance(node, (ast.If, ast.IfExp, ast.While)):
        new.test = ast.UnaryOp(ast.Not(), node.test)
        yield new
    elif isinstance(node, (ast.Return, ast.Assign, ast.AnnAssign)):
        if node.value is not None and not _is_none(node.value):
            new.value = ast.Constant(None)
            yield new
    elif isinstance(node, (ast.Break, ast.Continue)):
        yield ast.Continue() if isinstance(node, ast.Break) else ast.Break()
    elif isinstance(node, ast.Expr) and not isinstance(node.value, (ast.Constant, ast.Yield, ast.YieldFrom)):
        yield ast.Pass()


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def mutants(file: Path) -> Iterator[tuple[int, str, types.CodeType]]:
    """Line, description and compiled module of each change."""
    module = ast.parse(file.read_text(encoding="utf-8"), str(file))
    slots = []

    def look(node: ast.AST, inside: bool) -> None:
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list", "type_comment") or isinstance(node, ast.JoinedStr):
                continue
            if isinstance(node, ast.arguments):  # defaults were computed when the function was made
                continue
            for place, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if not isinstance(child, ast.AST):
                    continue
                if inside and not _is_docstring(child):
                    slots.append((node, name, place, child))
                if not _is_docstring(child):
                    look(child, inside or isinstance(child, (ast.FunctionDef, ast.Lambda)))

    look(module, False)
    for parent, name, place, child in slots:
        for new in changes(child):
            _put(parent, name, place, ast.copy_location(new, child))
            yield (
                child.lineno,
                f"{ast.unparse(child).splitlines()[0]}  ->  {ast.unparse(new).splitlines()[0]}",
                compile(ast.fix_missing_locations(module), str(file), "exec"),
            )
            _put(parent, name, place, child)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _put(parent: ast.AST, name: str, place: int | None, child: ast.AST) -> None:
    if place is None:
        setattr(parent, name, child)
    else:
        getattr(parent, name)[place] = child


def _codes(code: types.CodeType, prefix: str = "") -> Iterator[tuple[tuple[str, int], types.CodeType]]:
    """All codes within a code by name and line."""
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield (constant.co_name, constant.co_firstlineno), constant
            yield from _codes(constant)


def put_in(file: Path, module: types.CodeType) -> None:
    """Give the functions that are loaded from a file the codes of a changed module."""
    codes = dict(_codes(module))
    for thing in gc.get_objects():
        if isinstance(thing, types.FunctionType) and _is_from(thing, file):
            code = codes.get((thing.__code__.co_name, thing.__code__.co_firstlineno))
            if code is not None and len(code.co_freevars) == len(thing.__code__.co_freevars):
                thing.__code__ = code
        elif hasattr(type(thing), "cache_clear"):
            thing.cache_clear()


def _is_from(function: types.FunctionType, file: Path) -> bool:
    name = function.__code__.co_filename
    return name.endswith(file.name) and os.path.realpath(name) == str(file)


class Mutation:
    """The pytest plugin that runs the tests once for a map, then again for each change."""

    def __init__(self, files: list[Path], sample: int, strings: bool) -> None:
        self.files, self.sample, self.strings = files, sample, strings
        self.status = 0

    @pytest.hookimpl
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Instead of running the tests once."""
        reach, seconds = self._map(session)
        for file in self.files:
            self._file(session, file, reach, seconds)
        return True

    def _map(self, session: pytest.Session) -> tuple[dict[tuple[str, int], set[int]], list[float]]:
        reach: dict[tuple[str, int], set[int]] = defaultdict(set)
        seconds, failed = [], []
        with _quiet():
            for number, item in enumerate(session.items):
                measure = coverage.Coverage(data_file=None, include=["*/plugins/module_utils/*"], config_file=False)
                begin = time.monotonic()
                with measure.collect():
                    _run(session, item, None)
                if session.testsfailed > len(failed):
                    failed.append(item.nodeid)
                seconds.append(time.monotonic() - begin)
                data = measure.get_data()
                for file in data.measured_files():
                    for line in data.lines(file) or ():
                        reach[os.path.realpath(file), line].add(number)
        if failed:
            raise SystemExit(f"tests that fail without any change: {', '.join(failed)}")
        return reach, seconds

    def _file(self, session, file: Path, reach, seconds) -> None:
        found = list(mutants(file))
        if not self.strings:
            found = [mutant for mutant in found if "XX" not in mutant[1]]
        total = len(found)
        if self.sample and total > self.sample:
            found = sorted(random.Random(1).sample(found, self.sample), key=lambda mutant: mutant[0])
        survived = []
        begin = time.monotonic()
        for line, what, module in found:
            tests = sorted(_tests(file, line, reach), key=seconds.__getitem__)
            if not tests or not self._noticed(session, file, module, tests):
                survived.append(f"  {file.name}:{line}: {'' if tests else 'no test: '}{what}"[:170])
        killed = len(found) - len(survived)
        print(*survived, sep="\n")
        print(
            f"{file.relative_to(UTILS)}: {killed} of {len(found)} noticed ({100 * killed // max(len(found), 1)} %)"
            f" of {total} possible, {time.monotonic() - begin:.0f} s",
            flush=True,
        )

    def _noticed(self, session, file: Path, module: types.CodeType, tests: list[int]) -> bool:
        child = os.fork()
        if child == 0:
            os.dup2(os.open(os.devnull, os.O_RDWR), 1)
            os.dup2(1, 2)
            try:
                signal.setitimer(signal.ITIMER_REAL, PATIENCE)
                put_in(file, module)
                for number in tests:
                    _run(session, session.items[number], None)
                    if session.testsfailed:
                        os._exit(1)
                os._exit(0)
            finally:
                os._exit(1)
        return os.waitpid(child, 0)[1] != 0


def _tests(file: Path, line: int, reach) -> set[int]:
    """The tests that reach a line, or the statement it belongs to."""
    for above in range(line, max(line - 12, 0), -1):
        if reach.get((str(file), above)):
            return reach[str(file), above]
    return set()


def _run(session, item, following) -> None:
    item.ihook.pytest_runtest_protocol(item=item, nextitem=following)


class _quiet:
    def __enter__(self):
        self.kept = os.dup(1)
        sys.stdout.flush()
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)

    def __exit__(self, *_unused):
        sys.stdout.flush()
        os.dup2(self.kept, 1)


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="+", metavar="MODULE", help="such as _errors.py or _rules/disk.py")
    parser.add_argument("--tests", nargs="+", default=[], metavar="FILE", help="test files, such as test_errors.py")
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="at most N changes for each module")
    parser.add_argument("--no-strings", action="store_true", help="leave texts alone")
    options = parser.parse_args()
    collections = tree.link()
    sys.path[:0] = [str(collections), str(tree.ROOT)]
    os.environ["ANSIBLE_COLLECTIONS_PATH"] = str(collections)
    files = [UTILS / name for name in options.modules]
    plugin = Mutation(files, options.sample, not options.no_strings)
    tests = [str(TESTS / name) for name in options.tests or sorted(p.name for p in TESTS.glob("test_*.py"))]
    pytest.main(
        [
            "-o",
            "addopts=",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
            "-p",
            "no:timeout",
            "-p",
            "no:terminal",
            "--import-mode=importlib",
            *tests,
        ],
        plugins=[plugin],
    )


if __name__ == "__main__":
    main()
