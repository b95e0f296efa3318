# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables that a run sets on the recipient and on its donor, and puts back.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _sql
from ansible_collections.dbops.mysql_clone.plugins.module_utils._context import Context, Donor, keep_if_possible
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput, CloneError, ServerError
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import Server

DONOR_LIST = "clone_valid_donor_list"
_UNKNOWN_VARIABLE = 1193
_NAMES = re.compile(r"^(clone_[a-z_]+|net_(read|write)_timeout|max_allowed_packet)$")


def checked(settings: t.Mapping[str, t.Any], option: str = "settings") -> dict[str, t.Any]:
    """The settings of a run. Raises BadInput for a name that isn't one of the clone's variables or network timeouts."""
    for name in settings:
        if not _NAMES.match(str(name)) or name == DONOR_LIST:
            raise BadInput(
                "%s.%s can't be set for a run: expected a variable that begins with clone_ (but not %s, which the module "
                "keeps), net_read_timeout, net_write_timeout or max_allowed_packet" % (option, name, DONOR_LIST)
            )
    return {
        str(name): (int(value) if isinstance(value, str) and value.isdigit() else value)
        for name, value in settings.items()
    }


def extended(present: str | None, donors: t.Sequence[str]) -> str | None:
    """clone_valid_donor_list with these donors in it; None when it has them all already."""
    listed = _sql.donor_list(present)
    missing = [donor for donor in donors if donor not in listed]
    return ",".join(listed + missing) if missing else None


def as_wanted(value: t.Any, actual: t.Any) -> bool:
    """Whether the server has taken a value as it was meant; switches read 0 and 1."""
    return str(actual) in (str(value), str(int(value)) if isinstance(value, bool) else str(value))


def entries(server: str, before: t.Mapping[str, t.Any], reasons: t.Mapping[str, str]) -> list[dict[str, t.Any]]:
    """What is reported of variables that were put back, or why they could not be."""
    return [
        {"server": server, "name": name, "value": value, "restored": name not in reasons}
        | ({"reason": reasons[name]} if name in reasons else {})
        for name, value in before.items()
    ]


class Settings:
    """What was there before, on each server; it stands in the journal before anything is changed."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._before: dict[str, t.Any] = {}
        self._donors: dict[str, dict[str, t.Any]] = {}
        self._restored: list[dict[str, t.Any]] = []

    def take_over(self, before: t.Mapping[str, t.Any] | None, donors: t.Mapping[str, t.Any] | None) -> None:
        """What a killed run could not put back."""
        self._before = dict(before or {})
        self._donors = {label: dict(values) for label, values in (donors or {}).items()}

    def _left(self) -> dict[str, t.Any]:
        return {"settings_before": self._before or None, "donor_settings_before": self._donors or None}

    def _keep(self) -> None:
        self._context.journal.keep(**self._left())

    def _keep_if_possible(self) -> None:
        """What was put back need not be known: twice is as good as once."""
        keep_if_possible(self._context.journal, **self._left())

    def prepare(self, server: Server) -> None:
        """On the recipient, before each attempt: a server that died has forgotten it. Raises ServerError."""
        wanted = dict(self._context.wanted.settings)
        donors = [donor.label for donor in self._context.wanted.donors]
        listed = extended(server.value("SELECT @@GLOBAL." + _sql.identifier(DONOR_LIST)), donors)
        if listed is not None:
            wanted[DONOR_LIST] = listed
        self._remember(server, wanted, self._before)
        self._apply(server, wanted, "settings")

    def prepare_donor(self, donor: Donor) -> None:
        """On the donor, by its administrator's login. Raises CloneError where that can't be done."""
        wanted = self._context.wanted.donor_settings
        if not wanted:
            return
        login = self._context.donor_admin(donor)
        if login is None:
            raise CloneError(
                "donor_settings were given without a login that may set them on %s: give donor_login_user and "
                "donor_login_password" % donor.label
            )
        try:
            with self._context.link.open((login,)) as server:
                self._remember(server, wanted, self._donors.setdefault(donor.label, {}))
                self._apply(server, wanted, "donor_settings")
        except ServerError as error:
            if error.stage == "connect" and error.number in (1045, 1130, 1698):
                raise CloneError(
                    "donor_settings can't be set on %s: %s. Give donor_login_user and donor_login_password of an account "
                    "that may log in from here and has SYSTEM_VARIABLES_ADMIN" % (donor.label, error.text)
                ) from error
            raise

    def _remember(self, server: Server, wanted: t.Mapping[str, t.Any], before: dict[str, t.Any]) -> None:
        for name in wanted:
            if name not in before:
                before[name] = server.value("SELECT @@GLOBAL." + _sql.identifier(name))
        self._keep()

    def _apply(self, server: Server, wanted: t.Mapping[str, t.Any], option: str) -> None:
        for name, value in wanted.items():
            self._set(server, name, value)
            if name != DONOR_LIST:
                actual = server.value("SELECT @@GLOBAL." + _sql.identifier(name))
                if not as_wanted(value, actual):
                    self._warn("%s: the server made %s out of %s.%s=%s" % (server.label, actual, option, name, value))

    def _warn(self, text: str) -> None:
        if text not in self._context.warnings:
            self._context.warnings.append(text)

    @staticmethod
    def _set(server: Server, name: str, value: t.Any) -> None:
        server.execute("SET GLOBAL " + _sql.identifier(name) + " = %s", (value,))

    def put_back_donor(self, donor: Donor) -> None:
        """As soon as the donor's part is over: the next run that waits for it must find what was there. Tried again at the end."""
        before = self._donors.get(donor.label)
        login = self._context.donor_admin(donor)
        if not before or login is None:
            return
        reasons = self._put_back(
            donor.label, lambda: self._context.link.open((login._replace(connect_timeout=5),)), before
        )
        if not reasons:
            del self._donors[donor.label]
            self._restored = [entry for entry in self._restored if entry["server"] != donor.label]
            self._restored += entries(donor.label, before, reasons)
            self._keep_if_possible()

    def put_back_own(self) -> None:
        """On the recipient. A restart forgets SET GLOBAL, so nothing is left to be put back there after a swap."""
        if self._before:
            reasons = self._put_back(self._context.label, self._context.own, self._before)
            self._restored += entries(self._context.label, self._before, reasons)
            self._before = {}
            self._keep_if_possible()

    def put_back(self) -> list[dict[str, t.Any]]:
        """Everything, on all servers; what can't be put back is reported."""
        self.put_back_own()
        for donor in self._context.wanted.donors:
            self.put_back_donor(donor)
        restored = list(self._restored)
        for label, before in self._donors.items():
            why = "the donor could not be reached by its administrator's login"
            restored += entries(label, before, dict.fromkeys(before, why))
        for entry in restored:
            if not entry["restored"]:
                self._warn("%(server)s: %(name)s could not be put back to %(value)s: %(reason)s" % entry)
        return restored

    def _put_back(self, label: str, connect: t.Callable[[], Server], before: t.Mapping[str, t.Any]) -> dict[str, str]:
        """The reasons why variables could not be put back, by name."""
        reasons = {}
        try:
            with connect() as server:
                for name, value in before.items():
                    try:
                        if server.value("SELECT @@GLOBAL." + _sql.identifier(name)) != value:
                            self._set(server, name, value)
                    except ServerError as error:
                        # A plugin that did not load at the restart has no variables, so none that is set.
                        if error.number != _UNKNOWN_VARIABLE:
                            reasons[name] = error.text
        except ServerError as error:
            return dict.fromkeys(before, error.text)
        return reasons
