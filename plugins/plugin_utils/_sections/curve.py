# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rate of copying over time.

This plugin util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import typing as t
from itertools import pairwise

from ansible_collections.dbops.mysql_clone.plugins.module_utils._progress import (
    STALL_TOLD,
    duration,
    seconds_between,
    size,
)
from ansible_collections.dbops.mysql_clone.plugins.plugin_utils._sections._section import Record, Section, Seen, View

# Steps that a curve has at most.
SPANS = 120
TEXTS = {
    "en": {
        "curve": "Throughput",
        "curve.of": "Mean rate of each copying stage over {seconds} s; the highest is {rate}/s, the mean {mean}/s",
        "curve.seen": "Rate of copying as seen over {seconds} s; the highest is {rate}/s, the mean {mean}/s",
    },
    "zh": {
        "curve": "吞吐量",
        "curve.of": "{seconds} 秒内各复制阶段的平均速率，最高 {rate}/s，平均 {mean}/s",
        "curve.seen": "{seconds} 秒内实测的复制速率，最高 {rate}/s，平均 {mean}/s",
    },
}
HTML = """\
<h3>{{ said("curve") }}</h3>
<figure><svg class="curve" viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label="{{ shown.label }}"><path d="{{ shown.path }}"/></svg>
<figcaption>0 – {{ shown.seconds }}, 0 – {{ shown.top }}. {{ shown.label }}</figcaption></figure>
"""
STYLE = """\
figure { margin: 0; } svg.curve { height: 8rem; border-left: 1px solid var(--dim); border-bottom: 1px solid var(--dim); }
svg.curve path { fill: var(--accent); fill-opacity: .25; stroke: var(--accent); stroke-width: 2; vector-effect: non-scaling-stroke; }
figcaption { color: var(--dim); font-size: .9rem; } @media print { figure { break-inside: avoid; } }
"""
# Words for the timeline of the stages, which stands above.
MARKDOWN = """\

{{ shown.label | md }}
"""


def _keep(seen: Seen) -> dict[str, t.Any]:
    return {"samples": list(seen.clone.get("samples") or ())}


def _show(item: Record, view: View) -> dict[str, t.Any]:
    """The rate of copying over time, as an SVG path in a box of 100 by 100; without looks it is a mean for each stage."""
    points = _points(item)
    if not points:
        return {}
    begin, end = points[0][0], points[-1][0]
    total = max(end - begin, 0.001)
    copied = points[-1][1]
    kept = _changes(points, total / SPANS)
    spans = [(left[0], right[0], max(0.0, right[1] - left[1]) / (right[0] - left[0])) for left, right in pairwise(kept)]
    top = max(rate for _left, _right, rate in spans) or 1.0
    path = "M0,100"
    for left, right, rate in spans:
        height = round(100 - 95 * rate / top, 2)
        path += " L%s,%s L%s,%s" % (
            round(100 * (left - begin) / total, 2),
            height,
            round(100 * (right - begin) / total, 2),
            height,
        )
    return {
        "path": path + " L100,100 Z",
        "label": view.said(
            "curve.seen" if item.get("samples") else "curve.of",
            seconds="%.1f" % total,
            rate=size(top),
            mean=size(copied / total),
        ),
        "top": size(top) + "/s",
        "seconds": duration(total),
    }


def _points(item: Record) -> list[tuple[float, float]]:
    """Seconds since the begin of the clone and bytes copied until then: at each look, and where copying stages begin and end."""
    copies = [
        stage
        for stage in item["stages"]
        if (stage.get("stage") or "").endswith("COPY") and stage.get("begin_time") and stage.get("seconds") is not None
    ]
    points: list[tuple[float, float]] = []
    copied = 0.0
    for stage in sorted(copies, key=lambda stage: str(stage["begin_time"])):
        begin = seconds_between(item["begin_time"], stage["begin_time"]) or 0.0
        points.append((begin, copied))
        copied += stage.get("bytes_done") or 0
        points.append((begin + stage["seconds"], copied))
    if not copied:
        return []
    first, last = points[0][0], points[-1][0]
    seen = [(point["seconds"], point["bytes"]) for point in item.get("samples") or ()]
    return sorted(points + [(seconds, count) for seconds, count in seen if first < seconds < last])


def _changes(points: t.Sequence[tuple[float, float]], apart: float) -> list[tuple[float, float]]:
    """The points between which a rate means something.

    The server counts bytes about once a second, so looks that show the same are one, unless it stands still for longer than
    that; and two looks that are hardly apart would give a rate of their own.
    """
    kept = [points[0]]
    same = points[0][0]
    for seconds, count in points[1:-1]:
        if count <= kept[-1][1]:
            same = seconds
            continue
        if same - kept[-1][0] >= STALL_TOLD:
            kept.append((same, kept[-1][1]))
        if seconds - kept[-1][0] >= apart:
            kept.append((seconds, count))
        same = seconds
    seconds, count = points[-1]
    if same - kept[-1][0] >= STALL_TOLD and count > kept[-1][1]:
        kept.append((same, kept[-1][1]))
    return [point for point in kept if point == points[0] or seconds - point[0] >= apart] + [(seconds, count)]


SECTION = Section("curve", 70, TEXTS, _show, HTML, MARKDOWN, _keep, style=STYLE)
