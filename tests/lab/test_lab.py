# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab on real servers: what everything else relies on."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time

import pymysql
import pytest
import yaml

from lab import Lab, LabError, Node, data, faults, paths, processes
from lab.__main__ import main
from lab.node import is_ours
from lab.proxy import Proxy

CLONE_USER, CLONE_PASSWORD = "cloner", "Cl0ne-it"
NAME = f"t{os.getpid()}"


def run_lab(*arguments, **options):
    """Run the command line; returns the finished process."""
    return subprocess.run(
        [sys.executable, "-m", "lab", *arguments],
        cwd=paths.PROJECT_ROOT,
        text=True,
        capture_output=True,
        timeout=300,
        check=False,
        **options,
    )


def running(name):
    """Processes of the lab of that name."""
    return processes.pids_where(lambda arguments: is_ours(arguments, paths.lab_dir(name)))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    return {"inventory": folder / "inventory.yml", "variables": folder / "vars.yml"}


@pytest.fixture(scope="module")
def lab(files):
    fleet = Lab(NAME).up(
        owner=os.getpid(), nodes=2, inventory_path=files["inventory"], variables_path=files["variables"]
    )
    yield fleet
    fleet.down()
    assert not fleet.directory.exists()
    assert not files["inventory"].exists()
    assert running(NAME) == []


@pytest.fixture(scope="module")
def donor(lab):
    node = lab["node1"]
    data.load(node, data.SIZES["small"])
    node.sql("INSTALL PLUGIN clone SONAME 'mysql_clone.so'")
    node.sql(f"CREATE USER {CLONE_USER}@localhost IDENTIFIED BY '{CLONE_PASSWORD}'")
    node.sql(f"GRANT BACKUP_ADMIN ON *.* TO {CLONE_USER}@localhost")
    return node


@pytest.fixture
def recipient(lab):
    """A server that runs and knows its own root; only a test that needs it fresh makes it so."""
    node = lab["node2"]
    try:
        node.sql("SELECT 1")
    except pymysql.err.Error:
        node.reset()
    return node


@pytest.fixture
def stopped(lab):
    """The same server, not running; its data directory is sound, but may hold anything."""
    return lab["node2"].kill9()


def make_recipient(node, port):
    node.sql("INSTALL PLUGIN clone SONAME 'mysql_clone.so'")
    node.sql("SET GLOBAL clone_valid_donor_list = %s", (f"127.0.0.1:{port}",))


def clone(node, port):
    node.sql("CLONE INSTANCE FROM %s@'127.0.0.1':%s IDENTIFIED BY %s", (CLONE_USER, port, CLONE_PASSWORD))


def assert_cloned(node, donor):
    status = node.sql("SELECT state, error_no, source FROM performance_schema.clone_status")
    assert status == [{"state": "Completed", "error_no": 0, "source": f"127.0.0.1:{donor.port}"}]
    tables = [
        f"`{row['s']}`.`{row['t']}`"
        for row in donor.sql(
            "SELECT table_schema AS s, table_name AS t FROM information_schema.tables "
            "WHERE table_type = 'BASE TABLE' AND engine = 'InnoDB' AND table_schema LIKE 'lab%%' ORDER BY 1, 2"
        )
    ]
    assert len(tables) == 8
    checksum = f"CHECKSUM TABLE {', '.join(tables)}"
    assert node.sql(checksum) == donor.sql(checksum)
    # Only the definition of a MyISAM table is cloned.
    assert donor.sql(f"SELECT COUNT(*) AS n FROM {data.SCHEMA}.legacy_notes") == [{"n": 3}]
    assert node.sql(f"SELECT COUNT(*) AS n FROM {data.SCHEMA}.legacy_notes") == [{"n": 0}]


