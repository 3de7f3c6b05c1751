#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Trains a model: train.sh DATA OUT [ecan-train option...]
#
# DATA has train, dev and test, each as .jsonl or .jsonl.gz, and optionally labels.tsv: code, tab, description.
# OUT gets the words of each (train.mp, dev.mp, test.mp), word vectors (vectors.bin), the network (network) and the model (model), which
# is the network with terms of codes (ecan-terms). Results that exist and are up to date are kept. A training that was killed continues.
#
#   TOKENIZE='--compat caml'   options of ecan-tokenize
#   W2V='--size 200'           options of ecan-w2v (default: --iter 40, which texts of a million words or fewer need)
#   TEXT='more.jsonl ...'      more encounters for the word vectors; they need no labels
#   WORDS=DIR VECTORS=FILE     where to put words and vectors (default: OUT), for runs that share them
#   SPLITS='train dev'         the splits to tokenize (default: train dev test)
#   TERMS='--table my.tsv'     options of ecan-terms. TERMS=no: no terms; the network is OUT/model. This is the default with the
#                              presets of the paper
#   STOP_AFTER=9               stop after 9 epochs in total, with the network in OUT/network.part (TERMS=no: OUT/model.part). The same command without it, or with a
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

# preset [ecan-train option...]: prints the value of the last --preset.
preset() {
    local name=few-encounters
    while [ $# -gt 0 ]; do
        case $1 in
        --preset) name=${2:-} ;;
        --preset=*) name=${1#*=} ;;
        esac
        shift
    done
    echo "$name"
}
case $(preset "$@") in
few-encounters | more-encounters | small | middle) ;;
*) TERMS=${TERMS:-no} ;;
esac
network=$out/network
if [ "${TERMS:-}" = no ]; then network=$out/model; fi

PARTLY=${STOP_AFTER:+--stop-after $STOP_AFTER} make_if_needed "$network" "${inputs[@]}" -- ecan-train --resume --train "$words/train.mp" --dev "$words/dev.mp" \
    --vectors "$vectors" "${labels[@]}" "$@"
if [ "${STOP_AFTER:-}" ] || [ "$network" = "$out/model" ]; then exit; fi

# shellcheck disable=SC2086
make_if_needed "$out/model" "$words/train.mp" "$words/dev.mp" "$network" -- ecan-terms --force --quiet --train "$words/train.mp" \
    --dev "$words/dev.mp" -m "$network" ${TERMS:-}
