#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Training that is stopped by a signal and resumed gives bit-identical files. torture.py kills it at random moments.

load ../helper

setup_file() {
    export data=$BATS_FILE_TMPDIR
    cd "$data" || return 1
    write_corpus
    options=(--epochs 12 --checkpoint-every 0)
    local before_it
    before_it=$(date +%s%N)
    train whole "${options[@]}" --threads 2
    export took=$((($(date +%s%N) - before_it) / 1000000)) # milliseconds
    train later --epochs 40
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    options=(--epochs 12 --checkpoint-every 0)
}

same_model() {
    local file
    for file in model.safetensors config.json vocab.txt labels.tsv; do
        cmp "$1/$file" "$2/$file" || return 1
    done
    [ "$(sed 's/, "words_per_second.*//' "$1/history.jsonl")" = "$(sed 's/, "words_per_second.*//' "$2/history.jsonl")" ]
}

# until_done FOLDER OPTION...: trains, is stopped after some twentieth of the time that it takes, resumes, ...
until_done() {
    local stops=0 wait status
    RANDOM=5
    while true; do
        status=0
        before=exec train "$@" --resume 2> said &
        wait=$((10 + RANDOM % (took / 10 + 1) + stops))
        sleep "$((wait / 1000)).$(printf %03d $((wait % 1000)))"
        kill -TERM $! 2> /dev/null || true
        wait $! 2> /dev/null || status=$?
        [ "$status" -ne 0 ] || break
        # By the signal itself, or by its own exit; never by an error.
        [ "$status" -eq $((128 + $(kill -l TERM))) ] || grep -q "stopped: to continue" said || { cat said; return 1; }
        stops=$((stops + 1))
        [ "$stops" -lt 200 ] || return 1
    done
    echo "stopped $stops times"
    [ "$stops" -ge 1 ]
}

@test "SIGTERM at any moment, again and again, with two threads" {
    until_done model "${options[@]}" --threads 2
    same_model model "$data/whole"
}

@test "SIGTERM and SIGINT save a checkpoint, say so, and exit 1" {
    for signal in TERM INT; do
        rm -rf model
        python3 - "$signal" "${network[@]}" << 'END'
import os, signal, subprocess, sys, time
data = os.environ["data"]
command = ["ecan-train", "--train", data + "/train.mp", "--dev", data + "/dev.mp", "--vectors", data + "/vectors.bin", "-o", "model",
           *sys.argv[2:], "--epochs", "40"]
child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
for line in child.stderr: # once training has begun
    if line.startswith("bce"):
        break
child.send_signal(getattr(signal, "SIG" + sys.argv[1]))
said = child.stderr.read()
assert child.wait() == 1, (child.returncode, said)
assert said.endswith("ecan-train: stopped: to continue, run the same command with --resume\n"), said
assert os.path.exists("model/checkpoint/state.json")
END
        train model --epochs 40 --resume
        same_model model "$data/later"
    done
}

@test "killed before each of its writes, syncs, renames and removals" {
    need msgpack msgpack_numpy numpy
    need_fault
    "$python" - << 'END'
from helper import *
import shutil
data = os.environ["data"]
def command(folder, *more):
    return ["ecan-train", "--train", data + "/train.mp", "--dev", data + "/dev.mp", "--vectors", data + "/vectors.bin", "-o", folder,
            "--quiet", "--channels", "6", "--kernels", "3", "--batch-size", "20", "--lr", "0.02", "--threads", "1", "--epochs", "2",
            "--checkpoint-every", "0", *more]
assert run(*command("whole")).returncode == 0
def contents(folder):
    return [pathlib.Path(folder, name).read_bytes() for name in ("model.safetensors", "config.json", "vocab.txt", "labels.tsv")]
new, runs = contents("whole"), 0
for n in numbers(40):
    shutil.rmtree("model", ignore_errors=True)
    done = with_fault(f"kill:{n}", *command("model"))
    if not done.fired:
        assert done.returncode == 0
        break
    assert done.returncode == -9, (n, done.stderr)
    again = run(*command("model", "--resume"))
    assert again.returncode == 0 and contents("model") == new, (n, again.stderr)
    assert not [name for name in os.listdir("model") if name.endswith((".new", ".old"))], (n, os.listdir("model"))
    runs += 1
assert runs > 50, runs
END
}
