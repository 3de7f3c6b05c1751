#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What runs the tasks of ensemble, experiment, tune, paper and predict: local, parallel, an engine of one's own. tests/slurm has Slurm.
bats_require_minimum_version 1.5.0

load ../helper

setup_file() {
    export pipelines=$BATS_TEST_DIRNAME/../../pipelines data=$BATS_FILE_TMPDIR
    cd "$data" || return 1
    write_corpus
    train model --epochs 1 --no-focal
    corpus 20 p > new.jsonl
    ecan predict model new.jsonl > want
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    # shellcheck source=pipelines/common.sh
    cat > tasks.sh << END
# Usage: tasks.sh
. "$pipelines/common.sh"
fresh_logs=yes
END
}

# tasks LINES: runs a script with the functions of engines.sh.
tasks() {
    cat >> tasks.sh
    bash -euo pipefail tasks.sh
}

@test "shards are predicted as by a single process, by every engine; nothing is left" {
    mkdir engines
    cat > engines/own.sh << 'END'
engine_check() { own=(); }
engine_start() { for number in "${@:2}"; do own+=("$1 $number"); done; }
engine_wait() { for each in "${own[@]}"; do bash "$here/engines/task.sh" ${each} || true; done; own=(); }
engine_stop() { :; }
engine_attach() { :; }
END
    for engine in local parallel "$PWD/engines/own.sh"; do
        if [ "$engine" = parallel ] && ! command -v parallel > /dev/null; then continue; fi
        ENGINE=$engine SHARDS=3 JOBS=2 ecan predict "$data/model" "$data/new.jsonl" -o got 2> log
        cmp got "$data/want"
        ENGINE=$engine SHARDS=2 ecan predict "$data/model" -o - < "$data/new.jsonl" 2> log && return 1
        ENGINE=$engine SHARDS=30 ecan predict "$data/model" --output=got < "$data/new.jsonl" 2> log
        cmp got "$data/want"
        [ "$(ls)" = $'engines\ngot\nlog\ntasks.sh' ]
    done
}

@test "shards: a failure names the log; the same command continues" {
    sed '$s/.*/{"id": "x", "text": 5}/' "$data/new.jsonl" > bad.jsonl
    SHARDS=2 run -1 ecan predict "$data/model" bad.jsonl -o got
    [ ! -e got ]
    mkdir bin
    ln -s "$(dirname "$(command -v ecan-train)")"/* bin/
    rm bin/ecan-predict
    printf '#!/bin/sh\ncase $* in *parts/2.mp*) echo broken >&2; exit 1 ;; esac\nexec %s "$@"\n' "$(command -v ecan-predict)" > bin/ecan-predict
    chmod +x bin/ecan-predict
    ECAN_BIN=$PWD/bin ENGINE=local SHARDS=3 run -1 ecan predict "$data/model" "$data/new.jsonl" -o got
    [[ $output == *"the prediction of a shard failed: broken (got.shards/2.log)"* ]]
    [ "$(cat got.shards/tasks/predict/2.state)" = "failed 1" ]
    [[ $(cat got.shards/tasks/predict/1.state) == done* ]]
    [ ! -e got ]
    ENGINE=local SHARDS=3 ecan predict "$data/model" "$data/new.jsonl" -o got 2> log
    grep -q 'parts: up to date' log
    cmp got "$data/want"
    [ ! -e got.shards ]
    for wrong in 0 x 10000; do SHARDS=$wrong run -1 ecan predict "$data/model" "$data/new.jsonl" -o no; done
    SHARDS=2 run -2 ecan predict "$data/model" "$data/new.jsonl"
    ENGINE=none SHARDS=2 run -1 ecan predict "$data/model" "$data/new.jsonl" -o no
    [[ $output == *"ENGINE=none: expected local, parallel, slurm"* ]]
}

@test "groups run one after another; logs, states and scripts; failures" {
    for ENGINE in local parallel; do
        export ENGINE
        if [ "$ENGINE" = parallel ] && ! command -v parallel > /dev/null; then continue; fi
        setup
        JOBS=4 run -0 tasks << 'END'
begin_tasks out
for i in 1 2 3; do add_task first "t$i" "log-$i" "sleep 0.$i; echo said $i; touch made-$i"; done
add_task second all log-all 'ls made-*; exit 3'
add_task second 'a b' 'log b' 'echo "it'"'"'s"; kill -KILL $$'
run_tasks || echo "failed: ${failed_tasks[*]}: ${failed_logs[*]}"
END
        [ "$output" = "failed: all a b: log-all log b" ] || { echo "$output"; false; }
        [ "$(cat log-2)" = "said 2" ]
        [ "$(cat log-all)" = $'made-1\nmade-2\nmade-3' ]
        [ "$(head -n 1 'log b')" = "it's" ]
        [ "$(cat out/tasks/second/all.state)" = "failed 3" ]
        [ "$(cat 'out/tasks/second/a b.state')" = "killed by signal 9" ]
        rm made-1
        bash out/tasks/first/t1.sh > /dev/null
        [ -e made-1 ]
        rm -r made-* log* out
    done
}

@test "SIGTERM ends the tasks, and what they started" {
    cat >> tasks.sh << 'END'
begin_tasks out
add_task one a log 'trap "echo stopped >stopped; exit" TERM; touch begun; for i in $(seq 600); do sleep 0.1; done; touch late'
run_tasks
END
    for engine in local parallel; do
        if [ "$engine" = parallel ] && ! command -v parallel > /dev/null; then continue; fi
        rm -f begun stopped
        ENGINE=$engine bash -euo pipefail tasks.sh 3>&- &
        pid=$!
        for _ in $(seq 200); do [ ! -e begun ] || break; sleep 0.1; done
        kill -TERM $pid
        code=0
        wait $pid || code=$?
        [ $code = 143 ]
        [ -e stopped ]
        [[ $(cat out/tasks/one/a.state) == "stopped by SIG"* ]]
    done
}
