# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a command and tells what it and all its descendants used: ``meter.py REPORT COMMAND...``; see harness.py.

A process of its own, and a small one: descendants that lose their parent become its children, and the peak memory that
the kernel reports for a child can't be less than that of the process that forked it.
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import time

_PR_SET_CHILD_SUBREAPER = 36
# Descendants that outlive the command for longer are servers, or lost.
_ORPHANS_SECONDS = 30


def main() -> int:
    """Run the command, wait for orphans, write the report (JSON), and return the command's status."""
    report, command = sys.argv[1], sys.argv[2:]
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    begun = time.monotonic()
    process = subprocess.Popen(command)
    used = {"user": 0.0, "system": 0.0, "rss": 0}
    status = wall = None
    while True:
        try:
            pid, ended, usage = os.wait4(-1, 0 if wall is None else os.WNOHANG)
        except ChildProcessError:
            break
        if pid == 0:
            if time.monotonic() - begun - wall > _ORPHANS_SECONDS:
                break
            time.sleep(0.02)
            continue
        used["user"] += usage.ru_utime
        used["system"] += usage.ru_stime
        used["rss"] = max(used["rss"], usage.ru_maxrss * 1024)
        if pid == process.pid:
            wall = time.monotonic() - begun
            status = os.waitstatus_to_exitcode(ended)
    with open(report, "w", encoding="utf-8") as file:
        json.dump(dict(used, wall=wall), file)
    return 0 if status == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
