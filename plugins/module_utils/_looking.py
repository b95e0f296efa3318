# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a check of a pair looks at: the servers, the link between them, the disk.

Judging it is the work of _precheck, which may be done elsewhere: where the module is started on a managed host, the controller
judges, since there the rules are loaded once for all hosts.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import os
import time
import typing as t

from ansible.module_utils.common.text.formatters import human_to_bytes

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _host
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput, CloneError, ServerError
from ansible_collections.dbops.mysql_clone.plugins.module_utils._facts import server_facts
from ansible_collections.dbops.mysql_clone.plugins.module_utils._module import donor_login, own_logins
from ansible_collections.dbops.mysql_clone.plugins.module_utils._packed import packed
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import (
    CONNECTION_LOST,
    UNREACHABLE,
    Login,
    Server,
    connect_first,
    unsuitable,
)

_PINGS = 3
# The client library's number for "the host's name isn't known", which the driver reports as 2003.
_UNKNOWN_HOST = 2005
# The driver could make no sense of the answer.
_NO_PROTOCOL = 2027


def link_facts(login: Login, measure: bool = False, known: bool = False) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """How this host reaches the donor, and what was measured on the way.

    The link: the login's error, or its latency (seconds) and encryption, and what the account may see there (see server_facts
    for a donor that is ``known``).
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
            # Not above: mostly there is a login.
            from ansible_collections.dbops.mysql_clone.plugins.module_utils import _probe

            greeting = _probe.greet(login)
            if greeting.error:
                raise greeting.error
            link["version"] = greeting.version
            _refuse_unsuitable(login.label, greeting.version)
            return link, measured
        with Server(login) as server:
            link["version"] = server.version
            _refuse_unsuitable(login.label, server.version)
            link["encrypted"] = server.encrypted
            link["facts"] = server_facts(server, "donor", host=False, known=known)
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


def pair_facts(
    recipient: t.Mapping[str, t.Any],
    donor: Login | None,
    data_directory: str | None,
    measure: bool,
    known: bool = False,
) -> tuple[dict[str, t.Any] | None, dict[str, t.Any]]:
    """The link to the donor as link_facts tells it (None without a donor), and what was measured of link and disk."""
    donor = _with_certificate(donor, recipient) if donor else None
    link, measured = link_facts(donor, measure, known) if donor else (None, {})
    if donor and link and not link["error"] and donor.user:
        link["untrusted"] = _untrusted(donor, recipient)
    if measure:
        from ansible_collections.dbops.mysql_clone.plugins.module_utils import _probe

        measured.update(_probe.disk_beside(recipient, data_directory))
    return link, measured


def _asked(logins: t.Sequence[Login], question: t.Callable[[Server], t.Any]) -> t.Any:
    """What the server that the task talks to answers. Raises ServerError."""
    try:
        with connect_first(logins) as server:
            return question(server)
    except ServerError as error:
        if error.number not in (*UNREACHABLE, *CONNECTION_LOST):
            raise
    # Not above: only a server that is gone may be in the restart of a clone.
    from ansible_collections.dbops.mysql_clone.plugins.module_utils._job import patiently

    return patiently(logins, question)


def _own_facts(params: t.Mapping[str, t.Any], side: str) -> dict[str, t.Any]:
    """The facts of the server that the task talks to. Raises CloneError with the key recipient_unreachable when it can't."""
    logins = own_logins(params)
    try:
        facts: dict[str, t.Any] = _asked(logins, lambda server: server_facts(server, side))
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


def _swap(params: t.Mapping[str, t.Any], facts: dict[str, t.Any]) -> tuple[str | None, list[dict[str, t.Any]]]:
    """The new directory that clone_run with method=side_by_side would make, and what it would refuse. Raises ServerError."""
    # Not above: hardly anybody clones so.
    from ansible_collections.dbops.mysql_clone.plugins.module_utils import _swap as swap

    new, site = params["data_directory"], {}
    if "host" in facts:
        new = new or swap.dated(os.path.realpath(facts["variables"]["datadir"]), "new", time.time())
        statement = f"SHOW GLOBAL VARIABLES WHERE Variable_name IN ({', '.join(['%s'] * len(swap.VARIABLES))})"
        rows = _asked(own_logins(params), lambda server: server.query(statement, swap.VARIABLES))
        facts["host"]["new_directory"] = _host.new_directory(new)
        site = swap.look(facts, {row["Variable_name"]: row["Value"] for row in rows}, new)
    return new, [finding.as_dict() for finding in swap.findings(facts, site)]


def refuse_contradictions(params: t.Mapping[str, t.Any]) -> None:
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
    reserved(params)


def reserved(params: t.Mapping[str, t.Any]) -> int:
    """The bytes of reserve_memory. Raises BadInput."""
    text = params["reserve_memory"]
    try:
        return int(human_to_bytes(text))
    except ValueError as error:
        raise BadInput(f"reserve_memory is '{text}'; expected a number of bytes, or one with a unit like 4G") from error


def look(params: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """All that the module's work needs of servers and hosts, as plain data."""
    refuse_contradictions(params)
    facts = _own_facts(params, params["side"])
    seen: dict[str, t.Any] = {
        "facts": facts,
        "data_directory": params["data_directory"],
        "swap": [],
        "link": None,
        "probe": {},
    }
    if params["side"] == "donor":
        return seen
    if params["method"] == "side_by_side":
        seen["data_directory"], seen["swap"] = _swap(params, facts)
    donor = donor_login(params) if params["donor_host"] else None
    known = params["donor_facts"] is not None
    seen["link"], seen["probe"] = pair_facts(facts, donor, seen["data_directory"], params["probe"], known)
    return seen


def run(params: t.Mapping[str, t.Any], check_mode: bool = False) -> dict[str, t.Any]:
    """The module's work on a managed host. Nothing is ever changed, so check mode makes no difference."""
    seen = look(params)
    if params["evidence"]:
        return {"changed": False, "evidence": packed(seen)}
    # Not above: mostly the controller judges.
    from ansible_collections.dbops.mysql_clone.plugins.module_utils._precheck import judge

    return judge(params, seen)
