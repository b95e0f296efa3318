# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Words of reports in all languages: by name what is said outside of their sections or in several of them, and by its English
words what checks, the error catalogue and diagnoses say. What a server said, and names and numbers, stand in them as they were
said. A section's own words are in its file in _sections/.

This plugin util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

TEXTS: dict[str, dict[str, str]] = {
    "en": {
        "lang": "en",
        "title.clone": "Clone report",
        "title.precheck": "Precheck report",
        "title.fleet": "Fleet report",
        "title.diagnose": "Diagnosis report",
        "title.recover": "Recovery report",
        "title.monitor": "Monitoring report",
        "title.other": "Report",
        "generated": "Made at",
        "skip": "Skip to the contents",
        "contents": "Hosts",
        "summary": "Summary",
        "summary.hosts": "Hosts",
        "summary.ok": "In order",
        "summary.failed": "Failed",
        "summary.unreachable": "Unreachable",
        "summary.warnings": "Warnings",
        "host": "Host",
        "donor": "Donor",
        "state": "State",
        "data": "Data",
        "seconds": "Seconds",
        "rate": "Rate",
        "verified": "Verified",
        "message": "Message",
        "yes": "yes",
        "no": "no",
        "outcome.ok": "in order",
        "outcome.warn": "warning",
        "outcome.failed": "failed",
        "outcome.unreachable": "unreachable",
        "state.none": "no clone",
        "state.in_progress": "in progress",
        "state.completed": "completed",
        "state.failed": "failed",
        "state.not_started": "not started",
        "retry": "What then",
        "retry.retry": "try again after a pause",
        "retry.next_donor": "try the next donor",
        "retry.wait_slot": "wait for a free slot on the donor",
        "retry.repair_first": "repair first",
        "retry.never": "don't try again",
        "remedy": "Remedy",
        "solved_by": "solved by {what}",
        "category": "Category",
        "category.network": "network",
        "category.disk": "disk",
        "category.privilege": "privilege",
        "category.resource": "resource",
        "category.configuration": "configuration",
        "category.state": "state",
        "category.unknown": "unknown",
        "status": "Status",
        "counted.schema": "{count} schema",
        "counted.table": "{count} table",
        "counted.view": "{count} view",
        "counted.routine": "{count} routine",
        "counted.trigger": "{count} trigger",
        "counted.event": "{count} event",
        "counted.account": "{count} account",
        "counted.transaction": "{count} transaction",
        "counted.XA transaction": "{count} XA transaction",
        "unreachable": "the host could not be reached",
        "stopped": "the run has failed for this host; the output of Ansible says where",
        "check_mode": "Nothing was changed: this was a dry run.",
        "nothing": "There is nothing to tell.",
        "footer": "Written by dbops.mysql_clone. What servers have said stands here as they said it.",
    },
    "zh": {
        "lang": "zh-CN",
        "title.clone": "克隆报告",
        "title.precheck": "预检报告",
        "title.fleet": "批量克隆报告",
        "title.diagnose": "诊断报告",
        "title.recover": "恢复报告",
        "title.monitor": "监控报告",
        "title.other": "报告",
        "generated": "生成时间",
        "skip": "跳到正文",
        "contents": "主机",
        "summary": "概要",
        "summary.hosts": "主机数",
        "summary.ok": "正常",
        "summary.failed": "失败",
        "summary.unreachable": "无法连接",
        "summary.warnings": "警告",
        "host": "主机",
        "donor": "源实例",
        "state": "状态",
        "data": "数据量",
        "seconds": "秒",
        "rate": "速率",
        "verified": "已校验",
        "message": "说明",
        "yes": "是",
        "no": "否",
        "outcome.ok": "正常",
        "outcome.warn": "警告",
        "outcome.failed": "失败",
        "outcome.unreachable": "无法连接",
        "state.none": "没有克隆",
        "state.in_progress": "进行中",
        "state.completed": "已完成",
        "state.failed": "失败",
        "state.not_started": "未开始",
        "retry": "后续处理",
        "retry.retry": "等待后重试",
        "retry.next_donor": "换下一个源实例",
        "retry.wait_slot": "等待源实例的空闲克隆位",
        "retry.repair_first": "先修复再重试",
        "retry.never": "不再重试",
        "remedy": "处理办法",
        "solved_by": "由 {what} 解决",
        "category": "类别",
        "category.network": "网络",
        "category.disk": "磁盘",
        "category.privilege": "权限",
        "category.resource": "资源",
        "category.configuration": "配置",
        "category.state": "状态",
        "category.unknown": "未知",
        "status": "结果",
        "counted.schema": "{count} 个库",
        "counted.table": "{count} 个表",
        "counted.view": "{count} 个视图",
        "counted.routine": "{count} 个例程",
        "counted.trigger": "{count} 个触发器",
        "counted.event": "{count} 个事件",
        "counted.account": "{count} 个账号",
        "counted.transaction": "{count} 个事务",
        "counted.XA transaction": "{count} 个 XA 事务",
        "unreachable": "无法连接主机",
        "stopped": "该主机上的运行已失败，详见 Ansible 输出",
        "check_mode": "未做任何更改：这是一次演练（--check）。",
        "nothing": "没有内容。",
        "footer": "由 dbops.mysql_clone 生成。服务器给出的文字按原文显示。",
    },
}
# Titles, causes, remedies and warnings by their English words; {} stands for a value. What is missing here stays English.
SENTENCES: dict[str, dict[str, str]] = {
    "en": {},
    "zh": {
        "The clone plugin is active on the recipient": "目标实例的克隆插件已启用",
        "The clone plugin is active on the donor": "源实例的克隆插件已启用",
        "The recipient will have the clone plugin afterwards": "克隆之后目标实例仍有克隆插件",
        "The donor is in clone_valid_donor_list": "源实例在 clone_valid_donor_list 中",
        "The versions fit": "版本相容",
        "Both run on the same operating system": "两者的操作系统相同",
        "Both are built for the same processors": "两者的处理器架构相同",
        "The page sizes are the same": "页大小相同",
        "SET GLOBAL character_set_server = {} on the recipient": (
            "在目标实例上执行 SET GLOBAL character_set_server = {}"
        ),
        "The server character sets are the same": "服务器字符集相同",
        "SET GLOBAL character_set_filesystem = {} on the recipient": (
            "在目标实例上执行 SET GLOBAL character_set_filesystem = {}"
        ),
        "The file system character sets are the same": "文件系统字符集相同",
        "SET GLOBAL collation_server = {} on the recipient": "在目标实例上执行 SET GLOBAL collation_server = {}",
        "The server collations are the same": "服务器排序规则相同",
        "The recipient knows all of the donor's collations": "目标实例认识源实例的全部排序规则",
        "The recipient has all of the donor's plugins": "目标实例有源实例的全部插件",
        "max_allowed_packet of the recipient": "目标实例的 max_allowed_packet",
        "max_allowed_packet of the donor": "源实例的 max_allowed_packet",
        "Redo logging is on at the donor": "源实例的重做日志已打开",
        "lower_case_table_names is the same": "lower_case_table_names 相同",
        "The recipient may drop its data": "目标实例可以删除自己的数据",
        "InnoDB on the recipient is not in forced recovery": "目标实例的 InnoDB 不在强制恢复模式",
        "InnoDB on the recipient may write": "目标实例的 InnoDB 可写",
        "The system tablespaces have the same files": "系统表空间的文件相同",
        "The donor's undo files have names of their own": "源实例的 undo 文件互不重名",
        "The new data directory can be made": "可以创建新的数据目录",
        "All tables of the donor will have their rows": "源实例的所有表都会带着行",
        "The recipient has a keyring for encrypted data": "目标实例有存放加密数据密钥的 keyring",
        "Encrypted data is cloned over an encrypted link": "加密数据经加密链路克隆",
        "Compressed and encrypted data fits the file system": "压缩和加密数据适合目标文件系统",
        "All of the donor's data files are there": "源实例的数据文件齐全",
        "Tablespaces outside the data directory have a place": "数据目录之外的表空间有处可放",
        "The recipient can load the donor's components": "目标实例能加载源实例的组件",
        "The servers have different server ids": "两台服务器的 server_id 不同",
        "The recipient can follow the donor by GTID": "目标实例能按 GTID 跟随源实例",
        "The donor can be replicated from": "可以从源实例复制",
        "The donor keeps its binary logs long enough": "源实例保留二进制日志的时间足够长",
        "The donor waits for a recipient whose link is cut": "链路中断时源实例会等待目标实例",
        "The donor doesn't end idle sessions of a clone": "源实例不会断开克隆的空闲会话",
        "The donor's redo log has room for what is written meanwhile": "源实例的重做日志容得下克隆期间写入的内容",
        "DDL on the donor does not abort the clone": "源实例上的 DDL 不会使克隆终止",
        "What differs in configuration": "配置的差异",
        ("Set plugin-load-add=mysql_clone.so in the recipient's option file, or INSTALL PLUGIN clone on the donor"): (
            "在目标实例的选项文件中设置 plugin-load-add=mysql_clone.so，或在源实例上执行 INSTALL PLUGIN clone"
        ),
        "Initialise the recipient anew with lower_case_table_names={}": (
            "以 lower_case_table_names={} 重新初始化目标实例"
        ),
        "SET GLOBAL super_read_only = OFF (STOP GROUP_REPLICATION leaves it ON)": (
            "SET GLOBAL super_read_only = OFF（STOP GROUP_REPLICATION 之后它仍为 ON）"
        ),
        "Restart the recipient with innodb_force_recovery=0": "以 innodb_force_recovery=0 重启目标实例",
        "Restart the recipient with innodb_read_only=OFF": "以 innodb_read_only=OFF 重启目标实例",
        "Initialise the recipient anew with {}={}": "以 {}={} 重新初始化目标实例",
        "ALTER UNDO TABLESPACE ... SET INACTIVE, then DROP UNDO TABLESPACE and create it under another name": (
            "先 ALTER UNDO TABLESPACE ... SET INACTIVE，再 DROP UNDO TABLESPACE，并用另一个名字创建"
        ),
        "ALTER TABLE ... ENGINE=InnoDB on the donor, or copy these rows by mysqldump afterwards": (
            "在源实例上执行 ALTER TABLE ... ENGINE=InnoDB，或之后用 mysqldump 复制这些行"
        ),
        "Configure a keyring component on the recipient (component_keyring_file or another) and restart it": (
            "在目标实例上配置 keyring 组件（component_keyring_file 或其他）并重启"
        ),
        "Leave out require_ssl=false, or turn TLS on at the donor": ("去掉 require_ssl=false，或在源实例上启用 TLS"),
        "Put the recipient's data directory on a file system with blocks of {} bytes": (
            "把目标实例的数据目录放在块大小为 {} 字节的文件系统上"
        ),
        "Install them in {}, or UNINSTALL COMPONENT on the donor": (
            "把它们安装到 {}，或在源实例上执行 UNINSTALL COMPONENT"
        ),
        "SET PERSIST server_id = <another number> on the recipient": (
            "在目标实例上执行 SET PERSIST server_id = <另一个数字>"
        ),
        ("Set gtid_mode=ON and enforce_gtid_consistency=ON on the recipient, if it is to replicate from the donor"): (
            "如果目标实例要从源实例复制，在目标实例上设置 gtid_mode=ON 和 enforce_gtid_consistency=ON"
        ),
        "Restart the donor with log_bin, if the recipient is to follow it": (
            "如果目标实例要跟随源实例，以 log_bin 重启源实例"
        ),
        "SET GLOBAL clone_donor_timeout_after_network_failure = 5 on the donor": (
            "在源实例上执行 SET GLOBAL clone_donor_timeout_after_network_failure = 5"
        ),
        "SET GLOBAL wait_timeout = 28800 on the donor": "在源实例上执行 SET GLOBAL wait_timeout = 28800",
        "SET GLOBAL innodb_redo_log_capacity = {} on the donor, or clone when it is quiet": (
            "在源实例上执行 SET GLOBAL innodb_redo_log_capacity = {}，或在它空闲时克隆"
        ),
        "SET GLOBAL clone_ddl_timeout = 300 on the recipient": ("在目标实例上执行 SET GLOBAL clone_ddl_timeout = 300"),
        ("Copy the donor's character_sets_dir files (Index.xml and what it names) to the recipient and restart it"): (
            "把源实例 character_sets_dir 中的文件（Index.xml 及其所列）复制到目标实例并重启它"
        ),
        "Give an absolute path": "写绝对路径",
        "Choose a directory beside the data directory": "选择数据目录旁边的目录",
        "Remove it, or choose one that doesn't exist": "删除它，或选择一个不存在的目录",
        "Make these directories on the recipient and restart it with innodb_directories={}": (
            "在目标实例上创建这些目录，并以 innodb_directories={} 重启它"
        ),
        "Move these tablespaces into the donor's data directory first, or clone to another machine": (
            "先把这些表空间移到源实例的数据目录里，或克隆到另一台机器"
        ),
        "SET GLOBAL binlog_expire_logs_seconds = {} on the donor": (
            "在源实例上执行 SET GLOBAL binlog_expire_logs_seconds = {}"
        ),
        "Room for the donor's data": "容纳源实例数据的磁盘空间",
        "Room for redo log, undo and system tablespace elsewhere": ("位于别处的重做日志、undo 和系统表空间的磁盘空间"),
        "Inodes for the donor's files": "容纳源实例文件的 inode",
        "All of the recipient's files lie in its data directory": "目标实例的全部文件都在其数据目录里",
        "The server may write to the new data directory": "服务器可以写新的数据目录",
        "Use method=replace, or move them into the data directory": "使用 method=replace，或把它们移到数据目录里",
        "Allow the path in mysqld's AppArmor profile, or label it with semanage fcontext -t mysqld_db_t": (
            "在 mysqld 的 AppArmor 配置中允许该路径，或用 semanage fcontext -t mysqld_db_t 标记"
        ),
        "Free {} on {}": "腾出 {}，位置 {}",
        "Free {} on {}, or lower reserve_factor": "腾出 {}，位置 {}，或调低 reserve_factor",
        "Free room on {}": "在 {} 上腾出空间",
        "Remove small files from {} or make a file system with more inodes": (
            "从 {} 删除小文件，或创建 inode 更多的文件系统"
        ),
        "Raise max_connections on the donor or close sessions there": (
            "在源实例上调大 max_connections，或关闭那里的会话"
        ),
        "FLUSH HOSTS on the donor (TRUNCATE TABLE performance_schema.host_cache)": (
            "在源实例上清空主机缓存（TRUNCATE TABLE performance_schema.host_cache）"
        ),
        (
            "Let the donor's account take this host: CREATE USER ... @'%' or of this host's name or address as "
            "the donor sees it"
        ): ("让源实例的账号接受该主机：CREATE USER ... @'%'，或用源实例所见的主机名或地址"),
        "ALTER USER ... WITH MAX_USER_CONNECTIONS 0 on the donor": (
            "在源实例上执行 ALTER USER ... WITH MAX_USER_CONNECTIONS 0"
        ),
        "ALTER USER ... IDENTIFIED BY a new password on the donor": (
            "在源实例上执行 ALTER USER ... IDENTIFIED BY 设置新密码"
        ),
        ("Start the donor, check donor_host and donor_port, its bind_address, and the firewall between the hosts"): (
            "启动源实例，检查 donor_host、donor_port、它的 bind_address 以及主机之间的防火墙"
        ),
        "Check donor_host, or enter the name in the recipient's DNS or /etc/hosts": (
            "检查 donor_host，或把该名字写入目标实例的 DNS 或 /etc/hosts"
        ),
        "donor_port is another service's (X Protocol, for example): use the donor's classic MySQL port": (
            "donor_port 是别的服务的端口（例如 X 协议）：使用源实例的 MySQL 经典端口"
        ),
        "Check that a MySQL server listens on donor_port and that no proxy or firewall cuts the connection": (
            "检查 donor_port 上监听的是 MySQL 服务器，且没有代理或防火墙切断连接"
        ),
        "Turn TLS on at the donor (ssl_ca, ssl_cert, ssl_key), or use require_ssl=false": (
            "在源实例上启用 TLS（ssl_ca、ssl_cert、ssl_key），或使用 require_ssl=false"
        ),
        (
            "Give as donor_ca_cert the authority that signed the donor's certificate, and donor_check_hostname=false where "
            "that names no host"
        ): "donor_ca_cert 应为签发源实例证书的机构；证书不含主机名时设 donor_check_hostname=false",
        "ALTER USER ... ACCOUNT UNLOCK on the donor": "在源实例上执行 ALTER USER ... ACCOUNT UNLOCK",
        "The donor's address is one that CLONE takes": "CLONE 接受源实例的这个地址",
        "The recipient's host can log in to the donor": "目标实例的主机能登录源实例",
        "Round trips to the donor are short": "到源实例的往返时间短",
        "The clocks of both servers agree": "两台服务器的时钟一致",
        "The donor listens for TCP connections": "源实例监听 TCP 连接",
        "The donor's certificate is one that the recipient trusts": "目标实例信任源实例的证书",
        "The link loses no packets": "链路不丢包",
        "The donor's facts are of the donor": "源实例的信息确实来自源实例",
        "Mend the account's password, its host part or its REQUIRE clause on the donor": (
            "在源实例上改正该账号的密码、主机部分或 REQUIRE 子句"
        ),
        "Give the address of the server that the facts are of, not of a proxy in front of several": (
            "写信息所来自的那台服务器的地址，不要写多台服务器前面的代理"
        ),
        "Choose a MySQL server as donor": "选择 MySQL 服务器作为源实例",
        "Choose a donor that is nearer, or set clone_enable_compression=ON for this run": (
            "选择更近的源实例，或本次运行设置 clone_enable_compression=ON"
        ),
        "Synchronise both hosts' clocks (chronyc makestep)": "同步两台主机的时钟（chronyc makestep）",
        "Start the donor without skip_networking": "不带 skip_networking 启动源实例",
        "Set clone_ssl_ca to the authority that signed the donor's certificate, or to '' to verify nothing": (
            "把 clone_ssl_ca 设为签发源实例证书的机构，或设为 '' 表示不验证"
        ),
        "Look for errors on the network's interfaces (ip -s link) between the hosts": (
            "检查两台主机之间网络接口的错误（ip -s link）"
        ),
        "The recipient's login may clone": "目标实例的登录账号可以克隆",
        "The recipient's login may set the donor list": "目标实例的登录账号可以设置源实例列表",
        "The recipient's login may watch the clone": "目标实例的登录账号可以查看克隆",
        "The clone account may donate": "克隆账号可以提供数据",
        "An account of the donor can be used after the clone": "克隆之后可以使用源实例的某个账号",
        "Give post_clone_login_user and post_clone_login_password, an administrator's account of the donor": (
            "给出 post_clone_login_user 和 post_clone_login_password，即源实例的管理员账号"
        ),
        "There is room for the data": "有存放数据的空间",
        "The donor's host can be reached": "可以到达源实例的主机",
        "The accounts may clone": "账号可以克隆",
        "The donor's port is open": "源实例的端口已开放",
        "The service is up": "服务已启动",
        "GRANT SELECT, SHOW DATABASES, PROCESS ON *.* to this login, or set overwrite=true": (
            "对该登录账号执行 GRANT SELECT, SHOW DATABASES, PROCESS ON *.*，或设置 overwrite=true"
        ),
        "Memory on the recipient's host": "目标实例主机的内存",
        "Processors on the recipient's host": "目标实例主机的处理器",
        "Free connections on the donor": "源实例的空闲连接",
        "Connections that the clone account may have": "克隆账号可用的连接数",
        "Bandwidth from the donor": "来自源实例的带宽",
        "The clone can end in time": "克隆能按时结束",
        "File descriptors for the donor's tables": "打开源实例各表所需的文件描述符",
        "The recipient has a buffer pool like the donor's": "目标实例的缓冲池与源实例相当",
        "Give the recipient more memory, or lower reserve_memory": "给目标实例更多内存，或调低 reserve_memory",
        "Give the recipient more processors, or lower reserve_cpus": "给目标实例更多处理器，或调低 reserve_cpus",
        "SET GLOBAL max_connections = {} on the donor": "在源实例上执行 SET GLOBAL max_connections = {}",
        ("Choose a donor that is nearer, set clone_enable_compression=ON for this run, or lower reserve_bandwidth"): (
            "选择更近的源实例，本次运行设置 clone_enable_compression=ON，或调低 reserve_bandwidth"
        ),
        "Give a later deadline, or a longer timeout": "给出更晚的截止时间，或更长的 timeout",
        "Give it more time (deadline, timeout), or raise the bandwidth": "给它更多时间（deadline、timeout），或提高带宽",
        "Set open_files_limit={} (and LimitNOFILE of its unit) and restart the recipient": (
            "设置 open_files_limit={}（及其 unit 的 LimitNOFILE）并重启目标实例"
        ),
        "SET PERSIST innodb_buffer_pool_size = {} on the recipient, if it is to take the donor's load": (
            "如果目标实例要承担源实例的负载，在目标实例上执行 SET PERSIST innodb_buffer_pool_size = {}"
        ),
        "The recipient holds no data of its own": "目标实例没有自己的数据",
        "The donor has all of the recipient's transactions": "源实例拥有目标实例的全部事务",
        "No replica hangs on the recipient": "目标实例没有从库",
        "Nobody else writes to the recipient": "没有别人在写目标实例",
        "Donor and recipient are two servers": "源实例与目标实例是两台服务器",
        "No clone is under way on the recipient": "目标实例上没有进行中的克隆",
        "The donor is free": "源实例空闲",
        "The recipient is no running group member": "目标实例不是运行中的组复制成员",
        "Nobody holds the recipient's backup lock": "没有会话持有目标实例的备份锁",
        "Nobody holds a global read lock on the recipient": "没有会话持有目标实例的全局读锁",
        "No open transaction holds tables of the recipient": "没有未结束的事务占用目标实例的表",
        "No DDL statement runs on the recipient": "目标实例上没有 DDL 语句在执行",
        "No name on the recipient holds a backtick": "目标实例上的名字里没有反引号",
        "The recipient keeps its settings over the restart": "目标实例重启后仍保持设置",
        "The recipient restarts by itself": "目标实例能自行重启",
        "The donor has no events that would run on the recipient": "源实例没有会在目标实例上运行的事件",
        "The donor's replication does not start on the recipient": "源实例的复制不会在目标实例上启动",
        "The recipient is no running replica": "目标实例不是运行中的从库",
        "DDL on the donor does not hold the clone up": "源实例上的 DDL 不会拖住克隆",
        "No DDL runs on the donor that aborts clones": "源实例上没有会使克隆终止的 DDL",
        "The donor has no prepared transactions": "源实例没有已准备（prepared）的事务",
        "The recipient's service lets it restart": "目标实例的服务允许它重启",
        "The recipient can be started after the swap": "目录切换之后可以启动目标实例",
        "Set overwrite=true when this data may go; dump it first if it is needed": (
            "这些数据可以丢弃时设置 overwrite=true；需要时先导出"
        ),
        "Set overwrite=true when they may be lost (mysqlbinlog shows what they are)": (
            "这些事务可以丢弃时设置 overwrite=true（mysqlbinlog 可显示其内容）"
        ),
        "Point them to another source (CHANGE REPLICATION SOURCE TO ...), or set overwrite=true": (
            "让它们指向另一个主库（CHANGE REPLICATION SOURCE TO ...），或设置 overwrite=true"
        ),
        "Stop the clients, or set overwrite=true": "停止这些客户端，或设置 overwrite=true",
        "Give another donor_host, or remove auto.cnf from the copy's data directory and restart it": (
            "换一个 donor_host，或从副本的数据目录删除 auto.cnf 并重启它"
        ),
        "Wait for it (clone_status with wait_for=idle), or cancel it (clone_run with state=cancelled)": (
            "等它结束（clone_status 的 wait_for=idle），或取消它（clone_run 的 state=cancelled）"
        ),
        "Wait until that clone has ended, or choose another donor": "等那个克隆结束，或换一个源实例",
        "UNLOCK INSTANCE in that session, or {}": "在那个会话中执行 UNLOCK INSTANCE，或 {}",
        "UNLOCK TABLES in that session, or {}": "在那个会话中执行 UNLOCK TABLES，或 {}",
        "End them in their sessions, or {}": "在各自的会话中结束它们，或 {}",
        "Wait until it has ended, or {}": "等它结束，或 {}",
        "Rename what is to be kept (RENAME TABLE), DROP the rest; a schema can only be made anew": (
            "把要保留的改名（RENAME TABLE），其余 DROP；库只能重新创建"
        ),
        "Run the server under systemd or mysqld_safe, or give start_command": (
            "在 systemd 或 mysqld_safe 下运行服务器，或给出 start_command"
        ),
        (
            "SET PERSIST event_scheduler = OFF on the recipient before the clone, then ALTER EVENT ... DISABLE ON "
            "REPLICA"
        ): ("克隆之前在目标实例上执行 SET PERSIST event_scheduler = OFF，之后 ALTER EVENT ... DISABLE ON REPLICA"),
        (
            "SET PERSIST_ONLY skip_replica_start = ON and restart the recipient before the clone, if that is not wanted"
        ): ("如果不希望这样，克隆之前执行 SET PERSIST_ONLY skip_replica_start = ON 并重启目标实例"),
        "Note it down and set replication up again after the clone": "记下来，克隆之后重新建立复制",
        "Wait until it has ended, or SET GLOBAL clone_block_ddl = OFF on the recipient": (
            "等它结束，或在目标实例上执行 SET GLOBAL clone_block_ddl = OFF"
        ),
        "Wait until it has ended": "等它结束",
        "XA RECOVER on the donor, then XA COMMIT or XA ROLLBACK them; else on the recipient after the clone": (
            "在源实例上执行 XA RECOVER，然后 XA COMMIT 或 XA ROLLBACK；否则克隆之后在目标实例上执行"
        ),
        "Give start_command (for example: systemctl start mysql)": ("给出 start_command（例如 systemctl start mysql）"),
        "Wait for clone_donor_timeout_after_network_failure minutes, or choose another donor": (
            "等待 clone_donor_timeout_after_network_failure 分钟，或换一个源实例"
        ),
        "STOP GROUP_REPLICATION before, and join the group anew afterwards": (
            "之前执行 STOP GROUP_REPLICATION，之后重新加入该组"
        ),
        "Find out who wrote to the recipient, then clone it again (clone_run with force and overwrite)": (
            "查明是谁写了目标实例，然后重新克隆（clone_run 加 force 和 overwrite）"
        ),
        "Views": "视图",
        "Routines": "存储过程和函数",
        "Triggers": "触发器",
        "Events": "事件",
        "The clone is completed": "克隆已完成",
        "The clone is this server's": "该克隆属于这台服务器",
        "Two different servers": "两台不同的服务器",
        "The clone's transactions": "克隆的事务",
        "No transactions of the recipient's own": "目标实例没有自己的事务",
        "The recipient descends from the donor": "目标实例源自该源实例",
        "All could be read": "全部都能读取",
        "Tables that are not InnoDB": "非 InnoDB 表",
        "Plugins and components": "插件和组件",
        "Persisted variables": "持久化变量",
        "Events don't run on the recipient": "事件不在目标实例上运行",
        "Prepared XA transactions": "已准备的 XA 事务",
        "Temporary clone accounts": "临时克隆账号",
        "Files of an unfinished clone": "未完成克隆的文件",
        "The recipient replicates from {}": "目标实例从 {} 复制",
        (
            "Source and replica have the same server_id or server_uuid, so the replica can't tell its own transactions from the "
            "source's."
        ): "主库与从库的 server_id 或 server_uuid 相同，从库无法区分自己的事务与主库的事务。",
        (
            "Give the replica a server_id of its own, there and in its option file; for the same server_uuid remove auto.cnf and "
            "restart."
        ): "给从库设置自己的 server_id，选项文件中也要改；若 server_uuid 相同，删除 auto.cnf 并重启。",
        "The replica met an error that it can't go on from.": "从库遇到了无法继续的错误。",
        "Read the message, and mend what it names; then start the replica.": "阅读错误信息，处理它所指的问题，然后启动从库。",
        (
            "The source refused a command of the replica, mostly since its account lacks REPLICATION SLAVE."
        ): "主库拒绝了从库的命令，多半因为其账号缺少 REPLICATION SLAVE。",
        "Grant the replication account what it lacks, on the source; then start the replica.": (
            "在主库上给复制账号授予缺少的权限，然后启动从库。"
        ),
        "The recipient replicates from the donor": "目标实例从源实例复制",
        "No replication channel came with the data": "没有随数据带来的复制通道",
        "Clone it first (clone_run)": "先克隆它（clone_run）",
        "Wait for its end: clone_status with wait_for: completed": ("等它结束：clone_status 的 wait_for: completed"),
        "Bring both to the same release": "使两者版本相同",
        "Versions": "版本",
        ("Look at the reason of each. For a time limit raise timeout or threads, or leave checksum and rows out"): (
            "查看每一项的理由。若是时间限制，调大 timeout 或 threads，或不比较 checksum 和 rows"
        ),
        "Copy them with mysqldump, or ALTER TABLE ... ENGINE=InnoDB on the donor and clone again": (
            "用 mysqldump 复制它们，或在源实例上执行 ALTER TABLE ... ENGINE=InnoDB 后重新克隆"
        ),
        "SET PERSIST on the recipient what it should have in common with the donor": (
            "在目标实例上用 SET PERSIST 设置应与源实例相同的变量"
        ),
        "Verify again while the donor isn't written to, or once the recipient has caught up": (
            "在源实例没有写入时，或目标实例追上之后，再校验一次"
        ),
        "INSTALL PLUGIN clone SONAME 'mysql_clone.so' on the recipient brings the state back": (
            "在目标实例上执行 INSTALL PLUGIN clone SONAME 'mysql_clone.so' 可找回状态"
        ),
        "Look for the cause with clone_diagnose, then clone again": "用 clone_diagnose 查找原因，然后重新克隆",
        "Verify the server that was started on that directory": "校验在那个目录上启动的服务器",
        "The clone came from this donor": "克隆来自该源实例",
        ("Check donor_host and donor_port. On a copied data directory remove auto.cnf and restart the recipient"): (
            "检查 donor_host 和 donor_port。若是复制的数据目录，删除 auto.cnf 并重启目标实例"
        ),
        ("SET PERSIST server_id = <another number> on the recipient, and in its option file where it stands there"): (
            "在目标实例上执行 SET PERSIST server_id = <另一个数字>，选项文件中若有也要改"
        ),
        "Server ids": "server_id",
        "No other recipient has this server_uuid": "没有其他目标实例有相同的 server_uuid",
        "No other recipient has this server_id": "没有其他目标实例有相同的 server_id",
        "Check the hosts' addresses. On a copied data directory remove auto.cnf and restart the server": (
            "检查主机的地址。对复制来的数据目录，删除 auto.cnf 并重启服务器"
        ),
        "Clone it again: somebody has reset its GTIDs (RESET BINARY LOGS AND GTIDS)": (
            "重新克隆：有人重置了它的 GTID（RESET BINARY LOGS AND GTIDS）"
        ),
        "Check donor_host, or clone it (clone_run)": "检查 donor_host，或克隆它（clone_run）",
        (
            "Install the packages that hold their files on the recipient and restart it, or UNINSTALL what isn't needed"
        ): ("在目标实例上安装含有这些文件的软件包并重启，或 UNINSTALL 不需要的"),
        "SET GLOBAL clone_valid_donor_list = DEFAULT (or SET PERSIST)": (
            "SET GLOBAL clone_valid_donor_list = DEFAULT（或 SET PERSIST）"
        ),
        "STOP REPLICA and RESET REPLICA ALL FOR CHANNEL '...', where it isn't wanted": (
            "不需要时执行 STOP REPLICA 和 RESET REPLICA ALL FOR CHANNEL '...'"
        ),
        (
            "Find what wrote to it (events, applications, administrators). Clone it again, or see the manual on "
            "errant transactions"
        ): ("查明是什么写了它（事件、应用、管理员）。重新克隆，或参阅手册中关于多余事务（errant transactions）的内容"),
        "SET PERSIST event_scheduler = OFF, or ALTER EVENT ... DISABLE ON REPLICA, on the recipient": (
            "在目标实例上执行 SET PERSIST event_scheduler = OFF，或 ALTER EVENT ... DISABLE ON REPLICA"
        ),
        "XA RECOVER lists them; XA COMMIT or XA ROLLBACK each": ("XA RECOVER 列出它们；逐个 XA COMMIT 或 XA ROLLBACK"),
        "Drop them, as clone_user with state: absent does": "删除它们，clone_user 的 state: absent 即可",
        "Restart the server, which ends or undoes the clone; delete nothing there by hand": (
            "重启服务器，它会完成或撤销克隆；不要手工删除任何文件"
        ),
        (
            "Give donor_inventory (what clone_verify with collect: true returns on the donor), or as donor_user "
            "an account with SELECT, SHOW VIEW, TRIGGER, EVENT ON *.*; or leave schemas, tables, rows, objects "
            "and accounts out of compare"
        ): (
            "给出 donor_inventory（即在源实例上以 collect: true 运行 clone_verify 的返回值），或让 "
            "donor_user 是具有 *.* 上 SELECT、SHOW VIEW、TRIGGER、EVENT 权限的账号；或不比较 schemas、tables"
            "、rows、objects 和 accounts"
        ),
        "The donor can be read": "源实例可读",
        "Tables": "表",
        "Numbers of rows": "行数",
        "Checksums of rows": "行的校验和",
        "Mend the cause, then START REPLICA; SHOW REPLICA STATUS tells more": (
            "排除原因后执行 START REPLICA；SHOW REPLICA STATUS 提供详情"
        ),
        "The recipient has caught up": "目标实例已追上",
        "Look for errors and delay by SHOW REPLICA STATUS, or raise catch_up_timeout": (
            "用 SHOW REPLICA STATUS 查看错误和延迟，或调大 catch_up_timeout"
        ),
        "Server answers": "服务器应答",
        "Errors in the log": "错误日志中的错误",
        "Disk used": "磁盘使用率",
        "Make room (old binary logs, temporary files) or enlarge the volume before a clone needs it": (
            "在克隆需要之前腾出空间（旧的二进制日志、临时文件）或扩容"
        ),
        "Memory used": "内存使用率",
        "Look what takes it (top), and at innodb_buffer_pool_size, before the kernel ends a process": (
            "在内核终止进程之前，查看是什么占用内存（top），并检查 innodb_buffer_pool_size"
        ),
        "Connections used": "连接使用率",
        "End sessions that idle, or raise max_connections; a clone needs some, too": (
            "结束空闲的会话，或调大 max_connections；克隆也需要连接"
        ),
        "Run the playbook diagnose; it works while the server is down, too": (
            "运行 diagnose playbook；服务器宕机时也能用"
        ),
        "Run the playbook diagnose, then recover": "运行 diagnose playbook，然后运行 recover",
        "Last clone": "上一次克隆",
        "Look at the link to the donor and at the recipient's disk; the playbook diagnose does": (
            "检查到源实例的链路和目标实例的磁盘；diagnose playbook 会检查这些"
        ),
        "Progress of the clone": "克隆的进度",
        "Read the log: clone_log, or the playbook diagnose": "阅读日志：clone_log，或 diagnose playbook",
        "The data directory can be renamed": "数据目录可以改名",
        "Put the datadir into a directory below the mount point, or use method=replace": (
            "把数据目录放到挂载点之下的目录里，或使用 method=replace"
        ),
        "The new directory is on the datadir's file system": "新目录与数据目录在同一个文件系统上",
        "Give a data_directory on the datadir's file system, or leave it out": (
            "给出与数据目录在同一文件系统上的 data_directory，或不写"
        ),
        "Directories can be renamed beside the data directory": "可以在数据目录旁边改目录名",
        "Run the task with become": "用 become 执行任务",
        "All that the server writes lies in its data directory": "服务器所写的一切都在数据目录里",
        "Move these files into the datadir, or use method=replace": ("把这些文件移到数据目录里，或使用 method=replace"),
        "The task runs as root or as the server's user": "任务以 root 或服务器的用户执行",
        "Run the task with become, or with become_user={}": "用 become，或用 become_user={} 执行任务",
        "A server that was shut down stays down": "关闭后的服务器保持关闭",
        "systemctl edit the unit: Restart=on-failure": "systemctl edit 该 unit：Restart=on-failure",
        "The account may shut the server down": "该账号可以关闭服务器",
        "GRANT SHUTDOWN ON *.* to it": "对它执行 GRANT SHUTDOWN ON *.*",
        "The server may write beside its data directory": "服务器可以在数据目录旁边写入",
        "Allow the path in mysqld's AppArmor profile or with an SELinux policy, or use method=replace": (
            "在 mysqld 的 AppArmor 配置或 SELinux 策略中允许该路径，或使用 method=replace"
        ),
        "The module runs on the recipient's own host": "模块在目标实例自己的主机上运行",
        "Run the task on the recipient's host as root or as the server's user, or use method=replace": (
            "在目标实例的主机上以 root 或服务器的用户执行任务，或使用 method=replace"
        ),
        "The recipient doesn't answer.": "目标实例没有应答。",
        "Start it; when it doesn't come up, read the end of its error log.": ("启动它；启动不了时看它错误日志的末尾。"),
        "The recipient refuses the login. After a clone the donor's accounts and passwords rule there.": (
            "目标实例拒绝登录。克隆之后那里使用源实例的账号和密码。"
        ),
        "The copy is complete and the recipient restarts, or was told not to come back.": (
            "数据已复制完成，目标实例正在重启，或被设为不再启动。"
        ),
        "Wait a minute; when it doesn't come up by itself, start it and leave its #clone directory alone.": (
            "等一分钟；若它没有自行启动，启动它，不要动它的 #clone 目录。"
        ),
        "Clone to MySQL 8.0.17 or later.": "克隆到 MySQL 8.0.17 或更新版本。",
        (
            "Don't remove or edit anything in the recipient's #clone directory, and don't initialise the datadir "
            "anew: the copy is complete."
        ): ("不要删除或修改目标实例 #clone 目录里的任何内容，也不要重新初始化数据目录：数据已复制完成。"),
        "Don't restart the recipient and don't start another clone: the one under way may still go on.": (
            "不要重启目标实例，也不要启动另一个克隆：正在进行的克隆可能仍会继续。"
        ),
        "Don't repeat the clone before that is repaired: it would fail again.": ("修复之前不要重复克隆：仍会失败。"),
        "Don't drop the recipient's data by hand: it is untouched.": "不要手工删除目标实例的数据：它完好无损。",
        "The recipient's server ended in the middle of the clone (crash, kill or power loss).": (
            "目标实例的服务器在克隆中途停止（崩溃、被终止或断电）。"
        ),
        "Find out in the recipient's log and the kernel's why it ended, then clone again from the start.": (
            "在目标实例的日志和内核日志中查明它为何停止，然后从头克隆。"
        ),
        "The clone under way makes no progress: nothing comes from the donor.": (
            "正在进行的克隆没有进展：源实例没有送来数据。"
        ),
        (
            "Mend the link or the donor. The recipient reconnects by itself until the donor's "
            "clone_donor_timeout_after_network_failure (5 minutes by default) is over."
        ): (
            "修复链路或源实例。在源实例的 clone_donor_timeout_after_network_failure（默认 5 分钟）结束之前，"
            "目标实例会自动重连。"
        ),
        (
            "The copy was slow: the link, the disks or a bandwidth limit (clone_max_network_bandwidth, "
            "clone_max_data_bandwidth)."
        ): ("复制太慢：链路、磁盘，或带宽限制（clone_max_network_bandwidth、clone_max_data_bandwidth）。"),
        "Measure the link and the disks; look at the clone_max_* settings of the recipient.": (
            "测量链路和磁盘；检查目标实例的 clone_max_* 设置。"
        ),
        "The recipient's server ended in the middle of the clone.": "目标实例的服务器在克隆中途停止。",
        "Don't send applications or replicas to the recipient: it holds no user data until a clone succeeds.": (
            "不要让应用或从库连接目标实例：在克隆成功之前它没有用户数据。"
        ),
        ("The recipient's server ended in the middle of a clone; it rolls back at its start, without user data."): (
            "目标实例的服务器在克隆中途停止；它启动时会回滚，没有用户数据。"
        ),
        "Start the recipient, then clone again.": "启动目标实例，然后重新克隆。",
        ("Look it up in the server's error message reference, and read the error logs of both servers at that time."): (
            "在服务器的错误信息参考中查找，并看两台服务器当时的错误日志。"
        ),
        "{} (error {}: {})": "{}（错误 {}：{}）",
        (
            "A DDL statement on the donor ended the clone: an import of a tablespace or a change of redo logging, "
            "or any DDL where the recipient's clone_ddl_timeout is 0."
        ): (
            "源实例上的 DDL 语句使克隆终止：导入表空间、切换重做日志，或在目标实例的 clone_ddl_timeout 为 0 "
            "时的任何 DDL。"
        ),
        (
            "Clone again when the DDL is done; set clone_ddl_timeout on the recipient above 0, or clone_block_ddl "
            "to ON, so that DDL waits."
        ): (
            "等 DDL 结束后再克隆；把目标实例的 clone_ddl_timeout 设为大于 0，或把 clone_block_ddl 设为 ON，让"
            " DDL 等待。"
        ),
        (
            "The donor serves another clone, and a server serves one at a time. A recipient that is told to clone "
            "from itself gets this, too, when its own address doesn't resolve to localhost."
        ): (
            "源实例正在为另一个克隆提供数据，而一台服务器一次只能提供一个。目标实例从自身克隆、而自己的地址又"
            "不解析为 localhost 时，也会得到此错误。"
        ),
        "Wait until the other clone is done, or take another donor. Compare @@server_uuid of both ends.": (
            "等另一个克隆完成，或换一个源实例。比较两端的 @@server_uuid。"
        ),
        "A clone is already under way on the recipient, and a server takes one at a time. That clone goes on.": (
            "目标实例上已有克隆在进行，而一台服务器一次只能接受一个。那个克隆会继续。"
        ),
        "Watch the clone that runs instead of starting another.": "查看正在进行的克隆，不要再启动新的。",
        (
            "The data is copied, but nothing supervises mysqld, so it couldn't restart itself. It has shut down "
            "with exit status 0 and finishes the clone at its next start."
        ): ("数据已复制完成，但 mysqld 没有守护进程，无法自行重启。它已以退出码 0 关闭，下次启动时会完成克隆。"),
        (
            "Start mysqld on the recipient and leave its #clone directory alone. Then look at clone_status. For "
            "next time run mysqld under a supervisor and with MYSQLD_PARENT_PID set to the supervisor's process "
            "id."
        ): (
            "启动目标实例的 mysqld，不要动它的 #clone 目录，然后查看 clone_status。今后请让守护进程管理 "
            "mysqld，并把 MYSQLD_PARENT_PID 设为守护进程的进程号。"
        ),
        (
            "The donor no longer knows this clone: it was restarted, the clone's session there was killed, or "
            "another recipient took the place."
        ): ("源实例已不认识这个克隆：它重启过，克隆的会话在那里被终止，或另一个目标实例占用了克隆位。"),
        (
            "Find out what ended it in the donor's log, then clone again from the start: a clone can't go on "
            "after its donor's restart."
        ): ("在源实例的日志里查出终止的原因，然后从头克隆：源实例重启之后克隆无法继续。"),
        "The donor reported an error that isn't in the text.": "源实例报告了一个错误，但文字里没有说明。",
        "Look for the reason in the donor's error log at that time.": "到源实例当时的错误日志里查找原因。",
        (
            "The donor's answer wasn't what the clone protocol expects: something between the servers changed or "
            "cut the stream, or the address isn't a MySQL server's."
        ): ("源实例的应答不符合克隆协议：两台服务器之间有设备改动或截断了数据流，或该地址不是 MySQL 服务器。"),
        (
            "Connect the recipient to the donor directly, without a proxy in between, and compare the versions of both."
        ): ("让目标实例不经代理直接连接源实例，并比较两者的版本。"),
        (
            "The donor's MySQL version can't be cloned to this recipient. Both must be of the same series "
            "(major.minor): before 8.0.26 exactly the same version; within 8.0 both 8.0.37 or later; from 9.7 LTS "
            "on also the next LTS after the donor's."
        ): (
            "源实例的 MySQL 版本不能克隆到这个目标实例。两者必须属于同一系列（主.次版本）：8.0.26 之前必须完"
            "全相同；8.0 之内两者都要 8.0.37 或更新；从 9.7 LTS 起也可克隆到源实例之后的下一个 LTS。"
        ),
        "Upgrade or downgrade the recipient to the donor's series, or take a donor of the recipient's series.": (
            "把目标实例升级或降级到源实例的系列，或换一个与目标实例同系列的源实例。"
        ),
        "Donor and recipient run on different operating systems.": "源实例与目标实例的操作系统不同。",
        "Take a donor on the recipient's operating system.": "换一个与目标实例操作系统相同的源实例。",
        "Donor and recipient are built for different processors.": "源实例与目标实例的处理器架构不同。",
        "Take a donor on the recipient's platform.": "换一个与目标实例平台相同的源实例。",
        "The recipient's build lacks a collation that the donor has.": "目标实例缺少源实例所有的某个排序规则。",
        "Install the recipient from the same build, with the donor's character-sets-dir.": (
            "用同一构建安装目标实例，并使用源实例的 character-sets-dir。"
        ),
        (
            "The block size of the recipient's file system differs from the donor's, which compressed and "
            "encrypted pages can't stand."
        ): ("目标实例文件系统的块大小与源实例不同，压缩页和加密页不能适应。"),
        "Put the recipient's datadir on a file system with the donor's block size.": (
            "把目标实例的数据目录放在与源实例块大小相同的文件系统上。"
        ),
        (
            "A setting that must be the same on both servers differs: innodb_page_size, character_set_server, "
            "character_set_filesystem or collation_server."
        ): (
            "两台服务器上必须相同的某项设置不同：innodb_page_size、character_set_server、"
            "character_set_filesystem 或 collation_server。"
        ),
        (
            "Set the recipient's to the donor's value. innodb_page_size is fixed when a datadir is initialised: "
            "initialise a new one."
        ): ("把目标实例的设置改成源实例的值。innodb_page_size 在初始化数据目录时确定：请初始化新的数据目录。"),
        (
            "The donor isn't in the recipient's clone_valid_donor_list. The list compares host and port as text: "
            "localhost isn't 127.0.0.1."
        ): ("源实例不在目标实例的 clone_valid_donor_list 中。该列表按文字比较主机和端口：localhost 不等于 127.0.0.1。"),
        "Add the donor to the list, written as in the CLONE statement.": (
            "把源实例加入列表，写法与 CLONE 语句中相同。"
        ),
        (
            "clone_valid_donor_list can't hold this value: it takes host:port,host:port without spaces, and no "
            "IPv6 address."
        ): ("clone_valid_donor_list 不接受这个值：它的形式是 host:port,host:port，不能有空格，也不能是 IPv6 地址。"),
        "Write host names or IPv4 addresses with ports, separated by commas alone; NULL clears the list.": (
            "写主机名或 IPv4 地址和端口，只用逗号分隔；NULL 清空列表。"
        ),
        (
            "innodb_data_file_path differs: the recipient has fewer system tablespace files than the donor, or "
            "one of another size."
        ): ("innodb_data_file_path 不同：目标实例的系统表空间文件比源实例少，或某个文件大小不同。"),
        (
            "Set the donor's innodb_data_file_path in the recipient's configuration, on a new datadir, and clone again."
        ): ("在目标实例的配置中使用源实例的 innodb_data_file_path，初始化新的数据目录，再克隆。"),
        (
            "The donor has two undo tablespace files of the same name in different directories; they'd overwrite "
            "each other."
        ): ("源实例有两个同名的 undo 表空间文件位于不同目录，克隆时会互相覆盖。"),
        "Make the undo tablespaces anew under names that differ.": "用不同的名字重新创建 undo 表空间。",
        "The recipient's configuration doesn't fit the donor's in the point that the text names.": (
            "目标实例的配置在错误信息所指的地方与源实例不符。"
        ),
        "Set it as on the donor.": "设置成与源实例相同。",
        (
            "A plugin that is active on the donor is neither active on the recipient nor in its plugin directory. "
            "(It isn't a connection error.) SHOW WARNINGS lists all of them."
        ): (
            "源实例上启用的某个插件在目标实例上既未启用，也不在其插件目录里。（这不是连接错误。）SHOW "
            "WARNINGS 列出全部。"
        ),
        ("Install the plugin's library on the recipient, or uninstall the plugin on the donor where it isn't used."): (
            "在目标实例上安装该插件的库文件，或在源实例上卸载不用的插件。"
        ),
        "The donor that was named is the recipient itself.": "所指定的源实例就是目标实例自己。",
        "Name the real donor's address, or clone into another DATA DIRECTORY.": (
            "写真正的源实例的地址，或克隆到另一个 DATA DIRECTORY。"
        ),
        "The donor has encrypted tables, and their keys may travel only over TLS; the link isn't encrypted.": (
            "源实例有加密表，其密钥只能经 TLS 传输；而这条连接没有加密。"
        ),
        "Turn TLS on at the donor and clone with REQUIRE SSL.": "在源实例上启用 TLS，并用 REQUIRE SSL 克隆。",
        (
            "The file system of the recipient's datadir has no room for the donor's data. The server looks only "
            "after it has dropped the old data."
        ): ("目标实例数据目录所在的文件系统放不下源实例的数据。服务器要到删除旧数据之后才检查。"),
        "Free or add space, then clone again.": "腾出或增加空间，然后再克隆。",
        (
            "A statement that can't run beside a clone (switching redo logging, discarding or importing a "
            "tablespace) was refused."
        ): ("一条不能与克隆同时执行的语句（切换重做日志、丢弃或导入表空间）被拒绝。"),
        "Run that statement again when the clone is done; the clone itself isn't harmed.": (
            "克隆完成后再执行该语句；克隆本身不受影响。"
        ),
        "The recipient is a running member of Group Replication, which clones by its own rules.": (
            "目标实例是正在运行的组复制（Group Replication）成员，组复制按自己的规则克隆。"
        ),
        "Stop Group Replication on it, and set super_read_only to OFF, which that leaves ON; then clone.": (
            "停止它的组复制，把随之仍为 ON 的 super_read_only 设为 OFF，然后再克隆。"
        ),
        "The donor's max_allowed_packet is below the 2 MiB that a clone needs.": (
            "源实例的 max_allowed_packet 小于克隆所需的 2 MiB。"
        ),
        "Raise it on the donor; new sessions take it.": "在源实例上调大；新会话即使用新值。",
        "The recipient's max_allowed_packet is below the 2 MiB that a clone needs.": (
            "目标实例的 max_allowed_packet 小于克隆所需的 2 MiB。"
        ),
        "Raise it on the recipient (and look at the donor's, too).": "在目标实例上调大（也检查源实例）。",
        "Redo logging is switched off on the donor, and a clone needs the redo log to be consistent.": (
            "源实例关闭了重做日志，而克隆需要它来保证一致性。"
        ),
        "Switch it on.": "打开它。",
        "The donor can't find the name that belongs to the recipient's address.": (
            "源实例查不到目标实例地址所对应的主机名。"
        ),
        ("Mend the reverse name resolution on the donor, or run it with skip_name_resolve and accounts by address."): (
            "修复源实例上的反向解析，或让它以 skip_name_resolve 运行并用地址定义账号。"
        ),
        "The login's handshake didn't come through whole.": "登录的握手没有完整到达。",
        (
            "Connect without a proxy in between; look whether connect_timeout on the server is long enough for "
            "this link."
        ): ("不经代理直接连接；检查服务器的 connect_timeout 对这条链路是否够长。"),
        "The server closed the session by force, as it does when it shuts down.": (
            "服务器强行关闭了会话，关闭服务器时会这样。"
        ),
        "Look in its error log why it shut down.": "在它的错误日志里查看为何关闭。",
        "A connection to the server broke off.": "与服务器的连接中断。",
        "Look at the network between the two, and at both error logs at that time.": (
            "检查两者之间的网络，以及两边当时的错误日志。"
        ),
        "Packets came in the wrong order: something between the servers mixes or repeats the stream.": (
            "数据包顺序错乱：两台服务器之间有设备混入或重复了数据流。"
        ),
        "Connect without a proxy in between.": "不经代理直接连接。",
        "A compressed packet couldn't be unpacked: the stream was damaged on its way.": (
            "压缩的数据包无法解压：数据流在途中损坏。"
        ),
        "Clone without clone_enable_compression, and look at the network for damaged packets.": (
            "不用 clone_enable_compression 克隆，并检查网络是否有损坏的数据包。"
        ),
        (
            "The link to the donor broke and wasn't back within the donor's "
            "clone_donor_timeout_after_network_failure (5 minutes by default). During that time the recipient "
            "reconnects by itself and goes on."
        ): (
            "到源实例的链路中断，在源实例的 clone_donor_timeout_after_network_failure（默认 5 分钟）内没有恢"
            "复。在此期间目标实例会自动重连并继续。"
        ),
        ("Mend the link and clone again; raise that time on the donor where the network is known to be away longer."): (
            "修复链路后再克隆；已知网络会中断更久时，在源实例上调大该时间。"
        ),
        "The link between donor and recipient broke or stood still during the copy.": (
            "复制期间源实例与目标实例之间的链路中断或停滞。"
        ),
        (
            "Mend the link and clone again; raise clone_donor_timeout_after_network_failure on the donor where "
            "the network is known to be away longer than 5 minutes."
        ): (
            "修复链路后再克隆；已知网络会中断 5 分钟以上时，在源实例上调大 clone_donor_timeout_after_network_failure。"
        ),
        "The client couldn't make a socket: it is out of file descriptors or memory.": (
            "客户端无法创建套接字：文件描述符或内存用尽。"
        ),
        "Look at the limits of the process that connects.": "检查发起连接的进程的限制。",
        "The operating system doesn't let this user open the server's socket.": (
            "操作系统不允许该用户打开服务器的套接字。"
        ),
        "Run the task as a user who may (become), or connect by TCP.": (
            "用有权限的用户执行任务（become），或经 TCP 连接。"
        ),
        (
            "Nothing answers at the server's socket: mysqld isn't running (a clone restarts it at its end), or it "
            "uses another socket."
        ): ("服务器的套接字没有应答：mysqld 没有运行（克隆结束时会重启它），或它使用另一个套接字。"),
        "Look whether mysqld runs and which socket it uses; after a clone wait for its restart, or start it.": (
            "检查 mysqld 是否在运行、用哪个套接字；克隆之后请等它重启，或启动它。"
        ),
        (
            "The donor refuses connections at that port: mysqld isn't running there, listens at another port or "
            "address, or a firewall rejects it."
        ): ("源实例在该端口拒绝连接：mysqld 没有在那里运行、监听在别的端口或地址，或被防火墙拒绝。"),
        "Look whether the donor's mysqld runs and where it listens (bind_address, port, skip_networking).": (
            "检查源实例的 mysqld 是否在运行、监听在哪里（bind_address、port、skip_networking）。"
        ),
        (
            "The donor's address can't be reached from the recipient: a firewall drops the packets, there is no "
            "route, or the host is down."
        ): ("从目标实例无法到达源实例的地址：防火墙丢弃数据包、没有路由，或主机已停。"),
        ("Test the way from the recipient's host; open the donor's port for it in firewalls and security groups."): (
            "从目标实例的主机测试链路；在防火墙和安全组里对它开放源实例的端口。"
        ),
        (
            "The server can't be reached at that address: mysqld isn't running (a clone restarts it at its end), "
            "it listens elsewhere, or a firewall is in the way."
        ): ("无法在该地址连接服务器：mysqld 没有运行（克隆结束时会重启它）、监听在别处，或被防火墙阻挡。"),
        (
            "Look whether mysqld runs and where it listens (bind_address, port, skip_networking); after a clone "
            "wait for its restart."
        ): ("检查 mysqld 是否在运行、监听在哪里（bind_address、port、skip_networking）；克隆之后请等它重启。"),
        "The client couldn't make a TCP socket: it is out of file descriptors or memory.": (
            "客户端无法创建 TCP 套接字：文件描述符或内存用尽。"
        ),
        ("The host name can't be resolved where the connection starts; for a donor that is on the recipient's host."): (
            "在发起连接的主机上无法解析该主机名；对源实例而言即目标实例的主机。"
        ),
        "Mend the name service or /etc/hosts there, or name the server by its IPv4 address.": (
            "修复那里的名称服务或 /etc/hosts，或改用服务器的 IPv4 地址。"
        ),
        (
            "The client's connection to the server is gone. That says nothing about the clone: it goes on without "
            "its client, and ends with a restart that cuts every connection."
        ): ("客户端与服务器的连接断了。这与克隆的成败无关：没有客户端它也会继续，并以切断所有连接的重启结束。"),
        (
            "Connect again (after a clone perhaps with the donor's accounts) and look at clone_status before "
            "starting anything."
        ): ("重新连接（克隆之后可能要用源实例的账号），先查看 clone_status，再做别的。"),
        ("Something else than MySQL's classic protocol answers at that port, as the X Protocol's port (33060) does."): (
            "该端口应答的不是 MySQL 的经典协议，例如 X 协议的端口（33060）。"
        ),
        "Name the donor's classic port (@@port).": "写源实例经典协议的端口（@@port）。",
        "The client ran out of memory.": "客户端内存用尽。",
        "Free memory on that host.": "在那台主机上释放内存。",
        (
            "The server's greeting couldn't be read: something else answers at that port, or a proxy has no "
            "server behind it."
        ): ("读不到服务器的问候：该端口是别的服务，或代理后面没有服务器。"),
        "Connect directly and look what listens there.": "直接连接，看看是什么在监听。",
        (
            "The connection to the donor was made and broke off before its greeting: a proxy has no server behind "
            "it, or the donor is just going down or coming up."
        ): ("与源实例的连接建立后在问候之前中断：代理后面没有服务器，或源实例正在关闭或启动。"),
        "Look whether the donor answers directly.": "检查源实例是否能直接应答。",
        (
            "The client lost its connection to the server. That says nothing about the clone: it goes on without "
            "its client, and ends with a restart that cuts every connection."
        ): ("客户端失去了与服务器的连接。这与克隆的成败无关：没有客户端它也会继续，并以切断所有连接的重启结束。"),
        (
            "Connect again (after a clone perhaps with the donor's accounts) and look at clone_status before "
            "starting anything. Give the session that clones no read timeout."
        ): ("重新连接（克隆之后可能要用源实例的账号），先查看 clone_status，再做别的。执行克隆的会话不要设读超时。"),
        "A packet was larger than max_allowed_packet.": "数据包大于 max_allowed_packet。",
        "Raise max_allowed_packet on both servers.": "在两台服务器上调大 max_allowed_packet。",
        "An answer isn't MySQL's protocol: something else answers at that port, or the stream was damaged.": (
            "应答不是 MySQL 协议：该端口是别的服务，或数据流已损坏。"
        ),
        "Look what listens at that address and port.": "看看该地址和端口上是什么在监听。",
        (
            "The client lost its connection to the server, which says nothing about the clone: it goes on without "
            "its client."
        ): ("客户端失去了与服务器的连接，这与克隆的成败无关：没有客户端它也会继续。"),
        "Connect again and look at clone_status before starting anything.": (
            "重新连接，先查看 clone_status，再做别的。"
        ),
        "The server closed a session that was idle longer than wait_timeout.": (
            "服务器关闭了空闲时间超过 wait_timeout 的会话。"
        ),
        "Connect again; look at clone_status before starting anything.": ("重新连接；先查看 clone_status，再做别的。"),
        "The account has no right to that database.": "该账号没有那个库的权限。",
        "Grant it.": "授予权限。",
        (
            "The donor refuses the clone account: the password is wrong, there is no such account for the host "
            "that the donor sees the recipient as, or the account demands TLS."
        ): ("源实例拒绝克隆账号：密码错误、在源实例所见的目标主机上没有这个账号，或账号要求 TLS。"),
        "Look which 'user'@'host' the text names, and create or alter that account on the donor.": (
            "看错误信息里的 'user'@'host'，在源实例上创建或修改该账号。"
        ),
        (
            "The server refuses the login: user, password or the host that it comes from. After a clone the "
            "donor's accounts and passwords rule on the recipient."
        ): ("服务器拒绝登录：用户、密码或来源主机不对。克隆之后目标实例使用源实例的账号和密码。"),
        "Check the login. On a freshly cloned recipient log in with an account of the donor.": (
            "检查登录信息。刚克隆的目标实例要用源实例的账号登录。"
        ),
        (
            "The server has blocked this host after max_connect_errors broken handshakes (port scans and bare TCP "
            "health checks cause them)."
        ): ("握手失败次数达到 max_connect_errors，服务器已封锁该主机（端口扫描和单纯的 TCP 健康检查会造成这种情况）。"),
        "Empty its host cache; make health checks log in, or raise max_connect_errors.": (
            "清空它的主机缓存；让健康检查真正登录，或调大 max_connect_errors。"
        ),
        "No account of the server allows logins from this host at all.": "服务器没有任何账号允许从该主机登录。",
        "Create the clone account for the host that the text names.": "为错误信息所指的主机创建克隆账号。",
        (
            "The account may not read or write that table; CLONE_ADMIN doesn't include SELECT on "
            "performance_schema.clone_status."
        ): ("该账号不能读或写那张表；CLONE_ADMIN 不包含对 performance_schema.clone_status 的 SELECT。"),
        "The account may not use that column.": "该账号不能使用那一列。",
        "The clone account on the donor lacks BACKUP_ADMIN (a role that isn't a default role doesn't count).": (
            "源实例上的克隆账号缺少 BACKUP_ADMIN（不是默认角色的角色不算）。"
        ),
        "Grant it to the account directly.": "直接授予该账号。",
        "The account that runs CLONE on the recipient lacks CLONE_ADMIN.": (
            "在目标实例上执行 CLONE 的账号缺少 CLONE_ADMIN。"
        ),
        (
            "The account lacks BACKUP_ADMIN, which CLONE with DATA DIRECTORY needs on the recipient and the clone "
            "account on the donor."
        ): ("该账号缺少 BACKUP_ADMIN：在目标实例上，带 DATA DIRECTORY 的 CLONE 需要它；在源实例上，克隆账号需要它。"),
        "The account lacks the privilege that the text names.": "该账号缺少错误信息所指的权限。",
        "Grant it on the server that refuses.": "在拒绝的那台服务器上授予。",
        "The account can't be created, altered or dropped so: it exists already, or doesn't.": (
            "不能这样创建、修改或删除该账号：它已经存在，或不存在。"
        ),
        "Look at the accounts of that name.": "查看该名字的账号。",
        "GRANT no longer creates accounts.": "GRANT 不再创建账号。",
        "Create the account first.": "先创建账号。",
        "The account logs in by another way than a password (such as auth_socket) or has none.": (
            "该账号不用密码登录（例如 auth_socket），或没有密码。"
        ),
        "Use an account with a password, or the way that the account demands.": (
            "使用有密码的账号，或用该账号要求的方式登录。"
        ),
        "The password doesn't meet the server's password policy.": "密码不符合服务器的密码策略。",
        "Choose one that does.": "换一个符合的。",
        "The account's password has expired.": "该账号的密码已过期。",
        "Set a new one.": "设置新密码。",
        "The account's password has expired, so it can't log in.": "该账号的密码已过期，无法登录。",
        "Set a new password, or switch expiry off for this account.": "设置新密码，或取消该账号的密码过期。",
        "The account is locked.": "该账号已锁定。",
        "Unlock it.": "解锁。",
        "There is no such account or role.": "没有这个账号或角色。",
        "Create it, or mend its name or host.": "创建它，或改正它的名字或主机。",
        "This privilege is granted on *.* only.": "该权限只能授予在 *.* 上。",
        "Grant it ON *.*.": "在 *.* 上授予。",
        "The account is locked for a while after too many wrong passwords.": "密码多次错误，该账号已暂时锁定。",
        "Unlock it, and mend the password that was wrong.": "解锁，并改正错误的密码。",
        "The server couldn't create a file; the operating system's error number behind it says why.": (
            "服务器无法创建文件；后面的操作系统错误号说明原因。"
        ),
        "Look what the error number means, and at the file system that holds the file.": (
            "查看该错误号的含义，以及文件所在的文件系统。"
        ),
        "The server couldn't create a table's file; the operating system's error number behind it says why.": (
            "服务器无法创建表的文件；后面的操作系统错误号说明原因。"
        ),
        ("The server couldn't create a schema's directory; the operating system's error number behind it says why."): (
            "服务器无法创建库的目录；后面的操作系统错误号说明原因。"
        ),
        "The server couldn't read a file; the operating system's error number behind it says why.": (
            "服务器无法读文件；后面的操作系统错误号说明原因。"
        ),
        "The server couldn't rename a file; the operating system's error number behind it says why.": (
            "服务器无法重命名文件；后面的操作系统错误号说明原因。"
        ),
        "The server couldn't write a file; the operating system's error number behind it says why.": (
            "服务器无法写文件；后面的操作系统错误号说明原因。"
        ),
        (
            "The server couldn't carry out an operation in the storage engine; the operating system's error "
            "number behind it says why."
        ): ("服务器无法在存储引擎中完成操作；后面的操作系统错误号说明原因。"),
        (
            "The donor can't open a file of its own data: it is missing or may not be read. The donor itself is "
            "damaged."
        ): ("源实例打不开自己的数据文件：文件缺失或没有读权限。是源实例自身损坏。"),
        "Take another donor, and mend this one from a backup.": "换一个源实例，并用备份修复这一个。",
        "A file that the server needs is missing or can't be opened.": "服务器所需的某个文件缺失或打不开。",
        "Look at the file that the text names and at the server's error log.": (
            "查看错误信息所指的文件和服务器的错误日志。"
        ),
        "The disk is full.": "磁盘已满。",
        "Free or add space.": "腾出或增加空间。",
        (
            "A tablespace of the donor lies outside its datadir, and on the recipient a file of that path exists "
            "already. On one and the same host it is the donor's own."
        ): (
            "源实例的某个表空间在数据目录之外，而目标实例的同一路径上已有文件。若在同一台主机上，它就是源实例"
            "自己的文件。"
        ),
        (
            "Move the tablespace into the donor's datadir, or give the recipient another path for it; never "
            "delete the file unless it is certain that it isn't the donor's."
        ): ("把该表空间移到源实例的数据目录里，或在目标实例上给它另一个路径；除非确定不是源实例的文件，绝不要删除它。"),
        (
            "There is no room left for the table: the file system (or the tablespace's fixed size, or "
            "tmp_table_size) is used up."
        ): ("表没有空间了：文件系统（或表空间的固定大小、tmp_table_size）已用完。"),
        "Data files are damaged or missing.": "数据文件损坏或缺失。",
        "Restore this server, or take another donor. Look into its error log for the file.": (
            "恢复这台服务器，或换一个源实例。在它的错误日志里查是哪个文件。"
        ),
        (
            "A failed clone has left an empty directory of the donor's schema behind. It doesn't disturb another "
            "clone, only CREATE DATABASE."
        ): ("失败的克隆留下了源实例某个库的空目录。它不妨碍再次克隆，只妨碍 CREATE DATABASE。"),
        "Clone again, or remove the empty directory.": "再次克隆，或删除该空目录。",
        "The server ran out of memory.": "服务器内存用尽。",
        "Free memory on its host, or lower its buffer sizes and clone_max_concurrency.": (
            "在它的主机上释放内存，或调小缓冲区和 clone_max_concurrency。"
        ),
        "A query needs a larger sort buffer.": "查询需要更大的排序缓冲区。",
        "Raise sort_buffer_size for that session.": "为该会话调大 sort_buffer_size。",
        (
            "All connections (max_connections) are taken. A clone needs two on the donor, and one more for each "
            "further thread."
        ): ("连接数（max_connections）已用完。克隆在源实例上需要两个连接，每多一个线程再加一个。"),
        "End sessions that nobody needs, or raise max_connections.": "结束不需要的会话，或调大 max_connections。",
        "Free memory on its host; look for other processes that use it.": (
            "在它的主机上释放内存；查看占用内存的其他进程。"
        ),
        "The server can't start another thread: a limit on processes, or memory.": (
            "服务器不能再启动线程：进程数限制或内存不足。"
        ),
        "Raise the limits (LimitNPROC, TasksMax, pids cgroup) of the service.": (
            "调大服务的限制（LimitNPROC、TasksMax、pids cgroup）。"
        ),
        (
            "The account has all the connections that it may have (max_user_connections). A clone needs two, and "
            "one more for each thread."
        ): ("该账号的连接数已达上限（max_user_connections）。克隆需要两个，每多一个线程再加一个。"),
        "Raise the account's limit.": "调高该账号的上限。",
        (
            "The account has reached one of its limits (connections or statements an hour). A clone needs two "
            "connections, and one more for each thread."
        ): ("该账号达到了某项限制（每小时连接数或语句数）。克隆需要两个连接，每多一个线程再加一个。"),
        "The storage engine ran out of memory.": "存储引擎内存用尽。",
        "Free memory on the server's host.": "在服务器的主机上释放内存。",
        "The statement ran longer than max_execution_time.": "语句执行时间超过 max_execution_time。",
        "Set it to 0 for that session.": "在该会话中设为 0。",
        "The DATA DIRECTORY exists already (a clone that was broken off leaves its directory behind).": (
            "DATA DIRECTORY 已经存在（中断的克隆会留下它的目录）。"
        ),
        "Name a directory that doesn't exist, or remove it when nothing in it is needed.": (
            "写一个不存在的目录，或确认不需要其内容之后删除它。"
        ),
        (
            "A schema, table or tablespace of the recipient has a backtick in its name. CLONE drops it by that "
            "name without quoting it, fails there, and what it dropped before stays dropped."
        ): (
            "目标实例上某个库、表或表空间的名字里有反引号。CLONE 删除时不加引号，会在那里失败，而之前已删除的不会恢复。"
        ),
        "Rename what is to be kept, drop the rest, then clone again.": "把要保留的改名，其余删除，然后再克隆。",
        (
            "The statement isn't valid: no spaces may stand around the colon before the port, and the port is a "
            "bare number. MySQL before 8.0.17 and MariaDB don't know CLONE at all."
        ): ("语句无效：端口前的冒号两边不能有空格，端口只能是数字。8.0.17 之前的 MySQL 和 MariaDB 根本没有 CLONE。"),
        (
            "Write CLONE INSTANCE FROM 'user'@'host':3306 IDENTIFIED BY '...'; look at the server's product and "
            "version."
        ): ("写成 CLONE INSTANCE FROM 'user'@'host':3306 IDENTIFIED BY '...'；检查服务器的产品和版本。"),
        "The plugin is installed already.": "插件已经安装。",
        "Nothing needs to be done.": "无需处理。",
        "The plugin's library isn't in plugin_dir, or doesn't fit this server.": (
            "插件的库文件不在 plugin_dir 里，或与该服务器不匹配。"
        ),
        "Install the package that holds mysql_clone.so of exactly this server version.": (
            "安装与该服务器版本完全一致的、含有 mysql_clone.so 的软件包。"
        ),
        (
            "clone_status exists only while the clone plugin is loaded. A donor that loads it with "
            "plugin-load-add alone makes recipients without it."
        ): (
            "clone_status 只在克隆插件已加载时存在。源实例若只用 plugin-load-add 加载插件，克隆出来的目标实例"
            "就没有插件。"
        ),
        "Install the plugin: the row of the last clone comes back with it.": ("安装插件：上一次克隆的记录会随之恢复。"),
        "That table doesn't exist.": "那张表不存在。",
        "Look whether the recipient lost its tables to a clone that failed.": (
            "检查目标实例的表是否因失败的克隆而丢失。"
        ),
        ("The server doesn't know that variable: the clone plugin isn't loaded, or the server is too old for it."): (
            "服务器不认识该变量：克隆插件没有加载，或服务器版本太旧。"
        ),
        "Install the plugin, or leave the variable out.": "安装插件，或不设该变量。",
        "That variable can only be set with SET GLOBAL.": "该变量只能用 SET GLOBAL 设置。",
        "Use SET GLOBAL.": "使用 SET GLOBAL。",
        "The variable doesn't take that value.": "该变量不接受这个值。",
        "Look up its range in the manual.": "在手册中查它的取值范围。",
        "The client doesn't know the account's authentication plugin.": "客户端不认识该账号的认证插件。",
        "Use an account with caching_sha2_password, or a newer client.": (
            "使用 caching_sha2_password 的账号，或更新的客户端。"
        ),
        (
            "super_read_only is ON at the recipient, which the server notices only when it drops the first "
            "object. (Stopping Group Replication leaves it ON.)"
        ): ("目标实例的 super_read_only 为 ON，服务器要到删除第一个对象时才发现。（停止组复制后它仍为 ON。）"),
        "Switch it off and clone again.": "关闭它，再克隆。",
        "The server runs with an option that forbids the statement; the text names it.": (
            "服务器以禁止该语句的选项运行；错误信息里有选项名。"
        ),
        "Start the server without that option, or switch it off.": "不带该选项启动服务器，或关闭该选项。",
        "A value was out of range, and the server took the nearest one it allows.": (
            "值超出范围，服务器采用了最接近的允许值。"
        ),
        "Read the variable back.": "把该变量读回来确认。",
        "CLONE can't be run as a prepared statement.": "CLONE 不能作为预处理语句执行。",
        "Send it as plain text; switch server-side prepared statements off in the driver.": (
            "以普通文本发送；关闭驱动的服务器端预处理。"
        ),
        "The clone plugin isn't loaded on the donor.": "源实例没有加载克隆插件。",
        "Install it there.": "在那里安装。",
        (
            "The plugin that the text names isn't loaded; for clone that is the plugin itself on the recipient. "
            "(With innodb_read_only it can't load.)"
        ): ("错误信息所指的插件没有加载；对克隆而言即目标实例上的克隆插件。（innodb_read_only 时无法加载。）"),
        "Install it.": "安装它。",
        "A tablespace of the donor lies outside its datadir, in a directory that the recipient doesn't know.": (
            "源实例的某个表空间在数据目录之外，位于目标实例不认识的目录里。"
        ),
        (
            "Make that directory on the recipient's host and add it to its innodb_directories, or move the "
            "tablespace into the donor's datadir."
        ): ("在目标实例的主机上创建该目录并加入其 innodb_directories，或把表空间移到源实例的数据目录里。"),
        "The DATA DIRECTORY isn't an absolute path.": "DATA DIRECTORY 不是绝对路径。",
        "Give an absolute path.": "写绝对路径。",
        "The server doesn't take that value.": "服务器不接受这个值。",
        "Mend the value that the text names.": "改正错误信息所指的值。",
        "The donor has encrypted tables, and the recipient has no keyring to put their keys in.": (
            "源实例有加密表，而目标实例没有存放密钥的 keyring。"
        ),
        "Set up a keyring component on the recipient, as on the donor, and clone again.": (
            "像源实例一样在目标实例上设置 keyring 组件，再克隆。"
        ),
        "The recipient couldn't drop all of its data; another error stands before this one and says why.": (
            "目标实例未能删除全部数据；前面另一个错误说明原因。"
        ),
        "Read the first error of the statement (SHOW WARNINGS lists all) or the recipient's error log.": (
            "看该语句的第一个错误（SHOW WARNINGS 列出全部）或目标实例的错误日志。"
        ),
        "This is only the echo of an error that the other end had first.": "这只是另一端先出现的错误的回声。",
        "Read the first error of the statement (SHOW WARNINGS lists all) or the error logs of both servers.": (
            "看该语句的第一个错误（SHOW WARNINGS 列出全部）或两台服务器的错误日志。"
        ),
        (
            "The cloned data couldn't be recovered at the start, so the server went back to its own system files, "
            "without user data."
        ): ("启动时无法恢复克隆来的数据，服务器退回到自己的系统文件，没有用户数据。"),
        "Read the recipient's error log, then clone again.": "看目标实例的错误日志，然后再克隆。",
        "The server met an error of its own; the text names it.": "服务器遇到自身的错误；错误信息里有说明。",
        "Look into the server's error log at that time.": "查看服务器当时的错误日志。",
        (
            "InnoDB runs read-only at the recipient (innodb_force_recovery or innodb_read_only). The server drops "
            "tables all the same and then fails."
        ): ("目标实例的 InnoDB 是只读的（innodb_force_recovery 或 innodb_read_only）。服务器仍会删除表，然后失败。"),
        "Restart the recipient without those options, then clone again.": "去掉这些选项重启目标实例，再克隆。",
        "TLS is demanded, but the server doesn't offer it.": "要求 TLS，但服务器不提供。",
        "Give the server a certificate, or don't demand TLS (then encrypted tables can't be cloned).": (
            "给服务器配置证书，或不要求 TLS（那样不能克隆加密表）。"
        ),
        (
            "The certificates don't fit: the authority that is trusted (clone_ssl_ca) hasn't signed the server's "
            "certificate, it has expired, or the two ends have no TLS version or cipher in common."
        ): (
            "证书不匹配：所信任的机构（clone_ssl_ca）没有签发该服务器的证书、证书已过期，或两端没有共同的 "
            "TLS 版本或加密套件。"
        ),
        "Compare the authority with the server's certificate, and look at its dates.": (
            "比较证书机构与服务器的证书，并检查有效期。"
        ),
        "The account uses a password format that clients no longer accept.": ("该账号使用客户端不再接受的密码格式。"),
        "Give the account a new password.": "给该账号设新密码。",
        "The end that connects lacks the account's authentication plugin.": ("发起连接的一端缺少该账号的认证插件。"),
        "Use an account with caching_sha2_password, or install the plugin's client part.": (
            "使用 caching_sha2_password 的账号，或安装该插件的客户端部分。"
        ),
        (
            "The account's authentication needs an encrypted link or the server's public key; on a replication "
            "channel that is SOURCE_SSL=1 or GET_SOURCE_PUBLIC_KEY=1."
        ): ("该账号的认证需要加密链路或服务器的公钥；对复制通道而言即 SOURCE_SSL=1 或 GET_SOURCE_PUBLIC_KEY=1。"),
        "Connect with TLS. From Python over a plain link install the library cryptography.": (
            "用 TLS 连接。从 Python 经未加密链路连接时安装 cryptography 库。"
        ),
        "The server takes only encrypted connections (require_secure_transport).": (
            "服务器只接受加密连接（require_secure_transport）。"
        ),
        "Connect with TLS: REQUIRE SSL.": "用 TLS 连接：REQUIRE SSL。",
        "The keyring doesn't hold the key, or isn't loaded.": "keyring 里没有该密钥，或 keyring 没有加载。",
        "Look at the keyring component's configuration and data.": "查看 keyring 组件的配置和数据。",
        "The DATA DIRECTORY lies within the recipient's datadir.": "DATA DIRECTORY 在目标实例的数据目录之内。",
        "Name one outside of it.": "写一个在它之外的目录。",
        "The plugin couldn't be entered in mysql.plugin, as when the server is read-only.": (
            "插件无法登记到 mysql.plugin，例如服务器是只读的。"
        ),
        "Make the server writable for the installation.": "安装期间让服务器可写。",
        "The server is in offline mode; the text says since when and why.": (
            "服务器处于离线模式；错误信息说明从何时起、为何。"
        ),
        "Wait, or switch offline_mode off.": "等待，或关闭 offline_mode。",
        "Another statement uses the file.": "另一条语句正在使用该文件。",
        "Try again when it is done.": "等它完成后再试。",
        (
            "No default schema, or the statement calls MD5() or SHA1(), which newer servers have only with "
            "component_classic_hashing. From CLONE: a table of the recipient lies in a schema with a backtick in "
            "its name, and some of the recipient's data may be dropped already."
        ): (
            "没有默认库，或语句调用了 MD5() 或 SHA1()，新版服务器要有 component_classic_hashing 才有这些函数"
            "。来自 CLONE 时：目标实例的某张表所在的库名里有反引号，目标实例的部分数据可能已被删除。"
        ),
        (
            "Name the schema; use SHA2(), CRC32() or CHECKSUM TABLE. After CLONE: rename the schema's tables into "
            "another one."
        ): ("写明库名；使用 SHA2()、CRC32() 或 CHECKSUM TABLE。在 CLONE 之后：把该库的表改名到另一个库。"),
        (
            "The server doesn't know the command: it has no clone plugin, is too old, or is a proxy that doesn't "
            "pass clone commands on."
        ): ("服务器不认识该命令：没有克隆插件、版本太旧，或是不转发克隆命令的代理。"),
        "Connect to the donor directly and look at its version.": "直接连接源实例并查看其版本。",
        "That schema doesn't exist.": "那个库不存在。",
        "Look whether the recipient lost it to a clone that failed.": "检查目标实例的库是否因失败的克隆而丢失。",
        "The donor is shutting down.": "源实例正在关闭。",
        "Take another donor, or wait until it is back.": "换一个源实例，或等它恢复。",
        "The server is shutting down; a clone's own restart looks like this, too.": (
            "服务器正在关闭；克隆自己的重启也是这样。"
        ),
        "Wait until it is back and look at clone_status before starting anything.": (
            "等它恢复，先查看 clone_status，再做别的。"
        ),
        "That session has ended already.": "该会话已经结束。",
        (
            "The donor gave no reason. Damaged data files, a DDL statement at the same time, and too little "
            "memory are known to end so."
        ): ("源实例没有给出原因。已知的原因有：数据文件损坏、同时有 DDL 语句、内存不足。"),
        "Read the donor's error log at that time; check its tables before cloning from it again.": (
            "看源实例当时的错误日志；再次从它克隆之前检查它的表。"
        ),
        "The server gave no reason.": "服务器没有给出原因。",
        "Read its error log at that time.": "看它当时的错误日志。",
        "The session holds locked tables or an open transaction.": "该会话持有表锁或有未结束的事务。",
        "Use a session of its own.": "使用单独的会话。",
        (
            "With clone_block_ddl the donor takes its backup lock, and a DDL statement held it longer than "
            "clone_ddl_timeout."
        ): ("设有 clone_block_ddl 时，源实例要取得备份锁，而某条 DDL 语句占用它超过 clone_ddl_timeout。"),
        "Wait for the DDL to end, or clone with clone_block_ddl OFF.": (
            "等 DDL 结束，或以 clone_block_ddl = OFF 克隆。"
        ),
        (
            "Another session on the recipient holds a lock: an open transaction, LOCK INSTANCE FOR BACKUP, FLUSH "
            "TABLES WITH READ LOCK or a DDL statement. What was dropped before stays dropped."
        ): (
            "目标实例上的另一个会话持有锁：未结束的事务、LOCK INSTANCE FOR BACKUP、FLUSH TABLES WITH READ "
            "LOCK 或 DDL 语句。之前已删除的不会恢复。"
        ),
        "Find that session and end it; then clone again.": "找到并结束该会话，然后再克隆。",
        "Two transactions waited for each other.": "两个事务互相等待。",
        "Run the transaction again.": "重新执行该事务。",
        "The session itself holds a read lock.": "该会话自己持有读锁。",
        "Release it.": "释放它。",
        "The replica asks for transactions that the source no longer has, or that the source never had.": (
            "从库请求的事务主库已经没有，或从来没有。"
        ),
        "Compare the GTID sets of both; clone again when the binary logs are purged.": (
            "比较两者的 GTID 集合；二进制日志已清除时重新克隆。"
        ),
        "The donor ended the clone: it shuts down, or somebody killed the clone's session there.": (
            "源实例终止了克隆：它正在关闭，或有人在那里终止了克隆的会话。"
        ),
        "Take another donor, or wait until it is back and clone again.": "换一个源实例，或等它恢复后再克隆。",
        (
            "The clone was killed on the recipient, by KILL, by a client that gave up waiting, or by the "
            "recipient's shutdown or crash."
        ): ("克隆在目标实例上被终止：KILL、客户端放弃等待，或目标实例关闭或崩溃。"),
        "Find out who ended it, then clone again; give the session that clones no read timeout.": (
            "查明是谁终止的，然后再克隆；执行克隆的会话不要设读超时。"
        ),
        "The session has an open transaction.": "该会话有未结束的事务。",
        (
            "The binary log or replication stopped for a reason that the text gives (such as two servers with one "
            "server_id or server_uuid)."
        ): ("二进制日志或复制因错误信息所说的原因停止（例如两台服务器的 server_id 或 server_uuid 相同）。"),
        "Mend what the text names.": "处理错误信息所指的问题。",
        "The server is in offline mode.": "服务器处于离线模式。",
        "Wait, or switch it off.": "等待，或关闭它。",
        "Group Replication refused the transaction.": "组复制拒绝了该事务。",
        "Look at the group's state.": "查看组的状态。",
        "The server is starting and doesn't take statements yet.": "服务器正在启动，尚不接受语句。",
        "Wait until it is up.": "等它启动完成。",
        "The session was killed.": "该会话被终止。",
        "Find out by whom; look at clone_status before starting anything.": (
            "查明是谁终止的；先查看 clone_status，再做别的。"
        ),
        "A lock that was asked for without waiting is held by another session.": (
            "不等待地请求的锁正被另一个会话持有。"
        ),
        "Try again.": "再试一次。",
        "The operating system doesn't permit it.": "操作系统不允许。",
        "Look at owner and mode, and at AppArmor or SELinux.": "检查属主和权限，以及 AppArmor 或 SELinux。",
        "The file or directory isn't there.": "没有该文件或目录。",
        "Make it, or mend the path in the configuration.": "创建它，或改正配置中的路径。",
        "The disk couldn't read or write: it is about to fail.": "磁盘读写出错：它即将损坏。",
        "Look into the kernel's log; replace the disk, restore the server.": ("查看内核日志；更换磁盘，恢复服务器。"),
        (
            "Another process holds the lock on a data file: two mysqld use the same file, as when a tablespace "
            "outside the datadir is shared."
        ): ("另一个进程锁住了数据文件：两个 mysqld 使用同一个文件，例如共用数据目录之外的表空间。"),
        "Find the other process and stop it; never remove the lock by force.": (
            "找到并停止那个进程；绝不要强行去掉锁。"
        ),
        "The host (or the service's memory limit) has no memory left.": "主机（或服务的内存限制）没有内存了。",
        "Free memory, or lower the server's buffer sizes.": "释放内存，或调小服务器的缓冲区。",
        ("The user that mysqld runs as may not use the file or directory, by its mode or by AppArmor or SELinux."): (
            "mysqld 的运行用户因文件权限、AppArmor 或 SELinux 不能使用该文件或目录。"
        ),
        "Give the directory to that user, and allow the path in the security profile.": (
            "把该目录给那个用户，并在安全配置中允许该路径。"
        ),
        "The file exists already.": "文件已经存在。",
        "Look what it is before removing it.": "删除之前先看清它是什么。",
        "A part of the path isn't a directory.": "路径中有一部分不是目录。",
        "Mend the path.": "改正路径。",
        "The host has no file handles left.": "主机的文件句柄用尽。",
        "Raise fs.file-max.": "调大 fs.file-max。",
        "The process has no file descriptors left.": "进程的文件描述符用尽。",
        "Raise LimitNOFILE of the service and open_files_limit.": "调大服务的 LimitNOFILE 和 open_files_limit。",
        "A file would be larger than the file system or a limit allows.": ("文件会超过文件系统或限制所允许的大小。"),
        "Raise the limit, or use another file system.": "调高限制，或使用另一个文件系统。",
        "No space is left on the file system.": "文件系统没有空间了。",
        "The file system is mounted read-only, as the kernel does after errors.": (
            "文件系统以只读方式挂载，内核在出错后会这样做。"
        ),
        "Look into the kernel's log before mounting it writable again.": "重新挂载为可写之前先看内核日志。",
        "The other end has closed the connection.": "另一端关闭了连接。",
        "Look at the network between the two ends.": "检查两端之间的网络。",
        "The address isn't one of this host's, or no port is free.": "该地址不是本机的，或没有空闲端口。",
        "The network interface is down.": "网络接口已停用。",
        "There is no route to that network.": "没有到那个网络的路由。",
        "The connection was broken off.": "连接被中断。",
        "The other end, or a firewall in between, reset the connection.": "另一端或中间的防火墙重置了连接。",
        "The connection is gone.": "连接已断。",
        "No answer came in time: a firewall drops the packets, or the other host is down.": (
            "没有按时应答：防火墙丢弃数据包，或另一台主机已停。"
        ),
        "The other host is down.": "另一台主机已停。",
        "There is no way to the other host: it is down, or a firewall says so.": (
            "到不了另一台主机：它已停，或防火墙如此回答。"
        ),
        "Another process listens at that port already.": "另一个进程已在该端口监听。",
        "Find it, or choose another port.": "找到它，或换一个端口。",
        "The kernel has no network buffers left.": "内核的网络缓冲区用尽。",
        (
            "Nothing listens at that port: mysqld isn't running there, listens at another port or address, or a "
            "firewall rejects it."
        ): ("该端口没有监听：mysqld 没有在那里运行、监听在别的端口或地址，或被防火墙拒绝。"),
        "Look whether mysqld runs and where it listens (bind_address, port, skip_networking).": (
            "检查 mysqld 是否在运行、监听在哪里（bind_address、port、skip_networking）。"
        ),
        "The network file system lost the file.": "网络文件系统丢失了该文件。",
        "Mount it again; look at the file server.": "重新挂载；检查文件服务器。",
        "The disk quota is used up.": "磁盘配额已用完。",
        "Raise the quota or free space.": "调高配额或腾出空间。",
        "InnoDB's report on a clone's inner state.": "InnoDB 关于克隆内部状态的报告。",
        "Read the error that its text carries.": "看其中的错误。",
        "A part of InnoDB's clone waited too long for another part.": "InnoDB 克隆的一部分等待另一部分太久。",
        "A file of the #clone directory, or a cloned file, was written, renamed or removed.": (
            "#clone 目录的文件或克隆来的文件被写入、改名或删除。"
        ),
        "An object was dropped or made on behalf of a clone.": "为克隆删除或创建了一个对象。",
        "The recipient checks its configuration against the donor's.": "目标实例把自己的配置与源实例比较。",
        "A cloned file couldn't be made sparse; compressed tables take more room than on the donor.": (
            "克隆来的文件不能变成稀疏文件；压缩表占用的空间比源实例多。"
        ),
        "GTIDs are written to their table for a clone.": "为克隆把 GTID 写入其表中。",
        "The donor reported an error.": "源实例报告了一个错误。",
        "A step of the clone on the recipient.": "目标实例上克隆的一个步骤。",
        "A step of the clone on the donor.": "源实例上克隆的一个步骤。",
        "A task of the clone began or ended.": "克隆的一个任务开始或结束。",
        "A step of the clone in InnoDB.": "InnoDB 中克隆的一个步骤。",
        "The recipient drops all of its user data to make room for the donor's.": (
            "目标实例删除自己的全部用户数据，为源实例的数据腾出空间。"
        ),
        "The server opens cloned data for the first time.": "服务器第一次打开克隆来的数据。",
        "The clone brought the donor's replication channel along, and it is adjusted.": (
            "克隆带来了源实例的复制通道，正在调整它。"
        ),
        "An undo tablespace isn't truncated while a clone runs.": "克隆进行时不截断 undo 表空间。",
        "A DDL statement on the donor is made known to the clone.": "把源实例上的 DDL 语句告知克隆。",
        "The recipient follows a DDL statement of the donor.": "目标实例跟随源实例的 DDL 语句。",
        "A DDL statement on the donor made a copied page invalid.": "源实例上的 DDL 语句使已复制的页失效。",
        "Group Replication decided to clone this member: it misses too many transactions.": (
            "组复制决定克隆该成员：它缺少的事务太多。"
        ),
        "Group Replication decided to clone this member: nobody has the transactions it misses.": (
            "组复制决定克隆该成员：没有成员拥有它缺少的事务。"
        ),
        "The server gave up starting; an error before this line says why.": ("服务器放弃启动；前面的错误说明原因。"),
        "Read the errors before it in the log.": "看日志中它之前的错误。",
        "The server can't listen at its port: another process has it.": (
            "服务器不能在其端口监听：另一个进程占用了它。"
        ),
        "Find that process, or choose another port.": "找到那个进程，或换一个端口。",
        (
            "The server can't make its socket's lock file: another mysqld uses the socket, or the directory isn't "
            "writable."
        ): ("服务器不能创建其套接字的锁文件：另一个 mysqld 使用该套接字，或目录不可写。"),
        "Look for another mysqld; look at the directory.": "查找另一个 mysqld；检查目录。",
        "A session broke off: its client died, its network did, or a time-out ended it.": (
            "会话中断：客户端退出、网络中断，或超时。"
        ),
        "Harmless for a single session; for a clone's session look at the network.": (
            "单个会话无妨；若是克隆的会话，检查网络。"
        ),
        "The server refused a login.": "服务器拒绝了一次登录。",
        "Check user, password and the host that the text names.": "检查错误信息中的用户、密码和主机。",
        "The server refused a login of a locked account.": "服务器拒绝了已锁定账号的登录。",
        "Unlock the account.": "解锁该账号。",
        "The clone plugin can't be loaded.": "克隆插件无法加载。",
        "Look for the errors before this line; look at plugin_dir and the clone_* settings.": (
            "看这一行之前的错误；检查 plugin_dir 和 clone_* 设置。"
        ),
        (
            "lower_case_table_names of the server differs from that of the data. A clone doesn't compare it, and "
            "the recipient can't start afterwards."
        ): ("服务器的 lower_case_table_names 与数据的不同。克隆不比较它，之后目标实例无法启动。"),
        "Set the donor's value in the recipient's configuration and start it: the clone then finishes.": (
            "在目标实例的配置中设置源实例的值并启动它：克隆随即完成。"
        ),
        "The directory holds a clone that was broken off; it can't be completed.": ("该目录里是中断的克隆，无法完成。"),
        "Remove that directory and clone again. (It is the clone's DATA DIRECTORY, not the old datadir.)": (
            "删除该目录并重新克隆。（它是克隆的 DATA DIRECTORY，不是原来的数据目录。）"
        ),
        "InnoDB couldn't start; the text and the lines before it say why.": (
            "InnoDB 无法启动；错误信息和前面的行说明原因。"
        ),
        "A component that the donor uses can't be loaded on the recipient; the server runs without it.": (
            "源实例使用的某个组件无法在目标实例上加载；服务器不带它运行。"
        ),
        ("Install the component's library on the recipient and restart it, or uninstall the component on the donor."): (
            "在目标实例上安装该组件的库文件并重启，或在源实例上卸载该组件。"
        ),
        "The server had a message for a session that no longer exists.": "服务器有一条消息要给已不存在的会话。",
        "Read the message.": "看这条消息。",
        "There is no room left for a table.": "表没有空间了。",
        "The plugin stands both in mysql.plugin and in plugin-load-add.": (
            "插件同时写在 mysql.plugin 和 plugin-load-add 中。"
        ),
        "Take one of the two away.": "去掉其中一个。",
        "The donor's answer wasn't what the clone protocol expects.": "源实例的应答不符合克隆协议。",
        "Connect the recipient to the donor directly.": "让目标实例直接连接源实例。",
        "The network was interrupted, and the clone waits for it or goes on.": "网络中断，克隆在等待或已继续。",
        ("Mend the link before clone_donor_timeout_after_network_failure (donor) is over; nothing else is needed."): (
            "在源实例的 clone_donor_timeout_after_network_failure 结束之前修复链路；无需做别的。"
        ),
        "The clone goes on after an interruption.": "中断之后克隆继续进行。",
        "A table of another engine than InnoDB is cloned without its rows.": ("非 InnoDB 引擎的表被克隆，但没有行。"),
        "Convert the table to InnoDB on the donor, or copy it by mysqldump.": (
            "在源实例上把该表转换为 InnoDB，或用 mysqldump 复制。"
        ),
        "The data is copied, but nothing supervises mysqld, so it couldn't restart itself and has shut down.": (
            "数据已复制完成，但 mysqld 没有守护进程，无法自行重启，已关闭。"
        ),
        "Start mysqld on the recipient and leave its #clone directory alone.": (
            "启动目标实例的 mysqld，不要动它的 #clone 目录。"
        ),
        "Group Replication couldn't prepare the clone of this member.": "组复制未能准备好该成员的克隆。",
        "Look at the plugin, the accounts and the settings that the text names.": (
            "检查错误信息所指的插件、账号和设置。"
        ),
        "Group Replication's clone of this member failed.": "组复制对该成员的克隆失败。",
        "Read the errors before it, and clone_status.": "看它之前的错误和 clone_status。",
        "A replication channel stops because the server is about to be cloned.": (
            "服务器即将被克隆，复制通道因此停止。"
        ),
        "Set the channel up again after the clone.": "克隆之后重新建立该通道。",
        "Cloned data needs to be recovered, but InnoDB is set read-only.": (
            "克隆来的数据需要恢复，但 InnoDB 设为只读。"
        ),
        "Start once without innodb_read_only and innodb_force_recovery.": (
            "不带 innodb_read_only 和 innodb_force_recovery 启动一次。"
        ),
        "The cloned data was made by an older server version than the one that starts on it.": (
            "克隆来的数据出自比启动它的服务器更旧的版本。"
        ),
        "Start the donor's version on it once and shut it down, then start the newer one.": (
            "用源实例的版本在其上启动一次并关闭，然后启动新版本。"
        ),
        "A connection stood still until its time-out.": "连接停滞直到超时。",
        "Look at the network between the servers.": "检查服务器之间的网络。",
        # What checks and comparisons have found.
        "the clone plugin is active on {}": "克隆插件已在 {} 上启用",
        "the clone plugin is not active on {}": "克隆插件未在 {} 上启用",
        (
            "{} loads the clone plugin by an option, not by INSTALL PLUGIN: unless the recipient has that option,"
            " too, it has no clone plugin (and no clone_status) after the clone"
        ): (
            "{} 通过选项而不是 INSTALL PLUGIN 加载克隆插件：除非目标实例也有该选项，否则克隆后它没有克隆插件（也没有 clone_status）"
        ),
        "{} is in clone_valid_donor_list": "{} 在 clone_valid_donor_list 中",
        "{} is not in clone_valid_donor_list of {} ({})": "{} 不在 {} 的 clone_valid_donor_list 中（{}）",
        "donor {}, recipient {}: {}": "源实例 {}，目标实例 {}：{}",
        "8.0 clones only to 8.0": "8.0 只能克隆到 8.0",
        "8.0.37 and later clone to each other": "8.0.37 及更高版本可以互相克隆",
        "before 8.0.26 versions must be exactly the same": "8.0.26 之前版本必须完全相同",
        "before 8.0.37 versions must be the same": "8.0.37 之前版本必须相同",
        "all versions of one series clone to each other": "同一系列的所有版本可以互相克隆",
        "an LTS series clones only to itself and to the next LTS series": "LTS 系列只能克隆到自身和下一个 LTS 系列",
        "from 9.7 on an LTS series clones to the next LTS series only; whether this is it, the recipient decides": (
            "从 9.7 起 LTS 系列只能克隆到下一个 LTS 系列；是否如此由目标实例决定"
        ),
        "major and minor version must be the same": "主版本号和次版本号必须相同",
        "{} is {} on both": "{} 在两台上都是 {}",
        "{}: donor {}, recipient {}": "{}：源实例 {}，目标实例 {}",
        "the recipient lacks {}": "目标实例缺少 {}",
        "all {} collations of the donor are known": "源实例的全部 {} 个排序规则都已知",
        "all {} active plugins of the donor are active on the recipient": "源实例的全部 {} 个启用的插件在目标实例上也已启用",
        "{} can be loaded from the recipient's plugin_dir": "{} 可以从目标实例的 plugin_dir 加载",
        "active on the donor but not on the recipient: {}": "在源实例上启用而在目标实例上未启用：{}",
        "max_allowed_packet is {}": "max_allowed_packet 为 {}",
        "max_allowed_packet of {} is {}, {} is the least": "{} 的 max_allowed_packet 为 {}，至少要 {}",
        "redo logging is disabled on {}": "{} 上禁用了重做日志",
        "lower_case_table_names is {} on both": "lower_case_table_names 在两台上都是 {}",
        (
            "lower_case_table_names: donor {}, recipient {}: the clone would be made, but the server could not "
            "start on it"
        ): ("lower_case_table_names：源实例 {}，目标实例 {}：克隆会完成，但服务器无法在其上启动"),
        "super_read_only is ON on {}": "{} 上 super_read_only 为 ON",
        "innodb_force_recovery is {} on {}: the clone would drop tables and then fail": (
            "innodb_force_recovery 为 {}（{}）：克隆会先删除表然后失败"
        ),
        "innodb_read_only is ON on {}": "{} 上 innodb_read_only 为 ON",
        "{} fits: donor {}, recipient {}": "{} 合适：源实例 {}，目标实例 {}",
        "{}: donor {}, recipient {}: the clone would fail after it has dropped the recipient's data": (
            "{}：源实例 {}，目标实例 {}：克隆会在删除目标实例的数据之后失败"
        ),
        "{} has several undo files called {}": "{} 有多个同名的 undo 文件 {}",
        "data_directory {} is not absolute": "data_directory {} 不是绝对路径",
        "data_directory {} lies in the recipient's data directory {}": "data_directory {} 位于目标实例的数据目录 {} 之中",
        "data_directory {} exists already": "data_directory {} 已存在",
        "{} doesn't exist yet": "{} 尚不存在",
        "a keyring is active; {} tablespace(s) of the donor are encrypted": "密钥环已启用；源实例有 {} 个加密的表空间",
        (
            "{} tablespace(s) of the donor are encrypted, and {} has no keyring: the clone would fail after it "
            "has dropped the recipient's data"
        ): ("源实例有 {} 个加密的表空间，而 {} 没有密钥环：克隆会在删除目标实例的数据之后失败"),
        "the link is encrypted": "链路已加密",
        "{} tablespace(s) of the donor are encrypted and the link is not": "源实例有 {} 个加密的表空间，而链路未加密",
        "the block size of both file systems is {}": "两个文件系统的块大小都是 {}",
        (
            "the block size of the donor's file system is {}, of the recipient's {}, and the donor has compressed"
            " and encrypted tables"
        ): ("源实例文件系统的块大小为 {}，目标实例的为 {}，而源实例有压缩且加密的表"),
        "data files of {} are gone: {}": "{} 的数据文件已丢失：{}",
        "tables without data files on {} will have none on the recipient: {}": "{} 上没有数据文件的表在目标实例上也不会有：{}",
        "the recipient's innodb_directories doesn't know the place of {}": "目标实例的 innodb_directories 不包含以下文件的位置：{}",
        "both servers run on one machine: the clone would {} the donor's own files {}": (
            "两台服务器在同一台机器上：克隆会{}源实例自己的文件 {}"
        ),
        "overwrite": "覆盖",
        "meet": "碰到",
        "the recipient knows the directories of {} file(s) outside the data directory": "目标实例包含数据目录之外 {} 个文件所在的目录",
        "the recipient's plugin_dir can't be read where the module runs": "在模块运行处无法读取目标实例的 plugin_dir",
        "the files of {} component(s) are there": "{} 个组件的文件都在",
        "the recipient lacks the files of the donor's components {}": "目标实例缺少源实例组件的文件：{}",
        "both servers have server_id {}: the recipient can't replicate from the donor": (
            "两台服务器的 server_id 都是 {}：目标实例无法从源实例复制"
        ),
        "gtid_mode is {} on the recipient and ON on the donor": "gtid_mode 在目标实例上为 {}，在源实例上为 ON",
        "{} writes no binary log: the recipient can't replicate from it afterwards": "{} 不写二进制日志：之后目标实例无法从它复制",
        "{} keeps its binary logs for {} s, and the clone takes about {} s": "{} 的二进制日志保留 {} 秒，而克隆大约需要 {} 秒",
        (
            "clone_donor_timeout_after_network_failure is 0 on {}: any break of the link ends the clone, after "
            "the recipient's data is dropped"
        ): ("{} 上 clone_donor_timeout_after_network_failure 为 0：链路一旦中断克隆就结束，而目标实例的数据已被删除"),
        "wait_timeout of the donor is {} s": "源实例的 wait_timeout 为 {} 秒",
        "wait_timeout of {} is {} s, and the clone takes about {} s": "{} 的 wait_timeout 为 {} 秒，而克隆大约需要 {} 秒",
        "{} writes {} of redo log while the clone copies ({}/s on average), and innodb_redo_log_capacity is {}": (
            "{} 在克隆复制期间写入 {} 重做日志（平均 {}/秒），而 innodb_redo_log_capacity 为 {}"
        ),
        "clone_ddl_timeout is 0 on {}: a DDL statement on the donor would abort the clone": (
            "{} 上 clone_ddl_timeout 为 0：源实例上的 DDL 语句会中止克隆"
        ),
        "persisted on the donor, not cloned: {}": "在源实例上持久化而不会被克隆：{}",
        "{} available in {}": "可用 {}，位于 {}",
        "{}, {} needed": "{}，需要 {}",
        "{}, {} needed, {} with the reserve of {}": "{}，需要 {}，计入预留为 {}（预留系数 {}）",
        "{}, {} needed ({} x {})": "{}，需要 {}（{} x {}）",
        "{} free in {}, {} needed for {}": "剩余 {}（{}），需要 {}，用于 {}",
        "{} free inodes": "{} 个空闲 inode",
        "{}, {} files": "{}，{} 个文件",
        "the data directory can't be listed": "无法列出数据目录",
        "{} has {}, the donor has {} files": "{} 有 {}，源实例有 {} 个文件",
        "redo log, undo, system tablespace and binary logs lie in the data directory": (
            "重做日志、undo、系统表空间和二进制日志都在数据目录中"
        ),
        "outside the data directory: {}": "在数据目录之外：{}",
        "{} is confined ({}): it may be kept from {}": "{} 受到限制（{}）：可能无法访问 {}",
        "{} can stand in clone_valid_donor_list": "{} 可以写入 clone_valid_donor_list",
        "{} answers as MySQL {}; donor_user was not given, so no login was tried": (
            "{} 应答为 MySQL {}；没有给出 donor_user，因此没有尝试登录"
        ),
        "{} can log in to {} ({}, {} ms a round trip)": "{} 可以登录 {}（{}，往返 {} 毫秒）",
        "encrypted": "已加密",
        "not encrypted": "未加密",
        "{} can't log in to {}: {} (error {})": "{} 无法登录 {}：{}（错误 {}）",
        "a round trip to {} takes {} ms": "到 {} 的往返需要 {} 毫秒",
        "a round trip takes {} ms": "往返需要 {} 毫秒",
        "the clocks of recipient and donor differ by {} s": "目标实例与源实例的时钟相差 {} 秒",
        "the clocks differ by {} s": "时钟相差 {} 秒",
        "{} runs with skip_networking: it has no TCP port": "{} 以 skip_networking 运行：没有 TCP 端口",
        "{} (clone_ssl_ca) can't be read where the module runs": "在模块运行处无法读取 {}（clone_ssl_ca）",
        "the certificate of {} isn't verified by {} (clone_ssl_ca): {}": "{} 的证书未通过 {}（clone_ssl_ca）的验证：{}",
        "{} verifies the donor's certificate": "{} 可以验证源实例的证书",
        "{} of {} segments arrived out of order": "{} 的报文段乱序到达（共 {} 个）",
        "{} is the server {}, but donor_facts are of {}": "{} 是服务器 {}，而 donor_facts 属于 {}",
        "{} lacks {} on {}": "{} 缺少 {}（{}）",
        "{} can't enter the donor in clone_valid_donor_list on {}: it lacks SYSTEM_VARIABLES_ADMIN": (
            "{} 无法把源实例写入 {} 的 clone_valid_donor_list：缺少 SYSTEM_VARIABLES_ADMIN"
        ),
        "{} can't read clone_status on {}, so progress and success can't be told": (
            "{} 无法读取 {} 上的 clone_status，因此无法得知进度和结果"
        ),
        "{} lacks BACKUP_ADMIN on {} (a role counts only where it is a default role)": (
            "{} 在 {} 上缺少 BACKUP_ADMIN（角色只有作为默认角色才算数）"
        ),
        "{} has BACKUP_ADMIN on {}": "{} 在 {} 上有 BACKUP_ADMIN",
        "the donor has an account {}; its password will be the one that counts": "源实例有账号 {}；之后以它的密码为准",
        "the donor has no account {}: nobody can log in to the recipient with it after the clone": (
            "源实例没有账号 {}：克隆后无法用它登录目标实例"
        ),
        "MySQL {} answers at {}, up for {}": "MySQL {} 在 {} 应答，已运行 {}",
        "no donor given": "没有给出源实例",
        "{} can be reached": "可以到达 {}",
        "the donor can't be asked": "无法询问源实例",
        "both accounts have what a clone needs": "两个账号都有克隆所需的权限",
        "the port of {} is open": "{} 的端口已开放",
        "it can't be told whether data would be lost: {}": "无法判断数据是否会丢失：{}",
        "the check {} itself failed: {}: {}": "检查 {} 自身失败：{}：{}",
        "{} {} of memory, {} are advised": "{} {} 内存，建议 {}",
        "its control group allows": "其控制组允许",
        "the host has": "主机有",
        "{} of memory": "{} 内存",
        "{} processors": "{} 个处理器",
        "the recipient may use {} processors, {} are advised": "目标实例可以使用 {} 个处理器，建议 {} 个",
        "{} has {} of {} connections free, a clone needs 2 at least": "{} 有 {} 个空闲连接（共 {} 个），克隆至少需要 2 个",
        "{} of {} connections are free": "{} 个连接空闲，共 {} 个",
        "{} may have only one connection to {}, a clone needs 2 at least": "{} 只允许有一个到 {} 的连接，克隆至少需要 2 个",
        "{} Mbit/s measured from {}, {} are advised": "测得 {} Mbit/s（来自 {}），建议 {}",
        "{} Mbit/s measured from {}": "测得 {} Mbit/s（来自 {}）",
        "the deadline passed {} ago": "截止时间已过去 {}",
        "{} needed ({}), {} left": "需要 {}（{}），剩余 {}",
        "{}; use probe=true to measure": "{}；用 probe=true 测量",
        "measured link": "测得的链路",
        "measured disk": "测得的磁盘",
        "assumed (reserve_bandwidth)": "假定值（reserve_bandwidth）",
        "last clone of this recipient": "该目标实例的上一次克隆",
        "the donor has {} files, open_files_limit of the recipient is {}": "源实例有 {} 个文件，目标实例的 open_files_limit 为 {}",
        "open_files_limit is {}, the donor has {} files": "open_files_limit 为 {}，源实例有 {} 个文件",
        "innodb_buffer_pool_size: donor {}, recipient {}": "innodb_buffer_pool_size：源实例 {}，目标实例 {}",
        "{} (overwrite is true)": "{}（overwrite 为 true）",
        "the recipient holds the donor's data, cloned before": "目标实例已有此前克隆来的源实例数据",
        "the recipient holds no user schema": "目标实例没有用户的库",
        "the recipient has executed no transaction of its own": "目标实例没有执行过自己的事务",
        "the donor has all of the recipient's transactions": "源实例有目标实例的全部事务",
        "{} has {} transactions that the donor lacks: {}": "{} 有 {} 个源实例没有的事务：{}",
        "{} replica(s) read from {}: {}": "{} 个副本从 {} 读取：{}",
        "{} other session(s) have written to {} within the last minute: {}": "{} 个其他会话在最近一分钟内写过 {}：{}",
        "{}:{} is the recipient itself": "{}:{} 就是目标实例自己",
        (
            "donor and recipient are the same server ({}, server_uuid {}); if they are two servers on copies of "
            "one data directory, they share auto.cnf"
        ): (
            "源实例和目标实例是同一台服务器（{}，server_uuid {}）；如果它们是在同一数据目录的副本上的两台服务器，则它们有相同的 auto.cnf"
        ),
        "a clone from {} is under way on {} ({}, {} %)": "从 {} 的克隆正在 {} 上进行（{}，{} %）",
        (
            "{} waits for {}, whose link was cut: a new clone would take its place. The donor counts as busy "
            "(Clone Donor Error: 3634 : Too many concurrent clone operations. Maximum allowed - 1.)"
        ): (
            "{} 正在等待链路被切断的 {}：新的克隆会取代它。源实例算作忙（Clone Donor Error: 3634 : Too many concurrent c"
            "lone operations. Maximum allowed - 1.）"
        ),
        (
            "{} donates already, to {} (Clone Donor Error: 3634 : Too many concurrent clone operations. Maximum "
            "allowed - 1.)"
        ): (
            "{} 已在向 {} 提供数据（Clone Donor Error: 3634 : Too many concurrent clone operations. M"
            "aximum allowed - 1.）"
        ),
        (
            "Group Replication runs on {} ({}): the member leaves its group when it is shut down for the swap, "
            "and comes back with the donor's data"
        ): ("{} 上运行着组复制（{}）：为交换目录而关闭时该成员离开其组，并带着源实例的数据回来"),
        "Group Replication runs on {} ({})": "{} 上运行着组复制（{}）",
        "LOCK INSTANCE FOR BACKUP is held on {} by {}": "{} 上的 LOCK INSTANCE FOR BACKUP 由 {} 持有",
        "FLUSH TABLES WITH READ LOCK is held on {} by {}": "{} 上的 FLUSH TABLES WITH READ LOCK 由 {} 持有",
        "open transactions or table locks on {}: {}": "{} 上有未结束的事务或表锁：{}",
        "a DDL statement runs on {}: {}": "{} 上正在执行 DDL 语句：{}",
        "{} of {} is set by SET GLOBAL only: it is OFF after the clone's restart": (
            "{}（{}）只用 SET GLOBAL 设置：克隆重启之后为 OFF"
        ),
        "set by SET GLOBAL only, and lost in the restart: {}": "只用 SET GLOBAL 设置，重启后丢失：{}",
        "{} restarts the recipient": "{} 会重启目标实例",
        "the server's environment can't be read here (run the module as root or as the server's user)": (
            "此处无法读取服务器的环境（以 root 或服务器的用户运行模块）"
        ),
        "no supervisor, but start_command starts the recipient": "没有守护进程，但 start_command 会启动目标实例",
        (
            "no supervisor restarts {}: the server will stop when the data is copied and must be started "
            "(MYSQLD_PARENT_PID is {}, the parent is {})"
        ): ("没有守护进程重启 {}：数据复制完成后服务器会停止，必须由人启动（MYSQLD_PARENT_PID 为 {}，父进程为 {}）"),
        "not set": "未设置",
        "{} enabled event(s) of the donor will run on the recipient: {}": "源实例的 {} 个启用的事件会在目标实例上运行：{}",
        "the donor is a replica of {}; the recipient will start to replicate from there as soon as it is up": (
            "源实例是 {} 的副本；目标实例一启动就会开始从那里复制"
        ),
        "{} replicates from {}; that configuration goes": "{} 正从 {} 复制；该配置会丢失",
        "a DDL statement runs on {} and the clone would wait for it: {}": "{} 上正在执行 DDL 语句，克隆会等待它：{}",
        "IMPORT TABLESPACE or ALTER INSTANCE runs on {}: {}": "{} 上正在执行 IMPORT TABLESPACE 或 ALTER INSTANCE：{}",
        "{} prepared XA transaction(s) of the donor will be open on the recipient, too": (
            "源实例的 {} 个已准备的 XA 事务在目标实例上也会是打开的"
        ),
        "{} is not started again after exit status 16 (Restart={}): the server stays down after the copy": (
            "{} 在退出状态 16 之后不会再启动（Restart={}）：复制之后服务器保持关闭"
        ),
        "{} gives the server {} s to start; recovery of cloned data may take longer": (
            "{} 给服务器 {} 秒启动；恢复克隆来的数据可能需要更久"
        ),
        "{} restarts the server and gives it time": "{} 会重启服务器并给足时间",
        "method side_by_side stops the server, and no start_command tells how to start it": (
            "side_by_side 方式会停止服务器，而没有 start_command 说明如何启动"
        ),
        "{} not as on the donor: {}": "{}与源实例不同：{}",
        "{} with another number of rows: {}": "{}行数不同：{}",
        "{} with other rows: {}": "{}行内容不同：{}",
        "the donor has moved on: {} that the recipient lacks": "源实例已继续前进：{}目标实例没有",
        "the recipient has replicated {} since": "此后目标实例已复制{}",
        "the donor has moved on: from {}:{} to {}:{} of its binary log": "源实例已继续前进：二进制日志从 {}:{} 到 {}:{}",
        "{}. Although {}, this isn't the reason: the donor hasn't touched them since the clone": (
            "{}。虽然{}，但这不是原因：克隆之后源实例没有动过它们"
        ),
        "{}. That may be all right, since {}": "{}。这可能没有问题，因为{}",
        "The state of the clone can't be read: {}": "无法读取克隆的状态：{}",
        (
            "The clone plugin isn't active on the recipient, so the server can't tell whether its clone is "
            "completed. That happens after a good clone, too, when the donor loads the plugin by plugin-load-add"
        ): (
            "克隆插件未在目标实例上启用，因此服务器无法得知其克隆是否完成。当源实例通过 plugin-load-add 加载插件时，成功的克隆之后也会如此"
        ),
        "Completed at {} from {}": "完成于 {}，来自 {}",
        "This server has no completed clone": "该服务器没有已完成的克隆",
        "The clone is still under way (stage {}, {} %)": "克隆仍在进行（阶段 {}，{} %）",
        "The clone failed: {} (error {})": "克隆失败：{}（错误 {}）",
        "The clone went into the directory {}, not into this server's data": "克隆写入了目录 {}，而不是该服务器的数据",
        "The clone came from {}, which has the donor's data": "克隆来自 {}，它有源实例的数据",
        "The clone came from {}, the donor to compare with is {}": "克隆来自 {}，而要比较的源实例是 {}",
        "The clone came from {}": "克隆来自 {}",
        (
            "Both servers have server_uuid {}: they are the same server, or one data directory was copied with "
            "its auto.cnf"
        ): ("两台服务器的 server_uuid 都是 {}：它们是同一台服务器，或者数据目录连同 auto.cnf 一起被复制"),
        "The server_uuids differ": "server_uuid 不同",
        "Both servers have server_id {}; replication between them can't work": "两台服务器的 server_id 都是 {}；它们之间无法复制",
        "{} has server_uuid {}, too: it is the same server, or one data directory was copied with its auto.cnf": (
            "{} 的 server_uuid 也是 {}：它是同一台服务器，或者数据目录连同 auto.cnf 一起被复制"
        ),
        "Unique among {}": "在 {} 台中唯一",
        "{} has server_id {}, too; replicas of one source can't share one": "{} 的 server_id 也是 {}；同一源的副本不能相同",
        "{}, unique among {}": "{}，在 {} 台中唯一",
        "Both are MySQL {}": "两台都是 MySQL {}",
        "The donor is MySQL {}, the recipient {}": "源实例是 MySQL {}，目标实例是 {}",
        "The recipient lacks {} of the clone: {}": "目标实例缺少克隆的{}：{}",
        "The recipient has executed all {} of them": "目标实例已执行全部 {} 个",
        "No GTID set of the clone: {}": "没有克隆的 GTID 集：{}",
        "the donor had executed none": "源实例没有执行过事务",
        "there is no completed clone to compare with": "没有可比较的已完成的克隆",
        "Neither a clone nor a donor to compare with": "没有可比较的克隆或源实例",
        "The recipient has {} that the donor never had: {}": "目标实例有源实例从未有过的{}：{}",
        "There are none": "没有",
        "There is none": "没有",
        "The recipient has none of the donor's {}: it isn't a clone of it": "目标实例没有源实例的{}：它不是其克隆",
        "It has all of the donor's transactions": "它有源实例的全部事务",
        "The donor has executed {} that the recipient hasn't": "源实例执行了目标实例没有的{}",
        "All {} are there": "全部 {} 个都在",
        "All {} are there, with the same definitions": "全部 {} 个都在，定义相同",
        "All {} are the same": "全部 {} 个都相同",
        "Equal in all {} InnoDB tables": "全部 {} 个 InnoDB 表都相同",
        "Equal in all {} InnoDB tables (up to {} rows all of them, of larger tables a sample)": (
            "全部 {} 个 InnoDB 表都相同（不超过 {} 行的表比较全部行，更大的表抽样）"
        ),
        "Every table and account could be read on both servers": "两台服务器上的每个表和账号都能读取",
        "Not compared: {}": "未比较：{}",
        "The donor has none": "源实例没有",
        "{}, none of them lacks rows: {}": "{}，行都不缺：{}",
        "CLONE copies only InnoDB data; {} came empty: {}": "CLONE 只复制 InnoDB 数据；{}为空：{}",
        "Not loaded as the donor's tables want it: {}": "没有按源实例的表所要求的加载：{}",
        "All that were cloned along are loaded": "随克隆而来的都已加载",
        "They can't be read on both servers: SELECT ON performance_schema.* is needed": (
            "无法在两台服务器上读取：需要 SELECT ON performance_schema.*"
        ),
        "No drift": "没有偏差",
        "SET PERSIST differs, which a clone doesn't carry over: {}": "SET PERSIST 不同，克隆不会带过来：{}",
        "They can't be read": "无法读取",
        "{} of the donor run here too, and write to the recipient: {}": "源实例的{}在这里也运行，并写入目标实例：{}",
        "{} enabled, event_scheduler is {}": "{}已启用，event_scheduler 为 {}",
        "{} came prepared with the clone and hold locks until somebody ends them": "{}随克隆以已准备状态而来，在有人结束它们之前持有锁",
        "clone_valid_donor_list is still '{}'": "clone_valid_donor_list 仍为 '{}'",
        "It is empty": "为空",
        "mysql.user can't be read": "无法读取 mysql.user",
        "Temporary accounts of a clone are still there: {}": "克隆的临时账号仍在：{}",
        "The data directory wasn't looked into: {}": "没有查看数据目录：{}",
        "The data directory still holds files of a clone that hasn't ended: {}": "数据目录中仍有未结束的克隆的文件：{}",
        "the channels can't be read": "无法读取复制通道",
        "The recipient has no replication channel from {}": "目标实例没有来自 {} 的复制通道",
        "the donor": "源实例",
        "{} from {}:{} is running": "{}（来自 {}:{}）正在运行",
        "the default channel": "默认通道",
        "The recipient has replication channels that don't come from {}: {}. A clone copies the donor's": (
            "目标实例有不是来自 {} 的复制通道：{}。克隆会复制源实例的通道"
        ),
        "Nothing was compared with the donor's data: {}": "没有与源实例的数据比较：{}",
        "The donor's inventory has none: collect it with rows in compare": "源实例的清单中没有：在 compare 中加上 rows 再收集",
        "The donor's inventory has checksum {}: collect it with checksum: {}": (
            "源实例清单的 checksum 为 {}：用 checksum: {} 再收集"
        ),
        "The donor has no GTIDs to wait for": "源实例没有可等待的 GTID",
        "Within {} seconds the recipient didn't execute the donor's transactions": "目标实例在 {} 秒内没有执行完源实例的事务",
        "It has executed all that the donor had": "它已执行源实例的全部事务",
        "MySQL {} answers": "MySQL {} 有应答",
        "the server doesn't answer": "服务器没有应答",
        "there was no clone": "没有过克隆",
        "a clone is under way": "克隆正在进行",
        "it is completed": "已完成",
        "the clone failed: {} (error {})": "克隆失败：{}（错误 {}）",
        "no progress in {} for {} s; the threshold is {} s": "{} 已有 {} 秒没有进展；阈值为 {} 秒",
        "nothing stands still": "没有停滞",
        "not known": "未知",
        "not readable": "无法读取",
        "{} table of the donor will be empty on the recipient: {}": "源实例的 {} 个表在目标实例上将是空的：{}",
        "{} tables of the donor will be empty on the recipient: {}": "源实例的 {} 个表在目标实例上将是空的：{}",
        "{} holds {} schema that the clone would drop: {}": "{} 有 {} 个库会被克隆删除：{}",
        "{} holds {} schemas that the clone would drop: {}": "{} 有 {} 个库会被克隆删除：{}",
        "{} has {}: the clone would drop some of the data and then fail": "{} 有 {}：克隆会删除部分数据然后失败",
        "{} % used; the threshold is {} %": "已用 {} %；阈值为 {} %",
        "{} % used; the threshold is {} %, {} free on {}": "已用 {} %；阈值为 {} %，剩余 {}（{}）",
        "{} new since the last look": "上次查看以来新增 {} 个",
        "{} new since the last look, the newest: {}": "上次查看以来新增 {} 个，最新的是：{}",
        "repaired: {}": "已修复：{}",
        "differing: {}": "不同：{}",
        "{}: the file system of {} can't be looked at": "{}：无法查看 {} 的文件系统",
        (
            "{} '{}' is an IPv6 address: CLONE and clone_valid_donor_list take only host names and IPv4 addresses. Use a "
            "host name that resolves to it (for example an entry in /etc/hosts on the recipient)"
        ): (
            "{} '{}' 是 IPv6 地址：CLONE 和 clone_valid_donor_list 只接受主机名和 IPv4 地址。"
            "请使用解析到它的主机名（例如目标实例 /etc/hosts 中的一行）"
        ),
        # Why recover does what it does.
        "a run on this host is at work on the recipient; it is waited for": "该主机上有一次运行正在处理目标实例；等待它结束",
        "a clone from {} is under way; it is waited for": "来自 {} 的克隆正在进行；等待它结束",
        "an interrupted run was cloning beside the data directory; the server was never stopped": (
            "一次中断的运行正在数据目录旁克隆；服务器从未停止"
        ),
        "an interrupted run was swapping data directories (towards the {})": "一次中断的运行正在交换数据目录（目标为{}）",
        "old data": "旧数据",
        (
            "the recipient refuses the login ({}); after a clone the accounts are the donor's: give "
            "post_clone_login_user and post_clone_login_password"
        ): ("目标实例拒绝登录（{}）；克隆之后账号是源实例的：给出 post_clone_login_user 和 post_clone_login_password"),
        "the server's process runs but doesn't answer yet; it is waited for": "服务器进程在运行但尚无应答；等待它",
        "the server can't start: {} Remedy: {}": "服务器无法启动：{} 处理办法：{}",
        "the copy is complete and takes effect when the server starts": "复制已完成，服务器启动时生效",
        "the server ended in the middle of a clone; it rolls back when it starts, without user data, and then {}": (
            "服务器在克隆中途结束；启动时回滚，没有用户数据，然后{}"
        ),
        "the server is down ({})": "服务器已停止（{}）",
        "{}; start it, or give start_command": "{}；请启动它，或给出 start_command",
        "the old data in {} is wanted back; the clone is kept in {}": "要恢复 {} 中的旧数据；克隆保留在 {}",
        "an interrupted run has not put these variables back": "一次中断的运行没有恢复这些变量",
        "an interrupted run has not put these variables of the donor back": "一次中断的运行没有恢复源实例的这些变量",
        "a clone into these directories was never completed (#status_in_progress)": (
            "写入这些目录的克隆从未完成（#status_in_progress）"
        ),
        "files of a clone whose lists are gone, so that no start removes them": "克隆的文件，其清单已丢失，因此启动时不会删除它们",
        "a clone that failed left directories of the donor's schemas; CREATE DATABASE would fail (error 3678)": (
            "失败的克隆留下了源实例各库的目录；CREATE DATABASE 会失败（错误 3678）"
        ),
        "the recipient's data was dropped by a clone that failed; {}": "目标实例的数据被一次失败的克隆删除；{}",
        "nothing is brought back, as asked": "按要求不恢复任何数据",
        "a logical copy of the schemas that are missing was asked for": "要求对缺少的库做逻辑复制",
        "it is cloned anew": "重新克隆",
        "it is cloned anew: the donor's sizes are not known, so nothing speaks for a logical copy": (
            "重新克隆：源实例的大小未知，没有理由做逻辑复制"
        ),
        "kept data directories are not wanted any more, as asked": "按要求不再需要保留的数据目录",
        "{}; give start_command so that it can be brought to an end": "{}；给出 start_command 才能完成",
        "{}; give start_command": "{}；请给出 start_command",
        "tablespaces of schemas that the server doesn't know would stop a new clone (error 1086)": (
            "服务器不认识的库的表空间会阻止新的克隆（错误 1086）"
        ),
        "{}; mysql_clone_overwrite gives them up": "{}；mysql_clone_overwrite 表示放弃它们",
        "{}; move them away, or give them up with mysql_clone_overwrite": "{}；请移走它们，或用 mysql_clone_overwrite 放弃",
        "{}; what is left of it ({}) must be given up with mysql_clone_overwrite": (
            "{}；剩余的部分（{}）必须用 mysql_clone_overwrite 放弃"
        ),
        "a logical copy costs less than a clone: {}": "逻辑复制比克隆省：{}",
        "it is cloned anew, which costs less than a logical copy: {}": "重新克隆，比逻辑复制省：{}",
        "the donor holds {}, the chosen schemas {}, and a byte costs about {} times as much in a logical copy": (
            "源实例有 {}，所选的库 {}，而逻辑复制每字节的代价约为 {} 倍"
        ),
    },
}
LANGUAGES = tuple(TEXTS)


