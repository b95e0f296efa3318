# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compiling what is imported from Ansible's zip file once: imported first, this module sees to it.

Python asks the loader of a zip file for the name of a module's file, then for its code, and each compiles the source.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import importlib.machinery
import pkgutil
import sys
import types
import typing as t
import zipimport


class Loader:
    """A zip file's loader with the code of one module."""

    def __init__(self, loader: zipimport.zipimporter, code: types.CodeType) -> None:
        self._loader = loader
        self._code = code

    def __getattr__(self, name: str) -> t.Any:
        return getattr(self._loader, name)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        """As usual."""

    def exec_module(self, module: types.ModuleType) -> None:
        """Run the code that was compiled when the module was found."""
        exec(self._code, module.__dict__)  # pylint: disable=exec-used


class Finder:
    """Finds modules that aren't packages in the packages of a zip file."""

    @staticmethod
    def find_spec(name: str, path: t.Sequence[str] | None, *unused: t.Any) -> importlib.machinery.ModuleSpec | None:
        """The module with its code, where a zip file among ``path`` has it; None leaves it to Python's own way."""
        for entry in path or ():
            loader = pkgutil.get_importer(entry)
            if isinstance(loader, zipimport.zipimporter):
                try:
                    code = None if loader.is_package(name) else loader.get_code(name)
                except zipimport.ZipImportError:
                    continue
                if code:
                    found = importlib.machinery.ModuleSpec(name, Loader(loader, code), origin=code.co_filename)  # type: ignore[arg-type]
                    found.has_location = True
                    return found
        return None


if isinstance(__loader__, zipimport.zipimporter):  # type: ignore[name-defined]
    sys.meta_path.insert(0, Finder)
