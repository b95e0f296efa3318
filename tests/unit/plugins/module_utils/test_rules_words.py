# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole findings of facts of real servers, changed in one place each: status, error, words, values and remedy.

The truth table makes such changes on real servers and holds the findings against what CLONE does there. Here stands
what users and tools read of them: captured/findings.json, by the names of the cases. Who changes the words of a rule
runs this file with ``python -m`` to write that file anew, and reads the difference.
"""

from __future__ import annotations

import json

import pytest

from ansible_collections.dbops.mysql_clone.plugins.module_utils._rules import configuration
from ansible_collections.dbops.mysql_clone.tests.unit.plugins.module_utils.test_rules import CAPTURED, CHANGES, Scene

WORDS = CAPTURED / "findings.json"
GIB = 1 << 30


def lock(kind):
    return {"kind": kind, "id": 41, "account": "app@db9", "seconds": 7}


def clone(**more):
    return {"state": "in_progress", "source": "127.0.0.1:35011", "stage": "FILE COPY", "percent": 12, "pid": 88, **more}


def held(scene, *kinds):
    scene.recipient["locks"] = {"count": len(kinds), "first": [lock(kind) for kind in kinds]}


def aside(scene, exists=False, path="/srv/new"):
    scene.wanted.update(data_directory=path)
    scene.recipient["host"]["new_directory"] = {"exists": exists, "file_system": None}


def small(scene, name, path, device, free):
    place = {"path": path, "device": device, "free": free, "free_root": free, "total": GIB, "inodes": 100}
    scene.recipient["host"]["file_systems"][name] = place


def guarded(scene, **facts):
    scene.recipient.update(facts)
    scene.wanted.update(overwrite=False)


def sessions(count):
    first = [
        {"id": 40 + n, "user": "app", "host": f"web{n}", "seconds": n, "changed_rows": n} for n in range(1, count + 1)
    ]
    return {"count": count, "first": first}


def served(scene, **settings):
    pid = str(scene.recipient["host"]["pid"])
    scene.recipient["host"]["supervisor"].update(managed=True, unit="db.service", systemd={**settings, "MainPID": pid})


def without(side, privilege):
    def make(scene):
        grants = scene.link["facts"] if side == "donor" else scene.recipient
        privileges = grants["grants"]["privileges"]
        privileges["*.*"] = [one for one in privileges["*.*"] if one not in (privilege, "ALL PRIVILEGES")]

    return make


# The case's name is the check's, or the check's and a word behind a space.
CASES = {
    "recipient.plugin": lambda s: s.recipient["plugins"].pop("clone"),
    "donor.plugin": lambda s: s.donor["plugins"].pop("clone"),
    "recipient.max_allowed_packet": lambda s: s.set("recipient", max_allowed_packet="2097151"),
    "recipient.max_allowed_packet least": lambda s: s.set("recipient", max_allowed_packet="2097152"),
    "donor.max_allowed_packet": lambda s: s.set("donor", max_allowed_packet="2097151"),
    "donor.max_allowed_packet least": lambda s: s.set("donor", max_allowed_packet="2097152"),
    "donor.redo_log": lambda s: s.donor["status"].update(Innodb_redo_log_enabled="OFF"),
    "pair.lower_case_table_names": lambda s: s.set("donor", lower_case_table_names="1"),
    "recipient.super_read_only": lambda s: s.set("recipient", super_read_only="ON"),
    "recipient.force_recovery": lambda s: s.set("recipient", innodb_force_recovery="1"),
    "recipient.innodb_read_only": lambda s: s.set("recipient", innodb_read_only="ON"),
    "pair.data_files": lambda s: s.set("donor", innodb_data_file_path="a:12M;b:10M:autoextend"),
    "donor.undo_files": lambda s: s.donor["files"].update(undo=["/a/u.ibu", "/b/u.ibu", "/b/v.ibu"]),
    "recipient.data_directory": aside,
    "recipient.data_directory relative": lambda s: aside(s, path="srv/new"),
    "recipient.data_directory within": lambda s: aside(s, path=s.recipient["variables"]["datadir"] + "/x"),
    "recipient.data_directory exists": lambda s: aside(s, exists=True),
    "donor.not_innodb": lambda s: s.donor.update(not_innodb=["a.b (MyISAM)"], engines={"MyISAM": 1}),
    "recipient.donor_list": lambda s: s.recipient.update(donor_list="db9:3306"),
    "recipient.donor_list empty": lambda s: s.recipient.update(donor_list=None),
    "recipient.donor_list without the plugin": lambda s: (
        s.recipient.update(donor_list=None) or s.recipient["plugins"].pop("clone")
    ),
    "donor.plugin_installed aside": lambda s: s.donor.update(installed_plugins=[]) or aside(s),
    "donor.plugin_installed no plugin": lambda s: (
        s.donor.update(installed_plugins=[]) or s.donor["plugins"].pop("clone")
    ),
    "donor.plugin_installed": lambda s: s.donor.update(installed_plugins=[]),
    "pair.version": lambda s: s.set("donor", version="8.4.7"),
    "pair.version of the next series": lambda s: s.set("recipient", version="28.4.0"),
    "pair.innodb_page_size": lambda s: s.set("donor", innodb_page_size="4096"),
    "pair.character_set_server": lambda s: s.set("donor", character_set_server="latin1"),
    "pair.character_set_filesystem": lambda s: s.set("donor", character_set_filesystem="utf8mb4"),
    "pair.collation_server": lambda s: s.set("donor", collation_server="latin1_bin"),
    "pair.plugins many": lambda s: s.donor["plugins"].update({f"p{n}": f"p{n}.so" if n else None for n in range(7)}),
    "pair.plugins loadable": lambda s: (
        s.donor["plugins"].update(x1="x1.so", x2="x2.so") or s.recipient["host"].update(libraries="x1.so x2.so")
    ),
    "pair.plugins unreadable": lambda s: (
        s.donor["plugins"].update(x1="x1.so") or s.recipient["host"].update(libraries=None)
    ),
    "pair.plugins excluded": lambda s: (
        s.donor["plugins"].update(x1="x1.so", x2="x2.so") or s.set("recipient", clone_exclude_plugins_list="x2,x1")
    ),
    "pair.data_files last": lambda s: s.set("donor", innodb_data_file_path="ibdata1:99M:autoextend"),
    "pair.data_files other size": lambda s: [
        s.set("donor", innodb_data_file_path="a:12M;b:12M:autoextend"),
        s.set("recipient", innodb_data_file_path="a:10M;b:12M:autoextend"),
    ],
    "pair.data_files fewer": lambda s: [
        s.set("donor", innodb_data_file_path="a:12M;b:12M;c:12M:autoextend"),
        s.set("recipient", innodb_data_file_path="a:12M:autoextend"),
    ],
    "pair.data_files more": lambda s: s.set("recipient", innodb_data_file_path="ibdata1:12M;b:12M:autoextend"),
    "recipient.keyring plugin": lambda s: (
        s.donor["tablespaces"].update(encrypted=3) or s.recipient["plugins"].update(keyring_file="keyring_file.so")
    ),
    "recipient.keyring functions": lambda s: (
        s.donor["tablespaces"].update(encrypted=3) or s.recipient["plugins"].update(keyring_udf="keyring_udf.so")
    ),
    "recipient.keyring unknown": lambda s: [s.donor["tablespaces"].update(encrypted=3), s.recipient.pop("keyring")],
    "pair.encrypted_link unknown": lambda s: s.donor["tablespaces"].update(encrypted=3) or s.link.update(user=None),
    "pair.tablespace_paths home": lambda s: (
        s.donor["files"].update(outside={"count": 2, "first": ["/home/a.ibd", "../undo/u.ibu"]})
        or s.set("recipient", innodb_data_home_dir="/home", innodb_undo_directory="/var/lib/undo")
        or s.donor["host"].update(machine="another")
    ),
    "pair.tablespace_paths several": lambda s: (
        s.donor["files"].update(outside={"count": 3, "first": ["/far/a.ibd", "/near/b.ibd", "/far/c.ibd"]})
        or s.set("recipient", innodb_directories="./;/farther")
    ),
    "pair.tablespace_paths same name": lambda s: [
        s.donor["files"].update(outside={"count": 1, "first": ["/far/a.ibd"]}),
        s.set("recipient", innodb_directories="/far", hostname="one"),
        s.set("donor", hostname="one"),
        s.donor.pop("host"),
    ],
    "pair.tablespace_paths other name": lambda s: [
        s.donor["files"].update(outside={"count": 1, "first": ["/far/a.ibd"]}),
        s.set("recipient", innodb_directories="/far", hostname="one"),
        s.set("donor", hostname="another"),
        s.donor.pop("host"),
    ],
    **{
        "pair.tablespace_paths many" + word: lambda s, known=known, machine=machine: (
            s.donor["files"].update(outside={"count": 23, "first": [f"/far/{n:02}.ibd" for n in range(23)]})
            or s.set("recipient", innodb_directories=known)
            or s.donor["host"].update(machine=machine or s.recipient["host"]["machine"])
        )
        for word, known, machine in (("", "", None), (" known", "/far", "another"), (" overwritten", "/far", None))
    },
    "pair.components several": lambda s: (
        s.donor.update(components=["file://component_y", "file://component_x", "http://component_z"])
        or s.recipient["host"].update(libraries="component_z.so")
    ),
    "pair.components aside": lambda s: s.donor.update(components=["file://component_x"]) or aside(s),
    "pair.gtid_mode off": lambda s: s.set("recipient", gtid_mode="OFF") or s.set("donor", gtid_mode="OFF"),
    "donor.binary_log_retention for ever": lambda s: s.set("donor", binlog_expire_logs_seconds="0"),
    "donor.binary_log_retention long": lambda s: s.set("donor", binlog_expire_logs_seconds="28"),
    "donor.binary_log_retention short": lambda s: s.set("donor", binlog_expire_logs_seconds="27"),
    "donor.binary_log_retention none": lambda s: s.set("donor", binlog_expire_logs_seconds="5", log_bin="OFF"),
    "donor.wait_timeout long": lambda s: [
        s.set(side, version="8.0.23", wait_timeout="28") for side in ("donor", "recipient")
    ],
    "donor.wait_timeout much later": lambda s: [
        s.set(side, version="8.4.0", wait_timeout="1") for side in ("donor", "recipient")
    ],
    "donor.wait_timeout later": lambda s: [
        s.set(side, version="8.0.24", wait_timeout="1") for side in ("donor", "recipient")
    ],
    "pair.configuration_drift": lambda s: (
        s.donor.update(persisted=[f"v{n:02}" for n in range(12)]) or s.set("donor", table_open_cache="7")
    ),
    "pair.configuration_drift none": lambda s: s.donor["variables"].update(
        {name: s.recipient["variables"].get(name) for name in configuration.DRIFT}
    ),
    "donor.not_innodb five": lambda s: s.donor.update(not_innodb=[f"a.t{n}" for n in range(5)], engines={"MyISAM": 5}),
    "donor.not_innodb many": lambda s: s.donor.update(
        not_innodb=[f"a.t{n:02}" for n in range(23)], engines={"MyISAM": 20, "CSV": 3}
    ),
    "donor.not_innodb several": lambda s: s.donor.update(not_innodb=["a.b", "a.c"], engines={"MyISAM": 1, "CSV": 1}),
    "recipient.keyring": lambda s: s.donor["tablespaces"].update(encrypted=3),
    "recipient.keyring active": lambda s: (
        s.donor["tablespaces"].update(encrypted=3) or s.recipient.update(keyring={"Component_status": "Active"})
    ),
    "pair.encrypted_link": lambda s: s.donor["tablespaces"].update(encrypted=3) or s.link.update(encrypted=False),
    "pair.encrypted_link encrypted": lambda s: (
        s.donor["tablespaces"].update(encrypted=3) or s.link.update(encrypted=True)
    ),
    "pair.block_size same": lambda s: s.donor["tablespaces"].update(
        encrypted_holes=1, block_size=s.recipient["host"]["block_size"]
    ),
    "donor.missing_files open": lambda s: (
        s.donor["tablespaces"].update(missing=2) or s.donor.update(missing_files={"a/b.ibd": True, "a/c.ibd": False})
    ),
    "donor.missing_files": lambda s: (
        s.donor["tablespaces"].update(missing=1) or s.donor.update(missing_files={"a/c.ibd": False})
    ),
    "pair.tablespace_paths": lambda s: s.donor["files"].update(outside={"count": 1, "first": ["/far/a.ibd"]}),
    "pair.tablespace_paths known": lambda s: (
        s.donor["files"].update(outside={"count": 1, "first": ["/far/a.ibd"]})
        or s.set("recipient", innodb_directories="/near;/far")
        or s.donor["host"].update(machine="another")
    ),
    "pair.tablespace_paths overwritten": lambda s: (
        s.donor["files"].update(outside={"count": 1, "first": ["/far/a.ibd"]})
        or s.set("recipient", innodb_directories="/far")
    ),
    "pair.tablespace_paths met": lambda s: (
        s.donor["files"].update(outside={"count": 1, "first": ["/far/a.ibd"]})
        or s.set("recipient", innodb_directories="/far")
        or aside(s)
    ),
    "pair.components unreadable": lambda s: (
        s.donor.update(components=["file://component_x"]) or s.recipient["host"].update(libraries=None)
    ),
    "pair.components there": lambda s: (
        s.donor.update(components=["file://component_x"]) or s.recipient["host"].update(libraries="component_x.so")
    ),
    "pair.donor_address": lambda s: s.wanted.update(donor_host="::1"),
    "pair.link": lambda s: s.link.update(error={"code": 1045, "message": "Access denied"}, facts=None),
    "pair.link no server": lambda s: s.link.update(error={"code": 0, "message": "it is no server"}, facts=None),
    "pair.link refused": lambda s: s.link.update(error={"code": 2003, "message": "refused"}, facts=None),
    "pair.link without TLS": lambda s: s.link.update(
        error={"code": 2026, "message": "the server has no TLS"}, facts=None
    ),
    "pair.link unverified": lambda s: s.link.update(
        error={"code": 2026, "message": "[SSL] Certificate verify failed"}, facts=None
    ),
    "pair.link of another kind": lambda s: s.link.update(
        error={"code": 3024, "message": "certificate verify"}, facts=None
    ),
    "pair.clock_skew both": lambda s: s.recipient.update(skew=7.25) or s.donor.update(skew=-0.5),
    "pair.packet_loss much": lambda s: s.probe.update(segments=70_000, out_of_order=1234),
    "pair.packet_loss few": lambda s: s.probe.update(segments=70_000, out_of_order=123),
    "pair.link anonymous": lambda s: s.link.update(user=None),
    "pair.certificate": lambda s: s.set("recipient", clone_ssl_ca="/ca.pem") or s.link.update(untrusted="expired"),
    "pair.certificate unread": lambda s: s.set("recipient", clone_ssl_ca="/ca.pem") or s.link.update(untrusted=None),
    "pair.certificate trusted": lambda s: s.set("recipient", clone_ssl_ca="/ca.pem") or s.link.update(untrusted=""),
    "pair.packet_loss none": lambda s: s.probe.update(segments=1000, out_of_order=0),
    "recipient.clone_privilege": without("recipient", "CLONE_ADMIN"),
    "donor.backup_privilege": without("donor", "BACKUP_ADMIN"),
    "recipient.data": lambda s: s.wanted.update(overwrite=False, force=True),
    "recipient.data overwritten": lambda s: s.wanted.update(force=True),
    "recipient.data empty": lambda s: s.recipient.update(schemas=[], schema_count=0) or s.wanted.update(force=True),
    "recipient.gtids": lambda s: s.recipient.update(gtid_executed="6c27ed6d-7ee1-11e5-b4a1-123456789abc:1-9"),
    "recipient.data many": lambda s: (
        s.wanted.update(overwrite=False, force=True)
        or s.recipient.update(
            schema_count=7, schemas=[{"name": f"s{n}", "tables": n, "bytes": n << 20 if n else None} for n in range(7)]
        )
    ),
    "recipient.data five": lambda s: (
        s.wanted.update(overwrite=False, force=True)
        or s.recipient.update(
            schema_count=5, schemas=[{"name": f"s{n}", "tables": n, "bytes": n << 20} for n in range(5)]
        )
    ),
    "recipient.data cloned": lambda s: s.donor.update(gtid_executed=s.recipient["gtid_executed"]),
    "recipient.gtids guarded": lambda s: guarded(s, gtid_executed="6c27ed6d-7ee1-11e5-b4a1-123456789abc:1-9"),
    "recipient.replicas": lambda s: guarded(s, replicas=sessions(6)),
    "recipient.replicas overwritten": lambda s: s.recipient.update(replicas=sessions(1)),
    "recipient.writers": lambda s: guarded(s, writers=sessions(6)),
    "recipient.writers overwritten": lambda s: s.recipient.update(writers=sessions(1)),
    "recipient.gtids none": lambda s: s.recipient.update(gtid_executed=""),
    "pair.same_server": lambda s: s.link["facts"].update(server_uuid=s.recipient["server_uuid"]),
    "pair.same_server aside": lambda s: (
        s.link["facts"].update(server_uuid=s.recipient["server_uuid"]) or s.wanted.update(data_directory="/srv/new")
    ),
    "recipient.clone": lambda s: s.recipient.update(clone=clone()),
    "recipient.clone of another": lambda s: s.recipient.update(clone=clone(source="db9:3306")),
    "donor.slot": lambda s: s.donor.update(clones=[{"user": "c", "host": "db9:1", "state": "starting", "seconds": 0}]),
    "donor.slot cut": lambda s: s.donor.update(
        clones=[{"user": "c", "host": "db9:1", "state": "starting", "seconds": 10**6}]
    ),
    "donor.slot twice": lambda s: s.donor.update(
        clones=[{"user": "c", "host": f"db{n}:1", "state": "copying", "seconds": 10**6} for n in (9, 8)]
    ),
    "recipient.group_replication": lambda s: s.recipient.update(group_state="ONLINE"),
    "recipient.group_replication aside": lambda s: (
        s.recipient.update(group_state="ONLINE")
        or s.wanted.update(method="side_by_side", data_directory="/srv/new", start_command="x")
    ),
    "recipient.backup_lock": lambda s: held(s, "backup", "ddl"),
    "recipient.backup_lock many": lambda s: held(s, *["backup"] * 6),
    "recipient.backup_lock of the clone": lambda s: (
        held(s, "backup") or s.recipient["clone"].update(state="completed", pid=41)
    ),
    "recipient.backup_lock of nobody known": lambda s: s.recipient.update(
        locks={"count": 2, "first": [dict(lock("backup"), id=None), lock("backup")]}
    ),
    "recipient.read_lock": lambda s: held(s, "read_lock", "backup"),
    "recipient.transactions": lambda s: held(s, "tables", "backup"),
    "recipient.ddl": lambda s: held(s, "ddl", "ddl", "tables"),
    "recipient.backticks": lambda s: s.recipient.update(
        backticks=[{"kind": "table", "schema_name": "shop", "name": f"a`{n}"} for n in range(6)]
        + [{"kind": "schema", "schema_name": "", "name": "x`y"}],
        files=dict(s.recipient["files"], backticks=["t`s"]),
    ),
    "recipient.backticks five": lambda s: s.recipient.update(
        backticks=[{"kind": "table", "schema_name": "s`p", "name": f"a{n}"} for n in range(4)]
        + [{"kind": "schema", "schema_name": "", "name": "s`p"}]
    ),
    "recipient.unsaved": lambda s: s.recipient.update(unsaved=[f"v{n:02}" for n in range(12)]),
    "recipient.unsaved read_only": lambda s: (
        s.recipient.update(unsaved=["max_connections", "offline_mode", "read_only", "super_read_only"])
        or s.set("recipient", read_only="ON", offline_mode="ON")
    ),
    "recipient.service": lambda s: served(s, Restart="on-failure", TimeoutStartUSec="15min"),
    "recipient.service always": lambda s: served(s, Restart="always", TimeoutStartUSec="10min"),
    "recipient.service down": lambda s: served(s, Restart="on-abort", TimeoutStartUSec="15min"),
    "recipient.service short": lambda s: served(s, Restart="always", TimeoutStartUSec="9min 59s", Type="notify"),
    "recipient.service simple": lambda s: served(s, Restart="always", TimeoutStartUSec="1min", Type="simple"),
    "recipient.service untold": lambda s: served(s, Restart="always"),
    "donor.ddl": lambda s: (
        s.donor.update(locks={"count": 2, "first": [lock("ddl"), lock("tables")]})
        or s.set("recipient", clone_block_ddl="ON")
    ),
    "donor.ddl none": lambda s: s.set("recipient", clone_block_ddl="ON"),
    "donor.import several": lambda s: s.donor.update(aborting_ddl=sessions(6)),
    "donor.channels stopped": lambda s: (
        s.donor.update(channels=[{"name": "", "source": "db7:3306", "io": "ON"}])
        or s.set("recipient", skip_replica_start="ON")
    ),
    "donor.channels stopped before 8.0.26": lambda s: [
        s.donor.update(channels=[{"name": "", "source": "db7:3306", "io": "ON"}]),
        s.recipient["variables"].pop("skip_replica_start"),
        s.set("recipient", skip_slave_start="ON"),
    ],
    "donor.channels started before 8.0.26": lambda s: [
        s.donor.update(channels=[{"name": str(n), "source": f"db{n}:3306", "io": "ON"} for n in range(6)]),
        s.recipient["variables"].pop("skip_replica_start"),
        s.set("recipient", skip_slave_start="OFF"),
    ],
    "recipient.channels several": lambda s: s.recipient.update(
        channels=[{"name": str(n), "source": f"db{n}:3306", "io": "ON"} for n in range(6)]
    ),
    "donor.events off": lambda s: (
        s.donor.update(events={"count": 2, "first": [{"name": "a.e"}, {"name": "a.f"}]})
        or s.set("recipient", event_scheduler="OFF")
    ),
    "pair.same_server by another address": lambda s: (
        s.link["facts"].update(server_uuid=s.recipient["server_uuid"]) or s.set("donor", skip_name_resolve="ON")
    ),
    "donor.slot a moment": lambda s: s.donor.update(
        clones=[{"user": "c", "host": "db9:1", "state": "starting", "seconds": 1}]
    ),
    "donor.slot two seconds": lambda s: s.donor.update(
        clones=[{"user": "c", "host": "db9:1", "state": "starting", "seconds": 2}]
    ),
    "recipient.supervisor": lambda s: s.recipient["host"]["supervisor"].update(
        {"managed": False, "unit": None, "parent_name": "sh", "told": None, "parent": 77}
    ),
    "recipient.supervisor command": lambda s: (
        s.recipient["host"]["supervisor"].update(
            {"managed": False, "unit": None, "parent_name": "sh", "told": 5, "parent": 77}
        )
        or s.wanted.update(start_command="service mysql start")
    ),
    "recipient.supervisor hidden": lambda s: s.recipient["host"]["supervisor"].update(
        {"managed": None, "unit": None, "parent_name": None, "told": None, "parent": None}
    ),
    "recipient.supervisor unit": lambda s: s.recipient["host"]["supervisor"].update(
        {"managed": True, "unit": "mysqld.service", "parent_name": "systemd", "told": 1, "parent": 1}
    ),
    "donor.events": lambda s: (
        s.donor.update(events={"count": 2, "first": [{"name": "a.e"}, {"name": "a.f"}]})
        or s.set("recipient", event_scheduler="ON")
    ),
    "donor.channels": lambda s: s.donor.update(channels=[{"name": "", "source": "db7:3306", "io": "ON"}]),
    "donor.prepared_transactions": lambda s: s.donor.update(
        transactions={"count": 2, "first": [{"id": 0}, {"id": 4}, {"id": 0}]}
    ),
    "donor.connections": lambda s: (
        s.set("donor", max_connections="20") or s.donor["status"].update(Threads_connected="19")
    ),
    "donor.connections two": lambda s: (
        s.set("donor", max_connections="20") or s.donor["status"].update(Threads_connected="18")
    ),
    "donor.account_connections": lambda s: s.link["facts"].update(max_user_connections=1),
    "pair.bandwidth enough": lambda s: s.probe.update(link_rate=10 * GIB),
    "pair.deadline enough": lambda s: s.wanted.update(deadline=s.recipient["now"] + 10**6),
    "recipient.disk_space": lambda s: s.recipient["host"]["file_systems"]["data"].update(free_root=GIB // 4),
    "pair.bandwidth little": lambda s: s.probe.update(link_rate=1_234_567),
    "pair.deadline passed": lambda s: s.wanted.update(deadline=s.recipient["now"] - 90),
    "pair.deadline short": lambda s: s.wanted.update(deadline=s.recipient["now"] + 1),
    "pair.deadline assumed": lambda s: s.wanted.update(deadline=s.recipient["now"] + 4.25),
    "recipient.memory": lambda s: s.recipient["host"].update(memory_total=2 << 30, memory_limit=None),
    "recipient.memory limited": lambda s: s.recipient["host"].update(memory_total=8 << 30, memory_limit=GIB),
    "recipient.memory enough": lambda s: s.recipient["host"].update(memory_total=8 << 30, memory_limit=None),
    "recipient.processors": lambda s: s.wanted.update(reserve_cpus=64),
    "recipient.processors limited": lambda s: (
        s.recipient["host"].update(processor_limit=0.5) or s.wanted.update(reserve_cpus=1)
    ),
    "recipient.other_file_systems": lambda s: (
        small(s, "undo", "/undo", 7, 1 << 20) or small(s, "system", "/system", 8, 2 << 20)
    ),
    "recipient.other_file_systems written": lambda s: (
        small(s, "redo", "/redo", 7, 11 << 20)
        or s.set("donor", innodb_redo_log_capacity=str(320 << 20))
        or s.donor["status"].update(Innodb_os_log_written=str(s.donor["uptime"] << 20))
    ),
    "recipient.files_outside": lambda s: (
        s.wanted.update(method="side_by_side", start_command="x")
        or aside(s)
        or s.set("recipient", innodb_undo_directory="/undo", innodb_log_group_home_dir="/redo")
    ),
    "recipient.files_outside none": lambda s: s.wanted.update(method="side_by_side", start_command="x") or aside(s),
    "recipient.confinement": lambda s: aside(s) or s.recipient["host"].update(confinement="/usr/sbin/mysqld (enforce)"),
    "recipient.disk_space little": lambda s: s.recipient["host"]["file_systems"]["data"].update(free_root=400 << 20),
    **{name: make for make, name, *_rest in CHANGES if name not in ("recipient.memory", "recipient.processors")},
}


def said(name):
    """The findings of a case that aren't those of the unchanged pair, and the case's own."""
    usual = {key: finding.as_dict() for key, finding in Scene().findings().items()}
    if name == "nothing":
        return usual
    scene = Scene()
    CASES[name](scene)
    scene.recipient["host"].setdefault("new_directory", {"exists": False, "file_system": None})
    found = {key: finding.as_dict() for key, finding in scene.findings().items()}
    own = name.partition(" ")[0]
    return {
        **{key: found[key] for key in sorted(found) if found[key] != usual.get(key) or key == own},
        **{key: None for key in usual if key not in found},
    }


@pytest.mark.parametrize("name", ["nothing", *CASES])
def test_what_is_said(name):
    wanted = json.loads(WORDS.read_text(encoding="utf-8"))[name]
    assert json.loads(json.dumps(said(name))) == wanted


if __name__ == "__main__":
    WORDS.write_text(
        json.dumps({name: said(name) for name in ("nothing", *CASES)}, indent=1, sort_keys=True, ensure_ascii=False)
        + "\n",
        encoding="utf-8",
    )
