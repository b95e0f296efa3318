# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller's side of clone_verify: with a local connection it compares without starting a module."""

from __future__ import annotations

from ansible_collections.dbops.mysql_clone.plugins.module_utils._verify import run
from ansible_collections.dbops.mysql_clone.plugins.modules.clone_verify import ARGUMENT_SPEC
from ansible_collections.dbops.mysql_clone.plugins.plugin_utils._worker import WorkerAction


class ActionModule(WorkerAction):
    SPEC = ARGUMENT_SPEC
    body = staticmethod(run)
