# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The truth table: what clone_precheck predicts, against what CLONE then does on real servers.

``truth_table.py [--lab NAME] [--write FILE] [CASE ...]``; without ``--lab`` it brings a lab of its own up. Prints a row a
condition, and recall and precision at the end; exits with 1 when a single row is wrong.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import statistics
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import scene
from cases import CASES, Case
from scene import Outcome

from lab import Lab

# What a precheck of a pair may take, donor's and recipient's module together.
SECONDS = 1.0


class Row(NamedTuple):
    """One line of the table."""

    case: Case
    predicted: str
    real: str
    found: frozenset[str]  # the checks that failed (or warned, where that is what they must do)
    error: str = ""  # why the row is wrong; empty when it is right
    seconds: float = 0  # that both prechecks of the pair took

    @property
    def healthy(self) -> bool:
        return not self.case.checks


def numbers(finding: dict) -> str:
    """The error that a finding predicts, written as an outcome is."""
    error = finding["error"]
    return str(Outcome(error["code"], error.get("nested"))) if error else "OK"


def judge(case: Case, checks: list[dict], outcome: Outcome) -> Row:
    """Compare what was said with what happened."""
    failed = frozenset(finding["id"] for finding in checks if finding["status"] == "fail")
    of_status = frozenset(finding["id"] for finding in checks if finding["status"] == case.status)
    # A check that is skipped because a statement failed, or that breaks, would go unnoticed.
    skipped = [finding["message"] for finding in checks if finding["status"] == "skipped"]
    broken = [text for text in skipped if re.search(r"itself failed|\(error \d+\)$", text)]
    found = [finding for finding in checks if finding["id"] in case.checks]
    predicted = sorted({numbers(finding) for finding in found if finding["status"] == case.status}) or ["OK"]
    wrong = []
    if broken:
        wrong.append("broken: " + "; ".join(broken))
    expected_failures = case.checks if case.status == "fail" else frozenset()
    alarms = {finding["id"]: finding["message"] for finding in checks if finding["id"] in failed - expected_failures}
    if alarms:
        wrong.append("false alarm: " + "; ".join(f"{name} ({text})" for name, text in sorted(alarms.items())))
    if case.checks - of_status:
        wrong.append("missed: " + ", ".join(sorted(case.checks - of_status)))
    if case.harm:
        if predicted != ["OK"] or outcome.number or not outcome.text:
            wrong.append("the harm did not come")
        shown = "no error, harm"
    else:
        shown = " or ".join(predicted)
        if str(outcome) not in predicted:
            wrong.append(f"predicted {shown}, real {outcome} {outcome.text}")
    return Row(case, shown, str(outcome), case.checks & of_status, "; ".join(wrong))


def play(lab: Lab, case: Case) -> Row:
    """Bring the condition about, predict, try."""
    try:
        with contextlib.ExitStack() as stack:
            s = scene.Scene(lab, stack)
            case.make(s)
            _ready = (s.donor, s.recipient)  # what is still to be made fresh, before the clock runs
            begin = time.monotonic()
            checks = s.predict()["checks"]
            seconds = time.monotonic() - begin
            outcome = case.harm(s) if case.harm else s.clone()
            return judge(case, checks, outcome)._replace(seconds=seconds)
    except Exception as error:
        traceback.print_exc()
        scene.spoil_all(lab)
        return Row(case, "?", "?", frozenset(), f"the case itself failed: {type(error).__name__}: {error}")


def totals(rows: list[Row]) -> dict[str, float]:
    """Recall: conditions that were found, of all. Precision: alarms that were right, of all."""
    bad = [row for row in rows if not row.healthy]
    hits = sum(row.found == row.case.checks and not row.error for row in bad)
    wrong = sum("false alarm" in row.error for row in rows)
    return {
        "conditions": len(bad),
        "healthy": len(rows) - len(bad),
        "recall": 100 * hits / len(bad) if bad else 100.0,
        "precision": 100 * hits / (hits + wrong) if hits + wrong else 100.0,
    }


