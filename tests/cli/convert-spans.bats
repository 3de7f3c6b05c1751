#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ecan-convert --spans: the places of codes, in the form that ecan-terms --spans reads.

load ../helper

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# spans FILE: encounter, code, note, begin and end of each span.
spans() {
    jq -r '.id as $id | .codes[] | .code as $code | .evidence[] | [$id, $code, .document, .begin, .end] | join(" ")' "$1"
}

@test "brat: a place of one part or several; events; offsets are code points outside the BMP; Windows line ends" {
    mkdir in
    printf 'Pati\xc3\xabnt \xf0\x9d\x94\x98 met koorts\r\nen hoest, erge pijn links' >in/a.txt
    {
        printf 'T1\tDisease 14 20\tkoorts\r\nT2\tDisease 14 20;22 30\tkoorts en hoest\r\n'
        printf 'N3\tReference E1 ICD-10:R07.4\t\r\nE1\tPain:T3\r\nT3\tPain 37 41;42 47\tpijn links\r\n'
        printf 'N1\tReference T1 ICD-10:R50.9\tFever\r\nN2\tReference T2 ICD-10:R05\tCough\r\nN4\tReference T7 ICD-10:I10\t\r\n'
        printf 'T4\tDisease 0 3\tPat\r\n#1\tAnnotatorNotes T1\tlook\r\nA1\tNegated T1\r\nR1\tCause Arg1:T1 Arg2:T2\r\n*\tEquiv T1 T2\r\n\r\n'
    } >in/a.ann
    ecan-convert brat --spans spans.jsonl in >out 2>said
    [ "$(jq -c .labels out)" = '["I10","R05","R07.4","R50.9"]' ]
    spans spans.jsonl
    [ "$(spans spans.jsonl | sort | paste -sd,)" = 'a R05 a 14 30,a R07.4 a 37 41,a R07.4 a 42 47,a R50.9 a 14 20' ]
    cat said
    [ "$(wc -l <said)" -eq 4 ]
    grep -q ': 1 mark left out: it has no code$' said
    grep -q ': 1 remark left out: codes are elsewhere (--brat-codes)$' said
    grep -q ': 3 annotations left out: relations, attributes and equivalences have no code$' said
    grep -q ': 1 span left out: the mark of its code is not in the file$' said
    [ "$(stat -c %a spans.jsonl)" = 600 ]

    # Codes that are types, or remarks.
    printf 'T1\tR07.4 32 36\terge\nT2\tR52 37 41\tpijn\nN1\tReference T1 X:Y\n' >in/a.ann
    ecan-convert brat --brat-codes types --spans spans.jsonl in >out 2>said
    [ "$(spans spans.jsonl | paste -sd,)" = 'a R07.4 a 32 36,a R52 a 37 41' ]
    grep -q ': 1 normalization left out: codes are elsewhere' said
    printf 'T1\tX 32 36\terge\n#1\tAnnotatorNotes T1\tR07.4; R52\n#2\tNoteOfATool T1\tx\n' >in/a.ann
    ecan-convert brat --brat-codes notes --spans spans.jsonl in >out 2>said
    [ "$(spans spans.jsonl | paste -sd,)" = 'a R07.4 a 32 36,a R52 a 32 36' ]
    grep -q ': 1 remark left out: it is not of an annotator$' said
}

