#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# ecan VERB: runs a pipeline (train.sh) or a program (ecan-show). `make` fills in the version, and `make install` the folder.
set -eu
unset CDPATH # as in common.sh
pipelines=@PIPELINES@
version=@VERSION@
date=@DATE@

self=$(readlink -f -- "$0")
ECAN_BIN=${ECAN_BIN:-${self%/*}}
export ECAN_BIN

# Groups of verbs for help, in the order of use. Others are in the last group.
groups='Models: demo train evaluate predict explain watch ensemble tune federated experiment
Data: convert corpus split import export
Inspection: show check metrics compare evidence plot vectors'

# script VERB: prints the pipeline with this name. Fails if there is none.
script() {
    case $1 in *[!a-z0-9-]*) return 1 ;; esac
    [ -x "$pipelines/$1.sh" ] && grep -q "^# Usage: ecan $1\>" "$pipelines/$1.sh" && printf '%s\n' "$pipelines/$1.sh"
}

verbs() {
    {
        sed -n 's/^# Usage: ecan \([a-z0-9-]*\).*/\1/p' "$pipelines"/*.sh
        for program in "$ECAN_BIN"/ecan-*; do
            if [ -x "$program" ]; then echo "${program##*/ecan-}"; fi
        done
    } | sort -u
}

# summary VERB: the line of its help that says what it does.
summary() {
    if file=$(script "$1"); then
        sed -n "s/^# ecan $1: //p" "$file"
    else
        "$ECAN_BIN/ecan-$1" --help | sed -n "/^ecan-$1: /,/^\$/{ s/^ecan-$1: //; /./p; }" | paste -sd' '
    fi
}

# list FORMAT_OF_A_GROUP FORMAT_OF_A_VERB: prints the groups of verbs with their summaries.
list() {
    all=$(verbs)
    others=$(echo "$groups" | sed 's/.*: //' | tr ' ' '\n' | { echo "$all" | grep -vxF -f /dev/fd/3; } 3<&0 | paste -sd' ')
    printf '%s\nSingle steps: %s\n' "$groups" "$others" |
        while IFS=: read -r group members; do
            # shellcheck disable=SC2059
            printf "$1" "$group"
            for verb in $members; do
                # shellcheck disable=SC2059
                if echo "$all" | grep -qx -- "$verb"; then printf "$2" "$verb" "$(summary "$verb")"; fi
            done
        done
}

help() {
    cat <<'END'
Usage: ecan COMMAND [OPTION]... [ARGUMENT]...
ecan: assign codes to clinical encounters, with the words that support each code

  ecan train DATA OUT                      train a model from train, dev and test in DATA
  ecan evaluate OUT                        its metrics
  ecan predict OUT new.jsonl               codes of other encounters
  ecan explain OUT --html page.html new.jsonl > evidence.jsonl
END
    list '\n%s\n' '  %-10s %s\n'
    cat <<'END'

ecan COMMAND --help, or ecan help COMMAND, says more about a command. ecan --version prints the version.
ecan(7) is an overview.
END
}

manual() {
    cat <<END
.TH ECAN 1 "$date" "ecan $version" "ecan"
.SH NAME
ecan \\- assign codes to clinical encounters
.SH SYNOPSIS
.B ecan
COMMAND [OPTION]... [ARGUMENT]...
.SH DESCRIPTION
Runs a command of ecan. The commands of the first group are pipelines, which run several programs. The others are the programs, such
as ecan\\-show(1) for ecan show. \\fBecan help\\fR \\fICOMMAND\\fR and \\fBecan\\fR \\fICOMMAND\\fR \\fB\\-\\-help\\fR say more about a command.
END
    list '.SH "COMMANDS: %s"\n' '.TP\n\\fBecan %s\\fR\n%s\n' | sed 's/\([^\\]\)-/\1\\-/g'
    cat <<'END'
.SH EXAMPLES
.nf
ecan train data out
ecan evaluate out
ecan predict out new.jsonl > predicted.jsonl
ecan explain out \-\-html page.html new.jsonl > evidence.jsonl
.fi
.SH ENVIRONMENT
.TP
\fBECAN_BIN\fR
folder of the programs (default: that of this program)
.SH "EXIT STATUS"
0: success. 1: failure (bad data, truncated input, read or write error). 2: wrong usage.
.SH "SEE ALSO"
.BR ecan (7),
.BR ecan-train (1),
.BR ecan-predict (1)
END
}

# complete_table: the verbs, and the options of pipelines that their help lists, for completion.bash.
complete_table() {
    for verb in $(verbs); do
        echo "ecan $verb verb"
        if file=$(script "$verb"); then
            sed -n "/^#/!q; s/^#   \(--[a-z0-9-]*\) .*/ecan:$verb \1 value/p" "$file"
        fi
    done
    echo "ecan help verb"
    echo "ecan --help flag"
    echo "ecan --version flag"
}

# nearest WORD: prints the verb with the smallest edit distance, if it is small.
nearest() {
    verbs | awk -v word="$1" '
        function least(a, b) { return a < b ? a : b }
        function distance(a, b,    i, j, d) {
            for (i = 0; i <= length(a); i++) d[i, 0] = i
            for (j = 0; j <= length(b); j++) d[0, j] = j
            for (i = 1; i <= length(a); i++)
                for (j = 1; j <= length(b); j++)
                    d[i, j] = least(least(d[i - 1, j], d[i, j - 1]) + 1, d[i - 1, j - 1] + (substr(a, i, 1) != substr(b, j, 1)))
            return d[length(a), length(b)]
        }
        { n = index($0, word) == 1 ? 1 : distance(word, $0); if (best == "" || n < smallest) { best = $0; smallest = n } }
        END { if (smallest <= 2 && smallest < length(word)) print best }'
}

run() {
    verb=$1
    shift
    if file=$(script "$verb"); then
        ECAN_COMMAND=ecan exec "$file" "$@"
    fi
    case $verb in
    */*) ;;
    *) if [ -x "$ECAN_BIN/ecan-$verb" ]; then exec "$ECAN_BIN/ecan-$verb" "$@"; fi ;;
    esac
    suggestion=$(nearest "$verb")
    if [ "$suggestion" ]; then suggestion=": did you mean '$suggestion'?"; fi
    echo "ecan: unknown command '$verb'$suggestion (see ecan help)" >&2
    exit 2
}

case ${1:-} in
'')
    echo "ecan: expected a command, such as train (see ecan help)" >&2
    exit 2
    ;;
help)
    case ${2:-help} in
    help | -h | --help) help ;;
    *) run "$2" --help ;;
    esac
    ;;
-h | --help) help ;;
-V | --version) echo "ecan $version" ;;
--man) manual ;;
--complete) complete_table ;;
-*)
    echo "ecan: unknown option '$1': expected a command before options (see ecan help)" >&2
    exit 2
    ;;
*) run "$@" ;;
esac
