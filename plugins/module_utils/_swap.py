# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Swapping data directories: a clone made beside the old data is tried, put in its place, and taken out again if it fails.

What to do next is a pure function of the goal and of what lies where (``next_move``): a run that was interrupted between any
two steps is carried on by the next one, and the old data is only ever renamed.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

# Runs detached from, or without, the AnsibleModule whose run_command pylint asks for.
# pylint: disable=ansible-bad-function

from __future__ import annotations

import contextlib
import datetime
import fnmatch
import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _gtid, _host, _privileges, _progress
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import CloneError, ServerError
from ansible_collections.dbops.mysql_clone.plugins.module_utils._findings import Finding
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import (
    ACCESS_DENIED,
    NO_SUCH_TABLE,
    NOT_ALLOWED,
    Login,
    Server,
)

METHOD = "side_by_side"
# What belongs to the server and not to its data: identity, persisted variables, keys, the keyring's configuration.
CARRIED = ("auto.cnf", "mysqld-auto.cnf", "*.pem", "mysqld.my", "component_keyring_*.cnf")
VARIABLES = (
    "innodb_data_file_path",
    "innodb_temp_tablespaces_dir",
    "keyring_file_data",
    "log_bin_basename",
    "log_bin_index",
    "log_error",
    "relay_log_basename",
    "relay_log_index",
    "server_uuid",
)
# Of the running server's environment: what ties it to its own supervisor.
_NOT_INHERITED = ("MYSQLD_PARENT_PID", "NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID", "WATCHDOG_USEC", "WATCHDOG_PID")
_PARENT_SECONDS = 3.0
_STOP_SECONDS = 120.0
_SILENT_START_SECONDS = 10.0
# A start command that fails is run again: what watches the server may not have seen its end yet, or the service manager may
# be at work on it.
_FAILED_STARTS = 3
_FAILED_START_SECONDS = 3.0
_ERRORS_SHOWN = 5
# Characters that are read of a file at most.
_LONGEST_FILE = 16 << 20

Identity = t.Any  # [device, inode], or None where there is nothing


# -- the plan (pure) ---------------------------------------------------------------------------------------------------


class Seen(t.NamedTuple):
    """What lies at the three paths: ``original``, ``copy``, ``nothing`` or ``foreign``."""

    datadir: str
    new: str
    old: str


def what(found: Identity, record: t.Mapping[str, t.Any]) -> str:
    """Name a directory by its identity (device and inode), which a rename doesn't change."""
    if found is None:
        return "nothing"
    if found == record["original"]:
        return "original"
    return "copy" if found == record["copy"] else "foreign"


def next_move(goal: str, seen: Seen) -> str:
    """The next step towards the goal ``forward`` (the copy rules) or ``back`` (the original rules).

    ``set_aside`` renames the datadir to its dated name, ``put_in_place`` the copy to the datadir, ``take_out`` the copy back
    to where it was made, ``restore`` the original to the datadir; ``start`` says that everything lies where the goal wants
    it. ``give_up`` is a goal forward that can't be reached any more. ``stuck``: somebody else has moved things, so that
    nothing is touched.
    """
    if goal == "forward":
        if seen == Seen("original", "copy", "nothing"):
            return "set_aside"
        if seen == Seen("nothing", "copy", "original"):
            return "put_in_place"
        if seen.datadir == "copy" and seen.old == "original":
            return "start"
        return "give_up" if "original" in (seen.datadir, seen.old) else "stuck"
    if seen.datadir == "original":
        return "start"
    if seen.datadir == "copy" and seen.old == "original" and seen.new == "nothing":
        return "take_out"
    if seen.datadir == "nothing" and seen.old == "original":
        return "restore"
    return "stuck"


def renamed(move: str, record: t.Mapping[str, t.Any]) -> tuple[str, str]:
    """From where to where a step renames."""
    return {
        "set_aside": (record["datadir"], record["old"]),
        "put_in_place": (record["new"], record["datadir"]),
        "take_out": (record["datadir"], record["new"]),
        "restore": (record["old"], record["datadir"]),
    }[move]


def is_unfinished(record: t.Mapping[str, t.Any] | None) -> bool:
    """Whether a record that a run left behind asks the next run to do something."""
    return bool(record) and record["goal"] != "done"  # type: ignore[index]


def kept(document: t.Mapping[str, t.Any]) -> dict[str, t.Any] | None:
    """The newest finished swap that a journal tells of; it says where the old data is, for as long as that is kept."""
    swap: dict[str, t.Any] | None = document.get("swap")
    if swap and swap["goal"] == "done" and swap.get("state") in ("swapped", "rolled_back"):
        return swap
    return document.get("kept")


def dated(path: str, what_for: str, wall: float) -> str:
    """A name beside a directory with the date and time in UTC: V(/var/lib/mysql.old-20261122T231400Z)."""
    moment = datetime.datetime.fromtimestamp(wall, datetime.timezone.utc)
    return "%s.%s-%s" % (path.rstrip("/"), what_for, moment.strftime("%Y%m%dT%H%M%SZ"))


