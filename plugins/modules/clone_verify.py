#!/usr/bin/python

# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: clone_verify
short_description: Prove that a cloned MySQL server holds what its donor holds
description:
  - Compares a recipient with its donor after C(CLONE INSTANCE), and says what differs, check by check.
  - Schemas, definitions, numbers of rows, checksums of rows, views, routines, triggers, events, accounts, GTIDs, plugins,
    persisted variables; tables in other engines than InnoDB, which come empty; what the clone left behind.
  - The donor is read in one of two ways. Either the module runs on the donor first, with O(collect=true), and what it returns
    is given as O(donor_inventory) to the run on the recipient; the role P(dbops.mysql_clone.verify#role) does that, once for each
    donor. Or the module reads the donor by itself, as O(donor_user) or, where that account can't read, as the one that works on
    the recipient, which after a clone is an account of the donor, too.
  - Rows are read in consistent snapshots without locks, by several sessions at a time.
  - A donor that is written to goes on after the clone. The module compares the GTID sets of both (without GTIDs, the position in
    the binary log) and the time of each table's last change. A difference that this explains is a warning; any other one
    is a failure.
author:
  - dbops contributors (@dbops)
version_added: 1.0.0
extends_documentation_fragment:
  - dbops.mysql_clone._attributes
  - dbops.mysql_clone._attributes.reads_only
  - dbops.mysql_clone._attributes.worker
  - dbops.mysql_clone._login
  - dbops.mysql_clone._login.post_clone
  - dbops.mysql_clone._donor
  - dbops.mysql_clone._donor.tls
options:
  donor_host:
    description:
      - The donor's host name or address, as the recipient reaches it.
      - With O(donor_inventory) it is only compared with the source that the recipient's server tells.
    type: str
  donor_user:
    description:
      - An account on the donor with V(SELECT), V(SHOW VIEW), V(TRIGGER) and V(EVENT) on C(*.*), and V(REPLICATION CLIENT) where
        the donor has no GTIDs. The clone account's V(BACKUP_ADMIN) is not enough.
    type: str
  require_ssl:
    description:
      - Whether the connection to the donor must be encrypted. By default it is where the donor offers it.
    type: bool
  collect:
    description:
      - Instead of comparing, return the server's inventory, for O(donor_inventory) of a run on a recipient. Run it on the donor.
    type: bool
    default: false
  donor_inventory:
    description:
      - The RV(inventory) that the module returned on the donor. It should have been collected with the same O(checksum) and
        O(compare).
    type: dict
  pool:
    description:
      - Other servers that hold the donor's data, as V(host:port). A recipient that was cloned from one of them is no surprise.
    type: list
    elements: str
    default: []
  compare:
    description:
      - What to compare.
      - V(clone) is the recipient's own state of its clone. V(rows) counts the rows of all tables, which reads an index of
        each one. V(objects) are views, routines, triggers and events.
    type: list
    elements: str
    choices: [clone, versions, gtid, schemas, tables, rows, objects, accounts, plugins, variables, leftovers]
    default: [clone, versions, gtid, schemas, tables, rows, objects, accounts, plugins, variables, leftovers]
  checksum:
    description:
      - V(sample) compares a checksum of the same rows on both servers, all of them in tables of up to 4096 rows. In a larger
        table these are rows at both ends of the primary key and at 32 places between them, about 2000, found by index. It needs
        the numbers of rows, and leaves out large tables without a primary key.
      - V(full) runs C(CHECKSUM TABLE) on all tables, which reads all data of both servers.
    type: str
    choices: [none, sample, full]
    default: sample
  replication:
    description:
      - Demand that the recipient replicates from the donor, wait until it has the donor's transactions, then compare.
    type: bool
    default: false
  replication_host:
    description:
      - With O(replication=true), the host that the recipient replicates from as its channel names it, where that isn't the donor,
        such as the donor's own source.
    type: str
  replication_port:
    description:
      - The port there.
    type: int
    default: 3306
  catch_up_timeout:
    description:
      - With O(replication=true), for how many seconds to wait for the donor's transactions.
    type: float
    default: 60
  threads:
    description:
      - How many sessions read rows at a time, on each server.
    type: int
    default: 4
  max_threads_running:
    description:
      - Between two batches of tables wait, up to 10 seconds, while more than so many threads are running on the server.
      - V(0) never waits.
    type: int
    default: 0
  timeout:
    description:
      - How many seconds the reading of one server may take. Tables that aren't read by then are reported as such.
    type: float
    default: 3600
  ignore_tables:
    description:
      - Tables to leave out, as shell patterns of C(schema.table).
    type: list
    elements: str
    default: []
  ignore_accounts:
    description:
      - Accounts to leave out, as shell patterns of C(user@host), or of the user name alone. The server's own and this
        collection's temporary ones always are.
    type: list
    elements: str
    default: []
  fail_on:
    description:
      - With which findings the task fails. V(never) leaves the judgement to whoever reads RV(verified).
    type: str
    choices: [fail, warn, never]
    default: fail
notes:
  - The account on the server that is read needs the same rights as O(donor_user), V(SELECT) on C(performance_schema.*) among them.
    What an account may not see is reported as skipped, with the right that is missing.
  - V(XA_RECOVER_ADMIN) lets it look for prepared XA transactions, too.
  - The inventory holds no data and no password, but names of schemas, tables, objects and accounts. Passwords count only by
    digests of what is stored with a salt.
seealso:
  - module: dbops.mysql_clone.clone_run
  - module: dbops.mysql_clone.clone_status
"""

EXAMPLES = r"""
---
- name: Compare a recipient with its donor, with an account that can read both
  dbops.mysql_clone.clone_verify:
    login_unix_socket: /run/mysqld/mysqld.sock
    donor_host: db1.example.com
    donor_user: auditor
    donor_password: "{{ auditor_password }}"

- name: Take the donor's inventory
  dbops.mysql_clone.clone_verify:
    login_unix_socket: /run/mysqld/mysqld.sock
    collect: true
    checksum: full
  delegate_to: db1
  register: donor

- name: Compare the recipient with it
  dbops.mysql_clone.clone_verify:
    login_unix_socket: /run/mysqld/mysqld.sock
    donor_inventory: "{{ donor.inventory }}"
    checksum: full
    ignore_tables: [monitoring.heartbeat]

- name: Check a new replica
  dbops.mysql_clone.clone_verify:
    login_unix_socket: /run/mysqld/mysqld.sock
    donor_inventory: "{{ donor.inventory }}"
    replication: true
"""

RETURN = r"""
verified:
  description: Whether no check failed.
  type: bool
  returned: when O(collect=false)
  sample: true
checks:
  description: What was found, check by check.
  type: list
  elements: dict
  returned: when O(collect=false)
  contains:
    id:
      description: The check, as side and name.
      type: str
      sample: pair.rows
    title:
      description: What is checked.
      type: str
    category:
      description: One of V(network), V(disk), V(privilege), V(resource), V(configuration), V(state).
      type: str
    status:
      description: One of V(ok), V(warn), V(fail), V(skipped).
      type: str
    message:
      description: What was found, in words.
      type: str
    actual:
      description: What is there. Of a list of differences C(count), and the C(first) 50.
      type: raw
    expected:
      description: What should be there.
      type: raw
    error:
      description: C(code) of the error that ended the clone, or null.
      type: dict
    remedy:
      description: What to do, or null.
      type: str
    repair:
      description: The module that mends it, or null.
      type: str
server:
  description: What tells the recipient from other servers.
  type: dict
  returned: when O(collect=false)
  contains:
    server_uuid:
      description: Its server_uuid.
      type: str
    server_id:
      description: Its server_id.
      type: int
    replicates:
      description: Whether it has a replication channel, or is to have one.
      type: bool
warnings_found:
  description: The messages of the checks with status V(warn).
  type: list
  elements: str
  returned: when O(collect=false)
inventory:
  description: What the server holds, for O(donor_inventory).
  type: dict
  returned: when O(collect=true)
"""

import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils._module import (
    DONOR_SPEC,
    LOGIN_SPEC,
    POST_CLONE_SPEC,
    run_module,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._verification import COMPARISONS
from ansible_collections.dbops.mysql_clone.plugins.module_utils._verify import run

ARGUMENT_SPEC: dict[str, t.Any] = dict(
    LOGIN_SPEC,
    **POST_CLONE_SPEC,
    **DONOR_SPEC,
    collect={"type": "bool", "default": False},
    donor_inventory={"type": "dict"},
    pool={"type": "list", "elements": "str", "default": []},
    compare={"type": "list", "elements": "str", "choices": list(COMPARISONS), "default": list(COMPARISONS)},
    checksum={"type": "str", "choices": ["none", "sample", "full"], "default": "sample"},
    replication={"type": "bool", "default": False},
    replication_host={"type": "str"},
    replication_port={"type": "int", "default": 3306},
    catch_up_timeout={"type": "float", "default": 60},
    threads={"type": "int", "default": 4},
    max_threads_running={"type": "int", "default": 0},
    timeout={"type": "float", "default": 3600},
    ignore_tables={"type": "list", "elements": "str", "default": []},
    ignore_accounts={"type": "list", "elements": "str", "default": []},
    fail_on={"type": "str", "choices": ["fail", "warn", "never"], "default": "fail"},
)


def main() -> None:
    run_module(ARGUMENT_SPEC, run)


if __name__ == "__main__":
    main()
