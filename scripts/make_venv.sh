#!/bin/sh
# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# make_venv.sh DIRECTORY ANSIBLE_CORE [PYTHON]: a virtual environment with that minor version of ansible-core
# and everything in requirements.txt and requirements-dev.txt.

set -eu
venv=$1 core=$2 python=${3:-}
scripts=$(dirname "$0")

# The Pythons that each ansible-core runs on, oldest first.
case $core in
2.19) versions='3.11 3.12 3.13' ;;
2.20 | 2.21) versions='3.13 3.12 3.14' ;;
2.22) versions='3.13 3.14 3.15' candidate=rc1 ;; # takes release candidates as long as 2.22.0 isn't out
*) echo "make_venv.sh: ANSIBLE_CORE=$core: expected 2.19, 2.20, 2.21 or 2.22" >&2; exit 2 ;;
esac

# shellcheck disable=SC2086  # several words on purpose
if ! interpreter=$("$scripts/find_python.sh" ${python:-$versions}); then
    echo "make_venv.sh: no usable Python: tried ${python:-$versions} on PATH and where version managers put them." >&2
    echo "It must be able to make virtual environments ('import venv, ensurepip'); on Debian and Ubuntu that is the" >&2
    echo "package python3-venv. Say which one to take with PYTHON=/path/to/python3." >&2
    exit 1
fi

echo "make_venv.sh: $venv: ansible-core $core on $interpreter"
"$interpreter" -m venv --clear "$venv"
"$venv/bin/python" -m pip install -qq --disable-pip-version-check \
    "ansible-core~=$core.0${candidate:-}" -r requirements.txt -r requirements-dev.txt
touch "$venv/.stamp"
