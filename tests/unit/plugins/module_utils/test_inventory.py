# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read of a server, and what becomes of the answers. That they are those of servers is proved by the target clone_verify."""

from __future__ import annotations

import json
import threading
import time

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _inventory, _progress
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput, CloneError, ServerError
from ansible_collections.dbops.mysql_clone.plugins.module_utils._inventory import Table, Wanted, _Subject
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import Login
from ansible_collections.dbops.mysql_clone.tests.unit.plugins.module_utils.scripted import Scripted, error

TABLE = _Subject("shop", "od`d", "InnoDB", 100, (("id", "int"), ("note", "text")), ("id",))
# As servers write it (print_identified_with_as_hex).
SALTED = "CREATE USER `app`@`10.%` IDENTIFIED WITH 'caching_sha2_password' AS 0x2441243030 REQUIRE NONE"
UNSALTED = "CREATE USER `old`@`%` IDENTIFIED WITH 'mysql_native_password' AS 0x2A3846 REQUIRE NONE"


def test_unsalted_passwords_are_left_out():
    text = _inventory.account_text(UNSALTED, "mysql_native_password", 1700000000)
    assert "2A3846" not in text
    assert "1700000000" in text
    assert "REQUIRE NONE" in text
    assert text != _inventory.account_text(UNSALTED, "mysql_native_password", 1700000001)


def test_salted_passwords_count():
    other = SALTED.replace("2441243030", "2441243031")
    plugin = "caching_sha2_password"
    assert _inventory.account_text(SALTED, plugin, 1) != _inventory.account_text(other, plugin, 1)


def test_second_factor_without_salt():
    text = _inventory.account_text(
        SALTED + " AND IDENTIFIED WITH 'mysql_native_password' AS 0x2A99", "caching_sha2_password", 1
    )
    assert "2A99" not in text
    assert "2441243030" in text


@pytest.mark.parametrize(
    ("name", "pattern", "expected"),
    [
        ("app@10.%", "app@10.%", True),
        ("app@10.%", "app@*", True),
        ("app@10.%", "app", True),
        ("app@10.%", "a*", True),
        ("app@10.%", "App", False),
        ("app@10.%", "app@host", False),
        ("mysql.sys@localhost", "mysql.*@localhost", True),
        ("odd@name@h", "odd@name@h", True),
    ],
)
def test_account_matches(name, pattern, expected):
    assert _inventory.account_matches(name, [pattern]) is expected


def test_row_digest_quotes_names():
    assert _inventory.row_digest((("a`b", "int"),)) == "CRC32(CONCAT_WS(',', COALESCE(CRC32(`a``b`), 'N')))"


def test_points_are_even():
    points = [int(point) for point in _inventory.points("int", 0, 3200)]
    assert points == list(range(0, 3200, 100))
    assert len(_inventory.points("bigint", 5, 5)) == _inventory.SAMPLE_STRETCHES
    assert int(_inventory.points("bigint", -(2**63), 2**64)[0]) == -(2**63)


@pytest.mark.parametrize(("kind", "count"), [("varchar", 32), ("binary", 32), ("datetime", 0), ("enum", 0)])
def test_points_of_other_types(kind, count):
    assert len(_inventory.points(kind, None, None)) == count


def test_sample_of_a_small_table():
    statement = _inventory.sample_statement(TABLE, None, None, True)
    assert "LIMIT" not in statement
    assert "FROM `shop`.`od``d`" in statement


def test_sample_of_a_large_table():
    statement = _inventory.sample_statement(TABLE, 1, 100000, False)
    assert statement.count("UNION ALL") == _inventory.SAMPLE_STRETCHES + 1
    assert "ORDER BY `id` DESC LIMIT 64" in statement
    empty_at_first = _inventory.sample_statement(TABLE, None, None, False)
    assert empty_at_first.count("UNION ALL") == 1


def test_no_sample_without_order():
    assert _inventory.sample_statement(TABLE._replace(key=()), 1, 9, False) is None
    assert _inventory.sample_statement(TABLE._replace(key=()), 1, 9, True)


def test_batches():
    small = [TABLE._replace(name=f"t{number}") for number in range(100)]
    large = TABLE._replace(size=_inventory.BATCH_BYTES * 10)
    sizes = [len(batch) for batch in _inventory.batches([large, large, *small])]
    assert sizes == [1, 1, _inventory.BATCH, 100 - _inventory.BATCH]
    assert _inventory.batches([]) == []


