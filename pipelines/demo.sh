#!/usr/bin/env bash
# From nothing to codes with their evidence: demo.sh [FOLDER]
#
# Makes clinical encounters up in Dutch and French (no patient is behind them), trains a model on them, tries it on
# encounters that it has not seen, and shows for two of them which words spoke for which code. All of it is in FOLDER
# (build/demo) afterwards.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[ $# -le 1 ] || usage "$0"
folder=${1:-$root/build/demo}
data=$folder/made-up
pipelines=$(dirname "${BASH_SOURCE[0]}")
PATH="${ECAN_BIN:-$root/build/bin}/../examples:$PATH"

mkdir -p "$folder"
echo "== Encounters, made up"
stage "$data" "$(command -v make-encounters)" -- make-encounters --seed 3 --train 1600 --dev 200 --test 400
wc -l "$data"/{train,dev,test}.jsonl "$data/labels.tsv"

echo
echo "== Training: words, word vectors, model"
"$pipelines/train.sh" "$data" "$folder" \
    --seed 1 --channels 128,128 --kernels 5,5 --lr 0.003 --batch-size 16 --dropout 0.3 \
    --epochs 16 --patience 3

echo
echo "== Encounters that the model has not seen"
"$pipelines/evaluate.sh" "$data" "$folder"

echo
echo "== The words that it shows for their codes, beside those that say it in the notes"
ecan-explain -m "$folder/model" --gold-codes "$folder/test.scored" |
    ecan-evidence --gold "$data/evidence.jsonl" --words "$folder/test.scored"

echo
echo "== Two of them: + a right code, ! a wrong one, - one that was missed, and the words that spoke for each"
for language in nl fr; do
    grep -m 1 "\"language\": *\"$language\"" "$data/test.jsonl"
done >"$folder/two.jsonl"
PAGE=$folder/two.html "$pipelines/explain.sh" "$folder/model" "$folder/two.jsonl" >"$folder/two.evidence.jsonl"
read-evidence "$folder/two.jsonl" <"$folder/two.evidence.jsonl"
echo
echo "The same as a page: $folder/two.html"
echo "The model: $folder/model. It took $SECONDS seconds."
