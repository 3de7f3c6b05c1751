#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""ecan-w2v and gensim in turn on one machine, at the same settings: words per second, memory, and whether their vectors say
the same. Then the speedup of ecan-w2v by a second thread, beside what the machine can give: two processes of one thread.

    w2v.py [--text FILE.mp] [--methods cbow-ns,sg-ns,cbow-hs,sg-hs] [--threads 1,2] [--rounds N] [--epochs N]
           [--seeds N] [--quality-epochs N] [--sample X] [--size N] [--word2vec PROGRAM] [--build DIR]

FILE.mp is what ecan-tokenize writes; without it a text is made up. --seeds 0 leaves the quality out, --rounds 0 the speed.
Prints tables, and leaves DIR/bench/w2v.json. What is measured is in README.md beside this file. Needs python3-msgpack.
Without python3-gensim only ecan-w2v is measured. word2vec.c's own program (it is no Debian package) takes part where
--word2vec names it.
"""
import argparse
import itertools
import json
import os
import random
import statistics
import subprocess
import sys
import time

METHODS = {"cbow-ns": (0, 0, 5), "sg-ns": (1, 0, 5), "cbow-hs": (0, 1, 0), "sg-hs": (1, 1, 0)}  # sg, hs, negative
MIN_COUNT, WINDOW = 3, 5
TOP, AMONG, PAIRS = 1000, 10000, 100000  # words whose neighbours are compared, and among which; pairs of words


# ---- the text ----

def made_up(documents=6000):
    """Documents of 200 words, of one or two of 60 topics, each with words of its own that follow Zipf's law; a third of the
    words are common to all."""
    draw = random.Random(1)
    zipf = list(itertools.accumulate(1 / (i + 2) for i in range(400)))
    common = list(itertools.accumulate(1 / (i + 2) for i in range(2000)))
    for _ in range(documents):
        topics = [draw.randrange(60) for _ in range(draw.choice((1, 2)))]
        yield [f"c{draw.choices(range(2000), cum_weights=common)[0]}" if draw.random() < 0.33 else
               f"t{draw.choice(topics)}w{draw.choices(range(400), cum_weights=zipf)[0]}" for _ in range(200)]


def prepare():
    """The text as a stream for ecan and as lines for the others -> (stream, lines, number of words)."""
    import msgpack
    lines = os.path.join(o.folder, "w2v.txt")
    stream = o.text or os.path.join(o.folder, "w2v.mp")
    if not o.text:
        with open(stream, "wb") as f:
            f.write(msgpack.packb({"ecan": 1, "kind": "tokens", "history": []}))
            n = 0
            for n, words in enumerate(made_up(), 1):
                f.write(msgpack.packb({"id": str(n), "tokens": words}))
            f.write(msgpack.packb({"end": n}))
    words = 0
    with open(stream, "rb") as f, open(lines, "w", encoding="utf-8") as text:
        for record in msgpack.Unpacker(f, max_buffer_size=2**31 - 1, strict_map_key=False):
            # gensim's reader of files leaves out what a line has beyond 10,000 words.
            for at in range(0, len(record.get("tokens", ())), 10000):
                piece = record["tokens"][at:at + 10000]
                words += len(piece)
                print(*piece, file=text)
    return stream, lines, words


# ---- the programs: each -> {"seconds", "cpu", "mib"} ----

def peak(process="self"):
    """MiB that it had at most so far. (rusage would count what this process had when it started it.)"""
    with open(f"/proc/{process}/status", encoding="ascii") as f:
        return next((int(line.split()[1]) / 1024 for line in f if line.startswith("VmHWM")), 0)


def run(command, **more):
    start, most, status = time.perf_counter(), 0, None
    process = subprocess.Popen(command, **more)
    while True:
        pid, status, used = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        most = max(most, peak(process.pid))
        time.sleep(0.01)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"w2v.py: {command[0]} ended with {process.returncode}")
    return {"seconds": time.perf_counter() - start, "cpu": used.ru_utime + used.ru_stime, "mib": most}


def ecan(method, threads, epochs, seed, output):
    """All of the program: reading, counting, learning, writing."""
    return run([*command(method, threads, epochs, seed, output), "--save-vocab", os.path.join(o.folder, "w2v.vocab")])


def word2vec(method, threads, epochs, seed, output):
    """The same. It knows no seed; its alpha is given."""
    sg, hs, negative = METHODS[method]
    return run([o.word2vec, "-train", o.lines, "-output", output, "-cbow", str(1 - sg), "-hs", str(hs), "-negative",
                str(negative), "-size", str(o.size), "-window", str(WINDOW), "-sample", str(o.sample), "-min-count",
                str(MIN_COUNT), "-iter", str(epochs), "-threads", str(threads), "-alpha", "0.025", "-binary", "1", "-debug", "0"],
               stdout=subprocess.DEVNULL)


def gensim(method, threads, epochs, seed, output):
    """Only learning, in a separate process; the memory is that of the process."""
    settings = {"method": method, "threads": threads, "epochs": epochs, "seed": seed, "output": output, "lines": o.lines,
                "size": o.size, "sample": o.sample, "counts": os.path.join(o.folder, "w2v.vocab")}
    done = subprocess.run([sys.executable, __file__, "--worker", json.dumps(settings)], check=True, capture_output=True)
    return json.loads(done.stdout)


def worker(s):
    from gensim.models import Word2Vec
    sg, hs, negative = METHODS[s["method"]]
    model = Word2Vec(vector_size=s["size"], window=WINDOW, min_count=MIN_COUNT, sample=s["sample"], sg=sg, hs=hs,
                     negative=negative, workers=s["threads"], seed=s["seed"], epochs=s["epochs"])
    model.build_vocab(corpus_file=s["lines"])
    if hs:
        take_tree(model.wv, s["counts"])
    start, cpu = time.perf_counter(), time.process_time()
    model.train(corpus_file=s["lines"], total_examples=model.corpus_count, total_words=model.corpus_total_words,
                epochs=s["epochs"])
    end = {"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu,
           "mib": peak()}
    model.wv.save_word2vec_format(s["output"], binary=True)
    print(json.dumps(end))


def take_tree(wv, counts):
    """word2vec.c's tree for gensim's, which has equally rare words in other places: of two trees the vectors differ far more
    than of two seeds."""
    import numpy
    with open(counts, encoding="utf-8") as f:
        words = [line.rstrip("\n").rsplit(" ", 1) for line in f]
    n = len(words)
    count = [int(c) for _, c in words] + [10**15] * (n - 1)
    parent, bit, leaf, inner = [-1] * (2 * n - 1), [0] * (2 * n - 1), n - 1, n
    for node in range(n, 2 * n - 1):
        two = []
        for _ in range(2):
            if leaf >= 0 and count[leaf] < count[inner]:
                two.append(leaf)
                leaf -= 1
            else:
                two.append(inner)
                inner += 1
        count[node] = sum(count[i] for i in two)
        parent[two[0]] = parent[two[1]] = node
        bit[two[1]] = 1
    for i, (word, c) in enumerate(words):
        code, point, at = [], [], i
        while parent[at] >= 0:
            code.insert(0, bit[at])
            point.insert(0, parent[at] - n)
            at = parent[at]
        assert wv.get_vecattr(word, "count") == int(c)
        wv.set_vecattr(word, "code", numpy.array(code, dtype=numpy.uint8))
        wv.set_vecattr(word, "point", numpy.array(point, dtype=numpy.uint32))


# ---- speed ----

def speed(programs):
    """Every program in turn, round by round. Of each the best round counts: what others do on the machine only slows it."""
    lines = []
    for method, threads in itertools.product(o.methods, o.threads):
        turns = {name: [] for name in programs}
        for _, (name, program) in itertools.product(range(o.rounds), programs.items()):
            turns[name].append(program(method, threads, o.epochs, 1, os.path.join(o.folder, f"w2v-{name}.bin")))
            note(".", end="")
        line = {"method": method, "threads": threads, "programs": {}}
        for name, of in turns.items():
            line["programs"][name] = {
                "words_per_second": [o.words * o.epochs / t["seconds"] for t in of],
                "words_per_cpu_second": [o.words * o.epochs / t["cpu"] for t in of],
                "mib": max(t["mib"] for t in of)}
        lines.append(line)
        note("")
    return lines


def print_speed(lines, names):
    others = [n for n in names if n != "ecan"]
    heads = ["", "threads", *(f"{n} words/s" for n in names), *(f"x {n}" for n in others),
             *(f"{n} words/CPU s" for n in names), *(f"x {n}" for n in others), *(f"{n} MiB" for n in names)]
    rows = []
    for line in lines:
        row = [line["method"], line["threads"]]
        for what in "words_per_second", "words_per_cpu_second":
            best = {n: max(line["programs"][n][what]) for n in names}
            row += [f"{best[n] / 1e6:.2f} M" for n in names]
            for n in others:
                pairs = [e / g for e, g in zip(line["programs"]["ecan"][what], line["programs"][n][what])]
                row.append(f"{best['ecan'] / best[n]:.1f} ({min(pairs):.1f}-{max(pairs):.1f})")
        rows.append(row + [f"{line['programs'][n]['mib']:.0f}" for n in names])
    print_table(heads, rows)


def command(method, threads, epochs, seed, output):
    sg, hs, negative = METHODS[method]
    return [os.path.join(o.build, "bin", "ecan-w2v"), "-q", "--cbow", str(1 - sg), "--hs", str(hs), "--negative", str(negative),
            "--size", str(o.size), "--window", str(WINDOW), "--sample", str(o.sample), "--min-count", str(MIN_COUNT), "--iter",
            str(epochs), "--threads", str(threads), "--seed", str(seed), "-o", output, o.stream]


def together(*commands):
    """Seconds of programs that run at the same time."""
    start = time.perf_counter()
    running = [subprocess.Popen(c) for c in commands]
    if any(p.wait() for p in running):
        sys.exit("w2v.py: ecan-w2v failed")
    return time.perf_counter() - start


def scaling():
    """One thread, two threads and two processes of one thread in turn -> medians of the speedups of a round."""
    lines = []
    for method in o.methods:
        rounds = []
        for _ in range(o.rounds):
            one, two, both = (together(*(command(method, threads, o.epochs, 1, os.path.join(o.folder, f"w2v-{i}.bin"))
                                         for i in range(processes))) for threads, processes in ((1, 1), (2, 1), (1, 2)))
            rounds.append({"seconds": one, "threads": one / two, "processes": 2 * one / both, "share": both / two / 2})
            note(".", end="")
        lines.append({"method": method, **{key: statistics.median(r[key] for r in rounds) for key in rounds[0]}})
        note("")
    return lines


def print_scaling(lines):
    print_table(["", "seconds, 1 thread", "speedup, 2 threads", "2 processes", "share"],
                [[line["method"], *(f"{line[key]:.2f}" for key in ("seconds", "threads", "processes", "share"))] for line in lines])


# ---- quality ----

def read_vectors(path):
    """A word2vec binary -> {word: row}."""
    import numpy
    with open(path, "rb") as f:
        n, size = map(int, f.readline().split())
        data, at, vectors = f.read(), 0, {}
    for _ in range(n):
        space = data.index(b" ", at)
        word = data[at:space].lstrip(b"\n")
        vectors[word] = numpy.frombuffer(data, "<f4", size, space + 1)
        at = space + 1 + 4 * size
    return vectors


def compare(sets):
    """Vectors of several runs -> of each pair of them (share of common neighbours, correlation of cosines)."""
    import numpy
    with open(os.path.join(o.folder, "w2v.vocab"), "rb") as f:
        words = [w for w in (line.rsplit(b" ", 1)[0] for line in f) if all(w in s for s in sets)][:AMONG]
    top, draw = min(TOP, len(words)), numpy.random.RandomState(1)
    a, b = draw.randint(0, len(words) // 2, (2, PAIRS))
    a, b = a[a != b], b[a != b]
    near, cosines = [], []
    for vectors in sets:
        x = numpy.stack([vectors[w] for w in words])
        x /= numpy.linalg.norm(x, axis=1, keepdims=True)
        cosines.append((x[a] * x[b]).sum(1))
        s = x[:top] @ x.T
        s[numpy.arange(top), numpy.arange(top)] = -2
        near.append([set(row) for row in numpy.argpartition(-s, 10, axis=1)[:, :10]])
    return {(i, j): (statistics.mean(len(p & q) / 10 for p, q in zip(near[i], near[j])),
                     float(numpy.corrcoef(cosines[i], cosines[j])[0, 1])) for i, j in itertools.combinations(range(len(sets)), 2)}


def quality():
    lines = []
    for method in o.methods:
        sets = []
        for program, seed in itertools.product((ecan, gensim), range(1, o.seeds + 1)):
            path = os.path.join(o.folder, "w2v-quality.bin")
            program(method, max(o.threads) if program is ecan else 1, o.quality_epochs, seed, path)
            sets.append(read_vectors(path))
            note(".", end="")
        pairs = compare(sets)
        line = {"method": method}
        for name, first, second in ("gensim-gensim", 1, 1), ("ecan-gensim", 0, 1), ("ecan-ecan", 0, 0):
            of = [v for (i, j), v in pairs.items() if (i // o.seeds, j // o.seeds) == (first, second)]
            if of:
                line[name] = {"neighbours": [n for n, _ in of], "similarities": [c for _, c in of]}
        lines.append(line)
        note("")
    return lines


def print_quality(lines):
    kinds = ["gensim-gensim", "ecan-gensim", "ecan-ecan"]
    rows = []
    for line in lines:
        row = [line["method"]]
        for what, kind in itertools.product(("neighbours", "similarities"), kinds):
            row.append(f"{statistics.mean(line[kind][what]):.3f}" if kind in line else "-")
        rows.append(row)
    print_table(["", *(f"{what}: {kind}" for what in ("neighbours", "similarities") for kind in kinds)], rows)


# ---- what comes out ----

def note(text, end="\n"):
    if sys.stderr.isatty():
        print(text, end=end, file=sys.stderr, flush=True)


def print_table(heads, rows):
    print("| " + " | ".join(heads) + " |")
    print("|" + " --- |" * len(heads))
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |")
    print(flush=True)


def options():
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument("--text")
    p.add_argument("--methods", default=",".join(METHODS))
    p.add_argument("--threads", default=",".join(str(n) for n in sorted({1, min(2, len(os.sched_getaffinity(0)))})))
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--epochs", type=int, default=1)
    p.add_argument("--seeds", type=int, default=2)
    p.add_argument("--quality-epochs", type=int, default=5)
    p.add_argument("--sample", type=float, default=1e-4)
    p.add_argument("--size", type=int, default=100)
    p.add_argument("--word2vec")
    p.add_argument("--build", default="build")
    p.add_argument("--worker", help=argparse.SUPPRESS)
    return p.parse_args()


def main():
    o.methods, o.threads = o.methods.split(","), [int(n) for n in o.threads.split(",")]
    o.folder = os.path.join(o.build, "bench")
    os.makedirs(o.folder, exist_ok=True)
    try:
        import gensim as module
    except ImportError:
        module = None
    version = module.__version__ if module else "is not installed"
    o.stream, o.lines, o.words = prepare()
    print(f"{o.words:,} words; size {o.size}, window {WINDOW}, sample {o.sample:g}, min-count {MIN_COUNT}; gensim {version}\n",
          flush=True)
    programs = {"ecan": ecan, **({"gensim": gensim} if module else {}), **({"word2vec": word2vec} if o.word2vec else {})}
    results = {"words": o.words, "gensim": version, "settings": {k: v for k, v in vars(o).items() if k != "worker"}}
    if o.rounds:
        results["speed"] = speed(programs)
        print_speed(results["speed"], list(programs))
        if max(o.threads) > 1:
            results["scaling"] = scaling()
            print_scaling(results["scaling"])
    if o.seeds and module:
        results["quality"] = quality()
        print_quality(results["quality"])
    with open(os.path.join(o.folder, "w2v.json"), "w", encoding="ascii") as f:
        json.dump(results, f, indent=1)
    if not o.word2vec:
        print("word2vec.c took no part: it is no Debian package (--word2vec PROGRAM)")


if __name__ == "__main__":
    o = options()
    if o.worker:
        worker(json.loads(o.worker))
    else:
        main()
