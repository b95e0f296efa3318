# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a failed clone left -> the steps that bring the recipient back, in order, each with its reason (pure).

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _progress

# A logical copy reads and writes rows, and builds indexes anew: by experience some five times the time of a clone, byte for byte.
LOGICAL_COST = 5
# The steps after which everything looks different, so that what follows is planned anew.
TURNING_POINTS = frozenset(("attach", "finish_swap", "start", "roll_back"))


class Wanted(t.NamedTuple):
    """What the caller asked for.

    ``data`` says how dropped data comes back: auto, clone, copy or none; ``schemas`` are those that a logical copy would
    bring. ``overwrite`` gives up what the recipient holds. ``roll_back`` and ``cleanup`` are about the old data directory
    that a swap has kept. ``can_start`` says whether there is a start command.
    """

    data: str = "auto"
    schemas: tuple[str, ...] = ()
    overwrite: bool = False
    roll_back: bool = False
    cleanup: bool = False
    can_start: bool = False


class Seen(t.NamedTuple):
    """The recipient as it is. What could not be looked at is None.

    ``down`` is why there is no session, ``denied`` that the login was refused, ``process`` a server process in the data
    directory, ``obstacles`` the reasons for which a start would fail, each with its remedy. ``clone`` is a view as of
    clone_status, ``story`` the last clone in the log. ``marks`` are the state files in #clone. ``job`` tells of a run on this
    host: ``alive``, ``settings`` and ``donor_settings`` (by donor) that it has not put back, ``swap`` that it has not finished, ``kept`` the finished swap
    whose old directory is still there. ``half`` are directories with half a clone, ``old`` kept data directories, ``empty``
    and ``orphans`` directories of schemas that the server doesn't know, without files or with tablespaces alone.
    ``donor_sizes`` are bytes by schema, ``differing`` the schemas that are not as on the donor.
    """

    down: str | None = None
    denied: bool = False
    process: bool = False
    obstacles: tuple[tuple[str, str], ...] = ()
    clone: t.Mapping[str, t.Any] | None = None
    story: t.Mapping[str, t.Any] | None = None
    schemas: tuple[str, ...] | None = None
    marks: tuple[str, ...] = ()
    remains: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    orphans: tuple[str, ...] = ()
    half: tuple[str, ...] = ()
    old: tuple[str, ...] = ()
    job: t.Mapping[str, t.Any] = {}
    donor_sizes: t.Mapping[str, int] | None = None
    differing: tuple[str, ...] | None = None


class Step(t.NamedTuple):
    """One step. ``by`` is module, clone (the chain of check, privileges, clone and verification) or hand."""

    action: str
    reason: str
    by: str = "module"
    what: tuple[str, ...] = ()

    def as_dict(self, status: str) -> dict[str, t.Any]:
        """As the module returns it."""
        return {"action": self.action, "reason": self.reason, "by": self.by, "what": list(self.what), "status": status}


def plan(seen: Seen, wanted: Wanted) -> list[Step]:
    """The steps in order; none for a recipient that needs nothing.

    It ends with the first step of TURNING_POINTS, and with the first one for somebody else's hands on a server that is down.
    """
    steps: list[Step] = []
    for part in (_under_way, _swap, _login, _start, _roll_back, _leftovers, _data, _cleanup):
        for step in part(seen, wanted):
            steps.append(step)
            if step.action in TURNING_POINTS or (step.by == "hand" and seen.down):
                return steps
    return steps


def _under_way(seen: Seen, wanted: Wanted) -> t.Iterator[Step]:
    clone = seen.clone or {}
    if seen.job.get("alive"):
        yield Step("attach", "a run on this host is at work on the recipient; it is waited for")
    elif seen.down is None and clone.get("state") == "in_progress":
        yield Step("attach", "a clone from %s is under way; it is waited for" % clone["source"])


