# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of the working tree at the path that Ansible's tools expect, ``.../ansible_collections/dbops/mysql_clone``."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
COLLECTION = Path("ansible_collections/dbops/mysql_clone")


def working_files() -> list[Path]:
    """Files of the project as they are now: what git tracks and what is new, without what .gitignore excludes.

    Raises SystemExit when git can't tell.
    """
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listing = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError) as exc:
        detail = getattr(exc, "stderr", None) or exc
        raise SystemExit(f"The tests need git and a git checkout in {ROOT}: {detail}") from exc
    return sorted({Path(name) for name in listing.split("\0") if name and os.path.lexists(ROOT / name)})


def copy(directory: Path) -> Path:
    """Make a copy of the working tree below the directory and return the copy's root.

    A real copy, because ansible-test resolves links and then finds no ansible_collections above it. An empty git
    repository of its own, because ansible-test would ask the one further up, where the copy is ignored.
    """
    target = directory / COLLECTION
    shutil.rmtree(target, ignore_errors=True)
    for name in working_files():
        destination = target / name
        destination.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copy2(ROOT / name, destination, follow_symlinks=False)
        except FileNotFoundError:
            continue  # somebody removed the file since it was listed
    subprocess.run(["git", "init", "--quiet", str(target)], check=True)
    return target


def link() -> Path:
    """Return a collections path that shows the working tree itself: enough for ansible-playbook and pytest."""
    path = CACHE / "collections"
    name = path / COLLECTION
    name.parent.mkdir(parents=True, exist_ok=True)
    if not name.is_symlink():
        name.symlink_to(os.path.relpath(ROOT, name.parent), target_is_directory=True)
    return path
