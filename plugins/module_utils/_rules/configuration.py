# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about how both servers are set up.

This module util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import os

from ansible_collections.dbops.mysql_clone.plugins.module_utils import _capacity
from ansible_collections.dbops.mysql_clone.plugins.module_utils._packed import unpacked
from ansible_collections.dbops.mysql_clone.plugins.module_utils._progress import size
from ansible_collections.dbops.mysql_clone.plugins.module_utils._rules.privilege import listed
from ansible_collections.dbops.mysql_clone.plugins.module_utils._rules.registry import (
    DONOR_ERROR,
    Pair,
    Side,
    Verdict,
    donor_fail,
    fail,
    ok,
    rule,
    warn,
)
from ansible_collections.dbops.mysql_clone.plugins.module_utils._server import version_numbers

PACKET_BYTES = 2 << 20
# Long-term support series by (major, minor); a clone to the next of them is possible from 9.7 on.
LTS_SERIES = ((8, 4), (9, 7))


def names(words: list[str], most: int = 5) -> str:
    """Some of many, in words."""
    rest = len(words) - most
    return ", ".join(words[:most]) + (f" and {rest} more" if rest > 0 else "")


@rule("recipient.plugin", "The clone plugin is active on the recipient", "configuration")
def recipient_plugin(pair: Pair) -> Verdict | None:
    """CLONE needs the clone plugin on the recipient: 1524 (manual: Installing the Clone Plugin)."""
    if "clone" in pair.recipient.fact("plugins"):
        return ok(f"the clone plugin is active on {pair.recipient.label}")
    return fail(
        f"the clone plugin is not active on {pair.recipient.label}",
        error=1524,
        remedy="INSTALL PLUGIN clone SONAME 'mysql_clone.so'",
        repair="clone_user",
    )


@rule("donor.plugin", "The clone plugin is active on the donor", "configuration")
def donor_plugin(pair: Pair) -> Verdict | None:
    """A donor without the clone plugin refuses: 3862 with 1524 (manual: Installing the Clone Plugin)."""
    if "clone" in pair.donor.fact("plugins"):
        return ok(f"the clone plugin is active on {pair.donor.label}")
    return donor_fail(
        f"the clone plugin is not active on {pair.donor.label}",
        1524,
        remedy="INSTALL PLUGIN clone SONAME 'mysql_clone.so'",
        repair="clone_user",
    )


@rule("donor.plugin_installed", "The recipient will have the clone plugin afterwards", "configuration")
def plugin_installed(pair: Pair) -> Verdict | None:
    """The recipient gets the donor's mysql.plugin: a plugin that the donor loads by plugin-load-add is lost (server behaviour)."""
    if not pair.options.replaces_data or "clone" not in pair.donor.fact("plugins"):
        return None
    if "clone" in pair.donor.fact("installed_plugins"):
        return None
    return warn(
        f"{pair.donor.label} loads the clone plugin by an option, not by INSTALL PLUGIN: unless the recipient has that "
        "option, too, it has no clone plugin (and no clone_status) after the clone",
        remedy="Set plugin-load-add=mysql_clone.so in the recipient's option file, or INSTALL PLUGIN clone on the donor",
    )


@rule("recipient.donor_list", "The donor is in clone_valid_donor_list", "configuration")
def donor_in_list(pair: Pair) -> Verdict | None:
    """A donor must be in the recipient's clone_valid_donor_list, literally: 3869 (manual: clone_valid_donor_list)."""
    # The variable comes with the plugin.
    if not pair.options.donor_host or "clone" not in pair.recipient.fact("plugins"):
        return None
    found = listed(pair)
    if found is None:
        return None
    entry = f"{pair.options.donor_host.lower()}:{pair.options.donor_port}"
    actual = pair.recipient.fact("donor_list")
    if found:
        return ok(f"{entry} is in clone_valid_donor_list", actual=actual, expected=entry)
    return fail(
        f"{entry} is not in clone_valid_donor_list of {pair.recipient.label} ({actual or 'empty'})",
        actual=actual,
        expected=entry,
        error=3869,
        remedy=f"SET GLOBAL clone_valid_donor_list = '{','.join(part for part in (actual, entry) if part)}'",
        repair="clone_run",
    )


