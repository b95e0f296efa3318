# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the benchmarks share: measuring a command, rounds, ratios, tables, and the virtual environment of the peer.

Machines are noisy and shared, so candidates take turns (A B C, A B C, ...) and are compared within a round: the ratio is the
median of the rounds' ratios. CPU is user + system time of the command and all its descendants, those that outlive it included.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [path for path in (str(ROOT), str(ROOT / "scripts")) if path not in sys.path]

import tree  # noqa: E402 (needs the path above)

from lab.fleet import Lab  # noqa: E402
from lab.node import Node  # noqa: E402

HERE = ROOT / "benchmarks"
RESULTS = HERE / "results"
REQUIREMENTS = HERE / "requirements.txt"
# What the requirements run on, best first.
PYTHONS = ("3.13", "3.12", "3.14")
MIB = 1 << 20

# Figures of one candidate in one round, by name: "wall" and "cpu" in seconds, "rss" in bytes, and others of a bench's own.
Figures = dict[str, float]
Round = dict[str, Figures]
UNITS = {"rss": ("MiB", MIB), "MB/s": ("", 1)}
# Figures that candidates are compared by.
COMPARED = ("wall", "cpu", "task", "clones")


class Failed(Exception):
    """A measured command failed; the text is its output."""


# -- measuring ---------------------------------------------------------------------------------------------------------


def measure(
    command: Sequence[str | Path],
    environment: Mapping[str, str] | None = None,
    directory: Path = ROOT,
    accepted: Iterable[int] = (0,),
) -> tuple[Figures, str]:
    """Run a command; its figures ``wall``, ``cpu``, ``rss`` (of its largest process), and its output.

    Raises Failed when it doesn't end with status 0.
    """
    with tempfile.TemporaryDirectory() as temporary, open(Path(temporary, "output"), "w+b") as output:
        report = Path(temporary, "report")
        # -I -S: the meter has to be small.
        done = subprocess.run(
            [sys.executable, "-I", "-S", HERE / "meter.py", report, *map(str, command)],
            env=dict(environment or os.environ),
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
        output.seek(0)
        text = output.read().decode(errors="replace")
        if done.returncode not in accepted:
            raise Failed(f"{' '.join(map(str, command))}\n{text[-8000:]}")
        used = json.loads(report.read_text(encoding="utf-8"))
    return {"wall": used["wall"], "cpu": used["user"] + used["system"], "rss": used["rss"]}, text


def server_cpu(node: Node) -> float:
    """User and system time of a lab's server in seconds, also of those processes that its restarts have ended."""

    def fields(pid: int | None) -> list[int]:
        try:
            text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
        except OSError:
            return [0, 0, 0, 0]
        return [int(field) for field in text.rpartition(")")[2].split()[11:15]]

    ticks = sum(fields(node.supervisor_pid)[2:]) + sum(fields(node.pid)[:2])
    return ticks / os.sysconf("SC_CLK_TCK")


# -- rounds ------------------------------------------------------------------------------------------------------------


def take_turns(candidates: Mapping[str, Callable[[], Figures]], rounds: int) -> list[Round]:
    """Run all candidates once in each round, in order. Prints each figure as it comes; SystemExit when one fails."""
    results = []
    for number in range(rounds):
        results.append({})
        for name, run in candidates.items():
            begun = time.monotonic()
            try:
                figures = run()
            except Failed as error:
                raise SystemExit(f"{name} failed: {error}") from None
            results[-1][name] = figures
            shown = ", ".join(f"{key} {_shown(key, value)}" for key, value in figures.items())
            print(f"  round {number + 1} {name}: {shown}  [{time.monotonic() - begun:.0f} s]", flush=True)
    return results


def further(few: Sequence[Round], many: Sequence[Round], count: int) -> list[Round]:
    """Rounds of what each of ``count`` further things has cost: ``wall`` and ``cpu`` by the differences within each round."""
    return [
        {
            name: {key: (figures[key] - less[name][key]) / count for key in ("wall", "cpu")}
            for name, figures in more.items()
            if name in less
        }
        for less, more in zip(few, many)
    ]


def summary(rounds: Sequence[Round], base: str) -> dict[str, dict[str, dict[str, float]]]:
    """For each candidate and figure: median, min, max, and ``ratio``, the median of the rounds' ratios to ``base``.

    Only what is in COMPARED has a ratio, and not where the base lacks it or has 0. Rounds without the candidate don't count.
    """
    names = list(dict.fromkeys(name for one in rounds for name in one))
    return {name: {key: _figure(rounds, name, key, base) for key in _keys(rounds, name)} for name in names}


def _keys(rounds: Sequence[Round], name: str) -> list[str]:
    return list(dict.fromkeys(key for one in rounds for key in one.get(name, ())))


def _figure(rounds: Sequence[Round], name: str, key: str, base: str) -> dict[str, float]:
    having = [one for one in rounds if key in one.get(name, ())]
    values = [one[name][key] for one in having]
    result = {"median": statistics.median(values), "min": min(values), "max": max(values), "rounds": len(values)}
    ratios = [one[name][key] / one[base][key] for one in having if one.get(base, {}).get(key)]
    return result | ({"ratio": statistics.median(ratios)} if ratios and key in COMPARED else {})


def table(title: str, found: Mapping[str, Mapping[str, Mapping[str, float]]], base: str) -> str:
    """The summary as text: for each figure median [min-max] and the ratio to the base."""
    keys = list(dict.fromkeys(key for figures in found.values() for key in figures))
    head = [title]
    for key in keys:
        head += [f"{key} {UNITS.get(key, ('s', 1))[0]}".strip(), *(["x"] if key in COMPARED else [])]
    lines = [head]
    for name, figures in found.items():
        line = [name]
        for key in keys:
            figure = figures.get(key)
            line.append("" if figure is None else _spread(key, figure))
            if key in COMPARED:
                line.append(f"{figure['ratio']:.2f}" if figure and "ratio" in figure else "")
        lines.append(line)
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    rows = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines]
    return "\n".join([*rows, f"median [min-max] of {_count(found)}; x: median of the rounds' ratios to {base}"])


