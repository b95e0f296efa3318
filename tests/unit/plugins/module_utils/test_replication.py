# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps on a scripted server. That real servers replicate afterwards is proved by the integration target replication."""

from __future__ import annotations

import json

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _channel, _progress, _replication
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput, CloneError, ServerError
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import Login
from ansible_collections.dbops.mysql_clone.plugins.modules.clone_replicate import ARGUMENT_SPEC
from ansible_collections.dbops.mysql_clone.tests.unit.plugins.module_utils.scripted import Scripted, error

SOURCE, HERE = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"
SECRET = "s3cr3t'%s"
VARIABLES = {
    "gtid_mode": "ON",
    "gtid_executed": SOURCE + ":1-9",
    "gtid_purged": SOURCE + ":1-5",
    "log_bin": "ON",
    "server_id": "2",
    "server_uuid": HERE,
    "read_only": "OFF",
    "super_read_only": "OFF",
    "skip_replica_start": "OFF",
}
THERE = dict(VARIABLES, server_id="1", server_uuid=SOURCE, encrypted=True, place=None)
CHANNEL = {
    "Channel_Name": "",
    "Source_Host": "db1",
    "Source_Port": 3306,
    "Source_User": "repl",
    "Auto_Position": 1,
    "Source_SSL_Allowed": "Yes",
    "Replica_IO_Running": "Yes",
    "Replica_SQL_Running": "Yes",
    "Seconds_Behind_Source": 0,
}


class Script:
    """A server that takes the writes it is told to expect, in order, and no others."""

    label = "db2:3306"
    version = "9.7.4"
    login = Login(host="db2", user="root")

    def __init__(self, channels=(), expected=(), **variables):
        self.variables = dict(VARIABLES, **variables)
        self.channels = [dict(CHANNEL, **one) for one in channels]
        self.after = []
        self.expected = list(expected)
        self.persisted = []
        self.bound = []

    def query_many(self, statements):
        answers = {
            "variables": [{"Variable_name": name, "Value": value} for name, value in self.variables.items()],
            "channels": self.channels,
            "persisted": [{"name": name} for name in self.persisted],
        }
        return {name: answers[name] for name in statements}

    def query(self, statement, values=None):
        assert statement == "SHOW REPLICA STATUS FOR CHANNEL %s"
        assert list(values) == [""]
        return [self.after.pop(0) if len(self.after) > 1 else self.after[0]] if self.after else self.channels

    def value(self, statement, values=None):
        assert statement == "SELECT @@GLOBAL.gtid_executed"
        return self.variables["gtid_executed"]

    def execute(self, statement, values=None):
        assert statement.startswith(self.expected.pop(0)), statement
        self.bound += values or ()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        assert self.expected == []


@pytest.fixture
def play(monkeypatch):
    def run(script, there=None, check_mode=False, **params):
        def ask(login):
            if isinstance(there, Exception):
                raise there
            return there or THERE

        monkeypatch.setattr(_replication, "connect_patiently", lambda logins: script)
        monkeypatch.setattr(_replication, "ask_source", ask)
        monkeypatch.setattr(_replication, "status", lambda server: dict(_progress.NONE))
        now = [0.0]
        monkeypatch.setattr(_replication.time, "monotonic", lambda: now[0])
        monkeypatch.setattr(_replication.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
        given = {name: one.get("default") for name, one in ARGUMENT_SPEC.items()}
        given.update(donor_host="db1", replication_user="repl", replication_password=SECRET)
        result = _replication.run(dict(given, **params), check_mode)
        assert "s3cr3t" not in json.dumps(result)
        return result

    return run


def test_a_channel_is_made_and_the_password_only_bound(play):
    script = Script(expected=["CHANGE REPLICATION SOURCE TO", "START REPLICA"])
    script.after = [dict(CHANNEL, Replica_IO_Running="Connecting"), CHANNEL]
    result = play(script)
    assert result["changed"]
    assert script.bound.count(SECRET) == 1
    assert result["lag"] == {"seconds": 0, "transactions": 0}
    assert result["seconds"] == 0.5


def test_check_mode_writes_nothing(play):
    result = play(Script(), check_mode=True)
    assert result["changed"]
    assert "SOURCE_PASSWORD = '********'" in result["diff"]["after"]


def test_a_replica_that_runs_is_left_alone(play):
    assert not play(Script([{}]))["changed"]


def test_a_copied_channel_goes_and_read_only_comes_back(play):
    script = Script(
        [{"Source_Host": "db0", "Replica_IO_Running": "No", "Replica_SQL_Running": "No"}, {"Channel_Name": "b"}],
        [
            "RESET REPLICA ALL",
            "STOP REPLICA",
            "RESET REPLICA ALL",
            "CHANGE",
            "SET GLOBAL super_read_only = ON",
            "START",
            "RESET PERSIST",
        ],
    )
    script.persisted = ["skip_replica_start"]
    script.after = [CHANNEL]
    result = play(script, held={"read_only": True, "super_read_only": True, "persisted": True})
    assert sorted(result["channels_removed"]) == ["", "b"]


def test_an_operators_own_hold_stays(play):
    script = Script([{}])
    script.persisted = ["skip_replica_start"]
    assert not play(script)["changed"]


def test_a_refused_login_stops_the_channel_and_tells_the_remedy(play):
    script = Script(expected=["CHANGE", "START", "STOP"])
    text = "Error connecting to source. Message: Access denied for user 'repl'@'db2' (using password: YES)"
    script.after = [dict(CHANNEL, Replica_IO_Running="Connecting", Last_IO_Errno=1045, Last_IO_Error=text)]
    result = play(script, ServerError(2003, "can't connect", "db1:3306", "connect"))
    assert result["error"]["code"] == 1045
    assert "CREATE USER 'repl'@'db2'" in result["failed_message"]
    assert "is stopped" in result["failed_message"]
    assert "can't connect" in result["source_asked"]


def test_a_login_that_the_source_refuses_from_here_changes_nothing(play):
    script = Script()
    script.login = Login(unix_socket="/run/mysqld/mysqld.sock")
    with pytest.raises(CloneError, match="GRANT REPLICATION SLAVE"):
        play(
            script,
            ServerError(1045, "Access denied for user 'repl'@'db2' (using password: YES)", "db1:3306", "connect"),
        )


def test_an_applier_error_is_told(play):
    script = Script([{"Replica_SQL_Running": "No"}], ["START"])
    script.after = [dict(CHANNEL, Replica_SQL_Running="No", Last_SQL_Errno=1062, Last_SQL_Error="Duplicate entry")]
    result = play(script)
    assert "Duplicate entry (error 1062)" in result["failed_message"]


def test_lagging_ends_at_the_deadline_and_says_how_far(play):
    script = Script([{"Seconds_Behind_Source": 7}])
    result = play(script, dict(THERE, gtid_executed=SOURCE + ":1-20"), timeout=3)
    assert "11 transactions are missing, the applier is 7 seconds behind" in result["failed_message"]
    assert result["seconds"] == 3


def test_purged_transactions_are_foreseen(play):
    with pytest.raises(CloneError, match="1236"):
        play(Script(), dict(THERE, gtid_executed=SOURCE + ":1-20", gtid_purged=SOURCE + ":1-15"))


def test_a_statement_that_fails_tells_what_was_done(play):
    script = Script(expected=["CHANGE"])

    def execute(statement, values=None):
        if statement.startswith("START"):
            raise ServerError(1227, "Access denied; you need REPLICATION_SLAVE_ADMIN", "db2:3306")
        script.expected.pop(0)

    script.execute = execute
    with pytest.raises(CloneError, match="Done before: CHANGE") as caught:
        play(script)
    assert caught.value.details["changed"]
    assert "s3cr3t" not in caught.value.message


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"timeout": 0}, "timeout is 0"),
        ({"binlog_file": "binlog.1"}, "belong together"),
        ({"binlog_file": "b.1", "binlog_position": 4, "auto_position": "gtid"}, "Leave one of them out"),
        ({"donor_port": 0}, "donor_port is 0"),
    ],
)
def test_bad_input(play, params, words):
    with pytest.raises(BadInput, match=words):
        play(Script(), **params)


