# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules on facts of real servers, changed in one place each: above all what one machine and one version can't show."""

from __future__ import annotations

import copy
import inspect
import json
import re
from pathlib import Path

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _capacity, _errors, _packed, _precheck
from ansible_collections.dbops.mysql_clone.plugins.module_utils._findings import CATEGORIES, STATUSES
from ansible_collections.dbops.mysql_clone.plugins.module_utils._rules import configuration, state
from ansible_collections.dbops.mysql_clone.plugins.module_utils._rules.registry import (
    RULES,
    SYMBOLS,
    Absent,
    Options,
    Pair,
    Rule,
    Side,
    evaluate,
)

CAPTURED = Path(__file__).parent / "captured"
WANTED = {"donor_host": "127.0.0.1", "donor_port": 35011, "donor_user": "cu", "reserve_cpus": 0, "overwrite": True}


class Scene:
    """Facts of a real donor, a real recipient and the link between them, to be changed at will."""

    def __init__(self):
        for name in ("donor", "recipient", "link"):
            setattr(self, name, json.loads((CAPTURED / f"{name}.json").read_text(encoding="utf-8")))
        self.wanted = dict(WANTED)
        self.probe = {}

    def findings(self):
        pair = _precheck._pair(self.recipient, self.donor, _precheck.options(self.wanted), self.link, self.probe)
        return {finding.id: finding for finding in evaluate(RULES, pair)}

    def set(self, side, **variables):
        getattr(self, side)["variables"].update(variables)


@pytest.fixture
def scene():
    return Scene()


def failed(findings):
    return {name for name, finding in findings.items() if finding.status == "fail"}


def test_healthy_pair_has_nothing_to_fail_and_nothing_broken(scene):
    findings = scene.findings()
    assert failed(findings) == set()
    assert not [finding for finding in findings.values() if finding.status == "skipped"]


def test_every_rule_is_well_formed():
    assert len({one.id for one in RULES}) == len(RULES)
    for one in RULES:
        assert re.fullmatch(r"(donor|recipient|pair)\.[a-z_0-9]+", one.id)
        assert one.category in CATEGORIES
        lines = (one.function.__doc__ or "").strip().splitlines()
        assert len(lines) == 1, f"{one.id}: one line that names the source"
        assert re.search(r"\([^()]*(manual|server behaviour|collection|threshold|TCP)[^()]*\)", lines[0]), one.id


def test_the_names_of_errors_are_those_of_the_catalogue():
    assert {number: _errors.classify(number).symbol for number in SYMBOLS} == SYMBOLS
    directory = Path(inspect.getfile(configuration)).parent
    rules = "".join(path.read_text(encoding="utf-8") for path in directory.glob("*.py") if path.name != "registry.py")
    assert {int(number) for number in re.findall(r"error[\"']?[=:] ?.*?\b(\d{4})\b", rules)} <= set(SYMBOLS)


def test_every_rule_has_its_case():
    """Adding a rule is adding a function and its case: in the truth table, or here where one machine can't show it."""
    root = Path(__file__).parents[4]
    cases = (root / "tests/integration/targets/truth_table/files/cases.py").read_text(encoding="utf-8")
    here = Path(__file__).read_text(encoding="utf-8")
    shown = set(re.findall(r'"((?:donor|recipient|pair)\.[a-z_0-9]+)"', cases + here))
    assert {one.id for one in RULES} - shown == set()


def test_a_broken_rule_is_skipped_and_hides_no_other(scene):
    def broken(pair):
        raise KeyError("nothing")

    def needy(pair):
        raise Absent("recipient: no privilege")

    rules = [Rule("pair.broken", "t", "state", broken, False), Rule("pair.needy", "t", "state", needy, False), *RULES]
    findings = evaluate(rules, Pair(scene.recipient, scene.donor, Options()))
    assert [finding.status for finding in findings[:2]] == ["skipped", "skipped"]
    assert "pair.broken itself failed: KeyError" in findings[0].message
    assert findings[1].message == "recipient: no privilege"
    assert len(findings) > 20


