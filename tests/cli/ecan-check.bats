# SPDX-License-Identifier: Apache-2.0
# ecan-check: silence and 0, or reasons and 1

setup() {
    bats_require_minimum_version 1.5.0
    formats=$BATS_TEST_DIRNAME/../../formats
    cd "$BATS_TEST_TMPDIR"
}

@test "accepts valid files, without a message" {
    for f in "$formats"/accept/*.mp; do
        run -0 ecan-check "$f"
        [ -z "$output" ]
    done
}

@test "rejects invalid files, for the reason given" {
    for f in "$formats"/reject/*.mp; do
        echo "$f"
        run -1 --separate-stderr ecan-check "$f"
        [ -z "$output" ]
        echo "$stderr"
        [[ "$stderr" = *"$(cat "${f%.mp}.reason")"* ]]
    done
}

@test "refuses them on standard input as well" {
    for f in "$formats"/reject/*.mp; do
        run -1 bash -c "cat '$f' | ecan-check"
        [[ "$output" = "ecan-check: standard input: "* ]]
    done
}

@test "the examples are those that their script writes" {
    command -v python3 || skip "no python3"
    cp "$formats/make-examples.py" .
    python3 make-examples.py
    diff -r accept "$formats/accept"
    diff -r reject "$formats/reject"
}

@test "many files: one bad file fails, all are checked" {
    run -0 ecan-check "$formats"/accept/*.mp
    run -1 ecan-check "$formats/reject/no-end.mp" "$formats/accept/tokens.mp" "$formats/reject/id-missing.mp"
    [ "${#lines[@]}" = 2 ]
}

@test "every bad record is named, and a header's fault does not hide them" {
    cat "$formats/reject/spans-negative.mp" "$formats/reject/id-missing.mp" > two.mp
    run -1 ecan-check two.mp
    [ "${#lines[@]}" = 2 ]
    [[ "${lines[1]}" = *"record 2: "* ]]
    run -1 ecan-check --limit 1 two.mp
    [ "${#lines[@]}" = 1 ]
}

@test "--quiet has no reasons" {
    run -1 ecan-check --quiet "$formats/reject/no-end.mp"
    [ -z "$output" ]
}

@test "no patient's text in the reasons" {
    for f in "$formats"/reject/*.mp; do
        run -1 ecan-check "$f"
        [[ "$output" != *Fièvre* && "$output" != *fièvre* && "$output" != *toux* ]]
    done
}

@test "word vectors" {
    printf '1 2\nkoorts 1 2\n' > good.txt
    printf '1 2\nkoorts 1 nan\n' > bad.txt
    run -0 ecan-check good.txt
    run -1 ecan-check bad.txt
}

@test "--max-record is the ceiling" {
    run -0 ecan-check --max-record 4K "$formats/accept/tokens.mp"
    run -1 ecan-check --max-record 100 "$formats/accept/tokens.mp"
    [[ "$output" = *"at most 100 are allowed: raise --max-record" ]]
}

@test "no file, a missing file, a wrong option" {
    run -1 ecan-check /dev/null
    run -1 ecan-check no-such-file
    [[ "$output" = *"no-such-file: No such file"* ]]
    run -2 ecan-check --nonsense
}
