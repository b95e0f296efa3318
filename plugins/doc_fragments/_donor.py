# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The donor as the recipient reaches it; keep in step with module_utils/_module.py."""

    DOCUMENTATION = r"""
options:
  donor_host:
    description:
      - The donor's host name or IPv4 address, as the recipient reaches it. IPv6 addresses are refused by the server.
    type: str
  donor_port:
    description:
      - The donor's TCP port.
    type: int
    default: 3306
  donor_user:
    description:
      - The clone account on the donor; it needs V(BACKUP_ADMIN) there.
    type: str
  donor_password:
    description:
      - The password of O(donor_user).
    type: str
  require_ssl:
    description:
      - Whether the link to the donor must be encrypted (V(true), C(REQUIRE SSL)) or must not be (V(false), C(REQUIRE NO SSL)).
      - By default it is encrypted where the donor offers it.
    type: bool
"""

    TLS = r"""
options:
  donor_ca_cert:
    description:
      - The file, on the host where the module runs, with the certificate authority that the donor's certificate must come from.
      - It holds for the module's own sessions on the donor, which then must be encrypted. The link of the clone itself is
        the server's; it verifies the donor's certificate by the recipient's variable C(clone_ssl_ca).
      - Without it TLS is used where the donor offers it, and nothing is verified.
    type: path
  donor_check_hostname:
    description:
      - Whether the donor's certificate must carry the name that O(donor_host) gives. It needs O(donor_ca_cert).
      - By default it is checked when O(donor_ca_cert) is given. The certificates that MySQL makes by itself carry no host
        name, so they need V(false).
    type: bool
"""
