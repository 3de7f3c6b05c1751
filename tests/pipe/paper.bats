#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# pipelines/paper.sh: from made-up files in the layout of their publishers to the tables of the paper. The networks are too small
# to learn anything.
load ../helper

setup_file() {
    bin=$(dirname "$(command -v ecan-tokenize)")
    export ECAN_BIN=$bin pipelines="$BATS_TEST_DIRNAME/../../pipelines" data="$BATS_FILE_TMPDIR/data" out="$BATS_FILE_TMPDIR/out"
    export SEEDS='1 2' TRY='--channels 8,8 --kernels 3,3 --epochs 1 --batch-size 8 --lr 0.01' TRY_W2V='--size 8 --iter 1'
    cd "$BATS_FILE_TMPDIR" || return
    make_xmc EUR-Lex 30
    make_xmc Wiki10 24
    mkdir -p "$data"
    ecan-corpus -q eurlex EUR-Lex --dev 6 -o "$data/eurlex"
    ecan-corpus -q wiki10 Wiki10 --dev 6 -o "$data/wiki10"
    make_mimic3
    ecan-corpus -q mimic3-full mimic3 --splits splits3 -o "$data/mimic3-full" 2>mimic3.log
    for split in train dev test; do cp "splits3/$split"{_full,_50}_hadm_ids.csv; done
    make_mimic4
    ecan-corpus -q mimic4-icd10 mimic4 --splits splits4.csv -o mimic4-icd10
}

# make_xmc FOLDER N: N training and 8 test documents in AttentionXML's layout.
make_xmc() {
    mkdir -p "$1"
    for split in "train $2" "test 8"; do
        set -- "$1" ${split}
        corpus "$3" "$2" | jq -r .text >"$1/$2_texts.txt"
        corpus "$3" "$2" | jq -r '.labels | join(" ")' >"$1/$2_labels.txt"
    done
}

make_mimic3() {
    mkdir -p mimic3 splits3
    corpus 40 x | jq -r -s '["ROW_ID", "SUBJECT_ID", "HADM_ID", "CHARTDATE", "CATEGORY", "DESCRIPTION", "TEXT"],
        (to_entries[] | [.key, .key, 100 + .key, "2100-01-01", "Discharge summary", "Report", .value.text]) | @csv' >mimic3/NOTEEVENTS.csv
    { echo HADM_ID,ICD9_CODE; seq 0 39 | awk '{ print 100 + $1 "," 4010 + $1 % 4; print 100 + $1 ",E8490" }'; } >mimic3/DIAGNOSES_ICD.csv
    { echo HADM_ID,ICD9_CODE; seq 0 5 39 | awk '{ print 100 + $1 ",3893" }'; } >mimic3/PROCEDURES_ICD.csv
    printf 'ICD9_CODE,LONG_TITLE\n4010,Malignant hypertension\n' >mimic3/D_ICD_DIAGNOSES.csv
    printf 'ICD9_CODE,LONG_TITLE\n3893,Venous catheter\n' >mimic3/D_ICD_PROCEDURES.csv
    seq 100 123 >splits3/train_full_hadm_ids.csv
    seq 124 129 >splits3/dev_full_hadm_ids.csv
    seq 130 139 >splits3/test_full_hadm_ids.csv
}

make_mimic4() {
    mkdir -p mimic4/hosp mimic4/note
    corpus 40 x | jq -r -s '["note_id", "subject_id", "hadm_id", "note_type", "charttime", "text"],
        (to_entries[] | [.key, .key, 100 + .key, "DS", "2150-01-01", .value.text]) | @csv' | gzip >mimic4/note/discharge.csv.gz
    { echo hadm_id,icd_code,icd_version; seq 0 39 | awk '{ print 100 + $1 ",I1" $1 % 3 ",10"; print 100 + $1 ",4019,9" }'; } >mimic4/hosp/diagnoses_icd.csv
    echo hadm_id,icd_code,icd_version >mimic4/hosp/procedures_icd.csv
    echo icd_code,icd_version,long_title | tee mimic4/hosp/d_icd_diagnoses.csv >mimic4/hosp/d_icd_procedures.csv
    { echo _id,split; seq 0 39 | awk '{ print 100 + $1 "," ($1 < 24 ? "train" : $1 < 30 ? "val" : "test") }'; } >splits4.csv
}

paper() {
    "$pipelines/paper.sh" "$@"
}

