# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a server is like, as plain data that is small enough to be handed from one host to another.

A fact that can't be had is listed in ``absent`` with the reason. Sizes are in bytes, times in seconds.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import json
import re
import time
import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _grants, _progress
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import CloneError, ServerError, sensible
from ansible_collections.dbops.mysql_clone.plugins.module_utils._host import host_facts
from ansible_collections.dbops.mysql_clone.plugins.module_utils._packed import packed
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import (
    MINIMUM_VERSION,
    Server,
    unsuitable,
    version_numbers,
)

Rows = list[dict[str, t.Any]]

# No list among the facts is longer; beside each stands the full count.
LIST_LIMIT = 50
# A statement that has run for as many seconds is no passing matter.
LONG_SECONDS = 5
# A session that has written within as many seconds is a writer.
WRITER_SECONDS = 60
_LOCK_SECONDS = 1
_SYSTEM = "('mysql', 'sys', 'performance_schema', 'information_schema')"

VARIABLES = [
    "bind_address",
    "binlog_expire_logs_seconds",
    "character_set_filesystem",
    "character_set_server",
    "clone_block_ddl",
    "clone_ddl_timeout",
    "clone_donor_timeout_after_network_failure",
    "clone_enable_compression",
    "clone_exclude_plugins_list",
    "clone_max_concurrency",
    "clone_max_data_bandwidth",
    "clone_max_network_bandwidth",
    "clone_ssl_ca",
    "clone_ssl_cert",
    "clone_ssl_key",
    "collation_server",
    "datadir",
    "default_table_encryption",
    "event_scheduler",
    "gtid_mode",
    "hostname",
    "innodb_buffer_pool_dump_pct",
    "innodb_buffer_pool_size",
    "innodb_data_file_path",
    "innodb_data_home_dir",
    "innodb_directories",
    "innodb_doublewrite_dir",
    "innodb_force_recovery",
    "innodb_log_file_size",
    "innodb_log_files_in_group",
    "innodb_log_group_home_dir",
    "innodb_page_size",
    "innodb_read_only",
    "innodb_redo_log_capacity",
    "innodb_undo_directory",
    "innodb_file_per_table",
    "lock_wait_timeout",
    "log_bin",
    "log_bin_basename",
    "lower_case_table_names",
    "max_allowed_packet",
    "max_connections",
    "offline_mode",
    "open_files_limit",
    "performance_schema",
    "pid_file",
    "plugin_dir",
    "port",
    "read_only",
    "require_secure_transport",
    "server_id",
    "skip_name_resolve",
    "skip_networking",
    "skip_replica_start",
    "skip_slave_start",
    "super_read_only",
    "table_open_cache",
    "version",
    "version_comment",
    "version_compile_machine",
    "version_compile_os",
    "wait_timeout",
]
# Those that decide something here.
PRIVILEGES = frozenset(
    [
        "ALL PRIVILEGES",
        "BACKUP_ADMIN",
        "CLONE_ADMIN",
        "CONNECTION_ADMIN",
        "CREATE USER",
        "EVENT",
        "GROUP_REPLICATION_ADMIN",
        "INSERT",
        "PROCESS",
        "RELOAD",
        "REPLICATION CLIENT",
        "REPLICATION_SLAVE_ADMIN",
        "SELECT",
        "SHOW DATABASES",
        "SHUTDOWN",
        "SUPER",
        "SYSTEM_VARIABLES_ADMIN",
    ]
)
# Set at run time these are lost in a restart, and missed.
GLOBAL_ONLY = (
    "binlog_expire_logs_seconds",
    "enforce_gtid_consistency",
    "event_scheduler",
    "gtid_mode",
    "max_connections",
    "offline_mode",
    "read_only",
    "require_secure_transport",
    "server_id",
    "super_read_only",
    "sync_binlog",
)
STATUS = ["Innodb_os_log_written", "Innodb_redo_log_enabled", "Threads_connected", "Uptime"]


