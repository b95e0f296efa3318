# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look for counter-examples by coverage: ``python scripts/fuzz.py [--seconds 20] [PROPERTY...]``.

The properties of the unit tests (test_fuzz.py, test_alerts.py), driven by atheris: what leads to lines that no example has been to
is what it varies further. It needs ``pip install atheris`` in the virtual environment, which is there for some Pythons only. In the
unit tests themselves hypothesis chooses the examples.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import os
import re
import subprocess
import sys
import tempfile

import tree

TESTS = "ansible_collections.dbops.mysql_clone.tests.unit.plugins."
MODULES = ("module_utils.test_fuzz", "plugin_utils.test_alerts")
READ = ["ansible_collections.dbops.mysql_clone.plugins"]
# The exit status of libFuzzer, which atheris is, when the code under test has raised something.
FOUND = 77


def properties() -> dict[str, str]:
    """The module of each property. Those that pytest gives parameters to, too, are left to pytest."""
    found = {}
    for module in MODULES:
        for name, function in vars(importlib.import_module(TESTS + module)).items():
            if hasattr(function, "hypothesis") and not inspect.signature(function).parameters:
                found[name] = module
    return found


def one(name: str, module: str, seconds: int) -> None:
    """Drive one property; ends the process."""
    import atheris

    with atheris.instrument_imports(include=READ):
        test = getattr(importlib.import_module(TESTS + module), name)
    options = [f"-max_total_time={seconds}", "-max_len=4096", "-print_final_stats=1", "-verbosity=0"]
    atheris.Setup([sys.argv[0], *options], test.hypothesis.fuzz_one_input)
    atheris.Fuzz()


def main() -> int:
    """Drive each property in a process of its own, which atheris ends; 1 when one of them doesn't hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("properties", nargs="*", metavar="PROPERTY", help="by default all")
    parser.add_argument("--seconds", type=int, default=20, help="for each of them (default: 20)")
    parser.add_argument("--in-module", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    sys.path[:0] = [str(tree.link()), str(tree.ROOT)]
    if arguments.in_module:
        one(arguments.properties[0], arguments.in_module, arguments.seconds)
    known = properties()
    if unknown := sorted(set(arguments.properties) - set(known)):
        parser.error(f"no property {', '.join(unknown)}: there are {', '.join(known)}")
    failed = 0
    for name in arguments.properties or known:
        command = [sys.executable, __file__, name, "--in-module", known[name], "--seconds", str(arguments.seconds)]
        # An input that is found is written into the working directory.
        with tempfile.TemporaryDirectory() as directory:
            done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False, env=os.environ)
        runs = re.search(r"number_of_executed_units: (\d+)", done.stderr)
        outcome = "holds" if done.returncode == 0 else "DOES NOT HOLD" if done.returncode == FOUND else "BROKE OFF"
        print(f"{name}: {outcome}, {runs[1] if runs else 'no'} inputs", flush=True)
        if done.returncode:
            print((done.stdout + done.stderr)[-6000:])
            failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