def to_carry(names: t.Iterable[str], keyrings: t.Iterable[str], datadir: str) -> list[str]:
    """What is copied from the old data directory, relative to it: CARRIED, and keyring files that lie in it."""
    found = {name for name in names if any(fnmatch.fnmatchcase(name, pattern) for pattern in CARRIED)}
    prefix = datadir.rstrip("/") + "/"
    for path in keyrings:
        full = os.path.normpath(os.path.join(datadir, path))
        if full.startswith(prefix):
            found.add(full[len(prefix) :])
    return sorted(found)


def to_make(variables: t.Mapping[str, t.Any], datadir: str) -> list[str]:
    """Directories in the data directory that the server expects but a clone doesn't make: of binary and relay logs."""
    prefix = datadir.rstrip("/") + "/"
    found = set()
    for name in ("log_bin_basename", "log_bin_index", "relay_log_basename", "relay_log_index"):
        place = os.path.dirname(os.path.normpath(os.path.join(datadir, variables.get(name) or "x")))
        if place.startswith(prefix):
            found.add(place[len(prefix) :])
    return sorted(found)


def check_arguments(arguments: t.Sequence[str], new: str, private: str, user: str | None) -> list[str]:
    """The command line of the server that tries the new directory: the running server's own, and what keeps it to itself.

    It must meet nobody (no network, no X protocol, no replication: server_id 0 leaves all channels alone), write nothing that
    anybody needs (no binary log, so gtid_executed stays; own relay, error and pid files; ib_buffer_pool stays as cloned), need
    little memory, and start no event. Options on the command line come last and win; persisted ones would win over
    them, so they are left out (manual: Persisted System Variables).
    """
    return [
        *arguments,
        "--datadir=" + new,
        "--socket=" + private + "/s",
        "--pid-file=" + private + "/pid",
        "--log-error=" + private + "/error.log",
        # An empty file: the running server's own statements must not be run here, and an empty name is refused.
        "--init-file=" + private + "/nothing.sql",
        "--relay-log=" + private + "/relay",
        "--relay-log-index=" + private + "/relay.index",
        "--innodb-temp-tablespaces-dir=" + private,
        "--innodb-temp-data-file-path=ibtmp1:12M:autoextend",
        "--skip-networking",
        "--loose-mysqlx=OFF",
        "--server-id=0",
        "--loose-skip-replica-start",
        "--loose-group-replication-start-on-boot=OFF",
        "--event-scheduler=DISABLED",
        "--skip-log-bin",
        "--general-log=OFF",
        "--slow-query-log=OFF",
        "--persisted-globals-load=OFF",
        "--daemonize=OFF",
        "--innodb-buffer-pool-size=128M",
        "--innodb-buffer-pool-chunk-size=128M",
        "--innodb-buffer-pool-instances=1",
        "--innodb-buffer-pool-load-at-startup=OFF",
        "--innodb-buffer-pool-dump-at-shutdown=OFF",
        *(["--user=" + user] if user else []),
    ]


def last_errors(text: str) -> list[str]:
    """The last error lines of a server's log, without time and thread; text or JSON lines."""
    found = []
    for line in text.splitlines():
        match = re.search(r"\[ERROR\]\s+(.*)", line)
        if match:
            found.append(match.group(1))
        elif line.startswith("{"):
            with contextlib.suppress(ValueError):
                entry = json.loads(line)
                if entry.get("label") == "Error" and entry.get("msg"):
                    found.append("[MY-%06d] %s" % (entry.get("err_code", 0), entry["msg"]))
    # "Aborting" and the like say nothing once there is a cause.
    telling = [line for line in found if not re.search(r"MY-010119|MY-010065", line)]
    return list(dict.fromkeys(telling or found))[:_ERRORS_SHOWN]


_RULE = re.compile(r"^\s*(?:owner\s+)?(/\S*)\s+([a-zA-Z]+),", re.MULTILINE)


def apparmor_allows(profiles: str, path: str) -> bool:
    """Whether some rule of these AppArmor profiles lets files below a path be written (manual: apparmor.d, globbing)."""
    for pattern, modes in _RULE.findall(profiles):
        text = re.escape(pattern).replace(r"\*\*", ".*").replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
        text = re.sub(r"\\\{([^{}]*)\\\}", lambda match: "(%s)" % match.group(1).replace(",", "|"), text)
        if "w" in modes and re.fullmatch(text, path.rstrip("/") + "/ibdata1"):
            return True
    return False


# -- may it be done (pure) ---------------------------------------------------------------------------------------------


def _finding(name: str, title: str, category: str, message: str | None, good: str, remedy: str = "") -> Finding:
    status = "ok" if message is None else "fail"
    return Finding("recipient.swap_" + name, title, category, status, message or good, remedy=remedy or None)


def findings(facts: t.Mapping[str, t.Any], site: t.Mapping[str, t.Any]) -> list[Finding]:
    """What keeps the data directories from being swapped, beyond the rules that precheck has for this method."""
    host = facts.get("host")
    if host is None:
        reason = facts.get("absent", {}).get("host") or "the server is not known to run here"
        return [
            _finding(
                "host",
                "The module runs on the recipient's own host",
                "configuration",
                "method side_by_side renames directories, which needs the server's own host and a user who may look into its datadir: %s"
                % reason,
                "",
                "Run the task on the recipient's host as root or as the server's user, or use method=replace",
            )
        ]
    return [*_place(site), *_contents(facts, site), *_people(facts, site), *_confinement(host, site)]


