# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is done to the accounts of a server that answers as written down. Real ones are the matter of the target clone_user."""

from __future__ import annotations

import socket

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _accounts, _passwords
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput, CloneError, ServerError
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import Login
from ansible_collections.dbops.mysql_clone.tests.unit.plugins.module_utils.scripted import Scripted, error

SECRET = "s3cr3t'\"%\\ ü"
LOGIN = Login(unix_socket="/run/db1.sock", user="root", password="r")
ROW = {
    "plugin": "caching_sha2_password",
    "credential": "2441",
    "ssl_type": "",
    "account_locked": "N",
    "password_expired": "N",
    "max_questions": 0,
    "max_updates": 0,
    "max_connections": 0,
    "max_user_connections": 0,
    "attributes": None,
    "lifetime": 0,
    "days": 3,
}
PARAMS = {
    "side": "donor",
    "state": "present",
    "name": "cloner",
    "host": "%",
    "password": SECRET,
    "update_password": "always",
    "require_ssl": None,
    "allow": [],
    "temporary": False,
    "label": None,
    "binlog": None,
    "wait_timeout": 0,
    "install_plugin": False,
    "remove_plugin": False,
    "donor_host": None,
    "donor_port": 3306,
    "accounts": [],
    "saved": [],
}


class World(Scripted):
    """A server that takes account statements: CREATE and GRANT make what is wanted, DROP removes it."""

    def __init__(self, account=None, grants=("GRANT USAGE ON *.* TO `cloner`@`%`",), version="9.7.4", **more):
        self.account, self.grants = account, list(grants)
        self.plugin, self.read_only, self.super_read_only, self.sources = "ACTIVE", 0, 0, []
        self.temporary = []
        super().__init__(
            {
                **more,
                "SET SESSION": [],
                "SELECT CURRENT_USER() AS session": lambda _statement: [
                    {"session": "root@localhost", "read_only": self.read_only, "super_read_only": self.super_read_only}
                ],
                "information_schema.PLUGINS": lambda _statement: self.plugins(),
                "replication_connection_configuration": lambda _statement: [{"source": one} for one in self.sources],
                "HEX(authentication_string)": lambda _statement: [self.account] if self.account else [],
                "SHOW GRANTS": lambda _statement: [{"g": grant} for grant in self.grants],
                "LIKE 'dbops": lambda _statement: [dict(row) for row in self.temporary],
                "CREATE USER": self.create,
                "ALTER USER": self.alter,
                "GRANT": self.grant,
                "DROP USER": self.drop,
                "INSTALL PLUGIN": self.install,
            },
            version,
            login=LOGIN,
        )

    def plugins(self):
        rows = [{"name": "caching_sha2_password", "status": "ACTIVE", "type": "AUTHENTICATION"}]
        return [*rows, {"name": "clone", "status": self.plugin, "type": "CLONE"}] if self.plugin else rows

    def create(self, _statement):
        self.account = dict(ROW)
        return []

    def alter(self, _statement):
        self.account.update(account_locked="N")
        return []

    def grant(self, statement):
        self.grants.append(statement)
        return []

    def drop(self, _statement):
        self.account = None
        return []

    def install(self, statement):
        self.plugin = None if statement.startswith("UNINSTALL") else "ACTIVE"
        return []

    @property
    def written(self):
        words = ("CREATE", "ALTER", "GRANT", "REVOKE", "DROP", "INSTALL", "UNINSTALL", "SET SESSION sql_log_bin")
        return [statement.partition(" IDENTIFIED")[0] for statement in self.asked if statement.startswith(words)]


RIGHT = ("GRANT USAGE ON *.* TO `cloner`@`%`", "GRANT BACKUP_ADMIN ON *.* TO `cloner`@`%`")


