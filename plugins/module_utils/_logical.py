# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A logical copy of chosen schemas: the server's own mysqldump streamed into its own mysql, without a file on disk.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

# Runs detached from, or without, the AnsibleModule whose run_command pylint asks for.
# pylint: disable=ansible-bad-function

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _inventory
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput, CloneError, ServerError
from ansible_collections.dbops.mysql_clone.plugins.module_utils._progress import size
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import Login, Server
from ansible_collections.dbops.mysql_clone.plugins.module_utils._sql import identifier

BLOCK = 1 << 18
HEAD = 1 << 16
TAIL = 4096
NEWS_SECONDS = 2.0
# mysqldump has --source-data since then; before it was --master-data (manual: mysqldump).
RENAMED = (8, 0, 26)
GRANTS = "SELECT, SHOW VIEW, TRIGGER, EVENT, RELOAD, REPLICATION CLIENT"
OBJECTS = ("views", "routines", "triggers", "events")

_COORDINATES = re.compile(rb"-- CHANGE (?:REPLICATION SOURCE|MASTER) TO \w+_LOG_FILE='([^']+)', \w+_LOG_POS=(\d+);")
_TABLE = re.compile(rb"-- Dumping data for table `([^`\n]{1,64})`")
_DONE = b"-- Dump completed"


class Copy(t.NamedTuple):
    """What is copied: from the donor to the recipient, with the programs in a directory (None: those on PATH).

    ``gtid`` is mysqldump's --set-gtid-purged: off, commented or on. ``replace`` drops schemas that are there. ``seconds``
    bounds the whole copy.
    """

    donor: Login
    recipient: Login
    schemas: tuple[str, ...]
    programs: str | None = None
    gtid: str = "off"
    replace: bool = False
    seconds: float = 86400.0


# -- pure --------------------------------------------------------------------------------------------------------------


def option_value(text: str) -> str:
    """A value in an option file (manual: Using Option Files): in quotes, with the escapes that it knows."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    for plain, written in (("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"), ("\b", "\\b")):
        escaped = escaped.replace(plain, written)
    return '"%s"' % escaped


def option_file(login: Login) -> str:
    """The ``[client]`` section for a login; the only place where its password is written."""
    values: dict[str, str | None] = {
        "user": login.user,
        "password": login.password or "",
        "ssl-ca": login.ca_cert and os.path.expanduser(login.ca_cert),
        "ssl-cert": login.client_cert and os.path.expanduser(login.client_cert),
        "ssl-key": login.client_key and os.path.expanduser(login.client_key),
    }
    if login.unix_socket:
        values["socket"] = login.unix_socket
    else:
        mode = "PREFERRED"
        if login.ca_cert:
            mode = "VERIFY_CA" if login.check_hostname is False else "VERIFY_IDENTITY"
        elif login.require_tls:
            mode = "REQUIRED"
        elif login.require_tls is False:
            mode = "DISABLED"
        values.update({"host": login.host, "port": str(login.port), "protocol": "tcp", "ssl-mode": mode})
    rows = ["%s=%s" % (name, option_value(value)) for name, value in values.items() if value is not None]
    # caching_sha2_password over plain TCP needs the server's key.
    return "\n".join(["[client]", *rows, "get-server-public-key", ""])


def version_of(text: str) -> tuple[int, ...]:
    """The version that ``mysqldump --version`` prints. Raises CloneError for another product's."""
    found = re.search(r"Ver (?:10\.\d+ Distrib )?(\d+)\.(\d+)\.(\d+)(\S*)", text)
    if not found or "MariaDB" in text:
        raise CloneError("mysqldump is not MySQL's: %s. Give client_directory" % text.strip()[:200])
    return tuple(int(number) for number in found.groups()[:3])


def dump_arguments(copy: Copy, version: tuple[int, ...], binlog: bool) -> list[str]:
    """mysqldump's arguments behind the option file: a consistent snapshot with all that belongs to the schemas.

    ``binlog`` says whether the donor writes one, so that the snapshot's position can be told.
    """
    position = "--source-data=2" if version >= RENAMED else "--master-data=2"
    return [
        "--single-transaction",
        "--routines",
        "--triggers",
        "--events",
        "--hex-blob",
        "--no-tablespaces",
        "--default-character-set=utf8mb4",
        "--max-allowed-packet=1G",
        "--set-gtid-purged=" + copy.gtid.upper(),
        *([position] if binlog else []),
        *(["--add-drop-database"] if copy.replace else []),
        "--databases",
        "--",
        *copy.schemas,
    ]


def load_arguments(gtid: str) -> list[str]:
    """mysql's arguments: bytes as they come, and no binary log, so that the copy makes no transactions of the recipient's own."""
    quiet = ["--init-command=SET SESSION sql_log_bin = 0"] if gtid != "on" else []
    return ["--binary-mode", "--max-allowed-packet=1G", "--default-character-set=utf8mb4", *quiet]


