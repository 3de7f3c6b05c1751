#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ecan-terms: mining, weights, the model that it writes.

load ../helper

# encounters N PREFIX SEED: codes are indicated by phrases; other words are noise. Some phrases indicate two codes.
encounters() {
    awk -v n="$1" -v prefix="$2" -v seed="$3" 'BEGIN {
        srand(seed)
        split("fibrilación auricular|infarto agudo de miocardio|diabetes|asma bronquial|fracturas de cadera", phrase, "|")
        split("I48 I21 E11 J45 S72", code)
        for (i = 0; i < n; i++) {
            text = ""; labels = ""
            for (j = 1; j <= 5; j++) {
                here = rand() < 0.3
                said = here ? rand() < 0.9 : rand() < 0.03
                for (k = 0; k < 6; k++) text = text " ruido" int(rand() * 60)
                if (said) text = text " " phrase[j]
                if (here) labels = labels (labels ? ", " : "") "\"" code[j] "\""
            }
            printf "{\"id\": \"%s%d\", \"text\": \"%s\", \"labels\": [%s]}\n", prefix, i, text, labels
        }
    }'
}

setup_file() {
    export data=$BATS_FILE_TMPDIR
    cd "$data" || return 1
    encounters 120 t 1 | ecan-tokenize > train.mp
    encounters 60 d 2 | ecan-tokenize > dev.mp
    encounters 60 n 3 | ecan-tokenize > new.mp
    ecan-w2v --size 8 --min-count 1 --threads 1 -o vectors.bin train.mp
    printf 'I48\tflutter auricular\nI21\tof\nE11\tdiabetes tipo dos\nJ45\t\nS72\t\nZ99\tdependencia de respirador\n' > labels.tsv
    train network --epochs 1 --no-focal --labels labels.tsv --all-labels
    ecan-terms --train train.mp --dev dev.mp -m network -o model 2> log
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
}

f1() { # MODEL [FILE]: micro-F1
    ecan-predict -q -m "$1" "${2:-$data/new.mp}" | ecan-metrics --json | jq .micro.f1
}

@test "the terms are found, with counts, and as people write them" {
    ecan-terms -q --train "$data/train.mp" > terms.tsv
    head -n 2 terms.tsv | cut -f 1 | grep -q '^#form$'
    for row in 'fibrilación auricular:I48' 'infarto agudo de miocardio:I21' 'diabetes:E11' 'asma bronquial:J45' 'fracturas de cadera:S72'; do
        awk -F '\t' -v term="${row%:*}" -v code="${row#*:}" '$1 == term && $2 == code && $3 > 0 && $4 >= 20 && $5 >= $4 && $6 == "train" { found = 1 }
            END { exit !found }' terms.tsv || { echo "$row"; return 1; }
    done
    # counted again
    both=$(ecan-show --full --records "$data/train.mp" | grep -c 'fibrilación auricular.*"labels.*"I48"\|"labels.*"I48".*fibrilación auricular')
    awk -F '\t' -v both="$both" '$1 == "fibrilación auricular" && $2 == "I48" { ok = $4 == both } END { exit !ok }' terms.tsv
}

@test "options of mining" {
    longest() { awk -F '\t' '!/^#/ { n = split($1, w, " "); if (n > most) most = n } END { print most }'; }
    [ "$(ecan-terms -q --train "$data/train.mp" --max-length 1 | longest)" = 1 ]
    ecan-terms -q --train "$data/train.mp" --min-encounters 10 | awk -F '\t' '!/^#/ && $4 < 10 { exit 1 }'
    ecan-terms -q --train "$data/train.mp" --no-stem --no-stop-words > kept
    grep -q '^#form	endings=keep	stop-words=keep$' kept
    grep -q '^de cadera	' kept
    not grep -q '^de ' <(ecan-terms -q --train "$data/train.mp")
}

