#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: ecan report OUT [FILE]
# ecan report: write the results of a model on test as one HTML page
#
# OUT is a folder of ecan train on which ecan evaluate was run. FILE (OUT/report.html) is a page that makes no network request:
#
#   results overall at the threshold of the model, by chapter and by the frequency of the code in training
#   precision-recall curve, calibration, and the training by epoch
#   each code with its description, counts and F1; the codes it is confused with; examples with their evidence
#   the settings of the run and of the model
#
# The page contains passages of the notes: treat it as patient data.
#
#   EXPLAIN='--top 2'     options of ecan-explain, for the evidence
#   CHAPTERS='--groups F' grouping of codes, as in ecan-metrics (chapters of ICD-10 if the codes are of ICD-10, otherwise --prefix 1)
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

case $# in
1 | 2) ;;
*) usage "$0" ;;
esac
out=$(short "$1") file=${2:-$1/report.html} model=$(short "$1")/model scored=$(short "$1")/test.scored
for need in "$model" "$scored"; do
    [ -e "$need" ] || fail "$need: not found: run ecan train and ecan evaluate first"
done
options_of explain EXPLAIN
options_of chapters CHAPTERS
words=$out
if read_settings "$out"; then
    get_setting value words
    words=$(within "$out" "${value[0]:-.}")
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ ${#chapters[@]} -eq 0 ]; then
    icd10=$(cut -f1 "$model/labels.tsv" | awk '/^[A-Z][0-9][0-9A-Z]/ { n++ } END { print (n >= 0.8 * NR) }')
    if [ "$icd10" = 1 ]; then chapters=(--chapters icd10); else chapters=(--prefix 1); fi
fi
train=()
if [ -e "$words/train.mp" ]; then train=(--train "$words/train.mp"); fi

begin_stage 1 2 metrics
ecan-metrics --quiet --json "${chapters[@]}" "${train[@]}" --per-label "$work/codes" --curve "$work/curve" \
    --reliability "$work/reliability" "$scored" >"$work/metrics"
begin_stage 2 2 evidence
# shellcheck disable=SC2154 # options_of sets it
ecan-explain -m "$model" --gold-codes "${explain[@]}" "$scored" >"$work/evidence"

# hash_of FILE: its SHA-256 in base64, by which the content security policy allows style and script.
hash_of() {
    local escapes
    escapes=$(sha256sum "$1" | sed 's/ .*//; s/../\\x&/g')
    # shellcheck disable=SC2059 # the format has the bytes
    printf "$escapes" | base64
}

# block ID FILE: the file as the text of a template, which a browser does not show.
block() {
    printf '<template id="%s">' "$1"
    [ ! -e "$2" ] || sed 's/&/\&amp;/g; s/</\&lt;/g; s/\r/\&#13;/g' "$2"
    printf '</template>\n'
}

page() {
    local line
    while IFS= read -r line; do
        case $line in
        @style@) printf '<style>' && cat "$here/report/report.css" && printf '</style>\n' ;;
        @script@) printf '<script>' && cat "$here/report/report.js" && printf '</script>\n' ;;
        @data@)
            for name in metrics codes curve reliability evidence; do block "$name" "$work/$name"; done
            block names "$model/labels.tsv"
            block history "$model/history.jsonl"
            block config "$model/config.json"
            block settings "$out/settings"
            ;;
        *@policy@*)
            printf '%s%s%s\n' "${line%%@policy@*}" \
                "default-src 'none'; style-src 'sha256-$(hash_of "$here/report/report.css")'; script-src 'sha256-$(hash_of "$here/report/report.js")'" \
                "${line#*@policy@}"
            ;;
        *) printf '%s\n' "$line" ;;
        esac
    done <"$here/report/report.html"
}
(umask 077 && page >"$file.part")
mv "$file.part" "$file"
say "$file"
