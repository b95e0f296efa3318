# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pair of real servers, in which a case brings a condition about, that is then predicted and tried."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pymysql

from ansible_collections.dbops.mysql_clone.plugins.module_utils._precheck import run
from ansible_collections.dbops.mysql_clone.plugins.modules.clone_precheck import ARGUMENT_SPEC
from lab import Lab
from lab.node import Node

USER = "cloner"
PASSWORD = "Cl0ne'\"\\ü%s"  # what a careless statement would stumble over
# Long enough for a clone that is only slow, short enough for a test of what blocks.
LOCK_SECONDS = 2
# A machine's contexts for asynchronous I/O run out at some twenty servers, and several labs may be up.
MODEST = ("innodb_use_native_aio=OFF",)
_NESTED = re.compile(r"Clone Donor Error: (?:Connect failed: )?(\d+) :")
STATEMENT_LOST = (1053, 2006, 2013)


class Outcome(NamedTuple):
    """How a clone ended: the number (0 for success), the donor's own number, the text."""

    number: int
    nested: int | None = None
    text: str = ""

    def __str__(self) -> str:
        if self.number == 0:
            return self.text or "OK"
        return f"{self.number}" + (f" / {self.nested}" if self.nested else "")


# Nodes that a case left in a state of its own: made fresh when they are used again, and not before.
_dirty: set[str] = set()


