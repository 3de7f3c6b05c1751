#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Converts plain text files to encounters: from-text.sh FILE|FOLDER... >encounters.jsonl
#
# A file is an encounter with one note. Its name without .txt is the id of the encounter. In a folder, every .txt file is an
# encounter, and every folder is an encounter whose .txt files are its notes, in order of their names. Example: in the folder given,
# "patient7/2021-03-04 letter.txt" is the note "2021-03-04 letter" of the encounter patient7.
#
#   LABELS=codes.tsv           id, tab, code: the codes of the encounters. An encounter that is not in it has no codes
#   ENCODING=WINDOWS-1252      encoding of the files (UTF-8)
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[ $# -ge 1 ] || usage "$0"
needs jq
pipelines=$(dirname "${BASH_SOURCE[0]}")

text=$(mktemp)
trap 'rm -f "$text"' EXIT

# note ENCOUNTER FILE: prints the note as JSON.
note() {
    iconv -f "${ENCODING:-UTF-8}" -t UTF-8 -- "$2" >"$text" || fail "$2: cannot be read, or is not valid ${ENCODING:-UTF-8}: set ENCODING"
    jq -Rsc --arg encounter "$1" --arg id "$(basename "$2" .txt)" '{$encounter, $id, text: .}' "$text"
}

# texts FOLDER TYPE: prints its .txt files (f) or folders (d), in order of their names, with a NUL after each.
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
