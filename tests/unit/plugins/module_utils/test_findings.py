# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Findings as people read them."""

from __future__ import annotations

from ansible_collections.dbops.mysql_clone.plugins.module_utils._findings import Finding, sentence


def test_what_a_terminal_would_obey_is_shown_instead():
    """Names of schemas and values of variables are a server's own words."""
    found = Finding("recipient.holds_data", "t", "state", "fail", "it holds \x1b[2Jgone\u202e")
    assert found.as_dict()["message"] == "it holds \\x1b[2Jgone\\u202e"
    assert "\x1b" not in sentence([found])


def test_a_failure_names_each_failed_check_with_its_remedy():
    findings = [
        Finding("donor.version", "Version", "configuration", "ok", "fits"),
        Finding("recipient.disk_space", "Room", "disk", "fail", "1 GiB\x1b free", remedy="Free 3 GiB"),
        Finding("pair.port", "Port", "network", "fail", "closed"),
    ]
    assert sentence(findings) == (
        "2 of 3 checks failed: recipient.disk_space: 1 GiB\\x1b free. Free 3 GiB; pair.port: closed"
    )
    assert sentence(findings[:1]) == ""
    assert sentence([]) == ""
