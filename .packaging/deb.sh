#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes Debian packages of an archive of the source: deb.sh ARCHIVE FOLDER
# They are in FOLDER afterwards, which it removes first. Fails if lintian finds an error.
unset CDPATH
set -euo pipefail
[ $# -eq 2 ] || { sed -n '2,/^[^#]/{ /SPDX-/d; s/^# //p }' "$0" >&2; exit 2; }
sh "$(dirname "$0")/../tests/deps.sh" debhelper dpkg-dev fakeroot lintian
archive=$(realpath "$1")
version=$(basename "$archive" .tar.gz)
version=${version#ecan-}
rm -rf "$2"
mkdir -p "$2"
cd "$2"
cp "$archive" "ecan_$version.orig.tar.gz"
tar -xzf "$archive"
cp -r "ecan-$version/.packaging/debian" "ecan-$version/debian"
(
    cd "ecan-$version"
    packaged=$(dpkg-parsechangelog -S Version)
    [ "${packaged%-*}" = "$version" ] || {
        echo ".packaging/debian/changelog has version $packaged, the source has $version" >&2
        exit 1
    }
    unset MAKEFLAGS MFLAGS MAKELEVEL
    dpkg-buildpackage -us -uc
)
lintian --fail-on error ./*.changes
ls ./*.deb
