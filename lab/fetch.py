# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds or fetches the servers and tools that the lab runs.

Order for MySQL: ``MYSQL_BASEDIR``, a mysqld on PATH, the cache, packages of the machine's own suites, packages of
Debian's unstable suite from the same archive. Nothing is installed into the system and nothing needs root.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab import elf
from lab.apt import Apt, Repository
from lab.errors import LabError
from lab.installation import MINIMUM, Installation, inspect
from lab.locks import locked
from lab.paths import cache_dir

SBIN = ":/usr/sbin:/usr/local/sbin"  # where servers are, though not on every user's PATH
_MARKER = "complete.json"
_FETCH_TIMEOUT = 1200  # seconds to wait for another process that fetches the same


def mysql(refetch: bool = False) -> Installation:
    """A MySQL server with the clone plugin; fetched when the machine has none.

    :raises LabError: with each place tried, why it failed, and what to set.
    """
    tried: list[str] = []
    for place in (_from_environment, _from_path):
        try:
            found = place()
        except LabError as error:
            tried.append(str(error))
            if place is _from_environment:
                raise LabError(f"MYSQL_BASEDIR is set, so nothing else was tried: {error}") from None
        else:
            if found:
                return found
    try:
        root, marker = _cached("mysql", _mysql_packages, refetch)
        return inspect(root / "usr", marker["origin"])
    except LabError as error:
        tried.append(str(error))
    raise LabError(
        "no MySQL server for the lab. Tried: "
        + "; ".join(f"({number}) {text}" for number, text in enumerate(tried, 1))
        + f". Set MYSQL_BASEDIR to the directory of a MySQL {'.'.join(map(str, MINIMUM))} or newer "
        "(the one that holds bin/mysqld)."
    )


def mariadb(refetch: bool = False) -> Installation:
    """A MariaDB server of the machine's own suites: the wrong product, for tests."""
    root, marker = _cached("mariadb", lambda state: _own_suites(state, "mariadb-server-core(-[0-9.]+)?"), refetch)
    return inspect(root / "usr", marker["origin"])


def sysbench(refetch: bool = False) -> dict[str, Any]:
    """The sysbench of the machine's own suites: ``program``, ``scripts`` (a directory), ``environment``."""
    root, _marker = _cached("sysbench", lambda state: _own_suites(state, "sysbench"), refetch)
    # Its client library looks for the plugin of caching_sha2_password where the package would be installed.
    plugins = next(iter(root.glob("usr/lib/*/libmariadb3/plugin")), root)
    return {
        "program": str(root / "usr/bin/sysbench"),
        "scripts": str(root / "usr/share/sysbench"),
        "environment": {"MARIADB_PLUGIN_DIR": str(plugins)},
    }


def _from_environment() -> Installation | None:
    given = os.environ.get("MYSQL_BASEDIR")
    if not given:
        return None
    found = inspect(Path(given).absolute(), "MYSQL_BASEDIR")
    if found.product != "mysql":
        raise LabError(f"{found.server} is {found.product} {found.version}, not MySQL")
    return found


def _from_path() -> Installation | None:
    program = shutil.which("mysqld", path=os.environ.get("PATH", os.defpath) + SBIN)
    if not program:
        raise LabError("no mysqld on PATH")
    server = Path(program).resolve()
    found = inspect(server.parent.parent, "PATH", server)
    if found.product != "mysql":
        raise LabError(f"{server} on PATH is {found.product} {found.version}, not MySQL")
    return found


def _cached(name: str, find: Callable, refetch: bool) -> tuple[Path, dict]:
    """The unpacked packages called ``name`` with their marker; fetched when there are none.

    The marker is written last and names the place: an interrupted fetch, or a cache that was moved (the programs hold
    absolute paths), is done again.
    """
    folder = cache_dir() / name
    with locked(f"fetch-{name}", _FETCH_TIMEOUT, f"fetching {name}"):
        finished = [] if refetch else complete(folder)
        if finished:
            return finished[-1]
        folder.mkdir(parents=True, exist_ok=True)
        state = cache_dir() / f"apt-{name}"
        shutil.rmtree(state, ignore_errors=True)  # of a fetch that was killed
        try:
            apt, packages, key, origin = find(state)
            root = folder / key
            shutil.rmtree(root, ignore_errors=True)
            size = _install(apt, packages, root)
            marker = {"root": str(root), "origin": origin, "bytes_fetched": size, "packages": packages}
            partial = root / f"{_MARKER}.new"
            partial.write_text(json.dumps(marker, indent=2) + "\n", encoding="utf-8")
            partial.rename(root / _MARKER)
        finally:
            shutil.rmtree(state, ignore_errors=True)
        return root, marker


