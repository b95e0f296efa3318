# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The accounts that CLONE needs: what is wanted, what is there, and the statements between the two.

Reading and applying talk to a server; everything between is pure. No statement, result or message holds a password or
a hash, except in the bound values of a step and in what :func:`save` returns.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import fnmatch
import json
import re
import socket
import time
import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _granting, _grants, _passwords
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import (
    BadInput,
    CloneError,
    ServerError,
    sensible,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import (
    ACCESS_DENIED,
    CONNECTION_LOST,
    Login,
    Server,
    with_config_file,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._sql import account as quoted
from ansible_collections.dbops.mysql_clone.plugins.module_utils._sql import is_one_clause, literal

EVERYTHING = _grants.EVERYTHING
PERFORMANCE_SCHEMA = "`performance_schema`.*"
# What the donor asks of the account (error 1227 without it). Checks and the queue for the donor's slot need nothing more.
DONOR_PRIVILEGES = ((EVERYTHING, "BACKUP_ADMIN"),)
# CLONE_ADMIN alone runs the statement, but can't set clone_valid_donor_list, read clone_status, or see whether the server
# holds schemas or serves replicas, which is what protects them. (PROCESS tells no more of other sessions than SELECT on
# performance_schema does.)
RECIPIENT_PRIVILEGES = (
    (EVERYTHING, "CLONE_ADMIN"),
    (EVERYTHING, "SYSTEM_VARIABLES_ADMIN"),
    (EVERYTHING, "SHOW DATABASES"),
    (EVERYTHING, "PROCESS"),
    (PERFORMANCE_SCHEMA, "SELECT"),
)
USES: dict[str, tuple[tuple[str, str], ...]] = {
    "data_directory": ((EVERYTHING, "BACKUP_ADMIN"),),
    "side_by_side": ((EVERYTHING, "BACKUP_ADMIN"), (EVERYTHING, "SHUTDOWN")),
    "cancel": ((EVERYTHING, "CONNECTION_ADMIN"),),
}
RESERVED = ("mysql.sys", "mysql.session", "mysql.infoschema")
TEMPORARY = re.compile(r"\Adbops_jit_[0-9a-z]{4,20}\Z")
LABEL = "dbops.mysql_clone"
LEFTOVER_SECONDS = 24 * 3600
LOCK_SECONDS = 30
PLUGIN_SECONDS = 30
ROUNDS = 3
NO_LIMITS = {"max_questions": 0, "max_updates": 0, "max_connections": 0, "max_user_connections": 0}


class Wanted(t.NamedTuple):
    """The account as it should be. None means "leave it as it is" for password and require_ssl."""

    name: str
    host: str
    grants: _grants.Grants
    password: str | None = None
    update_password: str = "always"
    require_ssl: bool | None = None
    label: str | None = None


class Account(t.NamedTuple):
    """An account as it is. ``stored`` are the hashes (two with dual passwords); they never leave this module."""

    name: str
    host: str
    plugin: str
    stored: tuple[bytes, ...]
    ssl: str
    locked: bool
    expired: bool
    limits: dict[str, int]
    factors: int
    grants: _grants.Grants

    def __repr__(self) -> str:
        return "Account(%s)" % quoted(self.name, self.host)


class State(t.NamedTuple):
    """What of a server matters for its accounts."""

    label: str
    version: str
    session: str
    read_only: bool
    super_read_only: bool
    sources: tuple[str, ...]
    login_plugins: tuple[str, ...]
    clone_plugin: str | None


class Step(t.NamedTuple):
    """One statement of a plan. ``values`` are bound by the driver and may hold a secret: they are never shown."""

    statement: str
    values: tuple[t.Any, ...] | None = None
    granted: tuple[str, ...] = ()
    revoked: tuple[str, ...] = ()
    repaired: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "Step(%s)" % self.statement


def wanted_grants(side: str, uses: t.Iterable[str] = ()) -> _grants.Grants:
    """Exactly the privileges of an account of this side."""
    keys = set(DONOR_PRIVILEGES)
    if side == "recipient":
        keys = set(RECIPIENT_PRIVILEGES).union(*(USES[use] for use in uses))
    return _grants.NOTHING._replace(privileges=dict.fromkeys(keys, False))


# -- reading -----------------------------------------------------------------------------------------------------------


def numbers(version: str) -> tuple[int, ...]:
    """The three numbers of a server's version."""
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])


def attributes_known(version: str) -> bool:
    """Whether CREATE USER takes ATTRIBUTE there (8.0.21)."""
    return numbers(version) >= (8, 0, 21)


