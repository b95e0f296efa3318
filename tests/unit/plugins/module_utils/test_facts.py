# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _facts, _precheck
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import CloneError, ServerError
from ansible_collections.dbops.mysql_clone.plugins.module_utils._packed import packed, unpacked

CAPTURED = Path(__file__).parent / "captured"


@pytest.mark.parametrize(
    ("version", "why"),
    [
        ("8.0.17", None),
        ("9.7.4-2", None),
        ("26.10.0", None),
        ("8.0.16", "which has no CLONE"),
        ("5.7.44-log", "which has no CLONE"),
        ("5.5.5-10.11.14-MariaDB-0+deb12u2", "is MariaDB"),
        ("\x08\x05", None),
    ],
)
def test_who_can_take_part(version, why):
    said = _facts.unsuitable(version)
    assert (why in said) if why else said is None


@pytest.mark.parametrize(("name", "schema"), [("dn", "dn"), ("a@002db", "a-b"), ("@4e2d@6587", "中文")])
def test_schema_names_come_from_file_names(name, schema):
    assert _facts.decoded(name) == schema


GRANTS = [
    "GRANT SELECT, PROCESS ON *.* TO `u`@`%`",
    "GRANT BACKUP_ADMIN ON *.* TO `u`@`%`",
    "GRANT INSERT ON `mysql`.* TO `u`@`%`",
    "REVOKE SELECT ON `performance_schema`.* FROM `u`@`%`",
]


def test_what_an_account_may_read():
    grants = _facts._grant_facts([{"Grants for u@%": line} for line in GRANTS])
    assert _facts.may_read(grants, "PROCESS")
    assert _facts.may_read(grants, "BACKUP_ADMIN")
    assert not _facts.may_read(grants, "CLONE_ADMIN")
    assert _facts.may_read(grants, "mysql")
    assert not _facts.may_read(grants, "performance_schema")
    everything = _facts._grant_facts([{"g": "GRANT ALL PRIVILEGES ON *.* TO `u`@`%`"}])
    assert _facts.may_read(everything, "CLONE_ADMIN")


def test_partial_schema_grants_are_enough():
    grants = _facts._grant_facts([{"g": "GRANT SELECT ON `performance_schema`.* TO `u`@`%`"}])
    assert _facts.may_read(grants, "performance_schema")
    assert not _facts.may_read(grants, "mysql")


NO_HOLES = {"undo_bytes": 0, "encrypted_holes": 0, "missing": None, "block_size": 4096}


def test_tablespaces_are_summed_by_what_a_clone_does_with_them():
    rows = [
        {"kind": "system", "schema_name": "", "count": 3, "bytes": 60, "allocated": 60, "encrypted": 0, **NO_HOLES},
        {
            "kind": "user",
            "schema_name": "a@002db",
            "count": 2,
            "bytes": 30,
            "allocated": 20,
            "encrypted": 1,
            **NO_HOLES,
        },
        {"kind": "user", "schema_name": "", "count": 1, "bytes": 5, "allocated": 5, "encrypted": 0, **NO_HOLES},
    ]
    facts = _facts._tablespaces(rows)
    assert facts == {
        "count": 6,
        "bytes": 95,
        "allocated": 85,
        "undo_bytes": 0,
        "encrypted": 1,
        "encrypted_holes": 0,
        "missing": 0,
        "block_size": 4096,
        "user_bytes": 25,
        "user_count": 3,
        "by_schema": {"a-b": {"tables": 2, "bytes": 30}},
    }


def test_files_are_told_apart():
    rows = [
        {"name": "innodb_system", "path": "ibdata1", "kind": "System"},
        {"name": "innodb_undo_001", "path": "./undo_001", "kind": "Single"},
        {"name": "u3", "path": "/undo/u3.ibu", "kind": "Single"},
        {"name": "ts", "path": "/far/ts.ibd", "kind": "General"},
        {"name": "d/t", "path": "../near/d/t.ibd", "kind": "Single"},
        {"name": "here", "path": "here.ibd", "kind": "General"},
        {"name": "a`b", "path": "./a@0060b.ibd", "kind": "General"},
    ]
    facts = _facts._files(rows)
    assert facts["undo"] == ["./undo_001", "/undo/u3.ibu"]
    assert facts["backticks"] == ["a`b"]
    assert facts["outside"] == {"count": 2, "first": ["/far/ts.ibd", "../near/d/t.ibd"]}


def lock(kind, how="SHARED", id=7, name="t"):
    return {
        "object_type": kind,
        "object_schema": "d",
        "object_name": name,
        "lock_type": how,
        "id": id,
        "user": "app" if id else None,
        "host": "web",
        "command": "Sleep",
        "seconds": 12,
        "thread": "thread/sql/one_connection",
    }


