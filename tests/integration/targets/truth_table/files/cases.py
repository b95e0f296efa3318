# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The conditions: how each is brought about, and which check must find it."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pymysql
import scene
from scene import Outcome, Scene

from lab import faults
from lab.node import Node, free_port
from lab.proxy import Proxy


@dataclass
class Case:
    """One row: the condition in words, the checks that must say so, and whether the server raises an error at all."""

    name: str
    text: str
    checks: frozenset[str]
    make: Callable[[Scene], None]
    status: str = "fail"  # what the checks must say
    harm: Callable[[Scene], Outcome] | None = None  # what happens instead of an error
    extra: bool = False  # a costly variant of what another case shows, too


CASES: list[Case] = []


def case(
    text: str,
    *checks: str,
    status: str = "fail",
    harm: Callable[[Scene], Outcome] | None = None,
    extra: bool = False,
) -> Callable[[Callable[[Scene], None]], Callable[[Scene], None]]:
    """Register a condition. Without checks it is a healthy variant: nothing may fail, and the clone must succeed."""

    def register(make: Callable[[Scene], None]) -> Callable[[Scene], None]:
        CASES.append(Case(make.__name__, text, frozenset(checks), make, status, harm, extra))
        return make

    return register


# ---- the recipient, before it connects ------------------------------------------------------------------------------

_LOOKER = "SELECT, PROCESS, EVENT, SYSTEM_VARIABLES_ADMIN, REPLICATION CLIENT"


@case("the recipient's login lacks CLONE_ADMIN", "recipient.clone_privilege")
def no_clone_admin(s: Scene) -> None:
    s.login = ("looker", s.account(s.recipient, "looker", privileges=_LOOKER + ", BACKUP_ADMIN"))


@case("the recipient's login lacks BACKUP_ADMIN, for a data directory", "recipient.clone_privilege")
def no_backup_admin_for_directory(s: Scene) -> None:
    s.login = ("looker", s.account(s.recipient, "looker", privileges=_LOOKER + ", CLONE_ADMIN"))
    s.data_directory = str(s.directory("new") / "data")


@case("the plugin is missing on the recipient", "recipient.plugin")
def no_recipient_plugin(s: Scene) -> None:
    scene.quietly(s.recipient, "UNINSTALL PLUGIN clone")


@case("InnoDB on the recipient is read-only", "recipient.plugin", "recipient.innodb_read_only")
def innodb_read_only(s: Scene) -> None:
    s.restart("recipient", "innodb_read_only=ON")


@case("Group Replication runs on the recipient", "recipient.group_replication")
def group_replication(s: Scene) -> None:
    s.reset("recipient", "log_replica_updates=ON")
    node = s.recipient
    scene.quietly(node, "INSTALL PLUGIN group_replication SONAME 'group_replication.so'")
    for name, value in (
        ("group_name", "'9e1f8e7a-0000-4000-8000-000000000001'"),
        ("local_address", "'127.0.0.1:%d'" % free_port()),
        ("bootstrap_group", "ON"),
    ):
        node.sql(f"SET GLOBAL group_replication_{name} = {value}")
    node.sql("START GROUP_REPLICATION")


@case("the data directory is relative", "recipient.data_directory")
def relative_directory(s: Scene) -> None:
    s.data_directory = "relative/dir"


@case("the data directory exists", "recipient.data_directory")
def directory_exists(s: Scene) -> None:
    s.data_directory = str(s.directory("exists"))


@case("the data directory lies in the recipient's own", "recipient.data_directory")
def directory_inside(s: Scene) -> None:
    s.data_directory = str(s.recipient.datadir / "inside")


@case("the donor is not in clone_valid_donor_list", "recipient.donor_list")
def not_listed(s: Scene) -> None:
    scene.allow(s.recipient, "127.0.0.1:1")


@case("the donor is in clone_valid_donor_list by another name only", "recipient.donor_list")
def listed_by_other_name(s: Scene) -> None:
    scene.allow(s.recipient, f"localhost:{s.donor.port}")


@case("the donor's address is an IPv6 literal", "pair.donor_address", "pair.link")
def ipv6(s: Scene) -> None:
    # CLONE's grammar takes it as a quoted host; the list can't hold it.
    s.host = "::1"


@case("a clone is under way on the recipient", "recipient.clone", "donor.slot")
def clone_under_way(s: Scene) -> None:
    _slow_clone(s, s.recipient)


# ---- connecting to the donor ----------------------------------------------------------------------------------------


@case("nothing listens on the donor's port", "pair.link")
def port_closed(s: Scene) -> None:
    s.port = free_port()
    scene.allow(s.recipient, f"127.0.0.1:{s.port}")


@case("the donor's name is unknown", "pair.link")
def unknown_host(s: Scene) -> None:
    s.host = "no-such-host.invalid"
    scene.allow(s.recipient, f"{s.host}:{s.donor.port}")


@case("the clone account's password is wrong", "pair.link")
def wrong_password(s: Scene) -> None:
    s.password = "wrong"


@case("the clone account doesn't exist", "pair.link")
def no_account(s: Scene) -> None:
    s.user = "nobody"


@case("the clone account is for another host", "pair.link")
def other_host(s: Scene) -> None:
    scene.quietly(s.donor, "CREATE USER 'far'@'192.0.2.1' IDENTIFIED BY 'Acc0unt-pw'")
    s.stack.callback(scene.quietly, s.donor, "DROP USER 'far'@'192.0.2.1'")
    s.user, s.password = "far", "Acc0unt-pw"


@case("the clone account demands TLS, which the clone forgoes", "pair.link")
def account_requires_tls(s: Scene) -> None:
    s.clone_as("strict", "REQUIRE SSL")
    s.require_ssl = False


@case("the clone account's password has expired", "pair.link")
def expired(s: Scene) -> None:
    s.clone_as("expired", "PASSWORD EXPIRE")


