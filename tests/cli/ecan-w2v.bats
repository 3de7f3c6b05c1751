#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ecan-w2v: its output, equal output for equal seeds, and errors.

load ../helper

# A token stream of 60 records of 40 words: three topics of four words, and words that all share.
setup_file() {
    awk 'BEGIN {
        for (i = 0; i < 60; i++) {
            words = ""
            for (j = 0; j < 20; j++)
                words = words " topic" i % 3 "x" (i * 7 + j * j) % 4 " été" (i * 3 + j) % 9
            printf "{\"id\": \"e%d\", \"text\": \"%s\"}\n", i, words
        }
    }' | ecan-tokenize > "$BATS_FILE_TMPDIR/tokens.mp"
    find_python json
    export python
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    unset TMPDIR
}

write_tokens() {
    cp "$BATS_FILE_TMPDIR/tokens.mp" .
}

@test "help and version" {
    run ecan-w2v --help
    [ "$status" -eq 0 ]
    [[ "$output" == *"--min-count N"* ]]
    run ecan-w2v --version
    [ "$status" -eq 0 ]
}

@test "binary is word2vec's: header, word, space, floats, line feed" {
    write_tokens
    ecan-w2v --size 8 --iter 2 < tokens.mp > v.bin
    "$python" - << 'END'
import math, struct
b = open("v.bin", "rb").read()
head, b = b.split(b"\n", 1)
n, size = map(int, head.split())
assert (n, size) == (21, 8), (n, size)
words = []
for _ in range(n):
    word, b = b.split(b" ", 1)
    assert all(map(math.isfinite, struct.unpack("<8f", b[:32])))
    assert b[32:33] == b"\n"
    words.append(word.decode())
    b = b[33:]
assert b == b"" and len(set(words)) == n and words[0].startswith("été"), words
END
}

@test "text and binary have the same numbers" {
    write_tokens
    ecan-w2v --size 8 --binary 1 -o v.bin tokens.mp
    ecan-w2v --size 8 --text -o v.txt tokens.mp
    "$python" - << 'END'
import struct
b = open("v.bin", "rb").read().split(b"\n", 1)[1]
lines = open("v.txt", encoding="utf-8").read().split("\n")
assert lines[0] == "21 8" and lines[-1] == "" and len(lines) == 23
for line in lines[1:-1]:
    word, *numbers = line.split(" ")
    w, b = b.split(b" ", 1)
    assert w.decode() == word and struct.pack("<8f", *map(float, numbers)) == b[:32]
    b = b[33:]
END
}

@test "gensim reads both" {
    need gensim
    write_tokens
    ecan-w2v --size 8 -o v.bin tokens.mp
    ecan-w2v --size 8 --text -o v.txt tokens.mp
    "$python" - << 'END'
from gensim.models import KeyedVectors
a = KeyedVectors.load_word2vec_format("v.bin", binary=True)
b = KeyedVectors.load_word2vec_format("v.txt", binary=False)
assert a.index_to_key == b.index_to_key and (a.vectors == b.vectors).all() and a.vectors.shape == (21, 8)
END
}

# A token stream whose words are long, accented, of other scripts, or look like numbers.
write_odd_tokens() {
    "$python" - << 'END'
from helper import *
words = ["été", "中文", "🫀", "1", "-0.5", "x" * 5000, "é" * 700, "e\u0301", "<unk>", "nbsp\u00a0here", "#", "nan"]
header = {"ecan": 1, "kind": "tokens", "history": []}
write("odd.mp", [header] + [{"id": str(i), "tokens": words[i % 5:] + words} for i in range(12)] + [{"end": 12}])
pathlib.Path("odd.txt").write_text("\n".join(words), encoding="utf-8")
END
}

