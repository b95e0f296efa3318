# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The error catalogue: an error's number or text -> what it means for a clone, and what to do (pure).

This module util is PRIVATE to dbops.mysql_clone and may change at any time. The data is in _error_cases.py.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils._error_cases import CASES, Case

CATEGORIES = ("network", "disk", "privilege", "resource", "configuration", "state", "unknown")
# Where in a clone's life an error arises; start is the server's start, which may be the clone's own restart.
STAGES = (
    "local",
    "connect",
    "donor_check",
    "compare",
    "drop_data",
    "copy",
    "restart",
    "recovery",
    "after",
    "start",
    "any",
)
# The recipient's old data, in a clone that replaces it; replaced means that the copy is complete.
DATA = ("intact", "gone", "replaced", "unknown")
# retry: same donor after a delay; next_donor: another donor, or the same where there is none; wait_slot: the donor is
# busy, no attempt is used up; repair_first: it fails again until somebody has repaired it; never: stop and report.
RETRIES = ("retry", "next_donor", "wait_slot", "repair_first", "never")
PRIORITIES = ("immediate", "prompt", "planned", "watch")
REFERENCE = "docs/errors.md"

_PRIORITY = {
    "disk": "immediate",
    "network": "prompt",
    "privilege": "prompt",
    "resource": "prompt",
    "configuration": "planned",
    "state": "watch",
    "unknown": "prompt",
}
_DIFFICULTY = {"disk": 3, "network": 2, "privilege": 2, "resource": 4, "configuration": 3, "state": 2, "unknown": 5}
_IMPACT = {
    "intact": "The clone doesn't start; the recipient's old data is untouched.",
    "gone": "The clone fails after the recipient's old data was dropped: the recipient is without user data until a clone succeeds.",
    "replaced": "The copy is complete, and the recipient's old data is replaced by the donor's.",
    "unknown": "The clone fails; whether the recipient's old data was dropped shows in clone_progress (DROP DATA).",
}


class ErrorEntry(t.NamedTuple):
    """What an error means. ``nested`` is the error that its text carries (from the donor or the operating system).

    ``number`` is the outermost number, or None when there was none; where a nested error is the real one, all that is said
    (category, retry, cause ...) is about that. ``source`` is server, client, os, log or unknown. ``side`` is who must act:
    donor, recipient, link, client, or server for the one that raised it. ``difficulty`` runs from 1 (easy) to 5. ``text`` is the
    message as it was found. Words in angle brackets in ``commands`` stand for the user's own names.
    """

    number: int | None
    symbol: str
    source: str
    category: str
    stage: str
    data: str
    retry: str
    side: str
    cause: str
    remedy: str
    commands: tuple[str, ...]
    priority: str
    difficulty: int
    impact: str
    text: str
    nested: ErrorEntry | None = None

    @property
    def innermost(self) -> ErrorEntry:
        """The error at the bottom of the chain."""
        return self.nested.innermost if self.nested else self

    @property
    def reference(self) -> str:
        """Where the collection's documentation describes it; empty for an error that nobody knows."""
        entry = self.nested.decisive if self.nested and self._follows() else self
        return "%s#error-%d" % (REFERENCE, entry.number) if entry.number in _cases() else ""

    @property
    def decisive(self) -> ErrorEntry:
        """The error of the chain that this entry's words are about."""
        return self.nested.decisive if self.nested and self._follows() else self

    def _follows(self) -> bool:
        return self.number in WRAPPERS or self.number in FILE_ERRORS or self.number in CARRIERS

    def given(self, dropped: bool | None) -> ErrorEntry:
        """The entry for a clone of which it is known whether it began to drop the recipient's data (None: it isn't)."""
        if dropped is None or self.data == "replaced":
            return self
        data = "gone" if dropped else "intact"
        impact = _IMPACT[data] if self.impact == _IMPACT[self.data] else self.impact
        return self._replace(data=data, impact=impact)

    def as_dict(self) -> dict[str, t.Any]:
        """The entry as plain data, for a module's result."""
        values = self._asdict()
        values["commands"] = list(self.commands)
        values["nested"] = self.nested.as_dict() if self.nested else None
        values["reference"] = self.reference
        return values


