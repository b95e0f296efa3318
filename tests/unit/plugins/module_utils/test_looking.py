# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a pair is looked at before a clone, and what is told where that isn't possible."""

from __future__ import annotations

import os

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _host, _job, _looking, _precheck, _probe, _swap
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput, CloneError, ServerError
from ansible_collections.dbops.mysql_clone.plugins.module_utils._packed import unpacked
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import Login
from ansible_collections.dbops.mysql_clone.plugins.modules import clone_precheck
from ansible_collections.dbops.mysql_clone.tests.unit.plugins.module_utils.scripted import (
    Scripted,
    answered,
    error,
    options,
)

DONOR = Login("db9", 3307, user="cu", password="c")
FACTS = {"label": "db1", "absent": {}, "variables": {"datadir": "/data/", "max_allowed_packet": "67108864"}}
PARAMS = options(clone_precheck.ARGUMENT_SPEC, side="recipient")


@pytest.fixture
def servers(monkeypatch):
    """All sessions that are opened; each is answered by ``servers.answer``."""

    class Opened(list):
        answer = None

    opened = Opened()

    def connect(login, *_more, **_options):
        opened.append(login)
        server = answered(opened.answer) or Scripted({"SELECT 1": [{"1": 1}]}, label=login.label)
        server.encrypted = True
        return server

    monkeypatch.setattr(_looking, "Server", connect)
    monkeypatch.setattr(_looking, "connect_first", lambda logins: connect(logins[0]))

    def facts(server, side="recipient", host=True, known=False):
        return dict(FACTS, label=server.label, known=known)

    monkeypatch.setattr(_looking, "server_facts", facts)
    return opened


# -- the link ----------------------------------------------------------------------------------------------------------


def test_the_donor_is_reached(servers):
    link, measured = _looking.link_facts(DONOR)
    assert (link["target"], link["user"], link["version"], link["encrypted"]) == ("db9:3307", "cu", "9.7.4", True)
    assert link["facts"]["label"] == "db9:3307"
    assert link["latency"] >= 0
    assert link["error"] is None
    assert measured == {}


def test_the_link_is_measured_with_packets_that_the_donor_takes(servers, monkeypatch):
    monkeypatch.setattr(_probe, "link", lambda server, packet: {"packet": packet})
    assert _looking.link_facts(DONOR, measure=True)[1] == {"packet": 67108864}


@pytest.mark.parametrize(
    ("trouble", "code", "words"),
    [
        (error(1045, "Access denied"), 1045, "Access denied"),
        (error(2003, "Can't connect ([Errno -2] Name or service not known)"), 2005, "Can't connect"),
        (error(2003, "getaddrinfo failed"), 2005, "getaddrinfo"),
        (error(2003, "[Errno 111] refused"), 2003, "refused"),
        (error(2027, "malformed"), 2007, "does not speak MySQL's classic protocol"),
        (CloneError("ca_cert is no file"), 0, "ca_cert is no file"),
    ],
)
def test_why_the_donor_is_not_reached(servers, trouble, code, words):
    servers.answer = trouble
    link, _measured = _looking.link_facts(DONOR)
    assert link["error"]["code"] == code
    assert words in link["error"]["message"]
    assert link["facts"] is None


def test_another_product_is_named_whatever_it_answers(servers):
    servers.answer = Scripted({}, "5.7.44", "db9:3307")
    assert "5.7.44" in _looking.link_facts(DONOR)[0]["error"]["message"]
    servers.answer = error(1045, "Access denied")
    servers.answer.version = "10.11.6-MariaDB"
    link, _measured = _looking.link_facts(DONOR)
    assert link["version"] == "10.11.6-MariaDB"
    assert link["error"]["code"] == 0
    assert "MariaDB" in link["error"]["message"]


def greeting(**values):
    return type("Greeting", (), {"error": None, "version": "9.7.4", **values})


@pytest.mark.parametrize(
    ("greeted", "words"),
    [
        (greeting(), None),
        (greeting(error=error(2003, "refused")), "refused"),
        (greeting(version="8.0.16"), "8.0.16"),
    ],
)
def test_without_an_account_the_greeting_must_do(servers, monkeypatch, greeted, words):
    monkeypatch.setattr(_probe, "greet", lambda login: greeted)
    link, _measured = _looking.link_facts(DONOR._replace(user=None))
    assert not servers
    assert (words is None and link["error"] is None) or words in link["error"]["message"]


def recipient(datadir, **variables):
    return {**FACTS, "host": {}, "variables": {"datadir": str(datadir), **variables}}


