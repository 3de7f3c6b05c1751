# SPDX-License-Identifier: Apache-2.0
# A new Debian 12 in the current folder, for the scripts that source this file.
# shellcheck shell=bash

# new_debian: makes the system in root, with debootstrap, and removes it when the script ends. Sets root.
new_debian() {
    local mirror
    [ "$(id -u)" -eq 0 ] || { echo "${0##*/}: run it as root: debootstrap and chroot need it" >&2; exit 1; }
    sh "$(dirname "${BASH_SOURCE[0]}")/../tests/deps.sh" debootstrap
    # shellcheck disable=SC2016 # the variables are apt's
    mirror=$(apt-get indextargets --format '$(CODENAME) $(COMPONENT) $(CREATED_BY) $(REPO_URI)' |
        sed -n 's/^bookworm main Packages //p' | head -n 1)
    [ -n "$mirror" ] || { echo "${0##*/}: apt has no source of Debian 12 (bookworm)" >&2; exit 1; }
    root=$PWD/root
    rm -rf "$root"
    debootstrap --variant=minbase bookworm "$root" "$mirror" >debootstrap.log
    trap 'rm -rf "$root"' EXIT
    echo 'Dpkg::Use-Pty "false";' >"$root/etc/apt/apt.conf.d/no-pty" # there is no /dev/pts
}

# inside COMMAND...: runs it in the system, with a /proc.
inside() {
    # shellcheck disable=SC2016 # the variables are those of the inner shell
    unshare --mount sh -c 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"' "$root" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive "$@"
}
