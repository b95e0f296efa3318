# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report's page by the rules of accessibility, in both languages and all colours; and that those rules see what breaks them."""

from __future__ import annotations

import functools

import pytest

from ansible_collections.dbops.mysql_clone.plugins.filter import report
from ansible_collections.dbops.mysql_clone.plugins.plugin_utils import _page, _records, _sections, _texts
from ansible_collections.dbops.mysql_clone.tests.unit.plugins.plugin_utils import page_check
from ansible_collections.dbops.mysql_clone.tests.unit.plugins.plugin_utils.test_reports import (
    NOW,
    bad,
    check,
    good,
    stage,
)

DISK = {"used_ratio": 0.91, "free": 5, "path": "/data"}
MEASURED = {
    "disk": DISK,
    "memory": {"used_ratio": None},
    "connections": {"used_ratio": 0.1},
    "clone": {"state": "in_progress", "stage": "FILE COPY", "percent": 40},
    "log": {"errors": 2},
    "uptime": 4000,
}
CHECKS = [
    check(
        "recipient.disk_space", "fail", "1 GiB free", remedy="Free 3.0 GiB on /data", error={"code": 1, "symbol": "X"}
    ),
    check("donor.events", "warn", remedy="Stop them"),
    check("pair.clock", "skipped"),
    check("recipient.plugin", "ok"),
]
CAUSE = {
    "id": "recipient.disk_full",
    "category": "disk",
    "priority": "immediate",
    "code": 3862,
    "cause": "The disk is full.",
    "evidence": ["errno 28"],
    "remedy": "Free 3.0 GiB on /data",
    "commands": ["df -h /data"],
    "do_not": ["Remove #clone by hand"],
    "retry": "repair_first",
    "playbook": "dbops.mysql_clone.recover",
    "seen_before": [
        {"host": "db7", "time": NOW, "solved_by": "the playbook clone"},
        {"host": "db8", "time": NOW, "solved_by": None},
    ],
}


def records():
    """Hosts of all outcomes that together have every part of a page."""
    diagnose = {"verdict": "The disk is full", "data": "gone", "causes": [CAUSE]}
    steps = [{"action": "start", "status": "done", "reason": "it was down"}]
    severe = [
        {"id": "disk", "state": state, "severity": severity, "message": "91 %", "since": NOW}
        for state, severity in (("new", "critical"), ("still", "warning"), ("resolved", "warning"))
    ]
    monitored = {"measured": MEASURED, "checks": CHECKS[:2]}
    broken = bad("db3", precheck={"checks": CHECKS}, diagnose=diagnose, recover={"steps": steps})
    broken["stages"] = [stage("FILE COPY", 1, 8.0, 8 << 20, "failed")]
    return [
        good("db1"),
        good("db2", precheck={"checks": CHECKS[1:]}),
        broken,
        _records.record("db4", {"monitor": monitored, "alerts": severe}),
        _records.missing("db5"),
        _records.pending("db6"),
    ]


@functools.cache
def page(language="en", name="clone", check_mode=False):
    incidents = [{"time": NOW, "host": "db3", "cause": "recipient.disk_full", "solved_by": None}]
    return _page.html(_page.model(records(), name, language, NOW, incidents, check_mode))


@pytest.mark.parametrize("language", _texts.LANGUAGES)
@pytest.mark.parametrize("check_mode", [False, True])
def test_a_full_page_breaks_no_rule(language, check_mode):
    assert page_check.faults(page(language, check_mode=check_mode)) == []


@pytest.mark.parametrize("name", ["clone", "precheck", "fleet", "diagnose", "recover", "monitor"])
@pytest.mark.parametrize("hosts", [[], [good()], [bad()]])
def test_a_small_page_breaks_no_rule(name, hosts):
    assert page_check.faults(report.report_files(hosts, name, now=NOW)[name + ".html"]) == []


def test_the_full_page_has_every_part():
    tags = {one.tag for one in page_check.read(page()).all()}
    assert {"nav", "table", "details", "svg", "rect", "path", "pre", "code", "dl", "ol", "time", "figure"} <= tags
    for language in _texts.LANGUAGES:
        found = page_check.read(page(language))
        for tag, whole in (("h3", False), ("h2", True)):
            headings = {one.text() for one in found.all(tag)}
            expected = {one.texts[language][one.name] for one in _sections.SECTIONS if one.whole == whole}
            # A host's own heading is its name.
            assert expected <= headings
            assert whole or expected == headings


