# SPDX-License-Identifier: Apache-2.0
# A model folder is one generation: killed at every call of a save over an older model, replaced while it is read, two writers,
# links, files of two runs. Each test runs with the exchange of two folders, and without it, as on NFS (FAULT_EXCHANGE).

load ../helper

setup_file() {
    export data=$BATS_FILE_TMPDIR
    cd "$data" || return 1
    write_corpus
    corpus 4 p | ecan-tokenize -q > tokens.mp
}

setup() {
    need msgpack msgpack_numpy numpy
    need_fault
    cd "$BATS_TEST_TMPDIR" || return 1
    cat > folder.py << 'END'
from helper import *
import shutil
import time
data = os.environ["data"]
files = ["model.safetensors", "config.json", "vocab.txt", "labels.tsv"]
tokens = pathlib.Path(data, "tokens.mp").read_bytes()
exchange = {}, {"FAULT_EXCHANGE": "1"}

def command(folder, *more, seed=1):
    return ["ecan-train", "--train", data + "/train.mp", "--dev", data + "/dev.mp", "--vectors", data + "/vectors.bin", "-o", folder,
            "--quiet", "--channels", "6", "--kernels", "3", "--batch-size", "20", "--lr", "0.02", "--threads", "1", "--epochs", "1",
            "--no-focal", "--checkpoint-every", "0", "--seed", str(seed), *more]

def contents(folder):
    return [pathlib.Path(folder, name).read_bytes() for name in files]

def scores(folder):
    done = run("ecan-predict", "-q", "-m", folder, stdin=tokens)
    assert done.returncode == 0, done.stderr
    return done.stdout

def strays(*folders):
    found = []
    for folder in folders:
        found += [name for name in os.listdir(folder) if ".new" in name or name in (".next", ".lock") or name.endswith(".old")]
    return found

def with_preload(environment):
    return {**os.environ, "LD_PRELOAD": os.environ["ECAN_BUILD"] + "/tests/fault.so", **environment}
END
}

@test "killed before each call of a save over an older model: the old model or the new one, whole, for every reader" {
    "$python" - << 'END'
from folder import *
for seed in 1, 2:
    assert run(*command(f"whole{seed}", seed=seed)).returncode == 0
old, new = contents("whole1"), contents("whole2")
wanted = {scores("whole1"): old, scores("whole2"): new}
assert len(wanted) == 2
for environment in exchange:
    seen = set()
    os.environ.update(environment)
    for n in numbers(400):
        shutil.rmtree("model", ignore_errors=True)
        shutil.copytree("whole1", "model")
        pathlib.Path("model/notes.txt").write_text("mine")
        done = with_fault(f"kill:{n}", *command("model", "--force", seed=2))
        if not done.fired:
            assert done.returncode == 0, done.stderr
            break
        assert done.returncode == -9, (n, done.stderr)
        now = scores("model")
        assert now in wanted, n
        if not environment: # a program that knows nothing of .next, too
            assert contents("model") == wanted[now], n
        seen.add(now)
        if n % 5:
            continue
        again = run(*command("model", "--resume", seed=2))
        if 'another "seed"' in again.stderr: # the checkpoint is that of the old model
            again = run(*command("model", "--force", seed=2))
        assert again.returncode == 0 and contents("model") == new, (n, again.stderr)
        assert not strays("model", "model/checkpoint", "."), (n, strays("model", "model/checkpoint", "."))
        assert pathlib.Path("model/notes.txt").read_text() == "mine"
    assert n > 60 and len(seen) == 2, (n, len(seen))
    os.environ.pop("FAULT_EXCHANGE", None)
END
}

@test "replaced 200 times while it is read: every prediction is of one of the models" {
    "$python" - << 'END'
from folder import *
for seed in 1, 2:
    assert run(*command(f"whole{seed}", seed=seed)).returncode == 0
wanted = {scores("whole1"), scores("whole2")}
for environment in exchange:
    shutil.rmtree("model", ignore_errors=True)
    shutil.copytree("whole1", "model")
    writer = subprocess.Popen(["bash", "-c", 'for ((i = 0; i < 50; i++)); do "${@:2:$1}" && "${@:2+$1}" || exit; done', "-",
                               str(len(command("model", "--force"))), *command("model", "--force"), *command("model", "--force", seed=2)],
                              env=with_preload(environment))
    seen, reads = set(), 0
    while writer.poll() is None:
        seen.add(scores("model"))
        reads += 1
    assert writer.wait() == 0
    assert seen == wanted and reads > 50, (len(seen), reads)
END
}

