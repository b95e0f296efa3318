# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reports: what the records hold, and that the files show it without obeying it."""

from __future__ import annotations

import html.parser
import json
import re
from xml.etree import ElementTree

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.dbops.mysql_clone.plugins.action import clone_run
from ansible_collections.dbops.mysql_clone.plugins.filter import report
from ansible_collections.dbops.mysql_clone.plugins.module_utils._precheck import brief
from ansible_collections.dbops.mysql_clone.plugins.plugin_utils import _incidents, _page, _records, _texts
from ansible_collections.dbops.mysql_clone.plugins.plugin_utils._sections import curve as curve_section

NOW = "2026-11-23T02:00:00Z"
HOSTILE = (
    "</script><script>alert(1)</script> {{ 7*7 }} {% raw %} \x1b[31m\x00\ufffe |a`b` \u202e <img src=x onerror=1> ]]> &"
)
DENIED = "Clone Donor Error: 1045 : Access denied for user 'c'@'db2' (using password: YES)"


def stage(name, begin, seconds, count=0, state="completed"):
    moment = f"2026-11-23T01:00:{begin:06.3f}Z"
    return {
        "stage": name,
        "state": state,
        "begin_time": moment,
        "end_time": moment,
        "seconds": seconds,
        "bytes_done": count,
    }


STAGES = [stage("DROP DATA", 0, 1.0), stage("FILE COPY", 1, 8.0, 800 << 20), stage("RESTART", 9, 3.0)]


def clone(state="completed", **values):
    return {
        "state": state,
        "source": "192.0.2.1:3306",
        "begin_time": "2026-11-23T01:00:00.000000Z",
        "end_time": "2026-11-23T01:00:12.000000Z",
        "bytes_done": 800 << 20,
        "stages": STAGES,
        "error": None,
        **values,
    }


def check(name, status, message="as it should be", **values):
    return {
        "id": name,
        "title": name,
        "category": "disk",
        "status": status,
        "message": message,
        "actual": None,
        "expected": None,
        "error": None,
        "remedy": None,
        "repair": None,
        **values,
    }


def attempt(error=None, retry=None):
    return {"donor": "192.0.2.1:3306", "begin": NOW, "seconds": 4.0, "error": error, "retry": retry, "delay": 0}


def good(host="db2", **results):
    done = {"changed": True, "clone": clone(), "reason": "cloned", "attempts": [attempt()]}
    return _records.record(host, {"clone": done, "verify": {"verified": True, "checks": []}, **results})


def bad(host="db3", message=DENIED, **results):
    error = {"code": 3862, "message": message}
    failed = {
        "failed": True,
        "msg": f"{host}: {message}",
        "clone": clone("failed", error=error),
        "attempts": [attempt(error, "repair_first")],
        "data_dropped": False,
    }
    return _records.record(host, {"clone": failed, "failed": True, **results})


def test_a_clone_that_went_well_has_no_cause():
    record = good()
    assert (record["failed"], record["causes"], record["error"], record["message"]) == (False, [], None, None)
    assert _records.outcome(record) == "ok"


def test_clones_from_donors_before_are_attempts_too():
    before = attempt({"code": 2013, "message": "lost"}, "retry")
    assert good(attempts=[before])["attempts"] == [before, attempt()]
    # The last clone's own stand there as well where it failed.
    own = bad()["attempts"]
    assert bad(attempts=[before, *own])["attempts"] == [before, *own]


def test_a_clone_that_failed_names_cause_and_remedy():
    record = bad()
    assert record["causes"][0]["id"] == "donor.account"
    assert record["causes"][0]["remedy"]
    assert record["data"] == "intact"


def test_the_comparison_says_what_it_found_although_its_task_never_fails():
    verify = {"verified": False, "checks": [check("pair.rows", "fail", "shop.t: 3 rows, 5 on the donor")]}
    record = good(verify=verify, failed=True)
    assert record["message"] == "shop.t: 3 rows, 5 on the donor"
    assert record["failed"]


