#!/usr/bin/env bash
# Trains a model: train.sh DATA OUT [ecan-train option...]
#
# DATA has train, dev and test, each .jsonl or .jsonl.gz, and may have labels.tsv: code, tab, description.
# OUT gets the words of each (train.mp, dev.mp, test.mp), word vectors (vectors.bin) and the model (model). What is
# there already and still fits is not made again; training that was killed goes on where it was.
#
#   TOKENIZE='--compat caml'   options of ecan-tokenize, of its own for each model
#   W2V='--size 200'           options of ecan-w2v; without it --iter 40, which a million words or fewer need
#   TEXT='more.jsonl ...'      further encounters for the word vectors, which need no labels
#   WORDS=DIR VECTORS=FILE     where the words of the splits and the vectors are, if not in OUT: for runs that share them
#   SPLITS='train dev'         the splits that get words; without it test too
#   STOP_AFTER=9               stop after 9 epochs in all, with the model in OUT/model.part; the same command without it, or with a
#                              larger number, goes on. 0: words and vectors alone
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
    stage "$words/$name.mp" "$file" -- tokenize "$file"
done
text=("$words/train.mp")
for file in ${TEXT:-}; do
    name=$words/text-${#text[@]}.mp
    stage "$name" "$file" -- tokenize "$file"
    text+=("$name")
done

# shellcheck disable=SC2086
stage "$vectors" "${text[@]}" -- ecan-w2v ${W2V---iter 40} "${text[@]}"
if [ "${STOP_AFTER:-}" = 0 ]; then exit; fi

inputs=("$words/train.mp" "$words/dev.mp" "$vectors")
labels=()
if [ -e "$data/labels.tsv" ]; then
    inputs+=("$data/labels.tsv")
    labels=(--labels "$data/labels.tsv")
fi

PARTLY=${STOP_AFTER:+--stop-after $STOP_AFTER} stage "$out/model" "${inputs[@]}" -- ecan-train --resume --train "$words/train.mp" --dev "$words/dev.mp" \
    --vectors "$vectors" "${labels[@]}" "$@"
