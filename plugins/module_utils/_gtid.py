# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""GTID sets as values: parse, compare, write (pure).

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput

Intervals = tuple[tuple[int, int], ...]
# From a source (``uuid``, or ``uuid:tag`` since MySQL 8.3) to its transactions: inclusive intervals, ascending, neither
# overlapping nor touching. A source without transactions has no key, so equal sets are equal dictionaries.
GtidSet = dict[str, Intervals]

_UUID = re.compile(r"^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$")
_TAG = re.compile(r"^[a-z_][a-z0-9_]{0,31}$")
_INTERVAL = re.compile(r"^([0-9]+)(?:-([0-9]+))?$")
_LAST = 2**63 - 2


def _merged(intervals: t.Iterable[tuple[int, int]]) -> Intervals:
    result: list[tuple[int, int]] = []
    for first, last in sorted(intervals):
        if result and first <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(last, result[-1][1]))
        else:
            result.append((first, last))
    return tuple(result)


def _uuid(text: str) -> str:
    bare = text.replace("-", "")
    return "-".join((bare[:8], bare[8:12], bare[12:16], bare[16:20], bare[20:]))


def parse(text: str | None) -> GtidSet:
    """A GTID set from its text, tags included (manual: GTID Format and Storage); None and blanks are the empty set.

    Raises BadInput for text that is no GTID set.
    """
    found: dict[str, list[tuple[int, int]]] = {}
    for part in "".join((text or "").split()).lower().split(","):
        if not part:
            continue
        pieces = part.split(":")
        if not _UUID.match(pieces[0]):
            raise BadInput(f"'{text}' is no GTID set: '{pieces[0]}' is no UUID")
        source = uuid = _uuid(pieces[0])
        for piece in pieces[1:]:
            interval = _INTERVAL.match(piece)
            if interval:
                first = int(interval.group(1))
                last = int(interval.group(2) or first)
                if not 1 <= first <= _LAST or last > _LAST:
                    raise BadInput(f"'{text}' is no GTID set: '{piece}' is out of range")
                if first <= last:  # the server takes "5-3" as nothing
                    found.setdefault(source, []).append((first, last))
            elif _TAG.match(piece):
                # A tag holds for the intervals behind it, up to the next tag.
                source = uuid + ":" + piece
            else:
                raise BadInput(f"'{text}' is no GTID set: '{piece}' is neither an interval nor a tag")
    return {source: _merged(intervals) for source, intervals in found.items()}


def _without(left: Intervals, right: Intervals) -> Intervals:
    result = []
    for first, last in left:
        for lower, upper in right:
            if upper < first or lower > last:
                continue
            if lower > first:
                result.append((first, lower - 1))
            first = upper + 1
            if first > last:
                break
        if first <= last:
            result.append((first, last))
    return tuple(result)


def subtract(left: GtidSet, right: GtidSet) -> GtidSet:
    """The transactions of ``left`` that ``right`` lacks (the server's GTID_SUBTRACT)."""
    rest = {source: _without(intervals, right.get(source, ())) for source, intervals in left.items()}
    return {source: intervals for source, intervals in rest.items() if intervals}


def union(left: GtidSet, right: GtidSet) -> GtidSet:
    """The transactions of either set."""
    return {source: _merged(left.get(source, ()) + right.get(source, ())) for source in {**left, **right}}


def contains(whole: GtidSet, part: GtidSet) -> bool:
    """Whether ``whole`` holds each transaction of ``part`` (the server's GTID_SUBSET(part, whole))."""
    return not subtract(part, whole)


def count(gtids: GtidSet) -> int:
    """How many transactions the set holds."""
    return sum(last - first + 1 for intervals in gtids.values() for first, last in intervals)


def uuids(gtids: GtidSet) -> set[str]:
    """The UUIDs of the servers on which the transactions began, without tags."""
    return {source.partition(":")[0] for source in gtids}


def of_uuid(gtids: GtidSet, uuid: str) -> GtidSet:
    """The part of the set that began on one server, whatever the tag."""
    return {source: intervals for source, intervals in gtids.items() if source.partition(":")[0] == uuid.lower()}


def text(gtids: GtidSet) -> str:
    """The set as the server writes it, on one line: sorted, one entry a server, untagged transactions first."""
    entries: dict[str, list[str]] = {}
    for source in sorted(gtids):
        uuid, _separator, tag = source.partition(":")
        entry = entries.setdefault(uuid, [uuid])
        if tag:
            entry.append(tag)
        entry.extend(f"{first}" if first == last else f"{first}-{last}" for first, last in gtids[source])
    return ",".join(":".join(entry) for entry in entries.values())
