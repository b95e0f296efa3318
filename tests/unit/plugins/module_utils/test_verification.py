# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What differences mean. The inventories are of a real donor and its real clone (MySQL 9.7)."""

from __future__ import annotations

import copy
import json
import pathlib
import re

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _inventory, _verification, _verify
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput
from ansible_collections.dbops.mysql_clone.plugins.module_utils._findings import CATEGORIES, STATUSES

CAPTURED = pathlib.Path(__file__).parent / "captured"
OTHER = "11111111-2222-3333-4444-555555555555"


def captured(name):
    return json.loads((CAPTURED / f"verify_{name}.json").read_text(encoding="utf-8"))


class Pair:
    """A donor, its clone, and what the recipient says of itself; tests change them."""

    def __init__(self):
        self.donor, self.recipient, self.state = captured("donor"), captured("recipient"), captured("state")
        self.begun = _verification.begun(self.state["clone"])

    def check(self, **options):
        options.setdefault("compare", _verification.COMPARISONS)
        options.setdefault("checksum", "sample")
        ignored = options.pop("ignored", ())
        options.setdefault("donor", "db1.example.com:3306")
        findings = _verification.check(
            self.donor, self.recipient, self.state, _verification.Options(**options), "no reason", ignored
        )
        ids = [finding.id for finding in findings]
        assert len(ids) == len(set(ids))
        return {finding.id: finding for finding in findings}

    def table(self, side, name, **values):
        schema, _dot, table = name.partition(".")
        entry = getattr(self, side)["tables"][schema][table]
        getattr(self, side)["tables"][schema][table] = list(_inventory.Table(*entry)._replace(**values))

    def move_on(self, touched):
        """Let the donor execute transactions that touched some tables after the clone, as its server would tell."""
        server = self.donor["server"]
        uuid = server["server_uuid"]
        last = max(int(number) for number in re.findall(r"[0-9]+", server["gtid_executed"].rpartition(":")[2]))
        server["gtid_executed"] = f"{uuid}:1-{last + 3}"
        for name in touched:
            self.table("donor", name, touched=int(self.begun) + 30)


@pytest.fixture
def pair():
    return Pair()


def statuses(findings, *wanted):
    return sorted(id for id, finding in findings.items() if finding.status in wanted)


def test_true_clone(pair):
    findings = pair.check()
    assert statuses(findings, "fail", "skipped") == []
    # The donor has a MyISAM table with rows and an enabled event: both must be said.
    assert statuses(findings, "warn") == ["recipient.events", "recipient.non_innodb"]
    assert "lab_shop.legacy_notes (MyISAM, 3 rows not cloned)" in findings["recipient.non_innodb"].message
    assert "lab_shop.tick" in findings["recipient.events"].message
    for finding in findings.values():
        assert finding.category in CATEGORIES
        assert finding.status in STATUSES
        assert re.match(r"(donor|recipient|pair)\.[a-z_]+$", finding.id)
        json.dumps(finding.as_dict())


def drop_table(pair):
    del pair.recipient["tables"]["lab_shop"]["articles"]


def extra_schema(pair):
    pair.recipient["schemas"]["surprise"] = pair.recipient["schemas"]["lab_shop"]


def changed_row(pair):
    pair.table("recipient", "lab_shop.customers", checksum="abc")


def lost_rows(pair):
    pair.table("recipient", "lab_shop.orders", rows=1, checksum="abc")


def other_index(pair):
    pair.table("recipient", "lab_shop.orders", definition="0" * 16)


def other_engine(pair):
    pair.table("recipient", "lab_shop.orders", engine="MyISAM")


def changed_routine(pair):
    name = next(iter(pair.recipient["routines"]))
    pair.recipient["routines"][name][0] = "0" * 16


def missing_view(pair):
    pair.recipient["views"].clear()


def changed_account(pair):
    pair.recipient["accounts"]["app@10.%"] = "0" * 16


def extra_account(pair):
    pair.recipient["accounts"]["intruder@%"] = "0" * 16


def errant(pair):
    server = pair.recipient["server"]
    server["gtid_executed"] += f",{server['server_uuid']}:1-4"


def reset_gtids(pair):
    pair.recipient["server"]["gtid_executed"] = ""


def same_uuid(pair):
    pair.recipient["server"]["server_uuid"] = pair.donor["server"]["server_uuid"]


