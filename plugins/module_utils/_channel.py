# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A replication channel: which statements make it as wanted, what its status means, what would stop it (pure).

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _gtid
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput, CloneError

SECRET = "********"
# What a receiver tells once it has asked for the binary log; before that, nothing to apply doesn't mean caught up.
_ARRIVING = re.compile(r"(?:Waiting for|Queueing) \w+ (?:to send )?event", re.IGNORECASE)
_LOG_FILE = re.compile(r"(.*)\.(\d{1,18})\Z", re.DOTALL)
# Characters of a GTID set that a message holds.
_LONGEST_SET = 200


class Dialect(t.NamedTuple):
    """The words of a version: V(START REPLICA), V(CHANGE REPLICATION SOURCE TO), V(SOURCE_HOST)."""

    replica: str
    change: str
    source: str


# From which version on, the newest first (manual: CHANGE REPLICATION SOURCE TO, START REPLICA).
_DIALECTS = (
    ((8, 0, 23), Dialect("REPLICA", "CHANGE REPLICATION SOURCE TO", "SOURCE")),
    ((8, 0, 22), Dialect("REPLICA", "CHANGE MASTER TO", "MASTER")),
    ((0, 0, 0), Dialect("SLAVE", "CHANGE MASTER TO", "MASTER")),
)


class Wanted(t.NamedTuple):
    """The channel as it is to be; None where it doesn't matter. ``file`` and ``position`` (bytes) go before the clone's own.

    ``read_only`` is keep, writable, read_only or super_read_only. ``keep_others`` leaves channels of other names alone.
    """

    host: str
    port: int
    user: str
    channel: str = ""
    auto_position: str = "auto"
    file: str | None = None
    position: int | None = None
    tls: bool | None = None
    public_key: bool | None = None
    ca: str | None = None
    read_only: str = "keep"
    keep_others: bool = True

    @property
    def source(self) -> str:
        """The source as ``host:port``."""
        return "%s:%d" % (self.host, self.port)


class Step(t.NamedTuple):
    """One statement with V(%s) for its bound values, and why. The value SECRET stands for the password."""

    text: str
    values: tuple[t.Any, ...]
    reason: str

    @property
    def shown(self) -> str:
        """The statement as people may see it."""
        rest = list(self.values)
        return re.sub(r"%s", lambda _match: _shown(rest.pop(0)), self.text)


def _shown(value: t.Any) -> str:
    return str(value) if isinstance(value, int) else "'%s'" % str(value).replace("\\", "\\\\").replace("'", "''")


class Plan(t.NamedTuple):
    """``steps`` in order; ``gtid`` whether positions are found by GTID; ``removed`` names of channels that go."""

    steps: tuple[Step, ...]
    gtid: bool
    removed: tuple[str, ...]
    warnings: tuple[str, ...]


def dialect(version: tuple[int, int, int]) -> Dialect:
    """The words of a server's version."""
    return next(words for since, words in _DIALECTS if version >= since)


def status_statement(version: tuple[int, int, int]) -> str:
    """How to ask for all channels."""
    return "SHOW %s STATUS" % dialect(version).replica


