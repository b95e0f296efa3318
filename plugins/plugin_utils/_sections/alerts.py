# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the monitor raises an alarm about.

This plugin util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.dbops.mysql_clone.plugins.plugin_utils._sections._section import (
    Case,
    Record,
    Section,
    Seen,
    View,
)

TEXTS = {
    "en": {
        "alerts": "Alerts",
        "alert": "Alert",
        "alert.new": "new",
        "alert.still": "still there",
        "alert.resolved": "resolved",
        "since": "Since",
        "severity.warning": "warning",
        "severity.critical": "critical",
    },
    "zh": {
        "alerts": "告警",
        "alert": "告警",
        "alert.new": "新增",
        "alert.still": "仍存在",
        "alert.resolved": "已解除",
        "since": "起始时间",
        "severity.warning": "警告",
        "severity.critical": "严重",
    },
}
HTML = """\
<h3>{{ said("alerts") }}</h3>
{% call table(said("alerts") ~ ": " ~ host.name, ["state", "alert", "message", "since"]) %}
{% for alert in shown %}
<tr><td><span class="word {{ alert.severity }}">{{ alert.word }}, {{ alert.severity_word }}</span></td><th scope="row">{{ alert.id }}</th>
<td>{{ alert.message }}</td><td data-label="{{ said("since") }}">{{ alert.since }}</td></tr>
{% endfor %}
{% endcall %}
"""
MARKDOWN = """\

### {{ said("alerts") }}

{% for alert in shown %}
- {{ alert.word }}, {{ alert.severity_word }}: {{ alert.id | md }}: {{ alert.message | md }} ({{ said("since") }} {{ alert.since | md }})
{% endfor %}
"""


def _keep(seen: Seen) -> dict[str, t.Any]:
    return {"alerts": list(seen.results.get("alerts") or ())}


def _show(item: Record, view: View) -> list[dict[str, t.Any]]:
    return [
        dict(
            alert,
            message=view.said.sentence(alert["message"]),
            word=view.said.one_of("alert", alert["state"]),
            severity_word=view.said.one_of("severity", alert["severity"]),
        )
        for alert in item["alerts"]
    ]


def _cases(alerts: t.Sequence[Record]) -> list[Case]:
    return [
        Case("alert." + alert["id"], None if alert["state"] == "resolved" else "failure", alert["message"])
        for alert in alerts
    ]


SECTION = Section("alerts", 10, TEXTS, _show, HTML, MARKDOWN, _keep, _cases)
