# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A TCP proxy that makes a link bad: slow, late, frozen, reset or cut.

In a test::

    with Proxy(("127.0.0.1", donor.port)) as link:
        link.slow(1_000_000)      # bytes a second, for all connections together
        link.freeze()             # a black hole: connections stay, nothing passes
        link.cut()                # connections closed, new ones refused
        link.restore()

As a process, with a Unix socket that takes the same words: ``python -m lab proxy --listen 127.0.0.1:0 --to
127.0.0.1:3306 --control /tmp/link``, then ``python -m lab link /tmp/link slow 1000000``.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab.errors import LabError
from lab.supervise import hold_port

_CHUNK = 64 * 1024
COMMANDS = {
    "pass": "let everything through again",
    "restore": "the same as pass",
    "slow": "BYTES a second, for all connections and both directions together",
    "latency": "SECONDS that every piece of data comes late",
    "freeze": "nothing passes any more, while connections stay and new ones are taken",
    "reset": "end all connections with a TCP reset; new ones are taken",
    "cut": "end all connections and refuse new ones",
    "status": "show mode and counters",
}

# Takes a piece of data on its way from the target and returns what to hand on instead.
Rewrite = Callable[[bytes], bytes]
Address = tuple[str, int]


class _Link:
    """The proxy proper; lives in one event loop and is touched by nobody else."""

    def __init__(self, target: Address, rewrite: Rewrite | None) -> None:
        self._target = target
        self._rewrite = rewrite
        self._server: asyncio.Server | None = None
        self._held: socket.socket | None = None  # keeps the port ours while nothing listens
        self._address: Address = ("127.0.0.1", 0)
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task] = set()  # one for each connection
        self._open = asyncio.Event()
        self._open.set()
        self._mode = "pass"
        self._rate: float | None = None
        self._latency = 0.0
        self._free_at = 0.0  # when the shared, slow line is free again
        self._accepted = 0
        self._bytes = {"to_target": 0, "from_target": 0}

    async def listen(self, address: Address) -> Address:
        self._server = await asyncio.start_server(self._connection, *address, limit=_CHUNK, reuse_address=True)
        self._address = self._server.sockets[0].getsockname()[:2]
        return self._address

    async def command(self, name: str, *values: str) -> dict[str, Any]:
        wanted = 1 if name in ("slow", "latency") else 0
        if name not in COMMANDS or len(values) != wanted:
            words = " ".join([name, *values])
            raise LabError(
                f"link command {words!r}: expected one of {', '.join(COMMANDS)}, slow and latency with a number"
            )
        number = _positive(name, values[0]) if wanted else 0.0
        if name in ("pass", "restore"):
            self._mode, self._rate, self._latency, self._free_at = "pass", None, 0.0, 0.0
            self._open.set()
            await self._take_connections()
        elif name == "slow":
            self._rate = number
        elif name == "latency":
            self._latency = number
        elif name == "freeze":
            self._mode = "freeze"
            self._open.clear()
        elif name == "reset":
            self._end_all(reset=True)
        elif name == "cut":
            self._mode = "cut"
            self._refuse_connections()
            self._end_all(reset=False)
        return self.status()

    def status(self) -> dict[str, Any]:
        return {
            "listen": f"{self._address[0]}:{self._address[1]}",
            "to": f"{self._target[0]}:{self._target[1]}",
            "mode": self._mode,
            "bytes_per_second": self._rate,
            "latency": self._latency,
            "connections": len(self._writers) // 2,
            "accepted": self._accepted,
            **self._bytes,
        }

    async def close(self) -> None:
        self._refuse_connections()
        self._open.set()
        self._end_all(reset=False)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._held:
            self._held.close()

    async def _take_connections(self) -> None:
        if self._server is None:
            await self.listen(self._address)
        if self._held:
            self._held.close()
            self._held = None

    def _refuse_connections(self) -> None:
        if self._server is not None:
            self._held = hold_port(self._address[1], self._address[0])
            self._server.close()
            self._server = None

    def _end_all(self, reset: bool) -> None:
        for writer in list(self._writers):
            if reset and (end := writer.get_extra_info("socket")):
                # Linger of zero seconds: the kernel drops what is unsent and answers with RST.
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        self._writers.clear()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._accepted += 1
        self._writers.add(writer)
        self._tasks.add(asyncio.current_task())
        target_writer = None
        try:
            await self._open.wait()
            target_reader, target_writer = await asyncio.open_connection(*self._target, limit=_CHUNK)
            self._writers.add(target_writer)
            ways = [
                asyncio.create_task(self._pump(reader, target_writer, "to_target", None)),
                asyncio.create_task(self._pump(target_reader, writer, "from_target", self._rewrite)),
            ]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        except OSError:
            pass  # the target refuses: so does the link
        except asyncio.CancelledError:
            pass  # close() ends the connection; left uncaught, Python 3.11 prints a traceback for it
        finally:
            self._tasks.discard(asyncio.current_task())
            for end in (writer, target_writer):
                if end:
                    self._writers.discard(end)
                    end.close()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: str, rewrite: Rewrite | None
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(self._piece()):
                await self._hold_back(len(data))
                data = rewrite(data) if rewrite else data
                writer.write(data)
                await writer.drain()
                self._bytes[way] += len(data)

    def _piece(self) -> int:
        """How much to take at once: on a slow line a tenth of a second's worth."""
        return min(_CHUNK, max(1, int(self._rate / 10))) if self._rate else _CHUNK

    async def _hold_back(self, size: int) -> None:
        if self._latency:
            await asyncio.sleep(self._latency)
        if self._rate:
            clock = asyncio.get_running_loop().time
            self._free_at = until = max(self._free_at, clock()) + size / self._rate
            # In small steps: restore() must not wait for the end of a long sleep.
            while self._rate and (left := until - clock()) > 0:
                await asyncio.sleep(min(left, 0.1))
        await self._open.wait()


