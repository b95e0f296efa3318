#!/usr/bin/python

# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: clone_user
short_description: Make, repair and remove the accounts that cloning a MySQL server needs
description:
  - Makes an account that can do exactly what its side of a clone needs, and repairs one that can't, or that can do more.
  - For a donor that is V(BACKUP_ADMIN) and nothing else. For a recipient it is V(CLONE_ADMIN) for the statement,
    V(SYSTEM_VARIABLES_ADMIN) for C(clone_valid_donor_list), V(SELECT) on C(performance_schema) to watch the clone,
    V(SHOW DATABASES) and V(PROCESS) so that the checks see whether data would be lost and who depends on the server, and what
    O(allow) names.
  - Repaired are missing and excess privileges of every kind (also on schemas, tables, columns and routines, roles, proxies),
    a locked account, an expired password, resource limits, C(REQUIRE), further authentication factors, and an
    authentication plugin that CLONE can't log in with.
  - A password that is right stays as it is. It is compared with the stored hash, so nothing is rotated and nobody is logged
    out.
  - It can also install the clone plugin, remove temporary accounts that interrupted runs left behind, and carry the
    recipient's own accounts over a clone.
  - After a change everything is read again. The task fails when the server didn't take what it was told.
author:
  - dbops contributors (@dbops)
version_added: 1.0.0
extends_documentation_fragment:
  - dbops.mysql_clone._attributes
  - dbops.mysql_clone._attributes.worker
  - dbops.mysql_clone._login
  - dbops.mysql_clone._login.post_clone
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: The difference names privileges and attributes. It never holds a password or a hash.
  idempotent:
    support: full
options:
  side:
    description:
      - What the account is for. It is made on the server that the task is logged in to.
      - A V(donor) account is logged in to by the recipient. A V(recipient) account runs the clone there.
    type: str
    choices: [recipient, donor]
    default: recipient
  state:
    description:
      - V(present) makes or repairs the account O(name)@O(host).
      - V(absent) removes it.
      - V(swept) removes temporary accounts. These are the one called O(name), on O(host) or without it on all hosts, and those
        that interrupted runs left behind, which are accounts that nobody is logged in with and that were made for recipients
        which O(label) names, or more than a day ago.
      - V(saved) changes nothing and returns the accounts that O(accounts) names as RV(saved).
      - V(restored) makes the accounts in O(saved) what they were, without binary log.
      - Without O(name), V(present) and V(absent) leave all accounts alone and only O(install_plugin), O(remove_plugin) and
        O(donor_host) have an effect.
    type: str
    choices: [present, absent, swept, saved, restored]
    default: present
  name:
    description:
      - The account's user name.
      - An account of the server itself, or the one that the task is logged in with, is refused.
    type: str
  host:
    description:
      - The account's host part. For a donor's account this is the recipient as the donor sees it, see RV(seen_as).
      - It defaults to V(localhost).
    type: str
  password:
    description:
      - The account's password. It is needed to make an account.
    type: str
  update_password:
    description:
      - V(always) sets the password of an existing account when it is another one.
      - V(on_create) leaves the password of an existing account alone.
    type: str
    choices: [always, on_create]
    default: always
  require_ssl:
    description:
      - Whether the account may log in only with TLS (C(REQUIRE SSL), C(REQUIRE NONE)).
      - By default an existing account stays as it is, and a new one may do both.
    type: bool
  binlog:
    description:
      - Whether the changes are written to the binary log, and so to the server's replicas.
      - It defaults to V(true) for a donor's account on a server that is no replica, and to V(false) for a recipient's account, a
        temporary account, and on a replica, where it would be an errant transaction.
      - The plugin is always installed without binary log, and accounts are restored without it.
    type: bool
  allow:
    description:
      - What a recipient's account can do beyond cloning into the server's own data directory.
      - V(data_directory) clones into another directory (V(BACKUP_ADMIN)). V(side_by_side) also shuts the server down to swap
        directories (V(BACKUP_ADMIN), V(SHUTDOWN)). V(cancel) ends a clone that another user started (V(CONNECTION_ADMIN)).
    type: list
    elements: str
    choices: [data_directory, side_by_side, cancel]
    default: [data_directory]
  wait_timeout:
    description:
      - Seconds that a donor which is a read-only replica is given to replicate the account from its source. Nothing is written to
        a read-only donor. An account that isn't there in time fails the task.
    type: float
    default: 30
  temporary:
    description:
      - Whether the account is made for a single run. Its O(name) must be C(dbops_jit_) and 4 to 20 letters (a to z) or digits, so
        that the next run finds it if this one is interrupted.
      - Before it is made, leftovers are removed as with O(state=swept).
    type: bool
    default: false
  label:
    description:
      - What a temporary account is made for, usually the recipients' names, separated by commas. It is kept in the account's
        attributes (MySQL 8.0.21 or later) so that leftovers of an earlier run for these recipients are recognised. One that was
        made for others, too, is left alone, since their run may go on.
    type: str
  install_plugin:
    description:
      - Whether the clone plugin is installed on the server if it is missing, before the account is made.
    type: bool
    default: false
  remove_plugin:
    description:
      - Whether the clone plugin is removed from the server.
      - After this a recipient no longer knows whether it was cloned, since C(clone_status) goes with the plugin.
    type: bool
    default: false
  donor_host:
    description:
      - The donor's host name or IPv4 address, as this recipient reaches it. With it, RV(seen_as) is returned.
    type: str
  donor_port:
    description:
      - The donor's TCP port.
    type: int
    default: 3306
  accounts:
    description:
      - With O(state=saved), the accounts to save, as shell patterns of the user name (V(app_*)) or of user and host
        (V(backup@10.0.*)).
    type: list
    elements: str
    default: []
  saved:
    description:
      - With O(state=restored), what RV(saved) was before the clone.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: User name.
        type: str
        required: true
      host:
        description: Host part.
        type: str
        required: true
      definition:
        description: What follows the name in C(SHOW CREATE USER). It holds the hash of the password.
        type: str
        required: true
      default_roles:
        description: Its default roles.
        type: str
        default: ''
      grants:
        description: The lines of C(SHOW GRANTS).
        type: list
        elements: str
        required: true