def version_verdict(recipient: str, donor: str) -> tuple[str, str]:
    """``ok``, ``warn`` or ``fail`` for a pair of version strings, and the rule that decides (the recipient enforces it).

    Manual: Remote Cloning Prerequisites and Clone Plugin Limitations of 8.0, 8.4, 9.7 and of the calendar versions.
    """
    ours, theirs = version_numbers(recipient), version_numbers(donor)
    if ours[:2] == (8, 0) or theirs[:2] == (8, 0):
        if ours[:2] != theirs[:2]:
            return "fail", "8.0 clones only to 8.0"
        if ours[2] >= 37 and theirs[2] >= 37:
            return "ok", "8.0.37 and later clone to each other"
        if ours[2] <= 25:
            return ("ok" if recipient == donor else "fail"), "before 8.0.26 versions must be exactly the same"
        return ("ok" if ours == theirs else "fail"), "before 8.0.37 versions must be the same"
    if ours[:2] == theirs[:2]:
        return "ok", "all versions of one series clone to each other"
    if theirs[:2] >= (9, 7) and ours[:2] > theirs[:2] and theirs[:2] in LTS_SERIES:
        if ours[0] == theirs[0]:
            return "fail", "an LTS series clones only to itself and to the next LTS series"
        return (
            "warn",
            "from 9.7 on an LTS series clones to the next LTS series only; whether this is it, the recipient decides",
        )
    return "fail", "major and minor version must be the same"


@rule("pair.version", "The versions fit", "configuration")
def version(pair: Pair) -> Verdict | None:
    """The recipient refuses a donor of another series: 3864 (manual: Remote Cloning Prerequisites)."""
    ours, theirs = pair.recipient.text("version"), pair.donor.text("version")
    status, why = version_verdict(ours, theirs)
    words = f"donor {theirs}, recipient {ours}: {why}"
    if status == "ok":
        return ok(words, actual=ours, expected=theirs)
    more = {
        "actual": ours,
        "expected": theirs,
        "error": 3864,
        "remedy": f"Use a recipient of MySQL {'.'.join(theirs.split('.')[:2])}",
    }
    return warn(words, **more) if status == "warn" else fail(words, **more)


def _same(pair: Pair, variable: str, number: int, remedy: str) -> Verdict | None:
    ours, theirs = pair.recipient.text(variable), pair.donor.text(variable)
    if ours == theirs:
        return ok(f"{variable} is {ours} on both", actual=ours, expected=theirs)
    return fail(
        f"{variable}: donor {theirs}, recipient {ours}", actual=ours, expected=theirs, error=number, remedy=remedy
    )


@rule("pair.operating_system", "Both run on the same operating system", "configuration")
def operating_system(pair: Pair) -> Verdict | None:
    """Donor and recipient must run on the same operating system: 3865 (manual: Remote Cloning Prerequisites)."""
    return _same(pair, "version_compile_os", 3865, "Use a donor on the recipient's operating system")


@rule("pair.platform", "Both are built for the same processors", "configuration")
def platform(pair: Pair) -> Verdict | None:
    """Donor and recipient must be of the same platform: 3866 (manual: Remote Cloning Prerequisites)."""
    return _same(pair, "version_compile_machine", 3866, "Use a donor of the recipient's platform")


@rule("pair.innodb_page_size", "The page sizes are the same", "configuration")
def page_size(pair: Pair) -> Verdict | None:
    """innodb_page_size must be the same: 3868 (manual: Remote Cloning Prerequisites)."""
    return _same(pair, "innodb_page_size", 3868, "Initialise the recipient anew with the donor's innodb_page_size")


@rule("pair.character_set_server", "The server character sets are the same", "configuration")
def character_set(pair: Pair) -> Verdict | None:
    """The global character_set_server must be the same: 3868 (manual: Remote Cloning Prerequisites)."""
    remedy = f"SET GLOBAL character_set_server = {pair.donor.text('character_set_server')} on the recipient"
    return _same(pair, "character_set_server", 3868, remedy)


@rule("pair.character_set_filesystem", "The file system character sets are the same", "configuration")
def character_set_filesystem(pair: Pair) -> Verdict | None:
    """The global character_set_filesystem must be the same: 3868 (server behaviour)."""
    remedy = f"SET GLOBAL character_set_filesystem = {pair.donor.text('character_set_filesystem')} on the recipient"
    return _same(pair, "character_set_filesystem", 3868, remedy)


