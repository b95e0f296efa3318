#!/usr/bin/python

# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: clone_run
short_description: Clone a MySQL server onto this one, safely
description:
  - Replaces the data of the recipient (the server that O(login_host) or O(login_unix_socket) names) by a copy of the donor,
    using MySQL's CLONE plugin, and returns when the recipient is up again with the donor's data.
  - The server drops the recipient's data first. So nothing is started that a check says would fail, and nothing that would
    lose data which O(overwrite) has not given up.
  - The clone is watched by a process of its own on the managed node, which outlives the task. Running the task again joins a
    clone under way, and changes nothing when the recipient has already been cloned from the donor.
  - Failures are retried only where a retry can help; each attempt is reported.
author:
  - dbops contributors (@dbops)
version_added: 1.0.0
extends_documentation_fragment:
  - dbops.mysql_clone._attributes
  - dbops.mysql_clone._login
  - dbops.mysql_clone._login.post_clone
  - dbops.mysql_clone._donor
  - dbops.mysql_clone._donor.tls
  - dbops.mysql_clone._detached
attributes:
  check_mode:
    support: full
    details: All checks are made, as far as they only read; RV(checks) tells what they found.
  diff_mode:
    support: none
  idempotent:
    support: full
    details:
      - A recipient that was cloned from this donor before is left alone, also when the donor has moved on since.
      - O(force) clones again each time.