def prepare(server: Server) -> None:
    """Make the session's texts independent of the server's settings and its waits finite. Raises CloneError for what has no CLONE."""
    if "mariadb" in server.version.lower():
        raise CloneError(
            "%s is MariaDB %s, which has no CLONE; MySQL 8.0.17 or later is needed" % (server.label, server.version)
        )
    if numbers(server.version) < (8, 0, 17):
        raise CloneError(
            "%s is MySQL %s, which has no CLONE; MySQL 8.0.17 or later is needed" % (server.label, server.version)
        )
    settings = "sql_mode = '', sql_quote_show_create = 1, print_identified_with_as_hex = 1, lock_wait_timeout = %d"
    server.execute("SET SESSION " + settings % LOCK_SECONDS)


@sensible("its account")
def observe(server: Server, name: str = "", host: str = "") -> tuple[State, Account | None]:
    """Read the server and one account in one round trip. Raises CloneError when the login may not read the accounts."""
    rows = server.query_many(
        {
            "server": "SELECT CURRENT_USER() AS session, @@GLOBAL.read_only AS read_only, @@GLOBAL.super_read_only AS super_read_only",
            "plugins": "SELECT PLUGIN_NAME AS name, PLUGIN_STATUS AS status, PLUGIN_TYPE AS type FROM information_schema.PLUGINS"
            " WHERE PLUGIN_NAME = 'clone' OR PLUGIN_TYPE = 'AUTHENTICATION'",
            "sources": "SELECT CONCAT(HOST, ':', PORT) AS source FROM performance_schema.replication_connection_configuration WHERE HOST <> ''"
            " AND CHANNEL_NAME NOT LIKE 'group_replication%'"
            " UNION ALL SELECT CONCAT(MEMBER_HOST, ':', MEMBER_PORT) FROM performance_schema.replication_group_members"
            " WHERE MEMBER_ROLE = 'PRIMARY' AND MEMBER_ID <> @@server_uuid",
            "account": "SELECT plugin, HEX(authentication_string) AS credential, ssl_type, account_locked, password_expired, max_questions, max_updates,"
            " max_connections, max_user_connections, User_attributes AS attributes,"
            " COALESCE(password_lifetime, @@default_password_lifetime) AS lifetime, DATEDIFF(NOW(), password_last_changed) AS days"
            " FROM mysql.user WHERE User = %s AND Host = %s" % (literal(name), literal(host)),
            "grants": "SHOW GRANTS FOR " + quoted(name, host),
        }
    )
    for topic in ("server", "plugins", "account"):
        failure = rows[topic]
        if isinstance(failure, ServerError):
            raise _explained(failure, server.label, "the accounts can't be read")
    plugins = t.cast("list[dict[str, t.Any]]", rows["plugins"])
    first = t.cast("list[dict[str, t.Any]]", rows["server"])[0]
    sources = rows["sources"]
    state = State(
        label=server.label,
        version=server.version,
        session=str(first["session"]),
        read_only=bool(first["read_only"]),
        super_read_only=bool(first["super_read_only"]),
        sources=() if isinstance(sources, ServerError) else tuple(str(row["source"]) for row in sources),
        login_plugins=tuple(
            str(row["name"]) for row in plugins if row["type"] == "AUTHENTICATION" and row["status"] == "ACTIVE"
        ),
        clone_plugin=next((str(row["status"]) for row in plugins if row["name"] == "clone"), None),
    )
    found = t.cast("list[dict[str, t.Any]]", rows["account"])
    if not found:
        return state, None
    grants = rows["grants"]
    if isinstance(grants, ServerError):
        # 1141: the row is in mysql.user, but nobody has told the server yet (FLUSH PRIVILEGES).
        raise _explained(grants, server.label, "the grants of %s can't be read" % quoted(name, host))
    return state, _account(name, host, found[0], [str(next(iter(row.values()))) for row in grants])


def _account(name: str, host: str, row: t.Mapping[str, t.Any], grants: list[str]) -> Account:
    attributes = json.loads(row["attributes"] or "{}")
    lifetime, days = row["lifetime"] or 0, row["days"]
    second = str(attributes.get("additional_password") or "").encode("utf-8")
    return Account(
        name=name,
        host=host,
        plugin=str(row["plugin"]),
        stored=tuple(filter(None, (bytes.fromhex(row["credential"] or ""), second))),
        ssl=str(row["ssl_type"]),
        locked=row["account_locked"] == "Y",
        expired=row["password_expired"] == "Y" or bool(lifetime and days is not None and days >= lifetime),
        limits={limit: int(row[limit]) for limit in NO_LIMITS},
        factors=1 + len(attributes.get("multi_factor_authentication") or ()),
        grants=_grants.parse(grants),
    )


def password_is(server: Server, actual: Account, password: str) -> bool:
    """Whether the account has this password: told from the hash, or else by a login. Nothing is changed by it."""
    answer = _passwords.any_matches(actual.plugin, actual.stored, password)
    return answer if answer is not None else _logs_in(server, actual, password)


