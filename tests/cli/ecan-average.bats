#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ecan-average against the same arithmetic in numpy and awk, on made-up scores; files that do not belong together.
bats_require_minimum_version 1.5.0

setup() {
    load ../helper
    need msgpack msgpack_numpy numpy
    cd "$BATS_TEST_TMPDIR" || return 1
    cat > maker.py << 'END'
from helper import *

class Float(float):
    """Packed in four bytes, as ecan does."""

def system(path, seed, n=20, labels=("A1", "B2", "C3", "D4"), model=None, program="ecan-predict", **header):
    """n encounters with random scores, and what the stages leave in a record; gold is the same whatever the seed."""
    rng, gold, L = numpy.random.default_rng(seed), numpy.random.default_rng(1), len(labels)
    entry = {"program": program, "version": "0.1.0", **({"model": model} if model else {})}
    head = {"ecan": 1, "kind": "scored", "history": [entry], "labels": list(labels), "threshold": .5, **header}
    made = []
    for i in range(n):
        scores = rng.random(L).astype("<f4")
        best = [int(j) for j in numpy.argsort(-scores, kind="stable") if (scores > head.get("thresholds", head["threshold"]))[j]]
        codes = [c for c in ("A1", "B2", "C3", "D4", "other") if gold.random() < .4]
        made.append({"id": f"e{i}", "labels": codes, "tokens": ["w", "x"], "spans": numpy.array([[0, 0, 1], [0, 2, 3]], "<i4"),
                     "ids": numpy.array([2, 3], "<i4"), "peaks": rng.integers(0, 2, (L, 2)).astype("<i4"),
                     "peak_weights": rng.random(L).astype("<f4"), "scores": scores,
                     "predicted": [{"code": labels[j], "score": Float(scores[j])} for j in best]})
    save(path, head, made)
    return head, made

def packed(o):
    if isinstance(o, Float):
        return b"\xca" + struct.pack(">f", o)
    if type(o) is list:
        return msgpack.Packer().pack_array_header(len(o)) + b"".join(map(packed, o))
    if type(o) is dict:
        return msgpack.Packer().pack_map_header(len(o)) + b"".join(packed(k) + packed(v) for k, v in o.items())
    return msgpack.packb(o, default=msgpack_numpy.encode)

def save(path, head, records, end=None):
    pathlib.Path(path).write_bytes(b"".join(map(packed, [head, *records, {"end": len(records) if end is None else end}])))

def load(path):
    return read(path)[0], records(path)

def header(path):
    return read(path)[0]

def scores(path):
    return numpy.array([r["scores"] for r in records(path)])
END
}

py() {
    PYTHONPATH=$PYTHONPATH:$BATS_TEST_TMPDIR "$python" -c "from maker import *
$1" "${@:2}"
}

# refuses: for each line "[OPTION]... FILE... | WHY" of standard input exit 1, a message with WHY in it, no end record.
refuses() {
    py 'for line in sys.stdin:
    arguments, why = line.strip().split(" | ")
    refused("ecan-average", *arguments.split(), because=why)'
}

@test "the mean of the scores, in numpy and in awk" {
    py 'for s in 1, 2, 3: system(f"{s}.mp", s)'
    ecan-average 1.mp 2.mp 3.mp > mean.mp
    ecan-check mean.mp
    py 'want = sum(scores(f"{s}.mp").astype("f8") for s in (1, 2, 3)) / 3
assert (scores("mean.mp") == want.astype("f4")).all()
for r in records("mean.mp"):
    s = r["scores"]
    assert [p["code"] for p in r["predicted"]] == [["A1", "B2", "C3", "D4"][j] for j in numpy.argsort(-s, kind="stable") if s[j] > .5]'
    for s in 1 2 3 mean; do ecan-show --full --records $s.mp | jq -r '.scores[]' > $s.txt; done
    paste 1.txt 2.txt 3.txt mean.txt | awk '{ d = ($1 + $2 + $3) / 3 - $4; if (d * d > 1e-14) exit 1 } END { exit NR != 80 }'
}

