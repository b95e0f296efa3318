# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about room for the data.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _capacity, _host
from ansible_collections.dbops.mysql_clone.plugins.module_utils._progress import size
from ansible_collections.dbops.mysql_clone.plugins.module_utils._rules.registry import (
    Absent,
    Pair,
    Verdict,
    fail,
    ok,
    rule,
    warn,
)

# The directory #clone and its two status files.
_CLONE_FILES = 3


@rule("recipient.disk_space", "Room for the donor's data", "disk")
def disk_space(pair: Pair) -> Verdict | None:
    """The server compares its own estimate with the free space only after the old data is dropped: 3873 (server behaviour)."""
    copied = _capacity.copied(pair.donor)
    room = _capacity.room(pair.recipient, pair.options)
    needed = copied["disk"]
    wanted = int(needed * pair.options.reserve_factor)
    words = f"{size(room['available'])} available in {room['path']}"
    if room["dropped"]:
        words += f" ({size(room['free'])} free and {size(room['dropped'])} that the clone drops)"
    if needed > room["available"]:
        return fail(
            f"{words}, {size(needed)} needed",
            actual=room["available"],
            expected=needed,
            error=3873,
            remedy=f"Free {size(needed - room['available'])} on {room['path']}",
        )
    if wanted > room["available"]:
        return warn(
            f"{words}, {size(needed)} needed, {size(wanted)} with the reserve of {pair.options.reserve_factor:g}",
            actual=room["available"],
            expected=wanted,
            remedy=f"Free {size(wanted - room['available'])} on {room['path']}, or lower reserve_factor",
        )
    return ok(
        f"{words}, {size(wanted)} needed ({size(needed)} x {pair.options.reserve_factor:g})",
        actual=room["available"],
        expected=wanted,
    )


def _too_small(pair: Pair, needed: dict[str, int]) -> list[dict[str, t.Any]]:
    """Other file systems that lack room for all that is to lie there: several kinds may share one."""
    systems = pair.recipient.fact("host")["file_systems"]
    sharing: dict[int, list[str]] = {}
    for name in needed:
        if name in systems:
            sharing.setdefault(systems[name]["device"], []).append(name)
    found = []
    for names in sharing.values():
        place = systems[names[0]]
        free, wanted = _capacity.free(pair.recipient, place), sum(needed[name] for name in names)
        if free <= wanted:
            found.append({"path": place["path"], "free": free, "needed": wanted, "for": names})
    return found


@rule("recipient.other_file_systems", "Room for redo log, undo and system tablespace elsewhere", "disk")
def other_file_systems(pair: Pair) -> Verdict | None:
    """The server looks at the data directory's file system only; elsewhere it fails with 1026, errno 28 (server behaviour)."""
    if not pair.options.drops_data:
        return None
    # The new files lie beside the recipient's own until the restart.
    needed = {
        "redo": _capacity.redo_file(pair.donor),
        "undo": pair.donor.fact("tablespaces")["undo_bytes"],
        "system": sum(one["bytes"] for one in pair.donor.fact("system_files")),
    }
    seconds, _basis = _capacity.duration(pair.recipient, pair.donor, pair.options, pair.probe)
    meanwhile = int(_capacity.redo_rate(pair.donor) * seconds)
    full = _too_small(pair, needed)
    found = full or _too_small(pair, dict(needed, redo=needed["redo"] + meanwhile))
    if not found:
        return None
    words = "; ".join(
        f"{size(one['free'])} free in {one['path']}, {size(one['needed'])} needed for {', '.join(one['for'])}"
        for one in found
    )
    actual = {name: one["free"] for one in found for name in one["for"]}
    expected = {name: one["needed"] for one in found for name in one["for"]}
    remedy = "Free room on " + ", ".join(one["path"] for one in found)
    if full:
        return fail(words, actual=actual, expected=expected, error=1026, remedy=remedy)
    return warn(words, actual=actual, expected=expected, remedy=remedy)


@rule("recipient.inodes", "Inodes for the donor's files", "disk")
def inodes(pair: Pair) -> Verdict | None:
    """Each tablespace is a file of its own; without free inodes it fails with 1004, errno 28 (server behaviour)."""
    place = _capacity.place(pair.recipient, pair.options)
    if place["inodes"] is None:
        return None
    files = pair.donor.fact("tablespaces")["count"] + _CLONE_FILES
    free, words = place["inodes"], f"{place['inodes']} free inodes"
    # First the clone drops the recipient's tablespaces and the files of performance_schema.
    if pair.options.drops_data:
        schema_files = pair.recipient.fact("host")["performance_schema_files"]
        dropped = pair.recipient.fact("tablespaces")["user_count"] + (schema_files or 0)
        free, words = free + dropped, f"{words} and {dropped} that the clone drops"
        if files > free and schema_files is None:
            raise Absent("the data directory can't be listed")
    if files > free:
        return fail(
            f"{place['path']} has {words}, the donor has {files} files",
            actual=free,
            expected=files,
            error=1004,
            remedy=f"Remove small files from {place['path']} or make a file system with more inodes",
        )
    return ok(f"{words}, {files} files", actual=free, expected=files)


@rule("recipient.files_outside", "All of the recipient's files lie in its data directory", "disk")
def files_outside(pair: Pair) -> Verdict | None:
    """A swap of data directories can't take along what lies elsewhere (collection's method side_by_side)."""
    if pair.options.method != "side_by_side":
        return None
    places = _host.directories(pair.recipient.fact("variables"))
    data = places.pop("data")
    outside = {name: path for name, path in places.items() if not (path + "/").startswith(data.rstrip("/") + "/")}
    if not outside:
        return ok("redo log, undo, system tablespace and binary logs lie in the data directory", actual=data)
    return fail(
        "outside the data directory: " + ", ".join(f"{name} ({path})" for name, path in sorted(outside.items())),
        actual=outside,
        expected=data,
        remedy="Use method=replace, or move them into the data directory",
    )


@rule("recipient.confinement", "The server may write to the new data directory", "disk")
def confinement(pair: Pair) -> Verdict | None:
    """AppArmor and SELinux keep mysqld to the paths of its profile: error 13 from the operating system (their manuals)."""
    if not pair.options.data_directory:
        return None
    profile = pair.recipient.fact("host")["confinement"]
    if not profile or profile == "unconfined" or "unconfined_t" in profile or "(complain)" in profile:
        return None
    return warn(
        f"{pair.recipient.label} is confined ({profile}): it may be kept from {pair.options.data_directory}",
        actual=profile,
        remedy="Allow the path in mysqld's AppArmor profile, or label it with semanage fcontext -t mysqld_db_t",
    )