@case("the clone account is locked", "pair.link")
def locked(s: Scene) -> None:
    s.clone_as("locked", "ACCOUNT LOCK")


@case("the clone account may have one connection only", "donor.account_connections")
def one_connection(s: Scene) -> None:
    s.clone_as("lonely", "WITH MAX_USER_CONNECTIONS 1")


@case("the donor has no free connection", "pair.link", "donor.connections")
def no_connection(s: Scene) -> None:
    # Ordinary accounts, so that the administrator's extra connection stays free.
    password = s.account(s.donor, "idle", privileges="")
    s.set(s.donor, "max_connections", 4)
    for _number in range(4):
        connection = s.donor.connect(user="idle", password=password)
        s.stack.callback(connection.close)


@case("the donor has one free connection", "donor.connections")
def one_free_connection(s: Scene) -> None:
    password = s.account(s.donor, "idle", privileges="")
    s.set(s.donor, "max_connections", 4)
    for _number in range(3):
        connection = s.donor.connect(user="idle", password=password)
        s.stack.callback(connection.close)


@case("the port is the donor's X Protocol port", "pair.link", extra=True)
def x_protocol(s: Scene) -> None:
    s.port = free_port()
    for role, port in (("donor", s.port), ("recipient", free_port())):
        s.restart(role, "mysqlx=ON", f"mysqlx_port={port}", "mysqlx_bind_address=127.0.0.1", "mysqlx_socket=x.sock")
    scene.allow(s.recipient, f"127.0.0.1:{s.port}")


@case("TLS is demanded, and the donor has none", "pair.link", extra=True)
def no_tls(s: Scene) -> None:
    s.restart("donor", "tls_version=")
    s.require_ssl = True


@case("the recipient's clone_ssl_ca does not verify the donor", "pair.certificate")
def untrusted(s: Scene) -> None:
    s.set(s.recipient, "clone_ssl_ca", str(s.recipient.datadir / "ca.pem"))


@case("the recipient's clone_ssl_ca is no file", "pair.certificate")
def no_authority(s: Scene) -> None:
    s.set(s.recipient, "clone_ssl_ca", str(s.recipient.datadir / "missing.pem"))


@case("the clone account lacks BACKUP_ADMIN", "donor.backup_privilege")
def no_backup_admin(s: Scene) -> None:
    s.clone_as("poor", privileges="")


@case("the clone account has BACKUP_ADMIN by a role that isn't its default", "donor.backup_privilege")
def role_not_default(s: Scene) -> None:
    s.clone_as("player", privileges="")
    scene.quietly(s.donor, "CREATE ROLE donating", "GRANT BACKUP_ADMIN ON *.* TO donating", "GRANT donating TO player")
    s.stack.callback(scene.quietly, s.donor, "DROP ROLE donating")


# ---- checks on the donor --------------------------------------------------------------------------------------------


@case("the plugin is missing on the donor", "donor.plugin")
def no_donor_plugin(s: Scene) -> None:
    scene.quietly(s.donor, "UNINSTALL PLUGIN clone")
    s.stack.callback(scene.prepare, s.lab, s.donor)


@case("redo logging is disabled on the donor", "donor.redo_log")
def no_redo(s: Scene) -> None:
    s.donor.sql("ALTER INSTANCE DISABLE INNODB REDO_LOG")
    s.stack.callback(s.donor.sql, "ALTER INSTANCE ENABLE INNODB REDO_LOG")


@case("donor and recipient are one server", "pair.same_server")
def same_server(s: Scene) -> None:
    s.donate_to_itself()
    scene.quietly(
        s.recipient, "CREATE USER 'self'@'%' IDENTIFIED BY 'Acc0unt-pw'", "GRANT BACKUP_ADMIN ON *.* TO 'self'@'%'"
    )
    s.stack.callback(scene.quietly, s.recipient, "DROP USER 'self'@'%'")
    s.user, s.password = "self", "Acc0unt-pw"
    scene.allow(s.recipient, f"127.0.0.1:{s.recipient.port}")


@case("donor and recipient are one server, with skip_name_resolve", "pair.same_server", extra=True)
def same_server_by_address(s: Scene) -> None:
    s.reset("recipient", "skip_name_resolve=ON")
    same_server(s)


@case("the donor gives another clone already", "donor.slot")
def donor_busy(s: Scene) -> None:
    _slow_clone(s, s.third)


def _taken_over(s: Scene) -> Outcome:
    outcome = s.clone()
    return outcome if outcome.number else Outcome(0, None, "OK, and the other recipient has lost its clone")


@case("the donor waits for a recipient whose link was cut", "donor.slot", harm=_taken_over, extra=True)
def donor_waits(s: Scene) -> None:
    link = _slow_clone(s, s.third)
    link.cut()
    query = "SELECT 1 FROM information_schema.PROCESSLIST WHERE COMMAND = 'clone' AND STATE = 'starting' AND TIME >= 2"
    scene.wait_until(lambda: s.donor.sql(query))


@case("max_allowed_packet of the donor is below 2 MiB", "donor.max_allowed_packet")
def donor_packet(s: Scene) -> None:
    s.set(s.donor, "max_allowed_packet", 1048576)


@case("DDL runs on the donor, and clone_block_ddl is ON", "donor.ddl")
def donor_ddl(s: Scene) -> None:
    s.set(s.recipient, "clone_block_ddl", "ON")
    s.hold(s.donor, "START TRANSACTION", "SELECT * FROM shop.orders")
    _blocked_ddl(s, s.donor, "ALTER TABLE shop.orders COMMENT 'x'")


# ---- comparing both -------------------------------------------------------------------------------------------------


