# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How rules are written, registered and run (pure).

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils._findings import Finding

DONOR_ERROR = 3862
# The names of the errors that rules predict. The catalogue has them, too, but is as large as all the rest of a check.
SYMBOLS = {
    1004: "ER_CANT_CREATE_FILE",
    1007: "ER_DB_CREATE_EXISTS",
    1026: "ER_ERROR_ON_WRITE",
    1046: "ER_NO_DB_ERROR",
    1064: "ER_PARSE_ERROR",
    1086: "ER_FILE_EXISTS_ERROR",
    1205: "ER_LOCK_WAIT_TIMEOUT",
    1227: "ER_SPECIFIC_ACCESS_DENIED_ERROR",
    1290: "ER_OPTION_PREVENTS_STATEMENT",
    1524: "ER_PLUGIN_IS_NOT_LOADED",
    1525: "ER_WRONG_VALUE",
    1815: "ER_INTERNAL_ERROR",
    1836: "ER_READ_ONLY_MODE",
    3632: "ER_PATH_IN_DATADIR",
    3634: "ER_CLONE_TOO_MANY_CONCURRENT_CLONES",
    3707: "ER_RESTART_SERVER_FAILED",
    3862: "ER_CLONE_DONOR",
    3864: "ER_CLONE_DONOR_VERSION",
    3865: "ER_CLONE_OS",
    3866: "ER_CLONE_PLATFORM",
    3867: "ER_CLONE_CHARSET",
    3868: "ER_CLONE_CONFIG",
    3869: "ER_CLONE_SYS_CONFIG",
    3870: "ER_CLONE_PLUGIN_MATCH",
    3873: "ER_CLONE_DISK_SPACE",
    3875: "ER_CLONE_DISALLOWED",
    3957: "ER_CLONE_NETWORK_PACKET",
}


class Options(t.NamedTuple):
    """What the user wants, as far as rules ask. Sizes in bytes, bandwidth in Mbit/s, times in seconds."""

    donor_host: str | None = None
    donor_port: int = 3306
    require_ssl: bool | None = None
    profile: str = "full"
    method: str = "replace"
    data_directory: str | None = None
    overwrite: bool = False
    force: bool = False
    reserve_factor: float = 1.5
    reserve_memory: int = 4 << 30
    reserve_cpus: float = 4
    reserve_bandwidth: float = 100
    deadline: float | None = None
    start_command: str | None = None
    post_clone_login_user: str | None = None
    # Servers that hold the donor's data, too, as host:port: a clone of one of them is a clone of the donor.
    pool: t.Sequence[str] = ()
    # What clone_run sets on the recipient for its run.
    max_allowed_packet: int | None = None

    @property
    def replaces_data(self) -> bool:
        """Whether the recipient's own data goes (clone into a data directory without a swap leaves it alone)."""
        return self.method == "side_by_side" or not self.data_directory

    @property
    def drops_data(self) -> bool:
        """Whether the server itself drops the recipient's data, so that all that blocks a DROP blocks the clone."""
        return self.method == "replace" and not self.data_directory


def options(values: t.Mapping[str, t.Any]) -> Options:
    """Options from a module's parameters or another mapping; what isn't given has its default."""
    return Options(**{name: values[name] for name in Options._fields if values.get(name) is not None})


class Absent(Exception):
    """A fact that a rule needs could not be had. ``side`` is whose."""

    def __init__(self, reason: str, side: str = "") -> None:
        super().__init__(reason)
        self.side = side


class NotApplicable(Exception):
    """The rule asks for a server that is no part of this check."""


class Side:
    """One server's facts as rules read them. A missing fact raises Absent with the reason."""

    def __init__(self, name: str, facts: t.Mapping[str, t.Any]) -> None:
        self.name = name
        self.facts = facts
        self.label = str(facts.get("label", name))

    def has(self, name: str) -> bool:
        """Whether the fact could be had."""
        return name in self.facts

    def fact(self, name: str) -> t.Any:
        """A fact. Raises Absent."""
        if name not in self.facts:
            reason = self.facts.get("absent", {}).get(name) or self.facts.get("reason", "not among the facts")
            raise Absent(f"{self.name} {self.label}: {name.replace('_', ' ')} not known: {reason}", self.name)
        return self.facts[name]

    def text(self, variable: str) -> str:
        """A variable's value. Raises Absent, also for a variable that this version doesn't have."""
        values = self.fact("variables")
        if variable not in values:
            raise Absent(f"{self.name} {self.label}: there is no variable {variable}")
        return str(values[variable])

    def text_or(self, variable: str, default: str) -> str:
        """A variable's value, or the default where this version doesn't have it. Raises Absent."""
        return str(self.fact("variables").get(variable, default))

    def number(self, variable: str) -> int:
        """A variable's value as a number. Raises Absent."""
        return int(self.text(variable))

    def is_on(self, variable: str) -> bool:
        """Whether a variable is on. Raises Absent."""
        return self.text(variable).upper() in ("ON", "1", "YES")


