# SPDX-License-Identifier: Apache-2.0
# bash's completion of every program: $ECAN_BUILD/completion/ecan.

load ../helper

setup() {
    bats_require_minimum_version 1.5.0
    cd "$BATS_TEST_TMPDIR"
    # shellcheck disable=SC1091
    source "$ECAN_BUILD/completion/ecan"
}

@test "options" {
    [ "$(completes ecan-show --rec)" = "--record --records" ]
    [ "$(completes /usr/bin/ecan-show --ima)" = "--image" ]
    [ "$(completes ecan-tokenize -m model --dup)" = "--duplicates" ]
    [ "$(completes ecan-show -)" = "$(completes ecan-show --)" ]
    [[ "$(completes ecan-train --)" == *--preset*--help* ]]
    [ -z "$(completes ecan-show --nearest)" ] # moved to ecan-vectors
    [ -z "$(completes ecan-show --complete)" ]
    [ "$(completes ecan-metrics --no-)" = --no-auc ] # on, unless it is said
}

@test "every option of every --help" {
    local program option offered
    for program in "$(dirname "$(command -v ecan-show)")"/ecan-*; do
        [ -x "$program" ] || continue
        offered=" $(completes "$program" --) "
        for option in $("$program" --help | grep -oE '^  (-.,|   ) --[a-z0-9-]+' | grep -oE -e '--.*'); do
            [[ $offered == *" $option "* ]] || { echo "$program $option"; return 1; }
        done
        [[ "$(complete -p "${program##*/}")" == *"-F _ecan"* ]]
    done
}

@test "the choices of an option, without old names" {
    [ "$(completes ecan-tokenize --cut '')" = "head head-tail proportional" ]
    [ "$(completes ecan-tokenize --cut h)" = "head head-tail" ]
    [ "$(completes ecan-tokenize --cut =)" = "head head-tail proportional" ]
    [ "$(completes ecan-tokenize --cut = p)" = "proportional" ]
    [ "$(completes ecan-explain --colour n)" = "never" ] # an alias
    [ -z "$(completes ecan-tokenize --cut x)" ]
    [ -z "$(completes ecan-tokenize --copied '')" ] # a number
}

@test "files, for options that name one and for operands" {
    mkdir "a folder"
    touch "a file" b
    completes ecan-show a > /dev/null
    [ "${COMPREPLY[*]/#/:}" = ":a file :a folder" ] || [ "${COMPREPLY[*]/#/:}" = ":a folder :a file" ]
    [ "$(completes ecan-show -o b)" = b ]
    [ "$(completes ecan-predict -m 'a fo')" = "a folder" ]
    [ "$(completes ecan-predict --model = b)" = b ]
    [ "$(completes ecan-show --full b)" = b ]
    [ "$(completes ecan-w2v -output b)" = b ]
}

@test "make install puts it where bash looks for it" {
    make -n -C "$BATS_TEST_DIRNAME/../.." DESTDIR=root PREFIX=/usr install > log
    grep -q 'completion/ecan:/usr/share/bash-completion/completions/ecan ' log
    grep -q ' ecan:/usr/share/bash-completion/completions/ecan-show' log
}
