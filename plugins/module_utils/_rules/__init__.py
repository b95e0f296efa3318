# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The precheck's rules, one module a category.

A rule is a function with one line of documentation that names its source, registered by ``@rule``. Adding a rule is adding a
function here and its case in the truth table.

This package is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations
