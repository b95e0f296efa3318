# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alerts: rules of one's own, what was known before, and Prometheus' own reader of what is written for it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from hypothesis import example, given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from ansible_collections.dbops.mysql_clone.plugins.filter import monitor
from ansible_collections.dbops.mysql_clone.plugins.module_utils import _monitor

ROOT = Path(__file__).resolve().parents[4]
EARLIER, NOW = "2026-11-23T01:00:00Z", "2026-11-23T02:00:00Z"
HOSTILE = 'db"7\\\n{{ 7*7 }} \x1b[31m'


def result(side="recipient", **values):
    document = {
        **_monitor._empty(1_790_000_000.0),
        "up": True,
        "version": "9.7.0",
        "uptime": 4000,
        "disk": {
            "used_ratio": 0.9,
            "free": 5,
            "path": "/data",
            "file_systems": [{"name": "data", "path": "/data", "free": 5, "total": 50, "used_ratio": 0.9}],
        },
        "memory": {"used_ratio": 0.5, "available": 4 << 30},
        "connections": {"used_ratio": 0.1, "current": 15, "maximum": 150, "highest": 20},
        "log": {"errors": 0, "newest": []},
        **values,
    }
    checks = _monitor.findings(document, side, _monitor.limits({}))
    return {
        "side": side,
        "measured": document,
        "checks": [one.as_dict() for one in checks],
        "marks": {"log": "x", "progress": {}},
    }


HEALTHY = result(disk={"used_ratio": 0.1, "free": 45, "path": "/data", "file_systems": []})


def looked(outcome, known="", host="db2", rules=(), now=NOW):
    found = monitor.alerts(outcome, host, rules, known, now)
    return found, monitor.look(host, "recipient", outcome, found)


def states(found):
    return [(alert["id"], alert["state"], alert["since"]) for alert in found]


def test_an_alert_is_new_then_still_there_then_resolved_then_forgotten():
    found, look = looked(result(), now=EARLIER)
    assert states(found) == [("recipient.disk_used", "new", EARLIER)]
    known = monitor.monitor_state([look])
    found, look = looked(result(), known)
    assert states(found) == [("recipient.disk_used", "still", EARLIER)]
    known = monitor.monitor_state([look], known)
    found, look = looked(HEALTHY, known)
    assert states(found) == [("recipient.disk_used", "resolved", EARLIER)]
    known = monitor.monitor_state([look], known)
    assert looked(HEALTHY, known)[0] == []


DOWN = {"up": False, "why": "connection refused", "why_category": "network", "version": None, "uptime": None}


@pytest.mark.parametrize(
    ("outcome", "alert"),
    [
        ({"unreachable": True, "msg": "Connection timed out"}, "host"),
        (result(**DOWN), "recipient.server"),
        (result(disk=None, absent={"disk": "no permission"}), None),
    ],
)
def test_what_a_look_can_not_judge_is_not_resolved(outcome, alert):
    rule = {"id": "mine", "expression": "uptime > `60`"}
    known = monitor.monitor_state([looked(result(), now=EARLIER, rules=[rule])[1]])
    found, look = looked(outcome, known, rules=[rule])
    assert {(row["id"], row["state"]) for row in found if row["id"] != alert} >= {
        ("recipient.disk_used", "still"),
        ("mine", "still"),
    }
    assert not [row for row in found if row["state"] == "resolved"]
    found = looked(HEALTHY, monitor.monitor_state([look], known))[0]
    resolved = {"recipient.disk_used", "mine"} | ({alert} if alert else set())
    # A rule that is gone has nothing to say any more.
    assert {row["id"] for row in found if row["state"] == "resolved"} == resolved


def test_hosts_that_were_not_looked_at_keep_their_state():
    known = monitor.monitor_state([looked(result(), host="db2")[1], looked(result(), host="db3")[1]])
    after = json.loads(monitor.monitor_state([looked(HEALTHY, known, "db3")[1]], known))["hosts"]
    assert sorted(after["db2"]["alerts"]) == ["recipient.disk_used"]
    assert after["db3"]["alerts"] == {}


def test_the_marks_come_back_for_the_next_look_also_after_one_that_failed():
    known = monitor.monitor_state([looked(result())[1]])
    lost = {"unreachable": True, "msg": "Connection timed out"}
    found, look = looked(lost, known)
    assert [(alert["id"], alert["severity"]) for alert in found if alert["state"] == "new"] == [("host", "critical")]
    assert monitor.marks(monitor.monitor_state([look], known), "db2") == {"log": "x", "progress": {}}
    assert monitor.marks("", "db2") == {}


def test_a_state_that_is_none_is_refused():
    with pytest.raises(AnsibleFilterError, match="remove it"):
        monitor.marks('{"hosts": [', "db2")


