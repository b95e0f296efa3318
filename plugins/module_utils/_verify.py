# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work of clone_verify: read one server or two, and compare.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _inventory, _verification
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import (
    BadInput,
    CloneError,
    ServerError,
    understood,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._findings import Finding, sentence, with_status
from ansible_collections.dbops.mysql_clone.plugins.module_utils._job import connect_patiently
from ansible_collections.dbops.mysql_clone.plugins.module_utils._module import donor_login, own_logins
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import Login, Server

DATA = frozenset(("schemas", "tables", "rows", "objects", "accounts"))


def wanted(params: t.Mapping[str, t.Any]) -> _inventory.Wanted:
    """What to read. Raises BadInput for numbers out of range."""
    for name, least in (("threads", 1), ("max_threads_running", 0), ("timeout", 1), ("catch_up_timeout", 0)):
        if params[name] < least:
            raise BadInput("%s is %g; expected %d or more" % (name, params[name], least))
    if params["threads"] > 64:
        raise BadInput("threads is %d; expected at most 64" % params["threads"])
    return _inventory.Wanted(
        compare=tuple(params["compare"]),
        checksum=params["checksum"],
        threads=params["threads"],
        max_running=params["max_threads_running"],
        timeout=params["timeout"],
        ignore_tables=tuple(params["ignore_tables"]),
        ignore_accounts=tuple(params["ignore_accounts"]),
    )


def _opener(login: Login, timeout: float) -> t.Callable[[], Server]:
    # The socket's own limit is the last resort, behind the reading's own deadline.
    return lambda: Server(login, read_timeout=timeout + 60)


def _read(login: Login, what: _inventory.Wanted) -> _inventory.Inventory:
    with understood(login.label, "what it holds"):
        return _inventory.collect(_opener(login, what.timeout), what)


def _collect(login: Login, what: _inventory.Wanted, option: str) -> _inventory.Inventory:
    connect = _opener(login, what.timeout)
    if DATA & set(what.compare) or what.checksum != "none":
        with connect() as server:
            if not _inventory.can_read(server):
                raise CloneError(
                    "%s: '%s' can't see all tables. Remedy: GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON *.* to it, or another %s"
                    % (server.label, server.login.user, option),
                    server=server.label,
                )
    return _read(login, what)


def _donor(
    params: t.Mapping[str, t.Any], what: _inventory.Wanted, own: Login
) -> tuple[_inventory.Inventory | None, str]:
    """The donor's inventory from where it can be had; else None and why."""
    if params["donor_inventory"] is not None:
        return _verification.usable(params["donor_inventory"]), ""
    if not params["donor_host"]:
        return None, "neither donor_inventory nor donor_host is given"
    there = donor_login(params)
    logins = [there] if params["donor_user"] else []
    # After a clone this is an account of the donor, too; a password must not go to a server that didn't ask for it in TLS.
    logins.append(
        there._replace(
            user=own.user,
            password=own.password,
            require_tls=True if there.require_tls is None else there.require_tls,
            ca_cert=there.ca_cert or own.ca_cert,
            check_hostname=there.check_hostname if there.ca_cert else own.check_hostname,
            client_cert=own.client_cert,
            client_key=own.client_key,
        )
    )
    try:
        login, reason = _inventory.donor_session(logins, what.timeout)
    except ServerError as error:
        raise CloneError(
            "the donor can't be reached: %s. Check donor_host and donor_port, or give donor_inventory" % error.message,
            **error.details,
        ) from error
    return (_read(login, what), "") if login else (None, f"on {there.label} {reason}")


def _catch_up(server: t.Any, donor: _inventory.Inventory, timeout: float) -> Finding:
    """Wait until the recipient has executed what the donor had (manual: WAIT_FOR_EXECUTED_GTID_SET)."""
    id, title = "recipient.caught_up", "The recipient has caught up"
    gtids = donor["server"]["gtid_executed"]
    if not gtids:
        return Finding(id, title, "state", "skipped", "The donor has no GTIDs to wait for")
    late = server.value("SELECT WAIT_FOR_EXECUTED_GTID_SET(%s, %s)", (gtids, timeout))
    if late:
        message = "Within %g seconds the recipient didn't execute the donor's transactions" % timeout
        return Finding(
            id,
            title,
            "state",
            "fail",
            message,
            remedy="Look for errors and delay by SHOW REPLICA STATUS, or raise catch_up_timeout",
        )
    return Finding(id, title, "state", "ok", "It has executed all that the donor had")


def run(params: t.Mapping[str, t.Any], check_mode: bool) -> dict[str, t.Any]:
    """The module's result."""
    what = wanted(params)
    with connect_patiently(own_logins(params), read_timeout=what.timeout + 60) as server:
        own = server.login
        if params["collect"]:
            return {"changed": False, "inventory": _collect(own, what, "login_user")}
        donor, reason = _donor(params, what, own)
        findings = [_catch_up(server, donor, params["catch_up_timeout"])] if donor and params["replication"] else []
        recipient = _collect(own, what, "login_user")
        state = _inventory.recipient_state(server, recipient["server"]["uptime"])
    options = _verification.Options(
        compare=what.compare,
        checksum=what.checksum,
        replication=params["replication"],
        donor="%s:%d" % (params["donor_host"], params["donor_port"]) if params["donor_host"] else None,
        source=(params["replication_host"], params["replication_port"]) if params["replication_host"] else None,
        pool=tuple(params["pool"]),
    )
    findings += _verification.check(donor, recipient, state, options, reason, what.ignore_accounts)
    result = verdict(findings, params["fail_on"], server.label)
    return dict(result, server=_verification.identity(recipient, params["replication"])._asdict())


def verdict(findings: t.Sequence[Finding], fail_on: str, label: str) -> dict[str, t.Any]:
    """What the module returns of the findings; a failure from ``fail_on`` (fail, warn, never) on."""
    warned = with_status(findings, "warn")
    result: dict[str, t.Any] = {
        "changed": False,
        "verified": not with_status(findings, "fail"),
        "checks": [finding.as_dict() for finding in findings],
        "warnings_found": [finding.message for finding in warned],
    }
    if fail_on != "never" and not result["verified"]:
        result["failed_message"] = "%s: %s" % (label, sentence(findings))
    elif fail_on == "warn" and warned:
        result["failed_message"] = "%s: %s" % (
            label,
            "; ".join(f"{finding.id}: {finding.message}" for finding in warned),
        )
    return result
