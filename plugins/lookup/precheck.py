# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: precheck
short_description: The options of clone_precheck for a recipient, from its variables
version_added: 1.0.0
description:
  - Takes the C(mysql_clone_*) variables of the task's host and of its donor, and returns the options of
    M(dbops.mysql_clone.clone_precheck) for use in C(module_defaults).
  - The facts of the donor are those that the role C(precheck) has registered as C(precheck_donors), as JSON text. Ansible
    looks into each value of a dictionary for templates, and there are hundreds, for each recipient.
author:
  - dbops contributors (@dbops)
options:
  _terms:
    description: There are none.
    type: list
    elements: str
"""

EXAMPLES = r"""
---
- name: Check the recipient against its donor
  dbops.mysql_clone.clone_precheck:
    side: recipient
  module_defaults:
    dbops.mysql_clone.clone_precheck: "{{ lookup('dbops.mysql_clone.precheck') }}"
"""

RETURN = r"""
_raw:
  description: A dictionary of options.
  type: list
  elements: dict
"""

import json
import typing as t

from ansible.plugins.loader import lookup_loader
from ansible.plugins.lookup import LookupBase

# What the recipient's variables are called as options.
OPTIONS = {
    "mysql_clone_profile": "profile",
    "mysql_clone_user": "donor_user",
    "mysql_clone_password": "donor_password",
    "mysql_clone_require_ssl": "require_ssl",
    "mysql_clone_donor_ca_cert": "donor_ca_cert",
    "mysql_clone_donor_check_hostname": "donor_check_hostname",
    "mysql_clone_method": "method",
    "mysql_clone_data_directory": "data_directory",
    "mysql_clone_start_command": "start_command",
    "mysql_clone_reserve_factor": "reserve_factor",
    "mysql_clone_reserve_memory": "reserve_memory",
    "mysql_clone_reserve_cpus": "reserve_cpus",
    "mysql_clone_reserve_bandwidth": "reserve_bandwidth",
    "mysql_clone_probe": "probe",
    "mysql_clone_window_end": "deadline",
}
# A chain adds the donor to its list by itself; accounts and plugin only where it says so.
REPAIRED = "clone_run"
REPAIRED_BEFORE = "clone_user"


def facts_of(name: str, looked: t.Mapping[str, t.Any]) -> str | None:
    """A donor's facts as JSON text, from the registered results of a loop over donors; None where they could not be had."""
    found = [one for one in looked.get("results", ()) if one.get("item") == name and "facts" in one]
    return json.dumps(found[0]["facts"]) if found else None


class Once(t.Mapping[str, t.Any]):
    """A mapping whose values are made once; hostvars makes all of a host's variables anew with each look."""

    def __init__(self, mapping: t.Mapping[str, t.Any]) -> None:
        self._mapping = mapping
        self._made: dict[str, t.Any] = {}

    def __getitem__(self, name: str) -> t.Any:
        if name not in self._made:
            self._made[name] = self._mapping[name]
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._mapping

    def __iter__(self) -> t.Iterator[str]:
        return iter(self._mapping)

    def __len__(self) -> int:
        return len(self._mapping)


class LookupModule(LookupBase):
    def run(
        self, terms: list[str], variables: dict[str, t.Any] | None = None, **kwargs: t.Any
    ) -> list[dict[str, t.Any]]:
        self.set_options(var_options=variables, direct=kwargs)
        variables = variables or {}
        self._variables = {**variables, "hostvars": Once(variables["hostvars"])}
        name = self._other("donor")
        options = {option: self._value(variable) for variable, option in OPTIONS.items()}
        account = self._value("precheck_account") or {}
        options["donor_user"] = account.get("name", options["donor_user"])
        options["donor_password"] = account.get("password", options["donor_password"])
        service = self._value("mysql_clone_service")
        if options["start_command"] is None and service is not None:
            options["start_command"] = f"systemctl start {service}"
        theirs = self._variables["hostvars"][name]
        addresses = (theirs.get("mysql_clone_address"), theirs.get("ansible_host"), name)
        options["donor_host"] = next(address for address in addresses if address is not None)
        options["donor_port"] = theirs.get("mysql_clone_port")
        options["donor_facts"] = facts_of(name, self._variables.get("precheck_donors") or {})
        options["overwrite"] = self._other("overwrite")
        # A warning may stop a host, too, and that one goes in the change window is told: both take more than whether one is settled.
        options["brief"] = options["deadline"] is None and self._value("precheck_fail_on") != "warn"
        options["pool"] = self._value("precheck_pool")
        follows = self._value("precheck_repair_follows")
        options["repaired_by"] = [REPAIRED, REPAIRED_BEFORE] if follows else [REPAIRED]
        given = {option: value for option, value in options.items() if value is not None}
        return [{**self._other("login", donor=name), **given}]

    def _value(self, name: str) -> t.Any:
        """A variable of the task's host; None where it has none."""
        value = self._variables.get(name)
        return None if value is None else self._templar.template(value)

    def _other(self, name: str, **options: t.Any) -> t.Any:
        """What another lookup of this collection says."""
        lookup = lookup_loader.get(f"dbops.mysql_clone.{name}", loader=self._loader, templar=self._templar)
        return lookup.run([], self._variables, **options)[0]