class TestServers:
    def test_each_is_its_own(self, lab):
        query = "SELECT @@server_uuid AS uuid, @@server_id AS id, @@port AS port, @@datadir AS datadir"
        first, second = (node.sql(query)[0] for node in lab)
        assert not set(first.values()) & set(second.values())
        assert lab["node1"].root_password != lab["node2"].root_password
        authorities = [(node.datadir / "ca.pem").read_bytes() for node in lab]
        assert authorities[0] != authorities[1]

    def test_fresh_server(self, lab):
        # Not node1, which may be a donor by now.
        lab["node2"].reset()
        assert lab["node2"].sql("SELECT @@gtid_executed AS gtids, @@gtid_mode AS mode") == [{"gtids": "", "mode": "ON"}]
        assert lab["node2"].sql("SELECT 1 FROM information_schema.plugins WHERE plugin_name = 'clone'") == []
        assert not (lab["node2"].directory / "first-start.sql").exists()

    def test_root_over_tcp_and_tls(self, lab):
        node = lab["node1"]
        assert node.sql("SELECT CURRENT_USER() AS me", tcp=True) == [{"me": "root@localhost"}]
        assert node.sql("SHOW SESSION STATUS LIKE 'Ssl_cipher'", tcp=True)[0]["Value"]
        with pytest.raises(pymysql.err.OperationalError, match="1045"):
            node.connect(tcp=True, password="wrong")

    def test_error_log_as_text_and_json(self, lab):
        node = lab["node1"]
        assert "ready for connections" in node.error_log()
        mark = node.error_log_mark()
        node.sql("SET GLOBAL log_error_verbosity = 2")
        node.sql("SET GLOBAL log_error_verbosity = 3")
        assert "ready for connections" not in node.error_log(since=mark)
        sink = node.sql("SELECT @@log_error_services AS services")[0]["services"]
        if "json" not in sink:
            assert node.installation.numbers < (8, 0, 30)
            return
        lines = (node.directory / "error.log.00.json").read_text(encoding="utf-8").splitlines()
        assert all(json.loads(line)["err_code"] is not None for line in lines if '"err_code"' in line)

    def test_files_for_ansible(self, lab, files):
        inventory = yaml.safe_load(files["inventory"].read_text(encoding="utf-8"))
        variables = yaml.safe_load(files["variables"].read_text(encoding="utf-8"))
        groups = inventory["all"]["children"]
        assert list(groups["clone_donors"]["hosts"]) == ["node1"]
        host = groups["clone_recipients"]["hosts"]["node2"]
        assert host["mysql_clone_port"] == lab["node2"].port == variables["lab_nodes"]["node2"]["port"]
        assert variables["lab_name"] == NAME
        assert {path.stat().st_mode & 0o777 for path in files.values()} == {0o600}

    def test_no_password_in_any_command_line(self, lab):
        shown = " ".join(" ".join(processes.command_line(pid)) for pid in running(NAME))
        assert "mysqld" in shown
        assert not [node for node in lab if node.root_password in shown]


class TestLife:
    def test_supervised_clone_restarts(self, donor, recipient):
        recipient.reset()
        make_recipient(recipient, donor.port)
        uuid = recipient.sql("SELECT @@server_uuid AS uuid")
        before, own_password = recipient.pid, recipient.root_password
        clone(recipient, donor.port)
        recipient.wait_up(after=before)
        assert recipient.exit_status == 16
        with pytest.raises(pymysql.err.OperationalError, match="1045"):
            recipient.connect()
        recipient.adopt(donor.root_password)
        assert recipient.sql("SELECT @@server_uuid AS uuid") == uuid
        assert_cloned(recipient, donor)
        recipient.adopt(own_password)

    def test_unsupervised_clone_is_finished_by_the_next_start(self, donor, stopped):
        stopped.reset(start=False)
        stopped.start(supervised=False)
        make_recipient(stopped, donor.port)
        with pytest.raises(pymysql.err.OperationalError, match="3707"):
            clone(stopped, donor.port)
        stopped.wait_down()
        assert stopped.exit_status == 0
        own_password = stopped.root_password
        stopped.adopt(donor.root_password)
        stopped.start()
        assert_cloned(stopped, donor)
        stopped.stop()
        # A fresh server is known by the password that it was given first: inventories name that one.
        assert stopped.reset(start=False).root_password == own_password

    def test_restart_statement(self, recipient):
        before = recipient.pid
        recipient.sql("RESTART")
        recipient.wait_up(after=before)
        assert recipient.exit_status == 16

    def test_crash_is_not_restarted(self, recipient):
        with faults.killed(recipient):
            assert recipient.exit_status == -signal.SIGKILL
            assert not recipient.alive()
            assert recipient.supervisor_pid is None
        assert recipient.alive()

    def test_options(self, recipient):
        recipient.reset(["innodb_page_size=8k", "max-connections=33"])
        values = "SELECT @@innodb_page_size AS page, @@max_connections AS connections"
        assert recipient.sql(values) == [{"page": 8192, "connections": 33}]
        recipient.restart(options=["max_connections=44"])
        assert recipient.sql(values) == [{"page": 8192, "connections": 44}]

    def test_start_that_fails_says_why(self, stopped):
        with pytest.raises(LabError, match=r"node2 ended with status 1: .*unknown variable"):
            stopped.start(options=["nonsense=1"])

    def test_port_that_somebody_took(self, stopped):
        """A new node takes another port; one whose port is known to others says what is wrong."""
        with (
            socket.create_server(("127.0.0.1", stopped.port)),
            pytest.raises(LabError, match="port: Address already"),
        ):
            stopped.start()
        node = Node.create(stopped.directory.parent / "late", stopped.installation, server_id=77)
        try:
            taken = node.port
            with socket.create_server(("127.0.0.1", taken)):
                node.start()
            assert node.port != taken
            assert node.sql("SELECT @@port AS port", tcp=True) == [{"port": node.port}]
        finally:
            node.end()

    def test_by_hand(self, stopped):
        """Anybody can start a node with nothing but its my.cnf."""
        subprocess.run(
            [stopped.installation.server, f"--defaults-file={stopped.directory / 'my.cnf'}", "--daemonize"],
            timeout=60,
            check=True,
        )
        assert stopped.alive()
        assert stopped.supervisor_pid is None
        stopped.wait_up().stop()
        assert not stopped.alive()


