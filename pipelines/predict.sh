#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: ecan predict MODEL [OPTION]... [FILE]...
# ecan predict: assign codes to encounters
#
# MODEL is a model folder, an ensemble folder, or a folder of ecan train or ecan ensemble. Reads encounters from the
# files or from standard input: JSON Lines, or CSV with the columns id and text. Both can be compressed with gzip. Writes one line for
# each encounter: {"id", "predicted": [{"code", "score"}, ...]}, with words_cut and notes_cut if the model did not read all its words or
# notes (formats/tokens.md). Standard error counts them; -q does not.
#
# Options are those of ecan-predict, such as --threshold 0.4, and -o FILE. Those of other programs are in the environment, with quotes
# as in the shell:
#
#   TOKENIZE='--skip-bad'        options of ecan-tokenize, in addition to the tokenizer settings of the model
#   CONVERT='--id hadm_id'       options of ecan-convert csv, such as the names of columns
#   PREDICT='--threshold 0.4'    options of ecan-predict
#
# Example:
#   ecan predict out new.jsonl > predicted.jsonl
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$here/models.sh"

options_of more PREDICT
begin_use ecan-predict "$@"
options=("${more[@]}" "${options[@]}")

write_lines() {
    ecan-show --records --key predicted,words_cut,notes_cut "${output[@]}"
}
run_pipe write_words write_scores write_lines
