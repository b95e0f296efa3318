# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One donor, many recipients: python benchmarks/fanout.py [--recipients 7] [--megabytes 100] [--bandwidth 20] [--rounds 3]

The bandwidth of each clone is limited (clone_max_network_bandwidth), which stands in for a network: without it all copies share
this machine's disk and processors. Candidates:

* ``sequence``: ansible.mysql.mysql_clone, one recipient after the other, since a donor serves one at a time;
* ``retries``: the same on all recipients at a time, which Ansible repeats every 5 seconds until it works;
* ``tree``: dbops.mysql_clone.fleet, where recipients that are done become donors;
* ``direct``: the same with mysql_clone_fanout=direct.

The peer gets accounts, plugin and donor lists ready-made; fleet checks, makes and removes them itself, and its time counts
that, but not the comparison of data at the end, which the peer hasn't (--skip-tags verify). ``clones`` is from the begin of the
first clone to the end of the last one, as the recipients tell it.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import harness

from lab import data, inventory
from lab.fleet import Lab

CANDIDATES = ("sequence", "retries", "tree", "direct")
ACCOUNT, PASSWORD = "bench", "bench-0-password"
FORKS = 10


class Bench:
    """A lab of one donor and its recipients, and the candidates that clone them."""

    def __init__(self, ansible: harness.Peer, lab: Lab, directory: Path) -> None:
        self.ansible, self.lab = ansible, lab
        self.inventory = directory / "inventory.yml"
        inventory.write_inventory(self.inventory, "bench", lab.donors, lab.recipients)
        (donor,) = lab.donors
        donor.sql(f"CREATE USER {ACCOUNT} IDENTIFIED BY '{PASSWORD}'")
        donor.sql(f"GRANT BACKUP_ADMIN, CLONE_ADMIN, SELECT ON *.* TO {ACCOUNT}")
        self.options = donor.options
        self.password = donor.root_password

    def candidate(self, name: str) -> Callable[[], harness.Figures]:
        """Fresh recipients, then the clones, measured."""
        forks = ("-i", self.inventory, "--forks", str(FORKS))

        def run() -> harness.Figures:
            self._fresh()
            if name in ("tree", "direct"):
                figures, _output = self.ansible.playbook(
                    "dbops.mysql_clone.fleet", *forks, "--skip-tags", "verify", "-e", f"mysql_clone_fanout={name}"
                )
            else:
                self._prepare()
                figures, _output = self.ansible.playbook(
                    harness.HERE / "playbooks/fanout_peer.yml", *forks,
                    "-e", f"account={ACCOUNT} password={PASSWORD} at_a_time={1 if name == 'sequence' else FORKS}",
                )  # fmt: skip
            return figures | {"clones": self._span()}

        return run

    def _fresh(self) -> None:
        for node in self.lab.recipients:
            node.reset(options=self.options, start=False)
            node.start(wait=False)
        for node in self.lab.recipients:
            node.wait_up()

    def _prepare(self) -> None:
        (donor,) = self.lab.donors
        for node in self.lab.recipients:
            node.sql(f"SET GLOBAL clone_valid_donor_list = '127.0.0.1:{donor.port}'")
            # After the clone the peer logs in as before it, so the account must be on both.
            node.sql(f"CREATE USER {ACCOUNT} IDENTIFIED BY '{PASSWORD}'")
            node.sql(f"GRANT CLONE_ADMIN, SELECT ON *.* TO {ACCOUNT}")

    def _span(self) -> float:
        statement = (
            "SELECT UNIX_TIMESTAMP(MIN(p.BEGIN_TIME)) AS begin, UNIX_TIMESTAMP(MAX(p.END_TIME)) AS end, MAX(s.STATE) AS state"
            " FROM performance_schema.clone_progress p JOIN performance_schema.clone_status s"
        )
        rows = [node.sql(statement, password=self.password)[0] for node in self.lab.recipients]
        if any(row["state"] != "Completed" for row in rows):
            raise harness.Failed(f"not all recipients are cloned: {rows}")
        return float(max(row["end"] for row in rows) - min(row["begin"] for row in rows))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipients", type=int, default=7)
    parser.add_argument("--megabytes", type=int, default=100, help="MiB of sample data")
    parser.add_argument("--bandwidth", type=int, default=20, help="MiB a second for each clone; 0 does not limit it")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--candidates", nargs="+", choices=CANDIDATES, default=list(CANDIDATES))
    options = parser.parse_args(arguments)
    ansible = harness.Peer()
    settings = {
        "plugin_load_add": "mysql_clone.so",
        "loose_clone_max_network_bandwidth": options.bandwidth,
        "innodb_redo_log_capacity": "32M",
    }
    with (
        harness.lab("fanout", nodes=options.recipients + 1, options=settings) as lab,
        tempfile.TemporaryDirectory() as directory,
    ):
        (donor,) = lab.donors
        size = data.load(donor, options.megabytes)["bytes"]
        report = harness.Report("fanout", vars(options), ansible.versions() | {"mysql": donor.installation.version})
        bench = Bench(ansible, lab, Path(directory))
        candidates = {name: bench.candidate(name) for name in options.candidates}
        base = "sequence" if "sequence" in candidates else options.candidates[0]
        rounds = harness.take_turns(candidates, options.rounds)
        report.part(f"{options.recipients} x {options.megabytes} MiB", rounds, base, bytes=size)


if __name__ == "__main__":
    main()
