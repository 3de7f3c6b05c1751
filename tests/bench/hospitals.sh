#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Four simulated hospitals: micro-F1 on test of one model by federated averaging, of one model on all encounters, and of a model for each
# hospital on its own encounters.
#
#   tests/bench/hospitals.sh DATA OUT [OPTION of ecan-train]...      SEEDS='1 2 3' ROUNDS=20
#
# DATA has train, dev and test (.jsonl.gz or .jsonl). Train and dev are divided unevenly: the hospitals get 8, 4, 2 and 1 parts of 15, and
# each gets three times its share of every fourth code. All systems have the threshold that is best on their dev, and the test
# set is the same for all. Prints a row for each system and seed; OUT/hospitals.tsv has them.
set -euo pipefail
cd "$(dirname "$0")/../.."
pipelines=$PWD/pipelines
ECAN_BIN=${ECAN_BIN:-$PWD/build/bin} ROUNDS=${ROUNDS:-20}
export ECAN_BIN ROUNDS PATH=$ECAN_BIN:$PATH TERMS=no LC_ALL=C
data=$1 out=$2
shift 2
names=(north east south west)

plain() { if [ -e "$1.gz" ]; then gzip -dc "$1.gz"; else cat "$1"; fi; }

divide() { # SPLIT
    local i
    if [ -e "$out/data/west/$1.jsonl" ]; then return; fi
    for i in 0 1 2 3; do mkdir -p "$out/data/${names[i]}"; done
    plain "$data/$1.jsonl" | jq -r '"\(.labels[0] // "")\t\(tojson)"' | awk -F '\t' -v out="$out/data" -v names="${names[*]}" -v split_name="$1" '
        BEGIN { srand(7); split(names, name, " "); split("8 4 2 1", size, " ") }
        {
            if (!($1 in code)) code[$1] = n++
            all = 0
            for (h = 1; h <= 4; h++) all += w[h] = size[h] * (code[$1] % 4 + 1 == h ? 3 : 1)
            at = rand() * all
            for (h = 1; h < 4 && at >= w[h]; h++) at -= w[h]
            print substr($0, length($1) + 2) > (out "/" name[h] "/" split_name ".jsonl")
        }'
}

divide train
divide dev
mkdir -p "$out/pooled-data"
for split in train dev; do cat "$out"/data/*/$split.jsonl >"$out/pooled-data/$split.jsonl"; done
wc -l "$out"/data/*/train.jsonl "$out"/data/*/dev.jsonl >&2
[ -e "$out/test.mp" ] || { plain "$data/test.jsonl" | ecan-tokenize -q >"$out/test.mp.part" && mv "$out/test.mp.part" "$out/test.mp"; }

row() { # SYSTEM SEED MODEL THRESHOLD
    printf '%s\t%s\t%s\n' "$1" "$2" "$(ecan-predict -q -m "$3" "$out/test.mp" | ecan-metrics -q --json --threshold "$4" |
        jq -r '[.micro.f1, .macro.f1_of_means] | @tsv')" | tee -a "$out/hospitals.tsv.part"
}

threshold() { # MODEL: the one that is best on its dev, which ecan-train wrote
    jq .threshold "$1/config.json"
}

: >"$out/hospitals.tsv.part"
for seed in ${SEEDS:-1 2 3}; do
    SPLITS='train dev' W2V="--iter 40 --seed $seed" "$pipelines/train.sh" "$out/pooled-data" "$out/pooled-$seed" --seed "$seed" --quiet "$@" >&2
    row pooled "$seed" "$out/pooled-$seed/model" "$(threshold "$out/pooled-$seed/model")"
    W2V="--iter 8 --seed $seed" "$pipelines/federated.sh" "$out/data" "$out/federated-$seed" --seed "$seed" "$@" >&2
    row federated "$seed" "$out/federated-$seed/model" "$(threshold "$out/federated-$seed/model")"
    for name in "${names[@]}"; do
        SPLITS='train dev' W2V="--iter 40 --seed $seed" "$pipelines/train.sh" "$out/data/$name" "$out/$name-$seed" --seed "$seed" --quiet "$@" >&2
        row "only $name" "$seed" "$out/$name-$seed/model" "$(threshold "$out/$name-$seed/model")"
    done
done
mv "$out/hospitals.tsv.part" "$out/hospitals.tsv"
