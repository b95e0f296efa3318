# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The faults of the matrix: each happens to a run that is held in a stage, and is over when its function returns.

``EXPECTED`` says how the run must end: ``finished`` (nothing was tried again), ``retried``, ``resumed`` (a second run brings
the first one's clone to its end), ``stopped`` with an error's number, or a sentence that begins with ``-``: why the cell is
empty.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from collections.abc import Callable
from typing import NamedTuple

import pymysql
from scene import (
    BEFORE,
    COPIES,
    DROP_DELAY,
    PASSWORD,
    POLL,
    STAGES,
    STALL,
    SWAP,
    SWAP_STAGES,
    TRIAL,
    USER,
    Run,
    Scene,
    Unexpected,
    until,
)

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _watching
from lab import processes

CANCELLED = ("cancelling", "attempt ")
NOTICED = {
    # From the fault until the run acts, in seconds; a poll's length is granted to what only a poll can see.
    "dead donor": 5.0,
    "frozen link": STALL + 2 * POLL,
    # The run grants the time in which a slow disk writes what was copied, here less than 100 MB.
    "frozen link in FILE SYNC": STALL + 2 * POLL + 100e6 / _watching.SYNC_RATE,
    "reported": 2.0,
}


_TO_SEE = (BEFORE, "DROP DATA", *COPIES)
# Where a run that had to try again must have been seen to notice why.
DUE = {
    "kill -9 donor": _TO_SEE,
    "link frozen": _TO_SEE,
    "link cut too long": _TO_SEE,
    "KILL QUERY": (*_TO_SEE, "FILE SYNC"),
}


class Seen(NamedTuple):
    """What a fault found out: how long the run took to notice it (None: it had nothing to notice), and by which measure."""

    seconds: float | None = None
    measure: str = ""


Fault = Callable[[Scene, Run, str], Seen]


def _notice(run: Run, begun: float, seconds: float, *words: str) -> float | None:
    """When the run said that it noticed; None when it ended or the time is over before."""
    with contextlib.suppress(Unexpected):
        until("a word", seconds, lambda: run.ended or run.heard(begun, *(words or CANCELLED)))
    return run.heard(begun, *(words or CANCELLED))


def _after_report(scene: Scene, run: Run, begun: float, seconds: float = 20) -> Seen:
    """From the server's own END_TIME until the run acts."""
    when = _notice(run, begun, seconds, "attempt ")
    reported = scene.reported()
    return Seen(when - reported, "reported") if when and reported and reported <= when + 0.1 else Seen()


def kill_donor(scene: Scene, run: Run, stage: str) -> Seen:
    begun = time.time()
    processes.send(scene.donor.pid, signal.SIGKILL)
    scene.proxy.cut()  # a dead server refuses, which a proxy alone would not
    scene.donor.wait_down(10)
    scene.release()
    when = _notice(run, begun, 8)
    scene.donor.start()
    scene.proxy.restore()
    return Seen(when - begun, "dead donor") if when else Seen()


def kill_recipient(scene: Scene, run: Run, stage: str) -> Seen:
    if stage == "RESTART":
        until("the new server", 20, lambda: scene.recipient.pid, 0.002)
    scene.recipient.kill9()
    scene.release()
    time.sleep(0.5)
    if stage == SWAP:
        return Seen()  # the run itself starts the server there
    with contextlib.suppress(Exception):  # the run may have been first
        scene.recipient.start()
    return Seen()


def kill_module(scene: Scene, run: Run, stage: str) -> Seen:
    os.kill(run.journal()["pid"], signal.SIGKILL)
    return Seen()


def kill_controller(scene: Scene, run: Run, stage: str) -> Seen:
    # Ansible's workers have sessions of their own, and leave the controller's process group. The run itself is no child.
    family = processes.descendants(run.process.pid)
    for pid in (run.process.pid, *family):
        processes.send(pid, signal.SIGKILL)
    if left := processes.wait_gone(family, 5):
        raise Unexpected(f"the controller's processes {left} go on")
    return Seen()


def freeze_link(scene: Scene, run: Run, stage: str) -> Seen:
    scene.proxy.freeze()
    if stage == "DROP DATA":
        time.sleep(DROP_DELAY)  # until then nobody uses the link
    begun = time.time()
    when = _notice(run, begun, STALL + 2 * POLL + 8)
    scene.proxy.restore()
    scene.release()
    measure = "frozen link in FILE SYNC" if stage == "FILE SYNC" else "frozen link"
    return Seen(when - begun, measure) if when else Seen()


def cut_and_back(scene: Scene, run: Run, stage: str) -> Seen:
    scene.proxy.cut()
    time.sleep(2)
    scene.proxy.restore()
    scene.release()
    return Seen()


def cut_too_long(scene: Scene, run: Run, stage: str) -> Seen:
    begun = time.time()
    scene.proxy.cut()
    scene.release()
    if stage == "FILE SYNC":
        time.sleep(3)  # the run goes on, and wants to put back the donor's settings at its end
        seen = Seen()
    else:
        seen = _after_report(scene, run, begun)
    scene.proxy.restore()
    return seen


def disk_full(scene: Scene, run: Run, stage: str) -> Seen:
    begun = time.time()
    filler = scene.recipient.directory / "filler"
    with open(filler, "wb") as file:
        for piece in (2**20, 2**12):
            with contextlib.suppress(OSError):
                while True:  # in small pieces, as the copy takes room meanwhile
                    os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, piece)
    scene.proxy.restore()
    scene.release()
    seen = Seen()
    if stage in ("RESTART", "RECOVERY"):
        # The server can't come back without room; somebody makes some and starts it.
        with contextlib.suppress(Unexpected):
            until("its end", 8, lambda: run.ended or not scene.recipient.alive())
    else:
        with contextlib.suppress(Unexpected):
            until("the end", 30, lambda: run.ended or run.heard(begun, "attempt "))
        reported, when = scene.reported(), time.time()
        seen = Seen(when - reported, "reported") if run.ended and reported and reported > begun else Seen()
    filler.unlink()
    if not scene.recipient.alive() and stage not in (TRIAL, SWAP):
        with contextlib.suppress(Exception):
            scene.recipient.start()
    return seen


