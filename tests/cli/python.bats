#!/usr/bin/env bats
# The Python side: examples/read_stream.py and examples/effectivecan.py.

load ../helper

setup() {
    examples=$(cd "$BATS_TEST_DIRNAME/../../examples" && pwd)
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

# write_model FOLDER CONFIG: parameters drawn at random, 5 labels.
write_model() {
    PYTHONPATH=$examples "$python" - "$1" "$2" << 'END'
import json, sys, torch, effectivecan
torch.manual_seed(5)
config = {"embedding_size": 6, "channels": [8, 10, 7], "kernels": [3, 4, 2], "reduction": 4, "max_words": 30}
model = effectivecan.EffectiveCAN({**config, **json.loads(sys.argv[2])},
                                  ["<pad>", "<unk>", "élan"] + [f"word{i}" for i in range(12)], list("ABCDE"))
for p in model.parameters():
    p.data = torch.randn_like(p) * (0.5 if p.dim() > 1 else 0.3)
model.embed.weight.data[0] = 0
effectivecan.save(model, sys.argv[1])
END
}

# ecan-predict and the module agree within 1e-6 on a model of configuration $1.
agree() {
    write_tokens
    write_model model "$1"
    "$python" "$examples/effectivecan.py" model < tokens.mp > python.jsonl
    ecan-predict -m model tokens.mp > scored.mp
    "$python" - << 'END'
import json, msgpack, msgpack_numpy
with open("scored.mp", "rb") as f:
    ours = [r for r in msgpack.Unpacker(f, object_hook=msgpack_numpy.decode) if "id" in r]
with open("python.jsonl", encoding="utf-8") as f:
    theirs = [json.loads(line) for line in f]
assert [r["id"] for r in ours] == [r["id"] for r in theirs] == ["a", "b", "c", "d"]
for a, b in zip(ours, theirs):
    assert a["scores"].shape == (5,)
    assert abs(a["scores"] - b["scores"]).max() < 1e-6, a["id"]
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
    write_model model '{}'
    printf '%s\n' '{"id": "x", "text": "word1 Élan word2", "labels": ["A"]}' > in.jsonl
    ecan-tokenize in.jsonl > tokens.mp
    ecan-embed -m model tokens.mp | ecan-encode -m model > encoded.mp
    run "$python" "$examples/read_stream.py" < encoded.mp
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "header encoded ecan-tokenize ecan-embed ecan-encode" ]
    [[ "${lines[1]}" = "record x "*"H=[[3, 8], [3, 10], [3, 7]]"* ]]
    [ "${lines[2]}" = "end 1" ]
}

@test "effectivecan.py: a model that was saved and loaded gives the same scores; padding plays no part" {
    need torch msgpack msgpack_numpy
    write_tokens
    write_model model '{"attention": "sum"}'
    PYTHONPATH=$examples "$python" -c '
import effectivecan
effectivecan.save(effectivecan.load("model"), "again")'
    for file in config.json vocab.txt labels.tsv model.safetensors; do
        cmp "model/$file" "again/$file"
    done
    "$python" "$examples/effectivecan.py" model < tokens.mp > padded.jsonl
    "$python" "$examples/effectivecan.py" --batch 1 model < tokens.mp > alone.jsonl
    "$python" - << 'END'
import json
def read(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f]
padded, alone = read("padded.jsonl"), read("alone.jsonl")
assert len(padded) == len(alone) == 4
for a, b in zip(padded, alone):
    assert a["id"] == b["id"] and max(abs(x - y) for x, y in zip(a["scores"], b["scores"])) < 1e-6
END
}

@test "effectivecan.py refuses a truncated stream and a stream of another kind" {
    need torch msgpack msgpack_numpy
    write_tokens
    write_model model '{}'
    head -c -3 tokens.mp > short.mp
    run "$python" "$examples/effectivecan.py" model < short.mp
    [ "$status" -eq 1 ]
    [[ "$output" = *truncated* ]]
    run "$python" "$examples/effectivecan.py" model < /dev/null
    [ "$status" -eq 1 ]
    "$python" -c 'import msgpack, sys
sys.stdout.buffer.write(msgpack.packb({"ecan": 1, "kind": "scored", "history": []}))' > other.mp
    run "$python" "$examples/effectivecan.py" model < other.mp
    [ "$status" -eq 1 ]
    [[ "$output" = *scored* ]]
}

@test "effectivecan.py and ecan-predict agree: multi-layer attention" {
    need torch msgpack msgpack_numpy
    agree '{}'
}

@test "effectivecan.py and ecan-predict agree: sum-pooling, a label size of its own" {
    need torch msgpack msgpack_numpy
    agree '{"attention": "sum", "label_size": 5}'
}

@test "effectivecan.py and ecan-predict agree: only the first block attended" {
    need torch msgpack msgpack_numpy
    agree '{"blocks_attended": "first"}'
}

@test "effectivecan.py and ecan-predict agree: only the last block attended" {
    need torch msgpack msgpack_numpy
    agree '{"blocks_attended": "last"}'
}

@test "effectivecan.py and ecan-predict agree: neither squeeze-and-excitation nor residual" {
    need torch msgpack msgpack_numpy
    agree '{"squeeze_excitation": false, "residual": false}'
}

@test "the fixtures of tests/ref are what make-fixtures.py writes" {
    need torch
    version=$("$python" -c 'import torch; print(torch.__version__)')
    [[ "$version" = 1.13.0* ]] || skip "another PyTorch"
    "$python" "$BATS_TEST_DIRNAME/../ref/make-fixtures.py" made
    for file in made/*; do
        cmp "$file" "$BATS_TEST_DIRNAME/../ref/${file##*/}"
    done
}
