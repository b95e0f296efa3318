#!/usr/bin/python

# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: clone_replicate
short_description: Make a cloned MySQL server its donor's replica
description:
  - Sets up replication from the donor on its default channel, with GTID auto-position, or from the clone's position in the
    binary log where a server has no GTIDs, and waits until the recipient has caught up.
  - A clone copies the donor's own replication channels, which would start on the recipient by themselves. Run the module with
    O(state=held) before the clone, so that they don't, and hand RV(held) on afterwards. The copies are then removed, and
    C(read_only) and C(super_read_only), which the clone's restart forgets, are as they were.
author:
  - dbops contributors (@dbops)
version_added: 1.0.0
extends_documentation_fragment:
  - dbops.mysql_clone._attributes
  - dbops.mysql_clone._login
  - dbops.mysql_clone._login.post_clone
attributes:
  check_mode:
    support: full
    details: RV(statements) tells what would be done. The password is bound to them and not shown.
  diff_mode:
    support: full
  idempotent:
    support: full
    details: A recipient that replicates from the donor as wanted is left alone. A new password is only set where the old one is refused.
options:
  state:
    description:
      - V(held) keeps replication from starting with the server (C(SET PERSIST_ONLY skip_replica_start), MySQL 8.0.24 or later)
        and remembers what the clone's restart forgets.
      - V(replicating) makes the recipient the donor's replica.
    type: str
    choices: [held, replicating]
    default: replicating
  donor_host:
    description: The host to replicate from, as the recipient reaches it.
    type: str
  donor_port:
    description: Its TCP port.
    type: int
    default: 3306
  donor_user:
    description: The replication account on the donor. It needs REPLICATION SLAVE.
    type: str
  donor_password:
    description: Its password.
    type: str
  require_ssl:
    description:
      - Whether the channel is encrypted. By default it is where the donor can do it.
      - Without encryption the donor is asked for its public key, which C(caching_sha2_password) needs.
    type: bool
  held:
    description: What RV(held) was before the clone. With it all channels are taken for copies of the donor's and removed.
    type: dict
  timeout:
    description: Seconds that the recipient may take to catch up with what the donor had executed at the start.
    type: float
    default: 60
seealso:
  - module: dbops.mysql_clone.clone_run
  - module: dbops.mysql_clone.clone_verify
notes:
  - The login needs REPLICATION_SLAVE_ADMIN, SELECT on C(performance_schema), and SYSTEM_VARIABLES_ADMIN and
    PERSIST_RO_VARIABLES_ADMIN for O(state=held).
"""

EXAMPLES = r"""
---
- name: Keep copied channels from starting
  dbops.mysql_clone.clone_replicate:
    login_unix_socket: /run/mysqld/mysqld.sock
    state: held
  register: before

- name: Clone
  dbops.mysql_clone.clone_run:
    login_unix_socket: /run/mysqld/mysqld.sock
    donor_host: db1.example.com
    donor_user: clone_user
    donor_password: "{{ clone_password }}"

- name: Replicate from the donor
  dbops.mysql_clone.clone_replicate:
    login_unix_socket: /run/mysqld/mysqld.sock
    donor_host: db1.example.com
    donor_user: repl
    donor_password: "{{ repl_password }}"
    held: "{{ before.held }}"
"""

RETURN = r"""
held:
  description: What is to be put back after the clone, for O(held).
  type: dict
  returned: with O(state=held)
  sample: {read_only: true, super_read_only: false, persisted: true}
source:
  description: The server that is replicated from.
  type: str
  returned: with O(state=replicating)
  sample: db1.example.com:3306
auto_position:
  description: Whether GTIDs tell where replication goes on.
  type: bool
  returned: with O(state=replicating)
channels_removed:
  description: Names of channels beside the default one that the clone had copied.
  type: list
  elements: str
  returned: with O(state=replicating)
statements:
  description: What was, or in check mode would be, executed, without the values bound to it.
  type: list
  elements: str
  returned: with O(state=replicating)
seconds:
  description: How long the recipient took to catch up; null in check mode.
  type: float
  returned: with O(state=replicating)
"""

import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils._module import (
    DONOR_SPEC,
    LOGIN_SPEC,
    POST_CLONE_SPEC,
    run_module,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._replication import run

ARGUMENT_SPEC: dict[str, t.Any] = dict(
    LOGIN_SPEC,
    **POST_CLONE_SPEC,
    **DONOR_SPEC,
    state={"type": "str", "choices": ["held", "replicating"], "default": "replicating"},
    held={"type": "dict"},
    timeout={"type": "float", "default": 60},
)


def main() -> None:
    run_module(
        ARGUMENT_SPEC,
        run,
        required_if=[("state", "replicating", ("donor_host", "donor_user", "donor_password"))],
    )


if __name__ == "__main__":
    main()
