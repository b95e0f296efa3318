# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What options become on their way to a server: values in quotes, names in backticks, whatever the server takes a backslash for."""

from __future__ import annotations

import json
import re

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _accounts, _inventory, _sql
from ansible_collections.dbops.mysql_clone.plugins.module_utils._module import outcome
from ansible_collections.dbops.mysql_clone.plugins.modules import (
    clone_diagnose,
    clone_log,
    clone_monitor,
    clone_precheck,
    clone_recover,
    clone_replicate,
    clone_run,
    clone_status,
    clone_user,
    clone_verify,
)
from ansible_collections.dbops.mysql_clone.tests.unit.plugins.module_utils.wire import err, ok, rows, tokens

MARK = "m4rk"
HOSTILE = [
    MARK + "' OR 1=1 -- ",
    MARK + "\\' OR 1=1 -- ",
    MARK + "\\",
    MARK + "`@`%`; DROP USER x; -- ",
    MARK + '" OR "1"="1',
    MARK + "%s%%s%(x)s",
    MARK + "\n; SHUTDOWN; -- ",
    MARK + "\x1a\r\t",
    MARK + "\u00bf\u005c\u0027",
    MARK + "\U0001f4a9\u4e16",
    MARK + "/* */ # x",
]
NO_BACKSLASH_ESCAPES = 0x200
# Options by what becomes of them. A new option must be put where it belongs.
# How to reach a server; numbers, switches and fixed words; paths and commands of the machine; texts that are compared here.
WORDS = """
login_user login_password login_host login_port login_unix_socket config_file connect_timeout client_cert client_key
ca_cert check_hostname post_clone_login_user post_clone_login_password donor_login_user donor_login_password
donor_port require_ssl side state update_password binlog allow wait_timeout temporary install_plugin remove_plugin
wait_for poll_interval stall_timeout profile method overwrite force reserve_factor reserve_memory reserve_cpus
reserve_bandwidth probe deadline fail_on brief return_facts repaired_by evidence pool collect compare checksum replication catch_up_timeout threads donor_order
max_threads_running timeout retries retry_delays restart_timeout progress wait_seconds seen data set_gtid_purged
roll_back cleanup start_timeout clone_only limit history rotated max_donor_lag
start_command state_directory path client_directory server_config_file datadir ignore_tables ignore_accounts error
replication_host replication_port thresholds marks log_since get_source_public_key auto_position binlog_position
read_only held ask_source
donor_facts donor_log accounts cursor until codes keywords severities subsystems source zone donor_ca_cert donor_check_hostname
"""
NEVER_SQL = set(WORDS.split())
SQL = {
    # A value, bound by the driver.
    "password": "value",
    "label": "value",
    "donor_host": "value",
    "donor_user": "value",
    "donor_password": "value",
    "data_directory": "value",
    "since": "value",
    "donor_inventory": "value",
    "replication_user": "value",
    "replication_password": "value",
    "source_ssl_ca": "value",
    "channel": "value",
    "binlog_file": "value",
    # An account's name, in backticks and in hexadecimal literals.
    "name": "name",
    "host": "name",
    "schemas": "name",
    # Names in backticks after a list of those allowed, values bound.
    "settings": "name and value",
    "donor_settings": "name and value",
    "donors": "value",
    # SQL that the server itself gave: see test_saved_accounts_are_one_clause.
    "saved": "clause",
}
MODULES = (
    clone_diagnose,
    clone_log,
    clone_monitor,
    clone_precheck,
    clone_recover,
    clone_replicate,
    clone_run,
    clone_status,
    clone_user,
    clone_verify,
)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_each_option_is_known_to_these_tests(module):
    assert set(module.ARGUMENT_SPEC) - NEVER_SQL - set(SQL) == set()


class Donor:
    """Answers as a server without the account does."""

    def __init__(self, wire, backslash):
        self._status = 2 if backslash else 2 | NO_BACKSLASH_ESCAPES
        wire.login = ok(2, self._status)
        wire.answer = self.answer

    def answer(self, statement):
        """One packet after the other; the batch ends with the first error."""
        answers, number = [], 1
        parts = statement.split(";\n")
        for place, part in enumerate(parts):
            status = self._status | (0 if place == len(parts) - 1 else 8)
            found = self._rows(part)
            if found is None:
                answers.append(err(1396 if "USER" in part else 1141, "There is no such account", number))
                break
            if found == ():
                answers.append(ok(number, status))
                number += 1
                continue
            columns, values = found
            answers.append(rows(columns, values, status, number))
            number += len(columns) + len(values) + 3
        return b"".join(answers)

    def _rows(self, part):
        if "AS session," in part:
            return ["session", "read_only", "super_read_only"], [["root@localhost", None, None]]
        if "information_schema.PLUGINS" in part:
            return ["name", "status", "type"], [["caching_sha2_password", "ACTIVE", "AUTHENTICATION"]]
        if "SELECT CONCAT(HOST" in part:
            return ["source"], []
        if "SELECT Host AS host" in part:
            return ["host"], []
        if "SELECT plugin" in part:
            return ["plugin"], []
        if "TIMESTAMPDIFF" in part:
            return ["user"], []
        if "CURRENT_USER()" in part:
            return ["u"], [["root@localhost"]]
        return None if part.startswith("SHOW") else ()