def _spread(key: str, figure: Mapping[str, float]) -> str:
    low, high = _shown(key, figure["min"]), _shown(key, figure["max"])
    return f"{_shown(key, figure['median'])} [{low}-{high}]"


def _count(found: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    counts = sorted({int(figure["rounds"]) for figures in found.values() for figure in figures.values()})
    return f"{' or '.join(map(str, counts))} round{'s' if counts[-1:] != [1] else ''}"


def _shown(key: str, value: float) -> str:
    value /= UNITS.get(key, ("s", 1))[1]
    return f"{value:.0f}" if value >= 100 else f"{value:.3f}" if abs(value) < 0.1 else f"{value:.2f}"


# -- the report --------------------------------------------------------------------------------------------------------


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    model = memory = ""
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
        memory = Path("/proc/meminfo").read_text(encoding="utf-8").split()[1]
    return {
        "processors": os.cpu_count(),
        "model": model,
        "memory_mib": int(memory or 0) // 1024,
        "system": platform.platform(),
        "load": [round(value, 1) for value in os.getloadavg()],
    }


class Report:
    """Tables on the terminal, and all rounds as JSON in benchmarks/results/NAME.json."""

    def __init__(self, name: str, settings: Mapping[str, Any], versions: Mapping[str, str]) -> None:
        self._path = RESULTS / f"{name}.json"
        self._document: dict[str, Any] = {
            "bench": name,
            "when": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "machine": machine(),
            "versions": dict(versions, collection=_revision()),
            "settings": {key: str(value) if isinstance(value, Path) else value for key, value in settings.items()},
            "parts": [],
        }

    def part(self, title: str, rounds: Sequence[Round], base: str, **more: Any) -> None:
        """Print a part's table, and write what there is by now."""
        found = summary(rounds, base)
        print("\n" + table(title, found, base) + "\n", flush=True)
        part = {"title": title, "base": base, "load": os.getloadavg()[0], "rounds": rounds, "summary": found}
        self._document["parts"].append(part | more)
        RESULTS.mkdir(exist_ok=True)
        self._path.write_text(json.dumps(self._document, indent=2) + "\n", encoding="utf-8")


def _revision() -> str:
    done = subprocess.run(
        ["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


# -- Ansible and the peer ----------------------------------------------------------------------------------------------


class Peer:
    """The virtual environment with the Ansible package that holds the peer collection. All candidates run in it."""

    def __init__(self) -> None:
        wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
        self.directory = tree.CACHE / "venv-benchmarks"
        stamp = self.directory / ".stamp"
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
            self._make()
            stamp.write_text(wanted, encoding="utf-8")
        self.python = self.directory / "bin/python"
        self.environment = dict(
            # Whoever runs playbooks has Python keep what it compiles.
            {
                name: value
                for name, value in os.environ.items()
                if not name.startswith("ANSIBLE_") and name != "PYTHONDONTWRITEBYTECODE"
            },
            ANSIBLE_COLLECTIONS_PATH=str(tree.link()),
            ANSIBLE_NOCOWS="1",
            ANSIBLE_LOCALHOST_WARNING="0",
            PYTHONPATH=str(tree.link()),
        )

    def _make(self) -> None:
        done = subprocess.run([ROOT / "scripts/find_python.sh", *PYTHONS], capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{REQUIREMENTS} needs Python {' or '.join(PYTHONS)} with venv; there is none here")
        print(f"making {self.directory} from {REQUIREMENTS} ...", flush=True)
        subprocess.run([done.stdout.strip(), "-m", "venv", "--clear", self.directory], check=True)
        pip = [self.directory / "bin/python", "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", REQUIREMENTS], check=True)

    def versions(self) -> dict[str, str]:
        """Of what runs here."""
        code = (
            "import json, importlib.metadata as m, pathlib, platform, ansible_collections.ansible.mysql as c\n"
            "manifest = json.loads(pathlib.Path(c.__path__[0], 'MANIFEST.json').read_text())\n"
            "print(json.dumps({'python': platform.python_version(), 'ansible-core': m.version('ansible-core'),"
            " 'PyMySQL': m.version('PyMySQL'), 'ansible.mysql': manifest['collection_info']['version']}))"
        )
        clean = {name: value for name, value in self.environment.items() if name != "PYTHONPATH"}
        done = subprocess.run([self.python, "-c", code], env=clean, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    def playbook(self, *arguments: str | Path) -> tuple[Figures, str]:
        """Measure a run of ansible-playbook. Raises Failed."""
        return measure([self.directory / "bin/ansible-playbook", *arguments], self.environment)

    def module(self, name: str, arguments: Mapping[str, Any]) -> tuple[Figures, dict[str, Any]]:
        """Measure one of this collection's modules as a process by itself, without ansible-playbook. Raises Failed."""
        with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
            json.dump({"ANSIBLE_MODULE_ARGS": dict(arguments)}, file)
            file.flush()
            dotted = f"ansible_collections.dbops.mysql_clone.plugins.modules.{name}"
            figures, text = measure([self.python, "-m", dotted, file.name], self.environment)
        return figures, json.loads(text.strip().splitlines()[-1])


def scratch() -> Path:
    """A directory on a disk, for files that are too large for a /tmp in memory."""
    tree.CACHE.mkdir(exist_ok=True)
    return tree.CACHE


@contextlib.contextmanager
def lab(purpose: str, **settings: Any) -> Iterator[Lab]:
    """A lab of this run's own; keywords as for Lab.up."""
    one = Lab(f"bench-{purpose}-{os.getpid()}")
    try:
        yield one.up(owner=os.getpid(), **settings)
    finally:
        one.down()
