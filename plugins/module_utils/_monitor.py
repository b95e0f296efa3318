# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One look at a server and its machine: room, memory, connections, clone and log, measured against thresholds.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import datetime
import os
import re
import time
import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _errorlog, _host, _progress
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput, CloneError, ServerError
from ansible_collections.dbops.mysql_clone.plugins.module_utils._findings import Finding
from ansible_collections.dbops.mysql_clone.plugins.module_utils._module import own_logins
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import (
    ACCESS_DENIED,
    UNREACHABLE,
    Server,
    connect_first,
)

# Percent of what there is; seconds without progress; events in the log since the last look.
THRESHOLDS: dict[str, float] = {"disk": 85, "memory": 90, "connections": 80, "stall": 300, "log_errors": 1}
# How much of a log's end the first look reads (bytes), and how many of its errors are told.
FIRST_LOOK = 1 << 20
TOLD = 5
LONGEST_MESSAGE = 300

_VARIABLES = (
    "datadir",
    "hostname",
    "innodb_data_home_dir",
    "innodb_doublewrite_dir",
    "innodb_log_group_home_dir",
    "innodb_undo_directory",
    "log_bin_basename",
    "max_connections",
    "pid_file",
    "plugin_dir",
    "server_uuid",
    "version",
)
_STATUS = ("Max_used_connections", "Threads_connected", "Uptime")
_STATEMENTS = {
    "variables": "SHOW GLOBAL VARIABLES WHERE Variable_name IN (%s)" % ", ".join("'%s'" % name for name in _VARIABLES),
    "server_status": "SHOW GLOBAL STATUS WHERE Variable_name IN (%s)" % ", ".join("'%s'" % name for name in _STATUS),
}
_SHOWN = (
    "state",
    "source",
    "begin_time",
    "end_time",
    "stage",
    "percent",
    "bytes_done",
    "bytes_total",
    "rate",
    "eta_seconds",
    "stalled_seconds",
    "error",
)

Facts = t.Mapping[str, t.Any]


# -- deciding (pure) ---------------------------------------------------------------------------------------------------


def limits(wanted: t.Mapping[str, t.Any] | None) -> dict[str, float]:
    """The thresholds with those that the user has set. Raises BadInput for names and values that are none."""
    found = dict(THRESHOLDS)
    for name, value in (wanted or {}).items():
        if name not in THRESHOLDS:
            raise BadInput(
                "thresholds has '%s'; expected some of %s" % (name, ", ".join(sorted(THRESHOLDS))),
            )
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = -1.0
        if not 0 <= number < float("inf") or isinstance(value, bool):
            raise BadInput("thresholds.%s is '%s'; expected a number, 0 or more" % (name, value))
        found[name] = number
    return found


def ratio(part: float | None, whole: float | None) -> float | None:
    """Part of the whole between 0 and 1; None where either isn't known."""
    if part is None or not whole:
        return None
    return round(part / whole, 4)


def disk(file_systems: t.Mapping[str, t.Any]) -> dict[str, t.Any] | None:
    """The fullest of the server's file systems, as ``df`` counts: what only root may use is neither used nor free."""
    found = []
    for name, place in file_systems.items():
        used = place["total"] - place["free_root"]
        found.append(
            {
                "name": name,
                "path": place["path"],
                "free": place["free"],
                "total": place["total"],
                "used_ratio": ratio(used, used + place["free"]),
            }
        )
    if not found:
        return None
    found.sort(key=lambda place: -(place["used_ratio"] or 0))
    return dict(found[0], file_systems=found)


def memory(machine: Facts, resident: int | None) -> dict[str, t.Any] | None:
    """The machine's memory, or the server's share of its control group's limit where that is nearer to its end."""
    total, available, limit = machine["memory_total"], machine["memory_available"], machine["memory_limit"]
    if not total or available is None:
        return None
    used = ratio(total - available, total) or 0.0
    if limit and limit < total and resident:
        used = max(used, ratio(resident, limit) or 0.0)
    return {"used_ratio": used, "total": total, "available": available, "limit": limit, "resident": resident}