@case("IMPORT TABLESPACE runs on the donor", "donor.import")
def importing(s: Scene) -> None:
    file = _discarded(s)
    # Zeroes that take no room, and some time to read.
    os.truncate(file, 32 << 30)
    _running(s, s.donor, _IMPORT, "System lock")


@case("a plugin of the donor is not to be had on the recipient", "pair.plugins")
def plugin_lacking(s: Scene) -> None:
    plugins = scene.private_plugins(s.directory("few"), s.recipient, without="semisync")
    s.restart("recipient", f"plugin_dir={plugins}")
    scene.quietly(s.donor, "INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so'")
    s.stack.callback(scene.quietly, s.donor, "UNINSTALL PLUGIN rpl_semi_sync_source")


@case("innodb_page_size differs", "pair.innodb_page_size")
def page_size(s: Scene) -> None:
    s.reset("recipient", "innodb_page_size=8k")


@case("character_set_server differs", "pair.character_set_server", "pair.collation_server")
def character_set(s: Scene) -> None:
    s.set(s.donor, "collation_server", "latin1_swedish_ci")


@case("collation_server differs", "pair.collation_server")
def collation(s: Scene) -> None:
    s.set(s.recipient, "collation_server", "utf8mb4_bin")


@case("character_set_filesystem differs", "pair.character_set_filesystem")
def character_set_filesystem(s: Scene) -> None:
    s.set(s.recipient, "character_set_filesystem", "utf8mb4")


@case("max_allowed_packet of the recipient is below 2 MiB", "recipient.max_allowed_packet")
def recipient_packet(s: Scene) -> None:
    s.set(s.recipient, "max_allowed_packet", 1048576)


@case("DDL runs on the recipient", "recipient.ddl", "recipient.transactions")
def recipient_ddl(s: Scene) -> None:
    s.fill()
    s.hold(s.recipient, "START TRANSACTION", "SELECT * FROM old.t")
    _blocked_ddl(s, s.recipient, "ALTER TABLE old.t COMMENT 'x'")


# ---- while or after the recipient's data is dropped -------------------------------------------------------------------


@case("super_read_only is ON at the recipient", "recipient.super_read_only")
def super_read_only(s: Scene) -> None:
    s.fill()
    s.set(s.recipient, "super_read_only", "ON")
    s.stack.callback(s.recipient.sql, "SET GLOBAL read_only = OFF")


@case("innodb_force_recovery is set at the recipient", "recipient.force_recovery")
def force_recovery(s: Scene) -> None:
    s.fill()
    s.restart("recipient", "innodb_force_recovery=1")


@case("an idle transaction has read a table of the recipient", "recipient.transactions")
def idle_reader(s: Scene) -> None:
    s.fill()
    s.hold(s.recipient, "START TRANSACTION", "SELECT * FROM old.t")


@case("an idle transaction has written to a table of the recipient", "recipient.transactions", extra=True)
def idle_writer(s: Scene) -> None:
    s.fill()
    s.hold(s.recipient, "START TRANSACTION", "UPDATE old.t SET id = 3 WHERE id = 1")


@case("a session holds LOCK TABLES on the recipient", "recipient.transactions", extra=True)
def lock_tables(s: Scene) -> None:
    s.fill()
    s.hold(s.recipient, "LOCK TABLES old.t READ")


@case("an XA transaction is prepared on the recipient", "recipient.transactions")
def prepared_on_recipient(s: Scene) -> None:
    s.fill()
    connection = s.hold(s.recipient, "XA START 'x'", "INSERT INTO old.t VALUES (9)", "XA END 'x'", "XA PREPARE 'x'")
    connection.close()
    s.stack.callback(scene._try, s.recipient, "XA ROLLBACK 'x'")


@case("LOCK INSTANCE FOR BACKUP is held on the recipient", "recipient.backup_lock")
def backup_lock(s: Scene) -> None:
    s.fill()
    s.hold(s.recipient, "LOCK INSTANCE FOR BACKUP")


@case("FLUSH TABLES WITH READ LOCK is held on the recipient", "recipient.read_lock")
def read_lock(s: Scene) -> None:
    s.fill()
    s.hold(s.recipient, "FLUSH TABLES WITH READ LOCK")


@case("a table of the recipient has a backtick in its name", "recipient.backticks")
def backtick_table(s: Scene) -> None:
    scene.quietly(s.recipient, "CREATE DATABASE IF NOT EXISTS old", "CREATE TABLE old.`a``b` (id INT PRIMARY KEY)")
    s.stack.callback(_dropped, s, "TABLE old.`a``b`", "DATABASE IF EXISTS old")


@case("an empty schema of the recipient has a backtick in its name", "recipient.backticks")
def backtick_schema(s: Scene) -> None:
    scene.quietly(s.recipient, "CREATE DATABASE `a``b`")
    s.stack.callback(_dropped, s, "DATABASE `a``b`")


@case("a table lies in a schema with a backtick in its name", "recipient.backticks")
def backtick_schema_with_table(s: Scene) -> None:
    scene.quietly(s.recipient, "CREATE DATABASE `a``b`", "CREATE TABLE `a``b`.t (id INT PRIMARY KEY)")
    s.stack.callback(_dropped, s, "DATABASE `a``b`")


@case("a tablespace of the recipient has a backtick in its name", "recipient.backticks")
def backtick_tablespace(s: Scene) -> None:
    scene.quietly(s.recipient, "CREATE TABLESPACE `a``b` ADD DATAFILE 'backtick.ibd'")
    s.stack.callback(_dropped, s, "TABLESPACE `a``b`")


def _dropped(s: Scene, *what: str) -> None:
    for one in what:
        scene._try(s.recipient, "DROP " + one)


@case("DDL runs on the donor during the clone, and clone_ddl_timeout is 0", "recipient.ddl_timeout", status="warn")
def ddl_aborts(s: Scene) -> None:
    s.set(s.recipient, "clone_ddl_timeout", 0)
    _busy_with_ddl(s, s.donor)