class Source(t.NamedTuple):
    """Where a fact comes from: a statement, the privilege that it takes, and how its rows become the fact.

    ``needs`` is empty, a global privilege (or one of several: ``A|B``), or the name of a schema that must be readable.
    """

    statement: str
    make: t.Callable[[Rows], t.Any]
    needs: str = ""
    since: tuple[int, int, int] = MINIMUM_VERSION
    until: tuple[int, int, int] = (999, 0, 0)


def _one(rows: Rows) -> t.Any:
    return next(iter(rows[0].values())) if rows else None


def _column(rows: Rows) -> list[t.Any]:
    return [next(iter(row.values())) for row in rows]


def _document(rows: Rows) -> t.Any:
    """What the server has made of its rows: the driver takes longer for dozens than the server for one."""
    return json.loads(_one(rows))


def _capped(rows: Rows) -> dict[str, t.Any]:
    return {"count": len(rows), "first": rows[:LIST_LIMIT]}


def _in(names: t.Iterable[str]) -> str:
    return "(" + ", ".join(f"'{name}'" for name in names) + ")"


def _grant_facts(rows: Rows) -> dict[str, t.Any]:
    found = _grants.parse(_column(rows))
    names: dict[str, list[str]] = {}
    for target, privilege in sorted(found.privileges):
        if privilege in PRIVILEGES:
            names.setdefault(target, []).append(privilege)
    return {
        # Down to the level of schemas: what an account may do with single tables decides nothing here.
        "privileges": {target: privileges for target, privileges in names.items() if target.endswith(".*")},
        "restricted": sorted(f"{privilege} ON {target}" for target, privilege in found.restricted),
    }


def decoded(name: str) -> str:
    """A schema's name from the name of its directory: ``a@002db`` is ``a-b`` (manual: Mapping of Identifiers to File Names)."""
    return re.sub("@([0-9a-f]{4})", lambda match: chr(int(match.group(1), 16)), name)


def _tablespaces(rows: Rows) -> dict[str, t.Any]:
    """Sums over all tablespaces that a clone copies, and by schema over those that a clone drops on a recipient."""
    names = "count bytes allocated undo_bytes encrypted encrypted_holes missing block_size user_bytes user_count"
    facts = dict.fromkeys(names.split(), 0)
    schemas: dict[str, dict[str, int]] = {}
    for row in rows:
        count, size, allocated = int(row["count"]), int(row["bytes"] or 0), int(row["allocated"] or 0)
        facts["count"] += count
        facts["bytes"] += size
        facts["allocated"] += max(allocated, 0)
        for name in ("undo_bytes", "encrypted", "encrypted_holes", "missing"):
            facts[name] += int(row[name] or 0)
        facts["block_size"] = max(facts["block_size"], int(row["block_size"] or 0))
        if row["kind"] == "user":
            facts["user_count"] += count
            facts["user_bytes"] += allocated
            if row["schema_name"]:
                name = decoded(str(row["schema_name"]))
                known = schemas.setdefault(name, {"tables": 0, "bytes": 0})
                known["tables"] += count
                known["bytes"] += size
    return dict(facts, by_schema=schemas)


def _tables(rows: Rows) -> dict[str, t.Any]:
    by_schema: dict[str, int] = {}
    foreign: dict[str, int] = {}
    for row in rows:
        if row["schema_name"] in ("mysql", "sys"):
            continue
        name, engine, count = str(row["schema_name"]), row["engine"], int(row["tables"])
        by_schema[name] = by_schema.get(name, 0) + count
        if engine and engine != "InnoDB":
            foreign[str(engine)] = foreign.get(str(engine), 0) + count
    backticks = any(int(row["backticks"] or 0) for row in rows)
    return {"count": sum(by_schema.values()), "by_schema": by_schema, "engines": foreign, "backticks": backticks}


def _files(rows: Rows) -> dict[str, t.Any]:
    # Undo tablespaces are of no schema, and unlike general ones single.
    undo = [row["path"] for row in rows if row["kind"] == "Single" and "/" not in row["name"]]
    outside = [row["path"] for row in rows if row["path"].startswith(("/", "..")) and row["path"] not in undo]
    outside = [path for path in outside if not any(row["kind"] == "System" and row["path"] == path for row in rows)]
    backticks = [row["name"] for row in rows if row["kind"] == "General" and "`" in row["name"]]
    return {
        "undo": undo[:LIST_LIMIT],
        "outside": {"count": len(outside), "first": outside[:LIST_LIMIT]},
        "backticks": backticks[:LIST_LIMIT],
    }


