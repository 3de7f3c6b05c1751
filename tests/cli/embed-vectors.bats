#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ecan-embed --vectors: a file's vectors in the place of a model's, and without a model.

load ../helper

setup_file() {
    export data=$BATS_FILE_TMPDIR
    cd "$data" || return 1
    write_corpus
    train model --epochs 1 --no-focal --max-words 25
    train raw --epochs 1 --no-focal --no-scale-vectors
    corpus 9 p | ecan-tokenize > tokens.mp
}

setup() {
    need msgpack msgpack_numpy numpy
    cd "$BATS_TEST_TMPDIR" || return 1
}

@test "without a model: all words, rows of the file from 2 on, 1 and zeros for an unknown word" {
    printf 'sign1 1 2 3\n<unk> 7 8 9\nword5 -1 0.5 1e-9\n' > unk.txt
    grep -v unk unk.txt > plain.txt
    for file in unk plain; do
        ecan-embed -q --vectors $file.txt "$data/tokens.mp" > $file.mp
        ecan-check $file.mp
    done
    "$python" - << 'END'
from helper import *
data = os.environ["data"]
before, vectors = read(data + "/tokens.mp"), []
for name, unknown in ("plain", [0, 0, 0]), ("unk", [7, 8, 9]):
    header, *rows, end = read(name + ".mp")
    assert header["history"][-1] == {"program": "ecan-embed", "version": header["history"][-1]["version"]}
    assert len(header["vectors"]) == 32 and set(header["vectors"]) <= set("0123456789abcdef")
    vectors.append(header["vectors"])
    assert end == before[-1] and len(rows) == 9
    for r, was in zip(rows, before[1:]):
        assert list(r) == list(was) + ["ids", "X"] and r["X"].dtype == "<f4" and r["ids"].dtype == "<i4"
        ids = [{"sign1": 2, "word5": 3}.get(t, 1) for t in r["tokens"]]
        assert list(r["ids"]) == ids and 1 in ids, ids
        table = numpy.array([[0, 0, 0], unknown, [1, 2, 3], [-1, 0.5, 1e-9]], "<f4")
        assert (r["X"] == table[ids]).all()
assert vectors[0] != vectors[1]
END
    ecan-embed -q --scale-vectors --vectors plain.txt "$data/tokens.mp" > unit.mp
    "$python" - << 'END'
from helper import *
for r in records("unit.mp"):
    assert set(numpy.linalg.norm(r["X"], axis=1).round(4)) <= {0, 1}
END
}

@test "the same bytes whatever the file's kind and the threads" {
    ecan-w2v -q --size 8 --min-count 1 --text -o v.txt "$data/train.mp"
    ecan-w2v -q --size 8 --min-count 1 -o v.bin "$data/train.mp"
    ecan-w2v -q --size 8 --min-count 1 --text --no-header -o v.glove "$data/train.mp"
    ecan-embed -q --threads 1 --vectors v.bin "$data/tokens.mp" > a.mp
    for file in v.txt v.glove; do
        ecan-embed -q --threads 3 --vectors $file "$data/tokens.mp" | cmp - a.mp
    done
    { echo "$(wc -l < v.glove) 8" && sed 's/$/ /' v.glove; } > v.vec # fastText's space at the end
    for file in v.bin v.txt v.glove v.vec; do
        train "$file.model" --epochs 1 --vectors "$PWD/$file"
        cmp "$file.model/model.safetensors" v.bin.model/model.safetensors
    done
}

@test "with a model: its max_words, its scaling, its unknown word; its other stages read on" {
    printf 'sign1 3 0 0 0 0 0 0 4\nword5 1 1 1 1 1 1 1 1\n' > v.txt
    ecan-embed -q -m "$data/model" --vectors v.txt "$data/tokens.mp" > unit.mp
    ecan-embed -q -m "$data/raw" --vectors v.txt "$data/tokens.mp" > raw.mp
    ecan-embed -q -m "$data/model" --no-scale-vectors --vectors v.txt "$data/tokens.mp" > whole.mp
    ecan-encode -q -m "$data/model" unit.mp | ecan-attend -q -m "$data/model" | ecan-score -q -m "$data/model" > scored.mp
    ecan-check scored.mp
    "$python" - << 'END'
from helper import *
data = os.environ["data"]
words = {"sign1": 2, "word5": 3}
for name, model, most, length in ("unit", "model", 25, 1), ("raw", "raw", 10**9, 5), ("whole", "model", 25, 5):
    unknown = read_tensors(data + "/" + model)["embed.weight"][1]
    header, *rows, end = read(name + ".mp")
    assert "model" in header["history"][-1] and "vectors" in header
    for r in rows:
        T = min(len(r["tokens"]), most)
        assert r["X"].shape == (T, 8)
        for token, i, x in zip(r["tokens"], r["ids"], r["X"]):
            assert i == words.get(token, 1)
            if i == 2:
                assert numpy.allclose(x, numpy.array([3, 0, 0, 0, 0, 0, 0, 4]) * length / 5, atol=1e-5), x
            if i == 1:
                assert (x == unknown).all()
assert len(read("scored.mp")) == 11 and "vectors" in read("scored.mp")[0]
END
}

@test "a model's own vectors, as a file, give the model's X" {
    "$python" - << 'END'
from helper import *
model = os.environ["data"] + "/model"
words = pathlib.Path(model, "vocab.txt").read_text().split("\n")
table = read_tensors(model)["embed.weight"]
with open("own.txt", "w") as f:
    for word, row in zip(words[1:], table[1:]):
        print(word, *(repr(float(x)) for x in row), file=f)
END
    ecan-embed -q -m "$data/model" "$data/tokens.mp" > model.mp
    ecan-embed -q -m "$data/model" --no-scale-vectors --vectors own.txt "$data/tokens.mp" > own.mp
    "$python" - << 'END'
from helper import *
a, b = records("model.mp"), records("own.mp")
assert len(a) == 9 and all(same(x, y) for x, y in zip(a, b))
END
}

@test "what is refused" {
    printf 'sign1 1 2 3\n' > v.txt
    run ecan-embed -m "$data/model" --vectors v.txt "$data/tokens.mp"
    [ "$status" -eq 1 ]
    [[ "$output" == *"v.txt: expected word vectors of dimension 8 as in the model, got 3"* ]]
    run ecan-embed --vectors none.txt "$data/tokens.mp"
    [ "$status" -eq 1 ]
    [[ "$output" == *"none.txt: cannot be opened"* ]]
    run ecan-embed "$data/tokens.mp"
    [ "$status" -eq 2 ]
    [[ "$output" == *"missing option --model DIR or --vectors FILE"* ]]
    run ecan-embed -m "$data/model" --scale-vectors "$data/tokens.mp"
    [ "$status" -eq 2 ]
    run ecan-encode --vectors v.txt "$data/tokens.mp"
    [ "$status" -eq 2 ]
    printf 'sign1 1 2 3 4 5 6 7 8\n' > eight.txt
    ecan-embed -q -m "$data/model" --vectors eight.txt "$data/tokens.mp" | ecan-encode -q -m "$data/model" |
        ecan-attend -q -m "$data/model" | ecan-score -q -m "$data/model" > scored.mp
    run ecan-explain -q -m "$data/model" scored.mp
    [ "$status" -eq 1 ]
    [[ "$output" == *"got ids of a file of word vectors"* ]]
    run bash -c 'head -c 1000 "$data/tokens.mp" | ecan-embed -q --vectors v.txt > cut.mp'
    [ "$status" -eq 1 ]
}
