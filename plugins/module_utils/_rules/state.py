# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about what the servers are doing, and about data that a clone would lose.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import re

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _gtid, _sql
from ansible_collections.dbops.mysql_clone.plugins.module_utils._progress import size
from ansible_collections.dbops.mysql_clone.plugins.module_utils._rules.registry import (
    DONOR_ERROR,
    Pair,
    Verdict,
    donor_fail,
    fail,
    ok,
    rule,
    warn,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import version_numbers

# What a server is granted for its recovery, at least.
START_SECONDS = 600
# A clone's first session is alone for a moment, too.
IDLE_SECONDS = 2


def _guarded(pair: Pair, message: str, actual: object, remedy: str) -> Verdict:
    """What only overwrite=true may lose: a warning with it, else a failure."""
    if pair.options.overwrite:
        return warn(message + " (overwrite is true)", actual=actual, remedy=remedy)
    return fail(message, actual=actual, remedy=remedy)


@rule("recipient.data", "The recipient holds no data of its own", "state", interlock=True)
def data(pair: Pair) -> Verdict | None:
    """A clone drops all user-created schemas and tablespaces of the recipient (manual: Remote Cloning)."""
    if not pair.options.replaces_data:
        return None
    if pair.already_cloned and not pair.options.force:
        return ok("the recipient holds the donor's data, cloned before")
    recipient = pair.recipient
    schemas, count = recipient.fact("schemas"), recipient.fact("schema_count")
    if not count:
        return ok("the recipient holds no user schema", actual=[])
    shown = [
        "{} ({} tables{})".format(one["name"], one["tables"], "" if one["bytes"] is None else f", {size(one['bytes'])}")
        for one in schemas[:5]
    ]
    more = f" and {count - 5} more" if count > 5 else ""
    return _guarded(
        pair,
        f"{recipient.label} holds {count} schema{'s' if count > 1 else ''} that the clone would drop: {', '.join(shown)}{more}",
        schemas,
        "Set overwrite=true when this data may go; dump it first if it is needed",
    )


@rule("recipient.gtids", "The donor has all of the recipient's transactions", "state", interlock=True)
def gtids(pair: Pair) -> Verdict | None:
    """The recipient's transactions go with its data: those that the donor lacks are lost (server behaviour: RESET BINARY LOGS)."""
    if not pair.options.replaces_data:
        return None
    ours = _gtid.parse(pair.recipient.fact("gtid_executed"))
    if not ours:
        return ok("the recipient has executed no transaction of its own", actual="")
    lost = _gtid.subtract(ours, _gtid.parse(pair.donor.fact("gtid_executed")))
    if not lost:
        return ok("the donor has all of the recipient's transactions", actual=_gtid.text(ours))
    return _guarded(
        pair,
        f"{pair.recipient.label} has {_gtid.count(lost)} transactions that the donor lacks: {_gtid.text(lost)[:500]}",
        _gtid.text(lost),
        "Set overwrite=true when they may be lost (mysqlbinlog shows what they are)",
    )


@rule("recipient.replicas", "No replica hangs on the recipient", "state", interlock=True)
def replicas(pair: Pair) -> Verdict | None:
    """A clone resets the recipient's binary logs, which breaks its replicas (server behaviour: RESET BINARY LOGS AND GTIDS)."""
    if not pair.options.replaces_data:
        return None
    found = pair.recipient.fact("replicas")
    if not found["count"]:
        return None
    who = ", ".join(f"{one['user']}@{one['host']}" for one in found["first"][:5])
    return _guarded(
        pair,
        f"{found['count']} replica(s) read from {pair.recipient.label}: {who}",
        found["first"],
        "Point them to another source (CHANGE REPLICATION SOURCE TO ...), or set overwrite=true",
    )


@rule("recipient.writers", "Nobody else writes to the recipient", "state", interlock=True)
def writers(pair: Pair) -> Verdict | None:
    """What other sessions write is lost with the data (collection's own interlock; performance_schema statement history)."""
    if not pair.options.replaces_data:
        return None
    found = pair.recipient.fact("writers")
    if not found["count"]:
        return None
    who = ", ".join(f"{one['user']}@{one['host']} (id {one['id']})" for one in found["first"][:5])
    return _guarded(
        pair,
        f"{found['count']} other session(s) have written to {pair.recipient.label} within the last minute: {who}",
        found["first"],
        "Stop the clients, or set overwrite=true",
    )


@rule("pair.same_server", "Donor and recipient are two servers", "state")
def same_server(pair: Pair) -> Verdict | None:
    """A server can't replace its own data by a clone of itself: 3862 with 3871, or 3634 by another address (server behaviour)."""
    uuid = pair.recipient.fact("server_uuid")
    seen = pair.link["facts"] if pair.has_link else None
    if uuid != (seen or pair.donor.facts).get("server_uuid"):
        return None
    if not pair.options.drops_data:
        return warn(f"{pair.options.donor_host}:{pair.options.donor_port} is the recipient itself", actual=uuid)
    return Verdict(
        "fail",
        f"donor and recipient are the same server ({pair.recipient.label}, server_uuid {uuid}); "
        "if they are two servers on copies of one data directory, they share auto.cnf",
        actual=uuid,
        error=DONOR_ERROR,
        nested=3634 if pair.donor.is_on("skip_name_resolve") else 3871,
        remedy="Give another donor_host, or remove auto.cnf from the copy's data directory and restart it",
    )


@rule("recipient.clone", "No clone is under way on the recipient", "state")
def recipient_clone(pair: Pair) -> Verdict | None:
    """A server takes one clone at a time: 3634 (manual: Clone Plugin Limitations)."""
    clone = pair.recipient.fact("clone")
    if clone["state"] != "in_progress":
        return None
    donor = f"{pair.options.donor_host}:{pair.options.donor_port}".lower()
    return fail(
        f"a clone from {clone['source']} is under way on {pair.recipient.label} ({clone['stage']}, {clone['percent']} %)",
        actual=clone["source"],
        error=3634,
        remedy="Wait for it (clone_status with wait_for=idle), or cancel it (clone_run with state=cancelled)",
        # It joins a clone of the same donor, for example that of an interrupted run.
        repair="clone_run" if (clone["source"] or "").lower() == donor else None,
    )


@rule("donor.slot", "The donor is free", "state")
def slot(pair: Pair) -> Verdict | None:
    """A server donates to one recipient at a time: 3862 with 3634 (manual: Clone Plugin Limitations)."""
    sessions = pair.donor.fact("clones")
    if not sessions:
        return None
    who = ", ".join(sorted({f"{one['user']}@{str(one['host']).partition(':')[0]}" for one in sessions}))
    if len(sessions) == 1 and sessions[0]["state"] == "starting" and sessions[0]["seconds"] >= IDLE_SECONDS:
        # The server would let the newcomer in and drop what the other one has copied so far.
        return fail(
            f"{pair.donor.label} waits for {who}, whose link was cut: a new clone would take its place. The donor counts as "
            "busy (Clone Donor Error: 3634 : Too many concurrent clone operations. Maximum allowed - 1.)",
            actual=1,
            remedy="Wait for clone_donor_timeout_after_network_failure minutes, or choose another donor",
            repair="clone_run",
        )
    return donor_fail(
        f"{pair.donor.label} donates already, to {who} "
        "(Clone Donor Error: 3634 : Too many concurrent clone operations. Maximum allowed - 1.)",
        3634,
        actual=len(sessions),
        remedy="Wait until that clone has ended, or choose another donor",
        # It waits for the slot.
        repair="clone_run",
    )


@rule("recipient.group_replication", "The recipient is no running group member", "state")
def group_replication(pair: Pair) -> Verdict | None:
    """CLONE is refused while Group Replication runs: 3875 (manual: Cloning and Group Replication)."""
    state = pair.recipient.fact("group_state")
    if state == "OFFLINE" or not pair.options.replaces_data:
        return None
    if not pair.options.drops_data:
        return warn(
            f"Group Replication runs on {pair.recipient.label} ({state}): the member leaves its group when it is shut down "
            "for the swap, and comes back with the donor's data",
            actual=state,
            expected="OFFLINE",
            remedy="STOP GROUP_REPLICATION before, and join the group anew afterwards",
        )
    return fail(
        f"Group Replication runs on {pair.recipient.label} ({state})",
        actual=state,
        expected="OFFLINE",
        error=3875,
        remedy="STOP GROUP_REPLICATION; SET GLOBAL super_read_only = OFF",
    )


def _holders(pair: Pair, kind: str) -> list[dict[str, object]]:
    # A clone under way has the backup lock itself; that it is, is another finding.
    cloning = (pair.recipient.facts.get("clone") or {}).get("pid")
    found = pair.recipient.fact("locks")["first"]
    return [one for one in found if one["kind"] == kind and (cloning is None or one["id"] != cloning)]


def _who(found: list[dict[str, object]]) -> str:
    return ", ".join(f"{one['account']} (id {one['id']}, {one['seconds']} s)" for one in found[:5])


def _kill(found: list[dict[str, object]]) -> str:
    return "; ".join(f"KILL {one['id']}" for one in found if one["id"])


@rule("recipient.backup_lock", "Nobody holds the recipient's backup lock", "state")
def backup_lock(pair: Pair) -> Verdict | None:
    """LOCK INSTANCE FOR BACKUP blocks the drop until lock_wait_timeout, a year by default: 1205 (server behaviour)."""
    found = _holders(pair, "backup")
    if not found or not pair.options.drops_data:
        return None
    return fail(
        f"LOCK INSTANCE FOR BACKUP is held on {pair.recipient.label} by {_who(found)}",
        actual=found,
        error=1205,
        remedy=f"UNLOCK INSTANCE in that session, or {_kill(found)}",
    )


@rule("recipient.read_lock", "Nobody holds a global read lock on the recipient", "state")
def read_lock(pair: Pair) -> Verdict | None:
    """FLUSH TABLES WITH READ LOCK blocks the drop until lock_wait_timeout: 1205 (server behaviour)."""
    found = _holders(pair, "read_lock")
    if not found or not pair.options.drops_data:
        return None
    return fail(
        f"FLUSH TABLES WITH READ LOCK is held on {pair.recipient.label} by {_who(found)}",
        actual=found,
        error=1205,
        remedy=f"UNLOCK TABLES in that session, or {_kill(found)}",
    )


@rule("recipient.transactions", "No open transaction holds tables of the recipient", "state")
def transactions(pair: Pair) -> Verdict | None:
    """A metadata lock on a user table blocks its drop until lock_wait_timeout: 1205, partly dropped (server behaviour)."""
    found = _holders(pair, "tables")
    if not found or not pair.options.drops_data:
        return None
    return fail(
        f"open transactions or table locks on {pair.recipient.label}: {_who(found)}",
        actual=found,
        error=1205,
        remedy=f"End them in their sessions, or {_kill(found)}",
    )


@rule("recipient.ddl", "No DDL statement runs on the recipient", "state")
def recipient_ddl(pair: Pair) -> Verdict | None:
    """The recipient waits for running DDL for clone_ddl_timeout, then fails: 1205 (manual: clone_ddl_timeout)."""
    found = _holders(pair, "ddl")
    if not found:
        return None
    return fail(
        f"a DDL statement runs on {pair.recipient.label}: {_who(found)}",
        actual=found,
        error=1205,
        remedy=f"Wait until it has ended, or {_kill(found)}",
    )


def _quoted(name: str) -> str:
    return _sql.identifier(name)


@rule("recipient.backticks", "No name on the recipient holds a backtick", "state")
def backticks(pair: Pair) -> Verdict | None:
    """CLONE drops by names that it doesn't quote: 1064, or 1046 for a table of such a schema, partly dropped (server behaviour)."""
    if not pair.options.drops_data:
        return None
    found, spaces = pair.recipient.fact("backticks"), pair.recipient.fact("files")["backticks"]
    tables = [one for one in found if one["kind"] == "table"]
    words = [f"table {_quoted(one['schema_name'])}.{_quoted(one['name'])}" for one in tables]
    words += [f"schema {_quoted(one['name'])}" for one in found if one["kind"] == "schema"]
    words += [f"tablespace {_quoted(name)}" for name in spaces]
    if not words:
        return None
    # `a`b`.`t` is a `a` with the alias b`.`: no schema; everything else is no SQL. Tables go first.
    plain = tables and all("`" not in one["name"] for one in tables)
    more = f" and {len(words) - 5} more" if len(words) > 5 else ""
    return fail(
        f"{pair.recipient.label} has {', '.join(words[:5])}{more}: the clone would drop some of the data and then fail",
        actual=words[:20],
        error=1046 if plain else 1064,
        remedy="Rename what is to be kept (RENAME TABLE), DROP the rest; a schema can only be made anew",
    )


@rule("recipient.unsaved", "The recipient keeps its settings over the restart", "state")
def unsaved(pair: Pair) -> Verdict | None:
    """The clone ends with a restart, and SET GLOBAL doesn't outlive one: read_only is OFF afterwards (manual: SET; server behaviour)."""
    found = pair.recipient.fact("unsaved")
    if not found or not pair.options.replaces_data:
        return None
    guarded = sorted(
        name
        for name in ("read_only", "super_read_only", "offline_mode")
        if name in found and pair.recipient.is_on(name)
    )
    if guarded:
        return warn(
            f"{' and '.join(guarded)} of {pair.recipient.label} is set by SET GLOBAL only: it is OFF after the clone's restart",
            actual=found,
            remedy="; ".join(f"SET PERSIST_ONLY {name} = ON" for name in guarded),
        )
    return ok(f"set by SET GLOBAL only, and lost in the restart: {', '.join(found[:10])}", actual=found)


@rule("recipient.supervisor", "The recipient restarts by itself", "state")
def supervisor(pair: Pair) -> Verdict | None:
    """A server restarts after the copy only if MYSQLD_PARENT_PID is its parent, else it stops: 3707 (manual: RESTART)."""
    if not pair.options.drops_data:
        return None
    found = pair.recipient.fact("host")["supervisor"]
    if found["managed"]:
        return ok(f"{found['unit'] or found['parent_name']} restarts the recipient", actual=found["unit"])
    if found["managed"] is None:
        return Verdict(
            "skipped", "the server's environment can't be read here (run the module as root or as the server's user)"
        )
    if pair.options.start_command:
        return ok(
            "no supervisor, but start_command starts the recipient", actual=found["told"], expected=found["parent"]
        )
    return warn(
        f"no supervisor restarts {pair.recipient.label}: the server will stop when the data is copied and must be started "
        f"(MYSQLD_PARENT_PID is {found['told'] or 'not set'}, the parent is {found['parent']})",
        actual=found["told"],
        expected=found["parent"],
        error=3707,
        remedy="Run the server under systemd or mysqld_safe, or give start_command",
    )


@rule("donor.events", "The donor has no events that would run on the recipient", "state")
def events(pair: Pair) -> Verdict | None:
    """Enabled events of the donor run on the recipient at once and write transactions of its own there (server behaviour)."""
    found = pair.donor.fact("events")
    if not found["count"] or not pair.options.replaces_data:
        return None
    if pair.recipient.text("event_scheduler") != "ON":
        return None
    return warn(
        f"{found['count']} enabled event(s) of the donor will run on the recipient: "
        + ", ".join(one["name"] for one in found["first"][:5]),
        actual=found["count"],
        remedy="SET PERSIST event_scheduler = OFF on the recipient before the clone, then ALTER EVENT ... DISABLE ON REPLICA",
    )


@rule("donor.channels", "The donor's replication does not start on the recipient", "state")
def channels(pair: Pair) -> Verdict | None:
    """The donor's replication channels, with their passwords, start on the recipient by themselves (server behaviour)."""
    found = pair.donor.fact("channels")
    if not found or not pair.options.replaces_data:
        return None
    if pair.recipient.text_or("skip_replica_start", pair.recipient.text_or("skip_slave_start", "OFF")) == "ON":
        return None
    return warn(
        f"the donor is a replica of {', '.join(one['source'] for one in found[:5])}; the recipient will start to replicate "
        "from there as soon as it is up",
        actual=[one["source"] for one in found],
        remedy="SET PERSIST_ONLY skip_replica_start = ON and restart the recipient before the clone, if that is not wanted",
    )


@rule("recipient.channels", "The recipient is no running replica", "state")
def own_channels(pair: Pair) -> Verdict | None:
    """A clone stops the recipient's replication and replaces its channels by the donor's (server behaviour)."""
    found = pair.recipient.fact("channels")
    if not found or not pair.options.replaces_data:
        return None
    return warn(
        f"{pair.recipient.label} replicates from {', '.join(one['source'] for one in found[:5])}; that configuration goes",
        actual=found,
        remedy="Note it down and set replication up again after the clone",
    )


@rule("donor.ddl", "DDL on the donor does not hold the clone up", "state")
def donor_ddl(pair: Pair) -> Verdict | None:
    """With clone_block_ddl=ON at the recipient, and always before 8.0.27, the donor waits for DDL: 3862 with 1205 (manual)."""
    always = version_numbers(pair.recipient.text("version")) < (8, 0, 27)
    if not always and pair.recipient.text_or("clone_block_ddl", "OFF") != "ON":
        return None
    found = [one for one in pair.donor.fact("locks")["first"] if one["kind"] == "ddl"]
    if not found:
        return None
    return donor_fail(
        f"a DDL statement runs on {pair.donor.label} and the clone would wait for it: {_who(found)}",
        1205,
        actual=found,
        remedy="Wait until it has ended, or SET GLOBAL clone_block_ddl = OFF on the recipient",
    )


@rule("donor.import", "No DDL runs on the donor that aborts clones", "state")
def importing(pair: Pair) -> Verdict | None:
    """While IMPORT TABLESPACE or ALTER INSTANCE runs the donor refuses: 3862 with 3633 (server behaviour)."""
    found = pair.donor.fact("aborting_ddl")
    if not found["count"]:
        return None
    who = ", ".join(f"{one['user']}@{one['host']} (id {one['id']}, {one['seconds']} s)" for one in found["first"][:5])
    return donor_fail(
        f"IMPORT TABLESPACE or ALTER INSTANCE runs on {pair.donor.label}: {who}",
        3633,
        actual=found["first"],
        remedy="Wait until it has ended",
    )


@rule("donor.prepared_transactions", "The donor has no prepared transactions", "state")
def prepared(pair: Pair) -> Verdict | None:
    """XA transactions in state PREPARED are cloned and hold their locks on the recipient (server behaviour: XA RECOVER)."""
    found = [one for one in pair.donor.fact("transactions")["first"] if not one["id"]]
    if not found:
        return None
    return warn(
        f"{len(found)} prepared XA transaction(s) of the donor will be open on the recipient, too",
        actual=len(found),
        remedy="XA RECOVER on the donor, then XA COMMIT or XA ROLLBACK them; else on the recipient after the clone",
    )


def seconds_of(text: str) -> float | None:
    """Seconds from systemd's "1min 30s"; None for infinity."""
    if text == "infinity" or not text:
        return None
    units = {"us": 1e-6, "ms": 1e-3, "s": 1, "min": 60, "h": 3600, "d": 86400, "w": 604800}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"([0-9.]+)(us|ms|min|s|h|d|w)", text))


