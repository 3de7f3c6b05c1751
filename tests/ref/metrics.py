#!/usr/bin/env python3
"""Brute-force twin of ecan-metrics: the definitions of formats/metrics.md, written for clarity, in numpy.

    metrics.py make SEED N L [OPTION]...  > scored.mp     random scored records: ties, codes never seen, ...
    metrics.py figures [OPTION]...  < scored.mp           what `ecan-metrics --json` must print
    metrics.py same A.json B.json                         equal up to 1e-9? else says where

Areas are sums over all pairs of a positive and a negative; thresholds are tried one by one.
"""
import argparse
import json
import math
import sys

import msgpack
import msgpack_numpy
import numpy as np


def make(a):
    random = np.random.default_rng(a.seed)
    codes = [f"c{j}" for j in range(a.L)]
    header = {"ecan": 1, "kind": "scored", "history": [{"program": "metrics.py", "version": "0"}], "labels": codes}
    if a.header_threshold is not None:
        header["threshold"] = a.header_threshold
    out = sys.stdout.buffer
    out.write(msgpack.packb(header))
    rate = random.random(a.L) ** 3 * a.density
    for i in range(a.N):
        gold = random.random(a.L) < rate
        if a.all_positive:
            gold[0] = True
        scores = np.clip(0.25 * random.random(a.L) + 0.5 * gold * random.random(a.L) + rate / 3, 0, 1)
        if a.levels:  # few distinct scores: ties
            scores = np.round(scores * a.levels) / a.levels
        labels = [codes[j] for j in np.flatnonzero(gold)]
        labels += [f"unknown{random.integers(5)}" for _ in range(random.integers(3)) if a.unknown]
        random.shuffle(labels)
        record = {"id": f"e{i}", "labels": labels, "scores": scores.astype("<f4")}
        if a.unlabelled and i % 3 == 0:
            del record["labels"]
        out.write(msgpack.packb(record, default=msgpack_numpy.encode))
    out.write(msgpack.packb({"end": a.N}))


def read(f):
    """header, ids, gold codes of each record (None: no key), scores[N][L]"""
    header, gold, scores = None, [], []
    for o in msgpack.Unpacker(f, object_hook=msgpack_numpy.decode, max_buffer_size=2**31 - 1, strict_map_key=False):
        if "ecan" in o:
            header = header or o
        elif "scores" in o:
            gold.append(o.get("labels"))
            scores.append(o["scores"])
    return header, gold, scores


def area(score, positive):
    """share of (positive, negative) pairs in the right order, ties half"""
    pos, neg = score[positive], score[~positive]
    if not len(pos) or not len(neg):
        return None
    won = sum((p > neg).sum() + 0.5 * (p == neg).sum() for p in pos)
    return float(won / (len(pos) * len(neg)))


def div(a, b):
    return float(a) / float(b) if b > 0 else None


def div0(a, b):
    return float(a) / float(b) if b > 0 else 0.0


def mean(v):
    v = list(v)
    return float(np.mean(v)) if v else None


def harmonic(p, r):
    return None if p is None or r is None else div0(2 * p * r, p + r)


def best(score, positive, gold):
    """(threshold, F1), by trying every interval between neighbouring distinct scores"""
    distinct = np.unique(score)
    found = None
    for i, v in enumerate(distinct):
        if v == 0:
            continue
        low = distinct[i - 1] if i else np.float32(0)
        middle = low + (v - low) / np.float32(2)
        t = 0.5 if low <= 0.5 < v else float(middle if middle < v else low)
        chosen = score > np.float32(t)
        assert (chosen == (score >= v)).all()
        f1 = 2 * float((chosen & positive).sum()) / float(chosen.sum() + gold)
        if not (chosen & positive).any():
            continue
        if found is None or f1 > found[1] or (f1 == found[1] and abs(t - 0.5) < abs(found[0] - 0.5)):
            found = (t, f1)
    return found or (None, None)


def average_precision(score, positive, gold):
    """the sum over distinct scores of recall gained times precision there"""
    if not gold:
        return None
    found, last = 0.0, 0
    for v in np.unique(score)[::-1]:
        chosen = score >= v
        hits = int((chosen & positive).sum())
        found += (hits - last) / gold * hits / int(chosen.sum())
        last = hits
    return found


