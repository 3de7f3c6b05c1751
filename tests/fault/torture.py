#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills ecan-train with SIGKILL at random moments. After each kill a copy of the folder is resumed to the end. Its files are bit-identical
to those of a run that was not stopped, but for times.

    torture.py INPUTS [--kills N] [--seed N]"""
import argparse
import concurrent.futures
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

from faults import contents, differences

NETWORK = "--channels 8,8 --kernels 3,3 --reduction 4 --batch-size 8 --lr 0.02 --checkpoint-every 0 --quiet "
# Every option that has state, in both phases, with one and with two threads.
RUNS = {
    "binary cross entropy": "--epochs 12 --no-focal --dropout 0.5 --threads 1",
    "both phases": "--epochs 8 --focal-from 4 --dropout 0.5 --threads 1",
    "both phases, by patience": "--epochs 30 --patience 2 --lr 0.1 --threads 2",
    "only focal": "--epochs 8 --focal-from 0 --keep best --threads 1",
    "all options with state": "--epochs 10 --focal-from 5 --weight-decay 0.1 --warm-up 1.5 --decay linear --clip 0.05 --average 0.9 "
    "--embedding-rate 0.3 --word-dropout 0.1 --hidden-dropout 0.2 --label-sharing codes,vectors --tune-threshold --threads 2",
}


class Torture:
    def __init__(self, inputs, work, name, options):
        self.work, self.name, self.kills, self.lock = work, name, 0, threading.Lock()
        files = f"--train {inputs}/train.mp --dev {inputs}/dev.mp --vectors {inputs}/vectors.bin "
        self.command = ("ecan-train " + files + NETWORK + options + " --resume -o ").split()
        begin = time.monotonic()
        self.finish(work / "whole")
        self.seconds = time.monotonic() - begin
        self.whole = contents(work / "whole")

    def finish(self, folder):
        done = subprocess.run([*self.command, folder], capture_output=True, text=True)
        if done.returncode:
            raise AssertionError(f"{folder}: resumed: exit {done.returncode}: {done.stderr}")

    def kill_and_resume(self, folder, chance, resumed):
        """Returns whether it was killed; it was not if it had ended."""
        run = subprocess.Popen([*self.command, folder], stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0, 0.3 * self.seconds))
        run.kill()
        if run.wait() == 0:
            return False
        if folder.exists():
            shutil.copytree(folder, resumed)
        self.finish(resumed)
        found = contents(resumed)
        if found != self.whole:
            raise AssertionError(f"{resumed}: other files than without kills: {differences(found, self.whole)}")
        shutil.rmtree(resumed)
        return True

    def chain(self, number, kills, seed):
        """Kills a run again and again. If it ends, another one begins."""
        chance, folder = random.Random(f"{seed} {self.name} {number}"), self.work / f"chain{number}"
        done = ends = 0
        while done < kills:
            if self.kill_and_resume(folder, chance, self.work / f"resumed{number}"):
                done += 1
            else:
                shutil.rmtree(folder)
                ends += 1
        return done, ends


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("inputs", type=lambda p: pathlib.Path(p).absolute())
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    jobs = len(os.sched_getaffinity(0))
    for i, (name, more) in enumerate(RUNS.items()):
        kills = options.kills * (i + 1) // len(RUNS) - options.kills * i // len(RUNS)
        with tempfile.TemporaryDirectory() as work, concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            torture = Torture(options.inputs, pathlib.Path(work), name, more)
            chains = [pool.submit(torture.chain, n, kills * (n + 1) // jobs - kills * n // jobs, options.seed) for n in range(jobs)]
            try:
                counts = [c.result() for c in chains]
            except AssertionError as e:
                print(f"{name}: {e}", flush=True)
                os._exit(1)
        print(f"{sum(k for k, _ in counts):5d} kills, {sum(e for _, e in counts)} runs ended  {name}", flush=True)


main()
