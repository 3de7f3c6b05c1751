#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ecan-compare against a brute-force twin in Python that draws the same random numbers (tests/ref/compare.py).
bats_require_minimum_version 1.5.0

setup() {
    load ../helper
    need msgpack msgpack_numpy numpy
    ref=$(cd "$BATS_TEST_DIRNAME/../ref" && pwd)
    cd "$BATS_TEST_TMPDIR" || return 1
}

# systems SEED N L COUNT: a0.scored, a1.scored, ... of the same encounters.
systems() {
    "$python" "$ref/compare.py" make "$@"
}

# agree [OPTION]... FILE...: the same metrics, intervals and p-values within 1e-9.
agree() {
    ecan-compare --json "$@" > ours.json
    "$python" "$ref/compare.py" check ours.json "$@"
}

# edit FILE CODE...: the objects of a stream, changed.
edit() {
    "$python" -c 'import helper, sys
all = helper.unpack(open(sys.argv[1], "rb").read())
header, records = all[0], [o for o in all if "id" in o]
exec(sys.argv[2])
helper.write(sys.argv[1], [header, *records, {"end": len(records)}])' "$@"
}

@test "the same as brute force: systems of other labels, orders, thresholds" {
    systems 1 70 14 3
    agree --resamples 60 --shuffles 70 a0.scored a1.scored a2.scored
}

@test "... gold codes that no system knows, counted and left out" {
    systems 2 40 9 2
    for s in 0 1; do
        edit a$s.scored 'for r in records: r["labels"] += ["X" + r["id"][-1]] if r["id"] > "e2" else []'
    done
    agree --resamples 40 --shuffles 40 a0.scored a1.scored
    agree --resamples 40 --shuffles 40 --known-labels-only a0.scored a1.scored
}

@test "... thresholds, k, confidence and seed of one's own" {
    systems 3 50 10 2
    agree --resamples 33 --shuffles 130 --threshold 0.3 --at 1,2,20 --confidence 0.8 --seed 77 a0.scored a1.scored
    agree --resamples 33 --shuffles 30 --threshold 0.3,0.45 a0.scored a1.scored
}

@test "... one encounter, none, and draws in which a metric is not defined" {
    systems 4 1 5 2
    agree --resamples 5 --shuffles 5 a0.scored a1.scored
    systems 5 3 2 2
    agree --resamples 200 --shuffles 20 --threshold 0.5 a0.scored a1.scored
    systems 5 0 2 2
    agree --resamples 5 --shuffles 5 a0.scored a1.scored
    grep -q '"f1": {"value": null, "low": null, "high": null}' ours.json
}

@test "the metrics of a system are those of ecan-metrics" {
    "$python" "$ref/metrics.py" make 6 80 25 --unknown --levels 30 > a.scored
    for option in --threshold=0.4 --known-labels-only; do
        ecan-compare --json --resamples 1 $option < a.scored > ours.json
        ecan-metrics --json --no-auc $option < a.scored > metrics.json
        "$python" - << 'END'
import json
ours, metrics = (json.load(open(f)) for f in ("ours.json", "metrics.json"))
def compare(a, b, where):
    if "value" in a:
        assert abs(a["value"] - b) < 1e-12, (where, a, b)
        return 1
    return sum(compare(a[k], b[k], where + "/" + k) for k in a)
system = ours["systems"][0]
assert system.pop("name") == "-" and system.pop("threshold") == metrics["threshold"]
assert system.pop("own_thresholds") == metrics["own_thresholds"]
assert compare(system, metrics, "") == 17
assert ours["documents"] == metrics["documents"] and ours["differences"] == []
END
    done
}

@test "... with thresholds of single labels too" {
    systems 6 60 8 1
    edit a0.scored 'import numpy
header["thresholds"] = numpy.array([.25, .1, .25, .25, .7, .25, .25], "<f4")'
    ecan-compare --json --resamples 1 a0.scored > ours.json
    ecan-metrics --json --no-auc a0.scored > metrics.json
    "$python" -c 'import json
ours, metrics = (json.load(open(f)) for f in ("ours.json", "metrics.json"))
system = ours["systems"][0]
assert system["own_thresholds"] == metrics["own_thresholds"] == 2
assert abs(system["micro"]["f1"]["value"] - metrics["micro"]["f1"]) < 1e-12'
    ecan-compare --resamples 1 a0.scored | grep -q 'p > 0.25, but for 2 labels$'
}

@test "the bytes do not depend on threads or on the order of the encounters" {
    systems 7 60 12 2
    ecan-compare --threads 1 --resamples 50 --shuffles 50 --json a0.scored a1.scored > one
    ecan-compare --threads 5 --resamples 50 --shuffles 50 --json a0.scored a1.scored | cmp - one
    edit a0.scored 'records.reverse()'
    edit a1.scored 'records.sort(key=lambda r: r["id"])'
    ecan-compare --resamples 50 --shuffles 50 --json a0.scored a1.scored | cmp - one
    not cmp -s <(ecan-compare --seed 2 --resamples 50 --shuffles 50 --json a0.scored a1.scored) one
}

