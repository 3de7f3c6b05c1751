# SPDX-License-Identifier: Apache-2.0
# The manual pages that formats/man.sh makes of the pages of formats/.

setup() {
    formats=$BATS_TEST_DIRNAME/../../formats
}

# manual PAGE: FILE.5 in the test's folder, from formats/PAGE.md
manual() {
    "$formats/man.sh" "ecan-$1" 5 0.0.0 2026-01-31 "$formats/$1.md" >"$BATS_TEST_TMPDIR/$1.5"
}

@test "every page is a manual page without warnings" {
    command -v man >/dev/null || skip "no man"
    for page in "$formats"/*.md; do
        page=$(basename "$page" .md)
        [ "$page" != README ] || continue
        manual "$page"
        man --warnings -l "$BATS_TEST_TMPDIR/$page.5" 2>"$BATS_TEST_TMPDIR/warnings" >/dev/null
        [ ! -s "$BATS_TEST_TMPDIR/warnings" ] || { echo "$page:"; cat "$BATS_TEST_TMPDIR/warnings"; return 1; }
    done
}

@test "no Markdown is left, and commands can be copied" {
    command -v groff >/dev/null || skip "no groff"
    manual stream
    groff -man -Tutf8 -K utf8 -P-c -P-b -P-u "$BATS_TEST_TMPDIR/stream.5" >"$BATS_TEST_TMPDIR/text"
    grep -q '^ *header   {"ecan": 1, "kind": "tokens", "history": \[...\], ...}$' "$BATS_TEST_TMPDIR/text"
    grep -q -- '--skip-bad' "$BATS_TEST_TMPDIR/text"
    grep -q '<https://github.com/lebedov/msgpack-numpy>' "$BATS_TEST_TMPDIR/text"
    ! grep -n '`\|\*\*\|](\|^ *|' "$BATS_TEST_TMPDIR/text" || return 1
}

@test "ecan(7) has every program" {
    for program in "$(dirname "$(command -v ecan-metrics)")"/ecan-*; do
        grep -q "^| \`${program##*/}\` |" "$formats/ecan.md" || { echo "${program##*/} is missing"; return 1; }
    done
}

@test "wrong usage" {
    run "$formats/man.sh" ecan-stream
    [ "$status" -eq 2 ]
    [[ $output == *"man.sh NAME SECTION VERSION DATE PAGE.md"* ]]
}
