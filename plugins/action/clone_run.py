# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller's side of clone_run: shows the progress of the process that clones on the managed node."""

from __future__ import annotations

import os
import sys
import typing as t

from ansible.errors import AnsibleError
from ansible.utils.display import Display

from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import LONGEST_TEXT, printable
from ansible_collections.dbops.mysql_clone.plugins.module_utils._run import run as operate
from ansible_collections.dbops.mysql_clone.plugins.modules.clone_run import ARGUMENT_SPEC
from ansible_collections.dbops.mysql_clone.plugins.plugin_utils._worker import AbleAction

# Seconds between two looks at the journal: often enough to watch, rarely enough for the log of a CI job.
TERMINAL_SECONDS = 2.0
LOG_SECONDS = 10.0
# Asked where this is loaded, which is in the controller: a worker has no terminal of its own.
_TERMINAL = sys.stdout.isatty()


def line(host: str, event: t.Mapping[str, t.Any]) -> str:
    """An event as the terminal shows it: one line, whatever a server has said."""
    text = printable(str(event["text"]), LONGEST_TEXT).replace("\n", " ")
    return "%s  %7.1f s  %s" % (host, event["seconds"], text)


class ActionModule(AbleAction):
    SPEC: t.ClassVar[dict[str, t.Any]] = ARGUMENT_SPEC
    body = staticmethod(operate)

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        task_vars = task_vars or {}
        arguments = dict(self._task.args)
        shown = str(arguments.get("progress", True)).lower() not in ("false", "no", "off", "0")
        watched = shown and arguments.get("state", "cloned") == "cloned" and not self._task.async_val
        if arguments.get("wait_seconds") is not None and not self._task.check_mode and not self._task.async_val:
            return self._look(arguments, task_vars)
        if not watched or self._task.check_mode:
            return self._execute_module(module_args=arguments, task_vars=task_vars, wrap_async=self._task.async_val)
        arguments["wait_seconds"] = TERMINAL_SECONDS if _TERMINAL else LOG_SECONDS
        attached = False
        controller = os.getppid()
        while True:
            if os.getppid() != controller:
                # A worker that outlives its controller has nobody to tell the end to: whoever runs the task next is told.
                raise AnsibleError("the controller has ended; the clone goes on, and the next run of the task joins it")
            result = self._look(arguments, task_vars)
            attached = attached or bool(result.get("attached"))
            for event in result.pop("events", ()):
                Display().display(line(str(task_vars.get("inventory_hostname")), event))
            if result.get("finished", True):
                return dict(result, events=[], attached=attached)
            arguments["seen"] = result.get("seen", 0)

    def _look(self, arguments: dict[str, t.Any], task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        """Start the operation, or look at what goes on: the latter only reads the journal, and starts no module for that where
        the connection is local."""
        if not arguments.get("seen") or self.must_be_a_module(task_vars):
            # Ansible puts options of its own into what it is given.
            return self._execute_module(module_args=dict(arguments), task_vars=task_vars)
        return self.worked(arguments)
