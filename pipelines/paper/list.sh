# SPDX-License-Identifier: Apache-2.0
# The list that paper.sh prints without arguments. Sourced by paper.sh.
# shellcheck shell=bash
# shellcheck disable=SC2154 # seeds, tables: paper.sh, tables.sh

epochs_assumed=20

# words_per_second: measures training on this machine, with preset mimic3-50 on invented words; it takes some seconds.
words_per_second() {
    local scratch
    scratch=$(mktemp -d)
    awk 'BEGIN {
        srand(1)
        for (i = 0; i < 16; i++) {
            text = ""
            for (j = 0; j < 1500; j++) text = text "w" int(rand() * rand() * 3000) " "
            printf "{\"id\": \"%d\", \"text\": \"%s\", \"labels\": [", i, text
            for (j = 0; j < 5; j++) printf "%s\"c%d\"", j ? ", " : "", (i * 5 + j) % 50
            print "]}"
        }
    }' | ecan-tokenize -q -o "$scratch/tokens.mp"
    ecan-w2v -q --iter 1 --min-count 1 -o "$scratch/vectors.bin" "$scratch/tokens.mp"
    ecan-train -q --preset mimic3-50 --stop-after 2 --train "$scratch/tokens.mp" --dev "$scratch/tokens.mp" \
        --vectors "$scratch/vectors.bin" -o "$scratch/model" >/dev/null 2>&1
    sed -n 's/.*"words_per_second": *\([0-9.]*\).*/\1/p' "$scratch/model/history.jsonl" | tail -n 1
    rm -r "$scratch"
}

# hours TABLE FACTOR SEEDS SET...: of training all its rows.
hours() {
    local table=$1 factor=$2 n=$3 set column
    shift 3
    for set; do
        "rows_$table" | while IFS=$'\t' read -r _ _ options; do
            column=11
            if [[ $options == *'--attention sum'* ]]; then column=12; fi
            printf '%s\t%s\t%s\n' "$(setting "$set" 5)" "$(words_read "$set" "$options")" "$(setting "$set" $column)"
        done
    done | awk -F '\t' -v factor="$factor" -v n="$n" -v epochs=$epochs_assumed \
        '{ s += $1 * $2 * epochs * n / ($3 * factor) } END { h = s / 3600; printf h < 10 ? "%.1f h" : h < 100 ? "%.0f h" : "%.0f days", h < 100 ? h : h / 24 }'
}

# words_read SET OPTIONS: maximum words of an encounter that the model reads. AttentionXML has 1,249 words per document of EUR-Lex
# and 2,484 of Wiki10-31K.
words_read() {
    local words most=3500
    case $1 in
    eurlex) words=1249 most=2000 ;;
    wiki10) words=2484 most=3000 ;;
    *) words=$(setting "$1" 9) ;;
    esac
    if [[ $2 =~ --max-words\ ([0-9]+) ]]; then most=${BASH_REMATCH[1]}; fi
    echo $((words < most ? words : most))
}

line() { # TABLE CONTENTS NEEDS SEEDS SET...
    local time='seconds'
    if [ "$4" -gt 0 ]; then time="$("rows_$1" | wc -l) rows × $4 seeds: $(hours "$1" "$factor" "$4" "${@:5}")"; fi
    printf '%5s  %-52s %-26s %s\n' "$1" "$2" "$3" "$time"
}

list() {
    local rate factor n
    n=$(wc -w <<<"$seeds")
    say "measuring the speed of training"
    rate=$(words_per_second)
    factor=$(awk -v a="$rate" -v b="$(setting mimic3-50 11)" 'BEGIN { print a / b }')
    printf '%5s  %-52s %-26s %s\n' Table Contents Needs 'Time here'
    line 1 'Data statistics' 'any data sets' 0
    line 3 'MIMIC-III, all codes' mimic3-full "$n" mimic3-full
    line 4 'MIMIC-III, 50 codes' mimic3-50 "$n" mimic3-50
    line 5 'Dutch and French, 50 codes and all' 'dutch, french (not public)' "$n" dutch french
    line 6 'Focal loss from epoch 0, 4, 8, 11' mimic3-full "$n" mimic3-full
    line 7 'Focal loss by label frequency in test' mimic3-full "$n" mimic3-full
    line 8 'Passages that support codes' mimic3-full 1 mimic3-full
    line 9 'Ablation, multi-layer attention' mimic3-full "$n" mimic3-full
    line 10 'Ablation, sum-pooling attention' mimic3-full "$n" mimic3-full
    line 12 'Parameters and size' 'eurlex, wiki10' 1 eurlex wiki10
    line 13 'P@1, P@3, P@5 on EUR-Lex and Wiki10-31K' 'eurlex, wiki10' "$n" eurlex wiki10
    cat <<END

Times are of training, from $rate words a second of preset mimic3-50 measured just now, and $epochs_assumed epochs a run, which is an
assumption: runs end when dev says so. Tables share runs: 6 to 10 need some of those of 3, and 12 needs one of 13.
paper.sh TABLE DATA OUT makes a table; ecan-corpus makes the data sets of DATA.
END
}