class TestFaults:
    def test_bad_link_to_a_server(self, donor):
        with Proxy(("127.0.0.1", donor.port)) as link:
            assert donor.sql("SELECT 1 AS one", tcp=True, port=link.port) == [{"one": 1}]
            connection = donor.connect(tcp=True, port=link.port, read_timeout=1)
            link.freeze()
            with pytest.raises(pymysql.err.OperationalError, match="2013"):
                connection.query("SELECT 1")
            link.cut()
            with pytest.raises(pymysql.err.OperationalError, match="2003"):
                donor.connect(tcp=True, port=link.port)
            link.restore()
            assert donor.sql("SELECT 1 AS one", tcp=True, port=link.port) == [{"one": 1}]

    def test_locks_and_their_end(self, donor):
        table = f"{data.SCHEMA}.customer_log"
        create = f"CREATE TABLE {data.SCHEMA}.later (id INT PRIMARY KEY)"
        drop = f"DROP TABLE {data.SCHEMA}.later"
        impatient = {"init_command": "SET lock_wait_timeout = 1"}
        held = [
            (faults.backup_lock(donor), create),
            (faults.read_lock(donor), f"INSERT INTO {table} (what) VALUES ('x')"),
            (faults.open_transaction(donor, f"SELECT * FROM {table}"), f"ALTER TABLE {table} COMMENT 'x'"),
        ]
        for lock, statement in held:
            with lock, pytest.raises(pymysql.err.OperationalError, match="1205"):
                donor.sql(statement, **impatient)
        donor.sql(create, **impatient)
        donor.sql(drop, **impatient)

    def test_write_load(self, donor):
        with faults.WriteLoad(donor, seconds=30, threads=2, rate=100) as load:
            deadline = time.monotonic() + 10
            while load.transactions < 20 and time.monotonic() < deadline:
                time.sleep(0.05)
        assert load.error is None
        assert load.transactions >= 20
        assert donor.sql("SHOW DATABASES LIKE 'lab_load'") == []

    def test_hanging_server(self, donor):
        with faults.stopped_process(donor), pytest.raises(pymysql.err.OperationalError):
            donor.connect(read_timeout=1, connect_timeout=1)
        assert donor.sql("SELECT 1 AS one") == [{"one": 1}]

    def test_full_disk(self, stopped):
        if os.getuid() != 0:
            with pytest.raises(LabError, match="as root"), faults.small_disk(stopped, 256):
                pass
            return
        with faults.small_disk(stopped, 320) as node:
            node.sql("CREATE DATABASE full")
            node.sql("CREATE TABLE full.t (id INT AUTO_INCREMENT PRIMARY KEY, body BLOB)")
            # Without the binary log: a server that cannot write that one shuts itself down.
            rows = "INSERT INTO full.t (body) SELECT REPEAT('x', 60000) FROM information_schema.collations"
            with faults.filled_disk(node, leave=1 << 20), pytest.raises(pymysql.err.OperationalError, match="1114"):
                node.sql(rows, init_command="SET sql_log_bin = 0")
            node.sql(rows, init_command="SET sql_log_bin = 0")
        assert not stopped.datadir.is_mount()
        assert (stopped.datadir / "ibdata1").exists()


