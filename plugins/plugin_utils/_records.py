# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of a host in a run, as one plain document made of what the roles registered (pure).

This plugin util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _recovery
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import printable
from ansible_collections.dbops.mysql_clone.plugins.module_utils._progress import duration, seconds_between, size
from ansible_collections.dbops.mysql_clone.plugins.plugin_utils import _sections
from ansible_collections.dbops.mysql_clone.plugins.plugin_utils._sections._section import REPAIRS, Results, Seen

COLUMNS = ("recipient", "donor", "clone", "data", "seconds", "rate", "verified")
_LONGEST_CELL = 255


def record(host: str, results: Results) -> dict[str, t.Any]:
    """One host's part of a report from what the roles registered there (missing parts are None or empty).

    What only a section of the report tells of, it keeps itself.
    """
    clone = results.get("clone") or {}
    precheck = results.get("precheck") or {}
    unique = results.get("unique") or []
    verify = _verified(results.get("verify") or {}, unique)
    diagnose = results.get("diagnose") or {}
    recover = _recovered(results.get("recover") or {}, clone, bool(results.get("failed")))
    monitor = results.get("monitor") or {}
    # The first that failed says why the host went no further.
    others = results.get("others") or ()
    steps = (precheck, *(results.get("repairs") or ()), recover, clone, *others, verify, diagnose, monitor)
    stopped = bool(results.get("failed"))
    unreachable = bool(results.get("unreachable")) or any(step.get("unreachable") for step in steps)
    # A recipient that was cloned before isn't cloned again; what it has is that clone.
    earlier = precheck.get("clone") if precheck.get("already_cloned") else None
    view = clone.get("clone") or earlier or recover.get("clone") or diagnose.get("clone") or monitor.get("clone") or {}
    stages = view.get("stages") or []
    copied = view.get("bytes_done") or 0
    copying = sum(stage.get("seconds") or 0 for stage in stages if (stage.get("stage") or "").endswith("COPY"))
    failed = stopped or unreachable or bool(clone.get("failed")) or verify.get("verified") is False
    attempts = list(clone.get("attempts") or ())
    # Those with other donors, which failed before.
    attempts = [one for one in results.get("attempts") or () if one not in attempts] + attempts
    error = view.get("error") or next((one["error"] for one in reversed(attempts) if one.get("error")), None)
    if not failed and view.get("state") == "completed":
        error = None
    seen = Seen(results, precheck, clone, verify, unique, diagnose, recover, monitor, view, attempts, error, failed)
    said = _complaints(steps) + _obstacles(seen) if stopped or unreachable else []
    item = {
        "recipient": host,
        "donor": view.get("source") or results.get("donor"),
        "changed": bool(clone.get("changed")) or bool(recover.get("changed")),
        "state": view.get("state"),
        "failed": failed,
        "unreachable": unreachable,
        "message": clone.get("msg")
        or _differences(verify)
        or next(iter(_complaints(others)), None)
        or _reason(clone)
        or recover.get("verdict")
        or diagnose.get("verdict")
        or next(iter(said), None),
        "bytes": copied,
        "seconds": seconds_between(view.get("begin_time"), view.get("end_time")),
        "bytes_per_second": int(copied / copying) if copying else None,
        "verified": verify.get("verified"),
        "begin_time": view.get("begin_time"),
        "end_time": view.get("end_time"),
        "error": error,
        # An error that was only explained is no host's own.
        "explained": diagnose.get("error") is not None,
        "pending": False,
    }
    for section in _sections.SECTIONS:
        item.update(section.keep(seen))
    return item


def missing(host: str) -> dict[str, t.Any]:
    """The record of a host that took no part in the end of the run: it went unreachable before."""
    return record(host, {"unreachable": True})


def pending(host: str) -> dict[str, t.Any]:
    """The record of a host whose turn has not come: mysql_clone_serial takes a few at a time, and ends when all of them fail."""
    return dict(record(host, {}), pending=True, message="not begun; the same command goes on with it")


def _complaints(steps: t.Iterable[Results]) -> list[str]:
    """What the steps that failed said."""
    return [str(step["msg"]) for step in steps if step.get("msg") and (step.get("failed") or step.get("unreachable"))]


def _verified(verify: Results, unique: t.Sequence[Results]) -> Results:
    """The comparison with the donor, with what the comparison with other recipients said against it."""
    against = [check for check in unique if check["status"] == "fail"]
    if not verify.get("checks") or not against:
        return verify
    return dict(verify, verified=False, differences=against)