@pytest.mark.parametrize("side", ["donor", "recipient"])
def test_no_rule_says_ok_or_breaks_without_its_facts(scene, side):
    """With nothing but a label all that needs facts is skipped, with the reason."""
    setattr(scene, side, {"label": "db9:3306", "absent": {}, "reason": "nobody could ask it"})
    if side == "donor":
        scene.link["facts"], scene.link["error"] = None, {"code": 2003, "message": "refused"}
    findings = scene.findings()
    assert failed(findings) <= {"pair.link", "recipient.data"}
    assert not [finding.message for finding in findings.values() if "itself failed" in finding.message]
    for finding in findings.values():
        if finding.id.startswith(side) and finding.id != "recipient.data_directory":
            assert finding.status == "skipped", finding
    assert any("nobody could ask it" in finding.message for finding in findings.values())


VERSIONS = [
    # recipient, donor, status
    ("8.0.17", "8.0.17", "ok"),
    ("8.0.20", "8.0.21", "fail"),
    ("8.0.25-15", "8.0.25", "fail"),
    ("8.0.26", "8.0.26-hotfix", "ok"),
    ("8.0.36", "8.0.36-28.1", "ok"),
    ("8.0.30", "8.0.36", "fail"),
    ("8.0.36", "8.0.42", "fail"),
    ("8.0.42", "8.0.36", "fail"),
    ("8.0.37", "8.0.42", "ok"),
    ("8.0.42-0ubuntu0.24.04.1", "8.0.37", "ok"),
    ("8.4.0", "8.0.42", "fail"),
    ("8.0.42", "8.4.0", "fail"),
    ("8.4.7", "8.4.0", "ok"),
    ("8.4.0", "8.4.7", "ok"),
    ("8.1.0", "8.2.0", "fail"),
    ("9.7.4-2", "9.7.9-2", "ok"),
    ("9.7.4", "9.6.0", "fail"),
    ("9.7.4", "8.4.7", "fail"),
    ("9.6.0", "9.7.0", "fail"),
    ("26.7.0", "26.7.3", "ok"),
    ("26.10.0", "26.7.0", "fail"),
    ("9.7.4", "26.7.0", "fail"),
    ("28.4.0", "9.7.4", "warn"),
    ("28.4.0", "8.4.7", "fail"),
    ("28.4.0", "26.10.0", "fail"),
]


@pytest.mark.parametrize(("recipient", "donor", "status"), VERSIONS)
def test_versions(scene, recipient, donor, status):
    scene.set("recipient", version=recipient)
    scene.set("donor", version=donor)
    finding = scene.findings()["pair.version"]
    assert finding.status == status
    expected = {"code": 3864, "symbol": "ER_CLONE_DONOR_VERSION", "reference": "docs/errors.md#error-3864"}
    assert finding.error == (None if status == "ok" else expected)


@pytest.mark.parametrize(("recipient", "donor", "status"), VERSIONS)
def test_the_verdict_on_versions(recipient, donor, status):
    assert configuration.version_verdict(recipient, donor)[0] == status


@pytest.mark.parametrize(
    ("recipient", "donor", "why"),
    [
        ("8.4.0", "8.0.42", "8.0 clones only to 8.0"),
        ("8.0.42", "8.4.0", "8.0 clones only to 8.0"),
        ("8.0.42", "8.0.37", "8.0.37 and later clone to each other"),
        ("8.0.36", "8.0.37", "before 8.0.37 versions must be the same"),
        ("8.0.37", "8.0.36", "before 8.0.37 versions must be the same"),
        ("8.0.25", "8.0.24", "before 8.0.26 versions must be exactly the same"),
        ("8.0.26", "8.0.26", "before 8.0.37 versions must be the same"),
        ("9.7.4", "9.7.0", "all versions of one series clone to each other"),
        ("9.8.0", "9.7.0", "an LTS series clones only to itself and to the next LTS series"),
        ("9.7.0", "9.8.0", "major and minor version must be the same"),
        ("9.7.0", "8.4.0", "major and minor version must be the same"),
        ("28.4.0", "9.8.0", "major and minor version must be the same"),
    ],
)
def test_why_versions_fit_or_not(recipient, donor, why):
    assert configuration.version_verdict(recipient, donor)[1] == why


