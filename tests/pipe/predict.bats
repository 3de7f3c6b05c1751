#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Prediction: the pipe of four and ecan-predict are one computation, whatever the threads, and streams come through it
# complete, truncated, concatenated, or empty.

load ../helper

setup_file() {
    export data=$BATS_FILE_TMPDIR
    cd "$data" || return 1
    write_corpus
    train multi --epochs 3 --channels 8,6 --max-words 25
    train sum --epochs 1 --no-focal --channels 8,6 --attention sum --label-size 5
    train first --epochs 1 --no-focal --channels 8,6 --blocks-attended first
    train last --epochs 1 --no-focal --channels 8,6 --blocks-attended last --label-size 3
    train no-se --epochs 1 --no-focal --channels 8,6,7 --kernels 2,5,1 --no-squeeze-excitation
    train no-res --epochs 1 --no-focal --channels 8,6 --no-residual --max-words 0
    # Encounters without words, with one, with unknown ones, with more than max_words.
    {
        corpus 30 p
        echo '{"id": "none", "text": ""}'
        echo '{"id": "one", "text": "sign3"}'
        echo '{"id": "unknown", "text": "never seen words"}'
        printf '{"id": "long", "text": "%s"}\n' "$(printf 'sign%d word%d ' {1..500})"
    } | ecan-tokenize > tokens.mp
    four multi tokens.mp > scored.mp
    ecan-embed -q -m multi tokens.mp > embedded.mp
    ecan-encode -q -m multi embedded.mp > encoded.mp
    ecan-attend -q -m multi encoded.mp > attended.mp
}

setup() {
    need msgpack msgpack_numpy numpy
    cd "$BATS_TEST_TMPDIR" || return 1
}

# four MODEL FILE [OPTION]...: the pipe.
four() {
    local m=$1 file=$2
    shift 2
    ecan-embed -q -m "$m" "$@" "$file" | ecan-encode -q -m "$m" "$@" | ecan-attend -q -m "$m" "$@" | ecan-score -q -m "$m" "$@"
}

@test "the pipe of four and ecan-predict agree to the bit, for every kind of network" {
    for m in multi sum first last no-se no-res; do
        four "$data/$m" "$data/tokens.mp" > four.mp
        ecan-predict -q -m "$data/$m" "$data/tokens.mp" > one.mp
        ecan-check four.mp one.mp
        "$python" - << 'END'
from helper import *
four, one, tokens = read("four.mp"), read("one.mp"), read(os.environ["data"] + "/tokens.mp")
assert len(four) == len(one) == len(tokens) == 36
assert same(four[1:], one[1:])
for a, b in zip(one[1:-1], tokens[1:-1]):
    cut = len(b["tokens"]) - len(a["ids"])
    assert a.keys() == b.keys() | {"ids", "peaks", "peak_weights", "scores", "predicted"} | ({"words_cut"} if cut else set())
    assert a.get("words_cut", 0) == cut
    assert same({k: a[k] for k in b}, b)
assert {**four[0], "history": 0} == {**one[0], "history": 0}
assert [h["program"] for h in four[0]["history"]] == ["ecan-tokenize", "ecan-embed", "ecan-encode", "ecan-attend", "ecan-score"]
assert [h["program"] for h in one[0]["history"]] == ["ecan-tokenize", "ecan-predict"]
END
    done
}

