# SPDX-License-Identifier: Apache-2.0
# pipelines/from-*.sh: other ways in. All that they write must be encounters that ecan-tokenize takes.

setup() {
    pipelines="$BATS_TEST_DIRNAME/../../pipelines"
    cd "$BATS_TEST_TMPDIR"
}

# takes FILE N: ecan-tokenize makes N records of it.
takes() {
    [ "$(ecan-tokenize "$1" | ecan-show -r -k id | wc -l)" -eq "$2" ]
}

@test "text: a file is an encounter, a folder one of many notes" {
    mkdir -p in/p7
    printf 'Dag één\r\nzei "hij" \\ \t.' >in/a.txt
    printf 'first' >"in/p7/2021-03-04 letter.txt"
    printf '' >in/p7/2021-03-05.txt
    printf 'no text' >in/p7/scan.pdf
    "$pipelines/from-text.sh" in >out
    takes out 2
    [ "$(jq -c 'del(.documents[0].text)' out | head -n 1)" = '{"id":"a","documents":[{"id":"a"}]}' ]
    [ "$(jq -r 'select(.id == "a").documents[0].text' out | head -c -1 | cmp - in/a.txt && echo same)" = same ]
    [ "$(sed -n 2p out)" = '{"id":"p7","documents":[{"id":"2021-03-04 letter","text":"first"},{"id":"2021-03-05","text":""}]}' ]
}

@test "text: codes from a table; encounters that are not in the table have none" {
    echo x >a.txt
    echo y >b.txt
    printf 'a\tI10\na\tE11.9\r\nelse\tZ1\na\tI10\n' >codes.tsv
    LABELS=codes.tsv "$pipelines/from-text.sh" a.txt b.txt >out
    [ "$(jq -c .labels out | paste -sd' ')" = '["E11.9","I10"] []' ]
}

@test "text: a given encoding is converted; a wrong one is an error that names the file" {
    printf 'caf\xe9' >a.txt
    [ "$(ENCODING=WINDOWS-1252 "$pipelines/from-text.sh" a.txt | jq -r '.documents[0].text')" = café ]
    run "$pipelines/from-text.sh" a.txt
    [ "$status" -eq 1 ]
    [[ $output == *'a.txt: byte 4 is not UTF-8: name the encoding'* && $output != *caf* ]]
    run "$pipelines/from-text.sh" no-such.txt
    [ "$status" -eq 1 ]
}

@test "csv: quoted fields, line breaks, rows of one encounter, codes" {
    printf 'id,text,labels\n007,"two\nlines, ""quoted""",I10; E11\n007,more,J45\n2,,\n3,é,Z\n' >in.csv
    "$pipelines/from-csv.sh" in.csv >out
    takes out 3
    [ "$(head -n 1 out)" = '{"id":"007","documents":[{"text":"two\nlines, \"quoted\""},{"text":"more"}],"labels":["E11","I10","J45"]}' ]
    [ "$(sed -n 2p out)" = '{"id":"2","documents":[{"text":""}],"labels":[]}' ]
}

@test "csv: other names, another separator, a byte order mark, notes with type and date; no column of codes, no labels" {
    printf '\xef\xbb\xbfhadm;row;what;when;body\r\n1;11;letter;2020-01-02;a, b\r\n' >in.csv
    run env SEPARATOR=';' ID=hadm NOTE=row TYPE=what DATE=when TEXT=body "$pipelines/from-csv.sh" in.csv
    [ "$output" = '{"id":"1","documents":[{"id":"11","type":"letter","date":"2020-01-02","text":"a, b"}]}' ]
}

@test "csv: a column that is not there and a row of another length are errors" {
    printf 'id,note\n1,x\n' >in.csv
    run "$pipelines/from-csv.sh" in.csv
    [ "$status" -ne 0 ]
    [[ $output == *'none of the 2 columns of the header row is called text'* ]]
    printf 'id,text\n1,x,y\n' >in.csv
    run "$pipelines/from-csv.sh" in.csv
    [ "$status" -ne 0 ]
}

@test "csv: rows of an encounter that are not together" {
    printf 'id,text\n1,x\n2,y\n1,z\n' >in.csv
    "$pipelines/from-csv.sh" in.csv >out
    takes out 2
    [ "$(jq -c '[.documents[].text]' out | paste -sd' ')" = '["x","z"] ["y"]' ]
}

