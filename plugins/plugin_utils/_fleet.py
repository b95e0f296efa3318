# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which recipient is cloned from which donor, and when: one donor serves one clone at a time, and a cloned recipient serves, too.

``Scheduler`` decides; ``simulate`` runs it against durations instead of servers, for the plan that is shown before a run and for
the benchmark; ``begin`` and ``advance`` run it against what clone_run reports from real hosts. All of it is pure.

This plugin util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import collections
import datetime
import heapq
import math
import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils._progress import COPY_STAGES, duration, size

FANOUTS = ("tree", "direct")
# A recipient is tried with so many donors; a donor from which so many recipients failed is used no more.
MOST_DONORS = 3
MOST_STRIKES = 2
# Retry classes of failures that another donor may not have.
PASSING = ("retry", "next_donor", "wait_slot")
# Seconds before the end of a copy at which the donor's next recipient is started: it queues for the slot, so the donor has no pause.
LOOKAHEAD = 4.0
# Seconds between two looks that tell a rate.
SPAN = 1.0
# Stages in which the recipient only needs itself, or soon will.
LAST_STAGES = ("FILE SYNC", "RESTART", "RECOVERY")
# Seconds that a recipient may be unreachable before it counts as failed.
PATIENCE = 120.0
# The restart and recovery of an idle server, where no estimate is known; seconds.
RESTART_SECONDS = 3.0
# From a recipient's end to the start of the clone that it gives, while others are looked at; seconds.
HEARING_SECONDS = 2.0
_FIRST_PASS, _LONGEST_PASS = 0.5, 60.0
# Looks at a host that are remembered.
_LOOKS = 8


class Edge(t.NamedTuple):
    """One clone: times in seconds since the start, ``round`` counted from 1 as the donors' generations are."""

    recipient: str
    donor: str
    round: int
    begin: float
    end: float


class Recipient(t.NamedTuple):
    """A host to clone to, and how long that takes: ``copy`` uses the donor, ``restart`` no longer does; seconds."""

    name: str
    zone: str | None = None
    copy: float = 1.0
    restart: float = 0.0
    # The only donor whose data it may have, from it or from who was cloned from it; None: any.
    of: str | None = None


