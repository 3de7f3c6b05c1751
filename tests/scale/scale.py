#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scale.py ids|labels|stream: the programs with very many encounters, labels or bytes, which are generated while they run.

    ids     ENCOUNTERS short encounters, each with its own id, through ecan-tokenize | ecan-predict | ecan-show. The memory of each
            program must stay below a limit that does not depend on ENCOUNTERS. An id at the end that is equal to the first one is found.
    labels  trains a model with LABELS labels, predicts, and computes metrics and evidence.
    stream  a stream of GB gigabytes through ecan-check and ecan-show.

Without a name all three run. Prints time and peak memory of each program. The exit code is 1 if a limit is exceeded."""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

MIB = 1 << 20
failed = False


def check(good, text):
    global failed
    failed |= not good
    print(("ok   " if good else "FAIL ") + text, flush=True)


class Pipe:
    """Programs in a pipe. What is written to self.input is read by the first one."""

    def __init__(self, *commands, out=subprocess.DEVNULL):
        self.start, self.programs, before = time.time(), [], subprocess.PIPE
        for i, command in enumerate(commands):
            last = i == len(commands) - 1
            p = subprocess.Popen(command, stdin=before, stdout=out if last else subprocess.PIPE, stderr=subprocess.PIPE)
            if i > 0:
                before.close()
            self.programs.append(p)
            before = p.stdout
        self.input = self.programs[0].stdin

    def end(self):
        """Returns [(program, exit code, peak memory in MiB, message)]."""
        try:
            self.input.close()
        except BrokenPipeError:
            pass
        results = []
        for p in self.programs:
            message = p.stderr.read().decode(errors="replace")
            _, status, usage = os.wait4(p.pid, 0)
            p.returncode = os.waitstatus_to_exitcode(status)
            results.append((os.path.basename(p.args[0]), p.returncode, usage.ru_maxrss / 1024, message.strip()))
        self.seconds = time.time() - self.start
        return results


def write(pipe, data):
    try:
        pipe.input.write(data)
        return True
    except BrokenPipeError:
        return False


def memories(results):
    return ", ".join(f"{name} {peak:.0f} MiB" for name, _, peak, _ in results)


def run(*command, **more):
    subprocess.run(command, check=True, **more)


def train(folder, n_labels, encounters, each, options):
    """A model of n_labels labels, with 8 channels. Returns its folder, and the words of its dev encounters."""
    path = os.path.join(folder, f"train-{n_labels}")
    for name, first, count in (("train", 0, encounters), ("dev", 0, 20)):
        with open(f"{path}-{name}.jsonl", "w") as f:
            for i in range(first, first + count):
                codes = [f"C{k % n_labels:06d}" for k in range(i * each, (i + 1) * each)]
                words = " ".join(f"word{k % 997}" for k in range(i * 7, i * 7 + 60))
                print(json.dumps({"id": f"{name}-{i}", "text": words, "labels": codes}), file=f)
        run("ecan-tokenize", "-q", f"{path}-{name}.jsonl", "-o", f"{path}-{name}.mp")
    run("ecan-w2v", "-q", "--size", "8", "--iter", "1", "--min-count", "1", f"{path}-train.mp", "-o", f"{path}.bin")
    run("ecan-train", "-q", "--train", f"{path}-train.mp", "--dev", f"{path}-dev.mp", "--vectors", f"{path}.bin", "-o", f"{path}-model",
        "--channels", "8", "--kernels", "3", "--epochs", "1", "--share", "none", *options)
    return f"{path}-model", f"{path}-dev.mp"


def ids(folder, n):
    model, _ = train(folder, 10, 20, 2, [])
    pipe = Pipe(["ecan-tokenize", "-q", "-m", model], ["ecan-predict", "-q", "-m", model], ["ecan-show", "--records", "--key", "predicted"])
    good, step = True, 10000
    for first in range(0, n, step):
        lines = "".join(f'{{"id":"encounter-{i}","text":"word{i % 997} word5"}}\n' for i in range(first, min(n, first + step)))
        good = good and write(pipe, lines.encode())
    good = good and write(pipe, b'{"id":"encounter-0","text":"again"}\n')
    results = pipe.end()
    check(good and [code for _, code, _, _ in results] == [1, 1, 1] and f"line {n + 1} (encounter-0)" in results[0][3],
          f"{n} encounters in {pipe.seconds:.0f} s, {n / pipe.seconds:.0f} encounters/s; the last one has the id of the first: {results[0][3]}")
    check(results[0][2] < 160 and max(peak for _, _, peak, _ in results[1:]) < 96, "peak memory: " + memories(results))


def labels(folder, n):
    start = time.time()
    model, dev = train(folder, n, 1000, -(-n // 1000), ["--batch-size", "4"])
    print(f"     trained {n} labels in {time.time() - start:.0f} s", flush=True)
    with open(os.path.join(folder, "scored.mp"), "w+b") as scored, open(dev, "rb") as words:
        pipe = Pipe(["ecan-predict", "-q", "-m", model], out=scored)
        write(pipe, words.read())
        results = pipe.end()
        check(results[0][1] == 0, f"20 encounters predicted in {pipe.seconds:.1f} s")
        scored.seek(0)
        data = scored.read()
    for command in (["ecan-metrics", "-q", "--json"], ["ecan-explain", "-q", "-m", model], ["ecan-check"]):
        pipe = Pipe(command)
        write(pipe, data)
        results += pipe.end()
    check(all(code == 0 for _, code, _, _ in results), f"scores of {n} labels: predicted, measured, explained, checked")
    limit = 256 + n * 4 * 1024 / MIB  # the parameters, and a few records
    check(max(peak for _, _, peak, _ in results) < limit, f"peak memory (limit {limit:.0f} MiB): " + memories(results))


def stream(folder, gigabytes):
    """One record of about a megabyte, whose id is replaced."""
    size, mark = 200000, b"x" * 12
    line = json.dumps({"id": mark.decode(), "text": " ".join(f"word{i}" for i in range(size // 8))})
    whole = subprocess.run(["ecan-tokenize", "-q"], input=line.encode() + b"\n", stdout=subprocess.PIPE, check=True).stdout
    empty = subprocess.run(["ecan-tokenize", "-q"], input=b"", stdout=subprocess.PIPE, check=True).stdout
    header = empty[:-len(end_record(0))]
    record = whole[len(header):-len(end_record(1))]
    before, after = record.split(mark, 1)
    n = int(gigabytes * 1e9 / len(record))
    for command in (["ecan-check"], ["ecan-show", "--records", "--key", "words_cut"]):
        pipe = Pipe(command)
        good = write(pipe, header)
        for i in range(n):
            good = good and write(pipe, before) and write(pipe, b"%012d" % i) and write(pipe, after)
        good = good and write(pipe, end_record(n))
        results = pipe.end()
        bytes_written = n * len(record)
        check(good and results[0][1] == 0,
              f"{command[0]}: {bytes_written / 1e9:.1f} GB, {n} records, {pipe.seconds:.0f} s, {bytes_written / 1e6 / pipe.seconds:.0f} MB/s"
              f" {results[0][3]}")
        check(results[0][2] < 64, "peak memory: " + memories(results))


def end_record(n):
    count = bytes([n]) if n < 128 else b"\xcc" + bytes([n]) if n < 256 else b"\xcd" + n.to_bytes(2, "big") if n < 65536 \
        else b"\xce" + n.to_bytes(4, "big")
    return b"\x81\xa3end" + count


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("what", nargs="*", help="ids, labels, stream; default: all")
parser.add_argument("--encounters", type=int, default=10_000_000)
parser.add_argument("--labels", type=int, default=100_000)
parser.add_argument("--gb", type=float, default=200)
options = parser.parse_args()
what = options.what or ["ids", "labels", "stream"]
if unknown := set(what) - {"ids", "labels", "stream"}:
    parser.error(f"unknown: {unknown.pop()}")
if len(what) > 1:
    # The peak memory of a program includes that of the Python process that starts it: each part gets a new one.
    limits = ["--encounters", str(options.encounters), "--labels", str(options.labels), "--gb", str(options.gb)]
    sys.exit(max(subprocess.run([sys.executable, __file__, part, *limits]).returncode for part in what))
with tempfile.TemporaryDirectory() as scratch:
    if what == ["ids"]:
        ids(scratch, options.encounters)
    elif what == ["labels"]:
        labels(scratch, options.labels)
    else:
        stream(scratch, options.gb)
sys.exit(failed)
