# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a section of a report is, and what it is made of (pure).

This plugin util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _errors

if t.TYPE_CHECKING:
    # Whoever only makes records needs no words.
    from ansible_collections.dbops.mysql_clone.plugins.plugin_utils._texts import Texts

Record = t.Mapping[str, t.Any]
Results = t.Mapping[str, t.Any]

# What the chain of the playbook clone mends by itself.
REPAIRS = ("clone_run", "clone_user")


class Seen(t.NamedTuple):
    """What the roles registered for a host (``results``), sorted out. Missing parts are empty.

    ``view`` is the clone that the report is about, ``attempts`` are those with all donors, ``error`` is what the clone ended
    with, and ``failed`` says whether the run has failed for this host.
    """

    results: Results
    precheck: Results
    clone: Results
    verify: Results
    unique: t.Sequence[Results]
    diagnose: Results
    recover: Results
    monitor: Results
    view: Results
    attempts: t.Sequence[Results]
    error: Results | None
    failed: bool

    def entry(self, error: Results) -> _errors.ErrorEntry:
        """An error's entry in the catalogue, given what is known of the recipient's old data."""
        found = _errors.classify(error.get("code"), str(error.get("message") or ""))
        return found.given(self.clone.get("data_dropped"))

    def hindering(self, checks: t.Iterable[Results]) -> list[Results]:
        """The checks without those before the clone that the chain would have repaired, where others stood in its way."""
        obstacles, failed = self.precheck.get("obstacles") or (), set(self.precheck.get("failed_checks") or ())
        return [check for check in checks if not obstacles or check["id"] in obstacles or check["id"] not in failed]


class View(t.NamedTuple):
    """What a page is shown by: the words of its language, the playbook's name, and when it was made (ISO 8601, UTC)."""

    said: Texts
    name: str
    now: str

    def mends(self, check: Record) -> bool:
        """Whether what a check found is no failure, as a later step of the chain mends it."""
        repaired = REPAIRS if self.name == "precheck" else REPAIRS[:1]
        return check["status"] == "fail" and check.get("repair") in repaired


class Case(t.NamedTuple):
    """A test case of JUnit XML. ``kind`` is failure, skipped, error, or None for one that passed.

    ``text`` says why, ``more`` what else there is to say of it, and ``output`` what a test that passed has to say.
    """

    name: str
    kind: str | None
    text: str
    more: str = ""
    output: str = ""


def _keeps_nothing(unused: Seen) -> dict[str, t.Any]:
    return {}


def _has_no_cases(unused: t.Any) -> list[Case]:
    return []


class Section(t.NamedTuple):
    """A section of each host's part of the page, or, where it is of the ``whole`` page, one at the page's end.

    :param place: orders the sections; no two have the same.
    :param texts: its words by language and name; ``name`` itself is its heading. What other sections say, too, is in _texts.py.
    :param show: what of a host's record (made readable) is shown, in the words of a view; where that is empty, there is no
        such section. One of the whole page gets all ``records`` and the ``incidents`` that the run adds.
    :param html: what shows it, in Jinja: ``shown`` (of ``host``), ``said``, and the macros of report.html.j2. Values are escaped.
    :param markdown: the same for Markdown; whatever comes from a server goes through the filter ``md``.
    :param keep: what the record, and so the report's JSON, has for it, of what the role report hands over (``report_results``).
    :param cases: test cases for JUnit XML of what is shown.
    :param style: CSS that only this section needs.
    """

    name: str
    place: int
    texts: t.Mapping[str, t.Mapping[str, str]]
    show: t.Callable[[Record, View], t.Any]
    html: str
    markdown: str
    keep: t.Callable[[Seen], dict[str, t.Any]] = _keeps_nothing
    cases: t.Callable[[t.Any], list[Case]] = _has_no_cases
    style: str = ""
    whole: bool = False
