# SPDX-License-Identifier: Apache-2.0
# ecan-show's pictures, neighbours, coverage and attention

load ../helper

setup() {
    bats_require_minimum_version 1.5.0
    accept=$BATS_TEST_DIRNAME/../../formats/accept
    cd "$BATS_TEST_TMPDIR"
}

vectors() {
    printf '6 2\nkoorts 1 0\nhoest 2 2\nrugpijn 0 -3\nfièvre 5 0\nleeg 0 0\nkou -1 0\n' >v.txt
}

@test "nearest: by cosine, nearest first, without the word itself and without what has no direction" {
    vectors
    run -0 ecan-show --nearest koorts,hoest --top 3 v.txt
    [ "${lines[0]}" = '{"word": "koorts", "nearest": [{"word": "fièvre", "cosine": 1}, {"word": "hoest", "cosine": 0.70710677}, {"word": "rugpijn", "cosine": 0}]}' ]
    [ "$(jq -r '.nearest[].word' <<<"${lines[1]}" | paste -sd' ')" = 'koorts fièvre rugpijn' ]
    [ "$(ecan-show --nearest koorts v.txt | jq '.nearest | length')" -eq 4 ]
    [ "$(ecan-show --nearest leeg v.txt | jq -c .nearest)" = '[]' ]
}

@test "nearest: a word that is not there, and a file that is none, are failures" {
    vectors
    run -1 ecan-show --nearest hoest,griep v.txt
    [[ "${lines[-1]}" = "ecan-show: v.txt: no word griep" ]]
    run -1 ecan-show --nearest hoest no-such-file
    run -2 ecan-show --nearest a --coverage v.txt
    run -2 ecan-show --nearest a --top 0 v.txt
}

@test "nearest and coverage of a model are those of the vectors that it was given, without <pad> and <unk>" {
    write_corpus
    data=. train model --epochs 1 --no-focal --lr 1e-9 --no-scale-vectors
    diff <(ecan-show --nearest sign1 --top 5 vectors.bin | jq -c '[.nearest[].word]') \
        <(ecan-show --nearest sign1 --top 5 model | jq -c '[.nearest[].word]')
    run -1 ecan-show --nearest '<unk>' model
    diff <(ecan-show --coverage vectors.bin dev.mp) <(ecan-show --coverage model dev.mp)
}

@test "coverage: words, distinct words, and what is missing most often" {
    vectors
    printf '%s\n' '{"id": "1", "text": "Koorts, hoest, griep, griep en koorts"}' '{"id": "2", "text": "pijn en <unk>"}' |
        ecan-tokenize -o t.mp
    run -0 ecan-show --coverage v.txt --top 2 t.mp
    [ "$output" = '{"records": 2, "words": 9, "known": 3, "share": 0.333333, "distinct": 6, "distinct_known": 2, "missing": [{"word": "griep", "count": 2}, {"word": "en", "count": 2}]}' ]
    run -0 ecan-show --coverage v.txt "$accept/no-records.mp"
    [[ "$output" = *'"words": 0,'*'"share": 1,'* ]]
}

@test "coverage: a truncated stream is a failure, with no figures" {
    vectors
    echo '{"id": "1", "text": "koorts"}' | ecan-tokenize | head -c -4 >t.mp
    run -1 --separate-stderr ecan-show --coverage v.txt t.mp
    [ -z "$output" ]
}

# picture FILE: "WIDTH HEIGHT" and then each different colour with how many pixels it has, by number.
picture() {
    need zlib
    "$python" - "$1" <<'END'
import collections, struct, sys, zlib
data = open(sys.argv[1], "rb").read()
assert data[:8] == b"\x89PNG\r\n\x1a\n"
at, palette, packed = 8, b"", b""
while at < len(data):
    n, kind = struct.unpack(">I4s", data[at:at + 8])
    body = data[at + 8:at + 8 + n]
    if kind == b"IHDR":
        width, height, depth, colour, *_ = struct.unpack(">IIBBBBB", body)
        assert (depth, colour) == (8, 3), (depth, colour)
    palette += body if kind == b"PLTE" else b""
    packed += body if kind == b"IDAT" else b""
    at += 12 + n
raw = zlib.decompress(packed)
rows = [raw[i * (width + 1):(i + 1) * (width + 1)] for i in range(height)]
assert all(r[0] == 0 for r in rows), "a filter"
count = collections.Counter(b for r in rows for b in r[1:])
print(width, height)
for index, n in sorted(count.items()):
    print("#%02x%02x%02x" % tuple(palette[3 * index:3 * index + 3]), n)
END
}

@test "image: a square for each number, from black to white, negative ones blue, what is not finite green" {
    cat >make.py <<'END'
import sys, msgpack, msgpack_numpy, numpy
inf, nan = float("inf"), float("nan")
def record(id, X):
    return {"id": id, "X": numpy.array(X, "<f4"), "ids": numpy.array([1] * len(X), "<i4"), "tokens": ["a"] * len(X),
            "spans": numpy.zeros((len(X), 3), "<i4"), "documents": [{"id": "1", "text": "a"}]}
for o in ({"ecan": 1, "kind": "embedded", "history": []}, record("positive", [[0, 1, 2], [4, 4, 0]]),
          record("signed", [[-2, 0], [2, nan], [inf, 0]]), {"end": 2}):
    sys.stdout.buffer.write(msgpack.packb(o, default=msgpack_numpy.encode))
END
    need msgpack msgpack_numpy numpy
    "$python" make.py >x.mp
    ecan-show --key X --image heat.png x.mp >shown
    [ "$(wc -l <shown)" -eq 4 ]
    [ "$(picture heat.png | sed -n 1p)" = '48 32' ]
    picture heat.png >colours
    grep -qx '#000000 512' colours     # 0 twice, squares of 16 x 16
    grep -qx '#ffffff 512' colours     # the largest twice
    [ "$(wc -l <colours)" -eq 5 ]
    picture heat-2.png >colours
    [ "$(sed -n 1p colours)" = '32 48' ]
    grep -qx '#00ff00 512' colours     # NaN and infinity
    grep -qx '#000000 512' colours
    [ "$(grep -c '#ffffff 256' colours)" -eq 2 ] # the ends of both ramps
}

