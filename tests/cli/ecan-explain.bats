#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ecan-explain: passages as Python slices them, the page, refusals.
bats_require_minimum_version 1.5.0

load ../helper

# Three trained models, and their scores of ten encounters, with attention in the records and without.
setup_file() {
    export data=$BATS_FILE_TMPDIR
    cd "$data" || return 1
    write_corpus
    train multi --epochs 6 --no-focal --channels 8,6 --kernels 5,2 --max-words 25
    train sum --epochs 1 --no-focal --channels 8,6 --attention sum
    train first --epochs 1 --no-focal --channels 8,6 --blocks-attended first
    {
        corpus 9 p
        echo '{"id": "none", "text": "", "labels": ["A1"]}'
    } | ecan-tokenize > tokens.mp
    for model in multi sum first; do
        ecan-predict -q -m $model --threshold 0.3 tokens.mp > $model.mp
        ecan-embed -q -m $model tokens.mp | ecan-encode -q -m $model | ecan-attend -q -m $model --weights |
            ecan-score -q -m $model --threshold 0.3 > $model-A.mp
    done
}

setup() {
    need msgpack msgpack_numpy numpy
    cd "$BATS_TEST_TMPDIR" || return 1
    mkdir model
    "$python" - << 'END'
from helper import *
json.dump({"embedding_size": 3, "channels": [4, 4], "kernels": [5, 2], "squeeze_excitation": False, "residual": False},
          open("model/config.json", "w"))
pathlib.Path("model/vocab.txt").write_text("<pad>\n<unk>\n")
pathlib.Path("model/labels.tsv").write_text("I10\tHypertension artérielle\nE11\tdiabète & <b>plus</b>\nZ00\n")
shapes = {"embed.weight": (2, 3), "U": (3, 4), "W": (3, 8), "b": (3,)}
for i, shape in enumerate([(4, 3, 5), (4, 4, 2)]):
    shapes |= {f"blocks.{i}.conv.weight": shape, f"proj.{i}.weight": (4, 4), f"proj.{i}.bias": (4,)}
    shapes |= {f"blocks.{i}.{part}": (4,) for part in ("conv.bias", "norm.weight", "norm.bias")}
some = numpy.random.RandomState(1)
write_tensors("model", {name: some.normal(size=shape) * (name != "embed.weight") for name, shape in shapes.items()})
END
}

# scored [CHANGE]: a stream of three encounters; CHANGE is Python that may alter the list `stream`.
scored() {
    "$python" - "${1:-}" << 'END'
import re, sys, msgpack, msgpack_numpy, numpy
put = lambda o: sys.stdout.buffer.write(msgpack.packb(o, default=msgpack_numpy.encode))
codes = ["I10", "E11", "Z00"]
def encounter(id, documents, peaks, predicted):
    words = [(i, m) for i, d in enumerate(documents) for m in re.finditer(r"\w+", d["text"])]
    return {"id": id, "documents": documents, "tokens": [m[0].lower() for _, m in words],
            "spans": numpy.array([(i, m.start(), m.end()) for i, m in words], "<i4").reshape(-1, 3),
            "ids": numpy.zeros(len(words), "<i4"), "peaks": numpy.array(peaks, "<i4"),
            "peak_weights": numpy.array([.5, .25, .125], "<f4"), "scores": numpy.array([.875, .75, .001], "<f4"),
            "predicted": [{"code": c, "score": .5} for c in predicted]}
notes = [{"id": "n1", "type": "Lettre", "text": "Été 🩺 : <script>alert('x')</script> l’état d'une patiente"},
         {"id": 2, "text": "Zo'n patiënte & meer"}, {"text": "drie"}]
stream = [{"ecan": 1, "kind": "scored", "history": [], "labels": codes},
          encounter("e<1>", notes, [(0, 2), (0, 10), (1, 11)], ["I10", "E11"]),
          encounter("leeg", [{"id": "n", "text": ""}], [(-1, -1)] * 3, ["I10"]),
          encounter("niets", notes, [(0, 2), (0, 10), (1, 11)], []),
          {"end": 3}]
exec(sys.argv[1])
for o in stream:
    put(o)
END
}