# What one machine can't bring about: the change, the check, its status, the error's number and the donor's own.
CHANGES = [
    (lambda s: s.set("donor", version_compile_os="Win64"), "pair.operating_system", "fail", 3865, None),
    (lambda s: s.set("donor", version_compile_machine="aarch64"), "pair.platform", "fail", 3866, None),
    (
        lambda s: s.donor.update(
            collations=_packed.packed([*_packed.unpacked(s.donor["collations"]), "utf8mb4_xx_ci"])
        ),
        "pair.collations",
        "fail",
        3867,
        None,
    ),
    (lambda s: s.set("donor", skip_networking="ON"), "donor.networking", "fail", 3862, 2003),
    (
        lambda s: s.donor.update(builtin_plugins=s.donor["builtin_plugins"] + " mysqlx"),
        "pair.plugins",
        "fail",
        3870,
        None,
    ),
    (lambda s: s.donor["tablespaces"].update(count=10**9), "recipient.inodes", "fail", 1004, None),
    (lambda s: s.donor["tablespaces"].update(encrypted_holes=1, block_size=512), "pair.block_size", "fail", 3868, None),
    (lambda s: s.recipient["host"].update(memory_total=2 << 30), "recipient.memory", "warn", None, None),
    (lambda s: s.recipient["host"].update(memory_limit=1 << 30), "recipient.memory", "warn", None, None),
    (lambda s: s.wanted.update(reserve_cpus=64), "recipient.processors", "warn", None, None),
    (
        lambda s: s.recipient["host"].update(processor_limit=0.5) or s.wanted.update(reserve_cpus=1),
        "recipient.processors",
        "warn",
        None,
        None,
    ),
    (lambda s: s.link.update(latency=0.3), "pair.latency", "warn", None, None),
    (lambda s: s.recipient.update(skew=90.0), "pair.clock_skew", "warn", None, None),
    (lambda s: s.probe.update(link_rate=1_000_000), "pair.bandwidth", "warn", None, None),
    (lambda s: s.probe.update(segments=10_000, out_of_order=500), "pair.packet_loss", "warn", None, None),
    (lambda s: s.wanted.update(deadline=s.recipient["now"] - 1), "pair.deadline", "fail", None, None),
    (lambda s: s.wanted.update(deadline=s.recipient["now"] + 4), "pair.deadline", "warn", None, None),
    (
        lambda s: s.wanted.update(deadline=s.recipient["now"] + 4) or s.probe.update(link_rate=1_000_000),
        "pair.deadline",
        "fail",
        None,
        None,
    ),
    (lambda s: s.set("recipient", open_files_limit="5"), "recipient.open_files", "warn", None, None),
    (lambda s: s.set("donor", innodb_buffer_pool_size=str(64 << 30)), "pair.buffer_pool", "warn", None, None),
    (lambda s: s.recipient.update(server_id=s.donor["server_id"]), "pair.server_id", "warn", None, None),
    (lambda s: s.set("recipient", gtid_mode="OFF"), "pair.gtid_mode", "warn", None, None),
    (lambda s: s.set("donor", log_bin="OFF"), "donor.binary_log", "warn", None, None),
    (lambda s: s.set("donor", binlog_expire_logs_seconds="5"), "donor.binary_log_retention", "warn", None, None),
    (
        lambda s: s.set("donor", clone_donor_timeout_after_network_failure="0"),
        "donor.reconnect_window",
        "warn",
        None,
        None,
    ),
    (lambda s: s.set("recipient", clone_ddl_timeout="0"), "recipient.ddl_timeout", "warn", 3862, 3633),
    (
        lambda s: s.donor.update(
            aborting_ddl={"count": 1, "first": [{"id": 9, "user": "root", "host": "db", "seconds": 3}]}
        ),
        "donor.import",
        "fail",
        3862,
        3633,
    ),
    (
        lambda s: s.donor["status"].update(Innodb_os_log_written=str(s.donor["uptime"] << 30)),
        "donor.redo_rate",
        "warn",
        None,
        None,
    ),
    (
        lambda s: [s.set(side, version="8.0.23", wait_timeout="1") for side in ("donor", "recipient")],
        "donor.wait_timeout",
        "warn",
        None,
        None,
    ),
    (lambda s: s.donor.update(components=["file://component_absent"]), "pair.components", "warn", None, None),
    (lambda s: s.donor.update(accounts=["somebody@%"]), "pair.login_after_clone", "warn", None, None),
    (
        lambda s: s.recipient["grants"]["privileges"]["*.*"].remove("SELECT"),
        "recipient.progress_privilege",
        "warn",
        None,
        None,
    ),
    (
        lambda s: (
            s.recipient.update(donor_list="x:1") or s.recipient["grants"]["privileges"].update({"*.*": ["CLONE_ADMIN"]})
        ),
        "recipient.donor_list_privilege",
        "fail",
        1227,
        None,
    ),
    (lambda s: s.link["facts"].update(server_uuid="another"), "pair.donor_identity", "fail", None, None),
    (
        lambda s: s.recipient.update(channels=[{"name": "", "source": "db7:3306", "io": "ON", "applier": "ON"}]),
        "recipient.channels",
        "warn",
        None,
        None,
    ),
    (
        lambda s: s.wanted.update(method="side_by_side", data_directory="/srv/new"),
        "recipient.start_command",
        "fail",
        None,
        None,
    ),
]


