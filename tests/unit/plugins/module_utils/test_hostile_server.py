# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever sits at the other end: the modules end in time, with a sentence that names it, and give no password away."""

from __future__ import annotations

import itertools
import json
import re
import struct
import time

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _server
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import ServerError
from ansible_collections.dbops.mysql_clone.plugins.module_utils._module import outcome
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import Login, Server
from ansible_collections.dbops.mysql_clone.plugins.modules import (
    clone_precheck,
    clone_status,
    clone_user,
    clone_verify,
)
from ansible_collections.dbops.mysql_clone.tests.unit.plugins.module_utils.wire import (
    CAPABILITIES,
    TLS,
    column,
    eof,
    err,
    greeting,
    lenenc,
    ok,
    packet,
    rows,
)

PASSWORD = "s3cr3t-w0rd"
SECONDS = 1  # connect_timeout: whole seconds
# What a module may take when each of its sessions comes to its limit: with and without TLS, and a slow machine.
PATIENCE = 8
MODULES = {
    "clone_precheck": (clone_precheck, {}),
    "clone_status": (clone_status, {}),
    "clone_user": (clone_user, {"name": "cloner", "password": PASSWORD, "side": "donor"}),
    "clone_verify": (clone_verify, {"collect": True, "timeout": 2}),
}
NASTY = "\x1b]0;owned\x07\x1b[2J {{ lookup('pipe', 'id') }} \u202e\x9b31m \0 <script>alert(1)</script>"


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Limits that a test can wait for."""
    allow = _server._Connection.allow
    monkeypatch.setattr(_server._Connection, "allow", lambda self, seconds: allow(self, 0.3))
    monkeypatch.setattr(_server, "LARGEST_ANSWER", 8 << 20)


def call(name, wire):
    """The module's result."""
    module, options = MODULES[name]
    given = dict(
        options,
        login_host="127.0.0.1",
        login_port=wire.port,
        login_user="admin",
        login_password=PASSWORD,
        config_file="",
        connect_timeout=SECONDS,
    )
    validated = ArgumentSpecValidator(module.ARGUMENT_SPEC).validate(given)
    assert not validated.error_messages
    body = getattr(module, "run", None)
    return outcome(body, validated.validated_parameters, False, True)


def check(name, wire):
    """Run a module; it must fail in time and say so."""
    begun = time.monotonic()
    result = call(name, wire)
    assert time.monotonic() - begun < PATIENCE
    assert result.get("failed"), result
    assert "exception" not in result, result["exception"]
    assert "127.0.0.1:%d" % wire.port in result["msg"]
    tidy(result)
    return result


def tidy(result):
    """No password, and nothing that a terminal would obey in what is shown as it is."""
    assert PASSWORD not in json.dumps(result, default=str)
    for text in [result.get("msg", ""), *result.get("warnings", ())]:
        assert all(one.isprintable() or one in "\n\t" for one in text), text
        assert len(text) < 20000


@pytest.fixture(params=sorted(MODULES))
def module(request):
    return request.param


# -- before the login --------------------------------------------------------------------------------------------------

GREETINGS = {
    "silence": lambda wire: wire.silence(),
    "a byte from time to time": lambda wire: wire.drip(greeting("9" * 5000)),
    "nothing": lambda wire: b"",
    "half a packet": lambda wire: greeting()[:20],
    "another protocol": lambda wire: b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n<html>" + b"x" * 100,
    "16 MiB that don't come": lambda wire: packet(0, b"\x0a9.7.4\0", length=0xFFFFFF),
    "packets of 16 MiB without end": lambda wire: (packet(number, b"x" * 0xFFFFFF) for number in itertools.count()),
    "an empty packet": lambda wire: packet(0, b""),
    "zeros": lambda wire: b"\0" * 4096,
    "another number": lambda wire: packet(9, greeting()[4:]),
    "an error": lambda wire: err(1129, NASTY, 0),
    "a very long error": lambda wire: err(1129, "x" * 1000000, 0),
    "an error in no encoding": lambda wire: err(1129, b"\xff\xfe\x80", 0),
    "no version": lambda wire: greeting(""),
    "a version that is none": lambda wire: greeting("x.y.z"),
    "a nasty version": lambda wire: greeting("9." + NASTY.replace("\0", "")),
    "a long version": lambda wire: greeting("9.1." + "9" * 70000),
    "a huge version": lambda wire: greeting("9" * 300 + ".1.1"),
    "MariaDB": lambda wire: greeting("5.5.5-10.11.19-MariaDB\x1b[2J"),
    "an old version": lambda wire: greeting("5.7.44"),
    "TLS that isn't there": lambda wire: greeting(capabilities=CAPABILITIES | TLS),
    "an unknown plugin": lambda wire: greeting(plugin="x\x1b[2J"),
}


