# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Evidence -> causes, the likeliest first (pure).

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import json
import re
import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _errors, _progress
from ansible_collections.dbops.mysql_clone.plugins.module_utils._errors import ErrorEntry
from ansible_collections.dbops.mysql_clone.plugins.module_utils._findings import Finding

# How strongly a piece of evidence points at a cause. What is true now and keeps a server down counts most, then what ended
# the last clone, then what would stop the next one. An old error whose condition no longer holds counts less than those.
GIVEN, DOWN, FAILED, BLOCKS, PAST, LOGGED, SLOW = 100, 95, 90, 60, 45, 40, 20
# Bytes per second below which a copy counts as slow, and how many bytes must have been copied to say so.
SLOW_RATE = 5 << 20
SLOW_AFTER = 4 << 20
# How far the clocks of donor and recipient may be apart (seconds) for their logs to tell of one clone.
CLOCKS_APART = 60.0
# How many earlier incidents are told of a cause.
SEEN_SHOWN = 3

# The check of the precheck that tests what an error is about, for errors of the recipient's own and of the donor's.
# Their ids are the causes' ids.
_OWN_CHECKS = {
    1007: "recipient.data_directory",
    12: "recipient.memory",
    1026: "recipient.disk_space",
    1037: "recipient.memory",
    1041: "recipient.memory",
    1045: "recipient.login",
    1086: "pair.tablespace_paths",
    1114: "recipient.disk_space",
    1135: "recipient.memory",
    1142: "recipient.progress_privilege",
    1146: "recipient.plugin",
    1205: "recipient.locks",
    1227: "recipient.clone_privilege",
    1290: "recipient.super_read_only",
    1317: "recipient.clone_killed",
    1524: "recipient.plugin",
    1836: "recipient.force_recovery",
    2002: "recipient.down",
    2003: "recipient.down",
    3632: "recipient.data_directory",
    3634: "recipient.clone",
    3707: "recipient.supervisor",
    3864: "pair.version",
    3865: "pair.operating_system",
    3866: "pair.platform",
    3867: "pair.collations",
    3870: "pair.plugins",
    3871: "pair.same_server",
    3873: "recipient.disk_space",
    3875: "recipient.group_replication",
    3957: "recipient.max_allowed_packet",
    10262: "recipient.port",
    11087: "pair.lower_case_table_names",
    12574: "recipient.file_locked",
    12930: "recipient.incomplete_clone",
    13129: "pair.components",
    13132: "recipient.disk_space",
    13461: "donor.not_innodb",
    13462: "recipient.supervisor",
    13863: "recipient.innodb_read_only",
    28: "recipient.disk_space",
    111: "recipient.down",
    122: "recipient.disk_space",
}
_DONOR_CHECKS = {
    12: "donor.memory",
    1016: "donor.damaged_files",
    1037: "donor.memory",
    1040: "donor.connections",
    1041: "donor.memory",
    1045: "donor.account",
    1053: "donor.shut_down",
    1129: "donor.host_blocked",
    1130: "donor.account",
    1135: "donor.memory",
    1203: "donor.account_connections",
    1205: "donor.ddl",
    1226: "donor.account_connections",
    1227: "donor.backup_privilege",
    1317: "donor.shut_down",
    1524: "donor.plugin",
    1698: "donor.account",
    1862: "donor.password_expired",
    2002: "donor.unreachable",
    2003: "donor.unreachable",
    2005: "donor.unknown_host",
    2007: "donor.port",
    2012: "donor.port",
    2013: "donor.unreachable",
    2026: "pair.certificate",
    3118: "donor.account_locked",
    3159: "pair.certificate",
    3633: "donor.ddl",
    3634: "donor.slot",
    3871: "pair.same_server",
    3872: "pair.encrypted_link",
    3957: "donor.max_allowed_packet",
    3983: "donor.redo_log",
}
_TEXT_CHECKS: tuple[tuple[int, str, str], ...] = (
    (3869, r"clone_valid_donor_list|Invalid Format", "recipient.donor_list"),
    (3869, r"undo files", "donor.undo_files"),
    (3869, r"", "pair.data_files"),
    (1525, r"file path", "pair.tablespace_paths"),
    (1525, r"", "recipient.data_directory"),
    (1227, r"BACKUP_ADMIN", "recipient.backup_privilege"),
    (1227, r"SYSTEM_VARIABLES_ADMIN", "recipient.donor_list_privilege"),
    (1815, r"could not find existing clone", "donor.restarted"),
    (2026, r"doesn't support|doesn't offer|SSL is required|TLS is required", "donor.tls"),
    (1815, r"Encrypt Key", "recipient.keyring"),
    (1815, r"Recovery failed", "recipient.recovery"),
)
_SETTING = re.compile(r"Clone Configuration (\w+):")
_LINK_ERRORS = frozenset((1158, 1159, 1160, 1161))
# Causes that the check pair.link tests, as it logs in to the donor.
_LOGIN_CAUSES = frozenset(
    (
        "donor.account",
        "donor.account_connections",
        "donor.account_locked",
        "donor.connections",
        "donor.host_blocked",
        "donor.memory",
        "donor.password_expired",
        "donor.port",
        "donor.tls",
        "donor.unknown_host",
        "donor.unreachable",
        "pair.certificate",
    )
)
# A server that ended without a word was mostly killed for its memory, which only the kernel tells.
_CRASH_COMMANDS = (
    "journalctl -k | grep -iE 'out of memory|oom-kill|mysqld'  # on the recipient",
    "tail -n 50 <error_log>  # on the recipient",
)
_LOCK_CHECKS = ("recipient.backup_lock", "recipient.read_lock", "recipient.transactions", "recipient.ddl")
# Checks that fail to protect data; they keep no clone from working.
_INTERLOCKS = frozenset(("recipient.data", "recipient.gtids", "recipient.replicas", "recipient.writers"))
# Causes for which a start of the recipient's server fails.
KEEPS_DOWN = frozenset(
    (
        "pair.lower_case_table_names",
        "recipient.disk_space",
        "recipient.file_locked",
        "recipient.incomplete_clone",
        "recipient.port",
    )
)
PLAYBOOKS = {"clone": "dbops.mysql_clone.clone", "recover": "dbops.mysql_clone.recover"}


