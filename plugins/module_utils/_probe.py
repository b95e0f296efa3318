# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measuring the link by a transfer from the donor, and the disk by writing.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import os
import re
import tempfile
import time
import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import ServerError
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import (
    ACCESS_DENIED,
    Login,
    Server,
)

# Each measurement ends after so many seconds or bytes, whichever comes first.
SECONDS = 1.0
BYTES = 256 << 20
_BLOCK = 4 << 20
_PAGE = 4096
# The server's own bound for one answer of the transfer, in milliseconds.
_ANSWER_MILLISECONDS = 10000
# Of the room that is free the measurement takes at most one part in so many.
_ROOM_PART = 20


def _counters() -> dict[str, int]:
    """The host's TCP segments received, and those that came out of order."""
    found = {"segments": 0, "out_of_order": 0}
    for path, protocol, name, key in (
        ("/proc/net/snmp", "Tcp", "InSegs", "segments"),
        ("/proc/net/netstat", "TcpExt", "TCPOFOQueue", "out_of_order"),
    ):
        try:
            with open(path, encoding="ascii") as file:
                lines = re.findall(rf"^{protocol}: (.*)$", file.read(), re.MULTILINE)
        except OSError:
            continue
        values = dict(zip(lines[0].split(), lines[1].split())) if len(lines) == 2 else {}
        found[key] = int(values.get(name, 0))
    return found


def link(server: Server, max_allowed_packet: int) -> dict[str, t.Any]:
    """Bytes per second from a server, and the segments that came meanwhile. Raises ServerError.

    The client's own speed is part of it, so it is a lower bound.
    """
    pages = min(_BLOCK, max_allowed_packet // 2) // _PAGE
    # Nested, since the server appends piece by piece, which would take longer than the transfer.
    statement = (
        f"SELECT /*+ MAX_EXECUTION_TIME({_ANSWER_MILLISECONDS}) */ REPEAT(REPEAT('x', {_PAGE}), {pages}) AS block"
    )
    before, begun, done = _counters(), time.perf_counter(), 0
    while True:
        done += len(server.value(statement) or "")
        seconds = time.perf_counter() - begun
        if seconds >= SECONDS or done >= BYTES:
            break
    after = _counters()
    return {
        "link_rate": int(done / seconds),
        "link_bytes": done,
        "segments": after["segments"] - before["segments"],
        "out_of_order": after["out_of_order"] - before["out_of_order"],
    }


def disk(directory: str, free: int) -> dict[str, t.Any]:
    """Bytes per second, synced, on the file system of a directory. Raises OSError.

    The file has no name (or loses it at once), so nothing stays behind even if this process is killed.
    """
    limit = min(BYTES, free // _ROOM_PART)
    block = os.urandom(_BLOCK)
    with tempfile.TemporaryFile(dir=directory, prefix="mysql_clone_probe_", buffering=0) as file:
        begun, done = time.perf_counter(), 0
        while done < limit and time.perf_counter() - begun < SECONDS / 2:
            done += file.write(block)
            os.fsync(file.fileno())
        seconds = time.perf_counter() - begun
    return {"disk_rate": int(done / seconds), "disk_bytes": done} if done else {}


def disk_beside(recipient: t.Mapping[str, t.Any], data_directory: str | None) -> dict[str, t.Any]:
    """The disk's rate beside the data directory, or where the new one is going to be; with ``disk_error`` where it can't be."""
    host = recipient.get("host")
    if host is None:
        return {"disk_error": recipient["absent"].get("host", "the host is not known")}
    place = host["new_directory"]["file_system"] if data_directory else host["file_systems"].get("data")
    if place is None:
        return {"disk_error": "the file system can't be looked at"}
    try:
        # Not in the data directory itself, where that can be helped.
        above = os.path.dirname(place["path"].rstrip("/"))
        beside = os.stat(above).st_dev == place["device"] and os.access(above, os.W_OK)
        return disk(above if beside else place["path"], place["free"])
    except OSError as error:
        return {"disk_error": f"{place['path']}: {error.strerror}"}


class Greeting(t.NamedTuple):
    """What a server says to somebody who may not log in: proof that the link works and what is there.

    ``error`` is None when something that speaks MySQL's protocol answered (even by refusing the login).
    """

    version: str
    error: ServerError | None


def greet(login: Login) -> Greeting:
    """Ask who is there by a login that is expected to be refused.

    A real login attempt, not a bare TCP connect: aborted handshakes count against the server's max_connect_errors.
    """
    probe = login._replace(user="mysql_clone_probe", password=None, config_file=None, client_cert=None, client_key=None)
    try:
        server = Server(probe, read_timeout=probe.connect_timeout)
    except ServerError as error:
        return Greeting(error.version, None if error.number in ACCESS_DENIED else error)
    server.close()
    return Greeting(server.version, None)
