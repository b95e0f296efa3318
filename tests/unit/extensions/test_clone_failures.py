# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event source tells of each failed or stalled clone once."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
import yaml

from ansible_collections.dbops.mysql_clone.extensions.eda.plugins.event_source import clone_failures
from ansible_collections.dbops.mysql_clone.plugins.module_utils import _progress
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import ServerError

FAILED = dict(
    _progress.NONE,
    state="failed",
    begin_time="2026-11-22T10:00:00Z",
    error={"code": 3862, "message": "Clone Donor Error: Connect failed: 1045 : Access denied."},
)
RUNNING = dict(_progress.NONE, state="in_progress", stage="FILE COPY", begin_time="2026-11-22T11:00:00Z")


def test_a_failed_clone_is_told_of_once():
    seen = clone_failures.Seen("db2", stall_timeout=300, only_new=False)
    event = seen.event(0, FAILED)["clone"]
    assert (event["host"], event["kind"], event["error"]["code"]) == ("db2", "failed", 3862)
    assert seen.event(10, FAILED) is None
    again = dict(FAILED, begin_time="2026-11-22T12:00:00Z")
    assert seen.event(20, again)["clone"]["begin_time"] == again["begin_time"]


def test_a_clone_that_had_failed_before_can_be_left_out():
    seen = clone_failures.Seen("db2", stall_timeout=300, only_new=True)
    assert seen.event(0, FAILED) is None
    assert seen.event(10, FAILED) is None
    assert seen.event(20, dict(FAILED, begin_time="2026-11-22T12:00:00Z"))


def test_a_clone_without_progress_is_told_of_when_its_time_is_over():
    seen = clone_failures.Seen("db2", stall_timeout=60, only_new=False)
    assert seen.event(0, dict(RUNNING, bytes_done=1)) is None
    assert seen.event(50, dict(RUNNING, bytes_done=2)) is None
    assert seen.event(109, dict(RUNNING, bytes_done=2)) is None
    event = seen.event(110, dict(RUNNING, bytes_done=2))["clone"]
    assert (event["kind"], event["stage"], event["stalled_seconds"]) == ("stalled", "FILE COPY", 60)
    assert seen.event(120, dict(RUNNING, bytes_done=2)) is None


@pytest.mark.parametrize("state", ["none", "completed", "in_progress"])
def test_what_goes_well_is_no_event(state):
    assert clone_failures.Seen("db2", 300, False).event(0, dict(_progress.NONE, state=state)) is None


@pytest.mark.parametrize(
    ("server", "words"),
    [({"login_host": "db2"}, "has no name"), ({"name": "db2", "login_hots": "db2"}, "unknown login_hots")],
)
def test_an_entry_that_names_no_server_is_refused(server, words):
    with pytest.raises(ValueError, match=words):
        clone_failures.login(server)


def test_a_login_is_taken_over_and_its_password_not_shown():
    way = clone_failures.login(
        {"name": "db2", "login_host": "192.0.2.12", "login_user": "m", "login_password": "geheim"}
    )
    assert (way.host, way.port, way.user, way.password) == ("192.0.2.12", 3306, "m", "geheim")
    assert "geheim" not in repr(way)


def test_a_server_in_its_restart_is_looked_at_again(monkeypatch):
    answers = iter([ServerError(2003, "refused", "db2:3306"), FAILED])

    def look(_way):
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(clone_failures, "look", look)

    async def first_event():
        queue = asyncio.Queue()
        servers = [{"name": "db2", "login_host": "192.0.2.12"}]
        watching = asyncio.ensure_future(clone_failures.main(queue, {"servers": servers, "interval": 0.01}))
        try:
            return await asyncio.wait_for(queue.get(), 5)
        finally:
            watching.cancel()

    assert asyncio.run(first_event())["clone"]["host"] == "db2"


@pytest.mark.parametrize(
    ("arguments", "words"), [({}, "servers is empty"), ({"servers": [{"name": "a"}], "interval": 0}, "interval is 0")]
)
def test_arguments_that_make_no_sense_are_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        asyncio.run(clone_failures.main(asyncio.Queue(), arguments))


ROOT = Path(__file__).resolve().parents[3]
DOCUMENTED = yaml.safe_load(clone_failures.DOCUMENTATION)["options"]


def parts(rulebook):
    """The sources' arguments, and name and variables of each playbook that is run."""
    sources, runs = [], []
    for ruleset in rulebook:
        sources += [source["dbops.mysql_clone.clone_failures"] for source in ruleset["sources"]]
        for rule in ruleset["rules"]:
            actions = rule.get("actions") or [rule["action"]]
            runs += [(action["run_playbook"]["name"], action["run_playbook"]["extra_vars"]) for action in actions]
    return sources, runs


@pytest.mark.parametrize(
    "text",
    [(ROOT / "extensions/eda/rulebooks/clone_failures.yml").read_text(encoding="utf-8"), clone_failures.EXAMPLES],
    ids=["rulebook", "example"],
)
def test_a_rulebook_asks_for_what_there_is(text):
    sources, runs = parts(yaml.safe_load(text))
    assert sources
    assert runs
    for arguments in sources:
        assert set(arguments) <= set(DOCUMENTED)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, variables in runs:
        playbook = name.removeprefix("dbops.mysql_clone.")
        assert (ROOT / f"playbooks/{playbook}.yml").is_file()
        assert all(f"| `{variable}` |" in readme for variable in variables)
    event = clone_failures.Seen("db2", 300, False).event(0, FAILED)
    for path in re.findall(r"event\.([a-z_.]+)", text):
        found = event
        for key in path.split("."):
            found = found[key]
