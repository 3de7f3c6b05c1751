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
    lines "$pipelines/train.sh data new ${network[*]} --channels 1200,1200 --epochs 2 --w2v '--size 8 --min-count 1 --threads 1 --iter 8000'" >shown
    grep -q '^2 of 5: word vectors, .* s left: [0-9]* words, [0-9]* words/s, epoch ' shown
    grep -q '^3 of 5: network, .* s left at most: [0-9]* words, [0-9]* words/s, epoch ' shown
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

@test "a stage that reads several files: the time of all of them" {
    for i in 1 2 3 4 5; do sed "s/\"id\": \"/&$i-/" long.jsonl; done >part.jsonl
    ECAN_PART='0.25 0.2501' lines "ecan-tokenize part.jsonl -o part.mp" | grep -q ' [0-9]* \(min\|h\) .* left: [0-9]* words'
    not grep -q '.' <(ECAN_PART='0.5 1' lines "ecan-tokenize part.jsonl -o part.mp" | grep ' \(min\|h\) ')
}

@test "ecan-terms: each step; ecan train -q: none" {
    script -qec "ecan-terms --force --train out/train.mp --dev out/dev.mp -m out/network -o new-terms" /dev/null | tr '\r' '\n' >shown
    for step in 'words of train' mining 'linear model' 'scores of dev'; do grep -q "^ecan-terms: $step" shown; done
    rm -rf out/model.made
    script -qec "$pipelines/train.sh data out ${network[*]} --epochs 1 --w2v '--size 8 --min-count 1 --threads 1' --quiet" /dev/null | tr '\r' '\n' >shown
    not grep -q 'mining\|micro-F1 on dev: network' shown
}

@test "ecan ensemble and ecan tune: one line for all trainings" {
    command -v parallel >/dev/null || skip "no parallel"
    local options="--preset few-encounters --channels 500,500 --kernels 3,3 --epochs 8 --w2v '--size 8 --min-count 1 --iter 2'"
    script -qec "LINEAR=no $pipelines/ensemble.sh data ensemble 2 $options" /dev/null | tr '\r' '\n' >shown
    grep -q '^ecan ensemble, [0-9].* s left at most: [0-9] of 2 models, [0-9]* epochs' shown
    command -v jq >/dev/null || skip "no jq"
    echo '--learning-rate choice 0.01 0.02' >space
    script -qec "N=2 EPOCHS=4 ETA=2 RUNGS=1 FINALISTS=1 SEEDS=1 $pipelines/tune.sh space data tune $options" /dev/null | tr '\r' '\n' >shown
    grep -q '^ecan tune, [0-9].* s left at most: [0-9]* epochs, ' shown
}

@test "ecan evaluate: first what it will do" {
    "$pipelines/evaluate.sh" out 2>said >tables
    head -n 1 said | grep -qx 'ecan evaluate: plan: predict the 16 encounters of dev, predict the 16 encounters of test, compute metrics.*'
    "$pipelines/evaluate.sh" out 2>said >tables
    head -n 1 said | grep -qx 'ecan evaluate: plan: dev is up to date, test is up to date, compute metrics.*'
    echo '{"id": "more", "text": "fever", "labels": []}' >>data/test.jsonl
    "$pipelines/evaluate.sh" out 2>said >tables
    head -n 1 said | grep -qx 'ecan evaluate: plan: dev is up to date, predict the 17 encounters of test, compute metrics.*'
}
