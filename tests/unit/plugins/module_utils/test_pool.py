# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which donor comes first, and who may clone from it now."""

from __future__ import annotations

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _pool
from ansible_collections.dbops.mysql_clone.plugins.module_utils._context import Donor, OutOfTime, Wanted
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import CloneError, ServerError
from ansible_collections.dbops.mysql_clone.plugins.module_utils._pool import Look
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import Login
from ansible_collections.dbops.mysql_clone.tests.unit.plugins.module_utils.scripted import Scripted


def session(number, host, command):
    return {"Id": number, "User": "cu", "Host": host, "Command": command, "State": None, "Info": None}


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([], []),
        ([session(8, "10.0.0.9:4000", "Query")], []),
        ([session(8, "10.0.0.9:4000", "clone"), session(9, "10.0.0.9:4001", "Clone")], ["10.0.0.9"]),
        # The recipient's own earlier clone may be taken over.
        ([session(8, "10.0.0.2:4000", "clone")], []),
    ],
)
def test_foreign_clones(others, expected):
    assert _pool.foreign_clones([session(7, "10.0.0.2:3999", "Query"), *others], 7) == expected


def in_line(number, state="User lock", info="SELECT GET_LOCK('dbops.mysql_clone.slot', 1)"):
    return dict(session(number, "10.0.0.9:4000", "Query"), State=state, Info=info)


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([], False),
        ([in_line(6)], True),
        ([in_line(8)], False),
        ([in_line(8), in_line(5)], True),
        # Who has died, or clones; somebody else's lock.
        ([in_line(6, state="", info=None)], False),
        ([in_line(6, info="SELECT GET_LOCK('mine', 1)")], False),
    ],
)
def test_who_came_before(others, expected):
    assert _pool.is_ahead([session(7, "10.0.0.2:3999", "Query"), *others], 7) is expected


def waiting(number, host, seconds, command="clone"):
    return dict(session(number, host, command), Time=seconds)


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([], []),
        ([waiting(5, "10.0.0.2:4000", 60, "Query")], []),
        ([waiting(6, "10.0.0.2:4000", 60), waiting(5, "10.0.0.2:4001", 59, "Clone")], [5, 6]),
        # The server tells whole seconds.
        ([waiting(5, "10.0.0.2:4000", 10)], [5]),
        # Another host's, and those that began after ours had ended.
        ([waiting(5, "10.0.0.9:4000", 60)], []),
        ([waiting(5, "10.0.0.2:4000", 9)], []),
        ([waiting(8, "10.0.0.2:4000", 60)], []),
    ],
)
def test_leftovers(others, expected):
    assert _pool.leftovers([waiting(7, "10.0.0.2:3999", 0, "Query"), *others], 7, 10.4) == expected


