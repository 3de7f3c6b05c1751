#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ecan-evidence: its metrics compared with the definitions in plain Python (tests/ref/evidence_metrics.py); input formats; invalid input.
bats_require_minimum_version 1.5.0

load ../helper

setup() {
    need msgpack msgpack_numpy numpy
    cd "$BATS_TEST_TMPDIR" || return 1
    cat > some.py << 'END'
from helper import *
import random

def encounters(seed, n=12, codes="ABCDE"):
    """Records with words, lines of evidence, lines of gold; gold has some encounters more."""
    chance = random.Random(seed)
    words, evidence, gold = [], [], []
    for i in range(n):
        notes = [{"id": k if k % 2 else f"n{k}", "text": "".join(chance.choice(["é", "b", " ", " "]) for _ in range(60))} for k in range(chance.randint(1, 3))]
        spans = []
        for k in chance.sample(range(len(notes)), len(notes)):  # in any order, after a marker
            spans.append((k, 0, 0))
            at = 0
            for part in notes[k]["text"].split(" "):
                if part:
                    spans.append((k, at, at + len(part)))
                at += len(part) + 1
        words.append({"id": f"e{i}", "documents": notes, "tokens": ["w"] * len(spans), "spans": numpy.array(spans, "<i4").reshape(-1, 3)})
        def span():
            k = chance.randrange(len(notes))
            begin = chance.randrange(59)
            return k, begin, chance.randint(begin + 1, min(60, begin + 12))
        def passage():
            k, begin, end = chance.choice([s for s in spans if s[2]] or [(0, 0, 1)]) if chance.random() < .7 else span()
            return {"document": notes[k]["id"], "index": k, "begin": begin, "end": end}
        passages = {c: [passage() for _ in range(chance.randint(0, 3))] for c in codes if chance.random() < .7}
        evidence.append({"id": f"e{i}", "codes": [{"code": c, "predicted": chance.random() < .6, "evidence": p} for c, p in passages.items()]})
        marked = [(c, *span()) for c in codes + "F" for _ in range(chance.randint(0, 2))]
        marked += [(c, q["index"], q["begin"], q["end"]) for c, p in passages.items() for q in p if chance.random() < .4]
        marked += [("A", 0, 7, 7)] * (i % 3)
        gold.append({"id": f"e{i}", "notes": [{"note_id": d["id"], "category": "", "annotations": [
            {"begin": b, "end": e, "code": c, "code_system": "X"} for c, k, b, e in marked if k == at]} for at, d in enumerate(notes)]})
    return words, evidence[1:], gold[:-1] + [{"hadm_id": 12345, "notes": []}]

def put(path, lines):
    pathlib.Path(path).write_text("".join(json.dumps(l) + "\n" for l in lines))

def put_words(path, words):
    write(path, [{"ecan": 1, "kind": "tokens", "history": []}, *words, {"end": len(words)}])

def close(a, b):
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(close(a[k], b[k]) for k in a)
    return a == b or isinstance(a, float) and isinstance(b, float) and abs(a - b) < 1e-12
END
}

@test "every metric, in words and characters, follows the definitions" {
    "$python" - "${BATS_TEST_DIRNAME}/../ref" << 'END'
from some import *
sys.path.insert(0, sys.argv[1])
from evidence_metrics import evidence_metrics, read_words
for seed in range(8):
    words, evidence, gold = encounters(seed)
    put("evidence", evidence), put("gold", gold), put_words("words", words)
    for more in [], ["words"]:
        want = evidence_metrics(evidence, gold, read_words("words") if more else None)
        done = run("ecan-evidence", "--json", "--gold", "gold", *(["--words", *more] if more else []), "evidence")
        assert done.returncode == 0, done.stderr
        assert close(json.loads(done.stdout), want), (seed, more, done.stdout, want)
        assert want["encounters"] == 10 and want["without_gold"] == 1 and want["gold"]["micro"]["exact_recall"] > 0
        assert want["spans_unseen"] > (4 if more else 0)
END
}

@test "a line a code, and the table" {
    "$python" - << 'END'
from some import *
words, evidence, gold = encounters(1)
put("evidence", evidence), put("gold", gold), put_words("words", words)
done = run("ecan-evidence", "--gold", "gold", "--words", "words", "--per-code", "codes.tsv", stdin=pathlib.Path("evidence").read_bytes())
assert done.returncode == 0, done.stderr
whole = json.loads(run("ecan-evidence", "--json", "--gold", "gold", "--words", "words", "evidence").stdout)
rows = [l.split("\t") for l in pathlib.Path("codes.tsv").read_text().splitlines()]
names, rows = rows[0], [dict(zip(rows[0], r)) for r in rows[1:]]
assert sum(int(r["pairs"]) for r in rows) == whole["gold"]["pairs"]
shown, marked, both = (sum(int(r[k]) for r in rows) for k in ("shown", "marked", "both"))
assert abs(whole["gold"]["micro"]["f1"] - 2 * both / (shown + marked)) < 1e-12
for mean in "precision", "recall", "f1", "iou", "span_precision", "span_recall", "exact_precision", "exact_recall":
    assert abs(whole["gold"]["macro"][mean] - sum(float(r[mean] or 0) for r in rows) / len(rows)) < 1e-5
table = done.stdout.decode().splitlines()
row = next(l for l in table if l.startswith("predicted")).split()
assert row[1] == "micro" and abs(float(row[4]) - whole["predicted"]["micro"]["f1"]) < 1e-4
assert any(l.startswith("gold ") and f": {whole['gold']['pairs']}," in l for l in table)
END
}

