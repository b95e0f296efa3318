# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read of a server, as far as no server is needed."""

from __future__ import annotations

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _inventory
from ansible_collections.dbops.mysql_clone.plugins.module_utils._inventory import _Subject

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
