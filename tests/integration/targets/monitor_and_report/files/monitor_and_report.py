# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the playbooks leave on the controller: ``monitor_and_report.py LAB HOME``.

Real servers, one of them with a schema whose name would break pages and templates; PYTHONPATH must hold the project's root.
"""

from __future__ import annotations

import http.server
import json
import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import yaml

from lab import Lab

HOSTILE = "{{ 7*7 }}<script>alert(1)</script>"
TIMEOUT = 180


class Hook(http.server.BaseHTTPRequestHandler):
    """Keeps what is sent to it."""

    received: list[dict[str, Any]] = []  # noqa: RUF012

    def do_POST(self) -> None:
        assert self.headers["Authorization"] == "Bearer secret-of-the-hook"
        self.received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *_values: Any) -> None:
        """Say nothing."""


class Job:
    def __init__(self, lab: str, home: Path) -> None:
        self.lab = Lab.open(lab)
        self.home = home
        self.reports = home / "reports"
        hosts = {
            name: {
                "mysql_clone_login_user": "root",
                "mysql_clone_login_password": self.lab[name].root_password,
                "mysql_clone_login_unix_socket": str(self.lab[name].socket),
                "mysql_clone_address": "127.0.0.1",
                "mysql_clone_port": self.lab[name].port,
            }
            for name in ("node1", "node2", "node3")
        }
        inventory = {
            "all": {
                "vars": {
                    "ansible_connection": "local",
                    "ansible_python_interpreter": sys.executable,
                    "mysql_clone_checksum": "none",
                    "mysql_clone_progress": False,
                },
                "children": {
                    "clone_donors": {"hosts": {"node1": hosts["node1"]}},
                    "clone_recipients": {"hosts": {name: hosts[name] for name in ("node2", "node3")}},
                },
            }
        }
        (home / "inventory.yml").write_text(yaml.safe_dump(inventory), encoding="utf-8")

    def play(self, name: str, status: int, *options: str, **variables: Any) -> str:
        variables = {"mysql_clone_report_dir": str(self.reports)} | variables
        (self.home / "variables.json").write_text(json.dumps(variables), encoding="utf-8")
        command = [Path(sys.executable).with_name("ansible-playbook"), f"dbops.mysql_clone.{name}"]
        command += ["-i", self.home / "inventory.yml", "-e", f"@{self.home / 'variables.json'}", *options]
        begun = time.monotonic()
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            env=os.environ | {"ANSIBLE_NOCOLOR": "1"},
            check=False,
        )
        print(f"{name} {' '.join(options)}: status {done.returncode} after {time.monotonic() - begun:.1f} s")
        output = done.stdout + done.stderr
        assert done.returncode == status, output[-6000:]
        assert "Traceback" not in output, output[-6000:]
        recap = output.rpartition("PLAY RECAP")[2]
        assert status or name == "clone" or "changed=0" in recap, recap
        return output

    def text(self, name: str) -> str:
        path = self.reports / name
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o644 if name.endswith(".prom") else 0o600), f"{path} has the mode {mode:o}"
        return path.read_text(encoding="utf-8")

    def incidents(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text("incidents.jsonl").splitlines()]


def check_mode_writes_nothing(job: Job) -> None:
    job.play("precheck", 0, "--check", "--limit", "node3", mysql_clone_fail_on="never")
    job.play("monitor", 0, "--check", "--limit", "node1")
    assert not job.reports.exists(), "--check wrote reports"


def failure_is_reported(job: Job) -> None:
    """A recipient that holds data: the name of its schema is shown, and obeyed by nothing."""
    job.lab["node2"].sql(f"CREATE DATABASE `{HOSTILE}`")
    job.lab["node2"].sql(f"CREATE TABLE `{HOSTILE}`.t (id INT PRIMARY KEY)")
    job.play("clone", 2, "--limit", "node2", mysql_clone_report_language="zh")
    (record,) = json.loads(job.text("clone.json"))
    assert record["failed"], record
    assert HOSTILE in record["message"], record["message"]
    page = job.text("clone.html")
    assert '<html lang="zh-CN">' in page
    assert "<script" not in page
    assert "{{ 7*7 }}&lt;script&gt;" in page, "the schema's name isn't shown, or was taken for a template"
    assert "应急响应时间线" in page
    suite = ElementTree.fromstring(job.text("clone.xml").encode())
    assert int(suite.get("failures")) >= 1, ElementTree.tostring(suite)
    assert int(suite.get("tests")) > 20, ElementTree.tostring(suite)
    assert "<script" not in job.text("clone.md")
    (incident,) = job.incidents()
    assert (incident["host"], incident["solved_by"]) == ("node2", None), incident


def success_solves_it(job: Job) -> None:
    job.play("clone", 0, "--limit", "node2", mysql_clone_overwrite=True)
    first, solved = job.incidents()
    assert solved["id"] == first["id"]
    assert solved["solved_by"].startswith("the playbook clone, from "), solved
    page = job.text("clone.html")
    assert 'class="bar"' in page, "no timeline"
    assert 'class="curve"' in page, "no curve of the throughput"


def alerts_are_told_once(job: Job) -> None:
    """Down and resolved again; what was told is not told again."""
    server = http.server.HTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    common = {
        "mysql_clone_webhook_url": f"http://127.0.0.1:{server.server_port}/secret-of-the-hook",
        "mysql_clone_webhook_headers": {"Authorization": "Bearer secret-of-the-hook"},
        "mysql_clone_rules": [
            {"id": "cloned", "expression": "clone.state == 'completed'", "message": "a clone is here"}
        ],
        "mysql_clone_thresholds": {"memory": 100},
    }
    job.lab["node3"].kill9()
    values_of_others = job.home / "textfiles" / "mysql_clone.prom"
    # Nobody listens there: the run says so, without the address, and the next one sends them.
    nobody = common | {"mysql_clone_webhook_url": "http://127.0.0.1:1/secret-of-the-hook"}
    output = job.play("monitor", 2, **nobody, mysql_clone_prometheus_file=str(values_of_others))
    assert "The webhook can not be reached" in output, output[-4000:]
    assert "secret-of-the-hook" not in output
    assert stat.S_IMODE(values_of_others.parent.stat().st_mode) == 0o755
    job.reports.chmod(0o750)
    output = job.play("monitor", 0, **common)
    assert "secret-of-the-hook" not in output
    assert stat.S_IMODE(job.reports.stat().st_mode) == 0o750, "a directory that was there is its owner's affair"
    (sent,) = Hook.received
    told = {(alert["host"], alert["id"]): alert for alert in sent["alerts"]}
    assert told["node3", "recipient.server"]["severity"] == "critical", told
    assert told["node2", "cloned"]["message"] == "a clone is here", told
    assert {alert["state"] for alert in sent["alerts"]} == {"new"}
    values = job.text("monitor.prom").splitlines()
    assert 'mysql_clone_up{host="node3",side="recipient"} 0.0' in values, values
    assert 'mysql_clone_state{host="node2",side="recipient",state="completed"} 1.0' in values, values
    by_host = {record["recipient"]: record for record in json.loads(job.text("monitor.json"))}
    assert 0 < by_host["node1"]["measured"]["disk"]["used_ratio"] < 1
    job.lab["node3"].start()
    Hook.received.clear()
    output = job.play("monitor", 2, **common, mysql_clone_fail_on="warning", mysql_clone_report_language="zh")
    assert "node2: a clone is here" in output, output[-4000:]
    (sent,) = Hook.received
    again = {(alert["host"], alert["id"]): alert["state"] for alert in sent["alerts"]}
    assert again["node3", "recipient.server"] == "resolved", again
    assert ("node2", "cloned") not in again, "an alert was told twice"
    assert "still" in job.text("monitor.json")
    Hook.received.clear()
    job.play("monitor", 0, "--limit", "node2", **common)
    assert not Hook.received
    values = job.text("monitor.prom").splitlines()
    assert 'mysql_clone_up{host="node3",side="recipient"} 1.0' in values, values
    server.shutdown()


def main() -> None:
    job = Job(sys.argv[1], Path(sys.argv[2]))
    for part in (check_mode_writes_nothing, failure_is_reported, success_solves_it, alerts_are_told_once):
        part(job)
        print(f"{part.__name__}: as it should be")


if __name__ == "__main__":
    main()
