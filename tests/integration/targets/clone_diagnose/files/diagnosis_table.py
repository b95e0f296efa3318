# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The diagnosis table: inject a fault into real servers, let a clone run into it, and ask clone_diagnose for the cause.

    diagnosis_table.py LAB [--all] [--only WORD] [--corpus FILE] [--write PAGE]

LAB is the name of a lab with three nodes. PYTHONPATH must hold the project's root (for ``lab``) and a collections path. The
exit status is 1 when the first cause named isn't the one that was injected.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import resource
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pymysql

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _evidence
from lab import faults
from lab.errors import LabError
from lab.fleet import Lab
from lab.node import Node, free_port
from lab.proxy import Proxy

USER, PASSWORD = "clone_donor", "donor's secret"
LINK_RATE = 12_000_000  # bytes a second: a clone of the lab's data then takes about 7 s
CLIENT_TIMEOUT = 120


_ABOUT_ERRORS = re.compile(r"(?:error|code): [1-9]\d+: |\[ERROR\]")


class Outcome(NamedTuple):
    """How a CLONE statement ended: error 0 is success."""

    number: int
    text: str


class Bench:
    """A donor and a recipient, made whole again after each fault."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.donor, self.recipient, self.other = (lab[name] for name in ("node1", "node2", "node3"))
        # What clients and logs said of errors, for the corpus of the unit tests.
        self.messages: list[str] = []
        self.prepare_donor()
        self.prepare_recipient()

    def prepare_donor(self) -> None:
        """Plugin, account and some data on the donor."""
        self._plugin(self.donor)
        self.donor.sql(f"DROP USER IF EXISTS {USER}")
        self.donor.sql(f"CREATE USER {USER} IDENTIFIED BY %s", (PASSWORD,))
        self.donor.sql(f"GRANT BACKUP_ADMIN ON *.* TO {USER}")
        self.donor.sql("CREATE DATABASE IF NOT EXISTS app")
        self.donor.sql("DROP TABLE IF EXISTS app.data")
        self.donor.sql("CREATE TABLE app.data (id INT AUTO_INCREMENT PRIMARY KEY, value LONGBLOB)")
        for _number in range(4):
            self.donor.sql("INSERT INTO app.data (value) VALUES (REPEAT('x', 1000000))")

    def prepare_recipient(self, node: Node | None = None) -> None:
        """Plugin, donor list and data of its own on a recipient."""
        node = node or self.recipient
        self._plugin(node)
        self.allow(node)
        node.sql("CREATE DATABASE IF NOT EXISTS old")
        node.sql("CREATE TABLE IF NOT EXISTS old.data (id INT PRIMARY KEY)")

    @staticmethod
    def _plugin(node: Node) -> None:
        if not node.sql("SELECT 1 FROM information_schema.PLUGINS WHERE PLUGIN_NAME = 'clone'"):
            node.sql("INSTALL PLUGIN clone SONAME 'mysql_clone.so'")

    def allow(self, node: Node, *more: str) -> None:
        """Put the donor, and more donors, into a recipient's list."""
        donors = ",".join([f"127.0.0.1:{self.donor.port}", *more])
        node.sql("SET GLOBAL clone_valid_donor_list = %s", (donors,))

    def start_over(self) -> None:
        """All servers fresh, whatever state a fault has left them in."""
        for node in (self.donor, self.recipient, self.other):
            node.reset()
        self.prepare_donor()
        self.prepare_recipient()

    def reset_recipient(self, *options: str, start: bool = True) -> None:
        self.recipient.reset(options, start=start)
        if start:
            self.prepare_recipient()

    @contextlib.contextmanager
    def link(self, rate: float | None = LINK_RATE, rewrite: Callable[[bytes], bytes] | None = None) -> Iterator[Proxy]:
        """A link to the donor that can be made bad; the recipient may clone through it."""
        with Proxy(("127.0.0.1", self.donor.port), rewrite=rewrite) as proxy:
            if rate:
                proxy.slow(rate)
            self.allow(self.recipient, f"127.0.0.1:{proxy.port}")
            yield proxy

    def clone(self, node: Node | None = None, **how: Any) -> Outcome:
        """Run CLONE and wait for its end; after a success also for the restart."""
        node = node or self.recipient
        outcome = self._run(node, how)
        if outcome.number:
            self.messages.append(str(tuple(outcome)))
        return outcome

    def _run(self, node: Node, how: dict[str, Any]) -> Outcome:
        host, port = how.get("host", "127.0.0.1"), how.get("port") or self.donor.port
        statement = f"CLONE INSTANCE FROM %s@%s:{int(port)} IDENTIFIED BY %s {how.get('clause', '')}"
        values = (how.get("user", USER), host, how.get("password", PASSWORD))
        connection = node.connect(read_timeout=CLIENT_TIMEOUT, **how.get("login", {}))
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET SESSION lock_wait_timeout = %s", (how.get("lock_wait", 2),))
                cursor.execute(statement, values)
        except pymysql.err.Error as error:
            return Outcome(int(error.args[0]), str(error.args[1]))
        finally:
            with contextlib.suppress(pymysql.err.Error, OSError):
                connection.close()
        return Outcome(0, "")

    @contextlib.contextmanager
    def cloning(self, stage: str = "FILE COPY", **how: Any) -> Iterator[Callable[[], Outcome]]:
        """A clone under way in that stage; the function waits for its end."""
        ended: list[Outcome] = []
        node = how.pop("node", self.recipient)
        thread = threading.Thread(target=lambda: ended.append(self.clone(node, **how)), daemon=True)
        thread.start()
        self._await_stage(node, stage, ended)

        def wait() -> Outcome:
            thread.join(CLIENT_TIMEOUT)
            if not ended:
                raise RuntimeError("the CLONE statement has not ended")
            return ended[0]

        yield wait
        thread.join(CLIENT_TIMEOUT)

    @staticmethod
    def _await_stage(node: Node, stage: str, ended: list[Outcome]) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            rows = node.sql(
                "SELECT 1 FROM performance_schema.clone_progress p JOIN performance_schema.clone_status s USING (ID) "
                "WHERE p.STAGE = %s AND p.STATE = 'In Progress' AND s.PID > 0 AND (p.DATA > 0 OR p.STAGE = 'DROP DATA')",
                (stage,),
            )
            if rows:
                return
            if ended:
                raise RuntimeError(f"the clone ended before {stage}: {ended[0]}")
            time.sleep(0.05)
        raise RuntimeError(f"no clone came to {stage}")

    def hear(self) -> None:
        """Remember the lines of both error logs that are about errors."""
        for node in (self.recipient, self.donor):
            self.messages += [line for line in node.error_log().splitlines() if _ABOUT_ERRORS.search(line)]

    def parameters(self, **changes: Any) -> dict[str, Any]:
        """The options of clone_diagnose: the recipient's root by its socket, and the donor."""
        values: dict[str, Any] = {
            "login_user": "root",
            "login_password": self.recipient.root_password,
            "login_host": "localhost",
            "login_port": 3306,
            "login_unix_socket": str(self.recipient.socket),
            "config_file": None,
            "connect_timeout": 5,
            "client_cert": None,
            "client_key": None,
            "ca_cert": None,
            "check_hostname": None,
            "post_clone_login_user": "root",
            "post_clone_login_password": self.donor.root_password,
            "donor_host": "127.0.0.1",
            "donor_port": self.donor.port,
            "donor_user": USER,
            "donor_password": PASSWORD,
            "require_ssl": None,
            "donor_ca_cert": None,
            "donor_check_hostname": None,
            "error": None,
            "path": None,
            "since": "3d",
            "server_config_file": str(self.recipient.directory / "my.cnf"),
            "datadir": None,
            "donor_facts": None,
            "donor_log": None,
            "history": [],
            "name": None,
        }
        return values | changes


