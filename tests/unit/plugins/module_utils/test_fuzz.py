# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must hold for any text and any row, however odd: round trips, order that doesn't matter, nothing run twice."""

from __future__ import annotations

import copy
import datetime
import json
import pathlib
import re
import time

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ansible_collections.dbops.mysql_clone.plugins.module_utils import (
    _accounts,
    _errorlog,
    _errors,
    _exceptions,
    _granting,
    _grants,
    _gtid,
    _inventory,
    _pace,
    _passwords,
    _precheck,
    _progress,
    _server,
    _settings,
    _sql,
    _verification,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import CloneError
from ansible_collections.dbops.mysql_clone.tests.unit.plugins.module_utils.wire import tokens

CAPTURED = pathlib.Path(__file__).parent / "captured"

# Text that a server may hold: any characters but surrogates, which no UTF-8 has.
TEXT = st.text(st.characters(blacklist_categories=("Cs",)), max_size=40)
# What breaks quoting, more often than chance would have it.
NASTY = st.one_of(
    st.sampled_from(
        ["'", '"', "\\", "`", "%s", "%", "\n", "\x1a", "\0", "é", "💀", "--", "/*", ";", "{{ x }}", "' OR 1=1 -- "]
    ),
    TEXT,
)
NASTY_TEXT = st.lists(NASTY, max_size=6).map("".join)
NAME = NASTY_TEXT.filter(lambda text: text and "\0" not in text)


def outcome(function, *values):
    """What a function returns, and with what words it refuses."""
    try:
        return function(*values), None
    except CloneError as error:
        return None, error.message


# -- quoting -----------------------------------------------------------------------------------------------------------


CONNECTION = _server._Connection(defer_connect=True, charset="utf8mb4", ssl_disabled=True)


def session(backslash):
    """A session without a connection, whose server has told whether a backslash escapes."""
    server = object.__new__(_server.Server)
    server._connection = CONNECTION
    server._connection.server_status = 0 if backslash else 512
    return server


@given(NAME)
def test_an_identifier_is_one_token(name):
    assert tokens(_sql.identifier(name), True) == [("`", name)]


@given(NAME, NAME)
def test_an_account_is_two_tokens(user, host):
    assert tokens(_sql.account(user, host), True) == [("`", user), ("plain", "@"), ("`", host)]


@given(NASTY_TEXT)
def test_a_literal_has_no_character_of_the_text(text):
    quoted = _sql.literal(text)
    assert re.fullmatch(r"_utf8mb4 X'[0-9a-f]*'", quoted)
    assert bytes.fromhex(quoted[11:-1]).decode("utf-8") == text


@pytest.mark.parametrize("backslash", [True, False])
@given(values=st.lists(NASTY_TEXT, min_size=2, max_size=2), name=NAME)
@example(values=["\\", " OR 1=1 -- "], name="%s")
@example(values=["%s", "\\'"], name="`%s")
def test_bound_values_stay_values(backslash, values, name):
    statement = "ALTER USER %s IDENTIFIED BY %%s REQUIRE %%s" % _sql.identifier(name)
    found = tokens(session(backslash)._bound(statement, values), backslash)
    assert found == [
        ("plain", "ALTER USER "),
        ("`", name),
        ("plain", " IDENTIFIED BY "),
        ("'", values[0]),
        ("plain", " REQUIRE "),
        ("'", values[1]),
    ]


@pytest.mark.parametrize("backslash", [True, False])
@given(
    user=NASTY_TEXT,
    host=NASTY_TEXT,
    password=NASTY_TEXT,
    directory=st.none() | NASTY_TEXT.filter(bool),
    ssl=st.sampled_from([None, True, False]),
)
def test_the_clone_statement_keeps_its_shape(backslash, user, host, password, directory, ssl):
    statement = _sql.clone_statement(user, host, 3306, directory, ssl)
    bound = session(backslash)._bound(statement, _sql.parameters(user, host, password, directory))
    assert [value for kind, value in tokens(bound, backslash) if kind == "'"] == [
        user,
        host,
        password,
        *([directory] if directory else []),
    ]


@given(st.text("abAB:,1 \n.", max_size=40))
def test_a_donor_list_is_normalised_once(text):
    entries = _sql.donor_list(text)
    assert _sql.donor_list(",".join(entries)) == entries
    assert len(set(entries)) == len(entries)
    assert _settings.extended(text, entries) is None


@given(st.none() | st.text("abAB:,1 ", max_size=40), st.text("aB-.1", min_size=1, max_size=8), st.integers(1, 65535))
def test_an_extended_donor_list_keeps_what_was_there(present, host, port):
    entry = _sql.donor_entry(host, port)
    value = _settings.extended(present, [entry])
    before = _sql.donor_list(present)
    after = before if value is None else _sql.donor_list(value)
    assert after[: len(before)] == before
    assert entry in after
    assert _settings.extended(value if value else present, [entry]) is None


@given(NASTY_TEXT, st.integers(-1, 70000))
def test_a_donor_entry_is_an_entry_or_refused(host, port):
    entry, refusal = outcome(_sql.donor_entry, host, port)
    if refusal:
        assert "donor_" in refusal
    else:
        assert re.fullmatch(r"[a-z0-9._-]+:[1-9][0-9]{0,4}", entry)
        assert _sql.donor_list(entry) == [entry]


@given(st.text(max_size=60), st.none() | st.integers(1, 30))
def test_what_is_shown_is_printable(text, longest):
    shown = _exceptions.printable(text, longest)
    assert all(one.isprintable() or one in "\n\t" for one in shown)
    assert _exceptions.printable(shown) == shown


# -- secrets -----------------------------------------------------------------------------------------------------------


@given(st.text(st.characters(blacklist_categories=("Cs",)), min_size=4, max_size=20), NAME, NAME)
def test_no_step_shows_its_password(password, name, host):
    assume(
        password
        not in name + host + "CREATE USER IF NOT EXISTS IDENTIFIED WITH caching_sha2_password BY %s GRANT ON *.* TO"
    )
    wanted = _accounts.Wanted(name, host, _accounts.wanted_grants("donor"), password)
    for step in _accounts.plan(wanted, None, None, ("caching_sha2_password",)):
        shown = "%r %s %s" % (step, step.statement, " ".join((*step.granted, *step.revoked, *step.repaired)))
        assert password not in shown.replace(_sql.account(name, host), "")
    assert password not in repr(_server.Login(user="u", password=password)).replace("Login(localhost:3306 as u)", "")


@settings(max_examples=15)
@given(TEXT, TEXT)
def test_a_stored_password_matches_itself_alone(password, other):
    salt = b"01234567890123456789"
    for plugin, stored in (
        ("caching_sha2_password", b"$A$001$" + salt + _passwords.sha256_crypt(password.encode("utf-8"), salt, 1000)),
        ("mysql_native_password", _passwords.native_hash(password.encode("utf-8"))),
    ):
        assert _passwords.matches(plugin, stored, password)
        assert bool(_passwords.matches(plugin, stored, other)) is (password == other)


@given(
    st.sampled_from(["caching_sha2_password", "sha256_password", "mysql_native_password", "x"]),
    st.binary(max_size=80),
    TEXT,
)
def test_no_stored_password_breaks_the_comparison(plugin, stored, password):
    assert _passwords.matches(plugin, stored, password) in (True, False, None)


# -- errors ------------------------------------------------------------------------------------------------------------

FRAGMENTS = st.sampled_from(
    [
        "Clone Donor Error: ",
        "Connect failed: ",
        "1045 : Access denied",
        "3862",
        "ERROR ",
        " (HY000): ",
        "(3862, '",
        "SQLSTATE[HY000] [2002] ",
        "[MY-013273] ",
        'err_code" : 3862',
        "errno: 28",
        "OS errno 28 - ",
        "No space left on device",
        "(((((",
        "))))",
        "error code ",
        "99999",
        "0",
        ": ",
        "'\"\\",
        "\n",
    ]
)
MESSAGE = st.lists(st.one_of(FRAGMENTS, TEXT), max_size=12).map("".join)


@given(st.none() | st.integers(0, 70000) | st.sampled_from(sorted(_errors.known())), MESSAGE)
def test_any_error_is_of_a_known_kind(number, text):
    entry = _errors.classify(number, text)
    assert entry.category in _errors.CATEGORIES
    assert entry.retry in _errors.RETRIES
    assert entry.stage in _errors.STAGES
    assert entry.data in _errors.DATA
    assert entry.priority in _errors.PRIORITIES
    # Nobody goes on after an error that nobody knows.
    assert entry.category != "unknown" or entry.retry == "never"
    assert json.loads(json.dumps(entry.as_dict())) == entry.as_dict()
    if number is not None:
        assert entry.number == number
    assert _errors.classify(entry.number, text if number is not None else entry.text).category in _errors.CATEGORIES


NUMBERS = sorted(number for number in _errors.known() if 1000 <= number < 10000)
SHAPES = ["ERROR %d (HY000): %s", "(%d, '%s')", "%d - %s", "error %d: %s", "SQLSTATE[HY000] [%d] %s"]
WORDS = st.text("abcdefgh klmn", max_size=30).map("x".__add__)


@given(st.sampled_from(NUMBERS), st.sampled_from(SHAPES), WORDS)
def test_a_number_is_found_however_it_is_written(number, shape, words):
    assume(number not in _errors.CARRIERS)
    assert _errors.parse(shape % (number, words))[0] == number


@given(st.sampled_from(NUMBERS), st.sampled_from(["", "Connect failed: "]), WORDS)
def test_the_donors_error_is_unwrapped(number, connect, words):
    assume(number not in _errors.WRAPPERS)
    entry = _errors.classify(3862, "Clone Donor Error: %s%d : %s" % (connect, number, words))
    inner = _errors.classify(number, words)
    assert entry.number == 3862
    assert entry.nested.number == number
    assert (entry.nested.symbol, entry.retry in _errors.RETRIES) == (inner.symbol, True)


@settings(max_examples=10)
@given(st.lists(FRAGMENTS, min_size=1, max_size=3).map("".join))
def test_long_texts_take_no_longer_than_they_are(fragment):
    text = (fragment * 70000)[:70000]
    begun = time.process_time()
    _errors.classify(None, text)
    _errors.classify(3862, text[:4096])
    assert time.process_time() - begun < 5


# -- the error log -----------------------------------------------------------------------------------------------------

MOMENTS = st.datetimes(datetime.datetime(2000, 1, 1), datetime.datetime(2099, 1, 1)).map(
    lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
)
# One line: what ends one, for whoever reads it, can't be in it.
LINE = TEXT.map(lambda text: "".join(text.split("\0"))).map(lambda text: " ".join(text.split()))
EVENTS = st.builds(
    _errorlog.Event,
    MOMENTS,
    st.integers(0, 2**31),
    st.sampled_from(_errorlog.SEVERITIES),
    st.integers(1, 999999),
    st.sampled_from(["Server", "Clone", "InnoDB", "Repl"]),
    LINE.filter(bool),
)
LABELS = {"error": "ERROR", "warning": "Warning", "note": "Note", "system": "System"}


@given(EVENTS)
def test_a_line_of_the_text_log_is_read_as_it_was_written(event):
    line = "%s %d [%s] [MY-%06d] [%s] %s" % (
        event.time,
        event.thread,
        LABELS[event.severity],
        event.code,
        event.subsystem,
        event.message,
    )
    assert _errorlog.event_of(line.encode("utf-8")) == event
    described = _errorlog.describe(event)
    assert json.loads(json.dumps(described)) == described


@given(EVENTS)
def test_a_line_of_the_json_log_is_read_as_it_was_written(event):
    values = {
        "time": event.time,
        "thread": event.thread,
        "label": LABELS[event.severity],
        "err_code": event.code,
        "subsystem": event.subsystem,
        "msg": event.message,
    }
    assert _errorlog.event_of(json.dumps(values).encode("utf-8")) == event


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["time", "thread", "label", "err_code", "subsystem", "msg"]), JSON | MOMENTS))
def test_an_odd_json_line_is_no_event_or_a_whole_one(values):
    event = _errorlog.event_of(json.dumps(values).encode("utf-8"))
    assert event is None or (isinstance(event.code, int) and isinstance(event.message, str))


