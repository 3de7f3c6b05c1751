#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Brute-force twin of ecan-compare: the definitions of formats/comparison.md, in numpy, with the same random numbers.

    compare.py make SEED N L COUNT                 a0.scored, a1.scored, ...: systems with the same encounters and gold
                                                   codes; each has its own order, labels and scores
    compare.py check OURS [OPTION]... A B ...      compares OURS, the output of `ecan-compare --json`; prints where it differs
"""
import argparse
import json
import sys

import msgpack
import msgpack_numpy
import numpy as np

import metrics

MASK = 2**64 - 1


class Random:
    """xoshiro256++ seeded through splitmix64, as in lib/base/rng.c."""

    def __init__(self, seed, a, b):
        x = self.mix(self.mix(self.mix(seed) + a & MASK) + b & MASK)
        self.s = []
        for _ in range(4):
            x = x + 0x9e3779b97f4a7c15 & MASK
            self.s.append(self.mix(x))

    @staticmethod
    def mix(z):
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9 & MASK
        z = (z ^ z >> 27) * 0x94d049bb133111eb & MASK
        return z ^ z >> 31

    def next(self):
        rotate = lambda x, k: (x << k | x >> (64 - k)) & MASK
        s = self.s
        result = rotate(s[0] + s[3] & MASK, 23) + s[0] & MASK
        t = s[1] << 17 & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotate(s[3], 45)
        return result

    def below(self, n):
        while True:
            product = (self.next() >> 32) * n
            if (product & 0xffffffff) >= 2**32 % n:
                return product >> 32


def make(a):
    for system in range(a.count):
        with open(f"a{system}.scored", "wb") as out:
            make_system(a, system, out)


def make_system(a, system, out):
    shared, own = np.random.default_rng(a.seed), np.random.default_rng([a.seed, system])
    codes = [f"c{j}" for j in range(a.L)]
    rate = shared.random(a.L) ** 3 * 0.6
    gold = shared.random((a.N, a.L)) < rate
    gold[:1] = False
    # The first system lacks the last label, later ones the second; the order is another in each.
    labels = [j for j in own.permutation(a.L) if j != (a.L - 1 if system == 0 else 1)]
    out.write(msgpack.packb({"ecan": 1, "kind": "scored", "history": [], "labels": [codes[j] for j in labels],
                             "threshold": 0.25 + 0.125 * system}))
    for i in own.permutation(a.N):
        g = gold[i, labels]
        scores = 0.3 * own.random(len(labels)) + 0.5 * g * own.random(len(labels)) + rate[labels] / 3
        scores = np.round(np.clip(scores, 0, 1) * 40) / 40  # ties
        record = {"id": f"e{i}", "labels": list(own.permutation([codes[j] for j in np.flatnonzero(gold[i])])),
                  "scores": scores.astype("<f4")}
        out.write(msgpack.packb(record, default=msgpack_numpy.encode))
    out.write(msgpack.packb({"end": a.N}))


class System:
    """Gold and predicted, [N][labels of the union]; precision and recall at k and average precision, [N]."""

    def __init__(self, header, records, ids, union, threshold, at):
        codes = header["labels"]
        place = {c: j for j, c in enumerate(union)}
        self.gold = np.zeros((len(ids), len(union)), bool)
        self.predicted = np.zeros((len(ids), len(union)), bool)
        self.at = {k: np.zeros((2, len(ids))) for k in at}
        self.precision = np.zeros(len(ids))
        for i, id in enumerate(ids):
            r = records[id]
            self.gold[i, [place[c] for c in r["labels"] if c in place]] = True
            self.predicted[i, [place[c] for c, s in zip(codes, r["scores"]) if s > np.float32(threshold)]] = True
            ranking = sorted(range(len(codes)), key=lambda j: (-r["scores"][j], j))
            hit = np.array([codes[j] in r["labels"] for j in ranking])
            n = self.gold[i].sum()
            for k in at:
                self.at[k][:, i] = hit[:k].sum() / k, hit[:k].sum() / n if n else 0
            if n:
                self.precision[i] = sum(hit[:x + 1].sum() / (x + 1) for x in np.flatnonzero(hit)) / n

    def swapped(self, other, mask):
        """This system, but the other's outputs where mask is set."""
        new = object.__new__(System)
        new.gold = self.gold
        new.predicted = np.where(mask[:, None], other.predicted, self.predicted)
        new.precision = np.where(mask, other.precision, self.precision)
        new.at = {k: np.where(mask, other.at[k], v) for k, v in self.at.items()}
        return new

    def metrics_of(self, rows):
        """path -> metric, of encounters that can occur several times"""
        g, p = self.gold[rows], self.predicted[rows]
        h = g & p
        div = lambda x, y: float(x) / float(y) if y > 0 else np.nan
        div0 = lambda x, y: np.divide(x, y, out=np.zeros(len(x)), where=y > 0)
        n = len(rows)
        common, either = h.sum(1), (g | p).sum(1)
        P, R = (div0(h.sum(0), x.sum(0)).mean() if n and g.shape[1] else np.nan for x in (p, g))
        f1 = div0(2.0 * h.sum(0), p.sum(0) + g.sum(0))
        present = g.any(0)
        mean = lambda v: float(np.mean(v)) if len(v) else np.nan
        out = {("micro", "precision"): div(h.sum(), p.sum()), ("micro", "recall"): div(h.sum(), g.sum()),
               ("micro", "f1"): div(2 * h.sum(), p.sum() + g.sum()), ("macro", "precision"): P, ("macro", "recall"): R,
               ("macro", "f1_of_means"): (2 * P * R / (P + R) if P + R > 0 else 0 * (P + R)),
               ("macro", "f1_mean"): mean(f1) if n else np.nan, ("macro", "f1_mean_present"): mean(f1[present]),
               ("map",): mean(self.precision[rows]), ("exact_match",): mean(common == either),
               ("jaccard",): mean(np.where(either, common / np.maximum(either, 1), 1))}
        for k, v in self.at.items():
            out["at", str(k), "precision"], out["at", str(k), "recall"] = mean(v[0, rows]), mean(v[1, rows])
        return out