class Fault(NamedTuple):
    """A fault: what it is called, the cause that must be named first, and a generator that injects it.

    The generator yields the options in which the diagnosis differs from the usual, and cleans up after that.
    """

    name: str
    expected: str
    quick: bool
    inject: Callable[[Bench], Iterator[dict[str, Any] | None]]
    second: str | None


FAULTS: list[Fault] = []


def fault(name: str, expected: str, quick: bool = False, second: str | None = None):
    def register(function):
        FAULTS.append(Fault(name, expected, quick, function, second))
        return function

    return register


# -- the donor can't be reached or refuses -----------------------------------------------------------------------------


@fault("healthy: a clone that completes", "", quick=True)
def healthy(bench: Bench):
    bench.clone()
    # Its accounts are the donor's now; the donor list was lost in its restart.
    bench.recipient.adopt(bench.donor.root_password)
    bench.recipient.wait_up()
    bench.allow(bench.recipient)
    yield {}
    bench.reset_recipient()


@fault("donor is down", "donor.unreachable", quick=True)
def donor_down(bench: Bench):
    bench.donor.stop()
    bench.clone()
    yield {}
    bench.donor.start()


@fault("nothing listens at the port", "donor.unreachable")
def closed_port(bench: Bench):
    port = free_port()
    bench.allow(bench.recipient, f"127.0.0.1:{port}")
    bench.clone(port=port)
    yield {"donor_port": port}


