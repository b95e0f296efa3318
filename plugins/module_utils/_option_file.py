# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an option file of MySQL's clients adds to a login.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import configparser
import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput

# What ssl-mode asks for (manual: Command Options for Encrypted Connections); PREFERRED is the default anyway.
_TLS_MODES = {"DISABLED": False, "REQUIRED": True, "VERIFY_CA": True, "VERIFY_IDENTITY": True}


def _client(path: str) -> dict[str, str]:
    """The options of the file's group ``[client]``. Raises BadInput for a file that can't be read or parsed."""
    parser = configparser.RawConfigParser(allow_no_value=True, strict=False)
    try:
        with open(path, encoding="utf-8") as file:
            # "!include" lines are MySQL's own syntax, which configparser doesn't know.
            parser.read_string(
                "\n".join(line for line in file.read().splitlines() if not line.lstrip().startswith("!"))
            )
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        raise BadInput(
            "config_file '%s' can't be read: %s. Mend it, or set config_file to an empty string"
            % (path, str(error).splitlines()[0])
        ) from error
    return {
        key.replace("_", "-"): (value or "").strip().strip("'\"")
        for key, value in (parser.items("client") if parser.has_section("client") else [])
    }


def additions(path: str, **given: t.Any) -> dict[str, t.Any]:
    """The fields of a login that the file changes (user, password, socket, ssl-*, ssl-mode); what is ``given`` is kept.

    The socket of the file counts only where the host is localhost, as for MySQL's own clients. Raises BadInput.
    """
    client = _client(path)
    local = given["host"] in ("localhost", "") and not given["unix_socket"]
    mode = client.get("ssl-mode", "").upper()
    authority = given["ca_cert"] or client.get("ssl-ca")
    if mode.startswith("VERIFY_") and not authority:
        raise BadInput("config_file '%s': ssl-mode=%s needs ssl-ca there, or ca_cert" % (path, mode))
    required, verified = given["require_tls"], given["check_hostname"]
    if required is None:
        # An authority that was given as an option is to be used.
        required = True if given["ca_cert"] else _TLS_MODES.get(mode)
    if verified is None and mode.startswith("VERIFY_"):
        verified = mode == "VERIFY_IDENTITY"
    return {
        "user": given["user"] or client.get("user"),
        "password": given["password"] if given["password"] is not None else client.get("password"),
        "unix_socket": given["unix_socket"] or (client.get("socket") if local else None),
        "ca_cert": authority,
        "require_tls": required,
        "check_hostname": verified,
        "client_cert": given["client_cert"] or client.get("ssl-cert"),
        "client_key": given["client_key"] or client.get("ssl-key"),
    }