@pytest.mark.parametrize(("make", "name", "status", "number", "nested"), CHANGES, ids=[one[1] for one in CHANGES])
def test_one_change_is_one_finding(scene, make, name, status, number, nested):
    make(scene)
    scene.recipient["host"]["new_directory"] = {"exists": False, "file_system": None}
    findings = scene.findings()
    finding = findings[name]
    assert finding.status == status
    assert finding.remedy
    if number:
        assert finding.error["code"] == number
        assert finding.error["symbol"] == _errors.classify(number).symbol
        assert finding.error.get("nested") == nested
        assert finding.error["reference"] == _errors.classify(nested or number).reference
    else:
        assert finding.error is None
    if status == "fail":
        assert failed(findings) <= {name, "recipient.donor_list"}
    else:
        assert failed(findings) == set()


def _elsewhere(scene, **file_system):
    scene.wanted.update(data_directory="/srv/new")
    scene.recipient["host"]["new_directory"] = {"exists": False, "file_system": {"path": "/srv", **file_system}}


def _free(scene, count):
    """So much room altogether, with what the clone drops."""
    data = scene.recipient["host"]["file_systems"]["data"]
    data["free_root"] = count - scene.recipient["tablespaces"]["user_bytes"]


# What is just enough, and what is one too few: the status, None for nothing to say.
LIMITS = [
    ("recipient.memory", lambda s, n: s.recipient["host"].update(memory_total=(4 << 30) - n), "ok", "warn"),
    ("recipient.processors", lambda s, n: s.wanted.update(reserve_cpus=2 + n), "ok", "warn"),
    ("pair.bandwidth", lambda s, n: s.probe.update(link_rate=12_500_000 - n), "ok", "warn"),
    ("recipient.open_files", lambda s, n: s.set("recipient", open_files_limit=str(8 - n)), "ok", "warn"),
    ("pair.buffer_pool", lambda s, n: s.set("donor", innodb_buffer_pool_size=str((128 << 20) + n)), None, "warn"),
    ("recipient.inodes", lambda s, n: _elsewhere(s, inodes=11 - n, free=1 << 40, free_root=1 << 40), "ok", "fail"),
    ("pair.latency", lambda s, n: s.link.update(latency=0.1 + n / 1000), "ok", "warn"),
    ("pair.clock_skew", lambda s, n: s.recipient.update(skew=s.donor["skew"] - 5 - n), "ok", "warn"),
    ("pair.packet_loss", lambda s, n: s.probe.update(segments=1000, out_of_order=10 + n), "ok", "warn"),
    ("recipient.disk_space", lambda s, n: _free(s, s.room - n), "warn", "fail"),
    ("recipient.disk_space", lambda s, n: _free(s, int(s.room * 1.5) - n), "ok", "warn"),
]


@pytest.mark.parametrize(("name", "make", "enough", "short"), LIMITS, ids=[one[0] for one in LIMITS])
def test_what_is_just_enough_is_enough(scene, name, make, enough, short):
    scene.recipient["host"].update(processors=2, processor_limit=None, memory_limit=None)
    scene.room = _capacity.copied(Side("donor", scene.donor))["disk"]
    for less, status in ((0, enough), (1, short)):
        make(scene, less)
        found = scene.findings().get(name)
        assert (found and found.status) == status


def test_a_deadline_that_is_now_has_passed(scene):
    scene.wanted.update(deadline=scene.recipient["now"])
    finding = scene.findings()["pair.deadline"]
    assert (finding.status, finding.message) == ("fail", "the deadline passed 0:00 ago")


