#!/usr/bin/env bash
# Codes of encounters and the words that speak for each: explain.sh MODEL [FILE...]
#
# Reads encounters as JSON Lines (.gz too) from the files or standard input; writes a line for each, with the place of
# the words in the notes.
#
#   PAGE=page.html               also a page that shows the notes and the evidence in them
#   EXPLAIN='--by sum --top 3'   options of ecan-explain
#   GOLD=gold.jsonl              the spans that coders marked (formats/mdace.md; .gz too): how far the evidence agrees
#                                with them goes to standard error
#   TOKENIZE, PREDICT            as with predict.sh
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
