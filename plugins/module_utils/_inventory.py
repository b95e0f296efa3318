# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a server holds, as a small document of plain data that can be compared with another server's.

Definitions, accounts and rows are in it as digests, counts and checksums, never as themselves. Rows are read in consistent
snapshots without locks: all sessions' snapshots are opened between two looks at the same GTID set.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
import os
import queue
import re
import threading
import time
import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _grants, _progress
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import (
    BadInput,
    CloneError,
    ServerError,
    sensible,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._host import find_process
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import (
    ACCESS_DENIED,
    CONNECTION_LOST,
    Login,
    Server,
    unsuitable,
    version_numbers,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._sql import account, identifier, literal

FORMAT = 1
RESERVED_ACCOUNTS = ("mysql.*@localhost",)
# Tables of engines whose rows live elsewhere, or nowhere: counting them says nothing about a clone.
ROWLESS_ENGINES = ("FEDERATED", "BLACKHOLE", "MRG_MYISAM", "MRG_MyISAM", "PERFORMANCE_SCHEMA")
# A table of up to so many rows is read whole by a sample, of a larger one so many stretches of so many rows.
SAMPLE_WHOLE, SAMPLE_STRETCHES, SAMPLE_ROWS = 4096, 32, 64
# A table whose data has at most so many bytes is taken for one that is read whole.
SAMPLE_BYTES = 1 << 20
# Statements of one round trip, and the bytes of data that its tables may have together.
BATCH, BATCH_BYTES = 64, 32 << 20
# How long one batch waits at most for a busy server, in seconds.
THROTTLE_SECONDS = 10.0
# A metadata lock that somebody else waits for must not hold the reading up for long.
LOCK_SECONDS = 30
SNAPSHOT_TRIES = 20
# Passwords of these plugins are stored with a random salt, so a digest of what is stored gives nothing away.
SALTED_PLUGINS = ("caching_sha2_password", "sha256_password")
_PASSWORD = re.compile(r"(IDENTIFIED WITH '([^']*)') AS (0x[0-9A-Fa-f]+|'(?:[^'\\]|\\.|'')*')")
_AUTO_INCREMENT = re.compile(r" AUTO_INCREMENT=\d+")
_INTEGERS = ("tinyint", "smallint", "mediumint", "int", "bigint", "decimal")
_TEXTS = ("char", "varchar", "tinytext", "text", "mediumtext", "longtext")
_BYTES = ("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob")
_TEXT_POINTS = "0123456789abcdefghijklmnoprstuwz"

Rows = list[dict[str, t.Any]]
Inventory = dict[str, t.Any]


class Wanted(t.NamedTuple):
    """What to read: the kinds of comparison, how to check rows, and what to leave out.

    ``threads`` sessions read at a time; a batch waits while more than ``max_running`` threads run on the server (0: never).
    ``timeout`` is in seconds, for all of it. The patterns are those of shells, of ``schema.table`` and ``user@host``.
    """

    compare: tuple[str, ...]
    checksum: str = "sample"
    threads: int = 4
    max_running: int = 0
    timeout: float = 3600.0
    ignore_tables: tuple[str, ...] = ()
    ignore_accounts: tuple[str, ...] = ()


class Table(t.NamedTuple):
    """One table's entry. ``touched`` is when its rows or definition last changed, in seconds since 1970, as far as the
    server remembers: since it started at most, and only while it has the table in its cache.
    """

    engine: str | None
    rows: int | None = None
    checksum: str | None = None
    definition: str | None = None
    touched: int | None = None


class _Subject(t.NamedTuple):
    """A table to be read."""

    schema: str
    name: str
    engine: str
    size: int
    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...]

    @property
    def label(self) -> str:
        return self.schema + "." + self.name

    @property
    def kind(self) -> str:
        """The type of the primary key's first column."""
        return dict(self.columns).get(self.key[0], "") if self.key else ""

    @property
    def sql(self) -> str:
        return identifier(self.schema) + "." + identifier(self.name)


def digest(text: str) -> str:
    """16 hexadecimal digits that stand for a text."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def matches(name: str, patterns: t.Iterable[str]) -> bool:
    """Whether any of the shell patterns fits the whole name."""
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def account_matches(name: str, patterns: t.Iterable[str]) -> bool:
    """Whether a ``user@host`` matches a pattern; one without an at sign is of the user's name alone."""
    user = name.rpartition("@")[0]
    return any(fnmatch.fnmatchcase(name if "@" in pattern else user, pattern) for pattern in patterns)


# -- statements (pure) -------------------------------------------------------------------------------------------------

_USER_SCHEMA = "NOT IN ('mysql', 'sys', 'performance_schema', 'information_schema')"
SELF = (
    "SELECT @@GLOBAL.server_uuid AS server_uuid, @@GLOBAL.server_id AS server_id, @@GLOBAL.gtid_mode AS gtid_mode, "
    "@@GLOBAL.gtid_executed AS gtid_executed, @@GLOBAL.version AS version, @@GLOBAL.hostname AS hostname, "
    "@@GLOBAL.port AS port, @@GLOBAL.log_bin AS log_bin, @@GLOBAL.table_definition_cache AS definition_cache, "
    "@@GLOBAL.event_scheduler AS event_scheduler, CURRENT_USER() AS account, CURRENT_ROLE() AS roles, "
    "FLOOR(UNIX_TIMESTAMP(NOW(6))) AS now"
)
UPTIME = "SHOW GLOBAL STATUS LIKE 'Uptime'"
# Definitions are texts that depend on the session.
SESSION = (
    "SET SESSION sql_mode = '', sql_quote_show_create = ON, print_identified_with_as_hex = ON, "
    "information_schema_stats_expiry = 0, group_concat_max_len = 1048576, transaction_isolation = 'REPEATABLE-READ', "
    "lock_wait_timeout = %d" % LOCK_SECONDS
)
SCHEMAS = (
    "SELECT SCHEMA_NAME AS name, CONCAT_WS('|', DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME, DEFAULT_ENCRYPTION) "
    f"AS definition FROM information_schema.SCHEMATA WHERE SCHEMA_NAME {_USER_SCHEMA} ORDER BY 1"
)
TABLES = (
    "SELECT TABLE_SCHEMA AS schema_name, TABLE_NAME AS name, ENGINE AS engine, "
    "COALESCE(DATA_LENGTH + INDEX_LENGTH, 0) AS size, "
    "UNIX_TIMESTAMP(GREATEST(CREATE_TIME, COALESCE(UPDATE_TIME, CREATE_TIME))) AS touched FROM information_schema.TABLES "
    f"WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA {_USER_SCHEMA}"
)
# A virtual column says nothing that its row doesn't.
COLUMNS = (
    "SELECT TABLE_SCHEMA AS schema_name, TABLE_NAME AS name, JSON_ARRAYAGG(JSON_ARRAY(ORDINAL_POSITION, COLUMN_NAME, "
    "DATA_TYPE)) AS columns FROM information_schema.COLUMNS "
    f"WHERE TABLE_SCHEMA {_USER_SCHEMA} AND EXTRA NOT LIKE '%VIRTUAL GENERATED%' GROUP BY 1, 2"
)
KEYS = (
    "SELECT TABLE_SCHEMA AS schema_name, TABLE_NAME AS name, JSON_ARRAYAGG(JSON_ARRAY(SEQ_IN_INDEX, COLUMN_NAME)) AS columns, "
    "MAX(SUB_PART IS NOT NULL OR COLUMN_NAME IS NULL) AS partial FROM information_schema.STATISTICS "
    f"WHERE TABLE_SCHEMA {_USER_SCHEMA} AND INDEX_NAME = 'PRIMARY' GROUP BY 1, 2"
)


def _altered(column: str) -> str:
    return f"FLOOR(UNIX_TIMESTAMP({column})) AS altered"


def _definition(columns: str) -> str:
    """A digest of some columns that the server makes; NULL where the account may not see the first one."""
    first, *rest = columns.split()
    parts = ", ".join(f"COALESCE({column}, '')" for column in rest)
    return f"IF({first} IS NULL, NULL, LEFT(SHA2(CONCAT_WS('|', {first}, {parts}), 256), 16)) AS definition"


# Kind of object: statement, and the privilege without which the server hides definitions or the objects themselves.
OBJECTS: dict[str, tuple[str, str]] = {
    "views": (
        "SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME) AS name, "
        + _definition("VIEW_DEFINITION CHECK_OPTION DEFINER SECURITY_TYPE CHARACTER_SET_CLIENT COLLATION_CONNECTION")
        + f", NULL AS altered FROM information_schema.VIEWS WHERE TABLE_SCHEMA {_USER_SCHEMA}",
        "SHOW VIEW",
    ),
    "routines": (
        "SELECT CONCAT(r.ROUTINE_SCHEMA, '.', r.ROUTINE_NAME, ' (', LOWER(r.ROUTINE_TYPE), ')') AS name, "
        + _definition(
            "r.ROUTINE_DEFINITION r.DTD_IDENTIFIER p.parameters r.IS_DETERMINISTIC r.SQL_DATA_ACCESS r.SECURITY_TYPE r.SQL_MODE "
            "r.DEFINER r.ROUTINE_COMMENT r.CHARACTER_SET_CLIENT r.COLLATION_CONNECTION r.DATABASE_COLLATION"
        )
        + f", {_altered('r.LAST_ALTERED')} FROM information_schema.ROUTINES r LEFT JOIN (SELECT SPECIFIC_SCHEMA, SPECIFIC_NAME, "
        "ROUTINE_TYPE, GROUP_CONCAT(CONCAT_WS(' ', PARAMETER_MODE, PARAMETER_NAME, DTD_IDENTIFIER, CHARACTER_SET_NAME, "
        "COLLATION_NAME) ORDER BY ORDINAL_POSITION) AS parameters FROM information_schema.PARAMETERS "
        f"WHERE SPECIFIC_SCHEMA {_USER_SCHEMA} GROUP BY 1, 2, 3) p ON p.SPECIFIC_SCHEMA = r.ROUTINE_SCHEMA "
        "AND p.SPECIFIC_NAME = r.SPECIFIC_NAME AND p.ROUTINE_TYPE = r.ROUTINE_TYPE "
        f"WHERE r.ROUTINE_SCHEMA {_USER_SCHEMA}",
        "SELECT",
    ),
    "triggers": (
        "SELECT CONCAT(TRIGGER_SCHEMA, '.', TRIGGER_NAME) AS name, "
        + _definition(
            "ACTION_STATEMENT EVENT_MANIPULATION EVENT_OBJECT_TABLE ACTION_TIMING ACTION_ORDER SQL_MODE DEFINER "
            "CHARACTER_SET_CLIENT COLLATION_CONNECTION DATABASE_COLLATION"
        )
        + f", {_altered('CREATED')} FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA {_USER_SCHEMA}",
        "TRIGGER",
    ),
    # Not the state: an event of the donor is often switched off on a recipient, on purpose.
    "events": (
        "SELECT CONCAT(EVENT_SCHEMA, '.', EVENT_NAME) AS name, "
        + _definition(
            "EVENT_DEFINITION EVENT_TYPE EXECUTE_AT INTERVAL_VALUE INTERVAL_FIELD STARTS ENDS TIME_ZONE SQL_MODE ON_COMPLETION "
            "DEFINER EVENT_COMMENT CHARACTER_SET_CLIENT COLLATION_CONNECTION DATABASE_COLLATION"
        )
        + f", {_altered('LAST_ALTERED')} FROM information_schema.EVENTS WHERE EVENT_SCHEMA {_USER_SCHEMA}",
        "EVENT",
    ),
}
ENABLED_EVENTS = (
    "SELECT CONCAT(EVENT_SCHEMA, '.', EVENT_NAME) AS name FROM information_schema.EVENTS "
    f"WHERE EVENT_SCHEMA {_USER_SCHEMA} AND STATUS = 'ENABLED' ORDER BY 1"
)
ACCOUNTS = (
    "SELECT User AS user, Host AS host, plugin, FLOOR(UNIX_TIMESTAMP(password_last_changed)) AS changed FROM mysql.user "
    "ORDER BY 1, 2"
)
PLUGINS = "SELECT name, dl FROM mysql.plugin ORDER BY 1"
ACTIVE_PLUGINS = "SELECT PLUGIN_NAME AS name FROM information_schema.PLUGINS WHERE PLUGIN_STATUS = 'ACTIVE'"
COMPONENTS = "SELECT component_urn AS name FROM mysql.component ORDER BY 1"
PERSISTED = (
    "SELECT VARIABLE_NAME AS name, VARIABLE_VALUE AS value FROM performance_schema.persisted_variables "
    "WHERE VARIABLE_NAME NOT REGEXP 'password|secret' ORDER BY 1"
)
CHANNELS = (
    "SELECT c.CHANNEL_NAME AS name, c.HOST AS host, c.PORT AS port, c.AUTO_POSITION AS auto_position, "
    "s.SERVICE_STATE AS receiver, s.SOURCE_UUID AS source_uuid, s.LAST_ERROR_NUMBER AS receiver_error, "
    "s.LAST_ERROR_MESSAGE AS receiver_message, a.SERVICE_STATE AS applier, "
    "w.number AS applier_error, w.message AS applier_message "
    "FROM performance_schema.replication_connection_configuration c "
    "LEFT JOIN performance_schema.replication_connection_status s USING (CHANNEL_NAME) "
    "LEFT JOIN performance_schema.replication_applier_status a USING (CHANNEL_NAME) "
    "LEFT JOIN (SELECT CHANNEL_NAME, MAX(LAST_ERROR_NUMBER) AS number, MAX(LAST_ERROR_MESSAGE) AS message "
    "FROM performance_schema.replication_applier_status_by_worker GROUP BY CHANNEL_NAME) w USING (CHANNEL_NAME) "
    "WHERE c.CHANNEL_NAME NOT LIKE 'group_replication_%' ORDER BY 1"
)


def binlog_statement(version: tuple[int, int, int]) -> str:
    """How to ask for the position in the binary log: renamed in 8.2, the old name gone in 8.4."""
    return "SHOW BINARY LOG STATUS" if version >= (8, 2, 0) else "SHOW MASTER STATUS"


def row_digest(columns: t.Sequence[tuple[str, str]]) -> str:
    """An expression for one row, whatever its types and character sets: the digest of its columns' digests.

    CRC32, since MD5 and SHA1 are no longer built in (9.x), and since it mixes no character sets.
    """
    parts = ", ".join("COALESCE(CRC32(%s), 'N')" % identifier(name) for name, _kind in columns)
    return f"CRC32(CONCAT_WS(',', {parts}))"


def points(kind: str, low: t.Any, high: t.Any) -> list[str]:
    """Where a sample's stretches begin, as SQL: evenly over the values of the first column of the primary key.

    The same on two servers that hold the same data. Other types than numbers and strings have only the two ends.
    """
    if kind in _INTEGERS and low is not None:
        first, last = int(low), int(high)
        return [str(first + (last - first) * number // SAMPLE_STRETCHES) for number in range(SAMPLE_STRETCHES)]
    if kind in _TEXTS:
        return [literal(character) for character in _TEXT_POINTS]
    if kind in _BYTES:
        return ["X'%02X'" % (number * 256 // SAMPLE_STRETCHES) for number in range(SAMPLE_STRETCHES)]
    return []


def sample_statement(table: _Subject, low: t.Any, high: t.Any, whole: bool) -> str | None:
    """The checksum of a table's sample; None for a large table without a primary key, where no order is certain."""
    row = f"SELECT {row_digest(table.columns)} AS digest FROM {table.sql}"
    if whole:
        stretches = [row]
    elif not table.key:
        return None
    else:
        first = identifier(table.key[0])
        order = ", ".join(identifier(name) for name in table.key)
        back = ", ".join(identifier(name) + " DESC" for name in table.key)
        kind = table.kind
        rows = SAMPLE_ROWS if points(kind, low, high) else SAMPLE_ROWS * SAMPLE_STRETCHES // 2
        stretches = [f"({row} ORDER BY {order} LIMIT {rows})", f"({row} ORDER BY {back} LIMIT {rows})"]
        stretches += [
            f"({row} WHERE {first} >= {point} ORDER BY {order} LIMIT {rows})" for point in points(kind, low, high)
        ]
    return "SELECT COUNT(*) AS number, SUM(digest) AS digest FROM (%s) AS sample" % " UNION ALL ".join(stretches)


def account_text(statement: str, plugin: str, changed: int | None) -> str:
    """SHOW CREATE USER without what must not leave the server even as a digest: passwords stored without a salt.

    For those stands the time of the last change, which a clone copies, too.
    """

    def hide(found: re.Match[str]) -> str:
        return found[0] if found[2] in SALTED_PLUGINS else found[1] + " (changed %s)" % changed

    return _PASSWORD.sub(hide, statement) + ("" if plugin in SALTED_PLUGINS else " (changed %s)" % changed)


def _sorted_json(text: str) -> list[list[t.Any]]:
    return sorted(json.loads(text))


# -- reading -----------------------------------------------------------------------------------------------------------


def _rows(answers: t.Mapping[str, t.Any], name: str, absent: dict[str, str]) -> Rows | None:
    answer = answers[name]
    if isinstance(answer, ServerError):
        absent[name] = "%s (error %d)" % (answer.text, answer.number)
        return None
    return t.cast(Rows, answer)


def _describe_server(server: t.Any) -> dict[str, t.Any]:
    why = unsuitable(server.version)
    if why:
        raise CloneError(f"{server.label} {why}", server=server.label, version=server.version)
    answers = server.query_many(
        {"self": SELF, "uptime": UPTIME, "binlog": binlog_statement(version_numbers(server.version))}
    )
    for name in ("self", "uptime"):
        if isinstance(answers[name], ServerError):
            raise answers[name]
    about = dict(answers["self"][0])
    about["gtid_executed"] = about["gtid_executed"].replace("\n", "")
    about["uptime"] = int(answers["uptime"][0]["Value"])
    about["now"] = int(about["now"])
    about["label"] = server.label
    binlog = answers["binlog"]
    about["binlog"] = [binlog[0]["File"], int(binlog[0]["Position"])] if isinstance(binlog, list) and binlog else None
    return about


def privileges(server: t.Any, roles: str) -> set[str]:
    """The global privileges of the session's account, those of its active roles included."""
    statement = "SHOW GRANTS" if roles == "NONE" else "SHOW GRANTS FOR CURRENT_USER() USING " + roles
    grants = _grants.parse(next(iter(row.values())) for row in server.query(statement))
    return {privilege for target, privilege in grants.privileges if target == _grants.EVERYTHING}


def may(held: t.Collection[str], privilege: str) -> bool:
    """Whether the privilege is among those that an account holds on something, or all are."""
    return privilege in held or "ALL PRIVILEGES" in held


@sensible("what its account may do")
def can_read(server: t.Any) -> bool:
    """Whether the account sees all tables of the server."""
    return may(privileges(server, server.value("SELECT CURRENT_ROLE()")), "SELECT")


def _read_accounts(server: t.Any, rows: Rows, ignored: t.Iterable[str], unread: dict[str, str]) -> dict[str, str]:
    """Account name to the digest of all it is and may do."""
    plugins = {}
    for row in rows:
        name = f"{row['user']}@{row['host']}"
        if not account_matches(name, (*RESERVED_ACCOUNTS, *ignored)):
            plugins[name] = row
    found = {}
    names = list(plugins)
    for first in range(0, len(names), BATCH):
        batch = names[first : first + BATCH]
        statements = {}
        for name in batch:
            quoted = account(plugins[name]["user"], plugins[name]["host"])
            statements["user " + name] = "SHOW CREATE USER " + quoted
            statements["grants " + name] = "SHOW GRANTS FOR " + quoted
        answers = server.query_many(statements)
        for name in batch:
            user, grants = answers["user " + name], answers["grants " + name]
            if isinstance(user, ServerError) or isinstance(grants, ServerError):
                unread["account " + name] = (user if isinstance(user, ServerError) else grants).text
                continue
            text = account_text(next(iter(user[0].values())), plugins[name]["plugin"], plugins[name]["changed"])
            found[name] = digest("\n".join([text, *sorted(next(iter(row.values())) for row in grants)]))
    return found


def _subjects(tables: Rows, columns: Rows, keys: Rows) -> list[_Subject]:
    """The tables whose rows can be read, largest first so that the sessions end together."""
    by_columns = {(row["schema_name"], row["name"]): row["columns"] for row in columns}
    by_keys = {(row["schema_name"], row["name"]): row["columns"] for row in keys if not row["partial"]}
    found = []
    for row in tables:
        place = (row["schema_name"], row["name"])
        if row["engine"] is None or row["engine"] in ROWLESS_ENGINES:
            continue
        found.append(
            _Subject(
                schema=row["schema_name"],
                name=row["name"],
                engine=row["engine"],
                size=int(row["size"]),
                columns=tuple((name, kind) for _position, name, kind in _sorted_json(by_columns.get(place, "[]"))),
                key=tuple(name for _position, name in _sorted_json(by_keys.get(place, "[]"))),
            )
        )
    return sorted(found, key=lambda table: (-table.size, table.label))


def batches(tables: t.Sequence[_Subject]) -> list[list[_Subject]]:
    """Tables that are read in one round trip: a large one alone, small ones together."""
    result: list[list[_Subject]] = []
    size = 0
    for table in tables:
        if result and len(result[-1]) < BATCH and size + table.size <= BATCH_BYTES:
            result[-1].append(table)
            size += table.size
        else:
            result.append([table])
            size = table.size
    return result


class _Reading:
    """What the sessions share while they read."""

    def __init__(self, wanted: Wanted, deadline: float) -> None:
        self.wanted = wanted
        self.deadline = deadline
        self.jobs: queue.SimpleQueue[list[_Subject]] = queue.SimpleQueue()
        self.tables: dict[str, Table] = {}
        self.unread: dict[str, str] = {}
        self.failures: list[BaseException] = []


def _wait_for_calm(server: t.Any, limit: int) -> None:
    """Wait while the server is busy, for a bounded time: a server that is always busy is read slowly, not never."""
    until = time.monotonic() + THROTTLE_SECONDS
    while limit and time.monotonic() < until:
        if int(server.query("SHOW GLOBAL STATUS LIKE 'Threads_running'")[0]["Value"]) <= limit:
            return
        time.sleep(0.5)


def _sample(server: t.Any, tables: t.Sequence[_Subject], answers: dict[str, t.Any]) -> None:
    """Complete the answers by the samples of tables that haven't been read whole."""
    long = {}
    for table in tables:
        rows = answers["rows " + table.label]
        if isinstance(rows, ServerError) or not table.columns:
            continue
        number = int(rows[0]["number"])
        if number > SAMPLE_WHOLE or "digest" not in rows[0]:
            long[table.label] = (table, number <= SAMPLE_WHOLE)
        else:
            answers["checksum " + table.label] = rows
    ends = {
        label: f"SELECT MIN({identifier(table.key[0])}) AS low, MAX({identifier(table.key[0])}) AS high FROM {table.sql}"
        for label, (table, whole) in long.items()
        if not whole and table.key and table.kind in _INTEGERS
    }
    found = server.query_many(ends) if ends else {}
    samples = {}
    for label, (table, whole) in long.items():
        answer = found.get(label)
        if isinstance(answer, ServerError):
            answers["checksum " + label] = answer
            continue
        low, high = (answer[0]["low"], answer[0]["high"]) if answer else (None, None)
        statement = sample_statement(table, low, high, whole)
        if statement:
            samples["checksum " + label] = statement
    if samples:
        answers.update(server.query_many(samples))


def _read_batch(server: t.Any, tables: t.Sequence[_Subject], wanted: Wanted) -> tuple[dict[str, Table], dict[str, str]]:
    """Read some tables in the session's snapshot: definition, number of rows, checksum; and why something is missing."""
    # Without the savepoint the metadata locks would stay until the snapshot's end, and a DDL would wait for them.
    statements = {"begin": "SAVEPOINT verify"}
    sample = wanted.checksum == "sample"
    for table in tables:
        statements["definition " + table.label] = "SHOW CREATE TABLE " + table.sql
        if sample and table.size <= SAMPLE_BYTES and table.columns:
            # Most tables are small: they are counted and read in one go.
            statements["rows " + table.label] = t.cast(str, sample_statement(table, None, None, True))
        elif sample or "rows" in wanted.compare:
            statements["rows " + table.label] = "SELECT COUNT(*) AS number FROM " + table.sql
        if wanted.checksum == "full":
            statements["checksum " + table.label] = "CHECKSUM TABLE " + table.sql
    answers = server.query_many(statements)
    if sample:
        _sample(server, tables, answers)
    server.query("ROLLBACK TO SAVEPOINT verify")
    found: dict[str, Table] = {}
    unread: dict[str, str] = {}
    for table in tables:
        entry = {}
        for name in ("definition", "rows", "checksum"):
            answer = answers.get(name + " " + table.label)
            if isinstance(answer, ServerError):
                unread[table.label] = "%s (error %d)" % (answer.text, answer.number)
            elif answer:
                entry[name] = answer[0]
        definition = entry.get("definition", {}).get("Create Table")
        checksum = entry.get("checksum")
        value = None
        if checksum and wanted.checksum == "full":
            value = checksum["Checksum"]
            if value is None:
                unread.setdefault(table.label, "CHECKSUM TABLE gave none: it can't be read, or was altered meanwhile")
        elif checksum:
            value = checksum["digest"] or 0
        found[table.label] = Table(
            table.engine,
            entry.get("rows", {}).get("number"),
            None if value is None else format(int(value), "x"),
            digest(_AUTO_INCREMENT.sub("", definition)) if definition else None,
        )
    return found, unread


def _worker(server: t.Any, reading: _Reading) -> None:
    batch: list[_Subject] = []
    try:
        while time.monotonic() < reading.deadline and not reading.failures:
            try:
                batch = reading.jobs.get_nowait()
            except queue.Empty:
                return
            _wait_for_calm(server, reading.wanted.max_running)
            found, unread = _read_batch(server, batch, reading.wanted)
            reading.tables.update(found)
            reading.unread.update(unread)
    except ServerError as error:
        if time.monotonic() < reading.deadline or error.number not in (*CONNECTION_LOST, 1317):
            reading.failures.append(error)
        reading.jobs.put(batch)
    except Exception as error:  # a thread's exception would vanish: hand it to the one that waits
        reading.failures.append(error)


def _open_snapshots(sessions: t.Sequence[t.Any]) -> dict[str, t.Any]:
    """Open one snapshot in all sessions, without locks: until nothing was written between the first and the last.

    Under a load that leaves no such gap the last try counts; the server's description is of the moment after it.
    """
    for _try in range(SNAPSHOT_TRIES):
        before = _describe_server(sessions[0])
        for session in sessions:
            session.query("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        after = _describe_server(sessions[0])
        if (before["gtid_executed"], before["binlog"]) == (after["gtid_executed"], after["binlog"]):
            return dict(after, consistent=True)
    return dict(after, consistent=False)


def _read_tables(
    connect: t.Callable[[], t.Any], tables: list[_Subject], wanted: Wanted, deadline: float
) -> tuple[_Reading, dict[str, t.Any]]:
    """Read all tables by several sessions. Returns also the server's description at the snapshot."""
    reading = _Reading(wanted, deadline)
    work = batches(tables)
    for batch in work:
        reading.jobs.put(batch)
    sessions: list[t.Any] = []
    try:
        for _number in range(max(1, min(wanted.threads, len(work)))):
            sessions.append(connect())
            sessions[-1].query(SESSION)
        # The server's own threads count, too: a scan of one session may use several.
        for session in sessions:
            session.query("SET SESSION innodb_parallel_read_threads = %d" % max(1, wanted.threads // len(sessions)))
        about = _open_snapshots(sessions)
        threads = [threading.Thread(target=_worker, args=(session, reading), daemon=True) for session in sessions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if any(thread.is_alive() for thread in threads):
            with connect() as killer:
                for session in sessions:
                    try:
                        killer.query("KILL %d" % session.connection_id)
                    except ServerError as error:
                        if error.number != 1094:  # it has ended by itself
                            raise
            for thread in threads:
                thread.join(LOCK_SECONDS)
    finally:
        for session in sessions:
            session.close()
    if reading.failures:
        raise reading.failures[0]
    for table in tables:
        if table.label not in reading.tables:
            reading.unread.setdefault(table.label, "not read within %g seconds" % wanted.timeout)
    return reading, about


def collect(connect: t.Callable[[], t.Any], wanted: Wanted) -> Inventory:
    """The inventory of a server. ``connect`` opens a session; several are open at a time.

    What the account may not see is listed in ``absent`` with the reason, a table that couldn't be read in ``unread``.
    Raises CloneError for a server that isn't MySQL 8.0.17 or later, ServerError when the connection is lost.
    """
    deadline = time.monotonic() + wanted.timeout
    absent: dict[str, str] = {}
    unread: dict[str, str] = {}
    compare = set(wanted.compare)
    need_rows = bool(compare & {"tables", "rows"}) or wanted.checksum != "none"
    with connect() as server:
        about = _describe_server(server)
        held = privileges(server, about["roles"])
        server.query(SESSION)
        statements: dict[str, str] = {
            "plugins": PLUGINS,
            "components": COMPONENTS,
            "persisted": PERSISTED,
            "channels": CHANNELS,
        }
        if "accounts" in compare:
            statements["accounts"] = ACCOUNTS
        visible = may(held, "SELECT")
        if not visible:
            reason = "%s needs SELECT ON *.* on %s" % (about["account"], server.label)
            absent.update(dict.fromkeys(("schemas", "tables", *OBJECTS), reason))
        else:
            statements["schemas"] = SCHEMAS
            if need_rows:
                statements["tables"] = TABLES
            if wanted.checksum == "sample":
                statements.update(columns=COLUMNS, keys=KEYS)
            for kind, (statement, privilege) in OBJECTS.items():
                if "objects" in compare:
                    if may(held, privilege):
                        statements[kind] = statement
                    else:
                        absent[kind] = "%s needs %s ON *.* on %s" % (about["account"], privilege, server.label)
        answers = server.query_many(statements)
        read = {name: _rows(answers, name, absent) for name in statements}
        accounts = None
        if read.get("accounts") is not None:
            accounts = _read_accounts(server, read["accounts"] or [], wanted.ignore_accounts, unread)
    inventory: Inventory = {
        "format": FORMAT,
        "compare": sorted(compare),
        "checksum": wanted.checksum,
        "ignored": sorted(wanted.ignore_tables),
        "absent": absent,
        "unread": unread,
    }
    tables = [
        row
        for row in read.get("tables") or []
        if not matches(f"{row['schema_name']}.{row['name']}", wanted.ignore_tables)
    ]
    entries: dict[str, Table] = {
        f"{row['schema_name']}.{row['name']}": Table(
            row["engine"], touched=int(row["touched"]) if row["touched"] else None
        )
        for row in tables
    }
    if tables:
        reading, about = _read_tables(
            connect, _subjects(tables, read.get("columns") or [], read.get("keys") or []), wanted, deadline
        )
        unread.update(reading.unread)
        entries = {
            label: reading.tables.get(label, entry)._replace(touched=entry.touched) for label, entry in entries.items()
        }
    inventory["server"] = about
    if visible:
        inventory["schemas"] = {row["name"]: row["definition"] for row in read["schemas"] or []}
        if need_rows:
            inventory["tables"] = _nested(tables, entries)
        for kind in OBJECTS:
            rows = read.get(kind)
            if rows is not None:
                inventory[kind] = {row["name"]: [row["definition"], row["altered"]] for row in rows}
    if accounts is not None:
        inventory["accounts"] = accounts
    for name in ("plugins", "persisted"):
        found = read[name]
        if found is not None:
            inventory[name] = {row["name"]: row[{"plugins": "dl", "persisted": "value"}[name]] for row in found}
    if read["components"] is not None:
        inventory["components"] = [row["name"] for row in read["components"]]
    if read["channels"] is not None:
        inventory["channels"] = read["channels"]
    return inventory


def _nested(tables: Rows, entries: t.Mapping[str, Table]) -> dict[str, dict[str, list[t.Any]]]:
    result: dict[str, dict[str, list[t.Any]]] = {}
    for row in tables:
        entry = entries[f"{row['schema_name']}.{row['name']}"]
        result.setdefault(row["schema_name"], {})[row["name"]] = list(entry)
    return result


def tables_of(inventory: Inventory) -> dict[str, Table]:
    """The tables of a document by ``schema.table``. Raises BadInput for a document of another kind."""
    try:
        return {
            f"{schema}.{name}": Table(*entry)
            for schema, names in inventory["tables"].items()
            for name, entry in names.items()
        }
    except (AttributeError, TypeError, KeyError) as error:
        raise BadInput(
            "donor_inventory is no inventory: its tables can't be read. Give what 'collect: true' returned"
        ) from error


# -- the recipient alone -----------------------------------------------------------------------------------------------

STATE = {
    "variables": "SHOW GLOBAL VARIABLES WHERE Variable_name IN "
    "('datadir', 'pid_file', 'event_scheduler', 'clone_valid_donor_list', 'skip_replica_start', 'read_only', 'super_read_only')",
    "active": ACTIVE_PLUGINS,
    "events": ENABLED_EVENTS,
    "xa": "XA RECOVER",
    "temporary": "SELECT CONCAT(User, '@', Host) AS name FROM mysql.user WHERE User LIKE 'dbops\\_jit\\_%' ORDER BY 1",
    # MY-013129: a component that mysql.component names couldn't be loaded at the start.
    "load_errors": "SELECT ERROR_CODE AS code, DATA AS text FROM performance_schema.error_log "
    "WHERE ERROR_CODE IN ('MY-013129', 'MY-010262', 'MY-010119') AND LOGGED >= NOW() - INTERVAL %d SECOND LIMIT 20",
}
# What a clone leaves for good; anything else is of a clone that hasn't ended.
_CLONE_VIEWS = ("#view_status", "#view_progress")
_CLONE_ENDINGS = (".#clone", ".#clone_save")


def remains(data_directory: str) -> list[str]:
    """Files that an unfinished clone left in a data directory; raises OSError where it can't be looked into."""
    names = os.listdir(data_directory)
    found = [name for name in names if name.endswith(_CLONE_ENDINGS)]
    for name in names:
        place = os.path.join(data_directory, name)
        # Tables of the server's own schemas have such files, too.
        if name[0] not in "#." and os.path.isdir(place):
            found += ["%s/%s" % (name, file) for file in os.listdir(place) if file.endswith(_CLONE_ENDINGS)]
    if "#clone" in names:
        inner = os.listdir(os.path.join(data_directory, "#clone"))
        found += ["#clone/" + name for name in inner if name not in _CLONE_VIEWS]
    return sorted(found)


@sensible("its state after the clone")
def recipient_state(server: t.Any, uptime: int) -> dict[str, t.Any]:
    """What only the recipient is asked: its clone, what runs there since, and what the clone left behind."""
    answers = server.query_many({name: text % uptime if "%d" in text else text for name, text in STATE.items()})
    absent: dict[str, str] = {}
    read = {name: _rows(answers, name, absent) for name in STATE}
    variables = {row["Variable_name"]: row["Value"] for row in read["variables"] or []}
    state: dict[str, t.Any] = {"absent": absent, "variables": variables, "clone": None}
    for name in ("active", "events", "temporary"):
        found = read[name]
        if found is not None:
            state[name] = [row["name"] for row in found]
    if read["xa"] is not None:
        state["xa"] = len(read["xa"])
    if read["load_errors"] is not None:
        state["load_errors"] = [row["text"] for row in read["load_errors"]]
    try:
        state["clone"] = _progress.read(server)
    except ServerError as error:
        absent["clone"] = "%s (error %d)" % (error.text, error.number)
    pid, reason = find_process(variables)
    if pid is None:
        absent["remains"] = reason
    else:
        try:
            state["remains"] = remains(variables["datadir"])
        except OSError as error:
            absent["remains"] = f"{variables['datadir']} can't be read: {error.strerror}"
    return state


def donor_session(logins: t.Sequence[Login], timeout: float) -> tuple[Login | None, str]:
    """The first of several logins that sees all tables of the donor; else None and why each one doesn't."""
    reasons = []
    for login in logins:
        try:
            with Server(login, read_timeout=timeout) as server:
                _refuse_unsuitable(server.label, server.version)
                if can_read(server):
                    return login, ""
                reasons.append(f"'{login.user}' has no SELECT ON *.* there")
        except ServerError as error:
            _refuse_unsuitable(login.label, error.version)
            if error.number not in ACCESS_DENIED:
                raise
            reasons.append(f"'{login.user}' can't log in there")
    return None, ", ".join(reasons)


def _refuse_unsuitable(label: str, version: str) -> None:
    why = unsuitable(version)
    if why:
        raise CloneError(f"the donor {label} {why}", server=label, version=version)
