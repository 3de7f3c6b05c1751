#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How many MB of JSON ecan-tokenize makes words of, in a second of one core: tests/bench/README.md.

    tests/bench/text.py [--build DIR] [--megabytes N] [--rounds N] [FILE.jsonl ...]

Without a file, make-encounters makes text up, and a second one of it has every character beyond ASCII as \\uXXXX,
as Python's json writes it. Needs nothing but Python."""

import argparse
import json
import os
import subprocess
import sys


def make_text(build, megabytes):
    """Encounters from make-encounters, as they are and with escapes. Their paths."""
    folder = build + "/bench/made-up"
    plain, escaped = folder + "/as-it-is.jsonl", folder + "/escaped.jsonl"
    count = 500
    for _ in range(2):  # the second time with as many as it takes
        program = [build + "/examples/make-encounters", "--train", str(count), "--dev", "0", "--test", "0"]
        subprocess.run(program + ["-o", folder], check=True)
        count = int(count * megabytes * 1e6 / os.path.getsize(folder + "/train.jsonl")) + 1
    os.rename(folder + "/train.jsonl", plain)
    with open(plain, encoding="utf-8") as lines, open(escaped, "w", encoding="ascii") as out:
        for line in lines:
            out.write(json.dumps(json.loads(line)) + "\n")
    return [plain, escaped]


def run(command, path, piped):
    """User and system seconds of the command that reads path."""
    reader = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) if piped else None
    with open(path, "rb") as file:
        process = subprocess.Popen(command, stdin=file, stdout=reader.stdin if piped else subprocess.DEVNULL)
        if piped:
            reader.stdin.close()
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if piped:
        reader.wait()
    if process.returncode:
        sys.exit("text.py: %s: exit code %d" % (command[0], process.returncode))
    return used.ru_utime + used.ru_stime


def measure(path, rounds, build):
    tokenize = [build + "/bin/ecan-tokenize", "--quiet", "--threads", "1"]
    rows = {
        "cat": (["cat"], True),
        "wc -w (C locale)": (["env", "LC_ALL=C", "wc", "-w"], False),
        "ecan-tokenize, to /dev/null": (tokenize, False),
        "ecan-tokenize, to a pipe": (tokenize, True),
    }
    best = dict.fromkeys(rows, float("inf"))
    for _ in range(rounds):
        for name, (command, piped) in rows.items():
            best[name] = min(best[name], run(command, path, piped))
    size = os.path.getsize(path) / 1e6
    print("%s: %.0f MB" % (path, size))
    for name, seconds in best.items():
        print("%-48s %10.0f MB/s" % (name, size / seconds))
    sys.stdout.flush()
    subprocess.run([build + "/bench/text", path, str(rounds)], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", metavar="FILE.jsonl")
    parser.add_argument("--build", default="build")
    parser.add_argument("--megabytes", type=float, default=30, help="of text that is made up (30)")
    parser.add_argument("--rounds", type=int, default=5, help="the best of so many counts (5)")
    o = parser.parse_args()
    for path in o.files or make_text(o.build, o.megabytes):
        measure(path, o.rounds, o.build)


if __name__ == "__main__":
    main()