class Evidence(t.NamedTuple):
    """All that is known. What could not be had is None.

    ``given`` is the error that the user asked about, ``donor`` the donor (host:port) that he named. ``down`` is the error of
    the login to the recipient, ``denied`` whether it was refused rather than unreachable. ``clone`` is a view as of
    clone_status, ``later`` the same a moment later while a clone is under way. ``log`` is what clone_log returns. ``files``
    says what lies in #clone: ``status_fix``, ``status_error``, ``status_in_progress``. ``host`` has the free bytes of the data
    directory's file system. ``names`` stand for the words in angle brackets in commands. ``unsuitable`` says why the server
    can't take part in a clone at all, ``unseen`` which steps were not possible.
    """

    given: ErrorEntry | None = None
    label: str = ""
    donor: str | None = None
    down: ErrorEntry | None = None
    denied: bool = False
    clone: t.Mapping[str, t.Any] | None = None
    later: t.Mapping[str, t.Any] | None = None
    log: t.Mapping[str, t.Any] | None = None
    findings: t.Sequence[Finding] = ()
    files: t.Mapping[str, t.Any] | None = None
    host: t.Mapping[str, t.Any] | None = None
    names: t.Mapping[str, str] = {}
    unsuitable: str | None = None
    unseen: t.Sequence[str] = ()
    history: t.Sequence[t.Mapping[str, t.Any]] = ()
    donor_log: t.Mapping[str, t.Any] | None = None


class Cause(t.NamedTuple):
    """A cause with its evidence; ``score`` ranks causes, highest first."""

    id: str
    score: int
    entry: ErrorEntry
    evidence: tuple[str, ...]
    remedy: str
    repair: str | None = None
    do_not: tuple[str, ...] = ()


def cause_id(entry: ErrorEntry, donors: bool | None = None) -> str:
    """The id of the cause that an error stands for: ``<side>.<what>``, where there is one that of the check that tests it."""
    real = entry.decisive
    number, text = real.number, real.text
    from_donor = donors if donors is not None else entry is not real and entry.number in _errors.WRAPPERS
    if number in _LINK_ERRORS:
        return "pair.link_lost"
    for known, pattern, name in _TEXT_CHECKS:
        if number == known and re.search(pattern, text) and not (number == 1227 and from_donor):
            return name
    setting = _SETTING.search(text)
    if number == 3868 and setting:
        return "pair.%s" % setting[1]
    # A full file system has inodes for new files, and fails the writing into them (1026).
    if number == 28 and not from_donor and _carrier(entry).number == 1004:
        return "recipient.inodes"
    table = _DONOR_CHECKS if from_donor else _OWN_CHECKS
    if number in table:
        return table[number]
    if entry.innermost.number in (28, 122) and not from_donor:
        return "recipient.disk_space"
    if number is None or not real.symbol:
        return "unknown"
    side = {"link": "pair", "client": "pair", "server": "recipient"}.get(real.side, real.side)
    return "%s.%s" % (side, re.sub(r"^(er|cr)_(clone_)?", "", real.symbol.lower()))


