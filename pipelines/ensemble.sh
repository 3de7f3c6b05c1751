#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Trains several models that differ only in the seed, and combines their scores with those of a linear model:
# ensemble.sh DATA OUT N [ecan-train option...]
#
# DATA is as in train.sh. The results:
#
#   OUT/1 to OUT/N   a model each, with its own word vectors and metrics
#   OUT              the words, and the average of the models
#   OUT/linear       the scores of ecan-linear, with the lambda that is best on dev
#   OUT/all          the combination of all models and the linear one that ecan-average --fit learned on dev: combination.json
#
# OUT, OUT/linear and OUT/all get dev.scored, test.scored (with the threshold that is best on dev) and metrics. The script prints a
# table of the results on test. Results that exist are kept, so a larger N adds models. To score other encounters with the same
# combination, take LAMBDA from the table:
#
#   ecan-average --combination OUT/all/combination.json \
#       <(ecan-predict -m OUT/1/model new.mp) <(ecan-predict -m OUT/2/model new.mp) ... \
#       <(ecan-linear --lambda LAMBDA --train OUT/train.mp new.mp)
#
#   TOKENIZE='...' W2V='...' TEXT='...'   as in train.sh
#   AVERAGE='--by logit'                  options of ecan-average for the average of the models
#   LINEAR='--no-bigrams'                   options of ecan-linear except --lambda; LINEAR=no: no linear model
#   LAMBDAS='0.1 0.03 0.3'                values of lambda to try; if equal, the first is taken
#   JOBS=2                                number of models trained at a time, with one thread each (default: number of cores)
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

[[ ${3:-} =~ ^[1-9][0-9]*$ ]] || usage "$0"
data=$1 out=$2 n=$3
shift 3
needs parallel
mkdir -p "$out"

# command_line SEED [ecan-train option...]: prints the shell command that trains and evaluates a model.
command_line() {
    local seed=$1 run=$out/$1
    printf '{ '
    printf '%q ' env W2V="${W2V---iter 40} --seed $seed" WORDS="$out" VECTORS="$run/vectors.bin" \
        "$here/train.sh" "$data" "$run" --quiet --threads 1 --seed "$seed" "${@:2}"
    printf '&& '
    printf '%q ' env WORDS="$out" "$here/evaluate.sh" "$data" "$run"
    printf '; } >%q 2>&1\n' "$run.log"
}

for seed in $(seq "$n"); do
    command_line "$seed" "$@"
done | SHELL=$BASH parallel --will-cite --halt soon,fail=1 --jobs "${JOBS:-100%}" ||
    fail "the training of a model failed: see the newest of $out/*.log"

# compute_metrics FOLDER: of its dev.scored and test.scored, at 0.5 and at the threshold that is best on dev.
compute_metrics() {
    local best
    make_if_needed "$1/metrics-dev.json" "$1/dev.scored" -- ecan-metrics --json --best-threshold "$1/dev.scored"
    best=$(metric "$1/metrics-dev.json" best_threshold)
    make_if_needed "$1/metrics-test.json" "$1/test.scored" -- ecan-metrics --json --threshold 0.5 "$1/test.scored"
    make_if_needed "$1/metrics-test-best.json" "$1/test.scored" -- ecan-metrics --json --threshold "$best" "$1/test.scored"
}

# average FOLDER OPTIONS OF...: writes dev.scored and test.scored, the averages of those in the folders OF. The threshold of test is
# the best on dev.
average() {
    local to=$1 options=$2
    shift 2
    mkdir -p "$to"
    # shellcheck disable=SC2086
    make_if_needed "$to/dev.scored" "${@/%//dev.scored}" -- ecan-average $options "${@/%//dev.scored}"
    make_if_needed "$to/metrics-dev.json" "$to/dev.scored" -- ecan-metrics --json --best-threshold "$to/dev.scored"
    # shellcheck disable=SC2086
    make_if_needed "$to/test.scored" "${@/%//test.scored}" -- ecan-average $options --threshold \
        "$(metric "$to/metrics-dev.json" best_threshold)" "${@/%//test.scored}"
    compute_metrics "$to"
}

# best_lambda: prints the lambda with the highest micro-F1 on dev; if equal, the first.
best_lambda() {
    local lambda json=$out/linear/tried.json
    # shellcheck disable=SC2086
    for lambda in ${LAMBDAS:-0.1 0.03 0.3}; do
        ecan-linear -q ${LINEAR:-} --lambda "$lambda" --train "$out/train.mp" "$out/dev.mp" |
            ecan-metrics --json --best-threshold >"$json"
        printf '%s %s\n' "$(metric "$json" best_micro_f1)" "$lambda"
    done | sort -s -k1,1gr | head -n 1 | cut -d' ' -f2
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

mapfile -t models < <(seq -f "$(printf '%s' "$out" | sed 's/%/%%/g')/%.0f" "$n")
average "$out" "${AVERAGE:-}" "${models[@]}"
if [ "${LINEAR:-}" != no ]; then
    mkdir -p "$out/linear"
    lambda=$(best_lambda)
    for split in dev test; do
        # shellcheck disable=SC2086
        make_if_needed "$out/linear/$split.scored" "$out/train.mp" "$out/$split.mp" -- \
            ecan-linear ${LINEAR:-} --lambda "$lambda" --train "$out/train.mp" "$out/$split.mp"
    done
    compute_metrics "$out/linear"
    combine "$out/all" "${models[@]}" "$out/linear"
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
if [ "${LINEAR:-}" != no ]; then
    row "linear (lambda $lambda)" "$out/linear"
    row "all, combined" "$out/all"
fi
