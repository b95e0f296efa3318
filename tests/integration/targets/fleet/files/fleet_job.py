# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All playbooks of the installed collection on seven servers: ``fleet_job.py PART LAB HOME [COLLECTION BASE]``.

node1 is the donor. node6 is killed while it is cloned. node7 holds data that nobody has given up at first. Each part is a
process of its own, so that each is a task with a result of its own; HOME is the home of the user whose runs these are.
BASE is the lab that the test was given: its server's program is used here, too, and who owns it owns this lab.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import general_log
import pymysql
from playbook import Playbook, Run, play

from lab import Lab, data
from lab.node import Node

NODES, DATA_MIB = 7, 24
RECIPIENTS = [f"node{number}" for number in range(2, NODES + 1)]
KILLED, PRECIOUS = RECIPIENTS[-2:]
# Nobody listens there.
AWAY = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
# So slow that whoever wants to kill it comes in time; of no effect before the plugin is there.
SLOW = {"loose_clone_max_data_bandwidth": "1", "loose_clone_autotune_concurrency": "OFF"}
FORKS = "10"
# The donor has a table that no clone carries, and the machine few processors.
OF_THE_LAB = (
    "donor.not_innodb",
    "recipient.non_innodb",
    "recipient.processors",
    "recipient.memory",
    "pair.buffer_pool",
)


class Job:
    """The lab and the user's home."""

    def __init__(self, lab: str, home: Path) -> None:
        self.home = home
        self.lab = Lab.open(lab)
        self.donor = self.lab["node1"]
        self.playbook = Playbook(home, home / "inventory.yml")

    def inventory(self, donors: Sequence[str] = ("node1",), **extra: dict[str, Any]) -> None:
        """Write the inventory; ``extra`` are more variables by host, and all but the donors are recipients."""
        hosts = {
            node.name: {
                "mysql_clone_login_user": "root",
                "mysql_clone_login_password": node.root_password,
                "mysql_clone_login_unix_socket": str(node.socket),
                "mysql_clone_login_config_file": "",
                "mysql_clone_address": "127.0.0.1",
                "mysql_clone_port": node.port,
                "mysql_clone_server_config_file": str(node.directory / "my.cnf"),
                "mysql_clone_checksum": "none",
                **extra.get(node.name, {}),
            }
            for node in self.lab
        }
        recipients = [node.name for node in self.lab if node.name not in donors]
        self.playbook.write_inventory(hosts, donors=list(donors), recipients=recipients)

    def elsewhere(self, name: str, **extra: dict[str, Any]) -> Job:
        """The same with an inventory of its own."""
        other = Job(self.lab.name, self.home)
        other.playbook = Playbook(self.home, self.home / f"{name}.yml")
        other.inventory(**extra)
        return other

    def start(self, name: str, *options: str) -> Run:
        """Start a playbook by its name in the collection, or by its path."""
        known = name if "/" in name else f"dbops.mysql_clone.{name}"
        return self.playbook.start(*options, "--forks", FORKS, playbook=known)

    def run(self, name: str, status: int, *options: str) -> Run:
        begun = time.monotonic()
        run = self.start(name, *options).wait()
        print(f"{run.name}: status {run.status} after {time.monotonic() - begun:.1f} s")
        run.expect(status)
        return run

    def ask(self, node: Node, statement: str) -> list[dict[str, Any]]:
        """Rows of a statement, as root of the node or, after a clone, of the donor."""
        try:
            return node.sql(statement)
        except pymysql.err.OperationalError as error:
            if error.args[:1] != (1045,):
                raise
            return node.sql(statement, password=self.donor.root_password)

    def ends(self) -> dict[str, int]:
        return {node.name: general_log.end(node) for node in self.lab}

    def check_nothing_written(self, since: dict[str, int], what: str) -> None:
        """No server was told more than to show itself; and each of those that run was asked something."""
        for node in self.lab:
            heard = list(general_log.statements(node, since[node.name]))
            assert heard or not node.alive(), f"{what} never spoke to {node.name}"
            assert not general_log.written(node, since[node.name]), (
                f"{what} wrote to {node.name}: {general_log.written(node, since[node.name])}"
            )

    def check_cloned(self, name: str) -> None:
        node = self.lab[name]
        count = f"SELECT COUNT(*) AS rows_ FROM {data.SCHEMA}.customers"
        assert self.ask(node, count) == self.ask(self.donor, count), f"{name} doesn't hold the donor's rows"

    def check_sound(self, name: str, *hosts: str) -> None:
        """In the report nothing is wrong with these, but for what the lab itself gives reason to."""
        records = self.report(name)
        for host in hosts:
            graver = {
                check["id"]: check["message"]
                for check in records[host]["checks"]
                if check["status"] in ("warn", "fail")
            }
            unknown = {name: message for name, message in graver.items() if name not in OF_THE_LAB}
            assert not unknown, f"{host}: {unknown}"

    def check_nothing_left(self) -> None:
        """No temporary account, and no donor list, on any server that runs."""
        for node in self.lab:
            if node.alive():
                accounts = self.ask(node, "SELECT User, Host FROM mysql.user WHERE User LIKE 'dbops%'")
                assert not accounts, f"left on {node.name}: {accounts}"
                donors = self.ask(node, "SHOW GLOBAL VARIABLES LIKE 'clone_valid_donor_list'")
                assert not any(row["Value"] for row in donors), f"left on {node.name}: {donors}"

    def report(self, name: str) -> dict[str, dict[str, Any]]:
        records = json.loads((self.home / f"reports/{name}.json").read_text(encoding="utf-8"))
        return {record["recipient"]: record for record in records}

    def incidents(self) -> list[dict[str, Any]]:
        """The records of the knowledge base, the last of each id."""
        lines = (self.home / "reports/incidents.jsonl").read_text(encoding="utf-8").splitlines()
        return list({row["id"]: row for row in map(json.loads, lines)}.values())


