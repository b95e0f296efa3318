# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values that the monitor has measured.

This plugin util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.dbops.mysql_clone.plugins.plugin_utils._sections._section import Record, Section, Seen, View

TEXTS = {
    "en": {
        "measured": "Measured values",
        "measured.disk": "Disk used",
        "measured.memory": "Memory used",
        "measured.connections": "Connections",
        "measured.clone": "Clone",
        "measured.log_errors": "New errors in the log",
        "measured.uptime": "Server runs since (s)",
        "measured.unknown": "unknown",
    },
    "zh": {
        "measured": "监控指标",
        "measured.disk": "磁盘使用率",
        "measured.memory": "内存使用率",
        "measured.connections": "连接数",
        "measured.clone": "克隆",
        "measured.log_errors": "错误日志新增 ERROR",
        "measured.uptime": "服务器运行时间（秒）",
        "measured.unknown": "未知",
    },
}
HTML = """\
<h3>{{ said("measured") }}</h3>
<dl class="sum">
{% for label, value in shown %}
<div><dt>{{ label }}</dt><dd>{{ value }}</dd></div>
{% endfor %}
</dl>
"""
MARKDOWN = """\

### {{ said("measured") }}

{% for label, value in shown %}
- {{ label }}: {{ value | md }}
{% endfor %}
"""


def _keep(seen: Seen) -> dict[str, t.Any]:
    return {"measured": seen.monitor.get("measured")}


def _show(item: Record, view: View) -> list[tuple[str, str]]:
    """The values as words."""
    measured, said = item["measured"], view.said
    if not measured:
        return []
    unknown = said("measured.unknown")
    rows = []
    for name in ("disk", "memory", "connections"):
        ratio = (measured.get(name) or {}).get("used_ratio")
        rows.append((said("measured." + name), unknown if ratio is None else "%.1f %%" % (100 * ratio)))
    clone = measured["clone"]
    words = said.one_of("state", clone["state"])
    if clone["state"] == "in_progress":
        words = "%s: %s, %d %%" % (words, clone["stage"], clone["percent"])
    rows.append((said("measured.clone"), words))
    errors = (measured.get("log") or {}).get("errors")
    rows.append((said("measured.log_errors"), unknown if errors is None else str(errors)))
    rows.append((said("measured.uptime"), unknown if measured["uptime"] is None else str(measured["uptime"])))
    return rows


SECTION = Section("measured", 20, TEXTS, _show, HTML, MARKDOWN, _keep)