@rule("pair.collation_server", "The server collations are the same", "configuration")
def collation(pair: Pair) -> Verdict | None:
    """The global collation_server must be the same: 3868 (manual: Remote Cloning Prerequisites)."""
    remedy = f"SET GLOBAL collation_server = {pair.donor.text('collation_server')} on the recipient"
    return _same(pair, "collation_server", 3868, remedy)


@rule("pair.collations", "The recipient knows all of the donor's collations", "configuration")
def collations(pair: Pair) -> Verdict | None:
    """Each collation of the donor must be known to the recipient: 3867 (manual: Remote Cloning Prerequisites)."""
    ours, theirs = set(unpacked(pair.recipient.fact("collations"))), set(unpacked(pair.donor.fact("collations")))
    missing = sorted(theirs - ours)
    if missing:
        return fail(
            f"the recipient lacks {names(missing)}",
            actual=missing[:20],
            error=3867,
            remedy="Copy the donor's character_sets_dir files (Index.xml and what it names) to the recipient and restart it",
        )
    return ok(f"all {len(theirs)} collations of the donor are known")


def _active(side: Side) -> dict[str, str | None]:
    """All active plugins with their files; None for those that the server has built in."""
    return {**dict.fromkeys(side.fact("builtin_plugins").split()), **side.fact("plugins")}


@rule("pair.plugins", "The recipient has all of the donor's plugins", "configuration")
def plugins(pair: Pair) -> Verdict | None:
    """Each active plugin of the donor must be active on the recipient, or (since 8.0.22) be there to load: 3870 (server behaviour)."""
    ours, theirs = _active(pair.recipient), _active(pair.donor)
    # Percona Server's own variable names plugins that need not match.
    excluded = pair.recipient.text_or("clone_exclude_plugins_list", "").split(",")
    missing = {name: file for name, file in theirs.items() if name not in ours and name not in ("clone", *excluded)}
    if not missing:
        return ok(f"all {len(theirs)} active plugins of the donor are active on the recipient")
    loadable = version_numbers(pair.recipient.text("version")) >= (8, 0, 22)
    lacking = sorted(missing)
    if loadable and any(missing.values()):
        files = pair.recipient.fact("host")["libraries"]
        if files is not None:
            lacking = sorted(name for name, file in missing.items() if not file or file not in files.split())
    if not lacking:
        return ok(f"{names(sorted(missing))} can be loaded from the recipient's plugin_dir")
    return fail(
        f"active on the donor but not on the recipient: {names(lacking)}",
        actual=lacking,
        error=3870,
        remedy="; ".join(
            f"INSTALL PLUGIN {name} SONAME '{missing[name]}'" if missing[name] else f"Enable {name} on the recipient"
            for name in lacking[:5]
        ),
    )


@rule("recipient.max_allowed_packet", "max_allowed_packet of the recipient", "configuration")
def recipient_packet(pair: Pair) -> Verdict | None:
    """The recipient's max_allowed_packet must be 2 MiB at least: 3957 (manual: Remote Cloning Prerequisites)."""
    actual = int(pair.options.max_allowed_packet or pair.recipient.number("max_allowed_packet"))
    if actual >= PACKET_BYTES:
        return ok(f"max_allowed_packet is {actual}", actual=actual, expected=PACKET_BYTES)
    return fail(
        f"max_allowed_packet of {pair.recipient.label} is {actual}, {PACKET_BYTES} is the least",
        actual=actual,
        expected=PACKET_BYTES,
        error=3957,
        remedy=f"SET GLOBAL max_allowed_packet = {PACKET_BYTES}",
    )


@rule("donor.max_allowed_packet", "max_allowed_packet of the donor", "configuration")
def donor_packet(pair: Pair) -> Verdict | None:
    """The donor's max_allowed_packet must be 2 MiB at least: 3862 with 3957 (manual: Remote Cloning Prerequisites)."""
    actual = pair.donor.number("max_allowed_packet")
    if actual >= PACKET_BYTES:
        return ok(f"max_allowed_packet is {actual}", actual=actual, expected=PACKET_BYTES)
    return donor_fail(
        f"max_allowed_packet of {pair.donor.label} is {actual}, {PACKET_BYTES} is the least",
        3957,
        actual=actual,
        expected=PACKET_BYTES,
        remedy=f"SET GLOBAL max_allowed_packet = {PACKET_BYTES}",
    )


