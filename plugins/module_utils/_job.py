# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One piece of work on the managed host that outlives whoever started it: a detached process, its journal, its lock.

Ansible's own async isn't used: it would write the task's arguments, and with them the passwords, to a file. Here the
secrets stay in the memory of the forked process; the journal (mode 0600) holds none.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import gc
import hashlib
import json
import os
import platform
import select
import socket
import stat
import time
import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import CloneError, ServerError, frames
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import (
    CONNECTION_LOST,
    SESSION_SECONDS,
    UNREACHABLE,
    Login,
    Server,
    connect_first,
)

EVENTS_KEPT = 1000
_ALIAS = ".name"
# Seconds for which a result that nobody has heard of is kept for whoever asks next.
UNTOLD_SECONDS = 3600.0
# Seconds for which the end of a job is tried to be written: the disk that a clone has filled is free again when it has failed.
END_PATIENCE = 60.0
# Seconds that a server is given to come back from the restart of a clone.
RESTART_PATIENCE = 60.0


def default_directory() -> str:
    """Where journals and locks are kept, where nobody says otherwise: below the home of who runs the module."""
    return os.path.join(os.path.expanduser("~"), ".ansible", "dbops.mysql_clone")


def key(*parts: str) -> str:
    """A file name for a recipient: the same server gets the same one in every run."""
    return hashlib.sha256("\n".join(parts).encode("utf-8")).hexdigest()[:20]


def is_alive(label: str, directory: str | None = None) -> bool:
    """Whether a job for the server of this label is at work on this host; leaves nothing behind."""
    directory = directory or default_directory()
    name = _known(directory, label) or key(label)
    if not os.path.exists(os.path.join(directory, name + ".lock")):
        return False
    return Job(directory, name).alive()


def find(logins: t.Sequence[Login], directory: str | None) -> Job:
    """The job of the server that these logins lead to, however it was named when the job was started.

    A server is known by its uuid and data directory. One that can't be asked now (it may be in the middle of a swap) is known
    by the labels of earlier runs, or by the socket or the port of a journal. Raises CloneError for an unusable directory.
    """
    directory = directory or default_directory()
    label = logins[0].label
    addresses = _addresses(logins)
    name = addresses.pop("name") or _known(directory, label) or _by_address(directory, logins[0]) or key(label)
    job = Job(directory, name)
    job.addresses = addresses
    if name not in (key(label), _known(directory, label)):
        path = os.path.join(directory, key(label) + _ALIAS)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(name)
    return job


def _addresses(logins: t.Sequence[Login]) -> dict[str, t.Any]:
    """The name of a server's job (None where it can't be asked), and where it listens."""
    login = logins[0]
    found: dict[str, t.Any] = {"name": None, "socket": login.unix_socket, "port": None}
    if not login.unix_socket and _is_local(login.host):
        found["port"] = login.port
    try:
        with connect_first(
            [login._replace(connect_timeout=min(5, login.connect_timeout)) for login in logins], 5
        ) as server:
            row = server.query(
                "SELECT @@GLOBAL.server_uuid AS uuid, @@GLOBAL.datadir AS datadir, @@GLOBAL.socket AS socket, "
                "@@GLOBAL.port AS port"
            )[0]
    except ServerError:
        return found
    path = row["socket"] if str(row["socket"]).startswith("/") else found["socket"]
    return {"name": key(row["uuid"], row["datadir"]), "socket": path, "port": row["port"]}


def _is_local(host: str) -> bool:
    return host in ("localhost", "127.0.0.1", "::1", "", platform.node())


def _known(directory: str, label: str) -> str | None:
    """The name under which a server of this label was met before."""
    try:
        with open(os.path.join(directory, key(label) + _ALIAS), encoding="utf-8") as file:
            return file.read().strip() or None
    except (OSError, ValueError):
        return None


def _by_address(directory: str, login: Login) -> str | None:
    """The name of the newest journal of a server that listens where the login leads."""
    found = []
    with contextlib.suppress(OSError):
        for entry in os.scandir(directory):
            if not entry.name.endswith(".json"):
                continue
            with contextlib.suppress(OSError, ValueError, AttributeError), open(entry.path, encoding="utf-8") as file:
                addresses = json.load(file).get("addresses") or {}
                if login.unix_socket:
                    same = addresses.get("socket") == login.unix_socket
                else:
                    same = _is_local(login.host) and addresses.get("port") == login.port
                if same:
                    found.append((entry.stat().st_mtime, entry.name[: -len(".json")]))
    return max(found)[1] if found else None


