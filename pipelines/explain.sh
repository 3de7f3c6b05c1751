#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Codes of encounters, and the words that support each: explain.sh MODEL [FILE...]
#
# Reads encounters as JSON Lines (.gz is possible) from the files or from standard input. Writes one line for each encounter, with
# the positions of the words in the notes.
#
#   PAGE=page.html               also write an HTML page with the notes and the evidence
#   EXPLAIN='--by sum --top 3'   options of ecan-explain
#   GOLD=gold.jsonl              spans marked by coders (formats/mdace.md; .gz is possible): also print on standard error how
#                                well the evidence agrees with them
#   TOKENIZE, PREDICT            as in predict.sh
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[ $# -ge 1 ] || usage "$0"
model=$1
shift

# shellcheck disable=SC2086
predict() {
    plain "$@" | ecan-tokenize -m "$model" ${TOKENIZE:-} | ecan-predict -m "$model" ${PREDICT:-}
}
# shellcheck disable=SC2086
explain() {
    ecan-explain -m "$model" ${EXPLAIN:-} ${PAGE:+--html "$PAGE"}
}

if [ -z "${GOLD:-}" ]; then
    predict "$@" | explain
else
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    predict "$@" | tee "$folder/scored.mp" | explain | tee "$folder/evidence.jsonl"
    ecan-evidence --gold <(plain "$GOLD") --words "$folder/scored.mp" "$folder/evidence.jsonl" >&2
fi
