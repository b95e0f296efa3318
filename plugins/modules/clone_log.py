#!/usr/bin/python

# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: clone_log
short_description: Read what a MySQL server's error log says about clones
description:
  - Reads the error log as text, as written by the JSON sink, rotated and packed (C(.gz)), or from the server's table
    C(performance_schema.error_log), and returns its events, statistics, key words and the story of each clone in it.
  - Finds the log by itself, by asking the server or, when that does not answer, from its option files and the usual places.
  - Reads as a stream, so that the size of the log does not matter. Lines that are broken, too long or of another product are
    counted, and never a reason to fail.
author:
  - dbops contributors (@dbops)
version_added: 1.0.0
extends_documentation_fragment:
  - dbops.mysql_clone._attributes
  - dbops.mysql_clone._attributes.reads_only
  - dbops.mysql_clone._login
  - dbops.mysql_clone._login.post_clone
options:
  path:
    description:
      - The log file to read, on the managed node. The server is then not asked.
    type: path
  source:
    description:
      - V(file) reads the log file, V(table) the server's C(performance_schema.error_log), which holds the newest 5 MB and can be
        read from afar (MySQL 8.0.22 and later).
      - V(auto) reads the file where the server runs on the managed node and the file can be read, and the table otherwise.
    type: str
    choices: [auto, file, table]
    default: auto
  server_config_file:
    description:
      - The option file of a server that does not answer, to find its log in. By default the usual option files are read.
    type: path
  since:
    description:
      - Only events from then on. A time in ISO 8601 (UTC where it gives no zone), or how long ago, as V(90s), V(15m), V(2h), V(3d).
    type: str
  until:
    description:
      - Only events up to then; written as O(since).
    type: str
  clone_only:
    description:
      - Only events about clones.
    type: bool
    default: false
  severities:
    description:
      - Only events of these severities. All filters must fit, and the counts are of what fits; RV(clones) tells of all clones.
    type: list
    elements: str
    choices: [error, warning, system, note]
    default: []
  codes:
    description:
      - Only events with these codes, as V(MY-013272) or V(13272).
    type: list
    elements: str
    default: []
  subsystems:
    description:
      - Only events of these parts of the server, as V(Server), V(InnoDB), V(Clone), V(Repl).
    type: list
    elements: str
    default: []
  keywords:
    description:
      - Only events with a key word of these classes.
    type: list
    elements: str
    choices: [out_of_memory, no_space_left, access_denied, connection_refused, timeout, clone_failed, slow_query, retry, warning]
    default: []
  rotated:
    description:
      - Also read the log's rotated files, oldest first.
    type: bool
    default: false
  limit:
    description:
      - How many events to return at most, the newest ones. All are counted.
    type: int
    default: 1000
  cursor:
    description:
      - The RV(cursor) of an earlier run. Only what was written since is read, in the log's rotated files too.
    type: str
seealso:
  - module: dbops.mysql_clone.clone_diagnose
"""

EXAMPLES = r"""
---
- name: See what the log says about clones of the last two hours
  dbops.mysql_clone.clone_log:
    login_unix_socket: /run/mysqld/mysqld.sock
    since: 2h
    clone_only: true
  register: log

- name: Tell how the last clone went
  ansible.builtin.debug:
    var: log.clones[-1]

- name: See what is new since then
  dbops.mysql_clone.clone_log:
    login_unix_socket: /run/mysqld/mysqld.sock
    cursor: "{{ log.cursor }}"

- name: See who was refused, or found no room, today
  dbops.mysql_clone.clone_log:
    login_unix_socket: /run/mysqld/mysqld.sock
    since: 1d
    rotated: true
    keywords: [access_denied, no_space_left]

- name: Read a file that somebody sent
  dbops.mysql_clone.clone_log:
    path: /tmp/error.log.1.gz
"""

RETURN = r"""
events:
  description: The newest events, in the order of time.
  type: list
  elements: dict
  returned: always
  contains:
    time:
      description: When, in ISO 8601 (UTC).
      type: str
    thread:
      description: The server's thread.
      type: int
    severity:
      description: V(error), V(warning), V(system) or V(note).
      type: str
    code:
      description: The message's code, as V(MY-013272), or null.
      type: str
    symbol:
      description: The code's symbol, where the collection's catalogue has it.
      type: str
    subsystem:
      description: The part of the server that reports.
      type: str
    message:
      description: The message.
      type: str
    about_clone:
      description: Whether it is about a clone.
      type: bool
    keywords:
      description: The classes of key words that it belongs to.
      type: list
      elements: str
    category:
      description: The category of the error that it is about (network, disk, privilege, resource, configuration, state), or null.
      type: str
    error:
      description: C(code), C(innermost) code and C(message) of the error that its text carries, or null.
      type: dict