def _swap(seen: Seen, wanted: Wanted) -> t.Iterator[Step]:
    swap = seen.job.get("swap")
    if not swap:
        return
    if swap["goal"] == "none":
        yield Step(
            "abandon_swap",
            "an interrupted run was cloning beside the data directory; the server was never stopped",
            what=(swap["new"],),
        )
        return
    reason = "an interrupted run was swapping data directories (towards the %s)" % (
        "clone" if swap["goal"] == "forward" else "old data"
    )
    what = (swap["datadir"], swap["new"], swap["old"])
    if wanted.can_start:
        yield Step("finish_swap", reason, what=what)
    else:
        yield Step("finish_swap", reason + "; give start_command so that it can be brought to an end", "hand", what)


def _login(seen: Seen, wanted: Wanted) -> t.Iterator[Step]:
    if seen.denied:
        yield Step(
            "login",
            "the recipient refuses the login (%s); after a clone the accounts are the donor's: give post_clone_login_user and "
            "post_clone_login_password" % seen.down,
            "hand",
        )


def _start(seen: Seen, wanted: Wanted) -> t.Iterator[Step]:
    if seen.down is None or seen.denied:
        return
    if seen.process:
        yield Step("start", "the server's process runs but doesn't answer yet; it is waited for")
        return
    for reason, remedy in seen.obstacles:
        yield Step("mend", "the server can't start: %s Remedy: %s" % (reason, remedy), "hand")
    if seen.obstacles:
        return
    if "status_fix" in seen.marks:
        reason = "the copy is complete and takes effect when the server starts"
    elif "status_error" in seen.marks:
        reason = (
            "the server ended in the middle of a clone; it rolls back when it starts, without user data, and then %s"
            % (choice(seen, wanted)[1])
        )
    else:
        reason = "the server is down (%s)" % seen.down
    if wanted.can_start:
        yield Step("start", reason)
    else:
        yield Step("start", reason + "; start it, or give start_command", "hand")


def _roll_back(seen: Seen, wanted: Wanted) -> t.Iterator[Step]:
    kept = seen.job.get("kept")
    if not wanted.roll_back or not kept or kept.get("state") != "swapped":
        return
    reason = "the old data in %s is wanted back; the clone is kept in %s" % (kept["old"], kept["new"])
    if wanted.can_start:
        yield Step("roll_back", reason, what=(kept["old"],))
    else:
        yield Step("roll_back", reason + "; give start_command", "hand", (kept["old"],))


def _leftovers(seen: Seen, wanted: Wanted) -> t.Iterator[Step]:
    if seen.down is not None:
        return
    settings = seen.job.get("settings")
    if settings:
        yield Step(
            "restore_settings", "an interrupted run has not put these variables back", what=tuple(sorted(settings))
        )
    for label, values in (seen.job.get("donor_settings") or {}).items():
        what = tuple("%s %s" % (label, name) for name in sorted(values))
        yield Step(
            "restore_donor_settings", "an interrupted run has not put these variables of the donor back", what=what
        )
    if seen.half:
        yield Step(
            "remove_half_clones",
            "a clone into these directories was never completed (#status_in_progress)",
            what=seen.half,
        )
    # While one of the state files is there, the server still needs what lies beside it.
    if seen.remains and not seen.marks and (seen.clone or {}).get("state") != "in_progress":
        yield Step(
            "remove_remains", "files of a clone whose lists are gone, so that no start removes them", what=seen.remains
        )
    if seen.empty and is_gone(seen):
        yield Step(
            "remove_empty_directories",
            "a clone that failed left directories of the donor's schemas; CREATE DATABASE would fail (error 3678)",
            what=seen.empty,
        )
    if seen.orphans and is_gone(seen):
        reason = "tablespaces of schemas that the server doesn't know would stop a new clone (error 1086)"
        if wanted.overwrite:
            yield Step("remove_orphans", reason + "; mysql_clone_overwrite gives them up", what=seen.orphans)
        else:
            yield Step(
                "move_orphans",
                reason + "; move them away, or give them up with mysql_clone_overwrite",
                "hand",
                seen.orphans,
            )


def is_gone(seen: Seen) -> bool:
    """Whether a clone that failed has dropped the recipient's data, all or in part, and nobody has brought any back since."""
    clone = seen.clone or {}
    if clone.get("state") == "failed" and _progress.data_dropped(clone):
        return not seen.schemas or _in_part(clone)
    if clone.get("state") in ("completed", "in_progress"):
        return False
    story = seen.story or {}
    interrupted = story.get("data_dropped") and story.get("outcome") in ("failed", "interrupted")
    return bool(interrupted and not seen.schemas)


