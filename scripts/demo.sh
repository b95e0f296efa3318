#!/usr/bin/env bash
# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# A real donor cloned onto two real recipients, by the collection as ansible-galaxy installs it.

set -euo pipefail
cd "$(dirname "$0")/.."

name="demo-$$"
work="$PWD/.cache/demo"
inventory="$work/inventory.yml"
reports="$work/reports"
mkdir -p "$work"
rm -rf "${work:?}"/*

say() { printf '\n== %s\n' "$*"; }
finish() {
    status=$?
    trap - EXIT INT TERM
    python -m lab down --name "$name" >/dev/null || status=1
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

begun=$SECONDS
say "building the collection and installing it"
export ANSIBLE_COLLECTIONS_PATH="$work/collections" ANSIBLE_DISPLAY_SKIPPED_HOSTS=false ANSIBLE_NOCOWS=1
ansible-galaxy collection build --force --output-path "$work/dist" >/dev/null
ansible-galaxy collection install --force --collections-path "$work/collections" "$work"/dist/*.tar.gz >/dev/null

say "starting three MySQL servers, one with data (the first time, MySQL is fetched)"
python -m lab up --name "$name" --nodes 3 --data "${DEMO_MB:-400}" --inventory "$inventory" --owner $$ >/dev/null
ready=$SECONDS

say "dbops.mysql_clone.clone: check, repair, clone, verify"
ansible-playbook dbops.mysql_clone.clone -i "$inventory" -e "mysql_clone_report_dir=$reports" | tee "$work/first.log"
cloned=$SECONDS

say "the same again: nothing may change"
ansible-playbook dbops.mysql_clone.clone -i "$inventory" -e "mysql_clone_report_dir=$reports/again" >"$work/second.log" || {
    cat "$work/second.log"
    exit 1
}
sed -n '/^PLAY RECAP/,$p' "$work/second.log"
if grep -qE 'changed=[1-9]' "$work/second.log"; then
    echo 'demo: the second run changed something' >&2
    exit 1
fi

python - "$reports/clone.json" "$reports/again/clone.json" <<'PYTHON'
import json
import sys

for report in sys.argv[1:]:
    with open(report, encoding="utf-8") as file:
        records = json.load(file)
    if len(records) != 2 or not all(record["verified"] for record in records):
        sys.exit("demo: not all recipients are verified")
PYTHON
echo
echo "report: file://$reports/clone.html (beside it clone.md, clone.json, and clone.xml for CI)"
echo "servers ready after $((ready - begun)) s, cloned and verified in $((cloned - ready)) s, second run $((SECONDS - cloned)) s"
echo "demo: all recipients verified"