@fault("the donor's name is unknown", "donor.unknown_host", quick=True)
def unknown_host(bench: Bench):
    bench.allow(bench.recipient, "no-such-host.invalid:3306")
    bench.clone(host="no-such-host.invalid", port=3306)
    yield {"donor_host": "no-such-host.invalid", "donor_port": 3306}


@fault("wrong password", "donor.account", quick=True)
def wrong_password(bench: Bench):
    bench.clone(password="wrong")
    yield {"donor_password": "wrong"}


@fault("no account for this host", "donor.account")
def no_account(bench: Bench):
    bench.donor.sql("CREATE USER elsewhere@'192.0.2.1' IDENTIFIED BY 'x'")
    bench.clone(user="elsewhere", password="x")
    yield {"donor_user": "elsewhere", "donor_password": "x"}
    bench.donor.sql("DROP USER elsewhere@'192.0.2.1'")


@fault("account is locked", "donor.account_locked", quick=True)
def locked_account(bench: Bench):
    bench.donor.sql(f"ALTER USER {USER} ACCOUNT LOCK")
    bench.clone()
    yield {}
    bench.donor.sql(f"ALTER USER {USER} ACCOUNT UNLOCK")


@fault("password has expired", "donor.password_expired")
def expired_password(bench: Bench):
    bench.donor.sql(f"ALTER USER {USER} PASSWORD EXPIRE")
    bench.clone()
    yield {}
    bench.prepare_donor()


@fault("account demands TLS, clone refuses it", "donor.account")
def tls_refused(bench: Bench):
    bench.donor.sql(f"ALTER USER {USER} REQUIRE SSL")
    bench.clone(clause="REQUIRE NO SSL")
    yield {"require_ssl": False}
    bench.donor.sql(f"ALTER USER {USER} REQUIRE NONE")


@fault("clone demands TLS, donor has none", "donor.tls")
def no_tls(bench: Bench):
    bench.donor.restart(options=["tls_version="])
    bench.clone(clause="REQUIRE SSL")
    yield {"require_ssl": True}
    bench.donor.restart()


@fault("clone account lacks BACKUP_ADMIN", "donor.backup_privilege", quick=True)
def no_backup_admin(bench: Bench):
    bench.donor.sql(f"REVOKE BACKUP_ADMIN ON *.* FROM {USER}")
    bench.clone()
    yield {}
    bench.donor.sql(f"GRANT BACKUP_ADMIN ON *.* TO {USER}")


@fault("clone plugin missing on the donor", "donor.plugin", quick=True)
def no_donor_plugin(bench: Bench):
    bench.donor.sql("UNINSTALL PLUGIN clone")
    bench.clone()
    yield {}
    bench.donor.sql("INSTALL PLUGIN clone SONAME 'mysql_clone.so'")


@fault("all of the donor's connections are taken", "donor.connections")
def connections_taken(bench: Bench):
    bench.donor.sql("CREATE USER guest IDENTIFIED BY 'x'")
    with contextlib.ExitStack() as stack:
        bench.donor.sql("SET GLOBAL max_connections = 3")
        for _number in range(3):
            stack.enter_context(contextlib.closing(bench.donor.connect(user="guest", password="x")))
        bench.clone()
        yield {}
    bench.donor.sql("SET GLOBAL max_connections = DEFAULT")
    bench.donor.sql("DROP USER guest")


