#!/usr/bin/env bash
# A table as encounters: from-csv.sh [FILE...] >encounters.jsonl
#
# Reads CSV with a line of column names: id, text and, where there are any, labels (codes with ; between them), note (a
# note's id), type and date. Rows of one id that follow each other are the notes of one encounter. Fields may be
# quoted, with line breaks and doubled quotes in them.
#
#   ID=hadm_id TEXT=note LABELS=codes NOTE=row TYPE=category DATE=charttime     other names of columns
#   SEPARATOR=';'                between fields (,); tab for a tab
#   BETWEEN=','                  between codes (;)
#   ENCODING=WINDOWS-1252        of the file (UTF-8)
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
        else error("no column \($column); there are \(keys_unsorted | join(", "))") end;
    def codes: if has($labels) then .[$labels] | split($between) | map(sub("^\\s+"; "") | sub("\\s+$"; "") | select(. != "")) else null end;
    together(inputs | {encounter: needed($id), id: .[$note], type: .[$type], date: .[$date], text: needed($text), codes: codes};
        .encounter;
        (if .[0].codes == null then null else map(.codes) | add end) as $codes | map(del(.codes)) | encounter($codes))'
