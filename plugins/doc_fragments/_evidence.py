# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Where the log and the data of a recipient lie, also of one that is down; keep in step with module_utils/_module.py."""

    DOCUMENTATION = r"""
options:
  path:
    description:
      - The recipient's error log. By default it is found by asking the server, or in the option files of one that is down.
    type: path
  since:
    description:
      - Only look at the log from then on. A time in ISO 8601 (UTC where it gives no zone), or how long ago, as V(15m), V(2h), V(3d).
    type: str
    default: 3d
  server_config_file:
    description:
      - The option file of a server that is down, to find its log and data directory in. By default the usual files are read.
    type: path
  datadir:
    description:
      - The data directory of a server that is down. By default it is taken from the option files, else V(/var/lib/mysql).
    type: path
"""
