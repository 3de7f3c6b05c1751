#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Means of models and of word vectors, and training that starts from a model.
bats_require_minimum_version 1.5.0

load ../helper

setup_file() {
    export data=$BATS_FILE_TMPDIR
    cd "$data" || return 1
    write_corpus
    corpus 24 o | ecan-tokenize -q > other.mp
    train start --epochs 1 --no-focal
    rm -r start/checkpoint
    from_start one --seed 1
    from_start two --seed 2 --train other.mp
}

# from_start FOLDER [OPTION]...: trains an epoch from the model start.
from_start() {
    local folder=$1
    shift
    ecan-train --init "$data/start" --train "$data/train.mp" --dev "$data/dev.mp" -o "$folder" --quiet --batch-size 8 --lr 0.02 \
        --dropout 0.5 --average 0 --epochs 1 --threads 1 --share none "$@"
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
}

# refused MESSAGE COMMAND...: fails with the message, and writes no folder `no`.
refused() {
    local message=$1
    shift
    run -1 "$@"
    [[ $output == *"$message"* ]] || { echo "$output"; false; }
    [ ! -e no ]
}

@test "the mean of a model with itself is the model; weights; the mean is that of numpy" {
    ecan-merge -o same "$data"/{one,one,one}
    ecan-check same
    cmp same/model.safetensors "$data/one/model.safetensors"
    cmp same/labels.tsv "$data/one/labels.tsv"
    ecan-merge --weights 3,1 -o mean "$data"/{one,two}
    [ "$(jq -c '[.merged[].weight]' mean/config.json)" = '[0.75,0.25]' ]
    [ "$(jq -r '.merged[1].model' mean/config.json)" = "$(jq -r .fingerprint "$data/two/config.json")" ]
    [ "$(jq -c '.training, .terms' mean/config.json)" = $'null\nnull' ]
    jq -s '(.[0].threshold * 0.75 + .[1].threshold * 0.25 - .[2].threshold) | fabs < 1e-6' "$data"/{one,two}/config.json mean/config.json | grep -qx true
    ecan-predict -q -m mean "$data/dev.mp" | ecan-check -
    need numpy
    "$python" - "$data" << 'END'
import json, sys, numpy as np
def tensors(path):
    data = open(path + "/model.safetensors", "rb").read()
    n = int.from_bytes(data[:8], "little")
    head = json.loads(data[8:8 + n])
    return {k: np.frombuffer(data[8 + n + v["data_offsets"][0]:8 + n + v["data_offsets"][1]], "<f4").astype("f8")
            for k, v in head.items() if k != "__metadata__"}
one, two, mean = tensors(sys.argv[1] + "/one"), tensors(sys.argv[1] + "/two"), tensors("mean")
assert one.keys() == mean.keys() and len(mean) > 20
for k in mean:
    assert np.array_equal((0.75 * one[k] + 0.25 * two[k]).astype("f4"), mean[k].astype("f4")), k
assert any(not np.array_equal(one[k], mean[k]) for k in mean)
END
}

@test "thresholds of single labels are averaged; a model without them counts with its threshold" {
    cp -r "$data/one" one
    ecan-predict -q -m one "$data/dev.mp" | ecan-metrics -q --tune one --label-thresholds own > metrics
    ecan-merge --weights 1,1 -o mean one "$data/two"
    jq -s '[.[0].thresholds, .[1].threshold, .[2].thresholds] as [$a, $b, $mean]
        | [range($a | length) | (($a[.] + $b) / 2 - $mean[.]) | fabs < 1e-6] | all' one/config.json "$data/two/config.json" mean/config.json | grep -qx true
    ecan-check mean
}

@test "models that cannot be merged: the message names the difference, and nothing is written" {
    train "$PWD/shape" --epochs 1 --no-focal --channels 8,6
    refused 'shape: another "channels" than that of ' ecan-merge -o no "$data/one" shape
    ecan-w2v -q --size 8 --min-count 2 --threads 1 -o few.bin "$data/other.mp"
    train "$PWD/words" --epochs 1 --no-focal --vectors few.bin
    refused "words: vocab.txt: line 3 has another word than that of " ecan-merge -o no "$data/one" words
    ecan-w2v -q --size 8 --min-count 25 --threads 1 -o few.bin "$data/train.mp"
    train "$PWD/short" --epochs 1 --no-focal --vectors few.bin
    refused 'only models with the same words can be merged' ecan-merge -o no "$data/one" short
    corpus 40 t | sed 's/"A1"/"A1x"/g' | ecan-tokenize -q > codes.mp
    train "$PWD/codes" --epochs 1 --no-focal --train codes.mp
    refused "codes: labels.tsv: line 1 has another code than that of " ecan-merge -o no "$data/one" codes
    corpus 40 t | sed 's/"A1"/"C5"/g' | ecan-tokenize -q > codes.mp
    train "$PWD/fewer" --epochs 1 --no-focal --train codes.mp
    refused "fewer: labels.tsv has 5 codes, and that of " ecan-merge -o no "$data/one" fewer
    for split in train dev; do corpus 30 $split | ecan-tokenize -q --case keep > kept-$split.mp; done
    ecan-train -q --train kept-train.mp --dev kept-dev.mp --vectors "$data/vectors.bin" "${network[@]}" --no-focal --epochs 1 -o kept
    refused '"case" differs' ecan-merge -o no "$data/one" kept
    ecan-terms -q --train "$data/train.mp" --dev "$data/dev.mp" -m "$data/one" -o terms --threads 1
    refused "the model has terms.tsv: give the network without it" ecan-merge -o no "$data/one" terms
    refused "nowhere" ecan-merge -o no "$data/one" nowhere
    cp -r "$data/two" damaged
    printf x | dd of=damaged/model.safetensors bs=1 seek=2000 conv=notrunc status=none
    refused "damaged/" ecan-merge -o no "$data/one" damaged
    refused "expected a model folder or word vectors, found a stream" ecan-merge -o no "$data/one" "$data/dev.mp"
    refused "models and word vectors cannot be merged" ecan-merge -o no "$data/one" "$data/vectors.bin"
}