@test "the model is better than the network, and its scores are those of the definition" {
    grep -q 'micro-F1 on dev: network' "$data/log"
    ecan-check "$data/model"
    awk -v a="$(f1 "$data/network")" -v b="$(f1 "$data/model")" 'BEGIN { exit !(b > a + 0.1 && b > 0.7) }'
    # dev micro-F1 is what config.json says
    awk -v a="$(f1 "$data/model" "$data/dev.mp")" -v b="$(jq .terms.dev_micro_f1 "$data/model/config.json")" 'BEGIN { exit !(a - b < 0.002 && b - a < 0.002) }'
    cmp "$data/network/history.jsonl" "$data/model/history.jsonl"
    need numpy
    "$python" - << 'END'
from helper import *
data = os.environ["data"]
a, b = read_tensors(data + "/network"), read_tensors(data + "/model")
t = json.load(open(data + "/model/config.json"))["terms"]
assert numpy.allclose(b["W"], a["W"] * t["network_weight"], rtol=1e-5)
assert numpy.allclose(b["b"], a["b"] * t["network_weight"] + t["bias"], rtol=1e-5)
assert all(same(a[k], b[k]) for k in a if k not in ("W", "b"))
END
}

@test "the same bytes again, with any number of threads" {
    ecan-terms -q --threads 3 --train "$data/train.mp" --dev "$data/dev.mp" -m "$data/network" -o again
    for file in terms.tsv model.safetensors config.json; do cmp "again/$file" "$data/model/$file"; done
}

@test "terms that do not help are left out" {
    ecan-tokenize > none.mp << 'END'
{"id": "1", "text": "uno", "labels": ["I48"]}
END
    ecan-terms --train none.mp --dev "$data/dev.mp" -m "$data/network" -o out 2> log
    grep -q 'the terms do not improve micro-F1 on dev: the model has none' log
    [ ! -e out/terms.tsv ]
    ecan-predict -q -m out "$data/new.mp" | ecan-show --full -k scores --records > a
    ecan-predict -q -m "$data/network" "$data/new.mp" | ecan-show --full -k scores --records | cmp - a
    # an old table does not stay
    cp "$data/model/terms.tsv" out
    ecan-terms -q --force --train none.mp --dev "$data/dev.mp" -m "$data/network" -o out 2> log
    [ ! -e out/terms.tsv ]
}

@test "--table and --descriptions reach codes that training never had" {
    printf 'respirador\tZ99\nauricular\tI48\t-2\nventilación mecánica\tZ99\t7\nde la\tI48\n' > table.tsv
    ecan-terms --train "$data/train.mp" --dev "$data/dev.mp" -m "$data/network" -o out --table table.tsv --descriptions 2> log
    grep -q '2 terms left out: they have no word that counts' log # "de la", and "of"
    grep -q '^ventilación mecánica	Z99	7	0	0	table.tsv$' out/terms.tsv
    grep -q '^auricular	I48	-2	0	0	table.tsv$' out/terms.tsv # replaces the mined one
    [ "$(grep -c '^auricular	I48	' out/terms.tsv)" = 1 ]
    grep -q '^dependencia de respirador	Z99	.*	description$' out/terms.tsv
    echo '{"id": "1", "text": "dependencia del respirador"}' | ecan-tokenize | ecan-predict -q -m out | ecan-show -r -k predicted | grep -q Z99
    run ecan-terms -q --no-mined --train "$data/train.mp" --dev "$data/dev.mp" -m "$data/network" -o tables --table "$data/model/terms.tsv"
    not grep -q 'train$' <(grep -v auricular "tables/terms.tsv" 2>/dev/null)
}

# denied N PREFIX SEED: each encounter has one of three illnesses, and two thirds say that there is none of another.
denied() {
    awk -v n="$1" -v prefix="$2" -v seed="$3" 'BEGIN {
        srand(seed)
        split("asma diabetes neumonia", word)
        split("J45 E11 J18", code)
        for (i = 0; i < n; i++) {
            has = 1 + int(rand() * 3); other = 1 + (has + int(rand() * 2)) % 3
            text = "Ruido" int(rand() * 60) " " word[has] " ruido" int(rand() * 60) "."
            if (rand() < 0.67) text = text " Sin " word[other] "."
            printf "{\"id\": \"%s%d\", \"text\": \"%s\", \"labels\": [\"%s\"]}\n", prefix, i, text, code[has]
        }
    }'
}