@rule("donor.redo_log", "Redo logging is on at the donor", "configuration")
def redo_log(pair: Pair) -> Verdict | None:
    """A donor with redo logging disabled refuses: 3862 with 3983 (manual: Disabling Redo Logging)."""
    enabled = pair.donor.fact("status").get("Innodb_redo_log_enabled", "ON")
    if enabled == "ON":
        return None
    return donor_fail(
        f"redo logging is disabled on {pair.donor.label}",
        3983,
        actual=enabled,
        expected="ON",
        remedy="ALTER INSTANCE ENABLE INNODB REDO_LOG",
    )


@rule("pair.lower_case_table_names", "lower_case_table_names is the same", "configuration")
def lower_case(pair: Pair) -> Verdict | None:
    """CLONE returns OK with other lower_case_table_names, and the recipient never starts again (server behaviour: MY-011087)."""
    ours, theirs = pair.recipient.text("lower_case_table_names"), pair.donor.text("lower_case_table_names")
    if ours == theirs:
        return ok(f"lower_case_table_names is {ours} on both", actual=ours, expected=theirs)
    return fail(
        f"lower_case_table_names: donor {theirs}, recipient {ours}: the clone would be made, but the server could not start on it",
        actual=ours,
        expected=theirs,
        remedy=f"Initialise the recipient anew with lower_case_table_names={theirs}",
    )


@rule("recipient.super_read_only", "The recipient may drop its data", "configuration")
def super_read_only(pair: Pair) -> Verdict | None:
    """super_read_only lets the clone begin and refuses its first DROP: 1290 (server behaviour; read_only alone is harmless)."""
    if not pair.options.drops_data or not pair.recipient.is_on("super_read_only"):
        return None
    return fail(
        f"super_read_only is ON on {pair.recipient.label}",
        actual="ON",
        expected="OFF",
        error=1290,
        remedy="SET GLOBAL super_read_only = OFF (STOP GROUP_REPLICATION leaves it ON)",
    )


@rule("recipient.force_recovery", "InnoDB on the recipient is not in forced recovery", "configuration")
def force_recovery(pair: Pair) -> Verdict | None:
    """With innodb_force_recovery the drop fails after tables are gone: 1836 (server behaviour, MySQL bug 109035)."""
    if pair.recipient.number("innodb_force_recovery") == 0:
        return None
    return fail(
        f"innodb_force_recovery is {pair.recipient.text('innodb_force_recovery')} on {pair.recipient.label}: "
        "the clone would drop tables and then fail",
        actual=pair.recipient.number("innodb_force_recovery"),
        expected=0,
        error=1836,
        remedy="Restart the recipient with innodb_force_recovery=0",
    )


@rule("recipient.innodb_read_only", "InnoDB on the recipient may write", "configuration")
def innodb_read_only(pair: Pair) -> Verdict | None:
    """With innodb_read_only the clone plugin doesn't load: 1524 (server behaviour)."""
    if not pair.recipient.is_on("innodb_read_only"):
        return None
    return fail(
        f"innodb_read_only is ON on {pair.recipient.label}",
        actual="ON",
        expected="OFF",
        error=1524,
        remedy="Restart the recipient with innodb_read_only=OFF",
    )


def data_files(text: str) -> list[int | None]:
    """Sizes of the system tablespace's files from innodb_data_file_path; None for a size that isn't fixed (autoextend)."""
    sizes: list[int | None] = []
    for part in text.split(";"):
        words = part.split(":")
        unit = {"K": 10, "M": 20, "G": 30}.get(words[1][-1].upper(), 0)
        count = int(words[1][:-1] if unit else words[1]) << unit
        sizes.append(None if "autoextend" in words[2:] else count)
    return sizes


