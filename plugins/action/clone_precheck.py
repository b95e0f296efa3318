# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller's side of clone_precheck: with a local connection it checks without starting a module."""

from __future__ import annotations

from ansible.plugins.loader import filter_loader, lookup_loader

from ansible_collections.dbops.mysql_clone.plugins.module_utils._precheck import run
from ansible_collections.dbops.mysql_clone.plugins.modules.clone_precheck import ARGUMENT_SPEC
from ansible_collections.dbops.mysql_clone.plugins.plugin_utils._worker import WorkerAction

# As in _worker: what the role's task looks up is found and read once, not by each host's process.
for name in ("precheck", "donor", "overwrite", "login"):
    lookup_loader.get(f"dbops.mysql_clone.{name}", class_only=True)
# So does each host's process read the filter that makes its record for the report.
filter_loader.get("dbops.mysql_clone.record")


class ActionModule(WorkerAction):
    SPEC = ARGUMENT_SPEC
    body = staticmethod(run)
