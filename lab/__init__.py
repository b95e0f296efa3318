# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real MySQL fleet on this machine, for the demo and the tests.

    from lab import Lab

    lab = Lab("try").up(nodes=2)
    lab["node1"].sql("SELECT VERSION()")
    lab.down()

The same from a shell: ``python -m lab up --name try --nodes 2``.
"""

from __future__ import annotations

from lab.errors import LabError
from lab.fleet import Lab
from lab.node import Node

__all__ = ["Lab", "LabError", "Node"]
