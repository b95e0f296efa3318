# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: login
short_description: The login options of this collection's modules, from a host's variables
version_added: 1.0.0
description:
  - Takes a host's C(mysql_clone_login_*) variables and returns the options that all modules of this collection take, for use
    in C(module_defaults).
author:
  - dbops contributors (@dbops)
options:
  _terms:
    description: The inventory names of the hosts; by default the host of the task.
    type: list
    elements: str
  donor:
    description:
      - The inventory name of the host's donor. With it the login that works after a clone is added,
        C(mysql_clone_post_login_user) and C(mysql_clone_post_login_password), or the donor's own login where they are missing.
    type: str
"""

EXAMPLES = r"""
---
- name: Look at the clone, whosever accounts rule on the recipient now
  dbops.mysql_clone.clone_status:
  module_defaults:
    group/dbops.mysql_clone.all: "{{ lookup('dbops.mysql_clone.login', donor='db1') }}"

- name: Look at another host's server
  dbops.mysql_clone.clone_status:
  delegate_to: db1
  module_defaults:
    group/dbops.mysql_clone.all: "{{ lookup('dbops.mysql_clone.login', 'db1') }}"
"""

RETURN = r"""
_raw:
  description: One dictionary of options for each host.
  type: list
  elements: dict
"""

import typing as t

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

PREFIX = "mysql_clone_"
# The modules' options, in their order; the variables all begin alike, also those of options that lack the login_.
OPTIONS = (
    "login_user",
    "login_password",
    "login_host",
    "login_port",
    "login_unix_socket",
    "config_file",
    "connect_timeout",
    "client_cert",
    "client_key",
    "ca_cert",
    "check_hostname",
)
NAMES = {option: option if option.startswith("login_") else "login_" + option for option in OPTIONS}


class LookupModule(LookupBase):
    def run(
        self, terms: list[str], variables: dict[str, t.Any] | None = None, **kwargs: t.Any
    ) -> list[dict[str, t.Any]]:
        self.set_options(var_options=variables, direct=kwargs)
        self._variables = variables or {}
        donor = self.get_option("donor")
        return [self._login(host, donor) for host in terms or [None]]

    def _value(self, host: str | None, name: str) -> t.Any:
        """A variable of a host; the task's own host may have it from the play, too."""
        if host is None or host == self._variables.get("inventory_hostname"):
            value = self._variables.get(PREFIX + name)
            return None if value is None else self._templar.template(value)
        if host not in self._variables["hostvars"]:
            raise AnsibleLookupError("login: '%s' is not in the inventory" % host)
        return self._variables["hostvars"][host].get(PREFIX + name)

    def _login(self, host: str | None, donor: str | None) -> dict[str, t.Any]:
        options = {option: self._value(host, name) for option, name in NAMES.items()}
        if donor is not None:
            for part in ("user", "password"):
                own = self._value(host, "post_login_" + part)
                options["post_clone_login_" + part] = self._value(donor, "login_" + part) if own is None else own
        return {name: value for name, value in options.items() if value is not None}