def complete(folder: Path) -> list[tuple[Path, dict]]:
    """The finished fetches below ``folder`` with their markers, the latest last."""
    found = []
    for path in folder.glob(f"*/{_MARKER}"):
        marker = json.loads(path.read_text(encoding="utf-8"))
        if marker["root"] == str(path.parent):
            found.append((path.stat().st_mtime, path.parent, marker))
    return [(root, marker) for _time, root, marker in sorted(found, key=lambda item: item[0])]


def _install(apt: Apt, packages: dict[str, str], root: Path) -> int:
    size = apt.unpack(packages, root)
    programs = [path for part in ("usr/bin", "usr/sbin") for path in sorted((root / part).glob("*"))]
    elf.relocate(root, programs)
    for part in ("usr/share/doc", "usr/share/man", "usr/share/locale"):
        shutil.rmtree(root / part, ignore_errors=True)
    return size


def newest(names: list[str]) -> str | None:
    """Of packages the one with the highest version in its name (mysql-server-core-8.4); one without a number is the newest."""

    def rank(name: str) -> tuple:
        last = name.rpartition("-")[2]
        return (0, *map(int, last.split("."))) if last[0].isdigit() else (1,)

    return max(names, key=rank, default=None)


def version_numbers(version: str) -> tuple[int, ...]:
    """The upstream numbers of a package's version, which may begin with an epoch."""
    return tuple(int(number) for number in re.findall(r"\d+", version.rpartition(":")[2])[:3])


def _own_suites(state: Path, pattern: str) -> tuple[Apt, dict[str, str], str, str]:
    apt = Apt(state)
    trouble = apt.update()
    package = newest(apt.names(pattern))
    if package is None:
        suites = ", ".join(sorted({f"{r.uri} {r.release}" for r in apt.repositories()})) or "no readable suite"
        raise LabError(f"the machine's apt sources ({suites}) hold no {pattern}" + (f": {trouble}" if trouble else ""))
    version = apt.version(package)
    return apt, apt.closure(package), _key(version), f"package {package} {version} of the machine's own suites"


def _key(version: str) -> str:
    return "".join(c if c.isalnum() or c in ".-+~" else "_" for c in version)


def _mysql_packages(state: Path) -> tuple[Apt, dict[str, str], str, str]:
    """MySQL from the machine's own suites or else from Debian's unstable suite on the same archive."""
    own = Apt(state / "own")
    trouble = own.update()
    reasons = []
    found = _mysql_in(own, "the machine's own suites")
    if isinstance(found, tuple):
        return found
    reasons.append(found + (f" ({trouble})" if trouble else ""))
    repositories = own.repositories()
    archive = _debian_archive(repositories)
    if archive is None:
        reasons.append(
            "the machine's apt sources name no Debian archive whose unstable suite could be asked"
            if repositories
            else "none of the machine's apt sources could be read, so there is no archive to ask for its suite unstable"
        )
        raise LabError("; ".join(reasons))
    signed = f" [signed-by={archive.signed_by}]" if archive.signed_by.startswith("/") else ""
    unstable = Apt(state / "unstable", f"deb{signed} {archive.uri} unstable main\n")
    trouble = unstable.update()
    found = _mysql_in(unstable, f"the suite unstable of {archive.uri}")
    if isinstance(found, tuple):
        return found
    reasons.append(found + (f" ({trouble})" if trouble else ""))
    raise LabError("; ".join(reasons))


def _mysql_in(apt: Apt, where: str) -> tuple[Apt, dict[str, str], str, str] | str:
    """What to fetch from there, or the reason why nothing."""
    server = newest(apt.names(r"mysql-server-core(-\d+\.\d+)?"))
    if server is None:
        return f"{where}: no package mysql-server-core"
    version = apt.version(server)
    if version_numbers(version) < MINIMUM:
        return f"{where}: {server} is only {version}"
    suffix = server.removeprefix("mysql-server-core")
    wanted = [server, f"mysql-client-core{suffix}"]
    packages = apt.closure(*(name for name in wanted if apt.version(name)))
    # Ubuntu keeps the plugins in the package with the service files: wanted without what that one depends on.
    service = f"mysql-server{suffix}"
    if suffix and apt.version(service):
        packages[service] = apt.version(service)
    return apt, packages, _key(version), f"package {server} {version} of {where}"


def _debian_archive(repositories: list[Repository]) -> Repository | None:
    return next(
        (r for r in repositories if r.origin == "Debian" and r.label == "Debian" and r.component == "main"), None
    )
