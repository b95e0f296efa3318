# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SQL text: the only place that quotes identifiers and account names.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput

_CLAUSE = re.compile(
    r"""(?:[^'"`;#/-]|'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`(?:[^`]|``)*`|/(?!\*)|-(?!-))*\Z""", re.DOTALL
)
_HOST = re.compile(r"[A-Za-z0-9._-]+\Z")


def identifier(name: str) -> str:
    """Quote a schema, table, column or plugin name (manual: Schema Object Names). Raises BadInput for a NUL or an empty name."""
    if not name or "\0" in name:
        raise BadInput(
            "'%s' can't be the name of a database object: it is empty or holds a NUL character"
            % name.replace("\0", "\\0")
        )
    return "`" + name.replace("`", "``") + "`"


def literal(text: str) -> str:
    """Quote a string for the few places where the server takes no bound parameter, in a form that no sql_mode changes.

    A hexadecimal literal with an introducer means the same under NO_BACKSLASH_ESCAPES and ANSI_QUOTES.
    """
    return "_utf8mb4 X'" + text.encode("utf-8").hex() + "'"


def account(user: str, host: str) -> str:
    """Quote an account name as V(`user`@`host`) (manual: Specifying Account Names; backticks are allowed in both parts)."""
    if "\0" in user or "\0" in host:
        raise BadInput("an account name must not hold a NUL character")
    return "`%s`@`%s`" % (user.replace("`", "``"), host.replace("`", "``"))


def is_one_clause(text: str) -> bool:
    """Whether SQL that a server wrote (SHOW CREATE USER) is part of one statement: no quote left open, no semicolon, no comment."""
    return _CLAUSE.match(text) is not None


def donor_entry(host: str, port: int) -> str:
    """One entry of clone_valid_donor_list: V(host:port) in lower case.

    Raises BadInput for what the server can't take there: IPv6 literals, spaces, commas, a port out of range (the
    server answers ER_CLONE_SYS_CONFIG 3869 to each).
    """
    if ":" in host:
        raise BadInput(
            "donor_host '%s' is an IPv6 address: CLONE and clone_valid_donor_list take only host names and IPv4 addresses. "
            "Use a host name that resolves to it (for example an entry in /etc/hosts on the recipient)" % host
        )
    if not _HOST.match(host):
        raise BadInput(
            "donor_host '%s' can't be used: expected a host name or an IPv4 address without spaces, commas or quotes"
            % host
        )
    if not 0 < int(port) < 65536:
        raise BadInput("donor_port %s can't be used: expected a number from 1 to 65535" % port)
    return "%s:%d" % (host.lower(), int(port))


def donor_list(value: str | None) -> list[str]:
    """The entries of clone_valid_donor_list, normalised (lower case, no spaces, none twice); NULL is the empty list."""
    entries: list[str] = []
    for part in (value or "").split(","):
        entry = part.strip().lower()
        if entry and entry not in entries:
            entries.append(entry)
    return entries


def clone_statement(
    user: str, host: str, port: int, data_directory: str | None = None, require_ssl: bool | None = None
) -> str:
    """The CLONE INSTANCE statement with one bound parameter each for user, host, password (and data directory), in that order.

    The statement can't be prepared on the server (error 1295), so the driver interpolates; no spaces may stand around
    the colon before the port (error 1064).
    """
    text = "CLONE INSTANCE FROM %s@%s:" + str(int(port)) + " IDENTIFIED BY %s"
    if data_directory:
        text += " DATA DIRECTORY = %s"
    if require_ssl is not None:
        text += " REQUIRE SSL" if require_ssl else " REQUIRE NO SSL"
    return text


def parameters(*values: t.Any) -> tuple[t.Any, ...]:
    """Bound values without those that are None."""
    return tuple(value for value in values if value is not None)
