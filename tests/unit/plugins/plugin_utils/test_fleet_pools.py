# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which servers of a fleet have whose data: the lookup that reads the inventory."""

from __future__ import annotations

import pytest
from ansible.template import Templar

from ansible_collections.dbops.mysql_clone.plugins.lookup import fleet

ADDRESSES = {name: f"{name}:3306" for name in ("d1", "d2", "r1", "r2", "r3")}


@pytest.fixture
def pools(monkeypatch):
    monkeypatch.setattr(fleet.LookupModule, "set_options", lambda self, **unused: None)

    def ask(donors=("d1", "d2"), wishes=(), roots=()):
        hosts = {name: {"mysql_clone_donor": dict(wishes).get(name)} for name in ADDRESSES}
        hosts["r3"]["mysql_clone_address"] = "R3"
        variables = {
            "groups": {"clone_donors": list(donors), "clone_recipients": ["r1", "r2", "r3"]},
            "hostvars": hosts,
            "inventory_hostname": "r1",
        }
        if roots:
            variables["fleet_state"] = {"hosts": {name: {"root": root} for name, root in dict(roots).items()}}
        (found,) = fleet.LookupModule(templar=Templar(loader=None, variables=variables)).run(["pools"], variables)
        return {donor: {label.partition(":")[0] for label in labels} for donor, labels in found.items()}

    return ask


def test_donors_that_recipients_name_have_pools_of_their_own(pools):
    found = pools(wishes={"r1": "d1", "r2": "d2", "r3": "d2"})
    assert (found["d1"], found["d2"]) == ({"d1", "r1"}, {"d2", "r2", "r3"})


def test_donors_that_nobody_names_have_the_same(pools):
    everybody = {"d1", "d2", "r1", "r2", "r3"}
    assert pools()[""] == everybody
    assert pools(donors=["d1"], wishes={"r1": "d1"}) == {"": everybody - {"d2"}, "d1": everybody - {"d2"}}


def test_after_the_plan_it_is_known_from_whom_the_others_have_it(pools):
    found = pools(wishes={"r1": "d1"}, roots={"r1": "d1", "r2": "d1", "r3": "d2"})
    assert (found["d1"], found["d2"]) == ({"d1", "r1", "r2"}, {"d2", "r3"})
