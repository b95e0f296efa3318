# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What clone_precheck costs a host before it asks anything: bytes that are sent, modules that are imported, tasks.

Ansible sends the sources, and Python compiles each of them on the host, twice. The bounds are what was measured and a
little more: whoever exceeds one has added something that every host pays for.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import yaml

from ansible_collections.dbops.mysql_clone.plugins.modules import clone_precheck

PACKAGE = "ansible_collections.dbops.mysql_clone."
COLLECTION = Path(clone_precheck.__file__).parents[2]
# Bytes of source that a check imports. What it needs in special cases only is sent, too, but not compiled.
IMPORTED_BYTES = 117_000
SENT_BYTES = 328_000
IMPORTED_MODULES = 9
# None of them is needed to ask a server something, and each takes milliseconds.
TOO_DEAR = {
    "argparse",
    "asyncio",
    "concurrent.futures",
    "cryptography",
    "email",
    "http",
    "multiprocessing",
    "unittest",
    "urllib.request",
}

_PROGRAM = """
import json, sys
import ansible.module_utils.basic
before = set(sys.modules)
import ansible_collections.dbops.mysql_clone.plugins.modules.clone_precheck
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def source(name: str) -> Path | None:
    """The file of a module of ours."""
    path = COLLECTION.joinpath(*name[len(PACKAGE) :].split("."))
    return next((one for one in (path.with_suffix(".py"), path / "__init__.py") if one.is_file()), None)


def imports(path: Path) -> set[str]:
    """The modules of ours that a file imports anywhere, which is what Ansible sends along."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE):
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name for name in found if source(name)}


def sent() -> set[Path]:
    todo, seen = {Path(clone_precheck.__file__)}, set()
    while todo:
        path = todo.pop()
        seen.add(path)
        todo |= {source(name) for name in imports(path)} - seen
    return seen


def imported() -> list[str]:
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join([str(COLLECTION.parents[2]), *filter(None, sys.path)]))
    done = subprocess.run([sys.executable, "-c", _PROGRAM], env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_what_is_sent():
    assert sum(path.stat().st_size for path in sent()) < SENT_BYTES


def test_what_is_imported():
    names = imported()
    ours = [source(name) for name in names if name.startswith(PACKAGE) and source(name)]
    assert len(ours) <= IMPORTED_MODULES
    assert sum(path.stat().st_size for path in ours) < IMPORTED_BYTES
    assert not TOO_DEAR & set(names)
    # The controller judges; the catalogue is for those who want to know more.
    absent = ("._precheck", "._errors", "._error_cases", "._job", "._swap", "._probe")
    assert not [name for name in names if name.endswith(absent) or "._rules" in name]


def test_a_healthy_host_has_one_task_of_its_own():
    """Each task costs each host a process, also one that is skipped; only Ansible's meta tasks don't."""
    tasks = yaml.safe_load((COLLECTION / "roles/precheck/tasks/main.yml").read_text(encoding="utf-8"))
    own = [task for task in tasks if not task.get("run_once")]
    assert [next(key for key in task if "." in key) for task in own[:2]] == [
        "dbops.mysql_clone.clone_precheck",
        "ansible.builtin.meta",
    ]
    assert own[1]["ansible.builtin.meta"] == "end_role"
