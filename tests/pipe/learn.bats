#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# pipelines/learn.sh: decisions become training data; the report; what is refused.
bats_require_minimum_version 1.5.0

load ../helper

setup_file() {
    ECAN_BIN=$(dirname "$(command -v ecan-tokenize)")
    export ECAN_BIN pipelines="$BATS_TEST_DIRNAME/../../pipelines" data=$BATS_FILE_TMPDIR
    cd "$data" || return 1
    "$ECAN_BIN/../examples/make-encounters" --train 80 --dev 30 --test 20 -o d
    W2V='--size 16 --iter 2' "$pipelines/train.sh" d out --epochs 4 --no-focal --channels 16 --kernels 3 -q 2>log
    "$pipelines/explain.sh" out/model d/test.jsonl >evidence.jsonl 2>log
    # a coder who knows the codes
    jq -c --slurpfile gold d/test.jsonl '($gold | map({key: .id, value: .labels}) | from_entries) as $of | $of[.id] as $g
        | {id, codes: ([.codes[] | . + {decision: (if (.code as $c | any($g[]; . == $c)) then "accepted" else "rejected" end)}]
            + [($g - [.codes[].code])[] | {code: ., score: null, predicted: false, decision: "accepted", evidence: []}])}' \
        evidence.jsonl >decisions.jsonl
}

@test "rejected codes are no longer predicted, and dev is not worse" {
    cd "$BATS_TEST_TMPDIR"
    "$pipelines/learn.sh" "$data/out" new "$data/decisions.jsonl" "$data/d/test.jsonl" >report 2>log
    cmp report new/report.txt
    diff <(jq -c '[.id, (.labels | sort)]' new/decided.jsonl) <(jq -c '[.id, (.labels | sort)]' "$data/d/test.jsonl")
    awk '{ f1[NR] = $5 + 0; accepted[NR] = $6; rejected[NR] = $11 }
        END { exit !(NR == 2 && f1[2] >= f1[1] && accepted[2] >= accepted[1] && rejected[1] > 0 && rejected[2] < rejected[1] / 2) }' report ||
        { cat report; false; }
    ecan-check new/model
    # again: nothing to do
    "$pipelines/learn.sh" "$data/out" new "$data/decisions.jsonl" "$data/d/test.jsonl" 2>&1 >again | not grep -v 'up to date'
    cmp report again
    [ ! -e "$data/out/kept" ]
}

@test "encounters without all decisions are left out; what is refused" {
    cd "$BATS_TEST_TMPDIR"
    jq -c 'if input_line_number > 3 then .codes[0].decision = null | .codes[0].predicted = true else . end' "$data/decisions.jsonl" >some
    jq -c '.codes[0].decision = null | .codes[0].predicted = true' "$data/decisions.jsonl" >none
    "$pipelines/learn.sh" "$data/out" few some "$data/d/test.jsonl" --epochs 1 >report 2>log
    [ "$(wc -l <few/decided.jsonl)" -eq 3 ]
    run -1 "$pipelines/learn.sh" "$data/out" a none "$data/d/test.jsonl"
    [[ "$output" == *'no encounter of'*'has a decision for each predicted code'* ]]
    run -1 "$pipelines/learn.sh" "$data/out" "$data/out" some "$data/d/test.jsonl"
    [[ "$output" == *'NEW is a new folder'* ]]
    run -1 "$pipelines/learn.sh" "$data/d" b some "$data/d/test.jsonl"
    [[ "$output" == *'model: not found'* ]]
    run -1 "$pipelines/learn.sh" "$data/out" b nowhere "$data/d/test.jsonl"
    [[ "$output" == *'nowhere: file not found'* ]]
    run -2 "$pipelines/learn.sh" "$data/out" b some
}

@test "order.sh: the expected number of corrections, by the definition" {
    need msgpack msgpack_numpy numpy
    cd "$BATS_TEST_TMPDIR"
    jq -c 'del(.labels)' "$data/d/test.jsonl" >unlabelled.jsonl
    "$pipelines/order.sh" "$data/out" unlabelled.jsonl >order
    "$pipelines/order.sh" "$data/out/model" <(head -n 5 unlabelled.jsonl) <(tail -n +6 unlabelled.jsonl) | cmp - order
    ecan-tokenize -q -m "$data/out/model" unlabelled.jsonl | ecan-predict -q -m "$data/out/model" >scored.mp
    "$python" - <<'END'
from helper import *
labels = read("scored.mp")[0]["labels"]
want = {}
for r in records("scored.mp"):
    predicted = {p["code"] for p in r["predicted"]}
    want[r["id"]] = sum(1 - float(p) if c in predicted else float(p) for c, p in zip(labels, r["scores"]))
lines = [l.split("\t") for l in open("order").read().splitlines()]
assert len(lines) == len(want) == 20 and all(abs(float(n) - want[id]) < 1e-4 for id, n in lines)
assert [float(n) for _, n in lines] == sorted((float(n) for _, n in lines), reverse=True)
END
    run -2 "$pipelines/order.sh" "$data/out"
}
