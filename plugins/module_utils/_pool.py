# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The donors of a run: which comes first, and the queue in front of each one's only slot.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils._context import Context, Donor, OutOfTime
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import CloneError, ServerError
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import Server, version_numbers

SLOT_LOCK = "dbops.mysql_clone.slot"
# The state of a session that waits for a named lock.
_WAITING = "User lock"
# Seconds of delay, and running threads, that make no difference between two donors.
_LAG_STEP = 10
_LOAD_STEP = 4
# Seconds that a donor is given to answer when its slot is freed: the clone has ended well without it.
_FREE_SECONDS = 2
# Seconds that a link which was cut near the end is given to come back: else everybody else waits for five minutes.
_AGAIN_SECONDS = 10
_AGAIN_PAUSE = 0.5
# Seconds until whoever is first in the queue looks again for another host's clone.
_LOOK_PAUSE = 0.25


class Look(t.NamedTuple):
    """A donor as it was seen: ``lag`` in seconds (None: not a replica, or not to be seen), ``running`` threads."""

    reachable: bool
    busy: bool = False
    lag: float | None = None
    replica: bool = False
    running: int = 0


def preference(
    donors: t.Sequence[Donor], looks: t.Sequence[Look], zone: str | None, max_lag: float | None
) -> list[Donor]:
    """The donors in the order in which they are tried: reachable, in the zone, without a clone, little delay, little load.

    What differs by less than a step, and what can't be seen, leaves the given order. Donors that are known to lag behind by
    more than ``max_lag`` seconds (or whose replication stands still) are left out.
    """

    def key(place: int) -> tuple[t.Any, ...]:
        donor, look = donors[place], looks[place]
        return (
            not look.reachable,
            bool(zone) and donor.zone != zone,
            look.busy,
            int((look.lag or 0) / _LAG_STEP),
            int(look.running / _LOAD_STEP),
            place,
        )

    usable = [place for place, look in enumerate(looks) if not too_late(look, max_lag)]
    return [donors[place] for place in sorted(usable, key=key)]


def too_late(look: Look, max_lag: float | None) -> bool:
    """Whether a donor is a replica that is known to lag behind by more than ``max_lag`` seconds, or stands still."""
    if max_lag is None or not look.replica:
        return False
    return look.lag is None or look.lag > max_lag


def foreign_clones(sessions: t.Sequence[t.Mapping[str, t.Any]], own: int) -> list[str]:
    """The hosts, other than the asking session's own, to which the donor is giving a clone, as far as the account may see.

    ``sessions`` are the rows of SHOW PROCESSLIST, ``own`` the asking session's id. A clone to the own host is this
    recipient's earlier one, as a rule, and may be taken over.
    """
    hosts = {int(row["Id"]): str(row["Host"] or "").rsplit(":", 1)[0] for row in sessions}
    return sorted({hosts[session] for session in _cloning(sessions)} - {hosts.get(own, "")})


def _cloning(sessions: t.Sequence[t.Mapping[str, t.Any]]) -> set[int]:
    return {int(row["Id"]) for row in sessions if str(row["Command"]).lower() == "clone"}


def is_ahead(sessions: t.Sequence[t.Mapping[str, t.Any]], own: int) -> bool:
    """Whether another run waits at the donor for longer, as far as the account may see: without PROCESS its own sessions.

    The server counts its sessions, so the number of a run's own tells when it came. One that died is no longer in its wait.
    """
    return any(int(row["Id"]) < own and row["State"] == _WAITING and SLOT_LOCK in str(row["Info"]) for row in sessions)


def leftovers(sessions: t.Sequence[t.Mapping[str, t.Any]], own: int, seconds: float) -> list[int]:
    """The donor's sessions that wait for the recipient of a clone that ended ``seconds`` ago.

    They come from the asking session's host, were there before it and while the clone still ran: a younger one belongs to
    somebody else's clone. The server tells whole seconds, so Time may be up to one less than what has passed.
    """
    hosts = {int(row["Id"]): str(row["Host"] or "").rsplit(":", 1)[0] for row in sessions}
    times = {int(row["Id"]): int(row["Time"] or 0) for row in sessions}
    return sorted(
        session
        for session in _cloning(sessions)
        if session < own and hosts[session] == hosts.get(own) and times[session] + 1 > seconds
    )


def lag_of(rows: t.Sequence[t.Mapping[str, t.Any]]) -> float | None:
    """The greatest delay of a replica's channels in seconds; None where a channel doesn't say (it stands still)."""
    found = [row.get("Seconds_Behind_Source", row.get("Seconds_Behind_Master")) for row in rows]
    return None if None in found else max((float(value) for value in found), default=None)


