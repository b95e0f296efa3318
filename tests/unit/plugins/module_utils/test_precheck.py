# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _capacity, _looking, _precheck
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput
from ansible_collections.dbops.mysql_clone.plugins.module_utils._findings import Finding
from ansible_collections.dbops.mysql_clone.plugins.module_utils._packed import packed, unpacked
from ansible_collections.dbops.mysql_clone.plugins.module_utils._rules.registry import Absent, Options, Pair, Side
from ansible_collections.dbops.mysql_clone.plugins.modules.clone_precheck import ARGUMENT_SPEC
from ansible_collections.dbops.mysql_clone.tests.unit.plugins.module_utils.scripted import options

CAPTURED = Path(__file__).parent / "captured"
DONOR_UUID = "a9afd548-e6c4-11f1-8faf-02fc00000001"
OTHER = "11111111-2222-3333-4444-555555555555"
TO_DONOR = Options(donor_host="127.0.0.1", donor_port=35011)


def captured(name):
    return json.loads((CAPTURED / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture
def donor():
    return captured("donor")


@pytest.fixture
def recipient():
    """A server that was cloned from the donor."""
    return captured("recipient")


# ---- already cloned ---------------------------------------------------------------------------------------------------


def test_a_cloned_server_is_known_also_when_the_donor_moved_on(recipient, donor):
    assert _precheck.is_already_cloned(recipient, donor, TO_DONOR)
    donor["gtid_executed"] = f"{DONOR_UUID}:1-999"
    assert _precheck.is_already_cloned(recipient, donor, TO_DONOR)
    recipient["gtid_executed"] = f"{DONOR_UUID}:1-500"  # it replicates
    assert _precheck.is_already_cloned(recipient, donor, TO_DONOR)


def test_it_is_the_lineage_that_counts_not_the_source(recipient, donor):
    recipient["clone"]["source"] = "db7:3306"
    assert _precheck.is_already_cloned(recipient, donor, TO_DONOR)
    donor["gtid_executed"] = f"{OTHER}:1-9"
    recipient["clone"]["source"] = "127.0.0.1:35011"
    assert not _precheck.is_already_cloned(recipient, donor, TO_DONOR)


@pytest.mark.parametrize(
    "change",
    [
        lambda r, d: r["clone"].update(state="failed"),
        lambda r, d: r["clone"].update(state="in_progress"),
        lambda r, d: r["clone"].update(state="none"),
        lambda r, d: r["clone"].update(error={"code": 1317, "message": "interrupted"}),
        lambda r, d: r["clone"].update(destination="/srv/new/"),
        lambda r, d: r.update(gtid_executed=r["gtid_executed"] + f",{OTHER}:1"),  # errant transactions
        lambda r, d: r.update(gtid_executed=f"{DONOR_UUID}:1-3"),  # not even what was cloned
        lambda r, d: r.pop("clone"),
        lambda r, d: d.pop("gtid_executed"),
    ],
)
def test_anything_else_is_not_already_cloned(recipient, donor, change):
    change(recipient, donor)
    assert not _precheck.is_already_cloned(recipient, donor, TO_DONOR)


def test_without_gtids_source_and_schemas_must_do(recipient, donor):
    for facts in (recipient, donor):
        facts["gtid_executed"] = ""
    recipient["clone"].update(gtid_executed=None, source="127.0.0.1:35011")
    assert _precheck.is_already_cloned(recipient, donor, TO_DONOR)
    assert not _precheck.is_already_cloned(recipient, donor, TO_DONOR._replace(donor_port=3306))
    pool = TO_DONOR._replace(donor_port=3306, pool=["DB7:3306", "127.0.0.1:35011"])
    assert _precheck.is_already_cloned(recipient, donor, pool)  # from another recipient, which holds the same
    recipient["schemas"].append({"name": "mine", "tables": 1, "bytes": 1})
    assert not _precheck.is_already_cloned(recipient, donor, TO_DONOR)


def test_no_donor_no_clone_of_it(recipient):
    assert not _precheck.is_already_cloned(recipient, None, TO_DONOR)


# ---- facts that were handed on ----------------------------------------------------------------------------------------


def test_link_makes_handed_on_facts_fresh_and_takes_nothing_away(donor):
    link = captured("link")
    link["facts"].update(gtid_executed=f"{DONOR_UUID}:1-77", clones=[])
    donor["clones"] = [{"id": 3, "user": "c", "host": "x", "seconds": 3, "state": "x"}]
    facts = _precheck.merged(donor, link)
    assert facts["gtid_executed"] == f"{DONOR_UUID}:1-77"
    assert facts["tablespaces"] == donor["tablespaces"]
    assert facts["clones"] == donor["clones"]
    assert facts["account"] == donor["account"]


def test_without_facts_the_reason_is_that_of_the_link():
    link = dict(captured("link"), facts=None, error={"code": 1045, "message": "Access denied"})
    facts = _precheck.merged(None, link)
    with pytest.raises(Absent, match="plugins not known: Access denied"):
        Side("donor", facts).fact("plugins")
    assert _precheck.merged(None, None) is None


@pytest.mark.parametrize("facts", [{}, {"a": 1}, {"server_uuid": "x"}])
def test_facts_that_are_none_are_refused(recipient, facts):
    with pytest.raises(BadInput, match="donor_facts are no facts of a server"):
        _precheck.compare(recipient, None, {}, facts)


# ---- sizes from older facts ---------------------------------------------------------------------------------------------


def test_older_facts_of_the_same_donor_tell_sizes_and_nothing_else(donor):
    seen = {name: donor[name] for name in ("label", "server_uuid", "variables", "gtid_executed")}
    older = dict(donor, gtid_executed="old")
    other = dict(donor, server_uuid=OTHER, tablespaces={"bytes": 1})
    filled = _precheck.with_sizes(seen, [other, None, older])
    assert filled["tablespaces"] == donor["tablespaces"]
    assert filled["gtid_executed"] == donor["gtid_executed"]
    assert "accounts" not in filled
    assert _precheck.with_sizes(seen, [other]) == seen
    assert _precheck.with_sizes(None, [older]) is None
    with pytest.raises(BadInput, match="no facts of a server"):
        _precheck.with_sizes(seen, [{"a": 1}])


# ---- options ----------------------------------------------------------------------------------------------------------


def params(**more):
    return options(ARGUMENT_SPEC, **more)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"donor_user": "x"}, "donor_host is not"),
        ({"donor_password": "x"}, "donor_host is not"),
        ({"probe": True}, "donor_host is not"),
        ({"side": "donor", "donor_facts": {}}, "side=recipient"),
        ({"reserve_factor": 0.5}, "1 or more"),
        ({"reserve_cpus": -1}, "0 or more"),
    ],
)
def test_contradictions_are_refused_before_any_server_is_asked(more, words):
    with pytest.raises(BadInput, match=words):
        _precheck.run(params(login_unix_socket="/nonexistent/socket", config_file="", **more))


