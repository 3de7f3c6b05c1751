#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ecan-metrics against a brute-force twin in Python (tests/ref/metrics.py), and how it behaves.
bats_require_minimum_version 1.5.0

load ../helper

setup() {
    ref=$(cd "$BATS_TEST_DIRNAME/../ref" && pwd)/metrics.py
    cd "$BATS_TEST_TMPDIR" || return 1
    need msgpack msgpack_numpy numpy
}

make_stream() { "$python" "$ref" make "$@"; }

# agree "arguments of make" "options": the same metrics within 1e-9.
agree() { "$python" "$ref" agree "$1" "$2"; }

# A stream of two labels from Python: records (a list of dicts) and further keys of the header.
write_stream() {
    "$python" - "$1" "${2:-{\}}" "${3:-end}" << 'END'
import sys, msgpack, msgpack_numpy, numpy
put = lambda o: sys.stdout.buffer.write(msgpack.packb(o, default=msgpack_numpy.encode))
records = eval(sys.argv[1], {"nan": float("nan")})
put({"ecan": 1, "kind": "scored", "history": [], "labels": ["A", "B"], **eval(sys.argv[2])})
for r in records:
    if "scores" in r:
        r["scores"] = numpy.array(r["scores"], "<f4")
    put(r)
if sys.argv[3] == "end":
    put({"end": len(records)})
END
}

good='{"id": "1", "labels": ["A"], "scores": [.9, .1]}'
also='{"id": "2", "labels": ["B"], "scores": [.2, .8]}'

@test "the same metrics as brute force: plain" { agree "1 60 20" "--best-threshold"; }
@test "... equal scores, codes never seen" { agree "2 60 20 --levels 4 --unknown" "--best-threshold --at 1,3,30"; }
@test "... every score 0 or 1" { agree "3 40 12 --levels 1 --unknown" "--best-threshold"; }
@test "... codes never seen left out" { agree "4 60 20 --levels 9 --unknown" "--known-labels-only --best-threshold"; }
@test "... one label, all positive" { agree "5 20 1 --all-positive" "--best-threshold"; }
@test "... few gold codes, encounters without any" { agree "6 50 9 --density 0.05" "--best-threshold"; }
@test "... no gold code at all" { agree "7 9 4 --density 0" "--best-threshold"; }
@test "... records without labels passed over" { agree "8 30 9 --unlabelled" "--skip-unlabelled"; }
@test "... the header's threshold" { agree "9 30 9 --header-threshold 0.3" "--best-threshold"; }
@test "... a threshold of one's own" { agree "9 30 9 --header-threshold 0.3 --levels 10" "--threshold 0.1"; }
@test "... no encounter" { agree "10 0 9" "--best-threshold"; }
@test "... no label" { agree "11 5 0 --unknown" "--best-threshold"; }

@test "... thresholds of the labels' own, in the header and in a file" {
    agree "20 40 9 --thresholds --header-threshold 0.3" ""
    agree "20 40 9 --thresholds" "--threshold 0.2"
    printf 'c3\t0.1\nc0\t1\n' > own.tsv
    agree "20 40 9" "--thresholds own.tsv --threshold 0.4"
    agree "20 40 9 --thresholds" "--thresholds own.tsv"
}
@test "... by training frequency, propensity-scored" {
    "$python" "$ref" train 1 300 25 > train.jsonl
    agree "21 60 30 --unknown" "--train train.jsonl"
    agree "21 60 30 --unknown --levels 5" "--train train.jsonl --known-labels-only --train-bins 0,3,40 --propensity 0.5,0.4 --at 1,40"
    agree "22 0 9" "--train train.jsonl"
}
@test "... by prefix" {
    agree "23 60 30 --unknown" "--prefix 2"
    agree "24 60 30 --unknown" "--prefix 7 --known-labels-only"
    agree "25 0 9" "--prefix 1"
    agree "26 30 1 --all-positive" "--prefix 1"
}

@test "CAML's evaluation.py agrees" { "$python" "$ref" against caml; }

@test "scikit-learn agrees" {
    need msgpack msgpack_numpy sklearn
    "$python" "$ref" against sklearn
}

@test "the threshold found gives the F1 that was promised" {
    make_stream 12 50 20 > scored.mp
    best=$(ecan-metrics --json --best-threshold scored.mp)
    threshold=$("$python" -c 'import json, sys; print(json.loads(sys.argv[1])["best_threshold"])' "$best")
    at_best=$(ecan-metrics --json --threshold "$threshold" scored.mp)
    "$python" -c 'import json, sys
a, b = map(json.loads, sys.argv[1:])
assert a["best_micro_f1"] == b["micro"]["f1"] > a["micro"]["f1"], (a, b)' "$best" "$at_best"
}

