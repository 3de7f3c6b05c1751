# SPDX-License-Identifier: Apache-2.0
# Stages: each makes a file or a folder by a command, and only if it is needed. common.sh sources this file.
# shellcheck shell=bash

# begin_stage NUMBER TOTAL NAME: the following commands are this stage of the run. Progress lines of the programs begin with it.
begin_stage() {
    export ECAN_STAGE="$1 of $2: $3"
    unset ECAN_PART
}

# begin_parts FILE...: the stage reads these files one after another.
begin_parts() {
    part_at=0 part_total=$(size_of "$@")
}

# next_part FILE: the following command reads this one. Its progress line has the remaining time of the stage.
next_part() {
    local size
    size=$(size_of "$1")
    if [ "$part_total" -gt 0 ]; then
        ECAN_PART=$(awk -v at="$part_at" -v size="$size" -v all="$part_total" 'BEGIN { printf "%.6f %.6f", at / all, (at + size) / all }')
        export ECAN_PART
    fi
    part_at=$((part_at + size))
}

# size_of FILE...: prints the sum of the sizes of files.
size_of() {
    { stat -L -c %s -- "$@" 2>/dev/null || true; } | awk '{ n += $1 } END { printf "%d\n", n }'
}

# make_if_needed OUTPUT INPUT... -- COMMAND...
# Makes OUTPUT, a file or a folder, by COMMAND... -o OUTPUT.part, unless OUTPUT exists and was made by the same command and the same
# version of ecan from inputs with the same contents. OUTPUT.part replaces OUTPUT when it is complete. OUTPUT.made records how it was
# made. If COMMAND was killed, OUTPUT.part remains, so that the same COMMAND can continue. PARTLY has options with which COMMAND
# does only a part of its work; the result then stays in OUTPUT.part, so that COMMAND can continue later.
# Files that are values of options of COMMAND are inputs too.
# Only one process at a time does this in a folder; others wait. The lock is a file, because NFS cannot lock folders.
make_if_needed() {
    local lock
    exec {lock}>>"$(dirname "$1")/.lock"
    flock "$lock"
    make_output "$@"
    exec {lock}<&-
}

make_output() {
    local output=$1 inputs=() recorded=() reason=''
    shift
    while [ "$1" != -- ]; do
        [ -e "$1" ] || fail "$1: file not found"
        inputs+=("$1")
        shift
    done
    shift
    record_words "$@"
    if [ -e "$output" ]; then
        find_reason "$output.made"
        if [ ! "$reason" ]; then
            say "$output: up to date"
            return
        fi
    fi
    say "$output${reason:+: $reason}: $(quote_words "$@")"
    find_reason "$output.part.made"
    if [ "$reason" ]; then
        if [ -e "$output.part" ]; then say "$output.part: started again: $reason"; fi
        rm -rf "$output.part"
        write_record "$output.part.made"
    fi
    # shellcheck disable=SC2086
    "$@" ${PARTLY:-} -o "$output.part"
    if [ "${PARTLY:-}" ]; then return; fi
    if [ -d "$output" ]; then rm -rf "$output"; fi
    mv "$output.part" "$output"
    mv "$output.part.made" "$output.made"
}

