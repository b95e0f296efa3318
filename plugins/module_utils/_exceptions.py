# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one exception tree of the collection.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import contextlib
import functools
import os
import traceback
import typing as t

# Characters of another's text that a message holds at most.
LONGEST_TEXT = 4096
# An answer that can't be used: broken, or not MySQL's protocol (the client library's CR_MALFORMED_PACKET).
MALFORMED = 2027
_Function = t.TypeVar("_Function", bound=t.Callable[..., t.Any])


def printable(text: str, longest: int | None = None) -> str:
    """Text from elsewhere as people may read it: what a terminal obeys or hides is escaped, what is too long is cut."""
    if longest is not None and len(text) > longest:
        text = "%s... (%d characters)" % (text[:longest], len(text))
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() or one in "\n\t" else one.encode("unicode_escape").decode("ascii") for one in text
    )


class CloneError(Exception):
    """What a module reports as a failure: one clear sentence, and details as plain data.

    ``message`` names the server or the option, says what was expected and what to do. ``details`` become keys
    of the module's failure; they never hold a secret.
    """

    def __init__(self, message: str, **details: t.Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class BadInput(CloneError):
    """An option's value can't be used; raised before any server is changed."""


class MissingLibrary(CloneError):
    """A Python library that the work needs isn't installed where the module runs."""


class ServerError(CloneError):
    """An error that a MySQL server or the client library raised.

    ``number`` is the error number (MySQL's, or 2000-2999 for the client's own); ``text`` the server's words;
    ``server`` the label of the server that was talked to; ``stage`` is connect or query. ``version`` is what the server called
    itself in its greeting, where it got as far as that.
    """

    def __init__(self, number: int, text: str, server: str, stage: str = "query") -> None:
        text = printable(text, LONGEST_TEXT)
        super().__init__(
            "%s: %s (error %d)" % (server, text, number), server=server, error={"code": number, "message": text}
        )
        self.number = number
        self.text = text
        self.server = server
        self.stage = stage
        self.version = ""


def frames(error: BaseException) -> str:
    """A traceback without the error's own message: the message might hold a secret, source lines can't."""
    lines = traceback.format_list(traceback.extract_tb(error.__traceback__))
    return "Traceback (most recent call last):\n" + "".join(lines) + type(error).__name__


# What code that expects other data stumbles over.
_NONSENSE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


def _stumble(error: BaseException) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    words = printable(str(error), 200)
    return "%s in %s line %s: %s" % (type(error).__name__, os.path.basename(place.filename), place.lineno, words)


@contextlib.contextmanager
def understood(label: str, what: str) -> t.Iterator[None]:
    """Making sense of an answer: what isn't as MySQL writes it becomes a ServerError, not a bug of ours."""
    try:
        yield
    except _NONSENSE as error:
        text = "malformed answer: %s can't be made sense of (%s)" % (what, _stumble(error))
        raise ServerError(MALFORMED, text, label) from error


def handed_over(option: str) -> t.Callable[[_Function], _Function]:
    """Decorator of a function that makes sense of what another host's task returned: what it can't read is BadInput."""

    def decorate(function: _Function) -> _Function:
        @functools.wraps(function)
        def wrapped(*rest: t.Any, **named: t.Any) -> t.Any:
            try:
                return function(*rest, **named)
            except _NONSENSE as error:
                raise BadInput(
                    "%s can't be made sense of (%s). Give it as the donor's task returned it"
                    % (option, _stumble(error))
                ) from error

        return t.cast(_Function, wrapped)

    return decorate


def sensible(what: str) -> t.Callable[[_Function], _Function]:
    """Decorator of a function that makes sense of what its first argument, a server, answers: see understood."""

    def decorate(function: _Function) -> _Function:
        @functools.wraps(function)
        def wrapped(server: t.Any, *rest: t.Any, **named: t.Any) -> t.Any:
            with understood(server.label, what):
                return function(server, *rest, **named)

        return t.cast(_Function, wrapped)

    return decorate
