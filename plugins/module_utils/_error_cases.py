# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The error catalogue's data: what each error of a clone means. Read it through _errors.classify.

This module util is PRIVATE to dbops.mysql_clone and may change at any time. docs/errors.md is generated from it
(scripts/render_error_reference.py).

Sources: the manual's chapter "The Clone Plugin" (Limitations, Cloning Remote Data, Remote Cloning and Failure
Handling), its Server and Client Error Message References, errno(3), and how real servers behaved when each was provoked.
"""

from __future__ import annotations

import typing as t


class Case(t.NamedTuple):
    """One meaning of one error number; the first of a number's cases that fits the text and the place counts.

    ``match`` is a regular expression on the message ("" fits all). ``where`` says whose error it is: "own" was raised by
    the server or client that was talked to, "donor" came wrapped from the donor, "connect" from the recipient's attempt to
    connect to the donor; "" fits all. ``side`` is who must act. ``data`` is the fate of the recipient's old data in a clone
    that replaces it. Words in angle brackets in ``commands`` stand for the user's own names.
    """

    number: int
    symbol: str
    category: str
    stage: str
    data: str
    retry: str
    side: str
    cause: str
    remedy: str
    commands: tuple[str, ...] = ()
    match: str = ""
    where: str = ""
    priority: str = ""
    difficulty: int = 0
    impact: str = ""


def _case(head: str, cause: str, remedy: str, commands: tuple[str, ...] = (), **more: t.Any) -> Case:
    """A case whose short fields (number, symbol, category, stage, data, retry, side) stand in one line."""
    number, symbol, category, stage, data, retry, side = head.split()
    return Case(int(number), symbol, category, stage, data, retry, side, cause, remedy, commands, **more)


# Commands that many cases share. SQL comments and shell comments say where each is run.
_DONOR_ACCOUNT = (
    (
        "SELECT user, host, account_locked, password_expired, plugin FROM mysql.user WHERE user = "
        "'<donor_user>'; -- on the donor"
    ),
    "SHOW GRANTS FOR '<donor_user>'@'<recipient_host>'; -- on the donor",
)
_GRANT_DONOR = ("GRANT BACKUP_ADMIN ON *.* TO '<donor_user>'@'<recipient_host>'; -- on the donor",)
_GRANT_RECIPIENT = (
    "GRANT CLONE_ADMIN, SYSTEM_VARIABLES_ADMIN ON *.* TO '<login_user>'@'<login_host>'; -- on the recipient",
    "GRANT SELECT ON performance_schema.* TO '<login_user>'@'<login_host>'; -- on the recipient",
)
_INSTALL_PLUGIN = ("INSTALL PLUGIN clone SONAME 'mysql_clone.so'; -- on the server that lacks it",)
_SPACE = (
    "df -h <datadir>  # on the recipient",
    "du -xh --max-depth=1 <datadir> | sort -h | tail  # on the recipient",
    "SHOW BINARY LOGS; -- what may be purged",
)
_LINK = ("nc -zv <donor_host> <donor_port>  # on the recipient", "ss -ltnp | grep mysqld  # on the donor")
_PROGRESS = (
    (
        "SELECT STATE, BEGIN_TIME, END_TIME, SOURCE, ERROR_NO, ERROR_MESSAGE FROM "
        "performance_schema.clone_status; -- on the recipient"
    ),
    "SELECT STAGE, STATE, ESTIMATE, DATA FROM performance_schema.clone_progress; -- on the recipient",
)
_DONOR_LOG = (
    (
        "SELECT LOGGED, ERROR_CODE, DATA FROM performance_schema.error_log WHERE SUBSYSTEM = 'Clone' OR DATA "
        "LIKE '%lone%' OR PRIO = 'Error' ORDER BY LOGGED DESC LIMIT 50; -- on the donor"
    ),
)
_OWN_LOG = (_DONOR_LOG[0].replace("-- on the donor", "-- on the recipient"),)
_START = ("systemctl start <service>  # on the recipient, or however mysqld is started there",)
_LOCKS = (
    "SELECT trx_mysql_thread_id, trx_started, trx_query FROM information_schema.innodb_trx; -- on the recipient",
    (
        "SELECT t.PROCESSLIST_ID, m.OBJECT_TYPE, m.OBJECT_SCHEMA, m.OBJECT_NAME, m.LOCK_TYPE FROM "
        "performance_schema.metadata_locks m JOIN performance_schema.threads t ON t.THREAD_ID = "
        "m.OWNER_THREAD_ID WHERE m.LOCK_STATUS = 'GRANTED'; -- on the recipient"
    ),
    "KILL <processlist_id>; -- on the recipient, the session that holds the lock",
)

# The clone family: what only CLONE raises.
_CLONE = (
    _case(
        "3633 ER_CLONE_DDL_IN_PROGRESS state copy unknown retry donor",
        (
            "A DDL statement on the donor ended the clone: an import of a tablespace or a change of redo "
            "logging, or any DDL where the recipient's clone_ddl_timeout is 0."
        ),
        (
            "Clone again when the DDL is done; set clone_ddl_timeout on the recipient above 0, or "
            "clone_block_ddl to ON, so that DDL waits."
        ),
        ("SHOW FULL PROCESSLIST; -- on the donor", "SET GLOBAL clone_ddl_timeout = 300; -- on the recipient"),
    ),
    _case(
        "3634 ER_CLONE_TOO_MANY_CONCURRENT_CLONES state donor_check intact wait_slot donor",
        (
            "The donor serves another clone, and a server serves one at a time. A recipient that is told to "
            "clone from itself gets this, too, when its own address doesn't resolve to localhost."
        ),
        "Wait until the other clone is done, or take another donor. Compare @@server_uuid of both ends.",
        (
            (
                "SELECT ID, USER, HOST, TIME, STATE FROM information_schema.PROCESSLIST WHERE COMMAND = 'clone'; "
                "-- on the donor"
            ),
        ),
        where="donor",
    ),
    _case(
        "3634 ER_CLONE_TOO_MANY_CONCURRENT_CLONES state local intact wait_slot recipient",
        "A clone is already under way on the recipient, and a server takes one at a time. That clone goes on.",
        "Watch the clone that runs instead of starting another.",
        _PROGRESS,
    ),
    _case(
        "3707 ER_RESTART_SERVER_FAILED configuration restart replaced never recipient",
        (
            "The data is copied, but nothing supervises mysqld, so it couldn't restart itself. It has shut down "
            "with exit status 0 and finishes the clone at its next start."
        ),
        (
            "Start mysqld on the recipient and leave its #clone directory alone. Then look at clone_status. For "
            "next time run mysqld under a supervisor and with MYSQLD_PARENT_PID set to the supervisor's process "
            "id."
        ),
        _START + _PROGRESS[:1],
        priority="immediate",
        difficulty=1,
        impact="The recipient is down until somebody starts it; the copy is complete and good.",
    ),
    _case(
        "3862 ER_CLONE_DONOR state copy gone retry donor",
        (
            "The donor no longer knows this clone: it was restarted, the clone's session there was killed, or "
            "another recipient took the place."
        ),
        (
            "Find out what ended it in the donor's log, then clone again from the start: a clone can't go on "
            "after its donor's restart."
        ),
        _DONOR_LOG,
        match=r"could not find existing clone",
    ),
    _case(
        "3862 ER_CLONE_DONOR state any unknown never donor",
        "The donor reported an error that isn't in the text.",
        "Look for the reason in the donor's error log at that time.",
        _DONOR_LOG,
    ),
    _case(
        "3863 ER_CLONE_PROTOCOL network any unknown retry link",
        (
            "The donor's answer wasn't what the clone protocol expects: something between the servers changed or "
            "cut the stream, or the address isn't a MySQL server's."
        ),
        "Connect the recipient to the donor directly, without a proxy in between, and compare the versions of both.",
        (
            "SELECT VERSION(), @@hostname, @@port, @@server_uuid; -- through the address that the recipient uses",
            *_DONOR_LOG,
        ),
    ),
    _case(
        "3864 ER_CLONE_DONOR_VERSION configuration compare intact repair_first donor",
        (
            "The donor's MySQL version can't be cloned to this recipient. Both must be of the same series "
            "(major.minor): before 8.0.26 exactly the same version; within 8.0 both 8.0.37 or later; from 9.7 "
            "LTS on also the next LTS after the donor's."
        ),
        "Upgrade or downgrade the recipient to the donor's series, or take a donor of the recipient's series.",
        ("SELECT VERSION(); -- on both servers",),
        difficulty=4,
    ),
    _case(
        "3865 ER_CLONE_OS configuration compare intact repair_first donor",
        "Donor and recipient run on different operating systems.",
        "Take a donor on the recipient's operating system.",
        ("SELECT @@version_compile_os; -- on both servers",),
        difficulty=4,
    ),
    _case(
        "3866 ER_CLONE_PLATFORM configuration compare intact repair_first donor",
        "Donor and recipient are built for different processors.",
        "Take a donor on the recipient's platform.",
        ("SELECT @@version_compile_machine; -- on both servers",),
        difficulty=4,
    ),
    _case(
        "3867 ER_CLONE_CHARSET configuration compare intact repair_first recipient",
        "The recipient's build lacks a collation that the donor has.",
        "Install the recipient from the same build, with the donor's character-sets-dir.",
        ("SELECT COLLATION_NAME FROM information_schema.COLLATIONS ORDER BY 1; -- on both servers",),
    ),
    _case(
        "3868 ER_CLONE_CONFIG configuration copy gone repair_first recipient",
        (
            "The block size of the recipient's file system differs from the donor's, which compressed and "
            "encrypted pages can't stand."
        ),
        "Put the recipient's datadir on a file system with the donor's block size.",
        ("stat -f <datadir>  # on both hosts",),
        match=r"FS Block Size",
        difficulty=4,
    ),
    _case(
        "3868 ER_CLONE_CONFIG configuration compare intact repair_first recipient",
        (
            "A setting that must be the same on both servers differs: innodb_page_size, character_set_server, "
            "character_set_filesystem or collation_server."
        ),
        (
            "Set the recipient's to the donor's value. innodb_page_size is fixed when a datadir is initialised: "
            "initialise a new one."
        ),
        (
            (
                "SELECT @@GLOBAL.innodb_page_size, @@GLOBAL.character_set_server, "
                "@@GLOBAL.character_set_filesystem, @@GLOBAL.collation_server; -- on both servers"
            ),
        ),
    ),
    _case(
        "3869 ER_CLONE_SYS_CONFIG configuration local intact repair_first recipient",
        (
            "The donor isn't in the recipient's clone_valid_donor_list. The list compares host and port as text: "
            "localhost isn't 127.0.0.1."
        ),
        "Add the donor to the list, written as in the CLONE statement.",
        ("SET GLOBAL clone_valid_donor_list = '<donor_host>:<donor_port>'; -- on the recipient",),
        match=r"clone_valid_donor_list",
        difficulty=1,
    ),
    _case(
        "3869 ER_CLONE_SYS_CONFIG configuration local intact repair_first recipient",
        (
            "clone_valid_donor_list can't hold this value: it takes host:port,host:port without spaces, and no "
            "IPv6 address."
        ),
        "Write host names or IPv4 addresses with ports, separated by commas alone; NULL clears the list.",
        ("SET GLOBAL clone_valid_donor_list = '<donor_host>:<donor_port>'; -- on the recipient",),
        match=r"Invalid Format",
        difficulty=1,
    ),
    _case(
        "3869 ER_CLONE_SYS_CONFIG configuration copy gone repair_first recipient",
        (
            "innodb_data_file_path differs: the recipient has fewer system tablespace files than the donor, or "
            "one of another size."
        ),
        "Set the donor's innodb_data_file_path in the recipient's configuration, on a new datadir, and clone again.",
        ("SELECT @@innodb_data_file_path; -- on both servers",),
        match=r"innodb_data_file_path|file count|file size",
    ),
    _case(
        "3869 ER_CLONE_SYS_CONFIG configuration copy gone repair_first donor",
        (
            "The donor has two undo tablespace files of the same name in different directories; they'd overwrite "
            "each other."
        ),
        "Make the undo tablespaces anew under names that differ.",
        ("SELECT FILE_NAME FROM information_schema.FILES WHERE FILE_TYPE = 'UNDO LOG'; -- on the donor",),
        match=r"undo files",
    ),
    _case(
        "3869 ER_CLONE_SYS_CONFIG configuration any unknown repair_first recipient",
        "The recipient's configuration doesn't fit the donor's in the point that the text names.",
        "Set it as on the donor.",
    ),
    _case(
        "3870 ER_CLONE_PLUGIN_MATCH configuration compare intact repair_first recipient",
        (
            "A plugin that is active on the donor is neither active on the recipient nor in its plugin "
            "directory. (It isn't a connection error.) SHOW WARNINGS lists all of them."
        ),
        "Install the plugin's library on the recipient, or uninstall the plugin on the donor where it isn't used.",
        (
            (
                "SELECT PLUGIN_NAME, PLUGIN_LIBRARY FROM information_schema.PLUGINS WHERE PLUGIN_STATUS = "
                "'ACTIVE' AND PLUGIN_LIBRARY IS NOT NULL; -- on both servers"
            ),
            "SELECT @@plugin_dir; -- on the recipient",
        ),
    ),
    _case(
        "3871 ER_CLONE_LOOPBACK configuration donor_check intact repair_first recipient",
        "The donor that was named is the recipient itself.",
        "Name the real donor's address, or clone into another DATA DIRECTORY.",
        ("SELECT @@server_uuid, @@hostname, @@port; -- on both servers",),
        difficulty=1,
    ),
    _case(
        "3872 ER_CLONE_ENCRYPTION configuration copy gone repair_first link",
        "The donor has encrypted tables, and their keys may travel only over TLS; the link isn't encrypted.",
        "Turn TLS on at the donor and clone with REQUIRE SSL.",
        ("SHOW STATUS LIKE 'Ssl_server_not_after'; -- on the donor: empty where it has no certificate",),
    ),
    _case(
        "3873 ER_CLONE_DISK_SPACE disk copy gone repair_first recipient",
        (
            "The file system of the recipient's datadir has no room for the donor's data. The server looks only "
            "after it has dropped the old data."
        ),
        "Free or add space, then clone again.",
        _SPACE,
    ),
    _case(
        "3874 ER_CLONE_IN_PROGRESS state any intact retry donor",
        (
            "A statement that can't run beside a clone (switching redo logging, discarding or importing a "
            "tablespace) was refused."
        ),
        "Run that statement again when the clone is done; the clone itself isn't harmed.",
        _PROGRESS,
        difficulty=1,
        impact="The refused statement has to be repeated; the clone goes on.",
    ),
    _case(
        "3875 ER_CLONE_DISALLOWED state local intact repair_first recipient",
        "The recipient is a running member of Group Replication, which clones by its own rules.",
        "Stop Group Replication on it, and set super_read_only to OFF, which that leaves ON; then clone.",
        ("STOP GROUP_REPLICATION; -- on the recipient", "SET GLOBAL super_read_only = OFF; -- on the recipient"),
    ),
    _case(
        "3957 ER_CLONE_NETWORK_PACKET configuration donor_check intact repair_first donor",
        "The donor's max_allowed_packet is below the 2 MiB that a clone needs.",
        "Raise it on the donor; new sessions take it.",
        ("SET PERSIST max_allowed_packet = 67108864; -- on the donor",),
        where="donor",
        difficulty=1,
    ),
    _case(
        "3957 ER_CLONE_NETWORK_PACKET configuration compare intact repair_first recipient",
        "The recipient's max_allowed_packet is below the 2 MiB that a clone needs.",
        "Raise it on the recipient (and look at the donor's, too).",
        ("SET PERSIST max_allowed_packet = 67108864; -- on the recipient",),
        difficulty=1,
    ),
    _case(
        "3983 ER_INNODB_REDO_DISABLED configuration donor_check intact repair_first donor",
        "Redo logging is switched off on the donor, and a clone needs the redo log to be consistent.",
        "Switch it on.",
        ("ALTER INSTANCE ENABLE INNODB REDO_LOG; -- on the donor",),
        difficulty=1,
    ),
)

# Network: the link broke, or nothing answers.
_NETWORK = (
    _case(
        "1042 ER_BAD_HOST_ERROR network connect intact retry donor",
        "The donor can't find the name that belongs to the recipient's address.",
        "Mend the reverse name resolution on the donor, or run it with skip_name_resolve and accounts by address.",
        ("getent hosts <recipient_host>  # on the donor",),
    ),
    _case(
        "1043 ER_HANDSHAKE_ERROR network connect intact retry link",
        "The login's handshake didn't come through whole.",
        "Connect without a proxy in between; look whether connect_timeout on the server is long enough for this link.",
        _LINK,
    ),
    _case(
        "1080 ER_FORCING_CLOSE network any unknown retry donor",
        "The server closed the session by force, as it does when it shuts down.",
        "Look in its error log why it shut down.",
        _DONOR_LOG,
    ),
    _case(
        "1152 ER_ABORTING_CONNECTION network any unknown retry link",
        "A connection to the server broke off.",
        "Look at the network between the two, and at both error logs at that time.",
        _LINK,
    ),
    _case(
        "1156 ER_NET_PACKETS_OUT_OF_ORDER network any unknown retry link",
        "Packets came in the wrong order: something between the servers mixes or repeats the stream.",
        "Connect without a proxy in between.",
        _LINK,
    ),
    _case(
        "1157 ER_NET_UNCOMPRESS_ERROR network any unknown retry link",
        "A compressed packet couldn't be unpacked: the stream was damaged on its way.",
        "Clone without clone_enable_compression, and look at the network for damaged packets.",
        ("SET GLOBAL clone_enable_compression = OFF; -- on the recipient",),
    ),
    _case(
        "1158 ER_NET_READ_ERROR network copy gone retry link",
        (
            "The link to the donor broke and wasn't back within the donor's "
            "clone_donor_timeout_after_network_failure (5 minutes by default). During that time the recipient "
            "reconnects by itself and goes on."
        ),
        "Mend the link and clone again; raise that time on the donor where the network is known to be away longer.",
        (*_LINK, "SET GLOBAL clone_donor_timeout_after_network_failure = 30; -- on the donor, minutes"),
        where="own",
    ),
    *(
        Case(
            number,
            symbol,
            "network",
            "copy",
            "gone",
            "retry",
            "link",
            "The link between donor and recipient broke or stood still during the copy.",
            (
                "Mend the link and clone again; raise clone_donor_timeout_after_network_failure on the donor "
                "where the network is known to be away longer than 5 minutes."
            ),
            (*_LINK, "SET GLOBAL clone_donor_timeout_after_network_failure = 30; -- on the donor, minutes"),
        )
        for number, symbol in (
            (1158, "ER_NET_READ_ERROR"),
            (1159, "ER_NET_READ_INTERRUPTED"),
            (1160, "ER_NET_ERROR_ON_WRITE"),
            (1161, "ER_NET_WRITE_INTERRUPTED"),
        )
    ),
    _case(
        "1184 ER_NEW_ABORTING_CONNECTION network any unknown retry link",
        "A connection to the server broke off.",
        "Look at the network between the two, and at both error logs at that time.",
        _LINK,
    ),
    _case(
        "2001 CR_SOCKET_CREATE_ERROR resource connect intact retry client",
        "The client couldn't make a socket: it is out of file descriptors or memory.",
        "Look at the limits of the process that connects.",
        ("ulimit -n", "free -h"),
    ),
    _case(
        "2002 CR_CONNECTION_ERROR privilege local unknown repair_first client",
        "The operating system doesn't let this user open the server's socket.",
        "Run the task as a user who may (become), or connect by TCP.",
        ("ls -ld <socket>  # and each directory above it",),
        match=r"\(13\)|Errno 13|ermission denied",
    ),
    _case(
        "2002 CR_CONNECTION_ERROR network local unknown retry recipient",
        (
            "Nothing answers at the server's socket: mysqld isn't running (a clone restarts it at its end), or "
            "it uses another socket."
        ),
        "Look whether mysqld runs and which socket it uses; after a clone wait for its restart, or start it.",
        ("pgrep -a mysqld", "ss -xl | grep mysql", *_START),
        priority="immediate",
    ),
    _case(
        "2003 CR_CONN_HOST_ERROR network connect unknown retry donor",
        (
            "The donor refuses connections at that port: mysqld isn't running there, listens at another port or "
            "address, or a firewall rejects it."
        ),
        "Look whether the donor's mysqld runs and where it listens (bind_address, port, skip_networking).",
        _LINK,
        match=r"\(111\)|Errno 111|efused",
        where="connect",
        impact=(
            "The clone doesn't start. When the donor went away during the copy, the recipient's old data is "
            "gone: see clone_progress."
        ),
    ),
    _case(
        "2003 CR_CONN_HOST_ERROR network connect unknown retry link",
        (
            "The donor's address can't be reached from the recipient: a firewall drops the packets, there is no "
            "route, or the host is down."
        ),
        "Test the way from the recipient's host; open the donor's port for it in firewalls and security groups.",
        _LINK,
        where="connect",
        impact=(
            "The clone doesn't start. When the donor went away during the copy, the recipient's old data is "
            "gone: see clone_progress."
        ),
    ),
    _case(
        "2003 CR_CONN_HOST_ERROR network connect unknown retry server",
        (
            "The server can't be reached at that address: mysqld isn't running (a clone restarts it at its end), "
            "it listens elsewhere, or a firewall is in the way."
        ),
        (
            "Look whether mysqld runs and where it listens (bind_address, port, skip_networking); after a clone "
            "wait for its restart."
        ),
        (
            "pgrep -a mysqld  # on the server",
            "ss -ltn  # on the server",
            "nc -zv <host> <port>  # from where the connection starts",
        ),
    ),
    _case(
        "2004 CR_IPSOCK_ERROR resource connect intact retry client",
        "The client couldn't make a TCP socket: it is out of file descriptors or memory.",
        "Look at the limits of the process that connects.",
        ("ulimit -n", "free -h"),
    ),
    _case(
        "2005 CR_UNKNOWN_HOST network connect intact retry link",
        "The host name can't be resolved where the connection starts; for a donor that is on the recipient's host.",
        "Mend the name service or /etc/hosts there, or name the server by its IPv4 address.",
        ("getent hosts <donor_host>  # on the recipient",),
        difficulty=1,
    ),
    _case(
        "2006 CR_SERVER_GONE_ERROR network any unknown retry client",
        (
            "The client's connection to the server is gone. That says nothing about the clone: it goes on "
            "without its client, and ends with a restart that cuts every connection."
        ),
        (
            "Connect again (after a clone perhaps with the donor's accounts) and look at clone_status before "
            "starting anything."
        ),
        _PROGRESS,
    ),
    _case(
        "2007 CR_VERSION_ERROR configuration connect intact repair_first donor",
        "Something else than MySQL's classic protocol answers at that port, as the X Protocol's port (33060) does.",
        "Name the donor's classic port (@@port).",
        ("SELECT @@port; -- on the donor",),
        difficulty=1,
    ),
    _case(
        "2008 CR_OUT_OF_MEMORY resource any unknown repair_first client",
        "The client ran out of memory.",
        "Free memory on that host.",
        ("free -h", "dmesg -T | grep -i 'out of memory'"),
    ),
    _case(
        "2012 CR_SERVER_HANDSHAKE_ERR network connect intact retry link",
        (
            "The server's greeting couldn't be read: something else answers at that port, or a proxy has no "
            "server behind it."
        ),
        "Connect directly and look what listens there.",
        _LINK,
    ),
    _case(
        "2013 CR_SERVER_LOST network connect unknown retry link",
        (
            "The connection to the donor was made and broke off before its greeting: a proxy has no server "
            "behind it, or the donor is just going down or coming up."
        ),
        "Look whether the donor answers directly.",
        _LINK,
        where="connect",
    ),
    _case(
        "2013 CR_SERVER_LOST network any unknown retry client",
        (
            "The client lost its connection to the server. That says nothing about the clone: it goes on without "
            "its client, and ends with a restart that cuts every connection."
        ),
        (
            "Connect again (after a clone perhaps with the donor's accounts) and look at clone_status before "
            "starting anything. Give the session that clones no read timeout."
        ),
        _PROGRESS,
    ),
    _case(
        "2020 CR_NET_PACKET_TOO_LARGE configuration any unknown repair_first server",
        "A packet was larger than max_allowed_packet.",
        "Raise max_allowed_packet on both servers.",
        ("SET PERSIST max_allowed_packet = 67108864; -- on both servers",),
    ),
    _case(
        "2027 CR_MALFORMED_PACKET network any unknown retry link",
        "An answer isn't MySQL's protocol: something else answers at that port, or the stream was damaged.",
        "Look what listens at that address and port.",
        _LINK,
    ),
    _case(
        "2055 CR_SERVER_LOST_EXTENDED network any unknown retry client",
        (
            "The client lost its connection to the server, which says nothing about the clone: it goes on "
            "without its client."
        ),
        "Connect again and look at clone_status before starting anything.",
        _PROGRESS,
    ),
    _case(
        "4031 ER_CLIENT_INTERACTION_TIMEOUT network any unknown retry server",
        "The server closed a session that was idle longer than wait_timeout.",
        "Connect again; look at clone_status before starting anything.",
        _PROGRESS,
    ),
)

# Privilege: somebody may not log in, or may not do it.
_PRIVILEGE = (
    _case(
        "1044 ER_DBACCESS_DENIED_ERROR privilege local intact repair_first server",
        "The account has no right to that database.",
        "Grant it.",
        ("SHOW GRANTS FOR CURRENT_USER(); -- where it was refused",),
    ),
    _case(
        "1045 ER_ACCESS_DENIED_ERROR privilege connect intact repair_first donor",
        (
            "The donor refuses the clone account: the password is wrong, there is no such account for the host "
            "that the donor sees the recipient as, or the account demands TLS."
        ),
        "Look which 'user'@'host' the text names, and create or alter that account on the donor.",
        (*_DONOR_ACCOUNT, "ALTER USER '<donor_user>'@'<recipient_host>' IDENTIFIED BY '<password>'; -- on the donor"),
        where="connect",
    ),
    _case(
        "1045 ER_ACCESS_DENIED_ERROR privilege connect unknown repair_first server",
        (
            "The server refuses the login: user, password or the host that it comes from. After a clone the "
            "donor's accounts and passwords rule on the recipient."
        ),
        "Check the login. On a freshly cloned recipient log in with an account of the donor.",
        ("SELECT user, host FROM mysql.user; -- as an administrator",),
    ),
    _case(
        "1129 ER_HOST_IS_BLOCKED privilege connect intact repair_first donor",
        (
            "The server has blocked this host after max_connect_errors broken handshakes (port scans and bare "
            "TCP health checks cause them)."
        ),
        "Empty its host cache; make health checks log in, or raise max_connect_errors.",
        ("TRUNCATE TABLE performance_schema.host_cache; -- on the server that refuses",),
        difficulty=1,
    ),
    _case(
        "1130 ER_HOST_NOT_PRIVILEGED privilege connect intact repair_first donor",
        "No account of the server allows logins from this host at all.",
        "Create the clone account for the host that the text names.",
        ("CREATE USER '<donor_user>'@'<recipient_host>' IDENTIFIED BY '<password>'; -- on the donor", *_GRANT_DONOR),
    ),
    _case(
        "1142 ER_TABLEACCESS_DENIED_ERROR privilege local intact repair_first recipient",
        (
            "The account may not read or write that table; CLONE_ADMIN doesn't include SELECT on "
            "performance_schema.clone_status."
        ),
        "Grant it.",
        (_GRANT_RECIPIENT[1],),
    ),
    _case(
        "1143 ER_COLUMNACCESS_DENIED_ERROR privilege local intact repair_first server",
        "The account may not use that column.",
        "Grant it.",
        ("SHOW GRANTS FOR CURRENT_USER(); -- where it was refused",),
    ),
    _case(
        "1227 ER_SPECIFIC_ACCESS_DENIED_ERROR privilege donor_check intact repair_first donor",
        "The clone account on the donor lacks BACKUP_ADMIN (a role that isn't a default role doesn't count).",
        "Grant it to the account directly.",
        _GRANT_DONOR,
        where="donor",
        difficulty=1,
    ),
    _case(
        "1227 ER_SPECIFIC_ACCESS_DENIED_ERROR privilege local intact repair_first recipient",
        "The account that runs CLONE on the recipient lacks CLONE_ADMIN.",
        "Grant it.",
        _GRANT_RECIPIENT,
        match=r"CLONE_ADMIN",
        difficulty=1,
    ),
    _case(
        "1227 ER_SPECIFIC_ACCESS_DENIED_ERROR privilege local intact repair_first recipient",
        (
            "The account lacks BACKUP_ADMIN, which CLONE with DATA DIRECTORY needs on the recipient and the "
            "clone account on the donor."
        ),
        "Grant it.",
        ("GRANT BACKUP_ADMIN ON *.* TO '<login_user>'@'<login_host>'; -- on the server that refuses",),
        match=r"BACKUP_ADMIN",
        difficulty=1,
    ),
    _case(
        "1227 ER_SPECIFIC_ACCESS_DENIED_ERROR privilege local intact repair_first recipient",
        "The account lacks the privilege that the text names.",
        "Grant it on the server that refuses.",
        ("SHOW GRANTS FOR CURRENT_USER(); -- where it was refused",),
        difficulty=1,
    ),
    _case(
        "1396 ER_CANNOT_USER privilege local intact repair_first server",
        "The account can't be created, altered or dropped so: it exists already, or doesn't.",
        "Look at the accounts of that name.",
        _DONOR_ACCOUNT[:1],
    ),
    _case(
        "1410 ER_CANT_CREATE_USER_WITH_GRANT privilege local intact repair_first server",
        "GRANT no longer creates accounts.",
        "Create the account first.",
        ("CREATE USER '<donor_user>'@'<recipient_host>' IDENTIFIED BY '<password>'; -- on the donor",),
        difficulty=1,
    ),
    _case(
        "1698 ER_ACCESS_DENIED_NO_PASSWORD_ERROR privilege connect intact repair_first server",
        "The account logs in by another way than a password (such as auth_socket) or has none.",
        "Use an account with a password, or the way that the account demands.",
        ("SELECT user, host, plugin FROM mysql.user; -- as an administrator",),
    ),
    _case(
        "1819 ER_NOT_VALID_PASSWORD privilege local intact repair_first donor",
        "The password doesn't meet the server's password policy.",
        "Choose one that does.",
        ("SHOW VARIABLES LIKE 'validate_password%'; -- where it was refused",),
        difficulty=1,
    ),
    _case(
        "1820 ER_MUST_CHANGE_PASSWORD privilege connect intact repair_first server",
        "The account's password has expired.",
        "Set a new one.",
        ("ALTER USER USER() IDENTIFIED BY '<password>'; -- as that account",),
        difficulty=1,
    ),
    _case(
        "1862 ER_MUST_CHANGE_PASSWORD_LOGIN privilege connect intact repair_first donor",
        "The account's password has expired, so it can't log in.",
        "Set a new password, or switch expiry off for this account.",
        (
            (
                "ALTER USER '<donor_user>'@'<recipient_host>' IDENTIFIED BY '<password>' PASSWORD EXPIRE NEVER; "
                "-- on the donor"
            ),
        ),
        difficulty=1,
    ),
    _case(
        "3118 ER_ACCOUNT_HAS_BEEN_LOCKED privilege connect intact repair_first donor",
        "The account is locked.",
        "Unlock it.",
        ("ALTER USER '<donor_user>'@'<recipient_host>' ACCOUNT UNLOCK; -- on the donor",),
        difficulty=1,
    ),
    _case(
        "3523 ER_UNKNOWN_AUTHID privilege local intact repair_first server",
        "There is no such account or role.",
        "Create it, or mend its name or host.",
        _DONOR_ACCOUNT[:1],
        difficulty=1,
    ),
    _case(
        "3619 ER_ILLEGAL_PRIVILEGE_LEVEL privilege local intact repair_first server",
        "This privilege is granted on *.* only.",
        "Grant it ON *.*.",
        _GRANT_DONOR,
        difficulty=1,
    ),
    _case(
        (
            "3955 ER_USER_ACCESS_DENIED_FOR_USER_ACCOUNT_BLOCKED_BY_PASSWORD_LOCK privilege connect intact "
            "repair_first donor"
        ),
        "The account is locked for a while after too many wrong passwords.",
        "Unlock it, and mend the password that was wrong.",
        ("ALTER USER '<donor_user>'@'<recipient_host>' ACCOUNT UNLOCK; -- on the donor",),
        difficulty=1,
    ),
)

# Disk: no room, or files that can't be read or written.
_DISK = (
    *(
        Case(
            number,
            symbol,
            "disk",
            "copy",
            data,
            "repair_first",
            "server",
            "The server couldn't %s; the operating system's error number behind it says why." % what,
            "Look what the error number means, and at the file system that holds the file.",
            _SPACE[:1],
        )
        for number, symbol, data, what in (
            (1004, "ER_CANT_CREATE_FILE", "unknown", "create a file"),
            (1005, "ER_CANT_CREATE_TABLE", "unknown", "create a table's file"),
            (1006, "ER_CANT_CREATE_DB", "unknown", "create a schema's directory"),
            (1024, "ER_ERROR_ON_READ", "unknown", "read a file"),
            (1025, "ER_ERROR_ON_RENAME", "unknown", "rename a file"),
            (1026, "ER_ERROR_ON_WRITE", "gone", "write a file"),
            (1030, "ER_GET_ERRNO", "unknown", "carry out an operation in the storage engine"),
        )
    ),
    _case(
        "1016 ER_CANT_OPEN_FILE disk copy gone repair_first donor",
        "The donor can't open a file of its own data: it is missing or may not be read. The donor itself is damaged.",
        "Take another donor, and mend this one from a backup.",
        (
            (
                "SELECT FILE_NAME, TABLESPACE_NAME FROM information_schema.FILES WHERE FILE_TYPE = 'TABLESPACE'; "
                "-- on the donor"
            ),
            *_DONOR_LOG,
        ),
        where="donor",
        difficulty=5,
        priority="immediate",
    ),
    *(
        Case(
            number,
            symbol,
            "disk",
            "copy",
            "unknown",
            "repair_first",
            "server",
            "A file that the server needs is missing or can't be opened.",
            "Look at the file that the text names and at the server's error log.",
            _OWN_LOG,
        )
        for number, symbol in ((1016, "ER_CANT_OPEN_FILE"), (1017, "ER_FILE_NOT_FOUND"))
    ),
    _case(
        "1021 ER_DISK_FULL disk copy unknown repair_first server",
        "The disk is full.",
        "Free or add space.",
        _SPACE,
    ),
    _case(
        "3675 ER_DISK_FULL_NOWAIT disk copy unknown repair_first server",
        "The disk is full.",
        "Free or add space.",
        _SPACE,
    ),
    _case(
        "1086 ER_FILE_EXISTS_ERROR configuration copy gone repair_first recipient",
        (
            "A tablespace of the donor lies outside its datadir, and on the recipient a file of that path exists "
            "already. On one and the same host it is the donor's own."
        ),
        (
            "Move the tablespace into the donor's datadir, or give the recipient another path for it; never "
            "delete the file unless it is certain that it isn't the donor's."
        ),
        ("SELECT FILE_NAME FROM information_schema.FILES WHERE FILE_NAME LIKE '/%'; -- on the donor",),
    ),
    _case(
        "1114 ER_RECORD_FILE_FULL disk copy unknown repair_first server",
        (
            "There is no room left for the table: the file system (or the tablespace's fixed size, or "
            "tmp_table_size) is used up."
        ),
        "Free or add space.",
        _SPACE,
    ),
    *(
        Case(
            number,
            symbol,
            "disk",
            "any",
            "unknown",
            "never",
            "server",
            "Data files are damaged or missing.",
            "Restore this server, or take another donor. Look into its error log for the file.",
            _OWN_LOG,
            priority="immediate",
            difficulty=5,
        )
        for number, symbol in (
            (1194, "ER_CRASHED_ON_USAGE"),
            (1195, "ER_CRASHED_ON_REPAIR"),
            (1712, "ER_INDEX_CORRUPT"),
            (1812, "ER_TABLESPACE_MISSING"),
            (1877, "ER_TABLE_CORRUPT"),
        )
    ),
    _case(
        "3678 ER_SCHEMA_DIR_EXISTS state after unknown repair_first recipient",
        (
            "A failed clone has left an empty directory of the donor's schema behind. It doesn't disturb another "
            "clone, only CREATE DATABASE."
        ),
        "Clone again, or remove the empty directory.",
        ("rmdir <datadir>/<schema>  # on the recipient; rmdir refuses where it isn't empty",),
        difficulty=1,
    ),
)

# Resource: memory, connections, threads.
_RESOURCE = (
    _case(
        "1037 ER_OUTOFMEMORY resource any unknown repair_first server",
        "The server ran out of memory.",
        "Free memory on its host, or lower its buffer sizes and clone_max_concurrency.",
        ("free -h", "dmesg -T | grep -i 'out of memory'", "SET GLOBAL clone_max_concurrency = 4; -- on the recipient"),
    ),
    _case(
        "1038 ER_OUT_OF_SORTMEMORY resource any unknown repair_first server",
        "A query needs a larger sort buffer.",
        "Raise sort_buffer_size for that session.",
        ("SET SESSION sort_buffer_size = 4194304;",),
    ),
    _case(
        "1040 ER_CON_COUNT_ERROR resource connect intact retry server",
        (
            "All connections (max_connections) are taken. A clone needs two on the donor, and one more for each "
            "further thread."
        ),
        "End sessions that nobody needs, or raise max_connections.",
        (
            "SHOW STATUS LIKE 'Threads_connected'; -- where it was refused",
            "SET GLOBAL max_connections = 500; -- where it was refused",
        ),
        difficulty=2,
    ),
    _case(
        "1041 ER_OUT_OF_RESOURCES resource any unknown repair_first server",
        "The server ran out of memory.",
        "Free memory on its host; look for other processes that use it.",
        ("free -h", "dmesg -T | grep -i 'out of memory'"),
    ),
    _case(
        "1135 ER_CANT_CREATE_THREAD resource any unknown retry server",
        "The server can't start another thread: a limit on processes, or memory.",
        "Raise the limits (LimitNPROC, TasksMax, pids cgroup) of the service.",
        ("cat /proc/$(pidof mysqld)/limits", "free -h"),
    ),
    _case(
        "1203 ER_TOO_MANY_USER_CONNECTIONS resource connect intact retry server",
        (
            "The account has all the connections that it may have (max_user_connections). A clone needs two, and "
            "one more for each thread."
        ),
        "Raise the account's limit.",
        ("ALTER USER '<donor_user>'@'<recipient_host>' WITH MAX_USER_CONNECTIONS 0; -- on the donor",),
        difficulty=1,
    ),
    _case(
        "1226 ER_USER_LIMIT_REACHED resource connect intact retry server",
        (
            "The account has reached one of its limits (connections or statements an hour). A clone needs two "
            "connections, and one more for each thread."
        ),
        "Raise the account's limit.",
        ("ALTER USER '<donor_user>'@'<recipient_host>' WITH MAX_USER_CONNECTIONS 0; -- on the donor",),
        difficulty=1,
    ),
    _case(
        "3015 ER_ENGINE_OUT_OF_MEMORY resource any unknown repair_first server",
        "The storage engine ran out of memory.",
        "Free memory on the server's host.",
        ("free -h", "dmesg -T | grep -i 'out of memory'"),
    ),
    _case(
        "3024 ER_QUERY_TIMEOUT resource any unknown retry server",
        "The statement ran longer than max_execution_time.",
        "Set it to 0 for that session.",
        ("SET SESSION max_execution_time = 0;",),
    ),
)

# Configuration: the server can't do it as it is set up.
_CONFIGURATION = (
    _case(
        "1007 ER_DB_CREATE_EXISTS configuration local intact repair_first recipient",
        "The DATA DIRECTORY exists already (a clone that was broken off leaves its directory behind).",
        "Name a directory that doesn't exist, or remove it when nothing in it is needed.",
        ("ls -la <data_directory>  # on the recipient",),
        difficulty=1,
    ),
    _case(
        "1064 ER_PARSE_ERROR state drop_data unknown repair_first recipient",
        (
            "A schema, table or tablespace of the recipient has a backtick in its name. CLONE drops it by that name "
            "without quoting it, fails there, and what it dropped before stays dropped."
        ),
        "Rename what is to be kept, drop the rest, then clone again.",
        (
            "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE INSTR(CONCAT(TABLE_SCHEMA, TABLE_NAME), '`'); "
            "-- on the recipient",
        ),
        match=r"near '\S*`' at line",
    ),
    _case(
        "1064 ER_PARSE_ERROR configuration local intact repair_first client",
        (
            "The statement isn't valid: no spaces may stand around the colon before the port, and the port is a "
            "bare number. MySQL before 8.0.17 and MariaDB don't know CLONE at all."
        ),
        "Write CLONE INSTANCE FROM 'user'@'host':3306 IDENTIFIED BY '...'; look at the server's product and version.",
        ("SELECT VERSION(), @@version_comment; -- on the recipient",),
        difficulty=1,
    ),
    _case(
        "1125 ER_UDF_EXISTS configuration local intact never server",
        "The plugin is installed already.",
        "Nothing needs to be done.",
        ("SELECT PLUGIN_STATUS, LOAD_OPTION FROM information_schema.PLUGINS WHERE PLUGIN_NAME = 'clone';",),
        difficulty=1,
        impact="None.",
        priority="watch",
    ),
    _case(
        "1126 ER_CANT_OPEN_LIBRARY configuration local intact repair_first server",
        "The plugin's library isn't in plugin_dir, or doesn't fit this server.",
        "Install the package that holds mysql_clone.so of exactly this server version.",
        ("SELECT @@plugin_dir;", "ls -l <plugin_dir>/mysql_clone.so"),
    ),
    _case(
        "1146 ER_NO_SUCH_TABLE configuration after unknown repair_first recipient",
        (
            "clone_status exists only while the clone plugin is loaded. A donor that loads it with "
            "plugin-load-add alone makes recipients without it."
        ),
        "Install the plugin: the row of the last clone comes back with it.",
        _INSTALL_PLUGIN,
        match=r"clone_(status|progress)",
        difficulty=1,
    ),
    _case(
        "1146 ER_NO_SUCH_TABLE state any unknown never server",
        "That table doesn't exist.",
        "Look whether the recipient lost its tables to a clone that failed.",
        _PROGRESS,
    ),
    _case(
        "1153 ER_NET_PACKET_TOO_LARGE configuration any unknown repair_first server",
        "A packet was larger than max_allowed_packet.",
        "Raise max_allowed_packet on both servers.",
        ("SET PERSIST max_allowed_packet = 67108864; -- on both servers",),
    ),
    _case(
        "1193 ER_UNKNOWN_SYSTEM_VARIABLE configuration local intact repair_first server",
        "The server doesn't know that variable: the clone plugin isn't loaded, or the server is too old for it.",
        "Install the plugin, or leave the variable out.",
        _INSTALL_PLUGIN,
        difficulty=1,
    ),
    _case(
        "1229 ER_GLOBAL_VARIABLE configuration local intact repair_first client",
        "That variable can only be set with SET GLOBAL.",
        "Use SET GLOBAL.",
        difficulty=1,
    ),
    _case(
        "1231 ER_WRONG_VALUE_FOR_VAR configuration local intact repair_first client",
        "The variable doesn't take that value.",
        "Look up its range in the manual.",
        difficulty=1,
    ),
    _case(
        "1251 ER_NOT_SUPPORTED_AUTH_MODE configuration connect intact repair_first client",
        "The client doesn't know the account's authentication plugin.",
        "Use an account with caching_sha2_password, or a newer client.",
        _DONOR_ACCOUNT[:1],
    ),
    _case(
        "1290 ER_OPTION_PREVENTS_STATEMENT configuration drop_data unknown repair_first recipient",
        (
            "super_read_only is ON at the recipient, which the server notices only when it drops the first "
            "object. (Stopping Group Replication leaves it ON.)"
        ),
        "Switch it off and clone again.",
        ("SET GLOBAL super_read_only = OFF; -- on the recipient",),
        match=r"super.read.only",
        difficulty=1,
    ),
    _case(
        "1290 ER_OPTION_PREVENTS_STATEMENT configuration local unknown repair_first server",
        "The server runs with an option that forbids the statement; the text names it.",
        "Start the server without that option, or switch it off.",
    ),
    _case(
        "1292 ER_TRUNCATED_WRONG_VALUE configuration local intact never client",
        "A value was out of range, and the server took the nearest one it allows.",
        "Read the variable back.",
        difficulty=1,
        impact="None, but the value isn't the one that was asked for.",
        priority="watch",
    ),
    _case(
        "1295 ER_UNSUPPORTED_PS configuration local intact repair_first client",
        "CLONE can't be run as a prepared statement.",
        "Send it as plain text; switch server-side prepared statements off in the driver.",
        difficulty=1,
    ),
    _case(
        "1524 ER_PLUGIN_IS_NOT_LOADED configuration donor_check intact repair_first donor",
        "The clone plugin isn't loaded on the donor.",
        "Install it there.",
        _INSTALL_PLUGIN,
        where="donor",
        difficulty=1,
    ),
    _case(
        "1524 ER_PLUGIN_IS_NOT_LOADED configuration local intact repair_first recipient",
        (
            "The plugin that the text names isn't loaded; for clone that is the plugin itself on the recipient. "
            "(With innodb_read_only it can't load.)"
        ),
        "Install it.",
        _INSTALL_PLUGIN,
        difficulty=1,
    ),
    _case(
        "1525 ER_WRONG_VALUE configuration copy gone repair_first recipient",
        "A tablespace of the donor lies outside its datadir, in a directory that the recipient doesn't know.",
        (
            "Make that directory on the recipient's host and add it to its innodb_directories, or move the "
            "tablespace into the donor's datadir."
        ),
        (
            "SELECT FILE_NAME FROM information_schema.FILES WHERE FILE_NAME LIKE '/%'; -- on the donor",
            "SELECT @@innodb_directories; -- on the recipient",
        ),
        match=r"file path",
    ),
    _case(
        "1525 ER_WRONG_VALUE configuration local intact repair_first recipient",
        "The DATA DIRECTORY isn't an absolute path.",
        "Give an absolute path.",
        match=r"path",
        difficulty=1,
    ),
    _case(
        "1525 ER_WRONG_VALUE configuration local unknown repair_first client",
        "The server doesn't take that value.",
        "Mend the value that the text names.",
    ),
    _case(
        "1815 ER_INTERNAL_ERROR state copy gone retry donor",
        (
            "The donor no longer knows this clone: it was restarted, the clone's session there was killed, or "
            "another recipient took the place."
        ),
        (
            "Find out what ended it in the donor's log, then clone again from the start: a clone can't go on "
            "after its donor's restart."
        ),
        _DONOR_LOG,
        match=r"could not find existing clone",
    ),
    _case(
        "1815 ER_INTERNAL_ERROR configuration copy gone repair_first recipient",
        "The donor has encrypted tables, and the recipient has no keyring to put their keys in.",
        "Set up a keyring component on the recipient, as on the donor, and clone again.",
        ("SELECT * FROM performance_schema.keyring_component_status; -- on both servers",),
        match=r"Encrypt Key",
    ),
    _case(
        "1815 ER_INTERNAL_ERROR state drop_data unknown never recipient",
        "The recipient couldn't drop all of its data; another error stands before this one and says why.",
        "Read the first error of the statement (SHOW WARNINGS lists all) or the recipient's error log.",
        ("SHOW WARNINGS; -- in the session that cloned", *_OWN_LOG),
        match=r"failed to drop all",
    ),
    _case(
        "1815 ER_INTERNAL_ERROR state copy unknown never recipient",
        "This is only the echo of an error that the other end had first.",
        "Read the first error of the statement (SHOW WARNINGS lists all) or the error logs of both servers.",
        ("SHOW WARNINGS; -- in the session that cloned", *_OWN_LOG),
        match=r"concurrent task",
    ),
    _case(
        "1815 ER_INTERNAL_ERROR state recovery gone retry recipient",
        (
            "The cloned data couldn't be recovered at the start, so the server went back to its own system "
            "files, without user data."
        ),
        "Read the recipient's error log, then clone again.",
        _OWN_LOG,
        match=r"Recovery failed",
        priority="immediate",
    ),
    _case(
        "1815 ER_INTERNAL_ERROR state any unknown never server",
        "The server met an error of its own; the text names it.",
        "Look into the server's error log at that time.",
        _OWN_LOG,
        difficulty=5,
    ),
    _case(
        "1836 ER_READ_ONLY_MODE configuration drop_data gone repair_first recipient",
        (
            "InnoDB runs read-only at the recipient (innodb_force_recovery or innodb_read_only). The server "
            "drops tables all the same and then fails."
        ),
        "Restart the recipient without those options, then clone again.",
        ("SELECT @@innodb_force_recovery, @@innodb_read_only; -- on the recipient",),
    ),
    _case(
        "2026 CR_SSL_CONNECTION_ERROR configuration connect intact repair_first donor",
        "TLS is demanded, but the server doesn't offer it.",
        "Give the server a certificate, or don't demand TLS (then encrypted tables can't be cloned).",
        ("SHOW VARIABLES LIKE 'ssl_%'; -- on the donor", "SHOW STATUS LIKE 'Ssl_server_not_%'; -- on the donor"),
        match=r"doesn't support|SSL is required|doesn't offer",
    ),
    _case(
        "2026 CR_SSL_CONNECTION_ERROR configuration connect intact repair_first link",
        (
            "The certificates don't fit: the authority that is trusted (clone_ssl_ca) hasn't signed the server's "
            "certificate, it has expired, or the two ends have no TLS version or cipher in common."
        ),
        "Compare the authority with the server's certificate, and look at its dates.",
        (
            "SELECT @@clone_ssl_ca; -- on the recipient",
            "openssl verify -CAfile <ca.pem> <server-cert.pem>  # on the donor",
        ),
    ),
    _case(
        "2049 CR_SECURE_AUTH configuration connect intact repair_first client",
        "The account uses a password format that clients no longer accept.",
        "Give the account a new password.",
        _DONOR_ACCOUNT[:1],
    ),
    _case(
        "2059 CR_AUTH_PLUGIN_CANNOT_LOAD configuration connect intact repair_first client",
        "The end that connects lacks the account's authentication plugin.",
        "Use an account with caching_sha2_password, or install the plugin's client part.",
        _DONOR_ACCOUNT[:1],
    ),
    _case(
        "2061 CR_AUTH_PLUGIN_ERR configuration connect intact repair_first client",
        (
            "The account's authentication needs an encrypted link or the server's public key; on a replication "
            "channel that is SOURCE_SSL=1 or GET_SOURCE_PUBLIC_KEY=1."
        ),
        "Connect with TLS. From Python over a plain link install the library cryptography.",
        ("CHANGE REPLICATION SOURCE TO SOURCE_SSL = 1; -- for a channel, after STOP REPLICA",),
        difficulty=1,
    ),
    _case(
        "3159 ER_SECURE_TRANSPORT_REQUIRED configuration connect intact repair_first client",
        "The server takes only encrypted connections (require_secure_transport).",
        "Connect with TLS: REQUIRE SSL.",
        difficulty=1,
    ),
    _case(
        "3185 ER_CANNOT_FIND_KEY_IN_KEYRING configuration any unknown repair_first server",
        "The keyring doesn't hold the key, or isn't loaded.",
        "Look at the keyring component's configuration and data.",
        ("SELECT * FROM performance_schema.keyring_component_status;",),
        difficulty=4,
    ),
    _case(
        "3632 ER_PATH_IN_DATADIR configuration local intact repair_first recipient",
        "The DATA DIRECTORY lies within the recipient's datadir.",
        "Name one outside of it.",
        ("SELECT @@datadir; -- on the recipient",),
        difficulty=1,
    ),
    _case(
        "3883 ER_DA_PLUGIN_INSTALL_ERROR configuration local intact repair_first server",
        "The plugin couldn't be entered in mysql.plugin, as when the server is read-only.",
        "Make the server writable for the installation.",
        ("SELECT @@super_read_only, @@innodb_read_only;",),
        difficulty=1,
    ),
    _case(
        "6400 ER_SERVER_OFFLINE_MODE_REASON state connect intact retry server",
        "The server is in offline mode; the text says since when and why.",
        "Wait, or switch offline_mode off.",
        ("SELECT @@offline_mode;",),
    ),
)

# State: locks, shutdowns, what is under way.
_STATE = (
    _case(
        "1027 ER_FILE_USED state any unknown retry server",
        "Another statement uses the file.",
        "Try again when it is done.",
        ("SHOW FULL PROCESSLIST;",),
    ),
    _case(
        "1046 ER_NO_DB_ERROR configuration local unknown repair_first client",
        (
            "No default schema, or the statement calls MD5() or SHA1(), which newer servers have only with "
            "component_classic_hashing. From CLONE: a table of the recipient lies in a schema with a backtick in its name, "
            "and some of the recipient's data may be dropped already."
        ),
        "Name the schema; use SHA2(), CRC32() or CHECKSUM TABLE. After CLONE: rename the schema's tables into another one.",
        difficulty=1,
    ),
    _case(
        "1047 ER_UNKNOWN_COM_ERROR configuration donor_check intact repair_first donor",
        (
            "The server doesn't know the command: it has no clone plugin, is too old, or is a proxy that doesn't "
            "pass clone commands on."
        ),
        "Connect to the donor directly and look at its version.",
        ("SELECT VERSION(), @@version_comment; -- through the address that the recipient uses",),
    ),
    _case(
        "1049 ER_BAD_DB_ERROR state any unknown never server",
        "That schema doesn't exist.",
        "Look whether the recipient lost it to a clone that failed.",
        _PROGRESS,
    ),
    _case(
        "1053 ER_SERVER_SHUTDOWN state copy unknown next_donor donor",
        "The donor is shutting down.",
        "Take another donor, or wait until it is back.",
        _DONOR_LOG,
        where="donor",
    ),
    _case(
        "1053 ER_SERVER_SHUTDOWN state any unknown retry recipient",
        "The server is shutting down; a clone's own restart looks like this, too.",
        "Wait until it is back and look at clone_status before starting anything.",
        _PROGRESS,
    ),
    _case(
        "1094 ER_NO_SUCH_THREAD state any unknown never client",
        "That session has ended already.",
        "Nothing needs to be done.",
        _PROGRESS[:1],
        difficulty=1,
        impact="None.",
        priority="watch",
    ),
    _case(
        "1105 ER_UNKNOWN_ERROR state any unknown never donor",
        (
            "The donor gave no reason. Damaged data files, a DDL statement at the same time, and too little "
            "memory are known to end so."
        ),
        "Read the donor's error log at that time; check its tables before cloning from it again.",
        (*_DONOR_LOG, "SHOW ENGINE INNODB STATUS; -- on the donor", "SHOW FULL PROCESSLIST; -- on the donor"),
        where="donor",
        difficulty=5,
    ),
    _case(
        "1105 ER_UNKNOWN_ERROR state any unknown never server",
        "The server gave no reason.",
        "Read its error log at that time.",
        _OWN_LOG,
        difficulty=5,
    ),
    _case(
        "1192 ER_LOCK_OR_ACTIVE_TRANSACTION state local intact repair_first client",
        "The session holds locked tables or an open transaction.",
        "Use a session of its own.",
        ("UNLOCK TABLES;", "ROLLBACK;"),
        difficulty=1,
    ),
    _case(
        "1205 ER_LOCK_WAIT_TIMEOUT state donor_check intact retry donor",
        (
            "With clone_block_ddl the donor takes its backup lock, and a DDL statement held it longer than "
            "clone_ddl_timeout."
        ),
        "Wait for the DDL to end, or clone with clone_block_ddl OFF.",
        ("SHOW FULL PROCESSLIST; -- on the donor", "SET GLOBAL clone_block_ddl = OFF; -- on the recipient"),
        where="donor",
    ),
    _case(
        "1205 ER_LOCK_WAIT_TIMEOUT state drop_data unknown retry recipient",
        (
            "Another session on the recipient holds a lock: an open transaction, LOCK INSTANCE FOR BACKUP, FLUSH "
            "TABLES WITH READ LOCK or a DDL statement. What was dropped before stays dropped."
        ),
        "Find that session and end it; then clone again.",
        _LOCKS,
    ),
    _case(
        "1213 ER_LOCK_DEADLOCK state any unknown retry server",
        "Two transactions waited for each other.",
        "Run the transaction again.",
        _LOCKS[:1],
        difficulty=1,
    ),
    _case(
        "1223 ER_CANT_UPDATE_WITH_READLOCK state local intact repair_first client",
        "The session itself holds a read lock.",
        "Release it.",
        ("UNLOCK TABLES; -- in that session",),
        difficulty=1,
    ),
    _case(
        "1236 ER_SOURCE_FATAL_ERROR_READING_BINLOG state after unknown repair_first server",
        "The replica asks for transactions that the source no longer has, or that the source never had.",
        "Compare the GTID sets of both; clone again when the binary logs are purged.",
        ("SELECT @@GLOBAL.gtid_executed, @@GLOBAL.gtid_purged; -- on both servers",),
        difficulty=3,
    ),
    _case(
        "1317 ER_QUERY_INTERRUPTED state copy unknown next_donor donor",
        "The donor ended the clone: it shuts down, or somebody killed the clone's session there.",
        "Take another donor, or wait until it is back and clone again.",
        _DONOR_LOG,
        where="donor",
    ),
    _case(
        "1317 ER_QUERY_INTERRUPTED state any unknown retry recipient",
        (
            "The clone was killed on the recipient, by KILL, by a client that gave up waiting, or by the "
            "recipient's shutdown or crash."
        ),
        "Find out who ended it, then clone again; give the session that clones no read timeout.",
        _PROGRESS + _OWN_LOG,
    ),
    _case(
        "1568 ER_CANT_CHANGE_TX_CHARACTERISTICS state local intact repair_first client",
        "The session has an open transaction.",
        "Use a session of its own.",
        ("ROLLBACK;",),
        difficulty=1,
    ),
    _case(
        "1593 ER_BINLOG_FATAL_ERROR configuration after unknown repair_first server",
        (
            "The binary log or replication stopped for a reason that the text gives (such as two servers with "
            "one server_id or server_uuid)."
        ),
        "Mend what the text names.",
        ("SELECT @@server_id, @@server_uuid; -- on both servers",),
    ),
    _case(
        "3032 ER_SERVER_OFFLINE_MODE state connect intact retry server",
        "The server is in offline mode.",
        "Wait, or switch it off.",
        ("SET GLOBAL offline_mode = OFF;",),
        difficulty=1,
    ),
    _case(
        "3100 ER_RUN_HOOK_ERROR state any unknown repair_first server",
        "Group Replication refused the transaction.",
        "Look at the group's state.",
        ("SELECT * FROM performance_schema.replication_group_members;",),
    ),
    _case(
        "3168 ER_SERVER_ISNT_AVAILABLE state connect intact retry server",
        "The server is starting and doesn't take statements yet.",
        "Wait until it is up.",
        (),
        difficulty=1,
    ),
    _case(
        "3169 ER_SESSION_WAS_KILLED state any unknown retry server",
        "The session was killed.",
        "Find out by whom; look at clone_status before starting anything.",
        _PROGRESS,
    ),
    _case(
        "3572 ER_LOCK_NOWAIT state any unknown retry server",
        "A lock that was asked for without waiting is held by another session.",
        "Try again.",
        _LOCKS[:1],
        difficulty=1,
    ),
)

# Errors of the operating system, as they stand behind a server's or a client's message.
_OS = (
    _case(
        "1 EPERM privilege any unknown repair_first server",
        "The operating system doesn't permit it.",
        "Look at owner and mode, and at AppArmor or SELinux.",
        ("ls -ld <path>", "dmesg -T | grep -i -e apparmor -e avc"),
    ),
    _case(
        "2 ENOENT configuration any unknown repair_first server",
        "The file or directory isn't there.",
        "Make it, or mend the path in the configuration.",
        ("ls -ld <path>  # and each directory above it",),
    ),
    _case(
        "5 EIO disk any unknown never server",
        "The disk couldn't read or write: it is about to fail.",
        "Look into the kernel's log; replace the disk, restore the server.",
        ("dmesg -T | grep -i -e 'i/o error' -e 'medium error'",),
        priority="immediate",
        difficulty=5,
    ),
    _case(
        "11 EAGAIN state start unknown repair_first server",
        (
            "Another process holds the lock on a data file: two mysqld use the same file, as when a tablespace "
            "outside the datadir is shared."
        ),
        "Find the other process and stop it; never remove the lock by force.",
        ("fuser -v <file>", "pgrep -a mysqld"),
        priority="immediate",
    ),
    _case(
        "12 ENOMEM resource any unknown repair_first server",
        "The host (or the service's memory limit) has no memory left.",
        "Free memory, or lower the server's buffer sizes.",
        ("free -h", "dmesg -T | grep -i 'out of memory'", "systemctl show <service> -p MemoryMax"),
        priority="immediate",
    ),
    _case(
        "13 EACCES privilege any unknown repair_first server",
        "The user that mysqld runs as may not use the file or directory, by its mode or by AppArmor or SELinux.",
        "Give the directory to that user, and allow the path in the security profile.",
        ("ls -ld <path>  # and each directory above it", "dmesg -T | grep -i -e apparmor -e avc"),
    ),
    _case(
        "17 EEXIST state any unknown repair_first server",
        "The file exists already.",
        "Look what it is before removing it.",
        ("ls -l <path>",),
    ),
    _case(
        "20 ENOTDIR configuration any unknown repair_first server",
        "A part of the path isn't a directory.",
        "Mend the path.",
        ("ls -ld <path>",),
    ),
    _case(
        "23 ENFILE resource any unknown repair_first server",
        "The host has no file handles left.",
        "Raise fs.file-max.",
        ("sysctl fs.file-nr",),
    ),
    _case(
        "24 EMFILE resource any unknown repair_first server",
        "The process has no file descriptors left.",
        "Raise LimitNOFILE of the service and open_files_limit.",
        ("SELECT @@open_files_limit;", "cat /proc/$(pidof mysqld)/limits"),
    ),
    _case(
        "27 EFBIG disk any unknown repair_first server",
        "A file would be larger than the file system or a limit allows.",
        "Raise the limit, or use another file system.",
        ("ulimit -f", *_SPACE[:1]),
    ),
    _case(
        "28 ENOSPC disk copy unknown repair_first server",
        "No space is left on the file system.",
        "Free or add space.",
        (*_SPACE, "df -i <datadir>"),
    ),
    _case(
        "30 EROFS disk any unknown repair_first server",
        "The file system is mounted read-only, as the kernel does after errors.",
        "Look into the kernel's log before mounting it writable again.",
        ("dmesg -T | tail -50", "findmnt -T <datadir>"),
        priority="immediate",
        difficulty=4,
    ),
    *(
        Case(
            number,
            symbol,
            "network",
            "any",
            "unknown",
            "retry",
            "link",
            cause,
            "Look at the network between the two ends.",
            _LINK,
        )
        for number, symbol, cause in (
            (32, "EPIPE", "The other end has closed the connection."),
            (99, "EADDRNOTAVAIL", "The address isn't one of this host's, or no port is free."),
            (100, "ENETDOWN", "The network interface is down."),
            (101, "ENETUNREACH", "There is no route to that network."),
            (103, "ECONNABORTED", "The connection was broken off."),
            (104, "ECONNRESET", "The other end, or a firewall in between, reset the connection."),
            (107, "ENOTCONN", "The connection is gone."),
            (110, "ETIMEDOUT", "No answer came in time: a firewall drops the packets, or the other host is down."),
            (112, "EHOSTDOWN", "The other host is down."),
            (113, "EHOSTUNREACH", "There is no way to the other host: it is down, or a firewall says so."),
        )
    ),
    _case(
        "98 EADDRINUSE configuration start unknown repair_first server",
        "Another process listens at that port already.",
        "Find it, or choose another port.",
        ("ss -ltnp",),
        priority="immediate",
    ),
    _case(
        "105 ENOBUFS resource any unknown retry server",
        "The kernel has no network buffers left.",
        "Free memory on that host.",
        ("free -h",),
    ),
    _case(
        "111 ECONNREFUSED network connect unknown retry server",
        (
            "Nothing listens at that port: mysqld isn't running there, listens at another port or address, or a "
            "firewall rejects it."
        ),
        "Look whether mysqld runs and where it listens (bind_address, port, skip_networking).",
        _LINK,
    ),
    _case(
        "116 ESTALE disk any unknown repair_first server",
        "The network file system lost the file.",
        "Mount it again; look at the file server.",
        ("findmnt -T <datadir>",),
        difficulty=4,
    ),
    _case(
        "122 EDQUOT disk copy unknown repair_first server",
        "The disk quota is used up.",
        "Raise the quota or free space.",
        ("quota -s", *_SPACE[:1]),
    ),
)

# What the server writes into its error log; most of it is news, no error, and carries the real error's number in its text.
_NEWS = "None by itself."
_LOG = (
    *(
        Case(
            number,
            symbol,
            "state",
            "any",
            "unknown",
            "never",
            side,
            cause,
            "Read the error that its text carries.",
            (),
            impact=_NEWS,
            priority="watch",
            difficulty=1,
        )
        for number, symbol, side, cause in (
            (11974, "ER_IB_CLONE_INTERNAL", "server", "InnoDB's report on a clone's inner state."),
            (11975, "ER_IB_CLONE_TIMEOUT", "server", "A part of InnoDB's clone waited too long for another part."),
            (
                11976,
                "ER_IB_CLONE_STATUS_FILE",
                "recipient",
                "A file of the #clone directory, or a cloned file, was written, renamed or removed.",
            ),
            (11977, "ER_IB_CLONE_SQL", "recipient", "An object was dropped or made on behalf of a clone."),
            (11978, "ER_IB_CLONE_VALIDATE", "recipient", "The recipient checks its configuration against the donor's."),
            (
                11979,
                "ER_IB_CLONE_PUNCH_HOLE",
                "recipient",
                "A cloned file couldn't be made sparse; compressed tables take more room than on the donor.",
            ),
            (11980, "ER_IB_CLONE_GTID_PERSIST", "server", "GTIDs are written to their table for a clone."),
            (13270, "ER_CLONE_DONOR_TRACE", "donor", "The donor reported an error."),
            (13272, "ER_CLONE_CLIENT_TRACE", "recipient", "A step of the clone on the recipient."),
            (13273, "ER_CLONE_SERVER_TRACE", "donor", "A step of the clone on the donor."),
            (13457, "ER_IB_CLONE_START_STOP", "server", "A task of the clone began or ended."),
            (13458, "ER_IB_CLONE_OPERATION", "server", "A step of the clone in InnoDB."),
            (
                13460,
                "ER_IB_CLONE_USER_DATA",
                "recipient",
                "The recipient drops all of its user data to make room for the donor's.",
            ),
            (
                12556,
                "ER_IB_MSG_LOG_FILES_CREATED_BY_CLONE",
                "recipient",
                "The server opens cloned data for the first time.",
            ),
            (
                13529,
                "ER_RPL_RELAY_LOG_RECOVERY_INFO_AFTER_CLONE",
                "recipient",
                "The clone brought the donor's replication channel along, and it is adjusted.",
            ),
            (
                13655,
                "ER_IB_MSG_UNDO_TRUNCATE_DELAY_BY_CLONE",
                "server",
                "An undo tablespace isn't truncated while a clone runs.",
            ),
            (13792, "ER_IB_MSG_CLONE_DDL_NTFN", "donor", "A DDL statement on the donor is made known to the clone."),
            (13793, "ER_IB_MSG_CLONE_DDL_APPLY", "recipient", "The recipient follows a DDL statement of the donor."),
            (
                13794,
                "ER_IB_MSG_CLONE_DDL_INVALIDATE",
                "donor",
                "A DDL statement on the donor made a copied page invalid.",
            ),
            (
                13469,
                "ER_GRP_RPL_RECOVERY_STRAT_CLONE_THRESHOLD",
                "recipient",
                "Group Replication decided to clone this member: it misses too many transactions.",
            ),
            (
                13470,
                "ER_GRP_RPL_RECOVERY_STRAT_CLONE_PURGED",
                "recipient",
                "Group Replication decided to clone this member: nobody has the transactions it misses.",
            ),
        )
    ),
    _case(
        "10119 ER_ABORTING state start unknown repair_first server",
        "The server gave up starting; an error before this line says why.",
        "Read the errors before it in the log.",
        ("grep -B20 'MY-010119' <error_log>",),
        priority="immediate",
        difficulty=3,
        impact="The server is down.",
    ),
    _case(
        "10262 ER_CONN_TCP_BIND_FAIL configuration start unknown repair_first server",
        "The server can't listen at its port: another process has it.",
        "Find that process, or choose another port.",
        ("ss -ltnp",),
        priority="immediate",
        impact="The server is down.",
    ),
    _case(
        "10268 ER_CONN_UNIX_LOCK_FILE_FAIL state start unknown repair_first server",
        (
            "The server can't make its socket's lock file: another mysqld uses the socket, or the directory "
            "isn't writable."
        ),
        "Look for another mysqld; look at the directory.",
        ("pgrep -a mysqld", "ls -ld <socket_directory>"),
        priority="immediate",
        impact="The server is down.",
    ),
    *(
        Case(
            number,
            symbol,
            "network",
            "any",
            "unknown",
            "retry",
            "link",
            "A session broke off: its client died, its network did, or a time-out ended it.",
            "Harmless for a single session; for a clone's session look at the network.",
            _LINK,
            difficulty=2,
        )
        for number, symbol in ((10914, "ER_ABORTING_USER_CONNECTION"), (13130, "ER_SERVER_NEW_ABORTING_CONNECTION"))
    ),
    _case(
        "10926 ER_ACCESS_DENIED_ERROR_WITH_PASSWORD privilege connect intact repair_first server",
        "The server refused a login.",
        "Check user, password and the host that the text names.",
        _DONOR_ACCOUNT,
    ),
    _case(
        "10927 ER_ACCESS_DENIED_FOR_USER_ACCOUNT_LOCKED privilege connect intact repair_first server",
        "The server refused a login of a locked account.",
        "Unlock the account.",
        ("ALTER USER '<donor_user>'@'<recipient_host>' ACCOUNT UNLOCK; -- on the donor",),
        difficulty=1,
    ),
    _case(
        "11034 ER_CLONE_PLUGIN_NOT_LOADED_TRACE configuration start intact repair_first server",
        "The clone plugin can't be loaded.",
        "Look for the errors before this line; look at plugin_dir and the clone_* settings.",
        ("SELECT @@plugin_dir;",),
    ),
    _case(
        "11087 ER_LCTN_CHANGED configuration start replaced repair_first recipient",
        (
            "lower_case_table_names of the server differs from that of the data. A clone doesn't compare it, and "
            "the recipient can't start afterwards."
        ),
        "Set the donor's value in the recipient's configuration and start it: the clone then finishes.",
        ("SELECT @@lower_case_table_names; -- on the donor", *_START),
        priority="immediate",
        difficulty=2,
        impact="The recipient can't start; its copy is complete.",
    ),
    _case(
        "12574 ER_IB_MSG_749 state start unknown repair_first server",
        (
            "Another process holds the lock on a data file: two mysqld use the same file, as when a tablespace "
            "outside the datadir is shared."
        ),
        "Find the other process and stop it; never remove the lock by force.",
        ("fuser -v <file>", "pgrep -a mysqld"),
        priority="immediate",
        difficulty=4,
        impact="The server can't use that file, or can't start.",
    ),
    _case(
        "12930 ER_IB_MSG_1105 state start unknown repair_first recipient",
        "The directory holds a clone that was broken off; it can't be completed.",
        "Remove that directory and clone again. (It is the clone's DATA DIRECTORY, not the old datadir.)",
        ("ls -la '<data_directory>/#clone'  # #status_in_progress marks an incomplete clone",),
        match=r"Incomplete cloned",
        priority="immediate",
        impact="A server can't start on that directory.",
    ),
    _case(
        "12930 ER_IB_MSG_1105 state start unknown never server",
        "InnoDB couldn't start; the text and the lines before it say why.",
        "Read the errors before it in the log.",
        (),
        priority="immediate",
        difficulty=4,
        impact="The server is down.",
    ),
    _case(
        "13117 ER_REPLICA_FATAL_ERROR configuration after replaced repair_first recipient",
        "Source and replica have the same server_id or server_uuid, so the replica can't tell its own transactions from the source's.",
        "Give the replica a server_id of its own, there and in its option file; for the same server_uuid remove auto.cnf and restart.",
        (
            "SELECT @@server_id, @@server_uuid; -- on both servers",
            "SET PERSIST server_id = <another number>; -- on the recipient",
            "START REPLICA; -- on the recipient",
        ),
        match=r"equal MySQL server (?:ids|UUIDs)|same server_(?:uu)?id",
        difficulty=1,
        impact="The copy is complete, but the recipient doesn't replicate.",
    ),
    _case(
        "13117 ER_REPLICA_FATAL_ERROR state after replaced repair_first recipient",
        "The replica met an error that it can't go on from.",
        "Read the message, and mend what it names; then start the replica.",
        ("SHOW REPLICA STATUS; -- on the recipient", "START REPLICA; -- on the recipient"),
        impact="The copy is complete, but the recipient doesn't replicate.",
    ),
    _case(
        "13120 ER_REPLICA_SOURCE_COM_FAILURE privilege after replaced repair_first server",
        "The source refused a command of the replica, mostly since its account lacks REPLICATION SLAVE.",
        "Grant the replication account what it lacks, on the source; then start the replica.",
        (
            "GRANT REPLICATION SLAVE ON *.* TO '<user>'@'<host>'; -- on the source",
            "START REPLICA; -- on the recipient",
        ),
        difficulty=1,
        impact="The copy is complete, but the recipient doesn't replicate.",
    ),
    _case(
        "13129 ER_SERVER_NO_SESSION_TO_SEND_TO configuration after replaced repair_first recipient",
        "A component that the donor uses can't be loaded on the recipient; the server runs without it.",
        "Install the component's library on the recipient and restart it, or uninstall the component on the donor.",
        ("SELECT * FROM mysql.component; -- on the recipient", "SELECT @@plugin_dir; -- on the recipient"),
        match=r"component|shared library",
        impact="The recipient runs without that component.",
    ),
    _case(
        "13129 ER_SERVER_NO_SESSION_TO_SEND_TO state any unknown never server",
        "The server had a message for a session that no longer exists.",
        "Read the message.",
        (),
        difficulty=1,
        priority="watch",
        impact=_NEWS,
    ),
    _case(
        "13132 ER_SERVER_RECORD_FILE_FULL disk copy unknown repair_first server",
        "There is no room left for a table.",
        "Free or add space.",
        _SPACE,
    ),
    _case(
        "13180 ER_UDF_ALREADY_EXISTS configuration start intact never server",
        "The plugin stands both in mysql.plugin and in plugin-load-add.",
        "Take one of the two away.",
        ("SELECT * FROM mysql.plugin;",),
        difficulty=1,
        impact="None: the plugin is loaded once.",
        priority="watch",
    ),
    _case(
        "13271 ER_CLONE_PROTOCOL_TRACE network any unknown retry link",
        "The donor's answer wasn't what the clone protocol expects.",
        "Connect the recipient to the donor directly.",
        _LINK,
    ),
    _case(
        "13459 ER_IB_CLONE_RESTART network copy unknown never link",
        "The network was interrupted, and the clone waits for it or goes on.",
        "Mend the link before clone_donor_timeout_after_network_failure (donor) is over; nothing else is needed.",
        _LINK,
        match=r"n/w|network",
        impact="The clone stands still until the link is back.",
        difficulty=2,
    ),
    _case(
        "13459 ER_IB_CLONE_RESTART state copy unknown never recipient",
        "The clone goes on after an interruption.",
        "Nothing needs to be done.",
        (),
        impact=_NEWS,
        priority="watch",
        difficulty=1,
    ),
    _case(
        "13461 ER_IB_CLONE_NON_INNODB_TABLE configuration copy replaced never donor",
        "A table of another engine than InnoDB is cloned without its rows.",
        "Convert the table to InnoDB on the donor, or copy it by mysqldump.",
        ("ALTER TABLE <schema>.<table> ENGINE = InnoDB; -- on the donor",),
        impact="That table is empty on the recipient.",
        difficulty=2,
    ),
    _case(
        "13462 ER_CLONE_SHUTDOWN_TRACE configuration restart replaced never recipient",
        "The data is copied, but nothing supervises mysqld, so it couldn't restart itself and has shut down.",
        "Start mysqld on the recipient and leave its #clone directory alone.",
        _START + _PROGRESS[:1],
        priority="immediate",
        difficulty=1,
        impact="The recipient is down until somebody starts it; the copy is complete and good.",
    ),
    _case(
        "13464 ER_GRP_RPL_CLONE_PROCESS_PREPARE_ERROR configuration local intact repair_first recipient",
        "Group Replication couldn't prepare the clone of this member.",
        "Look at the plugin, the accounts and the settings that the text names.",
        _INSTALL_PLUGIN,
    ),
    _case(
        "13465 ER_GRP_RPL_CLONE_PROCESS_EXEC_ERROR state any unknown never recipient",
        "Group Replication's clone of this member failed.",
        "Read the errors before it, and clone_status.",
        _PROGRESS,
    ),
    _case(
        "13474 ER_GRP_RPL_REPLICA_THREAD_ERROR_ON_CLONE state drop_data unknown never recipient",
        "A replication channel stops because the server is about to be cloned.",
        "Set the channel up again after the clone.",
        (),
        priority="watch",
        difficulty=2,
        impact="Replication on the recipient stops.",
    ),
    _case(
        (
            "13863 ER_IB_MSG_LOG_FILES_CREATED_BY_CLONE_AND_READ_ONLY_MODE configuration start replaced "
            "repair_first recipient"
        ),
        "Cloned data needs to be recovered, but InnoDB is set read-only.",
        "Start once without innodb_read_only and innodb_force_recovery.",
        ("SELECT @@innodb_read_only; -- the recipient's configuration",),
        priority="immediate",
        impact="The recipient can't start; its copy is complete.",
    ),
    _case(
        "13873 ER_IB_MSG_LOG_UPGRADE_CLONED_DB configuration start replaced repair_first recipient",
        "The cloned data was made by an older server version than the one that starts on it.",
        "Start the donor's version on it once and shut it down, then start the newer one.",
        (),
        priority="immediate",
        difficulty=4,
        impact="The recipient can't start with this version; its copy is complete.",
    ),
    _case(
        "13935 ER_CONDITIONAL_DEBUG network any unknown retry link",
        "A connection stood still until its time-out.",
        "Look at the network between the servers.",
        _LINK,
        match=r"timeout|time-out",
    ),
)

CASES: tuple[Case, ...] = (*_CLONE, *_NETWORK, *_PRIVILEGE, *_DISK, *_RESOURCE, *_CONFIGURATION, *_STATE, *_OS, *_LOG)
