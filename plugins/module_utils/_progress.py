# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a clone is doing: rows of clone_status and clone_progress made into one view (pure).

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import sensible

STAGES = ("DROP DATA", "FILE COPY", "PAGE COPY", "REDO COPY", "FILE SYNC", "RESTART", "RECOVERY")
COPY_STAGES = ("FILE COPY", "PAGE COPY", "REDO COPY")
STATES = ("Not Started", "In Progress", "Completed", "Failed")
# What clone_status calls the recipient's own data directory.
LOCAL = "LOCAL INSTANCE"
# Seconds without progress that are worth a word: each stage begins with a moment of none.
STALL_TOLD = 5
# One round trip; the tables exist only while the plugin is loaded (else error 1146).
STATEMENTS = {
    "status": "SELECT * FROM performance_schema.clone_status",
    "progress": "SELECT * FROM performance_schema.clone_progress",
    # A row that says 'In Progress' may be a corpse: the session must be alive, too.
    "session": "SELECT COUNT(*) AS alive FROM performance_schema.threads WHERE PROCESSLIST_ID = "
    "(SELECT MAX(PID) FROM performance_schema.clone_status) AND PROCESSLIST_ID > 0",
    "now": "SELECT NOW(3) AS now",
}
NONE: dict[str, t.Any] = {
    "state": "none",
    "source": None,
    "destination": None,
    "begin_time": None,
    "end_time": None,
    "stage": None,
    "percent": 0,
    "bytes_done": 0,
    "bytes_total": 0,
    "rate": 0,
    "eta_seconds": None,
    "stalled_seconds": 0,
    "stages": [],
    "error": None,
    "binlog_file": None,
    "binlog_position": None,
    "gtid_executed": None,
    "pid": None,
}


def moment(text: str | None) -> datetime.datetime | None:
    """A point in time from the ISO text that sessions return (UTC), or None."""
    return datetime.datetime.fromisoformat(text.rstrip("Z")) if text else None


def seconds_between(begin: str | None, end: str | None) -> float | None:
    """Seconds from one ISO text to another; never by subtracting timestamps as numbers, which is wrong over a minute's end."""
    first, last = moment(begin), moment(end)
    return (last - first).total_seconds() if first and last else None


def _stages(rows: t.Iterable[t.Mapping[str, t.Any]], now: str | None) -> list[dict[str, t.Any]]:
    """The stages in the server's order, by name: rows may be missing, and some versions write an underscore."""
    by_name = {str(row["STAGE"]).replace("_", " "): row for row in rows}
    stages = []
    for name in STAGES:
        row = by_name.get(name)
        if row is None:
            continue
        state = str(row["STATE"])
        end = row["END_TIME"] if state != "In Progress" else now
        stages.append(
            {
                "stage": name,
                "state": state.lower().replace(" ", "_"),
                "begin_time": row["BEGIN_TIME"],
                "end_time": row["END_TIME"],
                "seconds": seconds_between(row["BEGIN_TIME"], end),
                "threads": int(row["THREADS"] or 0),
                "bytes_total": int(row["ESTIMATE"] or 0),
                "bytes_done": int(row["DATA"] or 0),
                "bytes_network": int(row["NETWORK"] or 0),
                "rate": int(row["DATA_SPEED"] or 0),
            }
        )
    return stages