# grey FILE: the parts of the notes that the page of the stream shows as not read, between bars.
grey() {
    ecan-explain -m model --html page.html "$1" > lines.jsonl
    grep -zo '<div class="text"[^|]*</div>' page.html | tr -d '\0' | grep -o '<span class="unread">[^<]*' | sed 's/.*>//' | paste -sd '|'
}

@test "the page has text that was not read in elements: before, between and after the words that were read, and whole notes" {
    scored 'r = stream[1]
keep = [0, 1, 4, 5, 6, 7, 8, 9, 10]; r["words_cut"] = 6
r["tokens"] = [r["tokens"][t] for t in keep]; r["spans"] = r["spans"][keep]; r["ids"] = r["ids"][keep]
r["gaps"] = numpy.array([2], "<i4"); r["peaks"] = numpy.array([(0, 2)] * 3, "<i4")' > cut.mp
    [ "$(grey cut.mp)" = "&gt;alert(&#39;x&#39;)&lt;/|&#39;n patiënte &amp; meer|drie" ] || { grey cut.mp; false; }
    [[ "$(head -n 1 lines.jsonl)" == *'"words_cut": 6, "codes"'* ]]
    grep -qF '<p class="warning">Grey text was not read by the model: 6 words.</p>' page.html
    scored > whole.mp
    [ -z "$(grey whole.mp)" ]
    not grep -q words_cut lines.jsonl
}

# What Python slices out of the notes equals the text of the evidence.
@test "begin and end are Python's, text is the note's, no passage leaves its note" {
    scored > scored.mp
    ecan-explain -m model --by peak --ngram 5 scored.mp > lines.jsonl
    ecan-explain -m model --by peak --ngram 201 --code Z00 scored.mp >> lines.jsonl
    "$python" - << 'END'
import json, msgpack, msgpack_numpy
notes = {o["id"]: o["documents"] for o in msgpack.Unpacker(open("scored.mp", "rb"), object_hook=msgpack_numpy.decode)
         if "id" in o}
lines = [json.loads(l) for l in open("lines.jsonl", encoding="utf-8")]
assert [l["id"] for l in lines] == ["e<1>", "leeg", "niets"] * 2
n = 0
for l in lines:
    for c in l["codes"]:
        for e in c["evidence"]:
            text = notes[l["id"]][e["index"]]["text"]
            assert text[e["begin"]:e["end"]] == e["text"], e
            assert e["begin"] <= e["peak"][0] < e["peak"][1] <= e["end"]
            assert e["document"] == notes[l["id"]][e["index"]].get("id", e["index"])
            n += 1
assert n == 6, n
first, second = lines[0]["codes"]
assert first["code"] == "I10" and first["description"] == "Hypertension artérielle" and first["score"] == .875
assert first["evidence"][0]["text"] == "Été 🩺 : <script>alert('x')</script"
assert first["evidence"][0]["weight"] == .5 and first["evidence"][0]["block"] == 0
assert second["evidence"][0]["text"] == "Zo'n patiënte", second  # cut at the note's beginning
assert lines[1]["codes"][0]["evidence"] == [] and lines[2]["codes"] == []
asked = lines[3]["codes"][2]
assert asked["code"] == "Z00" and not asked["predicted"] and lines[3]["codes"][0]["predicted"]
END
}

