# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the collection that no linter knows. Each returns the complaints it has."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import yaml

# Whatever else lies in the tarball isn't for users.
BUILD_ALLOWED = {
    "CHANGELOG.md",
    "FILES.json",
    "LICENSE",
    "LICENSES",
    "MANIFEST.json",
    "README.md",
    "SECURITY.md",
    "changelogs",
    "docs",
    "extensions",
    "meta",
    "playbooks",
    "plugins",
    "requirements.txt",
    "roles",
}
BUILD_ALLOWED_CHANGELOGS = {"changelogs/changelog.yaml", "changelogs/config.yaml"}


def action_group(root: Path) -> list[str]:
    """Compare the action group ``all`` in meta/runtime.yml with the modules that exist."""
    runtime = yaml.safe_load((root / "meta/runtime.yml").read_text(encoding="utf-8"))
    listed = runtime["action_groups"]["all"]
    present = sorted(path.stem for path in (root / "plugins/modules").glob("*.py") if path.stem != "__init__")
    complaints = [
        f"meta/runtime.yml: action group all lacks {name}, so module_defaults don't reach it"
        for name in sorted(set(present) - set(listed))
    ]
    complaints += [
        f"meta/runtime.yml: action group all lists {name}, but there is no plugins/modules/{name}.py"
        for name in sorted(set(listed) - set(present))
    ]
    if listed != sorted(set(listed)):
        complaints.append("meta/runtime.yml: action group all isn't sorted or lists a module twice")
    return complaints


def build(root: Path) -> list[str]:
    """Build the collection where it stands and look for files in the tarball that users don't need."""
    with tempfile.TemporaryDirectory() as output:
        command = [f"{sys.prefix}/bin/ansible-galaxy", "collection", "build", "--output-path", output, str(root)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return [f"ansible-galaxy collection build: {done.stdout}{done.stderr}"]
        (tarball,) = Path(output).glob("*.tar.gz")
        with tarfile.open(tarball) as archive:
            names = archive.getnames()
    return [f"the built tarball holds {name}: add it to build_ignore in galaxy.yml" for name in names if _is_dev(name)]


def _is_dev(name: str) -> bool:
    parts = Path(name).parts
    if parts[0] == "changelogs" and len(parts) > 1:
        return name not in BUILD_ALLOWED_CHANGELOGS
    return parts[0] not in BUILD_ALLOWED or any(part.startswith(".") or part == "__pycache__" for part in parts)


def main() -> int:
    """Run the check that the command line names and print what it has to say."""
    check = {"action-group": action_group, "build": build}[sys.argv[1]]
    complaints = check(Path(__file__).resolve().parent.parent)
    print("\n".join(complaints))
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
