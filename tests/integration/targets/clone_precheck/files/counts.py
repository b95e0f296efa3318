# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a check of a pair asks of real servers: sessions, statements and round trips, by server.

``counts.py LAB USER PASSWORD`` prints them as JSON. Round trips are counted where the driver writes a command.
"""

from __future__ import annotations

import json
import sys
from collections import Counter

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _server
from ansible_collections.dbops.mysql_clone.plugins.module_utils._precheck import run
from ansible_collections.dbops.mysql_clone.plugins.modules.clone_precheck import ARGUMENT_SPEC
from lab import Lab
from lab.node import Node

TRIPS: Counter[str] = Counter()


class Counted(_server._Connection):
    """A connection that counts its commands, and its login as one round trip."""

    def _name(self) -> str:
        return self.unix_socket or str(self.port)

    def connect(self, sock: object = None) -> None:
        TRIPS[self._name()] += 1
        super().connect(sock)

    def _execute_command(self, command: int, sql: object) -> None:
        TRIPS[self._name()] += 1
        super()._execute_command(command, sql)


def questions(node: Node) -> int:
    """Statements that clients have sent so far."""
    return int(node.sql("SHOW GLOBAL STATUS LIKE 'Questions'")[0]["Value"])


def check(node: Node, **more: object) -> dict:
    params = {name: spec.get("default") for name, spec in ARGUMENT_SPEC.items()}
    params.update(config_file="", login_unix_socket=str(node.socket), login_user="root")
    return run({**params, "login_password": node.root_password, "fail_on": "never", **more})


def main() -> None:
    lab, user, password = Lab.open(sys.argv[1]), sys.argv[2], sys.argv[3]
    donor, recipient = lab["node1"], lab["node2"]
    _server._Connection = Counted
    before = [questions(node) for node in (donor, recipient)]
    facts = check(donor, side="donor")["facts"]
    once = dict(TRIPS)
    asked = questions(donor) - before[0]
    TRIPS.clear()
    middle = questions(donor)
    check(
        recipient,
        donor_host="127.0.0.1",
        donor_port=donor.port,
        donor_user=user,
        donor_password=password,
        donor_facts=facts,
    )
    counts = {
        "donor_once": {"round_trips": sum(once.values()), "statements": asked},
        "donor_by_recipient": {
            "round_trips": TRIPS[str(donor.port)],
            "statements": questions(donor) - middle,
        },
        "recipient": {"round_trips": TRIPS[str(recipient.socket)], "statements": questions(recipient) - before[1]},
    }
    print(json.dumps(counts))


if __name__ == "__main__":
    main()