def _logs_in(server: Server, actual: Account, password: str) -> bool:
    try:
        with Server(server.login._replace(user=actual.name, password=password, config_file=None)) as session:
            return bool(session.value("SELECT CURRENT_USER()") == "%s@%s" % (actual.name, actual.host))
    except ServerError as error:
        if error.number in CONNECTION_LOST:
            raise
        return False


# -- planning (pure) ---------------------------------------------------------------------------------------------------


def requirement(ssl: str) -> str:
    """mysql.user.ssl_type in the words of CREATE USER."""
    return {"": "NONE", "ANY": "SSL"}.get(ssl, ssl)


def describe(actual: Account | None, password: str | None = None) -> dict[str, t.Any]:
    """An account for results and diffs: attributes and privileges, no secret. ``password`` is a word about it."""
    if actual is None:
        return {}
    return {
        "plugin": actual.plugin,
        "password": password or "not checked",
        "password_expired": actual.expired,
        "locked": actual.locked,
        "require": requirement(actual.ssl),
        "limits": {limit: value for limit, value in actual.limits.items() if value},
        "factors": actual.factors,
        "privileges": _granting.describe(actual.grants),
    }


def plan(wanted: Wanted, actual: Account | None, right: bool | None, login_plugins: t.Sequence[str]) -> list[Step]:
    """The statements that make the account what is wanted.

    ``right`` tells whether the account has the wanted password (None: no password was given, or it isn't to be
    updated); ``login_plugins`` are the server's active authentication plugins. Raises BadInput when a password is needed
    and none was given.
    """
    who = quoted(wanted.name, wanted.host)
    if actual is None:
        return [_creation(who, wanted), *_grant_steps(who, wanted.grants, _grants.NOTHING)]
    usable = actual.plugin in _passwords.USABLE_PLUGINS and actual.plugin in login_plugins
    clauses: list[str] = []
    values: list[t.Any] = []
    repaired: list[str] = []
    if not usable:
        if wanted.password is None:
            raise BadInput(
                "%s logs in with %s, which CLONE can't use: give its password, so that it gets %s"
                % (who, actual.plugin, _passwords.DEFAULT_PLUGIN)
            )
        clauses.append("IDENTIFIED WITH %s BY %%s" % _passwords.DEFAULT_PLUGIN)
        values.append(wanted.password)
        repaired.append("authentication plugin %s replaced by %s" % (actual.plugin, _passwords.DEFAULT_PLUGIN))
    elif right is False:
        clauses.append("IDENTIFIED WITH %s BY %%s" % actual.plugin)
        values.append(wanted.password)
        repaired.append("password set")
    elif actual.expired:
        # The same hash again is valid from now on: no rotation, no password history, no plain text needed.
        clauses.append("IDENTIFIED WITH %s AS X'%s'" % (actual.plugin, actual.stored[0].hex() if actual.stored else ""))
        repaired.append("password no longer expired")
    ssl = requirement(actual.ssl)
    if wanted.require_ssl is not None and ssl != ("SSL" if wanted.require_ssl else "NONE"):
        clauses.append("REQUIRE %s" % ("SSL" if wanted.require_ssl else "NONE"))
        repaired.append("REQUIRE %s replaced by %s" % (ssl, clauses[-1]))
    if actual.limits != NO_LIMITS:
        clauses.append(
            "WITH MAX_QUERIES_PER_HOUR 0 MAX_UPDATES_PER_HOUR 0 MAX_CONNECTIONS_PER_HOUR 0 MAX_USER_CONNECTIONS 0"
        )
        repaired.append(
            "limits lifted (%s)" % ", ".join("%s %d" % item for item in sorted(actual.limits.items()) if item[1])
        )
    if actual.locked:
        clauses.append("ACCOUNT UNLOCK")
        repaired.append("unlocked")
    steps = (
        [Step("ALTER USER %s %s" % (who, " ".join(clauses)), tuple(values) or None, repaired=tuple(repaired))]
        if clauses
        else []
    )
    for factor in range(actual.factors, 1, -1):
        steps.insert(
            0,
            Step(
                "ALTER USER %s DROP %d FACTOR" % (who, factor), repaired=("authentication factor %d dropped" % factor,)
            ),
        )
    return steps + _grant_steps(who, wanted.grants, actual.grants)


def _creation(who: str, wanted: Wanted) -> Step:
    if wanted.password is None:
        raise BadInput("%s doesn't exist yet: password is needed to make it" % who)
    # IF NOT EXISTS: tasks for several recipients may make the same account at once; the next round tells whether it is as wanted.
    statement = "CREATE USER IF NOT EXISTS %s IDENTIFIED WITH %s BY %%s" % (who, _passwords.DEFAULT_PLUGIN)
    values: list[t.Any] = [wanted.password]
    if wanted.require_ssl is not None:
        statement += " REQUIRE %s" % ("SSL" if wanted.require_ssl else "NONE")
    if wanted.label is not None:
        statement += " ATTRIBUTE %s"
        values.append(json.dumps({LABEL: wanted.label}))
    return Step(statement, tuple(values), repaired=("created",))


