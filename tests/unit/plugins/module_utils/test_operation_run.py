# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole runs in simulated time: what the state machine does when servers behave as real ones were seen to."""

from __future__ import annotations

import contextlib
import datetime
from typing import ClassVar

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _context, _host, _operation, _precheck, _swap
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import CloneError, ServerError
from ansible_collections.dbops.mysql_clone.plugins.module_utils._findings import Finding
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import Login

EPOCH = datetime.datetime(2026, 11, 22, 19, 0, 0)
OWN = Login(unix_socket="/run/r.sock", user="root", password="r")
POST = OWN._replace(password="d")
DONORS = (
    _context.Donor(Login("db1", 3306, user="cu", password="cp")),
    _context.Donor(Login("db2", 3306, user="cu", password="cp")),
)


def stamp(seconds):
    return (EPOCH + datetime.timedelta(seconds=seconds)).isoformat() + "Z"


class Attempt:
    """What the server does with one CLONE: returns ``error`` after ``seconds``; is down for ``down`` seconds afterwards."""

    def __init__(
        self,
        seconds=10.0,
        error=None,
        down=3.0,
        bytes_at=lambda t: int(t * 100),
        state="Completed",
        dropped=True,
        number=0,
        stage="FILE COPY",
    ):
        self.seconds, self.error, self.down, self.bytes_at = seconds, error, down, bytes_at
        self.state, self.dropped, self.number, self.stage = state, dropped, number, stage


class World:
    """One recipient, its donors and the time; a Link for the operation."""

    def __init__(self, *attempts, accounts=("d",), donor_uptime=10000, before=None):
        self.now = 100.0
        self.attempts = list(attempts)
        self.accounts_after = accounts
        self.accounts_now = ("r",)
        self.boot = 0.0
        self.donor_uptime = donor_uptime
        self.donor_up = True
        self.kill_works = True
        self.donor_sessions = []
        self.down_until = 0.0
        self.running = None
        self.row = before
        self.killed_at = None
        self.statements = []
        self.commands = []
        self.variables = {"clone_valid_donor_list": None, "clone_buffer_size": 4194304}
        self.sent = 0.0
        self.logged = None
        self.opened = []
        self.log = "/nowhere/|stderr"
        self.datadir = "/nowhere"
        self.killed = []
        # When the statement's thread was waited for, and how long; how long it thinks before it sends anything.
        self.waits = []
        self.thinks = 0.0
        # Seconds for which the row of an older clone stands while a new one has begun.
        self.late = 0.0
        self.older = before
        # When the recipient can't be asked (pairs of moments), and how a donor that isn't up is missed.
        self.deaf = []
        self.donor_error = "Can't connect ([Errno 111] Connection refused)"
        self.donor_patience = set()
        # Which error hides the row of a clone that has ended, and whether the plugin can be installed again.
        self.hidden = None
        self.installs = False

    # -- Link -----------------------------------------------------------------------------------------------------

    def clock(self):
        return self.now

    wall = clock

    def sleep(self, seconds):
        self.now += seconds

    def jitter(self):
        return 0.0

    def open(self, logins, read_timeout=30.0):
        if logins[0].host != "localhost":
            if self.running:
                self.donor_patience.add((logins[0].connect_timeout, read_timeout))
            if not self.donor_up:
                raise ServerError(2003, self.donor_error, logins[0].label, "connect")
            return Session(self, logins[0], donor=True)
        self.opened.append(self.now)
        if any(begin <= self.now < end for begin, end in self.deaf):
            raise ServerError(2003, "timed out", logins[0].label, "connect")
        if self.now < self.down_until:
            raise ServerError(2002, "no such file", logins[0].label, "connect")
        for login in logins:
            if login.password in self.accounts_now:
                return Session(self, login)
        raise ServerError(1045, "Access denied", logins[0].label, "connect")

    def background(self, function):
        handle = Handle(self, function, self.now + self.thinks)
        if not self.thinks:
            handle.begin()
        return handle

    def aside(self, function):
        return Answered(function())

    def command(self, text, seconds):
        self.commands.append(text)
        self.down_until = self.now + 2
        self.boot = self.down_until

    # -- the server -----------------------------------------------------------------------------------------------

    def start_clone(self):
        self.running = self.attempts.pop(0)
        self.sent = self.now
        self.row = None

    def finish(self):
        attempt = self.running
        self.running = None
        killed = self.killed_at is not None
        self.killed_at = None
        state = "Failed" if killed else attempt.state
        number = 1317 if killed else attempt.number
        self.row = (state, self.sent, self.now, number, attempt)
        if not killed and attempt.error in (None, 3707, 2013):
            if attempt.error == 3707:
                self.down_until = float("inf")
            else:
                self.down_until = self.now + attempt.down
                self.boot = self.down_until
            if attempt.state == "Completed":
                self.accounts_now = self.accounts_after

    def rows(self):
        if self.running and self.now < self.sent + self.late:
            state, begin, end, number, attempt = self.older
        elif self.running:
            attempt, begin, end, state, number = self.running, self.sent, None, "In Progress", 0
        elif self.row is None:
            return [], []
        else:
            state, begin, end, number, attempt = self.row
        copied = attempt.bytes_at((end or self.now) - begin)
        status = {
            "PID": 9 if self.running else 0,
            "STATE": state,
            "BEGIN_TIME": stamp(begin),
            "END_TIME": None if state == "In Progress" else stamp(end),
            "SOURCE": "db1:3306",
            "DESTINATION": "LOCAL INSTANCE",
            "ERROR_NO": number,
            "ERROR_MESSAGE": "broken" if number else "",
            "BINLOG_FILE": "",
            "BINLOG_POSITION": 0,
            "GTID_EXECUTED": "",
        }
        stage = {"THREADS": 1, "NETWORK": copied, "DATA_SPEED": 0, "NETWORK_SPEED": 0}
        drop = "Completed" if attempt.dropped else "Not Started"
        progress = [
            dict(
                stage, STAGE="DROP DATA", STATE=drop, BEGIN_TIME=stamp(begin), END_TIME=stamp(begin), ESTIMATE=0, DATA=0
            ),
            dict(
                stage,
                STAGE="FILE COPY",
                STATE=state,
                BEGIN_TIME=stamp(begin),
                END_TIME=status["END_TIME"],
                ESTIMATE=10000,
                DATA=copied,
            ),
        ]
        if attempt.stage == "DROP DATA":
            progress = [dict(progress[0], STATE=state, END_TIME=status["END_TIME"])]
        elif attempt.stage != "FILE COPY":
            progress[1].update(STATE="Completed", END_TIME=stamp(begin + 1))
            progress.append(
                dict(progress[0], STAGE=attempt.stage, STATE=state, BEGIN_TIME=stamp(begin + 1), END_TIME=None)
            )
        return [status], progress


class Answered:
    def __init__(self, result):
        self.result = result

    def wait(self, seconds):
        return True


class Handle:
    def __init__(self, world, function, begin):
        self.world, self.error, self.until, self.outcome = world, None, begin, None
        self.function = function

    def begin(self):
        function, self.function = self.function, None
        try:
            function()
        except BaseException as error:
            self.error, self.until = error, self.world.now
        else:
            attempt = self.world.running
            self.until = self.world.now + attempt.seconds
            self.outcome = attempt.error
            self.text = getattr(attempt, "text", "error %s" % attempt.error)

    def wait(self, seconds):
        world = self.world
        world.waits.append((world.now, seconds))
        if self.function and world.now + seconds >= self.until:
            world.now = max(world.now, self.until)
            self.begin()
            return False
        if world.running and world.killed_at is not None:
            world.finish()
            self.error = ServerError(1317, "Query execution was interrupted", "r")
            return True
        if world.now + seconds < self.until:
            world.now += seconds
            return False
        world.now = max(world.now, self.until)
        if world.running:
            world.finish()
            if self.outcome:
                self.error = ServerError(self.outcome, self.text, "r")
        return True


class Session:
    connection_id = 9

    def __init__(self, world, login, donor=False):
        self.world, self.login, self.donor, self.label = world, login, donor, login.label

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        pass

    def close(self):
        pass

    def value(self, statement, values=None):
        if statement.startswith("SELECT GET_LOCK"):
            return 1
        if statement.startswith("SELECT NOW"):
            return stamp(self.world.now)
        if statement == "SELECT @@GLOBAL.datadir":
            return self.world.datadir
        if "log_error" in statement:
            return self.world.log
        if "error_log" in statement:
            return self.world.logged
        return self.world.variables[statement.split("`")[1] if "`" in statement else statement.rsplit(".", 1)[1]]

    def query(self, statement, values=None):
        if statement == "SHOW PROCESSLIST":
            return self.world.donor_sessions
        assert statement == "SHOW GLOBAL STATUS LIKE 'Uptime'"
        uptime = self.world.donor_uptime if self.donor else self.world.now - self.world.boot
        return [{"Value": str(int(uptime))}]

    def query_many(self, statements):
        if self.world.hidden and self.world.row and not self.donor:
            gone = ServerError(self.world.hidden, "clone_status can't be read", self.label)
            return {"status": gone, "progress": gone, "session": gone, "now": [{"now": stamp(self.world.now)}]}
        status, progress = self.world.rows()
        return {
            "status": status,
            "progress": progress,
            "session": [{"alive": int(self.world.running is not None)}],
            "now": [{"now": stamp(self.world.now)}],
        }

    def execute(self, statement, values=None):
        world = self.world
        world.statements.append(statement)
        if statement.startswith("CLONE INSTANCE"):
            world.start_clone()
        elif statement.startswith("INSTALL PLUGIN"):
            if not world.installs:
                raise ServerError(
                    1123, "Can't initialize function 'clone'; Plugin initialization function failed.", self.label
                )
            world.hidden = None
        elif statement.startswith("SET GLOBAL"):
            world.variables[statement.split("`")[1]] = values[0]
        elif statement.startswith("KILL QUERY"):
            world.killed.append((world.now, values[0]))
            if world.running and world.kill_works:
                world.killed_at = world.now


