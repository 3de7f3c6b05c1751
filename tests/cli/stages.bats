#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ecan-embed, -encode, -attend, -score and -predict, one at a time: the keys they add and drop, their options, and what
# they refuse. The pipe that they make is in tests/pipe/predict.bats, bad model folders in models.bats.

bats_require_minimum_version 1.5.0

load ../helper

setup_file() {
    export data=$BATS_FILE_TMPDIR
    cd "$data" || return 1
    write_corpus
    train model --epochs 8 --no-focal --channels 8,6 --max-words 25
    train sum --epochs 1 --no-focal --channels 8,6 --attention sum
    train first --epochs 1 --no-focal --channels 8,6 --blocks-attended first
    {
        corpus 9 p
        echo '{"id": "none", "text": "", "labels": ["A1"]}'
    } | ecan-tokenize > tokens.mp
    ecan-embed -q -m model tokens.mp > embedded.mp
    ecan-encode -q -m model embedded.mp > encoded.mp
    ecan-attend -q -m model encoded.mp > attended.mp
    ecan-score -q -m model attended.mp > scored.mp
}

setup() {
    need msgpack msgpack_numpy numpy
    cd "$BATS_TEST_TMPDIR" || return 1
    cat > stages.py << 'END'
from helper import *
data = os.environ["data"]
model = data + "/model"
stages = {"embed": "tokens", "encode": "embedded", "attend": "encoded", "score": "attended", "predict": "tokens"}

def stage(program, objects, *options, folder=model):
    """What the stage makes of the stream."""
    done = run(f"ecan-{program}", "-q", "-m", folder, *options, stdin=pack(objects))
    assert done.returncode == 0, (program, done.stderr)
    return unpack(done.stdout)

def no(program, objects, because, *options, folder=model, code=1):
    return refused(f"ecan-{program}", "-q", "-m", folder, *options, stdin=pack(objects), because=because, code=code)
END
}

@test "keys, types and shapes after every stage" {
    ecan-check "$data"/{embedded,encoded,attended,scored}.mp
    "$python" - << 'END'
from stages import *
E, channels, L, S, most = 8, [8, 6], 6, 14, 25
before = records(data + "/tokens.mp")
embedded, encoded, attended, scored = (records(f"{data}/{kind}.mp") for kind in ("embedded", "encoded", "attended", "scored"))
words = pathlib.Path(model, "vocab.txt").read_text().split("\n")
table = read_tensors(model)["embed.weight"]
assert len(scored) == 10
for i, r in enumerate(before):
    T = min(len(r["tokens"]), most)
    ids = ["ids"] + ["words_cut"] * (len(r["tokens"]) > most)
    def array(a, dtype, *shape):
        assert a.dtype == dtype and a.shape == shape, (a.dtype, a.shape, shape)
    def kept(after, *new):
        assert list(after) == list(r) + list(new), list(after)
        assert same({k: after[k] for k in r}, r)
    kept(embedded[i], *ids, "X")
    array(embedded[i]["ids"], "<i4", T)
    array(embedded[i]["X"], "<f4", T, E)
    assert [int(n) for n in embedded[i]["ids"]] == [words.index(t) if t in words[2:] else 1 for t in r["tokens"][:T]]
    assert embedded[i]["X"].tobytes() == table[embedded[i]["ids"]].tobytes()
    kept(encoded[i], *ids, "H")
    for H, D in zip(encoded[i]["H"], channels):
        array(H, "<f4", T, D)
    assert len(encoded[i]["H"]) == 2
    kept(attended[i], *ids, "V", "peaks", "peak_weights")
    array(attended[i]["V"], "<f4", L, S)
    array(attended[i]["peaks"], "<i4", L, 2)
    array(attended[i]["peak_weights"], "<f4", L)
    kept(scored[i], *ids, "peaks", "peak_weights", "scores", "predicted")
    array(scored[i]["scores"], "<f4", L)
    assert all(0 <= s <= 1 for s in scored[i]["scores"])
header = read(data + "/scored.mp")[0]
config = json.load(open(model + "/config.json"))
assert header["labels"] == ["A1", "A10", "B10", "C5", "E11.9", "Z2"] and header["tokenizer"] == config["tokenizer"]
assert [h["program"] for h in header["history"]] == ["ecan-tokenize", "ecan-embed", "ecan-encode", "ecan-attend", "ecan-score"]
assert [h.get("model") for h in header["history"]] == [None] + 4 * [config["fingerprint"]]
END
}

