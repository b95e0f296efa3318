# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The catalogue: every message here was made by a real server or client."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _errors
from ansible_collections.dbops.mysql_clone.plugins.module_utils._error_cases import CASES
from ansible_collections.dbops.mysql_clone.plugins.module_utils._errors import classify, first, parse

# number, text, category, retry, data, nested numbers from the outside in
DECISIONS = [
    (
        1227,
        "Access denied; you need (at least one of) the CLONE_ADMIN privilege(s) for this operation",
        "privilege",
        "repair_first",
        "intact",
        [],
    ),
    (1524, "Plugin 'clone' is not loaded", "configuration", "repair_first", "intact", []),
    (1525, "Incorrect path value: 'rel/dir'", "configuration", "repair_first", "intact", []),
    (1525, "Incorrect file path value: '/srv/ext/ts.ibd'", "configuration", "repair_first", "gone", []),
    (1007, "Can't create database '/srv/x'; database exists", "configuration", "repair_first", "intact", []),
    (3632, "Path is within the current data directory '/srv/x'", "configuration", "repair_first", "intact", []),
    (
        3869,
        "Clone system configuration: 127.0.0.1:3501 is not found in clone_valid_donor_list: ",
        "configuration",
        "repair_first",
        "intact",
        [],
    ),
    (
        3869,
        "Clone system configuration: innodb_data_file_path: Recipient file count: 1 is less than Donor file count.",
        "configuration",
        "repair_first",
        "gone",
        [],
    ),
    (
        3869,
        "Clone system configuration: Found multiple undo files with same name: ./u.ibu",
        "configuration",
        "repair_first",
        "gone",
        [],
    ),
    (3634, "Too many concurrent clone operations. Maximum allowed - 1.", "state", "wait_slot", "intact", []),
    (
        3875,
        "The clone operation cannot be executed when Group Replication is running.",
        "state",
        "repair_first",
        "intact",
        [],
    ),
    (
        3862,
        "Clone Donor Error: Connect failed: 2003 : Can't connect to MySQL server on '127.0.0.1:3599' (111).",
        "network",
        "retry",
        "unknown",
        [2003, 111],
    ),
    (
        3862,
        "Clone Donor Error: Connect failed: 2005 : Unknown MySQL server host 'nosuch.invalid' (-2).",
        "network",
        "retry",
        "intact",
        [2005],
    ),
    (
        3862,
        "Clone Donor Error: Connect failed: 1045 : Access denied for user 'cu'@'localhost' (using password: YES).",
        "privilege",
        "repair_first",
        "intact",
        [1045],
    ),
    (
        3862,
        "Clone Donor Error: Connect failed: 3118 : Access denied for user 'lk'@'localhost'. Account is locked..",
        "privilege",
        "repair_first",
        "intact",
        [3118],
    ),
    (3862, "Clone Donor Error: Connect failed: 1040 : Too many connections.", "resource", "retry", "intact", [1040]),
    (
        3862,
        "Clone Donor Error: Connect failed: 1226 : User 'mu' has exceeded the 'max_user_connections' resource (current value: 1).",
        "resource",
        "retry",
        "intact",
        [1226],
    ),
    (
        3862,
        "Clone Donor Error: Connect failed: 2007 : Protocol mismatch; server version = 11, client version = 10.",
        "configuration",
        "repair_first",
        "intact",
        [2007],
    ),
    (
        3862,
        "Clone Donor Error: Connect failed: 2026 : SSL connection error: SSL is required but the server doesn't support it.",
        "configuration",
        "repair_first",
        "intact",
        [2026],
    ),
    (
        3862,
        "Clone Donor Error: 1227 : Access denied; you need (at least one of) the BACKUP_ADMIN privilege(s) for this operation.",
        "privilege",
        "repair_first",
        "intact",
        [1227],
    ),
    (
        3862,
        "Clone Donor Error: 1524 : Plugin 'clone' is not loaded.",
        "configuration",
        "repair_first",
        "intact",
        [1524],
    ),
    (
        3862,
        "Clone Donor Error: 1205 : Lock wait timeout exceeded; try restarting transaction.",
        "state",
        "retry",
        "intact",
        [1205],
    ),
    (
        3862,
        "Clone Donor Error: 3983 : Cannot perform operation as InnoDB redo logging is disabled. "
        "Please retry after enabling redo log with ALTER INSTANCE.",
        "configuration",
        "repair_first",
        "intact",
        [3983],
    ),
    (
        3862,
        "Clone Donor Error: 3633 : Concurrent DDL is performed during clone operation. Please try again..",
        "state",
        "retry",
        "unknown",
        [3633],
    ),
    (
        3862,
        "Clone Donor Error: 3871 : Clone cannot use loop back connection while cloning into current data directory..",
        "configuration",
        "repair_first",
        "intact",
        [3871],
    ),
    (
        3862,
        "Clone Donor Error: 3634 : Too many concurrent clone operations. Maximum allowed - 1..",
        "state",
        "wait_slot",
        "intact",
        [3634],
    ),
    (
        3862,
        "Clone Donor Error: 3957 : Clone needs max_allowed_packet value to be 2097152 or more. Current value is 1048576.",
        "configuration",
        "repair_first",
        "intact",
        [3957],
    ),
    (
        3862,
        "Clone Donor Error: 3872 : Clone needs SSL connection for encrypted table..",
        "configuration",
        "repair_first",
        "gone",
        [3872],
    ),
    (
        3862,
        "Clone Donor Error: 1815 : Internal error: Innodb Clone Restart could not find existing clone.",
        "state",
        "retry",
        "gone",
        [1815],
    ),
    (3862, "Clone Donor Error: 1317 : Query execution was interrupted.", "state", "next_donor", "unknown", [1317]),
    (
        3862,
        "Clone Donor Error: 1016 : Can't open file './dn/t.ibd' (errno: 2 - No such file or directory)",
        "disk",
        "repair_first",
        "gone",
        [1016, 2],
    ),
    (3862, "Clone Donor Error: 1105 : Unknown error", "state", "never", "unknown", [1105]),
    (3862, "Clone Donor Error: 9999 : Nobody knows", "unknown", "never", "unknown", [9999]),
    (
        3870,
        "Clone Donor plugin rpl_semi_sync_source is not active in Recipient.",
        "configuration",
        "repair_first",
        "intact",
        [],
    ),
    (
        3870,
        "Clone Recipient Error: 1045 : Access denied for user 'clone_user'@'source_host'",
        "privilege",
        "repair_first",
        "intact",
        [1045],
    ),
    (
        3864,
        "Clone Donor MySQL version: 9.6.4-2 is different from Recipient MySQL version 9.7.4-2.",
        "configuration",
        "repair_first",
        "intact",
        [],
    ),
    (
        3873,
        "Clone estimated database size is 938.23 MiB. Available space 701.01 MiB is not enough.",
        "disk",
        "repair_first",
        "gone",
        [],
    ),
    (
        1026,
        "Error writing file 'dn/b2.ibd' (errno: 28 - No space left on device)",
        "disk",
        "repair_first",
        "gone",
        [28],
    ),
    (1158, "Got an error reading communication packets", "network", "retry", "gone", []),
    (
        1290,
        "The MySQL server is running with the --super-read-only option so it cannot execute this statement",
        "configuration",
        "repair_first",
        "unknown",
        [],
    ),
    (1836, "Running in read-only mode", "configuration", "repair_first", "gone", []),
    (1815, "Internal error: Innodb Clone Apply Failed to Encrypt Key", "configuration", "repair_first", "gone", []),
    (1205, "Lock wait timeout exceeded; try restarting transaction", "state", "retry", "unknown", []),
    (1317, "Query execution was interrupted", "state", "retry", "unknown", []),
    (
        3707,
        "Restart server failed (mysqld is not managed by supervisor process).",
        "configuration",
        "never",
        "replaced",
        [],
    ),
    (2006, "MySQL server has gone away", "network", "retry", "unknown", []),
    (2013, "Lost connection to MySQL server during query", "network", "retry", "unknown", []),
    (
        1037,
        "Out of memory; restart server and try again (needed 1048576 bytes)",
        "resource",
        "repair_first",
        "unknown",
        [],
    ),
    (1114, "The table 't' is full", "disk", "repair_first", "unknown", []),
    (777777, "no such error", "unknown", "never", "unknown", []),
]


