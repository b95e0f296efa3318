# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accounts: the plan from what is there to what is wanted. Nothing here talks to a server."""

from __future__ import annotations

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _accounts, _grants
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput, CloneError, ServerError

DONOR = _accounts.wanted_grants("donor")
WHO = "`clone`@`10.0.0.5`"
SECRET = "s3cr3t'\"%\\ ü"
PLUGINS = ("caching_sha2_password", "sha256_password")
RIGHT = _accounts.Account(
    name="clone",
    host="10.0.0.5",
    plugin="caching_sha2_password",
    stored=(b"$A$005$hash",),
    ssl="",
    locked=False,
    expired=False,
    limits=dict(_accounts.NO_LIMITS),
    factors=1,
    grants=DONOR,
)
WANTED = _accounts.Wanted("clone", "10.0.0.5", DONOR, SECRET)
STATE = _accounts.State("db1:3306", "9.7.4", "root@localhost", False, False, (), PLUGINS, "ACTIVE")


def plan(wanted=WANTED, actual=RIGHT, right=True, plugins=PLUGINS):
    return _accounts.plan(wanted, actual, right, plugins)


def statements(*args, **kwargs):
    return [step.statement for step in plan(*args, **kwargs)]


def test_donor_gets_backup_admin_and_nothing_else():
    assert _grants.NOTHING._replace(privileges={("*.*", "BACKUP_ADMIN"): False}) == DONOR


def test_recipient_gets_what_its_uses_need():
    base = {name for _object, name in _accounts.wanted_grants("recipient").privileges}
    assert base == {"CLONE_ADMIN", "SYSTEM_VARIABLES_ADMIN", "SHOW DATABASES", "PROCESS", "SELECT"}
    more = {name for _object, name in _accounts.wanted_grants("recipient", ["side_by_side", "cancel"]).privileges}
    assert more - base == {"BACKUP_ADMIN", "SHUTDOWN", "CONNECTION_ADMIN"}


def test_account_as_wanted_is_left_alone():
    assert plan() == []


@pytest.mark.parametrize("right", [True, None])
def test_password_that_is_right_or_not_to_be_updated_is_never_set(right):
    assert plan(right=right) == []


def test_missing_account_is_created_then_granted():
    steps = plan(WANTED._replace(require_ssl=True, label="db2"), None, None)
    assert [step.statement for step in steps] == [
        "CREATE USER IF NOT EXISTS " + WHO + " IDENTIFIED WITH caching_sha2_password BY %s REQUIRE SSL ATTRIBUTE %s",
        "GRANT BACKUP_ADMIN ON *.* TO " + WHO,
    ]
    assert steps[0].values == (SECRET, '{"dbops.mysql_clone": "db2"}')


def test_missing_account_needs_a_password():
    with pytest.raises(BadInput, match="password is needed"):
        plan(WANTED._replace(password=None), None, None)


def test_wrong_password_is_set_with_the_plugin_that_the_account_has():
    steps = plan(actual=RIGHT._replace(plugin="sha256_password"), right=False)
    assert steps[0].statement == "ALTER USER " + WHO + " IDENTIFIED WITH sha256_password BY %s"
    assert steps[0].values == (SECRET,)


@pytest.mark.parametrize(
    ("fault", "clause"),
    [
        ({"locked": True}, "ACCOUNT UNLOCK"),
        ({"expired": True}, "IDENTIFIED WITH caching_sha2_password AS X'%s'" % RIGHT.stored[0].hex()),
        (
            {"limits": dict(_accounts.NO_LIMITS, max_user_connections=1)},
            "WITH MAX_QUERIES_PER_HOUR 0 MAX_UPDATES_PER_HOUR 0 MAX_CONNECTIONS_PER_HOUR 0 MAX_USER_CONNECTIONS 0",
        ),
        ({"factors": 2}, "DROP 2 FACTOR"),
        ({"plugin": "auth_socket"}, "IDENTIFIED WITH caching_sha2_password BY %s"),
        ({"plugin": "mysql_native_password"}, "IDENTIFIED WITH caching_sha2_password BY %s"),
    ],
)
def test_fault_of_the_account(fault, clause):
    assert statements(actual=RIGHT._replace(**fault)) == ["ALTER USER " + WHO + " " + clause]


def test_native_password_stays_where_the_server_has_the_plugin():
    actual = RIGHT._replace(plugin="mysql_native_password")
    assert plan(actual=actual, plugins=(*PLUGINS, "mysql_native_password")) == []


def test_unusable_plugin_needs_a_password():
    with pytest.raises(BadInput, match="auth_socket"):
        plan(WANTED._replace(password=None), RIGHT._replace(plugin="auth_socket"), None)


