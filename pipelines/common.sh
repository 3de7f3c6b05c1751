# SPDX-License-Identifier: Apache-2.0
# Functions shared by the pipelines, which source this file.
# shellcheck shell=bash

unset CDPATH # with it, cd may print a path or change to another folder

# The folder of the programs. `make install` replaces this line by one with the folder of the installed programs.
programs=${ECAN_BIN:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/build/bin}
PATH="$programs:$PATH"
export LC_ALL=C # decimal point in numbers
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck disable=SC2034 # used by the others
called_as=$(sed -n '0,/^# Usage: /s/^# Usage: \(ecan [a-z]*\|[^ ]*\).*/\1/p' "$0") # for example "ecan train", as its help says

# header FILE: prints the comment at the top of the script.
header() {
    sed -n '2,/^[^#]/{ /SPDX-/d; s/^# \{0,1\}//p }' "$1"
}

# usage FILE [MESSAGE]: prints one line, the message or how to call the script, and exits with 2.
usage() {
    local forms
    forms=$(header "$1" | sed -n '/^\(Usage:\|  *ecan \)/!q; s/^\(Usage:\)\{0,1\} *//; p' | sed ':a; N; $!ba; s/\n/, or /g')
    printf '%s: %s (see %s --help)\n' "$called_as" "${2:-expected $forms}" "$called_as" >&2
    exit 2
}

if [ "${1:-}" = --help ] || [ "${1:-}" = -h ]; then
    header "$0"
    exit
fi

say() {
    printf '%s: %s\n' "$called_as" "$*" >&2
}

fail() {
    say "$@"
    exit 1
}

# shellcheck source-path=SCRIPTDIR
. "$here/words.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/settings.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/stages.sh"

# shellcheck source-path=SCRIPTDIR
. "$here/engines.sh"

# needs TOOL...: fails if a tool is not installed. TOOL:PACKAGE if the Debian package has another name.
needs() {
    local tool
    for tool; do
        command -v "${tool%:*}" >/dev/null || fail "${tool%:*} is missing: apt install ${tool#*:}"
    done
}

# split DATA NAME [HINT]: prints the file of a split, NAME.jsonl or NAME.jsonl.gz. HINT ends the message if DATA has none.
split() {
    local file
    for file in "$1/$2.jsonl" "$1/$2.jsonl.gz"; do
        if [ -e "$file" ]; then
            printf '%s\n' "$file"
            return
        fi
    done
    if [ -f "$1" ]; then fail "$1 is a file: expected the folder of train.jsonl, dev.jsonl and test.jsonl"; fi
    [ -d "$1" ] || fail "$1: folder not found"
    fail "no $2.jsonl or $2.jsonl.gz in $1${3:-}"
}

# last_message LOG: prints the last message of a log, and its name.
last_message() {
    printf '%s (%s)\n' "$(tail -n 1 "$1" 2>/dev/null)" "$1"
}

# command_of VERB: prints how to call a pipeline, as this one was called.
command_of() {
    if [ "${ECAN_COMMAND:-}" ]; then echo "ecan $1"; else quote_words "${0%/*}/$1.sh"; fi
}

# plain FILE: prints the file, uncompressed.
plain() {
    case $1 in
    *.gz) gzip -dc -- "$1" ;;
    *) cat -- "$1" ;;
    esac
}

# make_words OUTPUT FILE: the words of encounters, with the options in the array tokenize.
make_words() {
    # shellcheck disable=SC2154
    make_if_needed "$1" "$2" -- ecan-tokenize "$2" "${tokenize[@]}"
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
    local folder=$1 name=$2 scripts variable given=("-e" "style = 'style.gp'; output = '/dev/stdout'")
    scripts=$here/plots
    shift 2
    for variable; do given+=("-e" "${variable%%=*} = ${variable#*=}"); done
    (
        cd "$folder" || exit
        GNUPLOT_LIB=$scripts gnuplot "${given[@]}" "$scripts/$name.gp" |
            sed "s|<title>Gnuplot</title>|<title>$name</title>|; s|<title>gnuplot_plot_[^<]*</title>||" >"$name.svg.part"
        mv "$name.svg.part" "$name.svg"
    )
    say "$folder/$name.svg"
}