def _grant_steps(who: str, wanted: _grants.Grants, actual: _grants.Grants) -> list[Step]:
    return [
        Step(change.statement, None, change.granted, change.revoked)
        for change in _granting.changes(who, wanted, actual)
    ]


def removal(name: str, host: str) -> Step:
    """The statement that removes an account, where it is there."""
    return Step("DROP USER IF EXISTS " + quoted(name, host), repaired=("removed",))


def leftovers(
    rows: t.Iterable[t.Mapping[str, t.Any]],
    name: str | None,
    host: str | None,
    label: str | None,
    keep: str | None = None,
) -> list[tuple[str, str]]:
    """Which temporary accounts to remove: those of this run (``name``, on ``host`` or all), and those of dead runs.

    ``rows`` have user, host, age (seconds), label and sessions. An account of another run is dead when nobody is logged in
    with it and it was made for recipients of ``label`` alone (a recipient has one run at a time), or more than a day ago. So a
    run for one recipient takes nothing from a fleet's that goes on beside it. ``label`` names recipients, separated by
    commas. ``keep`` is the name of a run that goes on.
    """
    found = []
    wanted = set(filter(None, (label or "").split(",")))
    for row in rows:
        if not TEMPORARY.match(row["user"]) or row["user"] == keep:
            continue
        if row["user"] == name:
            dead = host is None or host == row["host"]
        else:
            old = row["age"] is None or row["age"] > LEFTOVER_SECONDS
            served = set(filter(None, (row["label"] or "").split(",")))
            dead = not row["sessions"] and (old or (bool(served) and served <= wanted))
        if dead:
            found.append((row["user"], row["host"]))
    return found


# -- applying ----------------------------------------------------------------------------------------------------------


def _explained(error: ServerError, label: str, doing: str) -> CloneError:
    """The server's refusal as one sentence with the remedy."""
    remedies = {
        1290: "the server is read-only, and accounts are made on its source (or after super_read_only and read_only are off)",
        1819: "the password doesn't satisfy the server's policy: SHOW VARIABLES LIKE 'validate_password%' tells what it demands",
        1227: "the login lacks a privilege: it needs CREATE USER, the privileges that it hands on WITH GRANT OPTION, and SESSION_VARIABLES_ADMIN "
        "for work without binary log",
        1410: "the login may not hand on these privileges: it needs them WITH GRANT OPTION",
        1045: "the login may not hand on these privileges: it needs them WITH GRANT OPTION",
        1044: "the login may not hand on these privileges: it needs them WITH GRANT OPTION",
        1142: "the login lacks a privilege: to read accounts it needs SELECT on the schema mysql",
        1205: "another session keeps accounts from being changed: LOCK INSTANCE FOR BACKUP, FLUSH TABLES WITH READ LOCK or a clone into this server",
        1126: "the clone plugin's library mysql_clone.so isn't in the server's plugin_dir: install the server's package that holds it",
        1524: "a plugin isn't loaded",
    }
    remedy = remedies.get(error.number)
    sentence = ": ".join(part for part in (label, doing, remedy) if part)
    return CloneError("%s. The server said: %s (error %d)" % (sentence, error.text, error.number), **error.details)


def read_only_refusal(state: State, who: str) -> CloneError:
    """Why nothing is written here, and where to do it."""
    kind = "super_read_only" if state.super_read_only else "read_only"
    where = (
        "on its source %s" % " or ".join(state.sources)
        if state.sources
        else "after SET GLOBAL %s = OFF, or on its source" % kind
    )
    return CloneError(
        "%s has %s on, so %s isn't changed here: make it %s, from where it is replicated"
        % (state.label, kind, who, where),
        sources=list(state.sources),
    )


def binlog_default(side: str, temporary: bool, state: State) -> bool:
    """On a donor's source the replicas need the account, too; anywhere else it would be an errant transaction or useless."""
    return side == "donor" and not temporary and not state.sources


class Session:
    """The writing side: statements with or without binary log, one at a time, with errors explained."""

    def __init__(self, server: Server, binlog: bool) -> None:
        self._server = server
        self._binlog = True  # every session starts so
        self.wanted_binlog = binlog

    def _log(self, binlog: bool) -> None:
        if self._binlog is not binlog:
            try:
                self._server.execute("SET SESSION sql_log_bin = %d" % binlog)
            except ServerError as error:
                raise _explained(
                    error, self._server.label, "sql_log_bin can't be set, so nothing was changed"
                ) from error
            self._binlog = binlog

    def run(self, step: Step, doing: str, logged: bool = True) -> None:
        """Make one change, in the binary log where that is wanted and ``logged``. Raises CloneError, which says ``doing``."""
        self._log(self.wanted_binlog and logged)
        try:
            self._server.execute(step.statement, step.values)
        except ServerError as error:
            raise _explained(error, self._server.label, doing) from error


