#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The whole flow of a hospital, with the command ecan only: flow.sh DATA WORK [OPTION OF ECAN TRAIN]...
# From tables in Windows-1252 (tests/flow-data.sh) to a model, its codes for other notes, and a FHIR bundle, which is read again.
set -euo pipefail
[ $# -ge 2 ] || { sed -n '2,/^[^#]/{ /SPDX-/d; s/^# //p }' "$0" >&2; exit 2; }
data=$(realpath "$1")
mkdir -p "$2"
cd "$2"
shift 2
step() { printf '== %s\n' "$*"; }
same() { # WHAT FILE FILE
    [ -s "$2" ] || { echo "$1: $2 is empty" >&2; exit 1; }
    diff "$2" "$3" || { echo "$1: the results differ" >&2; exit 1; }
}
columns="--encoding WINDOWS-1252 --id Opnamenr --note Documentnr --type Soort --date Datum --language Taal --patient Patiëntnr --text Tekst"

step "Encounters from a table"
# shellcheck disable=SC2086 # a list of words
ecan convert csv $columns --code ICD-10 --between , "$data/notes.csv" -o encounters.jsonl
ecan split -o data encounters.jsonl
ecan convert codes --encoding WINDOWS-1252 --used encounters.jsonl "$data/codes.csv" -o data/labels.tsv

step "Training and evaluation"
ecan train data out --tokenize '--language nl,fr' "$@"
ecan evaluate out

step "Codes of other notes"
CONVERT=$columns ecan predict out "$data/new.csv" >predicted.jsonl
# shellcheck disable=SC2086
ecan convert csv $columns "$data/new.csv" -o new.jsonl
ecan predict out new.jsonl | cmp - predicted.jsonl
ecan explain out --html page.html new.jsonl >evidence.jsonl
grep -q '<html' page.html

step "Export, and back"
ecan export predicted.jsonl -o predicted.csv
system=http://hl7.org/fhir/sid/icd-10
ecan export --to fhir -m out/model --code-system $system --notes new.jsonl --with-notes --unit utf-16 evidence.jsonl -o bundle.json
ecan convert fhir bundle.json --spans spans.jsonl -o again.jsonl
ecan export --to brat --code-system ICD-10 --notes new.jsonl evidence.jsonl -o brat
ecan convert brat --folders --spans spans-brat.jsonl brat -o again-brat.jsonl
ecan convert csv --text Tekst --id Opnamenr --encoding WINDOWS-1252 --labels predicted.csv "$data/new.csv" -o again-csv.jsonl
codes_of() { ecan export -q "$1" | cut -d, -f 1,2 | sort; }
codes_of evidence.jsonl >codes
for file in predicted.jsonl again.jsonl again-brat.jsonl again-csv.jsonl; do
    codes_of "$file" >codes-again
    same "codes of $file" codes codes-again
done
spans_of() { ecan export -q --passages "$1" | sed -n 's/^\("[^"]*","[^"]*"\),[0-9.]*\(,"[^"]*",[0-9]*,[0-9]*\),.*/\1\2/p' | sort; }
spans_of evidence.jsonl >spans
for file in spans.jsonl spans-brat.jsonl; do
    spans_of "$file" >spans-again
    same "places of $file" spans spans-again
done

step "Learning from spans and decisions"
ecan explain out --gold-codes data/train.jsonl >train-evidence.jsonl
ecan train data out-spans --tokenize '--language nl,fr' --terms '--spans train-evidence.jsonl' "$@"
sed 's/"predicted": *true/&, "decision": "accepted"/g' evidence.jsonl >decisions.jsonl
ecan export --to fhir -m out/model --code-system $system --coder Practitioner/7 --notes new.jsonl decisions.jsonl -o accepted.json
grep -q '"code": "confirmed"' accepted.json
ecan export decisions.jsonl -o accepted.csv
cmp predicted.csv accepted.csv
