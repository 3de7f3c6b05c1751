# SPDX-License-Identifier: Apache-2.0
# ecan-show --image: heat maps of tensors

load ../helper

setup() {
    bats_require_minimum_version 1.5.0
    accept=$BATS_TEST_DIRNAME/../../formats/accept
    cd "$BATS_TEST_TMPDIR"
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

@test "image: a square for each number, from black to white, negative ones blue, NaN and infinity green" {
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
    ecan-embed -m model dev.mp | ecan-encode -m model | ecan-show --record 2 --key H --image h.png - >/dev/null
    [ "$(picture h.png | head -n 1)" = '128 480' ] && [ -e h-2.png ] && [ ! -e h-3.png ]
}

@test "image: no tensor, an empty one, a folder that is not there: failures" {
    run -1 ecan-show --key labels --image x.png "$accept/tokens.mp"
    [[ "$output" = *'no tensor was printed'* ]]
    run -1 ecan-show --id e2 --key X --image x.png "$accept/embedded.mp"
    [[ "$output" = *'cannot draw 0 rows'* ]]
    run -1 ecan-show --record 1 --key X --image no/x.png "$accept/embedded.mp"
    [[ "$output" = *no/x.png* ]]
}