def connections(status: Facts, variables: Facts) -> dict[str, t.Any]:
    """How many sessions there are, of how many there may be."""
    current, maximum = int(status["Threads_connected"]), int(variables["max_connections"])
    return {
        "used_ratio": ratio(current, maximum),
        "current": current,
        "maximum": maximum,
        "highest": int(status.get("Max_used_connections") or 0),
    }


def progress(clone: Facts, marks: Facts, now: float) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """A clone with the seconds for which nothing has moved since earlier looks, and what the next look has to know.

    ``now`` and ``marks["since"]`` are seconds since 1970-01-01 UTC.
    """
    network = sum(stage["bytes_network"] for stage in clone["stages"])
    mark = [clone["state"], clone["begin_time"], clone["stage"], clone["bytes_done"], network]
    same = marks.get("mark") == mark and isinstance(marks.get("since"), (int, float))
    since = float(marks["since"]) if same else now
    stalled = max(0, int(now - since)) if clone["state"] == "in_progress" else 0
    shown = {name: clone[name] for name in _SHOWN}
    return dict(shown, stalled_seconds=stalled), {"mark": mark, "since": since}


def log_summary(found: Facts) -> dict[str, t.Any]:
    """How many errors the log has got since the last look, and the newest of them."""
    errors = [event for event in found["events"] if event["severity"] == "error"]
    return {
        "errors": int(found["summary"]["by_severity"].get("error", 0)),
        "about_clone": sum(bool(event["about_clone"]) for event in errors),
        "keywords": {name: row["count"] for name, row in found["keywords"].items()},
        "newest": [
            {"time": event["time"], "code": event["code"], "message": event["message"][:LONGEST_MESSAGE]}
            for event in errors[-TOLD:]
        ],
    }


class _Share(t.NamedTuple):
    """A share that must not be too large."""

    name: str
    title: str
    category: str
    status: str
    remedy: str


_SHARES = (
    _Share(
        "disk",
        "Disk used",
        "disk",
        "fail",
        "Make room (old binary logs, temporary files) or enlarge the volume before a clone needs it",
    ),
    _Share(
        "memory",
        "Memory used",
        "resource",
        "warn",
        "Look what takes it (top), and at innodb_buffer_pool_size, before the kernel ends a process",
    ),
    _Share(
        "connections",
        "Connections used",
        "resource",
        "warn",
        "End sessions that idle, or raise max_connections; a clone needs some, too",
    ),
)


def findings(measured: Facts, side: str, wanted: t.Mapping[str, float]) -> list[Finding]:
    """What the measured values say against the thresholds. What couldn't be measured is skipped, with the reason."""
    found = [_up(measured, side)]
    for share in _SHARES:
        what = "%s.%s_used" % (side, share.name)
        value = (measured[share.name] or {}).get("used_ratio")
        limit = wanted[share.name]
        if value is None:
            reason = measured["absent"].get(share.name, "not known")
            found.append(Finding(what, share.title, share.category, "skipped", reason))
            continue
        over = 100 * value > limit
        message = "%.1f %% used; the threshold is %g %%%s" % (100 * value, limit, _more(share.name, measured))
        found.append(
            Finding(
                what,
                share.title,
                share.category,
                share.status if over else "ok",
                message,
                round(100 * value, 2),
                limit,
                remedy=share.remedy if over else None,
            )
        )
    if side == "recipient":
        found += _clone(measured, wanted)
    found.append(_log(measured, side, wanted))
    return found


def _more(name: str, measured: Facts) -> str:
    if name == "disk":
        return ", %s free on %s" % (_progress.size(measured["disk"]["free"]), measured["disk"]["path"])
    if name == "connections":
        return ", %(current)d of %(maximum)d" % measured["connections"]
    return ", %s free" % _progress.size(measured["memory"]["available"])


def _up(measured: Facts, side: str) -> Finding:
    what, title = side + ".server", "Server answers"
    if measured["up"]:
        return Finding(what, title, "state", "ok", "MySQL %s answers" % measured["version"])
    return Finding(
        what,
        title,
        measured["why_category"],
        "fail",
        measured["why"],
        remedy="Run the playbook diagnose; it works while the server is down, too",
    )


