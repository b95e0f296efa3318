# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a recipient is what its donor was when it was cloned: two inventories made into findings (pure).

A donor that is written to goes on after the clone, and then differs for good reason. The GTID sets tell whether it has, and
the time at which each table was last touched tells which tables that excuses.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import functools
import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _gtid
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput, handed_over
from ansible_collections.dbops.mysql_clone.plugins.module_utils._findings import Finding
from ansible_collections.dbops.mysql_clone.plugins.module_utils._inventory import (
    FORMAT,
    OBJECTS,
    SAMPLE_WHOLE,
    Inventory,
    Table,
    account_matches,
    matches,
    tables_of,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._progress import moment

COMPARISONS = (
    "clone",
    "versions",
    "gtid",
    "schemas",
    "tables",
    "rows",
    "objects",
    "accounts",
    "plugins",
    "variables",
    "leftovers",
)
# No list in a finding is longer, no message names more.
LIST_LIMIT, NAME_LIMIT = 50, 5
# Of runs with just-in-time accounts: on the donor one may live a little longer than on the recipient.
TEMPORARY_ACCOUNTS = ("dbops_jit_*@*",)
# A recipient that started so many seconds after the clone's end has been restarted by somebody else.
RESTART_SECONDS = 60
# Persisted variables that belong to one server.
OWN_VARIABLES = (
    "admin_*",
    "bind_address",
    "clone_*",
    "event_scheduler",
    "hostname",
    "innodb_buffer_pool_size",
    "mysqlx_*",
    "port",
    "read_only",
    "report_host",
    "report_port",
    "server_id",
    "skip_replica_start",
    "skip_slave_start",
    "socket",
    "super_read_only",
)


class Context(t.NamedTuple):
    """What a comparison of data must know about time.

    ``same`` says that both servers were at the same transaction when they were read, so that any difference is damage.
    Otherwise ``reason`` tells what has gone on, and ``since`` (seconds since 1970 on the recipient's clock, None where unknown)
    from when a change on the donor isn't in the clone. ``remembers`` is false where times of change may be lost, ``ahead``
    true where the recipient has executed more than the donor had.
    """

    same: bool
    reason: str = ""
    since: float | None = None
    remembers: bool = True
    ahead: bool = False


class Options(t.NamedTuple):
    """What is to be compared, and with whom."""

    compare: tuple[str, ...]
    checksum: str
    replication: bool = False
    donor: str | None = None  # host:port as the clone was told
    source: tuple[str, int] | None = None  # where it replicates from, if not from the donor
    pool: tuple[str, ...] = ()  # others that hold the donor's data, as host:port


def named(names: t.Sequence[str], limit: int = NAME_LIMIT) -> str:
    """Names for a message: a few of them, and how many more."""
    more = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {more} more" if more > 0 else "")


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun[:-1] + 'ies' if noun.endswith('y') else noun + 's'}"


def _ok(id: str, title: str, category: str, message: str, **more: t.Any) -> Finding:
    return Finding(id, title, category, "ok", message, **more)


def _skipped(id: str, title: str, category: str, message: str, **more: t.Any) -> Finding:
    return Finding(id, title, category, "skipped", message, **more)


# -- how the two stand to each other -----------------------------------------------------------------------------------


def begun(clone: t.Mapping[str, t.Any] | None) -> float | None:
    """When the clone began, in seconds since 1970."""
    begin = moment(clone["begin_time"]) if clone else None
    return (begin - _EPOCH).total_seconds() if begin else None


_EPOCH = t.cast(t.Any, moment("1970-01-01T00:00:00Z"))


def context(donor: Inventory, recipient: Inventory, clone: t.Mapping[str, t.Any] | None) -> Context:
    """What the two positions say about differences; see Context."""
    there, here = donor["server"], recipient["server"]
    since = begun(clone)
    # A donor forgets when a table was changed when it restarts or drops the table from its cache.
    count = sum(len(names) for names in donor.get("tables", {}).values())
    remembers = since is not None and there["now"] - there["uptime"] <= since and count < int(there["definition_cache"])
    # The recipient started at the end of its clone; one that started again later has forgotten, too.
    ended = moment(clone["end_time"]) if clone else None
    knows = (
        ended is not None
        and here["now"] - here["uptime"] <= (ended - _EPOCH).total_seconds() + RESTART_SECONDS
        and count < int(here["definition_cache"])
    )
    if there["gtid_mode"] in ("ON", "ON_PERMISSIVE") or there["gtid_executed"]:
        donors, recipients = _gtid.parse(there["gtid_executed"]), _gtid.parse(here["gtid_executed"])
        missing, extra = _gtid.subtract(donors, recipients), _gtid.subtract(recipients, donors)
        if donors and missing == donors:
            # Not of the donor's kin, which check_gtid tells: there is nothing that time could excuse.
            return Context(True)
        replicated = {
            source: parts
            for source, parts in extra.items()
            if source.partition(":")[0] in _gtid.uuids(donors) and source.partition(":")[0] != here["server_uuid"]
        }
        words = []
        if missing:
            words.append(
                "the donor has moved on: %s that the recipient lacks" % _plural(_gtid.count(missing), "transaction")
            )
        if replicated:
            words.append("the recipient has replicated %s since" % _plural(_gtid.count(replicated), "transaction"))
        return Context(not words, " and ".join(words), since, remembers and (knows or not replicated), bool(replicated))
    if there["binlog"] and clone and clone.get("binlog_file"):
        at = [clone["binlog_file"], clone["binlog_position"]]
        if at == there["binlog"]:
            return Context(True)
        reason = "the donor has moved on: from %s:%s to %s:%s of its binary log" % (*at, *there["binlog"])
        return Context(False, reason, since, remembers)
    return Context(True)


