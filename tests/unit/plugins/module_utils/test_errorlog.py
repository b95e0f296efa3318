# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The log reader, on lines that real servers wrote."""

from __future__ import annotations

import datetime
import gzip
import io
import os
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _errorlog, _host
from ansible_collections.dbops.mysql_clone.plugins.module_utils._errorlog import (
    Collector,
    Cursor,
    Event,
    Place,
    Story,
    Wanted,
    codes_of,
    event_of,
    event_of_row,
    find,
    keywords_of,
    lines,
    log_path,
    moment,
    place_of,
    read_log,
    read_table,
    server_options,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput, CloneError
from ansible_collections.dbops.mysql_clone.plugins.modules import clone_log
from ansible_collections.dbops.mysql_clone.tests.unit.plugins.module_utils.scripted import Scripted

START = "2026-11-22T19:43:20.000000Z 0 [System] [MY-015015] [Server] MySQL Server - start."
READY = "2026-11-22T19:43:22.000000Z 0 [System] [MY-010931] [Server] /usr/sbin/mysqld: ready for connections. Version: '9.7.4-2'"
SUCCESS = """\
2026-11-22T19:43:30.975274Z 18 [Note] [MY-013272] [Clone] Plugin Clone reported: 'Client: Task Connect.'
2026-11-22T19:43:30.995299Z 18 [Note] [MY-013272] [Clone] Plugin Clone reported: 'Client: Source ACK Connect.'
2026-11-22T19:43:30.995371Z 18 [Note] [MY-013457] [InnoDB] Clone Apply Begin Master Version Check
2026-11-22T19:43:31.064253Z 18 [Note] [MY-013457] [InnoDB] Clone Apply Version End Master Task ID: 0 Passed, code: 0:
2026-11-22T19:43:31.086975Z 18 [Note] [MY-013457] [InnoDB] Clone Apply Begin Master Task
2026-11-22T19:43:31.087744Z 18 [Warning] [MY-013460] [InnoDB] Clone removing all user data for provisioning: Started
2026-11-22T19:43:31.163652Z 18 [Warning] [MY-013460] [InnoDB] Clone removing all user data for provisioning: Finished
2026-11-22T19:43:31.167812Z 18 [Note] [MY-013272] [Clone] Plugin Clone reported: 'Client: Command COM_INIT.'
2026-11-22T19:43:31.176358Z 18 [Note] [MY-013458] [InnoDB] Clone Apply State FILE COPY:
2026-11-22T19:43:31.389140Z 18 [Note] [MY-013272] [Clone] Plugin Clone reported: 'Client: Total Data: 70 MiB @ 341 MiB/sec.'
2026-11-22T19:43:31.393388Z 18 [Note] [MY-013458] [InnoDB] Clone Apply State PAGE COPY:
2026-11-22T19:43:31.397883Z 18 [Note] [MY-013458] [InnoDB] Clone Apply State REDO COPY:
2026-11-22T19:43:31.411890Z 18 [Note] [MY-013272] [Clone] Plugin Clone reported: 'Client: Task COM_EXIT.'
2026-11-22T19:43:31.414486Z 18 [Note] [MY-013457] [InnoDB] Clone Apply End Master Task ID: 0 Passed, code: 0:"""
RESTARTED = """\
2026-11-22T19:43:37.000000Z 0 [System] [MY-015015] [Server] MySQL Server - start.
2026-11-22T19:43:38.885691Z 1 [Note] [MY-012556] [InnoDB] Opening cloned database
2026-11-22T19:43:40.000000Z 0 [System] [MY-010931] [Server] /usr/sbin/mysqld: ready for connections. Version: '9.7.4-2'"""
REFUSED = """\
2026-11-22T20:00:00.000000Z 20 [Note] [MY-013272] [Clone] Plugin Clone reported: 'Client: Task Connect: error: 3862: Clone Donor Error: Connect failed: \
2003 : Can't connect to MySQL server on '127.0.0.1:3599' (111)..'"""
BROKEN_OFF = """\
2026-11-22T20:14:04.923212Z 18 [Note] [MY-013272] [Clone] Plugin Clone reported: 'Client: Source Network issue: error: 1158: Got an error reading \
communication packets.'
2026-11-22T20:14:04.947327Z 18 [Note] [MY-013272] [Clone] Plugin Clone reported: 'Client: Source re-connect failed: count: 1.'
2026-11-22T20:24:14.155229Z 18 [Note] [MY-013457] [InnoDB] Clone Apply End Master Task ID: 0 Failed, code: 3862: Clone Donor Error: 1317 : Query \
execution was interrupted."""
UNSUPERVISED = (
    "2026-11-22T19:43:31.500000Z 18 [ERROR] [MY-013462] [Server] Clone shutting down server as RESTART failed. "
    "Please start server to complete clone operation."
)
CASE_OF_NAMES = (
    "2026-11-22T19:43:39.000000Z 1 [ERROR] [MY-011087] [Server] Different lower_case_table_names settings for server ('1') "
    "and data dictionary ('0')."
)
DONOR = """\
2026-11-22T19:43:30.995514Z 19 [Note] [MY-013457] [InnoDB] Clone Begin Master Task by cu@localhost
2026-11-22T19:43:31.169405Z 19 [Note] [MY-013458] [InnoDB] Clone State BEGIN FILE COPY
2026-11-22T20:14:04.482220Z 19 [Note] [MY-013459] [InnoDB] Clone Master n/w error code: 1160: Got an error writing communication packets
2026-11-22T20:14:04.482273Z 19 [Note] [MY-013459] [InnoDB] Clone Master wait 5 minutes for restart after n/w error
2026-11-22T20:19:31.411709Z 19 [Note] [MY-013457] [InnoDB] Clone End Master Task ID: 0 Failed, code: 1160: Got an error writing communication packets"""
JSON = (
    '{ "prio" : 2, "err_code" : 13460, "subsystem" : "InnoDB", "thread" : 18, "msg" : "Clone removing all user data for '
    'provisioning: Started", "time" : "2026-11-22T19:43:31.087744Z", "err_symbol" : "ER_IB_CLONE_USER_DATA", "label" : "Warning" }'
)


def collected(text, **wanted):
    collector = Collector(Wanted(**wanted))
    collector.take_stream(io.BytesIO(text if isinstance(text, bytes) else text.encode()))
    return collector.result()


# -- lines -------------------------------------------------------------------------------------------------------------


def test_a_line_becomes_an_event():
    event = event_of(UNSUPERVISED.encode())

    assert (event.time, event.thread, event.severity, event.code, event.subsystem) == (
        "2026-11-22T19:43:31.500000Z",
        18,
        "error",
        13462,
        "Server",
    )
    assert event.message.startswith("Clone shutting down server")


def test_text_and_json_and_table_say_the_same():
    text = event_of(
        b"2026-11-22T19:43:31.087744Z 18 [Warning] [MY-013460] [InnoDB] Clone removing all user data for provisioning: Started"
    )
    row = {
        "LOGGED": "2026-11-22T19:43:31.087744Z",
        "THREAD_ID": 18,
        "PRIO": "Warning",
        "ERROR_CODE": "MY-013460",
        "SUBSYSTEM": "InnoDB",
        "DATA": "Clone removing all user data for provisioning: Started",
    }

    assert event_of(JSON.encode()) == text == event_of_row(row)


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("2026-11-22T19:43:31.087744Z", "2026-11-22T19:43:31.087744Z"),
        ("2026-11-22T20:43:31.087744+01:00", "2026-11-22T19:43:31.087744Z"),
        ("2026-11-22 19:43:31", "2026-11-22T19:43:31.000000Z"),
        ("2026-11-22T19:43:31.08Z", "2026-11-22T19:43:31.080000Z"),
    ],
)
def test_times_are_utc(stamp, expected):
    assert _errorlog.utc(stamp) == expected


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\x00\x01\xff\xfe",
        b"   at java.lang.Thread.run(Thread.java:750)",
        b"2026-11-22T19:43:31.087744Z",
        b"2026-99-99T99:99:99.087744Z 18 [Note] [MY-013272] [Clone] x",
        b"2026-11-22 10:00:00.000 UTC [1234] FATAL:  password authentication failed",
        b'{ "prio" : 2, "err_code" : ',
        b'{ "label" : "Warning" }',
        b"[]",
    ],
)
def test_what_is_no_line_of_the_log_is_none(line):
    assert event_of(line) is None


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(data):
    result = collected(data)

    assert result["summary"]["bytes"] == len(data)