def edges(run: Run) -> dict[str, str]:
    """Each recipient's donor, of the clones that a run says it has begun."""
    return dict(re.findall(r"\d s +(\w+) <- (\w+)\b", run.output))


# -- parts -------------------------------------------------------------------------------------------------------------


def prepare(lab: str, home: Path, collection: Path, base: str) -> None:
    """The collection as users get it, and a fleet of fresh servers that write down every statement."""
    galaxy = Path(sys.executable).with_name("ansible-galaxy")

    def install() -> None:
        _call(galaxy, "collection", "build", "--output-path", home, collection)
        (tarball,) = home.glob("dbops-mysql_clone-*.tar.gz")
        _call(galaxy, "collection", "install", "--offline", "--no-deps", "-p", home / "collections", tarball)

    with ThreadPoolExecutor() as pool:
        installed = pool.submit(install)
        # Relative to the data directory, so that all have it where it outlives a clone.
        options = {"general_log_file": "../general.log", "general_log": "ON"}
        given = Lab.open(base)
        nodes = Lab(lab).up(NODES, options=options, owner=given.owner, installation=given["node1"].installation)
        data.load(nodes["node1"], DATA_MIB)
        nodes[PRECIOUS].sql("CREATE DATABASE precious")
        nodes[PRECIOUS].sql("CREATE TABLE precious.t (id INT PRIMARY KEY)")
        nodes[KILLED].reset(options | SLOW)
        installed.result()
    job = Job(lab, home)
    job.inventory()
    assert general_log.written(job.donor), "the general log doesn't show what was written"