cell='[0-9]\+\.[0-9]\+ ± [0-9]\+\.[0-9]\+'

@test "table 13: a row with mean and deviation of both data sets, which are not the paper's" {
    paper 13 "$data" "$out" >table 2>log || { cat log; false; }
    cat table log
    [ "$(head -n 1 table)" = 'Table 13: Results on EUR-Lex and Wiki10-31K (values in percentage)' ]
    grep -qxF '| | EUR-Lex P@1 | EUR-Lex P@3 | EUR-Lex P@5 | Wiki10-31K P@1 | Wiki10-31K P@3 | Wiki10-31K P@5 |' table
    grep -qx "| Our EffectiveCAN \(| $cell \)\{6\}|" table
    [ "$(grep -c '^| [A-Z]' table)" -eq 1 ]
    grep -q 'eurlex: not as many encounters and labels as in the paper: no published rows' log
    grep -q "Not the paper's settings" table
    a=$(jq '.at["1"].precision' "$(ls -d "$out"/eurlex/run-*-1)/metrics-plain.json") b=$(jq '.at["1"].precision' "$(ls -d "$out"/eurlex/run-*-2)/metrics-plain.json")
    grep -qF "| Our EffectiveCAN | $(awk -v a="$a" -v b="$b" 'BEGIN { d = (a - b) / sqrt(2) * 100; printf "%.2f ± %.2f", (a + b) * 50, d < 0 ? -d : d }') |" table
    # one set of words and vectors for all seeds
    [ "$(find "$out/eurlex" -name 'vectors-*.bin' | wc -l)" -eq 1 ]
    # made by CAML's words with the numbers one to ten, and with the labels of all splits
    grep -q -- '--compat caml --numbers ten' "$out/eurlex/words-all/train.mp.made"
    [ "$(wc -l <"$(ls -d "$out"/eurlex/run-*-1)/model/labels.tsv")" -eq "$(wc -l <"$data/eurlex/labels.tsv")" ]
}

@test "table 13 with an engine: the same table, the same models" {
    ENGINE=local JOBS=2 "$pipelines/paper.sh" 13 "$data" engine >table 2>log || { cat log; false; }
    paper 13 "$data" "$out" >want 2>log
    cmp table want
    cmp <(cd engine && find . -name model.safetensors -exec sha256sum {} + | sort) <(cd "$out" && find . -name model.safetensors -exec sha256sum {} + | sort)
    [ "$(cat engine/tasks/table-13/*.state | grep -c "^done")" = 4 ]
}

@test "table 12 takes the model of table 13, and counts parameters; a second time nothing is made" {
    paper 13 "$data" "$out" >again 2>log
    cat log
    [ "$(grep -cv 'up to date\|not as many' log)" -eq 0 ]
    find "$out" -name model.safetensors -newer log >newer
    paper 12 "$data" "$out" >table 2>log
    cat table log
    [ ! -s newer ]
    run=$(ls -d "$out"/wiki10/run-*-1)
    n=$(ecan-show "$run/model" | jq -s '[.[] | select(.shape) | .shape | reduce .[] as $d (1; . * $d)] | add')
    ecan-show "$run/model" | jq -es --argjson n "$n" 'any(.parameters == $n and .bytes == 4 * $n and .bytes_in_training == 12 * $n)'
    grep -q '^| EffectiveCAN, Wiki10-31K | 0 M | 0 GB | 0 GB |' table
    # a network that is large enough for the units to be seen
    SEEDS=1 TRY='--channels 300,300 --kernels 9,9 --epochs 1' SET=wiki10 paper 12 "$data/wiki10" out12 >table 2>log || { cat log; false; }
    n=$(ecan-show out12/wiki10/run-*-1/model | jq -s '[.[] | .parameters // empty][0]')
    [ "$n" -gt 1000000 ]
    row=$(awk -v n="$n" 'BEGIN { printf "%.1f M | %.3f GB | %.3f GB", n / 1e6, 12 * n / 1e9, 4 * n / 1e9 }')
    grep -qxF "| EffectiveCAN, Wiki10-31K | $row |" table || { cat table; false; }
}

