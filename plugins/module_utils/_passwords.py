# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Is this the account's password? Answered from the stored hash, without a login and without changing anything (pure).

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import typing as t

# The plugins that CLONE's own client can log in with: it was built into the server with these and no others.
USABLE_PLUGINS = ("caching_sha2_password", "sha256_password", "mysql_native_password")
DEFAULT_PLUGIN = "caching_sha2_password"

_SHA2 = re.compile(rb"\A\$A\$([0-9A-F]{3})\$(.{20})(.{43})\Z", re.DOTALL)
_SHA256 = re.compile(rb"\A\$5\$(?:rounds=([0-9]{1,7})\$)?([^$]{1,64})\$(.{43})\Z", re.DOTALL)
# What caching_sha2_password counts to at most (manual: caching_sha2_password_digest_rounds); more is no server's doing.
_MOST_ROUNDS = 4_095_000
_NATIVE = re.compile(rb"\A\*[0-9A-F]{40}\Z")
_ALPHABET = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# The order in which SHA-crypt turns the 32 bytes of a SHA-256 digest into text, three bytes at a time.
_TRIPLETS = (
    (0, 10, 20),
    (21, 1, 11),
    (12, 22, 2),
    (3, 13, 23),
    (24, 4, 14),
    (15, 25, 5),
    (6, 16, 26),
    (27, 7, 17),
    (18, 28, 8),
    (9, 19, 29),
)


def _text(value: int, length: int) -> bytes:
    return bytes(_ALPHABET[(value >> (6 * position)) & 63] for position in range(length))


def _repeat(block: bytes, length: int) -> bytes:
    return (block * (length // len(block) + 1))[:length] if length else b""


def sha256_crypt(password: bytes, salt: bytes, rounds: int) -> bytes:
    """The 43 characters of SHA-256-crypt (Drepper, "Unix crypt using SHA-256 and SHA-512").

    Python's own crypt module is gone since 3.13, and MySQL uses salts of 20 bytes that the C library would cut to 16.
    """

    def sha(*parts: bytes) -> bytes:
        return hashlib.sha256(b"".join(parts)).digest()

    length = len(password)
    digest = sha(password, salt, password)
    parts = [password, salt, _repeat(digest, length)]
    bits = length
    while bits:
        parts.append(digest if bits & 1 else password)
        bits >>= 1
    result = sha(*parts)
    p_bytes = _repeat(sha(*[password] * length), length)
    s_bytes = _repeat(sha(*[salt] * (16 + result[0])), len(salt))
    for number in range(rounds):
        odd = number & 1
        result = sha(
            p_bytes if odd else result,
            s_bytes if number % 3 else b"",
            p_bytes if number % 7 else b"",
            result if odd else p_bytes,
        )
    encoded = b"".join(_text(result[a] << 16 | result[b] << 8 | result[c], 4) for a, b, c in _TRIPLETS)
    return encoded + _text(result[31] << 8 | result[30], 3)


def native_hash(password: bytes) -> bytes:
    """What mysql_native_password stores."""
    return b"*" + hashlib.sha1(
        hashlib.sha1(password, usedforsecurity=False).digest(), usedforsecurity=False
    ).hexdigest().upper().encode("ascii")


def matches(plugin: str, stored: bytes, password: str) -> bool | None:
    """Whether ``stored`` (mysql.user.authentication_string) is made from the password; None when that can't be told from it.

    caching_sha2_password stores ``$A$<rounds/1000 in hexadecimal>$<20 bytes of salt><43 of digest>``, sha256_password the
    usual ``$5$<salt>$<digest>``, mysql_native_password ``*`` and 40 hexadecimal digits.
    """
    secret = password.encode("utf-8")
    if not stored:
        return not secret
    if plugin == "caching_sha2_password":
        found = _SHA2.match(stored)
        return found and hmac.compare_digest(sha256_crypt(secret, found[2], int(found[1], 16) * 1000), found[3])
    if plugin == "sha256_password":
        found = _SHA256.match(stored)
        rounds = int(found[1] or 5000) if found else 0
        if not found or rounds > _MOST_ROUNDS:
            return None
        return hmac.compare_digest(sha256_crypt(secret, found[2], rounds), found[3])
    if plugin == "mysql_native_password":
        return _NATIVE.match(stored) and hmac.compare_digest(native_hash(secret), stored)
    return None


def any_matches(plugin: str, stored: t.Sequence[bytes], password: str) -> bool | None:
    """As :func:`matches`, for an account that keeps a second password beside the first (dual passwords)."""
    answers = [matches(plugin, one, password) for one in stored]
    return True if True in answers else None if None in answers else False
