#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds and installs ecan from an archive of its source in a new Debian 12, removes the source, and runs the flow of a hospital
# (tests/flow.sh) as an ordinary user: flow-check.sh ARCHIVE FOLDER
# Needs root and debootstrap. The mirror is that of the configuration of apt. The system is made in FOLDER/root and removed.
set -euo pipefail
[ $# -eq 2 ] || { sed -n '2,/^[^#]/{ /SPDX-/d; s/^# //p }' "$0" >&2; exit 2; }
archive=$(realpath "$1")
here=$(realpath "$(dirname "$0")")
mkdir -p "$2"
cd "$2"
# shellcheck source-path=SCRIPTDIR
. "$here/new-debian.sh"
sh "$here/../tests/deps.sh" jq
new_debian

# As the README says: with make. The source is removed after the installation.
inside apt-get install -y -qq --no-install-recommends make >install.log
mkdir -p "$root/usr/src/ecan"
tar -xzf "$archive" --strip-components=1 -C "$root/usr/src/ecan"
# shellcheck disable=SC2016
inside sh -ec 'cd /usr/src/ecan && make -s deps && make -s -j"$(nproc)" && make -s install' >>install.log
cp -r "$root/usr/src/ecan/tests" "$root/tmp/tests"
rm -rf "$root/usr/src/ecan"

# The tables are made outside, because that needs jq.
inside /usr/local/libexec/ecan/make-encounters --train 160 --dev 40 --test 20 -o /tmp/made >>install.log
"$root/tmp/tests/flow-data.sh" "$root/tmp/made" "$root/tmp/data"
chmod -R a+rX "$root/tmp/data"

inside sh -c 'cd /tmp && su nobody -s /bin/bash -c "tests/flow.sh data work --epochs 6"'
inside test -s /tmp/work/bundle.json
echo "built, installed and used in a new Debian 12: $(basename "$archive")"