def _locks(rows: Rows) -> dict[str, t.Any]:
    """Who holds what a clone must wait for: backup lock, global read lock, DDL, user tables; one entry a session."""
    holders: dict[tuple[str, t.Any], dict[str, t.Any]] = {}
    for row in rows:
        kind = {"BACKUP LOCK": "backup", "GLOBAL": "read_lock", "COMMIT": "read_lock"}.get(row["object_type"], "tables")
        if kind == "backup" and row["lock_type"] == "INTENTION_EXCLUSIVE":
            kind = "ddl"
        entry = holders.setdefault(
            (kind, row["id"]),
            {
                "kind": kind,
                "id": row["id"],
                "account": f"{row['user']}@{row['host']}" if row["user"] else row["thread"],
                "seconds": int(row["seconds"] or 0),
                "idle": row["command"] == "Sleep",
                "objects": [],
            },
        )
        if kind == "tables" and len(entry["objects"]) < 5:
            entry["objects"].append(f"{row['object_schema']}.{row['object_name']}")
    return {"count": len(holders), "first": list(holders.values())[:LIST_LIMIT]}


def _channels(rows: Rows) -> list[dict[str, t.Any]]:
    return [
        {
            "name": row["channel"],
            "source": f"{row['host']}:{row['port']}",
            "io": row["io"],
            "applier": row["applier"],
        }
        for row in rows
    ]


