#!/usr/bin/env bats
# ecan-explain: passages as Python slices them, the page, refusals.
bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    for python in python3 /usr/bin/python3; do
        "$python" -c 'import msgpack, msgpack_numpy, numpy' 2>/dev/null && break
        python=
    done
    [ -n "$python" ] || skip "no Python with msgpack_numpy"
    mkdir model
    echo '{"kernels": [5, 2]}' > model/config.json
    printf 'I10\tHypertension art\303\251rielle\nE11\tdiab\303\250te & <b>plus</b>\nZ00\n' > model/labels.tsv
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

# What Python slices out of the notes equals the text of the evidence.
@test "begin and end are Python's, text is the note's, no passage leaves its note" {
    scored > scored.mp
    ecan-explain -m model scored.mp > lines.jsonl
    ecan-explain -m model --window 100 --code Z00 scored.mp >> lines.jsonl
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

@test "the kernel's width: (K-1)/2 words before the peak, K/2 behind; --window N on either side" {
    scored > scored.mp
    text() { ecan-explain "$@" scored.mp | head -n 1 | "$python" -c '
import json, sys
print("|".join(c["evidence"][0]["text"] for c in json.loads(sys.stdin.readline())["codes"]))'; }
    [ "$(text --window 0)" = "alert|Zo" ]
    [ "$(text -m model --window 1 --code Z00)" = "script>alert('x|Zo'n|Zo'n patiënte" ]
    [ "$(text -m model --code Z00 | cut -d'|' -f3)" = "n patiënte" ]
}

@test "the page: one file, and what the notes hold is text" {
    scored > scored.mp
    ecan-explain -m model --code Z00 --html page.html -o lines.jsonl scored.mp
    "$python" - << 'END'
from html.parser import HTMLParser
import msgpack, msgpack_numpy
class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.texts, self.ids, self.links, self.open = [], [], set(), [], None
    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        assert not any(k.startswith("on") or k == "src" for k in a), a
        self.tags.append(tag)
        if "id" in a:
            assert a["id"] not in self.ids
            self.ids.add(a["id"])
        if tag == "a":
            self.links.append(a["href"])
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
dangling = [l for l in page.links if l[1:] not in page.ids]
assert len(page.links) == 6 and len(dangling) == 2, page.links  # the empty encounter's codes lead nowhere
assert "diabète &amp; &lt;b&gt;plus&lt;/b&gt;" in html and "e&lt;1&gt;" in html
END
}

@test "the page is whole, and exit 1, when the stream is cut" {
    scored 'stream.pop()' > cut.mp
    run --separate-stderr ecan-explain -m model --html page.html cut.mp
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 3 ]
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

@test "bad records are refused by name, without a word of theirs" {
    refused "key documents" 'del stream[1]["documents"]'
    refused "key documents" 'stream[1]["documents"] = 3'
    refused "key documents" 'stream[1]["documents"] = [{"text": 5}]'
    refused "key peaks" 'stream[1]["peaks"][0] = (0, 99)'
    refused "key peaks" 'stream[1]["peaks"][1] = (2, 1)'
    refused "key peaks" 'stream[1]["peaks"] = stream[1]["peaks"][:2]'
    refused "key spans" 'stream[1]["spans"][:, 0] = 7'
    refused "key spans" 'stream[1]["spans"][:, 2] += 1000'
    refused "key spans" 'del stream[1]["spans"]'
    refused "key predicted" 'stream[1]["predicted"] = [{"code": "nope"}]'
    refused "key predicted" 'stream[1]["predicted"] = [{"score": 1}]'
    refused "another model" 'stream[0]["labels"].reverse()'
    refused "no label XX" '' --code I10,XX
    refused "not scored" 'stream[0]["kind"] = "tokens"'
}

@test "--skip-bad goes on, and exits 1" {
    scored 'stream[1]["peaks"][0] = (0, 99)' > bad.mp
    run --separate-stderr ecan-explain -m model --skip-bad bad.mp
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 2 ]
    [[ "$stderr" == *"record 1 (e<1>)"*"1 bad record"* ]]
}

@test "a model that is none, a full disk, a reader that leaves, wrong usage" {
    scored > scored.mp
    run ecan-explain -m nowhere scored.mp
    [ "$status" -eq 1 ]
    echo '{"kernels": "wide"}' > model/config.json
    run ecan-explain -m model scored.mp
    [ "$status" -eq 1 ]
    [[ "$output" == *"model/config.json"*"kernels"* ]]
    run ecan-explain scored.mp
    [ "$status" -eq 2 ]
    run ecan-explain --window 1 --html - scored.mp
    [ "$status" -eq 2 ]
    run ecan-explain --window -1 scored.mp
    [ "$status" -eq 2 ]
    ecan-explain --window 1 --html - -o lines.jsonl scored.mp | grep -q '</html>'
    scored 'stream[1:-1] = [{**stream[1], "id": str(i)} for i in range(3000)]; stream[-1]["end"] = 3000' > long.mp
    run bash -c 'ecan-explain --window 1 long.mp | head -n 1 > /dev/null; exit "${PIPESTATUS[0]}"'
    [ "$status" -eq 141 ]
    [ -z "$output" ]
    [ -w /dev/full ] || return 0
    run ecan-explain --window 1 -o /dev/full scored.mp
    [ "$status" -eq 1 ]
    run ecan-explain --window 1 --html /dev/full scored.mp
    [ "$status" -eq 1 ]
}
