# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Data directories: initialised once for each server and set of lasting options, then copied."""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from lab.errors import LabError
from lab.installation import Installation
from lab.locks import locked
from lab.paths import cache_dir

# What a server fixes for ever when it makes its data directory.
LASTING = {"innodb_page_size", "innodb_data_file_path", "lower_case_table_names", "innodb_undo_tablespaces"}
_LOG = "initialize.log"


def lasting(options: Mapping[str, str]) -> dict[str, str]:
    """Those of ``options`` that must be known when the data directory is made."""
    return {name: value for name, value in sorted(options.items()) if name in LASTING}


def new_datadir(installation: Installation, options: Mapping[str, str], target: Path) -> None:
    """Make ``target`` a fresh data directory: root has no password yet, no server uuid, no TLS keys."""
    wanted = lasting(options)
    identity = json.dumps([installation.server, installation.version, wanted])
    key = f"{installation.product}-{installation.version}-{hashlib.sha256(identity.encode()).hexdigest()[:8]}"
    template = cache_dir() / "templates" / key
    if not template.is_dir():
        with locked(f"template-{key}", 300, f"initialising a {installation.product} data directory"):
            if not template.is_dir():
                _initialise(installation, wanted, template)
    target.mkdir(parents=True, exist_ok=True)
    copied = subprocess.run(
        ["cp", "-a", "--reflink=auto", f"{template}/.", target], text=True, capture_output=True, check=False
    )
    if copied.returncode:
        raise LabError(f"cannot copy {template} to {target}: {copied.stderr.strip()}")


def _initialise(installation: Installation, options: Mapping[str, str], template: Path) -> None:
    partial = template.with_name(template.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True, mode=0o750)
    log = partial.parent / f"{template.name}.log"
    make = _initialise_mariadb if installation.product == "mariadb" else _initialise_mysql
    command, statements = make(installation, options, partial)
    with open(log, "wb") as output:
        result = subprocess.run(
            command, input=statements, stdout=output, stderr=output, timeout=300, check=False, cwd="/"
        )
    if result.returncode:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        words = [line for line in lines if "[ERROR]" in line][:3] or lines[-3:]
        hint = ""
        if Path("/etc/apparmor.d/usr.sbin.mysqld").exists() and installation.server == "/usr/sbin/mysqld":
            hint = "; AppArmor confines this mysqld to /var/lib/mysql: set MYSQL_BASEDIR to another installation"
        raise LabError(f"{installation.server} cannot make a data directory: {' '.join(words)}{hint}")
    log.unlink()
    # Every server gets its own of these at its first start.
    for pattern in ("auto.cnf", "*.pem", "*.err"):
        for path in partial.glob(pattern):
            path.unlink()
    partial.rename(template)


def _common(installation: Installation, target: Path) -> list[str]:
    command = [
        installation.server,
        "--no-defaults",
        f"--basedir={installation.basedir}",
        f"--datadir={target}",
        f"--lc-messages-dir={installation.messages_dir}",
        f"--character-sets-dir={installation.charsets_dir}",
        f"--plugin-dir={installation.plugin_dir}",
    ]
    if os.getuid() == 0:
        command.append(f"--user={getpass.getuser()}")
    return command


def _initialise_mysql(
    installation: Installation, options: Mapping[str, str], target: Path
) -> tuple[list[str], bytes | None]:
    command = [
        *_common(installation, target),
        "--initialize-insecure",
        "--secure-file-priv=",
        "--innodb-log-file-size=4M" if installation.numbers < (8, 0, 30) else "--innodb-redo-log-capacity=8M",
        *(f"--{name.replace('_', '-')}={value}" for name, value in options.items()),
    ]
    return command, None


def _initialise_mariadb(
    installation: Installation, _options: Mapping[str, str], target: Path
) -> tuple[list[str], bytes | None]:
    scripts = Path(installation.messages_dir)
    statements = b"CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n"
    for name in ("mysql_system_tables.sql", "mysql_performance_tables.sql", "mysql_system_tables_data.sql"):
        for place in (scripts / name, scripts / name.replace("mysql_", "mariadb_", 1)):
            if place.is_file():
                statements += place.read_bytes() + b"\n"
                break
        else:
            raise LabError(f"{scripts} holds no {name}")
    (target / "mysql").mkdir(exist_ok=True)
    statements = statements.replace(b"CREATE DATABASE mysql;\n", b"", 1)
    return [*_common(installation, target), "--bootstrap", "--innodb-log-file-size=8M"], statements
