# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why something went wrong, and what helps.

This plugin util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _diagnosis, _errors
from ansible_collections.dbops.mysql_clone.plugins.plugin_utils._sections import checks
from ansible_collections.dbops.mysql_clone.plugins.plugin_utils._sections._section import Record, Section, Seen, View

TEXTS = {
    "en": {
        "causes": "Cause and remedy",
        "evidence": "Evidence",
        "commands": "Commands",
        "do_not": "Not to be done",
        "repaired_by": "Repaired by",
        "seen_before": "Seen before",
        "seen": "on {host} at {time}: {solved}",
        "not_solved": "not known how it was solved",
        "priority": "Priority",
        "priority.immediate": "at once",
        "priority.prompt": "soon",
        "priority.planned": "planned",
        "priority.watch": "watch",
    },
    "zh": {
        "causes": "原因与处理办法",
        "evidence": "依据",
        "commands": "命令",
        "do_not": "禁止操作",
        "repaired_by": "修复用的 playbook",
        "seen_before": "历史记录",
        "seen": "{host}，{time}：{solved}",
        "not_solved": "解决办法未知",
        "priority": "优先级",
        "priority.immediate": "立即处理",
        "priority.prompt": "及时处理",
        "priority.planned": "计划处理",
        "priority.watch": "持续关注",
    },
}
HTML = """\
<h3>{{ said("causes") }}</h3>
<ol class="causes">
{% for cause in shown %}
<li><p class="said"><strong>{{ cause.id }}</strong>
<span class="dim">({{ said("category") }}: {{ cause.category }}; {{ said("priority") }}: {{ cause.priority_word }})</span><br>{{ cause.cause }}</p>
{% if cause.evidence %}
<p>{{ said("evidence") }}:</p><ul>{% for words in cause.evidence %}<li class="said">{{ words }}</li>{% endfor %}</ul>
{% endif %}
{% if cause.remedy %}
<p class="said"><strong>{{ said("remedy") }}:</strong> {{ cause.remedy }}</p>
{% endif %}
{% if cause.commands %}
<pre>{{ cause.commands | join("\n") }}</pre>
{% endif %}
{% for words in cause.do_not %}
<p class="said"><strong>{{ said("do_not") }}:</strong> {{ words }}</p>
{% endfor %}
{% if cause.retry %}
<p>{{ said("retry") }}: {{ cause.retry }}</p>
{% endif %}
{% if cause.playbook %}
<p>{{ said("repaired_by") }}: <code>ansible-playbook {{ cause.playbook }} --limit {{ host.name }}</code></p>
{% endif %}
{% if cause.seen_before %}
<p>{{ said("seen_before") }}:</p><ul>{% for words in cause.seen_before %}<li class="said">{{ words }}</li>{% endfor %}</ul>
{% endif %}
</li>
{% endfor %}
</ol>
"""
STYLE = """\
ol.causes > li { margin-bottom: 1rem; }
"""
MARKDOWN = """\

### {{ said("causes") }}
{% for cause in shown %}

{{ loop.index }}. {{ cause.id | md }} ({{ cause.category | md }}, {{ cause.priority_word | md }}): {{ cause.cause | md }}
{% for words in cause.evidence %}
   - {{ said("evidence") }}: {{ words | md }}
{% endfor %}
{% if cause.remedy %}
   - {{ said("remedy") }}: {{ cause.remedy | md }}
{% endif %}
{% for words in cause.commands %}
   - {{ said("commands") }}: {{ words | md }}
{% endfor %}
{% for words in cause.seen_before %}
   - {{ said("seen_before") }}: {{ words | md }}
{% endfor %}
{% endfor %}
"""


def _keep(seen: Seen) -> dict[str, t.Any]:
    """The causes that are known, the likeliest first: a diagnosis's own, else the clone's error, else checks that failed."""
    if seen.diagnose.get("causes"):
        return {"causes": [dict(cause) for cause in seen.diagnose["causes"]]}
    if seen.error is not None:
        return {"causes": [_of_error(seen.error, seen.entry(seen.error))]}
    if not seen.failed:
        return {"causes": []}
    return {
        "causes": [
            _of_check(check)
            for check in seen.hindering(checks.made(seen))
            if check["status"] == "fail" and check.get("repair") != "clone_run"
        ]
    }


def _of_error(error: Record, entry: _errors.ErrorEntry) -> dict[str, t.Any]:
    return {
        "id": _diagnosis.cause_id(entry),
        "category": entry.category,
        "priority": entry.priority,
        "code": entry.number,
        "symbol": entry.symbol or None,
        "cause": entry.cause,
        "evidence": ["ERROR %s: %s" % (error.get("code"), error.get("message"))],
        "remedy": entry.remedy,
        "commands": list(entry.commands),
        "do_not": [],
        "retry": entry.retry,
        "playbook": None,
        "seen_before": [],
    }


def _of_check(check: Record) -> dict[str, t.Any]:
    return {
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


def _show(item: Record, view: View) -> list[dict[str, t.Any]]:
    said = view.said
    return [
        dict(
            cause,
            cause=said.sentence(cause["cause"]),
            remedy=said.sentence(cause["remedy"] or ""),
            do_not=[said.sentence(words) for words in cause["do_not"]],
            category=said.one_of("category", cause["category"]),
            priority_word=said.one_of("priority", cause["priority"]),
            retry=said.one_of("retry", cause["retry"]) if cause["retry"] else "",
            seen_before=[
                said(
                    "seen",
                    host=row["host"],
                    time=row["time"],
                    solved=said("solved_by", what=row["solved_by"]) if row["solved_by"] else said("not_solved"),
                )
                for row in cause["seen_before"]
            ],
        )
        for cause in item["causes"]
    ]


SECTION = Section("causes", 30, TEXTS, _show, HTML, MARKDOWN, _keep, style=STYLE)
