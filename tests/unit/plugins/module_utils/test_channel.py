# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan for a replication channel, from what servers say."""

from __future__ import annotations

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _channel
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput, CloneError

SOURCE, HERE, OTHER = (
    "11111111-1111-1111-1111-111111111111",
    "22222222-2222-2222-2222-222222222222",
    "33333333-3333-3333-3333-333333333333",
)
WANTED = _channel.Wanted("db1", 3306, "repl")
SERVER = {
    "server_uuid": HERE,
    "server_id": 2,
    "gtid_mode": "ON",
    "gtid_executed": SOURCE + ":1-9",
    "read_only": "OFF",
    "super_read_only": "OFF",
}
THERE = {
    "server_uuid": SOURCE,
    "server_id": 1,
    "gtid_mode": "ON",
    "gtid_executed": SOURCE + ":1-12",
    "gtid_purged": "",
    "log_bin": 1,
}
CLONE = {"state": "completed", "source": "db1:3306", "binlog_file": "binlog.000007", "binlog_position": 196}
ROW = {
    "Replica_IO_State": "Waiting for source to send event",
    "Source_Host": "db1",
    "Source_User": "repl",
    "Source_Port": 3306,
    "Source_Log_File": "binlog.000007",
    "Read_Source_Log_Pos": 500,
    "Relay_Source_Log_File": "binlog.000007",
    "Exec_Source_Log_Pos": 400,
    "Replica_IO_Running": "Yes",
    "Replica_SQL_Running": "Yes",
    "Source_SSL_Allowed": "Yes",
    "Source_SSL_CA_File": "",
    "Source_SSL_Verify_Server_Cert": "No",
    "Seconds_Behind_Source": 0,
    "Last_IO_Errno": 0,
    "Last_IO_Error": "",
    "Last_SQL_Errno": 0,
    "Last_SQL_Error": "",
    "Source_UUID": SOURCE,
    "Retrieved_Gtid_Set": "",
    "Auto_Position": 1,
    "Channel_Name": "",
    "Get_Source_public_key": 0,
}


def channel(**fields):
    return _channel.channel_of(dict(ROW, **fields))


def texts(*channels, version=(9, 7, 0), here=None, clone=CLONE.copy, offered=None, **wanted):
    last = clone() if callable(clone) else clone
    plan = _channel.plan(WANTED._replace(**wanted), version, here or SERVER, channels, last, offered)
    return [step.shown for step in plan.steps]


def test_a_new_channel():
    assert texts() == [
        "CHANGE REPLICATION SOURCE TO SOURCE_HOST = 'db1', SOURCE_PORT = 3306, SOURCE_USER = 'repl', SOURCE_PASSWORD = '********', "
        "SOURCE_AUTO_POSITION = 1, SOURCE_SSL = 1 FOR CHANNEL ''",
        "START REPLICA FOR CHANNEL ''",
    ]


def test_a_channel_that_is_right_and_runs_is_left_alone():
    assert texts(channel()) == []


@pytest.mark.parametrize(
    ("version", "change", "start"),
    [
        ((8, 0, 17), "CHANGE MASTER TO MASTER_HOST", "START SLAVE"),
        ((8, 0, 22), "CHANGE MASTER TO MASTER_HOST", "START REPLICA"),
        ((8, 0, 23), "CHANGE REPLICATION SOURCE TO SOURCE_HOST", "START REPLICA"),
        ((26, 10, 0), "CHANGE REPLICATION SOURCE TO SOURCE_HOST", "START REPLICA"),
    ],
)
def test_words_of_versions(version, change, start):
    found = texts(version=version, tls=False)
    assert found[0].startswith(change)
    assert ("GET_MASTER_PUBLIC_KEY = 1" in found[0]) == (version < (8, 0, 23))
    assert found[1].startswith(start)
    assert _channel.status_statement(version) == "SHOW %s STATUS" % start.split()[1]


def test_a_copied_channel_goes_first():
    copied = channel(Source_Host="db0")
    assert texts(copied)[:2] == ["STOP REPLICA FOR CHANNEL ''", "RESET REPLICA ALL FOR CHANNEL ''"]
    assert len(texts(copied)) == 4


@pytest.mark.parametrize(("keep", "count"), [(True, 0), (False, 2)])
def test_channels_of_other_names(keep, count):
    found = texts(channel(), channel(Channel_Name="x'y", Source_Host="db0"), keep_others=keep)
    assert len(found) == count
    if found:
        assert found[1] == "RESET REPLICA ALL FOR CHANNEL 'x''y'"


def test_a_receiver_that_cant_log_in_gets_the_password_again():
    found = texts(channel(Replica_IO_Running="Connecting", Last_IO_Errno=1045))
    assert [text.split()[0] for text in found] == ["STOP", "CHANGE", "START"]


def test_a_stopped_applier_is_only_started():
    assert texts(channel(Replica_SQL_Running="No")) == ["START REPLICA FOR CHANNEL ''"]


@pytest.mark.parametrize(
    "wanted",
    [{"user": "other"}, {"tls": False}, {"ca": "/ca.pem"}, {"auto_position": "position", "file": "b.1", "position": 4}],
)
def test_a_channel_that_differs_is_changed(wanted):
    found = texts(channel(), **wanted)
    assert [text.split()[0] for text in found] == ["STOP", "CHANGE", "START"]


def test_tls_that_nobody_chose_stays():
    assert texts(channel(Source_SSL_Allowed="No")) == []