@given(st.binary(max_size=200) | st.sampled_from([b"{" * 70000, b'{"a":' * 20000]))
def test_any_line_is_an_event_or_none(line):
    event = _errorlog.event_of(line)
    assert event is None or event.severity in _errorlog.SEVERITIES


# -- progress ----------------------------------------------------------------------------------------------------------

TIMES = st.none() | MOMENTS
COUNTS = st.integers(0, 2**63)
STATUS = st.fixed_dictionaries(
    {
        "ID": st.just(1),
        "PID": st.integers(0, 2**31),
        "STATE": st.sampled_from(_progress.STATES),
        "BEGIN_TIME": TIMES,
        "END_TIME": TIMES,
        "SOURCE": TEXT,
        "DESTINATION": TEXT,
        "ERROR_NO": st.integers(0, 9999),
        "ERROR_MESSAGE": TEXT,
        "BINLOG_FILE": TEXT,
        "BINLOG_POSITION": COUNTS,
        "GTID_EXECUTED": st.none() | TEXT,
    }
)
PROGRESS = st.lists(
    st.fixed_dictionaries(
        {
            "STAGE": st.sampled_from([*_progress.STAGES, "FILE_COPY", "NEW STAGE"]),
            "STATE": st.sampled_from(_progress.STATES),
            "BEGIN_TIME": TIMES,
            "END_TIME": TIMES,
            "THREADS": st.none() | st.integers(0, 64),
            "ESTIMATE": st.none() | COUNTS,
            "DATA": st.none() | COUNTS,
            "NETWORK": st.none() | COUNTS,
            "DATA_SPEED": st.none() | COUNTS,
        }
    ),
    max_size=8,
)