class Journal:
    def __init__(self):
        self.document, self.texts, self.kept = {}, [], []

    def event(self, text, clone=None):
        self.texts.append(text)
        self.observe(clone)

    def observe(self, clone):
        if clone:
            self.document["clone"] = clone

    def keep(self, **values):
        self.kept.append(values)


@pytest.fixture
def report(monkeypatch):
    """What precheck finds; tests change it."""
    found = {"checks": [], "interlock": [], "already": False}
    monkeypatch.setattr(
        _precheck,
        "server_facts",
        lambda server, side, **unused: {"schemas": [{"name": "old", "bytes": 1}], "gtid_executed": "a:1"},
    )
    monkeypatch.setattr(
        _precheck,
        "compare",
        lambda facts, login, options, **more: (
            found.update(options=options) or _precheck.Report(found["checks"], found["interlock"], found["already"], {})
        ),
    )
    return found


def operate(world, cancelled=lambda: False, left=None, **wanted):
    journal = Journal()
    chosen = dict({"donors": DONORS[:1], "logins": (OWN, POST), "poll_interval": 1.0}, **wanted)
    operation = _operation.Operation(_context.Wanted(**chosen), journal, world, cancelled)
    try:
        return operation.run(left), journal
    except CloneError as error:
        error.journal = journal
        raise


def back_after(world, moment):
    """A server that has restarted into the clone's data, some time after the moment."""

    def sleep(seconds, sleep=world.sleep):
        sleep(seconds)
        if world.row and world.now > moment:
            world.row = ("Completed", *world.row[1:])
            world.boot, world.accounts_now = world.now, ("d",)

    world.sleep = sleep


def under_way(world, seconds):
    """A clone that somebody else has started, and that ends after so many seconds."""
    world.start_clone()

    def sleep(more, sleep=world.sleep):
        sleep(more)
        if world.running and world.now > world.sent + seconds:
            world.finish()

    world.sleep = sleep


def refused(world, **wanted):
    with pytest.raises(CloneError) as caught:
        operate(world, **wanted)
    return caught.value


def clones(world):
    return len([statement for statement in world.statements if statement.startswith("CLONE")])


@pytest.mark.usefixtures("report")
class TestEndings:
    def test_supervised(self):
        world = World(Attempt())
        result, journal = operate(world, settings={"clone_buffer_size": 8388608})
        assert (result["changed"], result["clone"]["state"], len(result["attempts"])) == (True, "completed", 1)
        assert world.variables == {"clone_valid_donor_list": None, "clone_buffer_size": 4194304}
        assert all(entry["restored"] for entry in result["restored"])
        assert any(text.startswith("FILE COPY") for text in journal.texts)
        assert len(result["samples"]) > 5
        for point in result["samples"]:
            assert point["bytes"] == pytest.approx(point["seconds"] * 100, abs=2)
        assert "SET SESSION lock_wait_timeout = %s" in world.statements

    @pytest.mark.parametrize("error", [None, 3707])
    def test_no_session_is_open_while_the_server_goes_down(self, error):
        world = World(Attempt(error=error))
        ends = []
        world.finish = lambda finish=world.finish: (ends.append(world.now), finish())
        operate(world, start_command="start it")
        assert next(when - ends[0] for when in world.opened if when >= ends[0]) >= 1

    def test_a_clone_beside_the_server_ends_without_a_restart(self):
        world = World(Attempt(down=0))
        begun = world.now
        operate(world, data_directory="/new")
        assert world.now - begun < 11

    @pytest.mark.parametrize(("stage", "looks"), [("FILE COPY", 17), ("FILE SYNC", 8)])
    def test_looks_are_rare_in_the_last_stage(self, stage, looks):
        world = World(Attempt(seconds=5))
        rows = world.rows

        def later():
            status, progress = rows()
            for row in progress[1:]:
                row["STAGE"] = stage
            return status, progress

        world.rows = later
        operate(world)
        assert len([when for when in world.opened if when < 105]) == pytest.approx(looks, abs=3)

    @pytest.mark.parametrize("error", [2006, 2013, 1053])
    def test_a_lost_session_is_no_failure(self, error):
        attempt = Attempt()
        attempt.error = error
        world = World(attempt)
        world.finish = lambda finish=world.finish: (
            setattr(attempt, "error", None),
            finish(),
            setattr(attempt, "error", error),
        )
        assert operate(world)[0]["clone"]["state"] == "completed"
        assert clones(world) == 1

    def test_unsupervised_with_a_start_command(self):
        world = World(Attempt(error=3707))
        result, _journal = operate(world, start_command="start it")
        assert (result["clone"]["state"], world.commands, len(result["attempts"])) == ("completed", ["start it"], 1)

    def test_a_start_command_that_comes_too_early_is_run_again(self):
        world = World(Attempt(error=3707))
        command, refusals = world.command, iter([CloneError("runs already"), CloneError("runs already")])

        def early(text, seconds):
            for refusal in refusals:
                raise refusal
            command(text, seconds)

        world.command = early
        result, _journal = operate(world, start_command="start it")
        assert result["clone"]["state"] == "completed"
        assert world.commands == ["start it"]

    def test_a_start_command_that_fails_for_good_is_told(self):
        world = World(Attempt(error=3707))

        def broken(text, seconds):
            raise CloneError("start_command ended with status 1: no")

        world.command = broken
        with pytest.raises(CloneError, match="status 1"):
            operate(world, start_command="start it")

    def test_unsupervised_and_somebody_starts_it_later(self):
        world = World(Attempt(error=3707))
        ticks = []

        def sleep(seconds, sleep=world.sleep):
            sleep(seconds)
            ticks.append(seconds)
            if len(ticks) == 200:
                world.command("by hand", 0)

        world.sleep = sleep
        result, journal = operate(world)
        assert result["clone"]["state"] == "completed"
        assert any("by hand" in text for text in journal.texts)

    def test_nobody_starts_it(self):
        failure = refused(World(Attempt(error=3707)), timeout=300)
        assert "time for the run is over" in failure.message

    def test_no_login_works_afterwards(self):
        world = World(Attempt(), accounts=("unknown",))
        failure = refused(world)
        assert "post_clone_login_user" in failure.message
        assert failure.details["changed"]
        # Not retried for half an hour.
        assert world.now < 130
        assert clones(world) == 1

    def test_the_donors_account_is_the_last_resort(self):
        assert operate(World(Attempt(), accounts=("cp",)))[0]["clone"]["state"] == "completed"

    def test_a_restart_that_never_ends(self):
        world = World(Attempt(down=5000))
        failure = refused(world, restart_timeout=60)
        assert (
            "the server has not come back after 60 seconds: no such file. See its error log. The recipient does not answer now; "
            "its own data was dropped" in failure.message
        )
        assert 169 < world.now < 172
        assert failure.details["attempts"][0]["retry"] == "never"
        assert clones(world) == 1

    @pytest.mark.parametrize(("rate", "expected"), [(1, 610), (2e9, 1010)])
    def test_a_restart_may_take_the_longer_the_more_is_to_be_recovered(self, rate, expected):
        world = World(Attempt(down=1e6, bytes_at=lambda t: int(t * rate)))
        assert "the server has not come back" in refused(world).message
        assert expected - 45 < world.now - 100 < expected + 2

    def test_a_recovery_that_tells_that_it_goes_on_is_given_more(self, tmp_path):
        world = recovering(World(Attempt(down=3000)), tmp_path, until=1e9)
        assert operate(world)[0]["clone"]["state"] == "completed"

    def test_but_not_for_ever(self, tmp_path):
        world = recovering(World(Attempt(down=1e6)), tmp_path, until=1e9)
        assert "the server has not come back" in refused(world).message
        assert world.now == pytest.approx(100 + 10 + 6 * 600, abs=3)

    def test_nor_when_it_falls_silent(self, tmp_path):
        world = recovering(World(Attempt(down=1e6)), tmp_path, until=1500)
        assert "the server has not come back" in refused(world).message
        assert 1490 + 120 < world.now < 1500 + 122

    def test_what_is_told_of_a_restart(self):
        _result, journal = operate(World(Attempt(down=60)))
        assert journal.texts[-2:] == ["RESTART    waiting for the server", "completed: 1000 B in 0:10"]

    @pytest.mark.parametrize("world", [World(Attempt(down=100)), World(Attempt(state="In Progress"))])
    def test_the_server_is_asked_often_at_first_and_then_rarely(self, world):
        if world.attempts[0].state != "Completed":
            staying(world)
        asked = []

        def open_(logins, read_timeout=30.0, opened=world.open):
            asked.append(world.now - 110)
            return opened(logins, read_timeout)

        world.open = open_
        with contextlib.suppress(CloneError):
            operate(world, restart_timeout=100)
        assert len([moment for moment in asked if 0 < moment < 10]) == pytest.approx(90, abs=3)
        assert len([moment for moment in asked if 10 <= moment < 99]) == pytest.approx(178, abs=3)

    def test_what_is_told_of_a_server_that_is_started_by_a_command(self):
        world = World(Attempt(error=3707))
        _result, journal = operate(world, start_command="start it")
        assert journal.texts[-4:-1] == [
            "data copied; the server is not supervised and has stopped (3707)",
            "starting the server with start_command",
            "RESTART    waiting for the server",
        ]

    def test_what_is_told_of_a_server_that_nobody_starts(self):
        world = World(Attempt(error=3707))
        failure = refused(world, timeout=300)
        assert failure.journal.texts[-2:] == [
            "data copied; the server is not supervised and has stopped (3707)",
            "start the server by hand: its next start completes the clone",
        ]
        assert "; the server has stopped with the data copied, and its next start completes the clone" in (
            failure.message
        )
        assert world.now == pytest.approx(400, abs=1)

    def test_a_supervisor_that_does_not_come_is_helped_by_the_start_command(self):
        world = World(Attempt(down=1e6))
        result, _journal = operate(world, start_command="start it", restart_timeout=300)
        assert (result["clone"]["state"], world.commands) == ("completed", ["start it"])
        assert world.now == pytest.approx(110 + 30 + 1 + 2, abs=1)

    def test_a_start_command_has_the_time_that_is_left(self):
        world = World(Attempt(error=3707))
        given = []
        world.command = lambda text, seconds, command=world.command: (given.append(seconds), command(text, seconds))
        operate(world, start_command="start it", timeout=500)
        assert given == [pytest.approx(500 - 10 - 1, abs=1)]

    @pytest.mark.parametrize(
        ("more", "tries"), [({}, 30), ({"timeout": 15}, 5), ({"cancelled": 118}, 8)], ids=["all", "time", "cancelled"]
    )
    def test_a_start_command_that_fails_is_tried_for_a_while(self, more, tries):
        world = World(Attempt(error=3707))
        tried = []

        def broken(text, seconds):
            tried.append(text)
            raise CloneError("start_command ended with status 1: no")

        world.command = broken
        until = more.pop("cancelled", 1e9)
        failure = refused(world, start_command="start it", cancelled=lambda: world.now > until, **more)
        assert "status 1" in failure.message
        assert len(tried) == pytest.approx(tries, abs=1)

    @pytest.mark.parametrize(("down", "completed"), [(25, True), (500, False)])
    def test_a_run_cancelled_in_the_restart_still_tells_how_it_ended(self, down, completed):
        world = World(Attempt(down=down))
        wanted = {"cancelled": lambda: world.now > 112}
        if completed:
            assert operate(world, **wanted)[0]["clone"]["state"] == "completed"
            return
        assert "cancelled as asked. The recipient does not answer now" in refused(world, **wanted).message
        assert world.now == pytest.approx(110 + 30, abs=1)

    def test_a_server_that_stopped_is_not_waited_for_when_the_run_is_cancelled(self):
        world = World(Attempt(error=3707))
        failure = refused(world, cancelled=lambda: world.now > 115)
        assert "cancelled as asked; the server has stopped with the data copied" in failure.message
        assert world.now == pytest.approx(115, abs=1)

    def test_a_server_that_does_not_restart(self):
        world = staying(World(Attempt(state="In Progress")))
        failure = refused(world, restart_timeout=60)
        assert "1 attempt(s): the server has not restarted 60 seconds after the clone. The recipient" in failure.message
        assert "Remedy: See the recipient's error log." in failure.message
        assert (failure.details["attempts"][0]["retry"], clones(world)) == ("never", 1)

    def test_a_session_that_is_lost_in_the_restart_is_waited_for_as_long_as_the_restart(self):
        """Its clone's row stands, so it isn't one that never began."""
        world = staying(World(Attempt(error=2013, state="In Progress")))
        back_after(world, 170)
        result, _journal = operate(world)
        assert (result["clone"]["state"], clones(world)) == ("completed", 1)

    def test_what_is_known_where_no_login_works(self):
        failure = refused(World(Attempt(), accounts=("unknown",)))
        assert failure.message.startswith(
            "%s: the clone has ended, and now the server refuses every login known here (Access denied)." % OWN.label
        )
        assert (failure.details["server"], failure.details["changed"]) == (OWN.label, True)

    def test_afterwards_only_the_login_that_works_is_used(self):
        world = World(Attempt(), accounts=("d",))
        used = []

        def open_(logins, read_timeout=30.0, opened=world.open):
            session = opened(logins, read_timeout)
            if not session.donor and world.accounts_now == ("d",):
                used.append(logins)
            return session

        world.open = open_
        operate(world, logins=(OWN._replace(config_file="/root/.my.cnf"), POST._replace(config_file="/root/.my.cnf")))
        assert used[-1] == (POST,)

    def test_a_plugin_that_the_donor_loads_by_an_option_is_installed_again(self):
        world = World(Attempt())
        world.hidden, world.installs = 1146, True
        result, _journal = operate(world)
        assert result["clone"]["state"] == "completed"
        assert result["clone"]["bytes_done"] == 1000
        assert result["module_warnings"] == [
            "%s: the donor's plugin table has no clone plugin (it loads it by an option), so it was installed again to read the "
            "result" % OWN.label
        ]
        place = world.statements.index("INSTALL PLUGIN clone SONAME 'mysql_clone.so'")
        # Else the clone would have a transaction that its donor doesn't have.
        assert world.statements[place - 1] == "SET SESSION sql_log_bin = 0"

    def test_a_login_that_may_not_read_the_result_is_told(self):
        world = World(Attempt())
        world.hidden = 1142
        result, _journal = operate(world)
        clone = result["clone"]
        assert (clone["state"], clone["percent"], clone["error"]) == ("completed", 100, None)
        assert (clone["begin_time"], clone["bytes_total"], clone["stage"]) == (stamp(100), 10000, "FILE COPY")
        assert result["module_warnings"] == [
            "%s: the clone is taken as completed since the server restarted with the donor's accounts: the login that works "
            "now may not read clone_status. Give post_clone_login_* for the proof" % OWN.label
        ]
        assert "INSTALL PLUGIN clone SONAME 'mysql_clone.so'" not in world.statements

    def test_a_clone_too_short_to_be_seen_began_with_its_statement(self):
        world = World(Attempt(0.01))
        world.hidden = 1142
        clone = operate(world)[0]["clone"]
        assert (clone["state"], clone["begin_time"], clone["bytes_total"]) == ("completed", stamp(100), 0)

    def test_a_server_started_just_before_the_clone_was_not_restarted_by_it(self):
        world = World(Attempt(error=2013, state="In Progress"))
        world.boot = 99.5
        staying(world)
        back_after(world, 120)
        assert [attempt["error"] for attempt in operate(world)[0]["attempts"]] == [None]

    @pytest.mark.parametrize("hidden", [1142, 1146])
    def test_where_the_session_was_lost_the_servers_files_tell(self, hidden, tmp_path):
        (tmp_path / "#clone").mkdir()
        (tmp_path / "#clone/#view_status").write_text("2 1\n")
        world = World(Attempt(error=2013))
        world.hidden, world.datadir = hidden, str(tmp_path)
        assert operate(world)[0]["clone"]["state"] == "completed"
        (tmp_path / "#clone/#view_status").write_text("1 1\n")
        world = World(Attempt(error=2013))
        world.hidden, world.datadir = hidden, str(tmp_path)
        failure = refused(world)
        assert (
            "1 attempt(s): the server has restarted, and what became of the clone can't be read: the" in failure.message
        )
        assert failure.details["attempts"][0]["retry"] == "repair_first"

    def test_a_row_that_cannot_be_read_before_the_restart_proves_nothing(self):
        world = staying(World(Attempt()))
        world.hidden = 1142
        failure = refused(world, restart_timeout=60)
        assert "the server has not come back after 60 seconds" in failure.message


