# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How fast a clone gets on: its rate, for how long nothing has moved, and the curve of its copy.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import collections
import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils._progress import COPY_STAGES, seconds_between

# Points of a clone's course that are kept at most.
SAMPLES = 120


class Watch:
    """Rate over a sliding window, and for how long nothing has moved.

    Bytes count in the copy stages; elsewhere (DROP DATA, FILE SYNC, RESTART, RECOVERY) a change of stage is the only sign
    of life that the server gives.
    """

    def __init__(self, window: float = 10.0) -> None:
        self._window = window
        self._samples: collections.deque[tuple[float, int]] = collections.deque()
        self._mark: tuple[t.Any, ...] | None = None
        self._moved = 0.0

    def moved(self, now: float) -> None:
        """There was another sign of life (the error log) than those in the view."""
        self._moved = now

    def observe(self, now: float, clone: dict[str, t.Any]) -> dict[str, t.Any]:
        """Complete a view by rate, remaining time and stalled seconds; ``now`` is the caller's monotonic clock in seconds."""
        network = sum(stage["bytes_network"] for stage in clone["stages"])
        mark = (clone["state"], clone["stage"], clone["bytes_done"], network)
        if mark != self._mark:
            self._mark, self._moved = mark, now
        self._samples.append((now, clone["bytes_done"]))
        while self._samples[0][0] < now - self._window:
            self._samples.popleft()
        first, last = self._samples[0], self._samples[-1]
        seen = dict(clone, stalled_seconds=int(now - self._moved))
        if clone["state"] == "in_progress" and last[0] - first[0] >= 1:
            seen["rate"] = max(0, int((last[1] - first[1]) / (last[0] - first[0])))
            left = clone["bytes_total"] - clone["bytes_done"]
            seen["eta_seconds"] = int(left / seen["rate"]) if seen["rate"] and left > 0 else None
        return seen


class Samples:
    """How far a clone was when, while it copied: few points, evenly thinned out however long it takes.

    A point is ``seconds`` since the clone's begin by the server's clock, and ``bytes`` copied until then. Another clone (a
    further attempt) begins anew.
    """

    def __init__(self, most: int = SAMPLES) -> None:
        self.points: list[dict[str, float]] = []
        self._most = most
        self._begin: t.Any = None
        self._apart = 0.0

    def take(self, clone: t.Mapping[str, t.Any]) -> None:
        """Note where a clone is, if it copies and the last point is long enough ago."""
        running = next((stage for stage in clone["stages"] if stage["state"] == "in_progress"), None)
        if running is None or running["stage"] not in COPY_STAGES or running["seconds"] is None:
            return
        if clone["begin_time"] != self._begin:
            self.points, self._begin, self._apart = [], clone["begin_time"], 0.0
        before = seconds_between(clone["begin_time"], running["begin_time"]) or 0.0
        seconds = round(before + running["seconds"], 3)
        if self.points and seconds - self.points[-1]["seconds"] <= self._apart:
            return
        self.points.append({"seconds": seconds, "bytes": clone["bytes_done"]})
        if len(self.points) > self._most:
            self.points = self.points[::2]
            self._apart = 2 * seconds / self._most
