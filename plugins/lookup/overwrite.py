# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: overwrite
short_description: Whether a recipient's data may be lost in this run
version_added: 1.0.0
description:
  - Returns C(mysql_clone_overwrite) of the task's host, or another variable that allows a loss, unless the run asks for a
    confirmation. It does where C(mysql_clone_require_confirm) is true or C(mysql_clone_confirm) is set. Then the host must
    also be named there.
  - So a change is approved by naming the hosts that it destroys, whatever the inventory allows.
author:
  - dbops contributors (@dbops)
options:
  _terms:
    description: The variables that allow it, each of which is answered for. None stands for V(mysql_clone_overwrite).
    type: list
    elements: str
"""

EXAMPLES = r"""
---
- name: Clone, if that was allowed and confirmed
  dbops.mysql_clone.clone_run:
    donor_host: db1.example.com
    donor_user: clone_user
    donor_password: "{{ clone_password }}"
    overwrite: "{{ lookup('dbops.mysql_clone.overwrite') }}"

- name: Remove the data directories that swaps have kept, if that was allowed and confirmed
  dbops.mysql_clone.clone_recover:
    cleanup: "{{ lookup('dbops.mysql_clone.overwrite', 'mysql_clone_cleanup') }}"
"""

RETURN = r"""
_raw:
  description: Whether it may be lost.
  type: list
  elements: bool
"""

import typing as t

from ansible.errors import AnsibleLookupError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.lookup import LookupBase


def names(value: t.Any) -> list[str]:
    """The hosts of a confirmation: a list, or a text with commas."""
    parts = value.split(",") if isinstance(value, str) else list(value or ())
    return [str(part).strip() for part in parts if str(part).strip()]


def allowed(host: str, overwrite: bool, required: bool, confirmed: t.Sequence[str] | None) -> bool:
    """Whether the host's data may be lost; ``confirmed`` is None where nothing was confirmed."""
    if not overwrite:
        return False
    if confirmed is None:
        return not required
    return host in confirmed


class LookupModule(LookupBase):
    def run(self, terms: list[str], variables: dict[str, t.Any] | None = None, **kwargs: t.Any) -> list[bool]:
        self.set_options(var_options=variables, direct=kwargs)
        variables = variables or {}

        def value(name: str) -> t.Any:
            found = variables.get(name)
            return None if found is None else self._templar.template(found)

        confirm = value("mysql_clone_confirm")
        confirmed = None if confirm is None else names(confirm)
        unknown = sorted(set(confirmed or ()) - set(variables["hostvars"]))
        if unknown:
            raise AnsibleLookupError(
                "mysql_clone_confirm names %s, which the inventory doesn't hold; expected inventory names"
                % ", ".join(unknown)
            )
        host = str(variables["inventory_hostname"])

        def truth(name: str) -> bool:
            try:
                return boolean(value(name) or False)
            except TypeError as error:
                raise AnsibleLookupError("%s of %s: %s" % (name, host, error)) from error

        required = truth("mysql_clone_require_confirm")
        return [allowed(host, truth(name), required, confirmed) for name in terms or ["mysql_clone_overwrite"]]
