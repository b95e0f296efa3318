# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files by which playbooks and tests find a lab."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import yaml

from lab.node import Node
from lab.paths import PROJECT_ROOT


def _write(path: Path, content: dict[str, Any], heading: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".new")
    partial.unlink(missing_ok=True)
    # They hold passwords: nobody else may ever read them, not even for a moment.
    with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(f"# {heading}\n---\n")
        yaml.safe_dump(content, file, sort_keys=False, allow_unicode=True)
    partial.rename(path)


def _host(node: Node) -> dict[str, Any]:
    return {
        "mysql_clone_login_user": "root",
        "mysql_clone_login_password": node.root_password,
        "mysql_clone_login_unix_socket": str(node.socket),
        "mysql_clone_address": "127.0.0.1",
        "mysql_clone_port": node.port,
    }


def write_inventory(path: Path, name: str, donors: list[Node], recipients: list[Node]) -> None:
    """An Ansible inventory with the groups ``clone_donors`` and ``clone_recipients``."""
    content = {
        "all": {
            "vars": {
                "ansible_connection": "local",
                "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            },
            "children": {
                "clone_donors": {"hosts": {node.name: _host(node) for node in donors}},
                "clone_recipients": {"hosts": {node.name: _host(node) for node in recipients}},
            },
        }
    }
    _write(path, content, f"Written by the lab {name}; gone with it.")


def write_variables(path: Path, name: str, nodes: list[Node]) -> None:
    """Extra variables for tests that handle the servers themselves."""
    content = {
        "lab_name": name,
        "lab_dir": str(PROJECT_ROOT),
        "lab_python": sys.executable,
        "lab_nodes": {node.name: node.variables() for node in nodes},
        "mysql_bindir": nodes[0].installation.bindir if nodes else None,
        "mysql_version": nodes[0].installation.version if nodes else None,
    }
    _write(path, content, f"Written by the lab {name}; gone with it.")
