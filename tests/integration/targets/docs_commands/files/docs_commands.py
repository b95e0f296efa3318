# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of README and guides, as they stand there: ``docs_commands.py COLLECTION LAB HOME``.

An inventory.yml with the hosts of the docs (db1, db2, db3) lies in HOME; /srv is below it. PYTHONPATH must hold the project's
root. ``commands`` is used by tests/unit/docs, too.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

PAGES = ("README.md", "docs/*.md", "docs/docsite/rst/*.rst", "roles/*/README.md")
# In this order they can be run one after the other: what only looks comes first, and what clones before what needs a clone.
PLAYBOOKS = ("precheck", "clone", "fleet", "diagnose", "monitor", "recover")
_PLAYBOOK = re.compile(r"^ansible-playbook dbops\.mysql_clone\.([a-z_]+) ")
TIMEOUT = 180  # seconds


def commands(root: Path) -> dict[str, list[str]]:
    """Each command that a page tells readers to type, with the pages that do."""
    found: dict[str, list[str]] = {}
    for page in sorted({page for pattern in PAGES for page in root.glob(pattern)}):
        text = page.read_text(encoding="utf-8")
        blocks = re.findall(r"^```console\n(.*?)^```", text, re.M | re.S)
        blocks += re.findall(r"^\.\. code-block:: console\n\n((?: +.*\n|\n)+)", text, re.M)
        lines = [line.strip().removeprefix("$ ") for block in blocks for line in block.splitlines()]
        lines += re.findall(r"`((?:ansible-[a-z]+|make) [^`]+)`", text)
        # Steps of pipelines.
        lines += re.findall(r"^ +- (ansible-[a-z]+ .+)$", text, re.M) + re.findall(r"^ +sh '([^']+)'$", text, re.M)
        for line in lines:
            command = re.sub(r"\s+#.*", "", line)
            if command:
                found.setdefault(command, []).append(page.relative_to(root).as_posix())
    return found


def is_run(command: str) -> bool:
    """Whether this target runs the command."""
    return bool(_PLAYBOOK.match(command)) or command.startswith("ansible-doc ")


def in_order(wanted: list[str]) -> list[str]:
    """The commands that this target runs, so that each finds what it needs."""

    def rank(command: str) -> tuple[int, bool, str]:
        playbook = _PLAYBOOK.match(command)
        return PLAYBOOKS.index(playbook[1]) if playbook else -1, "--check" not in command, command

    return sorted(filter(is_run, wanted), key=rank)


def write_inventory(lab_name: str, home: Path) -> None:
    """The hosts of the docs are nodes of the lab."""
    import yaml

    from lab import Lab

    lab = Lab.open(lab_name)
    hosts = {
        host: {
            "mysql_clone_login_user": "root",
            "mysql_clone_login_password": lab[node].root_password,
            "mysql_clone_login_unix_socket": str(lab[node].socket),
            "mysql_clone_address": "127.0.0.1",
            "mysql_clone_port": lab[node].port,
        }
        for host, node in (("db1", "node1"), ("db2", "node2"), ("db3", "node3"))
    }
    inventory = {
        "all": {
            "vars": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable},
            "children": {
                "clone_donors": {"hosts": {"db1": hosts["db1"]}},
                "clone_recipients": {"hosts": {name: hosts[name] for name in ("db2", "db3")}},
            },
        }
    }
    (home / "inventory.yml").write_text(yaml.safe_dump(inventory), encoding="utf-8")


def run(command: str, home: Path) -> None:
    """Type it. Raises AssertionError where it ends with another status than 0."""
    environment = os.environ | {
        "ANSIBLE_NOCOLOR": "1",
        "CI_PROJECT_DIR": str(home),
        "WORKSPACE": str(home),
        "HOME": str(home),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    }
    begun = time.monotonic()
    done = subprocess.run(
        ["bash", "-c", command.replace("/srv/", f"{home}/srv/")],
        cwd=home,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    output = done.stdout + done.stderr
    print(f"{time.monotonic() - begun:5.1f} s  {command}", flush=True)
    assert done.returncode == 0, f"{command} ended with status {done.returncode}\n{output[-6000:]}"
    assert "Traceback" not in output, output[-6000:]


def main() -> None:
    root, lab, home = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    write_inventory(lab, home)
    wanted = in_order(list(commands(root)))
    assert len(wanted) > 15, f"hardly any command was found: {wanted}"
    for command in wanted:
        run(command, home)
    print(f"{len(wanted)} commands: as they should be")


if __name__ == "__main__":
    main()
