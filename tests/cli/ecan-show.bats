# SPDX-License-Identifier: Apache-2.0
# ecan-show: streams, models and vectors as JSON Lines

setup() {
    bats_require_minimum_version 1.5.0
    accept=$BATS_TEST_DIRNAME/../../formats/accept
    reject=$BATS_TEST_DIRNAME/../../formats/reject
    cd "$BATS_TEST_TMPDIR"
}

@test "word vectors with a word that is not UTF-8: the others are shown, and it is counted" {
    printf '3 1\n</s> 1\nd\xe9 2\nkoorts 3\n' >"$BATS_TEST_TMPDIR/v.txt"
    run ecan-show "$BATS_TEST_TMPDIR/v.txt"
    [ "$status" -eq 0 ]
    [ "${lines[0]##*/}" = 'v.txt: 1 word left out: not UTF-8' ]
    [ "${lines[1]}" = '{"vectors": {"words": 2, "size": 1, "duplicates": 0}}' ]
}

@test "every accepted file is shown as its text file" {
    for f in "$accept"/*.mp; do
        ecan-show --full "$f" > shown
        diff "${f%.mp}.json" shown
    done
}

@test "standard input, -, and -o FILE give the same" {
    ecan-show < "$accept/scored.mp" > a
    ecan-show - < "$accept/scored.mp" > b
    ecan-show -o c "$accept/scored.mp"
    cmp a b
    cmp a c
}

@test "a tensor is summarised: shape, minimum, maximum, mean, numbers that are not finite" {
    run -0 ecan-show --records --key X "$accept/embedded.mp"
    [ "${lines[0]}" = '{"id": "e1", "X": {"tensor": "f4", "shape": [2, 3], "min": -1, "max": 2, "mean": 0.45833334, "nan": 0, "infinite": 0}}' ]
    [ "${lines[1]}" = '{"id": "e2", "X": {"tensor": "f4", "shape": [0, 3], "min": null, "max": null, "mean": null, "nan": 0, "infinite": 0}}' ]
    run -0 ecan-show --records --key X "$reject/embedded-nan.mp"
    [[ "$output" = *'"min": 1, "max": 3, "mean": 2, "nan": 1, "infinite": 0}'* ]]
    run -0 ecan-show --record 1 --key ids "$accept/embedded.mp"
    [ "$output" = '{"id": "e1", "ids": {"tensor": "i4", "shape": [2], "min": 1, "max": 2, "mean": 1.5}}' ]
}

@test "--key picks keys, and leaves the header and end" {
    run -0 ecan-show --key tokens,labels "$accept/tokens.mp"
    [ "${#lines[@]}" = 4 ]
    [ "${lines[1]}" = '{"id": "e1", "labels": ["I10"], "tokens": ["fièvre", "toux"]}' ]
    [ "${lines[2]}" = '{"id": "e2", "tokens": []}' ]
    [ "${lines[3]}" = '{"end": 2}' ]
}

@test "--id and --record pick records; none found is a failure" {
    run -0 ecan-show --key tokens --id e2 "$accept/tokens.mp"
    [ "$output" = '{"id": "e2", "tokens": []}' ]
    run -0 ecan-show --key tokens --record 3 "$accept/segments.mp"
    [ "$output" = '{"id": "e3", "tokens": ["a"]}' ]
    run -1 ecan-show --id e9 "$accept/tokens.mp"
    [ "$output" = "ecan-show: no record with that --id" ]
    run -2 ecan-show --record 0 "$accept/tokens.mp"
}

@test "several operands, of several kinds" {
    run -0 ecan-show --records --key tokens "$accept/tokens.mp" "$accept/scored.mp"
    [ "${#lines[@]}" = 4 ]
}

@test "the output is JSON, whatever the strings" {
    command -v jq || skip "no jq"
    ecan-show --full "$accept"/*.mp | jq . > all
    [ "$(jq -r .controls all | grep -v null | head -c 1 | od -An -tx1 | tr -d ' ')" = 1b ]
}

@test "no control character reaches the terminal" {
    ecan-show "$accept/unknown-keys.mp" > shown
    run -1 env LC_ALL=C grep -P '[\x00-\x09\x0b-\x1f\x7f]' shown
}

@test "a string that is not UTF-8 is an error with its place, and never shown" {
    run -1 --separate-stderr ecan-show "$reject/text-not-utf8.mp"
    [ "${#lines[@]}" = 1 ]
    [[ "$stderr" = *"record 1 (e1): offset 53: key note: byte 1: invalid UTF-8 at byte 3 of a string" ]]
    [[ "$stderr" != *abc* ]]
}

@test "a truncated stream: complete records are shown, exit 1" {
    run -1 --separate-stderr ecan-show "$reject/no-end.mp"
    [ "${#lines[@]}" = 3 ]
    [[ "$stderr" = *"truncated: it ends at offset"* ]]
    run -1 ecan-show /dev/null
    [[ "$output" = *"truncated: it is empty"* ]]
}

@test "a bad record ends the run; --skip-bad continues and still fails" {
    { python3 - <<'END'
import sys
sys.stdout.buffer.write(b"\x82\xa4ecan\x01\xa4kind\xa6tokens" b"\x81\xa2id\xa1a" b"\x81\xa2id\x05" b"\x81\xa2id\xa1c" b"\x81\xa3end\x03")
END
    } > bad.mp
    run -1 --separate-stderr ecan-show bad.mp
    [ "${#lines[@]}" = 2 ]
    run -1 --separate-stderr ecan-show --skip-bad bad.mp
    [ "${#lines[@]}" = 4 ]
    [ "${lines[3]}" = '{"end": 3}' ]
    [[ "$stderr" = *"record 2: offset "*"key id: expected a string, found an integer"* ]]
}

@test "a lie about a length asks for no memory" {
    limit='ulimit -v 300000'
    bash -c "$limit; ecan-show --version" || limit='export ASAN_OPTIONS=max_allocation_size_mb=64:$ASAN_OPTIONS' # it reserves terabytes
    for bomb in bomb-array bomb-map bomb-in-record bomb-string; do
        run -1 bash -c "$limit; ecan-show '$reject/$bomb.mp'"
        [[ "$output" != *memory* && "$output" != *Sanitizer* ]]
        run -1 bash -c "$limit; ecan-check '$reject/$bomb.mp'"
        [[ "$output" != *memory* && "$output" != *Sanitizer* ]]
    done
    run -0 bash -c "$limit; ecan-show '$reject/bomb-tensor.mp'"
}

@test "word vectors: a header line, a line a word" {
    printf '2 3\nkoorts 1 2 2\nhoest 0.5 0 0\n' > vectors.txt
    run -0 ecan-show vectors.txt
    [ "${lines[0]}" = '{"vectors": {"words": 2, "size": 3, "duplicates": 0}}' ]
    [ "${lines[1]}" = '{"word": "koorts", "norm": 3}' ]
    run -0 ecan-show --full --id hoest vectors.txt
    [ "$output" = '{"word": "hoest", "norm": 0.5, "values": [0.5, 0, 0]}' ]
}

@test "a full disk is a failure" {
    run -1 ecan-show -o /dev/full "$accept/tokens.mp"
    [[ "$output" = *"No space left"* ]]
    run -1 bash -c "ecan-show '$accept/tokens.mp' > /dev/full"
    [[ "$output" = *"No space left"* ]]
}

@test "usage: help on standard output, a wrong option is 2" {
    run -0 --separate-stderr ecan-show --help
    [[ "$output" = *"ecan-tokenize < notes.jsonl | ecan-show"* ]]
    [ -z "$stderr" ]
    run -2 --separate-stderr ecan-show --nonsense
    [ -z "$output" ]
    run -1 ecan-show no-such-file
    [[ "$output" = *"no-such-file: No such file"* ]]
}
