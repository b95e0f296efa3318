# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pure parts of a logical copy. That it copies is proved on real servers (integration target recover_playbook)."""

from __future__ import annotations

import os
import subprocess

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _logical
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput, CloneError
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import Login

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