def test_files_of_performance_schema_are_counted_where_they_can_be_seen(scene):
    scene.recipient["host"]["performance_schema_files"] = None
    scene.recipient["host"]["file_systems"]["data"]["inodes"] = 8
    finding = scene.findings()["recipient.inodes"]
    assert (finding.status, finding.actual, finding.expected) == ("ok", 8 + 3, 8 + 3)


def test_an_absent_fact_is_told_with_its_server_and_the_reason(scene):
    del scene.donor["tablespaces"]
    scene.donor["absent"]["tablespaces"] = "the login needs PROCESS"
    found = scene.findings()["recipient.inodes"]
    assert found.status == "skipped"
    assert found.message == "donor /run/mysqld/donor.sock: tablespaces not known: the login needs PROCESS"
    del scene.donor["absent"]
    found = scene.findings()["recipient.inodes"]
    assert found.message == "donor /run/mysqld/donor.sock: tablespaces not known: not among the facts"


@pytest.mark.parametrize(("value", "told"), [("ON", True), ("1", True), ("yes", True), ("OFF", False), ("0", False)])
def test_what_is_on_by_any_of_its_names(scene, value, told):
    scene.set("recipient", super_read_only=value)
    assert ("recipient.super_read_only" in scene.findings()) == told


@pytest.mark.parametrize(
    ("tables", "schemas", "spaces", "number"),
    [
        ([("shop", "a`b")], [], [], 1064),
        ([], ["a`b"], [], 1064),
        ([("a`b", "t")], ["a`b"], [], 1046),
        ([("a`b", "t"), ("shop", "a`b")], ["a`b"], [], 1064),
        ([], [], ["a`b"], 1064),
    ],
)
def test_backticks(scene, tables, schemas, spaces, number):
    scene.recipient["backticks"] = [{"kind": "table", "schema_name": one, "name": name} for one, name in tables]
    scene.recipient["backticks"] += [{"kind": "schema", "schema_name": "", "name": name} for name in schemas]
    scene.recipient["files"]["backticks"] = spaces
    finding = scene.findings()["recipient.backticks"]
    assert (finding.status, finding.error["code"]) == ("fail", number)
    assert "`a``b`" in finding.message
    scene.wanted["data_directory"] = "/srv/new"
    assert "recipient.backticks" not in scene.findings()


@pytest.mark.parametrize(("privilege", "may"), [("SYSTEM_VARIABLES_ADMIN", True), ("SUPER", True), ("RELOAD", False)])
def test_who_may_set_the_donor_list(scene, privilege, may):
    scene.recipient["grants"]["privileges"] = {"*.*": ["CLONE_ADMIN", privilege]}
    scene.recipient["donor_list"] = "x:1"
    assert ("recipient.donor_list_privilege" not in scene.findings()) == may


@pytest.mark.parametrize(
    "make",
    [
        lambda s: s.wanted.pop("donor_host"),
        lambda s: s.recipient.update(donor_list="127.0.0.1:35011"),
        lambda s: s.recipient["plugins"].pop("clone"),
        # An address that can stand in no list is another finding's.
        lambda s: s.wanted.update(donor_host="::1"),
    ],
)
def test_nobody_needs_to_set_a_donor_list_where_none_is_due(scene, make):
    scene.recipient["grants"]["privileges"] = {"*.*": ["CLONE_ADMIN"]}
    scene.recipient["donor_list"] = "x:1"
    make(scene)
    assert "recipient.donor_list_privilege" not in scene.findings()


@pytest.mark.parametrize(
    ("grants", "may"),
    [({"*.*": ["SELECT"]}, True), ({"`performance_schema`.*": ["SELECT"]}, True), ({"`shop`.*": ["SELECT"]}, False)],
)
def test_who_may_watch_a_clone(scene, grants, may):
    scene.recipient["grants"]["privileges"] = grants
    assert ("recipient.progress_privilege" not in scene.findings()) == may


@pytest.mark.parametrize(("account", "known"), [("ops@%", True), ("o@p@10.0.0.1", True), ("o@10.0.0.1", False)])
def test_accounts_are_known_by_their_names(scene, account, known):
    scene.recipient["account"] = account
    scene.donor["accounts"] = ["ops@localhost", "o@p@%"]
    assert (scene.findings()["pair.login_after_clone"].status == "ok") == known