@test "an existing model, an input, and wrong usage" {
    cp -r "$data/one" out
    run -1 ecan-merge -o out "$data/one" "$data/two"
    [[ $output == *"out: there is a model already"* ]]
    cmp out/config.json "$data/one/config.json"
    ecan-merge --force -o out "$data/one" "$data/two"
    ecan-check out
    not cmp -s out/config.json "$data/one/config.json"
    run -1 ecan-merge --force -o out out "$data/two"
    ecan-check out
    for wrong in "$data/one" "-o x" "-o x --weights 1 $data/one $data/two" "-o x --weights 1,2,3 $data/one $data/two" \
        "-o x --weights 1,0 $data/one $data/two" "-o x --weights 1,a $data/one $data/two" "-o x --weights 1,nan $data/one $data/two"; do
        # shellcheck disable=SC2086
        run -2 ecan-merge $wrong
        [ ! -e x ]
    done
}

@test "word vectors: the mean, in the order of the first; other words or sizes" {
    printf '2 2\na 1 2\nb 3 4\n' > one.txt
    printf '2 2\nb 7 8\na 5 4\n' > two.txt
    ecan-merge --weights 3,1 -o mean.bin one.txt two.txt
    head -c 4 mean.bin | grep -qx '2 2'
    [ "$(ecan-show mean.bin | tail -n 2 | jq -c '[.word, (.norm * 1000 | round)]')" = $'["a",3202]\n["b",6403]' ]
    printf '2 2\nb 7 8\nc 5 4\n' > other.txt
    refused "other.txt: word 2 is not in one.txt" ecan-merge -o no one.txt other.txt
    printf '2 1\nb 7\na 5\n' > size.txt
    refused "expected the same words and dimension" ecan-merge -o no one.txt size.txt
}

@test "training from a model: its words and codes, and its parameters" {
    cmp "$data/one/vocab.txt" "$data/start/vocab.txt"
    cmp "$data/one/labels.tsv" "$data/start/labels.tsv"
    [ "$(jq -r .training.init "$data/one/config.json")" = "$(jq -r .fingerprint "$data/start/config.json")" ]
    [ "$(jq -c .training.scale_vectors "$data/one/config.json")" = false ]
    # A learning rate of almost 0 keeps the parameters.
    from_start still --lr 1e-9 --embedding-rate 0
    ecan-predict -q -m still "$data/dev.mp" | ecan-show -r --key scores > got
    ecan-predict -q -m "$data/start" "$data/dev.mp" | ecan-show -r --key scores > want
    diff <(jq -c '.scores | map(. * 1000 | round)' got) <(jq -c '.scores | map(. * 1000 | round)' want)
    from_start shared --share codes,words
    ecan-check shared
    cmp shared/labels.tsv "$data/start/labels.tsv"
}

@test "training from a model can be stopped and continued, and not with another model" {
    from_start whole --epochs 3
    from_start parts --epochs 3 --stop-after 1
    from_start parts --epochs 3 --resume
    cmp whole/model.safetensors parts/model.safetensors
    from_start parts2 --epochs 3 --stop-after 1
    run -1 ecan-train --init "$data/one" --train "$data/train.mp" --dev "$data/dev.mp" -o parts2 --quiet --batch-size 8 --lr 0.02 \
        --dropout 0.5 --average 0 --epochs 3 --threads 1 --share none --resume
    [[ $output == *'another "'* ]]
}

@test "training from a model: codes that it lacks are counted; wrong inputs" {
    { corpus 12 t; echo '{"id": "x", "text": "sign1", "labels": ["NEW", "A1"]}'; } | ecan-tokenize -q > new.mp
    run -0 from_start new --train new.mp --no-quiet
    [[ $output == *"1 with codes that the model lacks"* ]]
    not grep -q NEW new/labels.tsv
    echo '{"id": "x", "text": "sign1", "labels": ["NEW"]}' | ecan-tokenize -q > none.mp
    refused "none.mp: no encounter has a code of $data/start" from_start no --train none.mp
    corpus 9 t | ecan-tokenize -q --case keep > kept.mp
    refused '"case" differs (ecan-tokenize -m uses its settings)' from_start no --train kept.mp
    ecan-terms -q --train "$data/train.mp" --dev "$data/dev.mp" -m "$data/one" -o terms --threads 1
    refused "terms: the model has terms.tsv" ecan-train --init terms --train "$data/train.mp" --dev "$data/dev.mp" -o no -q
    run -2 from_start no --vectors "$data/vectors.bin"
    [[ $output == *"--vectors cannot be used with it"* ]]
    run -2 from_start no --labels "$data/start/labels.tsv"
    [[ $output == *"--labels cannot be used with it"* ]]
    run -2 from_start no --channels 8,8
    [[ $output == *"--channels cannot be used with it"* ]]
    run -2 ecan-train --train "$data/train.mp" --dev "$data/dev.mp" -o no
    [[ $output == *"--vectors FILE, or --init MODEL"* ]]
}
