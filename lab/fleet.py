# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab: some servers with one name, in one directory."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

from lab import fetch, inventory, processes
from lab.errors import LabError
from lab.installation import Installation
from lab.locks import locked
from lab.node import Node, Options, end_all
from lab.paths import PROJECT_ROOT, default_name, lab_dir, lab_names

_STATE = "lab.json"
_LOCK_TIMEOUT = 10  # seconds


class Lab:
    """The servers ``node1``, ``node2``, ... of one lab; the first ``donors`` of them are meant as donors.

    A context manager too: ``with Lab("x").up(nodes=2) as lab:`` takes it down at the end.
    """

    def __init__(self, name: str | None = None) -> None:
        self.name = name or default_name()
        self.directory = lab_dir(self.name)
        self._nodes: dict[str, Node] = {}
        self._donors = 0
        self._files: list[str] = []
        self._owner: int | None = None

    @classmethod
    def open(cls, name: str | None = None) -> Self:
        """Attach to a lab that another process brought up."""
        lab = cls(name)
        try:
            state = json.loads((lab.directory / _STATE).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise LabError(f"there is no lab {lab.name!r} here ({lab.directory}); python -m lab up makes one") from None
        lab._donors = state["donors"]
        lab._files = state["files"]
        lab._owner = state.get("owner")
        lab._nodes = {node: Node.open(lab.directory / node) for node in state["nodes"]}
        return lab

    @classmethod
    def names(cls) -> list[str]:
        """The names of all labs that were brought up from this checkout, dead or alive."""
        return [name for name in lab_names() if cls._project(name) == str(PROJECT_ROOT)]

    @staticmethod
    def _project(name: str) -> str | None:
        try:
            return json.loads((lab_dir(name) / _STATE).read_text(encoding="utf-8"))["project"]
        except (OSError, ValueError, KeyError):
            # Cut short before it could say whose it is; the default name is this checkout's own.
            return str(PROJECT_ROOT) if name == default_name() else None

    @classmethod
    def sweep(cls) -> None:
        """Take down this checkout's labs that a run brought up for itself and, being killed, left behind."""
        for name in cls.names():
            try:
                owner = json.loads((lab_dir(name) / _STATE).read_text(encoding="utf-8"))["owner"]
            except (OSError, ValueError, KeyError):
                continue
            if owner and not processes.is_alive(owner):
                cls(name).down()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_details: object) -> None:
        self.down()

    def __getitem__(self, node: str) -> Node:
        try:
            return self._nodes[node]
        except KeyError:
            raise LabError(f"lab {self.name} has no node {node!r}, only {', '.join(self._nodes) or 'none'}") from None

    def __iter__(self) -> Iterator[Node]:
        return iter(self._nodes.values())

    def __len__(self) -> int:
        return len(self._nodes)

    @property
    def owner(self) -> int | None:
        """The process that this lab was brought up for."""
        return self._owner

    @property
    def nodes(self) -> list[Node]:
        """All nodes in the order of their names' numbers."""
        return list(self)

    @property
    def donors(self) -> list[Node]:
        """The MySQL nodes meant as donors."""
        return self._mysql()[: self._donors]

    @property
    def recipients(self) -> list[Node]:
        """The MySQL nodes meant as recipients."""
        return self._mysql()[self._donors :]

    def _mysql(self) -> list[Node]:
        return [node for node in self if node.installation.product == "mysql"]

    def up(
        self,
        nodes: int = 3,
        donors: int = 1,
        options: Options = (),
        root_passwords: Mapping[str, str] | None = None,
        inventory_path: Path | None = None,
        variables_path: Path | None = None,
        owner: int | None = None,
        installation: Installation | None = None,
    ) -> Self:
        """Bring up ``nodes`` fresh servers and write the files asked for.

        What an earlier lab of this name left, running or not, is ended and removed first, and so are labs whose ``owner``,
        the process that they were brought up for, is gone. Without ``installation`` the server is looked for or fetched.
        """
        if not 1 <= nodes <= 64 or not 0 <= donors <= nodes:
            raise LabError(f"{nodes} nodes with {donors} donors: expected 1 to 64 nodes and at most as many donors")
        self.sweep()
        installation = installation or fetch.mysql()
        with self._locked("bringing up"):
            self._clean()
            self.directory.mkdir(mode=0o700)
            self._owner = owner
            self._donors = donors
            self._files = [str(Path(path).absolute()) for path in (inventory_path, variables_path) if path]
            self._save()
            passwords = root_passwords or {}

            def begin(number: int) -> Node:
                name = f"node{number}"
                node = Node.create(self.directory / name, installation, number, passwords.get(name), options)
                return node.start(wait=False)

            try:
                # The first alone if it has to make the template; the rest copy it.
                with ThreadPoolExecutor(max_workers=8) as pool:
                    made = list(pool.map(begin, range(1, nodes + 1)))
                    list(pool.map(Node.wait_up, made))
            except BaseException:
                self._clean()
                raise
            self._nodes = {node.name: node for node in made}
            self._save()
            if inventory_path:
                inventory.write_inventory(Path(inventory_path), self.name, self.donors, self.recipients)
            if variables_path:
                inventory.write_variables(Path(variables_path), self.name, self.nodes)
        return self

    def add_mariadb(self, name: str = "mariadb") -> Node:
        """Add a running MariaDB server: the wrong product, for tests."""
        installation = fetch.mariadb()
        with self._locked("adding MariaDB to"):
            if name in self._nodes:
                raise LabError(f"lab {self.name} has a node {name!r} already")
            node = Node.create(self.directory / name, installation, 900 + len(self._nodes)).start()
            self._nodes[name] = node
            self._save()
        return node

    def down(self) -> None:
        """End all processes and remove all files of this lab; nothing there is fine."""
        with self._locked("taking down"):
            self._clean()
            self._nodes = {}

    def status(self) -> dict[str, Any]:
        """The lab in plain data, without passwords."""
        return {
            "name": self.name,
            "directory": str(self.directory),
            "donors": [node.name for node in self.donors],
            "recipients": [node.name for node in self.recipients],
            "nodes": [node.status() for node in self],
        }

    def _locked(self, doing: str) -> contextlib.AbstractContextManager:
        return locked(f"lab-{self.name}", _LOCK_TIMEOUT, f"{doing} lab {self.name}")

    def _save(self) -> None:
        state = {
            "name": self.name,
            "project": str(PROJECT_ROOT),
            "donors": self._donors,
            "nodes": list(self._nodes),
            "files": self._files,
            "owner": self._owner,
        }
        partial = self.directory / f"{_STATE}.new"
        partial.write_text(json.dumps(state, indent=2) + "\n", encoding="utf-8")
        partial.rename(self.directory / _STATE)

    def _clean(self) -> None:
        """End what runs from this lab's directory and remove it, in whatever state an interrupted run left it."""
        if not self.directory.is_symlink() and not self.directory.exists():
            return
        if self.directory.is_symlink() or self.directory.stat().st_uid != os.getuid():
            raise LabError(f"{self.directory} belongs to somebody else: give the lab another name")

        end_all(self.directory)
        for node in self:
            node.end()
        self._unmount()
        with contextlib.suppress(OSError, ValueError, KeyError):
            for path in json.loads((self.directory / _STATE).read_text(encoding="utf-8"))["files"]:
                Path(path).unlink(missing_ok=True)
        shutil.rmtree(self.directory)

    def _unmount(self) -> None:
        """Take away file systems that an interrupted test left mounted below the lab's directory."""
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
        inside = [line.split()[1] for line in mounts if line.split()[1].startswith(f"{self.directory}/")]
        for place in sorted(inside, reverse=True):
            processes.run_or_fail(["umount", place])
