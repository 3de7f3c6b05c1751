#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ecan-tokenize: encounters.jsonl to a stream of tokens.

load ../helper

setup_file() {
    find_python msgpack || python=
    export python
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    # A word that only the texts have: no message may show it.
    secret=geheimwoord
}

# Prints each object of the stream as JSON, spans as an array of rows.
show() {
    [ -n "$python" ] || skip "no Python with msgpack"
    "$python" -c '
import json, struct, sys, msgpack
for o in msgpack.Unpacker(open(sys.argv[1], "rb"), max_buffer_size=1 << 30):
    if "spans" in o:
        s = o["spans"]
        assert s[b"nd"] is True and s[b"type"] == "<i4" and s[b"kind"] == b"" and s[b"shape"][1] == 3
        flat = struct.unpack("<%di" % (3 * s[b"shape"][0]), s[b"data"])
        o["spans"] = [flat[i : i + 3] for i in range(0, len(flat), 3)]
    print(json.dumps(o, ensure_ascii=False))' "$1"
}

good() {
    printf '{"id":"%s","text":"%s een"}\n' "$1" "$secret"
}

# A bad line between two good ones: exit 1, the line named, the first record passed on, no end record.
refused() {
    { good first; printf '%b\n' "$1"; good last; } > in.jsonl
    run -1 bash -c 'ecan-tokenize in.jsonl > out.mp'
    [[ $output == "ecan-tokenize: in.jsonl: line 2"* ]]
    [[ $output == *"$2"* ]]
    [[ $output != *"$secret"* ]]
    [[ $output == *"offset $(good first | wc -c)"* ]]
    [ "${#lines[@]}" -eq 1 ]
    show out.mp > out.jsonl
    [ "$(wc -l < out.jsonl)" -eq 2 ]
    tail -n 1 out.jsonl | grep -q '"id": "first"'

    run -1 bash -c 'ecan-tokenize --skip-bad in.jsonl > out.mp'
    [[ $output == *"line 2"* && $output == *"wrote 2 encounters, skipped 1 bad encounters"* ]]
    show out.mp > out.jsonl
    [ "$(tail -n 1 out.jsonl)" = '{"end": 2}' ]
}

bats_require_minimum_version 1.5.0

@test "help and version" {
    run -0 ecan-tokenize --help
    [[ $output == *"--compat"* && $output == *"--numbers"* && $output == *"ecan-predict"* ]]
    run -0 ecan-tokenize --version
    [[ $output == ecan-tokenize* ]]
}

@test "wrong usage exits 2" {
    run -2 ecan-tokenize --no-such-option
    run -2 ecan-tokenize --numbers many
    run -2 ecan-tokenize --compat other
    run -2 ecan-tokenize --max-record 3
}

@test "a text: header, record, end" {
    printf '{"id":"a","text":"De patiënt krijgt 250mg, 10 of 20 keer.","labels":["I10","E11","I10"],"age":7}\n' |
        ecan-tokenize > out.mp
    show out.mp > out.jsonl
    "$python" - << 'END'
import json
header, record, end = map(json.loads, open("out.jsonl"))
assert header["ecan"] == 1 and header["kind"] == "tokens"
assert [h["program"] for h in header["history"]] == ["ecan-tokenize"] and "version" in header["history"][0]
assert header["tokenizer"] == {"normalize": "nfc", "case": "fold", "numbers": "ten", "compat": None}
assert list(record) == ["id", "labels", "documents", "age", "tokens", "spans"]
assert record["id"] == "a" and record["labels"] == ["I10", "E11"] and record["age"] == 7
assert record["documents"] == [{"id": "a", "text": "De patiënt krijgt 250mg, 10 of 20 keer."}]
assert record["tokens"] == ["de", "patiënt", "krijgt", "250mg", "10", "of", "keer"]
assert end == {"end": 1}
END
}

@test "documents and unknown keys come through as they were" {
    cat > in.jsonl << 'END'
{"id": 12, "documents": [{"type": "letter", "text": "Één twee", "date": "2020-01-02", "id": "n1", "x": {"y": [1, -2.5, null, true]}}, {"text": ""}, {"text": "drie", "id": 3}], "labels": [], "big": 9007199254740993}
END
    ecan-tokenize in.jsonl -o out.mp
    show out.mp > out.jsonl
    "$python" - << 'END'
import json
record = json.loads(open("out.jsonl").readlines()[1])
assert record["id"] == "12" and record["labels"] == [] and record["big"] == 9007199254740993
first, second, third = record["documents"]
assert first == {"type": "letter", "text": "Één twee", "date": "2020-01-02", "id": "n1", "x": {"y": [1, -2.5, None, True]}}
assert second == {"id": "2", "text": ""} and third == {"id": "3", "text": "drie"}
assert record["tokens"] == ["één", "twee", "drie"]
assert record["spans"] == [[0, 0, 3], [0, 4, 8], [2, 0, 4]]
END
}

