# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.dbops.mysql_clone.plugins.plugin_utils import _alerts

Data = t.Mapping[str, t.Any]


def _now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def marks(known: str, host: str) -> dict[str, t.Any]:
    try:
        return dict(_alerts.state_of(known)["hosts"].get(str(host), {}).get("marks") or {})
    except _alerts.BadRule as error:
        raise AnsibleFilterError(str(error)) from error


def alerts(
    result: Data, host: str, rules: t.Sequence[Data] = (), known: str = "", now: str | None = None
) -> list[dict[str, t.Any]]:
    try:
        return _alerts.compared(str(host), result, rules, known, now or _now())
    except _alerts.BadRule as error:
        raise AnsibleFilterError(str(error)) from error


def look(host: str, side: str, result: Data, found: t.Sequence[Data]) -> dict[str, t.Any]:
    return {
        "host": str(host),
        "side": str(side),
        "measured": result.get("measured"),
        "alerts": list(found),
        "marks": result.get("marks"),
    }


def monitor_state(looks: t.Sequence[Data], known: str = "") -> str:
    try:
        return _alerts.next_state(known, looks)
    except _alerts.BadRule as error:
        raise AnsibleFilterError(str(error)) from error


def alert_lines(found: t.Sequence[Data]) -> list[str]:
    return [_alerts.line(alert) for alert in found]


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {
            "alert_lines": alert_lines,
            "alerts": alerts,
            "look": look,
            "marks": marks,
            "monitor_state": monitor_state,
            "prometheus": _alerts.prometheus,
        }