def check_mode(job: Job) -> None:
    """--check of every playbook only reads; that of fleet shows the plan."""
    ends = job.ends()
    limits = {"clone": "node2", "diagnose": "node3", "recover": "node4"}
    names = ("fleet", "precheck", "clone", "diagnose", "recover", "monitor")
    with ThreadPoolExecutor(2) as pool:
        runs = {
            name: pool.submit(
                lambda name: job.start(
                    name, "--check", "--diff", *(("--limit", limits[name]) if name in limits else ())
                ).wait(),
                name,
            )
            for name in names
        }
        done = {name: run.result() for name, run in runs.items()}
    for name, run in done.items():
        # Whoever holds data that isn't given up can't be cloned to.
        run.expect(2 if name in ("fleet", "precheck") else 0)
    job.check_nothing_written(ends, "--check")
    assert not (job.home / "reports").exists(), "--check wrote a report"
    said = done["fleet"].output
    assert "5 clone(s) in 3 round(s) from 1 donor(s)" in said, said
    assert len(re.findall(r"round \d  node[2-6] <- node[1-6]  ", said)) == 5, said
    assert f"NO-GO {PRECIOUS}" in said, said
    assert not edges(done["fleet"]), "--check cloned"
    assert "precious" in done["precheck"].failures(PRECIOUS), done["precheck"].tail()


def unreachable(job: Job) -> None:
    """Beside a recipient that can't be reached the others are planned, unless no failure is borne; without its donor the run fails."""
    options = ("--check", "--limit", "node2,node3")
    with ThreadPoolExecutor(2) as pool:
        recipient = pool.submit(job.elsewhere("no_recipient", node2=AWAY).run, "fleet", 2, *options)
        donor = pool.submit(job.elsewhere("no_donor", node1=AWAY).run, "fleet", 2, *options)
        strict = (*options, "-e", "mysql_clone_max_fail_percentage=0")
        no_failure = pool.submit(job.elsewhere("no_failure", node2=AWAY).run, "fleet", 2, *strict)
    assert "NO-GO node3: not begun: 1 of 2 recipients failed" in no_failure.result().output, no_failure.result().output
    said = recipient.result().output
    assert "1 clone(s) in 1 round(s) from 1 donor(s)" in said, said
    assert "NO-GO node2: " in said, said
    assert [donor.result().recap[name]["failed"] for name in ("node2", "node3")] == [1, 1], donor.result().recap
    assert "node1 serves as no donor: " in donor.result().output, donor.result().output


def tags(job: Job) -> None:
    """A part alone: the check and the plan change nothing, and leave those that wait as no failures."""
    ends = job.ends()
    run = job.run("fleet", 2, "--tags", "precheck")
    job.check_nothing_written(ends, "--tags precheck")
    assert "5 clone(s) in 3 round(s) from 1 donor(s)" in run.output, run.output
    assert not edges(run), "--tags precheck cloned"
    assert [name for name in RECIPIENTS if run.recap[name]["failed"]] == [PRECIOUS], run.recap


def first_run(job: Job) -> None:
    """Neither a recipient that is refused nor one that dies keeps the others from being cloned, also from each other."""
    job.inventory(**{KILLED: {"mysql_clone_restart_timeout": 5}})
    run = job.start("fleet")
    victim = job.lab[KILLED]
    deadline = time.monotonic() + 120
    while not _copying(job, victim):
        assert not run.ended(), f"{KILLED} was never cloned\n{run.tail()}"
        assert time.monotonic() < deadline, f"waited in vain for a clone of {KILLED}\n{run.tail()}"
        time.sleep(0.05)
    victim.kill9()
    run.wait()
    run.expect(2)
    done = [name for name in RECIPIENTS if name not in (KILLED, PRECIOUS)]
    assert "5 clone(s) in 3 round(s) from 1 donor(s)" in run.output, run.output
    for name in done:
        job.check_cloned(name)
        assert run.recap[name]["failed"] == 0, run.recap
    assert job.ask(job.lab[PRECIOUS], "SHOW DATABASES LIKE 'precious'"), f"{PRECIOUS} lost what it holds"
    pairs = edges(run)
    assert sorted({*pairs}) == sorted([*done, KILLED]), pairs
    # Whether one is needed in the end depends on how fast the machine is: the first donor is free again as soon as it has sent all.
    planned = {found[2] for found in re.finditer(r"(node\d) <- (node\d) .* from \d+:\d+ to", run.output)}
    assert planned > {"node1"}, f"no recipient was to become a donor: {planned}"
    assert run.recap[KILLED]["failed"], run.recap
    assert run.recap[PRECIOUS]["failed"], run.recap
    records = job.report("fleet")
    assert {name for name, record in records.items() if record["verified"]} == set(done), records
    assert "precious" in records[PRECIOUS]["message"], records[PRECIOUS]["message"]
    assert records[KILLED]["failed"], records[KILLED]
    assert "the server has not come back after 5 seconds" in records[KILLED]["message"], records[KILLED]
    assert "the server has not come back after 5 seconds" in run.output, run.tail()
    job.check_sound("fleet", *done)
    causes = {name: [cause["id"] for cause in records[name]["causes"]] for name in (KILLED, PRECIOUS)}
    # The playbook would have installed the plugin; it isn't what either has failed of.
    assert not any("recipient.plugin" in found for found in causes.values()), causes
    mended = {check["id"]: check["status"] for check in records[KILLED]["checks"]}
    assert mended["recipient.plugin"] == "ok", mended
    job.check_nothing_left()