def run(module, wire, **options):
    given = dict(
        options,
        login_host="127.0.0.1",
        login_port=wire.port,
        login_user="admin",
        login_password="x",
        config_file="",
        connect_timeout=2,
    )
    validated = ArgumentSpecValidator(module.ARGUMENT_SPEC).validate(given)
    assert not validated.error_messages
    return outcome(module.run, validated.validated_parameters, False, True)


def strays(wire, backslash):
    """What of a hostile value came outside of quotes, and how many statements were sent in one where there should be none."""
    found = []
    for statement in wire.statements:
        text = statement.decode("utf-8")
        plain = "".join(value if kind == "plain" else "?" for kind, value in tokens(text, backslash))
        if MARK in plain or re.search(r"--|/\*|#|DROP|SHUTDOWN", plain.replace("SHOW", "")):
            found.append(text)
        if ";" in plain and not plain.startswith(("SELECT CURRENT_USER() AS session", "SHOW CREATE USER")):
            found.append(text)
    return found


@pytest.mark.parametrize("backslash", [True, False], ids=["backslash escapes", "NO_BACKSLASH_ESCAPES"])
@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("option", ["name", "host", "password", "label"])
def test_options_of_clone_user(wire, option, value, backslash):
    Donor(wire, backslash)
    options = {"name": "cloner", "host": "db1", "password": "x" + MARK, "side": "donor", "wait_timeout": 0}
    if option == "label":
        options.update(temporary=True, name="dbops_jit_abcd")
    options[option] = value[:32] if option == "name" else value
    result = run(clone_user, wire, **options)
    assert "exception" not in result, result
    # The account isn't there afterwards, which is noticed.
    assert "took every statement" in result["msg"]
    sent = [text for text in wire.statements if text.startswith(b"CREATE USER")]
    assert sent
    assert strays(wire, backslash) == []
    quoted = [text for kind, text in tokens(sent[0].decode("utf-8"), backslash) if kind != "plain"]
    if option == "label":
        assert value in json.loads(quoted[-1]).values()
    elif option == "host":
        assert quoted[1] == value.lower()
    else:
        assert options[option] in quoted


@pytest.mark.parametrize("value", ["a\0b", "\0"])
def test_a_name_with_a_nul_is_refused(wire, value):
    Donor(wire, True)
    result = run(clone_user, wire, name=value, side="donor", password="x")
    assert "NUL" in result["msg"]
    assert [text for text in wire.statements if text.startswith(b"CREATE")] == []


@pytest.mark.parametrize("value", HOSTILE)
def test_removing_an_account(wire, value):
    Donor(wire, True)
    run(clone_user, wire, name=value[:32], host=value, state="absent", side="donor")
    assert strays(wire, True) == []


@pytest.mark.parametrize(
    "definition",
    [
        " IDENTIFIED WITH 'x'; DROP DATABASE d",
        " COMMENT 'it''s' ; SHUTDOWN",
        " -- ",
        " /* */",
        " # x",
        " COMMENT 'open",
        " `open",
    ],
)
def test_saved_accounts_are_one_clause(wire, definition):
    Donor(wire, True)
    saved = [{"name": "a", "host": "b", "definition": definition, "grants": []}]
    assert "saved" in run(clone_user, wire, state="restored", saved=saved)["msg"]
    saved = [{"name": "a", "host": "b", "definition": "", "default_roles": definition, "grants": []}]
    assert "saved" in run(clone_user, wire, state="restored", saved=saved)["msg"]
    assert [text for text in wire.statements if text.startswith((b"CREATE", b"ALTER"))] == []


@pytest.mark.parametrize(
    "definition",
    [
        "",
        " IDENTIFIED WITH 'caching_sha2_password' AS 0x24412430 REQUIRE NONE PASSWORD EXPIRE DEFAULT ACCOUNT UNLOCK",
        " IDENTIFIED WITH 'x' AS '' REQUIRE SUBJECT '/C=SE; -- it''s' PASSWORD HISTORY DEFAULT ATTRIBUTE '{\"a\": \"\\\\\"/*\"}'",
    ],
)
def test_what_servers_write_is_one_clause(definition):
    assert _sql.is_one_clause(definition)


def test_saved_grants_are_only_what_is_understood(wire):
    Donor(wire, True)
    grants = ["GRANT SELECT ON *.* TO `a`@`b`; DROP DATABASE d", "GRANT SELECT ON *.* TO `a`@`b`"]
    saved = [{"name": "a", "host": "b", "definition": "", "grants": grants}]
    run(clone_user, wire, state="restored", saved=saved)
    assert any(text.startswith(b"GRANT SELECT") for text in wire.statements)
    assert strays(wire, True) == []


@pytest.mark.parametrize("value", HOSTILE)
def test_names_that_a_server_gave(value):
    """Tables, columns and accounts are named by whoever may make them."""
    table = _inventory._Subject(value, value, "InnoDB", 1, ((value, "int"), ("b", "char")), (value,))
    for statement in (
        _inventory.sample_statement(table, None, None, True),
        _inventory.sample_statement(table, 1, 9, False),
        "SHOW CREATE TABLE " + table.sql,
        "SHOW GRANTS FOR " + _sql.account(value, value),
        _accounts.removal(value, value).statement,
    ):
        found = tokens(statement, True)
        assert MARK not in "".join(text for kind, text in found if kind == "plain")
        assert value in [text for kind, text in found if kind == "`"]
