# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a state to the steps out of it. That they lead out is proved on real servers (integration target recover_playbook)."""

from __future__ import annotations

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _progress, _recovery, _repair
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput
from ansible_collections.dbops.mysql_clone.plugins.module_utils._recovery import Seen, Wanted
from ansible_collections.dbops.mysql_clone.plugins.modules import clone_recover


def clone(state: str, drop: str = "completed", destination: str = "LOCAL INSTANCE") -> dict:
    """A view as clone_status returns it."""
    error = {"code": 1317, "message": "Query execution was interrupted"} if state == "failed" else None
    stages = [{"stage": "DROP DATA", "state": drop}] if state != "none" else []
    return dict(_progress.NONE, state=state, source="db1:3306", destination=destination, stages=stages, error=error)


FAILED = clone("failed")
SWAP = {"goal": "forward", "datadir": "/d", "new": "/d.new", "old": "/d.old"}
KEPT = dict(SWAP, goal="done", state="swapped")
UP = Seen(clone=clone("none"), schemas=())
CAN_START = Wanted(can_start=True)
LOST = "Can't connect"


def planned(seen: Seen, wanted: Wanted = CAN_START) -> list[str]:
    return [step.action + ("" if step.by == "module" else ":" + step.by) for step in _recovery.plan(seen, wanted)]


@pytest.mark.parametrize(
    ("seen", "wanted", "steps"),
    [
        (UP, CAN_START, []),
        (Seen(clone=clone("completed"), schemas=("app",)), CAN_START, []),
        (Seen(clone=clone("failed", "not_started"), schemas=("own",)), CAN_START, []),
        (Seen(clone=clone("in_progress"), schemas=()), CAN_START, ["attach"]),
        (Seen(clone=clone("completed"), schemas=(), job={"alive": True}), CAN_START, ["attach"]),
        (Seen(clone=FAILED, schemas=()), CAN_START, ["clone:clone"]),
        (Seen(clone=FAILED, schemas=()), Wanted(data="none"), ["clone:hand"]),
        # All was dropped, and somebody has brought data back by other means.
        (Seen(clone=FAILED, schemas=("restored",)), CAN_START, []),
        (Seen(clone=clone("failed", "failed"), schemas=("left",)), CAN_START, ["clone:clone"]),
        (Seen(clone=clone("failed", destination="/elsewhere"), schemas=()), CAN_START, []),
        (
            Seen(clone=clone("none"), schemas=(), story={"data_dropped": True, "outcome": "interrupted"}),
            CAN_START,
            ["clone:clone"],
        ),
        (Seen(clone=clone("none"), schemas=(), story={"data_dropped": True, "outcome": "completed"}), CAN_START, []),
        (Seen(down=LOST), CAN_START, ["start"]),
        (Seen(down=LOST), Wanted(), ["start:hand"]),
        (Seen(down=LOST, process=True), Wanted(), ["start"]),
        (
            Seen(down=LOST, marks=("status_fix",), obstacles=(("its port is taken.", "Free it."),)),
            CAN_START,
            ["mend:hand"],
        ),
        (Seen(down="Access denied", denied=True), CAN_START, ["login:hand"]),
        (Seen(down=LOST, job={"swap": SWAP}), CAN_START, ["finish_swap"]),
        (Seen(down=LOST, job={"swap": SWAP}), Wanted(), ["finish_swap:hand"]),
        (UP._replace(job={"swap": dict(SWAP, goal="none")}), CAN_START, ["abandon_swap"]),
        (UP._replace(job={"settings": {"clone_ddl_timeout": 300}}), CAN_START, ["restore_settings"]),
        (
            UP._replace(job={"donor_settings": {"db1:3306": {"net_read_timeout": 30}}}),
            CAN_START,
            ["restore_donor_settings"],
        ),
        (UP._replace(half=("/x",)), CAN_START, ["remove_half_clones"]),
        (UP._replace(remains=("ibdata1.#clone",)), CAN_START, ["remove_remains"]),
        (UP._replace(remains=("ibdata1.#clone",), marks=("status_error",)), CAN_START, []),
        (UP._replace(remains=("ibdata1.#clone",), clone=clone("in_progress")), CAN_START, ["attach"]),
        # Without a clone that failed they are somebody else's.
        (UP._replace(empty=("/d/app",), orphans=("/d/b",)), CAN_START, []),
        (UP._replace(clone=FAILED, empty=("/d/app",)), CAN_START, ["remove_empty_directories", "clone:clone"]),
        (UP._replace(clone=FAILED, orphans=("/d/b",)), CAN_START, ["move_orphans:hand", "clone:clone"]),
        (UP._replace(clone=FAILED, orphans=("/d/b",)), Wanted(overwrite=True), ["remove_orphans", "clone:clone"]),
        (UP._replace(job={"kept": KEPT}), CAN_START, []),
        (UP._replace(job={"kept": KEPT}), Wanted(roll_back=True, can_start=True), ["roll_back"]),
        (UP._replace(job={"kept": KEPT}), Wanted(roll_back=True), ["roll_back:hand"]),
        (UP._replace(job={"kept": dict(KEPT, state="rolled_back")}), Wanted(roll_back=True, can_start=True), []),
        (UP._replace(old=("/d.old",)), CAN_START, []),
        (UP._replace(old=("/d.old",)), Wanted(cleanup=True), ["remove_old"]),
        (Seen(down=LOST, old=("/d.old",)), Wanted(cleanup=True), ["start:hand"]),
    ],
)
def test_plan(seen: Seen, wanted: Wanted, steps: list[str]):
    assert planned(seen, wanted) == steps
    assert all(step.reason for step in _recovery.plan(seen, wanted))


