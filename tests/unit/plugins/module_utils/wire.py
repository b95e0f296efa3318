# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Something that speaks MySQL's protocol but isn't MySQL: whatever may sit at the other end of a connection.

What MySQL does is tested on real servers. This one shows what goes over the wire, and answers as no real server would.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading

# LONG_PASSWORD, CONNECT_WITH_DB, PROTOCOL_41, TRANSACTIONS, SECURE_CONNECTION, MULTI_STATEMENTS, MULTI_RESULTS, PLUGIN_AUTH
CAPABILITIES = 0x1 | 0x8 | 0x200 | 0x2000 | 0x8000 | 0x10000 | 0x20000 | 0x80000
TLS = 0x800
VARCHAR = 253


def packet(number, payload, length=None):
    """One packet; ``length`` lies about how long it is."""
    return struct.pack("<I", len(payload) if length is None else length)[:3] + bytes([number % 256]) + payload


def lenenc(value):
    if value is None:
        return b"\xfb"
    data = value if isinstance(value, bytes) else str(value).encode("utf-8")
    if len(data) < 251:
        return bytes([len(data)]) + data
    return b"\xfe" + struct.pack("<Q", len(data)) + data


def ok(number=1, status=2):
    return packet(number, struct.pack("<BBBHH", 0, 0, 0, status, 0))


def eof(number, status=2):
    return packet(number, struct.pack("<BHH", 0xFE, 0, status))


def err(code, text, number=1):
    data = text if isinstance(text, bytes) else text.encode("utf-8")
    return packet(number, b"\xff" + struct.pack("<H", code) + b"#HY000" + data)


def column(number, name, kind=VARCHAR):
    head = b"".join(lenenc(part) for part in ("def", "", "", "", name, name))
    return packet(number, head + b"\x0c" + struct.pack("<HIBHB", 255, 1024, kind, 0, 0) + b"\0\0")


def rows(names, values, status=2, number=1, kind=VARCHAR):
    """A result set; the rows may have more or fewer values than there are names."""
    parts = [packet(number, bytes([len(names)]))]
    parts += [column(number + 1 + place, name, kind) for place, name in enumerate(names)]
    number += len(names) + 1
    parts.append(eof(number))
    for row in values:
        number += 1
        parts.append(packet(number, b"".join(map(lenenc, row))))
    parts.append(eof(number + 1, status))
    return b"".join(parts)


def greeting(version="9.7.4", capabilities=CAPABILITIES, plugin="mysql_native_password"):
    text = version if isinstance(version, bytes) else version.encode("utf-8")
    return packet(
        0,
        b"\x0a"
        + text
        + b"\0"
        + struct.pack("<I", 7)
        + b"12345678\0"
        + struct.pack("<HBHHB", capabilities & 0xFFFF, 255, 2, capabilities >> 16, 21)
        + b"\0" * 10
        + b"123456789012\0"
        + plugin.encode("ascii")
        + b"\0",
    )


class Wire:
    """Listens on 127.0.0.1. ``hello`` is what it sends first, ``login`` what follows the client's login, and ``answer`` takes a
    statement and gives the answer; each as bytes, or as an iterable of bytes to be sent piece by piece.

    ``statements`` and ``logins`` hold what came in.
    """

    def __init__(self):
        self.hello = greeting()
        self.login = ok(2)
        self.answer = lambda statement: ok()
        self.statements = []
        self.logins = []
        self.ended = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._sockets = []
        self._threads = [threading.Thread(target=self._listen, daemon=True)]
        self._threads[0].start()

    def close(self):
        self.ended.set()
        for one in [self._listener, *self._sockets]:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join(10)
        assert not [thread for thread in self._threads if thread.is_alive()]

    def drip(self, data, pause=0.05):
        """The data, byte by byte, for as long as the test lasts."""
        for place in range(len(data)):
            if self.ended.wait(pause):
                return
            yield data[place : place + 1]

    def silence(self):
        self.ended.wait(30)
        yield b""

    def _listen(self):
        while not self.ended.is_set():
            try:
                connection = self._listener.accept()[0]
            except OSError:
                return
            self._sockets.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection):
        # Whoever has heard enough hangs up.
        with contextlib.suppress(OSError, EOFError, struct.error), connection, connection.makefile("rb") as incoming:
            self._send(connection, self.hello)
            self.logins.append(self._receive(incoming))
            self._send(connection, self.login)
            while True:
                payload = self._receive(incoming)
                if payload[:1] != b"\x03":
                    return
                statement = payload[1:]
                self.statements.append(statement)
                ours = statement.startswith((b"SET NAMES", b"SET AUTOCOMMIT"))
                self._send(connection, ok() if ours else self.answer(statement.decode("utf-8", "replace")))

    @staticmethod
    def _send(connection, pieces):
        for piece in [pieces] if isinstance(pieces, bytes) else pieces:
            connection.sendall(piece)

    @staticmethod
    def _receive(incoming):
        head = incoming.read(4)
        if len(head) < 4:
            raise EOFError
        return incoming.read(int.from_bytes(head[:3], "little"))


def tokens(sql, backslash):
    """The statement as MySQL's lexer cuts it: quoted names and strings with their values, and the rest."""
    found, place, plain = [], 0, ""
    escapes = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a"}
    while place < len(sql):
        quote = sql[place]
        if quote not in "'`":
            plain += quote
            place += 1
            continue
        if plain:
            found.append(("plain", plain))
            plain = ""
        value, place = "", place + 1
        while True:
            assert place < len(sql), "a quote that nobody closed"
            if sql[place] == quote:
                if sql[place + 1 : place + 2] != quote:
                    break
                place += 1
            elif sql[place] == "\\" and backslash and quote == "'":
                place += 1
                value += escapes.get(sql[place], sql[place])
                place += 1
                continue
            value += sql[place]
            place += 1
        found.append((quote, value))
        place += 1
    return [*found, ("plain", plain)] if plain else found
