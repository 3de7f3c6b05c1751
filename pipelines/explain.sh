#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: ecan explain MODEL [OPTION]... [FILE]...
# ecan explain: assign codes to encounters, and show the words that support each
#
# MODEL and FILE are as in ecan predict. Writes one line for each encounter, with the positions of the words in the notes. The evidence
# for the codes of an ensemble is that of its first model.
#
# Options are those of ecan-explain, such as --html page.html, --by sum or --top 3. Variables of the environment:
#
#   PAGE=page.html               as --html: also write an HTML page with the notes and the evidence
#   EXPLAIN='--by sum --top 3'   options of ecan-explain
#   GOLD=gold.jsonl              spans marked by coders (formats/mdace.md; .gz is possible): also print on standard error how
#                                well the evidence agrees with them
#   TOKENIZE, CONVERT, PREDICT   as in ecan predict
#
# Example:
#   ecan explain out --html page.html new.jsonl > evidence.jsonl
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$here/models.sh"

options_of explain EXPLAIN
begin_use ecan-explain "$@"
explain+=("${options[@]}" "${output[@]}")
options_of options PREDICT

write_evidence() {
    ecan-explain -m "$first" "${explain[@]}" ${PAGE:+--html "$PAGE"}
}
keep_scores() {
    tee "$scratch/scored.mp"
}
keep_evidence() {
    tee "$scratch/evidence.jsonl"
}

if [ -z "${GOLD:-}" ]; then
    run_pipe write_words write_scores write_evidence
else
    run_pipe write_words write_scores keep_scores write_evidence keep_evidence
    ecan-evidence --gold <(plain "$GOLD") --words "$scratch/scored.mp" "$scratch/evidence.jsonl" >&2
fi
