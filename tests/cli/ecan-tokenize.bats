#!/usr/bin/env bats
# ecan-tokenize: encounters.jsonl to a stream of tokens.

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    python=
    for p in python3 /usr/bin/python3; do
        if "$p" -c 'import msgpack' 2> /dev/null; then
            python=$p
            break
        fi
    done
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

# A bad line between two good ones: exit 1, the line named, the first record handed on, no end record.
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
    [[ $output == *"line 2"* && $output == *"2 encounters done, 1 bad ones left out"* ]]
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

@test "no encounters at all are none" {
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
    [[ $output == *"a.jsonl: line 1 (a): offset 0:"*"this id"* ]]
}

@test "refused: what is not JSON" {
    refused '{"id":"x","text":"geheimwoord}' "ends in the middle"
}

@test "refused: not an object" {
    refused '["geheimwoord"]' "expected an object, found an array"
}

@test "refused: two values" {
    refused '{"id":"x","text":"geheimwoord"} {}' "more than one value"
}

@test "refused: UTF-8 that is none" {
    refused '{"id":"x","text":"geheimwoord \xe9"}' "UTF-8"
}

@test "refused: half a surrogate pair" {
    refused '{"id":"x","text":"geheimwoord \\ud800"}' "JSON"
}

@test "refused: no id" {
    refused '{"text":"geheimwoord"}' "no id"
}

@test "refused: an id that is no string" {
    refused '{"id":1.5,"text":"geheimwoord"}' "key id: expected a string"
}

@test "refused: an empty id" {
    refused '{"id":"","text":"geheimwoord"}' "key id"
}

@test "refused: a line feed in an id" {
    refused '{"id":"a\\nb","text":"geheimwoord"}' "control character"
}

@test "refused: no text" {
    refused '{"id":"x"}' "(x): "
}

@test "refused: a text that is no string" {
    refused '{"id":"x","text":["geheimwoord"]}' ": key text: expected a string, found an array"
}

@test "refused: text and documents" {
    refused '{"id":"x","text":"geheimwoord","documents":[]}' "both"
}

@test "refused: documents that are no array" {
    refused '{"id":"x","documents":"geheimwoord"}' "key documents: expected an array"
}

@test "refused: a document that is no object" {
    refused '{"id":"x","documents":[{"text":""},"geheimwoord"]}' "document 2: expected an object"
}

@test "refused: a document without text" {
    refused '{"id":"x","documents":[{"id":"y"}]}' "document 1: no text"
}

@test "refused: two documents of one id" {
    refused '{"id":"x","documents":[{"text":"","id":"2"},{"text":""}]}' "document 1 has this id"
}

@test "refused: labels that are no array" {
    refused '{"id":"x","text":"","labels":"I10"}' "key labels: expected an array"
}

@test "refused: a label that is no string" {
    refused '{"id":"x","text":"","labels":["I10",401]}' "label 2: expected a string, found a number"
}

@test "refused: a label with a tab" {
    refused '{"id":"x","text":"","labels":["I\\t10"]}' "label 1: "
}

@test "refused: a key of ecan's own" {
    refused '{"id":"x","text":"","tokens":["geheimwoord"]}' "key tokens"
}

@test "refused: a key that makes it an end record" {
    refused '{"id":"x","text":"","end":1}' "key end"
}

@test "refused: a key twice" {
    refused '{"id":"x","text":"geheimwoord","text":""}' "twice"
}

@test "refused: an id that came before" {
    refused '{"id":"first","text":"geheimwoord"}' "(first): "
}

@test "refused: nested too deep" {
    refused "{\"id\":\"x\",\"text\":\"\",\"a\":$(printf '[%.0s' {1..70})$(printf ']%.0s' {1..70})}" "nested deeper"
}

@test "nesting that ecan reads is handed on" {
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
    "$python" -c 'print("{\"id\":\"a\",\"text\":\"" + "woord 😀 " * 1000000 + "\"}")' | ecan-tokenize > out.mp
    [ "$(show out.mp | sed -n 2p | grep -o '"woord"' | wc -l)" -eq 1000000 ]
}

@test "input that was cut off" {
    { good a; good b | head -c 20; } > in.jsonl
    run -1 bash -c 'ecan-tokenize in.jsonl > out.mp'
    [[ $output == *"line 2: offset"* ]]
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

@test "a reader that goes away ends it quietly" {
    for i in {1..20000}; do good "$i"; done > in.jsonl
    run bash -c 'set -o pipefail; ecan-tokenize in.jsonl | head -c 10 > out; echo "${PIPESTATUS[0]}"'
    [ "$output" = 141 ]
}

@test "--unbuffered: a record goes out before the next line comes" {
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
    for i in {1..3000}; do good "$i"; done > in.jsonl
    ecan-tokenize --threads 1 in.jsonl > one.mp
    ecan-tokenize --threads 5 < in.jsonl > two.mp
    cmp one.mp two.mp
    [ "$(show one.mp | tail -n 1)" = '{"end": 3000}' ]
}

@test "bad encounters are told in order, and what was read before one is written" {
    for i in {1..500}; do good "$i"; ((i % 100)) || echo '{"id":"bad'"$i"'"}'; done > in.jsonl
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
    [[ $output == *"no text" ]]
}