def _carrier(entry: ErrorEntry) -> ErrorEntry:
    """The error whose text carries the innermost one."""
    return _carrier(entry.nested) if entry.nested and entry.nested.nested else entry


def _check_of(cause: str, findings: t.Mapping[str, Finding]) -> Finding | None:
    """The finding that tests a cause now."""
    if cause in _LOGIN_CAUSES:
        # Who can log in has neither a wrong password nor a closed port; free connections have a check of their own.
        return (
            findings.get(cause) if cause in findings and findings[cause].status == "fail" else findings.get("pair.link")
        )
    return findings.get(cause)


def _of_error(
    entry: ErrorEntry, score: int, evidence: str, dropped: bool | None = None, donors: bool | None = None
) -> Cause:
    return Cause(cause_id(entry, donors), score, entry.given(dropped), (evidence,), entry.remedy)


# -- where evidence comes from -----------------------------------------------------------------------------------------


def _given(evidence: Evidence) -> t.Iterator[Cause]:
    if evidence.given is not None and evidence.given.category != "unknown":
        yield _of_error(evidence.given, GIVEN, "the error that was given: %s" % _quoted(evidence.given))


def _last_clone(evidence: Evidence) -> t.Iterator[Cause]:
    """The clone's own row: what ended it, or that it hangs."""
    clone = evidence.clone
    if not clone:
        return
    dropped = _progress.data_dropped(clone)
    error = clone.get("error")
    if clone["state"] == "failed" and error:
        entry = _errors.classify(error["code"], error["message"])
        killed_server = error["code"] == 1317 and clone.get("pid") is None and clone.get("end_time") is None
        if killed_server:
            entry = entry._replace(
                cause="The recipient's server ended in the middle of the clone (crash, kill or power loss).",
                commands=_CRASH_COMMANDS,
                remedy="Find out in the recipient's log and the kernel's why it ended, then clone again from the start.",
                retry="repair_first",
                priority="immediate",
            )
            yield Cause("recipient.crashed", FAILED, entry.given(True), (_row(clone),), entry.remedy)
        else:
            yield _of_error(entry, FAILED, _row(clone), dropped)
    if clone["state"] == "in_progress":
        yield from _hanging(evidence, clone)


def is_stalled(evidence: Evidence) -> bool:
    """Whether a clone that copies has not moved between two looks."""
    clone, later = evidence.clone, evidence.later
    if not clone or not later or clone["stage"] not in _progress.COPY_STAGES:
        return False
    if (later["state"], later["stage"]) != ("in_progress", clone["stage"]):
        return False
    return bool(later["bytes_done"] <= clone["bytes_done"])


def _hanging(evidence: Evidence, clone: t.Mapping[str, t.Any]) -> t.Iterator[Cause]:
    if clone["stage"] == "DROP DATA":
        holders = [
            finding
            for finding in _foreign(evidence)
            if finding.id in _LOCK_CHECKS and finding.status in ("fail", "warn")
        ]
        for finding in holders:
            entry = _errors.classify(1205).given(True)
            yield Cause(
                finding.id,
                FAILED,
                entry,
                ("the clone waits in DROP DATA", finding.message),
                finding.remedy or entry.remedy,
            )
    elif is_stalled(evidence):
        later = evidence.later or clone
        seconds = _progress.seconds_between(clone.get("read_at"), later.get("read_at"))
        entry = (
            _errors.classify(1159)
            .given(True)
            ._replace(
                cause="The clone under way makes no progress: nothing comes from the donor.",
                remedy="Mend the link or the donor. The recipient reconnects by itself until the donor's "
                "clone_donor_timeout_after_network_failure (5 minutes by default) is over.",
                retry="never",
            )
        )
        words = "no byte in %.1f s, in %s at %d bytes" % (seconds or 0, clone["stage"], clone["bytes_done"])
        yield Cause("pair.link_stalled", FAILED, entry, (words,), entry.remedy)


def _foreign(evidence: Evidence) -> t.Iterator[Finding]:
    """The findings without those that are only about the clone under way itself: its locks, its place on both servers."""
    clone = evidence.clone or {}
    under_way = clone.get("state") == "in_progress"
    for finding in evidence.findings:
        if under_way and finding.id in ("recipient.clone", "donor.slot"):
            continue
        holders = set(re.findall(r"\(id (\d+)", finding.message)) if finding.id in _LOCK_CHECKS else set()
        if under_way and holders and holders == {str(clone.get("pid"))}:
            continue
        yield finding