@given(st.lists(st.sampled_from([b"x clone y", b"LONE\n", b"\n", b"\r\n", b"lone", b"\xff"]), max_size=30))
def test_a_search_finds_the_lines_that_a_scan_would(parts):
    block = b"".join(parts)
    needles = (b"lone", b"LONE")

    expected = [line for line in block.split(b"\n") if any(needle in line for needle in needles)]
    assert list(lines(block, needles)) == expected


def test_lines_across_blocks_stay_whole():
    text = (SUCCESS + "\n").encode()
    for size in (1, 7, 100, 5000):
        whole = b"".join(block for block, _long in _errorlog.blocks(io.BytesIO(text), size))
        assert whole == text
        for block, too_long in _errorlog.blocks(io.BytesIO(text), size):
            assert block.endswith(b"\n")
            assert not too_long


def test_a_line_of_ten_megabytes_is_counted_and_not_kept():
    line = b"2026-11-22T19:43:31.087744Z 18 [Note] [MY-013272] [Clone] " + b"x" * 10_000_000 + b"\n"
    tracemalloc.start()
    result = collected(line + UNSUPERVISED.encode() + b"\n")
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert result["summary"]["lines_too_long"] == 1
    assert [event["code"] for event in result["events"]] == ["MY-013272", "MY-013462"]
    assert max(len(event["message"]) for event in result["events"]) <= _errorlog.LONGEST_MESSAGE
    # The test's own 10 MB and its copy are there; the reader must not add to them much.
    assert peak < 35_000_000