def clone_failed(pair):
    pair.state["clone"].update(state="failed", error={"code": 1317, "message": "interrupted"})


def clone_elsewhere(pair):
    pair.state["clone"]["destination"] = "/srv/copy/"


def unreadable(pair):
    pair.recipient["unread"]["lab_shop.orders"] = "Got error 168 from storage engine (error 1030)"


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (drop_table, ["pair.tables"]),
        (extra_schema, ["pair.schemas"]),
        (changed_row, ["pair.checksums"]),
        (lost_rows, ["pair.rows"]),
        (other_index, ["pair.tables"]),
        (other_engine, ["pair.tables"]),
        (changed_routine, ["pair.routines"]),
        (missing_view, ["pair.views"]),
        (changed_account, ["pair.accounts"]),
        (extra_account, ["pair.accounts"]),
        (errant, ["recipient.gtid_errant"]),
        (reset_gtids, ["pair.lineage", "recipient.gtid_executed"]),
        (same_uuid, ["pair.server_uuid"]),
        (clone_failed, ["recipient.clone_state"]),
        (clone_elsewhere, ["recipient.clone_destination"]),
        (unreadable, ["pair.readable"]),
    ],
)
def test_damage(pair, damage, expected):
    damage(pair)
    assert statuses(pair.check(), "fail") == expected


@pytest.mark.parametrize("damage", [changed_row, lost_rows, other_index])
def test_donor_moved_on(pair, damage):
    """A table that the donor has written since may differ; one that it hasn't may not."""
    damage(pair)
    (check,) = statuses(pair.check(), "fail")
    pair.move_on(["lab_shop.measurements"])
    told = pair.check()
    assert statuses(told, "fail") == [check]
    assert "the donor hasn't touched them since the clone" in told[check].message
    pair.move_on(["lab_shop.customers", "lab_shop.orders"])
    told = pair.check()
    assert statuses(told, "fail") == []
    assert told[check].status == "warn"
    assert "6 transactions that the recipient lacks" in told[check].message


def test_damage_is_told_from_what_the_donor_wrote(pair):
    changed_row(pair)
    pair.table("recipient", "lab_archive.ledger", checksum="abc")
    pair.move_on(["lab_shop.customers"])
    finding = pair.check()["pair.checksums"]
    assert finding.status == "fail"
    assert finding.actual == {"count": 1, "first": ["lab_archive.ledger"]}


def test_donor_forgot(pair):
    """After a restart of the donor nobody knows what it wrote before."""
    changed_row(pair)
    pair.move_on([])
    assert pair.check()["pair.checksums"].status == "fail"
    pair.donor["server"]["uptime"] = 1
    pair.donor["server"]["now"] = pair.begun + 100
    assert pair.check()["pair.checksums"].status == "warn"


def test_more_tables_than_the_donor_remembers(pair):
    changed_row(pair)
    pair.move_on([])
    pair.donor["server"]["definition_cache"] = 3
    assert pair.check()["pair.checksums"].status == "warn"


def test_new_table_on_the_donor(pair):
    entry = copy.deepcopy(pair.donor["tables"]["lab_shop"]["orders"])
    pair.donor["tables"]["lab_shop"]["recent"] = entry
    assert pair.check()["pair.tables"].status == "fail"
    pair.move_on(["lab_shop.recent"])
    assert pair.check()["pair.tables"].status == "warn"


def test_recipient_replicated_more(pair):
    """A replica that is ahead of the donor's inventory differs only where it has written."""
    changed_row(pair)
    pair.recipient["server"]["gtid_executed"] = f"{pair.donor['server']['server_uuid']}:1-9999"
    assert pair.check()["pair.checksums"].status == "fail"
    pair.table("recipient", "lab_shop.customers", touched=int(pair.begun) + 60)
    assert pair.check()["pair.checksums"].status == "warn"


def test_own_transactions_excuse_nothing(pair):
    errant(pair)
    lost_rows(pair)
    assert statuses(pair.check(), "fail") == ["pair.rows", "recipient.gtid_errant"]