@pytest.mark.parametrize("kind", sorted(GREETINGS))
def test_greetings(wire, module, kind):
    wire.hello = GREETINGS[kind](wire)
    # Each connection gets the same, also where it is made piece by piece.
    wire.hello = wire.hello if isinstance(wire.hello, bytes) else Each(lambda: GREETINGS[kind](wire))
    wire.login = err(1045, "Access denied for user 'admin'@'localhost' (using password: YES)", 2)
    check(module, wire)


class Each:
    """An iterable that begins anew for everybody."""

    def __init__(self, make):
        self._make = make

    def __iter__(self):
        return iter(self._make())


# -- the login ---------------------------------------------------------------------------------------------------------


def switch(plugin, data=b"12345678901234567890\0"):
    return packet(2, b"\xfe" + plugin.encode("ascii") + b"\0" + data)


@pytest.mark.parametrize("plugin", ["mysql_clear_password", "dialog", "mysql_old_password"])
def test_nobody_gets_the_password_by_asking_for_it(wire, module, plugin):
    data = b"\x04Password: " if plugin == "dialog" else b"12345678\0"
    wire.login = switch(plugin, data)
    assert plugin in check(module, wire)["msg"]
    assert len(wire.logins) >= 1
    # Nothing followed the question.
    assert wire.statements == []
    assert PASSWORD.encode() not in b"".join(wire.logins)


@pytest.mark.parametrize(
    "answer",
    [
        switch("\x1b[2J"),
        switch("mysql_native_password") + switch("mysql_native_password")[:3] + b"\x04" + b"\xfe",
        packet(2, b"\x01\x04"),
        packet(2, b"\x01" + b"x" * 100),
        packet(2, b"\xfe"),
        packet(2, b""),
        err(1045, NASTY, 2),
        ok(77),
        b"",
    ],
)
def test_logins(wire, module, answer):
    wire.login = answer
    check(module, wire)


def test_a_stripped_tls_is_noticed_before_the_login(wire):
    with pytest.raises(ServerError, match="TLS is required") as caught:
        Server(
            Login("127.0.0.1", wire.port, user="admin", password=PASSWORD, require_tls=True, connect_timeout=SECONDS)
        )
    assert caught.value.number == 2026
    assert wire.logins == []


# -- answers -----------------------------------------------------------------------------------------------------------

STATUS = ["ID", "PID", "STATE", "BEGIN_TIME", "END_TIME", "SOURCE", "DESTINATION", "ERROR_NO", "ERROR_MESSAGE"]
STATUS += ["BINLOG_FILE", "BINLOG_POSITION", "GTID_EXECUTED"]
PROGRESS = ["ID", "STAGE", "STATE", "BEGIN_TIME", "END_TIME", "THREADS", "ESTIMATE", "DATA", "NETWORK", "DATA_SPEED"]


def names(statement):
    """The columns that a statement asks for, as far as they have names."""
    if "clone_status" in statement and "*" in statement:
        return STATUS
    if "clone_progress" in statement:
        return PROGRESS
    found = re.findall(r"\bAS (\w+)", statement)
    return list(dict.fromkeys(found)) or ["Variable_name", "Value"]


def filled(value, count=1):
    """Each statement's columns with this value in all of them, in ``count`` rows."""

    def answer(statement):
        parts = statement.split(";\n")
        number, found = 1, []
        for place, part in enumerate(parts):
            wanted = names(part)
            one = rows(wanted, [[value] * len(wanted)] * count, 2 if place == len(parts) - 1 else 2 | 8, number)
            number += len(wanted) + 3 + count
            found.append(one)
        return b"".join(found)

    return answer


def endless_columns():
    yield packet(1, b"\xfe" + struct.pack("<Q", 1 << 62))
    for number in itertools.count(2):
        yield column(number, "x" * 1000)


def endless_rows():
    yield packet(1, b"\x01") + column(2, "x") + eof(3)
    piece = b"".join(packet(number, lenenc("")) for number in range(4, 260))
    while True:
        yield piece


def endless_results():
    for number in itertools.count(1):
        yield ok(number, 2 | 8)


