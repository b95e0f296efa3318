# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Talking to MySQL: the only importer of PyMySQL.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import datetime
import decimal
import importlib
import os
import re
import socket
import ssl
import sys
import threading
import time
import traceback
import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import (
    MALFORMED,
    BadInput,
    CloneError,
    MissingLibrary,
    ServerError,
    printable,
)

# The driver imports it for one way to log in (see with_cryptography), which takes longer than all else that it imports.
_LATE = "cryptography"
if _LATE not in sys.modules:
    sys.modules[_LATE] = None  # type: ignore[assignment]

PYMYSQL_IMPORT_ERROR: str | None
try:
    import pymysql
    import pymysql.constants.CLIENT
    import pymysql.cursors
except ImportError:
    PYMYSQL_IMPORT_ERROR = traceback.format_exc()
    _Driver: t.Any = object
else:
    PYMYSQL_IMPORT_ERROR = None
    _Driver = pymysql.connections.Connection
finally:
    if sys.modules[_LATE] is None:
        del sys.modules[_LATE]

# Errors that say "this account can't log in (so)": another login may.
ACCESS_DENIED = (1044, 1045, 1698, 1862, 3118, 3159)
# Errors that say "the connection is gone", whatever happened to the statement.
CONNECTION_LOST = (2006, 2013, 1053, 1158, 1159, 1160, 1161)
# Errors that say "nothing answers there (now)".
UNREACHABLE = (2002, 2003, 2005, 2012)
TLS_FAILED = 2026
NO_SUCH_TABLE = 1146
NOT_ALLOWED = 1142
SESSION_SECONDS = 60
MINIMUM_VERSION = (8, 0, 17)
# What one answer may take at most, in bytes; a piece of it costs Python so many bytes more.
LARGEST_ANSWER = 1 << 29
PIECE_COST = 128
# The longest DECIMAL has 65 digits; a larger exponent would only make a very long number.
DECIMAL_DIGITS = 100
_CHUNK = 1 << 16
# What is kept of a version.
_LONGEST_VERSION = 100
# Ways to log in that no server of ours needs. The first ones hand over the password itself, the last one a weak hash of it.
_CLEAR_TEXT = (b"mysql_clear_password", b"dialog")
_REFUSED_LOGINS = (b"mysql_old_password",)
# The first byte of a packet that is an error.
_ERROR = 0xFF
# What is as long goes on in the next packet.
_LONGEST_PACKET = 0xFFFFFF
_NUMBERS = re.compile(r"(\d{1,9})\.(\d{1,9})\.(\d{1,9})")
_PLACEHOLDER = re.compile(r"`(?:[^`]|``)*`|%s")


_importing = threading.Lock()


def with_cryptography() -> bool:
    """Let the driver import the library cryptography; whether it has it then.

    It takes it to send a password to an account with caching_sha2_password without TLS, when the server hasn't seen it lately.
    """
    with _importing:
        if not pymysql._auth._have_cryptography:
            importlib.reload(pymysql._auth)
        return bool(pymysql._auth._have_cryptography)


class Login(t.NamedTuple):
    """How to reach a server and as whom. ``password`` is never part of a message, a repr or a result.

    ``require_tls`` demands TLS (True), forgoes it (False), or prefers it where the server offers it (None).
    """

    host: str = "localhost"
    port: int = 3306
    unix_socket: str | None = None
    user: str | None = None
    password: str | None = None
    config_file: str | None = None
    ca_cert: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    check_hostname: bool | None = None
    require_tls: bool | None = None
    connect_timeout: int = 30

    @property
    def label(self) -> str:
        """The server as people write it: socket path or host:port."""
        if self.unix_socket:
            return self.unix_socket
        return "[%s]:%d" % (self.host, self.port) if ":" in self.host else "%s:%d" % (self.host, self.port)

    def __repr__(self) -> str:
        return "Login(%s as %s)" % (self.label, self.user)


def with_config_file(login: Login) -> Login:
    """Fill what isn't given from the option file; see _option_file. A missing file is no error."""
    if not login.config_file:
        return login
    path = os.path.expanduser(login.config_file)
    if not os.path.exists(path):
        return login
    # Not above: most hosts have none.
    from ansible_collections.dbops.mysql_clone.plugins.module_utils import _option_file

    return login._replace(**_option_file.additions(path, **login._asdict()))