@test "table 3 from MIMIC-III: rows and columns of the paper; splits of other sizes are reported" {
    cat "$BATS_FILE_TMPDIR/mimic3.log"
    grep -q 'warning: got 24 encounters of train, expected 4772[34] as in the paper' "$BATS_FILE_TMPDIR/mimic3.log"
    paper 3 "$data" "$out" >table 2>log || { cat log; false; }
    cat table
    grep -qxF '| | AUC macro | AUC micro | F1 macro | F1 micro | P@8 | P@15 |' table
    [ "$(grep -cx "| EffectiveCAN ([MS][a-z-]* attention) \(| $cell \)\{6\}|" table)" -eq 2 ]
    grep -q '"attention": *"sum"' "$out"/mimic3-full/run-*-1/model/config.json
}

@test "table 3 from MIMIC-IV: one data set in the place of the table's" {
    paper 3 "$BATS_FILE_TMPDIR/mimic4-icd10" "$BATS_FILE_TMPDIR/out4" >table 2>log || { cat log; false; }
    [ "$(grep -cx "| EffectiveCAN ([MS][a-z-]* attention) \(| $cell \)\{6\}|" table)" -eq 2 ]
    [ "$(jq -r .id "$BATS_FILE_TMPDIR/mimic4-icd10/test.jsonl" | wc -l)" -eq 10 ]
}

@test "published rows are printed if the counts are those of the paper" {
    # the paper's counts are those of the made-up data here
    cp -r "$pipelines" pipes
    sed -i 's/^mimic3-full.*/mimic3-full\tMIMIC-III-full\tmimic3-full\t100\t25\t6\t9\t10\t1485\t15.9\t600\t600/' pipes/paper/settings.sh
    pipes/paper.sh 3 "$data" "$out" >table 2>log || { cat log; false; }
    cat table
    grep -qxF '| CAML (Mullenbach et al., 2018), published | 0.895 | 0.986 | 0.088 | 0.539 | 0.709 | 0.561 |' table
    [ "$(grep -c ', published |' table)" -eq 9 ]
    [ "$(grep -c '^| EffectiveCAN' table)" -eq 4 ]
    not grep -q 'not as many' log
    sed -i 's/^wiki10.*/wiki10\tWiki10-31K\twiki10\t100\t18\t6\t8\t6\t–\t–\t600\t600/' pipes/paper/settings.sh
    pipes/paper.sh 13 "$data" "$out" >table 2>log || { cat log; false; }
    cat table
    # the columns of EUR-Lex, which has other counts, are empty in published rows
    grep -qxF '| Our EffectiveCAN, published | – | – | – | 87.85 | 78.63 | 69.29 |' table
    [ "$(grep -c ', published |' table)" -eq 6 ]
    pipes/paper.sh 12 "$data" "$out" >table 2>log || { cat log; false; }
    cat table
    grep -qxF '| EffectiveCAN, Wiki10-31K, published | 38 M | 0.46 GB | – |' table
    [ "$(grep -c ', published |' table)" -eq 5 ]
    pipes/paper.sh 1 "$data" "$out" >table 2>log || { cat log; false; }
    cat table
    grep -qxF '| MIMIC-III-full, published | 25 | 6 | 9 | 1485 | 10 | 15.9 |' table
    [ "$(grep -c ', published |' table)" -eq 2 ]
}

# one_row TABLE NAME OPTIONS: the row has the macro- and micro-F1 of the run with these options. Sets run to that run.
one_row() {
    run=$(dirname "$(grep -lx "train .* $3 \(--channels.*\)" "$out"/mimic3-full/run-*-1/settings)")
    grep -qxF "| $2 | $(jq -r '"\(.macro.f1_of_means) \(.micro.f1)"' "$run/metrics-plain.json" | awk '{ printf "%.3f | %.3f", $1, $2 }') |" "$1" ||
        { printf '%s: %s\n' "$1" "$2"; cat "$1"; false; }
}

phases() { # RUN: epochs with binary cross entropy, and with focal loss
    printf '%d %d\n' "$(grep -c '"bce"' "$1/model/history.jsonl")" "$(grep -c '"focal"' "$1/model/history.jsonl")"
}

@test "table 6: focal loss from epoch 0, 4, 8, 11" {
    export SEEDS=1 TRY='--channels 4,4 --kernels 3,3 --epochs 11 --patience 1 --batch-size 24' out=$BATS_FILE_TMPDIR/out-6
    paper 6 "$data" "$out" >table 2>log || { cat log; false; }
    grep -qxF '| | F1 macro | F1 micro |' table
    [ "$(grep -c '^| [0-9]' table)" -eq 4 ]
    for epoch in 0 4 8 11; do
        one_row table $epoch "--attention sum --focal-from $epoch"
        [[ $(phases "$run") =~ ^$epoch\ [1-9] ]]
        [ "$(jq .training.focal_from "$run/model/config.json")" = $epoch ]
    done
}

