#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: ecan ensemble DATA OUT N [OPTION]...
#        ecan ensemble OUT
# ecan ensemble: train several models, and combine their scores with those of a linear model
#
# The models differ only in the seed. DATA and options are as in ecan train. The results:
#
#   OUT/1 to OUT/N   a model each, with its own word vectors and metrics
#   OUT              the words, the settings, and the average of the models
#   OUT/linear       the linear model of ecan-linear, with the lambda that is best on dev, and its scores
#   OUT/all          the combination of all models and the linear one that ecan-average --fit learned on dev: combination.json
#   OUT/ensemble     the ensemble: all models, the linear one, and their combination, in a folder that can be moved
#
# Dev is new to all models: their terms are not counted again on train and dev, as ecan train does (--no-refit).
#
# OUT, OUT/linear and OUT/all get dev.scored, test.scored (with the threshold that is best on dev) and metrics. The command prints a
# table of the results on test. Results that exist are kept, so a larger N adds models. With OUT as the only argument, the settings are
# those of OUT/settings. ecan predict OUT and ecan explain OUT use OUT/ensemble on other encounters.
#
#   TOKENIZE='...' W2V='...' TEXT='...'   as in ecan train
#   AVERAGE='--by logit'                  options of ecan-average for the average of the models
#   LINEAR='--no-bigrams'                 options of ecan-linear except --lambda; LINEAR=no: no linear model
#   LAMBDAS='0.1 0.03 0.3'                values of lambda to try; if equal, the first is taken
#   JOBS=2                                number of models trained at a time, with one thread each (default: number of cores)
#   ENGINE=slurm                          what runs the trainings: local, parallel (default, if installed) or slurm (pipelines/clusters.md)
# shellcheck disable=SC2154 # options of the programs are set by their names
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$here/progress.sh"

