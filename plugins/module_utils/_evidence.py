# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Collects what a diagnosis needs from a recipient that may be up, half up or down, and from its donor.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import time
import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils import (
    _diagnosis,
    _errorlog,
    _errors,
    _facts,
    _host,
    _precheck,
    _progress,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import (
    BadInput,
    CloneError,
    MissingLibrary,
    ServerError,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._findings import Finding, with_status
from ansible_collections.dbops.mysql_clone.plugins.module_utils._module import donor_login, own_logins
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import (
    ACCESS_DENIED,
    Login,
    Server,
    connect_first,
)

# A clone that has not moved between two looks so many seconds apart stands still.
WATCH_SECONDS = 2.0
# How much of a log's end is searched for clones, and how much of that is read line by line (bytes).
SEARCHED = 256 << 20
READ_WHOLE = 1 << 20
EVENTS = 2000


class Steps:
    """What was looked at, in which order, what came of it and how long it took."""

    def __init__(self, clock: t.Callable[[], float] = time.monotonic) -> None:
        self.done: list[dict[str, t.Any]] = []
        self._clock = clock

    @contextlib.contextmanager
    def step(self, name: str, what: str) -> t.Iterator[dict[str, t.Any]]:
        """One step; an error that was foreseen is its result and ends the step alone."""
        begin = self._clock()
        row: dict[str, t.Any] = {"step": name, "what": what, "result": "done"}
        self.done.append(row)
        try:
            yield row
        except CloneError as error:
            row["result"] = "not possible: %s" % error.message
        finally:
            row["seconds"] = round(self._clock() - begin, 3)


def given_error(text: str) -> _errors.ErrorEntry:
    """The error that the user names, by number or by any text."""
    text = text.strip()
    if text.isdigit():
        return _errors.classify(int(text))
    return _errors.classify(None, text)


# -- the #clone directory ----------------------------------------------------------------------------------------------

_STATE_FILES = ("status_in_progress", "status_error", "status_fix", "status_recovery")


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().splitlines()
    except OSError:
        return []


def _time(text: str) -> str | None:
    """ISO 8601 in UTC from the microseconds since 1970 that the files hold; 0 is none."""
    microseconds = int(text)
    if not microseconds:
        return None
    moment = datetime.datetime.fromtimestamp(microseconds / 1e6, datetime.timezone.utc)
    return moment.replace(tzinfo=None).isoformat() + "Z"


def clone_on_disk(datadir: str) -> dict[str, t.Any] | None:
    """The clone's view from the files in #clone, for a server that is down; None where there are none.

    They hold the rows of clone_status and clone_progress as lines of numbers (server behaviour).
    """
    directory = os.path.join(datadir, "#clone")
    status, progress = (_lines(os.path.join(directory, name)) for name in ("#view_status", "#view_progress"))
    try:
        state = _progress.STATES[int(status[0].split()[0])]
        begin, end = status[1].split()[:2]
        row = {
            "STATE": state,
            "PID": 0,
            "BEGIN_TIME": _time(begin),
            "END_TIME": _time(end),
            "SOURCE": status[2],
            "DESTINATION": "LOCAL INSTANCE",
            "ERROR_NO": int(status[3]),
            "ERROR_MESSAGE": status[4],
            "BINLOG_FILE": "",
            "BINLOG_POSITION": 0,
            "GTID_EXECUTED": "",
        }
        stages = []
        for name, line in zip(_progress.STAGES, progress[1:]):
            number, threads, first, last, estimate, done, network = (int(word) for word in line.split()[:7])
            stages.append(
                {
                    "STAGE": name,
                    "STATE": _progress.STATES[number],
                    "BEGIN_TIME": _time(str(first)),
                    "END_TIME": _time(str(last)),
                    "THREADS": threads,
                    "ESTIMATE": estimate,
                    "DATA": done,
                    "NETWORK": network,
                    "DATA_SPEED": 0,
                }
            )
    except (IndexError, ValueError):
        return None
    return _progress.view([row], stages)


def files_of(datadir: str) -> dict[str, t.Any] | None:
    """Which of the marker files lie in #clone; None where the directory can't be read or isn't there."""
    directory = os.path.join(datadir, "#clone")
    try:
        names = set(os.listdir(directory))
    except OSError:
        return None
    return {"directory": datadir, **{name: "#" + name in names for name in _STATE_FILES}}


# -- the log -----------------------------------------------------------------------------------------------------------


def log_of(path: str, since: str) -> dict[str, t.Any]:
    """The clones in the last part of a log, and all events of its end. Raises CloneError when it can't be read."""
    clones = _errorlog.Collector(_errorlog.Wanted(since, "", True, EVENTS))
    latest = _errorlog.Collector(_errorlog.Wanted(since, "", False, EVENTS))
    try:
        # A packed file has no end to seek from.
        size = 0 if path.endswith(".gz") else os.path.getsize(path)
        for collector, part in ((clones, SEARCHED), (latest, READ_WHOLE)):
            with _errorlog.opened(path) as stream:
                if size > part:
                    stream.seek(size - part)
                    stream.readline(_errorlog.LONGEST_LINE)
                collector.take_stream(stream)
    except (OSError, EOFError) as error:
        raise CloneError("the error log '%s' can't be read: %s" % (path, error)) from error
    found = latest.result()
    return {"clones": clones.result()["clones"], "events": found["events"], "keywords": found["keywords"], "path": path}


def log_of_server(server: Server, since: str) -> dict[str, t.Any]:
    """What the log of a server that answers holds since then: from the file where it can be read here, else from the server's table."""
    place = _errorlog.place_of(server)
    if place.path is not None:
        return log_of(place.path, since)
    found = _errorlog.read_table(server, _errorlog.Wanted(since, "", False, EVENTS), None)
    return {
        "clones": found["clones"],
        "events": found["events"],
        "keywords": found["keywords"],
        "path": "performance_schema.error_log",
    }


def _log_words(log: t.Mapping[str, t.Any]) -> str:
    last = log["clones"][-1] if log["clones"] else None
    told = "the last clone in it %s" % last["outcome"].replace("_", " ") if last else "no clone in it"
    return "%s: %d events, %s" % (log["path"], len(log["events"]), told)


# -- collecting --------------------------------------------------------------------------------------------------------


def _datadir(params: t.Mapping[str, t.Any]) -> tuple[str | None, str | None]:
    """Where a server that is down keeps its data, and its log: from the options, else from its option files."""
    place = _errorlog.find(params["server_config_file"])
    files = (params["server_config_file"],) if params["server_config_file"] else _errorlog.SERVER_CONFIG_FILES
    settings: dict[str, str] = {}
    for name in files:
        settings.update(_errorlog.server_options(name))
    datadir = params["datadir"] or settings.get("datadir") or "/var/lib/mysql"
    return (datadir if os.path.isdir(datadir) else None), params["path"] or place.path


def collect_down(params: t.Mapping[str, t.Any], error: ServerError, since: str, steps: Steps) -> _diagnosis.Evidence:
    """What is seen of a recipient that gives no session: its log, its files and its disk."""
    evidence = _diagnosis.Evidence(
        label=own_logins(params)[0].label,
        down=_errors.classify(error.number, error.text),
        denied=error.number in ACCESS_DENIED,
    )
    datadir, path = _datadir(params)
    with steps.step("log", "the error log") as row:
        if path is None:
            raise BadInput("no error log was found; give path or server_config_file")
        log = log_of(path, since)
        evidence = evidence._replace(log=log)
        row["result"] = _log_words(log)
    with steps.step("files", "the #clone directory and the room below %s" % (datadir or "the data directory")) as row:
        if datadir is None:
            raise BadInput("the data directory was not found; give datadir")
        evidence = evidence._replace(
            files=files_of(datadir), clone=clone_on_disk(datadir), host=_host.file_system(datadir)
        )
        marks = [name for name, there in (evidence.files or {}).items() if there is True]
        row["result"] = "%s; %s free" % (
            ", ".join(marks) or "no mark of an unfinished clone",
            _progress.size((evidence.host or {}).get("free", 0)),
        )
    return evidence._replace(names={"datadir": datadir or "", "error_log": path or "", "data_directory": datadir or ""})


def _donor_of(params: t.Mapping[str, t.Any], clone: t.Mapping[str, t.Any] | None) -> Login | None:
    """The donor that was named, else the one that the last clone had, as far as an address goes."""
    login = donor_login(params) if params["donor_host"] else None
    host, _colon, port = ((clone or {}).get("source") or "").rpartition(":")
    if login is None and host and port.isdigit():
        login = Login(host=host, port=int(port), config_file=None, connect_timeout=params["connect_timeout"])
    return login


def _collect_up(params: t.Mapping[str, t.Any], server: Server, since: str, steps: Steps) -> _diagnosis.Evidence:
    evidence = _diagnosis.Evidence(label=server.label, donor=_named_donor(params))
    clone: dict[str, t.Any] | None = None
    with steps.step("error", "the server's own record of the last clone") as row:
        clone = dict(_progress.read(server), read_at=_now())
        row["result"] = _progress.line(clone) if clone["state"] != "none" else "no clone"
        if clone.get("error"):
            row["result"] = "failed: %s (error %d)" % (clone["error"]["message"], clone["error"]["code"])
    evidence = evidence._replace(clone=clone)
    facts: dict[str, t.Any] = {}
    with steps.step("resources", "the server and its host") as row:
        facts = _facts.server_facts(server)
        row["result"] = "%d facts, %d not to be had" % (len(facts), len(facts["absent"]))
    with steps.step("log", "the error log") as row:
        log = log_of(params["path"], since) if params["path"] else log_of_server(server, since)
        evidence = evidence._replace(log=log)
        row["result"] = _log_words(log)
    donor = _donor_of(params, clone)
    if clone and clone["state"] == "in_progress":
        with steps.step("progress", "whether the clone moves, %.0f s later" % WATCH_SECONDS) as row:
            time.sleep(WATCH_SECONDS)
            later = dict(_progress.read(server), read_at=_now())
            evidence = evidence._replace(later=later)
            row["result"] = _progress.line(later)
    # A link that stands still would be waited for, and tells nothing new.
    reached = None if donor is None or _diagnosis.is_stalled(evidence) else donor
    if facts:
        whose = " and the donor %s" % reached.label if reached else ""
        with steps.step("network", "the way to the donor") as row:
            evidence = evidence._replace(findings=_checks(params, facts, reached))
            row["result"] = _checked(evidence.findings, ("network",))
        for name, what, categories in (
            ("privileges", "privileges on the recipient", ("privilege",)),
            ("configuration", "room, resources, configuration and state of the recipient", _OTHERS),
        ):
            with steps.step(name, what + whose) as row:
                row["result"] = _checked(evidence.findings, categories)
    names = {
        "donor_host": donor.host if donor else "",
        "donor_port": str(donor.port) if donor else "",
        "donor_user": (donor.user if donor else "") or "",
        "datadir": facts.get("variables", {}).get("datadir", ""),
        "error_log": (evidence.log or {}).get("path", ""),
    }
    unseen = [
        "%s (%s)" % (row["step"], row["result"]) for row in steps.done if row["result"].startswith("not possible")
    ]
    return evidence._replace(names=names, unseen=unseen)


_OTHERS = ("disk", "resource", "configuration", "state")


def _checked(findings: t.Sequence[Finding], categories: t.Collection[str]) -> str:
    """How many checks of these categories there were, and which failed."""
    asked = [finding for finding in findings if finding.category in categories]
    failed = [finding.id for finding in with_status(asked, "fail")]
    return "%d checks, %s" % (len(asked), "failed: " + ", ".join(failed) if failed else "none failed")


def _named_donor(params: t.Mapping[str, t.Any]) -> str | None:
    return "%s:%d" % (params["donor_host"], params["donor_port"]) if params["donor_host"] else None


def _now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None).isoformat()


def _checks(params: t.Mapping[str, t.Any], facts: t.Mapping[str, t.Any], donor: Login | None) -> list[Finding]:
    wanted = {
        "donor_host": donor.host if donor else None,
        "donor_port": donor.port if donor else 3306,
        "donor_user": donor.user if donor else None,
        "require_ssl": params["require_ssl"],
        # What protects data is no cause of a failure.
        "overwrite": True,
        "force": True,
    }
    return _precheck.compare(facts, donor, wanted, params["donor_facts"]).checks


def collect(params: t.Mapping[str, t.Any], steps: Steps) -> _diagnosis.Evidence:
    """All evidence; ``steps`` remembers how it was had. With an error given, no server is contacted."""
    if params["error"]:
        evidence = _diagnosis.Evidence()
        with steps.step("error", "the error that was given") as row:
            entry = given_error(params["error"])
            evidence = _diagnosis.Evidence(given=entry, names=_names(params))
            row["result"] = (
                "%s %s" % (entry.number, entry.symbol)
                if entry.number is not None
                else "no error that the catalogue knows"
            )
        return evidence
    since = _errorlog.moment("since", params["since"])
    server = _connected(params, steps)
    if isinstance(server, ServerError):
        return collect_down(params, server, since, steps)
    if isinstance(server, CloneError):
        return _diagnosis.Evidence(label=str(server.details["server"]), unsuitable=server.message)
    with server:
        return _collect_up(params, server, since, steps)


def _connected(params: t.Mapping[str, t.Any], steps: Steps) -> Server | CloneError:
    """A session, or why there is none: the login's error, or that the server knows no CLONE.

    Raises BadInput and MissingLibrary: then nothing can be found out.
    """
    logins = own_logins(params)
    failure: CloneError
    with steps.step("server", "log in to %s" % logins[0].label) as row:
        try:
            server = connect_first(logins)
        except CloneError as error:
            failure = error
            row["result"] = error.message
        else:
            row["result"] = "MySQL %s answers" % server.version
            return server
    if isinstance(failure, (BadInput, MissingLibrary)):
        raise failure
    return failure


def _names(params: t.Mapping[str, t.Any]) -> dict[str, str]:
    return {
        "donor_host": params["donor_host"] or "",
        "donor_port": str(params["donor_port"]) if params["donor_host"] else "",
        "donor_user": params["donor_user"] or "",
    }


def _donor_log(log: t.Mapping[str, t.Any] | None, steps: Steps) -> t.Mapping[str, t.Any] | None:
    """The donor's log as it was handed on. Raises BadInput for something else."""
    if not log:
        return None
    with steps.step("donor log", "the donor's error log") as row:
        clones = log.get("clones")
        if not isinstance(clones, list) or not all(isinstance(clone, dict) and "begin" in clone for clone in clones):
            raise BadInput("donor_log is no log: give what clone_log returned on the donor")
        row["result"] = "%d clones in it" % len(clones)
        return log
    return None


def run(params: t.Mapping[str, t.Any], check_mode: bool = False) -> dict[str, t.Any]:
    """The module's work; nothing is ever changed."""
    steps = Steps()
    evidence = collect(params, steps)._replace(
        history=_diagnosis.incidents(params["history"]), donor_log=_donor_log(params["donor_log"], steps)
    )
    log = evidence.log or {}
    with steps.step("plan", "what follows from all that") as row:
        diagnosis = dict(_diagnosis.diagnose(evidence), steps=steps.done)
        row["result"] = ", ".join(cause["id"] for cause in diagnosis["causes"]) or "no cause"
    return {
        "changed": False,
        **diagnosis,
        "lines": _diagnosis.lines(diagnosis, params["name"] or ""),
        "error": evidence.given.as_dict() if evidence.given else None,
        "clone": dict(evidence.clone) if evidence.clone else None,
        "log": {"path": log["path"], "keywords": log["keywords"], "clones": log["clones"][-3:]} if log else None,
        "failed_checks": [finding.as_dict() for finding in with_status(evidence.findings, "fail")],
        "warned_checks": [finding.as_dict() for finding in with_status(evidence.findings, "warn")],
    }