@pytest.mark.parametrize("actual", ["", "ANY", "X509", "SPECIFIED"])
@pytest.mark.parametrize(("wanted", "words"), [(True, "SSL"), (False, "NONE"), (None, None)])
def test_require(actual, wanted, words):
    found = statements(WANTED._replace(require_ssl=wanted), RIGHT._replace(ssl=actual))
    same = words is None or _accounts.requirement(actual) == words
    assert found == ([] if same else ["ALTER USER %s REQUIRE %s" % (WHO, words)])


def test_all_faults_in_one_statement_and_grants_behind():
    actual = RIGHT._replace(
        locked=True, ssl="X509", limits=dict(_accounts.NO_LIMITS, max_questions=5), grants=_grants.NOTHING
    )
    found = statements(WANTED._replace(require_ssl=True), actual, right=False)
    assert len(found) == 2
    for clause in ("BY %s", "REQUIRE SSL", "WITH MAX_QUERIES", "ACCOUNT UNLOCK"):
        assert clause in found[0]
    assert found[1] == "GRANT BACKUP_ADMIN ON *.* TO " + WHO


def test_nothing_shown_holds_a_secret():
    for actual, right in ((None, None), (RIGHT, False), (RIGHT._replace(expired=True), True)):
        for step in plan(actual=actual, right=right):
            assert SECRET not in repr(step)
            assert SECRET not in " ".join(_accounts._words([step]))
    shown = repr(RIGHT) + repr(_accounts.describe(RIGHT, "as given")) + repr(_accounts._expected(WANTED, RIGHT))
    assert SECRET not in shown
    assert "hash" not in shown
    assert "hash" not in repr(_accounts.Saved("a", "b", " AS X'hash'", "", []))


def test_expected_is_what_will_be_described():
    faulty = RIGHT._replace(locked=True, expired=True, ssl="X509", grants=_grants.NOTHING, plugin="auth_socket")
    wanted = WANTED._replace(require_ssl=False)
    assert _accounts._expected(wanted, faulty) == _accounts.describe(RIGHT, "as given")
    assert _accounts._expected(wanted, None) == _accounts.describe(RIGHT, "as given")


@pytest.mark.parametrize("name", ["", "mysql.sys", "mysql.session", "mysql.infoschema"])
def test_accounts_of_the_server_are_protected(name):
    with pytest.raises(BadInput, match="expected the name of a clone account"):
        _accounts.protect(STATE, name, "localhost")


def test_own_account_is_protected():
    with pytest.raises(BadInput, match="logged in with"):
        _accounts.protect(STATE, "root", "localhost")
    _accounts.protect(STATE, "root", "10.0.0.5")


@pytest.mark.parametrize(
    ("side", "temporary", "sources", "binlog"),
    [
        ("donor", False, (), True),
        ("donor", True, (), False),
        ("donor", False, ("db0:3306",), False),
        ("recipient", False, (), False),
    ],
)
def test_binlog_default(side, temporary, sources, binlog):
    assert _accounts.binlog_default(side, temporary, STATE._replace(sources=sources)) is binlog


def test_read_only_donor_names_its_source():
    error = _accounts.read_only_refusal(STATE._replace(super_read_only=True, sources=("db0:3306",)), WHO)
    assert "super_read_only" in error.message
    assert "on its source db0:3306" in error.message
    assert "db1:3306" in error.message


def row(user, host="10.0.0.5", age=10, label="db2", sessions=0):
    return {"user": user, "host": host, "age": age, "label": label, "sessions": sessions}


MINE, OTHER = "dbops_jit_1111111111", "dbops_jit_2222222222"


