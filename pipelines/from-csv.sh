#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Converts a table to encounters: from-csv.sh [FILE...] >encounters.jsonl
#
# Reads CSV with a header row. Columns are id, text and, optionally, labels (codes separated by ;), note (the id of the note), type and
# date. Consecutive rows with the same id are the notes of one encounter. Fields can be quoted, with line breaks and doubled
# quotes in them.
#
#   ID=hadm_id TEXT=note LABELS=codes NOTE=row TYPE=category DATE=charttime     other names of the columns
#   SEPARATOR=';'                separator of fields (,); tab for a tab
#   BETWEEN=','                  separator of codes (;)
#   ENCODING=WINDOWS-1252        encoding of the file (UTF-8)
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

needs mlr:miller jq
pipelines=$(dirname "${BASH_SOURCE[0]}")

plain "$@" | iconv -f "${ENCODING:-UTF-8}" -t UTF-8 |
    mlr --icsv --ojsonl --infer-none --ifs "${SEPARATOR:-,}" cat |
    jq -nc -L "$pipelines" --arg id "${ID:-id}" --arg text "${TEXT:-text}" --arg labels "${LABELS:-labels}" \
        --arg note "${NOTE:-note}" --arg type "${TYPE:-type}" --arg date "${DATE:-date}" --arg between "${BETWEEN:-;}" '
    include "encounters";
    def needed($column): if has($column) then .[$column]
        else error("no column \($column); the columns are \(keys_unsorted | join(", "))") end;
    def codes: if has($labels) then .[$labels] | split($between) | map(sub("^\\s+"; "") | sub("\\s+$"; "") | select(. != "")) else null end;
    together(inputs | {encounter: needed($id), id: .[$note], type: .[$type], date: .[$date], text: needed($text), codes: codes};
        .encounter;
        (if .[0].codes == null then null else map(.codes) | add end) as $codes | map(del(.codes)) | encounter($codes))'
