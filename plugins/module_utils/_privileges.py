# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Work in directories that belong to the server, with no more rights than the server's own.

Whoever has got into a server could lay links into its directories, which root would follow.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import os
import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import CloneError


class Privileges(t.NamedTuple):
    """User, group and further groups of a process."""

    uid: int
    gid: int
    groups: tuple[int, ...] = ()

    @property
    def drops(self) -> bool:
        """Whether this process has more rights, and can take these."""
        return os.geteuid() == 0 and self.uid != 0


def of_status(text: str) -> Privileges:
    """From the text of /proc/<pid>/status; the owner of /proc/<pid> itself is root where a process has given up rights.

    Raises CloneError for a process that is gone.
    """
    fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    try:
        uid, gid = (int(fields[name].split()[1]) for name in ("Uid", "Gid"))
        return Privileges(uid, gid, tuple(int(one) for one in fields.get("Groups", "").split()))
    except (KeyError, IndexError, ValueError):
        raise CloneError("the server's process has ended, or /proc can't be read") from None


def of_process(pid: int) -> Privileges:
    """Those of a running process. Raises CloneError when it is gone."""
    try:
        with open("/proc/%d/status" % pid, encoding="utf-8", errors="replace") as file:
            return of_status(file.read())
    except OSError:
        return of_status("")


def work_as(privileges: Privileges, work: t.Callable[[], None]) -> None:
    """Do ``work`` with these rights: in a process of its own where this one is root, else here.

    Raises CloneError with the words of what went wrong, or what ``work`` raises here.
    """
    if not privileges.drops:
        return work()
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        words = b""
        try:
            os.close(reader)
            os.setgroups(privileges.groups)
            os.setgid(privileges.gid)
            os.setuid(privileges.uid)
            work()
        except BaseException as error:
            words = (str(error) or type(error).__name__).encode("utf-8", "replace")[:4000]
        try:
            os.write(writer, words)
        finally:
            os._exit(1 if words else 0)
    os.close(writer)
    with os.fdopen(reader, "rb") as said:
        words = said.read()
    status = os.waitpid(child, 0)[1]
    if status:
        raise CloneError(words.decode("utf-8", "replace") or "ended with status %d" % status)
    return None
