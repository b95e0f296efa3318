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
