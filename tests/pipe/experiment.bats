# SPDX-License-Identifier: Apache-2.0
# pipelines/experiment.sh: rows, seeds, shared results, the table. The models are too small to learn anything.

setup_file() {
    bin=$(dirname "$(command -v ecan-tokenize)")
    export ECAN_BIN=$bin
    export pipelines="$BATS_TEST_DIRNAME/../../pipelines"
    export data="$BATS_FILE_TMPDIR/made-up" out="$BATS_FILE_TMPDIR/out" rows="$BATS_FILE_TMPDIR/rows"
    "$bin/../examples/make-encounters" --train 60 --dev 10 --test 12 -o "$data"
    cat >"$rows" <<'END'
# Which of them?
plain	
smaller vectors	W2V='--size 4 --iter 1'
numbers kept, no focal loss	TOKENIZE='--numbers keep' --no-focal
the same as the first	
END
    experiment 1 2 >"$BATS_FILE_TMPDIR/table"
}

# experiment SEED...
experiment() {
    SEEDS="$*" W2V='--size 8 --iter 1' "$pipelines/experiment.sh" "$rows" "$data" "$out" \
        --channels 8 --kernels 3 --epochs 2
}

@test "a row for each setting, a cell for each metric, in the order of the file" {
    run grep '^| [a-z]' "$BATS_FILE_TMPDIR/table"
    [ "${#lines[@]}" -eq 8 ]
    [[ ${lines[0]} == '| plain |'* && ${lines[2]} == '| numbers kept, no focal loss |'* && ${lines[4]} == '| plain |'* ]]
    for line in "${lines[@]:0:4}"; do
        [ "$(tr -cd '|' <<<"$line" | wc -c)" -eq 10 ]
        [ "$(grep -o '[0-9]*\.[0-9][0-9][0-9] ± [0-9]*\.[0-9][0-9][0-9]' <<<"$line" | wc -l)" -eq 8 ]
    done
    grep -qx 'Which of them?' "$BATS_FILE_TMPDIR/table"
}

@test "the cells are mean and standard deviation over the seeds" {
    for dir in "$out"/run-*-1; do
        a=$(jq .macro.auc "$dir/metrics-test.json") b=$(jq .macro.auc "${dir%1}2/metrics-test.json")
        cell=$(awk -v a="$a" -v b="$b" 'BEGIN { d = (a - b) / sqrt(2); if (d < 0) d = -d; printf "%.3f ± %.3f", (a + b) / 2, d }')
        grep -qF "| ${cell//0./.} |" "$BATS_FILE_TMPDIR/table" || { echo "$cell"; cat "$BATS_FILE_TMPDIR/table"; false; }
    done
}

@test "by training frequency of a label: the metrics of ecan-metrics" {
    [ "$(grep -c '^| plain |' "$BATS_FILE_TMPDIR/table")" -eq 2 ]
    run sed -n '/^Micro-F1 by number/,$s/^| plain | \([^|]*\) |.*/\1/p' "$BATS_FILE_TMPDIR/table"
    for dir in "$out"/run-*-1; do
        ecan-metrics --json --no-auc --train "$(ls "$out"/words-*/train.mp | head -n 1)" "$dir/test.scored" |
            jq -e --slurpfile there "$dir/frequency-test.json" '.by_frequency | length == ($there[0].by_frequency | length)' >/dev/null
    done
    [[ $output =~ ^[0-9]*\.[0-9]{3}\ ±\ [0-9]*\.[0-9]{3}$ ]]
}

@test "rows that set the same share words, vectors and runs" {
    [ "$(find "$out" -maxdepth 1 -name 'run-*-1' | wc -l)" -eq 3 ]
    [ "$(find "$out" -maxdepth 1 -name 'words-*' | wc -l)" -eq 2 ]
    [ "$(find "$out" -name 'vectors-*.bin' | wc -l)" -eq 6 ]
}

@test "a second time nothing is made, and another seed adds its runs only" {
    local before
    before=$(cd "$out" && find . -name '*.safetensors' -printf '%p %T@\n' | sort)
    experiment 1 2 >"$BATS_TEST_TMPDIR/again"
    cmp "$BATS_TEST_TMPDIR/again" "$BATS_FILE_TMPDIR/table"
    experiment 3 >/dev/null
    [ "$(find "$out" -maxdepth 1 -name 'run-*-3' | wc -l)" -eq 3 ]
    [ "$before" = "$(cd "$out" && find . -name '*.safetensors' -not -path '*-3/*' -printf '%p %T@\n' | sort)" ]
}

@test "a run that fails is named, and there is no table" {
    printf 'bad\t--no-such-option\n' >"$BATS_TEST_TMPDIR/bad"
    run "$pipelines/experiment.sh" "$BATS_TEST_TMPDIR/bad" "$data" "$BATS_TEST_TMPDIR/out"
    [ "$status" -eq 1 ]
    [[ $output == *'a run failed: '*'no-such-option'*'run-'*'.log'* && $output != *'| bad |'* ]]
    grep -q 'no-such-option' "$BATS_TEST_TMPDIR"/out/run-*.log
}

@test "an experiment that is not there is a failure" {
    run "$pipelines/experiment.sh" no-such "$data" "$BATS_TEST_TMPDIR/out"
    [ "$status" -eq 1 ]
    [[ $output == *'no-such: neither a file nor an experiment'* ]]
}

@test "the experiments that come with the pipelines can be read" {
    for file in "$pipelines"/experiments/*; do
        head -n 1 "$file" | grep -q '^# .*'
        ! grep -v '^#' "$file" | grep -vP '^[^\t]+\t[^\t]*$'
    done
}