@test "brat: offsets of programs that count UTF-16, bytes, line ends as one, or a byte order mark" {
    need msgpack
    "$python" - <<'END'
import os
note = "Patiënt 𝔘\r\nmet koorts\r\nen 😷 hoest"
count = {"points": len, "utf16": lambda s: len(s.encode("utf-16-le")) // 2, "bytes": lambda s: len(s.encode()),
         "lines": lambda s: len(s.replace("\r\n", "\n"))}
for mark in "", "\ufeff":
    for name, n in count.items():
        folder = name + ("-mark" if mark else "")
        os.mkdir(folder)
        open(folder + "/a.txt", "w", newline="").write(mark + note)
        with open(folder + "/a.ann", "w") as f:
            for i, (word, code) in enumerate({"koorts": "R50.9", "hoest": "R05"}.items()):
                begin = n((mark + note)[:(mark + note).index(word)])
                f.write(f"T{i}\tDisease {begin} {begin + n(word)}\t{word}\nN{i}\tReference T{i} ICD:{code}\n")
END
    for folder in points utf16 bytes lines points-mark utf16-mark bytes-mark lines-mark; do
        ecan-convert brat --spans spans.jsonl "$folder" >out
        echo "$folder: $(spans spans.jsonl | paste -sd,)"
        [ "$(spans spans.jsonl | paste -sd,)" = 'a R50.9 a 15 21,a R05 a 28 33' ]
    done
    # Without texts in the lines of marks, offsets are code points; marks that are nowhere are left out.
    sed -i 's/\t[a-z]*$//' points/a.ann
    ecan-convert brat --spans spans.jsonl points >out
    [ "$(spans spans.jsonl | paste -sd,)" = 'a R50.9 a 15 21,a R05 a 28 33' ]
    printf 'T1\tX 15 21\tkoorts\nN1\tReference T1 X:R50.9\nT2\tX 15 21\thoest\nN2\tReference T2 X:R05\nT3\tX 30 90\nN3\tReference T3 X:R52\nT4\tX 3 3\nN4\tReference T4 X:R52\n' >points/a.ann
    ecan-convert brat --spans spans.jsonl points >out 2>said
    [ "$(spans spans.jsonl)" = 'a R50.9 a 15 21' ]
    [ "$(jq -c .labels out)" = '["R05","R50.9","R52"]' ]
    cat said
    grep -q ': 1 span left out: its offsets do not give its text$' said
    grep -q ': 2 spans left out: it is not a part of its note$' said
}

@test "brat: invalid lines name file and line; nothing of the file is used; no spans is an error" {
    mkdir in
    echo 'erge koorts' >in/a.txt
    echo 'geen klachten' >in/b.txt
    : >in/b.ann
    for line in 'T1\tX koorts\tkoorts' 'T1\tX 5\tkoorts' 'T1\tX 5 11;\tkoorts' 'T1\tX 11 5\tkoorts' 'T1\tX 5 99999999999\tkoorts' \
        'T1 X 5 11' 'T1\tX 0 4\terge\nT1\tX 5 11\tkoorts'; do
        # shellcheck disable=SC2059
        printf "T0\tX 5 11\tkoorts\nN1\tReference T0 X:R50.9\n$line\n" >in/a.ann
        run ecan-convert brat --spans spans.jsonl in
        echo "$output"
        [ "$status" -eq 1 ] && [ ! -e spans.jsonl ]
        [[ $output == *'in/a.ann: line '[34]': '* && $output != *koorts* ]]
        run ecan-convert brat --skip-bad in
        [ "$status" -eq 1 ] && [[ $output == *'"id":"b"'* && $output != *'"id":"a"'* ]]
    done
    printf 'T0\tX 5 11\tkoorts\n' >in/a.ann
    run ecan-convert brat --spans spans.jsonl in -o out
    [ "$status" -eq 1 ] && [ ! -e spans.jsonl ] && [ ! -e out ]
    [[ $output == *'no span to write: no code of the input has a place in a note'* ]]
}

@test "brat: with --folders a folder is an encounter; marks train terms" {
    mkdir -p in/p7/2021
    printf 'erge koorts' >in/a.txt
    printf 'T1\tX 5 11\tkoorts\nN1\tReference T1 X:R50.9\n' >in/a.ann
    printf 'hoest' >in/p7/first.txt
    printf 'T1\tX 0 5\thoest\nN1\tReference T1 X:R05\n' >in/p7/first.ann
    printf 'koorts en hoest' >in/p7/2021/second.txt
    printf 'T1\tX 10 15\thoest\nN1\tReference T1 X:R05\n' >in/p7/2021/second.ann
    ecan-convert -q brat --folders --spans spans.jsonl in >out
    [ "$(jq -c '[.id, [.documents[].id], .labels]' out | paste -sd' ')" = '["a",["a"],["R50.9"]] ["p7",["first","2021/second"],["R05"]]' ]
    [ "$(spans spans.jsonl | paste -sd,)" = 'a R50.9 a 5 11,p7 R05 first 0 5,p7 R05 2021/second 10 15' ]
    ecan-tokenize -q out >train.mp
    ecan-terms --no-mined --train train.mp --spans spans.jsonl 2>said >terms.tsv
    cat said
    grep -q '3 of 3 spans are used$' said
    [ "$(grep -v '^#' terms.tsv | cut -f 1,2 | sort | paste -sd,)" = "$(printf 'hoest\tR05,koorts\tR50.9')" ]
}