def channel_of(row: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """A channel from a row of SHOW REPLICA STATUS of any version: 8.0.22 has renamed the columns."""
    fields = {name.lower().replace("master", "source").replace("slave", "replica"): row[name] for name in row}

    def text(name: str) -> str:
        return str(fields.get(name) or "")

    def yes(name: str) -> bool:
        return text(name).lower() in ("yes", "1")

    lag = fields.get("seconds_behind_source")
    return {
        "name": text("channel_name"),
        "host": text("source_host"),
        "port": int(fields.get("source_port") or 0),
        "user": text("source_user"),
        "auto_position": yes("auto_position"),
        "tls": yes("source_ssl_allowed"),
        "ca": text("source_ssl_ca_file"),
        "public_key": yes("get_source_public_key"),
        "receiver": text("replica_io_running") or "No",
        "receiver_state": text("replica_io_state"),
        "receiver_error": int(fields.get("last_io_errno") or 0),
        "receiver_message": text("last_io_error"),
        "applier": text("replica_sql_running") or "No",
        "applier_error": int(fields.get("last_sql_errno") or 0),
        "applier_message": text("last_sql_error"),
        "executed": [text("relay_source_log_file"), int(fields.get("exec_source_log_pos") or 0)],
        "received_gtids": text("retrieved_gtid_set"),
        "lag_seconds": int(lag) if lag is not None else None,
    }


def connected(channel: t.Mapping[str, t.Any]) -> bool:
    """Whether the receiver is logged in and the applier runs."""
    return (channel["receiver"], channel["applier"]) == ("Yes", "Yes")


def where(channel: t.Mapping[str, t.Any]) -> str:
    """A channel in a message."""
    name = "channel '%s'" % channel["name"] if channel["name"] else "the default channel"
    return "%s from %s:%d" % (name, channel["host"], channel["port"])


# -- the plan ----------------------------------------------------------------------------------------------------------


def _elsewhere(wanted: Wanted, channel: t.Mapping[str, t.Any]) -> bool:
    return (channel["host"].lower(), channel["port"]) != (wanted.host.lower(), wanted.port)


def by_gtid(wanted: Wanted, gtid_mode: str, present: t.Mapping[str, t.Any] | None) -> bool:
    """Whether positions are found by GTID. A channel that is there keeps its way where the choice is left to us."""
    if wanted.auto_position == "gtid" and gtid_mode not in ("ON", "ON_PERMISSIVE"):
        raise BadInput(
            "auto_position is gtid, but gtid_mode is %s on this server. Set gtid_mode=ON and enforce_gtid_consistency=ON, or "
            "auto_position to position" % gtid_mode
        )
    if wanted.auto_position != "auto":
        return wanted.auto_position == "gtid"
    if wanted.file is not None:
        return False
    return bool(present["auto_position"]) if present else gtid_mode == "ON"


def coordinates(wanted: Wanted, clone: t.Mapping[str, t.Any] | None) -> tuple[str, int]:
    """File and position (bytes) in the source's binary log: the given ones, else where the clone's data ends.

    Raises BadInput where there are none, or where they are another server's.
    """
    if wanted.file is not None and wanted.position is not None:
        return wanted.file, wanted.position
    ways = "Give binlog_file and binlog_position, or use GTIDs (gtid_mode=ON on both servers)"
    if not clone or clone.get("state") != "completed":
        raise BadInput("this server knows no completed clone whose position could be taken. " + ways)
    if not clone.get("binlog_file"):
        raise BadInput("the donor wrote no binary log when it was cloned, so there is no position. " + ways)
    if str(clone["source"]).lower() != wanted.source.lower():
        raise BadInput(
            "the clone's position is one in the binary log of its donor %s, and means nothing on %s. %s"
            % (clone["source"], wanted.source, ways)
        )
    return str(clone["binlog_file"]), int(clone["binlog_position"])


def differences(wanted: Wanted, gtid: bool, present: t.Mapping[str, t.Any]) -> list[str]:
    """In what a channel from the wanted source differs from the wanted one, as words."""
    found = []
    if present["user"] != wanted.user:
        found.append("its account is '%s'" % present["user"])
    if present["auto_position"] != gtid:
        found.append("it finds positions by %s" % ("GTID" if present["auto_position"] else "file and position"))
    if wanted.tls is not None and present["tls"] != wanted.tls:
        found.append("TLS is %s" % ("on" if present["tls"] else "off"))
    if wanted.public_key is not None and not present["tls"] and present["public_key"] != wanted.public_key:
        found.append("asking for the public key is %s" % ("on" if present["public_key"] else "off"))
    if wanted.ca is not None and present["ca"] != wanted.ca:
        found.append("its certificate authority is '%s'" % present["ca"])
    return found


def plan(
    wanted: Wanted,
    version: tuple[int, int, int],
    here: t.Mapping[str, t.Any],
    channels: t.Sequence[t.Mapping[str, t.Any]],
    clone: t.Mapping[str, t.Any] | None,
    tls_offered: bool | None = None,
) -> Plan:
    """What makes the channels as wanted; no steps where they are and run.

    ``here`` has gtid_mode, read_only, super_read_only of this server. ``tls_offered`` tells whether the source offers TLS
    (None: it couldn't be asked). Raises BadInput.
    """
    words = dialect(version)
    named = next((one for one in channels if one["name"] == wanted.channel), None)
    ours = named if named is not None and not _elsewhere(wanted, named) else None
    removed = [one for one in channels if one is not ours and (one["name"] == wanted.channel or not wanted.keep_others)]
    gtid = by_gtid(wanted, here["gtid_mode"], ours)
    steps = [step for one in removed for step in _removal(words, one)]
    warnings = []
    if not gtid and any(one["executed"][0] for one in removed):
        warnings.append(
            "%s has run on this server. Without GTIDs nobody can tell which of its transactions come a second time from %s"
            % (" and ".join(where(one) for one in removed), wanted.source)
        )
    reasons = differences(wanted, gtid, ours) if ours else ["there is none"]
    if ours and not reasons and ours["receiver"] != "Yes":
        reasons = ["its receiver isn't connected, so the password is set again"]
    if reasons:
        if ours and (ours["receiver"] != "No" or ours["applier"] != "No"):
            steps.append(_stop(words, ours, "it can't be changed while it runs"))
        place = None
        if not gtid and (ours is None or ours["auto_position"] or wanted.file is not None):
            if ours and wanted.file is None:
                raise BadInput(
                    "%s finds positions by GTID. To go on by file and position give binlog_file and binlog_position"
                    % where(ours)
                )
            place = coordinates(wanted, clone)
        steps.append(_change(words, wanted, gtid, place, ours, tls_offered, "; ".join(reasons)))
    steps += read_only_steps(wanted.read_only, here)
    if reasons or not (ours and connected(ours)):
        steps.append(Step("START %s FOR CHANNEL %%s" % words.replica, (wanted.channel,), "it is to run"))
    return Plan(tuple(steps), gtid, tuple(one["name"] for one in removed), tuple(warnings))


def _stop(words: Dialect, channel: t.Mapping[str, t.Any], reason: str) -> Step:
    return Step("STOP %s FOR CHANNEL %%s" % words.replica, (channel["name"],), reason)


def _removal(words: Dialect, channel: t.Mapping[str, t.Any]) -> list[Step]:
    """A channel that a clone copied goes; it may have started by itself."""
    reason = "%s isn't wanted" % where(channel)
    steps = []
    if channel["receiver"] != "No" or channel["applier"] != "No":
        steps.append(_stop(words, channel, reason))
    steps.append(Step("RESET %s ALL FOR CHANNEL %%s" % words.replica, (channel["name"],), reason))
    return steps


def _change(
    words: Dialect,
    wanted: Wanted,
    gtid: bool,
    place: tuple[str, int] | None,
    ours: t.Mapping[str, t.Any] | None,
    tls_offered: bool | None,
    reason: str,
) -> Step:
    tls = wanted.tls
    if tls is None:
        # TLS wherever the source isn't known to lack it; a channel that is there keeps what it has.
        tls = bool(ours["tls"]) if ours else bool(wanted.ca) or tls_offered is not False
    key = wanted.public_key
    if key is None and not tls:
        # caching_sha2_password needs one of the two; other plugins don't ask for the key (manual: GET_SOURCE_PUBLIC_KEY).
        key = True
    settings: list[tuple[str, t.Any]] = [
        ("%s_HOST", wanted.host),
        ("%s_PORT", wanted.port),
        ("%s_USER", wanted.user),
        ("%s_PASSWORD", SECRET),
        ("%s_AUTO_POSITION", int(gtid)),
        ("%s_SSL", int(tls)),
    ]
    if place is not None:
        settings += [("%s_LOG_FILE", place[0]), ("%s_LOG_POS", place[1])]
    if wanted.ca is not None:
        settings.append(("%s_SSL_CA", wanted.ca))
    if key is not None:
        settings.append(("GET_%s_PUBLIC_KEY", int(key)))
    text = ", ".join(name % words.source + " = %s" for name, _value in settings)
    values = tuple(value for _name, value in settings)
    return Step("%s %s FOR CHANNEL %%s" % (words.change, text), (*values, wanted.channel), reason)


def read_only_steps(wanted: str, here: t.Mapping[str, t.Any]) -> list[Step]:
    """super_read_only brings read_only along, read_only = OFF takes super_read_only with it (manual: super_read_only)."""
    reason = "read_only is %s, super_read_only %s" % (here["read_only"], here["super_read_only"])
    steps = []
    if wanted == "super_read_only" and here["super_read_only"] != "ON":
        steps.append(Step("SET GLOBAL super_read_only = ON", (), reason))
    if wanted == "read_only" and here["super_read_only"] == "ON":
        steps.append(Step("SET GLOBAL super_read_only = OFF", (), reason))
    if wanted == "read_only" and here["read_only"] != "ON":
        steps.append(Step("SET GLOBAL read_only = ON", (), reason))
    if wanted == "writable" and "ON" in (here["read_only"], here["super_read_only"]):
        steps.append(Step("SET GLOBAL read_only = OFF", (), reason))
    return steps


# -- before it ---------------------------------------------------------------------------------------------------------


def refuse_unfit(wanted: Wanted, gtid: bool, here: t.Mapping[str, t.Any], there: t.Mapping[str, t.Any]) -> list[str]:
    """Raise CloneError for what would stop replication from this source; warnings for what would not.

    Both have server_uuid, server_id, gtid_mode, gtid_executed; the source has gtid_purged and log_bin, too.
    """
    source = wanted.source
    if there["server_uuid"] == here["server_uuid"]:
        raise CloneError(
            "%s has this server's server_uuid %s: donor_host and donor_port lead to the recipient itself, or a data directory was "
            "copied with its auto.cnf; then remove auto.cnf here and restart" % (source, here["server_uuid"])
        )
    if int(there["server_id"]) == int(here["server_id"]):
        raise CloneError(
            "%s has server_id %s as this server has, so it can't be its replica. SET PERSIST server_id = <another number> here, and "
            "in the option file where it stands there" % (source, here["server_id"])
        )
    if str(there["log_bin"]).upper() in ("0", "OFF"):
        raise CloneError("%s writes no binary log (log_bin is OFF), so nothing can be replicated from it" % source)
    if gtid and there["gtid_mode"] != "ON":
        raise CloneError(
            "gtid_mode is %s on %s; positions are found by GTID only where it is ON. Set it there, or auto_position to position"
            % (there["gtid_mode"], source)
        )
    if {here["gtid_mode"], there["gtid_mode"]} == {"ON", "OFF"}:
        raise CloneError(
            "gtid_mode is %s here and %s on %s; replication needs the same on both"
            % (here["gtid_mode"], there["gtid_mode"], source)
        )
    if not gtid:
        return []
    executed, theirs = _gtid.parse(here["gtid_executed"]), _gtid.parse(there["gtid_executed"])
    lost = _gtid.subtract(_gtid.parse(there["gtid_purged"]), executed)
    if lost:
        raise CloneError(
            "%s has purged transactions from its binary logs that this server lacks (it would be error 1236): %s. Clone again, and let "
            "the source keep its binary logs longer (binlog_expire_logs_seconds)" % (source, _some(lost))
        )
    extra = _gtid.subtract(executed, theirs)
    forgotten = _gtid.of_uuid(extra, there["server_uuid"])
    if forgotten:
        raise CloneError(
            "this server has transactions of %s that the source itself doesn't know (it would be error 1236): %s. The source was set "
            "back, or it is another server; clone again" % (source, _some(forgotten))
        )
    return ["%s doesn't have all transactions of this server: %s" % (source, _some(extra))] if extra else []


def _some(gtids: t.Any) -> str:
    text = _gtid.text(gtids)
    return text if len(text) <= _LONGEST_SET else text[:_LONGEST_SET] + "..."


# -- after it ----------------------------------------------------------------------------------------------------------


def _place(place: t.Sequence[t.Any]) -> tuple[str, int, int] | None:
    found = _LOG_FILE.match(str(place[0]))
    return (found.group(1), int(found.group(2)), int(place[1])) if found else None


def reached(
    channel: t.Mapping[str, t.Any], executed: str, gtids: str | None = None, place: t.Sequence[t.Any] | None = None
) -> bool:
    """Whether a channel runs and has applied all up to ``gtids`` or ``place`` (file, position) of its source.

    Without them: whether, by the channel's own word, all that has arrived is applied. ``executed`` is gtid_executed.
    """
    if not connected(channel):
        return False
    if gtids:
        return _gtid.contains(_gtid.parse(executed), _gtid.parse(gtids))
    if place is not None:
        there, now = _place(place), _place(channel["executed"])
        return there is not None and now is not None and now >= there
    if channel["received_gtids"] and not _gtid.contains(_gtid.parse(executed), _gtid.parse(channel["received_gtids"])):
        return False
    return channel["lag_seconds"] == 0 and _ARRIVING.match(channel["receiver_state"]) is not None
