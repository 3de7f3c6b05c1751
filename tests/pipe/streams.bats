# SPDX-License-Identifier: Apache-2.0
# Streams in pipes: joined, cut, closed early, onto a full disk

setup() {
    bats_require_minimum_version 1.5.0
    accept=$BATS_TEST_DIRNAME/../../formats/accept
    cd "$BATS_TEST_TMPDIR"
}

@test "cat of two streams is a stream" {
    cat "$accept/tokens.mp" "$accept/no-records.mp" "$accept/segments.mp" > joined.mp
    run -0 bash -c "ecan-show --records --key tokens < joined.mp | wc -l"
    [ "$output" = 5 ]
    run -0 ecan-show joined.mp
    [ "$(grep -c '^{"ecan"' <<< "$output")" = 4 ]
    [ "$(grep -c '^{"end"' <<< "$output")" = 4 ]
}

@test "cut after any byte: a prefix of the records, and exit 1" {
    ecan-show --records "$accept/tokens.mp" > whole
    size=$(wc -c < "$accept/tokens.mp")
    for ((n = 0; n < size; n++)); do
        code=0
        head -c "$n" "$accept/tokens.mp" | ecan-show --records > shown 2> said || code=$?
        [ "$code" -eq 1 ]
        [[ "$(< said)" = *truncated* ]]
        cmp -n "$(stat -c %s shown)" shown whole
        [ -z "$(tail -c 1 shown)" ] # whole lines
    done
}

@test "a byte at a time is the same stream" {
    cat > drip.py <<'END'
import sys, time
for b in open(sys.argv[1], "rb").read():
    sys.stdout.buffer.write(bytes([b]))
    sys.stdout.buffer.flush()
END
    python3 drip.py "$accept/scored.mp" | ecan-show --full > dripped
    diff "$accept/scored.json" dripped
}

@test "records come out while the input is still open" {
    size=$(($(wc -c < "$accept/no-records.mp") - 6)) # without its end record
    { head -c "$size" "$accept/no-records.mp"; printf '\x82\xa2id\xa1a\xa6tokens\x90'; sleep 3; printf '\x81\xa3end\x01'; } |
        ecan-show --records --unbuffered | { read -r line; date +%s; cat > /dev/null; date +%s; } > times
    [ $(($(tail -1 times) - $(head -1 times))) -ge 2 ]
}

@test "a reader that stops early ends the writer quietly" {
    yes "$accept/scored.mp" | head -n 400 | xargs cat > many.mp
    run -141 bash -o pipefail -c "ecan-show --full many.mp | head -n 1 > /dev/null"
    [ -z "$output" ]
}

@test "a full disk is said and fails" {
    yes "$accept/scored.mp" | head -n 400 | xargs cat > many.mp
    run -1 bash -c "ecan-show many.mp > /dev/full"
    [[ "$output" = *"No space left on device"* ]]
}

@test "a read that fails is said and fails" {
    run -1 bash -c "ecan-show < /"
    [[ "$output" = *"standard input: "*"Is a directory"* ]]
    run -1 bash -c "ecan-check <&-"
    [[ "$output" = *"Bad file descriptor"* ]]
}

@test "binary output to a terminal is refused" {
    command -v script || skip "no script, to make a terminal"
    echo '{"id": "e1", "text": "koorts"}' > one.jsonl
    run -1 script -qec "ecan-tokenize one.jsonl" /dev/null
    [[ "$output" = *"standard output: a terminal"* ]]
    script -qec "ecan-show $accept/tokens.mp" /dev/null > shown
    grep -q '"end": 2' shown
}