@pytest.mark.parametrize(
    ("version", "statement"),
    [((8, 0, 45), "SHOW MASTER STATUS"), ((8, 2, 0), "SHOW BINARY LOG STATUS"), ((9, 7, 4), "SHOW BINARY LOG STATUS")],
)
def test_binlog_statement(version, statement):
    assert _inventory.binlog_statement(version) == statement


def test_remains(tmp_path):
    (tmp_path / "#clone").mkdir()
    for name in ("#view_status", "#view_progress"):
        (tmp_path / "#clone" / name).touch()
    assert _inventory.remains(str(tmp_path)) == []
    (tmp_path / "#clone" / "#status_fix").touch()
    (tmp_path / "ibdata1.#clone").touch()
    assert _inventory.remains(str(tmp_path)) == ["#clone/#status_fix", "ibdata1.#clone"]
    (tmp_path / "sys").mkdir()
    (tmp_path / "sys" / "sys_config.ibd.#clone").touch()
    assert _inventory.remains(str(tmp_path)) == ["#clone/#status_fix", "ibdata1.#clone", "sys/sys_config.ibd.#clone"]


def test_own_privileges():
    assert _inventory.may({"ALL PRIVILEGES"}, "TRIGGER")
    assert not _inventory.may({"BACKUP_ADMIN"}, "SELECT")


# -- a server ----------------------------------------------------------------------------------------------------------

ALL_KINDS = ("schemas", "tables", "rows", "objects", "accounts")
ABOUT = {
    "server_uuid": "u",
    "server_id": 1,
    "gtid_mode": "ON",
    "gtid_executed": "a:1-5,\nb:1",
    "version": "9.7.4",
    "hostname": "h",
    "port": 3306,
    "log_bin": 1,
    "definition_cache": 2000,
    "event_scheduler": "ON",
    "account": "root@localhost",
    "roles": "NONE",
    "now": "1700000000",
}
SIZES = {"small": 100, "large": 5 << 20, "keyless": 5 << 20, "gone": 100, "far": 0}
ROWS = {"small": 3, "large": 90000, "keyless": 90000, "gone": 0, "far": 0}
ACCOUNTS = [
    ("app", "%", "caching_sha2_password"),
    ("lost", "%", "caching_sha2_password"),
    ("mysql.sys", "localhost", "x"),
]


def rows_of(statement):
    """What a table's checksum or count gives; the table of a name in backquotes."""
    name = next(name for name in SIZES if f"`{name}`" in statement)
    if name == "gone":
        raise error(1146, "no such table")
    row = {"number": ROWS[name]}
    if "AS digest" in statement:
        row["digest"] = 255 + len(name)
    return [row]


def sessions(answers=None, version="9.7.4"):
    """A function that opens sessions on one scripted server, and the list of those that were opened."""
    made = []
    usual = {
        "AS server_uuid": [ABOUT],
        "LIKE 'Uptime'": [{"Value": "77"}],
        "BINARY LOG STATUS": [{"File": "binlog.000002", "Position": 157}],
        "SHOW GRANTS FOR `lost`": error(1141, "no such grant"),
        "SHOW GRANTS FOR `": [{"g": "GRANT USAGE ON *.* TO `app`@`%`"}],
        "SHOW GRANTS": [{"g": "GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost`"}],
        "SHOW CREATE USER": [{"c": SALTED}],
        "SET SESSION": [],
        "FROM mysql.plugin": [{"name": "clone", "dl": "mysql_clone.so"}],
        "FROM mysql.component": [{"name": "file://component_log_sink_json"}],
        "persisted_variables": [{"name": "max_connections", "value": "500"}],
        "replication_connection_configuration": [{"name": "", "host": "db9"}],
        "FROM mysql.user": [
            {"user": user, "host": host, "plugin": plugin, "changed": 1} for user, host, plugin in ACCOUNTS
        ],
        "information_schema.SCHEMATA": [{"name": "shop", "definition": "utf8mb4|x|NO"}],
        "information_schema.TABLES": [
            {
                "schema_name": "shop",
                "name": name,
                "engine": "FEDERATED" if name == "far" else "InnoDB",
                "size": size,
                "touched": None if name == "far" else 1650000000,
            }
            for name, size in SIZES.items()
        ],
        "information_schema.COLUMNS": [
            {"schema_name": "shop", "name": name, "columns": json.dumps([[2, "note", "text"], [1, "id", "int"]])}
            for name in SIZES
        ],
        "information_schema.STATISTICS": [
            {"schema_name": "shop", "name": name, "columns": json.dumps([[1, "id"]]), "partial": name == "keyless"}
            for name in SIZES
        ],
        "information_schema.VIEWS": [{"name": "shop.v", "definition": "d1", "altered": None}],
        "information_schema.ROUTINES": [],
        "information_schema.TRIGGERS": [],
        "information_schema.EVENTS": error(1045, "denied"),
        "START TRANSACTION": [],
        "SAVEPOINT": [],
        "SHOW CREATE TABLE `shop`.`gone`": error(1146, "no such table"),
        "SHOW CREATE TABLE": [{"Create Table": "CREATE TABLE x (id int) AUTO_INCREMENT=7"}],
        "MIN(`id`)": [{"low": 1, "high": 90000}],
        "COUNT(*) AS number": rows_of,
        "CHECKSUM TABLE `shop`.`gone`": [{"Table": "shop.gone", "Checksum": None}],
        "CHECKSUM TABLE": [{"Table": "t", "Checksum": 4096}],
    }

    def connect():
        made.append(
            Scripted(
                {**(answers or {}), **{key: answer for key, answer in usual.items() if key not in (answers or {})}},
                version,
            )
        )
        return made[-1]

    return connect, made