def apply(session: Session, steps: t.Sequence[Step], who: str) -> None:
    """Make the changes of an account, one after the other. Raises CloneError, which names ``who``."""
    for step in steps:
        session.run(step, "%s can't be changed" % who)


PLUGIN = {"active": False, "installed": False, "removed": False}


def install_plugin(server: Server, session: Session, state: State, check_mode: bool) -> dict[str, bool]:
    """Install the clone plugin where it is missing, without binary log. Raises CloneError when it can't be loaded."""
    deadline = time.monotonic() + PLUGIN_SECONDS
    while state.clone_plugin == "INACTIVE" and time.monotonic() < deadline:
        # A task for another recipient is installing it at this moment.
        time.sleep(0.2)
        state, _nobody = observe(server)
    if state.clone_plugin == "ACTIVE":
        return dict(PLUGIN, active=True)
    if state.clone_plugin is not None:
        raise CloneError(
            "%s: the clone plugin is loaded but %s. Take clone=OFF and the like out of the server's options and restart it"
            % (server.label, state.clone_plugin)
        )
    if state.super_read_only:
        raise CloneError(
            "%s has super_read_only on, so the clone plugin can't be installed: SET GLOBAL super_read_only = OFF for the moment, or load it with "
            "plugin-load-add=mysql_clone.so at the next start" % server.label
        )
    if not check_mode:
        try:
            session.run(
                Step("INSTALL PLUGIN clone SONAME 'mysql_clone.so'"),
                "the clone plugin can't be installed",
                logged=False,
            )
        except CloneError as error:
            # 1125: a task for another recipient was faster.
            if error.details.get("error", {}).get("code") != 1125:
                raise
            return dict(PLUGIN, active=True)
    return dict(PLUGIN, active=not check_mode, installed=True)


def remove_plugin(session: Session, state: State, check_mode: bool) -> dict[str, bool]:
    """Remove the clone plugin; what became of it, in check mode what would. Never in the binary log. Raises CloneError."""
    if state.clone_plugin is None:
        return dict(PLUGIN)
    if not check_mode:
        session.run(Step("UNINSTALL PLUGIN clone"), "the clone plugin can't be removed", logged=False)
    return dict(PLUGIN, active=check_mode, removed=True)


def protect(state: State, name: str, host: str) -> None:
    """Raises BadInput for accounts that nobody may change with this module."""
    if name in RESERVED or not name:
        raise BadInput(
            "name '%s' is an account of the server itself or the anonymous one; expected the name of a clone account"
            % name
        )
    if state.session == "%s@%s" % (name, host):
        raise BadInput(
            "%s is the account that this task is logged in with; it would lose every privilege that a clone doesn't need. Use an account of its own for cloning"
            % quoted(name, host)
        )


class Outcome(t.NamedTuple):
    """What was done to one account (or would be, in check mode)."""

    steps: list[Step]
    before: dict[str, t.Any]
    after: dict[str, t.Any]
    state: State


def ensure(server: Server, session: Session, wanted: Wanted, check_mode: bool, read_only_wait: float | None) -> Outcome:
    """Make the account as wanted and verify by reading it again.

    ``read_only_wait``: on a read-only server nothing is written; it is given so many seconds to replicate the account from its
    source. None writes anyway (an account of the recipient's own).
    """
    who = quoted(wanted.name, wanted.host)
    done: list[Step] = []
    before: dict[str, t.Any] | None = None
    deadline = time.monotonic() + (read_only_wait or 0)
    rounds = 0
    while True:
        state, actual = observe(server, wanted.name, wanted.host)
        protect(state, wanted.name, wanted.host)
        right = None
        if actual is not None and wanted.password is not None and wanted.update_password == "always":
            right = password_is(server, actual, wanted.password)
        word = None if right is None else "as given" if right else "another"
        if before is None:
            before = describe(actual, word)
        steps = plan(wanted, actual, right, state.login_plugins)
        if not steps:
            return Outcome(done, before, describe(actual, word), state)
        if check_mode:
            return Outcome(steps, before, _expected(wanted, actual), state)
        if read_only_wait is not None and (state.read_only or state.super_read_only):
            if time.monotonic() >= deadline or not state.sources:
                raise read_only_refusal(state, who)
            time.sleep(0.5)
            continue
        rounds += 1
        if rounds > ROUNDS:
            raise CloneError(
                "%s: %s isn't as it should be although the server took every statement: %s"
                % (server.label, who, "; ".join(_words(steps)))
            )
        apply(session, steps, who)
        done += steps