# Errors whose text is "number : text" of the error that counts.
WRAPPERS = frozenset((3862, 3863, 3870))
# Errors of file operations: the operating system's number behind them decides what they are.
FILE_ERRORS = frozenset((1004, 1005, 1006, 1016, 1017, 1024, 1025, 1026, 1030))
# Lines of the error log that only carry somebody else's error.
CARRIERS = frozenset((11071, 11974, 11977, 13129, 13270, 13272, 13273, 13457, 13458, 13459, 13464, 13465))
# Those that the donor writes about its own errors.
_DONORS_OWN = 13273

_DONOR = re.compile(
    r"Clone (?:Donor|Recipient) [Ee]rror ?: ?(?P<connect>Connect failed: )?(?P<number>\d{1,5}) ?: ?(?P<text>.*)",
    re.DOTALL,
)
_CARRIED = re.compile(r"(?:error|code): (?P<number>\d{3,5}): (?P<text>.*)", re.DOTALL)
_ERRNO = re.compile(
    r"(?:OS |system )?err(?:no|or)(?: code)?[:=]? ?(?P<a>\d{1,3})\b(?! \()|\[Errno (?P<b>\d{1,3})\]|\((?P<c>\d{1,3})\)(?=\W*$)|Got error (?P<d>\d{1,3}) ",
    re.IGNORECASE,
)
# What closes a message where it is pasted from.
_TAIL = "'\"]}\\.,"

# A wrapper's number with another one behind it, without the words that stand there.
_WRAPPED = re.compile(r"\W{0,3}(?P<number>3862|3863|3870)\b(?P<rest>.*?\b(?P<inner>\d{4})\b)", re.DOTALL)
_NUMBER = re.compile(r"(?<![\w.:-])(\d{4})(?!\w|[.:-]\d)")

_by_number: dict[int, tuple[Case, ...]] = {}


def _cases() -> dict[int, tuple[Case, ...]]:
    if not _by_number:
        for case in CASES:
            _by_number[case.number] = (*_by_number.get(case.number, ()), case)
    return _by_number


def known() -> dict[int, str]:
    """All numbers of the catalogue with their symbols, in order."""
    return {number: cases[0].symbol for number, cases in sorted(_cases().items())}


def symbol_of(number: int) -> str:
    """The symbol of a number, or an empty string when the catalogue doesn't have it."""
    cases = _cases().get(number)
    return cases[0].symbol if cases else ""


def source_of(number: int | None) -> str:
    """Whose number it is: the operating system's (below 1000), the client library's (2000-2999), the error log's, the server's."""
    if number is None:
        return "unknown"
    if number < 1000:
        return "os"
    if 2000 <= number < 3000:
        return "client"
    return "log" if number >= 10000 else "server"


def classify(number: int | None, text: str = "") -> ErrorEntry:
    """What an error means. Without a number it is looked for in the text; without any the entry's number is None.

    The message that the text carries ("Clone Donor Error: 1045 : ...", "errno: 28") is unwrapped, and decides. An error
    that isn't in the catalogue is of the category unknown and of the retry class never.
    """
    if number is None:
        number, text = parse(text)
    return _entry(number, text, "own", 0)


def first(errors: t.Iterable[tuple[int, str]]) -> ErrorEntry | None:
    """The entry that counts among the numbers and texts of SHOW WARNINGS: the first that isn't an echo of another."""
    entries = [classify(number, text) for number, text in errors]
    real = [entry for entry in entries if entry.category != "unknown" and not _is_echo(entry.decisive)]
    return next(iter(real or entries), None)


def _is_echo(entry: ErrorEntry) -> bool:
    return entry.number == 1815 and ("concurrent task" in entry.text or "failed to drop all" in entry.text)