@fault("the donor has no memory for another thread", "donor.memory", quick=True)
def donor_memory(bench: Bench):
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    bench.donor.sql("CREATE USER guest IDENTIFIED BY 'x'")
    pages = int(Path(f"/proc/{bench.donor.pid}/statm").read_text(encoding="ascii").split()[0])
    resource.prlimit(bench.donor.pid, resource.RLIMIT_AS, (pages * resource.getpagesize(), resource.RLIM_INFINITY))
    with contextlib.ExitStack() as stack:
        try:
            # Until nothing is left of what the server has in store.
            with contextlib.suppress(pymysql.err.OperationalError):
                for _number in range(140):
                    stack.enter_context(contextlib.closing(bench.donor.connect(user="guest", password="x")))
            bench.clone()
            yield {}
        finally:
            resource.prlimit(bench.donor.pid, resource.RLIMIT_AS, unlimited)
    bench.donor.sql("DROP USER guest")


@fault("clone account may have one connection", "donor.account_connections", quick=True)
def one_connection(bench: Bench):
    bench.donor.sql(f"ALTER USER {USER} WITH MAX_USER_CONNECTIONS 1")
    bench.clone()
    yield {}
    bench.donor.sql(f"ALTER USER {USER} WITH MAX_USER_CONNECTIONS 0")


@fault("donor's max_allowed_packet is too small", "donor.max_allowed_packet", quick=True)
def donor_packet(bench: Bench):
    bench.donor.sql("SET GLOBAL max_allowed_packet = 1048576")
    bench.clone()
    yield {}
    bench.donor.sql("SET GLOBAL max_allowed_packet = DEFAULT")


@fault("redo logging is off on the donor", "donor.redo_log", quick=True)
def redo_off(bench: Bench):
    bench.donor.sql("ALTER INSTANCE DISABLE INNODB REDO_LOG")
    bench.clone()
    yield {}
    bench.donor.sql("ALTER INSTANCE ENABLE INNODB REDO_LOG")


@fault("donor serves another clone", "donor.slot")
def donor_busy(bench: Bench):
    with bench.link() as proxy:
        bench.prepare_recipient(bench.other)
        bench.allow(bench.other, f"127.0.0.1:{proxy.port}")
        with bench.cloning(node=bench.other, port=proxy.port):
            bench.clone()
            yield {}
            proxy.restore()
    bench.other.reset()


@fault("donor and recipient are one server", "pair.same_server", quick=True)
def same_server(bench: Bench):
    own = bench.recipient
    own.sql("SET GLOBAL clone_valid_donor_list = %s", (f"127.0.0.1:{own.port}",))
    own.sql(f"CREATE USER {USER} IDENTIFIED BY %s", (PASSWORD,))
    own.sql(f"GRANT BACKUP_ADMIN ON *.* TO {USER}")
    bench.clone(port=own.port)
    yield {"donor_port": own.port}
    own.sql(f"DROP USER {USER}")
    bench.allow(own)


# -- the recipient refuses ---------------------------------------------------------------------------------------------


@fault("login lacks CLONE_ADMIN", "recipient.clone_privilege", quick=True)
def no_clone_admin(bench: Bench):
    bench.recipient.sql("CREATE USER operator@localhost IDENTIFIED BY 'x'")
    bench.recipient.sql("GRANT SELECT, PROCESS, SYSTEM_VARIABLES_ADMIN ON *.* TO operator@localhost")
    login = {"user": "operator", "password": "x"}
    bench.clone(login=login, lock_wait=2)
    yield {"login_user": "operator", "login_password": "x"}
    bench.recipient.sql("DROP USER operator@localhost")


@fault("clone plugin missing on the recipient", "recipient.plugin", quick=True)
def no_plugin(bench: Bench):
    bench.recipient.sql("UNINSTALL PLUGIN clone")
    bench.clone()
    yield {}
    bench.prepare_recipient()


@fault("donor isn't in the donor list", "recipient.donor_list", quick=True)
def not_listed(bench: Bench):
    bench.recipient.sql("SET GLOBAL clone_valid_donor_list = NULL")
    bench.clone()
    yield {}
    bench.allow(bench.recipient)


@fault("the recipient is a member of a running group", "recipient.group_replication")
def group_member(bench: Bench):
    bench.recipient.sql("INSTALL PLUGIN group_replication SONAME 'group_replication.so'")
    settings = {
        "group_name": "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa",
        "local_address": f"127.0.0.1:{free_port()}",
        "bootstrap_group": "ON",
    }
    for name, value in settings.items():
        bench.recipient.sql(f"SET GLOBAL group_replication_{name} = %s", (value,))
    bench.recipient.sql("START GROUP_REPLICATION")
    bench.clone()
    yield {}
    bench.reset_recipient()