def chain(entry):
    numbers = []
    while entry.nested:
        entry = entry.nested
        numbers.append(entry.number)
    return numbers


@pytest.mark.parametrize(("number", "text", "category", "retry", "data", "nested"), DECISIONS)
def test_an_error_is_judged_by_what_it_is_really_about(number, text, category, retry, data, nested):
    entry = classify(number, text)

    assert (entry.number, entry.category, entry.retry, entry.data, chain(entry)) == (
        number,
        category,
        retry,
        data,
        nested,
    )


def test_who_must_act_depends_on_whose_error_it_is():
    own = classify(1227, "Access denied; you need (at least one of) the CLONE_ADMIN privilege(s) for this operation")
    donors = classify(
        3862,
        "Clone Donor Error: 1227 : Access denied; you need (at least one of) the BACKUP_ADMIN privilege(s) for this operation.",
    )

    assert (own.side, donors.side) == ("recipient", "donor")
    assert any("GRANT CLONE_ADMIN" in command for command in own.commands)
    assert any("GRANT BACKUP_ADMIN" in command and "on the donor" in command for command in donors.commands)


def test_a_donors_remedy_is_never_said_to_be_for_the_recipient():
    entry = classify(3862, "Clone Donor Error: 1026 : Error writing file 'x' (errno: 28 - No space left on device).")

    assert entry.side == "donor"
    assert [command for command in entry.commands if "on the recipient" in command] == []
    assert "df -h <datadir>  # on the donor" in entry.commands
    # It is about the operating system's error all the same.
    assert entry.cause == "No space is left on the file system. (error 28: ENOSPC)"


