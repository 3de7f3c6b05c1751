# SPDX-License-Identifier: Apache-2.0
# pipelines/ensemble.sh: models, their averages and combinations, the table. The models are too small to learn anything.

setup_file() {
    bin=$(dirname "$(command -v ecan-tokenize)")
    export ECAN_BIN=$bin
    export pipelines="$BATS_TEST_DIRNAME/../../pipelines"
    export data="$BATS_FILE_TMPDIR/made-up" out="$BATS_FILE_TMPDIR/50% out"
    "$bin/../examples/make-encounters" --train 60 --dev 10 --test 12 -o "$data"
    ensemble 2 >"$BATS_FILE_TMPDIR/table" 2>"$BATS_FILE_TMPDIR/said"
}

# A training of the ensemble says what it does not read, and what is probably a mistake.
@test "what the trainings do not read, and their warnings, are reported once" {
    mkdir "$BATS_TEST_TMPDIR/data"
    cp "$data"/*.jsonl "$BATS_TEST_TMPDIR/data"
    head -n 2 "$data/train.jsonl" | sed 's/"id": *"/&again-/' >>"$BATS_TEST_TMPDIR/data/dev.jsonl"
    data=$BATS_TEST_TMPDIR/data out=$BATS_TEST_TMPDIR/out LINEAR=no ensemble 2 --max-words 20 >"$BATS_TEST_TMPDIR/table" 2>"$BATS_TEST_TMPDIR/said" || true
    cat "$BATS_TEST_TMPDIR/said"
    [ "$(grep -c ' dev encounters are also in train' "$BATS_TEST_TMPDIR/said")" -eq 1 ]
    [ "$(grep -c ': train: 60 of 60 encounters: [0-9]* words not read$' "$BATS_TEST_TMPDIR/said")" -eq 1 ]
}

# ensemble N [option...]
ensemble() {
    W2V='--size 8 --iter 1' "$pipelines/ensemble.sh" "$data" "$out" "$1" --channels 8 --kernels 3 --epochs 2 --no-focal "${@:2}"
}

# row NAME DEV TEST: the expected row of the table for these scored streams.
row() {
    ecan-metrics --json --threshold 0.5 "$3" >"$BATS_TEST_TMPDIR/half"
    best=$(ecan-metrics --json --best-threshold "$2" | jq .best_threshold)
    ecan-metrics --json --threshold "$best" "$3" >"$BATS_TEST_TMPDIR/best"
    jq -rs '[.[0].micro.f1, .[0].macro.f1_of_means, .[1].threshold, .[1].micro.f1, .[1].macro.f1_of_means, .[0].at["5"].precision,
        .[0].map] | @tsv' "$BATS_TEST_TMPDIR/half" "$BATS_TEST_TMPDIR/best" |
        awk -v name="$1" '{ printf "| %s |", name; for (i = 1; i <= 7; i++) printf " %.3f |", $i; print "" }'
}

@test "a row for each model, their average, the linear model, and all, with the metrics that ecan-metrics gives" {
    cd "$BATS_TEST_TMPDIR"
    for split in train dev test; do ecan-tokenize -q <"$data/$split.jsonl" >$split.mp; done
    lambda=$(for l in 0.1 0.03 0.3; do
        printf '%s %s\n' "$(ecan-linear -q --lambda $l --train train.mp dev.mp | ecan-metrics --json --best-threshold | jq .best_micro_f1)" $l
    done | sort -s -k1,1gr | head -n 1 | cut -d' ' -f2)
    for split in dev test; do
        ecan-average -q "$out/1/$split.scored" "$out/2/$split.scored" >average.$split
        ecan-linear -q --lambda "$lambda" --train train.mp $split.mp >linear.$split
    done
    ecan-average -q --fit "$out/1/dev.scored" "$out/2/dev.scored" linear.dev >combination.json
    for split in dev test; do
        ecan-average -q --combination combination.json "$out/1/$split.scored" "$out/2/$split.scored" linear.$split >all.$split
    done
    row average average.dev average.test >wanted
    row "linear (lambda $lambda)" linear.dev linear.test >>wanted
    row "all, combined" all.dev all.test >>wanted
    [ "$(grep -c '^| [1-9]' "$BATS_FILE_TMPDIR/table")" -eq 2 ]
    tail -n 3 "$BATS_FILE_TMPDIR/table" | diff - wanted
    best=$(ecan-metrics --json --best-threshold average.dev | jq .best_threshold)
    ecan-show "$out/test.scored" | head -n 1 | jq -e --argjson best "$best" '(.threshold - $best | fabs) < 1e-6 and (.average.members | map(.model) | unique | length == 2)'
}

@test "predict.sh and explain.sh with the folder: the scores of the combination, the evidence of the first model" {
    cd "$BATS_TEST_TMPDIR"
    "$pipelines/predict.sh" "$out" "$data/test.jsonl" >a
    ecan-show --records --key predicted "$out/all/test.scored" | cmp - a
    mv "$out/ensemble" moved # without the run, from a pipe, with options
    gzip <"$data/test.jsonl" | "$pipelines/predict.sh" moved | cmp - a
    "$pipelines/predict.sh" moved --threshold 0.01 -o b "$data/test.jsonl"
    ecan-average -q --combination "$out/all/combination.json" --threshold 0.01 "$out"/{1,2,linear}/test.scored |
        ecan-show --records --key predicted | cmp - b
    run "$pipelines/predict.sh" "$out" "$data/test.jsonl"
    [ "$status" -eq 1 ]
    [[ $output == *'is neither a model nor an ensemble: it has no model yet'* ]]
    run "$pipelines/predict.sh" "$out/all" "$data/test.jsonl"
    [ "$status" -eq 1 ]
    [[ $output == *'is neither a model nor an ensemble: expected a model folder'* ]]
    mv moved "$out/ensemble"
    ecan-check "$out/ensemble"
    "$pipelines/explain.sh" "$out/" <"$data/test.jsonl" >b
    ecan-explain -m "$out/1/model" "$out/all/test.scored" | cmp - b
    grep -q '"evidence": \[{' b
}

@test "the folder as the only argument: the settings are those of the first time" {
    "$pipelines/ensemble.sh" "$out" 2>"$BATS_TEST_TMPDIR/said" | cmp - "$BATS_FILE_TMPDIR/table"
    [ -z "$(grep -v 'up to date$' "$BATS_TEST_TMPDIR/said")" ]
}

@test "the models are of other seeds and vectors, and share the words" {
    for name in model/model.safetensors vectors.bin dev.scored; do
        ! cmp -s "$out/1/$name" "$out/2/$name" || { echo "$name"; false; }
    done
    [ ! -e "$out/1/train.mp" ] && [ -e "$out/train.mp" ]
    ecan-check "$out"/*.scored "$out"/*/*.scored
    [ -e "$out/linear/test.scored" ] && [ -e "$out/all/test.scored" ]
    jq -e '.members | length == 3 and all(.model | length == 32)' "$out/all/combination.json"
}