def _in_part(clone: t.Mapping[str, t.Any]) -> bool:
    """Whether the clone ended while it dropped data, so that schemas that are there are what is left and not what is new."""
    drop = next((stage for stage in clone["stages"] if stage["stage"] == "DROP DATA"), None)
    return bool(drop and drop["state"] != "completed")


def _data(seen: Seen, wanted: Wanted) -> t.Iterator[Step]:
    if seen.down is not None:
        return
    gone = is_gone(seen)
    how, why = choice(seen, wanted)
    if how == "copy":
        due = due_schemas(seen, wanted)
        if due:
            yield Step("copy_schemas", why, what=due)
    elif gone and how == "clone":
        left = ""
        if seen.schemas and not wanted.overwrite:
            left = "; what is left of it (%s) must be given up with mysql_clone_overwrite" % ", ".join(seen.schemas)
        yield Step("clone", "the recipient's data was dropped by a clone that failed; %s%s" % (why, left), "clone")
    elif gone:
        yield Step("clone", "the recipient's data was dropped by a clone that failed; %s" % why, "hand")


def due_schemas(seen: Seen, wanted: Wanted) -> tuple[str, ...]:
    """The wanted schemas that the recipient lacks; with overwrite also those that differ from the donor's."""
    present = set(seen.schemas or ())
    differing = set(seen.differing or ()) if wanted.overwrite else set()
    return tuple(name for name in wanted.schemas if name not in present or name in differing)


def choice(seen: Seen, wanted: Wanted) -> tuple[str, str]:
    """How data comes back (clone, copy or none), and why so."""
    if wanted.data == "none":
        return "none", "nothing is brought back, as asked"
    if wanted.data == "copy":
        return "copy", "a logical copy of the schemas that are missing was asked for"
    if wanted.data == "clone" or not wanted.schemas:
        return "clone", "it is cloned anew"
    sizes = seen.donor_sizes
    if not is_gone(seen):
        return "none", "the recipient's data is there"
    if sizes is None:
        return "clone", "it is cloned anew: the donor's sizes are not known, so nothing speaks for a logical copy"
    total = sum(sizes.values())
    chosen = sum(sizes.get(name, 0) for name in wanted.schemas)
    words = "the donor holds %s, the chosen schemas %s, and a byte costs about %d times as much in a logical copy" % (
        _progress.size(total),
        _progress.size(chosen),
        LOGICAL_COST,
    )
    if chosen * LOGICAL_COST < total:
        return "copy", "a logical copy costs less than a clone: " + words
    return "clone", "it is cloned anew, which costs less than a logical copy: " + words


def _cleanup(seen: Seen, wanted: Wanted) -> t.Iterator[Step]:
    if wanted.cleanup and seen.down is None and seen.old:
        yield Step("remove_old", "kept data directories are not wanted any more, as asked", what=seen.old)


def verdict(steps: t.Sequence[t.Mapping[str, t.Any]], label: str) -> str:
    """One sentence about steps as the module returns them."""
    if not steps:
        return "%s: nothing to recover" % label
    left = [step for step in steps if step["status"] in ("left", "planned")]
    done, failed = ([step["action"] for step in steps if step["status"] == status] for status in ("done", "failed"))
    parts = []
    if failed:
        parts.append("failed: " + ", ".join(failed))
    if done:
        parts.append("done: " + ", ".join(done))
    if left:
        parts.append("to do: " + ", ".join(step["action"] for step in left))
    return "%s: %s" % (label, "; ".join(parts))


def lines(steps: t.Sequence[t.Mapping[str, t.Any]], label: str) -> list[str]:
    """The steps as text for people, each with its reason."""
    told = [verdict(steps, label)]
    who = {"module": "", "clone": " (by the clone that follows)", "hand": " (by hand)"}
    for place, step in enumerate(steps, 1):
        what = ": " + ", ".join(step["what"]) if step["what"] else ""
        told.append(
            "%d. %s [%s]%s, because %s%s"
            % (place, step["action"], step["status"], who[step["by"]], step["reason"], what)
        )
    return told
