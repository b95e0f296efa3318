# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What clone_verify refuses, waits for and makes of its findings."""

from __future__ import annotations

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _verify
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput
from ansible_collections.dbops.mysql_clone.plugins.module_utils._findings import Finding

PARAMS = {
    "threads": 4,
    "max_threads_running": 0,
    "timeout": 60,
    "catch_up_timeout": 5,
    "compare": ["schemas"],
    "checksum": "none",
    "ignore_tables": ["a.b"],
    "ignore_accounts": ["c@%"],
}
GTIDS = "6c27ed6d-7ee1-11e5-b4a1-123456789abc:1-9"


def test_what_is_wanted_is_handed_on():
    found = _verify.wanted(PARAMS)
    assert found.compare == ("schemas",)
    assert (found.checksum, found.threads, found.max_running, found.timeout) == ("none", 4, 0, 60)
    assert (found.ignore_tables, found.ignore_accounts) == (("a.b",), ("c@%",))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("threads", 0, "threads is 0; expected 1 or more"),
        ("threads", 65, "threads is 65; expected at most 64"),
        ("max_threads_running", -1, "max_threads_running is -1; expected 0 or more"),
        ("timeout", 0.5, "timeout is 0.5; expected 1 or more"),
        ("catch_up_timeout", -1, "catch_up_timeout is -1; expected 0 or more"),
    ],
)
def test_numbers_out_of_range_are_refused(name, value, words):
    with pytest.raises(BadInput, match=words):
        _verify.wanted({**PARAMS, name: value})


@pytest.mark.parametrize(("name", "value"), [("threads", 1), ("threads", 64), ("timeout", 1), ("catch_up_timeout", 0)])
def test_the_limits_themselves_are_in_range(name, value):
    assert _verify.wanted({**PARAMS, name: value})


class Server:
    def __init__(self, answer):
        self.answer, self.asked = answer, []

    def value(self, statement, values):
        self.asked.append((statement, values))
        return self.answer


@pytest.mark.parametrize(("answer", "status"), [(0, "ok"), (1, "fail")])
def test_the_recipient_is_given_time_to_catch_up(answer, status):
    server = Server(answer)
    finding = _verify._catch_up(server, {"server": {"gtid_executed": GTIDS}}, 2.5)
    assert (finding.id, finding.category, finding.status) == ("recipient.caught_up", "state", status)
    assert server.asked == [("SELECT WAIT_FOR_EXECUTED_GTID_SET(%s, %s)", (GTIDS, 2.5))]
    assert ("catch_up_timeout" in (finding.remedy or "")) is (status == "fail")
    assert ("Within 2.5 seconds" in finding.message) is (status == "fail")


def test_without_gtids_there_is_nothing_to_wait_for():
    server = Server(0)
    assert _verify._catch_up(server, {"server": {"gtid_executed": ""}}, 2.5).status == "skipped"
    assert server.asked == []


def finding(status):
    return Finding(f"pair.{status}", "Title", "state", status, f"it is {status}", remedy="mend it")


@pytest.mark.parametrize(
    ("statuses", "fail_on", "verified", "failed"),
    [
        (["ok", "skipped"], "warn", True, None),
        (["ok", "warn"], "fail", True, None),
        (["ok", "warn"], "warn", True, "db1: pair.warn: it is warn"),
        (["warn", "fail"], "never", False, None),
        (["warn", "fail"], "fail", False, "it is fail"),
        (["warn", "fail"], "warn", False, "it is fail"),
    ],
)
def test_the_verdict_fails_on_what_it_shall(statuses, fail_on, verified, failed):
    result = _verify.verdict([finding(status) for status in statuses], fail_on, "db1")
    assert result["verified"] is verified
    assert result["changed"] is False
    assert [row["status"] for row in result["checks"]] == statuses
    assert result["warnings_found"] == ["it is warn"] * statuses.count("warn")
    if failed is None:
        assert "failed_message" not in result
    else:
        assert failed in result["failed_message"]
        assert result["failed_message"].startswith("db1: ")
