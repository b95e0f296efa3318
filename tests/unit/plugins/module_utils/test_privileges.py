# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is done in the server's directories is done with the server's rights."""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import tempfile

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _privileges
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import CloneError

NOBODY = 65534
STATUS = "Name:\tmysqld\nUid:\t27\t27\t27\t27\nGid:\t28\t28\t28\t28\nGroups:\t28 100 \n"


@pytest.fixture
def place():
    """A directory that somebody else than root can reach."""
    path = pathlib.Path(tempfile.mkdtemp(dir="/tmp"))
    path.chmod(0o777)
    yield path
    shutil.rmtree(path)


def test_rights_of_a_process():
    assert _privileges.of_status(STATUS) == (27, 28, (28, 100))
    assert _privileges.of_process(os.getpid())[:2] == (os.geteuid(), os.getegid())


@pytest.mark.parametrize("text", ["", "Uid:\t27\n", "Uid:\tx\ty\nGid:\t1\t1\n"])
def test_a_process_that_is_gone(text):
    with pytest.raises(CloneError, match="has ended"):
        _privileges.of_status(text)


def test_no_process():
    with pytest.raises(CloneError, match="has ended"):
        _privileges.of_process(2**22 + 1)


def test_files_belong_to_whom_the_rights_are(place):
    """Where the tests aren't run as root there is nothing to give up, and the file is their user's."""
    rights = _privileges.Privileges(NOBODY, NOBODY)
    _privileges.work_as(rights, (place / "made").touch)
    assert (place / "made").stat().st_uid == (NOBODY if os.geteuid() == 0 else os.geteuid())


def test_root_s_files_stay_out_of_reach(place):
    (place / "secret").write_text("s")
    (place / "secret").chmod(0o600)
    (place / "link").symlink_to(place / "secret")

    def read():
        (place / "link").read_text()

    rights = _privileges.Privileges(NOBODY, NOBODY, (NOBODY,))
    with pytest.raises(CloneError, match="Permission denied") if rights.drops else contextlib.nullcontext():
        _privileges.work_as(rights, read)


def test_what_goes_wrong_is_told(place):
    def fail():
        raise OSError("no room")

    with pytest.raises((CloneError, OSError), match="no room"):
        _privileges.work_as(_privileges.Privileges(NOBODY, NOBODY), fail)


def test_a_server_that_runs_as_root_is_served_as_root():
    assert not _privileges.Privileges(0, 0).drops
    done = []
    _privileges.work_as(_privileges.Privileges(0, 0), lambda: done.append(os.getpid()))
    assert done == [os.getpid()]