class Pool:
    """The donors that a run was given."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._unfreed: tuple[Donor, float] | None = None
        self._reached: Donor | None = None

    def ordered(self) -> tuple[Donor, ...]:
        """As they are to be tried. Raises CloneError when all of them lag behind too far."""
        wanted = self._context.wanted
        if wanted.donor_order == "given" and wanted.max_donor_lag is None:
            return wanted.donors
        looks = [self._look(donor) for donor in wanted.donors]
        if wanted.donor_order == "given":
            found = [donor for donor, look in zip(wanted.donors, looks) if not too_late(look, wanted.max_donor_lag)]
        else:
            found = preference(wanted.donors, looks, wanted.zone, wanted.max_donor_lag)
        if not found:
            raise CloneError(
                "%s: the clone was not started and the recipient is untouched. Each donor's replication stands still or is "
                "more than %s seconds (max_donor_lag) late: %s"
                % (
                    self._context.label,
                    wanted.max_donor_lag,
                    ", ".join(
                        "%s %s" % (donor.label, "stands still" if look.lag is None else "%d s" % look.lag)
                        for donor, look in zip(wanted.donors, looks)
                    ),
                ),
                changed=False,
            )
        if len(wanted.donors) > 1:
            self._context.journal.event("donors in order: " + ", ".join(donor.label for donor in found))
        return tuple(found)

    def _look(self, donor: Donor) -> Look:
        """One round trip or two; by the administrator's login where there is one, as the clone account may see little."""
        admin = self._context.donor_admin(donor)
        for login in (admin, donor.login):
            if login is None:
                continue
            try:
                with self._context.link.open((login,), read_timeout=10.0) as server:
                    return self._seen(server)
            except (ServerError, CloneError):
                continue
        return Look(False)

    @staticmethod
    def _seen(server: Server) -> Look:
        word = "REPLICA" if version_numbers(server.version) >= (8, 0, 22) else "SLAVE"
        rows = server.query_many(
            {
                "load": "SHOW GLOBAL STATUS LIKE 'Threads_running'",
                "sessions": "SHOW PROCESSLIST",
                "replica": "SHOW %s STATUS" % word,
            }
        )
        load, sessions, replica = rows["load"], rows["sessions"], rows["replica"]
        channels = replica if isinstance(replica, list) else []
        return Look(
            True,
            bool(_cloning(sessions)) if isinstance(sessions, list) else False,
            lag_of(channels),
            bool(channels),
            int(load[0]["Value"]) if isinstance(load, list) and load else 0,
        )

    def free(self, donor: Donor, returned: float) -> None:
        """End what the donor still keeps of this run's clone, whose statement had ``returned`` then (the run's clock).

        Where the link was cut near the end, the donor waits for the recipient to come back until its reconnect window is over
        (clone_donor_timeout_after_network_failure, five minutes), and everybody else waits for the slot. A donor that can't
        be reached now is left for free_again.
        """
        self._unfreed = (donor, returned)
        with contextlib.suppress(ServerError):
            login = donor.login._replace(connect_timeout=_FREE_SECONDS)
            with self._context.link.open((login,), read_timeout=_FREE_SECONDS) as session:
                self._end_leftovers(session, donor, returned)
            self._unfreed = None

    def free_again(self) -> None:
        """Free the donor that could not be reached when the clone had ended.

        Waits a little for the link to come back, but not to a donor that could not be logged in to from here in the first place.
        """
        link = self._context.link
        deadline = link.clock() + (_AGAIN_SECONDS if self._unfreed and self._unfreed[0] == self._reached else 0)
        while self._unfreed is not None:
            self.free(*self._unfreed)
            if self._unfreed is None:
                return
            if link.clock() >= deadline:
                if self._unfreed[0] == self._reached:
                    self._context.journal.event(
                        "%s can't be reached; its slot may stay taken until its reconnect window is over"
                        % self._unfreed[0].label
                    )
                return
            link.sleep(_AGAIN_PAUSE)

    def _end_leftovers(self, session: Server, donor: Donor, returned: float) -> None:
        link = self._context.link
        # Who holds the lock clones.
        if session.value("SELECT GET_LOCK(%s, 0)", (SLOT_LOCK,)) != 1:
            return
        left = leftovers(session.query("SHOW PROCESSLIST"), session.connection_id, link.clock() - returned)
        if left:
            self._context.journal.event("%s still waits for this recipient; freeing its slot" % donor.label)
        for one in left:
            session.execute("KILL %s", (one,))

    def lease(self, donor: Donor) -> Server | None:
        """A place in the queue in front of the donor's only slot: a named lock that dies with its session. First come, first served.

        Only the queue: the server's own answer (3634) stays the truth. But that answer doesn't protect a clone whose
        recipient has lost its link: the server hands the slot of such an idle clone to whoever comes next, so another
        host's clone is waited for here. Where the donor can't be logged in to from here, the statement will say so.
        """
        context = self._context
        try:
            session = context.link.open((donor.login,))
        except ServerError:
            return None
        self._reached = donor
        told = False
        try:
            while True:
                first = session.value("SELECT GET_LOCK(%s, 1)", (SLOT_LOCK,)) == 1
                if first:
                    sessions = session.query("SHOW PROCESSLIST")
                    if is_ahead(sessions, session.connection_id):
                        # The server's own order is lost with each second that a wait takes. Who makes way waits again at once.
                        session.value("SELECT RELEASE_ALL_LOCKS()")
                        first = False
                    elif not foreign_clones(sessions, session.connection_id):
                        return session
                if context.left() <= 0 or context.cancelled():
                    raise OutOfTime
                if not told:
                    context.journal.event("waiting for a free clone slot on %s" % donor.label)
                    told = True
                if first:
                    context.link.sleep(_LOOK_PAUSE)
        except ServerError:
            session.close()
            return None
        except BaseException:
            session.close()
            raise
