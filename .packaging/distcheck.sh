#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds, tests, installs and uninstalls ecan from an archive of its source: distcheck.sh ARCHIVE FOLDER
# The source is read-only and must be the same afterwards. An uninstallation must leave no file. Works in FOLDER, which it
# removes first.
unset CDPATH
set -euo pipefail
[ $# -eq 2 ] || { sed -n '2,/^[^#]/{ /SPDX-/d; s/^# //p }' "$0" >&2; exit 2; }
archive=$(realpath "$1")
if [ -e "$2" ]; then chmod -R u+w "$2" && rm -rf "$2"; fi
mkdir -p "$2"
cd "$2"
tar -xzf "$archive"
source=$(echo ecan-*)
chmod -R a-w "$source"

contents() {
    (cd "$source" && find . -printf '%y %m %p\n' | sort && find . -type f -exec sha256sum {} + | sort -k 2)
}
build() {
    make --no-print-directory -C "$source" BUILD="$PWD/build" "$@"
}

contents >before
build check-quick
build -s install PREFIX=/usr DESTDIR="$PWD/installed"
installed/usr/bin/ecan-predict --version
build -s uninstall PREFIX=/usr DESTDIR="$PWD/installed"
left=$(find installed ! -type d)
[ -z "$left" ] || { printf 'left after make uninstall:\n%s\n' "$left" >&2; exit 1; }
contents | diff before - || { echo "the build changed the source" >&2; exit 1; }
echo "$archive builds, passes its tests, installs and uninstalls"