# What SHOW VARIABLES and SHOW STATUS ask themselves, as one row; every account may.
_VALUES = "SELECT JSON_OBJECTAGG(VARIABLE_NAME, VARIABLE_VALUE) FROM performance_schema.{} WHERE VARIABLE_NAME IN {}"
# Every account may ask these.
OPEN_SOURCES: dict[str, Source] = {
    "self": Source(
        "SELECT CURRENT_USER() AS account, CONNECTION_ID() AS connection, @@GLOBAL.server_uuid AS server_uuid, "
        "@@GLOBAL.server_id AS server_id, @@GLOBAL.gtid_executed AS gtid_executed, @@GLOBAL.gtid_purged AS gtid_purged, "
        "UNIX_TIMESTAMP(NOW(6)) AS now, @@SESSION.max_user_connections AS max_user_connections, "
        "CURRENT_ROLE() AS roles, @@GLOBAL.version AS version",
        lambda rows: rows[0],
    ),
    "grants": Source("SHOW GRANTS", _grant_facts),
    "variables": Source(_VALUES.format("global_variables", _in(VARIABLES)), _document),
    "status": Source(_VALUES.format("global_status", _in(STATUS)), _document),
    "plugins": Source(
        "SELECT JSON_OBJECTAGG(PLUGIN_NAME, PLUGIN_LIBRARY) FROM information_schema.PLUGINS WHERE PLUGIN_STATUS = 'ACTIVE'",
        _document,
    ),
    "collations": Source(
        # The view of the same name takes twice as long.
        "SELECT JSON_ARRAYAGG(COLLATION_NAME) FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY",
        lambda rows: packed(sorted(_document(rows))),
    ),
    # Without PROCESS an account sees its own sessions, which is no error. Only this view tells a waiting donor (starting).
    "clones": Source(
        "SELECT ID AS id, USER AS user, HOST AS host, TIME AS seconds, STATE AS state "
        "FROM information_schema.PROCESSLIST WHERE COMMAND = 'clone'",
        lambda rows: rows[:LIST_LIMIT],
    ),
}
_PROCESSLIST = "SELECT ID AS id, USER AS user, HOST AS host, TIME AS seconds FROM {} WHERE COMMAND IN ('Binlog Dump', 'Binlog Dump GTID')"
SOURCES: dict[str, Source] = {
    "replicas": Source(
        _PROCESSLIST.format("performance_schema.processlist"), _capped, needs="PROCESS", since=(8, 0, 22)
    ),
    "replicas_before_8_0_22": Source(
        _PROCESSLIST.format("information_schema.PROCESSLIST"), _capped, needs="PROCESS", until=(8, 0, 22)
    ),
    "schemata": Source(
        f"SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN {_SYSTEM} ORDER BY 1",
        _column,
        needs="SHOW DATABASES|SELECT",
    ),
    "tables": Source(
        "SELECT TABLE_SCHEMA AS schema_name, ENGINE AS engine, COUNT(*) AS tables, "
        "SUM(INSTR(TABLE_SCHEMA, '`') OR INSTR(TABLE_NAME, '`')) AS backticks FROM information_schema.TABLES WHERE "
        "TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA NOT IN ('performance_schema', 'information_schema') GROUP BY 1, 2",
        _tables,
        needs="SELECT",
    ),
    # The temporary tablespaces aren't cloned. What is user-made goes when a recipient is overwritten: tables of their own
    # (also those that somebody made in mysql or sys) and general tablespaces; not the system's, not undo.
    "tablespaces": Source(
        "SELECT CASE WHEN SPACE_TYPE = 'Single' AND NAME <> 'sys/sys_config' THEN 'user' "
        "WHEN SPACE_TYPE = 'General' AND NAME <> 'mysql' THEN 'user' ELSE 'system' END AS kind, "
        "IF(SPACE_TYPE = 'Single', SUBSTRING_INDEX(NAME, '/', 1), '') AS schema_name, COUNT(*) AS count, "
        "SUM(FILE_SIZE) AS bytes, SUM(IF(ALLOCATED_SIZE > 0, ALLOCATED_SIZE, FILE_SIZE)) AS allocated, "
        "SUM(ENCRYPTION = 'Y') AS encrypted, "
        "SUM(ENCRYPTION = 'Y' AND ALLOCATED_SIZE < FILE_SIZE) AS encrypted_holes, MAX(FS_BLOCK_SIZE) AS block_size, "
        "SUM(FILE_SIZE = 0) AS missing, SUM(IF(SPACE_TYPE = 'Undo', FILE_SIZE, 0)) AS undo_bytes FROM information_schema.INNODB_TABLESPACES "
        "WHERE NAME <> 'innodb_temporary' GROUP BY 1, 2",
        _tablespaces,
        needs="PROCESS",
    ),
    # Paths from the cheap view: FILES looks into each tablespace, and waits for those that DDL has locked.
    "files": Source(
        "SELECT NAME AS name, PATH AS path, SPACE_TYPE AS kind FROM information_schema.INNODB_TABLESPACES_BRIEF "
        "WHERE PATH NOT LIKE './%' OR (SPACE_TYPE = 'Single' AND NAME NOT LIKE '%/%') "
        "OR (SPACE_TYPE = 'General' AND INSTR(NAME, '`'))",
        _files,
        needs="PROCESS",
    ),
    "system_files": Source(
        "SELECT FILE_NAME AS path, TOTAL_EXTENTS * EXTENT_SIZE AS bytes FROM information_schema.FILES "
        "WHERE TABLESPACE_NAME = 'innodb_system'",
        lambda rows: [{"path": row["path"], "bytes": int(row["bytes"] or 0)} for row in rows],
        needs="PROCESS",
    ),
    "transactions": Source(
        "SELECT trx_mysql_thread_id AS id, trx_state AS state, trx_rows_modified AS rows_modified, "
        "TIMESTAMPDIFF(SECOND, CONVERT_TZ(trx_started, 'SYSTEM', '+00:00'), UTC_TIMESTAMP()) AS seconds "
        "FROM information_schema.INNODB_TRX WHERE trx_mysql_thread_id <> CONNECTION_ID()",
        _capped,
        needs="PROCESS",
    ),
    "locks": Source(
        "SELECT l.OBJECT_TYPE AS object_type, l.OBJECT_SCHEMA AS object_schema, l.OBJECT_NAME AS object_name, "
        "l.LOCK_TYPE AS lock_type, t.PROCESSLIST_ID AS id, t.PROCESSLIST_USER AS user, t.PROCESSLIST_HOST AS host, "
        "t.PROCESSLIST_COMMAND AS command, t.PROCESSLIST_TIME AS seconds, t.NAME AS thread "
        "FROM performance_schema.metadata_locks l "
        "LEFT JOIN performance_schema.threads t ON t.THREAD_ID = l.OWNER_THREAD_ID "
        "WHERE l.OWNER_THREAD_ID <> PS_CURRENT_THREAD_ID() AND l.LOCK_STATUS = 'GRANTED' AND ("
        "l.OBJECT_TYPE = 'BACKUP LOCK' "
        "OR (l.OBJECT_TYPE IN ('GLOBAL', 'COMMIT') AND l.LOCK_TYPE = 'SHARED') "
        f"OR (l.OBJECT_TYPE = 'TABLE' AND l.OBJECT_SCHEMA NOT IN {_SYSTEM} "
        f"AND (t.PROCESSLIST_COMMAND IS NULL OR t.PROCESSLIST_COMMAND = 'Sleep' OR t.PROCESSLIST_TIME >= {LONG_SECONDS}))) "
        "LIMIT 1000",
        _locks,
        needs="performance_schema",
    ),
    "writers": Source(
        "SELECT t.PROCESSLIST_ID AS id, MAX(t.PROCESSLIST_USER) AS user, MAX(t.PROCESSLIST_HOST) AS host, "
        "SUM(h.ROWS_AFFECTED) AS changed_rows FROM performance_schema.threads t JOIN ("
        "SELECT THREAD_ID, TIMER_START, ROWS_AFFECTED FROM performance_schema.events_statements_history UNION ALL "
        "SELECT THREAD_ID, TIMER_START, ROWS_AFFECTED FROM performance_schema.events_statements_current) h USING (THREAD_ID) "
        "WHERE t.TYPE = 'FOREGROUND' AND t.PROCESSLIST_ID <> CONNECTION_ID() AND h.ROWS_AFFECTED > 0 "
        "AND t.PROCESSLIST_COMMAND NOT IN ('Daemon', 'Binlog Dump', 'Binlog Dump GTID') "
        # Picoseconds since the server's start, unsigned: no subtracting.
        f"AND h.TIMER_START + {WRITER_SECONDS} * 1000000000000 > (SELECT MAX(TIMER_START) "
        "FROM performance_schema.events_statements_current WHERE THREAD_ID = PS_CURRENT_THREAD_ID()) GROUP BY 1",
        _capped,
        needs="performance_schema",
    ),
    # While one of these runs the donor refuses a clone (see the rule donor.import); not while it waits for a lock.
    "aborting_ddl": Source(
        "SELECT t.PROCESSLIST_ID AS id, t.PROCESSLIST_USER AS user, t.PROCESSLIST_HOST AS host, t.PROCESSLIST_TIME AS seconds "
        "FROM performance_schema.events_statements_current s JOIN performance_schema.threads t USING (THREAD_ID) "
        "WHERE s.END_EVENT_ID IS NULL AND t.PROCESSLIST_ID <> CONNECTION_ID() "
        "AND COALESCE(t.PROCESSLIST_STATE, '') NOT LIKE 'Waiting for %lock' AND ("
        "(s.EVENT_NAME = 'statement/sql/alter_table' AND s.SQL_TEXT LIKE '%IMPORT%TABLESPACE%') "
        "OR (s.EVENT_NAME = 'statement/sql/alter_instance' AND s.SQL_TEXT LIKE '%REDO_LOG%'))",
        _capped,
        needs="performance_schema",
    ),
    # What SET GLOBAL has set stands in no file. Only global variables: this session's own values count as dynamic, too.
    "unsaved": Source(
        "SELECT VARIABLE_NAME FROM performance_schema.variables_info WHERE VARIABLE_SOURCE = 'DYNAMIC' AND ("
        f"VARIABLE_NAME IN {_in(GLOBAL_ONLY)} OR VARIABLE_NAME LIKE 'innodb%' OR VARIABLE_NAME LIKE 'rpl%') ORDER BY 1",
        _column,
        needs="performance_schema",
    ),
    "channels": Source(
        "SELECT c.CHANNEL_NAME AS channel, c.HOST AS host, c.PORT AS port, s.SERVICE_STATE AS io, a.SERVICE_STATE AS applier "
        "FROM performance_schema.replication_connection_configuration c "
        "LEFT JOIN performance_schema.replication_connection_status s USING (CHANNEL_NAME) "
        "LEFT JOIN performance_schema.replication_applier_status a USING (CHANNEL_NAME)",
        _channels,
        needs="performance_schema",
    ),
    "group_state": Source(
        "SELECT MEMBER_STATE FROM performance_schema.replication_group_members WHERE MEMBER_ID = @@GLOBAL.server_uuid",
        lambda rows: _one(rows) or "OFFLINE",
        needs="performance_schema",
    ),
    "keyring": Source(
        "SELECT STATUS_KEY AS name, STATUS_VALUE AS value FROM performance_schema.keyring_component_status",
        lambda rows: {
            row["name"]: row["value"] for row in rows if row["name"] in ("Component_name", "Component_status")
        },
        needs="performance_schema",
        since=(8, 0, 24),
    ),
    "persisted": Source(
        "SELECT VARIABLE_NAME FROM performance_schema.persisted_variables ORDER BY 1",
        _column,
        needs="performance_schema",
    ),
    "events": Source(
        "SELECT CONCAT(EVENT_SCHEMA, '.', EVENT_NAME) AS name FROM information_schema.EVENTS WHERE STATUS = 'ENABLED'",
        _capped,
        needs="EVENT",
    ),
    "accounts": Source(
        "SELECT User AS user, Host AS host FROM mysql.user WHERE account_locked = 'N' AND "
        "User NOT IN ('mysql.sys', 'mysql.session', 'mysql.infoschema') LIMIT 500",
        lambda rows: sorted(f"{row['user']}@{row['host']}" for row in rows),
        needs="mysql",
    ),
    "installed_plugins": Source("SELECT name FROM mysql.plugin ORDER BY 1", _column, needs="mysql"),
    "components": Source("SELECT component_urn FROM mysql.component ORDER BY 1", _column, needs="mysql"),
}


