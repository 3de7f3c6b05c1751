#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: ecan demo [FOLDER]
# ecan demo: train a model on invented encounters and assign codes
#
# Invents clinical encounters in Dutch and French (they contain no patient data), trains a model on them, evaluates it on
# test encounters, and shows for two of them the words that support each code. The results are in FOLDER (ecan-demo).
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[ $# -le 1 ] || usage "$0"
folder=${1:-ecan-demo}
data=$folder/made-up
PATH="$programs/../examples:$here:$PATH" # make-encounters and read-evidence, built or installed

mkdir -p "$folder"
echo "== Invented encounters"
make_if_needed "$data" "$(command -v make-encounters)" -- make-encounters --seed 3 --train 1600 --dev 200 --test 400
wc -l "$data"/{train,dev,test}.jsonl "$data/labels.tsv"

echo
echo "== Training: words, word vectors, model"
"$here/train.sh" "$data" "$folder" \
    --seed 1 --channels 128,128 --kernels 5,5 --lr 0.003 --batch-size 16 --dropout 0.3 \
    --epochs 16 --patience 3

echo
echo "== Evaluation on test encounters"
"$here/evaluate.sh" "$folder"

echo
echo "== Terms that are negated or about relatives (\"geen koorts\", \"père: diabète\")"
make_if_needed "$folder/unmarked" "$folder/train.mp" "$folder/dev.mp" "$folder/network" -- ecan-terms --force --quiet --no-scopes \
    --train "$folder/train.mp" --dev "$folder/dev.mp" -m "$folder/network"
micro_f1() { metric <(ecan-predict --quiet -m "$1" "$folder/test.mp" | ecan-metrics --json) micro f1; }
printf 'micro-F1 on the test encounters: %.3f if they count like other terms, %.3f if they are marked\n' \
    "$(micro_f1 "$folder/unmarked")" "$(micro_f1 "$folder/chosen")"

echo
echo "== Evidence compared with the gold spans"
ecan-explain -m "$folder/model" --gold-codes "$folder/test.scored" |
    ecan-evidence --gold "$data/evidence.jsonl" --words "$folder/test.scored"

echo
echo "== Two encounters with evidence: + correct code, ! wrong code, - missed code"
for language in nl fr; do
    grep -m 1 "\"language\": *\"$language\"" "$data/test.jsonl"
done >"$folder/two.jsonl"
"$here/explain.sh" "$folder" --html "$folder/two.html" "$folder/two.jsonl" >"$folder/two.evidence.jsonl"
read-evidence "$folder/two.jsonl" <"$folder/two.evidence.jsonl"
echo
echo "As a page: $folder/two.html"
echo "The model: $folder/model. The demo took $SECONDS seconds."