@test "tables 9 and 10: the whole model and the ablations, tables 10 and 3 from the same run" {
    export SEEDS=1
    paper 3 "$data" "$out" >table3 2>log || { cat log; false; }
    touch before
    paper 9 "$data" "$out" >table9 2>log || { cat log; false; }
    paper 10 "$data" "$out" >table10 2>log || { cat log; false; }
    sum=$(grep -l 'attention sum --channels' "$out"/mimic3-full/run-*-1/settings)
    not [ "$(dirname "$sum")/model/config.json" -nt before ]
    for n in 9 10; do
        grep -qxF '| | F1 macro | F1 micro |' table$n
        [ "$(grep '^| [a-zA-Z]' table$n | sed 's/^| \([^|]*\) |.*/\1/')" = \
            "$(awk -F '\t' -v n=$n '$1 == n { print $3 }' "$pipelines/paper/published.tsv")" ]
    done
    for kind in multi sum; do
        table=table9 name='EffectiveCAN w Multi-layer attention'
        if [ $kind = sum ]; then table=table10 name='EffectiveCAN w Sum-pooling attention'; fi
        one_row $table "$name" "--attention $kind"
        whole=$(jq -c '[.attention, .residual, .squeeze_excitation, .blocks_attended]' "$run/model/config.json")
        [ "$whole $(phases "$run")" = "[\"$kind\",true,true,\"all\"] 1 1" ]
        one_row $table 'w/o residual module' "--attention $kind --no-residual"
        jq -e '.residual == false and .squeeze_excitation' "$run/model/config.json"
        one_row $table 'w/o SE module' "--attention $kind --no-squeeze-excitation"
        jq -e '.residual and .squeeze_excitation == false' "$run/model/config.json"
        one_row $table 'w/o focal loss' "--attention $kind --no-focal"
        [ "$(phases "$run")" = '1 0' ]
    done
    for block in first last; do
        one_row table9 "only attend to the $block Res-SE layer" "--attention multi --blocks-attended $block"
        [ "$(jq -r .blocks_attended "$run/model/config.json")" = $block ]
    done
}

@test "table 4 from MIMIC-III: the 50 most frequent codes, both kinds of attention" {
    mkdir -p four
    ecan-corpus -q mimic3-50 "$BATS_FILE_TMPDIR/mimic3" --splits "$BATS_FILE_TMPDIR/splits3" --top 3 -o four/mimic3-50 2>log || { cat log; false; }
    SEEDS=1 paper 4 four out4 >table 2>log || { cat log; false; }
    cat table
    grep -qxF '| | AUC macro | AUC micro | F1 macro | F1 micro | P@5 |' table
    [ "$(grep -cx '| EffectiveCAN ([MS][a-z-]* attention) \(| [0-9.–]* \)\{5\}|' table)" -eq 2 ]
    [ "$(jq -s 'map(.attention) | sort' out4/mimic3-50/run-*/model/config.json | jq -c .)" = '["multi","sum"]' ]
    [ "$(jq -s 'map(.training.gamma) | unique' out4/mimic3-50/run-*/model/config.json | jq -c .)" = '[0.5]' ]
    [ "$(cut -f 1 out4/mimic3-50/run-*/model/labels.tsv | sort -u | wc -l)" -eq 3 ]
}

@test "table 7: bins of frequency in test, without and with focal loss" {
    paper 7 "$data" "$out" >table 2>log || { cat log; false; }
    cat table
    [ "$(grep -c '^| \(0-10\|11-50\|51-100\|101-200\|over 200\) |' table)" -eq 5 ]
    grep -qx "| 0-10 \(| $cell \)\{4\}|" table
    grep -qx '| over 200 \(| –[^|]*\)\{4\}|' table || grep -q '^| over 200 ' table
    grep -q 'The [0-9]* labels that do not occur in test are in no row' table
    run=$(grep -l -- "sum --no-focal" "$out"/mimic3-full/run-*-1/settings)
    jq -e '.by_frequency | map(.from) == [0, 1, 11, 51, 101, 201]' "$(dirname "$run")/metrics-bins.json"
}