def _excused(now: Context, touched: t.Iterable[int | None], recipient_touched: t.Iterable[int | None] = ()) -> bool:
    """Whether a difference may come from what was written since the clone."""
    if now.same:
        return False
    if now.since is None or not now.remembers:
        return True
    if any(moment is not None and moment >= now.since - 1 for moment in touched):
        return True
    return now.ahead and any(moment is not None and moment >= now.since - 1 for moment in recipient_touched)


# -- the findings ------------------------------------------------------------------------------------------------------


AGAIN = "Find out who wrote to the recipient, then clone it again (clone_run with force and overwrite)"


class _Differences:
    """Differences of one kind: those that mean damage and those that time excuses."""

    def __init__(self, now: Context) -> None:
        self.now = now
        self.damage: list[str] = []
        self.excused: list[str] = []

    def add(self, text: str, excused: bool) -> None:
        (self.excused if excused else self.damage).append(text)

    def compare(self, there: t.Mapping[str, object], here: t.Mapping[str, object], others: str) -> None:
        """Add what is missing, extra, or has ``others`` than on the donor; time excuses it where it excuses anything."""
        for name in sorted(set(there) | set(here)):
            if name not in here:
                self.add(f"{name} (missing)", not self.now.same)
            elif name not in there:
                self.add(f"{name} (extra)", not self.now.same)
            elif there[name] != here[name]:
                self.add(f"{name} (another {others})", not self.now.same)

    def finding(
        self, id: str, title: str, category: str, same: str, noun: str, words: str = "not as on the donor"
    ) -> Finding:
        """``same`` is the message where there are none; else so many ``noun`` are ``words``."""
        found = self.damage or self.excused
        if not found:
            return _ok(id, title, category, same)
        message = "%s %s: %s" % (_plural(len(found), noun), words, named(found))
        actual = {"count": len(found), "first": found[:LIST_LIMIT]}
        if self.damage:
            if not self.now.same:
                message += (
                    ". Although %s, this isn't the reason: the donor hasn't touched them since the clone"
                    % self.now.reason
                )
            return Finding(id, title, category, "fail", message, actual=actual, remedy=AGAIN)
        return Finding(
            id,
            title,
            category,
            "warn",
            "%s. That may be all right, since %s" % (message, self.now.reason),
            actual=actual,
            remedy="Verify again while the donor isn't written to, or once the recipient has caught up",
        )


def check_clone(recipient: Inventory, state: t.Mapping[str, t.Any], options: Options) -> list[Finding]:
    """The recipient's own account of its clone."""
    id, title = "recipient.clone_state", "The clone is completed"
    clone = state["clone"]
    if clone is None:
        reason = state["absent"].get("clone", "")
        if "clone" in state.get("active", ["clone"]):
            return [
                _skipped(
                    id,
                    title,
                    "state",
                    f"The state of the clone can't be read: {reason}",
                    remedy="GRANT SELECT ON performance_schema.*",
                )
            ]
        return [
            Finding(
                id,
                title,
                "state",
                "warn",
                "The clone plugin isn't active on the recipient, so the server can't tell whether its clone is completed. That happens after "
                "a good clone, too, when the donor loads the plugin by plugin-load-add",
                remedy="INSTALL PLUGIN clone SONAME 'mysql_clone.so' on the recipient brings the state back",
                repair="clone_user",
            )
        ]
    findings = []
    if clone["state"] == "completed" and not clone["error"]:
        findings.append(
            _ok(id, title, "state", f"Completed at {clone['end_time']} from {clone['source']}", actual="completed")
        )
    else:
        error = clone["error"]
        messages = {
            "none": "This server has no completed clone",
            "in_progress": "The clone is still under way (stage %(stage)s, %(percent)d %%)" % clone,
        }
        remedies = {
            "none": "Clone it first (clone_run)",
            "in_progress": "Wait for its end: clone_status with wait_for: completed",
        }
        message = messages.get(clone["state"]) or "The clone failed: %(message)s (error %(code)s)" % (
            error or {"message": "no message", "code": 0}
        )
        findings.append(
            Finding(
                id,
                title,
                "state",
                "fail",
                message,
                actual=clone["state"],
                expected="completed",
                error={"code": error["code"], "symbol": None} if error else None,
                remedy=remedies.get(clone["state"], "Look for the cause with clone_diagnose, then clone again"),
            )
        )
        return findings
    title = "The clone is this server's"
    if clone["destination"] != "LOCAL INSTANCE":
        findings.append(
            Finding(
                "recipient.clone_destination",
                title,
                "state",
                "fail",
                f"The clone went into the directory {clone['destination']}, not into this server's data",
                actual=clone["destination"],
                expected="LOCAL INSTANCE",
                remedy="Verify the server that was started on that directory",
            )
        )
    if options.donor:
        direct = clone["source"].lower() == options.donor.lower()
        kin = not direct and clone["source"].lower() in (label.lower() for label in options.pool)
        same = direct or kin
        message = f"The clone came from {clone['source']}" + (
            ""
            if direct
            else ", which has the donor's data"
            if kin
            else f", the donor to compare with is {options.donor}"
        )
        findings.append(
            Finding(
                "pair.clone_source",
                "The clone came from this donor",
                "state",
                "ok" if same else "warn",
                message,
                clone["source"],
                options.donor,
            )
        )
    return findings


