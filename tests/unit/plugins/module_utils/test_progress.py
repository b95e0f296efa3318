# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows as a real MySQL 9.7.4 gave them, and what is made of them."""

from __future__ import annotations

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _pace, _progress

STATUS = {
    "ID": 1,
    "PID": 0,
    "STATE": "Completed",
    "BEGIN_TIME": "2026-11-22T19:43:30.963000Z",
    "END_TIME": "2026-11-22T19:43:41.902000Z",
    "SOURCE": "127.0.0.1:3501",
    "DESTINATION": "LOCAL INSTANCE",
    "ERROR_NO": 0,
    "ERROR_MESSAGE": "",
    "BINLOG_FILE": "binlog.000001",
    "BINLOG_POSITION": 1687,
    "GTID_EXECUTED": "f5ec3a9d-e6ac-11f1-b885-02fc00000001:1-6",
}


def stage(name, state, begin, end, estimate=0, data=0, network=0, speed=0, threads=1):
    return {
        "ID": 1,
        "STAGE": name,
        "STATE": state,
        "BEGIN_TIME": begin,
        "END_TIME": end,
        "THREADS": threads,
        "ESTIMATE": estimate,
        "DATA": data,
        "NETWORK": network,
        "DATA_SPEED": speed,
        "NETWORK_SPEED": speed,
    }


DONE = [
    stage("DROP DATA", "Completed", "2026-11-22T19:43:31.086946Z", "2026-11-22T19:43:31.175998Z"),
    stage(
        "FILE COPY",
        "Completed",
        "2026-11-22T19:43:31.176096Z",
        "2026-11-22T19:43:31.392047Z",
        73635952,
        73635952,
        73648490,
    ),
    stage("PAGE COPY", "Completed", "2026-11-22T19:43:31.392522Z", "2026-11-22T19:43:31.397076Z", network=99),
    stage("REDO COPY", "Completed", "2026-11-22T19:43:31.397395Z", "2026-11-22T19:43:31.402203Z", 5120, 5120, 5517),
    stage("FILE SYNC", "Completed", "2026-11-22T19:43:31.402508Z", "2026-11-22T19:43:31.414498Z"),
    stage("RESTART", "Completed", "2026-11-22T19:43:31.414498Z", "2026-11-22T19:43:37.130789Z", threads=0),
    stage("RECOVERY", "Completed", "2026-11-22T19:43:37.130789Z", "2026-11-22T19:43:41.901500Z", threads=0),
]
RUNNING = [
    DONE[0],
    stage("FILE COPY", "In Progress", "2026-11-22T19:43:31.176096Z", None, 1000, 250, 260, 50),
    *(stage(name, "Not Started", None, None, threads=0) for name in _progress.STAGES[2:]),
]
NOW = "2026-11-22T19:43:36.176096Z"


def running(**changes):
    return _progress.view(
        [dict(STATUS, STATE="In Progress", PID=18, END_TIME=None, ERROR_NO=0, **changes)], RUNNING, True, NOW
    )


def test_no_rows_is_no_clone():
    assert _progress.view([]) == _progress.NONE


def test_completed():
    clone = _progress.view([STATUS], DONE)
    assert (clone["state"], clone["percent"], clone["stage"], clone["error"]) == ("completed", 100, "RECOVERY", None)
    assert clone["bytes_done"] == clone["bytes_total"] == 73635952 + 5120
    assert clone["gtid_executed"] == STATUS["GTID_EXECUTED"]
    assert clone["pid"] is None
    assert [item["stage"] for item in clone["stages"]] == list(_progress.STAGES)
    assert clone["stages"][1]["seconds"] == pytest.approx(0.215951)


def test_running_by_stage_name_not_position():
    clone = running()
    assert (clone["state"], clone["stage"], clone["percent"], clone["pid"]) == ("in_progress", "FILE COPY", 25, 18)
    assert (clone["rate"], clone["eta_seconds"]) == (50, 15)
    shuffled = _progress.view([dict(STATUS, STATE="In Progress", PID=18, END_TIME=None)], RUNNING[::-1], True, NOW)
    assert shuffled["stages"] == clone["stages"]


def test_rate_from_the_stage_when_the_server_says_zero():
    rows = [RUNNING[0], dict(RUNNING[1], DATA_SPEED=0), *RUNNING[2:]]
    clone = _progress.view([dict(STATUS, STATE="In Progress", PID=18, END_TIME=None)], rows, True, NOW)
    assert clone["rate"] == 50


def test_a_stage_may_be_missing_or_written_with_an_underscore():
    rows = [dict(DONE[1], STAGE="FILE_COPY")]
    clone = _progress.view([STATUS], rows)
    assert [item["stage"] for item in clone["stages"]] == ["FILE COPY"]


def test_in_progress_without_a_session_is_a_corpse():
    clone = _progress.view([dict(STATUS, STATE="In Progress", END_TIME=None, ERROR_NO=1317)], RUNNING, False, NOW)
    assert clone["state"] == "failed"
    assert clone["error"]["code"] == 1317


