#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""ecan, PyTorch and ONNX Runtime in turn on one machine: words per second, memory, share of a large sgemm's rate.

    bench.py [--quick] [--configs NAME,...] [--documents 1500,3500,mix] [--work train,predict,start,memory]
             [--rounds N] [--batch N] [--limit SECONDS] [--memory MIB] [--threads N] [--build DIR]
    bench.py --install          gnuplot, PyTorch (Debian's packages) and ONNX Runtime (npm's)

Prints a table, and leaves results.json, speed.svg and what they were made of in DIR/bench. What is measured, and what
the columns mean, is in README.md beside this file. PyTorch, ONNX Runtime and gnuplot may each be missing.
"""
import argparse
import array
import datetime
import json
import math
import os
import random
import resource
import select
import shutil
import signal
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = os.environ.get("PYTHON", "/usr/bin/python3")
CONFIGS = ["mimic50", "dutch144", "french940", "eurlex", "mimicfull-sum", "mimicfull-multi", "wiki10"]
WORDS, E, MAX_WORDS = 50000, 100, 3500
PIPE = ["ecan-embed", "ecan-encode", "ecan-attend", "ecan-score"]
# In one cell of the table: batch of training, rounds at least and at most, and the seconds after which no round is begun
# beyond the least; seconds that ecan-predict shall work on its stream.
FULL = {"documents": "1500,3500,mix", "batch": 16, "least": 3, "rounds": 5, "enough": 60, "stream": 2.0}
QUICK = {"documents": "1500", "batch": 4, "least": 3, "rounds": 3, "enough": 0, "stream": 0.7}
AT_LEAST, AT_MOST = 8, 256  # documents of a stream


class Failed(Exception):
    """A program that stopped, ran out of memory, or took too long."""


# ---- what is run ----

class Program:
    """A program that takes a step for each line it gets, and lies still between its turns."""

    def __init__(self, command, limit, memory, environment=None):
        self.limit = limit
        self.log = open(os.path.join(o.folder, "log"), "ab")
        self.process = subprocess.Popen(
            command, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, env=environment,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (memory, memory)))
        self.scores = None
        try:
            line = self.read()
            if "scores" in line:
                self.scores = line["scores"]
                line = self.read()
            self.parameters = line["parameters"]
        except Failed:
            self.kill()
            raise
        self.process.send_signal(signal.SIGSTOP)

    def read(self):
        ready, _, _ = select.select([self.process.stdout], [], [], self.limit)
        line = self.process.stdout.readline() if ready else b""
        if not line:
            raise Failed("no answer" if ready else f"more than {self.limit:g} s")
        return json.loads(line)

    def turn(self):
        """{"seconds", "words", ...} of a step."""
        self.process.send_signal(signal.SIGCONT)
        try:
            self.process.stdin.write(b"\n")
            return self.read()
        except BrokenPipeError:
            raise Failed("it stopped") from None
        finally:
            self.process.send_signal(signal.SIGSTOP)

    def peak(self):
        """MiB that it had at most."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as f:
            return next(int(line.split()[1]) / 1024 for line in f if line.startswith("VmHWM"))

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.log.close()


class Stream:
    """The real programs over a stream of tokens, one after another; a turn is the whole stream."""

    scores = parameters = None

    def __init__(self, programs, model, tokens, words):
        self.commands = [[binary(p), "-q", "-m", model, "--threads", str(o.threads)] for p in programs]
        self.tokens, self.words, self.peaks = tokens, words, [0] * len(programs)

    def turn(self):
        start = time.perf_counter()
        source, running = open(self.tokens, "rb"), []
        for i, command in enumerate(self.commands):
            last = i == len(self.commands) - 1
            running.append(subprocess.Popen(command, stdin=source, stdout=subprocess.DEVNULL if last else subprocess.PIPE))
            source.close()
            source = running[-1].stdout
        for i, process in enumerate(running):
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                raise Failed(f"{self.commands[i][0]} ended with {process.returncode}")
            self.peaks[i] = max(self.peaks[i], used.ru_maxrss / 1024)
        return {"seconds": time.perf_counter() - start, "words": self.words}

    def peak(self):
        return sum(self.peaks)

    def kill(self):
        pass


def binary(name):
    return os.path.join(o.build, "bin", name)


def speed(config, *arguments):
    return [os.path.join(o.folder, "speed"), config, "--threads", str(o.threads), *map(str, arguments)]


def pytorch(config, *arguments):
    return [PYTHON, os.path.join(HERE, "speed.py"), config, "--threads", str(o.threads), *map(str, arguments)]


