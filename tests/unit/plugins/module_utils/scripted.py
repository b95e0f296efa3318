# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A session whose answers are written down: for logic that asks a server, where what it asks is not the question.

What real servers answer is the matter of the integration targets.
"""

from __future__ import annotations

from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import ServerError
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import CONNECTION_LOST, Login


class Scripted:
    """Answers each statement by the first entry whose key is part of it; rows, an error to raise, or a function of the statement."""

    def __init__(self, answers, version="9.7.4", label="db1:3306", login=None):
        self.answers = answers
        self.version, self.label = version, label
        self.login = login or Login(unix_socket="/run/db1.sock", user="root", password="r")
        self.connection_id = 7
        self.asked = []
        self.closed = False

    def __enter__(self):
        return self

    def __exit__(self, *_details):
        self.close()

    def close(self):
        self.closed = True

    def query(self, statement, values=()):
        for value in values or ():
            statement = statement.replace("%s", repr(value), 1)
        self.asked.append(statement)
        for key, answer in self.answers.items():
            if key in statement:
                return answered(answer(statement) if callable(answer) else answer)
        raise AssertionError(f"nobody has written down an answer to: {statement}")

    execute = query

    def query_many(self, statements):
        found = {}
        for name, statement in statements.items():
            try:
                found[name] = self.query(statement)
            except ServerError as error:
                if error.number in CONNECTION_LOST:
                    raise
                found[name] = error
        return found

    def value(self, statement, values=()):
        rows = self.query(statement, values)
        return next(iter(rows[0].values())) if rows else None

    def told(self, word):
        """The statements that hold a word."""
        return [statement for statement in self.asked if word in statement]


def answered(answer):
    """An answer that was written down: raised where it is an error."""
    if isinstance(answer, Exception):
        raise answer
    return answer


def error(number, text="it says so", label="db1:3306"):
    return ServerError(number, text, label)


def options(spec, **given):
    """A module's parameters as Ansible hands them over, for root on a socket: its defaults, but for what is given."""
    login = {"login_user": "root", "login_password": "r", "login_unix_socket": "/run/db1.sock", "config_file": None}
    return {name: option.get("default") for name, option in spec.items()} | login | given
