# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How often the clone was begun, from whom, and how each attempt ended.

This plugin util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.dbops.mysql_clone.plugins.plugin_utils._sections._section import Record, Section, Seen, View

TEXTS = {
    "en": {
        "attempts": "Attempts",
        "attempt": "Attempt",
        "begin": "Begin",
        "error": "Error",
        "delay": "Pause (s)",
        "succeeded": "succeeded",
    },
    "zh": {
        "attempts": "尝试记录",
        "attempt": "次数",
        "begin": "开始",
        "error": "错误",
        "delay": "等待（秒）",
        "succeeded": "成功",
    },
}
HTML = """\
<h3>{{ said("attempts") }}</h3>
{% call table(
  said("attempts") ~ ": " ~ host.name,
  ["attempt", "begin", "donor", "seconds", "error", "retry", "delay"], numbers=["seconds", "delay"]
) %}
{% for attempt in shown %}
<tr><th scope="row">{{ attempt.number }}</th><td class="short" data-label="{{ said("begin") }}">{{ attempt.begin }}</td>
<td class="short" data-label="{{ said("donor") }}">{{ attempt.donor }}</td>
<td class="number" data-label="{{ said("seconds") }}">{{ attempt.seconds }}</td>
<td class="words" data-label="{{ said("error") }}">{{ attempt.error }}</td>
<td data-label="{{ said("retry") }}">{{ attempt.retry }}</td><td class="number" data-label="{{ said("delay") }}">{{ attempt.delay }}</td></tr>
{% endfor %}
{% endcall %}
"""
MARKDOWN = """\

### {{ said("attempts") }}

{% for attempt in shown %}
{{ attempt.number }}. {{ attempt.begin | md }}, {{ attempt.donor | md }}, {{ attempt.seconds }} s: {{ attempt.error | md }}
  {%- if attempt.retry %} ({{ attempt.retry | md }}){% endif %}

{% endfor %}
"""


def _keep(seen: Seen) -> dict[str, t.Any]:
    return {"attempts": list(seen.attempts)}


def _show(item: Record, view: View) -> list[dict[str, t.Any]]:
    said = view.said
    return [
        {
            "number": number,
            "donor": attempt["donor"],
            "begin": attempt["begin"],
            "seconds": "%.1f" % attempt["seconds"],
            "error": "%(code)s %(message)s" % attempt["error"] if attempt["error"] else said("succeeded"),
            "retry": said.one_of("retry", attempt["retry"]) if attempt["retry"] else "",
            "delay": attempt["delay"] or "",
        }
        for number, attempt in enumerate(item["attempts"], 1)
    ]


SECTION = Section("attempts", 50, TEXTS, _show, HTML, MARKDOWN, _keep)
