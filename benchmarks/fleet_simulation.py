# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python benchmarks/fleet_simulation.py``: the scheduler of the playbook fleet against up to 10 000 simulated recipients.

The scheduler is the real one; clones are durations: 60 s of copying and 5 s of restart, equal, or lognormal around that (and
known only roughly before), with failures, and with zones. Compared with the bound of doubling donors, ceil(log2((N+D)/D)) times
a clone's whole duration, and with fixed waves (all donors start together, and the next wave when all are done).

The second table is of seven recipients as the playbook sees them: now and then, late, and with copies that begin much faster
than they go on. ``to_sequence`` is their time by that of one recipient after the other.
"""

from __future__ import annotations

import json
import random
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / ".cache/collections")]

from ansible_collections.dbops.mysql_clone.plugins.plugin_utils import _fleet  # noqa: E402 (needs the path above)

COPY, RESTART = 60.0, 5.0
SIZES = (7, 50, 200, 1000, 10_000)
DONORS = (1, 3)
SPREAD, FAILURES, ZONES = 0.5, 0.03, 4
# Seconds of a copy and of a restart, and which part of the data the first half second carries.
WATCHED = [(copy, restart, burst) for copy, restart in ((5.5, 3), (20, 4), (60, 5), (600, 5)) for burst in (0, 0.2)]


def waves(durations: list[float], donors: int) -> float:
    """Seconds that fixed waves take: as many clones as there are donors, then a barrier."""
    total, begin = 0.0, 0
    while begin < len(durations):
        wave = durations[begin : begin + donors]
        total += max(wave)
        begin += len(wave)
        donors += len(wave)
    return total


def cases(number: int, donors: int, rand: random.Random) -> dict[str, float]:
    """One line of the table."""
    sources: list[tuple[str, str | None]] = [(f"d{place}", "z0") for place in range(donors)]
    equal = [_fleet.Recipient(f"r{place}", None, COPY, RESTART) for place in range(number)]
    even = _fleet.simulate(sources, equal)
    real = {one.name: COPY * rand.lognormvariate(0, SPREAD) for one in equal}
    guessed = [one._replace(copy=real[one.name] * rand.lognormvariate(0, 0.2)) for one in equal]
    uneven = _fleet.simulate(sources, guessed, really=lambda one, _donor: (real[one.name], RESTART, False))
    failing = _fleet.simulate(sources, equal, really=lambda *_clone: (COPY, RESTART, rand.random() < FAILURES))
    zoned = [one._replace(zone=f"z{place % ZONES}") for place, one in enumerate(equal)]
    zones = {one.name: one.zone for one in zoned} | dict(sources)
    between = _fleet.simulate(sources, zoned)
    bound = _fleet.bound(number, donors, COPY + RESTART)
    return {
        "recipients": number,
        "donors": donors,
        "rounds": even.rounds,
        "seconds": round(even.makespan, 1),
        "to_bound": round(even.makespan / bound, 3),
        "uneven_to_waves": round(uneven.makespan / waves([real[one.name] + RESTART for one in equal], donors), 3),
        "with_failures_to_bound": round(failing.makespan / bound, 3),
        "given_up": len(failing.failed),
        "most_by_one_donor": max(sum(edge.donor == name for edge in even.edges) for name, _zone in sources),
        "zones_to_bound": round(between.makespan / bound, 3),
        "between_zones": sum(zones[edge.recipient] != zones[edge.donor] for edge in between.edges),
    }


class Watched:
    """Clones as clone_run tells of them between two looks; ``burst`` is the part of the data that comes in the first half second.

    A pass over the hosts takes ``overhead`` seconds beside what it waits, and ``start`` more when clones begin in it.
    """

    SIZE = 1000.0

    def __init__(self, copy: float, restart: float, burst: float, overhead: float = 0.5, start: float = 1.0) -> None:
        self.copy, self.restart, self.burst = copy, restart, burst
        self.overhead, self.start = overhead, start
        self.clones: dict[str, float] = {}  # when each copy begins

    def poll(self, name: str, at: float) -> dict[str, Any]:
        """What clone_run says of a recipient at a time."""
        spent = at - self.clones[name]
        if spent >= self.copy + self.restart:
            return {"finished": True, "reason": "a clone is due", "seen": 3}
        clone: dict[str, Any] = {"stage": None}
        if spent >= self.copy:
            clone = {"stage": "RESTART"}
        elif spent > 0:
            part = self.burst * min(1.0, spent / 0.5) + (1 - self.burst) * spent / self.copy
            done = min(0.99, part) * self.SIZE
            left = int((self.SIZE - done) * spent / done)
            clone = {"stage": "FILE COPY", "eta_seconds": left, "bytes_done": done, "bytes_total": self.SIZE}
        return {"finished": False, "clone": clone, "seen": 2}

    def run(self, number: int, fanout: str = "tree") -> tuple[float, int]:
        """Seconds from the first clone's begin to the last one's end, and the passes that it took."""
        known = {"ready": True, "cloned": False, "root": "d", "seconds": self.copy + self.restart, "bytes": 1}
        state = _fleet.begin(["d"], {f"r{place}": known for place in range(number)}, {}, fanout, 0.0)
        slots: dict[str, float] = {}
        polls: dict[str, dict[str, Any]] = {}
        now, passes = 0.0, 0
        while True:
            state = _fleet.advance(state, polls, now, forks=10)
            if state["done"]:
                break
            passes += 1
            fresh = [name for name in state["active"] if name not in self.clones]
            for name in fresh:
                donor = state["hosts"][name]["donor"]
                self.clones[name] = max(now + self.start, slots.get(donor, 0.0))
                slots[donor] = self.clones[name] + self.copy
            begin = now + (self.start if fresh else 0.0)
            # A look ends when its clone does.
            ends = {
                name: min(begin + state["wait"], max(begin, self.clones[name] + self.copy + self.restart))
                for name in state["active"]
            }
            polls = {name: self.poll(name, end) for name, end in ends.items()}
            now = max(ends.values()) + self.overhead
        return max(self.clones.values()) + self.copy + self.restart - min(self.clones.values()), passes


def watched(copy: float, restart: float, burst: float, number: int = 7) -> dict[str, float]:
    """One line of the second table."""
    seconds, passes = Watched(copy, restart, burst).run(number)
    return {
        "copy": copy,
        "restart": restart,
        "burst": burst,
        "passes": passes,
        "seconds": round(seconds, 1),
        "to_sequence": round(seconds / (number * (copy + restart)), 3),
    }


def show(rows: list[dict[str, float]]) -> None:
    names = list(rows[0])
    print("  ".join(names))
    for row in rows:
        print("  ".join(str(row[name]).rjust(len(name)) for name in names))


def main() -> None:
    """Print the tables and keep them as JSON."""
    rand = random.Random(1)
    begun = time.perf_counter()
    rows = [cases(number, donors, rand) for number in SIZES for donors in DONORS]
    show(rows)
    looked = [watched(*case) for case in WATCHED]
    print()
    show(looked)
    print(f"{time.perf_counter() - begun:.1f} s")
    results = ROOT / "benchmarks/results"
    results.mkdir(exist_ok=True)
    (results / "fleet_simulation.json").write_text(
        json.dumps({"durations": rows, "watched": looked}, indent=1) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
