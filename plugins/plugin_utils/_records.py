# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of a host in a run, as one plain document made of what the roles registered (pure).

This plugin util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _diagnosis, _errors, _recovery
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import printable
from ansible_collections.dbops.mysql_clone.plugins.module_utils._packed import unpacked
from ansible_collections.dbops.mysql_clone.plugins.module_utils._progress import duration, seconds_between, size

COLUMNS = ("recipient", "donor", "clone", "data", "seconds", "rate", "verified")
# What the chain of the playbook clone mends by itself.
REPAIRS = ("clone_run", "clone_user")
_LONGEST_CELL = 255

Results = t.Mapping[str, t.Any]


def record(host: str, results: Results) -> dict[str, t.Any]:
    """One host's part of a report from what the roles registered there (missing parts are None or empty)."""
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
    said = _complaints(steps) + _obstacles(precheck) if stopped or unreachable else []
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
    checks = [
        *_after_repair(precheck, view, bool(clone.get("changed")), bool(results.get("prepared")), error),
        *(verify.get("checks") or []),
        *unique,
        *(monitor.get("checks") or []),
    ]
    if diagnose:
        checks += [*(diagnose.get("failed_checks") or []), *(diagnose.get("warned_checks") or [])]
    return {
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
        "checks": checks,
        "attempts": attempts,
        "stages": stages,
        "samples": list(clone.get("samples") or ()),
        "begin_time": view.get("begin_time"),
        "end_time": view.get("end_time"),
        "error": error,
        "data": _data(clone, diagnose, error),
        "causes": _causes(clone, diagnose, error, _hindering(checks, precheck) if failed else []),
        "steps": list(recover.get("steps") or ()),
        "measured": monitor.get("measured"),
        "alerts": list(results.get("alerts") or ()),
        # An error that was only explained is no host's own.
        "explained": diagnose.get("error") is not None,
        "pending": False,
    }


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


def _after_repair(precheck: Results, view: Results, cloned: bool, prepared: bool, error: Results | None) -> list[t.Any]:
    """The checks before the clone; what the chain has repaired since is no failure any more.

    ``prepared`` says that the repairs were made and not looked at again. What the clone then failed of was not repaired.
    """
    checks = all_checks(precheck)
    completed = view.get("state") == "completed"
    # That it was cloned now proves the accounts, too.
    mended = REPAIRS if prepared or (cloned and completed) else REPAIRS[:1] if completed else ()
    entry = _errors.classify(error.get("code"), str(error.get("message") or "")) if error else None
    numbers = {entry.number, entry.innermost.number} if entry else set()
    return [
        dict(check, status="ok", message="repaired: " + check["message"])
        if check["status"] == "fail"
        and check["repair"] in mended
        and (check.get("error") or {}).get("code", 0) not in numbers
        else check
        for check in checks
    ]


def all_checks(precheck: Results) -> list[t.Any]:
    """The checks before the clone, also those that a brief result holds as one text."""
    return list(unpacked(precheck["all_checks"]) if precheck.get("all_checks") else precheck.get("checks") or ())


def _hindering(checks: t.Sequence[Results], precheck: Results) -> list[Results]:
    """The checks without those before the clone that the chain would have repaired, where others stood in its way."""
    obstacles, failed = precheck.get("obstacles") or (), set(precheck.get("failed_checks") or ())
    return [check for check in checks if not obstacles or check["id"] in obstacles or check["id"] not in failed]


def _obstacles(precheck: Results) -> list[str]:
    """What the checks that failed said, as one text, or nothing."""
    failed = [check for check in precheck.get("checks") or () if check["status"] == "fail"]
    failed = _hindering(failed, precheck)
    return ["; ".join(check["message"] for check in failed)] if failed else []


def _data(clone: Results, diagnose: Results, error: Results | None) -> str | None:
    """What is so with the recipient's old data, as in _errors.DATA; None where nothing went wrong."""
    if diagnose.get("data"):
        return str(diagnose["data"])
    if error is None:
        return None
    return _entry(error, clone).data


def _entry(error: Results, clone: Results) -> _errors.ErrorEntry:
    dropped = clone.get("data_dropped")
    return _errors.classify(error.get("code"), str(error.get("message") or "")).given(dropped)


def _causes(
    clone: Results, diagnose: Results, error: Results | None, checks: t.Sequence[Results]
) -> list[dict[str, t.Any]]:
    """The causes that are known, the likeliest first: a diagnosis's own, else the clone's error, else checks that failed."""
    if diagnose.get("causes"):
        return [dict(cause) for cause in diagnose["causes"]]
    if error is not None:
        entry = _entry(error, clone)
        return [
            {
                "id": _diagnosis.cause_id(entry),
                "category": entry.category,
                "priority": entry.priority,
                "code": entry.number,
                "symbol": entry.symbol or None,
                "cause": entry.cause,
                "evidence": [_quoted(error)],
                "remedy": entry.remedy,
                "commands": list(entry.commands),
                "do_not": [],
                "retry": entry.retry,
                "playbook": None,
                "seen_before": [],
            }
        ]
    return [
        {
            "id": check["id"],
            "category": check["category"],
            "priority": _errors.classify(check["error"]["code"]).priority if check.get("error") else "prompt",
            "code": (check.get("error") or {}).get("code"),
            "symbol": (check.get("error") or {}).get("symbol"),
            "cause": check["message"],
            "evidence": [],
            "remedy": check.get("remedy") or "",
            "commands": [],
            "do_not": [],
            "retry": None,
            "playbook": "dbops.mysql_clone.clone" if check.get("repair") else None,
            "seen_before": [],
        }
        for check in checks
        if check["status"] == "fail" and check.get("repair") != "clone_run"
    ]


def _quoted(error: Results) -> str:
    return "ERROR %s: %s" % (error.get("code"), error.get("message"))


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
