# SPDX-License-Identifier: Apache-2.0
# ecan-train while its N-th write, read, close, sync, rename or open fails, for every N.

load fault

@test "ecan-train leaves the old whole model or the new one, and --resume ends as if nothing had happened" {
    "$python" - << 'END'
from fault import *
files = ["model.safetensors", "config.json", "vocab.txt", "labels.tsv"]
def contents(folder):
    return [pathlib.Path(folder, name).read_bytes() for name in files]
def command(folder, *more):
    return ["ecan-train", "--train", data + "/train.mp", "--dev", data + "/dev.mp", "--vectors", "few.txt", "-o", folder,
            "--quiet", "--channels", "6", "--kernels", "3", "--reduction", "4", "--batch-size", "20", "--lr", "0.02",
            "--threads", "1", "--epochs", "2", "--no-focal", *(more or ["--force"])]
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
