#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Counts of words and codes, and the common model of several hospitals.
bats_require_minimum_version 1.5.0

load ../helper

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    printf '%s\n' '{"id": "1", "text": "fever fever cough", "labels": ["R50", "R05"]}' \
        '{"id": "2", "text": "fever cough", "labels": ["R50"]}' '{"id": "3", "text": "rare fever", "labels": ["R50", "Z9", "Z9"]}' |
        ecan-tokenize -q > a.mp
    printf '%s\n' '{"id": "1", "text": "pain cough", "labels": ["R05"]}' '{"id": "2", "text": "pain"}' | ecan-tokenize -q > b.mp
}

@test "counts: encounters and occurrences; rare words and codes are left out" {
    run -0 --separate-stderr ecan-counts --min-docs 2 a.mp
    [ "$output" = $'counts\t1\nencounters\t3\nleast\t2\ntokenizer\t'"$(ecan-show a.mp | head -n 1 | jq -c .tokenizer | sed 's/:/: /g; s/,/, /g')"$'
word\tfever\t3\t4\nword\tcough\t2\t2\ncode\tR50\t3\t3\nend\t3' ] || { echo "$output"; false; }
    [ "$stderr" = "ecan-counts: 3 encounters: 2 of 3 words and 1 of 3 codes are in at least 2 of them" ]
    cat a.mp b.mp | ecan-counts -q --min-docs 1 -o all
    grep -qx $'code\tZ9\t1\t1' all
    grep -qx $'word\tcough\t3\t3' all
    [ "$(stat -c %a all)" = 600 ]
    head -c 300 a.mp > cut.mp
    run -1 ecan-counts -o no cut.mp
    [ ! -e no ]
}

@test "agree: the words and codes of all tables, in order, with descriptions; the bias; the vocabulary of word vectors" {
    ecan-counts -q --min-docs 1 a.mp -o a
    ecan-counts -q --min-docs 1 b.mp -o b
    printf 'R05\tCough\nR50\tFever\n' > labels.tsv
    ecan-agree -q --labels labels.tsv --save-vocab words --size 7 --channels 6 --kernels 3 --reduction 2 -o start a b
    ecan-check start
    [ "$(cat start/vocab.txt)" = $'<pad>\n<unk>\ncough\nfever\npain\nrare' ]
    [ "$(cat start/labels.tsv)" = $'R05\tCough\nR50\tFever\nZ9\t' ] || { cat start/labels.tsv; false; }
    [ "$(cat words)" = $'cough 3\nfever 4\npain 2\nrare 1' ]
    [ "$(jq -c '[.embedding_size, .channels, .words, .labels, .tokenizer.case]' start/config.json)" = '[7,[6],6,3,"fold"]' ]
    # The bias is the log odds over the 5 encounters of both: b of R05 is log(2.5 / 3.5).
    echo '{"id": "x", "text": ""}' | ecan-tokenize -q | ecan-predict -q -m start | ecan-show -rf | jq -c '.scores | map(. * 1000 | round)' | grep -qx '\[417,583,250\]'
    ecan-agree -q --size 7 --channels 6 --kernels 3 --reduction 2 -o other b a # the order of the tables does not matter
    cmp start/model.safetensors other/model.safetensors
    ecan-agree -q --size 7 --channels 6 --kernels 3 --reduction 2 --seed 2 -o seed a b
    not cmp -s start/model.safetensors seed/model.safetensors
    ecan-agree -q --min-docs 2 --size 7 --channels 6 --kernels 3 --reduction 2 -o few a b
    [ "$(tail -n +3 few/vocab.txt | tr '\n' ' ')" = "cough fever pain " ]
}

@test "agree: vectors of the agreed words, and training from the result" {
    write_corpus
    for split in train dev; do ecan-counts -q --min-docs 2 $split.mp -o $split; done
    ecan-agree -q --save-vocab words train dev
    ecan-w2v -q --size 8 --min-count 1 --read-vocab words --threads 1 -o one.bin train.mp
    ecan-w2v -q --size 8 --min-count 1 --read-vocab words --threads 1 -o two.bin dev.mp
    ecan-merge --weights 40,16 -o vectors.bin one.bin two.bin
    ecan-agree -q --vectors vectors.bin --channels 8 --kernels 3 --reduction 4 --no-scale-vectors -o start train dev
    [ "$(jq .embedding_size start/config.json)" = 8 ]
    ecan-train -q --init start --train train.mp --dev dev.mp -o model --epochs 1 --threads 1
    ecan-check model
    cmp start/vocab.txt model/vocab.txt
}

@test "bad tables, and wrong usage: an error with the line, and nothing is written" {
    ecan-counts -q --min-docs 1 a.mp -o a
    bad() { # MESSAGE SED
        sed "$2" a > bad
        run -1 ecan-agree -q -o no a bad
        [[ $output == *"$1"* ]] || { echo "$2: $output"; false; }
        [[ $output != *fever* ]]
        [ ! -e no ]
    }
    bad "bad: line 1: expected a table of ecan-counts" '1d'
    bad "bad: truncated: expected a last line with 'end'" '$d'
    bad "bad: line 10: the end says 6 rows, but 5 were read" '/cough/d'
    bad "bad: line 5: invalid counts: expected encounters within 1 .. 3" 's/fever\t3/fever\t4/'
    bad "bad: line 5: invalid counts" 's/fever\t3\t4/fever\t3\t2/'
    bad "bad: line 5: expected a number" 's/fever\t3/fever\t-3/'
    bad "bad: line 6: duplicate word" 's/cough/fever/'
    bad "bad: line 5: expected a row of ecan-counts" 's/^word\tfever/name\tfever/'
    bad "bad: line 5: expected a row of ecan-counts" 's/\tfever\t3/\tfever/'
    bad "bad: line 12: a line after the end" '$a word\tx\t1\t1'
    bad 'bad: line 4: tokenized with other settings than the previous text: "case" differs' 's/"fold"/"keep"/'
    bad "tokenized with other settings than the previous text" '/^tokenizer/d'
    bad "bad: line 5: a word is empty, or has a blank" 's/fever/fe ver/'
    run -1 ecan-agree -q -o no a b.mp
    run -1 ecan-agree -q -o no a nowhere
    run -1 ecan-agree -q --min-docs 4 -o no a
    [[ $output == *"no word is in at least 4 encounters"* ]]
    mkdir other && echo x > other/file
    run -1 ecan-agree -q -o other a
    [[ $output == *"neither empty nor a model folder"* ]]
    ecan-counts -q --min-docs 1 b.mp | grep -v '^code' | sed 's/^end.*/end\t2/' > b
    run -1 ecan-agree -q -o no b
    [[ $output == *"no code is in at least 1 encounters"* ]]
    for wrong in "a" "-o no" "-o no --lr 1 a" "-o no --channels 5,5 --kernels 3 a" "-o no --preset x a"; do
        # shellcheck disable=SC2086
        run -2 ecan-agree $wrong
        [ ! -e no ]
    done
}
