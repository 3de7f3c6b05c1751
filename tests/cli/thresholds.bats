#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Thresholds: found on dev, written to a file and into a model, and used for predictions and metrics.
bats_require_minimum_version 1.5.0
load ../helper

setup_file() {
    export data=$BATS_FILE_TMPDIR
    cd "$data" || return 1
    write_corpus
    train model --epochs 4 --no-focal
    corpus 30 p | ecan-tokenize > test.mp
    ecan-predict -q -m model dev.mp > dev.scored
}

setup() {
    need msgpack msgpack_numpy numpy
    ref=$BATS_TEST_DIRNAME/../ref/metrics.py
    cd "$BATS_TEST_TMPDIR" || return 1
    cp -r "$data/model" model
}

# key FILE KEY: of a JSON object.
key() { "$python" -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$@"; }

@test "the thresholds of labels are those of brute force" {
    local seed k
    for seed in 1 2; do
        for k in 0 5; do
            "$python" "$ref" thresholds "$seed 50 12 --levels 6 --unknown" $k
            "$python" "$ref" thresholds "$seed 50 12" $k
        done
    done
    "$python" "$ref" thresholds "1 9 1 --all-positive" 3
    "$python" "$ref" thresholds "3 9 4 --levels 1" 0
}

@test "own thresholds give each label the highest F1 that it can have here" {
    "$python" "$ref" make 5 60 15 > a.mp
    ecan-metrics --json --label-thresholds own.tsv --shrink 0 a.mp > best
    ecan-metrics --json --thresholds own.tsv a.mp > own
    "$python" - << 'END'
import json
best, own = (json.load(open(f)) for f in ("best", "own"))
assert own["own_thresholds"] > 5 and own["macro"]["f1_mean"] > best["macro"]["f1_mean"], own
END
    ecan-metrics --label-thresholds common.tsv --shrink 1e9 a.mp > /dev/null
    [ "$(cut -f 2 common.tsv | cut -c -5 | sort -u | wc -l)" -eq 1 ]
}

@test "--tune writes the best threshold into the model, and changes nothing more" {
    ecan-metrics --json --tune model "$data/dev.scored" > metrics.json
    diff <(grep -v '"threshold"' "$data/model/config.json") <(grep -v '"threshold"' model/config.json)
    "$python" -c 'import json, sys
assert abs(json.load(open("model/config.json"))["threshold"] - json.load(open("metrics.json"))["best_threshold"]) < 1e-7'
    ecan-check model
    [ "$(ls -A model)" = "$(ls -A "$data/model")" ]
    ecan-predict -q -m model "$data/dev.mp" | ecan-metrics --json > tuned
    "$python" -c 'import json
assert json.load(open("tuned"))["micro"]["f1"] == json.load(open("metrics.json"))["best_micro_f1"]'
}

@test "--tune with --label-thresholds: predicted, header and metrics use the thresholds of the labels" {
    ecan-metrics --tune model --label-thresholds own.tsv --shrink 1 "$data/dev.scored" > /dev/null
    ecan-check model
    ecan-predict -q -m model "$data/test.mp" > tuned.mp
    ecan-check tuned.mp
    "$python" - << 'END'
import json, os
import msgpack, msgpack_numpy, numpy
header, *records, _ = msgpack.Unpacker(open("tuned.mp", "rb"), object_hook=msgpack_numpy.decode)
own = dict(line.rstrip("\n").split("\t") for line in open("own.tsv"))
t = numpy.array([float(own[c]) for c in header["labels"]], "f4")
config = json.load(open("model/config.json"))
assert (header["thresholds"] == t).all() and numpy.float32(config["threshold"]) == header["threshold"]
assert (numpy.array(config["thresholds"], "f4") == t).all() and len(set(t)) > 1
for r in records:
    assert {p["code"] for p in r["predicted"]} == {c for c, s, x in zip(header["labels"], r["scores"], t) if s > x}
END
    ecan-predict -q -m "$data/model" "$data/test.mp" > plain.mp
    common=$(key model/config.json threshold)
    ecan-metrics --json -t "$common" --thresholds own.tsv plain.mp > a
    ecan-metrics --json tuned.mp | diff - a
    ecan-metrics -t 0.5 --json plain.mp > a
    ecan-metrics -t 0.5 --json tuned.mp | diff - a
    ecan-embed -q -m model "$data/test.mp" | ecan-encode -q -m model | ecan-attend -q -m model | ecan-score -q -m model > pipe.mp
    ecan-metrics --json pipe.mp | diff - <(ecan-metrics --json tuned.mp)
    ecan-predict -q -m model --threshold 0.5 "$data/test.mp" | cmp - plain.mp
    ecan-predict -q -m "$data/model" --threshold "$common" --thresholds own.tsv "$data/test.mp" | cmp - tuned.mp
    # one threshold again
    ecan-metrics --tune model tuned.mp > /dev/null
    not grep -q thresholds model/config.json
}

@test "a stream of another model, or of none, tunes nothing" {
    cd "$data" && train "$BATS_TEST_TMPDIR/other" --epochs 1 --seed 7 --no-focal && cd "$BATS_TEST_TMPDIR"
    run ecan-metrics --tune other "$data/dev.scored"
    [ "$status" -eq 1 ]
    [[ "$output" == *"other: expected the model that made these scores"* ]]
    printf 'id,code\nd0,A1\n' | ecan-import -q --gold "$data/dev.mp" --labels model/labels.tsv > imported.mp
    run ecan-metrics --tune model imported.mp
    [ "$status" -eq 1 ]
    ecan-predict -q -m other "$data/dev.mp" | ecan-average "$data/dev.scored" - > average.mp
    run ecan-metrics --tune model average.mp
    [ "$status" -eq 1 ]
    [[ "$output" == *"model: expected the model that made these scores"* ]]
    ecan-explain -q -m model --top 2 average.mp | jq -e -s 'length == 16' # the words are the first's
    run ecan-explain -q -m other average.mp
    [ "$status" -eq 1 ]
    run ecan-metrics --tune /nowhere "$data/dev.scored"
    [ "$status" -eq 1 ]
    cmp model/config.json "$data/model/config.json"
}

@test "no gold, no threshold" {
    "$python" "$ref" make 5 9 4 --density 0 > a.mp
    run ecan-metrics --label-thresholds own.tsv a.mp
    [ "$status" -eq 1 ]
    [[ "$output" == *"cannot find the best threshold"* ]]
}

# refused WHY TEXT: a file of thresholds that says so, by path and line.
refused() {
    printf '%b' "$2" > own.tsv
    run ecan-predict -q -m model --thresholds own.tsv -o /dev/null "$data/test.mp"
    echo "$output"
    [ "$status" -eq 1 ]
    [[ "$output" == *"own.tsv: line 2: $1"* ]]
    run ecan-metrics --thresholds own.tsv "$data/dev.scored"
    [ "$status" -eq 1 ]
    [[ "$output" == *"own.tsv: line 2: $1"* ]]
}

@test "bad files of thresholds are refused" {
    refused "expected a code, a tab and a threshold" 'A1\t0.5\nB10\n'
    refused "unknown code" 'A1\t0.5\nB1\t0.5\n'
    refused "duplicate code A1" 'A1\t0.5\nA1\t0.5\n'
    local bad
    for bad in '' x '0.5 ' ' 0.5' nan 0x1 0.5\\t1; do
        refused "expected a number as threshold" "A1\t0.5\nB10\t$bad\n"
    done
    refused "expected a threshold from 0 to 1" 'A1\t0.5\nB10\t1.5\n'
    printf 'A1\t0.5\r\nB10\t1e-1' > own.tsv
    ecan-metrics --json --thresholds own.tsv "$data/dev.scored" | grep -q '"own_thresholds": 1'
}

@test "a model with invalid thresholds is an error" {
    local bad
    for bad in '5' '[0.5]' '[0.5, 0.5, 0.5, 0.5, 0.5, 2]' '[0.5, 0.5, 0.5, 0.5, 0.5, "x"]' '[]' '{}'; do
        "$python" -c 'import json, sys
c = json.load(open(sys.argv[1] + "/config.json"))
json.dump(c | {"thresholds": json.loads(sys.argv[2])}, open("model/config.json", "w"))' "$data/model" "$bad"
        run ecan-check model
        echo "$output"
        [ "$status" -eq 1 ]
        [[ "$output" == *"config.json: thresholds: "* ]]
    done
}