def _differences(verify: Results) -> str | None:
    """What the comparison found; its role runs it so that it never fails and judges the checks afterwards."""
    if verify.get("msg"):
        return str(verify["msg"])
    if verify.get("verified") is not False:
        return None
    checks = (*(verify.get("checks") or ()), *(verify.get("differences") or ()))
    found = [check["message"] for check in checks if check["status"] == "fail"]
    return "; ".join(found) or None


def _reason(clone: Results) -> str | None:
    """Why a clone was made or not; that one which this run has completed was due says nothing."""
    done = clone.get("changed") and clone.get("attempts") and (clone.get("clone") or {}).get("state") == "completed"
    return None if done else clone.get("reason")


def _recovered(recover: Results, clone: Results, failed: bool) -> Results:
    """What recover did, with the clone that its module leaves to the playbook."""
    cloned = clone.get("changed") and (clone.get("clone") or {}).get("state") == "completed" and not failed
    left = [step for step in recover.get("steps") or () if step.get("by") == "clone" and step.get("status") == "left"]
    if not cloned or not left:
        return recover
    steps = [dict(step, status="done") if step in left else step for step in recover["steps"]]
    label = str(recover.get("verdict") or "").partition(": ")[0]
    return dict(recover, steps=steps, verdict=_recovery.verdict(steps, label))


def _obstacles(seen: Seen) -> list[str]:
    """What the checks that failed said, as one text, or nothing."""
    failed = [check for check in seen.precheck.get("checks") or () if check["status"] == "fail"]
    failed = seen.hindering(failed)
    return ["; ".join(check["message"] for check in failed)] if failed else []


def outcome(item: Results) -> str:
    """One of ok, warn, failed, unreachable. Causes and alerts that failed nothing are warnings."""
    if item["unreachable"]:
        return "unreachable"
    if item["failed"]:
        return "failed"
    if item["pending"]:
        return "warn"
    grave = any(check["status"] == "fail" for check in item["checks"])
    alerted = any(alert["state"] != "resolved" for alert in item["alerts"])
    if grave or alerted or item["causes"] or any(check["status"] == "warn" for check in item["checks"]):
        return "warn"
    return "ok"


def table(records: t.Sequence[Results]) -> list[str]:
    """The records as the lines of a text table."""
    rows = [COLUMNS]
    for item in records:
        state = "cloned" if item["changed"] and item["state"] == "completed" else item["state"] or "not cloned"
        if item["state"] == "completed" and not item["changed"]:
            state = "unchanged"
        if item["pending"]:
            state = "not begun"
        if item["failed"]:
            state = "UNREACHABLE" if item.get("unreachable") else "FAILED"
        rate = item["bytes_per_second"]
        rows.append(
            (
                str(item["recipient"]),
                str(item["donor"] or "-"),
                state,
                size(item["bytes"]) if item["bytes"] else "-",
                duration(item["seconds"]) if item["seconds"] is not None else "-",
                size(rate) + "/s" if rate else "-",
                {True: "yes", False: "NO", None: "-"}[item["verified"]],
            )
        )
    return _aligned(rows)


def table_of_checks(records: t.Sequence[Results]) -> list[str]:
    """The same for checks alone: how many failed, what mends itself being counted apart."""
    rows: list[tuple[str, ...]] = [("recipient", "donor", "checks", "failed", "repaired by clone", "warnings", "ready")]
    for item in records:
        failed = [check for check in item["checks"] if check["status"] == "fail"]
        mended = [check for check in failed if check.get("repair") in REPAIRS]
        warned = sum(check["status"] == "warn" for check in item["checks"])
        ready = "UNREACHABLE" if item["unreachable"] else "NO" if item["failed"] or len(failed) > len(mended) else "yes"
        ready = "not begun" if item["pending"] else ready
        counts = (len(item["checks"]), len(failed) - len(mended), len(mended), warned)
        rows.append((str(item["recipient"]), str(item["donor"] or "-"), *map(str, counts), ready))
    return _aligned(rows)


def _aligned(rows: t.Sequence[t.Sequence[str]]) -> list[str]:
    # A donor's name is what a server says that it is.
    rows = [[printable(text, _LONGEST_CELL).replace("\n", " ").replace("\t", " ") for text in row] for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip() for row in rows]