# Asked only where tablespaces without a file are. What the server doesn't know as a file, it found missing when it started.
MISSING_FILES = Source(
    "SELECT s.NAME AS name, MAX(f.FILE_ID) IS NOT NULL AS open FROM information_schema.INNODB_TABLESPACES s "
    "LEFT JOIN information_schema.FILES f ON f.TABLESPACE_NAME = s.NAME "
    f"WHERE s.FILE_SIZE = 0 AND s.NAME <> 'innodb_temporary' GROUP BY 1 LIMIT {LIST_LIMIT}",
    lambda rows: {decoded(row["name"]): bool(row["open"]) for row in rows},
    needs="PROCESS",
)

# Asked only where there are tables of other engines.
NOT_INNODB = Source(
    "SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME, ' (', ENGINE, ')') AS name FROM information_schema.TABLES "
    f"WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA NOT IN {_SYSTEM} AND ENGINE <> 'InnoDB' ORDER BY 1 "
    f"LIMIT {LIST_LIMIT}",
    _column,
    needs="SELECT",
)
# Asked only where there are some. CLONE drops what it finds by names that it doesn't quote, also in mysql and sys.
BACKTICKS = Source(
    "SELECT 'table' AS kind, TABLE_SCHEMA AS schema_name, TABLE_NAME AS name FROM information_schema.TABLES "
    "WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA NOT IN ('performance_schema', 'information_schema') "
    f"AND (INSTR(TABLE_SCHEMA, '`') OR INSTR(TABLE_NAME, '`')) LIMIT {LIST_LIMIT}",
    lambda rows: rows,
    needs="SELECT",
)
# What a server doesn't change while it runs, as far as others ask.
_LASTING = ("collations",)