def check_identity(donor: Inventory, recipient: Inventory, replication: bool) -> list[Finding]:
    """Donor and recipient must be two servers, also to their replicas."""
    there, here = donor["server"], recipient["server"]
    findings = []
    title = "Two different servers"
    if there["server_uuid"] == here["server_uuid"]:
        findings.append(
            Finding(
                "pair.server_uuid",
                title,
                "configuration",
                "fail",
                f"Both servers have server_uuid {here['server_uuid']}: they are the same server, or one data directory was copied with its auto.cnf",
                actual=here["server_uuid"],
                remedy="Check donor_host and donor_port. On a copied data directory remove auto.cnf and restart the recipient",
            )
        )
    else:
        findings.append(_ok("pair.server_uuid", title, "configuration", "The server_uuids differ"))
    if int(there["server_id"]) == int(here["server_id"]):
        findings.append(
            Finding(
                "pair.server_id",
                "Server ids",
                "configuration",
                "fail" if replication else "warn",
                f"Both servers have server_id {here['server_id']}; replication between them can't work",
                actual=here["server_id"],
                remedy="SET PERSIST server_id = <another number> on the recipient, and in its option file where it stands there",
            )
        )
    else:
        findings.append(
            _ok("pair.server_id", "Server ids", "configuration", f"{there['server_id']} and {here['server_id']}")
        )
    return findings


class Server(t.NamedTuple):
    """What tells a server from others, and whether it replicates or is to."""

    server_uuid: str
    server_id: int
    replicates: bool


def identity(recipient: Inventory, replication: bool) -> Server:
    """What tells a recipient from other servers; ``replication`` says that it is to replicate."""
    own = recipient["server"]
    return Server(own["server_uuid"], int(own["server_id"]), replication or bool(recipient.get("channels")))


def check_unique(servers: t.Mapping[str, Server]) -> dict[str, list[Finding]]:
    """Whether each of these servers, by name, differs from all others: replicas of one source must (manual: server_id,
    server_uuid). Of one alone there is nothing to tell."""
    if len(servers) < 2:
        return {name: [] for name in servers}
    uuids: dict[str, list[str]] = {}
    ids: dict[int, list[str]] = {}
    for name, one in servers.items():
        uuids.setdefault(one.server_uuid, []).append(name)
        ids.setdefault(one.server_id, []).append(name)
    found = {}
    for name, one in servers.items():
        twins = [other for other in uuids[one.server_uuid] if other != name]
        found[name] = [
            Finding(
                "recipient.server_uuid_unique",
                "No other recipient has this server_uuid",
                "configuration",
                "fail" if twins else "ok",
                f"{named(twins)} has server_uuid {one.server_uuid}, too: it is the same server, or one data directory was copied "
                "with its auto.cnf"
                if twins
                else f"Unique among {len(servers)}",
                actual=twins[:LIST_LIMIT],
                expected=[],
                remedy="Check the hosts' addresses. On a copied data directory remove auto.cnf and restart the server"
                if twins
                else None,
            )
        ]
        twins = [other for other in ids[one.server_id] if other != name]
        replicates = one.replicates or any(servers[other].replicates for other in twins)
        found[name].append(
            Finding(
                "recipient.server_id_unique",
                "No other recipient has this server_id",
                "configuration",
                ("fail" if replicates else "warn") if twins else "ok",
                f"{named(twins)} has server_id {one.server_id}, too; replicas of one source can't share one"
                if twins
                else f"{one.server_id}, unique among {len(servers)}",
                actual=twins[:LIST_LIMIT],
                expected=[],
                remedy="SET PERSIST server_id = <another number> on the recipient, and in its option file where it stands there"
                if twins
                else None,
            )
        )
    return found


def check_versions(donor: Inventory, recipient: Inventory) -> Finding:
    """A recipient of another release may read the same data otherwise."""
    there, here = donor["server"]["version"], recipient["server"]["version"]
    same = there.partition("-")[0] == here.partition("-")[0]
    return Finding(
        "pair.version",
        "Versions",
        "configuration",
        "ok" if same else "warn",
        f"Both are MySQL {here}" if same else f"The donor is MySQL {there}, the recipient {here}",
        actual=here,
        expected=there,
        remedy=None if same else "Bring both to the same release",
    )


