# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is due by when after a failure: the 0, 5, 15, 30 and 60 minutes of the emergency response, and the day after.

This plugin util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.dbops.mysql_clone.plugins.plugin_utils._sections._section import Record, Section, Seen, View

# Minutes after the failure by which each step is due.
MINUTES = (0, 5, 15, 30, 60, 1440)
TEXTS = {
    "en": {
        "emergency": "Emergency timeline",
        "emergency.0": "Failure",
        "emergency.5": "First assessment",
        "emergency.15": "Emergency measures",
        "emergency.30": "Root cause",
        "emergency.60": "Solved",
        "emergency.1440": "Lessons",
        "emergency.by": "by {time}",
        "emergency.minutes": "{count} min",
        "emergency.hours": "{count} h",
        "do.0": "Keep the error as it is: {error}.",
        "do.5.intact": "The recipient's old data is untouched: there is time to find the cause.",
        "do.5.gone": "The recipient's old data is gone: take it out of service until a clone has succeeded.",
        "do.5.replaced": "The copy is complete: what is missing is the server's start.",
        "do.5.unknown": "Find out whether the recipient's old data was dropped (stage DROP DATA of clone_progress).",
        "do.5.donor": "The donor is not harmed by a failed clone.",
        "do.15.network": "Test the link from the recipient to the donor (port, firewall, TLS).",
        "do.15.disk": "Make room on the recipient's disk: old binary logs, temporary files, a larger volume.",
        "do.15.privilege": "Let the playbook clone make the account, or grant what is missing.",
        "do.15.resource": "Free memory, connections or file handles, or end what takes them.",
        "do.15.configuration": "Bring the settings of donor and recipient into line.",
        "do.15.state": "Wait until what is in the way has ended, or end it.",
        "do.15.unknown": "Leave the recipient as it is, and read the error logs of both servers.",
        "do.30": "Run the diagnosis, which reads the log, the files and the checks: {command}",
        "do.60": "Bring the recipient back and prove it: {command}",
        "do.1440": "Read the record in incidents.jsonl, write down what solved it, and set up monitoring: {command}",
    },
    "zh": {
        "emergency": "应急响应时间线",
        "emergency.0": "故障发生",
        "emergency.5": "初步评估",
        "emergency.15": "紧急处理",
        "emergency.30": "根因分析",
        "emergency.60": "彻底解决",
        "emergency.1440": "总结改进",
        "emergency.by": "截止 {time}",
        "emergency.minutes": "{count} 分钟",
        "emergency.hours": "{count} 小时",
        "do.0": "完整保存错误信息：{error}。",
        "do.5.intact": "目标实例的原有数据未受影响，有时间查找原因。",
        "do.5.gone": "目标实例的原有数据已被删除：在克隆成功之前请将其下线。",
        "do.5.replaced": "数据复制已完成，只差启动服务器。",
        "do.5.unknown": "确认目标实例的原有数据是否已被删除（clone_progress 的 DROP DATA 阶段）。",
        "do.5.donor": "克隆失败不会损坏源实例。",
        "do.15.network": "检查目标实例到源实例的网络（端口、防火墙、TLS）。",
        "do.15.disk": "为目标实例腾出磁盘空间：旧的二进制日志、临时文件，或扩容。",
        "do.15.privilege": "由 clone playbook 创建账号，或补授缺少的权限。",
        "do.15.resource": "释放内存、连接或文件句柄，或结束占用它们的进程。",
        "do.15.configuration": "使源实例与目标实例的配置一致。",
        "do.15.state": "等待阻碍克隆的操作结束，或结束它。",
        "do.15.unknown": "保持目标实例原样，查看两台服务器的错误日志。",
        "do.30": "运行诊断，它会分析日志、文件和检查项：{command}",
        "do.60": "恢复目标实例并校验：{command}",
        "do.1440": "查看 incidents.jsonl 中的记录，写明解决办法，并建立监控：{command}",
    },
}
HTML = """\
<h3>{{ said("emergency") }}</h3>
<ol class="times">
{% for step in shown %}
<li><strong>{{ step.minutes }}: {{ step.title }}</strong> <time class="dim" datetime="{{ step.time }}">({{ step.by }})</time><br>
<span class="said">{{ step.text }}</span></li>
{% endfor %}
</ol>
"""
STYLE = """\
ol.times { list-style: none; padding: 0; margin: 0; } ol.times li { border-left: 3px solid var(--accent); padding: .25rem 0 .5rem .9rem; }
@media print { ol.times li { break-inside: avoid; } }
"""
MARKDOWN = """\

### {{ said("emergency") }}

{% for step in shown %}
- {{ step.minutes }} ({{ step.by | md }}), {{ step.title }}: {{ step.text | md }}
{% endfor %}
"""


def _keep(seen: Seen) -> dict[str, t.Any]:
    """What is so with the recipient's old data, as in _errors.DATA; None where nothing went wrong."""
    if seen.diagnose.get("data"):
        return {"data": str(seen.diagnose["data"])}
    return {"data": None if seen.error is None else seen.entry(seen.error).data}


def _show(item: Record, view: View) -> list[dict[str, str]]:
    if not item["causes"] or item["explained"]:
        return []
    said = view.said
    failure = item["end_time"] or item["begin_time"] or view.now
    due = _due(item, view)
    return [
        {
            "minutes": said("emergency.hours", count=minutes // 60)
            if minutes > 60
            else said("emergency.minutes", count=minutes),
            "title": said("emergency.%d" % minutes),
            "time": _later(failure, minutes),
            "by": said("emergency.by", time=_later(failure, minutes)),
            "text": " ".join(words for words in due[minutes] if words),
        }
        for minutes in MINUTES
    ]


def _due(item: Record, view: View) -> dict[int, list[str]]:
    """What is to be done by each of MINUTES."""
    said, cause, error = view.said, item["causes"][0], item["error"]
    limit = " --limit " + item["recipient"]
    data = item["data"] if item["data"] in ("intact", "gone", "replaced") else "unknown"
    return {
        0: [
            said("do.0", error="%s %s" % (error["code"], error["message"]) if error else said.sentence(cause["cause"]))
        ],
        5: [said("do.5." + data), said("do.5.donor")],
        15: [
            said("do.15." + cause["category"]) if cause["category"] else said("do.15.unknown"),
            said.sentence(cause["remedy"] or ""),
        ],
        30: [said("do.30", command="ansible-playbook dbops.mysql_clone.diagnose" + limit)],
        60: [said("do.60", command="ansible-playbook dbops.mysql_clone.recover" + limit)],
        1440: [said("do.1440", command="ansible-playbook dbops.mysql_clone.monitor")],
    }


def _later(begin: str, minutes: int) -> str:
    """A time so many minutes after another; both ISO 8601 in UTC, to the second."""
    moment = datetime.datetime.fromisoformat(begin[:19]) + datetime.timedelta(minutes=minutes)
    return moment.isoformat() + "Z"


SECTION = Section("emergency", 40, TEXTS, _show, HTML, MARKDOWN, _keep, style=STYLE)
