#!/usr/bin/env bash
# Trains several models alike but for the seed, and averages their scores, with a linear model's too:
# ensemble.sh DATA OUT N [ecan-train option...]
#
# DATA is as with train.sh. OUT/1 to OUT/N get a model each, of word vectors of its own, and its figures; OUT/linear the scores of
# ecan-linear with the lambda that is best on dev; OUT the words and the models' average; OUT/all the average of that and of the linear
# model's scores, by logits, the linear ones counting as many tenths as are best on dev. Each gets dev.scored, test.scored (its threshold
# is the best on dev) and figures. Prints a table of test. What is there is not made again: more models can be added with a larger N.
# The same for other encounters, TENTHS and THRESHOLD being those of the table's last row (3 tenths: --weights 7,3), LAMBDA that of the row
# before:
#
#   ecan-average --by logit --weights TENTHS --threshold THRESHOLD \
#       <(ecan-average -q <(ecan-predict -m OUT/1/model new.mp) <(ecan-predict -m OUT/2/model new.mp) ...) \
#       <(ecan-linear --lambda LAMBDA --train OUT/train.mp new.mp)
#
#   TOKENIZE='...' W2V='...' TEXT='...'   as with train.sh
#   AVERAGE='--by logit'                  options of ecan-average for the models
#   LINEAR='--no-pairs'                   options of ecan-linear but --lambda; LINEAR=no: without it
#   LAMBDAS='0.1 0.03 0.3'                the lambdas that are tried; of equals the first
#   JOBS=2                                models at a time, of one thread each (as many as there are cores)
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

[[ ${3:-} =~ ^[1-9][0-9]*$ ]] || usage "$0"
data=$1 out=$2 n=$3
shift 3
needs parallel
mkdir -p "$out"

# command_line SEED [ecan-train option...]: what trains and tries a model, as a line of shell.
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
    fail "a model failed; its log is the newest of $out/*.log"

# figures FOLDER: of its dev.scored and test.scored, at 0.5 and at the threshold that is best on dev.
figures() {
    local best
    stage "$1/metrics-dev.json" "$1/dev.scored" -- ecan-metrics --json --best-threshold "$1/dev.scored"
    best=$(figure "$1/metrics-dev.json" best_threshold)
    stage "$1/metrics-test.json" "$1/test.scored" -- ecan-metrics --json --threshold 0.5 "$1/test.scored"
    stage "$1/metrics-test-best.json" "$1/test.scored" -- ecan-metrics --json --threshold "$best" "$1/test.scored"
}

# average FOLDER OPTIONS OF...: dev.scored and test.scored, the averages of those of the folders OF; the threshold of test is the best
# on dev.
average() {
    local to=$1 options=$2
    shift 2
    mkdir -p "$to"
    # shellcheck disable=SC2086
    stage "$to/dev.scored" "${@/%//dev.scored}" -- ecan-average $options "${@/%//dev.scored}"
    stage "$to/metrics-dev.json" "$to/dev.scored" -- ecan-metrics --json --best-threshold "$to/dev.scored"
    # shellcheck disable=SC2086
    stage "$to/test.scored" "${@/%//test.scored}" -- ecan-average $options --threshold \
        "$(figure "$to/metrics-dev.json" best_threshold)" "${@/%//test.scored}"
    figures "$to"
}

# best_on_dev NAME...: the name for which `scores NAME`, scores of dev, has the highest micro-F1; of equals the first.
best_on_dev() {
    local name json=$out/linear/tried.json
    for name; do
        scores "$name" | ecan-metrics --json --best-threshold >"$json"
        printf '%s %s\n' "$(figure "$json" best_micro_f1)" "$name"
    done | sort -s -k1,1gr | head -n 1 | cut -d' ' -f2
    rm -f "$json"
}

best_lambda() {
    # shellcheck disable=SC2086,SC2317
    scores() { ecan-linear -q ${LINEAR:-} --lambda "$1" --train "$out/train.mp" "$out/dev.mp"; }
    # shellcheck disable=SC2086
    best_on_dev ${LAMBDAS:-0.1 0.03 0.3}
}

best_tenths() {
    # shellcheck disable=SC2317
    scores() { ecan-average -q --threshold 0.5 --by logit --weights $((10 - $1)),"$1" "$out/dev.scored" "$out/linear/dev.scored"; }
    best_on_dev 1 2 3 4 5 6 7 8 9
}

mapfile -t models < <(seq -f "$(printf '%s' "$out" | sed 's/%/%%/g')/%.0f" "$n")
average "$out" "${AVERAGE:-}" "${models[@]}"
if [ "${LINEAR:-}" != no ]; then
    mkdir -p "$out/linear" "$out/all"
    lambda=$(best_lambda)
    for split in dev test; do
        # shellcheck disable=SC2086
        stage "$out/linear/$split.scored" "$out/train.mp" "$out/$split.mp" -- \
            ecan-linear ${LINEAR:-} --lambda "$lambda" --train "$out/train.mp" "$out/$split.mp"
    done
    figures "$out/linear"
    tenths=$(best_tenths)
    average "$out/all" "--by logit --weights $((10 - tenths)),$tenths" "$out" "$out/linear"
fi

# row NAME FOLDER
row() {
    local half=$2/metrics-test.json at_best=$2/metrics-test-best.json cells
    mapfile -t cells < <(
        figure "$half" micro f1
        figure "$half" macro f1_of_means
        figure "$2/metrics-dev.json" best_threshold
        figure "$at_best" micro f1
        figure "$at_best" macro f1_of_means
        figure "$half" 5 precision
        figure "$half" map
    )
    [ ${#cells[@]} -eq 7 ] || fail "figures are missing in $2"
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
    row "average and linear ($tenths tenths)" "$out/all"
fi