@test "the table names the three macro-F1 and reports what was left out" {
    make_stream 13 30 9 --unknown > scored.mp
    run ecan-metrics --best-threshold scored.mp
    [ "$status" -eq 0 ]
    [[ "$output" == *"of the means"*"mean, all labels"*"mean, with gold"*"best threshold"* ]]
    [[ "$output" == *"no label for: every one counts as missed"* ]]
    run ecan-metrics --known-labels-only scored.mp
    [[ "$output" == *"no label for: left out"* ]]
}

@test "--per-label: a line for each label, empty if not defined" {
    write_stream "[$good, $also, {'id': '3', 'labels': ['C'], 'scores': [.6, .1]}]" > scored.mp
    ecan-metrics --per-label labels.tsv scored.mp > /dev/null
    printf 'code\tgold\tpredicted\thits\tprecision\trecall\tf1\tauc\n' > want
    printf 'A\t1\t2\t1\t0.5\t1\t0.666667\t1\nB\t1\t1\t1\t1\t1\t1\t1\nC\t1\t0\t0\t\t0\t0\t\n' >> want
    diff want labels.tsv
}

@test "--no-auc needs no temporary file; without it a missing folder is an error" {
    write_stream "[$good, $also]" > scored.mp
    TMPDIR=/nowhere ecan-metrics --no-auc --json scored.mp | grep -q '"auc": null'
    TMPDIR=/nowhere run ecan-metrics --json scored.mp
    [ "$status" -eq 1 ]
    [[ "$output" == *"/nowhere"* ]]
}

@test "concatenated streams count as one; streams of other labels are errors" {
    write_stream "[$good]" > a.mp
    write_stream "[$also]" > b.mp
    [ "$(cat a.mp b.mp | ecan-metrics --json)" = "$(write_stream "[$good, $also]" | ecan-metrics --json)" ]
    write_stream "[$also]" '{"labels": ["B", "A"]}' > c.mp
    run ecan-metrics a.mp c.mp
    [ "$status" -eq 1 ]
    [[ "$output" == *"labels differ"* ]]
    write_stream "[$also]" '{"threshold": .25}' > d.mp
    run ecan-metrics a.mp d.mp
    [ "$status" -eq 1 ]
    [[ "$output" == *"--threshold"* ]]
    ecan-metrics --threshold .5 a.mp d.mp > /dev/null
}

# refused WHY RECORDS [HEADER]: exit 1, no metrics, a message with record and id.
refused() {
    write_stream "$2" "${3:-{\}}" > bad.mp
    run --separate-stderr ecan-metrics bad.mp
    echo "$stderr"
    [ "$status" -eq 1 ]
    [ -z "$output" ]
    [[ "$stderr" == *"$1"* ]]
}

@test "bad records are refused by name" {
    refused "record 2 (1)" "[$good, $good]"
    refused "NaN" "[{'id': '1', 'labels': ['A'], 'scores': [.9, nan]}]"
    refused "probability" "[{'id': '1', 'labels': ['A'], 'scores': [.9, 1.5]}]"
    refused "key scores: the number of labels (L) is 3, but 2 in an earlier key or record" "[{'id': '1', 'labels': ['A'], 'scores': [.9, .1, .1]}]"
    refused "--skip-unlabelled" "[{'id': '1', 'scores': [.9, .1]}]"
    refused "key labels" "[{'id': '1', 'labels': 'A', 'scores': [.9, .1]}]"
    refused "key scores" "[{'id': '1', 'labels': ['A']}]"
    refused "label 2: duplicate label" "[]" "{'labels': ['A', 'A']}"
    refused "threshold" "[]" "{'threshold': 2}"
    refused "expected a 'scored' stream, got 'tokens'" "[]" "{'kind': 'tokens'}"
}

@test "--skip-bad counts the rest, reports this and exits 1" {
    write_stream "[$good, {'id': 'x', 'labels': ['A'], 'scores': [nan, .1]}, $also]" > bad.mp
    run --separate-stderr ecan-metrics --json --skip-bad bad.mp
    [ "$status" -eq 1 ]
    [ "$output" = "$(write_stream "[$good, $also]" | ecan-metrics --json)" ]
    [[ "$stderr" == *"record 2 (x)"*"1 bad record"* ]]
}

@test "a truncated stream gives no metrics" {
    write_stream "[$good]" "{}" cut > cut.mp
    run --separate-stderr ecan-metrics cut.mp
    [ "$status" -eq 1 ]
    [ -z "$output" ]
    run --separate-stderr ecan-metrics < /dev/null
    [ "$status" -eq 1 ]
    [ -z "$output" ]
}

