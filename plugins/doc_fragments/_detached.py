# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Work of a process that outlives the task; keep in step with module_utils/_module.py."""

    DOCUMENTATION = r"""
options:
  progress:
    description:
      - Whether lines of progress are shown while the task runs.
    type: bool
    default: true
  wait_seconds:
    description:
      - Return after so many seconds with RV(finished) false while the work goes on; a further run of the task joins it.
        The lines of progress are made so. By default the task waits for the end.
    type: float
  seen:
    description:
      - The number of the last event that the caller has seen; RV(events) holds the later ones.
    type: int
    default: 0
  state_directory:
    description:
      - The directory on the managed node for the journal and the lock of the process that does the work, and for what a run
        that was killed has left to do. It holds no secrets.
      - By default V(.ansible/dbops.mysql_clone) in the home directory of the task's user.
    type: path
"""
