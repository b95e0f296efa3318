# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks between processes, held as long as the process lives."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator

from lab.errors import LabError
from lab.paths import cache_dir


@contextlib.contextmanager
def locked(name: str, timeout: float, doing: str) -> Iterator[None]:
    """Hold the lock ``name``; wait up to ``timeout`` seconds for it.

    The kernel drops the lock with its holder, so an interrupted run leaves none behind. The files stay in the cache:
    removing one while another process waits for it would give two holders.
    """
    folder = cache_dir() / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.lock"
    deadline = time.monotonic() + timeout
    with open(path, "a+", encoding="utf-8") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    file.seek(0)
                    holder = file.read().strip() or "unknown"
                    raise LabError(
                        f"{doing}: waited {timeout:.0f} s for process {holder}, which is doing the same ({path}); "
                        "try again when it has ended"
                    ) from None
                time.sleep(0.1)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
