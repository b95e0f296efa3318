# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller's side of clone_recover: shows the progress of the process that works on the managed node."""

from __future__ import annotations

import typing as t

from ansible_collections.dbops.mysql_clone.plugins.action.clone_run import ActionModule as _Watching
from ansible_collections.dbops.mysql_clone.plugins.module_utils._repair import run
from ansible_collections.dbops.mysql_clone.plugins.modules.clone_recover import ARGUMENT_SPEC


class ActionModule(_Watching):
    """As for clone_run: the module answers a watching caller in the same way."""

    SPEC: t.ClassVar[dict[str, t.Any]] = ARGUMENT_SPEC
    body = staticmethod(run)