class Pair:
    """What rules look at: both sides, the link between them, the user's options. A side that isn't there raises NotApplicable."""

    def __init__(
        self,
        recipient: t.Mapping[str, t.Any] | None,
        donor: t.Mapping[str, t.Any] | None,
        wanted: Options,
        link: t.Mapping[str, t.Any] | None = None,
        already_cloned: bool = False,
        probe: t.Mapping[str, t.Any] | None = None,
    ) -> None:
        self._recipient = Side("recipient", recipient) if recipient is not None else None
        self._donor = Side("donor", donor) if donor is not None else None
        self._link = link
        self.options = wanted
        self.already_cloned = already_cloned
        # What was measured (see _probe.measure); empty where nothing was.
        self.probe = probe or {}

    @property
    def recipient(self) -> Side:
        """Raises NotApplicable where only the donor is checked."""
        if self._recipient is None:
            raise NotApplicable
        return self._recipient

    @property
    def donor(self) -> Side:
        """Raises NotApplicable where the donor is not known."""
        if self._donor is None:
            raise NotApplicable
        return self._donor

    @property
    def has_link(self) -> bool:
        """Whether the donor was logged in to from the recipient's host, or that was tried."""
        return self._link is not None

    @property
    def link(self) -> t.Mapping[str, t.Any]:
        """How the recipient's host reaches the donor (see _precheck.link_facts)."""
        if self._link is None:
            raise NotApplicable
        return self._link


class Verdict(t.NamedTuple):
    """What a rule says; the registry adds its id, title and category."""

    status: str
    message: str
    actual: t.Any = None
    expected: t.Any = None
    error: int | None = None
    nested: int | None = None
    remedy: str | None = None
    repair: str | None = None


def ok(message: str, actual: t.Any = None, expected: t.Any = None) -> Verdict:
    """It is as it should be."""
    return Verdict("ok", message, actual, expected)


def warn(message: str, **more: t.Any) -> Verdict:
    """A clone works, but somebody should know."""
    return Verdict("warn", message, **more)


def fail(message: str, **more: t.Any) -> Verdict:
    """A clone would fail, or lose or lock data."""
    return Verdict("fail", message, **more)


def donor_fail(message: str, nested: int, **more: t.Any) -> Verdict:
    """The donor refuses: the recipient's error is 3862 and the donor's own stands in its text."""
    return Verdict("fail", message, error=DONOR_ERROR, nested=nested, **more)


class Rule(t.NamedTuple):
    """A registered rule. ``interlock`` marks those that protect data (see _precheck.interlock)."""

    id: str
    title: str
    category: str
    function: t.Callable[[Pair], Verdict | None]
    interlock: bool


RULES: list[Rule] = []


def rule(
    id: str, title: str, category: str, interlock: bool = False
) -> t.Callable[[t.Callable[[Pair], Verdict | None]], t.Callable[[Pair], Verdict | None]]:
    """Register a function as the rule ``id``."""

    def register(function: t.Callable[[Pair], Verdict | None]) -> t.Callable[[Pair], Verdict | None]:
        RULES.append(Rule(id, title, category, function, interlock))
        return function

    return register


def error_named(number: int | None, nested: int | None = None) -> dict[str, t.Any] | None:
    """An error as findings show it, with its place in the reference of errors; a donor's own number says more."""
    if number is None:
        return None
    named: dict[str, t.Any] = {"code": number, "symbol": SYMBOLS.get(number)}
    if nested is not None:
        named["nested"] = nested
    # As _errors.reference has it, which a check would import the whole catalogue for.
    named["reference"] = f"docs/errors.md#error-{number if nested is None else nested}"
    return named


def _unknown(one: Rule, reason: Absent, pair: Pair) -> Verdict:
    """A rule without its facts: skipped, but what protects data takes the unknown for the worst."""
    if one.interlock and reason.side == "recipient" and not pair.options.overwrite:
        return fail(
            f"it can't be told whether data would be lost: {reason}",
            remedy="GRANT SELECT, SHOW DATABASES, PROCESS ON *.* to this login, or set overwrite=true",
        )
    return Verdict("skipped", str(reason))


def evaluate(rules: t.Iterable[Rule], pair: Pair) -> list[Finding]:
    """Run rules. One that lacks a fact, or that breaks, is skipped with the reason and hides no other."""
    findings = []
    for one in rules:
        try:
            verdict = one.function(pair)
        except NotApplicable:
            continue
        except Absent as reason:
            verdict = _unknown(one, reason, pair)
        except Exception as error:  # a broken rule must not hide what the others found
            verdict = Verdict("skipped", f"the check {one.id} itself failed: {type(error).__name__}: {error}")
        if verdict is not None:
            findings.append(
                Finding(
                    id=one.id,
                    title=one.title,
                    category=one.category,
                    status=verdict.status,
                    message=verdict.message,
                    actual=verdict.actual,
                    expected=verdict.expected,
                    error=error_named(verdict.error, verdict.nested),
                    remedy=verdict.remedy,
                    repair=verdict.repair,
                )
            )
    return findings
