# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the error catalogue with what a real server, perror and a real client say: ``compare.py BINDIR SOCKET``."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from pathlib import Path

from pymysql.constants import CR

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _errors
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import Login, Server

# The client library renamed nothing since; PyMySQL lists its numbers under the same names.
CLIENT_NUMBERS = {number: name for name, number in vars(CR).items() if name.startswith("CR_")}
# Raised by MySQL 8.0 only.
RETIRED = {1021}
# Real failures of the real client: arguments, the number that it must print.
CLIENT_FAILURES = {
    2002: ["--socket=/nonexistent/mysqld.sock"],
    2003: ["--host=127.0.0.1", "--port=1", "--protocol=tcp"],
    2005: ["--host=no-such-host.invalid", "--protocol=tcp"],
    2026: ["--ssl-mode=VERIFY_CA", "--ssl-ca=/nonexistent.pem"],
}


def complaints_about_server(server: Server, known: dict[int, str]) -> list[str]:
    """Numbers from 1000 on, without the client's: the server lists all that it can raise or log."""
    rows = server.query(
        "SELECT ERROR_NUMBER, ERROR_NAME FROM performance_schema.events_errors_summary_global_by_error "
        "WHERE ERROR_NUMBER IS NOT NULL"
    )
    # Servers before 8.4 still use the old words for replication.
    names = {
        int(row["ERROR_NUMBER"]): row["ERROR_NAME"].replace("MASTER", "SOURCE").replace("SLAVE", "REPLICA")
        for row in rows
    }
    mine = {number: symbol for number, symbol in known.items() if _errors.source_of(number) in ("server", "log")}
    print(f"{len(mine)} of the catalogue's numbers compared with the {len(names)} of server {server.version}")
    clone_family = {number for number, name in names.items() if name.startswith("ER_CLONE_") and number < 10000}
    return [
        f"{number}: the catalogue says {symbol}, the server {names.get(number)}"
        for number, symbol in mine.items()
        if names.get(number) != symbol and not (number in RETIRED and number not in names)
    ] + [f"{number} {names[number]} isn't in the catalogue" for number in sorted(clone_family - set(known))]


def complaints_about_os(perror: Path, known: dict[int, str]) -> list[str]:
    """Numbers below 1000: Python knows their names, perror their texts."""
    mine = {number: symbol for number, symbol in known.items() if _errors.source_of(number) == "os"}
    print(f"{len(mine)} compared with the operating system and perror")
    complaints = []
    for number, symbol in mine.items():
        said = subprocess.run([perror, str(number)], capture_output=True, text=True, check=False).stdout
        if errno.errorcode.get(number) != symbol:
            complaints.append(f"{number}: the catalogue says {symbol}, the system {errno.errorcode.get(number)}")
        if not re.search(rf"OS error code\s+{number}:\s+{re.escape(os.strerror(number))}", said):
            complaints.append(f"{number}: perror says {said!r}")
    return complaints


def complaints_about_client(mysql: Path, socket: str, known: dict[int, str]) -> list[str]:
    """Numbers from 2000 to 2999: the names in the driver, and failures of the real client."""
    mine = {number: symbol for number, symbol in known.items() if _errors.source_of(number) == "client"}
    print(f"{len(mine)} compared with the client's, {len(CLIENT_FAILURES)} of them by making it fail")
    complaints = [
        f"{number}: the catalogue says {symbol}, the client {CLIENT_NUMBERS.get(number)}"
        for number, symbol in mine.items()
        if CLIENT_NUMBERS.get(number) != symbol
    ]
    for number, arguments in CLIENT_FAILURES.items():
        place = (
            arguments
            if any("host" in part or "socket" in part for part in arguments)
            else [f"--socket={socket}", *arguments]
        )
        said = subprocess.run(
            [mysql, "--no-defaults", *place, "-e", "SELECT 1"], capture_output=True, text=True, check=False
        ).stderr
        entry = _errors.classify(None, said)
        print(f"  {number}: {said.strip()}")
        if entry.number != number:
            complaints.append(f"{number}: the client said {said!r}, which is understood as {entry.number}")
    return complaints


def main() -> int:
    """Print what was compared; the exit status is 1 when anything differs."""
    bindir, socket = Path(sys.argv[1]), sys.argv[2]
    known = _errors.known()
    login = Login(unix_socket=socket, user="root", password=os.environ["LAB_ROOT_PASSWORD"])
    with Server(login) as server:
        complaints = complaints_about_server(server, known)
    complaints += complaints_about_os(bindir / "perror", known)
    complaints += complaints_about_client(bindir / "mysql", socket, known)
    print("\n".join(complaints) or "all agree")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