@test "table 8: passages in bold, with description and context" {
    CODES=401.0,38.93 paper 8 "$data" "$out" >table 2>log || { cat log; false; }
    cat table
    grep -qx '| 401.0: “Malignant hypertension” | … .*\*\*.*\*\*.* … |' table
    grep -qx '| 38.93: “Venous catheter” | … .*\*\*.*\*\*.* … |' table
    run paper 8 "$data" "$out"
    [ "$status" -eq 0 ]
    CODES=nothing run paper 8 "$data" "$out"
    [ "$status" -eq 1 ]
    [[ $output == *'the model has none of the codes nothing'* ]]
}

@test "table 5: the 50 most frequent codes are a data set of their own" {
    mkdir -p five
    "$ECAN_BIN/../examples/make-encounters" --train 40 --dev 8 --test 8 -o five/dutch
    SEEDS=1 paper 5 five out5 >table 2>log || { cat log; false; }
    cat table
    [ "$(wc -l <out5/dutch/top50/labels.tsv)" -le 50 ]
    n=$(wc -l <five/dutch/labels.tsv)
    grep -q "^| EffectiveCAN (3,500), all codes | $n | 0.[0-9]* | 0.[0-9]* | 0.[0-9]* |" table
    [ "$(jq -s 'map(.max_words) | sort' out5/dutch/run-*/model/config.json | jq -c .)" = '[2500,3500,3500]' ]
}

@test "table 1: encounters, words and labels of each data set that there is" {
    paper 1 "$data" "$out" >table 2>log || { cat log; false; }
    cat table
    grep -qx '| EUR-Lex | 24 | 6 | 8 | 30 | 6 | 1.[0-9] |' table
    grep -q '^| MIMIC-III-full | 24 | 6 | 10 | ' table
}

@test "wrong calls: the table, the folder, a data set that is missing" {
    run paper 2 "$data" "$out"
    [ "$status" -eq 1 ] && [[ $output == *"invalid table '2': choose one of 1 3 4"* ]]
    run paper 4 "$data" "$out"
    [ "$status" -eq 1 ] && [[ $output == *"has none of the table's data sets: mimic3-50"* ]]
    run paper 4 nowhere "$out"
    [ "$status" -eq 1 ] && [[ $output == *'nowhere: no such folder'* ]]
    run paper 4
    [ "$status" -eq 2 ]
    TRY='--nonsense' run paper 13 "$data" out13
    echo "$output"
    [ "$status" -eq 1 ] && [[ $output == *'training failed: '*nonsense* ]]
}

@test "without arguments: a line for each table, with what it needs and the time here" {
    unset SEEDS TRY TRY_W2V
    run paper
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(grep -c '^ *[0-9]* .*\( seeds: [0-9.]* \(h\|days\)\|seconds\)$' <<<"$output")" -eq 11 ]
    grep -q '^    9 .* mimic3-full  *6 rows × 5 seeds: ' <<<"$output"
}

@test "ecan-train knows the presets and options of every row" {
    cd "$pipelines"
    # shellcheck disable=SC1091
    . paper/settings.sh
    # shellcheck disable=SC1091
    . paper/tables.sh
    known=$(data_sets | cut -f 3)
    [ "$(wc -w <<<"$known")" -eq 6 ]
    for preset in $known; do ecan-train --preset "$preset" --help >/dev/null; done
    for n in 3 4 5 6 7 8 9 10 12 13; do
        if [ $n = 6 ] && ! ecan-train --help | grep -q -- --focal-from; then continue; fi
        cut -f 3 < <("rows_$n") >"$BATS_TEST_TMPDIR/options"
        while read -r options; do
            # shellcheck disable=SC2086
            ecan-train $options --help >/dev/null || { echo "$n: $options"; false; }
        done <"$BATS_TEST_TMPDIR/options"
    done
}

@test "a published row for each of ours, with as many cells as the table has columns" {
    for n in 3 4 5 6 7 9 10 12 13; do
        [ "$(awk -F '\t' -v n=$n '$1 == n { print split($4, cells, "|") }' "$pipelines/paper/published.tsv" | sort -u | wc -l)" -eq 1 ]
    done
    # shellcheck disable=SC1091
    . "$pipelines/paper/tables.sh"
    for n in 3 4 5 6 9 10 13; do
        "rows_$n" | cut -f 1 | while read -r name; do
            cut -f 1,3 "$pipelines/paper/published.tsv" | grep -qxF "$n"$'\t'"$name" || { echo "$n: $name"; false; }
        done
    done
}
