# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python benchmarks/fleet_simulation.py``: the scheduler of the playbook fleet against up to 10 000 simulated recipients.

The scheduler is the real one; clones are durations: 60 s of copying and 5 s of restart, equal, or lognormal around that (and
known only roughly before), with failures, and with zones. Compared with the bound of doubling donors, ceil(log2((N+D)/D)) times
a clone's whole duration, and with fixed waves (all donors start together, and the next wave when all are done).
"""

from __future__ import annotations

import json
import random
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / ".cache/collections")]

from ansible_collections.dbops.mysql_clone.plugins.plugin_utils import _fleet  # noqa: E402 (needs the path above)

COPY, RESTART = 60.0, 5.0
SIZES = (7, 50, 200, 1000, 10_000)
DONORS = (1, 3)
SPREAD, FAILURES, ZONES = 0.5, 0.03, 4


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


def main() -> None:
    """Print the table and keep it as JSON."""
    rand = random.Random(1)
    begun = time.perf_counter()
    rows = [cases(number, donors, rand) for number in SIZES for donors in DONORS]
    names = list(rows[0])
    print("  ".join(names))
    for row in rows:
        print("  ".join(str(row[name]).rjust(len(name)) for name in names))
    print(f"{time.perf_counter() - begun:.1f} s")
    results = ROOT / "benchmarks/results"
    results.mkdir(exist_ok=True)
    (results / "fleet_simulation.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
