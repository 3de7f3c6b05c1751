# SPDX-License-Identifier: Apache-2.0
# Functions shared by the pipelines, which source this file.
# shellcheck shell=bash

# The folder of the programs. `make install` replaces this line by one with the folder of the installed programs.
programs=${ECAN_BIN:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/build/bin}
PATH="$programs:$PATH"
export LC_ALL=C # decimal point in numbers

# usage FILE: prints the comment at the top of the script, and exits with 2.
usage() {
    sed -n '2,/^[^#]/{ /SPDX-/d; s/^# \{0,1\}//p }' "$1" >&2
    exit 2
}

say() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
}

fail() {
    say "$@"
    exit 1
}

# needs TOOL...: fails if a tool is not installed. TOOL:PACKAGE if the Debian package has another name.
needs() {
    local tool
    for tool; do
        command -v "${tool%:*}" >/dev/null || fail "${tool%:*} is missing: apt install ${tool#*:}"
    done
}

# split DATA NAME: prints the file of a split, NAME.jsonl or NAME.jsonl.gz.
split() {
    local file
    for file in "$1/$2.jsonl" "$1/$2.jsonl.gz"; do
        if [ -e "$file" ]; then
            printf '%s\n' "$file"
            return
        fi
    done
    fail "no $2.jsonl or $2.jsonl.gz in $1"
}

# plain FILE...: prints the files, uncompressed; - or none: standard input.
plain() {
    local file
    for file in "${@:--}"; do
        case $file in
        *.gz) gzip -dc -- "$file" ;;
        *) cat -- "$file" ;;
        esac
    done
}

# tokenize FILE [ecan-tokenize option...]: writes the words of encounters. TOKENIZE has more options. They must be the same for
# training a model and for using it.
tokenize() {
    # shellcheck disable=SC2086
    plain "$1" | ecan-tokenize ${TOKENIZE:-} "${@:2}"
}

# make_if_needed OUTPUT INPUT... -- COMMAND...
# Makes OUTPUT, a file or a folder, by COMMAND... -o OUTPUT.part, unless OUTPUT exists, was made by the same command, and no input
# is newer. OUTPUT.part replaces OUTPUT when it is complete. OUTPUT.command has the command; its time is that of the start.
# If COMMAND was killed, OUTPUT.part remains, so that the same COMMAND can continue. PARTLY has options with which COMMAND
# does only a part of its work; the result then stays in OUTPUT.part, so that COMMAND can continue later.
# Only one process at a time does this in a folder; others wait. The lock is a file, because NFS cannot lock folders.
make_if_needed() {
    local lock
    exec {lock}>>"$(dirname "$1")/.lock"
    flock "$lock"
    make_output "$@"
    exec {lock}<&-
}

make_output() {
    local output=$1 inputs=()
    shift
    while [ "$1" != -- ]; do
        [ -e "$1" ] || fail "$1: file not found"
        inputs+=("$1")
        shift
    done
    shift
    if [ -e "$output" ] && made_by "$output.command" "${inputs[@]}" -- "$@"; then
        say "$output: up to date"
        return
    fi
    say "$output: $*"
    if ! made_by "$output.part.command" "${inputs[@]}" -- "$@"; then
        rm -rf "$output.part"
        described "$@" >"$output.part.command"
    fi
    # shellcheck disable=SC2086
    "$@" ${PARTLY:-} -o "$output.part"
    if [ "${PARTLY:-}" ]; then return; fi
    if [ -d "$output" ]; then rm -rf "$output"; fi
    mv "$output.part" "$output"
    mv "$output.part.command" "$output.command"
}

# made_by DESCRIPTION INPUT... -- COMMAND...: whether DESCRIPTION is that of COMMAND, and no input is newer.
made_by() {
    local description=$1
    shift
    while [ "$1" != -- ]; do
        if [ "$1" -nt "$description" ]; then return 1; fi
        shift
    done
    shift
    described "$@" | cmp -s - "$description"
}

described() {
    printf '%q ' "$@" "TOKENIZE=${TOKENIZE:-}"
    echo
}

# metric FILE [OBJECT] KEY: prints a number of ecan-metrics --json; OBJECT is the innermost object that contains it.
metric() {
    local file=$1 object='.*'
    shift
    if [ $# -eq 2 ]; then
        object=".*\"$1\": *{[^{}]*"
        shift
    fi
    tr -d '\n' <"$file" | sed -n "s/$object\"$1\": *\([^,}]*\).*/\1/p" | grep .
}

# draw FOLDER NAME VARIABLE=VALUE...: makes FOLDER/NAME.svg with plots/NAME.gp, completely or not at all. The variables are those
# of gnuplot; file names are relative to FOLDER.
draw() {
    local folder=$1 name=$2 scripts variable settings=("-e" "style = 'style.gp'; output = '$2.svg.part'")
    scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")/plots" && pwd)
    shift 2
    for variable; do settings+=("-e" "${variable%%=*} = ${variable#*=}"); done
    (
        cd "$folder" || exit
        GNUPLOT_LIB=$scripts gnuplot "${settings[@]}" "$scripts/$name.gp"
        sed -i "s|<title>Gnuplot</title>|<title>$name</title>|; s|<title>gnuplot_plot_[^<]*</title>||" "$name.svg.part"
        mv "$name.svg.part" "$name.svg"
    )
    say "$folder/$name.svg"
}
