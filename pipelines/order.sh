#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: ecan order OUT|MODEL ENCOUNTERS...
# ecan order: order encounters by how much a model can learn from their codes (active learning)
#
# Prints id and expected number of corrections, separated by a tab, the largest first: the sum of 1 - p over the codes that the model
# predicts, and of p over the others. p is the probability of a code. A coder corrects most in the first encounters. With many codes a model
# learns more from them than from random ones; with few codes it need not (results.md, Learning from decisions). ENCOUNTERS (.jsonl or .jsonl.gz) need no codes. The model should be calibrated, as models with terms are.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
needs jq

[ $# -ge 2 ] || usage "$0"
model=$(short "$1")
if [ -e "$model/model" ]; then model=$model/model; fi
for file in "${@:2}"; do plain "$file"; done | ecan-tokenize -q -m "$model" | ecan-predict -q -m "$model" |
    ecan-show --full --records --key scores,predicted | jq -r '
        (([.predicted[].score] | add) // 0) as $predicted
        | [.id, ((.scores | add) // 0) + (.predicted | length) - 2 * $predicted] | @tsv' |
    sort -t "$(printf '\t')" -k 2,2gr -k 1,1