def test_without_gtids(pair):
    """The position in the binary log tells whether the donor has moved on."""
    for side in (pair.donor, pair.recipient):
        side["server"].update(gtid_mode="OFF", gtid_executed="")
    pair.state["clone"]["gtid_executed"] = None
    pair.donor["server"]["binlog"] = [pair.state["clone"]["binlog_file"], pair.state["clone"]["binlog_position"]]
    changed_row(pair)
    assert statuses(pair.check(), "fail") == ["pair.checksums"]
    pair.donor["server"]["binlog"][1] += 500
    pair.table("donor", "lab_shop.customers", touched=int(pair.begun) + 5)
    findings = pair.check()
    assert statuses(findings, "fail") == []
    assert "of its binary log" in findings["pair.checksums"].message


def test_never_cloned(pair):
    """An empty server without the plugin is no clone, whatever else is in order."""
    pair.state.update(clone=None, active=["InnoDB"])
    for kind in ("tables", "schemas", "views", "routines", "triggers", "events"):
        pair.recipient[kind] = {}
    pair.recipient["server"]["gtid_executed"] = ""
    findings = pair.check()
    assert findings["recipient.clone_state"].status == "warn"
    assert {"pair.lineage", "pair.schemas", "pair.tables"} <= set(statuses(findings, "fail"))


def test_plugin_missing_after_a_good_clone(pair):
    pair.state.update(clone=None, active=["InnoDB"])
    findings = pair.check()
    assert statuses(findings, "fail") == []
    assert findings["recipient.clone_state"].repair == "clone_user"


@pytest.mark.parametrize(("state", "remedy"), [("in_progress", "clone_status"), ("none", "clone_run")])
def test_clone_not_completed(pair, state, remedy):
    pair.state["clone"].update(state=state, error=None)
    finding = pair.check()["recipient.clone_state"]
    assert finding.status == "fail"
    assert remedy in finding.remedy


def test_another_source(pair):
    assert pair.check(donor="db9:3306")["pair.clone_source"].status == "warn"
    assert "pair.clone_source" not in pair.check(donor=None)


def test_a_source_that_has_the_donors_data(pair):
    found = pair.check(donor="db9:3306", pool=("db8:3306", pair.state["clone"]["source"].upper()))["pair.clone_source"]
    assert (found.status, found.message.rpartition(", ")[2]) == ("ok", "which has the donor's data")


def servers(**rows):
    return {name: _verification.Server(*row) for name, row in rows.items()}


def test_recipients_that_differ_are_unique():
    found = _verification.check_unique(servers(db2=("a", 2, True), db3=("b", 3, True)))
    assert {(name, one.status) for name, findings in found.items() for one in findings} == {
        ("db2", "ok"),
        ("db3", "ok"),
    }
    assert _verification.check_unique(servers(db2=("a", 2, True))) == {"db2": []}


@pytest.mark.parametrize(("replicates", "status"), [(False, "warn"), (True, "fail")])
def test_recipients_with_one_server_id(replicates, status):
    # Each of them differs from the donor.
    found = _verification.check_unique(servers(db2=("a", 7, False), db3=("b", 3, False), db4=("c", 7, replicates)))
    assert {name: findings[1].status for name, findings in found.items()} == {"db2": status, "db3": "ok", "db4": status}
    assert found["db2"][1].message.startswith("db4 has server_id 7, too")
    assert {findings[0].status for findings in found.values()} == {"ok"}


def test_recipients_with_one_server_uuid():
    found = _verification.check_unique(servers(db2=("a", 2, False), db3=("a", 3, False)))
    assert found["db3"][0].status == "fail"
    assert found["db3"][0].message.startswith("db2 has server_uuid a, too")


def test_same_server_id(pair):
    pair.recipient["server"]["server_id"] = pair.donor["server"]["server_id"]
    assert pair.check()["pair.server_id"].status == "warn"
    assert pair.check(replication=True)["pair.server_id"].status == "fail"


def channel(**values):
    return {
        "name": "",
        "host": "db1.example.com",
        "port": 3306,
        "auto_position": "1",
        "receiver": "ON",
        "source_uuid": None,
        "receiver_error": 0,
        "receiver_message": "",
        "applier": "ON",
        "applier_error": 0,
        "applier_message": "",
        **values,
    }


