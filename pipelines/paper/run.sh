# SPDX-License-Identifier: Apache-2.0
# Words, word vectors, models and metrics of the paper's experiments. Sourced by paper.sh.
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # data, out, seeds, paper_* are set by paper.sh and settings.sh

# source_of SET: the folder of its encounters; fails without a message if there is none.
source_of() {
    if [ -e "$data/$1/train.jsonl" ] || [ -e "$data/$1/train.jsonl.gz" ]; then
        printf '%s\n' "$data/$1"
    elif { [ -e "$data/train.jsonl" ] || [ -e "$data/train.jsonl.gz" ]; } && [ "$1" = "$single" ]; then
        printf '%s\n' "$data"
    else
        return 1
    fi
}

# choose_sets SET...: sets present: the data sets of the table that DATA has.
choose_sets() {
    local set
    single=${SET:-$1} present=()
    for set; do
        if source_of "$set" >/dev/null; then present+=("$set"); fi
    done
    [ ${#present[@]} -gt 0 ] || fail "$data has none of the table's data sets: $*"
}

# encounters_of SET VARIANT: the folder of the encounters, with all labels or the N most frequent ones (topN), which are chosen
# when that is needed.
encounters_of() {
    local source
    source=$(source_of "$1")
    if [ "$2" = all ]; then
        printf '%s\n' "$source"
    else
        mkdir -p "$out/$1"
        make_if_needed "$out/$1/$2" "$(split "$source" train)" "$(split "$source" dev)" "$(split "$source" test)" -- \
            ecan-corpus encounters "$source" --top "${2#top}" --quiet
        printf '%s\n' "$out/$1/$2"
    fi
}

# words_of SET VARIANT: the folder of the words, which train.sh makes.
words_of() {
    printf '%s\n' "$out/$1/words-$2"
}

# words_needed SET VARIANT: only the words.
words_needed() {
    local words encounters name
    words=$(words_of "$1" "$2")
    encounters=$(encounters_of "$1" "$2")
    mkdir -p "$words"
    options_of tokenize paper_tokenize
    for name in train dev test; do make_words "$words/$name.mp" "$(split "$encounters" "$name")"; done
}

hash() { printf '%s\n' "$@" | sha256sum | cut -c1-12; }

# plan_run SET VARIANT OPTIONS SEED: sets run to the folder of that run, and training to the command that trains it if that is needed.
plan_run() {
    local set=$1 variant=$2 seed=$4 options w2v
    encounters=$(encounters_of "$set" "$variant")
    words=$(words_of "$set" "$variant")
    w2v="--size $(setting "$set" 4) $paper_w2v ${TRY_W2V:-}"
    options="--preset $(setting "$set" 3) $3 ${TRY:-}"
    run=$out/$set/run-$(hash "$variant" "$w2v" "$options")-$seed
    if [ -e "$encounters/labels.tsv" ]; then options+=" --all-labels"; fi
    mkdir -p "$run"
    # shellcheck disable=SC2206 # a list of options
    training=(env "TOKENIZE=$paper_tokenize" "W2V=$w2v" "WORDS=$words" "VECTORS=$words/vectors-$(hash "$w2v").bin"
        "$here/train.sh" "$encounters" "$run" --quiet --seed "$seed" $options)
}

# train_rows SET...: if there is an ENGINE, trains the networks of all rows of the table with it. Otherwise run_of trains them, one after
# another, with all cores.
train_rows() {
    local set seed variant options run training encounters words
    if [ ! "${ENGINE:-}" ]; then return; fi
    begin_tasks "$out"
    fresh_logs=yes
    while IFS=$'\t' read -r _ variant options; do
        for set; do
            for seed in $seeds; do
                plan_run "$set" "$variant" "$options" "$seed"
                add_task "words-$table" "$set-$variant" "$(words_of "$set" "$variant").log" "$(printf '%q ' env STOP_AFTER=0 "${training[@]}")"
                add_task "table-$table" "$set-${run##*/}" "$run/log" "$(printf '%q ' "${training[@]}")" "$run/model"
            done
        done
    done < <("rows_$table")
    run_tasks halt || fail "training failed: $(last_message "${failed_logs[0]}")"
}

# run_of SET VARIANT OPTIONS SEED: the folder of that run, with model, which is trained if it is missing, and test.scored.
run_of() {
    local encounters words run training
    plan_run "$@"
    "${training[@]}" >"$run/log" 2>&1 ||
        fail "training failed: $(tail -n 2 "$run/log" | paste -sd' ') ($run/log)"
    make_if_needed "$run/test.scored" "$words/test.mp" "$run/model" -- \
        ecan-predict -q -m "$run/model" "$words/test.mp"
    printf '%s\n' "$run"
}

# metrics_of RUN WORDS KIND: the file of metrics of test at the threshold 0.5. KIND: auc, plain (without areas), or bins, by how
# often a label occurs in test.
metrics_of() {
    local options=(--no-auc)
    if [ "$3" = auc ]; then options=(); fi
    if [ "$3" = bins ]; then options+=(--train "$2/test.mp" --train-bins "0,10,50,100,200"); fi
    make_if_needed "$1/metrics-$3.json" "$1/test.scored" -- \
        ecan-metrics -q --json --threshold 0.5 --at 1,3,5,8,15 "${options[@]}" "$1/test.scored" 2>/dev/null
    printf '%s\n' "$1/metrics-$3.json"
}

# is_papers SET: whether the numbers of encounters and labels are those of the paper. CAML's lists as published have one
# admission fewer than Table 1 in most files, and a few admissions have no codes: up to 5 encounters and 10 labels differ.
is_papers() {
    local source column=5 name n nearly=5
    source=$(source_of "$1")
    [ -e "$source/labels.tsv" ] || return 1
    for name in train dev test labels; do
        if [ $name = labels ]; then
            n=$(wc -l <"$source/labels.tsv") nearly=10
        else
            n=$(plain "$(split "$source" $name)" | grep -c .)
        fi
        n=$((n - $(setting "$1" $column)))
        [ "${n#-}" -le $nearly ] || return 1
        column=$((column + 1))
    done
}

# spread DECIMALS...: of lines of numbers, tabs between them, a line for each seed: a cell for each column with mean ± standard
# deviation, | between the cells. A column in which a number is missing is –.
spread() {
    awk -F '\t' -v decimals="$*" '
        { for (i = 1; i <= NF; i++) { v[i, NR] = $i; sum[i] += $i; if ($i == "") missing[i] = 1 } n = NF }
        END {
            split(decimals, d, " ")
            for (i = 1; i <= n; i++) {
                mean = sum[i] / NR; s = 0
                for (j = 1; j <= NR; j++) s += (v[i, j] - mean) ^ 2
                cell = sprintf("%.*f", d[i], mean)
                if (NR > 1 && d[i] > 0) cell = cell sprintf(" ± %.*f", d[i], sqrt(s / (NR - 1)))
                printf "%s%s", (i > 1 ? " | " : ""), (missing[i] ? "–" : cell)
            }
            print ""
        }'
}
