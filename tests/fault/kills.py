#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""SIGKILL at random moments of train, evaluate, predict -o, ensemble and watch. The command is repeated until it ends. Then all files
must be those of a run that was not disturbed, and one more run must find nothing to do.

    tests/fault/kills.py [--kills N] [--seed N] [--one] [VERB]...      ECAN_BIN is the folder of the programs

A kill hits all processes of the command; with --one, a random one of them, so that the others end by themselves or go on while the
command is repeated. A failure prints the seed of its round and keeps its folder: --seed repeats it, up to the speed of the machine."""
import argparse, hashlib, os, pathlib, random, re, shutil, signal, subprocess, sys, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("ECAN_BIN", ROOT / "build/bin")).resolve()
NETWORK = ["--channels", "8", "--kernels", "3", "--epochs", "3", "--no-focal", "--threads", "1", "--checkpoint-every", "0"]
ENVIRONMENT = {**os.environ, "ECAN_BIN": str(BIN), "PATH": f"{BIN}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8", "W2V": "--size 8 --iter 2",
               "JOBS": "2"}

def ecan(*arguments):
    return [str(BIN / "ecan"), *map(str, arguments)]

def commands(base):
    """The command of each verb, for the folder `out`, and what the folder has before."""
    data, trained, inbox = base / "data", base / "trained", base / "inbox"
    return {
        "train": (lambda out: ecan("train", data, out, *NETWORK), None),
        "evaluate": (lambda out: ecan("evaluate", out), trained),
        "predict": (lambda out: ecan("predict", trained, "-o", out / "predicted.jsonl", *sorted(inbox.iterdir())), base / "empty"),
        "ensemble": (lambda out: ecan("ensemble", data, out, 2, *NETWORK), None),
        "watch": (lambda out: ecan("watch", "-m", trained, "-o", out, "--once", "-T", 1, inbox), None)}

# ---- what a run leaves ----

def contents(path):
    data = path.read_bytes()
    if path.name in ("history.jsonl", "state.json"):
        data = re.sub(rb'"(words_per_second|seconds|train_seconds)": [^,}\n]*', b"", data)
    elif path.name == "results.md": # minutes and words per second
        data = re.sub(rb"(\|[^|\n]*){3}\n", b"\n", data)
    return hashlib.sha256(data).hexdigest()

def files(out):
    """The hash of each file. Records have times and inodes, logs what was repeated, and plots of the training its speed."""
    found = (p for p in out.rglob("*") if p.is_file() or p.is_symlink())
    ignored = lambda p: p.suffix in (".made", ".log") or p.name == ".lock" or p.name == "training.svg"
    return {str(p.relative_to(out)): contents(p) for p in found if not ignored(p)}

def difference(wanted, got):
    names = [name for name in sorted(wanted.keys() | got.keys()) if wanted.get(name) != got.get(name)]
    return ", ".join(f"{n} ({'changed' if n in wanted and n in got else 'missing' if n in wanted else 'left over'})" for n in names)

# ---- processes ----

def session(number):
    """The processes of a session."""
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = pathlib.Path("/proc", entry, "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == number and fields[0] != "Z":
                yield int(entry)

def kill(process, one, chance):
    """Kills the process and its session, or a random process of the session."""
    while True:
        victims = list(session(process.pid))
        if not victims:
            return
        for victim in [chance.choice(victims)] if one else victims:
            try:
                os.kill(victim, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if one:
            return

def start(command, scratch, log):
    return subprocess.Popen(command, env={**ENVIRONMENT, "TMPDIR": str(scratch)}, start_new_session=True, cwd=scratch,
                            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)

def finish(command, scratch, log):
    return start(command, scratch, log).wait()

# ---- rounds ----

class Failure(Exception):
    pass

def prepare(out, before):
    shutil.rmtree(out, ignore_errors=True)
    if before:
        shutil.copytree(before, out, symlinks=True)

def check_round(verb, command, out, wanted, scratch, log_path):
    got = files(out)
    if got != wanted:
        raise Failure("not as undisturbed: " + difference(wanted, got))
    if verb != "predict": # it is made each time
        with open(log_path, "wb") as log:
            code = finish(command, scratch, log)
        said = log_path.read_text(errors="replace")
        made = [line for line in said.splitlines() if re.search(r": ecan-\w+ |^ecan-watch: ", line) and "up to date" not in line]
        if code != 0 or made:
            raise Failure(f"one more run, with code {code}, made something: {made[:3]}")
        if files(out) != wanted:
            raise Failure("one more run changed: " + difference(wanted, files(out)))

def one_round(verb, make, before, base, wanted, took, seed, one):
    """Starts, kills and repeats the command until it ends. Returns the number of kills."""
    chance, kills = random.Random(seed), 0
    out, scratch, log_path = base / verb / "out", base / verb / "scratch", base / verb / "log"
    prepare(out, before)
    command = make(out)
    while True:
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        with open(log_path, "wb") as log:
            process = start(command, scratch, log)
        try:
            code = process.wait(chance.uniform(0, took * (1 + kills / 10))) # longer, so that it ends on a busy machine, too
        except subprocess.TimeoutExpired:
            kill(process, one, chance)
            kills += 1
            code = process.wait(120)
            if code != 0:
                continue
        if code != 0:
            if one and kills: # it waited for a process of the killed command, which then failed
                continue
            raise Failure(f"code {code}: " + log_path.read_text(errors="replace")[-500:])
        break
    check_round(verb, command, out, wanted, scratch, log_path)
    return kills

def undisturbed(verb, make, before, base):
    out, scratch = base / verb / "out", base / verb / "scratch"
    scratch.mkdir(parents=True)
    prepare(out, before)
    begin = time.monotonic()
    with open(base / verb / "log", "wb") as log:
        if finish(make(out), scratch, log) != 0:
            sys.exit((base / verb / "log").read_text(errors="replace"))
    return files(out), time.monotonic() - begin

def test(verb, options, base):
    make, before = commands(base)[verb]
    wanted, took = undisturbed(verb, make, before, base)
    begin, kills, rounds, seed = time.monotonic(), 0, 0, options.seed
    while kills < options.kills:
        try:
            kills += one_round(verb, make, before, base, wanted, took, seed, options.one)
        except (Failure, subprocess.TimeoutExpired) as failure:
            print(f"{verb}: FAILED after {kills} kills, --seed {seed}: {failure}\n  in {base / verb}", flush=True)
            return False
        rounds, seed = rounds + 1, seed + 1
    print(f"{verb}: {kills} kills in {rounds} rounds of {took:.1f} s, seeds {options.seed} to {seed - 1}, {time.monotonic() - begin:.0f} s",
          flush=True)
    return True

def make_data(base):
    """Encounters, a trained model, and files for watch, in base."""
    subprocess.run([BIN.parent / "examples/make-encounters", "--train", "60", "--dev", "8", "--test", "8", "-o", base / "data"],
                   check=True, stderr=subprocess.DEVNULL)
    (base / "scratch").mkdir()
    (base / "empty").mkdir()
    (base / "inbox").mkdir()
    lines = (base / "data/test.jsonl").read_text().splitlines(keepends=True)
    for i, line in enumerate(lines):
        more = "".join(line.replace('"id": "', f'"id": "{n}-', 1) for n in range(30))
        (base / "inbox" / f"{i}.jsonl").write_text(more)
    with open(base / "log", "wb") as log:
        if finish(commands(base)["train"][0](base / "trained"), base / "scratch", log) != 0:
            sys.exit((base / "log").read_text(errors="replace"))

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100, help="for each verb (default: 100)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--one", action="store_true", help="kill one process instead of all")
    parser.add_argument("verbs", nargs="*", metavar="VERB", choices=[[], *commands(pathlib.Path())])
    options = parser.parse_args()
    base = pathlib.Path(tempfile.mkdtemp(prefix="ecan-kills."))
    make_data(base)
    results = [test(verb, options, base) for verb in options.verbs or commands(base)]
    if all(results):
        shutil.rmtree(base)
    return 0 if all(results) else 1

if __name__ == "__main__":
    sys.exit(main())
