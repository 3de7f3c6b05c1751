#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Power loss: runs a command under power.so, and checks the folders that POSIX allows after a crash at each point of it.

    power.py INPUTS [--sample N] [--only TEXT]

INPUTS is the folder that inputs.sh wrote. In a crash, a file that was not synced is absent, empty, or has a part of its contents. A
change of a folder that was not synced is undone, or reaches the disk after later ones. A rename is one step, also from one folder to
another: to sync either of them suffices. Steps that change the same name stay in order. N: checks only N of the states of each scenario, chosen at random."""
import argparse
import concurrent.futures
import itertools
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile


class Folder:
    def __init__(self, entries=()):
        self.durable = dict(entries)  # name -> number of a node


class File:
    def __init__(self, data=None):
        self.durable = data  # None: was never synced
        self.dirty = data is None
        self.later = []  # what it is synced with later


class Disk:
    """A folder tree as it is on disk, and the changes that are not."""

    def __init__(self, root):
        self.nodes, self.inodes, self.pending = {}, {}, []  # pending: steps of (folder, name, node)
        self.numbers = itertools.count()
        self.root = self.load(root)

    def load(self, path):
        """Takes what is there before the command as durable."""
        number = self.number(path.stat().st_ino)
        entries = {p.name: self.load(p) for p in path.iterdir()} if path.is_dir() else None
        self.nodes[number] = File(path.read_bytes()) if entries is None else Folder(entries)
        return number

    def number(self, inode, new=False):
        """Inode numbers are used again; these are not."""
        if new or inode not in self.inodes:
            self.inodes[inode] = next(self.numbers)
        return self.inodes[inode]

    def apply(self, what, fields, copies):
        if what == "new":
            self.nodes[self.number(int(fields[0]), True)] = Folder() if fields[1] == "d" else File()
            return
        node = self.nodes.get(self.number(int(fields[0])))
        if what == "written" and node:
            node.dirty = True
        elif what == "sync" and node:
            node.durable, node.dirty = copies[int(fields[1])], False
        elif what == "syncfolder" and node:
            self.make_durable(node)
        elif what == "set":
            step = [(self.nodes.get(self.number(int(folder))), name, self.number(int(inode)) if inode != "0" else None)
                    for folder, name, inode in zip(*[iter(fields)] * 3)]
            self.pending.append([s for s in step if s[0]])

    def with_earlier(self, chosen):
        """These steps, and earlier ones that changed the same names."""
        names, closed = set(), []
        for i in reversed(range(len(self.pending))):
            own = {(folder, name) for folder, name, _ in self.pending[i]}
            if i in chosen or own & names:
                names |= own
                closed.insert(0, i)
        return tuple(closed)

    def make_durable(self, node):
        steps = [i for i, step in enumerate(self.pending) if any(folder is node for folder, _, _ in step)]
        done = self.with_earlier(steps)
        for i in done:
            for folder, name, number in self.pending[i]:
                self.change(folder.durable, name, number)
        self.pending = [step for i, step in enumerate(self.pending) if i not in done]

    @staticmethod
    def change(entries, name, number):
        if number is None:
            entries.pop(name, None)
        else:
            entries[name] = number

    def choices(self):
        """Sets of pending changes that reach the disk: none, each first part, all but one, only one."""
        n = len(self.pending)
        sets = {()} | {tuple(range(k)) for k in range(1, n + 1)}
        for i in range(n):
            sets |= {(i,), tuple(k for k in range(n) if k != i)}
        return {self.with_earlier(chosen) for chosen in sets}

    def tree(self, chosen, partial):
        """Path -> bytes (None: a folder) after a crash. partial: how much of a file that was not synced is there."""
        folders = {}
        for i in chosen:
            for folder, name, number in self.pending[i]:
                self.change(folders.setdefault(id(folder), dict(folder.durable)), name, number)
        found = {}

        def walk(number, path, depth):
            node = self.nodes.get(number)
            if isinstance(node, Folder) and depth < 8:
                found[path] = None
                for name, below in folders.get(id(node), node.durable).items():
                    walk(below, f"{path}/{name}" if path else name, depth + 1)
            elif isinstance(node, File):
                data = node.durable
                if node.dirty:
                    whole = node.later[0] if node.later else node.durable or b""
                    data = whole[:int(len(whole) * partial)]
                found[path] = data
        walk(self.root, "", 0)
        found.pop("", None)
        return found


def read_log(log):
    lines = [line.split() for line in log.read_text().splitlines()]
    copies = {int(f[2]): log.with_name(f"{log.name}.{f[2]}").read_bytes() for f in lines if f[0] == "sync"}
    return [(f[0], f[1:]) for f in lines], copies


def crashes(before, log):
    """All states after a crash, each once, with the line of the log where it happens first."""
    events, copies = read_log(log)
    disk, seen = before, {}
    for at, (what, fields) in enumerate(events):
        disk.apply(what, fields, copies)
        node = disk.nodes.get(disk.number(int(fields[0])))
        if isinstance(node, File):  # the contents that it is synced with next
            later = [copies[int(f[1])] for w, f in events[at + 1:] if w == "sync" and f[0] == fields[0]][:1]
            node.later = later
        for chosen in disk.choices():
            for partial in 0, 0.5, 1:
                tree = disk.tree(chosen, partial)
                seen.setdefault(frozenset(tree.items()), (at + 1, tree))
    return list(seen.values())


def put(tree, folder):
    folder.mkdir()
    for path, data in sorted(tree.items()):
        if data is None:
            (folder / path).mkdir(parents=True, exist_ok=True)
        else:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)


class Scenario:
    """command writes `out` in a folder. reader: prints what the next program finds there. again: tried in turn until one succeeds."""

    def __init__(self, name, command, reader, again=None, before=None, exchange=True):
        self.name, self.command, self.reader, self.before, self.exchange = name, command, reader, before, exchange
        self.again = again or [command]

    def run(self, command, folder, **environment):
        return subprocess.run(command, shell=True, capture_output=True, cwd=folder, env={**os.environ, "TMPDIR": str(folder.parent), **environment})

    def read(self, folder):
        done = self.run(self.reader, folder)
        return done.returncode, done.stdout

    def check(self, state, folder, allowed, last):
        """What is wrong with a state; None: nothing."""
        at, tree = state
        put(tree, folder)
        try:
            now = self.read(folder)
            if now not in allowed:
                return f"crash after line {at} of the log: not the old or the new result: {sorted(tree)}"
            for command in self.again:
                done = self.run(command, folder)
                if done.returncode == 0:
                    break
            left = [p for p in folder.rglob(".*") if p.name.startswith((".new", ".next", ".lock", ".out.new", ".checkpoint.new"))]
            if done.returncode or self.read(folder) != last or left:
                return f"crash after line {at} of the log: run again: exit {done.returncode}: {done.stderr.decode()}{left or ''} {sorted(tree)}"
        finally:
            shutil.rmtree(folder)
        return None

    def sweep(self, work, options):
        folder, log = work / "live", work / "log"
        folder.mkdir()
        if self.before:
            self.run(self.before, folder)
        disk = Disk(folder)
        old = self.read(folder)
        done = self.run(self.command, folder, POWER_LOG=str(log), POWER_EXCHANGE=str(int(self.exchange)),
                        LD_PRELOAD=os.environ["ECAN_BUILD"] + "/tests/power.so")
        if done.returncode:
            sys.exit(f"{self.name}: {done.stderr.decode()}")
        new = self.read(folder)
        states = crashes(disk, log)
        chosen = random.Random(1).sample(states, min(options.sample or len(states), len(states)))
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            wrong = list(filter(None, pool.map(lambda i: self.check(chosen[i], work / f"state{i}", {old, new}, new), range(len(chosen)))))
        print(f"{len(chosen):6d} of {len(states)} states  {self.name}", flush=True)
        for each in wrong[:5]:
            print("       DEFECT " + each, flush=True)
        return len(wrong)


def scenarios(D):
    train = (f"ecan-train --train {D}/train.mp --dev {D}/dev.mp --vectors {D}/few.txt -o out --quiet --channels 6 --kernels 3 --reduction 4 "
             "--batch-size 20 --lr 0.02 --threads 1 --epochs 1 --no-focal --average 0.9 --label-sharing codes --checkpoint-every 0 ")
    model = f"ecan-predict -q -m out {D}/tokens.mp"
    old, new = train + "--seed 2", train + "--force"
    resume = [train + "--resume", new]
    terms = f"ecan-terms -q --force --threads 1 --train {D}/train.mp --dev {D}/dev.mp -m {D}/model -o out"
    tune = f"cat {D}/scored.mp | ecan-metrics -q --tune out --label-thresholds own"
    split = f"ecan-split -q --by codes --dev 0.3 --test 0.3 -o out {D}/encounters.jsonl"
    for exchange in True, False:
        way = "exchanged" if exchange else "in place"
        yield Scenario(f"ecan-train over an older model, {way}", new, model, resume, old, exchange)
        yield Scenario(f"ecan-metrics --tune, {way}", tune, model, before=f"cp -r {D}/model out", exchange=exchange)
        yield Scenario(f"ecan-terms over another model, {way}", terms, model, before=f"cp -r {D}/model out", exchange=exchange)
    yield Scenario("ecan-train into a new folder", train, model, [train + "--resume"])
    yield Scenario("ecan-split", split, "cat out/*.jsonl", before=f"cp -r {D}/split out && rm out/labels.tsv")
    yield Scenario("ecan-tokenize -o", f"ecan-tokenize -q -o out {D}/encounters.jsonl", "cat out", before="echo old > out")
    yield Scenario("ecan-metrics -o", f"ecan-metrics -q --per-label out -o /dev/null {D}/scored.mp", "cat out")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("inputs", type=lambda p: pathlib.Path(p).absolute())
    parser.add_argument("--sample", type=int)
    parser.add_argument("--only", default="")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    wrong = 0
    for scenario in scenarios(options.inputs):
        if options.only in scenario.name:
            with tempfile.TemporaryDirectory() as work:
                wrong += scenario.sweep(pathlib.Path(work), options)
    sys.exit(wrong > 0)


main()
