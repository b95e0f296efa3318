# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plain data as one short text. Ansible looks at each value of what it hands on several times, and most are read by nobody.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import base64
import json
import typing as t
import zlib


def packed(data: t.Any) -> str:
    """Data of JSON's types as compressed base64. No value of a no_log option is taken for a word of it."""
    return base64.b64encode(zlib.compress(json.dumps(data).encode())).decode()


def unpacked(text: str) -> t.Any:
    """What packed() got. Raises ValueError for a text that was changed on its way."""
    try:
        return json.loads(zlib.decompress(base64.b64decode(text, validate=True)))
    except zlib.error as error:
        raise ValueError(str(error)) from error
