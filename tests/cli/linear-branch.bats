#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# linear.safetensors: ecan-terms writes it, ecan-match, ecan-score and ecan-predict use it; files of other models.

bats_require_minimum_version 1.5.0
load ../helper

# encounters N PREFIX SEED: each code is indicated by a phrase in half of its encounters, and by many words that are a
# little more frequent.
encounters() {
    awk -v n="$1" -v prefix="$2" -v seed="$3" 'BEGIN {
        srand(seed)
        split("I48 I21 E11 J45 S72", code)
        for (i = 0; i < n; i++) {
            text = ""; labels = ""
            for (j = 1; j <= 5; j++) {
                here = rand() < 0.3
                for (k = 1; k <= 8; k++) {
                    if (rand() < (here ? 0.45 : 0.15)) text = text " sign" j k
                    text = text " word" int(rand() * 40)
                }
                if (rand() < (here ? 0.5 : 0.01)) text = text " phrase of the code" j
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
    encounters 40 n 3 | ecan-tokenize > new.mp
    ecan-w2v --size 8 --min-count 1 --threads 1 -o vectors.bin train.mp
    train network --epochs 1 --no-focal
    terms model 2> log
    terms without -q --no-linear
    # the network and terms of the model, without its linear branch
    cp -r model rest
    rm rest/linear.safetensors
    jq 'del(.files, .fingerprint)' model/config.json > rest/config.json
}

setup() {
    need msgpack msgpack_numpy numpy
    cd "$BATS_TEST_TMPDIR" || return 1
}

terms() { # FOLDER [OPTION]...
    ecan-terms --train "$data/train.mp" --dev "$data/dev.mp" -m "$data/network" -o "$@"
}

f1() { # MODEL FILE
    ecan-predict -q -m "$1" "$2" | ecan-metrics --json | jq .micro.f1
}

scores() { # MODEL [FILE]: what ecan-predict writes
    ecan-predict -q -m "$1" "${2:-$data/new.mp}" | ecan-show --full --records -k scores,predicted
}

@test "the linear model is added if it improves micro-F1 on dev" {
    grep -q 'micro-F1 on dev: network 0.*, terms 0.*, linear 0.*, together 0' "$data/log"
    ecan-check "$data/model"
    [ -s "$data/model/linear.safetensors" ] && [ -s "$data/model/terms.tsv" ]
    jq -e '.terms | .linear_weight > 0 and .linear_features > 100 and .linear_rank == 5 and .dev_micro_f1 > .dev_micro_f1_terms
        and .dev_micro_f1 > .dev_micro_f1_linear' "$data/model/config.json"
    awk -v a="$(f1 "$data/network" "$data/new.mp")" -v b="$(f1 "$data/model" "$data/new.mp")" 'BEGIN { exit !(b > a + 0.2) }'
    awk -v a="$(f1 "$data/model" "$data/dev.mp")" -v b="$(jq .terms.dev_micro_f1 "$data/model/config.json")" 'BEGIN { exit !(a - b < 0.002 && b - a < 0.002) }'
    bytes=$(stat -c %s "$data/model/linear.safetensors")
    ecan-show "$data/model" | jq -e --argjson bytes "$bytes" 'select(.linear).linear | .features > 100 and .rank == 5 and .bytes == $bytes'
}

@test "bit-identical again, with three threads, and with --train from standard input" {
    terms again -q --threads 3
    ecan-terms -q --train - --dev "$data/dev.mp" -m "$data/network" -o pipe < "$data/train.mp"
    for file in linear.safetensors terms.tsv model.safetensors config.json; do
        cmp "again/$file" "$data/model/$file"
        cmp "pipe/$file" "$data/model/$file"
    done
}

@test "--refit counts train and dev, and keeps weights and threshold" {
    refit() { ecan-terms -q --refit --train "$data/train.mp" --dev "$data/dev.mp" -m "$@"; }
    refit "$data/model" -o refit
    refit "$data/model" -o again --threads 3
    for file in terms.tsv linear.safetensors model.safetensors config.json; do cmp "refit/$file" "again/$file"; done
    ecan-check refit
    # the counts are those of both files
    ecan-terms -q --train <(cat "$data/train.mp" "$data/dev.mp") > both.tsv
    counts() { awk -F '\t' -v OFS='\t' '!/^#/ { print $1, $2, $4, $5 }' "$1" | sort; }
    [ -z "$(comm -23 <(counts refit/terms.tsv) <(counts both.tsv))" ]
    [ -n "$(comm -23 <(counts refit/terms.tsv) <(counts "$data/model/terms.tsv"))" ]
    # what was chosen stays
    kept() { jq '[.threshold, (.terms | .network_weight, .term_weight, .any_term_weight, .linear_weight, .dev_micro_f1)]' "$1/config.json"; }
    [ "$(kept refit)" = "$(kept "$data/model")" ]
    jq -e '.terms | .refit and .linear_features > 100' refit/config.json
    "$python" - << 'END'
from helper import *
data = os.environ["data"]
a, b = read_tensors(data + "/model"), read_tensors("refit")
t, u = (json.load(open(f + "/config.json"))["terms"] for f in (data + "/model", "refit"))
assert all(same(a[k], b[k]) for k in a if k != "b")
assert numpy.allclose(b["b"] - a["b"], u["bias"] - t["bias"], atol=1e-5)
assert abs((u["bias"] - u["linear_bias"]) - (t["bias"] - t["linear_bias"])) < 1e-5
END
    awk -v a="$(f1 "$data/model" "$data/new.mp")" -v b="$(f1 refit "$data/new.mp")" 'BEGIN { exit !(b > a - 0.02) }'
    # a model without the linear model gets none
    refit "$data/without" -o without
    [ ! -e without/linear.safetensors ] && [ -s without/terms.tsv ]
    run ! ecan-terms --refit --train "$data/train.mp" --dev "$data/dev.mp" -m refit -o out
    [[ $output == *'refit: --refit counted its terms on dev already: use the model before' ]]
    run ! ecan-terms --refit --train "$data/train.mp" --dev "$data/dev.mp" -m "$data/network" -o out
    [[ $output == *'network: config.json: key terms: missing: expected a model that ecan-terms wrote' ]]
    run ! ecan-terms --refit --train "$data/train.mp"
    [[ $output == *'--refit needs --model'* ]]
    [ ! -e out ]
}

@test "leave-one-out micro-F1 chooses whether the first words count more" {
    # opening N PREFIX SEED: 60 words, and the signs of the codes are among the first 20; then 300 words with signs of any code.
    opening() {
        awk -v n="$1" -v prefix="$2" -v seed="$3" 'BEGIN {
            srand(seed)
            split("I48 I21 E11 J45 S72", code)
            for (i = 0; i < n; i++) {
                text = ""; labels = ""
                for (j = 1; j <= 5; j++) {
                    here[j] = rand() < 0.3
                    if (here[j]) labels = labels (labels ? ", " : "") "\"" code[j] "\""
                    for (k = 1; k <= 4; k++) text = text " " (here[j] ? "sign" j : "word" int(rand() * 40))
                }
                for (k = 0; k < 340; k++) text = text " " (k > 40 && rand() < 0.2 ? "sign" int(1 + rand() * 5) : "word" int(rand() * 40))
                printf "{\"id\": \"%s%d\", \"text\": \"%s\", \"labels\": [%s]}\n", prefix, i, text, labels
            }
        }'
    }
    opening 120 t 1 | ecan-tokenize > train.mp
    opening 60 d 2 | ecan-tokenize > dev.mp
    opening 60 n 3 | ecan-tokenize > new.mp
    ecan-terms -q --train train.mp --dev dev.mp -m "$data/network" -o model --no-mined
    jq -e '.terms.linear_first_words == 64' model/config.json
    jq -e '.terms.linear_first_words == 0' "$data/model/config.json"
    ecan-check model
    awk -v f="$(f1 model new.mp)" 'BEGIN { exit !(f > 0.9) }'
    # the pipe and --refit use the same features
    ecan-match -q -m model new.mp | ecan-predict -q -m model | ecan-show --full --records -k scores,predicted > a
    scores model new.mp | cmp - a
    ecan-terms -q --refit --train train.mp --dev dev.mp -m model -o refit --no-mined
    jq -e '.terms | .refit and .linear_first_words == 64' refit/config.json
    awk -v f="$(f1 refit new.mp)" 'BEGIN { exit !(f > 0.9) }'
}

@test "--no-linear, and training encounters without common words or without codes" {
    [ ! -e "$data/without/linear.safetensors" ]
    jq -e '.terms.linear_weight == 0 and .terms.linear_features == null' "$data/without/config.json"
    not grep -q linear_logits <(ecan-match -q -m "$data/without" "$data/new.mp" | ecan-show)
    cp -r "$data/model" out
    terms out -q --force --no-linear
    [ ! -e out/linear.safetensors ]
    cmp out/config.json "$data/without/config.json"
    for i in 1 2 3 4; do echo "{\"id\": \"$i\", \"text\": \"a$i b$i the\", \"labels\": [\"I48\"]}"; done | ecan-tokenize > few.mp
    ecan-terms --train few.mp --dev "$data/dev.mp" -m "$data/network" -o few 2> log
    grep -q 'no linear model: it needs words that 3 training encounters have' log
    [ ! -e few/linear.safetensors ]
    ecan-check few
    for i in 1 2 3 4; do echo "{\"id\": \"$i\", \"text\": \"a b c\", \"labels\": []}"; done | ecan-tokenize > unlabelled.mp
    ecan-terms --train unlabelled.mp --dev "$data/dev.mp" -m "$data/network" -o unlabelled 2> log
    grep -q 'no linear model: ' log
}

@test "the pipe is ecan-predict, with and without ecan-match" {
    m=$data/model
    ecan-match -q -m "$m" "$data/new.mp" > matched.mp
    ecan-check matched.mp
    for name in network rest; do ecan-predict -q -m "$data/$name" "$data/new.mp" > $name.mp; done
    ecan-predict -q --threads 3 -m "$m" "$data/new.mp" > model.mp
    for file in matched.mp "$data/new.mp"; do
        ecan-embed -q -m "$m" "$file" | ecan-encode -q -m "$m" | ecan-attend -q -m "$m" | ecan-score -q -m "$m" > scored.mp
        ecan-predict -q -m "$m" "$file" > predicted.mp
        "$python" - << 'END'
from helper import *
for a, b, c in zip(records("scored.mp"), records("predicted.mp"), records("model.mp"), strict=True):
    assert all(same(a[k], b[k]) and same(b[k], c[k]) for k in ("scores", "predicted"))
END
    done
    "$python" - << 'END'
from helper import *
logit = lambda p: numpy.log(p.astype("f8")) - numpy.log1p(-p.astype("f8"))
largest = 0
for a, b, matched in zip(records("model.mp"), records("rest.mp"), records("matched.mp"), strict=True):
    y = matched["linear_logits"]
    assert y.dtype == "<f4" and y.shape == (5,)
    largest = max(largest, numpy.abs(y).max())
    assert numpy.abs(logit(b["scores"]) + y - logit(a["scores"])).max() < 1e-4
assert largest > 0.5
END
}

@test "linear_logits of one's own replace the model's" {
    ecan-match -q -m "$data/model" "$data/new.mp" > matched.mp
    "$python" - << 'END'
from helper import *
o = read("matched.mp")
for r in o[1:-1]:
    r["linear_logits"] = numpy.zeros(5, "<f4")
write("zeros.mp", o)
END
    scores "$data/model" zeros.mp > a
    scores "$data/rest" | cmp - a
    not cmp -s a <(scores "$data/model")
}

@test "bad linear_logits are refused" {
    m=$data/model
    ecan-embed -q -m "$m" "$data/new.mp" | ecan-encode -q -m "$m" | ecan-attend -q -m "$m" > attended.mp
    "$python" - << 'END'
from helper import *
data = os.environ["data"]
def no(because, y):
    for program, path in ("ecan-predict", data + "/new.mp"), ("ecan-score", "attended.mp"):
        o = read(path)
        o[2]["linear_logits"] = y
        done = refused(program, "-q", "-m", data + "/model", stdin=pack(o), because="key linear_logits: " + because)
        assert "record 2 (n1): " in done.stderr, done.stderr
no("", numpy.zeros(4, "<f4"))
no("number 4 ", numpy.array([0, 0, 0, numpy.nan, 0], "<f4"))
no("number 1 ", numpy.array([numpy.inf, 0, 0, 0, 0], "<f4"))
no("expected f4 of 1 dim", numpy.zeros((1, 5), "<f4"))
no("expected f4 of 1 dim", numpy.zeros(5, "<i4"))
no("expected a tensor", [0.0] * 5)
END
    # encounters cannot have the key
    echo '{"id": "1", "text": "x", "linear_logits": [0, 0, 0, 0, 0]}' > own.jsonl
    run ecan-tokenize own.jsonl
    [ "$status" -eq 1 ]
    [[ $output == *"key linear_logits"* ]]
}

@test "linear.safetensors of another model, changed, added or removed" {
    terms other -q --no-mined
    no() { # BECAUSE
        for program in ecan-predict ecan-match ecan-embed; do
            run "$program" -q -m bad "$data/new.mp"
            [ "$status" -eq 1 ] && [[ $output == *"$1"* ]] || { echo "$program: $output"; return 1; }
        done
        run ecan-check bad
        [ "$status" -eq 1 ] && [[ $output == *"$1"* ]] || { echo "$output"; return 1; }
    }
    is_not='bad: linear.safetensors is not the file that config.json was written with'
    [ -s other/linear.safetensors ]
    not cmp -s other/linear.safetensors "$data/model/linear.safetensors"
    cp -r "$data/model" bad
    cp other/linear.safetensors bad
    no "$is_not"
    rm bad/linear.safetensors
    no "$is_not"
    rm -r bad
    cp -r "$data/without" bad
    cp other/linear.safetensors bad
    no "$is_not"
    # without hashes it is used
    rm -r bad
    cp -r "$data/model" bad
    jq 'del(.files, .fingerprint)' "$data/model/config.json" > bad/config.json
    scores bad > a
    scores "$data/model" | cmp - a
    # a stream made without it is one of another model
    ecan-embed -q -m "$data/rest" "$data/new.mp" > embedded.mp
    run ecan-encode -q -m bad embedded.mp
    [ "$status" -eq 1 ] && [[ $output == *'got one of another model'* ]]
    head -c 3000 "$data/model/linear.safetensors" > bad/linear.safetensors
    no 'bad/linear.safetensors: tensor'
    run ecan-show bad
    [ "$status" -eq 1 ] && [[ $output == *'bad/linear.safetensors: tensor'* ]]
    cp "$data/model/linear.safetensors" bad/model.safetensors # tensors of other types
    run ecan-show bad
    [ "$status" -eq 1 ] && [[ $output == *'bad/model.safetensors: tensor ngrams: unsupported dtype: expected F32'* ]]
    no 'bad/model.safetensors: '
}
