#!/usr/bin/env bash
# Trains and tries settings side by side: experiment.sh EXPERIMENT DATA OUT [ecan-train option...]
#
# EXPERIMENT is a file, or the name of one in pipelines/experiments. A line of it is a row of the table that is printed:
# a name, a tab, and what the row sets, as a shell would read it: options of ecan-train, and before them TOKENIZE='...',
# W2V='...' or TEXT='...', as with train.sh. Lines with # say what the experiment asks. DATA is as with train.sh;
# options given here are those of every row.
#
# Each row is trained with each seed, of word vectors and model; the table has the mean and the standard deviation over the
# seeds. OUT keeps every run; rows that set the same share words, vectors and runs, those of other experiments too. What
# is there is not made again, so that a command that was killed can be given again, and rows added.
#
#   SEEDS='1 2 3'      the seeds
#   SPLIT=dev          figures on dev, to choose by, not on test
#   JOBS=2             runs at a time, of one thread each (as many as there are cores)
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

[ $# -ge 3 ] || usage "$0"
[ -e "$1" ] && file=$1 || file=$here/experiments/$1
[ -e "$file" ] || fail "$1: neither a file nor an experiment of $here/experiments"
data=$2 out=$3
shift 3
common=("$@") seeds=${SEEDS:-1 2 3} split=${SPLIT:-test}
needs parallel jq

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

# folder SEED: that of a run of the settings.
folder() {
    printf '%s/run-%s-%s\n' "$out" "$(hash "$tokenize" "$w2v" "$text" "${options[@]}")" "$1"
}

# command SEED: what trains and tries the settings, as a line of shell.
command_line() {
    local run words
    run=$(folder "$1") words=$out/words-$(hash "$tokenize" "$text")
    printf '{ '
    printf '%q ' env TOKENIZE="$tokenize" W2V="$w2v --seed $1" TEXT="$text" \
        WORDS="$words" VECTORS="$words/vectors-$(hash "$w2v")-$1.bin"
    printf '%q ' "$here/train.sh" "$data" "$run" --quiet --threads 1 --seed "$1" "${options[@]}"
    printf '&& '
    printf '%q ' env WORDS="$words" TOKENIZE="$tokenize" "$here/evaluate.sh" "$data" "$run"
    printf '; } >%q 2>&1\n' "$run.log"
}

mapfile -t rows < <(grep -v '^#' "$file" | grep .)
[ ${#rows[@]} -gt 0 ] || fail "$file: no rows"
mkdir -p "$out"
for seed in $seeds; do
    for row in "${rows[@]}"; do
        settings "${row#*$'\t'}"
        command_line "$seed"
    done
done | awk '!seen[$0]++' |
    SHELL=$BASH parallel --will-cite --halt soon,fail=1 --jobs "${JOBS:-100%}" ||
    fail "a run failed; its log is the newest of $out/run-*.log"

# metrics SEED: the run's figures by how often a label was in training too.
metrics() {
    local run words
    run=$(folder "$1") words=$out/words-$(hash "$tokenize" "$text")
    stage "$run/frequency-$split.json" "$run/$split.scored" "$words/train.mp" -- \
        ecan-metrics --json --no-auc --train "$words/train.mp" "$run/$split.scored" 2>/dev/null
}

# cells FILTER: of the settings a cell for each number that the jq FILTER makes of a run, "mean ± deviation" over the
# seeds. FILTER sees {at, best, frequency}: the metrics at 0.5, the best micro-F1 (at dev's threshold), and by frequency.
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
echo "Micro-F1 by how often a label was in training, 0.5 the threshold; macro-F1 of the labels with gold that were there 10 times at most"
echo
table "1 to 10 | 11 to 50 | 51 to 100 | 101 to 500 | more than 500 | macro, 1 to 10" \
    '(.frequency[1:6][].micro.f1), .frequency[1].macro.f1_mean_present'