def test_replication(pair):
    findings = pair.check(replication=True)
    assert findings["recipient.replication"].status == "fail"
    uuid = pair.donor["server"]["server_uuid"]
    pair.recipient["channels"] = [channel(source_uuid=uuid)]
    findings = pair.check(replication=True)
    assert findings["recipient.replication"].status == "ok"
    assert findings["recipient.replication_channel"].status == "ok"
    pair.recipient["channels"] = [
        channel(source_uuid=uuid, applier="OFF", applier_error=1062, applier_message="Duplicate")
    ]
    finding = pair.check(replication=True)["recipient.replication"]
    assert finding.status == "fail"
    assert "the applier is OFF: Duplicate (error 1062)" in finding.message


def test_replication_from_another_server_than_the_donor(pair):
    pair.recipient["channels"] = [channel(source_uuid=OTHER)]
    findings = pair.check(replication=True, source=("DB1.example.com", 3306))
    assert findings["recipient.replication"].status == "ok"
    assert findings["recipient.replication_channel"].status == "ok"
    finding = pair.check(replication=True, source=("db2", 3307))["recipient.replication"]
    assert finding.status == "fail"
    assert "from db2:3307" in finding.message


def test_copied_channel(pair):
    pair.recipient["channels"] = [channel(name="old", host="elsewhere", source_uuid=OTHER)]
    finding = pair.check()["recipient.replication_channel"]
    assert finding.status == "warn"
    assert "old from elsewhere:3306" in finding.message


def test_leftovers(pair):
    pair.state["variables"]["clone_valid_donor_list"] = "db1:3306"
    pair.state["temporary"] = ["dbops_jit_12345@%"]
    pair.state["remains"] = ["#clone/#status_fix", "ibdata1.#clone"]
    pair.state["xa"] = 2
    wanted = ["recipient.clone_files", "recipient.donor_list", "recipient.temporary_accounts", "recipient.xa_prepared"]
    assert set(wanted) <= set(statuses(pair.check(), "warn"))
    assert "recipient.temporary_accounts" not in statuses(pair.check(ignored=["dbops_jit_*@*"]), "warn")
    assert "recipient.donor_list" not in pair.check(compare=("rows",))


def test_plugins_and_components(pair):
    pair.recipient["plugins"] = {"audit_log": "audit_log.so"}
    pair.donor["components"] = ["file://component_reference_cache"]
    finding = pair.check()["recipient.plugins"]
    assert finding.status == "warn"
    assert "audit_log isn't active" in finding.message
    assert "file://component_reference_cache" in finding.message


def test_variables(pair):
    pair.donor["persisted"] = {"max_connections": "500", "server_id": "1", "clone_valid_donor_list": "x"}
    finding = pair.check()["pair.persisted_variables"]
    assert finding.status == "warn"
    assert finding.actual["first"] == ["max_connections (not persisted, on the donor 500)"]


def test_accounts_left_out(pair):
    extra_account(pair)
    pair.donor["accounts"]["dbops_jit_999999@%"] = "0" * 16
    assert pair.check(ignored=["intruder"])["pair.accounts"].status == "ok"
    assert pair.check(ignored=["intruder@*"])["pair.accounts"].status == "ok"


def test_no_donor(pair):
    pair.donor = None
    findings = pair.check()
    assert statuses(findings, "fail") == ["donor.readable"]
    assert "donor.readable" not in pair.check(compare=("clone", "gtid"), checksum="none")


def test_another_checksum(pair):
    findings = pair.check(checksum="full")
    assert findings["pair.checksums"].status == "warn"
    assert "checksum: full" in findings["pair.checksums"].message


def test_what_was_not_collected_is_skipped(pair):
    del pair.donor["routines"]
    pair.donor["absent"]["routines"] = "needs SELECT"
    finding = pair.check()["pair.routines"]
    assert finding.status == "skipped"
    assert "needs SELECT" in finding.message


def test_refilled_myisam(pair):
    pair.table("recipient", "lab_shop.legacy_notes", rows=3)
    assert pair.check()["recipient.non_innodb"].status == "ok"


def test_thousands_of_differences(pair):
    """However many differ, messages and lists stay short."""
    for number in range(10000):
        for side in (pair.donor, pair.recipient):
            side["tables"]["lab_shop"][f"t{number}"] = ["InnoDB", number + (side is pair.donor), "1", "2", None]
    finding = pair.check()["pair.rows"]
    assert finding.actual["count"] == 10000
    assert len(finding.actual["first"]) == 50
    assert len(finding.message) < 500