def test_memory_needs_a_unit_that_exists():
    with pytest.raises(BadInput, match="reserve_memory is 'much'"):
        _looking.refuse_contradictions(params(reserve_memory="much"))
    assert _looking.reserved({"reserve_memory": "4G"}) == 4 << 30


def test_what_was_seen_is_the_same_after_its_way():
    seen = {"facts": {"label": "dönor", "variables": {"port": 3306}}, "link": None, "swap": []}
    assert unpacked(packed(seen)) == seen


@pytest.mark.parametrize(
    "change", [lambda text: text.replace(text[3:5], "********"), lambda text: text[:-8], lambda text: ""]
)
def test_what_was_changed_on_its_way_is_not_taken(change):
    text = change(packed({"facts": {"label": "db1"}}))
    with pytest.raises(ValueError, match=r"\w"):
        unpacked(text)


def test_a_brief_result_holds_what_is_told_and_all_checks_as_text():
    checks = [{"id": name, "status": name} for name in ("ok", "warn", "skipped", "fail")]
    brief = _precheck.brief({"ready": False, "checks": checks, "obstacles": ["fail"]})
    assert [one["id"] for one in brief["checks"]] == ["warn", "fail"]
    assert unpacked(brief["all_checks"]) == checks
    assert "settled" not in brief
    assert brief["ready"] is False
    brief = _precheck.brief({"ready": True, "checks": checks[:1], "obstacles": []})
    assert (brief["checks"], brief["settled"]) == ([], True)


# ---- what stands in the way ----------------------------------------------------------------------------------------------


@pytest.fixture
def judged(monkeypatch, recipient):
    """What the module says of three findings: one that fails for good, two that are repaired."""

    def judge(**more):
        found = [
            Finding("recipient.holds_data", "", "state", "fail", "it holds data"),
            Finding("recipient.donor_list", "", "configuration", "fail", "the donor isn't listed", repair="clone_run"),
            Finding("recipient.account", "", "privilege", "fail", "it may not", repair="clone_user"),
            Finding("recipient.processors", "", "resource", "warn", "there are few"),
        ]
        kept = [one for one in found if one.id != "recipient.holds_data" or more.get("data", True)]
        report = _precheck.Report(kept, [], False, {})
        monkeypatch.setattr(_precheck, "_compared", lambda *unused: report)
        seen = {"facts": recipient, "data_directory": None, "swap": [], "link": None, "probe": {}}
        return _precheck.judge(params(**{name: value for name, value in more.items() if name != "data"}), seen)

    return judge