@pytest.mark.parametrize(
    ("number", "text", "expected"),
    [
        (0, "", {"code": 1317, "message": "the recipient's server ended during the clone"}),
        (1317, "", {"code": 1317, "message": "the recipient's server ended during the clone"}),
        (1317, "interrupted", {"code": 1317, "message": "interrupted"}),
        (3862, "", {"code": 3862, "message": ""}),
    ],
)
def test_what_a_corpse_died_of(number, text, expected):
    row = dict(STATUS, STATE="In Progress", END_TIME=None, ERROR_NO=number, ERROR_MESSAGE=text)
    assert _progress.view([row], RUNNING, False, NOW)["error"] == expected


def test_copied_but_not_started_is_no_corpse():
    clone = _progress.view([dict(STATUS, STATE="In Progress", ERROR_NO=0)], DONE[:5], False, NOW)
    assert clone["state"] == "in_progress"
    assert clone["percent"] == 99


def test_failed_keeps_number_and_text():
    clone = _progress.view(
        [dict(STATUS, STATE="Failed", ERROR_NO=3862, ERROR_MESSAGE="Clone Donor Error: 1524 : x.")], [], False
    )
    assert clone["error"] == {"code": 3862, "message": "Clone Donor Error: 1524 : x."}
    assert clone["percent"] == 0


@pytest.mark.parametrize(
    ("changes", "rows", "expected"),
    [
        ({}, DONE, True),
        ({}, [dict(DONE[0], STATE="Failed")], True),
        ({}, [dict(DONE[0], STATE="Not Started")], False),
        ({"DESTINATION": "/data/new/"}, DONE, False),
        ({}, [], False),
    ],
)
def test_data_dropped(changes, rows, expected):
    assert _progress.data_dropped(_progress.view([dict(STATUS, **changes)], rows)) is expected


def test_data_dropped_unknown_without_a_row():
    assert _progress.data_dropped(_progress.NONE) is None


def test_seconds_are_not_digits():
    assert _progress.seconds_between("2026-01-01T10:00:55Z", "2026-01-01T10:01:05Z") == 10
    assert _progress.seconds_between(None, "2026-01-01T10:01:05Z") is None


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1536, "1.5 KiB"),
        (2**30, "1.0 GiB"),
        (2**40, "1.00 TiB"),
        (2**51, "2048.00 TiB"),
    ],
)
def test_size(count, text):
    assert _progress.size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "?"), (0, "0:00"), (59.6, "1:00"), (3600, "1:00:00"), (3725, "1:02:05")]
)
def test_duration(seconds, text):
    assert _progress.duration(seconds) == text


def test_a_line_of_what_is_known_only():
    stands = dict(running(), rate=0, eta_seconds=None)
    assert _progress.line(stands) == "FILE COPY   25 %  250 B of 1000 B"
    assert _progress.line(dict(stands, stalled_seconds=4)) == "FILE COPY   25 %  250 B of 1000 B"
    assert _progress.line(dict(stands, stalled_seconds=5)) == "FILE COPY   25 %  250 B of 1000 B  no progress for 0:05"
    assert _progress.line(dict(stands, bytes_total=0)) == "FILE COPY"
    assert _progress.line(dict(_progress.NONE, state="in_progress")) == "STARTING"
    # A clone that has ended has no rate any more.
    assert _progress.line(dict(running(), state="failed", eta_seconds=None)) == "FILE COPY   25 %  250 B of 1000 B"
    assert _progress.line(dict(running(), eta_seconds=0)).endswith("0:00 left")


def test_line():
    assert _progress.line(_progress.NONE) == "no clone yet"
    assert _progress.line(running()) == "FILE COPY   25 %  250 B of 1000 B  50 B/s  0:15 left"
    assert "no progress for 0:20" in _progress.line(dict(running(), stalled_seconds=20))


