# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The server's error log -> events, statistics, and the story of each clone. Streams: memory doesn't grow with the file.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import collections
import datetime
import functools
import glob
import gzip
import hashlib
import json
import os
import re
import socket
import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _errors, _host
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput, CloneError

BLOCK = 1 << 20
# What is kept of one line, and of one message in a result (bytes, characters).
LONGEST_LINE = 1 << 16
LONGEST_MESSAGE = 4096
HEAD = 1024
CLONES_KEPT = 50
CODES_KEPT = 1000
STEPS_KEPT = 60
# The server says so when it begins to start and when it takes connections.
_STARTS = frozenset((10116, 15015))
_READY = 10931
# What a line about a clone holds ("lone" finds clone, Clone and cloned), and what else the story of a clone needs: the
# server's starts, and what stops it after a clone. Plain searches are 20 times as fast as one pattern.
_MARKS = (*sorted(_STARTS), _READY, 11087)
_NEEDLES_TEXT = (b"lone", b"LONE", *(b"] [MY-%06d] [" % number for number in _MARKS))
_NEEDLES_JSON = (b"lone", b"LONE", *(b'"err_code" : %d,' % number for number in _MARKS))

_TEXT = re.compile(
    r"(\d{4}-[01]\d-[0-3]\d[T ][0-2]\d:[0-5]\d:[0-6]\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?) +(\d+) \[(\w+)\] (?:\[MY-(\d+)\] )?(?:\[([\w ]*)\] )?(.*)",
    re.DOTALL,
)
_SEVERITIES = {
    "ERROR": "error",
    "Error": "error",
    "Warning": "warning",
    "WARNING": "warning",
    "Note": "note",
    "System": "system",
}
SEVERITIES = ("error", "warning", "system", "note")

# class: (severe, pattern on the lower-case message)
KEYWORDS: tuple[tuple[str, bool, t.Pattern[str]], ...] = (
    ("out_of_memory", True, re.compile(r"out of memory|cannot allocate memory|oom-kill")),
    (
        "no_space_left",
        True,
        re.compile(
            r"no space left|disk (?:is )?full|errno: 28\b|available space \S+ \S+ is not enough|table \S+ is full"
        ),
    ),
    ("access_denied", True, re.compile(r"access denied")),
    ("connection_refused", True, re.compile(r"connection refused|can't connect to .*\(111\)|errno: 111\b")),
    ("timeout", True, re.compile(r"time-?out|timed out")),
    (
        "clone_failed",
        True,
        re.compile(r"clone failed|clone .*\bfailed, code: [1-9]|client: .*: error: [1-9]|restart failed"),
    ),
    ("slow_query", False, re.compile(r"slow query")),
    ("retry", False, re.compile(r"retry|re-connect|reconnect|restarted successfully")),
    ("warning", False, re.compile(r"\bwarning\b")),
)
# None of the patterns can fit a message that holds none of these; looking for them is cheaper.
_KEYWORD_HINTS = (
    "memory",
    "oom-",
    "space",
    "full",
    "errno",
    "denied",
    "refused",
    "(111)",
    "timeout",
    "time-out",
    "timed out",
    "failed",
    "client: ",
    "slow",
    "retry",
    "re-connect",
    "reconnect",
    "restarted",
    "warning",
)


_ABOUT_CLONE = re.compile(r"(?<![\w/.-])(?:clon(?:e|ed|es|ing))(?![\w/-])|#clone|mysql_clone\.so", re.IGNORECASE)


class Event(t.NamedTuple):
    """One line of the log. ``time`` is ISO 8601 in UTC; ``code`` is 0 where the line has none."""

    time: str
    thread: int
    severity: str
    code: int
    subsystem: str
    message: str

    @property
    def about_clone(self) -> bool:
        """Whether the event tells of a clone."""
        # The message must speak of clones; a path or a host that is called so doesn't count.
        return self.subsystem == "Clone" or _ABOUT_CLONE.search(self.message) is not None


# -- lines -------------------------------------------------------------------------------------------------------------


