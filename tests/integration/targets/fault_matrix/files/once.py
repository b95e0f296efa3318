# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of clone_run as its module makes it: options as JSON on stdin, the result as JSON on stdout."""

from __future__ import annotations

import json
import sys

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _run
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import CloneError
from ansible_collections.dbops.mysql_clone.plugins.modules.clone_run import ARGUMENT_SPEC

params = {name: spec.get("default") for name, spec in ARGUMENT_SPEC.items()} | json.load(sys.stdin)
try:
    result = _run.run(params, False)
except CloneError as failure:
    result = dict(failure.details, failed_message=failure.message)
json.dump(result, sys.stdout)
