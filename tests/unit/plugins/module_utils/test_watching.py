# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a clone under way must be ended."""

from __future__ import annotations

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _progress, _watching


@pytest.mark.parametrize(
    ("stage", "settings", "copied", "answers", "expected"),
    [
        ("FILE COPY", {}, 10**12, True, 20),
        # A DDL statement on the donor is waited for, but not a donor that isn't there.
        (None, {"clone_ddl_timeout": 60}, 0, True, 70),
        (None, {"clone_ddl_timeout": 60}, 0, False, 20),
        (None, {}, 0, True, 310),
        (None, {"clone_ddl_timeout": 0}, 0, True, 20),
        ("DROP DATA", {"clone_delay_after_data_drop": 600}, 0, True, 620),
        ("DROP DATA", {"clone_delay_after_data_drop": 600}, 0, False, 20),
        ("FILE SYNC", {}, 10**9, True, 40),
    ],
)
def test_stall_budget(stage, settings, copied, answers, expected):
    assert _watching.stall_budget(stage, 20, settings, copied, answers) == expected


def view(stalled):
    return dict(_progress.NONE, state="in_progress", stage="FILE COPY", stalled_seconds=stalled)


@pytest.mark.parametrize(
    ("stalled", "left", "cancelled", "donor", "answers", "words", "retry"),
    [
        (0, 10, False, None, True, None, "never"),
        (19, 10, False, None, True, None, "never"),
        (20, 10, False, None, True, "answers", "next_donor"),
        (20, 10, False, None, False, "does not answer", "next_donor"),
        (4, 10, False, "the donor is down", False, "is down", "next_donor"),
        (0, 0, False, None, True, "time for the run", "never"),
        (99, 0, True, "the donor is down", True, "cancelled as asked", "never"),
    ],
)
def test_verdict(stalled, left, cancelled, donor, answers, words, retry):
    found = _watching.verdict(view(stalled), left, cancelled, 20, donor, answers)
    assert found.retry == retry
    assert found.why is None if words is None else words in found.why


@pytest.mark.parametrize(
    ("stalled", "left", "cancelled", "donor", "answers", "remedy", "side"),
    [
        (0, 10, False, None, True, "", "client"),
        (0, 10, True, None, True, "Run the task again when the clone is wanted.", "client"),
        (0, 0, False, None, True, "Give it more time (timeout, deadline), or a faster link or donor.", "client"),
        (
            20,
            10,
            False,
            None,
            True,
            "Mend what holds the clone up, or raise stall_timeout where so long a silence is to be expected, and clone again.",
            "link",
        ),
        (
            20,
            10,
            False,
            None,
            False,
            "See whether the donor's host and the link to it are up, then clone again, or name another donor.",
            "link",
        ),
        (4, 10, False, "it is down", False, "Clone again once the donor is up, or name another one.", "donor"),
    ],
)
def test_what_to_do_about_it_and_who(stalled, left, cancelled, donor, answers, remedy, side):
    found = _watching.verdict(view(stalled), left, cancelled, 20, donor, answers)
    assert (found.remedy, found.side) == (remedy, side)


def test_a_stall_before_the_first_stage_has_a_name_too():
    found = _watching.verdict(dict(view(20), stage=None), 10, False, 20, None, True)
    assert found.why.startswith("no progress in stage STARTING for 20 seconds")


def test_news_are_rarer_the_longer_it_takes():
    assert [_watching.news_seconds(seconds) for seconds in (0, 15, 300)] == [1.0, 5.0, 30.0]


@pytest.mark.parametrize(
    ("begin", "reference", "expected"),
    [
        ("2026-11-22T19:43:31Z", "2026-11-22T19:43:30.500Z", True),
        ("2026-11-22T19:43:31Z", "2026-11-22T19:43:31Z", True),
        ("2026-11-22T19:43:30Z", "2026-11-22T19:43:31Z", False),
        ("2026-11-22T19:43:31Z", None, True),
        (None, "2026-11-22T19:43:31Z", False),
        (None, None, False),
    ],
)
def test_what_began_later_is_younger(begin, reference, expected):
    assert _watching.is_younger(begin, reference) is expected
