#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ecan-import: predictions of other systems in every form that it reads, and those that it refuses.
bats_require_minimum_version 1.5.0
load ../helper

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    printf '%s\n' '{"id": 1, "labels": ["A", "C", "A"]}' '{"id": "2", "labels": []}' '{"id": "x 3", "labels": ["B"]}' \
        '{"id": 4}' > gold.jsonl
    printf 'id,code,score\n1,A,0.9\nx 3,B,0.25\n1,B,.125\n2,A,5e-1\n' > predictions.csv
    ecan-import -q --gold gold.jsonl predictions.csv > scored.mp 2> /dev/null
}

# same FILE [OPTION]...: the predictions in FILE make the same stream.
same() { ecan-import -q --gold gold.jsonl "$@" 2> /dev/null | cmp - scored.mp; }

@test "one record for each gold encounter, in its order; codes without a prediction have score 0" {
    ecan-check scored.mp
    ecan-show --full scored.mp > shown
    local version
    version=$(ecan-import --version | sed -n '1s/ecan-import //p')
    sed "s/VERSION/$version/" > want << 'END'
{"ecan": 1, "kind": "scored", "history": [{"program": "ecan-import", "version": "VERSION"}], "labels": ["A", "B"], "threshold": 0.5}
{"id": "1", "labels": ["A", "C"], "scores": [0.9, 0.125], "predicted": [{"code": "A", "score": 0.9}]}
{"id": "2", "labels": [], "scores": [0.5, 0], "predicted": []}
{"id": "x 3", "labels": ["B"], "scores": [0, 0.25], "predicted": []}
{"id": "4", "scores": [0, 0], "predicted": []}
{"end": 4}
END
    diff want shown
    ecan-import --gold gold.jsonl predictions.csv 2>&1 > /dev/null | grep -q '1 of 4 encounters have no prediction'
    ecan-import -t 0.2 --gold gold.jsonl predictions.csv 2> /dev/null | ecan-show | grep -q '"predicted": \[{"code": "B", "score": 0.25}\]'
}

@test "the same from other columns, separators, quotes, line ends, pipes" {
    printf '\xef\xbb\xbfscore;text;LABEL;hadm_id\r\n0.9;"a\n""b"";";A;1\r\n0.25;;B;x 3\r\n\r\n.125;; "B" ;"1"\r\n5e-1;;A;2\r\n' > other.csv
    same other.csv
    same < predictions.csv
    same <(cat predictions.csv)
    tr , '\t' < predictions.csv > predictions.tsv
    same predictions.tsv
    printf 'n,icd,p\n1,A,0.9\nx 3,B,0.25\n1,B,.125\n2,A,5e-1\n' | same --id id,n --code icd --score p
    head -n 3 predictions.csv > a.csv
    sed -n '1p;4,$p' predictions.csv > b.csv
    same a.csv b.csv
}

@test "the same from JSON Lines" {
    printf '%s\n' '{"id": 1, "scores": {"B": 0.125, "A": 0.9}}' '{"id": "2", "scores": {"A": 0.5}}' '' \
        '{"hadm_id": "x 3", "label": "B", "probability": 0.25}' '{"id": 4, "scores": {}}' > a.jsonl
    same a.jsonl
}

@test "the lines of ecan predict; they are no stream and no encounters" {
    printf '%s\n' '{"id": "1", "predicted": [{"code": "A", "score": 0.9}, {"code": "B", "score": 0.125}]}' \
        '{"id": "2", "predicted": [{"code": "A", "score": 0.5}], "words_cut": 3}' \
        '{"id": "x 3", "predicted": [{"code": "B", "score": 0.25}]}' '{"id": "4", "predicted": []}' > predicted.jsonl
    same predicted.jsonl
    for program in ecan-metrics ecan-show ecan-check ecan-average; do
        run -1 $program predicted.jsonl
        [[ $output == *"or ecan-import on predictions" ]]
    done
    run -1 --separate-stderr ecan-tokenize -o none predicted.jsonl
    [[ $stderr == *"run ecan-import if these are predictions" ]]
    for bad in '5' '[5]' '[{"code": "A"}]' '[{"code": 5, "score": 0.5}]' '[{"code": "A", "score": 2}]'; do
        run -1 ecan-import --gold gold.jsonl - <<< "{\"id\": \"1\", \"predicted\": $bad}"
        [[ $output == *": predicted: "* ]]
    done
}

