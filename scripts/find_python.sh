#!/bin/sh
# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# find_python.sh NAME...: print the real executable of the first Python that works, such as "find_python.sh 3.11 3.12"
# or "find_python.sh /opt/python/bin/python3.13". A name on PATH may be a version manager's shim for a version
# that isn't active, and Debian's python3 may lack ensurepip: only one that can make virtual environments, and stands
# in none, counts.

set -u

try() {
    [ -x "$1" ] && "$1" -c 'import ensurepip, sys, venv
sys.prefix == sys.base_prefix or sys.exit(1)
print(sys.executable)' 2>/dev/null
}

for name; do
    case $name in
    */*) try "$name" && exit 0; continue ;;
    python*) version=${name#python} ;;
    *) version=$name ;;
    esac
    rest=$PATH:
    while [ -n "$rest" ]; do
        try "${rest%%:*}/python$version" && exit 0
        rest=${rest#*:}
    done
    # Where version managers and distributions put interpreters that aren't on PATH.
    for path in "${PYENV_ROOT:-$HOME/.pyenv}/versions/$version"*/bin/"python$version" \
        "$HOME"/.local/share/uv/python/cpython-"$version"*/bin/"python$version" \
        "$HOME"/.asdf/installs/python/"$version"*/bin/"python$version" \
        /usr/local/bin/"python$version" /opt/python*/bin/"python$version"; do
        try "$path" && exit 0
    done
done
exit 1