@test "gensim reads the same words, counts and numbers, whatever the words" {
    need gensim msgpack msgpack_numpy numpy
    write_odd_tokens
    write_tokens
    ecan-w2v -q --size 4 --save-vocab counts -o counted.bin tokens.mp
    for options in "-o v.bin" "-o v.txt --text" "-o v.glove --text --no-header"; do
        # shellcheck disable=SC2086
        ecan-w2v -q --size 7 --min-count 1 $options odd.mp
    done
    "$python" - << 'END'
from gensim.models import KeyedVectors
words = open("odd.txt", encoding="utf-8").read().split("\n")
a = KeyedVectors.load_word2vec_format("counted.bin", binary=True, fvocab="counts")
assert a.get_vecattr("topic0x1", "count") == int(dict(map(str.split, open("counts", encoding="utf-8")))["topic0x1"])
a = KeyedVectors.load_word2vec_format("v.bin", binary=True)
b = KeyedVectors.load_word2vec_format("v.txt", binary=False)
c = KeyedVectors.load_word2vec_format("v.glove", binary=False, no_header=True)
assert set(a.index_to_key) == set(words)
assert a.index_to_key == b.index_to_key == c.index_to_key
assert (a.vectors == b.vectors).all() and (a.vectors == c.vectors).all() and a.vectors.shape == (len(words), 7)
END
}

@test "the files of gensim, word2vec.c, fastText and GloVe are read bit-identically" {
    need gensim msgpack msgpack_numpy numpy
    write_odd_tokens
    "$python" - << 'END'
from helper import *
from gensim.models import KeyedVectors
words = open("odd.txt", encoding="utf-8").read().split("\n")
k = KeyedVectors(vector_size=5)
k.add_vectors(words, numpy.random.RandomState(1).standard_normal((len(words), 5)).astype("<f4") * 10.0 ** numpy.arange(-3, 2))
k.save_word2vec_format("gensim.bin", binary=True)
k.save_word2vec_format("gensim.txt", binary=False)
k.save_word2vec_format("gensim.glove", binary=False, write_header=False)
def rows(number, end):
    return [" ".join([w, *map(number, x)]) + end for w, x in zip(words, k.vectors)]
exact = lambda x: repr(float(x))
lines = {"glove": rows(exact, "\n"), "vec": rows(exact, " \n"), "txt": rows(lambda x: "%.9e" % x, " \n")}
for name in lines:  # GloVe without a header; fastText and word2vec.c with a space at the end
    head = "" if name == "glove" else f"{len(words)} 5\n"
    pathlib.Path("other." + name).write_text(head + "".join(lines[name]), encoding="utf-8")
pathlib.Path("header.glove").write_text(f"{len(words)} 5\n" + "".join(lines["glove"]), encoding="utf-8")
pathlib.Path("other.bin").write_bytes(f"{len(words)} 5\n".encode() + b"".join(
    w.encode() + b" " + x.tobytes() + b"\n" for w, x in zip(words, k.vectors)))
numpy.save("rows.npy", k.vectors)
END
    for file in gensim.bin gensim.txt gensim.glove other.glove other.vec other.txt other.bin header.glove; do
        ecan-check "$file"
        ecan-embed -q --vectors "$file" odd.mp > embedded.mp
        "$python" - << 'END'
from helper import *
words = open("odd.txt", encoding="utf-8").read().split("\n")
rows = numpy.load("rows.npy")
for r in records("embedded.mp"):
    assert (r["X"] == rows[[words.index(t) for t in r["tokens"]]]).all()
END
    done
}

@test "words of a topic end up near each other" {
    write_tokens
    ecan-w2v --size 16 --iter 40 --text -o v.txt tokens.mp
    "$python" - << 'END'
v = {}
for line in open("v.txt", encoding="utf-8").read().split("\n")[1:-1]:
    word, *x = line.split()
    x = list(map(float, x))
    norm = sum(a * a for a in x) ** .5
    v[word] = [a / norm for a in x]
topics = [w for w in v if w.startswith("topic")]
assert len(topics) == 12
for w in topics:
    near = max((u for u in v if u != w), key=lambda u: sum(a * b for a, b in zip(v[u], v[w])))
    assert near[:6] == w[:6], (w, near)
END
}

@test "the same bytes for a seed, whatever the threads; others for another seed" {
    write_tokens
    for t in 1 2 3; do
        ecan-w2v --size 20 --seed 7 --threads $t -o $t.bin tokens.mp
    done
    cmp 1.bin 2.bin
    cmp 1.bin 3.bin
    ecan-w2v --size 20 --seed 8 -o other.bin tokens.mp
    not cmp -s 1.bin other.bin
}