class Reader:
    """Watches the dump as it goes by: bytes, the table it is at, the snapshot's position, and whether it is complete."""

    def __init__(self) -> None:
        self.bytes = 0
        self.table: str | None = None
        self._head = b""
        self._tail = b""

    def see(self, block: bytes) -> None:
        """Take notice of the next piece of the dump."""
        self.bytes += len(block)
        if len(self._head) < HEAD:
            self._head += block[: HEAD - len(self._head)]
        joined = self._tail + block
        tables = _TABLE.findall(joined)
        if tables:
            self.table = tables[-1].decode("utf-8", "replace")
        self._tail = joined[-TAIL:]

    @property
    def complete(self) -> bool:
        """Whether the dump has come to its end, as its last line says."""
        return _DONE in self._tail

    @property
    def position(self) -> dict[str, t.Any] | None:
        """The donor's binary log file and position, where the dump tells them."""
        found = _COORDINATES.search(self._head)
        return {"file": found[1].decode("utf-8", "replace"), "position": int(found[2])} if found else None


def differences(
    there: _inventory.Inventory, here: _inventory.Inventory, schemas: t.Collection[str]
) -> dict[str, list[str]]:
    """What differs between donor and recipient in these schemas: ``schema: [what]``; equal ones are left out."""
    found: dict[str, list[str]] = {}

    def differ(name: str, words: str) -> None:
        found.setdefault(name.partition(".")[0], []).append(words)

    left, right = _inventory.tables_of(there), _inventory.tables_of(here)
    for name in sorted(set(left) | set(right)):
        if name.partition(".")[0] not in schemas:
            continue
        ours, theirs = right.get(name), left.get(name)
        if ours is None or theirs is None:
            differ(name, "table %s is only on the %s" % (name, "donor" if ours is None else "recipient"))
        elif ours.rows != theirs.rows:
            differ(name, "table %s has %s rows, %s on the donor" % (name, ours.rows, theirs.rows))
        elif (ours.checksum, ours.definition) != (theirs.checksum, theirs.definition):
            differ(name, "table %s differs from the donor's" % name)
    for kind in OBJECTS:
        if kind not in there or kind not in here:
            continue
        for name in sorted(set(there[kind]) | set(here[kind])):
            if name.partition(".")[0] in schemas and (name not in there[kind] or name not in here[kind]):
                differ(
                    name, "%s %s is only on the %s" % (kind[:-1], name, "donor" if name in there[kind] else "recipient")
                )
    return found


# -- doing it ----------------------------------------------------------------------------------------------------------


def program(name: str, directory: str | None) -> str:
    """The path of one of MySQL's client programs. Raises BadInput where it isn't."""
    path = os.path.join(directory, name) if directory else shutil.which(name)
    if not path or not os.access(path, os.X_OK):
        raise BadInput(
            "%s was not found in %s: a logical copy needs MySQL's client programs on the recipient's host. Install them, or "
            "give client_directory" % (name, directory or "PATH")
        )
    return path


@contextlib.contextmanager
def secret_file(text: str) -> t.Iterator[int]:
    """A file in memory alone that a child may read as /dev/fd/N; gone with its last descriptor."""
    handle = os.memfd_create("options", 0)
    try:
        # MySQL's programs ignore option files that everybody may write to.
        os.fchmod(handle, 0o600)
        os.write(handle, text.encode("utf-8"))
        yield handle
    finally:
        os.close(handle)


def _environment() -> dict[str, str]:
    # The login file would win over the option file.
    kept = {name: value for name, value in os.environ.items() if name != "MYSQL_PWD"}
    return dict(kept, MYSQL_TEST_LOGIN_FILE=os.devnull, LC_ALL="C.UTF-8")


def _said(stream: t.IO[bytes]) -> str:
    stream.seek(0)
    text = stream.read().decode("utf-8", "replace")
    return " ".join(line for line in text.splitlines() if line.strip())[-500:]