def _slow(evidence: Evidence) -> t.Iterator[Cause]:
    """A copy that was, or is, slow: a contributing cause at most."""
    for stage in (evidence.clone or {}).get("stages", ()):
        seconds = stage.get("seconds")
        if (
            stage["stage"] == "FILE COPY"
            and seconds
            and stage["bytes_done"] >= SLOW_AFTER
            and stage["bytes_done"] / seconds < SLOW_RATE
        ):
            entry = _errors.classify(1159)._replace(
                cause="The copy was slow: the link, the disks or a bandwidth limit (clone_max_network_bandwidth, clone_max_data_bandwidth).",
                remedy="Measure the link and the disks; look at the clone_max_* settings of the recipient.",
                retry="never",
                priority="planned",
                category="network",
                commands=("SHOW GLOBAL VARIABLES LIKE 'clone_max%'; -- on the recipient",),
            )
            words = "%s of data in %.0f s" % (_progress.size(stage["bytes_done"]), seconds)
            yield Cause(
                "pair.slow_link",
                SLOW,
                entry.given(_progress.data_dropped(evidence.clone or {"state": "none"})),
                (words,),
                entry.remedy,
            )


def _server_down(evidence: Evidence) -> t.Iterator[Cause]:
    """A recipient that doesn't answer: what its log and its files say of the reason."""
    if evidence.down is None:
        return
    if evidence.denied:
        entry = evidence.down._replace(
            cause="The recipient refuses the login. After a clone the donor's accounts and passwords rule there.",
            side="recipient",
        )
        yield Cause("recipient.login", DOWN, entry, ("%s: %s" % (evidence.label, _quoted(entry)),), entry.remedy)
        return
    files = evidence.files or {}
    reasons = list(_start_errors(evidence))
    yield from reasons
    if files.get("status_in_progress"):
        entry = _errors.classify(12930, "Incomplete cloned data directory")
        yield Cause(
            "recipient.incomplete_clone",
            DOWN,
            entry,
            ("#clone/#status_in_progress lies in %s" % files["directory"],),
            entry.remedy,
        )
    elif files.get("status_fix") and not reasons:
        yield _copied(evidence, files)
    elif files.get("status_error") and not reasons:
        entry = (
            _errors.classify(1317)
            .given(True)
            ._replace(
                cause="The recipient's server ended in the middle of a clone; it rolls back at its start, without user data.",
                commands=_CRASH_COMMANDS,
                remedy="Start the recipient, then clone again.",
                priority="immediate",
            )
        )
        yield Cause(
            "recipient.crashed", DOWN, entry, ("#clone/#status_error lies in %s" % files["directory"],), entry.remedy
        )
    entry = evidence.down._replace(
        cause="The recipient doesn't answer.",
        side="recipient",
        category="state",
        data=_data(evidence),
        retry="repair_first",
        remedy="Start it; when it doesn't come up, read the end of its error log.",
        priority="immediate",
        impact="The recipient is down.",
    )
    yield Cause("recipient.down", BLOCKS, entry, ("%s: %s" % (evidence.label, _quoted(evidence.down)),), entry.remedy)


def _copied(evidence: Evidence, files: t.Mapping[str, t.Any]) -> Cause:
    """The copy is complete and the server away: it says in its log when it can't restart itself."""
    words = (
        "#clone/#status_fix lies in %s: the copy is complete and takes effect at the server's start"
        % files["directory"]
    )
    stories = [story for story in (evidence.log or {}).get("clones", ()) if story["side"] == "recipient"]
    if stories and stories[-1]["outcome"] in ("copied", "restarting"):
        entry = _errors.classify(3707)._replace(
            cause="The copy is complete and the recipient restarts, or was told not to come back.",
            remedy="Wait a minute; when it doesn't come up by itself, start it and leave its #clone directory alone.",
            impact="The recipient is away until it has started; the copy is complete.",
            priority="prompt",
            number=None,
            symbol="",
        )
        return Cause("recipient.restarting", DOWN, entry, (words,), entry.remedy)
    entry = _errors.classify(3707)
    return Cause("recipient.supervisor", DOWN, entry, (words,), entry.remedy)