def test_a_link_is_between_both_whoever_tells_of_it():
    entry = classify(3862, "Clone Donor Error: 2013 : Lost connection.")

    assert entry.side == "link"
    assert entry.commands[0] == "nc -zv <donor_host> <donor_port>  # on the recipient"


@pytest.mark.parametrize(
    ("text", "symbol", "inner"),
    [
        ("Client: Command COM_INIT: error: 1045: Access denied", "ER_CLONE_CLIENT_TRACE", 1045),
        ("Client: Command COM_INIT: error: 1000: what is it", "ER_CLONE_CLIENT_TRACE", 1000),
        # No server's error is below 1000.
        ("Client: Command COM_INIT: error: 999: what is it", "ER_CLONE_CLIENT_TRACE", 13272),
    ],
)
def test_a_line_of_the_log_is_about_the_error_that_it_carries(text, symbol, inner):
    entry = classify(13272, text)

    assert (entry.number, entry.symbol, entry.innermost.number) == (13272, symbol, inner)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ERROR 1000 (HY000): hashchk", (1000, "hashchk")),
        ("(errno: 28) something", (28, "(errno: 28) something")),
        ("there was ER_ACCESS_DENIED_ERROR", (1045, "there was ER_ACCESS_DENIED_ERROR")),
        ("[MY-013272] [Clone] Client: Task error: 1045: Access denied", (1045, "Access denied")),
    ],
)
def test_number_and_words_are_told_apart(text, expected):
    assert parse(text) == expected


def test_a_line_that_carries_what_nobody_knows_keeps_its_own_number():
    assert parse("[MY-013272] [Clone] Client: Task error: 4999: what is it")[0] == 13272


