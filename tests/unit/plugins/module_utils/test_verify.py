# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What clone_verify refuses, waits for and makes of its findings."""

from __future__ import annotations

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _inventory, _verification, _verify
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput, CloneError
from ansible_collections.dbops.mysql_clone.plugins.module_utils._findings import Finding
from ansible_collections.dbops.mysql_clone.plugins.modules import clone_verify
from ansible_collections.dbops.mysql_clone.tests.unit.plugins.module_utils.scripted import (
    Scripted,
    answered,
    error,
    options,
)

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


# -- from the options to the result ------------------------------------------------------------------------------------

OPTIONS = options(clone_verify.ARGUMENT_SPEC, **PARAMS, ca_cert="/ca.pem", donor_port=3307)


@pytest.fixture
def world(monkeypatch):
    """Both servers; ``seen`` tells what was asked of them."""
    seen = {"read": [], "logins": [], "checked": [], "session": None, "can_read": True, "state": {"clone": None}}

    def collect(connect, what):
        server = connect()
        seen["read"].append(server.label)
        own = {"label": server.label, "uptime": 5, "gtid_executed": GTIDS, "server_uuid": "u", "server_id": "7"}
        return {"server": own}

    def session(logins, timeout):
        seen["logins"] = logins
        return answered(seen["session"]) or (logins[0], "")

    def server(login, read_timeout):
        assert read_timeout == 120
        return Scripted({"WAIT_FOR": [{"w": 0}]}, label=login.label, login=login)

    def check(donor, recipient, state, options, reason, ignored):
        seen["checked"].append((donor, options, reason, ignored))
        return [Finding("pair.rows", "t", "state", "ok", "alike")]

    monkeypatch.setattr(_inventory, "collect", collect)
    monkeypatch.setattr(_inventory, "donor_session", session)
    monkeypatch.setattr(_inventory, "can_read", lambda server: seen["can_read"])
    monkeypatch.setattr(_inventory, "recipient_state", lambda server, uptime: seen["state"])
    monkeypatch.setattr(_verification, "check", check)
    monkeypatch.setattr(_verify, "Server", server)
    monkeypatch.setattr(_verify, "connect_patiently", lambda logins, read_timeout: server(logins[0], read_timeout))
    return seen


def ran(**params):
    return _verify.run({**OPTIONS, **params}, False)


def test_a_donor_hands_out_its_inventory(world):
    result = ran(collect=True)
    assert result["inventory"]["server"]["label"] == "/run/db1.sock"
    assert not world["checked"]
    world["can_read"] = False
    with pytest.raises(CloneError, match=r"'root' can't see all tables.*or another login_user"):
        ran(collect=True)
    # Where no table is to be read nobody has to see them.
    assert ran(collect=True, compare=["variables"])["inventory"]


def test_the_donor_is_read_by_its_account_or_by_the_recipients(world):
    result = ran(donor_host="db9", donor_user="cu", donor_password="c")
    assert result["verified"]
    assert result["server"] == {"server_uuid": "u", "server_id": 7, "replicates": False}
    assert world["read"] == ["db9:3307", "/run/db1.sock"]
    assert [(login.host, login.user, login.password) for login in world["logins"]] == [
        ("db9", "cu", "c"),
        ("db9", "root", "r"),
    ]
    donor, options, reason, ignored = world["checked"][0]
    assert donor["server"]["label"] == "db9:3307"
    assert (options.donor, options.source, reason, ignored) == ("db9:3307", None, "", ("c@%",))
    ran(donor_host="db9", replication_host="db8")
    assert [login.user for login in world["logins"]] == ["root"]
    assert world["checked"][1][1].source == ("db8", 3306)


def test_without_a_donor_the_reason_is_handed_on(world):
    ran()
    assert world["checked"][0][0] is None
    assert world["checked"][0][2] == "neither donor_inventory nor donor_host is given"
    world["session"] = (None, "'cu' can't log in there")
    ran(donor_host="db9", donor_user="cu")
    assert world["checked"][1][2] == "on db9:3307 'cu' can't log in there"
    world["session"] = error(2003, "refused", "db9:3307")
    with pytest.raises(CloneError, match=r"the donor can't be reached: .*refused.*or give donor_inventory"):
        ran(donor_host="db9", donor_user="cu")


def test_an_inventory_spares_the_donor(world, monkeypatch):
    monkeypatch.setattr(_verification, "usable", lambda document: document)
    inventory = {"server": {"gtid_executed": GTIDS}}
    ran(donor_inventory=inventory, donor_host="db9")
    assert world["read"] == ["/run/db1.sock"]
    assert world["checked"][0][0] is inventory


def test_a_replica_is_given_time(world):
    result = ran(donor_host="db9", replication=True)
    assert [row["id"] for row in result["checks"]] == ["recipient.caught_up", "pair.rows"]
    assert result["server"]["replicates"]