def _start_errors(evidence: Evidence) -> t.Iterator[Cause]:
    """Errors that the log holds behind the last start of a server that is down."""
    events = (evidence.log or {}).get("events", ())
    last = max(
        (place for place, event in enumerate(events) if event["code"] in ("MY-010116", "MY-015015")), default=None
    )
    if last is None:
        return
    for event in events[last:]:
        number = int((event["code"] or "MY-0")[3:])
        if event["severity"] == "error" and number != 10119 and _errors.symbol_of(number):
            entry = _errors.classify(number, event["message"])
            yield _of_error(entry, DOWN, "the log at the last start: %s" % event["message"])


def _log(evidence: Evidence) -> t.Iterator[Cause]:
    """What the log tells of the last clone, for where the server's own row doesn't."""
    stories = [story for story in (evidence.log or {}).get("clones", ()) if story["side"] == "recipient"]
    if not stories:
        return
    story = stories[-1]
    words = "the log: the clone begun at %s %s" % (story["begin"], story["outcome"].replace("_", " "))
    error = story["error"]
    begun = (evidence.clone or {}).get("begin_time")
    if (_progress.seconds_between(story["begin"], begun) or 0) > 2:
        return
    if error and story["outcome"] == "failed":
        entry = _errors.classify(error["code"], error["message"])
        # A killed clone's row has the read that was interrupted, the log has the reason.
        killed = error["code"] == 1317 and ((evidence.clone or {}).get("error") or {}).get("code") in _LINK_ERRORS
        yield _of_error(
            entry, FAILED + 2 if killed else LOGGED, "%s: %s" % (words, _quoted(entry)), story["data_dropped"]
        )
    elif story["outcome"] == "interrupted" and not _completed(evidence):
        entry = (
            _errors.classify(1317)
            .given(story["data_dropped"])
            ._replace(
                cause="The recipient's server ended in the middle of the clone.",
                commands=_CRASH_COMMANDS,
                priority="immediate",
                retry="repair_first",
            )
        )
        yield Cause(
            "recipient.crashed",
            FAILED if not evidence.clone or evidence.clone["state"] == "none" else LOGGED,
            entry,
            (words,),
            entry.remedy,
        )
    elif story["outcome"] == "waiting_for_start" and evidence.down is not None:
        entry = _errors.classify(13462)
        yield Cause("recipient.supervisor", LOGGED, entry, (words,), entry.remedy)


def _donors_log(evidence: Evidence) -> t.Iterator[Cause]:
    """What the donor's own log tells of the last clone that it gave, which may have been another recipient's."""
    stories = [story for story in (evidence.donor_log or {}).get("clones") or () if story.get("side") == "donor"]
    if not stories or _completed(evidence):
        return
    story = stories[-1]
    begun = (evidence.clone or {}).get("begin_time")
    gap = _progress.seconds_between(begun.rstrip("Z"), story["begin"].rstrip("Z")) if begun else 0.0
    if gap is None or not -CLOCKS_APART <= gap <= CLOCKS_APART:
        return
    words = "the donor's log: its part of the clone begun at %s %s" % (
        story["begin"],
        story["outcome"].replace("_", " "),
    )
    error = story.get("error")
    if story["outcome"] == "interrupted":
        entry = _errors.classify(3862, "Clone Donor Error: 1815 : Innodb Clone Restart could not find existing clone")
        yield _of_error(entry, LOGGED, words + ": the donor's server ended", story.get("data_dropped"))
    elif story["outcome"] == "failed" and error:
        entry = _errors.classify(error["code"], error["message"])
        yield _of_error(entry, LOGGED, "%s: %s" % (words, _quoted(entry)), donors=True)


def _completed(evidence: Evidence) -> bool:
    return bool(evidence.clone and evidence.clone["state"] == "completed")


def _findings(evidence: Evidence) -> t.Iterator[Cause]:
    """What would stop the next clone, in the check's own words."""
    for finding in _foreign(evidence):
        if finding.status != "fail" or finding.id in _INTERLOCKS:
            continue
        error = finding.error or {}
        number, nested = error.get("code"), error.get("nested")
        text = finding.message
        if nested is not None:
            text = "Clone Donor Error: %s%d : %s" % (
                "Connect failed: " if finding.id == "pair.link" else "",
                nested,
                text,
            )
        entry = _errors.classify(number, text) if number else _errors.classify(None, "")
        known = entry.category != "unknown"
        drops = known and entry.data == "gone"
        entry = entry._replace(
            category=entry.category if known else finding.category,
            cause=finding.message,
            side=entry.side if known else finding.id.partition(".")[0],
            retry=entry.retry if known else "repair_first",
            priority=entry.priority if known else "planned",
            data=_data(evidence),
            impact="The next clone would drop the recipient's data and then fail."
            if drops
            else "The next clone would be refused.",
        )
        name = cause_id(entry, True) if finding.id == "pair.link" and nested is not None else finding.id
        words = "check %s: %s" % (finding.id, finding.message)
        yield Cause(name, BLOCKS, entry, (words,), finding.remedy or entry.remedy, finding.repair)


