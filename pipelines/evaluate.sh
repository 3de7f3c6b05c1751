#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: ecan evaluate OUT
#        ecan evaluate DATA OUT
# ecan evaluate: compute the metrics of a model on dev and test
#
# OUT is a folder of ecan train. The settings, and DATA if it is not given, are those of OUT/settings. What ecan train made is not made
# again: if dev changed since, a message says so.
#
# OUT/model can have terms and a linear model of train and dev (ecan train). Then the codes of dev are predicted by OUT/chosen, to which
# dev is new, and the best threshold is that of OUT/chosen. The codes of test are always predicted by OUT/model.
#
# First a line says what will be done. Then the command prints the metrics on test at the threshold 0.5 and at the threshold that is
# best on dev. It writes them to OUT/metrics-*.json, and a row of a table of results to OUT/results.md. If gnuplot is installed, it draws
# plots in OUT/plots (ecan plot).
#
#   TOKENIZE, WORDS   as in ecan train, only for an OUT without settings
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

case $# in
1) data='' out=$(short "$1") ;;
2) data=$(short "$1") out=$(short "$2") ;;
*) usage "$0" ;;
esac
if [ -e "$out/config.json" ]; then fail "$out is a model: OUT is the folder of ecan train, such as $(dirname "$out")"; fi
if [ ! -e "$out/model" ] && [ -e "$data/model" ]; then
    fail "$out has no model, but $data has: did you mean $called_as $(quote_words "$out" "$data")?"
fi
if read_settings "$out"; then
    get_setting value data
    data=${data:-${value[0]}}
    get_setting value words
    words=$(within "$out" "${value[0]}")
    get_setting tokenize tokenize
else
    [ "$data" ] || usage "$0" "$out has no settings: expected DATA and OUT"
    words=$(short "${WORDS:-$out}")
    options_of tokenize TOKENIZE
fi
[ -e "$out/model" ] || fail "$out/model: not found: run ecan train first"

# keep_words FILE ENCOUNTERS: says if the encounters changed since ecan train made FILE of them.
keep_words() {
    local inputs=("$2") recorded=() reason
    record_words ecan-tokenize "$2" "${tokenize[@]}"
    find_reason "$1.made"
    if [ "$reason" ]; then say "$1 is kept as it was in training: $reason"; fi
}

# model_of SPLIT: prints the model that predicts it.
model_of() {
    if [ "$1" = dev ] && [[ $(metric "$out/model/config.json" terms refit) == true* ]]; then
        echo "$out/chosen"
    else
        echo "$out/model"
    fi
}

# is_scored SPLIT: whether OUT/SPLIT.scored exists and need not be made again.
is_scored() {
    local inputs=() recorded=() reason model
    model=$(model_of "$1")
    [ -e "$words/$1.mp" ] && [ -e "$out/$1.scored" ] || return 1
    if [ "$1" = test ]; then
        inputs=("$(split "$data" test)")
        record_words ecan-tokenize "${inputs[@]}" "${tokenize[@]}"
        find_reason "$words/test.mp.made"
        [ ! "$reason" ] || return 1
    fi
    inputs=("$words/$1.mp" "$model") recorded=()
    record_words ecan-predict -m "$model" "$words/$1.mp"
    find_reason "$out/$1.scored.made"
    [ ! "$reason" ]
}

# plan: says what will be done.
plan() {
    local name what=()
    for name in dev test; do
        if is_scored $name; then
            what+=("$name is up to date")
        else
            what+=("predict the $(plain "$(split "$data" "$name")" | wc -l) encounters of $name")
        fi
    done
    what+=("compute metrics")
    if command -v gnuplot >/dev/null; then what+=("draw plots"); fi
    say "plan: $(printf '%s, ' "${what[@]::${#what[@]}-1}")${what[-1]}"
}

for name in dev test; do split "$data" $name >/dev/null; done
[ -e "$(model_of dev)" ] || fail "$(model_of dev): not found: $out/model was counted on dev; run ecan train again"
plan
for name in dev test; do
    model=$(model_of $name)
    if [ $name = dev ]; then begin_stage 1 3 "codes of dev"; else begin_stage 2 3 "codes of test"; fi
    if [ "$model" != "$out/model" ]; then say "dev: $model is used, because $out/model has counted dev"; fi
    file=$(split "$data" "$name")
    if [ $name = dev ] && [ -e "$words/dev.mp" ]; then
        keep_words "$words/dev.mp" "$file"
    else
        make_words "$words/$name.mp" "$file"
    fi
    make_if_needed "$out/$name.scored" "$words/$name.mp" "$model" -- ecan-predict -m "$model" "$words/$name.mp"
done

begin_stage 3 3 metrics
make_if_needed "$out/metrics-dev.json" "$out/dev.scored" -- ecan-metrics --json --best-threshold "$out/dev.scored"
best=$(metric "$out/metrics-dev.json" best_threshold)
make_if_needed "$out/metrics-test.json" "$out/test.scored" -- ecan-metrics --json --threshold 0.5 "$out/test.scored"
make_if_needed "$out/metrics-test-best.json" "$out/test.scored" -- ecan-metrics --json --threshold "$best" "$out/test.scored"

echo "== test, threshold 0.5"
ecan-metrics --threshold 0.5 "$out/test.scored"
echo
echo "== test, threshold $best (best on dev)"
ecan-metrics --threshold "$best" "$out/test.scored"

# every KEY: prints this value for every epoch. Then: minutes of training, and the median of words per second.
every() { sed -n "s/.*\"$1\": *\([^,}]*\).*/\1/p" "$out/model/history.jsonl"; }
history=$(every seconds | awk '{ s += $1 } END { printf "%.1f | ", s / 60 }'
    every words_per_second | sort -g | awk '{ w[NR] = $1 } END { printf "%.0f", w[int((NR + 1) / 2)] }')

row() {
    local at_half=$out/metrics-test.json at_best=$out/metrics-test-best.json
    basename "$(cd "$data" && pwd)"
    ecan-show --records --key id "$words/train.mp" | wc -l
    metric "$at_half" documents
    metric "$at_half" labels
    metric "$at_half" micro f1
    metric "$at_half" macro f1_of_means
    echo "$best"
    metric "$at_best" micro f1
    metric "$at_best" macro f1_of_means
    metric "$at_half" 5 precision
}
mapfile -t cells < <(row)
[ ${#cells[@]} -eq 10 ] || fail "$out: metrics are missing: delete its metrics-*.json and run the script again"
{
    echo "| data | train | test | labels | micro-F1 | macro-F1 | at best threshold | micro-F1 | macro-F1 | P@5 | minutes | words/s |"
    echo "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    printf '| %s | %d | %d | %d | %.3f | %.3f | %.3f | %.3f | %.3f | %.3f | %s |\n' "${cells[@]}" "$history"
} >"$out/results.md"
echo
cat "$out/results.md"

if command -v gnuplot >/dev/null; then
    TRAIN=$words/train.mp "$here/plot.sh" "$out"
else
    say "no plots: gnuplot is missing (apt install gnuplot-nox)"
fi