def blocks(stream: t.BinaryIO, size: int = BLOCK) -> t.Iterator[tuple[bytes, bool]]:
    """Whole lines in blocks of about ``size`` bytes; the flag says that the block is the beginning of a line too long to keep."""
    carry = b""
    dropping = False
    while True:
        data = stream.read(size)
        if not data:
            break
        if dropping:
            end = data.find(b"\n") + 1
            if not end:
                continue
            data, dropping = data[end:], False
        buffer = carry + data
        cut = buffer.rfind(b"\n") + 1
        if cut:
            yield buffer[:cut], False
        carry = buffer[cut:]
        if len(carry) > LONGEST_LINE:
            yield carry[:LONGEST_LINE], True
            carry, dropping = b"", True
    if carry:
        yield carry, False


def lines(block: bytes, needles: t.Sequence[bytes]) -> t.Iterator[bytes]:
    """The lines of a block that hold one of the needles, in order; all lines without needles."""
    if not needles:
        yield from block.splitlines()
        return
    found: dict[int, int] = {}
    for needle in needles:
        place = block.find(needle)
        while place >= 0:
            end = block.find(b"\n", place)
            end = len(block) if end < 0 else end
            found[block.rfind(b"\n", 0, place) + 1] = end
            place = block.find(needle, end)
    for start in sorted(found):
        yield block[start : found[start]]


def utc(stamp: str) -> str:
    """A log's time stamp as ISO 8601 in UTC with microseconds and Z; without a zone it is taken as UTC."""
    if len(stamp) == 27 and stamp[10] == "T" and stamp[26] == "Z":
        return stamp
    moment = datetime.datetime.fromisoformat(_microseconds(stamp.replace("Z", "+00:00")))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.timezone.utc)
    return _iso(moment)


def _microseconds(stamp: str) -> str:
    """Python before 3.11 takes only three or six digits behind the full stop."""
    return re.sub(r"\.(\d+)", lambda found: "." + (found[1] + "000000")[:6], stamp)


def _iso(moment: datetime.datetime) -> str:
    return moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def event_of(line: bytes) -> Event | None:
    """The event on a line of the text log or the JSON sink, or None when it is no line of MySQL's error log."""
    line = line[:LONGEST_LINE].strip()
    text = line.decode("utf-8", "backslashreplace")
    try:
        if text.startswith("{"):
            return _json_event(text)
        found = _TEXT.match(text)
        severity = _SEVERITIES.get(found[3]) if found else None
        if not found or severity is None:
            return None
        stamp, thread, _severity, code, subsystem, message = found.groups()
        return Event(utc(stamp), int(thread), severity, int(code or 0), subsystem or "", message)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _json_event(text: str) -> Event | None:
    values = json.loads(text)
    severity = _SEVERITIES.get(str(values.get("label", "")))
    if severity is None or "time" not in values:
        return None
    return Event(
        utc(str(values["time"])),
        int(values.get("thread", 0)),
        severity,
        int(values.get("err_code", 0)),
        str(values.get("subsystem", "")),
        str(values.get("msg", "")),
    )


# -- judgement ---------------------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=1024)
def judge(code: int, message: str) -> _errors.ErrorEntry | None:
    """What the catalogue says of a line: of the error that it carries, or of its own code; None for lines it doesn't know."""
    entry = _errors.classify(code, message) if code else None
    return entry if entry and entry.category != "unknown" else None


@functools.lru_cache(maxsize=4096)
def keywords_of(severity: str, message: str) -> tuple[str, ...]:
    """The classes of key words that a message belongs to."""
    lowered = message.lower()
    names: list[str] = []
    for hint in _KEYWORD_HINTS:
        if hint in lowered:
            names = [name for name, _severe, pattern in KEYWORDS if pattern.search(lowered)]
            break
    if severity == "warning" and "warning" not in names:
        names.append("warning")
    return tuple(names)


def describe(event: Event) -> dict[str, t.Any]:
    """An event as plain data, with what the catalogue says of it."""
    entry = judged(event)
    error = entry.nested if entry and event.code in _errors.CARRIERS else None
    return {
        "time": event.time,
        "thread": event.thread,
        "severity": event.severity,
        "code": _code(event.code),
        "symbol": _errors.symbol_of(event.code) or None,
        "subsystem": event.subsystem or None,
        "message": event.message[:LONGEST_MESSAGE],
        "about_clone": event.about_clone,
        "keywords": list(keywords_of(event.severity, event.message[:LONGEST_MESSAGE])),
        "category": category_of(event, entry),
        "error": {"code": error.number, "innermost": error.innermost.number, "message": error.text} if error else None,
    }