@given(STATUS, PROGRESS, st.booleans(), TIMES)
def test_any_rows_make_a_view_that_holds_together(status, progress, alive, now):
    clone = _progress.view([status], progress, alive, now)
    assert set(clone) == set(_progress.NONE)
    assert clone["state"] in ("none", "in_progress", "completed", "failed")
    assert 0 <= clone["percent"] <= 100
    assert clone["state"] != "in_progress" or clone["percent"] < 100
    assert 0 <= clone["bytes_done"] <= clone["bytes_total"]
    assert clone["eta_seconds"] is None or clone["eta_seconds"] >= 0
    assert clone["error"] is None or clone["error"]["code"]
    # The order of the rows says nothing.
    assert len({stage["stage"] for stage in clone["stages"]}) == len(clone["stages"])
    assert _progress.data_dropped(clone) in (True, False, None)
    assert isinstance(_progress.line(clone), str)
    assert json.loads(json.dumps(clone)) == clone


@given(st.lists(st.tuples(st.floats(0, 1e6), COUNTS), min_size=1, max_size=10), STATUS, PROGRESS)
def test_a_watch_never_goes_back(samples, status, progress):
    watch, clone = _pace.Watch(), _progress.view([status], progress, True, None)
    for moment, count in sorted(samples):
        seen = watch.observe(moment, dict(clone, bytes_done=count))
        assert seen["rate"] >= 0
        assert seen["stalled_seconds"] >= 0
        assert seen["eta_seconds"] is None or seen["eta_seconds"] >= 0


