# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs one mysqld as its real parent. A program: ``supervise.py NODE_DIRECTORY [--unsupervised] [-- OPTION...]``.

A server restarts itself (RESTART, the end of CLONE) only if MYSQLD_PARENT_PID holds the pid of its parent, and then by
ending with exit status 16, which asks that parent for a new start. Every other end is final here, as it is for a server
under systemd with Restart=on-failure after exit status 0. With ``--unsupervised`` the server gets no such parent.

Standard library only: it has to start fast, once for each server.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

RESTART_STATUS = 16
_FAST = 2.0  # seconds: a server that asks for a restart sooner is slowed down


def hold_port(port: int, address: str = "127.0.0.1") -> socket.socket | None:
    """Keep the port ours while the server restarts.

    A bound socket that doesn't listen leaves the server (SO_REUSEADDR on both) free to listen there, while the kernel
    no longer gives the port to anybody who asks for any free one.
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        held.bind((address, port))
    except OSError:
        held.close()
        return None  # the server will say so in its error log
    return held


def main() -> int:
    # What follows the dashes is the server's; argparse would want to understand it.
    end = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    options = sys.argv[end + 1 :]
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=Path)
    parser.add_argument("--unsupervised", action="store_true")
    arguments = parser.parse_args(sys.argv[1:end])
    directory = arguments.directory
    node = json.loads((directory / "node.json").read_text(encoding="utf-8"))
    (directory / "supervisor.pid").write_text(f"{os.getpid()}\n", encoding="utf-8")
    _held = hold_port(node["port"])

    environment = dict(os.environ)
    if not arguments.unsupervised:
        environment.setdefault("MYSQLD_PARENT_PID", str(os.getpid()))
    child: subprocess.Popen | None = None
    stopping = False

    def forward(number: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True
        if child:
            child.send_signal(number)

    signal.signal(signal.SIGTERM, forward)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    while True:
        command = [node["server"], f"--defaults-file={directory / 'my.cnf'}", *options]
        first = directory / "first-start.sql"
        if first.exists():
            command.append(f"--init-file={first}")
        begin = time.monotonic()
        with open(directory / "mysqld.out", "ab") as output:
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment)
        if stopping:
            child.terminate()
        status = child.wait()
        ended = {"status": status, "pid": child.pid, "time": time.time()}
        partial = directory / "exit.json.new"
        partial.write_text(json.dumps(ended) + "\n", encoding="utf-8")
        partial.rename(directory / "exit.json")
        if status != RESTART_STATUS or stopping or arguments.unsupervised:
            return 0
        if time.monotonic() - begin < _FAST:
            time.sleep(1)


if __name__ == "__main__":
    sys.exit(main())