class TestHold:
    def test_it_keeps_channels_from_starting(self, play):
        script = Script(expected=["SET PERSIST_ONLY skip_replica_start = ON"], read_only="ON")
        result = play(script, state="held")
        assert result["held"] == {"read_only": True, "super_read_only": False, "persisted": True}

    def test_what_is_off_already_stays(self, play):
        result = play(Script(skip_replica_start="ON"), state="held")
        assert not result["changed"]
        assert not result["held"]["persisted"]

    def test_older_servers_are_warned_of(self, play):
        script = Script()
        script.version = "8.0.23"
        assert "can't persist" in play(script, state="held")["module_warnings"][0]

    def test_check_mode_writes_nothing(self, play):
        assert play(Script(), check_mode=True, state="held")["changed"]


@pytest.mark.parametrize(
    ("channel", "behind", "words"),
    [
        ({}, {"transactions": 3, "seconds": None}, "3 transactions are missing"),
        ({}, {"transactions": None, "seconds": 40}, "the applier is 40 seconds behind"),
        ({}, {"transactions": None, "seconds": None}, "by its own word it is still reading"),
        (
            {"Replica_IO_Running": "Connecting", "Last_IO_Errno": 2003, "Last_IO_Error": "no way"},
            {"transactions": 1, "seconds": 2},
            "1 transactions are missing, the applier is 2 seconds behind, the receiver isn't connected: no way (error 2003)",
        ),
        (
            {"Replica_IO_Running": "Connecting", "Last_IO_Errno": 0, "Last_IO_Error": ""},
            {"transactions": None, "seconds": None},
            "the receiver isn't connected: no error is told (error 0)",
        ),
    ],
)
def test_what_keeps_a_replica_from_catching_up_is_told(channel, behind, words):
    said = _replication._late(_channel.channel_of(dict(CHANNEL, **channel)), behind, 60)
    assert f"has not caught up within 60 seconds (timeout): {words}. It goes on by itself" in said


def test_the_source_is_asked_by_the_replication_account(monkeypatch):
    variables = [{"Variable_name": name, "Value": value} for name, value in THERE.items() if isinstance(value, str)]
    place = [{"File": "binlog.000003", "Position": "157"}]
    source = Scripted({"VARIABLES": variables, "BINARY LOG STATUS": place})
    source.encrypted = True
    monkeypatch.setattr(_replication, "Server", lambda _login: source)
    found = _replication.ask_source(Login(host="db1", user="repl"))
    assert (found["server_uuid"], found["encrypted"], found["place"]) == (SOURCE, True, ["binlog.000003", 157])
    assert source.closed

    source.answers["BINARY LOG STATUS"] = error(1227, "Access denied")
    assert _replication.ask_source(Login(host="db1", user="repl"))["place"] is None


def test_a_source_that_need_not_or_cannot_be_asked_is_no_failure(tmp_path):
    server = Script()
    wanted = _channel.Wanted(host="db1", port=3306, user="repl", ca=str(tmp_path / "ca.pem"))
    assert _replication._source(server, wanted, {"ask_source": False}) == (None, "ask_source is false")
    reason = f"{tmp_path / 'ca.pem'} isn't there where the module runs"
    assert _replication._source(server, wanted, {"ask_source": True}) == (None, reason)
