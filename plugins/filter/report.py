# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils._progress import duration, seconds_between, size

COLUMNS = ("recipient", "donor", "clone", "data", "seconds", "rate", "verified")


def record(host: str, results: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """One recipient's part of a report from what the roles registered there (missing parts are None)."""
    clone = results.get("clone") or {}
    precheck = results.get("precheck") or {}
    verify = results.get("verify") or {}
    # The first that failed says why the host went no further.
    steps = (precheck, *(results.get("repairs") or ()), clone, verify)
    stopped = bool(results.get("failed"))
    said = [step.get("msg") for step in steps if step.get("failed")] + _obstacles(precheck)
    # A recipient that was cloned before isn't cloned again; what it has is that clone.
    earlier = precheck.get("facts", {}).get("clone") if precheck.get("already_cloned") else None
    view = clone.get("clone") or earlier or {}
    stages = view.get("stages") or []
    seconds = seconds_between(view.get("begin_time"), view.get("end_time"))
    copied = view.get("bytes_done") or 0
    copying = sum(stage.get("seconds") or 0 for stage in stages if (stage.get("stage") or "").endswith("COPY"))
    return {
        "recipient": host,
        "donor": view.get("source") or results.get("donor"),
        "changed": bool(clone.get("changed")),
        "state": view.get("state"),
        "failed": stopped or bool(clone.get("failed")) or verify.get("verified") is False,
        "message": clone.get("msg")
        or verify.get("msg")
        or clone.get("reason")
        or (said[0] if stopped and said else None),
        "bytes": copied,
        "seconds": seconds,
        "bytes_per_second": int(copied / copying) if copying else None,
        "verified": verify.get("verified"),
        "checks": [*_after_repair(precheck, view), *(verify.get("checks") or [])],
        "attempts": clone.get("attempts") or [],
        "stages": stages,
    }


def _after_repair(precheck: t.Mapping[str, t.Any], view: t.Mapping[str, t.Any]) -> list[t.Any]:
    """The checks before the clone; what the clone itself has repaired is no failure any more once it is completed."""
    checks = list(precheck.get("checks") or ())
    if view.get("state") != "completed":
        return checks
    return [
        dict(check, status="ok", message="repaired: " + check["message"])
        if check["status"] == "fail" and check["repair"] == "clone_run"
        else check
        for check in checks
    ]


def _obstacles(precheck: t.Mapping[str, t.Any]) -> list[str]:
    """What the checks that failed said, as one text, or nothing."""
    failed = [check["message"] for check in precheck.get("checks") or () if check["status"] == "fail"]
    return ["; ".join(failed)] if failed else []


def table(records: t.Sequence[t.Mapping[str, t.Any]]) -> list[str]:
    """The records as the lines of a text table."""
    rows = [COLUMNS]
    for item in records:
        state = "cloned" if item["changed"] and item["state"] == "completed" else item["state"] or "not cloned"
        if item["state"] == "completed" and not item["changed"]:
            state = "unchanged"
        if item["failed"]:
            state = "FAILED"
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
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    return ["  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip() for row in rows]


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"record": record, "table": table}