def _expected(wanted: Wanted, actual: Account | None) -> dict[str, t.Any]:
    """What describe() will tell after the plan was applied."""
    plugin = actual.plugin if actual and actual.plugin in _passwords.USABLE_PLUGINS else _passwords.DEFAULT_PLUGIN
    ssl = actual.ssl if actual else ""
    if wanted.require_ssl is not None:
        ssl = "ANY" if wanted.require_ssl else ""
    known = wanted.password is not None and (actual is None or wanted.update_password == "always")
    future = Account(wanted.name, wanted.host, plugin, (), ssl, False, False, dict(NO_LIMITS), 1, wanted.grants)
    return describe(future, "as given" if known else None)


def _words(steps: t.Iterable[Step]) -> list[str]:
    words: list[str] = []
    for step in steps:
        words += [
            *step.repaired,
            *("grant " + right for right in step.granted),
            *("revoke " + right for right in step.revoked),
        ]
    return words


def remove(server: Server, session: Session, name: str, host: str, check_mode: bool, refuse_read_only: bool) -> Outcome:
    """Remove the account if it is there."""
    state, actual = observe(server, name, host)
    protect(state, name, host)
    if actual is None:
        return Outcome([], {}, {}, state)
    if refuse_read_only and (state.read_only or state.super_read_only) and not check_mode:
        raise read_only_refusal(state, quoted(name, host))
    steps = [removal(name, host)]
    if not check_mode:
        apply(session, steps, quoted(name, host))
    return Outcome(steps, describe(actual), {}, state)


@sensible("the list of its accounts")
def temporary_accounts(server: Server) -> list[dict[str, t.Any]]:
    """All temporary accounts with age (seconds), label and the number of sessions, read in one round trip."""
    rows = server.query(
        "SELECT User AS user, Host AS host, TIMESTAMPDIFF(SECOND, password_last_changed, NOW()) AS age, User_attributes AS attributes,"
        " (SELECT COUNT(*) FROM performance_schema.threads WHERE PROCESSLIST_USER = User) AS sessions"
        " FROM mysql.user WHERE User LIKE 'dbops\\_jit\\_%' ORDER BY User, Host"
    )
    for row in rows:
        row["label"] = json.loads(row.pop("attributes") or "{}").get("metadata", {}).get(LABEL)
    return rows


def sweep(server: Server, session: Session, dead: t.Sequence[tuple[str, str]], check_mode: bool) -> list[str]:
    """Remove these temporary accounts and return their names."""
    if not check_mode:
        for user, host in dead:
            apply(session, [removal(user, host)], quoted(user, host))
    return ["%s@%s" % one for one in dead]


# -- how the donor sees this server --------------------------------------------------------------------------------------


def seen_as(own: Login, donor_host: str, donor_port: int) -> str:
    """The host part under which the donor knows the recipient.

    The donor itself tells it when it refuses a login (errors 1045, 1130). That says something only where this code runs on
    the recipient's machine; from elsewhere it is the address of the recipient's server. Raises CloneError when the donor
    can't be reached.
    """
    login = with_config_file(own)
    if not login.unix_socket:
        address = _foreign_address(login.host or "localhost", login.port)
        if address:
            return address
    donor = Login(
        host=donor_host, port=donor_port, user="mysql_clone_probe", password="-", connect_timeout=own.connect_timeout
    )
    try:
        Server(donor, read_timeout=own.connect_timeout).close()
    except ServerError as error:
        found = re.search(r"'[^']*'@'([^']+)'|Host '([^']+)'", error.text)
        if error.number in (*ACCESS_DENIED, 1130) and found:
            seen = found[1] or found[2]
            if re.search(r"[%/\s]", seen):
                # A server that says so isn't to be believed: the account would be for more hosts than one.
                raise CloneError(
                    "the donor %s says that it sees the recipient as '%s', which is no single host. Give host"
                    % (donor.label, seen)
                ) from error
            return seen
        raise CloneError(
            "the donor %s can't be reached from the recipient: %s (error %d). Check donor_host, donor_port and the network"
            % (donor.label, error.text, error.number),
            **error.details,
        ) from error
    raise CloneError(
        "the donor %s lets anybody in as 'mysql_clone_probe': remove its anonymous account, or give host" % donor.label
    )


def _foreign_address(host: str, port: int) -> str | None:
    """The address of a host that isn't this machine, None for this machine or a name nobody knows."""
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.bind((address[0], 0))
    except socket.gaierror:
        return None
    except OSError:
        return str(address[0])
    return None


# -- the recipient's own accounts, over a clone ----------------------------------------------------------------------------

_DEFAULT_ROLES = re.compile(r" DEFAULT ROLE ((?:`(?:[^`]|``)*`@`(?:[^`]|``)*`,?)+)(?= REQUIRE )")


class Saved(t.NamedTuple):
    """An account as it can be made again. ``definition`` holds its hash: what follows the name in SHOW CREATE USER."""

    name: str
    host: str
    definition: str
    default_roles: str
    grants: list[str]

    def __repr__(self) -> str:
        return "Saved(%s@%s)" % (self.name, self.host)