# Characters of a text that holds values, and of each value in it; a hostile one must not cost time.
_LONGEST = 1000
_VALUE = "(.{1,400}?)"


# Forms in which a value is a sentence of its own, that might fit the whole, too.
_AROUND = frozenset(
    (
        "repaired: {}",
        "{} (overwrite is true)",
        "{}; start it, or give start_command",
        "the server ended in the middle of a clone; it rolls back when it starts, without user data, and then {}",
        "the recipient's data was dropped by a clone that failed; {}",
        "{}; give start_command so that it can be brought to an end",
        "{}; give start_command",
        "{}; mysql_clone_overwrite gives them up",
        "{}; move them away, or give them up with mysql_clone_overwrite",
        "{}; what is left of it ({}) must be given up with mysql_clone_overwrite",
        "a logical copy costs less than a clone: {}",
        "it is cloned anew, which costs less than a logical copy: {}",
        "{}, {} needed",
        "{}, {} needed ({} x {})",
        "{}, {} needed, {} with the reserve of {}",
        "{}, {} files",
        "open_files_limit is {}, the donor has {} files",
        "{} has {}, the donor has {} files",
        "{}; use probe=true to measure",
        "{}. That may be all right, since {}",
        "{}. Although {}, this isn't the reason: the donor hasn't touched them since the clone",
    )
)
_COUNTED = re.compile(r"(\d+) ([A-Za-z]+(?: [a-z]+)?)")