@test "a full disk is noticed" {
    [ -w /dev/full ] || skip "no /dev/full"
    write_stream "[$good]" > scored.mp
    run ecan-metrics --json -o /dev/full scored.mp
    [ "$status" -eq 1 ]
    run ecan-metrics --per-label /dev/full scored.mp
    [ "$status" -eq 1 ]
    run bash -c 'ecan-metrics scored.mp > /dev/full'
    [ "$status" -eq 1 ]
}

@test "gold codes that the model has only in another form are a warning" {
    write_stream "[$good, {'id': '2', 'labels': ['E119', 'e11.9 ', 'Z1'], 'scores': [.9, .1]}]" "{'labels': ['A', 'E11.9']}" > other.mp
    run --separate-stderr ecan-metrics --json other.mp
    [ "$status" -eq 0 ]
    [ "$stderr" = "ecan-metrics: warning: 2 gold codes that the model has only with other points, case or blanks; they count as missed (first: 'E119', 'E11.9')" ]
    run --separate-stderr ecan-metrics --json --known-labels-only other.mp
    [ -z "$stderr" ]
    write_stream "[$good, $also]" > same.mp
    run --separate-stderr ecan-metrics --json same.mp
    [ -z "$stderr" ]
}

@test "k twice and thresholds beyond 1 are wrong usage" {
    run ecan-metrics --at 5,5
    [ "$status" -eq 2 ]
    run ecan-metrics --threshold 1.5
    [ "$status" -eq 2 ]
}

@test "--coverage: precision at each coverage, by the definition" {
    need msgpack msgpack_numpy numpy
    cd "$BATS_TEST_TMPDIR"
    "$python" - << 'END'
from helper import *
random = numpy.random.RandomState(3)
codes = [f"C{j}" for j in range(8)]
records = []
for i in range(200):
    p = numpy.round(random.rand(8) ** .7, 2).astype("f4")  # with equal scores
    records.append({"id": f"e{i}", "scores": p, "predicted": [], "labels": [c for c, q in zip(codes, p) if random.rand() < q ** 2] + ["X"] * (i % 7 == 0)})
write("scored.mp", [{"ecan": 1, "kind": "scored", "history": [], "labels": codes, "threshold": .6}, *records, {"end": 200}])
done = run("ecan-metrics", "--json", "--threshold", ".6", "--coverage", "curve", "scored.mp")
assert done.returncode == 0, done.stderr
found = json.loads(done.stdout)["coverage"]
curve = [l.split("\t") for l in open("curve").read().splitlines()]
assert curve[0] == ["unit", "coverage", "precision", "recall", "threshold"]
gold = sum(len(r["labels"]) for r in records)
items = {"codes": [], "encounters": []}
for r in records:
    predicted = [(float(p), c in r["labels"]) for c, p in zip(codes, r["scores"]) if p > numpy.float32(.6)]
    items["codes"] += [(p, 1, hit) for p, hit in predicted]
    mean = float(numpy.float32(sum(p for p, _ in predicted) / len(predicted))) if predicted else -1
    items["encounters"].append((mean, len(predicted), sum(hit for _, hit in predicted)))
for unit, units in items.items():
    cuts = []
    for limit in sorted({x[0] for x in units if x[0] >= 0}, reverse=True):
        taken = [x for x in units if x[0] >= limit]
        hits = sum(x[2] for x in taken)
        cuts.append((len(taken) / len(units), hits / sum(x[1] for x in taken), hits / gold, limit))
    assert [o["precision"] for o in found[unit]] == [.95, .98]
    for o in found[unit]:
        best = ([c for c in cuts if c[1] >= o["precision"]] or [(0, 0, 0, None)])[-1]
        assert abs(o["coverage"] - best[0]) < 1e-9 and abs(o["recall"] - best[2]) < 1e-9, (unit, o, best)
        assert (o["threshold"] is None) == (best[3] is None) and (best[3] is None or abs(o["threshold"] - best[3]) < 1e-6)
        assert 0 <= o["low"] <= o["high"] <= 1 and o["low"] <= o["coverage"] + .1
    rows = [tuple(map(float, l[1:])) for l in curve if l[0] == unit]
    want, at = [], 0
    for percent in range(1, 101):
        reach = [k for k, c in enumerate(cuts) if c[0] >= percent / 100 - 1e-12]
        k = reach[0] if reach else len(cuts) - 1
        if not want or want[-1] != cuts[k]:
            want.append(cuts[k])
    assert len(rows) == len(want) > 5, (unit, len(rows), len(want))
    assert all(max(abs(a - b) for a, b in zip(r, w)) < 1e-5 for r, w in zip(rows, want)), unit
END
    ecan-metrics --coverage again --threshold .6 scored.mp > table
    cmp curve again
    grep -q '^predicted codes  *0.95 ' table
    [ "$(grep -c '^encounters  *0.9[58] ' table)" -eq 2 ]
    not grep -q 'without a person' <(ecan-metrics scored.mp)
}