@fault("recipient's max_allowed_packet is too small", "recipient.max_allowed_packet", quick=True)
def recipient_packet(bench: Bench):
    bench.recipient.sql("SET GLOBAL max_allowed_packet = 1048576")
    bench.clone()
    yield {}
    bench.recipient.sql("SET GLOBAL max_allowed_packet = DEFAULT")


@fault("character sets differ", "pair.character_set_server", quick=True)
def character_set(bench: Bench):
    bench.recipient.sql("SET GLOBAL character_set_server = latin1")
    bench.clone()
    yield {}
    bench.recipient.sql("SET GLOBAL character_set_server = utf8mb4")


@fault("donor's version is another series", "pair.version", quick=True)
def other_version(bench: Bench):
    version = bench.donor.installation.version.encode()
    other = b"8.4" + version[3:]
    with bench.link(rate=None, rewrite=lambda data: data.replace(version, other)) as proxy:
        # The comparison would go through TLS unseen.
        bench.clone(port=proxy.port, clause="REQUIRE NO SSL")
        yield {"donor_port": proxy.port, "require_ssl": False}


@fault("page sizes differ", "pair.innodb_page_size")
def page_size(bench: Bench):
    bench.reset_recipient("innodb_page_size=32k")
    bench.clone()
    yield {}
    bench.reset_recipient()


@fault("recipient lacks a plugin of the donor", "pair.plugins")
def plugins_differ(bench: Bench):
    plugins = bench.recipient.directory / "plugins"
    plugins.mkdir()
    source = Path(bench.recipient.sql("SELECT @@plugin_dir AS path")[0]["path"])
    (plugins / "mysql_clone.so").symlink_to(source / "mysql_clone.so")
    bench.donor.sql("INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so'")
    bench.recipient.restart(options=[f"plugin_dir={plugins}"])
    bench.allow(bench.recipient)
    bench.clone()
    yield {}
    bench.donor.sql("UNINSTALL PLUGIN rpl_semi_sync_source")
    bench.reset_recipient()


# -- dropping the data -------------------------------------------------------------------------------------------------


@fault("super_read_only on the recipient", "recipient.super_read_only", quick=True)
def super_read_only(bench: Bench):
    bench.recipient.sql("SET GLOBAL super_read_only = ON")
    bench.clone()
    yield {}
    bench.recipient.sql("SET GLOBAL super_read_only = OFF")
    bench.recipient.sql("SET GLOBAL read_only = OFF")
    bench.prepare_recipient()


@fault("forced recovery on the recipient", "recipient.force_recovery")
def force_recovery(bench: Bench):
    bench.recipient.restart(options=["innodb_force_recovery=1"])
    bench.allow(bench.recipient)
    bench.clone()
    yield {}
    bench.reset_recipient()


@fault("an open transaction on the recipient", "recipient.transactions", quick=True)
def open_transaction(bench: Bench):
    with faults.open_transaction(bench.recipient, "INSERT INTO old.data VALUES (1)"):
        bench.clone()
        yield {}
    bench.reset_recipient()


@fault("the recipient's backup lock is held", "recipient.backup_lock")
def backup_lock(bench: Bench):
    with faults.backup_lock(bench.recipient):
        bench.clone()
        yield {}
    bench.reset_recipient()


@fault("the recipient is under FLUSH TABLES WITH READ LOCK", "recipient.read_lock")
def read_lock(bench: Bench):
    with faults.read_lock(bench.recipient):
        bench.clone()
        yield {}
    bench.reset_recipient()


@fault("a clone waits for a lock on the recipient", "recipient.transactions")
def waiting_for_lock(bench: Bench):
    with faults.open_transaction(bench.recipient, "INSERT INTO old.data VALUES (1)"):  # noqa: SIM117
        with bench.cloning("DROP DATA", lock_wait=12):
            time.sleep(1)
            yield {}
    bench.reset_recipient()


# -- the copy ----------------------------------------------------------------------------------------------------------


