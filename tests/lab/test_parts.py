# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's parts that need no server."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from pathlib import Path

import pytest

from lab import fetch, paths, processes, proxy
from lab.data import parse_size
from lab.errors import LabError
from lab.installation import inspect
from lab.locks import locked
from lab.node import free_port, is_ours, parse_options
from lab.supervise import hold_port
from lab.template import lasting


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((), {}),
        (["max-connections=10", "--skip-name-resolve"], {"max_connections": "10", "skip_name_resolve": "ON"}),
        (["sql_mode="], {"sql_mode": ""}),
        (["init_connect=SET @a=1"], {"init_connect": "SET @a=1"}),
        ({"innodb-page-size": 8192}, {"innodb_page_size": "8192"}),
    ],
)
def test_options(given, expected):
    assert parse_options(given) == expected


@pytest.mark.parametrize("given", [["=5"], "max_connections=10", ["--"]])
def test_bad_options(given):
    with pytest.raises(LabError, match="option"):
        parse_options(given)


def test_lasting_options():
    assert lasting({"max_connections": "5", "innodb_page_size": "8k"}) == {"innodb_page_size": "8k"}


@pytest.mark.parametrize(("text", "size"), [("none", 0), ("small", 8), ("17", 17)])
def test_size(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "-1", "1.5", "huge", "10MB"])
def test_bad_size(text):
    with pytest.raises(LabError, match="expected a number of MiB"):
        parse_size(text)


@pytest.mark.parametrize("name", ["", "a/b", "..", ".x", "a" * 33, "a b"])
def test_bad_lab_name(name):
    with pytest.raises(LabError, match="lab name"):
        paths.lab_dir(name)


def test_socket_paths_are_short_enough():
    assert len(str(paths.lab_dir("a" * 32) / "recipient-node-99" / "mysqld.sock")) < 100


@pytest.mark.parametrize(
    ("names", "newest"),
    [
        (["mysql-server-core-8.0", "mysql-server-core-8.4"], "mysql-server-core-8.4"),
        (["mysql-server-core-8.4", "mysql-server-core-10.0"], "mysql-server-core-10.0"),
        (["mysql-server-core", "mysql-server-core-8.4"], "mysql-server-core"),
        ([], None),
    ],
)
def test_newest_package(names, newest):
    assert fetch.newest(names) == newest


@pytest.mark.parametrize(
    ("version", "numbers"),
    [("9.7.4-2", (9, 7, 4)), ("8.0.42-0ubuntu0.24.04.1", (8, 0, 42)), ("1:10.11.6-0+deb12u1", (10, 11, 6))],
)
def test_package_version(version, numbers):
    assert fetch.version_numbers(version) == numbers


class TestOwnProcesses:
    directory = Path("/tmp/mclab-x")

    @pytest.mark.parametrize(
        "arguments",
        [
            ["/usr/sbin/mysqld", "--defaults-file=/tmp/mclab-x/node1/my.cnf"],
            ["python3", "/somewhere/lab/supervise.py", "/tmp/mclab-x/node1", "--"],
        ],
    )
    def test_ours(self, arguments):
        assert is_ours(arguments, self.directory)

    @pytest.mark.parametrize(
        "arguments",
        [
            [],
            ["tail", "-f", "/tmp/mclab-x/node1/error.log"],
            ["vi", "/tmp/mclab-x/node1/my.cnf"],
            ["/usr/sbin/mysqld", "--defaults-file=/etc/my.cnf", "--datadir=/tmp/mclab-x/node1/data"],
            ["/usr/sbin/mysqld", "--defaults-file=/tmp/mclab-xy/node1/my.cnf"],
            ["python3", "/somewhere/lab/supervise.py", "/tmp/mclab-xy/node1", "--"],
            ["python3", "/somewhere/lab/supervise.py"],
        ],
    )
    def test_not_ours(self, arguments):
        assert not is_ours(arguments, self.directory)


def test_this_process_is_alive_and_a_zombie_is_not():
    assert processes.is_alive(os.getpid())
    assert not processes.is_alive(None)
    child = os.fork()
    if not child:
        os._exit(0)
    assert processes.wait_gone([child], 5) == []
    os.waitpid(child, 0)


def test_lock_is_exclusive_and_names_its_holder():
    with (
        locked("test", 1, "testing"),
        pytest.raises(LabError, match=f"process {os.getpid()}"),
        locked("test", 0.2, "testing"),
    ):
        pass
    with locked("test", 1, "testing"):
        pass


def test_held_port_is_free_for_the_server_only():
    port = free_port()
    with hold_port(port), socket.socket() as server, socket.socket() as stranger:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", port))
        server.listen()
        with pytest.raises(OSError, match="in use"):
            stranger.bind(("127.0.0.1", port))


