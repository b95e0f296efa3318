# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fault matrix: what becomes of a run of clone_run when something breaks, in each stage, on real servers.

``fault_matrix.py [--lab NAME] [--all] [--write FILE] [--resume FILE] [--only WORD ...]``; without ``--lab`` it brings a lab of its own up.
Each cell brings a real clone to a stage, holds it there, lets the fault happen, and looks at what comes of it: the run's
outcome, how long it took to notice, the old data, and what is left behind. Prints a row a cell and the matrix; exits with 1
when a single cell is wrong.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cells import CELLS, COVERING, DUE, FAULTS, NOTICED, Cell, Seen
from scene import CELL_SECONDS, OPTIONS, PASSWORD, POLL, ROOT_PASSWORD, STAGES, STALL, SWAP_STAGES, Scene, Unexpected

from lab import Lab
from lab.paths import PROJECT_ROOT

SLACK = 0.5  # seconds: how finely the harness itself sees


class Row(NamedTuple):
    """One cell, played."""

    cell: Cell
    outcome: str
    seconds: float = 0.0  # from the fault to the end
    seen: Seen = Seen()
    old_data: str = ""
    errors: tuple[str, ...] = ()
    commit: str = ""  # of the code that was played


def commit() -> str:
    """The commit of the code that is played, with a plus sign where files were changed since."""
    text = "unknown"
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        command = ["git", "-C", str(PROJECT_ROOT), "describe", "--always", "--dirty=+", "--exclude=*"]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    return text


def outcome_of(result: dict[str, Any]) -> str:
    """How a run ended, in the words of ``cells.EXPECTED``."""
    if "failed_message" in result:
        code = next((a["error"]["code"] for a in reversed(result.get("attempts") or ()) if a["error"]), None)
        return f"stopped {code}" if code else "stopped"
    if (result["clone"] or {}).get("state") != "completed":
        return f"ended with {result['clone']}"
    return "retried" if len([a for a in result["attempts"] if a["error"]]) else "finished"


def play(scene: Scene, cell: Cell) -> Row:
    """Bring the run to the stage, let the fault happen, judge what is left."""
    # Memory has no FILE SYNC to speak of.
    scene.ready(small_disk=cell.stage != "FILE SYNC" or cell.fault == "disk full")
    options = scene.options(cell.method, settings=scene.settings_for(cell.stage))
    if cell.fault == "link cut, back in time":
        options["stall_timeout"] = 5 * STALL  # the server tries to connect again every five seconds
    if cell.fault == "link cut too long":
        # The shortest window that the server knows; one minute is the next.
        options["donor_settings"] = {"clone_donor_timeout_after_network_failure": 0}
        options["donor_login_user"], options["donor_login_password"] = "root", ROOT_PASSWORD
    scene.hold(cell.stage)
    run = (scene.play if cell.fault == "kill controller" else scene.start)(options)
    # The recipient can't end FILE SYNC without a word to the donor, which holds a stage that is over in a moment.
    held = cell.stage == "FILE SYNC" and cell.fault == "KILL QUERY"
    scene.reach(cell.stage, run, scene.proxy.freeze if held else None)
    begun = time.monotonic()
    seen = FAULTS[cell.fault](scene, run, cell.stage)
    errors: list[str] = []
    if cell.fault in ("kill module", "kill controller"):
        outcome, result = resume(scene, cell, run, options)
    else:
        scene.proxy.restore()
        result = run.result()
        outcome = outcome_of(result)
    seconds = time.monotonic() - begun
    scene.clean()
    if outcome not in cell.expected.split(" or "):
        last = result.get("failed_message") or "; ".join(
            str(a["error"]["message"]) for a in result.get("attempts") or () if a["error"]
        )
        errors.append(f"expected {cell.expected}: {last}")
    errors += judged(scene, cell, result, outcome)
    if seconds > CELL_SECONDS:
        errors.append(f"took {seconds:.0f} s")
    if seen.seconds is not None and seen.seconds > NOTICED[seen.measure] + SLACK:
        errors.append(f"noticed after {seen.seconds:.1f} s ({seen.measure}: {NOTICED[seen.measure]:.0f} s)")
    if seen.seconds is None and cell.stage in DUE.get(cell.fault, ()):
        errors.append("was not seen to notice the fault")
    return Row(cell, outcome, seconds, seen, scene.old_data(), tuple(errors))


