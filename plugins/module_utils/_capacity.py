# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much a clone copies, where it finds room, how long it takes (pure).

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils._rules.registry import (
    Absent,
    NotApplicable,
    Options,
    Pair,
    Side,
)

# Copying beside the data itself: the connection, the restart and the recovery of an idle server (measured).
FIXED_SECONDS = 3.0
# From 8.0.30 on the redo log's capacity is split into so many files.
_REDO_FILES = 32
# An entry of ib_buffer_pool is two numbers, a comma and a line's end.
_POOL_ENTRY_BYTES = 22


def _redo_log(donor: Side) -> tuple[int, int]:
    """Bytes of a redo log file, and how many there are; before 8.0.30 both were given."""
    values = donor.fact("variables")
    if "innodb_redo_log_capacity" in values:
        return int(values["innodb_redo_log_capacity"]) // _REDO_FILES, _REDO_FILES
    return int(values.get("innodb_log_file_size", 0)), int(values.get("innodb_log_files_in_group", 2))


def redo_capacity(donor: Side) -> int:
    """The donor's redo log capacity in bytes."""
    file, count = _redo_log(donor)
    return file * count


def redo_file(donor: Side) -> int:
    """Bytes of one of the donor's redo log files: at least one is copied, in full size (server behaviour)."""
    return _redo_log(donor)[0]


def redo_rate(donor: Side) -> float:
    """Bytes of redo log that the donor has written a second, on average since its start."""
    written, uptime = donor.fact("status").get("Innodb_os_log_written"), donor.fact("uptime")
    return int(written) / int(uptime) if written and uptime else 0.0


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
    spaces = donor.fact("tablespaces")
    beside = sum(one["bytes"] for one in donor.fact("system_files")) + _pool_file(donor)
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


def free(recipient: Side, file_system: t.Mapping[str, t.Any]) -> int:
    """Bytes of a file system that the recipient's server may use: all that are free, where it runs as root."""
    return int(file_system["free_root" if recipient.fact("host")["root"] else "free"])


def room(recipient: Side, options: Options) -> dict[str, t.Any]:
    """Bytes that a clone finds: what is free, and for a clone that drops the old data first what that frees."""
    found = place(recipient, options)
    there = free(recipient, found)
    dropped = recipient.fact("tablespaces")["user_bytes"] if options.drops_data else 0
    return {"path": found["path"], "free": there, "dropped": dropped, "available": there + dropped}


MEBIBYTE = 1 << 20


def rates(recipient: Side, options: Options, probe: t.Mapping[str, t.Any]) -> list[tuple[float, str]]:
    """Bytes per second that limit a clone, each with its basis; the smallest decides.

    What was measured and what the server is told to keep to; without either the last clone's rate, or else an assumption.
    """
    found = []
    for name, basis in (("link_rate", "measured link"), ("disk_rate", "measured disk")):
        if probe.get(name):
            found.append((float(probe[name]), basis))
    if not found:
        found.append(last_rate(recipient) or (options.reserve_bandwidth * 1e6 / 8, "assumed (reserve_bandwidth)"))
    for variable in ("clone_max_data_bandwidth", "clone_max_network_bandwidth"):
        limit = int(recipient.text_or(variable, "0"))
        if limit:
            found.append((float(limit * MEBIBYTE), variable))
    return sorted(found)


def last_rate(recipient: Side) -> tuple[float, str] | None:
    """The rate of the recipient's last completed clone, where it took long enough to tell."""
    clone = recipient.facts.get("clone") or {}
    if clone.get("state") != "completed" or not clone.get("copy_rate"):
        return None
    return float(clone["copy_rate"]), "last clone of this recipient"


def duration(recipient: Side, donor: Side, options: Options, probe: t.Mapping[str, t.Any]) -> tuple[float, str]:
    """Seconds that the clone will take, and what the number rests on."""
    rate, basis = rates(recipient, options, probe)[0]
    return FIXED_SECONDS + copied(donor)["copy"] / rate, basis


def is_assumed(basis: str) -> bool:
    """Whether a duration rests on nothing that was measured."""
    return basis.startswith("assumed")


def numbers(pair: Pair) -> dict[str, t.Any]:
    """The numbers behind the findings about room and time; None for what can't be had."""
    names = "bytes_to_copy bytes_needed bytes_wanted bytes_available bytes_dropped estimated_seconds estimate_basis"
    found: dict[str, t.Any] = dict.fromkeys(names.split())
    with contextlib.suppress(Absent, NotApplicable):
        sizes = copied(pair.donor)
        found.update(bytes_to_copy=sizes["copy"], bytes_needed=sizes["disk"])
        found.update(bytes_wanted=int(sizes["disk"] * pair.options.reserve_factor))
    with contextlib.suppress(Absent, NotApplicable):
        there = room(pair.recipient, pair.options)
        found.update(bytes_available=there["available"], bytes_dropped=there["dropped"])
    with contextlib.suppress(Absent, NotApplicable):
        seconds, basis = duration(pair.recipient, pair.donor, pair.options, pair.probe)
        found.update(estimated_seconds=round(seconds, 1), estimate_basis=basis)
    for name in ("link_rate", "disk_rate"):
        found[name.replace("rate", "bytes_per_second")] = pair.probe.get(name)
    return found
