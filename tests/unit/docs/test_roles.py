# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a role's argument spec tells: the defaults, in every entry point, and each variable that the role reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from ansible_collections.dbops.mysql_clone.plugins.lookup import login, precheck
from ansible_collections.dbops.mysql_clone.plugins.modules.clone_status import ARGUMENT_SPEC

ROLES = sorted((Path(__file__).resolve().parents[3] / "roles").iterdir())


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_the_defaults_are_those_of_the_argument_spec(role: Path):
    specs = yaml.safe_load((role / "meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    told = {
        (name, repr(option["default"]))
        for spec in specs.values()
        for name, option in spec["options"].items()
        if "default" in option
    }
    defaults = yaml.safe_load((role / "defaults/main.yml").read_text(encoding="utf-8"))
    assert told == {(name, repr(value)) for name, value in defaults.items()}


VARIABLE = re.compile(r"(?<![.\w/])mysql_clone_[a-z_]+")
# What lookups read for whoever uses them.
READ_BY = {
    "login": {login.PREFIX + name for name in (*login.NAMES.values(), "post_login_user", "post_login_password")},
    "precheck": {*precheck.OPTIONS, "mysql_clone_service"},
    "overwrite": {"mysql_clone_overwrite", "mysql_clone_confirm", "mysql_clone_require_confirm"},
    "donor": {"mysql_clone_donor"},
}
# Entry points whose file another one runs.
WITHIN = {"cleanup_donor": "cleanup", "cleanup_recipient": "cleanup", "clone_again": "main", "tell": "main"}
ENTRIES = [(role, path) for role in ROLES for path in sorted((role / "tasks").glob("*.yml"))]


@pytest.mark.parametrize(("role", "tasks"), ENTRIES, ids=lambda path: path.stem)
def test_each_variable_that_is_read_is_in_the_argument_spec(role: Path, tasks: Path):
    specs = yaml.safe_load((role / "meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    text = tasks.read_text(encoding="utf-8")
    read = set(VARIABLE.findall(text))
    for lookup, names in READ_BY.items():
        if re.search(rf"(lookup|query)\('dbops\.mysql_clone\.{lookup}'", text):
            read |= names
    assert read - set(specs[WITHIN.get(tasks.stem, tasks.stem)]["options"]) == set()


@pytest.mark.parametrize("role", [role for role in ROLES if role.name != "report"], ids=lambda role: role.name)
def test_the_login_is_told_as_the_modules_tell_it(role: Path):
    specs = yaml.safe_load((role / "meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    for entry, spec in specs.items():
        for option, name in login.NAMES.items():
            told = spec["options"][login.PREFIX + name]
            assert told["type"] == ARGUMENT_SPEC[option]["type"], (entry, name)
            assert told.get("no_log", False) == ARGUMENT_SPEC[option].get("no_log", False), (entry, name)
