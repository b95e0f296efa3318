# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A job is a real process here: forked, killed, joined."""

from __future__ import annotations

import errno
import gc
import json
import os
import signal
import socket
import time

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _job
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import CloneError, ServerError
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import Login
from ansible_collections.dbops.mysql_clone.tests.unit.plugins.module_utils.scripted import Scripted


@pytest.mark.parametrize(("number", "patience", "tries"), [(2003, 60, 2), (2013, 60, 2), (2003, 0, 1), (1045, 60, 1)])
def test_a_server_is_waited_for_only_while_a_job_clones_onto_it(monkeypatch, tmp_path, number, patience, tries):
    login = Login("db2")
    job = _job.Job(str(tmp_path), _job.key(login.label))
    tried = []

    def connect(logins, read_timeout):
        tried.append(logins)
        if len(tried) == 2:
            job.ask_to_cancel()
        raise ServerError(number, "gone", login.label, "connect")

    def work(journal):
        while not job.cancel_asked():
            time.sleep(0.02)
        return {}

    monkeypatch.setattr(_job, "connect_first", connect)
    monkeypatch.setattr(_job, "default_directory", lambda: str(tmp_path))
    monkeypatch.setattr(_job, "RESTART_PATIENCE", patience)
    assert job.start({}, work)
    with pytest.raises(ServerError):
        _job.connect_patiently([login])
    assert len(tried) >= tries if tries > 1 else len(tried) == 1
    job.ask_to_cancel()
    job.wait(0, 10)


