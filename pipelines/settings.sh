# SPDX-License-Identifier: Apache-2.0
# The settings of a run: OUT/settings, and the options that determine them. common.sh sources this file.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # used and set by the others

# OUT/settings has a line for each setting: its name, and its values as in the shell. Paths are absolute, except those of words and
# vectors, which are relative to OUT: OUT can be moved.
declare -A settings=()

# store_setting NAME VALUE...
store_setting() {
    [[ $1 =~ ^[a-z0-9]+$ ]] || fail "settings: invalid name of a setting"
    settings[$1]=$(quote_words "${@:2}")
}

# read_settings OUT: reads the settings of the run in OUT. Fails quietly if it has none.
read_settings() {
    settings=()
    [ -f "$1/settings" ] && read_lines "$1/settings" store_setting
}

# get_setting ARRAY NAME: sets ARRAY to the values of a setting.
get_setting() {
    split_words "$1" "${settings[$2]:-}"
}

# write_settings OUT NAME...: writes the settings with these names, in this order.
write_settings() {
    local out=$1 name
    shift
    {
        echo "# The settings of this run: $called_as wrote them. Other commands read them."
        for name; do printf '%s %s\n' "$name" "${settings[$name]}"; done
    } >"$out/settings.part"
    mv "$out/settings.part" "$out/settings"
}

# within FOLDER PATH: prints PATH, which is relative to FOLDER or absolute.
within() {
    case $2 in
    /*) printf '%s\n' "$2" ;;
    .) printf '%s\n' "$1" ;;
    ../*) realpath -ms -- "$1/$2" ;;
    *) printf '%s\n' "$1/$2" ;;
    esac
}

# ---- options of ecan train ----

# take_options [OPTION]...: sets tokenize, w2v, texts, terms and splits, and options to those of ecan-train. The variables of the
# environment TOKENIZE, W2V, TEXT, TERMS and SPLITS are the defaults.
take_options() {
    local name paths
    W2V=${W2V---iter 40}
    options_of texts TEXT
    options=()
    while [ $# -gt 0 ]; do
        name=${1%%=*} name=${name#--}
        case $1 in
        --tokenize | --w2v | --text | --terms)
            [ $# -ge 2 ] || usage "$0" "$1 wants a value"
            if [[ $2 == --* && $2 != *[' =']* && ${3--} != -* ]]; then usage "$0" "$1: write its options in quotes: $1 '$2 $3'"; fi
            set -- "$1=$2" "${@:3}"
            continue
            ;;
        --text=*) texts+=("${1#*=}") ;;
        --tokenize=* | --w2v=* | --terms=*) printf -v "${name^^}" %s "${1#*=}" ;;
        *) options+=("$1") ;;
        esac
        shift
    done
    options_of tokenize TOKENIZE
    options_of w2v W2V
    options_of terms TERMS
    options_of splits SPLITS
    if [ ${#splits[@]} -eq 0 ]; then splits=(train dev test); fi
    normalise ecan-tokenize tokenize
    normalise ecan-w2v w2v
    normalise ecan-train options
    if [ "${terms[*]}" != no ]; then normalise ecan-terms terms; fi
    absolute "${texts[@]}"
    texts=("${paths[@]}")
    for name in "${texts[@]}"; do
        [ -e "$name" ] || fail "--text: $name: file not found"
    done
    check_options ecan-tokenize "$missing" "${tokenize[@]}"
    check_options ecan-w2v "$missing" "${w2v[@]}"
    check_options ecan-train --labels "$missing" --train "$missing" --dev "$missing" --vectors "$missing" -o "$missing" "${options[@]}"
    check_files ecan-train "${options[@]}"
    if [ "${terms[*]}" != no ]; then
        check_options ecan-terms --train "$missing" --dev "$missing" -m "$missing" -o "$missing" "${terms[@]}"
        check_files ecan-terms "${terms[@]}"
    fi
}

# share_spans: ecan-terms also gets the spans that coders marked (--spans of ecan-train), unless it has others.
share_spans() {
    local each previous=''
    if [ "${terms[*]}" = no ] || [[ " ${terms[*]}" == *' --spans'[\ =]* ]]; then return; fi
    for each in "${options[@]}"; do
        case $previous$each in
        --spans=*) terms+=("$each") ;;
        --spans) previous=--spans ;;
        --spans*) terms+=(--spans "$each") previous='' ;;
        esac
    done
}

# check_files PROGRAM [OPTION]...: exits if an option of PROGRAM names a file that does not exist.
check_files() {
    local files name previous=''
    files=$(file_options "$1")
    for name in "${@:2}"; do
        if [[ $name == --*=* ]]; then previous=${name%%=*} name=${name#*=}; fi
        if [[ $previous == --* && $files == *" $previous "* && $name != -* && $name != *,* && ! -e $name ]]; then
            fail "$previous: $name: file not found"
        fi
        previous=$name
    done
}

# check_options PROGRAM ARGUMENT...: exits with the message of the program if it rejects its options, before they are written to
# OUT/settings. The arguments name the file in missing before the options, which cannot exist, so that the program ends when it has checked its options:
# then not with 2, the code for wrong usage.
missing=/dev/null/missing
check_options() {
    local message code=0
    message=$("$@" 2>&1 >/dev/null </dev/null) || code=$?
    if [ $code -eq 2 ]; then
        printf '%s\n' "$message" >&2
        exit 2
    fi
}

# preset [ecan-train option...]: prints the value of the last --preset.
preset() {
    local name=few-encounters
    while [ $# -gt 0 ]; do
        case $1 in
        --preset) name=${2:-} ;;
        --preset=*) name=${1#*=} ;;
        esac
        shift
    done
    echo "$name"
}

# choose_terms: presets of the paper have no terms unless there are options of ecan-terms.
choose_terms() {
    if [ ${#terms[@]} -gt 0 ]; then return; fi
    case $(preset "${options[@]}") in
    few-encounters | more-encounters | small | middle) ;;
    *) terms=(no) ;;
    esac
}