_contexts: dict[tuple[t.Any, ...], ssl.SSLContext] = {}


def _stamp(path: str | None) -> tuple[int, ...] | None:
    """What differs once a file is replaced; None where there is none."""
    try:
        status = os.stat(os.path.expanduser(path or ""))
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def tls_context(login: Login) -> ssl.SSLContext:
    """The TLS settings of a login; one context per process and setting, since making one costs 20 ms of CPU time."""
    files = (login.ca_cert, login.client_cert, login.client_key)
    # Servers make new keys, and a process may outlive that.
    key = (*files, login.check_hostname, *map(_stamp, files))
    if key not in _contexts:
        try:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            context.check_hostname = bool(login.ca_cert) and login.check_hostname is not False
            context.verify_mode = ssl.CERT_REQUIRED if login.ca_cert else ssl.CERT_NONE
            if login.ca_cert:
                context.load_verify_locations(cafile=os.path.expanduser(login.ca_cert))
            if login.client_cert:
                context.load_cert_chain(
                    os.path.expanduser(login.client_cert), login.client_key and os.path.expanduser(login.client_key)
                )
        except (OSError, ssl.SSLError) as error:
            raise BadInput(
                "%s: the TLS files can't be used (ca_cert %s, client_cert %s, client_key %s): %s"
                % (login.label, login.ca_cert, login.client_cert, login.client_key, error)
            ) from error
        _contexts[key] = context
    return _contexts[key]


