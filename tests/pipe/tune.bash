# SPDX-License-Identifier: Apache-2.0
# Shared by the tests of pipelines/tune.sh: load tune
# shellcheck shell=bash

setup_file() {
    bin=$(dirname "$(command -v ecan-tokenize)")
    export ECAN_BIN=$bin bin
    export pipelines="$BATS_TEST_DIRNAME/../../pipelines"
    export data="$BATS_FILE_TMPDIR/made-up" out="$BATS_FILE_TMPDIR/out" space="$BATS_FILE_TMPDIR/space"
    export table="$BATS_FILE_TMPDIR/table" said="$BATS_FILE_TMPDIR/said"
    "$bin/../examples/make-encounters" --train 50 --dev 20 --test 1 -o "$data"
    mv "$data/test.jsonl" "$BATS_FILE_TMPDIR" # a search does without
    cat >"$space" <<'END'
--learning-rate  log 1e-3 0.05   # Adam's
$blocks          choice 1 2
--channels       choice 4 8 x $blocks
--kernels        integer 2 5 x $blocks
--focal          flag
W2V --size       choice 4 8
END
    if [ -n "$searched" ]; then search "$space" "$out" >"$table" 2>"$said"; fi
}

setup() {
    load ../helper
    cd "$BATS_TEST_TMPDIR" || return 1
}

# search SPACE OUT: eight configurations, 8 x 1 and 4 x 2 epochs, then two of them and the defaults with two seeds.
search() {
    env N="${N:-8}" EPOCHS=1 ETA=2 RUNGS="${RUNGS:-2}" FINALISTS=2 SEEDS='1 2' JOBS=2 W2V='--iter 1 --size 4' \
        "$pipelines/tune.sh" "$1" "$data" "$2" --channels 4 --kernels 3 --epochs 3 --patience 2
}

# draw SEED N [SPACE]: C, number, TOKENIZE, W2V, TEXT, options and values of each configuration, | between.
draw() {
    awk -v seed="$1" -v n="$2" -f "$pipelines/tune/draw.awk" "${3:-$space}" | grep '^C' | tr '\037\036' '| '
}

# mattered TABLE: what mattered of it, drawn from the space `drawn`.
mattered() {
    awk -f "$pipelines/tune/mattered.awk" -v points=points FS='\037' drawn FS='\t' "$1"
}

# timeless TABLE: without the minutes and the name of the folder.
timeless() {
    sed -E 's/^((\| [^|]* ){4})\| [0-9.]* /\1/; s|[^ ]*/run-|run-|' "$1"
}

# rungs OUT: the column of its table.
rungs() {
    cut -f 2 "$1/tune.tsv" | tail -n +2 | tr '\n' ' '
}