@test "one file comes out as it was, to the bit, whatever the mean and the weight" {
    py 'h, r = system("1.mp", 1, n=50, labels=[f"c{i}" for i in range(300)], threshold=.25, model="0" * 32)
r[0]["scores"][:6], r[0]["predicted"] = [0, 1, 1e-45, 1e-30, 1 - 2**-24, 2**-24], []
save("1.mp", h, r)'
    for how in --by=mean --by=logit --weights=3 --weights=0.1; do
        ecan-average $how 1.mp > out.mp
        py 'a, b = read("1.mp"), read("out.mp")
assert b[0]["history"].pop()["program"] == "ecan-average"
b[1]["predicted"] = []
assert a[0] == b[0] and same(a[1:], b[1:]), sys.argv
assert pathlib.Path("1.mp").read_bytes()[-200000:] == pathlib.Path("out.mp").read_bytes()[-200000:]' $how
    done
    ecan-average < 1.mp | cmp - <(ecan-average 1.mp)
    ecan-average - < 1.mp | cmp - <(ecan-average 1.mp)
}

@test "a file several times is itself" {
    py 'system("1.mp", 1, labels=[f"c{i}" for i in range(300)])'
    ecan-average --weights 1,2.5,0.3 1.mp 1.mp 1.mp > mean.mp
    ecan-average --by logit 1.mp 1.mp > logit.mp
    py 'assert (scores("mean.mp") == scores("1.mp")).all()
assert numpy.allclose(scores("logit.mp"), scores("1.mp"), rtol=1e-6, atol=0)'
}

@test "weights" {
    py 'for s in 1, 2, 3: system(f"{s}.mp", s)'
    ecan-average --weights 2,1,0.5 1.mp 2.mp 3.mp > mean.mp
    py 'want = sum(w * scores(f"{s}.mp").astype("f8") for s, w in ((1, 2), (2, 1), (3, .5))) / 3.5
assert (scores("mean.mp") == want.astype("f4")).all()
assert [m["weight"] for m in header("mean.mp")["average"]["members"]] == [2, 1, .5]'
    ecan-average --weights 4,2,1 1.mp 2.mp 3.mp > twice.mp
    py 'assert (scores("mean.mp") == scores("twice.mp")).all()'
    run -2 ecan-average --weights 1,2 1.mp 2.mp 3.mp
    [[ $output == *"--weights: expected 3, one for each file, got 2"* ]]
    run -2 ecan-average --weights 1,0 1.mp 2.mp
    run -2 ecan-average --weights 1,-1 1.mp 2.mp
    run -2 ecan-average - 1.mp -
    [[ $output == *"standard input"* ]]
}

@test "--by logit: the geometric mean of the odds; 0 and 1 are limited to the range of a probability" {
    py 'for s, first in ((1, [0, 1, 0, .5]), (2, [.5, .5, 1, 0])):
    h, r = system(f"{s}.mp", s)
    r[0]["scores"][:], r[0]["predicted"] = first, []
    save(f"{s}.mp", h, r)'
    ecan-average --by logit --weights 1,3 1.mp 2.mp > mean.mp
    ecan-check mean.mp
    py 'p = [numpy.clip(scores(f"{s}.mp").astype("f8"), 1e-12, 1 - 2**-25) for s in (1, 2)]
x = [numpy.log(q / (1 - q)) for q in p]
want = 1 / (1 + numpy.exp(-(x[0] + 3 * x[1]) / 4))
got = scores("mean.mp")
assert numpy.allclose(got, want, rtol=1e-6, atol=0), abs(got / want - 1).max()
assert header("mean.mp")["average"]["by"] == "logit"'
}

