# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a real server look older than it is: ``old_server.py PORT VERSION`` prints the port to reach it at.

It goes on in the background until ``kill PID`` (the second word that is printed).
"""

from __future__ import annotations

import os
import signal
import sys

from lab.proxy import Proxy


def renamed(version: bytes):
    """A rewriting of greetings (manual: Protocol::HandshakeV10): length, sequence 0, version 10, name, NUL, rest."""

    def rewrite(data: bytes) -> bytes:
        if len(data) < 6 or data[3:5] != b"\x00\x0a" or int.from_bytes(data[:3], "little") != len(data) - 4:
            return data
        _name, _nul, rest = data[5:].partition(b"\0")
        body = b"\x0a" + version + b"\0" + rest
        return len(body).to_bytes(3, "little") + b"\0" + body

    return rewrite


def main() -> None:
    """Fork, so that the caller doesn't wait; the child serves until it is told to end."""
    port, version = int(sys.argv[1]), sys.argv[2].encode()
    reader, writer = os.pipe()
    if os.fork():
        os.close(writer)
        with os.fdopen(reader) as told:
            print(told.read())
        return
    os.setsid()
    with Proxy(("127.0.0.1", port), rewrite=renamed(version)) as proxy:
        os.write(writer, f"{proxy.port} {os.getpid()}".encode())
        os.close(writer)
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in range(3):
            os.dup2(nothing, descriptor)
        signal.signal(signal.SIGTERM, lambda *_unused: sys.exit(0))
        while True:
            signal.pause()


if __name__ == "__main__":
    main()