def _wrong_server(evidence: Evidence) -> t.Iterator[Cause]:
    """A server that knows no CLONE: another product, or too old."""
    if evidence.unsuitable:
        entry = _errors.classify(1064)._replace(
            number=None,
            symbol="",
            category="configuration",
            cause=evidence.unsuitable,
            remedy="Clone to MySQL 8.0.17 or later.",
            side="recipient",
            commands=("SELECT VERSION(), @@version_comment; -- on the recipient",),
            data="intact",
        )
        yield Cause("recipient.version", DOWN, entry, (evidence.unsuitable,), entry.remedy)


def _room(evidence: Evidence) -> t.Iterator[Cause]:
    """A full disk below a server that doesn't answer."""
    host = evidence.host or {}
    free = host.get("free")
    if evidence.down is not None and free is not None and free < 16 << 20:
        entry = _errors.classify(28)
        yield Cause(
            "recipient.disk_space",
            DOWN + 1,
            entry,
            ("%s free on %s" % (_progress.size(free), host.get("path")),),
            entry.remedy,
        )


SOURCES: tuple[t.Callable[[Evidence], t.Iterator[Cause]], ...] = (
    _given,
    _wrong_server,
    _server_down,
    _room,
    _last_clone,
    _log,
    _donors_log,
    _findings,
    _slow,
)


# -- ranking -----------------------------------------------------------------------------------------------------------


def causes_of(evidence: Evidence) -> list[Cause]:
    """All causes, the likeliest first; what several pieces of evidence point at is one cause with all of them."""
    merged: dict[str, Cause] = {}
    findings = {finding.id: finding for finding in evidence.findings}
    for source in SOURCES:
        for cause in source(evidence):
            known = merged.get(cause.id)
            if known is None:
                merged[cause.id] = cause
                continue
            strong, weak = (known, cause) if known.score >= cause.score else (cause, known)
            merged[cause.id] = strong._replace(
                # Two independent pieces of evidence are more than one.
                score=strong.score + (5 if weak.score >= BLOCKS else 1),
                evidence=(*strong.evidence, *(words for words in weak.evidence if words not in strong.evidence)),
                remedy=weak.remedy if weak.repair and not strong.repair else strong.remedy,
                repair=strong.repair or weak.repair,
            )
    locks = [merged[name] for name in _LOCK_CHECKS if name in merged]
    if "recipient.locks" in merged and locks:
        # The error says that there was a lock, the check says whose.
        general = merged.pop("recipient.locks")
        best = locks[0]
        merged[best.id] = best._replace(
            score=general.score + 5, entry=general.entry, evidence=(*general.evidence, *best.evidence)
        )
    return sorted((_aged(cause, evidence, findings) for cause in merged.values()), key=lambda cause: -cause.score)


def _aged(cause: Cause, evidence: Evidence, findings: t.Mapping[str, Finding]) -> Cause:
    """A cause of the last clone counts less when a check finds it gone now, or when that clone had another donor than is asked about."""
    source, donor = (evidence.clone or {}).get("source"), evidence.donor
    if (
        source
        and donor
        and source.lower() != donor.lower()
        and cause.score in range(FAILED, DOWN)
        and cause.evidence[0].startswith("clone_status")
    ):
        return cause._replace(
            score=PAST, evidence=(*cause.evidence, "that clone was from %s, not from %s" % (source, donor))
        )
    finding = _check_of(cause.id, findings)
    if finding is None or finding.status != "ok" or not FAILED <= cause.score < GIVEN:
        return cause
    return cause._replace(
        score=PAST, evidence=(*cause.evidence, "check %s: no longer so: %s" % (finding.id, finding.message))
    )


_ACCOUNT = re.compile(r"(?:for user|User) '(?P<user>[^']*)'(?:@'(?P<host>[^']*)')?")


def _filled(text: str, names: t.Mapping[str, str]) -> str:
    return re.sub(r"<(\w+)>", lambda found: names.get(found[1]) or found[0], text)


def _quoted(entry: ErrorEntry) -> str:
    return "%s (error %s)" % (entry.text or entry.symbol, entry.number) if entry.number is not None else entry.text


