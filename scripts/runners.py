# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook clone by whatever runs playbooks besides ansible-playbook: ``python scripts/runners.py [RUNNER...]``.

The collection as ansible-galaxy installs it, a virtual environment of its own with what PyPI has of the runners, and a lab of
real servers. Each runner clones anew, and the report must say that what it cloned is what the donor holds. Neither what it prints at
-vvvv nor what it leaves behind (job events, logs) may hold a password.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import tree
import yaml
from ansible.release import __version__ as ansible_version

TIMEOUT = 300  # seconds
CORE = ".".join(ansible_version.split(".")[:2])
PACKAGES = ("ansible-runner", "ansible-navigator", "mitogen")
PLAYBOOK = "dbops.mysql_clone.clone"
RECIPIENTS = ("node2", "node3")
INVENTORIES = ("hosts.yml", "inventory.yml")


@dataclasses.dataclass
class Place:
    """Where a runner works: an empty directory, an inventory, and the virtual environment's site-packages."""

    directory: Path
    inventory: Path
    packages: Path


Call = tuple[list[str], dict[str, str], int]


def ansible_runner(place: Place) -> Call:
    """The inventory lies where ansible-runner looks for it."""
    (place.directory / "inventory").mkdir()
    (place.directory / "inventory/hosts.yml").write_bytes(place.inventory.read_bytes())
    return ["ansible-runner", "run", str(place.directory), "-p", PLAYBOOK, "--cmdline="], {}, len(RECIPIENTS)


def ansible_navigator(place: Place) -> Call:
    """In stdout mode, with the controller's own Ansible."""
    command = ["ansible-navigator", "run", PLAYBOOK, "-m", "stdout", "--execution-environment", "false"]
    return [*command, "--playbook-artifact-enable", "false", "-i", str(place.inventory)], {}, len(RECIPIENTS)


def ansible_pull(place: Place) -> Call:
    """On a recipient: the one of the inventory that is called as this machine is. The repository has a playbook that imports ours."""
    repository = place.directory / "repository"
    repository.mkdir()
    (repository / "site.yml").write_text(f"- import_playbook: {PLAYBOOK}\n", encoding="utf-8")
    for arguments in (["init", "-qb", "main"], ["add", "."], ["commit", "-qm", "A playbook"]):
        who = ["-c", "user.name=lab", "-c", "user.email=lab@localhost"]
        subprocess.run(["git", "-C", str(repository), *who, *arguments], check=True)
    inventory = yaml.safe_load(place.inventory.read_text(encoding="utf-8"))
    recipients = inventory["all"]["children"]["clone_recipients"]["hosts"]
    recipients[socket.gethostname()] = recipients.pop(RECIPIENTS[0])
    mine = place.directory / "inventory.yml"
    mine.touch(mode=0o600)
    mine.write_text(yaml.safe_dump(inventory), encoding="utf-8")
    command = ["ansible-pull", "-U", f"file://{repository}", "-C", "main", "-d", str(place.directory / "checkout")]
    return [*command, "-i", str(mine), "site.yml"], {}, 1


def mitogen(place: Place) -> Call:
    """As modules: by another name of the interpreter, so that nothing is done in Ansible's own process."""
    interpreter = place.packages.parents[2] / "bin/python-of-modules"
    interpreter.symlink_to("python")
    environment = {
        "ANSIBLE_STRATEGY": "mitogen_linear",
        "ANSIBLE_STRATEGY_PLUGINS": str(place.packages / "ansible_mitogen/plugins/strategy"),
    }
    command = ["ansible-playbook", PLAYBOOK, "-i", str(place.inventory)]
    return [*command, "-e", f"ansible_python_interpreter={interpreter}"], environment, len(RECIPIENTS)


RUNNERS: dict[str, Callable[[Place], Call]] = {
    "ansible-runner": ansible_runner,
    "ansible-navigator": ansible_navigator,
    "ansible-pull": ansible_pull,
    "mitogen": mitogen,
}


