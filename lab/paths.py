# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the lab keeps what: a cache that lives on, and one short directory a lab that goes with it."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from lab.errors import LabError

PROJECT_ROOT = Path(__file__).resolve().parent.parent
DEFAULT_INVENTORY = PROJECT_ROOT / "lab" / "inventory.yml"

# Not tempfile.gettempdir(): TMPDIR may be long, and a Unix socket's path ends at 107 bytes.
_LABS = Path("/tmp")
_PREFIX = "mclab-"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")


def cache_dir() -> Path:
    """The lab's cache: fetched servers, initialised templates, lock files."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base).absolute() / "dbops-mysql-clone"


def default_name() -> str:
    """A name of this checkout's own, so that two checkouts on one machine never meet."""
    return "p" + hashlib.sha256(f"{PROJECT_ROOT}:{os.getuid()}".encode()).hexdigest()[:6]


def lab_dir(name: str) -> Path:
    """The directory of the lab called ``name``."""
    if not _NAME.fullmatch(name):
        raise LabError(
            f"lab name {name!r}: expected 1 to 32 letters, digits, '_', '.' or '-', beginning with a letter or digit"
        )
    return _LABS / f"{_PREFIX}{name}"


def lab_names() -> list[str]:
    """The names of all labs of this user on this machine, dead or alive."""
    found = []
    for path in sorted(_LABS.glob(f"{_PREFIX}*")):
        if path.is_dir() and not path.is_symlink() and path.stat().st_uid == os.getuid():
            found.append(path.name[len(_PREFIX) :])
    return found