@test "large records, which a stage lends to the next one instead of copying them" {
    "$python" - << 'END' | ecan-tokenize > tokens.mp
import json, random
q = random.Random(3)
for i in range(24):
    words = q.randrange(4000, 40000)
    print(json.dumps({"id": f"long {i}", "text": " ".join(f"sign{q.randrange(9)} word{q.randrange(500)}" for _ in range(words // 2))}))
END
    cat > splice.py << 'END'
import os, time
while os.splice(0, 1, 1 << 20): # passes pages on without copying them
    time.sleep(.002)
END
    local m=$data/no-res
    ecan-predict -q -m "$m" tokens.mp > one.mp
    for threads in 1 2 3; do
        four "$m" tokens.mp --threads $threads > four.mp
        cmp <(ecan-show --records --full --key ids,peaks,scores,predicted four.mp) \
            <(ecan-show --records --full --key ids,peaks,scores,predicted one.mp)
    done
    ecan-embed -q -m "$m" tokens.mp | "$python" splice.py | ecan-encode -q -m "$m" | tee encoded.mp | ecan-attend -q -m "$m" |
        "$python" splice.py | ecan-score -q -m "$m" > spliced.mp
    cmp spliced.mp four.mp
    ecan-embed -q -m "$m" tokens.mp | ecan-encode -q -m "$m" | cmp - encoded.mp
}

@test "the numbers are the formulas': numpy on the tensors of the folder gives the same scores" {
    for m in multi sum first last no-se no-res; do
        ecan-predict -q -m "$data/$m" "$data/tokens.mp" > one.mp
        "$python" - "$data/$m" << 'END'
import math
from helper import *
folder = sys.argv[1]
c, w = json.load(open(folder + "/config.json")), {k: v.astype(float) for k, v in read_tensors(folder).items()}
erf = numpy.vectorize(math.erf, otypes=[float])
sigmoid = lambda x: 1 / (1 + numpy.exp(-x))

def conv(X, weight, bias): # [D][D_in][K]
    K = weight.shape[2]
    padded = numpy.pad(X, (((K - 1) // 2, K // 2), (0, 0)))
    return sum(padded[k:k + len(X)] @ weight[:, :, k].T for k in range(K)) + bias

def block(X, p):
    C = conv(X, w[p + "conv.weight"], w[p + "conv.bias"])
    if c["squeeze_excitation"]:
        z = C.mean(0)
        u = numpy.maximum(0, w[p + "fc1.weight"] @ z + w[p + "fc1.bias"])
        C = C * sigmoid(w[p + "fc2.weight"] @ u + w[p + "fc2.bias"])
    y = (C - C.mean(1, keepdims=True)) / numpy.sqrt(C.var(1, keepdims=True) + 1e-5)
    y = y * w[p + "norm.weight"] + w[p + "norm.bias"]
    if c["residual"]:
        y = y + conv(X, w[p + "res.weight"], w[p + "res.bias"])
    return y * (1 + erf(y / math.sqrt(2))) / 2

def scores(ids):
    if len(ids) == 0:
        return sigmoid(w["b"]), []
    X, H = w["embed.weight"][ids], []
    for i in range(len(c["channels"])):
        X = block(X, f"blocks.{i}.")
        H.append(X)
    if c["attention"] == "sum":
        H = [H[-1] + sum(conv(h, w[f"same.{i}.weight"], w[f"same.{i}.bias"]) for i, h in enumerate(H[:-1]))]
    elif c["blocks_attended"] != "all":
        H = [H[0 if c["blocks_attended"] == "first" else -1]]
    V, A = [], []
    for i, h in enumerate(H):
        S = (w["U"] @ w[f"proj.{i}.weight"].T + w[f"proj.{i}.bias"]) @ h.T
        S = numpy.exp(S - S.max(1, keepdims=True))
        A.append(S / S.sum(1, keepdims=True))
        V.append(A[-1] @ h)
    return sigmoid((w["W"] * numpy.concatenate(V, 1)).sum(1) + w["b"]), A

for r in records("one.mp"):
    p, A = scores(r["ids"])
    assert abs(p - r["scores"]).max() < 1e-5, (r["id"], abs(p - r["scores"]).max())
    assert [(x["code"], x["score"]) for x in r["predicted"]] == sorted(
        [(code, float(s)) for code, s in zip(read("one.mp")[0]["labels"], r["scores"]) if s > 0.5], key=lambda x: -x[1])
    if A:
        assert abs(numpy.max([a.max(1) for a in A], 0) - r["peak_weights"]).max() < 1e-5
END
    done
}

@test "the same bytes for 1, 2 and 5 threads, from a file or a pipe, to a file or a pipe" {
    for t in 1 2 5; do
        four "$data/multi" "$data/tokens.mp" --threads $t | cmp - "$data/scored.mp"
        ecan-predict -q -m "$data/multi" --threads $t -o "one$t.mp" "$data/tokens.mp"
        ecan-predict -q -m "$data/multi" --threads $t < "$data/tokens.mp" | cmp - one1.mp
        cmp "one$t.mp" one1.mp
        ecan-attend -q -m "$data/multi" --threads $t --weights "$data/encoded.mp" > "A$t.mp"
        cmp A$t.mp A1.mp
    done
}

@test "an encounter gives the same numbers on its own and among others" {
    ecan-predict -q -m "$data/sum" "$data/tokens.mp" > all.mp
    "$python" - << 'END'
from helper import *
data = os.environ["data"]
tokens = read(data + "/tokens.mp")
for i in (1, 7, 31, 32, 33, 34):
    done = run("ecan-predict", "-q", "-m", data + "/sum", stdin=pack([tokens[0], tokens[i], {"end": 1}]))
    assert same(records(done.stdout)[0], records("all.mp")[i - 1])
END
}

@test "two streams joined by cat, and two operands" {
    four "$data/multi" <(cat "$data/tokens.mp" "$data/tokens.mp") > joined.mp
    ecan-predict -q -m "$data/multi" "$data/tokens.mp" "$data/tokens.mp" > operands.mp
    ecan-check --help > /dev/null
    "$python" - << 'END'
from helper import *
once = records(os.environ["data"] + "/scored.mp")
assert same(records("joined.mp"), once + once)
assert same(records("operands.mp"), once + once)
for path in ("joined.mp", "operands.mp"):
    counted = 0
    for o in read(path):
        counted += "id" in o
        if "id" not in o and "end" in o:
            assert o["end"] == counted
            counted = 0
END
    for kind in embedded encoded attended; do
        program=$(case $kind in embedded) echo encode ;; encoded) echo attend ;; attended) echo score ;; esac)
        "ecan-$program" -q -m "$data/multi" "$data/$kind.mp" "$data/$kind.mp" | ecan-show --records | sort | uniq -c |
            grep -qv '^ *2 ' && return 1
    done
    return 0
}

@test "truncated anywhere: complete records are passed on, no end record, exit 1 at every stage" {
    cat > cut.py << 'END'
from helper import *
import random
data, random = os.environ["data"], random.Random(1)
before = {"embed": "tokens", "encode": "embedded", "attend": "encoded", "score": "attended", "predict": "tokens"}
for program, kind in before.items():
    whole = pathlib.Path(f"{data}/{kind}.mp").read_bytes()
    good = records(run(f"ecan-{program}", "-q", "-m", data + "/multi", stdin=whole).stdout)
    assert len(good) == 34
    for n in [0, 1, 100, len(whole) - 6, len(whole) - 1] + [random.randrange(len(whole)) for _ in range(8)]:
        done = refused(f"ecan-{program}", "-q", "-m", data + "/multi", stdin=whole[:n], because="truncated")
        came = unpack(done.stdout)
        assert same(came[1:], good[:len(records(whole[:n]))]), (program, n)
END
    "$python" cut.py
    n=$(($(wc -c < "$data/tokens.mp") / 2))
    run bash -c "head -c $n '$data/tokens.mp' | ecan-embed -q -m '$data/multi' | ecan-encode -q -m '$data/multi' |
        ecan-attend -q -m '$data/multi' | ecan-score -q -m '$data/multi' > cut.mp; echo \"\${PIPESTATUS[*]}\""
    [ "${lines[-1]}" = "0 1 1 1 1" ]
    [ "$(grep -c truncated <<< "$output")" -eq 4 ]
    run ecan-check cut.mp
    [[ "$output" == *truncated* ]]
}

@test "five bytes that declare a large size are an error, and nothing is allocated for them" {
    cat > bomb.py << 'END'
from helper import *
data = os.environ["data"]
before = {"embed": "tokens", "encode": "embedded", "attend": "encoded", "score": "attended", "predict": "tokens"}
bombs = [b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff", b"\xc9\xff\xff\xff\xff\x01"]
consumed = {"tokens": "tokens", "embedded": "X", "encoded": "H", "attended": "V"}
for program, kind in before.items():
    header, record = read(f"{data}/{kind}.mp")[:2]
    start = pack([header, record])
    for bomb in bombs:
        for at in (b"", b"\x82\xa2id\xa1x" + pack([consumed[kind]]), b"\x82\xa2id\xa1x" + pack(["more"])):
            done = refused(f"ecan-{program}", "-q", "-m", data + "/multi", "--threads", "1", stdin=start + at + bomb)
            assert len(records(done.stdout)) == 1
            refused(f"ecan-{program}", "-q", "-m", data + "/multi", "--threads", "1", stdin=start + at + bomb + b"x" * 100)
        # A tensor that says it is larger than it is.
        tensor = b"\x85\xc4\x02nd\xc3\xc4\x04type\xa3<f4\xc4\x04kind\xc4\x00\xc4\x05shape\x92\xce\x7f\xff\xff\xff\xce\x7f\xff\xff\xff\xc4\x04data\xc4\x04abcd"
        if kind in ("embedded", "attended"):
            refused(f"ecan-{program}", "-q", "-m", data + "/multi", stdin=pack([header]) + b"\x82\xa2id\xa1x" + pack([consumed[kind]]) + tensor + pack([{"end": 1}]))
import resource
assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 400_000, "kilobytes"
END
    "$python" bomb.py
}

@test "a full disk: exit 1 with a message, at the first stage and at the last" {
    [ -w /dev/full ] || skip "no /dev/full"
    for call in "embed tokens" "encode embedded" "attend encoded" "score attended" "predict tokens"; do
        read -r program kind <<< "$call"
        run bash -c "'ecan-$program' -q -m '$data/multi' '$data/$kind.mp' > /dev/full"
        [ "$status" -eq 1 ]
        [ "$output" = "ecan-$program: standard output: cannot write: No space left on device" ]
        run "ecan-$program" -q -m "$data/multi" -o /dev/full "$data/$kind.mp"
        [ "$status" -eq 1 ]
        [[ "$output" == *"/dev/full: cannot write: No space left on device" ]]
        run "ecan-$program" -q -m "$data/multi" -o nowhere/x "$data/$kind.mp"
        [ "$status" -eq 1 ]
        [[ "$output" == *"nowhere/x: cannot write: No such file"* ]]
    done
}

# 2000 records of tokens.
write_many() {
    "$python" - "$1" << 'END'
from helper import *
n = int(sys.argv[1])
tokens = read(os.environ["data"] + "/tokens.mp")
write(f"many{n}.mp", [tokens[0]] + [{**tokens[1 + i % 30], "id": str(i)} for i in range(n)] + [{"end": n}])
END
}

@test "a reader that closes the pipe ends every stage quietly and at once" {
    write_many 4000
    run bash -o pipefail -c "ecan-predict -q -m '$data/multi' many4000.mp | head -c 1000 > /dev/null"
    [ "$status" -eq 141 ]
    [ -z "$output" ]
    { cat many4000.mp; sleep 30; } | timeout 20 ecan-predict -q -m "$data/multi" | head -c 1000 > /dev/null
    run bash -c "ecan-embed -q -m '$data/multi' many4000.mp | ecan-encode -q -m '$data/multi' | ecan-attend -q -m '$data/multi' |
        ecan-score -q -m '$data/multi' | head -c 1000 > /dev/null; echo \"\${PIPESTATUS[*]}\""
    [ "${#lines[@]}" -eq 1 ]
    [ "${lines[0]}" = "141 141 141 141 0" ]
    # Where SIGPIPE is ignored it is an error like any other.
    run bash -c "trap '' PIPE; ecan-predict -q -m '$data/multi' many4000.mp | true; echo \"\${PIPESTATUS[*]}\""
    [ "$output" = $'ecan-predict: standard output: cannot write: Broken pipe\n1 0' ]
}

@test "memory does not grow with the stream" {
    write_many 40
    write_many 4000
    cat > memory.py << 'END'
from helper import *
os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"
def peak(program, path): # kilobytes
    child = subprocess.Popen([program, "-q", "-m", os.environ["data"] + "/multi", "--threads", "2", path], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    assert status == 0
    return usage.ru_maxrss
for program in ("ecan-embed", "ecan-predict"):
    few, many = peak(program, "many40.mp"), peak(program, "many4000.mp")
    assert many < few + 3000, (program, few, many)
END
    "$python" memory.py
    [ "$(wc -c < many4000.mp)" -gt 3000000 ]
}

@test "--unbuffered: a record is written before the next one arrives" {
    cat > live.py << 'END'
from helper import *
import select
data = os.environ["data"]
before = {"embed": "tokens", "encode": "embedded", "attend": "encoded", "score": "attended", "predict": "tokens"}
for program, kind in before.items():
    objects = read(f"{data}/{kind}.mp")
    child = subprocess.Popen([f"ecan-{program}", "-q", "-m", data + "/multi", "--unbuffered"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    got = b""
    child.stdin.write(pack(objects[:1]))
    for n, o in enumerate(objects[1:4]):
        child.stdin.write(pack([o]))
        child.stdin.flush()
        while len(records(got)) <= n:
            assert select.select([child.stdout], [], [], 20)[0], (program, n, "nothing came")
            got += os.read(child.stdout.fileno(), 1 << 20)
        assert records(got)[n]["id"] == o["id"]
    child.stdin.write(pack([{"end": 3}]))
    child.stdin.close()
    got += child.stdout.read()
    assert child.wait() == 0 and unpack(got)[-1] == {"end": 3}
END
    "$python" live.py
}