def test_memory_does_not_grow_with_the_log():
    class Endless(io.RawIOBase):
        left = 60 << 20
        line = (
            (CASE_OF_NAMES.replace("11087", "11086") + "\n").encode() * 300 + SUCCESS.splitlines()[0].encode() + b"\n"
        )

        def read(self, size=-1):
            if self.left <= 0:
                return b""
            data = self.line * (size // len(self.line))
            self.left -= len(data)
            return data

    tracemalloc.start()
    collector = Collector(Wanted(clone_only=True, limit=100))
    collector.take_stream(Endless())
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(collector.result()["events"]) == 100
    assert peak < 10_000_000


def test_broken_lines_are_counted():
    text = (
        b"\x00\xff\xfe rubbish\n"
        + UNSUPERVISED.encode()
        + b"\nInnoDB: continued\n"
        + UNSUPERVISED.encode().replace(b"Please", b"Pl\xe9ase")
    )

    summary = collected(text)["summary"]

    assert (summary["events"], summary["lines_unreadable"], summary["lines_broken_encoding"]) == (2, 2, 1)


# -- what is kept ------------------------------------------------------------------------------------------------------


def test_only_clones_only_in_that_time():
    text = "\n".join((START, READY, SUCCESS, UNSUPERVISED))

    assert {event["about_clone"] for event in collected(text, clone_only=True)["events"]} == {True}
    assert collected(text)["summary"]["events"] == collected(text, clone_only=True)["summary"]["events"] + 2
    chosen = collected(text, since="2026-11-22T19:43:31.087744Z", until="2026-11-22T19:43:31.163652Z")["events"]
    assert [event["message"][-7:] for event in chosen] == ["Started", "inished"]


def test_a_path_called_clone_is_no_clone():
    line = b"2026-11-22T19:43:22.000000Z 0 [Note] [MY-010138] [Server] Execution of init_file '/srv/mysql-clone/first.sql' ended."

    assert not event_of(line).about_clone
    assert event_of(line.replace(b"/srv/mysql-clone/first.sql", b"mysql_clone.so")).about_clone


def test_the_newest_events_are_kept_and_all_are_counted():
    result = collected(SUCCESS, limit=3)

    assert [event["time"][-8:] for event in result["events"]] == ["397883Z", "411890Z", "414486Z"] or len(
        result["events"]
    ) == 3
    assert result["summary"]["events"] == 14
    assert result["summary"]["events_left_out"] == 11
    assert result["summary"]["by_code"]["MY-013460"] == {
        "count": 2,
        "symbol": "ER_IB_CLONE_USER_DATA",
        "first": "2026-11-22T19:43:31.087744Z",
        "last": "2026-11-22T19:43:31.163652Z",
    }


def test_an_event_tells_the_error_that_it_carries():
    event = collected(BROKEN_OFF)["events"][-1]

    assert event["error"] == {
        "code": 3862,
        "innermost": 1317,
        "message": "Clone Donor Error: 1317 : Query execution was interrupted",
    }
    assert event["category"] == "state"
    assert collected(BROKEN_OFF)["summary"]["by_category"] == {"network": 1, "state": 1}


@pytest.mark.parametrize(
    ("message", "names"),
    [
        ("Out of memory (Needed 1048576 bytes)", ("out_of_memory",)),
        ("Error writing file 'dn/b2.ibd' (errno: 28 - No space left on device)", ("no_space_left",)),
        ("Clone estimated database size is 938.23 MiB. Available space 701.01 MiB is not enough.", ("no_space_left",)),
        ("Access denied for user 'cu'@'localhost' (using password: YES)", ("access_denied",)),
        ("Can't connect to MySQL server on '127.0.0.1:3599' (111)", ("connection_refused",)),
        ("IO-layer timeout before wait_timeout was reached.", ("timeout",)),
        ("Clone Apply End Master Task ID: 0 Failed, code: 3862: Clone Donor Error", ("clone_failed",)),
        ("Clone Apply End Master Task ID: 0 Passed, code: 0: ", ()),
        ("Client: Source re-connect failed: count: 1.", ("retry",)),
        ("slow query log enabled", ("slow_query",)),
        ("all is well", ()),
    ],
)
def test_key_words(message, names):
    assert keywords_of("note", message) == names


def test_key_words_are_summed_up():
    keywords = collected("\n".join((REFUSED, BROKEN_OFF)))["keywords"]

    assert {name: (row["count"], row["severe"]) for name, row in keywords.items()} == {
        "connection_refused": (1, True),
        "clone_failed": (3, True),
        "retry": (1, False),
    }


# -- stories -----------------------------------------------------------------------------------------------------------


def story(*texts):
    teller = Story()
    for line in "\n".join(texts).splitlines():
        teller.see(event_of(line.encode()))
    return teller.result()


@pytest.mark.parametrize(
    ("texts", "outcome"),
    [
        ((START, READY, SUCCESS), "copied"),
        ((START, READY, SUCCESS, RESTARTED), "completed"),
        ((START, READY, SUCCESS, UNSUPERVISED), "waiting_for_start"),
        ((START, READY, SUCCESS, UNSUPERVISED, RESTARTED), "completed"),
        ((SUCCESS.rpartition("\n")[0],), "running"),
        ((SUCCESS.rpartition("\n")[0], RESTARTED.splitlines()[0]), "interrupted"),
        ((SUCCESS.rpartition("\n")[0], BROKEN_OFF), "failed"),
        ((REFUSED,), "failed"),
    ],
)
def test_how_a_clone_ended(texts, outcome):
    clones = story(*texts)

    assert [clone["outcome"] for clone in clones] == [outcome]
    assert clones[0]["side"] == "recipient"


def test_the_story_of_a_clone():
    clone = story(START, READY, SUCCESS, RESTARTED)[0]

    assert clone["data_dropped"] is True
    assert clone["seconds"] == pytest.approx(9.025, abs=0.01)
    assert [step["what"] for step in clone["steps"]] == [
        "connect",
        "compare",
        "DROP DATA started",
        "DROP DATA finished",
        "FILE COPY",
        "PAGE COPY",
        "REDO COPY",
        "copied",
        "the server starts",
        "restarting",
        "completed",
    ]


def test_a_clone_that_never_connected_dropped_nothing():
    clone = story(REFUSED)[0]

    assert (clone["data_dropped"], clone["error"]["code"], clone["error"]["innermost"]) == (False, 3862, 111)


def test_interruptions_are_counted_on_both_sides():
    assert story(SUCCESS.rpartition("\n")[0], BROKEN_OFF)[0]["interruptions"] == 1
    donors = story(DONOR)[0]
    assert (donors["side"], donors["outcome"], donors["interruptions"], donors["error"]["code"]) == (
        "donor",
        "failed",
        1,
        1160,
    )


def test_a_time_that_no_calendar_has_breaks_nothing():
    assert story(SUCCESS.replace("2026-11-22", "2026-02-31"))[0]["seconds"] is None


def test_a_server_that_cannot_start_on_the_clone():
    clone = story(SUCCESS, RESTARTED.splitlines()[0], CASE_OF_NAMES)[0]

    assert (clone["outcome"], clone["error"]["code"]) == ("copied", 11087)


# -- files -------------------------------------------------------------------------------------------------------------


def write(path, text):
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(path)


def read(path, cursor=None, **more):
    return read_log(Place(str(path), "test"), Wanted(), Cursor.parse(cursor), **more)


def test_only_what_is_new(tmp_path):
    path = tmp_path / "error.log"
    write(path, START + "\n")
    before = read(path)
    write(path, START + "\n" + READY + "\n")

    after = read(path, before["cursor"])
    assert [event["code"] for event in after["events"]] == ["MY-010931"]
    assert read(path, after["cursor"])["events"] == []


def test_new_lines_are_found_behind_a_rotation(tmp_path):
    path = tmp_path / "error.log"
    write(path, START + "\n")
    cursor = read(path)["cursor"]
    with open(path, "a", encoding="utf-8") as file:
        file.write(READY + "\n")
    rotated = tmp_path / "error.log.2.gz"
    rotated.write_bytes(gzip.compress(path.read_bytes()))
    os.utime(rotated, (1, 1))
    write(tmp_path / "error.log.1", CASE_OF_NAMES + "\n")
    os.utime(tmp_path / "error.log.1", (2, 2))
    write(path, UNSUPERVISED + "\n")
    # The JSON sink's file isn't a rotated one.
    write(tmp_path / "error.log.00.json", JSON + "\n")

    result = read(path, cursor)

    assert [event["code"] for event in result["events"]] == ["MY-010931", "MY-011087", "MY-013462"]
    assert read(path, result["cursor"])["events"] == []


def test_a_log_that_is_another_one_is_read_whole_and_said_so(tmp_path):
    path = tmp_path / "error.log"
    write(path, START + "\n")
    cursor = read(path)["cursor"]
    write(path, UNSUPERVISED + "\n" + READY + "\n")

    result = read(path, cursor)

    assert result["summary"]["events"] == 2
    assert "isn't the one that the cursor was made for" in result["module_warnings"][0]


def test_rotated_and_packed_files_in_the_order_of_time(tmp_path):
    path = tmp_path / "error.log"
    write(path, UNSUPERVISED + "\n")
    older = tmp_path / "error.log-20261121.gz"
    older.write_bytes(gzip.compress((START + "\n").encode()))
    os.utime(older, (1, 1))

    assert [event["code"] for event in read(path, rotated=True)["events"]] == ["MY-015015", "MY-013462"]
    assert read(path)["summary"]["events"] == 1


def test_a_packed_file_that_is_cut_off(tmp_path):
    path = tmp_path / "error.log.gz"
    path.write_bytes(gzip.compress((START + "\n").encode() * 1000)[:-30])

    with pytest.raises(CloneError, match="can't be read to its end"):
        read(path)


def test_another_products_log_is_said_to_be_one(tmp_path):
    path = tmp_path / "postgresql.log"
    write(path, "2026-11-22 10:00:00.000 UTC [1234] FATAL:  password authentication failed\n" * 3)

    result = read(path)

    assert result["summary"]["lines_unreadable"] == 3
    assert "holds no line of MySQL's error log (3 other lines)" in result["module_warnings"][0]


def test_a_file_that_cannot_be_read(tmp_path):
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(BadInput, match="error log"):
            read(path)


@pytest.mark.parametrize("text", ["x", "{}", "[1]", '{"offset": "x", "head": 1, "hash": "", "logged": ""}'])
def test_a_bad_cursor_is_refused(text):
    with pytest.raises(BadInput, match="cursor"):
        Cursor.parse(text)


# -- finding it --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("log_error", "datadir", "path"),
    [
        ("/var/log/mysql/error.log", "/var/lib/mysql/", "/var/log/mysql/error.log"),
        ("./host.err", "/var/lib/mysql/", "/var/lib/mysql/host.err"),
        ("mysqld", "/var/lib/mysql", "/var/lib/mysql/mysqld.err"),
        ("stderr", "/var/lib/mysql", None),
        (None, "/var/lib/mysql", "/var/lib/mysql/db1.err"),
        (None, None, None),
    ],
)
def test_where_the_server_writes(log_error, datadir, path):
    assert log_path(log_error, datadir, "db1") == path