def onnxruntime(graph, documents, batch):
    return ["node", os.path.join(HERE, "speed.js"), graph, "--documents", documents, "--batch", str(batch),
            "--threads", str(o.threads)]


def start_halving(command, batch):
    """The program with the largest batch that it has memory and time for, and that batch."""
    while True:
        try:
            return Program(command(batch), o.limit, o.memory), batch
        except Failed as why:
            note(f"  batch of {batch}: {why}")
            if batch == 1:
                return None, 0
            batch //= 2


# ---- what it is run on ----

def lengths(kind):
    """Endless lengths of documents: all the same, or as encounters have them, about 1,500 words on average."""
    draw = random.Random(1)
    while True:
        yield int(kind) if kind != "mix" else min(MAX_WORDS, max(20, round(draw.lognormvariate(math.log(1300), 0.6))))


def make_documents(kind, n):
    """n documents as a file of ids and as a stream of tokens -> the two paths and the number of words."""
    path = os.path.join(o.folder, f"documents-{kind}-{n}")
    draw, words = random.Random(2), 0
    with open(path + ".txt", "w", encoding="ascii") as f:
        for length, _ in zip(lengths(kind), range(n)):
            words += length
            print(*(draw.randrange(2, WORDS) for _ in range(length)), file=f)
    subprocess.run(speed("mimic50", "--documents", path + ".txt", "--tokens", path + ".mp"), check=True)
    return path + ".txt", path + ".mp", words


def make_model(config, rows=WORDS):
    folder = os.path.join(o.folder, f"model-{config}-{rows}")
    subprocess.run(speed(config, "--rows", rows, "--save", folder), check=True)
    return folder


# ---- measuring ----

def spread_of(samples):
    return {"median": statistics.median(samples), "low": min(samples), "high": max(samples), "samples": samples}


def in_turn(programs, sgemm):
    """Turns of every program and of the sgemm, round by round -> {name: [turn, ...]}."""
    turns = {name: [] for name in [*programs, "sgemm"]}
    begun = time.monotonic()
    for n in range(o.rounds):
        if n >= o.least and time.monotonic() - begun > o.enough:
            break
        for name, program in [("sgemm", sgemm), *programs.items()]:
            try:
                turns[name].append(program.turn())
            except Failed as why:
                note(f"  {name}: {why}")
        show_progress()
    return turns


def cell(work, config, kind, programs, batches, sgemm, flops_a_word=None):
    """One line of the table: the programs measured in turn. The first is ecan's."""
    turns = in_turn(programs, sgemm)
    rate = [t["flops"] / t["seconds"] for t in turns["sgemm"]]
    line = {"work": work, "config": config, "documents": kind, "sgemm_gflops": spread_of([r / 1e9 for r in rate]), "programs": {}}
    pace = {name: [t["words"] / t["seconds"] for t in of] for name, of in turns.items() if name != "sgemm"}
    ours = next(iter(programs))
    if flops_a_word is None:
        flops_a_word = turns[ours][0]["flops"] / turns[ours][0]["words"]
    for name, program in programs.items():
        if len(pace[name]) < len(rate):
            continue
        line["programs"][name] = {
            "batch": batches[name], "words_per_second": spread_of(pace[name]), "peak_mib": program.peak(),
            "share_of_sgemm": spread_of([w * flops_a_word / r for w, r in zip(pace[name], rate)]),
            "ecan_times_as_fast": spread_of([e / w for e, w in zip(pace[ours], pace[name])])}
    counts = {p.parameters for p in programs.values() if p.parameters}
    if len(counts) > 1:
        sys.exit(f"bench.py: {config}: networks of {counts} parameters: they are not the same")
    scores = [p.scores for name, p in programs.items() if p.scores and not name.endswith(("bf16", "int8"))]
    line["scores_differ"] = max((abs(a - b) for s in scores for a, b in zip(s, scores[0])), default=0)
    for program in programs.values():
        program.kill()
    return line


def bf16(arguments):
    """The arguments of speed.c for products in bfloat16. The last one expects a value."""
    return ["--precision", "bf16", *arguments]


