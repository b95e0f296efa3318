# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looking at a clone, once or until it has ended.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _pace, _progress
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput, CloneError, ServerError
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import (
    ACCESS_DENIED,
    CONNECTION_LOST,
    NO_SUCH_TABLE,
    NOT_ALLOWED,
)


class Wait(t.NamedTuple):
    """What to wait for (completed, idle or None), and the limits in seconds."""

    goal: str | None
    timeout: float
    interval: float
    stall: float


def status(server: t.Any) -> dict[str, t.Any]:
    """The server's clone; a server without the plugin has none. Raises CloneError where the login may not look."""
    try:
        return _progress.read(server)
    except ServerError as error:
        if error.number == NO_SUCH_TABLE:
            return dict(_progress.NONE)
        if error.number == NOT_ALLOWED:
            raise CloneError(
                "%s: '%s' may not read the state of the clone. Remedy: GRANT SELECT ON performance_schema.* to it"
                % (server.label, server.login.user),
                server=server.label,
                error={"code": error.number, "message": error.text},
            ) from error
        raise


def verdict(goal: str | None, clone: t.Mapping[str, t.Any]) -> str:
    """``done``, ``wait``, or the sentence that says why the goal can't be reached any more."""
    if goal is None or (goal == "idle" and clone["state"] != "in_progress"):
        return "done"
    if goal == "completed":
        if clone["state"] == "completed":
            return "done"
        if clone["state"] == "none":
            return "there is no clone to wait for"
        if clone["state"] == "failed":
            return "the clone failed: %(message)s (error %(code)s)" % (
                clone["error"] or {"message": "no message", "code": 0}
            )
    return "wait"


def wait(
    connect: t.Callable[[], t.Any],
    wanted: Wait,
    label: str,
    clock: t.Callable[[], float],
    sleep: t.Callable[[float], None],
) -> dict[str, t.Any]:
    """Look until the goal is reached; each look is a session of its own, since an open one holds up the clone's restart.

    A server that doesn't answer while something is waited for is in the clone's restart. The result carries
    ``failed_message`` when the goal can't be reached or the time is over.
    """
    if wanted.interval <= 0:
        raise BadInput("poll_interval is %s; expected more than 0 seconds" % wanted.interval)
    watch = _pace.Watch()
    until = clock() + wanted.timeout
    clone: dict[str, t.Any] = dict(_progress.NONE)
    while True:
        try:
            with connect() as server:
                clone = watch.observe(clock(), status(server))
        except ServerError as error:
            gone = error.stage == "connect" or error.number in CONNECTION_LOST
            if wanted.goal is None or not gone or error.number in ACCESS_DENIED or clock() >= until:
                raise
        else:
            said = verdict(wanted.goal, clone)
            if said == "done":
                return {"changed": False, "clone": clone}
            if said != "wait":
                return {"changed": False, "clone": clone, "failed_message": "%s: %s" % (label, said)}
            if wanted.stall and clone["stalled_seconds"] >= wanted.stall:
                return {
                    "changed": False,
                    "clone": clone,
                    "failed_message": "%s: the clone has made no progress in stage %s for %d seconds"
                    % (label, clone["stage"], clone["stalled_seconds"]),
                }
        if clock() >= until:
            return {
                "changed": False,
                "clone": clone,
                "failed_message": "%s: the clone was still under way (%s) after %d seconds"
                % (label, _progress.line(clone), wanted.timeout),
            }
        sleep(min(wanted.interval, max(0.05, until - clock())))