@case("there is too little room", "recipient.disk_space")
def no_room(s: Scene) -> None:
    s.spoil("recipient")
    recipient = s.stack.enter_context(faults.small_disk(s.recipient, 320))
    s.made(recipient)
    s.stack.enter_context(faults.filled_disk(s.recipient, leave=100 << 20))


@case("there are too few inodes", "recipient.inodes")
def no_inodes(s: Scene) -> None:
    _many_tables(s, 200)
    _with_inodes(s, 20)


@case("undo tablespaces lie elsewhere, where there is too little room", "recipient.other_file_systems")
def no_room_for_undo(s: Scene) -> None:
    _directory_of_its_own(s, "innodb_undo_directory", "undo_0*", 48)


@case(
    "the system tablespace lies elsewhere, where there is too little room", "recipient.other_file_systems", extra=True
)
def no_room_for_system(s: Scene) -> None:
    # ibtmp1 lies there, too.
    _directory_of_its_own(s, "innodb_data_home_dir", "ibdata1", 32)


@case("the redo log lies elsewhere, where no file of the donor's has room", "recipient.other_file_systems", extra=True)
def no_room_for_redo(s: Scene) -> None:
    _redo_of_its_own(s, left=1)


@case("the recipient has fewer system tablespace files", "pair.data_files")
def fewer_files(s: Scene) -> None:
    s.reset("donor", "innodb_data_file_path=ibdata1:12M;ibdata2:12M:autoextend")


@case("a system tablespace file has another size", "pair.data_files", extra=True)
def other_file_size(s: Scene) -> None:
    s.reset("donor", "innodb_data_file_path=ibdata1:16M;ibdata2:12M:autoextend")
    s.reset("recipient", "innodb_data_file_path=ibdata1:12M;ibdata2:12M:autoextend")


@case("two undo files of the donor have one name", "donor.undo_files")
def undo_names(s: Scene) -> None:
    outside = s.directory("undo")
    s.reset("donor", f"innodb_directories={outside}")
    s.donor.sql("CREATE UNDO TABLESPACE u1 ADD DATAFILE 'same.ibu'")
    s.donor.sql(f"CREATE UNDO TABLESPACE u2 ADD DATAFILE '{outside}/same.ibu'")


@case("a tablespace lies in a directory that the recipient doesn't know", "pair.tablespace_paths")
def outside_unknown(s: Scene) -> None:
    outside = s.directory("outside")
    s.reset("donor", f"innodb_directories={outside}")
    s.donor.sql(f"CREATE TABLESPACE far ADD DATAFILE '{outside}/far.ibd'")


def _overwritten(s: Scene) -> Outcome:
    path = s.lab.directory / "outside" / "far.ibd"
    inode = path.stat().st_ino
    outcome = s.clone()
    if outcome.number:
        return outcome
    same = path.stat().st_ino == inode
    return Outcome(0, None, "OK" if same else "OK, and the donor's own file is replaced")


@case("a tablespace outside is shared on one machine", "pair.tablespace_paths", harm=_overwritten, extra=True)
def outside_shared(s: Scene) -> None:
    outside = s.directory("outside")
    s.reset("donor", f"innodb_directories={outside}")
    s.donor.sql(f"CREATE TABLESPACE far ADD DATAFILE '{outside}/far.ibd'")
    s.reset("recipient", f"innodb_directories={outside}")


@case("a tablespace outside exists, with a data directory", "pair.tablespace_paths", extra=True)
def outside_exists(s: Scene) -> None:
    outside_shared(s)
    s.data_directory = str(s.directory("new") / "data")


@case("the donor has encrypted tables, the recipient no keyring", "recipient.keyring")
def no_keyring(s: Scene) -> None:
    _encrypted_donor(s)


@case("the donor has encrypted tables, the link is not encrypted", "pair.encrypted_link")
def encrypted_without_tls(s: Scene) -> None:
    _encrypted_donor(s)
    _keyring(s, "recipient")
    s.require_ssl = False


@case("a data file of the donor is gone, its server runs", "donor.missing_files")
def missing_file(s: Scene) -> None:
    donor = s.donor
    s.spoil("donor")
    # Nothing of it may be left to write: a server that can't do that ends itself.
    scene.quietly(
        donor, "CREATE TABLE shop.lost (id INT PRIMARY KEY)", "FLUSH TABLES shop.lost FOR EXPORT", "UNLOCK TABLES"
    )
    (donor.datadir / "shop" / "lost.ibd").unlink()


# ---- what the server doesn't refuse, and what hurts afterwards --------------------------------------------------------


def _never_starts(s: Scene) -> Outcome:
    outcome = s.clone()
    text = "OK, and the server never starts again" if outcome.number == -1 else str(outcome)
    return Outcome(0, None, text)


@case("lower_case_table_names differs", "pair.lower_case_table_names", harm=_never_starts)
def lower_case(s: Scene) -> None:
    s.reset("recipient", "lower_case_table_names=1")


@case("nothing restarts the recipient", "recipient.supervisor", status="warn")
def unsupervised(s: Scene) -> None:
    s.restart("recipient", supervised=False)


def _data_lost(s: Scene) -> Outcome:
    outcome = s.clone()
    gone = not s.recipient.sql("SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'old'")
    return outcome if outcome.number or not gone else Outcome(0, None, "OK, and the recipient's data is gone")


@case("the recipient holds data, without overwrite", "recipient.data", harm=_data_lost, extra=True)
def holds_data(s: Scene) -> None:
    s.reset("recipient")
    s.fill()
    s.options["overwrite"] = False


_GRANTED = "CLONE_ADMIN, SYSTEM_VARIABLES_ADMIN, SHOW DATABASES, PROCESS"


