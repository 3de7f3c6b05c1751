# SPDX-License-Identifier: Apache-2.0
# ecan-split: fractions of codes, patients, dates, what parts have in common.
bats_require_minimum_version 1.5.0

load ../helper

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
}

# encounters N: N encounters of N/4 patients, with a date each, one common and one rarer code.
encounters() {
    awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++)
        printf "{\"id\": %d, \"patient\": \"p%d\", \"date\": \"20%02d-%02d-01\", \"text\": \"note %d\", \"labels\": [\"%s\"%s]}\n",
            i, i / 4, 10 + i * 7 % 13, 1 + i * 5 % 12, i, i % 3 ? "A" : "B", i % 20 ? "" : ", \"R\"" }'
}

@test "lines are unchanged and in order, each is in one file, the same seed gives the same files" {
    encounters 200 >all.jsonl
    printf '\n{ "text": "é \\u00e9",   "id": "last", "documents_x": [1.50] }' >>all.jsonl
    ecan-split -q -o a all.jsonl
    cat a/train.jsonl a/dev.jsonl a/test.jsonl | sort >got
    grep . all.jsonl | sort | cmp - got
    for part in train dev test; do grep -nxFf "a/$part.jsonl" all.jsonl | cut -d: -f1 | sort -c -n; done
    gzip -c all.jsonl | ecan-split -q -o b
    ecan-split -q --seed 2 -o c all.jsonl
    for part in train dev test; do cmp "a/$part.jsonl" "b/$part.jsonl"; done
    not cmp -s a/dev.jsonl c/dev.jsonl
    [ "$(stat -c %a a/train.jsonl)" = 600 ]
}

@test "codes: each file has its fraction of each code; patients stay together" {
    encounters 800 | sed 's/"patient": "[^"]*", //' >all.jsonl
    ecan-split -q --dev 0.1 --test 0.2 -o a all.jsonl
    [ "$(wc -l <a/dev.jsonl)" -eq 80 ] && [ "$(wc -l <a/test.jsonl)" -eq 160 ]
    [ "$(grep -c '"R"' a/dev.jsonl)" -eq 4 ] && [ "$(grep -c '"R"' a/test.jsonl)" -eq 8 ]
    for code in A B; do
        whole=$(grep -c "\"$code\"" all.jsonl) part=$(grep -c "\"$code\"" a/dev.jsonl)
        [ $((part * 10 - whole)) -le 20 ] && [ $((part * 10 - whole)) -ge -20 ]
    done
    encounters 800 | ecan-split -q -o b
    [ "$(wc -l <b/dev.jsonl)" -ge 72 ] && [ "$(wc -l <b/dev.jsonl)" -le 88 ]
    ecan-split --check b/train.jsonl b/dev.jsonl b/test.jsonl
    for part in train dev test; do grep -o '"p[0-9]*"' b/$part.jsonl | sort -u; done | sort | uniq -d >divided
    [ ! -s divided ]
    [ "$(grep -c '"R"' b/dev.jsonl)" -ge 3 ] && [ "$(grep -c '"R"' b/dev.jsonl)" -le 5 ]
}

@test "patient: patients are divided; an encounter without one is an error that names it" {
    encounters 400 >all.jsonl
    ecan-split -q --by patient -o a all.jsonl
    [ "$(wc -l <a/train.jsonl)" -eq 320 ]
    ecan-split --check a/train.jsonl a/dev.jsonl a/test.jsonl
    sed 's/"patient": "p/"subject": "s/' all.jsonl >other.jsonl
    ecan-split -q --by patient --patient subject -o b other.jsonl
    for part in train dev test; do cmp <(sed 's/"subject": "s/"patient": "p/' "b/$part.jsonl") "a/$part.jsonl"; done
    run ecan-split --by patient -o c other.jsonl
    [ "$status" -eq 1 ] && [ "$output" = "ecan-split: encounter 0 has no key patient" ] && [ ! -e c/train.jsonl ]
}