def _clone(measured: Facts, wanted: t.Mapping[str, float]) -> list[Finding]:
    clone = measured["clone"]
    if not measured["up"] or "clone" in measured["absent"]:
        reason = measured["absent"].get("clone", "the server doesn't answer")
        return [
            Finding("recipient.clone_failed", "Last clone", "state", "skipped", reason),
            Finding("recipient.clone_stalled", "Progress of the clone", "network", "skipped", reason),
        ]
    error = clone["error"] or {}
    failed = clone["state"] == "failed"
    words = {"none": "there was no clone", "in_progress": "a clone is under way", "completed": "it is completed"}
    ended = Finding(
        "recipient.clone_failed",
        "Last clone",
        "state",
        "fail" if failed else "ok",
        "the clone failed: %s (error %s)" % (error.get("message"), error.get("code"))
        if failed
        else words[clone["state"]],
        error={"code": error.get("code"), "symbol": ""} if failed else None,
        remedy="Run the playbook diagnose, then recover" if failed else None,
    )
    stalled = clone["stalled_seconds"]
    over = clone["state"] == "in_progress" and stalled >= wanted["stall"]
    moving = Finding(
        "recipient.clone_stalled",
        "Progress of the clone",
        "network",
        "warn" if over else "ok",
        "no progress in %s for %d s; the threshold is %g s" % (clone["stage"], stalled, wanted["stall"])
        if over
        else "nothing stands still",
        stalled,
        wanted["stall"],
        remedy="Look at the link to the donor and at the recipient's disk; the playbook diagnose does"
        if over
        else None,
    )
    return [ended, moving]


def _log(measured: Facts, side: str, wanted: t.Mapping[str, float]) -> Finding:
    what, title = side + ".log_errors", "Errors in the log"
    log = measured["log"]
    if log is None:
        return Finding(what, title, "state", "skipped", measured["absent"].get("log", "not readable"))
    # A threshold of 0 would be an alert for ever.
    over = log["errors"] >= max(1, wanted["log_errors"])
    newest = log["newest"][-1]["message"] if log["newest"] else ""
    return Finding(
        what,
        title,
        "state",
        "warn" if over else "ok",
        "%d new since the last look%s" % (log["errors"], ", the newest: " + newest if newest else ""),
        log["errors"],
        wanted["log_errors"],
        remedy="Read the log: clone_log, or the playbook diagnose" if over else None,
    )


# -- looking -----------------------------------------------------------------------------------------------------------


def _resident(pid: int) -> int | None:
    """Bytes of memory that a process holds."""
    try:
        with open("/proc/%d/status" % pid, encoding="ascii", errors="replace") as file:
            found = re.search(r"^VmRSS:\s+(\d+) kB$", file.read(), re.MULTILINE)
    except OSError:
        return None
    return int(found.group(1)) * 1024 if found else None


def _pairs(rows: t.Iterable[Facts]) -> dict[str, str]:
    return {str(row["Variable_name"]): str(row["Value"]) for row in rows}


def _read_log(place: _errorlog.Place, cursor: _errorlog.Cursor | None, since: str) -> dict[str, t.Any]:
    """The log since the cursor; the first look reads only its end. Raises CloneError."""
    if cursor is not None or place.path is None:
        return _errorlog.read_log(place, _errorlog.Wanted(), cursor)
    collector = _errorlog.Collector(_errorlog.Wanted(since))
    try:
        offset = max(0, os.path.getsize(place.path) - FIRST_LOOK)
    except OSError:
        # It can't be opened either, and that says why.
        offset = 0
    after = _errorlog.read_files(collector, [(place.path, offset)])
    return dict(collector.result(), cursor=str(after))


def _log_of(server: Server, cursor: _errorlog.Cursor | None, since: str) -> dict[str, t.Any]:
    place = _errorlog.place_of(server)
    if place.path is None:
        return _errorlog.read_table(server, _errorlog.Wanted(since if cursor is None else ""), cursor)
    return _read_log(place, cursor, since)


def _empty(now: float) -> dict[str, t.Any]:
    moment = datetime.datetime.fromtimestamp(now, datetime.timezone.utc).replace(tzinfo=None, microsecond=0)
    return {
        "time": moment.isoformat() + "Z",
        "up": False,
        "why": None,
        "why_category": None,
        "version": None,
        "uptime": None,
        "disk": None,
        "memory": None,
        "connections": None,
        "clone": {name: _progress.NONE[name] for name in _SHOWN},
        "log": None,
        "absent": {},
    }


