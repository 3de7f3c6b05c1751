#!/usr/bin/env bats
# The N-th write, read, close, sync, rename or open of each program fails, for every N (fault.c says how). A program then
# exits 1 with a message, or, where it has another way, has written all of its output: it never crashes, and never ends well
# with output missing.

load ../helper

setup_file() {
    export data=$BATS_FILE_TMPDIR
    cd "$data" || return 1
    write_corpus
    train model --epochs 1 --no-focal
    corpus 6 p > encounters.jsonl
    ecan-tokenize -q encounters.jsonl > tokens.mp
    ecan-embed -q -m model tokens.mp > embedded.mp
    ecan-encode -q -m model embedded.mp > encoded.mp
    ecan-attend -q -m model encoded.mp > attended.mp
    ecan-score -q -m model attended.mp > scored.mp
    printf 'id,code,score\np0,A1,0.25\np1,"B10",1\n' > predictions.csv
    printf 'A*\tfirst\nB00-B99\tsecond\nC5\tthird\n' > groups.tsv
    printf 'A1\t0.25\n' > thresholds.tsv
}

setup() {
    need msgpack msgpack_numpy numpy
    need_fault
    cd "$BATS_TEST_TMPDIR" || return 1
    cat > fault.py << 'END'
from helper import *
import shutil
data = os.environ["data"]

def excuses(done, program):
    """It says why, and that it failed."""
    return done.returncode == 1 and done.stderr.startswith(program + ": ") and len(done.stderr) > len(program) + 5
END
}

@test "every filter and reader" {
    "$python" - << 'END'
from fault import *
model = ["-q", "-m", data + "/model"]
commands = [["ecan-tokenize", "-q", "{encounters.jsonl}"],
            ["ecan-w2v", "-q", "--size", "3", "--min-count", "1", "--threads", "1", "{tokens.mp}"],
            ["ecan-embed", *model, "{tokens.mp}"], ["ecan-encode", *model, "{embedded.mp}"], ["ecan-attend", *model, "{encoded.mp}"],
            ["ecan-score", *model, "{attended.mp}"], ["ecan-predict", *model, "{tokens.mp}"],
            ["ecan-average", "-q", "{scored.mp}"], ["ecan-linear", "-q", "--min-docs", "1", "--train", data + "/tokens.mp", "{tokens.mp}"],
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

@test "no memory: a message, never half of the output" {
    ldd "$(command -v ecan-tokenize)" | grep -qE 'lib(a|t|ub)san' && skip "sanitizers have an allocator of their own"
    "$python" - << 'END'
from fault import *
commands = [["ecan-tokenize", "-q", data + "/encounters.jsonl"], ["ecan-metrics", data + "/scored.mp"],
            ["ecan-metrics", "--train", data + "/encounters.jsonl", "--groups", data + "/groups.tsv", "--prefix", "1", "--thresholds",
             data + "/thresholds.tsv", "--label-thresholds", "own.tsv", data + "/scored.mp"],
            ["ecan-import", "-q", "--gold", data + "/encounters.jsonl", "--labels", data + "/model/labels.tsv", data + "/predictions.csv"],
            ["ecan-average", "-q", "--by", "logit", "--thresholds", data + "/thresholds.tsv", data + "/scored.mp", data + "/scored.mp"],
            ["ecan-compare", "-n", "3", "--shuffles", "3", "--threads", "2", data + "/scored.mp", data + "/scored.mp"],
            ["ecan-w2v", "-q", "--size", "3", "--min-count", "1", "--threads", "1", data + "/tokens.mp"],
            ["ecan-linear", "-q", "--threads", "1", "--lambda", "0.1,1", "--train", data + "/tokens.mp", data + "/tokens.mp"],
            ["ecan-explain", "-m", data + "/model", data + "/scored.mp"], ["ecan-show", data + "/encoded.mp"],
            ["ecan-check", data + "/scored.mp", data + "/vectors.bin", data + "/model"]]
runs = 0
for command in commands:
    whole = run(*command)
    for n in numbers(20):
        done = with_fault(f"memory:{n}", *command, library="memory")
        if not done.fired:
            break
        runs += 1
        failed = done.returncode == 1 and done.stderr.startswith("ecan")
        failed |= command[0] == "ecan-linear" and done.returncode == -6 and done.stderr.lstrip().startswith("libblis: ") and not done.stdout # it gives up by itself
        assert failed or (done.returncode == 0 and done.stdout == whole.stdout), (command, n, done.returncode, done.stderr)
assert runs > 150, runs
END
}

@test "no memory while a model is opened: every allocation" {
    ldd "$(command -v ecan-predict)" | grep -qE 'lib(a|t|ub)san' && skip "sanitizers have an allocator of their own"
    "$python" - << 'END'
from fault import *
command = ["ecan-embed", "-q", "--threads", "1", "-m", data + "/model", data + "/tokens.mp"]
whole = run(*command)
n = 0
while True:
    n += 1
    done = with_fault(f"memory:{n}", *command, library="memory")
    if not done.fired:
        break
    failed = done.returncode == 1 and done.stderr.startswith("ecan")
    failed |= done.returncode == -6 and done.stderr.lstrip().startswith("libblis: ") and not done.stdout # it gives up by itself
    assert failed or (done.returncode == 0 and done.stdout == whole.stdout), (n, done.returncode, done.stderr)
assert n > 100, n
END
}

@test "ecan-train leaves the old whole model or the new one, and --resume ends as if nothing had happened" {
    "$python" - << 'END'
from fault import *
files = ["model.safetensors", "config.json", "vocab.txt", "labels.tsv"]
def contents(folder):
    return [pathlib.Path(folder, name).read_bytes() for name in files]
def command(folder, *more):
    return ["ecan-train", "--train", data + "/train.mp", "--dev", data + "/dev.mp", "--vectors", "few.txt", "-o", folder,
            "--quiet", "--channels", "6", "--kernels", "3", "--reduction", "4", "--batch-size", "20", "--lr", "0.02",
            "--threads", "1", "--epochs", "2", "--no-focal", *more]
pathlib.Path("few.txt").write_text("2 2\nsign1 1 2\nsign2 2 -1\n")
assert run(*command("whole")).returncode == 0
old, new = contents(data + "/model"), contents("whole")
between = set() # the best of each epoch is a whole model too
runs = 0
for call in "write", "read", "close", "sync", "rename", "open":
    for n in numbers(1000):
        shutil.rmtree("model", ignore_errors=True)
        shutil.copytree(data + "/model", "model", ignore=shutil.ignore_patterns("checkpoint"))
        done = with_fault(f"{call}:{n}", *command("model"))
        if not done.fired:
            assert done.returncode == 0 and contents("model") == new
            break
        runs += 1
        assert excuses(done, "ecan-train") or (call in ("read", "open", "rename") and done.returncode == 0), \
            (call, n, done.returncode, done.stderr)
        now = contents("model")
        if done.returncode == 0:
            assert now == new, (call, n)
        elif now != old and tuple(now) not in between:
            check = run("ecan-check", "model")
            assert check.returncode == 0, (call, n, done.stderr, check.stderr)
            between.add(tuple(now))
        left = [name for name in os.listdir("model") if name.endswith((".new", ".old"))]
        assert not left or call in ("close", "rename", "open", "sync"), (call, n, left)
        if runs % 3 == 0 and done.returncode:
            again = run(*command("model", "--resume"))
            assert again.returncode == 0 and contents("model") == new, (call, n, again.stderr)
            assert not [name for name in os.listdir("model") if name.endswith((".new", ".old"))]
assert runs > 100 and len(between) <= 2, (runs, len(between))
END
}
