#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How often the intervals of ecan-compare contain the true value, and how often its p-values are small by chance.

    coverage.py [SETS [KIND]]    SETS (200) made-up test sets of each kind, or of one kind (1 to 4). It takes minutes. Needs
                                 ecan-compare on PATH

Two systems that are equally good, on invented encounters: codes of very different frequency, rare ones found
less often, some encounters harder than others. An interval should contain the mean metric of 300 test sets of the
same kind and size. Prints a table row for each kind: the share of 95% intervals that contain it, and the share of p below 0.05.
"""
import json
import subprocess
import sys
import tempfile

import msgpack
import numpy as np

KINDS = [("50 labels, 1,000 encounters", 50, 1000, 5.7, 0.6), ("12 labels, 500 encounters", 12, 500, 1.5, 0.5),
         ("1,000 labels, 1,500 encounters", 1000, 1500, 12, 1.0), ("1,767 labels, 250 encounters", 1767, 250, 11, 1.0)]
FIGURES = [("micro", "f1"), ("macro", "f1_of_means"), ("macro", "f1_mean"), ("macro", "f1_mean_present"), ("jaccard",)]


def draw(random, labels, n, mean, alpha, systems):
    """gold[n][labels], predicted[systems][n][labels]"""
    rate = np.arange(1, labels + 1) ** -alpha
    rate = np.minimum(rate * mean / rate.sum(), 0.6)
    found = 0.15 + 0.7 * (rate / rate.max()) ** 0.3
    hard = random.normal(0, 0.5, (n, 1))
    moved = lambda p, by: 1 / (1 + (1 - p) / p * np.exp(-by))
    gold = random.random((n, labels)) < moved(rate, hard)
    return gold, [np.where(gold, random.random(gold.shape) < moved(found, -hard), random.random(gold.shape) < 0.35 * rate)
                  for _ in range(systems)]


def metrics_of(g, p):
    h = (g & p).sum(0).astype(float)
    sg, sp = g.sum(0), p.sum(0)
    div = lambda a, b: np.divide(a, b, out=np.zeros(len(a)), where=b > 0)
    P, R, f1 = div(h, sp).mean(), div(h, sg).mean(), div(2 * h, sp + sg)
    common, either = (g & p).sum(1), (g | p).sum(1)
    return [2 * h.sum() / (sg + sp).sum(), 2 * P * R / (P + R), f1.mean(), f1[sg > 0].mean(),
            np.where(either, common / np.maximum(either, 1), 1).mean()]


def write(path, gold, predicted):
    codes = [str(j) for j in range(gold.shape[1])]
    with open(path, "wb") as f:
        f.write(msgpack.packb({"ecan": 1, "kind": "scored", "history": [], "labels": codes}))
        for i, (g, p) in enumerate(zip(gold, predicted)):
            scores = {b"nd": True, b"type": "<f4", b"kind": b"", b"shape": [len(codes)], b"data": p.astype("<f4").tobytes()}
            f.write(msgpack.packb({"id": str(i), "labels": [codes[j] for j in np.flatnonzero(g)], "scores": scores}))
        f.write(msgpack.packb({"end": len(gold)}))


def main():
    sets = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    kinds = [KINDS[int(sys.argv[2]) - 1]] if len(sys.argv) > 2 else KINDS
    print("| kind | | micro-F1 | of the means | mean, all | mean, with gold | Jaccard |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    for title, *kind in kinds:
        random = np.random.default_rng(1)
        truth = np.mean([metrics_of(g, p[0]) for g, p in (draw(random, *kind, 1) for _ in range(300))], 0)
        held, differences, small = np.zeros((3, len(FIGURES)))
        for _ in range(sets):
            gold, predicted = draw(random, *kind, 2)
            with tempfile.TemporaryDirectory() as folder:
                files = [f"{folder}/{s}" for s in range(2)]
                for file, p in zip(files, predicted):
                    write(file, gold, p)
                out = json.loads(subprocess.check_output(["ecan-compare", "--json", "--shuffles", "500", *files]))
            for i, path in enumerate(FIGURES):
                one, two = out["systems"][0], out["differences"][0]
                for key in path:
                    one, two = one[key], two[key]
                held[i] += one["low"] <= truth[i] <= one["high"]
                differences[i] += two["low"] <= 0 <= two["high"]
                small[i] += two["p"] < 0.05
        for name, counts in ("metric", held), ("difference", differences), ("p < .05", small):
            print("|", title, "|", name, "|", " | ".join(f"{c / sets:.3f}".lstrip("0") for c in counts), "|", flush=True)


main()