@rule("recipient.service", "The recipient's service lets it restart", "state")
def service(pair: Pair) -> Verdict | None:
    """systemd must start the server again after exit status 16, and must not lose patience during recovery (manual: systemd)."""
    if not pair.options.drops_data:
        return None
    found = pair.recipient.fact("host")["supervisor"]
    settings = found["systemd"]
    # A server that some other program in the service's control group supervises is not systemd's business.
    if not settings or settings.get("MainPID") != str(pair.recipient.fact("host")["pid"]) or not found["managed"]:
        return None
    forced = settings.get("RestartForceExitStatus", "").split()
    again = (
        settings.get("Restart") in ("always", "on-failure")
        and "16" not in settings.get("RestartPreventExitStatus", "").split()
    )
    if not again and "16" not in forced:
        return warn(
            f"{found['unit']} is not started again after exit status 16 (Restart={settings.get('Restart')}): the server stays "
            "down after the copy",
            actual=settings.get("Restart"),
            expected="on-failure",
            remedy=f"systemctl edit {found['unit']}: Restart=on-failure, or RestartForceExitStatus=16",
        )
    patience = seconds_of(settings.get("TimeoutStartUSec", "infinity"))
    if patience is not None and patience < START_SECONDS and settings.get("Type") != "simple":
        return warn(
            f"{found['unit']} gives the server {patience:.0f} s to start; recovery of cloned data may take longer",
            actual=patience,
            expected=START_SECONDS,
            remedy=f"systemctl edit {found['unit']}: TimeoutStartSec=infinity",
        )
    return ok(f"{found['unit']} restarts the server and gives it time", actual=settings.get("TimeoutStartUSec"))


@rule("recipient.start_command", "The recipient can be started after the swap", "state")
def start_command(pair: Pair) -> Verdict | None:
    """A shutdown exits with 0, after which no supervisor starts the server again (collection's method side_by_side)."""
    if pair.options.method != "side_by_side" or pair.options.start_command:
        return None
    return fail(
        "method side_by_side stops the server, and no start_command tells how to start it",
        remedy="Give start_command (for example: systemctl start mysql)",
    )
