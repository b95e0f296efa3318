# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Event source for ansible-rulebook: clones that failed or stand still.

Looks at each server's performance_schema.clone_status, with a session of its own each time.
"""

from __future__ import annotations

DOCUMENTATION = r"""
short_description: Watches servers for clones that fail or stand still
description:
  - Looks at O(servers) every O(interval) seconds and sends one event for each clone that has failed, and for each that has made
    no progress for O(stall_timeout) seconds.
  - A clone that had failed before the source was started is told of, too, unless O(only_new) is true.
  - A server that can't be reached is no event. It may be in the restart that ends a clone.
options:
  servers:
    description:
      - Servers to look at, each with O(servers[].name), which is its name in the inventory, and the C(login_*) options of
        M(dbops.mysql_clone.clone_status).
    type: list
    elements: dict
    required: true
  interval:
    description: Seconds between two looks.
    type: float
    default: 10
  stall_timeout:
    description: Seconds without progress after which a clone stands still.
    type: float
    default: 300
  only_new:
    description: Whether clones that had failed before the first look are left out.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Answer clones that fail
  hosts: all
  sources:
    - dbops.mysql_clone.clone_failures:
        servers:
          - name: db2
            login_host: 192.0.2.12
            login_user: clone_monitor
            login_password: "{{ vault_clone_monitor_password }}"
  rules:
    - name: Say why
      condition: event.clone.kind == "failed"
      action:
        run_playbook:
          name: dbops.mysql_clone.diagnose
          extra_vars:
            mysql_clone_targets: "{{ event.clone.host }}"
"""

import asyncio
import logging
import sys
import time
import typing as t
from pathlib import Path

# ansible-rulebook has no loader for collections: the directory above ansible_collections makes them plain packages.
COLLECTIONS = str(Path(__file__).absolute().parents[7])
if COLLECTIONS not in sys.path:
    sys.path.append(COLLECTIONS)

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _pace, _server, _status
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import CloneError

LOG = logging.getLogger(__name__)
LOGIN = {
    "login_host": "host",
    "login_port": "port",
    "login_unix_socket": "unix_socket",
    "login_user": "user",
    "login_password": "password",
    "config_file": "config_file",
    "ca_cert": "ca_cert",
    "client_cert": "client_cert",
    "client_key": "client_key",
    "check_hostname": "check_hostname",
    "connect_timeout": "connect_timeout",
}


class Seen:
    """What has been told of one server: no clone is told of twice for the same reason."""

    def __init__(self, name: str, stall_timeout: float, only_new: bool) -> None:
        self.name = name
        self._stall = stall_timeout
        self._watch = _pace.Watch()
        self._told: set[tuple[str, str | None]] = set()
        self._silent = only_new

    def event(self, now: float, clone: dict[str, t.Any]) -> dict[str, t.Any] | None:
        """The event that this look at the clone is worth, if any; ``now`` in seconds of a monotonic clock."""
        clone = self._watch.observe(now, clone)
        kind = None
        if clone["state"] == "failed":
            kind = "failed"
        elif clone["state"] == "in_progress" and clone["stalled_seconds"] >= self._stall:
            kind = "stalled"
        silent, self._silent = self._silent, False
        if kind is None or (kind, clone["begin_time"]) in self._told:
            return None
        self._told.add((kind, clone["begin_time"]))
        return None if silent else {"clone": {"host": self.name, "kind": kind, **clone}}


def login(server: t.Mapping[str, t.Any]) -> _server.Login:
    """The login that an entry of ``servers`` describes. Raises ValueError for an entry that is none."""
    unknown = sorted(set(server) - set(LOGIN) - {"name"})
    if unknown or not server.get("name"):
        raise ValueError(
            "servers: %s; expected name and any of %s"
            % ("unknown %s" % ", ".join(unknown) if unknown else "an entry has no name", ", ".join(LOGIN))
        )
    return _server.Login(**{LOGIN[option]: value for option, value in server.items() if option != "name"})


def look(way: _server.Login) -> dict[str, t.Any]:
    """The server's clone. Raises CloneError."""
    with _server.connect_first([way]) as server:
        return _status.status(server)


async def main(queue: asyncio.Queue[t.Any], args: dict[str, t.Any]) -> None:
    """Put an event into the queue for each clone that fails or stands still, for ever."""
    interval = float(args.get("interval", 10))
    if interval <= 0:
        raise ValueError("interval is %s; expected more than 0 seconds" % interval)
    stall, only_new = float(args.get("stall_timeout", 300)), bool(args.get("only_new", False))
    servers = [(login(server), Seen(server["name"], stall, only_new)) for server in args.get("servers") or ()]
    if not servers:
        raise ValueError("servers is empty; expected the servers to look at")

    async def watch(way: _server.Login, seen: Seen) -> None:
        while True:
            try:
                clone = await asyncio.to_thread(look, way)
            except CloneError as error:
                LOG.warning("%s: %s", seen.name, error)
            else:
                event = seen.event(time.monotonic(), clone)
                if event:
                    await queue.put(event)
            await asyncio.sleep(interval)

    await asyncio.gather(*(watch(way, seen) for way, seen in servers))