@fault("no room for the data", "recipient.disk_space", quick=True)
def disk_full(bench: Bench):
    with faults.small_disk(bench.recipient, 260):
        bench.prepare_recipient()
        bench.clone()
        yield {}
    bench.recipient.start()
    bench.prepare_recipient()


@fault("the disk fills during the copy", "recipient.disk_space")
def disk_fills(bench: Bench):
    with faults.small_disk(bench.recipient, 480):
        bench.prepare_recipient()
        with (
            bench.link() as proxy,
            bench.cloning(port=proxy.port) as wait,
            faults.filled_disk(bench.recipient, leave=8 << 20),
        ):
            proxy.restore()
            wait()
            yield {"donor_port": proxy.port}
    bench.recipient.start()
    bench.prepare_recipient()


@fault("no room for the data, over a slow link", "recipient.disk_space", second="pair.slow_link")
def disk_full_and_slow(bench: Bench):
    with faults.small_disk(bench.recipient, 480):
        bench.prepare_recipient()
        with bench.link(2_000_000) as proxy, bench.cloning(port=proxy.port) as wait:
            time.sleep(8)
            with faults.filled_disk(bench.recipient, leave=8 << 20):
                wait()
                yield {"donor_port": proxy.port}
    bench.recipient.start()
    bench.prepare_recipient()


@fault("donor is killed during the copy", "donor.unreachable")
def donor_killed(bench: Bench):
    bench.donor.sql("SET GLOBAL clone_donor_timeout_after_network_failure = 0")
    with bench.link() as proxy, bench.cloning(port=proxy.port) as wait:
        bench.donor.kill9()
        proxy.cut()
        wait()
        yield {"donor_port": proxy.port}
    bench.donor.start()


@fault("donor is killed and comes back at once", "donor.restarted")
def donor_restarted(bench: Bench):
    with bench.link() as proxy, bench.cloning(port=proxy.port) as wait:
        bench.donor.kill9()
        bench.donor.start()
        wait()
        yield {"donor_port": proxy.port}
    bench.prepare_recipient()


@fault("donor shuts down during the copy", "donor.shut_down", quick=True)
def donor_shut_down(bench: Bench):
    with bench.link() as proxy, bench.cloning(port=proxy.port) as wait:
        bench.donor.stop()
        wait()
        yield {"donor_port": proxy.port}
    bench.donor.start()
    bench.prepare_recipient()


@fault("DDL on the donor ends the clone", "donor.ddl")
def ddl(bench: Bench):
    bench.recipient.sql("SET GLOBAL clone_ddl_timeout = 0")
    with bench.link() as proxy, bench.cloning(port=proxy.port) as wait:
        bench.donor.sql("CREATE TABLE app.more (id INT PRIMARY KEY)")
        wait()
        yield {"donor_port": proxy.port}
    bench.donor.sql("DROP TABLE IF EXISTS app.more")
    bench.recipient.sql("SET GLOBAL clone_ddl_timeout = DEFAULT")
    bench.prepare_recipient()


@fault("the link is frozen", "pair.link_stalled", quick=True)
def frozen_link(bench: Bench):
    with bench.link() as proxy, bench.cloning(port=proxy.port):
        proxy.freeze()
        time.sleep(1)
        yield {"donor_port": proxy.port}
        proxy.restore()
        bench.recipient.sql(
            "KILL QUERY %s", (bench.recipient.sql("SELECT PID FROM performance_schema.clone_status")[0]["PID"],)
        )
    bench.prepare_recipient()


@fault("the clone is killed", "recipient.clone_killed", quick=True)
def clone_killed(bench: Bench):
    with bench.link() as proxy, bench.cloning(port=proxy.port) as wait:
        bench.recipient.sql(
            "KILL QUERY %s", (bench.recipient.sql("SELECT PID FROM performance_schema.clone_status")[0]["PID"],)
        )
        wait()
        yield {"donor_port": proxy.port}
    bench.prepare_recipient()


@fault("a tablespace outside the donor's datadir", "pair.tablespace_paths")
def tablespace_outside(bench: Bench):
    outside = bench.donor.directory / "outside"
    outside.mkdir(mode=0o700)
    bench.donor.restart(options=[f"innodb_directories={outside}"])
    bench.donor.sql(f"CREATE TABLESPACE outside ADD DATAFILE '{outside}/outside.ibd'")
    bench.clone()
    yield {}
    bench.donor.sql("DROP TABLESPACE outside")
    bench.donor.restart()
    bench.prepare_recipient()


