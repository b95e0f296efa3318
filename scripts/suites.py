# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The test suites: ``python scripts/suites.py lint|unit|coverage|sanity|integration|test [TARGET...]``.

Runs in the virtual environment that the Makefile makes. Ends with the counts of what ran, taken from the tools' own
JUnit reports, and with a non-zero status when anything failed, didn't run or skipped itself.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree

import ansible_test
import tree
from ansible.release import __version__ as ansible_version

ROOT, CACHE = tree.ROOT, tree.CACHE
BIN = Path(sys.prefix) / "bin"
CORE = ".".join(ansible_version.split(".")[:2])
CONTROLLER_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
# Modules must work on managed hosts with this Python. ansible-core 2.19 to 2.22 all support it there.
OLDEST_TARGET_PYTHON = "3.9"
TARGET = "target "
# Characters of a failure's own words that the summary repeats.
SAID = 300
LAB = [sys.executable, "-m", "lab"]
LAB_NODES = ["node1", "node2", "node3"]
# Suites and integration targets that run side by side on two processors: they wait for servers for about half of their time.
STREAMS = 3


@dataclasses.dataclass
class Result:
    """Counts of one suite. ``repeat`` marks tests that ran before under another Python: they count once in the sum."""

    suite: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    is_test: bool = True
    repeat: bool = False
    notes: list[str] = dataclasses.field(default_factory=list)

    def fail(self, note: str) -> None:
        """Count a failure that no report knows of."""
        self.failed += 1
        self.notes.append(note)


# -- processes ---------------------------------------------------------------------------------------------------------

_stream = threading.local()
_running: set[subprocess.Popen] = set()
_stopped = threading.Event()
_making_key = threading.Lock()


class Stopped(Exception):
    """Somebody wants this run to end."""


def emit(text: str) -> None:
    """Print in order with the output of the commands: of a stream all at once when its job is done."""
    print(text, flush=True, file=getattr(_stream, "output", sys.stdout))


def say(text: str) -> None:
    """Print a headline."""
    emit(f"\n=== {text}")


def run(command: list[str | Path], always: bool = False, **options) -> int:
    """Run a command in a process group of its own and return its status. Nothing of it outlives this call.

    :param always: also after somebody has stopped the run, to tidy up.
    """
    if _stopped.is_set() and not always:
        raise Stopped
    if hasattr(_stream, "output"):
        options = {"stdin": subprocess.DEVNULL, "stdout": _stream.output, "stderr": subprocess.STDOUT} | options
    process = subprocess.Popen([str(word) for word in command], start_new_session=True, **options)
    _running.add(process)
    try:
        status = process.wait()
    finally:
        _end_group(process)
        _running.discard(process)
    if _stopped.is_set() and not always:
        raise Stopped
    return status


def _end_group(process: subprocess.Popen) -> None:
    """End what is left of a process group: ask first, then insist."""
    for number, patience in ((signal.SIGINT, 20), (signal.SIGTERM, 5), (signal.SIGKILL, 5)):
        deadline = time.monotonic() + patience
        try:
            if process.poll() is not None:
                os.killpg(process.pid, signal.SIGKILL)  # the leader is gone: orphans have nobody to tidy up for
                return
            os.killpg(process.pid, number)
        except (ProcessLookupError, PermissionError):
            return
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)


@dataclasses.dataclass
class Stream:
    """What one of the streams that run side by side has for itself, made when a job first asks for it."""

    number: int
    resources: contextlib.ExitStack
    _bench: tuple[Path, str] | None = None

    def bench(self) -> tuple[Path, str]:
        """A copy of the collection, and the name of a lab whose servers its integration targets are told of."""
        if self._bench is None:
            copy = self.resources.enter_context(collection_copy("integration"))
            self._bench = copy, self.resources.enter_context(_lab(copy, self.number))
        return self._bench


Job = Callable[[Stream], list[Result]]


