# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: donor
short_description: The inventory name of a recipient's donor
version_added: 1.0.0
description:
  - Returns C(mysql_clone_donor) of a recipient. Where it is not set, the hosts of the group C(clone_recipients) are dealt out
    to those of C(clone_donors) in turn.
author:
  - dbops contributors (@dbops)
options:
  _terms:
    description: The inventory names of the recipients; by default the host of the task.
    type: list
    elements: str
"""

EXAMPLES = r"""
---
- name: Say where the data comes from
  ansible.builtin.debug:
    msg: "{{ inventory_hostname }} is cloned from {{ lookup('dbops.mysql_clone.donor') }}"
"""

RETURN = r"""
_raw:
  description: The inventory name of each recipient's donor.
  type: list
  elements: str
"""

import typing as t

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase


class LookupModule(LookupBase):
    def run(self, terms: list[str], variables: dict[str, t.Any] | None = None, **kwargs: t.Any) -> list[str]:
        self.set_options(var_options=variables, direct=kwargs)
        variables = variables or {}
        own = variables["inventory_hostname"]
        return [self._donor(host, host == own, variables) for host in terms or [own]]

    def _donor(self, host: str, is_own: bool, variables: dict[str, t.Any]) -> str:
        # Each look at hostvars[...] makes all of that host's variables anew, and those of its own are here.
        if is_own:
            chosen = self._templar.template(variables.get("mysql_clone_donor"))
        else:
            chosen = variables["hostvars"][host].get("mysql_clone_donor")
        if chosen:
            return str(chosen)
        donors = list(variables["groups"].get("clone_donors", []))
        recipients = list(variables["groups"].get("clone_recipients", []))
        if not donors:
            raise AnsibleLookupError(
                "%s has no donor: set mysql_clone_donor to an inventory name, or put a host into the group clone_donors"
                % host
            )
        return str(donors[recipients.index(host) % len(donors)] if host in recipients else donors[0])
