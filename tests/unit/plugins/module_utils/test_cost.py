# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What clone_precheck costs: bytes that are sent, modules that are imported, tasks, statements, what goes back.

Ansible sends the sources, and Python compiles each of them on the host. The bounds are what was measured and a little more:
whoever exceeds one has added something that every host pays for.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _precheck
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import Login, Server
from ansible_collections.dbops.mysql_clone.plugins.modules import clone_precheck
from ansible_collections.dbops.mysql_clone.tests.unit.plugins.module_utils.scripted import options
from ansible_collections.dbops.mysql_clone.tests.unit.plugins.module_utils.test_facts import CAPTURED, Replayed, read

PACKAGE = "ansible_collections.dbops.mysql_clone."
COLLECTION = Path(clone_precheck.__file__).parents[2]
# Bytes of source that a check imports. What it needs in special cases only is sent, too, but not compiled.
IMPORTED_BYTES = 119_500
SENT_BYTES = 327_500
# One of them sees to it that the others are compiled once.
IMPORTED_MODULES = 11
# Bytes of source that are compiled, where it was twice as much as what is imported.
COMPILED_BYTES = 120_000
# Statements for a server whose account may see everything, the state of its clone included; for a donor that is known.
STATEMENTS = 34
STATEMENTS_TO_KNOWN = 6
# Values within what is registered for a host. Ansible looks at each of them several times.
RETURNED_VALUES = 80
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


# As Ansible's own code on a host does it: the module is run, what it needs lies in the zip file.
_ZIPPED = """
import json, os, runpy, sys
import ansible.module_utils.basic
sys.path.insert(0, sys.argv[1])
compiled = []
sys.addaudithook(lambda event, more: compiled.append(str(more[1])) if event == "compile" else None)
runpy.run_module("ansible_collections.dbops.mysql_clone.plugins.modules.clone_precheck", run_name="imported")
print(json.dumps(compiled))
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


def test_each_module_is_compiled_once(tmp_path):
    place = Path(*PACKAGE.strip(".").split("."))
    zipped = tmp_path / "sent.zip"
    with zipfile.ZipFile(zipped, "w") as file:
        files = {place / path.relative_to(COLLECTION): path.read_text(encoding="utf-8") for path in sent()}
        parents = {parent / "__init__.py" for name in files for parent in name.parents if parent != Path(".")}
        for name, text in {**dict.fromkeys(parents, ""), **files}.items():
            file.writestr(str(name), text)
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(filter(None, sys.path)))
    done = subprocess.run(
        [sys.executable, "-c", _ZIPPED, str(zipped)], env=environment, capture_output=True, text=True, check=True
    )
    ours = [Path(name).relative_to(zipped) for name in json.loads(done.stdout) if name.startswith(str(zipped))]
    sizes = {name: len(text) for name, text in files.items()}
    assert sum(sizes.get(name, 0) for name in ours if name.parent.name != "modules") < COMPILED_BYTES
    twice = {name.name for name in ours if ours.count(name) > 1}
    # The module itself, and what comes before it can be helped.
    assert twice <= {"clone_precheck.py", "_zipped.py", "__init__.py"}


@pytest.mark.parametrize(("known", "trips", "statements"), [(False, 3, STATEMENTS), (True, 1, STATEMENTS_TO_KNOWN)])
def test_what_a_server_is_asked(known, trips, statements):
    server = Replayed(tables=[])
    read(server, known=known)
    assert len(server.trips) == trips
    assert sum(map(len, server.trips)) <= statements


def test_a_session_begins_with_one_statement(wire):
    with Server(Login("127.0.0.1", wire.port, user="admin", require_tls=False)) as server:
        server.query("SELECT 1")
    begin = [text for text in wire.statements if text != b"SET AUTOCOMMIT = 1"]
    assert [text.split()[0] for text in begin] == [b"SET", b"SELECT"]


def values(of) -> int:
    parts = of.values() if isinstance(of, dict) else of if isinstance(of, list) else ()
    return 1 + sum(map(values, parts))


def test_what_goes_back_to_the_controller():
    facts = {
        name: json.loads((CAPTURED / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("donor", "recipient", "link")
    }
    given = options(clone_precheck.ARGUMENT_SPEC, donor_host="db1", donor_facts=facts["donor"], return_facts=False)
    seen = {"facts": facts["recipient"], "link": facts["link"], "probe": {}, "swap": [], "data_directory": None}
    # As the role asks for it.
    result = _precheck.brief(_precheck.judge(given, seen))
    assert values(result) <= RETURNED_VALUES, values(result)


def test_a_healthy_host_has_one_task_of_its_own():
    """Each task costs each host a process, also one that is skipped; only Ansible's meta tasks don't."""
    tasks = yaml.safe_load((COLLECTION / "roles/precheck/tasks/main.yml").read_text(encoding="utf-8"))
    own = [task for task in tasks if not task.get("run_once")]
    assert [next(key for key in task if "." in key) for task in own[:2]] == [
        "dbops.mysql_clone.clone_precheck",
        "ansible.builtin.meta",
    ]
    assert own[1]["ansible.builtin.meta"] == "end_role"