@test "a second time nothing is made; one more model is one more, and another mean another" {
    before=$(find "$out"/[12] -name '*.safetensors' -printf '%p %T@\n' | sort)
    ensemble 2 >"$BATS_TEST_TMPDIR/table" 2>"$BATS_TEST_TMPDIR/said"
    cmp "$BATS_TEST_TMPDIR/table" "$BATS_FILE_TMPDIR/table"
    [ "$(grep -vc 'up to date' "$BATS_TEST_TMPDIR/said")" -eq 0 ]
    ensemble 3 >"$BATS_TEST_TMPDIR/table" 2>/dev/null
    [ "$(grep -c '^| [1-9]' "$BATS_TEST_TMPDIR/table")" -eq 3 ]
    [ "$before" = "$(find "$out"/[12] -name '*.safetensors' -printf '%p %T@\n' | sort)" ]
    AVERAGE='--by logit' LINEAR=no ensemble 3 >"$BATS_TEST_TMPDIR/table" 2>/dev/null
    [[ "$(tail -n 1 "$BATS_TEST_TMPDIR/table")" == '| average |'* ]]
    ecan-show "$out/test.scored" | head -n 1 | jq -e '.average.by == "logit" and (.average.members | length == 3)'
    "$pipelines/predict.sh" "$out" "$data/test.jsonl" >"$BATS_TEST_TMPDIR/predicted"
    ecan-show -r -k predicted "$out/test.scored" | cmp - "$BATS_TEST_TMPDIR/predicted"
    [ ! -e "$out/ensemble/4" ]
}

@test "a model that fails is named, and there is no table; wrong usage" {
    cp -r "$data" "$BATS_TEST_TMPDIR/data"
    echo '{' >"$BATS_TEST_TMPDIR/data/dev.jsonl"
    data=$BATS_TEST_TMPDIR/data out=$BATS_TEST_TMPDIR/out run ensemble 2
    [ "$status" -eq 1 ]
    [[ $output == *'the training of a model failed'* && $output != *'| average |'* ]]
    run ensemble 2 --no-such-option
    [ "$status" -eq 2 ]
    [[ $output == *"unknown option '--no-such-option'"* ]]
    for n in '' 0 x -1; do
        run "$pipelines/ensemble.sh" "$data" "$out" $n
        [ "$status" -eq 2 ] && [[ $output == *'expected DATA OUT N'* ]]
    done
}
