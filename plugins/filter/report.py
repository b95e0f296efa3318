# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import typing as t

from ansible.errors import AnsibleFilterError

# All filters are loaded before hosts are checked, and Ansible compiles a collection's source anew in each run: what is needed once in
# a run, if at all, is imported where it is needed.
from ansible_collections.dbops.mysql_clone.plugins.module_utils import _packed
from ansible_collections.dbops.mysql_clone.plugins.plugin_utils import _records


def _now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def record(host: str, results: t.Mapping[str, t.Any], packed: bool = False) -> dict[str, t.Any] | str:
    made = _records.record(str(host), results)
    return _packed.packed(made) if packed else made


def complete(
    records: t.Sequence[t.Mapping[str, t.Any] | str], hosts: t.Sequence[str], others: t.Sequence[str] = ()
) -> list[t.Mapping[str, t.Any]]:
    records = [_packed.unpacked(str(item)) if isinstance(item, str) else item for item in records]
    known = {str(item["recipient"]) for item in records}
    lost = [_records.missing(str(host)) for host in hosts if str(host) not in known]
    known.update(map(str, hosts))
    return [*records, *lost, *(_records.pending(str(host)) for host in others if str(host) not in known)]


def table(records: t.Sequence[t.Mapping[str, t.Any]], name: str = "clone") -> list[str]:
    return _records.table_of_checks(records) if name == "precheck" else _records.table(records)


def unique_servers(servers: t.Mapping[str, t.Mapping[str, t.Any]]) -> dict[str, list[dict[str, t.Any]]]:
    from ansible_collections.dbops.mysql_clone.plugins.module_utils import _verification

    known = {str(name): _verification.Server(**one) for name, one in servers.items()}
    found = _verification.check_unique(known)
    return {name: [finding.as_dict() for finding in findings] for name, findings in found.items()}


def report_files(
    records: t.Sequence[t.Mapping[str, t.Any]],
    name: str = "clone",
    language: str = "en",
    known: str = "",
    now: str | None = None,
) -> dict[str, str]:
    from ansible_collections.dbops.mysql_clone.plugins.plugin_utils import _incidents, _page
    from ansible_collections.dbops.mysql_clone.plugins.plugin_utils._texts import LANGUAGES

    if language not in LANGUAGES:
        raise AnsibleFilterError(
            "report_files: there are no texts in the language '%s'; expected one of %s"
            % (language, ", ".join(LANGUAGES))
        )
    if not name.isidentifier():
        raise AnsibleFilterError(
            "report_files: '%s' can't be the name of a report's files; expected letters, digits and underscores" % name
        )
    now = now or _now()
    return _page.files(records, name, language, now, _incidents.added(records, known, name, now))


def incidents(
    records: t.Sequence[t.Mapping[str, t.Any]], name: str = "clone", known: str = "", now: str | None = None
) -> str:
    from ansible_collections.dbops.mysql_clone.plugins.plugin_utils import _incidents

    return _incidents.text(known, _incidents.added(records, known, name, now or _now()))


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {
            "complete": complete,
            "incidents": incidents,
            "record": record,
            "report_files": report_files,
            "table": table,
            "unique_servers": unique_servers,
        }
