#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Brute-force twin of ecan-metrics: the definitions of formats/metrics.md, written for clarity, in numpy.

    metrics.py make SEED N L [OPTION]...  > scored.mp     random scored records: ties, codes never seen, ...
    metrics.py train SEED N L  > train.jsonl              encounters for these
    metrics.py results [OPTION]...  < scored.mp           what `ecan-metrics --json` must print
    metrics.py agree "MAKE ARGUMENTS" "OPTIONS"           compares the two, to 1e-9, and prints where they differ
    metrics.py thresholds "MAKE ARGUMENTS" K              the same for --label-thresholds --shrink K
    metrics.py against caml|sklearn                       the same for many streams, for the metrics that CAML's evaluation.py
                                                          or scikit-learn defines

Areas are sums over all pairs of a positive and a negative; thresholds are tried one by one.
"""
import argparse
import io
import json
import math
import subprocess
import sys
import tempfile
import warnings

import msgpack
import msgpack_numpy
import numpy as np


def make(a, out):
    random = np.random.default_rng(a.seed)
    codes = [f"c{j}" for j in range(a.L)]
    header = {"ecan": 1, "kind": "scored", "history": [{"program": "metrics.py", "version": "0"}], "labels": codes}
    if a.header_threshold is not None:
        header["threshold"] = a.header_threshold
    if a.thresholds:
        header["thresholds"] = random.random(a.L).astype("<f4")
    out.write(msgpack.packb(header, default=msgpack_numpy.encode))
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


def train(a):
    random = np.random.default_rng(a.seed)
    rate = random.random(a.L) ** 4
    for i in range(a.N):
        codes = [f"c{j}" for j in np.flatnonzero(random.random(a.L) < rate)] + ["c0"] * (i % 2) + ["elsewhere"]
        print(json.dumps({"id": i, "text": "", "labels": codes} if i % 7 else {"id": i, "text": ""}))


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


def logit(p):
    return math.log(p) - math.log1p(-p)


def label_thresholds(S, G, common, k):
    """the threshold of each label with the highest F1, by trying every interval, moved towards the common one"""
    out = []
    for j in range(S.shape[1]):
        score, positive = S[:, j], G[:, j]
        distinct = np.unique(score)
        found, found_f1 = None, 0
        for i, v in enumerate(distinct):
            low = distinct[i - 1] if i else np.float32(0)
            middle = low + (v - low) / np.float32(2)
            t = common if low <= common < v else middle if middle < v else low
            chosen = score > t
            if v == 0 or not (chosen & positive).any():
                continue
            f1 = 2 * (chosen & positive).sum() / (chosen.sum() + positive.sum())
            near = found is not None and abs(logit(float(t)) - logit(float(common))) < abs(logit(float(found)) - logit(float(common)))
            if f1 > found_f1 or (f1 == found_f1 and near):
                found, found_f1 = t, f1
        n = positive.sum()
        if found is None or found == common:
            out.append(float(common))
        else:
            x = (n * logit(float(found)) + k * logit(float(common))) / (n + k)
            out.append(1 / (1 + math.exp(-x)))
    return out


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


class Data:
    """gold G and predictions P [N][universe], scores S [N][L]"""

    def __init__(self, a, stream):
        header, gold, scores = read(stream)
        codes = list(header["labels"])
        self.L = L = len(codes)
        self.unlabelled = sum(g is None for g in gold)
        scores = [s for s, g in zip(scores, gold) if g is not None]
        gold = [g for g in gold if g is not None]
        self.N = N = len(gold)
        self.unknown = []
        for g in gold:
            self.unknown += [c for c in dict.fromkeys(g) if c not in codes and c not in self.unknown]
        self.universe = codes if a.known_labels_only else codes + self.unknown
        self.t = a.threshold if a.threshold is not None else header.get("threshold", 0.5)
        own = np.full(L, self.t, np.float32)
        if "thresholds" in header and a.threshold is None:
            own = header["thresholds"]
        if a.thresholds:
            own = own.copy()
            for line in open(a.thresholds):
                code, t = line.rstrip("\n").split("\t")
                own[codes.index(code)] = float(t)
        self.own = int((own != np.float32(self.t)).sum())
        self.G = np.zeros((N, len(self.universe)), bool)
        self.P = np.zeros((N, len(self.universe)), bool)
        self.S = np.array(scores, np.float32).reshape(N, L)
        for i, g in enumerate(gold):
            for c in g:
                if c in self.universe:
                    self.G[i, self.universe.index(c)] = True
        self.P[:, :L] = self.S > own
        self.ranking = [sorted(range(L), key=lambda j: (-s[j], j)) for s in self.S]


def label_figures(G, P):
    """micro and macro of the labels that are the columns"""
    tp, pred, real, either = (G & P).sum(0), P.sum(0), G.sum(0), (G | P).sum(0)
    micro = {"precision": div(tp.sum(), pred.sum()), "recall": div(tp.sum(), real.sum()),
             "f1": div(2 * tp.sum(), pred.sum() + real.sum()), "accuracy": div(tp.sum(), either.sum())}
    f1 = [div0(2 * x, p + r) for x, p, r in zip(tp, pred, real)]
    every = range(G.shape[1]) if len(G) else []
    macro = {"precision": mean(div0(tp[j], pred[j]) for j in every),
             "recall": mean(div0(tp[j], real[j]) for j in every),
             "accuracy": mean(div0(tp[j], either[j]) for j in every)}
    macro["f1_of_means"] = harmonic(macro["precision"], macro["recall"])
    macro["f1_mean"] = mean(f1[j] for j in every)
    macro["f1_mean_present"] = mean(f1[j] for j in every if real[j])
    return micro, macro


def exact_match(G, P):
    return mean((g == p).all() for g, p in zip(G, P))


def jaccard(G, P):
    return mean((g & p).sum() / (g | p).sum() if (g | p).any() else 1 for g, p in zip(G, P))


def group_figures(G, P):
    micro, macro = label_figures(G, P)
    return {"labels": G.shape[1], "labels_present": int(G.any(0).sum()), "gold": int(G.sum()), "predicted": int(P.sum()),
            "hits": int((G & P).sum()), "micro": micro, "macro": macro}


def by_prefix(d, n):
    groups = {}
    for j, c in enumerate(d.universe):
        groups.setdefault(c.replace(".", "")[:n], []).append(j)
    names = sorted(groups)
    rolled = [np.array([X[:, groups[g]].any(1) for g in names], bool).reshape(len(names), d.N).T for X in (d.G, d.P)]
    rows = []
    for i, g in enumerate(names):
        of = group_figures(rolled[0][:, i:i + 1], rolled[1][:, i:i + 1])
        as_code = {k: of[k] for k in ("gold", "predicted", "hits")} | {k: of["micro"][k] for k in ("precision", "recall", "f1")}
        rows.append({"group": g} | group_figures(d.G[:, groups[g]], d.P[:, groups[g]]) | {"as_code": as_code})
    return {"by": f"prefix {n}",
            "as_codes": group_figures(*rolled) | {"exact_match": exact_match(*rolled), "jaccard": jaccard(*rolled)},
            "groups": rows}


def read_training(path):
    """encounters with labels, how often each code"""
    encounters = [set(o["labels"]) for o in map(json.loads, open(path)) if "labels" in o]
    return len(encounters), {c: sum(c in e for e in encounters) for c in set().union(*encounters)}


def by_frequency(d, counts, edges):
    rows = []
    for low, high in zip([0] + [e + 1 for e in edges], edges + [None]):
        labels = [j for j, c in enumerate(d.universe)
                  if counts.get(c, 0) >= low and (high is None or counts.get(c, 0) <= high)]
        rows.append({"from": low, "to": high} | group_figures(d.G[:, labels], d.P[:, labels]))
    return rows


def psp(d, training, k, A, B):
    """propensity-scored precision (Jain et al. 2016), as a share of the largest that is possible"""
    n, counts = training
    C = (math.log(n) - 1) * (B + 1) ** A
    weight = [1 + C * (counts.get(c, 0) + B) ** -A for c in d.universe]
    got = sum(weight[j] for i in range(d.N) for j in d.ranking[i][:k] if d.G[i, j])
    most = sum(sum(sorted((weight[j] for j in np.flatnonzero(g)), reverse=True)[:k]) for g in d.G)
    return div(got, most)


def results(a, d):
    G, P, S, N, L = d.G, d.P, d.S, d.N, d.L
    training = read_training(a.train) if a.train else None
    micro, macro = label_figures(G, P)
    gold = int(G.sum())
    micro["auc"] = area(S.ravel(), G[:, :L].ravel())
    micro["average_precision"] = average_precision(S.ravel(), G[:, :L].ravel(), gold)
    macro["auc"] = mean(x for x in (area(S[:, j], G[:, j]) for j in range(L)) if x is not None)
    at = {}
    for k in a.at:
        p, r, ndcg, rp = [], [], [], []
        for i in range(N):
            hit = [G[i, j] for j in d.ranking[i][:k]]
            n = G[i].sum()
            ideal = sum(1 / math.log2(x + 2) for x in range(min(k, n)))
            p.append(sum(hit) / k)
            r.append(div0(sum(hit), n))
            ndcg.append(div0(sum(h / math.log2(x + 2) for x, h in enumerate(hit)), ideal))
            rp.append(div0(sum(hit), min(k, n)))
        at[str(k)] = {"precision": mean(p), "recall": mean(r), "f1": harmonic(mean(p), mean(r)),
                      "ndcg": mean(ndcg), "rp": mean(rp),
                      "psp": psp(d, training, k, *a.propensity) if training else None}
    ap, first = [], []
    for i in range(N):
        hit = [G[i, j] for j in d.ranking[i]]
        ap.append(div0(sum(sum(hit[:x + 1]) / (x + 1) for x in range(L) if hit[x]), G[i].sum()))
        first.append(div0(sum(hit[:G[i].sum()]), G[i].sum()))
    out = {"documents": N, "unlabelled": d.unlabelled, "labels": L, "labels_unknown": len(d.unknown),
           "labels_present": int(G.any(0).sum()), "threshold": d.t, "own_thresholds": d.own}
    if a.best_threshold:
        out["best_threshold"], out["best_micro_f1"] = best(S.ravel(), G[:, :L].ravel(), gold)
    out |= {"micro": micro, "macro": macro, "at": at, "map": mean(ap), "r_precision": mean(first),
            "exact_match": exact_match(G, P), "jaccard": jaccard(G, P)}
    miss = S.astype(float) - G[:, :L]
    in_bin = np.minimum((S.astype(float) * a.bins).astype(int), a.bins - 1)
    out["brier"] = mean((miss ** 2).ravel())
    out["calibration_error"] = div(sum(abs(miss[in_bin == b].sum()) for b in range(a.bins)), S.size)
    if training:
        out |= {"train_documents": training[0], "by_frequency": by_frequency(d, training[1], a.train_bins)}
    if a.prefix:
        out["by_group"] = [by_prefix(d, a.prefix)]
    return out


def caml(a, d):
    """evaluation.py of CAML (Mullenbach et al. 2018): its formulas, its names; labels unknown to the model as columns
    without predictions. Where it divides 0 by 0 for an encounter without gold it counts 0, as later users made it."""
    y, yhat, S, L = d.G.astype(int), d.P.astype(int), d.S, d.L
    union_size = lambda x, z, axis: np.logical_or(x, z).sum(axis=axis).astype(float)
    intersect_size = lambda x, z, axis: np.logical_and(x, z).sum(axis=axis).astype(float)
    e = 1e-10
    macro = {"accuracy": np.mean(intersect_size(yhat, y, 0) / (union_size(yhat, y, 0) + e)),
             "precision": np.mean(intersect_size(yhat, y, 0) / (yhat.sum(axis=0) + e)),
             "recall": np.mean(intersect_size(yhat, y, 0) / (y.sum(axis=0) + e))}
    p, r = macro["precision"], macro["recall"]
    macro["f1_of_means"] = 0. if p + r == 0 else 2 * p * r / (p + r)
    ymic, yhatmic = y.ravel(), yhat.ravel()
    hits = intersect_size(yhatmic, ymic, 0)
    micro = {"accuracy": hits / union_size(yhatmic, ymic, 0), "precision": hits / yhatmic.sum(), "recall": hits / ymic.sum()}
    p, r = micro["precision"], micro["recall"]
    micro["f1"] = 0. if p + r == 0 else 2 * p * r / (p + r)
    at = {}
    for k in a.at:  # equal scores: the label that comes first, where CAML leaves it to the sort
        topk = np.argsort(-S, axis=1, kind="stable")[:, :k]
        tp = np.array([y[i, t].sum() for i, t in enumerate(topk)], float)
        n = y.sum(axis=1)
        rec, prec = np.mean(np.where(n > 0, tp / np.maximum(n, 1), 0)), np.mean(tp / k)
        at[str(k)] = {"precision": prec, "recall": rec, "f1": 2 * prec * rec / (prec + rec) if prec + rec else 0.}
    return {"micro": micro, "macro": macro, "at": at}


def sklearn(a, d):
    import sklearn.metrics as sk
    y, yhat, S, L = d.G.astype(int), d.P.astype(int), d.S, d.L
    out = {}
    one = y.shape[1] == 1  # a column is a class there, and no class a second one
    for kind in "micro", "macro":
        how = {"average": "binary" if one else kind, "zero_division": 0}
        p, r, f1, _ = sk.precision_recall_fscore_support(y, yhat, **how)
        out[kind] = {"precision": p, "recall": r, ("f1" if kind == "micro" else "f1_mean"): f1,
                     "accuracy": sk.jaccard_score(y, yhat, **how)}
    for key, defined in (("precision", yhat), ("recall", y), ("f1", y | yhat), ("accuracy", y | yhat)):
        if not defined.any():
            out["micro"][key] = None
    out["exact_match"] = sk.accuracy_score(y, yhat)
    if not one:
        present = [j for j in range(y.shape[1]) if y[:, j].any()]
        out["macro"]["f1_mean_present"] = sk.f1_score(y, yhat, average="macro", labels=present, zero_division=0)
        some = (y | yhat).any(1)  # both sets empty: 1 here, whatever zero_division says there
        jaccard = sk.jaccard_score(y[some], yhat[some], average="samples")
        out["jaccard"] = (jaccard * some.sum() + (~some).sum()) / d.N
    flat = y[:, :L].ravel()
    if flat.any() and not flat.all():
        out["micro"]["auc"] = sk.roc_auc_score(flat, S.ravel())
    areas = [sk.roc_auc_score(y[:, j], S[:, j]) for j in range(L) if 0 < y[:, j].sum() < d.N]
    out["macro"]["auc"] = np.mean(areas) if areas else None
    out["brier"] = sk.brier_score_loss(flat, S.ravel())
    # In the order of the labels where scores are equal, as scikit-learn has no such rule; only over known gold.
    place = np.array([np.argsort(np.argsort(-s, kind="stable")) for s in S])
    if not d.unknown or a.known_labels_only:
        if flat.any():
            out["micro"]["average_precision"] = sk.average_precision_score(flat, S.ravel())
        if not one:
            with_gold = y.any(1)
            out["map"] = sk.label_ranking_average_precision_score(y[with_gold], -place[with_gold]) * with_gold.mean()
            out["at"] = {str(k): {"ndcg": sk.ndcg_score(y, -place, k=k)} for k in a.at}
    return out


def difference(a, b, part=False, where=""):
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        a, b = ({str(i): v for i, v in enumerate(x)} for x in (a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        if part:
            a = {k: a[k] for k in b}
        if sorted(a) != sorted(b):
            return f"{where}: keys {list(a)} and {list(b)}"
        return next((d for d in (difference(a[k], b[k], part, f"{where}/{k}") for k in a) if d), None)
    b = None if b != b else b  # NaN
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return None if abs(a - b) <= 1e-9 else f"{where}: {a} and {b}"
    return None if a == b else f"{where}: {a} and {b}"


def compare(what, options, twin, part):
    """ecan-metrics against the twin, on one stream"""
    stream = io.BytesIO()
    make(making().parse_args(what.split()), stream)
    ours = json.loads(subprocess.run(["ecan-metrics", "--json", *options.split()], input=stream.getvalue(), check=True,
                                     stdout=subprocess.PIPE).stdout)
    a = reading().parse_args(options.split())
    theirs = twin(a, Data(a, io.BytesIO(stream.getvalue())))
    d = difference(ours, theirs, part)
    if d:
        sys.exit(f"make {what} | ecan-metrics {options}: {d}")


def thresholds(what, k):
    stream = io.BytesIO()
    make(making().parse_args(what.split()), stream)
    with tempfile.TemporaryDirectory() as folder:
        name = folder + "/thresholds.tsv"
        ours = json.loads(subprocess.run(["ecan-metrics", "--json", "--label-thresholds", name, "--shrink", k], check=True,
                                         input=stream.getvalue(), stdout=subprocess.PIPE).stdout)
        with open(name) as f:
            found = [line.rstrip("\n").split("\t") for line in f]
    d = Data(reading().parse_args([]), io.BytesIO(stream.getvalue()))
    assert [code for code, _ in found] == d.universe[:d.L]
    want = label_thresholds(d.S, d.G, np.float32(ours["best_threshold"]), float(k))
    for (code, t), w in zip(found, want):
        assert abs(float(t) - w) < 1e-6 * w, (what, k, code, t, w)


def against(peer):
    """ties, labels never seen, encounters without labels, one label, all-positive labels"""
    warnings.simplefilter("ignore")
    for seed in range(4):
        for what, options in (("60 20", ""), ("60 20 --levels 4", "--at 1,3"), ("60 20 --levels 3 --unknown", ""),
                              ("60 20 --levels 3 --unknown", "--known-labels-only"),
                              ("50 9 --density 0.2", "--threshold 0.1 --at 2"), ("20 5 --all-positive", "--at 1,2"),
                              ("20 1 --levels 5", "--at 1"), ("30 9 --thresholds --unlabelled", "--skip-unlabelled")):
            compare(f"{seed} {what}", options, {"caml": caml, "sklearn": sklearn}[peer], True)


def numbers(text):
    return [int(k) for k in text.split(",")]


def making():
    p = argparse.ArgumentParser()
    for name in "seed", "N", "L":
        p.add_argument(name, type=int)
    p.add_argument("--density", type=float, default=0.8)
    p.add_argument("--levels", type=int, default=0)
    p.add_argument("--header-threshold", type=float)
    for flag in "--all-positive", "--unknown", "--unlabelled", "--thresholds":
        p.add_argument(flag, action="store_true")
    return p


def reading():
    p = argparse.ArgumentParser()
    p.add_argument("--threshold", type=float)
    p.add_argument("--thresholds")
    p.add_argument("--at", type=numbers, default=[5, 8, 15])
    p.add_argument("--bins", type=int, default=10)
    p.add_argument("--train")
    p.add_argument("--train-bins", type=numbers, default=[0, 10, 50, 100, 500])
    p.add_argument("--propensity", type=lambda s: [float(x) for x in s.split(",")], default=[.55, 1.5])
    p.add_argument("--prefix", type=int)
    for flag in "--best-threshold", "--known-labels-only", "--skip-unlabelled":
        p.add_argument(flag, action="store_true")
    return p


def main():
    command, arguments = sys.argv[1], sys.argv[2:]
    if command == "make":
        make(making().parse_args(arguments), sys.stdout.buffer)
    elif command == "train":
        train(making().parse_args(arguments))
    elif command == "results":
        a = reading().parse_args(arguments)
        json.dump(results(a, Data(a, sys.stdin.buffer)), sys.stdout)
    elif command == "agree":
        compare(*arguments, results, False)
    elif command == "thresholds":
        thresholds(*arguments)
    elif command == "against":
        against(*arguments)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