def kill_query(scene: Scene, run: Run, stage: str) -> Seen:
    begun = time.time()
    scene.kill_query()
    scene.proxy.restore()
    scene.release()
    seen = _after_report(scene, run, begun)
    if seen.seconds is None and (when := run.heard(begun, "attempt ")):
        # A server that went down over it has forgotten its clone_status; the statement ended after the KILL QUERY.
        return Seen(when - begun, "reported")
    return seen


def second_clone(scene: Scene, run: Run, stage: str) -> Seen:
    """Another recipient asks the same donor, and somebody starts a clone on this recipient by hand."""
    target = scene.other.directory / "second"
    shutil.rmtree(target, ignore_errors=True)
    scene.stack.callback(shutil.rmtree, target, True)
    answers = []
    for node, clause in ((scene.other, f"DATA DIRECTORY = '{target}'"), (scene.recipient, "")):
        if node is scene.recipient and stage not in (BEFORE, "DROP DATA", *COPIES):
            continue  # there it would be a clone of its own
        try:
            node.sql(
                "SET GLOBAL clone_valid_donor_list = %s",
                (f"127.0.0.1:{scene.donor.port},127.0.0.1:{scene.proxy.port}",),
            )
            node.sql(f"CLONE INSTANCE FROM {USER}@127.0.0.1:{scene.donor.port} IDENTIFIED BY %s {clause}", (PASSWORD,))
            answers.append(0)
        except (pymysql.err.Error, OSError) as error:
            answers.append(str(error))
    scene.other.sql("SET GLOBAL clone_valid_donor_list = DEFAULT")
    if stage == BEFORE:
        answers = answers[1:]  # a donor that waits for a lock has not given its slot away yet
    busy = stage in (BEFORE, "DROP DATA", *COPIES)
    if busy and not all("3634" in str(answer) for answer in answers):
        raise Unexpected(f"the second clone was answered {answers}")
    scene.release()
    return Seen()


def donor_ddl(scene: Scene, run: Run, stage: str) -> Seen:
    if stage != BEFORE:  # there a DDL statement is what holds the clone
        for statement in (
            "CREATE TABLE app.during (id INT PRIMARY KEY)",
            "ALTER TABLE app.during ADD COLUMN v INT",
            "INSERT INTO app.during VALUES (1, 1)",
            "TRUNCATE TABLE app.during",
            "DROP TABLE app.during",
        ):
            scene.donor.sql(statement)
    scene.release()
    return Seen()


FAULTS: dict[str, Fault] = {
    "kill -9 donor": kill_donor,
    "kill -9 recipient": kill_recipient,
    "kill module": kill_module,
    "kill controller": kill_controller,
    "link frozen": freeze_link,
    "link cut, back in time": cut_and_back,
    "link cut too long": cut_too_long,
    "disk full": disk_full,
    "KILL QUERY": kill_query,
    "second clone": second_clone,
    "donor DDL": donor_ddl,
}