@test "words of a passage with --ngram N: (N-1)/2 before the peak and N/2 after it" {
    scored > scored.mp
    text() { ecan-explain "$@" scored.mp | head -n 1 | "$python" -c '
import json, sys
print("|".join(c["evidence"][0]["text"] for c in json.loads(sys.stdin.readline())["codes"]))'; }
    [ "$(text --ngram 1)" = "alert|Zo" ]
    [ "$(text --ngram 2)" = "alert('x|Zo'n" ]
    [ "$(text -m model --by peak --ngram 3 --code Z00)" = "script>alert('x|Zo'n|Zo'n patiënte" ]
    [ "$(text -m model --by peak --ngram 2 --code Z00 | cut -d'|' -f3)" = "n patiënte" ]
}

@test "the page: one file, and the contents of notes are text" {
    scored > scored.mp
    ecan-explain -m model --code Z00 --html page.html -o lines.jsonl scored.mp
    "$python" - << 'END'
from html.parser import HTMLParser
import msgpack, msgpack_numpy
class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.texts, self.ids, self.open = [], [], set(), None
    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        assert not any(k.startswith("on") or k == "src" for k in a), a
        self.tags.append(tag)
        if "id" in a:
            assert a["id"] not in self.ids
            self.ids.add(a["id"])
        if a.get("class") == "text":
            self.texts.append("")
            self.open = tag
    def handle_endtag(self, tag):
        if tag == self.open:
            self.open = None
    def handle_data(self, data):
        if self.open:
            self.texts[-1] += data
page = Page()
html = open("page.html", encoding="utf-8").read()
page.feed(html)
notes = [d["text"] for o in msgpack.Unpacker(open("scored.mp", "rb"), object_hook=msgpack_numpy.decode)
         if "id" in o for d in o["documents"]]
assert page.texts == notes, page.texts
assert page.tags.count("script") == page.tags.count("style") == 1 and "link" not in page.tags
assert "default-src 'none'" in html and "http://" not in html and "https://" not in html
assert "diabète &amp; &lt;b&gt;plus&lt;/b&gt;" in html and "e&lt;1&gt;" in html
END
}

@test "the page has a table of codes: that of the model, or that of --codes, as text" {
    scored > scored.mp
    table() { sed -n '/<template id="code-table">/,/<\/template>/p' page.html | sed 's/<[^>]*>//g' | sed '$d'; }
    ecan-explain -m model --html page.html -o lines.jsonl scored.mp
    table | diff - <(sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g' model/labels.tsv | awk -F'\t' '{ print $1 "\t" $2 }')
    printf 'A00\tCholera & <b>\r\nB01\n' > codes.tsv
    ecan-explain -m model --codes codes.tsv --html page.html -o lines.jsonl scored.mp
    [ "$(table)" = $'A00\tCholera &amp; &lt;b&gt;\nB01\t' ]
    ecan-explain --ngram 3 --html page.html -o lines.jsonl scored.mp
    [ -z "$(table)" ]
    run ecan-explain -m model --codes codes.tsv scored.mp
    [ "$status" -eq 2 ]
    printf 'A00\nA00\n' > codes.tsv
    rm page.html
    run ecan-explain -m model --codes codes.tsv --html page.html -o lines.jsonl scored.mp
    [ "$status" -eq 1 ]
    [[ "$output" == *codes.tsv* ]]
    [ ! -e page.html ]
}

@test "no page, and exit 1, when the stream is cut" {
    scored 'stream.pop()' > cut.mp
    run --separate-stderr ecan-explain -m model --html page.html cut.mp
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 3 ]
    [ ! -e page.html ]
    ecan-explain -m model --html - -o /dev/null cut.mp > page.html || [ $? -eq 1 ]
    tail -n 1 page.html | grep -q '</html>'
}

# refused WHY CHANGE [OPTION]...
refused() {
    local why=$1
    scored "$2" > bad.mp
    shift 2
    run --separate-stderr ecan-explain -m model "$@" bad.mp
    echo "$stderr"
    [ "$status" -eq 1 ]
    [[ "$stderr" == *"$why"* ]]
    [[ "$stderr" != *patient* ]]
}

@test "bad records are errors that name the record and quote no text" {
    refused "key documents" 'del stream[1]["documents"]'
    refused "key documents" 'stream[1]["documents"] = 3'
    refused "key documents" 'stream[1]["documents"] = [{"text": 5}]'
    refused "key peaks" 'stream[1]["peaks"][0] = (0, 99)' --by peak --ngram 5
    refused "key peaks" 'stream[1]["peaks"][1] = (2, 1)' --by peak --ngram 5
    refused "key peaks" 'stream[1]["peaks"] = stream[1]["peaks"][:2]' --by peak --ngram 5
    refused "key spans" 'stream[1]["spans"][:, 0] = 7'
    refused "key spans" 'stream[1]["spans"][:, 2] += 1000'
    refused "key spans" 'del stream[1]["spans"]'
    refused "key predicted" 'stream[1]["predicted"] = [{"code": "nope"}]'
    refused "key predicted" 'stream[1]["predicted"] = [{"score": 1}]'
    refused "another model" 'stream[0]["labels"].reverse()'
    refused "no label XX" '' --code I10,XX
    refused "tokens" 'stream[0]["kind"] = "tokens"'
}

@test "--skip-bad continues, and exits 1" {
    scored 'stream[1]["peaks"][0] = (0, 99)' > bad.mp
    run --separate-stderr ecan-explain -m model --by peak --ngram 5 --skip-bad bad.mp
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 2 ]
    [[ "$stderr" == *"record 1 (e<1>)"*"1 bad record"* ]]
}