def figures(a):
    header, gold, scores = read(sys.stdin.buffer)
    codes = list(header["labels"])
    L = len(codes)
    unlabelled = sum(g is None for g in gold)
    scores = [s for s, g in zip(scores, gold) if g is not None]
    gold = [g for g in gold if g is not None]
    N = len(gold)
    unknown = []
    for g in gold:
        unknown += [c for c in dict.fromkeys(g) if c not in codes and c not in unknown]
    universe = codes if a.known_labels_only else codes + unknown
    t = a.threshold if a.threshold is not None else header.get("threshold", 0.5)

    G = np.zeros((N, len(universe)), bool)
    P = np.zeros((N, len(universe)), bool)
    S = np.array(scores, np.float32).reshape(N, L)
    for i, g in enumerate(gold):
        for c in g:
            if c in universe:
                G[i, universe.index(c)] = True
    P[:, :L] = S > np.float32(t)

    tp, pred, real = (G & P).sum(0), P.sum(0), G.sum(0)
    micro = {"precision": div(tp.sum(), pred.sum()), "recall": div(tp.sum(), real.sum()),
             "f1": div(2 * tp.sum(), pred.sum() + real.sum()), "accuracy": div(tp.sum(), (G | P).sum()),
             "auc": area(S.ravel(), G[:, :L].ravel()),
             "average_precision": average_precision(S.ravel(), G[:, :L].ravel(), int(real.sum()))}
    f1 = [div0(2 * x, p + r) for x, p, r in zip(tp, pred, real)]
    every = range(len(universe)) if N else []
    macro = {"precision": mean(div0(tp[j], pred[j]) for j in every),
             "recall": mean(div0(tp[j], real[j]) for j in every),
             "accuracy": mean(div0(tp[j], (G | P)[:, j].sum()) for j in every),
             "auc": mean(x for x in (area(S[:, j], G[:, j]) for j in range(L)) if x is not None)}
    macro["f1_of_means"] = harmonic(macro["precision"], macro["recall"])
    macro["f1_mean"] = mean(f1[j] for j in every)
    macro["f1_mean_present"] = mean(f1[j] for j in every if real[j])

    ranking = [sorted(range(L), key=lambda j: (-s[j], j)) for s in S]
    at = {}
    for k in a.at:
        p, r, ndcg, rp = [], [], [], []
        for i in range(N):
            hit = [G[i, j] for j in ranking[i][:k]]
            n = G[i].sum()
            ideal = sum(1 / math.log2(x + 2) for x in range(min(k, n)))
            p.append(sum(hit) / k)
            r.append(div0(sum(hit), n))
            ndcg.append(div0(sum(h / math.log2(x + 2) for x, h in enumerate(hit)), ideal))
            rp.append(div0(sum(hit), min(k, n)))
        at[str(k)] = {"precision": mean(p), "recall": mean(r), "f1": harmonic(mean(p), mean(r)),
                      "ndcg": mean(ndcg), "rp": mean(rp)}
    ap = []
    for i in range(N):
        hit = [G[i, j] for j in ranking[i]]
        ap.append(div0(sum(sum(hit[:x + 1]) / (x + 1) for x in range(L) if hit[x]), G[i].sum()))
    out = {"documents": N, "unlabelled": unlabelled, "labels": L, "labels_unknown": len(unknown),
           "labels_present": int((real > 0).sum()), "threshold": t}
    if a.best_threshold:
        out["best_threshold"], out["best_micro_f1"] = best(S.ravel(), G[:, :L].ravel(), real.sum())
    out |= {"micro": micro, "macro": macro, "at": at, "map": mean(ap),
            "exact_match": mean((G[i] == P[i]).all() for i in range(N)),
            "jaccard": mean((G[i] & P[i]).sum() / (G[i] | P[i]).sum() if (G[i] | P[i]).any() else 1 for i in range(N))}
    miss = S.astype(float) - G[:, :L]
    in_bin = np.minimum((S.astype(float) * a.bins).astype(int), a.bins - 1)
    out["brier"] = mean((miss ** 2).ravel())
    out["calibration_error"] = div(sum(abs(miss[in_bin == b].sum()) for b in range(a.bins)), S.size)
    json.dump(out, sys.stdout)
    print()


def difference(a, b, where=""):
    if isinstance(a, dict) and isinstance(b, dict):
        if list(a) != list(b):
            return f"{where}: keys {list(a)} and {list(b)}"
        return next((d for d in (difference(a[k], b[k], f"{where}/{k}") for k in a) if d), None)
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return next((d for d in (difference(x, y, f"{where}/{i}") for i, (x, y) in enumerate(zip(a, b))) if d), None)
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return None if abs(a - b) <= 1e-9 else f"{where}: {a} and {b}"
    return None if a == b else f"{where}: {a} and {b}"


def same(a):
    d = difference(*(json.load(open(f)) for f in a.files))
    if d:
        sys.exit(d)


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    p = commands.add_parser("make")
    p.set_defaults(run=make)
    p.add_argument("seed", type=int)
    p.add_argument("N", type=int)
    p.add_argument("L", type=int)
    p.add_argument("--density", type=float, default=0.8)
    p.add_argument("--levels", type=int, default=0)
    p.add_argument("--header-threshold", type=float)
    for flag in "--all-positive", "--unknown", "--unlabelled":
        p.add_argument(flag, action="store_true")
    p = commands.add_parser("figures")
    p.set_defaults(run=figures)
    p.add_argument("--threshold", type=float)
    p.add_argument("--at", type=lambda s: [int(k) for k in s.split(",")], default=[5, 8, 15])
    p.add_argument("--bins", type=int, default=10)
    for flag in "--best-threshold", "--known-labels-only", "--skip-unlabelled":
        p.add_argument(flag, action="store_true")
    p = commands.add_parser("same")
    p.set_defaults(run=same)
    p.add_argument("files", nargs=2)
    a = parser.parse_args()
    a.run(a)


if __name__ == "__main__":
    main()