# record_words COMMAND...: sets recorded to what the record has of COMMAND, which has no folders: OUT and DATA can be moved. Adds to inputs
# the files that options name.
record_words() {
    local each name previous='' files='' input
    if [[ $1 == ecan-* ]]; then files=$(file_options "$1"); fi
    for each; do
        name=${each%%=*}
        if [[ $each == --*=* ]]; then add_inputs "$name" "${each#*=}"; else add_inputs "$previous" "$each"; fi
        previous=$each
    done
    for each; do
        case $each in -q | --quiet) continue ;; esac
        for input in "${inputs[@]}"; do
            each=${each//"$input"/"${input##*/}"}
            if [ "$each" = "${input%/*}" ]; then each=${each##*/}; fi
        done
        recorded+=("$each")
    done
}

# add_inputs OPTION VALUE: adds the files in VALUE to inputs if it is an option that names files.
add_inputs() {
    local parts part
    if [ ! "$1" ] || [[ $files != *" $1 "* ]]; then return; fi
    IFS=, read -r -a parts <<<"$2"
    for part in "$2" "${parts[@]}"; do
        if [ -e "$part" ] && ! is_among "$part" "${inputs[@]}"; then inputs+=("$part"); fi
    done
}

is_among() {
    local each
    for each in "${@:2}"; do
        if [ "$each" = "$1" ]; then return; fi
    done
    return 1
}

# state_of PATH: sets state, which changes whenever the file, or a file in the folder, is written: sizes, times and inodes.
state_of() {
    state=$(find -L "$1" -type f -printf '%P %s %T@ %C@ %i\n' | sort | sha256sum | cut -c1-16)
}

# hash_of PATH: sets hash, that of the contents of a file, or of all files in a folder with their names.
declare -A hashes_of_states=()
hash_of() {
    state_of "$1"
    hash=${hashes_of_states[$state]:-}
    if [ ! "$hash" ]; then
        if [ -d "$1" ]; then
            hash=$(cd "$1" && find . -type f -print0 | sort -z | xargs -0 -r sha256sum | sha256sum | cut -c1-32)
        else
            hash=$(sha256sum <"$1" | cut -c1-32)
        fi
        hashes_of_states[$state]=$hash
    fi
}

# ---- records: OUTPUT.made ----

# write_record FILE: writes recorded, inputs and the version of ecan.
write_record() {
    local input hash state
    ecan_version
    {
        echo "ecan $version"
        echo "command $(quote_words "${recorded[@]}")"
        for input in "${inputs[@]}"; do
            hash_of "$input"
            echo "input $(quote_words "${input##*/}") $hash $state"
        done
    } >"$1.part"
    mv "$1.part" "$1"
}

ecan_version() {
    version=${version:-$(ecan-tokenize --version | sed -n '1s/.* //p')}
}

store_record() {
    case $1 in
    ecan) old_version=${2:-} ;;
    command) old_words=("${@:2}") ;;
    input) old_names+=("${2:-}") old_hashes+=("${3:-}") old_states+=("${4:-}") ;;
    esac
}

# find_reason RECORD: sets reason to what is not as in RECORD; empty if everything is.
find_reason() {
    local old_version='' old_words=() old_names=() old_hashes=() old_states=() reasons=() i hash state touched=''
    reason='there is no record of how it was made'
    if [ ! -e "$1" ]; then return; fi
    read_lines "$1" store_record
    ecan_version
    if [ "$old_version" != "$version" ]; then reasons+=("ecan $old_version to $version"); fi
    compare_words
    for i in "${!inputs[@]}"; do
        if [ "$i" -ge "${#old_names[@]}" ]; then
            reasons+=("${inputs[i]##*/} added")
            continue
        fi
        state_of "${inputs[i]}"
        if [ "$state" = "${old_states[i]}" ]; then continue; fi
        touched=1
        hash_of "${inputs[i]}"
        if [ "$hash" != "${old_hashes[i]}" ]; then reasons+=("${inputs[i]##*/} changed"); fi
    done
    for ((i = ${#inputs[@]}; i < ${#old_names[@]}; i++)); do reasons+=("${old_names[i]} removed"); done
    if [ ${#reasons[@]} -eq 0 ] && [ "$touched" ]; then write_record "$1"; fi # so that these contents are not hashed again
    reason=$(printf ', %s' "${reasons[@]}")
    reason=${reason#, }
}

# compare_words: adds to reasons the options that differ between old_words and recorded.
compare_words() {
    local -A old=() new=()
    local name
    values_of old "${old_words[@]}"
    values_of new "${recorded[@]}"
    while IFS= read -r name; do
        if [ "${old[$name]-none}" != "${new[$name]-none}" ]; then reasons+=("$name changed"); fi
    done < <(printf '%s\n' "${!old[@]}" "${!new[@]}" | sort -u)
}

# values_of MAP WORD...: sets MAP to the values of each option, and of the program.
values_of() {
    local -n values=$1
    local name='the command' each
    for each in "${@:2}"; do
        case $each in
        --*=*)
            name=${each%%=*}
            values["$name"]+=" ${each#*=}"
            ;;
        --* | -[a-zA-Z])
            name=$each
            values["$name"]+=''
            ;;
        *) values["$name"]+=" $each" ;;
        esac
    done
}