def _as_clone_user_grants(s: Scene) -> None:
    """The recipient's login as clone_user makes it, by hand."""
    s.login = ("cloning", s.account(s.recipient, "cloning", privileges=_GRANTED))
    scene.quietly(s.recipient, "GRANT SELECT ON performance_schema.* TO cloning")
    s.options["overwrite"] = False


@case("the recipient holds data, and the login has few privileges", "recipient.data", harm=_data_lost, extra=True)
def holds_data_few_privileges(s: Scene) -> None:
    holds_data(s)
    _as_clone_user_grants(s)


def _gtids_lost(s: Scene) -> Outcome:
    own = s.recipient.sql("SELECT @@GLOBAL.server_uuid AS uuid")[0]["uuid"]
    outcome = s.clone()
    gone = own not in s.recipient.sql("SELECT @@GLOBAL.gtid_executed AS set_")[0]["set_"]
    return outcome if outcome.number or not gone else Outcome(0, None, "OK, and the recipient's transactions are gone")


@case("the recipient has transactions that the donor lacks", "recipient.gtids", harm=_gtids_lost, extra=True)
def own_transactions(s: Scene) -> None:
    s.reset("recipient")
    s.recipient.sql("CREATE DATABASE passing")
    s.recipient.sql("DROP DATABASE passing")
    s.options["overwrite"] = False


def _replica_broken(s: Scene) -> Outcome:
    outcome = s.clone()
    s.third.sql("START REPLICA IO_THREAD")
    # 2003 is only the restart.
    with _ignored():
        scene.wait_until(lambda: _io_error(s) not in (0, 2003), 90)
    number = _io_error(s)
    return outcome if outcome.number or not number else Outcome(0, None, f"OK, and the replica stops with {number}")


def _io_error(s: Scene) -> int:
    rows = s.third.sql("SELECT LAST_ERROR_NUMBER AS number FROM performance_schema.replication_connection_status")
    return rows[0]["number"] if rows else 0


@case("a replica hangs on the recipient", "recipient.replicas", "recipient.gtids", harm=_replica_broken)
def replica_attached(s: Scene) -> None:
    own_transactions(s)
    s.reset("third")
    scene.quietly(
        s.recipient, "CREATE USER 'repl'@'%' IDENTIFIED BY 'Acc0unt-pw'", "GRANT REPLICATION SLAVE ON *.* TO 'repl'@'%'"
    )
    s.stack.callback(scene._try, s.recipient, "DROP USER IF EXISTS 'repl'@'%'")
    s.third.sql(
        "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = %s, SOURCE_USER = 'repl', "
        "SOURCE_PASSWORD = 'Acc0unt-pw', SOURCE_AUTO_POSITION = 1, SOURCE_SSL = 1, SOURCE_CONNECT_RETRY = 1",
        (s.recipient.port,),
    )
    s.third.sql("START REPLICA")
    scene.wait_until(
        lambda: s.recipient.sql("SELECT 1 FROM performance_schema.processlist WHERE COMMAND LIKE 'Binlog Dump%%'")
    )


@case("another session writes to the recipient", "recipient.writers", "recipient.data", harm=_data_lost)
def writer(s: Scene) -> None:
    s.reset("recipient")
    s.fill()
    s.hold(s.recipient, "SET SESSION sql_log_bin = 0", "REPLACE INTO old.t VALUES (7)")
    s.options["overwrite"] = False


def _empty_table(s: Scene) -> Outcome:
    outcome = s.clone()
    rows = s.recipient.sql("SELECT COUNT(*) AS rows_ FROM shop.old_engine")[0]["rows_"]
    return outcome if outcome.number or rows else Outcome(0, None, "OK, and the table is empty")


@case("the donor has a MyISAM table", "donor.not_innodb", status="warn", harm=_empty_table)
def myisam(s: Scene) -> None:
    scene.quietly(
        s.donor, "CREATE TABLE shop.old_engine (id INT) ENGINE = MyISAM", "INSERT INTO shop.old_engine VALUES (1)"
    )
    s.stack.callback(scene.quietly, s.donor, "DROP TABLE shop.old_engine")


def _lost_here_too(s: Scene) -> Outcome:
    outcome = s.clone()
    try:
        s.recipient.sql("SELECT * FROM shop.lost")
    except pymysql.err.Error as error:
        return outcome if outcome.number else Outcome(0, None, f"OK, and the table fails with {error.args[0]}")
    return outcome


@case(
    "a data file of the donor was gone at its start",
    "donor.missing_files",
    status="warn",
    harm=_lost_here_too,
    extra=True,
)
def missing_from_start(s: Scene) -> None:
    donor = s.donor
    s.spoil("donor")
    s.spoil("recipient")
    donor.sql("CREATE TABLE shop.lost (id INT PRIMARY KEY)")
    donor.stop()
    (donor.datadir / "shop" / "lost.ibd").unlink()
    donor.start()


def _event_ran(s: Scene) -> Outcome:
    outcome = s.clone()
    own = s.recipient.sql("SELECT @@GLOBAL.server_uuid AS uuid")[0]["uuid"]
    with _ignored():
        scene.wait_until(lambda: own in s.recipient.sql("SELECT @@GLOBAL.gtid_executed AS set_")[0]["set_"], 10)
    ran = own in s.recipient.sql("SELECT @@GLOBAL.gtid_executed AS set_")[0]["set_"]
    return outcome if outcome.number or not ran else Outcome(0, None, "OK, and the event runs on the recipient")


@case("the donor has an enabled event", "donor.events", status="warn", harm=_event_ran)
def event(s: Scene) -> None:
    s.spoil("recipient")
    scene.quietly(
        s.donor, "CREATE EVENT shop.tick ON SCHEDULE EVERY 1 SECOND DO INSERT INTO shop.orders (note) VALUES ('e')"
    )
    s.stack.callback(scene.quietly, s.donor, "DROP EVENT shop.tick")


