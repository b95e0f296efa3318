# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an account may do: SHOW GRANTS as data (pure).

SHOW GRANTS is the only source: static and dynamic privileges, columns, routines, roles and proxies stand in seven tables.
The session must have sql_quote_show_create on and ANSI_QUOTES off.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

EVERYTHING = "*.*"
GRANT_OPTION = "GRANT OPTION"

_NAME = r"`(?:[^`]|``)*`"
_ACCOUNT = _NAME + "@" + _NAME
_PRIVILEGES = re.compile(
    rf"\A(GRANT|REVOKE) (?P<privileges>.+?) ON (?P<object>(?:[A-Z]+ )?(?:\*|{_NAME})\.(?:\*|{_NAME})) "
    rf"(?:TO|FROM) {_ACCOUNT}(?P<grantable> WITH GRANT OPTION)?\Z",
    re.DOTALL,
)
_ROLES = rf"\AGRANT (?P<roles>{_ACCOUNT}(?:,{_ACCOUNT})*) TO {_ACCOUNT}(?P<admin> WITH ADMIN OPTION)?\Z"
_PROXY = rf"\AGRANT PROXY ON (?P<proxied>{_ACCOUNT}) TO {_ACCOUNT}(?P<grantable> WITH GRANT OPTION)?\Z"
# One privilege, with the columns it is limited to: SELECT (`a`, `b`).
_PRIVILEGE = re.compile(rf"([A-Z_][A-Z_ ]*[A-Z_]|[A-Z])(?: \(((?:{_NAME}(?:, )?)+)\))?(?:, ?|\Z)")


class Grants(t.NamedTuple):
    """What SHOW GRANTS says. Values tell whether the right may be handed on (GRANT, ADMIN OPTION).

    ``privileges`` has (object, privilege) as key: ``("*.*", "BACKUP_ADMIN")``, ``("`d`.`t`", "SELECT (`a`)")``. The names of
    objects, roles and accounts are quoted as in the statement. ``restricted`` are partial revokes, ``unknown`` lines of a kind
    that this module doesn't know.
    """

    privileges: dict[tuple[str, str], bool]
    roles: dict[str, bool]
    proxies: dict[str, bool]
    restricted: dict[tuple[str, str], bool]
    unknown: tuple[str, ...] = ()


NOTHING = Grants({}, {}, {}, {})


def parse(lines: t.Iterable[str]) -> Grants:
    """Read the lines of SHOW GRANTS."""
    result = Grants({}, {}, {}, {})
    unknown = []
    for line in lines:
        # Few accounts have roles or proxies, and each pattern takes a millisecond to compile.
        proxy = re.match(_PROXY, line) if line.startswith("GRANT PROXY ") else None
        roles = re.match(_ROLES, line) if line.startswith("GRANT `") else None
        found = _PRIVILEGES.match(line)
        if proxy:
            result.proxies[proxy["proxied"]] = bool(proxy["grantable"])
        elif roles:
            result.roles.update(dict.fromkeys(re.findall(_ACCOUNT, roles["roles"]), bool(roles["admin"])))
        elif found:
            target = result.privileges if line.startswith("GRANT") else result.restricted
            for privilege in _split(found["privileges"]):
                if privilege != "USAGE":
                    target[(found["object"], privilege)] = bool(found["grantable"])
            if _split(found["privileges"]) == ["USAGE"] and found["grantable"]:
                target[(found["object"], GRANT_OPTION)] = False
        else:
            unknown.append(line)
    return result._replace(unknown=tuple(unknown))


def _split(text: str) -> list[str]:
    """The privileges of one line; one with columns becomes one an column."""
    privileges = []
    for found in _PRIVILEGE.finditer(text):
        columns = re.findall(_NAME, found[2]) if found[2] else []
        privileges += ["%s (%s)" % (found[1], column) for column in columns] or [found[1]]
    return privileges