def resume(scene: Scene, cell: Cell, run: Any, options: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The same task again after its process or its controller was killed."""
    if cell.fault == "kill module":
        first = run.result(20)
        if "was killed" not in first.get("failed_message", ""):
            raise Unexpected(f"the first run said {first}")
        scene.proxy.restore()
        scene.release()
        result = scene.start(options).result()
        outcome = outcome_of(result)
    else:
        scene.proxy.restore()
        scene.release()
        text = (again := scene.play(options)).output(CELL_SECONDS)
        result = dict(scene_result(again), output=text)
        outcome = outcome_of(result) if "failed=0" in text else "stopped: " + text[-1500:]
    clones = scene.clones()
    if outcome in ("finished", "retried") and cell.method == "replace" and clones > 1:
        return f"{clones} clones", result
    return ("resumed" if outcome == "finished" else outcome), result


def scene_result(run: Any) -> dict[str, Any]:
    """What the last run's journal says."""
    document = run.journal()
    failure = document.get("failure")
    return dict(failure, failed_message=failure["msg"]) if failure else (document.get("result") or {})


def judged(scene: Scene, cell: Cell, result: dict[str, Any], outcome: str) -> list[str]:
    """What is wrong with what was left behind."""
    errors = scene.left_over()
    if PASSWORD in str(result):
        errors.append("a password is shown")
    old = scene.old_data()
    done = outcome in ("finished", "retried", "resumed")
    if done and not scene.whole():
        errors.append("the recipient lacks some of the donor's data")
    if cell.method == "side_by_side" and old == "gone":
        errors.append("THE OLD DATA IS GONE")
    if not done and bool(result.get("data_dropped")) != (old == "gone"):
        errors.append(f"data_dropped is {result.get('data_dropped')}, the old data is {old}")
    unput = [entry for entry in result.get("restored") or () if not entry["restored"]]
    # A server that is down is told of, and has forgotten what was set: left_over looks once it is up.
    if unput and cell.fault != "kill -9 recipient":
        errors.append(f"not put back: {unput}")
    return errors


def guarded(scene: Scene, cell: Cell) -> Row:
    """A cell that breaks is a wrong cell, and doesn't spoil the next one."""
    try:
        row = play(scene, cell)
    except Exception as error:
        if not isinstance(error, Unexpected):
            traceback.print_exc()
        row = Row(cell, "?", errors=(f"{type(error).__name__}: {error}",))
    if row.errors:
        print(scene.last_words(), flush=True)
        scene.spoil()
    return row


def remembered(path: Path | None) -> dict[Cell, Row]:
    """The cells that an earlier run has played, and found right."""
    if path is None or not path.exists():
        return {}
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        cell, outcome, seconds, seen, old_data, played = json.loads(line)
        found[Cell(*cell)] = Row(Cell(*cell), outcome, seconds, Seen(*seen), old_data, commit=played)
    return found


def remember(path: Path | None, row: Row) -> None:
    """Keep a cell that was right."""
    if path is not None and not row.errors and not row.cell.empty:
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps([row.cell, row.outcome, row.seconds, row.seen, row.old_data, row.commit]) + "\n")


def shown(row: Row) -> str:
    if row.cell.empty:
        return row.cell.expected
    noticed = f", noticed in {row.seen.seconds:.1f} s" if row.seen.seconds is not None else ""
    return f"{row.outcome}, {row.seconds:.0f} s{noticed}"


HEADER = """<!--
Copyright (c) 2026, dbops contributors
GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
-->

# What becomes of a clone when something breaks

Each cell was played on real servers (MySQL {version}): a clone by `clone_run` was brought to the stage on the left and held
there, then the fault happened. `finished`: the run went on and ended well. `retried`: it ended well by a further attempt.
`resumed`: the task was run again and brought the first run's clone to its end, without a second one. `stopped`: it gave up
with that error number, since trying again could not help. Seconds are those from the fault to the end, then those until
the run acted upon the fault. Short limits were set (`stall_timeout` {stall:.0f} s, `poll_interval` {poll:.0f} s).
After each cell: no variable of either server differs from what it was before, no place in the donor's queue and no session is
left there, no process of the run is left, and the recipient holds all of the donor's data, or is in the state that the result names.
Written by `tests/integration/targets/fault_matrix/files/fault_matrix.py --all --write docs/fault_matrix.md`.

{cells} cells, {wrong} wrong. Under `side_by_side` the old data was lost in {lost} of {side} cells.
"""