def test_the_log_is_found_in_option_files(tmp_path):
    log = write(tmp_path / "error.log", "")
    (tmp_path / "conf.d").mkdir()
    write(tmp_path / "conf.d/log.cnf", "[mysqld]\nlog-error = '%s' # here\n[client]\nlog_error = /no\n" % log)
    main = write(tmp_path / "my.cnf", "[mysqld]\ndatadir=%s\n!includedir %s\n" % (tmp_path, tmp_path / "conf.d"))

    assert server_options(main) == {"datadir": str(tmp_path), "log_error": log}
    assert find(main)[:2] == (log, "log_error in %s" % main)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, ""),
        ("2026-11-22T20:00:00Z", "2026-11-22T20:00:00.000000Z"),
        ("2026-11-22 21:00:00+01:00", "2026-11-22T20:00:00.000000Z"),
        ("2026-11-22", "2026-11-22T00:00:00.000000Z"),
        ("2h", "2026-11-22T18:00:00.000000Z"),
        ("1.5d ago", "2026-11-21T08:00:00.000000Z"),
    ],
)
def test_points_in_time(text, expected):
    now = datetime.datetime(2026, 11, 22, 20, tzinfo=datetime.timezone.utc)

    assert moment("since", text, now) == expected


@pytest.mark.parametrize("text", ["yesterday", "2x", "2026-13-01"])
def test_bad_points_in_time(text):
    with pytest.raises(BadInput, match="since is '%s'" % text):
        moment("since", text)


