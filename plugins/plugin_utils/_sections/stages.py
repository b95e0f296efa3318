# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stages of the clone, each with its place in the time that all of them took.

This plugin util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils._progress import seconds_between, size
from ansible_collections.dbops.mysql_clone.plugins.plugin_utils._sections._section import Record, Section, Seen, View

TEXTS = {
    "en": {
        "stages": "Timeline of the clone",
        "stage": "Stage",
        "bar": "Course",
        "bar.of": "{stage}: begins after {begin} s and takes {seconds} s of {total} s",
    },
    "zh": {
        "stages": "克隆各阶段时间线",
        "stage": "阶段",
        "bar": "进程",
        "bar.of": "{stage}：{begin} 秒后开始，用时 {seconds} 秒，全程 {total} 秒",
    },
}
HTML = """\
<h3>{{ said("stages") }}</h3>
{% call table(
  said("stages") ~ ": " ~ host.name, ["stage", "bar", "seconds", "data", "rate"], numbers=["seconds", "data", "rate"], stacked=false
) %}
{% for bar in shown %}
<tr><th scope="row" class="short">{{ bar.stage }}</th>
<td class="course"><svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="{{ bar.label }}">
<rect{% if bar.failed %} class="failed"{% endif %} x="{{ bar.x }}" y="0" width="{{ bar.width }}" height="10"/></svg></td>
<td class="number">{{ bar.seconds }}</td><td class="number">{{ bar.data }}</td><td class="number">{{ bar.rate }}</td></tr>
{% endfor %}
{% endcall %}
"""
STYLE = """\
td.course { min-width: 9rem; width: 45%; } @media (max-width: 40rem) { td.course { min-width: 7rem; } }
svg.bar { height: 1.1rem; background: var(--soft); } svg.bar rect { fill: var(--accent); } svg.bar rect.failed { fill: var(--fail); }
"""
MARKDOWN = """\

### {{ said("stages") }}

| {{ said("stage") }} | {{ said("state") }} | {{ said("seconds") }} | {{ said("data") }} | {{ said("rate") }} |
|---|---|---|---|---|
{% for bar in shown %}
| {{ bar.stage | md }} | {{ bar.state | md }} | {{ bar.seconds }} | {{ bar.data }} | {{ bar.rate }} |
{% endfor %}
"""


def _keep(seen: Seen) -> dict[str, t.Any]:
    return {"stages": seen.view.get("stages") or []}


def _show(item: Record, view: View) -> list[dict[str, t.Any]]:
    """The stages that were begun, with the part of the whole (percent) at which each bar begins and how long it is."""
    said = view.said
    begun = [stage for stage in item["stages"] if stage.get("begin_time") and stage.get("seconds") is not None]
    if not begun:
        return []
    first = min(stage["begin_time"] for stage in begun)
    offsets = [seconds_between(first, stage["begin_time"]) or 0.0 for stage in begun]
    total = max([offset + stage["seconds"] for offset, stage in zip(offsets, begun)] + [0.001])
    return [
        {
            "stage": stage["stage"],
            "state": said.one_of("state", stage["state"]),
            "failed": stage["state"] == "failed",
            "begin": "%.1f" % offset,
            "seconds": "%.1f" % stage["seconds"],
            "data": size(stage["bytes_done"]) if stage.get("bytes_done") else "",
            "rate": _rate(stage),
            "x": round(min(99.0, 100 * offset / total), 2),
            "width": round(max(0.8, 100 * stage["seconds"] / total), 2),
            "label": said(
                "bar.of",
                stage=stage["stage"],
                begin="%.1f" % offset,
                seconds="%.1f" % stage["seconds"],
                total="%.1f" % total,
            ),
        }
        for offset, stage in zip(offsets, begun)
    ]


def _rate(stage: Record) -> str:
    if not stage.get("bytes_done") or not stage.get("seconds"):
        return ""
    return size(stage["bytes_done"] / stage["seconds"]) + "/s"


SECTION = Section("stages", 60, TEXTS, _show, HTML, MARKDOWN, _keep, style=STYLE)