# What people paste: number, and the chain behind it.
PASTED = [
    ("ERROR 3862 (HY000): Clone Donor Error: 1105 : Unknown error", 3862, [1105]),
    (
        "ERROR 3870 (HY000): Clone Recipient Error: 1045 : Access denied for user 'clone_user'@'source_host'",
        3870,
        [1045],
    ),
    ("ERROR 3707 (HY000) at line 1: Restart server failed (mysqld is not managed by supervisor process).", 3707, []),
    ("ERROR 1114 (HY000): The table is full", 1114, []),
    ("ERROR 28 (HY000): No space left on device", 28, []),
    ("ERROR 2003 (HY000): Can't connect to MySQL server on '10.0.0.1:3306' (110)", 2003, [110]),
    ("ERROR 2002 (HY000): Can't connect to local MySQL server through socket '/run/mysqld/mysqld.sock' (2)", 2002, [2]),
    (
        "(3862, \"Clone Donor Error: Connect failed: 2003 : Can't connect to MySQL server on '127.0.0.1:3599' (111).\")",
        3862,
        [2003, 111],
    ),
    ("pymysql.err.OperationalError: (1205, 'Lock wait timeout exceeded; try restarting transaction')", 1205, []),
    (
        '{"changed": false, "msg": "Cannot clone: (3862, \\"Clone Donor Error: Connect failed: 1045 : Access denied for user '
        "'cu'@'localhost' (using password: YES).\\\")\"}",
        3862,
        [1045],
    ),
    ("mysql.connector.errors.DatabaseError: 3870 (HY000): Clone Donor plugin x is not active in Recipient.", 3870, []),
    ("SQLSTATE[HY000] [2002] Connection refused", 2002, []),
    (
        "SQLSTATE[HY000]: General error: 3875 The clone operation cannot be executed when Group Replication is running.",
        3875,
        [],
    ),
    ("Error Code: 3869. Clone system configuration: h:3306 is not found in clone_valid_donor_list: ", 3869, []),
    ("Last_IO_Errno: 2061", 2061, []),
    ("     ERROR_NO: 3862\nERROR_MESSAGE: Clone Donor Error: 1524 : Plugin 'clone' is not loaded.", 3862, [1524]),
    ("127.0.0.1:3306: Plugin 'clone' is not loaded (error 1524)", 1524, []),
    (
        "mysqldump: Got error: 1045: Access denied for user 'root'@'localhost' (using password: NO) when trying to connect",
        1045,
        [],
    ),
    ("ER_CLONE_DISK_SPACE", 3873, []),
    (
        "2026-11-22T20:20:00.000001Z 14 [ERROR] [MY-013462] [Server] Clone shutting down server as RESTART failed. "
        "Please start server to complete clone operation.",
        13462,
        [],
    ),
    (
        "2026-11-22T20:24:14.155229Z 18 [Note] [MY-013457] [InnoDB] Clone Apply End Master Task ID: 0 Failed, code: 3862: "
        "Clone Donor Error: 1317 : Query execution was interrupted.",
        3862,
        [1317],
    ),
    (
        "2026-11-22T20:14:04.923212Z 18 [Note] [MY-013272] [Clone] Plugin Clone reported: 'Client: Source Network issue: error: 1158: "
        "Got an error reading communication packets.'",
        1158,
        [],
    ),
    (
        "2026-11-22T20:18:54.713999Z 1 [ERROR] [MY-011087] [Server] Different lower_case_table_names settings for server ('1') and data dictionary ('0').",
        11087,
        [],
    ),
    (
        '{ "log_type" : 1, "prio" : 1, "err_code" : 13462, "subsystem" : "Server", "msg" : "Clone shutting down server as RESTART failed." }',
        13462,
        [],
    ),
    ("[Errno 111] Connection refused", 111, []),
    ("OSError: [Errno 28] No space left on device: '/var/lib/mysql/x'", 28, []),
    ("Plugin 'clone' is not loaded", 1524, []),
    ("Clone Donor Error: 3634 : Too many concurrent clone operations. Maximum allowed - 1..", 3862, [3634]),
    ("Can't connect to MySQL server on 'host'", 2003, []),
    ("Lost connection to MySQL server during query", 2013, []),
    ("Connection timed out", 110, []),
    ("Out of memory: Killed process 4711 (mysqld) total-vm:8123456kB", 1037, []),
    ("ERROR 1045 (28000): Zugriff verweigert für Benutzer 'cu'@'localhost' (Passwort: JA)", 1045, []),
    (
        "ERROR 3862 (HY000): Clone Donor Error: Connect failed: 1045 : ユーザー 'cu'@'localhost' のアクセスは拒否されました。(パスワードの使用: YES).",
        3862,
        [1045],
    ),
    ("ERROR 4711 (HY000): an error of a later version", 4711, []),
]


@pytest.mark.parametrize(("text", "number", "nested"), PASTED)
def test_pasted_text_is_understood(text, number, nested):
    entry = classify(None, text)

    assert (entry.number, chain(entry)) == (number, nested)


FOREIGN = [
    "",
    "Hello",
    'FATAL:  password authentication failed for user "postgres"',
    "ORA-00942: table or view does not exist",
    "HTTP/1.1 404 Not Found",
    '2026-11-22 10:00:00 [error] 1234#0: *5 open() "/srv/x" failed',
    "Completed in 1045 ms",
    "host 10.45.10.40 port 3306",
]


@pytest.mark.parametrize("text", FOREIGN)
def test_text_about_something_else_names_no_error_of_mysql(text):
    entry = classify(None, text)

    assert (entry.number, entry.category, entry.retry) == (None, "unknown", "never")