# -- filters -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "messages"),
    [
        ({}, ["denied", "full", "note"]),
        ({"severities": frozenset({"error"})}, ["full"]),
        ({"codes": frozenset({10926})}, ["denied"]),
        ({"subsystems": frozenset({"innodb"})}, ["full"]),
        ({"keywords": frozenset({"access_denied", "no_space_left"})}, ["denied", "full"]),
        ({"keywords": frozenset({"no_space_left"}), "severities": frozenset({"note"})}, []),
    ],
)
def test_filters(wanted, messages):
    events = {
        "denied": Event("2026-11-22T20:00:00.000000Z", 1, "note", 10926, "Server", "Access denied for user 'a'@'b'"),
        "full": Event(
            "2026-11-22T20:00:01.000000Z", 1, "error", 12592, "InnoDB", "errno: 28 - No space left on device"
        ),
        "note": Event("2026-11-22T20:00:02.000000Z", 1, "note", 0, "Server", "ready"),
    }
    collector = Collector(Wanted(**wanted))
    for event in events.values():
        collector.take(event)
    assert list(collector.events) == [events[name] for name in messages]
    assert collector.counts["events"] == len(messages)


def test_codes_of():
    assert codes_of(["MY-013272", "10926", " my-1 "]) == {13272, 10926, 1}
    with pytest.raises(BadInput, match="codes has 'x'"):
        codes_of(["x"])


