#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Trains a model: train.sh DATA OUT [ecan-train option...]
#
# DATA has train, dev and test, each as .jsonl or .jsonl.gz, and optionally labels.tsv: code, tab, description.
# OUT gets the words of each (train.mp, dev.mp, test.mp), word vectors (vectors.bin) and the model (model). Results that exist and are
# up to date are kept. A training that was killed continues.
#
#   TOKENIZE='--compat caml'   options of ecan-tokenize
#   W2V='--size 200'           options of ecan-w2v (default: --iter 40, which texts of a million words or fewer need)
#   TEXT='more.jsonl ...'      more encounters for the word vectors; they need no labels
#   WORDS=DIR VECTORS=FILE     where to put words and vectors (default: OUT), for runs that share them
#   SPLITS='train dev'         the splits to tokenize (default: train dev test)
#   STOP_AFTER=9               stop after 9 epochs in total, with the model in OUT/model.part. The same command without it, or with a
#                              larger number, continues. 0: only words and vectors
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[ $# -ge 2 ] || usage "$0"
data=$1 out=$2
shift 2
words=${WORDS:-$out}
vectors=${VECTORS:-$words/vectors.bin}
mkdir -p "$out" "$words" "$(dirname "$vectors")"

for name in ${SPLITS:-train dev test}; do
    file=$(split "$data" "$name")
    make_if_needed "$words/$name.mp" "$file" -- tokenize "$file"
done
text=("$words/train.mp")
for file in ${TEXT:-}; do
    name=$words/text-${#text[@]}.mp
    make_if_needed "$name" "$file" -- tokenize "$file"
    text+=("$name")
done

# shellcheck disable=SC2086
make_if_needed "$vectors" "${text[@]}" -- ecan-w2v ${W2V---iter 40} "${text[@]}"
if [ "${STOP_AFTER:-}" = 0 ]; then exit; fi

inputs=("$words/train.mp" "$words/dev.mp" "$vectors")
labels=()
if [ -e "$data/labels.tsv" ]; then
    inputs+=("$data/labels.tsv")
    labels=(--labels "$data/labels.tsv")
fi

PARTLY=${STOP_AFTER:+--stop-after $STOP_AFTER} make_if_needed "$out/model" "${inputs[@]}" -- ecan-train --resume --train "$words/train.mp" --dev "$words/dev.mp" \
    --vectors "$vectors" "${labels[@]}" "$@"