def check_gtid(donor: Inventory | None, recipient: Inventory, clone: t.Mapping[str, t.Any] | None) -> list[Finding]:
    """The transactions: all of the clone's, and none of the recipient's own."""
    here = recipient["server"]
    executed = _gtid.parse(here["gtid_executed"])
    findings = []
    title = "The clone's transactions"
    cloned = _gtid.parse(clone["gtid_executed"]) if clone and clone["gtid_executed"] else {}
    if cloned:
        lost = _gtid.subtract(cloned, executed)
        findings.append(
            Finding(
                "recipient.gtid_executed",
                title,
                "state",
                "fail" if lost else "ok",
                "The recipient lacks %s of the clone: %s"
                % (_plural(_gtid.count(lost), "transaction"), named(_gtid.text(lost).split(",")))
                if lost
                else "The recipient has executed all %d of them" % _gtid.count(cloned),
                actual=here["gtid_executed"],
                expected=_gtid.text(cloned),
                remedy="Clone it again: somebody has reset its GTIDs (RESET BINARY LOGS AND GTIDS)" if lost else None,
            )
        )
    else:
        why = (
            "the donor had executed none"
            if clone and clone["state"] == "completed"
            else "there is no completed clone to compare with"
        )
        findings.append(_skipped("recipient.gtid_executed", title, "state", f"No GTID set of the clone: {why}"))
    known = _gtid.uuids(cloned)
    if donor:
        findings += _lineage(_gtid.parse(donor["server"]["gtid_executed"]), executed)
        known |= _gtid.uuids(_gtid.parse(donor["server"]["gtid_executed"])) | {donor["server"]["server_uuid"]}
        known_set = _gtid.union(cloned, _gtid.parse(donor["server"]["gtid_executed"]))
    else:
        known_set = cloned
    known.discard(here["server_uuid"])
    extra = {
        source: part
        for source, part in _gtid.subtract(executed, known_set).items()
        if source.partition(":")[0] not in known
    }
    title = "No transactions of the recipient's own"
    if not cloned and not donor:
        findings.append(
            _skipped("recipient.gtid_errant", title, "state", "Neither a clone nor a donor to compare with")
        )
    elif extra:
        findings.append(
            Finding(
                "recipient.gtid_errant",
                title,
                "state",
                "fail",
                "The recipient has %s that the donor never had: %s"
                % (_plural(_gtid.count(extra), "transaction"), named(_gtid.text(extra).split(","))),
                actual=_gtid.text(extra),
                expected="",
                remedy="Find what wrote to it (events, applications, administrators). Clone it again, or see the manual on errant transactions",
            )
        )
    else:
        findings.append(_ok("recipient.gtid_errant", title, "state", "There are none"))
    return findings


def _lineage(there: _gtid.GtidSet, here: _gtid.GtidSet) -> list[Finding]:
    title = "The recipient descends from the donor"
    if not there:
        return []
    missing = _gtid.subtract(there, here)
    if missing == there:
        message = "The recipient has none of the donor's %s: it isn't a clone of it" % _plural(
            _gtid.count(there), "transaction"
        )
        return [
            Finding("pair.lineage", title, "state", "fail", message, remedy="Check donor_host, or clone it (clone_run)")
        ]
    message = "It has all of the donor's transactions"
    if missing:
        message = "The donor has executed %s that the recipient hasn't" % _plural(_gtid.count(missing), "transaction")
    return [_ok("pair.lineage", title, "state", message)]


def check_schemas(donor: Inventory, recipient: Inventory, now: Context) -> Finding:
    """Each schema with its character set, collation and encryption."""
    there, here = donor["schemas"], recipient["schemas"]
    differences = _Differences(now)
    differences.compare(there, here, "character set, collation or encryption")
    return differences.finding("pair.schemas", "Schemas", "state", f"All {len(there)} are there", "schema")


def check_tables(there: t.Mapping[str, Table], here: t.Mapping[str, Table], now: Context) -> Finding:
    """Each table, its engine and its definition."""
    differences = _Differences(now)
    for name in sorted(set(there) | set(here)):
        if name not in here:
            differences.add(f"{name} (missing)", _excused(now, [there[name].touched]))
        elif name not in there:
            # The donor may have dropped it, of which nothing remains to be seen.
            differences.add(f"{name} (extra)", not now.same)
        else:
            left, right = there[name], here[name]
            if left.engine != right.engine:
                differences.add(
                    f"{name} ({right.engine} instead of {left.engine})", _excused(now, [left.touched], [right.touched])
                )
            elif left.definition and right.definition and left.definition != right.definition:
                differences.add(f"{name} (another definition)", _excused(now, [left.touched], [right.touched]))
    return differences.finding(
        "pair.tables", "Tables", "state", f"All {len(there)} are there, with the same definitions", "table"
    )


def _innodb(table: Table) -> bool:
    return table.engine == "InnoDB"