def may_read(grants: t.Mapping[str, t.Any], need: str) -> bool:
    """Whether the account has what a source needs: a global privilege (upper case; ``A|B``: either), or SELECT on a schema."""
    if "|" in need:
        return any(may_read(grants, one) for one in need.split("|"))
    held = grants["privileges"]
    everywhere = held.get("*.*", ())
    if "ALL PRIVILEGES" in everywhere:
        return True
    if not need.isupper():
        if f"SELECT ON `{need}`.*" in grants["restricted"]:
            return False
        return "SELECT" in everywhere or "SELECT" in held.get(f"`{need}`.*", ())
    return need in everywhere


def _due(sources: t.Mapping[str, Source], version: tuple[int, int, int]) -> dict[str, Source]:
    """The sources for this version, under the fact's own name."""
    return {
        name.partition("_before_")[0]: source
        for name, source in sources.items()
        if source.since <= version < source.until
    }


def _reason(name: str, error: ServerError, account: str) -> str:
    if error.number in (1142, 1143, 1044, 1227):
        return f"{account} may not read it ({error.text})"
    return f"{error.text} (error {error.number})"


def _bounded(statement: str) -> str:
    """A statement that doesn't wait for DDL: it fails with 1205 instead, and the fact is absent."""
    return statement.replace("SELECT ", f"SELECT /*+ SET_VAR(lock_wait_timeout={_LOCK_SECONDS}) */ ", 1)


