# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Links between pages of the project lead to files and headings that exist."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import pytest
import tomllib

ROOT = Path(__file__).resolve().parents[3]
HERE = "https://github.com/dbops/mysql_clone/"
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/**/*.md", "docs/**/*.rst", "roles/*/README.md", "lab/*.md")
    for path in ROOT.glob(pattern)
)


@functools.cache
def anchors(page: Path) -> set[str]:
    """What a link may name on a page: explicit anchors, and headings as GitHub calls them."""
    text = page.read_text(encoding="utf-8")
    prose = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    headings = [re.sub(r"[^\w\- ]", "", line.lower()) for line in re.findall(r"^#+ +(.+?) *$", prose, re.M)]
    return set(re.findall(r'<a id="([^"]+)"', text)) | {heading.replace(" ", "-") for heading in headings}


def links(page: str) -> list[str]:
    """All links of a page, without those in code."""
    text = re.sub(r"^```.*?^```", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.M | re.S)
    if page.endswith(".rst"):
        return re.findall(r"<(https?://[^>]+)>`_", text)
    return re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r"^\[[^\]]+\]: (\S+)", text, re.M)


def leads_nowhere(page: str, link: str) -> bool:
    """Whether a link to this project misses."""
    target, _hash, anchor = link.partition("#")
    if link.startswith(HERE):
        path = re.fullmatch(r"(?:blob|tree)/main/(.+)", target.removeprefix(HERE))
        if not path:
            return False
        file = ROOT / path[1]
    elif "://" in link or link.startswith("mailto:"):
        return False
    else:
        file = (ROOT / page).parent / target if target else ROOT / page
    if not file.exists():
        return True
    return bool(anchor) and file.suffix == ".md" and anchor not in anchors(file.resolve())


@pytest.mark.parametrize("page", PAGES)
def test_a_page_links_to_what_exists(page: str):
    assert [link for link in links(page) if leads_nowhere(page, link)] == []


def test_links_are_found():
    assert "docs/CONTRIBUTING.md" in links("README.md")
    assert leads_nowhere("README.md", "docs/errors.md#error-999999")
    assert leads_nowhere("README.md", "docs/nothing.md")


def test_code_in_guides_is_in_languages_that_the_lint_of_docs_allows():
    allowed = tomllib.loads((ROOT / "antsibull-nox.toml").read_text(encoding="utf-8"))
    known = set(allowed["sessions"]["docs_check"]["codeblocks_restrict_types"])
    for page in PAGES:
        if page.endswith(".rst"):
            text = (ROOT / page).read_text(encoding="utf-8")
            assert set(re.findall(r"code-block:: *(\S*)", text)) <= known, page


def test_the_threat_model_names_tests_that_exist():
    page = (ROOT / "docs/threat_model.md").read_text(encoding="utf-8")
    shown_by = [line.split("|")[3] for line in page.splitlines() if line.count("|") == 4]
    named = {name for cell in shown_by for name in re.findall(r"`([a-z_]+(?:\.py)?)`", cell)}
    assert len(named) > 10
    units, targets = ROOT / "tests/unit/plugins/module_utils", ROOT / "tests/integration/targets"
    assert {name for name in named if not ((units if name.endswith(".py") else targets) / name).exists()} == set()


def test_the_architecture_page_names_functions_that_exist():
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"`(_[a-z_]+)\.([A-Za-z_]+)`", page)
    named = [(file, name) for file, name in named if name != "py"]
    assert len(named) > 10
    files = {path.stem: path for path in ROOT.glob("plugins/*_utils/_*.py")}
    defined = r"^ *(?:def|class) {0}\b|^{0}\b.* = "
    assert [
        (file, name)
        for file, name in named
        if not re.search(defined.format(name), files[file].read_text(encoding="utf-8"), re.M)
    ] == []