def check_rows(there: t.Mapping[str, Table], here: t.Mapping[str, Table], now: Context) -> Finding:
    """The numbers of rows of tables that CLONE copies with their rows."""
    differences = _Differences(now)
    compared = 0
    for name in sorted(set(there) & set(here)):
        left, right = there[name], here[name]
        if not _innodb(left) or left.rows is None or right.rows is None:
            continue
        compared += 1
        if left.rows != right.rows:
            differences.add(
                f"{name} ({right.rows} instead of {left.rows})", _excused(now, [left.touched], [right.touched])
            )
    return differences.finding(
        "pair.rows",
        "Numbers of rows",
        "state",
        f"Equal in all {compared} InnoDB tables",
        "table",
        "with another number of rows",
    )


def check_checksums(there: t.Mapping[str, Table], here: t.Mapping[str, Table], now: Context, kind: str) -> Finding:
    """Checksums of rows, of the same rows on both sides; ``kind`` is sample or full."""
    differences = _Differences(now)
    compared, unsampled = 0, []
    for name in sorted(set(there) & set(here)):
        left, right = there[name], here[name]
        if not _innodb(left) or not _innodb(right):
            continue
        if left.checksum is None or right.checksum is None:
            if left.checksum is None and left.rows is not None and kind == "sample":
                unsampled.append(name)
            continue
        compared += 1
        # Where the numbers of rows differ the checksums do, too, and that is told there.
        if left.rows == right.rows and left.checksum != right.checksum:
            differences.add(name, _excused(now, [left.touched], [right.touched]))
    message = f"Equal in all {compared} InnoDB tables"
    if kind == "sample":
        message += f" (up to {SAMPLE_WHOLE} rows all of them, of larger tables a sample)"
    if unsampled:
        message += f". Not sampled, having no primary key: {named(unsampled)}"
    return differences.finding("pair.checksums", "Checksums of rows", "state", message, "table", "with other rows")


def check_unread(donor: Inventory, recipient: Inventory) -> Finding:
    """What could be read on one side at least, but not on both."""
    title = "All could be read"
    found = [f"{name} on the recipient ({why})" for name, why in sorted(recipient["unread"].items())]
    found += [f"{name} on the donor ({why})" for name, why in sorted(donor["unread"].items())]
    if not found:
        return _ok("pair.readable", title, "state", "Every table and account could be read on both servers")
    only_recipient = [name for name in recipient["unread"] if name not in donor["unread"]]
    timed_out = all(
        "not read within" in why or "1412" in why or "altered meanwhile" in why for why in recipient["unread"].values()
    )
    return Finding(
        "pair.readable",
        title,
        "state",
        "fail" if only_recipient and not timed_out else "warn",
        f"Not compared: {named(found)}",
        actual={"count": len(found), "first": found[:LIST_LIMIT]},
        remedy="Look at the reason of each. For a time limit raise timeout or threads, or leave checksum and rows out",
    )


def check_non_innodb(there: t.Mapping[str, Table], here: t.Mapping[str, Table]) -> Finding:
    """CLONE copies the definition of a table in another engine, and none of its rows (manual: Clone Plugin Limitations)."""
    title = "Tables that are not InnoDB"
    names = sorted(name for name, table in there.items() if table.engine not in ("InnoDB", None))
    if not names:
        return _ok("recipient.non_innodb", title, "state", "The donor has none")
    came_empty = [
        f"{name} ({there[name].engine}, {'' if there[name].rows is None else str(there[name].rows) + ' '}rows not cloned)"
        for name in names
        if name in here and there[name].rows != 0 and not here[name].rows
    ]
    if not came_empty:
        return _ok(
            "recipient.non_innodb",
            title,
            "state",
            f"{_plural(len(names), 'table')}, none of them lacks rows: {named(names)}",
        )
    return Finding(
        "recipient.non_innodb",
        title,
        "state",
        "warn",
        f"CLONE copies only InnoDB data; {_plural(len(came_empty), 'table')} came empty: {named(came_empty)}",
        actual={"count": len(came_empty), "first": came_empty[:LIST_LIMIT]},
        remedy="Copy them with mysqldump, or ALTER TABLE ... ENGINE=InnoDB on the donor and clone again",
    )


_OBJECT_TITLES = {"views": "Views", "routines": "Routines", "triggers": "Triggers", "events": "Events"}


def check_objects(kind: str, donor: Inventory, recipient: Inventory, now: Context) -> Finding:
    """Views, routines, triggers or events, as ``kind`` says."""
    there, here = donor[kind], recipient[kind]
    differences = _Differences(now)
    for name in sorted(set(there) | set(here)):
        if name not in here:
            # The time of change of a view isn't known.
            altered = there[name][1]
            differences.add(f"{name} (missing)", not now.same if altered is None else _excused(now, [altered]))
        elif name not in there:
            differences.add(f"{name} (extra)", not now.same)
        elif there[name][0] != here[name][0]:
            altered = there[name][1]
            differences.add(
                f"{name} (another definition)",
                not now.same if altered is None else _excused(now, [altered], [here[name][1]]),
            )
    title = _OBJECT_TITLES[kind]
    return differences.finding(
        f"pair.{kind}", title, "state", f"All {len(there)} are the same" if there else "There are none", kind[:-1]
    )