@pytest.mark.parametrize(
    ("account", "options", "dead"),
    [
        (row(MINE), {"name": MINE}, True),
        (row(MINE, sessions=3), {"name": MINE}, True),
        (row(MINE, host="10.0.0.6"), {"name": MINE}, True),
        (row(MINE, host="10.0.0.6"), {"name": MINE, "host": "10.0.0.5"}, False),
        (row(MINE), {"keep": MINE, "label": "db2"}, False),
        (row(OTHER), {"name": MINE, "label": "db2"}, True),
        (row(OTHER), {"name": MINE, "label": "db3"}, False),
        (row(OTHER, label="db1,db2"), {"label": "db2"}, False),
        (row(OTHER, label="db1,db2"), {"label": "db3,db2,db1"}, True),
        (row(OTHER, label="db1,db22"), {"label": "db2,db3"}, False),
        (row(OTHER, label=""), {"label": ""}, False),
        (row(OTHER, label=""), {"label": "db2"}, False),
        (row(OTHER), {"name": MINE}, False),
        (row(OTHER, sessions=1), {"label": "db2"}, False),
        (row(OTHER, label=None), {}, False),
        (row(OTHER, age=90000), {}, True),
        (row(OTHER, age=90000, sessions=1), {}, False),
        (row("dbops_jit_"), {"label": "db2"}, False),
        (row("dbops_jit_somebody's own"), {"label": "db2"}, False),
        (row("app"), {"name": "app", "label": "db2"}, False),
    ],
)
def test_leftovers(account, options, dead):
    found = _accounts.leftovers([account], **{"name": None, "host": None, "label": None, **options})
    assert found == ([(account["user"], account["host"])] if dead else [])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"name": ""}, "expected 1 to 32"),
        ({"name": "x" * 33}, "expected 1 to 32"),
        ({"name": "a", "host": ""}, "host has 0 characters"),
        ({"name": "clone", "temporary": True}, "dbops_jit_"),
        ({"temporary": True}, "dbops_jit_"),
        ({"wait_timeout": -1}, "wait_timeout is -1"),
        ({"state": "saved"}, "accounts is empty"),
    ],
)
def test_bad_options(options, words):
    base = {"state": "present", "name": None, "host": None, "temporary": False, "wait_timeout": 0, "accounts": []}
    with pytest.raises(BadInput, match=words):
        _accounts.check_options({**base, **options})


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1290, "read-only"),
        (1819, "policy"),
        (1227, "CREATE USER"),
        (1142, "SELECT on the schema mysql"),
        (1205, "lock"),
    ],
)
def test_errors_say_what_to_do(number, words):
    error = _accounts._explained(ServerError(number, "the text", "db1:3306"), "db1:3306", "it can't be changed")
    assert isinstance(error, CloneError)
    assert error.message.startswith("db1:3306: it can't be changed")
    assert words.lower() in error.message.lower()
    assert "the text (error %d)" % number in error.message


def test_chosen_by_name_or_by_account_but_never_those_of_the_server():
    accounts = [("app_1", "%"), ("app_2", "10.0.0.1"), ("backup", "localhost"), ("mysql.sys", "localhost"), ("", "%")]
    assert _accounts.chosen(accounts, ["app_*"]) == accounts[:2]
    assert _accounts.chosen(accounts, ["app_*@10.*", "backup"]) == accounts[1:3]
    assert ("mysql.sys", "localhost") not in _accounts.chosen(accounts, ["*"])
    assert _accounts.chosen(accounts, ["APP_1"]) == []


DEFINITION = " IDENTIFIED WITH 'caching_sha2_password' AS 0x2441 REQUIRE NONE PASSWORD EXPIRE DEFAULT ACCOUNT UNLOCK"
SAVED = _accounts.Saved(
    "app", "%", DEFINITION, "`rr`@`%`", ["GRANT SELECT ON `d`.* TO `app`@`%`", "GRANT `rr`@`%` TO `app`@`%`"]
)


def restoration(actual):
    return [step.statement for step in _accounts.restoration(SAVED, actual)]


def test_restoration_of_a_lost_account():
    assert restoration(None) == [
        "CREATE USER IF NOT EXISTS `app`@`%`" + DEFINITION,
        "GRANT SELECT ON `d`.* TO `app`@`%`",
        "GRANT `rr`@`%` TO `app`@`%`",
        "ALTER USER `app`@`%` DEFAULT ROLE `rr`@`%`",
    ]


def test_restoration_over_the_donors_account_of_that_name():
    theirs = SAVED._replace(
        definition=DEFINITION.replace("2441", "9999"), default_roles="", grants=["GRANT SUPER ON *.* TO `app`@`%`"]
    )
    assert restoration(theirs) == [
        "ALTER USER `app`@`%`" + DEFINITION,
        "GRANT SELECT ON `d`.* TO `app`@`%`",
        "REVOKE SUPER ON *.* FROM `app`@`%`",
        "GRANT `rr`@`%` TO `app`@`%`",
        "ALTER USER `app`@`%` DEFAULT ROLE `rr`@`%`",
    ]


def test_restoration_of_what_is_right():
    assert restoration(SAVED) == []


def test_default_roles_are_cut_out_of_a_definition():
    text = " IDENTIFIED WITH 'x' AS 0x24 DEFAULT ROLE `r``1`@`%`,`r 2`@`x` REQUIRE SSL PASSWORD EXPIRE"
    found = _accounts._DEFAULT_ROLES.search(text)
    assert found[1] == "`r``1`@`%`,`r 2`@`x`"
    assert _accounts._DEFAULT_ROLES.sub("", text, count=1) == " IDENTIFIED WITH 'x' AS 0x24 REQUIRE SSL PASSWORD EXPIRE"


def test_host_of_this_machine_is_not_foreign():
    assert _accounts._foreign_address("127.0.0.1", 3306) is None
    assert _accounts._foreign_address("192.0.2.1", 3306) == "192.0.2.1"
