# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Grants: lines of SHOW GRANTS as MySQL 9.7.4 wrote them, and the statements between two states."""

from __future__ import annotations

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _granting, _grants

WHO = "`gg`@`localhost`"
LINES = [
    "GRANT SELECT, INSERT, SHOW DATABASES ON *.* TO `gg`@`localhost` WITH GRANT OPTION",
    "GRANT BACKUP_ADMIN,CLONE_ADMIN ON *.* TO `gg`@`localhost`",
    "GRANT ALL PRIVILEGES ON `gd`.* TO `gg`@`localhost`",
    r"GRANT SELECT ON `a\_b`.* TO `gg`@`localhost`",
    "GRANT SELECT (`a`, `b`), UPDATE ON `gd`.`t` TO `gg`@`localhost`",
    "GRANT SELECT ON `gd`.`we ird``t` TO `gg`@`localhost`",
    "GRANT EXECUTE ON PROCEDURE `gd`.`p` TO `gg`@`localhost`",
    "GRANT PROXY ON ``@`` TO `gg`@`localhost` WITH GRANT OPTION",
    "GRANT `rr`@`%` TO `gg`@`localhost`",
    "GRANT `r 2`@`x` TO `gg`@`localhost` WITH ADMIN OPTION",
]


def granted(*keys, grantable=False, **others):
    return _grants.NOTHING._replace(privileges=dict.fromkeys(keys, grantable), **others)


def statements(wanted, actual):
    return [change.statement for change in _granting.changes(WHO, wanted, actual)]


BACKUP = ("*.*", "BACKUP_ADMIN")
CLONE = ("*.*", "CLONE_ADMIN")


def test_parse_knows_every_kind_of_line():
    found = _grants.parse(LINES)
    assert found.unknown == ()
    assert found.privileges == {
        ("*.*", "SELECT"): True,
        ("*.*", "INSERT"): True,
        ("*.*", "SHOW DATABASES"): True,
        BACKUP: False,
        CLONE: False,
        ("`gd`.*", "ALL PRIVILEGES"): False,
        (r"`a\_b`.*", "SELECT"): False,
        ("`gd`.`t`", "SELECT (`a`)"): False,
        ("`gd`.`t`", "SELECT (`b`)"): False,
        ("`gd`.`t`", "UPDATE"): False,
        ("`gd`.`we ird``t`", "SELECT"): False,
        ("PROCEDURE `gd`.`p`", "EXECUTE"): False,
    }
    assert found.roles == {"`rr`@`%`": False, "`r 2`@`x`": True}
    assert found.proxies == {"``@``": True}
    assert found.restricted == {}


def test_parse_partial_revokes():
    found = _grants.parse(
        ["GRANT SELECT ON *.* TO `a`@`%`", "REVOKE SELECT, UPDATE ON `d1`.* FROM `a`@`%`"],
    )
    assert found.privileges == {("*.*", "SELECT"): False}
    assert found.restricted == {("`d1`.*", "SELECT"): False, ("`d1`.*", "UPDATE"): False}


def test_usage_is_nothing_but_its_grant_option_is_something():
    assert _grants.parse(["GRANT USAGE ON *.* TO `a`@`%`"]) == _grants.NOTHING
    assert _grants.parse(["GRANT USAGE ON *.* TO `a`@`%` WITH GRANT OPTION"]).privileges == {
        ("*.*", "GRANT OPTION"): False
    }


@pytest.mark.parametrize("name", ["TO", "a ON b", "`", "x` TO `y", "GRANT SELECT ON *.* TO"])
def test_parse_is_not_misled_by_names(name):
    quoted = "`" + name.replace("`", "``") + "`"
    found = _grants.parse(["GRANT SELECT ON %s.%s TO %s@`%%`" % (quoted, quoted, quoted)])
    assert found.unknown == ()
    assert found.privileges == {("%s.%s" % (quoted, quoted), "SELECT"): False}


def test_unknown_lines_are_told():
    assert _grants.parse(["GRANT SOMETHING NEW"]).unknown == ("GRANT SOMETHING NEW",)
    assert _granting.describe(_grants.parse(["GRANT SOMETHING NEW"])) == ["GRANT SOMETHING NEW"]


def test_nothing_to_do():
    assert statements(_grants.parse(LINES), _grants.parse(LINES)) == []


