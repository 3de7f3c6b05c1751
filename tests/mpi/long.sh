#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# long.sh: ecan-train-mpi with 1, 2, 4 and 8 ranks gives the files of ecan-train, for both attentions, few labels, many, and so many that a
# batch is divided by labels (lib/train/step.h).
set -euo pipefail
cd "$(dirname "$0")/.."
build=$(realpath "${BUILD:-../build}")
export PATH=$build/bin:$PATH
. ./helper.bash
. mpi/corpus.bash
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
cd "$data"

compare() { # TITLE [OPTION]...
    local title=$1 n
    shift
    train plain "$@" --force
    for n in 1 2 4 8; do
        before="ranks $n" train=ecan-train-mpi train ranks "$@" --threads $((n % 3 + 1)) --force
        same plain ranks
    done
    echo "$title: the same files with 1, 2, 4 and 8 ranks"
}

for labels in 12 1767; do
    long_corpus $((labels / 2 + 30)) t $labels 300 | ecan-tokenize -q >train.mp
    long_corpus 20 d $labels 300 | ecan-tokenize -q >dev.mp
    ecan-w2v -q --size 8 --min-count 1 -o vectors.bin train.mp
    for attention in multi sum; do
        compare "$labels labels, $attention" --attention $attention --batch-size 16 --average 0.9 --share codes --clip 1 --epochs 1 --focal-from 1
    done
done
long_corpus 32 t 1767 200 | ecan-tokenize -q >train.mp
for ((i = 0; i < 1767; i++)); do printf 'L%d\tlabel %d\n' $i $i; done >labels.tsv
compare "1767 labels, 600 channels" --channels 300,300 --batch-size 16 --epochs 1 --no-focal --all-labels --labels labels.tsv