@pytest.mark.parametrize(
    ("numbers", "alive", "expected"),
    [
        ([], False, "done"),
        ([2013], True, "done"),
        ([1053, 2006, 2013], True, "done"),
        ([2013], False, 2013),
        ([1064], True, 1064),
        ([2013] * 9, True, 2013),
    ],
)
def test_work_that_a_restart_breaks_off_is_done_anew(monkeypatch, numbers, alive, expected):
    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr(_job.time, "monotonic", lambda: float(next(clock)))
    monkeypatch.setattr(_job.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(_job, "connect_patiently", lambda logins: Scripted({}))
    monkeypatch.setattr(_job, "is_alive", lambda label: alive)

    def work(server):
        if numbers:
            raise ServerError(numbers.pop(0), "gone", server.label)
        return "done"

    login = Login("db1")
    if expected == "done":
        assert _job.patiently([login], work) == "done"
        return
    with pytest.raises(ServerError) as caught:
        _job.patiently([login], work)
    assert caught.value.number == expected


def test_nobody_waits_for_a_server_that_no_job_knows(monkeypatch, tmp_path):
    monkeypatch.setattr(_job, "default_directory", lambda: str(tmp_path / "none"))
    assert not _job.is_alive("db2:3306")
    assert not (tmp_path / "none").exists()


@pytest.fixture
def job(tmp_path):
    return _job.Job(str(tmp_path / "state"), "db2")


def test_result_and_events_come_back(job):
    def work(journal):
        journal.event("half way", {"percent": 50})
        return {"changed": True}

    assert job.start({"donors": ["a:1"]}, work)
    document = job.wait(0, None)
    assert document["result"] == {"changed": True}
    assert document["failure"] is None
    assert [event["text"] for event in document["events"]] == ["checking the recipient and its donor", "half way"]
    assert (document["clone"], document["donors"]) == ({"percent": 50}, ["a:1"])


def test_a_lost_socket_of_the_starter_closes_nothing_of_the_job(job):
    lost = [socket.socketpair() for _pair in range(10)]
    lost.append(lost)
    del lost  # not swept up yet: it refers to itself

    def work(journal):
        own = [socket.socketpair() for _pair in range(10)]
        gc.collect()
        for one, other in own:
            one.sendall(b"x")
            assert other.recv(1) == b"x"
        return {"changed": True}

    gc.disable()
    try:
        assert job.start({}, work)
    finally:
        gc.enable()
    document = job.wait(0, 10)
    assert document["failure"] is None
    assert document["result"] == {"changed": True}


def test_a_failure_keeps_its_details(job):
    def work(journal):
        raise CloneError("no", attempts=[1])

    job.start({}, work)
    assert job.wait(0, None)["failure"] == {"msg": "no", "attempts": [1]}


def test_an_unexpected_error_shows_frames_but_not_its_message(job):
    secret = "".join(("s3", "cret"))

    def work(journal):
        raise ValueError(secret)

    job.start({}, work)
    failure = job.wait(0, None)["failure"]
    assert "ValueError" in failure["msg"]
    assert "in work" in failure["exception"]
    assert secret not in str(failure)


def test_only_one_at_a_time_and_the_second_can_wait_for_the_first(job):
    def work(journal):
        time.sleep(0.5)
        return {"changed": True}

    assert job.start({}, work)
    assert job.alive()
    assert not job.start({}, lambda journal: {"changed": False})
    assert job.wait(0, None)["result"] == {"changed": True}
    assert not job.alive()


def test_wait_returns_before_the_end_when_asked(job):
    job.start({}, lambda journal: time.sleep(1) or {})
    begun = time.monotonic()
    assert not job.wait(0, 0.1)["finished"]
    assert time.monotonic() - begun < 0.9
    job.wait(0, None)


def test_a_killed_job_is_noticed(job):
    job.start({}, lambda journal: time.sleep(60) or {})
    until = time.monotonic() + 5
    while job.read()["pid"] == os.getpid() and time.monotonic() < until:
        time.sleep(0.01)
    os.kill(job.read()["pid"], signal.SIGKILL)
    with pytest.raises(CloneError, match="run the task again"):
        job.wait(0, None)


def test_it_is_nobodys_child(job):
    job.start({}, lambda journal: {"parent": os.getppid(), "session": os.getsid(0)})
    result = job.wait(0, None)["result"]
    assert result["parent"] != os.getpid()
    assert result["session"] != os.getsid(0)


def test_cancel_is_seen_and_forgotten(job):
    job.ask_to_cancel()
    assert job.cancel_asked()
    job.start({}, lambda journal: {})
    job.wait(0, None)
    assert not job.cancel_asked()


def test_files_are_private(job):
    job.start({}, lambda journal: {})
    job.wait(0, None)
    assert os.stat(job.path).st_mode & 0o777 == 0o600
    assert os.stat(os.path.dirname(job.path)).st_mode & 0o777 == 0o700


def test_a_directory_that_others_can_write_to_is_refused(tmp_path):
    shared = tmp_path / "open"
    shared.mkdir()
    shared.chmod(0o777)
    with pytest.raises(CloneError, match="state_directory"):
        _job.Job(str(shared), "db2")


def test_a_broken_journal_is_no_journal(job):
    with open(job.path, "w", encoding="utf-8") as file:
        file.write("{half")
    assert job.read() is None


def test_old_events_are_dropped(tmp_path):
    journal = _job.Journal(str(tmp_path / "j.json"), {})
    for number in range(_job.EVENTS_KEPT + 10):
        journal.document["events"].append({"number": number})
    journal.event("last")
    assert len(journal.document["events"]) == _job.EVENTS_KEPT


class TestFullDisk:
    """The disk that a clone fills may be the journal's, too."""

    @pytest.fixture
    def journal(self, tmp_path, monkeypatch):
        made = _job.Journal(str(tmp_path / "j.json"), {})
        monkeypatch.setattr(_job, "END_PATIENCE", 0.05)
        self.full = True
        replace = os.replace

        def no_room(source, target):
            if self.full:
                raise OSError(errno.ENOSPC, "No space left on device")
            replace(source, target)

        monkeypatch.setattr(os, "replace", no_room)
        return made

    def read(self, tmp_path):
        return json.loads((tmp_path / "j.json").read_text())

    def test_news_are_told_later(self, journal, tmp_path):
        journal.event("unheard", {"state": "in_progress"})
        self.full = False
        journal.observe(None)
        assert self.read(tmp_path)["events"][-1]["text"] == "unheard"
        assert self.read(tmp_path)["clone"] == {"state": "in_progress"}

    def test_what_must_be_remembered_is_an_error(self, journal, tmp_path):
        with pytest.raises(CloneError, match=r"j.json can't be written: No space left.*state_directory"):
            journal.keep(begun=1)
        assert self.read(tmp_path)["finished"] is False

    def test_the_end_is_tried_again(self, journal, tmp_path, monkeypatch):
        monkeypatch.setattr(_job, "END_PATIENCE", 5)

        def sleep(seconds):
            self.full = False

        monkeypatch.setattr(time, "sleep", sleep)
        journal.end({"changed": True}, None)
        assert self.read(tmp_path)["result"] == {"changed": True}

    def test_but_not_for_ever(self, journal, monkeypatch):
        monkeypatch.setattr(time, "sleep", lambda seconds: None)
        with pytest.raises(OSError, match="No space"):
            journal.end({}, None)


def test_keys_differ_by_every_part():
    assert _job.key("a", "b") != _job.key("ab") != _job.key("a", "c")
    assert _job.key("a") == _job.key("a")


class Known:
    """A server that says who it is, or does not answer."""

    def __init__(self, monkeypatch):
        self.row = {"uuid": "u1", "datadir": "/var/lib/mysql/", "socket": "/run/m.sock", "port": 3306}
        self.up = True
        monkeypatch.setattr(_job, "connect_first", self.connect)

    def connect(self, logins, read_timeout=None):
        if not self.up:
            raise ServerError(2003, "gone", logins[0].label, "connect")
        return self

    def query(self, statement):
        return [self.row]

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        pass


TCP, SOCKET = Login("127.0.0.1", 3306, connect_timeout=1), Login(unix_socket="/run/m.sock", connect_timeout=1)


class TestFind:
    def test_another_login_is_the_same_server(self, monkeypatch, tmp_path):
        Known(monkeypatch)
        assert _job.find([TCP], str(tmp_path)).path == _job.find([SOCKET], str(tmp_path)).path

    def test_another_data_directory_is_another(self, monkeypatch, tmp_path):
        known = Known(monkeypatch)
        first = _job.find([TCP], str(tmp_path)).path
        known.row["datadir"] = "/other"
        assert _job.find([TCP], str(tmp_path)).path != first

    def test_a_server_that_is_down_is_known_by_its_label(self, monkeypatch, tmp_path):
        known = Known(monkeypatch)
        first = _job.find([Login("db2.example.com")], str(tmp_path)).path
        known.up = False
        assert _job.find([Login("db2.example.com")], str(tmp_path)).path == first

    @pytest.mark.parametrize("login", [TCP, SOCKET])
    def test_or_by_where_the_journal_says_that_it_listens(self, monkeypatch, tmp_path, login):
        known = Known(monkeypatch)
        first = _job.find([Login("db2.example.com")], str(tmp_path))
        first.start({}, lambda journal: {})
        first.wait(0, 10)
        known.up = False
        assert _job.find([login], str(tmp_path)).path == first.path
        assert _job.find([Login("127.0.0.1", 3307)], str(tmp_path)).path != first.path

    def test_a_job_found_by_another_login_is_alive(self, monkeypatch, tmp_path):
        Known(monkeypatch)
        found = _job.find([Login("db2.example.com")], str(tmp_path))

        def work(journal):
            while not found.cancel_asked():
                time.sleep(0.02)
            return {}

        found.start({}, work)
        assert _job.is_alive("db2.example.com:3306", str(tmp_path))
        found.ask_to_cancel()
        found.wait(0, 10)


class TestHeard:
    def test_a_pipe_with_a_reader(self):
        reader, writer = os.pipe()
        assert _job.is_heard(writer)
        os.close(reader)
        assert not _job.is_heard(writer)
        os.close(writer)

    def test_a_terminal_until_it_is_lost(self):
        master, terminal = os.openpty()
        assert _job.is_heard(terminal)
        os.close(master)
        assert not _job.is_heard(terminal)
        os.close(terminal)

    def test_a_file(self, tmp_path):
        with open(tmp_path / "out", "w") as file:
            assert _job.is_heard(file.fileno())


class TestUntold:
    def test_a_result_is_kept_until_somebody_has_heard_it(self, job):
        job.start({}, lambda journal: {"changed": True})
        job.wait(0, 10)
        assert job.untold()["result"] == {"changed": True}
        job.told()
        assert job.untold() is None
        job.start({}, lambda journal: {"changed": False})
        job.wait(0, 10)
        assert job.untold()["result"] == {"changed": False}

    def test_but_not_for_ever(self, job, monkeypatch):
        job.start({}, lambda journal: {"changed": True})
        job.wait(0, 10)
        monkeypatch.setattr(_job, "UNTOLD_SECONDS", 0)
        assert job.untold() is None

    def test_a_failure_is_tried_again(self, job):
        def work(journal):
            raise CloneError("no")

        job.start({}, work)
        job.wait(0, 10)
        assert job.untold() is None
