# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the checks found, and below it those that passed.

This plugin util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _errors
from ansible_collections.dbops.mysql_clone.plugins.module_utils._packed import unpacked
from ansible_collections.dbops.mysql_clone.plugins.plugin_utils._sections._section import (
    REPAIRS,
    Case,
    Record,
    Section,
    Seen,
    View,
)

# How each check's status reads in JUnit XML; None is a test that passed.
JUNIT = {"ok": None, "warn": None, "fail": "failure", "skipped": "skipped"}
RANKS = {"fail": 0, "warn": 1, "skipped": 2, "ok": 3}
TEXTS = {
    "en": {
        "checks": "Checks",
        "checks.of": "Checks of {host}",
        "checks.passed": "{count} checks passed",
        "check": "Check",
        "status.ok": "ok",
        "status.warn": "warning",
        "status.fail": "failed",
        "status.skipped": "skipped",
        "repaired.clone_user": "the playbook clone repairs it",
        "repaired.clone_run": "the clone itself repairs it",
    },
    "zh": {
        "checks": "检查项",
        "checks.of": "{host} 的检查项",
        "checks.passed": "{count} 项检查通过",
        "check": "检查",
        "status.ok": "通过",
        "status.warn": "警告",
        "status.fail": "失败",
        "status.skipped": "跳过",
        "repaired.clone_user": "由 clone playbook 自动修复",
        "repaired.clone_run": "由克隆过程自动修复",
    },
}
HTML = """\
<h3>{{ said("checks") }}</h3>
{% if shown.found %}
{% set label = said("checks.of", host=host.name) %}
{% call table(label, ["status", "check", "category", "message", "remedy"], caption=label) %}
{% for check in shown.found %}
<tr><td class="short"><span class="word {{ check.status }}">{{ check.word }}</span></td>
<th scope="row" class="check">{{ check.title }}<br><span class="dim">{{ check.id }}{% if check.error %}; {{ check.error }}{% endif %}</span></th>
<td class="short" data-label="{{ said("category") }}">{{ check.category }}</td><td class="words">{{ check.message }}</td>
<td class="words" data-label="{{ said("remedy") }}">{{ check.remedy }}</td></tr>
{% endfor %}
{% endcall %}
{% endif %}
{% if shown.passed %}
<details><summary>{{ said("checks.passed", count=shown.passed | length) }}</summary>
<ul>
{% for check in shown.passed %}
<li class="said"><strong>{{ check.title }}</strong> <span class="dim">({{ check.id }})</span>: {{ check.message }}</li>
{% endfor %}
</ul></details>
{% endif %}
"""
STYLE = """\
tbody th.check { min-width: 12rem; }
"""
MARKDOWN = """\

### {{ said("checks") }}

{% if shown.found %}
| {{ said("status") }} | {{ said("check") }} | {{ said("message") }} | {{ said("remedy") }} |
|---|---|---|---|
{% for check in shown.found %}
| {{ check.word }} | {{ check.id | md }} | {{ check.message | md }} | {{ check.remedy | md }} |
{% endfor %}

{% endif %}
{{ said("checks.passed", count=shown.passed | length) }}
"""


def made(seen: Seen) -> list[Record]:
    """All checks of a run, in the order in which they were made."""
    diagnose = seen.diagnose
    return [
        *_after_repair(seen),
        *(seen.verify.get("checks") or ()),
        *seen.unique,
        *(seen.monitor.get("checks") or ()),
        *(diagnose.get("failed_checks") or ()),
        *(diagnose.get("warned_checks") or ()),
    ]


def _after_repair(seen: Seen) -> t.Sequence[Record]:
    """The checks before the clone; what the chain has repaired since is no failure any more.

    ``prepared`` says that the repairs were made and not looked at again. What the clone then failed of was not repaired.
    """
    checks = _before(seen.precheck)
    completed = seen.view.get("state") == "completed"
    # That it was cloned now proves the accounts, too.
    proved = seen.results.get("prepared") or (seen.clone.get("changed") and completed)
    mended = REPAIRS if proved else REPAIRS[:1] if completed else ()
    if not mended:
        return checks
    error = seen.error
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


def _before(precheck: Record) -> t.Sequence[Record]:
    """The checks before the clone, also those that a brief result holds as one text."""
    packed = precheck.get("all_checks")
    return t.cast("t.Sequence[Record]", unpacked(packed) if packed else precheck.get("checks") or ())


def _keep(seen: Seen) -> dict[str, t.Any]:
    return {"checks": made(seen)}


def _show(item: Record, view: View) -> dict[str, list[dict[str, t.Any]]]:
    if not item["checks"]:
        return {}
    checks = [_check(check, view) for check in item["checks"]]
    checks.sort(key=lambda check: RANKS[check["status"]])
    return {
        "found": [check for check in checks if check["status"] != "ok"],
        # A long list that nobody reads first.
        "passed": [check for check in checks if check["status"] == "ok"],
    }


def _check(check: Record, view: View) -> dict[str, t.Any]:
    said, mends = view.said, view.mends(check)
    return {
        "id": check["id"],
        "title": said.sentence(check["title"]),
        "status": "skipped" if mends else check["status"],
        "word": said("repaired." + check["repair"]) if mends else said.one_of("status", check["status"]),
        "category": said.one_of("category", check["category"]),
        "message": said.sentence(check["message"]),
        "remedy": said.sentence(check.get("remedy") or ""),
        "error": "%(code)s %(symbol)s" % check["error"] if check.get("error") else "",
    }


def _cases(checks: t.Mapping[str, t.Sequence[Record]]) -> list[Case]:
    return [_case(check) for check in (*checks["found"], *checks["passed"])]


def _case(check: Record) -> Case:
    kind = JUNIT[check["status"]]
    text = "%s: %s" % (check["title"], check["message"])
    told = "%s: %s" % (check["word"], text)
    return Case(
        check["id"],
        kind,
        told if kind == "skipped" and check["remedy"] else text,
        check["remedy"],
        told if check["status"] == "warn" else "",
    )


SECTION = Section("checks", 90, TEXTS, _show, HTML, MARKDOWN, _keep, _cases, STYLE)