# What the rules must see: a fault put into a page, and the rule that has to tell it.
SEEDED = {
    "html-has-lang": ('lang="en"', 'lang=""'),
    "document-title": ("<title>Clone report</title>", "<title></title>"),
    "meta-viewport": ("initial-scale=1", "initial-scale=1, maximum-scale=1"),
    "bypass": ('href="#main"', 'href="#none"'),
    "landmark-one-main": ('<main id="main">', '<main id="main"></main><main>'),
    "region": ("<footer>", "<div>lost</div><footer>"),
    "landmark has no name": (' aria-labelledby="incidents"', ""),
    "landmark-unique": ('aria-label="Attempts: db2"', 'aria-label="Attempts: db3"'),
    "page-has-heading-one": ("<h1>", "<h1>x</h1><h1>"),
    "heading-order": ("<h3>Alerts</h3>", "<h4>Alerts</h4>"),
    "empty-heading": ("<h3>Alerts</h3>", "<h3></h3>"),
    "duplicate-id": ('id="host-2"', 'id="host-1"'),
    "scope-attr-valid": ('<th scope="col">Host</th>', "<th>Host</th>"),
    "td-has-header": ('<th scope="col">Verified</th>', ""),
    "empty-table-header": ('<th scope="col">Host</th>', '<th scope="col"></th>'),
    "a row has no header of its own": ('<th scope="row">start</th>', "<td>start</td>"),
    "aria-valid-attr": ("<main", '<main aria-labled="x"'),
    "aria-roles": ('role="img"', 'role="picture"'),
    "aria-hidden-focus": ('<p class="said">', '<p class="said" aria-hidden="true"><a href="#main">x</a>'),
    "aria-valid-attr-value": ('aria-labelledby="incidents"', 'aria-labelledby="nowhere"'),
    "tabindex": ('tabindex="0"', 'tabindex="3"'),
    "svg-img-alt": (' role="img"', ""),
    "image-alt": ("<footer>", '<footer><img src="#main">'),
    "link-name": ('<a href="#host-1">db1</a>', '<a href="#host-1"></a>'),
    "skip-link": ('<a href="#host-1">', '<a href="#host-99">'),
    "listitem": ("<footer>", "<footer><li>x</li>"),
    "list": ("<ul>", "<ul><p>x</p>"),
    "definition-list": ("<dd>6</dd>", "<p>6</p>"),
    "summary-name": ("<summary>1 checks passed</summary>", ""),
    "time without a time": (f'<time datetime="{NOW}">', '<time datetime="soon">'),
    "nothing is known here of": ("<footer>", "<footer><button>x</button>"),
    "scrollable-region-focusable": ('<div class="wide" tabindex="0"', '<div class="wide"'),
    "focus or link can't be told": ("a { color: var(--accent); }", "a { color: var(--accent); outline: 0; }"),
    "color-contrast of": ("--dim: #4f5b66", "--dim: #8a949e"),
    "non-text contrast": ("--accent: #0b5cad", "--accent: #b8cde0"),
    "reflow": ("min-width: 12rem", "min-width: 32rem"),
    "text of less than 10 pixels": ("font-size: .88rem", "font-size: .5rem"),
}


@pytest.mark.parametrize("rule", SEEDED)
def test_a_fault_is_seen(rule):
    sound, broken = SEEDED[rule]
    assert sound in page(), "the page has changed; the fault can't be put into it any more"
    found = page_check.faults(page().replace(sound, broken))
    assert [fault for fault in found if fault.startswith(rule)], found


@pytest.mark.parametrize(
    ("sound", "broken", "situations"),
    [
        ("--dim: #aab5c0", "--dim: #55606b", {"dark"}),
        ("--dim: #333", "--dim: #999", {"print", "dark print"}),
        ("--fail: #ff8f8f", "--fail: #802020", {"dark"}),
        (".word.ok { color: var(--ok); }", ".word.ok { color: #8fbf9c; }", {"light", "phone", "print", "dark print"}),
    ],
)
def test_each_colour_is_judged_where_it_is_shown(sound, broken, situations):
    assert sound in page()
    found = page_check.faults(page().replace(sound, broken))
    assert {fault.rpartition(" (")[2][:-1] for fault in found} == situations


@pytest.mark.parametrize(
    ("style", "words"),
    [
        (".a ~ .b { color: #000; }", "unknown selector"),
        ("@supports (x) { a { color: #000; } }", "unknown: @supports"),
        ("@media (min-width: 9rem) { a { color: #000; } }", "unknown media queries"),
        ("a { color: tomato; }", "unknown colour"),
        ("p { font-size: 80%; }", "unknown size"),
    ],
)
def test_what_the_reader_of_styles_does_not_know_is_an_error(style, words):
    with pytest.raises(AssertionError, match=words):
        page_check.faults(page().replace("</style>", style + "</style>"))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    # By definition, and the greys on both sides of what WCAG asks for.
    [("#000", "#fff", 21.0), ("#777777", "#fff", 4.48), ("#fff", "#767676", 4.54)],
)
def test_contrast(one, other, expected):
    found = page_check.contrast(page_check.colour(one), page_check.colour(other))
    assert found == pytest.approx(expected, abs=0.01)


def test_what_is_not_nested_is_no_page():
    with pytest.raises(AssertionError, match="ends"):
        page_check.read("<html><p></html>")
