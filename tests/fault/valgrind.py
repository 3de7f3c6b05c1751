#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs each command of programs.tsv under valgrind: no error, and no leak that grows.

    valgrind.py INPUTS [--only PATTERN]"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys

from faults import HERE, Command

SUPPRESSIONS = HERE.parent / "library" / "valgrind.supp"
VALGRIND = ["valgrind", "-q", "--error-exitcode=99", f"--suppressions={SUPPRESSIONS}", "--leak-check=full", "--errors-for-leak-kinds=definite",
            "--show-leak-kinds=definite", "--"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("inputs", type=lambda p: pathlib.Path(p).absolute())
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    wrong = 0
    folder = pathlib.Path(os.environ["TMPDIR"], "valgrind")
    for line in (HERE / "programs.tsv").read_text().splitlines():
        if line.startswith("#") or not re.search(options.only, line):
            continue
        command = Command(line, options.inputs)
        command.prepare(folder)
        done = subprocess.run([*VALGRIND, *command.words], input=command.stdin, capture_output=True, cwd=folder)
        shutil.rmtree(folder)
        print(f"{'ok' if done.returncode == 0 else 'not ok'}  {command.text}", flush=True)
        if done.returncode:
            wrong += 1
            print(done.stderr.decode(errors="replace")[:3000])
    sys.exit(wrong > 0)


main()