@given(st.floats(0, 1e18))
def test_sizes_and_durations_are_words(number):
    assert re.fullmatch(r"[\d.]+ ([KMGT]i)?B", _progress.size(number))
    assert re.fullmatch(r"(\d+:)?\d{1,2}:\d\d", _progress.duration(min(number, 1e9)))


# -- versions ----------------------------------------------------------------------------------------------------------


@given(st.tuples(*[st.integers(0, 999)] * 3), st.sampled_from(["", "-28.1", "-log", "-cluster", "a"]))
def test_a_version_is_its_numbers(numbers, suffix):
    version = "%d.%d.%d" % numbers + suffix
    assert _server.version_numbers(version) == numbers
    refused = (0, 0, 0) < numbers < _server.MINIMUM_VERSION
    assert bool(_server.unsuitable(version)) is refused


@given(TEXT | st.just("9" * 5000 + ".1.1"))
def test_any_version_has_three_numbers(version):
    assert [type(number) for number in _server.version_numbers(version)] == [int] * 3


# -- grants ------------------------------------------------------------------------------------------------------------

QUOTED = NAME.map(lambda name: _sql.identifier(name[:20]))
OBJECT = st.one_of(st.just("*.*"), QUOTED.map(lambda name: name + ".*"), st.builds("{}.{}".format, QUOTED, QUOTED))
PRIVILEGE = st.sampled_from(
    ["SELECT", "INSERT", "SHOW DATABASES", "BACKUP_ADMIN", "CLONE_ADMIN", "CREATE TEMPORARY TABLES"]
)
ACCOUNT = st.builds("{}@{}".format, QUOTED, QUOTED)
RIGHTS = st.dictionaries(st.tuples(OBJECT, PRIVILEGE), st.booleans(), max_size=5)
GRANTS = st.builds(
    _grants.Grants,
    RIGHTS,
    st.dictionaries(ACCOUNT, st.booleans(), max_size=3),
    st.dictionaries(ACCOUNT, st.booleans(), max_size=2),
    st.just({}),
    st.just(()),
)