@test "MDACE's form as evidence: the same as ours, everything predicted; a code system" {
    "$python" - << 'END'
from some import *
words, evidence, gold = encounters(2)
for line in evidence:
    for c in line["codes"]:
        c["predicted"] = bool(c["evidence"])
    line["codes"] = [c for c in line["codes"] if c["evidence"]]
put("ours", evidence), put("gold", gold)
put("mdace", [{"id": l["id"], "notes": [{"note_id": p["document"], "annotations": [{"begin": p["begin"], "end": p["end"], "code": c["code"]}]}
                                        for c in l["codes"] for p in c["evidence"]]} for l in evidence])
a, b = (run("ecan-evidence", "--json", "--gold", "gold", form).stdout for form in ("ours", "mdace"))
assert a == b and a
assert json.loads(run("ecan-evidence", "--json", "--gold", "gold", "--code-system", "X", "ours").stdout) == json.loads(a)
other = json.loads(run("ecan-evidence", "--json", "--gold", "gold", "--code-system", "Y", "ours").stdout)
assert other["gold"]["pairs"] == 0 and other["gold"]["micro"]["f1"] is None and other["all"]["pairs"] > 0
END
}

@test "gold against itself agrees in everything" {
    "$python" - << 'END'
from some import *
words, evidence, gold = encounters(3)
put("gold", gold), put_words("words", words)
gold = gold[1:-1]
put("evidence", gold)
for more in [], ["--words", "words"]:
    whole = json.loads(run("ecan-evidence", "--json", "--gold", "gold", *more, "evidence").stdout)
    for scope in "gold", "explained", "predicted":
        assert all(v == 1 for m in ("micro", "macro", "mean") for v in whole[scope][m].values()), whole[scope]
END
}

