# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alerts from looks at servers: thresholds, the user's own rules, what was known before, and the forms others read (pure).

This plugin util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import datetime
import json
import re
import typing as t

try:
    import jmespath
    from jmespath import exceptions as jmespath_exceptions
except ImportError:
    jmespath = None

from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import printable
from ansible_collections.dbops.mysql_clone.plugins.module_utils._findings import CATEGORIES

Data = t.Mapping[str, t.Any]

SEVERITIES = ("warning", "critical")
_RULE_KEYS = ("id", "expression", "message", "severity", "category")
_RULE_NAME = re.compile(r"[A-Za-z0-9_.-]+\Z")
STATES = ("none", "in_progress", "completed", "failed")
_LONGEST = 1000


class BadRule(Exception):
    """A rule, or the state of earlier looks, can't be used; says what was expected."""


# -- rules -------------------------------------------------------------------------------------------------------------


def _jmespath_errors() -> tuple[type[Exception], ...]:
    """What jmespath raises: its own errors, and Python's where it compares a text with a number or nests too deeply."""
    return (jmespath_exceptions.JMESPathError, RecursionError, TypeError, ValueError)


def compiled(rules: t.Sequence[Data]) -> list[tuple[Data, t.Any]]:
    """The user's rules with their expressions parsed. Raises BadRule that names the rule and what is wrong with it."""
    if not rules:
        return []
    if jmespath is None:
        raise BadRule("mysql_clone_rules needs the Python package jmespath on the controller")
    found = []
    for number, rule in enumerate(rules, 1):
        if not isinstance(rule, t.Mapping) or not rule.get("id") or not rule.get("expression"):
            raise BadRule("rule %d of mysql_clone_rules is %r; expected at least id and expression" % (number, rule))
        name = str(rule["id"])
        unknown = sorted(set(map(str, rule)) - set(_RULE_KEYS))
        if unknown:
            raise BadRule("rule '%s' has '%s'; expected some of %s" % (name, unknown[0], ", ".join(_RULE_KEYS)))
        if not _RULE_NAME.match(name):
            raise BadRule("rule '%s' can't be called that; expected letters, digits, '_', '.' and '-'" % name)
        for key, choices in (("severity", SEVERITIES), ("category", CATEGORIES)):
            if rule.get(key) and rule[key] not in choices:
                raise BadRule("rule '%s': %s is '%s'; expected %s" % (name, key, rule[key], ", ".join(choices)))
        try:
            expression = jmespath.compile(str(rule["expression"]))
        except _jmespath_errors() as error:
            raise BadRule("rule '%s': '%s' is no JMESPath: %s" % (name, rule["expression"], error)) from error
        found.append((rule, expression))
    return found


def broken(rules: t.Sequence[Data], document: Data) -> list[dict[str, t.Any]]:
    """The alerts of the user's rules whose expressions are true of a document. Raises BadRule."""
    alerts = []
    for rule, expression in compiled(rules):
        try:
            value = expression.search(document)
        except _jmespath_errors() as error:
            raise BadRule(
                "rule '%s': '%s' can't be asked of what was measured on %s: %s"
                % (rule["id"], rule["expression"], document["host"], error)
            ) from error
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            raise BadRule(
                "rule '%s': '%s' is %s on %s; expected true or false, so compare it (numbers stand in backticks)"
                % (rule["id"], rule["expression"], value, document["host"])
            )
        # As JMESPath has it: null, false and whatever is empty are false.
        if value:
            message = str(rule.get("message") or "%s is true" % rule["expression"])
            alerts.append(
                _alert(str(rule["id"]), rule.get("severity") or "warning", rule.get("category") or "state", message)
            )
    return alerts


# -- alerts ------------------------------------------------------------------------------------------------------------


def _alert(name: str, severity: str, category: str, message: str, remedy: str | None = None) -> dict[str, t.Any]:
    return {
        "id": name,
        "severity": str(severity),
        "category": str(category),
        "message": printable(str(message), _LONGEST),
        "remedy": remedy,
    }