def test_all_of_a_server():
    connect, made = sessions()
    found = _inventory.collect(connect, Wanted(ALL_KINDS, ignore_tables=("shop.k*",), threads=2))
    assert found["compare"] == sorted(ALL_KINDS)
    assert found["ignored"] == ["shop.k*"]
    assert found["server"]["gtid_executed"] == "a:1-5,b:1"
    assert found["server"]["binlog"] == ["binlog.000002", 157]
    assert found["server"]["uptime"] == 77
    assert found["server"]["consistent"]
    assert found["schemas"] == {"shop": "utf8mb4|x|NO"}
    assert sorted(found["tables"]["shop"]) == ["far", "gone", "large", "small"]
    tables = _inventory.tables_of(found)
    # 255 and the length of the name, in hexadecimal.
    assert (tables["shop.small"].rows, tables["shop.small"].checksum) == (3, "104")
    assert (tables["shop.large"].rows, tables["shop.large"].checksum) == (90000, "104")
    assert tables["shop.far"] == Table("FEDERATED")
    assert tables["shop.small"].touched == 1650000000
    assert tables["shop.small"].definition == _inventory.digest("CREATE TABLE x (id int)")
    assert found["unread"] == {
        "shop.gone": "no such table (error 1146)",
        "account lost@%": "no such grant",
    }
    assert found["absent"] == {"events": "denied (error 1045)"}
    assert found["views"] == {"shop.v": ["d1", None]}
    assert "events" not in found
    assert list(found["accounts"]) == ["app@%"]
    assert found["plugins"] == {"clone": "mysql_clone.so"}
    assert found["persisted"] == {"max_connections": "500"}
    assert found["components"] == ["file://component_log_sink_json"]
    assert found["channels"] == [{"name": "", "host": "db9"}]
    assert all(session.closed for session in made)


def test_a_large_table_is_sampled_between_its_ends_and_one_without_a_key_is_not():
    connect, made = sessions()
    found = _inventory.collect(connect, Wanted(("rows",)))
    asked = [statement for session in made for statement in session.asked if "`large`" in statement]
    assert any("MIN(`id`) AS low" in statement for statement in asked)
    assert any(statement.count("UNION ALL") == _inventory.SAMPLE_STRETCHES + 1 for statement in asked)
    keyless = _inventory.tables_of(found)["shop.keyless"]
    assert (keyless.rows, keyless.checksum) == (90000, None)


def test_an_error_while_a_sample_is_looked_for_is_that_table_s():
    connect, _made = sessions({"MIN(`id`)": error(1205, "lock wait")})
    found = _inventory.collect(connect, Wanted(("rows",)))
    assert found["unread"]["shop.large"] == "lock wait (error 1205)"
    assert _inventory.tables_of(found)["shop.small"].checksum


