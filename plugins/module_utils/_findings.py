# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Findings: what precheck, verify and monitor say about a server, as plain data.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import printable

CATEGORIES = ("network", "disk", "privilege", "resource", "configuration", "state")
STATUSES = ("ok", "warn", "fail", "skipped")


class Finding(t.NamedTuple):
    """One check's result. ``id`` is ``<side>.<what>`` with side donor, recipient or pair.

    ``error`` is what CLONE would have raised (``{"code", "symbol", "reference"}``, and ``nested`` for the donor's own number) or None;
    ``remedy`` can be pasted; ``repair`` names the module or role that fixes it, or None.
    """

    id: str
    title: str
    category: str
    status: str
    message: str
    actual: t.Any = None
    expected: t.Any = None
    error: dict[str, t.Any] | None = None
    remedy: str | None = None
    repair: str | None = None

    def as_dict(self) -> dict[str, t.Any]:
        """As modules return it."""
        return dict(self._asdict(), message=printable(self.message))


def with_status(findings: t.Iterable[Finding], status: str) -> list[Finding]:
    """Those of that status, in their order."""
    return [finding for finding in findings if finding.status == status]


def sentence(findings: t.Sequence[Finding]) -> str:
    """One line that names every finding that failed and its remedy, for a failure message; empty when nothing failed."""
    failed = with_status(findings, "fail")
    if not failed:
        return ""
    return "%d of %d checks failed: %s" % (
        len(failed),
        len(findings),
        "; ".join(
            "%s: %s%s" % (finding.id, printable(finding.message), ". " + finding.remedy if finding.remedy else "")
            for finding in failed
        ),
    )