def test_what_fails_stands_in_the_way(judged):
    result = judged()
    assert result["obstacles"] == result["failed_checks"]
    assert len(result["obstacles"]) == 3
    assert "3 of 4 checks failed" in result["failed_message"]


def test_what_is_repaired_does_not(judged):
    result = judged(repaired_by=["clone_run", "clone_user"])
    assert result["obstacles"] == ["recipient.holds_data"]
    assert len(result["failed_checks"]) == 3
    assert not result["ready"]
    assert "it holds data" in result["failed_message"]
    assert "isn't listed" not in result["failed_message"]
    result = judged(repaired_by=["clone_run"], data=False)
    assert result["obstacles"] == ["recipient.account"]
    result = judged(repaired_by=["clone_run", "clone_user"], data=False)
    assert result["obstacles"] == []
    assert "failed_message" not in result
    assert "failed_message" in judged(repaired_by=["clone_run", "clone_user"], data=False, fail_on="warn")


def test_facts_are_left_out_on_request(judged, recipient):
    assert judged()["facts"]["server_uuid"] == recipient["server_uuid"]
    result = judged(return_facts=False)
    assert "facts" not in result
    assert result["clone"] == recipient["clone"]


# ---- the five lines ---------------------------------------------------------------------------------------------------


def quick(recipient, donor, link):
    wanted = _precheck.options({"donor_host": "127.0.0.1", "donor_port": 35011, "profile": "quick"})
    return _precheck._report(recipient, donor, wanted, link).checks


def test_quick_is_five_lines(recipient, donor):
    lines = quick(recipient, donor, captured("link"))
    assert [line.id for line in lines] == [
        "recipient.service",
        "recipient.room",
        "pair.network",
        "pair.privileges",
        "pair.port",
    ]
    assert {line.status for line in lines} == {"ok"}
    assert [(line.title, line.category, line.message) for line in lines] == [
        ("The service is up", "state", "MySQL 9.7.4-2 answers at /run/mysqld/recipient.sock, up for 0:01"),
        (
            "There is room for the data",
            "disk",
            "226.0 GiB available in /var/lib/mysql/ (226.0 GiB free and 29.7 MiB that the clone drops), 473.7 MiB needed "
            "(315.8 MiB x 1.5)",
        ),
        ("The donor's host can be reached", "network", "127.0.0.1:35011 can be reached"),
        ("The accounts may clone", "privilege", "both accounts have what a clone needs"),
        ("The donor's port is open", "network", "the port of 127.0.0.1:35011 is open"),
    ]


@pytest.mark.parametrize(
    ("number", "text", "network", "privileges", "port"),
    [
        (2005, "Unknown host", "fail", "skipped", "fail"),
        (2003, "timed out", "fail", "skipped", "fail"),
        (2003, "[Errno 111] Connection refused", "ok", "skipped", "fail"),
        (2003, "[Errno 111] Verbindungsaufbau abgelehnt", "ok", "skipped", "fail"),
        (2003, "Connection Refused", "ok", "skipped", "fail"),
        (2013, "lost connection", "ok", "skipped", "fail"),
        (1045, "Access denied", "ok", "fail", "ok"),
        (1040, "Too many connections", "ok", "fail", "ok"),
    ],
)
def test_quick_tells_network_port_and_account_apart(recipient, donor, number, text, network, privileges, port):
    link = dict(captured("link"), facts=None, error={"code": number, "message": text})
    lines = {line.id: line.status for line in quick(recipient, donor, link)}
    assert (lines["pair.network"], lines["pair.privileges"], lines["pair.port"]) == (network, privileges, port)


def test_quick_says_what_a_full_check_says(recipient, donor):
    link = dict(captured("link"), facts=None, error={"code": 2003, "message": "timed out"})
    lines = {line.id: line for line in quick(recipient, donor, link)}
    for name in ("pair.network", "pair.port"):
        assert lines[name].message == "cu can't log in to 127.0.0.1:35011: timed out (error 2003)"
        assert lines[name].remedy.startswith("Start the donor")
        assert lines[name].error["nested"] == 2003
    assert lines["pair.privileges"].message == "the donor can't be asked"


def test_quick_names_the_worst_of_what_accounts_lack(recipient, donor):
    privileges = recipient["grants"]["privileges"]
    privileges["*.*"] = [one for one in privileges["*.*"] if one != "SELECT"]
    lines = {line.id: line for line in quick(recipient, donor, captured("link"))}
    assert lines["pair.privileges"].status == "warn"
    assert "can't read clone_status" in lines["pair.privileges"].message
    link = captured("link")
    link["facts"]["grants"]["privileges"]["*.*"] = []
    lines = {line.id: line for line in quick(recipient, donor, link)}
    assert lines["pair.privileges"].status == "fail"
    assert "lacks BACKUP_ADMIN" in lines["pair.privileges"].message


