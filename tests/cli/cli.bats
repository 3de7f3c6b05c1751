# SPDX-License-Identifier: Apache-2.0
# What every program does alike: help, version, manual page, refusals, exit codes. Numbers, lists and sizes are tried
# on ecan-metrics, which has an option of each kind.


setup() {
    bats_require_minimum_version 1.5.0
    dir=$(dirname "$(command -v ecan-metrics)")
}

# Runs "$@" for every program, with its name in the place of {}; names the one that fails.
each() {
    local program tried=0 leaks
    for program in "$dir"/ecan-*; do
        [ -x "$program" ] || continue
        tried=$((tried + 1))
        leaks=
        [[ "$program" != *-mpi ]] || leaks=:detect_leaks=0 # the MPI library leaks
        ASAN_OPTIONS=${ASAN_OPTIONS-}$leaks "${@//\{\}/$program}" || { echo "failed: ${program##*/}"; return 1; }
    done
    [ "$tried" -gt 0 ]
}

# A command line that is wrong: exit 2, one line that names the program, says why and names --help, nothing on standard output.
wrong() {
    local why=$1 status=0
    shift
    "$@" </dev/null >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || status=$?
    cat "$BATS_TEST_TMPDIR/err"
    [ "$status" -eq 2 ] || { echo "exit $status"; return 1; }
    [ ! -s "$BATS_TEST_TMPDIR/out" ] || return 1
    grep -q -F -- "$why" "$BATS_TEST_TMPDIR/err" || return 1
    [ "$(wc -l <"$BATS_TEST_TMPDIR/err")" -eq 1 ] || return 1
    grep -q "^${1##*/}: .* (see ${1##*/} --help)\$" "$BATS_TEST_TMPDIR/err"
}

# --help is printed only on standard output, and is complete.
helps() {
    "$1" --help >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || return 1
    [ ! -s "$BATS_TEST_TMPDIR/err" ] || return 1
    grep -q "^Usage: ${1##*/} " "$BATS_TEST_TMPDIR/out" || return 1
    grep -q "^Example" "$BATS_TEST_TMPDIR/out" || { echo "no example"; return 1; }
    grep -q "^See also: " "$BATS_TEST_TMPDIR/out" || { echo "no see-also"; return 1; }
    ! grep -n "^.\{101,\}" "$BATS_TEST_TMPDIR/out"
}

@test "--help is printed on standard output, with an example, and exits 0" {
    each helps {}
}

@test "-h is --help" {
    each bash -o pipefail -c '"$1" -h | cmp - <("$1" --help)' - {}
}

@test "--help shows the defaults, whatever comes before it" {
    bash -o pipefail -c 'ecan-metrics --at 1,2 --help | cmp - <(ecan-metrics --help)'
    ecan-metrics --help | tr -s ' \n' ' ' | grep -q 'values of k for precision, recall, F1, nDCG and R-precision at k (default: 5,8,15)'
}

version() {
    "$1" --version | head -n 1 | grep -q "^${1##*/} [0-9]*\.[0-9]*\.[0-9]*\$"
}

@test "--version" {
    each version {}
}

page() {
    "$1" --man >"$BATS_TEST_TMPDIR/page.1" || return 1
    local section
    for section in NAME SYNOPSIS DESCRIPTION OPTIONS EXAMPLES '"EXIT STATUS"' '"SEE ALSO"'; do
        grep -q "^.SH $section\$" "$BATS_TEST_TMPDIR/page.1" || { echo "no $section"; return 1; }
    done
    if command -v groff >/dev/null; then
        groff -man -Tutf8 -K utf8 -ww "$BATS_TEST_TMPDIR/page.1" 2>"$BATS_TEST_TMPDIR/warnings" >/dev/null || return 1
        cat "$BATS_TEST_TMPDIR/warnings"
        [ ! -s "$BATS_TEST_TMPDIR/warnings" ] || return 1
    fi
    if command -v mandoc >/dev/null; then
        mandoc -T lint -W warning "$BATS_TEST_TMPDIR/page.1" || return 1
    fi
}

@test "--man is a manual page without warnings" {
    each page {}
}

@test "the manual page shows hyphens and quotes as they are typed" {
    command -v groff >/dev/null || skip "no groff"
    ecan-metrics --man | groff -man -Tutf8 -P-c -P-b -P-u | grep -q -- '-o, --output FILE'
    ecan-metrics --man | groff -man -Tutf8 | grep -q 'ecan-metrics --json > metrics.json'
}

@test "an option that is not there" {
    each wrong "unknown option '--no-such-option'" {} --no-such-option
    each wrong "unknown option '-%'" {} -%
    wrong "unknown option '--no-quiet-not'" ecan-metrics --no-quiet-not
}

@test "an option without its value, a flag with one" {
    wrong "option '--threshold' requires a value" ecan-metrics --threshold
    wrong "option '-t' requires a value" ecan-metrics -qt
    wrong "option '--json' takes no value" ecan-metrics --json=3
}

