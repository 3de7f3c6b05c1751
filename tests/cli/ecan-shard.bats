#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Shards of a stream: processed one by one and joined, the result is that of a single process.
bats_require_minimum_version 1.5.0

load ../helper

setup_file() {
    export data=$BATS_FILE_TMPDIR
    cd "$data" || return 1
    write_corpus
    train model --epochs 1 --no-focal
    train other --epochs 1 --no-focal --seed 2
    corpus 23 p | ecan-tokenize -q > tokens.mp
    ecan-predict -q -m model tokens.mp > whole.mp
    ecan-shard --number 3 -o shards tokens.mp
    for i in 1 2 3; do ecan-predict -q -m model -o scored-$i.mp shards/$i.mp; done
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
}

# refused MESSAGE FILE...: is not joined.
refused() {
    local message=$1
    shift
    run -1 ecan-shard --join -o no "$@"
    [[ $output == *"$message"* ]] || { echo "$output"; false; }
    [ ! -e no ]
}

@test "each shard is a stream; joined they are the stream, for any number; the records are consecutive" {
    for n in 1 2 3 7 23 40; do
        ecan-shard --number $n -o shards-$n < "$data/tokens.mp"
        [ "$(ls shards-$n | wc -l)" = $n ]
        ecan-check shards-$n/*
        [ "$(stat -c %a shards-$n/1.mp)" = 600 ]
        ecan-shard --join shards-$n/* | cmp - "$data/tokens.mp"
        for i in $(seq $n); do ecan-show --records --key id shards-$n/$i.mp; done | cmp - <(ecan-show --records --key id "$data/tokens.mp")
    done
    # about equally many bytes
    [ "$(ecan-show --records --key id shards-2/1.mp | wc -l)" -ge 10 ]
    [ "$(ecan-show --records --key id shards-2/2.mp | wc -l)" -ge 10 ]
}

@test "predicted and joined in any order: the bytes of a single process; also through a pipe of stages" {
    ecan-shard --join -o joined "$data"/scored-{3,1,2}.mp
    cmp joined "$data/whole.mp"
    [ "$(stat -c %a joined)" = 600 ]
    for i in 1 2 3; do
        ecan-embed -q -m "$data/model" "$data/shards/$i.mp" | ecan-encode -q -m "$data/model" | ecan-attend -q -m "$data/model" > part-$i
    done
    ecan-embed -q -m "$data/model" "$data/tokens.mp" | ecan-encode -q -m "$data/model" | ecan-attend -q -m "$data/model" > whole
    ecan-shard --join part-* | cmp - whole
}

@test "streams of several segments, with empty ones; streams without records" {
    : | ecan-tokenize -q > empty.mp
    ecan-terms -q --train "$data/train.mp" --dev "$data/dev.mp" -m "$data/model" --threads 1 -o terms 2> messages
    corpus 5 q | ecan-tokenize -q | ecan-match -q -m terms > second.mp # another header
    for stream in 'a' 'a a' 'e a' 'a e' 'a e b' 'e' 'e e' 'b a e e a' 'a b e'; do
        files=()
        for name in $stream; do
            case $name in
            a) files+=("a${#files[@]}") && corpus 4 "x${#files[@]}" | ecan-tokenize -q > "${files[-1]}" ;;
            b) files+=(second.mp) ;;
            e) files+=(empty.mp) ;;
            esac
        done
        cat "${files[@]}" > stream
        ecan-linear -q --train "$data/train.mp" --min-docs 1 --save -o linear
        ecan-linear -q -m linear stream > want
        for n in 1 2 3 9; do
            rm -rf shards
            ecan-shard --number $n -o shards stream
            ecan-check shards/*
            mkdir -p scored
            rm -f scored/*
            for i in $(seq $n); do ecan-linear -q -m linear -o scored/$i "shards/$i.mp"; done
            ecan-shard --join -o got scored/*
            cmp got want || { echo "stream $stream, $n shards"; false; }
        done
    done
}

@test "shards that are missing, duplicated, truncated, of another stream or another model" {
    cd "$data"
    refused "shard 2 of 3 is missing" scored-1.mp scored-3.mp
    refused "shard 3 of 3 is missing" scored-1.mp scored-2.mp
    refused "shard 1 of 3 is missing" scored-2.mp scored-3.mp
    refused "both are shard 2 of 3" scored-{1,2,2,3}.mp
    cp scored-2.mp copy.mp
    refused "both are shard 2 of 3" scored-{1,2,3}.mp copy.mp
    head -c -4 scored-2.mp > cut.mp
    refused "cut.mp: truncated" scored-1.mp cut.mp scored-3.mp
    head -c 10 scored-2.mp > cut.mp
    refused "cut.mp: " scored-1.mp cut.mp scored-3.mp
    : > cut.mp
    refused "cut.mp: " scored-1.mp cut.mp scored-3.mp
    ecan-predict -q -m other -o other-2.mp shards/2.mp
    refused "made by different programs, versions or models" scored-1.mp other-2.mp scored-3.mp
    ecan-predict -q -m model -t 0.1 -o low-2.mp shards/2.mp
    refused "their headers differ" scored-1.mp low-2.mp scored-3.mp
    refused "expected" scored-1.mp shards/2.mp scored-3.mp
    ecan-predict -q -m model -o low-2.mp <(cat shards/1.mp shards/2.mp)
    refused "shard 2, segment 1 after shard 2, segment 1" scored-1.mp low-2.mp scored-3.mp || refused "" scored-1.mp low-2.mp scored-3.mp
    corpus 22 p | ecan-tokenize -q | ecan-shard --number 3 -o fewer
    ecan-predict -q -m model -o fewer-2.mp fewer/2.mp
    refused "shards of different streams" scored-1.mp fewer-2.mp scored-3.mp
    rm -rf two && ecan-shard --number 2 -o two tokens.mp
    ecan-predict -q -m model -o two-2.mp two/2.mp
    refused "of different divisions of a stream" scored-1.mp two-2.mp scored-3.mp
    refused "whole.mp: not a shard" whole.mp
    refused "nowhere" scored-1.mp nowhere
}

@test "a shard that is divided again, bad input, folders that have files, wrong usage" {
    run -1 ecan-shard --number 2 -o no "$data/shards/1.mp"
    [[ $output == *"the stream is a shard already"* ]]
    head -c 2000 "$data/tokens.mp" > cut.mp
    run -1 ecan-shard --number 2 -o no cut.mp
    [[ $output == *"cut.mp: truncated"* ]]
    [ ! -e no ]
    mkdir full
    echo x > full/file
    run -1 ecan-shard --number 2 -o full "$data/tokens.mp"
    [[ $output == *"full: exists and is not empty"* ]]
    [ "$(ls full)" = file ]
    mkdir empty
    ecan-shard --number 2 -o empty "$data/tokens.mp"
    ecan-check empty/*
    for wrong in "" "--number 2" "--join" "--join --number 2 -o x a" "--number 0 -o x" "--number 10001 -o x" "--join -"; do
        # shellcheck disable=SC2086
        run -2 ecan-shard $wrong
    done
}
