#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The CPU time of the pipe of four programs, divided by that of ecan-predict.

    pipe.py [--configs NAME,...] [--rounds N] [--threads N] [--build DIR[,DIR...]]

Both run on the same stream at the same time, each for 40 ms while the other one is stopped. So what else happens on the
machine slows both down, and the ratio of a round is precise to about 1.5%. CPU time is compared, because the turns disturb
the time on the clock. With several builds, the pipe of each is compared with ecan-predict of the first.
"""
import argparse
import os
import random
import shlex
import signal
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
CONFIGS = "mimic50,dutch144,french940,eurlex,mimicfull-sum,mimicfull-multi"
PIPE = ["ecan-embed", "ecan-encode", "ecan-attend", "ecan-score"]
WORDS, VOCABULARY = 1500, 50000  # of a document; of all
SECONDS = 5                      # of CPU time that ecan-predict shall take
AT_LEAST, AT_MOST = 8, 256       # documents
TURN = 0.04                      # seconds
LOOK = 0.002                     # seconds between two looks whether a program has ended


def make_stream(speed, folder, n):
    """A stream of n documents of random words."""
    path = os.path.join(folder, f"pipe-{n}")
    draw = random.Random(2)
    with open(path + ".txt", "w", encoding="ascii") as f:
        for _ in range(n):
            print(*(draw.randrange(2, VOCABULARY) for _ in range(WORDS)), file=f)
    subprocess.run([speed, "mimic50", "--documents", path + ".txt", "--tokens", path + ".mp"], check=True)
    return path + ".mp"


def command(build, programs, model, stream):
    """The shell command of some programs over a stream."""
    parts = [[f"{build}/bin/{p}", "-q", "-m", model, "--threads", str(o.threads)] for p in programs]
    return " | ".join(map(shlex.join, [[*parts[0], stream], *parts[1:]]))


def use_memory():
    """Takes memory and gives it back. Some virtual machines return free memory to their host, and a program that is
    given such memory waits for the host: the first one would pay for both."""
    subprocess.run([sys.executable, "-c", "b = bytearray(1 << 29)\nfor i in range(0, len(b), 4096): b[i] = 1"], check=True)


class Job:
    """A shell command in a process group of its own, which lies still between its turns."""

    def __init__(self, text):
        self.text, self.cpu = text, None
        self.process = subprocess.Popen(["bash", "-o", "pipefail", "-c", "kill -STOP $$; " + text],
                                        stdout=subprocess.DEVNULL, start_new_session=True)
        os.waitpid(self.process.pid, os.WUNTRACED)

    def turn(self):
        """Runs it for a while. Whether it has ended."""
        begin = time.monotonic()
        os.killpg(self.process.pid, signal.SIGCONT)
        while self.cpu is None and time.monotonic() - begin < TURN:
            time.sleep(LOOK)
            pid, status, used = os.wait4(self.process.pid, os.WNOHANG)
            if pid:
                self.process.returncode = os.waitstatus_to_exitcode(status)
                if self.process.returncode:
                    sys.exit(f"pipe.py: {self.text}: ended with {self.process.returncode}")
                self.cpu = used.ru_utime + used.ru_stime
        if self.cpu is None:
            os.killpg(self.process.pid, signal.SIGSTOP)
        return self.cpu is not None

    def kill(self):
        if self.process.returncode is None:
            os.killpg(self.process.pid, signal.SIGKILL)


def in_turns(commands):
    """[CPU seconds] of commands that run at the same time, in turns."""
    use_memory()
    jobs = [Job(text) for text in commands]
    try:
        running = jobs
        while running:
            running = [job for job in running if not job.turn()]
    finally:
        for job in jobs:
            job.kill()
    return [job.cpu for job in jobs]


def documents_of(predict, speed, folder):
    """How many documents take ecan-predict about SECONDS of CPU time."""
    stream = make_stream(speed, folder, AT_LEAST)
    seconds = min(in_turns([predict(stream)])[0] for _ in range(2))
    return min(AT_MOST, max(AT_LEAST, round(SECONDS / (seconds / AT_LEAST) / 4) * 4))


def measure(config):
    first = o.build[0]
    folder, speed = os.path.join(first, "bench"), os.path.join(first, "bench", "speed")
    model = os.path.join(folder, f"model-{config}-{VOCABULARY}")
    subprocess.run([speed, config, "--rows", str(VOCABULARY), "--save", model], check=True)
    n = documents_of(lambda stream: command(first, ["ecan-predict"], model, stream), speed, folder)
    stream = make_stream(speed, folder, n)
    commands = [command(first, ["ecan-predict"], model, stream), *(command(b, PIPE, model, stream) for b in o.build)]
    rounds = []
    for i in range(o.rounds):
        order = commands[::-1] if i % 2 else commands
        rounds.append(in_turns(order)[:: -1 if i % 2 else 1])
    for i, build in enumerate(o.build, 1):
        ratios = [r[i] / r[0] for r in rounds]
        print(f"{config:16s} {n:9d} {statistics.median(r[0] for r in rounds):9.1f}   {statistics.median(ratios):.3f} "
              f"({min(ratios):.3f}-{max(ratios):.3f})" + (f"   {build}" if len(o.build) > 1 else ""), flush=True)


def options():
    parser = argparse.ArgumentParser(description="The CPU time of the pipe, divided by that of ecan-predict.")
    parser.add_argument("--configs", default=CONFIGS)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--build", default=os.path.join(HERE, "..", "..", "build"), help="folders, separated by commas")
    parsed = parser.parse_args()
    parsed.build = [os.path.abspath(b) for b in parsed.build.split(",")]
    return parsed


if __name__ == "__main__":
    o = options()
    print(f"{'configuration':16s} {'documents':>9s} {'predict s':>9s}   the pipe / ecan-predict")
    for name in o.configs.split(","):
        measure(name)
