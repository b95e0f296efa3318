# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what is seen to the statements. That real servers replicate afterwards is proved by the integration target replication."""

from __future__ import annotations

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _progress, _replication
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import CloneError

VARIABLES = {"server_uuid": "b", "server_id": "2", "gtid_mode": "ON", "read_only": "OFF", "super_read_only": "OFF"}
DONOR = {"server_uuid": "a", "server_id": "1", "gtid_mode": "ON", "encrypted": True}
WANTED = {"host": "db1", "port": 3306, "user": "repl", "password": "secret", "tls": None, "fresh": False}
OURS = {
    "name": "",
    "host": "db1",
    "port": 3306,
    "user": "repl",
    "auto_position": 1,
    "tls": "YES",
    "public_key": "NO",
    "source_uuid": "a",
}
RUNNING = {"Channel_Name": "", "Replica_IO_Running": "Yes", "Replica_SQL_Running": "Yes", "Last_IO_Errno": 0}
CLONE = dict(_progress.NONE, state="completed", source="db1:3306", binlog_file="binlog.7", binlog_position=42)


def seen(channels=(), rows=(), persisted=False, version="8.4.0", clone=CLONE, **variables) -> dict:
    return {
        "version": version,
        "variables": dict(VARIABLES, **variables),
        "channels": list(channels),
        "status": list(rows),
        "persisted": persisted,
        "clone": clone,
    }


def statements(found: dict, donor: dict = DONOR, **wanted) -> list[str]:
    return [step.statement for step in _replication.plan(found, donor, dict(WANTED, **wanted))]


def test_a_replica_that_runs_is_left_alone():
    assert statements(seen([OURS], [RUNNING])) == []


def test_a_stopped_one_is_started():
    assert statements(seen([OURS], [dict(RUNNING, Replica_IO_Running="No")])) == ["START REPLICA FOR CHANNEL ''"]


def test_the_channel_is_made_with_gtids_and_tls():
    first, second = _replication.plan(seen(), DONOR, WANTED)
    assert first.statement == (
        "CHANGE REPLICATION SOURCE TO SOURCE_HOST = %s, SOURCE_PORT = %s, SOURCE_USER = %s, SOURCE_PASSWORD = %s, "
        "SOURCE_SSL = %s, SOURCE_AUTO_POSITION = %s, GET_SOURCE_PUBLIC_KEY = 0 FOR CHANNEL ''"
    )
    assert first.values == ("db1", 3306, "repl", "secret", 1, 1)
    assert second.statement == "START REPLICA FOR CHANNEL ''"
    assert "secret" not in repr(first)


def test_without_tls_the_public_key_is_asked_for():
    assert "GET_SOURCE_PUBLIC_KEY = 1" in statements(seen(), dict(DONOR, encrypted=False))[0]
    assert "GET_SOURCE_PUBLIC_KEY = 1" in statements(seen(), tls=False)[0]


def test_older_servers_have_older_words():
    first, second = statements(seen(version="8.0.17"))
    assert first.startswith("CHANGE MASTER TO MASTER_HOST")
    assert "GET_MASTER_PUBLIC_KEY" in first
    assert second == "START SLAVE FOR CHANNEL ''"


def test_without_gtids_replication_begins_at_the_position_of_the_clone():
    step = _replication.plan(seen(gtid_mode="OFF"), DONOR, WANTED)[0]
    assert "SOURCE_LOG_FILE = %s, SOURCE_LOG_POS = %s" in step.statement
    assert step.values[-3:] == (0, "binlog.7", 42)


def test_without_gtids_only_the_clones_own_donor_will_do():
    with pytest.raises(CloneError, match="can only replicate from where it was cloned, db9:3306"):
        statements(seen(gtid_mode="OFF", clone=dict(CLONE, source="db9:3306")))
    with pytest.raises(CloneError, match="the recipient knows none"):
        statements(seen(gtid_mode="OFF", clone=dict(_progress.NONE)))


def test_copied_channels_are_removed_after_a_clone_only():
    copied = dict(OURS, name="copied", host="elsewhere", source_uuid="")
    assert [text for text in statements(seen([copied]), fresh=True) if "RESET" in text] == [
        "RESET REPLICA ALL FOR CHANNEL %s"
    ]
    assert [text for text in statements(seen([copied, OURS], [RUNNING])) if "RESET" in text] == []


def test_what_an_interrupted_run_left_held_is_removed_later():
    copied = dict(OURS, name="copied", source_uuid="")
    assert _replication.copies(seen([copied], persisted=True), False) == ["copied"]
    # One that has connected was set up by somebody.
    assert _replication.copies(seen([dict(copied, source_uuid="c")], persisted=True), False) == []
    assert _replication.copies(seen([copied], persisted=False), False) == []


def test_a_copied_default_channel_is_replaced():
    found = statements(seen([dict(OURS, host="elsewhere")], [RUNNING]))
    assert found[:2] == ["STOP REPLICA FOR CHANNEL %s", "RESET REPLICA ALL FOR CHANNEL %s"]


def test_a_refused_password_is_set_anew():
    found = statements(seen([OURS], [dict(RUNNING, Replica_IO_Running="Connecting", Last_IO_Errno=1045)]))
    assert any(text.startswith("CHANGE") for text in found)


def test_equal_server_ids_are_refused():
    with pytest.raises(CloneError, match=r"server_id 1.*SET PERSIST server_id"):
        statements(seen(server_id="1"))
    with pytest.raises(CloneError, match="the recipient itself"):
        statements(seen(server_uuid="a"))


def test_read_only_comes_back():
    before = {"read_only": True, "super_read_only": False, "persisted": True}
    assert [step.statement for step in _replication.switches(VARIABLES, before)] == ["SET GLOBAL read_only = ON"]
    assert _replication.switches(VARIABLES, {}) == []


def test_an_error_of_either_thread_is_told():
    assert (
        _replication.trouble({"Last_IO_Errno": 0, "Last_SQL_Errno": 1062, "Last_SQL_Error": "Duplicate"})
        == "Duplicate (error 1062)"
    )
    assert _replication.trouble(RUNNING) is None