@test "the header names the members; other programs accept it as scores of a model, but --tune rejects it" {
    py 'system("1.mp", 1, model="1" * 32, tokenizer={"any": 1}); system("2.mp", 2, model="2" * 32); system("3.mp", 3, program="ecan-import")'
    ecan-average 1.mp 2.mp 3.mp > mean.mp
    py 'h = header("mean.mp")
assert h["labels"] == ["A1", "B2", "C3", "D4"] and h["threshold"] == .5 and "thresholds" not in h and h["tokenizer"] == {"any": 1}
assert [e["program"] for e in h["history"]] == ["ecan-predict", "ecan-average"]
assert h["average"] == {"by": "mean", "members": [{"weight": 1, "model": "1" * 32}, {"weight": 1, "model": "2" * 32}, {"weight": 1}]}'
    ecan-metrics --json --label-thresholds own.tsv mean.mp | jq -e '.documents == 20 and .threshold == 0.5'
    ecan-compare --resamples 5 --shuffles 5 mean.mp 1.mp | grep -q mean.mp
    ecan-show mean.mp | head -n 1 | jq -e '.average.members | length == 3'
    ecan-average --thresholds own.tsv mean.mp | ecan-check -
    ecan-average mean.mp 2.mp > again.mp
    ecan-check again.mp
    py 'assert header("again.mp")["average"]["members"] == [{"weight": 1}, {"weight": 1, "model": "2" * 32}]'
}

@test "--threshold and --thresholds; those of the files are averaged as the scores are" {
    py 'system("1.mp", 1, threshold=.25); system("2.mp", 2, threshold=.75)
system("3.mp", 3, thresholds=numpy.array([.5, .5, .5, .125], "<f4"))'
    run -0 --separate-stderr ecan-average -o mean.mp 1.mp 2.mp 3.mp
    [[ $stderr == *"thresholds of the files differ"*"0.5"* ]]
    ecan-check mean.mp
    py 'h = header("mean.mp")
assert h["threshold"] == .5 and (h["thresholds"] == numpy.array([.5, .5, .5, .375], "<f4")).all(), h'
    ecan-average --by logit -o logit.mp 1.mp 2.mp
    py 'assert header("logit.mp")["threshold"] == .5'
    run -0 --separate-stderr ecan-average --threshold 0.125 1.mp 2.mp -o asked.mp
    [ -z "$stderr" ]
    py 'assert header("asked.mp")["threshold"] == .125
for r in records("asked.mp"):
    assert {p["code"] for p in r["predicted"]} == {"ABCD"[j] + "1234"[j] for j in range(4) if r["scores"][j] > .125}'
    printf 'C3\t0.875\n' > own.tsv
    ecan-average --threshold 0.125 --thresholds own.tsv 1.mp 2.mp > own.mp
    py 'assert (header("own.mp")["thresholds"] == numpy.array([.125, .125, .875, .125], "<f4")).all()'
    ecan-check own.mp
    printf 'nobody\t0.875\n' > own.tsv
    refuses << 'END'
--thresholds own.tsv 1.mp 2.mp | own.tsv
END
}

@test "a code that every file predicts is predicted, a code that none predicts is not" {
    py 'system("1.mp", 1, n=200, threshold=.3); system("2.mp", 2, n=200, threshold=.6)'
    for by in mean logit; do
        ecan-average --by $by 1.mp 2.mp > mean.mp
        py 'for a, b, m in zip(records("1.mp"), records("2.mp"), records("mean.mp")):
    a, b, m = ({p["code"] for p in r["predicted"]} for r in (a, b, m))
    assert a & b <= m <= a | b'
    done
}

