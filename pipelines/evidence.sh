#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: evidence.sh MODEL SCORED GOLD [OPTION]...
# evidence.sh: compare settings of ecan-explain with spans marked by coders; OPTION is one of ecan-evidence
#
# SCORED is a scored stream with gold codes (evaluate.sh writes OUT/test.scored). GOLD has the marked spans (formats/mdace.md; .gz is
# possible). Prints a table. Its rows are: weights by equation 8 (peak), by the attention summed over the blocks (sum), and by attention and
# gradient (attingrad); passages of 1, 3 or 5 words, or phrases; 1, 3 or 5 passages for each code. Its columns are precision, recall, F1 and
# IoU of words, the share of passages and of gold spans that overlap one of the other side, and the share of passages that are exactly a
# gold span; first for the correct codes that were predicted, then for all correct codes that the model has.
#
#   WAYS='peak sum attingrad' NGRAMS='1 3 5 phrase' TOPS='1 3 5'   the settings to compare
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[ $# -ge 3 ] || usage "$0"
model=$1 scored=$2 gold=$3
shift 3

# row BY NGRAM TOP [option...]: prints a row of the table, with micro metrics.
row() {
    local by=$1 ngram=$2 top=$3 options=()
    shift 3
    [ "$ngram" = phrase ] || options=(--ngram "$ngram")
    ecan-explain -q -m "$model" --gold-codes --by "$by" --top "$top" "${options[@]}" "$scored" |
        ecan-evidence --gold <(plain "$gold") --words "$scored" "$@" |
        awk -v way="| $by | $ngram | $top |" '
            $2 == "micro" { metric[$1] = sprintf(" %.3f | %.3f | %.3f | %.3f | %.3f | %.3f | %.3f |", $3, $4, $5, $6, $7, $8, $9) }
            END { print way metric["predicted"] metric["explained"] }'
}

echo "| | | | predicted | | | | | | | all correct | | | | | | |"
echo "| by | words | top | precision | recall | F1 | IoU | passages | spans | exact | precision | recall | F1 | IoU | passages | spans | exact |"
echo "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
for by in ${WAYS:-peak sum attingrad}; do
    for ngram in ${NGRAMS:-1 3 5 phrase}; do
        for top in ${TOPS:-1 3 5}; do row "$by" "$ngram" "$top" "$@"; done
    done
done