@rule("pair.data_files", "The system tablespaces have the same files", "configuration")
def system_files(pair: Pair) -> Verdict | None:
    """innodb_data_file_path must not have fewer files than the donor's, nor other sizes but the last's: 3869 (server behaviour)."""
    variable = "innodb_data_file_path"
    ours, theirs = pair.recipient.text(variable), pair.donor.text(variable)
    mine, wanted = data_files(ours), data_files(theirs)
    differing = [index for index, length in enumerate(wanted[:-1]) if index < len(mine) and mine[index] != length]
    if len(mine) >= len(wanted) and not differing:
        return ok(f"{variable} fits: donor {theirs}, recipient {ours}", actual=ours, expected=theirs)
    return fail(
        f"{variable}: donor {theirs}, recipient {ours}: the clone would fail after it has dropped the recipient's data",
        actual=ours,
        expected=theirs,
        error=3869,
        remedy=f"Initialise the recipient anew with {variable}={theirs}",
    )


@rule("donor.undo_files", "The donor's undo files have names of their own", "configuration")
def undo_files(pair: Pair) -> Verdict | None:
    """Two undo files of one name in different directories can't be cloned: 3869, after the drop (server behaviour)."""
    paths = [os.path.basename(path) for path in pair.donor.fact("files")["undo"]]
    twice = sorted({name for name in paths if paths.count(name) > 1})
    if not twice:
        return None
    return fail(
        f"{pair.donor.label} has several undo files called {names(twice)}",
        actual=twice,
        error=3869,
        remedy="ALTER UNDO TABLESPACE ... SET INACTIVE, then DROP UNDO TABLESPACE and create it under another name",
    )


@rule("recipient.data_directory", "The new data directory can be made", "configuration")
def data_directory(pair: Pair) -> Verdict | None:
    """DATA DIRECTORY must be absolute (1525), must not exist (1007) and not lie in the data directory (3632) (manual: CLONE)."""
    path = pair.options.data_directory
    if not path:
        return None
    if not path.startswith("/"):
        return fail(f"data_directory {path} is not absolute", error=1525, actual=path, remedy="Give an absolute path")
    datadir = pair.recipient.text("datadir")
    if (os.path.normpath(path) + "/").startswith(os.path.normpath(datadir) + "/"):
        return fail(
            f"data_directory {path} lies in the recipient's data directory {datadir}",
            error=3632,
            actual=path,
            remedy="Choose a directory beside the data directory",
        )
    if pair.recipient.fact("host")["new_directory"]["exists"]:
        return fail(
            f"data_directory {path} exists already",
            error=1007,
            actual=path,
            remedy="Remove it, or choose one that doesn't exist",
        )
    return ok(f"{path} doesn't exist yet", actual=path)


@rule("donor.not_innodb", "All tables of the donor will have their rows", "configuration")
def not_innodb(pair: Pair) -> Verdict | None:
    """Only InnoDB's data is cloned; other tables arrive empty: MY-013461 (manual: Clone Plugin Limitations)."""
    tables = pair.donor.fact("not_innodb")
    if not tables:
        return None
    count = sum(pair.donor.fact("engines").values())
    return warn(
        f"{count} table{'s' if count > 1 else ''} of the donor will be empty on the recipient: {names(tables)}",
        actual=tables[:20],
        remedy="ALTER TABLE ... ENGINE=InnoDB on the donor, or copy these rows by mysqldump afterwards",
    )


def _keyring(facts_of: Side) -> bool:
    """Whether a keyring is there, as component or as plugin."""
    status = facts_of.facts.get("keyring") or {}
    return status.get("Component_status") == "Active" or any(
        name.startswith("keyring_") and name != "keyring_udf" for name in facts_of.fact("plugins")
    )


@rule("recipient.keyring", "The recipient has a keyring for encrypted data", "configuration")
def keyring(pair: Pair) -> Verdict | None:
    """Encrypted tablespaces need a keyring on the recipient: 1815, after the drop (manual: Cloning Encrypted Data)."""
    count = pair.donor.fact("tablespaces")["encrypted"]
    if not count:
        return None
    if _keyring(pair.recipient):
        return ok(f"a keyring is active; {count} tablespace(s) of the donor are encrypted", actual=count)
    pair.recipient.fact("keyring")
    return fail(
        f"{count} tablespace(s) of the donor are encrypted, and {pair.recipient.label} has no keyring: the clone would "
        "fail after it has dropped the recipient's data",
        actual=count,
        error=1815,
        remedy="Configure a keyring component on the recipient (component_keyring_file or another) and restart it",
    )


