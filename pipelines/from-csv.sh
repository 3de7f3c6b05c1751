#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: from-csv.sh [FILE]... > encounters.jsonl
# from-csv.sh: convert tables to encounters
#
# Reads CSV with a header row. Columns are id, text and, optionally, labels (codes separated by ;), note (the id of the note), type and
# date. Rows with the same id are one encounter. This is ecan-convert csv, whose --help says more.
#
#   ID=hadm_id TEXT=note LABELS=codes NOTE=row TYPE=category DATE=charttime     other names of the columns
#   SEPARATOR=';'                separator of fields (found in the header row); tab for a tab
#   BETWEEN=','                  separator of codes (;)
#   ENCODING=WINDOWS-1252        encoding of the files (UTF-8)
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

exec ecan-convert csv ${ID:+--id "$ID"} ${TEXT:+--text "$TEXT"} ${LABELS:+--code "$LABELS"} ${NOTE:+--note "$NOTE"} \
    ${TYPE:+--type "$TYPE"} ${DATE:+--date "$DATE"} ${SEPARATOR:+--separator "$SEPARATOR"} ${BETWEEN:+--between "$BETWEEN"} \
    ${ENCODING:+--encoding "$ENCODING"} -- "$@"
