# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults beyond a bad link (see :mod:`lab.proxy`), each a context manager that cleans up after itself."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pymysql

from lab import processes
from lab.errors import LabError
from lab.node import Node

LOAD_SCHEMA = "lab_load"


@contextlib.contextmanager
def small_file_system(node: Node, path: Path, mebibytes: int) -> Iterator[Path]:
    """Mount a file system of ``mebibytes`` in all at ``path``, which the node's server uses.

    A real, full file system: needs root. The server is ended before the file system goes.
    """
    if os.getuid() != 0:
        raise LabError("a small file system can only be mounted by root: run the disk-full tests as root")
    processes.run_or_fail(["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=0750", "tmpfs", str(path)])
    try:
        yield path
    finally:
        node.end()
        processes.run_or_fail(["umount", str(path)])


@contextlib.contextmanager
def small_disk(node: Node, mebibytes: int, **start: object) -> Iterator[Node]:
    """Run a fresh server whose data directory is a :func:`small_file_system`; afterwards it is a plain, stopped one."""
    node.end()
    try:
        with small_file_system(node, node.datadir, mebibytes):
            node.reset(node.options, start=False)
            node.start(**start)
            yield node
    finally:
        node.reset(node.options, start=False)


def _own_file_system(node: Node) -> os.statvfs_result:
    """What a node in :func:`small_disk` has; nobody fills another file system by mistake."""
    if not node.datadir.is_mount():
        raise LabError(f"{node.datadir} is no file system of its own: use small_disk first")
    return os.statvfs(node.datadir)


@contextlib.contextmanager
def filled_disk(node: Node, leave: int = 0) -> Iterator[None]:
    """Take all room but ``leave`` bytes of the file system of a node in :func:`small_disk`."""
    status = _own_file_system(node)
    filler = node.datadir / "ib_lab_filler"
    size = status.f_bavail * status.f_frsize - leave
    try:
        with open(filler, "wb") as file:
            if size > 0:
                os.posix_fallocate(file.fileno(), 0, size)
        yield
    finally:
        filler.unlink(missing_ok=True)


@contextlib.contextmanager
def scarce_inodes(node: Node, leave: int) -> Iterator[None]:
    """Take all but ``leave`` inodes of the file system of a node in :func:`small_disk`."""
    used = _own_file_system(node)
    processes.run_or_fail(
        ["mount", "-o", f"remount,nr_inodes={used.f_files - used.f_ffree + leave}", str(node.datadir)]
    )
    try:
        yield
    finally:
        processes.run_or_fail(["mount", "-o", f"remount,nr_inodes={used.f_files}", str(node.datadir)])


class WriteLoad:
    """Threads that write to a server: inserts, updates and deletes in a schema of their own.

    :param seconds: when it ends by itself at the latest.
    :param threads: each with a connection of its own.
    :param rate: transactions a second of each thread, so that a small machine is not brought to its knees.
    """

    def __init__(self, node: Node, seconds: float = 60, threads: int = 2, rate: float = 50) -> None:
        self._node = node
        self._seconds = seconds
        self._pause = 1 / rate
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._write, args=(number,), name=f"lab-load-{number}", daemon=True)
            for number in range(threads)
        ]
        self._written = [0] * threads
        self.error: str | None = None  # why a thread gave up, if one did

    @property
    def transactions(self) -> int:
        """How many have been committed so far."""
        return sum(self._written)

    def __enter__(self) -> WriteLoad:
        self._node.sql(f"CREATE DATABASE IF NOT EXISTS {LOAD_SCHEMA}")
        self._node.sql(
            f"CREATE TABLE IF NOT EXISTS {LOAD_SCHEMA}.written "
            "(id BIGINT AUTO_INCREMENT PRIMARY KEY, writer INT NOT NULL, n INT NOT NULL, payload VARBINARY(1024))"
        )
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_details: object) -> None:
        self._stop.set()
        self.wait()
        # The server may be gone (that may be the test); then so is its schema, with its data directory.
        with contextlib.suppress(pymysql.err.Error, OSError):
            self._node.sql(f"DROP DATABASE IF EXISTS {LOAD_SCHEMA}")

    def wait(self) -> int:
        """Wait until the load has ended; returns the number of transactions."""
        for thread in self._threads:
            thread.join(self._seconds + 30)
        return self.transactions

    def _write(self, number: int) -> None:
        deadline = time.monotonic() + self._seconds
        try:
            with contextlib.closing(self._node.connect(read_timeout=30)) as connection, connection.cursor() as cursor:
                while not self._stop.is_set() and time.monotonic() < deadline:
                    count = self._written[number]
                    connection.begin()
                    cursor.execute(
                        f"INSERT INTO {LOAD_SCHEMA}.written (writer, n, payload) VALUES (%s, %s, RANDOM_BYTES(512))",
                        (number, count),
                    )
                    cursor.execute(
                        f"UPDATE {LOAD_SCHEMA}.written SET payload = RANDOM_BYTES(512) WHERE id = %s",
                        (cursor.lastrowid,),
                    )
                    connection.commit()
                    self._written[number] += 1
                    self._stop.wait(self._pause)
        except (pymysql.err.Error, OSError) as error:
            self.error = str(error)


@contextlib.contextmanager
def session(node: Node, *statements: str) -> Iterator[pymysql.connections.Connection]:
    """Keep a session open that has run ``statements``; its end gives back whatever they hold."""
    connection = node.connect()
    try:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        yield connection
    finally:
        with contextlib.suppress(pymysql.err.Error, OSError):
            connection.close()


def open_transaction(node: Node, statement: str) -> contextlib.AbstractContextManager:
    """A transaction that has run ``statement`` and doesn't end: its locks on tables block DROP and DDL."""
    return session(node, "START TRANSACTION", statement)


def backup_lock(node: Node) -> contextlib.AbstractContextManager:
    """``LOCK INSTANCE FOR BACKUP`` held by a session."""
    return session(node, "LOCK INSTANCE FOR BACKUP")


def read_lock(node: Node) -> contextlib.AbstractContextManager:
    """``FLUSH TABLES WITH READ LOCK`` held by a session."""
    return session(node, "FLUSH TABLES WITH READ LOCK")


@contextlib.contextmanager
def killed(node: Node) -> Iterator[Node]:
    """Crash the server (kill -9); at the end start it again if nobody has."""
    node.kill9()
    try:
        yield node
    finally:
        if not node.alive():
            node.start()


@contextlib.contextmanager
def stopped_process(node: Node) -> Iterator[Node]:
    """The server hangs: SIGSTOP, at the end SIGCONT."""
    pid = node.pid
    if pid is None:
        raise LabError(f"{node.name} does not run")
    processes.send(pid, signal.SIGSTOP)
    try:
        yield node
    finally:
        processes.send(pid, signal.SIGCONT)