def test_locks_are_one_entry_a_session_and_kind():
    rows = [
        lock("BACKUP LOCK"),
        lock("BACKUP LOCK", "INTENTION_EXCLUSIVE", id=8),
        lock("GLOBAL"),
        lock("COMMIT"),
        *[lock("TABLE", name=f"t{number}") for number in range(9)],
        lock("TABLE", id=None),
    ]
    facts = _facts._locks(rows)
    assert [(one["kind"], one["id"]) for one in facts["first"]] == [
        ("backup", 7),
        ("ddl", 8),
        ("read_lock", 7),
        ("tables", 7),
        ("tables", None),
    ]
    assert len(facts["first"][3]["objects"]) == 5
    assert facts["first"][3]["account"] == "app@web"


def test_statements_wait_for_nobody():
    for source in _facts.SOURCES.values():
        if source.statement.startswith("SELECT"):
            assert _facts._bounded(source.statement).startswith("SELECT /*+ SET_VAR(lock_wait_timeout=1) */ ")


def test_nothing_but_reading_statements():
    for source in {**_facts.OPEN_SOURCES, **_facts.SOURCES}.values():
        assert re.match(r"(SELECT|SHOW) ", source.statement)
        assert ";" not in source.statement


@pytest.mark.parametrize(
    ("version", "view"), [((8, 0, 21), "information_schema.PROCESSLIST"), ((8, 4, 0), "performance_schema.processlist")]
)
def test_sources_follow_the_version(version, view):
    due = _facts._due(_facts.SOURCES, version)
    assert view in due["replicas"].statement
    assert ("keyring" in due) == (version >= (8, 0, 24))


@pytest.mark.parametrize("name", ["donor", "recipient"])
def test_facts_are_small_and_hold_no_secret(name):
    text = (CAPTURED / f"{name}.json").read_text(encoding="utf-8")
    assert len(json.dumps(json.loads(text))) < 20_000
    assert not re.search(
        "password|authentication_string",
        text.replace("caching_sha2_password", "")
        .replace("sha256_password", "")
        .replace("validate_password", "")
        .replace("native_password", ""),
        re.IGNORECASE,
    )


@pytest.mark.parametrize(
    ("seconds", "state", "rate"), [(10.0, "completed", 10**8), (0.5, "completed", None), (10.0, "failed", None)]
)
def test_copy_rate_needs_a_copy_that_took_time(seconds, state, rate):
    stages = [{"stage": "DROP DATA", "state": "completed", "seconds": 9.0, "bytes_done": 0}]
    stages.append({"stage": "FILE COPY", "state": state, "seconds": seconds, "bytes_done": 10**9})
    assert _facts._copy_rate(stages) == rate


def test_names_are_packed_small():
    names = [f"utf8mb4_{number}_0900_ai_ci" for number in range(300)]
    assert unpacked(packed(names)) == names
    assert len(packed(names)) < 2000


def test_schemas_are_capped_largest_first():
    facts = {"absent": {}, "schemata": [f"s{number}" for number in range(200)]}
    facts["tables"] = {"count": 200, "by_schema": {f"s{number}": 1 for number in range(200)}, "engines": {}}
    sizes = {f"s{number}": {"tables": 1, "bytes": number} for number in range(200)}
    facts["tablespaces"] = {"by_schema": sizes}
    _facts._summarise(facts)
    assert facts["schema_count"] == 200
    assert len(facts["schemas"]) == _facts.LIST_LIMIT
    assert facts["schemas"][0] == {"name": "s199", "tables": 1, "bytes": 199}


def test_without_select_tables_with_files_tell_of_schemas():
    sizes = {"a": {"tables": 2, "bytes": 9}}
    facts = {
        "absent": {"tables": "needs SELECT"},
        "schemata": ["a", "empty"],
        "tablespaces": {"by_schema": dict(sizes)},
    }
    _facts._summarise(facts)
    assert facts["schemas"] == [{"name": "a", "tables": 2, "bytes": 9}, {"name": "empty", "tables": 0, "bytes": 0}]
    facts = {"absent": {"schemata": "needs x", "tables": "needs y"}, "tablespaces": {"by_schema": dict(sizes)}}
    _facts._summarise(facts)
    assert facts["schemas"] == [{"name": "a", "tables": 2, "bytes": 9}]
    facts = {"absent": {"schemata": "needs x", "tables": "needs y"}, "tablespaces": {"by_schema": {}}}
    _facts._summarise(facts)
    assert "schemas" not in facts
    assert facts["absent"] == {"schemas": "needs x", "engines": "needs y"}


def test_tables_that_somebody_made_in_mysql_are_listed():
    facts = {"absent": {}, "schemata": [], "tables": {"count": 0, "by_schema": {}, "engines": {}}}
    facts["tablespaces"] = {"by_schema": {"mysql": {"tables": 1, "bytes": 114688}}}
    _facts._summarise(facts)
    assert facts["schemas"] == [{"name": "mysql", "tables": 1, "bytes": 114688}]


