# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One server of a lab."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

import pymysql
from pymysql.cursors import DictCursor

from lab import processes
from lab.errors import LabError
from lab.installation import Installation
from lab.template import new_datadir

START_TIMEOUT = 90.0  # seconds
STOP_TIMEOUT = 60.0
_SUPERVISOR = Path(__file__).with_name("supervise.py")
_PORT_TRIES = 5
# Errors of a connection that reached a server which is up.
_REFUSED = {1045, 1040, 1203, 1226, 1698, 1862, 3118, 3159, 4031}
# What the error log says when somebody else listens on the port.
_PORT_TAKEN = ("Address already in use", "Can't start server: Bind on TCP/IP port")

Options = Iterable[str] | Mapping[str, Any]


def parse_options(options: Options) -> dict[str, str]:
    """Server options as a mapping with underscores; accepts ``name=value`` texts, bare names (ON) or a mapping."""
    if isinstance(options, str):
        raise LabError(f"options {options!r}: expected a list of texts like 'max_connections=10', or a mapping")
    pairs = options.items() if isinstance(options, Mapping) else (_split(text) for text in options)
    return {_name(name): str(value) for name, value in pairs}


def _name(name: str) -> str:
    return name.removeprefix("--").replace("-", "_")


def _split(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name.strip("-"):
        raise LabError(f"server option {text!r}: expected NAME=VALUE")
    return name, value if equals else "ON"


def free_port() -> int:
    """A TCP port on 127.0.0.1 that was free a moment ago, chosen by the kernel."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_ours(arguments: list[str], directory: Path) -> bool:
    """True if this command line is of a server, or of its supervisor, of a node in or below ``directory``."""
    prefix = f"{directory}/"
    if any(part.startswith(f"--defaults-file={prefix}") for part in arguments[1:2]):
        return True
    return len(arguments) > 2 and Path(arguments[1]).name == _SUPERVISOR.name and f"{arguments[2]}/".startswith(prefix)


def end_all(directory: Path) -> None:
    """Kill all servers and supervisors of nodes in or below ``directory``."""

    def is_server(pid: int) -> bool:
        return any(part.startswith("--defaults-file=") for part in processes.command_line(pid)[1:2])

    processes.kill(lambda: processes.pids_where(lambda arguments: is_ours(arguments, directory)), is_server)


def _tls_context() -> ssl.SSLContext:
    # The server's certificate is one of its own making; the lab never leaves this machine.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Node:
    """A server in a directory of its own: ``my.cnf``, ``data``, ``mysqld.sock``, logs, and ``node.json`` with all that
    another process needs to take over. Starting it by hand: ``mysqld --defaults-file=<directory>/my.cnf``.
    """

    def __init__(self, directory: Path, state: dict[str, Any]) -> None:
        self.directory = directory
        self._state = state
        self._launched: subprocess.Popen | None = None  # the supervisor, if this process started it
        self._launch_arguments: tuple = ()
        self._log_mark = 0

    # ---- state -------------------------------------------------------------------------------------------------

    @classmethod
    def create(
        cls,
        directory: Path,
        installation: Installation,
        server_id: int,
        root_password: str | None = None,
        options: Options = (),
    ) -> Self:
        """Lay a new node down, not started. Without ``root_password`` it gets a random one of its own."""
        directory.mkdir(parents=True, mode=0o700)
        node = cls(
            directory,
            {
                "name": directory.name,
                "server_id": server_id,
                "port": free_port(),
                # Letters and digits: safe in shells, URLs, YAML and SQL.
                "root_password": secrets.token_hex(10) if root_password is None else root_password,
                "options": {},
                "started": False,
                "server": installation.server,
                "installation": installation.as_dict(),
            },
        )
        node._lay(parse_options(options))
        return node

    @classmethod
    def open(cls, directory: Path) -> Self:
        """Attach to a node that another process made."""
        return cls(directory, json.loads((directory / "node.json").read_text(encoding="utf-8")))

    def _save(self) -> None:
        partial = self.directory / "node.json.new"
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump(self._state, file, indent=2)
        partial.rename(self.directory / "node.json")

    @property
    def name(self) -> str:
        return self._state["name"]

    @property
    def port(self) -> int:
        return self._state["port"]

    @property
    def server_id(self) -> int:
        return self._state["server_id"]

    @property
    def root_password(self) -> str:
        """The password of this server's own root@localhost. After a clone the donor's rules: see :meth:`adopt`."""
        return self._state["root_password"]

    @property
    def options(self) -> dict[str, str]:
        """The options in ``my.cnf`` beyond the lab's own."""
        return dict(self._state["options"])

    @property
    def installation(self) -> Installation:
        return Installation(**self._state["installation"])

    @property
    def socket(self) -> Path:
        return self.directory / "mysqld.sock"

    @property
    def datadir(self) -> Path:
        return self.directory / "data"

    @property
    def pid(self) -> int | None:
        """The running server's process id, or None."""
        try:
            pid = int((self.directory / "mysqld.pid").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            pid = None
        if pid and self._is_server(pid):
            return pid
        # While it starts and ends there is no pid file.
        return next(iter(self._servers()), None)

    @property
    def supervisor_pid(self) -> int | None:
        """The process id of the server's parent, or None when none runs."""
        return next(iter(set(self._processes()) - set(self._servers())), None)

    @property
    def exit_status(self) -> int | None:
        """How the last server process ended: its exit status, or minus the number of the signal; None: never yet."""
        try:
            return json.loads((self.directory / "exit.json").read_text(encoding="utf-8"))["status"]
        except OSError:
            return None

    def _is_server(self, pid: int) -> bool:
        return processes.command_line(pid)[1:2] == [f"--defaults-file={self.directory}/my.cnf"]

    def _servers(self) -> list[int]:
        return [pid for pid in self._processes() if self._is_server(pid)]

    def _processes(self) -> list[int]:
        return processes.pids_where(lambda arguments: is_ours(arguments, self.directory))

    def alive(self) -> bool:
        """True while a server process runs."""
        return self.pid is not None

    def adopt(self, root_password: str) -> None:
        """Remember another root password until the next reset, for example the donor's after a clone."""
        self._state.setdefault("own_password", self._state["root_password"])
        self._state["root_password"] = root_password
        self._save()

    # ---- files -------------------------------------------------------------------------------------------------

    def _lay(self, options: dict[str, str]) -> None:
        """A fresh data directory and configuration, in place of whatever there was."""
        for path in self.directory.iterdir():
            if path.name == "data" and path.is_mount():
                _empty(path)
            elif path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        self._state["options"] = options
        new_datadir(self.installation, options, self.datadir)
        self._write_configuration()
        self._write_first_start()
        self._save()

    def _write_configuration(self) -> None:
        installation = self.installation
        values = {
            "basedir": installation.basedir,
            "datadir": self.datadir,
            "plugin_dir": installation.plugin_dir,
            "lc_messages_dir": installation.messages_dir,
            "character_sets_dir": installation.charsets_dir,
            "socket": self.socket,
            "pid_file": self.directory / "mysqld.pid",
            "port": self.port,
            "bind_address": "127.0.0.1",
            "server_id": self.server_id,
            "log_error": self.directory / "error.log",
            "innodb_buffer_pool_size": "64M",
            "secure_file_priv": "",
        }
        if os.getuid() == 0:
            values["user"] = "root"
        if installation.product == "mysql":
            values |= {
                "log_error_verbosity": 3,
                "gtid_mode": "ON",
                "enforce_gtid_consistency": "ON",
                "mysqlx": "OFF",
                # A machine's contexts for asynchronous I/O run out at some twenty servers.
                "innodb_use_native_aio": "OFF",
            }
            values["innodb_log_buffer_size"] = "8M"
            if installation.numbers >= (8, 0, 30):
                values["innodb_redo_log_capacity"] = "64M"
            if installation.json_log:
                values["log_error_services"] = "log_filter_internal; log_sink_internal; log_sink_json"
        values |= self._state["options"]
        lines = ["[mysqld]", *(f'{name} = "{value}"' for name, value in values.items())]
        lines += ["", "[client]", f'socket = "{self.socket}"', f"port = {self.port}", ""]
        (self.directory / "my.cnf").write_text("\n".join(lines), encoding="utf-8")

    def _write_first_start(self) -> None:
        """Statements for the first start. They stay out of the binary log: a fresh server has no GTIDs."""
        quoted = pymysql.converters.escape_string(self.root_password)
        hosts = ["localhost"]
        statements = ["SET SESSION sql_log_bin = 0;"]
        if self._state["options"].get("skip_name_resolve", "OFF").upper() in ("ON", "1", "TRUE", ""):
            statements.append("CREATE USER IF NOT EXISTS 'root'@'127.0.0.1';")
            statements.append("GRANT ALL ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;")
            hosts.append("127.0.0.1")
        statements += [f"ALTER USER 'root'@'{host}' IDENTIFIED BY '{quoted}';" for host in hosts]
        path = self.directory / "first-start.sql"
        path.touch(mode=0o600)
        path.write_text("\n".join(statements) + "\n", encoding="utf-8")

    # ---- life --------------------------------------------------------------------------------------------------

    def start(
        self,
        supervised: bool = True,
        options: Options = (),
        env: Mapping[str, str] | None = None,
        wait: bool = True,
        timeout: float = START_TIMEOUT,
    ) -> Self:
        """Start the server.

        :param supervised: with a parent that RESTART works with; else CLONE ends with 3707 and the server stays down.
        :param options: for this run only (a restart included); :meth:`reset` takes lasting ones.
        :param env: environment variables beyond this process's.
        :param wait: return when the server answers; else at once (call :meth:`wait_up` then).
        """
        if self._processes():
            raise LabError(f"{self.name} runs already (process {self._processes()[0]})")
        if len(str(self.socket).encode()) > 107:
            raise LabError(f"the socket's path {self.socket} is longer than the 107 bytes a Unix socket can have")
        self.socket.unlink(missing_ok=True)
        (self.directory / "mysqld.pid").unlink(missing_ok=True)
        self._launch(supervised, parse_options(options), env or {})
        if wait:
            self.wait_up(timeout)
        return self

    def _launch(self, supervised: bool, options: dict[str, str], env: Mapping[str, str]) -> None:
        environment = {key: value for key, value in os.environ.items() if key != "MYSQLD_PARENT_PID"} | dict(env)
        command = [sys.executable, str(_SUPERVISOR), str(self.directory)]
        if not supervised:
            command.append("--unsupervised")
        command += ["--", *(f"--{name.replace('_', '-')}={value}" for name, value in options.items())]
        self._log_mark = self._log_size()
        # A new session: the server outlives this process, and Ctrl-C on a terminal does not reach it.
        self._launched = subprocess.Popen(
            command,
            env=environment,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._launch_arguments = (supervised, options, env)

    def wait_up(self, timeout: float = START_TIMEOUT, after: int | None = None) -> Self:
        """Wait until the server answers, also with "access denied" (after a clone the donor's accounts rule).

        :param after: the process id before a restart: wait until it is another one.
        :raises LabError: when it does not within ``timeout`` seconds, or ends.
        """
        deadline = time.monotonic() + timeout
        tries = _PORT_TRIES
        while True:
            reason = self._unreachable()
            if reason is None and after is not None and self.pid in (after, None):
                reason = "the restart has not come yet"
            if reason is None:
                (self.directory / "first-start.sql").unlink(missing_ok=True)
                if not self._state.get("started"):
                    self._state["started"] = True
                    self._save()
                return self
            launched = self._launched
            if (launched.poll() is not None) if launched else not self._processes():
                if launched and not self._state.get("started") and tries and self._port_was_taken():
                    # Nobody knows this node's port before it has answered for the first time: take another.
                    tries -= 1
                    self._state["port"] = free_port()
                    self._write_configuration()
                    self._save()
                    self._launch(*self._launch_arguments)
                else:
                    raise LabError(f"{self.name} ended with status {self.exit_status}: {self._last_words()}")
            elif time.monotonic() > deadline:
                raise LabError(f"{self.name} does not answer after {timeout:.0f} s ({reason}): {self._last_words()}")
            time.sleep(0.05)

    def wait_down(self, timeout: float = STOP_TIMEOUT) -> Self:
        """Wait until neither server nor supervisor runs any more."""
        left = processes.wait_gone(self._processes(), timeout)
        self._reap()
        if left:
            raise LabError(f"{self.name}: process {left[0]} still runs after {timeout:.0f} s")
        return self

    def _unreachable(self) -> str | None:
        """None if the server accepts connections on its socket, else why not."""
        try:
            self.connect(connect_timeout=5).close()
        except pymysql.err.OperationalError as error:
            number, text = (*error.args, "")[:2]
            return None if number in _REFUSED else f"{number} {text}"
        except (pymysql.err.Error, OSError) as error:
            return str(error)
        return None

    def _port_was_taken(self) -> bool:
        return any(text in self.error_log(self._log_mark) for text in _PORT_TAKEN)

    def _last_words(self) -> str:
        lines = self.error_log(self._log_mark).splitlines()
        with contextlib.suppress(OSError):
            lines += (self.directory / "mysqld.out").read_text(encoding="utf-8", errors="replace").splitlines()[-3:]
        words = [line for line in lines if "[ERROR]" in line][-3:] or lines[-2:]
        return " ".join(words) or f"nothing in {self.directory / 'error.log'}"

    def _reap(self) -> None:
        launched = self._launched
        if launched:
            with contextlib.suppress(subprocess.TimeoutExpired):
                launched.wait(5)
                self._launched = None

    def stop(self, timeout: float = STOP_TIMEOUT) -> Self:
        """Shut the server down cleanly; a stopped one is left alone."""
        running = self._processes()
        servers = self._servers()
        # The supervisor hands the signal on, and knows then that a restart is not wanted any more.
        for pid in [pid for pid in running if pid not in servers] or servers:
            processes.send(pid, signal.SIGTERM)
        if processes.wait_gone(running, timeout):
            raise LabError(f"{self.name} has not shut down after {timeout:.0f} s; kill9() ends it by force")
        self._reap()
        return self

    def kill9(self) -> Self:
        """Crash the server: SIGKILL to mysqld. Its supervisor ends with it, as this is no request for a restart."""
        for pid in self._servers():
            processes.send(pid, signal.SIGKILL)
        return self.wait_down(10)

    def end(self) -> None:
        """End everything of this node at once, in whatever state it is."""
        end_all(self.directory)
        self._reap()

    def restart(self, **start_options: Any) -> Self:
        """Stop, then start (with the arguments of :meth:`start`)."""
        return self.stop().start(**start_options)

    def reset(self, options: Options = (), start: bool = True, root_password: str | None = None) -> Self:
        """Make it a fresh, plain server on the same port: new data directory, uuid, keys and logs.

        :param options: lasting server options, in place of those before.
        :param root_password: another than its own until the next reset.
        """
        self.end()
        own_password = self._state.pop("own_password", self._state["root_password"])
        self._state["root_password"] = own_password
        if root_password is not None:
            self.adopt(root_password)
        self._lay(parse_options(options))
        return self.start() if start else self

    # ---- talk --------------------------------------------------------------------------------------------------

    def connect(self, tcp: bool = False, **kwargs: Any) -> pymysql.connections.Connection:
        """A PyMySQL connection: root through the socket unless told otherwise; autocommit, rows as dicts.

        :param tcp: through 127.0.0.1 with TLS.
        :param kwargs: as ``pymysql.connect``; they win.
        """
        arguments: dict[str, Any] = {
            "user": "root",
            "password": self.root_password,
            "autocommit": True,
            "charset": "utf8mb4",
            "cursorclass": DictCursor,
            "connect_timeout": 10,
        }
        if tcp:
            arguments |= {"host": "127.0.0.1", "port": self.port, "ssl": _tls_context()}
        else:
            arguments["unix_socket"] = str(self.socket)
        return pymysql.connect(**(arguments | kwargs))

    def sql(self, statement: str, args: Any = None, **connect: Any) -> list[dict[str, Any]]:
        """Run one statement on a connection of its own and return its rows."""
        connection = self.connect(**connect)
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, args)
                return list(cursor.fetchall())
        finally:
            # CLONE and RESTART take the connection along.
            with contextlib.suppress(pymysql.err.Error, OSError):
                connection.close()

    def error_log(self, since: int = 0) -> str:
        """The error log's text from byte ``since`` on; see :meth:`error_log_mark`."""
        try:
            with open(self.directory / "error.log", "rb") as file:
                file.seek(since)
                return file.read().decode(errors="replace")
        except FileNotFoundError:
            return ""

    def error_log_mark(self) -> int:
        """Where the error log ends now, for a later :meth:`error_log`."""
        return self._log_size()

    def _log_size(self) -> int:
        try:
            return (self.directory / "error.log").stat().st_size
        except FileNotFoundError:
            return 0

    def variables(self) -> dict[str, Any]:
        """What a test or an inventory needs to know of this node."""
        return {
            "port": self.port,
            "socket": str(self.socket),
            "datadir": str(self.datadir),
            "directory": str(self.directory),
            "error_log": str(self.directory / "error.log"),
            "config_file": str(self.directory / "my.cnf"),
            "server_id": self.server_id,
            "root_password": self.root_password,
        }

    def status(self) -> dict[str, Any]:
        """The node's state in plain data, without its password."""
        return {
            "name": self.name,
            "product": self.installation.product,
            "version": self.installation.version,
            "alive": self.alive(),
            "answers": self.alive() and self._unreachable() is None,
            "pid": self.pid,
            "supervisor_pid": self.supervisor_pid,
            "port": self.port,
            "socket": str(self.socket),
            "directory": str(self.directory),
            "options": self.options,
            "exit_status": self.exit_status,
        }


def _empty(directory: Path) -> None:
    for path in directory.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