@test "an invalid model, a full disk, a reader that closes the pipe, wrong usage" {
    scored > scored.mp
    run ecan-explain -m nowhere scored.mp
    [ "$status" -eq 1 ]
    sed -i 's/\[5, 2\]/"wide"/' model/config.json
    run ecan-explain -m model scored.mp
    [ "$status" -eq 1 ]
    [[ "$output" == *"model/config.json"*"kernels"* ]]
    run ecan-explain scored.mp
    [ "$status" -eq 2 ]
    run ecan-explain --ngram 3 --html - scored.mp
    [ "$status" -eq 2 ]
    run ecan-explain --ngram 0 scored.mp
    [ "$status" -eq 2 ]
    ecan-explain --ngram 3 --html - -o lines.jsonl scored.mp | grep -q '</html>'
    scored 'stream[1:-1] = [{**stream[1], "id": str(i)} for i in range(3000)]; stream[-1]["end"] = 3000' > long.mp
    run bash -c 'ecan-explain --ngram 3 long.mp | head -n 1 > /dev/null; exit "${PIPESTATUS[0]}"'
    [ "$status" -eq 141 ]
    [ -z "$output" ]
    [ -w /dev/full ] || return 0
    run ecan-explain --ngram 3 -o /dev/full scored.mp
    [ "$status" -eq 1 ]
    run ecan-explain --ngram 3 --html /dev/full scored.mp
    [ "$status" -eq 1 ]
}

