# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about memory, processors, connections and time.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _capacity
from ansible_collections.dbops.mysql_clone.plugins.module_utils._progress import duration, size
from ansible_collections.dbops.mysql_clone.plugins.module_utils._rules.registry import (
    Pair,
    Verdict,
    donor_fail,
    fail,
    ok,
    rule,
    warn,
)


@rule("recipient.memory", "Memory on the recipient's host", "resource")
def memory(pair: Pair) -> Verdict | None:
    """A reserve of memory for the clone and what runs beside it (threshold: reserve_memory)."""
    host = pair.recipient.fact("host")
    limits = [amount for amount in (host["memory_total"], host["memory_limit"]) if amount]
    if not limits:
        return None
    wanted = pair.options.reserve_memory
    if min(limits) < wanted:
        where = "its control group allows" if host["memory_limit"] == min(limits) else "the host has"
        return warn(
            f"{where} {size(min(limits))} of memory, {size(wanted)} are advised",
            actual=min(limits),
            expected=wanted,
            remedy="Give the recipient more memory, or lower reserve_memory",
        )
    return ok(f"{size(min(limits))} of memory", actual=min(limits), expected=wanted)


@rule("recipient.processors", "Processors on the recipient's host", "resource")
def processors(pair: Pair) -> Verdict | None:
    """A reserve of processors: a clone runs up to clone_max_concurrency threads (threshold: reserve_cpus)."""
    host = pair.recipient.fact("host")
    count = min(host["processors"], host["processor_limit"] or host["processors"])
    if count < pair.options.reserve_cpus:
        return warn(
            f"the recipient may use {count:g} processors, {pair.options.reserve_cpus:g} are advised",
            actual=count,
            expected=pair.options.reserve_cpus,
            remedy="Give the recipient more processors, or lower reserve_cpus",
        )
    return ok(f"{count:g} processors", actual=count, expected=pair.options.reserve_cpus)


@rule("donor.connections", "Free connections on the donor", "resource")
def connections(pair: Pair) -> Verdict | None:
    """A clone takes two connections to the donor at least, and one more a thread (server behaviour; 1040)."""
    most = pair.donor.number("max_connections")
    free = most - int(pair.donor.fact("status")["Threads_connected"])
    if free < 2:
        return donor_fail(
            f"{pair.donor.label} has {free} of {most} connections free, a clone needs 2 at least",
            1040,
            actual=free,
            expected=2,
            remedy=f"SET GLOBAL max_connections = {most + 20} on the donor",
        )
    return ok(f"{free} of {most} connections are free", actual=free, expected=2)


@rule("donor.account_connections", "Connections that the clone account may have", "resource")
def account_connections(pair: Pair) -> Verdict | None:
    """An account limited to fewer than two connections at once can't donate (server behaviour; 1226)."""
    found = pair.link
    if found["error"] or not found["user"]:
        return None
    most = int(found["facts"]["max_user_connections"])
    if most == 1:
        return donor_fail(
            f"{found['facts']['account']} may have only one connection to {found['target']}, a clone needs 2 at least",
            1226,
            actual=most,
            expected=2,
            remedy="ALTER USER ... WITH MAX_USER_CONNECTIONS 0 on the donor",
        )
    return None


@rule("pair.bandwidth", "Bandwidth from the donor", "resource")
def bandwidth(pair: Pair) -> Verdict | None:
    """The link as measured by a transfer, against the reserve (threshold: reserve_bandwidth)."""
    if not pair.probe.get("link_rate"):
        return None
    measured = pair.probe["link_rate"] * 8 / 1e6
    wanted = pair.options.reserve_bandwidth
    if measured < wanted:
        return warn(
            f"{measured:.1f} Mbit/s measured from {pair.link['target']}, {wanted:g} are advised",
            actual=round(measured, 1),
            expected=wanted,
            remedy="Choose a donor that is nearer, set clone_enable_compression=ON for this run, or lower reserve_bandwidth",
        )
    return ok(f"{measured:.0f} Mbit/s measured from {pair.link['target']}", actual=round(measured, 1), expected=wanted)


@rule("pair.deadline", "The clone can end in time", "resource")
def deadline(pair: Pair) -> Verdict | None:
    """A clone that can't end before the change window does is not worth starting (collection's own estimate)."""
    until = pair.options.deadline
    if until is None:
        return None
    left = until - pair.recipient.fact("now")
    if left <= 0:
        return fail(
            f"the deadline passed {duration(-left)} ago",
            actual=0,
            expected=until,
            remedy="Give a later deadline, or a longer timeout",
        )
    needed, basis = _capacity.duration(pair.recipient, pair.donor, pair.options, pair.probe)
    words = f"{duration(needed)} needed ({basis}), {duration(left)} left"
    if needed <= left:
        return ok(words, actual=round(needed, 1), expected=round(left, 1))
    more = {
        "actual": round(needed, 1),
        "expected": round(left, 1),
        "remedy": "Give it more time (deadline, timeout), or raise the bandwidth",
    }
    # An assumed bandwidth proves nothing.
    return warn(words + "; use probe=true to measure", **more) if _capacity.is_assumed(basis) else fail(words, **more)


@rule("recipient.open_files", "File descriptors for the donor's tables", "resource")
def open_files(pair: Pair) -> Verdict | None:
    """With more files than open_files_limit the recipient keeps closing and opening them (manual: open_files_limit)."""
    most, files = pair.recipient.number("open_files_limit"), pair.donor.fact("tablespaces")["count"]
    if files > most:
        return warn(
            f"the donor has {files} files, open_files_limit of the recipient is {most}",
            actual=most,
            expected=files,
            remedy=f"Set open_files_limit={files * 2} (and LimitNOFILE of its unit) and restart the recipient",
        )
    return ok(f"open_files_limit is {most}, the donor has {files} files", actual=most, expected=files)


@rule("pair.buffer_pool", "The recipient has a buffer pool like the donor's", "resource")
def buffer_pool(pair: Pair) -> Verdict | None:
    """Configuration isn't cloned: with a much smaller buffer pool the recipient can't carry the load (manual: Remote Cloning)."""
    ours, theirs = pair.recipient.number("innodb_buffer_pool_size"), pair.donor.number("innodb_buffer_pool_size")
    if ours * 2 < theirs:
        return warn(
            f"innodb_buffer_pool_size: donor {size(theirs)}, recipient {size(ours)}",
            actual=ours,
            expected=theirs,
            remedy=f"SET PERSIST innodb_buffer_pool_size = {theirs} on the recipient, if it is to take the donor's load",
        )
    return None
