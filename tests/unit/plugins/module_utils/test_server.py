# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logins and option files; sessions themselves are tested on real servers."""

from __future__ import annotations

import datetime
import decimal
import json
import socket
import ssl

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _probe, _server
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import (
    BadInput,
    CloneError,
    MissingLibrary,
    ServerError,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import Login
from ansible_collections.dbops.mysql_clone.tests.unit.plugins.module_utils.wire import err, greeting


@pytest.fixture
def option_file(tmp_path):
    path = tmp_path / "my.cnf"
    path.write_text(
        "!includedir /etc/mysql/conf.d/\n[mysqld]\nskip-networking\n"
        '[client]\nuser = admin\npassword = "p\'w"\nsocket = /run/m.sock\nssl_ca = /ca.pem\nssl-cert=/c.pem\n',
        encoding="utf-8",
    )
    return str(path)


def test_label():
    assert Login("db1", 3307).label == "db1:3307"
    assert Login("::1", 3307).label == "[::1]:3307"
    assert Login("db1", unix_socket="/run/m.sock").label == "/run/m.sock"


def test_repr_has_no_password():
    assert "s3cret" not in repr(Login(user="u", password="s3cret"))


def test_option_file_fills_what_is_missing(option_file):
    login = _server.with_config_file(Login(config_file=option_file))
    assert (login.user, login.password, login.unix_socket) == ("admin", "p'w", "/run/m.sock")
    assert (login.ca_cert, login.client_cert) == ("/ca.pem", "/c.pem")


def test_options_go_before_the_file(option_file):
    login = _server.with_config_file(
        Login(user="me", password="", unix_socket="/x", ca_cert="/y", config_file=option_file)
    )
    assert (login.user, login.password, login.unix_socket, login.ca_cert) == ("me", "", "/x", "/y")


def test_the_files_socket_is_for_localhost_only(option_file):
    assert _server.with_config_file(Login("db1", config_file=option_file)).unix_socket is None


def test_a_missing_file_and_no_file_are_no_error():
    login = Login(user="u", config_file="/nonexistent/my.cnf")
    assert _server.with_config_file(login) == login
    assert _server.with_config_file(Login()) == Login()


@pytest.mark.parametrize("content", ["no section\n", "[client\nuser=x\n", "\udcff"])
def test_a_broken_file_is_named(tmp_path, content):
    path = tmp_path / "my.cnf"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(BadInput, match=r"config_file .*my\.cnf"):
        _server.with_config_file(Login(config_file=str(path)))


# Self-signed, for a hundred years; its key was thrown away.
AUTHORITY = """\
-----BEGIN CERTIFICATE-----
MIIBfzCCASWgAwIBAgIUdBhoqjPeF4Hmvrp8o5GeVTJ4/1UwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJYXV0aG9yaXR5MCAXDTI2MTEyMzIyMzc0MloYDzIxMjYxMDMw
MjIzNzQyWjAUMRIwEAYDVQQDDAlhdXRob3JpdHkwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAT3baMJjMgLwuUQxpnvqvobOi3SjkRGCTiE0KElaMbmGJLL+t1MFoqB
Xp0vKm7yV2MKKz01yj2r7HcT345sQoV5o1MwUTAdBgNVHQ4EFgQUmGRHlSuxluGe
y+rXOIGPuARopqUwHwYDVR0jBBgwFoAUmGRHlSuxluGey+rXOIGPuARopqUwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEA7QR4dCFkUt1mjzAm9j2y
F0tbc4sA8T+TCdDAa8zXWTgCIHpjqz5bIGvR2hpLSdwOlgvM4KbsKTRuVdVKLgBy
QN8L
-----END CERTIFICATE-----
"""


def test_a_replaced_authority_is_read_again(tmp_path, monkeypatch):
    monkeypatch.setattr(_server, "_contexts", {})
    file = tmp_path / "ca.pem"
    file.write_text(AUTHORITY)
    login = Login("a", ca_cert=str(file))
    first = _server.tls_context(login)
    assert _server.tls_context(login) is first
    (tmp_path / "new.pem").write_text(AUTHORITY + "\n")
    (tmp_path / "new.pem").replace(file)
    assert _server.tls_context(login) is not first
    file.unlink()
    with pytest.raises(BadInput, match="the TLS files can't be used"):
        _server.tls_context(login)


def test_one_tls_context_for_equal_settings():
    assert _server.tls_context(Login("a")) is _server.tls_context(Login("b", user="x"))


def test_without_a_ca_nothing_is_verified():
    context = _server.tls_context(Login())
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_NONE, False)