def _channel_started(s: Scene) -> Outcome:
    outcome = s.clone()
    rows = s.recipient.sql("SELECT SERVICE_STATE AS state FROM performance_schema.replication_connection_status")
    started = rows and rows[0]["state"] in ("ON", "CONNECTING")
    return outcome if outcome.number or not started else Outcome(0, None, "OK, and the recipient replicates by itself")


@case("the donor is a replica", "donor.channels", status="warn", harm=_channel_started)
def donor_is_replica(s: Scene) -> None:
    s.donor.sql(
        "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '192.0.2.1', SOURCE_USER = 'x', SOURCE_PASSWORD = 'x', SOURCE_AUTO_POSITION = 1"
    )
    s.stack.callback(s.donor.sql, "RESET REPLICA ALL")
    s.spoil("recipient")


def _plugin_lost(s: Scene) -> Outcome:
    before = s.recipient.pid
    connection = s.recipient.connect()
    with _ignored(), connection.cursor() as cursor:
        cursor.execute(f"CLONE INSTANCE FROM %s@%s:{s.donor.port} IDENTIFIED BY %s", (s.user, s.host, s.password))
    s.recipient.wait_up(after=before)
    s.recipient.adopt(s.donor.root_password)
    lost = not s.recipient.sql("SELECT 1 FROM information_schema.PLUGINS WHERE PLUGIN_NAME = 'clone'")
    return Outcome(0, None, "OK, and the recipient has no clone plugin" if lost else "OK")


@case("the donor loads the plugin by an option", "donor.plugin_installed", status="warn", harm=_plugin_lost)
def plugin_by_option(s: Scene) -> None:
    scene.quietly(s.donor, "UNINSTALL PLUGIN clone")
    s.restart("donor", "plugin_load_add=mysql_clone.so")
    s.spoil("recipient")


def _prepared_there(s: Scene) -> Outcome:
    outcome = s.clone()
    there = s.recipient.sql("XA RECOVER")
    s.recipient.sql("XA ROLLBACK 'd'")
    return (
        outcome if outcome.number or not there else Outcome(0, None, "OK, and the transaction is open on the recipient")
    )


def _writable(s: Scene) -> Outcome:
    outcome = s.clone()
    off = not s.recipient.sql("SELECT @@GLOBAL.read_only AS on_")[0]["on_"]
    return outcome if outcome.number or not off else Outcome(0, None, "OK, and read_only is OFF")


@case("read_only of the recipient stands in no file", "recipient.unsaved", status="warn", harm=_writable)
def read_only_unsaved(s: Scene) -> None:
    s.set(s.recipient, "read_only", "ON")


@case("an XA transaction is prepared on the donor", "donor.prepared_transactions", status="warn", harm=_prepared_there)
def prepared_on_donor(s: Scene) -> None:
    connection = s.hold(
        s.donor, "XA START 'd'", "INSERT INTO shop.orders (note) VALUES ('x')", "XA END 'd'", "XA PREPARE 'd'"
    )
    connection.close()
    s.stack.callback(scene._try, s.donor, "XA ROLLBACK 'd'")


def _channel_gone(s: Scene) -> Outcome:
    outcome = s.clone()
    rows = s.recipient.sql("SELECT 1 FROM performance_schema.replication_connection_configuration")
    return outcome if outcome.number or rows else Outcome(0, None, "OK, and the recipient replicates no more")


@case("the recipient is a replica", "recipient.channels", status="warn", harm=_channel_gone)
def recipient_is_replica(s: Scene) -> None:
    s.recipient.sql(
        "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = %s, SOURCE_USER = %s, "
        "SOURCE_PASSWORD = %s, SOURCE_AUTO_POSITION = 1, SOURCE_SSL = 1",
        (s.donor.port, scene.USER, scene.PASSWORD),
    )
    s.recipient.sql("START REPLICA SQL_THREAD")


# ---- healthy variants -------------------------------------------------------------------------------------------------


@case("plain", extra=True)
def plain(s: Scene) -> None:
    pass


@case("all that is harmless at once")
def harmless(s: Scene) -> None:
    """What the costly variants below show one by one."""
    s.login = ("cloning", s.account(s.recipient, "cloning", privileges="CLONE_ADMIN"))
    s.clone_as("player", "REQUIRE X509", privileges="")
    default_role_of(s, "player")
    s.set(s.recipient, "clone_ssl_ca", str(s.donor.datadir / "ca.pem"))
    for name in ("cert", "key"):
        s.set(s.recipient, f"clone_ssl_{name}", str(s.donor.datadir / f"client-{name}.pem"))
    s.hold(s.recipient, "SELECT 1")
    s.hold(s.donor, "START TRANSACTION", "INSERT INTO shop.orders (note) VALUES ('open')")
    s.hold(s.donor, "LOCK INSTANCE FOR BACKUP")
    s.set(s.donor, "read_only", "ON")


@case("LOCK INSTANCE FOR BACKUP is held on the donor", extra=True)
def backup_lock_on_donor(s: Scene) -> None:
    s.hold(s.donor, "LOCK INSTANCE FOR BACKUP")


@case("read_only is ON at the recipient, which holds data", extra=True)
def read_only(s: Scene) -> None:
    s.fill()
    s.set(s.recipient, "read_only", "ON")


@case("super_read_only is ON at the donor", extra=True)
def donor_super_read_only(s: Scene) -> None:
    s.set(s.donor, "super_read_only", "ON")
    s.stack.callback(s.donor.sql, "SET GLOBAL read_only = OFF")


@case("transactions are open on the donor", extra=True)
def open_on_donor(s: Scene) -> None:
    s.hold(s.donor, "START TRANSACTION", "INSERT INTO shop.orders (note) VALUES ('open')")


