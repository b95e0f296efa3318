# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reports as files: records become an HTML page, JSON, Markdown and JUnit XML.

What servers said is data everywhere: it is made printable first, and escaped by what writes each format.

This plugin util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path
from xml.etree import ElementTree

import jinja2

from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import printable
from ansible_collections.dbops.mysql_clone.plugins.module_utils._progress import duration, size
from ansible_collections.dbops.mysql_clone.plugins.plugin_utils import _sections
from ansible_collections.dbops.mysql_clone.plugins.plugin_utils._records import outcome
from ansible_collections.dbops.mysql_clone.plugins.plugin_utils._sections._section import Case, Record, Section, View
from ansible_collections.dbops.mysql_clone.plugins.plugin_utils._texts import Texts

TEMPLATES = Path(__file__).resolve().parents[2] / "roles/report/templates"
# Characters of one text that a page shows.
LONGEST = 4000
_MARKDOWN = re.compile(r"([\\`*_{}\[\]|~<>&])")


def readable(value: t.Any) -> t.Any:
    """Data with all texts in it printable and of bounded length."""
    if isinstance(value, str):
        return printable(str(value), LONGEST)
    if isinstance(value, t.Mapping):
        return {readable(key): readable(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [readable(one) for one in value]
    return value


def _host(item: Record, view: View, place: int) -> dict[str, t.Any]:
    said = view.said
    result = outcome(dict(item, checks=[check for check in item["checks"] if not view.mends(check)]))
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
        "sections": _shown(item, view, whole=False),
    }


def _shown(item: Record, view: View, whole: bool) -> list[tuple[Section, t.Any]]:
    """The sections that have something to show, with what they show."""
    made = [(section, section.show(item, view)) for section in _sections.SECTIONS if section.whole == whole]
    return [(section, shown) for section, shown in made if shown]


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
    said = Texts(language, (section.texts[language] for section in _sections.SECTIONS))
    view = View(said, name, now)
    made = [readable(item) for item in records]
    hosts = [_host(item, view, place) for place, item in enumerate(made, 1)]
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
        "sections": _shown({"records": made, "incidents": readable(incidents)}, view, whole=True),
        "styles": [section for section in _sections.SECTIONS if section.style],
        "check_mode": check_mode,
    }


_TITLES = ("clone", "precheck", "fleet", "diagnose", "recover", "monitor")


def markdown_text(value: t.Any) -> str:
    """A text that Markdown shows as it is, in a cell of a table, too."""
    return _MARKDOWN.sub(r"\\\1", " ".join(str(value).split())).replace("\\<", "&lt;").replace("\\&", "&amp;")


def _environment(autoescape: bool) -> jinja2.Environment:
    parts = {}
    for section in _sections.SECTIONS:
        parts[section.name + ".html"] = section.html
        parts[section.name + ".css"] = section.style
        parts[section.name + ".md"] = section.markdown
    found = jinja2.Environment(
        loader=jinja2.ChoiceLoader((jinja2.FileSystemLoader(TEMPLATES), jinja2.DictLoader(parts))),
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
    """JUnit XML: a suite for each host, with the test cases of its sections, and one for the host's outcome."""
    root = ElementTree.Element("testsuites", name=page["title"])
    sums = {"tests": 0, "failures": 0, "skipped": 0, "errors": 0}
    for host in page["hosts"]:
        suite = ElementTree.SubElement(root, "testsuite", name=host["name"], timestamp=page["now"][:19])
        counts = dict.fromkeys(sums, 0)
        # A page begins with what is urgent, a list of tests with what was tested.
        for section, shown in reversed(host["sections"]):
            for case in section.cases(shown):
                _case(suite, counts, host["name"], case)
        kind = {"failed": "failure", "unreachable": "error"}.get(host["outcome"])
        _case(suite, counts, host["name"], Case(page["name"], kind, host["message"]))
        for count, number in counts.items():
            suite.set(count, str(number))
            sums[count] += number
    for count, number in sums.items():
        root.set(count, str(number))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _case(suite: ElementTree.Element, counts: dict[str, int], host: str, case: Case) -> None:
    element = ElementTree.SubElement(suite, "testcase", classname=host, name=case.name)
    counts["tests"] += 1
    if case.kind:
        counts[{"failure": "failures", "skipped": "skipped", "error": "errors"}[case.kind]] += 1
        ElementTree.SubElement(element, case.kind, message=case.text).text = case.more or case.text
    if case.output:
        ElementTree.SubElement(element, "system-out").text = case.output


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
