# SPDX-License-Identifier: Apache-2.0
# Shared by the .bats files: load ../helper

# Sets $python to the first Python with these modules, Debian's before others: it has those of check-deps. It can import
# tests/helper.py.
find_python() {
    local p
    for p in /usr/bin/python3 python3; do
        if "$p" -c 'import sys; from importlib.util import find_spec
sys.exit(not all(map(find_spec, sys.argv[1:])))' "$@" 2>/dev/null; then
            python=$p
            export PYTHONPATH=$BATS_TEST_DIRNAME/.. PYTHONDONTWRITEBYTECODE=1
            return
        fi
    done
    return 1
}

# The same, or skips the test.
need() {
    find_python "$@" || skip "no Python with $*"
}

# Fails if the command succeeds. (With `! command`, bash would not stop.)
not() {
    ! "$@"
}

# For libraries that are preloaded (tests/fault), or skips. With sanitizers, the library comes before theirs.
need_fault() {
    [ -e "$ECAN_BUILD/tests/fault.so" ] || skip "no $ECAN_BUILD/tests/fault.so"
    export ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0
}

# corpus N PREFIX: N encounters of 30 words with one or two of six codes, each expressed by its own word.
corpus() {
    awk -v n="$1" -v prefix="$2" 'BEGIN {
        split("Z2 B10 A10 A1 E11.9 C5", code)
        for (i = 0; i < n; i++) {
            a = i % 6 + 1; b = int(i * 5 / 3) % 6 + 1
            text = "sign" a
            for (j = 1; j < 30; j++)
                text = text " " (j == i % 29 + 1 ? "sign" b : "word" (i * 17 + j * j * 3) % 40)
            labels = "\"" code[a] "\"" (a == b ? "" : ", \"" code[b] "\"")
            printf "{\"id\": \"%s%d\", \"text\": \"%s\", \"labels\": [%s]}\n", prefix, i, text, labels
        }
    }'
}

# train.mp, dev.mp and vectors.bin in this folder: 40 and 16 encounters, 8 numbers a word.
write_corpus() {
    corpus 40 t | ecan-tokenize > train.mp
    corpus 16 d | ecan-tokenize > dev.mp
    ecan-w2v --size 8 --min-count 1 --threads 1 -o vectors.bin train.mp
}

# A small network: an epoch takes milliseconds. Two phases; everything optional is off.
network=(--channels 8,8 --kernels 3,3 --reduction 4 --batch-size 8 --lr 0.02 --dropout 0.5 --average 0 --share none
    --focal --criterion micro-f1 --no-tune-threshold --threads 1)

# train FOLDER [OPTION]...: later options override those of the network. With `exec` in $before it replaces the shell. $train is
# another program.
train() {
    local folder=$1
    shift
    ${before:-} "${train:-ecan-train}" --train "$data/train.mp" --dev "$data/dev.mp" --vectors "$data/vectors.bin" -o "$folder" --quiet \
        "${network[@]}" "$@"
}

# A model trained for one epoch, and one file of each kind that its programs read and write, in this folder.
write_streams() {
    local data=$PWD
    write_corpus
    train model --epochs 1 --no-focal
    corpus 6 p > encounters.jsonl
    ecan-tokenize -q encounters.jsonl > tokens.mp
    ecan-embed -q -m model tokens.mp > embedded.mp
    ecan-encode -q -m model embedded.mp > encoded.mp
    ecan-attend -q -m model encoded.mp > attended.mp
    ecan-score -q -m model attended.mp > scored.mp
    printf 'id,code,score\np0,A1,0.25\np1,"B10",1\n' > predictions.csv
    printf 'A1\t0.25\n' > thresholds.tsv
}

# completes WORDS...: the completions of the last word, which may be empty, with blanks between. bats would trace each
# command of its loops.
completes() {
    trap - DEBUG
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    COMPREPLY=()
    _ecan "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
    echo "${COMPREPLY[*]}"
}
