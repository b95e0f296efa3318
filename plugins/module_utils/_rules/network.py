# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about the way from the recipient to the donor.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _sql
from ansible_collections.dbops.mysql_clone.plugins.module_utils._exceptions import BadInput
from ansible_collections.dbops.mysql_clone.plugins.module_utils._rules.registry import (
    Pair,
    Verdict,
    donor_fail,
    fail,
    ok,
    rule,
    warn,
)

# What the client library calls things that CLONE calls otherwise.
_LINK_REMEDIES = {
    1040: "Raise max_connections on the donor or close sessions there",
    1129: "FLUSH HOSTS on the donor (TRUNCATE TABLE performance_schema.host_cache)",
    1130: "Let the donor's account take this host: CREATE USER ... @'%' or of this host's name or address as the donor sees it",
    1226: "ALTER USER ... WITH MAX_USER_CONNECTIONS 0 on the donor",
    1862: "ALTER USER ... IDENTIFIED BY a new password on the donor",
    2003: "Start the donor, check donor_host and donor_port, its bind_address, and the firewall between the hosts",
    2005: "Check donor_host, or enter the name in the recipient's DNS or /etc/hosts",
    2007: "donor_port is another service's (X Protocol, for example): use the donor's classic MySQL port",
    2013: "Check that a MySQL server listens on donor_port and that no proxy or firewall cuts the connection",
    2026: "Turn TLS on at the donor (ssl_ca, ssl_cert, ssl_key), or use require_ssl=false",
    3118: "ALTER USER ... ACCOUNT UNLOCK on the donor",
}
_UNVERIFIED = (
    "Give as donor_ca_cert the authority that signed the donor's certificate, and donor_check_hostname=false where that "
    "names no host"
)
_ACCOUNT_ERRORS = (1044, 1045, 1130, 1226, 1698, 1862, 3118, 3159)
# The driver lacks a library that the server's own client doesn't need: proves nothing.
_NO_LIBRARY = 2061
CLOCK_SKEW_SECONDS = 5
LATENCY_SECONDS = 0.1
LOSS_SHARE = 0.01


@rule("pair.donor_address", "The donor's address is one that CLONE takes", "network")
def donor_address(pair: Pair) -> Verdict | None:
    """clone_valid_donor_list takes host:port with a host name or IPv4 address only (manual: clone_valid_donor_list)."""
    if not pair.options.donor_host:
        return None
    try:
        entry = _sql.donor_entry(pair.options.donor_host, pair.options.donor_port)
    except BadInput as error:
        return fail(error.message, error=3869, actual=pair.options.donor_host, expected="host name or IPv4 address")
    return ok(f"{entry} can stand in clone_valid_donor_list", actual=entry)


@rule("pair.link", "The recipient's host can log in to the donor", "network")
def link(pair: Pair) -> Verdict | None:
    """CLONE connects to the donor as the clone account and fails with 3862 and the client's error (server behaviour)."""
    found = pair.link
    target = found["target"]
    if found["error"] is None:
        if not found["user"]:
            return ok(f"{target} answers as MySQL {found['version']}; donor_user was not given, so no login was tried")
        return ok(
            f"{found['user']} can log in to {target} ({'encrypted' if found['encrypted'] else 'not encrypted'}, "
            f"{found['latency'] * 1000:.1f} ms a round trip)",
            actual=found["latency"],
        )
    number = found["error"]["code"]
    if number == _NO_LIBRARY:
        return Verdict("skipped", f"{found['user']} could not be tried at {target}: {found['error']['message']}")
    if number == 0:
        return fail(found["error"]["message"], remedy="Choose a MySQL server as donor")
    return donor_fail(
        f"{found['user'] or 'a client'} can't log in to {target}: {found['error']['message']} (error {number})",
        number,
        actual=number,
        remedy=_UNVERIFIED
        if number == 2026 and "certificate verify" in found["error"]["message"].lower()
        else _LINK_REMEDIES.get(
            number, "Mend the account's password, its host part or its REQUIRE clause on the donor"
        ),
        repair="clone_user" if number in _ACCOUNT_ERRORS else None,
    )