@pytest.mark.parametrize("option", [{"ca_cert": "/nonexistent.pem"}, {"client_cert": "/nonexistent.pem"}])
def test_tls_files_that_cant_be_read_are_named(option):
    with pytest.raises(BadInput, match=r"/nonexistent\.pem"):
        _server.tls_context(Login(**option))


def test_check_hostname_without_a_ca_is_refused():
    with pytest.raises(BadInput, match="ca_cert"):
        _server.Server(Login("db1", check_hostname=True))


def test_nothing_listens():
    with pytest.raises(ServerError) as caught:
        _server.Server(Login("127.0.0.1", 1, connect_timeout=2))
    assert (caught.value.number, caught.value.stage) == (2003, "connect")
    assert "127.0.0.1:1" in caught.value.message


def test_only_access_denied_tries_the_next_login(monkeypatch):
    tried = []

    def server(login, read_timeout):
        tried.append(login.user)
        raise ServerError(errors[login.user], "no", login.label, "connect")

    monkeypatch.setattr(_server, "Server", server)
    errors = {"a": 1045, "b": 2003, "c": 1045}
    with pytest.raises(ServerError) as caught:
        _server.connect_first([Login(user="a"), Login(user="b"), Login(user="c")])
    assert (caught.value.number, tried) == (2003, ["a", "b"])
    errors = {"a": 1045, "c": 3118}
    with pytest.raises(ServerError) as caught:
        _server.connect_first([Login(user="a"), Login(user="c")])
    assert caught.value.number == 1045
    with pytest.raises(BadInput):
        _server.connect_first([])


@pytest.mark.parametrize("version", ["5.5.5-10.11.19-MariaDB", "8.0.16"])
def test_server_without_clone_is_refused_whether_the_login_works_or_not(monkeypatch, version):
    class Unsuitable:
        closed = False

        def __init__(self, login, read_timeout):
            self.label, self.version = login.label, version
            if login.user == "nobody":
                error = ServerError(1045, "Access denied", login.label, "connect")
                error.version = version
                raise error

        def close(self):
            Unsuitable.closed = True

    monkeypatch.setattr(_server, "Server", Unsuitable)
    for user in ("root", "nobody"):
        with pytest.raises(CloneError, match=r"db1:3306 is M.*which has no CLONE.*8\.0\.17 or later"):
            _server.connect_first([Login("db1", user=user)])
    assert Unsuitable.closed


@pytest.mark.parametrize(("number", "remedy"), [(1045, "login_password"), (2003, "login_host")])
def test_login_that_fails_names_the_options(monkeypatch, number, remedy):
    def server(login, read_timeout):
        raise ServerError(number, "no", login.label, "connect")

    monkeypatch.setattr(_server, "Server", server)
    with pytest.raises(ServerError) as caught:
        _server.connect_first([Login("db1", user="a")])
    assert remedy in caught.value.message


class Literals:
    """The driver's quoting, marked."""

    def escape(self, value):
        return "<%s>" % value


