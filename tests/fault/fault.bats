# SPDX-License-Identifier: Apache-2.0
# Each filter and reader while its N-th write, read, close, sync, rename or open fails, for every N.

load fault

@test "every filter and reader" {
    "$python" - << 'END'
from fault import *
model = ["-q", "-m", data + "/model"]
commands = [["ecan-tokenize", "-q", "{encounters.jsonl}"],
            ["ecan-w2v", "-q", "--size", "3", "--min-count", "1", "--threads", "1", "{tokens.mp}"],
            ["ecan-embed", *model, "{tokens.mp}"], ["ecan-encode", *model, "{embedded.mp}"], ["ecan-attend", *model, "{encoded.mp}"],
            ["ecan-score", *model, "{attended.mp}"], ["ecan-predict", *model, "{tokens.mp}"],
            ["ecan-average", "-q", "{scored.mp}"], ["ecan-average", "-q", "--fit", "{scored.mp}"],
            ["ecan-linear", "-q", "--min-docs", "1", "--train", data + "/tokens.mp", "{tokens.mp}"],
            ["ecan-metrics", "{scored.mp}"], ["ecan-import", "-q", "--gold", data + "/tokens.mp", "{predictions.csv}"],
            ["ecan-metrics", "--train", data + "/encounters.jsonl", "--groups", data + "/groups.tsv", "--thresholds",
             data + "/thresholds.tsv", "{scored.mp}"], ["ecan-explain", "-m", data + "/model", "{scored.mp}"], ["ecan-show", "{encoded.mp}"]]
runs = 0
for command in commands:
    program, *options, operand = command
    operand = data + "/" + operand.strip("{}")
    stdin = pathlib.Path(operand).read_bytes()
    whole = run(program, *options, stdin=stdin)
    assert whole.returncode == 0 and whole.stdout, whole.stderr
    for call in "write", "read", "close", "sync", "rename", "open":
        for n in numbers(12):
            pathlib.Path("out").unlink(missing_ok=True)
            done = with_fault(f"{call}:{n}", program, *options, "-o", "out", operand)
            if not done.fired:
                break
            runs += 1
            out = pathlib.Path("out").read_bytes() if os.path.exists("out") else b""
            must = call in ("write", "close", "sync")
            assert done.returncode == 0 or not os.path.exists("out"), (command, call, n)
            assert not list(pathlib.Path().glob(".ecan-*")), (command, call, n)
            assert excuses(done, program) or (not must and done.returncode == 0 and out == whole.stdout), \
                (command, call, n, done.returncode, done.stderr, len(out))
        for n in 1, 2, 3:
            done = with_fault(f"{call}:{n}", program, *options, stdin=stdin)
            assert not done.fired or excuses(done, program) or (done.returncode == 0 and done.stdout == whole.stdout), \
                (command, call, n, done.returncode, done.stderr, "standard")
assert runs > 100, runs
END
}

@test "ecan-check does not find good what it could not read" {
    "$python" - << 'END'
from fault import *
for operand in "scored.mp", "vectors.bin", "model":
    for n in numbers(20):
        done = with_fault(f"read:{n}", "ecan-check", f"{data}/{operand}")
        if not done.fired:
            assert done.returncode == 0
            break
        assert excuses(done, "ecan-check"), (operand, n, done.returncode, done.stderr)
    assert n > 1
END
}

@test "reads and writes of a few bytes, and interrupted ones: the same output" {
    "$python" - << 'END'
from fault import *
for program, kind, after in ("embed", "tokens", "embedded"), ("encode", "embedded", "encoded"), ("attend", "encoded", "attended"), ("score", "attended", "scored"):
    whole = pathlib.Path(f"{data}/{after}.mp").read_bytes()
    done = with_fault("short", f"ecan-{program}", "-q", "-m", data + "/model", f"{data}/{kind}.mp")
    assert done.returncode == 0 and done.stdout == whole, done.stderr
    done = with_fault("short", f"ecan-{program}", "-q", "-m", data + "/model", stdin=pathlib.Path(f"{data}/{kind}.mp").read_bytes())
    assert done.returncode == 0 and done.stdout == whole, done.stderr
done = with_fault("short", "ecan-tokenize", "-q", data + "/encounters.jsonl")
assert done.stdout == pathlib.Path(data, "tokens.mp").read_bytes(), done.stderr
for program in "ecan-metrics", "ecan-show", "ecan-check", "ecan-average":
    a, b = run(program, data + "/scored.mp"), with_fault("short", program, data + "/scored.mp")
    assert b.returncode == 0 and a.stdout == b.stdout, b.stderr
END
}
