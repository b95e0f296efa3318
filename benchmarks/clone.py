# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection adds to a bare CLONE INSTANCE: the same data, the same servers, one after the other in each round.

    python benchmarks/clone.py [--megabytes 200] [--rounds 3]

* ``bare``: what a DBA types, from the statement until the recipient answers again, sessions closed;
* ``clone_run``: the module alone, as a task of a playbook;
* ``playbook``: dbops.mysql_clone.clone with all checks, accounts, verification and the start of ansible-playbook.

Prints median, minimum and maximum in seconds, and the median of the rounds' ratios to ``bare``; writes the rounds as JSON to
benchmarks/results/clone.json.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pymysql

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

import tree  # noqa: E402 (needs the path above)

from lab.fleet import Lab  # noqa: E402

ACCOUNT, PASSWORD = "bench", "bench"
TASK = """\
- hosts: node3
  gather_facts: false
  tasks:
    - dbops.mysql_clone.clone_run:
        donor_host: 127.0.0.1
        donor_port: {port}
        donor_user: {account}
        donor_password: {password}
        progress: false
      module_defaults:
        group/dbops.mysql_clone.all: "{{{{ lookup('dbops.mysql_clone.login', donor='node1') }}}}"
"""


def playbook(arguments: list[str]) -> float:
    """Run ansible-playbook and return its wall time in seconds; its output is shown only when it fails."""
    environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(tree.link()), ANSIBLE_NOCOWS="1")
    begin = time.monotonic()
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), *arguments],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return time.monotonic() - begin


def bare(donor, recipient) -> float:
    """CLONE INSTANCE by hand: plugin and donor list are there, the session is closed, and one waits for the server."""
    recipient.sql(f"SET GLOBAL clone_valid_donor_list = '127.0.0.1:{donor.port}'")
    begin = time.monotonic()
    recipient.sql(f"CLONE INSTANCE FROM '{ACCOUNT}'@'127.0.0.1':{donor.port} IDENTIFIED BY '{PASSWORD}'")
    sent = time.monotonic()
    while True:
        try:
            rows = recipient.sql(
                "SELECT STATE FROM performance_schema.clone_status WHERE STATE = 'Completed'",
                password=donor.root_password,
            )
        except pymysql.MySQLError:
            rows = ()
        if rows:
            return time.monotonic() - begin
        if time.monotonic() - sent > 300:
            raise SystemExit("the bare clone did not come back within 300 s")
        time.sleep(0.05)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rounds: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as directory:
        inventory, task = Path(directory, "inventory.yml"), Path(directory, "task.yml")
        name = f"bench-{os.getpid()}"
        up = [sys.executable, "-m", "lab", "up", "--name", name, "--nodes", "3", "--data", str(options.megabytes)]
        try:
            subprocess.run(
                [*up, "--inventory", inventory, "--owner", str(os.getpid())],
                cwd=ROOT,
                check=True,
                stdout=subprocess.DEVNULL,
            )
            lab = Lab.open(name)
            donor = lab["node1"]
            donor.sql("INSTALL PLUGIN clone SONAME 'mysql_clone.so'")
            donor.sql(f"CREATE USER {ACCOUNT} IDENTIFIED BY '{PASSWORD}'")
            donor.sql(f"GRANT BACKUP_ADMIN ON *.* TO {ACCOUNT}")
            task.write_text(TASK.format(port=donor.port, account=ACCOUNT, password=PASSWORD), encoding="utf-8")
            for number in range(options.rounds):
                seconds = {}
                for what in ("bare", "clone_run", "playbook"):
                    recipient = lab["node2" if what == "playbook" else "node3"]
                    recipient.reset()
                    if what != "playbook":
                        recipient.sql("INSTALL PLUGIN clone SONAME 'mysql_clone.so'")
                    if what == "bare":
                        seconds[what] = bare(donor, recipient)
                    elif what == "clone_run":
                        seconds[what] = playbook([str(task), "-i", str(inventory)])
                    else:
                        seconds[what] = playbook(["dbops.mysql_clone.clone", "-i", str(inventory), "--limit", "node2"])
                rounds.append(seconds)
                print(
                    f"round {number + 1}: " + ", ".join(f"{key} {value:.2f} s" for key, value in seconds.items()),
                    flush=True,
                )
        finally:
            subprocess.run(
                [sys.executable, "-m", "lab", "down", "--name", name], cwd=ROOT, stdout=subprocess.DEVNULL, check=False
            )
    print(f"\n{'':12}{'median':>9}{'min':>9}{'max':>9}{'ratio':>9}")
    for what in rounds[0]:
        values = [seconds[what] for seconds in rounds]
        ratio = statistics.median(seconds[what] / seconds["bare"] for seconds in rounds)
        print(f"{what:12}{statistics.median(values):9.2f}{min(values):9.2f}{max(values):9.2f}{ratio:9.2f}")
    results = ROOT / "benchmarks/results"
    results.mkdir(exist_ok=True)
    document = {"megabytes": options.megabytes, "rounds": rounds}
    (results / "clone.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