bundle() {
    jq -n --arg first "$(printf 'Patiënt met hypertensie' | base64 -w0)" --arg second "$(printf 'Brief' | base64 -w0)" '
        def document($id; $encounter; $date; $attachment): {resource: {resourceType: "DocumentReference", $id, $date,
            type: {coding: [{code: "18842-5", display: "Discharge summary"}]}, context: {encounter: [{reference: $encounter}]},
            content: [{$attachment}]}};
        {resourceType: "Bundle", type: "collection", entry: [
            document("d1"; "Encounter/e1"; "2021-05-01T10:00:00Z"; {contentType: "text/plain; charset=utf-8", data: $first}),
            document("d2"; "Encounter/e2"; "2021-05-02"; {contentType: "text/plain", data: $second}),
            document("d3"; "Encounter/e1"; "2021-05-03"; {contentType: "text/plain", data: $second}),
            document("d4"; "Encounter/e1"; "2021-05-03"; {contentType: "application/pdf", data: "JVBERg=="}),
            {resource: {resourceType: "Condition", id: "c", encounter: {reference: "Encounter/e1"}, code: {coding: [
                {system: "http://hl7.org/fhir/sid/icd-10", code: "I10"}, {system: "http://snomed.info/sct", code: "38341003"}]}}}]}'
}

@test "fhir: documents of an encounter, their type and date, conditions as labels; resources that are left out are counted" {
    bundle >in.json
    SYSTEM=icd-10 "$pipelines/from-fhir.sh" in.json >out 2>said
    takes out 2
    [ "$(head -n 1 out)" = '{"id":"e1","documents":[{"id":"d1","type":"Discharge summary","date":"2021-05-01T10:00:00Z","text":"Patiënt met hypertensie"},{"id":"d3","type":"Discharge summary","date":"2021-05-03","text":"Brief"}],"labels":["I10"]}' ]
    [ "$(sed -n 2p out | jq -c .labels)" = '[]' ]
    grep -q '^ecan-convert: 1 attachment left out: it is not text/plain' said
}

@test "fhir: one resource on each line, context of R5, the subject if there is no encounter; no conditions, no labels" {
    bundle | jq -c '.entry[].resource | select(.resourceType == "DocumentReference")' >in.ndjson
    jq -c 'select(.id == "d1") | .context = [{reference: "Encounter/e5"}]' in.ndjson >>in.ndjson.2
    jq -c 'select(.id == "d2") | del(.context) | .subject = {reference: "Patient/p"}' in.ndjson >>in.ndjson.2
    "$pipelines/from-fhir.sh" in.ndjson.2 >out
    [ "$(jq -c '[.id, has("labels")]' out | paste -sd' ')" = '["e5",false] ["p",false]' ]
}

mimic() {
    mkdir -p mimic splits
    cat >mimic/NOTEEVENTS.csv <<'END'
"ROW_ID","SUBJECT_ID","HADM_ID","CHARTDATE","CHARTTIME","STORETIME","CATEGORY","DESCRIPTION","CGID","ISERROR","TEXT"
1,20,200,"2101-01-01",,,"Discharge summary","Report",,,"Admitted 37,5 mg ""qd"".
Second line"
2,3,100,"2101-02-01",,,"Discharge summary","Addendum",,,"addendum first in the file"
3,3,100,"2101-02-02",,,"Nursing","Report",,,"left out"
4,3,100,"2101-01-31",,,"Discharge summary","Report",,,"the report"
5,4,300,"2101-01-31",,,"Discharge summary","Report",,,"dev"
6,5,400,"2101-01-31",,,"Discharge summary","Report",,,"test"
7,6,500,"2101-01-31",,,"Discharge summary","Report",,,"in no split"
8,7,600,"2101-01-31",,,"Discharge summary","Report",,,"without codes"
END
    cat >mimic/DIAGNOSES_ICD.csv <<'END'
"ROW_ID","SUBJECT_ID","HADM_ID","SEQ_NUM","ICD9_CODE"
1,20,200,1,"4019"
2,20,200,2,"E8490"
3,20,200,3,"V3001"
4,3,100,1,"486"
5,3,100,2,"E882"
6,4,300,1,"4019"
7,5,400,1,"03842"
8,6,500,1,"25000"
9,3,100,3,
10,9,900,1,"4019"
END
    cat >mimic/PROCEDURES_ICD.csv <<'END'
"ROW_ID","SUBJECT_ID","HADM_ID","SEQ_NUM","ICD9_CODE"
1,20,200,1,"0066"
2,3,100,1,"3610"
END
    gzip -f mimic/NOTEEVENTS.csv
    printf '"ROW_ID","ICD9_CODE","SHORT_TITLE","LONG_TITLE"\n1,"4019","Hypertension NOS","Unspecified essential hypertension"\n' >mimic/D_ICD_DIAGNOSES.csv
    printf '"ROW_ID","ICD9_CODE","SHORT_TITLE","LONG_TITLE"\n1,"0066","PTCA","Angioplasty, ""PTCA"""\n' >mimic/D_ICD_PROCEDURES.csv
    for set in full 50; do
        printf '200\r\n100\n600\n' >splits/train_${set}_hadm_ids.csv
        echo 300 >splits/dev_${set}_hadm_ids.csv
        echo 400 >splits/test_${set}_hadm_ids.csv
    done
}

