# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a check of a fleet costs, for each host: python benchmarks/precheck.py [--hosts 10 50] [--rounds 3]

Hosts are names with a local connection; all recipients are one server, and one donor is another. Candidates:

* ``nothing``: a task without a module, the floor of Ansible itself;
* ``ping``: ansible.builtin.ping, the floor of a task with a module;
* ``worker``: the role dbops.mysql_clone.precheck as the playbook of that name imports it, which with a local connection works
  in Ansible's own processes;
* ``validated``: the same role in a play's ``roles``, where Ansible validates its arguments in a task of its own for each host;
* ``playbook``: the whole playbook dbops.mysql_clone.precheck, with its report;
* ``module``: the same role, made to run its module, as it does with any other connection;
* ``peer``: ansible.mysql.mysql_clone in check mode, which looks at product, version, plugin and donor list only;
* ``tuned``: the facts that a careful administrator checks, with as few tasks of ansible.mysql and shell as possible;
* ``by_hand``: the same as it is mostly written, a task for each fact, and Ansible's facts.

Between two inventories a table tells what each further host costs, without what a run does once. The slow ones leave out the
large inventories, see --limits. ``rss`` is the largest process: Ansible's own.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import harness
import yaml

LIMITS = {
    "nothing": 1000,
    "ping": 200,
    "worker": 1000,
    "validated": 50,
    "playbook": 50,
    "module": 200,
    "peer": 50,
    "tuned": 10,
    "by_hand": 10,
}
ACCOUNT, PASSWORD = "bench", "bench-0-password"
PLAYBOOKS = harness.HERE / "playbooks"


def write_inventory(path: Path, hosts: int, donor, recipient, python: Path) -> None:
    """``hosts`` names for one recipient, and one for its donor."""

    def login(node) -> dict[str, object]:
        return {
            "mysql_clone_login_user": "root",
            "mysql_clone_login_password": node.root_password,
            "mysql_clone_login_unix_socket": str(node.socket),
            "mysql_clone_address": "127.0.0.1",
            "mysql_clone_port": node.port,
        }

    account = {"mysql_clone_user": ACCOUNT, "mysql_clone_password": PASSWORD}
    names = {f"host{number:04}": login(recipient) for number in range(1, hosts + 1)}
    content = {
        "all": {
            "vars": {"ansible_connection": "local", "ansible_python_interpreter": str(python)} | account,
            "children": {"clone_donors": {"hosts": {"donor": login(donor)}}, "clone_recipients": {"hosts": names}},
        }
    }
    path.write_text(yaml.safe_dump(content), encoding="utf-8")


def prepare(donor, recipient) -> None:
    """What all candidates expect to find: plugin, clone account, donor list."""
    for node in (donor, recipient):
        node.sql("INSTALL PLUGIN clone SONAME 'mysql_clone.so'")
    donor.sql(f"CREATE USER {ACCOUNT} IDENTIFIED BY '{PASSWORD}'")
    donor.sql(f"GRANT BACKUP_ADMIN ON *.* TO {ACCOUNT}")
    recipient.sql(f"SET GLOBAL clone_valid_donor_list = '127.0.0.1:{donor.port}'")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, nargs="+", default=[10, 50])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--forks", type=int, default=5, help="Ansible's number of processes; by default Ansible's own, 5"
    )
    parser.add_argument("--candidates", nargs="+", choices=LIMITS, default=list(LIMITS))
    parser.add_argument(
        "--limits", nargs="+", default=[], metavar="CANDIDATE=HOSTS", help=f"largest inventory of each, now {LIMITS}"
    )
    options = parser.parse_args(arguments)
    limits = LIMITS | {name: int(hosts) for name, hosts in (word.split("=") for word in options.limits)}
    peer = harness.Peer()
    with harness.lab("precheck", nodes=2) as lab, tempfile.TemporaryDirectory() as temporary:
        donor, recipient = lab.nodes
        prepare(donor, recipient)
        versions = peer.versions() | {"mysql": donor.installation.version}
        report = harness.Report("precheck", vars(options), versions)
        smaller: tuple[int, list[harness.Round]] | None = None
        for hosts in sorted(options.hosts):
            inventory = Path(temporary, f"inventory{hosts}.yml")
            write_inventory(inventory, hosts, donor, recipient, peer.python)
            chosen = [name for name in options.candidates if hosts <= limits[name]]
            candidates = {name: _candidate(peer, name, inventory, hosts, options.forks) for name in chosen}
            base = "ping" if "ping" in chosen else chosen[0]
            print(f"{hosts} hosts, {options.rounds} rounds of {', '.join(chosen)}", flush=True)
            rounds = harness.take_turns(candidates, options.rounds)
            report.part(f"{hosts} hosts", rounds, base, hosts=hosts)
            if smaller:
                further = harness.further(smaller[1], rounds, hosts - smaller[0])
                report.part(f"each from {smaller[0]} to {hosts}", further, base, hosts=hosts)
            smaller = hosts, rounds


def _candidate(peer: harness.Peer, name: str, inventory: Path, hosts: int, forks: int) -> Callable[[], harness.Figures]:
    def run() -> harness.Figures:
        figures, output = peer.playbook("-i", inventory, "--forks", str(forks), PLAYBOOKS / f"precheck_{name}.yml")
        # A run that left hosts out, or that found nothing to do, isn't comparable.
        recap = output.rpartition("PLAY RECAP")[2]
        if recap.count("ok=") < hosts or recap.count("failed=0") < hosts:
            raise harness.Failed(output[-4000:])
        return figures | {"wall/host": figures["wall"] / hosts, "cpu/host": figures["cpu"] / hosts}

    return run


if __name__ == "__main__":
    main()
