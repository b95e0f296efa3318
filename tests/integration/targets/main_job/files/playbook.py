# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``ansible-playbook dbops.mysql_clone.clone``, or another playbook, as a user with a home of his own runs it."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

PLAYBOOK = "dbops.mysql_clone.clone"
TIMEOUT = 300  # seconds
# Shows everything that the roles have registered or set, but for the facts whose very purpose is to hold the account.
WRAPPER = f"""\
- import_playbook: {PLAYBOOK}
- name: Show what is left of the run
  hosts: clone_recipients
  gather_facts: false
  tasks:
    - name: All variables of the roles
      ansible.builtin.debug:
        msg: "{{{{ names | zip(query('ansible.builtin.vars', *names)) }}}}"
      vars:
        own: '^(precheck|privileges|clone|verify|report)_'
        names: "{{{{ query('ansible.builtin.varnames', own) | difference(['privileges_run', 'privileges_chosen', 'privileges_account']) }}}}"
"""


class _Unsafe(str):
    """Text that Ansible must not take for a template."""


class _Dumper(yaml.SafeDumper):
    pass


_Dumper.add_representer(_Unsafe, lambda dumper, value: dumper.represent_scalar("!unsafe", str(value)))


class Run:
    """One process of ansible-playbook and what it has said so far."""

    def __init__(self, name: str, process: subprocess.Popen, output: Path) -> None:
        self.name = name
        self.begun = time.time()
        self._process = process
        self._output = output

    @property
    def output(self) -> str:
        """Standard output and standard error."""
        return self._output.read_text(encoding="utf-8", errors="replace")

    @property
    def status(self) -> int | None:
        return self._process.returncode

    def ended(self) -> bool:
        return self._process.poll() is not None

    def send(self, number: int) -> None:
        """Send a signal to the run and its workers, as a terminal does."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def wait(self) -> Run:
        try:
            self._process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            self.send(signal.SIGKILL)
            self._process.wait()
            raise AssertionError(f"{self.name} didn't end within {TIMEOUT} s\n{self.tail()}") from None
        return self

    def expect(self, status: int) -> None:
        """Raise AssertionError when it ended otherwise, or with a traceback or a warning of the collection's making."""
        assert self.status == status, f"{self.name} ended with status {self.status}\n{self.tail()}"
        assert "Traceback" not in self.output, f"{self.name} shows a traceback\n{self.tail()}"
        assert "[DEPRECATION WARNING]" not in self.output, f"{self.name} uses what will go away\n{self.tail()}"

    def tail(self) -> str:
        """The errors, wherever they stand, and the end."""
        errors = re.findall(r"^(?:\[ERROR\]|fatal: ).*$", self.output, re.MULTILINE)
        return "\n".join([*errors, self.output[-6000:]])

    @property
    def recap(self) -> dict[str, dict[str, int]]:
        """The counts of PLAY RECAP by host."""
        lines = self.output.rpartition("PLAY RECAP")[2].splitlines()
        return {
            line.split()[0]: {name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", line)}
            for line in lines
            if "changed=" in line
        }

    def _results(self, word: str, host: str) -> list[tuple[str, str]]:
        """Task and result of each line that begins with the word and the host."""
        found = []
        for block in re.split(r"^(?:TASK|RUNNING HANDLER) \[", self.output, flags=re.MULTILINE)[1:]:
            task, _bracket, lines = block.partition("]")
            found += [
                (task, match) for match in re.findall(rf"^{word}: \[{host}(?: -> [^\]]+)?\](.*)$", lines, re.MULTILINE)
            ]
        return found

    def changed_tasks(self, host: str) -> list[str]:
        return [task for task, _rest in self._results("changed", host)]

    def failures(self, host: str) -> str:
        """What was said where the host failed."""
        said = [f"{task}: {text}" for task, text in self._results("fatal", host)]
        # ansible-core 2.19 and later put the message above the line of the result.
        return "\n".join(said + re.findall(r"^\[ERROR\].*$", self.output, re.MULTILINE)) if said else ""


class Playbook:
    """The playbook with a user's home, inventory and environment."""

    def __init__(self, home: Path, inventory: Path) -> None:
        self.home = home
        self.inventory = inventory
        self._program = Path(sys.executable).with_name("ansible-playbook")

    def write_inventory(self, hosts: dict[str, dict[str, Any]], donors: list[str], recipients: list[str]) -> None:
        def group(names: list[str]) -> dict[str, Any]:
            return {"hosts": {name: {key: _value(value) for key, value in hosts[name].items()} for name in names}}

        content = {
            "all": {
                "vars": {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"},
                "children": {"clone_donors": group(donors), "clone_recipients": group(recipients)},
            }
        }
        with open(os.open(self.inventory, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            yaml.dump(content, file, _Dumper, allow_unicode=True)

    def start(
        self,
        *options: str,
        playbook: str = PLAYBOOK,
        wrapped: bool = False,
        pipelining: bool = False,
        tracebacks: bool = False,
    ) -> Run:
        """Start it in a process group of its own.

        :param wrapped: show all variables at the end.
        :param tracebacks: show where each error came from.
        """
        name = playbook
        if wrapped:
            wrapper = self.home / "wrapper.yml"
            wrapper.write_text(WRAPPER, encoding="utf-8")
            name = str(wrapper)
        temporary = self.home / "tmp"
        temporary.mkdir(exist_ok=True)
        environment = {
            "ANSIBLE_CACHE_PLUGIN": "jsonfile",
            "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(self.home / "facts"),
            "ANSIBLE_DISPLAY_TRACEBACK": "always" if tracebacks else "never",
            "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"],
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_PIPELINING": str(pipelining),
            "HOME": str(self.home),
            "LC_ALL": "C.UTF-8",
            "PATH": os.pathsep.join([str(self._program.parent), os.defpath]),
            "TMPDIR": str(temporary),
        }
        command = [str(self._program), name, "-i", str(self.inventory), *options]
        command += ["-e", f"mysql_clone_report_dir={self.home / 'reports'}"]
        handle, output = tempfile.mkstemp(dir=self.home, prefix="output-", suffix=".txt")
        with os.fdopen(handle, "wb") as file:
            process = subprocess.Popen(
                command,
                cwd=self.home,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return Run(" ".join(["ansible-playbook", Path(name).name, *options]), process, Path(output))

    def run(self, *options: str, playbook: str = PLAYBOOK, wrapped: bool = False, tracebacks: bool = False) -> Run:
        return self.start(*options, playbook=playbook, wrapped=wrapped, tracebacks=tracebacks).wait()


def _value(value: Any) -> Any:
    return _Unsafe(value) if isinstance(value, str) else value


def play(part: str, work: Callable[[], None], about: str | None = None) -> int:
    """Run a part of a test; the status is 1 and the reason on stderr when something isn't as it must be."""
    begun = time.monotonic()
    try:
        work()
    except AssertionError as error:
        print(f"{part}: {error}", file=sys.stderr)
        return 1
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = f"{time.monotonic() - begun:.1f} s, {used.ru_utime + used.ru_stime:.1f} s of it on a processor"
    print(f"{part}: ok, {spent}. {(about or '').strip()}".rstrip())
    return 0
