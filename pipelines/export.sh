#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: ecan export [FILE]...
# ecan export: write predicted codes as CSV, for spreadsheets and other systems
#
# FILE has lines of ecan predict, or is a scored stream. Without FILE: standard input. Writes a header row, and a row for each predicted
# code: id, code, score. An encounter without a code has no row. ecan import reads such tables.
#
# Example:
#   ecan predict out new.jsonl | ecan export > predicted.csv
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$here/models.sh"
needs jq

# lines FILE: prints the lines of a file, or of standard input.
lines() {
    local bytes
    bytes=$(head -c 1 | hexadecimal)
    if [ ! "$bytes" ] || [ "$bytes" = 7b ]; then
        { binary "$bytes" && cat; }
    else
        { binary "$bytes" && cat; } | ecan-show --records --key predicted
    fi
}

for file in "$@"; do [ -f "$file" ] || fail "$file: file not found"; done
echo id,code,score
if [ $# -eq 0 ]; then lines; else for file; do lines <"$file"; done; fi |
    jq -r '.id as $id | .predicted[]? | [($id | tostring), .code, .score] | @csv' ||
    fail "the input is neither lines of ecan predict nor a scored stream"
