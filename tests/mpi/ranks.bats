#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ecan-train-mpi: one and two ranks give the files of ecan-train. `make check-mpi` has more ranks and labels, and faults.

bats_require_minimum_version 1.5.0
load ../helper
load corpus

setup_file() {
    export data=$BATS_FILE_TMPDIR
    cd "$data" || return 1
    [ -x "$ECAN_BUILD/bin/ecan-train-mpi" ] || skip "built without MPI (libopenmpi-dev)"
    command -v mpirun >/dev/null || skip "no mpirun (openmpi-bin)"
    long_corpus 40 t 12 300 | ecan-tokenize -q >train.mp
    long_corpus 10 d 12 300 | ecan-tokenize -q >dev.mp
    ecan-w2v -q --size 8 --min-count 1 -o vectors.bin train.mp
    train plain "${options[@]}"
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
}

options=(--batch-size 16 --dropout 0.3 --average 0.9 --share codes --clip 1 --focal-from 2 --epochs 2)

@test "one rank and two write the files of ecan-train" {
    before="ranks 1" train="ecan-train-mpi" train one "${options[@]}"
    same "$data/plain" one
    before="ranks 2" train="ecan-train-mpi" train two "${options[@]}" --threads 2
    same "$data/plain" two
}

@test "a run is stopped by SIGUSR1 to mpirun, and continued with another number of ranks" {
    long=("${options[@]}" --epochs 10 --patience 10) # it has to last until the signal arrives, also if the computer is busy
    train plain "${long[@]}"
    before="ranks 2" train="ecan-train-mpi" train model "${long[@]}" --checkpoint-every 0 2>log &
    until [ -e model/checkpoint/state.json ]; do sleep 0.05; done
    kill -USR1 "$(pgrep -P $! mpirun)"
    not wait $!
    cat log
    [ "$(grep -c '^ecan-train-mpi: stopped: to continue, run the same command with --resume' log)" = 1 ]
    [ ! -e model/history.jsonl ] || [ "$(wc -l <model/history.jsonl)" -lt "$(wc -l <plain/history.jsonl)" ]
    train model "${long[@]}" --resume
    same plain model
}

@test "ranks with other data or options: one error, and nothing is written" {
    long_corpus 41 t 12 300 | ecan-tokenize -q >other.mp
    for other in "--seed 7" "--train $PWD/other.mp"; do
        printf '#!/bin/sh\n[ "$OMPI_COMM_WORLD_RANK" = 0 ] || set -- "$@" %s\nexec ecan-train-mpi "$@"\n' "$other" >program
        chmod +x program
        run --separate-stderr eval 'before="ranks 2" train=./program train model "${options[@]}"'
        echo "$output" "$stderr"
        [ "$status" -ne 0 ] && [ ! -e model ]
        name=${other#--}
        [[ "$stderr" == *"ecan-train-mpi: rank 1 has another \"${name%% *}\" than rank 0"* ]]
        [ "$(grep -c 'has another' <<<"$stderr")" = 1 ]
    done
}

@test "more than 8 ranks are refused, with one message" {
    run ranks 9 ecan-train-mpi --train "$data/train.mp" --dev "$data/dev.mp" --vectors "$data/vectors.bin" -o model
    [ "$status" -ne 0 ] && [ ! -e model ]
    [ "$(grep -c "9 ranks, but a batch has 8 slots" <<<"$output")" = 1 ]
}

@test "wrong usage, also of one rank only, and other errors: one message" {
    run ranks 2 ecan-train-mpi --bad-option
    echo "$output"
    [ "$status" = 2 ]
    [ "$(grep -c '^ecan-train-mpi: ' <<<"$output")" = 1 ]
    [[ "$output" == *"unknown option '--bad-option' (see ecan-train-mpi --help)"* ]]
    printf '#!/bin/sh\n[ "$OMPI_COMM_WORLD_RANK" = 0 ] || set -- "$@" --threads 0\nexec ecan-train-mpi "$@"\n' >program
    chmod +x program
    run eval 'before="ranks 2" train=./program train model "${options[@]}"'
    echo "$output"
    [ "$status" -ne 0 ] && [ ! -e model ]
    [ "$(grep -c '^ecan-train-mpi: ' <<<"$output")" = 1 ]
    [[ "$output" == *"ecan-train-mpi: rank 1: "*"threads"* ]]
    head -c 1000 "$data/train.mp" >cut.mp
    for wrong in "--train cut.mp" "--dev missing.mp" "--resume --init nowhere"; do
        run ranks 2 ecan-train-mpi --quiet --train "$data/train.mp" --dev "$data/dev.mp" --vectors "$data/vectors.bin" -o model $wrong
        echo "$output"
        [ "$status" -ne 0 ] && [ ! -e model ]
        [ "$(grep -c '^ecan-train-mpi: ' <<<"$output")" = 1 ]
    done
}
