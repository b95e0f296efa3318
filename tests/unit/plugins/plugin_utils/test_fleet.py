# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scheduler of a fleet. That real servers do what it says is proved by the integration target fleet."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.dbops.mysql_clone.plugins.plugin_utils import _fleet
from ansible_collections.dbops.mysql_clone.plugins.plugin_utils._fleet import Recipient, simulate


def fleet(number: int, copy: float = 60, restart: float = 5) -> list[Recipient]:
    return [Recipient("r%d" % place, None, copy, restart) for place in range(number)]


def overlaps(edges: list[_fleet.Edge], copies: dict[str, float]) -> bool:
    """Whether a donor served two clones at a time, or before it was one."""
    by_donor: dict[str, list[tuple[float, float]]] = {}
    for edge in edges:
        by_donor.setdefault(edge.donor, []).append((edge.begin, edge.begin + copies[edge.recipient]))
    ready = {edge.recipient: edge.end for edge in edges}
    for donor, spans in by_donor.items():
        spans.sort()
        if any(later[0] < earlier[1] - 1e-6 for earlier, later in zip(spans, spans[1:])):
            return True
        if spans[0][0] < ready.get(donor, 0) - 1e-6:
            return True
    return False


@pytest.mark.parametrize(("recipients", "donors"), [(1, 1), (7, 1), (8, 1), (50, 3), (1000, 1), (1000, 4)])
def test_equal_speeds_reach_the_bound(recipients, donors):
    found = simulate([("d%d" % place, None) for place in range(donors)], fleet(recipients))
    assert len(found.edges) == recipients
    assert found.makespan <= _fleet.bound(recipients, donors, 65) * 1.001


def test_three_rounds_for_seven():
    assert simulate([("d", None)], fleet(7, restart=0)).rounds == 3


def test_direct_uses_the_first_donors_only():
    found = simulate([("d", None)], fleet(4), "direct")
    assert {edge.donor for edge in found.edges} == {"d"}
    assert found.makespan == 4 * 60 + 5  # the restarts overlap


def test_unequal_speeds_beat_waves():
    rand = random.Random(3)
    recipients = [one._replace(copy=60 * rand.lognormvariate(0, 0.6)) for one in fleet(200)]
    waves, donors, rest = 0.0, 1, list(recipients)
    while rest:
        wave, rest = rest[:donors], rest[donors:]
        waves += max(one.copy + one.restart for one in wave)
        donors += len(wave)
    assert simulate([("d", None)], recipients).makespan < 0.7 * waves


def test_zones_are_seeded_once_and_then_served_from_within():
    recipients = [one._replace(zone="z%d" % (place % 3)) for place, one in enumerate(fleet(9))]
    zones = {one.name: one.zone for one in recipients}
    found = simulate([("d", "z0")], recipients)
    first = {}
    for edge in sorted(found.edges, key=lambda edge: edge.begin):
        first.setdefault(zones[edge.recipient], edge.donor)
    assert set(first) == {"z0", "z1", "z2"}
    assert sum(zones[edge.recipient] != zones.get(edge.donor, "z0") for edge in found.edges) <= 4


def test_a_failing_donor_is_given_up_and_its_recipients_are_served():
    found = simulate([("bad", None), ("good", None)], fleet(6), really=lambda one, donor: (60, 5, donor == "bad"))
    assert not found.failed
    assert {edge.recipient for edge in found.edges} == {one.name for one in fleet(6)}
    assert "bad" not in {edge.donor for edge in found.edges}


def test_what_cannot_end_in_time_is_not_started():
    found = simulate([("d", None)], fleet(7), left=140)
    assert found.makespan <= 140
    assert len(found.edges) + len(found.late) == 7
    assert found.late