def _plain(value: t.Any) -> t.Any:
    """A column's value as JSON knows it: timestamps as ISO 8601 in UTC (sessions run in UTC), decimals as numbers."""
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, decimal.Decimal):
        whole = value.is_finite() and value.adjusted() < DECIMAL_DIGITS and value == value.to_integral_value()
        return int(value) if whole else float(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat() + "Z"
    if isinstance(value, (datetime.date, datetime.timedelta)):
        return str(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return value


class Row(t.Dict[str, t.Any]):  # noqa: UP006 (a base class in Python 3.9)
    """A row, by column; asking for a column that the server left out says whose answer it was."""

    __slots__ = ("label",)
    label: str

    def __missing__(self, name: str) -> t.Any:
        raise ServerError(MALFORMED, "malformed answer: it has no column %s" % name, self.label)


class _Connection(_Driver):  # type: ignore[misc]
    """The driver's connection with limits that it lacks: on an answer as a whole, and on what a server may ask for."""

    tls_needed = False
    _deadline: float | None = None
    _room = LARGEST_ANSWER
    # What was read ahead, from which socket, and how far it is used up.
    _ahead = b""
    _place = 0
    _source: t.Any = None
    _next_seq_id: int

    def allow(self, seconds: float | None) -> None:
        """From here on an answer may take so long, all pieces together (None: for ever), and LARGEST_ANSWER bytes."""
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self._room = LARGEST_ANSWER

    def set_character_set(self, *unused: t.Any) -> None:
        """Nothing: a session's first statement sets it along with the rest."""

    def _read_packet(self, *kind: t.Any) -> t.Any:
        # Nearly all of hundreds were read ahead as a whole; errors and all else are the driver's.
        begin = self._place + 4
        head = self._ahead[self._place : begin + 1]
        if len(head) == 5 and self._source is self._sock and head[3] == self._next_seq_id and head[4] != _ERROR:
            end = begin + int.from_bytes(head[:3], "little")
            room = self._room - (end - begin) - 2 * PIECE_COST - 4
            if begin < end <= len(self._ahead) and end - begin < _LONGEST_PACKET and room >= 0:
                self._room, self._place = room, end
                self._next_seq_id = (self._next_seq_id + 1) % 256
                return (kind or (pymysql.protocol.MysqlPacket,))[0](self._ahead[begin:end], self.encoding)
        return super()._read_packet(*kind)

    def _read_bytes(self, num_bytes: int) -> bytes:
        self._room -= num_bytes + PIECE_COST
        if self._room < 0:
            self._force_close()
            raise pymysql.err.OperationalError(
                MALFORMED, "malformed answer: it has more than %d MiB" % (LARGEST_ANSWER >> 20)
            )
        end = self._place + num_bytes
        if end > len(self._ahead) or self._source is not self._sock:
            self._fetch(num_bytes)
            end = num_bytes
        piece = self._ahead[self._place : end]
        self._place = end
        return piece

    def _fetch(self, wanted: int) -> None:
        """Read ahead until so many bytes are there."""
        # What came before TLS has no place in what comes after.
        pieces = [self._ahead[self._place :] if self._source is self._sock else b""]
        missing = wanted - len(pieces[0])
        self._source = self._sock
        while missing > 0:
            try:
                left = None if self._deadline is None else self._deadline - time.monotonic()
                if left is not None and left <= 0:
                    raise socket.timeout("timed out")
                # A server that sends a byte from time to time doesn't win more time by it.
                self._sock.settimeout(left)
                self._current_timeout = self._read_timeout
                piece = self._sock.recv(_CHUNK)
            except OSError as error:
                self._force_close()
                raise pymysql.err.OperationalError(
                    2013, "Lost connection to MySQL server during query (%s)" % error
                ) from error
            if not piece:
                self._force_close()
                raise pymysql.err.OperationalError(2013, "Lost connection to MySQL server during query")
            pieces.append(piece)
            missing -= len(piece)
        self._ahead, self._place = b"".join(pieces), 0

    def _request_authentication(self) -> None:
        # Before anything of the password is sent: whoever sits between would only have to say that there is no TLS.
        if self.tls_needed and not self.server_capabilities & pymysql.constants.CLIENT.SSL:
            raise pymysql.err.OperationalError(TLS_FAILED, "TLS is required here but the server doesn't offer it")
        super()._request_authentication()

    def _process_auth(self, plugin_name: bytes, *rest: t.Any) -> t.Any:
        if plugin_name in _REFUSED_LOGINS or (plugin_name in _CLEAR_TEXT and not self._secure):
            raise pymysql.err.OperationalError(
                2061,
                "the server asks for a login by %s, which would give the password away here: use TLS or the unix socket"
                % plugin_name.decode("ascii"),
            )
        return super()._process_auth(plugin_name, *rest)


class Server:
    """One session on one MySQL server. Rows are dictionaries of plain values, errors are ServerError.

    ``read_timeout`` (seconds) bounds each answer as a whole; None waits for ever and is for the CLONE statement alone.
    """

    def __init__(self, login: Login, read_timeout: float | None = SESSION_SECONDS, database: str | None = None) -> None:
        if PYMYSQL_IMPORT_ERROR:
            raise MissingLibrary(
                "PyMySQL is needed by the Python that runs this module: pip install PyMySQL",
                library="PyMySQL",
                trace=PYMYSQL_IMPORT_ERROR,
            )
        self.login = with_config_file(login)
        self.label = self.login.label
        self.version = ""
        if self.login.check_hostname and not self.login.ca_cert:
            raise BadInput(
                "%s: check_hostname needs ca_cert: without a certificate authority nothing is verified. Give ca_cert, or leave check_hostname out"
                % self.label
            )
        tls: bool | None = None if self.login.unix_socket or self.login.require_tls is False else True
        try:
            self._connection = self._open(read_timeout, database, tls)
        except ServerError as error:
            preferred = not (self.login.ca_cert or self.login.client_cert or self.login.require_tls)
            if not (error.number == TLS_FAILED and preferred and "doesn't support" in error.text):
                raise
            self._connection = self._open(read_timeout, database, None)

    def _open(self, read_timeout: float | None, database: str | None, tls: bool | None) -> t.Any:
        login = self.login
        options: dict[str, t.Any] = {"ssl": tls_context(login)} if tls else {"ssl_disabled": True}
        if login.unix_socket:
            options["unix_socket"] = login.unix_socket
        connection = _Connection(
            host=login.host or "localhost",
            port=login.port,
            user=login.user,
            # The driver would encode text as latin1; the server compares UTF-8.
            password=(login.password or "").encode("utf-8"),
            database=database,
            charset="utf8mb4",
            autocommit=True,
            connect_timeout=login.connect_timeout,
            write_timeout=login.connect_timeout,
            client_flag=pymysql.constants.CLIENT.MULTI_STATEMENTS,
            cursorclass=pymysql.cursors.DictCursor,
            # Timestamps come in UTC whatever the server's zone; texts in English whatever lc_messages. Our own statements mean
            # the same everywhere: no mode of the server's changes what a quote or a backslash is.
            init_command="SET NAMES utf8mb4, time_zone = '+00:00', lc_messages = 'en_US', sql_mode = ''",
            program_name="dbops.mysql_clone",
            defer_connect=True,
            **options,
        )
        needed = login.require_tls or login.ca_cert or login.client_cert
        connection.tls_needed = bool(needed) and not login.unix_socket
        try:
            try:
                self._connect(connection)
            except RuntimeError as error:
                if _LATE not in str(error) or not with_cryptography():
                    raise
                self._connect(connection)
        except Exception as error:
            failure = self._translate(error, "connect")
            failure.version = printable(getattr(connection, "server_version", ""), _LONGEST_VERSION)
            raise failure from error
        self._timeout = read_timeout
        self.version = printable(connection.server_version, _LONGEST_VERSION)
        return connection

    def _connect(self, connection: t.Any) -> None:
        # The handshake is part of connecting: a link that is frozen accepts and then says nothing.
        connection.allow(self.login.connect_timeout)
        connection.connect()

    def _translate(self, error: BaseException, stage: str) -> ServerError:
        if isinstance(error, pymysql.err.MySQLError) and error.args and isinstance(error.args[0], int):
            number = error.args[0]
            cause = getattr(error, "original_exception", None)
            if isinstance(cause, ssl.SSLError) and not isinstance(cause, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
                # The driver calls it 2003, as if nobody were there.
                return ServerError(TLS_FAILED, "TLS connection error: %s" % cause, self.label, stage)
            # A failed handshake comes as 2003/2013 with the cause behind it.
            text = str(error.args[1]) if len(error.args) > 1 else str(error)
            return ServerError(number or 2013, text or "connection lost", self.label, stage)
        if isinstance(error, RuntimeError) and "cryptography" in str(error):
            text = (
                "the account uses caching_sha2_password and the connection is not encrypted: "
                "use TLS or the unix socket, or install the Python library cryptography"
            )
            return ServerError(2061, text, self.label, stage)
        if isinstance(error, (ssl.SSLError, ssl.CertificateError)):
            return ServerError(TLS_FAILED, "TLS connection error: %s" % error, self.label, stage)
        if isinstance(error, socket.gaierror):
            return ServerError(2005, "Unknown MySQL server host '%s'" % self.login.host, self.label, stage)
        if isinstance(error, (OSError, EOFError)):
            return ServerError(
                2003 if stage == "connect" else 2013, str(error) or type(error).__name__, self.label, stage
            )
        # Whatever else the driver stumbles over (an answer that isn't MySQL's protocol, a login file it can't take).
        return ServerError(MALFORMED, "no usable answer (%s: %s)" % (type(error).__name__, error), self.label, stage)

    def _bound(self, statement: str, values: t.Sequence[t.Any] | None) -> str:
        """The statement with its values in place, quoted by the driver as the session's sql_mode and character set demand.

        ``%s`` inside a quoted identifier stays what it is: a host part like `%.example.com` is no placeholder.
        """
        if not values:
            return statement
        rest = list(values)

        def put(match: re.Match[str]) -> str:
            return match.group() if match.group() != "%s" else str(self._connection.escape(rest.pop(0)))

        text = _PLACEHOLDER.sub(put, statement)
        if rest:
            raise ValueError("more values than placeholders")
        return text

    @property
    def connection_id(self) -> int:
        """The session's number on the server."""
        return int(self._connection.thread_id())

    @property
    def encrypted(self) -> bool:
        """Whether the session goes over TLS."""
        return isinstance(self._connection._sock, ssl.SSLSocket)

    def _rows(self, cursor: t.Any) -> list[dict[str, t.Any]]:
        rows: list[dict[str, t.Any]] = []
        for values in cursor.fetchall():
            row = Row(zip(values, map(_plain, values.values())))
            row.label = self.label
            rows.append(row)
        return rows

    def query(self, statement: str, values: t.Sequence[t.Any] | None = None) -> list[dict[str, t.Any]]:
        """Run a statement and return its rows. ``%s`` stands for bound values. Raises ServerError."""
        try:
            self._connection.allow(self._timeout)
            with self._connection.cursor() as cursor:
                cursor.execute(self._bound(statement, values))
                return self._rows(cursor)
        except Exception as error:
            raise self._translate(error, "query") from error

    def execute(self, statement: str, values: t.Sequence[t.Any] | None = None) -> int:
        """Run a statement that returns no rows; the number of affected rows. Raises ServerError."""
        try:
            self._connection.allow(self._timeout)
            with self._connection.cursor() as cursor:
                return int(cursor.execute(self._bound(statement, values)) or 0)
        except Exception as error:
            raise self._translate(error, "query") from error

    def value(self, statement: str, values: t.Sequence[t.Any] | None = None) -> t.Any:
        """The first column of the first row, or None."""
        rows = self.query(statement, values)
        return next(iter(rows[0].values())) if rows else None

    def query_many(self, statements: t.Mapping[str, str]) -> dict[str, list[dict[str, t.Any]] | ServerError]:
        """Run several reading statements in one round trip; each gets its rows or its own error.

        A statement that fails ends the server's batch, so the rest is sent again behind it: one more round trip an error.
        Raises ServerError when the connection itself is lost.
        """
        names = list(statements)
        results: dict[str, list[dict[str, t.Any]] | ServerError] = {}
        while len(results) < len(names):
            rest = names[len(results) :]
            try:
                self._connection.allow(self._timeout)
                with self._connection.cursor() as cursor:
                    cursor.execute(";\n".join(statements[name] for name in rest))
                    for name in rest:
                        results[name] = self._rows(cursor)
                        if name != rest[-1]:
                            self._connection.allow(self._timeout)
                            if not cursor.nextset():
                                raise pymysql.err.OperationalError(MALFORMED, "malformed answer: results are missing")
            except Exception as error:
                failure = self._translate(error, "query")
                if failure.number in CONNECTION_LOST or (failure.number >= 2000 and failure.number < 3000):
                    raise failure from error
                results[names[len(results)]] = failure
        return results

    def warnings(self) -> list[tuple[int, str]]:
        """Number and text of what the last statement left in the diagnostics area."""
        return [(int(row["Code"]), str(row["Message"])) for row in self.query("SHOW WARNINGS")]

    def close(self) -> None:
        """End the session; never raises. An open session costs 2 s at a shutdown of the server."""
        try:
            self._connection.close()
        except Exception:  # the connection may be gone already, which is what was wanted
            self._connection._force_close()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()


def version_numbers(version: str) -> tuple[int, int, int]:
    """Major, minor and patch of a version like 8.0.36-28.1; zeros where there is none."""
    found = _NUMBERS.match(version)
    return (int(found.group(1)), int(found.group(2)), int(found.group(3))) if found else (0, 0, 0)


def unsuitable(version: str) -> str | None:
    """Why a server of this version can't take part in a clone, as the rest of a sentence; None when it can."""
    if "mariadb" in version.lower():
        return f"is MariaDB ({version}), which has no CLONE. MySQL 8.0.17 or later is needed"
    numbers = version_numbers(version)
    # Without numbers it is no version, and whatever answered no MySQL server.
    if (0, 0, 0) < numbers < MINIMUM_VERSION:
        return f"is MySQL {version}, which has no CLONE. Upgrade it to MySQL 8.0.17 or later"
    return None


def connect_first(logins: t.Sequence[Login], read_timeout: float | None = SESSION_SECONDS) -> Server:
    """Log in with the first login that the server accepts; the next is tried only after "access denied".

    After a clone the recipient has the donor's accounts, so the login that was right before may be wrong now. Raises the
    first login's ServerError when none is accepted, and CloneError for a server that has no CLONE.
    """
    first: ServerError | None = None
    for login in logins:
        try:
            server = Server(login, read_timeout=read_timeout)
        except ServerError as error:
            _refuse_unsuitable(error.server, error.version)
            if error.number in ACCESS_DENIED:
                first = first or error
                continue
            if error.number in UNREACHABLE:
                error.message += ". Check that it runs, and login_host, login_port or login_unix_socket"
            if error.number == TLS_FAILED:
                error.message += ". Check ca_cert and check_hostname, or the donor's (the certificate must name login_host), client_cert and client_key"
            raise
        try:
            _refuse_unsuitable(server.label, server.version)
        except CloneError:
            server.close()
            raise
        return server
    if first is None:
        raise BadInput("no login was given")
    first.message += (
        ". Check login_user and login_password, or give post_clone_login_* where a clone has replaced the accounts"
    )
    raise first


def _refuse_unsuitable(label: str, version: str) -> None:
    why = unsuitable(version)
    if why:
        raise CloneError("%s %s" % (label, why), server=label, version=version)
