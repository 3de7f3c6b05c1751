# What the pipelines share; sourced by them.
# shellcheck shell=bash

# The programs: those in $ECAN_BIN, those built in this tree, or those installed, from whatever folder we are called.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
PATH="${ECAN_BIN:-$root/build/bin}:$PATH"
export LC_ALL=C # numbers have a point

# usage FILE: the comment at the top of the script, for whoever called it wrongly.
usage() {
    sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$1" >&2
    exit 2
}

say() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
}

fail() {
    say "$@"
    exit 1
}

# needs TOOL...: fails where one is not there. TOOL:PACKAGE where Debian's package has another name.
needs() {
    local tool
    for tool; do
        command -v "${tool%:*}" >/dev/null || fail "${tool%:*} is missing: apt install ${tool#*:}"
    done
}

# split DATA NAME: the file of a split, NAME.jsonl or NAME.jsonl.gz.
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

# plain FILE...: their bytes, unpacked where they are gzip; - or none: standard input.
plain() {
    local file
    for file in "${@:--}"; do
        case $file in
        *.gz) gzip -dc -- "$file" ;;
        *) cat -- "$file" ;;
        esac
    done
}

# tokenize FILE [ecan-tokenize option...]: the words of encounters. TOKENIZE has further options, the same for training
# a model and for using it.
tokenize() {
    # shellcheck disable=SC2086
    plain "$1" | ecan-tokenize ${TOKENIZE:-} "${@:2}"
}

# stage OUTPUT INPUT... -- COMMAND...
# Makes OUTPUT, a file or a folder, by COMMAND... -o OUTPUT.part, unless it is there, was made by the same command, and
# no input is newer. OUTPUT.part takes OUTPUT's place when it is whole. OUTPUT.command says how OUTPUT was made; its
# time is when that began. What a killed COMMAND left in OUTPUT.part is there for the same COMMAND to go on with.
# PARTLY has options with which COMMAND does a part of its work: then that stays in OUTPUT.part, to go on with.
# Of several at work in one folder one goes on and the others wait: for a file, since NFS locks no folders.
stage() {
    local lock
    exec {lock}>>"$(dirname "$1")/.lock"
    flock "$lock"
    make_stage "$@"
    exec {lock}<&-
}

make_stage() {
    local output=$1 inputs=()
    shift
    while [ "$1" != -- ]; do
        [ -e "$1" ] || fail "$1: not there"
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

# made_by DESCRIPTION INPUT... -- COMMAND...: whether it is that of COMMAND, and as new as each input.
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

# figure FILE [OBJECT] KEY: a number of ecan-metrics --json; OBJECT is the innermost one that has it.
figure() {
    local file=$1 object='.*'
    shift
    if [ $# -eq 2 ]; then
        object=".*\"$1\": *{[^{}]*"
        shift
    fi
    tr -d '\n' <"$file" | sed -n "s/$object\"$1\": *\([^,}]*\).*/\1/p" | grep .
}

# draw FOLDER NAME VARIABLE=VALUE...: FOLDER/NAME.svg by plots/NAME.gp, whole or not at all. Variables are gnuplot's, with
# files of FOLDER.
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
