# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The statements between what an account may do and what it should (pure).

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils._grants import EVERYTHING, GRANT_OPTION, Grants


class Change(t.NamedTuple):
    """One statement, and what it does in the words of the result: ``granted`` and ``revoked`` (at most one is filled)."""

    statement: str
    granted: tuple[str, ...] = ()
    revoked: tuple[str, ...] = ()


def is_dynamic(privilege: str) -> bool:
    """Dynamic privileges are written with underscores, static ones with spaces (manual: Privileges Provided by MySQL)."""
    return "_" in privilege


def named(key: tuple[str, str], grantable: bool = False) -> str:
    """A privilege in the words of the result: ``BACKUP_ADMIN ON *.*``."""
    return "%s ON %s%s" % (key[1], key[0], " WITH GRANT OPTION" if grantable else "")


def describe(grants: Grants) -> list[str]:
    """All of it, sorted, for results and diffs."""
    lines = [named(key, grantable) for key, grantable in grants.privileges.items()]
    lines += ["ROLE %s%s" % (role, " WITH ADMIN OPTION" if admin else "") for role, admin in grants.roles.items()]
    lines += [
        "PROXY ON %s%s" % (proxied, " WITH GRANT OPTION" if grantable else "")
        for proxied, grantable in grants.proxies.items()
    ]
    lines += ["NO " + named(key) for key in grants.restricted]
    return sorted(lines) + sorted(grants.unknown)


def _by_object(keys: t.Iterable[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    objects: dict[str, list[str]] = {}
    for target, privilege in sorted(keys):
        objects.setdefault(target, []).append(privilege)
    return list(objects.items())


def changes(who: str, wanted: Grants, actual: Grants) -> list[Change]:
    """The statements that make ``actual`` into ``wanted`` for the account ``who`` (quoted).

    An account in use is never without what it keeps. One exception: the server takes the GRANT OPTION from a dynamic
    privilege only together with the privilege, which is then granted again.
    """
    steps: list[Change] = []
    # What may be handed on but shouldn't: taken away by object for static privileges, one by one for dynamic ones.
    loosened = {
        key
        for key, grantable in actual.privileges.items()
        if not wanted.privileges.get(key, False)
        and ((grantable and not is_dynamic(key[1])) or (key[1] == GRANT_OPTION and key not in wanted.privileges))
    }
    dynamic = {
        key
        for key, grantable in actual.privileges.items()
        if grantable and is_dynamic(key[1]) and wanted.privileges.get(key) is False
    }
    missing = {
        key
        for key, grantable in wanted.privileges.items()
        if key not in actual.privileges or (grantable and not actual.privileges[key])
    }
    excess = {key for key in actual.privileges if key not in wanted.privileges and key[1] != GRANT_OPTION}
    # GRANT OPTION given or taken ON *.* reaches dynamic privileges in the table but not in memory, and REVOKE then finds them
    # no more until FLUSH PRIVILEGES (seen on 9.7), so they go before that, in statements of their own.
    steps += _revocations(who, (key for key in excess if is_dynamic(key[1])))
    for key in sorted(dynamic):
        steps.append(
            Change("REVOKE %s ON %s FROM %s" % (key[1], key[0], who), revoked=("GRANT OPTION for " + named(key),))
        )
        steps.append(Change("GRANT %s ON %s TO %s" % (key[1], key[0], who)))
    for grantable in (False, True):
        for target, privileges in _by_object(key for key in missing if wanted.privileges[key] == grantable):
            suffix = " WITH GRANT OPTION" if grantable else ""
            granted = tuple(named((target, privilege), grantable) for privilege in privileges)
            steps.append(
                Change("GRANT %s ON %s TO %s%s" % (", ".join(privileges), target, who, suffix), granted=granted)
            )
    for target in sorted({key[0] for key in loosened}):
        kept = any(grantable for key, grantable in wanted.privileges.items() if key[0] == target)
        if not kept:
            steps.append(
                Change("REVOKE GRANT OPTION ON %s FROM %s" % (target, who), revoked=("GRANT OPTION ON " + target,))
            )
    steps += _revocations(who, (key for key in excess if not is_dynamic(key[1])))
    # A partial revoke goes with the global privilege it restricts; what remains is lifted by granting it.
    for target, privileges in _by_object(
        key for key in actual.restricted if key not in wanted.restricted and (EVERYTHING, key[1]) not in excess
    ):
        lifted = tuple(named((target, privilege)) for privilege in privileges)
        steps.append(Change("GRANT %s ON %s TO %s" % (", ".join(privileges), target, who), granted=lifted))
    for target, privileges in _by_object(key for key in wanted.restricted if key not in actual.restricted):
        restricted = tuple(named((target, privilege)) for privilege in privileges)
        steps.append(Change("REVOKE %s ON %s FROM %s" % (", ".join(privileges), target, who), revoked=restricted))
    steps += _pairs(
        who, "ROLE %s", "GRANT %s TO %s", " WITH ADMIN OPTION", "REVOKE %s FROM %s", wanted.roles, actual.roles
    )
    steps += _pairs(
        who,
        "PROXY ON %s",
        "GRANT PROXY ON %s TO %s",
        " WITH GRANT OPTION",
        "REVOKE PROXY ON %s FROM %s",
        wanted.proxies,
        actual.proxies,
    )
    return steps


def _revocations(who: str, keys: t.Iterable[tuple[str, str]]) -> list[Change]:
    return [
        Change(
            "REVOKE %s ON %s FROM %s" % (", ".join(privileges), target, who),
            revoked=tuple(named((target, privilege)) for privilege in privileges),
        )
        for target, privileges in _by_object(keys)
    ]


def _pairs(
    who: str, words: str, grant: str, option: str, revoke: str, wanted: dict[str, bool], actual: dict[str, bool]
) -> list[Change]:
    """Roles and proxies: one statement each; an option too many is taken away with the right, which is granted again."""
    steps = []
    for name, optional in sorted(actual.items()):
        if name not in wanted or (optional and not wanted[name]):
            steps.append(Change(revoke % (name, who), revoked=(words % name,)))
    for name, optional in sorted(wanted.items()):
        if actual.get(name) != optional:
            steps.append(Change(grant % (name, who) + (option if optional else ""), granted=(words % name,)))
    return steps