def _row(clone: t.Mapping[str, t.Any]) -> str:
    error = clone["error"]
    stage = " in %s" % clone["stage"] if clone["stage"] else ""
    return "clone_status: the clone from %s begun at %s failed%s: %s (error %d)" % (
        clone["source"],
        clone["begin_time"],
        stage,
        error["message"],
        error["code"],
    )


def _do_not(cause: Cause, evidence: Evidence) -> list[str]:
    advice = list(cause.do_not)
    number = cause.entry.decisive.number
    if cause.id in ("recipient.supervisor", "pair.lower_case_table_names") or (evidence.files or {}).get("status_fix"):
        advice.append(
            "Don't remove or edit anything in the recipient's #clone directory, and don't initialise the datadir anew: the copy is complete."
        )
    if evidence.clone and evidence.clone["state"] == "in_progress":
        advice.append("Don't restart the recipient and don't start another clone: the one under way may still go on.")
    elif cause.entry.data == "gone":
        advice.append(
            "Don't send applications or replicas to the recipient: it holds no user data until a clone succeeds."
        )
    if cause.entry.retry in ("repair_first", "never") and number not in (3707, 13462):
        advice.append("Don't repeat the clone before that is repaired: it would fail again.")
    if cause.entry.data == "intact" and cause.entry.retry == "repair_first":
        advice.append("Don't drop the recipient's data by hand: it is untouched.")
    return advice


def _playbook(cause: Cause) -> str | None:
    if cause.repair or cause.id in (
        "recipient.donor_list",
        "recipient.plugin",
        "donor.plugin",
        "donor.account",
        "donor.backup_privilege",
        "recipient.clone_privilege",
    ):
        return PLAYBOOKS["clone"]
    if cause.entry.data in ("gone", "replaced") or cause.id in ("recipient.down", "recipient.incomplete_clone"):
        return PLAYBOOKS["recover"]
    return None


def incidents(rows: t.Iterable[t.Any]) -> list[dict[str, t.Any]]:
    """Records of earlier incidents out of dictionaries or JSON texts; what is neither (a line cut off) is left out.

    Of those with the same ``id`` the last one counts: it says what has solved the incident.
    """
    found: dict[t.Any, dict[str, t.Any]] = {}
    for row in rows:
        if isinstance(row, str):
            try:
                row = json.loads(row)
            except ValueError:
                continue
        if isinstance(row, dict) and (row.get("cause") or row.get("error")):
            found[str(row["id"]) if row.get("id") else len(found)] = row
    return list(found.values())


def seen_before(cause: Cause, history: t.Iterable[t.Mapping[str, t.Any]]) -> list[dict[str, t.Any]]:
    """When and where the same cause was met, and what solved it: the solved ones first, then the newest.

    Where a record has no cause its error number must be the cause's.
    """
    numbers = {str(number) for number in (cause.entry.number, cause.entry.innermost.number) if number is not None}
    same = [
        row for row in history if (row["cause"] == cause.id if row.get("cause") else str(row.get("error")) in numbers)
    ]
    same.sort(key=lambda row: (bool(row.get("solved_by")), str(row.get("time") or "")), reverse=True)
    return [{name: row.get(name) for name in ("host", "time", "solved_by")} for row in same[:SEEN_SHOWN]]


def as_dict(cause: Cause, evidence: Evidence) -> dict[str, t.Any]:
    """A cause as the module returns it, with the user's own names in its commands."""
    entry = cause.entry
    names = dict(evidence.names)
    account = _ACCOUNT.search(entry.innermost.text) or _ACCOUNT.search(entry.text)
    if account and entry.side == "donor":
        names.update(
            {
                key: value
                for key, value in (("donor_user", account["user"]), ("recipient_host", account["host"]))
                if value
            }
        )
    return {
        "id": cause.id,
        "category": entry.category,
        "priority": entry.priority,
        "code": entry.number,
        "symbol": entry.symbol or None,
        "innermost": entry.innermost.number,
        "cause": entry.cause,
        "evidence": list(cause.evidence),
        "impact": entry.impact,
        "data": entry.data,
        "difficulty": entry.difficulty,
        "side": entry.side,
        "remedy": _filled(cause.remedy, names),
        "commands": [_filled(command, names) for command in entry.commands],
        "do_not": _do_not(cause, evidence),
        "retry": entry.retry,
        "playbook": _playbook(cause),
        "seen_before": seen_before(cause, evidence.history),
        "reference": entry.reference or None,
        "score": cause.score,
    }


