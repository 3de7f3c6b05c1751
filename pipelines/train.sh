#!/usr/bin/env bash
# Trains a model: train.sh DATA OUT [ecan-train option...]
#
# DATA has train, dev and test, each .jsonl or .jsonl.gz, and may have labels.tsv: code, tab, description.
# OUT gets the words of each (train.mp, dev.mp, test.mp), word vectors (vectors.bin) and the model (model). What is
# there already and still fits is not made again; training that was killed goes on where it was.
#
#   TOKENIZE='--compat caml'   options of ecan-tokenize, of its own for each model
#   W2V='--size 200'           options of ecan-w2v; without it --iter 40, which a million words or fewer need
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[ $# -ge 2 ] || usage "$0"
data=$1 out=$2
shift 2
mkdir -p "$out"

for name in train dev test; do
    file=$(split "$data" "$name")
    stage "$out/$name.mp" "$file" -- tokenize "$file"
done

# shellcheck disable=SC2086
stage "$out/vectors.bin" "$out/train.mp" -- ecan-w2v ${W2V---iter 40} "$out/train.mp"

inputs=("$out/train.mp" "$out/dev.mp" "$out/vectors.bin")
labels=()
if [ -e "$data/labels.tsv" ]; then
    inputs+=("$data/labels.tsv")
    labels=(--labels "$data/labels.tsv")
fi

stage "$out/model" "${inputs[@]}" -- ecan-train --resume --train "$out/train.mp" --dev "$out/dev.mp" \
    --vectors "$out/vectors.bin" "${labels[@]}" "$@"
