# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A MySQL (or MariaDB) installation: its programs and the directories that they must be told."""

from __future__ import annotations

import re
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

from lab.errors import LabError

MINIMUM = (8, 0, 17)  # the first version with the clone plugin
_VERSION = re.compile(r"\bVer (\d+)\.(\d+)\.(\d+)\S*")


@dataclass(frozen=True)
class Installation:
    """Where everything is. All paths are absolute."""

    product: str  # mysql | mariadb
    version: str  # as the server says it, for example 9.7.4-2
    origin: str  # where it comes from, in words
    basedir: str
    server: str
    bindir: str  # of the clients
    plugin_dir: str
    messages_dir: str
    charsets_dir: str

    @property
    def numbers(self) -> tuple[int, int, int]:
        """The version as three numbers."""
        major, minor, patch = re.match(r"(\d+)\.(\d+)\.(\d+)", self.version).groups()
        return int(major), int(minor), int(patch)

    @property
    def json_log(self) -> bool:
        """True if the error log can be written as JSON too (loadable without INSTALL COMPONENT since 8.0.30)."""
        return self.numbers >= (8, 0, 30) and (Path(self.plugin_dir) / "component_log_sink_json.so").is_file()

    def as_dict(self) -> dict[str, str]:
        """Plain data, for the state files."""
        return asdict(self)


def server_version(server: Path) -> tuple[str, str]:
    """Ask a server program for (product, version)."""
    try:
        out = subprocess.run(
            [server, "--no-defaults", "--version"], text=True, capture_output=True, timeout=60, check=False
        )
    except OSError as error:
        raise LabError(f"{server} does not run: {error.strerror}") from None
    found = _VERSION.search(out.stdout)
    if out.returncode or not found:
        words = (out.stderr or out.stdout).strip().splitlines() or [f"exit status {out.returncode}"]
        raise LabError(f"{server} does not tell its version: {words[-1]}")
    version = found[0].removeprefix("Ver ")
    return ("mariadb" if "mariadb" in out.stdout.lower() else "mysql"), version


def _first(folders: list[Path], holds: str) -> Path | None:
    return next((folder for folder in folders if (folder / holds).exists()), None)


def inspect(basedir: Path, origin: str, server: Path | None = None) -> Installation:
    """Describe what lies below ``basedir``; raises LabError when that is no server the lab can use."""
    if server is None:
        places = [basedir / p / n for n in ("mysqld", "mariadbd") for p in ("bin", "sbin", "libexec")]
        server = next((place for place in places if place.is_file()), None)
        if server is None:
            raise LabError(f"{basedir} holds no mysqld in bin, sbin or libexec")
    product, version = server_version(server)
    libraries = [basedir / p for p in ("lib/plugin", "lib64/plugin", "lib/mysql/plugin", "lib64/mysql/plugin")]
    shares = [basedir / p for p in ("share", "share/mysql", "share/mariadb")]
    plugins = _first(libraries, "mysql_clone.so" if product == "mysql" else ".")
    if product == "mysql":
        installation_version = tuple(int(n) for n in re.findall(r"\d+", version)[:3])
        if installation_version < MINIMUM:
            raise LabError(f"{server} is MySQL {version}; expected {'.'.join(map(str, MINIMUM))} or newer")
        if plugins is None:
            raise LabError(f"{server} is MySQL {version}, but no mysql_clone.so lies in any of {_join(libraries)}")
    messages = _first(shares, "english/errmsg.sys")
    charsets = _first([share / "charsets" for share in shares], "Index.xml")
    if messages is None or charsets is None:
        raise LabError(f"{server}: english/errmsg.sys or charsets/Index.xml is in none of {_join(shares)}")
    return Installation(
        product=product,
        version=version,
        origin=origin,
        basedir=str(basedir),
        server=str(server),
        bindir=str(basedir / "bin"),
        plugin_dir=str(plugins or libraries[0]),
        messages_dir=str(messages),
        charsets_dir=str(charsets),
    )


def _join(paths: list[Path]) -> str:
    return ", ".join(map(str, paths))