def train(config, kind, sgemm):
    documents, _, _ = make_documents(kind, 4 * o.batch if kind == "mix" else o.batch)
    common = ["--mode", "train", "--turns", "--documents", documents, "--batch"]
    programs, batches = {}, {}
    programs["ecan"], batches["ecan"] = start_halving(lambda b: speed(config, *common, b), o.batch)
    if have["pytorch"]:
        programs["pytorch"], batches["pytorch"] = start_halving(lambda b: pytorch(config, *common, b), o.batch)
    if o.bf16:
        programs["ecan-bf16"], batches["ecan-bf16"] = start_halving(lambda b: speed(config, *bf16(common), b), o.batch)
    if o.bf16 and have["pytorch"]:
        programs["pytorch-bf16"], batches["pytorch-bf16"] = start_halving(
            lambda b: pytorch(config, "--bf16", *common, b), batches["pytorch"])
    return cell("train", config, kind, {n: p for n, p in programs.items() if p}, batches, sgemm)


def predict(config, kind, sgemm):
    model = make_model(config)
    few, _, _ = make_documents(kind, AT_LEAST)
    common = ["--mode", "infer", "--turns", "--model", model, "--documents"]
    trial = Program(speed(config, *common, few, "--batch", AT_LEAST), o.limit, o.memory)
    first = trial.turn()
    trial.kill()
    n = round(o.stream / (first["seconds"] / AT_LEAST) / 4) * 4
    n = min(AT_MOST, max(AT_LEAST, n))
    documents, tokens, words = make_documents(kind, n)

    programs = {"ecan-predict": Stream(["ecan-predict"], model, tokens, words), "pipe": Stream(PIPE, model, tokens, words),
                "ecan": Program(speed(config, *common, documents, "--batch", n), o.limit, o.memory)}
    batches = {"ecan-predict": 1, "pipe": 1, "ecan": 1, "onnxruntime": 1}
    if have["onnxruntime"] and have["pytorch"]:
        graph = os.path.join(o.folder, f"{config}.onnx")
        subprocess.run(pytorch(config, "--model", model, "--export", graph), check=True, stderr=subprocess.DEVNULL)
        environment = {**os.environ, "NODE_PATH": o.node_modules}
        programs["onnxruntime"] = Program(onnxruntime(graph, documents, n), o.limit, o.memory * 4, environment)
        if have["onnx"]:
            int8, batches["onnxruntime-int8"] = graph.replace(".onnx", ".int8.onnx"), 1
            subprocess.run([PYTHON, os.path.join(HERE, "int8.py"), graph, int8], check=True)
            programs["onnxruntime-int8"] = Program(onnxruntime(int8, documents, n), o.limit, o.memory * 4, environment)
    if have["pytorch"]:
        # A turn of PyTorch has fewer documents, because it is the slowest; it continues with the same ones.
        torch, batches["pytorch"] = start_halving(lambda b: pytorch(config, *common, documents, "--batch", b), 4)
        if torch:
            programs["pytorch"] = torch
    if o.bf16:
        programs["ecan-bf16"], batches["ecan-bf16"] = Program(speed(config, *bf16(common), documents, "--batch", n), o.limit, o.memory), 1
    if o.bf16 and have["pytorch"]:
        torch, batches["pytorch-bf16"] = start_halving(lambda b: pytorch(config, "--bf16", *common, documents, "--batch", b), 4)
        if torch:
            programs["pytorch-bf16"] = torch
    return cell("predict", config, kind, programs, batches, sgemm, first["flops"] / first["words"])


def peak_of(*command):
    """MiB that the program had at most."""
    process = subprocess.Popen(command)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"bench.py: {command[0]} ended with {process.returncode}")
    return used.ru_maxrss / 1024


def memory():
    """Peak memory of ecan-train with the most labels, over an epoch of each phase, with checkpoints and models, and of ecan-predict."""
    config, words, folder = "wiki10", 3000, os.path.join(o.folder, "trained")
    model = make_model(config)
    _, tokens, _ = make_documents(str(words), o.threads)
    vectors = os.path.join(o.folder, "vectors.bin")
    with open(os.path.join(model, "vocab.txt"), encoding="ascii") as text, open(vectors, "wb") as f:
        f.write(f"{WORDS - 2} {E}\n".encode())
        for word in text.read().split()[2:]:
            f.write(word.encode() + b" " + array.array("f", [0.1] * E).tobytes())
    of_training = peak_of(
        binary("ecan-train"), "-q", "--force", "--preset", config, "--epochs", "1", "--all-labels", "--threads", str(o.threads),
        "--train", tokens, "--dev", tokens, "--vectors", vectors, "--labels", os.path.join(model, "labels.tsv"), "-o", folder)
    of_prediction = peak_of(binary("ecan-predict"), "-q", "-m", folder, "--threads", str(o.threads), "-o", os.devnull, tokens)
    return [{"config": config, "documents": words, "train_peak_mib": of_training, "predict_peak_mib": of_prediction}]