# -- a server's rows, as MySQL 9.7.4 has given them --------------------------------------------------------------------


class Replayed:
    """Answers by the name of what is asked, as a real server did for root, or for an account without privileges."""

    label = "db1:3306"
    version = "9.7.4"

    def __init__(self, account="root", **changes):
        rows = json.loads((CAPTURED / "rows.json").read_text(encoding="utf-8"))[account]
        self.rows = {"clone_status": [], **rows, **changes}
        self.trips = []

    def query_many(self, statements):
        self.trips.append(list(statements))
        # The one and the other are called status.
        kinds = {name: "clone_status" if "clone_status" in text[:60] else name for name, text in statements.items()}
        return {name: self.answer(kind) for name, kind in kinds.items()}

    def answer(self, name):
        rows = self.rows[name]
        if isinstance(rows, dict):
            return ServerError(*rows["error"], self.label)
        return json.loads(json.dumps(rows))


def read(server, **options):
    return _facts.server_facts(server, **{"host": False, **options})


def test_all_facts_in_three_round_trips():
    server = Replayed()
    facts = read(server)
    # The fourth is for its table of another engine.
    assert [len(trip) > 1 for trip in server.trips] == [True, True, False, True]
    assert server.trips[2] == ["not_innodb"]
    assert facts["absent"] == {}
    assert facts["account"] == "root@localhost"
    assert [row["name"] for row in facts["schemas"]] == ["lab_shop", "lab_archive"]
    # The second one holds a view and a table in the general tablespace.
    assert facts["schemas"][0]["bytes"] > facts["schemas"][1]["bytes"] == 0
    assert facts["schema_count"] == 2
    assert facts["table_count"] == sum(row["tables"] for row in facts["schemas"])
    assert facts["engines"] == {"MyISAM": 1}
    assert list(facts["plugins"]) == ["clone"]
    assert "InnoDB" in facts["builtin_plugins"].split()
    assert facts["uptime"] >= 0
    assert facts["donor_list"] is None
    assert facts["clone"]["state"] == "none"
    assert "stages" not in facts["clone"]
    assert facts["server_uuid"] == facts["gtid_executed"].partition(":")[0]
    assert "host" not in facts


INNODB = {"schema_name": "lab_shop", "engine": "InnoDB", "tables": 3, "backticks": "0"}


def test_tables_of_other_engines_are_looked_up_where_there_are_any():
    server = Replayed(tables=[INNODB])
    assert read(server)["not_innodb"] == []
    assert len(server.trips) == 3
    refused = read(Replayed(tables={"error": [1142, "denied"]}))
    assert refused["absent"]["not_innodb"] == "root@localhost may not read it (denied)"


def test_names_with_backticks_are_looked_up_where_there_are_any():
    found = [{"kind": "table", "schema_name": "mysql", "name": "a`b"}]
    own = {"schema_name": "mysql", "engine": "InnoDB", "tables": 40, "backticks": "1"}
    server = Replayed(tables=[INNODB, own], backticks=found)
    facts = read(server)
    assert server.trips[2] == ["backticks"]
    assert facts["backticks"] == found
    # Those of the server itself aren't counted among the user's.
    assert facts["table_count"] == 3
    refused = read(Replayed(tables={"error": [1142, "denied"]}))
    assert refused["absent"]["backticks"] == "root@localhost may not read it (denied)"


def test_schemas_with_backticks_come_from_the_list_of_schemas():
    schemata = [{"SCHEMA_NAME": "a`b"}, {"SCHEMA_NAME": "shop"}]
    facts = read(Replayed(tables=[INNODB], schemata=schemata))
    assert facts["backticks"] == [{"kind": "schema", "schema_name": "", "name": "a`b"}]
    facts = read(Replayed(tables=[INNODB], schemata={"error": [1205, "Lock wait timeout exceeded"]}))
    assert "backticks" not in facts
    assert facts["absent"]["backticks"] == "Lock wait timeout exceeded (error 1205)"


def test_of_a_server_that_is_known_only_what_changes_is_asked_in_one_round_trip():
    server = Replayed()
    facts = read(server, known=True)
    assert server.trips == [["self", "grants", "variables", "status", "plugins", "clones"]]
    whole = read(Replayed())
    assert {name: whole[name] for name in facts if name not in ("absent", "skew")} == {
        name: facts[name] for name in facts if name not in ("absent", "skew")
    }
    assert set(_precheck._FRESH) - set(facts) == set()


def test_what_an_account_may_not_see_is_absent_with_the_privilege_that_it_lacks():
    facts = read(Replayed("limited"))
    assert facts["absent"]["clone"] == "limited@localhost needs SELECT ON performance_schema.*"
    assert "schemas" not in facts
    assert all("limited@localhost needs " in reason for reason in facts["absent"].values()), facts["absent"]