@test "a letter that had another meaning is an error that names the option" {
    wrong "-t: use -T or --threads" ecan-tokenize -t 2
    wrong "-t: use -T or --threads" ecan-w2v -t 2
    wrong "-k: use --at" ecan-metrics -k 5
    wrong "-n: use --resamples" ecan-compare -n5
    wrong "-c: use --confidence" ecan-compare -c .9
    wrong "-w: use --weights" ecan-average -w 1
    wrong "-w: use --words" ecan-evidence -w x
    wrong "-n: use --limit" ecan-check -n 3
    wrong "-n: use --record" ecan-show -n 3
}

@test "names are shortened, letters joined, values attached" {
    wrong "--at: invalid value 'x'" ecan-metrics --json --quiet --at x
    wrong "--at: invalid value 'x'" ecan-metrics --js --at=x
    wrong "--threshold: invalid value 'x'" ecan-metrics -qt x
    wrong "--threshold: invalid value 'x'" ecan-metrics -qtx
    wrong "--threshold: invalid value '-'" ecan-metrics -t -
    wrong "--resamples: invalid value 'x'" ecan-compare --bootstrap x
    wrong "--resamples: invalid value 'x'" ecan-compare --boot=x
    wrong "option '--t' is ambiguous" ecan-metrics --t 3
    wrong "--threshold: invalid value 'x'" ecan-metrics --threshold x # thresholds begins alike
    wrong "option '--max-' requires a value" ecan-metrics --max-
    wrong "--size: invalid value 'x'" ecan-w2v -size x
    wrong "--size: invalid value 'x'" ecan-w2v -s x
    wrong "--size: invalid value 'x'" ecan-w2v -sx
    wrong "unknown option '-nosuch'" ecan-w2v -nosuch
    run -1 ecan-metrics --no-json --no-qui no-such-file
}

@test "an argument that is not a number is an error" {
    local text
    for text in '' ' ' x 0.5x ' 0.5' '0.5 ' nan inf -inf infinity 0x1p-1 1e999 0,5 . e5; do
        wrong "--threshold: invalid value '$text': expected a number" ecan-metrics --threshold "$text"
    done
    for text in '' 5, ,5 5,,8 5.0 5e1 x 99999999999999999999; do
        wrong "--at: invalid value '$text': expected a list" ecan-metrics --at "$text"
    done
    for text in '' K 5X 5KB -1 1.5G 9999999999999T; do
        wrong "--max-record: invalid value '$text': expected a size" ecan-metrics --max-record "$text"
    done
}

@test "a number out of its range is an error" {
    wrong "--threshold: invalid value '1.01': expected 0 to 1" ecan-metrics --threshold 1.01
    wrong "--threshold: invalid value '-0.01': expected 0 to 1" ecan-metrics --threshold=-0.01
    wrong "--at: invalid value '5,0': expected 1 to 1000000" ecan-metrics --at 5,0
    wrong "--max-record: invalid value '0': expected 1 to" ecan-metrics --max-record 0
    wrong "expected at most 16 numbers" ecan-metrics --at 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17
}

@test "numbers are read alike in every locale" {
    local locale
    locale=$(locale -a | grep -m 1 -i '^de_') || skip "no locale with a decimal comma"
    LC_ALL=$locale wrong "--threshold: invalid value '0,5': expected a number" ecan-metrics --threshold 0,5
    LC_ALL=$locale wrong "'x'" ecan-metrics --threshold 0.5 --at x
}

@test "options after operands count, and -- ends them" {
    wrong "'x'" ecan-metrics no-such-file --at x
    run ecan-metrics -- --at
    [ "$status" -eq 1 ]
    [[ $output == *"--at"* ]]
}

@test "control characters in a name do not reach the terminal" {
    run ecan-metrics $'no\e[2Jsuch\nfile'
    [ "$status" -eq 1 ]
    [[ $output == *'no?[2Jsuch?file'* ]]
}

full() {
    local status=0
    "$1" "$2" >/dev/full 2>"$BATS_TEST_TMPDIR/err" || status=$?
    [ "$status" -eq 1 ] && grep -q "^${1##*/}: standard output: cannot write" "$BATS_TEST_TMPDIR/err"
}

@test "a full disk is noticed: exit 1 with a message" {
    [ -w /dev/full ] || skip "no /dev/full"
    each full {} --help
    each full {} --man
    each full {} --version
}

@test "a reader that closes the pipe ends a program quietly" {
    each bash -c '"$1" --man 2>"$2" | true; [ ! -s "$2" ]' - {} "$BATS_TEST_TMPDIR/err"
    each bash -c 'trap "" PIPE; { "$1" --man 2>"$2"; echo $? >"$2.status"; } | true; [ ! -s "$2" ]' - {} "$BATS_TEST_TMPDIR/err"
}