@test "skip-gram and hierarchical softmax: the same bytes whatever the threads, each its own" {
    write_tokens
    for method in "--cbow 1 --hs 0" "--cbow 1 --hs 1 --negative 0" "--cbow 1 --hs 1" "--cbow 0 --hs 0" \
        "--cbow 0 --hs 1 --negative 0" "--cbow 0 --hs 1"; do
        for t in 1 3; do
            # shellcheck disable=SC2086
            ecan-w2v -q --size 20 --iter 2 --threads $t $method -o "$t.bin" tokens.mp
        done
        cmp 1.bin 3.bin
        md5sum < 1.bin >> sums
    done
    [ "$(sort -u sums | wc -l)" -eq 6 ]
    ecan-w2v -q --size 20 --iter 2 --hs 1 --sg -o sg.bin tokens.mp
    cmp sg.bin 1.bin
}

@test "word2vec.c's command line" {
    write_tokens
    ecan-w2v -train tokens.mp -output a.bin -size 5 -window 3 -sample 1e-4 -hs 1 -negative 4 -threads 2 -iter 3 -min-count 2 \
        -alpha 0.05 -cbow 0 -binary 1 -debug 0 -save-vocab words
    ecan-w2v --size 5 --window 3 --sample 1e-4 --hs 1 --negative 4 --iter 3 --min-count 2 --alpha 0.05 --sg < tokens.mp > b.bin
    cmp a.bin b.bin
    ecan-w2v -train tokens.mp -output a.txt -size 5 -binary 0
    ecan-w2v --size 5 --text < tokens.mp > b.txt
    cmp a.txt b.txt
    ecan-w2v -train tokens.mp -output classes -size 5 -classes 4
    [ "$(wc -l < classes)" -eq 21 ]
}

@test "gensim's and word2vec.c's defaults" {
    write_tokens
    ecan-w2v -q --size 4 --compat word2vec -o a.bin tokens.mp
    ecan-w2v -q --size 4 --alpha 0.05 --min-alpha 5e-6 --min-count 5 --max-sentence 1000 --sigmoid word2vec \
        --start-range 0.5 --sentence-end -o b.bin tokens.mp
    cmp a.bin b.bin
    ecan-w2v -q --size 4 --compat word2vec --sg -o a.bin tokens.mp
    ecan-w2v -q --size 4 --sg --alpha 0.025 --min-alpha 2.5e-6 --min-count 5 --max-sentence 1000 --sigmoid word2vec \
        --start-range 0.5 --sentence-end -o b.bin tokens.mp
    cmp a.bin b.bin
    ecan-w2v -q --size 4 --compat gensim -o a.bin tokens.mp
    ecan-w2v -q --size 4 --min-count 5 --max-sentence 10000 --sigmoid gensim -o b.bin tokens.mp
    cmp a.bin b.bin
    ecan-w2v -q --size 4 --compat word2vec --alpha 0.03 --min-count 1 --no-sentence-end --text -o a.txt tokens.mp
    [ "$(head -n 1 a.txt)" = "21 4" ]
    ecan-w2v -q --size 4 --cbow-mean 0 -o a.bin tokens.mp
    ecan-w2v -q --size 4 --cbow-mean 0 --cbow-grad mean -o b.bin tokens.mp
    cmp a.bin b.bin
    ecan-w2v -q --size 4 --cbow-mean 0 --cbow-grad sum -o b.bin tokens.mp
    not cmp -s a.bin b.bin
}

@test "each further option changes the vectors" {
    write_tokens
    ecan-w2v -q --size 4 --sample 1e-2 -o plain.bin tokens.mp
    for options in --no-shrink-windows "--ns-exponent 0.5" "--cbow-mean 0" "--cbow-grad mean" "--max-sentence 7" \
        "--start-range 2" --sg "--hs 1" "--batch 1"; do
        # shellcheck disable=SC2086
        ecan-w2v -q --size 4 --sample 1e-2 $options -o other.bin tokens.mp
        not cmp -s plain.bin other.bin
    done
}