def test_the_module_offers_the_classes_of_key_words_that_there_are():
    assert clone_log.ARGUMENT_SPEC["keywords"]["choices"] == [name for name, _severe, _pattern in _errorlog.KEYWORDS]
    assert clone_log.ARGUMENT_SPEC["severities"]["choices"] == list(_errorlog.SEVERITIES)


def test_a_log_that_no_option_file_names_is_looked_for_where_logs_are(tmp_path, monkeypatch):
    config = write(tmp_path / "my.cnf", "[mysqld]\ndatadir=%s\nlog_error=gone.log\n" % tmp_path)
    monkeypatch.setattr(_errorlog.socket, "gethostname", lambda: "db2.example.com")
    monkeypatch.setattr(_errorlog, "USUAL_PLACES", (str(tmp_path / "a.log"), str(tmp_path / "{host}.err")))
    looked_at = (config, str(tmp_path / "gone.log"), str(tmp_path / "a.log"), str(tmp_path / "db2.err"))
    assert find(config) == Place(None, "not found", looked_at)
    log = write(tmp_path / "db2.err", "")
    assert find(config) == Place(log, "one of the usual places", looked_at)


def of_server(log_error, datadir="/var/lib/mysql"):
    rows = [{"Variable_name": "log_error", "Value": log_error}, {"Variable_name": "datadir", "Value": datadir}]
    return Scripted({"VARIABLES": rows, "error_log": []})