@fault("system tablespaces differ", "pair.data_files")
def data_files(bench: Bench):
    bench.donor.reset(["innodb_data_file_path=ibdata1:12M;ibdata2:12M:autoextend"])
    bench.prepare_donor()
    bench.clone()
    yield {}
    bench.donor.reset()
    bench.prepare_donor()
    bench.prepare_recipient()


# -- the recipient's end -----------------------------------------------------------------------------------------------


@fault("no supervisor: the recipient waits to be started", "recipient.supervisor", quick=True)
def unsupervised(bench: Bench):
    bench.recipient.restart(supervised=False)
    bench.allow(bench.recipient)
    bench.clone()
    bench.recipient.wait_down()
    yield {}
    bench.reset_recipient()


@fault("recipient is killed during the copy and is down", "recipient.crashed", quick=True)
def recipient_killed(bench: Bench):
    with bench.link() as proxy, bench.cloning(port=proxy.port):
        bench.recipient.kill9()
        yield {"donor_port": proxy.port}
    bench.reset_recipient()


@fault("recipient is killed during the copy and came back", "recipient.crashed")
def recipient_killed_and_back(bench: Bench):
    with bench.link() as proxy, bench.cloning(port=proxy.port):
        bench.recipient.kill9()
        bench.recipient.start()
        bench.allow(bench.recipient)
        yield {"donor_port": proxy.port}
    bench.prepare_recipient()


@fault("lower_case_table_names differ: the recipient can't start", "pair.lower_case_table_names")
def lower_case(bench: Bench):
    bench.reset_recipient("lower_case_table_names=1")
    bench.clone()
    time.sleep(1)
    bench.recipient.wait_down()
    yield {}
    bench.reset_recipient()


@fault("recipient's port is taken: it can't start", "recipient.port")
def port_taken(bench: Bench):
    from lab.supervise import hold_port

    bench.recipient.stop()
    with contextlib.closing(hold_port(bench.recipient.port, "127.0.0.1")) as holder:
        holder.listen()
        bench.recipient.start(wait=False)
        bench.recipient.wait_down()
        yield {}
    bench.reset_recipient()


@fault("recipient refuses the login", "recipient.login", quick=True)
def refused_login(bench: Bench):
    yield {"login_password": "wrong", "post_clone_login_password": "wrong"}


# -- two at once -------------------------------------------------------------------------------------------------------


@fault(
    "not in the donor list, and super_read_only", "recipient.donor_list", second="recipient.super_read_only", quick=True
)
def not_listed_and_read_only(bench: Bench):
    bench.recipient.sql("SET GLOBAL clone_valid_donor_list = NULL")
    bench.recipient.sql("SET GLOBAL super_read_only = ON")
    bench.clone()
    yield {}
    bench.recipient.sql("SET GLOBAL super_read_only = OFF")
    bench.recipient.sql("SET GLOBAL read_only = OFF")
    bench.allow(bench.recipient)


@fault("no BACKUP_ADMIN, and the donor lacks the plugin", "donor.backup_privilege", second="donor.plugin")
def no_privilege_and_no_plugin(bench: Bench):
    bench.donor.sql(f"REVOKE BACKUP_ADMIN ON *.* FROM {USER}")
    bench.clone()
    bench.donor.sql("UNINSTALL PLUGIN clone")
    yield {}
    bench.donor.sql("INSTALL PLUGIN clone SONAME 'mysql_clone.so'")
    bench.donor.sql(f"GRANT BACKUP_ADMIN ON *.* TO {USER}")


@fault("an old failure is mended, another fault is new", "recipient.donor_list", second="donor.account", quick=True)
def old_and_new(bench: Bench):
    bench.clone(password="wrong")
    bench.recipient.sql("SET GLOBAL clone_valid_donor_list = NULL")
    bench.clone()
    yield {}
    bench.allow(bench.recipient)


# -- the run -----------------------------------------------------------------------------------------------------------


def judge(one: Fault, result: dict[str, Any]) -> bool:
    """Whether the first cause is the injected one, and the second among the rest."""
    causes = [cause["id"] for cause in result["causes"]]
    return causes[:1] == ([one.expected] if one.expected else []) and (one.second is None or one.second in causes[1:])