@case("few inodes are free, and the clone drops what has more", extra=True)
def inodes_given_back(s: Scene) -> None:
    _many_tables(s, 40)
    _with_inodes(s, 5)


@case("the redo log lies elsewhere, and one file of the donor's has room", extra=True)
def room_for_redo(s: Scene) -> None:
    _redo_of_its_own(s, left=3)


@case("DDL is blocked on the donor, clone_block_ddl is OFF", extra=True)
def ddl_on_donor(s: Scene) -> None:
    s.hold(s.donor, "START TRANSACTION", "SELECT * FROM shop.orders")
    _blocked_ddl(s, s.donor, "ALTER TABLE shop.orders COMMENT 'y'")


@case("IMPORT TABLESPACE waits on the donor for its table", extra=True)
def import_waits(s: Scene) -> None:
    _discarded(s)
    s.hold(s.donor, "START TRANSACTION", f"SELECT * FROM {_IMPORTED} WHERE FALSE")
    _running(s, s.donor, _IMPORT, "Waiting for table metadata lock")


@case("idle sessions are connected to the recipient", extra=True)
def idle_sessions(s: Scene) -> None:
    s.hold(s.recipient, "SELECT 1")


@case("TLS is demanded", extra=True)
def tls(s: Scene) -> None:
    s.require_ssl = True


@case("TLS is forgone", extra=True)
def without_tls(s: Scene) -> None:
    s.require_ssl = False


@case("clone_ssl_ca is the donor's authority", extra=True)
def trusted(s: Scene) -> None:
    s.set(s.recipient, "clone_ssl_ca", str(s.donor.datadir / "ca.pem"))


@case("the clone account demands a certificate, which the recipient has", extra=True)
def certificate(s: Scene) -> None:
    s.clone_as("certified", "REQUIRE X509")
    for name in ("cert", "key"):
        s.set(s.recipient, f"clone_ssl_{name}", str(s.donor.datadir / f"client-{name}.pem"))


@case("BACKUP_ADMIN comes by a default role", extra=True)
def default_role(s: Scene) -> None:
    s.clone_as("player", privileges="")
    default_role_of(s, "player")


def default_role_of(s: Scene, name: str) -> None:
    """Give a donor's account its right by a role."""
    scene.quietly(
        s.donor,
        "CREATE ROLE donating",
        "GRANT BACKUP_ADMIN ON *.* TO donating",
        f"GRANT donating TO {name}",
        f"SET DEFAULT ROLE donating TO {name}",
    )
    s.stack.callback(scene.quietly, s.donor, "DROP ROLE donating")


@case("the recipient's login has no more than it needs", extra=True)
def least_privileges(s: Scene) -> None:
    s.login = ("cloning", s.account(s.recipient, "cloning", privileges="CLONE_ADMIN"))


@case("an empty recipient, a login with few privileges, no overwrite", extra=True)
def empty_recipient(s: Scene) -> None:
    s.reset("recipient")
    _as_clone_user_grants(s)


@case("a data directory, and a recipient that holds data", extra=True)
def new_directory(s: Scene) -> None:
    s.fill()
    s.hold(s.recipient, "START TRANSACTION", "SELECT * FROM old.t")
    s.data_directory = str(s.directory("new") / "data")
    s.options["overwrite"] = False


@case("a plugin of the donor is only loadable at the recipient", extra=True)
def plugin_loadable(s: Scene) -> None:
    scene.quietly(s.donor, "INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so'")
    s.stack.callback(scene.quietly, s.donor, "UNINSTALL PLUGIN rpl_semi_sync_source")
    s.spoil("recipient")


@case("the recipient writes no binary log and no GTIDs", extra=True)
def no_binary_log(s: Scene) -> None:
    s.restart("recipient", "disable_log_bin=ON", "gtid_mode=OFF", "enforce_gtid_consistency=OFF")


@case("redo logging is disabled on the recipient", extra=True)
def recipient_without_redo(s: Scene) -> None:
    s.recipient.sql("ALTER INSTANCE DISABLE INNODB REDO_LOG")
    s.spoil("recipient")


@case("the recipient has more system tablespace files", extra=True)
def more_files(s: Scene) -> None:
    s.reset("recipient", "innodb_data_file_path=ibdata1:12M;ibdata2:12M:autoextend")


@case("encrypted tables, with keyring and TLS", extra=True)
def encrypted(s: Scene) -> None:
    _encrypted_donor(s)
    _keyring(s, "recipient")


# ---- pieces -----------------------------------------------------------------------------------------------------------