def test_a_swap_brings_what_a_replacement_brings(scene):
    """Events, channels, plugins and accounts are the donor's after a swap of directories, too."""
    scene.set("recipient", event_scheduler="ON")
    channel = {"name": "", "source": "db7:3306", "io": "ON", "applier": "ON"}
    scene.donor.update(
        events={"count": 1, "first": [{"name": "shop.tick"}]}, channels=[channel], accounts=[], installed_plugins=[]
    )
    scene.recipient.update(channels=[channel], group_state="ONLINE")
    scene.recipient["host"]["new_directory"] = {"exists": False, "file_system": None}
    scene.wanted.update(method="side_by_side", data_directory="/srv/new", start_command="systemctl start mysql")
    findings = scene.findings()
    for name in (
        "donor.events",
        "donor.channels",
        "donor.plugin_installed",
        "recipient.channels",
        "recipient.group_replication",
        "pair.login_after_clone",
    ):
        assert findings[name].status == "warn", name
    scene.wanted.update(method="replace")
    assert not {"donor.events", "donor.channels", "recipient.channels"} & set(scene.findings())


def test_settings_that_no_file_holds(scene):
    scene.recipient["unsaved"] = ["max_connections", "read_only"]
    assert scene.findings()["recipient.unsaved"].status == "ok"
    scene.set("recipient", read_only="ON")
    finding = scene.findings()["recipient.unsaved"]
    assert (finding.status, finding.remedy) == ("warn", "SET PERSIST_ONLY read_only = ON")


def test_what_is_harmless_is_no_finding(scene):
    scene.set("recipient", read_only="ON")
    scene.set("donor", super_read_only="ON", read_only="ON")
    holder = {"kind": "backup", "id": 9, "account": "root@localhost", "seconds": 1, "idle": True, "objects": []}
    scene.donor["locks"] = {"count": 1, "first": [holder]}
    assert failed(scene.findings()) == set()


def test_a_plugin_is_enough_on_disk_since_8_0_22(scene):
    scene.donor["plugins"]["rpl_semi_sync_source"] = "semisync_source.so"
    assert scene.findings()["pair.plugins"].status == "ok"
    scene.set("recipient", version="8.0.21")
    scene.set("donor", version="8.0.21")
    assert scene.findings()["pair.plugins"].error["code"] == 3870
    for side in ("donor", "recipient"):
        scene.set(side, version="8.0.22")
    assert scene.findings()["pair.plugins"].status == "ok"
    scene.set("recipient", version="8.4.0")
    del scene.recipient["host"]
    scene.recipient["absent"]["host"] = "not on this host"
    assert scene.findings()["pair.plugins"].status == "skipped"


def test_percona_servers_list_of_plugins_to_leave_out(scene):
    scene.donor["plugins"]["audit_log"] = "audit_log.so"
    assert scene.findings()["pair.plugins"].status == "fail"
    scene.set("recipient", clone_exclude_plugins_list="audit_log,other")
    assert scene.findings()["pair.plugins"].status == "ok"


def test_before_8_0_27_the_donor_always_waits_for_ddl(scene):
    holder = {"kind": "ddl", "id": 9, "account": "root@localhost", "seconds": 1, "idle": False, "objects": []}
    scene.donor["locks"] = {"count": 1, "first": [holder]}
    assert "donor.ddl" not in scene.findings()
    for side in ("donor", "recipient"):
        scene.set(side, version="8.0.27")
    assert "donor.ddl" not in scene.findings()
    for side in ("donor", "recipient"):
        scene.set(side, version="8.0.26")
    error = scene.findings()["donor.ddl"].error
    assert (error["code"], error["symbol"], error["nested"]) == (3862, "ER_CLONE_DONOR", 1205)


def test_what_a_missing_library_kept_from_trying_is_not_a_failure(scene):
    scene.link["error"] = {"code": 2061, "message": "needs cryptography"}
    assert scene.findings()["pair.link"].status == "skipped"


