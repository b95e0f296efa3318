# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reports as files: records become an HTML page, JSON, Markdown and JUnit XML.

What servers said is data everywhere: it is made printable first, and escaped by what writes each format.

This plugin util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import datetime
import json
import re
import typing as t
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import jinja2

from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import printable
from ansible_collections.dbops.mysql_clone.plugins.module_utils._progress import (
    STALL_TOLD,
    duration,
    seconds_between,
    size,
)
from ansible_collections.dbops.mysql_clone.plugins.plugin_utils._records import REPAIRS, outcome
from ansible_collections.dbops.mysql_clone.plugins.plugin_utils._texts import Texts

Record = t.Mapping[str, t.Any]

TEMPLATES = Path(__file__).resolve().parents[2] / "roles/report/templates"
# Characters of one text that a page shows.
LONGEST = 4000
# Steps that a curve has at most.
SPANS = 120
# Minutes after the failure by which each step of the emergency response is due.
MINUTES = (0, 5, 15, 30, 60, 1440)
_MARKDOWN = re.compile(r"([\\`*_{}\[\]|~<>&])")
# How each check's status reads in JUnit XML; None is a test that passed.
_JUNIT = {"ok": None, "warn": None, "fail": "failure", "skipped": "skipped"}


def readable(value: t.Any) -> t.Any:
    """Data with all texts in it printable and of bounded length."""
    if isinstance(value, str):
        return printable(str(value), LONGEST)
    if isinstance(value, t.Mapping):
        return {readable(key): readable(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [readable(one) for one in value]
    return value


def _later(begin: str, minutes: int) -> str:
    """A time so many minutes after another; both ISO 8601 in UTC, to the second."""
    moment = datetime.datetime.fromisoformat(begin[:19]) + datetime.timedelta(minutes=minutes)
    return moment.isoformat() + "Z"


def _bars(stages: t.Sequence[Record], said: Texts) -> list[dict[str, t.Any]]:
    """The stages that were begun, with the part of the whole (percent) at which each bar begins and how long it is."""
    begun = [stage for stage in stages if stage.get("begin_time") and stage.get("seconds") is not None]
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


def _steps(item: Record) -> list[tuple[float, float]]:
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


def _curve(item: Record, said: Texts) -> dict[str, t.Any] | None:
    """The rate of copying over time, as an SVG path in a box of 100 by 100; without looks it is a mean for each stage."""
    points = _steps(item)
    if not points:
        return None
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
        "label": said(
            "curve.seen" if item.get("samples") else "curve.of",
            seconds="%.1f" % total,
            rate=size(top),
            mean=size(copied / total),
        ),
        "top": size(top) + "/s",
        "seconds": duration(total),
    }


def _emergency(item: Record, said: Texts, now: str) -> list[dict[str, str]]:
    """What is due by when after a failure: the 0, 5, 15, 30 and 60 minutes of the emergency response, and the day after."""
    cause = item["causes"][0]
    failure = item["end_time"] or item["begin_time"] or now
    error = item["error"]
    limit = " --limit " + item["recipient"]
    data = item["data"] if item["data"] in ("intact", "gone", "replaced") else "unknown"
    act = [
        said("do.15." + cause["category"]) if cause["category"] else said("do.15.unknown"),
        said.sentence(cause["remedy"] or ""),
    ]
    due = {
        0: [
            said("do.0", error="%s %s" % (error["code"], error["message"]) if error else said.sentence(cause["cause"]))
        ],
        5: [said("do.5." + data), said("do.5.donor")],
        15: act,
        30: [said("do.30", command="ansible-playbook dbops.mysql_clone.diagnose" + limit)],
        60: [said("do.60", command="ansible-playbook dbops.mysql_clone.recover" + limit)],
        1440: [said("do.1440", command="ansible-playbook dbops.mysql_clone.monitor")],
    }
    return [
        {
            "minutes": said("emergency.hours", count=minutes // 60)
            if minutes > 60
            else said("emergency.minutes", count=minutes),
            "title": said("emergency.%d" % minutes),
            "time": _later(failure, minutes),
            "by": said("emergency.by", time=_later(failure, minutes)),
            "text": " ".join(words for words in due[minutes] if words),
        }
        for minutes in MINUTES
    ]


def _check(check: Record, said: Texts, repaired: t.Collection[str]) -> dict[str, t.Any]:
    mends = check["status"] == "fail" and check.get("repair") in repaired
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


def _cause(cause: Record, said: Texts) -> dict[str, t.Any]:
    return dict(
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


def _step(step: Record, said: Texts) -> dict[str, t.Any]:
    what = ": " + ", ".join(step["what"]) if step.get("what") else ""
    return dict(step, word=said.one_of("step", step["status"]), reason=said.sentence(step["reason"]) + what)


def _alert(alert: Record, said: Texts) -> dict[str, t.Any]:
    return dict(
        alert,
        message=said.sentence(alert["message"]),
        word=said.one_of("alert", alert["state"]),
        severity_word=said.one_of("severity", alert["severity"]),
    )


def _measured(measured: Record | None, said: Texts) -> list[tuple[str, str]]:
    """The monitor's values as words."""
    if not measured:
        return []
    rows = []
    for name in ("disk", "memory", "connections"):
        ratio = (measured.get(name) or {}).get("used_ratio")
        rows.append((said("measured." + name), said("unknown") if ratio is None else "%.1f %%" % (100 * ratio)))
    clone = measured["clone"]
    words = said.one_of("state", clone["state"])
    if clone["state"] == "in_progress":
        words = "%s: %s, %d %%" % (words, clone["stage"], clone["percent"])
    rows.append((said("measured.clone"), words))
    errors = (measured.get("log") or {}).get("errors")
    rows.append((said("measured.log_errors"), said("unknown") if errors is None else str(errors)))
    rows.append((said("measured.uptime"), said("unknown") if measured["uptime"] is None else str(measured["uptime"])))
    return rows


def _host(item: Record, said: Texts, now: str, repaired: t.Collection[str], place: int) -> dict[str, t.Any]:
    result = outcome(dict(item, checks=[check for check in item["checks"] if not _mended(check, repaired)]))
    checks = [_check(check, said, repaired) for check in item["checks"]]
    ranks = {"fail": 0, "warn": 1, "skipped": 2, "ok": 3}
    checks.sort(key=lambda check: ranks[check["status"]])
    message = item["message"] or ""
    if not message and item["failed"]:
        message = said("unreachable" if item["unreachable"] else "stopped")
    return {
        "anchor": "host-%d" % place,
        "name": item["recipient"],
        "outcome": result,
        "word": said("outcome." + result),
        "donor": item["donor"] or "",
        "state": said.one_of("state", item["state"]) if item["state"] else "",
        "data": size(item["bytes"]) if item["bytes"] else "",
        "seconds": duration(item["seconds"]) if item["seconds"] is not None else "",
        "rate": size(item["bytes_per_second"]) + "/s" if item["bytes_per_second"] else "",
        "verified": {True: said("yes"), False: said("no"), None: ""}[item["verified"]],
        "message": message,
        "bars": _bars(item["stages"], said),
        "curve": _curve(item, said),
        "attempts": [
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
        ],
        "causes": [_cause(cause, said) for cause in item["causes"]],
        "steps": [_step(step, said) for step in item["steps"]],
        "alerts": [_alert(alert, said) for alert in item["alerts"]],
        "measured": _measured(item["measured"], said),
        # What passed is a long list that nobody reads first.
        "checks": [check for check in checks if check["status"] != "ok"],
        "passed": [check for check in checks if check["status"] == "ok"],
        "emergency": _emergency(item, said, now) if item["causes"] and not item["explained"] else [],
    }


def _mended(check: Record, repaired: t.Collection[str]) -> bool:
    return check["status"] == "fail" and check.get("repair") in repaired


def model(
    records: t.Sequence[Record],
    name: str,
    language: str,
    now: str,
    incidents: t.Sequence[Record] = (),
    check_mode: bool = False,
) -> dict[str, t.Any]:
    """Everything that a page shows, in the words of a language. ``now`` is ISO 8601 (UTC). Raises KeyError for a language
    without texts."""
    said = Texts(language)
    # What a later step of the chain mends is no failure of a check that comes before it.
    repaired = REPAIRS if name == "precheck" else REPAIRS[:1]
    hosts = [_host(readable(item), said, now, repaired, place) for place, item in enumerate(records, 1)]
    counts = {word: sum(host["outcome"] == word for host in hosts) for word in ("ok", "warn", "failed", "unreachable")}
    summary = [("hosts", len(hosts)), ("ok", counts["ok"]), ("warnings", counts["warn"]), ("failed", counts["failed"])]
    summary.append(("unreachable", counts["unreachable"]))
    return {
        "said": said,
        "name": name,
        "title": said("title." + name) if name in _TITLES else said("title.other"),
        "now": now,
        "hosts": hosts,
        "summary": [(said("summary." + word), count) for word, count in summary],
        "incidents": [readable(incident) for incident in incidents],
        "check_mode": check_mode,
    }


_TITLES = ("clone", "precheck", "fleet", "diagnose", "recover", "monitor")


def markdown_text(value: t.Any) -> str:
    """A text that Markdown shows as it is, in a cell of a table, too."""
    return _MARKDOWN.sub(r"\\\1", " ".join(str(value).split())).replace("\\<", "&lt;").replace("\\&", "&amp;")


def _environment(autoescape: bool) -> jinja2.Environment:
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=autoescape,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters["md"] = markdown_text
    return found


def html(page: t.Mapping[str, t.Any]) -> str:
    """The page: one file that loads nothing from anywhere."""
    return _environment(True).get_template("report.html.j2").render(page)


def markdown(page: t.Mapping[str, t.Any]) -> str:
    """A report's page (see model) as Markdown."""
    return _environment(False).get_template("report.md.j2").render(page)


def junit(page: t.Mapping[str, t.Any]) -> str:
    """JUnit XML: a suite for each host, a test case for each check, and one for the host's outcome."""
    root = ElementTree.Element("testsuites", name=page["title"])
    sums = {"tests": 0, "failures": 0, "skipped": 0, "errors": 0}
    for host in page["hosts"]:
        suite = ElementTree.SubElement(root, "testsuite", name=host["name"], timestamp=page["now"][:19])
        counts = dict.fromkeys(sums, 0)
        for check in [*host["checks"], *host["passed"]]:
            kind = _JUNIT[check["status"]]
            text = "%s: %s" % (check["title"], check["message"])
            told = check["word"] + ": " + text if kind == "skipped" and check["remedy"] else text
            _case(suite, counts, host["name"], check["id"], kind, told, check["remedy"])
            if check["status"] == "warn":
                ElementTree.SubElement(suite[-1], "system-out").text = "%s: %s" % (check["word"], text)
        for alert in host["alerts"]:
            kind = None if alert["state"] == "resolved" else "failure"
            _case(suite, counts, host["name"], "alert." + alert["id"], kind, alert["message"], "")
        kind = {"failed": "failure", "unreachable": "error"}.get(host["outcome"])
        _case(suite, counts, host["name"], page["name"], kind, host["message"], "")
        for count, number in counts.items():
            suite.set(count, str(number))
            sums[count] += number
    for count, number in sums.items():
        root.set(count, str(number))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _case(
    suite: ElementTree.Element, counts: dict[str, int], host: str, name: str, kind: str | None, text: str, more: str
) -> None:
    case = ElementTree.SubElement(suite, "testcase", classname=host, name=name)
    counts["tests"] += 1
    if kind:
        counts[{"failure": "failures", "skipped": "skipped", "error": "errors"}[kind]] += 1
        ElementTree.SubElement(case, kind, message=text).text = more or text


def files(
    records: t.Sequence[Record],
    name: str,
    language: str,
    now: str,
    incidents: t.Sequence[Record] = (),
    check_mode: bool = False,
) -> dict[str, str]:
    """The report's files by name: ``<name>.html``, ``.json``, ``.md`` and ``.xml`` (JUnit)."""
    page = model(records, name, language, now, incidents, check_mode)
    return {
        name + ".html": html(page),
        name + ".json": json.dumps(list(records), indent=4, sort_keys=True) + "\n",
        name + ".md": markdown(page),
        name + ".xml": junit(page),
    }
