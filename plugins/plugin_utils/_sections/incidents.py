# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the run adds to the knowledge base.

This plugin util is PRIVATE to dbops.mysql_clone and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.dbops.mysql_clone.plugins.plugin_utils._sections._section import Record, Section, View

TEXTS = {
    "en": {"incidents": "Incidents recorded"},
    "zh": {"incidents": "已记入知识库的事件"},
}
HTML = """\
<section class="host" aria-labelledby="incidents"><h2 id="incidents">{{ said("incidents") }}</h2>
<ul>
{% for incident in shown %}
<li class="said"><time>{{ incident.time }}</time> {{ incident.host }}: <strong>{{ incident.cause }}</strong>
  {%- if incident.solved_by %} ({{ said("solved_by", what=incident.solved_by) }}){% endif %}</li>
{% endfor %}
</ul></section>
"""
MARKDOWN = """\

## {{ said("incidents") }}

{% for incident in shown %}
- {{ incident.time | md }} {{ incident.host | md }}: {{ incident.cause | md }}
  {%- if incident.solved_by %} ({{ said("solved_by", what=incident.solved_by) | md }}){% endif %}

{% endfor %}
"""


def _show(page: Record, unused: View) -> t.Sequence[Record]:
    incidents: t.Sequence[Record] = page["incidents"]
    return incidents


SECTION = Section("incidents", 100, TEXTS, _show, HTML, MARKDOWN, whole=True)