def start_up():
    """Milliseconds of ecan-predict on one short document."""
    lines = []
    for config, rows in (("mimic50", WORDS), ("mimic50", 7 * WORDS), ("mimicfull-multi", WORDS), ("mimicfull-multi", 5 * WORDS)):
        model = make_model(config, rows)
        _, tokens, _ = make_documents("30", 1)
        stream = Stream(["ecan-predict"], model, tokens, 30)
        stream.turn()
        times = [1e3 * stream.turn()["seconds"] for _ in range(20)]
        size = sum(os.path.getsize(os.path.join(model, name)) for name in os.listdir(model)) / 1e6
        with open(os.path.join(model, "labels.tsv"), encoding="utf-8") as f:
            labels = sum(1 for _ in f)
        lines.append({"config": config, "words": rows, "labels": labels, "model_mb": size, "milliseconds": spread_of(times),
                      "peak_mib": stream.peak()})
    return lines


# ---- what comes out ----

def note(text):
    print("\r\033[K" + text if sys.stderr.isatty() else text, file=sys.stderr, flush=True)


def show_progress(state={"n": 0}):
    if sys.stderr.isatty():
        state["n"] += 1
        print(".", end="", file=sys.stderr, flush=True)


def spread(f):
    """Median, and how far the rounds lie from it."""
    return f"{f['median']:.0f} ±{50 * (f['high'] - f['low']) / f['median']:.0f}%"


def ratio(f):
    return f"{f['median']:.2f} ({f['low']:.2f}-{f['high']:.2f})"


def show(line, name, what, how):
    program = line["programs"].get(name)
    return how(program[what]) if program else "-"


def columns(name, *, share=False, times=False, batch=False):
    """What the table has of one program: [(head, function of a line)]."""
    some = [(name, lambda line: show(line, name, "words_per_second", spread))]
    if share:
        some.append(("of sgemm", lambda line: show(line, name, "share_of_sgemm", lambda f: f"{100 * f['median']:.0f}%")))
    if times:
        some.append(("ecan's times", lambda line: show(line, name, "ecan_times_as_fast", ratio)))
    if batch:
        some.append(("batch", lambda line: show(line, name, "batch", str)))
    return [*some, ("MiB", lambda line: show(line, name, "peak_mib", "{:.0f}".format))]


TABLES = [
    ("train", "Training: words per second",
     [*columns("ecan", share=True, batch=True), *columns("pytorch", times=True, batch=True)]),
    ("predict", "Prediction: words per second of ecan-predict, and of the others one document or batch at a time",
     [*columns("ecan-predict", share=True), *columns("onnxruntime", times=True), *columns("pytorch", times=True, batch=True)]),
    ("predict", "Prediction: words per second of ecan-predict, of the pipe of four programs, and within one process",
     [*columns("ecan-predict"), *columns("pipe", times=True), *columns("ecan", times=True)]),
    ("train", "Training with products in bfloat16: words per second (ecan's times: of ecan in 32 bits)",
     [*columns("ecan-bf16", times=True, batch=True), *columns("pytorch-bf16", times=True, batch=True)]),
    ("predict", "Prediction in bfloat16 within one process: words per second (ecan's times: of ecan-predict)",
     [*columns("ecan-bf16", times=True), *columns("pytorch-bf16", times=True, batch=True)]),
    ("predict", "Prediction with attention in int8: words per second (ecan's times: of ecan-predict in 32 bits)",
     columns("onnxruntime-int8", times=True)),
]


def print_table(title, some, lines):
    some = [("configuration", lambda line: line["config"]), ("documents", lambda line: line["documents"]), *some]
    cells = [[head for head, _ in some]] + [[value(line) for _, value in some] for line in lines]
    widths = [max(map(len, column)) for column in zip(*cells)]
    print(title)
    for row in cells:
        print("  ".join(text.ljust(w) if i == 0 else text.rjust(w) for i, (text, w) in enumerate(zip(row, widths))))
    print()