class TestNoServer:
    def test_basedir_without_mysqld(self, monkeypatch, tmp_path):
        monkeypatch.setenv("MYSQL_BASEDIR", str(tmp_path))
        with pytest.raises(LabError, match=r"MYSQL_BASEDIR is set, so nothing else was tried: .* holds no mysqld"):
            fetch.mysql()

    @pytest.mark.parametrize(
        ("says", "reason"),
        [
            ("mysqld  Ver 8.0.16 for Linux on x86_64 (MySQL Community Server - GPL)", "expected 8.0.17 or newer"),
            ("mysqld  Ver 8.0.36 for Linux on x86_64 (MySQL Community Server - GPL)", "no mysql_clone.so"),
            ("mysqld  Ver 10.11.6-MariaDB for Linux on x86_64", "english/errmsg.sys"),
            ("what?", "does not tell its version"),
        ],
    )
    def test_unfit_server(self, tmp_path, says, reason):
        (tmp_path / "bin").mkdir()
        program = tmp_path / "bin" / "mysqld"
        program.write_text(f"#!/bin/sh\necho '{says}'\n", encoding="utf-8")
        program.chmod(0o755)
        (tmp_path / "lib" / "plugin").mkdir(parents=True)
        with pytest.raises(LabError, match=reason):
            inspect(tmp_path, "test")

    def test_nothing_to_be_had(self, monkeypatch, tmp_path):
        monkeypatch.delenv("MYSQL_BASEDIR", raising=False)
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setattr(fetch, "SBIN", "")
        with pytest.raises(LabError) as error:
            fetch.mysql()
        for part in ("no mysqld on PATH", "apt-get is not on PATH", "Set MYSQL_BASEDIR"):
            assert part in str(error.value)

    def test_interrupted_fetch_does_not_count(self, tmp_path):
        root = tmp_path / "mysql" / "9.9.9"
        (root / "usr").mkdir(parents=True)
        assert fetch.complete(tmp_path / "mysql") == []
        (root / "complete.json").write_text(json.dumps({"root": "/moved/away"}), encoding="utf-8")
        assert fetch.complete(tmp_path / "mysql") == []
        (root / "complete.json").write_text(json.dumps({"root": str(root)}), encoding="utf-8")
        assert [path for path, _marker in fetch.complete(tmp_path / "mysql")] == [root]


class Echo:
    """A server that sends back what it gets."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = self._listener.getsockname()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    @staticmethod
    def _answer(connection):
        with connection:
            try:
                while data := connection.recv(65536):
                    connection.sendall(data)
            except OSError:
                pass

    def close(self):
        self._listener.close()


class TestProxy:
    @pytest.fixture
    def echo(self):
        server = Echo()
        yield server
        server.close()

    @pytest.fixture
    def link(self, echo):
        with proxy.Proxy(echo.address) as link:
            yield link

    @staticmethod
    def connect(link):
        connection = socket.create_connection(link.address, timeout=5)
        connection.sendall(b"hello")
        assert connection.recv(100) == b"hello"
        return connection

    @staticmethod
    def round_trip(connection, size):
        begin = time.monotonic()
        connection.sendall(b"x" * size)
        got = 0
        while got < size:
            got += len(connection.recv(65536))
        return time.monotonic() - begin

    def test_passes(self, link):
        with self.connect(link) as connection:
            assert self.round_trip(connection, 300_000) < 2
            assert link.status()["connections"] == 1
            assert link.status()["from_target"] == 300_005

    def test_slow(self, link):
        with self.connect(link) as connection:
            link.slow(100_000)
            assert 0.8 < self.round_trip(connection, 50_000) < 3  # there and back
            link.restore()
            assert self.round_trip(connection, 300_000) < 2

    def test_latency(self, link):
        with self.connect(link) as connection:
            link.latency(0.2)
            assert 0.4 <= self.round_trip(connection, 10) < 2

    def test_freeze(self, link):
        with self.connect(link) as connection:
            link.freeze()
            connection.settimeout(0.3)
            connection.sendall(b"x")
            with pytest.raises(TimeoutError):
                connection.recv(1)
            with socket.create_connection(link.address, timeout=1):
                pass  # still taken
            link.restore()
            connection.settimeout(5)
            assert connection.recv(1) == b"x"

    def test_reset(self, link):
        with self.connect(link) as connection:
            link.reset()
            with pytest.raises(ConnectionResetError):
                connection.recv(1)
        self.connect(link).close()

    def test_cut(self, link):
        with self.connect(link) as connection:
            link.cut()
            assert connection.recv(1) == b""
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(link.address, timeout=5)
        link.restore()
        self.connect(link).close()

    def test_rewrite(self, echo):
        newer_to_older = proxy.Proxy(echo.address, rewrite=lambda data: data.replace(b"9.7", b"8.4"))
        with newer_to_older as link, socket.create_connection(link.address, timeout=5) as connection:
            connection.sendall(b"version 9.7.4")
            assert connection.recv(100) == b"version 8.4.4"

    def test_target_away(self):
        with (
            proxy.Proxy(("127.0.0.1", free_port())) as link,
            socket.create_connection(link.address, timeout=5) as connection,
        ):
            assert connection.recv(1) == b""

    @pytest.mark.parametrize("words", [["wobble"], ["slow"], ["slow", "fast"], ["slow", "-1"], ["cut", "1"]])
    def test_bad_command(self, link, words):
        with pytest.raises(LabError, match="link command"):
            link.command(*words)


@pytest.mark.parametrize("text", ["", "localhost", ":3306", "host:", "host:port", "host:70000"])
def test_bad_address(text):
    with pytest.raises(LabError, match="expected HOST:PORT"):
        proxy.parse_address(text)