@test "the large key is dropped, unless --keep names it; no other key can be named" {
    "$python" - << 'END'
from stages import *
for program, key in ("encode", "X"), ("attend", "H"), ("score", "V"):
    objects = read(f"{data}/{stages[program]}.mp")
    plain, kept = stage(program, objects), stage(program, objects, "--keep", key)
    for before, a, b in zip(objects[1:-1], plain[1:-1], kept[1:-1]):
        assert key not in a and same(b[key], before[key]) and same({k: v for k, v in b.items() if k != key}, a)
    no(program, objects, f"expected {key}, the only key", "--keep", "tokens", code=2)
no("embed", read(data + "/tokens.mp"), "keep", "--keep", "X", code=2)
END
}

@test "unknown keys come through untouched, in header and records" {
    "$python" - << 'END'
from stages import *
strange = {"date": "2024-02-30", "a key with spaces \u00e9": [1, -1, 2**63, 1.5, None, True, {"deep": [[[]]]}, b"\x00\xff"],
           "ext": msgpack.ExtType(5, b"xyz"), "": 0, "end": 3, "ecan": "no header", "array": numpy.arange(6, dtype="<f4").reshape(2, 3)}
raw = b"\xa4long\xdb\x00\x00\x00\x01a\xa5float\xca\x3f\x80\x00\x00\xa3map\xdf\x00\x00\x00\x01\xd9\x01k\xcd\x00\x01"  # longer than needed
for program, kind in stages.items():
    header, record, *_ = read(f"{data}/{kind}.mp")
    a = stage(program, [header | strange | {"kind": kind, "ecan": 1}, record | strange, {"end": 1}])
    b = stage(program, [header, record, {"end": 1}])
    for k, v in strange.items():
        assert same(a[1][k], v) and (k in ("ecan",) or same(a[0][k], v)), (program, k)
        a[1].pop(k)
    assert same(a[1], b[1])
    body = pack([record])
    assert body[0] >> 4 == 8, "a small map"
    done = run(f"ecan-{program}", "-q", "-m", model, stdin=pack([header]) + bytes([body[0] + 3]) + body[1:] + raw + pack([{"end": 1}]))
    assert done.returncode == 0 and raw in done.stdout, (program, done.stderr)
END
}

@test "a key that a stage makes replaces the one that came" {
    "$python" - << 'END'
from stages import *
header, *rest, end = read(data + "/tokens.mp")
stale = [r | {"scores": "old", "ids": [1], "predicted": 7, "peaks": None, "X": 3} for r in rest]
for a, b in zip(stage("predict", [header] + stale + [end]), stage("predict", [header] + rest + [end])):
    assert a.pop("X", 3) == 3 and same(a, b)
for a, b in zip(stage("embed", [header] + stale + [end])[1:-1], records(data + "/embedded.mp")):
    assert same(a["X"], b["X"]) and same(a["ids"], b["ids"]) and a["scores"] == "old"
END
}

@test "--weights adds A: rows sum to 1, the largest of all is peak_weights at peaks" {
    for folder in model sum first; do
        ecan-embed -q -m "$data/$folder" "$data/tokens.mp" | ecan-encode -q -m "$data/$folder" |
            ecan-attend -q -m "$data/$folder" --weights > $folder.mp
        ecan-check $folder.mp
    done
    "$python" - << 'END'
from stages import *
for folder, blocks in ("model", [0, 1]), ("sum", [1]), ("first", [0]):
    for r in records(folder + ".mp"):
        T = len(r["ids"])
        assert len(r["A"]) == len(blocks) and all(a.shape == (6, T) and a.dtype == "<f4" for a in r["A"])
        if T == 0:
            assert (r["peaks"] == -1).all() and (r["peak_weights"] == 0).all()
            continue
        for a in r["A"]:
            assert abs(a.sum(1) - 1).max() < 1e-5 and a.min() >= 0
        for label in range(6):
            block, word = r["peaks"][label]
            largest = max(a[label].max() for a in r["A"])
            assert r["A"][blocks.index(block)][label][word] == largest == r["peak_weights"][label]
END
    ecan-score -q -m "$data/model" model.mp | ecan-show -r -k A | grep -q '"A": \[{"tensor": "f4", "shape": \[6, 25\]'
}

