# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks for passwords wherever they must not be: while a run goes on and in what it leaves."""

from __future__ import annotations

import base64
import os
import stat
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Self

import pymysql

from lab.node import Node

INTERVAL = 0.05  # seconds between two looks at the processes of this machine
# One look at the servers for so many at the processes: sessions hold up a restart.
SERVERS_EVERY = 5
LARGEST = 1 << 30
# What runs now and what ran before, by all that another session can see of it.
STATEMENTS = (
    "SELECT PROCESSLIST_INFO AS text FROM performance_schema.threads"
    " UNION SELECT SQL_TEXT FROM performance_schema.events_statements_current"
    " UNION SELECT SQL_TEXT FROM performance_schema.events_statements_history"
    " UNION SELECT DIGEST_TEXT FROM performance_schema.events_statements_summary_by_digest"
)


class Secrets:
    """Words that are part of passwords and of nothing else, so that no quoting or escaping hides them."""

    def __init__(self, words: Iterable[str]) -> None:
        self._forms = {}
        for word in words:
            plain = word.encode()
            self._forms[plain] = "in plain text"
            self._forms[plain.hex().encode()] = self._forms[plain.hex().upper().encode()] = "in hexadecimal"
            for shift in range(3):
                # The characters at both ends depend on the neighbours.
                encoded = base64.b64encode(b"\0" * shift + plain)
                self._forms[encoded[4 if shift else 0 : -4]] = "in base64"

    def in_bytes(self, content: bytes) -> str | None:
        """How a password stands in the content, or None."""
        return next((form for word, form in self._forms.items() if word in content), None)

    def in_text(self, text: str) -> list[str]:
        """The lines with a password, without it."""
        return [
            f"line {number} ({form}): {line[:60]!r}"
            for number, line in enumerate(text.splitlines(), 1)
            if (form := self.in_bytes(line.encode()))
        ]

    def in_files(self, top: Path, besides: set[Path], since: float = 0, deep: bool = True) -> list[str]:
        """The files below a directory that hold a password, and how. ``deep``: also in its directories."""
        return [f"{path} ({form})" for path, form in self._search(top, since, deep) if path not in besides]

    def paths_in(self, top: Path, since: float) -> list[Path]:
        """The files below a directory that hold a password."""
        return [path for path, _form in self._search(top, since, True)]

    def _search(self, top: Path, since: float, deep: bool) -> Iterator[tuple[Path, str]]:
        for directory, directories, names in os.walk(top):
            if not deep:
                directories.clear()
            for name in names:
                path = Path(directory, name)
                try:
                    facts = path.lstat()
                    if not stat.S_ISREG(facts.st_mode) or facts.st_mtime < since or facts.st_size >= LARGEST:
                        continue
                    form = self.in_bytes(path.read_bytes())
                except FileNotFoundError:
                    continue  # gone meanwhile
                if form:
                    yield path, form


class Watch:
    """Looks at the processes of this machine and at the statements of the servers while a run goes on."""

    def __init__(self, nodes: Iterable[Node], secrets: Secrets, passwords: Iterable[str]) -> None:
        self._nodes = list(nodes)
        self._secrets = secrets
        self._passwords = list(passwords)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._error: BaseException | None = None
        self.found: list[str] = []
        self.commands = self.statements = 0

    def __repr__(self) -> str:
        return f"{self.commands} looks at processes, {self.statements} statements"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_details: object) -> None:
        self._ended.set()
        self._thread.join(30)
        if self._error:
            raise self._error

    def _run(self) -> None:
        try:
            while not self._ended.wait(INTERVAL):
                self._processes()
                if self.commands % SERVERS_EVERY == 0:
                    self._servers()
        except BaseException as error:  # handed to the thread that asks
            self._error = error

    def _processes(self) -> None:
        self.commands += 1
        for process in Path("/proc").glob("[0-9]*"):
            try:
                command, environment = ((process / name).read_bytes() for name in ("cmdline", "environ"))
            except OSError:
                continue  # ended meanwhile
            words = [word.decode(errors="replace")[:40] for word in command.split(b"\0")[:2]]
            for what, content in (("command line", command), ("environment", environment)):
                form = self._secrets.in_bytes(content)
                if form:
                    self.found.append(f"the {what} of {words} ({form})")

    def _servers(self) -> None:
        for node in self._nodes:
            for row in self._statements(node):
                self.statements += 1
                form = self._secrets.in_bytes((row["text"] or "").encode())
                if form:
                    self.found.append(f"a statement on {node.name} ({form}): {row['text'][:40]}")

    def _statements(self, node: Node) -> list[dict[str, str]]:
        for password in self._passwords:
            try:
                return node.sql(STATEMENTS, password=password)
            except pymysql.err.Error as error:
                if error.args[:1] != (1045,):
                    break  # restarting
        return []


def leftovers(home: Path, patience: float = 5.0) -> list[str]:
    """Processes whose home is that one and that are still there after a while (seconds)."""
    deadline = time.monotonic() + patience
    wanted = f"HOME={home}".encode()
    while True:
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if wanted in (process / "environ").read_bytes().split(b"\0"):
                    found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:80])
            except OSError:
                continue
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(0.1)
