#!/usr/bin/python

# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: clone_monitor
short_description: Look once at a server's room, memory, connections, clone and log
description:
  - Measures what clones fail of, and what goes wrong with them, and compares it with thresholds.
  - Contacts the server once. A server that doesn't answer is a finding and no failure of the task.
  - Errors in the log and progress of a clone are judged since the look before, which is told by O(marks).
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
  side:
    description:
      - Whether the server gives clones or takes them. On a donor no clone is looked for.
    type: str
    choices: [recipient, donor]
    default: recipient
  thresholds:
    description:
      - Which values are alarming; those that are missing keep their defaults.
      - C(disk) (85), C(memory) (90) and C(connections) (80) are percent of what there is, to be exceeded.
      - C(stall) (300) is seconds for which a clone made no progress, C(log_errors) (1) how many errors are new in the log.
    type: dict
    default: {}
  marks:
    description:
      - The RV(marks) of the look before.
    type: dict
    default: {}
  log_since:
    description:
      - How far back the first look reads the log, at most its last MiB. A time in ISO 8601, or how long ago, as V(15m) or V(1h).
    type: str
    default: 1h
  path:
    description:
      - The error log of a server that doesn't answer.
    type: path
  datadir:
    description:
      - The data directory of a server that doesn't answer, to look at the room there.
    type: path
seealso:
  - module: dbops.mysql_clone.clone_diagnose
  - module: dbops.mysql_clone.clone_status
"""

EXAMPLES = r"""
---
- name: Look at the server
  dbops.mysql_clone.clone_monitor:
    login_unix_socket: /run/mysqld/mysqld.sock
    thresholds:
      disk: 90
  register: look

- name: Say what is alarming
  ansible.builtin.debug:
    msg: "{{ look.checks | selectattr('status', 'in', ['warn', 'fail']) | map(attribute='message') }}"

- name: Look again, at what is new
  dbops.mysql_clone.clone_monitor:
    login_unix_socket: /run/mysqld/mysqld.sock
    marks: "{{ look.marks }}"
"""

RETURN = r"""
measured:
  description: The values. Rules of the role P(dbops.mysql_clone.monitor#role) are asked of them.
  type: dict
  returned: always
  contains:
    time:
      description: When, in ISO 8601 (UTC).
      type: str
    up:
      description: Whether the server answers.
      type: bool
    why:
      description: Why it does not.
      type: str
    why_category:
      description: The category of that, as of a finding.
      type: str
    version:
      description: The server's version.
      type: str
    uptime:
      description: For how many seconds it has been running.
      type: int
    disk:
      description: The fullest of its file systems, with C(name), C(path), C(free) and C(total) (bytes), C(used_ratio) (0 to 1), and
        all of them as C(file_systems). Null where the server runs elsewhere.
      type: dict
    memory:
      description: C(used_ratio), C(total), C(available), C(limit) (of its control group) and C(resident) (of the server), in bytes.
      type: dict
    connections:
      description: C(used_ratio), C(current), C(maximum) and C(highest).
      type: dict
    clone:
      description: The clone, as M(dbops.mysql_clone.clone_status) returns it, without stages. C(stalled_seconds) counts from look to
        look.
      type: dict
    log:
      description: C(errors) since the look before, how many of them are C(about_clone), C(keywords) with counts, and the C(newest).
      type: dict
    absent:
      description: Why something could not be measured.
      type: dict
checks:
  description: Findings, as M(dbops.mysql_clone.clone_precheck) returns them.
  type: list
  elements: dict
  returned: always
marks:
  description: What the next look has to know.
  type: dict
  returned: always
side:
  description: As O(side).
  type: str
  returned: always
"""

import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils._module import LOGIN_SPEC, POST_CLONE_SPEC, run_module
from ansible_collections.dbops.mysql_clone.plugins.module_utils._monitor import run

ARGUMENT_SPEC: dict[str, t.Any] = dict(
    LOGIN_SPEC,
    **POST_CLONE_SPEC,
    side={"type": "str", "choices": ["recipient", "donor"], "default": "recipient"},
    thresholds={"type": "dict", "default": {}},
    marks={"type": "dict", "default": {}},
    log_since={"type": "str", "default": "1h"},
    path={"type": "path"},
    datadir={"type": "path"},
)


def main() -> None:
    run_module(ARGUMENT_SPEC, run)


if __name__ == "__main__":
    main()
