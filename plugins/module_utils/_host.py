# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The machine under a server: room, memory, processors, supervisor; only where the server is proved to run on it.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

# Runs detached from, or without, the AnsibleModule whose run_command pylint asks for.
# pylint: disable=ansible-bad-function

from __future__ import annotations

import os
import re
import stat
import subprocess
import typing as t

_CGROUPS = "/sys/fs/cgroup"
_UNLIMITED = 1 << 60
_SYSTEMCTL_SECONDS = 5
# Bytes that a pid file holds at most.
_SHORT = 32
_SERVER_UUID = re.compile(r"^\s*server[-_]uuid\s*=\s*(\S+)", re.MULTILINE)


def _read(path: str) -> str:
    """A file's text; empty when it can't be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _read_short(path: str) -> str:
    """A small file's text; empty for what can't be read, is longer, or is no file: the server says where it is, and may lie."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                return ""
            text = os.read(handle, _SHORT + 1)
        finally:
            os.close(handle)
    except OSError:
        return ""
    return text.decode("utf-8", "replace") if len(text) <= _SHORT else ""


def _field(path: str, name: str) -> list[str]:
    """The words behind a name at the beginning of a line of a file; none where there is no such line."""
    for line in _read(path).splitlines():
        if line.startswith(name):
            return line[len(name) :].split()
    return []


def _same(left: str, right: str) -> bool:
    try:
        return os.path.samefile(left, right)
    except OSError:
        return False


def _stranger(data_directory: str, variables: t.Mapping[str, t.Any]) -> str | None:
    """Why a data directory is not that of the server which was asked, where the variables tell enough to know.

    Paths are alike everywhere: the server may be another machine's, and its like run here (manual: server_uuid, auto.cnf).
    """
    wanted = variables.get("server_uuid")
    found = _SERVER_UUID.search(_read(os.path.join(data_directory, "auto.cnf")))
    if wanted and found:
        return None if found.group(1) == wanted else f"{data_directory} is of another server ({found.group(1)})"
    name, own = variables.get("hostname"), os.uname().nodename
    if wanted and name and name != own:
        return f"the server's host is {name}, this one is {own}, and {data_directory}/auto.cnf can't be read here"
    return None


def find_process(variables: t.Mapping[str, t.Any]) -> tuple[int | None, str]:
    """The server's process on this machine and how that was proved; None and the reason where it isn't.

    The pid file alone proves nothing (it may be a leftover, or another machine's): the process must be a mysqld whose
    working directory is the data directory (server behaviour: mysqld changes into it). With ``server_uuid`` and ``hostname``
    among the variables the directory must be that server's, too.
    """
    pid_file, data_directory = variables.get("pid_file", ""), variables.get("datadir", "")
    if not os.path.isdir(data_directory):
        return None, f"not on this host: there is no directory {data_directory}"
    text = _read_short(os.path.join(data_directory, pid_file)).strip()
    if not text.isdigit():
        return None, f"not on this host, or not readable here: pid file {pid_file}"
    working = f"/proc/{text}/cwd"
    if not os.path.isdir(f"/proc/{text}"):
        return None, f"not on this host: no process {text} (from {pid_file})"
    if "mysql" not in _read(f"/proc/{text}/comm"):
        return None, f"not on this host: process {text} (from {pid_file}) is no mysqld"
    if os.access(working, os.R_OK) and not _same(working, data_directory):
        return None, f"not on this host: process {text} doesn't work in {data_directory}"
    stranger = _stranger(data_directory, variables)
    if stranger:
        return None, f"not on this host: {stranger}"
    return int(text), f"process {text} of {pid_file}"


def file_system(path: str) -> dict[str, t.Any] | None:
    """Free bytes and inodes of the file system that holds a path (or its nearest parent that exists)."""
    while path and not os.path.exists(path):
        parent = os.path.dirname(path.rstrip("/"))
        if parent == path:
            return None
        path = parent
    try:
        status = os.statvfs(path)
        device = os.stat(path).st_dev
    except OSError:
        return None
    return {
        "path": path,
        "device": device,
        "free": status.f_bavail * status.f_frsize,
        # What a server that runs as root may use.
        "free_root": status.f_bfree * status.f_frsize,
        "total": status.f_blocks * status.f_frsize,
        "inodes": status.f_favail if status.f_files else None,
    }


def _memory_limit(pid: int) -> int | None:
    """The smallest memory limit of the process's control groups, version 1 or 2; None without one."""
    limits = []
    for line in _read(f"/proc/{pid}/cgroup").splitlines():
        number, controllers, path = line.split(":", 2)
        if number == "0":
            root, name = _CGROUPS, "memory.max"
        elif "memory" in controllers.split(","):
            root, name = _CGROUPS + "/memory", "memory.limit_in_bytes"
        else:
            continue
        parts = [part for part in path.split("/") if part not in ("", "..")]
        for depth in range(len(parts), -1, -1):
            text = _read(os.path.join(root, *parts[:depth], name)).strip()
            if text.isdigit() and int(text) < _UNLIMITED:
                limits.append(int(text))
    return min(limits) if limits else None


def _cpu_limit(pid: int) -> float | None:
    """The quota of the process's control group (version 2) in processors; None without one."""
    for line in _read(f"/proc/{pid}/cgroup").splitlines():
        number, _controllers, path = line.split(":", 2)
        if number == "0":
            quota = _read(_CGROUPS + path.rstrip("/") + "/cpu.max").split()
            if len(quota) == 2 and quota[0].isdigit():
                return round(int(quota[0]) / int(quota[1]), 2)
    return None