def connect_patiently(logins: t.Sequence[Login], read_timeout: float | None = SESSION_SECONDS) -> Server:
    """As _server.connect_first, but a server that is gone while a job clones onto it is waited for: it restarts."""
    until = time.monotonic() + RESTART_PATIENCE
    while True:
        try:
            return connect_first(logins, read_timeout)
        except ServerError as error:
            gone = error.number in UNREACHABLE or error.number in CONNECTION_LOST
            if not gone or time.monotonic() >= until or not is_alive(logins[0].label):
                raise
        time.sleep(0.5)


def patiently(logins: t.Sequence[Login], work: t.Callable[[Server], t.Any]) -> t.Any:
    """What ``work`` makes of a session; done anew where the session ends while a job clones onto the server: it restarts.

    Done twice, it must be as good as done once. Raises what connect_patiently and ``work`` raise.
    """
    until = time.monotonic() + RESTART_PATIENCE
    while True:
        try:
            with connect_patiently(logins) as server:
                return work(server)
        except ServerError as error:
            if error.number not in CONNECTION_LOST or time.monotonic() >= until or not is_alive(logins[0].label):
                raise
        time.sleep(0.5)


def is_heard(descriptor: int = 1) -> bool:
    """Whether somebody still reads what this process says: a pipe whose reader was killed, or a lost terminal, has none."""
    poll = select.poll()
    poll.register(descriptor, 0)
    try:
        return not any(event & (select.POLLERR | select.POLLHUP) for _descriptor, event in poll.poll(0))
    except OSError:
        return True


class Journal:
    """What a running job tells: a JSON file that is always whole, since it is replaced and never rewritten in place."""

    def __init__(self, path: str, head: t.Mapping[str, t.Any]) -> None:
        self._path = path
        self._begun = time.monotonic()
        # The first event has number 1, so that a caller that has seen it is never taken for one that starts anew.
        first = {"number": 1, "seconds": 0.0, "text": "checking the recipient and its donor"}
        self.document: dict[str, t.Any] = dict(
            head, pid=os.getpid(), events=[first], count=1, clone=None, finished=False, result=None, failure=None
        )
        self._write()

    def _write(self, durable: bool = False) -> None:
        temporary = "%s.%d" % (self._path, os.getpid())
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(self.document, file)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(temporary, self._path)

    def event(self, text: str, clone: t.Mapping[str, t.Any] | None = None) -> None:
        """Tell a line of news, with the clone's view where there is one."""
        self.document["count"] += 1
        self.document["events"].append(
            {"number": self.document["count"], "seconds": round(time.monotonic() - self._begun, 1), "text": text}
        )
        del self.document["events"][:-EVENTS_KEPT]
        self.observe(clone)

    def observe(self, clone: t.Mapping[str, t.Any] | None) -> None:
        """Keep the newest view of the clone, without a line of news."""
        if clone is not None:
            self.document["clone"] = dict(clone)
        # On a disk that is full for now the next news tell these, too: the journal is written as a whole.
        with contextlib.suppress(OSError):
            self._write()

    def keep(self, **values: t.Any) -> None:
        """Remember what a later run must know if this one is killed (variables to put back, a swap), or the machine dies.

        Raises CloneError where that can't be written, before anything that would need it is done.
        """
        self.document.update(values)
        try:
            self._write(durable=True)
        except OSError as error:
            raise CloneError(
                "the run's journal %s can't be written: %s. Make room there, or give another state_directory"
                % (self._path, error.strerror)
            ) from error

    def end(self, result: t.Mapping[str, t.Any] | None, failure: t.Mapping[str, t.Any] | None) -> None:
        """The last word: the run's result or its failure. A full disk is waited for a while."""
        self.document.update(finished=True, result=result, failure=failure, ended=time.time())
        until = time.monotonic() + END_PATIENCE
        while True:
            try:
                return self._write()
            except OSError:
                if time.monotonic() >= until:
                    raise
            time.sleep(0.5)


