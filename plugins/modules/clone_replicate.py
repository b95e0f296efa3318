#!/usr/bin/python

# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: clone_replicate
short_description: Make a cloned MySQL server a replica
description:
  - Makes the channel to a source as it is to be and starts it, with GTID auto-position, or from the clone's position in the
    source's binary log where there are no GTIDs, and waits until the recipient has caught up.
  - Before anything is changed the source is asked, by the replication account, for what would stop replication. That is the same
    server_id or server_uuid, no binary log, another gtid_mode, and purged transactions that the recipient lacks.
  - A clone copies the donor's own replication channels, which would start on the recipient by themselves. Run the module with
    O(state=held) before the clone, so that they don't, and hand RV(held) on afterwards. The copies are then removed, and
    C(read_only) and C(super_read_only), which the clone's restart may forget, are as they were.
  - A channel that is as wanted and runs is left alone.
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
    details: RV(statements) tells what would be done.
  diff_mode:
    support: full
    details: The difference never holds a password.
  idempotent:
    support: full
    details: A password can't be compared. It is set again where the receiver isn't connected.
options:
  state:
    description:
      - V(held) keeps replication from starting with the server (C(SET PERSIST_ONLY skip_replica_start), MySQL 8.0.24 or later)
        and returns what the clone's restart forgets.
      - V(replicating) makes the recipient a replica of O(donor_host).
    type: str
    choices: [held, replicating]
    default: replicating
  donor_host:
    description: The host to replicate from, as the recipient reaches it. It is usually the donor.
    type: str
  donor_port:
    description: Its TCP port.
    type: int
    default: 3306
  replication_user:
    description: The replication account on the source. It needs REPLICATION SLAVE, and must be there already.
    type: str
  replication_password:
    description: Its password.
    type: str
  require_ssl:
    description:
      - Whether the channel is encrypted. By default a new channel is, unless the source offers no TLS, and one that is there stays
        as it is.
    type: bool
  source_ssl_ca:
    description: A file on the recipient with the certificate authority that the source's certificate must come from.
    type: str
  get_source_public_key:
    description:
      - Whether the source is asked for its public key, which C(caching_sha2_password) needs without TLS. By default it is where
        there is no TLS.
    type: bool
  channel:
    description: The channel's name. It defaults to the default channel.
    type: str
    default: ''
  auto_position:
    description:
      - How the place in the source's binary log is found. V(auto) is V(gtid) where gtid_mode is ON, else V(position), and leaves a
        channel that is there as it is.
    type: str
    choices: [auto, gtid, position]
    default: auto
  binlog_file:
    description: File of the source's binary log to begin in. It defaults to where the clone's data ends.
    type: str
  binlog_position:
    description: Position in O(binlog_file), in bytes.
    type: int
  read_only:
    description:
      - What the recipient's C(read_only) and C(super_read_only) are to be, until its next restart.
      - V(restore) is what they were before the clone, by O(held). Without O(held) it is V(keep).
    type: str
    choices: [restore, keep, writable, read_only, super_read_only]
    default: restore
  held:
    description:
      - What RV(held) was before the clone. With it all other channels are taken for copies of the donor's and removed; without it
        they are left alone.
    type: dict
  ask_source:
    description:
      - Whether the module logs in to the source with the replication account before it changes anything.
      - It can be switched off where the account may only log in from another address than that of the machine the module runs on.
    type: bool
    default: true
  timeout:
    description: Seconds that the recipient may take to catch up with what the source had when the task began.
    type: float
    default: 60
seealso:
  - module: dbops.mysql_clone.clone_run
  - module: dbops.mysql_clone.clone_verify
  - name: Replication after a clone
    description: The guide.
    link: https://github.com/dbops/mysql_clone/blob/main/docs/docsite/rst/guide_replication.rst
notes:
  - The login needs REPLICATION CLIENT, REPLICATION_SLAVE_ADMIN, SELECT on C(performance_schema), SYSTEM_VARIABLES_ADMIN, and
    PERSIST_RO_VARIABLES_ADMIN for O(state=held).
  - Without GTIDs the clone's own position is only right while nothing has been replicated since the clone.
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
    post_clone_login_user: root
    post_clone_login_password: "{{ donor_root_password }}"
    donor_host: db1.example.com
    replication_user: repl
    replication_password: "{{ repl_password }}"
    held: "{{ before.held }}"

- name: Be a read-only replica with a verified certificate
  dbops.mysql_clone.clone_replicate:
    login_unix_socket: /run/mysqld/mysqld.sock
    donor_host: db1.example.com
    replication_user: repl
    replication_password: "{{ repl_password }}"
    source_ssl_ca: /etc/mysql/ca.pem
    read_only: super_read_only
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
source_asked:
  description: V(yes), or why the source could not be asked beforehand.
  type: str
  returned: with O(state=replicating)
  sample: "yes"
auto_position:
  description: Whether GTIDs tell where replication goes on.
  type: bool
  returned: with O(state=replicating)
channels_removed:
  description: Names of channels that were removed; the default channel's name is empty.
  type: list
  elements: str
  returned: with O(state=replicating)
statements:
  description: What was, or in check mode would be, executed. Passwords are not shown.
  type: list
  elements: dict
  returned: with O(state=replicating)
  contains:
    statement:
      description: The statement.
      type: str
      returned: always
    reason:
      description: Why it is needed.
      type: str
      returned: always
lag:
  description: How far the channel is behind; null in check mode.
  type: dict
  returned: with O(state=replicating)
  contains:
    seconds:
      description: What C(Seconds_Behind_Source) said last.
      type: int
      returned: always
    transactions:
      description: How many of the transactions that the source had when the task began are missing; null without GTIDs.
      type: int
      returned: always
seconds:
  description: How long the recipient took to catch up; null in check mode.
  type: float
  returned: with O(state=replicating)
error:
  description: The channel's error.
  type: dict
  returned: when the channel fails
  sample: {code: 1045, symbol: ER_ACCESS_DENIED_ERROR, category: privilege, message: "Access denied for user 'repl'@'db2'"}
cause:
  description: What it means.
  type: str
  returned: when the channel fails
remedy:
  description: What to do.
  type: str
  returned: when the channel fails
commands:
  description: Statements that do so.
  type: list
  elements: str
  returned: when the channel fails
"""

import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils._module import (
    LOGIN_SPEC,
    POST_CLONE_SPEC,
    run_module,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._replication import run

ARGUMENT_SPEC: dict[str, t.Any] = dict(
    LOGIN_SPEC,
    **POST_CLONE_SPEC,
    state={"type": "str", "choices": ["held", "replicating"], "default": "replicating"},
    donor_host={"type": "str"},
    donor_port={"type": "int", "default": 3306},
    replication_user={"type": "str"},
    replication_password={"type": "str", "no_log": True},
    require_ssl={"type": "bool"},
    source_ssl_ca={"type": "str"},
    get_source_public_key={"type": "bool", "no_log": False},
    channel={"type": "str", "default": ""},
    auto_position={"type": "str", "choices": ["auto", "gtid", "position"], "default": "auto"},
    binlog_file={"type": "str"},
    binlog_position={"type": "int"},
    read_only={
        "type": "str",
        "choices": ["restore", "keep", "writable", "read_only", "super_read_only"],
        "default": "restore",
    },
    held={"type": "dict"},
    ask_source={"type": "bool", "default": True},
    timeout={"type": "float", "default": 60},
)


def main() -> None:
    run_module(
        ARGUMENT_SPEC,
        run,
        required_if=[("state", "replicating", ("donor_host", "replication_user", "replication_password"))],
    )


if __name__ == "__main__":
    main()
