#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The fuzz targets over the files of formats/ and over the inputs that fuzzing found (tests/fuzz/corpus), and a short run of the targets
# that are not C: tests/fuzz/README.md
load ../helper

setup() {
    fuzz=$BATS_TEST_DIRNAME/../fuzz
    cd "$BATS_TEST_TMPDIR" || return 1
}

@test "every fuzz target replays every file of formats/ and its corpus" {
    formats=$BATS_TEST_DIRNAME/../../formats
    for target in "$fuzz"/*.c; do
        name=$(basename "$target" .c)
        [ -e "$fuzz/corpus/$name.corpus.gz" ] || { echo "no tests/fuzz/corpus/$name.corpus.gz"; false; }
        run "$ECAN_BUILD/fuzz/replay-$name" "$formats"/accept/* "$formats"/reject/* "$fuzz/corpus/$name.corpus.gz"
        [ "$status" -eq 0 ] || { echo "$name: $output"; false; }
    done
}

@test "a corpus that is packed and unpacked is the same, and what is no corpus is rejected" {
    replay=$ECAN_BUILD/fuzz/replay-json
    mkdir in out
    printf '{}' >in/0001
    : >in/0002
    "$replay" --pack in/* >x.corpus
    "$replay" --unpack out x.corpus
    diff -r in out
    head -c 3 x.corpus >y.corpus
    run "$replay" y.corpus
    [ "$status" -eq 1 ]
    [[ $output == *'y.corpus: input 1: not a corpus'* ]]
}

@test "decisions: what the page accepts it can write and read again" {
    command -v node >/dev/null || skip "no node"
    node "$fuzz/decisions.mjs" -runs=2000
}

@test "spaces: an error names what is wrong, and drawn values are in their ranges" {
    command -v node >/dev/null || skip "no node"
    ECAN_BIN=$ECAN_BUILD/bin node "$fuzz/space.mjs" -runs=200
}

@test "words and rows of random texts are those of Python" {
    need msgpack
    "$python" "$fuzz/python.py" -runs=1
}