def judged(event: Event) -> _errors.ErrorEntry | None:
    """The catalogue's entry of an event that may be about an error."""
    if event.code in _errors.CARRIERS or event.severity in ("error", "warning"):
        return judge(event.code, event.message[:LONGEST_MESSAGE])
    return None


def category_of(event: Event, entry: _errors.ErrorEntry | None) -> str | None:
    """The category of the error that an event is about, or None for news."""
    if entry and (entry.nested or event.severity in ("error", "warning")):
        return entry.category
    return None


def _code(number: int) -> str | None:
    return "MY-%06d" % number if number else None


# -- the story of each clone -------------------------------------------------------------------------------------------

_END = re.compile(
    r"Clone (?P<apply>Apply )?(?P<version>Version )?End Master Task ID: \d+ (?P<how>Passed|Failed), code: (?P<code>\d+): ?(?P<text>.*)",
    re.DOTALL,
)
_STATE = re.compile(r"Clone (?:Apply )?State (?:BEGIN )?(FILE COPY|PAGE COPY|REDO COPY|FLUSH DATA|FLUSH REDO|DONE)")
_CLIENT_ERROR = re.compile(r"Client: Task Connect: error: (\d+): (.*?)'?$", re.DOTALL)
_SIZE = re.compile(r"Clone estimated size: ([\d.]+ \w+) Available space: ([\d.]+ \w+)")
_DONE = re.compile(r"Total Data: (.*?)'?$")