def check_accounts(donor: Inventory, recipient: Inventory, now: Context, ignored: t.Sequence[str]) -> Finding:
    """Accounts with all that belongs to them, but for those that ``ignored`` patterns fit."""

    def kept(accounts: t.Mapping[str, str]) -> dict[str, str]:
        return {name: value for name, value in accounts.items() if not account_matches(name, ignored)}

    there, here = kept(donor["accounts"]), kept(recipient["accounts"])
    differences = _Differences(now)
    differences.compare(there, here, "password, plugin, attribute or grant")
    return differences.finding("pair.accounts", "Accounts", "privilege", f"All {len(there)} are the same", "account")


def check_plugins(donor: Inventory | None, recipient: Inventory, state: t.Mapping[str, t.Any]) -> list[Finding]:
    """Whether the plugins and components that were cloned along are loaded on the recipient."""
    title = "Plugins and components"
    active = {name.lower() for name in state.get("active", ())}
    dead = sorted(name for name in recipient.get("plugins", {}) if name.lower() not in active) if active else []
    problems = [f"plugin {name} isn't active" for name in dead]
    problems += list(state.get("load_errors", ()))
    if donor and donor.get("components") is not None and recipient.get("components") is not None:
        problems += [
            f"{urn} isn't in mysql.component" for urn in donor["components"] if urn not in recipient["components"]
        ]
    if problems:
        return [
            Finding(
                "recipient.plugins",
                title,
                "configuration",
                "warn",
                f"Not loaded as the donor's tables want it: {named(problems)}",
                actual={"count": len(problems), "first": problems[:LIST_LIMIT]},
                remedy="Install the packages that hold their files on the recipient and restart it, or UNINSTALL what isn't needed",
            )
        ]
    if "plugins" not in recipient or not active:
        return [_skipped("recipient.plugins", title, "configuration", "The account can't read mysql.plugin")]
    return [_ok("recipient.plugins", title, "configuration", "All that were cloned along are loaded")]