def environment_with(directory: Path) -> dict[str, str]:
    """The environment of a user who has the runners and the collection, which are installed below the directory."""
    venv = directory / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(venv)], check=True)
    wanted = [f"ansible-core~={CORE}.0", *PACKAGES, "-r", str(tree.ROOT / "requirements.txt")]
    pip = [str(venv / "bin/python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    subprocess.run([*pip, *wanted], check=True)
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(directory / "collections"),
        "ANSIBLE_HOME": str(directory / "home"),
        "ANSIBLE_NOCOLOR": "1",
        "HOME": str(directory / "home"),
        "NO_COLOR": "1",
        "PATH": os.pathsep.join([str(venv / "bin"), os.environ.get("PATH", os.defpath)]),
    }
    galaxy = [str(venv / "bin/ansible-galaxy"), "collection"]
    for arguments in (
        ["build", "--output-path", str(directory), str(tree.ROOT)],
        ["install", "--collections-path", str(directory / "collections")],
    ):
        built = [str(path) for path in directory.glob("*.tar.gz")]
        command = [*galaxy, *arguments, *(built if arguments[0] == "install" else [])]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    return environment


def told(place: Place, output: str) -> list[str]:
    """Where a password of the inventory stands, besides the inventory."""
    children = yaml.safe_load(place.inventory.read_text(encoding="utf-8"))["all"]["children"].values()
    passwords = [
        str(value).encode()
        for group in children
        for host in group["hosts"].values()
        for name, value in host.items()
        if name.endswith("_password")
    ]
    assert len(passwords) == len(RECIPIENTS) + 1
    files = [path for path in place.directory.rglob("*") if path.is_file() and path.name not in INVENTORIES]
    texts = {"its output": output.encode(), **{str(path): path.read_bytes() for path in files}}
    return [where for where, text in texts.items() if any(password in text for password in passwords)]


def played(name: str, place: Place, environment: dict[str, str]) -> str:
    """Have the runner clone; what is wrong, or nothing."""
    command, more, hosts = RUNNERS[name](place)
    reports = place.directory / "reports"
    wanted = f"-vvvv -e mysql_clone_report_dir={reports}"
    if command[-1].endswith("="):
        command[-1] += wanted
    else:
        command += wanted.split()
    done = subprocess.run(
        command,
        cwd=place.directory,
        env=environment | more,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    output = done.stdout + done.stderr
    if done.returncode:
        return f"ended with status {done.returncode}\n{output[-4000:]}"
    records = json.loads((reports / "clone.json").read_text(encoding="utf-8"))
    if len(records) != hosts or not all(record["verified"] and record["changed"] for record in records):
        return f"did not clone and verify {hosts} recipients\n{output[-4000:]}"
    if found := told(place, output):
        return f"told a password in {', '.join(found)}"
    return ""


def version(package: str, environment: dict[str, str]) -> str:
    """Of what was installed for a runner; ansible-pull is part of ansible-core."""
    package = "ansible-core" if package == "ansible-pull" else package
    code = f"from importlib.metadata import version; print(version({package!r}))"
    python = environment["PATH"].split(os.pathsep)[0] + "/python"
    return subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def main() -> int:
    """Have each runner clone; 1 when one of them didn't."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runners", nargs="*", metavar="RUNNER", help=f"of {', '.join(RUNNERS)}; by default all")
    wanted = parser.parse_args().runners or list(RUNNERS)
    if unknown := sorted(set(wanted) - set(RUNNERS)):
        parser.error(f"no runner {', '.join(unknown)}: there are {', '.join(RUNNERS)}")
    name = f"runners-{os.getpid()}"
    lab = [sys.executable, "-m", "lab"]
    failed = 0
    with tempfile.TemporaryDirectory() as top:
        environment = environment_with(Path(top))
        (packages,) = Path(top, "venv/lib").glob("python3*/site-packages")
        inventory = Path(top, "inventory.yml")
        up = [*lab, "up", "--name", name, "--nodes", "3", "--data", "20", "--owner", str(os.getpid())]
        try:
            quiet = {"cwd": tree.ROOT, "stdout": subprocess.DEVNULL}
            subprocess.run([*up, "--inventory", str(inventory)], check=True, **quiet)
            for runner in wanted:
                subprocess.run([*lab, "reset", "--name", name, *RECIPIENTS], check=True, **quiet)
                directory = Path(top, runner)
                directory.mkdir()
                begin = time.monotonic()
                wrong = played(runner, Place(directory, inventory, packages), environment)
                outcome = wrong or f"cloned and verified in {time.monotonic() - begin:.0f} s"
                print(f"{runner} {version(runner, environment)}, ansible-core {ansible_version}: {outcome}", flush=True)
                failed += bool(wrong)
        finally:
            subprocess.run([*lab, "down", "--name", name], cwd=tree.ROOT, check=False, stdout=subprocess.DEVNULL)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
