# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""clone_run: from the module's parameters to the detached operation and back.

Everything the detached process needs is imported here, at the top: Ansible removes the module's files when it returns.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import os
import time
import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _job, _operation, _settings, _swap
from ansible_collections.dbops.mysql_clone.plugins.module_utils._context import Donor, Link, Wanted
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput, CloneError, ServerError
from ansible_collections.dbops.mysql_clone.plugins.module_utils._module import donor_login, own_logins

CANCEL_SECONDS = 60.0
# What a run's journal tells the next one, where it was killed.
LEFT = ("settings_before", "donor_settings_before", "begun", "before", "dropped", "swap")


def donors(params: t.Mapping[str, t.Any]) -> tuple[Donor, ...]:
    """The pool in order of preference. Raises BadInput for a donor that can't be one (see _sql.donor_entry)."""
    entries = params["donors"]
    if entries is None:
        entries = [{"host": params["donor_host"], "port": params["donor_port"], "user": None, "password": None}]
    found = tuple(
        Donor(
            donor_login(
                dict(
                    params,
                    donor_host=entry["host"],
                    donor_port=entry["port"],
                    donor_user=entry["user"] or params["donor_user"],
                    donor_password=params["donor_password"] if entry["password"] is None else entry["password"],
                )
            ),
            entry.get("zone"),
        )
        for entry in entries
    )
    for donor in found:
        if not donor.login.user:
            raise BadInput(
                "donor_user is missing for the donor %s: expected the name of its clone account" % donor.label
            )
    if not found:
        raise BadInput("donors is empty: expected at least one donor")
    return found


def donor_admin(params: t.Mapping[str, t.Any]) -> tuple[str | None, str | None] | None:
    """User and password of the donors' administrator: as given, or who logs in after the clone, with the donor's accounts."""
    for prefix in ("donor_login", "post_clone_login"):
        user, password = params[prefix + "_user"], params[prefix + "_password"]
        if user or password:
            return user or params["login_user"], password
    return None


def wanted(params: t.Mapping[str, t.Any]) -> Wanted:
    """The parameters as the operation takes them. Raises BadInput naming the option."""
    for name, least in (("timeout", 1), ("stall_timeout", 1), ("poll_interval", 0.05), ("retries", 0)):
        if params[name] < least:
            raise BadInput("%s is %s; expected %s or more" % (name, params[name], least))
    if any(delay < 0 for delay in params["retry_delays"]):
        raise BadInput("retry_delays holds a negative number; expected seconds")
    directory = params["data_directory"]
    if directory and not directory.startswith("/"):
        raise BadInput(
            "data_directory '%s' is not absolute (error 1525 would follow); expected a path that begins with /"
            % directory
        )
    return Wanted(
        donors=donors(params),
        logins=tuple(own_logins(params)),
        method=params["method"],
        data_directory=directory,
        require_ssl=params["require_ssl"],
        overwrite=params["overwrite"],
        force=params["force"],
        retries=params["retries"],
        retry_delays=tuple(params["retry_delays"]),
        timeout=params["timeout"],
        stall_timeout=params["stall_timeout"],
        restart_timeout=params["restart_timeout"],
        deadline=params["deadline"],
        poll_interval=params["poll_interval"],
        settings=_settings.checked(params["settings"]),
        donor_settings=_settings.checked(params["donor_settings"], "donor_settings"),
        donor_admin=donor_admin(params),
        donor_order=params["donor_order"],
        zone=params["zone"],
        max_donor_lag=params["max_donor_lag"],
        start_command=params["start_command"],
        donor_facts=tuple(params["donor_facts"]),
    )


class Silent:
    """The journal of a run that only plans: it tells nobody."""

    document: t.ClassVar[dict[str, t.Any]] = {}

    def event(self, text: str, clone: t.Any = None) -> None:
        """Nobody listens."""

    def observe(self, clone: t.Any) -> None:
        """Nobody looks."""

    def keep(self, **values: t.Any) -> None:
        """Nothing is changed, so nothing must be remembered."""


def run(params: t.Mapping[str, t.Any], check_mode: bool) -> dict[str, t.Any]:
    """The module's body."""
    job = _job.find(own_logins(params), params["state_directory"])
    if params["state"] == "cancelled":
        return _cancel(params, check_mode, job)
    goal = wanted(params)
    if check_mode:
        return _planned(goal, job)
    return _cloned(params, goal, job)


def _envelope(**values: t.Any) -> dict[str, t.Any]:
    return dict(
        {"finished": True, "attached": False, "events": [], "seen": 0, "diagnosis": None, "restored": []}, **values
    )


def _unfinished(job: _job.Job) -> dict[str, t.Any] | None:
    """The swap that a killed run left, for the next one to bring to an end."""
    swap = (job.read() or {}).get("swap")
    return swap if _swap.is_unfinished(swap) else None


def _left(last: dict[str, t.Any]) -> dict[str, t.Any]:
    """What the last run leaves to the next: all that it remembers where it was killed; else a clone that it lost sight of."""
    if not last.get("finished"):
        return last
    recent = time.time() - last.get("ended", 0) < _job.UNTOLD_SECONDS
    return {"begun": last.get("begun")} if last.get("failure") and recent else {}


def _destination(goal: Wanted) -> list[str | None]:
    """Where a run clones to, as its journal says."""
    return [goal.method, os.path.normpath(goal.data_directory) if goal.data_directory else None]


