#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ecan-watch: files that are there, that arrive, and that are bad; killed at any moment; more events than the system keeps.
bats_require_minimum_version 1.5.0

load ../helper

setup_file() {
    export data=$BATS_FILE_TMPDIR
    cd "$data" || return 1
    write_corpus
    train model --epochs 12 --no-focal --tune-threshold
    ecan-linear -q --train train.mp --save -o linear
    ecan-join --threshold 0.3 -o ensemble model linear
    for i in $(seq 30); do corpus "$i" "f$i-" > "$i.jsonl"; done
    corpus 6000 long > long.jsonl
    for i in $(seq 30); do predict "$i.jsonl" > "$i.want"; done
    [ "$(grep -c '"score"' 30.want)" -gt 10 ]
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    mkdir inbox
}

teardown() {
    if [ "${watch:-}" ]; then kill -KILL "$watch" 2> /dev/null || true; fi
}

# predict FILE [OPTION...]: its lines by hand.
predict() {
    ecan-tokenize -q -m "$data/model" "$1" | ecan-predict -q -m "$data/model" "${@:2}" | ecan-show -r -k predicted
}

# start [OPTION...]: starts the watch, and waits until it watches.
start() {
    ecan-watch -m "$data/model" -o results "$@" inbox 2> said 7>&- &
    watch=$!
    wait_for "grep -q ': watching inbox' said"
}

# stop: ends the watch with SIGTERM; its exit code must be 0.
stop() {
    kill "$watch"
    wait "$watch"
    watch=''
}

wait_for() { # CONDITION
    local i
    for ((i = 0; i < 1200; i++)); do
        if eval "$1"; then return; fi
        sleep 0.05
    done
    echo "not within a minute: $1"
    cat said
    false
}

@test "files that are there: JSON Lines, gzip and CSV, with the lines of ecan predict; what is ignored" {
    cp "$data/3.jsonl" inbox/
    gzip < "$data/4.jsonl" > inbox/4.gz
    { echo id,text && jq -r '[.id, .text] | @csv' "$data/5.jsonl"; } | tee inbox/5.csv | gzip > inbox/5.csv.gz
    : > inbox/empty
    for name in .hidden x~ x.tmp x.part x.partial x.filepart; do cp "$data/1.jsonl" "inbox/$name"; done
    mkdir inbox/folder
    ln -s "$data/1.jsonl" inbox/link
    mkfifo inbox/pipe
    umask 022
    ecan-watch -m "$data/model" -o results --once inbox 2> said
    [ "$(ls -A results | tr '\n' ' ')" = "3.jsonl.predicted.jsonl 4.gz.predicted.jsonl 5.csv.gz.predicted.jsonl 5.csv.predicted.jsonl empty.predicted.jsonl " ]
    cmp results/3.jsonl.predicted.jsonl "$data/3.want"
    cmp results/4.gz.predicted.jsonl "$data/4.want"
    cmp results/5.csv.predicted.jsonl "$data/5.want"
    cmp results/5.csv.gz.predicted.jsonl "$data/5.want"
    [ ! -s results/empty.predicted.jsonl ]
    [ "$(stat -c %a results results/* | sort -u | tr '\n' ' ')" = "600 700 " ]
    grep -qx 'ecan-watch: 3.jsonl: 3 encounters' said
    [ "$(stat -c %Y.%y results/3.jsonl.predicted.jsonl)" = "$(stat -c %Y.%y inbox/3.jsonl)" ]
}

@test "words that the model does not read: as in the lines of ecan predict, and a message" {
    cp -r "$data/model" short
    jq '.max_words = 20 | del(.files, .fingerprint)' "$data/model/config.json" > short/config.json
    cp "$data/3.jsonl" inbox/
    ecan-watch -m short -o results --once inbox 2> said
    ecan-tokenize -q -m short inbox/3.jsonl | ecan-predict -q -m short | ecan-show -r -k predicted,words_cut,notes_cut |
        cmp - results/3.jsonl.predicted.jsonl
    grep -q '"words_cut": 10' results/3.jsonl.predicted.jsonl
    grep -qx 'ecan-watch: 3.jsonl: 3 of 3 encounters: 30 words beyond max_words not read' said
}

@test "an ensemble, a folder of ecan train or ecan ensemble, a threshold; the threads do not matter" {
    cp "$data/9.jsonl" inbox/
    mkdir run runs
    cp -r "$data/model" run/model
    cp -r "$data/ensemble" runs/ensemble
    ecan-watch -q -m run -o of-run --once -T 3 inbox
    cmp of-run/9.jsonl.predicted.jsonl "$data/9.want"
    ecan-watch -q -m runs -o of-runs --once inbox
    ecan-tokenize -q -m "$data/model" inbox/9.jsonl | ecan-predict -q -m "$data/ensemble" | ecan-show -r -k predicted |
        cmp - of-runs/9.jsonl.predicted.jsonl
    ecan-watch -q -m run -o low --once -t 0.01 inbox
    predict inbox/9.jsonl -t 0.01 | cmp - low/9.jsonl.predicted.jsonl
    run -1 ecan-watch -m inbox -o x --once inbox
    [[ $output == *"inbox is neither a model nor an ensemble"* ]]
}

