# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Will a clone from that donor to this recipient work, and what would it cost?

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _capacity, _gtid
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput, handed_over
from ansible_collections.dbops.mysql_clone.plugins.module_utils._facts import server_facts
from ansible_collections.dbops.mysql_clone.plugins.module_utils._findings import Finding, sentence, with_status
from ansible_collections.dbops.mysql_clone.plugins.module_utils._looking import (
    link_facts,
    look,
    pair_facts,
    refuse_contradictions,
    reserved,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._packed import packed
from ansible_collections.dbops.mysql_clone.plugins.module_utils._rules import (
    configuration,
    disk,
    network,
    privilege,
    quick,
    resource,
    state,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._rules.registry import (
    RULES,
    Options,
    Pair,
    evaluate,
    options,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import Login

# Importing a module of rules is what registers them.
RULE_MODULES = (configuration, disk, network, privilege, quick, resource, state)

__all__ = ("Report", "check", "compare", "interlock", "is_already_cloned", "link_facts", "run", "server_facts")

# What a link session sees afresh, while the facts that were handed on may be minutes old.
_FRESH = (
    "clones",
    "gtid_executed",
    "gtid_purged",
    "now",
    "skew",
    "status",
    "uptime",
    "variables",
    "plugins",
    "builtin_plugins",
    "max_user_connections",
)


# What an administrator's older facts say about sizes is better than nothing, where the clone account may not look.
_SIZES = ("tablespaces", "system_files")


class Report(t.NamedTuple):
    """A pair's findings, those about data that would be lost, and whether the recipient is cloned from that donor already."""

    checks: list[Finding]
    interlock: list[Finding]
    already_cloned: bool
    capacity: dict[str, t.Any]


def is_already_cloned(recipient: t.Mapping[str, t.Any], donor: t.Mapping[str, t.Any] | None, wanted: Options) -> bool:
    """Whether the recipient's data is that of a completed clone of this donor's lineage, and nothing was added to it.

    GTIDs tell the lineage; where the donor writes none, the clone's source (the donor or one of its pool) and the same schemas
    must do.
    """
    clone = recipient.get("clone") or {}
    if (
        donor is None
        or "gtid_executed" not in donor
        or clone.get("state") != "completed"
        or clone.get("error")
        or clone.get("destination") != "LOCAL INSTANCE"
    ):
        return False
    ours, theirs = _gtid.parse(recipient["gtid_executed"]), _gtid.parse(donor["gtid_executed"])
    copied = _gtid.parse(clone.get("gtid_executed"))
    if not copied:
        sources = {f"{wanted.donor_host}:{wanted.donor_port}".lower(), *(label.lower() for label in wanted.pool)}
        names = [{schema["name"] for schema in facts.get("schemas", ())} for facts in (recipient, donor)]
        return (clone.get("source") or "").lower() in sources and not ours and names[0] == names[1]
    return _gtid.contains(ours, copied) and _gtid.contains(theirs, copied) and _gtid.uuids(ours) <= _gtid.uuids(theirs)


def _pair(
    recipient: t.Mapping[str, t.Any] | None,
    donor: t.Mapping[str, t.Any] | None,
    wanted: Options,
    link: t.Mapping[str, t.Any] | None = None,
    probe: t.Mapping[str, t.Any] | None = None,
) -> Pair:
    already = recipient is not None and is_already_cloned(recipient, donor, wanted)
    return Pair(recipient, donor, wanted, link, already, probe)


def check(
    recipient: t.Mapping[str, t.Any] | None,
    donor: t.Mapping[str, t.Any] | None,
    wanted: t.Mapping[str, t.Any],
    link: t.Mapping[str, t.Any] | None = None,
) -> list[Finding]:
    """Run all rules on the facts of one or both sides (pure)."""
    return evaluate(RULES, _pair(recipient, donor, options(wanted), link))


def interlock(
    recipient: t.Mapping[str, t.Any], donor: t.Mapping[str, t.Any] | None, wanted: t.Mapping[str, t.Any]
) -> list[Finding]:
    """The findings about data that the clone would lose (pure): ``fail`` without overwrite, ``warn`` with it."""
    return evaluate((rule for rule in RULES if rule.interlock), _pair(recipient, donor, options(wanted)))


def merged(handed_on: t.Mapping[str, t.Any] | None, link: t.Mapping[str, t.Any] | None) -> dict[str, t.Any] | None:
    """The donor's facts: those that were handed on, made fresh by what the link's own session sees; None without a donor.

    A handed-on fact stays where the link's account sees less.
    """
    if link is None or link["facts"] is None:
        if handed_on is None and link is not None:
            why = link["error"]["message"] if link["error"] else "donor_user was not given"
            return {"label": link["target"], "absent": {}, "reason": why}
        return dict(handed_on) if handed_on is not None else None
    seen = link["facts"]
    if handed_on is None:
        return dict(seen)
    fresh = {name: seen[name] for name in _FRESH if name in seen}
    # The clone account may see only its own sessions.
    fresh["clones"] = seen.get("clones") or handed_on.get("clones", [])
    return {**handed_on, **fresh}


def with_sizes(donor: dict[str, t.Any] | None, known: t.Iterable[t.Mapping[str, t.Any]]) -> dict[str, t.Any] | None:
    """A donor's facts with the sizes that older facts of the same server have, where it lacks them (pure)."""
    for older in known:
        if _usable(older) and donor is not None and older["server_uuid"] == donor.get("server_uuid"):
            donor = {**{name: older[name] for name in _SIZES if name in older}, **donor}
    return donor


def compare(
    recipient: t.Mapping[str, t.Any],
    donor: Login | None,
    wanted: t.Mapping[str, t.Any],
    donor_facts: t.Mapping[str, t.Any] | None = None,
    measure: bool = False,
    known: t.Iterable[t.Mapping[str, t.Any]] = (),
) -> Report:
    """Check a recipient's facts against a donor, which is logged in to. Raises BadInput for facts that are of no use.

    ``known`` are facts of several donors: what this one's say about sizes fills in what the login may not see.
    """
    link, probe = pair_facts(recipient, donor, wanted.get("data_directory"), measure, donor_facts is not None)
    return _compared(recipient, link, probe, wanted, donor_facts, known)


@handed_over("donor_facts")
def _compared(
    recipient: t.Mapping[str, t.Any],
    link: t.Mapping[str, t.Any] | None,
    probe: t.Mapping[str, t.Any],
    wanted: t.Mapping[str, t.Any],
    donor_facts: t.Mapping[str, t.Any] | None,
    known: t.Iterable[t.Mapping[str, t.Any]] = (),
) -> Report:
    donor = with_sizes(merged(_usable(donor_facts), link), known)
    return _report(recipient, donor, options(wanted), link, probe)


def _report(
    recipient: t.Mapping[str, t.Any] | None,
    donor: t.Mapping[str, t.Any] | None,
    wanted: Options,
    link: t.Mapping[str, t.Any] | None = None,
    probe: t.Mapping[str, t.Any] | None = None,
) -> Report:
    pair = _pair(recipient, donor, wanted, link, probe)
    checks = evaluate(RULES, pair)
    if wanted.profile == "quick":
        checks = quick.summary(checks, pair, "donor" if recipient is None else "recipient")
    guarded = evaluate((rule for rule in RULES if rule.interlock), pair)
    return Report(checks, guarded, pair.already_cloned, _capacity.numbers(pair))


def _usable(facts: t.Mapping[str, t.Any] | None) -> t.Mapping[str, t.Any] | None:
    if facts is not None and ("server_uuid" not in facts or "variables" not in facts):
        raise BadInput(
            "donor_facts are no facts of a server: give 'facts' as clone_precheck returned them with side=donor"
        )
    return facts


def run(params: t.Mapping[str, t.Any], check_mode: bool = False) -> dict[str, t.Any]:
    """Look and judge. Nothing is ever changed, so check mode makes no difference."""
    return judge(params, look(params))


def brief(result: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """A result with those of its checks only that fail or warn, and all of them as one text; ``settled`` without an obstacle."""
    told = [check for check in result["checks"] if check["status"] in ("fail", "warn")]
    settled = {} if result["obstacles"] else {"settled": True}
    return {**result, "checks": told, "all_checks": packed(result["checks"]), **settled}


def judge(params: t.Mapping[str, t.Any], seen: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """What the module returns for what was seen, also elsewhere (pure)."""
    refuse_contradictions(params)
    facts = seen["facts"]
    wanted = dict(params, reserve_memory=reserved(params), data_directory=seen["data_directory"])
    if params["side"] == "donor":
        report = _report(None, facts, options(wanted))
    else:
        report = _compared(facts, seen["link"], seen["probe"], wanted, params["donor_facts"])
        if params["profile"] == "full":
            report = report._replace(checks=[*report.checks, *(Finding(**one) for one in seen["swap"])])
    failed, warned = with_status(report.checks, "fail"), with_status(report.checks, "warn")
    obstacles = [finding for finding in failed if finding.repair not in params["repaired_by"]]
    result: dict[str, t.Any] = {
        "changed": False,
        "ready": not failed,
        "checks": [finding.as_dict() for finding in report.checks],
        "failed_checks": [finding.id for finding in failed],
        "obstacles": [finding.id for finding in obstacles],
        "warned_checks": [finding.id for finding in warned],
        "capacity": report.capacity,
        "already_cloned": report.already_cloned,
        "clone": facts.get("clone"),
    }
    if params["return_facts"]:
        result["facts"] = facts
    if obstacles and params["fail_on"] != "never":
        result["failed_message"] = (
            f"{facts['label']}: {sentence([one for one in report.checks if one.status != 'fail' or one in obstacles])}"
        )
    elif warned and params["fail_on"] == "warn":
        result["failed_message"] = f"{facts['label']}: " + "; ".join(f"{one.id}: {one.message}" for one in warned)
    return result