class Story:
    """Follows the clones of one log, on the recipient's and on the donor's side, from event to event."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, int], dict[str, t.Any]] = {}
        self.clones: collections.deque[dict[str, t.Any]] = collections.deque(maxlen=CLONES_KEPT)

    def see(self, event: Event) -> None:
        """Take the next event of the log, in the order of time."""
        code, message = event.code, event.message
        if code in _STARTS:
            self._server_starts(event)
        elif code in (11087, 12930, 12574) and event.severity == "error":
            self._blocked(event)
        elif code == 12556 and "cloned" in message:
            self._restarted(event, "restarting")
        elif code == _READY or "Clone Fixup: finished" in message:
            self._restarted(event, "completed")
        elif code == 13272:
            self._client(event)
        elif code == 13457:
            self._start_or_stop(event)
        elif code == 13460:
            self._step("recipient", event, "DROP DATA " + message.rpartition(":")[2].strip().lower(), dropped=True)
        elif code == 13458 and _STATE.search(message):
            side = "recipient" if "Clone Apply" in message else "donor"
            self._step(side, event, _STATE.search(message)[1])  # type: ignore[index]
        elif _SIZE.search(message):
            found = _SIZE.search(message)
            self._step("recipient", event, "size %s, available %s" % (found[1], found[2]))  # type: ignore[index]
        elif code == 13459:
            self._interruption(event)
        elif code == 13462:
            for clone in reversed(self.clones):
                if clone["side"] == "recipient" and clone["outcome"] in ("copied", "restarting"):
                    self._note(clone, event, "RESTART failed: the server waits to be started")
                    clone["outcome"] = "waiting_for_start"
                    break

    def result(self) -> list[dict[str, t.Any]]:
        """The clones, oldest first; those still open are running as far as the log tells."""
        return [dict(clone) for clone in self.clones]

    def _begin(self, side: str, event: Event, what: str) -> dict[str, t.Any]:
        clone = {
            "side": side,
            "thread": event.thread,
            "begin": event.time,
            "end": None,
            "seconds": None,
            "outcome": "running",
            "stage": None,
            "data_dropped": False,
            "interruptions": 0,
            "transferred": None,
            "error": None,
            "steps": [],
        }
        self._open[(side, event.thread)] = clone
        self.clones.append(clone)
        self._note(clone, event, what)
        return clone

    @staticmethod
    def _note(clone: dict[str, t.Any], event: Event, what: str) -> None:
        if len(clone["steps"]) < STEPS_KEPT:
            clone["steps"].append({"time": event.time, "what": what[:300]})

    def _find(self, side: str, thread: int) -> dict[str, t.Any] | None:
        exact = self._open.get((side, thread))
        if exact:
            return exact
        # Worker threads report steps, too; there is one clone at a time on each side.
        return next((clone for (role, _thread), clone in self._open.items() if role == side), None)

    def _step(self, side: str, event: Event, what: str, dropped: bool = False) -> None:
        clone = self._find(side, event.thread)
        if clone is None:
            # The log begins in the middle of a clone.
            clone = self._begin(side, event, "seen under way")
        if what.split(" ")[0] in ("FILE", "PAGE", "REDO", "FLUSH", "DROP"):
            clone["stage"] = " ".join(what.split(" ")[:2])
        clone["data_dropped"] = clone["data_dropped"] or dropped
        self._note(clone, event, what)

    def _client(self, event: Event) -> None:
        clone = self._open.get(("recipient", event.thread))
        failed = _CLIENT_ERROR.search(event.message)
        if failed and (clone is None or clone["stage"] is None):
            self._close(clone or self._begin("recipient", event, "connect"), event, "failed", int(failed[1]), failed[2])
        elif clone is None and "Client: Task Connect" in event.message:
            self._begin("recipient", event, "connect")
        elif clone and "Network issue" in event.message:
            clone["interruptions"] += 1
            self._note(clone, event, event.message.partition("'Client: ")[2].rstrip("'") or event.message)
        elif clone and "re-connect" in event.message:
            self._note(clone, event, event.message.partition("'Client: ")[2].rstrip("'") or event.message)
        elif clone and _DONE.search(event.message):
            clone["transferred"] = _DONE.search(event.message)[1]  # type: ignore[index]

    def _start_or_stop(self, event: Event) -> None:
        ended = _END.search(event.message)
        if ended:
            side = "recipient" if ended["apply"] else "donor"
            clone = self._find(side, event.thread) or self._begin(side, event, "seen at its end")
            if ended["how"] == "Failed":
                self._close(clone, event, "failed", int(ended["code"]), ended["text"])
            elif not ended["version"]:
                self._close(clone, event, "copied" if side == "recipient" else "completed", 0, "")
        elif "Clone Begin Master Task" in event.message and "Apply" not in event.message:
            self._begin("donor", event, event.message)
        elif "Apply Begin Master Version Check" in event.message:
            self._step("recipient", event, "compare")

    def _interruption(self, event: Event) -> None:
        clone = self._find("recipient" if "Apply" in event.message else "donor", event.thread)
        if clone and ("n/w" in event.message or "Restart" in event.message):
            clone["interruptions"] += 1 if "error code" in event.message else 0
            self._note(clone, event, event.message)

    def _close(self, clone: dict[str, t.Any], event: Event, outcome: str, number: int, text: str) -> None:
        clone.update(outcome=outcome, end=event.time, seconds=_seconds(clone["begin"], event.time))
        if number:
            entry = _errors.classify(number, text)
            clone["error"] = {
                "code": number,
                "innermost": entry.innermost.number,
                "message": entry.text,
                "category": entry.category,
            }
        self._note(clone, event, outcome)
        self._open = {key: other for key, other in self._open.items() if other is not clone}

    def _server_starts(self, event: Event) -> None:
        for clone in list(self._open.values()):
            self._close(clone, event, "interrupted", 0, "")
            self._note(clone, event, "the server starts: it had ended in the middle of the clone")
        for clone in self.clones:
            if clone["outcome"] in ("copied", "waiting_for_start") and clone["side"] == "recipient":
                self._note(clone, event, "the server starts")

    def _restarted(self, event: Event, outcome: str) -> None:
        for clone in reversed(self.clones):
            if clone["side"] == "recipient":
                if clone["outcome"] in ("copied", "waiting_for_start", "restarting") and (
                    outcome == "restarting" or clone["outcome"] == "restarting"
                ):
                    self._note(clone, event, outcome)
                    clone.update(outcome=outcome, end=event.time, seconds=_seconds(clone["begin"], event.time))
                break

    def _blocked(self, event: Event) -> None:
        for clone in reversed(self.clones):
            if clone["side"] == "recipient" and clone["outcome"] in ("copied", "waiting_for_start", "restarting"):
                entry = _errors.classify(event.code, event.message)
                clone["error"] = {
                    "code": event.code,
                    "innermost": event.code,
                    "message": event.message,
                    "category": entry.category,
                }
                self._note(clone, event, event.message)
                break


def _seconds(begin: str, end: str) -> float | None:
    try:
        first, last = (datetime.datetime.fromisoformat(stamp[:-1]) for stamp in (begin, end))
    except ValueError:  # a broken line's 31st of February
        return None
    return round((last - first).total_seconds(), 3)


# -- collecting --------------------------------------------------------------------------------------------------------


class Wanted(t.NamedTuple):
    """Which events are wanted: from ``since`` to ``until`` (ISO 8601 in UTC), about clones only, so many at most.

    Of the rest each that isn't empty must fit: severities, codes, subsystems (lower case), classes of key words.
    """

    since: str = ""
    until: str = ""
    clone_only: bool = False
    limit: int = 1000
    severities: frozenset[str] = frozenset()
    codes: frozenset[int] = frozenset()
    subsystems: frozenset[str] = frozenset()
    keywords: frozenset[str] = frozenset()

    def takes(self, event: Event) -> bool:
        """Whether an event of the right time is wanted."""
        if self.clone_only and not event.about_clone:
            return False
        if self.severities and event.severity not in self.severities:
            return False
        if self.codes and event.code not in self.codes:
            return False
        if self.subsystems and event.subsystem.lower() not in self.subsystems:
            return False
        return not self.keywords or not self.keywords.isdisjoint(
            keywords_of(event.severity, event.message[:LONGEST_MESSAGE])
        )


def codes_of(names: t.Iterable[str]) -> frozenset[int]:
    """The numbers of codes as people write them (MY-013272, 13272). Raises BadInput for anything else."""
    found = set()
    for name in names:
        number = re.fullmatch(r"(?:MY-)?(\d{1,6})", name.strip(), re.IGNORECASE)
        if not number:
            raise BadInput("codes has '%s'; expected a code of the error log such as MY-013272, or its number" % name)
        found.add(int(number[1]))
    return frozenset(found)


class Collector:
    """Takes lines or rows one by one and keeps the newest events, the counts and the stories."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.events: collections.deque[Event] = collections.deque(maxlen=wanted.limit)
        self.counts = dict.fromkeys(
            ("bytes", "events", "lines_unreadable", "lines_too_long", "lines_broken_encoding"), 0
        )
        self.severities: collections.Counter[str] = collections.Counter()
        self.categories: collections.Counter[str] = collections.Counter()
        self.codes: dict[int, dict[str, t.Any]] = {}
        self.keywords: dict[str, dict[str, t.Any]] = {}
        self.first: str | None = None
        self.last: str | None = None
        self.story = Story()

    def take_stream(self, stream: t.BinaryIO) -> None:
        """Read a log to its end."""
        needles: tuple[bytes, ...] = ()
        for block, too_long in blocks(stream):
            self.counts["bytes"] += len(block)
            if self.wanted.clone_only:
                needles = _NEEDLES_JSON if block.startswith(b"{") else _NEEDLES_TEXT
            self.counts["lines_too_long"] += too_long
            for line in lines(block, needles):
                if line.strip():
                    self._take_line(line)

    def _take_line(self, line: bytes) -> None:
        if len(line) > LONGEST_LINE:
            self.counts["lines_too_long"] += 1
        event = event_of(line)
        if event is None:
            self.counts["lines_unreadable"] += 1
            return
        if "\\x" in event.message and b"\\x" not in line:
            self.counts["lines_broken_encoding"] += 1
        self.take(event)

    def take(self, event: Event) -> None:
        """Count an event, and keep it if it is wanted."""
        if (self.wanted.since and event.time < self.wanted.since) or (
            self.wanted.until and event.time > self.wanted.until
        ):
            return
        self.story.see(event)
        if not self.wanted.takes(event):
            return
        self.events.append(event)
        self.counts["events"] += 1
        self.first = self.first or event.time
        self.last = event.time
        self.severities[event.severity] += 1
        category = category_of(event, judged(event))
        if category:
            self.categories[category] += 1
        if event.code:
            self._count(self.codes, event.code, event.time)
        for name in keywords_of(event.severity, event.message[:LONGEST_MESSAGE]):
            self._count(self.keywords, name, event.time)

    @staticmethod
    def _count(table: dict[t.Any, dict[str, t.Any]], key: t.Any, time: str) -> None:
        row = table.get(key)
        if row is None:
            if len(table) < CODES_KEPT:
                table[key] = {"count": 1, "first": time, "last": time}
        else:
            row["count"] += 1
            row["last"] = time

    def result(self) -> dict[str, t.Any]:
        """Everything as plain data."""
        return {
            "events": [describe(event) for event in self.events],
            "summary": {
                **self.counts,
                "events_left_out": self.counts["events"] - len(self.events),
                "first": self.first,
                "last": self.last,
                "by_severity": {name: self.severities[name] for name in SEVERITIES if self.severities[name]},
                "by_category": dict(self.categories.most_common()),
                "by_code": {
                    t.cast(str, _code(code)): dict(row, symbol=_errors.symbol_of(code) or None)
                    for code, row in sorted(self.codes.items(), key=lambda item: (-item[1]["count"], item[0]))
                },
            },
            "keywords": {
                name: dict(self.keywords[name], severe=severe)
                for name, severe, _pattern in KEYWORDS
                if name in self.keywords
            },
            "clones": self.story.result(),
        }