@rule("pair.encrypted_link", "Encrypted data is cloned over an encrypted link", "configuration")
def encrypted_link(pair: Pair) -> Verdict | None:
    """Encrypted tablespaces are cloned over TLS only: 3862 with 3872, after the drop (manual: Cloning Encrypted Data)."""
    count = pair.donor.fact("tablespaces")["encrypted"]
    if not count or pair.link["error"] or not pair.link["user"]:
        return None
    if pair.link["encrypted"]:
        return ok("the link is encrypted", actual=True, expected=True)
    return donor_fail(
        f"{count} tablespace(s) of the donor are encrypted and the link is not",
        3872,
        actual=False,
        expected=True,
        remedy="Leave out require_ssl=false, or turn TLS on at the donor",
    )


@rule("pair.block_size", "Compressed and encrypted data fits the file system", "configuration")
def block_size(pair: Pair) -> Verdict | None:
    """Page-compressed encrypted tables need a file system of the same block size: 3868, after the drop (server behaviour)."""
    spaces = pair.donor.fact("tablespaces")
    if not spaces["encrypted_holes"]:
        return None
    ours, theirs = pair.recipient.fact("host")["block_size"], spaces["block_size"]
    if ours == theirs:
        return ok(f"the block size of both file systems is {ours}", actual=ours, expected=theirs)
    return fail(
        f"the block size of the donor's file system is {theirs}, of the recipient's {ours}, and the donor has compressed "
        "and encrypted tables",
        actual=ours,
        expected=theirs,
        error=3868,
        remedy=f"Put the recipient's data directory on a file system with blocks of {theirs} bytes",
    )


@rule("donor.missing_files", "All of the donor's data files are there", "configuration")
def missing_files(pair: Pair) -> Verdict | None:
    """A file that went while the server runs stops the clone, after the drop: 3862 with 1016 (server behaviour)."""
    if not pair.donor.fact("tablespaces")["missing"]:
        return None
    found = pair.donor.fact("missing_files")
    more = {"actual": sorted(found), "expected": [], "remedy": "Restore these files on the donor, or drop the tables"}
    if any(found.values()):
        gone = sorted(name for name, is_open in found.items() if is_open)
        return donor_fail(f"data files of {pair.donor.label} are gone: {names(gone)}", 1016, **more)
    # What was gone when the server started is left out of the clone, without a word.
    return warn(
        f"tables without data files on {pair.donor.label} will have none on the recipient: {names(sorted(found))}",
        **more,
    )


def _known_directories(side: Side) -> list[str]:
    data = side.text("datadir")
    given = side.text_or("innodb_directories", "").split(";")
    given += [side.text_or(name, "") for name in ("innodb_data_home_dir", "innodb_undo_directory")]
    return [os.path.normpath(os.path.join(data, path)) for path in given if path and path != "./"]


def _same_machine(pair: Pair) -> bool:
    """Whether both servers run on this machine, or at least name the same host."""
    if pair.recipient.has("host") and pair.donor.has("host"):
        return bool(pair.recipient.fact("host")["machine"] == pair.donor.fact("host")["machine"])
    return pair.recipient.text("hostname") == pair.donor.text("hostname")


@rule("pair.tablespace_paths", "Tablespaces outside the data directory have a place", "configuration")
def tablespace_paths(pair: Pair) -> Verdict | None:
    """A file outside the donor's data directory needs the same, known directory: 1525, after the drop (server behaviour)."""
    found = pair.donor.fact("files")["outside"]
    if not found["count"]:
        return None
    data = pair.donor.text("datadir")
    paths = [os.path.normpath(os.path.join(data, path)) for path in found["first"]]
    known = _known_directories(pair.recipient)
    lost = [path for path in paths if not any(path.startswith(directory + "/") for directory in known)]
    if lost:
        return fail(
            f"the recipient's innodb_directories doesn't know the place of {names(lost)}",
            actual=lost[:20],
            expected=sorted({os.path.dirname(path) for path in lost}),
            error=1525,
            remedy="Make these directories on the recipient and restart it with innodb_directories="
            + ";".join(sorted({os.path.dirname(path) for path in lost})),
        )
    if _same_machine(pair):
        # Cloned into a data directory the file exists already; else it is overwritten under the donor's feet.
        return fail(
            f"both servers run on one machine: the clone would {'overwrite' if pair.options.drops_data else 'meet'} "
            f"the donor's own files {names(paths)}",
            actual=paths[:20],
            error=None if pair.options.drops_data else 1086,
            remedy="Move these tablespaces into the donor's data directory first, or clone to another machine",
        )
    return ok(
        f"the recipient knows the directories of {found['count']} file(s) outside the data directory", actual=paths[:20]
    )