@test "errors name file and line, and quote no text" {
    "$python" - << 'END'
from some import *
words, evidence, gold = encounters(4)
put("gold", gold), put_words("words", words)

def no(because, *options, code=1, lines=evidence):
    put("bad", lines)
    refused("ecan-evidence", "--gold", "gold", *options, "bad", because=because, code=code)

pathlib.Path("bad").write_text('{"id": "e1", "codes": [\n')
refused("ecan-evidence", "--gold", "gold", "bad", because="bad: line 1: ")
no("line 2: e2: code 1: passage 1: begin", lines=[evidence[0], {"id": "e2", "codes": [{"code": "A", "evidence": [{"document": "n", "begin": "secret", "end": 2}]}]}])
no("expected an array notes or codes", lines=[{"id": "e1"}])
no("not found in --words after", "--words", "words", lines=evidence[::-1])
no("a note that the words do not have", "--words", "words",
   lines=[{"id": "e1", "codes": [{"code": "A", "evidence": [{"document": "zzz", "begin": 0, "end": 2}]}]}])
bad = [dict(w) for w in words]
bad[1]["spans"] = bad[1]["spans"] + numpy.array([9, 0, 0], "<i4")
put_words("words", bad)
no("key spans", "--words", "words")
put_words("words", [{**w, "documents": 5} for w in words])
no("key documents", "--words", "words")
put_words("words", words)
data = pathlib.Path("words").read_bytes()
pathlib.Path("words").write_bytes(data[:len(data) // 2])
no("words", "--words", "words")
no("nowhere", "--words", "nowhere")
put("gold", gold + gold[:1])
no("gold: line 13: e0: duplicate encounter")
refused("ecan-evidence", "bad", because="missing option --gold FILE", code=2)
END
    [ -w /dev/full ] || return 0
    echo '{"id": "e", "notes": []}' > gold
    run ecan-evidence --gold gold -o /dev/full gold
    [ "$status" -eq 1 ]
    run ecan-evidence --gold gold --per-code /dev/full gold
    [ "$status" -eq 1 ]
}

@test "the output of ecan-explain and the gold spans of invented encounters are read" {
    PATH="$(dirname "$(command -v ecan-tokenize)")/../examples:$PATH"
    make-encounters --train 20 --dev 4 --test 4 -o data
    ecan-tokenize data/train.jsonl > train.mp
    ecan-tokenize data/dev.jsonl > dev.mp
    ecan-w2v --size 8 --iter 1 --threads 1 -o vectors.bin train.mp
    ecan-train -q --train train.mp --dev dev.mp --vectors vectors.bin -o model --channels 8 --kernels 3 --epochs 1 --no-focal
    ecan-predict -q -m model --threshold 0.1 dev.mp > scored.mp
    for format in lines mdace; do
        ecan-explain -m model --gold-codes --by sum --top 2 --format $format scored.mp |
            ecan-evidence --json --gold data/evidence.jsonl --words scored.mp > $format.json
    done
    "$python" - << 'END'
import json
a, b = (json.load(open(f"{f}.json")) for f in ("lines", "mdace"))
assert a["encounters"] == b["encounters"] == 4 and a["without_gold"] == 0 and a["gold"]["pairs"] > 4
assert a["gold"] == b["gold"] and 0 < a["explained"]["pairs"] <= a["gold"]["pairs"] and a["predicted"]["pairs"] <= b["predicted"]["pairs"]
END
}

# The network has no effect, so the logit is the bias -1 plus the weight of the best term: koorts 3, hoest 2.
@test "--faithfulness: by hand, for a model of two terms" {
    mkdir model
    "$python" - << 'END'
from helper import *
json.dump({"embedding_size": 2, "channels": [2], "kernels": [1], "squeeze_excitation": False, "residual": False}, open("model/config.json", "w"))
pathlib.Path("model/vocab.txt").write_text("<pad>\n<unk>\n")
pathlib.Path("model/labels.tsv").write_text("A\tx\nB\ty\n")
pathlib.Path("model/terms.tsv").write_text("koorts\tA\t3\nhoest\tA\t2\n")
shapes = {"embed.weight": (2, 2), "U": (2, 2), "W": (2, 2), "blocks.0.conv.weight": (2, 2, 1), "proj.0.weight": (2, 2)}
shapes |= {f"{part}": (2,) for part in ("blocks.0.conv.bias", "blocks.0.norm.weight", "blocks.0.norm.bias", "proj.0.bias")}
write_tensors("model", {name: numpy.zeros(shape, "<f4") for name, shape in shapes.items()} | {"b": numpy.array([-1, -1], "<f4")})
END
    echo '{"id": "e", "text": "De koorts en hoest"}' | ecan-tokenize > tokens.mp
    ecan-predict -q -m model tokens.mp > scored.mp
    ecan-explain -q -m model scored.mp > evidence
    grep -q '"text": "koorts"' evidence
    ecan-evidence --faithfulness -m model --words scored.mp --json evidence > found.json
    ecan-evidence --faithfulness -m model --words tokens.mp evidence > table # the words are enough
    ecan-evidence --faithfulness -m model --words scored.mp --threads 1 --json evidence | cmp - found.json
    # As if a coder had marked both.
    sed 's/"end": 9, "text": "koorts"/"end": 18, "text": "koorts en hoest"/' evidence |
        ecan-evidence --faithfulness -m model --words scored.mp --json > both.json
    "$python" - << 'END'
import json, math
p = lambda logit: 1 / (1 + math.exp(-logit))
near = lambda found, want: abs(found["comprehensiveness"] - want[0]) < 1e-6 and abs(found["sufficiency"] - want[1]) < 1e-6
found, both = json.load(open("found.json")), json.load(open("both.json"))
assert (found["encounters"], found["pairs"], found["words"]) == (1, 1, 1), found
# all words have the weight 3, only hoest 2, no term 0
assert near(found["evidence"], (p(2) - p(1), 0)), found
# the attention is equal for all words: the first word, which is no term
neither = (0, p(2) - p(-1))
assert near(found["attention"], neither), found
assert any(near(found["random"], one) for one in (neither, (p(2) - p(1), 0), (0, p(2) - p(1)))), found
assert both["words"] == 3 and near(both["evidence"], (p(2) - p(-1), 0)), both
assert near(both["attention"], (p(2) - p(1), 0)), both  # the first three words
END
    grep -q '^1 encounter, 1 predicted code with evidence, 1.0 words each$' table
    grep -q '^evidence  *0.1497  *0.0000$' table
    run -2 ecan-evidence --faithfulness --words scored.mp evidence
    [[ "$output" == *"--faithfulness requires --model DIR"* ]]
    run -2 ecan-evidence --faithfulness -m model evidence
    [[ "$output" == *"--faithfulness requires --words FILE"* ]]
    run -2 ecan-evidence -m model --gold evidence evidence
    [[ "$output" == *"--model requires --faithfulness"* ]]
    run -1 ecan-evidence --faithfulness -m nowhere --words scored.mp evidence
    sed 's/"id": "e"/"id": "f"/' evidence > other
    run -1 ecan-evidence --faithfulness -m model --words scored.mp other
    [[ "$output" == *"line 1: f: not found in --words"* ]]
    sed 's/"document": "[^"]*"/"document": "z"/' evidence > note
    run -1 ecan-evidence --faithfulness -m model --words scored.mp note
    [[ "$output" == *"evidence in a note that the words do not have: z"* ]] || { echo "$output"; head note; false; }
}