def staying(world):
    """The recipient's server takes its time before it goes down for the restart."""

    def finish(finish=world.finish, boot=world.boot, accounts=world.accounts_now):
        finish()
        world.down_until, world.boot, world.accounts_now = 0.0, boot, accounts

    world.finish = finish
    return world


def recovering(world, directory, until):
    """While the recipient's server is down it writes to its error log, until then."""
    log = directory / "error.log"
    log.write_text("")
    world.log = "%s|error.log" % directory

    def sleep(seconds, sleep=world.sleep):
        sleep(seconds)
        if world.now < until and int(world.now) % 10 == 0:
            with log.open("a") as file:
                file.write("recovery goes on\n")

    world.sleep = sleep
    return world


@pytest.mark.usefixtures("report")
class TestRetries:
    def test_a_failure_that_can_pass(self):
        world = World(Attempt(5, 1158, state="Failed", number=1158), Attempt())
        result, _journal = operate(world)
        assert [attempt["error"] and attempt["error"]["code"] for attempt in result["attempts"]] == [1158, None]
        first, second = result["attempts"]
        assert (first["retry"], first["delay"]) == ("retry", 5.0)
        assert first["data_dropped"]
        assert first["error"]["symbol"] == "ER_NET_READ_ERROR"
        assert (first["donor"], first["joined"], first["seconds"]) == ("db1:3306", False, 5.0)
        assert (first["begin"], second["begin"]) == ("1970-01-01T00:01:40Z", "1970-01-01T00:01:50Z")
        assert (second["retry"], second["delay"], second["seconds"]) == (None, 0, pytest.approx(13, abs=0.2))
        assert result["seconds"] == pytest.approx(5 + 5 + 13, abs=0.2)

    def test_what_is_told_between_two_attempts(self):
        failing = (Attempt(5, 1158, state="Failed", number=1158) for _each in range(2))
        _result, journal = operate(World(*failing, Attempt()))
        told = [text for text in journal.texts if text.startswith("attempt")]
        assert told == [
            "attempt 1 failed: error 1158; the next one in 5 s",
            "attempt 2 failed: error 1158; the next one in 10 s",
        ]

    def test_a_failure_that_cant(self):
        world = World(Attempt(1, 1227, state="Failed", number=1227, dropped=False))
        failure = refused(world)
        assert clones(world) == 1
        assert "data is untouched" in failure.message
        assert failure.details["data_dropped"] is False
        assert world.variables["clone_valid_donor_list"] is None

    def test_after_the_drop_it_tries_twice_as_hard_and_says_so(self):
        world = World(*(Attempt(1, 1158, state="Failed", number=1158) for _each in range(9)))
        failure = refused(world, retries=2)
        assert clones(world) == 5
        assert failure.message.startswith(
            "%s: the clone failed after 5 attempt(s): error 1158. The recipient's own data was dropped and it runs without "
            "user data; its accounts are unchanged, and a further run clones anew. Remedy: " % OWN.label
        )
        assert failure.details["diagnosis"]["symbol"] == "ER_NET_READ_ERROR"
        assert failure.details["error"] == {"code": 1158, "message": "error 1158"}
        assert (failure.details["changed"], failure.details["server"]) == (True, OWN.label)
        assert failure.details["clone"]["state"] == "failed"
        assert len(failure.details["attempts"]) == 5

    def test_before_the_drop_it_tries_as_often_as_was_asked(self):
        world = World(*(Attempt(1, 1158, state="Failed", number=1158, dropped=False) for _each in range(9)))
        failure = refused(world, retries=2)
        assert clones(world) == 3
        assert "after 3 attempt(s): error 1158. The recipient's data is untouched. Remedy: " in failure.message
        assert (failure.details["changed"], failure.details["given_up"]) == (False, None)

    def test_a_busy_donor_costs_no_attempt(self):
        busy = [Attempt(0.1, 3634, state="Failed", number=3634, dropped=False) for _each in range(20)]
        result, journal = operate(World(*busy, Attempt()), retries=0)
        assert len(result["attempts"]) == 2
        assert (result["attempts"][0]["retry"], result["attempts"][0]["delay"]) == ("wait_slot", 2.0)
        assert journal.texts.count("waiting for a free clone slot on db1:3306") == 1

    def test_a_donor_that_is_busy_again_is_told_again(self):
        busy = Attempt(0.1, 3634, state="Failed", number=3634, dropped=False)
        between = Attempt(0.1, 1158, state="Failed", number=1158, dropped=False)
        result, journal = operate(World(busy, busy, between, busy, busy, Attempt()))
        assert [attempt["retry"] for attempt in result["attempts"]] == ["wait_slot", "retry", "wait_slot", None]
        assert journal.texts.count("waiting for a free clone slot on db1:3306") == 2

    def test_a_pool_goes_around(self):
        failing = [Attempt(1, 1158, state="Failed", number=1158, dropped=False) for _each in range(3)]
        result, _journal = operate(World(*failing, Attempt()), donors=DONORS)
        # All have their turn between two rests; after one it goes on with the donor that it was at.
        assert [attempt["donor"] for attempt in result["attempts"]] == ["db1:3306", "db2:3306", "db2:3306", "db1:3306"]
        assert [attempt["delay"] for attempt in result["attempts"]] == [0, 10, 0, 0]

    def test_the_pools_next_donor(self):
        world = World(Attempt(1, 1158, state="Failed", number=1158, dropped=False), Attempt())
        result, _journal = operate(world, donors=DONORS)
        assert [attempt["donor"] for attempt in result["attempts"]] == ["db1:3306", "db2:3306"]
        assert result["attempts"][0]["delay"] == 0

    def test_a_donor_that_must_be_repaired_is_passed_by(self):
        donor_error = Attempt(1, 3862, state="Failed", number=3862, dropped=False)
        donor_error.text = "Clone Donor Error: 1524 : Plugin 'clone' is not loaded."
        result, _journal = operate(World(donor_error, Attempt()), donors=DONORS)
        assert [attempt["donor"] for attempt in result["attempts"]] == ["db1:3306", "db2:3306"]

    def test_a_session_that_was_lost_before_the_clone_began(self):
        world = World(Attempt(5, 2013), Attempt())

        def lost(finish=world.finish):
            world.running = world.row = None
            world.finish = finish

        world.finish = lost
        result, _journal = operate(world)
        first = result["attempts"][0]
        assert (first["error"]["message"], first["retry"]) == ("the session was lost before the clone began", "retry")
        assert 30 < first["seconds"] < 40

    def test_a_server_that_died_before_its_row_was_written(self):
        world = World(Attempt(5, 2013), Attempt())

        def died(finish=world.finish):
            world.running = world.row = None
            world.down_until = world.boot = world.now + 3
            world.finish = finish

        world.finish = died
        first = operate(world)[0]["attempts"][0]
        assert (first["error"]["message"], first["retry"]) == (
            "the recipient's server was restarted before the clone was done",
            "retry",
        )
        assert first["seconds"] == pytest.approx(5 + 3, abs=0.2)

    def test_a_start_command_that_a_supervisor_forestalls_spoils_nothing(self):
        world = World(Attempt(down=100))

        def refuse(text, seconds):
            raise CloneError("start_command ended with status 1: it runs")

        world.command = refuse
        result, journal = operate(world, start_command="start it")
        assert result["clone"]["state"] == "completed"
        assert "start_command ended with status 1: it runs; waiting for the server" in journal.texts

    def test_a_crash_of_the_recipient(self):
        crash = Attempt(5, 2013, state="In Progress", number=1317)
        world = World(crash, Attempt())
        result, _journal = operate(world)
        assert [attempt["error"] and attempt["error"]["code"] for attempt in result["attempts"]] == [1317, None]
        assert result["attempts"][0]["retry"] == "retry"

    @pytest.mark.parametrize(
        ("state", "cause"), [("Failed", "The clone was killed on the recipient, by KILL,"), ("In Progress", "broken")]
    )
    def test_a_clone_that_somebody_ended_is_told_from_a_crash(self, state, cause):
        """Its row has an end, a crash's has none, and says so itself."""
        failure = refused(World(Attempt(5, 2013, state=state, number=1317)), retries=0)
        assert failure.details["error"] == {"code": 1317, "message": "broken"}
        assert failure.details["diagnosis"]["cause"].startswith(cause)

    def test_the_time_is_over(self):
        world = World(Attempt(1000))
        failure = refused(world, timeout=60)
        assert "time for the run is over" in failure.message
        assert any(statement.startswith("KILL QUERY") for statement in world.statements)
        assert world.now < 170


