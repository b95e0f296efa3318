# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection's pages as a docsite shows them: ``python scripts/docsite.py DIRECTORY``.

antsibull-docs writes them from the documentation of plugins and roles and from docs/docsite, and Sphinx makes HTML of them. A
warning of either is an error.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

import tree

BIN = Path(sys.prefix) / "bin"
# Labels of Ansible's own documentation that the pages refer to, and where they are.
LABELS = {
    "action_plugins": "plugins/action.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}
# In place of the inventories that Sphinx would fetch: what is wrong must not depend on the network.
INVENTORY = """
intersphinx_mapping = {"ansible_devel": (intersphinx_mapping["ansible_devel"][0], "../ansible.inv")}
"""


def inventory() -> bytes:
    """An inventory, as Sphinx reads it, of those labels."""
    head = "# Sphinx inventory version 2\n# Project: Ansible\n# Version: devel\n# The rest is compressed using zlib.\n"
    body = "".join(f"{label} std:label -1 {page}#$ {label}\n" for label, page in LABELS.items())
    return head.encode() + zlib.compress(body.encode())


def main() -> int:
    """Build the pages below the directory; 1 when anything isn't as it should be."""
    if len(sys.argv) != 2:
        raise SystemExit(__doc__.splitlines()[0])
    site = Path(sys.argv[1]).absolute()
    shutil.rmtree(site, ignore_errors=True)
    site.mkdir(parents=True, mode=0o700)  # antsibull-docs wants a directory that nobody else can write to
    with tempfile.TemporaryDirectory() as top:
        tree.copy(Path(top))
        environment = os.environ | {
            "ANSIBLE_COLLECTIONS_PATH": top,
            "PATH": os.pathsep.join([str(BIN), os.environ.get("PATH", os.defpath)]),
        }
        names = ("--use-current", "--dest-dir", site, "--fail-on-error", "dbops.mysql_clone")
        begin = [BIN / "antsibull-docs", "sphinx-init", "--sphinx-theme", "alabaster", *names]
        subprocess.run(begin, check=True, env=environment, stdout=subprocess.DEVNULL)
        (site / "ansible.inv").write_bytes(inventory())
        with open(site / "conf.py", "a", encoding="utf-8") as conf:
            conf.write(INVENTORY)
        done = subprocess.run(["bash", site / "build.sh"], check=False, env=environment, stdout=subprocess.DEVNULL)
    return 1 if done.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