_DATA_WORDS = {
    "intact": "the recipient's data is untouched",
    "gone": "the recipient's old data is gone",
    "replaced": "the copy is complete",
    "unknown": "whether the recipient's old data was dropped is not known",
}
_RETRY_WORDS = {
    "retry": "try again",
    "next_donor": "try again, with another donor where there is one",
    "wait_slot": "wait until the other clone is done, then try again",
    "repair_first": "repair it, then try again",
    "never": "trying again as it is doesn't help",
}


def verdict(causes: t.Sequence[Cause], evidence: Evidence) -> str:
    """One sentence: what happened, to the data too, and what next."""
    if evidence.given is not None and not causes:
        if evidence.given.number is None:
            return "The text names no error that the collection knows, so nothing can be said about it."
        return (
            "Error %d isn't in the catalogue: read the error logs of both servers at that time." % evidence.given.number
        )
    if not causes:
        clone = evidence.clone
        if clone and clone["state"] == "in_progress":
            return "A clone is under way on %s (%s) and makes progress; nothing wrong was found." % (
                evidence.label,
                _progress.line(clone),
            )
        done = " The last clone completed at %s." % clone["end_time"] if clone and clone["state"] == "completed" else ""
        unseen = " Not everything could be looked at: %s." % "; ".join(evidence.unseen) if evidence.unseen else ""
        return "Nothing wrong was found on %s.%s%s" % (evidence.label, done, unseen)
    first = causes[0]
    entry = first.entry
    number = (
        " (%d %s)" % (entry.innermost.number, entry.innermost.symbol)
        if entry.innermost.number is not None and entry.innermost.symbol
        else ""
    )
    cause = re.split(r"(?<=[.])\s", entry.cause, maxsplit=1)[0].rstrip(".")
    if _completed(evidence) and first.score <= BLOCKS + 5:
        return "The last clone on %s completed at %s. Another one would fail: %s%s." % (
            evidence.label,
            (evidence.clone or {}).get("end_time"),
            cause,
            number,
        )
    return "%s%s%s; %s; %s." % (
        evidence.label + ": " if evidence.label and evidence.given is None and evidence.label not in cause else "",
        cause,
        number,
        _DATA_WORDS[entry.data],
        _RETRY_WORDS[entry.retry],
    )


def diagnose(evidence: Evidence) -> dict[str, t.Any]:
    """Verdict and causes as plain data."""
    causes = causes_of(evidence)
    first = causes[0].entry if causes else None
    if evidence.given is not None and first is None:
        first = evidence.given
    return {
        "verdict": verdict(causes, evidence),
        "causes": [as_dict(cause, evidence) for cause in causes],
        "data": first.data if first else _data(evidence),
        "retry": first.retry if first else None,
    }


def lines(result: t.Mapping[str, t.Any], host: str = "") -> list[str]:
    """A diagnosis for people: verdict, each cause with evidence, remedy and commands, what not to do, and what was looked at."""
    told = [result["verdict"]]
    for place, cause in enumerate(result["causes"], 1):
        told.append("%d. %s [%s, %s] %s" % (place, cause["id"], cause["category"], cause["priority"], cause["cause"]))
        told += ["   evidence: " + words for words in cause["evidence"]]
        told.append("   remedy: " + cause["remedy"])
        told += ["   run: " + command for command in cause["commands"]]
        told += ["   " + words for words in cause["do_not"]]
        if cause["playbook"]:
            limit = " --limit " + host if host else ""
            told.append("   repaired by: ansible-playbook %s%s" % (cause["playbook"], limit))
        for row in cause["seen_before"]:
            solved = "solved by " + row["solved_by"] if row["solved_by"] else "not known how it was solved"
            told.append("   seen before on %s at %s, %s" % (row["host"], row["time"], solved))
        if cause["reference"]:
            told.append("   more: " + cause["reference"])
    told.append("data: " + _DATA_WORDS[result["data"]])
    told += ["looked at %s: %s (%.1f s)" % (row["what"], row["result"], row["seconds"]) for row in result["steps"]]
    return told


def _data(evidence: Evidence) -> str:
    """What is so with the recipient's old data now."""
    clone = evidence.clone
    if clone is None:
        stories = [story for story in (evidence.log or {}).get("clones", ()) if story["side"] == "recipient"]
        if evidence.log is None or (stories and stories[-1]["data_dropped"]):
            return "unknown"
        return "intact"
    if not _progress.data_dropped(clone):
        return "intact"
    return "replaced" if clone["state"] == "completed" else "gone"