@test "--precision bf16 with many labels: the pipe and ecan-predict agree, and the codes are those of f32" {
    { cut -f 1 "$data/model/labels.tsv" | sed 's/$/\tdescription/'; printf 'X%d\tdescription\n' {1..300}; } > labels.tsv
    (cd "$data" && train "$BATS_TEST_TMPDIR/wide" --epochs 2 --no-focal --channels 8,6 --labels "$BATS_TEST_TMPDIR/labels.tsv" --all-labels)
    ecan-predict -q -m wide --threshold 0.1 "$data/tokens.mp" > f32.mp
    ecan-predict -q -m wide --threshold 0.1 --precision bf16 "$data/tokens.mp" > bf16.mp
    ecan-embed -q -m wide "$data/tokens.mp" | ecan-encode -q -m wide | ecan-attend -q -m wide --precision bf16 |
        ecan-score -q -m wide --threshold 0.1 > pipe.mp
    for stream in f32 bf16 pipe; do
        ecan-show --records --key id,predicted $stream.mp > $stream.codes
        ecan-show --records --key id,peaks,scores $stream.mp > $stream.scores
    done
    cmp bf16.scores pipe.scores
    not cmp -s f32.scores bf16.scores
    cmp <(jq -c '[.id, [.predicted[].code]]' f32.codes) <(jq -c '[.id, [.predicted[].code]]' bf16.codes)
    ecan-predict -q -m wide --precision auto "$data/tokens.mp" > auto.mp
}

@test "--precision bf16 is f32 for fewer than 256 labels, and with --weights" {
    for precision in f32 bf16; do
        ecan-predict -q -m "$data/model" --precision $precision "$data/tokens.mp" |
            ecan-show --records --key id,peaks,scores > $precision.scores
        ecan-attend -q -m "$data/model" --weights --precision $precision "$data/encoded.mp" |
            ecan-show --records --key id,V,A > $precision.weights
    done
    cmp f32.scores bf16.scores
    cmp f32.weights bf16.weights
}

@test "an encounter without words: no peaks, and the scores are sigmoid(b)" {
    for folder in model sum first; do
        ecan-predict -q -m "$data/$folder" "$data/tokens.mp" > $folder.mp
    done
    "$python" - << 'END'
from stages import *
for folder in "model", "sum", "first":
    r = records(folder + ".mp")[-1]
    b = read_tensors(f"{data}/{folder}")["b"].astype(float)
    assert r["id"] == "none" and r["ids"].shape == (0,) and (r["peaks"] == -1).all() and (r["peak_weights"] == 0).all()
    assert abs(r["scores"] - 1 / (1 + numpy.exp(-b))).max() < 1e-6
none = records(data + "/attended.mp")[-1]
assert none["V"].shape == (6, 14) and not none["V"].any()
END
}

@test "words beyond max_words play no part" {
    "$python" - << 'END'
from stages import *
header, r, *_ = read(data + "/tokens.mp")
r.pop("spans") # of other words
long = stage("predict", [header, r | {"tokens": r["tokens"][:25] + ["sign2"] * 3000}, {"end": 1}])[1]
cut = stage("predict", [header, r | {"tokens": r["tokens"][:25]}, {"end": 1}])[1]
assert len(long["ids"]) == 25 and len(long["tokens"]) == 3025
for key in "ids", "peaks", "peak_weights", "scores", "predicted":
    assert same(long[key], cut[key])
assert long["words_cut"] == 3000 and "words_cut" not in cut
# words that ecan-tokenize cut count, too
for program in "predict", "embed":
    both = stage(program, [header, r | {"tokens": r["tokens"][:25] + ["sign2"] * 3000, "words_cut": 7}, {"end": 1}])[1]
    assert both["words_cut"] == 3007
    assert stage(program, [header, r | {"tokens": r["tokens"][:25], "words_cut": 7}, {"end": 1}])[1]["words_cut"] == 7
END
}