def table(results):
    for work, title, some in TABLES:
        lines = [line for line in results["cells"] if line["work"] == work]
        if lines and (o.bf16 or "bfloat16" not in title):
            print_table(title, some, lines)
    for line in results["start"]:
        t = line["milliseconds"]
        print(f"Start-up: ecan-predict on one document of 30 words, a model of {line['model_mb']:.0f} MB ({line['words']} words, "
              f"{line['labels']} labels): {t['median']:.1f} ms ({t['low']:.1f}-{t['high']:.1f}), {line['peak_mib']:.0f} MiB")
    for line in results["memory"]:
        print(f"Memory: {line['config']}, documents of {line['documents']} words: ecan-train {line['train_peak_mib']:.0f} MiB, "
              f"ecan-predict {line['predict_peak_mib']:.0f} MiB")
    for text in results["summary"]:
        print(text)


def geometric_mean(values):
    return math.exp(statistics.fmean(map(math.log, values)))


def summary(cells):
    """The conclusions from the table."""
    def ratios(work, name):
        return [c["programs"][name]["ecan_times_as_fast"]["median"] for c in cells if c["work"] == work and name in c["programs"]]

    lines = []
    for work, name, text in (("train", "pytorch", "training, times PyTorch's words per second"),
                             ("predict", "pytorch", "prediction, times PyTorch's words per second"),
                             ("predict", "onnxruntime", "prediction, times ONNX Runtime's words per second"),
                             ("predict", "pipe", "the pipe's time, times ecan-predict's")):
        values = ratios(work, name)
        if values:
            lines.append(f"{text}: geometric mean {geometric_mean(values):.2f}, {min(values):.2f} to {max(values):.2f}")
    for work, name in (("train", "ecan"), ("predict", "ecan-predict")):
        for text, chosen in (("50 and 144 labels", CONFIGS[:2]), ("940 labels and more", CONFIGS[2:])):
            shares = [c["programs"][name]["share_of_sgemm"]["median"] for c in cells
                      if c["work"] == work and c["config"] in chosen and name in c["programs"]]
            if shares:
                lines.append(f"{work}, share of the sgemm rate, {text}: {min(shares):.2f} to {max(shares):.2f}")
    rates = [c["sgemm_gflops"]["median"] for c in cells]
    if rates:
        lines.append(f"sgemm: {statistics.median(rates):.0f} GFLOP/s, {min(rates):.0f} to {max(rates):.0f} over the cells")
    worst = max((c["scores_differ"] for c in cells), default=0)
    lines.append(f"scores of the same document differ between the programs by {worst:.1e} at most")
    return lines


def draw(results):
    """speed.svg by speed.gp: a table of results for each work and kind of documents."""
    kinds = list(dict.fromkeys(c["documents"] for c in results["cells"]))
    works = list(dict.fromkeys(c["work"] for c in results["cells"]))
    names = ["ecan-predict", "pipe", "ecan", "onnxruntime", "pytorch"]
    for work in works:
        for kind in kinds:
            with open(os.path.join(o.folder, f"{work}-{kind}.dat"), "w", encoding="ascii") as f:
                for c in results["cells"]:
                    if (c["work"], c["documents"]) != (work, kind):
                        continue
                    columns = [c["config"]]
                    for name in names:
                        p = c["programs"].get(name)
                        s = p["share_of_sgemm"] if p else None
                        columns += [f"{100 * s[k]:.2f}" for k in ("median", "low", "high")] + [f"{p['peak_mib']:.1f}"] if p else ["NaN"] * 4
                    print(*columns, file=f)
    m = results["machine"]
    title = f"{m['processor']}, {results['threads']} threads, BLIS {m['blis_kernels']}"
    subprocess.run(["gnuplot", "-e", f"folder='{o.folder}'; kinds='{' '.join(kinds)}'; works='{' '.join(works)}'; machine='{title}'",
                    os.path.join(HERE, "speed.gp")], check=True)


# ---- the machine ----

def output_of(*command, environment=None):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def find_programs():
    """Which of the others there are: {name: version or ""}."""
    node = {**os.environ, "NODE_PATH": o.node_modules}
    return {"pytorch": output_of(PYTHON, "-c", "import torch; print(torch.__version__)"),
            "onnxruntime": output_of("node", "-p", 'require("onnxruntime-node/package.json").version', environment=node)
                           or output_of("node", "-p", f'JSON.parse(require("fs").readFileSync("{o.node_modules}/onnxruntime-node/package.json")).version'),
            "onnx": output_of(PYTHON, "-c", "import onnx; print(onnx.__version__)"),
            "gnuplot": output_of("gnuplot", "--version")}


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        facts = dict(line.split(":", 1) for line in f if ":" in line)
    facts = {key.strip(): value.strip() for key, value in facts.items()}
    version = output_of(binary("ecan-predict"), "--version")
    return {"processor": facts.get("model name", "unknown"),
            "family_model": f"{facts.get('cpu family', '?')}/{facts.get('model', '?')}",
            "bf16": o.bf16,
            "avx512": "avx512f" in facts.get("flags", "").split(),
            "cores": len(os.sched_getaffinity(0)),
            "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
            "system": f"{os.uname().sysname} {os.uname().release}",
            "ecan": version.split("\n")[0],
            "blis_kernels": version.split("BLIS kernels: ")[-1].split("\n")[0],
            "compiler": output_of(os.environ.get("CC", "gcc"), "--version").split("\n")[0]}