@test "image: of a model's tensors, of arrays of tensors, of one record" {
    write_corpus
    data=. train model --epochs 1 --no-focal
    ecan-show --key U,blocks.0.conv.weight --image m.png model >/dev/null
    [ "$(picture m.png | head -n 1)" = '384 128' ]     # [8][8][3]: 24 columns
    [ "$(picture m-2.png | head -n 1)" = '128 96' ]    # [6][8]
    ecan-embed -m model dev.mp | ecan-encode -m model | ecan-show -n 2 --key H --image h.png - >/dev/null
    [ "$(picture h.png | head -n 1)" = '128 480' ] && [ -e h-2.png ] && [ ! -e h-3.png ]
}

@test "image: no tensor, an empty one, a folder that is not there: failures" {
    run -1 ecan-show --key labels --image x.png "$accept/tokens.mp"
    [[ "$output" = *'no tensor was shown: there is no picture'* ]]
    run -1 ecan-show --id e2 --key X --image x.png "$accept/embedded.mp"
    [[ "$output" = *'no picture of 0 rows'* ]]
    run -1 ecan-show -n 1 --key X --image no/x.png "$accept/embedded.mp"
    [[ "$output" = *no/x.png* ]]
}

attended() {
    printf '%s\n' '{"id": "1", "documents": [{"id": "n1", "type": "brief", "text": "Fièvre\u001b[31m, toux;\r\nfièvre."}, {"id": "n2", "text": "rien"}]}' |
        ecan-tokenize -o t.mp
    cat >make.py <<'END'
import sys, msgpack, msgpack_numpy, numpy
objects = list(msgpack.Unpacker(open("t.mp", "rb"), object_hook=msgpack_numpy.decode))
header, r, end = objects
header.update(kind="scored", labels=["A1", "B2"])
r["scores"] = numpy.array([.75, .125], "<f4")
r["predicted"] = [{"code": "A1", "score": .75}]
r["A"] = [numpy.array([[.5, 0, 0, .5, 0], [.2] * 5], "<f4"), numpy.array([[1, 0, 0, 0, 0], [.2] * 5], "<f4")]
for o in (header, r, end):
    sys.stdout.buffer.write(msgpack.packb(o, default=msgpack_numpy.encode))
END
    need msgpack msgpack_numpy numpy
    "$python" make.py >a.mp
}

@test "attention: the mean over the blocks behind each word, without what a terminal would obey" {
    attended
    run -0 ecan-show --attention A1 a.mp
    [ "${lines[0]}" = '== 1 A1 0.750' ]
    [ "${lines[1]}" = '-- n1 brief' ]
    [ "${lines[2]}" = $'Fièvre{.75}\xef\xbf\xbd[31m, toux;' ]
    [ "${lines[3]}" = 'fièvre{.25}.' ]
    [ "${lines[4]}" = '-- n2' ]
    [ "${lines[5]}" = 'rien' ]
    run -0 ecan-show --attention A1,B2 a.mp
    [ "$(grep -c '^==' <<<"$output")" -eq 2 ]
    [[ "$output" = *'rien{.20}' ]]
}

@test "attention: colours where they are asked for, the strongest for the largest weight" {
    attended
    ecan-show --attention A1 --color always a.mp >coloured
    grep -q $'\033\[38;5;16;48;2;255;140;0mFièvre\033\[0m' coloured
    [ "$(grep -c $'48;2;255' coloured)" -eq 2 ]
    not grep -q '{' coloured
    ecan-show --attention A1 --colour auto a.mp >plain
    not grep -q $'\033' plain
}

@test "attention: a code that the model has not, and records without A, are failures" {
    attended
    run -1 ecan-show --attention C3 a.mp
    [[ "$output" = *'the model has no label C3'* ]]
    sed -i '/^r\["A"\]/d' make.py
    "$python" make.py >a.mp
    run -1 ecan-show --attention A1 a.mp
    [[ "$output" = *'key A: missing: ecan-attend --weights adds it'* ]]
}

@test "attention: the pipe of the help" {
    write_corpus
    data=. train model --epochs 1 --no-focal
    ecan-embed -m model dev.mp | ecan-encode -m model | ecan-attend -m model --weights | ecan-score -m model |
        ecan-show --attention A1 --id d3 >shown
    [ "$(head -c 8 shown)" = '== d3 A1' ]
    # the weights of an encounter sum to 1, but for what is rounded and what is too small to show
    grep -o '{\.[0-9]*}' shown | tr -d '{}' | awk '{ sum += $1 } END { exit !(sum > 0.8 && sum < 1.1) }'
}