@given(
    st.integers(1, 4),
    st.lists(st.tuples(st.floats(1, 100), st.floats(0, 20), st.sampled_from(["a", "b", None])), max_size=40),
    st.sampled_from(_fleet.FANOUTS),
    st.integers(0, 10**6),
)
def test_each_recipient_is_cloned_once_or_reported_and_no_donor_serves_two(donors, wanted, fanout, seed):
    rand = random.Random(seed)
    recipients = [Recipient("r%d" % place, zone, copy, restart) for place, (copy, restart, zone) in enumerate(wanted)]
    found = simulate(
        [("d%d" % place, "a") for place in range(donors)],
        recipients,
        fanout,
        really=lambda one, donor: (one.copy, one.restart, rand.random() < 0.2),
    )
    served = [edge.recipient for edge in found.edges] + found.failed
    assert sorted(served) == sorted(one.name for one in recipients)
    assert not overlaps(found.edges, {one.name: one.copy for one in recipients})


# -- against hosts -------------------------------------------------------------------------------------------------------

READY = {"ready": True, "cloned": False, "root": "d", "seconds": 20.0, "bytes": 1000, "message": None}
DONE = {"finished": True, "changed": True, "reason": "a clone is due", "seen": 9}


def start(hosts: int = 3, **changes) -> dict:
    known = {"r%d" % place: dict(READY) for place in range(hosts)}
    known.update(changes)
    return _fleet.begin(["d"], known, {}, "tree", 0.0)


def donors(state: dict) -> dict:
    return {name: state["hosts"][name]["donor"] for name in state["active"]}


def test_a_finished_recipient_donates():
    state = _fleet.advance(start(), {}, 0.0)
    assert len(state["active"]) == 1
    first = state["active"][0]
    state = _fleet.advance(state, {first: DONE}, 20.0)
    assert state["news"][0] == "%s: cloned in 0:20" % first
    assert sorted(donors(state).values()) == sorted(["d", first])
    state = _fleet.advance(state, dict.fromkeys(state["active"], DONE), 40.0)
    assert state["done"]


def copying(done: int, eta: int | None = None) -> dict:
    clone = {"stage": "FILE COPY", "eta_seconds": eta, "bytes_done": done, "bytes_total": 1000}
    return {"finished": False, "clone": clone, "seen": 3}


def test_the_next_recipient_queues_shortly_before_the_copy_ends():
    state = _fleet.advance(start(), {}, 0.0)
    first = state["active"][0]
    state = _fleet.advance(state, {first: copying(300)}, 5.0)
    state = _fleet.advance(state, {first: copying(600)}, 8.0)
    assert state["hosts"][first]["eta"] == 4.0
    assert len(state["active"]) == 2
    assert set(donors(state).values()) == {"d"}
    # Behind the one that queues nobody else does.
    assert len(_fleet.advance(state, {first: copying(700)}, 10.0)["active"]) == 2


def test_a_copy_that_begins_fast_is_not_taken_for_one_that_ends():
    state = _fleet.advance(start(), {}, 0.0)
    first = state["active"][0]
    # What the server says early is by the first moments.
    for now, done in ((1.0, 300), (2.5, 310), (4.0, 320)):
        state = _fleet.advance(state, {first: copying(done, 2)}, now)
        assert state["active"] == [first]
    assert state["hosts"][first]["seen"] == 3
    assert state["hosts"][first]["eta"] > 90


def test_nobody_queues_where_another_donor_is_there_before():
    state = _fleet.advance(start(3, r0=dict(READY, cloned=True)), {}, 0.0)
    (one, other) = state["active"]
    state["hosts"]["r3"] = dict(state["hosts"][one], state="waiting", donor=None)
    for now, done in ((1.0, 0), (2.0, 100), (4.0, 600)):
        last = {other: {"finished": False, "clone": {"stage": "RESTART"}}} if now > 1 else {other: copying(0)}
        state = _fleet.advance(state, {one: copying(done), **last}, now)
    # The donor of the one that restarts is free.
    assert state["hosts"]["r3"]["state"] == "cloning"
    assert state["hosts"]["r3"]["donor"] == state["hosts"][other]["donor"]


def test_recipients_that_are_done_already_donate_at_once():
    state = start(3, r0=dict(READY, cloned=True))
    assert "already cloned: r0" in state["lines"]
    assert sorted(donors(_fleet.advance(state, {}, 0.0)).values()) == ["d", "r0"]