class Job:
    """The job of one recipient: at most one at a time on this host, whoever starts it."""

    def __init__(self, directory: str, name: str) -> None:
        # Where the server listens, for runs that can't ask it who it is.
        self.addresses: dict[str, t.Any] = {}
        self.path = os.path.join(directory, name + ".json")
        self._lock_path = os.path.join(directory, name + ".lock")
        self._cancel_path = os.path.join(directory, name + ".cancel")
        self._told_path = os.path.join(directory, name + ".told")
        try:
            os.makedirs(directory, mode=0o700, exist_ok=True)
            facts = os.lstat(directory)
        except OSError as error:
            raise CloneError("state_directory '%s' can't be used: %s" % (directory, error.strerror)) from error
        if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.geteuid() or facts.st_mode & 0o022:
            raise CloneError(
                "state_directory '%s' must be a directory that belongs to the user of the task and that nobody else can write to"
                % directory
            )

    def _lock(self) -> int | None:
        """The lock's descriptor, or None while a live job holds it. The lock dies with its process."""
        handle = os.open(self._lock_path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(handle)
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                return None
            raise
        return handle

    def alive(self) -> bool:
        """Whether a process holds the job's lock."""
        handle = self._lock()
        if handle is None:
            return True
        os.close(handle)
        return False

    def read(self) -> dict[str, t.Any] | None:
        """The journal of the running or the last job, or None."""
        try:
            with open(self.path, encoding="utf-8") as file:
                document = json.load(file)
        except (OSError, ValueError):
            return None
        return document if isinstance(document, dict) else None

    def _forget_marks(self) -> None:
        for path in (self._cancel_path, self._told_path):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)

    def told(self) -> None:
        """The job's result has been handed to somebody."""
        os.close(os.open(self._told_path, os.O_WRONLY | os.O_CREAT, 0o600))

    def untold(self) -> dict[str, t.Any] | None:
        """The journal of a job that ended well not long ago, whose starter was killed before he heard of it; or None."""
        document = self.read() or {}
        young = time.time() - document.get("ended", 0) < UNTOLD_SECONDS
        if not document.get("result") or not young or os.path.exists(self._told_path) or self.alive():
            return None
        return document

    def ask_to_cancel(self) -> None:
        """Leave word for the process at work that it must end."""
        os.close(os.open(self._cancel_path, os.O_WRONLY | os.O_CREAT, 0o600))

    def cancel_asked(self) -> bool:
        """Whether somebody has."""
        return os.path.exists(self._cancel_path)

    def start(self, head: t.Mapping[str, t.Any], work: t.Callable[[Journal], t.Mapping[str, t.Any]]) -> bool:
        """Run ``work`` in a process of its own; False when a live job holds the lock already.

        ``work`` returns the result or raises CloneError. Everything it needs must be imported before: Ansible removes the
        module's files when the starter ends.
        """
        handle = self._lock()
        if handle is None:
            # Somebody may just be asking whether a job lives.
            time.sleep(0.05)
            handle = self._lock()
        if handle is None:
            return False
        head = dict(head, addresses=self.addresses)
        # The journal is replaced and never absent: it may say what a killed run left to do.
        self._forget_marks()
        Journal(self.path, head)
        child = os.fork()
        if child:
            os.close(handle)
            os.waitpid(child, 0)
            return True
        status = 0
        try:
            os.setsid()
            if os.fork():
                os._exit(0)
            self._detach(handle)
            journal = Journal(self.path, head)
            try:
                journal.end(dict(work(journal)), None)
            except CloneError as error:
                journal.end(None, dict(error.details, msg=error.message))
            except BaseException as error:
                journal.end(
                    None,
                    {
                        "msg": "%s in the clone's own process; this is a bug, please report it" % type(error).__name__,
                        "exception": frames(error),
                    },
                )
        except BaseException:
            status = 1
        os._exit(status)

    @staticmethod
    def _detach(keep: int) -> None:
        """Let go of everything that ties the process to its starter: directory, standard streams, descriptors."""
        os.chdir("/")
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(nothing, standard)
        # A socket that the starter has lost, but that nobody has swept up yet, would be closed here later on, by a number that is
        # another's by then.
        for one in gc.get_objects():
            if isinstance(one, socket.socket):
                one.detach()
        for descriptor in range(3, 256):
            if descriptor != keep:
                with contextlib.suppress(OSError):
                    os.close(descriptor)

    def wait(self, seen: int, seconds: float | None, settle: float = 0.3) -> dict[str, t.Any]:
        """Wait until the job has ended, or ``seconds`` have passed and there is news; its journal then.

        Raises CloneError when the process ended without a word (killed).
        """
        begun = time.monotonic()
        while True:
            alive = self.alive()
            document = self.read() or {}
            # Only when the lock is free, too: whoever comes next must not take this job for one that runs.
            if document.get("finished") and not alive:
                return document
            if not alive:
                raise CloneError(
                    "the process that watched the clone was killed (pid %s). The clone itself may go on in the server: "
                    "run the task again, it joins a clone under way" % document.get("pid"),
                    events=document.get("events", []),
                )
            if seconds is not None and time.monotonic() - begun >= seconds:
                return document
            time.sleep(settle if time.monotonic() - begun > 2 else 0.05)
