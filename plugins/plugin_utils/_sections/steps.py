# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a recovery did, step by step.

This plugin util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.dbops.mysql_clone.plugins.plugin_utils._sections._section import Record, Section, Seen, View

TEXTS = {
    "en": {
        "steps": "Steps",
        "step": "Step",
        "reason": "Reason",
        "step.done": "done",
        "step.failed": "failed",
        "step.left": "left to somebody else",
        "step.planned": "planned",
    },
    "zh": {
        "steps": "步骤",
        "step": "步骤",
        "reason": "理由",
        "step.done": "已完成",
        "step.failed": "失败",
        "step.left": "留给他人处理",
        "step.planned": "计划中",
    },
}
HTML = """\
<h3>{{ said("steps") }}</h3>
{% call table(said("steps") ~ ": " ~ host.name, ["step", "state", "reason"]) %}
{% for step in shown %}
<tr><th scope="row">{{ step.action }}</th><td>{{ step.word }}</td><td data-label="{{ said("reason") }}">{{ step.reason }}</td></tr>
{% endfor %}
{% endcall %}
"""
MARKDOWN = """\

### {{ said("steps") }}

{% for step in shown %}
- {{ step.action | md }}: {{ step.word }}. {{ step.reason | md }}
{% endfor %}
"""


def _keep(seen: Seen) -> dict[str, t.Any]:
    return {"steps": list(seen.recover.get("steps") or ())}


def _show(item: Record, view: View) -> list[dict[str, t.Any]]:
    return [_step(step, view) for step in item["steps"]]


def _step(step: Record, view: View) -> dict[str, t.Any]:
    what = ": " + ", ".join(step["what"]) if step.get("what") else ""
    return dict(step, word=view.said.one_of("step", step["status"]), reason=view.said.sentence(step["reason"]) + what)


SECTION = Section("steps", 80, TEXTS, _show, HTML, MARKDOWN, _keep)