@pytest.mark.parametrize(
    ("tls", "offered", "expected"),
    [(None, True, 1), (None, None, 1), (None, False, 0), (False, True, 0), (True, False, 1)],
)
def test_tls_and_the_public_key(tls, offered, expected):
    plan = _channel.plan(WANTED._replace(tls=tls), (9, 7, 0), SERVER, [], CLONE, offered)
    assert "SOURCE_SSL = %d" % expected in plan.steps[0].shown
    assert ("GET_SOURCE_PUBLIC_KEY = 1" in plan.steps[0].shown) == (not expected)


def test_without_gtids_the_clone_tells_the_position():
    found = texts(here=dict(SERVER, gtid_mode="OFF"))
    assert "SOURCE_AUTO_POSITION = 0" in found[0]
    assert "SOURCE_LOG_FILE = 'binlog.000007', SOURCE_LOG_POS = 196" in found[0]


@pytest.mark.parametrize(
    ("clone", "words"),
    [
        (None, "no completed clone"),
        (dict(CLONE, state="failed"), "no completed clone"),
        (dict(CLONE, binlog_file=""), "wrote no binary log"),
        (dict(CLONE, source="db9:3306"), "db9:3306, and means nothing on db1:3306"),
    ],
)
def test_a_position_that_is_not_to_be_had(clone, words):
    with pytest.raises(BadInput, match=words):
        texts(here=dict(SERVER, gtid_mode="OFF"), clone=clone)


def test_positions_of_a_channel_that_is_there_are_its_own():
    off = dict(SERVER, gtid_mode="OFF")
    assert texts(channel(Auto_Position=0), here=off) == []
    found = texts(channel(Auto_Position=0, Replica_IO_Running="No"), here=off)
    assert not any("LOG_FILE" in text for text in found)


def test_gtid_needs_gtids():
    with pytest.raises(BadInput, match="gtid_mode is OFF"):
        texts(here=dict(SERVER, gtid_mode="OFF"), auto_position="gtid")


def test_a_copied_channel_without_gtids_is_told():
    plan = _channel.plan(WANTED, (9, 7, 0), dict(SERVER, gtid_mode="OFF"), [channel(Source_Host="db0")], CLONE)
    assert "a second time" in plan.warnings[0]


@pytest.mark.parametrize(
    ("wanted", "read_only", "super_read_only", "expected"),
    [
        ("keep", "ON", "ON", []),
        ("super_read_only", "OFF", "OFF", ["SET GLOBAL super_read_only = ON"]),
        ("super_read_only", "ON", "ON", []),
        ("read_only", "OFF", "OFF", ["SET GLOBAL read_only = ON"]),
        ("read_only", "ON", "ON", ["SET GLOBAL super_read_only = OFF"]),
        ("writable", "ON", "ON", ["SET GLOBAL read_only = OFF"]),
        ("writable", "OFF", "OFF", []),
    ],
)
def test_read_only(wanted, read_only, super_read_only, expected):
    here = dict(SERVER, read_only=read_only, super_read_only=super_read_only)
    assert texts(channel(), here=here, read_only=wanted) == expected


def test_the_password_is_a_value_of_its_own():
    plan = _channel.plan(WANTED, (9, 7, 0), SERVER, [], CLONE)
    assert plan.steps[0].values.count(_channel.SECRET) == 1
    assert _channel.SECRET not in plan.steps[0].text


@pytest.mark.parametrize(
    ("there", "words"),
    [
        ({"server_uuid": HERE}, "server_uuid"),
        ({"server_id": 2}, "server_id 2"),
        ({"log_bin": 0}, "no binary log"),
        ({"gtid_mode": "OFF"}, "gtid_mode is OFF on db1:3306"),
        ({"gtid_purged": SOURCE + ":1-10"}, "has purged transactions"),
        ({"gtid_executed": SOURCE + ":1-8"}, "itself doesn't know"),
    ],
)
def test_a_source_that_is_unfit(there, words):
    with pytest.raises(CloneError, match=words):
        _channel.refuse_unfit(WANTED, True, SERVER, dict(THERE, **there))


def test_a_fit_source_and_errant_transactions():
    assert _channel.refuse_unfit(WANTED, True, SERVER, THERE) == []
    errant = dict(SERVER, gtid_executed=SERVER["gtid_executed"] + "," + OTHER + ":1-3")
    assert _channel.refuse_unfit(WANTED, True, errant, THERE) == [
        "db1:3306 doesn't have all transactions of this server: %s:1-3" % OTHER
    ]


@pytest.mark.parametrize(
    ("fields", "goal", "expected"),
    [
        ({}, {"gtids": SOURCE + ":1-9"}, True),
        ({}, {"gtids": SOURCE + ":1-10"}, False),
        ({}, {"place": ["binlog.000007", 400]}, True),
        ({}, {"place": ["binlog.000007", 401]}, False),
        ({}, {"place": ["binlog.000010", 4]}, False),
        ({}, {}, True),
        ({"Seconds_Behind_Source": 3}, {}, False),
        ({"Retrieved_Gtid_Set": SOURCE + ":8-11"}, {}, False),
        ({"Replica_IO_State": "Requesting binlog dump"}, {}, False),
        ({"Replica_IO_Running": "Connecting"}, {}, False),
    ],
)
def test_caught_up(fields, goal, expected):
    assert _channel.reached(channel(**fields), SERVER["gtid_executed"], **goal) is expected


def test_columns_of_old_servers():
    old = {
        name.replace("Source", "Master").replace("Replica", "Slave").replace("source", "master"): value
        for name, value in ROW.items()
    }
    assert {"Seconds_Behind_Master", "Slave_IO_Running"} <= set(old)
    assert _channel.channel_of(old) == channel()