class Scheduler:
    """Hands out the donors' slots, greedily: a donor that is free takes whoever waits, at once.

    A zone without a donor is seeded first, so that few copies go between zones; then hosts of the donor's own zone come, then any
    other, since an idle slot helps nobody. While more hosts wait than donors can serve, quick recipients come first, as they
    become donors sooner; then slow ones, so that no long clone begins last.
    """

    def __init__(self, fanout: str = "tree") -> None:
        if fanout not in FANOUTS:
            raise ValueError("mysql_clone_fanout is '%s'; expected %s" % (fanout, " or ".join(FANOUTS)))
        self.fanout = fanout
        self.zones: dict[str, str | None] = {}
        # Whose data a donor has.
        self._roots: dict[str, str] = {}
        self._idle: dict[str | None, collections.deque[str]] = {}
        self._waiting: dict[str | None, collections.deque[Recipient]] = {}
        self._sorted: set[str | None] = set()
        self._sources: collections.Counter[str | None] = collections.Counter()
        self._tried: dict[str, set[str]] = {}
        self._strikes: collections.Counter[str] = collections.Counter()
        self._donors: set[str] = set()
        self.idle_count = self.waiting_count = 0

    def donate(self, name: str, zone: str | None = None, root: str | None = None) -> None:
        """A server becomes a donor, with a free slot; ``root`` is whose data it has, where that isn't its own or known."""
        if name not in self._donors:
            self._donors.add(name)
            self.zones[name] = zone
            self._roots.setdefault(name, root or name)
            self._sources[zone] += 1
        self.free(name)

    def free(self, donor: str) -> None:
        """A donor's slot is free again, or will be when what is started now comes to its turn."""
        if self._strikes[donor] >= MOST_STRIKES and len(self._donors) > 1:
            self._donors.discard(donor)
            self._sources[self.zones[donor]] -= 1
            return
        self._idle.setdefault(self.zones[donor], collections.deque()).append(donor)
        self.idle_count += 1

    def wait(self, recipient: Recipient) -> None:
        """A recipient waits for a donor."""
        self._waiting.setdefault(recipient.zone, collections.deque()).append(recipient)
        self._sorted.discard(recipient.zone)
        self.zones[recipient.name] = recipient.zone
        self.waiting_count += 1

    def cloned(self, recipient: str) -> None:
        """A recipient is up again with the data; in a tree it donates from now on."""
        zone = self.zones[recipient]
        self._sources[zone] -= 1
        if self.fanout == "tree":
            self.donate(recipient, zone)

    def failed(self, recipient: Recipient, donor: str, another: bool) -> bool:
        """A clone failed; whether the recipient waits for another donor now. ``another`` tells whether one may help."""
        self._sources[recipient.zone] -= 1
        if not another:
            return False
        tried = self._tried.setdefault(recipient.name, set())
        tried.add(donor)
        self._strikes[donor] += 1
        if len(tried) >= MOST_DONORS:
            return False
        self.wait(recipient)
        return True

    def assign(self, left: float = math.inf) -> tuple[list[tuple[Recipient, str]], list[Recipient]]:
        """Pairs of recipients and donors to start now, and recipients that can't end in the ``left`` seconds any more."""
        late: list[Recipient] = []
        if left != math.inf:
            for queue in self._waiting.values():
                late += [one for one in queue if one.copy + one.restart > left]
                for one in late:
                    if one in queue:
                        queue.remove(one)
            self.waiting_count -= len(late)
        pairs: list[tuple[Recipient, str]] = []
        if not self.idle_count or not self.waiting_count:
            return pairs, late
        for zone in [zone for zone, queue in self._waiting.items() if queue and not self._sources[zone]]:
            self._pair(pairs, self._spare(), zone, 1)
        for zone in list(self._waiting):
            if self._idle.get(zone):
                self._pair(pairs, zone, zone, len(self._idle[zone]))
        # What is left over of one zone helps the others, those first where most wait.
        for target in sorted(
            (zone for zone in self._waiting if self._waiting[zone]), key=lambda zone: -len(self._waiting[zone])
        ):
            for source in [zone for zone in self._idle if self._idle[zone]]:
                self._pair(pairs, source, target, len(self._idle[source]))
            if not self.idle_count:
                break
        return pairs, late

    def restore(self, name: str, zone: str | None, strikes: int, is_free: bool, root: str) -> None:
        """A donor of a run that goes on, with the data of ``root`` and the number of recipients that failed from it."""
        self._donors.add(name)
        self._roots[name] = root
        self.zones[name] = zone
        self._sources[zone] += 1
        self._strikes[name] = strikes
        if is_free:
            self.free(name)

    def seeding(self, zone: str | None) -> None:
        """A clone into a zone is under way."""
        self._sources[zone] += 1

    def exclude(self, recipient: str, donors: t.Iterable[str]) -> None:
        """A recipient isn't cloned from these any more."""
        self._tried.setdefault(recipient, set()).update(donors)

    def stranded(self) -> list[Recipient]:
        """The recipients that wait; to be asked when nothing is under way and nothing can be assigned any more."""
        return [one for queue in self._waiting.values() for one in queue]

    def _spare(self) -> str | None:
        """A zone with an idle donor, rather one in which nobody waits."""
        zones = [zone for zone, queue in self._idle.items() if queue]
        return min(zones, key=lambda zone: bool(self._waiting.get(zone))) if zones else None

    def _pair(self, pairs: list[tuple[Recipient, str]], source: str | None, target: str | None, most: int) -> None:
        idle, waiting = self._idle.get(source), self._waiting.get(target)
        kept: list[str] = []
        while idle and waiting and most > 0:
            most -= 1
            donor = idle.popleft()
            recipient = self._next(target, donor)
            if recipient is None:
                kept.append(donor)
                continue
            self.idle_count -= 1
            self.waiting_count -= 1
            # Counted as a source of its zone from the start, so that a zone is seeded once.
            self._sources[target] += 1
            self._roots[recipient.name] = self._roots[donor]
            pairs.append((recipient, donor))
        if idle is not None:
            idle.extend(kept)

    def _next(self, zone: str | None, donor: str) -> Recipient | None:
        queue = self._waiting[zone]
        if zone not in self._sorted:
            self._waiting[zone] = queue = collections.deque(sorted(queue, key=lambda one: one.copy + one.restart))
            self._sorted.add(zone)
        slow_first = self.fanout == "direct" or self.waiting_count <= 2 * len(self._donors)
        for place in range(len(queue) - 1, -1, -1) if slow_first else range(len(queue)):
            suits = queue[place].of in (None, self._roots[donor])
            if suits and donor not in self._tried.get(queue[place].name, ()):
                found = queue[place]
                del queue[place]
                return found
        return None