def interval(value, draws, a, path, least):
    draws = np.array([d for d in draws if not np.isnan(d)])
    if np.isnan(value) or not len(draws):
        return value, np.nan, np.nan
    low, high = np.quantile(draws, [(1 - a.confidence) / 2, (1 + a.confidence) / 2])
    if path[0] == "macro":
        by = value - draws.mean()
        low, high = max(low + by, least), min(high + by, 1)
    return value, low, high


def put(o, path, limits):
    for name in path[:-1]:
        o = o.setdefault(name, {})
    o[path[-1]] = {k: None if np.isnan(v) else float(v) for k, v in limits.items()}


def check(a):
    with open(a.ours) as f:
        different = metrics.difference(json.load(f), compare(a))
    if different:
        sys.exit(different)


def compare(a):
    read = []
    for file in a.files:
        with open(file, "rb") as f:
            header, *records = msgpack.Unpacker(f, object_hook=msgpack_numpy.decode)
        read.append((header, {r["id"]: r for r in records if "id" in r}))
    ids = sorted(set.intersection(*(set(r) for _, r in read)))
    every = set.union(*(set(r) for _, r in read))
    union = sorted({c for h, _ in read for c in h["labels"]} |
                   (set() if a.known_labels_only else {c for _, rs in read for r in rs.values() for c in r["labels"]}))
    thresholds = [h.get("threshold", 0.5) for h, _ in read]
    if a.threshold:
        thresholds = a.threshold if len(a.threshold) > 1 else a.threshold * len(read)
    systems = [System(h, r, ids, union, t, a.at) for (h, r), t in zip(read, thresholds)]
    n = len(ids)
    whole = [s.metrics_of(np.arange(n)) for s in systems]

    drawn = []
    for b in range(a.resamples):
        random = Random(a.seed, 0, b)
        rows = [random.below(n) for _ in range(n)]
        drawn.append([s.metrics_of(np.array(rows, int)) for s in systems])
    out = {"documents": n, "left_out": len(every) - n, "labels": len(union), "resamples": a.resamples,
           "shuffles": a.shuffles, "confidence": a.confidence, "seed": a.seed, "systems": [], "differences": []}
    for s, (file, threshold) in enumerate(zip(a.files, thresholds)):
        system = {"name": file, "threshold": threshold, "own_thresholds": 0}
        for path, value in whole[s].items():
            put(system, path, dict(zip(("value", "low", "high"), interval(value, [d[s][path] for d in drawn], a, path, 0))))
        out["systems"].append(system)
    for s in range(1, len(systems)):
        as_far = dict.fromkeys(whole[0], 0)
        for b in range(a.shuffles):
            random, mask = Random(a.seed, 1, b), []
            while len(mask) < n:
                bits = random.next()
                mask += [bool(bits >> i & 1) for i in range(64)]
            mask = np.array(mask[:n], bool)
            one = systems[0].swapped(systems[s], mask).metrics_of(np.arange(n))
            other = systems[s].swapped(systems[0], mask).metrics_of(np.arange(n))
            for path in as_far:
                observed = abs(whole[s][path] - whole[0][path])
                as_far[path] += not abs(other[path] - one[path]) < observed - 1e-10
        difference = {"name": a.files[s], "less": a.files[0]}
        for path in whole[0]:
            value = whole[s][path] - whole[0][path]
            limits = dict(zip(("difference", "low", "high"),
                              interval(value, [d[s][path] - d[0][path] for d in drawn], a, path, -1)))
            limits["p"] = np.nan if np.isnan(value) else (as_far[path] + 1) / (a.shuffles + 1)
            put(difference, path, limits)
        out["differences"].append(difference)
    return out


def main():
    numbers = lambda kind: lambda s: [kind(x) for x in s.split(",")]
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    p = commands.add_parser("make")
    p.set_defaults(run=make)
    for name in "seed", "N", "L", "count":
        p.add_argument(name, type=int)
    p = commands.add_parser("check")
    p.set_defaults(run=check)
    p.add_argument("ours")
    p.add_argument("--threshold", type=numbers(float))
    p.add_argument("--at", type=numbers(int), default=[5, 8, 15])
    p.add_argument("--resamples", type=int, default=1000)
    p.add_argument("--shuffles", type=int, default=10000)
    p.add_argument("--confidence", type=float, default=0.95)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--known-labels-only", action="store_true")
    p.add_argument("--common", action="store_true")
    p.add_argument("files", nargs="+")
    a = parser.parse_args()
    a.run(a)


main()
