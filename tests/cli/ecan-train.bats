#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ecan-train: the model folder, equal models for equal seeds, every option, and errors. What happens when it is
# killed or the disk is full is in tests/fault.

load ../helper

setup_file() {
    export data=$BATS_FILE_TMPDIR
    cd "$data" || return 1
    write_corpus
    train model --epochs 3
    find_python json
    export python
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
}

# config FOLDER KEY: the value, lists without spaces; a.b for b in a.
config() {
    "$python" - "$1" "$2" << 'END'
import json, sys
value = json.load(open(sys.argv[1] + "/config.json"))
for key in sys.argv[2].split("."):
    value = value[key]
print(",".join(map(str, value)) if isinstance(value, list) else json.dumps(value).strip('"'))
END
}

# refused CODE WHY COMMAND...: exit CODE, with a message that says WHY, and no model in the folder `no`.
refused() {
    local code=$1 why=$2
    shift 2
    run "$@"
    echo "$output"
    [ "$status" -eq "$code" ] && [[ "$output" == "ecan-train: "*$why* ]] && [ ! -e no/config.json ]
}

tokens() { # lines of encounters -> a stream
    ecan-tokenize -q
}

@test "help shows a pipeline; version" {
    run ecan-train --help
    [ "$status" -eq 0 ]
    [[ "$output" == *"ecan-w2v train.mp -o vectors.bin"* ]]
    run ecan-train --version
    [ "$status" -eq 0 ]
}

@test "a complete model, and nothing in the folder but it, history and checkpoint" {
    ecan-check "$data/model"
    [ "$(ls "$data/model" | tr '\n' ' ')" = "checkpoint config.json history.jsonl labels.tsv model.safetensors vocab.txt " ]
    [ "$(ls "$data/model/checkpoint" | tr '\n' ' ')" = "m.safetensors state.json v.safetensors weights.safetensors " ]
}

@test "labels are sorted by their bytes" {
    [ "$(cut -f 1 "$data/model/labels.tsv" | tr '\n' ' ')" = "A1 A10 B10 C5 E11.9 Z2 " ]
    [ "$(config "$data/model" labels)" = 6 ]
}

@test "the words are those of the vectors, in their order" {
    ecan-w2v --size 8 --min-count 1 --threads 1 --save-vocab words -o again.bin "$data/train.mp"
    cmp "$data/vectors.bin" again.bin
    printf '<pad>\n<unk>\n' | cat - <(cut -d ' ' -f 1 words) | cmp - "$data/model/vocab.txt"
    [ "$(config "$data/model" words)" -eq "$(wc -l < "$data/model/vocab.txt")" ]
}

@test "history.jsonl: a line an epoch, through both phases" {
    "$python" - "$data/model/history.jsonl" << 'END'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
assert [(l["phase"], l["epoch"]) for l in lines] == [("bce", 1), ("bce", 2), ("bce", 3), ("focal", 4), ("focal", 5), ("focal", 6)]
for l in lines:
    assert {"phase", "epoch", "loss", "dev_micro_f1", "words_per_second", "seconds"} <= l.keys()
    assert l["loss"] > 0 and 0 <= l["dev_micro_f1"] <= l["dev_best_micro_f1"] <= 1 and l["words_per_second"] > 0
assert lines[3]["loss"] < lines[2]["loss"] / 1.5, "focal loss is smaller"
END
}

@test "the second phase begins with Adam at rest" {
    # 2 epochs of 5 steps a phase; t is of the phase, steps of both.
    train a --epochs 2
    grep -q '"t": 10,' a/checkpoint/state.json
    grep -q '"steps": 20,' a/checkpoint/state.json
}

