# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What /proc says about processes, and ending those that are the lab's own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from lab.errors import LabError


def command_line(pid: int) -> list[str]:
    """The arguments of a process; empty when it is gone, a zombie or not ours to read."""
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return []
    return [part.decode(errors="surrogateescape") for part in raw.split(b"\0")[:-1]]


def is_alive(pid: int | None) -> bool:
    """True if the process runs; a zombie has ended."""
    if not pid:
        return False
    try:
        # The command's name stands in brackets and may hold spaces: the state follows the last one.
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        if stat.rpartition(")")[2].split()[0] not in ("Z", "X"):
            return True
        # A first thread that has ended, while others still hold files open.
        return len(os.listdir(f"/proc/{pid}/task")) > 1
    except OSError:
        return False


def pids_where(test: Callable[[list[str]], bool]) -> list[int]:
    """The processes of this user whose arguments pass ``test``."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            if entry.stat().st_uid != os.getuid():
                continue
        except OSError:
            continue
        arguments = command_line(int(entry.name))
        if arguments and test(arguments):
            found.append(int(entry.name))
    return found


def descendants(pid: int) -> list[int]:
    """The children of a process, their children and so on, as far as their parents still live."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The command's name stands in brackets and may hold spaces: state and parent follow the last one.
            parent = int(path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(path.parent.name))
    found = list(children.get(pid, ()))
    for one in found:  # grows meanwhile
        found += children.get(one, ())
    return found


def send(pid: int, number: int) -> None:
    """Send a signal; a process that has ended meanwhile is no error."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def wait_gone(pids: Iterable[int], timeout: float) -> list[int]:
    """Wait up to ``timeout`` seconds until the processes have ended; return those that have not."""
    left = list(pids)
    deadline = time.monotonic() + timeout
    while True:
        left = [pid for pid in left if is_alive(pid)]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.05)


def kill(find: Callable[[], list[int]], first: Callable[[int], bool]) -> None:
    """SIGKILL to all processes that ``find`` returns, until it finds none: some may start others meanwhile.

    :param first: those to end first, so that their parents can take note of it and end by themselves.
    :raises LabError: when some don't end (a process in an uninterruptible wait of the kernel's).
    """
    for patience in (2, 2, 10):
        found = find()
        children = [pid for pid in found if first(pid)]
        for pid in children:
            send(pid, signal.SIGKILL)
        left = wait_gone(found, patience)
        for pid in left:
            send(pid, signal.SIGKILL)
        wait_gone(left, patience)
        if not find():
            return
    raise LabError(f"process {find()[0]} does not end, not even by SIGKILL")


def run_or_fail(command: list[str]) -> str:
    """Run a program of the system and return its output; raises LabError with its own words."""
    try:
        result = subprocess.run(command, text=True, capture_output=True, timeout=60, check=False)
    except OSError as error:
        raise LabError(f"{command[0]}: {error.strerror}") from None
    if result.returncode:
        raise LabError(f"{' '.join(command)}: {result.stderr.strip() or f'exit status {result.returncode}'}")
    return result.stdout
