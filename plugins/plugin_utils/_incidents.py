# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The knowledge base: incidents as JSON lines. Lines are only ever added; a later line of the same id replaces the earlier one.

This plugin util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import json
import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _diagnosis

Record = t.Mapping[str, t.Any]


def added(records: t.Iterable[Record], known: str, name: str, now: str) -> list[dict[str, t.Any]]:
    """The incidents that a run adds to those in ``known`` (JSON lines): new failures, and earlier ones that it has solved.

    ``now`` is ISO 8601 (UTC), ``name`` that of the playbook. A failure that is known and not solved yet is not added again.
    """
    rows = _diagnosis.incidents(known.splitlines())
    opened = [row for row in rows if not row.get("solved_by")]
    lines: list[dict[str, t.Any]] = []
    for item in records:
        mine = [row for row in opened if row.get("host") == item["recipient"]]
        if is_sound(item):
            solved = solution(item, name)
            lines += [
                dict(row, solved_by=solved, solved_at=now)
                for row in mine
                if solved and str(row.get("time") or "")[:19] < str(item["end_time"] or now)[:19]
            ]
            continue
        incident = of(item, name, now)
        if incident is None:
            continue
        same = [row for row in mine if _same(incident, row, item)]
        if not same:
            lines.append(incident)
        elif name == "diagnose" and not any(row.get("cause") == incident["cause"] for row in same):
            # Whoever has looked closer knows better.
            better = {key: incident[key] for key in ("cause", "error", "verdict")}
            lines.append(dict(same[-1], **better, clone=incident["clone"] or same[-1].get("clone")))
    return lines


def of(item: Record, name: str, now: str) -> dict[str, t.Any] | None:
    """The incident that a record tells of; None where it tells of none."""
    if item["explained"] or item["unreachable"] or not item["causes"] or name == "monitor":
        return None
    cause = item["causes"][0]
    # That another clone would fail, or the first one, is no incident yet.
    if not item["failed"] and (item["state"] == "completed" or cause["priority"] not in ("immediate", "prompt")):
        return None
    time = (item["end_time"] or item["begin_time"]) if item["state"] == "failed" else None
    return {
        "id": "%s %s %s" % (item["recipient"], time or now, cause["id"]),
        "host": item["recipient"],
        "donor": item["donor"],
        "time": time or now,
        "clone": item["begin_time"] if time else None,
        "cause": cause["id"],
        "error": cause.get("code"),
        "verdict": item["message"] or cause["cause"],
        "playbook": name,
        "solved_by": None,
    }


def _same(new: Record, old: Record, item: Record) -> bool:
    """Whether a failure is one that is known already.

    A clone fails once, whatever is said of it. Where one of the two runs could not ask the server when the clone began, the
    same cause or error must do, and the order of things.
    """
    began, known = new["clone"], old.get("clone")
    if began and known:
        return bool(began == known)
    cause = new["cause"] == old.get("cause")
    alike = cause or (new["error"] is not None and new["error"] == old.get("error"))
    told = str(old.get("time") or "")[:19]
    if began:
        return alike and str(began)[:19] <= told
    return (cause and not known) or (alike and all(str(one["begin"])[:19] <= told for one in item["attempts"]))


def is_sound(item: Record) -> bool:
    """Whether the run has shown that this host's clone is complete and right."""
    return (
        item["state"] == "completed"
        and not item["failed"]
        and not item["causes"]
        and item["verified"] is not False
        and not item["explained"]
    )


def solution(item: Record, name: str) -> str | None:
    """What has solved a host's earlier incidents, in words; None where the run proves nothing of the kind."""
    done = [step["action"] for step in item["steps"] if step.get("status") == "done"]
    if name == "recover" and done:
        return "the playbook recover: %s" % ", ".join(done)
    if name in ("clone", "fleet", "recover"):
        how = "the playbook %s" % name if item["changed"] else "a clone"
        return "%s, from %s" % (how, item["donor"])
    return None


def text(known: str, lines: t.Sequence[Record]) -> str:
    """What is to be added to the file. A last line that was cut off is ended, so that it spoils no other."""
    begin = "\n" if lines and known and not known.endswith("\n") else ""
    return begin + "".join(json.dumps(line, sort_keys=True) + "\n" for line in lines)