class TestOtherProcesses:
    def test_attach(self, lab, recipient):
        shown = run_lab("sql", "node1", "SELECT 1 AS one", "--name", NAME)
        assert json.loads(shown.stdout) == [{"one": 1}]
        status = Lab.open(NAME).status()
        assert [node["answers"] for node in status["nodes"]] == [True, True]
        assert "password" not in json.dumps(status)

    def test_two_labs_and_an_interrupted_one(self, lab, tmp_path):
        """A second lab lives beside this one; killed while coming up, the next ``up`` clears its remains away."""
        name = f"{NAME}-b"
        command = ["up", "--name", name, "--nodes", "1", "--inventory", str(tmp_path / "inventory.yml")]
        interrupted = subprocess.Popen(
            [sys.executable, "-m", "lab", *command], cwd=paths.PROJECT_ROOT, stdout=subprocess.DEVNULL
        )
        try:
            deadline = time.monotonic() + 60
            while not (leftover := running(name)) and time.monotonic() < deadline:
                time.sleep(0.02)
            interrupted.kill()
            interrupted.wait()
            assert leftover
            again = run_lab(*command)
            assert again.returncode == 0, again.stderr
            assert not set(leftover) & set(running(name))
            ports = {node["port"] for node in json.loads(again.stdout)["nodes"].values()}
            assert len(ports | {node.port for node in lab}) == 3
            assert lab["node1"].sql("SELECT 1 AS one") == [{"one": 1}]
        finally:
            assert run_lab("down", "--name", name).returncode == 0
        assert not paths.lab_dir(name).exists()
        assert not (tmp_path / "inventory.yml").exists()
        assert running(name) == []

    def test_life_from_the_command_line(self, lab):
        for command, state in [("kill", "down"), ("start", "up"), ("stop", "down"), ("reset", "up")]:
            done = run_lab(command, "node2", "--name", NAME)
            assert (done.returncode, done.stdout) == (0, f"node2: {state}\n"), done.stderr

    @pytest.mark.parametrize(
        ("command", "words"),
        [
            (["status", "--name", "no-such-lab"], "there is no lab 'no-such-lab'"),
            (["down", "--name", "no/lab"], "lab name 'no/lab'"),
            (["stop", "node9", "--name", NAME], f"lab {NAME} has no node 'node9', only node1, node2"),
            (["sql", "node1", "SELEC", "--name", NAME], "the server said 1064"),
            (["up", "--nodes", "0", "--name", f"{NAME}-c"], "expected 1 to 64 nodes"),
            (["data", "node1", "--size", "huge", "--name", NAME], "size 'huge'"),
            (["link", "/nowhere/link", "cut"], "no link answers at /nowhere/link"),
        ],
    )
    def test_errors_are_one_sentence(self, lab, capsys, command, words):
        assert main(command) == 1
        shown = capsys.readouterr()
        assert shown.out == ""
        assert words in shown.err
        assert shown.err.count("\n") == 1

    def test_down_with_nothing_there(self):
        done = run_lab("down", "--name", "no-such-lab")
        assert done.returncode == 0
        assert not paths.lab_dir("no-such-lab").exists()


def test_proxy_process(tmp_path, lab):
    control = tmp_path / "link"
    process = subprocess.Popen(
        [sys.executable, "-m", "lab", "proxy", "--to", f"127.0.0.1:{lab['node1'].port}", "--control", str(control)],
        cwd=paths.PROJECT_ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        port = int(json.loads(process.stdout.readline())["listen"].rpartition(":")[2])
        assert lab["node1"].sql("SELECT 1 AS one", tcp=True, port=port) == [{"one": 1}]
        assert json.loads(run_lab("link", str(control), "cut").stdout)["mode"] == "cut"
        with pytest.raises(pymysql.err.OperationalError, match="2003"):
            lab["node1"].connect(tcp=True, port=port)
        assert run_lab("link", str(control), "wobble").returncode == 1
    finally:
        process.terminate()
        process.communicate(timeout=20)
    assert process.returncode == 0
    assert not control.exists()


def test_mariadb(lab):
    node = lab.add_mariadb("wrong")
    assert "MariaDB" in node.sql("SELECT VERSION() AS v")[0]["v"]
    assert [other.name for other in lab.donors + lab.recipients] == ["node1", "node2"]