HEADER = """<!--
Copyright (c) 2026, dbops contributors
GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
-->

# What clone_precheck predicts, and what CLONE does

Each row was brought about on two real servers (MySQL {version}). `clone_precheck` said what the second column names and
the error in the third; then `CLONE INSTANCE` was run by hand, and the last column is what it did. `3862 / 1045` is error
3862 whose text carries the donor's 1045. Where the server raises no error, the last column is the harm that came.
Written by `tests/integration/targets/truth_table/files/truth_table.py --write docs/truth_table.md`.

{conditions} conditions, {healthy} healthy variants: recall {recall:.0f} %, precision {precision:.0f} %.
"""
ONE_MACHINE = """
## What one machine and one version can't show

These are tested on facts that were captured from real servers and changed in one place (`tests/unit`).

| condition | check | error |
|---|---|---|
| another series, an older version, a version that clones only to itself | `pair.version` | 3864 |
| another operating system | `pair.operating_system` | 3865 |
| another processor platform | `pair.platform` | 3866 |
| a collation that the recipient lacks | `pair.collations` | 3867 |
| a service that systemd doesn't start again, or kills during a long recovery | `recipient.service` | - |
| compressed and encrypted tables, and another block size of the file system | `pair.block_size` | 3868 |
| a donor before 8.0.24 that ends idle sessions soon | `donor.wait_timeout` | - |
| a donor that writes more redo log during the clone than it has room for | `donor.redo_rate` | - |
| what a swap of data directories needs (method side_by_side) | `recipient.swap_*`, `recipient.files_outside`, `recipient.start_command` | - |
"""


def line_of(row: Row) -> str:
    """A row as it stands in the document."""
    if row.healthy:
        return f"| {row.case.text} | {row.real} |"
    checks = ", ".join(f"`{name}`" for name in sorted(row.case.checks))
    word = " (warn)" if row.case.status == "warn" else ""
    return f"| {row.case.text} | {checks}{word} | {row.predicted} | {row.real} |"


def document(rows: list[Row], version: str) -> str:
    """The table for docs/."""
    lines = [HEADER.format(version=version, **totals(rows))]
    lines += ["## Conditions", "", "| condition | check | predicted | CLONE |", "|---|---|---|---|"]
    lines += [line_of(row) for row in rows if not row.healthy]
    lines += [
        "",
        "## Healthy variants: no check may fail, and the clone must succeed",
        "",
        "| variant | CLONE |",
        "|---|---|",
    ]
    lines += [line_of(row) for row in rows if row.healthy]
    return "\n".join(lines) + "\n" + ONE_MACHINE


@contextlib.contextmanager
def opened(name: str | None) -> Iterator[Lab]:
    """The lab of that name with three fresh servers, or one of our own."""
    if name:
        lab = Lab.open(name)
        scene.spoil_all(lab)
        try:
            yield lab
        finally:
            # The next one finds what he expects.
            for number in (1, 2, 3):
                lab[f"node{number}"].reset()
    else:
        with Lab(f"truth{os.getpid()}").up(nodes=3, options=scene.MODEST) as lab:
            yield lab


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lab", help="the name of a lab with three nodes that is up")
    parser.add_argument("--write", type=Path, help="where to write the table in Markdown")
    parser.add_argument("--published", type=Path, help="fail when a row found isn't in this file")
    parser.add_argument("--covering", action="store_true", help="leave out costly variants of what other cases show")
    parser.add_argument("cases", nargs="*", help="names of cases; all by default")
    arguments = parser.parse_args()
    wanted = [case for case in CASES if not arguments.cases or case.name in arguments.cases]
    if arguments.covering:
        wanted = [case for case in wanted if not case.extra]
    unknown = set(arguments.cases) - {case.name for case in CASES}
    if unknown:
        parser.error(f"there is no case {', '.join(sorted(unknown))}")
    begin = time.monotonic()
    rows = []
    with opened(arguments.lab) as lab:
        version = lab["node1"].installation.version
        for case in wanted:
            started = time.monotonic()
            row = play(lab, case)
            rows.append(row)
            verdict = f"WRONG: {row.error}" if row.error else "ok"
            seconds = time.monotonic() - started
            names = ", ".join(sorted(case.checks)) or "healthy"
            print(
                f"{case.name:<30} {names:<50} predicted {row.predicted:<22} real {row.real:<28} {seconds:5.1f} s  {verdict}",
                flush=True,
            )
    sums = totals(rows)
    print(
        "{conditions} conditions, {healthy} healthy variants: recall {recall:.1f} %, precision {precision:.1f} %, ".format(
            **sums
        )
        + f"{time.monotonic() - begin:.0f} s"
    )
    median = statistics.median(row.seconds for row in rows)
    print(f"the precheck of a pair takes {median:.2f} s (median)")
    if arguments.write:
        arguments.write.write_text(document(rows, version), encoding="utf-8")
    published = arguments.published.read_text(encoding="utf-8").splitlines() if arguments.published else None
    stale = [line_of(row) for row in rows if published is not None and line_of(row) not in published]
    if stale:
        print(f"not in {arguments.published} (write it anew with --write):", *stale, sep="\n")
    return 1 if stale or median > SECONDS or any(row.error for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