def _nested(number: int, text: str, where: str, depth: int) -> ErrorEntry | None:
    if depth >= 4:
        return None
    found = _DONOR.search(text)
    if found:
        if number in CARRIERS:
            return _entry(3862, text[found.start() :], where, depth + 1)
        return _entry(int(found["number"]), found["text"], "connect" if found["connect"] else "donor", depth + 1)
    if number in WRAPPERS and "plugin" not in text.lower():
        # In another language, or shortened: the first number that the catalogue knows is the donor's.
        for other in _NUMBER.findall(text):
            if int(other) in _cases() and int(other) not in WRAPPERS:
                return _entry(int(other), text, "donor", depth + 1)
    if number in CARRIERS:
        found = _CARRIED.search(text)
        if found and int(found["number"]) >= 1000:
            return _entry(int(found["number"]), found["text"], "donor" if number == _DONORS_OWN else where, depth + 1)
    if number in FILE_ERRORS or number in (2002, 2003, 2013) or number in CARRIERS:
        errno = _os_number(text)
        if errno is not None:
            return _entry(errno, "", where, depth + 1)
    return None


def _os_number(text: str) -> int | None:
    for found in _ERRNO.finditer(text):
        number = int(next(group for group in found.groups() if group is not None))
        if number in _cases():
            return number
    return None


def _trimmed(text: str) -> str:
    """A message without the quotes and brackets that closed it where it was pasted from, and without full stops."""
    opened, closed = text.count("("), text.count(")")
    end = len(text)
    while end:
        last = text[end - 1]
        if last == ")" and closed > opened:
            closed -= 1
        elif last not in _TAIL and not last.isspace():
            break
        end -= 1
    return text[:end].lstrip()


def _fits(case: Case, text: str, where: str) -> bool:
    # What the donor reports may stem from its connect stage, even where the text doesn't say so.
    place = case.where in ("", where) or (where == "donor" and case.where == "connect")
    return place and re.search(case.match, text, re.IGNORECASE) is not None


def entry_of(case: Case) -> ErrorEntry:
    """The entry that a case of the catalogue makes, with all that it leaves to the category filled in."""
    return ErrorEntry(
        number=case.number,
        symbol=case.symbol,
        source=source_of(case.number),
        category=case.category,
        stage=case.stage,
        data=case.data,
        retry=case.retry,
        side=case.side,
        cause=case.cause,
        remedy=case.remedy,
        commands=case.commands,
        priority=case.priority or _PRIORITY[case.category],
        difficulty=case.difficulty or _DIFFICULTY[case.category],
        impact=case.impact or _IMPACT[case.data],
        text="",
    )


def _entry(number: int | None, text: str, where: str, depth: int) -> ErrorEntry:
    text = _trimmed(text)
    cases = _cases().get(number, ()) if number is not None else ()
    nested = _nested(number, text, where, depth) if number is not None else None
    if nested and (number in WRAPPERS or number in CARRIERS):
        symbol = cases[0].symbol if cases else ""
        return nested._replace(number=number, symbol=symbol, source=source_of(number), text=text, nested=nested)
    if not cases:
        return _unknown(number, text, nested)
    case = next((case for case in cases if _fits(case, text, where)), cases[-1])
    entry = entry_of(case)._replace(text=text, nested=nested)
    if entry.side == "server" and where in ("donor", "connect"):
        commands = tuple(command.replace("on the recipient", "on the donor") for command in entry.commands)
        entry = entry._replace(side="donor", commands=commands)
    if nested and number in FILE_ERRORS and not (number == 1016 and where == "donor"):
        return entry._replace(
            category=nested.category,
            retry=nested.retry,
            cause="%s (error %s: %s)" % (nested.cause, nested.number, nested.symbol),
            remedy=nested.remedy,
            commands=nested.commands,
            priority=nested.priority,
            difficulty=nested.difficulty,
        )
    return entry


def _unknown(number: int | None, text: str, nested: ErrorEntry | None) -> ErrorEntry:
    named = (
        "Error %d isn't in the catalogue." % number
        if number is not None
        else "The text names no error that the catalogue knows."
    )
    return ErrorEntry(
        number=number,
        symbol="",
        source=source_of(number),
        category="unknown",
        stage="any",
        data="unknown",
        retry="never",
        side="server",
        cause=named,
        remedy="Look it up in the server's error message reference, and read the error logs of both servers at that time.",
        commands=(),
        priority=_PRIORITY["unknown"],
        difficulty=_DIFFICULTY["unknown"],
        impact=_IMPACT["unknown"],
        text=text,
        nested=nested,
    )


