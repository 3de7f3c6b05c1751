#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compares ecan-tokenize with Python on any texts: tests/words.py FOLDER|FILE...

Reads .jsonl and .jsonl.gz (formats/encounters.md; other files with a "text" a line will do). For each file:

  caml        the words are those of re.findall(r"\\w+"), without isnumeric() ones, lower()
  any, fr, nl text[start:end], converted to the form of words by Python, is the word; spans ascend; and with
  and so on   --numbers keep no letter and no number is outside of them (but for the t of a-t-il in French)

Prints a line for each setting; fails at the first file in which something differs. Messages name encounters and
places, and show no text. Needs msgpack (Debian: python3-msgpack).
"""

import gzip
import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import unicodedata

import msgpack

PROGRAM = os.path.join(os.environ.get("ECAN_BIN", "build/bin"), "ecan-tokenize")

JOINERS = "\u00ad\u200c\u200d\u2060\ufeff"
APOSTROPHES = "'`\u00b4\u0091\u0092\u02bb\u02bc\u2018\u2019\u201b\u2032\uff07"
HYPHENS = "-\u0096\u2010\u2011\u2012\u2013\u2212"
SIGNS = {**dict.fromkeys(map(ord, APOSTROPHES), "'"), **dict.fromkeys(map(ord, HYPHENS), "-"),
         **dict.fromkeys(map(ord, "°º\u02da"), "°"), 0x2044: "/", **dict.fromkeys(map(ord, "\u00a0\u2009\u202f"), "")}
LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ĳ": "ij", "Œ": "OE", "Æ": "AE", "Ĳ": "IJ", "ﬀ": "ff", "ﬁ": "fi",
                           "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})
PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "þ": "th", "ß": "ss", "ı": "i",
                       "Ø": "O", "Ł": "L", "Đ": "D", "Ð": "D", "Ħ": "H", "Ŧ": "T", "Þ": "TH", "ẞ": "SS"})
ACCENTS = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")
NFC = lambda s: unicodedata.normalize("NFC", s)
NFD = lambda s: unicodedata.normalize("NFD", s)


def form(s, language, case, accents):
    """A word as ecan-tokenize writes it, from its text in the note."""
    if language != "any":
        letters = s.split(".")
        if all(l[:1].isalpha() and not re.search(r"\w", l[1:]) for l in letters):
            s = "".join(letters)
        s = s.translate(SIGNS)
    s = NFC("".join(c for c in s if c not in JOINERS))
    if case == "fold":
        s = NFC(s.casefold())
    if language != "any" or accents == "strip":
        s = NFD(s).translate(LIGATURES)
    if accents == "strip":
        s = ACCENTS.sub("", s).translate(PLAIN)
    return NFC(s)


def texts(path):
    """[(id, [text of each note])] of a file; none if its lines are not encounters."""
    lines = (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8")
    encounters = []
    for i, line in enumerate(lines, 1):
        o = json.loads(line) if line.strip() else None
        if isinstance(o, dict) and isinstance(o.get("text"), str):
            encounters.append((str(i), [o["text"]]))
        elif isinstance(o, dict) and isinstance(o.get("documents"), list):
            encounters.append((str(i), [d["text"] for d in o["documents"]]))
    return encounters


def tokenized(encounters, options):
    """The words and spans of each encounter."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as f:
        for id, notes in encounters:
            f.write(json.dumps({"id": id, "documents": [{"text": t} for t in notes]}, ensure_ascii=False) + "\n")
        f.flush()
        f.seek(0)
        p = subprocess.Popen([PROGRAM, "--quiet", *options], stdin=f, stdout=subprocess.PIPE)
    for o in msgpack.Unpacker(p.stdout, max_buffer_size=2**30):
        if "id" in o:
            data = o["spans"][b"data"]
            yield o["tokens"], list(struct.iter_unpack("<iii", data))
    if p.wait() != 0:
        sys.exit(f"{PROGRAM} ended with {p.returncode}")


def fail(path, id, note, at, what):
    sys.exit(f"{path}: line {id}: note {note}: character {at}: {what}")


def check_caml(path, encounters):
    n = 0
    for (id, notes), (words, spans) in zip(encounters, tokenized(encounters, ["--compat", "caml"])):
        expected = [(t.lower(), i, m.start(), m.end()) for i, text in enumerate(notes)
                    for m in re.finditer(r"\w+", text) if not (t := m.group()).isnumeric()]
        found = [(w, *s) for w, s in zip(words, spans)]
        if found != expected:
            k = next((k for k, pair in enumerate(zip(found, expected)) if pair[0] != pair[1]), 0)
            fail(path, id, *(found[k][1:3] if found else (0, 0)), "the words differ from those of Python")
        n += len(words)
    return n


def check_gap(text, language):
    """Whether there is a letter or number in text, which is between words."""
    if language != "any":
        text = text.translate(SIGNS)
        if language == "fr":
            text = re.sub("(?i)-t(?=-)|-t$", "", text)
    return re.search(r"\w", text)


def check_spans(path, encounters, language, case, accents):
    n, known, gaps = 0, {}, {}
    options = ["--numbers", "keep", "--language", language, "--case", case, "--accents", accents]
    for (id, notes), (words, spans) in zip(encounters, tokenized(encounters, options)):
        note, end = 0, 0
        for word, (d, start, stop) in [*zip(words, spans), ("", (len(notes), 0, 0))]:
            while True:
                gap = notes[note][end:start if d == note else None] if note < len(notes) else ""
                if gap not in gaps:
                    gaps[gap] = bool(check_gap(gap, language))
                if gaps[gap]:
                    fail(path, id, note, end, "a letter or number in no word")
                if note == d:
                    break
                note, end = note + 1, 0
            if d == len(notes):
                break
            s = notes[d][start:stop]
            if s not in known:
                known[s] = form(s, language, case, accents)
            if start < end or not s or known[s] != word:
                fail(path, id, d, start, "the word is not that of the text")
            end = stop
            n += 1
    return n


def main(paths):
    if not paths or paths[0].startswith("-"):
        sys.exit(__doc__)
    files = [f for p in map(pathlib.Path, paths) for f in (sorted(p.rglob("*.jsonl*")) if p.is_dir() else [p])]
    settings = [(l, "fold", "keep") for l in ("any", "fr", "nl")] + [("fr", "keep", "strip"), ("any", "fold", "strip")]
    counts = dict.fromkeys(["caml", *settings], 0)
    for path in files:
        encounters = texts(path)
        counts["caml"] += check_caml(path, encounters)
        for s in settings:
            counts[s] += check_spans(path, encounters, *s)
    for name, n in counts.items():
        print(f"{n:12,d} words, {name if isinstance(name, str) else '--language %s --case %s --accents %s' % name}: as Python has them")


if __name__ == "__main__":
    main(sys.argv[1:])