@pytest.mark.parametrize(
    ("expression", "alarms"),
    [
        ("uptime > `60`", True),
        ("uptime < `60`", False),
        ("disk.file_systems[?used_ratio > `0.8`]", True),
        ("disk.file_systems[?used_ratio > `0.95`]", False),
        ("nothing.of.the.kind", False),
        ("side == 'recipient' && host == 'db2'", True),
        ("checks[?status == 'fail'].id | contains(@, 'recipient.disk_used')", True),
    ],
)
def test_a_rule_of_ones_own_alarms_where_it_is_true(expression, alarms):
    rule = {"id": "mine", "expression": expression, "message": "look here", "severity": "critical", "category": "disk"}
    found = [alert for alert in looked(result(), rules=[rule])[0] if alert["id"] == "mine"]
    assert [(alert["message"], alert["severity"]) for alert in found] == ([("look here", "critical")] if alarms else [])


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"id": "mine"}, "rule 1 of mysql_clone_rules"),
        ({"id": "mine", "expression": "a >"}, "rule 'mine': 'a >' is no JMESPath"),
        ({"id": "mine", "expression": "uptime"}, "rule 'mine': 'uptime' is 4000 on db2; expected true or false"),
        ({"id": "mine", "expression": "length(uptime)"}, "rule 'mine': .* can't be asked"),
        ({"id": "mine", "expression": "uptime < 'x'"}, "rule 'mine': .* can't be asked"),
        ({"id": "mine", "expression": "(" * 5000}, "rule 'mine': .* is no JMESPath"),
        ({"id": "mine", "expression": "a", "severity": "bad"}, "rule 'mine': severity is 'bad'; expected warning"),
        ({"id": "mine", "expression": "a", "level": 1}, "rule 'mine' has 'level'; expected some of"),
        ({"id": "my rule", "expression": "a"}, "rule 'my rule' can't be called that"),
        ("uptime", "rule 1 of mysql_clone_rules is 'uptime'"),
    ],
)
def test_a_rule_that_is_none_is_named(rule, words):
    with pytest.raises(AnsibleFilterError, match=words):
        looked(result(), rules=[rule])


# What JMESPath is made of, so that more than every hundredth expression is one.
WORDS = st.sampled_from(
    [
        "uptime",
        "disk",
        "version",
        "log.newest",
        "*",
        "[",
        "]",
        "[]",
        "[?",
        "(",
        ")",
        ".",
        "|",
        "||",
        "&&",
        "!",
        "==",
        "<",
        ">",
        "@",
        "&",
        "`1`",
        "`{`",
        "'x'",
        '"x"',
        '"',
        "'",
        "0",
        "-1",
        ":",
        "{",
        "}",
        ",",
        "$",
        "\\",
        "é",
        "length(",
        "sort_by(",
        "to_number(",
        "max(",
        "join(",
        "contains(",
        "abs(",
        "merge(",
        "{{",
        "7*7",
        "}}",
    ]
)


@settings(deadline=None, max_examples=300)
@given(st.lists(WORDS, max_size=7).map("".join) | st.text(max_size=30))
@example("'x' < uptime")
@example("uptime < `{`")
def test_any_expression_alarms_or_is_named(expression):
    rule = {"id": "mine", "expression": expression}
    try:
        said = [alert["message"] for alert in looked(result(), rules=[rule])[0] if alert["id"] == "mine"]
    except AnsibleFilterError as error:
        said = [str(error)]
    named = ("rule 'mine': ", "rule 1 of mysql_clone_rules", f"{expression} is true")
    assert all(text.startswith(named) for text in said)


def families(*looks):
    return {family.name: family for family in text_string_to_metric_families(monitor._alerts.prometheus(looks))}


def test_prometheus_reads_what_is_written_for_it():
    found = families(looked(result())[1], looked(result(), host=HOSTILE)[1])
    assert {name for name, family in found.items() if family.type != "gauge"} == set()
    ratios = {sample.labels["host"]: sample.value for sample in found["mysql_clone_disk_used_ratio"].samples}
    assert ratios == {"db2": 0.9, 'db"7\\\n{{ 7*7 }} \\x1b[31m': 0.9}
    (alert,) = [one for one in found["mysql_clone_alert"].samples if one.labels["host"] == "db2"]
    assert (alert.labels["alert"], alert.labels["severity"]) == ("recipient.disk_used", "critical")
    in_state = {one.labels["state"]: one.value for one in found["mysql_clone_state"].samples}
    assert in_state == {"none": 1, "in_progress": 0, "completed": 0, "failed": 0}


def test_the_file_for_prometheus_keeps_the_hosts_that_were_left_out():
    """Those of the inventory; what is no sample of ours, or of a host that is gone, is not carried along."""
    names = ["db2", HOSTILE, "gone"]
    before = monitor._alerts.prometheus([looked(result(), host=name)[1] for name in names])
    now = [looked(HEALTHY, host="db2")[1]]
    after = monitor._alerts.prometheus(now, before + "other 1\nmysql_clone_up{oops} 1\n", ["db2", HOSTILE])
    rows = {family.name: family.samples for family in text_string_to_metric_families(after)}
    assert len({sample.labels["host"] for sample in rows["mysql_clone_up"]}) == len(rows["mysql_clone_up"]) == 2
    assert [sample.labels["host"] == "db2" for sample in rows["mysql_clone_alert"]] == [False]
    assert sorted(after.splitlines()) == sorted(
        monitor._alerts.prometheus([looked(result(), host=HOSTILE)[1], *now]).splitlines()
    )


def test_what_is_not_known_is_left_out_for_prometheus():
    lost = {"unreachable": True, "msg": "Connection timed out"}
    found = families(looked(lost)[1], looked(HEALTHY, host="db3")[1])
    assert {one.labels["host"]: one.value for one in found["mysql_clone_up"].samples} == {"db2": 0, "db3": 1}
    assert "mysql_clone_disk_used_ratio" not in found
    assert monitor._alerts.prometheus([]) == ""


def test_alert_rules_and_dashboard_ask_for_metrics_that_exist():
    known = {"mysql_clone_" + name for name in monitor._alerts._HELP}
    rules = yaml.safe_load((ROOT / "extensions/monitoring/alert_rules.yml").read_text(encoding="utf-8"))
    expressions = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    board = json.loads((ROOT / "extensions/monitoring/grafana_dashboard.json").read_text(encoding="utf-8"))
    expressions += [target["expr"] for panel in board["panels"] for target in panel.get("targets", ())]

    used = {name for text in expressions for name in re.findall(r"mysql_clone_\w+", text)}
    assert used <= known
    assert len(used) > 8
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