def side_by_side(jobs: Iterable[tuple[str, Job]]) -> list[Result]:
    """Run the jobs, in order, as the streams become free; their results in order."""
    waiting = deque(enumerate(jobs))
    results: dict[int, list[Result]] = {}
    printing = threading.Lock()

    def work(number: int) -> None:
        with contextlib.ExitStack() as resources:
            stream = Stream(number, resources)
            while waiting and not _stopped.is_set():
                index, (name, job) = waiting.popleft()
                with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
                    _stream.output = output
                    begin = time.monotonic()
                    try:
                        results[index] = job(stream)
                    finally:
                        del _stream.output
                        output.seek(0)
                        with printing:
                            shutil.copyfileobj(output, sys.stdout)
                            print(f"--- {name}: {time.monotonic() - begin:.0f} s", flush=True)

    with ThreadPoolExecutor(max_workers=STREAMS) as pool:
        streams = [pool.submit(work, number) for number in range(STREAMS)]
        try:
            for stream in streams:
                stream.result()
        except BaseException:
            # Somebody who presses Ctrl-C twice wants to be gone, but not to leave servers behind.
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            _stopped.set()
            for process in list(_running):
                _end_group(process)
            raise
    return [result for index in sorted(results) for result in results[index]]


# -- ansible-test without containers -----------------------------------------------------------------------------------


def find_python(version: str) -> Path | None:
    """Return the real interpreter of that version, or None."""
    done = subprocess.run([ROOT / "scripts/find_python.sh", version], capture_output=True, text=True, check=False)
    return Path(done.stdout.strip()) if done.returncode == 0 else None


def ansible_test_environment() -> dict[str, str]:
    """Environment for ansible-test: real interpreters on PATH, and a home of its own for what it caches.

    ansible-test takes any python3.x on PATH, also a version manager's shim that can't run.
    """
    home = CACHE / f"home-{CORE}"
    _write_pip_bootstrap(home / ".ansible/test/cache")
    _write_pip_config(home)
    _write_key(home / ".ansible/test/id_rsa")
    pythons = [find_python(version) for version in (CONTROLLER_PYTHON, OLDEST_TARGET_PYTHON)]
    directories = [BIN, *(python.parent for python in pythons if python)]
    directories += ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
    keep = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "PYTEST_"))}
    # ansible-test insists on a UTF-8 locale; this one is always there.
    return keep | {"HOME": str(home), "PATH": os.pathsep.join(map(str, directories)), "LC_ALL": "C.UTF-8"}


def _write_key(path: Path) -> None:
    """Make the key pair that ansible-test wants before two of its runs make it at a time."""
    with _making_key:
        if shutil.which("ssh-keygen") and not path.with_suffix(".pub").exists():
            path.unlink(missing_ok=True)
            subprocess.run(["ssh-keygen", "-q", "-m", "PEM", "-t", "rsa", "-N", "", "-f", path], check=True)


PIP_BOOTSTRAP = """\
import subprocess, sys
if __name__ == "__main__":
    wanted = [word for word in sys.argv[1:] if not word.startswith("-")]
    subprocess.check_call([sys.executable, "-m", "ensurepip", "--default-pip"], stdout=subprocess.DEVNULL)
    subprocess.check_call([sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--quiet"] + wanted)
"""


def _write_pip_bootstrap(directory: Path) -> None:
    """Put a get-pip script where ansible-test would cache the one it downloads, so that it needs no other host.

    It looks for the name with the pip version that it wants, which only its source tells.
    """
    source = Path(ansible_test.__path__[0], "_internal/python_requirements.py").read_text(encoding="utf-8")
    versions = set(re.findall(r"\bpip='([0-9.]+)'", source))
    if not versions:
        raise SystemExit(f"ansible-test of ansible-core {ansible_version}: can't tell which pip it wants")
    directory.mkdir(parents=True, exist_ok=True)
    for version in versions:
        script = directory / f"get_pip_{version.replace('.', '_')}.py"
        if not script.exists():
            script.write_text(PIP_BOOTSTRAP, encoding="utf-8")