@test "files that arrive: renamed, written in place, written again; a second start repeats nothing" {
    start
    cp "$data/1.jsonl" inbox/.1 && mv inbox/.1 inbox/1.jsonl
    wait_for '[ -e results/1.jsonl.predicted.jsonl ]'
    cmp results/1.jsonl.predicted.jsonl "$data/1.want"
    { head -n 1 "$data/2.jsonl" && sleep 0.5 && [ ! -e results/2.predicted.jsonl ] && tail -n +2 "$data/2.jsonl"; } > inbox/2
    wait_for '[ -e results/2.predicted.jsonl ]'
    cmp results/2.predicted.jsonl "$data/2.want"
    cat "$data/7.jsonl" > inbox/2
    wait_for 'cmp -s results/2.predicted.jsonl "$data/7.want"'
    stop
    before=$(stat -c '%n %i %z' results/*)
    cp "$data/8.jsonl" inbox/
    start
    wait_for '[ -e results/8.jsonl.predicted.jsonl ]'
    [ "$before" = "$(stat -c '%n %i %z' results/[12]*)" ]
    stop
    [ "$(grep -c encounter said)" -eq 1 ]
}

@test "a file that is written while the watch starts is predicted when it is closed" {
    exec 7> inbox/slow
    head -n 1 "$data/2.jsonl" >&7
    start
    cp "$data/1.jsonl" inbox/other
    wait_for '[ -e results/other.predicted.jsonl ]'
    [ ! -e results/slow.predicted.jsonl ]
    tail -n +2 "$data/2.jsonl" >&7
    exec 7>&-
    wait_for '[ -e results/slow.predicted.jsonl ]'
    cmp results/slow.predicted.jsonl "$data/2.want"
}

@test "CSV with other columns, in another encoding" {
    { echo 'naam;opname;verslag;soort' && jq -r '["é", .id, .text, "x"] | join(";")' "$data/5.jsonl"; } | iconv -t WINDOWS-1252 > inbox/5.csv
    ecan-watch -m "$data/model" -o results --once --id opname --text verslag --type soort --encoding WINDOWS-1252 inbox 2> said
    cmp results/5.csv.predicted.jsonl "$data/5.want"
    run -2 ecan-watch -m "$data/model" -o results --once --encoding none inbox
    [[ $output = *"--encoding: "* ]]
    cp inbox/5.csv inbox/new.csv
    run -1 ecan-watch -m "$data/model" -o results --once --id opname --text letter inbox
    [[ $output = *"inbox/new.csv: "*"letter"* ]]
}

@test "a bad file: one message, a record of it, and the watch goes on; no text of the file in either" {
    start
    { cat "$data/2.jsonl" && printf '{"id": "x", "text": 5, "secret": "Jansen"}\n'; } > inbox/bad
    printf 'name,words\nJansen,fever\n' > inbox/bad.csv
    head -c 100 <(gzip < "$data/9.jsonl") > inbox/cut.gz
    cp "$data/3.jsonl" inbox/good
    wait_for '[ -e results/good.predicted.jsonl ]'
    [ "$(ls results | tr '\n' ' ')" = "bad.csv.error bad.error cut.gz.error good.predicted.jsonl " ]
    for name in bad bad.csv cut.gz; do
        grep -q "ecan-watch: inbox/$name: " "results/$name.error"
        [ "$(grep -cF "inbox/$name: " said)" -eq 1 ]
    done
    [ "$(stat -c %a results/bad.error)" = 600 ]
    not grep -r Jansen said results
    stop
    ecan-watch -m "$data/model" -o results --once inbox 2> said # not tried again
    [ ! -s said ]
    rm results/cut.gz.error
    run -1 ecan-watch -m "$data/model" -o results --once inbox
    [[ $output == *"cut.gz"* ]]
    cat "$data/2.jsonl" > inbox/bad # repaired
    ecan-watch -q -m "$data/model" -o results --once inbox
    [ ! -e results/bad.error ]
    cmp results/bad.predicted.jsonl "$data/2.want"
    echo '{' > inbox/bad # and broken again
    run -1 ecan-watch -q -m "$data/model" -o results --once inbox
    [ -e results/bad.error ]
    [ ! -e results/bad.predicted.jsonl ]
}

@test "a prediction that crashes is an error of its file, and nothing else" {
    start
    cp "$data/long.jsonl" inbox/.long && mv inbox/.long inbox/long
    wait_for 'child=$(ps -o pid= --ppid "$watch")'
    cp "$data/3.jsonl" inbox/good
    kill -TRAP $child # sanitizers have handlers of their own for other crashes
    wait_for '[ -e results/good.predicted.jsonl ]'
    grep -q 'inbox/long: the prediction ended by signal 5' results/long.error
    [ ! -e results/long.predicted.jsonl ]
}

@test "a prediction that was killed is tried again" {
    predict "$data/long.jsonl" > want
    cp "$data/long.jsonl" inbox/long
    ecan-watch -m "$data/model" -o results --once inbox 2> said &
    watch=$!
    wait_for 'child=$(ps -o pid= --ppid "$watch")'
    kill -KILL $child
    code=0
    wait "$watch" || code=$?
    [ "$code" -eq 1 ]
    grep -q 'inbox/long: the prediction ended by signal 9' said
    [ -z "$(ls results)" ]
    ecan-watch -q -m "$data/model" -o results --once inbox
    cmp results/long.predicted.jsonl want
}

@test "SIGTERM and SIGINT: the current file is completed, and the code is 0" {
    predict "$data/long.jsonl" > want
    for signal in TERM INT; do
        rm -rf results inbox/*
        env --default-signal=INT ecan-watch -m "$data/model" -o results inbox 2> said &
        watch=$!
        wait_for "grep -q ': watching inbox' said"
        cp "$data/long.jsonl" inbox/.long && mv inbox/.long inbox/long
        wait_for 'ps -o pid= --ppid "$watch" > /dev/null'
        cp "$data/3.jsonl" inbox/later
        kill -$signal "$watch"
        wait "$watch"
        cmp results/long.predicted.jsonl want
        [ "$(ls -A results)" = long.predicted.jsonl ]
    done
}

@test "SIGKILL at any moment: nothing is lost, incomplete or repeated" {
    cp "$data"/*.jsonl inbox/
    rm inbox/long.jsonl
    RANDOM=3
    for ((kills = 0; kills < 100; kills++)); do
        ecan-watch -q -m "$data/model" -o results --once -T 1 inbox &
        watch=$!
        sleep "$(printf '0.%03d' "$((1 + RANDOM % 4 + 4 * kills))")"
        kill -KILL "$watch" 2> /dev/null || true
        code=0
        wait "$watch" 2> /dev/null || code=$?
        for result in results/*.predicted.jsonl; do
            [ -e "$result" ] || continue
            i=${result#results/} i=${i%%.*}
            cmp "$result" "$data/$i.want"
        done
        [ ! -e before ] || diff before <(sed 's/ .*//' before | xargs stat -c '%n %i %z')
        find results -name '*.jsonl' | xargs -r stat -c '%n %i %z' > before
        [ -s before ] || rm before
        [ "$code" -ne 0 ] || break
    done
    [ "$code" -eq 0 ]
    [ "$kills" -ge 2 ]
    [ "$(find results -type f ! -name .lock | wc -l)" -eq 30 ]
}

@test "more events than the system keeps: the folder is read again" {
    start
    kill -STOP "$watch"
    python3 - << 'END'
limit = int(open("/proc/sys/fs/inotify/max_queued_events").read())
for i in range(limit // 2 + 100):
    for name in "inbox/.a", "inbox/.b": # events of one file after another would be one
        open(name, "w").close()
END
    cp "$data/3.jsonl" inbox/lost
    kill -CONT "$watch"
    wait_for '[ -e results/lost.predicted.jsonl ]'
    cmp results/lost.predicted.jsonl "$data/3.want"
}

@test "results that cannot be written are tried again; the file has no error" {
    cp "$data/30.jsonl" inbox/
    code=0
    bash -c 'trap "" XFSZ && ulimit -f 1 && exec ecan-watch -m "$data/model" -o results --once inbox' 2> said || code=$?
    [ "$code" -eq 1 ]
    grep -q '30.jsonl.predicted.jsonl: cannot write: File too large' said
    [ -z "$(ls results)" ]
    ecan-watch -q -m "$data/model" -o results --once inbox
    cmp results/30.jsonl.predicted.jsonl "$data/30.want"
}

@test "one watch for a folder of results; names that are too long; the folder disappears; wrong usage" {
    start
    run -1 ecan-watch -m "$data/model" -o results --once inbox
    [[ $output == *"results: process $watch on "*" is writing to this folder"* ]]
    long=$(printf 'x%.0s' $(seq 245))
    cp "$data/1.jsonl" "inbox/$long"
    cp "$data/1.jsonl" inbox/short
    wait_for '[ -e results/short.predicted.jsonl ]'
    grep -q 'the name is too long' said
    rm -r inbox
    code=0
    wait "$watch" || code=$?
    [ "$code" -eq 1 ]
    grep -q 'inbox: the folder was moved or deleted' said
    run -1 ecan-watch -m "$data/model" -o results inbox
    [[ $output == *"inbox: No such file or directory"* ]]
    mkdir inbox
    run -1 ecan-watch -m "$data/model" -o inbox/ inbox
    [[ $output == *"expected another folder for the results"* ]]
    for wrong in "-m $data/model inbox" "-o results inbox" "-m $data/model -o results" "-m $data/model -o results inbox inbox"; do
        # shellcheck disable=SC2086
        run -2 ecan-watch $wrong
    done
}