def test_the_certificate_is_the_one_that_the_clone_would_show(tmp_path):
    names = {"clone_ssl_cert": "cert.pem", "clone_ssl_key": "key.pem"}
    seen = recipient(tmp_path, **names)
    assert _looking._with_certificate(DONOR, seen) == DONOR
    for name in names.values():
        (tmp_path / name).touch()
    found = _looking._with_certificate(DONOR, seen)
    assert (found.client_cert, found.client_key) == (str(tmp_path / "cert.pem"), str(tmp_path / "key.pem"))
    plain = DONOR._replace(require_tls=False)
    assert _looking._with_certificate(plain, seen) == plain
    assert _looking._with_certificate(DONOR, recipient(tmp_path, clone_ssl_cert="cert.pem")) == DONOR
    assert _looking._with_certificate(DONOR, {**seen, "host": None} | {"host": {}})
    del seen["host"]
    assert _looking._with_certificate(DONOR, seen) == DONOR


def test_the_authority_is_tried_where_it_can_be_read(servers, tmp_path):
    assert _looking._untrusted(DONOR, recipient(tmp_path)) is None
    seen = recipient(tmp_path, clone_ssl_ca="ca.pem")
    assert _looking._untrusted(DONOR, seen) == f"there is no file {tmp_path}/ca.pem"
    (tmp_path / "ca.pem").touch()
    assert _looking._untrusted(DONOR, seen) == ""
    assert (servers[-1].ca_cert, servers[-1].check_hostname) == (str(tmp_path / "ca.pem"), False)
    servers.answer = error(2026, "certificate verify failed")
    assert "certificate verify failed" in _looking._untrusted(DONOR, seen)
    assert _looking._untrusted(DONOR._replace(require_tls=False), seen) is None


@pytest.mark.parametrize(("user", "untrusted"), [("cu", "there is no file"), (None, None)])
def test_only_a_login_tries_the_authority(servers, monkeypatch, tmp_path, user, untrusted):
    monkeypatch.setattr(_probe, "greet", lambda login: greeting())
    seen = recipient(tmp_path, clone_ssl_ca="ca.pem")
    link, probe = _looking.pair_facts(seen, DONOR._replace(user=user), None, False)
    assert (link["untrusted"] or "").startswith(untrusted or "")
    assert bool(link["untrusted"]) is bool(untrusted)
    assert probe == {}
    assert _looking.pair_facts(seen, None, None, False) == (None, {})


# -- the disk ----------------------------------------------------------------------------------------------------------


def place(path, **values):
    return {"path": str(path), "device": os.stat(path).st_dev, "free": 1000, **values}


def measured(monkeypatch, host, data_directory=None, absent=None):
    asked = []
    monkeypatch.setattr(_probe, "disk", lambda path, free: asked.append((path, free)) or {"disk": 5})
    facts = {"absent": absent or {}, **({"host": host} if host is not None else {})}
    return _looking.pair_facts(facts, None, data_directory, True)[1], asked


def test_the_disk_is_measured_beside_the_data(monkeypatch, tmp_path):
    (tmp_path / "data").mkdir()
    found, asked = measured(monkeypatch, {"file_systems": {"data": place(tmp_path / "data")}})
    assert found == {"disk": 5}
    assert asked == [(str(tmp_path), 1000)]


def test_or_in_it_where_it_is_a_file_system_of_its_own(monkeypatch, tmp_path):
    (tmp_path / "data").mkdir()
    host = {"file_systems": {"data": place(tmp_path / "data", device=-1)}}
    assert measured(monkeypatch, host)[1] == [(str(tmp_path / "data"), 1000)]


def test_or_where_the_new_directory_is_going_to_be(monkeypatch, tmp_path):
    (tmp_path / "new").mkdir()
    host = {"file_systems": {}, "new_directory": {"file_system": place(tmp_path / "new")}}
    assert measured(monkeypatch, host, "/new")[1] == [(str(tmp_path), 1000)]


def test_why_the_disk_cannot_be_measured(monkeypatch, tmp_path):
    assert measured(monkeypatch, None, absent={"host": "it is elsewhere"})[0] == {"disk_error": "it is elsewhere"}
    assert measured(monkeypatch, None)[0] == {"disk_error": "the host is not known"}
    assert measured(monkeypatch, {"file_systems": {}})[0] == {"disk_error": "the file system can't be looked at"}
    host = {"file_systems": {"data": {"path": str(tmp_path / "gone" / "x"), "device": 1, "free": 1}}}
    assert measured(monkeypatch, host)[0] == {"disk_error": f"{tmp_path}/gone/x: No such file or directory"}


# -- the whole ---------------------------------------------------------------------------------------------------------


