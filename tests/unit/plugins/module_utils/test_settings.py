# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables of a run, on a server that is a dictionary."""

from __future__ import annotations

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _settings
from ansible_collections.dbops.mysql_clone.plugins.module_utils._context import Context, Donor, Wanted
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput, CloneError, ServerError
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import Login


@pytest.mark.parametrize("name", ["clone_valid_donor_list", "sql_mode", "clone_x; DROP", "CLONE_BUFFER_SIZE", ""])
def test_settings_that_a_run_must_not_touch(name):
    with pytest.raises(BadInput, match="settings"):
        _settings.checked({name: 1})


def test_settings_take_numbers_written_as_text():
    assert _settings.checked({"clone_buffer_size": "8388608", "clone_enable_compression": True}) == {
        "clone_buffer_size": 8388608,
        "clone_enable_compression": True,
    }


@pytest.mark.parametrize(
    ("present", "expected"),
    [(None, "db1:3306"), ("", "db1:3306"), ("db2:3306", "db2:3306,db1:3306"), ("DB1:3306", None)],
)
def test_the_donor_list_is_extended(present, expected):
    assert _settings.extended(present, ["db1:3306"]) == expected


@pytest.mark.parametrize(
    ("value", "actual", "expected"),
    [(True, 1, True), (False, 0, True), (5, 5, True), (5, 1, False), ("ON", "OFF", False), (True, 0, False)],
)
def test_as_wanted(value, actual, expected):
    assert _settings.as_wanted(value, actual) == expected


OWN = Login(unix_socket="/run/r.sock", user="root", password="r")
DB1 = Donor(Login("db1", 3306, user="cu", password="cp"))
TIMEOUT = "clone_donor_timeout_after_network_failure"


class World:
    """A recipient and a donor: dictionaries of variables, by label; a Link and a journal."""

    def __init__(self):
        self.variables = {OWN.label: {"clone_valid_donor_list": None}, "db1:3306": {TIMEOUT: 5}}
        self.down = set()
        self.kept = {}
        self.users = []

    def clock(self):
        return 0.0

    def open(self, logins, read_timeout=30.0):
        label = logins[0].label
        self.users.append((label, logins[0].user))
        if label in self.down:
            raise ServerError(2003, "refused", label, "connect")
        if logins[0].user == "nobody":
            raise ServerError(1045, "Access denied", label, "connect")
        return Session(self.variables[label], label)

    def keep(self, **values):
        self.kept.update(values)


class Session:
    def __init__(self, variables, label):
        self.variables, self.label = variables, label

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        pass

    def value(self, statement):
        name = statement.split("`")[1]
        if name not in self.variables:
            raise ServerError(1193, "Unknown system variable", self.label)
        return self.variables[name]

    def execute(self, statement, values):
        name = statement.split("`")[1]
        if self.variables[name] == "read only":
            raise ServerError(1238, "is read only", self.label)
        self.variables[name] = values[0]


def settings(world, admin=("root", "d"), **wanted):
    goal = Wanted(donors=(DB1,), logins=(OWN,), donor_admin=admin, **wanted)
    return _settings.Settings(Context(goal, world, world, lambda: False))


class TestDonor:
    def test_set_and_put_back(self):
        world = World()
        kept = settings(world, donor_settings={TIMEOUT: 1})
        kept.prepare_donor(DB1)
        assert world.variables["db1:3306"][TIMEOUT] == 1
        # A run that is killed now finds it here.
        assert world.kept["donor_settings_before"] == {"db1:3306": {TIMEOUT: 5}}
        kept.put_back_donor(DB1)
        assert world.variables["db1:3306"][TIMEOUT] == 5
        assert world.kept["donor_settings_before"] is None
        assert kept.put_back() == [{"server": "db1:3306", "name": TIMEOUT, "value": 5, "restored": True}]
        assert {user for label, user in world.users if label == "db1:3306"} == {"root"}

    def test_a_donor_that_has_gone_is_reported(self):
        world = World()
        kept = settings(world, donor_settings={TIMEOUT: 1})
        kept.prepare_donor(DB1)
        world.down.add("db1:3306")
        kept.put_back_donor(DB1)
        (entry,) = kept.put_back()
        assert (entry["restored"], entry["server"], entry["value"]) == (False, "db1:3306", 5)
        assert "could not be put back" in kept._context.warnings[0]

    def test_what_a_killed_run_left(self):
        world = World()
        world.variables["db1:3306"][TIMEOUT] = 1
        kept = settings(world)
        kept.take_over(None, {"db1:3306": {TIMEOUT: 5}})
        assert kept.put_back()[0]["restored"]
        assert world.variables["db1:3306"][TIMEOUT] == 5

    @pytest.mark.parametrize("admin", [None, ("nobody", "x")])
    def test_without_a_login_that_may_nothing_is_started(self, admin):
        with pytest.raises(CloneError, match="donor_login_user"):
            settings(World(), admin, donor_settings={TIMEOUT: 1}).prepare_donor(DB1)

    def test_nothing_wanted_needs_no_login(self):
        world = World()
        settings(world, None).prepare_donor(DB1)
        assert world.users == []