@test "other labels, in another order: each is averaged over the files that have it" {
    py 'system("1.mp", 1); system("2.mp", 2, labels=("D4", "E5", "A1")); system("3.mp", 3, labels=("C3", "A1"))'
    run -0 --separate-stderr ecan-average -o mean.mp --weights 1,2,3 1.mp 2.mp 3.mp
    [[ $stderr == *"4 of 5 labels are not in every file"* ]]
    ecan-check mean.mp
    py 'h, r, (a, b, c) = header("mean.mp"), records("mean.mp"), (scores(f"{s}.mp").astype("f8") for s in (1, 2, 3))
assert h["labels"] == ["A1", "B2", "C3", "D4", "E5"]
want = numpy.stack([(a[:, 0] + 2 * b[:, 2] + 3 * c[:, 1]) / 6, a[:, 1], (a[:, 2] + 3 * c[:, 0]) / 4, (a[:, 3] + 2 * b[:, 0]) / 3, b[:, 1]], 1)
assert (scores("mean.mp") == want.astype("f4")).all()
assert "peaks" not in r[0] and "peak_weights" not in r[0] and same(r[0]["ids"], records("1.mp")[0]["ids"])'
    ecan-average --by logit 1.mp 2.mp | ecan-check -
    ecan-average -o fewer.mp 1.mp 3.mp
    py 'for a, m in zip(records("1.mp"), records("fewer.mp")):
    assert all(same(a[k], m[k]) for k in a if k not in ("scores", "predicted")) and a.keys() == m.keys()'
    ecan-metrics --json fewer.mp | jq -e '.labels == 4'
}

@test "several segments, at other places in each file, of other models" {
    py 'h, r = system("1.mp", 1); save("a.mp", h, r[:7]); save("b.mp", h, []); save("c.mp", h, r[7:])
g, q = system("d.mp", 2, labels=("D4", "A1"), model="3" * 32); save("d.mp", g, q[:3])
g, q = system("2.mp", 2); save("e.mp", g, q[3:])'
    ecan-average 1.mp 2.mp > one.mp
    ecan-average <(cat a.mp b.mp c.mp) 2.mp > several.mp
    ecan-check several.mp
    py 'assert same(records("one.mp"), records("several.mp"))'
    ecan-average 1.mp <(cat d.mp e.mp) > mixed.mp
    ecan-check mixed.mp
    py 'heads = [o["average"]["members"] for o in read("mixed.mp") if "ecan" in o]
assert len(heads) == 2 and heads[0][1]["model"] == "3" * 32 and "model" not in heads[1][1]
assert same(records("one.mp")[3:], records("mixed.mp")[3:])
system("0.mp", 1, n=0)'
    ecan-average 0.mp 0.mp | ecan-check -
}

@test "gold codes: the same in any order, or from the file that has them" {
    py 'h, r = system("1.mp", 1); g, q = system("2.mp", 2)
for x in q: x["labels"] = x["labels"][::-1] + x["labels"][:1]
save("2.mp", g, q)
for x in q: del x["labels"]
save("3.mp", g, q)
r[4]["labels"] += ["new"]
save("4.mp", h, r)'
    ecan-average 1.mp 2.mp > a.mp
    ecan-average 1.mp 3.mp > b.mp
    cmp a.mp b.mp
    ecan-average 3.mp 1.mp > c.mp
    py 'assert [r["labels"] for r in records("c.mp")] == [r["labels"] for r in records("1.mp")]'
    ecan-average 3.mp 3.mp > d.mp
    py 'assert not any("labels" in r for r in records("d.mp"))'
    refuses << 'END'
4.mp 2.mp | 2.mp: record 5 (e4): offset
4.mp 2.mp | other gold codes than in record 5 of 4.mp
2.mp 4.mp | 4.mp: record 5 (e4): offset
END
}

@test "other encounters, another order, fewer of them" {
    py 'h, r = system("1.mp", 1); system("2.mp", 2)
save("order.mp", h, r[:4] + [r[5], r[4]] + r[6:]); save("fewer.mp", h, r[:-1]); save("none.mp", h, [])'
    refuses << 'END'
1.mp 2.mp order.mp | order.mp: record 5 (e5): offset
1.mp order.mp | expected the id of record 5 of 1.mp: the files must have the same encounters in the same order
1.mp fewer.mp | 1.mp: record 20 (e19): offset
fewer.mp 1.mp | fewer.mp ends before this record, after 19 records
none.mp 1.mp | none.mp ends before this record, after 0 records
END
    run -1 ecan-average 1.mp fewer.mp -o part.mp
    [ ! -e part.mp ]
    ecan-average 1.mp fewer.mp > part.mp || [ $? -eq 1 ]
    py 'assert len(records("part.mp")) == 19'
}

