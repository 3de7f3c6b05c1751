#!/usr/bin/env bash
# Which way of choosing evidence finds what coders marked: evidence.sh MODEL SCORED GOLD [ecan-evidence option...]
#
# SCORED is a stream of scored encounters with gold codes (evaluate.sh leaves OUT/test.scored), GOLD their marked spans
# (formats/mdace.md; .gz too). Prints a table: the heaviest words by equation 8 (peak) and by the attention summed over the
# blocks (sum), as passages of 1, 3, 5 words or as many as the kernel covers, 1, 3 or 5 of them for each code; against
# them precision, recall, F1 and IoU of words, and the share of passages and of gold spans that touch one of the other side;
# for the right codes that were predicted, and for all right codes that the model has.
#
#   WAYS='peak sum' NGRAMS='1 3 5 kernel' TOPS='1 3 5'   which ways
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[ $# -ge 3 ] || usage "$0"
model=$1 scored=$2 gold=$3
shift 3

# row BY NGRAM TOP [option...]: a line of the table; micro figures.
row() {
    local by=$1 ngram=$2 top=$3 options=()
    shift 3
    [ "$ngram" = kernel ] || options=(--ngram "$ngram")
    ecan-explain -q -m "$model" --gold-codes --by "$by" --top "$top" "${options[@]}" "$scored" |
        ecan-evidence --gold <(plain "$gold") --words "$scored" "$@" |
        awk -v way="| $by | $ngram | $top |" '
            $2 == "micro" { figures[$1] = sprintf(" %.3f | %.3f | %.3f | %.3f | %.3f | %.3f |", $3, $4, $5, $6, $7, $8) }
            END { print way figures["predicted"] figures["explained"] }'
}

echo "| | | | predicted | | | | | | right | | | | | |"
echo "| by | words | top | precision | recall | F1 | IoU | passages | spans | precision | recall | F1 | IoU | passages | spans |"
echo "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
for by in ${WAYS:-peak sum}; do
    for ngram in ${NGRAMS:-1 3 5 kernel}; do
        for top in ${TOPS:-1 3 5}; do row "$by" "$ngram" "$top" "$@"; done
    done
done