@test "the end of a sentence, as word2vec.c writes it" {
    write_tokens
    ecan-w2v -q --size 4 --sentence-end --text --save-vocab words -o v.txt tokens.mp
    [ "$(head -n 1 v.txt)" = "22 4" ]
    [[ "$(sed -n 2p v.txt)" == "</s> "* ]]
    [ "$(head -n 1 words)" = "</s> 60" ]
    ecan-w2v -q --size 4 --text tokens.mp | tail -n +2 | cmp - <(tail -n +3 v.txt)
    ecan-w2v -q --size 4 --sentence-end --text --read-vocab words tokens.mp | cmp - v.txt
}

@test "a vocabulary that was saved" {
    write_tokens
    ecan-w2v -q --size 4 --save-vocab words -o a.bin tokens.mp
    ecan-w2v -q --size 4 --read-vocab words -o b.bin tokens.mp
    cmp a.bin b.bin
    printf 'nowhere 9\ntopic0x1 7\r\ntopic1x1 5\nété1 2\n' > few
    ecan-w2v -q --size 4 --text --read-vocab few --save-vocab saved -o v.txt tokens.mp
    [ "$(cut -d ' ' -f 1 v.txt)" = $'3\nnowhere\ntopic0x1\ntopic1x1' ]
    [ "$(cat saved)" = $'nowhere 9\ntopic0x1 7\ntopic1x1 5' ]
    while IFS='|' read -r text reason; do
        printf "$text" > bad
        run ecan-w2v --read-vocab bad -o none tokens.mp
        [ "$status" -eq 1 ]
        [[ "$output" == *"$reason"* ]]
        [[ "$output" != *secret* ]]
        [ ! -e none ]
    done << 'END'
a 5\nsecret\n|bad: line 2: expected a word, a space and a count
secret 0\n|bad: line 1: expected a word
secret -4\n|bad: line 1: expected a word
 7\n|bad: line 1: expected a word
secret 1234567890123456\n|bad: line 1: expected a word
secret\t7\n|bad: line 1: expected a word
two secrets 7\n|bad: line 1: expected a word
\303 7\n|bad: line 1: the word is not valid UTF-8
secret 7\nb 6\nsecret 5\n|bad: line 3: duplicate word
a 2\n|no word occurs at least 3 times
|no word occurs at least 3 times
END
    seq -f 'w%.0f 999999999999999' 9300 > large
    run ecan-w2v --read-vocab large -o none tokens.mp
    [ "$status" -eq 1 ]
    [[ "$output" == *"the sum of the counts exceeds"* ]]
    run ecan-w2v --read-vocab nowhere -o none tokens.mp
    [ "$status" -eq 1 ]
    [[ "$output" == *"nowhere: No such file"* ]]
}

@test "going on from vectors" {
    write_tokens
    printf 'été1 1 2 3\nelsewhere 4 5 6\ntopic0x1 7 8 9\n' > start.txt
    ecan-w2v -q --init start.txt --alpha 1e-9 --min-alpha 0 --text -o v.txt tokens.mp
    [ "$(head -n 1 v.txt)" = "22 3" ]
    [ "$(tail -n 1 v.txt)" = "elsewhere 4 5 6" ]
    grep -qE '^été1 (1|0\.99999|1\.00000)[0-9]* ' v.txt
    grep -qE '^topic0x1 (7|6\.9999|7\.0000)[0-9]* ' v.txt
    grep -qE '^topic0x2 -?0\.' v.txt
    ecan-w2v -q --init start.txt --no-keep-init --min-count 10000 --text -o none tokens.mp || true
    [ ! -e none ]
    ecan-w2v -q --init start.txt --no-keep-init --text tokens.mp | head -n 1 | grep -qx "21 3"
    # Below --min-count a word stays as it was.
    printf '%s\n' '{"id": "1", "text": "koorts koorts koorts hoest été1 hoest hoest"}' | ecan-tokenize > few.mp
    ecan-w2v -q --init start.txt --text few.mp > few.txt
    [ "$(tail -n +4 few.txt)" = "$(cat start.txt)" ]
    # The kind of the file and the number of threads do not matter; training can continue twice.
    ecan-w2v -q --size 6 --iter 2 -o first.bin tokens.mp
    ecan-w2v -q --size 6 --iter 2 --text -o first.txt tokens.mp
    ecan-w2v -q --init first.bin --threads 1 -o a.bin tokens.mp
    ecan-w2v -q --init first.txt --threads 2 --size 6 -o b.bin tokens.mp
    cmp a.bin b.bin
    not cmp -s a.bin first.bin
    printf 'été1 1 2 3\ntwo words 1 2 3\n' > spaces.txt
    run ecan-w2v -q --init spaces.txt --text -o v.txt tokens.mp
    [ "$status" -eq 0 ]
    [[ "$output" == *"spaces.txt: 1 words contain a space"* ]]
    [ "$(head -n 1 v.txt)" = "21 3" ]
    run ecan-w2v --init first.bin --size 7 -o none tokens.mp
    [ "$status" -eq 2 ]
    [[ "$output" == *"have dimension 6"* ]]
    head -c 100 first.bin > cut.bin
    run ecan-w2v --init cut.bin -o none tokens.mp
    [ "$status" -eq 1 ]
    [[ "$output" == *"cut.bin: truncated"* ]]
    [ ! -e none ]
}

