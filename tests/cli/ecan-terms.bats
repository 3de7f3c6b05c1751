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
    ecan-terms -q --train "$data/train.mp" --max-length 2 | grep -q '^fracturas de cadera	' # two words and one that is dropped
    not grep -q '^fracturas de cadera	' <(ecan-terms -q --train "$data/train.mp" --max-length 2 --no-stop-words)
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
    ranking() { ecan-predict -q -m "$1" "$data/new.mp" | ecan-metrics --json | jq .map; } # calibrated, or as they were
    [ "$(ranking out)" = "$(ranking "$data/network")" ]
    # an old table does not stay
    cp "$data/model/terms.tsv" out
    ecan-terms -q --force --train none.mp --dev "$data/dev.mp" -m "$data/network" -o out 2> log
    [ ! -e out/terms.tsv ]
}

@test "a network without other parts is calibrated: the order of the scores stays, and they are probabilities on dev" {
    need msgpack msgpack_numpy numpy
    ln -s "$data"/{train,dev}.mp "$data/vectors.bin" .
    train network --epochs 15 --no-focal
    ecan-terms --train "$data/train.mp" --dev "$data/dev.mp" -m network -o calibrated --no-mined --no-linear 2> log
    grep -q 'calibrated: the logits are multiplied by ' log
    [ ! -e calibrated/terms.tsv ]
    ecan-predict -q -m network "$data/dev.mp" > before.mp
    ecan-predict -q -m calibrated "$data/dev.mp" > after.mp
    "$python" - << 'END'
from helper import *
terms = json.load(open("calibrated/config.json"))["terms"]
a, b = terms["network_weight"], terms["bias"]
logit = lambda p: numpy.log(p.astype(float)) - numpy.log1p(-p.astype(float))
p, q = (numpy.array([r["scores"] for r in records(name)]) for name in ("before.mp", "after.mp"))
assert a > 0 and numpy.abs(logit(q) - (a * logit(p) + b)).max() < 1e-3, (a, b)
labels = read("before.mp")[0]["labels"]
gold = numpy.array([[code in r["labels"] for code in labels] for r in records("before.mp")])
# at the optimum of the logistic regression the probabilities add up to the codes, and so do they times the logits
assert abs(q.sum() - gold.sum()) < .01 * gold.sum() < abs(p.sum() - gold.sum()), (p.sum(), q.sum(), gold.sum())
END
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

# denied N PREFIX SEED: each encounter has one of three illnesses, and two thirds deny another one.
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

# marked: ten encounters, in which "crisis hipertensiva" and "ritmo irregular" are noise for the counts; and their spans.
marked() {
    for i in 0 1 2 3 4 5 6 7 8 9; do
        text="refiere dolor en el ala nasal izquierda de larga evolución número $i" labels='"E11"'
        if [ "$i" -lt 4 ]; then text="ingresa por ritmo muy irregular y diabetes" labels='"I48", "E11"'; fi
        if [ "$i" = 9 ]; then labels='"S72"'; fi
        echo "{\"id\": \"m$i\", \"documents\": [{\"id\": \"a\", \"text\": \"é\"}, {\"id\": \"b\", \"text\": \"$text\"}], \"labels\": [$labels]}"
    done | ecan-tokenize > marked.mp
    span() { # ENCOUNTER NOTE BEGIN END CODE
        echo "{\"id\": \"$1\", \"notes\": [{\"note_id\": \"$2\", \"annotations\": [{\"begin\": $3, \"end\": $4, \"code\": \"$5\"}]}]}"
    }
    for i in 0 1 2 3; do span "m$i" b 12 31 I48; done > spans.jsonl # "ritmo muy irregular"
    span m9 b 14 51 S72 >> spans.jsonl                              # "en el ala nasal izquierda de larga evo"
}

@test "--spans: marked phrases are terms, from one encounter on, and claim their code" {
    marked
    ecan-terms -q --train marked.mp > without.tsv
    ecan-terms --train marked.mp --spans spans.jsonl > with.tsv 2> log
    cat log
    grep -q '5 of 5 spans are used$' log
    not grep -q '	S72	' without.tsv
    grep -q '^ala nasal izquierda de larga evolución	S72	.*	1	6	span$' with.tsv
    grep -q '^ritmo muy irregular	I48	.*	4	4	span$' with.tsv
    grep -q '^ingresa por ritmo muy	I48	.*	4	4	train$' with.tsv
    awk -F '\t' '!/^#/ && $6 == "train" && $3 < -4 { bad = 1 } END { exit bad }' with.tsv # such weights are left out
    weight() { awk -F '\t' -v term="$1" '$1 == term && $2 == "I48" { print $3 }' with.tsv; }
    awk -v marked="$(weight 'ritmo muy irregular')" -v other="$(weight 'ingresa por ritmo muy')" 'BEGIN { exit !(marked > other) }'
    # counted in all encounters, also if its words are rarer than --min-encounters
    head -n 1 spans.jsonl > first.jsonl
    ecan-terms -q --train marked.mp --spans first.jsonl --min-encounters 10 | grep -q '^ritmo muy irregular	I48	.*	4	4	span$'
    # only the marked ones
    ecan-terms -q --no-mined --train marked.mp --spans spans.jsonl | grep -v '^#' | cut -f 1,2,6 | sort > only
    printf 'ala nasal izquierda de larga evolución\tS72\tspan\nritmo muy irregular\tI48\tspan\n' | cmp - only
}

@test "--spans: what coders marked has a larger weight than what the counts would choose" {
    ecan-show --full --records "$data/train.mp" | jq -c 'select(.labels | index("I48")) | .id as $id | .documents[0].text | split("auricular") |
        select(length > 1) | (.[0] | length) as $at | {id: $id, notes: [{note_id: $id, annotations: [{begin: $at, end: ($at + 9), code: "I48"}]}]}' > spans.jsonl
    [ "$(wc -l < spans.jsonl)" -ge 20 ]
    weight() { awk -F '\t' -v term="$1" '$1 == term && $2 == "I48" { print $3 }' "$2"; }
    ecan-terms -q --train "$data/train.mp" > without
    ecan-terms -q --train "$data/train.mp" --spans spans.jsonl > with
    grep -q '^auricular	I48	.*	span$' with
    awk -v a="$(weight auricular without)" -v b="$(weight 'fibrilación auricular' without)" 'BEGIN { exit !(a < b - 1) }'
    awk -v a="$(weight auricular with)" -v b="$(weight 'fibrilación auricular' with)" 'BEGIN { exit !(a > 2 && b < 0) }'
}

@test "--spans: several files and forms; what is left out is counted" {
    marked
    head -n 4 spans.jsonl > one.jsonl
    { span other b 0 4 I48; span m9 b 0 4 I48; span m9 b 0 4 NONE; span m9 a 5 6 S72; span m9 b 11 13 S72; span m9 none 0 4 S72; } > two.jsonl
    cat > decisions.jsonl << 'END'
{"id": "m9", "codes": [{"code": "S72", "decision": "accepted", "evidence": [{"document": "b", "begin": 8, "end": 13, "by": "model"}, {"document": "b", "begin": 20, "end": 29, "by": "coder"}]},
  {"code": "E11", "decision": "rejected", "evidence": [{"document": "b", "begin": 0, "end": 7, "by": "model"}]}]}
END
    tr -d '\n' < decisions.jsonl | gzip > decisions.jsonl.gz
    ecan-terms --no-mined --train marked.mp --spans one.jsonl,two.jsonl,decisions.jsonl.gz 2> log > terms.tsv
    cat log terms.tsv
    grep -q ': 6 of 11 spans are used; left out: 1 of encounters that are not in --train, 2 of codes that their encounter or the model does not have, 2 without a word that counts$' log
    grep -q '^ala nasal	S72	.*	span$' terms.tsv
    ecan-terms -q --no-mined --train marked.mp --spans one.jsonl,two.jsonl 2> log > terms.tsv
    [ ! -s log ]
}

@test "--spans: what is refused" {
    marked
    bad() { # BECAUSE FILE
        run ecan-terms -q --train marked.mp --spans "spans.jsonl,$2"
        [ "$status" -eq 1 ] && [[ $output == *"$1"* ]] || { echo "$status $output"; return 1; }
    }
    bad 'no.jsonl' no.jsonl
    { head -n 1 spans.jsonl; echo '{'; } > bad.jsonl
    bad 'bad.jsonl: line 2: ' bad.jsonl
    { head -n 1 spans.jsonl; span m1 b 4 2 I48; } > bad.jsonl
    bad 'bad.jsonl: line 2: m1: note 1: annotation 1: a span that ends before it begins' bad.jsonl
    need msgpack
    "$python" - << 'END'
from helper import *
write("nowhere.mp", [{k: v for k, v in r.items() if k not in ("documents", "spans")} for r in read("marked.mp")])
END
    run ecan-terms -q --train nowhere.mp --spans spans.jsonl
    [ "$status" -eq 1 ] && [[ $output == *'key documents: missing: spans are places in the notes'* ]]
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
    no 1 'table.tsv: line 1: column 2: unknown code' --train "$data/train.mp" --dev "$data/dev.mp" -m "$data/network" -o out --table table.tsv
    for line in 'fever:expected a term, a tab and a code' 'fever\tI48\t1x:the third column, the weight, is not a finite number' '\tI48:a term without a letter'; do
        printf 'tos\tI48\n%b\n' "${line%%:*}" > bad.tsv
        no 1 "bad.tsv: line 2: ${line#*:}" --train "$data/train.mp" --dev "$data/dev.mp" -m "$data/network" -o out --table bad.tsv
    done
    train bare --epochs 1 --no-focal
    no 1 'descriptions for 0 of 5 codes of the model' --train "$data/train.mp" --dev "$data/dev.mp" -m bare -o out --descriptions
    [ ! -e out ]
    run ecan-terms --skip-unknown --train "$data/train.mp" --dev "$data/dev.mp" -m "$data/network" -o out --table table.tsv
    [[ $output == *'1 rows of --table skipped'* ]]
    echo '{"id": "1", "text": "a"}' | ecan-tokenize > unlabelled.mp
    no 1 'record 1 (1): ' --train unlabelled.mp
    head -c 3000 "$data/train.mp" > cut.mp
    no 1 'truncated' --train cut.mp
    no 1 '/dev/full' --train "$data/train.mp" -o /dev/full
}
