# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller's side of clone_precheck: it judges what is seen, and with a local connection looks without a module, too."""

from __future__ import annotations

import typing as t

from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.loader import filter_loader, lookup_loader

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _grants, _precheck
from ansible_collections.dbops.mysql_clone.plugins.module_utils._looking import reserved
from ansible_collections.dbops.mysql_clone.plugins.module_utils._packed import unpacked
from ansible_collections.dbops.mysql_clone.plugins.modules.clone_precheck import ARGUMENT_SPEC
from ansible_collections.dbops.mysql_clone.plugins.plugin_utils._worker import WorkerAction

# As in _worker: what the role's task looks up is found and read once, not by each host's process.
for name in ("precheck", "donor", "overwrite", "login"):
    lookup_loader.get(f"dbops.mysql_clone.{name}", class_only=True)
# So does each host's process read the filter that makes its record for the report.
filter_loader.get("dbops.mysql_clone.record")
# And compile the patterns that are compiled when they are first needed.
_grants.parse(["GRANT PROXY ON ``@`` TO ``@``", "GRANT ``@`` TO ``@``"])
reserved({"reserve_memory": "4G"})


class ActionModule(WorkerAction):
    SPEC = ARGUMENT_SPEC
    body = staticmethod(_precheck.run)

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """What was found; made brief here, since in what is packed nobody finds the values of no_log options any more."""
        result = super().run(tmp, task_vars)
        return (
            _precheck.brief(result) if "checks" in result and boolean(self._task.args.get("brief", False)) else result
        )

    def as_module(self, task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        """Without the rules, and without another host's facts, the module starts in half the time: they are needed only here."""
        arguments = dict(self._task.args)
        if self._task.async_val or "evidence" in arguments:
            return super().as_module(task_vars)
        # That there are some is what the module has to know: it asks the donor for less then.
        sent = {name: {} if name == "donor_facts" and value else value for name, value in arguments.items()}
        result = self._execute_module(module_args=dict(sent, evidence=True), task_vars=task_vars)
        try:
            seen = unpacked(result.pop("evidence"))
        except KeyError:
            # It has failed, or the host can't be reached.
            return result
        except ValueError:
            # A value of a no_log option stood in it, and was removed.
            return super().as_module(task_vars)
        return {**result, **self.worked(arguments, lambda params, _check_mode: _precheck.judge(params, seen))}
