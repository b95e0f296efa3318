# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the README says in tables is what roles, modules and playbooks say."""

from __future__ import annotations

import functools
import importlib
import json
import re
import textwrap
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.dbops.mysql_clone.plugins.lookup import login, precheck

ROOT = Path(__file__).resolve().parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = ("README.md", "docs/CONTRIBUTING.md", "docs/architecture.md", "SECURITY.md", "docs/threat_model.md")
COLLECTION = "dbops.mysql_clone."
PACKAGE = f"ansible_collections.{COLLECTION}plugins."

VARIABLE = re.compile(r"\bmysql_clone_[a-z_]*[a-z]\b")
VARIABLE_ROW = re.compile(r"^\| `(?P<name>mysql_clone_[a-z_]+)` \| (?P<meaning>[^|]+) \| (?P<default>[^|]*) \|$", re.M)
# A variable that a role only hands on, so that the module's own default counts.
HANDED_ON = re.compile(r'^ +(?P<option>[a-z_]+): "\{\{ (?P<name>mysql_clone_[a-z_]+) \| default\(omit\) \}\}"$')
INLINE = re.compile(r"\b(?P<name>mysql_clone_[a-z_]+) \| default\((?P<value>'[^']*'|[0-9.]+|true|false|\[\]|\{\})\)")
MODULE = re.compile(r"^ +dbops\.mysql_clone\.(?P<name>clone_[a-z]+):$")


def role_options() -> dict[str, dict[str, t.Any]]:
    """Each shared variable with its option in the roles' argument specs."""
    found: dict[str, dict[str, t.Any]] = {}
    for path in sorted(ROOT.glob("roles/*/meta/argument_specs.yml")):
        for entry_point in yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"].values():
            for name, option in entry_point["options"].items():
                if name.startswith("mysql_clone_"):
                    found[name] = {**found.get(name, {}), **option}
    return found


@functools.cache
def module_options(plugin: str) -> dict[str, dict[str, t.Any]]:
    """The options of a module with those of its documentation fragments, or of the fragment of that name."""
    if plugin.startswith("_"):
        name, _dot, section = plugin.partition(".")
        fragment = importlib.import_module(PACKAGE + "doc_fragments." + name).ModuleDocFragment
        return yaml.safe_load(getattr(fragment, section.upper() or "DOCUMENTATION"))["options"]
    documentation = yaml.safe_load(importlib.import_module(PACKAGE + "modules." + plugin).DOCUMENTATION)
    fragments = (name.removeprefix(COLLECTION) for name in documentation["extends_documentation_fragment"])
    shared = {name: option for fragment in fragments for name, option in module_options(fragment).items()}
    return {**shared, **documentation["options"]}


def defaults() -> set[tuple[str, str]]:
    """Each variable that has a fixed default, with every default that is said to be its own, as the README writes it."""
    shared = module_options("_login")
    found = {
        (login.PREFIX + name, written(shared[option]))
        for option, name in login.NAMES.items()
        if "default" in shared[option]
    }
    found |= {(name, written(option)) for name, option in role_options().items() if "default" in option}
    options = module_options("clone_precheck")
    for name, option in precheck.OPTIONS.items():
        if "default" in options.get(option, {}):
            found.add((name, written(options[option])))
    for path in sorted(ROOT.glob("roles/*/tasks/*.yml")):
        module = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            if named := MODULE.match(line):
                module = named["name"]
            elif handed_on := HANDED_ON.match(line):
                option = module_options(module).get(handed_on["option"], {})
                if "default" in option:
                    found.add((handed_on["name"], written(option)))
            for inline in INLINE.finditer(line):
                found.add((inline["name"], written({"default": yaml.safe_load(inline["value"])})))
    return found


def written(option: dict[str, t.Any]) -> str:
    """The option's default as the README writes it."""
    default = option["default"]
    if default in ({}, [], "", None):
        return ""
    if default == option.get("choices"):
        return "everything"
    return f"`{default}`" if isinstance(default, str) else f"`{json.dumps(default)}`"