def stream(copy: Copy, tell: t.Callable[[str], None]) -> Reader:
    """Pipe the dump into the recipient. Raises CloneError with what the programs said; then part of it may be loaded."""
    dump, load = (program(name, copy.programs) for name in ("mysqldump", "mysql"))
    version = version_of(
        subprocess.run([dump, "--version"], capture_output=True, text=True, timeout=30, check=False).stdout
    )
    with Server(copy.donor) as server:
        binlog = bool(server.value("SELECT @@GLOBAL.log_bin"))
    reader = Reader()
    with contextlib.ExitStack() as stack:
        handles = [stack.enter_context(secret_file(option_file(login))) for login in (copy.donor, copy.recipient)]
        errors = [stack.enter_context(tempfile.TemporaryFile()) for _side in handles]
        common: dict[str, t.Any] = {"env": _environment(), "cwd": "/", "start_new_session": True}
        reading = subprocess.Popen(
            [dump, "--defaults-file=/dev/fd/%d" % handles[0], *dump_arguments(copy, version, binlog)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors[0],
            pass_fds=(handles[0],),
            **common,
        )
        stack.callback(_end, reading)
        writing = subprocess.Popen(
            [load, "--defaults-file=/dev/fd/%d" % handles[1], *load_arguments(copy.gtid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=errors[1],
            pass_fds=(handles[1],),
            **common,
        )
        stack.callback(_end, writing)

        over = threading.Event()

        def give_up() -> None:
            over.set()
            reading.kill()
            writing.kill()

        watchdog = threading.Timer(max(1.0, copy.seconds), give_up)
        watchdog.daemon = True
        watchdog.start()
        stack.callback(watchdog.cancel)
        _pump(reading, writing, reader, tell)
        codes = (reading.wait(), writing.wait())
        if over.is_set():
            raise CloneError("the time was over after %s" % size(reader.bytes))
        # The one that reads is asked first: its end is the end of the other one.
        for place, name in ((1, "mysql"), (0, "mysqldump")):
            if codes[place]:
                words = _said(errors[place]) or "without a word"
                raise CloneError("%s ended with status %d: %s" % (name, codes[place], words))
        if not reader.complete:
            raise CloneError("the dump broke off after %s" % size(reader.bytes))
    return reader


def _pump(
    reading: subprocess.Popen[bytes], writing: subprocess.Popen[bytes], reader: Reader, tell: t.Callable[[str], None]
) -> None:
    told = time.monotonic()
    source, target = t.cast("t.IO[bytes]", reading.stdout), t.cast("t.IO[bytes]", writing.stdin)
    try:
        while True:
            block = os.read(source.fileno(), BLOCK)
            if not block:
                break
            reader.see(block)
            target.write(block)
            if time.monotonic() - told >= NEWS_SECONDS:
                told = time.monotonic()
                tell("copied %s, at table %s" % (size(reader.bytes), reader.table or "-"))
    except BrokenPipeError:
        pass  # its status tells why it ended
    finally:
        with contextlib.suppress(BrokenPipeError):
            target.close()
        source.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
        process.wait()


def inventory(login: Login, schemas: t.Collection[str], seconds: float) -> _inventory.Inventory:
    """The schemas' tables with rows and a sample of their contents, and their objects."""

    def connect() -> Server:
        return Server(login, read_timeout=max(1.0, seconds))

    with connect() as server:
        rows = server.query(_inventory.SCHEMAS)
    others = tuple("%s.*" % _pattern(row["name"]) for row in rows if row["name"] not in schemas)
    wanted = _inventory.Wanted(("tables", "rows", "objects"), "sample", ignore_tables=others, timeout=seconds)
    return _inventory.collect(connect, wanted)


def _pattern(name: str) -> str:
    """A shell pattern that only this name fits."""
    return re.sub(r"([*?\[])", r"[\1]", name)


def run(copy: Copy, present: t.Collection[str], tell: t.Callable[[str], None]) -> dict[str, t.Any]:
    """Copy, compare, and tell. Raises CloneError; schemas that were not there before are dropped again then."""
    begun = time.monotonic()
    try:
        reader = stream(copy, tell)
    except (CloneError, OSError) as error:
        dropped = _undo(copy, present)
        words = error.message if isinstance(error, CloneError) else str(error)
        undone = "; dropped again: " + ", ".join(dropped) if dropped else ""
        raise CloneError(
            "the logical copy of %s failed: %s%s. The account on the donor needs %s"
            % (", ".join(copy.schemas), words.rstrip("."), undone, GRANTS)
        ) from error
    tell("comparing the schemas on both servers")
    left = max(1.0, copy.seconds - (time.monotonic() - begun))
    there, here = (inventory(login, copy.schemas, left) for login in (copy.donor, copy.recipient))
    found = differences(there, here, copy.schemas)
    return {
        "schemas": list(copy.schemas),
        "bytes": reader.bytes,
        "seconds": round(time.monotonic() - begun, 1),
        "source": reader.position,
        "verified": not found,
        "differences": [words for name in sorted(found) for words in found[name]],
    }


def _undo(copy: Copy, present: t.Collection[str]) -> list[str]:
    """Drop what this copy made."""
    made = [name for name in copy.schemas if name not in present]
    dropped = []
    with contextlib.suppress(ServerError), Server(copy.recipient) as server:
        there = {row["name"] for row in server.query(_inventory.SCHEMAS)}
        server.execute("SET SESSION sql_log_bin = 0")
        for name in made:
            if name in there:
                server.execute("DROP DATABASE " + identifier(name))
                dropped.append(name)
    return dropped
