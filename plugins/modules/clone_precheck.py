#!/usr/bin/python
# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: clone_precheck
short_description: Tell whether a clone would work before anything is dropped
version_added: 1.0.0
description:
  - Reads what donor and recipient are like and checks all that the MySQL server's C(CLONE INSTANCE) would check, all that it
    checks only after it has dropped the recipient's data, and what it never checks but what hurts afterwards.
  - Every finding carries the error number that the server would raise, and a remedy that can be pasted.
  - Nothing is changed on any server.
author:
  - dbops contributors (@dbops)
extends_documentation_fragment:
  - dbops.mysql_clone._attributes
  - dbops.mysql_clone._attributes.reads_only
  - dbops.mysql_clone._attributes.worker
  - dbops.mysql_clone._login
  - dbops.mysql_clone._login.post_clone
  - dbops.mysql_clone._donor
  - dbops.mysql_clone._donor.tls
options:
  side:
    description:
      - Which part the server that the task talks to has in the clone.
      - With V(donor) only its own facts are read and checked, and returned in RV(facts) so that they can be handed on as
        O(donor_facts) to the check of each recipient.
    type: str
    choices: [recipient, donor]
    default: recipient
  donor_facts:
    description:
      - The RV(facts) of the donor, from a run with O(side=donor). An administrator's login sees more there than the clone
        account does from the recipient; without them checks that need more are V(skipped).
    type: dict
  profile:
    description:
      - V(full) runs all checks. V(quick) answers with five lines (service, room, link, privileges, port).
    type: str
    choices: [quick, full]
    default: full
  method:
    description:
      - How the clone is going to be made. V(replace) drops the recipient's data, or clones into O(data_directory) where that is
        given. V(side_by_side) clones into a new directory and swaps it in, and what that needs is checked, too.
    type: str
    choices: [replace, side_by_side]
    default: replace
  data_directory:
    description:
      - The directory to clone into instead of the recipient's own.
      - With O(method=side_by_side) it is by default a new one beside the recipient's own.
    type: path
  overwrite:
    description:
      - Whether the recipient's data may be lost. Without it a recipient that holds schemas, or transactions that the donor
        lacks, or that has replicas or sessions that write, fails the check.
    type: bool
    default: false
  force:
    description:
      - Whether a recipient that is cloned from this donor already is going to be cloned again.
    type: bool
    default: false
  reserve_factor:
    description:
      - A warning is given unless the recipient has the donor's size times this factor available.
      - A check fails only where the server itself would refuse.
    type: float
    default: 1.5
  reserve_memory:
    description:
      - A warning is given when the recipient's host (or its control group) has less memory, in bytes or with a unit.
    type: str
    default: 4G
  reserve_cpus:
    description:
      - A warning is given when the recipient may use fewer processors.
    type: float
    default: 4
  reserve_bandwidth:
    description:
      - A warning is given when the link is measured (O(probe)) to be slower, in Mbit/s.
    type: float
    default: 100
  probe:
    description:
      - Measure the link by a transfer from the donor, and the disk by writing and syncing a file beside the recipient's data
        directory, which is removed again.
    type: bool
    default: false
  deadline:
    description:
      - The end of the change window as seconds since 1970-01-01 UTC. A clone that can't end by then fails the check.
    type: float
  start_command:
    description:
      - The command that O(dbops.mysql_clone.clone_run#module:start_command) will be given; a missing supervisor is no warning
        then.
    type: str
  fail_on:
    description:
      - From which status on the task fails.
    type: str
    choices: [fail, warn, never]
    default: fail
  evidence:
    description:
      - Return RV(evidence), which is what was seen, in place of what follows from it. The action plugin asks for it and judges
        on the controller; it is of no other use.
    type: bool
    default: false
  brief:
    description:
      - Return in RV(checks) only those that fail or warn, and all of them as one text in RV(all_checks).
      - There are dozens of checks, and Ansible looks at each value of them several times, so for a large inventory this is faster.
    type: bool
    default: false
  return_facts:
    description:
      - Whether RV(facts) is returned. Those of a recipient are hundreds of values that nobody else asks for, and for a large
        inventory Ansible is faster without them.
    type: bool
    default: true
  repaired_by:
    description:
      - The modules that are going to run before the clone, or that make it. A check that fails but that one of them repairs is
        no obstacle, and doesn't fail the task.
    type: list
    elements: str
    choices: [clone_run, clone_user]
    default: []
  pool:
    description:
      - Other servers that hold the donor's data, as host:port. Where the donor writes no GTIDs, a recipient that was cloned from
        one of them is cloned from the donor already.
    type: list
    elements: str
    default: []
seealso:
  - module: dbops.mysql_clone.clone_run
  - module: dbops.mysql_clone.clone_user
  - name: Cloning remote data
    description: The server's own prerequisites and limitations.
    link: https://dev.mysql.com/doc/refman/8.4/en/clone-plugin-remote.html
"""

EXAMPLES = r"""
- name: Read the donor's facts once
  dbops.mysql_clone.clone_precheck:
    login_unix_socket: /run/mysqld/mysqld.sock
    side: donor
  register: donor
  delegate_to: db1.example.com
  run_once: true

- name: Check each recipient against that donor
  dbops.mysql_clone.clone_precheck:
    login_unix_socket: /run/mysqld/mysqld.sock
    donor_host: db1.example.com
    donor_user: clone
    donor_password: "{{ vault_clone_password }}"
    donor_facts: "{{ donor.facts }}"

- name: Take a look, whatever comes out
  dbops.mysql_clone.clone_precheck:
    login_unix_socket: /run/mysqld/mysqld.sock
    donor_host: db1.example.com
    profile: quick
    fail_on: never
  register: precheck
"""

RETURN = r"""
ready:
  description: Whether no check failed.
  returned: success, and when a check failed
  type: bool
  sample: true
checks:
  description: One finding a check; checks that don't apply are left out, and with O(brief) those that don't fail or warn.
  returned: success, and when a check failed
  type: list
  elements: dict
  contains:
    id:
      description: The check, as side and subject; the side is donor, recipient or pair.
      type: str
      sample: recipient.disk_space
    title:
      description: What is checked.
      type: str
    category:
      description: One of network, disk, privilege, resource, configuration, state.
      type: str
    status:
      description: One of ok, warn, fail, or skipped (then the message says which fact is missing and why).
      type: str
      sample: ok
    message:
      description: The result in one sentence.
      type: str
    actual:
      description: What was found.
      type: raw
    expected:
      description: What was expected.
      type: raw
    error:
      description: The error that CLONE would raise, with C(code), C(symbol), C(reference)
        (its place in the documentation) and, where the donor refuses, C(nested), the donor's number.
      type: dict
    remedy:
      description: What to do, or null.
      type: str
    repair:
      description: The module that repairs it (V(clone_user), V(clone_run)), or null.
      type: str
failed_checks:
  description: The ids of the checks that failed.
  returned: success, and when a check failed
  type: list
  elements: str
  sample: []
obstacles:
  description: The ids of the checks that failed and that nothing in O(repaired_by) repairs.
  returned: success, and when a check failed
  type: list
  elements: str
  sample: []
warned_checks:
  description: The ids of the checks that warn.
  returned: success, and when a check failed
  type: list
  elements: str
  sample: [recipient.processors]
all_checks:
  description:
    - All of RV(checks), packed. P(dbops.mysql_clone.record#filter) reads it; to anybody else they are C(json.loads(zlib.decompress(base64.b64decode(...)))).
  returned: with O(brief)
  type: str
settled:
  description: That there are no RV(obstacles), so that a condition need only ask whether it is there.
  returned: with O(brief), where it is true
  type: bool
already_cloned:
  description: Whether the recipient's data is a completed clone of this donor's data, to which nothing was added.
  returned: success, and when a check failed
  type: bool
capacity:
  description: The numbers that decide about room and time; null where a fact is missing.
  returned: success, and when a check failed
  type: dict
  contains:
    bytes_to_copy:
      description: Bytes to copy, as the clone's stage FILE COPY counts them.
      type: int
    bytes_needed:
      description: Bytes of room that the server demands.
      type: int
    bytes_wanted:
      description: The same times O(reserve_factor).
      type: int
    bytes_available:
      description: Bytes that the clone finds, with those that it frees by dropping the recipient's data first.
      type: int
    bytes_dropped:
      description: How many of them are the recipient's own data.
      type: int
    estimated_seconds:
      description: How long the clone is going to take.
      type: float
    estimate_basis:
      description: What this number rests on, for example V(measured link) or V(last clone of this recipient).
      type: str
      sample: assumed (reserve_bandwidth)
    link_bytes_per_second:
      description: The link as O(probe) has measured it. The module's own speed is part of it, so it is the least.
      type: int
    disk_bytes_per_second:
      description: The disk as O(probe) has measured it.
      type: int
clone:
  description:
    - The last clone into this server (or the one under way), as in RV(dbops.mysql_clone.clone_status#module:clone) without the stages.
    - Null where it could not be read.
  returned: success, and when a check failed
  type: dict
facts:
  description: What the server is like, to be handed on as O(donor_facts). What could not be read is named in C(absent).
  returned: with O(return_facts), on success, and when a check failed
  type: dict
evidence:
  description: What was seen, packed.
  returned: with O(evidence), which returns nothing else
  type: str
"""

# pylint: disable-next=unused-import
from ansible_collections.dbops.mysql_clone.plugins.module_utils import _zipped  # noqa: F401 (imported for its effect)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._looking import run
from ansible_collections.dbops.mysql_clone.plugins.module_utils._module import (
    DONOR_SPEC,
    LOGIN_SPEC,
    POST_CLONE_SPEC,
    run_module,
)

ARGUMENT_SPEC = dict(
    LOGIN_SPEC,
    **POST_CLONE_SPEC,
    **DONOR_SPEC,
    side={"type": "str", "choices": ["recipient", "donor"], "default": "recipient"},
    donor_facts={"type": "dict"},
    profile={"type": "str", "choices": ["quick", "full"], "default": "full"},
    method={"type": "str", "choices": ["replace", "side_by_side"], "default": "replace"},
    data_directory={"type": "path"},
    overwrite={"type": "bool", "default": False},
    force={"type": "bool", "default": False},
    reserve_factor={"type": "float", "default": 1.5},
    reserve_memory={"type": "str", "default": "4G"},
    reserve_cpus={"type": "float", "default": 4},
    reserve_bandwidth={"type": "float", "default": 100},
    probe={"type": "bool", "default": False},
    deadline={"type": "float"},
    start_command={"type": "str"},
    fail_on={"type": "str", "choices": ["fail", "warn", "never"], "default": "fail"},
    brief={"type": "bool", "default": False},
    return_facts={"type": "bool", "default": True},
    repaired_by={"type": "list", "elements": "str", "choices": ["clone_run", "clone_user"], "default": []},
    pool={"type": "list", "elements": "str", "default": []},
    evidence={"type": "bool", "default": False},
)


def main() -> None:
    run_module(ARGUMENT_SPEC, run)


if __name__ == "__main__":
    main()
