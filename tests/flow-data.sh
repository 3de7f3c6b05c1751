#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes the tables of a hospital for tests/flow.sh from invented encounters: flow-data.sh MADE FOLDER
# MADE is the output of make-encounters. notes.csv and new.csv have its notes, a row for each, as Excel writes them: semicolons,
# Windows-1252, CR LF. codes.csv has descriptions of the codes. Needs jq.
set -euo pipefail
[ $# -eq 2 ] || { sed -n '2,/^[^#]/{ /SPDX-/d; s/^# //p }' "$0" >&2; exit 2; }
made=$1 folder=$2
mkdir -p "$folder"

# rows CODED: prints the table of the encounters on standard input, with their codes unless CODED is empty.
rows() {
    printf 'Opnamenr;Documentnr;Soort;Datum;Taal;Patiëntnr;Tekst%s\r\n' "${1:+;ICD-10}"
    jq -r --arg coded "$1" '.id as $id | (.id | sub("[a-z]*-0*"; "") | tonumber / 2 | floor | tostring) as $patient | (.labels | join(", ")) as $codes |
        .documents[] | [$id, .id, .type, .date, .language, "P" + $patient, .text] + (if $coded == "" then [] else [$codes] end) |
        map("\"" + gsub("\""; "\"\"") + "\"") | join(";") + "\r"'
}
windows() {
    iconv -f UTF-8 -t WINDOWS-1252//TRANSLIT
}
cat "$made"/{train,dev}.jsonl | rows coded | windows >"$folder/notes.csv"
rows '' <"$made/test.jsonl" | windows >"$folder/new.csv"
{
    printf 'Code;Omschrijving\r\n'
    sed 's/"/""/g; s/\(.*\)\t\(.*\)/\1;"\2"\r/' "$made/labels.tsv"
} | windows >"$folder/codes.csv"
