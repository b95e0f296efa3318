# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A donor, a recipient, the link between them, and runs of clone_run that are brought to a stage and held there."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pymysql

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _pool
from lab import Lab, processes
from lab.node import Node
from lab.paths import PROJECT_ROOT
from lab.proxy import Proxy

USER, PASSWORD = "matrix", "matrix' %s"
ROOT_PASSWORD = "the same on all servers"  # so that a clone changes nobody's login
OPTIONS = ("innodb_redo_log_capacity=128M",)
TABLES = 40  # enough that FILE SYNC takes a moment
PACE = 80_000_000  # bytes a second of the link: a FILE COPY that lasts long enough to write something meanwhile
HELD = 1_500_000  # bytes a second in a copy stage that is held
STALL, POLL = 4.0, 1.0  # stall_timeout and poll_interval of the runs (seconds)
DROP_DELAY = 4  # seconds that DROP DATA is held
CELL_SECONDS = 90.0  # no run may last longer, whatever happens to it
COPIES = ("FILE COPY", "PAGE COPY", "REDO COPY")
# The servers work in memory, which spares the machine's disk: MiB of the donor's and of the recipient's file system.
DONOR_DISK, SMALL_DISK = 2500, 1800

# Where a run is: the server's own stages, and what comes before and after them.
BEFORE, TRIAL, SWAP = "before DROP DATA", "TRIAL", "SWAP"
STAGES = (BEFORE, "DROP DATA", *COPIES, "FILE SYNC", "RESTART", "RECOVERY")
SWAP_STAGES = (BEFORE, *COPIES, "FILE SYNC", TRIAL, SWAP)


class Unexpected(Exception):
    """What was to happen did not; the text says what."""