@rule("pair.components", "The recipient can load the donor's components", "configuration")
def components(pair: Pair) -> Verdict | None:
    """mysql.component comes along: a component whose file the recipient lacks is missing in silence (server behaviour)."""
    urns = pair.donor.fact("components")
    wanted = {urn.rpartition("/")[2] for urn in urns if urn.startswith("file://")}
    if not wanted or not pair.options.replaces_data:
        return None
    files = pair.recipient.fact("host")["libraries"]
    if files is None:
        return Verdict("skipped", "the recipient's plugin_dir can't be read where the module runs")
    lacking = sorted(name for name in wanted if name + ".so" not in files.split())
    if not lacking:
        return ok(f"the files of {len(wanted)} component(s) are there")
    return warn(
        f"the recipient lacks the files of the donor's components {names(lacking)}",
        actual=lacking,
        remedy=f"Install them in {pair.recipient.text('plugin_dir')}, or UNINSTALL COMPONENT on the donor",
    )


@rule("pair.server_id", "The servers have different server ids", "configuration")
def server_id(pair: Pair) -> Verdict | None:
    """server_id isn't cloned; a replica with its source's server_id is refused: 13117 (manual: server_id)."""
    ours, theirs = pair.recipient.fact("server_id"), pair.donor.fact("server_id")
    if ours != theirs:
        return None
    return warn(
        f"both servers have server_id {ours}: the recipient can't replicate from the donor",
        actual=ours,
        remedy="SET PERSIST server_id = <another number> on the recipient",
    )


@rule("pair.gtid_mode", "The recipient can follow the donor by GTID", "configuration")
def gtid_mode(pair: Pair) -> Verdict | None:
    """GTID_EXECUTED is cloned whatever gtid_mode is, but only gtid_mode=ON can replicate with it (manual: gtid_mode)."""
    ours, theirs = pair.recipient.text("gtid_mode"), pair.donor.text("gtid_mode")
    if theirs != "ON" or ours == "ON":
        return None
    return warn(
        f"gtid_mode is {ours} on the recipient and ON on the donor",
        actual=ours,
        expected="ON",
        remedy="Set gtid_mode=ON and enforce_gtid_consistency=ON on the recipient, if it is to replicate from the donor",
    )


@rule("donor.binary_log", "The donor can be replicated from", "configuration")
def binary_log(pair: Pair) -> Verdict | None:
    """Without a binary log the clone carries no position, so nothing can follow the donor (server behaviour)."""
    if pair.donor.is_on("log_bin"):
        return None
    return warn(
        f"{pair.donor.label} writes no binary log: the recipient can't replicate from it afterwards",
        actual="OFF",
        expected="ON",
        remedy="Restart the donor with log_bin, if the recipient is to follow it",
    )


@rule("donor.binary_log_retention", "The donor keeps its binary logs long enough", "configuration")
def retention(pair: Pair) -> Verdict | None:
    """What the donor writes during the clone must still be there when replication starts (manual: binlog_expire_logs_seconds)."""
    seconds = pair.donor.number("binlog_expire_logs_seconds")
    if not seconds or not pair.donor.is_on("log_bin"):
        return None
    needed, _basis = _capacity.duration(pair.recipient, pair.donor, pair.options, pair.probe)
    if seconds < 2 * needed:
        return warn(
            f"{pair.donor.label} keeps its binary logs for {seconds} s, and the clone takes about {needed:.0f} s",
            actual=seconds,
            expected=int(2 * needed),
            remedy=f"SET GLOBAL binlog_expire_logs_seconds = {int(2 * needed) + 86400} on the donor",
        )
    return None