def used_variables() -> set[str]:
    """The variables that roles, playbooks and lookups read, whether an argument spec has them or not."""
    files = [*ROOT.glob("roles/*/tasks/*.yml"), *ROOT.glob("playbooks/*.yml"), *ROOT.glob("plugins/lookup/*.py")]
    return {name for path in files for name in VARIABLE.findall(path.read_text(encoding="utf-8"))}


def listed(heading: str) -> list[str]:
    """The names in the first column of the table under that heading cell."""
    table = re.search(rf"^\| {heading} \|[^\n]*\n\|[-|]+\|\n((?:\|.*\n)+)", README, re.M)
    return re.findall(r"^\| `([a-z_]+)` \|", table[1], re.M) if table else []


def present(pattern: str) -> set[str]:
    return {path.stem for path in ROOT.glob(pattern) if path.stem != "__init__"}


def test_the_variables_of_roles_and_lookups_are_those_of_the_readme():
    logins = {login.PREFIX + name for name in login.NAMES.values()}
    logins |= {login.PREFIX + "post_login_" + part for part in ("user", "password")}
    rows = [row["name"] for row in VARIABLE_ROW.finditer(README)]
    assert sorted(rows) == sorted(set(rows)), "a variable stands in two rows"
    assert set(rows) == set(role_options()) | logins | used_variables()


def test_no_other_variable_is_named_anywhere_in_the_readme():
    assert set(VARIABLE.findall(README)) <= {row["name"] for row in VARIABLE_ROW.finditer(README)}


@pytest.mark.parametrize(("name", "default"), sorted(defaults()))
def test_the_default_of_a_variable_is_the_real_one(name: str, default: str):
    assert {row["name"]: row["default"] for row in VARIABLE_ROW.finditer(README)}[name] == default


def test_no_default_is_invented():
    literal = {row["name"] for row in VARIABLE_ROW.finditer(README) if re.fullmatch(r"`[^`]*`", row["default"])}
    assert literal - {name for name, _default in defaults()} - {"mysql_clone_address"} == set()


@pytest.mark.parametrize(
    ("heading", "pattern"),
    [("module", "plugins/modules/*.py"), ("role", "roles/*"), ("playbook", "playbooks/*.yml")],
)
def test_the_tables_of_contents_are_the_directories(heading: str, pattern: str):
    assert sorted(listed(heading)) == sorted(present(pattern))


@pytest.mark.parametrize("page", PAGES)
def test_links_inside_the_project_lead_somewhere(page: str):
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)]+)\)", text) if "://" not in target]
    assert [target for target in targets if target and not ((ROOT / page).parent / target).exists()] == []


def test_the_architecture_page_places_every_module_util():
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    names = {path.name for path in ROOT.glob("plugins/module_utils/_*.py") if path.name != "__init__.py"}
    assert {name for name in names if f"`{name}`" not in page} == set()


GUIDES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/docsite/rst/*.rst"))


@pytest.mark.parametrize("page", GUIDES)
def test_a_guide_names_only_variables_and_playbooks_that_exist(page: str):
    text = (ROOT / page).read_text(encoding="utf-8")
    assert set(VARIABLE.findall(text)) <= {row["name"] for row in VARIABLE_ROW.finditer(README)}
    named = set(re.findall(r"(?:ansible-playbook|import_playbook:) dbops\.mysql_clone\.([a-z_]+)", text))
    assert named <= present("playbooks/*.yml")


@pytest.mark.parametrize("page", GUIDES)
def test_yaml_in_a_guide_can_be_read(page: str):
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"^( *)\.\. code-block:: yaml\n\n((?:\1 +.*\n|\n)+)", text, re.M)
    assert len(blocks) == text.count("code-block:: yaml")
    for _indentation, block in blocks:
        assert yaml.safe_load(textwrap.dedent(block))


def test_every_guide_is_in_the_table_of_contents():
    sections = yaml.safe_load((ROOT / "docs/docsite/extra-docs.yml").read_text(encoding="utf-8"))["sections"]
    listed_guides = [entry for section in sections for entry in section["toctree"]]
    assert sorted(listed_guides) == [Path(page).stem for page in GUIDES]