class Scene:
    """A pair ready to clone, and what a case may change; all of it is put back for the next case."""

    def __init__(self, lab: Lab, stack: contextlib.ExitStack) -> None:
        self.lab = lab
        self.stack = stack
        self._nodes = {"donor": lab["node1"], "recipient": lab["node2"], "third": lab["node3"]}
        self._ready: set[str] = set()
        # How the clone is made, and what precheck is told of it.
        self.host = "127.0.0.1"
        self.port = 0
        self.user = USER
        self.password = PASSWORD
        self.login: tuple[str, str] | None = None
        self.data_directory: str | None = None
        self.require_ssl: bool | None = None
        self.options: dict[str, Any] = {}

    def _usable(self, role: str) -> Node:
        node = self._nodes[role]
        if node.name not in self._ready:
            if node.name in _dirty or not node.alive():
                node.reset(MODEST)
                _dirty.discard(node.name)
            prepare(self.lab, node)
            self._ready.add(node.name)
        return node

    @property
    def donor(self) -> Node:
        return self._usable("donor")

    @property
    def recipient(self) -> Node:
        return self._usable("recipient")

    @property
    def third(self) -> Node:
        """A second recipient."""
        return self._usable("third")

    def donate_to_itself(self) -> None:
        self._nodes["donor"] = self._nodes["recipient"]

    def spoil(self, role: str) -> Node:
        """This node is no good for the next case."""
        node = self._nodes[role]
        self.stack.callback(_dirty.add, node.name)
        return node

    def made(self, node: Node) -> None:
        """A node that the case itself has made what it wants."""
        _dirty.discard(node.name)
        self._ready.add(node.name)
        prepare(self.lab, node)

    def set(self, node: Node, variable: str, value: object) -> None:
        """Set a global variable for the length of the case."""
        old = node.sql(f"SELECT @@GLOBAL.{variable} AS old")[0]["old"]
        node.sql(f"SET GLOBAL {variable} = %s", (value,))
        self.stack.callback(_restore, node, variable, old)

    def account(self, node: Node, name: str, clause: str = "", privileges: str = "BACKUP_ADMIN") -> str:
        """Make an account for the length of the case, in no binary log; returns its password."""
        password = "Acc0unt-pw"
        quietly(node, f"CREATE USER '{name}'@'%' IDENTIFIED BY '{password}' {clause}")
        if privileges:
            quietly(node, f"GRANT {privileges} ON *.* TO '{name}'@'%'")
        self.stack.callback(_try, node, f"DROP USER IF EXISTS '{name}'@'%'")
        return password

    def clone_as(self, name: str, clause: str = "", privileges: str = "BACKUP_ADMIN") -> None:
        """Clone with another account of the donor."""
        self.user, self.password = name, self.account(self.donor, name, clause, privileges)

    def reset(self, role: str, *options: str) -> Node:
        """A fresh server with lasting options for the length of the case."""
        node = self.spoil(role)
        node.reset([*MODEST, *options])
        self.made(node)
        return node

    def restart(self, role: str, *options: str, supervised: bool = True) -> Node:
        """The same data with other options for one run."""
        node = self._usable(role)
        self.spoil(role)
        node.restart(options=list(options), supervised=supervised)
        prepare(self.lab, node)
        return node

    def hold(self, node: Node, *statements: str) -> pymysql.connections.Connection:
        """A session that has run the statements and stays open for the length of the case."""
        connection = node.connect()
        self.stack.callback(_close, connection)
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        return connection

    def directory(self, name: str) -> Path:
        """A directory of the case's own, removed at its end (with what servers put there)."""
        path = self.lab.directory / name
        self.stack.callback(shutil.rmtree, path, True)
        path.mkdir(exist_ok=True)
        return path

    def fill(self) -> None:
        """Give the recipient data of its own to lose."""
        quietly(self.recipient, "CREATE DATABASE IF NOT EXISTS old")
        quietly(self.recipient, "CREATE TABLE IF NOT EXISTS old.t (id INT PRIMARY KEY)")
        quietly(self.recipient, "REPLACE INTO old.t VALUES (1), (2)")
        self.stack.callback(_try, self.recipient, "DROP DATABASE IF EXISTS old")

    # ---- predicting and trying -----------------------------------------------------------------------------------

    def predict(self) -> dict[str, Any]:
        """The precheck of this pair, with the donor's facts from its administrator's login."""
        theirs = None
        if self.donor.alive():
            theirs = precheck(self.donor, side="donor")["facts"]
        wanted = {
            "donor_host": self.host,
            "donor_port": self.port or self.donor.port,
            "donor_user": self.user,
            "donor_password": self.password,
            "require_ssl": self.require_ssl,
            "donor_facts": theirs,
            "data_directory": self.data_directory,
            "overwrite": True,
            "force": True,
            "reserve_cpus": 0,
        }
        return precheck(self.recipient, self.login, **{**wanted, **self.options})

    def clone(self) -> Outcome:
        """CLONE by hand, and what came of it."""
        user, password = self.login or ("root", self.recipient.root_password)
        before = self.recipient.pid
        text = f"CLONE INSTANCE FROM %s@%s:{self.port or self.donor.port} IDENTIFIED BY %s"
        values = [self.user, self.host, self.password]
        if self.data_directory:
            text += " DATA DIRECTORY = %s"
            values.append(self.data_directory)
        if self.require_ssl is not None:
            text += " REQUIRE SSL" if self.require_ssl else " REQUIRE NO SSL"
        try:
            connection = self.recipient.connect(user=user, password=password, read_timeout=120)
        except pymysql.err.Error as error:
            return Outcome(error.args[0], None, str(error.args[1]))
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET SESSION lock_wait_timeout = %s", (LOCK_SECONDS,))
                cursor.execute(text, values)
        except pymysql.err.Error as error:
            number, words = error.args[0], str(error.args[1])
            if number == 3707:
                self.recipient.wait_down()
            if number not in STATEMENT_LOST:
                nested = _NESTED.search(words) if number == 3862 else None
                return Outcome(number, int(nested.group(1)) if nested else None, words)
        finally:
            _close(connection)
        return Outcome(0) if self.data_directory else self.restarted(before)

    def restarted(self, before: int | None) -> Outcome:
        """Wait for the clone's restart; the recipient has the donor's accounts then."""
        try:
            self.recipient.wait_up(after=before, timeout=60)
        except Exception as error:
            return Outcome(-1, None, f"the server does not start again: {error}")
        self.recipient.adopt(self.donor.root_password)
        state = self.recipient.sql("SELECT STATE, ERROR_NO FROM performance_schema.clone_status")
        if not state or state[0]["STATE"] != "Completed":
            return Outcome(-1, None, f"clone_status: {state}")
        return Outcome(0)


