# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet
short_description: Who is cloned from whom in a fleet, and when
version_added: 1.0.0
description:
  - The scheduler of the playbook C(dbops.mysql_clone.fleet). A donor serves one clone at a time. A recipient that has been cloned
    becomes a donor itself, with C(mysql_clone_fanout=tree).
  - It reads the results that the roles C(precheck) and C(clone) registered on the recipients, and C(mysql_clone_zone) of all hosts.
    It contacts no server.
author:
  - dbops contributors (@dbops)
options:
  _terms:
    description:
      - V(pools) gives, by donor, the servers of the play that hold its data or are going to, as host:port. Those of a recipient that
        names no donor stand under an empty name.
      - V(plan) makes the first state from the checks of all hosts of the play, with the plan and its lines to show.
      - V(prepared) takes the servers out of it on which the role C(privileges) could not make the run's account.
      - V(advance) makes the next state from C(fleet_state) and what the active hosts said.
      - V(summary) gives the lines that say what became of each recipient.
    type: list
    elements: str
    choices: [pools, plan, prepared, advance, summary]
    required: true
"""

EXAMPLES = r"""
---
- name: Plan
  ansible.builtin.set_fact:
    fleet_state: "{{ lookup('dbops.mysql_clone.fleet', 'plan') }}"
  run_once: true

- name: Show the plan
  ansible.builtin.debug:
    msg: "{{ fleet_state.lines }}"
  run_once: true
"""

RETURN = r"""
_raw:
  description:
    - The state, as plain data. C(hosts) holds what each host does (V(donor), V(waiting), V(cloning), V(cloned), V(failed), V(refused)),
      its C(donor), and the C(root) whose accounts it has after the clone.
    - C(active) are the hosts that C(clone_run) is to be run on now, for C(wait) seconds at most. C(plan) and C(lines) are the plan,
      C(news) the lines since the last state, and C(done) tells that nothing is left to do.
  type: list
  elements: raw