def chosen(accounts: t.Iterable[tuple[str, str]], patterns: t.Iterable[str]) -> list[tuple[str, str]]:
    """Accounts (name, host) that match a shell pattern: of the name, or of name@host where the pattern has an @."""
    found = []
    for name, host in accounts:
        if name in RESERVED:
            continue
        if any(
            fnmatch.fnmatchcase("%s@%s" % (name, host) if "@" in pattern else name, pattern) for pattern in patterns
        ):
            found.append((name, host))
    return found


@sensible("its account")
def save(server: Server, accounts: t.Sequence[tuple[str, str]]) -> dict[tuple[str, str], Saved]:
    """How to make these accounts again; those that don't exist are left out. The session must be prepared."""
    if not accounts:
        return {}
    statements = {}
    for number, (name, host) in enumerate(accounts):
        statements["c%d" % number] = "SHOW CREATE USER " + quoted(name, host)
        statements["g%d" % number] = "SHOW GRANTS FOR " + quoted(name, host)
    rows = server.query_many(statements)
    result = {}
    for number, (name, host) in enumerate(accounts):
        created, granted = rows["c%d" % number], rows["g%d" % number]
        if isinstance(created, ServerError):
            if created.number in (1396, 3162):
                continue
            raise _explained(created, server.label, "the account %s can't be saved" % quoted(name, host))
        if isinstance(granted, ServerError):
            raise _explained(granted, server.label, "the grants of %s can't be saved" % quoted(name, host))
        text = str(next(iter(created[0].values())))
        definition = text.partition("CREATE USER " + quoted(name, host))[2]
        roles = _DEFAULT_ROLES.search(definition)
        result[(name, host)] = Saved(
            name,
            host,
            _DEFAULT_ROLES.sub("", definition, count=1),
            roles[1] if roles else "",
            [str(next(iter(row.values()))) for row in granted],
        )
    return result


def save_matching(server: Server, patterns: t.Sequence[str]) -> list[Saved]:
    """The accounts that any of the shell patterns fits, as they can be made again. Raises ServerError."""
    rows = server.query("SELECT User AS user, Host AS host FROM mysql.user ORDER BY User, Host")
    return list(save(server, chosen(((row["user"], row["host"]) for row in rows), patterns)).values())


def restoration(wanted: Saved, actual: Saved | None) -> list[Step]:
    """The statements that make an account again as it was saved."""
    who = quoted(wanted.name, wanted.host)
    steps = []
    if actual is None:
        steps.append(Step("CREATE USER IF NOT EXISTS %s%s" % (who, wanted.definition), repaired=("created",)))
    elif actual.definition != wanted.definition:
        steps.append(Step("ALTER USER %s%s" % (who, wanted.definition), repaired=("attributes restored",)))
    steps += _grant_steps(
        who, _grants.parse(wanted.grants), _grants.parse(actual.grants) if actual else _grants.NOTHING
    )
    if wanted.default_roles != (actual.default_roles if actual else ""):
        steps.append(
            Step(
                "ALTER USER %s DEFAULT ROLE %s" % (who, wanted.default_roles or "NONE"),
                repaired=("default roles restored",),
            )
        )
    return steps


class Restored(t.NamedTuple):
    """What came of the saved accounts: names of those changed and of those that were right, and what couldn't be restored."""

    changed: list[str]
    unchanged: list[str]
    problems: list[dict[str, str]]


def restore(server: Server, session: Session, saved: t.Sequence[Saved], check_mode: bool) -> Restored:
    """Make saved accounts again. What the server refuses (a grant on a table that is no more) is told, the rest goes on."""
    own = str(server.value("SELECT CURRENT_USER()"))
    actual = save(server, [(one.name, one.host) for one in saved])
    steps: list[tuple[str, Step]] = []
    for one in saved:
        steps += [("%s@%s" % (one.name, one.host), step) for step in restoration(one, actual.get((one.name, one.host)))]
    # All accounts and roles first, grants between them afterwards; the session's own account last, since it does the work.
    steps.sort(key=lambda pair: (not pair[1].statement.startswith("CREATE USER"), pair[0] == own))
    changed = {who for who, _step in steps} if check_mode else set()
    problems = []
    for who, step in [] if check_mode else steps:
        try:
            session.run(step, "%s can't be restored" % who)
            changed.add(who)
        except CloneError as error:
            if error.details.get("error", {}).get("code") in CONNECTION_LOST:
                raise
            what = ", ".join(_words([step])) or "definition"
            problems.append({"account": who, "what": what, "reason": error.message})
    names = ["%s@%s" % (one.name, one.host) for one in saved]
    return Restored(
        [name for name in names if name in changed], [name for name in names if name not in changed], problems
    )


# -- the module's work -------------------------------------------------------------------------------------------------