def precheck(node: Node, login: tuple[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """The module's work on a node, as root by its socket unless told otherwise."""
    user, password = login or ("root", node.root_password)
    params = {name: spec.get("default") for name, spec in ARGUMENT_SPEC.items()}
    params.update(config_file="", login_unix_socket=str(node.socket), login_user=user, login_password=password)
    return run({**params, "fail_on": "never", **more})


def quietly(node: Node, *statements: str) -> None:
    """Run statements on a connection of their own that writes no binary log."""
    connection = node.connect()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION sql_log_bin = 0")
            for statement in statements:
                cursor.execute(statement)
    finally:
        _close(connection)


def _close(connection: pymysql.connections.Connection) -> None:
    with contextlib.suppress(pymysql.err.Error, OSError):
        connection.close()


def _try(node: Node, statement: str) -> None:
    with contextlib.suppress(pymysql.err.Error, OSError):
        quietly(node, statement)


def _restore(node: Node, variable: str, value: object) -> None:
    with contextlib.suppress(pymysql.err.Error, OSError):
        node.sql(f"SET GLOBAL {variable} = %s", (value,))


def prepare(lab: Lab, node: Node) -> None:
    """What every clone needs; run as often as wanted."""
    if not node.sql("SELECT 1 FROM information_schema.PLUGINS WHERE PLUGIN_NAME = 'clone'"):
        with contextlib.suppress(pymysql.err.Error):
            quietly(node, "INSTALL PLUGIN clone SONAME 'mysql_clone.so'")
    donor = lab["node1"]
    if node.name == donor.name:
        if not node.sql("SELECT 1 FROM mysql.user WHERE User = %s", (USER,)):
            with contextlib.suppress(pymysql.err.Error):
                node.sql("CREATE USER %s@'%%' IDENTIFIED BY %s", (USER, PASSWORD))
                node.sql("GRANT BACKUP_ADMIN ON *.* TO %s@'%%'", (USER,))
                node.sql("CREATE DATABASE shop")
                node.sql("CREATE TABLE shop.orders (id INT AUTO_INCREMENT PRIMARY KEY, note VARCHAR(200))")
                node.sql("INSERT INTO shop.orders (note) VALUES ('a'), ('b'), ('c')")
    else:
        with contextlib.suppress(pymysql.err.Error):
            allow(node, f"127.0.0.1:{donor.port}")
            node.sql(f"SET GLOBAL clone_ddl_timeout = {LOCK_SECONDS}")


def allow(node: Node, donors: str) -> None:
    node.sql("SET GLOBAL clone_valid_donor_list = %s", (donors,))


def spoil_all(lab: Lab) -> None:
    """No node is what a case expects."""
    _dirty.update(node.name for node in lab.nodes)


def wait_until(condition: Callable[[], object], seconds: float = 15) -> None:
    """Wait until a condition holds; fails the case when it doesn't in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"the condition did not come about within {seconds:g} s")
        time.sleep(0.05)


def private_server(where: Path, node: Node) -> Path:
    """A copy of the server's program in a directory of its own (its manifest of components lies beside it)."""
    program = Path(node.installation.server)
    copy = where / "sbin" / program.name
    copy.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(program, copy)
    except OSError:
        shutil.copy2(program, copy)
    return copy


def private_plugins(where: Path, node: Node, without: str = "") -> Path:
    """A plugin directory with links to all plugins but those whose name holds ``without``."""
    copy = where / "plugin"
    copy.mkdir(parents=True, exist_ok=True)
    for path in Path(node.installation.plugin_dir).iterdir():
        if not without or without not in path.name:
            (copy / path.name).symlink_to(path)
    return copy
