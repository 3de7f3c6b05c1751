#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Outputs of every program: never over an input, complete or not at all, with the mode that notes need.
bats_require_minimum_version 1.5.0
load ../helper

setup_file() {
    export data=$BATS_FILE_TMPDIR
    cd "$data" || return 1
    write_streams
    ecan-explain -q -m model --format mdace scored.mp > mdace.jsonl
}

setup() {
    cp -r "$data"/* "$BATS_TEST_TMPDIR"
    cd "$BATS_TEST_TMPDIR" || return 1
}

# Only the copied files exist: no temporary file.
no_litter() {
    [ -z "$(find . -name '.ecan-*')" ] || { find . -name '.ecan-*'; return 1; }
}

# kept FILE COMMAND...: it fails with a message, and FILE is unchanged.
kept() {
    local file=$1 before
    shift
    before=$(md5sum < "$file")
    run "$@" < "${input:-/dev/null}"
    [ "$status" -ne 0 ] && [[ $output == *"the output is also an input"* ]] && [ "$(md5sum < "$file")" = "$before" ] ||
        { echo "$* : exit $status: $output"; return 1; }
}

@test "no option of any program writes over an input" {
    while read -r file command; do
        # shellcheck disable=SC2086
        kept "$file" $command
    done << 'END'
encounters.jsonl ecan-tokenize -q -o encounters.jsonl encounters.jsonl
tokens.mp ecan-w2v -q --min-count 1 -o tokens.mp tokens.mp
tokens.mp ecan-w2v -q --min-count 1 --save-vocab tokens.mp -o v tokens.mp
vectors.bin ecan-w2v -q --min-count 1 --init vectors.bin -o vectors.bin tokens.mp
tokens.mp ecan-embed -q -m model -o tokens.mp tokens.mp
vectors.bin ecan-embed -q --vectors vectors.bin -o vectors.bin tokens.mp
embedded.mp ecan-encode -q -m model -o embedded.mp embedded.mp
encoded.mp ecan-attend -q -m model -o encoded.mp encoded.mp
attended.mp ecan-score -q -m model -o attended.mp attended.mp
tokens.mp ecan-predict -q -m model -o tokens.mp tokens.mp
thresholds.tsv ecan-predict -q -m model --thresholds thresholds.tsv -o thresholds.tsv tokens.mp
tokens.mp ecan-linear -q --min-docs 1 --train train.mp -o tokens.mp tokens.mp
train.mp ecan-linear -q --min-docs 1 --train train.mp -o train.mp tokens.mp
scored.mp ecan-average -q -o scored.mp scored.mp
thresholds.tsv ecan-average -q --thresholds thresholds.tsv -o thresholds.tsv scored.mp
predictions.csv ecan-import -q --gold tokens.mp -o predictions.csv predictions.csv
tokens.mp ecan-import -q --gold tokens.mp -o tokens.mp predictions.csv
scored.mp ecan-metrics -o scored.mp scored.mp
scored.mp ecan-metrics --per-label scored.mp scored.mp
scored.mp ecan-metrics --curve scored.mp scored.mp
scored.mp ecan-metrics --reliability scored.mp scored.mp
scored.mp ecan-metrics --label-thresholds scored.mp scored.mp
tokens.mp ecan-metrics --train tokens.mp -o tokens.mp scored.mp
scored.mp ecan-compare --resamples 3 --shuffles 3 -o scored.mp scored.mp scored.mp
scored.mp ecan-explain -q -m model -o scored.mp scored.mp
scored.mp ecan-explain -q -m model --html scored.mp -o lines scored.mp
mdace.jsonl ecan-evidence --gold mdace.jsonl -o mdace.jsonl mdace.jsonl
mdace.jsonl ecan-evidence --gold mdace.jsonl --per-code mdace.jsonl mdace.jsonl
scored.mp ecan-evidence --gold mdace.jsonl --words scored.mp -o scored.mp mdace.jsonl
encoded.mp ecan-show -o encoded.mp encoded.mp
encoded.mp ecan-show --image encoded.mp encoded.mp
END
    no_litter
}

@test "an input by another name: a hard link, a symbolic link, standard input, standard output" {
    ln tokens.mp hard.mp
    ln -s tokens.mp soft.mp
    kept tokens.mp ecan-show -o hard.mp tokens.mp
    kept tokens.mp ecan-show -o soft.mp tokens.mp
    kept tokens.mp ecan-predict -q -m model -o tokens.mp hard.mp
    input=encounters.jsonl kept encounters.jsonl ecan-tokenize -q -o encounters.jsonl
    input=encounters.jsonl kept encounters.jsonl ecan-tokenize -q -o encounters.jsonl -
    input=tokens.mp kept tokens.mp ecan-predict -q -m model -o hard.mp
    kept tokens.mp bash -c 'ecan-show tokens.mp >> tokens.mp'
    kept tokens.mp bash -c 'ecan-predict -m model -q < tokens.mp >> tokens.mp'
    # the second of two files, which is opened later
    cp tokens.mp other.mp
    kept tokens.mp ecan-show -o tokens.mp other.mp tokens.mp
    kept encounters.jsonl ecan-tokenize -q -o encounters.jsonl /dev/null encounters.jsonl
    no_litter
}

@test "every file of a model that is used is an input" {
    for file in config.json model.safetensors vocab.txt labels.tsv; do
        kept "model/$file" ecan-predict -q -m model -o "model/$file" tokens.mp
        kept "model/$file" ecan-tokenize -q -m model -o "model/$file" encounters.jsonl
        kept "model/$file" ecan-explain -q -m model -o "model/$file" scored.mp
        kept "model/$file" ecan-explain -q -m model --html "model/$file" -o x scored.mp
        kept "model/$file" ecan-show -o "model/$file" model
        kept "model/$file" ecan-metrics --tune model -o "model/$file" scored.mp
    done
    ecan-check model
}

@test "two outputs to one file are an error" {
    run -1 ecan-metrics -o x --per-label ./x scored.mp
    [[ $output == *"./x: two outputs go to the same file" ]]
    run -1 ecan-metrics -o y --per-label y scored.mp
    [[ $output == *"y: two outputs go to the same file" ]]
    [ ! -e y ]
    run -1 ecan-explain -m model -o y --html y scored.mp
    [[ $output == *"y: two outputs go to the same file" ]]
}

# A run that fails does not make x, and does not change an existing x.
not_made() {
    rm -f x
    run "$@"
    [ "$status" -eq 1 ] && [ ! -e x ] || { echo "$*: exit $status: $output"; return 1; }
    echo before > x
    run "$@"
    [ "$status" -eq 1 ] && [ "$(cat x)" = before ] || { echo "$*: exit $status: $output"; return 1; }
    no_litter
}

@test "a run that fails makes no file, and leaves the one that exists" {
    for file in tokens embedded encoded attended scored; do
        head -c -9 $file.mp > cut-$file.mp
    done
    { cat encounters.jsonl; echo '{'; } > bad.jsonl
    { cat predictions.csv; echo 1; } > bad.csv
    { cat mdace.jsonl; echo '{'; } > bad-mdace.jsonl
    not_made ecan-tokenize -q -o x bad.jsonl
    not_made ecan-embed -q -m model -o x cut-tokens.mp
    not_made ecan-encode -q -m model -o x cut-embedded.mp
    not_made ecan-attend -q -m model -o x cut-encoded.mp
    not_made ecan-score -q -m model -o x cut-attended.mp
    not_made ecan-predict -q -m model -o x cut-tokens.mp
    not_made ecan-linear -q --min-docs 1 --train train.mp -o x cut-tokens.mp
    not_made ecan-average -q -o x cut-scored.mp
    not_made ecan-import -q --gold tokens.mp -o x bad.csv
    not_made ecan-metrics -o x cut-scored.mp
    not_made ecan-compare -o x cut-scored.mp
    not_made ecan-explain -q -m model -o x cut-scored.mp
    not_made ecan-explain -q -m model --html x -o lines cut-scored.mp
    not_made ecan-evidence --gold mdace.jsonl -o x bad-mdace.jsonl
    not_made ecan-show -o x cut-tokens.mp
    not_made ecan-show -o x --id none tokens.mp
    not_made ecan-show -o x tokens.mp nowhere.mp
    not_made ecan-w2v -q --min-count 1 -o x cut-tokens.mp
}

@test "with --skip-bad the file has the rest, and the exit status is 1" {
    { cat encounters.jsonl; echo '{'; } > bad.jsonl
    run -1 ecan-tokenize -q --skip-bad -o x bad.jsonl
    cmp x tokens.mp
}

@test "a full disk: no file, and no temporary one" {
    need_fault
    local command
    while read -r command; do
        # shellcheck disable=SC2086
        not_made env FAULT=write:1+ LD_PRELOAD="$ECAN_BUILD/tests/fault.so" $command
    done << 'END'
ecan-tokenize -q -o x encounters.jsonl
ecan-predict -q -m model -o x tokens.mp
ecan-show -o x encoded.mp
ecan-explain -q -m model -o x scored.mp
ecan-metrics -o x scored.mp
ecan-w2v -q --min-count 1 -o x tokens.mp
ecan-show --key H --image x encoded.mp
END
}

@test "a program that is killed leaves no file" {
    mkfifo pipe
    for command in "ecan-tokenize -q" "ecan-predict -q -m model" "ecan-show" "ecan-metrics"; do
        case $command in *tokenize*) input=encounters.jsonl ;; *metrics*) input=scored.mp ;; *) input=tokens.mp ;; esac
        for signal in KILL INT TERM; do
            rm -f x
            # shellcheck disable=SC2086
            bash -c 'trap - INT; exec "$@"' - $command -o x - < pipe 2> /dev/null &
            exec 9> pipe
            head -c -5 $input >&9
            sleep 0.1
            kill -$signal $!
            exec 9>&-
            wait $! || true
            [ ! -e x ] || { echo "$command: $signal"; return 1; }
        done
    done
    if [ "$(stat -f -c %T .)" = tmpfs ]; then no_litter; fi # a file system with files that have no name
}

mode() { stat -c %a "$1"; }

@test "only the owner can read outputs with notes; an existing file keeps its mode, its links and its place" {
    umask 022
    ecan-predict -q -m model -o a tokens.mp
    ecan-show -o b tokens.mp
    ecan-explain -q -m model -o c --html d scored.mp
    ecan-metrics -o e scored.mp
    [ "$(mode a) $(mode b) $(mode c) $(mode d) $(mode e)" = "600 600 600 600 644" ]
    chmod 640 a
    ecan-predict -q -m model -o a tokens.mp
    [ "$(mode a)" = 640 ]
    mkdir elsewhere
    ln -s elsewhere/real link
    ecan-show -o link tokens.mp
    [ -L link ] && cmp elsewhere/real b
    ecan-show -o link tokens.mp
    [ -L link ] && cmp elsewhere/real b
    ln -s loop loop
    run -1 ecan-show -o loop tokens.mp
    run -1 ecan-show -o elsewhere tokens.mp
    [[ $output == *"elsewhere: cannot write: Is a directory" ]]
    [ "$(id -u)" -eq 0 ] || {
        chmod 444 b
        run -1 ecan-show -o b tokens.mp
        [[ $output == *"b: cannot write: Permission denied" ]]
    }
    no_litter
}

@test "devices, pipes and descriptors are written directly" {
    mkfifo pipe
    ecan-show -o pipe tokens.mp &
    cat pipe > a
    wait $!
    ecan-show -o /dev/stdout tokens.mp > b
    ecan-show tokens.mp > c
    ecan-show -o /dev/fd/5 tokens.mp 5> d
    ecan-predict -q -m model -o /dev/stdout tokens.mp | cmp - <(ecan-predict -q -m model tokens.mp)
    cmp a c
    cmp b c
    cmp d c
    [ -p pipe ]
    run -1 ecan-show -o /dev/full tokens.mp
    echo "$output"
    [[ $output == *"/dev/full: cannot write: No space left on device" ]]
    [ -c /dev/full ]
    run -1 ecan-show -o /dev/null --key H --image /dev/full encoded.mp
    [ -c /dev/full ]
}

@test "--image: if a picture cannot be written, an existing file is unchanged" {
    echo before > picture.png
    run -1 ecan-show -o /dev/null --image picture.png encounters.jsonl
    [ "$(cat picture.png)" = before ]
    mkdir folder.png
    run -1 ecan-show -o /dev/null --key H --image folder.png encoded.mp
    [ -d folder.png ]
    no_litter
}

@test "with closed descriptors no message goes into an output" {
    { cat encounters.jsonl; echo '{'; } > bad.jsonl
    ecan-tokenize --skip-bad -o x bad.jsonl 2>&- || [ $? -eq 1 ]
    cmp x tokens.mp
    ecan-tokenize --skip-bad -o x bad.jsonl <&- >&- 2>&- || [ $? -eq 1 ]
    cmp x tokens.mp
    # a closed descriptor that is needed is an error
    run -1 bash -c 'ecan-tokenize -q encounters.jsonl >&-'
    echo "$output"
    [[ $output == *"standard output: cannot write: Bad file descriptor" ]]
    run -1 bash -c 'ecan-show tokens.mp >&-'
    [[ $output == *"standard output: cannot write: Bad file descriptor" ]]
    run -1 bash -c 'ecan-show <&-'
}
