#!/usr/bin/env bats
# ecan-w2v: what it writes, that it is the same each time, and what it refuses.

load ../helper

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    unset TMPDIR
}

# A token stream of 60 records of 40 words: three topics of four words, and words that all share.
write_tokens() {
    for i in $(seq 0 59); do
        words=
        for j in $(seq 0 19); do
            words="$words topic$((i % 3))x$(((i * 7 + j * j) % 4)) été$(((i * 3 + j) % 9))"
        done
        printf '{"id": "e%d", "text": "%s"}\n' "$i" "$words"
    done | ecan-tokenize > tokens.mp
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
    python3 - << 'END'
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

@test "text and binary hold the same numbers" {
    write_tokens
    ecan-w2v --size 8 --binary 1 -o v.bin tokens.mp
    ecan-w2v --size 8 --text -o v.txt tokens.mp
    python3 - << 'END'
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

@test "words of a topic end up near each other" {
    write_tokens
    ecan-w2v --size 16 --iter 40 --text -o v.txt tokens.mp
    python3 - << 'END'
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
    ! cmp -s 1.bin other.bin
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
    [[ "$output" == *"no word comes 4 times or more"*"3 records with 10 tokens"* ]]
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
    python3 -c 'import sys
sys.stdout.buffer.write(b"\x83\xa4ecan\x01\xa4kind\xa8embedded\xa7history\x90\x81\xa3end\x00")' > x.mp
    run ecan-w2v -o v x.mp
    [ "$status" -eq 1 ]
    [[ "$output" == *"embedded, not tokens"* ]]
    python3 -c 'import sys
sys.stdout.buffer.write(b"\x83\xa4ecan\x01\xa4kind\xa6tokens\xa7history\x90\x81\xa2id\xa1a\x81\xa3end\x01")' > x.mp
    run ecan-w2v -o v x.mp
    [ "$status" -eq 1 ]
    [[ "$output" == *"record 1 (a)"*tokens* ]]
}

@test "a token that word vectors cannot hold is refused, or its record skipped, and not quoted" {
    python3 -c 'import sys
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
    ! grep -q secret v
}

@test "a full disk: for the vectors, and for the temporary file" {
    write_tokens
    run ecan-w2v --size 8 -o /dev/full tokens.mp
    [ "$status" -eq 1 ]
    [[ "$output" == *"No space left"* ]]
    run bash -c 'ecan-w2v --size 8 tokens.mp > /dev/full'
    [ "$status" -eq 1 ]
    [[ "$output" == *"No space left"* ]]
    run bash -c 'trap "" XFSZ; ulimit -f 30; ecan-w2v --size 2000 --iter 1 -o v.bin tokens.mp'
    [ "$status" -eq 1 ]
    [[ "$output" == *v.bin*"too large"* ]]
    [ ! -e v.bin ]
    run bash -c 'trap "" XFSZ; ulimit -f 4; ecan-w2v --size 2 -o v.bin tokens.mp'
    [ "$status" -eq 1 ]
    [[ "$output" == *"temporary file in /tmp"*"too large"* ]]
    TMPDIR=/nowhere run ecan-w2v -o v.bin tokens.mp
    [ "$status" -eq 1 ]
    [[ "$output" == *"/nowhere: no temporary file"* ]]
}

@test "nothing stays in TMPDIR" {
    write_tokens
    mkdir tmp
    TMPDIR=$PWD/tmp ecan-w2v --size 4 -o v.bin tokens.mp
    [ -z "$(ls -A tmp)" ]
}

@test "a reader that goes away ends it quietly" {
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