# -- files -------------------------------------------------------------------------------------------------------------


def opened(path: str) -> t.BinaryIO:
    """A log file for reading, unpacked where its name ends in .gz. Raises BadInput with what to do."""
    try:
        if os.path.isdir(path):
            raise BadInput("path '%s' is a directory; expected the error log's file" % path)
        if path.endswith(".gz"):
            return t.cast(t.BinaryIO, gzip.open(path, "rb"))
        return open(path, "rb")
    except OSError as error:
        raise BadInput(
            "the error log '%s' can't be read: %s. Run the task as a user who may read it (become), or give path"
            % (path, error.strerror)
        ) from error


def head_of(path: str, size: int = HEAD) -> bytes:
    """The first bytes of a log, by which it is known again after a rotation."""
    with opened(path) as stream:
        return stream.read(size)


def siblings(path: str) -> list[str]:
    """Rotated files of a log (error.log.1, error.log.2.gz, error.log-20261122), oldest first. Not the JSON sink's files."""
    names = [
        name
        for name in (*glob.glob(glob.escape(path) + ".*"), *glob.glob(glob.escape(path) + "-*"))
        if os.path.isfile(name)
    ]
    json_sink = re.compile(re.escape(path) + r"\.\d\d\.json$")
    return sorted((name for name in names if not json_sink.match(name)), key=os.path.getmtime)