def test_a_variable_that_cant_be_put_back_is_reported():
    world = World()
    kept = settings(world)
    kept.take_over({"clone_valid_donor_list": None}, None)
    world.variables[OWN.label]["clone_valid_donor_list"] = "read only"
    (entry,) = kept.put_back()
    assert (entry["restored"], entry["reason"]) == (False, "is read only")


def test_a_plugin_that_did_not_load_has_nothing_to_put_back():
    world = World()
    kept = settings(world)
    kept.take_over({"clone_buffer_size": 4194304}, None)
    assert kept.put_back()[0]["restored"]


class Strict(Session):
    """Knows nothing but what a server does, and makes 1 of a timeout whatever was asked for."""

    def value(self, statement):
        assert statement.startswith("SELECT @@GLOBAL.`")
        return super().value(statement)

    def execute(self, statement, values):
        assert statement.startswith("SET GLOBAL `")
        super().execute(statement, values)
        if TIMEOUT in self.variables:
            self.variables[TIMEOUT] = 1


class TestWhatIsSaid:
    def test_the_recipients_settings_are_remembered_before_they_are_set(self):
        world = World()
        kept = settings(world, settings={"clone_buffer_size": 9})
        world.variables[OWN.label]["clone_buffer_size"] = 4
        kept.prepare(Strict(world.variables[OWN.label], OWN.label))
        assert world.variables[OWN.label] == {"clone_valid_donor_list": "db1:3306", "clone_buffer_size": 9}
        before = {"clone_valid_donor_list": None, "clone_buffer_size": 4}
        assert world.kept == {"settings_before": before, "donor_settings_before": None}
        assert kept._context.warnings == []
        assert all(entry["restored"] for entry in kept.put_back())
        assert world.variables[OWN.label] == before
        assert world.kept == {"settings_before": None, "donor_settings_before": None}
        # Done is done, and stays told.
        world.variables[OWN.label]["clone_buffer_size"] = 7
        assert all(entry["restored"] for entry in kept.put_back())
        assert world.variables[OWN.label]["clone_buffer_size"] == 7

    def test_a_donor_that_is_away_when_the_swap_begins_is_asked_again_at_the_end(self):
        world = World()
        kept = settings(world, settings={"clone_buffer_size": 9}, donor_settings={TIMEOUT: 1})
        world.variables[OWN.label]["clone_buffer_size"] = 4
        kept.prepare(Strict(world.variables[OWN.label], OWN.label))
        kept.prepare_donor(DB1)
        world.down.add("db1:3306")
        kept.put_back_donor(DB1)
        kept.put_back_own()
        world.down.clear()
        assert [(entry["name"], entry["restored"]) for entry in kept.put_back()] == [
            ("clone_buffer_size", True),
            ("clone_valid_donor_list", True),
            (TIMEOUT, True),
        ]
        assert world.variables["db1:3306"][TIMEOUT] == 5
        assert kept._context.warnings == []

    def test_another_value_than_wanted_is_told(self, monkeypatch):
        world = World()
        monkeypatch.setattr(world, "open", lambda logins: Strict(world.variables["db1:3306"], "db1:3306"))
        kept = settings(world, donor_settings={TIMEOUT: 3})
        kept.prepare_donor(DB1)
        kept.prepare_donor(DB1)
        assert kept._context.warnings == [f"db1:3306: the server made 1 out of donor_settings.{TIMEOUT}=3"]

    def test_without_a_login_nothing_is_set(self):
        world = World()
        with pytest.raises(_settings.CloneError) as caught:
            settings(world, admin=None, donor_settings={TIMEOUT: 1}).prepare_donor(DB1)
        assert caught.value.message == (
            "donor_settings were given without a login that may set them on db1:3306: give donor_login_user and "
            "donor_login_password"
        )
        assert world.users == []

    @pytest.mark.parametrize(
        ("number", "stage", "explained"),
        [
            (1045, "connect", True),
            (1130, "connect", True),
            (1698, "connect", True),
            (2003, "connect", False),
            (1045, "query", False),
            (1227, "query", False),
        ],
    )
    def test_a_refused_login_is_explained_and_other_errors_are_not(self, monkeypatch, number, stage, explained):
        world = World()

        def refused(_logins):
            raise ServerError(number, "no", "db1:3306", stage)

        monkeypatch.setattr(world, "open", refused)
        with pytest.raises(_settings.CloneError) as caught:
            settings(world, donor_settings={TIMEOUT: 1}).prepare_donor(DB1)
        assert caught.value.message.startswith("donor_settings can't be set on db1:3306: no. Give") is explained
        assert isinstance(caught.value, ServerError) is not explained

    def test_why_a_donor_was_not_reached_is_told(self):
        world = World()
        kept = settings(world, admin=None)
        kept.take_over(None, {"db1:3306": {TIMEOUT: 5}})
        kept.put_back()
        assert kept._context.warnings == [
            f"db1:3306: {TIMEOUT} could not be put back to 5: the donor could not be reached by its administrator's login"
        ]
