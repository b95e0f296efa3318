# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _host


@pytest.fixture
def files(monkeypatch):
    """What the host's files say, by path."""
    content = {}
    monkeypatch.setattr(_host, "_read", lambda path: content.get(path, ""))
    return content


@pytest.mark.parametrize(
    ("environment", "parent", "managed"),
    [
        ("A=1\0MYSQLD_PARENT_PID=41\0B=2\0", 41, True),
        ("MYSQLD_PARENT_PID=1\0", 1, True),
        ("MYSQLD_PARENT_PID=40\0", 41, False),
        ("A=MYSQLD_PARENT_PID=41\0", 41, False),
        ("A=1\0", 41, False),
        ("", 41, None),
    ],
)
def test_supervisor_is_who_the_server_takes_for_it(files, environment, parent, managed):
    files.update({"/proc/7/environ": environment, "/proc/7/status": f"Name:\tmysqld\nPPid:\t{parent}\n"})
    assert _host.supervisor(7)["managed"] is managed


def test_unit_of_a_service(files, monkeypatch):
    files["/proc/7/cgroup"] = "0::/system.slice/mysql.service\n"
    monkeypatch.setattr(_host, "_systemd", lambda unit: {"Restart": "on-failure"})
    found = _host.supervisor(7)
    assert (found["unit"], found["systemd"]) == ("mysql.service", {"Restart": "on-failure"})


@pytest.mark.parametrize(
    ("content", "limit"),
    [
        (
            {
                "/proc/7/cgroup": "0::/a/b\n",
                "/sys/fs/cgroup/a/b/memory.max": "max",
                "/sys/fs/cgroup/a/memory.max": "1000",
            },
            1000,
        ),
        ({"/proc/7/cgroup": "0::/a\n", "/sys/fs/cgroup/a/memory.max": "max"}, None),
        (
            {
                "/proc/7/cgroup": "5:cpu,memory:/m\n0::/\n",
                "/sys/fs/cgroup/memory/m/memory.limit_in_bytes": "2000",
                "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712",
            },
            2000,
        ),
        ({"/proc/7/cgroup": "0::/../x\n", "/sys/fs/cgroup/memory.max": "3000"}, 3000),
        ({}, None),
    ],
)
def test_memory_limits_of_both_versions(files, content, limit):
    files.update(content)
    assert _host._memory_limit(7) == limit


def test_cpu_quota(files):
    files.update({"/proc/7/cgroup": "0::/a\n", "/sys/fs/cgroup/a/cpu.max": "150000 100000"})
    assert _host._cpu_limit(7) == 1.5
    files["/sys/fs/cgroup/a/cpu.max"] = "max 100000"
    assert _host._cpu_limit(7) is None


def variables(tmp_path, pid_file="mysqld.pid"):
    return {"datadir": f"{tmp_path}/", "pid_file": str(tmp_path / pid_file)}


def test_a_server_elsewhere_is_not_on_this_host(tmp_path):
    assert _host.find_process({"datadir": "/no/such/dir/", "pid_file": "/no/pid"})[0] is None
    assert "not readable here" in _host.find_process(variables(tmp_path))[1]


def test_a_leftover_pid_file_proves_nothing(tmp_path):
    (tmp_path / "mysqld.pid").write_text(f"{os.getpid()}\n")
    assert "is no mysqld" in _host.find_process(variables(tmp_path))[1]
    (tmp_path / "mysqld.pid").write_text("4194305\n")
    assert "no process 4194305" in _host.find_process(variables(tmp_path))[1]


def test_a_data_directory_of_another_server_is_a_stranger(tmp_path):
    found = {"server_uuid": "uuid-1", "hostname": os.uname().nodename}
    assert _host._stranger(str(tmp_path), found) is None
    assert "this one is" in _host._stranger(str(tmp_path), dict(found, hostname="db7"))
    (tmp_path / "auto.cnf").write_text("[auto]\nserver-uuid=uuid-1\n")
    assert _host._stranger(str(tmp_path), dict(found, hostname="db7")) is None  # a container has a name of its own
    assert "another server (uuid-1)" in _host._stranger(str(tmp_path), dict(found, server_uuid="uuid-2"))
    assert _host._stranger(str(tmp_path), {}) is None  # nothing is known


def test_no_host_facts_without_proof(tmp_path):
    assert set(_host.host_facts(variables(tmp_path))) == {"reason"}


def test_file_system_of_a_path_that_is_not_there_yet(tmp_path):
    found = _host.file_system(str(tmp_path / "a" / "b"))
    assert found["path"] == str(tmp_path)
    assert 0 < found["free"] <= found["free_root"] <= found["total"]