@pytest.fixture(autouse=True)
def passwords(monkeypatch):
    """Whether an account has the password that was given; None: only a login tells."""
    told = {"right": True}
    monkeypatch.setattr(_passwords, "any_matches", lambda plugin, stored, password: told["right"])
    return told


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(_accounts.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(_accounts.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    return now


def managed(world, check_mode=False, **params):
    return _accounts.manage(world, LOGIN, {**PARAMS, **params}, check_mode)


# -- one account -------------------------------------------------------------------------------------------------------


def test_an_account_is_made_and_read_again():
    world = World()
    result = managed(world)
    assert result["changed"]
    assert (result["repaired"], result["granted"]) == (["created"], ["BACKUP_ADMIN ON *.*"])
    assert result["account"]["privileges"] == ["BACKUP_ADMIN ON *.*"]
    assert (result["account"]["name"], result["account"]["host"]) == ("cloner", "%")
    assert result["diff"]["before"] == {}
    assert world.written == ["CREATE USER IF NOT EXISTS `cloner`@`%`", "GRANT BACKUP_ADMIN ON *.* TO `cloner`@`%`"]
    assert SECRET not in repr(result)


def test_check_mode_only_says_so():
    world = World()
    result = managed(world, check_mode=True)
    assert result["changed"]
    assert result["account"]["password"] == "as given"
    assert world.written == []


def test_an_account_that_is_right_is_left_alone():
    world = World(dict(ROW), RIGHT)
    assert not managed(world)["changed"]
    assert world.written == []


@pytest.mark.parametrize(
    ("fault", "repaired"),
    [
        ({"account_locked": "Y"}, "unlocked"),
        ({"password_expired": "Y"}, "password no longer expired"),
        ({"lifetime": 3}, "password no longer expired"),
        ({"max_questions": 7}, "limits lifted (max_questions 7)"),
        ({"attributes": '{"multi_factor_authentication": [{}]}'}, "authentication factor 2 dropped"),
    ],
)
def test_faults_are_read_from_the_row(fault, repaired):
    assert repaired in managed(World({**ROW, **fault}, RIGHT), check_mode=True)["repaired"]


def test_a_second_password_counts():
    _state, actual = _accounts.observe(
        World({**ROW, "attributes": '{"additional_password": "$A$x"}'}, RIGHT), "cloner", "%"
    )
    assert actual.stored == (b"$A", b"$A$x")


def test_a_server_that_takes_everything_and_does_nothing_is_told():
    world = World(dict(ROW))
    world.answers["GRANT"] = []
    with pytest.raises(
        CloneError, match="isn't as it should be although the server took every statement: grant BACKUP_ADMIN"
    ):
        managed(world)
    assert len(world.told("GRANT BACKUP_ADMIN")) == _accounts.ROUNDS


@pytest.mark.parametrize(("answer", "changed"), [(True, False), (False, True)])
def test_where_the_hash_does_not_tell_a_login_does(monkeypatch, passwords, answer, changed):
    passwords["right"] = None
    logins = []

    def connect(login):
        logins.append((login.user, login.password))
        if not answer:
            raise error(1045, "denied")
        return Scripted({"CURRENT_USER": [{"u": "cloner@%"}]})

    monkeypatch.setattr(_accounts, "Server", connect)
    assert managed(World(dict(ROW), RIGHT), check_mode=True)["changed"] is changed
    assert logins == [("cloner", SECRET)]


def test_a_connection_that_is_lost_is_no_wrong_password(monkeypatch, passwords):
    passwords["right"] = None

    def connect(login):
        raise error(2013, "lost")

    monkeypatch.setattr(_accounts, "Server", connect)
    with pytest.raises(ServerError, match="lost"):
        managed(World(dict(ROW), RIGHT))


def test_an_account_is_removed_once():
    world = World(dict(ROW), RIGHT)
    result = managed(world, state="absent")
    assert (result["repaired"], result["account"]) == (["removed"], {})
    assert result["diff"]["before"]["privileges"] == ["BACKUP_ADMIN ON *.*"]
    assert not managed(world, state="absent")["changed"]
    assert world.written == ["DROP USER IF EXISTS `cloner`@`%`"]
    assert managed(World(dict(ROW), RIGHT), check_mode=True, state="absent")["changed"]


@pytest.mark.parametrize("state", ["present", "absent"])
def test_nothing_is_written_on_a_read_only_donor(state):
    world = World(None if state == "present" else dict(ROW))
    world.super_read_only = world.read_only = 1
    with pytest.raises(CloneError, match="db1:3306 has super_read_only on"):
        managed(world, state=state)
    assert world.written == []


def test_a_read_only_donor_is_given_time_to_replicate_the_account(clock):
    world = World()
    world.read_only, world.sources = 1, ["db0:3306"]
    read = world.answers["HEX(authentication_string)"]

    def later(statement):
        if clock[0] > 3:
            world.account, world.grants = dict(ROW), list(RIGHT)
        return read(statement)

    world.answers["HEX(authentication_string)"] = later
    result = managed(world, wait_timeout=10)
    assert not result["changed"]
    world.account = None
    world.answers["HEX(authentication_string)"] = read
    with pytest.raises(CloneError, match="make it on its source db0:3306") as caught:
        managed(world, wait_timeout=10)
    assert caught.value.details["sources"] == ["db0:3306"]


def test_a_recipients_own_account_is_made_though_it_is_read_only():
    world = World()
    world.read_only = 1
    assert managed(world, side="recipient", host="localhost")["changed"]
    # Useless on its replicas, and an errant transaction on itself.
    assert world.written[0] == "SET SESSION sql_log_bin = 0"


def test_a_session_that_may_not_keep_the_binary_log_out_changes_nothing():
    world = World(**{"SET SESSION sql_log_bin": error(1227, "denied")})
    with pytest.raises(CloneError, match="sql_log_bin can't be set, so nothing was changed"):
        managed(world, binlog=False)
    assert not world.told("CREATE USER")


def test_what_the_server_refuses_is_explained():
    world = World()
    world.answers = {
        "CREATE USER": error(1819, "policy"),
        **{k: v for k, v in world.answers.items() if k != "CREATE USER"},
    }
    with pytest.raises(
        CloneError, match="`cloner`@`%` can't be changed: the password doesn't satisfy the server's policy"
    ):
        managed(world)


@pytest.mark.parametrize(
    "key", ["SELECT CURRENT_USER() AS session", "information_schema.PLUGINS", "HEX(authentication_string)"]
)
def test_what_must_be_read_for_that(key):
    world = World(dict(ROW))
    world.answers[key] = error(1142, "denied")
    with pytest.raises(CloneError, match="the accounts can't be read: the login lacks a privilege"):
        managed(world)


def test_grants_that_nobody_told_the_server_of():
    world = World(dict(ROW))
    # The first look is at nobody's account.
    looks = [[], [world.account]]
    world.answers["HEX(authentication_string)"] = lambda _statement: looks.pop(0)
    world.answers["SHOW GRANTS"] = error(1141, "no such grant")
    with pytest.raises(CloneError, match="the grants of `cloner`@`%` can't be read"):
        managed(world)


def test_sources_that_cannot_be_read_are_none():
    world = World()
    world.answers["replication_connection_configuration"] = error(1142, "denied")
    assert _accounts.observe(world)[0].sources == ()


@pytest.mark.parametrize("version", ["10.11.6-MariaDB", "8.0.16", "5.7.44-log"])
def test_servers_without_clone_are_refused(version):
    with pytest.raises(CloneError, match=r"has no CLONE; MySQL 8\.0\.17 or later is needed"):
        managed(World(version=version))


# -- the plugin --------------------------------------------------------------------------------------------------------


def test_a_missing_plugin_is_installed_without_binary_log():
    world = World(dict(ROW), RIGHT)
    world.plugin = None
    assert managed(world, check_mode=True, install_plugin=True)["plugin"] == {
        "active": False,
        "installed": True,
        "removed": False,
    }
    assert world.plugin is None
    assert managed(world, install_plugin=True)["plugin"] == {"active": True, "installed": True, "removed": False}
    assert world.written == ["SET SESSION sql_log_bin = 0", "INSTALL PLUGIN clone SONAME 'mysql_clone.so'"]
    assert managed(world, install_plugin=True)["plugin"] == {"active": True, "installed": False, "removed": False}


@pytest.mark.parametrize(("number", "installed"), [(1125, False), (1126, None)])
def test_somebody_else_may_be_faster(number, installed):
    world = World(dict(ROW), RIGHT)
    world.plugin = None
    world.answers = {"INSTALL PLUGIN": error(number, "no"), **world.answers}
    world.answers["INSTALL PLUGIN"] = error(number, "no")
    if installed is None:
        with pytest.raises(CloneError, match=r"mysql_clone\.so isn't in the server's plugin_dir"):
            managed(world, install_plugin=True)
    else:
        assert managed(world, install_plugin=True)["plugin"] == {"active": True, "installed": False, "removed": False}


def test_one_that_is_being_installed_is_waited_for(clock):
    world = World(dict(ROW), RIGHT)
    world.plugin = "INACTIVE"
    read = world.plugins

    def later():
        if clock[0] > 1:
            world.plugin = "ACTIVE"
        return read()

    world.plugins = later
    assert managed(world, install_plugin=True)["plugin"]["active"]


@pytest.mark.parametrize(
    ("status", "words"), [("DISABLED", "is loaded but DISABLED"), ("INACTIVE", "is loaded but INACTIVE")]
)
def test_one_that_was_switched_off_is_told(status, words):
    world = World(dict(ROW), RIGHT)
    world.plugin = status
    with pytest.raises(CloneError, match=words):
        managed(world, install_plugin=True)


def test_a_read_only_server_takes_no_plugin():
    world = World(dict(ROW), RIGHT)
    world.plugin, world.super_read_only = None, 1
    with pytest.raises(CloneError, match="SET GLOBAL super_read_only = OFF for the moment"):
        managed(world, install_plugin=True)


def test_the_plugin_is_removed():
    world = World(dict(ROW), RIGHT)
    assert managed(world, check_mode=True, remove_plugin=True)["plugin"] == {
        "active": True,
        "installed": False,
        "removed": True,
    }
    assert managed(world, remove_plugin=True)["plugin"] == {"active": False, "installed": False, "removed": True}
    assert not managed(world, remove_plugin=True)["changed"]


# -- leftovers ---------------------------------------------------------------------------------------------------------

LEFT = {
    "user": "dbops_jit_1234",
    "host": "%",
    "age": 10,
    "attributes": '{"metadata": {"dbops.mysql_clone": "db2"}}',
    "sessions": 0,
}


def labelled(world):
    world.temporary = [dict(LEFT, attributes='{"metadata": {"%s": "db2"}}' % _accounts.LABEL)]
    return world


def test_what_dead_runs_left_is_swept():
    world = labelled(World())
    result = managed(world, state="swept", name=None, password=None, label="db2")
    assert (result["swept"], result["changed"]) == (["dbops_jit_1234@%"], True)
    assert world.written == ["SET SESSION sql_log_bin = 0", "DROP USER IF EXISTS `dbops_jit_1234`@`%`"]
    assert managed(labelled(World()), check_mode=True, state="swept", name=None, label="db2")["swept"]
    assert managed(labelled(World()), state="swept", name=None, label="db3")["swept"] == []


def test_on_a_read_only_donor_it_is_told():
    world = labelled(World())
    world.read_only = 1
    result = managed(world, state="swept", name=None, label="db2")
    assert "db1:3306 has read_only on" in result["module_warnings"][0]
    assert not world.told("DROP USER")


def test_a_new_temporary_account_takes_the_place_of_the_dead_ones():
    world = labelled(World(grants=["GRANT USAGE ON *.* TO `dbops_jit_9999`@`%`"]))
    result = managed(world, name="dbops_jit_9999", temporary=True, label="db2")
    assert result["swept"] == ["dbops_jit_1234@%"]
    assert any("ATTRIBUTE" in statement and "db2" in statement for statement in world.told("CREATE USER"))
    world = World(version="8.0.20", grants=["GRANT USAGE ON *.* TO `dbops_jit_9999`@`%`"])
    managed(world, name="dbops_jit_9999", temporary=True, label="db2")
    assert not any("ATTRIBUTE" in statement for statement in world.told("CREATE USER"))


# -- how the donor sees this server ------------------------------------------------------------------------------------


def probed(monkeypatch, answer):
    def connect(login, read_timeout):
        assert (login.user, login.password) == ("mysql_clone_probe", "-")
        if isinstance(answer, Exception):
            raise answer
        return Scripted({})

    monkeypatch.setattr(_accounts, "Server", connect)
    monkeypatch.setattr(_accounts, "with_config_file", lambda login: login)
    return managed(World(dict(ROW), RIGHT), donor_host="db9")["seen_as"]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1045, "Access denied for user 'mysql_clone_probe'@'10.0.0.5' (using password: YES)"),
        (1130, "Host '10.0.0.5' is not allowed to connect to this MySQL server"),
    ],
)
def test_the_donor_says_how_it_sees_the_recipient(monkeypatch, number, text):
    assert probed(monkeypatch, error(number, text)) == "10.0.0.5"