def _place(site: t.Mapping[str, t.Any]) -> list[Finding]:
    datadir = site["datadir"]
    mounted = None
    if site["mounts"]:
        mounted = "%s is a mount point, so the datadir %s can't be renamed as a whole" % (site["mounts"][0], datadir)
    apart = None
    if site["device"] != site["new_device"]:
        apart = "%s lies on another file system than the datadir %s, so it can't be renamed to it" % (
            site["new"],
            datadir,
        )
    locked = None
    if site["not_writable"]:
        locked = "%s may not rename directories in %s" % (site["me"], " and ".join(site["not_writable"]))
    return [
        _finding(
            "mount",
            "The data directory can be renamed",
            "disk",
            mounted,
            datadir + " is an ordinary directory",
            "Put the datadir into a directory below the mount point, or use method=replace",
        ),
        _finding(
            "file_system",
            "The new directory is on the datadir's file system",
            "disk",
            apart,
            "both are on one file system",
            "Give a data_directory on the datadir's file system, or leave it out",
        ),
        _finding(
            "parent",
            "Directories can be renamed beside the data directory",
            "privilege",
            locked,
            "%s may rename directories there" % site["me"],
            "Run the task with become",
        ),
    ]


def _contents(facts: t.Mapping[str, t.Any], site: t.Mapping[str, t.Any]) -> list[Finding]:
    datadir = site["datadir"]
    elsewhere = []
    for name, path in sorted(site["directories"].items()):
        # A clone into a directory lays these files down at its top, whatever the recipient's own layout.
        if name in ("redo", "undo", "system", "doublewrite") and os.path.realpath(path) != datadir:
            elsewhere.append("%s in %s" % (name, path))
    files = facts.get("files") or {"outside": {"first": []}, "system": []}
    elsewhere += ["tablespace " + path for path in files["outside"]["first"]]
    for name in ("relay_log_basename", "relay_log_index", "log_bin_index"):
        path = site["variables"].get(name)
        if path and not _inside(os.path.join(datadir, path), site):
            elsewhere.append("%s %s" % (name, path))
    return [
        _finding(
            "contents",
            "All that the server writes lies in its data directory",
            "disk",
            "not at its place in the datadir %s: %s" % (datadir, ", ".join(elsewhere)) if elsewhere else None,
            "nothing lies elsewhere",
            "Move these files into the datadir, or use method=replace",
        )
    ]


def _inside(path: str, site: t.Mapping[str, t.Any]) -> bool:
    normal = os.path.normpath(path) + "/"
    return any(normal.startswith(place.rstrip("/") + "/") for place in (site["datadir"], site["configured"]))


def _people(facts: t.Mapping[str, t.Any], site: t.Mapping[str, t.Any]) -> list[Finding]:
    stranger = None
    if site["euid"] not in (0, site["uid"]):
        stranger = "the task runs as %s, the server as %s" % (site["me"], site["user"])
    elif not site["visible"]:
        stranger = "%s may not look at the server's process, which was started by root" % site["me"]
    restarted = None
    unit = facts["host"]["supervisor"].get("systemd", {})
    if unit.get("Restart") == "always" and unit.get("MainPID") == str(facts["host"]["pid"]):
        restarted = (
            "systemd starts %s again right after its shutdown (Restart=always), so there is no time to swap"
            % (facts["host"]["supervisor"]["unit"])
        )
    held = facts.get("grants", {}).get("privileges", {}).get("*.*", ())
    powerless = None
    if "ALL PRIVILEGES" not in held and "SHUTDOWN" not in held:
        powerless = "%s lacks the privilege SHUTDOWN" % facts.get("account", "the account")
    return [
        _finding(
            "user",
            "The task runs as root or as the server's user",
            "privilege",
            stranger,
            "the task runs as %s" % site["me"],
            "Run the task with become, or with become_user=%s" % site["user"],
        ),
        _finding(
            "supervisor",
            "A server that was shut down stays down",
            "state",
            restarted,
            "nothing restarts it after a shutdown, as far as is known",
            "systemctl edit the unit: Restart=on-failure",
        ),
        _finding(
            "shutdown",
            "The account may shut the server down",
            "privilege",
            powerless,
            "it has SHUTDOWN",
            "GRANT SHUTDOWN ON *.* to it",
        ),
    ]


def _confinement(host: t.Mapping[str, t.Any], site: t.Mapping[str, t.Any]) -> list[Finding]:
    """Only what is certain; where a profile can't be read, precheck's own rule warns."""
    profile = host["confinement"] or ""
    bad = None
    if "(enforce)" in profile and site["apparmor"] and not apparmor_allows(site["apparmor"], site["new"]):
        bad = "AppArmor's profile %s keeps the server from %s" % (profile, site["new"])
    elif site["selinux"] and profile.count(":") >= 2 and "unconfined" not in profile:
        bad = "SELinux is enforcing and confines the server (%s): it may not make %s" % (profile, site["new"])
    return [
        _finding(
            "confinement",
            "The server may write beside its data directory",
            "configuration",
            bad,
            "no confinement is known to forbid it",
            "Allow the path in mysqld's AppArmor profile or with an SELinux policy, or use method=replace",
        )
    ]