def test_directories_are_absolute():
    found = _host.directories(
        {
            "datadir": "/data/",
            "innodb_log_group_home_dir": "./",
            "innodb_undo_directory": "/undo/",
            "innodb_doublewrite_dir": "#dbl",
            "log_bin_basename": "/logs/binlog",
        }
    )
    assert found == {
        "data": "/data/",
        "redo": "/data",
        "undo": "/undo",
        "doublewrite": "/data/dbl",
        "system": "/data",
        "binlog": "/logs",
    }


@pytest.fixture
def server(mysqld, tmp_path):
    """The variables of that process's server."""
    process, datadir = mysqld
    (datadir / "x.pid").write_text(f"{process.pid}\n")
    return {"datadir": f"{datadir}/", "pid_file": "x.pid", "plugin_dir": str(tmp_path / "plugins")}


def test_a_server_of_this_machine_is_found(server, tmp_path):
    pid, proof = _host.find_process(server)
    assert pid, proof
    assert proof == f"process {pid} of x.pid"
    elsewhere = tmp_path / "other"
    elsewhere.mkdir()
    (elsewhere / "x.pid").write_text(str(pid))
    assert "doesn't work in" in _host.find_process({**server, "datadir": str(elsewhere)})[1]
    (tmp_path / "data" / "auto.cnf").write_text("[auto]\nserver-uuid=uuid-1\n")
    assert "another server" in _host.find_process({**server, "server_uuid": "uuid-2"})[1]
    (elsewhere / "x.pid").unlink()
    elsewhere.rmdir()
    assert "there is no directory" in _host.find_process({**server, "datadir": str(elsewhere)})[1]


def test_the_facts_of_this_machine(server, tmp_path):
    (tmp_path / "plugins").mkdir()
    for name in ("mysql_clone.so", "component.so", "README"):
        (tmp_path / "plugins" / name).touch()
    found = _host.host_facts(server)
    assert "reason" not in found
    assert list(found["file_systems"]) == ["data"]
    assert found["libraries"] == "component.so mysql_clone.so"
    assert (found["buffer_pool_file"], found["performance_schema_files"]) == (None, None)
    assert found["memory_total"] > found["memory_available"] > 0
    assert found["processors"] >= 1
    assert found["open_files_limit"] > 0
    assert found["supervisor"]["parent"] == os.getpid()
    assert found["supervisor"]["managed"] is False
    assert found["root"] is (os.geteuid() == 0)
    assert found["block_size"] > 0
    (tmp_path / "data" / "ib_buffer_pool").write_text("1,2\n")
    (tmp_path / "data" / "performance_schema").mkdir()
    for number in range(3):
        (tmp_path / "data" / "performance_schema" / f"{number}.sdi").touch()
    found = _host.host_facts({**server, "plugin_dir": str(tmp_path / "none")})
    assert (found["buffer_pool_file"], found["libraries"]) == (4, None)
    assert found["performance_schema_files"] == 3


def test_what_is_on_another_file_system_is_told_apart(server):
    found = _host.host_facts({**server, "log_bin_basename": "/proc/binlog"})
    assert sorted(found["file_systems"]) == ["binlog", "data"]
    assert found["file_systems"]["binlog"]["inodes"] is None


def test_a_new_directory(tmp_path):
    found = _host.new_directory(str(tmp_path / "new"))
    assert (found["exists"], found["file_system"]["path"]) == (False, str(tmp_path))
    (tmp_path / "new").symlink_to("nowhere")
    assert _host.new_directory(str(tmp_path / "new"))["exists"]


def test_paths_that_lead_nowhere(monkeypatch):
    assert _host.file_system("") is None
    assert _host.file_system("relative/path") is None
    assert _host._same("/no/such/path", "/") is False
    assert _host._read("/no/such/path") == ""
    assert _host._processors(2**22 + 1) == os.cpu_count()

    def fail(path):
        raise PermissionError(path)

    monkeypatch.setattr(_host.os, "statvfs", fail)
    assert _host.file_system("/") is None


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("echo Restart=on-failure; echo; echo MainPID=7", {"Restart": "on-failure", "MainPID": "7"}),
        ("exit 1", {}),
        (None, {}),
    ],
)
def test_systemd_is_asked_where_there_is_one(tmp_path, monkeypatch, script, expected):
    if script:
        (tmp_path / "systemctl").write_text("#!/bin/sh\n" + script)
        (tmp_path / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    if script:
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert _host._systemd("mysql.service") == expected


@pytest.mark.parametrize("kind", ["long", "fifo", "directory", "nothing"])
def test_a_pid_file_that_is_none(tmp_path, kind):
    """The server says where it is; whoever owns the server could have laid anything there."""
    path = tmp_path / "pid"
    if kind == "long":
        path.write_text("7" * 4000)
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "directory":
        path.mkdir()
    found, why = _host.find_process({"datadir": str(tmp_path), "pid_file": str(path)})
    assert found is None
    assert "not readable here: pid file" in why