def recovered(job: Job) -> None:
    """Why it has failed, what would be done, and then it is done."""
    start = f"cd '{Path(sys.modules['lab'].__file__).parent.parent}' && '{sys.executable}' -m lab start {KILLED} --name '{job.lab.name}'"
    start += " --option loose_clone_max_data_bandwidth=0"
    job.inventory(**{KILLED: {"mysql_clone_start_command": start}})
    ends = job.ends()
    said = job.run("diagnose", 0, "--limit", KILLED).output
    assert "recipient.crashed" in said, said
    run = job.run("recover", 0, "--check", "--limit", KILLED)
    assert "start [planned]" in run.output, run.output
    assert not job.lab[KILLED].alive(), "a dry run has started the server"
    heard = general_log.written(job.donor, ends["node1"])
    assert not heard, f"looking at {KILLED} wrote to the donor: {heard}"
    run = job.run("recover", 0, "--limit", KILLED)
    assert "start [done]" in run.output, run.output
    job.check_cloned(KILLED)
    record = job.report("recover")[KILLED]
    assert ("clone", "done") in [(step["action"], step["status"]) for step in record["steps"]], record["steps"]
    # However many runs have met it.
    (incident,) = [row for row in job.incidents() if row["host"] == KILLED]
    assert incident["cause"] == "recipient.crashed", incident
    assert "clone" in incident["solved_by"], incident
    job.check_nothing_left()


def resumed(job: Job) -> None:
    """The one that is left is given up, and cloned; the others are left as they are."""
    job.inventory(**{PRECIOUS: {"mysql_clone_overwrite": True}})
    run = job.run("fleet", 0)
    assert list(edges(run)) == [PRECIOUS], edges(run)
    assert "1 clone(s) in 1 round(s) from 6 donor(s)" in run.output, run.output
    job.check_cloned(PRECIOUS)
    job.check_nothing_left()


def second_run(job: Job) -> None:
    """Nothing is to be done, and nothing is; and who asks beforehand is told so."""
    ends = job.ends()
    # Whoever names them by path gets the same.
    directory = job.home / "collections/ansible_collections/dbops/mysql_clone/playbooks"
    with ThreadPoolExecutor(2) as pool:
        precheck = pool.submit(job.run, f"{directory}/precheck.yml", 0)
        run = job.run(f"{directory}/fleet.yml", 0)
    assert len(run.recap) == NODES, run.recap
    for recap in (run.recap, precheck.result().recap):
        assert not any(counts["changed"] for counts in recap.values()), recap
    ready = re.findall(r'"(node\d) .* yes"', precheck.result().output)
    assert sorted(ready) == sorted(RECIPIENTS), precheck.result().output
    job.check_nothing_written(ends, "the second run")