def test_missing_privileges_by_object():
    wanted = granted(BACKUP, CLONE, ("`performance_schema`.*", "SELECT"))
    assert statements(wanted, _grants.NOTHING) == [
        "GRANT BACKUP_ADMIN, CLONE_ADMIN ON *.* TO " + WHO,
        "GRANT SELECT ON `performance_schema`.* TO " + WHO,
    ]


def test_excess_of_every_kind():
    assert statements(granted(BACKUP), _grants.parse(LINES)) == [
        "REVOKE CLONE_ADMIN ON *.* FROM " + WHO,
        "REVOKE GRANT OPTION ON *.* FROM " + WHO,
        "REVOKE INSERT, SELECT, SHOW DATABASES ON *.* FROM " + WHO,
        "REVOKE EXECUTE ON PROCEDURE `gd`.`p` FROM " + WHO,
        r"REVOKE SELECT ON `a\_b`.* FROM " + WHO,
        "REVOKE ALL PRIVILEGES ON `gd`.* FROM " + WHO,
        "REVOKE SELECT (`a`), SELECT (`b`), UPDATE ON `gd`.`t` FROM " + WHO,
        "REVOKE SELECT ON `gd`.`we ird``t` FROM " + WHO,
        "REVOKE `r 2`@`x` FROM " + WHO,
        "REVOKE `rr`@`%` FROM " + WHO,
        "REVOKE PROXY ON ``@`` FROM " + WHO,
    ]


def test_dynamic_privileges_are_revoked_before_the_grant_option_and_apart():
    # After REVOKE GRANT OPTION, and in one statement with static ones, the server (9.7.4) leaves them without an error.
    actual = granted(BACKUP, CLONE, ("*.*", "SELECT"), grantable=True)
    found = statements(granted(), actual)
    assert found == [
        "REVOKE BACKUP_ADMIN, CLONE_ADMIN ON *.* FROM " + WHO,
        "REVOKE GRANT OPTION ON *.* FROM " + WHO,
        "REVOKE SELECT ON *.* FROM " + WHO,
    ]


def test_grant_option_of_a_kept_dynamic_privilege():
    assert statements(granted(BACKUP), granted(BACKUP, grantable=True)) == [
        "REVOKE BACKUP_ADMIN ON *.* FROM " + WHO,
        "GRANT BACKUP_ADMIN ON *.* TO " + WHO,
    ]


def test_grant_option_of_a_kept_static_privilege():
    key = ("`performance_schema`.*", "SELECT")
    assert statements(granted(key), granted(key, grantable=True)) == [
        "REVOKE GRANT OPTION ON `performance_schema`.* FROM " + WHO
    ]
    assert statements(granted(key, grantable=True), granted(key)) == [
        "GRANT SELECT ON `performance_schema`.* TO " + WHO + " WITH GRANT OPTION"
    ]


def test_grant_option_alone():
    actual = granted(BACKUP, ("*.*", "GRANT OPTION"))
    assert statements(granted(BACKUP), actual) == ["REVOKE GRANT OPTION ON *.* FROM " + WHO]


def test_partial_revokes_are_lifted_unless_they_go_by_themselves():
    key = ("`d1`.*", "SELECT")
    actual = granted(("*.*", "SELECT"), restricted={key: False})
    assert statements(granted(("*.*", "SELECT")), actual) == ["GRANT SELECT ON `d1`.* TO " + WHO]
    assert statements(granted(), actual) == ["REVOKE SELECT ON *.* FROM " + WHO]
    assert statements(actual, granted(("*.*", "SELECT"))) == ["REVOKE SELECT ON `d1`.* FROM " + WHO]


def test_admin_option_of_a_role_goes_with_the_role():
    plain = _grants.NOTHING._replace(roles={"`rr`@`%`": False})
    handed_on = _grants.NOTHING._replace(roles={"`rr`@`%`": True})
    assert statements(plain, handed_on) == ["REVOKE `rr`@`%` FROM " + WHO, "GRANT `rr`@`%` TO " + WHO]
    assert statements(handed_on, plain) == ["GRANT `rr`@`%` TO " + WHO + " WITH ADMIN OPTION"]


def test_changes_tell_what_they_do():
    steps = _granting.changes(WHO, granted(BACKUP), granted(("*.*", "SELECT")))
    assert [right for step in steps for right in step.granted] == ["BACKUP_ADMIN ON *.*"]
    assert [right for step in steps for right in step.revoked] == ["SELECT ON *.*"]
