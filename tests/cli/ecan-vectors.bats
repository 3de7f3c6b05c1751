# SPDX-License-Identifier: Apache-2.0
# ecan-vectors: neighbours of words, coverage of a text

load ../helper

setup() {
    bats_require_minimum_version 1.5.0
    accept=$BATS_TEST_DIRNAME/../../formats/accept
    cd "$BATS_TEST_TMPDIR"
}

vectors() {
    printf '6 2\nkoorts 1 0\nhoest 2 2\nrugpijn 0 -3\nfièvre 5 0\nleeg 0 0\nkou -1 0\n' >v.txt
}

@test "nearest: by cosine, nearest first, without the word itself and without vectors of zeros" {
    vectors
    run -0 ecan-vectors --nearest koorts,hoest --top 3 v.txt
    [ "${lines[0]}" = '{"word": "koorts", "nearest": [{"word": "fièvre", "cosine": 1}, {"word": "hoest", "cosine": 0.70710677}, {"word": "rugpijn", "cosine": 0}]}' ]
    [ "$(jq -r '.nearest[].word' <<<"${lines[1]}" | paste -sd' ')" = 'koorts fièvre rugpijn' ]
    [ "$(ecan-vectors --nearest koorts v.txt | jq '.nearest | length')" -eq 4 ]
    [ "$(ecan-vectors --nearest leeg v.txt | jq -c .nearest)" = '[]' ]
}

@test "nearest: an unknown word and an invalid file are errors" {
    vectors
    run -1 ecan-vectors --nearest hoest,griep v.txt
    [[ "${lines[-1]}" = "ecan-vectors: v.txt: unknown word 'griep'" ]]
    run -1 ecan-vectors --nearest hoest no-such-file
    run -2 ecan-vectors --nearest a --coverage v.txt
    run -2 ecan-vectors v.txt
    run -2 ecan-vectors --nearest a
    run -2 ecan-vectors --nearest a --top 0 v.txt
}

@test "nearest and coverage of a model are those of the vectors that it was given, without <pad> and <unk>" {
    write_corpus
    data=. train model --epochs 1 --no-focal --lr 1e-9 --no-scale-vectors
    diff <(ecan-vectors --nearest sign1 --top 5 vectors.bin | jq -c '[.nearest[].word]') \
        <(ecan-vectors --nearest sign1 --top 5 model | jq -c '[.nearest[].word]')
    run -1 ecan-vectors --nearest '<unk>' model
    diff <(ecan-vectors --coverage vectors.bin dev.mp) <(ecan-vectors --coverage model dev.mp)
}

@test "coverage: words, distinct words, and the most frequent missing words" {
    vectors
    printf '%s\n' '{"id": "1", "text": "Koorts, hoest, griep, griep en koorts"}' '{"id": "2", "text": "pijn en <unk>"}' |
        ecan-tokenize -o t.mp
    run -0 ecan-vectors --coverage v.txt --top 2 t.mp
    [ "$output" = '{"records": 2, "words": 9, "known": 3, "share": 0.333333, "distinct": 6, "distinct_known": 2, "missing": [{"word": "griep", "count": 2}, {"word": "en", "count": 2}]}' ]
    run -0 ecan-vectors --coverage v.txt "$accept/no-records.mp"
    [[ "$output" = *'"words": 0,'*'"share": 1,'* ]]
}

@test "coverage: a truncated stream is a failure, without results" {
    vectors
    echo '{"id": "1", "text": "koorts"}' | ecan-tokenize | head -c -4 >t.mp
    run -1 --separate-stderr ecan-vectors --coverage v.txt t.mp
    [ -z "$output" ]
}


@test "the options that ecan-show had: an error that names the command" {
    run -2 ecan-show --nearest koorts v.txt
    [ "${lines[0]}" = "ecan-show: --nearest: use ecan-vectors --nearest (see ecan-show --help)" ]
    run -2 ecan-show --coverage v.txt t.mp
    [ "${lines[0]}" = "ecan-show: --coverage: use ecan-vectors --coverage (see ecan-show --help)" ]
    run -2 ecan-show -a A1 t.mp
    [ "${lines[0]}" = "ecan-show: --attention: use ecan-explain --attention (see ecan-show --help)" ]
    not grep -E 'nearest|coverage|attention' <(ecan-show --help | sed '/^See also/d')
}