def monitored(job: Job) -> None:
    """All servers are there and cloned; what another clone would change is told and not done."""
    ends = job.ends()
    with ThreadPoolExecutor(2) as pool:
        monitor = pool.submit(job.run, "monitor", 0)
        forced = {"mysql_clone_force": True, "mysql_clone_overwrite": True}
        again = pool.submit(job.run, "clone", 0, "--check", "--limit", "node2", "-e", json.dumps(forced))
    run = monitor.result()
    assert again.result().changed_tasks("node2"), again.result().output
    job.check_nothing_written(ends, "a dry run")
    assert not any(counts["changed"] for counts in run.recap.values()), run.recap
    values = (job.home / "reports/monitor.prom").read_text(encoding="utf-8").splitlines()
    for node in job.lab:
        side = "donor" if node is job.donor else "recipient"
        assert f'mysql_clone_up{{host="{node.name}",side="{side}"}} 1.0' in values, values


def two_donors(job: Job) -> None:
    """Each recipient gets the data of the donor that it names, from it or from who has it; one server_id too many is told."""
    second, fresh = "node2", ("node3", "node4", "node5")
    options = {"general_log_file": "../general.log", "general_log": "ON"}
    twin = "77"
    with ThreadPoolExecutor() as pool:
        for name in (second, *fresh):
            # Two of the recipients have the same.
            more = {"server_id": twin} if name in fresh[1:] else {}
            pool.submit(job.lab[name].reset, options | more)
    job.lab[second].sql("CREATE DATABASE other")
    job.lab[second].sql("CREATE TABLE other.t (id INT PRIMARY KEY) SELECT 7 AS id")
    wanted = {"node3": "node1", "node4": second, "node5": second, "node6": "node1", "node7": "node1"}
    job.inventory(donors=("node1", second), **{name: {"mysql_clone_donor": donor} for name, donor in wanted.items()})
    run = job.run("fleet", 0)
    assert sorted(edges(run)) == sorted(fresh), edges(run)
    assert edges(run)["node3"] not in (second, "node4", "node5"), edges(run)
    assert {edges(run)[name] for name in fresh[1:]} <= {second, "node4", "node5"}, edges(run)
    job.check_cloned("node3")
    for name in fresh[1:]:
        rows = job.lab[name].sql("SELECT id FROM other.t", password=job.lab[second].root_password)
        assert rows == [{"id": 7}], f"{name} holds {rows}"
    records = job.report("fleet")
    assert all(records[name]["verified"] for name in wanted), records
    job.check_sound("fleet", "node3")
    for name, other in zip(fresh[1:], reversed(fresh[1:])):
        (found,) = [one for one in records[name]["checks"] if one["id"] == "recipient.server_id_unique"]
        assert (found["status"], found["actual"]) == ("warn", [other]), found
    run = job.run("fleet", 0)
    assert not any(counts["changed"] for counts in run.recap.values()), run.recap


def _call(*command: Any) -> None:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"


def _copying(job: Job, node: Node) -> bool:
    """Whether a clone has come so far that the old data is gone."""
    try:
        rows = job.ask(node, "SELECT STAGE FROM performance_schema.clone_progress WHERE STATE = 'In Progress'")
    except pymysql.err.Error:  # no plugin yet
        return False
    return rows == [{"STAGE": "FILE COPY"}]


PARTS: dict[str, Callable[[Job], None]] = {
    part.__name__: part
    for part in (check_mode, unreachable, tags, first_run, recovered, resumed, second_run, monitored, two_donors)
}


def main() -> int:
    part, lab, home, *more = sys.argv[1:]
    if part == prepare.__name__:
        return play(part, lambda: prepare(lab, Path(home), Path(more[0]), more[1]))
    return play(part, lambda: PARTS[part](Job(lab, Path(home))), PARTS[part].__doc__)


if __name__ == "__main__":
    sys.exit(main())