# -- against durations ---------------------------------------------------------------------------------------------------


class Simulated(t.NamedTuple):
    """What a simulated run took (seconds), its clones, who failed for good, and who can't end in time any more."""

    makespan: float
    edges: list[Edge]
    failed: list[str]
    late: list[str]

    @property
    def rounds(self) -> int:
        """How many clones follow upon each other at most."""
        return max((edge.round for edge in self.edges), default=0)


def simulate(
    donors: t.Sequence[tuple[str, str | None]],
    recipients: t.Sequence[Recipient],
    fanout: str = "tree",
    really: t.Callable[[Recipient, str], tuple[float, float, bool]] | None = None,
    left: float = math.inf,
    roots: t.Mapping[str, str] | None = None,
) -> Simulated:
    """Run the scheduler against durations.

    ``really`` gives a clone's real copy and restart seconds and whether it fails (at the end of the copy); by default the estimates.
    """
    scheduler = Scheduler(fanout)
    rounds: dict[str, int] = {}
    for name, zone in donors:
        scheduler.donate(name, zone, (roots or {}).get(name))
        rounds[name] = 1
    for one in recipients:
        scheduler.wait(one)
    events: list[tuple[float, int, str, Recipient, str, bool]] = []
    edges: list[Edge] = []
    failed: list[str] = []
    late: list[str] = []
    now, number = 0.0, 0
    while True:
        pairs, refused = scheduler.assign(left - now)
        late += [one.name for one in refused]
        for one, donor in pairs:
            copy, restart, fails = really(one, donor) if really else (one.copy, one.restart, False)
            number += 2
            heapq.heappush(events, (now + copy, number, "copied", one, donor, fails))
            if not fails:
                heapq.heappush(events, (now + copy + restart, number + 1, "up", one, donor, False))
                edges.append(Edge(one.name, donor, rounds[donor], now, now + copy + restart))
                rounds[one.name] = rounds[donor] + 1
            rounds[donor] += 1
        if not events:
            break
        now = events[0][0]
        while events and events[0][0] <= now:
            _when, _number, what, one, donor, fails = heapq.heappop(events)
            if what == "up":
                scheduler.cloned(one.name)
                continue
            if fails and not scheduler.failed(one, donor, True):
                failed.append(one.name)
            scheduler.free(donor)
    failed += [one.name for one in scheduler.stranded()]
    return Simulated(max((edge.end for edge in edges), default=0.0), edges, failed, late)


def bound(recipients: int, donors: int, slowest: float) -> float:
    """Seconds that doubling the donors in each round takes at least, when each round takes ``slowest`` seconds."""
    return math.ceil(math.log2((recipients + donors) / donors)) * slowest if recipients else 0.0


# -- against hosts -------------------------------------------------------------------------------------------------------

State = t.Dict[str, t.Any]  # noqa: UP006 (plain data, handed from task to task)


