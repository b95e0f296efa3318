# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of this directory share."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import settings

from ansible_collections.dbops.mysql_clone.tests.unit.plugins.module_utils.wire import Wire

# The same few examples in each run; FUZZ=1000 looks for so many new ones.
settings.register_profile("same", max_examples=30, deadline=None, derandomize=True, database=None)
settings.register_profile("new", max_examples=int(os.environ.get("FUZZ", "1")), deadline=None, database=None)
settings.load_profile("new" if "FUZZ" in os.environ else "same")


@pytest.fixture
def wire():
    server = Wire()
    yield server
    server.close()


@pytest.fixture
def mysqld(tmp_path):
    """A process of a program that is called mysqld and works in a data directory; both."""
    program = tmp_path / "mysqld"
    shutil.copy(shutil.which("sleep"), program)
    datadir = tmp_path / "data"
    datadir.mkdir()
    with subprocess.Popen([program, "60"], cwd=datadir, env={"A": "1"}) as process:
        try:
            # The kernel lets the starter go on a moment before the process has its new name.
            deadline = time.monotonic() + 10
            while Path(f"/proc/{process.pid}/comm").read_text(encoding="utf-8") != "mysqld\n":
                assert time.monotonic() < deadline
                time.sleep(0.01)
            yield process, datadir
        finally:
            process.kill()