@test "the same gold as a stream, as CSV, from a pipe" {
    while read -r encounter; do echo "${encounter%\}}, \"text\": \"\"}"; done < gold.jsonl | ecan-tokenize > gold.mp
    same --gold gold.mp predictions.csv
    same --gold <(cat gold.mp) predictions.csv
    same --gold - predictions.csv < gold.mp
    same --gold <(cat scored.mp) predictions.csv
    printf 'id,code,score\n1,A,x\n1,C,\n1,A,7\n2,,\nx 3,B,\n' > gold.csv
    ecan-import -q --gold gold.csv predictions.csv | ecan-show --full | head -n 4 | diff - <(ecan-show --full scored.mp | head -n 4)
}

@test "without a score each is 1; logits become probabilities; labels have their order" {
    printf 'id,code\n1,B\n1,A\n' | ecan-import -q --gold gold.jsonl --labels <(printf 'C\tsee\nB\nA\n') 2> /dev/null |
        ecan-show --full | grep -q '"scores": \[0, 1, 1\], "predicted": \[{"code": "B", "score": 1.0}, {"code": "A"'
    printf 'id,code,score\n1,A,0\n1,B,-1000\n2,A,800\n' | ecan-import -q --logits --gold gold.jsonl 2> /dev/null |
        ecan-show --full > shown
    grep -q '"1".*"scores": \[0.5, 0\]' shown
    grep -q '"2".*"scores": \[1, 0\]' shown
}

@test "metrics of another system are those of its stream" {
    need msgpack msgpack_numpy numpy
    "$python" "$BATS_TEST_DIRNAME/../ref/metrics.py" make 3 40 12 --levels 9 --unknown > a.mp
    "$python" - << 'END'
import csv, json, sys
import msgpack, msgpack_numpy
header, *records, _ = msgpack.Unpacker(open("a.mp", "rb"), object_hook=msgpack_numpy.decode)
with open("p.csv", "w") as f, open("g.csv", "w") as g, open("labels.tsv", "w") as l:
    rows, gold = csv.writer(f), csv.writer(g)
    rows.writerow(["id", "code", "score"])
    gold.writerow(["id", "code"])
    l.writelines(c + "\n" for c in header["labels"])
    pairs = [(r["id"], c, repr(float(s))) for r in records for c, s in zip(header["labels"], r["scores"]) if s]
    rows.writerows(sorted(pairs, key=lambda x: x[1:]))
    gold.writerows((r["id"], c) for r in records for c in r["labels"] or [""])
END
    ecan-import -q --gold g.csv --labels labels.tsv p.csv | ecan-metrics --json > ours
    ecan-metrics --json a.mp | diff - ours
}

# refused WHY TEXT [OPTION]...: exit 1, nothing on standard output, a message that says where.
refused() {
    local why=$1 text=$2
    shift 2
    printf '%b' "$text" > bad
    run --separate-stderr ecan-import -q --gold gold.jsonl "$@" bad
    echo "$stderr"
    [ "$status" -eq 1 ]
    [ -z "$output" ]
    [[ "$stderr" == *"$why"* ]]
}

@test "bad rows are refused by line and column" {
    local head='id,code,score\n1,A,.5\n'
    refused "bad: line 3: column 3: a score that is not within 0 and 1" "${head}1,B,1.5\n"
    refused "line 3: column 3: a score that is not within 0 and 1" "${head}1,B,-0.1\n"
    local score
    for score in '' x nan inf 0x1p-1 '0.5 5' '"0,5"' 1e 1e999 -- +-1; do
        refused "line 3: column 3: a score" "${head}1,B,$score\n"
    done
    refused "line 3: column 1: encounter 9 has no gold" "${head}9,A,.5\n"
    refused "line 3: column 1: an empty id" "${head},A,.5\n"
    refused "line 3: column 1: an id with a control character" "${head}1\x1b,A,.5\n"
    refused "line 3: column 1: an id that is not UTF-8" "${head}1\xff,A,.5\n"
    refused "line 3: column 2: the code is not valid UTF-8" "${head}1,\xff,.5\n"
    refused "line 3: column 2: the code contains a tab" "${head}1,\"a\tb\",.5\n"
    refused "line 3: column 2: text between a closing quote" "${head}1,\"a\"b,.5\n"
    refused "line 3: column 3: a quote is not closed" "${head}1,B,\".5\n"
    refused "line 3: 2 fields" "${head}1,B\n"
    refused "line 2: column 3: a score" 'id;code;score\n1;B;1.234,5\n'
    refused "line 4: encounter 1: duplicate code, first on line 2" "${head}2,A,.5\n1,A,.5\n"
    refused "line 3: column 2: the code is not among the labels" "${head}1,D,.5\n" --labels <(echo A)
    refused "line 1: id: the header row has none of the columns id,hadm_id" "code,score\n"
    refused "line 1: code: columns 2 and 3 both match" "id,code,label\n1,A,B\n"
    refused "bad: empty" ""
    refused "bad: empty" "\n \n"
    refused "a stream" "\x82\xa4ecan\x01\xa4kind\xa6scored"
}