def test_a_recipient_that_is_not_unique_is_not_verified():
    seen = {"db2": {"server_uuid": "a", "server_id": 7, "replicates": True}}
    unique = report.unique_servers({**seen, "db3": dict(seen["db2"], server_uuid="b")})["db2"]
    verify = {"verified": True, "checks": [check("pair.rows", "ok")]}
    record = good(verify=verify, unique=unique, failed=True)
    assert (record["verified"], record["message"]) == (False, unique[1]["message"])
    assert [one["id"] for one in record["checks"] if one["status"] == "fail"] == ["recipient.server_id_unique"]


def test_a_host_that_was_lost_stands_in_the_report():
    records = report.complete([good()], ["db2", "db9"])
    assert [record["recipient"] for record in records] == ["db2", "db9"]
    assert _records.outcome(records[1]) == "unreachable"
    assert "UNREACHABLE" in report.table(records)[2]


def test_records_are_kept_as_text_and_read_again():
    made = good(verify={"verified": True, "checks": [check("pair.rows", "ok")]})
    text = report.record("db2", {"verify": {"verified": True, "checks": [check("pair.rows", "ok")]}}, packed=True)
    assert isinstance(text, str)
    assert report.complete([text, made], ["db9"])[0]["checks"] == made["checks"]


def test_a_brief_check_leaves_nothing_out_of_the_report():
    checks = [check("pair.rows", "ok"), check("recipient.disk_space", "fail")]
    told = brief({"checks": checks, "obstacles": ["recipient.disk_space"], "failed_checks": ["recipient.disk_space"]})
    assert len(told["checks"]) == 1
    assert report.record("db2", {"precheck": told}) == report.record("db2", {"precheck": dict(told, checks=checks)})
    assert [one["id"] for one in report.record("db2", {"precheck": told})["checks"]] == [one["id"] for one in checks]


def test_a_host_whose_turn_did_not_come_stands_in_the_report():
    records = report.complete([good()], ["db9"], ["db2", "db3", "db9"])
    assert [(record["recipient"], _records.outcome(record)) for record in records] == [
        ("db2", "ok"),
        ("db9", "unreachable"),
        ("db3", "warn"),
    ]
    assert "not begun" in report.table(records)[3]
    assert "not begun" in report.table(records, "precheck")[3]
    suite = ElementTree.fromstring(report.report_files(records, "clone", now=NOW)["clone.xml"].encode())
    assert (suite.get("failures"), suite.get("errors")) == ("0", "1")


@pytest.mark.parametrize("clone_was", [{}, {"clone": clone(), "changed": False, "reason": "already cloned"}])
def test_what_failed_beside_the_clone_is_told(clone_was):
    others = [{}, {"failed": False, "msg": "fine"}, {"failed": True, "msg": "db2: no replication: access denied"}]
    found = _records.record("db2", {"clone": clone_was, "others": others, "failed": True})
    assert found["message"] == "db2: no replication: access denied"


@pytest.mark.parametrize(("changed", "status"), [(True, "ok"), (False, "fail")])
def test_a_clone_proves_the_accounts_that_were_made_for_it(changed, status):
    checks = [check("donor.account", "fail", repair="clone_user")]
    done = {"changed": changed, "clone": clone()}
    (found,) = _records.record("db2", {"clone": done, "precheck": {"checks": checks}})["checks"]
    assert found["status"] == status


def refused(*checks, obstacles=()):
    failed = [one["id"] for one in checks if one["status"] == "fail"]
    return {"precheck": {"checks": list(checks), "failed_checks": failed, "obstacles": list(obstacles)}}


PLUGIN = check("recipient.plugin", "fail", "no plugin", repair="clone_user", error={"code": 1524, "symbol": "X"})
ACCOUNT = check("donor.account", "fail", "no account", repair="clone_user", error={"code": 1045, "symbol": "X"})


def test_a_fleet_that_has_repaired_has_no_failures_of_it_where_the_clone_failed():
    error = {"code": 3862, "message": DENIED}
    failed = {"failed": True, "msg": "no", "clone": clone("failed", error=error), "attempts": [attempt(error)]}
    seen = refused(PLUGIN, ACCOUNT)
    for prepared, statuses in ((True, ["ok", "fail"]), (False, ["fail", "fail"])):
        found = _records.record("db2", {"clone": failed, "failed": True, "prepared": prepared, **seen})["checks"]
        # The clone has failed of the account, whatever was done to it.
        assert [one["status"] for one in found] == statuses


