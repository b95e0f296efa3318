# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A logical copy, with programs that stand for MySQL's. That it copies is proved on real servers (integration target recover_playbook)."""

from __future__ import annotations

import os
import subprocess
import time

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _logical
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput, CloneError
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import Login
from ansible_collections.dbops.mysql_clone.tests.unit.plugins.module_utils.scripted import Scripted, error

DONOR = Login(host="db1", port=3307, user="copier", password='a"#\\ b')
COPY = _logical.Copy(DONOR, Login(unix_socket="/run/s", user="root", password=""), ("app", "--where=1"))


def test_option_file():
    assert _logical.option_file(DONOR).splitlines() == [
        "[client]",
        'user="copier"',
        'password="a\\"#\\\\ b"',
        'host="db1"',
        'port="3307"',
        'protocol="tcp"',
        'ssl-mode="PREFERRED"',
        "get-server-public-key",
    ]
    assert 'socket="/run/s"' in _logical.option_file(COPY.recipient)
    assert _logical.option_value("a\nb") == '"a\\nb"'


@pytest.mark.parametrize(
    ("changes", "mode"),
    [
        ({"require_tls": True}, "REQUIRED"),
        ({"require_tls": False}, "DISABLED"),
        ({"ca_cert": "/ca.pem"}, "VERIFY_IDENTITY"),
        ({"ca_cert": "/ca.pem", "check_hostname": False}, "VERIFY_CA"),
    ],
)
def test_tls_is_as_the_login_demands(changes, mode):
    assert 'ssl-mode="%s"' % mode in _logical.option_file(DONOR._replace(**changes))


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("mysqldump  Ver 9.7.4-2 for Linux on x86_64 (Debian)", (9, 7, 4)),
        ("mysqldump  Ver 8.0.36 for Linux on x86_64 (MySQL Community Server - GPL)", (8, 0, 36)),
        ("mysqldump  Ver 10.13 Distrib 5.7.44, for Linux (x86_64)", (5, 7, 44)),
    ],
)
def test_version_of(text, version):
    assert _logical.version_of(text) == version


@pytest.mark.parametrize("text", ["", "mysqldump  Ver 10.19 Distrib 10.11.6-MariaDB, for debian-linux-gnu (x86_64)"])
def test_another_products_program_is_refused(text):
    with pytest.raises(CloneError, match="not MySQL's"):
        _logical.version_of(text)


def test_dump_arguments():
    arguments = _logical.dump_arguments(COPY, (9, 7, 4), True)
    assert "--source-data=2" in arguments
    assert "--set-gtid-purged=OFF" in arguments
    assert arguments[-3:] == ["--", "app", "--where=1"], "a schema's name is no option"
    assert "--master-data=2" in _logical.dump_arguments(COPY, (8, 0, 25), True)
    assert not [word for word in _logical.dump_arguments(COPY, (9, 7, 4), False) if "data=2" in word]
    assert "--add-drop-database" in _logical.dump_arguments(COPY._replace(replace=True), (9, 7, 4), True)
    assert not [word for word in (*arguments, *_logical.load_arguments("off")) if DONOR.password in word]


def test_only_a_copy_that_brings_the_donors_gtids_writes_a_binary_log_as_the_dump_says():
    assert "--init-command=SET SESSION sql_log_bin = 0" in _logical.load_arguments("off")
    assert not [word for word in _logical.load_arguments("on") if "sql_log_bin" in word]


def test_reader():
    reader = _logical.Reader()
    dump = (
        b"-- CHANGE REPLICATION SOURCE TO SOURCE_LOG_FILE='binlog.000007', SOURCE_LOG_POS=157;\n"
        b"-- Dumping data for table `first`\n" + b"x" * 300000 + b"\n-- Dumping data for table `second`\n"
    )
    for place in range(0, len(dump), 1000):
        reader.see(dump[place : place + 1000])
    assert (reader.table, reader.complete, reader.bytes) == ("second", False, len(dump))
    assert reader.position == {"file": "binlog.000007", "position": 157}
    reader.see(b"-- Dump completed on 2026-11-23  2:00:00\n")
    assert reader.complete