class Row(NamedTuple):
    """What was said of a fault, and whether that is right."""

    good: bool
    fault: str
    causes: tuple[str, ...]
    number: int | None
    data: str
    retry: str


PAGE = """\
<!--
Copyright (c) 2026, dbops contributors
GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
-->

# What clone_diagnose says of a fault

Each fault was brought about on real servers ({version}), a clone ran into it where one can, and then `clone_diagnose` was asked. The
second column is the cause that it named first, with others that it named, too, where there were two faults.
Written by `tests/integration/targets/clone_diagnose/files/diagnosis_table.py LAB --all --write docs/diagnosis_table.md`.

{total} faults, {wrong} of them told wrongly.

| fault | cause | error | old data | what then |
|---|---|---|---|---|
"""


def page(rows: list[Row], version: str) -> str:
    """The rows for readers."""
    text = PAGE.format(version=version, total=len(rows), wrong=sum(not row.good for row in rows))
    for row in rows:
        causes = ", ".join(f"`{cause}`" for cause in row.causes) or "none"
        wrong = "" if row.good else " (WRONG)"
        text += f"| {row.fault} | {causes}{wrong} | {row.number or ''} | {row.data} | {row.retry} |\n"
    return text


def run(bench: Bench, one: Fault, verbose: bool) -> Row:
    """Inject a fault, diagnose, print a row, clean up."""
    injection = one.inject(bench)
    changes = next(injection) or {}
    bench.hear()
    asked = time.monotonic()
    result = _evidence.run(bench.parameters(**changes))
    seconds = time.monotonic() - asked
    named = result["causes"][0]["id"] if result["causes"] else ""
    told = json.dumps(result)
    good = judge(one, result) and PASSWORD not in told
    print(f"{one.name:<56} {one.expected:<30} {named:<30} {seconds:5.1f}  {'ok' if good else 'WRONG'}", flush=True)
    if not good or verbose:
        causes = [
            [one["id"], one["score"], one["code"], one["data"], one["retry"], one["evidence"]]
            for one in result["causes"]
        ]
        print(json.dumps([result["verdict"], causes, result["steps"]], indent=2))
    for _rest in injection:
        raise RuntimeError("a fault must yield once")
    bench.allow(bench.recipient)
    first = result["causes"][0] if result["causes"] else {}
    named_too = (one.second,) if one.second and good else ()
    causes = (named, *named_too) if named else ()
    return Row(good, one.name, causes, first.get("code"), first.get("data") or "", first.get("retry") or "")


def main() -> int:
    """Inject, ask, print a row for each fault; the exit status is 1 when any diagnosis is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lab")
    parser.add_argument("--all", action="store_true", help="all faults, not only the quick ones")
    parser.add_argument("--only", default="", help="faults whose name or cause holds this word")
    parser.add_argument("--corpus", type=Path, help="write the messages of clients and logs about errors there")
    parser.add_argument("--write", type=Path, help="write the table there as a page")
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    chosen = [
        one
        for one in FAULTS
        if (one.quick or arguments.all or arguments.only)
        and (arguments.only in one.name or arguments.only in one.expected)
    ]
    begin = time.monotonic()
    bench = Bench(Lab.open(arguments.lab))
    rows = []
    print(f"{'fault':<56} {'expected':<30} {'named':<30} {'s':>5}  ")
    for one in chosen:
        try:
            rows.append(run(bench, one, arguments.verbose))
        except (RuntimeError, LabError, OSError, pymysql.err.Error) as error:
            print(
                f"{one.name:<56} {one.expected:<30} the fault itself failed: {type(error).__name__}: {error}",
                flush=True,
            )
            rows.append(Row(False, one.name, (), None, "", ""))
            bench.start_over()
    wrong = sum(not row.good for row in rows)
    print(f"{len(chosen)} faults, {wrong} wrong, {time.monotonic() - begin:.0f} s")
    if arguments.corpus:
        arguments.corpus.write_text("".join(line + "\n" for line in bench.messages), encoding="utf-8")
    if arguments.write:
        version = bench.donor.sql("SELECT VERSION() AS version")[0]["version"]
        arguments.write.write_text(page(rows, f"MySQL {version}"), encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