def test_what_the_chain_would_have_repaired_is_not_why_a_host_was_refused():
    data = check("recipient.data", "fail", "holds precious", remedy="Set overwrite=true")
    found = _records.record("db2", {"failed": True, **refused(PLUGIN, data, obstacles=["recipient.data"])})
    assert [cause["id"] for cause in found["causes"]] == ["recipient.data"]
    assert found["message"] == "holds precious"
    # Where the playbook repairs nothing, it is.
    found = _records.record(
        "db2", {"failed": True, **refused(PLUGIN, data, obstacles=["recipient.plugin", "recipient.data"])}
    )
    assert [cause["id"] for cause in found["causes"]] == ["recipient.plugin", "recipient.data"]


def recovery(*statuses):
    steps = [
        {"action": action, "by": by, "status": status, "reason": "x"}
        for (action, by), status in zip((("start", "module"), ("clone", "clone")), statuses)
    ]
    return {"verdict": "/run/db2.sock: done: start; to do: clone", "steps": steps, "changed": True}


def test_the_report_says_what_a_step_was_about():
    reason = "kept data directories are not wanted any more, as asked"
    step = {"action": "remove_old", "by": "module", "status": "done", "reason": reason, "what": ["/srv/data.old-1"]}
    record = _records.record("db2", {"recover": {"verdict": "done", "steps": [step]}})
    assert reason + ": /srv/data.old-1" in report.report_files([record], "recover", now=NOW)["recover.html"]
    assert (
        "不再需要保留的数据目录: /srv/data.old-1"
        in report.report_files([record], "recover", "zh", now=NOW)["recover.html"]
    )


def test_the_clone_of_recover_is_one_of_its_steps():
    done = good(recover=recovery("done", "left"))
    assert [(step["action"], step["status"]) for step in done["steps"]] == [("start", "done"), ("clone", "done")]
    assert done["message"] == "/run/db2.sock: done: start, clone"
    assert _incidents.solution(done, "recover") == "the playbook recover: start, clone"
    failed = bad(recover=recovery("done", "left"))
    assert failed["steps"][1]["status"] == "left"


def test_what_the_chain_repairs_is_no_failure_before_it():
    record = _records.record(
        "db2",
        {
            "precheck": {
                "checks": [check("recipient.plugin", "fail", repair="clone_user"), check("donor.events", "warn")]
            }
        },
    )
    assert report.table([record], "precheck")[1].split() == ["db2", "-", "2", "0", "1", "1", "yes"]
    suite = ElementTree.fromstring(report.report_files([record], "precheck", now=NOW)["precheck.xml"].encode())
    assert (suite.get("failures"), suite.get("skipped")) == ("0", "1")


