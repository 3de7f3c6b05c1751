#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the smallest files of each kind of stream, into its own folder:

    accept/NAME.mp   with NAME.json, the lines that `ecan-show --full` prints
    reject/NAME.mp   with NAME.reason, a part of the message of `ecan-check`

Only Python is needed. msgpack is written here byte by byte, because no library would write
most of the invalid files."""
import json
import pathlib
import struct

HERE = pathlib.Path(__file__).resolve().parent


class Raw(bytes):
    """Bytes that are written unchanged. text is the output of ecan-show for them."""

    def __new__(cls, data, text=None):
        self = super().__new__(cls, data)
        self.text = text
        return self


class Tensor:
    """type "f4" or "i4"; numbers as lists in lists, or flat with a shape of their own."""

    def __init__(self, kind, numbers, shape=None, data=None, keys=None, dtype=None):
        self.numbers, self.keys = numbers, keys or (lambda s: s.encode())
        self.shape = list(shape) if shape is not None else shape_of(numbers)
        flat = flatten(numbers)
        self.data = data if data is not None else struct.pack("<%d%s" % (len(flat), kind[0]), *flat)
        self.dtype = dtype or "<" + kind

    def pack(self):
        k = self.keys
        return pack({k("nd"): True, k("type"): self.dtype, k("kind"): b"", k("shape"): self.shape, k("data"): self.data})


def shape_of(numbers):
    shape = []
    while isinstance(numbers, list):
        shape.append(len(numbers))
        numbers = numbers[0] if numbers else None
    return shape


def flatten(numbers):
    return [x for part in numbers for x in flatten(part)] if isinstance(numbers, list) else [numbers]


def f4(numbers, **how):
    return Tensor("f4", numbers, **how)


def i4(numbers, **how):
    return Tensor("i4", numbers, **how)


def head(n, fixed, fixed_limit, forms):
    """The shortest head for a length: fixed + n below fixed_limit, else the first form that holds it."""
    if n < fixed_limit:
        return bytes([fixed + n])
    for byte, size in forms:
        if n < 1 << 8 * size:
            return bytes([byte]) + n.to_bytes(size, "big")
    raise ValueError(n)


def pack_int(n):
    if -32 <= n < 128:
        return struct.pack("b", n)
    forms = ((0xCC, 1), (0xCD, 2), (0xCE, 4), (0xCF, 8)) if n >= 0 else ((0xD0, 1), (0xD1, 2), (0xD2, 4), (0xD3, 8))
    for byte, size in forms:
        try:
            return bytes([byte]) + n.to_bytes(size, "big", signed=n < 0)
        except OverflowError:
            pass
    raise ValueError(n)


def pack(v):
    if isinstance(v, Raw):
        return bytes(v)
    if isinstance(v, Tensor):
        return v.pack()
    if v is None or isinstance(v, bool):
        return {None: b"\xc0", False: b"\xc2", True: b"\xc3"}[v]
    if isinstance(v, int):
        return pack_int(v)
    if isinstance(v, float):
        return b"\xcb" + struct.pack(">d", v)
    if isinstance(v, str):
        v = v.encode()
        return head(len(v), 0xA0, 32, ((0xD9, 1), (0xDA, 2), (0xDB, 4))) + v
    if isinstance(v, bytes):
        return head(len(v), 0, 0, ((0xC4, 1), (0xC5, 2), (0xC6, 4))) + v
    if isinstance(v, list):
        return head(len(v), 0x90, 16, ((0xDC, 2), (0xDD, 4))) + b"".join(map(pack, v))
    return head(len(v), 0x80, 16, ((0xDE, 2), (0xDF, 4))) + b"".join(pack(k) + pack(x) for k, x in v.items())


def show(v):
    """As ecan-show --full prints it."""
    if isinstance(v, Raw):
        return v.text
    if isinstance(v, Tensor):
        return show_numbers(v.numbers) if v.data else "[]"
    if isinstance(v, bytes):
        import base64

        return '{"bin": "%s"}' % base64.b64encode(v).decode()
    if isinstance(v, list):
        return "[%s]" % ", ".join(map(show, v))
    if isinstance(v, dict):
        return "{%s}" % ", ".join("%s: %s" % (show_key(k), show(x)) for k, x in v.items())
    return json.dumps(v, ensure_ascii=False)


def show_key(k):
    return show(k if isinstance(k, str) else show(k))


def show_numbers(numbers):
    if isinstance(numbers, list):
        return "[%s]" % ", ".join(map(show_numbers, numbers))
    return "%g" % numbers


# ---- what the streams are made of: two encounters, two words each, three labels, two blocks

def header(kind, *programs, **more):
    return {"ecan": 1, "kind": kind, "history": [{"program": p, "version": "0.1.0"} for p in programs], **more}


def end(n):
    return {"end": n}


STAGES = ["ecan-tokenize", "ecan-embed", "ecan-encode", "ecan-attend", "ecan-score"]
LABELS = ["I10", "E11.9", "J45"]
TEXT = "Fièvre: non."

CAME = {
    "id": "e1",
    "labels": ["I10"],
    "documents": [{"id": "n1", "type": "discharge", "text": TEXT}, {"id": "n2", "type": "letter", "text": "Toux"}],
    "tokens": ["fièvre", "toux"],
    "spans": i4([[0, 0, 6], [1, 0, 4]]),
}
EMPTY = {"id": "e2", "documents": [], "tokens": [], "spans": i4([], shape=[0, 3])}
REARRANGED = {
    "id": "e1",
    "documents": [{"id": "n1", "text": "a b c d"}, {"id": "n2", "type": "Letter", "text": "Toux"}, {"id": "n3", "text": "e"}],
    "tokens": ["<note:letter>", "toux", "<note>", "a", "d"],
    "spans": i4([[1, 0, 0], [1, 0, 4], [0, 0, 0], [0, 0, 1], [0, 6, 7]]),
    "gaps": i4([4]),
    "words_cut": 2,
    "notes_cut": 1,
}

MATCHES = {"matches": i4([[0, 0, 1], [2, 0, 2]]), "match_weights": f4([1.5, -0.5])}

IDS, NO_IDS = {"ids": i4([2, 1])}, {"ids": i4([])}
X, NO_X = f4([[0.5, -1, 2], [0.25, 0, 1]]), f4([], shape=[0, 3])
H, NO_H = [f4([[1, 2], [3, 4]]), f4([[0.5], [-0.5]])], [f4([], shape=[0, 2]), f4([], shape=[0, 1])]
V, NO_V = f4([[1, 2, 0.5], [3, 4, -0.5], [2, 3, 0]]), f4([[0, 0, 0]] * 3)
PEAKS = {"peaks": i4([[0, 0], [1, 1], [0, 1]]), "peak_weights": f4([0.75, 1, 0.5])}
NO_PEAKS = {"peaks": i4([[-1, -1]] * 3), "peak_weights": f4([0, 0, 0])}
A = [f4([[0.75, 0.25], [0.5, 0.5], [0.5, 0.5]]), f4([[0.5, 0.5], [0, 1], [0.5, 0.5]])]
NO_A = [f4([[], [], []], shape=[3, 0])] * 2
SCORES = {
    "scores": f4([0.75, 0.875, 0.25]),
    "predicted": [{"code": "E11.9", "score": 0.875}, {"code": "I10", "score": 0.75}],
}
NO_SCORES = {"scores": f4([0.25, 0.5, 0.125]), "predicted": []}

TOKENS = [header("tokens", *STAGES[:1]), CAME, EMPTY, end(2)]
EMBEDDED = [header("embedded", *STAGES[:2]), {**CAME, **IDS, "X": X}, {**EMPTY, **NO_IDS, "X": NO_X}, end(2)]
ENCODED = [header("encoded", *STAGES[:3]), {**CAME, **IDS, "H": H}, {**EMPTY, **NO_IDS, "H": NO_H}, end(2)]
ATTENDED = [header("attended", *STAGES[:4]), {**CAME, **IDS, "V": V, **PEAKS}, {**EMPTY, **NO_IDS, "V": NO_V, **NO_PEAKS}, end(2)]
WEIGHTS = [header("attended", *STAGES[:4]), {**CAME, **IDS, "V": V, **PEAKS, "A": A}, {**EMPTY, **NO_IDS, "V": NO_V, **NO_PEAKS, "A": NO_A}, end(2)]
SCORED_HEADER = header("scored", *STAGES, labels=LABELS)
SCORED = [SCORED_HEADER, {**CAME, **IDS, **PEAKS, **SCORES}, {**EMPTY, **NO_IDS, **NO_PEAKS, **NO_SCORES}, end(2)]


def write(folder, name, suffix, data):
    path = HERE / folder
    path.mkdir(exist_ok=True)
    (path / (name + suffix)).write_bytes(data)


def stream(objects):
    return b"".join(map(pack, objects))


def accept(name, objects):
    write("accept", name, ".mp", stream(objects))
    write("accept", name, ".json", "".join(show(v) + "\n" for v in objects).encode())


def reject(name, reason, objects):
    data = objects if isinstance(objects, bytes) else stream(objects)
    write("reject", name, ".mp", data)
    write("reject", name, ".reason", reason.encode() + b"\n")


def one(record, kind="tokens", **more):
    """A stream of one record."""
    return [header(kind, "x", **more), record, end(1)]


def changed(record, **keys):
    return {**record, **keys}


def without(record, key):
    return {k: v for k, v in record.items() if k != key}


def accepted():
    accept("tokens", TOKENS)
    accept("embedded", EMBEDDED)
    accept("encoded", ENCODED)
    accept("attended", ATTENDED)
    accept("attended-weights", WEIGHTS)
    accept("scored", SCORED)
    accept("notes-in-another-order", one(REARRANGED))
    accept("matches", [header("tokens", "ecan-tokenize"), {**CAME, **MATCHES}, {**EMPTY, "matches": i4([], shape=[0, 3]), "match_weights": f4([])}, end(2)])
    accept("linear-logits", [header("tokens", "ecan-tokenize"), {**CAME, "linear_logits": f4([0.5, -1, 0])}, {**EMPTY, "linear_logits": f4([0, 0, 0])}, end(2)])
    accept("match-marks", [header("tokens", "ecan-tokenize"), {**CAME, **MATCHES, "match_marks": i4([0, 5])}, {**EMPTY, "matches": i4([], shape=[0, 3]), "match_weights": f4([]), "match_marks": i4([])}, end(2)])
    accept("no-records", [header("tokens"), end(0)])
    accept("scored-without-labels-or-records", [header("scored", labels=[]), end(0)])
    accept("segments", TOKENS + [header("tokens"), {"id": "e3", "tokens": ["a"]}, end(1)])
    accept("predicted-in-one-process", [header("scored", "ecan-tokenize", "ecan-predict", labels=LABELS), {**CAME, **IDS, **PEAKS, **SCORES}, end(1)])
    unknown = {
        "id": "e1",
        "tokens": [],
        "end": 7,
        "integers": [0, 127, 128, 65535, 65536, 2**32, 2**64 - 1, -1, -32, -33, -128, -129, -(2**31), -(2**63)],
        "floats": [0.5, -1.0, 0.1, 1e300, Raw(b"\xca\x3d\xcc\xcc\xcd", "0.1"), Raw(b"\xcb\x7f\xf8" + bytes(6), "null")],
        "others": [None, True, False, b"\x00\x01", b"", Raw(b"\xd6\xff\x00\x00\x00\x01", '{"ext": -1, "bin": "AAAAAQ=="}')],
        "keys": {1: 2, "a": {"b": []}, None: 3},
        "doubles": Raw(Tensor("d8", [0.5], dtype="<f8").pack(), '{"nd": true, "type": "<f8", "kind": {"bin": ""}, "shape": [1], "data": {"bin": "AAAAAAAA4D8="}}'),
        "controls": Raw(b"\xa6\x1b\x7f\xc2\x9b\n\"", '"\\u001b\\u007f\\u009b\\n\\""'),
        "long": "é" * 20,
        "many": list(range(20)),
    }
    cuts = {"labels": LABELS, "threshold": 0.5, "thresholds": f4([0.5, 0.25, 0.75])}
    accept("scored-thresholds", one({**CAME, **IDS, **PEAKS, **SCORES}, "scored", **cuts))
    accept("unknown-keys", [header("tokens", "x", colour={"of": "header"}), unknown, end(1)])
    accept("text-keys-in-tensors", one(changed(CAME, spans=i4([[0, 0, 6], [1, 0, 4]], keys=str))))
    wide = Raw(
        b"\xdf\x00\x00\x00\x02" + b"\xdb\x00\x00\x00\x02id" + b"\xda\x00\x02e1" + b"\xd9\x06tokens" + b"\xdd\x00\x00\x00\x01" + b"\xdb\x00\x00\x00\x01a",
        '{"id": "e1", "tokens": ["a"]}',
    )
    accept("longer-heads-than-needed", [header("tokens"), wide, end(1)])
    deep = b"\xc0"
    for _ in range(63):
        deep = b"\x91" + deep
    accept("nested-64-deep", one({"id": "e1", "tokens": [], "x": Raw(deep, "[" * 63 + "null" + "]" * 63)}))


def rejected_streams():
    tokens, first = stream(TOKENS), stream(TOKENS[:1])
    reject("empty", "truncated: it is empty", b"")
    reject("bomb-array", "expected a stream of records, but it begins with byte 0xdd", b"\xdd\xff\xff\xff\xff")
    reject("bomb-map", "header: offset 0: 8589934595 bytes or more", b"\xdf\xff\xff\xff\xff")
    reject("bomb-in-record", "record 1: offset %d: " % len(first), first + b"\x81\xa2id\xdd\xff\xff\xff\xff")
    reject("bomb-string", "record 1: offset %d: " % len(first), first + b"\x81\xa2id\xdb\xff\xff\xff\xff")
    reject("bomb-tensor", "tensor: the shape has 4611686018427387904 numbers of 4 bytes, but data has 4 bytes", one(changed(CAME, spans=i4([1], shape=[2**62, 1]))))
    reject("json", "it begins with byte 0x7b, like JSON: run ecan-tokenize on encounters first, or ecan-import on predictions", b'{"id": "e1", "text": "a"}\n')
    reject("no-header", "expected a header, found a map without the key ecan", TOKENS[1:])
    reject("no-kind", "key kind: missing", [{"ecan": 1, "history": []}, end(0)])
    reject("kind-unknown", "key kind: expected tokens, embedded, encoded, attended or scored", [header("colours"), end(0)])
    reject("later-version", "unsupported format version 2", [{**header("tokens"), "ecan": 2}, end(0)])
    reject("version-of-text", "key ecan: expected an integer, found a string", [{**header("tokens"), "ecan": "1"}, end(0)])
    reject("no-history", "key history: missing", [{"ecan": 1, "kind": "tokens"}, end(0)])
    reject("history-of-text", "key history: entry 1: expected a map, found a string", [{**header("tokens"), "history": ["x"]}, end(0)])
    reject("history-without-version", "key history: entry 1: expected the keys program and version", [{**header("tokens"), "history": [{"program": "x"}]}, end(0)])
    reject("scored-threshold-above-1", "key threshold: expected a threshold from 0 to 1", [header("scored", labels=LABELS, threshold=1.5), end(0)])
    reject("scored-threshold-of-text", "key threshold: expected", [header("scored", labels=LABELS, threshold="x"), end(0)])
    reject("scored-thresholds-too-few", "key thresholds: the number of labels (L) is 2, but 3", [header("scored", labels=LABELS, thresholds=f4([.5, .5])), end(0)])
    reject("scored-thresholds-nan", "key thresholds: number 3 of a tensor is NaN", [header("scored", labels=LABELS, thresholds=f4([.5, .5, float("nan")])), end(0)])
    reject("scored-without-labels", "key labels: missing", [header("scored"), end(0)])
    reject("labels-twice", "key labels: label 2: duplicate label", [header("scored", labels=["a", "a"]), end(0)])
    reject("truncated-header", "truncated: it ends within the header", first[:-1])
    reject("truncated-record", "truncated: it ends at offset %d without an end record, after 1 complete" % (len(tokens) - 20), tokens[:-20])
    reject("no-end", "without an end record, after 2 complete records", TOKENS[:-1])
    reject("truncated-before-another", "truncated: offset", TOKENS[:-1] + TOKENS)
    reject("count-too-high", "the count is 3, but 2 records were read", TOKENS[:-1] + [end(3)])
    reject("count-too-low", "the count is 1, but 2 records were read", TOKENS[:-1] + [end(1)])
    reject("count-of-text", "key end: expected an integer, found a string", TOKENS[:-1] + [{"end": "2"}])
    reject("bytes-after-end", "expected a map, found byte 0x0a", tokens + b"\n")
    reject("kind-changes", "segments of different kinds: expected tokens", TOKENS + SCORED)
    reject("not-msgpack", "invalid msgpack: byte 0xc1", first + b"\x81\xa2id\xc1")
    reject("not-a-map", "expected a map, found byte 0x93", [header("tokens"), [1, 2, 3], end(1)])
    deep = b"\xc0"
    for _ in range(64):
        deep = b"\x91" + deep
    reject("nested-65-deep", "nested deeper than 64", one({"id": "e1", "tokens": [], "x": Raw(deep)}))


def rejected_records():
    reject("id-missing", "record 1: offset 53: key id: missing", one(without(CAME, "id")))
    reject("id-number", "key id: expected a string, found an integer", one(changed(CAME, id=5)))
    reject("id-empty", "key id: expected a string that is not empty", one(changed(CAME, id="")))
    reject("id-with-nul", "key id: contains a NUL character", one(changed(CAME, id="a\0b")))
    reject("id-twice", "record 2 (e1): offset 68: key id: duplicate: an earlier record has the same id", [header("tokens", "x")] + [{"id": "e1", "tokens": []}] * 2 + [end(2)])
    reject("key-twice", "duplicate key", [header("tokens"), Raw(b"\x83\xa2id\xa1a\xa6tokens\x90\xa6tokens\x90"), end(1)])
    reject("key-number", "key 1 of the map: expected a string, found an integer", one({5: 1, "id": "e1"}))
    reject("key-not-utf8", "key 3 of the map: invalid UTF-8 at byte 1", one({"id": "e1", "tokens": [], Raw(b"\xa2x\xff"): 1}))
    reject("text-not-utf8", "record 1 (e1): offset 53: key note: invalid UTF-8 at byte 3 of a string", one({"id": "e1", "tokens": [], "note": Raw(b"\xa5abc\xed\xa0")}))
    reject("labels-of-numbers", "key labels: string 1: expected a string", one(changed(CAME, labels=[1])))
    reject("document-without-text", "key documents: document 2: text: missing", one(changed(CAME, documents=[{"text": TEXT}, {"id": "n2"}])))
    reject("tokens-missing", "key tokens: missing", one(without(without(CAME, "tokens"), "spans")))
    reject("tokens-of-numbers", "key tokens: string 2: expected a string, found an integer", one(changed(CAME, tokens=["a", 1])))
    reject("token-empty", "key tokens: string 2: expected a string that is not empty", one(changed(CAME, tokens=["a", ""])))


def rejected_spans():
    def spans(reason, name, numbers, **how):
        reject("spans-" + name, "key spans: " + reason, one(changed(CAME, spans=i4(numbers, **how))))

    spans("the number of words (T) is 1, but 2 in an earlier key or record", "too-few", [[0, 0, 6]])
    spans("the last dimension is 2, expected 3", "of-two-columns", [[0, 6], [0, 4]])
    spans("span 2: the end is 13, but the text has only 12 code points", "beyond-text", [[0, 0, 6], [0, 8, 13]])
    spans("span 2: document 2 does not exist: the record has 2", "no-such-document", [[0, 0, 6], [2, 0, 1]])
    spans("span 2: starts or ends before the previous span", "not-ascending", [[0, 8, 11], [0, 0, 6]])
    reject("spans-document-again", "key spans: span 4: the spans of document 1 are not consecutive", one(changed(REARRANGED, spans=i4([[1, 0, 0], [1, 0, 4], [0, 0, 0], [1, 4, 4], [0, 6, 7]]))))
    spans("span 1: expected a document, a start, and an end not before the start", "negative", [[0, -1, 6], [1, 0, 4]])
    spans("span 1: expected a document, a start, and an end not before the start", "end-before-start", [[0, 6, 0], [1, 0, 4]])
    reject("spans-of-floats", "key spans: expected i4 of 2 dimensions, found f4 of 2", one(changed(CAME, spans=f4([[0, 0, 6], [1, 0, 4]]))))
    reject("spans-as-array", "key spans: expected a tensor", one(changed(CAME, spans=[[0, 0, 6], [1, 0, 4]])))


def rejected_matches():
    def matches(reason, name, tensor, key="matches", **more):
        reject("matches-" + name, "key %s: %s" % (key, reason), one(changed(CAME, matches=tensor, **more)))

    matches("match 1: label -1", "negative-label", i4([[-1, 0, 1]]), match_weights=f4([1]))
    matches("match 1: words 1 to 1 of 2", "no-words", i4([[0, 1, 1]]), match_weights=f4([1]))
    matches("match 2: words 0 to 3 of 2", "beyond", i4([[0, 0, 1], [1, 0, 3]]), match_weights=f4([1, 1]))
    matches("the last dimension is 2, expected 3", "of-two-columns", i4([[0, 1]]), match_weights=f4([1]))
    matches("the number of matches is 2, but 1 in an earlier key or record", "weights", i4([[0, 0, 1]]), key="match_weights", match_weights=f4([1, 2]))
    matches("the number of matches is 2, but 1 in an earlier key or record", "marks", i4([[0, 0, 1]]), key="match_marks", match_weights=f4([1]), match_marks=i4([0, 0]))
    matches("match 1: expected marks from 0 to 15, got 16", "unknown-mark", i4([[0, 0, 1]]), key="match_marks", match_weights=f4([1]), match_marks=i4([16]))


def rejected_linear_logits():
    def logits(reason, name, value, **more):
        reject("linear-logits-" + name, "key linear_logits: " + reason, one(changed(CAME, linear_logits=value), **more))

    logits("number 2 of a tensor is NaN or infinite", "nan", f4([0, float("nan")]))
    logits("expected f4 of 1 dimensions, found i4 of 1", "of-integers", i4([0, 1]))
    logits("expected f4 of 1 dimensions, found f4 of 2", "of-two-dimensions", f4([[0, 1]]))
    logits("expected a tensor", "as-array", [0.5, 1.0])


def rejected_cuts():
    def gaps(reason, name, tensor):
        reject("gaps-" + name, "key gaps: " + reason, one(changed(REARRANGED, gaps=tensor)))

    gaps("number 2: expected a number above 0 and above the previous one", "not-ascending", i4([3, 3]))
    gaps("number 1: expected a number above 0 and above the previous one", "at-0", i4([0]))
    gaps("number 2: word 5 does not exist: the number of tokens is 5", "beyond", i4([4, 5]))
    gaps("expected i4 of 1 dimensions, found f4 of 1", "of-floats", f4([4]))
    reject("words-cut-negative", "key words_cut: expected 0 or more", one(changed(REARRANGED, words_cut=-1)))
    reject("notes-cut-negative", "key notes_cut: expected 0 or more", one(changed(REARRANGED, notes_cut=-1)))
    reject("words-cut-of-text", "key words_cut: expected an integer, found a string", one(changed(REARRANGED, words_cut="2")))


def rejected_tensors():
    def ids(reason, name, tensor):
        reject("tensor-" + name, "key ids: " + reason, one({**CAME, "ids": tensor, "X": X}, "embedded"))

    ids("tensor: the shape has 2 numbers of 4 bytes, but data has 7 bytes", "short-data", i4([2, 1], data=bytes(7)))
    ids("tensor: the shape has 2 numbers of 4 bytes, but data has 12 bytes", "long-data", i4([2, 1], data=bytes(12)))
    ids("tensor: the product of the shape is too large", "shape-overflow", i4([2, 1], shape=[2**33, 2**33]))
    ids("tensor: the shape contains a value that is not a whole number", "shape-negative", i4([2, 1], shape=[-2, -1]))
    ids("a tensor of 5 dimensions", "five-dimensions", i4([2, 1], shape=[1, 1, 1, 1, 2]))
    ids("unsupported tensor type: expected <f4 or <i4", "doubles", i4([2, 1], dtype="<f8"))
    ids("unsupported tensor type: expected <f4 or <i4", "big-endian", i4([2, 1], dtype=">i4"))
    ids("tensor: expected true as nd", "nd-false", Raw(i4([2, 1]).pack().replace(b"nd\xc3", b"nd\xc2")))
    ids("tensor: expected binary bytes as data, found a string", "data-as-text", Raw(i4([2, 1]).pack().replace(b"\xc4\x08\x02", b"\xa8\x02")))
    ids("tensor: expected the keys nd, type, shape and data", "no-shape", Raw(b"\x84" + i4([2, 1]).pack()[1:].replace(pack(b"shape") + b"\x91\x02", b"")))
    ids("number 2 is negative", "negative-id", i4([2, -1]))
    ids("3 ids, but only 2 tokens", "more-ids-than-tokens", i4([2, 1, 1]))


def rejected_stages():
    nan, infinity = float("nan"), float("inf")
    come = {**CAME, **IDS}

    def embedded(reason, name, record):
        reject("embedded-" + name, reason, one(record, "embedded"))

    embedded("key X: missing", "without-X", come)
    embedded("key X: the number of words that the model reads (T) is 1, but 2 in an earlier key or record", "T-differs", {**come, "X": f4([[1, 2, 3]])})
    embedded("key X: number 2 of a tensor is NaN or infinite", "nan", {**come, "X": f4([[1, nan, 3], [1, 2, 3]])})
    embedded("key X: number 6 of a tensor is NaN or infinite", "infinite", {**come, "X": f4([[1, 2, 3], [1, 2, infinity]])})
    reject("embedded-E-differs", "record 2 (e3): offset 369: key X: the embedding size (E) is 2, but 3 in an earlier key or record",
           [header("embedded", "x"), {**come, "X": X}, {**come, "id": "e3", "X": f4([[1, 2], [3, 4]])}, end(2)])

    def encoded(reason, name, tensors):
        reject("encoded-" + name, "key H: " + reason, one({**come, "H": tensors}, "encoded"))

    encoded("block 2: the number of words that the model reads (T) is 1, but 2 in an earlier key or record", "T-differs", [H[0], f4([[1]])])
    encoded("expected at least one block", "no-blocks", [])
    encoded("block 2: expected f4 of 2 dimensions, found f4 of 1", "flat", [H[0], f4([1, 2])])
    reject("encoded-D-differs", "key H: block 1: the width (D) is 1, but 2 in an earlier record",
           [header("encoded", "x"), {**come, "H": H}, {**come, "id": "e3", "H": [H[1], H[0]]}, end(2)])

    def attended(reason, name, **keys):
        reject("attended-" + name, reason, one({**come, "V": V, **PEAKS, **keys}, "attended"))

    attended("key peaks: label 2: word 2 does not exist: the number of words is 2", "word-beyond", peaks=i4([[0, 0], [1, 2], [0, 1]]))
    attended("key peaks: label 1: unexpected block -1, word -1", "no-peak", peaks=i4([[-1, -1], [1, 1], [0, 1]]))
    attended("key peaks: the number of labels (L) is 2, but 3 in an earlier key or record", "L-differs", peaks=i4([[0, 0], [1, 1]]))
    attended("key peak_weights: number 2: expected a probability, 0 to 1", "weight-above-1", peak_weights=f4([0.5, 1.5, 0.5]))
    attended("key A: attention 2: the number of words that the model reads (T) is 1, but 2 in an earlier key or record", "A-T-differs", A=[A[0], f4([[1], [1], [1]])])

    def scored(reason, name, **keys):
        reject("scored-" + name, reason, one({**come, **SCORES, **keys}, "scored", labels=LABELS))

    def predicted(reason, name, *pairs):
        scored("key predicted: prediction " + reason, "predicted-" + name, predicted=[{"code": c, "score": s} for c, s in pairs])

    scored("key scores: number 2 of a tensor is NaN or infinite", "nan", scores=f4([0.75, nan, 0.25]))
    scored("key scores: number 3: expected a probability, 0 to 1", "above-1", scores=f4([0.75, 0.875, 1.5]))
    scored("key scores: number 1: expected a probability, 0 to 1", "below-0", scores=f4([-0.25, 0.875, 0.25]))
    scored("key scores: the number of labels (L) is 2, but 3 in an earlier key or record", "L-differs", scores=f4([0.75, 0.875]))
    predicted("2: the score is higher than the previous one", "unsorted", ("I10", 0.75), ("E11.9", 0.875))
    predicted("1: the code is not among the header's labels", "unknown", ("Z99", 0.5))
    predicted("2: duplicate code", "twice", ("I10", 0.75), ("I10", 0.75))
    predicted("1: the score differs from the one in scores", "other-score", ("I10", 0.5))
    predicted("1: expected a score from 0 to 1", "nan", ("I10", nan))
    scored("key predicted: prediction 1: expected the keys code and score", "predicted-without-score", predicted=[{"code": "I10"}])


accepted()
rejected_streams()
rejected_records()
rejected_spans()
rejected_matches()
rejected_linear_logits()
rejected_cuts()
rejected_tensors()
rejected_stages()
