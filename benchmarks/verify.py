# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Full checksums by several sessions or one: python benchmarks/verify.py [--megabytes 400] [--tables 8] [--rounds 3]

Tables of the same size with random content, all of them in the buffer pool. Candidates:

* ``by_hand``: CHECKSUM TABLE, table after table, in one session;
* ``threads_1``, ``threads_2``, ...: clone_verify with checksum=full, which also reads definitions, accounts and the rest.

The module runs as a process by itself. ``server`` is the server's CPU time; what the client uses is ``cpu``.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Sequence

import harness

ROW_BYTES = 512
BATCH = 65536


def fill(node, megabytes: int, tables: int) -> None:
    """Tables bench.t1, bench.t2, ... with so many MiB in all."""
    node.sql("CREATE DATABASE bench")
    rows = max(1, megabytes * harness.MIB // tables // ROW_BYTES)
    for number in range(1, tables + 1):
        node.sql(f"CREATE TABLE bench.t{number} (id INT AUTO_INCREMENT PRIMARY KEY, body VARBINARY(1024) NOT NULL)")
        for done in range(0, rows, BATCH):
            node.sql(
                f"INSERT INTO bench.t{number} (body) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s)"
                " SELECT RANDOM_BYTES(%s) FROM n",
                (min(BATCH, rows - done), ROW_BYTES),
                init_command=f"SET SESSION cte_max_recursion_depth = {BATCH}",
            )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=400)
    parser.add_argument("--tables", type=int, default=8)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(arguments)
    peer = harness.Peer()
    pool = {"innodb_buffer_pool_size": f"{options.megabytes + 256}M", "innodb_redo_log_capacity": "512M"}
    with harness.lab("verify", nodes=1, options=pool) as lab:
        (node,) = lab.nodes
        fill(node, options.megabytes, options.tables)
        versions = peer.versions() | {"mysql": node.installation.version}
        report = harness.Report("verify", vars(options), versions)
        candidates = {"by_hand": lambda: by_hand(node, options.tables)}
        candidates |= {f"threads_{number}": _module(peer, node, options.tables, number) for number in options.threads}
        rounds = harness.take_turns(candidates, options.rounds)
        report.part(f"{options.tables} tables, {options.megabytes} MiB", rounds, "by_hand")


def by_hand(node, tables: int) -> harness.Figures:
    """One statement after the other."""
    begun, server, own = time.monotonic(), harness.server_cpu(node), os.times()
    for number in range(1, tables + 1):
        node.sql(f"CHECKSUM TABLE bench.t{number}")
    now = os.times()
    cpu = now.user + now.system - own.user - own.system
    return {"wall": time.monotonic() - begun, "cpu": cpu, "server": harness.server_cpu(node) - server}


def _module(peer: harness.Peer, node, tables: int, threads: int) -> Callable[[], harness.Figures]:
    login = {"login_user": "root", "login_password": node.root_password, "login_unix_socket": str(node.socket)}

    def run() -> harness.Figures:
        server = harness.server_cpu(node)
        wanted = {"collect": True, "checksum": "full", "threads": threads}
        figures, result = peer.module("clone_verify", login | wanted)
        read = result["inventory"]["tables"].get("bench", {})
        # Of each table: engine, rows, definition, checksum, time of the last change.
        if len(read) != tables or not all(entry[3] for entry in read.values()):
            raise harness.Failed(f"expected checksums of {tables} tables in: {str(read)[:2000]}")
        return figures | {"server": harness.server_cpu(node) - server}

    return run


if __name__ == "__main__":
    main()