@test "any encounter comes through as it was: random ones, keys in any order" {
    show /dev/null
    "$python" - > in.jsonl << 'END'
import json, random
random.seed(7)
def text():
    return "".join(random.choice('ab 1\n\t"\\/\0\x1f\x7fé€😀') for _ in range(random.choice([0, 1, 5, 40, 300])))
def several(depth):
    return range(random.choice([0, 2, 15, 16, 17]) if depth < 2 else random.choice([0, 1, 3]))
def value(depth):
    return random.choice([
        lambda: None, lambda: random.random() < 0.5, lambda: random.randrange(-2**63, 2**63), lambda: random.randrange(-9, 300),
        lambda: random.uniform(-1, 1) * 10.0 ** random.randrange(-30, 30), text, lambda: -0.0,
        lambda: [value(depth + 1) for _ in several(depth)],
        lambda: {text().replace("\0", "") + str(i): value(depth + 1) for i in several(depth)}][: 9 if depth < 4 else 7])()
def others():
    return {"key" + str(i): value(1) for i in range(random.choice([0, 1, 3, 20]))}
def shuffled(o):
    return dict(random.sample(list(o.items()), len(o)))
def note(i):
    n = {"text": text(), **others()}
    if random.random() < 0.6:
        n["id"] = random.choice(["n%d" % i, 1000 + i])
    for key in "type", "date":
        if random.random() < 0.5:
            n[key] = random.choice(["letter", "2024-01-02", 7, None])
    return shuffled(n)
for i in range(300):
    e = {"id": random.choice([i, "e%d" % i]), **others()}
    if random.random() < 0.3:
        e["text"] = text()
    else:
        e["documents"] = [note(k) for k in range(random.choice([0, 1, 2, 17]))]
    if random.random() < 0.8:
        e["labels"] = random.choice([None, [], ["I10"], ["I10", "E11.9", "I10", "é"]])
    print(json.dumps(shuffled(e), ensure_ascii=random.random() < 0.5, separators=random.choice([(",", ":"), (" , ", " : ")])))
END
    ecan-tokenize in.jsonl > out.mp
    show out.mp > out.jsonl
    "$python" - << 'END'
import json
def expected(e):
    id, labels, text, documents = str(e.pop("id")), e.pop("labels", None), e.pop("text", None), e.pop("documents", None)
    if documents is None:
        documents = [{"id": id, "text": text}]
    documents = [{"id": str(d.pop("id", i)), **d} for i, d in enumerate(documents, 1)]
    return {"id": id, **({} if labels is None else {"labels": list(dict.fromkeys(labels))}), "documents": documents, **e}
got, want = ([json.loads(line) for line in open(name)] for name in ("out.jsonl", "in.jsonl"))
assert len(got) == len(want) + 2 == 302
for g, w in zip(got[1:], want):
    assert len(g.pop("tokens")) == len(g.pop("spans"))
    assert json.dumps(g) == json.dumps(expected(w))
END
}

@test "spans cut the words out of the text: accents, emoji, right to left, decomposed, NUL" {
    show /dev/null
    "$python" - > in.jsonl << 'END'
import json
for i, (escaped, text) in enumerate((e, t) for e in (True, False) for t in [
    "Hôpital: fièvre 39,5 °C — « été »", "😀 koorts 👨‍👩‍👧 hoest", "שלום, حمى شديدة", "E\u0301te\u0301 nai\u0308f q\u0323\u0307",
    "a\0b", "Straße ΟΔΟΣ İz ﬁn 𝔘𝔫𝔦", "", "...", "x\u2028y\tz", "pa\u00adtiënt"]):
    print(json.dumps({"id": str(i), "text": text}, ensure_ascii=escaped))
END
    ecan-tokenize < in.jsonl > out.mp
    show out.mp > out.jsonl
    "$python" - << 'END'
import json, unicodedata
fold = lambda s: unicodedata.normalize("NFC", unicodedata.normalize("NFC", s.replace("\u00ad", "")).casefold())
count = 0
for line in open("out.jsonl").readlines()[1:-1]:
    record = json.loads(line)
    assert len(record["tokens"]) == len(record["spans"])
    for token, (document, start, end) in zip(record["tokens"], record["spans"]):
        assert fold(record["documents"][document]["text"][start:end]) == token
        count += 1
assert count == 2 * 24, count
END
}