# -- looking at the host -----------------------------------------------------------------------------------------------


def _text(path: str, more_flags: int = 0) -> str:
    try:
        with open(
            path,
            encoding="utf-8",
            errors="replace",
            opener=lambda name, flags: os.open(name, flags | more_flags | os.O_NONBLOCK),
        ) as file:
            return file.read(_LONGEST_FILE)
    except OSError:
        return ""


def mounts_at(datadir: str, table: str) -> list[str]:
    """Mount points that are the directory or lie in it; ``table`` is the text of /proc/self/mountinfo (bind mounts count)."""
    found = []
    for line in table.splitlines():
        fields = line.split()
        if len(fields) > 4:
            place = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match.group(1), 8)), fields[4])
            if (place + "/").startswith(datadir.rstrip("/") + "/"):
                found.append(place)
    return found


def _nearest(path: str) -> str:
    while path != "/" and not os.path.isdir(path):
        path = os.path.dirname(path.rstrip("/")) or "/"
    return path


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _profiles(confinement: str | None) -> str:
    """The AppArmor profiles that name this one, with their local additions; empty where none can be read."""
    name = (confinement or "").split(" ")[0]
    texts = []
    if name.strip("\0") and os.path.isdir("/etc/apparmor.d"):
        for entry in sorted(os.listdir("/etc/apparmor.d")):
            text = _text(os.path.join("/etc/apparmor.d", entry))
            if re.search(r"^\s*(profile\s+)?%s\b[^\n]*\{" % re.escape(name), text, re.MULTILINE):
                texts += [text, _text(os.path.join("/etc/apparmor.d/local", entry))]
    return "\n".join(texts)


def look(facts: t.Mapping[str, t.Any], more: t.Mapping[str, t.Any], new: str) -> dict[str, t.Any]:
    """The place of the swap as plain data. ``facts`` must hold the host's; ``more`` are the variables in VARIABLES."""
    configured = os.path.normpath(facts["variables"]["datadir"])
    datadir = os.path.realpath(configured)
    parents = sorted({os.path.dirname(datadir), _nearest(os.path.dirname(new))})
    owner = _privileges.of_process(facts["host"]["pid"]).uid
    return {
        "configured": configured,
        "datadir": datadir,
        "new": new,
        "mounts": mounts_at(datadir, _text("/proc/self/mountinfo")),
        "device": os.stat(datadir).st_dev,
        "new_device": os.stat(_nearest(os.path.dirname(new))).st_dev,
        "not_writable": [parent for parent in parents if not os.access(parent, os.W_OK | os.X_OK)],
        "directories": _host.directories(facts["variables"]),
        "variables": dict(more),
        "euid": os.geteuid(),
        "me": _user_name(os.geteuid()),
        "uid": owner,
        "user": _user_name(owner),
        "visible": os.access("/proc/%d/environ" % facts["host"]["pid"], os.R_OK),
        "selinux": _text("/sys/fs/selinux/enforce").strip() == "1",
        "apparmor": _profiles(facts["host"]["confinement"]),
    }


class Host:
    """Directories and processes of this machine."""

    def identity(self, path: str) -> Identity:
        """Device and inode of what has that name, or None."""
        try:
            found = os.lstat(path)
        except FileNotFoundError:
            return None
        return [found.st_dev, found.st_ino]

    def rename(self, source: str, target: str) -> None:
        """Rename, for good: the directories that hold the names are written to disk. Never over something."""
        if os.path.lexists(target):
            raise CloneError("%s can't be renamed to %s: that exists" % (source, target))
        os.rename(source, target)
        for parent in sorted({os.path.dirname(source), os.path.dirname(target)}):
            self.sync(parent)

    @staticmethod
    def sync(path: str) -> None:
        """Write what a directory holds of names to the disk."""
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def remove(self, path: str) -> None:
        """Remove a directory with all below it."""
        shutil.rmtree(path)

    def servers(self, path: str) -> list[int]:
        """Processes that work in a directory or were told to (a server changes into its data directory)."""
        found = []
        here = self.identity(path)
        for name in os.listdir("/proc"):
            if not name.isdigit() or int(name) == os.getpid():
                continue
            with contextlib.suppress(OSError):
                arguments = _text("/proc/%s/cmdline" % name).split("\0")
                working = os.stat("/proc/%s/cwd" % name)
                inside = here is not None and [working.st_dev, working.st_ino] == here
                # The program, as mysqld_safe is a script with much the same arguments.
                program = os.path.basename(os.readlink("/proc/%s/exe" % name))
                if program.startswith("mysqld") and (inside or "--datadir=" + path in arguments[1:]):
                    found.append(int(name))
        return found

    @staticmethod
    def was_told(pid: int, path: str) -> bool:
        """Whether a process was started with that data directory."""
        return "--datadir=" + path in _text("/proc/%d/cmdline" % pid).split("\0")

    def alive(self, pid: int) -> bool:
        """Whether there is such a process, also one that has ended and was not yet waited for."""
        return os.path.exists("/proc/%d" % pid)

    def signal(self, pid: int, number: int) -> None:
        """Send a signal; a process that has ended meanwhile is what was wanted."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)

    def command_line(self, pid: int) -> tuple[str, list[str], dict[str, str]]:
        """Program, arguments and environment of the running server, for another one like it."""
        # A package upgrade replaces the file; the server will be started from the new one.
        program = os.readlink("/proc/%d/exe" % pid).replace(" (deleted)", "")
        arguments = _text("/proc/%d/cmdline" % pid).rstrip("\0").split("\0")[1:]
        environment = dict(entry.split("=", 1) for entry in _text("/proc/%d/environ" % pid).split("\0") if "=" in entry)
        return program, arguments, {k: v for k, v in environment.items() if k not in _NOT_INHERITED}

    @staticmethod
    def privileges(pid: int) -> _privileges.Privileges:
        """Whose rights a process has."""
        return _privileges.of_process(pid)

    def parent(self, pid: int) -> int:
        """The process that is told of its end; 1 where that isn't known."""
        found = re.search(r"^PPid:\s+(\d+)$", _text("/proc/%d/status" % pid), re.MULTILINE)
        return int(found.group(1)) if found else 1


