# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a task's work is done, and that it looks the same to the user in the worker as in a module."""

from __future__ import annotations

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput, MissingLibrary
from ansible_collections.dbops.mysql_clone.plugins.module_utils._module import LOGIN_SPEC
from ansible_collections.dbops.mysql_clone.plugins.plugin_utils._worker import Task, obstacle, perform

CONTROLLER = "/opt/ansible/bin/python"
LOCAL = Task("local", become=False, environment=False, asynchronous=False, interpreter=CONTROLLER)
NAME = "dbops.mysql_clone.clone_example"
SPEC = dict(LOGIN_SPEC, side={"type": "str", "choices": ["donor", "recipient"], "default": "recipient"})


@pytest.mark.parametrize("interpreter", [CONTROLLER, "auto", "auto_silent", "auto_legacy", "auto_legacy_silent"])
def test_a_local_task_is_the_workers(interpreter):
    assert obstacle(LOCAL._replace(interpreter=interpreter), CONTROLLER, None) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"transport": "ssh"}, "ssh"),
        ({"transport": "community.docker.docker"}, "docker"),
        ({"become": True}, "become"),
        ({"environment": True}, "environment"),
        ({"asynchronous": True}, "async"),
        ({"keep_files": True}, "kept"),
        ({"interpreter": "/usr/bin/python3"}, "/usr/bin/python3"),
    ],
)
def test_everything_else_is_the_modules(change, words):
    assert words in obstacle(LOCAL._replace(**change), CONTROLLER, None)


def test_without_the_driver_the_module_says_what_is_missing():
    assert "PyMySQL" in obstacle(LOCAL, CONTROLLER, "ImportError")


def test_arguments_are_validated_and_have_their_defaults():
    seen = {}

    def body(params, check_mode):
        seen.update(params, check_mode=check_mode)
        return {"changed": False}

    result = perform(NAME, {"login_port": "3307", "ssl_ca": "~/ca.pem"}, SPEC, body, check_mode=True)
    assert (seen["login_port"], seen["side"], seen["check_mode"]) == (3307, "recipient", True)
    assert seen["ca_cert"].startswith("/")
    assert result["invocation"]["module_args"]["login_port"] == 3307
    assert "failed" not in result


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"side": "both"}, "value of side must be one of: donor, recipient, got: both"),
        ({"login_port": "many"}, "login_port"),
        ({"sidde": "donor"}, f"Unsupported parameters for ({NAME}) module: sidde"),
    ],
)
def test_wrong_arguments_fail_before_the_work(arguments, words):
    result = perform(NAME, arguments, SPEC, lambda params, check_mode: pytest.fail("was run"))
    assert result["failed"]
    assert words in result["msg"]


def test_constraints_hold():
    result = perform(NAME, {}, SPEC, lambda params, check_mode: {}, constraints={"required_one_of": [["login_user"]]})
    assert result["failed"]
    assert "login_user" in result["msg"]


def test_no_password_comes_back():
    def body(params, check_mode):
        return {"checks": [{"message": f"tried {params['login_password']}"}]}

    result = perform(NAME, {"login_password": "S3cr et"}, SPEC, body)
    assert "S3cr et" not in str(result)
    assert result["invocation"]["module_args"]["login_password"] == "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"


def test_no_secret_within_a_list_of_options_comes_back():
    options = {"name": {"type": "str"}, "definition": {"type": "str", "no_log": True}}
    spec = {"saved": {"type": "list", "elements": "dict", "default": [], "options": options}}
    given = {"saved": [{"name": "app", "definition": "CREATE USER app IDENTIFIED WITH x AS 'h4sh'"}, {"name": "other"}]}
    result = perform(NAME, given, spec, lambda params, check_mode: {"ran": params["saved"][0]["definition"]})
    assert "h4sh" not in str(result)
    assert result["invocation"]["module_args"]["saved"][1]["name"] == "other"


def test_failures_are_a_modules_failures():
    def bad(params, check_mode):
        raise BadInput("login_port is 0; expected a port", option="login_port")

    secret = "".join(["S3", "cret"])

    def broken(params, check_mode):
        raise KeyError(secret)

    def without(params, check_mode):
        raise MissingLibrary("needed", library="PyMySQL", trace="ImportError: x")

    result = perform(NAME, {}, SPEC, bad)
    assert (result["failed"], result["msg"], result["option"]) == (
        True,
        "login_port is 0; expected a port",
        "login_port",
    )
    result = perform(NAME, {}, SPEC, broken)
    assert result["failed"]
    assert "bug" in result["msg"]
    assert secret not in str(result)
    result = perform(NAME, {}, SPEC, without)
    assert "PyMySQL" in result["msg"]
    assert result["exception"] == "ImportError: x"


def test_the_result_is_shaped_as_a_modules():
    def body(params, check_mode):
        return {
            "changed": True,
            "module_warnings": ["mind this"],
            "diff": {"before": "", "after": "x"},
            "failed_message": "not all was right",
            "pair": (1, 2),
            "counts": {1: "one"},
        }

    result = perform(NAME, {}, SPEC, body)
    assert result["warnings"] == ["mind this"]
    assert (result["failed"], result["msg"], result["changed"]) == (True, "not all was right", True)
    assert "diff" not in result
    assert (result["pair"], result["counts"]) == ([1, 2], {"1": "one"})
    assert perform(NAME, {}, SPEC, body, with_diff=True)["diff"] == {"before": "", "after": "x"}
