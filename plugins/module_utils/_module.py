# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The glue between modules and everything else: shared options, and the one place that calls fail_json.

This module util is PRIVATE to dbops.mysql_clone and may change at any time. Keep the options in step with
plugins/doc_fragments.
"""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import (
    BadInput,
    CloneError,
    MissingLibrary,
    frames,
    printable,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import Login

# Names, types, defaults and aliases are those of ansible.mysql, so that one set of module_defaults serves both.
LOGIN_SPEC: dict[str, t.Any] = {
    "login_user": {"type": "str"},
    "login_password": {"type": "str", "no_log": True},
    "login_host": {"type": "str", "default": "localhost"},
    "login_port": {"type": "int", "default": 3306},
    "login_unix_socket": {"type": "str"},
    "config_file": {"type": "path", "default": "~/.my.cnf"},
    "connect_timeout": {"type": "int", "default": 30},
    "client_cert": {"type": "path", "aliases": ["ssl_cert"]},
    "client_key": {"type": "path", "aliases": ["ssl_key"]},
    "ca_cert": {"type": "path", "aliases": ["ssl_ca"]},
    "check_hostname": {"type": "bool"},
}
POST_CLONE_SPEC: dict[str, t.Any] = {
    "post_clone_login_user": {"type": "str"},
    "post_clone_login_password": {"type": "str", "no_log": True},
}
DONOR_SPEC: dict[str, t.Any] = {
    "donor_host": {"type": "str"},
    "donor_port": {"type": "int", "default": 3306},
    "donor_user": {"type": "str"},
    "donor_password": {"type": "str", "no_log": True},
    "require_ssl": {"type": "bool"},
    "donor_ca_cert": {"type": "path"},
    "donor_check_hostname": {"type": "bool"},
}
EVIDENCE_SPEC: dict[str, t.Any] = {
    "path": {"type": "path"},
    "since": {"type": "str", "default": "3d"},
    "server_config_file": {"type": "path"},
    "datadir": {"type": "path"},
}
DETACHED_SPEC: dict[str, t.Any] = {
    "progress": {"type": "bool", "default": True},
    "wait_seconds": {"type": "float"},
    "seen": {"type": "int", "default": 0},
    "state_directory": {"type": "path"},
}


def port(name: str, value: int) -> int:
    """A TCP port from an option. Raises BadInput, which the driver would not (it truncates)."""
    if not 0 < value < 65536:
        raise BadInput("%s is %d; expected a port from 1 to 65535" % (name, value))
    return value


def own_logins(params: t.Mapping[str, t.Any]) -> list[Login]:
    """The logins to try on the server that the task talks to: login_* first, then post_clone_login_*."""
    if params["connect_timeout"] < 1:
        raise BadInput("connect_timeout is %d; expected 1 second or more" % params["connect_timeout"])
    first = Login(
        host=params["login_host"],
        port=port("login_port", params["login_port"]),
        unix_socket=params["login_unix_socket"],
        user=params["login_user"],
        password=params["login_password"],
        config_file=params["config_file"],
        ca_cert=params["ca_cert"],
        client_cert=params["client_cert"],
        client_key=params["client_key"],
        check_hostname=params["check_hostname"],
        connect_timeout=params["connect_timeout"],
    )
    if params.get("post_clone_login_user") or params.get("post_clone_login_password"):
        return [
            first,
            first._replace(
                user=params["post_clone_login_user"] or first.user,
                password=params["post_clone_login_password"],
            ),
        ]
    return [first]


def donor_login(params: t.Mapping[str, t.Any]) -> Login:
    """The clone account's login on the donor; ``donor_host`` must be given. Raises BadInput."""
    if params["donor_check_hostname"] and not params["donor_ca_cert"]:
        raise BadInput(
            "donor_check_hostname needs donor_ca_cert: without a certificate authority nothing is verified. Give "
            "donor_ca_cert, or leave donor_check_hostname out"
        )
    if params["donor_ca_cert"] and params["require_ssl"] is False:
        raise BadInput(
            "donor_ca_cert with require_ssl=false: without TLS no certificate is verified. Leave one of them out"
        )
    return Login(
        host=params["donor_host"],
        port=port("donor_port", params["donor_port"]),
        user=params["donor_user"],
        password=params["donor_password"],
        require_tls=params["require_ssl"],
        ca_cert=params["donor_ca_cert"],
        check_hostname=params["donor_check_hostname"],
        connect_timeout=params["connect_timeout"],
    )


Body = t.Callable[[t.Mapping[str, t.Any], bool], t.Mapping[str, t.Any]]


def outcome(body: Body, params: t.Mapping[str, t.Any], check_mode: bool, with_diff: bool) -> dict[str, t.Any]:
    """What a module returns: the result of ``body(params, check_mode)``, or its failure. Never raises an Exception.

    A CloneError fails the module. A result with a ``diff`` shows it only where it is asked for; one with a true
    ``failed_message`` fails the module with everything that was found; its ``module_warnings`` become ``warnings``.
    """
    try:
        result = dict(body(params, check_mode))
    except MissingLibrary as error:
        return {
            "failed": True,
            "msg": missing_required_lib(error.details["library"]),
            "exception": error.details["trace"],
        }
    except CloneError as error:
        return dict(error.details, failed=True, msg=printable(error.message))
    except Exception as error:
        return {
            "failed": True,
            "msg": "%s in the module itself; this is a bug, please report it with the traceback" % type(error).__name__,
            "exception": frames(error),
        }
    # Ansible shows warnings and messages as they are; some of their words come from servers.
    result["warnings"] = [printable(warning) for warning in result.pop("module_warnings", ())]
    if not with_diff or not result.get("diff"):
        result.pop("diff", None)
    failure = result.pop("failed_message", None)
    return dict(result, failed=True, msg=printable(failure)) if failure else result


def run_module(spec: t.Mapping[str, t.Any], body: Body, **options: t.Any) -> None:
    """Run ``body(params, check_mode)`` as an Ansible module."""
    module = AnsibleModule(argument_spec=dict(spec), supports_check_mode=True, **options)
    result = outcome(body, module.params, module.check_mode, module._diff)
    for warning in result.pop("warnings", ()):
        module.warn(warning)
    if result.pop("failed", False):
        module.fail_json(**result)
    module.exit_json(**result)
