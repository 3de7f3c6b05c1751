#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# qemu.sh FOLDER [NAME]...: builds ecan for a big-endian machine (s390x) and for a machine of 32 bits (i386), with the cross compilers
# and the libraries of Debian, and runs the tests of formats and tokenizer, or those NAMEs: under qemu-user, but i386 without it where
# the kernel can run such programs. Everything is in FOLDER.
set -euo pipefail
unset CDPATH
folder=$(realpath -m "$1")
shift
names=("$@") little=()
if [ ${#names[@]} -eq 0 ]; then
    # On a big-endian machine models cannot be read, so the tests of other programs are left out.
    names=(base64 csv decimal digits err hash idset json jsonpull labels lend list map mem notes pack printable rng similar_codes stream tokenize
        utf8 vectors vocab walk words ecan-tokenize unicode msgpack-numpy)
    little=(byte_rows config folder_hash groups params safetensors scopes settings)
fi
cd "$(dirname "$0")/.."

fail() {
    echo "qemu.sh: $*" >&2
    exit 1
}

# fetch ARCHITECTURE: puts the libraries into FOLDER/ARCHITECTURE/root, with an apt of its own: nothing is installed.
fetch() {
    local state=$folder/$1/apt
    if [ -e "$folder/$1/root/complete" ]; then return; fi
    mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$folder/$1/root"
    : >"$state/status"
    local options=(-o "APT::Architecture=$1" -o "APT::Architectures=$1" -o "Dir::State::lists=$state/lists" -o "Dir::State::status=$state/status"
        -o "Dir::Cache=$state/cache" -o APT::Sandbox::User=root -qq)
    apt-get "${options[@]}" update || true # some lists are enough
    (
        cd "$state/cache"
        apt-get "${options[@]}" download libmsgpack-dev libmsgpackc2 libutf8proc-dev libutf8proc2 libjansson-dev libjansson4 zlib1g-dev zlib1g \
            libblis-serial-dev libblis4-serial libpng-dev libpng16-16
        for package in *.deb; do dpkg -x "$package" "$folder/$1/root"; done
    ) || return 1
    touch "$folder/$1/root/complete"
}

# command_of ARCHITECTURE PREFIX LIBRARIES: the command, without the program, that runs a program of that machine. qemu-i386 7.2 hangs in
# programs that start threads after a fork, so it is used only where the kernel has no programs of 32 bits.
command_of() {
    local loader=/usr/$2/lib/ld-linux.so.2
    if [ "$1" = i386 ] && "$loader" --help >"$folder/loader" 2>&1; then
        echo "$loader --library-path $3:/usr/$2/lib"
    else
        echo "qemu-$1 -L /usr/$2 -E LD_LIBRARY_PATH=$3"
    fi
}

# check ARCHITECTURE PREFIX [FLAG]...: PREFIX is that of its compiler
check() {
    local root=$folder/$1/root triplet=$1-linux-gnu build=$folder/$1/build libraries program run
    for program in "$2-gcc" "qemu-$1"; do command -v "$program" >/dev/null || fail "$program is missing: apt install gcc-s390x-linux-gnu gcc-i686-linux-gnu qemu-user"; done
    fetch "$1" || fail "$1: the libraries cannot be fetched"
    libraries=$root/usr/lib/$triplet:$root/usr/lib/$triplet/blis-serial:$root/lib/$triplet
    make -s -j"$(nproc)" CC="$2-gcc" BUILD="$build" PKG_CONFIG=false CFLAGS="-O1 ${*:3}" \
        CPPFLAGS="-isystem $root/usr/include -isystem $root/usr/include/$triplet -isystem $root/usr/include/$triplet/blis-serial" \
        LDFLAGS="-L$root/usr/lib/$triplet -L$root/usr/lib/$triplet/blis-serial -L$root/lib/$triplet -Wl,-rpath-link,${libraries//:/,-rpath-link,} -Wl,-rpath,$libraries" \
        foreign || fail "$1: the build failed"
    run=$(command_of "$1" "$2" "$libraries")
    for program in "$build"/bin/ecan-* "$build"/tests/*; do # a script in place of each program of that machine
        if [ ! -f "$program" ] || [ ! -x "$program" ] || [ "$(head -c 2 "$program")" = '#!' ]; then continue; fi
        mkdir -p "${program%/*}/foreign"
        mv "$program" "${program%/*}/foreign/"
        printf '#!/bin/sh\nexec %s "%s/foreign/%s" "$@"\n' "$run" "${program%/*}" "${program##*/}" >"$program"
        chmod +x "$program"
    done
    echo "== $1: ${run%% *}"
    [ "$1" != s390x ] || little=()
    BUILD=$build tests/run "${names[@]}" "${little[@]}"
}

failed=0
check i386 i686-linux-gnu -msse2 -mfpmath=sse || failed=1
check s390x s390x-linux-gnu || failed=1
exit $failed
