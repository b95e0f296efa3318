# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Attributes shared by all modules."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return what it would change, without changing anything.
  diff_mode:
    description: Returns what has changed, or would change, in diff mode.
  idempotent:
    description: Running it twice with the same options changes nothing the second time.
  platform:
    description: Operating systems that the managed node can run.
    support: full
    platforms: posix
  action_group:
    description: Use V(group/dbops.mysql_clone.all) in C(module_defaults) to set options for this and all other modules.
    support: full
    membership:
      - dbops.mysql_clone.all
"""

    READS_ONLY = r"""
options: {}
attributes:
  check_mode:
    support: full
    details: The module changes nothing, in check mode or without it.
  diff_mode:
    support: N/A
    details: The module changes nothing.
  idempotent:
    support: full
    details: The module changes nothing.
"""

    WORKER = r"""
options: {}
notes:
  - With a local connection, also of a host that the task is delegated to, the work is done in Ansible's own process and no module
    is started. That needs PyMySQL in the controller's Python. With C(become), C(environment), C(async) or another
    C(ansible_python_interpreter) a module is started as usual.
"""
