# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state machine of one clone: plan, attempts, the swap, and the result.

What a clone needs on the way is beside it: ``_pool`` (which donor, whose turn), ``_settings`` (variables), ``_watching`` (the
running statement), ``_ending`` (restart, proof, what follows a failure), ``_swap`` (data directories).

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import os
import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils import (
    _errors,
    _host,
    _precheck,
    _progress,
    _sql,
    _swap,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._context import (
    Context,
    Donor,
    Ended,
    Link,
    OutOfTime,
    Wanted,
    keep_if_possible,
    utc,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._ending import (
    LOOK_AT_STATUS,
    OK,
    Ending,
    ended,
    next_step,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import CloneError, ServerError
from ansible_collections.dbops.mysql_clone.plugins.module_utils._findings import Finding, sentence, with_status
from ansible_collections.dbops.mysql_clone.plugins.module_utils._pool import Pool
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import ACCESS_DENIED, Login, Server
from ansible_collections.dbops.mysql_clone.plugins.module_utils._settings import Settings
from ansible_collections.dbops.mysql_clone.plugins.module_utils._status import status
from ansible_collections.dbops.mysql_clone.plugins.module_utils._watching import (
    KILL_AGAIN,
    LOCK_WAIT_SECONDS,
    Watching,
    is_younger,
)

ENTRY_PATIENCE = 60.0
NO_SUCH_THREAD = 1094
# Seconds that a supervisor is given before an interrupted run's server is started.
START_AGAIN = 10.0


class Operation:
    """One run for one recipient."""

    def __init__(
        self, wanted: Wanted, journal: t.Any, link: Link | None = None, cancelled: t.Callable[[], bool] = lambda: False
    ) -> None:
        self.context = Context(wanted, journal, link or Link(), cancelled)
        self.attempts: list[dict[str, t.Any]] = []
        self.checks: list[Finding] = []
        self.before: dict[str, t.Any] = {}
        self._settings = Settings(self.context)
        self._pool = Pool(self.context)
        self._watching = Watching(self.context)
        self._ending = Ending(self.context, self._watching)
        self._first_begin: str | None = None
        self._has_dropped = False
        self._under_way = False
        # Whose statement was the last one that returned, and when: what the donor may keep of it is ended.
        self._last: tuple[Donor, float] | None = None
        self._source: str | None = None
        self._swap: _swap.Swap | None = None
        self._swap_checks: list[Finding] = []

    @property
    def wanted(self) -> Wanted:
        """What was asked for, as far as it is known by now: the plan names a directory and orders the donors."""
        return self.context.wanted

    @property
    def label(self) -> str:
        """The recipient's name in messages."""
        return self.context.label

    def _first_session(self, interrupted: bool = False) -> Server:
        """The recipient at entry: it may be in the restart of an earlier clone, so nothing answering is waited out.

        Where a run of ours was ``interrupted``, that may have been between the stop of an unsupervised server and its start.
        """
        link = self.context.link
        begun = link.clock()
        patience = link.clock() + min(ENTRY_PATIENCE, max(0.0, self.context.left()))
        told = False
        while True:
            try:
                return self.context.own()
            except ServerError as error:
                if error.number in ACCESS_DENIED or link.clock() >= patience:
                    raise CloneError(
                        "%s: the recipient can't be logged in to: %s. %s"
                        % (
                            self.label,
                            error.text,
                            "Give the right login_user and login_password, or post_clone_login_* where a clone has replaced the accounts"
                            if error.number in ACCESS_DENIED
                            else "Check that the server runs and that login_host, login_port or login_unix_socket are right",
                        ),
                        server=self.label,
                        error={"code": error.number, "message": error.text},
                    ) from error
                if not told:
                    self.context.journal.event("%s does not answer; it may be restarting" % self.label)
                    told = True
                if interrupted and self.wanted.start_command and link.clock() - begun > START_AGAIN:
                    interrupted = False
                    self.context.journal.event("starting the server with start_command")
                    link.command(self.wanted.start_command, self.context.left())
                link.sleep(0.5)

    # -- the run --------------------------------------------------------------------------------------------------

    def plan(self) -> dict[str, t.Any]:
        """What a run would do, without doing it: changed, the checks and why nothing is due, or the failure."""
        with self._first_session() as server:
            return self._plan(server)

    def _plan(self, server: Server) -> dict[str, t.Any]:
        clone = status(server)
        if clone["state"] == "in_progress":
            self._same_donor(clone)
            if self.wanted.method != _swap.METHOD and not self._leads_there(clone):
                raise self._leads_elsewhere(clone)
            self._source = (clone["source"] or "").lower()
            return {
                "changed": True,
                "clone": clone,
                "reason": "a clone from %s is under way and would be joined" % clone["source"],
                "joined": True,
            }
        facts = self._facts(server)
        if self.wanted.method == _swap.METHOD:
            self._plan_swap(server, facts)
            facts = self._with_directory(facts)
        return self._decide(facts, clone)

    def _facts(self, server: Server) -> dict[str, t.Any]:
        return self._with_directory(_precheck.server_facts(server, "recipient"))

    def _with_directory(self, facts: dict[str, t.Any]) -> dict[str, t.Any]:
        """The facts with what is where the clone makes a new directory, which rules ask for."""
        if self.wanted.data_directory and "host" in facts:
            facts["host"]["new_directory"] = _host.new_directory(self.wanted.data_directory)
        return facts

    def _plan_swap(self, server: Server, facts: dict[str, t.Any]) -> None:
        """Name the new directory, and see whether it could take the old one's place."""
        site: dict[str, t.Any] = {}
        if "host" in facts:
            new = self.wanted.data_directory
            if new is None:
                datadir = os.path.realpath(facts["variables"]["datadir"])
                new = _swap.dated(datadir, "new", self.context.link.wall())
                self.context.wanted = self.wanted._replace(data_directory=new)
            rows = server.query(
                "SHOW GLOBAL VARIABLES WHERE Variable_name IN (" + ", ".join(["%s"] * len(_swap.VARIABLES)) + ")",
                _swap.VARIABLES,
            )
            site = _swap.look(facts, {row["Variable_name"]: row["Value"] for row in rows}, new)
            host = _swap.Host()
            self._swap = self._new_swap(_swap.Swap.planned(site, self.context.link.wall(), host))
        self._swap_checks = _swap.findings(facts, site)

    def _new_swap(self, record: dict[str, t.Any]) -> _swap.Swap:
        donor = self.wanted.donors[0].login
        own = self.wanted.logins
        return _swap.Swap(
            self.context.link,
            self.context.journal,
            record,
            (*own, own[0]._replace(user=donor.user, password=donor.password)),
            self.wanted.start_command,
            self._ending.restart_limit,
        )

    def _decide(self, facts: dict[str, t.Any], clone: dict[str, t.Any]) -> dict[str, t.Any]:
        reports = []
        for donor in self.wanted.donors:
            report = _precheck.compare(facts, donor.login, self._options(donor), known=self.wanted.donor_facts)
            if report.already_cloned and not self.wanted.force and self._replaces():
                self.checks = report.checks
                return {"changed": False, "clone": clone, "reason": "already cloned from %s" % clone["source"]}
            reports.append(report._replace(checks=[*report.checks, *self._swap_checks]))
        checks = {donor: report.checks for donor, report in zip(self.wanted.donors, reports)}
        self.checks = reports[0].checks
        ordered = self._pool.ordered()
        usable = [donor for donor in ordered if not self._obstacles(checks[donor])]
        if not usable:
            self._refuse(self._obstacles(checks[ordered[0]]), clone)
        self.checks = checks[usable[0]]
        # What is wrong with the others may pass.
        self.context.wanted = self.wanted._replace(
            donors=(*usable, *(donor for donor in ordered if donor not in usable))
        )
        self.before = {"schemas": facts.get("schemas"), "gtid_executed": facts.get("gtid_executed")}
        return {"changed": True, "clone": clone, "reason": "a clone is due"}

    def _replaces(self) -> bool:
        """Whether the recipient has the donor's data afterwards."""
        return self.wanted.method == _swap.METHOD or not self.wanted.data_directory

    def _options(self, donor: Donor) -> dict[str, t.Any]:
        wanted = self.wanted
        return {
            "donor_host": donor.login.host,
            "donor_port": donor.login.port,
            "donor_user": donor.login.user,
            "require_ssl": wanted.require_ssl,
            "overwrite": wanted.overwrite,
            "data_directory": wanted.data_directory,
            "method": wanted.method,
            "start_command": wanted.start_command,
            "reserve_factor": 1.0,
            "profile": "full",
            "force": wanted.force,
            "pool": [other.label for other in wanted.donors],
            # What can't end in time (deadline, timeout) isn't begun, as far as the servers' own limits tell; the run's limits are
            # others.
            "deadline": None
            if any("bandwidth" in name for name in wanted.settings)
            else self.context.link.wall() + self.context.left(),
            "max_allowed_packet": wanted.settings.get("max_allowed_packet"),
        }

    @staticmethod
    def _obstacles(checks: t.Sequence[Finding]) -> list[Finding]:
        """What stops a run: everything that failed but what the run itself repairs (the donor list), and a busy donor, which is waited for."""
        return [
            finding
            for finding in with_status(checks, "fail")
            if finding.repair != "clone_run"
            and _errors.classify((finding.error or {}).get("code"), finding.message).retry != "wait_slot"
        ]

    def _refuse(self, obstacles: list[Finding], clone: dict[str, t.Any]) -> t.NoReturn:
        raise CloneError(
            "%s: the clone was not started and the recipient is untouched. %s" % (self.label, sentence(obstacles)),
            server=self.label,
            clone=clone,
            checks=[finding.as_dict() for finding in self.checks],
            attempts=self.attempts,
            changed=False,
        )

    def _same_donor(self, clone: dict[str, t.Any]) -> None:
        labels = [donor.label for donor in self.wanted.donors]
        if (clone["source"] or "").lower() not in labels:
            raise CloneError(
                "%s: a clone from another donor (%s) is under way (error 3634 would follow). Wait for it, or cancel it with state=cancelled"
                % (self.label, clone["source"]),
                server=self.label,
                clone=clone,
                error={"code": 3634, "symbol": "ER_CLONE_TOO_MANY_CONCURRENT_CLONES"},
            )

    def _leads_there(self, clone: t.Mapping[str, t.Any]) -> bool:
        """Whether a clone goes where this run's would go, where it isn't to be swapped."""
        return _same_path(clone["destination"], self.wanted.data_directory or _progress.LOCAL)

    def _leads_elsewhere(self, clone: dict[str, t.Any]) -> CloneError:
        return CloneError(
            "%s: a clone into %s is under way, which is not what method=%s%s makes. Wait for it, run again with the method "
            "that it was started with, or cancel it with state=cancelled"
            % (
                self.label,
                clone["destination"],
                self.wanted.method,
                " with data_directory=%s" % self.wanted.data_directory if self.wanted.data_directory else "",
            ),
            server=self.label,
            clone=clone,
        )

    def run(self, left: t.Mapping[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Clone. Raises CloneError with everything known.

        ``left`` is the journal of a killed run: variables that it could not put back, the swap and the clone that it began,
        whether that dropped the recipient's data, and what that held.
        """
        left = left or {}
        self._settings.take_over(left.get("settings_before"), left.get("donor_settings_before"))
        self._has_dropped = bool(left.get("dropped"))
        try:
            return self._run(left)
        except CloneError as failure:
            if "restored" not in failure.details:
                failure.details["restored"] = self._settings.put_back()
            raise

    def _run(self, left: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        unfinished = left.get("swap") if _swap.is_unfinished(left.get("swap")) else None
        finished = self._resumed(unfinished) if unfinished else None
        if finished:
            return finished
        with self._first_session(bool(left.get("begun"))) as server:
            clone = status(server)
            swap = self._left_over(unfinished, clone) if unfinished else None
            if swap is None and self._was_done(clone, left.get("begun")):
                reason = "the clone that an interrupted run began has completed"
                return self._result(True, clone, reason, self._settings.put_back())
            planned = self._plan(server)
        self._take_up(swap, planned)
        if planned.get("joined"):
            self.before = dict(left.get("before") or {})
        elif left.get("begun"):
            # The clone of an earlier run is settled.
            keep_if_possible(self.context.journal, begun=None)
        try:
            if planned["changed"]:
                clone = self._attempts(planned["clone"]["begin_time"] if planned.get("joined") else None)
                if self._swap is not None:
                    donor = self._check_copy(self._swap, clone)
                    self._settings.put_back_own()
                    clone = self._exchange(self._swap, donor)
                self._pool.free_again()
            else:
                clone = planned["clone"]
        except CloneError as failure:
            failure.details.setdefault("restored", self._settings.put_back())
            self._abandon(failure)
            raise
        return self._result(planned["changed"], clone, planned["reason"], self._settings.put_back())

    def _was_done(self, clone: t.Mapping[str, t.Any], begun: str | None) -> bool:
        """Whether the recipient's clone is the one that an interrupted run began and nobody has reported."""
        return (
            bool(begun)
            and clone["state"] == "completed"
            and is_younger(clone["begin_time"], begun)
            and self.wanted.method != _swap.METHOD
            and self._leads_there(clone)
            and (clone["source"] or "").lower() in [donor.label for donor in self.wanted.donors]
        )

    # -- side by side ---------------------------------------------------------------------------------------------

    def _resumed(self, unfinished: dict[str, t.Any]) -> dict[str, t.Any] | None:
        """Bring an interrupted swap to an end; the run's result when nothing more is due."""
        swap = self._new_swap(unfinished)
        try:
            done = swap.resume()
        except CloneError as failure:
            raise CloneError("%s: %s" % (self.label, failure.message), **failure.details) from failure
        if not done:
            return None
        self._swap = swap
        self.context.accounts = swap.logins
        with self.context.own() as server:
            clone = status(server)
        return self._result(
            True, clone, "the swap that an interrupted run began was finished", self._settings.put_back()
        )

    def _left_over(self, unfinished: dict[str, t.Any], clone: t.Mapping[str, t.Any]) -> _swap.Swap | None:
        """An interrupted run's swap that never stopped the server: removed, or given back where its clone is under way."""
        swap = self._new_swap(unfinished)
        if not _swap.is_unfinished(unfinished):
            return None
        if clone["state"] == "in_progress" and _same_path(clone["destination"], unfinished["new"]):
            return swap
        swap.abandon()
        self.context.warnings.extend(swap.warnings)
        return None

    def _take_up(self, left: _swap.Swap | None, planned: t.Mapping[str, t.Any]) -> None:
        """Make an interrupted run's clone this run's. Raises CloneError for a clone under way that leads elsewhere."""
        if not planned.get("joined"):
            if left is not None:
                left.abandon()
            return
        beside = self.wanted.method == _swap.METHOD
        if beside and left is not None:
            self._swap = left
            # A further attempt goes there, too: without a directory it would drop the old data.
            self.context.wanted = self.wanted._replace(data_directory=left.record["new"])
        elif beside or left is not None:
            raise self._leads_elsewhere(planned["clone"])

    def _abandon(self, failure: CloneError) -> None:
        """Leave the old server as it is and nothing of the copy; only a clone that can't be ended keeps its directory."""
        if self._swap is None:
            return
        clone = self.context.view()
        self._swap.abandon(keep_copy=bool(clone and clone["state"] == "in_progress"))
        failure.details.setdefault("swap", self._swap.result())
        self.context.warnings.extend(self._swap.warnings)

    def _check_copy(self, swap: _swap.Swap, clone: dict[str, t.Any]) -> Donor:
        """Make the copy ready and try it with a server of its own; the donor that it came from."""
        if not _same_path(clone["destination"], swap.record["new"]):
            raise CloneError(
                "%s: the clone that was under way went to %s and not to a directory to be swapped"
                % (self.label, clone["destination"])
            )
        try:
            with self.context.own() as server:
                pid = self._process(server)
            swap.carry(pid)
            swap.check(pid, (clone["source"] or "").lower())
        except (CloneError, OSError) as error:
            raise self._swap_failed(error) from error
        return next(
            (donor for donor in self.wanted.donors if donor.label == (clone["source"] or "").lower()),
            self.wanted.donors[0],
        )

    def _process(self, server: Server) -> int:
        variables = server.query("SHOW GLOBAL VARIABLES WHERE Variable_name IN ('pid_file', 'datadir')")
        pid, why = _host.find_process({row["Variable_name"]: row["Value"] for row in variables})
        if pid is None:
            raise CloneError("the server's process is no longer known: " + why)
        return pid

    def _exchange(self, swap: _swap.Swap, donor: Donor) -> dict[str, t.Any]:
        """The last look at what the recipient holds, then the swap."""
        if self.context.cancelled() or self.context.left() <= 0:
            raise CloneError(
                "%s: %s before the server was stopped; its data is untouched"
                % (self.label, "cancelled as asked" if self.context.cancelled() else "the time for the run was over")
            )
        try:
            with self.context.own() as server:
                facts = self._facts(server)
                pid = self._process(server)
            obstacles = with_status(_precheck.compare(facts, donor.login, self._options(donor)).interlock, "fail")
            if obstacles:
                raise CloneError("the data directories were not swapped: " + sentence(obstacles))
            clone = swap.exchange(self.context.own, pid)
        except (CloneError, OSError) as error:
            raise self._swap_failed(error) from error
        self.context.accounts = swap.logins
        self.context.warnings.extend("%s: %s" % (self.label, text) for text in swap.warnings)
        return clone

    def _swap_failed(self, error: CloneError | OSError) -> CloneError:
        details = error.details if isinstance(error, CloneError) else {}
        message = error.message if isinstance(error, CloneError) else str(error)
        untouched = "" if "swap" in details else ". The recipient's server runs on its old data, untouched"
        return CloneError(
            "%s: %s%s" % (self.label, message.rstrip("."), untouched),
            **dict(
                details,
                server=self.label,
                changed=False,
                attempts=self.attempts,
                checks=[finding.as_dict() for finding in self.checks],
            ),
        )

    def _result(
        self, changed: bool, clone: dict[str, t.Any] | None, reason: str, restored: list[dict[str, t.Any]]
    ) -> dict[str, t.Any]:
        return {
            "changed": changed,
            "clone": clone,
            "reason": reason,
            "attempts": self.attempts,
            "samples": self.context.samples.points,
            "given_up": self.before if changed and self.before and self.wanted.overwrite else None,
            "restored": restored,
            "diagnosis": None,
            "seconds": round(self.context.link.clock() - self.context.begun, 2),
            "swap": self._swap.result() if self._swap is not None and changed else None,
            "module_warnings": self.context.warnings,
        }

    # -- attempts -------------------------------------------------------------------------------------------------

    def _attempts(self, joined: str | None) -> dict[str, t.Any]:
        """Attempts until one is completed; ``joined`` is the begin of a clone under way, which is the first one."""
        failures = 0
        waiting = False
        self._first_begin = joined
        source = self._source if joined else None
        index = next((place for place, donor in enumerate(self.wanted.donors) if donor.label == source), 0)
        while True:
            self._under_way = joined is not None
            donor = self.wanted.donors[index % len(self.wanted.donors)]
            attempt: dict[str, t.Any] = {
                "donor": donor.label,
                "begin": utc(self.context.link.wall()),
                "joined": joined is not None,
                "seconds": 0.0,
                "error": None,
                "retry": None,
                "delay": 0,
            }
            started = self.context.link.clock()
            try:
                clone = self._ending.join(joined, donor) if joined else self._attempt(donor)
            except OutOfTime as error:
                self._note(attempt, started, error.text)
                raise self._given_up(error.text, None, None) from None
            except ServerError as error:
                failure = error
            except CloneError as error:
                self._note(attempt, started, error.message)
                error.details.setdefault("attempts", self.attempts)
                raise
            else:
                attempt["seconds"] = round(self.context.link.clock() - started, 2)
                self.attempts.append(attempt)
                return clone
            joined = None
            entry = _meaning(failure)
            retry = entry.retry
            if retry == "repair_first" and entry.side == "donor" and len(self.wanted.donors) > 1:
                # What is wrong with one donor needn't be wrong with the next.
                retry = "next_donor"
            dropped = self._dropped(self.context.view())
            counted = failures + (retry != "wait_slot")
            # Without its data the recipient has nothing left to lose and everything to gain.
            allowed = self.wanted.retries * 2 if dropped else self.wanted.retries
            step = next_step(
                retry,
                counted,
                allowed,
                self.wanted.retry_delays,
                len(self.wanted.donors),
                self.context.left(),
                self.context.link.jitter(),
            )
            attempt.update(
                seconds=round(self.context.link.clock() - started, 2),
                error={"code": failure.number, "message": failure.text, "symbol": entry.symbol},
                retry=retry,
                delay=round(step.delay, 1),
                data_dropped=dropped,
            )
            if step.counts or not waiting:
                self.attempts.append(attempt)
            if step.kind == "stop" or self.context.cancelled():
                raise self._given_up(failure.text, failure, entry)
            if step.kind == "wait_slot":
                if not waiting:
                    self.context.journal.event("waiting for a free clone slot on %s" % donor.label)
                waiting = True
            else:
                waiting = False
                failures = counted
                self.context.journal.event(
                    "attempt %d failed: %s; the next one in %.0f s" % (failures, failure.text, step.delay)
                )
            if step.kind == "next_donor":
                index += 1
            self.context.pause(step.delay)
            if self.context.cancelled():
                raise self._given_up("cancelled as asked", None, None)

    def _note(self, attempt: dict[str, t.Any], started: float, text: str) -> None:
        """Keep an attempt whose end was no server's error, if it got as far as the statement."""
        if self._under_way:
            attempt.update(
                seconds=round(self.context.link.clock() - started, 2),
                error={"code": None, "message": text, "symbol": None},
                retry="never",
                data_dropped=self._dropped(self.context.view()),
            )
            self.attempts.append(attempt)

    def _dropped(self, clone: t.Mapping[str, t.Any] | None) -> bool:
        """Whether an attempt of this run has dropped the recipient's own data, as far as the server's view has ever told."""
        if clone is None:
            clone = self.context.journal.document.get("clone")
        ours = clone and self._first_begin is not None and is_younger(clone["begin_time"], self._first_begin)
        if ours and not self._has_dropped and _progress.data_dropped(clone):
            self._has_dropped = True
            keep_if_possible(self.context.journal, dropped=True)
        return self._has_dropped

    def _given_up(self, text: str, failure: ServerError | None, entry: t.Any) -> CloneError:
        """The failure with everything known: cause, remedy, and what state the recipient is in."""
        clone = self.context.view()
        dropped = self._dropped(clone)
        if clone is not None and clone["state"] != "in_progress" and self._first_begin is not None:
            # Nothing of this run goes on, so nothing is left that the next one could bring to its end, or the donor wait for.
            keep_if_possible(self.context.journal, begun=None)
            if self._last is not None:
                self._pool.free(*self._last)
        if clone is None:
            state = "The recipient does not answer now"
            if dropped:
                state += "; its own data was dropped"
        elif dropped:
            state = "The recipient's own data was dropped and it runs without user data; its accounts are unchanged, and a further run clones anew"
        else:
            state = "The recipient's data is untouched"
        message = "%s: the clone failed after %d attempt(s): %s. %s" % (
            self.label,
            len(self.attempts),
            text.rstrip("."),
            state,
        )
        if entry is not None and entry.remedy:
            message += ". Remedy: %s" % entry.remedy
        return CloneError(
            message,
            server=self.label,
            changed=dropped,
            clone=clone,
            attempts=self.attempts,
            samples=self.context.samples.points,
            data_dropped=dropped,
            given_up=self.before if dropped and self.before else None,
            checks=[finding.as_dict() for finding in self.checks],
            diagnosis=entry.as_dict() if entry is not None else None,
            error={"code": failure.number, "message": failure.text} if failure else None,
        )

    def _attempt(self, donor: Donor) -> dict[str, t.Any]:
        """One CLONE statement and all that follows from it; the completed view. Raises ServerError or OutOfTime."""
        lease = self._pool.lease(donor)
        state: dict[str, t.Any] = {"begun": None}
        try:
            self._settings.prepare_donor(donor)
            if self._swap is not None:
                self._swap.begin()
            with self.context.own() as server:
                self._settings.prepare(server)
                self._ending.error_log = _log_file(
                    server.value("SELECT CONCAT_WS('|', @@GLOBAL.datadir, @@GLOBAL.log_error)")
                )
            session = self.context.own(read_timeout=None)
            state["pid"] = session.connection_id
            try:
                statement = self.context.link.background(lambda: self._closed(session, donor, state))
                self._watching.follow(statement, donor, state)
            finally:
                session.close()
        finally:
            self._settings.put_back_donor(donor)
            if lease is not None:
                lease.close()
        self._last = (donor, self.context.link.clock())
        if isinstance(statement.error, ServerError):
            number = statement.error.number
            if number not in LOOK_AT_STATUS or state["begun"] is None:
                if state.get("why"):
                    raise ended(state, self.label) from statement.error
                raise statement.error
        elif statement.error is not None:
            raise statement.error
        else:
            number = OK
        clone = self._ending.wait(number, donor, state)
        self._pool.free(*self._last)
        return clone

    def _closed(self, session: Server, donor: Donor, state: dict[str, t.Any]) -> None:
        """The statement, and the end of its session in the same moment: an open one holds up the server's shutdown by two seconds."""
        try:
            self._statement(session, donor, state)
        finally:
            session.close()

    def _statement(self, session: Server, donor: Donor, state: dict[str, t.Any]) -> None:
        """Runs in its own thread, on the session that clones: last look at the data, then the statement."""
        session.execute("SET SESSION lock_wait_timeout = %s", (LOCK_WAIT_SECONDS,))
        facts = self._facts(session)
        state["variables"] = dict(facts.get("variables") or {}, **self.wanted.settings)
        report = _precheck.compare(facts, donor.login, self._options(donor), known=self.wanted.donor_facts)
        obstacles = with_status(report.interlock, "fail")
        if obstacles:
            raise CloneError("%s: the clone was not started: %s" % (self.label, sentence(obstacles)), server=self.label)
        self._passed(report.checks, donor)
        if self.wanted.method == _swap.METHOD and not self.wanted.data_directory:
            raise CloneError(
                "%s: the clone was not started: it would drop the data that method=%s keeps; run again"
                % (self.label, _swap.METHOD),
                server=self.label,
            )
        begun = session.value("SELECT NOW(3)")
        text = _sql.clone_statement(
            donor.login.user or "",
            donor.login.host,
            donor.login.port,
            self.wanted.data_directory,
            self.wanted.require_ssl,
        )
        values = _sql.parameters(
            donor.login.user or "", donor.login.host, donor.login.password or "", self.wanted.data_directory
        )
        # The last moment at which nothing is lost.
        self.context.check()
        self.context.journal.keep(begun=begun, before=self.before or None)
        self._first_begin = self._first_begin or begun
        self._under_way = True
        state["sent"] = self.context.link.clock()
        state["begun"] = begun
        session.execute(text, values)

    def _passed(self, checks: t.Sequence[Finding], donor: Donor) -> None:
        """A donor that the plan has not chosen, or that is another by now, is judged as strictly as the first. Raises Ended."""
        obstacles = self._obstacles(checks)
        if not obstacles:
            return
        found = (obstacles[0].error or {}).get("code")
        entry = _errors.classify(found, obstacles[0].message)
        raise Ended(
            "the clone from %s was not started: %s" % (donor.label, sentence(obstacles)),
            self.label,
            "next_donor" if len(self.wanted.donors) > 1 else entry.retry if found else "repair_first",
            obstacles[0].remedy or "",
            entry.side,
        )


def _meaning(failure: ServerError) -> _errors.ErrorEntry:
    """What a failure means: the catalogue's words, or those of whoever ended the clone and knows why."""
    entry = _errors.classify(failure.number, failure.text)
    if not isinstance(failure, Ended):
        return entry
    return entry._replace(
        cause=failure.text, remedy=failure.remedy, retry=failure.retry, side=failure.side, commands=()
    )


def _log_file(found: str | None) -> str | None:
    """The error log's path from datadir and log_error; None where it goes to the standard error."""
    datadir, _bar, log = (found or "").partition("|")
    return os.path.join(datadir, log) if log and log != "stderr" else None


def _same_path(left: str | None, right: str) -> bool:
    """Whether two paths are the same; the server ends directories with a slash."""
    return (left or "").rstrip("/") == right.rstrip("/")


def current(logins: t.Sequence[Login], link: Link) -> dict[str, t.Any]:
    """The recipient's clone now."""
    with link.open(logins) as server:
        return status(server)


def cancel(
    logins: t.Sequence[Login], link: Link, seconds: float, patient: bool = False
) -> tuple[bool, dict[str, t.Any]]:
    """End a clone under way; whether there was one, and the view afterwards. Raises CloneError when it doesn't end in time.

    With ``patient`` a server that doesn't answer is waited for: it is in the restart of the clone.
    """
    until = link.clock() + seconds
    asked = False
    again = link.clock()
    clone: dict[str, t.Any] = dict(_progress.NONE)
    while True:
        try:
            with link.open(logins) as server:
                clone = status(server)
                if clone["state"] != "in_progress":
                    return asked, clone
                patient = asked = True
                if link.clock() >= again:
                    # One that comes between two steps of the server may be lost.
                    again = link.clock() + KILL_AGAIN
                    server.execute("KILL QUERY %s", (clone["pid"],))
        except ServerError as error:
            # The session that clones may have ended just now.
            if error.number != NO_SUCH_THREAD and (
                error.number in ACCESS_DENIED or not patient or link.clock() >= until
            ):
                raise
        if link.clock() >= until:
            raise CloneError(
                "%s: the clone did not end within %d seconds after KILL QUERY" % (logins[0].label, seconds), clone=clone
            )
        link.sleep(0.2)
