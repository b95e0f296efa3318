# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of this directory share."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

from ansible_collections.dbops.mysql_clone.tests.unit.plugins.module_utils.wire import Wire

# The same examples in each run of a CI job, others on each run of a developer.
settings.register_profile("ci", max_examples=60, deadline=None, derandomize=True, database=None)
settings.register_profile("local", max_examples=60, deadline=None, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.fixture
def wire():
    server = Wire()
    yield server
    server.close()
