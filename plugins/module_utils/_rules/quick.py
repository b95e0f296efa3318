# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one-minute checklist: service, room, link, privileges, port; one line each (pure).

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils._findings import Finding
from ansible_collections.dbops.mysql_clone.plugins.module_utils._progress import duration
from ansible_collections.dbops.mysql_clone.plugins.module_utils._rules.registry import Pair

# The client's errors that say how far the connection got: no such host, no way to it, nothing behind the port.
_UNKNOWN_HOST, _NO_CONNECTION, _NO_ANSWER = 2005, 2003, 2013
_ORDER = ("fail", "skipped", "warn", "ok")


def _worst(findings: list[Finding]) -> Finding | None:
    return min(findings, key=lambda finding: _ORDER.index(finding.status), default=None)


def _line(id: str, title: str, category: str, finding: Finding | None, otherwise: str) -> Finding:
    """A line that says what a full check's finding says, or that nothing is wrong."""
    if finding is None:
        return Finding(id, title, category, "ok", otherwise)
    return finding._replace(id=id, title=title, category=category)


def _skipped(id: str, title: str, category: str, why: str) -> Finding:
    return Finding(id, title, category, "skipped", why)


def summary(findings: t.Sequence[Finding], pair: Pair, side: str) -> list[Finding]:
    """Five lines from the findings of a full check; for a donor alone, those that concern it."""
    own = pair.recipient if side == "recipient" else pair.donor
    up = f"MySQL {own.text('version')} answers at {own.label}, up for {duration(own.facts['uptime'])}"
    lines = [Finding(f"{side}.service", "The service is up", "state", "ok", up, actual=own.facts["uptime"])]
    by_id = {finding.id: finding for finding in findings}
    privileges = [
        finding for finding in findings if finding.category == "privilege" and finding.id != "pair.login_after_clone"
    ]
    if side == "donor":
        return lines
    room = by_id.get("recipient.disk_space")
    title = "There is room for the data"
    lines.append(
        room._replace(id="recipient.room", title=title, category="disk")
        if room
        else _skipped("recipient.room", title, "disk", "no donor given")
    )
    link = by_id.get("pair.link")
    titles = {
        "pair.network": ("The donor's host can be reached", "network"),
        "pair.privileges": ("The accounts may clone", "privilege"),
        "pair.port": ("The donor's port is open", "network"),
    }
    if link is None:
        return lines + [_skipped(id, *title, "no donor given") for id, title in titles.items()]
    number = (link.error or {}).get("nested")
    refused = "refused" in link.message.lower() or "Errno 111" in link.message
    reached = number not in (_UNKNOWN_HOST, _NO_CONNECTION) or refused
    opened = number not in (_UNKNOWN_HOST, _NO_CONNECTION, _NO_ANSWER)
    target = pair.link["target"]
    lines.append(_line("pair.network", *titles["pair.network"], None if reached else link, f"{target} can be reached"))
    if not opened:
        lines.append(_skipped("pair.privileges", *titles["pair.privileges"], "the donor can't be asked"))
    else:
        login = [link] if link.status == "fail" else []
        worst = _worst(login + privileges)
        fine = worst is None or worst.status == "ok"
        lines.append(
            _line(
                "pair.privileges",
                *titles["pair.privileges"],
                None if fine else worst,
                "both accounts have what a clone needs",
            )
        )
    lines.append(_line("pair.port", *titles["pair.port"], None if opened else link, f"the port of {target} is open"))
    return lines