# What the attention says, gone through word by word as formats/evidence.md has it.
@test "--by, --top, --ngram, --above: the same passages as a plain reading of A, from the records and from the model" {
    "$python" - << 'END'
from helper import *
data = os.environ["data"]

def passages(A, blocks, spans, by, top, ngram, above):
    T = A[0].shape[0]
    weight = numpy.max(A, 0) if by == "peak" else numpy.sum(A, 0, dtype="f4") / numpy.float32(len(A))
    block = [blocks[int(numpy.argmax([a[t] for a in A]))] for t in range(T)]
    chosen, covered = [], set()
    for t in sorted(range(T), key=lambda t: (-weight[t], t)):
        if len(chosen) == top or not weight[t] > above:
            break
        if t in covered:
            continue
        words = [i for i in range(max(0, t - (ngram - 1) // 2), min(T, t + ngram // 2 + 1))]
        covered |= set(words)
        chosen.append((words[0], words[-1], t))
    merged = []
    for a, b, t in sorted(chosen):
        if merged and a <= merged[-1][1]:
            first, last, peak = merged[-1]
            merged[-1] = (first, max(b, last), min(t, peak, key=lambda t: (-weight[t], t)))
        else:
            merged.append((a, b, t))
    merged.sort(key=lambda p: (-weight[p[2]], p[2]))
    return [(int(spans[a][1]), int(spans[b][2]), [int(s) for s in spans[t][1:]], float(weight[t]), block[t]) for a, b, t in merged]

compared = 0
for model, blocks in ("multi", [0, 1]), ("sum", [1]), ("first", [0]):
    codes = read(f"{data}/{model}-A.mp")[0]["labels"]
    for by, top, ngram, above in [("peak", 1, 5, 0), ("peak", 3, 2, 0), ("sum", 1, 1, 0), ("sum", 4, 3, 0), ("sum", 1000, 1, .05),
                                  ("peak", 1000, 2, .2), ("sum", 2, 50, 0)]:
        options = ["-m", f"{data}/{model}", "--by", by, "--top", str(top), "--above", str(above), "--gold-codes", "--ngram", str(ngram)]
        lines = {}
        for name in f"{model}-A", model:
            done = run("ecan-explain", *options, f"{data}/{name}.mp")
            assert done.returncode == 0, done.stderr
            lines[name] = [json.loads(l) for l in done.stdout.splitlines()]
        assert run("ecan-explain", *options, "--threads", "3", f"{data}/{model}.mp").stdout == done.stdout
        for name, found in lines.items():
            for r, line in zip(records(f"{data}/{model}-A.mp"), found):
                assert line["by"] == by and [c["code"] for c in line["codes"]][:len(r["predicted"])] == [p["code"] for p in r["predicted"]]
                assert {c["code"] for c in line["codes"] if c["gold"]} == set(r["labels"]) <= {c["code"] for c in line["codes"]}
                for c in line["codes"]:
                    want = [] if len(r["ids"]) == 0 else passages([a[codes.index(c["code"])] for a in r["A"]], blocks, r["spans"], by, top, ngram, above)
                    got = [(e["begin"], e["end"], e["peak"], e["weight"], e["block"]) for e in c["evidence"]]
                    assert [g[:3] for g in got] == [w[:3] for w in want], (model, by, top, ngram, name, got, want)
                    for g, w in zip(got, want):
                        assert abs(g[3] - w[3]) < 1e-6 and g[4] == w[4]
                        compared += 1
assert compared > 1000, compared
END
}

# I10 has a term of three words. The weight of the term of E11 is not positive.
@test "a term is the first passage; the others do not overlap it" {
    local change="s = stream[1]; s['matches'] = numpy.array([(0, 2, 5), (1, 3, 4)], '<i4'); s['match_weights'] = numpy.array([2, -1], '<f4')"
    scored "$change" > scored.mp
    scored > plain.mp
    ecan-explain -m model scored.mp > terms.jsonl
    ecan-explain -m model plain.mp > plain.jsonl
    ecan-explain -m model --format mdace scored.mp > mdace.jsonl
    ecan-explain -m model --top 4 --ngram 5 --html page.html scored.mp > more.jsonl
    ecan-explain -m model --above .9 scored.mp > above.jsonl
    "$python" - << 'END'
from helper import *
import math, re
notes = records("scored.mp")[0]["documents"]
codes = lambda name: json.loads(open(name).readline())["codes"]
term, other = codes("terms.jsonl")
words = list(re.finditer(r"\w+", notes[0]["text"]))
at = [words[2].start(), words[4].end()]
assert term["evidence"] == [{"document": "n1", "index": 0, "begin": at[0], "end": at[1], "text": notes[0]["text"][slice(*at)],
                             "peak": at, "weight": term["evidence"][0]["weight"], "source": "term"}], term
assert abs(term["evidence"][0]["weight"] - 1 / (1 + math.exp(-2))) < 1e-6
assert other == codes("plain.jsonl")[1] and "source" not in open("plain.jsonl").read()
assert codes("above.jsonl")[0]["evidence"] == []
annotation = json.loads(open("mdace.jsonl").readline())["notes"][0]["annotations"][0]
assert [annotation["begin"], annotation["end"]] == at and annotation["code"] == "I10"
more = codes("more.jsonl")
assert more[0]["evidence"][0] == term["evidence"][0] and len(more[0]["evidence"]) > 1
for e in more[0]["evidence"][1:]:
    assert "source" not in e and e["block"] >= 0
    assert e["index"] != 0 or e["end"] <= at[0] or e["begin"] >= at[1], e
assert not any("source" in e for e in more[1]["evidence"])
page = open("page.html").read()
assert page.count(" data-term>") == 1 and page.count(" (term)</small>") == 1
END
    refused "key matches" "s = stream[1]; s['matches'] = numpy.array([(3, 2, 5)], '<i4'); s['match_weights'] = numpy.array([2], '<f4')"
    refused "key matches" "s = stream[1]; s['matches'] = numpy.array([(0, 2, 99)], '<i4'); s['match_weights'] = numpy.array([2], '<f4')"
}

@test "a model with terms.tsv: predict, explain" {
    cp -r "$data/multi" with
    printf '%s\t%s\t%s\n' 'sign1 word3' A1 9 sign1 A1 8 sign2 B10 -9 > with/terms.tsv
    ecan-predict -q -m with --threshold 0.3 "$data/tokens.mp" > with.mp
    ecan-explain -m with --code A1,B10 with.mp > with.jsonl
    "$python" - << 'END'
from helper import *
labels = read("with.mp")[0]["labels"]
shown = 0
for r, line in zip(records("with.mp"), map(json.loads, open("with.jsonl"))):
    best = {labels[l]: (int(a), int(b)) for (l, a, b), w in zip(r["matches"], r["match_weights"]) if w > 0}
    for c in line["codes"]:
        for e in c["evidence"]:
            assert (e.get("source") == "term") == (c["code"] in best), (line["id"], c)
            if "source" in e and "repeat" not in e:
                a, b = best[c["code"]]
                assert (e["begin"], e["end"]) == (r["spans"][a][1], r["spans"][b - 1][2]) and c["code"] == "A1"
                shown += 1
assert shown > 0
END
}

@test "MDACE's JSON: notes with annotations, whole numbers as numbers, the texts at their offsets" {
    scored 'stream[1]["id"] = "4711"; notes[0]["description"] = "Rapport"; notes[2]["id"] = "007"' > scored.mp
    ecan-explain -m model --by peak --ngram 5 --code Z00 --format mdace --code-system ICD-10 scored.mp > mdace.jsonl
    "$python" - << 'END'
from helper import *
lines = [json.loads(l) for l in open("mdace.jsonl")]
notes = records("scored.mp")[0]["documents"]
assert [l.get("hadm_id") for l in lines] == [4711, None, None] and [l.get("id") for l in lines] == [None, "leeg", "niets"]
first = lines[0]["notes"]
assert [(n["note_id"], n["category"], n["description"]) for n in first] == [("n1", "Lettre", "Rapport"), (2, "", ""), ("007", "", "")]
found = [(i, a) for i, n in enumerate(first) for a in n["annotations"]]
assert [a["code"] for _, a in found] == ["I10", "E11", "Z00"]
for i, a in found:
    assert notes[i]["text"][a["begin"]:a["end"]] == a["covered_text"] and a["code_system"] == "ICD-10"
assert found[0][1]["description"] == "Hypertension artérielle" and found[0][1]["weight"] == .5
END
    run ecan-explain -m model --code-system X scored.mp
    [ "$status" -eq 2 ]
}

@test "weights that are not there: no model, no ids, an attention of another shape" {
    scored > scored.mp
    run ecan-explain --ngram 3 --top 2 scored.mp
    [ "$status" -eq 1 ]
    [[ "$output" == *"key A: missing"*"model"* ]]
    refused "key ids" 'del stream[1]["ids"]' --top 2
    refused "key ids" 'stream[1]["ids"][3] = 2' --by sum
    refused "key ids" 'stream[1]["ids"][3] = -1' --by sum
    refused "key A" 'stream[1]["A"] = [numpy.zeros((3, 5), "<f4")] * 2' --by sum
    refused "key A" 'stream[1]["A"] = [numpy.zeros((3, 14), "<f4")]' --by sum
    refused "key A" 'stream[1]["A"] = 5' --by sum
    scored 'stream[1]["A"] = [numpy.full((3, len(stream[1]["tokens"])), numpy.nan, "<f4")] * 2' > nan.mp
    ecan-explain -m model --by sum nan.mp > nan.jsonl
    [ "$(grep -c '"begin"' nan.jsonl)" -eq 0 ]
    refused "another model" 'stream[0]["history"] = [{"program": "ecan-predict", "version": "0", "model": "0" * 32}]'
}

@test "a marker is no evidence, and notes may be tokenized in another order" {
    scored 's = stream[1]; s["spans"][0] = (0, 0, 0); s["spans"] = numpy.concatenate([s["spans"][10:14], s["spans"][:10], s["spans"][14:]])
s["peaks"][:, 1] = 4' > marked.mp
    ecan-explain -m model --code Z00 marked.mp > lines.jsonl # the model finds the next best
    ecan-explain --ngram 5 marked.mp > none.jsonl
    "$python" - << 'END'
from helper import *
first = json.loads(open("lines.jsonl").readline())
assert [len(c["evidence"]) for c in first["codes"]] == [1, 1, 1]
assert all(e["peak"][1] > e["peak"][0] for c in first["codes"] for e in c["evidence"])
assert [c["evidence"] for c in json.loads(open("none.jsonl").readline())["codes"]] == [[], []]
END
}