class Page(html.parser.HTMLParser):
    """Collects tags and texts of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)


@pytest.fixture
def hostile():
    name = "db\u202e<b>"
    checks = [check("recipient." + HOSTILE, "fail", HOSTILE, remedy=HOSTILE, error={"code": 1, "symbol": HOSTILE})]
    diagnose = {
        "verdict": HOSTILE,
        "data": "gone",
        "causes": [
            {
                "id": HOSTILE,
                "category": "disk",
                "priority": "prompt",
                "code": 3862,
                "cause": HOSTILE,
                "evidence": [HOSTILE],
                "remedy": HOSTILE,
                "commands": [HOSTILE],
                "do_not": [HOSTILE],
                "retry": HOSTILE,
                "playbook": None,
                "seen_before": [{"host": HOSTILE, "time": HOSTILE, "solved_by": HOSTILE}],
            }
        ],
    }
    recover = {"steps": [{"action": HOSTILE, "status": "done", "reason": HOSTILE}]}
    alert = {"id": HOSTILE, "state": "new", "severity": "critical", "message": HOSTILE, "since": HOSTILE}
    return bad(name, HOSTILE, precheck={"checks": checks}, diagnose=diagnose, recover=recover, alerts=[alert])


@pytest.mark.parametrize("language", _texts.LANGUAGES)
def test_the_page_obeys_nothing_that_servers_said(hostile, language):
    files = report.report_files([hostile], "clone", language, now=NOW)
    page = Page(files["clone.html"])
    tags = {tag for tag, _attributes in page.tags}
    assert not tags & {"script", "img", "b", "link", "iframe", "object"}
    assert all(not name.startswith("on") for _tag, attributes in page.tags for name in attributes)
    assert "{{ 7*7 }}" in "".join(page.texts), "the text was shortened, or rendered"
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u202e]", files["clone.html"])


def test_the_page_loads_nothing():
    page = Page(report.report_files([good(), bad()], now=NOW)["clone.html"])
    for _tag, attributes in page.tags:
        assert all(attributes[name].startswith("#") for name in ("href", "src") if name in attributes)
    assert "url(" not in "".join(page.texts)


def test_the_page_is_fit_for_assistive_technology():
    page = Page(report.report_files([good(), bad()], language="zh", now=NOW)["clone.html"])
    by_tag = {}
    for tag, attributes in page.tags:
        by_tag.setdefault(tag, []).append(attributes)
    assert by_tag["html"] == [{"lang": "zh-CN"}]
    assert len(by_tag["main"]) == len(by_tag["header"]) == len(by_tag["h1"]) == 1
    assert all("scope" in attributes for attributes in by_tag["th"])
    assert all(attributes.get("aria-label") for attributes in by_tag["svg"])
    identifiers = [attributes["id"] for _tag, attributes in page.tags if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))


def test_a_chinese_page_says_what_was_found_in_chinese():
    room = check(
        "recipient.disk_space", "fail", "1.0 GiB available in /data, 3.0 GiB needed", remedy="Free 3.0 GiB on /data"
    )
    room["title"] = "Room for the donor's data"
    files = report.report_files([bad(precheck={"checks": [room]})], language="zh", now=NOW)
    for name in ("clone.html", "clone.md"):
        assert "腾出 3.0 GiB" in files[name]
        assert "在源实例上创建或修改该账号" in files[name]
        assert "可用 1.0 GiB，位于 /data，需要 3.0 GiB" in files[name]
    assert "容纳源实例数据的磁盘空间" in files["clone.html"]
    assert "容纳源实例数据的磁盘空间" in files["clone.xml"]
    assert "Room for the donor's data" in files["clone.json"]


def test_the_terminal_obeys_nothing_that_servers_said():
    donor = "db1\x1b]0;owned\x07\x1b[2J\nnode9  cloned\u202e" + "x" * 999
    done = {"changed": True, "clone": clone(source=donor), "attempts": [attempt()]}
    lines = [*report.table([good(clone=done)]), *report.table([good(clone=done)], "precheck")]
    lines.append(clone_run.line("db2", {"seconds": 1.5, "text": donor}))
    assert len(lines) == 5
    assert all(line.isprintable() for line in lines)
    assert all("db1\\x1b]0;owned" in line for line in lines[1::2])
    assert max(map(len, lines)) < 1200


def test_markdown_shows_hostile_words_as_words(hostile):
    lines = report.report_files([hostile], now=NOW)["clone.md"].splitlines()
    assert not any("<script" in line or "<img" in line for line in lines)
    rows = [line for line in lines if line.startswith("| failed |")]
    assert rows
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 5 for row in rows), "a cell was broken up"


def test_junit_is_xml_whatever_servers_said(hostile):
    root = ElementTree.fromstring(report.report_files([hostile], now=NOW)["clone.xml"].encode())
    assert root.get("failures") == "3"
    assert int(root.get("tests")) == len(root.findall("./testsuite/testcase"))


def test_json_is_the_list_of_records():
    assert json.loads(report.report_files([good(), bad()], now=NOW)["clone.json"]) == [good(), bad()]


def shown(record):
    """What each section of a record's host shows."""
    (host,) = _page.model([record], "clone", "en", NOW)["hosts"]
    return {section.name: what for section, what in host["sections"]}