@pytest.mark.parametrize(
    ("sizes", "how"),
    [
        ({"shop": 1 << 30, "archive": 80 << 30}, "copy_schemas"),
        ({"shop": 1 << 30, "archive": 2 << 30}, "clone:clone"),
        ({"shop": 1 << 30}, "clone:clone"),
        (None, "clone:clone"),
    ],
)
def test_the_cheaper_way_is_taken_and_told(sizes, how):
    wanted = Wanted(schemas=("shop",))
    seen = UP._replace(clone=FAILED, donor_sizes=sizes)
    assert planned(seen, wanted) == [how]
    assert "logical copy" in _recovery.plan(seen, wanted)[0].reason
    assert planned(seen._replace(clone=clone("completed")), wanted) == []


def test_only_what_is_missing_is_copied_unless_the_rest_is_given_up():
    wanted = Wanted(data="copy", schemas=("a", "b", "c"))
    seen = UP._replace(schemas=("a", "b"), differing=("b",))
    assert _recovery.due_schemas(seen, wanted) == ("c",)
    assert _recovery.due_schemas(seen, wanted._replace(overwrite=True)) == ("b", "c")
    assert planned(seen._replace(schemas=("a", "b", "c")), wanted) == []


def test_what_is_left_of_the_data_must_be_given_up():
    seen = UP._replace(clone=clone("failed", "in_progress"), schemas=("left",))
    assert "mysql_clone_overwrite" in _recovery.plan(seen, CAN_START)[-1].reason
    assert "mysql_clone_overwrite" not in _recovery.plan(seen, Wanted(overwrite=True))[-1].reason


def test_a_dry_run_tells_what_follows_a_start():
    seen = Seen(down=LOST, clone=FAILED, marks=("status_error",))
    (step,) = _recovery.plan(seen, CAN_START)
    assert "cloned anew" in step.reason


def test_lines_and_verdict():
    steps = [
        _recovery.Step("start", "it is down").as_dict("done"),
        _recovery.Step("clone", "the data is gone", "clone").as_dict("left"),
    ]
    assert _recovery.lines(steps, "db2") == [
        "db2: done: start; to do: clone",
        "1. start [done], because it is down",
        "2. clone [left] (by the clone that follows), because the data is gone",
    ]
    assert _recovery.verdict([dict(steps[0], status="failed")], "db2") == "db2: failed: start"
    assert _recovery.verdict([], "db2") == "db2: nothing to recover"


