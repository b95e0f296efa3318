# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Will a clone from that donor to this recipient work, and what would it cost?

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import os
import time
import typing as t

from ansible.module_utils.common.text.formatters import human_to_bytes

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _capacity, _gtid, _host
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import (
    BadInput,
    CloneError,
    ServerError,
    handed_over,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._facts import server_facts
from ansible_collections.dbops.mysql_clone.plugins.module_utils._findings import Finding, sentence, with_status
from ansible_collections.dbops.mysql_clone.plugins.module_utils._module import donor_login, own_logins
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
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import (
    CONNECTION_LOST,
    UNREACHABLE,
    Login,
    Server,
    connect_first,
    greet,
    unsuitable,
)

# Importing a module of rules is what registers them.
RULE_MODULES = (configuration, disk, network, privilege, quick, resource, state)

__all__ = ("Report", "check", "compare", "interlock", "is_already_cloned", "link_facts", "run", "server_facts")

_PINGS = 3
# The client library's number for "the host's name isn't known", which the driver reports as 2003.
_UNKNOWN_HOST = 2005
# The driver could make no sense of the answer.
_NO_PROTOCOL = 2027
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


def link_facts(login: Login, measure: bool = False) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """How this host reaches the donor, and what was measured on the way.

    The link: the login's error, or its latency (seconds) and encryption, and what the account may see there.
    """
    link: dict[str, t.Any] = {
        "target": login.label,
        "user": login.user,
        "error": None,
        "version": "",
        "encrypted": False,
        "untrusted": None,
        "latency": None,
        "facts": None,
    }
    measured: dict[str, t.Any] = {}
    try:
        if not login.user:
            greeting = greet(login)
            if greeting.error:
                raise greeting.error
            link["version"] = greeting.version
            _refuse_unsuitable(login.label, greeting.version)
            return link, measured
        with Server(login) as server:
            link["version"] = server.version
            _refuse_unsuitable(login.label, server.version)
            link["encrypted"] = server.encrypted
            link["facts"] = server_facts(server, "donor", host=False)
            link["latency"] = min(_ping(server) for _round in range(_PINGS))
            if measure:
                from ansible_collections.dbops.mysql_clone.plugins.module_utils import _probe

                measured = _probe.link(server, int(link["facts"]["variables"]["max_allowed_packet"]))
    except ServerError as error:
        why = unsuitable(error.version) if error.version else None
        link["version"] = error.version
        link["error"] = {"code": 0, "message": f"{login.label} {why}"} if why else _as_clone_says(error)
    except CloneError as error:
        link["error"] = {"code": 0, "message": error.message}
    return link, measured


def _as_clone_says(error: ServerError) -> dict[str, t.Any]:
    """The driver's error by the number that the server's own client has for it."""
    number, text = error.number, error.text
    if number == _NO_PROTOCOL:
        return {"code": 2007, "message": "what answers there does not speak MySQL's classic protocol"}
    if number == 2003 and ("Errno -" in error.text or "getaddrinfo" in error.text):
        number = _UNKNOWN_HOST
    return {"code": number, "message": text}


def _with_certificate(login: Login, recipient: t.Mapping[str, t.Any]) -> Login:
    """Log in with the certificate that the recipient's server would show the donor, where it can be read here."""
    if "host" not in recipient or login.require_tls is False:
        return login
    paths = []
    for variable in ("clone_ssl_cert", "clone_ssl_key"):
        name = recipient["variables"].get(variable)
        path = os.path.join(recipient["variables"]["datadir"], name) if name else ""
        if not os.access(path, os.R_OK):
            return login
        paths.append(path)
    return login._replace(client_cert=paths[0], client_key=paths[1])


def _untrusted(login: Login, recipient: t.Mapping[str, t.Any]) -> str | None:
    """Why the recipient's clone_ssl_ca doesn't verify the donor; empty when it does, None where it can't be tried here."""
    name = recipient["variables"].get("clone_ssl_ca")
    if not name or "host" not in recipient or login.require_tls is False:
        return None
    path = os.path.join(recipient["variables"]["datadir"], name)
    if not os.path.exists(path):
        return f"there is no file {path}"
    if not os.access(path, os.R_OK):
        return None
    try:
        Server(login._replace(ca_cert=path, check_hostname=False)).close()
    except (BadInput, ServerError) as error:
        return error.message
    return ""


def _refuse_unsuitable(label: str, version: str) -> None:
    why = unsuitable(version)
    if why:
        raise CloneError(f"{label} {why}")


def _ping(server: Server) -> float:
    begun = time.perf_counter()
    server.query("SELECT 1")
    return time.perf_counter() - begun


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
        if donor is not None and (_usable(older) or {})["server_uuid"] == donor.get("server_uuid"):
            donor = {**{name: older[name] for name in _SIZES if name in older}, **donor}
    return donor


@handed_over("donor_facts")
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
    given = _usable(donor_facts)
    donor = _with_certificate(donor, recipient) if donor else None
    link, probe = link_facts(donor, measure) if donor else (None, {})
    if donor and link and not link["error"] and donor.user:
        link["untrusted"] = _untrusted(donor, recipient)
    if measure:
        probe.update(_measured_disk(recipient, wanted.get("data_directory")))
    return _report(recipient, with_sizes(merged(given, link), known), options(wanted), link, probe)


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


def _measured_disk(recipient: t.Mapping[str, t.Any], data_directory: str | None) -> dict[str, t.Any]:
    """The disk's rate beside the data directory, or where the new one is going to be; with ``disk_error`` where it can't be."""
    host = recipient.get("host")
    if host is None:
        return {"disk_error": recipient["absent"].get("host", "the host is not known")}
    from ansible_collections.dbops.mysql_clone.plugins.module_utils import _probe

    place = host["new_directory"]["file_system"] if data_directory else host["file_systems"].get("data")
    if place is None:
        return {"disk_error": "the file system can't be looked at"}
    try:
        # Not in the data directory itself, where that can be helped.
        above = os.path.dirname(place["path"].rstrip("/"))
        beside = os.stat(above).st_dev == place["device"] and os.access(above, os.W_OK)
        return _probe.disk(above if beside else place["path"], place["free"])
    except OSError as error:
        return {"disk_error": f"{place['path']}: {error.strerror}"}


def _usable(facts: t.Mapping[str, t.Any] | None) -> t.Mapping[str, t.Any] | None:
    if facts is not None and ("server_uuid" not in facts or "variables" not in facts):
        raise BadInput(
            "donor_facts are no facts of a server: give 'facts' as clone_precheck returned them with side=donor"
        )
    return facts


def _connect(logins: t.Sequence[Login]) -> Server:
    """A session on the server that the task talks to. Raises ServerError."""
    try:
        return connect_first(logins)
    except ServerError as error:
        if error.number not in (*UNREACHABLE, *CONNECTION_LOST):
            raise
    # Not above: only a server that is gone may be in the restart of a clone.
    from ansible_collections.dbops.mysql_clone.plugins.module_utils._job import connect_patiently

    return connect_patiently(logins)


def _own_facts(params: t.Mapping[str, t.Any], side: str) -> dict[str, t.Any]:
    """The facts of the server that the task talks to. Raises CloneError with the key recipient_unreachable when it can't."""
    logins = own_logins(params)
    try:
        with _connect(logins) as server:
            facts = server_facts(server, side)
    except ServerError as error:
        raise CloneError(
            f"the {side} {error.server} can't be logged in to as {logins[0].user or 'the default user'}: {error.text} "
            f"(error {error.number}). Check that it runs, and login_host, login_port, login_user and login_password",
            server=error.server,
            error=error.details["error"],
            recipient_unreachable=True,
        ) from error
    if params.get("data_directory") and "host" in facts:
        facts["host"]["new_directory"] = _host.new_directory(params["data_directory"])
    return facts


def _swap(params: t.Mapping[str, t.Any], facts: dict[str, t.Any]) -> tuple[str | None, list[Finding]]:
    """The new directory that clone_run with method=side_by_side would make, and what it would refuse. Raises ServerError."""
    # Not above: hardly anybody clones so.
    from ansible_collections.dbops.mysql_clone.plugins.module_utils import _swap as swap

    new, site = params["data_directory"], {}
    if "host" in facts:
        new = new or swap.dated(os.path.realpath(facts["variables"]["datadir"]), "new", time.time())
        with _connect(own_logins(params)) as server:
            rows = server.query(
                f"SHOW GLOBAL VARIABLES WHERE Variable_name IN ({', '.join(['%s'] * len(swap.VARIABLES))})",
                swap.VARIABLES,
            )
        facts["host"]["new_directory"] = _host.new_directory(new)
        site = swap.look(facts, {row["Variable_name"]: row["Value"] for row in rows}, new)
    return new, swap.findings(facts, site)


def _refuse_contradictions(params: t.Mapping[str, t.Any]) -> None:
    """Raises BadInput for options that don't fit together, before any server is asked."""
    if params["reserve_factor"] < 1:
        raise BadInput(f"reserve_factor is {params['reserve_factor']:g}; expected 1 or more")
    for name in ("reserve_cpus", "reserve_bandwidth"):
        if params[name] < 0:
            raise BadInput(f"{name} is {params[name]:g}; expected 0 or more")
    for name in ("donor_user", "donor_password", "donor_facts", "probe"):
        if params["side"] == "recipient" and params[name] and not params["donor_host"] and name != "donor_facts":
            raise BadInput(f"{name} is given but donor_host is not: name the donor that is to be checked")
    if params["side"] == "donor" and params["donor_facts"] is not None:
        raise BadInput("donor_facts are for side=recipient: with side=donor they are what the module returns")


def _bytes(name: str, text: str) -> int:
    try:
        return int(human_to_bytes(text))
    except ValueError as error:
        raise BadInput(f"{name} is '{text}'; expected a number of bytes, or one with a unit like 4G") from error


def run(params: t.Mapping[str, t.Any], check_mode: bool = False) -> dict[str, t.Any]:
    """The module's work. Nothing is ever changed, so check mode makes no difference."""
    _refuse_contradictions(params)
    facts = _own_facts(params, params["side"])
    wanted = dict(params, reserve_memory=_bytes("reserve_memory", params["reserve_memory"]))
    if params["side"] == "donor":
        report = _report(None, facts, options(wanted))
    else:
        extra: list[Finding] = []
        if params["method"] == "side_by_side":
            wanted["data_directory"], extra = _swap(params, facts)
        donor = donor_login(params) if params["donor_host"] else None
        report = compare(facts, donor, wanted, params["donor_facts"], params["probe"])
        if params["profile"] == "full":
            report = report._replace(checks=[*report.checks, *extra])
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
