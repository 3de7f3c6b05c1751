#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Texts and CSV files at random, read by ecan and by Python: both must find the same words and the same rows.

Words are compared by tests/words.py. Rows are compared with the csv module: of files that its writer made in any dialect, and of
any text that both accept. Options: -max_total_time=SECONDS or -runs=BATCHES, -artifact_prefix=PATH, -seed=N. ECAN_BUILD: the folder of
the build. Needs msgpack."""

import csv
import io
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unicodedata

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("ECAN_BUILD", ROOT / "build"))
options = dict(a.lstrip("-").split("=", 1) for a in sys.argv[1:] if "=" in a)
random.seed(int(options.get("seed", 1)))


def keep(path, message):
    place = options.get("artifact_prefix", "./") + "crash-" + path.name
    shutil.copy(path, place)
    print(message, file=sys.stderr)
    sys.exit(f"Test unit written to {place}")


# ---- words ----

ALPHABETS = ["abcdefghij", "àéîöûçñœæß", "ABCDEFGÀÉÎ", "0123456789", " \n\t.,;:!?-_'\"()/", "αβγσςΣ", "жщЯ", "中文字", "한글", "\u0301\u0308\u0323",
             "½²Ⅳ٣", "’‘`´", "\u00a0\u202f\u2009", "ﬁﬂİıŉ", "\U0001f600\U00020000"]


def character():
    if random.random() < 0.05:
        c = chr(random.randrange(0x20, 0x110000))
        # A later version of Unicode has other letters: only what Python knows.
        return c if unicodedata.category(c) not in ("Cn", "Cs", "Cc", "Co") else " "
    return random.choice(random.choice(ALPHABETS))


def text():
    return "".join(" " if random.random() < 0.15 else character() for _ in range(random.randrange(200)))


def check_words(folder, n):
    path = folder / "texts.jsonl"
    with open(path, "w", encoding="utf-8") as f:
        for i in range(n):
            f.write(json.dumps({"id": str(i), "text": text()}, ensure_ascii=False) + "\n")
    p = subprocess.run([sys.executable, ROOT / "tests/words.py", path], env={**os.environ, "ECAN_BIN": str(BUILD / "bin")},
                       capture_output=True, text=True)
    if p.returncode:
        keep(path, p.stdout + p.stderr)


# ---- rows ----

PIECES = ["a", "b c", "é", '"', '""', ",", ";", "\t", "|", "\n", "\r\n", "\r", " ", "1,5", "x" * 50, "", "'"]


def rows():
    width = random.randrange(1, 5)
    return [["".join(random.choices(PIECES, k=random.randrange(4))) for _ in range(width)] for _ in range(random.randrange(1, 6))]


def written():
    """A file of Python's writer, with its delimiter. The header row has no separator in its fields: it is detected there."""
    delimiter = random.choice(",;\t|")
    table = [["h%d" % i for i in range(random.randrange(2, 5))]] + rows()
    f = io.StringIO(newline="")
    csv.writer(f, delimiter=delimiter, lineterminator=random.choice(["\n", "\r\n"]),
               quoting=random.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])).writerows(table)
    return f.getvalue(), delimiter


def loose():
    return "a,b\n" + "".join(random.choices(PIECES, k=random.randrange(30))), ","


def expected(s, delimiter):
    """The rows of Python; None if it rejects the text, or keeps blanks before a quote, which ecan passes over."""
    if re.search(r'(^|[,;|\t\n\r])[ \t]+"', s):
        return None
    try:
        return [row for row in csv.reader(io.StringIO(s, newline=""), delimiter=delimiter, strict=True) if row]
    except csv.Error:
        return None


def check_rows(folder, n):
    files = []
    for i in range(n):
        s, delimiter = random.choice([written, loose])()
        path = folder / f"{i}.csv"
        path.write_bytes(s.encode())
        files.append((path, s, delimiter))
    p = subprocess.run([BUILD / "fuzz/rows", *[path for path, _, _ in files]], capture_output=True, text=True, check=True)
    for (path, s, delimiter), line in zip(files, p.stdout.splitlines()):
        ours, theirs = json.loads(line), expected(s, delimiter)
        if theirs is not None and ours is not None and ours != theirs:
            keep(path, f"other rows than those of Python: {ours} {theirs}")


# ---- all ----

begin, batches, executions = time.time(), 0, 0
while time.time() - begin < float(options.get("max_total_time", 1e9)) and batches < int(options.get("runs", 10**9)):
    with tempfile.TemporaryDirectory() as folder:
        check_words(pathlib.Path(folder), 300)
        check_rows(pathlib.Path(folder), 300)
    batches += 1
    executions += 600
print(f"stat::number_of_executed_units: {executions}")
print(f"stat::average_exec_per_sec:     {executions / max(1, time.time() - begin):.0f}")