# How clients, drivers, logs and tools write an error's number. The first pattern that fits counts; those marked True are
# trusted with numbers that the catalogue doesn't know.
_SHAPES: tuple[tuple[t.Pattern[str], bool], ...] = (
    # mysql client, Go and Python drivers: ERROR 3862 (HY000) at line 1: text
    (
        re.compile(
            r"(?:ERROR|Error|FEHLER)? ?(?P<number>\d{1,5}) \([0-9A-Z]{5}\)(?: at line \d+)?[:.]? (?P<text>.*)",
            re.DOTALL,
        ),
        True,
    ),
    # PyMySQL and mysqlclient: (3862, 'text')
    (re.compile(r"""\((?P<number>\d{4,5}), ?\\*["'](?P<text>.*)""", re.DOTALL), True),
    # PDO: SQLSTATE[HY000] [2002] text; SQLSTATE[HY000]: General error: 3862 text
    (re.compile(r"SQLSTATE\[\w{5}\](?::[^:\d\[]*:)? ?\[?(?P<number>\d{4,5})\]? (?P<text>.*)", re.DOTALL), True),
    # The server's own error log, as text ...
    (re.compile(r"\[MY-0*(?P<number>\d+)\](?: \[[^\]]*\])? ?(?P<text>.*)", re.DOTALL), True),
    # ... as JSON, and replication status
    (re.compile(r"""\berr_code\\*["'] ?: ?(?P<number>\d{4,5})\b(?P<text>.*)""", re.DOTALL), True),
    (re.compile(r"(?:Error_code: )?MY-0*(?P<number>\d{4,5})\b:? ?(?P<text>.*)", re.DOTALL), True),
    # "error 3862: text", "Error Code: 3862. text", "ERROR_NO: 3862", "Last_IO_Errno: 2003", "(error 3862)"
    (
        re.compile(
            r"""(?:\berr(?:or)?(?:[ _]?(?:no|code|number))?|errno|\bcode)\\*["']?[\s:=#(\[]*(?P<number>\d{4,5})\b[\])]?[:.,]? ?(?P<text>.*)""",
            re.IGNORECASE | re.DOTALL,
        ),
        False,
    ),
    # "1045: Access denied", "1045 - Access denied", "#1045 - ..."
    (re.compile(r"(?:^|[\s#])(?P<number>\d{4,5}) ?[:-] (?P<text>.*)", re.DOTALL), False),
)
_SYMBOL = re.compile(r"\b(?:ER|CR)_[A-Z_]{4,}\b|\bE[A-Z]{3,15}\b")

