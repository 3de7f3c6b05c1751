#!/usr/bin/env bash
# Converts MIMIC-III to encounters, with the splits of CAML: from-mimic3.sh MIMIC SPLITS OUT [full|50]
#
# MIMIC has NOTEEVENTS, DIAGNOSES_ICD, PROCEDURES_ICD, and for descriptions D_ICD_DIAGNOSES and D_ICD_PROCEDURES, each as .csv or
# .csv.gz. SPLITS has CAML's lists of admissions, train_full_hadm_ids.csv and so on (or train_50_...). Writes train.jsonl, dev.jsonl,
# test.jsonl and labels.tsv to the folder OUT, for train.sh.
#
# An encounter is an admission. Its notes are its discharge summaries, reports and addenda, in the order of the file. Its labels are
# its diagnoses and procedures. The tables have codes without points; the script adds them: after three characters of a
# diagnosis, after four if it begins with E, and after two of a procedure. "50" keeps the 50 most frequent codes, counted over
# all admissions with a summary, and the encounters with at least one of them. For CAML's words, train with
# TOKENIZE='--compat caml'.
#
# Codes are those of the tables. CAML's own files were read by a program that converted some codes to numbers: there, procedure
# 00.66 is "66." and 36.10 can be 36.1. So the number of labels differs slightly.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[ $# -eq 3 ] || [ $# -eq 4 ] || usage "$0"
mimic=$1 splits=$2 out=$3 set=${4:-full}
[[ $set = full || $set = 50 ]] || usage "$0"
needs mlr:miller jq
pipelines=$(dirname "${BASH_SOURCE[0]}")
tab=$'\t'
mkdir -p "$out"
scratch=$(mktemp -d "$out/scratch.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

# table NAME: prints a table of MIMIC as CSV.
table() {
    local file
    for file in "$mimic/$1.csv" "$mimic/$1.csv.gz"; do
        if [ -e "$file" ]; then
            plain "$file"
            return
        fi
    done
    fail "no $1.csv or $1.csv.gz in $mimic"
}

# add_point N M: adds the point to the codes in the second column: after N characters, or after M if the code begins with E.
add_point() {
    awk -F '\t' -v OFS='\t' -v n="$1" -v m="$2" '$2 != "" {
        at = $2 ~ /^E/ ? m : n
        if (length($2) > at || n == 2) $2 = substr($2, 1, at) "." substr($2, at + 1)
        print
    }'
}

# columns A,B: prints these columns of the CSV on standard input, separated by tabs, without a header.
columns() {
    mlr --icsv --otsv --infer-none --headerless-csv-output cut -o -f "$1"
}

say "notes"
# shellcheck disable=SC2016 # Miller's variables
table NOTEEVENTS | mlr --icsv --ojsonl --infer-none filter '$CATEGORY == "Discharge summary" && $HADM_ID != ""' |
    jq -r '"\(.SUBJECT_ID)\t\(.HADM_ID)\t\({encounter: .HADM_ID, id: .ROW_ID, type: .DESCRIPTION, date: .CHARTDATE, text: .TEXT} | tojson)"' |
    sort -s -t "$tab" -k 1,1n -k 2,2n -T "$scratch" | cut -f 2- >"$scratch/notes"
cut -f 1 "$scratch/notes" | uniq >"$scratch/admissions"

say "codes"
{
    table DIAGNOSES_ICD | columns HADM_ID,ICD9_CODE | add_point 3 4
    table PROCEDURES_ICD | columns HADM_ID,ICD9_CODE | add_point 2 2
} | awk -F '\t' 'NR == FNR { has_summary[$1]; next } $1 in has_summary' "$scratch/admissions" - >"$scratch/codes"
if [ "$set" = 50 ]; then
    # If equally frequent, the first one in the file.
    awk -F '\t' '!n[$2]++ { first[$2] = NR } END { for (code in n) print n[code] "\t" first[code] "\t" code }' "$scratch/codes" |
        sort -t "$tab" -k 1,1nr -k 2,2n | head -n 50 | cut -f 3 >"$scratch/top"
    awk -F '\t' 'NR == FNR { top[$1]; next } $2 in top' "$scratch/top" "$scratch/codes" >"$scratch/kept"
    mv "$scratch/kept" "$scratch/codes"
fi

say "encounters"
for name in train dev test; do
    list=$splits/${name}_${set}_hadm_ids.csv
    [ -e "$list" ] || fail "$list: file not found"
    tr -d '\r' <"$list" | awk -v OFS='\t' -v name="$name" 'NF { print $1, name }'
done >"$scratch/splits"
cut -f 2- "$scratch/notes" | jq -nr -L "$pipelines" --rawfile codes "$scratch/codes" --rawfile splits "$scratch/splits" '
    include "encounters";
    (reduce ($codes | rows) as [$id, $code] ({}; .[$id] += [$code])) as $codes
    | (reduce ($splits | rows) as [$id, $name] ({}; .[$id] = $name)) as $split
    | together(inputs | select($split[.encounter]); .encounter;
        $codes[.[0].encounter] as $labels | select($labels) | "\($split[.[0].encounter])\t\(encounter($labels) | tojson)")' >"$scratch/encounters"
for name in train dev test; do
    awk -F '\t' -v name=$name '$1 == name { print substr($0, length(name) + 2) }' "$scratch/encounters" >"$scratch/$name.jsonl"
    [ -s "$scratch/$name.jsonl" ] || fail "$name: no admission of $splits/${name}_${set}_hadm_ids.csv has a discharge summary and codes"
done

{
    table D_ICD_DIAGNOSES | columns LONG_TITLE,ICD9_CODE | add_point 3 4
    table D_ICD_PROCEDURES | columns LONG_TITLE,ICD9_CODE | add_point 2 2
} >"$scratch/titles"
cat "$scratch"/{train,dev,test}.jsonl | jq -r '.labels[]' | LC_ALL=C sort -u |
    awk -F '\t' -v OFS='\t' 'NR == FNR { if (!($2 in title)) title[$2] = $1; next } { print $1, title[$1] }' "$scratch/titles" - >"$scratch/labels.tsv"
mv "$scratch"/{train,dev,test}.jsonl "$scratch/labels.tsv" "$out"
wc -l "$out"/{train,dev,test}.jsonl "$out/labels.tsv" >&2