@pytest.mark.parametrize("host", ["%", "10.0.%", "10.0.0.0/8", "10.0.0.0/255.0.0.0"])
def test_a_donor_that_names_more_hosts_than_one_is_not_believed(monkeypatch, host):
    with pytest.raises(CloneError, match=r"no single host\. Give host"):
        probed(monkeypatch, error(1045, f"Access denied for user 'mysql_clone_probe'@'{host}' (using password: YES)"))


def test_or_why_it_cannot(monkeypatch):
    with pytest.raises(CloneError, match="the donor db9:3306 can't be reached from the recipient: refused"):
        probed(monkeypatch, error(2003, "refused", "db9:3306"))
    with pytest.raises(CloneError, match="lets anybody in"):
        probed(monkeypatch, None)


def test_a_server_elsewhere_is_seen_by_its_address(monkeypatch):
    own = Login(host="db7", port=3306, user="root")
    monkeypatch.setattr(_accounts, "with_config_file", lambda login: login)
    monkeypatch.setattr(_accounts, "_foreign_address", lambda host, port: "192.0.2.7")
    assert _accounts.seen_as(own, "db9", 3306) == "192.0.2.7"


def test_whose_address_that_is(monkeypatch):
    monkeypatch.undo()
    assert _accounts._foreign_address("192.0.2.7", 3306) == "192.0.2.7"

    def unknown(*_arguments, **_options):
        raise socket.gaierror

    monkeypatch.setattr(_accounts.socket, "getaddrinfo", unknown)
    assert _accounts._foreign_address("db7", 3306) is None


