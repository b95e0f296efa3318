# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How to log in to the server that a task talks to; keep in step with module_utils/_module.py."""

    DOCUMENTATION = r"""
options:
  login_user:
    description:
      - The user to log in as. When it is missing, the one in O(config_file) is used.
    type: str
  login_password:
    description:
      - The password of O(login_user).
    type: str
  login_host:
    description:
      - The host on which the server listens, as the managed node reaches it.
    type: str
    default: localhost
  login_port:
    description:
      - The TCP port of the server.
    type: int
    default: 3306
  login_unix_socket:
    description:
      - The path of the server's Unix socket on the managed node. It is used instead of O(login_host) and O(login_port).
    type: str
  config_file:
    description:
      - An option file with a V([client]) section from which the user, the password, the socket (for V(localhost)) and the
        TLS files are taken where the options don't give them, and C(ssl-mode), which holds as for MySQL's own clients. A
        missing file is no error.
      - Set it to an empty string to read none.
    type: path
    default: ~/.my.cnf
  connect_timeout:
    description:
      - How many seconds to wait for a connection.
    type: int
    default: 30
  client_cert:
    description:
      - The path of the client certificate.
    type: path
    aliases: [ssl_cert]
  client_key:
    description:
      - The path of the client's private key.
    type: path
    aliases: [ssl_key]
  ca_cert:
    description:
      - The path of the certificate authority's certificate. With it TLS is demanded and the server's certificate verified.
        Without it TLS is used where the server offers it, and nothing is verified.
    type: path
    aliases: [ssl_ca]
  check_hostname:
    description:
      - Whether the server's certificate must carry the name that O(login_host) gives. It needs O(ca_cert).
      - By default it is checked when O(ca_cert) is given. The certificates that MySQL makes by itself carry no host name, so
        they need V(false).
    type: bool
requirements:
  - PyMySQL (Python library) where the module runs
"""

    POST_CLONE = r"""
options:
  post_clone_login_user:
    description:
      - The user to log in as when the server refuses O(login_user). A clone replaces all accounts of the recipient by the
        donor's, so after it this is an administrator's account of the donor.
      - When it is missing, O(login_user) is used with O(post_clone_login_password).
    type: str
  post_clone_login_password:
    description:
      - The password of O(post_clone_login_user).
    type: str
"""
