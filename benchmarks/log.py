# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast an error log is read, and with how much memory: python benchmarks/log.py [--megabytes 100 1000] [--rounds 3]

The log is made up of lines as the server writes them: refused logins, notes, warnings, and a clone every 10 MB. Candidates:

* ``grep``: grep -ci clone;
* ``clone_only``: clone_log with clone_only=true, which tells the story of each clone;
* ``all_events``: clone_log without it, which parses and classifies every line.

The module runs as a process by itself. ``rss`` is its peak; it must not grow with the log. ``MB/s`` counts the module's start.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

import harness

MEGABYTE = 1_000_000
CLONE_EVERY = 10
NOISE = (
    "{t} 812 [Note] [MY-010926] [Server] Access denied for user 'app'@'192.0.2.17' (using password: YES)",
    "{t} 813 [Note] [MY-010914] [Server] Aborted connection 813 to db: 'shop' user: 'app' host: '192.0.2.18' (Got timeout reading "
    "communication packets).",
    "{t} 0 [Warning] [MY-011071] [Server] unknown variable 'loose_something=1'",
    "{t} 0 [Note] [MY-012551] [InnoDB] Initiating mutex and rw-lock statistics",
    "{t} 44 [Warning] [MY-013360] [Server] Plugin mysql_native_password reported: ''mysql_native_password' is deprecated'",
    "{t} 0 [Note] [MY-013887] [InnoDB] Index statistics of table shop/order_lines recalculated: 128 pages sampled",
    "{t} 9 [ERROR] [MY-010584] [Repl] Replica I/O for channel '': Error reconnecting to source 'repl@192.0.2.11:3306'. "
    "This was attempt 3/86400, with a delay of 60 seconds between attempts. Message: Can't connect (111)",
)
CLONE = (
    "{t} 19 [Note] [MY-013457] [InnoDB] Clone Begin Master Task by cu@localhost",
    "{t} 19 [Note] [MY-013458] [InnoDB] Clone State BEGIN FILE COPY",
    "{t} 19 [Note] [MY-013459] [InnoDB] Clone Master n/w error code: 1160: Got an error writing communication packets",
    "{t} 19 [Note] [MY-013457] [InnoDB] Clone End Master Task ID: 0 Failed, code: 1160: Got an error writing communication packets",
)


def write_log(path: Path, megabytes: int) -> None:
    """A log of that size, a block of 1 MB for each second."""
    noise = []
    while sum(map(len, noise)) < MEGABYTE:
        noise += [f"{line}\n" for line in NOISE]
    block, clone = "".join(noise), "".join(f"{line}\n" for line in CLONE)
    begin = datetime(2026, 1, 1, tzinfo=timezone.utc)
    with open(path, "w", encoding="utf-8") as file:
        for number in range(megabytes):
            time = (begin + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%S.000000Z")
            text = (clone if number % CLONE_EVERY == 0 else "") + block
            file.write(text.replace("{t}", time)[:MEGABYTE].rpartition("\n")[0] + "\n")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(arguments)
    peer = harness.Peer()
    report = harness.Report("log", vars(options), peer.versions())
    for megabytes in options.megabytes:
        with tempfile.TemporaryDirectory(prefix="bench-log-", dir=harness.scratch()) as temporary:
            log = Path(temporary, "error.log")
            write_log(log, megabytes)

            def rated(figures: harness.Figures, size: int = log.stat().st_size) -> harness.Figures:
                return figures | {"MB/s": size / MEGABYTE / figures["wall"]}

            def module(
                clone_only: bool, path: Path = log, clones: int = -(-megabytes // CLONE_EVERY)
            ) -> harness.Figures:
                figures, result = peer.module("clone_log", {"path": str(path), "clone_only": clone_only})
                found = len(result["clones"])
                if found != min(clones, 50):
                    raise harness.Failed(f"the log holds {clones} clones, clone_log found {found}")
                return rated(figures)

            def grep(path: Path = log) -> harness.Figures:
                return rated(harness.measure(["grep", "-ci", "clone", path])[0])

            candidates = {
                "grep": grep,
                "clone_only": lambda: module(True),
                "all_events": lambda: module(False),
            }
            print(f"log of {megabytes} MB", flush=True)
            report.part(f"{megabytes} MB", harness.take_turns(candidates, options.rounds), "grep", megabytes=megabytes)


if __name__ == "__main__":
    main()