# -- accounts over a clone ---------------------------------------------------------------------------------------------

CREATED = "CREATE USER `app`@`%` IDENTIFIED WITH 'caching_sha2_password' AS 0x2441 DEFAULT ROLE `r`@`%` REQUIRE NONE"


def keeper(**more):
    return World(
        **{
            **more,
            "SELECT CURRENT_USER()'": [],
            "SELECT User AS user, Host AS host FROM mysql.user": [
                {"user": user, "host": "%"} for user in ("app", "gone", "other")
            ],
            "SHOW CREATE USER `app`": [{"c": CREATED}],
            "SHOW CREATE USER `gone`": error(3162, "no such account"),
            "SHOW GRANTS FOR `app`": [{"g": "GRANT SELECT ON `shop`.* TO `app`@`%`"}],
        }
    )


def test_accounts_are_saved_by_pattern():
    saved = managed(keeper(), state="saved", name=None, accounts=["app", "gone"])["saved"]
    assert [(one["name"], one["default_roles"]) for one in saved] == [("app", "`r`@`%`")]
    assert "DEFAULT ROLE" not in saved[0]["definition"]
    assert saved[0]["grants"] == ["GRANT SELECT ON `shop`.* TO `app`@`%`"]
    assert managed(keeper(), state="saved", name=None, accounts=["nobody"])["saved"] == []
    assert "2441" not in repr(_accounts.Saved(**saved[0]))


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("SHOW CREATE USER `app`", "the account `app`@`%` can't be saved"),
        ("SHOW GRANTS FOR `app`", "the grants of `app`@`%`"),
    ],
)
def test_what_cannot_be_saved_is_told(key, words):
    world = keeper()
    world.answers[key] = error(1142, "denied")
    with pytest.raises(CloneError, match=words):
        managed(world, state="saved", name=None, accounts=["app"])