@test "the effects of marks are learnt; --scopes and --no-scopes" {
    denied 200 t 1 | ecan-tokenize > train.mp
    denied 60 d 2 | ecan-tokenize > dev.mp
    denied 100 n 3 | ecan-tokenize > new.mp
    cp "$data/vectors.bin" .
    ecan-train -q --train train.mp --dev dev.mp --vectors vectors.bin --epochs 1 --no-focal --channels 4 --kernels 3 -o network 2> log
    build() { ecan-terms -q --no-linear --train train.mp --dev dev.mp -m network "$@" 2>> log; }
    build -o marked
    build -o plain --no-scopes
    [ ! -e plain/scopes.tsv ] && not grep -q '^#mark' plain/terms.tsv
    cmp marked/scopes.tsv "$BATS_TEST_DIRNAME/../../lib/text/scopes.tsv"
    awk -F '\t' '$1 == "#mark" { effect[$2] = $3 } END { exit !(effect["negated"] < -2 && effect["family"] == 0) }' marked/terms.tsv
    ecan-check marked
    awk -v a="$(f1 plain new.mp)" -v b="$(f1 marked new.mp)" 'BEGIN { exit !(b > 0.97 && b > a + 0.05) }' || { f1 plain new.mp; f1 marked new.mp; return 1; }
    # denied encounters do not count
    awk -F '\t' '$1 == "asma" && $2 == "J45" { ok = $5 == $4 } END { exit !ok }' marked/terms.tsv
    awk -F '\t' '$1 == "asma" && $2 == "J45" { ok = $5 > $4 } END { exit !ok }' plain/terms.tsv
    # other phrases
    printf 'es\tsin\tfamily\tbefore\n' > mine.tsv
    build -o own --scopes mine.tsv
    cmp own/scopes.tsv mine.tsv
    awk -F '\t' '$1 == "#mark" { effect[$2] = $3 } END { exit !(effect["family"] < -2 && effect["negated"] == 0) }' own/terms.tsv
    # a new model without marks does not keep the old phrases
    build -o own --force --no-scopes
    [ ! -e own/scopes.tsv ]
}

@test "what is refused" {
    no() { # CODE BECAUSE OPTION...
        local code=$1 because=$2
        shift 2
        run ecan-terms -q "$@"
        [ "$status" -eq "$code" ] && [[ $output == *"$because"* ]] || { echo "$status $output"; return 1; }
    }
    no 2 '--train is missing'
    no 2 '--dev needs --model' --train "$data/train.mp" --dev "$data/dev.mp"
    no 2 '--output is missing' --train "$data/train.mp" --dev "$data/dev.mp" -m "$data/network"
    no 2 '--dev is read twice' --train "$data/train.mp" --dev - -m "$data/network" -o out
    no 2 '--scopes and --no-scopes exclude each other' --train "$data/train.mp" --scopes x --no-scopes
    no 1 'missing.tsv: ' --train "$data/train.mp" --scopes missing.tsv
    no 1 'exists already: --force replaces it' --train "$data/train.mp" --dev "$data/dev.mp" -m "$data/network" -o "$data/model"
    printf 'x\tNONE\n' > table.tsv
    no 1 'table.tsv: line 1: unknown code NONE' --train "$data/train.mp" --dev "$data/dev.mp" -m "$data/network" -o out --table table.tsv
    [ ! -e out ]
    run ecan-terms --skip-unknown --train "$data/train.mp" --dev "$data/dev.mp" -m "$data/network" -o out --table table.tsv
    [[ $output == *'1 rows of --table skipped'* ]]
    echo '{"id": "1", "text": "a"}' | ecan-tokenize > unlabelled.mp
    no 1 'record 1 (1): ' --train unlabelled.mp
    head -c 3000 "$data/train.mp" > cut.mp
    no 1 'truncated' --train cut.mp
    no 1 '/dev/full' --train "$data/train.mp" -o /dev/full
}
