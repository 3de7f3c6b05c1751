# SPDX-License-Identifier: Apache-2.0
# pipelines/plot.sh: the pictures of each input, and that they show the numbers.
bats_require_minimum_version 1.5.0

setup_file() {
    command -v gnuplot >/dev/null || return 0
    load ../helper
    need msgpack msgpack_numpy numpy
    ECAN_BIN=$(dirname "$(command -v ecan-metrics)")
    export ECAN_BIN python PYTHONPATH
    export pipelines="$BATS_TEST_DIRNAME/../../pipelines" out="$BATS_FILE_TMPDIR/out"
    mkdir -p "$out/model"
    "$python" "$BATS_TEST_DIRNAME/../ref/metrics.py" make 1 300 40 --density 0.3 >"$out/test.scored"
    "$python" "$BATS_TEST_DIRNAME/../ref/metrics.py" make 1 300 40 --density 0.3 >"$out/train.mp"
    ecan-metrics --json --best-threshold "$out/test.scored" >"$out/metrics-dev.json"
    awk 'BEGIN { for (e = 1; e <= 9; e++)
        printf "{\"phase\": \"%s\", \"epoch\": %d, \"loss\": %g, \"dev_loss\": %g, \"dev_micro_f1\": 0.%d, \"seconds\": 1}\n",
            e < 6 ? "bce" : "focal", e, 0.3 / e, 0.1 + 0.2 / e, 700 + e % 7 }' >"$out/model/history.jsonl"
    echo '{"training": {"best": {"phase": "focal", "epoch": 6, "loss": 0.05}}, "threshold": 0.5}' >"$out/model/config.json"
}

setup() {
    load ../helper
    command -v gnuplot >/dev/null || skip "no gnuplot"
    cd "$BATS_TEST_TMPDIR" || return 1
}

# text FILE: the words in a picture.
text() {
    "$python" -c 'import sys, xml.etree.ElementTree as tree
for e in tree.parse(sys.argv[1]).iter():
    if e.tag.endswith("}text"):
        print("".join(e.itertext()).strip())' "$1"
}

# shows FILE TEXT...: well-formed XML whose text has each TEXT.
shows() {
    text "$1" >text
    for want in "${@:2}"; do
        grep -qF -- "$want" text || { echo "no '$want' in $1:"; cat text; false; }
    done
}

@test "every picture of a run, with its numbers" {
    run --separate-stderr "$pipelines/plot.sh" "$out" here
    echo "$stderr"
    [ "$status" -eq 0 ] && [ -z "$output" ]
    [ "$(echo here/*)" = "here/by-frequency.svg here/by-frequency.tsv here/precision-recall.svg here/precision-recall.tsv \
here/reliability.svg here/reliability.tsv here/training.svg here/training.tsv" ]
    not grep -qi warning <<<"$stderr"
    f1=$("$python" -c 'import json, sys; print("%.3f" % json.load(open(sys.argv[1]))["micro"]["f1"])' "$out/metrics-dev.json")
    shows here/precision-recall.svg "300 encounters, 40 labels" "threshold 0.5: F1 $f1" "micro recall" "F1 = 0.8"
    [ "$(grep -c '^threshold 0' <(text here/precision-recall.svg))" -eq 2 ]
    shows here/reliability.svg "calibration error 0." "Brier score 0." "share of gold codes"
    shows here/training.svg "9 epochs" "epoch 6" "focal loss" "kept: 0.706" "dev (BCE)"
    shows here/by-frequency.svg "300 encounters, 40 labels, 300 encounters in training; threshold 0.5" "1 to 10" "51 to 100"
    [ "$(awk '{ n += $3; gold += $5 } END { print n, gold }' here/by-frequency.tsv)" = \
        "40 $(ecan-show -r -k labels "$out/test.scored" | tr -cd c | wc -c)" ]
}

@test "the point of the threshold is at its precision and recall" {
    THRESHOLDS=0.3 "$pipelines/plot.sh" "$out" here
    [ "$(grep -o 'threshold 0[.0-9]*' here/precision-recall.svg)" = "threshold 0.3" ]
    ecan-metrics --json --threshold 0.3 "$out/test.scored" >at.json
    "$python" - <<'END'
import json, re
at = json.load(open("at.json"))["micro"]
svg = open("here/precision-recall.svg").read()
# the page is 640 wide and high; the axes go from .13 to .90 and from .88 down to .11 of it
points = [(float(x), float(y)) for x, y in re.findall(r"<use xlink:href='#gpPt6' transform='translate\(([\d.]+),([\d.]+)\)", svg)]
x, y = 640 * (0.13 + 0.77 * at["recall"]), 640 * (1 - 0.11 - 0.77 * at["precision"])
assert any(abs(a - x) < 3 and abs(b - y) < 3 for a, b in points), (x, y, points)
END
}

@test "only a scored stream: its own threshold, its own folder" {
    cp "$out/test.scored" "a b.scored"
    "$pipelines/plot.sh" "a b.scored"
    [ "$(echo a\ b.plots/*.svg)" = "a b.plots/precision-recall.svg a b.plots/reliability.svg" ]
    TRAIN=$out/train.mp "$pipelines/plot.sh" "a b.scored" there
    [ -s there/by-frequency.svg ]
}

@test "only a model folder: its training; one phase, one epoch" {
    cp -r "$out/model" .
    "$pipelines/plot.sh" model
    [ "$(echo model/plots/*)" = "model/plots/training.svg model/plots/training.tsv" ]
    head -n 1 "$out/model/history.jsonl" >model/history.jsonl
    rm model/config.json
    "$pipelines/plot.sh" model 2>said
    not grep -qi warning said
    shows model/plots/training.svg "1 epoch" "training"
    not grep -q 'kept\|focal' <(text model/plots/training.svg)
}

@test "few labels without any gold code: pictures all the same" {
    "$python" "$BATS_TEST_DIRNAME/../ref/metrics.py" make 1 3 2 --density 0 >empty.scored
    "$pipelines/plot.sh" empty.scored
    shows empty.plots/reliability.svg "3 encounters, 2 labels"
    shows empty.plots/precision-recall.svg "3 encounters, 2 labels"
}

@test "wrong usage, and missing files" {
    for wrong in "" "a b c"; do
        # shellcheck disable=SC2086
        run "$pipelines/plot.sh" $wrong
        [ "$status" -eq 2 ]
        [[ "$output" == *"ecan plot OUT"* ]]
    done
    run "$pipelines/plot.sh" nowhere
    [ "$status" -eq 1 ]
    mkdir empty
    run "$pipelines/plot.sh" empty
    [ "$status" -eq 1 ]
    [[ "$output" == *"no test.scored"* ]]
    head -c 500 "$out/test.scored" >cut.scored
    run "$pipelines/plot.sh" cut.scored
    [ "$status" -eq 1 ]
    [ ! -e cut.plots/precision-recall.svg ]
}