def test_the_log_of_a_server_that_answers_is_read_where_the_server_is_proved_to_run(tmp_path, monkeypatch):
    log = write(tmp_path / "error.log", "")
    assert place_of(of_server("stderr")).path is None
    assert "standard error" in place_of(of_server("stderr")).how
    monkeypatch.setattr(_host, "find_process", lambda _settings: (None, "the server runs elsewhere"))
    assert place_of(of_server(log)) == Place(None, "the server runs elsewhere", (log,))
    assert place_of(of_server(log), proved=False) == Place(log, "the server's log_error", (log,))
    monkeypatch.setattr(_host, "find_process", lambda _settings: (42, ""))
    assert place_of(of_server("./error.log", str(tmp_path))).path == log
    gone = str(tmp_path / "gone.log")
    assert place_of(of_server(gone)) == Place(None, "the server's log_error can't be read by this user", (gone,))


def test_the_servers_own_table_is_read_from_where_the_last_look_ended():
    row = {
        "LOGGED": "2026-11-22 20:00:01.500000",
        "THREAD_ID": 7,
        "PRIO": "Error",
        "ERROR_CODE": "MY-013272",
        "SUBSYSTEM": "Clone",
        "DATA": "Client: Command COM_INIT error: 1045",
    }
    server = Scripted({"error_log": [row]})
    found = read_table(server, Wanted(since="2026-11-22T20:00:00.000000Z"), None)
    assert [(event["code"], event["severity"]) for event in found["events"]] == [("MY-013272", "error")]
    assert (found["source"]["kind"], found["source"]["server"]) == ("table", "db1:3306")
    assert "'1970-01-02 00:00:00'" in server.asked[-1]
    assert "'2026-11-22 20:00:00.000000'" in server.asked[-1]

    server.answers = {"error_log": []}
    again = read_table(server, Wanted(), Cursor.parse(found["cursor"]))
    assert "'2026-11-22 20:00:01.500000'" in server.asked[-1]
    assert again["events"] == []
    assert again["cursor"] == found["cursor"]


def test_a_log_that_was_not_found_says_where_it_was_looked_for():
    with pytest.raises(BadInput, match=r"no error log can be read here \(not found\); looked at: /a, /b. Give path"):
        read_log(Place(None, "not found", ("/a", "/b")), Wanted(), None)