@pytest.mark.usefixtures("report")
class TestWatching:
    def test_a_stalled_clone_is_cancelled_and_tried_again(self):
        world = World(Attempt(5000, bytes_at=lambda t: 100), Attempt())
        result, journal = operate(world, stall_timeout=30)
        assert [attempt["error"] and attempt["retry"] for attempt in result["attempts"]] == ["next_donor", None]
        assert any("stall_timeout" in text for text in journal.texts)
        assert result["attempts"][0]["seconds"] < 40

    def test_a_dead_donor_is_seen_within_seconds(self):
        world = World(Attempt(5000, bytes_at=lambda t: 100), Attempt())
        world.donor_up = False
        result, journal = operate(world)
        assert any("is down" in text for text in journal.texts)
        assert result["attempts"][0]["seconds"] < 8

    @pytest.mark.parametrize("died", [60 + step / 5 for step in range(10)])
    def test_also_one_that_dies_when_looks_are_rare(self, died):
        world = World(Attempt(5000, bytes_at=lambda t: int(min(t, died) * 100)), Attempt())
        kills = []
        execute = Session.execute

        def noted(session, statement, values=None):
            kills.extend([world.now] if statement.startswith("KILL QUERY") else [])
            execute(session, statement, values)

        def open_(logins, read_timeout=30.0, opened=world.open):
            world.donor_up = bool(kills) or world.now < 100 + died
            return opened(logins, read_timeout)

        world.open = open_
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Session, "execute", noted)
            operate(world, poll_interval=2.0)
        # Five seconds with what a real login and a real server take.
        assert kills[0] - (100 + died) <= 4.5

    def test_a_restarted_donor_too(self):
        world = World(Attempt(5000, bytes_at=lambda t: 100), Attempt(), donor_uptime=1)
        _result, journal = operate(world)
        assert any("has restarted" in text for text in journal.texts)

    def test_a_living_donor_is_given_its_time(self):
        world = World(Attempt(100, bytes_at=lambda t: 100 if t < 50 else int(t * 100)))
        assert len(operate(world)[0]["attempts"]) == 1

    def test_a_clone_is_told_in_detail_at_first_and_ever_more_rarely(self):
        _result, journal = operate(World(Attempt(1000, bytes_at=int)))
        told = [text for text in journal.texts if text.startswith("FILE COPY")]
        # Each second at first, and the looks are 0.3 s apart then.
        assert len(told) == pytest.approx(15 / 1.2 + (300 - 15) / 5 + (1000 - 300) / 30, abs=4)

    def test_a_new_stage_is_told_at_once(self):
        world = World(Attempt(20, stage="DROP DATA"))
        stages = {0.4: "FILE COPY", 0.8: "FILE SYNC"}

        def clock(clock=world.clock):
            for moment, stage in stages.items():
                if world.running and clock() >= 100 + moment:
                    world.running.stage = stage
            return clock()

        world.clock = clock
        _result, journal = operate(world)
        assert [text.split("  ")[0] for text in journal.texts[:3]] == ["DROP DATA", "FILE COPY", "FILE SYNC"]

    def test_a_clone_is_looked_at_the_more_rarely_the_longer_it_takes(self):
        world = World(Attempt(100))
        operate(world, poll_interval=2.0)
        for moment, seconds in world.waits:
            assert seconds == pytest.approx(min(2.0, max(0.3, (moment - 100) / 20)))

    def test_but_often_when_nothing_moves(self):
        world = World(Attempt(100, bytes_at=lambda t: int(min(t, 50) * 100)))
        operate(world, poll_interval=2.0)
        assert {seconds for moment, seconds in world.waits if moment > 154} == {0.5}

    def test_a_stall_is_told_with_who_is_there(self):
        world = World(*(Attempt(5000, bytes_at=lambda t: 100) for _each in range(2)))
        failure = refused(world, stall_timeout=30, retries=0)
        assert (
            "no progress in stage FILE COPY for 30 seconds (stall_timeout); the donor answers, so look at the link and at "
            "both servers' disks" in failure.message
        )
        world = World(*(Attempt(5000, bytes_at=lambda t: 100) for _each in range(2)))
        world.donor_up, world.donor_error = False, "timed out"
        failure = refused(world, stall_timeout=30, retries=0)
        assert "for 30 seconds (stall_timeout); the donor does not answer from here" in failure.message
        assert "Remedy: See whether the donor's host and the link to it are up" in failure.message
        # A donor is asked beside the clone, which must not wait for it.
        assert world.donor_patience == {(2, 2.0)}

    def test_a_donor_that_is_slow_to_answer_is_asked_one_question_at_a_time(self):
        world = World(Attempt(5000, bytes_at=lambda t: 100), Attempt())
        world.donor_up = False
        asked = []

        class Slow(Answered):
            def wait(self, seconds):
                return world.now >= asked[-1] + 5

        def aside(function):
            asked.append(world.now)
            return Slow(function())

        world.aside = aside
        result, _journal = operate(world)
        assert len(asked) == 1
        assert "is down" in result["attempts"][0]["error"]["message"]
        assert result["attempts"][0]["seconds"] == pytest.approx(3 + 5, abs=1)

    def test_a_donor_whose_answer_is_still_open_counts_as_silent(self):
        world = World(*(Attempt(5000, bytes_at=lambda t: 100) for _each in range(2)))

        class Never(Answered):
            def wait(self, seconds):
                return False

        world.aside = lambda function: Never(None)
        failure = refused(world, stall_timeout=30, retries=0)
        assert "(stall_timeout); the donor does not answer from here" in failure.message

    def test_a_donor_that_refuses_is_named(self):
        world = World(*(Attempt(5000, bytes_at=lambda t: 100) for _each in range(2)))
        world.donor_up = False
        failure = refused(world, retries=0)
        assert "the donor db1:3306 is down (Can't connect ([Errno 111] Connection refused))" in failure.message
        assert failure.details["diagnosis"]["side"] == "donor"

    @pytest.mark.parametrize(("stage", "attempts"), [("FILE SYNC", 1), ("REDO COPY", 2), ("DROP DATA", 2)])
    def test_a_donor_is_missed_as_long_as_it_is_needed(self, stage, attempts):
        world = World(Attempt(20, bytes_at=lambda t: 100, stage=stage), Attempt(2))
        world.donor_up = False
        result, _journal = operate(world)
        assert len(result["attempts"]) == attempts

    @pytest.mark.parametrize(
        ("stage", "copied", "patience"), [("FILE SYNC", 5e9, 130), ("DROP DATA", 100, 90), ("REDO COPY", 5e9, 30)]
    )
    def test_stages_that_show_nothing_are_given_their_time(self, stage, copied, patience):
        world = World(Attempt(5000, bytes_at=lambda t: int(copied), stage=stage), Attempt())
        world.variables["clone_delay_after_data_drop"] = 0
        result, _journal = operate(world, stall_timeout=30, settings={"clone_delay_after_data_drop": 60})
        assert result["attempts"][0]["seconds"] == pytest.approx(patience, abs=2)

    @pytest.mark.parametrize(("writes", "attempts"), [(True, 1), (False, 2)])
    def test_the_error_log_is_a_sign_of_life_where_nothing_else_is(self, writes, attempts):
        world = World(Attempt(200, bytes_at=lambda t: 100, stage="FILE SYNC"), Attempt())
        world.logged = stamp(0)

        def clock(clock=world.clock):
            if writes:
                world.logged = stamp(clock() // 10)
            return clock()

        world.clock = clock
        assert len(operate(world, stall_timeout=30)[0]["attempts"]) == attempts

    def test_an_older_clones_row_is_none_of_this_ones(self):
        older = ("Completed", 80.0, 95.0, 0, Attempt(bytes_at=lambda t: 10000))
        world = World(Attempt(10), before=older)
        world.late = 5.0
        _result, journal = operate(world)
        assert journal.texts[0] == "STARTING"
        assert not any("100 %" in text for text in journal.texts)

    def test_ddl_on_the_donor_is_waited_for_before_anything_is_dropped(self):
        world = World(Attempt(5000), Attempt(), before=("Completed", 80.0, 95.0, 0, Attempt()))
        world.late = 400.0
        result, _journal = operate(world, stall_timeout=30)
        assert result["attempts"][0]["seconds"] == pytest.approx(310, abs=2)
        # No row of this clone tells its session.
        assert [session for _moment, session in world.killed] == [9]

    def test_nothing_is_begun_when_the_run_is_cancelled_over_the_last_look(self):
        world = World(Attempt())
        world.thinks = 60.0
        failure = refused(world, cancelled=lambda: world.now > 110)
        assert "cancelled as asked" in failure.message
        assert (clones(world), failure.details["attempts"]) == (0, [])
        assert world.now < 113

    def test_the_last_look_takes_its_time(self):
        """It isn't held against the recipient that it was not asked meanwhile."""
        world = World(Attempt())
        world.thinks, world.deaf = 60.0, [(159.5, 164.0)]
        assert operate(world, cancelled=lambda: 160 < world.now < 164)[0]["clone"]["state"] == "completed"

    @pytest.mark.parametrize("wanted", [{"timeout": 12}, {"cancelled": 112}])
    def test_a_recipient_may_miss_a_question_or_two(self, wanted):
        world = World(Attempt(5000))
        world.deaf = [(110, 114.5)]
        until = wanted.pop("cancelled", 1e9)
        failure = refused(world, cancelled=lambda: world.now > until, **wanted)
        assert "has not answered" not in failure.message
        assert world.killed[0][0] == pytest.approx(114.5, abs=0.7)

    def test_two_short_silences_are_no_long_one(self):
        world = World(Attempt(100))
        world.deaf = [(110, 135), (140, 165)]
        assert len(operate(world, stall_timeout=30)[0]["attempts"]) == 1

    def test_a_recipient_that_hangs_is_given_half_a_minute_at_least(self):
        world = World(Attempt(5000))
        world.deaf = [(110, 1e9)]
        failure = refused(world, stall_timeout=5)
        assert (
            "the recipient has not answered for 30 seconds, so its clone can't be cancelled and may go on (stall_timeout)"
            in failure.message
        )
        assert failure.details["attempts"][0]["retry"] == "never"

    def test_cancelled_from_outside(self):
        world = World(Attempt(5000))
        failure = refused(world, cancelled=lambda: world.now > 120)
        assert "cancelled as asked" in failure.message
        assert clones(world) == 1

    def test_a_recipient_that_hangs_is_told_of(self):
        world = hanging(World(Attempt(50000)), 110)
        failure = refused(world, stall_timeout=60)
        assert "has not answered for" in failure.message
        assert world.now < 220
        assert "joins a clone under way" in failure.message

    @pytest.mark.parametrize(("more", "words"), [({"timeout": 40}, "the time for the run is over; the recipient")])
    def test_also_when_its_time_is_over(self, more, words):
        world = hanging(World(Attempt(50000)), 110)
        assert words in refused(world, **more).message
        assert world.now < 180

    def test_also_when_it_is_cancelled(self):
        world = hanging(World(Attempt(50000)), 110)
        failure = refused(world, cancelled=lambda: world.now > 130)
        assert "cancelled as asked, but the recipient has not answered" in failure.message
        assert world.now < 170

    def test_a_lost_kill_is_sent_again(self):
        world = World(Attempt(5000))
        lost = iter([True])

        def execute(self, statement, values=None, execute=Session.execute):
            if not (statement.startswith("KILL QUERY") and next(lost, False)):
                execute(self, statement, values)

        class Deaf(Session):
            pass

        Deaf.execute = execute
        world.open = lambda logins, read_timeout=30.0, opened=world.open: Deaf(
            world, (opened(logins, read_timeout)).login, donor=logins[0].host != "localhost"
        )
        failure = refused(world, timeout=60)
        assert "time for the run is over" in failure.message
        assert world.now < 175

    def test_one_that_never_works_is_told(self):
        world = World(Attempt(5000))
        world.kill_works = False
        failure = refused(world, timeout=60)
        assert "the time for the run is over, but the clone did not end within 90 seconds after KILL QUERY" in (
            failure.message
        )
        assert failure.details["attempts"][0]["error"]["code"] is None
        assert world.now == pytest.approx(160 + 90, abs=2)
        moments = [moment for moment, _session in world.killed]
        assert all(5 <= after - before <= 6 for before, after in zip(moments, moments[1:]))
        assert {session for _moment, session in world.killed} == {9}
        assert failure.journal.texts[-1].startswith("FILE COPY")
        assert failure.journal.texts.count("cancelling: the time for the run is over") == 1

    def test_no_attempt_follows_when_it_is_cancelled_in_between(self):
        world = World(*(Attempt(5, 1158, state="Failed", number=1158) for _each in range(3)))
        failure = refused(world, cancelled=lambda: world.now > 106, retry_delays=(60.0,))
        assert "cancelled as asked" in failure.message
        assert clones(world) == 1
        assert world.now < 115

    def test_a_clone_that_ends_before_it_can_be_cancelled_is_no_cancelled_one(self):
        world = World(Attempt(20))
        world.kill_works = False
        result, _journal = operate(world, cancelled=lambda: world.now > 110)
        assert result["clone"]["state"] == "completed"

    def test_what_ended_the_clone_is_the_cause(self):
        world = World(*(Attempt(5000, bytes_at=lambda t: 100) for _each in range(9)))
        failure = refused(world, stall_timeout=30, retries=0)
        assert "Remedy: Mend what holds the clone up" in failure.message
        diagnosis = failure.details["diagnosis"]
        assert (diagnosis["side"], diagnosis["retry"]) == ("link", "next_donor")
        assert diagnosis["cause"].startswith("no progress in stage FILE COPY")


def hanging(world, since):
    """From then on the recipient's server takes connections and says nothing."""

    def open_(logins, read_timeout=30.0, opened=world.open):
        if logins[0].host == "localhost" and world.now >= since:
            world.now += 10
            raise ServerError(2003, "timed out", logins[0].label, "connect")
        return opened(logins, read_timeout)

    world.open = open_
    return world


class TestBefore:
    def test_already_cloned(self, report):
        report["already"] = True
        world = World(before=("Completed", 90.0, 95.0, 0, Attempt()))
        result, _journal = operate(world, overwrite=True)
        assert (result["changed"], clones(world), world.statements) == (False, 0, [])
        assert result["reason"] == "already cloned from db1:3306"
        assert result["clone"]["state"] == "completed"
        assert (result["given_up"], result["attempts"], result["swap"]) == (None, [], None)

    def test_a_copy_beside_is_made_whatever_the_server_holds(self, report):
        report["already"] = True
        world = Beside(Attempt())
        assert operate(world, data_directory="/data.new")[0]["changed"]
        (statement,) = [statement for statement in world.statements if statement.startswith("CLONE")]
        assert statement.endswith("DATA DIRECTORY = %s")

    def test_what_a_clone_replaced_is_told_where_it_was_allowed(self, report):
        held = {"schemas": [{"name": "old", "bytes": 1}], "gtid_executed": "a:1"}
        result, journal = operate(World(Attempt()), overwrite=True)
        assert result["given_up"] == held
        # For the run that takes over, should this one be killed.
        assert {"begun": stamp(100), "before": held} in journal.kept
        assert operate(World(Attempt()))[0]["given_up"] is None

    def test_what_the_checks_are_told(self, report):
        world = World(Attempt())
        world.variables["max_allowed_packet"] = 67108864
        operate(
            world,
            donors=DONORS,
            require_ssl=True,
            overwrite=True,
            force=True,
            start_command="start it",
            timeout=600,
            settings={"max_allowed_packet": 4194304},
        )
        assert report["options"] == {
            "donor_host": "db1",
            "donor_port": 3306,
            "donor_user": "cu",
            "require_ssl": True,
            "overwrite": True,
            "data_directory": None,
            "method": "replace",
            "start_command": "start it",
            # Room for the clone itself is a must; a reserve was the check's.
            "reserve_factor": 1.0,
            "profile": "full",
            "force": True,
            "pool": ["db1:3306", "db2:3306"],
            "deadline": 100 + 600,
            "max_allowed_packet": 4194304,
        }

    def test_the_statement_is_the_donors(self, report):
        world = World(Attempt())
        given = []

        class Noting(Session):
            def execute(self, statement, values=None):
                given.append((statement, values))
                super().execute(statement, values)

        def open_(logins, read_timeout=30.0, opened=world.open):
            session = opened(logins, read_timeout)
            return Noting(world, session.login, session.donor)

        world.open = open_
        operate(world, require_ssl=True)
        assert ("SET SESSION lock_wait_timeout = %s", (60,)) in given
        assert ("CLONE INSTANCE FROM %s@%s:3306 IDENTIFIED BY %s REQUIRE SSL", ("cu", "db1", "cp")) in given

    def test_force_clones_again(self, report):
        report["already"] = True
        assert operate(World(Attempt()), force=True)[0]["changed"]

    def test_what_precheck_forbids_is_not_started(self, report):
        report["checks"] = [Finding("recipient.holds_data", "t", "state", "fail", "holds the schema old")]
        world = World()
        failure = refused(world)
        assert failure.message == (
            "%s: the clone was not started and the recipient is untouched. 1 of 1 checks failed: recipient.holds_data: "
            "holds the schema old" % OWN.label
        )
        assert world.statements == []
        assert failure.details["checks"][0]["id"] == "recipient.holds_data"
        assert (failure.details["changed"], failure.details["attempts"]) == (False, [])
        assert (failure.details["server"], failure.details["clone"]["state"]) == (OWN.label, "none")

    def test_a_busy_donor_does_not_stop_the_plan(self, report):
        report["checks"] = [
            Finding("donor.slot", "t", "state", "fail", "Clone Donor Error: 3634 : Too many.", error={"code": 3862})
        ]
        assert operate(World(Attempt()))[0]["changed"]

    def test_what_the_run_repairs_doesnt_stop_it(self, report):
        report["checks"] = [
            Finding("recipient.donor_list", "t", "configuration", "fail", "m", error={"code": 3869}, repair="clone_run")
        ]
        assert operate(World(Attempt()))[0]["changed"]

    def test_the_last_look_counts(self, report):
        report["interlock"] = [Finding("recipient.writers", "t", "state", "fail", "somebody writes")]
        world = World()
        failure = refused(world)
        assert "somebody writes" in failure.message
        assert clones(world) == 0
        assert world.variables["clone_valid_donor_list"] is None

    def test_it_waits_for_a_server_that_restarts(self, report):
        world = World(Attempt())
        world.down_until = 120
        result, journal = operate(world)
        assert result["changed"]
        assert journal.texts.count("%s does not answer; it may be restarting" % OWN.label) == 1

    def test_but_not_for_ever(self, report):
        world = World()
        world.down_until = 1e9
        failure = refused(world)
        assert failure.message == (
            "%s: the recipient can't be logged in to: no such file. Check that the server runs and that login_host, login_port "
            "or login_unix_socket are right" % OWN.label
        )
        assert failure.details["error"] == {"code": 2002, "message": "no such file"}
        assert failure.details["server"] == OWN.label
        assert world.now == pytest.approx(160, abs=0.6)

    def test_nor_longer_than_the_run(self, report):
        world = World()
        world.down_until = 1e9
        assert "can't be logged in to" in refused(world, timeout=20).message
        assert world.now == pytest.approx(120, abs=0.6)

    def test_a_wrong_password_at_once(self, report):
        world = World()
        world.accounts_now = ()
        failure = refused(world)
        assert failure.message == (
            "%s: the recipient can't be logged in to: Access denied. Give the right login_user and login_password, or "
            "post_clone_login_* where a clone has replaced the accounts" % OWN.label
        )
        assert world.now == 100

    def test_a_clone_under_way_is_joined(self, report):
        world = World(Attempt(20))
        under_way(world, 20)
        result, journal = operate(world)
        assert (result["changed"], clones(world), result["attempts"][0]["joined"]) == (True, 0, True)
        assert result["reason"] == "a clone from db1:3306 is under way and would be joined"
        assert journal.texts[0] == "joining the clone under way"

    def test_a_clone_that_is_joined_is_of_the_donor_that_it_is_of(self, report):
        world = World(Attempt(20))
        under_way(world, 20)
        result, _journal = operate(world, donors=DONORS[::-1])
        assert [attempt["donor"] for attempt in result["attempts"]] == ["db1:3306"]

    def test_one_that_is_joined_is_cancelled_when_its_time_is_over(self, report):
        world = World(Attempt(5000))
        world.start_clone()

        def sleep(seconds, sleep=world.sleep):
            sleep(seconds)
            if world.killed_at is not None:
                world.finish()

        world.sleep = sleep
        failure = refused(world, timeout=60, left={"before": {"schemas": ["old"]}})
        assert "time for the run is over" in failure.message
        assert world.statements == ["KILL QUERY %s"]
        assert (failure.details["data_dropped"], failure.details["given_up"]) == (True, {"schemas": ["old"]})

    @pytest.mark.parametrize(("directory", "words"), [("/other", "data_directory=/other")])
    def test_nor_one_that_goes_elsewhere(self, report, directory, words):
        world = World(Attempt(20))
        world.start_clone()
        failure = refused(world, data_directory=directory)
        assert failure.message == (
            "%s: a clone into LOCAL INSTANCE is under way, which is not what method=replace with %s makes. Wait for it, run again "
            "with the method that it was started with, or cancel it with state=cancelled" % (OWN.label, words)
        )
        assert (failure.details["server"], failure.details["clone"]["state"]) == (OWN.label, "in_progress")

    def test_a_pools_donor_that_failed_the_check_is_not_cloned_from(self, report, monkeypatch):
        bad = Finding("donor.version", "t", "configuration", "fail", "too old", error={"code": 3863})

        def compare(facts, login, options, **more):
            return _precheck.Report([bad] if login.host == "db2" else [], [], False, {})

        monkeypatch.setattr(_precheck, "compare", compare)
        world = World(Attempt(1, 1158, state="Failed", number=1158, dropped=False), Attempt())
        result, _journal = operate(world, donors=DONORS)
        assert [attempt["donor"] for attempt in result["attempts"]] == ["db1:3306", "db2:3306", "db1:3306"]
        assert result["attempts"][1]["error"]["message"] == (
            "the clone from db2:3306 was not started: 1 of 1 checks failed: donor.version: too old"
        )
        assert result["attempts"][1]["retry"] == "next_donor"
        assert clones(world) == 2

    @pytest.mark.parametrize(("error", "retry"), [({"code": 1158}, "retry"), (None, "repair_first")])
    def test_what_has_come_up_since_the_plan_is_judged_by_its_error(self, report, monkeypatch, error, retry):
        found = Finding("donor.x", "t", "state", "fail", "it is new", error=error, remedy="Mend it")
        looks = iter([[], [found], [found]])

        def compare(facts, login, options, **more):
            return _precheck.Report(next(looks), [], False, {})

        monkeypatch.setattr(_precheck, "compare", compare)
        world = World(Attempt())
        failure = refused(world, retries=0)
        assert clones(world) == 0
        assert "the clone from db1:3306 was not started: 1 of 1 checks failed: donor.x: it is new" in failure.message
        assert "Remedy: Mend it" in failure.message
        assert failure.details["attempts"][0]["retry"] == retry

    def test_data_that_was_dropped_stays_dropped(self, report):
        world = World(
            Attempt(1, 1158, state="Failed", number=1158), Attempt(1, 1227, state="Failed", number=1227, dropped=False)
        )
        failure = refused(world, overwrite=True)
        assert failure.details["data_dropped"]
        assert failure.details["given_up"]["gtid_executed"] == "a:1"
        assert failure.journal.kept.count({"dropped": True}) == 1

    def test_a_journal_without_room_hides_no_failure(self, report):
        world = World(*(Attempt(1, 1158, state="Failed", number=1158) for _each in range(3)))
        journal = Journal()

        def keep(**values):
            if set(values) & {"dropped"} or values == {"begun": None}:
                raise CloneError("the run's journal can't be written")

        journal.keep = keep
        wanted = _context.Wanted(donors=DONORS[:1], logins=(OWN, POST), retries=0)
        with pytest.raises(CloneError, match="failed after 1 attempt") as caught:
            _operation.Operation(wanted, journal, world).run({"begun": stamp(1)})
        assert caught.value.details["data_dropped"]

    def test_also_for_the_run_that_takes_over(self, report):
        world = World(Attempt(1, 1227, state="Failed", number=1227, dropped=False))
        assert refused(world, left={"dropped": True}).details["data_dropped"]

    def test_what_fails_before_anything_is_begun_puts_back_what_was_left(self, report):
        world = World(Attempt(20))
        world.start_clone()
        world.variables["clone_valid_donor_list"] = "db1:3306"
        failure = refused(world, donors=DONORS[1:], left={"settings_before": {"clone_valid_donor_list": None}})
        assert failure.details["restored"][0]["restored"]
        assert world.variables["clone_valid_donor_list"] is None

    def test_but_not_another_donors(self, report):
        world = World(Attempt(20))
        world.start_clone()
        failure = refused(world, donors=DONORS[1:])
        assert failure.message == (
            "%s: a clone from another donor (db1:3306) is under way (error 3634 would follow). Wait for it, or cancel it with "
            "state=cancelled" % OWN.label
        )
        assert failure.details["error"] == {"code": 3634, "symbol": "ER_CLONE_TOO_MANY_CONCURRENT_CLONES"}
        assert (failure.details["server"], failure.details["clone"]["state"]) == (OWN.label, "in_progress")

    def test_what_a_killed_run_left_is_put_back(self, report):
        report["already"] = True
        world = World()
        world.variables["clone_valid_donor_list"] = "db1:3306"
        result, _journal = operate(world, left={"settings_before": {"clone_valid_donor_list": None}})
        assert world.variables["clone_valid_donor_list"] is None
        assert result["restored"] == [
            {"server": OWN.label, "name": "clone_valid_donor_list", "value": None, "restored": True}
        ]

    def test_the_donor_list_is_extended_not_replaced(self, report):
        world = World(Attempt())
        world.variables["clone_valid_donor_list"] = "other:3306"
        seen = []
        start = world.start_clone
        world.start_clone = lambda: (seen.append(world.variables["clone_valid_donor_list"]), start())
        operate(world)
        assert seen == ["other:3306,db1:3306"]
        assert world.variables["clone_valid_donor_list"] == "other:3306"

    def test_a_clone_that_a_killed_run_began_is_not_made_again(self, report):
        report["already"] = True
        world = World(before=("Completed", 90.0, 95.0, 0, Attempt()))
        result, _journal = operate(world, left={"begun": stamp(90.0)}, force=True)
        assert (result["changed"], clones(world)) == (True, 0)
        assert result["reason"] == "the clone that an interrupted run began has completed"
        assert result["clone"]["state"] == "completed"

    @pytest.mark.parametrize("wanted", [{"donors": DONORS[1:]}, {"data_directory": "/data.new"}])
    def test_unless_it_is_not_what_is_wanted_now(self, report, wanted):
        world = World(Attempt(), before=("Completed", 90.0, 95.0, 0, Attempt()))
        operate(world, left={"begun": stamp(90.0)}, **wanted)
        assert clones(world) == 1

    @pytest.mark.parametrize("left", [None, {"begun": stamp(90.0)}])
    def test_what_an_earlier_run_began_is_settled_by_the_next(self, report, left):
        world = World(Attempt(), before=("Failed", 91.0, 95.0, 1158, Attempt(state="Failed")))
        _result, journal = operate(world, left=left)
        assert ({"begun": None} in journal.kept) == bool(left)

    @pytest.mark.parametrize("begun", [None, stamp(91.0)])
    def test_but_an_older_one_is_no_ones(self, report, begun):
        world = World(Attempt(), before=("Completed", 90.0, 95.0, 0, Attempt()))
        result, _journal = operate(world, left={"begun": begun}, force=True)
        assert (result["changed"], clones(world)) == (True, 1)

    def test_a_server_that_a_killed_run_left_stopped_is_started(self, report):
        world = World(before=("Completed", 90.0, 95.0, 0, Attempt()))
        world.down_until = float("inf")
        result, journal = operate(world, left={"begun": stamp(90.0)}, start_command="start it")
        assert (world.commands, result["changed"], clones(world)) == (["start it"], True, 0)
        assert world.now == pytest.approx(110 + 2, abs=1.1)
        assert journal.texts == [
            "%s does not answer; it may be restarting" % OWN.label,
            "starting the server with start_command",
        ]

    def test_nobody_else_s_server_is(self, report):
        world = World(Attempt())
        world.down_until = float("inf")
        assert "can't be logged in to" in refused(world, start_command="start it").message
        assert world.commands == []

    def test_what_cant_end_in_time_is_refused_by_the_checks(self, report):
        until = World().wall() + 3600
        operate(World(Attempt()), deadline=until)
        assert report["options"]["deadline"] == until
        operate(World(Attempt()), deadline=until, timeout=60)
        assert report["options"]["deadline"] == World().wall() + 60
        # The check knows the servers' own limits, not the run's.
        world = World(Attempt())
        world.variables["clone_max_data_bandwidth"] = 0
        operate(world, deadline=until, settings={"clone_max_data_bandwidth": 50})
        assert report["options"]["deadline"] is None

    def test_the_donor_is_freed_of_what_waits_for_a_finished_recipient(self, report):
        world = World(Attempt())
        world.donor_sessions = [
            {"Id": 9, "User": "cu", "Host": "r:4000", "Command": "Query", "Time": 0, "State": "init", "Info": "SHOW"},
            {"Id": 8, "User": "cu", "Host": "r:4001", "Command": "clone", "Time": 60, "State": "", "Info": None},
        ]
        operate(world)
        assert world.statements.count("KILL %s") == 1

    def test_no_clone_begins_when_its_time_is_over(self, report, monkeypatch):
        world = World(Attempt())
        looked = _precheck.compare

        def slow(*arguments, **options):
            world.now += 60
            return looked(*arguments, **options)

        monkeypatch.setattr(_precheck, "compare", slow)
        failure = refused(world, timeout=100)
        assert "time for the run is over" in failure.message
        assert (failure.details["data_dropped"], clones(world)) == (False, 0)

    @pytest.mark.parametrize(("error", "completed"), [(None, True), (2013, False)])
    def test_a_plugin_that_did_not_load_leaves_only_the_statements_own_answer(self, report, error, completed):
        world = World(Attempt(error=error))
        world.hidden = 1146
        if completed:
            result, _journal = operate(world)
            assert result["clone"]["state"] == "completed"
            assert "did not load" in result["module_warnings"][0]
        else:
            assert "can't be read" in refused(world).message


class Swap:
    """A swap that does as it is told; ``fails`` is the step that raises, ``done`` what resuming comes to."""

    made: ClassVar[list] = []
    fails: ClassVar[dict] = {}
    done: ClassVar[list] = [True]

    def __init__(self, link, journal, record, logins, start_command, limit):
        self.record, self.logins, self.warnings, self.steps = record, logins, ["it was slow"], []
        self.given = {}
        self.world = link
        Swap.made.append(self)

    @staticmethod
    def planned(site, wall, host):
        assert site["new"].startswith("/")
        return {"goal": "none", "datadir": "/data", "new": "/data.new", "old": "/data.old"}

    def __getattr__(self, name):
        def step(*arguments, **options):
            self.steps.append(name)
            self.given[name] = (arguments, options)
            if name in self.fails:
                raise self.fails[name]
            return {"resume": self.done[0], "exchange": {"state": "completed", "swapped": True}}.get(name)

        return step

    def result(self):
        return {"state": "abandoned" if "abandon" in self.steps else "swapped"}


class BesideSession(Session):
    def query(self, statement, values=None):
        if statement.startswith("SHOW GLOBAL VARIABLES"):
            assert not values or statement.endswith("IN (%s)" % ", ".join(["%s"] * len(values)))
            return [{"Variable_name": "datadir", "Value": "/data/"}]
        return super().query(statement, values)


class Beside(World):
    """A recipient that clones beside its data directory: nothing is dropped, and the server doesn't restart."""

    def open(self, logins, read_timeout=30.0):
        session = super().open(logins, read_timeout)
        return session if session.donor else BesideSession(self, session.login)

    def finish(self):
        super().finish()
        self.down_until = 0.0

    def rows(self):
        status, progress = super().rows()
        return [dict(row, DESTINATION=f"{self.destination}/") for row in status], progress

    destination = "/data.new"


@pytest.fixture
def beside(report, monkeypatch):
    monkeypatch.setattr(
        _precheck,
        "server_facts",
        lambda server, side, **unused: {
            "schemas": [],
            "gtid_executed": "",
            "host": {},
            "variables": {"datadir": "/data/"},
        },
    )
    monkeypatch.setattr(_host, "new_directory", lambda path: {"path": path})
    monkeypatch.setattr(_host, "find_process", lambda variables: (11, "process 11"))
    monkeypatch.setattr(_swap, "look", lambda facts, variables, new: {"new": new})
    monkeypatch.setattr(_swap, "findings", lambda facts, site: [])
    monkeypatch.setattr(_swap, "Swap", Swap)
    Swap.made, Swap.fails, Swap.done = [], {}, [True]
    return report


def swapped(world, **wanted):
    return operate(world, method="side_by_side", start_command="start it", **wanted)


def not_swapped(world, **wanted):
    return refused(world, method="side_by_side", start_command="start it", **wanted)


class TestSideBySide:
    def test_a_clone_is_made_checked_and_swapped(self, beside):
        world = Beside(Attempt())
        result, _journal = swapped(world)
        assert Swap.made[0].steps == ["begin", "carry", "check", "exchange"]
        assert Swap.made[0].given["carry"] == ((11,), {})
        assert Swap.made[0].given["exchange"][0][1] == 11
        # The last resort is the account that cloned.
        assert [(login.user, login.password) for login in Swap.made[0].logins] == [
            ("root", "r"),
            ("root", "d"),
            ("cu", "cp"),
        ]
        assert result["clone"] == {"state": "completed", "swapped": True}
        assert result["swap"] == {"state": "swapped"}
        assert result["module_warnings"] == ["%s: it was slow" % OWN.label]
        assert clones(world) == 1

    def test_the_new_directory_gets_a_name(self, beside):
        swapped(Beside(Attempt()))
        assert beside["options"]["data_directory"].startswith("/data.new-")
        swapped(Beside(Attempt()), data_directory="/given")
        assert beside["options"]["data_directory"] == "/given"

    @pytest.mark.parametrize("trouble", [CloneError("it does not start."), OSError("no room")])
    @pytest.mark.parametrize("step", ["carry", "check", "exchange"])
    def test_whatever_fails_leaves_the_old_data(self, beside, step, trouble):
        Swap.fails = {step: trouble}
        failure = not_swapped(Beside(Attempt()))
        assert failure.message == "%s: %s. The recipient's server runs on its old data, untouched" % (
            OWN.label,
            str(trouble).rstrip("."),
        )
        assert Swap.made[0].steps[-1] == "abandon"
        assert Swap.made[0].given["abandon"] == ((), {"keep_copy": False})
        assert (failure.details["server"], len(failure.details["attempts"])) == (OWN.label, 1)
        assert failure.details["swap"] == {"state": "abandoned"}
        assert failure.details["changed"] is False

    def test_a_clone_that_cannot_be_ended_keeps_its_directory(self, beside):
        world = Beside(Attempt(5000))
        world.kill_works = False
        not_swapped(world, timeout=60)
        assert Swap.made[0].given["abandon"] == ((), {"keep_copy": True})

    def test_the_last_look_is_at_the_donor_that_it_came_from(self, beside):
        looked = []

        def check(pid, source):
            looked.append(source)
            beside["options"] = None

        class Looked(Swap):
            pass

        Looked.check = staticmethod(check)
        world = self.under_way()
        Swap.done = [None]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_swap, "Swap", Looked)
            swapped(world, donors=DONORS[::-1], left={"swap": {"goal": "none", "new": "/data.new"}})
        assert looked == ["db1:3306"]
        assert beside["options"]["donor_host"] == "db1"

    def test_a_swap_that_tells_itself_what_became_of_it_is_believed(self, beside):
        Swap.fails = {"exchange": CloneError("no way back", swap={"state": "lost"})}
        failure = not_swapped(Beside(Attempt()))
        assert "untouched" not in failure.message
        assert failure.details["swap"] == {"state": "lost"}

    def test_the_last_look_counts(self, beside, monkeypatch):
        class Filled(Swap):
            def check(self, pid, source):
                assert (pid, source) == (11, "db1:3306")
                beside["interlock"] = [Finding("recipient.writers", "t", "state", "fail", "somebody writes")]

        monkeypatch.setattr(_swap, "Swap", Filled)
        failure = not_swapped(Beside(Attempt()))
        assert "the data directories were not swapped: " in failure.message
        assert "exchange" not in Swap.made[0].steps

    def test_the_process_must_be_known_to_the_end(self, beside, monkeypatch):
        monkeypatch.setattr(_host, "find_process", lambda variables: (None, "it is elsewhere"))
        assert "no longer known: it is elsewhere" in not_swapped(Beside(Attempt())).message

    def test_a_run_that_is_cancelled_stops_no_server(self, beside, monkeypatch):
        class Late(Swap):
            def check(self, pid, source):
                self.world.now += 10000

        monkeypatch.setattr(_swap, "Swap", Late)
        failure = not_swapped(Beside(Attempt()), timeout=5000)
        assert "the time for the run was over before the server was stopped" in failure.message
        world = Beside(Attempt())
        failure = not_swapped(world, cancelled=lambda: world.now > 9000, timeout=1e6)
        assert "cancelled as asked before the server was stopped" in failure.message

    def test_an_interrupted_swap_is_finished(self, beside):
        left = {"swap": {"goal": "forward", "new": "/data.new"}}
        world = Beside(before=("Completed", 90.0, 95.0, 0, Attempt()))
        result, _journal = swapped(world, left=left)
        assert (result["changed"], clones(world)) == (True, 0)
        assert result["reason"] == "the swap that an interrupted run began was finished"
        assert (result["clone"]["state"], result["swap"]) == ("completed", {"state": "swapped"})
        assert Swap.made[0].steps == ["resume"]

    def test_a_copy_that_an_interrupted_run_left_is_removed(self, beside):
        Swap.done = [None]
        world = Beside(Attempt(), before=("Completed", 90.0, 95.0, 0, Attempt()))
        result, _journal = swapped(world, left={"swap": {"goal": "none", "new": "/data.new"}})
        assert [swap.steps[0] for swap in Swap.made] == ["resume", "abandon", "begin"]
        assert (result["changed"], clones(world)) == (True, 1)
        assert "it was slow" in result["module_warnings"]

    def test_one_that_was_taken_back_is_made_anew(self, beside):
        Swap.done = [False]
        left = {"swap": {"goal": "back", "new": "/data.new"}}
        assert swapped(Beside(Attempt()), left=left)[0]["changed"]
        assert [swap.steps[0] for swap in Swap.made] == ["resume", "abandon", "begin"]

    def test_one_that_cannot_be_finished_is_told(self, beside):
        Swap.fails = {"resume": CloneError("the old directory is gone", swap={"state": "lost"})}
        failure = not_swapped(Beside(), left={"swap": {"goal": "forward", "new": "/data.new"}})
        assert failure.message == "%s: the old directory is gone" % OWN.label

    def under_way(self, *attempts):
        world = Beside(*(attempts or (Attempt(20),)))
        under_way(world, 20)
        return world

    def test_a_clone_of_an_interrupted_run_is_joined(self, beside):
        Swap.done = [None]
        world = self.under_way()
        result, _journal = swapped(world, left={"swap": {"goal": "none", "new": "/data.new"}})
        assert result["attempts"][0]["joined"]
        assert result["swap"] == {"state": "swapped"}
        assert clones(world) == 0

    def test_where_it_fails_the_next_attempt_keeps_the_old_data_too(self, beside):
        Swap.done = [None]
        world = self.under_way(Attempt(20, state="Failed", number=2013), Attempt())
        result, _journal = swapped(world, left={"swap": {"goal": "none", "new": "/data.new"}})
        assert [attempt["joined"] for attempt in result["attempts"]] == [True, False]
        (statement,) = [statement for statement in world.statements if statement.startswith("CLONE")]
        assert "DATA DIRECTORY" in statement

    @pytest.mark.parametrize(
        ("method", "left"),
        [
            ("side_by_side", None),
            ("side_by_side", {"swap": {"goal": "none", "new": "/data.other"}}),
            ("replace", {"swap": {"goal": "none", "new": "/data.new"}}),
        ],
    )
    def test_but_none_that_leads_elsewhere(self, beside, method, left):
        Swap.done = [None]
        failure = refused(self.under_way(), method=method, left=left)
        assert "a clone into /data.new/ is under way, which is not what method=%s makes" % method in failure.message

    def test_a_clone_that_went_elsewhere_is_not_swapped(self, beside):
        world = Beside(Attempt())
        world.destination = "/other"
        assert not_swapped(world).message == (
            "%s: the clone that was under way went to /other/ and not to a directory to be swapped" % OWN.label
        )

    def test_a_server_elsewhere_cannot_be_swapped(self, beside, monkeypatch):
        monkeypatch.setattr(_precheck, "server_facts", lambda server, side: {"schemas": [], "gtid_executed": ""})
        monkeypatch.setattr(
            _swap, "findings", lambda facts, site: [Finding("swap.here", "t", "state", "fail", "not here")]
        )
        assert "not here" in not_swapped(Beside()).message


