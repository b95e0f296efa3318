# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a command and look, all the time, whether a word stands in anybody's argv: ``watch.py FILE_WITH_THE_WORD COMMAND...``."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path


def main() -> int:
    """Return the command's status, or 99 when the word was seen or too little was looked at."""
    word = Path(sys.argv[1]).read_bytes().strip()
    seen, looks = set(), 0
    with subprocess.Popen(sys.argv[2:]) as process:
        while process.poll() is None:
            for file in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    arguments = file.read_bytes()
                except OSError:
                    continue
                if word in arguments:
                    seen.add(arguments)
            looks += 1
            time.sleep(0.05)
    for arguments in sorted(seen):
        print("SEEN IN ARGV:", arguments)
    print(f"watched argv: {looks} looks, {len(seen)} finds")
    return 99 if seen or looks < 20 else process.returncode


sys.exit(main())