"""

import time
import typing as t

from ansible import constants as C
from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.dbops.mysql_clone.plugins.plugin_utils import _fleet


class LookupModule(LookupBase):
    def run(self, terms: list[str], variables: dict[str, t.Any] | None = None, **kwargs: t.Any) -> list[t.Any]:
        self.set_options(var_options=variables, direct=kwargs)
        self._variables = variables or {}
        self._hostvars = self._variables["hostvars"]
        works = {
            "pools": self._pools,
            "plan": self._plan,
            "prepared": self._prepared,
            "advance": self._advance,
            "summary": self._summary,
        }
        unknown = [term for term in terms if term not in works]
        if unknown or not terms:
            raise AnsibleLookupError(
                "fleet: '%s' is unknown; expected pools, plan, prepared, advance or summary" % ", ".join(unknown)
            )
        return [works[term]() for term in terms]

    def _value(self, name: str, default: t.Any = None) -> t.Any:
        value = self._variables.get(name)
        return default if value is None else self._templar.template(value)

    def _wish(self, name: str) -> str | None:
        """The only donor whose data a recipient is to have, where its variables name one."""
        chosen = self._hostvars[name].get("mysql_clone_donor")
        return str(chosen) if chosen else None

    def _pools(self) -> dict[str, list[str]]:
        """The servers that have a donor's data, or may have had it before. Without a wish all donors have the same."""
        donors = [str(name) for name in self._variables["groups"].get("clone_donors", ())]
        recipients = [str(name) for name in self._variables["groups"].get("clone_recipients", ())]
        planned = (self._value("fleet_state") or {}).get("hosts", {})
        data = {name: self._wish(name) or planned.get(name, {}).get("root") for name in recipients}
        data.update({name: name for name in donors})
        addresses = {name: self._address(name) for name in data}
        pools = {donor: [addresses[name] for name in data if data[name] == donor] for donor in donors}
        everybody = list(addresses.values())
        return {"": everybody, **(pools if len(donors) > 1 else dict.fromkeys(donors, everybody))}

    def _address(self, name: str) -> str:
        theirs = self._hostvars[name]
        addresses = (theirs.get("mysql_clone_address"), theirs.get("ansible_host"), name)
        address = next(address for address in addresses if address is not None)
        return f"{address}:{theirs.get('mysql_clone_port') or 3306}".lower()

    def _plan(self) -> dict[str, t.Any]:
        donors = [str(name) for name in self._variables["groups"].get("clone_donors", ())]
        if not donors:
            raise AnsibleLookupError("fleet: there is no donor; put one host or more into the group clone_donors")
        hosts = [str(name) for name in self._variables["ansible_play_hosts_all"]]
        both = sorted(set(donors) & set(hosts))
        if both:
            raise AnsibleLookupError(
                "fleet: %s can't be donor and recipient; take it out of clone_donors or clone_recipients"
                % ", ".join(both)
            )
        for name in hosts:
            wish = self._wish(name)
            if wish and wish not in donors:
                raise AnsibleLookupError(
                    "fleet: mysql_clone_donor of %s is %s, which isn't in the group clone_donors; put it there, or leave the "
                    "variable out" % (name, wish)
                )
        deadline = self._value("mysql_clone_window_end")
        limit = self._value("mysql_clone_max_fail_percentage", 100)
        try:
            return _fleet.begin(
                donors,
                {name: self._checked(name) for name in hosts},
                {name: self._hostvars[name].get("mysql_clone_zone") for name in donors + hosts},
                str(self._value("mysql_clone_fanout", "tree")),
                time.time(),
                None if deadline is None else float(deadline),
                float(str(limit).rstrip("%")),
            )
        except ValueError as error:
            raise AnsibleLookupError(str(error)) from error

    def _checked(self, name: str) -> dict[str, t.Any]:
        """What is known of a recipient from its check."""
        found = self._hostvars[name]
        result = found.get("precheck_result") or {}
        refused = found.get("fleet_refused")
        capacity = result.get("capacity") or {}
        force = str(found.get("mysql_clone_force", False)).lower() in ("true", "yes", "1", "on")
        return {
            "ready": "checks" in result and not refused,
            "cloned": bool(result.get("already_cloned")) and not force and not refused,
            "root": self._root(name),
            "of": self._wish(name),
            "seconds": capacity.get("estimated_seconds"),
            "bytes": capacity.get("bytes_to_copy"),
            "message": refused
            or result.get("msg")
            or (None if result else "it was not checked, and the plan rests on that"),
        }

    def _root(self, name: str) -> str:
        donors = self._variables["groups"]["clone_donors"]
        recipients = list(self._variables["groups"].get("clone_recipients", ()))
        return self._wish(name) or donors[recipients.index(name) % len(donors) if name in recipients else 0]

    def _advance(self) -> dict[str, t.Any]:
        state = self._value("fleet_state")
        polls = {name: self._hostvars[name].get("clone_result") or {} for name in state["active"]}
        waiting = [name for name, host in state["hosts"].items() if host["state"] == "waiting"]
        refused = {name: str(self._hostvars[name].get("fleet_refused") or "") for name in waiting}
        forks = int(self._variables.get("ansible_forks") or C.DEFAULT_FORKS)
        return _fleet.advance(state, polls, time.time(), forks, {name: why for name, why in refused.items() if why})

    def _prepared(self) -> dict[str, t.Any]:
        state = self._value("fleet_state")
        away = {str(row["item"][0]): str(row["msg"]) for row in self._failed("privileges_on_servers")}
        # An account comes to a replica from its source.
        sources = {str(row["item"][0]): str(row["msg"]) for row in self._failed("privileges_on_sources")}
        for name in state["hosts"] if sources else ():
            source = str(self._hostvars[name].get("mysql_clone_source") or "")
            if source in sources:
                away[name] = f"{source}: {sources[source]}"
        return _fleet.prepared(state, away)

    def _failed(self, name: str) -> list[dict[str, t.Any]]:
        """The rows of a loop of clone_user that failed; run_once registers it on all hosts."""
        return [row for row in (self._value(name) or {}).get("results") or () if row.get("msg")]

    def _summary(self) -> list[str]:
        return _fleet.summary(self._value("fleet_state"))