@test "the table of a spreadsheet: a line sep=, decimal commas, UTF-16, carriage returns" {
    echo $'id,code\n1,A\n2,B' >gold.csv
    scores() { ecan-import -q --gold gold.csv "$@" | ecan-show -r -k predicted | paste -sd' '; }
    printf 'id,code,score\n1,A,0.75\n2,B,1e-1\n' >plain.csv
    printf 'sep=;\r\nid;code;score\r\n1;A;0,75\r\n2;B;1e-1\r\n' >excel.csv
    printf '\xef\xbb\xbfid\tcode\tscore\r1\tA\t0,75\r2\tB\t0,1\r' | iconv -t UTF-16 >utf16.csv
    [ "$(scores plain.csv)" = '{"id": "1", "predicted": [{"code": "A", "score": 0.75}]} {"id": "2", "predicted": []}' ]
    [ "$(scores excel.csv)" = "$(scores plain.csv)" ]
    [ "$(scores utf16.csv)" = "$(scores plain.csv)" ]
    { printf '\xef\xbb\xbf\xef\xbb\xbf' && cat plain.csv; } >marks.csv
    [ "$(scores marks.csv)" = "$(scores plain.csv)" ]
}

@test "bad lines of JSON are refused by line" {
    local head='{"id": 1, "code": "A"}\n'
    refused "line 2: byte" "${head}{"
    refused "line 2: expected an object" "${head}[]"
    refused "line 2: no key id" "${head}{\"code\": \"A\"}"
    refused "line 2: an id that is not a string" "${head}{\"id\": 1.5, \"code\": \"A\"}"
    refused "line 2: missing key: expected scores, predicted or" "${head}{\"id\": 1}"
    refused "line 2: a code that is not a string" "${head}{\"id\": 1, \"code\": 5}"
    refused "line 2: the code is empty" "${head}{\"id\": 1, \"code\": \"\"}"
    refused "line 2: a score that is not a number" "${head}{\"id\": 2, \"code\": \"A\", \"score\": \"1\"}"
    refused "line 2: a score that is not within" "${head}{\"id\": 1, \"scores\": {\"B\": 1, \"C\": 2}}"
    refused "line 2: scores: expected an object" "${head}{\"id\": 1, \"scores\": [1]}"
    refused "line 2: encounter 1: duplicate code, first on line 1" "${head}{\"id\": 1, \"scores\": {\"A\": 1}}"
}

@test "--skip-bad leaves bad rows out, says so and exits 1" {
    printf 'id,code,score\n1,A,0.9\n1,B,2\nx 3,B,0.25\n7,A,1\n1,B,.125\n1,A,.1\n2,A,5e-1\n' > bad.csv
    run --separate-stderr bash -c 'ecan-import -q --skip-bad --gold gold.jsonl bad.csv > out.mp'
    [ "$status" -eq 1 ]
    cmp out.mp scored.mp
    [[ "$stderr" == *"line 3: column 3"*"line 5: column 1"*"line 7: encounter 1: duplicate code, first on line"*"skipped 3 bad rows"* ]]
}

@test "bad gold is refused" {
    printf '{"id": 1, "labels": []}\n{"id": "1", "labels": []}\n' > twice.jsonl
    run ecan-import --gold twice.jsonl predictions.csv
    [ "$status" -eq 1 ]
    [[ "$output" == *"twice.jsonl: line 2: duplicate encounter 1"* ]]
    printf '{"id": 1, "labels": "A"}\n' > text.jsonl
    run ecan-import --gold text.jsonl predictions.csv
    [[ "$output" == *"labels: expected an array"* ]]
    head -c 40 scored.mp > cut.mp
    run ecan-import --gold cut.mp predictions.csv
    [ "$status" -eq 1 ]
    run ecan-import --gold /nowhere predictions.csv
    [ "$status" -eq 1 ]
}

@test "random bytes are errors" {
    local n
    for n in 1 2 3 4 5 6 7 8; do
        head -c 20000 /dev/urandom > noise
        run ecan-import -q --skip-bad --gold gold.jsonl noise
        [ "$status" -eq 1 ]
        run ecan-import -q --gold noise predictions.csv
        [ "$status" -eq 1 ]
    done
}

@test "wrong usage, full disk" {
    run ecan-import predictions.csv
    [ "$status" -eq 2 ]
    run ecan-import --gold - < gold.jsonl
    [ "$status" -eq 2 ]
    [ -w /dev/full ] || skip "no /dev/full"
    run ecan-import -q --gold gold.jsonl -o /dev/full predictions.csv
    [ "$status" -eq 1 ]
}