@rule("donor.reconnect_window", "The donor waits for a recipient whose link is cut", "configuration")
def reconnect_window(pair: Pair) -> Verdict | None:
    """The donor's clone_donor_timeout_after_network_failure decides, 0 drops the clone at once (manual; server behaviour)."""
    if pair.donor.text_or("clone_donor_timeout_after_network_failure", "5") != "0":
        return None
    return warn(
        f"clone_donor_timeout_after_network_failure is 0 on {pair.donor.label}: any break of the link ends the clone, "
        "after the recipient's data is dropped",
        actual=0,
        expected=5,
        remedy="SET GLOBAL clone_donor_timeout_after_network_failure = 5 on the donor",
    )


@rule("donor.wait_timeout", "The donor doesn't end idle sessions of a clone", "configuration")
def wait_timeout(pair: Pair) -> Verdict | None:
    """Before 8.0.24 a donor ended a clone's idle connection after wait_timeout (manual: Remote Cloning and Failure Handling)."""
    if version_numbers(pair.donor.text("version")) >= (8, 0, 24):
        return None
    seconds = pair.donor.number("wait_timeout")
    needed, _basis = _capacity.duration(pair.recipient, pair.donor, pair.options, pair.probe)
    if seconds >= 2 * needed:
        return ok(f"wait_timeout of the donor is {seconds} s", actual=seconds, expected=int(2 * needed))
    return warn(
        f"wait_timeout of {pair.donor.label} is {seconds} s, and the clone takes about {needed:.0f} s",
        actual=seconds,
        expected=int(2 * needed),
        remedy="SET GLOBAL wait_timeout = 28800 on the donor",
    )


@rule("donor.redo_rate", "The donor's redo log has room for what is written meanwhile", "configuration")
def redo_rate(pair: Pair) -> Verdict | None:
    """A clone archives the redo log while it copies; writers that outrun it are held up (manual: innodb_redo_log_capacity)."""
    rate, room = _capacity.redo_rate(pair.donor), _capacity.redo_capacity(pair.donor)
    if not rate:
        return None
    needed, _basis = _capacity.duration(pair.recipient, pair.donor, pair.options, pair.probe)
    if rate * needed <= room:
        return None
    return warn(
        f"{pair.donor.label} writes {size(rate * needed)} of redo log while the clone copies ({size(rate)}/s on average), and "
        f"innodb_redo_log_capacity is {size(room)}",
        actual=int(rate * needed),
        expected=room,
        remedy=f"SET GLOBAL innodb_redo_log_capacity = {1 << max(int(rate * needed), 1).bit_length()} on the donor, "
        "or clone when it is quiet",
    )


@rule("recipient.ddl_timeout", "DDL on the donor does not abort the clone", "configuration")
def ddl_timeout(pair: Pair) -> Verdict | None:
    """With clone_ddl_timeout=0 on the recipient any DDL on the donor aborts the clone, after the drop: 3633 (server behaviour)."""
    if pair.recipient.text_or("clone_ddl_timeout", "300") != "0":
        return None
    return warn(
        f"clone_ddl_timeout is 0 on {pair.recipient.label}: a DDL statement on the donor would abort the clone",
        actual=0,
        expected=300,
        error=DONOR_ERROR,
        nested=3633,
        remedy="SET GLOBAL clone_ddl_timeout = 300 on the recipient",
    )


# Configuration isn't cloned. What differs here is worth knowing, and harmless to the clone.
DRIFT = (
    "default_table_encryption",
    "event_scheduler",
    "innodb_buffer_pool_size",
    "innodb_file_per_table",
    "innodb_redo_log_capacity",
    "log_bin",
    "max_connections",
    "read_only",
    "require_secure_transport",
    "skip_name_resolve",
    "table_open_cache",
)


@rule("pair.configuration_drift", "What differs in configuration", "configuration")
def drift(pair: Pair) -> Verdict | None:
    """Neither option files nor persisted variables are cloned (manual: Remote Cloning; server behaviour)."""
    ours, theirs = pair.recipient.fact("variables"), pair.donor.fact("variables")
    found = {
        name: {"recipient": ours.get(name), "donor": theirs.get(name)}
        for name in DRIFT
        if ours.get(name) != theirs.get(name)
    }
    persisted = pair.donor.facts.get("persisted", [])
    words = []
    if found:
        words.append("differing: " + ", ".join(f"{name} (donor {one['donor']})" for name, one in sorted(found.items())))
    if persisted:
        words.append("persisted on the donor, not cloned: " + names(persisted, 10))
    return ok("; ".join(words), actual=found) if words else None