def active(host: str, result: Data, rules: t.Sequence[Data]) -> list[dict[str, t.Any]]:
    """The alerts that a look gives rise to. Raises BadRule."""
    if result.get("unreachable") or "measured" not in result:
        said = str(result.get("msg") or "the host could not be looked at")
        return [_alert("host", "critical", "network", said, "See whether the host runs, and the login of Ansible")]
    found = [
        _alert(
            check["id"],
            "critical" if check["status"] == "fail" else "warning",
            check["category"],
            check["message"],
            check["remedy"],
        )
        for check in result["checks"]
        if check["status"] in ("warn", "fail")
    ]
    return found + broken(rules, dict(result["measured"], host=host, side=result["side"], checks=result["checks"]))


def state_of(known: str) -> dict[str, t.Any]:
    """What earlier looks left behind. Raises BadRule when it isn't that."""
    if not known.strip():
        return {"hosts": {}}
    try:
        state = json.loads(known)
        return {"hosts": {str(host): dict(row) for host, row in state["hosts"].items()}}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadRule("monitor_state.json isn't what the monitor wrote (%s); remove it" % error) from error


def unjudged(result: Data, rules: t.Sequence[Data], names: t.Iterable[str]) -> set[str]:
    """Of earlier alerts those that a look can say nothing of: the host was away, or a value couldn't be measured."""
    if result.get("unreachable") or "measured" not in result:
        return set(names) - {"host"}
    mute = {check["id"] for check in result["checks"] if check["status"] == "skipped"}
    if not result["measured"]["up"]:
        # Next to nothing is known of a server that is down, and to an expression the unknown is false.
        mute |= {str(rule["id"]) for rule in rules}
    return mute & set(names)


def compared(host: str, result: Data, rules: t.Sequence[Data], known: str, now: str) -> list[dict[str, t.Any]]:
    """The alerts of a host with ``state`` new, still or resolved, and ``since`` when (ISO 8601, UTC). Raises BadRule.

    What this look can't judge stands as it did.
    """
    before = state_of(known)["hosts"].get(host, {}).get("alerts", {})
    alerts = active(host, result, rules)
    names = {alert["id"] for alert in alerts}
    mute = unjudged(result, rules, before)
    found = [
        dict(
            alert,
            host=host,
            state="still" if alert["id"] in before else "new",
            since=before.get(alert["id"], {}).get("since", now),
        )
        for alert in alerts
    ]
    found += [
        dict(row, id=name, host=host, state="still" if name in mute else "resolved", remedy=None)
        for name, row in before.items()
        if name not in names
    ]
    return sorted(found, key=lambda alert: (alert["state"] == "resolved", alert["severity"] != "critical", alert["id"]))


def next_state(known: str, looks: t.Sequence[Data]) -> str:
    """The state to keep, as JSON: of each look ``host``, ``alerts`` and ``marks``. Hosts that weren't looked at keep theirs."""
    hosts = state_of(known)["hosts"]
    for look in looks:
        row = hosts.setdefault(look["host"], {})
        row["alerts"] = {
            alert["id"]: {name: alert[name] for name in ("since", "severity", "category", "message")}
            for alert in look["alerts"]
            if alert["state"] != "resolved"
        }
        if look["marks"]:
            row["marks"] = look["marks"]
    return json.dumps({"hosts": hosts}, indent=2, sort_keys=True) + "\n"


def line(alert: Data) -> str:
    """An alert in one line for people."""
    return "%s %s: %s (%s since %s)" % (
        alert["severity"].upper() if alert["state"] != "resolved" else "RESOLVED",
        alert["id"],
        alert["message"],
        alert["state"],
        alert["since"],
    )


# -- Prometheus --------------------------------------------------------------------------------------------------------

