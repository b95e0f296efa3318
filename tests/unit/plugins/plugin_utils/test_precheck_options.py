# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role's check is asked for, from the variables of a recipient and its donor."""

from __future__ import annotations

import json

import pytest
from ansible.template import Templar, trust_as_template

from ansible_collections.dbops.mysql_clone.plugins.lookup import precheck
from ansible_collections.dbops.mysql_clone.plugins.modules.clone_precheck import ARGUMENT_SPEC

ANSWERS = {"donor": "db1", "overwrite": False, "login": {"login_user": "root"}}


class _Plugin:
    """In place of the other lookups."""

    def __init__(self, name):
        self.name = name

    def run(self, terms, variables, **options):
        assert options == ({"donor": "db1"} if self.name == "login" else {})
        return [ANSWERS[self.name]]


@pytest.fixture
def asked(monkeypatch):
    monkeypatch.setattr(precheck.lookup_loader, "get", lambda name, **unused: _Plugin(name.rpartition(".")[2]))
    monkeypatch.setattr(precheck.LookupModule, "set_options", lambda self, **unused: None)

    def ask(donor=None, **variables):
        variables = {"inventory_hostname": "db2", "hostvars": {"db1": donor or {}}, **variables}
        return precheck.LookupModule(templar=Templar(loader=None, variables=variables)).run([], variables)[0]

    return ask


def test_every_option_exists():
    assert set(precheck.OPTIONS.values()) <= set(ARGUMENT_SPEC)


def test_what_is_not_set_is_left_to_the_module(asked):
    expected = {"login_user": "root", "donor_host": "db1", "overwrite": False, "repaired_by": ["clone_run"]}
    assert asked() == {**expected, "brief": True}


def test_all_checks_are_wanted_where_a_warning_stops_a_host_or_the_window_is_told(asked):
    assert not asked(mysql_clone_window_end=1.0)["brief"]
    assert not asked(precheck_fail_on=trust_as_template("{{ 'warn' }}"))["brief"]
    assert asked(precheck_fail_on="never")["brief"]


@pytest.mark.parametrize(
    ("donor", "address"),
    [
        ({}, "db1"),
        ({"ansible_host": "10.0.0.1"}, "10.0.0.1"),
        ({"ansible_host": "10.0.0.1", "mysql_clone_address": "db1.internal"}, "db1.internal"),
    ],
)
def test_the_donor_has_the_address_that_the_recipient_reaches_it_by(asked, donor, address):
    options = asked(donor={**donor, "mysql_clone_port": 3307})
    assert (options["donor_host"], options["donor_port"]) == (address, 3307)


def test_variables_are_templates(asked):
    options = asked(mysql_clone_password=trust_as_template("{{ vaulted }}"), vaulted="a b")
    assert options["donor_password"] == "a b"


def test_an_account_of_this_run_goes_before_the_one_of_the_inventory(asked):
    inventory = {"mysql_clone_user": "clone", "mysql_clone_password": "x"}
    assert asked(**inventory)["donor_user"] == "clone"
    options = asked(**inventory, precheck_account={"name": "jit", "password": "y"})
    assert (options["donor_user"], options["donor_password"]) == ("jit", "y")


def test_a_fleet_knows_its_own_servers(asked):
    assert asked(precheck_pool=trust_as_template("{{ ['db3:3306'] }}"))["pool"] == ["db3:3306"]


def test_a_unit_is_started_by_systemd(asked):
    assert asked(mysql_clone_service="mysqld")["start_command"] == "systemctl start mysqld"
    assert asked(mysql_clone_service="mysqld", mysql_clone_start_command="up")["start_command"] == "up"


def test_accounts_are_no_obstacle_where_a_repair_follows(asked):
    assert asked(precheck_repair_follows=True)["repaired_by"] == ["clone_run", "clone_user"]
    assert asked(precheck_repair_follows=trust_as_template("{{ 'no' | bool }}"))["repaired_by"] == ["clone_run"]


def test_facts_are_those_of_the_own_donor(asked):
    looked = {"results": [{"item": "db0", "facts": {"port": 1}}, {"item": "db1", "facts": {"port": 2}}]}
    assert json.loads(asked(precheck_donors=looked)["donor_facts"]) == {"port": 2}
    assert "donor_facts" not in asked(precheck_donors={"results": [{"item": "db1", "msg": "away"}]})
