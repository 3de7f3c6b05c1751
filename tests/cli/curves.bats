#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ecan-metrics --curve and --reliability against brute force in numpy.

setup() {
    load ../helper
    need msgpack msgpack_numpy numpy
    ref=$(cd "$BATS_TEST_DIRNAME/../ref" && pwd)/metrics.py
    cd "$BATS_TEST_TMPDIR" || return 1
}

# check_curve "what to make": every line is correct, and every cut of the scores is between two lines.
check_curve() {
    # shellcheck disable=SC2086
    "$python" "$ref" make $1 > scored.mp
    ecan-metrics --curve curve.tsv --json scored.mp > metrics.json
    "$python" - << 'END'
import csv, helper, json, numpy
header, *records = [o for o in helper.read("scored.mp") if "end" not in o]
column = {c: j for j, c in enumerate(header["labels"])}
score = numpy.concatenate([r["scores"] for r in records])
gold = numpy.zeros((len(records), len(column)), bool)
total = 0
for i, r in enumerate(records):
    total += len(set(r["labels"]))
    gold[i, [column[c] for c in r["labels"] if c in column]] = True
gold = gold.ravel()
lines = list(csv.DictReader(open("curve.tsv"), delimiter="\t"))
for l in lines:
    chosen = score > numpy.float32(l["threshold"])
    hits, predicted = (chosen & gold).sum(), chosen.sum()
    assert (hits, predicted) == (int(l["hits"]), int(l["predicted"])), l
    for key, want in ("precision", hits / predicted), ("recall", hits / total), ("f1", 2 * hits / (predicted + total)):
        assert abs(float(l[key]) - want) < 1e-5, (l, key, want)
at = numpy.array([[float(l["precision"]), float(l["recall"])] for l in lines]).reshape(-1, 2)
low, high = numpy.minimum(at[:-1], at[1:]) - 0.0021, numpy.maximum(at[:-1], at[1:]) + 0.0021
lowest = min(score[gold], default=2)
for v in numpy.unique(score[score >= lowest]):
    if v > 0:
        hits, predicted = (gold & (score >= v)).sum(), (score >= v).sum()
        point = [hits / predicted, hits / total]
        assert v == score.max() or ((low <= point) & (point <= high)).all(1).any(), v
assert json.load(open("metrics.json"))["documents"] == len(records)
print(len(lines), "lines")
END
}

@test "the curve: plain" { check_curve "1 80 30"; }
@test "... equal scores, codes never seen" { check_curve "2 60 20 --levels 4 --unknown"; }
@test "... every score 0 or 1" { check_curve "3 40 12 --levels 1"; }
@test "... no gold code" { check_curve "4 9 4 --density 0"; [ "$(wc -l < curve.tsv)" -eq 1 ]; }

@test "... is thinned, and ends at the last gold code" {
    check_curve "5 200 100"
    [ "$(wc -l < curve.tsv)" -lt 1500 ]
    tail -n 1 curve.tsv | cut -f 5 | grep -qx 1
}

@test "reliability: edges, counts, means, shares" {
    "$python" - << 'END'
import helper, numpy
helper.write("scored.mp", [{"ecan": 1, "kind": "scored", "history": [], "labels": ["A", "B", "C"]},
    {"id": "1", "labels": ["A", "X"], "scores": numpy.array([1, .5, 0], "<f4")},
    {"id": "2", "labels": ["B"], "scores": numpy.array([.25, .75, .125], "<f4")}, {"end": 2}])
END
    ecan-metrics --bins 4 --reliability bins.tsv --json scored.mp > metrics.json
    printf 'low\thigh\tn\tgold\tmean\tshare\n' > want
    printf '0\t0.25\t2\t0\t0.0625\t0\n0.25\t0.5\t1\t0\t0.25\t0\n0.5\t0.75\t1\t0\t0.5\t0\n0.75\t1\t2\t2\t0.875\t1\n' >> want
    diff want bins.tsv
    # (0 + .25 + 0 + .0625 + .0625 + .015625) / 6; (.125 + .25 + .5 + .25) / 6
    grep -q '"brier": 0.065104166' metrics.json
    grep -q '"calibration_error": 0.1875' metrics.json
}

@test "a bin without scores has no mean; bins are 1 or more" {
    "$python" "$ref" make 1 3 2 --levels 1 > scored.mp
    ecan-metrics --bins 3 --reliability /dev/stdout -o /dev/null scored.mp | sed -n 3p | grep -qP '\t0\t0\t\t$'
    run ecan-metrics --bins 0 scored.mp
    [ "$status" -eq 2 ]
}

@test "a full disk is noticed" {
    [ -w /dev/full ] || skip "no /dev/full"
    "$python" "$ref" make 1 3 2 > scored.mp
    for option in --curve --reliability; do
        run ecan-metrics $option /dev/full scored.mp
        [ "$status" -eq 1 ]
    done
}
