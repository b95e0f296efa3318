# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What clone_run makes of its options before it asks any server."""

from __future__ import annotations

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _run
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput
from ansible_collections.dbops.mysql_clone.plugins.modules import clone_run
from ansible_collections.dbops.mysql_clone.tests.unit.plugins.module_utils.scripted import options

PARAMS = options(
    clone_run.ARGUMENT_SPEC,
    login_host="127.0.0.1",
    login_unix_socket=None,
    donor_host="db1",
    donor_port=3307,
    donor_user="cloner",
    donor_password="c",
    retries=0,
    retry_delays=[0, 5.5],
    timeout=1,
    stall_timeout=1,
    restart_timeout=30,
    poll_interval=0.05,
    settings={"clone_max_concurrency": 4},
)


def entry(**values):
    return {"host": "db2", "port": 3306, "user": None, "password": None, **values}


def test_least_values_are_taken_and_handed_on():
    found = _run.wanted(PARAMS)
    assert (found.timeout, found.stall_timeout, found.poll_interval, found.retries) == (1, 1, 0.05, 0)
    assert found.retry_delays == (0, 5.5)
    assert found.settings == {"clone_max_concurrency": 4}
    assert [login.user for login in found.logins] == ["root"]
    assert [(one.login.host, one.login.port, one.login.user, one.login.password) for one in found.donors] == [
        ("db1", 3307, "cloner", "c")
    ]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"timeout": 0}, "timeout is 0; expected 1 or more"),
        ({"stall_timeout": 0.9}, "stall_timeout is 0.9; expected 1 or more"),
        ({"poll_interval": 0.04}, "poll_interval is 0.04; expected 0.05 or more"),
        ({"retries": -1}, "retries is -1; expected 0 or more"),
        ({"retry_delays": [1, -1]}, "retry_delays holds a negative number"),
        ({"data_directory": "srv/x"}, "data_directory 'srv/x' is not absolute"),
        ({"donors": []}, "donors is empty"),
        ({"donor_user": None}, "donor_user is missing for the donor db1:3307"),
        ({"connect_timeout": 0}, "connect_timeout is 0"),
        ({"settings": {"max_connections": 1}}, "max_connections"),
        ({"donor_settings": {"max_connections": 1}}, "donor_settings"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_name(more, words):
    with pytest.raises(BadInput, match=words):
        _run.wanted({**PARAMS, **more})


def test_a_donor_of_the_list_has_its_own_account_or_the_common_one():
    found = _run.donors(
        {
            **PARAMS,
            "donors": [entry(), entry(host="db3", user="other", password="", zone="z"), entry(password="own", port=1)],
        }
    )
    assert [(one.login.host, one.login.port, one.login.user, one.login.password, one.zone) for one in found] == [
        ("db2", 3306, "cloner", "c", None),
        ("db3", 3306, "other", "", "z"),
        ("db2", 1, "cloner", "own", None),
    ]


@pytest.mark.parametrize(
    ("more", "account"),
    [
        ({}, None),
        ({"donor_login_user": "adm", "donor_login_password": "p", "post_clone_login_user": "post"}, ("adm", "p")),
        ({"donor_login_password": "p"}, ("root", "p")),
        ({"post_clone_login_user": "post", "post_clone_login_password": "q"}, ("post", "q")),
    ],
)
def test_the_donors_administrator_is_as_given_or_who_logs_in_after_the_clone(more, account):
    assert _run.donor_admin({**PARAMS, **more}) == account


def test_after_the_clone_the_donors_login_is_tried_too():
    found = _run.wanted({**PARAMS, "post_clone_login_password": "q"}).logins
    assert [(login.user, login.password) for login in found] == [("root", "r"), ("root", "q")]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"donor_check_hostname": True}, "donor_check_hostname needs donor_ca_cert"),
        ({"donor_ca_cert": "/ca.pem", "require_ssl": False}, "donor_ca_cert with require_ssl=false"),
    ],
)
def test_a_certificate_is_verified_or_it_is_said_that_it_cannot_be(more, words):
    with pytest.raises(BadInput, match=words):
        _run.wanted({**PARAMS, **more})


def test_each_donor_is_verified_by_the_same_authority():
    found = _run.wanted({**PARAMS, "donors": [entry(), entry(host="db3")], "donor_ca_cert": "/ca.pem"})
    assert [(one.login.ca_cert, one.login.check_hostname) for one in found.donors] == [("/ca.pem", None)] * 2
    assert found.logins[0].ca_cert is None