def until(what: str, seconds: float, condition: Callable[[], Any], pause: float = 0.05) -> Any:
    """Wait for a true answer and return it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = condition()
        if answer:
            return answer
        time.sleep(pause)
    raise Unexpected(f"{what} did not come within {seconds:.0f} s")


class Run:
    """One run: the process that waits for it, its journal, and when each line of news was first seen."""

    def __init__(self, process: subprocess.Popen, home: Path, options: Mapping[str, Any] | None = None) -> None:
        self.process = process
        self._home = home
        self._output = b""
        self._ended = threading.Event()
        self.news: list[tuple[float, str]] = []
        if options is not None:
            process.stdin.write(json.dumps(options).encode())
            process.stdin.close()
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._listen, daemon=True).start()

    def _read(self) -> None:
        self._output = self.process.stdout.read()
        self.process.wait()
        self._ended.set()

    def journal(self) -> dict[str, Any]:
        for path in self._home.glob("*.json"):
            with contextlib.suppress(OSError, ValueError):
                return json.loads(path.read_text(encoding="utf-8"))
        return {}

    def _listen(self) -> None:
        known: set[tuple[int, int]] = set()
        while not self._ended.is_set():
            document = self.journal()
            for event in document.get("events", ()):
                key = (document["pid"], event["number"])
                if key not in known:
                    known.add(key)
                    self.news.append((time.time(), event["text"]))
            self._ended.wait(0.05)

    @property
    def ended(self) -> bool:
        return self._ended.is_set()

    def heard(self, since: float, *words: str) -> float | None:
        """When the first line of news with one of the words came, of those after ``since``."""
        return next((when for when, text in list(self.news) if when >= since and any(w in text for w in words)), None)

    def output(self, seconds: float) -> str:
        if not self._ended.wait(seconds):
            raise Unexpected(f"the run has not ended after {seconds:.0f} s more; its last words: {self.news[-3:]}")
        return self._output.decode(errors="replace")

    def result(self, seconds: float = CELL_SECONDS) -> dict[str, Any]:
        text = self.output(seconds)
        try:
            return json.loads(text)
        except ValueError:
            raise Unexpected(f"the run ended without a result (status {self.process.returncode})") from None


class Scene:
    """The servers, made ready before each cell, and what a cell may do to them."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.donor, self.recipient, self.other = (lab[f"node{number}"] for number in (1, 2, 3))
        self.home = Path(tempfile.mkdtemp(prefix="fault-matrix-"))
        self.stack = contextlib.ExitStack()
        self._writing = contextlib.ExitStack()
        self._mounted: set[str] = set()
        self._held: list[pymysql.connections.Connection] = []
        self._mount(self.donor, DONOR_DISK)
        for node in (self.donor, self.recipient, self.other):
            node.reset(OPTIONS, root_password=ROOT_PASSWORD)
        self.proxy = Proxy(("127.0.0.1", self.donor.port))
        self._fill_donor()
        for node in (self.recipient, self.other):
            self._plugin(node)
        self.normal = {node.name: self.settings(node) for node in (self.donor, self.recipient)}

    def close(self) -> None:
        self.clean()
        for name in sorted(self._mounted):
            self._unmount(self.lab[name])
        self.proxy.close()
        shutil.rmtree(self.home, ignore_errors=True)

    # -- making ready ----------------------------------------------------------------------------------------------

    @staticmethod
    def _plugin(node: Node) -> None:
        if not node.sql("SELECT 1 FROM information_schema.PLUGINS WHERE PLUGIN_NAME = 'clone'"):
            node.sql("SET @@SESSION.sql_log_bin = 0")
            node.sql("INSTALL PLUGIN clone SONAME 'mysql_clone.so'")

    @staticmethod
    def account(node: Node) -> None:
        """Make the clone account, whose server is a donor then."""
        node.sql(f"CREATE USER {USER} IDENTIFIED BY %s", (PASSWORD,))
        node.sql(f"GRANT BACKUP_ADMIN ON *.* TO {USER}")

    def _fill_donor(self) -> None:
        donor = self.donor
        self._plugin(donor)
        self.account(donor)
        donor.sql("CREATE DATABASE app")
        donor.sql("CREATE TABLE app.big (id INT AUTO_INCREMENT PRIMARY KEY, v VARBINARY(6000))")
        donor.sql(
            "INSERT INTO app.big (v) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) "
            "SELECT REPEAT('x', 6000) FROM n"
        )
        for number in range(TABLES):
            donor.sql(f"CREATE TABLE app.t{number} (id INT PRIMARY KEY)")
        # All pages on disk: what the page copy finds is what a cell writes.
        donor.restart()

    def ready(self, small_disk: bool = False) -> None:
        """All servers up and quiet, the link good, and data on the recipient that nobody has another copy of."""
        self.clean()
        self.small_disk(small_disk)
        for node in (self.donor, self.recipient):
            if not node.alive():
                node.start()
            node.wait_up()
        if not self.recipient.sql("SELECT 1 FROM information_schema.PLUGINS WHERE PLUGIN_NAME = 'clone'"):
            self.recipient.restart()  # one that found no room at its start goes on without the plugin
        self.proxy.restore()
        for statement in ("FLUSH BINARY LOGS", "PURGE BINARY LOGS BEFORE NOW()"):
            self.donor.sql(statement)
        recipient = self.recipient
        recipient.sql("DROP DATABASE IF EXISTS precious")
        recipient.sql("CREATE DATABASE precious")
        recipient.sql("CREATE TABLE precious.t (id INT PRIMARY KEY) SELECT 1 AS id")
        for path in recipient.directory.glob("data.*"):
            shutil.rmtree(path)
        for path in self.home.iterdir():
            path.unlink()
        self._log_mark, self._donor_mark = recipient.error_log_mark(), self.donor.error_log_mark()

    def clean(self) -> None:
        """Let go of what a cell holds."""
        self.release()
        self._writing.close()
        stack, self.stack = self.stack, contextlib.ExitStack()
        stack.close()

    def spoil(self) -> None:
        """After a cell that went wrong: fresh servers for the next one."""
        for path in self.home.glob("*.json"):
            with contextlib.suppress(OSError, ValueError, KeyError):
                processes.send(json.loads(path.read_text(encoding="utf-8"))["pid"], 9)
        self.clean()
        self.proxy.restore()
        for node in (self.donor, self.recipient):
            node.reset(OPTIONS, root_password=ROOT_PASSWORD)
        self._fill_donor()
        self._plugin(self.recipient)

    def small_disk(self, wanted: bool) -> None:
        """Put the recipient's directory onto a file system of its own, or back onto the machine's disk."""
        node = self.recipient
        if wanted == (node.name in self._mounted):
            return
        if wanted:
            self._mount(node, SMALL_DISK)
        else:
            self._unmount(node)
        node.reset(OPTIONS, root_password=ROOT_PASSWORD)
        self._plugin(node)

    def _mount(self, node: Node, mebibytes: int) -> None:
        """Needs root."""
        node.end()
        place = str(node.directory)
        processes.run_or_fail(["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=0700", "tmpfs", place])
        self._mounted.add(node.name)

    def _unmount(self, node: Node) -> None:
        node.end()
        processes.run_or_fail(["umount", str(node.directory)])
        self._mounted.discard(node.name)

    # -- the run ---------------------------------------------------------------------------------------------------

    def options(self, method: str, **more: Any) -> dict[str, Any]:
        """The options of clone_run: short times, so that a cell takes seconds."""
        recipient = self.recipient
        values = {
            "login_unix_socket": str(recipient.socket),
            "login_user": "root",
            "login_password": ROOT_PASSWORD,
            "config_file": "",
            "connect_timeout": 2,
            "donor_host": "127.0.0.1",
            "donor_port": self.proxy.port,
            "donor_user": USER,
            "donor_password": PASSWORD,
            "method": method,
            "overwrite": True,
            "retries": 5,
            "retry_delays": [1, 2, 3],
            "timeout": CELL_SECONDS,
            "stall_timeout": STALL,
            "poll_interval": POLL,
            "state_directory": str(self.home),
        }
        if method == "side_by_side":
            values["start_command"] = (
                f"cd '{PROJECT_ROOT}' && {sys.executable} -m lab start {recipient.name} --name {self.lab.name}"
            )
        return values | more

    def start(self, options: Mapping[str, Any]) -> Run:
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("once.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        return Run(process, self.home, options)

    def play(self, options: Mapping[str, Any]) -> Run:
        """The same by a real ansible-playbook."""
        inventory = {
            "all": {
                "hosts": {"recipient": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}}
            }
        }
        play = [{"hosts": "all", "gather_facts": False, "tasks": [{"dbops.mysql_clone.clone_run": dict(options)}]}]
        for name, content in (("inventory", inventory), ("play", play)):
            path = self.lab.directory / f"matrix-{name}.json"
            path.touch(mode=0o600)
            path.write_text(json.dumps(content), encoding="utf-8")
        process = subprocess.Popen(
            [
                str(Path(sys.executable).with_name("ansible-playbook")),
                "-i",
                str(self.lab.directory / "matrix-inventory.json"),
                str(self.lab.directory / "matrix-play.json"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=os.environ | {"ANSIBLE_COLLECTIONS_PATH": os.environ["PYTHONPATH"].split(":")[0], "NO_COLOR": "1"},
            start_new_session=True,
        )
        return Run(process, self.home)

    # -- stages ----------------------------------------------------------------------------------------------------

    def settings_for(self, stage: str) -> dict[str, Any]:
        """The run's settings that hold it in a stage (copies are held by the link)."""
        if stage == BEFORE:
            return {"clone_block_ddl": True, "clone_ddl_timeout": 60}
        return {"clone_delay_after_data_drop": DROP_DELAY} if stage == "DROP DATA" else {}

    def hold(self, stage: str) -> None:
        """Before the run starts: what will hold it in the stage, or lengthen it."""
        self.proxy.slow(PACE)
        if stage == BEFORE:
            # A DDL statement under way on the donor, which waits for a table that somebody reads.
            reader, writer = self.donor.connect(), self.donor.connect()
            self._held = [reader, writer]
            with reader.cursor() as cursor:
                cursor.execute("LOCK TABLES app.t0 READ")
            threading.Thread(target=_quietly, args=(writer, "ALTER TABLE app.t0 COMMENT = 'held'"), daemon=True).start()
        elif stage in ("PAGE COPY", "REDO COPY"):
            self._writing.enter_context(self._load())

    def release(self) -> None:
        """Let a held DDL statement end."""
        for connection in self._held:
            with contextlib.suppress(pymysql.err.Error, OSError):
                connection._force_close()
        self._held = []

    @contextlib.contextmanager
    def _load(self) -> Iterator[None]:
        """Writes that dirty pages during FILE COPY and make redo during PAGE COPY."""
        stop = threading.Event()

        def write() -> None:
            with (
                contextlib.suppress(pymysql.err.Error, OSError),
                contextlib.closing(self.donor.connect()) as connection,
            ):
                number = 0
                while number < 60 and not stop.wait(0.1):  # few enough for a donor that stays small
                    number += 1
                    with connection.cursor() as cursor:
                        cursor.execute(
                            "UPDATE app.big SET v = REPEAT(%s, 6000) WHERE id %% 3 = %s",
                            (chr(97 + number % 26), number % 3),
                        )

        thread = threading.Thread(target=write, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(30)

    def reach(self, stage: str, run: Run, then: Callable[[], None] | None = None, seconds: float = 40.0) -> None:
        """Wait until the run is in the stage, and hold it there; ``then`` is what must not come later (server's stages only)."""
        deadline = time.monotonic() + seconds
        if stage == BEFORE:
            self._await(stage, run, deadline, self._donor_waits)
        elif stage == "RESTART":
            pid = self.recipient.pid
            self._await(stage, run, deadline, lambda: not processes.is_alive(pid))
        elif stage == "RECOVERY":
            self._await(
                stage, run, deadline, lambda: "Opening cloned database" in self.recipient.error_log(self._log_mark)
            )
        elif stage == TRIAL:
            self._await(stage, run, deadline, self.trial_servers)
        elif stage == SWAP:
            pid = self.recipient.pid
            self._await(
                stage, run, deadline, lambda: run.heard(0, "shutting the server down") and not processes.is_alive(pid)
            )
        else:
            # A session that stays open, as only then no stage is too short to be seen; it ends before the restart.
            with contextlib.closing(self.recipient.connect()) as connection:
                self._await(stage, run, deadline, lambda: self._in_stage(connection, stage))
                if then:
                    then()
        if stage in COPIES:
            self.proxy.slow(HELD)
            self._writing.close()

    @staticmethod
    def _await(stage: str, run: Run, deadline: float, condition: Callable[[], Any]) -> None:
        while not condition():
            if run.ended:
                raise Unexpected(f"the run ended before {stage}: {run.output(0)[:2000]}")
            if time.monotonic() > deadline:
                raise Unexpected(f"{stage} did not come: {run.news[-3:]}")
            time.sleep(0.003)

    def _donor_waits(self) -> bool:
        rows = self.donor.sql("SHOW PROCESSLIST")
        return any(str(row["Command"]).lower() == "clone" and "lock" in str(row["State"]).lower() for row in rows)

    def kill_query(self) -> None:
        """End the clone's statement, as somebody at the recipient might."""
        rows = self.recipient.sql("SELECT PID FROM performance_schema.clone_status")
        self.recipient.sql(f"KILL QUERY {int(rows[0]['PID'])}")

    @staticmethod
    def _in_stage(connection: pymysql.connections.Connection, stage: str) -> bool:
        with connection.cursor() as cursor:
            return bool(
                cursor.execute(
                    "SELECT 1 FROM performance_schema.clone_progress p JOIN performance_schema.clone_status s USING (ID) "
                    "WHERE p.STAGE = %s AND p.STATE = 'In Progress' AND s.PID > 0",
                    (stage,),
                )
            )

    # -- what is seen afterwards -------------------------------------------------------------------------------------

    def settings(self, node: Node) -> dict[str, str]:
        rows = node.sql(
            "SHOW GLOBAL VARIABLES WHERE Variable_name LIKE 'clone%%' OR Variable_name LIKE 'net\\_%%_timeout' "
            "OR Variable_name = 'max_allowed_packet'"
        )
        return {row["Variable_name"]: row["Value"] for row in rows}

    def trial_servers(self) -> list[int]:
        beginning = f"--datadir={self.recipient.directory}/"
        return processes.pids_where(lambda arguments: any(part.startswith(beginning) for part in arguments))

    def clones(self) -> int:
        """How many clones have begun to replace the recipient's data since the cell began."""
        return self.recipient.error_log(self._log_mark).count("removing all user data for provisioning: Started")

    def reported(self) -> float | None:
        """When the server says that its last clone failed (seconds since 1970)."""
        with contextlib.suppress(pymysql.err.Error, OSError):
            rows = self.recipient.sql(
                "SELECT UNIX_TIMESTAMP(END_TIME) AS ended FROM performance_schema.clone_status WHERE STATE = 'Failed'"
            )
            return float(rows[0]["ended"]) if rows and rows[0]["ended"] else None
        return None

    def last_words(self) -> str:
        """What both error logs say of errors since the cell began."""
        words = []
        for node, mark in ((self.donor, self._donor_mark), (self.recipient, self._log_mark)):
            lines = [line for line in node.error_log(mark).splitlines() if "[ERROR]" in line or "rror code" in line]
            words += [f"{node.name}: {line}" for line in lines[-4:]]
        return "\n".join(words)

    def old_data(self) -> str:
        """Where the recipient's own data is: ``served``, ``kept`` beside the datadir, or ``gone``."""
        with contextlib.suppress(pymysql.err.Error, OSError):
            if self.recipient.sql("SELECT id FROM precious.t") == [{"id": 1}]:
                return "served"
        return "kept" if list(self.recipient.directory.glob("data.old-*/precious/t.ibd")) else "gone"

    def whole(self) -> bool:
        """Whether the recipient holds all of the donor's tables."""
        statement = "SELECT COUNT(*) AS n FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'app' AND TABLE_NAME RLIKE '^(big|t[0-9]+)$'"
        rows = self.recipient.sql("SELECT COUNT(*) AS n FROM app.big")
        return self.recipient.sql(statement) == self.donor.sql(statement) and rows == [{"n": 900}]

    def _donor_sessions(self) -> list[dict[str, Any]]:
        return [row for row in self.donor.sql("SHOW PROCESSLIST") if row["User"] == USER]

    def left_over(self) -> list[str]:
        """What a run should not leave: settings, a place in the queue, sessions, processes."""
        found = []
        for node in (self.donor, self.recipient):
            # A full disk may end a server, whose supervisor starts it again.
            node.wait_up()
            changed = {k: v for k, v in self.settings(node).items() if v != self.normal[node.name].get(k)}
            if changed:
                found.append(f"settings of the {'donor' if node is self.donor else 'recipient'} are {changed}")
        with contextlib.suppress(Unexpected):
            until(
                "the slot",
                3,
                lambda: self.donor.sql("SELECT IS_FREE_LOCK(%s) AS free", (_pool.SLOT_LOCK,))[0]["free"],
            )
        if not self.donor.sql("SELECT IS_FREE_LOCK(%s) AS free", (_pool.SLOT_LOCK,))[0]["free"]:
            found.append("the place in the donor's queue is taken")
        # One that was ended notices that when it looks next for the recipient.
        with contextlib.suppress(Unexpected):
            until("the end of the donor's sessions", 10, lambda: not self._donor_sessions())
        sessions = self._donor_sessions()
        if sessions:
            found.append(f"{len(sessions)} sessions on the donor: {sessions[0]['Command']} {sessions[0]['State']}")
        if self.trial_servers():
            found.append("a trial server runs")
        for path in self.home.glob("*.json"):
            document = json.loads(path.read_text(encoding="utf-8"))
            if not document["finished"] or processes.is_alive(document["pid"]):
                found.append("the run's process is still there, or has not finished its journal")
            if document.get("settings_before") or document.get("donor_settings_before"):
                found.append("the journal has settings to put back")
        return found


def _quietly(connection: pymysql.connections.Connection, statement: str) -> None:
    with contextlib.suppress(pymysql.err.Error, OSError, AttributeError), connection.cursor() as cursor:
        cursor.execute(statement)
