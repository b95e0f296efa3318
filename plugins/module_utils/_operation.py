# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state machine of one clone: attempts, waiting, restart, proof, and putting back what was changed.

The decisions are pure functions (``ending``, ``next_step``); servers, clock and threads come in through ``Link``, so that
they can be replaced in tests.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import random
import re
import subprocess
import tempfile
import threading
import time
import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils import (
    _errors,
    _host,
    _precheck,
    _progress,
    _sql,
    _swap,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput, CloneError, ServerError
from ansible_collections.dbops.mysql_clone.plugins.module_utils._findings import Finding, sentence, with_status
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import (
    ACCESS_DENIED,
    Login,
    Server,
    connect_first,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._status import NO_SUCH_TABLE, NOT_ALLOWED, status

OK = 0
RESTART_FAILED = 3707
INTERRUPTED = 1317
# After these the statement's outcome stands in clone_status, not in the error: the session ended in the restart or was lost.
LOOK_AT_STATUS = (OK, RESTART_FAILED, 2006, 2013, 1053)
# The server would wait a year for an open transaction's locks in DROP DATA.
LOCK_WAIT_SECONDS = 60
SLOT_LOCK = "dbops.mysql_clone.slot"
SLOT_POLL = 2.0
ENTRY_PATIENCE = 60.0
DONOR_SILENCE = 3.0
CANCEL_SECONDS = 90.0
START_PATIENCE = 30.0
SETTINGS = re.compile(r"^(clone_[a-z_]+|net_(read|write)_timeout|max_allowed_packet)$")


class Donor(t.NamedTuple):
    """One donor of the pool, as the recipient reaches it."""

    login: Login

    @property
    def label(self) -> str:
        """As clone_valid_donor_list and clone_status write it."""
        return _sql.donor_entry(self.login.host, self.login.port)


class Wanted(t.NamedTuple):
    """What the caller asked for; times in seconds."""

    donors: tuple[Donor, ...]
    logins: tuple[Login, ...]
    method: str = "replace"
    data_directory: str | None = None
    require_ssl: bool | None = None
    overwrite: bool = False
    force: bool = False
    retries: int = 3
    retry_delays: tuple[float, ...] = (5.0, 10.0, 30.0)
    timeout: float = 86400.0
    stall_timeout: float = 300.0
    restart_timeout: float | None = None
    deadline: float | None = None
    poll_interval: float = 2.0
    settings: t.Mapping[str, t.Any] = {}
    start_command: str | None = None


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
    ours = clone["state"] != "none" and _not_before(clone["begin_time"], begun)
    if ours and clone["state"] == "completed":
        return "completed"
    if ours and clone["state"] == "in_progress":
        return "running"
    if ours and clone["state"] == "failed":
        # Between the statement's OK and the shutdown the row is without a session, which is a corpse only after a restart.
        return "failed" if restarted or clone["end_time"] else "waiting"
    # No row of ours: either the server hasn't gone down yet, or it died before the row was written.
    return "failed" if restarted else "waiting"


def _not_before(begin: str | None, reference: str | None) -> bool:
    first, second = _progress.moment(begin), _progress.moment(reference)
    return first is not None and (second is None or first >= second)


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


def news_seconds(elapsed: float) -> float:
    """Seconds between two lines of progress: a short clone is told in detail, a long one doesn't fill the log."""
    if elapsed < 15:
        return 1.0
    return 5.0 if elapsed < 300 else 30.0


def foreign_clones(sessions: t.Sequence[t.Mapping[str, t.Any]], own: int) -> list[str]:
    """The hosts, other than the asking session's own, to which the donor is giving a clone, as far as the account may see.

    ``sessions`` are the rows of SHOW PROCESSLIST, ``own`` the asking session's id. A clone to the own host is this
    recipient's earlier one, as a rule, and may be taken over.
    """
    hosts = {int(row["Id"]): str(row["Host"] or "").rsplit(":", 1)[0] for row in sessions}
    cloning = {int(row["Id"]) for row in sessions if str(row["Command"]).lower() == "clone"}
    return sorted({hosts[session] for session in cloning} - {hosts.get(own, "")})


class Background:
    """A function in a thread: its result or its ServerError once it has finished."""

    def __init__(self, function: t.Callable[[], t.Any]) -> None:
        self.error: BaseException | None = None
        self._done = threading.Event()
        self._function = function
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        try:
            self._function()
        except BaseException as error:  # handed to the thread that waits
            self.error = error
        finally:
            self._done.set()

    def wait(self, seconds: float) -> bool:
        return self._done.wait(seconds)


class Link:
    """Servers, clock and processes as the state machine sees them."""

    def clock(self) -> float:
        return time.monotonic()

    def wall(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def jitter(self) -> float:
        """A random stretch, so that recipients that failed together don't come back together."""
        return random.uniform(0, 0.2)

    def open(self, logins: t.Sequence[Login], read_timeout: float | None = 30.0) -> Server:
        return connect_first(logins, read_timeout=read_timeout)

    def background(self, function: t.Callable[[], t.Any]) -> Background:
        return Background(function)

    def command(self, text: str, seconds: float) -> None:
        """Run the caller's start command. Raises CloneError when it fails.

        Its output goes to a file: a server that it starts keeps a pipe open, whose end would never come.
        """
        with tempfile.TemporaryFile() as output:
            try:
                done = subprocess.run(  # the caller's own command line, which is what start_command is for
                    text,
                    shell=True,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    timeout=max(1.0, seconds),
                    check=False,
                )
            except subprocess.TimeoutExpired as error:
                raise CloneError("start_command did not end within %d seconds" % seconds) from error
            if done.returncode:
                output.seek(0)
                raise CloneError(
                    "start_command ended with status %d: %s"
                    % (done.returncode, output.read().decode("utf-8", "replace").strip()[-500:])
                )


class OutOfTime(Exception):
    """The run's own time is over."""


class Ended(ServerError):
    """A clone that ended for a reason we know better than the server's error 1317 tells; ``retry`` is its class."""

    def __init__(self, text: str, server: str, retry: str) -> None:
        super().__init__(INTERRUPTED, text, server)
        self.retry = retry


class Operation:
    """One run for one recipient."""

    def __init__(
        self, wanted: Wanted, journal: t.Any, link: Link | None = None, cancelled: t.Callable[[], bool] = lambda: False
    ) -> None:
        self.wanted = wanted
        self.journal = journal
        self.link = link or Link()
        self.cancelled = cancelled
        self.attempts: list[dict[str, t.Any]] = []
        self.checks: list[Finding] = []
        self.warnings: list[str] = []
        self.before: dict[str, t.Any] = {}
        self.changed_settings: dict[str, t.Any] = {}
        self.label = wanted.logins[0].label
        now = self.link.clock()
        self.begun = now
        self.until = now + wanted.timeout
        if wanted.deadline is not None:
            self.until = min(self.until, now + wanted.deadline - self.link.wall())
        self._accounts = tuple(wanted.logins)
        self._swap: _swap.Swap | None = None
        self._swap_checks: list[Finding] = []

    # -- time -----------------------------------------------------------------------------------------------------

    def left(self) -> float:
        return self.until - self.link.clock()

    def _pause(self, seconds: float) -> None:
        end = self.link.clock() + min(seconds, max(0.0, self.left()))
        while not self.cancelled():
            rest = end - self.link.clock()
            if rest <= 0:
                return
            self.link.sleep(min(rest, 0.5))

    # -- sessions -------------------------------------------------------------------------------------------------

    def _own(self, read_timeout: float | None = 30.0) -> Server:
        return self.link.open(self._accounts, read_timeout)

    def _first_session(self) -> Server:
        """The recipient at entry: it may be in the restart of an earlier clone, so nothing answering is waited out."""
        patience = self.link.clock() + min(ENTRY_PATIENCE, max(0.0, self.left()))
        told = False
        while True:
            try:
                return self._own()
            except ServerError as error:
                if error.number in ACCESS_DENIED or self.link.clock() >= patience:
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
                    self.journal.event("%s does not answer; it may be restarting" % self.label)
                    told = True
                self.link.sleep(0.5)

    def _view(self) -> dict[str, t.Any] | None:
        """The clone's view by a session of its own, or None when the server can't be asked now."""
        try:
            with self._own() as server:
                return _progress.read(server)
        except ServerError:
            return None

    # -- the run --------------------------------------------------------------------------------------------------

    def plan(self) -> dict[str, t.Any]:
        """What a run would do, without doing it: changed, the checks and why nothing is due, or the failure."""
        with self._first_session() as server:
            return self._plan(server)

    def _plan(self, server: Server) -> dict[str, t.Any]:
        clone = status(server)
        if clone["state"] == "in_progress":
            self._same_donor(clone)
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
                new = _swap.dated(datadir, "new", self.link.wall())
                self.wanted = self.wanted._replace(data_directory=new)
            rows = server.query(
                "SHOW GLOBAL VARIABLES WHERE Variable_name IN (" + ", ".join(["%s"] * len(_swap.VARIABLES)) + ")",
                _swap.VARIABLES,
            )
            site = _swap.look(facts, {row["Variable_name"]: row["Value"] for row in rows}, new)
            host = _swap.Host()
            self._swap = self._new_swap(_swap.Swap.planned(site, self.link.wall(), host))
        self._swap_checks = _swap.findings(facts, site)

    def _new_swap(self, record: dict[str, t.Any]) -> _swap.Swap:
        donor = self.wanted.donors[0].login
        own = self.wanted.logins
        return _swap.Swap(
            self.link,
            self.journal,
            record,
            (*own, own[0]._replace(user=donor.user, password=donor.password)),
            self.wanted.start_command,
            self._restart_limit,
        )

    def _decide(self, facts: dict[str, t.Any], clone: dict[str, t.Any]) -> dict[str, t.Any]:
        reports = []
        for donor in self.wanted.donors:
            report = _precheck.compare(facts, donor.login, self._options(donor))
            if report.already_cloned and not self.wanted.force and self._replaces():
                self.checks = report.checks
                return {"changed": False, "clone": clone, "reason": "already cloned from %s" % clone["source"]}
            reports.append(report._replace(checks=[*report.checks, *self._swap_checks]))
        self.checks = reports[0].checks
        usable = [report for report in reports if not self._obstacles(report.checks)]
        if not usable:
            self._refuse(self._obstacles(self.checks), clone)
        self.checks = usable[0].checks
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

    def run(
        self, left_over: t.Mapping[str, t.Any] | None = None, unfinished: dict[str, t.Any] | None = None
    ) -> dict[str, t.Any]:
        """Clone. Raises CloneError with everything known.

        ``left_over`` are variables that a killed run could not put back, ``unfinished`` is the swap that it left.
        """
        self.changed_settings = dict(left_over or {})
        finished = self._resumed(unfinished) if unfinished else None
        if finished:
            return finished
        with self._first_session() as server:
            left = self._left_over(unfinished, status(server)) if unfinished else None
            planned = self._plan(server)
        self._take_up(left, planned)
        restored = None
        try:
            if planned["changed"]:
                clone = self._attempts(planned["clone"]["begin_time"] if planned.get("joined") else None)
                if self._swap is not None:
                    donor = self._check_copy(self._swap, clone)
                    restored = self._put_back()
                    clone = self._exchange(self._swap, donor)
            else:
                clone = planned["clone"]
        except CloneError as failure:
            failure.details.setdefault("restored", self._put_back() if restored is None else restored)
            self._abandon(failure)
            raise
        return self._result(
            planned["changed"], clone, planned["reason"], self._put_back() if restored is None else restored
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
        self._accounts = swap.logins
        with self._own() as server:
            clone = status(server)
        return self._result(True, clone, "the swap that an interrupted run began was finished", self._put_back())

    def _left_over(self, unfinished: dict[str, t.Any], clone: t.Mapping[str, t.Any]) -> _swap.Swap | None:
        """An interrupted run's swap that never stopped the server: removed, or given back where its clone is under way."""
        swap = self._new_swap(unfinished)
        if not _swap.is_unfinished(unfinished):
            return None
        if clone["state"] == "in_progress" and _same_path(clone["destination"], unfinished["new"]):
            return swap
        swap.abandon()
        self.warnings.extend(swap.warnings)
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
        elif beside or left is not None:
            raise CloneError(
                "%s: a clone into %s is under way, which is not what method=%s makes. Wait for it, run again with the method "
                "that it was started with, or cancel it with state=cancelled"
                % (self.label, planned["clone"]["destination"], self.wanted.method),
                server=self.label,
                clone=planned["clone"],
            )

    def _abandon(self, failure: CloneError) -> None:
        """Leave the old server as it is and nothing of the copy; only a clone that can't be ended keeps its directory."""
        if self._swap is None:
            return
        clone = self._view()
        self._swap.abandon(keep_copy=bool(clone and clone["state"] == "in_progress"))
        failure.details.setdefault("swap", self._swap.result())
        self.warnings.extend(self._swap.warnings)

    def _check_copy(self, swap: _swap.Swap, clone: dict[str, t.Any]) -> Donor:
        """Make the copy ready and try it with a server of its own; the donor that it came from."""
        if not _same_path(clone["destination"], swap.record["new"]):
            raise CloneError(
                "%s: the clone that was under way went to %s and not to a directory to be swapped"
                % (self.label, clone["destination"])
            )
        try:
            swap.carry()
            with self._own() as server:
                pid = self._process(server)
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
        if self.cancelled() or self.left() <= 0:
            raise CloneError(
                "%s: %s before the server was stopped; its data is untouched"
                % (self.label, "cancelled as asked" if self.cancelled() else "the time for the run was over")
            )
        try:
            with self._own() as server:
                facts = self._facts(server)
                pid = self._process(server)
            obstacles = with_status(_precheck.compare(facts, donor.login, self._options(donor)).interlock, "fail")
            if obstacles:
                raise CloneError("the data directories were not swapped: " + sentence(obstacles))
            clone = swap.exchange(self._own, pid)
        except (CloneError, OSError) as error:
            raise self._swap_failed(error) from error
        self._accounts = swap.logins
        self.warnings.extend("%s: %s" % (self.label, text) for text in swap.warnings)
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
            "given_up": self.before if changed and self.wanted.overwrite else None,
            "restored": restored,
            "diagnosis": None,
            "seconds": round(self.link.clock() - self.begun, 2),
            "swap": self._swap.result() if self._swap is not None and changed else None,
            "module_warnings": self.warnings,
        }

    # -- variables ------------------------------------------------------------------------------------------------

    def _prepare(self, server: Server) -> None:
        """Set what the run needs, remembering what was there. Before each attempt: a server that died has forgotten it."""
        wanted = dict(self.wanted.settings)
        present = _sql.donor_list(server.value("SELECT @@GLOBAL.clone_valid_donor_list"))
        missing = [donor.label for donor in self.wanted.donors if donor.label not in present]
        if missing:
            wanted["clone_valid_donor_list"] = ",".join(present + missing)
        for name in wanted:
            if name not in self.changed_settings:
                self.changed_settings[name] = server.value("SELECT @@GLOBAL." + _sql.identifier(name))
        self.journal.keep(settings_before=self.changed_settings)
        for name, value in wanted.items():
            self._set(server, name, value)
            if name != "clone_valid_donor_list":
                actual = server.value("SELECT @@GLOBAL." + _sql.identifier(name))
                if str(actual) not in (str(value), str(int(value)) if isinstance(value, bool) else str(value)):
                    self.warnings.append(
                        "%s: the server made %s out of settings.%s=%s" % (self.label, actual, name, value)
                    )

    @staticmethod
    def _set(server: Server, name: str, value: t.Any) -> None:
        server.execute("SET GLOBAL " + _sql.identifier(name) + " = %s", (value,))

    def _put_back(self) -> list[dict[str, t.Any]]:
        """Put variables back; what can't be is reported. A restart has already forgotten what SET GLOBAL said."""
        restored: list[dict[str, t.Any]] = []
        if not self.changed_settings:
            return restored
        try:
            with self._own() as server:
                for name, value in self.changed_settings.items():
                    entry = {"name": name, "value": value, "restored": True}
                    try:
                        if server.value("SELECT @@GLOBAL." + _sql.identifier(name)) != value:
                            self._set(server, name, value)
                    except ServerError as error:
                        entry.update(restored=False, reason=error.text)
                    restored.append(entry)
        except ServerError as error:
            restored = [
                {"name": name, "value": value, "restored": False, "reason": error.text}
                for name, value in self.changed_settings.items()
            ]
        for entry in restored:
            if not entry["restored"]:
                self.warnings.append(
                    "%s: %s could not be put back to %s: %s"
                    % (self.label, entry["name"], entry["value"], entry["reason"])
                )
        self.journal.keep(settings_before=None)
        return restored

    # -- attempts -------------------------------------------------------------------------------------------------

    def _attempts(self, joined: str | None) -> dict[str, t.Any]:
        """Attempts until one is completed; ``joined`` is the begin of a clone under way, which is the first one."""
        failures = 0
        index = 0
        waiting = False
        self._first_begin = joined
        while True:
            donor = self.wanted.donors[index % len(self.wanted.donors)]
            attempt: dict[str, t.Any] = {
                "donor": donor.label,
                "begin": _utc(self.link.wall()),
                "joined": joined is not None,
                "seconds": 0.0,
                "error": None,
                "retry": None,
                "delay": 0,
            }
            started = self.link.clock()
            try:
                clone = self._join(joined) if joined else self._attempt(donor)
            except OutOfTime:
                raise self._given_up("the time for the run is over", None, None) from None
            except ServerError as error:
                failure = error
            else:
                attempt["seconds"] = round(self.link.clock() - started, 2)
                self.attempts.append(attempt)
                return clone
            joined = None
            entry = _errors.classify(failure.number, failure.text)
            retry = failure.retry if isinstance(failure, Ended) else entry.retry
            if retry == "repair_first" and entry.side == "donor" and len(self.wanted.donors) > 1:
                # What is wrong with one donor needn't be wrong with the next.
                retry = "next_donor"
            dropped = self._dropped(self._view())
            counted = failures + (retry != "wait_slot")
            # Without its data the recipient has nothing left to lose and everything to gain.
            allowed = self.wanted.retries * 2 if dropped else self.wanted.retries
            step = next_step(
                retry,
                counted,
                allowed,
                self.wanted.retry_delays,
                len(self.wanted.donors),
                self.left(),
                self.link.jitter(),
            )
            attempt.update(
                seconds=round(self.link.clock() - started, 2),
                error={"code": failure.number, "message": failure.text, "symbol": entry.symbol},
                retry=retry,
                delay=round(step.delay, 1),
                data_dropped=dropped,
            )
            if step.counts or not waiting:
                self.attempts.append(attempt)
            if step.kind == "stop" or self.cancelled():
                raise self._given_up(failure.text, failure, entry)
            if step.kind == "wait_slot":
                if not waiting:
                    self.journal.event("waiting for a free clone slot on %s" % donor.label)
                waiting = True
            else:
                waiting = False
                failures = counted
                self.journal.event(
                    "attempt %d failed: %s; the next one in %.0f s" % (failures, failure.text, step.delay)
                )
            if step.kind == "next_donor":
                index += 1
            self._pause(step.delay)

    def _dropped(self, clone: t.Mapping[str, t.Any] | None) -> bool:
        """Whether an attempt of this run dropped the recipient's own data, as far as the server's view tells."""
        if clone is None or self._first_begin is None or not _not_before(clone["begin_time"], self._first_begin):
            return False
        return bool(_progress.data_dropped(clone))

    def _given_up(self, text: str, failure: ServerError | None, entry: t.Any) -> CloneError:
        """The failure with everything known: cause, remedy, and what state the recipient is in."""
        clone = self._view()
        dropped = self._dropped(clone)
        if clone is None:
            state = "The recipient does not answer now"
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
            data_dropped=dropped,
            checks=[finding.as_dict() for finding in self.checks],
            diagnosis=entry.as_dict() if entry is not None else None,
            error={"code": failure.number, "message": failure.text} if failure else None,
        )

    def _attempt(self, donor: Donor) -> dict[str, t.Any]:
        """One CLONE statement and all that follows from it; the completed view. Raises ServerError or OutOfTime."""
        lease = self._lease(donor)
        state: dict[str, t.Any] = {"begun": None}
        try:
            if self._swap is not None:
                self._swap.begin()
            with self._own() as server:
                self._prepare(server)
            session = self._own(read_timeout=None)
            state["pid"] = session.connection_id
            try:
                statement = self.link.background(lambda: self._statement(session, donor, state))
                self._watch(statement, donor, state)
            finally:
                # An open session of ours would hold up the server's shutdown by two seconds.
                session.close()
        finally:
            if lease is not None:
                lease.close()
        if isinstance(statement.error, ServerError):
            number = statement.error.number
            if state.get("why"):
                raise Ended(state["why"], self.label, state["retry"]) from statement.error
            if number not in LOOK_AT_STATUS or state["begun"] is None:
                raise statement.error
        elif statement.error is not None:
            raise statement.error
        else:
            number = OK
        return self._await_end(number, donor, state)

    def _statement(self, session: Server, donor: Donor, state: dict[str, t.Any]) -> None:
        """Runs in its own thread, on the session that clones: last look at the data, then the statement."""
        session.execute("SET SESSION lock_wait_timeout = %s", (LOCK_WAIT_SECONDS,))
        facts = self._facts(session)
        obstacles = with_status(_precheck.compare(facts, donor.login, self._options(donor)).interlock, "fail")
        if obstacles:
            raise CloneError("%s: the clone was not started: %s" % (self.label, sentence(obstacles)), server=self.label)
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
        self._first_begin = self._first_begin or begun
        state["sent"] = self.link.clock()
        state["begun"] = begun
        session.execute(text, values)

    def _lease(self, donor: Donor) -> Server | None:
        """A place in the queue in front of the donor's only slot: a named lock that dies with its session.

        Only the queue: the server's own answer (3634) stays the truth. But that answer doesn't protect a clone whose
        recipient has lost its link: the server hands the slot of such an idle clone to whoever comes next, so another
        host's clone is waited for here. Where the donor can't be logged in to from here, the statement will say so.
        """
        try:
            session = self.link.open((donor.login,))
        except ServerError:
            return None
        told = False
        try:
            while True:
                if session.value("SELECT GET_LOCK(%s, 1)", (SLOT_LOCK,)) == 1 and not foreign_clones(
                    session.query("SHOW PROCESSLIST"), session.connection_id
                ):
                    return session
                if self.left() <= 0 or self.cancelled():
                    raise OutOfTime
                if not told:
                    self.journal.event("waiting for a free clone slot on %s" % donor.label)
                    told = True
                self.link.sleep(0.5)
        except ServerError:
            session.close()
            return None
        except BaseException:
            session.close()
            raise

    def _interval(self, begun: float) -> float:
        """Poll often at first and ever more rarely: a short clone's end is seen at once, a long one isn't disturbed."""
        return min(self.wanted.poll_interval, max(0.1, (self.link.clock() - begun) / 20))

    def _watch(self, statement: Background, donor: Donor, state: dict[str, t.Any]) -> None:
        """Follow the running statement until it returns; cancel it when it stalls or its time is over."""
        watch = _progress.Watch()
        begun = self.link.clock()
        while not statement.wait(self._interval(begun)):
            if state["begun"] is None:
                if self.left() <= 0:
                    raise OutOfTime
                continue
            clone = self._view()
            if clone is None:
                continue
            if not _not_before(clone["begin_time"], state["begun"]):
                clone = dict(_progress.NONE, state="in_progress")
            clone = watch.observe(self.link.clock(), clone)
            self._tell(clone, state)
            self._cancel_if_due(clone, donor, state)

    def _tell(self, clone: dict[str, t.Any], state: dict[str, t.Any]) -> None:
        """A line when the stage changes or some seconds have passed; the view always."""
        now = self.link.clock()
        if clone["stage"] != state.get("stage") or now - state.get("told", 0) >= news_seconds(now - self.begun):
            state.update(stage=clone["stage"], told=now)
            self.journal.event(_progress.line(clone), clone)
        else:
            self.journal.observe(clone)

    def _cancel_if_due(self, clone: dict[str, t.Any], donor: Donor, state: dict[str, t.Any]) -> None:
        """End the clone in the server when it must not go on; its statement then returns 1317."""
        if state.get("why"):
            if self.link.clock() - state["cancelled_at"] > CANCEL_SECONDS:
                raise OutOfTime
            return
        why, retry = None, "never"
        if self.cancelled():
            why = "cancelled as asked"
        elif self.left() <= 0:
            why = "the time for the run is over"
        elif clone["stalled_seconds"] >= self.wanted.stall_timeout:
            why, retry = (
                "no progress in stage %s for %d seconds (stall_timeout)"
                % (clone["stage"] or "STARTING", clone["stalled_seconds"]),
                "next_donor",
            )
        elif clone["stage"] in _progress.COPY_STAGES and clone["stalled_seconds"] >= DONOR_SILENCE:
            why, retry = self._donor_lost(donor, state), "next_donor"
        if why:
            state.update(why=why, retry=retry, cancelled_at=self.link.clock())
            self.journal.event("cancelling: " + why)
            with contextlib.suppress(ServerError), self._own() as server:
                server.execute("KILL QUERY %s", (clone["pid"] or state.get("pid"),))

    def _donor_lost(self, donor: Donor, state: dict[str, t.Any]) -> str | None:
        """A donor that refuses connections or has restarted can't go on: no use in the server's 300 s of reconnecting.

        Proved by a login; a link that is merely cut gives a time-out or a reset and keeps its reconnect window.
        """
        try:
            with self.link.open((donor.login._replace(connect_timeout=2),), read_timeout=2.0) as session:
                rows = session.query("SHOW GLOBAL STATUS LIKE 'Uptime'")
        except ServerError as error:
            if error.number in (2003, 2002) and "refused" in error.text.lower():
                return "the donor %s is down (%s)" % (donor.label, error.text)
            return None
        if rows and int(rows[0]["Value"]) < self.link.clock() - state["sent"] - 1:
            return "the donor %s has restarted, so the clone can't be resumed" % donor.label
        return None

    # -- the end --------------------------------------------------------------------------------------------------

    def _join(self, begun: str) -> dict[str, t.Any]:
        """Follow a clone that somebody else started."""
        self.journal.event("joining the clone under way")
        donor = self.wanted.donors[0]
        return self._await_end(2013, donor, {"begun": begun, "sent": self.link.clock()})

    def _await_end(self, number: int, donor: Donor, state: dict[str, t.Any]) -> dict[str, t.Any]:
        """From the statement's return to the proof: restart, login with whatever account works now, the row of this clone."""
        returned = self.link.clock()
        watch = _progress.Watch()
        started = False
        told = False
        accounts = (
            *self.wanted.logins,
            self.wanted.logins[0]._replace(user=donor.login.user, password=donor.login.password),
        )
        if number == RESTART_FAILED:
            self.journal.event("data copied; the server is not supervised and has stopped (3707)")
        while True:
            if self.left() <= 0:
                raise OutOfTime
            try:
                with self.link.open(accounts) as server:
                    self._accounts = (server.login._replace(config_file=None),)
                    uptime = int(server.query("SHOW GLOBAL STATUS LIKE 'Uptime'")[0]["Value"])
                    # The server was up when the statement was sent; the counter is in whole seconds.
                    restarted = uptime + 1 < self.link.clock() - state["sent"]
                    clone = self._proof(server, number, restarted, state)
            except ServerError as error:
                if error.number in ACCESS_DENIED:
                    raise CloneError(
                        "%s: the clone has ended, and now the server refuses every login known here (%s). The accounts are the donor's: "
                        "give post_clone_login_user and "
                        "post_clone_login_password and run again; nothing is cloned twice" % (self.label, error.text),
                        server=self.label,
                        changed=True,
                        attempts=self.attempts,
                    ) from error
                waited = self.link.clock() - returned
                if self.wanted.start_command and not started and (number == RESTART_FAILED or waited > START_PATIENCE):
                    started = True
                    self.journal.event("starting the server with start_command")
                    self._start_when_stopped()
                elif not told:
                    told = True
                    by_hand = number == RESTART_FAILED and not self.wanted.start_command
                    self.journal.event(
                        "start the server by hand: its next start completes the clone"
                        if by_hand
                        else "RESTART    waiting for the server"
                    )
                if number != RESTART_FAILED and waited > self._restart_limit():
                    raise Ended(
                        "the server has not come back after %d seconds: %s. See its error log" % (waited, error.text),
                        self.label,
                        "never",
                    ) from error
                self.link.sleep(0.1 if waited < 10 else 0.5)
                continue
            end = ending(number, clone, state["begun"], restarted)
            if end == "completed" and clone is not None:
                self.journal.event(
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
                clone = watch.observe(self.link.clock(), clone)
                returned = self.link.clock()
                self._tell(clone, state)
                self._cancel_if_due(clone, donor, state)
            self.link.sleep(0.1 if self.link.clock() - returned < 10 else 0.5)

    def _restart_limit(self) -> float:
        """How long a restart may take (seconds): as asked, or ten minutes and what recovery of the data may need."""
        if self.wanted.restart_timeout is not None:
            return self.wanted.restart_timeout
        copied = (self.journal.document.get("clone") or {}).get("bytes_total", 0)
        return 600 + copied / 50e6

    def _start_when_stopped(self) -> None:
        """3707 comes before the server has gone, and a command that still finds it running fails: it is tried again for a while."""
        until = self.link.clock() + START_PATIENCE
        while True:
            self.link.sleep(1.0)
            try:
                self.link.command(self.wanted.start_command or "", self.left())
                return
            except CloneError:
                if self.link.clock() >= until or self.left() <= 0 or self.cancelled():
                    raise

    def _failed(self, clone: dict[str, t.Any] | None, state: dict[str, t.Any]) -> ServerError:
        if state.get("why"):
            return Ended(state["why"], self.label, state["retry"])
        if clone is None or clone["error"] is None:
            return Ended("the recipient's server was restarted before the clone was done", self.label, "retry")
        if clone["error"]["code"] == INTERRUPTED and clone["end_time"] is None:
            return Ended(clone["error"]["message"], self.label, "retry")
        return ServerError(clone["error"]["code"], clone["error"]["message"], self.label)

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
                    self.warnings.append(
                        "%s: the donor's plugin table has no clone plugin (it loads it by an option), so it was installed again to read the result"
                        % self.label
                    )
                    return _progress.read(server)
            if error.number in (NO_SUCH_TABLE, NOT_ALLOWED) and restarted and number in LOOK_AT_STATUS:
                known = dict(self.journal.document.get("clone") or _progress.NONE)
                self.warnings.append(
                    "%s: the login that works now may not read clone_status; "
                    "the clone is taken as completed since the server restarted with the donor's accounts. "
                    "Give post_clone_login_* for the proof" % self.label
                )
                known.update(
                    state="completed", begin_time=known["begin_time"] or state["begun"], percent=100, error=None
                )
                return known
            raise


def _same_path(left: str | None, right: str) -> bool:
    """Whether two paths are the same; the server ends directories with a slash."""
    return (left or "").rstrip("/") == right.rstrip("/")


def current(logins: t.Sequence[Login], link: Link) -> dict[str, t.Any]:
    """The recipient's clone now."""
    with link.open(logins) as server:
        return status(server)


def cancel(logins: t.Sequence[Login], link: Link, seconds: float) -> tuple[bool, dict[str, t.Any]]:
    """End a clone under way; whether there was one, and the view afterwards. Raises CloneError when it doesn't end in time."""
    until = link.clock() + seconds
    asked = False
    while True:
        with link.open(logins) as server:
            clone = status(server)
            if clone["state"] != "in_progress":
                return asked, clone
            if not asked:
                server.execute("KILL QUERY %s", (clone["pid"],))
                asked = True
        if link.clock() >= until:
            raise CloneError(
                "%s: the clone did not end within %d seconds after KILL QUERY" % (logins[0].label, seconds), clone=clone
            )
        link.sleep(0.2)


def checked_settings(settings: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The settings of a run. Raises BadInput for a name that isn't one of the clone's variables or network timeouts."""
    for name in settings:
        if not SETTINGS.match(str(name)) or name == "clone_valid_donor_list":
            raise BadInput(
                "settings.%s can't be set for a run: expected a variable that begins with clone_ (but not clone_valid_donor_list, which the module keeps), "
                "net_read_timeout, net_write_timeout or max_allowed_packet" % name
            )
    return {
        str(name): (int(value) if isinstance(value, str) and value.isdigit() else value)
        for name, value in settings.items()
    }


def _utc(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