def _planned(goal: Wanted, job: _job.Job) -> dict[str, t.Any]:
    unfinished = _unfinished(job)
    if unfinished and unfinished["goal"] != "none" and not job.alive():
        return _envelope(
            changed=True,
            clone=None,
            reason="a swap of data directories that an interrupted run began would be brought to an end",
            checks=[],
            attempts=[],
            given_up=None,
        )
    operation = _operation.Operation(goal, Silent())
    planned = operation.plan()
    return _envelope(
        changed=planned["changed"],
        clone=planned["clone"],
        reason=planned["reason"],
        checks=[finding.as_dict() for finding in operation.checks],
        attempts=[],
        given_up=operation.before if goal.overwrite else None,
    )


def _unheard(goal: Wanted, job: _job.Job) -> bool:
    """Whether the clone that is asked for has been made by a run whose controller was killed meanwhile."""
    document = job.untold()
    clone = ((document or {}).get("result") or {}).get("clone")
    if document is None or document.get("recovery") or not clone or not document["result"]["changed"]:
        return False
    if not {donor.label for donor in goal.donors} & set(document.get("donors", ())):
        return False
    if document.get("destination", _destination(goal)) != _destination(goal):
        return False
    try:
        now = _operation.current(goal.logins, Link())
    except (CloneError, ServerError):
        return False
    return (now["state"], now["begin_time"]) == ("completed", clone["begin_time"])


def _cloned(params: t.Mapping[str, t.Any], goal: Wanted, job: _job.Job) -> dict[str, t.Any]:
    labels = [donor.label for donor in goal.donors]
    last = job.read() or {}
    # A caller that has seen something follows its own job.
    following = bool(params["seen"] and last)
    attached = not following and _unheard(goal, job)
    if not following and not attached:
        left = dict(_left(last), swap=_unfinished(job))
        started = job.start(
            # What a killed run left to do stands in the new journal from its first byte on.
            {
                "recipient": goal.logins[0].label,
                "donors": labels,
                "destination": _destination(goal),
                **{name: left.get(name) for name in LEFT},
                "kept": _swap.kept(last),
            },
            lambda journal: _operation.Operation(goal, journal, cancelled=job.cancel_asked).run(left),
        )
        attached = not started
        if attached:
            _same_goal(goal, job.read() or {})
    document = job.wait(params["seen"], params["wait_seconds"])
    envelope = _envelope(
        attached=attached,
        finished=bool(document.get("finished")),
        events=[event for event in document.get("events", []) if event["number"] > params["seen"]],
        seen=document.get("count", 0),
    )
    if not document.get("finished"):
        return dict(envelope, changed=True, clone=document.get("clone"), reason="the clone is under way", attempts=[])
    if _job.is_heard():
        # Else whoever asks next hears of this clone first, also with force.
        job.told()
    if document["failure"]:
        failure = dict(document["failure"])
        return dict(
            envelope,
            failed_message=failure.pop("msg"),
            **{name: value for name, value in failure.items() if name not in envelope or value},
        )
    return dict(envelope, **document["result"])


def _same_goal(goal: Wanted, document: t.Mapping[str, t.Any]) -> None:
    """Raises CloneError where the run under way has another goal than the one that is asked for."""
    label = goal.logins[0].label
    labels = [donor.label for donor in goal.donors]
    other = ""
    if not set(labels) & set(document.get("donors", labels)):
        other = "from another donor (%s)" % ", ".join(document["donors"])
    elif document.get("destination", _destination(goal)) != _destination(goal):
        method, directory = document["destination"]
        other = "to another place (method=%s%s)" % (method, ", data_directory=%s" % directory if directory else "")
    if other:
        raise CloneError(
            "%s: a run %s is under way on this host. Wait for it, or end it with state=cancelled" % (label, other),
            server=label,
        )


def _cancel(params: t.Mapping[str, t.Any], check_mode: bool, job: _job.Job) -> dict[str, t.Any]:
    link = Link()
    logins = tuple(own_logins(params))
    if check_mode:
        clone = _operation.current(logins, link)
        return _envelope(
            changed=clone["state"] == "in_progress",
            clone=clone,
            reason="a clone under way would be cancelled",
            attempts=[],
        )
    watched = job.alive()
    if watched:
        job.ask_to_cancel()
    ended, clone = _operation.cancel(logins, link, CANCEL_SECONDS, patient=watched)
    if not watched:
        reason = "the clone was cancelled" if ended else "no clone was under way"
        return _envelope(changed=ended, clone=clone, reason=reason, attempts=[])
    document = job.wait(0, CANCEL_SECONDS)
    label = logins[0].label
    if not document.get("finished"):
        raise CloneError(
            "%s: the run that was asked to end is still at work after %d seconds: %s"
            % (label, CANCEL_SECONDS, (document.get("events") or [{"text": "no word from it"}])[-1]["text"]),
            server=label,
            clone=clone,
        )
    result = document.get("result")
    return _envelope(
        changed=not result,
        clone=(result or {}).get("clone") or clone,
        reason="the run had come to its end before it could be cancelled: %s" % result.get("reason", "all is done")
        if result
        else "the clone was cancelled",
        attempts=(result or document.get("failure") or {}).get("attempts") or [],
        restored=(result or document.get("failure") or {}).get("restored") or [],
    )
