# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python limits.py --lab LAB``: a run in the middle of its copy whose time is over, whose recipient hangs, whose donor dies.

What the matrix of stages and faults leaves out, as it needs other options: each is played once, in the stage FILE COPY.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import time
from typing import Any

from fault_matrix import opened
from scene import STALL, Run, Scene, Unexpected, until

from lab import faults, processes

STAGE = "FILE COPY"
# Seconds: an end that is due, which a busy machine must reach the copy before, and what the module may take for it.
TIME, SLACK = 15.0, 8.0
READY = 4.0  # until the servers are made ready


def begin(scene: Scene, **options: Any) -> tuple[Run, float]:
    """A run held in the middle of its copy, and when it was started."""
    scene.ready()
    scene.hold(STAGE)
    started = time.monotonic()
    run = scene.start(scene.options("replace", **options))
    scene.reach(STAGE, run)
    return run, started


def expect(what: str, condition: Any, result: Any) -> None:
    if not condition:
        raise Unexpected(f"{what}: {result}")


def over(scene: Scene) -> None:
    """The clone is cancelled in the server, and what it cost is told."""
    run, started = begin(scene, deadline=time.time() + TIME + READY)
    result = run.result()
    seconds = time.monotonic() - started
    expect("its time is over", "the time for the run is over" in result.get("failed_message", ""), result)
    expect("it ends in time", seconds < TIME + READY + SLACK, seconds)
    expect("the lost data is told", result["data_dropped"] and result["given_up"]["schemas"], result)
    expect("the attempt is told", len(result["attempts"]) == 1, result["attempts"])
    rows = scene.recipient.sql("SELECT STATE FROM performance_schema.clone_status")
    expect("no clone goes on", rows == [{"STATE": "Failed"}], rows)


def hangs(scene: Scene) -> None:
    """A recipient that says nothing is not waited for, and what it does afterwards is joined."""
    run, started = begin(scene, timeout=TIME)
    with faults.stopped_process(scene.recipient):
        result = run.result()
        seconds = time.monotonic() - started
    expect("it hangs", "the recipient has not answered" in result.get("failed_message", ""), result)
    expect("it is told in time", seconds < TIME + 3 * SLACK, seconds)
    scene.proxy.restore()
    result = scene.start(scene.options("replace")).result()
    expect("the next run brings it to its end", result.get("changed") and scene.whole(), result)


def pool(scene: Scene) -> None:
    """The donor dies in the middle of the copy, and the next one of the pool takes over."""
    other = scene.other
    scene.account(other)
    other.sql("CREATE DATABASE app")
    other.sql("CREATE TABLE app.other (id INT PRIMARY KEY)")
    donors = [
        {"host": "127.0.0.1", "port": port, "user": None, "password": None} for port in (scene.proxy.port, other.port)
    ]
    run, _started = begin(scene, donors=donors, donor_host=None)
    died = time.time()
    processes.send(scene.donor.pid, signal.SIGKILL)
    scene.proxy.cut()
    when = until("a word of it", STALL + SLACK, lambda: run.heard(died, "cancelling", "attempt "))
    result = run.result()
    scene.donor.start()
    expect("it is noticed", when - died < 5.5, when - died)
    used = [attempt["donor"] for attempt in result.get("attempts") or ()]
    expect("both were tried", used == [f"127.0.0.1:{donor['port']}" for donor in donors], result)
    expect(
        "the other's data is there", scene.recipient.sql("SHOW TABLES FROM app") == [{"Tables_in_app": "other"}], used
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lab", help="the name of a lab with three nodes that is up")
    arguments = parser.parse_args()
    # Whoever ends it must not leave file systems mounted.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    wrong = 0
    with opened(arguments.lab) as lab, contextlib.closing(Scene(lab)) as scene:
        for name, play in (
            ("a deadline", over),
            ("a recipient that hangs", hangs),
            ("a pool whose donor dies", pool),
        ):
            begun = time.monotonic()
            try:
                play(scene)
                left = scene.left_over()
                expect("nothing is left", not left, left)
            except Unexpected as error:
                wrong += 1
                print(f"{name}: WRONG: {error}\n{scene.last_words()}", flush=True)
                scene.spoil()
            else:
                print(f"{name}: ok, {time.monotonic() - begun:.0f} s", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
