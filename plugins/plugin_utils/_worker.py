# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running a module's work in the controller's own process, where the connection is local anyway.

A module that is transferred and started takes ten times as long as the queries that it makes. What the user sees is the
same: options, results and failures go through the same code.

This plugin util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import json
import sys
import typing as t

from ansible import constants as C
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.json import Direction, get_module_decoder, get_module_encoder
from ansible.module_utils.common.parameters import remove_values
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import filter_loader, test_loader
from ansible.template import Templar, trust_as_template

from ansible_collections.dbops.mysql_clone.plugins.module_utils._module import Body, outcome
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import (
    PYMYSQL_IMPORT_ERROR,
    Login,
    tls_context,
)

_ENCODER = get_module_encoder("legacy", Direction.CONTROLLER_TO_MODULE)
_DECODER = get_module_decoder("legacy", Direction.CONTROLLER_TO_MODULE)
_AUTOMATIC = ("auto", "auto_silent", "auto_legacy", "auto_legacy_silent")

# Ansible loads action plugins before it forks, so what is made here is made once for all hosts.
if not PYMYSQL_IMPORT_ERROR:
    tls_context(Login())
# All of Ansible's own are found with the first one; else each worker finds them anew for its first template.
filter_loader.get("ansible.builtin.default")
test_loader.get("ansible.builtin.defined")
# So does each make the lexer of templates anew.
Templar(loader=None).template(trust_as_template("{{ '' }}"))


class Task(t.NamedTuple):
    """What decides where a task's work is done; of the host that it is delegated to, where it is."""

    transport: str
    become: bool
    environment: bool
    asynchronous: bool
    interpreter: str
    keep_files: bool = False


def obstacle(task: Task, controller: str, driver_error: str | None) -> str | None:
    """Why a task must run as a module; None when the worker may do its work (pure).

    ``controller`` is the controller's Python, ``driver_error`` why PyMySQL can't be imported there.
    """
    if task.transport != "local":
        return f"the connection is {task.transport}"
    if task.become:
        return "become is set"
    if task.environment:
        return "environment is set"
    if task.asynchronous:
        return "async is set"
    if task.keep_files:
        return "the module's files are to be kept"
    if task.interpreter not in (controller, *_AUTOMATIC):
        return f"the interpreter is {task.interpreter}"
    if driver_error:
        return "the controller's Python has no PyMySQL"
    return None


def task_of(action: ActionBase, task_vars: t.Mapping[str, t.Any]) -> Task:
    """What an action plugin's task is like. Core keeps the connection of the host that the task is delegated to."""
    task = action._task
    its_vars = task_vars["ansible_delegated_vars"][task.delegate_to] if task.delegate_to else task_vars
    interpreter = C.config.get_config_value("INTERPRETER_PYTHON", variables=dict(its_vars))
    return Task(
        transport=str(action._connection.transport),
        become=action._connection.become is not None,
        environment=any(task.environment or ()),
        asynchronous=bool(task.async_val),
        interpreter=str(action._templar.template(interpreter)),
        keep_files=bool(C.DEFAULT_KEEP_REMOTE_FILES),
    )


def as_sent(arguments: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Arguments as a module gets them: plain data without Ansible's tags, decrypted."""
    return t.cast("dict[str, t.Any]", json.loads(json.dumps(arguments, cls=_ENCODER), cls=_DECODER))


def perform(
    name: str,
    arguments: t.Mapping[str, t.Any],
    spec: t.Mapping[str, t.Any],
    body: Body,
    check_mode: bool = False,
    with_diff: bool = False,
    constraints: t.Mapping[str, t.Any] | None = None,
    with_invocation: bool = True,
) -> dict[str, t.Any]:
    """The result of a module of that name, made here: arguments validated, values of no_log options removed.

    ``constraints`` are what AnsibleModule takes beside the argument spec (required_if and the like); ``with_invocation``
    tells the validated arguments, too.
    """
    validator = ArgumentSpecValidator(dict(spec), **dict(constraints or {}))
    validated = validator.validate(as_sent(arguments))
    params = validated.validated_parameters
    if validated.error_messages:
        words = ", ".join(validated.error_messages)
        if validated.unsupported_parameters:
            words = f"Unsupported parameters for ({name}) module: {words}"
        result: dict[str, t.Any] = {"failed": True, "msg": words}
    else:
        result = outcome(body, params, check_mode, with_diff)
    result.setdefault("changed", False)
    if with_invocation:
        result["invocation"] = {"module_args": params}
    # What a module returns has been text on its way.
    text = json.dumps(result)
    hidden = {secret for secret in secrets(spec, params) if json.dumps(secret)[1:-1] in text}
    plain = json.loads(text)
    # Looking at each value takes longer than all rules together, and hardly ever there is one to remove.
    return t.cast("dict[str, t.Any]", remove_values(plain, hidden) if hidden else plain)


def secrets(spec: t.Mapping[str, t.Any], params: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    """The values of all options, and options within options, that must not be shown."""
    for name, option in spec.items():
        value = params.get(name)
        if value and option.get("no_log"):
            yield str(value)
        elif option.get("options"):
            for one in [value] if isinstance(value, dict) else value or ():
                yield from secrets(option["options"], one)


class AbleAction(ActionBase):  # type: ignore[misc]
    """An action plugin that is able to do its module's work itself, and says where it can't."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = True
    _supports_diff = True

    SPEC: t.ClassVar[dict[str, t.Any]]
    CONSTRAINTS: t.ClassVar[dict[str, t.Any]] = {}

    @staticmethod
    def body(params: t.Mapping[str, t.Any], check_mode: bool) -> t.Mapping[str, t.Any]:
        """The module's own work."""
        raise NotImplementedError

    def must_be_a_module(self, task_vars: t.Mapping[str, t.Any]) -> bool:
        """Whether the work can't be done here."""
        return bool(obstacle(task_of(self, task_vars), sys.executable, PYMYSQL_IMPORT_ERROR))

    def worked(self, arguments: t.Mapping[str, t.Any], body: Body | None = None) -> dict[str, t.Any]:
        """The result of the module's work (or of that ``body``), done here."""
        return perform(
            self._task.action,
            arguments,
            self.SPEC,
            body or self.body,
            check_mode=self._task.check_mode,
            with_diff=self._task.diff,
            constraints=self.CONSTRAINTS,
            # Ansible shows them from -vvv on, and drops them else.
            with_invocation=self._display.verbosity >= 3,
        )


class WorkerAction(AbleAction):
    """An action plugin that does its module's work itself where it can, and else runs the module."""

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """The module's work in this process where that is the same, else the module."""
        super().run(tmp, task_vars)
        task_vars = task_vars or {}
        if self.must_be_a_module(task_vars):
            return self.as_module(task_vars)
        return self.worked(self._task.args)

    def as_module(self, task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        """The result of the module on the managed host."""
        return t.cast("dict[str, t.Any]", self._execute_module(task_vars=task_vars, wrap_async=self._task.async_val))
