# SPDX-License-Identifier: Apache-2.0
# Completion of ecan's programs in bash: options, the choices of an option, files. `make` appends the table of the options,
# which each program prints with --complete: program, names with commas, flag|choice|file|value, choices with commas. ecan also has
# its verbs, as verb, and options of pipelines, under ecan:VERB.

# shellcheck disable=SC2154
_ecan() {
    local word=$2 previous=$3 program names kind choices offered=
    case $word in # --name=value comes as three words
    =) word= ;;
    *) [ "$previous" != = ] || previous=${COMP_WORDS[COMP_CWORD - 2]} ;;
    esac
    local command=${1##*/} verb=
    COMPREPLY=()
    if [ "$command" = ecan ] && [ "$COMP_CWORD" -gt 1 ] && [ "${COMP_WORDS[1]}" != help ]; then
        verb=${COMP_WORDS[1]} command=ecan-$verb
    fi
    while read -r program names kind choices; do
        [ "$program" = "$command" ] || [ "$program" = "ecan:$verb" ] || continue
        if [ "$kind" = verb ] && [[ $word == -* ]]; then continue; fi
        offered+=" ${names##*,}"
        if [ "$kind" != flag ] && [ "$kind" != verb ] && [[ ",$names," == *",$previous,"* || ",$names," == *",-$previous,"* ]]; then
            case $kind in
            choice) mapfile -t COMPREPLY < <(compgen -W "${choices//,/ }" -- "$word") ;;
            file) _ecan_files "$word" ;;
            esac
            return
        fi
    done <<< "$_ecan_options"
    if [ "$command" = ecan ]; then
        mapfile -t COMPREPLY < <(compgen -W "$offered" -- "$word")
        return
    fi
    case $word in
    -*) mapfile -t COMPREPLY < <(compgen -W "$offered" -- "$word") ;;
    *) _ecan_files "$word" ;;
    esac
}

_ecan_files() {
    compopt -o filenames 2> /dev/null || : # fails where no completion runs
    mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

