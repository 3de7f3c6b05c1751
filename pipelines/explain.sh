#!/usr/bin/env bash
# Codes of encounters and the words that speak for each: explain.sh MODEL [FILE...]
#
# Reads encounters as JSON Lines (.gz too) from the files or standard input; writes a line for each, with the place of
# the words in the notes.
#
#   PAGE=page.html               also a page that shows the notes and the evidence in them
#   TOKENIZE, PREDICT            as with predict.sh
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[ $# -ge 1 ] || usage "$0"
model=$1
shift

# shellcheck disable=SC2086
plain "$@" | ecan-tokenize -m "$model" ${TOKENIZE:-} | ecan-predict -m "$model" ${PREDICT:-} |
    ecan-explain -m "$model" ${PAGE:+--html "$PAGE"}
