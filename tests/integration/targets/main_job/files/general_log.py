# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What servers were told, by their general log: the proof that a run has changed nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lab.node import Node

# What a run may say to a server without changing it.
READING = re.compile(
    r"(SELECT|SHOW|WITH|SET (SESSION|NAMES|AUTOCOMMIT)|START TRANSACTION .*READ ONLY|(ROLLBACK TO )?SAVEPOINT|ROLLBACK|XA RECOVER)\b",
    re.IGNORECASE,
)


def options(directory: Path) -> list[str]:
    """Server options of a node in this directory that write down every statement."""
    return [f"general_log_file={directory / 'general.log'}", "general_log=ON"]


def end(node: Node) -> int:
    """The position at which a server's next statement will stand."""
    return (node.directory / "general.log").stat().st_size


def statements(node: Node, since: int = 0) -> Iterator[str]:
    """The statements that a server got from a position on; one may go over several lines."""
    with (node.directory / "general.log").open("rb") as file:
        file.seek(since)
        text = file.read().decode(errors="replace")
    for entry in re.split(r"^(?=\d{4}-\d\d-\d\dT[\d:.]+Z?\t)", text, flags=re.MULTILINE):
        match = re.match(r"\S+\t\s*\d+ (\w+(?: \w+)?)\t?(.*)", entry, re.DOTALL)
        if match and match[1] in ("Query", "Prepare", "Execute"):
            yield match[2].strip()


def written(node: Node, since: int = 0) -> list[str]:
    """Those that do more than read."""
    return [text for text in statements(node, since) if not READING.match(text)]