def shown(grants, who):
    """The lines that SHOW GRANTS has for them."""
    found = []
    for (target, privilege), grantable in grants.privileges.items():
        found.append("GRANT %s ON %s TO %s%s" % (privilege, target, who, " WITH GRANT OPTION" if grantable else ""))
    found += [
        "GRANT %s TO %s%s" % (role, who, " WITH ADMIN OPTION" if admin else "") for role, admin in grants.roles.items()
    ]
    found += [
        "GRANT PROXY ON %s TO %s%s" % (one, who, " WITH GRANT OPTION" if grantable else "")
        for one, grantable in grants.proxies.items()
    ]
    return found


@given(GRANTS, ACCOUNT)
def test_grants_are_read_as_they_are_shown(grants, who):
    assert _grants.parse(shown(grants, who)) == grants
    assert _granting.changes(who, grants, grants) == []


@given(GRANTS, ACCOUNT)
def test_what_is_granted_from_nothing_is_what_was_wanted(grants, who):
    steps = _granting.changes(who, grants, _grants.NOTHING)
    given_now = []
    for step in steps:
        assert step.statement.startswith("GRANT ")
        given_now.append(step.statement.replace("`, `", "`,`"))
    assert _grants.parse(given_now) == grants


@given(st.lists(MESSAGE | NASTY_TEXT, max_size=4))
def test_lines_that_are_no_grants_are_told(lines):
    found = _grants.parse(lines)
    assert sorted(found.unknown) == sorted(line for line in lines if _grants.parse([line]).unknown)
    assert isinstance(_granting.describe(found), list)


@settings(max_examples=10)
@given(st.sampled_from(["GRANT SELECT (`", "`a`, ", "GRANT `a`@`b`,", "``", "SELECT, ", "GRANT A ON "]))
def test_long_grants_take_no_longer_than_they_are(fragment):
    begun = time.process_time()
    _grants.parse(["GRANT " + fragment * 5000])
    assert time.process_time() - begun < 5


# -- GTID sets ---------------------------------------------------------------------------------------------------------

UUIDS = st.sampled_from(["%08x-71ca-11e1-9e33-c80aa9429562" % number for number in range(3)])
SOURCES = st.builds(lambda uuid, tag: uuid + tag, UUIDS, st.sampled_from(["", ":a", ":b_1"]))
INTERVALS = st.lists(
    st.tuples(st.integers(1, 60), st.integers(0, 20)).map(lambda pair: (pair[0], pair[0] + pair[1])),
    min_size=1,
    max_size=5,
)
SETS = st.dictionaries(SOURCES, INTERVALS.map(_gtid._merged), max_size=5)