@test "two writers: the second fails with a message that names the process; a writer that was killed does not count" {
    "$python" - << 'END'
from folder import *
first = subprocess.Popen([*command("model"), "--epochs", "100000", "--patience", "100000"], stderr=subprocess.PIPE)
while not os.path.exists("model/config.json"):
    assert first.poll() is None
    time.sleep(0.01)
for more in ["--force"], ["--resume"]:
    done = run(*command("model", *more, seed=2))
    assert done.returncode == 1 and f"model: process {first.pid} on " in done.stderr, done.stderr
for attempt in range(100):
    pathlib.Path("scored.mp").write_bytes(scores("model"))
    done = run("ecan-metrics", "--tune", "model", "scored.mp")
    assert done.returncode == 1, done.stderr
    if "got another" not in done.stderr: # the model was replaced after it was used
        break
assert f"process {first.pid}" in done.stderr, done.stderr
first.kill()
first.wait()
assert os.path.exists("model/.lock")
assert run(*command("model", "--force", seed=2)).returncode == 0
assert run(*command("whole", seed=2)).returncode == 0
assert contents("model") == contents("whole") and not strays("model", ".")
# Two that begin at once in a folder that does not exist: one is refused, or both follow one another.
for i in range(10):
    shutil.rmtree("both", ignore_errors=True)
    two = [subprocess.Popen(command("both", seed=seed), stderr=subprocess.PIPE) for seed in (1, 2)]
    said = [p.communicate()[1] for p in two]
    good = [p.returncode == 0 for p in two]
    assert sum(good) == 1, (good, said)
    assert run("ecan-check", "both").returncode == 0
    assert json.loads(pathlib.Path("both/config.json").read_text())["training"]["seed"] == good.index(True) + 1
END
}

@test "thresholds are not written into a model that was replaced meanwhile, and tensors of another run are no checkpoint" {
    "$python" - << 'END'
from folder import *
for seed in 1, 2:
    assert run(*command(f"whole{seed}", seed=seed)).returncode == 0
for name in "weights.safetensors", "m.safetensors", "v.safetensors":
    shutil.rmtree("model", ignore_errors=True)
    shutil.copytree("whole1", "model")
    shutil.copy(f"whole2/checkpoint/{name}", "model/checkpoint")
    done = run(*command("model", "--resume", "--epochs", "3"))
    assert done.returncode == 1 and f"model/checkpoint/{name}: not the file that state.json was written with" in done.stderr, done.stderr
END
}

@test "links are not followed, and files that are not of a checkpoint stay" {
    "$python" - << 'END'
from folder import *
def precious():
    shutil.rmtree("precious", ignore_errors=True)
    os.mkdir("precious")
    for name in "state.json", "weights.safetensors", "thesis.txt":
        pathlib.Path("precious", name).write_text("mine")
def unharmed():
    return sorted(os.listdir("precious")) == ["state.json", "thesis.txt", "weights.safetensors"] and \
        all(pathlib.Path("precious", name).read_text() == "mine" for name in os.listdir("precious"))
assert run(*command("whole")).returncode == 0
for environment in exchange:
    os.environ.update(environment)
    for link in "checkpoint", "checkpoint.old", "checkpoint.new", ".next", ".lock":
        precious()
        shutil.rmtree("model", ignore_errors=True)
        shutil.copytree("whole", "model", ignore=shutil.ignore_patterns("checkpoint"))
        os.symlink("../precious", f"model/{link}")
        done = run(*command("model", "--force"), env=with_preload(environment))
        assert unharmed(), (link, done.stderr)
        assert done.returncode == (1 if link in ("checkpoint", ".next", ".lock") else 0), (link, done.stderr)
    # A folder with other files.
    shutil.rmtree("model")
    shutil.copytree("whole", "model", ignore=shutil.ignore_patterns("checkpoint"))
    os.mkdir("model/checkpoint")
    pathlib.Path("model/checkpoint/thesis.txt").write_text("mine")
    done = run(*command("model", "--force"))
    assert done.returncode == 1 and "model/checkpoint: neither empty nor a checkpoint" in done.stderr, done.stderr
    shutil.rmtree("model")
    shutil.copytree("whole", "model")
    pathlib.Path("model/checkpoint/thesis.txt").write_text("mine")
    assert run(*command("model", "--force", seed=2), env=with_preload(environment)).returncode == 0
    assert pathlib.Path("model/checkpoint/thesis.txt").read_text() == "mine" and not strays("model", "model/checkpoint", ".")
    # What older versions wrote to.
    pathlib.Path("target").write_text("mine")
    for name in files:
        os.symlink("../target", f"model/{name}.new")
    assert run(*command("model", "--force"), env=with_preload(environment)).returncode == 0
    assert pathlib.Path("target").read_text() == "mine"
    os.environ.pop("FAULT_EXCHANGE", None)
END
}

@test "every file and folder of a save is synced" {
    "$python" - << 'END'
from folder import *
said = set()
for n in numbers(100):
    shutil.rmtree("model", ignore_errors=True)
    done = with_fault(f"sync:{n}", *command("model"))
    if not done.fired:
        break
    assert done.returncode == 1, (n, done.stderr)
    said.add(done.stderr.splitlines()[-1].replace("ecan-train: ", "").split(": ")[0])
assert said >= {"model", "model/checkpoint", *("model/" + name for name in files),
                *("model/checkpoint/" + name for name in ("state.json", "weights.safetensors", "m.safetensors", "v.safetensors"))}, said
END
}

@test "mode and group stay; a folder in a folder that cannot be written, and the current folder, are written in place" {
    "$python" - << 'END'
from folder import *
assert run(*command("whole")).returncode == 0
shutil.copytree("whole", "model")
os.chmod("model", 0o2750)
assert run(*command("model", "--force", seed=2)).returncode == 0
assert os.stat("model").st_mode & 0o7777 == 0o2750
before = os.stat("model").st_ino
assert run(*command(".", "--force"), cwd="model").returncode == 0
assert os.stat("model").st_ino == before and contents("model") == contents("whole") and not strays("model", ".")
END
}
