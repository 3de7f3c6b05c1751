# SPDX-License-Identifier: Apache-2.0
# A model, the run of ecan train that has it, or an ensemble; and the encounters that it is used on. predict.sh and explain.sh source
# this file after common.sh.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # used and set by the others

# has_model FOLDER: whether it is, or has, a model or an ensemble.
has_model() {
    [ -e "$1/config.json" ] || [ -e "$1/combination.json" ] || [ -e "$1/model/config.json" ] || [ -e "$1/ensemble/combination.json" ]
}

# find_model FOLDER [FILE]...: sets model, the model or ensemble that FOLDER is or has, and first, which is model or the first model of the ensemble.
find_model() {
    local folder
    folder=$(short "$1")
    for model in "$folder" "$folder/ensemble" "$folder/model"; do
        first=$model
        if [ -e "$model/combination.json" ]; then first=$model/1; fi
        if [ -e "$first/config.json" ]; then return; fi
    done
    if [ $# -ge 2 ] && has_model "$2"; then
        fail "$1 is neither a model nor an ensemble, but $2 is: $called_as $(quote_words "$2" "$1")"
    fi
    if read_settings "$folder"; then
        fail "$1 is neither a model nor an ensemble: it has no model yet: run ecan train or ecan ensemble first, with the same folder"
    fi
    fail "$1 is neither a model nor an ensemble: expected a model folder, an ensemble folder, or a folder of ecan train or ecan ensemble"
}

# take_arguments PROGRAM ARGUMENT...: sets options to the options of PROGRAM, with their values, and files to the other arguments.
take_arguments() {
    local kinds name program=$1
    kinds=$("$1" --complete | awk '{ print "," $2 ",", $3 }')
    shift
    options=() files=()
    while [ $# -gt 0 ]; do
        case $1 in
        --)
            files+=("${@:2}")
            return
            ;;
        --*=* | -) ;;
        -*)
            name=$(grep -F -m 1 -- ",$1," <<<"$kinds") || true
            if [ ! "$name" ]; then name=$(grep -m 1 -- ",$1[a-z-]*," <<<"$kinds") || true; fi # a shortened name
            if [[ ! $name && $1 == --* && $1 != --no-* ]]; then check_options "$program" "$1"; fi
            if [ "$name" ] && [ "${name##* }" != flag ]; then
                [ $# -ge 2 ] || usage "$0" "$1 wants a value"
                options+=("$1" "$2")
                shift 2
                continue
            fi
            ;;
        esac
        case $1 in
        -?*) options+=("$1") ;;
        *) files+=("$1") ;;
        esac
        shift
    done
}

# begins FILE: prints the first bytes of a file, as hexadecimal numbers; of what it has compressed, if it is gzip.
begins() {
    local bytes
    bytes=$(head -c 4 -- "$1" | hexadecimal)
    if [[ $bytes == 1f8b* ]]; then bytes=$({ gzip -dc -- "$1" 2>/dev/null || true; } | head -c 4 | hexadecimal); fi
    echo "$bytes"
}

hexadecimal() {
    od -An -v -tx1 | tr -d ' \n'
}

