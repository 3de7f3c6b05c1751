#!/usr/bin/env bash
# Trains several models alike but for the seed, and averages their scores: ensemble.sh DATA OUT N [ecan-train option...]
#
# DATA is as with train.sh. OUT/1 to OUT/N get a model each, of word vectors of its own, and its figures; OUT gets the words,
# the averages (dev.scored, test.scored; the threshold is the best on dev) and their figures. Prints a table of test: each model,
# and their average. What is there is not made again: more models can be added with a larger N.
# The average of other encounters, THRESHOLD being that of the table:
#
#   ecan-average --threshold THRESHOLD <(ecan-predict -m OUT/1/model new.mp) <(ecan-predict -m OUT/2/model new.mp) ...
#
#   TOKENIZE='...' W2V='...' TEXT='...'   as with train.sh
#   AVERAGE='--by logit'                  options of ecan-average
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

# average SPLIT [ecan-average option...]
average() {
    local seed files=()
    for seed in $(seq "$n"); do
        files+=("$out/$seed/$1.scored")
    done
    # shellcheck disable=SC2086
    stage "$out/$1.scored" "${files[@]}" -- ecan-average ${AVERAGE:-} "${@:2}" "${files[@]}"
}

average dev
stage "$out/metrics-dev.json" "$out/dev.scored" -- ecan-metrics --json --best-threshold "$out/dev.scored"
best=$(figure "$out/metrics-dev.json" best_threshold)
average test --threshold "$best"
stage "$out/metrics-test.json" "$out/test.scored" -- ecan-metrics --json --threshold 0.5 "$out/test.scored"
stage "$out/metrics-test-best.json" "$out/test.scored" -- ecan-metrics --json "$out/test.scored"

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
    )
    [ ${#cells[@]} -eq 6 ] || fail "figures are missing in $2"
    printf '| %s | %.3f | %.3f | %.3f | %.3f | %.3f | %.3f |\n' "$1" "${cells[@]}"
}

echo "| | micro-F1 | macro-F1 | at best threshold | micro-F1 | macro-F1 | P@5 |"
echo "| --- | --- | --- | --- | --- | --- | --- |"
for seed in $(seq "$n"); do
    row "$seed" "$out/$seed"
done
row average "$out"