def table(rows: Sequence[Row], method: str, stages: Sequence[str]) -> list[str]:
    """The matrix of one method in Markdown, a line for each fault."""
    by_place = {(row.cell.stage, row.cell.fault): row for row in rows if row.cell.method == method}
    lines = ["", f"## method: {method}", "", "| fault | " + " | ".join(stages) + " |", "|---" * (len(stages) + 1) + "|"]
    for fault in FAULTS:
        found = [by_place.get((stage, fault)) for stage in stages]
        if any(found):
            lines.append(f"| {fault} | " + " | ".join(shown(row) if row else "" for row in found) + " |")
    return lines


def document(rows: Sequence[Row], version: str) -> str:
    side = [row for row in rows if row.cell.method == "side_by_side" and not row.cell.empty]
    lines = [
        HEADER.format(
            version=version,
            stall=STALL,
            poll=POLL,
            cells=len([row for row in rows if not row.cell.empty]),
            wrong=len([row for row in rows if row.errors]),
            lost=len([row for row in side if row.old_data == "gone"]),
            side=len(side),
        ).rstrip()
    ]
    missing = len(CELLS) - len(rows)
    if missing:
        lines += ["", f"Fields without a word were not played when this page was written ({missing} of {len(CELLS)})."]
    counts = collections.Counter(row.commit for row in rows if not row.cell.empty)
    lines += [
        "",
        "Played on " + ", ".join(f"commit {name} ({count} cells)" for name, count in counts.most_common()) + ".",
    ]
    lines += table(rows, "replace", STAGES) + table(rows, "side_by_side", SWAP_STAGES)
    return "\n".join(lines) + "\n"


@contextlib.contextmanager
def opened(name: str | None) -> Iterator[Lab]:
    """The lab of that name, made fresh again at the end, or one of our own."""
    if name:
        lab = Lab.open(name)
        passwords = {node.name: node.root_password for node in lab}
        try:
            yield lab
        finally:
            for node in lab:
                node.reset(root_password=passwords[node.name])
    else:
        with Lab(f"matrix{os.getpid()}").up(nodes=3, options=OPTIONS, owner=os.getpid()) as lab:
            yield lab


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lab", help="the name of a lab with three nodes that is up")
    parser.add_argument("--all", action="store_true", help="all cells, not only those that cover each stage and fault")
    parser.add_argument("--write", type=Path, help="where to write the matrix in Markdown")
    parser.add_argument("--resume", type=Path, help="where cells that were right are kept, not to be played again")
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="WORD", help="only cells whose name holds all the words"
    )
    arguments = parser.parse_args()
    wanted = [cell for cell in CELLS if all(word in f"{cell.name} {cell.method}" for word in arguments.only)]
    if not arguments.all and not arguments.only:
        wanted = [cell for cell in CELLS if tuple(cell) in COVERING]
    # Whoever ends it must not leave file systems mounted.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    begin = time.monotonic()
    known = remembered(arguments.resume)
    rows = [known[cell] for cell in wanted if cell in known]
    with opened(arguments.lab) as lab:
        version = lab["node1"].installation.version
        scene, code = Scene(lab), commit()
        try:
            # Those on the same disk together: it costs a fresh server to get from one to the other.
            rest = [cell for cell in wanted if cell not in known]
            for cell in sorted(rest, key=lambda cell: (cell.stage == "FILE SYNC", cell.fault != "disk full")):
                started = time.monotonic()
                row = Row(cell, "") if cell.empty else guarded(scene, cell)._replace(commit=code)
                rows.append(row)
                remember(arguments.resume, row)
                verdict = f"WRONG: {'; '.join(row.errors)}" if row.errors else "ok"
                print(f"{cell.name:<58} {shown(row):<42} {time.monotonic() - started:5.1f} s  {verdict}", flush=True)
        finally:
            scene.close()
    played = [row for row in rows if not row.cell.empty]
    wrong = [row for row in rows if row.errors]
    side = [row for row in played if row.cell.method == "side_by_side"]
    print(*document(rows, version).splitlines()[20:], sep="\n")
    print(
        f"{len(played)} cells, {len(wrong)} wrong, {len(rows) - len(played)} impossible; under side_by_side the old data was "
        f"lost in {len([row for row in side if row.old_data == 'gone'])} of {len(side)}; {time.monotonic() - begin:.0f} s"
    )
    if arguments.write:
        arguments.write.write_text(document(rows, version), encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