class Cursor(t.NamedTuple):
    """How far a log has been read: ``offset`` bytes of the file that begins with a head of this length and hash; or the time of
    the last row of performance_schema.error_log."""

    offset: int = 0
    head: int = 0
    hash: str = ""
    logged: str = ""

    @classmethod
    def parse(cls, text: str | None) -> Cursor | None:
        """From the text that an earlier run returned. Raises BadInput for anything else."""
        if not text:
            return None
        try:
            values = json.loads(text)
            return cls(int(values["offset"]), int(values["head"]), str(values["hash"]), str(values["logged"]))
        except (ValueError, KeyError, TypeError) as error:
            raise BadInput(
                "cursor '%s' can't be used: expected what an earlier run of this module returned as cursor" % text[:80]
            ) from error

    def __str__(self) -> str:
        return json.dumps(self._asdict(), sort_keys=True)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]


def _is_continued(path: str, cursor: Cursor) -> bool:
    head = head_of(path, cursor.head)
    return (
        len(head) == cursor.head
        and _hash(head) == cursor.hash
        and (path.endswith(".gz") or os.path.getsize(path) >= cursor.offset)
    )


def plan_of(path: str, cursor: Cursor | None, rotated: bool, since: str) -> tuple[list[tuple[str, int]], bool]:
    """Which files to read from which byte on, in the order of time; and whether the cursor's place was lost.

    A log that was rotated since is read on in its rotated file, then in those after it.
    """
    older = [name for name in siblings(path) if not since or os.path.getmtime(name) >= _epoch(since)] if rotated else []
    if cursor is None or not cursor.hash:
        return [(name, 0) for name in (*older, path)], False
    if _is_continued(path, cursor):
        return [(path, cursor.offset)], False
    chain = siblings(path)
    for place in reversed(range(len(chain))):
        if _is_continued(chain[place], cursor):
            return [(chain[place], cursor.offset), *((name, 0) for name in chain[place + 1 :]), (path, 0)], False
    return [(name, 0) for name in (*older, path)], True


def _epoch(stamp: str) -> float:
    return datetime.datetime.fromisoformat(stamp[:-1] + "+00:00").timestamp()