def test_bars_keep_their_places_in_time():
    sections = shown(good())
    assert [(stage["stage"], stage["x"], stage["width"]) for stage in sections["stages"]] == [
        ("DROP DATA", 0.0, 8.33),
        ("FILE COPY", 8.33, 66.67),
        ("RESTART", 75.0, 25.0),
    ]
    assert sections["curve"]["top"] == "100.0 MiB/s"


def drawn(record):
    """The steps of a record's curve as (right edge, height in percent of the highest rate)."""
    curve = shown(record)["curve"]
    points = [tuple(map(float, pair.split(","))) for pair in re.findall(r"L([0-9.]+,[0-9.]+)", curve["path"])]
    return [(x, round((100 - y) / 0.95)) for x, y in points[1:-1:2]], curve


def seen(*looks):
    """A record of a copy that took 8 s from second 1 on, with looks at (seconds, MiB)."""
    samples = [{"seconds": seconds, "bytes": count << 20} for seconds, count in looks]
    return good(clone={"changed": True, "clone": clone(), "samples": samples})


def test_the_curve_shows_what_was_seen():
    # The first look is from before the copy, the last one another attempt's.
    steps, curve = drawn(seen((0.5, 7), (3, 400), (5, 500), (99, 7)))
    assert steps == [(25.0, 100), (50.0, 25), (100.0, 37)]
    assert (curve["top"], curve["label"]) == (
        "200.0 MiB/s",
        "Rate of copying as seen over 8.0 s; the highest is 200.0 MiB/s, the mean 100.0 MiB/s",
    )


def test_a_count_that_comes_once_a_second_is_no_stall():
    steps, _curve = drawn(seen((2, 0), (3, 0), (5, 400), (6, 400), (7, 400)))
    assert steps == [(50.0, 100), (100.0, 100)]


def test_a_stall_is_shown():
    steps, _curve = drawn(seen((2, 400), (4, 400), (6, 400), (7, 400), (8, 600)))
    assert steps == [(12.5, 100), (75.0, 0), (87.5, 50), (100.0, 50)]


def test_the_curve_is_the_mean_where_nothing_was_seen():
    steps, curve = drawn(good())
    assert steps == [(100.0, 100)]
    assert "Mean rate" in curve["label"]


@pytest.mark.parametrize(
    "looks",
    [
        [{"seconds": 2.0, "bytes": 500 << 20}, {"seconds": 2.0, "bytes": 400 << 20}],
        [{"seconds": 1 + look / 1000, "bytes": look << 10} for look in range(1, 7999)],
    ],
)
def test_the_curve_bears_looks_that_are_close_or_go_back(looks):
    steps, _curve = drawn(good(clone={"changed": True, "clone": clone(), "samples": looks}))
    assert len(steps) <= curve_section.SPANS
    assert all(0 <= height <= 100 for _x, height in steps)


def test_the_emergency_timeline_counts_from_the_failure():
    assert [(step["minutes"], step["time"]) for step in shown(bad())["emergency"]] == [
        ("0 min", "2026-11-23T01:00:12Z"),
        ("5 min", "2026-11-23T01:05:12Z"),
        ("15 min", "2026-11-23T01:15:12Z"),
        ("30 min", "2026-11-23T01:30:12Z"),
        ("60 min", "2026-11-23T02:00:12Z"),
        ("24 h", "2026-11-24T01:00:12Z"),
    ]


@pytest.mark.parametrize(("name", "language"), [("../clone", "en"), ("clone", "de")])
def test_what_cannot_be_written_is_refused(name, language):
    with pytest.raises(AnsibleFilterError, match="expected"):
        report.report_files([good()], name, language)


def test_incidents_are_added_once_and_solved_by_the_next_success():
    first = _incidents.added([bad("db2")], "", "clone", NOW)
    assert [(line["host"], line["cause"], line["error"], line["solved_by"]) for line in first] == [
        ("db2", "donor.account", 3862, None)
    ]
    known = _incidents.text("", first)
    assert _incidents.added([bad("db2")], known, "diagnose", NOW) == []
    later = good("db2", clone={"changed": True, "clone": clone(begin_time=NOW, end_time="2026-11-23T02:01:00Z")})
    solved = _incidents.added([later], known, "clone", NOW)
    assert [(line["id"], line["solved_by"]) for line in solved] == [
        (first[0]["id"], "the playbook clone, from 192.0.2.1:3306")
    ]
    known += _incidents.text(known, solved)
    assert len(known.splitlines()) == 2
    assert _incidents.added([later], known, "clone", NOW) == []


