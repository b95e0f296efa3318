# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways of copying a server, on the same data and the same servers: python benchmarks/clone.py [--megabytes 50 1024] [--rounds 3]

* ``bare``: what a DBA types, from the statement until the recipient answers again, session closed;
* ``run``: the module clone_run with all defaults, as a process without Ansible around it;
* ``clone_run``: the module with all defaults, as a task of a playbook;
* ``quiet``: the same with progress=false;
* ``peer``: ansible.mysql.mysql_clone with all defaults, as a task of a playbook;
* ``playbook``: dbops.mysql_clone.clone with all checks, accounts, verification and report;
* ``files``: cp of the same files, and fsync of each;
* ``dump``: mysqldump | mysql.

``task`` is the time of the way itself: of a playbook's task without the start of ansible-playbook, whose whole run is ``wall``.
``late`` is how long after the recipient has said that it is ready the task ends. ``servers`` is what both servers used of CPU.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import harness
import pymysql

from lab import data, inventory
from lab.node import Node

WAYS = ("bare", "run", "clone_run", "quiet", "peer", "playbook", "files", "dump")
LARGEST = {"dump": 200}
ACCOUNT, PASSWORD = "bench", "bench-0-password"
PATIENCE = 600  # seconds
READY = re.compile(r"^(\S+)Z .*ready for connections", re.MULTILINE)
NAMES = ("--databases", data.SCHEMA, data.ARCHIVE)


