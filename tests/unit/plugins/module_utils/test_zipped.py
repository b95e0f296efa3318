# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _zipped

SOURCES = {
    "package/__init__.py": "",
    "package/_zipped.py": Path(_zipped.__file__).read_text(encoding="utf-8"),
    "package/inner/__init__.py": "from package.inner import deep\n",
    "package/inner/deep.py": "WHERE = 'deep'\n",
    "package/module.py": "from package.inner.deep import WHERE\n\n\ndef broken():\n    raise ValueError(WHERE)\n",
}
PROGRAM = """
import json, sys, traceback
compiled = []
sys.addaudithook(lambda event, more: compiled.append(str(more[1])) if event == "compile" else None)
import package._zipped
import package.module as module
try:
    import package.absent
except ImportError as error:
    absent = str(error)
try:
    module.broken()
except ValueError:
    trace = traceback.format_exc()
here = dict(file=module.__file__, package=module.__package__, name=module.__name__, absent=absent, trace=trace)
print(json.dumps(dict(here, compiled=compiled, finder=package._zipped.Finder in sys.meta_path)))
"""


def in_a_process(place):
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(place)!r})\n{PROGRAM}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.fixture
def zipped(tmp_path):
    path = tmp_path / "sources.zip"
    with zipfile.ZipFile(path, "w") as file:
        for name, text in SOURCES.items():
            file.writestr(name, text)
    return path


def test_a_module_in_a_zip_file_is_compiled_once(zipped):
    seen = in_a_process(zipped)
    assert seen["finder"]
    for name in ("package/module.py", "package/inner/deep.py"):
        assert seen["compiled"].count(f"{zipped}/{name}") == 1


def test_it_is_like_any_other_module(zipped):
    seen = in_a_process(zipped)
    assert seen["file"] == f"{zipped}/package/module.py"
    assert (seen["name"], seen["package"]) == ("package.module", "package")
    assert "raise ValueError(WHERE)" in seen["trace"]
    assert seen["absent"] == "No module named 'package.absent'"


def test_modules_in_directories_are_left_alone(tmp_path):
    for name, text in SOURCES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    seen = in_a_process(tmp_path)
    assert not seen["finder"]
    assert "deep" in seen["trace"]
    assert _zipped.Finder not in sys.meta_path
