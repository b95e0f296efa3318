# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose data may be lost."""

from __future__ import annotations

import pytest

from ansible_collections.dbops.mysql_clone.plugins.lookup.overwrite import allowed, names


@pytest.mark.parametrize(
    ("overwrite", "required", "confirmed", "answer"),
    [
        (False, False, ["db2"], False),
        (True, False, None, True),
        (True, True, None, False),
        (True, False, ["db3"], False),
        (True, True, ["db2", "db3"], True),
        (True, False, [], False),
    ],
)
def test_a_confirmation_names_the_host(overwrite, required, confirmed, answer):
    assert allowed("db2", overwrite, required, confirmed) is answer


def test_names_are_a_list_or_a_text():
    assert names("db2, db3,") == names(["db2", "db3"]) == ["db2", "db3"]