seealso:
  - module: dbops.mysql_clone.clone_run
notes:
  - The login needs SELECT on the schema C(mysql), CREATE USER, the privileges that it hands on WITH GRANT OPTION, INSERT on
    C(mysql.plugin) to install the plugin, and SYSTEM_VARIABLES_ADMIN or SESSION_VARIABLES_ADMIN to work without binary log.
  - A clone replaces all accounts of the recipient by the donor's, also those made by this module.
  - Register the result of O(state=saved) with C(no_log), since RV(saved) holds hashes of passwords.
"""

EXAMPLES = r"""
- name: Make the donor's clone account for one recipient
  dbops.mysql_clone.clone_user:
    login_unix_socket: /run/mysqld/mysqld.sock
    side: donor
    name: clone
    host: 192.0.2.12
    password: "{{ vault_clone_password }}"
    require_ssl: true
    install_plugin: true

- name: Make an account that may run clones on the recipient, also into a directory
  dbops.mysql_clone.clone_user:
    login_unix_socket: /run/mysqld/mysqld.sock
    name: cloner
    password: "{{ vault_cloner_password }}"
    allow: [data_directory, cancel]

- name: Install the plugin and ask under which name the donor knows this recipient
  dbops.mysql_clone.clone_user:
    login_unix_socket: /run/mysqld/mysqld.sock
    install_plugin: true
    donor_host: db1.example.com
  register: recipient

- name: Remember the accounts that the clone must not take away
  dbops.mysql_clone.clone_user:
    login_unix_socket: /run/mysqld/mysqld.sock
    state: saved
    accounts: ["monitor", "backup@10.0.*"]
  register: mine
  no_log: true

- name: Make them again after the clone
  dbops.mysql_clone.clone_user:
    login_unix_socket: /run/mysqld/mysqld.sock
    post_clone_login_user: root
    post_clone_login_password: "{{ vault_donor_root_password }}"
    state: restored
    saved: "{{ mine.saved }}"

- name: Remove the donor's clone account
  dbops.mysql_clone.clone_user:
    login_unix_socket: /run/mysqld/mysqld.sock
    side: donor
    state: absent
    name: clone
    host: 192.0.2.12
"""

RETURN = r"""
account:
  description: The account as it is now, or in check mode as it would be. Empty when it doesn't exist or none was named.
  returned: success
  type: dict
  contains:
    name:
      description: User name.
      type: str
      returned: when the account exists
    host:
      description: Host part.
      type: str
      returned: when the account exists
    plugin:
      description: Its authentication plugin.
      type: str
      returned: when the account exists
    password:
      description: Whether its password is the one that was given. One of V(as given), V(another), V(not checked).
      type: str
      returned: when the account exists
    password_expired:
      description: Whether its password has expired.
      type: bool
      returned: when the account exists
    locked:
      description: Whether it is locked.
      type: bool
      returned: when the account exists
    require:
      description: What C(REQUIRE) demands. One of V(NONE), V(SSL), V(X509), V(SPECIFIED).
      type: str
      returned: when the account exists
    limits:
      description: Resource limits other than 0, by name.
      type: dict
      returned: when the account exists
    factors:
      description: The number of authentication factors.
      type: int
      returned: when the account exists
    privileges:
      description: Everything that was granted to it.
      type: list
      elements: str
      returned: when the account exists
  sample:
    name: clone
    host: 192.0.2.12
    plugin: caching_sha2_password
    password: as given
    password_expired: false
    locked: false
    require: SSL
    limits: {}
    factors: 1
    privileges: ['BACKUP_ADMIN ON *.*']