def _cursor(marks: Facts) -> _errorlog.Cursor | None:
    """The log's cursor of an earlier look; one that can't be used is none, as for the first look."""
    try:
        return _errorlog.Cursor.parse(marks.get("log"))
    except BadInput:
        return None


def _look_up(server: Server, marks: Facts, since: str, now: float, measured: dict[str, t.Any]) -> dict[str, t.Any]:
    """Fill in what a server that answers tells, and what its machine tells. Returns the marks for the next look."""
    after = dict(marks)
    answers = server.query_many({**_STATEMENTS, **_progress.STATEMENTS})
    for name in _STATEMENTS:
        answer = answers[name]
        if isinstance(answer, ServerError):
            raise answer
    variables, status = _pairs(answers["variables"]), _pairs(answers["server_status"])  # type: ignore[arg-type]
    measured.update(up=True, version=variables["version"], uptime=int(status["Uptime"]))
    measured["connections"] = connections(status, variables)
    refused = answers["status"]
    if isinstance(refused, ServerError):
        # Without the plugin there is no such table, and no clone.
        if refused.number != 1146:
            measured["absent"]["clone"] = refused.message
    else:
        rows = {name: answers[name] for name in _progress.STATEMENTS}
        session, moment = rows["session"], rows["now"]
        view = _progress.view(
            refused,
            rows["progress"] if isinstance(rows["progress"], list) else (),
            bool(session[0]["alive"]) if isinstance(session, list) else False,
            moment[0]["now"] if isinstance(moment, list) else None,
        )
        measured["clone"], after["progress"] = progress(view, marks.get("progress") or {}, now)
    machine = _host.host_facts(variables)
    if machine.get("reason"):
        measured["absent"].update(disk=machine["reason"], memory=machine["reason"])
    else:
        measured["disk"] = disk(machine["file_systems"])
        measured["memory"] = memory(machine, _resident(machine["pid"]))
    try:
        found = _log_of(server, _cursor(marks), since)
    except CloneError as error:
        measured["absent"]["log"] = error.message
    else:
        measured["log"], after["log"] = log_summary(found), found["cursor"]
    return after


def _look_down(params: Facts, since: str, marks: Facts, measured: dict[str, t.Any]) -> dict[str, t.Any]:
    """What a machine tells whose server doesn't answer, as far as the options say where things are."""
    after = dict(marks)
    reason = "the server doesn't answer, and no %s was given"
    measured["absent"].update(disk=reason % "datadir", memory="the server doesn't answer", log=reason % "path")
    measured["absent"]["connections"] = "the server doesn't answer"
    place = _host.file_system(params["datadir"]) if params["datadir"] else None
    if place:
        measured["disk"] = disk({"data": place})
    if params["path"]:
        try:
            found = _read_log(_errorlog.Place(params["path"], "path"), _cursor(marks), since)
        except CloneError as error:
            measured["absent"]["log"] = error.message
        else:
            measured["log"], after["log"] = log_summary(found), found["cursor"]
    return after


def run(params: Facts, check_mode: bool = False) -> dict[str, t.Any]:
    """The module's work; nothing is ever changed. Raises BadInput and MissingLibrary only: a server that doesn't answer is a
    finding."""
    wanted = limits(params["thresholds"])
    since = _errorlog.moment("log_since", params["log_since"])
    marks = params["marks"] or {}
    now = time.time()
    measured = _empty(now)
    try:
        server = connect_first(own_logins(params))
        with server:
            after = _look_up(server, marks, since, now, measured)
    except ServerError as error:
        known = error.number in (*UNREACHABLE, *ACCESS_DENIED)
        measured.update(
            up=False,
            why=error.message,
            why_category="privilege" if error.number in ACCESS_DENIED else "state" if known else "network",
        )
        after = _look_down(params, since, marks, measured)
    checks = findings(measured, params["side"], wanted)
    return {
        "changed": False,
        "side": params["side"],
        "measured": measured,
        "checks": [finding.as_dict() for finding in checks],
        "marks": after,
    }
