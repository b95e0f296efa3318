# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Passwords against hashes that MySQL 9.7.4 stored (mysql.user.authentication_string, in hexadecimal)."""

from __future__ import annotations

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _passwords

AWKWARD = "ünï'\"%\\ ☃"
LONG = "x" * 70
STORED = [
    (
        "caching_sha2_password",
        "244124303041242D2834140A31336A251D6D0E3A431B3D1A1C4F5B577751732F4979654A694F44327655377675537274"
        "4A4A4B554E6662364F62473575353539535435774A43",
        "secret",
    ),
    (
        "caching_sha2_password",
        "2441243030412437713C62297F05257731015D55634F4006621A3970744E547A555737484C6A7375514D416747325832"
        "476D4E6A6F472E386D314353346B4564542F70434534",
        AWKWARD,
    ),
    (
        "caching_sha2_password",
        "24412430304124680D480D2F692351382E26614B015E1B1A1D102B38544F6A30424B47504D6B64416B594E6B69667445"
        "4F75394E744330634354413338724B5938536B6B4944",
        LONG,
    ),
    (
        "sha256_password",
        "2435241C2E5C3468477F386C413A3A081306313D672B61247776376B4D4D76622F4758474E7854704A52615555"
        "6C576F6E4F4D525475723355634753643153454F512E",
        "secret",
    ),
    (
        "sha256_password",
        "24352402011D2638666C060112106067014D11594B7A2324675950535656616D6265316B444E7454506C763274"
        "4948632F634679673672426B71462F4477684F645941",
        AWKWARD,
    ),
    (
        "sha256_password",
        "2435241C506F561852591F104B06180A02403F093204632475774451624A716B6E646D4675757741634B373172"
        "3358356251782E46694C436B47704D53416F57794A38",
        LONG,
    ),
    # The example of the manual for mysql_native_password (PASSWORD('mypass')).
    ("mysql_native_password", b"*6C8989366EAF75BB670AD8EA7A7FC1176A95CEF4".hex(), "mypass"),
]


@pytest.mark.parametrize(("plugin", "stored", "password"), STORED)
def test_right_password(plugin, stored, password):
    assert _passwords.matches(plugin, bytes.fromhex(stored), password) is True


@pytest.mark.parametrize(("plugin", "stored", "password"), STORED)
@pytest.mark.parametrize("change", [lambda text: text + " ", lambda text: text[:-1], lambda text: text.upper() + "x"])
def test_wrong_password(plugin, stored, password, change):
    assert _passwords.matches(plugin, bytes.fromhex(stored), change(password)) is False


@pytest.mark.parametrize("plugin", _passwords.USABLE_PLUGINS)
def test_account_without_password(plugin):
    assert _passwords.matches(plugin, b"", "") is True
    assert _passwords.matches(plugin, b"", "x") is False


@pytest.mark.parametrize(
    ("plugin", "stored"),
    [("authentication_ldap_sasl", b"uid=x"), ("caching_sha2_password", b"$B$new"), ("mysql_native_password", b"?")],
)
def test_unknown_hash_leaves_it_open(plugin, stored):
    assert _passwords.matches(plugin, stored, "x") is None


def test_either_of_two_passwords_is_right():
    first, second = (bytes.fromhex(one[1]) for one in STORED[:2])
    for password in ("secret", AWKWARD):
        assert _passwords.any_matches("caching_sha2_password", [first, second], password) is True
    assert _passwords.any_matches("caching_sha2_password", [first, second], "other") is False
    assert _passwords.any_matches("caching_sha2_password", [first, b"?"], "other") is None


@pytest.mark.parametrize(
    ("length", "digest"),
    [
        (1, "90yVngQWPa37ZqjnDFCb40I0YRJ0b3f5vMtVTFuzHQB"),
        (31, "ZfeGXMQJ3V7WS1ow9orVaKknNQaDqCCZFSVJXnNzJf3"),
        (32, "U4UXVyuTa0DTvvvGLXmllzfWW3KUoTSmVyNvveULHx0"),
        (33, "T2L/9.tog1bm3jQqGzMcaNmLWVWbVDHy85pwAExnAY."),
        (63, "R8SsPMkEXuJE/2Ccck5wi9KWJTvOTa0N2n20QQeWos3"),
        (64, "lGkIhSN9GAZeeNCinOlvPSO/ficNI/U6CaVcMu8HHTB"),
        (65, "aReIL.GeOZSv/4VTlaeZ.vep5XftFs7KLwXoXx8ZOg8"),
        (128, "Ok7bvlTHN2msWBxZj1/Gd61sdiq3HP8J4e0ou8DYtI9"),
    ],
)
def test_sha256_crypt_is_that_of_glibc(length, digest):
    # crypt(3), salt "saltsaltsalt"
    assert _passwords.sha256_crypt(b"p" * length, b"saltsaltsalt", 5000).decode() == digest


@pytest.mark.parametrize(
    "stored",
    [
        b"$5$rounds=99999999$salt$" + b"a" * 43,
        b"$5$rounds=9999999$salt$" + b"a" * 43,
        b"$5$" + b"s" * 65 + b"$" + b"a" * 43,
    ],
)
def test_work_without_end_is_not_begun(stored):
    """A server that lies could keep whoever asks it busy for ever."""
    assert _passwords.matches("sha256_password", stored, "x") is None
