# SPDX-License-Identifier: Apache-2.0
# pipelines/tune.sh: one search, its table, and what a second search trains. The models are too small to learn anything.

searched=yes
load tune

@test "a row for each configuration and the defaults, the best first" {
    run grep -cE '^\| ([0-9]+|the defaults) \| (end|1|2) \| [0-9]+ \| 1?\.[0-9]{3}( ± \.[0-9]{3})? \| ' "$table"
    [ "$output" -eq 9 ]
    [ "$(grep -c ' ± ' "$table")" -eq 3 ]
    grep -q '^What mattered: micro-F1 on dev at its best threshold after 1 epoch,' "$table"
    cmp "$table" "$out/tune.md"
    [ "$(tail -n +2 "$out/tune.tsv" | cut -f 1 | sort -n | tr '\n' ' ')" = '0 1 2 3 4 5 6 7 8 ' ]
    [ "$(rungs "$out")" = 'end end end 2 2 1 1 1 1 ' ]
    [ "$(head -n 4 "$out/tune.tsv" | cut -f 4 | tr '\n' ' ')" = 'seeds 2 2 2 ' ]
    for rung in end 2 1; do awk -F '\t' -v rung="$rung" '$2 == rung { print $5 }' "$out/tune.tsv" | sort -c -gr; done
}

@test "the best half of a rung continues, by the histories, and no other" {
    tail -n +2 "$out/tune.tsv" | awk -F '\t' '$1 > 0 { print $8, $1, $2 }' | sort -k 1,1gr -k 2,2n >first
    [ "$(head -n 4 first | cut -d' ' -f 3 | grep -cx 1)" -eq 0 ]
    [ "$(tail -n 4 first | cut -d' ' -f 3 | sort -u)" = 1 ]
    # Six are left in model.part: four with an epoch, two with two.
    [ "$(wc -l "$out"/run-*/model.part/history.jsonl | awk '$2 != "total" { print $1 }' | sort -n | tr '\n' ' ')" = '1 1 1 1 2 2 ' ]
    for file in "$out"/run-*/model.part/history.jsonl; do
        grep -q "^$(head -n 1 "$file" | jq .dev_best_micro_f1) " first
    done
}

@test "the result of a finalist is the mean over the seeds" {
    number=$(awk -F '\t' 'NR > 1 && $1 > 0 { print $1; exit }' "$out/tune.tsv")
    rate=$(awk -F '\t' -v n="$number" '$1 == n { print $10 }' "$out/tune.tsv")
    mapfile -t logs < <(grep -l -- "--learning-rate $rate " "$out"/run-*.log)
    [ "${#logs[@]}" -eq 2 ]
    for log in "${logs[@]}"; do jq -s 'map(.dev_best_micro_f1) | max' "${log%.log}/model/history.jsonl"; done |
        awk '{ sum += $1 } END { print sum / NR }' >mean
    awk -F '\t' -v n="$number" -v mean="$(cat mean)" '$1 == n { d = $5 - mean; exit d < -1e-5 || d > 1e-5 }' "$out/tune.tsv"
}

@test "rungs continue where they stopped: the command that is printed makes the same model from nothing" {
    cp -r "$data" with-test
    cp "$BATS_FILE_TMPDIR/test.jsonl" with-test
    bash -c "$(sed -n 's/^    //p' "$table" | sed "s|$data best|with-test best|")" 2>log || { cat log; false; }
    model=$(sed -n 's/^The best is .* in \(.*\)\. This trains the same.*/\1/p' "$table")
    cmp "$model/model.safetensors" best/network/model.safetensors
    cmp "$model/config.json" best/network/config.json
}

@test "train.sh STOP_AFTER: the next run continues, and the final model is the same" {
    for epochs in 0 1 2; do
        TERMS=no W2V='--iter 1 --size 4' SPLITS='train dev' STOP_AFTER=$epochs "$pipelines/train.sh" "$data" run --quiet --threads 1 \
            --channels 4 --kernels 3 --no-focal --epochs 4
        [ -e run/vectors.bin ] && [ ! -e run/model ]
        [ "$epochs" = 0 ] || cp run/model.part/history.jsonl "after-$epochs"
    done
    [ "$(wc -l <after-2)" -eq 2 ]
    head -n 1 after-2 | cmp - after-1 # its seconds too: it was not trained again
    for out in run whole; do
        TERMS=no W2V='--iter 1 --size 4' SPLITS='train dev' "$pipelines/train.sh" "$data" "$out" --quiet --threads 1 \
            --channels 4 --kernels 3 --no-focal --epochs 4
    done
    head -n 2 run/model/history.jsonl | cmp - after-2
    cmp run/model/model.safetensors whole/model/model.safetensors
    [ ! -e run/model.part ]
}

@test "words and vectors are made once for those that share them" {
    [ "$(find "$out" -name train.mp | wc -l)" -eq 1 ]
    [ "$(find "$out" -path '*/vectors-*-1/vectors.bin' | wc -l)" -eq 3 ] # two of the space, one of the defaults
    [ "$(find "$out" -name test.mp | wc -l)" -eq 0 ]
}

@test "a second time nothing is trained, and a larger N trains no configuration again" {
    weights() { (cd "$1" && find . -name '*.safetensors' -printf '%p %T@\n' | sort); }
    weights "$out" >before
    search "$space" "$out" >again 2>/dev/null
    cmp again "$table"
    weights "$out" | cmp - before
    "$pipelines/tune.sh" "$out/" >again 2>/dev/null # with the settings of out/settings
    cmp again "$table"
    weights "$out" | cmp - before

    N=4 search "$space" grown >/dev/null 2>&1
    search "$space" grown >eight 2>log
    cmp <(timeless eight) <(timeless "$table")
}

@test "the picture shows every setting" {
    command -v gnuplot >/dev/null || skip "no gnuplot"
    not grep -qi warning "$said"
    # shellcheck disable=SC2016
    for text in 'What mattered' '8 configurations' '--learning-rate' '$blocks' '--focal' 'W2V --size' 'after 1 epoch;'; do
        grep -qF -- "$text" "$out/plots/tune.svg"
    done
    tail -n 2 "$out/plots/tune.svg" | grep -q '</svg>'
}
