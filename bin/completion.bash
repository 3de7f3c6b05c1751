# SPDX-License-Identifier: Apache-2.0
# Completion of ecan's programs in bash: options, the choices of an option, files. `make` appends the table of the options,
# which each program prints with --complete: program, names with commas, flag|choice|file|value, choices with commas.

# shellcheck disable=SC2154
_ecan() {
    local word=$2 previous=$3 program names kind choices offered=
    case $word in # --name=value comes as three words
    =) word= ;;
    *) [ "$previous" != = ] || previous=${COMP_WORDS[COMP_CWORD - 2]} ;;
    esac
    COMPREPLY=()
    while read -r program names kind choices; do
        [ "$program" = "${1##*/}" ] || continue
        offered+=" ${names##*,}"
        if [ "$kind" != flag ] && [[ ",$names," == *",$previous,"* || ",$names," == *",-$previous,"* ]]; then
            case $kind in
            choice) mapfile -t COMPREPLY < <(compgen -W "${choices//,/ }" -- "$word") ;;
            file) _ecan_files "$word" ;;
            esac
            return
        fi
    done <<< "$_ecan_options"
    case $word in
    -*) mapfile -t COMPREPLY < <(compgen -W "$offered" -- "$word") ;;
    *) _ecan_files "$word" ;;
    esac
}

_ecan_files() {
    compopt -o filenames 2> /dev/null || : # fails where no completion runs
    mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

