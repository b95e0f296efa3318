# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From evidence to causes. That real faults are told is proved on real servers (integration target clone_diagnose)."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _diagnosis, _evidence
from ansible_collections.dbops.mysql_clone.plugins.module_utils._diagnosis import (
    Evidence,
    cause_id,
    causes_of,
    diagnose,
    is_stalled,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._errors import classify
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput, CloneError
from ansible_collections.dbops.mysql_clone.plugins.module_utils._findings import Finding
from ansible_collections.dbops.mysql_clone.plugins.module_utils._progress import view

BEGIN = "2026-11-22T20:00:00.000000Z"
WRONG_PASSWORD = "Clone Donor Error: Connect failed: 1045 : Access denied for user 'cu'@'db2' (using password: YES)."
NO_ROOM = "Clone estimated database size is 938.23 MiB. Available space 701.01 MiB is not enough."


def row(state="Failed", number=0, message="", end="2026-11-22T20:01:00.000000Z", pid=0, source="db1:3306"):
    return {
        "STATE": state,
        "PID": pid,
        "BEGIN_TIME": BEGIN,
        "END_TIME": end,
        "SOURCE": source,
        "DESTINATION": "LOCAL INSTANCE",
        "ERROR_NO": number,
        "ERROR_MESSAGE": message,
        "BINLOG_FILE": "",
        "BINLOG_POSITION": 0,
        "GTID_EXECUTED": "",
    }


def stage(name, state="Completed", done=0, total=0):
    return {
        "STAGE": name,
        "STATE": state,
        "BEGIN_TIME": BEGIN,
        "END_TIME": "2026-11-22T20:00:10.000000Z",
        "THREADS": 1,
        "ESTIMATE": total,
        "DATA": done,
        "NETWORK": done,
        "DATA_SPEED": 0,
    }


def failed(number, message, *stages, **more):
    return view([row(number=number, message=message, **more)], stages)


def finding(name, status="fail", message="so it is", code=None, nested=None, **more):
    error = {"code": code, "symbol": "X", **({"nested": nested} if nested else {})} if code else None
    return Finding(name, name, more.pop("category", "configuration"), status, message, error=error, **more)


def ids(evidence):
    return [cause.id for cause in causes_of(evidence)]


@pytest.mark.parametrize(
    ("number", "text", "name"),
    [
        (3862, WRONG_PASSWORD, "donor.account"),
        (
            3862,
            "Clone Donor Error: Connect failed: 2003 : Can't connect to MySQL server on 'db1:3306' (111).",
            "donor.unreachable",
        ),
        (
            3862,
            "Clone Donor Error: 1227 : Access denied; you need (at least one of) the BACKUP_ADMIN privilege(s)",
            "donor.backup_privilege",
        ),
        (1227, "Access denied; you need (at least one of) the CLONE_ADMIN privilege(s)", "recipient.clone_privilege"),
        (1227, "Access denied; you need (at least one of) the BACKUP_ADMIN privilege(s)", "recipient.backup_privilege"),
        (
            3868,
            "Clone Configuration innodb_page_size: Donor value: 32768 is different from Recipient value: 16384.",
            "pair.innodb_page_size",
        ),
        (3869, "Clone system configuration: h:3306 is not found in clone_valid_donor_list: ", "recipient.donor_list"),
        (3869, "Clone system configuration: innodb_data_file_path: Recipient file count: 1 is less", "pair.data_files"),
        (1026, "Error writing file 'dn/b2.ibd' (errno: 28 - No space left on device)", "recipient.disk_space"),
        (1004, "Can't create file './dn/b2.ibd' (errno: 28 - No space left on device)", "recipient.inodes"),
        (3634, "Too many concurrent clone operations. Maximum allowed - 1.", "recipient.clone"),
        (3862, "Clone Donor Error: 3634 : Too many concurrent clone operations. Maximum allowed - 1..", "donor.slot"),
        (1158, "Got an error reading communication packets", "pair.link_lost"),
        (3874, "Concurrent clone in progress. Please try after clone is complete.", "donor.in_progress"),
        (4711, "from the future", "unknown"),
    ],
)
def test_causes_have_the_ids_of_the_checks(number, text, name):
    assert cause_id(classify(number, text)) == name


def test_a_given_error_is_the_cause():
    result = diagnose(Evidence(given=classify(3862, WRONG_PASSWORD), names={"donor_host": "db1"}))

    assert [cause["id"] for cause in result["causes"]] == ["donor.account"]
    cause = result["causes"][0]
    assert (cause["category"], cause["data"], cause["retry"], cause["priority"]) == (
        "privilege",
        "intact",
        "repair_first",
        "prompt",
    )
    # The names of the message stand in the commands.
    assert "SHOW GRANTS FOR 'cu'@'db2'; -- on the donor" in cause["commands"]
    assert result["verdict"].startswith("The donor refuses the clone account")
    assert (
        "(1045 ER_ACCESS_DENIED_ERROR); the recipient's data is untouched; repair it, then try again."
        in result["verdict"]
    )


def test_nothing_is_known_of_foreign_words():
    result = diagnose(Evidence(given=classify(None, "ORA-00942: table or view does not exist")))

    assert (result["causes"], result["retry"]) == ([], "never")
    assert "names no error" in result["verdict"]


def test_nothing_wrong_is_said_so():
    done = view([row("Completed")], [stage("DROP DATA"), stage("FILE COPY", done=10, total=10)])
    result = diagnose(Evidence(label="db2:3306", clone=done))

    assert result["causes"] == []
    assert (
        result["verdict"]
        == "Nothing wrong was found on db2:3306. The last clone completed at 2026-11-22T20:01:00.000000Z."
    )
    assert result["data"] == "replaced"


def test_what_could_not_be_looked_at_is_said():
    result = diagnose(Evidence(label="db2:3306", unseen=["log (not possible: no error log was found)"]))

    assert result["verdict"].endswith("Not everything could be looked at: log (not possible: no error log was found).")


def test_another_product_is_the_cause():
    evidence = Evidence(
        label="db2:3306", unsuitable="db2:3306 is MariaDB 10.11", findings=[finding("recipient.plugin", code=1524)]
    )

    assert ids(evidence)[0] == "recipient.version"
    assert diagnose(evidence)["verdict"].startswith("db2:3306 is MariaDB 10.11;")


def test_the_last_error_and_a_failing_check_are_one_cause():
    evidence = Evidence(
        label="db2:3306",
        clone=failed(3873, NO_ROOM, stage("DROP DATA"), stage("FILE COPY", "Failed")),
        findings=[
            finding("recipient.plugin", "ok"),
            finding("recipient.disk_space", code=3873, category="disk", remedy="Free 3 GiB", repair=None),
        ],
    )
    causes = causes_of(evidence)

    assert [cause.id for cause in causes] == ["recipient.disk_space"]
    assert len(causes[0].evidence) == 2
    result = diagnose(evidence)
    assert result["data"] == "gone"
    assert any("holds no user data" in words for words in result["causes"][0]["do_not"])


def test_what_a_check_finds_mended_counts_less_than_what_it_finds_broken():
    evidence = Evidence(
        clone=failed(3862, WRONG_PASSWORD),
        findings=[finding("pair.link", "ok"), finding("recipient.donor_list", code=3869)],
    )

    assert ids(evidence) == ["recipient.donor_list", "donor.account"]
    assert "no longer so" in causes_of(evidence)[1].evidence[-1]
    assert ids(evidence._replace(findings=())) == ["donor.account"]


def test_an_error_with_another_donor_counts_less():
    evidence = Evidence(
        donor="db9:3306", clone=failed(3862, WRONG_PASSWORD), findings=[finding("recipient.donor_list", code=3869)]
    )

    assert ids(evidence) == ["recipient.donor_list", "donor.account"]


def test_checks_that_protect_data_are_no_cause():
    assert (
        ids(
            Evidence(
                findings=[finding("recipient.data"), finding("recipient.gtids"), finding("recipient.memory", "warn")]
            )
        )
        == []
    )


def test_the_lock_that_a_check_finds_is_named():
    evidence = Evidence(
        clone=failed(1205, "Lock wait timeout exceeded; try restarting transaction", stage("DROP DATA", "Failed")),
        findings=[
            finding("recipient.backup_lock", message="held by root@localhost (id 18, 1 s)", code=1205, category="state")
        ],
    )

    assert ids(evidence) == ["recipient.backup_lock"]


def test_a_clones_own_locks_and_slots_are_no_cause():
    under_way = view(
        [row("In Progress", end=None, pid=18)],
        [stage("DROP DATA", "In Progress")],
        alive=True,
        now="2026-11-22T20:00:20.000000Z",
    )
    evidence = Evidence(
        clone=under_way,
        findings=[
            finding("recipient.backup_lock", message="held by root@localhost (id 18, 1 s)", code=1205),
            finding("recipient.transactions", message="open: app@db3 (id 7, 99 s)", code=1205),
            finding("recipient.clone", code=3634),
            finding("donor.slot", code=3862, nested=3634),
        ],
    )

    assert ids(evidence) == ["recipient.transactions"]
    assert "Don't restart the recipient" in diagnose(evidence)["causes"][0]["do_not"][0]


def test_a_clone_that_moves_is_fine_and_one_that_stands_still_is_not():
    def at(done):
        now = "2026-11-22T20:00:20.000000Z"
        return view(
            [row("In Progress", end=None, pid=18)],
            [stage("DROP DATA"), stage("FILE COPY", "In Progress", done, 100)],
            alive=True,
            now=now,
        )

    moving, standing = Evidence(clone=at(10), later=at(20)), Evidence(clone=at(10), later=at(10))
    assert (is_stalled(moving), ids(moving)) == (False, [])
    assert (is_stalled(standing), ids(standing)) == (True, ["pair.link_stalled"])
    assert "makes progress; nothing wrong" in diagnose(moving)["verdict"]


def test_a_corpse_is_a_crash():
    corpse = view([row("In Progress", 1317, end=None)], [stage("DROP DATA"), stage("FILE COPY", "Failed")])

    assert ids(Evidence(clone=corpse)) == ["recipient.crashed"]


def down(**more):
    return Evidence(label="db2:3306", down=classify(2003, "Can't connect to MySQL server on 'db2' (111)"), **more)


def log(*events, outcome=None):
    return {
        "events": [
            {"time": BEGIN, "code": code, "severity": severity, "message": message}
            for code, severity, message in events
        ],
        "clones": [{"side": "recipient", "begin": BEGIN, "outcome": outcome, "error": None, "data_dropped": True}]
        if outcome
        else [],
    }


START = ("MY-015015", "system", "MySQL Server - start.")
LCTN = ("MY-011087", "error", "Different lower_case_table_names settings for server ('1') and data dictionary ('0').")


@pytest.mark.parametrize(
    ("evidence", "name"),
    [
        (down(), "recipient.down"),
        (down(denied=True), "recipient.login"),
        (
            down(files={"directory": "/d", "status_fix": True}, log=log(outcome="waiting_for_start")),
            "recipient.supervisor",
        ),
        (down(files={"directory": "/d", "status_fix": True}), "recipient.supervisor"),
        (down(files={"directory": "/d", "status_fix": True}, log=log(outcome="copied")), "recipient.restarting"),
        (
            down(files={"directory": "/d", "status_fix": True}, log=log(START, LCTN, outcome="copied")),
            "pair.lower_case_table_names",
        ),
        (down(files={"directory": "/d", "status_error": True}), "recipient.crashed"),
        (down(files={"directory": "/d", "status_in_progress": True}), "recipient.incomplete_clone"),
        (down(host={"free": 0, "path": "/d"}, files={"directory": "/d", "status_error": True}), "recipient.disk_space"),
        # An error before the last start says nothing about it.
        (down(log=log(LCTN, START)), "recipient.down"),
    ],
)
def test_why_a_recipient_is_down(evidence, name):
    assert ids(evidence)[0] == name


def test_the_clone_directory_is_kept_when_the_copy_is_complete():
    result = diagnose(down(files={"directory": "/d", "status_fix": True}))

    assert "#clone" in result["causes"][0]["do_not"][0]
    assert result["data"] == "replaced"


def test_a_completed_clone_comes_first_in_the_verdict():
    evidence = Evidence(
        label="db2:3306",
        clone=view([row("Completed")], [stage("DROP DATA")]),
        findings=[finding("recipient.donor_list", code=3869)],
    )

    assert diagnose(evidence)["verdict"].startswith("The last clone on db2:3306 completed at")
    assert "Another one would fail: so it is (3869 ER_CLONE_SYS_CONFIG)" in diagnose(evidence)["verdict"]


def test_a_diagnosis_is_plain_data():
    evidence = Evidence(
        label="db2:3306", clone=failed(3862, WRONG_PASSWORD), findings=[finding("donor.plugin", code=3862, nested=1524)]
    )

    assert json.loads(json.dumps(diagnose(evidence)))["causes"][0]["id"] == "donor.account"


# -- what is read from files -------------------------------------------------------------------------------------------


def test_a_clones_record_is_read_from_disk(tmp_path):
    directory = tmp_path / "#clone"
    directory.mkdir()
    # As a real server leaves them behind after error 3707.
    (directory / "#view_status").write_text("1 1\n1795388917049918 1795388918489164\n127.0.0.1:41423\n0\n\n\n0\n\n")
    (directory / "#view_progress").write_text(
        "1\n2 1 1795388917481121 1795388917887867 0 0 0\n2 1 1795388917887965 1795388918257440 85055111 85055111 85068210\n"
        "2 1 1795388918366016 1795388918391149 0 0 99\n2 1 1795388918391765 1795388918446157 4946944 4946944 4947955\n"
        "2 1 1795388918447470 1795388918488105 0 0 0\n0 0 0 0 0 0 0\n0 0 0 0 0 0 0\n"
    )
    (directory / "#status_fix").touch()

    clone = _evidence.clone_on_disk(str(tmp_path))

    assert (clone["state"], clone["source"], clone["error"]) == ("in_progress", "127.0.0.1:41423", None)
    assert clone["begin_time"].startswith("2026-11-22T23:08:37.04")
    assert clone["bytes_done"] == 85055111 + 4946944
    assert _evidence.files_of(str(tmp_path)) == {
        "directory": str(tmp_path),
        "status_in_progress": False,
        "status_error": False,
        "status_fix": True,
        "status_recovery": False,
    }


@pytest.mark.parametrize("status", ["", "1\n", "1 9\n1 1\n", "x y\n1 1\nh:1\n0\n\n", "1 1\nnow then\nh:1\n0\n\n"])
def test_a_record_that_is_broken_is_none(tmp_path, status):
    (tmp_path / "#clone").mkdir()
    (tmp_path / "#clone/#view_status").write_text(status)

    assert _evidence.clone_on_disk(str(tmp_path)) is None
    assert _evidence.clone_on_disk(str(tmp_path / "none")) is None


@pytest.mark.parametrize(
    ("text", "number"), [("3870", 3870), (" 28 ", 28), ("ERROR 3870 (HY000): x", 3870), ("nothing", None)]
)
def test_an_error_is_taken_as_number_or_text(text, number):
    assert _evidence.given_error(text).number == number


def test_a_step_that_is_not_possible_is_told_and_ends_alone():
    times = iter((0.0, 1.5, 2.0, 2.25))
    steps = _evidence.Steps(lambda: next(times))
    with steps.step("log", "the error log"):
        raise BadInput("no error log was found")
    with steps.step("checks", "all") as step:
        step["result"] = "5 checks"

    assert steps.done == [
        {"step": "log", "what": "the error log", "result": "not possible: no error log was found", "seconds": 1.5},
        {"step": "checks", "what": "all", "result": "5 checks", "seconds": 0.25},
    ]


@pytest.mark.parametrize(
    ("host", "source", "label"),
    [
        ("db1", "db9:3307", "db1:3306"),
        (None, "db9:3307", "db9:3307"),
        (None, "LOCAL INSTANCE", None),
        (None, "db3:none", None),
        (None, None, None),
    ],
)
def test_the_donor_is_the_named_one_or_the_last_one(host, source, label):
    params = {
        "donor_host": host,
        "donor_port": 3306,
        "donor_user": "cu",
        "donor_password": "x",
        "require_ssl": None,
        "donor_ca_cert": None,
        "donor_check_hostname": None,
        "connect_timeout": 5,
    }

    donor = _evidence._donor_of(params, {"source": source})

    assert (donor.label if donor else None) == label
    # Nobody's password is tried at a donor that wasn't named.
    assert donor is None or (donor.user is None) == (host is None)


LINE = "2026-11-22T19:43:%02d.000000Z 18 [Note] [MY-013272] [Clone] Plugin Clone reported: 'Client: Task Connect.'\n"
OTHER = "2026-11-22T19:43:00.000000Z 9 [Note] [MY-010914] [Server] Aborted connection 9\n"


@pytest.mark.parametrize("name", ["error.log", "error.log.gz"])
def test_the_end_of_a_log_is_read_whole_and_the_rest_searched(tmp_path, monkeypatch, name):
    text = (LINE % 1 + OTHER * 200 + LINE % 2).encode()
    path = tmp_path / name
    path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    monkeypatch.setattr(_evidence, "READ_WHOLE", 1000)

    log = _evidence.log_of(str(path), "")

    assert log["clones"][0]["begin"] == "2026-11-22T19:43:01.000000Z"
    assert len(log["events"]) == (202 if name.endswith(".gz") else 12)
    assert (
        _evidence.log_of(str(path), "2026-11-22T19:43:02.000000Z")["events"][0]["time"] == "2026-11-22T19:43:02.000000Z"
    )


def test_a_log_that_cannot_be_read_ends_its_step_alone(tmp_path):
    (tmp_path / "error.log.gz").write_bytes(b"\x1f\x8b but no more")
    for path in (tmp_path / "error.log.gz", tmp_path / "none"):
        with pytest.raises(CloneError, match="can't be read"):
            _evidence.log_of(str(path), "")


# -- what the history and the playbooks add ----------------------------------------------------------------------------

HISTORY = [
    {"host": "db7", "time": "2026-01-01T00:00:00Z", "cause": "donor.account", "solved_by": "a new password"},
    {"host": "db8", "time": "2026-03-01T00:00:00Z", "cause": "donor.account", "solved_by": None},
    {"host": "db9", "time": "2026-02-01T00:00:00Z", "error": 1045, "solved_by": "the account's host part"},
    {"host": "db1", "time": "2026-02-01T00:00:00Z", "cause": "donor.plugin", "solved_by": "installing it"},
]


def explained(text: str, history=()) -> dict:
    evidence = _diagnosis.Evidence(given=_evidence.given_error(text), history=_diagnosis.incidents(history))
    return _diagnosis.diagnose(evidence)


def test_earlier_incidents_of_the_same_cause_are_told_the_solved_ones_first():
    result = explained("3862: Clone Donor Error: 1045 : Access denied for user 'a'@'b'", HISTORY)
    assert [row["host"] for row in result["causes"][0]["seen_before"]] == ["db9", "db7", "db8"]
    told = _diagnosis.lines(dict(result, steps=[]), "db2")
    assert "   seen before on db9 at 2026-02-01T00:00:00Z, solved by the account's host part" in told
    assert "   repaired by: ansible-playbook dbops.mysql_clone.clone --limit db2" in told


@pytest.mark.parametrize("row", ["", "{", '{"host": "db', "[1]", "null", '{"host": "db7"}', 7, None])
def test_a_history_that_is_broken_does_not_stop_a_diagnosis(row):
    assert _diagnosis.incidents([row, '{"cause": "donor.slot"}']) == [{"cause": "donor.slot"}]


@pytest.mark.parametrize("text", ["Clone Donor Error: 1698 : Access denied for user 'root'@'localhost'", "1698"])
def test_an_account_without_a_password_is_a_matter_of_privilege(text):
    assert _evidence.given_error(text).category == "privilege"


def test_every_playbook_that_a_cause_names_is_there():
    root = Path(__file__).parents[4]
    for name in _diagnosis.PLAYBOOKS.values():
        assert (root / "playbooks" / (name.rpartition(".")[2] + ".yml")).is_file()


@pytest.mark.parametrize(
    ("story", "causes"),
    [
        ({"outcome": "completed"}, []),
        ({"outcome": "interrupted"}, ["donor.restarted"]),
        (
            {"outcome": "failed", "error": {"code": 3634, "message": "Too many concurrent clone operations"}},
            ["donor.slot"],
        ),
        ({"outcome": "interrupted", "begin": "2026-11-22T23:00:00.000000Z"}, []),
        ({"outcome": "interrupted", "side": "recipient"}, []),
    ],
)
def test_the_donors_own_log_has_its_say(story, causes):
    clone = view(
        [
            {
                "STATE": "Failed",
                "PID": 0,
                "BEGIN_TIME": BEGIN,
                "END_TIME": BEGIN,
                "SOURCE": "db1:3306",
                "DESTINATION": "LOCAL INSTANCE",
                "ERROR_NO": 0,
                "ERROR_MESSAGE": "",
                "BINLOG_FILE": "",
                "BINLOG_POSITION": 0,
                "GTID_EXECUTED": "",
            }
        ]
    )
    log = {"clones": [{"side": "donor", "begin": BEGIN, "data_dropped": False, "error": None, **story}]}
    assert [cause.id for cause in causes_of(Evidence(clone=clone, donor_log=log))] == causes


def copied(done, seconds):
    return {**stage("FILE COPY", done=done, total=done), "END_TIME": f"2026-11-22T20:00:{seconds:02}.000000Z"}


@pytest.mark.parametrize(
    ("done", "seconds", "slow"),
    [
        (_diagnosis.SLOW_RATE * 10 - 10, 10, True),
        (_diagnosis.SLOW_RATE * 10, 10, False),
        (_diagnosis.SLOW_AFTER - 1, 10, False),
    ],
)
def test_a_slow_copy_is_a_cause_among_others(done, seconds, slow):
    clone = failed(3862, "Clone Donor Error: 2013 : Lost connection", copied(done, seconds))
    found = [cause for cause in causes_of(Evidence(label="db2:3306", clone=clone)) if cause.id == "pair.slow_link"]
    assert bool(found) is slow
    if slow:
        assert (found[0].score, found[0].entry.priority, found[0].entry.retry) == (_diagnosis.SLOW, "planned", "never")
        assert found[0].evidence == ("50.0 MiB of data in 10 s",)


def told(outcome, number=None, message="", begin=BEGIN, side="recipient"):
    error = {"code": number, "message": message} if number else None
    story = {"side": side, "begin": begin, "outcome": outcome, "error": error, "data_dropped": True}
    return {"events": [], "clones": [story]}


@pytest.mark.parametrize(
    ("clone", "story", "name", "score"),
    [
        # What the log knows and the record doesn't.
        (None, told("failed", 3862, WRONG_PASSWORD), "donor.account", _diagnosis.LOGGED),
        (None, told("interrupted"), "recipient.crashed", _diagnosis.FAILED),
        # A killed clone's record has the read that was interrupted, the log the reason.
        (failed(1158, "Got an error reading communication packets"), told("failed", 1317, "Query execution was interrupted"), None, _diagnosis.FAILED + 2),
        # The clone of the record has begun since.
        (failed(3862, WRONG_PASSWORD), told("interrupted", begin="2026-11-22T19:00:00.000000Z"), None, None),
    ],
)  # fmt: skip
def test_what_the_recipients_log_tells_of_its_last_clone(clone, story, name, score):
    evidence = Evidence(label="db2:3306", clone=clone, log=story)
    found = {cause.id: cause for cause in causes_of(evidence) if any("the log: " in words for words in cause.evidence)}
    if score is None:
        assert found == {}
        return
    assert [cause.score for cause in found.values()] == [score]
    if name:
        assert list(found) == [name]


@pytest.mark.parametrize(
    ("later", "stalled"),
    [
        ({}, True),
        ({"bytes_done": 11}, False),
        ({"stage": "REDO COPY"}, False),
        ({"state": "failed"}, False),
    ],
)
def test_a_clone_stands_still_that_copies_and_has_not_moved(later, stalled):
    clone = {**view([row("In Progress", end=None, pid=7)], [], True), "stage": "FILE COPY", "bytes_done": 10}
    assert is_stalled(Evidence(label="db2", clone=clone, later={**clone, **later})) is stalled
    assert not is_stalled(Evidence(label="db2", clone={**clone, "stage": "DROP DATA"}, later=clone))