def test_a_failure_does_not_stop_the_others():
    state = _fleet.advance(start(2), {}, 0.0)
    first = state["active"][0]
    state = _fleet.advance(state, {first: {"finished": True, "msg": "no", "diagnosis": {"retry": "never"}}}, 5.0)
    assert state["hosts"][first]["state"] == "failed"
    assert len(state["active"]) == 1


def test_a_passing_failure_is_tried_with_another_donor():
    state = _fleet.advance(start(2, r0=dict(READY, cloned=True), r1=dict(READY)), {}, 0.0)
    first = donors(state)["r1"]
    tried = {"donor": first, "seconds": 2.0, "error": {"code": 2013, "message": "lost"}}
    failure = {"finished": True, "msg": "no", "diagnosis": {"retry": "retry"}, "attempts": [tried]}
    state = _fleet.advance(state, {"r1": failure}, 5.0)
    second = donors(state)["r1"]
    assert second != first
    state = _fleet.advance(state, {"r1": {"finished": True, "reason": "already cloned"}}, 9.0)
    assert state["news"] == ["r1: already cloned"]
    assert state["hosts"]["r1"]["attempts"] == [tried]
    assert _fleet.summary(state) == ["r0: already cloned", f"r1: cloned from {second} after a failure from {first}"]


def test_without_another_donor_the_failure_is_told():
    state = _fleet.advance(start(1), {}, 0.0)
    state = _fleet.advance(state, {"r0": {"finished": True, "msg": "broken", "diagnosis": {"retry": "retry"}}}, 5.0)
    assert state["done"]
    assert _fleet.summary(state) == ["r0: failed: broken"]


def test_an_unreachable_host_is_waited_for_and_then_given_up():
    state = _fleet.advance(start(1), {}, 0.0)
    state = _fleet.advance(state, {"r0": {"unreachable": True}}, 60.0)
    assert state["active"] == ["r0"]
    assert _fleet.advance(state, {"r0": {"unreachable": True}}, 300.0)["hosts"]["r0"]["state"] == "failed"


BROKEN = {"finished": True, "msg": "no", "diagnosis": {"retry": "never"}}


@pytest.mark.parametrize(("limit", "begun"), [(100, 4), (25, 4), (24, 1), (0, 1)])
def test_too_many_failures_end_what_has_not_begun(limit, begun):
    known = {"r%d" % place: dict(READY) for place in range(4)}
    state = _fleet.advance(_fleet.begin(["d"], known, {}, "tree", 0.0, max_fail=limit), {}, 0.0)
    first = state["active"][0]
    now = 0.0
    while not state["done"]:
        now += 20.0
        state = _fleet.advance(state, {name: BROKEN if name == first else DONE for name in state["active"]}, now)
    ends = [host["state"] for host in state["hosts"].values() if not host["original"]]
    assert (ends.count("failed"), ends.count("refused")) == (1, 4 - begun)
    if begun == 1:
        assert "not begun: 1 of 4 recipients failed" in _fleet.summary(state)[-1]


def test_a_clone_under_way_goes_on_where_others_have_failed():
    known = {"r%d" % place: dict(READY) for place in range(3)}
    state = _fleet.advance(_fleet.begin(["d", "e"], known, {}, "tree", 0.0, max_fail=0), {}, 0.0)
    first, second = state["active"]
    state = _fleet.advance(state, {first: BROKEN, second: {"finished": False}}, 5.0)
    assert state["active"] == [second]
    state = _fleet.advance(state, {second: DONE}, 9.0)
    assert [state["done"], state["hosts"][second]["state"]] == [True, "cloned"]


def test_hosts_that_the_check_refuses_count_as_failed():
    known = {"r0": dict(READY, ready=False, message="holds data"), "r1": dict(READY)}
    state = _fleet.begin(["d"], known, {}, "tree", 0.0, max_fail=0)
    assert state["plan"] == []
    assert sum(line.startswith("NO-GO") for line in state["lines"]) == 2
    assert _fleet.advance(state, {}, 0.0)["done"]
    with pytest.raises(ValueError, match="mysql_clone_max_fail_percentage is 101; expected"):
        _fleet.begin(["d"], known, {}, "tree", 0.0, max_fail=101)