_NO_STATEMENT = "- no statement is under way any more"
# The recipient tells the donor that all is synced before it says so itself: a donor lost until then is needed once more.
EXPECTED: dict[str, dict[str, str]] = {
    "kill -9 donor": dict.fromkeys((BEFORE, "DROP DATA", *COPIES), "retried")
    | {"FILE SYNC": "retried or finished"}
    | dict.fromkeys(("RESTART", "RECOVERY", TRIAL, SWAP), "finished"),
    "kill -9 recipient": dict.fromkeys((BEFORE, "DROP DATA", *COPIES, "FILE SYNC"), "retried")
    | dict.fromkeys(("RESTART", "RECOVERY"), "finished")
    | {TRIAL: "stopped", SWAP: "finished"},
    "kill module": dict.fromkeys((*STAGES, TRIAL, SWAP), "resumed"),
    "kill controller": dict.fromkeys((*STAGES, TRIAL, SWAP), "resumed"),
    "link frozen": dict.fromkeys((BEFORE, "DROP DATA", *COPIES), "retried")
    | {"FILE SYNC": "retried or finished"}
    | dict.fromkeys(("RESTART", "RECOVERY", TRIAL, SWAP), "finished"),
    # Before the copy begins, the server doesn't try to come back, and the donor keeps nothing for it.
    "link cut, back in time": dict.fromkeys((BEFORE, "DROP DATA"), "retried")
    | dict.fromkeys((*COPIES, "FILE SYNC", "RESTART", "RECOVERY", TRIAL, SWAP), "finished"),
    "link cut too long": dict.fromkeys((BEFORE, "DROP DATA", *COPIES), "retried")
    | dict.fromkeys(("FILE SYNC", "RESTART", "RECOVERY", TRIAL, SWAP), "finished"),
    # A server without room may also die of that by itself (InnoDB asserts that its redo log can grow).
    "disk full": dict.fromkeys((BEFORE, "DROP DATA"), "stopped 3873 or retried")
    | dict.fromkeys(COPIES, "stopped 1026 or retried")
    # Without room the server may say that recovery has failed.
    | {"FILE SYNC": "finished or retried"}
    | dict.fromkeys(("RESTART", "RECOVERY"), "finished or retried")
    | {TRIAL: "stopped", SWAP: "finished"},
    "KILL QUERY": dict.fromkeys((BEFORE, "DROP DATA", *COPIES, "FILE SYNC"), "retried")
    | dict.fromkeys(("RESTART", "RECOVERY", TRIAL, SWAP), _NO_STATEMENT),
    "second clone": dict.fromkeys((*STAGES, TRIAL, SWAP), "finished"),
    "donor DDL": dict.fromkeys((*STAGES, TRIAL, SWAP), "finished"),
}
# Where the method makes a difference: the old data is still there when the trial server finds no room.
BESIDE = {("disk full", "FILE SYNC"): "stopped or finished"}


class Cell(NamedTuple):
    method: str
    stage: str
    fault: str

    @property
    def expected(self) -> str:
        expected = EXPECTED[self.fault][self.stage]
        return BESIDE.get((self.fault, self.stage), expected) if self.method == "side_by_side" else expected

    @property
    def name(self) -> str:
        return f"{self.stage} x {self.fault}" + (" (side_by_side)" if self.method == "side_by_side" else "")

    @property
    def empty(self) -> bool:
        return self.expected.startswith("-")


CELLS = [Cell("replace", stage, fault) for stage in STAGES for fault in FAULTS]
CELLS += [Cell("side_by_side", stage, fault) for stage in SWAP_STAGES for fault in FAULTS]

# For make test: each fault that ends differently, in stages before, while and after data is copied, by both methods.
COVERING = {
    ("replace", BEFORE, "donor DDL"),
    ("replace", "FILE COPY", "kill -9 donor"),
    ("replace", "PAGE COPY", "link frozen"),
    ("replace", "PAGE COPY", "KILL QUERY"),
    ("replace", "FILE SYNC", "kill module"),
    ("replace", "FILE SYNC", "link cut, back in time"),
    ("replace", "RECOVERY", "kill controller"),
    ("replace", "REDO COPY", "kill -9 recipient"),
    ("replace", "RECOVERY", "kill -9 recipient"),
    # In a copy the server itself (9.7.4) has once gone down over the full disk; those cells are played by --all alone.
    ("side_by_side", BEFORE, "disk full"),
    ("side_by_side", SWAP, "kill module"),
}