class World:
    """A donor, its clock, and the link to it; ``answers`` are what its process list shows, one look after the other."""

    connection_id = 7

    def __init__(self, *answers, lock=1, cuts=0):
        self.answers = list(answers)
        self.lock = lock
        self.cuts = cuts
        self.now = 100.0
        self.killed = []
        self.said = []
        self.link = self.journal = self

    def clock(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds

    def event(self, text):
        self.said.append(text)

    def open(self, logins, read_timeout=None):
        if self.cuts:
            self.cuts -= 1
            raise ServerError(2003, "Connection refused", logins[0].label, "connect")
        return self

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        pass

    def value(self, statement, values):
        assert statement.startswith("SELECT GET_LOCK")
        return self.lock

    def query(self, statement):
        assert statement == "SHOW PROCESSLIST"
        return [waiting(7, "10.0.0.2:3999", 0, "Query"), *self.answers.pop(0)]

    def execute(self, statement, values):
        assert statement == "KILL %s"
        self.killed += values


LEFT = [waiting(5, "10.0.0.2:4000", 3)]
FREEING = "n1:3306 still waits for this recipient; freeing its slot"


@pytest.mark.parametrize(
    ("world", "killed"),
    [
        (World([]), []),
        (World(LEFT), [5]),
        (World([waiting(5, "10.0.0.2:4000", 1)]), []),
        # Somebody else of ours clones.
        (World(lock=0), []),
    ],
)
def test_a_donor_that_waits_for_a_recipient_that_is_done_is_freed(world, killed):
    pool = _pool.Pool(world)
    pool.free(donor("n1"), 97.8)
    assert world.killed == killed
    assert world.said == ([FREEING] if killed else [])
    pool.free_again()
    assert world.killed == killed
    assert not world.answers


def test_a_donor_behind_a_cut_link_is_freed_later():
    world = World([], [waiting(5, "10.0.0.2:4000", 5)])
    pool = _pool.Pool(world)
    pool.lease(donor("n1"))
    world.cuts = 3
    pool.free(donor("n1"), 97.8)
    assert world.killed == []
    pool.free_again()
    assert world.killed == [5]
    assert world.now == 101.0


def test_a_donor_behind_a_link_that_stays_cut_is_told_of():
    world = World([])
    pool = _pool.Pool(world)
    pool.lease(donor("n1"))
    world.cuts = 100
    pool.free(donor("n1"), 97.8)
    pool.free_again()
    assert world.now == 110.0
    assert world.said == ["n1:3306 can't be reached; its slot may stay taken until its reconnect window is over"]


def test_a_donor_that_nobody_can_log_in_to_from_here_is_not_waited_for():
    world = World(cuts=100)
    pool = _pool.Pool(world)
    assert pool.lease(donor("n1")) is None
    pool.free(donor("n1"), 97.8)
    pool.free_again()
    assert world.now == 100.0
    assert world.said == []


def donor(name, zone=None):
    return Donor(Login(name, 3306), zone)


NORTH1, NORTH2, SOUTH = donor("n1", "north"), donor("n2", "north"), donor("s", "south")
IDLE = Look(True)


@pytest.mark.parametrize(
    ("looks", "zone", "max_lag", "expected"),
    [
        # Alike: as given.
        ([IDLE, IDLE, IDLE], None, None, "n1 n2 s"),
        ([IDLE, IDLE, IDLE], "south", None, "s n1 n2"),
        # One that does not answer comes last, wherever it is.
        ([Look(False), IDLE, IDLE], "north", None, "n2 s n1"),
        ([Look(True, busy=True), IDLE, IDLE], "north", None, "n2 n1 s"),
        # Small differences are none.
        ([Look(True, lag=9.0, replica=True), IDLE, IDLE], "north", None, "n1 n2 s"),
        ([Look(True, lag=30.0, replica=True), IDLE, IDLE], "north", None, "n2 n1 s"),
        ([Look(True, running=3), Look(True, running=1), IDLE], None, None, "n1 n2 s"),
        ([Look(True, running=40), Look(True, running=1), IDLE], None, None, "n2 s n1"),
        # Too late, or standing still.
        ([Look(True, lag=61.0, replica=True), IDLE, IDLE], None, 60, "n2 s"),
        ([Look(True, lag=None, replica=True), IDLE, IDLE], None, 60, "n2 s"),
        ([IDLE, IDLE, Look(True, lag=60.0, replica=True)], None, 60, "n1 n2 s"),
    ],
)
def test_preference(looks, zone, max_lag, expected):
    found = _pool.preference((NORTH1, NORTH2, SOUTH), looks, zone, max_lag)
    assert " ".join(item.login.host for item in found) == expected


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], None),
        ([{"Seconds_Behind_Source": 3}, {"Seconds_Behind_Source": 7}], 7.0),
        ([{"Seconds_Behind_Master": 3}], 3.0),
        ([{"Seconds_Behind_Source": 3}, {"Seconds_Behind_Source": None}], None),
    ],
)
def test_lag_of(rows, expected):
    assert _pool.lag_of(rows) == expected


# -- looking at donors, and queueing for one ---------------------------------------------------------------------------


class Asked:
    """The context of a run, whose donors answer as written down (by host and user); cancelled after so many pauses."""

    def __init__(self, wanted, answers, patience=100):
        self.wanted, self.answers = wanted, answers
        self.label = "r:3306"
        self.link = self.journal = self
        self.patience = patience
        self.said = []

    def open(self, logins, read_timeout=None):
        answer = self.answers[logins[0].host, logins[0].user]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def donor_admin(self, one):
        admin = self.wanted.donor_admin
        return one.login._replace(user=admin[0]) if admin else None

    def event(self, text):
        self.said.append(text)

    def left(self):
        return float(self.patience)

    def cancelled(self):
        return False

    def sleep(self, seconds):
        self.patience -= 1


def wanted(**values):
    return Wanted(donors=(account("n1"), account("n2")), logins=(), **values)


def account(name):
    return Donor(Login(name, 3306, user="cu"))


def seen(running=1, replica=(), sessions=(), version="9.7.4", **more):
    return Scripted(
        {"Threads_running": [{"Value": str(running)}], "PROCESSLIST": list(sessions), " STATUS": list(replica), **more},
        version,
    )


def test_the_given_order_asks_nobody():
    context = Asked(wanted(), {})
    assert _pool.Pool(context).ordered() == context.wanted.donors


