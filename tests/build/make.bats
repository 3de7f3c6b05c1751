#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The Makefile: flags of the compiler, and what `make install` and `make uninstall` do.

load ../helper

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return 1
    unset MAKEFLAGS MFLAGS MAKELEVEL CFLAGS
    scratch=$BATS_TEST_TMPDIR
}

# make without building: the programs, tests and pages are those that are there.
make_only() {
    make --no-print-directory -o all -o man $(printf -- '-o %s ' "$ECAN_BUILD"/lib/*) "BUILD=$ECAN_BUILD" "$@"
}

# install_with VARIABLE=VALUE...: lists the files below $scratch after an installation, with their modes, and the links.
install_with() {
    make_only install "DESTDIR=$scratch" "$@"
    (cd "$scratch" && find . -type f -printf '%m %P\n' -o -type l -printf '%l %P\n' | sort -k 2) >"$scratch.list"
}

has() { # MODE FILE
    grep -qxF "$1 $2" "$scratch.list" || { echo "missing: $1 $2"; cat "$scratch.list"; return 1; }
}

@test "the loops over floats keep their flags when CFLAGS is set on the command line" {
    for object in tensor/ops tensor/conv train/adam train/w2v_products train/w2v_learn eval/score_average; do
        make -n BUILD=nowhere CFLAGS=-O1 CC=cc "nowhere/obj/lib/$object.o" >"$scratch/commands"
        grep -q -- "^cc .* -O1 -O3 -ffp-contract=fast -fno-math-errno -fno-trapping-math .*lib/$object.c" "$scratch/commands"
    done
    make -n BUILD=nowhere CFLAGS=-O1 CC=cc nowhere/obj/lib/tensor/gemm.o >"$scratch/commands"
    grep -q -- '^cc .* -O1 .*lib/tensor/gemm.c' "$scratch/commands"
    not grep -q -- '^cc .*-O3.*gemm.c' "$scratch/commands"
}

@test "make help has every command" {
    make help >"$scratch/help"
    sed -n '/^\.PHONY/,/FORCE/p' Makefile | tr -d '\\\n' | sed 's/\.PHONY: all//; s/FORCE//' >"$scratch/targets"
    [ "$(wc -w <"$scratch/targets")" -gt 20 ]
    for target in $(cat "$scratch/targets"); do
        grep -q "^  make $target  *[^ ]" "$scratch/help" || { echo "$target"; return 1; }
    done
}

@test "make install, and make uninstall leaves nothing" {
    install_with PREFIX=/opt/ecan
    has 755 opt/ecan/bin/ecan
    has 755 opt/ecan/bin/ecan-predict
    has 644 opt/ecan/share/man/man1/ecan.1
    has 644 opt/ecan/share/doc/ecan/paper.md
    has 755 opt/ecan/libexec/ecan/train.sh
    has 755 opt/ecan/libexec/ecan/make-encounters
    has 644 opt/ecan/libexec/ecan/common.sh
    has 644 opt/ecan/libexec/ecan/tune/draw.awk
    has 644 opt/ecan/share/man/man1/ecan-predict.1
    has 644 opt/ecan/share/man/man5/ecan-stream.5
    has 644 opt/ecan/share/man/man7/ecan.7
    has 644 opt/ecan/share/doc/ecan/formats/tokens.md
    has 644 opt/ecan/share/doc/ecan/examples/drop-notes.c
    has 644 opt/ecan/share/bash-completion/completions/ecan
    has ecan opt/ecan/share/bash-completion/completions/ecan-predict
    has 644 opt/ecan/include/ecan.h
    has 644 opt/ecan/lib/pkgconfig/ecan.pc
    has 644 opt/ecan/lib/libecan.a
    has libecan.so.0 opt/ecan/lib/libecan.so
    has 644 "opt/ecan/lib/$(readlink "$scratch/opt/ecan/lib/libecan.so.0")"
    has 644 opt/ecan/share/man/man3/ecan.3
    [ "$(grep -c ' opt/ecan/bin/ecan-' "$scratch.list")" -eq "$(find "$ECAN_BUILD/bin" -name 'ecan-*' | wc -l)" ]
    make_only uninstall "DESTDIR=$scratch" PREFIX=/opt/ecan
    [ -z "$(find "$scratch" -type f -o -type l)" ]
    [ ! -e "$scratch/opt/ecan/libexec/ecan" ] && [ ! -e "$scratch/opt/ecan/share/doc/ecan" ]
}

@test "each of GNU's directory variables" {
    variables=(prefix=/p bindir=/b libexecdir=/x libdir=/l includedir=/i mandir=/m datadir=/d)
    install_with "${variables[@]}"
    has 755 b/ecan-predict
    has 755 x/ecan/train.sh
    has 644 m/man1/ecan-predict.1
    has 644 d/doc/ecan/formats/tokens.md
    has libecan.so.0 l/libecan.so
    has 644 i/ecan.h
    has 644 m/man3/ecan.3
    [ "$(grep '^[pli].*=' "$scratch/l/pkgconfig/ecan.pc" | tr '\n' ' ')" = "prefix=/p libdir=/l includedir=/i " ]
    make_only uninstall "DESTDIR=$scratch" "${variables[@]}"
    [ -z "$(find "$scratch" -type f -o -type l)" ]
}

@test "ecan works with the installed files only" {
    install_with "prefix=$scratch/usr" DESTDIR=
    not grep -rIlF "$PWD" "$scratch/usr/bin/ecan" "$scratch/usr/libexec" "$scratch/usr/share/bash-completion"
    mkdir "$scratch/my data"
    corpus 12 a >"$scratch/my data/train.jsonl"
    corpus 4 b >"$scratch/my data/dev.jsonl"
    corpus 8 b >"$scratch/my data/test.jsonl"
    cd "$scratch" || return 1
    cat >commands <<'END'
set -e
ecan train 'my data' out --quiet --channels 4 --kernels 3 --epochs 1 --threads 1 --w2v '--iter 1 --size 4 --min-count 1'
ecan evaluate out >tables
ecan predict out --threshold 0.1 'my data/test.jsonl' >lines
ecan explain out --html page.html 'my data/test.jsonl' >evidence
ecan help >help
ecan show --help >show
END
    run env -i "PATH=$scratch/usr/bin:/usr/bin:/bin" sh commands
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(wc -l <lines)" -eq 8 ] && [ "$(wc -l <evidence)" -eq 8 ]
    grep -q '^| my data | 12 | 8 |' tables
    grep -q '<html' page.html
    grep -q '  train  ' help
}

@test "installed pipelines find the programs and each other, from any folder" {
    install_with "prefix=$scratch/usr" DESTDIR=
    corpus 12 a >"$scratch/train.jsonl"
    corpus 4 b >"$scratch/dev.jsonl"
    cp "$scratch/train.jsonl" "$scratch/test.jsonl"
    cd /
    run env -u ECAN_BIN PATH=/usr/bin:/bin W2V='--iter 1 --size 4 --min-count 1' \
        "$scratch/usr/libexec/ecan/train.sh" "$scratch" "$scratch/out" --quiet --channels 4 --kernels 3 --epochs 1 --threads 1
    echo "$output"
    [ "$status" -eq 0 ]
    [ -e "$scratch/out/model/model.safetensors" ]
}