ANSWERS = {
    "silence": lambda wire, statement: wire.silence(),
    "a byte from time to time": lambda wire, statement: wire.drip(rows(["x"] * 200, [])),
    "nothing": lambda wire, statement: b"",
    "half a packet": lambda wire, statement: packet(1, b"\x01")[:3],
    "columns without end": lambda wire, statement: endless_columns(),
    "rows without end": lambda wire, statement: endless_rows(),
    "results without end": lambda wire, statement: endless_results(),
    "no rows where there must be some": lambda wire, statement: ok(),
    "an empty result": lambda wire, statement: rows(["x"], []),
    "other columns": lambda wire, statement: rows(["x"], [["y"]]),
    "too few values": lambda wire, statement: rows(["a", "b", "c"], [["y"]]),
    "too many values": lambda wire, statement: rows(["a"], [["x", "y", "z"]]),
    "a length beyond the end": lambda wire, statement: (
        packet(1, b"\x01") + column(2, "x") + eof(3) + packet(4, b"\xfe" + struct.pack("<Q", 1 << 60)) + eof(5)
    ),
    "no encoding": lambda wire, statement: rows(["x"], [[b"\xff\xfe\x80"]]),
    "a nasty error": lambda wire, statement: err(1064, NASTY),
    "an error 0": lambda wire, statement: err(0, ""),
    "a file of the client": lambda wire, statement: packet(1, b"\xfb/etc/hostname"),
    "another number": lambda wire, statement: packet(200, b"\x01"),
    "a column of an unknown type": lambda wire, statement: rows(["x"], [["y"]], kind=77),
    "a wrong DECIMAL": lambda wire, statement: rows(["x"], [["abc"]], kind=246),
    "a huge DECIMAL": lambda wire, statement: rows(["x"], [["1e999999999"]], kind=246),
    "a wrong DATETIME": lambda wire, statement: rows(["x"], [["0000-99-99"]], kind=12),
    "a wrong number": lambda wire, statement: rows(["x"], [["abc"]], kind=3),
    "a number of 5000 digits": lambda wire, statement: rows(["x"], [["9" * 5000]], kind=3),
    "NULL": lambda wire, statement: filled(None)(statement),
    "a nasty text": lambda wire, statement: filled(NASTY)(statement),
    "an empty text": lambda wire, statement: filled("")(statement),
    "a negative number": lambda wire, statement: filled("-1")(statement),
    "deep JSON": lambda wire, statement: filled("[" * 20000)(statement),
    "a text of 16 MiB": lambda wire, statement: (
        filled("x" * (16 << 20))(statement) if ";" not in statement else rows(["x"], [["x" * (4 << 20)]])
    ),
    "two rows": lambda wire, statement: filled("1", 2)(statement),
}


@pytest.mark.parametrize("kind", sorted(ANSWERS))
def test_answers(wire, module, kind):
    wire.answer = lambda statement: ANSWERS[kind](wire, statement)
    begun = time.monotonic()
    result = call(module, wire)
    assert time.monotonic() - begun < PATIENCE
    assert "exception" not in result, result["exception"]
    tidy(result)
    if result.get("failed"):
        assert "127.0.0.1:%d" % wire.port in result["msg"]
    with open("/etc/hostname", "rb") as file:
        assert file.read() not in wire.statements


def test_a_server_that_begins_well(wire):
    """The limits hold for a session's later answers, too."""
    session = Server(Login("127.0.0.1", wire.port, user="admin", password=PASSWORD, connect_timeout=SECONDS), SECONDS)
    wire.answer = lambda statement: rows(["one"], [["1"]])
    assert session.value("SELECT 1 AS one") == "1"
    with pytest.raises(ServerError, match="no column two"):
        session.query("SELECT 1")[0]["two"]
    wire.answer = lambda statement: wire.drip(rows(["x"] * 200, []))
    begun = time.monotonic()
    with pytest.raises(ServerError) as caught:
        session.query("SELECT 1")
    assert caught.value.number == 2013
    assert time.monotonic() - begun < PATIENCE
    session.close()


def test_results_that_are_missing(wire):
    with Server(Login("127.0.0.1", wire.port, user="admin", connect_timeout=SECONDS), SECONDS) as session:
        wire.answer = lambda statement: rows(["one"], [["1"]])
        with pytest.raises(ServerError, match="results are missing"):
            session.query_many({"a": "SELECT 1", "b": "SELECT 2"})
