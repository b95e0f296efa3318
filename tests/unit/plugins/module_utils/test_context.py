# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run has around it: threads, the start command, and how long it may still wait."""

from __future__ import annotations

import re
import threading
import time

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _context
from ansible_collections.dbops.mysql_clone.plugins.module_utils._context import Background, Context, Donor, Link, Wanted
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import CloneError
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import Login

ME = Login(host="db1", user="root", password="r")
THERE = Login(host="db2", user="cloner", password="c")


def wanted(**more):
    return Wanted(donors=(Donor(THERE, None),), logins=(ME,), **more)


class Slow(Link):
    """Its clock goes on only while somebody sleeps."""

    def __init__(self):
        self.now, self.slept = 100.0, []

    def clock(self):
        return self.now

    def wall(self):
        return self.now + 1000

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


def never():
    return False


@pytest.mark.parametrize("start", [Background, Link().background, Link().aside])
def test_a_function_in_the_background_hands_on_what_it_returns(start):
    go = threading.Event()

    def work():
        go.wait(10)
        return 7

    found = start(work)
    assert (found.wait(0), found.result) == (False, None)
    go.set()
    assert found.wait(10) is True
    assert (found.result, found.error) == (7, None)


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt()])
def test_a_function_in_the_background_hands_on_its_error(error):
    def work():
        raise error

    found = Background(work)
    assert found.wait(10) is True
    assert (found.result, found.error) == (None, error)


def test_the_links_clocks_are_the_machines():
    link = Link()
    assert abs(link.clock() - time.monotonic()) < 5
    assert abs(link.wall() - time.time()) < 5
    before = time.monotonic()
    link.sleep(0.02)
    assert time.monotonic() - before >= 0.02
    jitter = [link.jitter() for _number in range(200)]
    assert 0 <= min(jitter) < 0.05 < 0.15 < max(jitter) <= 0.2


def test_a_session_is_opened_with_the_logins_and_the_patience_given(monkeypatch):
    asked = []
    monkeypatch.setattr(_context, "connect_first", lambda logins, read_timeout: asked.append((logins, read_timeout)))
    Link().open([ME], 3.0)
    Context(wanted(), None, Link(), never).own()
    assert asked == [([ME], 3.0), ((ME,), 30.0)]


def test_a_start_command_that_works_is_silent(tmp_path):
    Link().command(f"echo started > '{tmp_path / 'here'}'; echo noise", 10)
    assert (tmp_path / "here").read_text(encoding="utf-8") == "started\n"


def test_a_start_command_that_fails_is_told_with_its_last_words():
    with pytest.raises(CloneError, match=re.escape("start_command ended with status 3: ")) as caught:
        Link().command("printf 'x%.0s' $(seq 600); printf 'last \\377words\\n' >&2; exit 3", 10)
    words = caught.value.message.partition(": ")[2]
    assert len(words) == 500
    assert words.endswith("xlast \ufffdwords")


def test_a_start_command_does_not_wait_for_input_nor_for_ever():
    Link().command("cat", 10)
    with pytest.raises(CloneError, match=r"^start_command did not end within 1 seconds$"):
        Link().command("exec sleep 30", 1)


def test_a_start_command_has_a_second_at_least():
    Link().command("sleep 0.2", 0)


@pytest.mark.parametrize(
    ("deadline", "left"), [(None, 60.0), (1100.0 + 20, 20.0), (1100.0 + 90, 60.0), (1100.0 - 5, -5.0)]
)
def test_the_run_ends_with_its_time_or_at_its_deadline(deadline, left):
    context = Context(wanted(timeout=60.0, deadline=deadline), None, Slow(), never)
    assert context.left() == left
    assert (context.begun, context.label, context.accounts) == (100.0, ME.label, (ME,))


@pytest.mark.parametrize(("asked", "slept"), [(0.2, [0.2]), (1.2, [0.5, 0.5, 0.2]), (0.0, []), (9.0, [0.5, 0.5, 0.5])])
def test_a_pause_ends_with_the_run(asked, slept):
    link = Slow()
    Context(wanted(timeout=1.5), None, link, never).pause(asked)
    assert link.slept == pytest.approx(slept)


def test_a_pause_ends_when_the_run_is_cancelled():
    link = Slow()
    Context(wanted(timeout=60.0), None, link, lambda: len(link.slept) == 2).pause(30)
    assert link.slept == [0.5, 0.5]


@pytest.mark.parametrize(("admin", "account"), [(None, None), (("adm", "p"), ("adm", "p")), ((None, "p"), (None, "p"))])
def test_the_donors_administrator_logs_in_where_the_donor_is(admin, account):
    login = Context(wanted(donor_admin=admin), None, Slow(), never).donor_admin(Donor(THERE, None))
    assert (login and (login.user, login.password)) == account
    assert login is None or login.host == "db2"


def test_a_clone_that_ended_knows_why():
    ended = _context.Ended("it was killed", "db1:3306", "retry")
    assert (ended.number, ended.text, ended.retry) == (1317, "it was killed", "retry")
    assert ended.server == "db1:3306"


def test_times_are_told_in_utc():
    assert _context.utc(1_790_000_000.9) == "2026-09-21T14:13:20Z"