def restored(world, check_mode=False):
    saved = [one._asdict() for one in _accounts.save_matching(keeper(), ["app"])]
    world.answers = {"SELECT CURRENT_USER()": [{"u": "root@localhost"}], **world.answers}
    observed = world.answers.pop("SELECT CURRENT_USER() AS session")
    world.answers = {"SELECT CURRENT_USER() AS session": observed, **world.answers}
    return managed(world, check_mode, state="restored", name=None, saved=saved)


def test_accounts_are_made_again():
    world = keeper(**{"SHOW CREATE USER": error(3162, "no such account")})
    result = restored(world)
    assert (result["restored"], result["unchanged"], result["problems"]) == (["app@%"], [], [])
    assert result["changed"]
    assert [statement.split(" ")[0] for statement in world.written] == ["SET", "CREATE", "GRANT", "ALTER"]
    world = keeper(**{"SHOW CREATE USER": error(3162, "no such account")})
    assert restored(world, check_mode=True)["restored"] == ["app@%"]
    assert world.written == []


def test_those_that_are_right_are_left():
    world = keeper()
    result = restored(world)
    assert (result["restored"], result["unchanged"], result["changed"]) == ([], ["app@%"], False)


def test_what_cannot_be_restored_is_told_and_the_rest_goes_on():
    world = keeper(**{"SHOW CREATE USER": error(3162, "no such account"), "GRANT SELECT": error(1146, "no such table")})
    result = restored(world)
    assert result["restored"] == ["app@%"]
    assert result["problems"][0]["what"] == "grant SELECT ON `shop`.*"
    assert "was not restored" in result["module_warnings"][0]
    world = keeper(**{"SHOW CREATE USER": error(3162, "no such account"), "GRANT SELECT": error(2013, "lost")})
    with pytest.raises(CloneError, match="lost"):
        restored(world)


def test_statements_do_not_come_in_by_what_was_saved():
    saved = [{"name": "a", "host": "%", "definition": "; DROP USER root", "default_roles": "", "grants": []}]
    with pytest.raises(BadInput, match="isn't part of one SQL statement"):
        managed(keeper(), state="restored", name=None, saved=saved)