_HELP = {
    "up": "Whether the server answered.",
    "uptime_seconds": "For how long the server has been running.",
    "disk_used_ratio": "Used share of the server's file system.",
    "disk_free_bytes": "Room on the server's file system.",
    "memory_used_ratio": "Used share of the memory.",
    "connections": "Sessions.",
    "connections_maximum": "max_connections.",
    "connections_used_ratio": "Sessions as a share of max_connections.",
    "state": "1 for the state that the last clone is in.",
    "progress_ratio": "Share of the bytes that are copied.",
    "copied_bytes": "Bytes that are copied.",
    "estimated_bytes": "Bytes to copy, as the server estimates.",
    "stalled_seconds": "For how long the clone has made no progress.",
    "log_errors": "Errors in the log since the look before.",
    "alert": "1 for each alert.",
    "looked_timestamp_seconds": "When the server was looked at.",
}


def _escaped(value: t.Any) -> str:
    """A label's value (Prometheus text format: backslash, quote and line feed are escaped)."""
    return printable(str(value)).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _samples(look: Data) -> t.Iterator[tuple[str, dict[str, t.Any], float | None]]:
    own = {"host": look["host"], "side": look["side"]}
    measured = look["measured"]
    for alert in look["alerts"]:
        if alert["state"] != "resolved":
            labels = {"alert": alert["id"], "severity": alert["severity"], "category": alert["category"]}
            yield "alert", {**own, **labels}, 1
    if not measured:
        yield "up", own, 0
        return
    yield "up", own, float(bool(measured["up"]))
    yield "uptime_seconds", own, measured["uptime"]
    for place in (measured["disk"] or {}).get("file_systems", ()):
        labels = {**own, "file_system": place["name"], "path": place["path"]}
        yield "disk_used_ratio", labels, place["used_ratio"]
        yield "disk_free_bytes", labels, place["free"]
    yield "memory_used_ratio", own, (measured["memory"] or {}).get("used_ratio")
    sessions = measured["connections"] or {}
    yield "connections", own, sessions.get("current")
    yield "connections_maximum", own, sessions.get("maximum")
    yield "connections_used_ratio", own, sessions.get("used_ratio")
    clone = measured["clone"]
    if look["side"] == "recipient" and measured["up"] and "clone" not in measured["absent"]:
        for state in STATES:
            yield "state", {**own, "state": state}, float(clone["state"] == state)
        yield "progress_ratio", own, clone["percent"] / 100
        yield "copied_bytes", own, clone["bytes_done"]
        yield "estimated_bytes", own, clone["bytes_total"]
        yield "stalled_seconds", own, clone["stalled_seconds"]
    yield "log_errors", own, (measured["log"] or {}).get("errors")
    moment = datetime.datetime.fromisoformat(measured["time"].rstrip("Z")).replace(tzinfo=datetime.timezone.utc)
    yield "looked_timestamp_seconds", own, moment.timestamp()


_SAMPLE = re.compile(r'mysql_clone_(?P<name>\w+)\{host="(?P<host>(?:[^"\\\n]|\\.)*)",.*\} \S+\Z')


def prometheus(looks: t.Sequence[Data], before: str = "", others: t.Iterable[str] = ()) -> str:
    """The looks in Prometheus' text format, for the textfile collector of node_exporter. What isn't known is left out.

    ``before`` is the file as it stands: what it says of ``others``, hosts that weren't looked at now, is kept.
    """
    families: dict[str, list[str]] = {name: [] for name in _HELP}
    kept = {_escaped(host) for host in others} - {_escaped(look["host"]) for look in looks}
    for text in before.splitlines():
        sample = _SAMPLE.match(text)
        if sample and sample["host"] in kept and sample["name"] in families:
            families[sample["name"]].append(text)
    for look in looks:
        for name, labels, value in _samples(look):
            if value is not None:
                shown = ",".join('%s="%s"' % (key, _escaped(text)) for key, text in labels.items())
                families[name].append("mysql_clone_%s{%s} %s" % (name, shown, repr(float(value))))
    lines = []
    for name, samples in families.items():
        if samples:
            lines += [
                "# HELP mysql_clone_%s %s" % (name, _HELP[name]),
                "# TYPE mysql_clone_%s gauge" % name,
                *samples,
            ]
    return "".join(text + "\n" for text in lines)