class Bench:
    """Donor and recipient, and all ways from the one to the other."""

    def __init__(self, ansible: harness.Peer, donor: Node, recipient: Node, directory: Path) -> None:
        self.ansible, self.donor, self.recipient, self.directory = ansible, donor, recipient, directory
        self.inventory = directory / "inventory.yml"
        inventory.write_inventory(self.inventory, "bench", [donor], [recipient])
        donor.sql("INSTALL PLUGIN clone SONAME 'mysql_clone.so'")
        donor.sql(f"CREATE USER {ACCOUNT} IDENTIFIED BY '{PASSWORD}'")
        donor.sql(f"GRANT BACKUP_ADMIN, CLONE_ADMIN, SELECT ON *.* TO {ACCOUNT}")

    def candidate(self, way: str) -> Callable[[], harness.Figures]:
        """A fresh recipient, then the way, measured."""

        def run() -> harness.Figures:
            self.recipient.reset()
            if way == "dump":
                self.recipient.sql(
                    f"CREATE TABLESPACE {data.TABLESPACE} ADD DATAFILE '{data.TABLESPACE}.ibd' ENGINE=InnoDB"
                )
            elif way != "playbook":
                self.recipient.sql("INSTALL PLUGIN clone SONAME 'mysql_clone.so'")
                self.recipient.sql(f"SET GLOBAL clone_valid_donor_list = '127.0.0.1:{self.donor.port}'")
            if way == "peer":
                # It logs in after the clone as before it, so the account must be on both.
                self.recipient.sql(f"CREATE USER {ACCOUNT} IDENTIFIED BY '{PASSWORD}'")
                self.recipient.sql(f"GRANT CLONE_ADMIN, SELECT ON *.* TO {ACCOUNT}")
            before = self._servers_cpu()
            figures = getattr(self, way)()
            return figures | {"servers": self._servers_cpu() - before}

        return run

    def _servers_cpu(self) -> float:
        return harness.server_cpu(self.donor) + harness.server_cpu(self.recipient)

    def bare(self) -> harness.Figures:
        own, begun = os.times(), time.monotonic()
        self.recipient.sql(f"CLONE INSTANCE FROM '{ACCOUNT}'@'127.0.0.1':{self.donor.port} IDENTIFIED BY '{PASSWORD}'")
        while not self._is_cloned():
            if time.monotonic() - begun > PATIENCE:
                raise SystemExit(f"the bare clone did not come back within {PATIENCE} s")
            time.sleep(0.05)
        ended, wall, now = time.time(), time.monotonic() - begun, os.times()
        cpu = now.user + now.system - own.user - own.system
        return {"task": wall, "wall": wall, "cpu": cpu, "late": ended - self._ready()}

    def _is_cloned(self) -> bool:
        statement = "SELECT 1 FROM performance_schema.clone_status WHERE STATE = 'Completed'"
        try:
            return bool(self.recipient.sql(statement, password=self.donor.root_password))
        except pymysql.MySQLError:
            return False

    def _ready(self) -> float:
        """When the recipient said last that it takes connections, seconds since 1970."""
        stamps = READY.findall(self.recipient.error_log())
        return datetime.fromisoformat(f"{stamps[-1]}+00:00").timestamp()

    def _task(self, name: str) -> harness.Figures:
        figures, output = self.ansible.playbook(
            "-i", self.inventory, harness.HERE / f"playbooks/clone_{name}.yml",
            "-e", f"account={ACCOUNT} password={PASSWORD}",
        )  # fmt: skip
        begin, end = (float(found) for found in re.findall(r"(?:BEGIN|END) ([0-9.]+)", output))
        return {"task": end - begin} | figures | {"late": end - self._ready()}

    def run(self) -> harness.Figures:
        options = {
            "login_unix_socket": str(self.recipient.socket),
            "login_user": "root",
            "login_password": self.recipient.root_password,
            "post_clone_login_user": "root",
            "post_clone_login_password": self.donor.root_password,
            "config_file": "/dev/null",
            "donor_host": "127.0.0.1",
            "donor_port": self.donor.port,
            "donor_user": ACCOUNT,
            "donor_password": PASSWORD,
            "state_directory": str(self.directory),
        }
        figures, _result = self.ansible.module("clone_run", options)
        return {"task": figures["wall"]} | figures | {"late": time.time() - self._ready()}

    def clone_run(self) -> harness.Figures:
        return self._task("run")

    def quiet(self) -> harness.Figures:
        return self._task("quiet")

    def peer(self) -> harness.Figures:
        return self._task("peer")

    def playbook(self) -> harness.Figures:
        figures, _output = self.ansible.playbook("dbops.mysql_clone.clone", "-i", self.inventory)
        return {"task": figures["wall"]} | figures

    def files(self) -> harness.Figures:
        target = self.recipient.directory / "copy"
        script = (
            'cd "$1" && mkdir "$2" && find . -name "*.ibd" -o -name "ibdata*" -o -name "undo_*" | xargs cp --parents -t "$2"'
            ' && find "$2" -type f -exec sync {} +'
        )
        try:
            figures, _output = harness.measure(["bash", "-c", script, "bash", self.donor.datadir, target])
        finally:
            shutil.rmtree(target, ignore_errors=True)
        return {"task": figures["wall"]} | figures

    def dump(self) -> harness.Figures:
        options = {}
        for node in (self.donor, self.recipient):
            options[node.name] = self.directory / f"{node.name}.cnf"
            with open(os.open(options[node.name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(f'[client]\nuser=root\npassword="{node.root_password}"\nsocket="{node.socket}"\n')
        programs = Path(self.donor.installation.bindir)
        script = (
            '"$1"/mysqldump --defaults-file="$2" --single-transaction --set-gtid-purged=OFF --routines --events "${@:4}"'
            ' | "$1"/mysql --defaults-file="$3"'
        )
        figures, _output = harness.measure(
            ["bash", "-o", "pipefail", "-c", script, "bash", programs, options["node1"], options["node2"], *NAMES]
        )
        return {"task": figures["wall"]} | figures


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, nargs="+", default=[50, 1024], help="MiB of sample data")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--dump-megabytes", type=int, default=LARGEST["dump"], help="a dump only up to this size")
    options = parser.parse_args(arguments)
    peer = harness.Peer()
    report = None
    for megabytes in options.megabytes:
        pool = {"innodb_buffer_pool_size": "256M", "innodb_redo_log_capacity": "256M"}
        with harness.lab("clone", nodes=2, options=pool) as lab, tempfile.TemporaryDirectory() as temporary:
            donor, recipient = lab.nodes
            versions = peer.versions() | {"mysql": donor.installation.version}
            report = report or harness.Report("clone", vars(options), versions)
            size = data.load(donor, megabytes)["bytes"]
            bench = Bench(peer, donor, recipient, Path(temporary))
            ways = [way for way in options.ways if way != "dump" or megabytes <= options.dump_megabytes]
            print(f"{size / harness.MIB:.0f} MiB of tables", flush=True)
            rounds = harness.take_turns({way: bench.candidate(way) for way in ways}, options.rounds)
            report.part(f"{megabytes} MiB", rounds, "bare" if "bare" in ways else ways[0], bytes=size)


if __name__ == "__main__":
    main()