class TestElse:
    def test_a_clone_into_a_directory_is_looked_at_there(self, report, monkeypatch):
        seen = []
        monkeypatch.setattr(
            _precheck, "server_facts", lambda server, side: {"host": {}, "schemas": [], "gtid_executed": ""}
        )
        monkeypatch.setattr(_host, "new_directory", seen.append)
        world = Beside(Attempt())
        operate(world, data_directory="/data.new")
        assert set(seen) == {"/data.new"}
        assert world.statements[-1] != "SHUTDOWN"

    def test_a_plan_does_nothing(self, report):
        world = World()
        operation = _operation.Operation(_context.Wanted(donors=DONORS[:1], logins=(OWN,)), Journal(), world)
        assert operation.plan() == {
            "changed": True,
            "clone": _operation.current((OWN,), world),
            "reason": "a clone is due",
        }
        assert world.statements == []

    @pytest.mark.parametrize("already", [True, False])
    def test_what_was_checked_is_told(self, report, already):
        report["already"] = already
        report["checks"] = [Finding("pair.x", "t", "state", "ok", "fine")]
        world = World(before=("Completed", 90.0, 95.0, 0, Attempt()))
        operation = _operation.Operation(_context.Wanted(donors=DONORS[:1], logins=(OWN,)), Journal(), world)
        assert operation.plan()["changed"] is not already
        assert operation.checks == report["checks"]

    def test_the_second_donor_is_taken_where_the_first_one_can_t(self, report, monkeypatch):
        bad = Finding("donor.plugin", "t", "configuration", "fail", "no plugin")

        def compare(facts, login, options, **more):
            return _precheck.Report([bad] if login.host == "db1" else [], [], False, {})

        monkeypatch.setattr(_precheck, "compare", compare)
        result, _journal = operate(World(Attempt()), donors=DONORS)
        assert [attempt["donor"] for attempt in result["attempts"]] == ["db2:3306"]

    @pytest.mark.parametrize(("state", "asked"), [("In Progress", True), ("Completed", False)])
    def test_a_clone_is_cancelled(self, state, asked):
        world = World(Attempt(5000), before=None if asked else ("Completed", 90.0, 95.0, 0, Attempt()))
        if asked:
            world.start_clone()

            def sleep(seconds, sleep=world.sleep):
                sleep(seconds)
                world.finish()

            world.sleep = sleep
        found, clone = _operation.cancel((OWN,), world, 60)
        assert (found, clone["state"]) == (asked, "failed" if asked else "completed")
        assert world.statements == (["KILL QUERY %s"] if asked else [])

    def test_one_that_does_not_end_is_told(self):
        world = World(Attempt(5000))
        world.start_clone()
        with pytest.raises(CloneError) as caught:
            _operation.cancel((OWN,), world, 60)
        assert caught.value.message == "%s: the clone did not end within 60 seconds after KILL QUERY" % OWN.label
        assert caught.value.details["clone"]["state"] == "in_progress"
        # One KILL QUERY that comes at a bad moment is lost.
        assert world.statements == ["KILL QUERY %s"] * 12
        assert 160 <= world.now < 161

    def test_a_clone_that_ends_of_itself_meanwhile_is_no_error(self):
        world = World(Attempt(5000))
        world.start_clone()
        session = Session.execute

        def gone(self, statement, values=None):
            session(self, statement, values)
            world.finish()
            raise ServerError(1094, "Unknown thread id: 9", "r")

        class Gone(Session):
            execute = gone

        world.open = lambda logins, read_timeout=30.0: Gone(world, logins[0])
        assert _operation.cancel((OWN,), world, 60)[1]["state"] == "failed"

    def test_a_server_that_restarts_is_waited_for_where_its_run_is_known(self):
        world = World(before=("Completed", 90.0, 95.0, 0, Attempt()))
        world.down_until = 120
        assert _operation.cancel((OWN,), world, 60, patient=True)[1]["state"] == "completed"
        world.down_until = 1000
        with pytest.raises(ServerError, match="no such file"):
            _operation.cancel((OWN,), world, 60)