def check_options(params: t.Mapping[str, t.Any]) -> None:
    """Raises BadInput for options that contradict each other or can't be used, before anything is read."""
    name = params["name"]
    if params["state"] in ("present", "absent") and name is not None:
        if not name or len(name) > 32:
            raise BadInput("name '%s' has %d characters; expected 1 to 32" % (name, len(name)))
        if params["host"] is not None and not 0 < len(params["host"]) <= 255:
            raise BadInput("host has %d characters; expected 1 to 255" % len(params["host"]))
    if params["temporary"] and not (name and TEMPORARY.match(name)):
        raise BadInput(
            "name '%s' can't be a temporary account's: expected dbops_jit_ and 4 to 20 letters (a to z) or digits"
            % name
        )
    if params["wait_timeout"] < 0:
        raise BadInput("wait_timeout is %s; expected 0 seconds or more" % params["wait_timeout"])
    if params["state"] == "saved" and not params["accounts"]:
        raise BadInput("accounts is empty; state saved needs at least one name or pattern")
    for one in params["saved"]:
        if not (is_one_clause(one["definition"]) and is_one_clause(one["default_roles"])):
            raise BadInput(
                "saved holds for %s what isn't part of one SQL statement; give 'saved' as state=saved returned it"
                % quoted(one["name"], one["host"])
            )


def manage(server: Server, own: Login, params: t.Mapping[str, t.Any], check_mode: bool) -> dict[str, t.Any]:
    """Do what the options of clone_user say on this server and return the module's result."""
    check_options(params)
    prepare(server)
    state, _nobody = observe(server)
    side, goal, name, host = params["side"], params["state"], params["name"], params["host"]
    binlog = (
        params["binlog"]
        if params["binlog"] is not None
        else binlog_default(side, params["temporary"] or goal == "swept", state)
    )
    session = Session(server, binlog and goal != "restored")
    result: dict[str, t.Any] = {
        "changed": False,
        "account": {},
        "granted": [],
        "revoked": [],
        "repaired": [],
        "swept": [],
    }
    result["plugin"] = dict(PLUGIN, active=state.clone_plugin == "ACTIVE")
    if params["install_plugin"]:
        result["plugin"] = install_plugin(server, session, state, check_mode)
    elif params["remove_plugin"]:
        result["plugin"] = remove_plugin(session, state, check_mode)
    if params["donor_host"]:
        result["seen_as"] = seen_as(own, params["donor_host"], params["donor_port"])
    if goal == "swept":
        dead = leftovers(temporary_accounts(server), name, host, params["label"])
        if dead and side == "donor" and (state.read_only or state.super_read_only):
            result["module_warnings"] = [str(read_only_refusal(state, ", ".join(quoted(*one) for one in dead)))]
        else:
            result["swept"] = sweep(server, session, dead, check_mode)
    elif goal == "saved":
        result["saved"] = [one._asdict() for one in save_matching(server, params["accounts"])]
    elif goal == "restored":
        restored = restore(server, session, [Saved(**one) for one in params["saved"]], check_mode)
        result.update(restored=restored.changed, unchanged=restored.unchanged, problems=restored.problems)
        result["module_warnings"] = [
            "%(account)s: %(what)s was not restored. %(reason)s" % problem for problem in restored.problems
        ]
    elif name is not None:
        _one_account(server, session, params, check_mode, state, result)
    result["changed"] = bool(
        result["granted"]
        or result["revoked"]
        or result["repaired"]
        or result["swept"]
        or result.get("restored")
        or result["plugin"]["installed"]
        or result["plugin"]["removed"]
    )
    return result


def _one_account(
    server: Server,
    session: Session,
    params: t.Mapping[str, t.Any],
    check_mode: bool,
    state: State,
    result: dict[str, t.Any],
) -> None:
    name, host, donor = params["name"], (params["host"] or "localhost").lower(), params["side"] == "donor"
    if params["state"] == "absent":
        outcome = remove(server, session, name, host, check_mode, donor)
    else:
        if params["temporary"] and not (donor and (state.read_only or state.super_read_only)):
            dead = leftovers(temporary_accounts(server), None, None, params["label"], keep=name)
            result["swept"] = sweep(server, session, dead, check_mode)
        label = None
        if params["temporary"] and attributes_known(state.version):
            label = params["label"] or ""
        wanted = Wanted(
            name,
            host,
            wanted_grants(params["side"], params["allow"]),
            params["password"],
            params["update_password"],
            params["require_ssl"],
            label,
        )
        outcome = ensure(server, session, wanted, check_mode, params["wait_timeout"] if donor else None)
    for step in outcome.steps:
        result["granted"] += step.granted
        result["revoked"] += step.revoked
        result["repaired"] += step.repaired
    result["account"] = dict(outcome.after, name=name, host=host) if outcome.after else {}
    header = "%s on %s" % (quoted(name, host), server.label)
    result["diff"] = {"before": outcome.before, "after": outcome.after, "before_header": header, "after_header": header}