if [ $# -eq 1 ]; then
    out=$(short "$1")
    if ! read_settings "$out" || [ ! "${settings[models]:-}" ]; then usage "$0" "$1 has no settings of an ensemble"; fi
    for name in models data; do
        get_setting value $name
        printf -v $name %s "${value[0]}"
    done
    for name in tokenize w2v terms; do get_setting $name $name; done
    get_setting texts text
    get_setting options train
    get_setting average average
    get_setting linear linear
    get_setting lambdas lambdas
    n=$models
else
    [[ ${3:-} =~ ^[1-9][0-9]*$ ]] || usage "$0" "expected DATA OUT N, a number from 1 on"
    data=$(short "$1") out=$(short "$2") n=$3
    take_options "${@:4}"
    options_of average AVERAGE
    options_of linear LINEAR
    options_of lambdas LAMBDAS
    if [ ${#lambdas[@]} -eq 0 ]; then lambdas=(0.1 0.03 0.3); fi
    mapfile -t none < <(yes "$missing" | head -n "$n")
    check_options ecan-average "${average[@]}" -- "${none[@]}"
    check_options ecan-join "${average[@]}" --threshold 0.5 -o "$missing" -- "${none[@]}"
    if [ "${linear[*]}" != no ]; then
        check_options ecan-linear "${linear[@]}" --lambda "$(IFS=, && echo "${lambdas[*]}")" --train "$missing" --save
    fi
fi
split "$data" train >/dev/null
mkdir -p "$out"

absolute "$data"
store_setting data "${paths[@]}"
store_setting tokenize "${tokenize[@]}"
store_setting w2v "${w2v[@]}"
store_setting text "${texts[@]}"
store_setting terms "${terms[@]}"
store_setting train "${options[@]}"
store_setting models "$n"
store_setting average "${average[@]}"
store_setting linear "${linear[@]}"
store_setting lambdas "${lambdas[@]}"
write_settings "$out" models data tokenize w2v text terms train average linear lambdas

# command_line SEED [ecan-train option...]: prints the shell command that trains and evaluates a model.
command_line() {
    local seed=$1 run=$out/$1
    local of_terms=("${terms[@]}")
    if [ "${terms[*]}" != no ]; then of_terms+=(--no-refit); fi
    printf '%q ' env TOKENIZE="$(quote_words "${tokenize[@]}")" W2V="$(quote_words "${w2v[@]}" --seed "$seed")" \
        TEXT="$(quote_words "${texts[@]}")" TERMS="$(quote_words "${of_terms[@]}")" WORDS="$out" VECTORS="$run/vectors.bin" \
        "$here/train.sh" "${paths[0]}" "$run" --quiet --threads 1 --seed "$seed" "${@:2}"
    printf '&& '
    printf '%q ' "$here/evaluate.sh" "$run"
}

# epochs_left: see progress.sh. A model that was evaluated is complete.
epochs_left() {
    local run trained most complete=0
    epochs=0 still=0
    epochs_at_most "${models[@]}"
    for run in "${models[@]}"; do
        epochs_in "$run"
        epochs=$((epochs + trained))
        if [ -e "$run/test.scored" ]; then
            complete=$((complete + 1))
        elif [ "$most" ] && [ "$trained" -lt "$most" ]; then
            still=$((still + most - trained))
        fi
    done
    done_text="$complete of ${#models[@]} models, $epochs epochs"
    if [ ! "$most" ]; then done_text+=", words and word vectors"; fi
}

mapfile -t models < <(seq -f "$(printf '%s' "$out" | sed 's/%/%%/g')/%.0f" "$n")
begin_tasks "$out" "$(split "$data" train)" "$(split "$data" dev)" "$(split "$data" test)" "$data/labels.tsv" "${texts[@]}"
fresh_logs=yes
for seed in $(seq "$n"); do
    add_task models "$seed" "$out/$seed.log" "$(command_line "$seed" "${options[@]}")" "$out/$seed/model" "$out/$seed"/{dev,test}.scored
done
begin_epochs
run_tasks halt || {
    end_epochs
    fail "the training of a model failed: $(last_message "${failed_logs[0]}")"
}
end_epochs

# What the first training said of the encounters. The others read the same.
sed -n '/: warning: /p; /: [0-9,]* [a-z ]* not read$/p' "$out/1.log" | sort -u >&2

# compute_metrics FOLDER: of its dev.scored and test.scored, at 0.5 and at the threshold that is best on dev.
compute_metrics() {
    local best
    make_if_needed "$1/metrics-dev.json" "$1/dev.scored" -- ecan-metrics --json --best-threshold "$1/dev.scored"
    best=$(metric "$1/metrics-dev.json" best_threshold)
    make_if_needed "$1/metrics-test.json" "$1/test.scored" -- ecan-metrics --json --threshold 0.5 "$1/test.scored"
    make_if_needed "$1/metrics-test-best.json" "$1/test.scored" -- ecan-metrics --json --threshold "$best" "$1/test.scored"
}

# average_models FOLDER OF...: writes dev.scored and test.scored, the averages of those in the folders OF. The threshold of test is
# the best on dev.
average_models() {
    local to=$1
    shift
    mkdir -p "$to"
    make_if_needed "$to/dev.scored" "${@/%//dev.scored}" -- ecan-average "${average[@]}" "${@/%//dev.scored}"
    make_if_needed "$to/metrics-dev.json" "$to/dev.scored" -- ecan-metrics --json --best-threshold "$to/dev.scored"
    make_if_needed "$to/test.scored" "${@/%//test.scored}" -- ecan-average "${average[@]}" --threshold \
        "$(metric "$to/metrics-dev.json" best_threshold)" "${@/%//test.scored}"
    compute_metrics "$to"
}

# best_lambda LAMBDAS OPTION... -o FILE: writes the lambda with the highest micro-F1 on dev; if equal, the first.
best_lambda() {
    local lambda file=${*: -1} json=${*: -1}.json
    for lambda in $1; do
        ecan-linear -q "${@:2:$# - 3}" --lambda "$lambda" --train "$out/train.mp" "$out/dev.mp" |
            ecan-metrics --json --best-threshold >"$json"
        printf '%s %s\n' "$(metric "$json" best_micro_f1)" "$lambda"
    done | sort -s -k1,1gr | head -n 1 | cut -d' ' -f2 >"$file"
    rm -f "$json"
}

# combine FOLDER OF...: learns the weights of the systems in the folders OF on dev, and writes combination.json, dev.scored and
# test.scored.
combine() {
    local to=$1 split
    shift
    mkdir -p "$to"
    make_if_needed "$to/combination.json" "${@/%//dev.scored}" -- ecan-average --fit "${@/%//dev.scored}"
    for split in dev test; do
        make_if_needed "$to/$split.scored" "$to/combination.json" "${@/%//$split.scored}" -- \
            ecan-average --combination "$to/combination.json" "${@/%//$split.scored}"
    done
    compute_metrics "$to"
}

average_models "$out" "${models[@]}"
if [ "${linear[*]}" != no ]; then
    mkdir -p "$out/linear"
    make_if_needed "$out/linear/lambda" "$out/train.mp" "$out/dev.mp" -- best_lambda "${lambdas[*]}" "${linear[@]}"
    lambda=$(cat "$out/linear/lambda")
    make_if_needed "$out/linear/model" "$out/train.mp" -- ecan-linear "${linear[@]}" --lambda "$lambda" --train "$out/train.mp" --save
    for split in dev test; do
        make_if_needed "$out/linear/$split.scored" "$out/linear/model" "$out/$split.mp" -- \
            ecan-linear -m "$out/linear/model" "$out/$split.mp"
    done
    compute_metrics "$out/linear"
    combine "$out/all" "${models[@]}" "$out/linear"
    make_if_needed "$out/ensemble" "$out/all/combination.json" "${models[@]/%//model}" "$out/linear/model" -- \
        ecan-join --combination "$out/all/combination.json" "${models[@]/%//model}" "$out/linear/model"
else
    make_if_needed "$out/ensemble" "${models[@]/%//model}" -- ecan-join "${average[@]}" --threshold \
        "$(metric "$out/metrics-dev.json" best_threshold)" "${models[@]/%//model}"
fi

# row NAME FOLDER: prints a row of the table.
row() {
    local half=$2/metrics-test.json at_best=$2/metrics-test-best.json cells
    mapfile -t cells < <(
        metric "$half" micro f1
        metric "$half" macro f1_of_means
        metric "$2/metrics-dev.json" best_threshold
        metric "$at_best" micro f1
        metric "$at_best" macro f1_of_means
        metric "$half" 5 precision
        metric "$half" map
    )
    [ ${#cells[@]} -eq 7 ] || fail "$2: metrics are missing: delete its metrics-*.json and run the script again"
    printf '| %s | %.3f | %.3f | %.3f | %.3f | %.3f | %.3f | %.3f |\n' "$1" "${cells[@]}"
}

echo "| | micro-F1 | macro-F1 | at best threshold | micro-F1 | macro-F1 | P@5 | MAP |"
echo "| --- | --- | --- | --- | --- | --- | --- | --- |"
for model in "${models[@]}"; do
    row "${model##*/}" "$model"
done
row average "$out"
if [ "${linear[*]}" != no ]; then
    row "linear (lambda $lambda)" "$out/linear"
    row "all, combined" "$out/all"
fi
