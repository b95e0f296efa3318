#!/usr/bin/python

# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: clone_diagnose
short_description: Say why a clone fails, and what to do
description:
  - With an error, as a number or any text that holds it, explains that error without contacting a server.
  - Without one it looks at the recipient by itself, that is at the record of the last clone, the error log, the server and its
    host, the way to the donor, privileges and configuration of both, and ranks the causes that it finds.
  - Works while the recipient's server is down, too, from its log, the files in its C(#clone) directory and its disk.
  - Causes are no failure of the task; assert on RV(causes) where they should be.
author:
  - dbops contributors (@dbops)
version_added: 1.0.0
extends_documentation_fragment:
  - dbops.mysql_clone._attributes
  - dbops.mysql_clone._attributes.reads_only
  - dbops.mysql_clone._login
  - dbops.mysql_clone._login.post_clone
  - dbops.mysql_clone._donor
  - dbops.mysql_clone._donor.tls
  - dbops.mysql_clone._evidence
options:
  error:
    description:
      - An error number, or a text as it was printed by a client, a driver, Ansible or the error log.
      - No server is contacted then.
    type: str
  donor_facts:
    description:
      - The donor's facts, as M(dbops.mysql_clone.clone_precheck) returned them there with O(dbops.mysql_clone.clone_precheck#module:side=donor).
        With them the donor is judged by what its administrator may see.
    type: dict
  donor_log:
    description:
      - What M(dbops.mysql_clone.clone_log) returned on the donor; its RV(dbops.mysql_clone.clone_log#module:clones) are looked at.
    type: dict
  history:
    description:
      - Earlier incidents, to tell of each cause where it was seen before and what solved it. Each is a dictionary, or a JSON text
        of one, with C(host), C(time), C(cause) (an RV(causes[].id)) or C(error) (a number), and C(solved_by).
      - What can't be read is left out.
    type: list
    elements: raw
    default: []
  name:
    description:
      - What the inventory calls this host, for the commands in RV(lines).
    type: str
notes:
  - Without O(donor_host) the donor of the last clone is looked at, without logging in to it.
seealso:
  - module: dbops.mysql_clone.clone_log
  - module: dbops.mysql_clone.clone_precheck
"""

EXAMPLES = r"""
---
- name: Explain an error
  dbops.mysql_clone.clone_diagnose:
    error: "ERROR 3862 (HY000): Clone Donor Error: 1227 : Access denied; you need (at least one of) the BACKUP_ADMIN privilege(s)"
  register: diagnosis

- name: Find out why the last clone failed
  dbops.mysql_clone.clone_diagnose:
    login_unix_socket: /run/mysqld/mysqld.sock
    donor_host: db1.example.com
    donor_user: clone_donor
    donor_password: "{{ vault_clone_password }}"
  register: diagnosis

- name: Show it
  ansible.builtin.debug:
    var: diagnosis.lines
"""

RETURN = r"""
verdict:
  description: The diagnosis in one sentence.
  type: str
  returned: always
causes:
  description: The causes found, the likeliest first.
  type: list
  elements: dict
  returned: always
  contains:
    id:
      description: The cause, as side and matter, for example V(recipient.disk_space).
      type: str
    category:
      description: One of V(network), V(disk), V(privilege), V(resource), V(configuration), V(state).
      type: str
    priority:
      description: One of V(immediate), V(prompt), V(planned), V(watch).
      type: str
    code:
      description: The error's number, or null.
      type: int
    symbol:
      description: The error's symbol, or null.
      type: str
    innermost:
      description: The number of the error that the error's text carries, the innermost one.
      type: int
    cause:
      description: What it is, in words.
      type: str
    evidence:
      description: What points at it.
      type: list
      elements: str
    impact:
      description: What it does to the clone and the recipient.
      type: str
    data:
      description: The recipient's old data, one of V(intact), V(gone), V(replaced), V(unknown).
      type: str
    difficulty:
      description: How hard the remedy is, from 1 to 5.
      type: int
    side:
      description: Who must act, one of V(donor), V(recipient), V(link), V(client), V(server).
      type: str
    remedy:
      description: What to do.
      type: str
    commands:
      description: Commands for it. Words in angle brackets stand for names of your own.
      type: list
      elements: str
    do_not:
      description: What not to do.
      type: list
      elements: str
    retry:
      description: One of V(retry), V(next_donor), V(wait_slot), V(repair_first), V(never).
      type: str
    playbook:
      description: The collection's playbook that repairs it, or null.
      type: str
    seen_before:
      description: Earlier incidents of the same cause out of O(history), with C(host), C(time) and C(solved_by).
      type: list
      elements: dict
    reference:
      description: Where the collection's documentation describes the error, or null.
      type: str
    score:
      description: How strong the evidence is; causes are ranked by it.
      type: int
data:
  description: The recipient's old data, as in RV(causes[].data).
  type: str
  returned: always
retry:
  description: The retry class of the first cause, or null.
  type: str
  returned: always
lines:
  description: All of it as text for people.
  type: list
  elements: str
  returned: always
steps:
  description: What was looked at, with C(result) and C(seconds).
  type: list
  elements: dict
  returned: always
error:
  description: The error that was given, as the catalogue has it, with the error that it carries as C(nested); else null.
  type: dict
  returned: always
clone:
  description: The last clone, as clone_status returns it, or null.
  type: dict
  returned: always
log:
  description: C(path), C(keywords) and the newest C(clones) of the error log, or null.
  type: dict
  returned: always
failed_checks:
  description: Checks that failed, as clone_precheck returns them.
  type: list
  elements: dict
  returned: always
warned_checks:
  description: Checks with a warning.
  type: list
  elements: dict
  returned: always
"""

from ansible_collections.dbops.mysql_clone.plugins.module_utils._evidence import run
from ansible_collections.dbops.mysql_clone.plugins.module_utils._module import (
    DONOR_SPEC,
    EVIDENCE_SPEC,
    LOGIN_SPEC,
    POST_CLONE_SPEC,
    run_module,
)

ARGUMENT_SPEC = dict(
    LOGIN_SPEC,
    **POST_CLONE_SPEC,
    **DONOR_SPEC,
    **EVIDENCE_SPEC,
    error={"type": "str"},
    donor_facts={"type": "dict"},
    donor_log={"type": "dict"},
    history={"type": "list", "elements": "raw", "default": []},
    name={"type": "str"},
)


def main() -> None:
    run_module(ARGUMENT_SPEC, run)


if __name__ == "__main__":
    main()