granted:
  description: Privileges, roles and proxies that were granted.
  returned: success
  type: list
  elements: str
  sample: ['BACKUP_ADMIN ON *.*']
revoked:
  description: Privileges, roles and proxies that were revoked.
  returned: success
  type: list
  elements: str
  sample: ['SELECT ON `app`.*', 'ROLE `dba`@`%`']
repaired:
  description: What else was done to the account.
  returned: success
  type: list
  elements: str
  sample: [unlocked, password set]
plugin:
  description: The clone plugin.
  returned: success
  type: dict
  contains:
    active:
      description: Whether it is active.
      type: bool
      returned: success
    installed:
      description: Whether this task installed it.
      type: bool
      returned: success
    removed:
      description: Whether this task removed it.
      type: bool
      returned: success
swept:
  description: Temporary accounts that were removed, as V(user@host).
  returned: success
  type: list
  elements: str
  sample: ['dbops_jit_7d1e0a52@192.0.2.12']
seen_as:
  description:
    - The host part under which the donor knows this recipient. Where the module doesn't run on the recipient's own machine, it
      is the recipient's address.
  returned: when O(donor_host) is given
  type: str
  sample: 192.0.2.12
saved:
  description: The accounts that match O(accounts), for O(saved). They hold hashes of passwords.
  returned: with O(state=saved)
  type: list
  elements: dict
restored:
  description: The accounts that were made what they were, as V(user@host).
  returned: with O(state=restored)
  type: list
  elements: str
unchanged:
  description: The accounts that were as they had been saved.
  returned: with O(state=restored)
  type: list
  elements: str
problems:
  description: What the server refused while accounts were restored, for example a grant on a table that the donor lacks.
  returned: with O(state=restored)
  type: list
  elements: dict
  contains:
    account:
      description: The account.
      type: str
      returned: always
    what:
      description: What couldn't be restored.
      type: str
      returned: always
    reason:
      description: The server's words and the remedy.
      type: str
      returned: always
"""

import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils._accounts import manage
from ansible_collections.dbops.mysql_clone.plugins.module_utils._job import patiently
from ansible_collections.dbops.mysql_clone.plugins.module_utils._module import (
    LOGIN_SPEC,
    POST_CLONE_SPEC,
    own_logins,
    port,
    run_module,
)

ARGUMENT_SPEC: dict[str, t.Any] = dict(
    LOGIN_SPEC,
    **POST_CLONE_SPEC,
    side={"type": "str", "choices": ["recipient", "donor"], "default": "recipient"},
    state={"type": "str", "choices": ["present", "absent", "swept", "saved", "restored"], "default": "present"},
    name={"type": "str"},
    host={"type": "str"},
    password={"type": "str", "no_log": True},
    update_password={"type": "str", "choices": ["always", "on_create"], "default": "always", "no_log": False},
    require_ssl={"type": "bool"},
    binlog={"type": "bool"},
    allow={
        "type": "list",
        "elements": "str",
        "choices": ["data_directory", "side_by_side", "cancel"],
        "default": ["data_directory"],
    },
    wait_timeout={"type": "float", "default": 30.0},
    temporary={"type": "bool", "default": False},
    label={"type": "str"},
    install_plugin={"type": "bool", "default": False},
    remove_plugin={"type": "bool", "default": False},
    donor_host={"type": "str"},
    donor_port={"type": "int", "default": 3306},
    accounts={"type": "list", "elements": "str", "default": []},
    saved={
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "host": {"type": "str", "required": True},
            "definition": {"type": "str", "required": True, "no_log": True},
            "default_roles": {"type": "str", "default": ""},
            "grants": {"type": "list", "elements": "str", "required": True},
        },
    },
)
CONSTRAINTS = {"mutually_exclusive": [["install_plugin", "remove_plugin"]]}


def run(params: t.Mapping[str, t.Any], check_mode: bool) -> dict[str, t.Any]:
    port("donor_port", params["donor_port"])
    logins = own_logins(params)
    return patiently(logins, lambda server: manage(server, logins[0], params, check_mode))


def main() -> None:
    run_module(ARGUMENT_SPEC, run, **CONSTRAINTS)


if __name__ == "__main__":
    main()