@test "date: the latest are test, those of a date stay together, patients in two files are reported" {
    encounters 400 >all.jsonl
    run --separate-stderr ecan-split --by date -o a all.jsonl
    [ "$status" -eq 0 ]
    [[ $stderr == *"train and test: "*" patients in both (first: p"* ]]
    last() { grep -o '"date": "[^"]*"' "$1" | sort | tail -n 1; }
    first() { grep -o '"date": "[^"]*"' "$1" | sort | head -n 1; }
    [[ "$(last a/train.jsonl)" < "$(first a/dev.jsonl)" ]] && [[ "$(last a/dev.jsonl)" < "$(first a/test.jsonl)" ]]
    [ "$(wc -l <a/test.jsonl)" -ge 25 ] && [ "$(wc -l <a/test.jsonl)" -le 55 ]
    printf '%s\n' '{"id": "a", "documents": [{"text": "x", "date": "2020"}, {"text": "y", "date": "2022"}]}' \
        '{"id": "b", "documents": [{"text": "z", "date": "2021"}]}' >notes.jsonl
    ecan-split -q --by date --dev 0 --test 0.5 -o b notes.jsonl
    grep -q '"a"' b/test.jsonl && grep -q '"b"' b/train.jsonl && [ ! -s b/dev.jsonl ]
    echo '{"id": "c", "text": ""}' >>notes.jsonl
    run ecan-split --by date -o c notes.jsonl
    [ "$status" -eq 1 ] && [[ $output == *"encounter c has no key date"* ]]
}

@test "--check: the same id, the same text, the same patient" {
    printf '%s\n' '{"id": "a", "text": "one"}' '{"id": "b", "patient": 7, "text": "two"}' >1
    printf '%s\n' '{"id": "a", "text": "three"}' '{"id": "c", "documents": [{"text": "two"}]}' >2
    printf '%s\n' '{"id": "d", "patient": 7, "text": ""}' '{"id": "e", "text": ""}' >3
    run --separate-stderr ecan-split --check 1 2 3
    [ "$status" -eq 1 ] && [ -z "$stderr" ]
    [ "$output" = "1 and 2: 1 encounters with the same id (first: a)
1 and 2: 1 encounters with the same text (first: b)
1 and 3: 1 patients in both (first: 7)" ]
    run ecan-split --check 2 3
    [ "$status" -eq 0 ] && [ -z "$output" ]
    run ecan-split --check -o report 1 2
    [ "$status" -eq 1 ] && [ "$(wc -l <report)" -eq 2 ]
}

@test "bad input and wrong usage: what is wrong, where, and no files" {
    encounters 20 >all.jsonl
    sed '3s/"id": 2/"id": 1/' all.jsonl >twice.jsonl
    run ecan-split -o a twice.jsonl
    [ "$status" -eq 1 ] && [ "$output" = "ecan-split: twice.jsonl: line 3: duplicate id: an earlier encounter has it too" ] && [ ! -e a/train.jsonl ]
    sed '4s/"labels": \[/"labels": [7, /' all.jsonl >labels.jsonl
    run ecan-split -o a labels.jsonl
    [ "$status" -eq 1 ] && [[ $output == *"labels.jsonl: line 4: key labels: expected an array of strings, found "* ]]
    for line in '[]' '{"text": "x"}' '{"id": ""}' '{"id": "x", "documents": "y"}' '{"id": "x", "text": 1}' '{"id": "x"'; do
        run ecan-split -o a <<<"$line"
        [ "$status" -eq 1 ] && [[ $output == *"line 1: "* ]] && [ "${#lines[@]}" -eq 1 ]
    done
    mkdir in
    cp all.jsonl in/train.jsonl
    run ecan-split -o in in/train.jsonl
    [ "$status" -eq 1 ] && cmp in/train.jsonl all.jsonl
    run ecan-split all.jsonl
    [ "$status" -eq 2 ]
    run ecan-split --dev 0.5 --test 0.5 -o a all.jsonl
    [ "$status" -eq 2 ]
    run ecan-split --check all.jsonl
    [ "$status" -eq 2 ]
    : >empty
    run ecan-split -q -o none empty
    [ "$status" -eq 1 ] && [ "$output" = "ecan-split: empty: no encounters" ] && [ ! -e none ]
}

@test "a full disk leaves no files" {
    encounters 2000 >all.jsonl
    run bash -c 'ulimit -f 8; ecan-split -q -o a all.jsonl'
    [ "$status" -eq 1 ]
    [ -z "$(find a -type f 2>/dev/null)" ]
}