@test "a system compared with itself: no difference, p is 1" {
    systems 8 30 8 1
    ecan-compare --json --resamples 20 --shuffles 20 a0.scored a0.scored > out
    "$python" -c 'import json
d = json.load(open("out"))["differences"][0]["micro"]["f1"]
assert d == {"difference": 0, "low": 0, "high": 0, "p": 1}, d'
}

@test "encounters that a system lacks are an error, or left out and counted" {
    systems 9 20 6 2
    edit a1.scored 'records = [r for r in records if r["id"] not in ("e3", "e7")]'
    run ecan-compare a0.scored a1.scored
    [ "$status" -eq 1 ]
    [[ "$output" == *"a1.scored: encounter e"[37]" of a0.scored is missing"* ]]
    run ecan-compare a1.scored a0.scored
    [ "$status" -eq 1 ]
    [[ "$output" == *"a0.scored: encounter e"[37]" is not in a1.scored"* ]]
    edit a0.scored 'records = [r for r in records if r["id"] != "e5"]'
    for order in "a0.scored a1.scored" "a1.scored a0.scored"; do
        # shellcheck disable=SC2086
        agree --common --resamples 9 --shuffles 9 $order
        grep -q '"documents": 17, "left_out": 3' ours.json
    done
    run ecan-compare --common a0.scored a1.scored
    [[ "$output" == *"17 encounters"*"3 encounters left out"* ]]
}

@test "other gold codes for the same encounter are an error" {
    systems 10 20 6 2
    edit a1.scored 'next(r for r in records if r["id"] == "e4")["labels"].append("Y")'
    run ecan-compare a0.scored a1.scored
    [ "$status" -eq 1 ]
    [[ "$output" == *"a1.scored: encounter e4 has other gold codes than in a0.scored"* ]]
}

@test "the table has every system, every difference and the method" {
    systems 11 20 6 3
    run --separate-stderr ecan-compare --resamples 20 --shuffles 30 --threshold 0.5,0.25,0.3 a0.scored a1.scored a2.scored
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    [[ "$output" == *"20 encounters, 6 labels; 95% intervals from 20 resamples"*"B  a1.scored: predicted is p > 0.25"* ]]
    [[ "$output" == *"macro-F1 of the means "*"B - A"*"C - A"*"30 shuffles"* ]]
    [ "$(grep -c '^micro-F1 ' <<< "$output")" -eq 3 ]
    run ecan-compare --resamples 20 a0.scored
    [[ "$output" != *"- A"* ]]
}

@test "bad streams are refused" {
    systems 12 5 4 2
    head -c -5 a1.scored > cut
    run --separate-stderr ecan-compare a0.scored cut
    [ "$status" -eq 1 ]
    [ -z "$output" ]
    printf '{"id": "1", "text": "a b"}' | ecan-tokenize > tokens.mp
    run ecan-compare a0.scored tokens.mp
    [ "$status" -eq 1 ]
    [[ "$output" == *"expected a 'scored' stream"* ]]
    edit a1.scored 'records[1]["scores"] = records[1]["scores"] * 5'
    run ecan-compare a0.scored a1.scored
    [ "$status" -eq 1 ]
    [[ "$output" == *"a1.scored: record 2"*"probability"* ]]
    run --separate-stderr ecan-compare --skip-bad --common --resamples 5 --shuffles 5 a0.scored a1.scored
    [ "$status" -eq 1 ]
    [[ "$output" == "4 encounters"*"1 encounter left out"* ]]
    [[ "$stderr" == *"record 2"*"skipped 1 bad record"* ]]
    edit a0.scored 'del records[0]["labels"]'
    run ecan-compare --resamples 5 a0.scored
    [ "$status" -eq 1 ]
    ecan-compare --skip-unlabelled --resamples 5 a0.scored | grep -q '^4 encounters'
}

@test "wrong usage" {
    systems 13 3 3 2
    for wrong in "--threshold 0.1,0.2,0.3" "--threshold 1.5" "--threshold 0.1,,0.2" "--threshold 0.1,nan" "--at 2,2" \
        "--resamples 0" "--confidence 1" "--shuffles 0" "--seed -1"; do
        # shellcheck disable=SC2086
        run ecan-compare $wrong a0.scored a1.scored
        [ "$status" -eq 2 ] || { echo "$wrong"; false; }
    done
    # shellcheck disable=SC2046
    run ecan-compare $(yes a0.scored | head -n 17)
    [ "$status" -eq 2 ]
    run ecan-compare nowhere.scored
    [ "$status" -eq 1 ]
}

@test "a full disk is noticed" {
    [ -w /dev/full ] || skip "no /dev/full"
    systems 14 3 3 1
    run ecan-compare --resamples 2 -o /dev/full a0.scored
    [ "$status" -eq 1 ]
    run bash -c 'ecan-compare --resamples 2 --json a0.scored > /dev/full'
    [ "$status" -eq 1 ]
}
