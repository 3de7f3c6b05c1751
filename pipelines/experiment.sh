#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: ecan experiment EXPERIMENT DATA OUT [OPTION]...
# ecan experiment: compare settings, each trained with several seeds
#
# EXPERIMENT is a file, or the name of a file in pipelines/experiments. Each line of it is a row of the table: a name, a tab, and the
# settings in shell syntax, which are options of ecan-train, with TOKENIZE='...', W2V='...' or TEXT='...' before them, as in ecan train.
# Lines with # describe the experiment. DATA is as in ecan train. Options on the command line apply to every row.
#
# Each row is trained with each seed (of word vectors and model). The table has the mean and the standard deviation over the seeds.
# OUT keeps every run. Rows with equal settings share words, vectors and runs, also between experiments. Results that exist are
# kept, so a command that was killed can be given again, and rows can be added.
#
#   SEEDS='1 2 3'      the seeds
#   SPLIT=dev          metrics on dev, for choosing settings, instead of test
#   JOBS=2             number of runs at a time, with one thread each (default: number of cores)
#   ENGINE=slurm       what runs them: local, parallel (default, if installed) or slurm (pipelines/clusters.md)
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[ $# -ge 3 ] || usage "$0"
[ -e "$1" ] && file=$1 || file=$here/experiments/$1
[ -e "$file" ] || fail "$1: neither a file nor an experiment in $here/experiments"
data=$2 out=$3
shift 3
common=("$@") seeds=${SEEDS:-1 2 3} split=${SPLIT:-test}
needs jq

hash() { printf '%s\n' "$@" | sha256sum | cut -c1-12; }

# settings ROW: sets tokenize, w2v, text and options.
settings() {
    local words word
    tokenize=${TOKENIZE:-} w2v=${W2V---iter 40} text=${TEXT:-} options=("${common[@]}")
    eval "words=($1)"
    for word in "${words[@]}"; do
        case $word in
        TOKENIZE=*) tokenize=${word#*=} ;;
        W2V=*) w2v=${word#*=} ;;
        TEXT=*) text=${word#*=} ;;
        *) options+=("$word") ;;
        esac
    done
}

# folder SEED: prints the folder of a run with the settings.
folder() {
    printf '%s/run-%s-%s\n' "$out" "$(hash "$tokenize" "$w2v" "$text" "${options[@]}")" "$1"
}

# command_line SEED: prints the shell command that trains and evaluates the settings.
command_line() {
    local run words
    run=$(folder "$1") words=$out/words-$(hash "$tokenize" "$text")
    printf '%q ' env TERMS="${TERMS-no}" TOKENIZE="$tokenize" W2V="$w2v --seed $1" TEXT="$text" \
        WORDS="$words" VECTORS="$words/vectors-$(hash "$w2v")-$1.bin"
    printf '%q ' "$here/train.sh" "$data" "$run" --quiet --threads 1 --seed "$1" "${options[@]}"
    printf '&& '
    printf '%q ' env WORDS="$words" TOKENIZE="$tokenize" "$here/evaluate.sh" "$data" "$run"
}

mapfile -t rows < <(grep -v '^#' "$file" | grep .)
[ ${#rows[@]} -gt 0 ] || fail "$file: no rows"
mkdir -p "$out"
begin_tasks "$out" "$(split "$data" train)" "$(split "$data" dev)" "$(split "$data" test)" "$data/labels.tsv"
fresh_logs=yes
declare -A seen=()
for seed in $seeds; do
    for row in "${rows[@]}"; do
        settings "${row#*$'\t'}"
        run=$(folder "$seed")
        if [ "${seen[$run]:-}" ]; then continue; fi
        seen[$run]=1
        add_task runs "${run##*/}" "$run.log" "$(command_line "$seed")" "$run/model" "$run"/{dev,test}.scored
    done
done
run_tasks halt || fail "a run failed: $(last_message "${failed_logs[0]}")"

# metrics SEED: computes the metrics of a run by training frequency.
metrics() {
    local run words
    run=$(folder "$1") words=$out/words-$(hash "$tokenize" "$text")
    make_if_needed "$run/frequency-$split.json" "$run/$split.scored" "$words/train.mp" -- \
        ecan-metrics --json --no-auc --train "$words/train.mp" "$run/$split.scored" 2>/dev/null
}

# cells FILTER: prints a cell, "mean ± deviation" over the seeds, for each number that the jq FILTER computes from a run. The input of
# FILTER is {at, best, frequency}: the metrics at 0.5, the micro-F1 at the best threshold of dev, and the metrics by frequency.
cells() {
    local seed run files=()
    for seed in $seeds; do
        run=$(folder "$seed")
        files+=("$run/metrics-$split.json" "$run/metrics-test-best.json" "$run/metrics-dev.json" "$run/frequency-$split.json")
    done
    jq -rs --arg split "$split" '
        def spread: (add / length) as $mean
            | if length < 2 then 0 else (map(. - $mean | . * .) | add / (length - 1) | sqrt) end;
        def rounded: (. * 1000 | round) as $n | "\($n % 1000)" as $rest
            | (if $n >= 1000 then "\($n / 1000 | floor)" else "" end) + "." + "000"[0:3 - ($rest | length)] + $rest;
        [range(0; length; 4) as $i | {at: .[$i], frequency: .[$i + 3].by_frequency,
            best: (if $split == "dev" then .[$i + 2].best_micro_f1 else .[$i + 1].micro.f1 end)} | ['"$1"']]
        | transpose | map(map(select(. != null)) | if length == 0 then "–" else "\(add / length | rounded) ± \(spread | rounded)" end)
        | join(" | ")' "${files[@]}"
}

# table HEADING FILTER
table() {
    local row
    echo "| | $1 |"
    echo "| --- |$(tr -cd '|' <<<"| $1" | sed 's/|/ --- |/g')"
    for row in "${rows[@]}"; do
        settings "${row#*$'\t'}"
        printf '| %s | %s |\n' "${row%%$'\t'*}" "$(cells "$2")"
    done
}

for seed in $seeds; do
    for row in "${rows[@]}"; do
        settings "${row#*$'\t'}"
        metrics "$seed"
    done
done

sed -n 's/^# *//p' "$file"
echo
echo "$(basename "$(cd "$data" && pwd)"), $split, seeds $seeds${common[*]:+, ${common[*]}}"
echo
table "AUC macro | AUC micro | F1 macro | F1 micro | P@5 | P@8 | P@15 | F1 micro at the best threshold of dev" \
    '.at.macro.auc, .at.micro.auc, .at.macro.f1_of_means, .at.micro.f1, (.at.at | .["5"], .["8"], .["15"] | .precision), .best'
echo
echo "Micro-F1 by number of training encounters of a label, threshold 0.5; macro-F1 of the labels with gold and at most 10 training encounters"
echo
table "1 to 10 | 11 to 50 | 51 to 100 | 101 to 500 | more than 500 | macro, 1 to 10" \
    '(.frequency[1:6][].micro.f1), .frequency[1].macro.f1_mean_present'
