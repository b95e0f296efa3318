# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sections of a report, one file a section.

A section is what a file here calls ``SECTION`` (see _section.py): what it keeps of a host's results, what it shows, its
HTML and Markdown, and its words in all languages. Adding a section is adding a file.

This plugin util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import importlib
import pkgutil

from ansible_collections.dbops.mysql_clone.plugins.plugin_utils._sections._section import Section


def found() -> tuple[Section, ...]:
    """The sections of all files here, in their order on a page."""
    names = [name for _finder, name, _is_package in pkgutil.iter_modules(__path__) if not name.startswith("_")]
    sections: list[Section] = [importlib.import_module("%s.%s" % (__name__, name)).SECTION for name in names]
    return tuple(sorted(sections, key=lambda section: section.place))


SECTIONS = found()