@given(SETS)
def test_a_set_is_read_as_it_is_written(gtids):
    assert _gtid.parse(_gtid.text(gtids)) == gtids
    assert _gtid.parse(_gtid.text(gtids).upper().replace(",", ",\n")) == gtids


@given(SETS, SETS)
def test_sets_are_sets(one, other):
    both, rest = _gtid.union(one, other), _gtid.subtract(one, other)
    assert both == _gtid.union(other, one)
    assert _gtid.union(one, one) == one
    assert _gtid.subtract(one, one) == {}
    assert _gtid.contains(both, one)
    assert _gtid.contains(both, other)
    assert _gtid.subtract(rest, other) == rest
    assert _gtid.union(rest, other) == both
    assert _gtid.count(both) == _gtid.count(rest) + _gtid.count(other)


@given(st.text("0123456789abcdef-:, \nxA_", max_size=120))
def test_any_text_is_a_set_or_refused(text):
    gtids, refusal = outcome(_gtid.parse, text)
    if refusal:
        assert "is no GTID set" in refusal
    else:
        assert _gtid.parse(_gtid.text(gtids)) == gtids


# -- what other servers' tasks hand over ---------------------------------------------------------------------------------


def captured(name):
    return json.loads((CAPTURED / (name + ".json")).read_text(encoding="utf-8"))


def places(document, path=()):
    """The way to everything in a document."""
    inner = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for name, value in list(inner)[:40]:
        yield (*path, name)
        yield from places(value, (*path, name))


def spoilt(document, path, value):
    result = copy.deepcopy(document)
    place = result
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return result


ODD = st.sampled_from([None, "", "x", -1, 0, 2**70, [], {}, [None], {"a": None}, "{{ x }}", "\0", 1.5, True])
INVENTORY, STATE = captured("verify_donor"), captured("verify_state")
RECIPIENT = captured("verify_recipient")
COMPARED = _verification.Options(
    compare=tuple(_verification.COMPARISONS), checksum="sample", replication=False, donor="db1:3306"
)


@given(st.sampled_from(sorted(places(INVENTORY), key=str)), ODD)
def test_an_odd_inventory_is_compared_or_refused(path, value):
    findings, refusal = outcome(
        lambda: _verification.check(_verification.usable(spoilt(INVENTORY, path, value)), RECIPIENT, STATE, COMPARED)
    )
    if refusal:
        assert "donor_inventory" in refusal
    else:
        assert {finding.status for finding in findings} <= {"ok", "warn", "fail", "skipped"}


def test_an_inventory_has_no_difference_from_itself():
    findings = _verification.check(RECIPIENT, RECIPIENT, STATE, COMPARED)
    # But a server can't be its own clone.
    assert {finding.id for finding in findings if finding.status == "fail"} == {"pair.server_uuid"}


FACTS, CLONED = captured("donor"), captured("recipient")


@given(st.sampled_from(sorted(places(FACTS), key=str)), ODD)
def test_odd_facts_of_a_donor_are_checked_or_refused(path, value):
    report, refusal = outcome(_precheck.compare, CLONED, None, {"donor_host": None}, spoilt(FACTS, path, value))
    if refusal:
        assert "donor_facts" in refusal
    else:
        assert {finding.status for finding in report.checks} <= {"ok", "warn", "fail", "skipped"}


@given(st.lists(st.tuples(NAME, NAME), max_size=4), NASTY_TEXT)
def test_patterns_of_accounts_match_by_name_or_by_both(accounts, pattern):
    found = _accounts.chosen(accounts, [pattern])
    assert set(found) <= set(accounts)
    assert [one for one in _accounts.chosen(accounts, ["*"]) if one[0] in _accounts.RESERVED] == []
    assert _inventory.account_matches("%s@%s" % ("a", "b"), ["a@b"])
