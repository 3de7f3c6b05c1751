# SPDX-License-Identifier: Apache-2.0
# Lists of options in one string, with quotes as in the shell, and paths. common.sh sources this file.
# shellcheck shell=bash

# split_words ARRAY TEXT: sets ARRAY to the words of TEXT, with '...', "..." and \ as in the shell. Nothing is evaluated. Fails if a
# quote is not closed.
split_words() {
    local -n split_into=$1
    local split_text=$2 split_word='' split_started=''
    split_into=()
    while [ "$split_text" ]; do
        case $split_text in
        [$' \t\n']*)
            if [ "$split_started" ]; then split_into+=("$split_word"); fi
            split_word='' split_started='' split_text=${split_text:1}
            continue
            ;;
        \'*\'*)
            split_text=${split_text:1}
            split_word+=${split_text%%\'*} split_text=${split_text#*\'}
            ;;
        \"*)
            split_text=${split_text:1}
            while [[ $split_text != \"* ]]; do
                if [ ! "$split_text" ]; then return 1; fi
                if [[ $split_text == \\[\"\\\$\`]* ]]; then split_text=${split_text:1}; fi
                split_word+=${split_text:0:1} split_text=${split_text:1}
            done
            split_text=${split_text:1}
            ;;
        \\?*) split_word+=${split_text:1:1} split_text=${split_text:2} ;;
        \'* | \\) return 1 ;;
        *) # as many ordinary characters as there are
            [[ $split_text =~ ^[^$' \t\n'\"\'\\]+ ]]
            split_word+=${BASH_REMATCH[0]} split_text=${split_text:${#BASH_REMATCH[0]}}
            ;;
        esac
        split_started=1
    done
    if [ "$split_started" ]; then split_into+=("$split_word"); fi
}

# options_of ARRAY NAME: sets ARRAY to the words of the variable NAME, which has options. Exits if a quote is not closed.
options_of() {
    split_words "$1" "${!2:-}" || fail "$2: a quote is not closed"
}

# quote_words WORD...: prints the words in one string, for split_words and for the shell.
quote_words() {
    local each text=''
    for each; do
        if [[ ! $each =~ ^[A-Za-z0-9_./,:=+@%-]+$ ]]; then each="'${each//\'/\'\\\'\'}'"; fi
        text+=" $each"
    done
    printf '%s\n' "${text# }"
}

# read_lines FILE FUNCTION: calls FUNCTION with the words of each line of FILE. A line continues within quotes.
read_lines() {
    local line more line_words number=0
    while IFS= read -r line; do
        number=$((number + 1))
        case $line in '' | '#'*) continue ;; esac
        until split_words line_words "$line"; do
            IFS= read -r more || fail "$1: line $number: a quote is not closed"
            line+=$'\n'$more
        done
        "$2" "${line_words[@]}"
    done <"$1"
}

# absolute PATH...: sets paths to the paths, absolute and without . and .. and doubled slashes.
absolute() {
    paths=()
    if [ $# -gt 0 ]; then mapfile -d '' -t paths < <(realpath -zms -- "$@"); fi
}

# short PATH: prints the path without slashes at its end.
short() {
    local path=$1
    while [[ $path == ?*/ ]]; do path=${path%/}; done
    printf '%s\n' "$path"
}

# file_options PROGRAM: prints the names of its options whose value is a file, with blanks around them.
file_options() {
    local name=$1
    printf ' %s ' "$("$name" --complete | awk '$3 == "file" { gsub(",", " ", $2); printf "%s ", $2 }')"
}

# normalise PROGRAM ARRAY: makes absolute the paths of files that options in ARRAY name. A value can be several, with commas.
normalise() {
    local -n to_normalise=$2
    local i part name value option parts files
    files=$(file_options "$1")
    for i in "${!to_normalise[@]}"; do
        option='' value=${to_normalise[i]}
        if [[ $value == --*=* ]]; then
            option=${value%%=*}= value=${value#*=} name=${option%=}
        else
            name=$([ "$i" -eq 0 ] || echo "${to_normalise[i - 1]}")
        fi
        if [ ! "$name" ] || [[ $files != *" $name "* ]]; then continue; fi
        IFS=, read -r -a parts <<<"$value"
        for part in "${!parts[@]}"; do
            absolute "${parts[part]}"
            parts[part]=${paths[0]}
        done
        to_normalise[i]=$option$(IFS=, && echo "${parts[*]}")
    done
}