def _pattern(sentence: str) -> re.Pattern[str]:
    return re.compile(_VALUE.join(map(re.escape, sentence.split("{}"))))


class Texts:
    """The catalogue of one language, with ``more`` texts by name. Raises KeyError for a language that it doesn't have."""

    def __init__(self, language: str, more: t.Iterable[t.Mapping[str, str]] = ()) -> None:
        self._texts = dict(TEXTS[language])
        for texts in more:
            self._texts.update(texts)
        self._sentences = SENTENCES[language]
        # Those that say most come first: others fit what they fit, too. Each with its longest words, which are quickly looked for.
        forms = [form for form in self._sentences if "{}" in form]
        forms.sort(key=lambda form: (form in _AROUND, len(form)), reverse=True)
        self._patterns = [(max(form.split("{}"), key=len), _pattern(form), form) for form in forms]
        self._known: dict[str, str] = {}

    def __call__(self, name: str, **values: t.Any) -> str:
        """The text of that name, with values in its places."""
        return self._texts[name].format(**values) if values else self._texts[name]

    def one_of(self, group: str, name: t.Any) -> str:
        """The text ``group.name``, or the name as it is where the catalogue has none for it."""
        return self._texts.get("%s.%s" % (group, name), str(name))

    def sentence(self, text: str) -> str:
        """What a check, the error catalogue or a diagnosis says, in this language; as it is where there is no text for it."""
        if text in self._sentences:
            return self._sentences[text]
        if len(text) > _LONGEST or not self._patterns:
            return text
        if text not in self._known:
            self._known[text] = self._formed(text)
        return self._known[text]

    def _formed(self, text: str) -> str:
        for words, pattern, form in self._patterns:
            found = pattern.fullmatch(text) if words in text else None
            if found:
                around = form in _AROUND
                values = (self.sentence(value) if around else self._value(value) for value in found.groups())
                return self._sentences[form].format(*values)
        return text

    def _value(self, value: str) -> str:
        """A value in a sentence: a sentence of the catalogue, so many of something, or what was said."""
        counted = _COUNTED.fullmatch(value)
        if counted:
            noun = counted[2]
            one = "counted." + noun
            # English has more forms for several.
            for single in (noun, noun[:-1], noun[:-3] + "y"):
                one = "counted." + single
                if one in self._texts:
                    return self(one, count=counted[1])
        return self._sentences.get(value, value)