options:
  state:
    description:
      - V(cloned) clones.
      - V(cancelled) ends a clone under way on this recipient. Data that the clone has dropped stays dropped.
    type: str
    choices: [cloned, cancelled]
    default: cloned
  donors:
    description:
      - A pool of donors in the order of preference, instead of O(donor_host). After a failure that another donor may not
        have, the next one is tried.
    type: list
    elements: dict
    suboptions:
      host:
        description: The donor's host name or IPv4 address, as the recipient reaches it.
        type: str
        required: true
      port:
        description: The donor's TCP port.
        type: int
        default: 3306
      user:
        description: The clone account; by default O(donor_user).
        type: str
      password:
        description: Its password; by default O(donor_password).
        type: str
      zone:
        description: Where the donor is, in the words of O(zone).
        type: str
        version_added: 1.0.0
  donor_facts:
    description:
      - The facts of donors, each as RV(dbops.mysql_clone.clone_precheck#module:facts) of a run with C(side=donor). The clone
        account may not see how large the donor's data is, so without them room and encryption are not checked once more
        right before the clone.
      - Each is used for the donor that it is of, and only for sizes. Everything else is looked at afresh.
    type: list
    elements: dict
    default: []
    version_added: 1.0.0
  donor_order:
    description:
      - The order in which O(donors) are tried.
      - V(given) is the order of the list.
      - V(best) asks each donor first. Those that answer come first, then those in the recipient's O(zone), those that give no
        clone just now, those whose replication is less late (in steps of ten seconds), and those with fewer running threads
        (in steps of four). Where they are alike, the order of the list counts.
    type: str
    choices: [given, best]
    default: given
    version_added: 1.0.0
  zone:
    description: The recipient's zone, to be compared with the zones of O(donors) when O(donor_order=best).
    type: str
    version_added: 1.0.0
  max_donor_lag:
    description:
      - Seconds that a donor may be late as a replica. Donors that are known to be later, or whose replication stands still, are
        left out, and when none remains nothing is started.
      - Replication can be seen by an account with REPLICATION CLIENT. O(donor_login_user) is used where it is given.
    type: float
    version_added: 1.0.0
  method:
    description:
      - V(replace) clones over the recipient's data, which the server drops before it copies. With O(data_directory) it only
        clones there, and the server goes on as before.
      - V(side_by_side) clones into a new directory beside the recipient's data, tries it with a second server that nobody
        meets, shuts the recipient down, puts the new directory in the place of the old one, and starts and verifies the
        server. Whatever fails on the way, the server runs on its old data again.
      - V(side_by_side) needs O(start_command), room for both copies, and a task that runs on the recipient's own host as root
        or as the server's user. It keeps the recipient's server_uuid, persisted variables, keys and keyring files. Where it
        can't work (the datadir is a mount point, the redo log lies elsewhere and the like), the task says so before it
        starts.
      - A run that was killed during V(side_by_side) is brought to an end by the next one. The old data is kept beside the
        datadir under a dated name (see RV(swap)) until somebody removes it.
    type: str
    choices: [replace, side_by_side]
    default: replace
  data_directory:
    description:
      - With O(method=replace), clone into this directory instead of the recipient's own. Nothing is dropped and nothing
        restarted then, so O(overwrite) is not needed.
      - With O(method=side_by_side), the new directory, on the datadir's file system. By default the datadir's name with
        V(.new-) and the date and time in UTC.
      - It must be absolute and must not exist.
    type: path
  overwrite:
    description:
      - Whether the recipient's data may be lost. Without it a recipient that holds schemas, or transactions that the donor
        lacks, or that has replicas or sessions that write, is left alone.
    type: bool
    default: false
  force:
    description:
      - Clone also when the recipient has been cloned from this donor already. O(overwrite) is needed all the same.
      - The clone of a run that was interrupted, or whose controller was killed before it heard of the end, is reported once
        and not made again.
    type: bool
    default: false
  retries:
    description:
      - How many more attempts follow a failed one, where its error is one that can pass. When the recipient's data has been
        dropped, twice as many are made.
      - Waiting for a busy donor uses up no attempt.
    type: int
    default: 3
  retry_delays:
    description:
      - Seconds to wait before each further attempt; the last one counts for all that follow. Up to a fifth is added at random.
    type: list
    elements: float
    default: [5, 10, 30]
  timeout:
    description:
      - Seconds for the whole run with all its attempts and waiting. What is under way then is cancelled.
      - A clone that can't end by then, as far as limits of bandwidth tell that the servers have set, or the recipient's last
        clone, isn't begun, so that the recipient keeps its data.
    type: float
    default: 86400
  deadline:
    description:
      - The end of the change window as seconds since 1970-01-01 UTC. The run is given up, and a clone under way cancelled, then.
      - What O(timeout) says of a clone that can't end in time goes for this, too.
    type: float
  stall_timeout:
    description:
      - Seconds without progress after which a clone is cancelled and tried again. A donor that refuses connections or has
        restarted is noticed within seconds, whatever is set here.
      - Progress are bytes while data is copied, and otherwise a new stage or a line in the error log. What the server was told
        to wait for (V(clone_ddl_timeout), V(clone_delay_after_data_drop) in O(settings)), and one second for each 50 MB that
        FILE SYNC writes, are granted on top.
    type: float
    default: 300
  restart_timeout:
    description:
      - Seconds for the recipient's restart and recovery. By default ten minutes and one second more for each 50 MB copied, and
        up to six times as long while the server's error log grows.
    type: float
  poll_interval:
    description:
      - Seconds between two looks at the progress of a long clone; a short one is looked at more often.
    type: float
    default: 2
  settings:
    description:
      - Global variables to set on the recipient for this run (V(clone_*) but not V(clone_valid_donor_list),
        V(net_read_timeout), V(net_write_timeout), V(max_allowed_packet)). They are put back afterwards.
    type: dict
    default: {}
  donor_settings:
    description:
      - The same on the donor, for as long as the clone lasts. V(clone_donor_timeout_after_network_failure) counts only there.
      - They are set over the donor's own port by the account of O(donor_login_user), which needs SYSTEM_VARIABLES_ADMIN.
        RV(restored) reports them, too.
    type: dict
    default: {}
    version_added: 1.0.0
  donor_login_user:
    description:
      - An administrator's account on the donors, for O(donor_settings), and to see how late they are.
      - By default the login of O(post_clone_login_user), as the accounts after a clone are the donor's.
    type: str
    version_added: 1.0.0
  donor_login_password:
    description: Its password.
    type: str
    version_added: 1.0.0
  start_command:
    description:
      - A shell command that starts the recipient's server. It is run when the server has no supervisor and stops after the
        copy (error 3707), or when it has not come back half a minute after the clone.
      - It is needed with O(method=side_by_side), as the server is shut down there and no supervisor restarts it then.
      - Without it somebody has to start such a server within O(timeout).
    type: str
seealso:
  - module: dbops.mysql_clone.clone_precheck
  - module: dbops.mysql_clone.clone_status
  - module: dbops.mysql_clone.clone_verify
  - name: The CLONE plugin
    description: MySQL's manual on cloning.
    link: https://dev.mysql.com/doc/refman/en/clone-plugin.html
"""

EXAMPLES = r"""
---
- name: Clone db1 onto an empty server
  dbops.mysql_clone.clone_run:
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root
    login_password: "{{ recipient_root_password }}"
    donor_host: db1.example.com
    donor_user: clone_user
    donor_password: "{{ clone_password }}"
    post_clone_login_user: root
    post_clone_login_password: "{{ donor_root_password }}"

- name: Give up what the recipient holds, and use a part of the link only
  dbops.mysql_clone.clone_run:
    login_unix_socket: /run/mysqld/mysqld.sock
    donor_host: db1.example.com
    donor_user: clone_user
    donor_password: "{{ clone_password }}"
    overwrite: true
    settings:
      clone_max_network_bandwidth: 200
    start_command: systemctl start mysql

- name: Give the recipient new data, but keep the old, and go back to it by itself if the new does not work
  dbops.mysql_clone.clone_run:
    login_unix_socket: /run/mysqld/mysqld.sock
    donor_host: db1.example.com
    donor_user: clone_user
    donor_password: "{{ clone_password }}"
    method: side_by_side
    overwrite: true
    start_command: systemctl start mysql
    post_clone_login_user: root
    post_clone_login_password: "{{ donor_root_password }}"
  become: true

- name: Take the best of three donors, and let it keep a cut clone for half an hour
  dbops.mysql_clone.clone_run:
    login_unix_socket: /run/mysqld/mysqld.sock
    donors:
      - {host: db1.example.com, zone: north}
      - {host: db2.example.com, zone: north}
      - {host: db3.example.com, zone: south}
    donor_order: best
    zone: north
    max_donor_lag: 60
    donor_user: clone_user
    donor_password: "{{ clone_password }}"
    donor_settings:
      clone_donor_timeout_after_network_failure: 30
    post_clone_login_user: root
    post_clone_login_password: "{{ donor_root_password }}"

- name: Stop a clone under way
  dbops.mysql_clone.clone_run:
    login_unix_socket: /run/mysqld/mysqld.sock
    state: cancelled
"""

RETURN = r"""
clone:
  description: The clone as M(dbops.mysql_clone.clone_status) returns it, after the end of the run.
  type: dict
  returned: always
reason:
  description: Why the task changed something, or why it did not.
  type: str
  returned: on success
  sample: already cloned from db1.example.com:3306
attempts:
  description: Each attempt with its donor, begin (UTC), seconds, error, retry class and the delay after it.
  type: list
  elements: dict
  returned: when something was tried
samples:
  description:
    - How far the last attempt was when, as seen while it copied; C(seconds) since the clone's begin and C(bytes) copied until then.
    - At most 120 points, further apart the longer the clone takes. Empty where nothing was watched, such as a clone that was
      complete before.
  type: list
  elements: dict
  returned: when something was tried
  sample:
    - seconds: 0.41
      bytes: 52428800
    - seconds: 0.52
      bytes: 71303168
given_up:
  description: What the recipient held before and O(overwrite) gave up, as schemas with their sizes in bytes and the executed GTIDs.
  type: dict
  returned: on success, and on failure where the data was dropped
diagnosis:
  description: The last error's entry in the error catalogue, with cause and remedy; null when nothing failed.
  type: dict
  returned: always
restored:
  description:
    - The variables that were set for the run, on the recipient and on its donor, each with the server, its old value and
      whether it is in force again; where it is not, C(reason) tells why.
  type: list
  elements: dict
  returned: always
checks:
  description: The findings of the check that was made before anything was started.
  type: list
  elements: dict
  returned: in check mode and on failure
data_dropped:
  description: Whether the recipient's own data was dropped although the clone failed.
  type: bool
  returned: on failure
swap:
  description:
    - With O(method=side_by_side), what became of the data directories; null when nothing was due.
    - C(state) is V(swapped), V(rolled_back) (the server was stopped and runs on its old data again), or V(untouched)
      (the server was never stopped).
    - C(old_datadir) is where the old data is kept; remove it when it is no longer needed. C(new_datadir) is set where the
      copy was left beside the datadir.
  type: dict
  returned: with O(method=side_by_side)
  sample:
    state: swapped
    datadir: /var/lib/mysql
    old_datadir: /var/lib/mysql.old-20261122T231400Z
    new_datadir:
seconds:
  description: How long the run took, in seconds.
  type: float
  returned: on success
finished:
  description: Whether the run has ended; false only with O(wait_seconds).
  type: bool
  returned: always
attached:
  description: Whether the task joined a run that was under way.
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
    LOGIN_SPEC,
    POST_CLONE_SPEC,
    run_module,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._run import run

ARGUMENT_SPEC: dict[str, t.Any] = dict(
    LOGIN_SPEC,
    **POST_CLONE_SPEC,
    **DONOR_SPEC,
    **DETACHED_SPEC,
    state={"type": "str", "choices": ["cloned", "cancelled"], "default": "cloned"},
    donors={
        "type": "list",
        "elements": "dict",
        "options": {
            "host": {"type": "str", "required": True},
            "port": {"type": "int", "default": 3306},
            "user": {"type": "str"},
            "password": {"type": "str", "no_log": True},
            "zone": {"type": "str"},
        },
    },
    donor_facts={"type": "list", "elements": "dict", "default": []},
    donor_order={"type": "str", "choices": ["given", "best"], "default": "given"},
    zone={"type": "str"},
    max_donor_lag={"type": "float"},
    method={"type": "str", "choices": ["replace", "side_by_side"], "default": "replace"},
    data_directory={"type": "path"},
    overwrite={"type": "bool", "default": False},
    force={"type": "bool", "default": False},
    retries={"type": "int", "default": 3},
    retry_delays={"type": "list", "elements": "float", "default": [5, 10, 30]},
    timeout={"type": "float", "default": 86400},
    deadline={"type": "float"},
    stall_timeout={"type": "float", "default": 300},
    restart_timeout={"type": "float"},
    poll_interval={"type": "float", "default": 2},
    settings={"type": "dict", "default": {}},
    donor_settings={"type": "dict", "default": {}},
    donor_login_user={"type": "str"},
    donor_login_password={"type": "str", "no_log": True},
    start_command={"type": "str"},
)


def main() -> None:
    run_module(
        ARGUMENT_SPEC,
        run,
        mutually_exclusive=[("donor_host", "donors")],
        required_if=[("state", "cloned", ("donor_host", "donors"), True)],
    )


if __name__ == "__main__":
    main()