@pytest.mark.parametrize(
    ("statement", "values", "expected"),
    [
        ("SELECT 1 LIKE '%'", None, "SELECT 1 LIKE '%'"),
        ("SELECT %s LIKE '%', %s", ("a", 2), "SELECT <a> LIKE '%', <2>"),
        ("SELECT %s", ("%s",), "SELECT <%s>"),
        (
            "ALTER USER `a%s``b`@`%sub.example.com` IDENTIFIED BY %s",
            ("x",),
            "ALTER USER `a%s``b`@`%sub.example.com` IDENTIFIED BY <x>",
        ),
    ],
)
def test_values_are_put_where_no_identifier_stands(statement, values, expected):
    server = object.__new__(_server.Server)
    server._connection = Literals()
    assert server._bound(statement, values) == expected


def test_a_value_too_many_is_a_bug():
    server = object.__new__(_server.Server)
    server._connection = Literals()
    with pytest.raises(ValueError, match="more values"):
        server._bound("SELECT %s", (1, 2))


def test_a_certificate_that_nobody_vouches_for_is_no_silent_server(monkeypatch):
    def connect(self):
        error = _server.pymysql.err.OperationalError(2003, "Can't connect to MySQL server on 'db1'")
        error.original_exception = ssl.SSLCertVerificationError(1, "certificate verify failed")
        raise error

    monkeypatch.setattr(_server._Connection, "connect", connect)
    with pytest.raises(ServerError) as caught:
        _server.connect_first([Login("db1", user="a")])
    assert caught.value.number == 2026
    assert "certificate verify failed (error 2026). Check ca_cert" in caught.value.message


def test_old_versions_of_tls_are_not_spoken():
    assert _server.tls_context(Login()).minimum_version == ssl.TLSVersion.TLSv1_2


# ---- cryptography -----------------------------------------------------------------------------------------------------

_DRIVER_SAYS = "'cryptography' package is required for sha256_password or caching_sha2_password auth methods"


@pytest.fixture
def logins(monkeypatch):
    """What the driver has of cryptography at each login; the first asks for it, the next is refused."""
    had = []

    def connect(self, connection):
        had.append(_server.pymysql._auth._have_cryptography)
        if len(had) == 1:
            raise RuntimeError(_DRIVER_SAYS)
        raise _server.pymysql.err.OperationalError(1045, "Access denied")

    monkeypatch.setattr(_server.Server, "_connect", connect)
    monkeypatch.setattr(_server.pymysql._auth, "_have_cryptography", False)
    return had


def test_cryptography_is_imported_when_a_login_needs_it(logins, monkeypatch):
    monkeypatch.setattr(_server.importlib, "reload", lambda module: setattr(module, "_have_cryptography", True))
    with pytest.raises(ServerError) as raised:
        _server.Server(Login(user="u", password="x", config_file=None, unix_socket="/s"))
    assert raised.value.number == 1045
    assert logins == [False, True]


def test_without_cryptography_the_login_says_what_is_missing(logins, monkeypatch):
    monkeypatch.setattr(_server, "with_cryptography", lambda: False)
    with pytest.raises(ServerError, match="install the Python library cryptography"):
        _server.Server(Login(user="u", password="x", config_file=None, unix_socket="/s"))
    assert logins == [False]


@pytest.mark.parametrize(
    ("lines", "given", "expected"),
    [
        ("", {}, (None, None, None)),
        ("ssl-mode=PREFERRED", {}, (None, None, None)),
        ("ssl_mode = required", {}, (True, None, None)),
        ("ssl-mode=DISABLED", {}, (False, None, None)),
        ("ssl-mode=DISABLED", {"ca_cert": "/ca"}, (True, "/ca", None)),
        ("ssl-mode=REQUIRED", {"require_tls": False}, (False, None, None)),
        ("ssl-mode=VERIFY_CA\nssl-ca=/f", {}, (True, "/f", False)),
        ("ssl-mode=VERIFY_IDENTITY\nssl-ca=/f", {}, (True, "/f", True)),
        ("ssl-mode=VERIFY_IDENTITY\nssl-ca=/f", {"check_hostname": False}, (True, "/f", False)),
    ],
)
def test_the_files_ssl_mode_holds(tmp_path, lines, given, expected):
    path = tmp_path / "my.cnf"
    path.write_text("[client]\n" + lines + "\n")
    found = _server.with_config_file(Login("db1", config_file=str(path), **given))
    assert (found.require_tls, found.ca_cert, found.check_hostname) == expected