def _memory() -> dict[str, int]:
    found = {name: _field("/proc/meminfo", name + ":") for name in ("MemTotal", "MemAvailable")}
    return {name: int(words[0]) * 1024 for name, words in found.items() if words}


def _processors(pid: int) -> int:
    try:
        return len(os.sched_getaffinity(pid))
    except OSError:
        return os.cpu_count() or 1


def _limit(pid: int, name: str) -> int | None:
    words = _field(f"/proc/{pid}/limits", name)
    return int(words[0]) if words and words[0].isdigit() else None


def _unit(pid: int) -> str | None:
    paths = [line.rpartition("/") for line in _read(f"/proc/{pid}/cgroup").splitlines()]
    return next((name for _above, slash, name in paths if slash and name.endswith(".service")), None)


def _systemd(unit: str) -> dict[str, str]:
    """What systemd does when the service exits; empty where it can't be asked."""
    names = "Restart,RestartPreventExitStatus,RestartForceExitStatus,TimeoutStartUSec,Type,MainPID"
    try:
        done = subprocess.run(
            ["systemctl", "show", "--no-pager", "--property", names, unit],
            capture_output=True,
            text=True,
            timeout=_SYSTEMCTL_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return {}
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)


def supervisor(pid: int) -> dict[str, t.Any]:
    """Whether the server would restart itself after a clone, as it decides that itself.

    It does if MYSQLD_PARENT_PID in its environment is its parent (server behaviour, else error 3707). ``managed`` is None
    where the environment can't be read.
    """
    parent = next(iter(_field(f"/proc/{pid}/status", "PPid:")), None)
    environment = _read(f"/proc/{pid}/environ")
    told = dict(line.partition("=")[::2] for line in environment.split("\0")).get("MYSQLD_PARENT_PID", "")
    unit = _unit(pid)
    return {
        "managed": None if not environment or not parent else bool(told) and told == parent,
        "parent": int(parent) if parent else None,
        "parent_name": _read(f"/proc/{parent}/comm").strip() if parent else None,
        "told": int(told) if told.isdigit() else None,
        "unit": unit,
        "systemd": _systemd(unit) if unit else {},
    }


def _owner_is_root(pid: int) -> bool:
    return _field(f"/proc/{pid}/status", "Uid:")[1:2] == ["0"]


def _or_none(look: t.Callable[[str], t.Any], path: str) -> t.Any:
    """Its answer, or None on an error."""
    try:
        return look(path)
    except OSError:
        return None


def _libraries(plugin_dir: str) -> str:
    """The plugin and component files on disk, in one string."""
    return " ".join(sorted(name for name in os.listdir(plugin_dir) if name.endswith((".so", ".dll"))))


def directories(variables: t.Mapping[str, t.Any]) -> dict[str, str]:
    """Where a server keeps its files, as absolute paths: data, redo, undo, doublewrite, system tablespace, binary logs."""
    data = variables["datadir"]
    found = {"data": data}
    for name, variable in (
        ("redo", "innodb_log_group_home_dir"),
        ("undo", "innodb_undo_directory"),
        ("doublewrite", "innodb_doublewrite_dir"),
        ("system", "innodb_data_home_dir"),
    ):
        # innodb_doublewrite_dir may stand with a '#' in front of a path relative to the data directory
        value = (variables.get(variable) or "").lstrip("#")
        found[name] = os.path.normpath(os.path.join(data, value)) if value else os.path.normpath(data)
    base = variables.get("log_bin_basename")
    found["binlog"] = os.path.dirname(base) if base else os.path.normpath(data)
    return found


def new_directory(path: str) -> dict[str, t.Any]:
    """What is where a clone is to make a new data directory."""
    return {"path": path, "exists": os.path.lexists(path), "file_system": file_system(path)}


def host_facts(variables: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The machine's facts for a server with these global variables, or only a ``reason`` why there are none."""
    pid, proof = find_process(variables)
    if pid is None:
        return {"reason": proof}
    memory = _memory()
    places = {name: file_system(path) for name, path in directories(variables).items()}
    # Mostly all is on one file system; the others are told where they are others.
    at_home = (places["data"] or {}).get("device")
    places = {name: place for name, place in places.items() if place and (name == "data" or place["device"] != at_home)}
    data = variables["datadir"]
    return {
        "proof": proof,
        # Two servers with the same value share a machine (in containers: a kernel).
        "machine": _read("/proc/sys/kernel/random/boot_id").strip(),
        "pid": pid,
        "root": _owner_is_root(pid),
        "file_systems": places,
        "buffer_pool_file": _or_none(os.path.getsize, os.path.join(data, "ib_buffer_pool")),
        # Descriptions of its tables; a clone drops them with everything else.
        "performance_schema_files": _or_none(
            lambda path: len(os.listdir(path)), os.path.join(data, "performance_schema")
        ),
        "memory_total": memory.get("MemTotal"),
        "memory_available": memory.get("MemAvailable"),
        "memory_limit": _memory_limit(pid),
        "processors": _processors(pid),
        "processor_limit": _cpu_limit(pid),
        "load": round(os.getloadavg()[0], 2),
        "open_files_limit": _limit(pid, "Max open files"),
        "supervisor": supervisor(pid),
        "libraries": _or_none(_libraries, variables.get("plugin_dir", "")),
        "block_size": os.stat(data).st_blksize,
        "confinement": _read(f"/proc/{pid}/attr/current").strip("\0\n ") or None,
    }