def test_the_plan_says_when_it_ends():
    known = {"r%d" % place: dict(READY) for place in range(3)}
    state = _fleet.begin(["d"], known, {}, "tree", 1_790_000_000.0)
    assert state["lines"][0] == (
        "3 clone(s) in 2 round(s) from 1 donor(s), fan-out tree, 2.9 KiB in all, about 0:40, until 2026-09-21 14:14 UTC"
    )


def test_the_window_refuses_what_cannot_end_in_time():
    state = _fleet.begin(["d"], {"r%d" % place: dict(READY) for place in range(3)}, {}, "tree", 0.0, deadline=30.0)
    assert sum(line.startswith("NO-GO") for line in state["lines"]) == 2
    state = _fleet.advance(state, {}, 0.0)
    assert len(state["active"]) == 1
    state = _fleet.advance(state, dict.fromkeys(state["active"], DONE), 20.0)
    assert state["done"]
    assert [host["state"] for host in state["hosts"].values()].count("refused") == 2


def test_hosts_that_could_not_be_prepared_are_refused():
    state = _fleet.advance(start(2), {}, 0.0, refused={"r0": "no plugin"})
    assert state["hosts"]["r0"]["state"] == "refused"
    assert state["active"] == ["r1"]


def test_a_server_that_could_not_be_prepared_serves_nobody():
    known = {"r0": {**READY, "cloned": True}, "r1": dict(READY)}
    state = _fleet.prepared(_fleet.begin(["d"], known, {}, "tree", 0.0), {"d": "no such privilege", "elsewhere": "x"})
    assert state["news"] == ["d serves as no donor: no such privilege"]
    assert donors(_fleet.advance(state, {}, 0.0)) == {"r1": "r0"}


def test_without_a_server_that_could_be_prepared_the_reason_is_told():
    state = _fleet.prepared(start(1), {"d": "no such privilege"})
    assert state["hosts"]["r0"]["state"] == "failed"
    assert state["hosts"]["r0"]["message"] == "no donor is left (d: no such privilege)"
    assert _fleet.advance(state, {}, 0.0)["done"]


def test_a_wrong_fanout_is_named():
    with pytest.raises(ValueError, match="mysql_clone_fanout is 'wide'; expected tree or direct"):
        _fleet.begin(["d"], {}, {}, "wide", 0.0)


def wishing(**changes) -> dict:
    """Two donors with different data; b1 and b2 are to have the second one's, b3 has it already, a1 takes any."""
    known = {"ready": True, "seconds": 60.0, "bytes": 1, "root": "shop"}
    return _fleet.begin(
        ["crm", "shop"],
        {
            "b1": dict(known, of="shop"),
            "b2": dict(known, of="shop"),
            "b3": dict(known, of="shop", cloned=True),
            "c1": dict(known, of="crm", root="crm"),
            **changes,
        },
        {},
        "tree",
        0.0,
    )


def test_a_recipient_gets_the_data_of_the_donor_that_it_names():
    state = wishing()
    roots = {"crm": "crm", "shop": "shop", "b3": "shop"}
    for edge in sorted(state["plan"], key=lambda edge: edge["begin"]):
        roots[edge["recipient"]] = roots[edge["donor"]]
    assert roots == {"crm": "crm", "shop": "shop", "b1": "shop", "b2": "shop", "b3": "shop", "c1": "crm"}
    state = _fleet.advance(state, {}, 1.0)
    assert {name: host["root"] for name, host in state["hosts"].items() if host["state"] == "cloning"} == {
        "b1": "shop",
        "b2": "shop",
        "c1": "crm",
    }


def test_where_that_donor_cannot_serve_nobody_elses_data_is_taken():
    state = _fleet.prepared(wishing(), {"shop": "it is away", "b3": "it is away"})
    state = _fleet.advance(state, {}, 1.0)
    assert [name for name, host in state["hosts"].items() if host["state"] == "cloning"] == ["c1"]
    state = _fleet.advance(state, {"c1": {"finished": True, "reason": "cloned"}}, 90.0)
    assert state["done"]
    assert state["hosts"]["b1"]["state"] == "failed"
    assert "no donor is left" in state["hosts"]["b1"]["message"]