@test "config.json: the maths, the tokenizer, the training" {
    [ "$(config "$data/model" tokenizer)" = "$(ecan-show "$data/train.mp" | "$python" -c '
import json; print(json.dumps(json.loads(input())["tokenizer"]))')" ]
    [ "$(config "$data/model" training.preset)" = few-encounters ]
    [ "$(config "$data/model" training.best.epoch)" -le 6 ]
    [ "$(config "$data/model" embedding_size)" = 8 ]
    not grep -q -e "$data" -e seconds "$data/model/config.json"
}

@test "it learns: the codes of dev are found" {
    corpus 300 d | tokens > many.mp
    train good --dev many.mp --epochs 15 --threads 4
    ecan-predict -m good -q many.mp | ecan-metrics --json > metrics.json
    "$python" -c 'import json; f = json.load(open("metrics.json")); assert f["micro"]["f1"] > 0.7, f["micro"]'
    # The results of its best epoch are those of ecan-metrics.
    "$python" -c 'import json
best = json.load(open("good/config.json"))["training"]["best"]["dev_micro_f1"]
assert abs(best - json.load(open("metrics.json"))["micro"]["f1"]) < 1e-9'
}

@test "a seed says every byte of model.safetensors and config.json; another seed says others" {
    train again --epochs 3
    train other --epochs 3 --seed 2
    for file in model.safetensors config.json vocab.txt labels.tsv; do
        cmp "$data/model/$file" "again/$file"
    done
    not cmp -s "$data/model/model.safetensors" other/model.safetensors
    cut -d, -f 1-7 "$data/model/history.jsonl" | sed 's/, "words_per_second.*//' > before
    sed 's/, "words_per_second.*//' again/history.jsonl | cmp - before
}

@test "the model and the checkpoint do not depend on the number of threads, also if a run is resumed with another" {
    options=(--batch-size 9 --average 0.9 --clip 1 --label-sharing codes --dropout 0.2)
    train a1 "${options[@]}" --epochs 3
    train a5 "${options[@]}" --epochs 3 --threads 5
    train part "${options[@]}" --stop-after 1 --epochs 3 --threads 2
    train part "${options[@]}" --epochs 3 --threads 3 --resume
    for other in a5 part; do
        for file in model.safetensors config.json checkpoint/{weights,m,v,average,kin}.safetensors; do
            cmp "a1/$file" "$other/$file"
        done
    done
    "$python" - << 'END'
import json
loss = [[(e["loss"], e["dev_loss"]) for e in map(json.loads, open(f"{m}/history.jsonl"))] for m in ("a1", "a5", "part")]
assert loss[0] == loss[1] == loss[2], loss
END
}

@test "every preset has the values of the paper" {
    defaults() { # what --help shows for the preset: NAME=DEFAULT of these options
        ecan-train --preset "$1" --help | awk '/^ +(-., )?--/ { print "" } { printf "%s ", $0 }' | tr -s ' ' |
            sed -nE 's/^ (--[a-z-]+) .*\(default: ([^)]*)\) $/\1=\2/p' | LC_ALL=C sort |
            grep -E -- '^--(channels|kernels|max-words|learning-rate|dropout|reduction|gamma|batch-size|patience|criterion|attention)=' |
            tr '\n' ' '
    }
    expect() { # NAME VECTORS CHANNELS KERNELS WORDS DROPOUT GAMMA ATTENTION, as printed in the paper
        local all="--attention=$8 --batch-size=16 --channels=$3 --criterion=micro-f1 --dropout=$6 --gamma=$7"
        all="$all --kernels=$4 --learning-rate=0.00015 --max-words=$5 --patience=5 --reduction=20 "
        [ "$(defaults "$1")" = "$all" ] || { printf '%s\n' "$1" "$(defaults "$1")" "$all"; return 1; }
        ecan-train --preset "$1" --help | tr -s ' \n' ' ' | grep -qF "(default: $1, for word vectors of dimension $2)"
    }
    # Tables 2 and 11, section 4.2, appendix A.1; attention: tables 3 and 4.
    expect mimic3-full 100 200,200,240,240 13,13,9,9 3500 0.3 1   sum
    expect mimic3-50   100 180,180,200,200 11,11,9,9 3500 0.3 0.5 multi
    expect dutch       200 180,180,200,200 11,11,9,9 3500 0.3 0.5 multi
    expect french      200 180,180,200,200 11,11,9,9 3500 0.3 0.5 multi
    expect eurlex      100 180,180,200,200 15,15,7,7 2000 0.1 1   multi
    expect wiki10      100 160,160,220,220 17,17,5,5 3000 0.3 1   multi
    for preset in mimic3-full mimic3-50 dutch french eurlex wiki10; do
        ecan-train --preset $preset --help | tr -s ' \n' ' ' | not grep -q "(default: on; --no-prior-bias)"
    done
    # The presets of ecan learn faster, and keep the best epoch.
    for preset in few-encounters more-encounters; do
        ecan-train --preset $preset --help | tr -s ' \n' ' ' > help
        for default in "on; --no-prior-bias" "on; --no-tune-threshold" "best-micro-f1"; do
            grep -qF "(default: $default)" help
        done
        grep -qF "(tables 9 and 10) --focal-from" help # no second phase
    done
    # The default is few-encounters; former names are accepted.
    cmp <(ecan-train --help) <(ecan-train --preset few-encounters --help)
    cmp <(ecan-train --help) <(ecan-train --preset small --help)
    cmp <(ecan-train --preset more-encounters --help) <(ecan-train --preset=middle --help)
}

@test "a preset's values reach the model, and options override them in any order" {
    bare() {
        ecan-train --train "$data/train.mp" --dev "$data/dev.mp" --vectors "$data/vectors.bin" --quiet --threads 2 \
            --epochs 1 --no-focal "$@"
    }
    bare -o a --preset mimic3-full
    [ "$(config a channels)" = 200,200,240,240 ]
    [ "$(config a kernels)" = 13,13,9,9 ]
    [ "$(config a max_words)" = 3500 ]
    [ "$(config a training.learning_rate)" = 0.00015 ]
    [ "$(config a training.preset)" = mimic3-full ]
    bare --kernels 3,3,3 --dropout 0.2 --preset=eurlex --channels 4,4,6 -o b
    [ "$(config b channels)" = 4,4,6 ]
    [ "$(config b kernels)" = 3,3,3 ]
    [ "$(config b training.dropout)" = 0.2 ]
    [ "$(config b max_words)" = 2000 ]
    [ "$(config b training.preset)" = eurlex ]
    refused 2 preset bare -o no --preset mimic
}

# shapes FOLDER: "name shape" of each tensor but the embedding's.
shapes() {
    ecan-show "$1" | "$python" -c '
import json, sys
for line in sys.stdin:
    t = json.loads(line)
    if "tensor" in t and t["tensor"] != "embed.weight":
        print(t["tensor"], "x".join(map(str, t["shape"])))' | LC_ALL=C sort
}

@test "Tables 9 and 10: the ablations have the tensors that they should" {
    short() {
        train "$@" --epochs 1
        ecan-check "$1"
    }
    shapes "$data/model" > all
    [ "$(wc -l < all)" -eq 27 ]
    short focal --no-focal
    shapes focal | cmp - all
    [ "$(cut -d '"' -f 4 focal/history.jsonl)" = bce ]
    [ "$(config focal training.gamma)" = null ]

    short no-se --no-squeeze-excitation
    grep -v -e fc1 -e fc2 all | cmp - <(shapes no-se)
    short no-res --no-residual
    grep -v -F .res. all | cmp - <(shapes no-res)

    short first --blocks-attended first --channels 8,6 --label-size 5
    [ "$(shapes first | grep -e '^[UWb] ' -e proj | tr '\n' ' ')" = \
        "U 6x5 W 6x8 b 6 proj.0.bias 8 proj.0.weight 8x5 " ]
    short last --blocks-attended last --channels 8,6 --label-size 5
    [ "$(shapes last | grep -e '^[UWb] ' -e proj | tr '\n' ' ')" = \
        "U 6x5 W 6x6 b 6 proj.0.bias 6 proj.0.weight 6x5 " ]
    short sum --attention sum --channels 8,6
    [ "$(shapes sum | grep -e '^[UWb] ' -e proj -e same | tr '\n' ' ')" = \
        "U 6x6 W 6x6 b 6 proj.0.bias 6 proj.0.weight 6x6 same.0.bias 6 same.0.weight 6x8x1 " ]
    short multi --channels 8,6
    [ "$(shapes multi | grep -e '^[UWb] ' -e proj | tr '\n' ' ')" = \
        "U 6x6 W 6x14 b 6 proj.0.bias 8 proj.0.weight 8x6 proj.1.bias 6 proj.1.weight 6x6 " ]
    refused 2 blocks_attended train no --attention sum --blocks-attended first
}

@test "other shapes train too: one block, even and wide kernels, a reduction above the channels, more threads than work" {
    train one --channels 5 --kernels 1 --epochs 1
    train even --channels 3,4,5 --kernels 2,64,1 --reduction 1000 --epochs 1
    train many --threads 9 --batch-size 3 --epochs 1
    train big-batch --batch-size 1000 --epochs 1
    train cut --max-words 1 --epochs 1
    train uncut --max-words 0 --epochs 1
    ecan-check one even many big-batch cut uncut
}

@test "--criterion and --tune-threshold" {
    for criterion in micro-f1 best-micro-f1 loss; do
        train $criterion --criterion $criterion --epochs 8 --no-focal
    done
    train tuned --criterion best-micro-f1 --tune-threshold --epochs 8 --no-focal
    "$python" - << 'END'
import json
def read(folder):
    lines = [json.loads(line) for line in open(folder + "/history.jsonl")]
    config = json.load(open(folder + "/config.json"))
    return lines, config, next(l for l in lines if l["epoch"] == config["training"]["best"]["epoch"])
lines, config, best = read("loss")
assert best["dev_loss"] == min(l["dev_loss"] for l in lines)
lines, config, best = read("best-micro-f1")
assert best["dev_best_micro_f1"] == max(l["dev_best_micro_f1"] for l in lines) and config["threshold"] == 0.5
lines, config, best = read("micro-f1")
assert best["dev_micro_f1"] == max(l["dev_micro_f1"] for l in lines)
lines, config, best = read("tuned")
assert config["threshold"] == best["dev_threshold"] != 0.5
times = ("seconds", "words_per_second")
assert [{k: l[k] for k in l if k not in times} for l in lines] == [{k: l[k] for k in l if k not in times} for l in read("best-micro-f1")[0]]
END
    ecan-predict -q -m tuned "$data/dev.mp" | ecan-metrics --json > metrics.json
    "$python" -c 'import json
best = json.load(open("tuned/config.json"))["training"]["best"]["dev_best_micro_f1"]
assert abs(best - json.load(open("metrics.json"))["micro"]["f1"]) < 1e-9'
}

@test "patience ends a phase" {
    train short --patience 2 --epochs 50 --lr 1e-9 --criterion best-micro-f1
    "$python" - << 'END'
import json
lines = [json.loads(line) for line in open("short/history.jsonl")]
values = [l["dev_best_micro_f1"] for l in lines]
bce = [l for l in lines if l["phase"] == "bce"]
assert len(bce) < 20
best = max(range(len(bce)), key=lambda i: (values[i], -i))
assert len(bce) == best + 3, (best, len(bce))
END
}

# every_option FOLDER [OPTION]...: with all that can be on.
every_option() {
    local folder=$1
    shift
    train "$folder" --weight-decay 0.1 --warm-up 1.5 --decay cosine --clip 0.05 --average 0.9 --embedding-rate 0.3 \
        --word-dropout 0.1 --hidden-dropout 0.2 --label-sharing codes,words,vectors,texts --threads 2 --epochs 4 "$@"
}

# last FOLDER: the weights that training ended with, not the best ones.
last() {
    echo "$1/checkpoint/weights.safetensors"
}

@test "options of the training: each has an effect, and config.json has it" {
    train plain --epochs 1 --no-focal
    while read -r key value options; do
        # shellcheck disable=SC2086
        train some --force --epochs 1 --no-focal $options
        [ "$(config some "training.$key")" = "$value" ]
        if [ "$key" = average ]; then
            cmp "$(last plain)" "$(last some)"
        else
            not cmp -s "$(last plain)" "$(last some)"
        fi
    done << 'END'
weight_decay 0.1 --weight-decay 0.1
warm_up 1.5 --warm-up 1.5
decay linear --decay linear
decay cosine --decay cosine
clip 0.001 --clip 0.001
average 0.9 --average 0.9
embedding_rate 0.0 --embedding-rate 0
embedding_rate 2.0 --embedding-rate 2
word_dropout 0.1 --word-dropout 0.1
hidden_dropout 0.1 --hidden-dropout 0.1
precision bf16 --precision bf16
share codes --label-sharing codes
share words,codes --share words,codes
END
}

@test "--precision: bfloat16 is repeatable and nearly the same; resumed with the same precision only" {
    train plain --epochs 2 --no-focal
    train bf16 --epochs 2 --no-focal --precision bf16
    train again --epochs 2 --no-focal --precision bf16
    cmp bf16/model.safetensors again/model.safetensors
    "$python" - << 'END'
import json
loss = lambda folder: [json.loads(line)["loss"] for line in open(folder + "/history.jsonl")]
for a, b in zip(loss("plain"), loss("bf16")):
    assert a != b and abs(a - b) < 0.01 * a, (a, b)
END
    train auto --epochs 1 --no-focal --precision auto
    [[ "$(config auto training.precision)" =~ ^(f32|bf16)$ ]]
    [ "$(config plain training.precision)" = f32 ]

    train no --epochs 2 --no-focal --precision bf16 --stop-after 1
    rm no/config.json
    refused 1 'another "precision"' train no --epochs 2 --no-focal --resume
    train no --epochs 2 --no-focal --precision bf16 --resume
    cmp bf16/model.safetensors no/model.safetensors
}

@test "--label-sample: another model than with all labels, the same for any number of threads, and resumed" {
    { cut -f 1 "$data/model/labels.tsv" | sed 's/$/\tdescription/'; printf 'X%d\tdescription\n' {1..300}; } > labels.tsv
    wide() { train "$@" --epochs 2 --no-focal --labels labels.tsv --all-labels; }
    wide all
    wide one --label-sample 20 --threads 1
    wide three --label-sample 20 --threads 3
    [ "$(config one training.label_sample)" = 20 ]
    not cmp -s one/model.safetensors all/model.safetensors
    cmp one/model.safetensors three/model.safetensors
    wide part --label-sample 20 --stop-after 1
    wide part --label-sample 20 --resume
    cmp one/model.safetensors part/model.safetensors
    wide every --label-sample 1000
    cmp every/model.safetensors all/model.safetensors
}

# write_spans ENCOUNTERS FILE: the word "signN" of each code of the encounters, as lines of MDACE's JSON.
write_spans() {
    "$python" - "$1" "$2" << 'END'
import json, sys
sign = {"B10": "sign2", "A10": "sign3", "A1": "sign4", "E11.9": "sign5", "C5": "sign6", "Z2": "sign1"}
with open(sys.argv[2], "w") as out:
    for line in open(sys.argv[1]):
        e = json.loads(line)
        marks = [{"begin": e["text"].index(sign[c]), "end": e["text"].index(sign[c]) + 5, "code": c} for c in e["labels"] if sign[c] in e["text"]]
        out.write(json.dumps({"id": e["id"], "notes": [{"note_id": e["id"], "annotations": marks}]}) + "\n")
END
}

@test "--spans: attention goes to the marked words, with attention to every block and to their sum" {
    corpus 40 t > train.jsonl
    write_spans train.jsonl spans.jsonl
    corpus 60 d | tokens > many.mp
    need msgpack msgpack_numpy numpy
    mass() { # MODEL: the mean attention, in percent, of the gold codes of dev on their sign
        ecan-embed -q -m "$1" many.mp | ecan-encode -q -m "$1" | ecan-attend -q -m "$1" --weights > attended.mp
        "$python" - "$1" << 'END'
import sys
from helper import *
sign = {"B10": "sign2", "A10": "sign3", "A1": "sign4", "E11.9": "sign5", "C5": "sign6", "Z2": "sign1"}
labels = [line.split("\t")[0] for line in open(sys.argv[1] + "/labels.tsv")]
sum, n = 0, 0
for r in records("attended.mp"):
    for c in r["labels"]:
        at = [i for i, w in enumerate(r["tokens"]) if w == sign[c]]
        for A in r["A"]:
            sum, n = sum + A[labels.index(c)][at].sum(), n + 1
print(round(100 * sum / n))
END
    }
    for kind in multi sum; do
        train plain --force --epochs 6 --no-focal --attention $kind
        train marked --force --epochs 6 --no-focal --attention $kind --spans spans.jsonl
        plain=$(mass plain) marked=$(mass marked)
        echo "$kind: $plain% and $marked%"
        [ "$marked" -gt $((plain + 10)) ]
    done
    [ "$(config marked training.span_weight)" = 1.0 ]
    [ "$(config marked training.spans)" -gt 40 ]
    not grep -q span plain/config.json
}

@test "--spans: the same for any number of threads, resumed, and with sampled labels; weight 0 changes nothing" {
    corpus 40 t > train.jsonl
    write_spans train.jsonl spans.jsonl
    short() { train "$@" --epochs 2 --no-focal; }
    short one --spans spans.jsonl
    short three --spans spans.jsonl --threads 3
    cmp one/model.safetensors three/model.safetensors
    short part --spans spans.jsonl --stop-after 1
    short part --spans spans.jsonl --resume
    cmp one/model.safetensors part/model.safetensors
    short plain
    not cmp -s one/model.safetensors plain/model.safetensors
    short none --spans spans.jsonl --span-weight 0
    cmp plain/model.safetensors none/model.safetensors
    short every --spans spans.jsonl --label-sample 1000
    cmp one/model.safetensors every/model.safetensors
    short bf16 --spans spans.jsonl --precision bf16
    not cmp -s bf16/model.safetensors one/model.safetensors
    # other spans, no spans, another weight: other runs
    head -n 20 spans.jsonl > half.jsonl
    short no --spans spans.jsonl --stop-after 1
    rm no/config.json
    refused 1 'another "train"' short no --spans half.jsonl --resume
    refused 1 'another "train"' short no --resume
    refused 1 'another "span_weight"' short no --spans spans.jsonl --span-weight 2 --resume
}

@test "--spans: several files; what is left out is counted; what is refused" {
    span() { # ENCOUNTER NOTE BEGIN END CODE
        echo "{\"id\": \"$1\", \"notes\": [{\"note_id\": \"$2\", \"annotations\": [{\"begin\": $3, \"end\": $4, \"code\": \"$5\"}]}]}"
    }
    code=$(corpus 1 t | sed 's/.*labels": \["\([^"]*\)".*/\1/')
    other=$(printf '%s\n' B10 A10 A1 E11.9 C5 Z2 | grep -vxF -f <(corpus 40 t | tail -n 1 | jq -r '.labels[]') | head -n 1) # not of t39
    span t0 t0 0 5 "$code" > one.jsonl
    { span t0 t0 3 12 "$code"; span nobody t0 0 5 "$code"; span t0 t0 0 5 J99; span t39 t39 0 5 "$other"; span t0 other 0 5 "$code"; } |
        gzip > two.jsonl.gz
    with() { ecan-train --train "$data/train.mp" --dev "$data/dev.mp" --vectors "$data/vectors.bin" -o "$1" "${network[@]}" --epochs 1 --no-focal "${@:2}"; }
    with model --spans one.jsonl,two.jsonl.gz 2> log
    grep -q '2 of 6 spans are used; left out: 1 of encounters that are not in train, 2 of codes that their encounter does not have, 1 without a word that is read$' log
    [ "$(config model training.spans)" = 1 ] # the two overlap
    with short --spans one.jsonl --max-words 1 2> log
    grep -q '1 of 1 spans are used' log
    span t0 t0 6 20 "$code" > late.jsonl
    with none --spans late.jsonl --max-words 1 -q 2> log
    grep -q 'warning: late.jsonl: none of 1 spans is of an encounter and a code of' log
    span t0 t0 5 2 "$code" > bad.jsonl
    refused 1 'bad.jsonl: line 1' with no --spans bad.jsonl
    refused 1 'nowhere' with no --spans nowhere
}

@test "--label-sharing: a code that no encounter has is found by its relatives" {
    # fever: A1 or A2, never A3; cough: B1 or B2, never B3
    encounters() {
        awk -v n="$1" -v prefix="$2" 'BEGIN {
            for (i = 0; i < n; i++) {
                text = i % 2 ? "cough" : "fever"
                for (j = 1; j < 20; j++)
                    text = text " word" (i * 17 + j * j * 3) % 40
                printf "{\"id\": \"%s%d\", \"text\": \"%s\", \"labels\": [\"%s%d\"]}\n", prefix, i, text, i % 2 ? "B" : "A", i % 4 / 2 + 1
            }
        }'
    }
    encounters 40 t | ecan-tokenize > train.mp
    encounters 12 d | ecan-tokenize > dev.mp
    ecan-w2v --size 8 --min-count 1 --threads 1 -o vectors.bin train.mp
    printf '%s\n' A1 A2 A3 B1 B2 B3 > labels.tsv
    data=. train together --epochs 20 --labels labels.tsv --all-labels --label-sharing codes
    ecan-predict -m together dev.mp | ecan-show --records --full --key scores | jq .scores > scores
    # A1 A2 A3 B1 B2 B3: of two codes that are not in training, the related one has the higher score
    jq -se '[range(length) as $i | .[$i] | if $i % 2 == 0 then .[2] > .[5] else .[5] > .[2] end] | all' scores
}

@test "--embedding-rate 0: the word vectors stay" {
    embedding() {
        ecan-show --full --key embed.weight "$1"
    }
    train frozen --epochs 3 --embedding-rate 0
    train start --epochs 1 --no-focal --embedding-rate 0 --lr 1e-9
    cmp <(embedding frozen | tail -n 1) <(embedding start | tail -n 1)
    not cmp -s <(embedding "$data/model" | tail -n 1) <(embedding start | tail -n 1)
}

@test "the learning rate's way is in the history" {
    train a --epochs 4 --no-focal --decay linear --warm-up 2 --lr 0.02
    train b --epochs 3 --lr 0.02 --warm-up 1 --decay cosine
    "$python" - << 'END'
import json, math
def rates(folder):
    return [json.loads(line)["learning_rate"] for line in open(folder + "/history.jsonl")]
# 5 steps an epoch; the last one of an epoch begins 0.2 epochs before its end.
want = [0.01, 0.02, 0.02 * (1 - 0.8 / 2), 0.02 * (1 - 1.8 / 2)]
assert all(abs(a - b) < 1e-12 for a, b in zip(rates("a"), want)), rates("a")
phase = [0.02] + [0.01 * (1 + math.cos(math.pi * x / 2)) for x in (0.8, 1.8)]
assert len(rates("b")) == 6 and all(abs(a - b) < 1e-12 for a, b in zip(rates("b"), phase + phase)), rates("b")
END
    not grep -q -e learning_rate -e gradient_norm "$data/model/history.jsonl"
}

@test "with --decay a phase runs all its epochs, unless --patience is given" {
    train a --epochs 9 --no-focal --lr 1e-9 --decay linear
    [ "$(wc -l < a/history.jsonl)" -eq 9 ]
    train b --epochs 9 --no-focal --lr 1e-9 --decay linear --patience 2
    [ "$(wc -l < b/history.jsonl)" -lt 9 ]
    [ "$(config a training.patience)" = 9 ]
}

@test "--average: dev and the folder get the average, not the weights" {
    train a --epochs 3 --average 0.95 --criterion loss
    ecan-check a
    not cmp -s a/checkpoint/average.safetensors "$(last a)"
    ecan-predict -q -m a "$data/dev.mp" | ecan-metrics --json > metrics.json
    "$python" -c 'import json
best = json.load(open("a/config.json"))["training"]["best"]["dev_micro_f1"]
assert abs(best - json.load(open("metrics.json"))["micro"]["f1"]) < 1e-9'
    # The loss falls: the last epoch of the first phase is its best.
    train one --epochs 3 --average 0.95 --criterion loss --no-focal
    [ "$(config one training.best.epoch)" = 3 ]
    cmp one/model.safetensors one/checkpoint/average.safetensors
    # The second phase begins with the best average as its weights and as its average.
    local patient=(--epochs 40 --patience 2 --average 0.5 --lr 0.1)
    train first "${patient[@]}" --no-focal
    train two "${patient[@]}" --stop-after "$(wc -l < first/history.jsonl)"
    grep -q '"phase": 1' two/checkpoint/state.json
    [ "$(config two training.best.epoch)" -lt "$(wc -l < two/history.jsonl)" ]
    for file in weights average; do
        cmp two/model.safetensors "two/checkpoint/$file.safetensors"
    done
}

@test "--stop-after: exit 0, a checkpoint and the best model; the model after --resume is bit-identical" {
    every_option whole
    every_option parts --stop-after 1
    [ "$(wc -l < parts/history.jsonl)" -eq 1 ]
    ecan-check parts
    every_option parts --stop-after 1 --resume
    [ "$(wc -l < parts/history.jsonl)" -eq 1 ]
    for n in 3 4 6; do
        every_option parts --stop-after $n --resume
        [ "$(wc -l < parts/history.jsonl)" -eq $n ]
    done
    every_option parts --stop-after 100 --resume
    for file in model.safetensors config.json checkpoint/{weights,m,v,average}.safetensors; do
        cmp "whole/$file" "parts/$file"
    done
    [ "$(sed 's/, "words_per_second.*//' whole/history.jsonl)" = "$(sed 's/, "words_per_second.*//' parts/history.jsonl)" ]
    train none --stop-after 0 --epochs 1
    [ "$(wc -l < none/history.jsonl)" -eq 2 ]
}

# epochs FOLDER: phase, epoch and loss of each.
epochs() {
    sed 's/, "dev_loss.*//' "$1/history.jsonl"
}

@test "--focal-from: the same epochs with binary cross entropy, then another model; resumed anywhere it is bit-identical" {
    # A learning rate that stalls, so that the best weights are not the last ones.
    local fast=(--epochs 6 --patience 2 --lr 0.1)
    for from in 0 4 best; do
        train "$from" "${fast[@]}" --focal-from $from
        for ((n = 1; n <= $(wc -l < $from/history.jsonl); n++)); do
            train "$from-parts" "${fast[@]}" --focal-from $from --resume --stop-after $n
        done
        train "$from-parts" "${fast[@]}" --focal-from $from --resume
        [ "$(epochs $from-parts)" = "$(epochs $from)" ]
        for file in model.safetensors config.json checkpoint/{weights,m,v}.safetensors; do
            cmp "$from/$file" "$from-parts/$file"
        done
        [ "$(config $from training.focal_from)" = $from ]
        [ "$(config $from training.best.phase)" = focal ]
    done
    [ "$(epochs 0 | grep -c bce)" -eq 0 ]
    [ "$(epochs 4 | grep -c bce)" -eq 4 ]
    [ "$(epochs best | grep -c bce)" -gt 4 ]
    [ "$(epochs best | head -n 4)" = "$(epochs 4 | head -n 4)" ]
    not cmp -s 0/model.safetensors 4/model.safetensors
    not cmp -s 0/model.safetensors best/model.safetensors
    not cmp -s 4/model.safetensors best/model.safetensors
    # From N it continues with the weights of epoch N, and with Adam at rest.
    train at --epochs 6 --focal-from 2 --stop-after 2
    train bce --epochs 2 --no-focal
    cmp at/checkpoint/weights.safetensors bce/checkpoint/weights.safetensors
    grep -q '"t": 0,' at/checkpoint/state.json
    # Patience does not shorten the first phase, and the option turns the second on.
    train long --epochs 9 --patience 1 --lr 1e-9 --focal-from 5
    [ "$(epochs long | grep -c bce)" -eq 5 ]
    ecan-train --train "$data/train.mp" --dev "$data/dev.mp" --vectors "$data/vectors.bin" -o on -q --epochs 1 --focal-from 0
    [ "$(config on training.best.phase)" = focal ]
    refused 2 "expected at most 3" train no --epochs 3 --focal-from 4
}

@test "--keep: the model of the focal phase, or of the better phase" {
    # By the loss (binary cross entropy on dev) no epoch with focal loss is better.
    train bce --epochs 8 --criterion loss --no-focal
    train best --epochs 8 --criterion loss --gamma 10 --keep best
    train focal --epochs 8 --criterion loss --gamma 10
    cmp bce/model.safetensors best/model.safetensors
    [ "$(config best training.best.phase)" = bce ]
    [ "$(config focal training.best.phase)" = focal ]
    # They train alike, but the first stalls sooner.
    [ "$(epochs best)" = "$(epochs focal | head -n "$(wc -l < best/history.jsonl)")" ]
    "$python" - << 'END'
import json
lines = [json.loads(line) for line in open("focal/history.jsonl")]
best = json.load(open("focal/config.json"))["training"]["best"]
assert best["dev_loss"] == min(l["dev_loss"] for l in lines if l["phase"] == "focal") > min(l["dev_loss"] for l in lines)
END
}

@test "a checkpoint without focal_from and keep is of a run that kept the best of both phases" {
    train whole --epochs 4 --keep best
    train no --epochs 4 --keep best --stop-after 5
    sed -i '/"focal_from"/d; /"keep"/d' no/checkpoint/state.json
    cp -r no old
    rm no/config.json
    refused 1 'another "keep"' train no --epochs 4 --resume
    refused 1 'another "focal_from"' train no --epochs 4 --resume --keep best --focal-from 3
    train old --epochs 4 --keep best --resume
    cmp old/model.safetensors whole/model.safetensors
}

@test "--resume with decay and other epochs, or without its average: refused" {
    every_option no --stop-after 2
    rm no/config.json
    refused 1 'another "epochs"' every_option no --resume --epochs 5
    refused 1 'another "average"' every_option no --resume --average 0
    rm no/checkpoint/average.safetensors
    refused 1 average.safetensors every_option no --resume
}

@test "descriptions reach labels.tsv; --all-labels adds the codes that have no encounter" {
    printf 'E11.9\tdiabète de type 2\nA1\tcholera\nQ00\tunused\n' > names.tsv
    train some --labels names.tsv --epochs 1
    printf 'A1\tcholera\nA10\t\nB10\t\nC5\t\nE11.9\tdiabète de type 2\nZ2\t\n' | cmp - some/labels.tsv
    train all --labels names.tsv --all-labels --epochs 1
    printf 'A1\tcholera\nA10\t\nB10\t\nC5\t\nE11.9\tdiabète de type 2\nQ00\tunused\nZ2\t\n' | cmp - all/labels.tsv
    ecan-check some all
    refused 2 --labels train no --all-labels
    printf 'A1\ta\nA1\tb\n' > twice.tsv
    refused 1 "twice.tsv: line 2" train no --labels twice.tsv
}

# Encounters whose texts are not those of train.
dev() { corpus 16 d | sed 's/"text": "/&dev /'; }

# faulty CODES: train.mp and dev.mp in which code A1 of train is one of CODES, in turn.
faulty() {
    corpus 40 t | awk -v codes="$1" 'BEGIN { n = split(codes, code, "/") }
        { i = NR % n + 1; gsub(/"A1"/, "\"" code[i] "\""); print }' | tokens > train.mp
    dev | tokens > dev.mp
    cp "$data/vectors.bin" .
}

@test "suspicious codes are warnings: blanks, lists, codes that differ only in points, case or blanks" {
    faulty 'A1 /A1,B10/E119/e11.9/48.6/486/A1'
    data=. train warned --epochs 1 2> said
    grep -qxF "ecan-train: warning: ./train.mp: 1 code with a blank at the beginning or end (first: 'A1 ')" said
    grep -qxF "ecan-train: warning: ./train.mp: 1 code made of several codes: labels must be an array of codes (first: 'A1,B10')" said
    grep -qF "ecan-train: warning: ./train.mp: 2 codes like another one but for points, case or blanks (first: '" said
    not grep -qF 486 said
    [ "$(wc -l < said)" -eq 3 ]
    faulty A1
    data=. train quiet --epochs 1 2> said
    [ ! -s said ]
    # dev writes a code in another way
    dev | sed 's/"E11.9"/"E119"/' | tokens > dev.mp
    data=. train other --epochs 1 2> said
    grep -qxF "ecan-train: warning: ./dev.mp: 1 code that the training set has only with other points, case or blanks; they count as missed (first: 'E119', 'E11.9')" said
}

@test "descriptions: none fits is an error, some fit are counted; both with a hint" {
    printf 'e119\tx\nQ00\ty\n' > names.tsv
    refused 1 "names.tsv: descriptions for 0 of 6 codes of $data/train.mp: it has e119, and train has E11.9" train no --labels names.tsv
    refused 1 "names.tsv: descriptions for 0 of 6 codes" train no --labels names.tsv --all-labels
    printf 'Q00\ty\n' > names.tsv
    refused 1 "names.tsv: descriptions for 0 of 6 codes of $data/train.mp" train no --labels names.tsv
    printf 'A1\nE119\tx\n' > names.tsv
    refused 1 "names.tsv: descriptions for 0 of 6 codes" train no --labels names.tsv
    printf 'A1\nE11.9\n' > names.tsv # codes only
    train codes --labels names.tsv --no-quiet --epochs 1 2> said
    grep -qxF "ecan-train: names.tsv: descriptions for 0 of 6 codes" said
    printf 'A1\tx\nE119\ty\n' > names.tsv
    train some --labels names.tsv --no-quiet --epochs 1 2> said
    grep -qxF "ecan-train: names.tsv: descriptions for 1 of 6 codes" said
    grep -qF "1 code whose description has other points, case or blanks (first: 'E11.9', 'E119')" said
}

@test "encounters in both train and dev are a warning, by id or by text" {
    faulty A1
    # t5 with another text, the text of t6 with another id, and encounters without words
    { dev; corpus 40 t | sed -n '6s/sign/sogn/gp; 7s/"t6"/"x"/p'; echo '{"id": "y", "text": "12", "labels": ["A1"]}'; } | tokens > dev.mp
    { corpus 40 t; echo '{"id": "z", "text": "13", "labels": ["A1"]}'; } | tokens > train.mp
    data=. train both --epochs 1 2> said
    echo "ecan-train: warning: 2 of 19 dev encounters are also in train, with the same id or text (first: t5): results on dev are too good" | diff - said
}

@test "text that is not read is counted: on standard error, and in the model" {
    { corpus 40 t; } | sed '1s/"text": "/&more more /' | ecan-tokenize -q --max-words 30 > train.mp
    dev | ecan-tokenize -q --max-words 30 > dev.mp
    cp "$data/vectors.bin" .
    data=. train cut --max-words 28 --no-quiet --epochs 1 2> said
    grep -qxF "train 40 of 40 encounters: 82 words beyond --max-words not read" said
    grep -qxF "dev   16 of 16 encounters: 48 words beyond --max-words not read" said
    [ "$(config cut training.unread.train)" = '{"encounters": 40, "words": 82, "encounters_with_words": 40, "notes": 0, "encounters_with_notes": 0}' ]
    corpus 40 t | tokens > train.mp
    dev | tokens > dev.mp
    data=. train whole --max-words 0 --no-quiet --epochs 1 2> said
    not grep -q "not read" said
    not grep -q unread whole/config.json
}

@test "word vectors: scaled or as they are; <pad> and <unk> of the file" {
    printf '%s\n' '4 2' 'word1 3 4' '<unk> 0 5' '<pad> 7 7' 'sign1 6 8' > v.txt
    train scaled --vectors v.txt --lr 1e-9 --epochs 1
    printf '<pad>\n<unk>\nword1\nsign1\n' | cmp - scaled/vocab.txt
    train plain --vectors v.txt --lr 1e-9 --epochs 1 --no-scale-vectors
    embedding() {
        ecan-show --full --key embed.weight "$1" | "$python" -c '
import json, sys
print([[round(float(x), 4) + 0 for x in row] for line in sys.stdin for row in json.loads(line).get("values", [])])'
    }
    [ "$(embedding scaled)" = "[[0.0, 0.0], [0.0, 1.0], [0.6, 0.8], [0.6, 0.8]]" ]
    [ "$(embedding plain)" = "[[0.0, 0.0], [0.0, 5.0], [3.0, 4.0], [6.0, 8.0]]" ]
}

@test "--prior-bias: labels begin at their log odds, and without it at 0" {
    train prior --lr 1e-9 --epochs 1 --no-focal --prior-bias
    train none --lr 1e-9 --epochs 1 --no-focal --no-prior-bias
    "$python" - << 'END'
import json, math, os, subprocess
def b(folder):
    done = subprocess.run(["ecan-show", "--full", "--key", "b", folder], capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])["values"]
shown = subprocess.run(["ecan-show", "-r", "-k", "labels", os.environ["data"] + "/train.mp"], capture_output=True, text=True)
gold = [json.loads(line)["labels"] for line in shown.stdout.splitlines()]
assert len(gold) == 40
for code, bias, zero in zip(["A1", "A10", "B10", "C5", "E11.9", "Z2"], b("prior"), b("none")):
    n = sum(code in labels for labels in gold)
    assert abs(bias - math.log((n + .5) / (40 - n + .5))) < 1e-5 and abs(zero) < 1e-5, (code, n, bias, zero)
END
}

@test "encounters without words train and are counted" {
    { corpus 12 t; echo '{"id": "empty", "text": "", "labels": ["A1"]}'; } | tokens > empty.mp
    train a --train empty.mp --dev empty.mp --epochs 2
    train b --train empty.mp --dev empty.mp --epochs 2 --threads 2 --attention sum
    ecan-check a b
    echo '{"id": "empty", "text": "", "labels": ["A1"]}' | tokens > none.mp
    train c --train none.mp --dev none.mp --epochs 2
    ecan-check c
}

@test "dev with codes that the training set lacks: counted as missed, and reported" {
    { corpus 6 d; echo '{"id": "x", "text": "sign1", "labels": ["NEW", "A1"]}'; } | tokens > dev.mp
    run train a --dev dev.mp --epochs 15 --no-quiet
    [ "$status" -eq 0 ]
    [[ "$output" == *"1 with codes that the training set lacks"* ]]
    ecan-predict -q -m a dev.mp | ecan-metrics --json > metrics.json
    [ "$(cut -f 1 a/labels.tsv | grep -c NEW)" -eq 0 ]
    echo '{"id": "x", "text": "sign1", "labels": ["NEW"]}' | tokens > other.mp
    refused 1 "other.mp: no encounter has a code of the training set" train no --dev other.mp
}

@test "a duplicate code in an encounter counts once" {
    corpus 8 t | sed 's/"labels": \[\("[^"]*"\)/"labels": [\1, \1/' | tokens > twice.mp
    corpus 8 t | tokens > once.mp
    train a --train twice.mp --dev twice.mp --epochs 2
    train b --train once.mp --dev once.mp --epochs 2
    cmp a/model.safetensors b/model.safetensors
    cmp a/config.json b/config.json
}

@test "refused: encounters without labels, empty sets, duplicate ids" {
    echo '{"id": "a", "text": "x"}' | tokens > none.mp
    refused 1 "none.mp: record 1 (a): offset"*"no labels" train no --train none.mp
    refused 1 "none.mp: record 1 (a): offset"*"no labels" train no --dev none.mp
    echo '{"id": "a", "text": "x", "labels": []}' | tokens > empty-list.mp
    refused 1 "empty-list.mp: no labels: no encounter has a code" train no --train empty-list.mp
    tokens < /dev/null > empty.mp
    refused 1 "empty.mp" train no --train empty.mp
    refused 1 "no encounters to evaluate with" train no --dev empty.mp
    cat "$data/train.mp" "$data/train.mp" > twice.mp
    refused 1 "twice.mp: record 41 (t0)"*"duplicate id" train no --train twice.mp
    [ ! -e no ]
}

@test "refused: not a stream of tokens, or a truncated one" {
    refused 1 "model.safetensors: expected a stream" train no --train "$data/model/model.safetensors"
    corpus 3 t > lines.jsonl
    refused 1 JSON train no --dev lines.jsonl
    refused 1 "No such file" train no --train nowhere.mp
    ecan-predict -q -m "$data/model" "$data/dev.mp" > scored.mp
    refused 1 "expected a 'tokens' stream, got 'scored'" train no --dev scored.mp
    size=$(wc -c < "$data/train.mp")
    for n in 0 1 $((size / 3)) $((size - 1)); do
        head -c "$n" "$data/train.mp" > cut.mp
        refused 1 truncated train no --train cut.mp
        refused 1 truncated train no --dev cut.mp
    done
}

@test "refused: tokens made with different settings, within a file too" {
    corpus 4 c | ecan-tokenize --compat caml > caml.mp
    corpus 4 d | tokens > dev.mp
    refused 1 "different settings" train no --dev caml.mp
    cat dev.mp caml.mp > mixed.mp
    corpus 4 e | tokens | cat dev.mp - > same.mp
    refused 1 "other settings" train no --dev mixed.mp
    train yes --dev same.mp --epochs 1
}

@test "refused: invalid word vectors" {
    head -c 300 "$data/vectors.bin" > cut.bin
    refused 1 "cut.bin: truncated" train no --vectors cut.bin
    printf '2 2\nword1 1 nan\nword2 1 2\n' > nan.txt
    refused 1 "nan.txt: row 1"*finite train no --vectors nan.txt
    printf '2 2\nword1 1 inf\nword2 1 2\n' > inf.txt
    refused 1 "inf.txt: row 1"*finite train no --vectors inf.txt
    : > empty.txt
    refused 1 empty.txt train no --vectors empty.txt
    refused 1 train.mp train no --vectors "$data/train.mp"
}

@test "refused: a folder that cannot be made or written, before the training" {
    touch file
    refused 1 "file: expected a folder" train file
    refused 1 "nowhere/no: No such file" train nowhere/no
    if [ "$(id -u)" -ne 0 ]; then
        mkdir -m 555 locked
        refused 1 "locked: Permission denied" train locked
    else
        refused 1 /proc/no train /proc/no
    fi
}

@test "streams and vectors from pipes; a folder with blanks, a link, the current folder; other files in it stay" {
    ecan-train --train - --dev <(cat "$data/dev.mp") --vectors <(cat "$data/vectors.bin") -o 'a folder/' --quiet \
        "${network[@]}" --epochs 3 < "$data/train.mp"
    cmp 'a folder/model.safetensors' "$data/model/model.safetensors"
    mkdir -p real/more
    ln -s real link
    train link --epochs 1
    echo mine > real/notes.txt
    cd real
    train . --epochs 2 --resume
    ecan-check ../link
    [ "$(cat notes.txt)" = mine ] && [ -d more ] && [ -L ../link ]
    cd ..
    rm -r real/more
    train link --epochs 2 --force
    [ "$(cat real/notes.txt)" = mine ] && [ -L link ]
}

@test "a full disk: the old model stays" {
    cp -r "$data/model" kept
    run bash -c 'ulimit -f 4; "$@"' - ecan-train --train "$data/train.mp" --dev "$data/dev.mp" \
        --vectors "$data/vectors.bin" -o kept --channels 8,8 --kernels 3,3 --quiet --epochs 1 --force
    [ "$status" -eq 1 ]
    [ "${lines[-1]}" = "ecan-train: kept/model.safetensors: cannot write: file too large: the limit is that of this process (ulimit -f) or of the file system" ]
    diff -r -x checkpoint kept "$data/model"
}

@test "errors: codes that a line of labels.tsv cannot have" {
    need msgpack msgpack_numpy numpy
    "$python" - << 'END'
from helper import *
header, first, *_ = read(os.environ["data"] + "/train.mp")
for n, code in enumerate(["a\tb", "a\nb", "a\rb", "a\0b", ""]):
    write(f"{n}.mp", [header, first | {"labels": ["A1", code]}, {"end": 1}])
for n, labels in enumerate([5, "A1", [5], {"A1": 1}, [["A1"]], None]):
    write(f"1{n}.mp", [header, first | {"labels": labels}, {"end": 1}])
END
    for n in 0 1 2 3 4 10 11 12 13 14 15; do
        refused 1 "$n.mp: record 1 (t0): offset "*": key labels: " train no --train "$n.mp"
        [ "$n" -lt 10 ] || refused 1 "$n.mp: record 1 (t0): offset "*": key labels: " train no --dev "$n.mp"
    done
}

@test "no finite loss: reported with the epoch and the step, and the old model stays" {
    cp -r "$data/model" kept
    printf '3 2\nword1 1e38 1e38\nword2 -1e38 1e38\nsign1 1e38 1e38\n' > huge.txt
    run train kept --force --vectors huge.txt --no-scale-vectors --lr 10 --no-squeeze-excitation
    echo "$output"
    [ "$status" -eq 1 ]
    [[ "$output" == *epoch* ]]
    for file in model.safetensors config.json vocab.txt labels.tsv; do
        cmp "kept/$file" "$data/model/$file"
    done
}

@test "--resume without a checkpoint starts training, and after the end does nothing" {
    train a --epochs 3 --resume
    cmp a/model.safetensors "$data/model/model.safetensors"
    touch before
    train a --epochs 3 --resume
    [ -z "$(find a -newer before -type f)" ]
}

@test "--resume with more epochs continues" {
    train a --epochs 2 --no-focal
    train a --epochs 5 --no-focal --resume
    train b --epochs 5 --no-focal
    cmp a/model.safetensors b/model.safetensors
    [ "$(wc -l < a/history.jsonl)" -eq 5 ]
}

@test "an existing model is replaced only with --force, a folder with other files never; a file that is no model's stays" {
    train a --epochs 1 --seed 7
    cp -r a before
    refused 1 "a: there is a model already: use --resume "*" --force "* train a --epochs 3
    rm -r a/checkpoint
    refused 1 "a: there is a model already" train a --epochs 3
    cp -r before/checkpoint a
    rm a/config.json
    refused 1 "a: there is a model already" train a --epochs 3
    cp before/config.json a
    diff -r a before
    mkdir mine mine/sub
    echo 'A1 my labels' > mine/labels.tsv
    echo '{"name": "another program", "words": 5}' > mine/config.json
    for option in "" --resume --force; do
        # shellcheck disable=SC2086
        refused 1 "mine: neither empty nor a model folder" train mine --epochs 1 $option
    done
    [ "$(cat mine/labels.tsv)" = 'A1 my labels' ] && [ "$(ls -A mine)" = "$(printf 'config.json\nlabels.tsv\nsub')" ]
    refused 2 "--resume continues a training, --force replaces it" train a --resume --force
    echo mine > a/notes.txt
    train a --epochs 3 --force
    [ "$(cat a/notes.txt)" = mine ]
    cmp a/model.safetensors "$data/model/model.safetensors"
}

@test "--resume with other options or data is an error, and changes nothing" {
    cp -r "$data/model" no
    rm no/config.json
    corpus 41 t | tokens > more.mp
    corpus 40 t | sed 's/"A10"/"A11"/g' | tokens > renamed.mp
    corpus 40 t | sed 's/"text": "\([^ ]*\) \([^ ]*\)/"text": "\2 \1/' | tokens > turned.mp
    corpus 17 d | tokens > dev.mp
    ecan-w2v -q --size 8 --min-count 1 --seed 2 --threads 1 -o other.bin "$data/train.mp"
    while read -r what options; do
        # shellcheck disable=SC2086
        refused 1 "another \"$what\"" train no --epochs 3 --resume $options
    done << 'END'
channels --channels 8,9
kernels --kernels 3,5
reduction --reduction 2
attention --attention sum
blocks_attended --blocks-attended first
label_size --label-size 3
squeeze_excitation --no-squeeze-excitation
residual --no-residual
max_words --max-words 20
learning_rate --lr 0.01
dropout --dropout 0.1
word_dropout --word-dropout 0.1
traits --label-sharing words
hidden_dropout --hidden-dropout 0.1
embedding_rate --embedding-rate 0
weight_decay --weight-decay 0.1
clip --clip 1
average --average 0.9
warm_up --warm-up 1
decay --decay linear --patience 5
gamma --gamma 2
focal_from --focal-from 2
keep --keep best
batch_size --batch-size 7
patience --patience 6
focal --no-focal
criterion --criterion loss
tune_threshold --tune-threshold
seed --seed 3
train --train more.mp
train --train turned.mp
labels --train renamed.mp
dev --dev dev.mp
vectors --vectors other.bin
vectors --no-scale-vectors
END
    diff -r no/checkpoint "$data/model/checkpoint"
    cmp no/model.safetensors "$data/model/model.safetensors"
}

@test "a checkpoint with a file missing or damaged: the message names it" {
    for file in m.safetensors v.safetensors weights.safetensors state.json; do
        rm -rf no
        cp -r "$data/model" no
        if [ "$file" = state.json ]; then
            rm no/config.json "no/checkpoint/$file"
            refused 1 "no: neither empty nor a model folder" train no --epochs 4 --resume
        else
            rm no/config.json "no/checkpoint/$file"
            refused 1 "no/checkpoint/$file" train no --epochs 4 --resume
        fi
        for bytes in 0 5 100 $(($(stat -c %s "$data/model/checkpoint/$file") - 1)); do
            [ "$file" = state.json ] && [ "$bytes" -gt 100 ] && continue # its last byte is a line feed
            head -c "$bytes" "$data/model/checkpoint/$file" > "no/checkpoint/$file"
            refused 1 "no/checkpoint/$file" train no --epochs 4 --resume
        done
    done
    cp "$data/model/checkpoint/state.json" no/checkpoint/state.json
    for change in '/"steps"/d' '/"t":/d' 's/"position": [0-9]*/"position": 41/' 's/"epoch": 7/"epoch": -1/' \
        's/"loss_sum": [0-9.]*/"loss_sum": "x"/' 's/"history": \[/"more": [/'; do
        sed "$change" "$data/model/checkpoint/state.json" > no/checkpoint/state.json
        refused 1 "state.json is damaged" train no --epochs 4 --resume
    done
}

@test "wrong usage: exit 2" {
    refused 2 "missing option --train FILE" ecan-train
    refused 2 "missing option --dev FILE" ecan-train --train x
    refused 2 "missing option --vectors FILE" ecan-train --train x --dev x
    refused 2 "missing option --output DIR" ecan-train --train x --dev x --vectors x
    refused 2 "unexpected argument 'more'" train no more
    for options in "--average 1" "--label-sharing codes,all" "--clip -1" "--decay some" "--warm-up -1" "--weight-decay -1" "--word-dropout 1" \
        "--hidden-dropout 1" "--embedding-rate -1" "--stop-after -1" "--focal-from x" "--focal-from -1" "--focal-from 1.5" "--keep bce" "--channels 0,1" "--channels x" "--kernels 1" "--kernels 3,3,3" "--kernels 1024,1" "--lr 0" "--lr nan" \
        "--dropout 1" "--gamma -1" "--epochs 0" "--batch-size 0" "--patience 0" "--criterion f2" "--attention both" \
        "--blocks-attended some" "--max-words -1" "--threads 0" "--seed -1" "--preset huge" "--reduction 0" \
        "--channels 1,2,3,4,5,6,7,8,9,1,2,3,4,5,6,7,8 --kernels 1,2,3,4,5,6,7,8,9,1,2,3,4,5,6,7,8" "--nonsense"; do
        # shellcheck disable=SC2086
        refused 2 "" train no $options
    done
}

@test "messages do not quote notes" {
    { corpus 3 t; echo '{"id": "a", "text": "secretword", "labels": ["A\tB"]}'; } | ecan-tokenize > tab.mp 2> said || true
    run train no --train tab.mp
    [ "$status" -eq 1 ]
    [[ "$output" != *secret* ]]
    not grep -q secret said
}
