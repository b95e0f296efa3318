# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run of a clone works with: what was asked for, servers, clock, journal, and the time that is left.

Servers, clock, threads and processes come in through ``Link``, so that they can be replaced in tests.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

# Runs detached from, or without, the AnsibleModule whose run_command pylint asks for.
# pylint: disable=ansible-bad-function

from __future__ import annotations

import contextlib
import datetime
import random
import subprocess
import tempfile
import threading
import time
import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _pace, _progress, _sql
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import CloneError, ServerError
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import Login, Server, connect_first

INTERRUPTED = 1317


class Donor(t.NamedTuple):
    """One donor of the pool, as the recipient reaches it; ``zone`` is the caller's name for where it is."""

    login: Login
    zone: str | None = None

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
    donor_settings: t.Mapping[str, t.Any] = {}
    # User and password of an account that may change a donor's variables and see its replication.
    donor_admin: tuple[str | None, str | None] | None = None
    donor_order: str = "given"
    zone: str | None = None
    max_donor_lag: float | None = None
    start_command: str | None = None
    # What clone_precheck has said of donors; of use for sizes, which the clone account may not see.
    donor_facts: tuple[t.Mapping[str, t.Any], ...] = ()


class Background:
    """A function in a thread: its result or its error once it has finished."""

    def __init__(self, function: t.Callable[[], t.Any]) -> None:
        self.error: BaseException | None = None
        self.result: t.Any = None
        self._done = threading.Event()
        self._function = function
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        try:
            self.result = self._function()
        except BaseException as error:  # handed to the thread that waits
            self.error = error
        finally:
            self._done.set()

    def wait(self, seconds: float) -> bool:
        """Wait until the work has ended, ``seconds`` at most; whether it has."""
        return self._done.wait(seconds)


class Link:
    """Servers, clock and processes as the state machine sees them."""

    def clock(self) -> float:
        """Seconds of a clock that nobody sets, for durations."""
        return time.monotonic()

    def wall(self) -> float:
        """Seconds since 1970, for deadlines and what servers tell."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Let seconds pass."""
        time.sleep(seconds)

    def jitter(self) -> float:
        """A random stretch, so that recipients that failed together don't come back together."""
        return random.uniform(0, 0.2)

    def open(self, logins: t.Sequence[Login], read_timeout: float | None = 30.0) -> Server:
        """A session by the first login that the server takes; ``read_timeout`` in seconds. Raises ServerError."""
        return connect_first(logins, read_timeout=read_timeout)

    def background(self, function: t.Callable[[], t.Any]) -> Background:
        """Have a thread do it."""
        return Background(function)

    def aside(self, function: t.Callable[[], t.Any]) -> Background:
        """A question whose answer may take longer than the asker can wait."""
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
    """The run can't go on: its own time is over, or what the text says."""

    def __init__(self, text: str = "the time for the run is over") -> None:
        super().__init__(text)
        self.text = text


class Ended(ServerError):
    """A clone that ended for a reason we know better than the server's error 1317 tells; ``retry`` is its class.

    ``remedy`` says what to do, and ``side`` who must (see _errors.ErrorEntry).
    """

    def __init__(self, text: str, server: str, retry: str, remedy: str = "", side: str = "recipient") -> None:
        super().__init__(INTERRUPTED, text, server)
        self.retry = retry
        self.remedy = remedy
        self.side = side


class Context:
    """One run for one recipient, as all its parts see it."""

    def __init__(self, wanted: Wanted, journal: t.Any, link: Link, cancelled: t.Callable[[], bool]) -> None:
        self.wanted = wanted
        self.journal = journal
        self.link = link
        self.cancelled = cancelled
        self.warnings: list[str] = []
        self.samples = _pace.Samples()
        self.label = wanted.logins[0].label
        # Those that work now: a clone replaces the accounts.
        self.accounts: tuple[Login, ...] = tuple(wanted.logins)
        now = link.clock()
        self.begun = now
        self.until = now + wanted.timeout
        if wanted.deadline is not None:
            self.until = min(self.until, now + wanted.deadline - link.wall())

    def left(self) -> float:
        """Seconds that are left for the run."""
        return self.until - self.link.clock()

    def check(self) -> None:
        """Raises OutOfTime when nothing may be begun any more."""
        if self.cancelled():
            raise OutOfTime("cancelled as asked")
        if self.left() <= 0:
            raise OutOfTime

    def pause(self, seconds: float) -> None:
        """Wait, but not beyond the run's time, and not when it is cancelled."""
        end = self.link.clock() + min(seconds, max(0.0, self.left()))
        while not self.cancelled():
            rest = end - self.link.clock()
            if rest <= 0:
                return
            self.link.sleep(min(rest, 0.5))

    def own(self, read_timeout: float | None = 30.0) -> Server:
        """A session on the recipient."""
        return self.link.open(self.accounts, read_timeout)

    def view(self) -> dict[str, t.Any] | None:
        """The clone's view by a session of its own, or None when the server can't be asked now."""
        try:
            with self.own() as server:
                return _progress.read(server)
        except ServerError:
            return None

    def donor_admin(self, donor: Donor) -> Login | None:
        """How to log in to a donor as its administrator, if that was said."""
        admin = self.wanted.donor_admin
        return donor.login._replace(user=admin[0], password=admin[1]) if admin else None


def keep_if_possible(journal: t.Any, **values: t.Any) -> None:
    """Keep in a journal what helps the next run, but is no condition for what follows: the next word tells it, too."""
    with contextlib.suppress(CloneError):
        journal.keep(**values)


def utc(seconds: float) -> str:
    """Seconds since 1970 as ISO text."""
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