# -- doing it ----------------------------------------------------------------------------------------------------------


class Swap:
    """One swap, from the directory's name to the verified server; every step stands in the journal before it is made.

    ``logins`` are those to try on the cloned data; ``seconds`` limits a start or a shutdown.
    """

    def __init__(
        self,
        link: t.Any,
        journal: t.Any,
        record: dict[str, t.Any],
        logins: t.Sequence[Login],
        start_command: str | None,
        seconds: t.Callable[[], float],
        host: Host | None = None,
    ) -> None:
        self.link = link
        self.journal = journal
        self.record = record
        self.logins = tuple(logins)
        self.start_command = start_command
        self.seconds = seconds
        self.host = host or Host()
        self.warnings: list[str] = []
        self._served = bool(record.get("served"))

    @staticmethod
    def planned(site: t.Mapping[str, t.Any], wall: float, host: Host) -> dict[str, t.Any]:
        """The record of a swap that has not begun."""
        return {
            "goal": "none",
            "datadir": site["datadir"],
            "new": site["new"],
            "old": dated(site["datadir"], "old", wall),
            "original": host.identity(site["datadir"]),
            "copy": None,
            "server_uuid": site["variables"]["server_uuid"],
            "private": None,
            "error_log": site["variables"].get("log_error"),
            "gtid_executed": None,
            "variables": {name: site["variables"].get(name) for name in VARIABLES},
            "served": False,
        }

    def result(self) -> dict[str, t.Any]:
        """As the module returns it: ``state`` is swapped, rolled_back, or untouched (the old server was never stopped)."""
        record = self.record
        state = record.get("state", "untouched")
        return {
            "state": state,
            "old_datadir": record["old"] if self.host.identity(record["old"]) == record["original"] else None,
            "new_datadir": record["new"] if self.host.identity(record["new"]) is not None else None,
            "datadir": record["datadir"],
        }

    def _keep(self, **values: t.Any) -> None:
        self.record.update(values)
        self.journal.keep(swap=self.record)

    def _note(self, **values: t.Any) -> None:
        """As _keep, where the work goes on also when it can't be written down: the next word tells it, too."""
        with contextlib.suppress(CloneError):
            self._keep(**values)

    def _seen(self) -> Seen:
        record = self.record
        return Seen(*(what(self.host.identity(record[name]), record) for name in ("datadir", "new", "old")))

    def begin(self) -> None:
        """Before each CLONE statement: remember the directory that it makes, and remove what a failed one left there."""
        self._keep(goal="none", copy=None)
        try:
            self._discard()
        except OSError as error:
            raise CloneError("%s could not be removed: %s" % (self.record["new"], error.strerror)) from error

    def _discard(self) -> None:
        """Remove the new directory, unless it is or was somebody's data. Raises OSError, or CloneError when it is in use."""
        new = self.record["new"]
        found = self.host.identity(new)
        if found is None or found == self.record["original"] or self._served:
            return
        self._end_servers(new, trial=True)
        running = self.host.servers(new)
        if running:
            raise CloneError("%s was not removed: a server works in it (process %d)" % (new, running[0]))
        self.host.remove(new)

    def abandon(self, keep_copy: bool = False) -> None:
        """The run has failed before anything was stopped: the old server stays as it is."""
        if self.record["goal"] != "none":
            return
        try:
            if not keep_copy:
                self._discard()
        except (CloneError, OSError) as error:
            self.warnings.append("%s could not be removed: %s" % (self.record["new"], error))
        self._remove_private()
        self._note(goal="none" if keep_copy else "done", state="untouched")

    # -- an interrupted run --------------------------------------------------------------------------------------------

    def resume(self) -> bool:
        """Bring what an interrupted run left to an end; True when the swap is finished by that.

        Nothing is done for a run that had not stopped the old server: its clone may even be under way.
        """
        self._remove_private()
        if self.record["goal"] == "none":
            if self._seen().datadir != "original":
                raise self._stuck()
            return False
        move = next_move(self.record["goal"], self._seen())
        if move == "stuck":
            raise self._stuck()
        if not self.start_command:
            raise CloneError(
                "an interrupted run left a swap of data directories unfinished: give start_command, so that it can be "
                "brought to an end (old data: %s)" % self._where_is_the_original(),
                swap=self.result(),
            )
        self.journal.event("finishing the swap that an interrupted run began")
        if self.record["goal"] == "forward" and move not in ("set_aside", "give_up"):
            self.finish()
            return True
        # The old data is where it was, or the run was on its way back.
        self._back()
        return False

    def _where_is_the_original(self) -> str:
        for name in ("datadir", "old", "new"):
            if self.host.identity(self.record[name]) == self.record["original"]:
                return str(self.record[name])
        return "not found"

    def _stuck(self) -> CloneError:
        record = self.record
        return CloneError(
            "the data directories of an interrupted swap have been moved by somebody else, so nothing was touched: the old "
            "data is in %s; expected it in %s or %s. Put it in place by hand, start the server, and remove the journal in "
            "state_directory" % (self._where_is_the_original(), record["datadir"], record["old"]),
            swap=self.result(),
        )

    # -- the new directory ---------------------------------------------------------------------------------------------

    def carry(self, pid: int) -> None:
        """Make the copy the recipient's own: its uuid, persisted variables, keys; mode as the old directory's.

        Done with the rights of the server's process ``pid``: both directories are the server's. Raises CloneError or OSError.
        """
        _privileges.work_as(self.host.privileges(pid), self._carried)
        self.host.sync(self.record["new"])
        self._keep(copy=self.host.identity(self.record["new"]))

    def _carried(self) -> None:
        record = self.record
        old, new = record["datadir"], record["new"]
        keyrings = [record["variables"].get("keyring_file_data") or ""]
        names = os.listdir(old)
        for name in names:
            if fnmatch.fnmatchcase(name, "component_keyring_*.cnf"):
                with contextlib.suppress(ValueError, AttributeError):
                    keyrings.append(json.loads(_text(os.path.join(old, name))).get("path") or "")
        for relative in to_make(record["variables"], old):
            os.makedirs(os.path.join(new, relative), mode=0o750, exist_ok=True)
        for relative in to_carry(names, [path for path in keyrings if path], old):
            source, target = os.path.join(old, relative), os.path.join(new, relative)
            if os.path.isfile(source):
                self._copy(source, target)
        os.chmod(new, os.stat(old).st_mode & 0o777)

    @staticmethod
    def _copy(source: str, target: str) -> None:
        """A copy with its mode, on disk; private from its first byte on, as it may be a key."""
        os.makedirs(os.path.dirname(target), mode=0o750, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(target)
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as out, open(source, "rb") as into:
            shutil.copyfileobj(into, out)
            os.fchmod(out.fileno(), os.fstat(into.fileno()).st_mode & 0o777)
            out.flush()
            os.fsync(out.fileno())

    def check(self, pid: int, source: str) -> None:
        """Start a second server on the copy, where nobody meets it, and look at its data. Raises CloneError when it fails."""
        record = self.record
        program, arguments, environment = self.host.command_line(pid)
        rights = self.host.privileges(pid)
        # Not below TMPDIR, which may be closed to the server's user; a socket's path must be short, too.
        private = tempfile.mkdtemp(prefix="mysql-clone-", dir="/tmp" if os.path.isdir("/tmp") else None)
        self._keep(private=private)
        self.journal.event("trying the clone in %s with a second server" % record["new"])
        with open(os.path.join(private, "output"), "wb") as output:
            with open(os.path.join(private, "nothing.sql"), "w", encoding="utf-8") as nothing:
                if rights.drops:
                    os.fchown(nothing.fileno(), rights.uid, rights.gid)
            if rights.drops:
                # The last that root does in there; what is written is written through a descriptor.
                os.chown(private, rights.uid, rights.gid)
            process = subprocess.Popen(
                [
                    program,
                    *check_arguments(arguments, record["new"], private, None if rights.uid else "root"),
                ],
                # The program, too, is what the server's process says it is.
                user=rights.uid if rights.drops else None,
                group=rights.gid if rights.drops else None,
                extra_groups=rights.groups if rights.drops else None,
                env=environment,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._look_at(process, private, source)
            process.send_signal(signal.SIGTERM)
            try:
                status = process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                status = None
            if status != 0:
                raise self._failed_check(
                    "it did not shut down cleanly (%s)"
                    % ("status %d" % status if status is not None else "still running after %d s" % _STOP_SECONDS),
                    private,
                )
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            self._remove_private()

    def _look_at(self, process: subprocess.Popen[bytes], private: str, source: str) -> None:
        record = self.record
        until = self.link.clock() + self.seconds()
        logins = [login._replace(unix_socket=private + "/s", host="localhost") for login in self.logins]
        while True:
            if process.poll() is not None:
                raise self._failed_check("it ended with status %d" % process.returncode, private)
            try:
                with self.link.open(logins) as server:
                    rows = server.query("SELECT @@GLOBAL.server_uuid AS uuid, @@GLOBAL.gtid_executed AS gtids")
                    clone = _completed(server, record["new"])
                break
            except ServerError as error:
                if error.number in ACCESS_DENIED:
                    raise CloneError(
                        "none of the logins works on the cloned data (%s): its accounts are the donor's. Give "
                        "post_clone_login_user and post_clone_login_password" % error.text
                    ) from error
                if self.link.clock() >= until:
                    raise self._failed_check("it does not answer: %s" % error.text, private) from error
            self.link.sleep(0.2)
        if rows[0]["uuid"] != record["server_uuid"]:
            raise self._failed_check("its server_uuid is %s, not the recipient's" % rows[0]["uuid"], private)
        if clone is not None and (clone["state"] != "completed" or (clone["source"] or "").lower() != source):
            raise self._failed_check("its clone is %s from %s" % (clone["state"], clone["source"]), private)
        self._keep(gtid_executed=rows[0]["gtids"].replace("\n", ""))

    def _failed_check(self, reason: str, private: str) -> CloneError:
        texts = [
            _text(os.path.join(private, name), os.O_NOFOLLOW) for name in ("error.log", "error.log.00.json", "output")
        ]
        errors = next((found for found in map(last_errors, texts) if found), [])
        return CloneError(
            "a second server, started on the clone for a trial, failed: %s%s"
            % (reason, ". Its error log: " + "; ".join(errors) if errors else "")
        )

    def _remove_private(self) -> None:
        if self.record["private"]:
            self._end_servers(self.record["new"], trial=True)
            shutil.rmtree(self.record["private"], ignore_errors=True)
            self._note(private=None)

    # -- the swap ------------------------------------------------------------------------------------------------------

    def exchange(self, own: t.Callable[[], Server], pid: int) -> dict[str, t.Any]:
        """Stop the old server, put the copy in its place, start and verify it; on any failure all the way back.

        The clone's view on the new server. Raises CloneError, after which the old server runs on the old data.
        """
        self.journal.event("the clone is good; shutting the server down to swap the data directories")
        self._keep(goal="forward", state="untouched")
        self._shut_down(own, pid, "none")
        return self.finish()

    def _shut_down(self, own: t.Callable[[], Server], pid: int, goal: str) -> None:
        """End the server; ``goal`` is what the record goes back to where it refuses. Raises CloneError."""
        parent = self.host.parent(pid)
        try:
            with own() as server:
                server.execute("SHUTDOWN")
        except ServerError as error:
            if self.host.alive(pid) and error.number not in (2006, 2013, 1053):
                self._note(goal=goal)
                raise CloneError("the server could not be shut down: %s" % error.text) from error
        self._wait_gone(pid, parent)

    def _wait_gone(self, pid: int, parent: int) -> None:
        until = self.link.clock() + self.seconds()
        while self.host.alive(pid):
            if self.link.clock() >= until:
                raise CloneError(
                    "the server has been told to shut down and still runs (process %d). Nothing was moved: when it has "
                    "ended, run again or start it by hand" % pid,
                    swap=self.result(),
                )
            self.link.sleep(0.1)
        # Who starts and watches the server must have seen its end, or a start command finds it "running".
        until = self.link.clock() + _PARENT_SECONDS
        while parent > 1 and self.host.alive(parent) and self.link.clock() < until:
            self.link.sleep(0.1)

    def finish(self) -> dict[str, t.Any]:
        """From a stopped server to the verified new one, from whatever step on; else back. Raises CloneError."""
        try:
            self._move("forward")
            clone = self._verified()
        except (CloneError, OSError) as error:
            reason = error.message if isinstance(error, CloneError) else str(error)
            raise self._rolled_back(reason) from error
        self._note(goal="done", state="swapped")
        self.journal.event("swapped; the old data is kept in %s" % self.record["old"])
        return clone

    def _move(self, goal: str) -> None:
        while True:
            move = next_move(goal, self._seen())
            if move == "start":
                return
            if move == "stuck":
                raise self._stuck()
            if move == "give_up":
                raise CloneError("the copy %s is not where it was made" % self.record["new"])
            running = self.host.servers(self.record["datadir"])
            if running:
                raise CloneError(
                    "somebody started the server again while the data directories were being swapped (process %d)"
                    % running[0]
                )
            source, target = renamed(move, self.record)
            # The way back is taken whatever the journal's disk says: the old server is down. Where it was left can be seen.
            remember = self._note if goal == "back" else self._keep
            remember(goal=goal, move=move)
            self.host.rename(source, target)

    def _up(self) -> Server:
        """A session on the server in the datadir, which is started unless it runs. Raises CloneError.

        A start command that came too early (its supervisor had not yet seen the server's end) is run once more, one that
        fails twice.
        """
        datadir = self.record["datadir"]
        if self._seen().datadir == "copy":
            # From here on somebody may write to it.
            self._served = True
            self._keep(served=True)
        until = self.link.clock() + self.seconds()
        commands = failures = 0
        quiet = self.link.clock()
        while True:
            try:
                return t.cast("Server", self.link.open(self.logins))
            except ServerError as error:
                now = self.link.clock()
                running = bool(self.host.servers(datadir))
                if running:
                    quiet = now + _SILENT_START_SECONDS
                if error.number in ACCESS_DENIED or now >= until or (now >= quiet and commands == 2):
                    raise CloneError("the server does not answer: %s%s" % (error.text, self._server_says())) from error
                if now >= quiet and not running:
                    self.journal.event("starting the server with start_command")
                    try:
                        self.link.command(self.start_command or "", max(1.0, until - now))
                    except CloneError as failure:
                        failures += 1
                        if failures == _FAILED_STARTS:
                            raise
                        self.journal.event(failure.message)
                        quiet = self.link.clock() + _FAILED_START_SECONDS
                    else:
                        commands += 1
                        quiet = self.link.clock() + _SILENT_START_SECONDS
            self.link.sleep(0.2)

    def _server_says(self) -> str:
        path = os.path.join(self.record["datadir"], self.record["error_log"] or "stderr")
        errors = last_errors(_text(path)[-20000:]) if os.path.isfile(path) else []
        return ". Its error log: " + "; ".join(errors[-2:]) if errors else ""

    def _verified(self) -> dict[str, t.Any]:
        record = self.record
        with self._up() as server:
            self.logins = (server.login._replace(config_file=None), *self.logins)
            rows = server.query(
                "SELECT @@GLOBAL.server_uuid AS uuid, @@GLOBAL.gtid_executed AS gtids, @@GLOBAL.datadir AS datadir"
            )
            clone = _completed(server, record["datadir"])
        if os.path.realpath(rows[0]["datadir"]) != record["datadir"]:
            raise CloneError("start_command has started a server on %s" % rows[0]["datadir"])
        if rows[0]["uuid"] != record["server_uuid"]:
            raise CloneError("the server's uuid is %s, not %s as before" % (rows[0]["uuid"], record["server_uuid"]))
        if not _gtid.contains(_gtid.parse(rows[0]["gtids"]), _gtid.parse(record["gtid_executed"] or "")):
            raise CloneError("the server lacks transactions that the clone had")
        if clone is None:
            self.warnings.append(
                "the login that works now may not read clone_status; the files of the clone say that it is completed"
            )
            return dict(_progress.NONE, state="completed", percent=100, gtid_executed=record["gtid_executed"])
        if clone["state"] != "completed":
            raise CloneError("the server's clone is %s" % clone["state"])
        return clone

    # -- the way back --------------------------------------------------------------------------------------------------

    def undo(self, own: t.Callable[[], Server], pid: int | None) -> None:
        """After a finished swap: back to the kept old data; the clone goes back to where it was made and is kept there.

        ``pid`` is the server's process, None where it is down. Raises CloneError.
        """
        if next_move("back", self._seen()) != "take_out":
            raise self._stuck()
        self._served = True
        self._keep(goal="back", served=True)
        if pid is not None:
            self._shut_down(own, pid, "done")
        self._back()

    def _back(self) -> None:
        """The original to the datadir and its server up. Raises CloneError where that fails."""
        record = self.record
        self._note(goal="back")
        if self._seen().datadir != "original":
            self._end_servers(record["datadir"])
        self._move("back")
        self._up().close()
        with contextlib.suppress(CloneError, OSError):
            self._discard()
        self._note(goal="done", state="rolled_back")

    def _rolled_back(self, reason: str) -> CloneError:
        self.journal.event("the swap failed, going back: " + reason)
        try:
            self._back()
        except (CloneError, OSError, ServerError) as error:
            words = error.message if isinstance(error, CloneError) else str(error)
            return CloneError(
                "the swap failed: %s. The way back failed, too: %s. The old data is complete in %s; run again, or put it "
                "in place of %s and start the server"
                % (reason.rstrip("."), words.rstrip("."), self._where_is_the_original(), self.record["datadir"]),
                swap=self.result(),
            )
        kept = ""
        if self.host.identity(self.record["new"]) is not None:
            kept = "; the clone, which may have been written to, is kept in %s" % self.record["new"]
        return CloneError(
            "the swap failed: %s. Rolled back: the server runs on its old data again%s" % (reason.rstrip("."), kept),
            swap=self.result(),
        )

    def _end_servers(self, path: str, trial: bool = False) -> None:
        """Stop the servers on a directory that is about to be moved away or removed: a clean shutdown, else by force.

        With ``trial`` only those that a run of ours started for a trial: their command line names the directory.
        """
        for number, seconds in ((signal.SIGTERM, _STOP_SECONDS), (signal.SIGKILL, 10.0)):
            running = [pid for pid in self.host.servers(path) if not trial or self.host.was_told(pid, path)]
            for pid in running:
                self.host.signal(pid, number)
            until = self.link.clock() + seconds
            while any(self.host.alive(pid) for pid in running) and self.link.clock() < until:
                self.link.sleep(0.1)


def _completed(server: Server, directory: str) -> dict[str, t.Any] | None:
    """The clone's view; None where the login may not read it but the files in the data directory say "completed" (2)."""
    try:
        return _progress.read(server)
    except ServerError as error:
        if error.number not in (NO_SUCH_TABLE, NOT_ALLOWED):
            raise
        words = _text(os.path.join(directory, "#clone", "#view_status")).split()
        if words[:1] != ["2"]:
            raise CloneError("the files of the clone in %s don't say that it is completed" % directory) from error
        return None