def _write_pip_config(home: Path) -> None:
    """Hand the user's pip settings on: ansible-test drops PIP_* variables, and the new home hides his files."""
    settings = {name[4:].lower(): value for name, value in os.environ.items() if name.startswith("PIP_")}
    user_files = [Path.home() / ".config/pip/pip.conf", Path.home() / ".pip/pip.conf"]
    if "config_file" in settings:
        user_files.insert(0, Path(settings.pop("config_file")))
    # pip reads ~/.pip/pip.conf first, and what ~/.config/pip/pip.conf says then wins.
    legacy, current = home / ".pip/pip.conf", home / ".config/pip/pip.conf"
    for path in (legacy, current):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
    existing = next((path for path in user_files if path.is_file()), None)
    if existing:
        legacy.symlink_to(existing)
    with open(os.open(current, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as config:
        config.write("[global]\n")
        config.writelines(f"{name.replace('_', '-')} = {value}\n" for name, value in settings.items())


def count_junit(result: Result, files: Iterable[Path]) -> None:
    """Add the counts of JUnit reports to the result. A skipped test isn't a passed one."""
    for file in files:
        for case in ElementTree.parse(file).iter("testcase"):
            kinds = {child.tag for child in case}
            name = f"{case.get('classname')}: {case.get('name')}"
            if kinds & {"failure", "error"}:
                said = [child.get("message") or "" for child in case if child.tag in ("failure", "error")]
                result.failed += 1
                result.notes.append(f"failed: {name}: {' '.join(said[0].split())[:SAID]}")
            elif "skipped" in kinds:
                result.skipped += 1
                if result.is_test:  # a sanity test skips itself where it has no files to look at
                    result.notes.append(f"skipped: {name}")
            else:
                result.passed += 1


@contextlib.contextmanager
def timed(result: Result) -> Iterator[Result]:
    """Measure how long a suite takes."""
    begin = time.monotonic()
    try:
        yield result
    finally:
        result.seconds += time.monotonic() - begin


@contextlib.contextmanager
def collection_copy(purpose: str) -> Iterator[Path]:
    """Yield a copy of the working tree that belongs to this run alone, so that several runs don't meet."""
    CACHE.mkdir(exist_ok=True)
    directory = Path(tempfile.mkdtemp(prefix=f"{purpose}-", dir=CACHE))
    try:
        yield tree.copy(directory)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


# -- suites ------------------------------------------------------------------------------------------------------------


def lint() -> list[Result]:
    """Style, documentation, licences, changelog, and what the build holds."""
    say("lint")
    result = Result("lint", is_test=False)
    collections = tree.link()
    environment = os.environ | {
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        "ANSIBLE_HOME": str(CACHE / "ansible"),
        "NO_COLOR": "1",
        "PATH": os.pathsep.join([str(BIN), os.environ.get("PATH", os.defpath)]),
    }
    docs = "lint-collection-docs --plugin-docs --skip-rstcheck --validate-collection-refs self --check-extra-docs-refs"
    with timed(result), collection_copy("lint") as copy:
        top = copy.parents[2]
        core = copy.relative_to(top) / "plugins/module_utils"
        checks = {
            # The slowest one first.
            "ansible-lint": (["ansible-lint", "--profile", "production", "--offline", "--strict"], ROOT),
            "antsibull-docs": (["antsibull-docs", *docs.split(), "."], copy),
            "docsite": (["python", ROOT / "scripts/docsite.py", top / "docsite"], ROOT),
            "mypy": (["mypy", "--config-file", ROOT / "pyproject.toml", "--cache-dir", os.devnull, core], top),
            "ruff check": (["ruff", "check", "--no-cache", "--output-format", "concise"], ROOT),
            "ruff format": (["ruff", "format", "--check", "--no-cache"], ROOT),
            "vulture": (["vulture"], ROOT),
            "yamllint": (["yamllint", "--strict", "."], copy),
            "antsibull-changelog": (["antsibull-changelog", "lint"], copy),
            "reuse": (["reuse", "lint", "--lines"], ROOT),
            "action group": (["python", ROOT / "scripts/checks.py", "action-group"], ROOT),
            "build": (["python", ROOT / "scripts/checks.py", "build"], ROOT),
        }

        def check(name: str) -> tuple[str, int, str]:
            (program, *arguments), directory = checks[name]
            with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
                streams = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": subprocess.STDOUT}
                status = run([BIN / program, *arguments], cwd=directory, env=environment, **streams)
                output.seek(0)
                return name, status, output.read()

        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            for name, status, output in pool.map(check, checks):
                emit(f"{name}: {'ok' if status == 0 else 'FAILED'}")
                if status == 0:
                    result.passed += 1
                else:
                    emit(output)
                    result.fail(f"failed: {name}")
    return [result]


def unit() -> list[Result]:
    """Unit tests on the controller's Python, then on the oldest one of managed hosts."""
    return [_pytest("unit", "tests/unit"), _unit_oldest()]


def coverage() -> list[Result]:
    """Unit tests, and which lines and branches of module_utils they have been through."""
    with tempfile.TemporaryDirectory() as directory:
        os.environ["COVERAGE_FILE"] = str(Path(directory, "data"))
        measured = Result("coverage", is_test=False)
        tests = _pytest("unit", "tests/unit", ("coverage", "run", "-m"))
        with timed(measured):
            tool = [sys.executable, "-m", "coverage"]
            if run([*tool, "combine", "--quiet"], cwd=ROOT) or run([*tool, "report"], cwd=ROOT):
                measured.fail("coverage of module_utils: less than pyproject.toml demands")
            else:
                measured.passed += 1
    return [tests, measured]


def _pytest(suite: str, directory: str, measure: tuple[str, ...] = ()) -> Result:
    say(f"{suite} (Python {CONTROLLER_PYTHON}, ansible-core {ansible_version})")
    result = Result(suite)
    if not (ROOT / directory).is_dir():
        result.fail(f"there is no {directory}")
        return result
    collections = tree.link()
    environment = os.environ | {
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        "PATH": os.pathsep.join([str(BIN), os.environ.get("PATH", os.defpath)]),
        "PYTHONPATH": os.pathsep.join([str(collections), str(ROOT)]),
    }
    with timed(result), tempfile.TemporaryDirectory() as reports:
        report = Path(reports, "pytest.xml")
        status = run(
            [sys.executable, "-m", *measure, "pytest", "--import-mode=importlib", f"--junitxml={report}", directory],
            cwd=ROOT,
            env=environment,
        )
        count_junit(result, [report] if report.exists() else [])
        if status and not result.failed:
            result.fail(f"pytest {directory}: exit status {status}")
    return result


def _unit_oldest() -> Result:
    result = Result(f"unit, Python {OLDEST_TARGET_PYTHON}", repeat=True)
    if not _have_oldest(result):
        return result
    with timed(result), collection_copy("unit") as copy:
        status = run(
            ["ansible-test", "units", "--color", "no", "--python", OLDEST_TARGET_PYTHON, "--venv"],
            cwd=copy,
            env=ansible_test_environment(),
        )
        count_junit(result, (copy / "tests/output/junit").glob("*.xml"))
        if status and not result.failed:
            result.fail(f"ansible-test units: exit status {status}")
    return result


def _have_oldest(result: Result) -> bool:
    say(result.suite)
    if find_python(OLDEST_TARGET_PYTHON):
        return True
    note = f"NOT RUN: this machine has no Python {OLDEST_TARGET_PYTHON}"
    emit(f"{note}. Install one (pyenv, uv, a package) to test what managed hosts with it would run.")
    result.notes.append(note)
    return False


def sanity() -> list[Result]:
    """ansible-test sanity: all of it on the controller's Python, compile and import also on the oldest target's."""
    everything = Result("sanity", is_test=False)
    oldest = Result(f"sanity, Python {OLDEST_TARGET_PYTHON}", is_test=False)
    with collection_copy("sanity") as copy:
        say(f"sanity (Python {CONTROLLER_PYTHON}, ansible-core {ansible_version})")
        _sanity(everything, copy, ["--python", CONTROLLER_PYTHON])
        if _have_oldest(oldest):
            _sanity(oldest, copy, ["--python", OLDEST_TARGET_PYTHON, "--test", "compile", "--test", "import"])
    return [everything, oldest]


def _sanity(result: Result, copy: Path, arguments: list[str]) -> None:
    shutil.rmtree(copy / "tests/output", ignore_errors=True)
    with timed(result):
        status = run(
            ["ansible-test", "sanity", "--color", "no", "--junit", *arguments],
            cwd=copy,
            env=ansible_test_environment(),
        )
    count_junit(result, (copy / "tests/output/junit").glob("*.xml"))
    if status and not result.failed:
        result.fail(f"ansible-test sanity: exit status {status}")


def integration(wanted: list[str]) -> list[Result]:
    """The lab's own tests, then the targets, each in a run of its own, on labs that are started and ended here."""
    return _summed(side_by_side(integration_jobs(wanted)))


def integration_jobs(wanted: list[str]) -> list[tuple[str, Job]]:
    """The targets that the command line names, by default the lab's tests and all targets, the slow ones first."""
    present = sorted(_visible_targets(), key=lambda target: ("slow" not in _aliases(target), target))
    unknown = sorted(set(wanted) - set(present))
    if unknown or not present:
        raise SystemExit(
            f"No target {', '.join(unknown)} in tests/integration/targets: there are {', '.join(present)}."
        )
    jobs: list[tuple[str, Job]] = [
        (target, lambda stream, target=target: [_target(stream, target)]) for target in wanted or present
    ]
    return jobs if wanted else [*jobs, ("lab", lambda _stream: [_pytest("lab", "tests/lab")])]


def _summed(results: list[Result]) -> list[Result]:
    """One result for all integration targets, in place of one for each."""
    targets = [result for result in results if result.suite.startswith(TARGET)]
    total = Result("integration")
    for result in targets:
        total.passed += result.passed
        total.failed += result.failed
        total.seconds += result.seconds
        total.notes += result.notes
    return [*(result for result in results if result not in targets), *([total] if targets else [])]


def _aliases(target: str) -> list[str]:
    file = ROOT / "tests/integration/targets" / target / "aliases"
    return file.read_text(encoding="utf-8").split() if file.is_file() else []


def _visible_targets() -> Iterator[str]:
    for directory in (ROOT / "tests/integration/targets").glob("*/"):
        if "hidden" not in _aliases(directory.name):
            yield directory.name


@contextlib.contextmanager
def _lab(copy: Path, number: int) -> Iterator[str]:
    """Start a lab for the targets and bring it down whatever happens; its name."""
    name = f"it-{os.getpid()}-{number}"
    # Environment variables don't reach the targets, this file does.
    variables = copy / "tests/integration/integration_config.yml"
    say(f"lab {name}")
    try:
        up: list[str | Path] = [*LAB, "up", "--name", name, "--owner", str(os.getpid())]
        up += ["--nodes", str(len(LAB_NODES)), "--vars", variables, "--inventory", copy / "inventory.yml"]
        if run(up, cwd=ROOT):
            raise SystemExit("The lab didn't come up: no integration test can run.")
        yield name
    finally:
        run([*LAB, "down", "--name", name], always=True, cwd=ROOT)


def _target(stream: Stream, target: str) -> Result:
    result = Result(TARGET + target)
    with timed(result):
        copy, lab = stream.bench()
        say(f"integration {target}")
        # No target has to know what the one before has left.
        if run([*LAB, "reset", "--name", lab, *LAB_NODES], cwd=ROOT):
            result.fail(f"integration target {target}: the lab's nodes can't be reset")
            return result
        reports = copy / "tests/output/junit"
        shutil.rmtree(reports, ignore_errors=True)
        status = run(
            ["ansible-test", "integration", "--color", "no", "--local", "--python", CONTROLLER_PYTHON, target],
            cwd=copy,
            env=ansible_test_environment(),
        )
    tasks = Result(target)
    count_junit(tasks, reports.glob("*.xml"))
    if status:
        outcome = "FAILED"
    elif not tasks.passed:
        # ansible-test also succeeds when an alias keeps it from running the target.
        outcome = "DIDN'T RUN"
    else:
        outcome = "ok"
        result.passed += 1
    if outcome != "ok":
        result.fail(f"integration target {target}: {outcome}")
        # The tasks' own words, below everything else: whoever reads a log from its end finds them.
        result.notes += [f"  {note}" for note in tasks.notes if note.startswith("failed")]
    emit(f"{target}: {outcome}, {tasks.passed} tasks, {result.seconds:.0f} s")
    return result


# -- command line ------------------------------------------------------------------------------------------------------


def report(results: list[Result]) -> int:
    """Print a line for each suite and the sum of the tests; return the exit status."""
    print()
    for result in results:
        if result.is_test and result.skipped:
            result.fail(f"{result.suite}: {result.skipped} tests skipped themselves")
        if not result.passed and not result.failed and not result.notes:
            result.fail(f"{result.suite}: nothing ran")
        for note in result.notes:
            print(f"  {note}")
    print(f"\n{'suite':<22}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}")
    for result in results:
        counts = f"{result.passed:>8}{result.failed:>8}{result.skipped:>9}{result.seconds:>9.0f}"
        print(f"{result.suite:<22}{counts}")
    # Linters and sanity tests are no tests of behaviour: they only count where they fail.
    passed = sum(result.passed for result in results if result.is_test and not result.repeat)
    failed = sum(result.failed for result in results)
    if any(result.is_test for result in results):
        print(f"\n{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


def main() -> int:
    """Run the suites that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suite", choices=["lint", "unit", "coverage", "sanity", "integration", "test"])
    parser.add_argument("targets", nargs="*", help="integration targets, by default all")
    arguments = parser.parse_args()

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))
    if arguments.suite == "test":
        # Lint first: it is quick, and most mistakes are found by it.
        jobs = [("sanity", lambda _stream: sanity()), *integration_jobs([]), ("unit", lambda _stream: unit())]
        return report([*lint(), *_summed(side_by_side(jobs))])
    if arguments.suite == "integration":
        return report(integration(arguments.targets))
    return report({"lint": lint, "unit": unit, "coverage": coverage, "sanity": sanity}[arguments.suite]())


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
