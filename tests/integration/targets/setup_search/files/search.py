# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Search what a server of the lab wrote for a word: ``search.py WORD MYSQLBINLOG DIRECTORY_OF_THE_NODE``.

Exit status 1 when the word was found, 2 when there was nothing to search.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Print each find with its file."""
    word, mysqlbinlog, node = sys.argv[1].encode(), sys.argv[2], Path(sys.argv[3])
    texts = {
        file: file.read_bytes() for file in [*node.glob("*.log*"), *node.glob("data/*.log"), *node.glob("data/*.json")]
    }
    for file in sorted((node / "data").iterdir()):
        if re.fullmatch(r"binlog\.[0-9]+", file.name):
            texts[file] = subprocess.run(
                [mysqlbinlog, "--no-defaults", "--verbose", file], capture_output=True, check=True
            ).stdout
    logged = sum(text.count(b"CREATE USER") for text in texts.values())
    finds = [(file, line) for file, text in texts.items() for line in text.splitlines() if word.lower() in line.lower()]
    for file, line in finds:
        print(f"{file}: {line.decode(errors='replace')}")
    print(f"{len(texts)} files searched, {logged} statements CREATE USER in them, {len(finds)} finds")
    return 1 if finds else 0 if logged else 2


sys.exit(main())