def _gather(server: Server, sources: t.Mapping[str, Source], facts: dict[str, t.Any]) -> None:
    answers = server.query_many({name: _bounded(source.statement) for name, source in sources.items()})
    for name, answer in answers.items():
        if isinstance(answer, ServerError):
            facts["absent"][name] = _reason(name, answer, facts.get("account", "the account"))
        else:
            facts[name] = sources[name].make(answer)


def _copy_rate(stages: t.Iterable[t.Mapping[str, t.Any]]) -> int | None:
    """Bytes per second of a clone's FILE COPY, where it took long enough to tell."""
    for stage in stages:
        if stage["stage"] == "FILE COPY" and stage["state"] == "completed" and (stage["seconds"] or 0) >= 1:
            return int(stage["bytes_done"] / stage["seconds"])
    return None


def _clone(server: Server, facts: dict[str, t.Any]) -> None:
    """The state of the clone and the donor list: both exist only where the plugin is active."""
    facts["clone"] = {name: value for name, value in _progress.NONE.items() if name != "stages"}
    facts["donor_list"] = None
    if "clone" not in facts.get("plugins", {}):
        return
    statements = {"list": "SELECT @@GLOBAL.clone_valid_donor_list"}
    if may_read(facts["grants"], "performance_schema"):
        statements.update(_progress.STATEMENTS)
    else:
        del facts["clone"]
        facts["absent"]["clone"] = f"{facts['account']} needs SELECT ON performance_schema.*"
    answers = server.query_many(statements)
    refused = {name: answer for name, answer in answers.items() if isinstance(answer, ServerError)}
    if "list" not in refused:
        facts["donor_list"] = _one(answers["list"])  # type: ignore[arg-type]
    if "status" in answers and not refused:
        alive = bool(_one(answers["session"]))  # type: ignore[arg-type]
        view = _progress.view(answers["status"], answers["progress"], alive, _one(answers["now"]))  # type: ignore[arg-type]
        facts["clone"] = dict(view, copy_rate=_copy_rate(view["stages"]))
        del facts["clone"]["stages"]
    elif refused:
        facts.pop("clone", None)
        name, error = next(iter(refused.items()))
        facts["absent"]["clone"] = _reason(name, error, facts["account"])


