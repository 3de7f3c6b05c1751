#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Checks the rules of the source tree. Prints violations and fails.
unset CDPATH
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
bad=0
say() {
    printf '%s\n' "$@" >&2
    bad=1
}

# Each external library is included by one file.
only_in() { # HEADER FILE
    local others
    others=$(grep -rln "include <$1>" lib bin examples | grep -vxF "$2")
    [ -z "$others" ] || say "only $2 may include <$1>:" "$others"
}
only_in msgpack.h lib/io/pack.c
only_in utf8proc.h lib/text/utf8.c
only_in blis.h lib/tensor/gemm.c
only_in jansson.h lib/io/json.h
only_in png.h lib/io/heatmap.c
only_in zlib.h lib/io/inflate.c
only_in iconv.h lib/io/decode.c

# Includes point downward. What each layer may include of lib:
layer() { # LAYER ALLOWED...
    local layer=$1 allowed wrong
    shift
    allowed=$(printf '|%s' "$layer" "$@")
    wrong=$(grep -rnE '#include "[a-z]+/' "lib/$layer" | grep -vE "#include \"(${allowed:1})/")
    [ -z "$wrong" ] || say "lib/$layer includes a header of a higher layer:" "$wrong"
}
layer base
layer io base
layer text base io
layer tensor base
layer terms base io text tensor
layer model base io text tensor terms
! grep -rn '#include "io/filter.h"' lib/model || say "lib/model does not use filters: lib/predict converts records to numbers"
layer train base io text tensor terms model
layer corpus base io text
layer linear base io text tensor terms train
layer predict base io text tensor terms model
layer eval base io text tensor terms model predict
layer ensemble base io text tensor terms model train linear predict eval
layer watch base io text corpus tensor terms model train linear predict eval ensemble

# The public header includes no other header of ecan, and only lib/ecan*.c include it.
wrong=$(grep -n '#include "' lib/ecan.h; grep -rln '#include "ecan.h"' lib | grep -vxF lib/ecan_private.h)
[ -z "$wrong" ] || say "lib/ecan.h is only for other programs:" "$wrong"

# Results of json_object_set_new() and json_array_append_new() are checked: by ecan_json_set() and ecan_json_append() of io/json.h, or by the caller.
wrong=$(grep -rnE '^ *json_(object_set|array_append)(_new)?\(' lib bin)
[ -z "$wrong" ] || say "an unchecked result of jansson: use ecan_json_set() and ecan_json_append():" "$wrong"
wrong=$(grep -rn 'json_set_alloc_funcs' lib bin)
[ -z "$wrong" ] || say "the allocator of jansson belongs to the program that uses libecan:" "$wrong"

# The library does not print, and does not exit.
wrong=$(grep -rnE --include='*.[ch]' '\b(exit|abort|printf|puts|perror)\(' lib | grep -vE '^[^:]*:[0-9]*: *(/?\*|//)')
[ -z "$wrong" ] || say "lib/ prints or exits:" "$wrong"

# Each header compiles without other includes.
for header in lib/*/*.h; do
    echo "#include \"${header#lib/}\"" | ${CC:-gcc} -std=c11 -D_GNU_SOURCE -Ilib -fsyntax-only -x c - ||
        say "$header does not compile without other includes"
done

# An option's letter means the same in every program: the list is in bin/cli.h.
letters=$(grep -hoE -e '-[A-Za-z] --[a-z-]+' bin/cli.h | sort -u)
twice=$(cut -d' ' -f1 <<<"$letters" | uniq -d)
[ -z "$twice" ] || say "bin/cli.h lists a letter for two options: $twice"
used=$({
    grep -hoE "\"[a-z0-9-]+\", '.', (\"|NULL)" bin/*.[ch] | sed -E "s/\"(.*)\", '(.)'.*/-\2 --\1/"
    awk -F'["'"'"']' '/\.name = "/ { name = $2 } /\.letter = / { print "-" $2 " --" name }' bin/*.c
} | sort -u)
wrong=$(comm -13 <(echo "$letters") <(echo "$used"))
[ -z "$wrong" ] || say "letters of options that bin/cli.h does not list with that name:" "$wrong"


# Help texts and messages are in plain English: phrases that must not come back.
wrong=$(grep -rnE --include='*.[ch]' '"[^"]*(to the same bytes|hands? on |speaks? for|stands twice|is none of)' bin lib | grep -vE ':[0-9]+:( ?/?\*| \*)')
[ -z "$wrong" ] || say "phrases that are not plain English:" "$wrong"

# Each source names its licence.
tests/spdx.sh || bad=1

# Any two headers can be included together, in either order; the version is the same in lib/ecan.h and lib/base/version.h.
headers=$(printf '#include "%s"\n' lib/*/*.h lib/ecan.h | sed 's|"lib/|"|')
for order in cat tac; do
    $order <<<"$headers" | ${CC:-gcc} -std=c11 -D_GNU_SOURCE -Ilib -Werror -fsyntax-only -x c - ||
        say "headers that cannot be included together"
done
number=$(sed -n 's/^#define ECAN_VERSION_\(MAJOR\|MINOR\|PATCH\) *//p' lib/ecan.h | paste -sd.)
grep -qx "#define ECAN_VERSION *\"$number\"" lib/base/version.h ||
    say "ECAN_VERSION_MAJOR, _MINOR and _PATCH of lib/ecan.h are $number: lib/base/version.h has another version"

# The Debian package lists the functions of the library.
if [ -e .packaging ]; then
    declared=$(grep -v '^ \*\|^/\*' lib/ecan.h | grep -o '\becan_[a-z_]*(' | tr -d '(' | sort -u)
    listed=$(sed -n 's/^ \(ecan_[a-z_]*\)@.*/\1/p' .packaging/debian/libecan0.symbols)
    [ "$declared" = "$listed" ] || say "functions that lib/ecan.h or .packaging/debian/libecan0.symbols lacks:" "$(diff <(echo "$declared") <(echo "$listed") | grep '^[<>]')"
fi

# C is formatted by .clang-format (version 14 of Debian 12; other versions can format differently).
if command -v clang-format >/dev/null; then
    wrong=$(find bin lib tests examples -name '*.[ch]' -exec clang-format --dry-run {} + 2>&1 | sed -n 's/^\([^:]*\):.*clang-format-violations.*/\1/p' | sort -u)
    [ -z "$wrong" ] || say "not formatted by .clang-format: run clang-format -i on:" "$wrong"
fi

if command -v shellcheck >/dev/null; then
    shellcheck -s bash bin/completion.bash || bad=1
    shellcheck bin/ecan.sh || bad=1
    shellcheck pipelines/*.sh pipelines/paper/*.sh pipelines/engines/*.sh tests/*.sh tests/slurm/*.sh tests/fuzz/*.sh tests/page/*.sh lib/eval/page/*.sh tests/run .ci/run .packaging/*.sh || bad=1
fi
exit $bad
