# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose clone a run reports when an earlier run's starter was killed before he heard of it."""

from __future__ import annotations

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _context, _job, _operation, _run
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import Login

BEGUN = "2026-11-23T07:00:00Z"
GOAL = _context.Wanted(
    donors=(_context.Donor(Login("db1", 3306, user="cu")),), logins=(Login(unix_socket="/run/r.sock"),), force=True
)


@pytest.fixture
def job(tmp_path):
    """The job of a run that has made a clone."""
    made = _job.Job(str(tmp_path), "r")
    made.start(
        {"donors": ["db1:3306"]},
        lambda journal: {"changed": True, "clone": {"state": "completed", "begin_time": BEGUN}},
    )
    made.wait(0, 10)
    return made


@pytest.fixture(autouse=True)
def now(monkeypatch):
    """The recipient's newest clone."""
    clone = {"state": "completed", "begin_time": BEGUN}
    monkeypatch.setattr(_operation, "current", lambda logins, link: clone)
    return clone


def test_force_reports_the_clone_that_nobody_heard_of(job):
    assert _run._unheard(GOAL, job)


def test_force_clones_again_when_somebody_did(job):
    job.told()
    assert not _run._unheard(GOAL, job)


def test_a_younger_clone_is_not_the_run_s(job, now):
    now["begin_time"] = "2026-11-23T07:05:00Z"
    assert not _run._unheard(GOAL, job)


def test_nor_is_one_from_another_donor(job):
    other = GOAL._replace(donors=(_context.Donor(Login("db2", 3306, user="cu")),))
    assert not _run._unheard(other, job)