@test "classes" {
    write_tokens
    for t in 1 2; do
        ecan-w2v -q --size 16 --iter 40 --min-count 1 --classes 4 --threads $t -o classes$t tokens.mp
    done
    cmp classes1 classes2
    [ "$(cut -d ' ' -f 2 classes1 | sort -u | tr -d '\n')" = 0123 ]
    for topic in topic0 topic1 topic2; do # the words of a topic are in one class
        [ "$(grep $topic classes1 | cut -d ' ' -f 2 | sort -u | wc -l)" -eq 1 ]
    done
    run bash -c 'ecan-w2v -q --classes 3 tokens.mp > /dev/full'
    [ "$status" -eq 1 ]
    run bash -c 'ecan-w2v -q --save-vocab /dev/full -o v tokens.mp'
    [ "$status" -eq 1 ]
}

@test "peers' names of options" {
    write_tokens
    ecan-w2v --size 5 --window 3 --negative 4 --sample 1e-4 --min-count 2 --iter 3 --alpha 0.05 --min-alpha 1e-3 \
        --threads 1 --seed 2 --binary 1 -o a.bin tokens.mp
    ecan-w2v --size 5 --window 3 --negative 4 --sample 1e-4 --min-count 2 --epochs 3 --alpha 0.05 --min-alpha 1e-3 \
        --threads 1 --seed 2 < tokens.mp > b.bin
    cmp a.bin b.bin
}

@test "the vocabulary with its counts; min-count and min-docs" {
    printf '%s\n' '{"id": "1", "text": "koorts koorts hoest"}' '{"id": "2", "text": "hoest koorts pijn"}' \
        '{"id": "3", "text": "pijn jeuk jeuk jeuk"}' | ecan-tokenize > tokens.mp
    ecan-w2v --size 2 --min-count 1 --save-vocab all -o v tokens.mp
    [ "$(cat all)" = $'koorts 3\njeuk 3\nhoest 2\npijn 2' ]
    ecan-w2v --size 2 --min-count 3 --save-vocab three -o v tokens.mp
    [ "$(cat three)" = $'koorts 3\njeuk 3' ]
    ecan-w2v --size 2 --min-count 1 --min-docs 2 --save-vocab docs -o v tokens.mp
    [ "$(cat docs)" = $'koorts 3\nhoest 2\npijn 2' ]
    run ecan-w2v --min-count 4 -o none tokens.mp
    [ "$status" -eq 1 ]
    [[ "$output" == *"no word occurs at least 4 times"*"3 records with 10 tokens"* ]]
    [ ! -e none ]
}

@test "truncated input: exit 1, no file" {
    write_tokens
    size=$(stat -c %s tokens.mp)
    for cut in 0 1 5 $((size / 2)) $((size - 1)); do
        head -c "$cut" tokens.mp > cut.mp
        run ecan-w2v --size 4 -o v.bin cut.mp
        [ "$status" -eq 1 ]
        [ ! -e v.bin ]
        run bash -c 'ecan-w2v --size 4 < cut.mp 2> message | wc -c; exit "${PIPESTATUS[0]}"'
        [ "$status" -eq 1 ]
        [ "$output" -eq 0 ]
        grep -q '^ecan-w2v: ' message
    done
}