def test_secrets_are_in_no_file_and_go_with_the_descriptor():
    with _logical.secret_file("secret") as handle:
        path = "/dev/fd/%d" % handle
        assert os.fstat(handle).st_mode & 0o777 == 0o600
        # Each reader begins at the beginning.
        for _time in range(2):
            said = subprocess.run(["cat", path], pass_fds=(handle,), capture_output=True, text=True, check=True)
            assert said.stdout == "secret"
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(handle)


def inventory(tables=(), **objects):
    found: dict = {"tables": {}, "views": {}, "routines": {}, **objects}
    for schema, name, rows, checksum in tables:
        found["tables"].setdefault(schema, {})[name] = ["InnoDB", rows, checksum, None, None]
    return found


def test_differences():
    there = inventory(
        [("app", "t", 3, "a"), ("app", "u", 1, "a"), ("app", "v", 1, "a"), ("x", "t", 1, "a")], views={"app.w": ["", 0]}
    )
    here = inventory([("app", "t", 2, "a"), ("app", "u", 1, "b"), ("app", "z", 1, "a")], views={"other.w": ["", 0]})
    assert _logical.differences(there, there, ["app"]) == {}
    assert _logical.differences(there, here, ["app"]) == {
        "app": [
            "table app.t has 2 rows, 3 on the donor",
            "table app.u differs from the donor's",
            "table app.v is only on the donor",
            "table app.z is only on the recipient",
            "view app.w is only on the donor",
        ]
    }


def test_a_missing_program_is_named(tmp_path):
    with pytest.raises(BadInput, match="mysqldump was not found in %s" % tmp_path):
        _logical.program("mysqldump", str(tmp_path))


# -- with programs -----------------------------------------------------------------------------------------------------

VERSION = """if [ "$1" = --version ]; then echo 'mysqldump  Ver 9.7.4 for Linux on x86_64'; exit; fi
"""
POSITION = "-- CHANGE REPLICATION SOURCE TO SOURCE_LOG_FILE='binlog.000007', SOURCE_LOG_POS=157;"
DUMP = (
    VERSION
    + f"""cat <<'END'
{POSITION}
-- Dumping data for table `t`
-- Dump completed on 2026-11-23  2:00:00
END
"""
)


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """Copies by two shell scripts; returns what the recipient's was given, on its input and as option file."""
    servers = {}

    def connect(login, **_options):
        answer = servers.get(login.host or "recipient")
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(_logical, "Server", connect)
    servers["db1"] = Scripted({"log_bin": [{"v": 1}]})
    servers["localhost"] = servers["recipient"] = Scripted({"SCHEMATA": [], "SET SESSION": [], "DROP DATABASE": []})

    def prepare(dump=DUMP, load="", **changes):
        for name, text in (("mysqldump", dump), ("mysql", f"cat > {tmp_path}/loaded\n{load}")):
            (tmp_path / name).write_text("#!/bin/sh\n" + text)
            (tmp_path / name).chmod(0o755)
        return COPY._replace(programs=str(tmp_path), **changes)

    prepare.servers = servers
    prepare.loaded = tmp_path / "loaded"
    return prepare


def test_the_dump_goes_into_the_recipient(copied):
    reader = _logical.stream(copied(), lambda text: None)
    assert reader.complete
    assert reader.position == {"file": "binlog.000007", "position": 157}
    assert reader.table == "t"
    assert copied.loaded.read_text().splitlines()[0] == POSITION


def test_what_is_under_way_is_told(copied, monkeypatch):
    monkeypatch.setattr(_logical, "NEWS_SECONDS", 0.0)
    told = []
    _logical.stream(copied(), told.append)
    assert told[-1].startswith("copied 1")
    assert told[-1].endswith(", at table t")


def test_passwords_come_by_descriptor_and_by_nothing_else(copied):
    show = (
        VERSION
        + """case "$1" in --defaults-file=/dev/fd/*) grep -c '^password=' "${1#*=}" >&2;; esac
echo "$MYSQL_PWD$*" >&2; exit 3
"""
    )
    os.environ["MYSQL_PWD"] = "inherited"
    try:
        with pytest.raises(CloneError, match="mysqldump ended with status 3: 1 --defaults-file") as caught:
            _logical.stream(copied(show), lambda text: None)
    finally:
        del os.environ["MYSQL_PWD"]
    assert DONOR.password not in caught.value.message
    assert "inherited" not in caught.value.message