def _positive(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise LabError(f"link command {name} {text!r}: expected a number above 0")
    return number


class Proxy:
    """A bad link in a thread of this process, as a context manager.

    :param target: where it leads to.
    :param rewrite: changes what comes from the target (for example a server's handshake).
    """

    def __init__(self, target: Address, listen: Address = ("127.0.0.1", 0), rewrite: Rewrite | None = None) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="lab-proxy", daemon=True)
        self._thread.start()
        self._link = _Link(target, rewrite)
        try:
            self.address = self._run(self._link.listen(listen))
        except OSError as error:
            self._stop()
            raise LabError(f"cannot listen on {listen[0]}:{listen[1]}: {error.strerror}") from None

    @property
    def port(self) -> int:
        return self.address[1]

    def __enter__(self) -> Proxy:
        return self

    def __exit__(self, *_details: object) -> None:
        self.close()

    def close(self) -> None:
        """End all connections and listen no more."""
        if self._loop.is_running():
            self._run(self._link.close())
            self._stop()

    def slow(self, bytes_per_second: float) -> None:
        self.command("slow", str(bytes_per_second))

    def latency(self, seconds: float) -> None:
        self.command("latency", str(seconds))

    def freeze(self) -> None:
        self.command("freeze")

    def reset(self) -> None:
        self.command("reset")

    def cut(self) -> None:
        self.command("cut")

    def restore(self) -> None:
        self.command("restore")

    def status(self) -> dict[str, Any]:
        """Mode, counters of connections and bytes."""
        return self.command("status")

    def command(self, *words: str) -> dict[str, Any]:
        """Any of :data:`COMMANDS` with its number; returns the status."""
        return self._run(self._link.command(*words))

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


def parse_address(text: str) -> Address:
    """``HOST:PORT`` as a pair."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) > 65535:
        raise LabError(f"address {text!r}: expected HOST:PORT")
    return host, int(port)


async def serve(listen: Address, target: Address, control: Path, ready: Callable[[dict[str, Any]], None]) -> None:
    """Run a link until it is told ``quit`` (or cancelled); ``control`` is a Unix socket for its commands."""
    link = _Link(target, None)
    try:
        await link.listen(listen)
    except OSError as error:
        raise LabError(f"cannot listen on {listen[0]}:{listen[1]}: {error.strerror}") from None
    ended = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        words = (await reader.readline()).decode().split()
        try:
            if words == ["quit"]:
                ended.set()
                reply = link.status()
            else:
                reply = await link.command(*(words or [""]))
        except LabError as error:
            reply = {"error": str(error)}
        writer.write(json.dumps(reply).encode() + b"\n")
        await writer.drain()
        writer.close()

    control.unlink(missing_ok=True)
    server = await asyncio.start_unix_server(answer, control)
    os.chmod(control, 0o600)
    try:
        ready(link.status())
        await ended.wait()
    finally:
        server.close()
        await link.close()
        control.unlink(missing_ok=True)


def tell(control: Path, words: list[str]) -> dict[str, Any]:
    """Send a command to a link that another process runs; returns its status."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        try:
            connection.connect(str(control))
            connection.sendall(" ".join(words).encode() + b"\n")
            with connection.makefile("r", encoding="utf-8") as file:
                reply = json.loads(file.readline())
        except OSError as error:
            raise LabError(f"no link answers at {control}: {error.strerror or error}") from None
    if "error" in reply:
        raise LabError(reply["error"])
    return reply