@pytest.mark.parametrize(
    "value", [{}, {"server": 1}, {"server": {}, "absent": {}}, {"format": 0, "server": {}, "absent": {}}]
)
def test_no_inventory(value):
    with pytest.raises(BadInput, match="donor_inventory"):
        _verification.usable(value)


def test_damaged_tables(pair):
    pair.donor["tables"] = {"lab_shop": {"t": [1, 2, 3, 4, 5, 6, 7]}}
    with pytest.raises(BadInput, match="donor_inventory"):
        pair.check()


def test_verdict(pair):
    findings = list(pair.check().values())
    assert _verify.verdict(findings, "fail", "db2")["verified"]
    assert "failed_message" not in _verify.verdict(findings, "fail", "db2")
    assert "legacy_notes" in _verify.verdict(findings, "warn", "db2")["failed_message"]
    changed_row(pair)
    findings = list(pair.check().values())
    assert _verify.verdict(findings, "fail", "db2")["failed_message"].startswith("db2: 1 of ")
    result = _verify.verdict(findings, "never", "db2")
    assert not result["verified"]
    assert "failed_message" not in result


def removed(part):
    def remove(pair):
        del pair.state[part]
        pair.state["absent"][part] = "it may not be seen"

    return remove


@pytest.mark.parametrize(
    ("part", "id"),
    [
        ("xa", "recipient.xa_prepared"),
        ("temporary", "recipient.temporary_accounts"),
        ("remains", "recipient.clone_files"),
        ("events", "recipient.events"),
    ],
)
def test_what_cannot_be_seen_is_skipped_with_the_reason(pair, part, id):
    removed(part)(pair)
    finding = pair.check()[id]
    assert finding.status == "skipped"
    assert "it may not be seen" in finding.message


def test_channels_that_cannot_be_seen_are_skipped(pair):
    pair.recipient["channels"] = None
    pair.recipient["absent"]["channels"] = "SELECT command denied"
    finding = pair.check(replication=True)["recipient.replication"]
    assert (finding.status, finding.message) == ("skipped", "SELECT command denied")
    assert "performance_schema" in finding.remedy


def test_an_inventory_without_rows_or_with_other_checksums_says_so(pair):
    pair.donor["compare"] = [name for name in pair.donor["compare"] if name != "rows"]
    findings = pair.check(checksum="full")
    assert findings["pair.rows"].status == "skipped"
    assert "collect it with rows in compare" in findings["pair.rows"].message
    assert findings["pair.checksums"].status == "warn"
    assert "has checksum sample: collect it with checksum: full" in findings["pair.checksums"].message


@pytest.mark.parametrize(
    ("compare", "present", "absent"),
    [
        ((), (), ("pair.schemas", "pair.tables", "pair.accounts", "pair.rows", "pair.checksums")),
        (("schemas",), ("pair.schemas",), ("pair.tables", "pair.rows", "pair.accounts")),
        (("tables",), ("pair.tables",), ("pair.rows", "pair.checksums", "pair.schemas")),
        (("accounts",), ("pair.accounts",), ("pair.tables",)),
    ],
)
def test_only_what_is_wanted_is_compared(pair, compare, present, absent):
    findings = pair.check(compare=compare, checksum="none")
    assert set(present) <= set(findings)
    assert not set(absent) & set(findings)


def test_a_table_without_a_checksum_is_named_where_a_sample_was_wanted(pair):
    for side in ("donor", "recipient"):
        pair.table(side, "lab_shop.orders", checksum=None)
    finding = pair.check()["pair.checksums"]
    assert finding.status == "ok"
    assert "Not sampled, having no primary key: lab_shop.orders" in finding.message


def test_tables_of_innodb_alone_lose_no_rows(pair):
    for side in ("donor", "recipient"):
        pair.table(side, "lab_shop.legacy_notes", engine="InnoDB", rows=3)
    assert (pair.check()["recipient.non_innodb"].status, pair.check()["recipient.non_innodb"].message) == (
        "ok",
        "The donor has none",
    )


def test_a_donor_inventory_that_is_none_is_refused(pair):
    pair.donor["server"]["gtid_executed"] = "no set"
    with pytest.raises(BadInput, match="donor_inventory is no inventory of a server"):
        _verification.usable(pair.donor)
    pair.donor["format"] = "0"
    with pytest.raises(BadInput, match="has format 0, this version reads"):
        _verification.usable(pair.donor)
