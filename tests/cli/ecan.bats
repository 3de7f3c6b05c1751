# SPDX-License-Identifier: Apache-2.0
# ecan COMMAND: help, completion, which program or pipeline it runs, messages.
bats_require_minimum_version 1.5.0

load ../helper

setup() {
    bin=$(dirname "$(command -v ecan-show)")
    unset ECAN_BIN
    cd "$BATS_TEST_TMPDIR" || return 1
}

@test "help lists every program and pipeline, with what it does" {
    run --separate-stderr ecan help
    [ "$status" -eq 0 ] && [ -z "$stderr" ]
    for program in "$bin"/ecan-*; do
        grep -qE "^  ${program##*/ecan-} +[a-z]" <<<"$output" || { echo "${program##*/}"; return 1; }
    done
    for verb in demo train evaluate predict explain ensemble tune federated experiment paper plot report export; do
        grep -qE "^  $verb +[a-z]" <<<"$output" || { echo "$verb"; return 1; }
    done
    [ "$(ecan --help)" = "$output" ]
    [ -z "$(grep -oE '^  [a-z0-9]+ ' <<<"$output" | grep -v '^  ecan ' | sort | uniq -d)" ]
}

@test "every command has --help, also as ecan help COMMAND" {
    for verb in $(ecan --complete | awk '$3 == "verb" { print $2 }'); do
        [ "$verb" != help ] || continue
        run --separate-stderr ecan "$verb" --help
        [ "$status" -eq 0 ] && [ -z "$stderr" ] && [[ ${lines[0]} == "Usage: ecan"?"$verb "* || ${lines[0]} == "Usage: ecan"?"$verb" ]]
        [ "$(ecan help "$verb")" = "$output" ]
    done
    [ "$(ecan help help)" = "$(ecan help)" ] && [ "$(ecan help --help)" = "$(ecan help)" ]
}

@test "a program, with its arguments and exit code" {
    corpus 3 a >in.jsonl
    ecan tokenize -q in.jsonl -o 'two words.mp'
    [ "$(ecan show -r -k id 'two words.mp' | wc -l)" -eq 3 ]
    run ecan show --no-such
    [ "$status" -eq 2 ]
    run ecan show nowhere
    [ "$status" -eq 1 ]
    [ "$(ecan --version)" = "ecan $(ecan-show --version | sed -n '1s/.* //p')" ]
}

@test "an unknown command: one message, with the nearest name" {
    for pair in trian:train evalute:evaluate pred:predict toknize:tokenize; do
        run ecan "${pair%:*}"
        [ "$status" -eq 2 ] && [ "${lines[0]}" = "ecan: unknown command '${pair%:*}': did you mean '${pair#*:}'? (see ecan help)" ]
    done
    run ecan nothing-like-it
    [ "$status" -eq 2 ] && [ "${lines[0]}" = "ecan: unknown command 'nothing-like-it' (see ecan help)" ]
    run ecan ../ecan-show
    [ "$status" -eq 2 ]
    run ecan
    [ "$status" -eq 2 ] && [[ $output == *"expected a command"* ]]
    run ecan --no-such
    [ "$status" -eq 2 ]
}

@test "ecan(1) is a manual page without warnings" {
    command -v man >/dev/null || skip "no man"
    ecan --man >ecan.1
    man --warnings -l ecan.1 2>warnings >text
    [ ! -s warnings ]
    grep -q 'ecan train' text
}

@test "completion: commands, then their options" {
    # shellcheck disable=SC1091
    source "$ECAN_BUILD/completion/ecan"
    [ "$(completes ecan tu)" = tune ]
    [ "$(completes ecan e | tr ' ' '\n' | sort | paste -sd' ')" = "embed encode ensemble evaluate evidence experiment explain export" ]
    [ "$(completes ecan help sho)" = show ]
    [ "$(completes ecan --v)" = --version ]
    [ "$(completes ecan train a b --tok)" = --tokenize ]
    [ "$(completes ecan train a b --att)" = --attention ]
    [ "$(completes ecan train --attention '')" = "multi sum" ]
    [ "$(completes ecan-train --tok)" = "" ]
    touch data
    [ "$(completes ecan train da)" = data ]
}