# -- the module's options, and what it reads from disk -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"data": "copy"}, "schemas is empty"),
        ({"schemas": ["app"]}, "donor_host and donor_user"),
        ({"schemas": ["mysql"], "donor_host": "db1", "donor_user": "c"}, "belongs to the server"),
        ({"schemas": [""], "donor_host": "db1", "donor_user": "c"}, "can't be the name"),
        ({"timeout": 0.0}, "timeout is 0"),
        ({"start_timeout": 0.5}, "start_timeout is 0.5"),
    ],
)
def test_bad_options(options, said):
    params = {name: spec.get("default") for name, spec in clone_recover.ARGUMENT_SPEC.items()}
    with pytest.raises(BadInput, match=said):
        _repair.wanted(params | options)


def test_directories_of_unknown_schemas(tmp_path):
    for name in ("app", "old@002dapp", "gone", "bare", "mixed", "mysql", "#innodb_redo", ".hidden"):
        (tmp_path / name).mkdir()
    (tmp_path / "gone" / "t.ibd").touch()
    (tmp_path / "mixed" / "t.ibd").touch()
    (tmp_path / "mixed" / "notes.txt").touch()
    found = _repair.unknown_directories(str(tmp_path), {"app", "old-app"})
    assert found == ((str(tmp_path / "bare"),), (str(tmp_path / "gone"),))


def test_directories_that_the_server_uses_are_no_schemas(tmp_path):
    for name in ("tmp", "log", "undo", "app", "binlog"):
        (tmp_path / name).mkdir()
    variables = {
        "tmpdir": "%s/tmp:/tmp" % tmp_path,
        "log_error": "./log/error.log",
        "innodb_undo_directory": "undo",
        "log_bin_basename": "%s/binlog/binlog" % tmp_path,
        "version": "9.7.4",
        "port": 3306,
        "init_connect": None,
    }
    used = _repair.used_paths(str(tmp_path), variables)
    assert _repair.unknown_directories(str(tmp_path), set(), used) == ((str(tmp_path / "app"),), ())


def test_what_the_journal_of_an_earlier_run_tells(tmp_path):
    kept = dict(KEPT, old=str(tmp_path))
    assert _repair.job_of(None, False) == {
        "alive": False,
        "settings": None,
        "donor_settings": None,
        "swap": None,
        "kept": None,
    }
    killed = {"finished": False, "settings_before": {"clone_ddl_timeout": 300}, "swap": SWAP, "kept": kept}
    assert _repair.job_of(killed, False) == {
        "alive": False,
        "settings": {"clone_ddl_timeout": 300},
        "donor_settings": None,
        "swap": SWAP,
        "kept": kept,
    }
    assert _repair.job_of({"finished": True, "swap": kept}, False)["kept"] == kept
    assert _repair.job_of({"finished": True, "swap": KEPT}, False)["kept"] is None, "the directory is gone"


class OtherRun:
    """A job of clone_run: alive for some looks, with the journal that it has."""

    def __init__(self, journal: dict, alive: bool = True) -> None:
        self.journal, self._alive = journal, alive

    def alive(self) -> bool:
        return self._alive

    def read(self) -> dict:
        return self.journal

    def wait(self, seen: int, seconds: float | None) -> dict:
        return self.journal


EVENTS = [{"number": number, "seconds": 1.0, "text": "FILE COPY"} for number in (1, 2, 3)]


def test_a_run_under_way_is_followed_and_its_news_handed_on():
    followed = _repair._other_run(OtherRun({"finished": False, "events": EVENTS, "count": 3}), 1, 2.0)
    assert followed is not None
    assert (followed["finished"], followed["attached"], followed["seen"]) == (False, True, -3)
    assert [event["number"] for event in followed["events"]] == [2, 3]


@pytest.mark.parametrize(
    ("journal", "alive"),
    [({"finished": True}, True), ({"finished": False}, False), ({"finished": False, "recovery": True}, True)],
)
def test_nothing_is_followed_that_has_ended_or_is_a_recovery(journal, alive):
    assert _repair._other_run(OtherRun(journal, alive), 0, 2.0) is None