class TestWatch:
    def test_stalled_seconds_grow_while_nothing_moves(self):
        watch = _pace.Watch()
        assert watch.observe(100.0, running())["stalled_seconds"] == 0
        assert watch.observe(107.0, running())["stalled_seconds"] == 7

    def test_bytes_that_move_reset_it(self):
        watch = _pace.Watch()
        watch.observe(100.0, running())
        moved = dict(running(), bytes_done=300)
        assert watch.observe(107.0, moved)["stalled_seconds"] == 0

    def test_a_new_stage_resets_it(self):
        watch = _pace.Watch()
        watch.observe(100.0, running())
        assert watch.observe(107.0, dict(running(), stage="FILE SYNC"))["stalled_seconds"] == 0

    def test_so_does_a_new_state_and_what_only_the_link_shows(self):
        watch = _pace.Watch()
        watch.observe(100.0, running())
        assert watch.observe(107.0, dict(running(), state="failed"))["stalled_seconds"] == 0
        view = running()
        watch.observe(110.0, view)
        view["stages"][1]["bytes_network"] += 1
        assert watch.observe(117.0, view)["stalled_seconds"] == 0

    def test_so_does_any_other_sign_of_life(self):
        watch = _pace.Watch()
        watch.observe(100.0, running())
        watch.moved(105.0)
        assert watch.observe(107.0, running())["stalled_seconds"] == 2

    def test_rate_over_the_window(self):
        watch = _pace.Watch(window=10.0)
        watch.observe(0.0, dict(running(), bytes_done=0))
        watch.observe(5.0, dict(running(), bytes_done=100))
        seen = watch.observe(14.0, dict(running(), bytes_done=1000))
        # The sample at 0 has left the window: 900 bytes in 9 seconds.
        assert seen["rate"] == 100
        assert seen["eta_seconds"] is None

    def test_ten_seconds_are_the_window(self):
        watch = _pace.Watch()
        watch.observe(0.0, dict(running(), bytes_done=0))
        assert watch.observe(10.0, dict(running(), bytes_done=500, bytes_total=1000))["rate"] == 50
        watch.observe(10.5, dict(running(), bytes_done=500, bytes_total=1000))
        assert watch.observe(11.0, dict(running(), bytes_done=600, bytes_total=1000))["rate"] == 100

    def test_what_is_left_takes_what_the_rate_says(self):
        watch = _pace.Watch()
        watch.observe(0.0, dict(running(), bytes_done=0))
        seen = watch.observe(1.0, dict(running(), bytes_done=100, bytes_total=1000))
        assert (seen["rate"], seen["eta_seconds"]) == (100, 9)
        # All is copied.
        seen = watch.observe(2.0, dict(running(), bytes_done=1000, bytes_total=1000))
        assert (seen["rate"], seen["eta_seconds"]) == (500, None)

    def test_less_than_a_second_tells_no_rate(self):
        watch = _pace.Watch()
        watch.observe(0.0, dict(running(), bytes_done=0))
        seen = watch.observe(0.9, dict(running(), bytes_done=900))
        assert (seen["rate"], seen["eta_seconds"]) == (50, 15)

    def test_a_clone_that_has_ended_keeps_the_servers_numbers(self):
        watch = _pace.Watch()
        done = _progress.view([STATUS], DONE)
        watch.observe(0.0, dict(done, bytes_done=0))
        assert watch.observe(5.0, done) == done

    def test_a_rate_is_never_negative(self):
        """A further attempt begins at nothing."""
        watch = _pace.Watch()
        watch.observe(0.0, dict(running(), bytes_done=900))
        seen = watch.observe(5.0, dict(running(), bytes_done=100))
        assert (seen["rate"], seen["eta_seconds"]) == (0, None)

    def test_no_rate_while_it_stands_still(self):
        watch = _pace.Watch()
        watch.observe(0.0, running())
        seen = watch.observe(5.0, running())
        assert (seen["rate"], seen["eta_seconds"]) == (0, None)


class TestSamples:
    @staticmethod
    def at(seconds, count, begin="2026-11-23T01:00:00.000Z", stage="FILE COPY"):
        copying = {"stage": stage, "state": "in_progress", "begin_time": "2026-11-23T01:00:02.000Z", "seconds": seconds}
        return dict(_progress.NONE, begin_time=begin, bytes_done=count, stages=[copying])

    def test_seconds_count_from_the_begin_of_the_clone(self):
        samples = _pace.Samples()
        samples.take(self.at(0.5, 100))
        assert samples.points == [{"seconds": 2.5, "bytes": 100}]

    def test_only_while_it_copies(self):
        samples = _pace.Samples()
        samples.take(self.at(0.5, 100, stage="FILE SYNC"))
        samples.take(_progress.NONE)
        assert samples.points == []
        samples.take(self.at(None, 100))
        assert samples.points == []

    def test_one_look_is_one_point(self):
        samples = _pace.Samples()
        samples.take(self.at(0.5, 100))
        samples.take(self.at(0.5, 100))
        samples.take(self.at(0.7004, 200))
        assert samples.points == [{"seconds": 2.5, "bytes": 100}, {"seconds": 2.7, "bytes": 200}]

    def test_another_clone_begins_anew(self):
        samples = _pace.Samples()
        samples.take(self.at(50, 9000))
        samples.take(self.at(0.5, 100, begin="2026-11-23T01:00:01.000Z"))
        assert samples.points == [{"seconds": 1.5, "bytes": 100}]

    @pytest.mark.parametrize("looks", [119, 120, 121, 5000, 86400])
    def test_few_and_even_however_long_it_takes(self, looks):
        samples = _pace.Samples()
        for look in range(looks):
            samples.take(self.at(float(look), look))
        times = [point["seconds"] for point in samples.points]
        gaps = [later - earlier for earlier, later in zip(times, times[1:])]
        assert min(looks, 60) <= len(times) <= 120
        assert times[0] == 2
        assert times[-1] >= looks + 1 - max(gaps)
        assert max(gaps) <= 2 * min(gaps) + 1
