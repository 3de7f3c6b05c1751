#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Messages do not quote the inputs: no text, words, fields of tables, unknown keys. Ids are quoted, without characters that act on a
# terminal, and shortened.

load ../helper

setup() {
    bats_require_minimum_version 1.5.0
    cd "$BATS_TEST_TMPDIR"
}

# discreet COMMAND...: it fails, with a message that does not have the secret.
discreet() {
    run --separate-stderr "$@"
    [ "$status" -ne 0 ] && [ -n "$stderr" ] && [[ "$stderr" != *[sS]ecret* ]] && return
    echo "$*: $status: $stderr"
    return 1
}

@test "fields of tables are not quoted, also with the wrong columns or without a header row" {
    echo '{"id": "1", "labels": ["A"]}' > gold.jsonl
    text="Secret patient text"
    printf 'id,code,score\n1,%s,.5\n' "$text" > code.csv
    discreet ecan-import --gold gold.jsonl --labels <(echo A) code.csv
    printf 'id,code,score\n1,%s,.5\n1,%s,.5\n' "$text" "$text" > twice.csv
    discreet bash -c 'ecan-import --gold gold.jsonl twice.csv > x.mp'
    printf 'id,code,score\n%s,A,.5\n' "$text" > id.csv
    discreet bash -c 'ecan-import --gold gold.jsonl id.csv > x.mp'
    printf 'id,code,score\n%s,A,.5\n' "secret$(printf '%050d' 7)" > long.csv
    discreet bash -c 'ecan-import --gold gold.jsonl long.csv > x.mp'
    printf 'id,code,score\n1,A,%s\n' "$text" > score.csv
    discreet bash -c 'ecan-import --gold gold.jsonl score.csv > x.mp'
    printf '%s,secret,3\n1,2,3\n' "$text" > header.csv
    discreet bash -c 'ecan-import --gold gold.jsonl header.csv > x.mp'
    discreet ecan-convert csv header.csv
    printf '{"id": "1", "labels": []}\n{"id": "1", "labels": []}\n' > again.jsonl
    discreet ecan-import --gold again.jsonl code.csv
    [[ "$stderr" == *"again.jsonl: line 2: duplicate encounter 1"* ]]
}

@test "tables of codes, terms, groups and thresholds are not quoted" {
    write_streams 2> said
    printf 'secret line\tx\nsecret line\ty\n' > labels.tsv
    discreet ecan-train --train train.mp --dev dev.mp --vectors vectors.bin -o new --labels labels.tsv
    [[ "$stderr" == *"labels.tsv: line 2: duplicate code: label 1 has it, too"* ]]
    discreet ecan-metrics --groups labels.tsv scored.mp
    discreet ecan-score -m model --thresholds labels.tsv attended.mp
    discreet ecan-match -m model --terms labels.tsv tokens.mp
}

@test "keys of encounters are quoted only if they are names" {
    for key in "Secret patient" "$(printf 'secret%.0s' {1..9})"; do
        printf '{"id": "1", "text": "", "%s": [1, }\n' "$key" > key.jsonl
        discreet bash -c 'ecan-tokenize key.jsonl > x.mp'
    done
    printf '{"id": "1", "text": "", "patient": [1, }\n' > key.jsonl
    run -1 bash -c 'ecan-tokenize key.jsonl > x.mp'
    [[ "$output" == *"key patient: "* ]]
}

@test "ids in messages: no control character (C0, C1), no override of the direction, 80 bytes" {
    # C1's CSI and a right-to-left override in an id, which a stream may have
    printf '{"id": "a\\u009b31m\\u202ez", "text": "x", "labels": ["A"]}\n' > one.jsonl
    cat one.jsonl one.jsonl > twice.jsonl
    run -1 bash -c 'ecan-tokenize twice.jsonl > x.mp'
    [[ "$output" == *"line 2 (a?31m?z): "* ]]
    run -1 bash -c 'ecan-split --check one.jsonl twice.jsonl'
    [[ "$output" == *"(first: a?31m?z)"* ]]
    printf '{"id": "%s", "text": "x"}\n' "$(printf 'é%.0s' {1..60})"{,} > long.jsonl
    run -1 bash -c 'ecan-tokenize long.jsonl > x.mp'
    [[ "$output" == *"line 2 ($(printf 'é%.0s' {1..40})...): "* ]]
    # a file with such a name
    run -1 ecan-tokenize $'none\u009b31m\u202e'
    [[ "$output" == *"none?31m?: "* ]]
    # all programs: a record that no program accepts
    need msgpack msgpack_numpy
    "$python" - << 'END'
from helper import *
write("bad.mp", [{"ecan": 1, "kind": "tokens", "history": []}, {"id": "a\x9b31m\u202ez", "tokens": 5}, {"end": 1}])
END
    for program in "ecan-show" ecan-check "ecan-w2v -o v.bin"; do
        run bash -c "$program bad.mp > x 2> said"
        not grep -q $'\xc2\x9b\|\xe2\x80\xae' said
    done
    grep -qF "record 1 (a?31m?z): " said
}

@test "ecan-explain --attention prints ids without control characters" {
    write_streams 2> said
    need msgpack msgpack_numpy
    ecan-attend -q -m model --weights encoded.mp | ecan-score -q -m model > weights.mp
    "$python" - << 'END'
from helper import *
o = read("weights.mp")
o[1]["id"] = "a\x9b31mz"
write("weights.mp", o)
END
    ecan-explain --attention A1 weights.mp > shown
    grep -q '^== a?31mz A1 ' shown
    not grep -q $'\xc2\x9b' shown
}