def test_the_messages_own_words_stay_whole():
    assert classify(
        3862, "Clone Donor Error: Connect failed: 2003 : Can't connect to MySQL server on 'h:1' (111)."
    ).nested.text == ("Can't connect to MySQL server on 'h:1' (111)")
    assert parse("(1205, 'Lock wait timeout exceeded; try restarting transaction')")[0] == 1205
    assert (
        classify(None, "(1205, 'Lock wait timeout exceeded; try restarting transaction')").text
        == "Lock wait timeout exceeded; try restarting transaction"
    )


def test_of_many_warnings_the_first_that_is_no_echo_counts():
    warnings = [
        (1815, "Internal error: Clone failed to drop all user tables"),
        (1205, "Lock wait timeout exceeded; try restarting transaction"),
    ]

    assert first(warnings).number == 1205
    assert (
        first(
            [
                (3862, "Clone Donor Error: 1815 : Internal error: Innodb Clone error in concurrent task."),
                (3873, "Clone estimated ..."),
            ]
        ).number
        == 3873
    )
    assert first([]) is None


def test_what_is_known_about_the_data_overrules_the_catalogue():
    entry = classify(1205, "Lock wait timeout exceeded; try restarting transaction")

    assert [entry.given(dropped).data for dropped in (None, True, False)] == ["unknown", "gone", "intact"]
    assert entry.given(True).impact != entry.given(False).impact
    assert classify(3707).given(True).data == "replaced"


def test_an_entry_is_plain_data():
    values = json.loads(
        json.dumps(classify(3862, "Clone Donor Error: Connect failed: 2003 : Can't connect (111).").as_dict())
    )

    assert values["nested"]["nested"]["number"] == 111
    assert values["reference"] == "docs/errors.md#error-2003"
    assert isinstance(values["commands"], list)
    assert set(values) == {*_errors.ErrorEntry._fields, "reference"}
    assert isinstance(classify(1045).as_dict()["commands"], list)


def test_huge_and_broken_text_is_taken():
    assert classify(None, "\x00\xff" * 10).number is None
    assert classify(None, "ERROR 3862 (HY000): " + "x" * 10_000_000).number == 3862


@pytest.mark.parametrize("case", CASES, ids=lambda case: "%s-%s" % (case.number, case.match or case.where))
def test_every_case_speaks_the_catalogues_language(case):
    assert case.category in _errors.CATEGORIES[:-1]
    assert case.stage in _errors.STAGES
    assert case.data in _errors.DATA
    assert case.retry in _errors.RETRIES
    assert case.side in ("donor", "recipient", "link", "client", "server")
    assert case.where in ("", "own", "donor", "connect")
    assert case.priority in ("", *_errors.PRIORITIES)
    assert 0 <= case.difficulty <= 5
    assert case.cause.endswith((".", ")"))
    assert case.remedy.endswith((".", ".)"))
    re.compile(case.match)


def test_cases_of_a_number_share_its_symbol_and_the_last_takes_everything():
    for number, symbol in _errors.known().items():
        cases = [case for case in CASES if case.number == number]
        assert {case.symbol for case in cases} == {symbol}
        # Where all cases are narrow, the last still serves as the fallback; it must not be narrower than the others.
        assert len(cases) == len({(case.match, case.where) for case in cases})


def test_symbols_are_unique():
    symbols = list(_errors.known().values())

    assert len(symbols) == len(set(symbols))


def corpus():
    """Error lines that real servers and clients printed: number, innermost number, category, retry class, line."""
    text = (Path(__file__).parent / "error_lines.txt").read_text(encoding="utf-8")
    return [line.split("\t", 1) for line in text.splitlines()]


@pytest.mark.parametrize(("label", "line"), corpus())
def test_what_real_servers_say_is_understood(label, line):
    entry = classify(None, line)

    assert "%s %s %s %s" % (entry.number, entry.innermost.number, entry.category, entry.retry) == label


def test_the_reference_page_is_current():
    root = Path(__file__).resolve().parents[4]
    spec = importlib.util.spec_from_file_location("render_error_reference", root / "scripts/render_error_reference.py")
    renderer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(renderer)

    page = (root / "docs/errors.md").read_text(encoding="utf-8")
    assert page == renderer.render(), "run python scripts/render_error_reference.py"


def test_every_known_error_has_an_anchor_on_the_page():
    page = (Path(__file__).resolve().parents[4] / "docs/errors.md").read_text(encoding="utf-8")

    missing = [
        number
        for number in _errors.known()
        if '<a id="%s"></a>' % classify(number).reference.partition("#")[2] not in page
    ]
    assert missing == []