@pytest.mark.parametrize(
    ("dump", "load", "words"),
    [
        (VERSION + "echo 'Got error: 1045' >&2; exit 2", "", "mysqldump ended with status 2: Got error: 1045"),
        (VERSION + "exit 2", "", "mysqldump ended with status 2: without a word"),
        # The one that reads ends the other one.
        (DUMP + "exit 3", "echo 'ERROR 1114: full' >&2; exit 1", "mysql ended with status 1: ERROR 1114: full"),
        (VERSION + "echo '-- half'", "", "the dump broke off after 8 B"),
    ],
)
def test_whoever_ended_it_is_named(copied, dump, load, words):
    with pytest.raises(CloneError, match=words):
        _logical.stream(copied(dump, load), lambda text: None)


def test_a_recipient_that_stops_reading_is_named(copied):
    copy = copied(VERSION + "yes | head -c 3000000")
    script = copied.loaded.parent / "mysql"
    script.write_text("#!/bin/sh\necho 'ERROR 2013: lost' >&2\nexit 1\n")
    with pytest.raises(CloneError, match="mysql ended with status 1: ERROR 2013: lost"):
        _logical.stream(copy, lambda text: None)


def test_a_copy_ends_with_its_time(copied):
    begun = time.monotonic()
    with pytest.raises(CloneError, match="the time was over after 0 B"):
        _logical.stream(copied(VERSION + "exec sleep 30", seconds=1.0), lambda text: None)
    assert time.monotonic() - begun < 10


def test_the_copy_is_compared(copied, monkeypatch):
    kept = {"db1": inventory([("app", "t", 3, "a")]), "localhost": inventory([("app", "t", 2, "a")])}
    monkeypatch.setattr(_logical, "inventory", lambda login, schemas, seconds: kept[login.host or "localhost"])
    told = []
    result = _logical.run(copied(schemas=("app",)), set(), told.append)
    assert (result["verified"], result["differences"]) == (False, ["table app.t has 2 rows, 3 on the donor"])
    assert result["source"]["file"] == "binlog.000007"
    assert told == ["comparing the schemas on both servers"]
    kept["localhost"] = kept["db1"]
    assert _logical.run(copied(schemas=("app",)), set(), told.append)["verified"]


def test_what_was_not_there_before_is_dropped_after_a_failure(copied):
    recipient = copied.servers["localhost"]
    recipient.answers["SCHEMATA"] = [{"name": "app"}, {"name": "own"}]
    copied.servers["recipient"] = recipient
    with pytest.raises(
        CloneError, match=r"the logical copy of app, own, late failed: .*; dropped again: app\. The account"
    ):
        _logical.run(copied(VERSION + "exit 2", schemas=("app", "own", "late")), {"own"}, lambda text: None)
    assert recipient.told("DROP") == ["DROP DATABASE `app`"]


def test_a_recipient_that_is_gone_keeps_what_it_has(copied):
    copied.servers["localhost"] = copied.servers["recipient"] = error(2003)
    with pytest.raises(CloneError, match=r"status 2: without a word\. The account on the donor needs SELECT"):
        _logical.run(copied(VERSION + "exit 2"), set(), lambda text: None)


def test_only_the_copied_schemas_are_compared(copied, monkeypatch):
    copied.servers["db1"] = Scripted({"SCHEMATA": [{"name": "app"}, {"name": "a*b"}]})
    asked = []
    monkeypatch.setattr(_logical._inventory, "collect", lambda connect, wanted: asked.append((connect().label, wanted)))
    _logical.inventory(DONOR, ["app"], 7.5)
    (label, wanted), *more = asked
    assert not more
    assert label == "db1:3306"
    assert wanted.ignore_tables == ("a[*]b.*",)
    assert wanted.timeout == 7.5