def incident(**values):
    row = {"id": "a", "host": "db3", "time": NOW, "clone": None, "cause": "recipient.clone_killed", "error": 1317}
    return json.dumps({**row, "solved_by": None, "verdict": "x", **values})


def diagnosed(cause="recipient.crashed", error=1317, begin="2026-11-23T01:59:00.500000Z", **results):
    causes = [{"id": cause, "code": error, "priority": "immediate", "cause": "it crashed"}]
    view = clone("failed", begin_time=begin, end_time=None) if begin else {}
    return _records.record(
        "db3", {"diagnose": {"clone": view, "causes": causes, "data": "gone", "verdict": "y"}, **results}
    )


@pytest.mark.parametrize(
    ("known", "record"),
    [
        # The fleet could not ask the server any more, whoever looked later could.
        (incident(), diagnosed()),
        (incident(clone="2026-11-23T01:59:00.500000Z", error=3862), diagnosed()),
        (incident(), diagnosed(begin=None)),
    ],
)
def test_who_looks_closer_at_a_known_failure_tells_its_cause(known, record):
    (line,) = _incidents.added([record], known, "diagnose", NOW)
    assert (line["id"], line["cause"], line["verdict"]) == ("a", "recipient.crashed", "y")
    known += "\n" + json.dumps(line)
    assert _incidents.added([record], known, "diagnose", NOW) == []
    # A run that looks less closely takes nothing of that back.
    assert _incidents.added([record], known, "fleet", NOW) == []


@pytest.mark.parametrize(
    ("known", "record"),
    [
        (incident(clone="2026-11-22T01:00:00Z"), diagnosed()),
        (incident(time="2026-11-23T01:58:00Z"), diagnosed()),
        (incident(error=3862), diagnosed()),
        (incident(cause="recipient.crashed", clone="2026-11-22T01:00:00Z", time="2026-11-22T02:00:00Z"), bad("db3")),
        (incident(host="db4"), diagnosed()),
        (incident(solved_by="a clone"), diagnosed()),
    ],
)
def test_another_failure_is_another_incident(known, record):
    (line,) = _incidents.added([record], known, "diagnose", NOW)
    assert line["id"] != "a"


def test_a_second_attempt_that_failed_is_a_second_incident():
    known = incident(clone="2026-11-23T01:00:00Z", time="2026-11-23T01:00:09Z", cause="donor.account", error=3862)
    again = bad("db3")
    again.update(state=None, begin_time=None, end_time=None)
    assert len(_incidents.added([again], known, "fleet", NOW)) == 1
    again["attempts"] = [dict(again["attempts"][0], begin="2026-11-23T01:00:00Z")]
    assert _incidents.added([again], known, "fleet", NOW) == []


def test_a_line_that_was_cut_off_spoils_no_other():
    known = '{"id": "a", "cause": "x", "ho'
    text = _incidents.text(known, [{"id": "b", "cause": "y"}])
    assert [json.loads(line) for line in (known + text).splitlines()[1:]] == [{"id": "b", "cause": "y"}]


def test_a_run_without_news_adds_nothing_to_the_incidents():
    assert report.incidents([good()], now=NOW) == ""
    assert report.incidents([good()], known='{"id": "a", "cause": "x", "ho', now=NOW) == ""
    (line,) = report.incidents([bad("db2")], now=NOW).splitlines()
    assert json.loads(line)["host"] == "db2"


def test_that_another_clone_would_fail_is_no_incident():
    cause = {"id": "recipient.donor_list", "priority": "planned", "cause": "not in the list"}
    record = _records.record(
        "db2", {"diagnose": {"clone": clone(), "causes": [cause], "data": "replaced", "verdict": "x"}}
    )
    assert _incidents.added([record], "", "diagnose", NOW) == []