def test_quick_asks_for_what_a_clone_needs_only(recipient, donor):
    """Who logs in afterwards is no privilege of the clone's."""
    donor["accounts"] = ["somebody@%"]
    assert {line.status for line in quick(recipient, donor, captured("link"))} == {"ok"}


def test_quick_without_a_donor(recipient):
    wanted = _precheck.options({"profile": "quick"})
    lines = _precheck._report(recipient, None, wanted).checks
    assert [line.status for line in lines] == ["ok", "skipped", "skipped", "skipped", "skipped"]
    assert {line.message for line in lines[1:]} == {"no donor given"}
    full = quick(recipient, captured("donor"), captured("link"))
    assert [(line.id, line.title, line.category) for line in lines] == [
        (line.id, line.title, line.category) for line in full
    ]


def test_quick_of_a_donor_alone(donor):
    (line,) = _precheck._report(None, donor, _precheck.options({"profile": "quick"})).checks
    assert (line.id, line.title, line.category, line.status, line.actual) == (
        "donor.service",
        "The service is up",
        "state",
        "ok",
        2,
    )
    assert line.message == "MySQL 9.7.4-2 answers at /run/mysqld/donor.sock, up for 0:02"


# ---- capacity ---------------------------------------------------------------------------------------------------------


def test_bytes_are_those_of_the_server(donor):
    """Numbers of a real clone of this donor: clone_progress, and "Clone estimated size: 315.77 MiB" of the error log."""
    side = Side("donor", donor)
    assert _capacity.copied(side)["copy"] == 136549967
    assert round(_capacity.copied(side)["disk"] / 2**20, 2) == 315.77


def test_what_cannot_be_seen_is_an_upper_bound(donor):
    exact = _capacity.copied(Side("donor", donor))["copy"]
    del donor["host"]
    most = _capacity.copied(Side("donor", donor))["copy"]
    assert exact <= most <= exact + (1 << 20)


def test_redo_capacity_before_8_0_30(donor):
    del donor["variables"]["innodb_redo_log_capacity"]
    donor["variables"].update(innodb_log_file_size=str(48 << 20), innodb_log_files_in_group="2")
    assert _capacity.redo_capacity(Side("donor", donor)) == 96 << 20


def test_room_counts_what_the_clone_drops_first(recipient):
    side = Side("recipient", recipient)
    free = recipient["host"]["file_systems"]["data"]["free_root"]
    dropped = recipient["tablespaces"]["user_bytes"]
    assert dropped > 0
    assert _capacity.room(side, Options())["available"] == free + dropped
    recipient["host"]["new_directory"] = {"exists": False, "file_system": {"path": "/srv", "free_root": 5, "free": 4}}
    assert _capacity.room(side, Options(data_directory="/srv/new"))["available"] == 5
    recipient["host"]["root"] = False
    assert _capacity.room(side, Options(data_directory="/srv/new"))["available"] == 4


def test_the_slowest_part_decides_how_long_it_takes(recipient, donor):
    sides = Side("recipient", recipient), Side("donor", donor)
    copied = _capacity.copied(sides[1])["copy"]
    seconds, basis = _capacity.duration(*sides, Options(), {})
    assert basis == "assumed (reserve_bandwidth)"
    assert seconds == pytest.approx(_capacity.FIXED_SECONDS + copied / 12.5e6)
    assert _capacity.duration(*sides, Options(), {"link_rate": 10**9, "disk_rate": 10**8})[1] == "measured disk"
    recipient["variables"]["clone_max_data_bandwidth"] = "1"
    seconds, basis = _capacity.duration(*sides, Options(), {"link_rate": 10**9})
    assert (round(seconds), basis) == (round(_capacity.FIXED_SECONDS + copied / 2**20), "clone_max_data_bandwidth")


def test_the_last_clone_is_a_better_guess(recipient, donor):
    recipient["clone"]["copy_rate"] = 10**8
    basis = _capacity.duration(Side("recipient", recipient), Side("donor", donor), Options(), {})[1]
    assert basis == "last clone of this recipient"


def test_numbers_are_none_where_facts_are_missing(recipient, donor):
    numbers = _capacity.numbers(Pair(recipient, None, Options()))
    assert numbers["bytes_needed"] is None
    assert numbers["bytes_available"] > 0
    numbers = _capacity.numbers(Pair(recipient, donor, Options(reserve_factor=2)))
    assert numbers["bytes_wanted"] == 2 * numbers["bytes_needed"]