def read_files(collector: Collector, plan: t.Sequence[tuple[str, int]]) -> Cursor:
    """Read files into the collector; the cursor points behind the last byte of the last one."""
    cursor = Cursor()
    for path, offset in plan:
        with opened(path) as stream:
            try:
                head = stream.read(HEAD)
                stream.seek(offset)
                collector.take_stream(stream)
                cursor = Cursor(stream.tell(), len(head), _hash(head))
            except (OSError, EOFError) as error:
                # A .gz file that is cut off, or isn't one: what could be read counts.
                raise CloneError(
                    "the error log '%s' can't be read to its end: %s" % (path, error), path=path, **collector.result()
                ) from error
    return cursor


# -- finding the log ---------------------------------------------------------------------------------------------------

SERVER_CONFIG_FILES = ("/etc/my.cnf", "/etc/mysql/my.cnf", "/usr/etc/my.cnf", "/usr/local/mysql/etc/my.cnf")
USUAL_PLACES = (
    "/var/log/mysql/error.log",
    "/var/log/mysqld.log",
    "/var/log/mysql/mysqld.log",
    "/var/log/mysql.log",
    "/var/lib/mysql/{host}.err",
    "/var/lib/mysql/error.log",
    "/usr/local/mysql/data/{host}.err",
    "/usr/local/mysql/data/error.log",
)
_SECTIONS = re.compile(r"^\[(mysqld|server|mysqld_safe|mysqld-\d+\.\d+)\]\s*$")


def server_options(path: str, depth: int = 0) -> dict[str, str]:
    """The server's options in an option file and the files that it includes (manual: Using Option Files); later ones win.

    A file that can't be read has none.
    """
    options: dict[str, str] = {}
    section = False
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            rows = file.read().splitlines()
    except OSError:
        return options
    for row in (line.strip() for line in rows):
        include = re.match(r"!include(dir)?\s+(.+)", row)
        if include and depth < 5:
            names = sorted(glob.glob(os.path.join(include[2], "*.cnf"))) if include[1] else [include[2]]
            for name in names:
                options.update(server_options(name, depth + 1))
        elif row.startswith("["):
            section = bool(_SECTIONS.match(row))
        elif section and row and row[0] not in "#;":
            name, _equals, value = row.partition("=")
            options[name.strip().replace("-", "_")] = value.split(" #")[0].strip().strip("'\"")
    return options


def log_path(log_error: str | None, datadir: str | None, host: str | None = None) -> str | None:
    """The log's absolute path from the server's log_error and datadir; None when it goes to stderr (manual: log_error)."""
    if log_error == "stderr" or (not log_error and not datadir):
        return None
    name = log_error or (host or socket.gethostname().partition(".")[0]) + ".err"
    if "." not in os.path.basename(name):
        name += ".err"
    return os.path.normpath(name if os.path.isabs(name) else os.path.join(datadir or "/", name))


class Place(t.NamedTuple):
    """Where the log lies and how that was found out; ``tried`` are the places that were looked at."""

    path: str | None
    how: str
    tried: tuple[str, ...] = ()


def find(config_file: str | None = None) -> Place:
    """The log of a server that doesn't answer: from its option files, else from the usual places."""
    tried: list[str] = []
    for name in (config_file,) if config_file else SERVER_CONFIG_FILES:
        options = server_options(name)
        tried.append(name)
        path = log_path(options.get("log_error"), options.get("datadir"))
        if path and os.path.exists(path):
            return Place(path, "log_error in %s" % name, tuple(tried))
        if path:
            tried.append(path)
    host = socket.gethostname().partition(".")[0]
    for pattern in USUAL_PLACES:
        path = pattern.format(host=host)
        tried.append(path)
        if os.path.isfile(path):
            return Place(path, "one of the usual places", tuple(tried))
    return Place(None, "not found", tuple(tried))


_RELATIVE = re.compile(r"^-?\s*(\d+(?:\.\d+)?)\s*(s|m|h|d)(?:\s*ago)?$")


