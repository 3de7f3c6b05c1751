#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the packages of FOLDER in a new Debian 12, runs the demo and the examples of libecan, and purges them: deb-check.sh FOLDER
# Needs root and debootstrap. The mirror is that of the configuration of apt. The system is made in FOLDER/root and removed.
unset CDPATH
set -euo pipefail
[ $# -eq 1 ] || { sed -n '2,/^[^#]/{ /SPDX-/d; s/^# //p }' "$0" >&2; exit 2; }
here=$(realpath "$(dirname "$0")")
cd "$1"
packages=$(for file in ./*.deb; do dpkg-deb -f "$file" Package; done | grep -v -- '-dbgsym$')
[ -n "$packages" ] || { echo "deb-check.sh: no packages in $1: run make deb first" >&2; exit 1; }

# shellcheck source-path=SCRIPTDIR
. "$here/new-debian.sh"
new_debian
cp ./*.deb "$root/tmp"
rm -f "$root"/tmp/*-dbgsym_*.deb

inside sh -c 'apt-get install -y -qq --no-install-recommends /tmp/*.deb' >install.log
# shellcheck disable=SC2086 # a list of words
inside dpkg -L $packages | sort -u >files
inside sh -c 'cd /tmp && su nobody -s /bin/sh -c "ecan demo /tmp/demo"'
inside test -s /tmp/demo/two.html

# Every command has its help.
# shellcheck disable=SC2016
inside sh -ec 'for verb in $(ecan --complete | sed -n "s/^ecan \([a-z0-9-]*\) verb\$/\1/p"); do ecan help "$verb" >/dev/null; done'

# MPI starts and ends, with one process.
inside sh -c 'cd /tmp && ecan-train-mpi --unknown 2>&1 | grep -q "^ecan-train-mpi: unknown option"'

# The examples in C, shared and static, and in Python.
inside apt-get install -y -qq --no-install-recommends gcc libc6-dev pkg-config python3 >>install.log
# shellcheck disable=SC2016
inside sh -ec 'cd /tmp/demo
    examples=/usr/share/doc/ecan/examples
    cc -o shared $examples/predict.c $(pkg-config --cflags --libs ecan)
    cc -o static $examples/predict.c $(pkg-config --cflags --libs --static ecan | sed s/-lecan/-l:libecan.a/)
    ldd shared | grep -q libecan.so.0
    ! ldd static | grep -q libecan
    ./shared model <two.jsonl >shared.txt
    ./static model <two.jsonl | cmp - shared.txt
    test -s shared.txt
    ecan-tokenize -q -m model two.jsonl | ecan-predict -q -m model | ecan-explain -q -m model >pipe.jsonl
    python3 $examples/predict.py model <two.jsonl | cmp - pipe.jsonl
    test -s pipe.jsonl'

# shellcheck disable=SC2086
inside apt-get purge -y -qq $packages >purge.log
left=$(while IFS= read -r file; do
    if [ ! -d "$root$file" ] && [ -e "$root$file" ]; then echo "$file"; fi
    case $file in */ecan | */ecan/*) [ ! -e "$root$file" ] || echo "$file" ;; esac
done <files)
[ -z "$left" ] || { printf 'left after apt-get purge:\n%s\n' "$left" >&2; exit 1; }
inside dpkg --audit
echo "installed, used and purged:" "${packages//$'\n'/ }"