def view(
    status: t.Sequence[t.Mapping[str, t.Any]],
    progress: t.Sequence[t.Mapping[str, t.Any]] = (),
    alive: bool = False,
    now: str | None = None,
) -> dict[str, t.Any]:
    """One clone as the modules return it (see clone_status). ``alive`` says whether the clone's session still exists.

    States of the server's own row (manual: clone_status Table; the corpse is server behaviour): 'In Progress' with no
    session and error 1317 is a clone whose server died, so it is failed; with an end time and error 0 the data is
    copied and the server waits to be started.
    """
    if not status:
        return dict(NONE)
    row = status[0]
    stages = _stages(progress, now)
    state = str(row["STATE"]).lower().replace(" ", "_")
    number = int(row["ERROR_NO"] or 0)
    if state == "in_progress" and not alive and row["END_TIME"] is None:
        state = "failed"
        number = number or 1317
    copies = [stage for stage in stages if stage["stage"] in COPY_STAGES]
    done = sum(stage["bytes_done"] for stage in copies)
    total = max(done, sum(stage["bytes_total"] for stage in copies))
    running = next((stage for stage in stages if stage["state"] == "in_progress"), None)
    rate = running["rate"] if running else 0
    if running and not rate and running["seconds"]:
        rate = int(running["bytes_done"] / running["seconds"])
    if state == "completed":
        percent = 100
    else:
        percent = min(99, int(100 * done / total)) if total else 0
    current = running or next((stage for stage in reversed(stages) if stage["state"] != "not_started"), None)
    return {
        "state": "none" if state == "not_started" else state,
        "source": row["SOURCE"],
        "destination": row["DESTINATION"],
        "begin_time": row["BEGIN_TIME"],
        "end_time": row["END_TIME"],
        "stage": current["stage"] if current else None,
        "percent": percent,
        "bytes_done": done,
        "bytes_total": total,
        "rate": rate,
        "eta_seconds": int((total - done) / rate) if running and rate and total > done else None,
        "stalled_seconds": 0,
        "stages": stages,
        "error": {"code": number, "message": row["ERROR_MESSAGE"] or _silent(number)}
        if number and state != "in_progress"
        else None,
        "binlog_file": row["BINLOG_FILE"] or None,
        "binlog_position": row["BINLOG_POSITION"] or None,
        "gtid_executed": (row["GTID_EXECUTED"] or "").replace("\n", "") or None,
        "pid": int(row["PID"] or 0) or None,
    }


def _silent(number: int) -> str:
    return "the recipient's server ended during the clone" if number == 1317 else ""


@sensible("the state of its clone")
def read(server: t.Any) -> dict[str, t.Any]:
    """The view of a server's clone in one round trip. Raises ServerError (1142 where the login may not read, 1146 without the plugin)."""
    rows = server.query_many(STATEMENTS)
    for name in ("status", "progress"):
        if isinstance(rows[name], Exception):
            raise rows[name]
    session = rows["session"]
    alive = bool(session[0]["alive"]) if isinstance(session, list) else False
    return view(
        rows["status"], rows["progress"], alive, rows["now"][0]["now"] if isinstance(rows["now"], list) else None
    )


def data_dropped(clone: t.Mapping[str, t.Any]) -> bool | None:
    """Whether the recipient's own data was touched: True, False, or None where it can't be told from the view.

    A clone into a data directory drops nothing although its DROP DATA stage reads completed.
    """
    if clone["state"] == "none":
        return None
    if clone["destination"] != LOCAL:
        return False
    drop = next((stage for stage in clone["stages"] if stage["stage"] == "DROP DATA"), None)
    return bool(drop and drop["state"] != "not_started")


def size(count: float) -> str:
    """Bytes as people read them: binary units, three figures."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return "%d %s" % (count, unit) if unit == "B" else "%.1f %s" % (count, unit)
        count /= 1024
    return "%.2f TiB" % count


def duration(seconds: float | None) -> str:
    """Seconds as h:mm:ss or m:ss."""
    if seconds is None:
        return "?"
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    return "%d:%02d:%02d" % (hours, rest // 60, rest % 60) if hours else "%d:%02d" % (rest // 60, rest % 60)


def line(clone: t.Mapping[str, t.Any]) -> str:
    """A running clone in one line: stage, percent, bytes, rate, remaining time."""
    if clone["state"] == "none":
        return "no clone yet"
    parts = ["%-9s" % (clone["stage"] or "STARTING")]
    if clone["bytes_total"]:
        parts.append("%3d %%" % clone["percent"])
        parts.append("%s of %s" % (size(clone["bytes_done"]), size(clone["bytes_total"])))
    if clone["rate"] and clone["state"] == "in_progress":
        parts.append("%s/s" % size(clone["rate"]))
    if clone["eta_seconds"] is not None:
        parts.append("%s left" % duration(clone["eta_seconds"]))
    if clone["stalled_seconds"] >= STALL_TOLD:
        parts.append("no progress for %s" % duration(clone["stalled_seconds"]))
    return "  ".join(parts).rstrip()
