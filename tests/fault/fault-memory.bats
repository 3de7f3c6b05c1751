# SPDX-License-Identifier: Apache-2.0
# Each program while its N-th allocation fails, for every N.

load fault

@test "no memory: a message, never half of the output" {
    ldd "$(command -v ecan-tokenize)" | grep -qE 'lib(a|t|ub)san' && skip "sanitizers have an allocator of their own"
    "$python" - << 'END'
from fault import *
commands = [["ecan-tokenize", "-q", data + "/encounters.jsonl"], ["ecan-metrics", data + "/scored.mp"],
            ["ecan-metrics", "--train", data + "/encounters.jsonl", "--groups", data + "/groups.tsv", "--prefix", "1", "--thresholds",
             data + "/thresholds.tsv", "--label-thresholds", "own.tsv", data + "/scored.mp"],
            ["ecan-import", "-q", "--gold", data + "/encounters.jsonl", "--labels", data + "/model/labels.tsv", data + "/predictions.csv"],
            ["ecan-average", "-q", "--by", "logit", "--thresholds", data + "/thresholds.tsv", data + "/scored.mp", data + "/scored.mp"],
            ["ecan-compare", "--resamples", "3", "--shuffles", "3", "--threads", "2", data + "/scored.mp", data + "/scored.mp"],
            ["ecan-w2v", "-q", "--size", "3", "--min-count", "1", "--threads", "1", data + "/tokens.mp"],
            ["ecan-linear", "-q", "--threads", "1", "--lambda", "0.1,1", "--train", data + "/tokens.mp", data + "/tokens.mp"],
            ["ecan-terms", "-q", "--force", "--threads", "1", "--train", data + "/tokens.mp", "--dev", data + "/tokens.mp", "-m", data + "/model", "-o", "terms"],
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
        failed |= command[0] in ("ecan-linear", "ecan-terms") and of_blis(done)
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
    failed = done.returncode == 1 and done.stderr.startswith("ecan") or of_blis(done)
    assert failed or (done.returncode == 0 and done.stdout == whole.stdout), (n, done.returncode, done.stderr)
assert n > 100, n
END
}