def test_full_checksums_are_the_server_s():
    connect, _made = sessions()
    found = _inventory.collect(connect, Wanted(("rows",), checksum="full"))
    tables = _inventory.tables_of(found)
    assert tables["shop.small"].checksum == "1000"
    assert found["unread"]["shop.gone"] == "no such table (error 1146)"
    connect, _made = sessions({"SHOW CREATE TABLE": [{"Create Table": "x"}], "COUNT(*) AS number": [{"number": 1}]})
    found = _inventory.collect(connect, Wanted(("rows",), checksum="full"))
    assert found["unread"]["shop.gone"].startswith("CHECKSUM TABLE gave none")


def test_without_rows_no_table_is_read():
    connect, made = sessions()
    found = _inventory.collect(connect, Wanted(("schemas",), checksum="none"))
    assert "tables" not in found
    assert "accounts" not in found
    assert len(made) == 1


def test_what_the_account_may_not_see_is_told():
    connect, _made = sessions({"SHOW GRANTS": [{"g": "GRANT USAGE ON *.* TO `root`@`localhost`"}]})
    found = _inventory.collect(connect, Wanted(ALL_KINDS))
    assert found["absent"]["tables"] == "root@localhost needs SELECT ON *.* on db1:3306"
    assert "schemas" not in found
    grants = [{"g": "GRANT SELECT, EVENT ON *.* TO `root`@`localhost`"}]
    connect, _made = sessions({"SHOW GRANTS": grants, "information_schema.EVENTS": []})
    found = _inventory.collect(connect, Wanted(("objects",), checksum="none"))
    assert found["absent"]["triggers"] == "root@localhost needs TRIGGER ON *.* on db1:3306"
    assert found["events"] == {}


def test_the_privileges_of_roles_count():
    server = Scripted({"SHOW GRANTS FOR CURRENT_USER() USING `r`@`%`": [{"g": "GRANT SELECT ON *.* TO `a`@`%`"}]})
    assert _inventory.privileges(server, "`r`@`%`") == {"SELECT"}


def test_what_a_server_must_answer():
    for key in ("AS server_uuid", "LIKE 'Uptime'"):
        connect, _made = sessions({key: error(1142, "denied")})
        with pytest.raises(ServerError, match="denied"):
            _inventory.collect(connect, Wanted(("schemas",), checksum="none"))
    connect, _made = sessions({"BINARY LOG STATUS": error(1227, "denied")})
    assert _inventory.collect(connect, Wanted(("schemas",), checksum="none"))["server"]["binlog"] is None


def test_other_servers_are_refused():
    connect, _made = sessions(version="10.11.6-MariaDB")
    with pytest.raises(CloneError, match="MariaDB"):
        _inventory.collect(connect, Wanted(("schemas",)))


def test_under_a_load_without_a_gap_the_snapshot_is_called_inconsistent():
    count = iter(range(1000))
    connect, made = sessions({"BINARY LOG STATUS": lambda _statement: [{"File": "b", "Position": next(count)}]})
    found = _inventory.collect(connect, Wanted(("rows",), threads=2))
    assert found["server"]["consistent"] is False
    opened = [statement for session in made for statement in session.asked if statement.startswith("START TRANSACTION")]
    assert len(opened) == _inventory.SNAPSHOT_TRIES


def test_a_session_that_is_lost_fails_the_reading():
    def lost(_statement):
        raise error(2013, "Lost connection")

    connect, made = sessions({"ROLLBACK TO SAVEPOINT": lost})
    with pytest.raises(ServerError, match="Lost connection"):
        _inventory.collect(connect, Wanted(("rows",)))
    assert all(session.closed for session in made)


def test_what_cannot_be_read_in_time_is_told_and_its_session_ended(monkeypatch):
    released = threading.Event()

    def stuck(statement):
        if "`large`" not in statement:
            return rows_of(statement)
        released.wait(20)
        raise error(2013, "Lost connection")

    def kill(_statement):
        released.set()
        return []

    connect, made = sessions({"COUNT(*) AS number": stuck, "KILL 7": kill})
    begun = time.monotonic()
    found = _inventory.collect(connect, Wanted(("rows",), timeout=0.4, threads=1))
    assert time.monotonic() - begun < 10
    assert found["unread"]["shop.large"] == "not read within 0.4 seconds"
    assert any(session.told("KILL 7") for session in made)


