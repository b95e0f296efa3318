# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How action plugins look at what goes on: which work, with which options."""

from __future__ import annotations

import pytest

from ansible_collections.dbops.mysql_clone.plugins.action import clone_recover, clone_run
from ansible_collections.dbops.mysql_clone.plugins.module_utils import _repair, _run
from ansible_collections.dbops.mysql_clone.plugins.modules import clone_recover as recover_module
from ansible_collections.dbops.mysql_clone.plugins.modules import clone_run as run_module


@pytest.mark.parametrize(
    ("action", "module", "body"), [(clone_run, run_module, _run.run), (clone_recover, recover_module, _repair.run)]
)
def test_each_looks_at_its_own_modules_work(action, module, body):
    assert action.ActionModule.SPEC == module.ARGUMENT_SPEC
    assert action.ActionModule.body is body


def test_what_ansible_adds_for_a_module_is_not_handed_on(monkeypatch):
    def execute(self, module_args, task_vars):
        module_args["_ansible_check_mode"] = False
        return {"finished": False, "seen": 3}

    monkeypatch.setattr(clone_run.ActionModule, "_execute_module", execute)
    looking = object.__new__(clone_run.ActionModule)
    arguments = {"donor_host": "db1"}
    assert looking._look(arguments, {})["seen"] == 3
    assert arguments == {"donor_host": "db1"}
