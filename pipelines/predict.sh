#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Codes of encounters: predict.sh MODEL [FILE...]
#
# Reads encounters as JSON Lines (.gz is possible) from the files or from standard input. Writes one line for each encounter:
# {"id", "predicted": [{"code", "score"}, ...]}.
#
#   TOKENIZE='--skip-bad'        options of ecan-tokenize, in addition to the tokenizer settings of the model
#   PREDICT='--threshold 0.4'    options of ecan-predict
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[ $# -ge 1 ] || usage "$0"
model=$1
shift

# shellcheck disable=SC2086
plain "$@" | ecan-tokenize -m "$model" ${TOKENIZE:-} | ecan-predict -m "$model" ${PREDICT:-} | ecan-show --records --key predicted
