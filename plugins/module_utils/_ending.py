# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The end of a clone: from the statement's return over the restart to the proof, and what follows a failure.

The decisions are pure functions (``ending``, ``next_step``, ``is_over``).

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import contextlib
import os
import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _progress
from ansible_collections.dbops.mysql_clone.plugins.module_utils._context import (
    INTERRUPTED,
    Context,
    Donor,
    Ended,
    OutOfTime,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import CloneError, ServerError
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import (
    ACCESS_DENIED,
    NO_SUCH_TABLE,
    NOT_ALLOWED,
    Server,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._watching import Watching, is_younger

OK = 0
RESTART_FAILED = 3707
# After these the statement's outcome stands in clone_status, not in the error: the session ended in the restart or was lost.
LOOK_AT_STATUS = (OK, RESTART_FAILED, 2006, 2013, 1053)
SLOT_POLL = 2.0
# Seconds from the statement's return until the server's sessions are gone. It sleeps for two seconds where it finds a single
# one that is open, also one that only asks how far the restart is.
GOING_DOWN = 1.0
# Seconds after which a session that was lost, without a clone to show for it, had not begun one.
_NEVER_BEGUN = 30.0
START_PATIENCE = 30.0
# Seconds for which a run that is cancelled during the restart still waits to tell how the clone has ended.
CANCEL_PATIENCE = 30.0
# How much longer a restart may take than its limit while the server's error log grows, and how long that may be silent.
_STRETCH = 6
_SILENCE = 120.0


class Step(t.NamedTuple):
    """What to do after a failed attempt: ``kind`` is retry, next_donor, wait_slot or stop; ``delay`` in seconds."""

    kind: str
    delay: float
    counts: bool


def ending(number: int, clone: t.Mapping[str, t.Any] | None, begun: str | None, restarted: bool) -> str:
    """What became of a clone whose statement has returned ``number`` (0 for OK): completed, running, failed or waiting.

    ``clone`` is the server's view now, or None when the server can't be asked. A row that began before ``begun`` (the
    server's own time just before the statement) is an older clone's. ``restarted`` tells that the server's uptime is
    younger than the statement, so that nothing of ours can be under way any more.
    """
    if clone is None:
        return "waiting"
    ours = clone["state"] != "none" and is_younger(clone["begin_time"], begun)
    if ours and clone["state"] == "completed":
        return "completed"
    if ours and clone["state"] == "in_progress":
        return "running"
    if ours and clone["state"] == "failed":
        # Between the statement's OK and the shutdown the row is without a session, which is a corpse only after a restart.
        return "failed" if restarted or clone["end_time"] else "waiting"
    # No row of ours: either the server hasn't gone down yet, or it died before the row was written.
    return "failed" if restarted else "waiting"


def next_step(
    retry: str, failures: int, retries: int, delays: t.Sequence[float], donors: int, left: float, jitter: float = 0.0
) -> Step:
    """Choose by the catalogue's retry class after ``failures`` counted failures (this one included); ``left`` seconds remain.

    3634 (wait_slot) uses up no attempt; a pool's next donor is tried at once while there is one not tried since the last
    delay. The delay is cut to what is left, and no time left is a stop.
    """
    if retry == "wait_slot":
        return Step("wait_slot", min(SLOT_POLL, left), False) if left > 0 else Step("stop", 0, False)
    if retry not in ("retry", "next_donor") or failures > retries or left <= 0:
        return Step("stop", 0, True)
    delay = delays[min(failures, len(delays)) - 1] if delays else 0.0
    delay *= 1 + jitter
    if donors > 1 and failures % donors:
        return Step("next_donor", 0, True)
    if delay >= left:
        return Step("stop", 0, True)
    return Step("next_donor" if retry == "next_donor" and donors > 1 else "retry", delay, True)


def is_over(waited: float, silent: float, limit: float, fixed: bool) -> bool:
    """Whether a restart has taken too long: ``waited`` seconds in all, ``silent`` since the error log has last grown.

    A limit that was asked for is one; the own estimate is stretched while recovery tells that it goes on.
    """
    if waited <= limit:
        return False
    return fixed or silent > _SILENCE or waited > _STRETCH * limit


def files_say_completed(datadir: str) -> bool:
    """What the server's own record in its data directory says, where it can be read from here: 2 is a completed clone."""
    try:
        with open(os.path.join(datadir, "#clone", "#view_status"), encoding="utf-8", errors="replace") as file:
            return file.read(100).split()[:1] == ["2"]
    except OSError:
        return False


def ended(state: t.Mapping[str, t.Any], label: str) -> Ended:
    """The failure of a clone that was cancelled for the reason in ``state``."""
    found = state["verdict"]
    return Ended(found.why, label, found.retry, found.remedy, found.side)


class Log:
    """The recipient's error log as a sign of life, where it can be seen from here."""

    def __init__(self, path: str | None, clock: t.Callable[[], float]) -> None:
        self._path = path
        self._clock = clock
        self._size = self._look()
        self._grown = clock()

    def _look(self) -> int:
        try:
            return os.stat(self._path).st_size if self._path else -1
        except OSError:
            return -1

    def silent(self) -> float:
        """Seconds since it has last grown."""
        size = self._look()
        if size != self._size:
            self._size, self._grown = size, self._clock()
        return self._clock() - self._grown


class Ending:
    """Waits for the end of a clone, whoever started it."""

    def __init__(self, context: Context, watching: Watching) -> None:
        self._context = context
        self._watching = watching
        self.error_log: str | None = None

    def join(self, begun: str, donor: Donor) -> dict[str, t.Any]:
        """Follow a clone that somebody else started; the completed view. Raises ServerError or OutOfTime."""
        self._context.journal.event("joining the clone under way")
        return self.wait(2013, donor, {"begun": begun, "sent": self._context.link.clock()})

    def wait(self, number: int, donor: Donor, state: dict[str, t.Any]) -> dict[str, t.Any]:
        """From the statement's return to the proof: restart, login with whatever account works now, the row of this clone."""
        context = self._context
        link, wanted = context.link, context.wanted
        entered = returned = link.clock()
        log = Log(self.error_log, link.clock)
        started = told = running = False
        accounts = (
            *wanted.logins,
            wanted.logins[0]._replace(user=donor.login.user, password=donor.login.password),
        )
        if number == RESTART_FAILED:
            context.journal.event("data copied; the server is not supervised and has stopped (3707)")
        if number in (OK, RESTART_FAILED) and not wanted.data_directory:
            link.sleep(GOING_DOWN)
        while True:
            # A clone that runs is cancelled by whoever looks at it.
            if not running:
                self._check(number, link.clock() - returned)
            running = False
            try:
                with link.open(accounts) as server:
                    context.accounts = (server.login._replace(config_file=None),)
                    uptime = int(server.query("SHOW GLOBAL STATUS LIKE 'Uptime'")[0]["Value"])
                    # The server was up when the statement was sent; the counter is in whole seconds.
                    restarted = uptime + 1 < link.clock() - state["sent"]
                    clone = self._proof(server, number, restarted, state)
            except Ended:
                raise
            except ServerError as error:
                if error.number in ACCESS_DENIED:
                    raise self._locked_out(error) from error
                waited = link.clock() - returned
                if wanted.start_command and not started and (number == RESTART_FAILED or waited > START_PATIENCE):
                    started = True
                    context.journal.event("starting the server with start_command")
                    self._start_when_stopped(number)
                elif not told:
                    told = True
                    by_hand = number == RESTART_FAILED and not wanted.start_command
                    context.journal.event(
                        "start the server by hand: its next start completes the clone"
                        if by_hand
                        else "RESTART    waiting for the server"
                    )
                fixed = wanted.restart_timeout is not None
                if number != RESTART_FAILED and is_over(waited, log.silent(), self.restart_limit(), fixed):
                    raise Ended(
                        "the server has not come back after %d seconds: %s. See its error log" % (waited, error.text),
                        context.label,
                        "never",
                    ) from error
                link.sleep(0.1 if waited < 10 else 0.5)
                continue
            end = ending(number, clone, state["begun"], restarted)
            if end == "completed" and clone is not None:
                context.journal.event(
                    "completed: %s in %s"
                    % (
                        _progress.size(clone["bytes_done"]),
                        _progress.duration(_progress.seconds_between(clone["begin_time"], clone["end_time"])),
                    ),
                    clone,
                )
                return clone
            if end == "failed":
                raise self._failed(clone, state)
            if clone is not None and end == "running":
                running = True
                returned = link.clock()
                self._watching.look(clone, donor, state)
                link.sleep(self._watching.interval(entered))
                continue
            if link.clock() - returned > self._patience(number, clone, state):
                raise Ended(
                    "the session was lost before the clone began"
                    if number not in (OK, RESTART_FAILED)
                    else "the server has not restarted %d seconds after the clone" % (link.clock() - returned),
                    context.label,
                    "retry" if number not in (OK, RESTART_FAILED) else "never",
                    "See the recipient's error log.",
                )
            link.sleep(0.1 if link.clock() - returned < 10 else 0.5)

    def _check(self, number: int, waited: float) -> None:
        """Raises OutOfTime when the end isn't to be waited for any longer; a restart is too late to be cancelled at once."""
        if self._context.left() > 0 and number != RESTART_FAILED and waited < CANCEL_PATIENCE:
            return
        stopped = (
            "; the server has stopped with the data copied, and its next start completes the clone"
            if number == RESTART_FAILED
            else ""
        )
        try:
            self._context.check()
        except OutOfTime as error:
            raise OutOfTime(error.text + stopped) from None

    def _patience(self, number: int, clone: t.Mapping[str, t.Any] | None, state: t.Mapping[str, t.Any]) -> float:
        """How long a server that answers, but neither restarts nor tells of an end, is given (seconds)."""
        ours = clone is not None and clone["state"] != "none" and is_younger(clone["begin_time"], state["begun"])
        return _NEVER_BEGUN if number not in (OK, RESTART_FAILED) and not ours else self.restart_limit()

    def restart_limit(self) -> float:
        """How long a restart may take (seconds): as asked, or ten minutes and what recovery of the data may need."""
        if self._context.wanted.restart_timeout is not None:
            return self._context.wanted.restart_timeout
        copied = (self._context.journal.document.get("clone") or {}).get("bytes_total", 0)
        return float(600 + copied / 50e6)

    def _locked_out(self, error: ServerError) -> CloneError:
        return CloneError(
            "%s: the clone has ended, and now the server refuses every login known here (%s). The accounts are the donor's: "
            "give post_clone_login_user and post_clone_login_password and run again; nothing is cloned twice"
            % (self._context.label, error.text),
            server=self._context.label,
            changed=True,
        )

    def _start_when_stopped(self, number: int) -> None:
        """3707 comes before the server has gone, and a command that still finds it running fails: it is tried again for a while.

        After another ending a supervisor may be at it, which makes a failure of the command none of the clone's.
        """
        context = self._context
        until = context.link.clock() + START_PATIENCE
        while True:
            context.link.sleep(1.0)
            try:
                context.link.command(context.wanted.start_command or "", context.left())
                return
            except CloneError as error:
                if number != RESTART_FAILED:
                    context.journal.event("%s; waiting for the server" % error.message)
                    return
                if context.link.clock() >= until or context.left() <= 0 or context.cancelled():
                    raise

    def _failed(self, clone: dict[str, t.Any] | None, state: dict[str, t.Any]) -> ServerError:
        if state.get("why"):
            return ended(state, self._context.label)
        if clone is None or clone["error"] is None:
            return Ended("the recipient's server was restarted before the clone was done", self._context.label, "retry")
        if clone["error"]["code"] == INTERRUPTED and clone["end_time"] is None:
            return Ended(clone["error"]["message"], self._context.label, "retry")
        return ServerError(clone["error"]["code"], clone["error"]["message"], self._context.label)

    def _proof(self, server: Server, number: int, restarted: bool, state: dict[str, t.Any]) -> dict[str, t.Any] | None:
        """The clone's row, or what stands for it where it can't be read."""
        try:
            return _progress.read(server)
        except ServerError as error:
            if error.number == NO_SUCH_TABLE and restarted:
                # A donor that loads the plugin by plugin-load-add has no row in mysql.plugin, so the recipient lost it.
                with contextlib.suppress(ServerError):
                    server.execute("SET SESSION sql_log_bin = 0")
                    server.execute("INSTALL PLUGIN clone SONAME 'mysql_clone.so'")
                    self._context.warnings.append(
                        "%s: the donor's plugin table has no clone plugin (it loads it by an option), so it was installed again to read the result"
                        % self._context.label
                    )
                    return _progress.read(server)
            if error.number in (NO_SUCH_TABLE, NOT_ALLOWED) and restarted and number in LOOK_AT_STATUS:
                why = (
                    "the clone plugin did not load when the server started (see its error log)"
                    if error.number == NO_SUCH_TABLE
                    else "the login that works now may not read clone_status. Give post_clone_login_* for the proof"
                )
                if number not in (OK, RESTART_FAILED) and not files_say_completed(
                    server.value("SELECT @@GLOBAL.datadir")
                ):
                    # A server that died of the same thing that keeps the plugin away looks just so.
                    raise Ended(
                        "the server has restarted, and what became of the clone can't be read: %s" % why,
                        self._context.label,
                        "repair_first",
                    ) from error
                known = dict(self._context.journal.document.get("clone") or _progress.NONE)
                self._context.warnings.append(
                    "%s: the clone is taken as completed since the server restarted with the donor's accounts: %s"
                    % (self._context.label, why)
                )
                known.update(
                    state="completed", begin_time=known["begin_time"] or state["begun"], percent=100, error=None
                )
                return known
            raise