# What messages say that come without a number; the most telling first. Lower case.
_PHRASES: tuple[tuple[str, int], ...] = (
    ("is not found in clone_valid_donor_list", 3869),
    ("clone system configuration", 3869),
    ("clone estimated database size", 3873),
    ("is not active in recipient", 3870),
    ("clone cannot use loop back", 3871),
    ("clone needs ssl connection", 3872),
    ("clone needs max_allowed_packet", 3957),
    ("too many concurrent clone operations", 3634),
    ("concurrent ddl is performed during clone", 3633),
    ("concurrent clone in progress", 3874),
    ("clone received unexpected response", 3863),
    ("clone donor mysql version", 3864),
    ("clone donor os", 3865),
    ("clone donor platform", 3866),
    ("clone donor collation", 3867),
    ("clone configuration ", 3868),
    ("the clone operation cannot be executed when", 3875),
    ("could not find existing clone", 1815),
    ("innodb clone apply failed to encrypt key", 1815),
    ("clone failed to drop all", 1815),
    ("innodb redo logging is disabled", 3983),
    ("restart server failed", 3707),
    ("clone shutting down server as restart failed", 13462),
    ("different lower_case_table_names settings", 11087),
    ("incomplete cloned data directory", 12930),
    ("is not cloned and is empty", 13461),
    ("clone removing all user data", 13460),
    ("plugin 'clone' is not loaded", 1524),
    ("super-read-only option", 1290),
    ("super_read_only", 1290),
    ("running in read-only mode", 1836),
    ("account is locked", 3118),
    ("your password has expired", 1862),
    ("privilege(s) for this operation", 1227),
    ("command denied to user", 1142),
    ("access denied for user", 1045),
    ("is not allowed to connect to this mysql server", 1130),
    ("many connection errors", 1129),
    ("too many connections", 1040),
    ("max_user_connections", 1226),
    ("path is within the current data directory", 3632),
    ("incorrect file path value", 1525),
    ("incorrect path value", 1525),
    ("lock wait timeout exceeded", 1205),
    ("query execution was interrupted", 1317),
    ("server shutdown in progress", 1053),
    ("unknown mysql server host", 2005),
    ("temporary failure in name resolution", 2005),
    ("name or service not known", 2005),
    ("could not resolve host", 2005),
    ("certificate verify failed", 2026),
    ("ssl connection error", 2026),
    ("authentication requires secure connection", 2061),
    ("authentication plugin", 2059),
    ("insecure transport are prohibited", 3159),
    ("protocol mismatch", 2007),
    ("got an error reading communication packets", 1158),
    ("got timeout reading communication packets", 1159),
    ("got an error writing communication packets", 1160),
    ("got timeout writing communication packets", 1161),
    ("can't connect to local mysql server through socket", 2002),
    ("can't connect to mysql server on", 2003),
    ("can't connect to mysql server", 2003),
    ("lost connection to mysql server", 2013),
    ("mysql server has gone away", 2006),
    ("no space left", 28),
    ("disk quota exceeded", 122),
    ("disk is full", 28),
    ("disk full", 28),
    ("is full", 1114),
    ("cannot allocate memory", 12),
    ("out of memory", 1037),
    ("oom-kill", 12),
    ("oom killer", 12),
    ("too many open files", 24),
    ("read-only file system", 30),
    ("input/output error", 5),
    ("permission denied", 13),
    ("operation not permitted", 1),
    ("address already in use", 98),
    ("connection refused", 111),
    ("no route to host", 113),
    ("network is unreachable", 101),
    ("connection reset by peer", 104),
    ("connection timed out", 110),
    ("timed out", 110),
    ("timeout", 110),
    ("broken pipe", 32),
    ("access denied", 1045),
)
# Text that people paste is short; a line of the error log may be huge.
_LONGEST = 65536


def parse(text: str) -> tuple[int | None, str]:
    """The number and the message of the error that a text is about, however it was written down.

    Takes what clients, drivers, the error log (text or JSON), Ansible and the operating system print, with or without a
    number. The number is None when the text names no error (then the text is returned as it is).
    """
    text = text[:_LONGEST].replace('\\"', '"').replace("\\'", "'").strip()
    found = _DONOR.search(text)
    if found:
        outer = [int(number) for number in re.findall(r"\b(?:MY-00)?(\d{4})\b", text[: found.start()][-80:])]
        return next((number for number in reversed(outer) if number in WRAPPERS), 3862), text[found.start() :]
    for shape, trusted in _SHAPES:
        found = shape.search(text)
        if not found:
            continue
        number = int(found["number"])
        if number in CARRIERS and number != _DONORS_OWN:
            carried = _CARRIED.search(text)
            if carried and int(carried["number"]) in _cases():
                return int(carried["number"]), carried["text"]
        # Numbers below 1000 in the error log are not the operating system's.
        if (number in _cases() and (number >= 1000 or "[MY-" not in text)) or (trusted and number >= 1000):
            return number, found["text"] or text
    for word in _SYMBOL.findall(text):
        if word in _symbols():
            return _symbols()[word], text
    errno = _os_number(text)
    lowered = text.lower()
    for phrase, number in _PHRASES:
        if phrase in lowered:
            # "Access denied ... (errno: 13)" is about the 13.
            return (errno if errno is not None and number < 1000 else number), text
    if errno is not None:
        return errno, text
    # "3862 ... 1045", as people hand it on; a number alone in other words is no error's.
    bare = _WRAPPED.match(text)
    return (int(bare["number"]), text) if bare else (None, text)


_by_symbol: dict[str, int] = {}


def _symbols() -> dict[str, int]:
    if not _by_symbol:
        _by_symbol.update((symbol, number) for number, symbol in known().items())
    return _by_symbol
