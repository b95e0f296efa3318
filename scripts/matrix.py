# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All of the truth table, the diagnosis table and the fault matrix, one after the other on one lab of real servers.

    python scripts/matrix.py [--write]

``make test`` plays the parts of them that cover everything once. With ``--write`` the pages in docs/ are written anew.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time

import tree

TARGETS = tree.ROOT / "tests/integration/targets"


def main() -> int:
    """Run the three; 1 when one of them found something wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write the pages in docs/ anew")
    write = parser.parse_args().write
    name = f"matrix-{os.getpid()}"
    lab = [sys.executable, "-m", "lab"]
    programs = {
        "truth table": ["truth_table/files/truth_table.py", "--lab", name, "--write", "docs/truth_table.md"],
        "diagnosis table": [
            "clone_diagnose/files/diagnosis_table.py",
            name,
            "--all",
            "--write",
            "docs/diagnosis_table.md",
        ],
        "fault matrix": [
            "fault_matrix/files/fault_matrix.py",
            "--lab",
            name,
            "--all",
            "--write",
            "docs/fault_matrix.md",
        ],
    }
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tree.link()), str(tree.ROOT)])}
    outcomes = {}
    up = [*lab, "up", "--name", name, "--nodes", "3", "--owner", str(os.getpid())]
    try:
        subprocess.run(
            [*up, "--inventory", str(tree.CACHE / f"{name}.yml")], cwd=tree.ROOT, check=True, stdout=subprocess.DEVNULL
        )
        for what, (script, *arguments) in programs.items():
            print(f"\n== {what}", flush=True)
            if not write and "--write" in arguments:
                arguments = arguments[: arguments.index("--write")]
            begin = time.monotonic()
            done = subprocess.run(
                [sys.executable, str(TARGETS / script), *arguments], cwd=tree.ROOT, env=environment, check=False
            )
            outcomes[what] = f"{'ok' if done.returncode == 0 else 'WRONG'}, {time.monotonic() - begin:.0f} s"
    finally:
        subprocess.run([*lab, "down", "--name", name], cwd=tree.ROOT, check=False)
    print()
    for what, outcome in outcomes.items():
        print(f"{what}: {outcome}")
    return 1 if any("WRONG" in outcome for outcome in outcomes.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
