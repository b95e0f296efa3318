# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one error that the lab raises on purpose."""

from __future__ import annotations


class LabError(Exception):
    """One clear sentence (or more) for the user: what failed, where, what to do."""