class _ignored:
    """A probe of a harm may fail; then the harm didn't come."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_details: object) -> bool:
        return kind is not None and issubclass(kind, (AssertionError, pymysql.err.Error, OSError))


def _slow_clone(s: Scene, recipient: Node) -> Proxy:
    """Have the donor busy: a clone through a link that hardly moves, until the case is over."""
    link = s.stack.enter_context(Proxy(("127.0.0.1", s.donor.port)))
    link.slow(20_000)
    scene.allow(recipient, f"127.0.0.1:{link.port},127.0.0.1:{s.donor.port}")

    def clone() -> None:
        with _ignored():
            recipient.sql(
                f"CLONE INSTANCE FROM %s@'127.0.0.1':{link.port} IDENTIFIED BY %s", (scene.USER, scene.PASSWORD)
            )

    thread = threading.Thread(target=clone, daemon=True)
    thread.start()
    s.stack.callback(thread.join, 20)
    s.stack.callback(_free, s.donor)
    s.stack.callback(_kill_clone, recipient)
    scene.wait_until(
        lambda: recipient.sql(
            "SELECT 1 FROM performance_schema.clone_progress WHERE STAGE = 'FILE COPY' AND STATE = 'In Progress'"
        )
    )
    return link


def _kill_clone(recipient: Node) -> None:
    for row in recipient.sql("SELECT PID FROM performance_schema.clone_status WHERE STATE = 'In Progress' AND PID > 0"):
        with _ignored():
            recipient.sql(f"KILL QUERY {int(row['PID'])}")


def _free(donor: Node) -> None:
    """End what the donor still gives: it would wait for a recipient whose link was cut."""
    query = "SELECT ID AS id FROM performance_schema.processlist WHERE COMMAND = 'clone'"
    for row in donor.sql(query):
        with _ignored():
            donor.sql(f"KILL {int(row['id'])}")
    scene.wait_until(lambda: not donor.sql(query))


def _blocked_ddl(s: Scene, node: Node, statement: str) -> None:
    """A DDL statement that runs until the case is over, since somebody holds its table."""
    _running(s, node, statement, "Waiting for table metadata lock")


def _running(s: Scene, node: Node, statement: str, state: str) -> None:
    """A statement that is in that state, and is killed when the case is over."""
    connection = node.connect()
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION sql_log_bin = 0")

    def execute() -> None:
        with _ignored(), connection.cursor() as cursor:
            cursor.execute(statement)

    thread = threading.Thread(target=execute, daemon=True)
    thread.start()
    s.stack.callback(thread.join, 10)
    s.stack.callback(scene._try, node, f"KILL {connection.thread_id()}")
    query = "SELECT 1 FROM performance_schema.processlist WHERE ID = %s AND STATE = %s"
    scene.wait_until(lambda: node.sql(query, (connection.thread_id(), state)))


_IMPORTED = "shop.imported"
_IMPORT = f"ALTER TABLE {_IMPORTED} IMPORT TABLESPACE"


def _discarded(s: Scene) -> Path:
    """A table of the donor that waits for its file to be imported; that file."""
    s.spoil("donor")
    saved = s.directory("export")
    file = s.donor.datadir / "shop" / "imported.ibd"
    exported = [file, file.with_suffix(".cfg")]
    s.donor.sql(f"CREATE TABLE {_IMPORTED} (id INT PRIMARY KEY)")
    with contextlib.closing(s.hold(s.donor, f"FLUSH TABLES {_IMPORTED} FOR EXPORT")):
        for path in exported:
            shutil.copy(path, saved)
    s.donor.sql(f"ALTER TABLE {_IMPORTED} DISCARD TABLESPACE")
    for path in exported:
        shutil.copy(saved / path.name, path)
    return file


def _busy_with_ddl(s: Scene, node: Node) -> None:
    """One DDL statement after the other until the case is over."""
    connection = node.connect()
    over = threading.Event()

    def work() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION sql_log_bin = 0")
            while not over.is_set():
                cursor.execute("CREATE TABLE shop.passing (id INT PRIMARY KEY)")
                cursor.execute("DROP TABLE shop.passing")

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    s.stack.callback(connection.close)
    s.stack.callback(thread.join, 10)
    s.stack.callback(over.set)


def _many_tables(s: Scene, count: int) -> None:
    """Give the donor as many small files more."""
    tables = [f"shop.small{number}" for number in range(count)]
    scene.quietly(s.donor, *(f"CREATE TABLE {table} (id INT PRIMARY KEY)" for table in tables))
    s.stack.callback(scene.quietly, s.donor, "DROP TABLE " + ", ".join(tables))


def _with_inodes(s: Scene, left: int) -> None:
    """A recipient with as many free inodes."""
    s.spoil("recipient")
    s.made(s.stack.enter_context(faults.small_disk(s.recipient, 320)))
    s.stack.enter_context(faults.scarce_inodes(s.recipient, left))


def _directory_of_its_own(s: Scene, variable: str, names: str, mebibytes: int) -> Path:
    """The recipient keeps some of its files on a small file system."""
    s.spoil("recipient")
    recipient = s.recipient
    place = s.directory("small")
    recipient.end()
    s.stack.enter_context(faults.small_file_system(recipient, place, mebibytes))
    recipient.reset([*scene.MODEST, f"{variable}={place}"], start=False)
    for path in recipient.datadir.glob(names):
        shutil.move(path, place / path.name)
    s.made(recipient.start())
    return place


def _redo_of_its_own(s: Scene, left: int) -> None:
    """The recipient's redo log takes all of a small file system but ``left`` mebibytes."""
    capacity = s.recipient.sql("SELECT @@GLOBAL.innodb_redo_log_capacity >> 20 AS mebibytes")[0]["mebibytes"]
    place = _directory_of_its_own(s, "innodb_log_group_home_dir", "#innodb_redo", capacity + left)
    # The server makes the files of its redo log one after the other.
    scene.wait_until(lambda: shutil.disk_usage(place).free <= left << 20)


def _keyring(s: Scene, role: str) -> Node:
    """A node with a keyring component, run by a copy of the server's program (the manifest must lie beside it)."""
    node = s.spoil(role)
    node.end()
    where = s.directory(f"keyring-{role}")
    program = scene.private_server(where, node)
    plugins = scene.private_plugins(where, node)
    (program.parent / f"{program.name}.my").write_text('{"components": "file://component_keyring_file"}')
    settings = plugins / "component_keyring_file.cnf"
    settings.unlink(missing_ok=True)
    settings.write_text('{"path": "%s", "read_only": false}' % (where / "keyring"))
    usual = node._state["server"]

    def back() -> None:
        node.end()
        node._state["server"] = usual

    s.stack.callback(back)
    node._state["server"] = str(program)
    node.reset([*scene.MODEST, f"plugin_dir={plugins}"])
    s.made(node)
    return node


def _encrypted_donor(s: Scene) -> None:
    _keyring(s, "donor")
    s.donor.sql("CREATE TABLE shop.secret (id INT PRIMARY KEY) ENCRYPTION = 'Y'")
