#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The Python side: examples/read_stream.py and examples/effectivecan.py.

load ../helper

# The models: one start of PyTorch makes all, with parameters drawn at random and 5 labels.
setup_file() {
    export examples=$BATS_TEST_DIRNAME/../../examples models=$BATS_FILE_TMPDIR
    export OMP_NUM_THREADS=1 # threads that wait in a loop slow the tests that run beside
    find_python torch || return 0
    cd "$models" || return 1
    PYTHONPATH=$examples "$python" - << 'END'
import torch, effectivecan
for folder, changes in {"multi": {}, "sum": {"attention": "sum", "label_size": 5}, "first": {"blocks_attended": "first"},
                        "last": {"blocks_attended": "last"},
                        "neither": {"squeeze_excitation": False, "residual": False}}.items():
    torch.manual_seed(5)
    config = {"embedding_size": 6, "channels": [8, 10, 7], "kernels": [3, 4, 2], "reduction": 4, "max_words": 30}
    model = effectivecan.EffectiveCAN({**config, **changes}, ["<pad>", "<unk>", "élan"] + [f"word{i}" for i in range(12)],
                                      list("ABCDE"))
    for p in model.parameters():
        p.data = torch.randn_like(p) * (0.5 if p.dim() > 1 else 0.3)
    model.embed.weight.data[0] = 0
    effectivecan.save(model, folder)
END
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
}

# A token stream of documents of 4, 0, 1 and 40 words (one unknown), in two segments.
write_tokens() {
    "$python" - > tokens.mp << 'END'
import sys, msgpack, numpy, msgpack_numpy
def put(o): sys.stdout.buffer.write(msgpack.packb(o, default=msgpack_numpy.encode))
def segment(records):
    put({"ecan": 1, "kind": "tokens", "history": [{"program": "ecan-tokenize", "version": "0.1.0"}]})
    for name, words in records:
        text = " ".join(words)
        at = [len(" ".join(words[:i])) + (i > 0) for i in range(len(words))]
        put({"id": name, "documents": [{"id": "1", "text": text}], "tokens": words,
             "spans": numpy.array([(0, a, a + len(w)) for a, w in zip(at, words)], "<i4").reshape(-1, 3)})
    put({"end": len(records)})
segment([("a", ["word7", "word3", "élan", "word11"]), ("b", [])])
segment([("c", ["nowhere"]), ("d", [f"word{i * 7 % 12}" for i in range(40)])])
END
}

@test "read_stream.py walks a stream and finds tensors" {
    need msgpack msgpack_numpy
    write_tokens
    run "$python" "$examples/read_stream.py" < tokens.mp
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "header tokens ecan-tokenize" ]
    [ "${lines[1]}" = "record a documents=list tokens=list spans=[4, 3]" ]
    [ "${lines[2]}" = "record b documents=list tokens=list spans=[0, 3]" ]
    [ "${lines[3]}" = "end 2" ]
    [ "${lines[7]}" = "end 2" ]
    [ "${#lines[@]}" -eq 8 ]
}

@test "read_stream.py reads what ecan-embed and ecan-encode write" {
    need torch msgpack msgpack_numpy
    printf '%s\n' '{"id": "x", "text": "word1 Élan word2", "labels": ["A"]}' > in.jsonl
    ecan-tokenize in.jsonl > tokens.mp
    ecan-embed -m "$models/multi" tokens.mp | ecan-encode -m "$models/multi" > encoded.mp
    run "$python" "$examples/read_stream.py" < encoded.mp
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "header encoded ecan-tokenize ecan-embed ecan-encode" ]
    [[ "${lines[1]}" = "record x "*"H=[[3, 8], [3, 10], [3, 7]]"* ]]
    [ "${lines[2]}" = "end 1" ]
}

@test "effectivecan.py: a model that was saved and loaded gives the same scores; padding plays no part" {
    need torch msgpack msgpack_numpy
    write_tokens
    PYTHONPATH=$examples "$python" - << 'END'
import os, effectivecan
with open("tokens.mp", "rb") as f:
    texts = [tokens for _, tokens in effectivecan.read_tokens(f)]
model = effectivecan.load(os.environ["models"] + "/sum")
effectivecan.save(model, "again")
padded = effectivecan.load("again").score(texts)
assert len(padded) == 4
for together, text in zip(padded, texts):
    assert abs(together - model.score([text])[0]).max() < 1e-6
END
    for file in config.json vocab.txt labels.tsv model.safetensors; do
        cmp "$models/sum/$file" "again/$file"
    done
}

@test "effectivecan.py refuses a truncated stream and a stream of another kind" {
    need torch msgpack msgpack_numpy
    write_tokens
    head -c -3 tokens.mp > short.mp
    : > empty.mp
    "$python" -c 'import msgpack, sys
sys.stdout.buffer.write(msgpack.packb({"ecan": 1, "kind": "scored", "history": []}))' > other.mp
    run "$python" "$examples/effectivecan.py" "$models/multi" < short.mp
    [ "$status" -eq 1 ]
    [[ "$output" = *truncated* ]]
    PYTHONPATH=$examples "$python" - << 'END'
import effectivecan
for name, because in ("empty.mp", "truncated"), ("other.mp", "scored"):
    try:
        with open(name, "rb") as f:
            list(effectivecan.read_tokens(f))
        raise AssertionError(name + " was accepted")
    except SystemExit as error:
        assert because in str(error), error
END
}

@test "effectivecan.py and ecan-predict agree within 1e-6, whatever the configuration" {
    need torch msgpack msgpack_numpy
    write_tokens
    for model in multi sum first last neither; do ecan-predict -m "$models/$model" tokens.mp > $model.mp; done
    "$python" "$examples/effectivecan.py" --batch 3 "$models/sum" < tokens.mp > sum.jsonl
    PYTHONPATH=$examples "$python" - << 'END'
import json, os, msgpack, msgpack_numpy, effectivecan
with open("tokens.mp", "rb") as f:
    names, texts = zip(*effectivecan.read_tokens(f))
assert list(names) == ["a", "b", "c", "d"]
for model in "multi", "sum", "first", "last", "neither":
    with open(model + ".mp", "rb") as f:
        ours = [r for r in msgpack.Unpacker(f, object_hook=msgpack_numpy.decode) if "id" in r]
    theirs = effectivecan.load(os.path.join(os.environ["models"], model)).score(list(texts)).numpy()
    assert [r["id"] for r in ours] == list(names)
    for a, b in zip(ours, theirs):
        assert a["scores"].shape == (5,)
        assert abs(a["scores"] - b).max() < 1e-6, (model, a["id"])
    if model == "sum": # what the program prints is what the module gives
        with open("sum.jsonl", encoding="utf-8") as f:
            lines = [json.loads(line) for line in f]
        assert [line["id"] for line in lines] == list(names)
        assert max(abs(x - y) for line, b in zip(lines, theirs.tolist()) for x, y in zip(line["scores"], b)) < 1e-6
END
}

@test "the fixtures of tests/ref are what make-fixtures.py writes" {
    need torch
    version=$("$python" -c 'from importlib.metadata import version; print(version("torch"))')
    [[ "$version" = 1.13.0* ]] || skip "another PyTorch"
    "$python" "$BATS_TEST_DIRNAME/../ref/make-fixtures.py" made
    for file in made/*; do
        cmp "$file" "$BATS_TEST_DIRNAME/../ref/${file##*/}"
    done
}
