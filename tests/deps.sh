#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs missing Debian packages: deps.sh PACKAGE... (a|b: the first one that exists).
# It uses apt-get, with sudo if not root. On other systems it prints what to install.
set -eu

installed() { dpkg-query -W -f '${Status}\n' "$1" 2>/dev/null | grep -q '^install ok installed'; }

missing=
for choice in "$@"; do
    found=
    for package in $(echo "$choice" | tr '|' ' '); do
        if command -v dpkg-query >/dev/null 2>&1 && installed "$package"; then found=yes; fi
    done
    [ -n "$found" ] || missing="$missing $choice"
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "apt-get not found. Install the contents of these Debian packages, then run make --assume-old=deps:$missing" >&2
    exit 1
fi
sudo=
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || { echo "sudo not found. Run as root: apt-get install$missing" >&2; exit 1; }
    sudo=sudo
fi
echo "Installing:$missing"
$sudo apt-get update -qq
packages=
for choice in $missing; do
    for package in $(echo "$choice" | tr '|' ' '); do
        if apt-cache show "$package" >/dev/null 2>&1; then packages="$packages $package"; break; fi
    done
done
# shellcheck disable=SC2086 # a list of words
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
