# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sections of the report: each is complete, and one file is all that it takes to add one."""

from __future__ import annotations

import importlib
import json
import re
import string
import sys
from xml.etree import ElementTree

import pytest

from ansible_collections.dbops.mysql_clone.plugins.filter import report
from ansible_collections.dbops.mysql_clone.plugins.plugin_utils import _page, _sections, _texts
from ansible_collections.dbops.mysql_clone.tests.unit.plugins.plugin_utils import page_check
from ansible_collections.dbops.mysql_clone.tests.unit.plugins.plugin_utils.test_accessibility import records
from ansible_collections.dbops.mysql_clone.tests.unit.plugins.plugin_utils.test_reports import NOW

INCIDENTS = [{"time": NOW, "host": "db3", "cause": "recipient.disk_full", "solved_by": "the playbook clone"}]


def places(text):
    return sorted(name for _text, name, _format, _conversion in string.Formatter().parse(text) if name)


def unlike(texts):
    """What one language has and another one lacks, or says with other values or by the same words."""
    english = texts["en"]
    for language in _texts.LANGUAGES:
        others = texts.get(language, {})
        yield from (f"{language}: {name}" for name in sorted(set(english) ^ set(others)))
        for name in sorted(set(english) & set(others)):
            if places(english[name]) != places(others[name]) or (language != "en" and english[name] == others[name]):
                yield f"{language}: {name}"


def lacking(section):
    """What a section lacks."""
    yield from unlike(section.texts)
    if section.name not in section.texts["en"]:
        yield "heading"
    yield from (fragment for fragment in ("html", "markdown") if not getattr(section, fragment).strip())
    for names in (_texts.TEXTS["en"], *(one.texts["en"] for one in _sections.SECTIONS if one.name != section.name)):
        yield from (f"said elsewhere: {name}" for name in sorted(set(section.texts["en"]) & set(names)))
    if re.search(r"\bsafe\b|autoescape|Markup", section.html):
        yield "escaping"
    if [one.place for one in _sections.SECTIONS if one.name != section.name].count(section.place):
        yield "place"


@pytest.mark.parametrize("section", _sections.SECTIONS, ids=lambda section: section.name)
def test_a_section_is_complete(section):
    assert list(lacking(section)) == []


def test_all_languages_have_the_same_texts_with_the_same_places():
    assert list(unlike(_texts.TEXTS)) == []


ALERTS = next(section for section in _sections.SECTIONS if section.name == "alerts")
CHINESE = ALERTS.texts["zh"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"texts": {"en": ALERTS.texts["en"]}}, "zh: alerts"),
        ({"texts": {**ALERTS.texts, "zh": {**CHINESE, "since": "Since"}}}, "zh: since"),
        ({"texts": {**ALERTS.texts, "zh": {**CHINESE, "since": "{time}"}}}, "zh: since"),
        ({"texts": {"en": {"warnings": "a"}, "zh": {"warnings": "b"}}}, "heading"),
        ({"texts": {"en": {"alerts": "a", "host": "b"}, "zh": {"alerts": "c", "host": "d"}}}, "said elsewhere: host"),
        ({"texts": {"en": {"alerts": "a", "step": "b"}, "zh": {"alerts": "c", "step": "d"}}}, "said elsewhere: step"),
        ({"html": ""}, "html"),
        ({"markdown": "\n"}, "markdown"),
        ({"html": "{{ shown | safe }}"}, "escaping"),
        ({"place": 20}, "place"),
    ],
)
def test_what_a_section_lacks_is_seen(change, expected):
    assert expected in list(lacking(ALERTS._replace(**change)))


@pytest.mark.parametrize("language", _texts.LANGUAGES)
def test_each_section_is_shown_in_its_place(language):
    # Fails for a section of which the records there have nothing to show, too.
    found = _page.model(records(), "clone", language, NOW, INCIDENTS)
    shown = {section.name for part in (*found["hosts"], found) for section, _what in part["sections"]}
    assert shown == {section.name for section in _sections.SECTIONS}
    for host in found["hosts"]:
        order = [section.place for section, _what in host["sections"]]
        assert order == sorted(order)
    markdown = _page.markdown(found)
    for section in _sections.SECTIONS:
        # The curve is told below its stages.
        assert section.name == "curve" or re.search("^##+ " + section.texts[language][section.name], markdown, re.M)