# is_table BYTES: whether a file that begins with these bytes is CSV: no object of JSON, no stream, and not empty.
is_table() {
    [ "$1" ] && [[ ! $1 =~ ^(efbbbf)?([{]|7b|5b|20|09|0a|0d|$) && ! $1 =~ ^(8.|de|df|fffe7b|fffe5b|feff007b|feff005b) ]]
}

# encounters FILE...: sets encounters to files of JSON Lines, gzip or not. Tables are converted, in the folder scratch; their columns
# are those of ecan-convert csv, with the options of CONVERT. Without FILE, or -: standard input, of which begun has the first bytes.
encounters() {
    local file name bytes convert
    options_of convert CONVERT
    encounters=() begun=''
    for name in "${@:--}"; do
        file=$name
        if [ "$file" = - ]; then
            bytes=$(head -c 4 | hexadecimal)
            if [[ $bytes == 1f8b* ]] || is_table "$bytes"; then
                file=$scratch/standard-input
                { binary "$bytes" && cat; } >"$file"
            else
                begun=$bytes
            fi
        elif [ -d "$file" ]; then
            fail "$file is a folder: expected files of encounters"
        elif [ ! -f "$file" ] && [ ! -p "$file" ]; then
            fail "$file: file not found"
        elif [ -f "$file" ] && [ ! -s "$file" ]; then
            fail "$file is empty: expected encounters"
        fi
        if [ -f "$file" ] && is_table "$(begins "$file")"; then
            ecan-convert csv -q "${convert[@]}" -o "$scratch/${#encounters[@]}.jsonl" -- "$file"
            file=$scratch/${#encounters[@]}.jsonl
        fi
        encounters+=("$file")
    done
}

# binary HEX: prints bytes.
binary() {
    # shellcheck disable=SC2001,SC2059
    printf "$(sed 's/../\\x&/g' <<<"$1")"
}

# write_words: prints the words of the encounters, as the model reads them. TOKENIZE has more options of ecan-tokenize.
write_words() {
    local tokenize
    options_of tokenize TOKENIZE
    { binary "$begun" && if [ "$begun" ]; then cat; fi; } |
        ${progress:+env ECAN_PROGRESS=-1} ecan-tokenize -m "$first" "${quiet[@]}" "${tokenize[@]}" -- "${encounters[@]}"
}

# write_scores: reads words, prints scores. The options are those of ecan-predict.
write_scores() {
    ${progress:+env ECAN_PROGRESS=9 ECAN_RECORDS="$records"} ecan-predict "${quiet[@]}" -m "$model" "${options[@]}"
}

# ---- pipes with one error ----

# run_pipe FUNCTION...: runs the functions as a pipe. If several fail, it prints only the messages of the first: those after it only
# had no complete input. Messages of the first function appear at once. Exits with the code of the one that failed.
run_pipe() {
    local number code
    run_stages 1 "$@"
    for ((number = 1; number <= $#; number++)); do
        if [ "$number" -gt 1 ]; then cat "$scratch/messages-$number" >&2; fi
        code=$(cat "$scratch/code-$number")
        if [ "$code" -ne 0 ] && [ "$code" -ne 141 ]; then exit "$code"; fi # 141: the next one ended first
    done
}

run_stages() { # NUMBER FUNCTION...
    if [ $# -eq 2 ]; then
        run_stage "$1" "$2"
    else
        run_stage "$1" "$2" | run_stages $(($1 + 1)) "${@:3}"
    fi
}

run_stage() {
    local code=0
    if [ "$1" -eq 1 ]; then "$2" || code=$?; else "$2" 2>"$scratch/messages-$1" || code=$?; fi
    echo "$code" >"$scratch/code-$1"
}

# begin_use PROGRAM ARGUMENT...: MODEL, options of PROGRAM, and FILE..., of a command that reads encounters. Sets model,
# first, options, encounters, output (the option -o) and quiet.
begin_use() {
    local i
    [ $# -ge 2 ] || usage "$0" "expected MODEL"
    take_arguments "$1" "${@:2}"
    [ ${#files[@]} -ge 1 ] || usage "$0" "expected MODEL"
    output=() quiet=()
    for i in "${!options[@]}"; do
        case ${options[i]-} in
        -o | --output)
            output=(-o "${options[i + 1]}")
            unset 'options[i]' 'options[i + 1]'
            ;;
        --output=*)
            output=("${options[i]}")
            unset 'options[i]'
            ;;
        -m | --model | --model=*) usage "$0" "MODEL is the first argument, without -m" ;;
        -q | --quiet) quiet=(-q) ;;
        esac
    done
    find_model "${files[@]}"
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    encounters "${files[@]:1}"
    begin_progress
}

# begin_progress: on a terminal, the line of ecan-predict shows the progress of the whole pipe, because it takes longest.
begin_progress() {
    local file
    progress='' records=0
    if [ "${quiet[*]}" ] || [ ! -t 2 ]; then return; fi
    exec 9>&2
    progress=9
    export ECAN_STAGE=$called_as
    for file in "${encounters[@]}"; do
        if [ ! -f "$file" ]; then
            records=0
            return
        fi
        records=$((records + $({ if [[ $(head -c 2 -- "$file" | hexadecimal) == 1f8b ]]; then gzip -dc -- "$file"; else cat -- "$file"; fi; } | wc -l)))
    done
}