def test_what_the_server_refuses_is_absent_with_its_words():
    refused = {"error": [1227, "Access denied; you need PROCESS"]}
    facts = read(Replayed(transactions=refused, locks={"error": [1205, "Lock wait timeout exceeded"]}))
    assert facts["absent"] == {
        "transactions": "root@localhost may not read it (Access denied; you need PROCESS)",
        "locks": "Lock wait timeout exceeded (error 1205)",
    }


def test_without_table_counts_the_files_tell():
    facts = read(Replayed(tables={"error": [1142, "denied"]}, schemata={"error": [1142, "denied"]}))
    assert facts["absent"]["engines"] == "root@localhost may not read it (denied)"
    assert {row["name"] for row in facts["schemas"]} >= {"lab_shop"}
    facts = read(Replayed(tablespaces={"error": [1142, "denied"]}))
    assert [row["bytes"] for row in facts["schemas"]] == [None, None]


def test_without_the_plugin_there_is_no_clone():
    server = Replayed(plugins=[{"": json.dumps({"InnoDB": None})}])
    facts = read(server)
    assert facts["clone"]["state"] == "none"
    assert facts["donor_list"] is None
    assert "list" not in [name for trip in server.trips for name in trip]


STATUS = {
    "PID": 0,
    "STATE": "Completed",
    "BEGIN_TIME": "2026-11-23T01:00:00.000Z",
    "END_TIME": "2026-11-23T01:00:10.000Z",
    "SOURCE": "db9:3306",
    "DESTINATION": "LOCAL INSTANCE",
    "ERROR_NO": 0,
    "ERROR_MESSAGE": "",
    "BINLOG_FILE": "",
    "BINLOG_POSITION": 0,
    "GTID_EXECUTED": "",
}
COPY = {
    "STAGE": "FILE COPY",
    "STATE": "Completed",
    "BEGIN_TIME": "2026-11-23T01:00:01.000Z",
    "END_TIME": "2026-11-23T01:00:05.000Z",
    "THREADS": 1,
    "ESTIMATE": 4000,
    "DATA": 4000,
    "NETWORK": 4000,
    "DATA_SPEED": 0,
}


def test_the_last_clone_tells_how_fast_it_copied():
    clone = read(Replayed(clone_status=[STATUS], progress=[COPY]))["clone"]
    assert (clone["state"], clone["source"], clone["copy_rate"]) == ("completed", "db9:3306", 1000)
    assert "stages" not in clone
    short = dict(COPY, END_TIME="2026-11-23T01:00:01.500Z")
    assert read(Replayed(clone_status=[STATUS], progress=[short]))["clone"]["copy_rate"] is None


def test_a_clone_that_cannot_be_read_is_absent():
    facts = read(Replayed(progress={"error": [1142, "denied"]}))
    assert "clone" not in facts
    assert facts["absent"]["clone"] == "root@localhost may not read it (denied)"
    assert facts["donor_list"] is None
    facts = read(Replayed(list={"error": [1193, "unknown variable"]}))
    assert facts["donor_list"] is None


def test_tablespaces_without_a_file_are_looked_up():
    server = Replayed(missing_files=[{"name": "lab@002dshop/gone", "open": 1}])
    server.rows["tablespaces"][0]["missing"] = 1
    assert read(server)["missing_files"] == {"lab-shop/gone": True}
    assert server.trips[2] == ["missing_files", "not_innodb"]
    assert "missing_files" not in read(Replayed())


@pytest.mark.parametrize("version", ["8.0.16", "5.5.5-10.11.14-MariaDB"])
def test_a_server_without_clone_is_not_asked(version):
    server = Replayed()
    server.version = version
    with pytest.raises(CloneError, match="db1:3306 "):
        read(server)
    assert server.trips == []


@pytest.mark.parametrize("version", ["8.0.17", "8.0.36", "8.4.0", "9.7.4"])
def test_each_version_has_its_own_statements(version):
    server = Replayed()
    server.version = version
    for sources in (_facts.OPEN_SOURCES, _facts.SOURCES):
        for name in _facts._due(sources, _facts.version_numbers(version)):
            server.rows.setdefault(name, [])
    assert read(server)["schema_count"] == 2


@pytest.mark.parametrize(("machine", "key"), [({"reason": "not on this host"}, "absent"), ({"pid": 7}, "host")])
def test_the_machine_is_asked_where_the_server_is(monkeypatch, machine, key):
    asked = []
    monkeypatch.setattr(_facts, "host_facts", lambda variables: asked.append(variables) or machine)
    facts = read(Replayed(), host=True)
    assert asked[0]["server_uuid"] == facts["server_uuid"]
    assert facts[key]["host"] == "not on this host" if key == "absent" else facts[key] == machine