def test_a_busy_server_is_waited_for_but_not_for_ever(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(_inventory.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(_inventory.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    running = iter([9, 9, 3])
    calm = Scripted({"Threads_running": lambda _statement: [{"Value": str(next(running))}]})
    _inventory._wait_for_calm(calm, 3)
    assert now[0] == 1.0
    _inventory._wait_for_calm(Scripted({"Threads_running": [{"Value": "9"}]}), 3)
    assert now[0] == 1.0 + _inventory.THROTTLE_SECONDS
    _inventory._wait_for_calm(Scripted({}), 0)


@pytest.mark.parametrize("document", [{}, {"tables": 1}, {"tables": {"shop": 1}}, {"tables": {"shop": {"t": 1}}}])
def test_a_document_of_another_kind_is_refused(document):
    with pytest.raises(BadInput, match="donor_inventory is no inventory"):
        _inventory.tables_of(document)


# -- the recipient alone -----------------------------------------------------------------------------------------------


def state_of(monkeypatch, tmp_path, found=(11, "process 11"), clone=None, **answers):
    def read(_server):
        if isinstance(clone, Exception):
            raise clone
        return clone

    monkeypatch.setattr(_inventory, "find_process", lambda _variables: found)
    monkeypatch.setattr(_progress, "read", read)
    server = Scripted(
        {
            "SHOW GLOBAL VARIABLES": [{"Variable_name": "datadir", "Value": str(tmp_path)}],
            "information_schema.PLUGINS": [{"name": "clone"}],
            "information_schema.EVENTS": [{"name": "shop.e"}],
            "XA RECOVER": [{"data": "x"}],
            "FROM mysql.user": [{"name": "dbops_jit_1@%"}],
            "performance_schema.error_log": [{"code": "MY-013129", "text": "no such component"}],
            **answers,
        }
    )
    return server, _inventory.recipient_state(server, 60)


def test_the_state_of_a_recipient(monkeypatch, tmp_path):
    (tmp_path / "ibdata1.#clone").touch()
    server, state = state_of(monkeypatch, tmp_path, clone={"state": "completed"})
    assert state["clone"] == {"state": "completed"}
    assert state["active"] == ["clone"]
    assert state["events"] == ["shop.e"]
    assert state["temporary"] == ["dbops_jit_1@%"]
    assert state["xa"] == 1
    assert state["load_errors"] == ["no such component"]
    assert state["remains"] == ["ibdata1.#clone"]
    assert state["absent"] == {}
    assert any("INTERVAL 60 SECOND" in statement for statement in server.asked)


def test_what_cannot_be_had_of_a_recipient_is_told(monkeypatch, tmp_path):
    _server, state = state_of(
        monkeypatch,
        tmp_path,
        (None, "not on this host"),
        error(1146, "no plugin"),
        **{"XA RECOVER": error(1401, "denied")},
    )
    assert state["absent"] == {
        "xa": "denied (error 1401)",
        "clone": "no plugin (error 1146)",
        "remains": "not on this host",
    }
    assert "xa" not in state
    _server, state = state_of(monkeypatch, tmp_path / "gone")
    assert "can't be read" in state["absent"]["remains"]


def test_the_login_that_sees_all_of_the_donor(monkeypatch):
    logins = [Login("db9", user=user, password="p") for user in ("locked", "blind", "good", "never")]
    grants = {"blind": "GRANT USAGE ON *.* TO `x`@`%`", "good": "GRANT SELECT ON *.* TO `x`@`%`"}

    def connect(login, read_timeout):
        if login.user == "locked":
            raise error(1045, "denied")
        assert read_timeout == 5.0
        return Scripted({"CURRENT_ROLE": [{"r": "NONE"}], "SHOW GRANTS": [{"g": grants[login.user]}]}, label="db9:3306")

    monkeypatch.setattr(_inventory, "Server", connect)
    assert _inventory.donor_session(logins, 5.0) == (logins[2], "")
    assert _inventory.donor_session(logins[:2], 5.0) == (
        None,
        "'locked' can't log in there, 'blind' has no SELECT ON *.* there",
    )


def test_a_donor_that_is_away_or_another_product(monkeypatch):
    def away(login, read_timeout):
        raise error(2003, "Can't connect")

    monkeypatch.setattr(_inventory, "Server", away)
    with pytest.raises(ServerError, match="Can't connect"):
        _inventory.donor_session([Login("db9", user="u")], 5.0)
    monkeypatch.setattr(_inventory, "Server", lambda login, read_timeout: Scripted({}, "5.7.44", "db9:3306"))
    with pytest.raises(CloneError, match=r"the donor db9:3306 .*5\.7\.44"):
        _inventory.donor_session([Login("db9", user="u")], 5.0)
