#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ecan federated: rounds for simulated hospitals, which continue after a kill.
bats_require_minimum_version 1.5.0

load ../helper

options=(--w2v '--size 8 --iter 3' --channels 8,8 --kernels 3,3 --reduction 4 --lr 0.02 --share none --batch-size 8 --threads 1)

setup_file() {
    export data=$BATS_FILE_TMPDIR VECTOR_ROUNDS=2 MIN_DOCS=2 JOBS=2
    cd "$data" || return 1
    mkdir -p hospitals/{north,south}
    corpus 40 n > hospitals/north/train.jsonl
    corpus 24 s > hospitals/south/train.jsonl
    corpus 12 m | gzip > hospitals/north/dev.jsonl.gz
    corpus 6 r > hospitals/south/dev.jsonl
    ROUNDS=2 ecan federated hospitals out "${options[@]}" 2> log
}

@test "the model, the rounds and the settings; what is exchanged has no notes" {
    cd "$data"
    ecan-check out/model
    [ "$(wc -l < out/rounds.tsv)" = 3 ]
    [ "$(head -n 1 out/rounds.tsv)" = $'round\tmicro_f1\tthreshold\tnorth\tsouth' ]
    [ "$(jq -c '[.merged[].weight]' out/common/round-1/config.json)" = '[0.625,0.375]' ]
    best=$(tail -n +2 out/rounds.tsv | sort -k 2,2gr -k 1,1n | head -n 1)
    cmp out/model/model.safetensors "out/common/round-${best%%$'\t'*}/model.safetensors"
    [ "$(jq -r .training.init out/north/round-2/config.json)" = "$(jq -r .fingerprint out/common/round-1/config.json)" ]
    grep -q '^rounds 2$' out/settings
    not grep -q '^labels' out/common/*.counts
    echo '{"id": "x", "text": "sign1"}' | ecan predict out/model > predicted
}

@test "a larger number of rounds keeps the first ones; the result of a killed run is that of another" {
    cd "$BATS_TEST_TMPDIR"
    cp -r "$data/out" longer
    ROUNDS=3 ecan federated longer 2> log
    grep -q 'common/round-2: up to date' log
    not grep -q 'common/round-2: ecan-merge' log
    [ "$(wc -l < longer/rounds.tsv)" = 4 ]
    ROUNDS=2 ecan federated "$data/hospitals" killed "${options[@]}" 2> log & 
    pid=$!
    for _ in $(seq 300); do
        if [ -e killed/north/round-1 ]; then break; fi
        sleep 0.1
    done
    kill "$pid"
    wait "$pid" || true
    not test -e killed/model
    ROUNDS=2 ecan federated killed 2> log
    cmp killed/model/model.safetensors "$data/out/model/model.safetensors"
    cmp killed/rounds.tsv "$data/out/rounds.tsv"
}

@test "without rounds of word vectors; wrong data and settings" {
    cd "$BATS_TEST_TMPDIR"
    VECTOR_ROUNDS=0 ROUNDS=1 ecan federated "$data/hospitals" out "${options[@]}" 2> log
    [ "$(jq .embedding_size out/model/config.json)" = 100 ]
    run -1 ecan federated "$data" no
    [[ $output == *"has no folder with train.jsonl"* ]]
    run -1 ecan federated "$data/nowhere" no
    ROUNDS=x run -1 ecan federated "$data/hospitals" no
    [[ $output == *"ROUNDS=x: not a whole number"* ]]
    for option in --epochs=2 --resume; do
        run -1 ecan federated "$data/hospitals" no $option
        [[ $output == *"ecan federated sets it itself"* ]]
    done
    run -2 ecan federated "$data/hospitals" no --attention x
    run -2 ecan federated
    [ ! -e no ]
}
