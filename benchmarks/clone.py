# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection adds to a bare CLONE INSTANCE: the same data, the same servers, one after the other in each round.

    python benchmarks/clone.py [--megabytes 200] [--rounds 3]

* ``bare``: what a DBA types, from the statement until the recipient answers again, sessions closed;
* ``run``: what clone_run does, without Ansible around it: a process of its own with all checks, queue, watching and proof;
* ``clone_run``: the module alone, as a task of a playbook;
* ``playbook``: dbops.mysql_clone.clone with all checks, accounts, verification and the start of ansible-playbook.

Prints median, minimum and maximum in seconds, and the median of the rounds' differences and ratios to ``bare``; for ``run``
also how long after the server's first answer it has ended. Writes the rounds as JSON to benchmarks/results/clone.json.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
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


RUN = """
import json, sys
from ansible_collections.dbops.mysql_clone.plugins.module_utils import _run
from ansible_collections.dbops.mysql_clone.plugins.modules.clone_run import ARGUMENT_SPEC
params = {name: spec.get("default") for name, spec in ARGUMENT_SPEC.items()} | json.load(sys.stdin)
result = _run.run(params, False)
sys.exit(result.get("failed_message"))
"""


def run(donor, recipient, directory: str) -> tuple[float, float]:
    """The run as a process of its own: its seconds, and those from the server's first answer after the clone to its end."""
    options = {
        "login_unix_socket": str(recipient.socket),
        "login_user": "root",
        "login_password": recipient.root_password,
        "post_clone_login_user": "root",
        "post_clone_login_password": donor.root_password,
        "config_file": "",
        "donor_host": "127.0.0.1",
        "donor_port": donor.port,
        "donor_user": ACCOUNT,
        "donor_password": PASSWORD,
        "state_directory": directory,
    }
    answered: list[float] = []

    def watch() -> None:
        wait_completed(donor, recipient, 300)
        answered.append(time.monotonic())

    begin = time.monotonic()
    watcher = threading.Thread(target=watch)
    watcher.start()
    subprocess.run(
        [sys.executable, "-c", RUN],
        env=dict(os.environ, PYTHONPATH=str(tree.link())),
        input=json.dumps(options),
        text=True,
        check=True,
    )
    end = time.monotonic()
    watcher.join()
    return end - begin, max(0.0, end - answered[0])


def bare(donor, recipient) -> float:
    """CLONE INSTANCE by hand: plugin and donor list are there, the session is closed, and one waits for the server."""
    recipient.sql(f"SET GLOBAL clone_valid_donor_list = '127.0.0.1:{donor.port}'")
    begin = time.monotonic()
    recipient.sql(f"CLONE INSTANCE FROM '{ACCOUNT}'@'127.0.0.1':{donor.port} IDENTIFIED BY '{PASSWORD}'")
    wait_completed(donor, recipient, 300)
    return time.monotonic() - begin


def wait_completed(donor, recipient, seconds: float) -> None:
    """Look every 50 ms, by the donor's account, until the recipient says that its clone is completed."""
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
            return
        if time.monotonic() - sent > seconds:
            raise SystemExit(f"the clone did not come back within {seconds:.0f} s")
        time.sleep(0.05)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rounds: list[dict[str, float]] = []
    late: list[float] = []
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
                for what in ("bare", "run", "clone_run", "playbook"):
                    recipient = lab["node2" if what == "playbook" else "node3"]
                    recipient.reset()
                    if what != "playbook":
                        recipient.sql("INSTALL PLUGIN clone SONAME 'mysql_clone.so'")
                    if what == "bare":
                        seconds[what] = bare(donor, recipient)
                    elif what == "run":
                        seconds[what], noticed = run(donor, recipient, directory)
                        late.append(noticed)
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
    print(f"\n{'':12}{'median':>9}{'min':>9}{'max':>9}{'more':>9}{'ratio':>9}")
    for what in rounds[0]:
        values = [seconds[what] for seconds in rounds]
        ratio = statistics.median(seconds[what] / seconds["bare"] for seconds in rounds)
        more = statistics.median(seconds[what] - seconds["bare"] for seconds in rounds)
        print(f"{what:12}{statistics.median(values):9.2f}{min(values):9.2f}{max(values):9.2f}{more:9.2f}{ratio:9.2f}")
    print(f"run ends {statistics.median(late):.2f} s (at most {max(late):.2f} s) after the server's first answer")
    results = ROOT / "benchmarks/results"
    results.mkdir(exist_ok=True)
    document = {"megabytes": options.megabytes, "rounds": rounds, "late": late}
    (results / "clone.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