summary:
  description: Bytes and events read, events left out for O(limit), unreadable lines, first and last event, and counts
    C(by_severity), C(by_category) and C(by_code).
  type: dict
  returned: always
keywords:
  description: For each class of key words that was seen C(count), C(first), C(last), and whether it is C(severe).
  type: dict
  returned: always
  sample: {clone_failed: {count: 1, first: "2026-11-22T20:24:14.155229Z", last: "2026-11-22T20:24:14.155229Z", severe: true}}
clones:
  description: Each clone in the log, on the recipient's and on the donor's side, with begin, end, outcome (running, copied,
    restarting, waiting_for_start, completed, failed, interrupted), error and steps.
  type: list
  elements: dict
  returned: always
cursor:
  description: How far the log was read, for the option of this name.
  type: str
  returned: always
source:
  description: What was read (C(kind), C(server), C(files)), how it was found, and what was tried.
  type: dict
  returned: always
"""

from ansible_collections.dbops.mysql_clone.plugins.module_utils._errorlog import (
    Cursor,
    Place,
    Wanted,
    codes_of,
    find,
    moment,
    place_of,
    read_log,
    read_table,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput, ServerError
from ansible_collections.dbops.mysql_clone.plugins.module_utils._module import (
    LOGIN_SPEC,
    POST_CLONE_SPEC,
    own_logins,
    run_module,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import UNREACHABLE, connect_first

ARGUMENT_SPEC = dict(
    LOGIN_SPEC,
    **POST_CLONE_SPEC,
    path={"type": "path"},
    source={"type": "str", "choices": ["auto", "file", "table"], "default": "auto"},
    server_config_file={"type": "path"},
    since={"type": "str"},
    until={"type": "str"},
    clone_only={"type": "bool", "default": False},
    severities={"type": "list", "elements": "str", "choices": ["error", "warning", "system", "note"], "default": []},
    codes={"type": "list", "elements": "str", "default": []},
    subsystems={"type": "list", "elements": "str", "default": []},
    keywords={
        "type": "list",
        "elements": "str",
        "choices": [
            "out_of_memory",
            "no_space_left",
            "access_denied",
            "connection_refused",
            "timeout",
            "clone_failed",
            "slow_query",
            "retry",
            "warning",
        ],
        "default": [],
        # No secret, whatever its name.
        "no_log": False,
    },
    rotated={"type": "bool", "default": False},
    limit={"type": "int", "default": 1000},
    cursor={"type": "str"},
)


def run(params, check_mode):
    if params["limit"] < 1:
        raise BadInput("limit is %d; expected 1 event or more" % params["limit"])
    wanted = Wanted(
        since=moment("since", params["since"]),
        until=moment("until", params["until"]),
        clone_only=params["clone_only"],
        limit=params["limit"],
        severities=frozenset(params["severities"]),
        codes=codes_of(params["codes"]),
        subsystems=frozenset(name.lower() for name in params["subsystems"]),
        keywords=frozenset(params["keywords"]),
    )
    cursor = Cursor.parse(params["cursor"])
    result = _read(params, wanted, cursor)
    return dict(result, changed=False)


def _read(params, wanted, cursor):
    if params["path"]:
        return read_log(Place(params["path"], "path"), wanted, cursor, params["rotated"])
    try:
        server = connect_first(own_logins(params))
    except ServerError as error:
        if params["source"] == "table" or error.number not in UNREACHABLE:
            raise
        return read_log(find(params["server_config_file"]), wanted, cursor, params["rotated"])
    with server:
        place = Place(None, "") if params["source"] == "table" else place_of(server, params["source"] == "auto")
        if place.path is None and params["source"] != "file":
            return read_table(server, wanted, cursor)
    return read_log(place, wanted, cursor, params["rotated"])


def main():
    run_module(ARGUMENT_SPEC, run, mutually_exclusive=[("path", "server_config_file")])


if __name__ == "__main__":
    main()
