# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command that a page tells readers to type is run: by the target docs_commands, or by what is named here."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
TARGET = ROOT / "tests/integration/targets/docs_commands/files/docs_commands.py"
# What the target can't run, and what runs it instead.
ELSEWHERE = {
    # Its parts are what scripts/demo.sh does: build, install, play.
    "ansible-galaxy collection install dist/dbops-mysql_clone-{version}.tar.gz": "scripts/demo.sh",
    "ansible-galaxy collection install dbops-mysql_clone-{version}.tar.gz": "scripts/demo.sh",
    # These aren't part of the virtual environment; by other paths and addresses they are run from one of their own.
    "ansible-runner run /srv/clones -p dbops.mysql_clone.clone": "scripts/runners.py",
    "ansible-navigator run dbops.mysql_clone.clone -m stdout --execution-environment false -i inventory.yml": (
        "scripts/runners.py"
    ),
    "ansible-pull -U https://git.example.com/clones.git -i inventory.yml site.yml": "scripts/runners.py",
    # It needs Java; the source and the rulebook have tests of their own.
    "ansible-rulebook --rulebook dbops.mysql_clone.clone_failures -i inventory.yml --vars servers.yml": (
        "tests/unit/extensions/test_clone_failures.py"
    ),
}


def load():
    spec = importlib.util.spec_from_file_location("docs_commands", TARGET)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


DOCS = load()
COMMANDS = DOCS.commands(ROOT)
VERSION = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"]
MAKE = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)[1].split()


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_a_command_of_the_docs_is_run(command):
    if command.startswith("make "):
        assert command.split()[1] in MAKE
        return
    if DOCS.is_run(command):
        return
    known = {text.format(version=VERSION): path for text, path in ELSEWHERE.items()}
    assert command in known, f"{COMMANDS[command]}: nothing runs it"
    assert (ROOT / known[command]).is_file()


def test_the_target_knows_each_playbook():
    assert {path.stem for path in ROOT.glob("playbooks/*.yml")} == set(DOCS.PLAYBOOKS)
    assert DOCS.in_order(list(COMMANDS))


def test_pages_name_the_version_that_is_built():
    pages = [page for pattern in DOCS.PAGES for page in ROOT.glob(pattern)]
    named = {
        version for page in pages for version in re.findall(r"mysql_clone-([0-9.]+)\.tar", page.read_text("utf-8"))
    }
    assert named == {VERSION}


def test_scripts_that_pages_name_exist_and_know_the_options():
    pages = [*(page for pattern in DOCS.PAGES for page in ROOT.glob(pattern)), ROOT / "lab/README.md"]
    named = {
        line
        for page in pages
        for line in re.findall(r"`((?:python )?scripts/[a-z_]+\.py[^`]*)`", page.read_text("utf-8"))
    }
    assert len(named) > 3
    for line in named:
        script = ROOT / re.search(r"scripts/[a-z_]+\.py", line)[0]
        assert script.is_file(), line
        source = script.read_text(encoding="utf-8")
        assert [option for option in re.findall(r" (--[a-z-]+)", line) if f'"{option}"' not in source] == [], line