def test_a_mode_that_verifies_needs_an_authority(tmp_path):
    path = tmp_path / "my.cnf"
    path.write_text("[client]\nssl-mode=VERIFY_CA\n")
    with pytest.raises(BadInput, match="ssl-mode=VERIFY_CA needs ssl-ca"):
        _server.with_config_file(Login("db1", config_file=str(path)))


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (None, None),
        ("x", "x"),
        (7, 7),
        (1.5, 1.5),
        (decimal.Decimal("12"), 12),
        (decimal.Decimal("1.25"), 1.25),
        (decimal.Decimal("1e30"), 10**30),
        (decimal.Decimal("1e100"), 1e100),
        (datetime.datetime(2026, 11, 22, 20, 0, 0, 500000), "2026-11-22T20:00:00.500000Z"),
        (datetime.date(2026, 11, 22), "2026-11-22"),
        (datetime.timedelta(seconds=90), "0:01:30"),
        (b"caf\xc3\xa9", "café"),
        (b"\xff", "\\xff"),
    ],
)
def test_a_columns_value_is_one_that_json_knows(value, plain):
    found = _server._plain(value)
    assert (found, type(found)) == (plain, type(plain))
    json.dumps(found)


@pytest.mark.parametrize(
    ("error", "stage", "number", "words"),
    [
        (ssl.SSLCertVerificationError("certificate verify failed"), "connect", _server.TLS_FAILED, "verify failed"),
        (socket.gaierror(-2, "Name or service not known"), "connect", 2005, "Unknown MySQL server host 'db9'"),
        (ConnectionResetError(), "connect", 2003, "ConnectionResetError"),
        (ConnectionResetError("reset"), "query", 2013, "reset"),
        (EOFError(), "query", 2013, "EOFError"),
        (RuntimeError("cryptography is required"), "connect", 2061, "use TLS or the unix socket"),
        (ValueError("odd"), "query", _server.MALFORMED, "no usable answer (ValueError: odd)"),
    ],
)
def test_whatever_the_driver_stumbles_over_is_an_error_of_the_server(error, stage, number, words):
    server = object.__new__(_server.Server)
    server.login, server.label = Login(host="db9"), "db9:3306"
    found = server._translate(error, stage)
    assert isinstance(found, ServerError)
    assert (found.number, words in found.text) == (number, True)


def test_without_the_driver_the_python_that_lacks_it_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr(_server, "PYMYSQL_IMPORT_ERROR", "Traceback ...")
    with pytest.raises(MissingLibrary, match="pip install PyMySQL") as raised:
        _server.Server(Login(host="db1"))
    assert raised.value.details == {"library": "PyMySQL", "trace": "Traceback ..."}


def test_who_is_there_is_told_by_a_login_that_is_refused(wire):
    wire.hello = greeting(version="8.4.2")
    login = Login(host="127.0.0.1", port=wire.port, user="root", password="geheim", connect_timeout=5)

    wire.login = err(1045, "Access denied", 2)
    assert _probe.greet(login) == ("8.4.2", None)
    wire.login = err(1040, "Too many connections", 2)
    version, error = _probe.greet(login)
    assert (version, error.number) == ("8.4.2", 1040)
    assert all(b"mysql_clone_probe" in said and b"root" not in said for said in wire.logins)

    wire.close()
    version, error = _probe.greet(login)
    assert (version, error.number) == ("", 2003)


def test_a_session_tells_its_number_and_is_closed_twice_without_harm(wire):
    login = Login(host="127.0.0.1", port=wire.port, user="root", password="", connect_timeout=5)
    with _server.Server(login) as server:
        assert isinstance(server.connection_id, int)
        assert server.encrypted is False
    server.close()
