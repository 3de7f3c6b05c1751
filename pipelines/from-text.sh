#!/usr/bin/env bash
# Plain text files as encounters: from-text.sh FILE|FOLDER... >encounters.jsonl
#
# A file is an encounter of one note; its name without .txt is the encounter's id. Of a folder every .txt file is one,
# and every folder in it is an encounter whose .txt files are its notes, by name: in the folder given,
# "patient7/2021-03-04 letter.txt" is the note "2021-03-04 letter" of the encounter patient7.
#
#   LABELS=codes.tsv           id, tab, code: the codes of the encounters; one that it does not name has none
#   ENCODING=WINDOWS-1252      that of the files (UTF-8); a file that is not in it is an error
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[ $# -ge 1 ] || usage "$0"
needs jq
pipelines=$(dirname "${BASH_SOURCE[0]}")

text=$(mktemp)
trap 'rm -f "$text"' EXIT

# note ENCOUNTER FILE
note() {
    iconv -f "${ENCODING:-UTF-8}" -t UTF-8 -- "$2" >"$text" || fail "$2: cannot be read, or is not in ${ENCODING:-UTF-8}"
    jq -Rsc --arg encounter "$1" --arg id "$(basename "$2" .txt)" '{$encounter, $id, text: .}' "$text"
}

# texts FOLDER TYPE: its .txt files (f) or folders (d), by name, with a NUL behind each.
texts() {
    if [ "$2" = f ]; then set -- "$1" f -name '*.txt'; fi
    find "$1" -mindepth 1 -maxdepth 1 -type "${@:2}" -print0 | LC_ALL=C sort -z
}

notes() {
    local operand file folder
    for operand; do
        if [ ! -d "$operand" ]; then
            note "$(basename "$operand" .txt)" "$operand"
            continue
        fi
        while IFS= read -rd '' file; do
            note "$(basename "$file" .txt)" "$file"
        done < <(texts "$operand" f)
        while IFS= read -rd '' folder; do
            while IFS= read -rd '' file; do
                note "$(basename "$folder")" "$file"
            done < <(texts "$folder" f)
        done < <(texts "$operand" d)
    done
}

notes "$@" | jq -nc -L "$pipelines" --argjson known "$([ "${LABELS:-}" ] && echo true || echo false)" --rawfile labels "${LABELS:-/dev/null}" '
    include "encounters";
    (reduce ($labels | rows) as [$id, $code] ({}; .[$id] += [$code])) as $codes
    | together(inputs; .encounter; encounter(if $known then $codes[.[0].encounter] // [] else null end))'