def test_all_that_is_seen_of_a_pair(servers):
    seen = _looking.look({**PARAMS, "donor_host": "db9", "donor_port": 3307, "donor_user": "cu"})
    assert seen["facts"]["label"] == "/run/db1.sock"
    assert seen["link"]["target"] == "db9:3307"
    assert (seen["data_directory"], seen["swap"], seen["probe"]) == (None, [], {})
    assert [login.label for login in servers] == ["/run/db1.sock", "db9:3307"]


def test_a_donor_alone_has_no_link(servers):
    assert _looking.look({**PARAMS, "side": "donor"})["link"] is None
    assert len(servers) == 1


def test_a_server_that_is_gone_may_be_in_a_restart(servers, monkeypatch):
    servers.answer = error(2003, "refused")
    monkeypatch.setattr(_job, "connect_patiently", lambda logins: Scripted({}, label="later"))
    assert _looking.look(PARAMS)["facts"]["label"] == "later"


@pytest.mark.parametrize("number", [1045, 2003])
def test_one_that_cannot_be_logged_in_to_is_named(servers, monkeypatch, number):
    servers.answer = error(number, "no way", "db1:3306")
    monkeypatch.setattr(_job, "connect_patiently", lambda logins: answered(servers.answer))
    with pytest.raises(CloneError, match="the recipient db1:3306 can't be logged in to as root: no way") as caught:
        _looking.look(PARAMS)
    assert caught.value.details["recipient_unreachable"]
    assert not isinstance(caught.value, ServerError)


def test_the_new_directory_is_looked_at_where_the_server_is(servers, monkeypatch):
    monkeypatch.setattr(_host, "new_directory", lambda path: {"path": path})
    monkeypatch.setattr(_looking, "server_facts", lambda server, side: dict(FACTS, host={}))
    seen = _looking.look({**PARAMS, "data_directory": "/new"})
    assert seen["facts"]["host"]["new_directory"] == {"path": "/new"}
    monkeypatch.setattr(_looking, "server_facts", lambda server, side: dict(FACTS))
    assert "host" not in _looking.look({**PARAMS, "data_directory": "/new"})["facts"]


def test_what_a_swap_needs_is_looked_at(servers, monkeypatch):
    monkeypatch.setattr(_host, "new_directory", lambda path: {"path": path})
    monkeypatch.setattr(_looking, "server_facts", lambda server, side: dict(FACTS, host={}))
    monkeypatch.setattr(_swap, "look", lambda facts, variables, new: {"variables": variables, "new": new})
    monkeypatch.setattr(_swap, "findings", lambda facts, site: [])
    servers.answer = Scripted({"SHOW GLOBAL VARIABLES": [{"Variable_name": "a", "Value": "b"}]})
    seen = _looking.look({**PARAMS, "method": "side_by_side"})
    assert seen["data_directory"].startswith("/data.new-")
    assert seen["facts"]["host"]["new_directory"] == {"path": seen["data_directory"]}
    # Of a server elsewhere nothing can be looked at, which is a finding.
    monkeypatch.setattr(_looking, "server_facts", lambda server, side: dict(FACTS))
    assert _looking.look({**PARAMS, "method": "side_by_side"})["data_directory"] is None


@pytest.mark.parametrize(("donor_facts", "known"), [(None, False), ({}, True), (FACTS, True)])
def test_a_donor_whose_facts_are_handed_on_is_asked_for_less(servers, donor_facts, known):
    seen = _looking.look({**PARAMS, "donor_host": "db9", "donor_user": "cu", "donor_facts": donor_facts})
    assert seen["link"]["facts"]["known"] is known
    assert not seen["facts"]["known"]


@pytest.mark.parametrize("evidence", [True, False])
def test_the_module_hands_over_what_it_saw_or_judges_itself(servers, monkeypatch, evidence):
    monkeypatch.setattr(_precheck, "judge", lambda params, seen: {"judged": seen["facts"]["label"]})
    result = _looking.run({**PARAMS, "evidence": evidence})
    if evidence:
        assert unpacked(result["evidence"])["facts"]["label"] == "/run/db1.sock"
        assert result["changed"] is False
    else:
        assert result == {"judged": "/run/db1.sock"}


def test_numbers_that_make_no_sense_are_refused_before_any_server_is_asked(servers):
    for name, value in (
        ("reserve_factor", 0.9),
        ("reserve_cpus", -1),
        ("reserve_bandwidth", -0.5),
        ("reserve_memory", "4 Q"),
    ):
        with pytest.raises(BadInput, match=name):
            _looking.look({**PARAMS, name: value})
    assert not servers
