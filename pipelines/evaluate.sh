#!/usr/bin/env bash
# How good a model is: evaluate.sh DATA OUT
#
# DATA, OUT, TOKENIZE and WORDS are those of train.sh. Prints the metrics of test at 0.5, and at the threshold that is best on dev;
# keeps them in OUT/metrics-*.json, and a row of a table of results in OUT/results.md. Where gnuplot is, OUT/plots gets
# pictures (plot.sh).
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[ $# -eq 2 ] || usage "$0"
data=$1 out=$2 words=${WORDS:-$2}

for name in dev test; do
    file=$(split "$data" "$name")
    stage "$words/$name.mp" "$file" -- tokenize "$file"
    stage "$out/$name.scored" "$words/$name.mp" "$out/model" -- \
        ecan-predict -m "$out/model" "$words/$name.mp"
done

stage "$out/metrics-dev.json" "$out/dev.scored" -- ecan-metrics --json --best-threshold "$out/dev.scored"
best=$(figure "$out/metrics-dev.json" best_threshold)
stage "$out/metrics-test.json" "$out/test.scored" -- ecan-metrics --json --threshold 0.5 "$out/test.scored"
stage "$out/metrics-test-best.json" "$out/test.scored" -- ecan-metrics --json --threshold "$best" "$out/test.scored"

echo "== test, threshold 0.5"
ecan-metrics --threshold 0.5 "$out/test.scored"
echo
echo "== test, threshold $best, the best on dev"
ecan-metrics --threshold "$best" "$out/test.scored"

# every KEY: that figure of every epoch. Minutes of training until it stopped; words per second, the median of its epochs.
every() { sed -n "s/.*\"$1\": *\([^,}]*\).*/\1/p" "$out/model/history.jsonl"; }
history=$(every seconds | awk '{ s += $1 } END { printf "%.1f | ", s / 60 }'
    every words_per_second | sort -g | awk '{ w[NR] = $1 } END { printf "%.0f", w[int((NR + 1) / 2)] }')

row() {
    local at_half=$out/metrics-test.json at_best=$out/metrics-test-best.json
    basename "$(cd "$data" && pwd)"
    ecan-show --records --key id "$words/train.mp" | wc -l
    figure "$at_half" documents
    figure "$at_half" labels
    figure "$at_half" micro f1
    figure "$at_half" macro f1_of_means
    echo "$best"
    figure "$at_best" micro f1
    figure "$at_best" macro f1_of_means
    figure "$at_half" 5 precision
}
mapfile -t cells < <(row)
[ ${#cells[@]} -eq 10 ] || fail "figures are missing"
{
    echo "| data | train | test | labels | micro-F1 | macro-F1 | at best threshold | micro-F1 | macro-F1 | P@5 | minutes | words/s |"
    echo "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    printf '| %s | %d | %d | %d | %.3f | %.3f | %.3f | %.3f | %.3f | %.3f | %s |\n' "${cells[@]}" "$history"
} >"$out/results.md"
echo
cat "$out/results.md"

if command -v gnuplot >/dev/null; then
    TRAIN=$words/train.mp "$(dirname "${BASH_SOURCE[0]}")/plot.sh" "$out"
else
    say "no pictures, because gnuplot is missing: apt install gnuplot-nox"
fi
