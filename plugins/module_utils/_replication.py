# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Making a recipient its donor's replica: what is to be seen, the statements between that and what is wanted, and the wait.

``plan`` and ``trouble`` are pure. No step, result or message holds the password, except in a step's bound values.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import time
import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput, CloneError
from ansible_collections.dbops.mysql_clone.plugins.module_utils._job import connect_patiently
from ansible_collections.dbops.mysql_clone.plugins.module_utils._module import donor_login, own_logins
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import Server, version_numbers
from ansible_collections.dbops.mysql_clone.plugins.module_utils._status import status

# The account may not log in (so): the channel keeps an old password.
_DENIED = 1045
_POLL = 0.5
_CHANNELS = (
    "SELECT c.CHANNEL_NAME AS name, c.HOST AS host, c.PORT AS port, c.USER AS user, c.AUTO_POSITION AS auto_position, "
    "c.SSL_ALLOWED AS tls, c.GET_PUBLIC_KEY AS public_key, s.SOURCE_UUID AS source_uuid "
    "FROM performance_schema.replication_connection_configuration c "
    "LEFT JOIN performance_schema.replication_connection_status s USING (CHANNEL_NAME) "
    "WHERE c.CHANNEL_NAME NOT LIKE 'group\\_replication%' AND c.HOST <> ''"
)
_PERSISTED = (
    "SELECT VARIABLE_NAME FROM performance_schema.persisted_variables "
    "WHERE VARIABLE_NAME IN ('skip_replica_start', 'skip_slave_start') AND VARIABLE_VALUE = 'ON'"
)
_VARIABLES = (
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('gtid_mode', 'server_id', 'server_uuid', 'read_only', 'super_read_only', "
    "'skip_replica_start', 'skip_slave_start', 'gtid_executed')"
)
SWITCHES = ("read_only", "super_read_only")


class Step(t.NamedTuple):
    """One statement; ``values`` are bound and never shown."""

    statement: str
    values: tuple[t.Any, ...] | None = None

    def __repr__(self) -> str:
        return "Step(%s)" % self.statement


class Words(t.NamedTuple):
    """How a version calls things: REPLICA since 8.0.22, SOURCE since 8.0.23, skip_replica_start since 8.0.26."""

    replica: str
    change: str
    source: str
    skip: str


def words(version: str) -> Words:
    """The statements' words for a server's version."""
    numbers = version_numbers(version)
    new = numbers >= (8, 0, 23)
    return Words(
        "REPLICA" if numbers >= (8, 0, 22) else "SLAVE",
        "CHANGE REPLICATION SOURCE TO" if new else "CHANGE MASTER TO",
        "SOURCE" if new else "MASTER",
        "skip_replica_start" if numbers >= (8, 0, 26) else "skip_slave_start",
    )


def persists_start(version: str) -> bool:
    """Whether skip_replica_start is a variable that can be persisted (8.0.24), and not only an option of the server."""
    return version_numbers(version) >= (8, 0, 24)


def observe(server: Server) -> dict[str, t.Any]:
    """What of a recipient matters, in one round trip and a second for its clone."""
    word = words(server.version).replica
    rows = server.query_many(
        {
            "channels": _CHANNELS,
            "variables": _VARIABLES,
            "status": "SHOW %s STATUS" % word,
            "persisted": _PERSISTED,
        }
    )
    for found in rows.values():
        if isinstance(found, Exception):
            raise found
    variables = {row["Variable_name"]: row["Value"] for row in t.cast("list[dict[str, t.Any]]", rows["variables"])}
    return {
        "version": server.version,
        "variables": variables,
        "channels": [dict(row) for row in t.cast("list[dict[str, t.Any]]", rows["channels"])],
        "status": [dict(row) for row in t.cast("list[dict[str, t.Any]]", rows["status"])],
        "persisted": bool(rows["persisted"]),
        "clone": status(server),
    }


def trouble(row: t.Mapping[str, t.Any]) -> str | None:
    """Why a channel can't go on, from its row of SHOW REPLICA STATUS; None while it may still get there."""
    for part in ("IO", "SQL"):
        number = int(row.get("Last_%s_Errno" % part) or 0)
        if number:
            return "%s (error %d)" % (row.get("Last_%s_Error" % part), number)
    return None


def runs(row: t.Mapping[str, t.Any], word: str) -> bool:
    """Whether both threads of a channel run, from its row of SHOW REPLICA STATUS."""
    return [row.get("%s_%s_Running" % (word.title(), part)) for part in ("IO", "SQL")] == ["Yes", "Yes"]


def plan(
    seen: t.Mapping[str, t.Any],
    donor: t.Mapping[str, t.Any],
    wanted: t.Mapping[str, t.Any],
) -> list[Step]:
    """The statements that make the recipient the donor's replica; none where it is that already.

    ``seen`` is from observe; ``donor`` has server_id, server_uuid, gtid_mode and encrypted (whether TLS works there);
    ``wanted`` has host, port, user, password, tls (True, False or None), fresh (a clone has just been made, so that all
    channels are copies of the donor's). Raises CloneError where it can't be.
    """
    variables = seen["variables"]
    here = "the recipient"
    if variables["server_uuid"] == donor["server_uuid"]:
        raise CloneError("donor_host and donor_port lead to the recipient itself; expected its donor")
    if int(variables["server_id"]) == int(donor["server_id"]):
        raise CloneError(
            "%s has the donor's server_id %s, so it can't be its replica. SET PERSIST server_id = <another number> there, and in "
            "its option file where it stands there" % (here, variables["server_id"])
        )
    name = words(seen["version"])
    steps: list[Step] = []
    own = next((channel for channel in seen["channels"] if not channel["name"]), None)
    for channel in copies(seen, wanted["fresh"]):
        steps += _reset(name, channel)
    change = _wanted(seen, donor, wanted)
    row = next((row for row in seen["status"] if not row.get("Channel_Name")), {})
    right = own is not None and all(_same(own, key, value) for key, value in change["seen"].items())
    if not right or (wanted["fresh"] and not runs(row, name.replica)) or int(row.get("Last_IO_Errno") or 0) == _DENIED:
        if own is not None:
            steps += _reset(name, "")
        assigned = ["%s_%s = %%s" % (name.source, key) for key in change["bound"]]
        # The donor's public key is asked for only where no TLS protects the password (caching_sha2_password).
        assigned.append("GET_%s_PUBLIC_KEY = %d" % (name.source, change["seen"]["public_key"]))
        statement = "%s %s FOR CHANNEL ''" % (name.change, ", ".join(assigned))
        steps.append(Step(statement, tuple(change["bound"].values())))
        steps.append(Step("START %s FOR CHANNEL ''" % name.replica))
    elif not runs(row, name.replica):
        steps.append(Step("START %s FOR CHANNEL ''" % name.replica))
    return steps


def copies(seen: t.Mapping[str, t.Any], fresh: bool) -> list[str]:
    """The names of channels beside the default one that the clone copied: after a fresh clone all, else those that never connected.

    The latter are left by a run that ended between the clone and here, if replication is still held and not set up.
    """
    named = [channel for channel in seen["channels"] if channel["name"]]
    if fresh:
        return [channel["name"] for channel in named]
    return [channel["name"] for channel in named if is_left_held(seen) and not channel["source_uuid"]]


def is_left_held(seen: t.Mapping[str, t.Any]) -> bool:
    """Whether a run held replication and ended before it was set up: the start is off, persistently, and never was a default channel used."""
    own = next((channel for channel in seen["channels"] if not channel["name"]), None)
    return bool(seen["persisted"]) and (own is None or not own["source_uuid"])


def _same(channel: t.Mapping[str, t.Any], key: str, value: t.Any) -> bool:
    """Whether a channel has a value; the server's table writes switches as YES and NO, or as numbers."""
    found = channel[key]
    if isinstance(value, int) and key != "port":
        return (1 if str(found).upper() in ("1", "YES") else 0) == value
    return str(found).lower() == str(value).lower()


def _reset(name: Words, channel: str) -> list[Step]:
    return [
        Step("STOP %s FOR CHANNEL %%s" % name.replica, (channel,)),
        Step("RESET %s ALL FOR CHANNEL %%s" % name.replica, (channel,)),
    ]


def _wanted(
    seen: t.Mapping[str, t.Any], donor: t.Mapping[str, t.Any], wanted: t.Mapping[str, t.Any]
) -> dict[str, dict[str, t.Any]]:
    """The channel that is wanted: as CHANGE REPLICATION SOURCE is told, and as the server shows it afterwards."""
    tls = int(donor["encrypted"] if wanted["tls"] is None else wanted["tls"])
    bound: dict[str, t.Any] = {
        "HOST": wanted["host"],
        "PORT": wanted["port"],
        "USER": wanted["user"],
        "PASSWORD": wanted["password"],
        "SSL": tls,
    }
    auto = seen["variables"].get("gtid_mode") == "ON" and donor["gtid_mode"] == "ON"
    if auto:
        bound["AUTO_POSITION"] = 1
    else:
        clone = seen["clone"]
        label = "%s:%d" % (wanted["host"].lower(), wanted["port"])
        if clone["state"] != "completed" or not clone["binlog_file"]:
            raise CloneError(
                "without gtid_mode=ON on both servers replication begins at the clone's position in the binary log, and the "
                "recipient knows none: expected a completed clone from a donor with a binary log"
            )
        if (clone["source"] or "").lower() != label:
            raise CloneError(
                "without gtid_mode=ON on both servers the recipient can only replicate from where it was cloned, %s, and not from %s"
                % (clone["source"], label)
            )
        bound.update(AUTO_POSITION=0, LOG_FILE=clone["binlog_file"], LOG_POS=clone["binlog_position"])
    shown = {
        "host": wanted["host"],
        "port": wanted["port"],
        "user": wanted["user"],
        "auto_position": int(auto),
        "tls": tls,
        "public_key": int(not tls),
    }
    return {"bound": bound, "seen": shown}


def switches(variables: t.Mapping[str, str], before: t.Mapping[str, t.Any]) -> list[Step]:
    """The statements that give read_only and super_read_only back what they were before the clone's restart."""
    return [
        Step("SET GLOBAL %s = %s" % (name, "ON" if before[name] else "OFF"))
        for name in SWITCHES
        if name in before and (variables.get(name) == "ON") != bool(before[name])
    ]


# -- acting --------------------------------------------------------------------------------------------------------------


def run(params: t.Mapping[str, t.Any], check_mode: bool) -> dict[str, t.Any]:
    """The module's result."""
    if params["timeout"] < 1:
        raise BadInput("timeout is %g; expected 1 second or more" % params["timeout"])
    with connect_patiently(own_logins(params)) as server:
        if params["state"] == "held":
            return _hold(server, check_mode)
        return _replicate(server, params, check_mode)


def _hold(server: Server, check_mode: bool) -> dict[str, t.Any]:
    """Keep replication from starting with the server, and remember what the clone's restart forgets."""
    seen = observe(server)
    variables, name = seen["variables"], words(server.version).skip
    warnings = []
    hold = variables.get(name) != "ON"
    if hold and not persists_start(server.version):
        warnings.append(
            "%s: MySQL %s can't persist %s, so a channel that the clone copies starts with the server; it is stopped afterwards. "
            "Start the server with skip-slave-start to prevent that" % (server.label, server.version, name)
        )
        hold = False
    if hold and not check_mode:
        server.execute("SET PERSIST_ONLY %s = ON" % name)
    before = {switch: variables.get(switch) == "ON" for switch in SWITCHES}
    return {
        "changed": hold,
        "held": dict(before, persisted=hold),
        "module_warnings": warnings,
        "diff": {"before": "", "after": "%s = ON until replication is set up\n" % name if hold else ""},
    }


def _donor(params: t.Mapping[str, t.Any]) -> tuple[dict[str, t.Any], str]:
    """What of the donor matters, by the replication account itself, and what it has executed."""
    login = donor_login(params)
    with Server(login) as server:
        rows = server.query(
            "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('server_id', 'server_uuid', 'gtid_mode', 'gtid_executed')"
        )
        found = {row["Variable_name"]: row["Value"] for row in rows}
        return dict(found, encrypted=server.encrypted), str(found.get("gtid_executed") or "")


def _replicate(server: Server, params: t.Mapping[str, t.Any], check_mode: bool) -> dict[str, t.Any]:
    seen = observe(server)
    donor, executed = _donor(params)
    held = dict(params["held"] or {})
    wanted = {
        "host": params["donor_host"],
        "port": params["donor_port"],
        "user": params["donor_user"],
        "password": params["donor_password"],
        "tls": params["require_ssl"],
        "fresh": bool(held),
    }
    name = words(server.version)
    steps = plan(seen, donor, wanted)
    if held.get("persisted") or (not held and is_left_held(seen)):
        steps.append(Step("RESET PERSIST IF EXISTS %s" % name.skip))
    after = switches(seen["variables"], held)
    result: dict[str, t.Any] = {
        "changed": bool(steps or after),
        "source": "%s:%d" % (wanted["host"], wanted["port"]),
        "auto_position": seen["variables"].get("gtid_mode") == "ON" and donor["gtid_mode"] == "ON",
        "channels_removed": copies(seen, wanted["fresh"]),
        "statements": [step.statement for step in (*steps, *after)],
        "diff": {"before": _text(seen["channels"]), "after": _text(seen["channels"])},
        "seconds": None,
    }
    if check_mode:
        result["diff"]["after"] = (
            "".join("%s\n" % step.statement for step in (*steps, *after)) or result["diff"]["before"]
        )
        return result
    for step in steps:
        server.execute(step.statement, step.values)
    try:
        result["seconds"] = _caught_up(server, executed if result["auto_position"] else "", params["timeout"])
    finally:
        # A replica that lags behind must be as read-only as before, too.
        for step in after:
            server.execute(step.statement)
    result["diff"]["after"] = _text(observe(server)["channels"])
    return result


def _text(channels: t.Sequence[t.Mapping[str, t.Any]]) -> str:
    """Channels as the diff shows them."""
    return "".join(
        "channel '%s' from %s:%s by %s\n" % (one["name"], one["host"], one["port"], one["user"]) for one in channels
    )


def _caught_up(server: Server, executed: str, seconds: float) -> float:
    """Wait until the recipient has executed what the donor had at the start; the seconds that took. Raises CloneError."""
    begun = time.monotonic()
    word = words(server.version).replica
    while True:
        row = next(iter(server.query("SHOW %s STATUS FOR CHANNEL ''" % word)), {})
        ended = trouble(row)
        # 1045 and the like don't pass by themselves, and a receiver that can't connect is given some tries.
        if ended and (int(row.get("Last_SQL_Errno") or 0) or time.monotonic() - begun > 5):
            raise CloneError(
                "%s: replication doesn't run: %s" % (server.label, ended), server=server.label, changed=True
            )
        if runs(row, word):
            if executed:
                done = server.value("SELECT GTID_SUBSET(%s, @@GLOBAL.gtid_executed)", (executed,)) == 1
            else:
                kind = "Source" if word == "REPLICA" else "Master"
                done = row.get("Read_%s_Log_Pos" % kind) == row.get("Exec_%s_Log_Pos" % kind) and row.get(
                    "Seconds_Behind_%s" % kind
                ) in (0, "0")
            if done:
                return round(time.monotonic() - begun, 1)
        if time.monotonic() - begun >= seconds:
            raise CloneError(
                "%s: the recipient has not caught up with its donor within %d seconds (timeout). SHOW %s STATUS tells how far it is; "
                "replication goes on" % (server.label, seconds, word),
                server=server.label,
                changed=True,
            )
        time.sleep(_POLL)