@pytest.mark.parametrize(
    ("settings", "status"),
    [
        ({"Restart": "on-failure", "TimeoutStartUSec": "infinity"}, "ok"),
        ({"Restart": "on-failure", "RestartPreventExitStatus": "1", "TimeoutStartUSec": "infinity"}, "ok"),
        ({"Restart": "no", "TimeoutStartUSec": "infinity"}, "warn"),
        ({"Restart": "no", "RestartForceExitStatus": "16", "TimeoutStartUSec": "infinity"}, "ok"),
        ({"Restart": "on-failure", "RestartPreventExitStatus": "1 16", "TimeoutStartUSec": "infinity"}, "warn"),
        ({"Restart": "on-failure", "TimeoutStartUSec": "1min 30s", "Type": "notify"}, "warn"),
    ],
)
def test_service(scene, settings, status):
    pid = scene.recipient["host"]["pid"]
    scene.recipient["host"]["supervisor"].update(
        managed=True, unit="mysql.service", systemd={**settings, "MainPID": str(pid)}
    )
    assert scene.findings()["recipient.service"].status == status


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1min 30s", 90),
        ("infinity", None),
        ("", None),
        ("2h", 7200),
        ("1d 1h", 90000),
        ("500ms", 0.5),
        ("1w", 604800),
        ("1.5s 250us", 1.50025),
    ],
)
def test_systemd_times(text, seconds):
    assert state.seconds_of(text) == seconds


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("ibdata1:12M:autoextend", [None]),
        ("ibdata1:12M;ibdata2:1G:autoextend:max:2G", [12 << 20, None]),
        ("/x/ibdata1:512K;/x/ibdata2:100", [512 << 10, 100]),
        ("ibdata1:2g;ibdata2:3m", [2 << 30, 3 << 20]),
    ],
)
def test_data_files(text, sizes):
    assert configuration.data_files(text) == sizes


def test_side_by_side_needs_all_files_in_one_place(scene):
    scene.wanted.update(method="side_by_side", data_directory="/srv/new", start_command="systemctl start mysql")
    scene.recipient["host"]["new_directory"] = {"exists": False, "file_system": None}
    scene.set("recipient", innodb_undo_directory="/undo")
    finding = scene.findings()["recipient.files_outside"]
    assert finding.status == "fail"
    assert finding.actual == {"undo": "/undo"}


@pytest.mark.parametrize(
    ("profile", "warned"),
    [
        (None, False),
        ("unconfined", False),
        ("/usr/sbin/mysqld (complain)", False),
        ("/usr/sbin/mysqld (enforce)", True),
        ("system_u:system_r:unconfined_t:s0", False),
        ("system_u:system_r:mysqld_t:s0", True),
    ],
)
def test_confinement(scene, profile, warned):
    scene.wanted.update(data_directory="/srv/new")
    scene.recipient["host"].update(confinement=profile, new_directory={"exists": False, "file_system": None})
    assert ("recipient.confinement" in scene.findings()) == warned


def test_drift_is_told_and_harms_nobody(scene):
    scene.set("donor", max_connections="500")
    scene.donor["persisted"] = ["max_connections"]
    finding = scene.findings()["pair.configuration_drift"]
    assert finding.status == "ok"
    assert finding.actual["max_connections"] == {"recipient": "151", "donor": "500"}
    assert "persisted on the donor, not cloned: max_connections" in finding.message


def test_room_elsewhere_is_looked_at_too(scene):
    place = {"path": "/undo", "device": 7, "free": 1 << 30, "free_root": 1 << 30, "total": 1 << 31, "inodes": 100}
    scene.recipient["host"]["file_systems"]["undo"] = place
    assert "recipient.other_file_systems" not in scene.findings()
    place["free"] = place["free_root"] = 1 << 20
    finding = scene.findings()["recipient.other_file_systems"]
    assert (finding.status, finding.error["code"]) == ("fail", 1026)
    assert finding.actual == {"undo": 1 << 20}


def test_redo_log_elsewhere_needs_a_file_of_the_donor_and_what_is_written_meanwhile(scene):
    scene.set("donor", innodb_redo_log_capacity=str(320 << 20))
    place = {"path": "/redo", "device": 7, "free": 10 << 20, "free_root": 10 << 20, "total": 1 << 31, "inodes": 100}
    scene.recipient["host"]["file_systems"]["redo"] = place
    finding = scene.findings()["recipient.other_file_systems"]
    assert (finding.status, finding.expected) == ("fail", {"redo": 10 << 20})
    place["free"] = place["free_root"] = 11 << 20
    scene.donor["status"].update(Innodb_os_log_written=str(scene.donor["uptime"] << 20))
    finding = scene.findings()["recipient.other_file_systems"]
    assert (finding.status, finding.error) == ("warn", None)
    place["free"] = place["free_root"] = 1 << 30
    assert "recipient.other_file_systems" not in scene.findings()