def test_a_parse_error_of_the_drop_is_none_of_the_statement():
    """Real texts: of a recipient with the table `b``c`, and of a CLONE with a space before its port."""
    words = (
        "You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version for the right "
        "syntax to use near '%s' at line 1"
    )
    drop = _errors.classify(1064, words % "c`")
    assert (drop.stage, drop.data, drop.side) == ("drop_data", "unknown", "recipient")
    statement = _errors.classify(1064, words % ": 3501 IDENTIFIED BY <secret>")
    assert (statement.stage, statement.data, statement.side) == ("local", "intact", "client")


@pytest.mark.parametrize(
    ("text", "outer", "inner"),
    [
        ("3862 ... 1045", 3862, 1045),
        ("(3862 … 1045)", 3862, 1045),
        ("错误 3862 (HY000): 克隆失败: 1045", 3862, 1045),
        ("ERROR 3862 (HY000): erreur du donneur 127.0.0.1:3306", 3862, 3862),
        ("ERROR 3870 (HY000): Clone Donor plugin 'p' 2013 is not active in Recipient.", 3870, 3870),
        ("3862", 3862, 3862),
        ("4711 and 1045 of 3862 rows", None, None),
    ],
)
def test_a_wrapper_in_other_words_still_has_its_number(text, outer, inner):
    entry = classify(int(text)) if text.isdigit() else classify(None, text)

    assert (entry.number, entry.innermost.number) == (outer, inner)


@pytest.mark.parametrize(
    ("number", "source"),
    [
        (None, "unknown"),
        (2, "os"),
        (999, "os"),
        (1000, "server"),
        (1999, "server"),
        (2000, "client"),
        (2999, "client"),
        (3000, "server"),
        (9999, "server"),
        (10000, "log"),
        (13272, "log"),
    ],
)
def test_whose_number_it_is(number, source):
    assert _errors.source_of(number) == source


@pytest.mark.parametrize(
    ("number", "cause"),
    [
        (4999, "Error 4999 isn't in the catalogue."),
        (None, "The text names no error that the catalogue knows."),
    ],
)
def test_what_the_catalogue_does_not_know_is_told_as_that(number, cause):
    assert _errors.symbol_of(4999) == ""
    entry = classify(number, "something else")
    assert (entry.number, entry.symbol, entry.cause, entry.text) == (number, "", cause, "something else")
    assert (entry.category, entry.stage, entry.data, entry.retry) == ("unknown", "any", "unknown", "never")
    assert (entry.side, entry.commands, entry.nested) == ("server", (), None)
    assert entry.remedy == (
        "Look it up in the server's error message reference, and read the error logs of both servers at that time."
    )


def test_errors_within_errors_are_followed_only_so_far():
    text = "Clone Donor Error: 3862 : " * 9 + "Clone Donor Error: 1045 : Access denied"
    depth, entry = 0, classify(3862, text)
    while entry.nested:
        depth, entry = depth + 1, entry.nested
    assert (depth, entry.number) == (4, 3862)


def test_the_cause_of_a_file_error_names_the_operating_systems():
    entry = classify(1026, "Error writing file '/data/a.ibd' (errno: 28 - No space left on device)")
    assert entry.nested.number == 28
    assert entry.cause == f"{entry.nested.cause} (error 28: ENOSPC)"
    assert (entry.remedy, entry.commands) == (entry.nested.remedy, entry.nested.commands)


@pytest.mark.parametrize(
    ("text", "echo"),
    [
        ("Internal error: concurrent task failed", True),
        ("Internal error: failed to drop all", True),
        ("Internal error: something of its own", False),
    ],
)
def test_an_echo_is_known_by_its_words(text, echo):
    counted = first([(1815, text), (1045, "Access denied")])
    assert (counted.number == 1045) is echo


def test_numbers_below_1000_in_the_error_log_are_not_the_operating_systems():
    assert parse("2026-01-01T00:00:00.000000Z 0 [ERROR] [MY-000028] [Server] something")[0] != 28
    assert parse("ERROR 28 (HY000): No space left")[0] == 28


@pytest.mark.parametrize(
    "text", [r"ERROR 1045 (28000): Access denied for user \"a\"@\"b\"", r"ERROR 1045 (28000): Access denied for \'a\'"]
)
def test_escaped_quotes_are_quotes(text):
    number, words = parse(text)
    assert number == 1045
    assert "\\" not in words
    assert text.count("\\") == words.count('"') + words.count("'")
