# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clone-only filtering of a large log against grep on the same file: ``speed.py LOG DIRECTORY``.

The file is a real server's log repeated to 200 MB, with a line about a clone in every 500. The exit status is 1 below
100 MB a second of CPU time.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _errorlog

SIZE = 200_000_000
WANTED = 100
CLONE = (
    b"2026-11-22T20:14:04.923212Z 18 [Note] [MY-013272] [Clone] Plugin Clone reported: 'Client: Source Network issue: "
    b"error: 1158: Got an error reading communication packets.'\n"
)


def make(log: Path, target: Path) -> int:
    """Write the large log; returns how many lines in it are about clones."""
    plain = [line + b"\n" for line in log.read_bytes().splitlines() if b"lone" not in line]
    block = b"".join(plain[number % len(plain)] if number % 500 else CLONE for number in range(100_000))
    count = SIZE // len(block) + 1
    with open(target, "wb") as file:
        for _number in range(count):
            file.write(block)
    return count * 200


def main() -> int:
    """Measure and print; CPU time, so that other work on the machine doesn't count."""
    target = Path(sys.argv[2], "large.log")
    expected = make(Path(sys.argv[1]), target)
    size = target.stat().st_size / 1e6
    collector = _errorlog.Collector(_errorlog.Wanted(clone_only=True))
    begin = time.process_time()
    with open(target, "rb") as stream:
        collector.take_stream(stream)
    own = size / (time.process_time() - begin)
    begin = time.monotonic()
    found = int(subprocess.run(["grep", "-ci", "clone", target], capture_output=True, text=True, check=True).stdout)
    grep = size / (time.monotonic() - begin)
    print(f"{size:.0f} MB: clone_log {own:.0f} MB/s, grep -ci clone {grep:.0f} MB/s, ratio {grep / own:.1f}")
    print(f"lines about clones: {expected}, found {collector.counts['events']}, by grep {found}")
    return 0 if own >= WANTED and collector.counts["events"] == expected == found else 1


if __name__ == "__main__":
    sys.exit(main())