@rule("pair.latency", "Round trips to the donor are short", "network")
def latency(pair: Pair) -> Verdict | None:
    """A long way to the donor costs throughput on each of a clone's connections (TCP: window over round trip)."""
    found = pair.link
    if found["error"] or not found["user"]:
        return None
    measured = found["latency"]
    if measured > LATENCY_SECONDS:
        return warn(
            f"a round trip to {found['target']} takes {measured * 1000:.0f} ms",
            actual=measured,
            expected=LATENCY_SECONDS,
            remedy="Choose a donor that is nearer, or set clone_enable_compression=ON for this run",
        )
    return ok(f"a round trip takes {measured * 1000:.1f} ms", actual=measured, expected=LATENCY_SECONDS)


@rule("pair.clock_skew", "The clocks of both servers agree", "network")
def clock_skew(pair: Pair) -> Verdict | None:
    """Clones and their logs are told apart by time, and TLS certificates need it, too (collection's own need)."""
    skew = abs(pair.recipient.fact("skew") - pair.donor.fact("skew"))
    if skew > CLOCK_SKEW_SECONDS:
        return warn(
            f"the clocks of recipient and donor differ by {skew:.0f} s",
            actual=round(skew, 1),
            expected=CLOCK_SKEW_SECONDS,
            remedy="Synchronise both hosts' clocks (chronyc makestep)",
        )
    return ok(f"the clocks differ by {skew:.1f} s", actual=round(skew, 1), expected=CLOCK_SKEW_SECONDS)


@rule("donor.networking", "The donor listens for TCP connections", "network")
def networking(pair: Pair) -> Verdict | None:
    """A server with skip_networking can't be cloned from (manual: skip_networking)."""
    if pair.donor.is_on("skip_networking"):
        return donor_fail(
            f"{pair.donor.label} runs with skip_networking: it has no TCP port",
            2003,
            remedy="Start the donor without skip_networking",
        )
    return None


@rule("pair.certificate", "The donor's certificate is one that the recipient trusts", "network")
def certificate(pair: Pair) -> Verdict | None:
    """With clone_ssl_ca the recipient verifies the donor's certificate, but not its name: 3862 with 2026 (manual: clone_ssl_ca)."""
    found = pair.link
    authority = pair.recipient.text_or("clone_ssl_ca", "")
    if not authority or found["error"] or not found["user"]:
        return None
    if found["untrusted"] is None:
        return Verdict("skipped", f"{authority} (clone_ssl_ca) can't be read where the module runs")
    if found["untrusted"]:
        return donor_fail(
            f"the certificate of {found['target']} isn't verified by {authority} (clone_ssl_ca): {found['untrusted']}",
            2026,
            actual=authority,
            remedy="Set clone_ssl_ca to the authority that signed the donor's certificate, or to '' to verify nothing",
        )
    return ok(f"{authority} verifies the donor's certificate", actual=authority)


@rule("pair.packet_loss", "The link loses no packets", "network")
def packet_loss(pair: Pair) -> Verdict | None:
    """Segments that arrive out of order while the link is measured tell of loss, which slows each connection (TCP)."""
    segments, disordered = pair.probe.get("segments"), pair.probe.get("out_of_order")
    if not segments:
        return None
    share = (disordered or 0) / segments
    if share > LOSS_SHARE:
        return warn(
            f"{share:.1%} of {segments} segments arrived out of order",
            actual=round(share, 4),
            expected=LOSS_SHARE,
            remedy="Look for errors on the network's interfaces (ip -s link) between the hosts",
        )
    return ok(f"{disordered} of {segments} segments arrived out of order", actual=round(share, 4), expected=LOSS_SHARE)


@rule("pair.donor_identity", "The donor's facts are of the donor", "network")
def donor_identity(pair: Pair) -> Verdict | None:
    """A proxy or a wrong port may lead to another server than the facts are of (collection's own need: server_uuid)."""
    seen = pair.link["facts"]
    if not seen or seen["server_uuid"] == pair.donor.fact("server_uuid"):
        return None
    return fail(
        f"{pair.link['target']} is the server {seen['server_uuid']}, but donor_facts are of {pair.donor.fact('server_uuid')}",
        actual=seen["server_uuid"],
        expected=pair.donor.fact("server_uuid"),
        remedy="Give the address of the server that the facts are of, not of a proxy in front of several",
    )