def test_no_two_sections_keep_the_same_of_a_host(monkeypatch):
    everything, whole = _sections.SECTIONS, report.record("db2", {})

    def keys(sections):
        monkeypatch.setattr(_sections, "SECTIONS", sections)
        return set(report.record("db2", {}))

    core = keys(())
    kept = [key for section in everything for key in keys((section,)) - core]
    assert sorted([*core, *kept]) == sorted(whole)


WEATHER = '''
from ansible_collections.dbops.mysql_clone.plugins.plugin_utils._sections._section import Case, Section

TEXTS = {
    "en": {"weather": "Weather", "weather.wind": "wind from {where}"},
    "zh": {"weather": "天气", "weather.wind": "{where}风"},
}
HTML = """\\
<h3>{{ said("weather") }}</h3>
{% call table(said("weather") ~ ": " ~ host.name, ["weather"]) %}
<tr><th scope="row" class="wind">{{ shown }}</th></tr>
{% endcall %}
"""
MARKDOWN = """\\

### {{ said("weather") }}

{{ shown | md }}
"""


def _keep(seen):
    return {"wind": seen.monitor.get("wind")}


def _show(item, view):
    return view.said("weather.wind", where=item["wind"]) if item["wind"] else ""


def _cases(shown):
    return [Case("weather", "skipped", shown)]


SECTION = Section("weather", 15, TEXTS, _show, HTML, MARKDOWN, _keep, _cases, "th.wind { font-weight: 700; }")
'''


@pytest.fixture
def weather(tmp_path, monkeypatch):
    """A section that is only a file; nothing else knows of it."""
    (tmp_path / "weather.py").write_text(WEATHER, encoding="utf-8")
    name = _sections.__name__ + ".weather"
    monkeypatch.setattr(_sections, "__path__", [*_sections.__path__, str(tmp_path)])
    importlib.invalidate_caches()
    monkeypatch.setattr(_sections, "SECTIONS", _sections.found())
    yield sys.modules[name].SECTION
    del sys.modules[name]
    del _sections.weather


@pytest.mark.parametrize(("language", "heading", "words"), [("en", "Weather", "wind from "), ("zh", "天气", "")])
def test_one_file_is_a_section(weather, language, heading, words):
    assert list(lacking(weather)) == []
    monitor = {"measured": records()[3]["measured"], "wind": "<b>north\x1b"}
    calm = report.record("db2", {})
    windy = report.record("db1", {"monitor": monitor, "alerts": records()[3]["alerts"]})
    assert (calm["wind"], windy["wind"]) == (None, "<b>north\x1b")

    files = report.report_files([windy, calm], "monitor", language, now=NOW)
    assert json.loads(files["monitor.json"])[0]["wind"] == "<b>north\x1b"
    assert page_check.faults(files["monitor.html"]) == []
    headings = [one.text() for one in page_check.read(files["monitor.html"]).all("h3")]
    # In its place, and not where there is nothing to show.
    assert headings.index(heading) == 1
    assert headings.count(heading) == 1
    assert words + "&lt;b&gt;north" in files["monitor.html"]
    assert "th.wind { font-weight: 700; }" in files["monitor.html"]
    assert f"\n### {heading}\n\n{words}&lt;b" in files["monitor.md"]
    assert "\x1b" not in files["monitor.html"] + files["monitor.md"]
    cases = ElementTree.fromstring(files["monitor.xml"].encode()).findall(".//testcase[@name='weather']")
    assert [case[0].get("message").startswith(words + "<b>north") for case in cases] == [True]


def test_a_section_that_was_only_a_file_leaves_nothing_behind():
    assert "weather" not in {section.name for section in _sections.SECTIONS}
    assert _sections.found() == _sections.SECTIONS
