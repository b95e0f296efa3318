#!/usr/bin/python

# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: clone_recover
short_description: Bring a recipient back from what a failed clone left
description:
  - Looks at a recipient, also while its server is down, plans the steps that bring it back, each with its reason, and makes them.
  - It waits for a clone under way (and ends one that stands still), brings an interrupted swap of data directories to an end,
    starts the server, puts back variables of a run that was killed, and removes half-cloned directories, files of a clone that no
    start would remove, and empty directories of schemas that would be in the way (error 3678).
  - Dropped data comes back by a new clone, which this module leaves to others (RV(clone_due)), or by a logical copy of chosen
    schemas with C(mysqldump), streamed into the recipient without a file on disk, and compared afterwards.
  - What neither it nor a clone can do is named, and fails the task.
  - A recipient that needs nothing is left alone.
author:
  - dbops contributors (@dbops)
version_added: 1.0.0
extends_documentation_fragment:
  - dbops.mysql_clone._attributes
  - dbops.mysql_clone._login
  - dbops.mysql_clone._login.post_clone
  - dbops.mysql_clone._donor
  - dbops.mysql_clone._donor.tls
  - dbops.mysql_clone._evidence
  - dbops.mysql_clone._detached
attributes:
  check_mode:
    support: full
    details: RV(steps) tells what would be done. What follows after the server has been started, say, is planned only then.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  data:
    description:
      - How data that a failed clone dropped comes back.
      - V(auto) asks for a new clone, or makes a logical copy where O(schemas) are given and cost less by O(donor_facts).
      - V(clone) asks for a new clone. V(copy) copies those of O(schemas) that the recipient lacks, also where nothing was dropped.
        V(none) brings nothing back.
    type: str
    choices: [auto, clone, copy, none]
    default: auto
  schemas:
    description:
      - The schemas that a logical copy brings. O(donor_user) then logs in to the donor and needs C(SELECT), C(SHOW VIEW),
        C(TRIGGER), C(EVENT), C(RELOAD) and C(REPLICATION CLIENT) there.
    type: list
    elements: str
    default: []
  overwrite:
    description:
      - Whether a logical copy may replace schemas of the recipient that differ from the donor's, and whether tablespaces of schemas
        that the server doesn't know, which would stop a new clone, may be removed.
    type: bool
    default: false
  set_gtid_purged:
    description:
      - What a logical copy does with the donor's GTIDs, as the option of this name of C(mysqldump).
      - V(on) makes the recipient take all of them for executed, which is right only where O(schemas) are all that it is to have.
    type: str
    choices: ['off', 'commented', 'on']
    default: 'off'
  client_directory:
    description:
      - The directory of C(mysqldump) and C(mysql) on the managed node. By default they are looked for in C(PATH).
    type: path
  roll_back:
    description:
      - Go back to the old data that a swap of data directories (O(dbops.mysql_clone.clone_run#module:method=side_by_side)) has kept.
        The clone is kept in turn.
    type: bool
    default: false
  cleanup:
    description:
      - Remove the data directories that swaps have kept beside the recipient's, as far as no server works in them.
    type: bool
    default: false
  start_command:
    description:
      - A shell command that starts the recipient's server. Without it somebody has to, and the task fails saying so.
    type: str
  timeout:
    description:
      - Seconds for all of it.
    type: float
    default: 86400
  start_timeout:
    description:
      - Seconds for a start of the server, with its recovery. By default ten minutes.
    type: float
  stall_timeout:
    description:
      - A clone under way is ended after so many seconds without progress.
    type: float
    default: 300
  donor_facts:
    description:
      - The donor's facts, as M(dbops.mysql_clone.clone_precheck) returned them there, for the sizes of its schemas.
    type: dict
  data_directory:
    description:
      - The directory into which a clone was made, where that was not the server's own. It is removed if it holds half a clone.
    type: path
notes:
  - The work is done by a process of its own on the managed node, which outlives the task; running the task again joins it.
seealso:
  - module: dbops.mysql_clone.clone_diagnose
  - module: dbops.mysql_clone.clone_run
"""

EXAMPLES = r"""
---
- name: Bring a recipient back, and see whether it must be cloned again
  dbops.mysql_clone.clone_recover:
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root
    login_password: "{{ root_password }}"
    start_command: systemctl start mysql
  register: recovery

- name: Copy two schemas instead of cloning everything
  dbops.mysql_clone.clone_recover:
    login_unix_socket: /run/mysqld/mysqld.sock
    data: copy
    schemas: [shop, billing]
    donor_host: db1.example.com
    donor_user: copier
    donor_password: "{{ copier_password }}"

- name: Take the old data back that a swap has kept
  dbops.mysql_clone.clone_recover:
    login_unix_socket: /run/mysqld/mysqld.sock
    roll_back: true
    start_command: systemctl start mysql
  become: true
"""

RETURN = r"""
steps:
  description: The steps in order.
  type: list
  elements: dict
  returned: always
  contains:
    action:
      description:
        - One of V(attach), V(finish_swap), V(abandon_swap), V(start), V(roll_back), V(restore_settings), V(restore_donor_settings),
          V(remove_half_clones),
          V(remove_remains), V(remove_empty_directories), V(remove_orphans), V(move_orphans), V(copy_schemas), V(clone),
          V(remove_old), V(login), V(mend).
      type: str
    reason:
      description: Why it is due.
      type: str
    by:
      description: Who makes it, V(module), V(clone) (a new clone), or V(hand).
      type: str
    what:
      description: Files, directories, variables or schemas that it is about.
      type: list
      elements: str
    status:
      description: V(done), V(failed), V(left) to somebody else, or V(planned).
      type: str
    message:
      description: Why it failed.
      type: str
verdict:
  description: All of it in one sentence.
  type: str
  returned: always
  sample: "/run/mysqld/mysqld.sock: nothing to recover"
lines:
  description: All of it as text for people.
  type: list
  elements: str
  returned: always
clone_due:
  description: Whether the recipient has to be cloned again.
  type: bool
  returned: always
clone:
  description: The clone as M(dbops.mysql_clone.clone_status) returns it, at the end.
  type: dict
  returned: always
copied:
  description:
    - What a logical copy did, with C(schemas), C(bytes), C(seconds), the donor's binary log position as C(source), C(verified) and
      C(differences); else null.
  type: dict
  returned: always
kept:
  description: Data directories that swaps have kept.
  type: list
  elements: str
  returned: always
finished:
  description: Whether the work has ended; false only with O(wait_seconds).
  type: bool
  returned: always
attached:
  description: Whether the task follows a run of another task that is under way.
  type: bool
  returned: always
events:
  description: What happened since O(seen), as number, seconds since the start, and text.
  type: list
  elements: dict
  returned: always
seen:
  description: The number of the last event.
  type: int
  returned: always
"""

import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils._module import (
    DETACHED_SPEC,
    DONOR_SPEC,
    EVIDENCE_SPEC,
    LOGIN_SPEC,
    POST_CLONE_SPEC,
    run_module,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._repair import run

ARGUMENT_SPEC: dict[str, t.Any] = dict(
    LOGIN_SPEC,
    **POST_CLONE_SPEC,
    **DONOR_SPEC,
    **EVIDENCE_SPEC,
    **DETACHED_SPEC,
    data={"type": "str", "choices": ["auto", "clone", "copy", "none"], "default": "auto"},
    schemas={"type": "list", "elements": "str", "default": []},
    overwrite={"type": "bool", "default": False},
    set_gtid_purged={"type": "str", "choices": ["off", "commented", "on"], "default": "off"},
    client_directory={"type": "path"},
    roll_back={"type": "bool", "default": False},
    cleanup={"type": "bool", "default": False},
    start_command={"type": "str"},
    timeout={"type": "float", "default": 86400},
    start_timeout={"type": "float"},
    stall_timeout={"type": "float", "default": 300},
    donor_facts={"type": "dict"},
    data_directory={"type": "path"},
)


def main() -> None:
    run_module(ARGUMENT_SPEC, run)


if __name__ == "__main__":
    main()