@test "files that are not scored streams, or are truncated" {
    py 'h, r = system("1.mp", 1); system("2.mp", 2); data = pathlib.Path("2.mp").read_bytes()
pathlib.Path("cut.mp").write_bytes(data[:len(data) // 2]); pathlib.Path("open.mp").write_bytes(data[:-5]); pathlib.Path("empty.mp").touch()
pathlib.Path("text.mp").write_text("{}"); pathlib.Path("bomb.mp").write_bytes(data[:-5] + b"\x81\xa2id\xdd\xff\xff\xff\xff")
save("tokens.mp", {"ecan": 1, "kind": "tokens", "history": []}, [{"id": "e0", "tokens": []}])
save("count.mp", h, r, end=3); save("nolabels.mp", {k: h[k] for k in ("ecan", "kind", "history")}, r)
save("twice.mp", {**h, "labels": ["A1", "B2", "A1", "D4"]}, r); save("cuts.mp", {**h, "threshold": 2}, r)
save("history.mp", {**h, "history": [3]}, r)'
    refuses << 'END'
1.mp cut.mp | cut.mp: truncated
open.mp 1.mp | open.mp: truncated
1.mp empty.mp | empty.mp: truncated
1.mp text.mp | text.mp: expected a stream
1.mp bomb.mp | bomb.mp: 
1.mp tokens.mp | tokens.mp: expected a 'scored' stream, got 'tokens': run ecan-predict first
1.mp count.mp | count.mp: end record
1.mp nolabels.mp | nolabels.mp: header: offset 0: key labels: missing
1.mp twice.mp | twice.mp: header: offset 0: key labels: label 3: duplicate label
1.mp cuts.mp | cuts.mp: header: offset 0: key threshold
1.mp history.mp | history.mp: header: offset 0: key history
1.mp no-such.mp | no-such.mp
-o 1.mp 2.mp 1.mp | 1.mp: the output is also an input
END
    ecan-check 1.mp
}

@test "invalid scores; --skip-bad leaves the encounter out" {
    py 'h, r = system("1.mp", 1); system("2.mp", 2)
def bad(path, **keys):
    save(path, h, r[:2] + [{k: v for k, v in {**r[2], **keys}.items() if v is not None}] + r[3:])
nan = r[2]["scores"].copy(); nan[1] = numpy.nan
bad("nan.mp", scores=nan); bad("above.mp", scores=nan[2:].repeat(2) + 2); bad("few.mp", scores=nan[2:]); bad("missing.mp", scores=None)
bad("ints.mp", scores=r[2]["ids"]); bad("gold.mp", labels=[3]); bad("noid.mp", id=None)'
    refuses << 'END'
1.mp nan.mp | nan.mp: record 3 (e2): offset
nan.mp 1.mp | key scores: score 1 is NaN, not a probability
1.mp above.mp | key scores: score 0 is outside 0 and 1
1.mp few.mp | key scores: the number of labels (L) is 2, but 4 in an earlier key or record
1.mp missing.mp | key scores: missing
1.mp ints.mp | key scores: expected f4
1.mp gold.mp | gold.mp: record 3 (e2): offset
1.mp noid.mp | noid.mp: record 3: offset
END
    for bad in nan few gold noid; do
        run -1 --separate-stderr ecan-average --skip-bad -o some.mp $bad.mp 2.mp 1.mp
        [[ $stderr == *"wrote 19 records, skipped 1 bad records"* ]]
        ecan-check some.mp
        py 'assert [r["id"] for r in records("some.mp")] == [f"e{i}" for i in range(20) if i != 2]'
    done
}

@test "memory does not grow with the encounters; pipes of two models" {
    py 'system("1.mp", 1, n=2000, threshold=.99, labels=[f"c{i}" for i in range(500)])'
    ecan-average 1.mp 1.mp 1.mp > big.mp
    bash -o pipefail -c 'ecan-average <(cat 1.mp) - 1.mp < 1.mp | cmp - big.mp'
    ldd "$(command -v ecan-average)" | grep -qE 'lib(a|t|ub)san' && skip "sanitizers take memory of their own"
    bash -o pipefail -c 'ulimit -v 60000; ecan-average 1.mp 1.mp 1.mp | cmp - big.mp'
}

@test "a full disk, a reader that closes the pipe" {
    py 'system("1.mp", 1, n=2000)'
    bash -c 'ecan-average 1.mp 1.mp 2> err | head -c 10 > /dev/null; [ ! -s err ]'
    [ -w /dev/full ] || skip "no /dev/full"
    run -1 bash -c 'ecan-average 1.mp 1.mp > /dev/full'
    [[ $output == *"No space left"* ]]
}

# fit_data: 1.mp and 2.mp are noisy logits of the same gold codes, the second with labels in another order.
fit_data() {
    py 'rng = numpy.random.default_rng(5); L = [f"c{i}" for i in range(30)]
G = rng.random((200, 30)) < .2
def made(path, noise, scale, order, **extra):
    z = scale * (2 * G - 1.5 + noise * rng.normal(size=G.shape))
    s = (1 / (1 + numpy.exp(-z))).astype("<f4")[:, order]
    head = {"ecan": 1, "kind": "scored", "history": [{"program": "x", "version": "1", "model": path * 8}], "labels": [L[j] for j in order]}
    save(path, head, [{"id": f"e{i}", "labels": [L[j] for j in numpy.flatnonzero(G[i])] + ["other"] * (i % 3 == 0), "scores": s[i], "predicted": []} for i in range(200)])
made("1.mp", 1, 3, range(30)); made("2.mp", 2, 1, range(29, -1, -1))'
}

@test "--fit: the weights at the minimum, as numpy computes it; --combination: the scores that they give, and the threshold of ecan-metrics" {
    fit_data
    ecan-average --fit -o c.json 1.mp 2.mp
    ecan-average --combination c.json 1.mp 2.mp > all.mp
    ecan-check all.mp
    py 'c = json.load(open("c.json")); w = [m["weight"] for m in c["members"]] + [c["bias"]]
p = [scores("1.mp").astype("f8"), scores("2.mp").astype("f8")[:, ::-1]]
X = numpy.stack([numpy.log(q / (1 - q)).ravel() for q in p] + [numpy.ones(p[0].size)], 1)
y = numpy.array([[f"c{j}" in r["labels"] for j in range(30)] for r in records("1.mp")]).ravel()
k = (p[0].ravel() > .1) | (p[1].ravel() > .1); x, t = X[k], y[k]; w0 = numpy.array([.5, .5, 0])
z = x @ w
slope = x.T @ (1 / (1 + numpy.exp(-z)) - t) + w - w0
curve = (x.T * (1 / (2 + 2 * numpy.cosh(z)))) @ x + numpy.eye(3)
assert abs(numpy.linalg.solve(curve, slope)).max() < 1e-5, w
assert numpy.allclose(scores("all.mp").ravel(), 1 / (1 + numpy.exp(-(X @ w))), rtol=1e-5)
assert header("all.mp")["threshold"] == numpy.float32(c["threshold"])
assert header("all.mp")["average"]["by"] == "learned" and header("all.mp")["average"]["bias"] == c["bias"]
got = [m["model"] for m in header("all.mp")["average"]["members"]]
assert got == ["1.mp" * 8, "2.mp" * 8], got'
    ecan-metrics --json --best-threshold all.mp | jq -e '.micro.f1 == .best_micro_f1'
    for s in 1 2; do ecan-metrics --json --best-threshold $s.mp | jq -e --slurpfile c c.json '.best_micro_f1 < $c[0].micro_f1'; done
    ecan-average --combination c.json --threshold 0.25 1.mp 2.mp | ecan-metrics --json | jq -e '.threshold == 0.25'
}

@test "--fit: the order of the encounters has no effect; several segments; separable scores; a single system" {
    fit_data
    ecan-average --fit 1.mp 2.mp > c.json
    for s in 1 2; do py 'h, r = load(sys.argv[1] + ".mp"); save(sys.argv[1] + "r.mp", h, r[::-1]); save(sys.argv[1] + "a.mp", h, r[:50]); save(sys.argv[1] + "b.mp", h, r[50:])' $s; done
    ecan-average --fit 1r.mp 2r.mp > r.json
    py 'a, b = (json.load(open(f)) for f in ("c.json", "r.json"))
assert all(abs(x["weight"] - y["weight"]) < 1e-6 for x, y in zip(a["members"], b["members"])) and a["micro_f1"] == b["micro_f1"]'
    ecan-average --fit <(cat 1a.mp 1b.mp) 2.mp | cmp - c.json
    py 'h, r = load("1.mp")
for x in r: x["scores"] = numpy.array([float(c in x["labels"]) for c in h["labels"]], "<f4")
save("sure.mp", h, r)'
    ecan-average --fit -o sure.json sure.mp
    jq -e '.members[0].weight | . > 0 and . < 100' sure.json
    ecan-average --combination sure.json sure.mp | ecan-metrics --json --known-labels-only | jq -e '.micro.f1 == 1'
}

@test "--fit and --combination: systems that do not belong together" {
    fit_data
    ecan-average --fit 1.mp 2.mp > c.json
    py 'h, r = load("2.mp")
save("fewer.mp", {**h, "labels": h["labels"][:-1]}, [{**x, "scores": x["scores"][:-1]} for x in r])
save("nogold.mp", h, [{k: v for k, v in x.items() if k != "labels"} for x in r])
save("unknown.mp", h, [{**x, "labels": ["z"]} for x in r])
c = json.load(open("c.json"))
def made(path, **keys): json.dump({**c, **keys}, open(path, "w"))
made("none.json", members=[]); made("text.json", members=[{"weight": "1"}] * 2); made("bias.json", bias=None); made("high.json", threshold=2)
open("bad.json", "w").write("[")'
    ecan-average --fit 1.mp nogold.mp | cmp - c.json
    refuses << 'END'
--combination c.json 2.mp 1.mp | 2.mp: header: offset 0: key history: scores of another model than in --fit
--combination c.json 1.mp | the combination has weights for 2 files, but there is 1
--combination c.json 1.mp fewer.mp | 1 of 30 labels are not in every file
--combination none.json 1.mp 2.mp | none.json: key members: expected an array of 1 to 16 elements
--combination text.json 1.mp 2.mp | text.json: members: number 1: key weight: expected a number
--combination bias.json 1.mp 2.mp | bias.json: key bias: expected a number
--combination high.json 1.mp 2.mp | high.json: key threshold: expected a number from 0 to 1
--combination bad.json 1.mp 2.mp | bad.json
--combination none-such.json 1.mp 2.mp | none-such.json
END
    for line in "1.mp fewer.mp|1 of 30 labels are not in every file" "nogold.mp nogold.mp|key labels: missing" "unknown.mp unknown.mp|no gold code is among the labels"; do
        run -1 ecan-average --fit ${line%|*} -o out.json
        [[ $output == *"${line#*|}"* ]] && [ ! -e out.json ]
    done
    for options in "--fit --combination c.json" "--fit --by logit" "--combination c.json --weights 1,1" "--fit --threshold 0.5"; do
        run -2 ecan-average $options 1.mp 2.mp
    done
    run -1 --separate-stderr ecan-average --fit --skip-bad <(head -c -3 1.mp) 2.mp
    [ -z "$output" ]
}
