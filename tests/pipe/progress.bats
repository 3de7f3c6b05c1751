#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The progress line on a terminal, which script(1) provides.

load ../helper

bats_require_minimum_version 1.5.0

setup_file() {
    export pipelines="$BATS_TEST_DIRNAME/../../pipelines"
    cd "$BATS_FILE_TMPDIR" || return 1
    mkdir data
    corpus 40 t >data/train.jsonl
    corpus 16 d >data/dev.jsonl
    corpus 16 e >data/test.jsonl
    for ((i = 0; i < 1000; i++)); do sed "s/\"id\": \"/&$i-/" data/test.jsonl; done >long.jsonl
    "$pipelines/train.sh" data out "${network[@]}" --epochs 1 --w2v '--size 8 --min-count 1 --threads 1' 2>log || { cat log; return 1; }
}

setup() {
    command -v script >/dev/null || skip "no script"
    cd "$BATS_FILE_TMPDIR" || return 1
}

# lines COMMAND: runs it on a terminal, and prints its progress lines.
lines() {
    script -qec "$1" /dev/null | tr '\r' '\n' | grep '[0-9]/s\|[a-z]/s'
}

@test "ecan train: the stage of the run, and its remaining time" {
    lines "$pipelines/train.sh data new ${network[*]} --channels 1200,1200 --epochs 2 --w2v '--size 8 --min-count 1 --threads 1 --iter 2000'" >shown
    grep -q '^2 of 4: word vectors, .* s left: [0-9]* words, [0-9]* words/s, epoch ' shown
    grep -q '^3 of 4: network, .* s left at most: [0-9]* words, [0-9]* words/s, epoch ' shown
    not grep -q 'ecan-w2v\|ecan-train' shown
}

@test "ecan predict: the time of the whole pipe, of files; without the number of encounters, no time" {
    lines "$pipelines/predict.sh out long.jsonl -o predicted" >shown
    grep -q '^ecan predict, .* s left: [0-9]* records, [0-9]* records/s' shown
    not grep -qv '^ecan predict' shown
    gzip -c long.jsonl >long.jsonl.gz
    lines "$pipelines/predict.sh out long.jsonl.gz -o predicted" | grep -q '^ecan predict, .* s left: '
    lines "cat long.jsonl long.jsonl | sed 's/\"id\": \"/&'\$RANDOM/ | $pipelines/predict.sh out -o predicted" >shown || true
    not grep -q left shown
    run --separate-stderr -0 "$pipelines/predict.sh" out long.jsonl -o predicted
    [ -z "$stderr" ]
    lines "$pipelines/predict.sh out -q long.jsonl -o predicted" >shown || true
    [ ! -s shown ]
}

@test "a pipe of programs: one has the line, and then another" {
    lines "ecan-tokenize long.jsonl | ecan-predict -m out/model -o scored.mp" | sed 's/[,:].*//' | uniq >shown
    [ "$(sort shown)" = "$(sort -u shown)" ] # no program comes back
}

@test "files of records: the time is known" {
    ecan-tokenize long.jsonl -o long.mp
    lines "ecan-predict -m out/model long.mp -o scored.mp" | grep -q '^ecan-predict, .* s left: '
    lines "ecan-predict -m out/model <long.mp -o scored.mp" | grep -q '^ecan-predict, .* s left: '
}