def check_variables(donor: Inventory, recipient: Inventory) -> Finding:
    """Persisted variables, which CLONE leaves as the recipient has them."""
    id, title = "pair.persisted_variables", "Persisted variables"
    if "persisted" not in donor or "persisted" not in recipient:
        return _skipped(
            id, title, "configuration", "They can't be read on both servers: SELECT ON performance_schema.* is needed"
        )

    def kept(values: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        return {name: value for name, value in values.items() if not matches(name, OWN_VARIABLES)}

    there, here = kept(donor["persisted"]), kept(recipient["persisted"])
    drift = [
        "%s (%s, on the donor %s)" % (name, _short(here.get(name)), _short(there.get(name)))
        for name in sorted(set(there) | set(here))
        if there.get(name) != here.get(name)
    ]
    if not drift:
        return _ok(id, title, "configuration", "No drift")
    return Finding(
        id,
        title,
        "configuration",
        "warn",
        f"SET PERSIST differs, which a clone doesn't carry over: {named(drift)}",
        actual={"count": len(drift), "first": drift[:LIST_LIMIT]},
        remedy="SET PERSIST on the recipient what it should have in common with the donor",
    )


def _short(value: t.Any) -> str:
    text = "not persisted" if value is None else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def check_running(recipient: Inventory, state: t.Mapping[str, t.Any]) -> list[Finding]:
    """What came with the donor's data and works on the recipient by itself."""
    findings = []
    id, title = "recipient.events", "Events don't run on the recipient"
    enabled = state.get("events")
    scheduler = str(state["variables"].get("event_scheduler", "")).upper()
    if enabled is None:
        findings.append(_skipped(id, title, "configuration", state["absent"].get("events", "They can't be read")))
    elif enabled and scheduler == "ON":
        findings.append(
            Finding(
                id,
                title,
                "configuration",
                "warn",
                f"{_plural(len(enabled), 'event')} of the donor run here too, and write to the recipient: {named(enabled)}",
                actual={"count": len(enabled), "first": enabled[:LIST_LIMIT]},
                remedy="SET PERSIST event_scheduler = OFF, or ALTER EVENT ... DISABLE ON REPLICA, on the recipient",
            )
        )
    else:
        findings.append(
            _ok(
                id,
                title,
                "configuration",
                f"{_plural(len(enabled), 'event')} enabled, event_scheduler is {scheduler or 'unknown'}",
            )
        )
    id, title = "recipient.xa_prepared", "Prepared XA transactions"
    if "xa" not in state:
        findings.append(
            _skipped(id, title, "state", f"{state['absent'].get('xa')}", remedy="GRANT XA_RECOVER_ADMIN ON *.*")
        )
    elif state["xa"]:
        message = f"{_plural(state['xa'], 'XA transaction')} came prepared with the clone and hold locks until somebody ends them"
        findings.append(
            Finding(
                id,
                title,
                "state",
                "warn",
                message,
                state["xa"],
                0,
                remedy="XA RECOVER lists them; XA COMMIT or XA ROLLBACK each",
            )
        )
    else:
        findings.append(_ok(id, title, "state", "There are none"))
    return findings


def check_leftovers(state: t.Mapping[str, t.Any], ignored: t.Sequence[str]) -> list[Finding]:
    """What a clone, or the preparation of one, should not leave behind."""
    findings = []
    id, title = "recipient.donor_list", "clone_valid_donor_list"
    donors = state["variables"].get("clone_valid_donor_list")
    if donors:
        message = f"clone_valid_donor_list is still '{donors}'"
        findings.append(
            Finding(
                id,
                title,
                "configuration",
                "warn",
                message,
                donors,
                "",
                remedy="SET GLOBAL clone_valid_donor_list = DEFAULT (or SET PERSIST)",
            )
        )
    else:
        findings.append(_ok(id, title, "configuration", "It is empty"))
    id, title = "recipient.temporary_accounts", "Temporary clone accounts"
    temporary = [name for name in state.get("temporary", ()) if not account_matches(name, ignored)]
    if "temporary" not in state:
        findings.append(_skipped(id, title, "privilege", state["absent"].get("temporary", "mysql.user can't be read")))
    elif temporary:
        message = f"Temporary accounts of a clone are still there: {named(temporary)}"
        findings.append(
            Finding(
                id,
                title,
                "privilege",
                "warn",
                message,
                temporary[:LIST_LIMIT],
                [],
                remedy="Drop them, as clone_user with state: absent does",
            )
        )
    else:
        findings.append(_ok(id, title, "privilege", "There are none"))
    id, title = "recipient.clone_files", "Files of an unfinished clone"
    if "remains" not in state:
        findings.append(
            _skipped(id, title, "disk", f"The data directory wasn't looked into: {state['absent'].get('remains')}")
        )
    elif state["remains"]:
        message = f"The data directory still holds files of a clone that hasn't ended: {named(state['remains'])}"
        findings.append(
            Finding(
                id,
                title,
                "disk",
                "warn",
                message,
                state["remains"][:LIST_LIMIT],
                [],
                remedy="Restart the server, which ends or undoes the clone; delete nothing there by hand",
            )
        )
    else:
        findings.append(_ok(id, title, "disk", "There are none"))
    return findings


def check_channels(
    donor: Inventory | None, recipient: Inventory, wanted: bool, source: tuple[str, int] | None = None
) -> list[Finding]:
    """Replication on the recipient: the channel from the donor, or from ``source``, where it is wanted, and none that came with
    the data."""
    findings = []
    whose = "%s:%d" % source if source else "the donor"
    id, title = "recipient.replication", f"The recipient replicates from {whose}"
    channels = recipient.get("channels")
    if channels is None:
        reason = recipient["absent"].get("channels", "the channels can't be read")
        return [_skipped(id, title, "state", reason, remedy="GRANT SELECT ON performance_schema.*")]
    uuid = donor["server"]["server_uuid"] if donor else None
    port = donor["server"]["port"] if donor else None
    # Until it has connected for the first time, a channel doesn't know its source's uuid.
    ours = [
        channel
        for channel in channels
        if (
            (channel["host"].lower(), channel["port"]) == (source[0].lower(), source[1])
            if source
            else uuid and (channel["source_uuid"] == uuid or (not channel["source_uuid"] and channel["port"] == port))
        )
    ]
    if wanted:
        if not ours:
            findings.append(
                Finding(
                    id,
                    title,
                    "state",
                    "fail",
                    f"The recipient has no replication channel from {whose}",
                    remedy="CHANGE REPLICATION SOURCE TO ..., START REPLICA",
                )
            )
        for channel in ours:
            name = channel["name"] or "the default channel"
            broken = [
                f"the {part} is {channel[key] or 'OFF'}"
                + (
                    f": {channel[key + '_message']} (error {channel[key + '_error']})"
                    if channel[key + "_error"]
                    else ""
                )
                for part, key in (("receiver", "receiver"), ("applier", "applier"))
                if channel[key] != "ON" or channel[key + "_error"]
            ]
            if broken:
                findings.append(
                    Finding(
                        id,
                        title,
                        "state",
                        "fail",
                        f"In {name} {' and '.join(broken)}",
                        remedy="Mend the cause, then START REPLICA; SHOW REPLICA STATUS tells more",
                    )
                )
            else:
                findings.append(_ok(id, title, "state", f"{name} from {channel['host']}:{channel['port']} is running"))
    copied = [
        f"{channel['name'] or 'the default channel'} from {channel['host']}:{channel['port']}"
        for channel in channels
        if channel not in ours
    ]
    id, title = "recipient.replication_channel", "No replication channel came with the data"
    if copied:
        message = f"The recipient has replication channels that don't come from {whose}: {named(copied)}. A clone copies the donor's"
        findings.append(
            Finding(
                id,
                title,
                "configuration",
                "warn",
                message,
                copied[:LIST_LIMIT],
                [],
                remedy="STOP REPLICA and RESET REPLICA ALL FOR CHANNEL '...', where it isn't wanted",
            )
        )
    else:
        findings.append(_ok(id, title, "configuration", "There is none"))
    return findings


# -- all of it ---------------------------------------------------------------------------------------------------------


@handed_over("donor_inventory")
def usable(donor: t.Any) -> Inventory:
    """A donor's inventory as an option gave it. Raises BadInput for anything else."""
    if not isinstance(donor, dict) or not isinstance(donor.get("server"), dict) or "absent" not in donor:
        raise BadInput(
            "donor_inventory is no inventory of a server. Give the 'inventory' that clone_verify with collect: true returned on the donor"
        )
    if donor.get("format") != FORMAT:
        raise BadInput(
            f"donor_inventory has format {donor.get('format')}, this version reads {FORMAT}. Collect it again with the same version of the collection"
        )
    try:
        _gtid.parse(donor["server"]["gtid_executed"])
    except BadInput as error:
        raise BadInput(f"donor_inventory is no inventory of a server: {error.message}") from error
    return donor


@handed_over("donor_inventory")
def check(
    donor: Inventory | None,
    recipient: Inventory,
    state: t.Mapping[str, t.Any],
    options: Options,
    no_donor: str = "",
    ignored: t.Sequence[str] = (),
) -> list[Finding]:
    """All findings that the options ask for. ``no_donor`` says why there is no donor's inventory."""
    compare = set(options.compare)
    findings: list[Finding] = []
    clone = state["clone"]
    if "clone" in compare:
        findings += check_clone(recipient, state, options)
    if donor:
        findings += check_identity(donor, recipient, options.replication)
        if "versions" in compare:
            findings.append(check_versions(donor, recipient))
    if "gtid" in compare:
        findings += check_gtid(donor, recipient, clone)
    if donor:
        findings += _compare(donor, recipient, clone, options, ignored)
    elif compare & {"schemas", "tables", "rows", "objects", "accounts"}:
        findings.append(
            Finding(
                "donor.readable",
                "The donor can be read",
                "privilege",
                "fail",
                f"Nothing was compared with the donor's data: {no_donor}",
                remedy="Give donor_inventory (what clone_verify with collect: true returns on the donor), or as donor_user an account with "
                "SELECT, SHOW VIEW, TRIGGER, EVENT ON *.*; or leave schemas, tables, rows, objects and accounts out of compare",
            )
        )
    if "plugins" in compare:
        findings += check_plugins(donor, recipient, state)
    if "variables" in compare and donor:
        findings.append(check_variables(donor, recipient))
    findings += check_running(recipient, state)
    findings += check_channels(donor, recipient, options.replication, options.source)
    if "leftovers" in compare:
        findings += check_leftovers(state, ignored)
    return findings


def _compare(
    donor: Inventory,
    recipient: Inventory,
    clone: t.Mapping[str, t.Any] | None,
    options: Options,
    ignored: t.Sequence[str],
) -> list[Finding]:
    compare = set(options.compare)
    now = context(donor, recipient, clone)
    findings: list[Finding] = []

    def lacking(*parts: str) -> str | None:
        for side, inventory in (("donor", donor), ("recipient", recipient)):
            for part in parts:
                if part not in inventory:
                    return f"On the {side}: {inventory['absent'].get(part, 'not collected; collect it with the same compare')}"
        return None

    def guarded(id: str, title: str, part: str, make: t.Callable[[], Finding]) -> None:
        reason = lacking(part)
        findings.append(_skipped(id, title, "state", reason) if reason else make())

    if "schemas" in compare:
        guarded("pair.schemas", "Schemas", "schemas", lambda: check_schemas(donor, recipient, now))
    if compare & {"tables", "rows"} or options.checksum != "none":
        reason = lacking("tables")
        if reason:
            findings.append(_skipped("pair.tables", "Tables", "state", reason))
        else:
            findings += _compare_tables(donor, recipient, now, options)
    if "objects" in compare:
        for kind in OBJECTS:
            make = functools.partial(check_objects, kind, donor, recipient, now)
            guarded(f"pair.{kind}", _OBJECT_TITLES[kind], kind, make)
    if "accounts" in compare:
        guarded(
            "pair.accounts",
            "Accounts",
            "accounts",
            lambda: check_accounts(donor, recipient, now, (*ignored, *TEMPORARY_ACCOUNTS)),
        )
    findings.append(check_unread(donor, recipient))
    return findings


def _compare_tables(donor: Inventory, recipient: Inventory, now: Context, options: Options) -> list[Finding]:
    skip = (*donor["ignored"], *recipient["ignored"])
    there = {name: table for name, table in tables_of(donor).items() if not matches(name, skip)}
    here = {name: table for name, table in tables_of(recipient).items() if not matches(name, skip)}
    findings = []
    if "tables" in options.compare:
        findings.append(check_tables(there, here, now))
    if "rows" in options.compare:
        if "rows" in donor["compare"]:
            findings.append(check_rows(there, here, now))
        else:
            findings.append(
                _skipped(
                    "pair.rows",
                    "Numbers of rows",
                    "state",
                    "The donor's inventory has none: collect it with rows in compare",
                )
            )
    if options.checksum != "none":
        if donor["checksum"] == options.checksum:
            findings.append(check_checksums(there, here, now, options.checksum))
        else:
            message = (
                f"The donor's inventory has checksum {donor['checksum']}: collect it with checksum: {options.checksum}"
            )
            findings.append(Finding("pair.checksums", "Checksums of rows", "state", "warn", message))
    findings.append(check_non_innodb(there, here))
    return findings