@test "words beyond max_words are counted on standard error, but not with --quiet" {
    "$python" - << 'END'
from stages import *
header, r, *_ = read(data + "/tokens.mp")
r.pop("spans")
long = {**r, "tokens": (r["tokens"] * 3000)[:2525]}
write("long.mp", [header, {**r, "id": "a", "tokens": r["tokens"][:3]}, {**long, "id": "b"}, {**long, "id": "c"}, {"end": 3}])
END
    for program in ecan-predict ecan-embed; do
        run -0 bash -c "$program -m '$data/model' long.mp 2>&1 > out.mp"
        [ "$output" = "$program: 2 of 3 encounters: 5,000 words beyond max_words not read" ]
        run -0 bash -c "$program -q -m '$data/model' long.mp 2>&1 > out.mp"
        [ -z "$output" ]
    done
    run -0 bash -c "ecan-encode -m '$data/model' out.mp 2>&1 > next.mp"
    [ -z "$output" ]
}

@test "--threshold: predicted are the codes above it, best first; the model's by default" {
    "$python" - << 'END'
from stages import *
for program, kind in ("score", "attended"), ("predict", "tokens"):
    objects = read(f"{data}/{kind}.mp")
    for options, p in ([], 0.5), (["--threshold", "0.25"], 0.25), (["--threshold", "0"], 0), (["--threshold", "1"], 1):
        out = stage(program, objects, *options)
        assert out[0]["threshold"] == numpy.float32(p)
        for r in out[1:-1]:
            found = [(x["code"], x["score"]) for x in r["predicted"]]
            assert dict(found) == {c: float(s) for c, s in zip(out[0]["labels"], r["scores"]) if s > numpy.float32(p)}
            assert [s for _, s in found] == sorted((s for _, s in found), reverse=True)
    score = float(out[1]["scores"][2])
    out = stage(program, objects, "--threshold", repr(score))
    assert out[0]["threshold"] == score and score not in [x["score"] for x in out[1]["predicted"]]
    for bad in "2", "-0.1", "nan", "x", "":
        no(program, objects, "threshold", "--threshold", bad, code=2)
no("embed", read(data + "/tokens.mp"), "threshold", "--threshold", "0.5", code=2)
END
    cp -r "$data/model" tuned
    sed -i 's/"threshold": 0.5/"threshold": 0.125/' tuned/config.json
    [ "$(ecan-predict -q -m tuned "$data/tokens.mp" | ecan-metrics --json | python3 -c '
import json, sys; print(json.load(sys.stdin)["threshold"])')" = 0.125 ]
}

@test "scores that are equal: in the order of the labels" {
    cp -r "$data/model" tied
    "$python" - << 'END'
from stages import *
t = read_tensors("tied")
for name in t:
    if name in ("W", "U") or "proj" in name:
        t[name][:] = 0
t["b"][:] = [1, 1, 2, 1, 2, 1]
write_tensors("tied", t)
config = json.load(open("tied/config.json"))
json.dump({k: v for k, v in config.items() if k not in ("files", "fingerprint")}, open("tied/config.json", "w"))
for r in stage("predict", read(data + "/tokens.mp"), folder="tied")[1:-1]:
    assert [x["code"] for x in r["predicted"]] == ["B10", "E11.9", "A1", "A10", "C5", "Z2"]
    assert (r["peaks"][:, 1] <= 0).all(), "of equal weights the first word's"
END
}

@test "a stream of another kind: the message names the program to run first" {
    "$python" - << 'END'
from stages import *
kinds = {"tokens": "ecan-tokenize", "embedded": "ecan-embed", "encoded": "ecan-encode", "attended": "ecan-attend", "scored": "ecan-score"}
order = list(kinds)
for program, kind in stages.items():
    for other in kinds:
        if other != kind:
            missing = [kinds[k] for k in order[order.index(other) + 1:order.index(kind) + 1]]
            run_first = "run " + ", ".join(missing[:-1]) + " and " * (len(missing) > 1) + "".join(missing[-1:]) + " first"
            no(program, read(f"{data}/{other}.mp"), f"expected {'a' if kind == 'tokens' else 'an'} '{kind}' stream, got '{other}': " +
               (run_first if missing else f"use the output of {kinds[kind]}"))
    no(program, [{"ecan": 1, "kind": "secret", "history": []}, {"end": 0}], f"'{kind}' stream, got an unknown kind")
    no(program, [{"ecan": 2, "kind": kind, "history": []}, {"end": 0}], "version 2")
    refused(f"ecan-{program}", "-m", model, stdin=b'{"id": "a"}\n', because="JSON")
END
}

@test "a stream of another model is an error, also if the sizes are equal" {
    "$python" - << 'END'
from stages import *
for program, kind in stages.items():
    objects = read(f"{data}/{kind}.mp")
    if kind != "tokens":
        no(program, objects, "another model", folder=data + "/sum")
        # Also when only the second segment is.
        header = dict(objects[0], history=[{"program": "x", "version": "1", "model": "0" * 32}])
        done = no(program, objects + [header, {"end": 0}], "another model")
        assert len(records(done.stdout)) == 10
        # An entry without a model says nothing; the last that has one counts.
        header = dict(objects[0], history=[{"program": "x", "version": "1", "model": "0" * 32}] + objects[0]["history"] + [{"program": "y", "version": "1"}])
        stage(program, [header] + objects[1:])
    for history in 5, "x", [5], [{"program": 1, "model": 7}], [{7: 8}]:
        done = run(f"ecan-{program}", "-q", "-m", model, stdin=pack([dict(objects[0], history=history)] + objects[1:]))
        assert done.returncode == 1 and "header" in done.stderr and b"\xa3end" not in done.stdout, (program, history, done.stderr)
END
}

@test "tokens with other settings are an error; without settings they are accepted" {
    corpus 3 t | ecan-tokenize --compat caml > caml.mp
    "$python" - << 'END'
from stages import *
for program in "embed", "predict":
    no(program, read("caml.mp"), "not tokenized as the model's")
    objects = read(data + "/tokens.mp")
    objects[0].pop("tokenizer")
    stage(program, objects)
    for settings in 5, "x", {}, {"case": "fold"}:
        no(program, [objects[0] | {"tokenizer": settings}] + objects[1:], "not tokenized as the model's")
END
    cp -r "$data/model" free
    python3 - << 'END'
import json
config = json.load(open("free/config.json"))
del config["tokenizer"]
json.dump(config, open("free/config.json", "w"))
END
    ecan-predict -q -m free caml.mp > /dev/null
}

@test "records that do not fit: the message has number, id and key, and not the text" {
    "$python" - << 'END'
from stages import *
f4 = lambda *shape: numpy.zeros(shape, "<f4")
wrong = {
    "embed": [("tokens", v) for v in (None, 5, "secret", ["a", 5], [["a"]], {"a": "secret"}, [b"a"])],
    "encode": [("X", v) for v in (None, 5, [1.0], f4(3), f4(3, 7), f4(8, 3), f4(3, 8, 1), f4(3, 8).astype("<i4"), b"secret")],
    "attend": [("H", v) for v in (None, 5, [], [f4(3, 8)], [f4(3, 8), f4(3, 7)], [f4(3, 8), f4(4, 6)], [f4(3, 8), f4(3, 6), f4(3, 6)],
                                  [f4(3, 8), f4(3, 6).astype("<i4")], [f4(3, 8), f4(18)], f4(2, 3, 8), [1, 2])],
    "score": [("V", v) for v in (None, 5, f4(6), f4(6, 13), f4(5, 14), f4(14, 6), f4(6, 14).astype("<i4"), [[0.0]])],
}
wrong["predict"] = wrong["embed"]
for program, cases in wrong.items():
    header, first, *_, last, end = read(f"{data}/{stages[program]}.mp")
    for key, value in cases + [(key, "missing") for key in {k for k, _ in cases}]:
        bad = {"id": "bad", **{k: v for k, v in first.items() if k not in ("id", key, "spans")}}
        if not isinstance(value, str) or value != "missing":
            bad[key] = value
        done = no(program, [header, first, bad, last, {"end": 3}], "record 2 (bad): offset")
        assert key in done.stderr and "secret" not in done.stderr, done.stderr
        assert [r["id"] for r in records(done.stdout)] == [first["id"]]
        done = run(f"ecan-{program}", "-q", "-m", model, "--skip-bad", stdin=pack([header, first, bad, last, {"end": 3}]))
        assert done.returncode == 1 and "2 records done, 1 bad records left out" in done.stderr, done.stderr
        out = unpack(done.stdout)
        assert [r["id"] for r in out[1:-1]] == [first["id"], last["id"]] and out[-1] == {"end": 2}
END
}

@test "invalid records: without id, with an id that is not a string, with a duplicate key" {
    "$python" - << 'END'
from stages import *
for program, kind in stages.items():
    header, first, *_, last, end = read(f"{data}/{kind}.mp")
    body = pack([first])
    for bad in pack([{**first, "id": 5}]), pack([{**first, "id": ""}]), bytes([body[0] + 1]) + body[1:] + b"\xa2id\xa1z", pack([{"x": 1}]):
        stream = pack([header, first]) + bad + pack([last, {"end": 3}])
        assert records(refused(f"ecan-{program}", "-q", "-m", model, stdin=stream, because="record 2").stdout)[0]["id"] == "p0", bad[:40]
        done = run(f"ecan-{program}", "-q", "-m", model, "--skip-bad", stdin=stream)
        assert done.returncode == 1 and unpack(done.stdout)[-1] == {"end": 2}, done.stderr
    for end in {"end": 2}, {"end": -1}, {"end": "x"}:
        no(program, [header, first, end], "end record")
END
}

@test "NaN and infinity in X, H or V: an error and no score" {
    "$python" - << 'END'
from stages import *
for value in numpy.nan, numpy.inf:
    for program, key in ("encode", "X"), ("attend", "H"), ("score", "V"):
        header, record, *_ = read(f"{data}/{stages[program]}.mp")
        array = record[key][1] if key == "H" else record[key]
        array = array.copy()
        array[3, 2] = value
        record[key] = [record[key][0], array] if key == "H" else array
        stream, at = pack([header, record, {"end": 1}]), program
        while at:
            done = run(f"ecan-{at}", "-q", "-m", model, stdin=stream)
            stream, at = done.stdout, {"encode": "attend", "attend": "score"}.get(at)
            if done.returncode:
                break
        assert done.returncode == 1 and "record 1 (p0)" in done.stderr and "not a number" in done.stderr, (program, value, done.stderr)
END
}

@test "--max-record is the ceiling" {
    "$python" - << 'END'
from stages import *
for program, kind in stages.items():
    header, first, *_ = read(f"{data}/{kind}.mp")
    done = no(program, [header, first, first | {"id": "big", "more": "x" * 30000}, {"end": 2}], "--max-record", "--max-record", "20K")
    assert len(records(done.stdout)) == 1
    stage(program, [header, first, first | {"id": "big", "more": "x" * 30000}, {"end": 2}], "--max-record", "40K")
END
}

@test "the output cannot be the input" {
    cp "$data/tokens.mp" same.mp
    run ecan-embed -q -m "$data/model" -o same.mp same.mp
    [ "$status" -eq 1 ]
    [[ "$output" == *"same.mp: the output is also an input" ]]
    run bash -c "ecan-embed -q -m '$data/model' -o same.mp < same.mp"
    [ "$status" -eq 1 ]
    [[ "$output" == *"same.mp: the output is also an input" ]]
    cmp same.mp "$data/tokens.mp"
}

@test "a terminal gets no binary; standard input and output that are closed" {
    if command -v script > /dev/null; then
        run script -qec "ecan-predict -q -m '$data/model' '$data/tokens.mp'" /dev/null
        [ "$status" -eq 1 ]
        [[ "$output" == *terminal* ]]
    fi
    for program in embed predict; do
        run bash -c "'ecan-$program' -q -m '$data/model' '$data/tokens.mp' >&-"
        [ "$status" -eq 1 ]
        [[ "$output" == "ecan-$program: standard output: "* ]]
        run bash -c "'ecan-$program' -q -m '$data/model' <&-"
        [ "$status" -eq 1 ]
        [[ "$output" == "ecan-$program: standard input: "* ]]
    done
}

@test "wrong usage: exit 2" {
    "$python" - << 'END'
from stages import *
for program in stages:
    refused(f"ecan-{program}", because="missing option --model DIR", code=2)
    for options in ["--threads", "0"], ["--threads", "x"], ["--max-record", "1"], ["--max-record", "x"], ["--nonsense"], ["--weights=3"]:
        refused(f"ecan-{program}", "-m", model, *options, code=2)
    refused(f"ecan-{program}", "-m", "nowhere", because="nowhere: No such file")
    refused(f"ecan-{program}", "-m", model, "nowhere.mp", because="nowhere.mp: No such file")
END
}

# Each of these was taken without a word by programs other than ecan-check.
@test "a record whose parts do not fit each other is bad for every filter" {
    "$python" - << 'END'
from stages import *
def spans(change):
    def changed(r):
        r["spans"] = r["spans"].copy()
        change(r["spans"])
    return changed
def keep(key, n):
    return lambda r: r.update({key: r[key][:n].copy()})
def put(key, at, value):
    def changed(r):
        r[key] = r[key].copy()
        r[key][at] = value
    return changed
T = len(records(data + "/tokens.mp")[1]["tokens"])
tokens = [(keep("spans", 3), f"key spans: the number of words (T) is 3, but {T} in an earlier key or record"), (keep("tokens", 3), f"key spans: the number of words (T) is {T}, but 3 in an earlier key or record"),
          (spans(lambda s: s.__setitem__((-1, 2), 9999)), f"key spans: span {T}: the end is 9999"),
          (spans(lambda s: s.__setitem__((slice(None), 0), 1)), "key spans: span 1: document 1 does not exist"),
          (spans(lambda s: s.__setitem__((4, 1), s[4, 2] + 1)), "key spans: span 5: ")]
read_words = tokens + [(put("ids", 2, -1), "key ids: number 3 is negative"), (lambda r: r.update(ids=numpy.zeros(T + 1, "<i4")), "key ids: ")]
cases = {"embed": tokens, "predict": tokens, "encode": read_words + [(keep("X", 3), "key X: the number of words that the model reads (T) is 3")],
         "attend": read_words + [(lambda r: r.update(H=[h[:3].copy() for h in r["H"]]), "key H: block 1: the number of words that the model reads (T) is 3")],
         "score": read_words + [(put("peaks", (2, 1), T), "key peaks: label 3: word"), (put("peaks", (0, 0), -3), "key peaks: label 1: unexpected block -3"),
                                (keep("peaks", 2), "key peaks: the number of labels (L) is 2")]}
for program, changes in cases.items():
    header, first, second, last, *_ = read(f"{data}/{stages[program]}.mp")
    for change, why in changes:
        bad = dict(second)
        change(bad)
        stream = [header, first, bad, last, {"end": 3}]
        done = no(program, stream, why)
        assert f"record 2 ({bad['id']}): offset " in done.stderr, done.stderr
        done = run(f"ecan-{program}", "-q", "-m", model, "--skip-bad", stdin=pack(stream))
        assert done.returncode == 1 and len(records(done.stdout)) == 2, done.stderr
header, first, bad, *_ = unpack(run("ecan-predict", "-q", "-m", model, stdin=pack(read(data + "/tokens.mp"))).stdout)
for change, why in tokens + [(put("peaks", (2, 1), T), "key peaks: label 3: word")]:
    r = dict(bad)
    change(r)
    for command in ["ecan-explain", "-m", model], ["ecan-metrics"], ["ecan-average"]:
        refused(*command, stdin=pack([header, first, r, {"end": 2}]), because=why)
END
}
