# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What leaves a module: its result, or one sentence of why there is none."""

from __future__ import annotations

import json

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _module
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import (
    BadInput,
    CloneError,
    MissingLibrary,
    ServerError,
)

SPEC = dict(_module.LOGIN_SPEC, **_module.POST_CLONE_SPEC, **_module.DONOR_SPEC)
SECRET = "geheim-und-lang"


def played(capsys, body, **arguments):
    """The exit status and the document that the module prints."""
    arguments = {"login_user": "root", "login_password": SECRET, **arguments}
    with patch_module_args(arguments), pytest.raises(SystemExit) as ended:
        _module.run_module(SPEC, body)
    printed = capsys.readouterr().out
    assert SECRET not in printed
    return ended.value.code, json.loads(printed)


def raises(error):
    def body(_params, _check_mode):
        raise error

    return body


def test_a_result_is_returned_with_its_warnings(capsys, monkeypatch):
    # Where they go from there depends on ansible-core's version, and on whether its controller is in the same process.
    warned = []
    monkeypatch.setattr(_module.AnsibleModule, "warn", lambda _self, text: warned.append(text))

    def body(params, check_mode):
        words = f"{params['login_user']} {check_mode}"
        return {
            "changed": True,
            "words": words,
            "module_warnings": ["look\x1b[2J"],
            "diff": {"before": "", "after": "x"},
        }

    status, result = played(capsys, body, _ansible_check_mode=True, _ansible_diff=True)
    assert status == 0
    assert (result["changed"], result["words"], result["diff"]["after"]) == (True, "root True", "x")
    assert warned == [r"look\x1b[2J"]


def test_a_diff_is_shown_where_it_is_asked_for():
    def body(_params, _check_mode):
        return {"changed": True, "diff": {"before": "a", "after": "b"}}

    assert "diff" in _module.outcome(body, {}, False, True)
    assert "diff" not in _module.outcome(body, {}, False, False)
    assert "diff" not in _module.outcome(lambda *_: {"changed": False, "diff": None}, {}, False, True)


def test_a_result_that_is_a_failure_keeps_what_was_found(capsys):
    status, result = played(
        capsys, lambda *_: {"changed": False, "checks": [1], "failed_message": "1 of 2 checks failed\x1b"}
    )
    assert status == 1
    assert (result["failed"], result["msg"], result["checks"]) == (True, "1 of 2 checks failed\\x1b", [1])
    assert "failed_message" not in result


@pytest.mark.parametrize(
    ("error", "words", "more"),
    [
        (BadInput("login_port is 0; expected a port from 1 to 65535"), "login_port is 0; expected a port", {}),
        (CloneError("db2:3306: no\x1b", changed=True, server="db2:3306"), "db2:3306: no\\x1b", {"server": "db2:3306"}),
        (ServerError(1045, "Access denied", "db2:3306"), "Access denied", {}),
    ],
)
def test_an_error_is_a_sentence_and_its_details(capsys, error, words, more):
    status, result = played(capsys, raises(error))
    assert (status, result["failed"]) == (1, True)
    assert words in result["msg"]
    assert {key: result[key] for key in more} == more
    assert "Traceback" not in json.dumps(result)


def test_a_missing_library_is_named_with_the_python_that_lacks_it(capsys):
    status, result = played(capsys, raises(MissingLibrary("PyMySQL is needed", library="PyMySQL", trace="no module")))
    assert status == 1
    assert "PyMySQL" in result["msg"]
    assert "Python library" in result["msg"] or "Python interpreter" in result["msg"]


def test_a_bug_tells_where_it_is_and_none_of_the_values(capsys):
    status, result = played(capsys, raises(ValueError(SECRET)))
    assert status == 1
    assert result["msg"].startswith("ValueError in the module itself; this is a bug")


@pytest.mark.parametrize("number", [0, -1, 65536, 99999])
def test_a_port_is_one_or_refused(number):
    with pytest.raises(BadInput, match="donor_port is %d; expected a port" % number):
        _module.port("donor_port", number)
    assert (_module.port("p", 1), _module.port("p", 65535)) == (1, 65535)


def params(**given):
    return {**{name: option.get("default") for name, option in SPEC.items()}, **given}


def test_the_login_after_a_clone_is_tried_second():
    first, second = _module.own_logins(params(login_user="root", login_password="a", post_clone_login_password="b"))
    assert [(one.user, one.password) for one in (first, second)] == [("root", "a"), ("root", "b")]
    _first, second = _module.own_logins(params(login_user="root", login_password="a", post_clone_login_user="admin"))
    assert (second.user, second.password) == ("admin", None)
    assert len(_module.own_logins(params(login_user="root"))) == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"connect_timeout": 0}, "connect_timeout is 0; expected 1 second or more"),
        ({"login_port": 70000}, "login_port is 70000"),
    ],
)
def test_a_login_that_makes_no_sense_is_refused(given, words):
    with pytest.raises(BadInput, match=words):
        _module.own_logins(params(**given))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"donor_check_hostname": True}, "donor_check_hostname needs donor_ca_cert"),
        ({"donor_ca_cert": "/ca.pem", "require_ssl": False}, "donor_ca_cert with require_ssl=false"),
        ({"donor_port": 0}, "donor_port is 0"),
    ],
)
def test_a_donor_that_makes_no_sense_is_refused(given, words):
    with pytest.raises(BadInput, match=words):
        _module.donor_login(params(donor_host="db1", **given))


def test_a_donors_login_is_what_the_options_say():
    way = _module.donor_login(
        params(donor_host="db1", donor_user="cloner", donor_password="p", require_ssl=True, donor_ca_cert="/ca.pem")
    )
    assert (way.host, way.port, way.user, way.password) == ("db1", 3306, "cloner", "p")
    assert (way.require_tls, way.ca_cert, way.check_hostname) == (True, "/ca.pem", None)