@test "mimic3: admissions of each split, reports and addenda in the file's order, points in the codes" {
    mimic
    "$pipelines/from-mimic3.sh" mimic splits out 2>/dev/null
    takes out/train.jsonl 2
    [ "$(jq -c '[.id, [.documents[].id], .labels]' out/train.jsonl | paste -sd' ')" = \
        '["100",["2","4"],["36.10","486","E882"]] ["200",["1"],["00.66","401.9","E849.0","V30.01"]]' ]
    [ "$(jq -c .documents[0] out/train.jsonl | sed -n 2p)" = \
        '{"id":"1","type":"Report","date":"2101-01-01","text":"Admitted 37,5 mg \"qd\".\nSecond line"}' ]
    [ "$(jq -c '[.id, .labels]' out/dev.jsonl out/test.jsonl | paste -sd' ')" = '["300",["401.9"]] ["400",["038.42"]]' ]
    [ "$(ls out | paste -sd' ')" = 'dev.jsonl labels.tsv test.jsonl train.jsonl' ]
}

@test "mimic3: the labels of all three splits with their titles" {
    mimic
    "$pipelines/from-mimic3.sh" mimic splits out 2>/dev/null
    [ "$(cut -f 1 out/labels.tsv | paste -sd' ')" = '00.66 038.42 36.10 401.9 486 E849.0 E882 V30.01' ]
    grep -qxP '401.9\tUnspecified essential hypertension' out/labels.tsv
    grep -qxP '00.66\tAngioplasty, "PTCA"' out/labels.tsv
    grep -qxP '486\t' out/labels.tsv
}

@test "mimic3: the 50 codes that come most often in admissions with a summary" {
    mimic
    # 60 codes: one of each, and 50 that come twice; 401.9 comes twice too, but in an admission without summary once more
    for i in $(seq 60); do printf '%d,3,100,%d,"9%03d"\n' $((i + 50)) "$i" "$i"; done >>mimic/DIAGNOSES_ICD.csv
    for i in $(seq 11 60); do printf '%d,4,300,%d,"9%03d"\n' $((i + 200)) "$i" "$i"; done >>mimic/DIAGNOSES_ICD.csv
    echo '999,5,400,2,"9030"' >>mimic/DIAGNOSES_ICD.csv
    "$pipelines/from-mimic3.sh" mimic splits out 50 2>/dev/null
    [ "$(wc -l <out/labels.tsv)" -eq 50 ]
    cut -f 1 out/labels.tsv | grep -qx 401.9      # twice, and first in the file
    cut -f 1 out/labels.tsv | grep -qx 903.0      # three times
    cut -f 1 out/labels.tsv | grep -qx 905.9      # the 49th of those that come twice
    ! cut -f 1 out/labels.tsv | grep -qx 906.0    # the 51st
    [ "$(jq -c .labels out/test.jsonl)" = '["903.0"]' ]
}

@test "mimic3: a table that is not there, a split without admissions" {
    mimic
    rm mimic/PROCEDURES_ICD.csv
    run "$pipelines/from-mimic3.sh" mimic splits out
    [ "$status" -eq 1 ]
    [[ $output == *'no PROCEDURES_ICD.csv or PROCEDURES_ICD.csv.gz in mimic'* ]]
    mimic
    echo 12345 >splits/dev_full_hadm_ids.csv
    run "$pipelines/from-mimic3.sh" mimic splits out
    [ "$status" -eq 1 ]
    [[ $output == *'dev: no admission'* ]]
    [ -z "$(ls out)" ]
}