def test_the_preferred_order_is_told():
    context = Asked(wanted(donor_order="auto"), {("n1", "cu"): seen(40), ("n2", "cu"): seen(1)})
    assert [one.login.host for one in _pool.Pool(context).ordered()] == ["n2", "n1"]
    assert context.said == ["donors in order: n2:3306, n1:3306"]


def test_donors_that_lag_behind_are_left_out_of_the_given_order():
    late, still = [{"Seconds_Behind_Source": 61}], [{"Seconds_Behind_Source": None}]
    context = Asked(wanted(max_donor_lag=60), {("n1", "cu"): seen(replica=late), ("n2", "cu"): seen()})
    assert [one.login.host for one in _pool.Pool(context).ordered()] == ["n2"]
    context.answers["n2", "cu"] = seen(replica=still)
    with pytest.raises(CloneError, match=r"n1:3306 61 s, n2:3306 stands still") as caught:
        _pool.Pool(context).ordered()
    assert caught.value.details["changed"] is False


def test_an_administrator_sees_more_and_the_account_must_do_without():
    answers = {("n1", "admin"): ServerError(1045, "denied", "n1"), ("n1", "cu"): seen(3)}
    pool = _pool.Pool(Asked(wanted(donor_admin=("admin", "p")), answers))
    assert pool._look(account("n1")) == Look(True, running=3)
    answers["n1", "admin"] = seen(9)
    assert pool._look(account("n1")).running == 9
    answers["n1", "admin"] = answers["n1", "cu"] = ServerError(2003, "refused", "n1")
    assert pool._look(account("n1")) == Look(False)


@pytest.mark.parametrize(("version", "word"), [("8.0.22", "SHOW REPLICA STATUS"), ("8.0.21", "SHOW SLAVE STATUS")])
def test_replication_has_the_name_of_its_version(version, word):
    server = seen(version=version)
    _pool.Pool._seen(server)
    assert word in server.asked


def test_what_the_account_may_not_see_makes_no_difference():
    denied = ServerError(1227, "denied", "n1")
    server = Scripted({"Threads_running": denied, "PROCESSLIST": denied, "STATUS": denied})
    assert _pool.Pool._seen(server) == Look(True)
    clone = {"Id": 3, "Command": "clone", "Host": "h:1"}
    assert _pool.Pool._seen(seen(sessions=[clone], replica=[{"Seconds_Behind_Source": 2}])) == Look(
        True, True, 2.0, True, 1
    )


def queued(locks, sessions=((),), patience=100):
    """A donor whose lock is given by these answers, and whose process list shows these sessions, one after the other."""
    locks, looks = list(locks), [list(rows) for rows in sessions]

    def lock(_statement):
        answer = locks.pop(0) if len(locks) > 1 else locks[0]
        if isinstance(answer, Exception):
            raise answer
        if not answer:
            context.sleep(1)
        return [{"l": answer}]

    server = Scripted(
        {
            "GET_LOCK": lock,
            "RELEASE_ALL_LOCKS": [{"released": 1}],
            "PROCESSLIST": lambda _statement: looks.pop(0) if len(looks) > 1 else looks[0],
        }
    )
    context = Asked(wanted(), {("n1", "cu"): server}, patience)
    return server, context


def test_a_free_slot_is_taken_at_once():
    server, context = queued([1])
    assert _pool.Pool(context).lease(account("n1")) is server
    assert context.said == []
    assert not server.closed


def test_a_taken_one_is_waited_for_and_told_of_once():
    foreign = [session(7, "10.0.0.2:1", "Query"), session(9, "10.0.0.9:4000", "clone")]
    server, context = queued([0, 0, 1], [foreign, [session(7, "10.0.0.2:1", "Query")]])
    assert _pool.Pool(context).lease(account("n1")) is server
    assert context.said == ["waiting for a free clone slot on n1:3306"]
    assert context.patience == 97


def test_who_came_before_goes_first():
    server, context = queued([1, 1], [[in_line(6), session(7, "10.0.0.2:1", "Query")], []])
    assert _pool.Pool(context).lease(account("n1")) is server
    assert [statement.split()[1].partition("(")[0] for statement in server.asked if "LOCK" in statement] == [
        "GET_LOCK",
        "RELEASE_ALL_LOCKS",
        "GET_LOCK",
    ]


def test_the_queue_has_an_end():
    server, context = queued([0], patience=3)
    with pytest.raises(OutOfTime):
        _pool.Pool(context).lease(account("n1"))
    assert server.closed


def test_a_donor_that_goes_away_meanwhile_is_the_statements_matter():
    server, context = queued([0, ServerError(2013, "lost", "n1")])
    assert _pool.Pool(context).lease(account("n1")) is None
    assert server.closed
