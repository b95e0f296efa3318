# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much a clone copies, where it finds room, how long it takes (pure).

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils._rules.registry import Absent, Options, Side

# Copying beside the data itself: the connection, the restart and the recovery of an idle server (measured).
FIXED_SECONDS = 3.0
# An entry of ib_buffer_pool is two numbers, a comma and a line's end.
_POOL_ENTRY_BYTES = 22


def redo_capacity(donor: Side) -> int:
    """The donor's redo log capacity in bytes; before 8.0.30 it was given by file size and number."""
    values = donor.fact("variables")
    if "innodb_redo_log_capacity" in values:
        return int(values["innodb_redo_log_capacity"])
    return int(values.get("innodb_log_file_size", 0)) * int(values.get("innodb_log_files_in_group", 2))


def _pool_file(donor: Side) -> int:
    """ib_buffer_pool is copied as well: its size where it can be seen, else the most that it can be."""
    if donor.has("host") and donor.fact("host")["buffer_pool_file"] is not None:
        return int(donor.fact("host")["buffer_pool_file"])
    pages = donor.number("innodb_buffer_pool_size") // donor.number("innodb_page_size")
    return pages * donor.number("innodb_buffer_pool_dump_pct") // 100 * _POOL_ENTRY_BYTES


def copied(donor: Side) -> dict[str, int]:
    """Bytes that a clone copies as it counts them itself (server behaviour, compared with real clones).

    ``copy`` is what the stage FILE COPY estimates: the sizes of all tablespaces but the temporary, and ib_buffer_pool.
    ``disk`` is the room that the server demands: what these files take on disk, and the redo log's capacity.
    """
    spaces, files = donor.fact("tablespaces"), donor.fact("files")
    beside = sum(one["bytes"] for one in files["system"]) + _pool_file(donor)
    return {"copy": spaces["bytes"] + beside, "disk": spaces["allocated"] + beside + redo_capacity(donor)}


def place(recipient: Side, options: Options) -> dict[str, t.Any]:
    """The file system that the data goes to: of the new data directory where one is given, else of the recipient's own."""
    host = recipient.fact("host")
    found = host["new_directory"]["file_system"] if options.data_directory else host["file_systems"].get("data")
    if found is None:
        raise Absent(
            f"{recipient.label}: the file system of {options.data_directory or 'the data directory'} can't be looked at"
        )
    return t.cast("dict[str, t.Any]", found)


def room(recipient: Side, options: Options) -> dict[str, t.Any]:
    """Bytes that a clone finds: what is free, and for a clone that drops the old data first what that frees."""
    host, found = recipient.fact("host"), place(recipient, options)
    free = found["free_root"] if host["root"] else found["free"]
    dropped = recipient.fact("tablespaces")["user_bytes"] if options.drops_data else 0
    return {"path": found["path"], "free": free, "dropped": dropped, "available": free + dropped}
