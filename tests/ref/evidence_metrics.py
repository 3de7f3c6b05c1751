#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The definitions of formats/evidence-metrics.md as sets of units, simple and slow.

    evidence_metrics.py EVIDENCE GOLD [WORDS]    prints what `ecan-evidence --json` prints
"""
import collections
import json
import sys

RESULTS = ["precision", "recall", "f1", "iou", "span_precision", "span_recall", "exact_precision", "exact_recall"]


def spans_of(line):
    """code -> spans (note, begin, end), and the codes that were predicted."""
    spans, predicted = collections.defaultdict(set), set()
    for note in line.get("notes", []):
        for a in note["annotations"]:
            spans[a["code"]].add((str(note["note_id"]), a["begin"], a["end"]))
            predicted.add(a["code"])
    for code in line.get("codes", []):
        spans[code["code"]] |= {(str(p["document"]), p["begin"], p["end"]) for p in code["evidence"]}
        if code["predicted"]:
            predicted.add(code["code"])
    return spans, predicted


def units(span, words):
    """The units that a span covers: words if there are any, otherwise characters."""
    note, begin, end = span
    if begin == end:
        return frozenset()
    if words is None:
        return frozenset((note, i) for i in range(begin, end))
    return frozenset((note, b) for n, b, e in words if n == note and b < e and b < end and begin < e)


def ratio(a, b):
    return a / b if b else None


def results(c):
    return dict(zip(RESULTS, [ratio(c["both"], c["shown"]), ratio(c["both"], c["gold"]), ratio(2 * c["both"], c["shown"] + c["gold"]),
                              ratio(c["both"], c["shown"] + c["gold"] - c["both"]), ratio(c["touching"], c["passages"]),
                              ratio(c["touched"], c["spans"]), ratio(c["exact"], c["passages"]), ratio(c["exact"], c["spans"])]))


def count(passages, gold):
    P, G = frozenset().union(*passages), frozenset().union(*gold)
    return collections.Counter(pairs=1, shown=len(P), gold=len(G), both=len(P & G), passages=len(passages), spans=len(gold),
                               touching=sum(bool(p & G) for p in passages), touched=sum(bool(g & P) for g in gold),
                               exact=len(passages & gold))


def mean(list_of_results):
    n = len(list_of_results)
    return {f: sum(x[f] or 0 for x in list_of_results) / n if n else None for f in RESULTS}


def evidence_metrics(evidence, gold, words=None):
    """evidence, gold: lines; words: id -> [(note, begin, end)], or None for characters."""
    gold = {str(line.get("id", line.get("hadm_id"))): line for line in gold}
    scopes = {scope: collections.defaultdict(list) for scope in ("gold", "explained", "predicted", "all")}
    encounters = without = unseen = 0
    for line in evidence:
        id = str(line.get("id", line.get("hadm_id")))
        if id not in gold:
            without += 1
            continue
        encounters += 1
        (shown, predicted), (marked, _) = spans_of(line), spans_of(gold[id])
        of = words and words[id]
        for code in shown.keys() | marked.keys():
            G = [units(s, of) for s in marked.get(code, ())]
            unseen += sum(not g for g in G)
            G = {g for g in G if g}
            c = count({p for p in (units(s, of) for s in shown.get(code, ())) if p}, G)
            for scope, inside in {"gold": G, "explained": G and code in shown, "predicted": G and code in predicted,
                                  "all": G or code in predicted}.items():
                if inside:
                    scopes[scope][code].append(c)
    out = {"encounters": encounters, "without_gold": without, "spans_unseen": unseen, "unit": "characters" if words is None else "words"}
    for scope, codes in scopes.items():
        sums = [sum(counts, collections.Counter()) for counts in codes.values()]
        total = sum(sums, collections.Counter())
        out[scope] = {"pairs": total["pairs"], "passages": total["passages"], "spans": total["spans"],
                      "shown": ratio(total["shown"], total["pairs"]), "marked": ratio(total["gold"], total["pairs"]),
                      "micro": results(total), "macro": mean([results(c) for c in sums]),
                      "mean": mean([results(c) for counts in codes.values() for c in counts])}
    return out


def read_words(path):
    import msgpack
    import msgpack_numpy
    words = {}
    for r in msgpack.Unpacker(open(path, "rb"), object_hook=msgpack_numpy.decode, max_buffer_size=2**30):
        if "id" in r:
            ids = [str(d.get("id", i)) for i, d in enumerate(r["documents"])]
            words[r["id"]] = [(ids[d], int(b), int(e)) for d, b, e in r["spans"]]
    return words


if __name__ == "__main__":
    lines = [[json.loads(line) for line in open(path, encoding="utf-8")] for path in sys.argv[1:3]]
    print(json.dumps(evidence_metrics(*lines, read_words(sys.argv[3]) if len(sys.argv) > 3 else None)))