def begin(
    donors: t.Sequence[str],
    recipients: t.Mapping[str, t.Mapping[str, t.Any]],
    zones: t.Mapping[str, str | None],
    fanout: str,
    now: float,
    deadline: float | None = None,
    max_fail: float = 100.0,
) -> State:
    """A run's first state with its plan. ``max_fail`` is how many of the recipients may fail, in percent, before none is begun any more.

    ``recipients`` holds by name: ``ready`` (may be cloned to), ``cloned`` (has the data already), ``root`` (the donor whose
    accounts it has then), ``of`` (the only donor whose data it may get, or None),
    ``seconds`` and ``bytes`` (estimates, or None), ``message`` (why it isn't ready).
    """
    Scheduler(fanout)
    if not 0 <= max_fail <= 100:
        raise ValueError("mysql_clone_max_fail_percentage is %g; expected a number from 0 to 100" % max_fail)
    hosts: dict[str, dict[str, t.Any]] = {}
    for name in donors:
        hosts[name] = {"state": "donor", "zone": zones.get(name), "root": name, "original": True, "serves": True}
    for name, known in recipients.items():
        estimate = known.get("seconds")
        hosts[name] = {
            "state": "cloned" if known.get("cloned") else "waiting" if known.get("ready") else "refused",
            "zone": zones.get(name),
            "root": known.get("root"),
            "of": known.get("of"),
            "original": False,
            "earlier": bool(known.get("cloned")),
            # Has the data before the run, so the run's account must be made there.
            "serves": bool(known.get("cloned")),
            "copy": max(0.1, estimate - RESTART_SECONDS) if estimate else None,
            "bytes": known.get("bytes"),
            "message": known.get("message"),
            "donor": None,
            "seen": 0,
            "tried": [],
            "attempts": [],
        }
    known_copies = sorted(host["copy"] for host in hosts.values() if host.get("copy"))
    usual = known_copies[len(known_copies) // 2] if known_copies else None
    state: State = {
        "fanout": fanout,
        "begun": now,
        "deadline": deadline,
        "max_fail": max_fail,
        "hosts": hosts,
        "estimated": usual is not None,
        "usual": usual or 60.0,
        "active": [],
        "news": [],
        "done": False,
        "passes": 0,
        "wait": _FIRST_PASS,
    }
    _stop(state)
    planned = _planned(state, now)
    state["plan"] = [edge._asdict() for edge in planned.edges]
    state["lines"] = _plan_lines(state, planned)
    return state


def _recipient(state: State, name: str) -> Recipient:
    host = state["hosts"][name]
    return Recipient(name, host["zone"], host["copy"] or state["usual"], RESTART_SECONDS, host["of"])


def _serves(state: State, host: t.Mapping[str, t.Any]) -> bool:
    """Whether a host donates now; in direct mode only those that were donors before."""
    if host.get("away"):
        return False
    return host["state"] == "donor" or (host["state"] == "cloned" and state["fanout"] == "tree")


def _planned(state: State, now: float) -> Simulated:
    donors = [(name, host["zone"]) for name, host in state["hosts"].items() if _serves(state, host)]
    waiting = [_recipient(state, name) for name, host in state["hosts"].items() if host["state"] == "waiting"]
    left = math.inf
    if state["deadline"] is not None and state["estimated"]:
        left = state["deadline"] - now
    roots = {name: host["root"] for name, host in state["hosts"].items() if host["root"]}
    return simulate(donors, waiting, state["fanout"], left=left, roots=roots)


def _plan_lines(state: State, planned: Simulated) -> list[str]:
    """The plan in words, one clone a line; estimates where there are any."""
    hosts = state["hosts"]
    earlier = [name for name, host in hosts.items() if host.get("earlier")]
    total = sum(hosts[edge.recipient]["bytes"] or 0 for edge in planned.edges)
    words = "%d clone(s) in %d round(s) from %d donor(s), fan-out %s" % (
        len(planned.edges),
        planned.rounds,
        sum(_serves(state, host) for host in hosts.values()),
        state["fanout"],
    )
    if total:
        words += ", %s in all" % size(total)
    if state["estimated"] and planned.edges:
        end = datetime.datetime.fromtimestamp(state["begun"] + planned.makespan, datetime.timezone.utc)
        words += ", about %s, until %s" % (duration(planned.makespan), end.strftime("%Y-%m-%d %H:%M UTC"))
    lines = [words]
    for edge in planned.edges:
        line = "round %d  %s <- %s" % (edge.round, edge.recipient, edge.donor)
        if hosts[edge.recipient]["bytes"]:
            line += "  %s" % size(hosts[edge.recipient]["bytes"])
        if state["estimated"]:
            line += "  from %s to %s" % (duration(edge.begin), duration(edge.end))
        if hosts[edge.recipient]["zone"] != hosts[edge.donor]["zone"]:
            line += "  (from zone %s to zone %s)" % (hosts[edge.donor]["zone"], hosts[edge.recipient]["zone"])
        lines.append(line)
    if earlier:
        lines.append("already cloned: " + ", ".join(earlier))
    lines += ["NO-GO %s: can't end before mysql_clone_window_end" % name for name in planned.late]
    lines += [
        "NO-GO %s: %s" % (name, host["message"] or "not ready")
        for name, host in hosts.items()
        if host["state"] == "refused"
    ]
    return lines


def _copied(state: State) -> State:
    """A state to be changed into the next one, without news yet."""
    return dict(state, hosts={name: dict(host) for name, host in state["hosts"].items()}, news=[])


def prepared(state: State, away: t.Mapping[str, str]) -> State:
    """The state after the run's account was to be made on all that serve; ``away`` names those where it couldn't be, and why.

    Nobody can be cloned from them. Where none is left, nobody can be cloned.
    """
    state = _copied(state)
    for name, message in away.items():
        if name in state["hosts"]:
            state["hosts"][name]["away"] = message
            state["news"].append("%s serves as no donor: %s" % (name, message))
    if not any(_serves(state, host) for host in state["hosts"].values()):
        for name, host in state["hosts"].items():
            if host["state"] == "waiting":
                _end(state, name, "failed", _no_donor(state))
    return state


def advance(
    state: State,
    polls: t.Mapping[str, t.Mapping[str, t.Any]],
    now: float,
    forks: int = 5,
    refused: t.Mapping[str, str] | None = None,
) -> State:
    """The next state from what clone_run said on the active hosts: who is active now, from whom, and how long a look may last.

    ``refused`` names hosts that could not be prepared, and why.
    """
    state = _copied(state)
    state["passes"] += 1
    hosts = state["hosts"]
    for name in state["active"]:
        _heard(state, name, hosts[name], dict(polls.get(name) or {}), now)
    for name, message in (refused or {}).items():
        if hosts[name]["state"] == "waiting":
            _end(state, name, "refused", message)
    _stop(state)
    scheduler = _restored(state, now)
    left = math.inf
    if state["deadline"] is not None:
        left = state["deadline"] - now if state["estimated"] else (math.inf if now < state["deadline"] else 0.0)
    pairs, late = scheduler.assign(left)
    for one, donor in pairs:
        root = hosts[donor]["root"]
        hosts[one.name].update(
            state="cloning", donor=donor, root=root, seen=0, since=now, free=False, heard=now, eta=None, looks=[]
        )
        state["news"].append("%7.1f s  %s <- %s" % (now - state["begun"], one.name, donor))
    for one in late:
        _end(state, one.name, "refused", "it can't end before mysql_clone_window_end any more")
    state["active"] = [name for name, host in hosts.items() if host["state"] == "cloning"]
    if not state["active"]:
        for one in scheduler.stranded():
            if hosts[one.name]["state"] == "waiting":
                _end(state, one.name, "failed", hosts[one.name]["message"] or _no_donor(state))
        state["done"] = True
    state["wait"] = _look(state, now, forks)
    return state


def _end(state: State, name: str, how: str, message: str | None) -> None:
    state["hosts"][name].update(state=how, message=message)
    state["news"].append("%s: %s%s" % (name, how, ": " + message if message else ""))


def _stop(state: State) -> None:
    """Begin with no more recipients where too many have failed: what they failed of may await the others."""
    recipients = {name: host for name, host in state["hosts"].items() if not host["original"]}
    lost = sum(host["state"] in ("failed", "refused") for host in recipients.values())
    if 100 * lost > state["max_fail"] * len(recipients):
        words = "not begun: %d of %d recipients failed, and mysql_clone_max_fail_percentage is %g"
        for name, host in recipients.items():
            if host["state"] == "waiting":
                _end(state, name, "refused", words % (lost, len(recipients), state["max_fail"]))


def _no_donor(state: State) -> str:
    away = ["%s: %s" % (name, host["away"]) for name, host in state["hosts"].items() if host.get("away")]
    return "no donor is left" + (" (%s)" % "; ".join(away) if away else "")


def _heard(state: State, name: str, host: dict[str, t.Any], poll: dict[str, t.Any], now: float) -> None:
    """Take in one answer of clone_run."""
    if poll.get("unreachable") or not poll:
        if now - host["heard"] > PATIENCE:
            _end(state, name, "failed", "unreachable; a clone under way there goes on by itself")
        return
    host.update(heard=now, seen=poll.get("seen", host["seen"]))
    clone = poll.get("clone") or {}
    if not poll.get("finished", True):
        host["eta"] = _left(host, clone, now)
        if not host["free"] and clone.get("stage") in LAST_STAGES:
            host.update(free=True, free_since=now)
        return
    if "reason" in poll:
        host.update(free=True, state="cloned", message=poll["reason"])
        took = "cloned in %s" % duration(now - host["since"])
        # That a clone was due is no news where it was made.
        state["news"].append("%s: %s" % (name, took if poll.get("changed") else poll["reason"]))
        return
    donor = host["donor"]
    host["tried"] = [*host["tried"], donor]
    host["attempts"] = [*host["attempts"], *(poll.get("attempts") or ())]
    host["free"] = True
    retry = (poll.get("diagnosis") or {}).get("retry")
    message = str(poll.get("msg") or "clone_run failed without a word")
    if retry in PASSING and len(host["tried"]) < MOST_DONORS:
        host.update(state="waiting", message=message)
        state["news"].append("%s: failed from %s, another donor is tried: %s" % (name, donor, message))
    else:
        _end(state, name, "failed", message)


def _left(host: dict[str, t.Any], clone: t.Mapping[str, t.Any], now: float) -> float | None:
    """Seconds until a copy ends, by what it has copied between two looks; None as long as there was one.

    A copy begins much faster than it goes on (a limited bandwidth, caches), and whoever queues behind it too early is not
    there for a donor that is free before. So the first look counts for nothing, and of two rates the lower one.
    """
    done, total = clone.get("bytes_done"), clone.get("bytes_total")
    if not done or not total or clone.get("stage") not in COPY_STAGES:
        host["looks"] = []
        return None
    # The two looks before this one that are far enough apart.
    looks = [look for look in host["looks"] if now - look[0] >= SPAN][-2:]
    host["looks"] = [*host["looks"], [now, done]][-_LOOKS:]
    if not looks or done <= looks[-1][1]:
        return None
    lefts = [(total - done) * (now - when) / (done - then) for when, then in looks]
    return max(*lefts, clone.get("eta_seconds") or 0.0)


def _restored(state: State, now: float) -> Scheduler:
    """The scheduler as the state has it: who can donate, who waits, who has failed where."""
    hosts = state["hosts"]
    scheduler = Scheduler(state["fanout"])
    busy = _busy(state, now)
    strikes = collections.Counter(donor for host in hosts.values() for donor in set(host.get("tried", ())))
    for name, host in hosts.items():
        if _serves(state, host):
            scheduler.restore(name, host["zone"], strikes[name], name not in busy, host["root"] or name)
        elif host["state"] == "cloning":
            scheduler.seeding(host["zone"])
        elif host["state"] == "waiting":
            scheduler.wait(_recipient(state, name))
            scheduler.exclude(name, host["tried"])
    return scheduler


def _busy(state: State, now: float) -> set[str]:
    """The donors behind which nobody may queue now.

    A recipient that queues a little before a copy ends gives its donor no pause. But where it can have a donor that is free, or
    that restarts and is there before, it would wait longer that way.
    """
    hosts = state["hosts"]
    cloning = [host for host in hosts.values() if host["state"] == "cloning"]
    copies = collections.Counter(host["donor"] for host in cloning if not host["free"])
    waiting = sum(host["state"] == "waiting" for host in hosts.values())
    waiting -= sum(_serves(state, host) and name not in copies for name, host in hosts.items())
    ending: list[tuple[float, str]] = []
    for host in cloning:
        if host["free"]:
            # Up again, and heard of.
            if state["fanout"] == "tree":
                ending.append((max(0.0, RESTART_SECONDS - (now - host["free_since"])) + HEARING_SECONDS, ""))
        elif host["eta"] is not None and host["eta"] <= LOOKAHEAD and copies[host["donor"]] == 1:
            ending.append((host["eta"], host["donor"]))
    return set(copies) - {donor for _seconds, donor in sorted(ending)[: max(0, waiting)]}


def _look(state: State, now: float, forks: int) -> float:
    """Seconds that the next look at the active hosts may last: seldom while all clones are long, and no fork too long."""
    if not state["active"]:
        return 0.0
    hosts = [state["hosts"][name] for name in state["active"]]
    # Half of what is left of a copy, so that an estimate may be wrong; else in proportion to how long it goes on already.
    nearest = min(
        host["eta"] / 2
        if host["eta"] is not None
        else (now - (host["free_since"] if host["free"] else host["since"])) / 8
        for host in hosts
    )
    longest = min(_LONGEST_PASS, max(_FIRST_PASS, nearest))
    return round(longest * min(1.0, forks / len(hosts)), 2)


def summary(state: State) -> list[str]:
    """What became of each recipient, in a line."""
    return [
        "%s: %s%s%s%s"
        % (
            name,
            "already cloned" if host.get("earlier") else host["state"],
            " from %s" % host["donor"] if host["donor"] and host["state"] == "cloned" else "",
            " after a failure from %s" % ", ".join(host["tried"])
            if host["tried"] and host["state"] == "cloned"
            else "",
            ": " + str(host["message"]) if host["message"] and host["state"] != "cloned" else "",
        )
        for name, host in state["hosts"].items()
        if not host["original"]
    ]