def test_what_shares_a_file_system_is_added_up(scene):
    undo = scene.donor["tablespaces"]["undo_bytes"]
    system = sum(one["bytes"] for one in scene.donor["system_files"])
    free = undo + system
    for name in ("undo", "system"):
        scene.recipient["host"]["file_systems"][name] = {
            "path": "/both",
            "device": 7,
            "free": free,
            "free_root": free,
            "total": 1 << 31,
            "inodes": 100,
        }
    finding = scene.findings()["recipient.other_file_systems"]
    assert finding.expected == {"undo": free, "system": free}


def test_inodes_that_the_clone_drops_are_free(scene):
    scene.recipient["host"]["file_systems"]["data"]["inodes"] = 5
    finding = scene.findings()["recipient.inodes"]
    assert (finding.status, finding.actual) == ("ok", 5 + 118 + scene.recipient["tablespaces"]["user_count"])


def test_inodes_are_no_guess_where_the_data_directory_cant_be_listed(scene):
    scene.recipient["host"]["performance_schema_files"] = None
    assert scene.findings()["recipient.inodes"].status == "ok"
    scene.recipient["host"]["file_systems"]["data"]["inodes"] = 0
    finding = scene.findings()["recipient.inodes"]
    assert (finding.status, finding.message) == ("skipped", "the data directory can't be listed")


def test_interlock_fails_without_overwrite_and_warns_with_it(scene):
    scene.recipient["clone"]["state"] = "none"
    scene.recipient["gtid_executed"] = "11111111-1111-1111-1111-111111111111:1-3"
    found = {"count": 1, "first": [{"id": 7, "user": "app", "host": "web", "seconds": 1, "changed_rows": 3}]}
    scene.recipient.update(replicas=found, writers=found)
    ids = {"recipient.data", "recipient.gtids", "recipient.replicas", "recipient.writers"}
    for overwrite, status in ((False, "fail"), (True, "warn")):
        wanted = dict(scene.wanted, overwrite=overwrite)
        findings = {one.id: one.status for one in _precheck.interlock(scene.recipient, scene.donor, wanted)}
        assert findings == dict.fromkeys(ids, status)
    wanted = dict(scene.wanted, overwrite=False, data_directory="/srv/new")
    assert _precheck.interlock(scene.recipient, scene.donor, wanted) == []


def test_interlock_takes_the_unknown_for_the_worst(scene):
    for name in ("schemas", "replicas", "writers", "gtid_executed"):
        del scene.recipient[name]
    scene.recipient["clone"]["state"] = "none"
    for overwrite, status in ((False, "fail"), (True, "skipped")):
        findings = _precheck.interlock(scene.recipient, scene.donor, dict(scene.wanted, overwrite=overwrite))
        assert {one.status for one in findings} == {status}
        assert len(findings) == 4
        remedy = "GRANT SELECT, SHOW DATABASES, PROCESS ON *.* to this login, or set overwrite=true"
        assert {one.remedy for one in findings} == {None if overwrite else remedy}


def test_interlock_does_not_fail_for_what_the_donor_hides(scene):
    scene.recipient["clone"]["state"] = "none"
    del scene.donor["gtid_executed"]
    findings = {one.id: one for one in _precheck.interlock(scene.recipient, scene.donor, {"overwrite": False})}
    assert findings["recipient.gtids"].status == "skipped"


def test_findings_are_plain_data(scene):
    for finding in scene.findings().values():
        assert finding.status in STATUSES
        assert json.loads(json.dumps(finding.as_dict())) == finding.as_dict()


def test_rules_change_no_facts(scene):
    before = copy.deepcopy((scene.donor, scene.recipient, scene.link))
    scene.findings()
    assert before == (scene.donor, scene.recipient, scene.link)


def test_rules_touch_neither_servers_nor_files():
    for one in RULES:
        source = inspect.getsource(inspect.getmodule(one.function))
        assert not re.search(
            r"\b(open\(|subprocess|socket|os\.(stat|listdir|access)|os\.path\.(exists|isfile|isdir))", source
        )
