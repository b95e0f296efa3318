# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about memory, processors, connections and time.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

from ansible_collections.dbops.mysql_clone.plugins.module_utils._progress import size
from ansible_collections.dbops.mysql_clone.plugins.module_utils._rules.registry import (
    Pair,
    Verdict,
    donor_fail,
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
