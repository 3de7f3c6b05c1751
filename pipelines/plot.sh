#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: ecan plot OUT [FOLDER]
# ecan plot: draw plots of the quality of a model, as SVG
#
# OUT is a folder of ecan train, a model folder, or a scored stream with gold codes. The plots are written to FOLDER
# (OUT/plots; for a stream NAME.scored, NAME.plots), as far as OUT has their data, each with its numbers in a .tsv:
#
#   precision-recall.svg   precision and recall at every threshold
#   reliability.svg        the share of correct codes by predicted probability
#   by-frequency.svg       F1 by number of training encounters of a code
#   training.svg           loss and micro-F1 on dev by epoch
#
#   TRAIN=train.mp         training data of the model (OUT/train.mp), for by-frequency
#   THRESHOLDS='0.5 0.41'  thresholds to mark (0.5 and the best on dev; for a stream its own)
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

case $# in
1 | 2) ;;
*) usage "$0" ;;
esac
needs gnuplot:gnuplot-nox
[ -e "$1" ] || fail "$1: file not found"
scored='' history='' train=${TRAIN:-} thresholds=${THRESHOLDS:-} folder=${2:-}
if [ ! -d "$1" ]; then
    scored=$1 folder=${folder:-${1%.scored}.plots}
elif [ -e "$1/history.jsonl" ]; then
    history=$1/history.jsonl folder=${folder:-$1/plots}
else
    [ ! -e "$1/test.scored" ] || scored=$1/test.scored
    [ ! -e "$1/model/history.jsonl" ] || history=$1/model/history.jsonl
    [ ! -e "$1/train.mp" ] || train=${train:-$1/train.mp}
    [ ! -e "$1/metrics-dev.json" ] || thresholds=${thresholds:-0.5 $(metric "$1/metrics-dev.json" best_threshold)}
    folder=${folder:-$1/plots}
fi
[ "$scored$history" ] || fail "$1: no test.scored, no model/history.jsonl and no history.jsonl"
mkdir -p "$folder"
exec {lock}>>"$folder/.lock" # another process may draw the same plots: see make_if_needed
flock "$lock"

# columns KEY...: reads one object on each line; prints the values of the keys (of duplicate keys the first), separated by tabs.
# null is printed as nothing.
columns() {
    awk -v names="$*" '
        function value(key,  v) {
            if (!match($0, "\"" key "\": *\"?[^,}\"]*")) return ""
            v = substr($0, RSTART, RLENGTH)
            sub(/^"[^"]*": *"?/, "", v)
            return v == "null" ? "" : v
        }
        BEGIN { n = split(names, key, " ") }
        { for (i = 1; i <= n; i++) printf "%s%s", value(key[i]), i < n ? "\t" : "\n" }'
}

# grouped: prints 1234567 as 1,234,567.
grouped() { sed ':a; s/\B[0-9]\{3\}\b/,&/; ta'; }

# subtitle METRICS: prints the line under a title.
subtitle() { columns documents labels <"$1" | grouped | awk -F '\t' '{ printf "%s encounters, %s labels", $1, $2 }'; }

# rounded KEY: prints that metric with three decimals.
rounded() { columns "$1" <"$json" | awk '{ printf NF ? "%.3f" : "-", $1 }'; }

# mark THRESHOLD: prints a line of the points to mark; without THRESHOLD, for the threshold of the stream.
mark() {
    ecan-metrics --quiet --json --no-auc ${1:+--threshold "$1"} "$scored" | columns threshold precision recall f1
}

json=$folder/metrics.json
if [ "$scored" ]; then
    ecan-metrics --quiet --json --curve "$folder/precision-recall.tsv" --reliability "$folder/reliability.tsv" \
        ${train:+--train "$train"} "$scored" >"$json"
    for threshold in ${thresholds:-''}; do mark "$threshold"; done | { grep -vP '\t$' || true; } >"$folder/marks.tsv"
    draw "$folder" precision-recall "curve='precision-recall.tsv'" "marks='marks.tsv'" "marked=$(wc -l <"$folder/marks.tsv")" \
        "small='$(subtitle "$json"); average precision $(rounded average_precision)'"
    draw "$folder" reliability "bins='reliability.tsv'" \
        "small='$(subtitle "$json"); calibration error $(rounded calibration_error), Brier score $(rounded brier)'"
    if [ "$train" ]; then
        grep -o '{"from"[^}]*}[^}]*}' "$json" | columns from to labels labels_present gold f1 f1_mean_present |
            awk -F '\t' '$3 > 0' >"$folder/by-frequency.tsv"
        draw "$folder" by-frequency "bins='by-frequency.tsv'" "small='$(subtitle "$json"), $(columns train_documents <"$json" | grouped) \
encounters in training; threshold $(columns threshold <"$json")'"
    fi
    rm "$json" "$folder/marks.tsv"
fi

if [ "$history" ]; then
    table=$folder/training.tsv
    columns epoch phase loss dev_loss dev_micro_f1 <"$history" | awk -F '\t' 'NR > 1 && $2 != phase { print "" } { phase = $2; print }' >"$table"
    kept=$(metric "${history%history.jsonl}config.json" best epoch 2>/dev/null) && cut -f 1 "$table" | grep -qx "$kept" || kept=0
    draw "$folder" training "history='training.tsv'" "kept=$kept" "focal=$(awk 'gap { print $1; exit } !NF { gap = 1 }' "$table" | grep . || echo 0)" \
        "small='$(grep -c . "$table") epoch$([ "$(grep -c . "$table")" = 1 ] || echo s)$([ "$kept" = 0 ] || echo "; the model is that of epoch $kept")'"
fi