@test "a text without words gives spans of shape [0][3]" {
    printf '{"id":"a","text":""}\n{"id":"b","documents":[]}\n' | ecan-tokenize > out.mp
    show out.mp > out.jsonl
    [ "$(grep -c '"tokens": \[\], "spans": \[\]' out.jsonl)" -eq 2 ]
}

@test "--numbers and --compat caml" {
    printf '{"id":"a","text":"1 11 2b E\\u0301"}\n' > in.jsonl
    while read -r options expected; do
        # shellcheck disable=SC2086
        ecan-tokenize ${options//+/ } in.jsonl > out.mp
        show out.mp | grep -qF "\"tokens\": $expected" || { echo "$options"; show out.mp; return 1; }
    done << 'END'
--numbers=ten ["1", "2b", "é"]
--numbers=keep ["1", "11", "2b", "é"]
--numbers=drop ["2b", "é"]
--numbers=mask ["<num>", "<num>", "2b", "é"]
--compat=caml ["2b", "e"]
--compat=caml+--numbers=ten ["1", "2b", "e"]
END
    show out.mp | grep -qF '"tokenizer": {"normalize": "none", "case": "lower", "numbers": "ten", "compat": "caml"}'
}

@test "byte order mark, CR LF, empty lines, no last line feed" {
    { printf '\xef\xbb\xbf\n'; good a; printf '\r\n  \n{"id":"b","text":"x"}\r\n{"id":"c","text":"y"}'; } > in.jsonl
    ecan-tokenize in.jsonl > out.mp
    show out.mp > out.jsonl
    [ "$(tail -n 1 out.jsonl)" = '{"end": 3}' ]
}

@test "an empty input gives a stream without records" {
    ecan-tokenize < /dev/null > out.mp
    show out.mp > out.jsonl
    [ "$(tail -n 1 out.jsonl)" = '{"end": 0}' ]
}

@test "several files, and - among them, are one stream; an id comes once in all of them" {
    good a > a.jsonl
    good b > b.jsonl
    good c | ecan-tokenize a.jsonl - b.jsonl > out.mp
    show out.mp > out.jsonl
    [ "$(tail -n 1 out.jsonl)" = '{"end": 3}' ]
    run -1 bash -c 'ecan-tokenize a.jsonl b.jsonl a.jsonl > out.mp'
    [[ $output == *"a.jsonl: line 1 (a): offset 0:"*"duplicate id"* ]]
}

@test "error: not JSON" {
    refused '{"id":"x","text":"geheimwoord}' "ends within a value"
}

@test "error: not an object" {
    refused '["geheimwoord"]' "expected an object, found an array"
}

@test "error: two values" {
    refused '{"id":"x","text":"geheimwoord"} {}' "more than one value"
}

@test "error: invalid UTF-8" {
    refused '{"id":"x","text":"geheimwoord \xe9"}' "UTF-8"
}

@test "error: unpaired surrogate" {
    refused '{"id":"x","text":"geheimwoord \\ud800"}' "unpaired surrogate"
}

@test "error: no id" {
    refused '{"text":"geheimwoord"}' "missing key id"
}

@test "error: an id that is not a string" {
    refused '{"id":1.5,"text":"geheimwoord"}' "key id: expected a string"
}

@test "error: an empty id" {
    refused '{"id":"","text":"geheimwoord"}' "key id"
}

@test "error: a line feed in an id" {
    refused '{"id":"a\\nb","text":"geheimwoord"}' "control character"
}

@test "error: no text" {
    refused '{"id":"x"}' "(x): "
}

@test "error: a text that is not a string" {
    refused '{"id":"x","text":["geheimwoord"]}' ": key text: expected a string, found an array"
}

@test "error: text and documents" {
    refused '{"id":"x","text":"geheimwoord","documents":[]}' "both"
}

@test "error: documents that are not an array" {
    refused '{"id":"x","documents":"geheimwoord"}' "key documents: expected an array"
}

@test "error: a document that is not an object" {
    refused '{"id":"x","documents":[{"text":""},"geheimwoord"]}' "document 2: expected an object"
}

@test "error: a document without text" {
    refused '{"id":"x","documents":[{"id":"y"}]}' "document 1: missing key text"
}

@test "error: two documents with the same id" {
    refused '{"id":"x","documents":[{"text":"","id":"2"},{"text":""}]}' "document 1 has this id"
}

@test "error: labels that are not an array" {
    refused '{"id":"x","text":"","labels":"I10"}' "key labels: expected an array"
}

@test "error: a label that is not a string" {
    refused '{"id":"x","text":"","labels":["I10",401]}' "label 2: expected a string, found a number"
}

@test "error: a label with a tab" {
    refused '{"id":"x","text":"","labels":["I\\t10"]}' "label 1: "
}

@test "error: a reserved key" {
    refused '{"id":"x","text":"","tokens":["geheimwoord"]}' "key tokens"
}

@test "error: a key that makes it an end record" {
    refused '{"id":"x","text":"","end":1}' "key end"
}

@test "error: a duplicate key" {
    refused '{"id":"x","text":"geheimwoord","text":""}' "duplicate key"
}

@test "error: a duplicate id" {
    refused '{"id":"first","text":"geheimwoord"}' "(first): "
}

@test "error: nested too deep" {
    refused "{\"id\":\"x\",\"text\":\"\",\"a\":$(printf '[%.0s' {1..70})$(printf ']%.0s' {1..70})}" "nested deeper"
}

@test "nesting that ecan reads is passed on" {
    printf '{"id":"x","text":"","a":%s%s}\n' "$(printf '[%.0s' {1..63})" "$(printf ']%.0s' {1..63})" > in.jsonl
    ecan-tokenize in.jsonl > out.mp
    ecan-check out.mp
    printf '{"id":"x","text":"","a":%s%s}\n' "$(printf '[%.0s' {1..64})" "$(printf ']%.0s' {1..64})" > in.jsonl
    run -1 ecan-tokenize in.jsonl -o out.mp
}

@test "a line that is too long is passed over" {
    { good a; printf '{"id":"x","text":"%05000d"}\n' 0; good b; } > in.jsonl
    run -1 bash -c 'ecan-tokenize --max-record 4096 --skip-bad in.jsonl > out.mp'
    [[ $output == *"line 2: offset"*"more than 4096 bytes"* ]]
    show out.mp > out.jsonl
    [ "$(tail -n 1 out.jsonl)" = '{"end": 2}' ]
}

@test "a long line is fine" {
    show /dev/null
    "$python" -c 'print("{\"id\":\"a\",\"text\":\"" + "woord 😀 " * 200000 + "\"}")' | ecan-tokenize > out.mp
    [ "$(show out.mp | sed -n 2p | grep -o '"woord"' | wc -l)" -eq 200000 ]
}

@test "input that was cut off" {
    { good a; good b | head -c 20; } > in.jsonl
    run -1 bash -c 'ecan-tokenize in.jsonl > out.mp'
    [[ $output == *"line 2 (b): offset"*"ends within a value"* ]]
    show out.mp > out.jsonl
    [ "$(wc -l < out.jsonl)" -eq 2 ]
}

@test "files that cannot be read" {
    run -1 bash -c 'ecan-tokenize nowhere.jsonl > out.mp'
    [[ $output == "ecan-tokenize: nowhere.jsonl: No such file"* ]]
    run -1 bash -c 'ecan-tokenize . > out.mp'
    [[ $output == "ecan-tokenize: .: "*directory* ]]
}

@test "a full disk, and a folder that is not there" {
    good a > in.jsonl
    run -1 bash -c 'ecan-tokenize in.jsonl > /dev/full'
    [[ $output == "ecan-tokenize: "*"No space left"* ]]
    run -1 ecan-tokenize in.jsonl -o nowhere/out.mp
}

@test "the input is not written over" {
    good a > in.jsonl
    cp in.jsonl copy.jsonl
    run -1 ecan-tokenize in.jsonl -o in.jsonl
    cmp in.jsonl copy.jsonl
}

@test "a reader that closes the pipe ends it quietly" {
    seq 20000 | sed "s/.*/$(good "&")/" > in.jsonl
    run bash -c 'set -o pipefail; ecan-tokenize in.jsonl | head -c 10 > out; echo "${PIPESTATUS[0]}"'
    [ "$output" = 141 ]
}

@test "--unbuffered: a record is written before the next line is read" {
    [ -n "$python" ] || skip "no Python with msgpack"
    "$python" - << 'END'
import msgpack, subprocess
p = subprocess.Popen(["ecan-tokenize", "--unbuffered"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
u = msgpack.Unpacker()
for i in range(3):
    p.stdin.write(b'{"id":%d,"text":"x"}\n' % i)
    while True:
        u.feed(p.stdout.read(65536))
        if any(o.get("id") == str(i) for o in u):
            break
p.stdin.close()
assert p.wait() == 0
END
}

@test "same input, same bytes, whatever the threads" {
    seq 3000 | sed "s/.*/$(good "&")/" > in.jsonl
    ecan-tokenize --threads 1 in.jsonl > one.mp
    ecan-tokenize --threads 5 < in.jsonl > two.mp
    cmp one.mp two.mp
    [ "$(show one.mp | tail -n 1)" = '{"end": 3000}' ]
}

@test "bad encounters are reported in order, and what was read before one is written" {
    seq 500 | sed 's/.*/{"id":"&","text":"een"}/; s/^.*"\([1-5]00\)".*/&\n{"id":"bad\1"}/' > in.jsonl
    run -1 bash -c 'ecan-tokenize --threads 4 --skip-bad in.jsonl > out.mp'
    [ "$(grep -o 'bad[0-9]*)' <<< "$output" | tr -d '\n')" = "bad100)bad200)bad300)bad400)bad500)" ]
    [ "$(show out.mp | tail -n 1)" = '{"end": 500}' ]
    run -1 bash -c 'ecan-tokenize --threads 4 in.jsonl > out.mp'
    [ "$(show out.mp | grep -c '"id": "[0-9]')" -eq 100 ]
    good a > a.jsonl
    run -1 bash -c 'ecan-tokenize a.jsonl nowhere.jsonl in.jsonl > out.mp'
    [[ $output == "ecan-tokenize: nowhere.jsonl: No such file"* ]]
    [ "$(show out.mp | wc -l)" -eq 2 ]
}

@test "an id that is very long does not push the reason out" {
    printf '{"id":"%05000d"}\n' 7 > in.jsonl
    run -1 ecan-tokenize in.jsonl -o out.mp
    [[ $output == *"missing key text"* ]]
}

# ---- which notes, in which order, which of their words

# Five notes: two letters, an admission, a duplicate, one without type or date.
notes() {
    cat << 'END'
{"id": "e", "documents": [{"type": "Letter", "date": "2024-03-02", "text": "Een twee drie vier."}, {"text": "los"}, {"type": "admission", "date": "2024-03-01", "text": "Vijf, één twee drie zes"}, {"type": "letter ", "date": "2024-03-01T10:00", "text": "Een twee drie vier."}, {"type": "ECG", "date": 20240301, "text": ""}]}
END
}

# tokens of the one record, notes parted by bars, and `gaps`, `words_cut`
words_of() {
    show /dev/null
    notes | ecan-tokenize --quiet "$@" > out.mp
    ecan-check out.mp
    ecan-show --full --records out.mp | "$python" -c '
import json, sys
r = json.loads(sys.stdin.readline())
text, last = "", None
for word, (note, _, _) in zip(r["tokens"], r["spans"]):
    text += ("" if last is None else " " if note == last else "|") + word
    last = note
print(text, r.get("words_cut", ""), end="")'
}

@test "notes are chosen, ordered, marked and cut" {
    while IFS=: read -r options expected; do
        # shellcheck disable=SC2086
        [ "$(words_of $options)" = "$expected" ] || { echo "$options: $(words_of $options)"; return 1; }
    done << 'END'
:een twee drie vier|los|vijf één twee drie zes|een twee drie vier 
--order date:vijf één twee drie zes|een twee drie vier|een twee drie vier|los 
--order -date:een twee drie vier|een twee drie vier|vijf één twee drie zes|los 
--order type,date:vijf één twee drie zes|een twee drie vier|een twee drie vier|los 
--order=-given:een twee drie vier|vijf één twee drie zes|los|een twee drie vier 
--types LETTER,- --order type:een twee drie vier|een twee drie vier|los 
--not-types letter:los|vijf één twee drie zes 
--duplicates drop --order -given:een twee drie vier|vijf één twee drie zes|los 
--copied 2:een twee drie vier|los|vijf één zes 
--mark-types --copied 2:<note:letter> een twee drie vier|<note> los|<note:admission> vijf één zes 
--max-words 6:een twee drie vier|los|vijf 8
--max-words 6 --cut head-tail:een twee drie|twee drie vier 8
--max-words 6 --cut proportional:een twee|los|vijf één|een 8
--max-words 3 --cut proportional:een|los|vijf 11
--max-words 14 --cut proportional:een twee drie vier|los|vijf één twee drie zes|een twee drie vier 
END
}

@test "what was left out: gaps, words_cut and notes_cut in the record, counts on standard error, none with --quiet" {
    notes > in.jsonl
    run -0 bash -c 'ecan-tokenize --types letter,admission,- --duplicates drop --copied 2 --max-words 7 --cut head-tail in.jsonl > out.mp'
    [ "${#lines[@]}" -eq 4 ]
    [ "${lines[0]}" = "ecan-tokenize: 1 of 1 encounter: 1 note of other types not read" ]
    [ "${lines[1]}" = "ecan-tokenize: dropped duplicate notes: 1" ]
    [ "${lines[2]}" = "ecan-tokenize: dropped copied words: 2" ]
    [ "${lines[3]}" = "ecan-tokenize: 1 of 1 encounter: 1 word beyond --max-words not read" ]
    [[ "$(ecan-show --full --records out.mp)" == *'"gaps": [6], "words_cut": 1, "notes_cut": 1}' ]]
    run -0 bash -c 'ecan-tokenize --quiet --types letter --max-words 1 in.jsonl > out.mp'
    [ -z "$output" ]
    run -0 bash -c 'ecan-tokenize in.jsonl > out.mp'
    [ -z "$output" ]
    run -1 grep -qaE 'gaps|words_cut|notes_cut' out.mp
}

@test "a type that no note has is a warning; with a model, only if no note was read" {
    notes > in.jsonl
    run -0 bash -c 'ecan-tokenize -q --types letter,lettre,- in.jsonl > out.mp'
    [ "$output" = "ecan-tokenize: warning: no note has the type 'lettre' of --types" ]
    run -0 bash -c 'ecan-tokenize -q --not-types ECG,nursing,x in.jsonl > out.mp'
    [ "$output" = "ecan-tokenize: warning: no note has the type 'nursing' of --not-types
ecan-tokenize: warning: no note has the type 'x' of --not-types" ]
    model_with --types letter,discharge
    run -0 bash -c 'ecan-tokenize -q -m model in.jsonl > out.mp'
    [ -z "$output" ]
    model_with --types discharge
    run -0 bash -c 'ecan-tokenize -q -m model in.jsonl > out.mp'
    [ "$output" = "ecan-tokenize: warning: no note was read: none has a type that the model reads" ]
}

@test "settings for notes go into the header, but for the defaults" {
    notes > in.jsonl
    ecan-tokenize -q --types ' Letter,a\,b,LETTER' --order=date,-type --duplicates drop --copied 5 --mark-types --max-words 9 in.jsonl > out.mp
    ecan-show out.mp | sed 2,3d | grep -qF '"compat": null, "types": "letter,a\\,b", "order": "date,-type", "duplicates": "drop", "copied": 5, "mark_types": true, "max_words": 9, "cut": "head"}'
    ecan-tokenize -q --order given --duplicates keep --copied 0 --no-mark-types --max-words 0 --cut head in.jsonl > out.mp
    ecan-tokenize -q in.jsonl | cmp - out.mp
}

@test "wrong rules for notes exit 2" {
    for wrong in --order= --order=dates --order=date,date --order=date, --types= --types=a,,b "--types= " --not-types=, \
        "--types=a --not-types=b" --cut=tail --max-words=-1 --max-words=4294967296 --copied=-1 --duplicates=some --cut=proportional; do
        # shellcheck disable=SC2086
        run -2 ecan-tokenize $wrong -o out.mp /dev/null
        [[ $output == *"ecan-tokenize --help"* ]]
    done
    run -2 ecan-tokenize --types "$(printf '\xff')" -o out.mp /dev/null
}

@test "types that are no words: markers have no white space, and word vectors accept them" {
    printf '{"id": "e", "documents": [{"type": " a\\tb\\u00a0\\u2028c\\u0000d\\u001b[m ", "text": "x"}, {"type": 5, "text": "y"}, {"type": "unk", "text": "z"}]}\n' > in.jsonl
    ecan-tokenize --mark-types in.jsonl > out.mp
    [ "$(ecan-show --full --records out.mp | grep -o '"tokens": .*], "spans"')" = '"tokens": ["<note:a_b_c_d_[m>", "x", "<note>", "y", "<note:unk>", "z"], "spans"' ]
    ecan-w2v -q --size 4 --min-count 1 --threads 1 --iter 1 -o vectors.txt --text out.mp
    grep -q '^<note:a_b_c_d_\[m> ' vectors.txt
}

@test "spans cut the words out of the notes as they came, whatever is chosen of them" {
    show /dev/null
    cat > notes.py << 'END'
import json, random, subprocess, sys, unicodedata
sys.path.insert(0, ".")
random.seed(7)
fold = lambda s: unicodedata.normalize("NFC", unicodedata.normalize("NFC", s.replace("\u00ad", "")).casefold())
pieces = ["Één ", "koorts ", "pa\u00adtiënt, ", "😀", "Straße. ", "e\u0301te\u0301\n", "ΟΔΟΣ ", "x", " ", "12 ", "l'", "hôpital "]
def text():
    return "".join(random.choice(pieces) for _ in range(random.randrange(40)))
def note(texts):
    texts.append(random.choice(texts) + text() if texts and random.random() < .5 else text())
    d = {"text": random.choice(texts)}
    if random.random() < .8: d["type"] = random.choice(["Brief", "brief ", "ECG", "", None, 7, "ontslag brief", "Ö"])
    if random.random() < .8: d["date"] = random.choice(["2024", "2024-01-02", "2023-12-31T23:59", "", None, 20240101, "gisteren"])
    return d
def encounter(i):
    texts = []
    return {"id": str(i), "documents": [note(texts) for _ in range(random.randrange(9))]}
with open("in.jsonl", "w") as f:
    for i in range(100):
        f.write(json.dumps(encounter(i), ensure_ascii=i % 2 == 0) + "\n")
def options():
    o = ["-q"]
    if random.random() < .3: o += [random.choice(["--types", "--not-types"]), random.choice(["brief", "BRIEF,-", "ecg,Ö,ontslag brief"])]
    if random.random() < .7: o += ["--order", random.choice(["date", "-date", "type,-date", "-given", "-type"])]
    if random.random() < .5: o += ["--duplicates", "drop"]
    if random.random() < .5: o += ["--copied", str(random.randrange(1, 6))]
    if random.random() < .5: o += ["--mark-types"]
    if random.random() < .7: o += ["--max-words", str(random.randrange(1, 80)), "--cut", random.choice(["head", "head-tail", "proportional"])]
    if random.random() < .3: o += ["--numbers", "keep"]
    return o
name = lambda d: " ".join(fold(d["type"]).split()) if isinstance(d.get("type"), str) else ""
runs = words = cut = gaps = 0
for _ in range(30):
    o = options()
    with open("out.mp", "wb") as f:
        subprocess.run(["ecan-tokenize", *o, "in.jsonl"], stdout=f, check=True)
    subprocess.run(["ecan-check", "out.mp"], check=True)
    shown = subprocess.run(["ecan-show", "--full", "--records", "out.mp"], stdout=subprocess.PIPE, check=True).stdout
    for line, came in zip(shown.splitlines(), open("in.jsonl")):
        r, documents = json.loads(line), json.loads(came)["documents"]
        assert [{k: d[k] for k in c} for d, c in zip(r["documents"], documents)] == documents
        assert len(r["tokens"]) == len(r["spans"])
        limit = int(o[o.index("--max-words") + 1]) if "--max-words" in o else len(r["tokens"])
        assert len(r["tokens"]) <= limit and (not r.get("words_cut") or len(r["tokens"]) == limit)
        for token, (d, start, end) in zip(r["tokens"], r["spans"]):
            if start == end == 0:
                assert "--mark-types" in o and token == ("<note:%s>" % name(documents[d]).replace(" ", "_") if name(documents[d]) else "<note>")
            else:
                assert fold(documents[d]["text"][start:end]) == token
                words += 1
        cut += bool(r.get("words_cut"))
        gaps += len(r.get("gaps", []))
        runs += 1
assert runs == 30 * 100 and words > 20000 and cut > 500 and gaps > 200, (runs, words, cut, gaps)
END
    "$python" notes.py
}

@test "200,000 notes, and more of them than words are wanted" {
    show /dev/null
    "$python" -c '
n = 200000
print("{\"id\": \"e\", \"documents\": [" + ", ".join("{\"text\": \"w%d\", \"date\": \"2024\"}" % (i % 1000) for i in range(n)) + "]}")' > in.jsonl
    ecan-tokenize -q --order date --duplicates drop --copied 3 --mark-types --max-words 100 --cut proportional in.jsonl > out.mp
    [ "$(ecan-show --records --key words_cut out.mp)" = '{"id": "e", "words_cut": 1900}' ]
}

# ---- a model's settings

# A folder with nothing but the config.json that a model trained on these settings would have.
model_with() {
    mkdir -p model
    ecan-tokenize -q "$@" /dev/null > model.mp
    ecan-show model.mp | sed -n '1s/.*"tokenizer": \(.*\)}/{"tokenizer": \1}/p' > model/config.json
}

@test "-m MODEL: the settings are the model's" {
    notes > in.jsonl
    while IFS= read -r options; do # not quoted, to be several
        # shellcheck disable=SC2086
        model_with $options
        # shellcheck disable=SC2086
        ecan-tokenize -q $options in.jsonl > out.mp
        ecan-tokenize -q -m model in.jsonl | cmp - out.mp
        # the same again on the command line says nothing new
        # shellcheck disable=SC2086
        ecan-tokenize -q -m model $options in.jsonl | cmp - out.mp
    done << 'END'

--compat caml
--compat caml --numbers ten
--numbers mask --language fr --case keep --accents strip
--types letter,a\,b\\,- --order -type,date
--not-types ECG --duplicates drop --copied 3 --mark-types --max-words 7 --cut proportional
--max-words 5
END
}

@test "-m MODEL: a setting that contradicts it is an error, and so is a model without settings" {
    notes > in.jsonl
    model_with --order date --mark-types --numbers keep
    while read -r key option; do
        # shellcheck disable=SC2086
        run -2 ecan-tokenize -q -m model $option -o out.mp in.jsonl
        [[ $output == "ecan-tokenize: setting $key differs from that of the model (model/config.json)"* ]] || { echo "$output"; return 1; }
    done << 'END'
order --order type
order --order given
mark_types --no-mark-types
numbers --numbers ten
max_words --max-words 5
normalize --compat caml
types --types letter
END
    echo '{"tokenizer": {"colour": "red"}}' > model/config.json
    run -1 ecan-tokenize -m model in.jsonl -o out.mp
    [[ $output == "ecan-tokenize: model/config.json: tokenizer: colour: this version does not know the setting, or its value: use a later version of ecan" ]]
    echo '{"tokenizer": {"order": ["date"]}}' > model/config.json
    run -1 ecan-tokenize -m model in.jsonl -o out.mp
    echo '{}' > model/config.json
    run -1 ecan-tokenize -m model in.jsonl -o out.mp
    [[ $output == *"no key tokenizer"* ]]
    run -1 ecan-tokenize -m nowhere in.jsonl -o out.mp
    [[ $output == *"nowhere: No such file"* ]]
}

@test "--cut share, the old name of proportional: on a command line and in a model, not in --help" {
    notes > in.jsonl
    ecan-tokenize -q --max-words 6 --cut proportional in.jsonl > new.mp
    ecan-tokenize -q --max-words 6 --cut share in.jsonl | cmp - new.mp
    model_with --max-words 6 --cut proportional
    grep -q '"cut": "share"' model/config.json # as models of old have it
    ecan-tokenize -q -m model in.jsonl | cmp - new.mp
    ecan-tokenize -q -m model --cut proportional in.jsonl | cmp - new.mp
    ecan-tokenize --help | tr -s ' \n' ' ' | grep -qF 'head, head-tail, proportional (default: head)'
    run -2 ecan-tokenize --max-words 6 --cut sh in.jsonl
    [[ $output == *"choose head, head-tail or proportional"* ]]
}

@test "a record with too many keys for readers is an error, with the line" {
    cd "$BATS_TEST_TMPDIR"
    awk 'BEGIN {
        for (keys = 65533; keys <= 65534; keys++) { # id, documents, tokens and spans make four of it, less text
            printf "{\"id\": \"r%d\", \"text\": \"a\"", keys
            for (i = 1; i < keys; i++)
                printf ", \"k%d\": 1", i
            print "}"
        }
    }' > keys.jsonl
    run -1 --separate-stderr bash -c "ecan-tokenize --skip-bad -q -o keys.mp keys.jsonl"
    [[ "$stderr" = *"line 2 (r65534): offset "*": cannot make a record: the record has 65537 keys, but at most 65536 are allowed"* ]]
    ecan-check keys.mp
    [ "$(ecan-show --records keys.mp | wc -l)" = 1 ]

    # A filter that adds keys has the same limit.
    printf '2 2\na 1 2\nb 3 4\n' > v.txt
    run -1 --separate-stderr ecan-embed -q --vectors v.txt -o e.mp keys.mp
    [[ "$stderr" = *"record 1 (r65533): offset "*": cannot write: the record has 65538 keys, but at most "* ]]
    run -1 --separate-stderr ecan-embed -q --vectors v.txt --skip-bad -o e.mp keys.mp
    ecan-check e.mp
}

@test "a line that is too long ends the run before the rest of it is read; with --skip-bad the next line follows" {
    run timeout 20 ecan-tokenize -q --max-record 100000 /dev/zero
    [ "$status" -eq 1 ]
    [[ $output == "ecan-tokenize: /dev/zero: line 1: offset 0: a line of more than 100000 bytes"* ]]
    { echo '{"id": "a", "text": "x"}'; head -c 3000000 /dev/zero | tr '\0' x; echo; echo '{"id": "b", "text": "y"}'; } > lines.jsonl
    ecan-tokenize -q --max-record 100000 --skip-bad lines.jsonl > out.mp && status=0 || status=$?
    [ "$status" -eq 1 ]
    [ "$(ecan-show --key id out.mp | grep -c '"id"')" -eq 2 ]
    run timeout 20 ecan-vectors --nearest x /dev/zero
    [ "$status" -eq 1 ]
    [[ $output == *"the first line has more than"* ]]
}
