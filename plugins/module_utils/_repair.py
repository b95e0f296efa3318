# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""clone_recover: looks at what a failed clone left, has the steps planned, and makes them.

As a clone it runs in a process of its own, under the same lock, so that nobody clones meanwhile.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import contextlib
import glob
import os
import re
import shutil
import stat
import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils import (
    _diagnosis,
    _errorlog,
    _evidence,
    _facts,
    _host,
    _inventory,
    _job,
    _logical,
    _pace,
    _progress,
    _recovery,
    _sql,
    _swap,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._context import Link
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput, CloneError, ServerError
from ansible_collections.dbops.mysql_clone.plugins.module_utils._module import donor_login, own_logins
from ansible_collections.dbops.mysql_clone.plugins.module_utils._recovery import Seen, Step, Wanted
from ansible_collections.dbops.mysql_clone.plugins.module_utils._run import Silent
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import (
    ACCESS_DENIED,
    NO_SUCH_TABLE,
    Login,
    Server,
)

MOST_STEPS = 20
POLL_SECONDS = 0.5
# A start command has done its work when a process is there; so long it is looked for (seconds).
PROCESS_SECONDS = 15.0
START_SECONDS = 600.0
NEWS_SECONDS = 5.0
_OURS = re.compile(r"\.(old|new)-\d{8}T\d{6}Z$")
_SYSTEM = frozenset(("mysql", "performance_schema", "sys", "lost+found"))


def wanted(params: t.Mapping[str, t.Any]) -> Wanted:
    """The options as the plan takes them. Raises BadInput naming the option."""
    for name in ("timeout", "start_timeout", "stall_timeout"):
        if params[name] is not None and params[name] < 1:
            raise BadInput("%s is %s; expected 1 second or more" % (name, params[name]))
    schemas = tuple(dict.fromkeys(params["schemas"]))
    if params["data"] == "copy" and not schemas:
        raise BadInput("data is copy but schemas is empty: name the schemas to copy")
    for name in schemas:
        _sql.identifier(name)
        if name.lower() in ("mysql", "sys", "information_schema", "performance_schema"):
            raise BadInput("schemas has %s, which belongs to the server itself; expected schemas of your own" % name)
    if schemas and not (params["donor_host"] and params["donor_user"]):
        raise BadInput(
            "schemas needs donor_host and donor_user: a logical copy logs in to the donor, with an account that has %s"
            % _logical.GRANTS
        )
    return Wanted(
        data=params["data"],
        schemas=schemas,
        overwrite=params["overwrite"],
        roll_back=params["roll_back"],
        cleanup=params["cleanup"],
        can_start=bool(params["start_command"]),
    )


# -- looking -----------------------------------------------------------------------------------------------------------


class Look:
    """How the recipient is seen: by a session where there is one, else by its log and its files."""

    def __init__(self, params: t.Mapping[str, t.Any], link: Link, host: _swap.Host) -> None:
        self.params = params
        self.link = link
        self.host = host
        self.datadir: str | None = None

    def see(self, job: t.Mapping[str, t.Any], tried: bool = False) -> Seen:
        """The state now; ``job`` is what the journal tells, ``tried`` that a start has failed. Raises CloneError."""
        try:
            server = self.link.open(own_logins(self.params))
        except ServerError as error:
            return self._down(error, job, tried)
        with server:
            return self._up(server, job)

    def _down(self, error: ServerError, job: t.Mapping[str, t.Any], tried: bool) -> Seen:
        since = _errorlog.moment("since", self.params["since"])
        evidence = _evidence.collect_down(self.params, error, since, _evidence.Steps())
        self.datadir = (evidence.names or {}).get("datadir") or None
        denied = error.number in ACCESS_DENIED
        process = bool(self.datadir and self.host.servers(os.path.realpath(self.datadir)))
        obstacles: tuple[tuple[str, str], ...] = ()
        if tried or not self.params["start_command"]:
            # What the log says of the last start may be mended by now, so it counts when a start has failed.
            obstacles = tuple(
                (cause.entry.cause, cause.remedy)
                for cause in _diagnosis.causes_of(evidence)
                if cause.score >= _diagnosis.DOWN and cause.id in _diagnosis.KEEPS_DOWN
            )
        return Seen(
            down=error.text,
            denied=denied,
            process=process and not denied,
            obstacles=obstacles,
            clone=evidence.clone,
            marks=_marks(evidence.files),
            job=job,
        )

    def _up(self, server: Server, job: t.Mapping[str, t.Any]) -> Seen:
        variables = {row["Variable_name"]: row["Value"] for row in server.query("SHOW GLOBAL VARIABLES")}
        here = _host.find_process(variables)[0] is not None
        self.datadir = os.path.realpath(variables["datadir"]) if here else None
        clone = self._clone(server)
        schemas = tuple(row["name"] for row in server.query(_inventory.SCHEMAS))
        # A restart has already forgotten what SET GLOBAL said.
        changed = {name: value for name, value in (job.get("settings") or {}).items() if _global(server, name) != value}
        job = dict(job, settings=changed)
        seen = Seen(
            clone=clone,
            schemas=schemas,
            story=self._story(server) if clone["state"] == "none" and not schemas else None,
            job=job,
            donor_sizes=_sizes(self.params["donor_facts"]),
        )
        if not self.datadir:
            return seen
        names = {
            str(row["name"]) for row in server.query("SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA")
        }
        half = self._half(clone, job)
        with contextlib.suppress(OSError):
            empty, orphans = unknown_directories(self.datadir, names, used_paths(self.datadir, variables))
            seen = seen._replace(
                marks=_marks(_evidence.files_of(self.datadir)),
                remains=tuple(name for name in _inventory.remains(self.datadir) if not name.startswith("#clone/")),
                empty=empty,
                orphans=orphans,
            )
        return seen._replace(half=half, old=self._old(job, half))

    def _clone(self, server: Server) -> dict[str, t.Any]:
        """The clone's view; where the plugin isn't loaded what its files say."""
        try:
            return _progress.read(server)
        except ServerError as error:
            if error.number != NO_SUCH_TABLE:
                raise
        on_disk = _evidence.clone_on_disk(self.datadir) if self.datadir else None
        return on_disk or dict(_progress.NONE)

    def _story(self, server: Server) -> t.Mapping[str, t.Any] | None:
        try:
            log = _evidence.log_of_server(server, _errorlog.moment("since", self.params["since"]))
        except CloneError:
            return None
        stories = [story for story in log["clones"] if story["side"] == "recipient"]
        return stories[-1] if stories else None

    def _beside(self) -> list[str]:
        """Directories beside the data directory that have the names which swaps give."""
        return sorted(
            path
            for path in glob.glob(glob.escape((self.datadir or "").rstrip("/")) + ".*")
            if _OURS.search(path) and os.path.isdir(path) and not os.path.islink(path)
        )

    def _half(self, clone: t.Mapping[str, t.Any], job: t.Mapping[str, t.Any]) -> tuple[str, ...]:
        """Directories with half a clone in which no server works and into which nobody is cloning."""
        destination = (clone["destination"] or "").rstrip("/")
        places = [*self._beside(), (self.params["data_directory"] or "").rstrip("/"), destination]
        taken = {destination} if clone["state"] == "in_progress" else set()
        taken |= {(job.get("swap") or {}).get("new")}
        return tuple(
            path
            for path in dict.fromkeys(places)
            if os.path.isabs(path)
            and path not in taken
            and os.path.realpath(path) != self.datadir
            and is_half(path, self.datadir or "")
            and not self.host.servers(path)
        )

    def _old(self, job: t.Mapping[str, t.Any], half: t.Collection[str]) -> tuple[str, ...]:
        """Data directories that swaps have kept, and that no server works in."""
        kept = job.get("kept") or {}
        places = [*self._beside(), *(kept.get(name) or "" for name in ("old", "new"))]
        unfinished = job.get("swap") or {}
        taken = {self.datadir, *half, unfinished.get("new"), unfinished.get("old")}
        return tuple(
            path
            for path in dict.fromkeys(places)
            if path and os.path.isdir(path) and path not in taken and not self.host.servers(path)
        )


def is_half(path: str, datadir: str) -> bool:
    """Whether a directory holds half a clone of the server with this data directory.

    Its mark alone proves nothing, and where clones went is what a server says: path and mark must be no links, and belong to
    whom the data directory belongs to, as what the server itself has made does.
    """
    try:
        owner = os.stat(datadir).st_uid
        facts = [os.lstat(place) for place in (path, os.path.join(path, "#clone"))]
        mark = os.lstat(os.path.join(path, "#clone", "#status_in_progress"))
    except OSError:
        return False
    return (
        os.path.realpath(path) == path
        and all(stat.S_ISDIR(one.st_mode) for one in facts)
        and stat.S_ISREG(mark.st_mode)
        and {one.st_uid for one in (*facts, mark)} == {owner}
    )


def _global(server: Server, name: str) -> t.Any:
    """A global variable's value; None where the server has no such variable (the clone plugin's are gone with it)."""
    try:
        return server.value("SELECT @@GLOBAL." + _sql.identifier(name))
    except ServerError:
        return None


def _marks(files: t.Mapping[str, t.Any] | None) -> tuple[str, ...]:
    return tuple(name for name, there in (files or {}).items() if there is True and name != "status_recovery")


def _sizes(facts: t.Mapping[str, t.Any] | None) -> dict[str, int] | None:
    """The bytes of each schema of the donor, where its facts tell."""
    schemas = (facts or {}).get("schemas")
    return {row["name"]: int(row.get("bytes") or 0) for row in schemas} if schemas is not None else None


def used_paths(datadir: str, variables: t.Mapping[str, t.Any]) -> set[str]:
    """The paths that the server's variables name: an empty directory may be its tmpdir."""
    found = set()
    for value in variables.values():
        for part in re.split("[:;]", str(value or "")):
            if part and "\n" not in part:
                found.add(os.path.realpath(os.path.join(datadir, part.strip("#"))))
    return found


def unknown_directories(
    datadir: str, schemas: t.Collection[str], used: t.Collection[str] = ()
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Directories of schemas that the server doesn't know: those with nothing in them, and those with tablespaces alone.

    What lies at one of the paths in ``used``, or above it, is no schema's.
    """
    empty, orphans = [], []
    for entry in os.scandir(datadir):
        named = any((path + "/").startswith(entry.path + "/") for path in used)
        known = named or _facts.decoded(entry.name) in schemas or entry.name in _SYSTEM
        if known or entry.name[0] in "#." or not entry.is_dir(follow_symlinks=False):
            continue
        names = os.listdir(entry.path)
        if not names:
            empty.append(entry.path)
        elif all(name.endswith(".ibd") for name in names):
            orphans.append(entry.path)
    return tuple(sorted(empty)), tuple(sorted(orphans))


def job_of(document: t.Mapping[str, t.Any] | None, alive: bool) -> dict[str, t.Any]:
    """What the journal of the last run tells: what it left to do, and where a finished swap keeps the old data."""
    document = document or {}
    swap = document.get("swap")
    kept = _swap.kept(document)
    return {
        "alive": alive,
        "settings": document.get("settings_before"),
        "donor_settings": document.get("donor_settings_before"),
        "swap": swap
        if swap and _swap.is_unfinished(swap) and (not document.get("finished") or swap["goal"] != "none")
        else None,
        "kept": kept if kept and os.path.isdir(kept["old"]) else None,
    }


# -- acting ------------------------------------------------------------------------------------------------------------


class Recovery:
    """Makes the steps, one after the other; after each that changes the picture it looks again."""

    def __init__(
        self,
        params: t.Mapping[str, t.Any],
        goal: Wanted,
        journal: t.Any,
        job: dict[str, t.Any],
        link: Link | None = None,
        host: _swap.Host | None = None,
    ) -> None:
        self.params = params
        self.wanted = goal
        self.journal = journal
        self.job = job
        self.link = link or Link()
        self.host = host or _swap.Host()
        self.look = Look(params, self.link, self.host)
        self.logins: tuple[Login, ...] = tuple(own_logins(params))
        self.label = self.logins[0].label
        self.until: float = self.link.clock() + params["timeout"]
        self.start_seconds: float = params["start_timeout"] or START_SECONDS
        self.done: list[dict[str, t.Any]] = []
        self.copied: dict[str, t.Any] | None = None
        self.warnings: list[str] = []

    def plan(self) -> dict[str, t.Any]:
        """The steps that would be made, without making any."""
        seen = self._seen()
        steps = [step.as_dict("planned" if step.by != "hand" else "left") for step in _recovery.plan(seen, self.wanted)]
        return self._result(
            steps, seen, changed=any(step["by"] != "hand" and step["action"] != "attach" for step in steps)
        )

    def run(self) -> dict[str, t.Any]:
        """Make the steps. What somebody else must do is left, and makes the result a failure unless it is the clone."""
        tried = False
        for _round in range(MOST_STEPS):
            seen = self._seen(tried)
            steps = _recovery.plan(seen, self.wanted)
            mine = [step for step in steps if step.by == "module"]
            if not mine:
                return self._ended(steps, seen)
            for step in mine:
                self.journal.event("%s: %s" % (step.action.replace("_", " "), step.reason))
                try:
                    getattr(self, "_do_" + step.action)(step)
                except (CloneError, OSError) as error:
                    words = error.message if isinstance(error, CloneError) else str(error)
                    self.done.append(dict(step.as_dict("failed"), message=words))
                    if step.action == "start" and not tried:
                        # The log tells now what keeps it from starting.
                        tried = True
                        break
                    return self._ended([], seen, "%s failed: %s" % (step.action.replace("_", " "), words))
                self.done.append(step.as_dict("done"))
                if step.action in _recovery.TURNING_POINTS:
                    break
            else:
                continue
            if tried and self.done[-1]["status"] == "failed":
                seen = self._seen(tried)
                return self._ended(
                    [step for step in _recovery.plan(seen, self.wanted) if step.by == "hand"],
                    seen,
                    self.done[-1]["message"],
                )
        raise CloneError("%s: %d steps have not led to an end" % (self.label, MOST_STEPS), steps=self.done)

    def _seen(self, tried: bool = False) -> Seen:
        seen = self.look.see(self.job, tried)
        if self.wanted.data == "copy" and self.wanted.overwrite and seen.schemas:
            there = tuple(name for name in self.wanted.schemas if name in seen.schemas)
            if there and self.copied is None:
                seen = seen._replace(differing=self._differing(there))
        return seen

    def _differing(self, schemas: tuple[str, ...]) -> tuple[str, ...]:
        left = max(1.0, self._left())
        sides = [_logical.inventory(login, schemas, left) for login in (donor_login(self.params), self._own().login)]
        return tuple(_logical.differences(sides[0], sides[1], schemas))

    def _ended(self, steps: t.Sequence[Step], seen: Seen, failure: str | None = None) -> dict[str, t.Any]:
        rows = [*self.done, *(step.as_dict("left") for step in steps)]
        result = self._result(rows, seen, any(row["status"] == "done" and row["action"] != "attach" for row in rows))
        by_hand = [
            step.reason for step in steps if step.by == "hand" and not (step.action == "clone" and seen.down is None)
        ]
        if failure or by_hand:
            result["failed_message"] = "%s: %s" % (self.label, "; ".join([*([failure] if failure else []), *by_hand]))
        return result

    def _result(self, steps: list[dict[str, t.Any]], seen: Seen, changed: bool) -> dict[str, t.Any]:
        return {
            "changed": changed,
            "steps": steps,
            "verdict": _recovery.verdict(steps, self.label),
            "lines": _recovery.lines(steps, self.label),
            "clone_due": any(step["action"] == "clone" and step["by"] == "clone" for step in steps),
            "clone": dict(seen.clone) if seen.clone else None,
            "copied": self.copied,
            "kept": list(seen.old),
            "module_warnings": self.warnings,
        }

    # -- what steps need -----------------------------------------------------------------------------------------------

    def _left(self) -> float:
        return self.until - self.link.clock()

    def _own(self) -> Server:
        return self.link.open(self.logins)

    def _swap(self, record: dict[str, t.Any]) -> _swap.Swap:
        return _swap.Swap(
            self.link,
            self.journal,
            record,
            self.logins,
            self.params["start_command"],
            lambda: max(1.0, min(self.start_seconds, self._left())),
            self.host,
        )

    def _servers(self) -> list[int]:
        return self.host.servers(self.look.datadir) if self.look.datadir else []

    def _may_remove(self, path: str) -> None:
        """The last look before something is removed for good. Raises CloneError."""
        if os.path.realpath(path) == self.look.datadir or os.path.islink(path):
            raise CloneError("%s is not removed: it is the data directory, or a link" % path)
        running = self.host.servers(path)
        if running:
            raise CloneError("%s is not removed: a server works in it (process %d)" % (path, running[0]))

    # -- steps ---------------------------------------------------------------------------------------------------------

    def _do_attach(self, step: Step) -> None:
        """Wait for the clone under way; end it where it stands still for too long. Raises CloneError."""
        watch = _pace.Watch()
        gone_since: float | None = None
        stage, told, killed = None, self.link.clock(), False
        while True:
            now = self.link.clock()
            if now >= self.until:
                raise CloneError("the clone is still under way after %d seconds" % self.params["timeout"])
            try:
                with self._own() as server:
                    clone = watch.observe(now, _progress.read(server))
                    gone_since = None
                    if clone["state"] != "in_progress":
                        return
                    if clone["stalled_seconds"] >= self.params["stall_timeout"] and not killed:
                        killed = True
                        self.journal.event("no progress for %d seconds: ending the clone" % clone["stalled_seconds"])
                        server.execute("KILL QUERY %s", (clone["pid"],))
            except ServerError as error:
                if error.number in ACCESS_DENIED or error.number == NO_SUCH_TABLE:
                    return
                gone_since = gone_since or now
                # In the clone's restart; without a supervisor it stays away, and is started by the next step.
                if now - gone_since > (PROCESS_SECONDS if not self._servers() else self.start_seconds):
                    return
            else:
                if clone["stage"] != stage or now - told >= NEWS_SECONDS:
                    stage, told = clone["stage"], now
                    self.journal.event(_progress.line(clone), clone)
            self.link.sleep(POLL_SECONDS)

    def _do_start(self, step: Step) -> None:
        """Start the server and wait until it answers. Raises CloneError."""
        begun = self.link.clock()
        until = min(self.until, begun + self.start_seconds)
        if not self._servers():
            self.link.command(self.params["start_command"], max(1.0, until - begun))
        quiet = self.link.clock() + PROCESS_SECONDS
        while True:
            try:
                self._own().close()
                return
            except ServerError as error:
                now = self.link.clock()
                if error.number in ACCESS_DENIED:
                    return  # it is up; the next look says what is missing
                if self._servers():
                    quiet = now + PROCESS_SECONDS
                if now >= until or (now >= quiet and self.look.datadir):
                    raise CloneError("the server does not come up: %s" % error.text) from error
            self.link.sleep(POLL_SECONDS)

    def _do_finish_swap(self, step: Step) -> None:
        self._swap(self.job["swap"]).resume()
        self._swap_ended()

    def _do_abandon_swap(self, step: Step) -> None:
        swap = self._swap(self.job["swap"])
        swap.abandon()
        self.warnings += swap.warnings
        self._swap_ended()

    def _do_roll_back(self, step: Step) -> None:
        record = self.job["kept"]
        running = self.host.servers(record["datadir"])
        self._swap(record).undo(self._own, running[0] if running else None)
        self._swap_ended()

    def _swap_ended(self) -> None:
        document = self.journal.document
        self.job.update(swap=None, kept=_swap.kept(document))

    def _do_restore_settings(self, step: Step) -> None:
        with self._own() as server:
            for name, value in self.job["settings"].items():
                column = _sql.identifier(name)
                try:
                    if server.value("SELECT @@GLOBAL." + column) != value:
                        server.execute("SET GLOBAL " + column + " = %s", (value,))
                except ServerError as error:
                    self.warnings.append("%s: %s was not put back to %s: %s" % (self.label, name, value, error.text))
        self.job["settings"] = None
        self.journal.keep(settings_before=None)

    def _do_restore_donor_settings(self, step: Step) -> None:
        """By the login that works after a clone, which is the donor's administrator's; what can't be put back is reported."""
        for label, values in self.job["donor_settings"].items():
            host, _colon, port = label.rpartition(":")
            there = donor_login(dict(self.params, donor_host=host, donor_port=int(port)))
            login = there._replace(user=self.logins[-1].user, password=self.logins[-1].password, connect_timeout=5)
            for name, value in values.items():
                try:
                    with self.link.open((login,)) as server:
                        server.execute("SET GLOBAL " + _sql.identifier(name) + " = %s", (value,))
                except ServerError as error:
                    self.warnings.append(
                        "put %s back to %s on the donor %s: %s could not (%s)"
                        % (name, value, label, login.user, error.text)
                    )
        self.job["donor_settings"] = None
        self.journal.keep(donor_settings_before=None)

    def _do_remove_half_clones(self, step: Step) -> None:
        for path in step.what:
            self._may_remove(path)
            if not is_half(path, self.look.datadir or ""):
                raise CloneError("%s is not removed: it is no longer a directory with half a clone" % path)
            shutil.rmtree(path)

    def _do_remove_old(self, step: Step) -> None:
        for path in step.what:
            self._may_remove(path)
            shutil.rmtree(path)
        self.job["kept"] = None
        swap = self.journal.document.get("swap")
        self.journal.keep(kept=None, swap=swap if _swap.is_unfinished(swap) else None)

    def _do_remove_remains(self, step: Step) -> None:
        for name in step.what:
            path = os.path.join(self.look.datadir or "", name)
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path)
            else:
                os.unlink(path)

    def _do_remove_orphans(self, step: Step) -> None:
        for path in step.what:
            self._may_remove(path)
            shutil.rmtree(path)

    def _do_remove_empty_directories(self, step: Step) -> None:
        for path in step.what:
            os.rmdir(path)

    def _do_copy_schemas(self, step: Step) -> None:
        with self._own() as server:
            own = server.login
            present = {row["name"] for row in server.query(_inventory.SCHEMAS)}
        copy = _logical.Copy(
            donor=donor_login(self.params),
            recipient=own,
            schemas=step.what,
            programs=self.params["client_directory"],
            gtid=self.params["set_gtid_purged"],
            replace=self.wanted.overwrite,
            seconds=max(1.0, self._left()),
        )
        self.copied = _logical.run(copy, present, self.journal.event)
        if not self.copied["verified"]:
            self.warnings.append(
                "%s: the copy differs from the donor, which is to be expected where the donor is written to: %s"
                % (self.label, "; ".join(self.copied["differences"][:5]))
            )


# -- the module --------------------------------------------------------------------------------------------------------


def run(params: t.Mapping[str, t.Any], check_mode: bool) -> dict[str, t.Any]:
    """The module's body."""
    goal = wanted(params)
    job = _job.find(own_logins(params), params["state_directory"])
    if check_mode:
        return _envelope(**Recovery(params, goal, Silent(), job_of(job.read(), job.alive())).plan())
    seen = params["seen"]
    if seen <= 0:
        under_way = _other_run(job, -seen, params["wait_seconds"])
        if under_way is not None:
            return under_way
        seen = 0
        document = job.read() or {}
        left = job_of(document, False)
        head = {
            "recipient": own_logins(params)[0].label,
            "donors": [],
            "recovery": True,
            "settings_before": left["settings"],
            "donor_settings_before": left["donor_settings"],
            "swap": left["swap"],
            "kept": left["kept"],
        }
        job.start(head, lambda journal: Recovery(params, goal, journal, left).run())
    document = job.wait(seen, params["wait_seconds"])
    events = [event for event in document.get("events", []) if event["number"] > max(seen, 1)]
    envelope = _envelope(finished=bool(document.get("finished")), events=events, seen=document.get("count", 0))
    if not document.get("finished"):
        return dict(envelope, changed=True)
    if document["failure"]:
        failure = dict(document["failure"])
        return dict(envelope, failed_message=failure.pop("msg"), **failure)
    return dict(envelope, **document["result"])


def _other_run(job: _job.Job, seen: int, seconds: float | None) -> dict[str, t.Any] | None:
    """Follow the run that is at work on this recipient; None when there is none (any more)."""
    if not job.alive() or (job.read() or {}).get("recovery"):
        return None
    try:
        document = job.wait(seen, seconds)
    except CloneError:
        return None  # it was killed; what it left is seen to now
    if document.get("finished"):
        return None
    events = [event for event in document.get("events", []) if event["number"] > seen]
    # A negative number says whose events have been seen.
    return _envelope(finished=False, attached=True, events=events, seen=-document.get("count", 0), changed=True)


def _envelope(**values: t.Any) -> dict[str, t.Any]:
    return dict({"finished": True, "attached": False, "events": [], "seen": 0}, **values)
