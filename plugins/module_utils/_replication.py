# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Making a clone its source's replica: look at both, make the channel as _channel plans it, wait until it has caught up.

No step, result or message holds the password, except in the values bound to a statement.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import os
import re
import time
import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _channel, _gtid
from ansible_collections.dbops.mysql_clone.plugins.module_utils._errors import classify
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import (
    BadInput,
    CloneError,
    ServerError,
    sensible,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._inventory import binlog_statement
from ansible_collections.dbops.mysql_clone.plugins.module_utils._job import connect_patiently
from ansible_collections.dbops.mysql_clone.plugins.module_utils._module import own_logins, port
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import (
    ACCESS_DENIED,
    UNREACHABLE,
    Login,
    Server,
    version_numbers,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._status import status

_POLL = 0.5
_LOCAL = ("", "localhost", "127.0.0.1", "::1")
_VARIABLES = (
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('gtid_mode', 'gtid_executed', 'gtid_purged', 'log_bin', 'server_id', "
    "'server_uuid', 'read_only', 'super_read_only', 'skip_replica_start', 'skip_slave_start')"
)
_PERSISTED = (
    "SELECT VARIABLE_NAME AS name FROM performance_schema.persisted_variables "
    "WHERE VARIABLE_NAME IN ('skip_replica_start', 'skip_slave_start') AND VARIABLE_VALUE = 'ON'"
)
_ACCOUNT = re.compile(r"for user '[^']*'@'([^']*)'")
# Why a login or a register as replica is refused: the account is to be looked at.
_ACCOUNT_ERRORS = (*ACCESS_DENIED, 1130, 1142, 1227, 1597, 13120)


# -- looking -----------------------------------------------------------------------------------------------------------


@sensible("the replication status")
def observe(server: Server) -> dict[str, t.Any]:
    """What of a recipient matters, in one round trip and another for its clone."""
    rows = server.query_many(
        {
            "variables": _VARIABLES,
            "channels": _channel.status_statement(version_numbers(server.version)),
            "persisted": _PERSISTED,
        }
    )
    found: dict[str, list[dict[str, t.Any]]] = {}
    for name, answer in rows.items():
        if isinstance(answer, ServerError):
            raise answer
        found[name] = answer
    channels = [_channel.channel_of(row) for row in found["channels"]]
    return {
        "variables": {row["Variable_name"]: row["Value"] for row in found["variables"]},
        "channels": [one for one in channels if one["host"] and not one["name"].startswith("group_replication_")],
        "persisted": [row["name"] for row in found["persisted"]],
        "clone": status(server),
    }


def ask_source(login: Login) -> dict[str, t.Any]:
    """What of the source matters, by the replication account itself: reading variables takes no privilege.

    Raises ServerError.
    """
    with Server(login) as source:
        found: dict[str, t.Any] = {row["Variable_name"]: row["Value"] for row in source.query(_VARIABLES)}
        found["encrypted"] = source.encrypted
        try:
            rows = source.query(binlog_statement(version_numbers(source.version)))
        except ServerError:  # it may lack REPLICATION CLIENT, without which only GTIDs tell how far the source is
            rows = []
    found["place"] = [rows[0]["File"], int(rows[0]["Position"])] if rows else None
    return found


# -- pure --------------------------------------------------------------------------------------------------------------


def wanted_of(params: t.Mapping[str, t.Any], held: t.Mapping[str, t.Any]) -> _channel.Wanted:
    """The wanted channel from the module's options. ``held`` is what was noted before the clone. Raises BadInput."""
    if (params["binlog_file"] is None) != (params["binlog_position"] is None):
        raise BadInput("binlog_file and binlog_position belong together: give both, or none to take the clone's own")
    if params["binlog_file"] is not None and params["auto_position"] == "gtid":
        raise BadInput("binlog_file is given, but auto_position is gtid. Leave one of them out")
    before = "super_read_only" if held.get("super_read_only") else "read_only" if held.get("read_only") else "writable"
    return _channel.Wanted(
        host=params["donor_host"],
        port=port("donor_port", params["donor_port"]),
        user=params["replication_user"],
        channel=params["channel"],
        auto_position=params["auto_position"],
        file=params["binlog_file"],
        position=params["binlog_position"],
        tls=True if params["require_ssl"] is None and params["source_ssl_ca"] else params["require_ssl"],
        public_key=params["get_source_public_key"],
        ca=params["source_ssl_ca"],
        read_only=before
        if params["read_only"] == "restore" and held
        else params["read_only"].replace("restore", "keep"),
        keep_others=not held,
    )


def skip_variable(version: tuple[int, int, int]) -> str | None:
    """The variable that keeps channels from starting with the server, where it can be persisted (8.0.24); else None."""
    if version < (8, 0, 24):
        return None
    return "skip_replica_start" if version >= (8, 0, 26) else "skip_slave_start"


def explained(number: int, text: str, wanted: _channel.Wanted) -> tuple[str, dict[str, t.Any]]:
    """An error of a channel as one message with cause and remedy, and as details."""
    entry = classify(number, text)
    remedy, commands = entry.remedy, list(entry.commands)
    if number in _ACCOUNT_ERRORS or "REPLICATION SLAVE" in text:
        seen = _ACCOUNT.search(text)
        account = "'%s'@'%s'" % (wanted.user, seen.group(1) if seen else "<this server, as the source sees it>")
        commands = [
            "CREATE USER %s IDENTIFIED BY '<password>'; -- on the source" % account,
            "GRANT REPLICATION SLAVE ON *.* TO %s; -- on the source" % account,
        ]
        remedy = "Check replication_user and replication_password. The account is made on the source: " + " ".join(
            command.partition(" --")[0] for command in commands
        )
    cause = "" if entry.category == "unknown" else entry.cause
    message = "%s (error %d). %s %s" % (text.rstrip(". "), number, cause, remedy)
    return re.sub(r"  +", " ", message), {
        "error": {"code": number, "symbol": entry.symbol, "message": text, "category": entry.category},
        "cause": cause,
        "remedy": remedy,
        "commands": commands,
    }


def fault(channel: t.Mapping[str, t.Any]) -> tuple[int, str] | None:
    """The error that a channel won't get over by itself; None while it runs or may still get there."""
    if channel["applier_error"]:
        return channel["applier_error"], channel["applier_message"]
    number, text = channel["receiver_error"], channel["receiver_message"]
    if not number or channel["receiver"] == "Yes" or number in UNREACHABLE or classify(number, text).retry == "retry":
        return None
    return number, text


def lag(channel: t.Mapping[str, t.Any], executed: str, goal: str | None) -> dict[str, t.Any]:
    """How far a channel is behind: seconds by its own word, transactions of the goal that it lacks; None where unknown."""
    missing = _gtid.count(_gtid.subtract(_gtid.parse(goal), _gtid.parse(executed))) if goal else None
    return {"seconds": channel["lag_seconds"], "transactions": missing}


def _lines(channels: t.Sequence[t.Mapping[str, t.Any]], variables: t.Mapping[str, t.Any]) -> str:
    lines = [
        "%s by %s, %s, TLS %s" % (_channel.where(one), one["user"], _running(one), "on" if one["tls"] else "off")
        for one in channels
    ]
    lines += ["%s = %s" % (name, variables.get(name)) for name in ("read_only", "super_read_only")]
    return "".join(line + "\n" for line in lines)


def _running(channel: t.Mapping[str, t.Any]) -> str:
    return "running" if _channel.connected(channel) else "not running"


# -- acting ------------------------------------------------------------------------------------------------------------


def run(params: t.Mapping[str, t.Any], check_mode: bool) -> dict[str, t.Any]:
    """The module's result."""
    if params["timeout"] < 1:
        raise BadInput("timeout is %g; expected 1 second or more" % params["timeout"])
    held = dict(params["held"] or {})
    wanted = wanted_of(params, held) if params["state"] == "replicating" else None
    with connect_patiently(own_logins(params)) as server:
        if wanted is None:
            return _hold(server, check_mode)
        return _replicate(server, wanted, params, held, check_mode)


def _hold(server: Server, check_mode: bool) -> dict[str, t.Any]:
    """Keep channels from starting with the server, and note what the clone's restart forgets."""
    variables = observe(server)["variables"]
    name = skip_variable(version_numbers(server.version))
    warnings = []
    if name is None:
        warnings.append(
            "%s: MySQL %s can't persist skip_slave_start, so a channel that the clone copies starts with the server; it is "
            "removed afterwards. To prevent that, start the server with skip-slave-start"
            % (server.label, server.version)
        )
    hold = name is not None and variables.get(name) != "ON"
    if hold and not check_mode:
        server.execute("SET PERSIST_ONLY %s = ON" % name)
    return {
        "changed": hold,
        "held": {
            "read_only": variables["read_only"] == "ON",
            "super_read_only": variables["super_read_only"] == "ON",
            "persisted": hold,
        },
        "module_warnings": warnings,
        "diff": {"before": "", "after": "%s = ON until replication is set up\n" % name if hold else ""},
    }


def _source(
    server: Server, wanted: _channel.Wanted, params: t.Mapping[str, t.Any]
) -> tuple[dict[str, t.Any] | None, str]:
    """The source as the replication account sees it; None and the reason where it can't be asked from here."""
    if not params["ask_source"]:
        return None, "ask_source is false"
    ca = os.path.expanduser(wanted.ca) if wanted.ca else None
    if ca and not os.path.exists(ca):
        return None, "%s isn't there where the module runs" % wanted.ca
    login = Login(
        host=wanted.host,
        port=wanted.port,
        user=wanted.user,
        password=params["replication_password"],
        ca_cert=ca,
        check_hostname=False if ca else None,
        require_tls=wanted.tls,
        connect_timeout=params["connect_timeout"],
    )
    try:
        return ask_source(login), ""
    except ServerError as error:
        local = server.login.unix_socket or (server.login.host or "").lower() in _LOCAL
        if local and error.number in ACCESS_DENIED:
            message, details = explained(error.number, error.text, wanted)
            raise CloneError("the source %s: %s" % (wanted.source, message), server=server.label, **details) from error
        return None, error.message


def _replicate(
    server: Server,
    wanted: _channel.Wanted,
    params: t.Mapping[str, t.Any],
    held: t.Mapping[str, t.Any],
    check_mode: bool,
) -> dict[str, t.Any]:
    version = version_numbers(server.version)
    seen = observe(server)
    here = seen["variables"]
    there, reason = _source(server, wanted, params)
    plan = _channel.plan(
        wanted, version, here, seen["channels"], seen["clone"], bool(there["encrypted"]) if there else None
    )
    warnings = list(plan.warnings)
    if there:
        warnings += _channel.refuse_unfit(wanted, plan.gtid, here, there)
    steps = list(plan.steps)
    name = skip_variable(version)
    # A run that was interrupted after its clone has left it, too: it is ours where it is set and nothing ran since.
    if name in seen["persisted"] and (
        held.get("persisted") or (not held and any("START" in one.text for one in steps))
    ):
        steps.append(_channel.Step("RESET PERSIST IF EXISTS %s" % name, (), "replication is set up now"))
    result: dict[str, t.Any] = {
        "changed": bool(steps),
        "source": wanted.source,
        "source_asked": reason or "yes",
        "auto_position": plan.gtid,
        "channels_removed": list(plan.removed),
        "statements": [{"statement": step.shown, "reason": step.reason} for step in steps],
        "lag": None,
        "seconds": None,
        "module_warnings": ["%s: %s" % (server.label, warning) for warning in warnings],
    }
    before = _lines(seen["channels"], here)
    if check_mode:
        after = "".join(step.shown + "\n" for step in steps) if steps else before
        return dict(result, diff={"before": before, "after": after})
    done: list[str] = []
    for step in steps:
        values = [params["replication_password"] if value == _channel.SECRET else value for value in step.values]
        try:
            server.execute(step.text, values)
        except ServerError as error:
            message, details = explained(error.number, error.text, wanted)
            raise CloneError(
                "%s: %s: %s%s"
                % (server.label, step.shown, message, ". Done before: " + "; ".join(done) if done else ""),
                **dict(details, server=server.label, changed=bool(done)),
            ) from error
        done.append(step.shown)
    goal = (there["gtid_executed"] if plan.gtid else None) if there else None
    place = there["place"] if there and not plan.gtid else None
    result.update(_wait(server, wanted, goal, place, params["timeout"]))
    now = observe(server) if steps else seen
    return dict(result, diff={"before": before, "after": _lines(now["channels"], now["variables"])})


def _wait(
    server: Server, wanted: _channel.Wanted, goal: str | None, place: t.Sequence[t.Any] | None, seconds: float
) -> dict[str, t.Any]:
    """Wait until the channel has applied what the source had; what is to be said of it, also of a failure."""
    begun = time.monotonic()
    words = _channel.dialect(version_numbers(server.version))
    while True:
        rows = server.query("SHOW %s STATUS FOR CHANNEL %%s" % words.replica, (wanted.channel,))
        channel = _channel.channel_of(rows[0] if rows else {})
        executed = str(server.value("SELECT @@GLOBAL.gtid_executed") or "")
        passed = round(time.monotonic() - begun, 1)
        found: dict[str, t.Any] = {"lag": lag(channel, executed, goal), "seconds": passed}
        if _channel.reached(channel, executed, goal, place):
            return found
        broken = fault(channel)
        if broken:
            message, details = explained(*broken, wanted)
            if channel["receiver"] != "Yes":
                # It would ask with the same wrong words every minute.
                server.execute("STOP %s FOR CHANNEL %%s" % words.replica, (wanted.channel,))
                message += " %s is stopped until then." % _channel.where(channel).capitalize()
            return dict(found, **details, failed_message="%s: replication doesn't run: %s" % (server.label, message))
        if passed >= seconds:
            return dict(found, failed_message="%s: %s" % (server.label, _late(channel, found["lag"], seconds)))
        time.sleep(_POLL)


def _late(channel: t.Mapping[str, t.Any], behind: t.Mapping[str, t.Any], seconds: float) -> str:
    parts = []
    if behind["transactions"] is not None:
        parts.append("%d transactions are missing" % behind["transactions"])
    if behind["seconds"] is not None:
        parts.append("the applier is %d seconds behind" % behind["seconds"])
    if channel["receiver"] != "Yes":
        words = channel["receiver_message"] or "no error is told"
        parts.append("the receiver isn't connected: %s (error %d)" % (words, channel["receiver_error"]))
    return "%s has not caught up within %g seconds (timeout): %s. It goes on by itself; a longer timeout may do" % (
        _channel.where(channel),
        seconds,
        ", ".join(parts) or "by its own word it is still reading",
    )
