# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Following a clone under way: what is told of it, and when it must be ended.

Bytes are the sign of life in the copy stages; elsewhere the server gives only a change of stage and its error log.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _pace, _progress
from ansible_collections.dbops.mysql_clone.plugins.module_utils._context import (
    Background,
    Context,
    Donor,
    Ended,
    OutOfTime,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import ServerError

# Seconds without a sign of life after which the donor is asked whether it lives: with looks every two seconds a dead one is
# known of within five.
DONOR_SILENCE = 2.0
CANCEL_SECONDS = 90.0
# Between two KILL QUERY: one that comes while the server is between two of its steps may be lost.
KILL_AGAIN = 5.0
# Seconds for which a recipient that can't be asked counts as restarting, whatever else is due, and after which it hangs.
_UNSEEN_GRACE, _UNSEEN_SECONDS = 5.0, 30.0
# A clone without progress is looked at as often as this (seconds), however rarely a healthy one is.
_STALLED_POLL = 0.5
# The statement's own return tells of the end. A look that is open in that moment costs the restart two seconds, so looks are
# rarer than they could be, and rarest where the end is due.
_FIRST_POLL = 0.3
_LAST_POLL = 1.0
# The server would wait a year for an open transaction's locks in DROP DATA.
LOCK_WAIT_SECONDS = 60
# What a slow disk syncs in a second.
SYNC_RATE = 50e6
_DDL_TIMEOUT = 300
_ANSWER_SECONDS = 0.2
# Until then a clone can't be completed without its donor (None: before DROP DATA).
_NEEDS_DONOR = (None, "DROP DATA", *_progress.COPY_STAGES)
_LAST_LOGGED = "SELECT MAX(LOGGED) AS logged FROM performance_schema.error_log"


class Verdict(t.NamedTuple):
    """Why a clone must be ended, the retry class of that, what to do and who must; ``why`` is None when it may go on."""

    why: str | None = None
    retry: str = "never"
    remedy: str = ""
    side: str = "client"


def news_seconds(elapsed: float) -> float:
    """Seconds between two lines of progress: a short clone is told in detail, a long one doesn't fill the log."""
    if elapsed < 15:
        return 1.0
    return 5.0 if elapsed < 300 else 30.0


def is_younger(begin: str | None, reference: str | None) -> bool:
    """Whether something began at ``reference`` or later (ISO texts); an absent reference is before everything."""
    first, second = _progress.moment(begin), _progress.moment(reference)
    return first is not None and (second is None or first >= second)


def stall_budget(
    stage: str | None, stall_timeout: float, settings: t.Mapping[str, t.Any], copied: int, donor_answers: bool
) -> float:
    """How many seconds a stage may show nothing before it counts as stalled.

    Before DROP DATA the server may wait for a DDL statement on the donor as long as clone_ddl_timeout allows, which is no
    stall while the donor answers. Nor is clone_delay_after_data_drop, which is a sleep. FILE SYNC shows nothing while it
    writes what was copied to the disk. A copy shows bytes.
    """
    if stage is None:
        patience = float(settings.get("clone_ddl_timeout", _DDL_TIMEOUT)) + 10
        return max(stall_timeout, patience) if donor_answers else stall_timeout
    if stage == "DROP DATA" and donor_answers:
        return stall_timeout + float(settings.get("clone_delay_after_data_drop", 0))
    if stage == "FILE SYNC":
        return stall_timeout + copied / SYNC_RATE
    return stall_timeout


def verdict(
    clone: t.Mapping[str, t.Any], left: float, cancelled: bool, budget: float, donor: str | None, answers: bool
) -> Verdict:
    """Whether a clone under way must be ended. ``donor`` says what is known of a donor that can't go on, ``answers`` whether it is there."""
    if cancelled:
        return Verdict("cancelled as asked", remedy="Run the task again when the clone is wanted.")
    if left <= 0:
        return Verdict(
            "the time for the run is over", remedy="Give it more time (timeout, deadline), or a faster link or donor."
        )
    if clone["stalled_seconds"] >= budget:
        return Verdict(
            "no progress in stage %s for %d seconds (stall_timeout); the donor %s"
            % (
                clone["stage"] or "STARTING",
                clone["stalled_seconds"],
                "answers, so look at the link and at both servers' disks" if answers else "does not answer from here",
            ),
            "next_donor",
            "Mend what holds the clone up, or raise stall_timeout where so long a silence is to be expected, and clone again."
            if answers
            else "See whether the donor's host and the link to it are up, then clone again, or name another donor.",
            "link",
        )
    if donor:
        return Verdict(donor, "next_donor", "Clone again once the donor is up, or name another one.", "donor")
    return Verdict()


class Watching:
    """Looks at one clone after the other."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._watch = _pace.Watch()
        self._logged: t.Any = None
        self._stalled = 0.0
        self._stage: str | None = None

    def follow(self, statement: Background, donor: Donor, state: dict[str, t.Any]) -> None:
        """Until the running statement returns; it is cancelled when it stalls or its time is over. Raises OutOfTime or Ended."""
        context = self._context
        self._watch, self._stalled, self._stage = _pace.Watch(), 0.0, None
        begun = seen = context.link.clock()
        while not statement.wait(self.interval(begun)):
            if state["begun"] is None:
                # The statement's thread asks the same before it sends anything, so nothing begins any more.
                context.check()
                seen = context.link.clock()
                continue
            clone = context.view()
            if clone is None:
                self._unseen(context.link.clock() - seen)
                continue
            seen = context.link.clock()
            if not is_younger(clone["begin_time"], state["begun"]):
                clone = dict(_progress.NONE, state="in_progress")
            self.look(clone, donor, state)

    def _unseen(self, seconds: float) -> None:
        """Judge a recipient that has not answered for some ``seconds`` though the statement's session still stands: it hangs."""
        context = self._context
        if seconds < _UNSEEN_GRACE:
            return
        stands = (
            "the recipient has not answered for %d seconds, so its clone can't be cancelled and may go on" % seconds
        )
        if context.cancelled():
            raise OutOfTime("cancelled as asked, but " + stands)
        if context.left() <= 0:
            raise OutOfTime("the time for the run is over; " + stands)
        if seconds >= max(context.wanted.stall_timeout, _UNSEEN_SECONDS):
            raise Ended(
                stands + " (stall_timeout)",
                context.label,
                "never",
                "See what its server and its host do. When it answers again, run the task again: it joins a clone under way.",
            )

    def look(self, clone: dict[str, t.Any], donor: Donor, state: dict[str, t.Any]) -> None:
        """Tell what there is to tell of a clone under way, and cancel it when it must not go on. Raises OutOfTime."""
        clone = self._observed(clone)
        self._context.samples.take(clone)
        self._tell(clone, state)
        self._cancel_if_due(clone, donor, state)

    def interval(self, begun: float) -> float:
        """Seconds until the next look: often at first and ever more rarely, so that a short clone is seen and a long one not disturbed."""
        least = _LAST_POLL if self._stage == "FILE SYNC" else _FIRST_POLL
        interval = min(self._context.wanted.poll_interval, max(least, (self._context.link.clock() - begun) / 20))
        return min(interval, _STALLED_POLL) if self._stalled >= 1 else interval

    def _observed(self, clone: dict[str, t.Any]) -> dict[str, t.Any]:
        now = self._context.link.clock()
        seen = self._watch.observe(now, clone)
        self._stalled, self._stage = seen["stalled_seconds"], seen["stage"]
        if seen["stage"] in _progress.COPY_STAGES or seen["stalled_seconds"] < self._context.wanted.stall_timeout / 2:
            return seen
        # The only other sign of life, worth a question when it would save the clone.
        logged = None
        with contextlib.suppress(ServerError), self._context.own() as server:
            logged = server.value(_LAST_LOGGED)
        if logged is not None and logged != self._logged:
            if self._logged is not None:
                self._watch.moved(now)
            self._logged = logged
        return self._watch.observe(now, clone)

    def _tell(self, clone: dict[str, t.Any], state: dict[str, t.Any]) -> None:
        """A line when the stage changes or some seconds have passed; the view always."""
        context = self._context
        now = context.link.clock()
        if clone["stage"] != state.get("stage") or now - state.get("told", 0) >= news_seconds(now - context.begun):
            state.update(stage=clone["stage"], told=now)
            context.journal.event(_progress.line(clone), clone)
        else:
            context.journal.observe(clone)

    def _cancel_if_due(self, clone: dict[str, t.Any], donor: Donor, state: dict[str, t.Any]) -> None:
        """End the clone in the server when it must not go on; its statement then returns 1317."""
        context = self._context
        now = context.link.clock()
        if state.get("why"):
            if now - state["cancelled_at"] > CANCEL_SECONDS:
                raise OutOfTime(
                    "%s, but the clone did not end within %d seconds after KILL QUERY" % (state["why"], CANCEL_SECONDS)
                )
            if now - state["killed_at"] >= KILL_AGAIN:
                self._kill(clone, state)
            return
        lost, answers = None, True
        if clone["stalled_seconds"] < DONOR_SILENCE:
            state.pop("donor", None)
        needed = clone["stage"] in _NEEDS_DONOR
        stalled = clone["stalled_seconds"] >= context.wanted.stall_timeout
        if stalled or (needed and clone["stalled_seconds"] >= DONOR_SILENCE):
            lost, answers = self._donor(donor, state)
        budget = stall_budget(
            clone["stage"],
            context.wanted.stall_timeout,
            state.get("variables") or context.wanted.settings,
            clone["bytes_total"],
            answers,
        )
        found = verdict(clone, context.left(), context.cancelled(), budget, lost, answers)
        if found.why:
            state.update(why=found.why, verdict=found, cancelled_at=now)
            context.journal.event("cancelling: " + found.why)
            self._kill(clone, state)

    def _kill(self, clone: t.Mapping[str, t.Any], state: dict[str, t.Any]) -> None:
        state["killed_at"] = self._context.link.clock()
        with contextlib.suppress(ServerError), self._context.own() as server:
            server.execute("KILL QUERY %s", (clone["pid"] or state.get("pid"),))

    def _donor(self, donor: Donor, state: dict[str, t.Any]) -> tuple[str | None, bool]:
        """The donor's last answer, and a new question where none is open: over a frozen link each takes seconds."""
        if state.get("question") is None:
            state["question"] = self._context.link.aside(lambda: self._ask(donor, state["sent"]))
        if state["question"].wait(_ANSWER_SECONDS):
            state["donor"] = state["question"].result or (None, False)
            state["question"] = None
        answer: tuple[str | None, bool] = state.get("donor", (None, False))
        return answer

    def _ask(self, donor: Donor, sent: float) -> tuple[str | None, bool]:
        """Why the donor can't go on, if that is certain, and whether it answers at all.

        One that refuses connections or has restarted can't go on: no use in the server's 300 s of reconnecting. Proved by a
        login; a link that is merely cut gives a time-out or a reset and keeps its reconnect window.
        """
        link = self._context.link
        try:
            with link.open((donor.login._replace(connect_timeout=2),), read_timeout=2.0) as session:
                rows = session.query("SHOW GLOBAL STATUS LIKE 'Uptime'")
        except ServerError as error:
            if error.number in (2003, 2002) and "refused" in error.text.lower():
                return "the donor %s is down (%s)" % (donor.label, error.text), False
            return None, False
        if rows and int(rows[0]["Value"]) < link.clock() - sent - 1:
            return "the donor %s has restarted, so the clone can't be resumed" % donor.label, True
        return None, True
