# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SQL text."""

from __future__ import annotations

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _sql
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput


@pytest.mark.parametrize(
    ("name", "quoted"), [("t", "`t`"), ("a b", "`a b`"), ("a`b", "`a``b`"), ("`", "````"), ("数据", "`数据`")]
)
def test_identifier(name, quoted):
    assert _sql.identifier(name) == quoted


@pytest.mark.parametrize("name", ["", "a\0b"])
def test_identifier_refuses(name):
    with pytest.raises(BadInput):
        _sql.identifier(name)


def test_account_quotes_both_parts():
    assert _sql.account("o`neil", "10.%") == "`o``neil`@`10.%`"


def test_literal_is_the_same_in_every_sql_mode():
    assert _sql.literal("it's \\ 世") == "_utf8mb4 X'" + "it's \\ 世".encode().hex() + "'"


def test_donor_entry_in_lower_case():
    assert _sql.donor_entry("DB1.Example.com", 3306) == "db1.example.com:3306"


@pytest.mark.parametrize("host", ["::1", "[::1]", "fe80::1", "a b", "a,b", "a'b", "", 'a"b'])
def test_donor_entry_refuses_host(host):
    with pytest.raises(BadInput, match="donor_host"):
        _sql.donor_entry(host, 3306)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_donor_entry_refuses_port(port):
    with pytest.raises(BadInput, match="donor_port"):
        _sql.donor_entry("db1", port)


@pytest.mark.parametrize(
    ("value", "entries"),
    [(None, []), ("", []), ("A:1, b:2,,a:1", ["a:1", "b:2"])],
)
def test_donor_list(value, entries):
    assert _sql.donor_list(value) == entries


@pytest.mark.parametrize(
    ("directory", "ssl", "tail"),
    [
        (None, None, ""),
        (None, True, " REQUIRE SSL"),
        (None, False, " REQUIRE NO SSL"),
        ("/x", None, " DATA DIRECTORY = %s"),
        ("/x", True, " DATA DIRECTORY = %s REQUIRE SSL"),
    ],
)
def test_clone_statement(directory, ssl, tail):
    text = _sql.clone_statement("u", "h", 3307, directory, ssl)
    assert text == "CLONE INSTANCE FROM %s@%s:3307 IDENTIFIED BY %s" + tail
    assert text.count("%s") == len(_sql.parameters("u", "h", "p", directory))
