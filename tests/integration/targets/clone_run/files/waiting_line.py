# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python waiting_line.py LAB``: whether runs get a donor's slot in the order in which they came, while it passes from hand to hand."""

from __future__ import annotations

import secrets
import sys
import threading
import time

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _pool
from ansible_collections.dbops.mysql_clone.plugins.module_utils._context import Donor, Link
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import Login
from lab.fleet import Lab

ACCOUNT = "in_line"
RUNS = 8
# Seconds between the runs, and for how long each of them has the slot: longer than one wait of a second, at times.
APART, HELD = 0.3, (0.2, 1.4)
DEADLINE = 60.0


class Run:
    """What a place in the queue needs to know of its run."""

    def __init__(self) -> None:
        self.link = Link()
        self.journal = self
        self._end = time.monotonic() + DEADLINE

    def event(self, text: str) -> None:
        """Nobody listens."""

    def left(self) -> float:
        return self._end - time.monotonic()

    def cancelled(self) -> bool:
        return False


def main() -> int:
    node = Lab.open(sys.argv[1])["node1"]
    password = secrets.token_hex(16)
    node.sql(f"CREATE USER {ACCOUNT} IDENTIFIED BY %s", (password,))
    donor = Donor(Login("127.0.0.1", node.port, user=ACCOUNT, password=password))
    served: list[int] = []

    def wait(number: int) -> None:
        session = _pool.Pool(Run()).lease(donor)
        if session is None:
            return
        with session:
            served.append(number)
            time.sleep(HELD[number % 2])

    try:
        runs = [threading.Thread(target=wait, args=(number,)) for number in range(RUNS)]
        for run in runs:
            run.start()
            time.sleep(APART)
        for run in runs:
            run.join(DEADLINE)
    finally:
        node.sql(f"DROP USER {ACCOUNT}")
    print(f"served in the order {served}")
    return 0 if served == list(range(RUNS)) else 1


if __name__ == "__main__":
    sys.exit(main())
