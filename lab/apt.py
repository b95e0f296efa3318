# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian packages without root and without touching the system: an apt state of our own, then unpacking.

apt resolves, fetches and verifies (signatures, checksums) as always; only its lists, its cache and its idea of what is
installed (nothing) are ours. So the packages that it names for an installation are the whole closure, libc included.
"""

from __future__ import annotations

import getpass
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError

_INSTALLED = re.compile(r"^Inst (\S+) \((\S+) ")
# Maintainer scripts and reports want these; the programs that we run do not.
_NOT_NEEDED = re.compile(r"^(perl|libperl|debconf|cdebconf|gcc-\d+-base|.*-data-doc|init-system-helpers)")


@dataclass(frozen=True)
class Repository:
    """One package repository as apt knows it."""

    uri: str
    release: str
    component: str
    signed_by: str
    origin: str
    label: str


class Apt:
    """apt over a state of its own in ``state``.

    :param sources: text of the sources list; ``None`` means the machine's own sources.
    """

    def __init__(self, state: Path, sources: str | None = None) -> None:
        for tool in ("apt-get", "apt-cache", "dpkg-deb"):
            if not shutil.which(tool):
                raise LabError(f"{tool} is not on PATH: this is no Debian or Ubuntu")
        self._state = state
        for folder in ("lists/partial", "archives/partial", "parts"):
            (state / folder).mkdir(parents=True, exist_ok=True)
        (state / "status").touch()
        options = {
            "Dir::State": state,
            "Dir::State::lists": state / "lists",
            "Dir::State::status": state / "status",
            "Dir::Cache": state,
            "Dir::Cache::archives": state / "archives",
            # Container images switch these off, and apt then reads all lists again in every call.
            "Dir::Cache::pkgcache": state / "pkgcache.bin",
            "Dir::Cache::srcpkgcache": state / "srcpkgcache.bin",
            # The cache belongs to this user; apt's own download user could not write there.
            "APT::Sandbox::User": getpass.getuser(),
            "Acquire::Languages": "none",
            "Acquire::Retries": 3,
            "Acquire::http::Timeout": 30,
            "Acquire::https::Timeout": 30,
            # Hooks of the machine's own are for its own lists.
            "APT::Update::Post-Invoke": "",
            "APT::Update::Post-Invoke-Success": "",
        }
        if sources is not None:
            (state / "sources.list").write_text(sources, encoding="utf-8")
            options["Dir::Etc::sourcelist"] = state / "sources.list"
            options["Dir::Etc::sourceparts"] = state / "parts"
            options["Dir::Etc::preferences"] = "/dev/null"
            options["Dir::Etc::preferencesparts"] = state / "parts"
        self._options = [part for key, value in options.items() for part in ("-o", f"{key}={value}")]

    def _run(self, *command: str, cwd: Path | None = None, check: bool = True) -> subprocess.CompletedProcess:
        result = subprocess.run(
            [command[0], *self._options, *command[1:]],
            cwd=cwd,
            text=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=900,
            check=False,
        )
        if check and result.returncode:
            words = [line for line in result.stderr.splitlines() if line.startswith("E:")] or [result.stderr.strip()]
            raise LabError(f"{command[0]} {' '.join(command[1:4])}: {'; '.join(words)}")
        return result

    def update(self) -> str:
        """Read the package lists. One repository that fails does not spoil the others: its errors are returned."""
        result = self._run("apt-get", "-q", "update", check=False)
        return "; ".join(line for line in result.stderr.splitlines() if line.startswith(("E:", "W:")))

    def repositories(self) -> list[Repository]:
        """The repositories whose lists :meth:`update` has read."""
        fields = ("REPO_URI", "RELEASE", "COMPONENT", "SIGNED_BY", "ORIGIN", "LABEL")
        out = self._run(
            "apt-get", "indextargets", "--format", "|".join(f"$({f})" for f in fields), "Created-By: Packages"
        ).stdout
        return [Repository(*line.split("|")) for line in out.splitlines() if line.count("|") == len(fields) - 1]

    def names(self, pattern: str) -> list[str]:
        """Names of real packages that match the regular expression ``pattern`` wholly."""
        out = self._run("apt-cache", "pkgnames").stdout
        return sorted(name for name in out.split() if re.fullmatch(pattern, name) and self.version(name))

    def version(self, package: str) -> str | None:
        """The version that would be installed, or None."""
        found = re.search(r"^\s+Candidate: (\S+)", self._run("apt-cache", "policy", package).stdout, re.MULTILINE)
        return None if found is None or found[1] == "(none)" else found[1]

    def closure(self, *packages: str) -> dict[str, str]:
        """The packages and all that they need, as name: version."""
        out = self._run("apt-get", "-s", "--no-install-recommends", "install", *packages).stdout
        found = dict(match.groups() for match in map(_INSTALLED.match, out.splitlines()) if match)
        return {name: version for name, version in found.items() if not _NOT_NEEDED.match(name)}

    def unpack(self, packages: dict[str, str], root: Path) -> int:
        """Fetch packages and unpack them below ``root``; return the bytes fetched."""
        target = self._state / "debs"
        target.mkdir(exist_ok=True)
        self._run("apt-get", "-q", "download", *(f"{n}={v}" for n, v in packages.items()), cwd=target)
        size = 0
        root.mkdir(parents=True, exist_ok=True)
        for deb in sorted(target.glob("*.deb")):
            size += deb.stat().st_size
            _unpack(deb, root)
            deb.unlink()
        return size


def _unpack(deb: Path, root: Path) -> None:
    # dpkg-deb -x would refuse to go through the links (lib -> usr/lib) that an earlier package has laid;
    # tar keeps them. Owners and setuid bits are of no use here.
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE) as reader:
        tar = subprocess.run(
            ["tar", "-x", "-C", root, "--no-same-owner", "--no-same-permissions", "--keep-directory-symlink"],
            stdin=reader.stdout,
            capture_output=True,
            text=True,
            check=False,
        )
    if tar.returncode or reader.returncode:
        raise LabError(f"cannot unpack {deb.name} into {root}: {tar.stderr.strip()}")