def install():
    """What the comparison needs and ecan does not."""
    subprocess.run(["sh", os.path.join(HERE, "..", "deps.sh"), "python3-torch", "python3-numpy", "python3-msgpack", "python3-onnx",
                    "gnuplot-nox", "nodejs"] + ([] if shutil.which("npm") else ["npm"]), check=True)
    os.makedirs(o.folder, exist_ok=True)
    # The package carries its CPU library; its install script would fetch others.
    subprocess.run(["npm", "install", "--prefix", o.folder, "--ignore-scripts", "--no-fund", "--no-audit", "onnxruntime-node"],
                   check=True)


def has_bf16():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        return " avx512_bf16" in f.read()


def available_memory():
    with open("/proc/meminfo", encoding="ascii") as f:
        return next(int(line.split()[1]) * 1024 for line in f if line.startswith("MemAvailable"))


def options():
    parser = argparse.ArgumentParser(description="ecan, PyTorch and ONNX Runtime in turn.")
    parser.add_argument("--quick", action="store_true", help="1,500 words and small batches: about five minutes")
    parser.add_argument("--configs", default=",".join(CONFIGS))
    parser.add_argument("--documents", help="words of each, or mix: as encounters have them (1500,3500,mix)")
    parser.add_argument("--work", default="train,predict,start,memory")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--batch", type=int, help="documents of a training step (16)")
    parser.add_argument("--limit", type=float, default=600, help="seconds that a program may take for a turn (600)")
    parser.add_argument("--memory", type=int, help="MiB that a program may have (nine tenths of what is free)")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--build", default=os.path.join(HERE, "..", "..", "build"))
    parser.add_argument("--install", action="store_true", help="install PyTorch, ONNX Runtime and gnuplot")
    parsed = parser.parse_args()
    for name, value in (QUICK if parsed.quick else FULL).items():
        if getattr(parsed, name, None) is None:
            setattr(parsed, name, value)
    if parsed.rounds:
        parsed.least = min(parsed.least, parsed.rounds)
    parsed.build, parsed.bf16 = os.path.abspath(parsed.build), has_bf16()
    parsed.folder = os.path.join(parsed.build, "bench")
    parsed.node_modules = os.path.join(parsed.folder, "node_modules")
    parsed.memory = parsed.memory * 2**20 if parsed.memory else int(0.9 * available_memory())
    return parsed


def save(results):
    """After every line, because the whole takes hours on a slow machine; what was there before is replaced at once."""
    path = os.path.join(o.folder, "results.json")
    with open(path + ".part", "w", encoding="utf-8") as f:
        json.dump(results, f, indent=1)
    os.replace(path + ".part", path)


def main():
    if o.install:
        install()
        return
    for name, version in have.items():
        if not version:
            note(f"{name} is missing and left out; tests/bench/bench.py --install installs it")
    os.makedirs(o.folder, exist_ok=True)
    results = {"machine": machine(), "versions": have, "date": datetime.date.today().isoformat(), "threads": o.threads,
               "quick": o.quick, "cells": [], "start": [], "memory": []}
    sgemm = Program(speed("mimic50", "--mode", "sgemm"), o.limit, o.memory)
    for work, measure in (("train", train), ("predict", predict)):
        for kind in o.documents.split(",") if work in o.work.split(",") else ():
            for config in o.configs.split(","):
                note(f"{work} {config} {kind}")
                results["cells"].append(measure(config, kind, sgemm))
                save(results)
    sgemm.kill()
    if "start" in o.work.split(","):
        results["start"] = start_up()
    if "memory" in o.work.split(","):
        results["memory"] = memory()
    results["summary"] = summary(results["cells"])
    save(results)
    for name, fact in {**results["machine"], **have}.items():
        print(f"{name}: {fact}")
    print()
    table(results)
    if have["gnuplot"] and results["cells"]:
        draw(results)


if __name__ == "__main__":
    o = options()
    have = {} if o.install else find_programs()
    main()
