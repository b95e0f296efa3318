# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about what accounts may do.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _sql
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput
from ansible_collections.dbops.mysql_clone.plugins.module_utils._facts import may_read
from ansible_collections.dbops.mysql_clone.plugins.module_utils._rules.registry import (
    Pair,
    Verdict,
    donor_fail,
    fail,
    ok,
    rule,
    warn,
)


@rule("recipient.clone_privilege", "The recipient's login may clone", "privilege")
def clone_privilege(pair: Pair) -> Verdict | None:
    """CLONE needs CLONE_ADMIN, with DATA DIRECTORY BACKUP_ADMIN instead, else error 1227 (manual: Remote Cloning Prerequisites)."""
    needed = "CLONE_ADMIN" if pair.options.drops_data else "BACKUP_ADMIN"
    account = pair.recipient.fact("account")
    if not may_read(pair.recipient.fact("grants"), needed):
        return fail(
            f"{account} lacks {needed} on {pair.recipient.label}",
            error=1227,
            expected=needed,
            remedy=f"GRANT {needed} ON *.* TO {_sql.account(*account.rsplit('@', 1))}",
            repair="clone_user",
        )
    return ok(f"{account} has {needed}", expected=needed)


@rule("recipient.donor_list_privilege", "The recipient's login may set the donor list", "privilege")
def donor_list_privilege(pair: Pair) -> Verdict | None:
    """A donor that isn't in clone_valid_donor_list must be entered, which takes SYSTEM_VARIABLES_ADMIN (manual: SET)."""
    if not pair.options.donor_host or listed(pair) is not False or "clone" not in pair.recipient.fact("plugins"):
        return None
    grants, account = pair.recipient.fact("grants"), pair.recipient.fact("account")
    if may_read(grants, "SYSTEM_VARIABLES_ADMIN") or may_read(grants, "SUPER"):
        return None
    return fail(
        f"{account} can't enter the donor in clone_valid_donor_list on {pair.recipient.label}: it lacks SYSTEM_VARIABLES_ADMIN",
        error=1227,
        expected="SYSTEM_VARIABLES_ADMIN",
        remedy=f"GRANT SYSTEM_VARIABLES_ADMIN ON *.* TO {_sql.account(*account.rsplit('@', 1))}",
        repair="clone_user",
    )


def listed(pair: Pair) -> bool | None:
    """Whether the donor is in clone_valid_donor_list; None where its address can't be in any."""
    try:
        entry = _sql.donor_entry(pair.options.donor_host or "", pair.options.donor_port)
    except BadInput:
        return None
    return entry in _sql.donor_list(pair.recipient.fact("donor_list"))


@rule("recipient.progress_privilege", "The recipient's login may watch the clone", "privilege")
def progress_privilege(pair: Pair) -> Verdict | None:
    """clone_status and clone_progress need SELECT on performance_schema, else error 1142 (server behaviour)."""
    if may_read(pair.recipient.fact("grants"), "performance_schema"):
        return None
    account = pair.recipient.fact("account")
    return warn(
        f"{account} can't read clone_status on {pair.recipient.label}, so progress and success can't be told",
        expected="SELECT ON performance_schema.*",
        remedy=f"GRANT SELECT ON performance_schema.* TO {_sql.account(*account.rsplit('@', 1))}",
        repair="clone_user",
    )


@rule("donor.backup_privilege", "The clone account may donate", "privilege")
def backup_privilege(pair: Pair) -> Verdict | None:
    """The donor's account needs BACKUP_ADMIN, through an active role at most (manual: Remote Cloning Prerequisites; 1227)."""
    found = pair.link
    if found["error"] or not found["user"]:
        return None
    if not may_read(found["facts"]["grants"], "BACKUP_ADMIN"):
        account = found["facts"]["account"]
        return donor_fail(
            f"{account} lacks BACKUP_ADMIN on {found['target']} (a role counts only where it is a default role)",
            1227,
            expected="BACKUP_ADMIN",
            remedy=f"GRANT BACKUP_ADMIN ON *.* TO {_sql.account(*account.rsplit('@', 1))}",
            repair="clone_user",
        )
    return ok(f"{found['facts']['account']} has BACKUP_ADMIN on {found['target']}", expected="BACKUP_ADMIN")


@rule("pair.login_after_clone", "An account of the donor can be used after the clone", "privilege")
def login_after_clone(pair: Pair) -> Verdict | None:
    """A clone replaces the recipient's accounts by the donor's (manual: Remote Cloning)."""
    if not pair.options.replaces_data:
        return None
    user = pair.options.post_clone_login_user or pair.recipient.fact("account").rsplit("@", 1)[0]
    known = {account.rsplit("@", 1)[0] for account in pair.donor.fact("accounts")}
    if user in known:
        return ok(f"the donor has an account {user}; its password will be the one that counts", actual=user)
    return warn(
        f"the donor has no account {user}: nobody can log in to the recipient with it after the clone",
        actual=user,
        remedy="Give post_clone_login_user and post_clone_login_password, an administrator's account of the donor",
    )