@test "records that are not tokens, or have none" {
    "$python" -c 'import sys
sys.stdout.buffer.write(b"\x83\xa4ecan\x01\xa4kind\xa8embedded\xa7history\x90\x81\xa3end\x00")' > x.mp
    run ecan-w2v -o v x.mp
    [ "$status" -eq 1 ]
    [[ "$output" == *"expected a 'tokens' stream, got 'embedded': use the output of ecan-tokenize"* ]]
    "$python" -c 'import sys
sys.stdout.buffer.write(b"\x83\xa4ecan\x01\xa4kind\xa6tokens\xa7history\x90\x81\xa2id\xa1a\x81\xa3end\x01")' > x.mp
    run ecan-w2v -o v x.mp
    [ "$status" -eq 1 ]
    [[ "$output" == *"record 1 (a)"*tokens* ]]
}

@test "a token that word vectors cannot have is an error, or its record is skipped, and not quoted" {
    "$python" -c 'import sys
sys.stdout.buffer.write(b"\x83\xa4ecan\x01\xa4kind\xa6tokens\xa7history\x90"
    b"\x82\xa2id\xa1a\xa6tokens\x92\xa6secret\xa9secret me"
    b"\x82\xa2id\xa1b\xa6tokens\x92\xa4pijn\xa4jeuk\x81\xa3end\x02")' > x.mp
    run ecan-w2v -o v x.mp
    [ "$status" -eq 1 ]
    [[ "$output" == *"record 1 (a)"*"token 2"* ]]
    [[ "$output" != *secret* ]]
    [ ! -e v ]
    run ecan-w2v --skip-bad --min-count 1 --text --size 2 -o v x.mp
    [ "$status" -eq 1 ]
    [[ "$(cat v)" == "2 2"*pijn*jeuk* ]]
    not grep -q secret v
}

@test "a full disk: for the vectors, and for the temporary file" {
    write_tokens
    run ecan-w2v --size 8 -o /dev/full tokens.mp
    [ "$status" -eq 1 ]
    [[ "$output" == *"No space left"* ]]
    run bash -c 'ecan-w2v --size 8 tokens.mp > /dev/full'
    [ "$status" -eq 1 ]
    [[ "$output" == *"No space left"* ]]
    run bash -c 'ulimit -f 30; ecan-w2v --size 2000 --iter 1 -o v.bin tokens.mp'
    [ "$status" -eq 1 ]
    [[ "$output" == *v.bin*"too large"* ]]
    [ ! -e v.bin ]
    run bash -c 'ulimit -f 4; ecan-w2v --size 2 -o v.bin tokens.mp'
    [ "$status" -eq 1 ]
    [[ "$output" == *"temporary file in /tmp"*"too large"* ]]
    TMPDIR=/nowhere run ecan-w2v -o v.bin tokens.mp
    [ "$status" -eq 1 ]
    [[ "$output" == *"/nowhere: "* ]]
}

@test "nothing stays in TMPDIR" {
    write_tokens
    mkdir tmp
    TMPDIR=$PWD/tmp ecan-w2v --size 4 -o v.bin tokens.mp
    [ -z "$(ls -A tmp)" ]
}

@test "a reader that closes the pipe ends it quietly" {
    write_tokens
    run bash -c 'ecan-w2v --size 2000 --iter 1 tokens.mp | head -c 10 > /dev/null'
    [ "$status" -eq 0 ]
    [ -z "$output" ]
}

@test "wrong usage: exit 2" {
    for options in "--size 0" "--size x" "--iter 0" "--negative -1" "--alpha nan" "--sample 2" "--window 0" \
        "--cbow-grad both" "--text --binary 1" "--binary 2" "--sg --cbow 1" "--negative 0" "--hs 2" "--no-header" "--classes -1" "--compat both" "--read-vocab w --min-docs 2" "--alpha 0.01 --min-alpha 0.02" "--nonsense"; do
        # shellcheck disable=SC2086
        run ecan-w2v $options -o v tokens.mp
        [ "$status" -eq 2 ]
        [ ! -e v ]
    done
}