def moment(name: str, text: str | None, now: datetime.datetime | None = None) -> str:
    """A point in time from an option: ISO 8601 (UTC where no zone is given), or so long ago (90s, 15m, 2h, 3d).

    Raises BadInput.
    """
    if not text:
        return ""
    ago = _RELATIVE.match(text.strip())
    if ago:
        seconds = float(ago[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[ago[2]]
        return _iso((now or datetime.datetime.now(datetime.timezone.utc)) - datetime.timedelta(seconds=seconds))
    try:
        return utc(text.strip())
    except ValueError as error:
        raise BadInput(
            "%s is '%s'; expected a time like 2026-11-22T20:00:00Z (UTC where no zone is given), or how long ago: 90s, 15m, 2h or 3d"
            % (name, text)
        ) from error


# -- reading -----------------------------------------------------------------------------------------------------------

_ROWS = (
    "SELECT LOGGED, THREAD_ID, PRIO, ERROR_CODE, SUBSYSTEM, DATA FROM performance_schema.error_log "
    "WHERE LOGGED > %s AND LOGGED >= %s ORDER BY LOGGED"
)
_SETTINGS = "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('log_error', 'datadir', 'pid_file')"


def event_of_row(row: t.Mapping[str, t.Any]) -> Event:
    """The event in a row of performance_schema.error_log (manual: The error_log Table)."""
    return Event(
        utc(str(row["LOGGED"])),
        int(row["THREAD_ID"] or 0),
        _SEVERITIES.get(str(row["PRIO"]), "note"),
        int(str(row["ERROR_CODE"] or "0").rpartition("-")[2] or 0),
        str(row["SUBSYSTEM"] or ""),
        str(row["DATA"] or ""),
    )


class Asks(t.Protocol):
    """What reading the log needs of a session."""

    label: str

    def query(self, statement: str, values: t.Sequence[t.Any] | None = None) -> list[dict[str, t.Any]]:
        """A statement's rows. Raises ServerError."""


def read_table(server: Asks, wanted: Wanted, cursor: Cursor | None) -> dict[str, t.Any]:
    """The events in performance_schema.error_log, which holds the newest 5 MB of the log (8.0.22 and later).

    Raises ServerError; an older server has no such table (1146).
    """
    collector = Collector(wanted)
    last = cursor.logged if cursor else ""
    # The column has no zone; the session runs in UTC.
    since = (wanted.since or "1970-01-02T00:00:00.000000Z").replace("T", " ")[:-1]
    for row in server.query(_ROWS, (last or "1970-01-02 00:00:00", since)):
        last = str(row["LOGGED"]).replace("T", " ").rstrip("Z")
        collector.take(event_of_row(row))
    source = {"kind": "table", "server": server.label, "files": [], "how": "performance_schema.error_log", "tried": []}
    return dict(collector.result(), cursor=str(Cursor(logged=last)), source=source)


def read_log(place: Place, wanted: Wanted, cursor: Cursor | None, rotated: bool = False) -> dict[str, t.Any]:
    """The events of a log file, of its rotated files where they are wanted, or from the cursor on. Raises BadInput."""
    if place.path is None:
        raise BadInput(
            "no error log can be read here (%s); looked at: %s. Give path, or read the server's own table (source: table)"
            % (place.how, ", ".join(place.tried))
        )
    collector = Collector(wanted)
    plan, lost = plan_of(place.path, cursor, rotated, wanted.since)
    after = read_files(collector, plan)
    result = collector.result()
    warnings = []
    if lost:
        warnings.append(
            "the log '%s' isn't the one that the cursor was made for, and no rotated file is: all of it was read"
            % place.path
        )
    if result["summary"]["lines_unreadable"] and not result["summary"]["events"] and not result["clones"]:
        warnings.append(
            "'%s' holds no line of MySQL's error log (%d other lines)"
            % (place.path, result["summary"]["lines_unreadable"])
        )
    source = {
        "kind": "file",
        "server": None,
        "files": [name for name, _offset in plan],
        "how": place.how,
        "tried": list(place.tried),
    }
    return dict(result, cursor=str(after), source=source, module_warnings=warnings)


def place_of(server: Asks, proved: bool = True) -> Place:
    """Where a server that answers writes its log, if this process can read it there.

    With ``proved`` the server must be seen to run on this machine: a file of that name may be another server's.
    """
    settings = {str(row["Variable_name"]): str(row["Value"]) for row in server.query(_SETTINGS)}
    path = log_path(settings["log_error"], settings["datadir"])
    if path is None:
        return Place(None, "the server writes its log to its standard error", ("stderr",))
    if proved:
        pid, reason = _host.find_process(settings)
        if pid is None:
            return Place(None, reason, (path,))
    if not os.access(path, os.R_OK):
        return Place(None, "the server's log_error can't be read by this user", (path,))
    return Place(path, "the server's log_error", (path,))