@sensible("what it says of itself")
def server_facts(server: Server, side: str = "recipient", host: bool = True, known: bool = False) -> dict[str, t.Any]:
    """All that rules want to know about a server, in three round trips; the account decides how much that is.

    ``host`` asks the machine, too, where the server is proved to run on it. Of one that is ``known`` there are older facts:
    then only what may have changed since and every account may see, in one round trip.
    Raises CloneError for a server that can't take part in a clone (MariaDB, MySQL before 8.0.17), ServerError when the
    connection is lost.
    """
    why = unsuitable(server.version)
    if why:
        raise CloneError(f"{server.label} {why}", server=server.label, version=server.version)
    version = version_numbers(server.version)
    facts: dict[str, t.Any] = {"side": side, "label": server.label, "absent": {}}
    sources = _due(OPEN_SOURCES, version)
    _gather(server, {name: one for name, one in sources.items() if not (known and name in _LASTING)}, facts)
    facts.update(facts.pop("self"))
    if "plugins" in facts:
        found = facts.pop("plugins")
        # The server's own ones are many and have nothing to tell but their names.
        facts["builtin_plugins"] = " ".join(sorted(name for name, file in found.items() if not file))
        facts["plugins"] = {name: file for name, file in sorted(found.items()) if file}
    facts["gtid_executed"] = facts["gtid_executed"].replace("\n", "")
    facts["gtid_purged"] = facts["gtid_purged"].replace("\n", "")
    facts["skew"] = facts["now"] - time.time()
    facts["uptime"] = int(facts["status"]["Uptime"])
    if known:
        return facts
    sources = _due(SOURCES, version)
    allowed = {name: source for name, source in sources.items() if may_read(facts["grants"], source.needs)}
    for name in sources:
        if name not in allowed:
            need = sources[name].needs
            words = need.replace("|", " or ") if need.isupper() else f"SELECT ON {need}.*"
            facts["absent"][name] = f"{facts['account']} needs {words} on {server.label}"
    _gather(server, allowed, facts)
    rare = {}
    if facts.get("tablespaces", {}).get("missing"):
        rare["missing_files"] = MISSING_FILES
    if facts.get("tables", {}).get("engines"):
        rare["not_innodb"] = NOT_INNODB
    elif "tables" in facts:
        facts["not_innodb"] = []
    elif "tables" in facts["absent"]:
        facts["absent"]["not_innodb"] = facts["absent"]["backticks"] = facts["absent"]["tables"]
    if facts.get("tables", {}).get("backticks"):
        rare["backticks"] = BACKTICKS
    elif "tables" in facts:
        facts["backticks"] = []
    if rare:
        _gather(server, rare, facts)
    _clone(server, facts)
    _summarise(facts)
    if host:
        machine = host_facts({**facts["variables"], "server_uuid": facts["server_uuid"]})
        if machine.get("reason"):
            facts["absent"]["host"] = machine["reason"]
        else:
            facts["host"] = machine
    return facts


_NOTHING = {"tables": 0, "bytes": 0}


def _summarise(facts: dict[str, t.Any]) -> None:
    """Make one list of schemas of three facts: largest first, capped. Without SELECT there are the tables with a file only."""
    names, tables, spaces = facts.pop("schemata", None), facts.pop("tables", None), facts.get("tablespaces")
    sizes = spaces.pop("by_schema") if spaces is not None else {}
    counts = tables["by_schema"] if tables is not None else {}
    if tables is not None:
        facts["table_count"], facts["engines"] = tables["count"], tables["engines"]
    elif "tables" in facts["absent"]:
        facts["absent"]["engines"] = facts["absent"].pop("tables")
    reason = facts["absent"].pop("schemata", "not readable")
    if "backticks" in facts and names is not None:
        quoted = [name for name in names if "`" in name][:LIST_LIMIT]
        facts["backticks"] += [{"kind": "schema", "schema_name": "", "name": name} for name in quoted]
    elif facts.pop("backticks", None) is not None:
        facts["absent"]["backticks"] = reason
    if names is None and not sizes:
        facts["absent"]["schemas"] = reason
        return
    # Tables that somebody made in mysql or sys are dropped by a clone as well.
    names = (names or []) + [name for name in sizes if names is None or name in ("mysql", "sys")]
    schemas = [
        {
            "name": name,
            "tables": counts.get(name) or sizes.get(name, _NOTHING)["tables"],
            "bytes": sizes.get(name, _NOTHING)["bytes"] if spaces is not None else None,
        }
        for name in names
    ]
    schemas.sort(key=lambda schema: (-(schema["bytes"] or 0), schema["name"]))
    facts["schemas"] = schemas[:LIST_LIMIT]
    facts["schema_count"] = len(schemas)
