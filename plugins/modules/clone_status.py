#!/usr/bin/python

# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: clone_status
short_description: Tell what a MySQL server's clone is doing
description:
  - Returns the state of the clone under way, or of the last one, on the recipient. It can wait for its end.
  - A clone whose server died reads C(In Progress) for ever in the server's own table; here it is V(failed).
author:
  - dbops contributors (@dbops)
version_added: 1.0.0
extends_documentation_fragment:
  - dbops.mysql_clone._attributes
  - dbops.mysql_clone._attributes.reads_only
  - dbops.mysql_clone._attributes.worker
  - dbops.mysql_clone._login
  - dbops.mysql_clone._login.post_clone
options:
  wait_for:
    description:
      - V(completed) waits until the clone is completed, and fails when it has failed or there is none.
      - V(idle) waits until no clone is under way, whatever became of it.
      - By default the module does not wait.
    type: str
    choices: [completed, idle]
  wait_timeout:
    description:
      - How many seconds to wait. The module fails when they are over.
    type: float
    default: 3600
  poll_interval:
    description:
      - Seconds between two looks.
    type: float
    default: 2
  stall_timeout:
    description:
      - Fail when the clone has made no progress for so many seconds while it was waited for; V(0) waits on.
    type: float
    default: 0
seealso:
  - module: dbops.mysql_clone.clone_run
"""

EXAMPLES = r"""
---
- name: Look at the clone
  dbops.mysql_clone.clone_status:
    login_unix_socket: /run/mysqld/mysqld.sock
  register: result

- name: Say how far it is
  ansible.builtin.debug:
    msg: "{{ result.clone.stage }} {{ result.clone.percent }} %"

- name: Wait for its end
  dbops.mysql_clone.clone_status:
    login_unix_socket: /run/mysqld/mysqld.sock
    wait_for: completed
    wait_timeout: 7200
"""

RETURN = r"""
clone:
  description: The clone.
  type: dict
  returned: always
  contains:
    state:
      description: One of V(none), V(in_progress), V(completed), V(failed).
      type: str
    source:
      description: The donor as host:port.
      type: str
    destination:
      description: V(LOCAL INSTANCE) where the recipient's own data is replaced, else the directory.
      type: str
    begin_time:
      description: When it began, in ISO 8601 (UTC).
      type: str
    end_time:
      description: When it ended, in ISO 8601 (UTC).
      type: str
    stage:
      description: The stage under way, or the last one.
      type: str
    percent:
      description: Share of the bytes that are copied; 100 only when the clone is completed.
      type: int
    bytes_done:
      description: Bytes copied.
      type: int
    bytes_total:
      description: Bytes to copy, as the server estimates.
      type: int
    rate:
      description: Bytes per second now.
      type: int
    eta_seconds:
      description: Seconds until all is copied at this rate, or null.
      type: int
    stalled_seconds:
      description: For how many seconds nothing has moved while the module watched.
      type: int
    stages:
      description: All stages with state, begin, end, seconds, threads, bytes and rate.
      type: list
      elements: dict
    error:
      description: C(code) and C(message) of the error that ended it, or null.
      type: dict
    binlog_file:
      description: The donor's binary log file at the copy's point in time.
      type: str
    binlog_position:
      description: The position in it.
      type: int
    gtid_executed:
      description: The donor's executed GTIDs at the copy's point in time.
      type: str
    pid:
      description: The connection id of the clone on the recipient, or null.
      type: int
"""

import time
import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils._module import (
    LOGIN_SPEC,
    POST_CLONE_SPEC,
    own_logins,
    run_module,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import connect_first
from ansible_collections.dbops.mysql_clone.plugins.module_utils._status import Wait, wait

ARGUMENT_SPEC: dict[str, t.Any] = dict(
    LOGIN_SPEC,
    **POST_CLONE_SPEC,
    wait_for={"type": "str", "choices": ["completed", "idle"]},
    wait_timeout={"type": "float", "default": 3600},
    poll_interval={"type": "float", "default": 2},
    stall_timeout={"type": "float", "default": 0},
)


def run(params: t.Mapping[str, t.Any], check_mode: bool) -> dict[str, t.Any]:
    logins = own_logins(params)
    wanted = Wait(params["wait_for"], params["wait_timeout"], params["poll_interval"], params["stall_timeout"])
    return wait(lambda: connect_first(logins), wanted, logins[0].label, time.monotonic, time.sleep)


def main() -> None:
    run_module(ARGUMENT_SPEC, run)


if __name__ == "__main__":
    main()
