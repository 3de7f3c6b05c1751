#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Files as other programs write them: other bytes, encodings, line ends and shapes of FHIR than those of ecan-convert.bats.

load ../helper

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# csv TEXT [OPTION]...: id, texts and labels of each encounter of a table, with escapes of printf. Messages are in said.
csv() {
    # shellcheck disable=SC2059
    printf "$1" >in.csv
    shift
    ecan-convert csv "$@" in.csv 2>said | jq -c '[.id, [.documents[].text], .labels]' | paste -sd' '
}

# document ID TEXT [FILTER]: a DocumentReference of Encounter/e1 on a line, changed by a filter of jq.
document() {
    jq -cn --arg id "$1" --arg data "$(printf '%s' "$2" | base64 -w 0)" '{resourceType: "DocumentReference", $id, status: "current",
        context: {encounter: [{reference: "Encounter/e1"}]}, content: [{attachment: {contentType: "text/plain", $data}}]}' | jq -c "${3:-.}"
}
# condition CODE [FILTER]
condition() {
    jq -cn --arg code "$1" '{resourceType: "Condition", id: ("c" + $code), encounter: {reference: "Encounter/e1"}, code: {coding: [{$code}]}}' | jq -c "${2:-.}"
}
# fhir: the same as csv, for the resources on standard input.
fhir() {
    cat >in.json
    ecan-convert fhir "$@" in.json 2>said | jq -c '[.id, [.documents[].text], .labels]' | paste -sd' '
}

# ---- csv ----

@test "csv: header rows in the middle, rows without values before them, blanks around names" {
    [ "$(csv 'id,text\n1,koorts\nid,text\n2,hoest\n\nid,text,,\n3,pijn\n')" = '["1",["koorts"],null] ["2",["hoest"],null] ["3",["pijn"],null]' ]
    grep -q ': 2 rows left out: it repeats the header row$' said
    [ "$(csv 'id,text\n1,id\ntext,id\n')" = '["1",["id"],null] ["text",["id"],null]' ]
    [ "$(csv '\n;;;\n ; ;\nid;text;;\n1;a;;\n')" = '["1",["a"],null]' ]
    [ "$(csv ' id ; Text ;labels \n1;a;R05\n')" = '["1",["a"],["R05"]]' ]
    [ "$(csv 'id;tekst, "vrij"\n1;a\n' --text 'tekst, "vrij"')" = '["1",["a"],null]' ]
    [ "$(csv 'id\tte;kst, x\n1\ta\n' --text 'te;kst, x')" = '["1",["a"],null]' ]
    csv 'id, text,text\n1,a,b\n'
    grep -q 'line 1: columns 2 and 3 are both called text$' said
}

@test "csv: an encounter has [] as codes only if a table with codes has it" {
    printf 'id,text\n1,koorts\n2,hoest\n' >notes.csv
    printf 'id;labels;text\r\n2;R05;brief\r\n3;;pijn\r\n' | iconv -t UTF-16 >codes.csv
    for order in 'notes.csv codes.csv' 'codes.csv notes.csv'; do
        # shellcheck disable=SC2086
        ecan-convert csv $order | jq -c '[.id, .labels]' | sort >out
        [ "$(paste -sd' ' out)" = '["1",null] ["2",["R05"]] ["3",[]]' ]
    done
    [ "$(csv 'id,text,code\n1,koorts,R50\n')" = '["1",["koorts"],null]' ]
    grep -q 'in.csv: the column code is not read: if it has the codes, give --code code$' said
    [ "$(csv 'id,text,code\n1,koorts,R50\n' --code code)" = '["1",["koorts"],["R50"]]' ]
    [ ! -s said ]
}

@test "csv: codes with no-break spaces, zero width spaces and blanks are the codes without them; rows of a code each" {
    [ "$(csv 'id,text,labels\n1\xc2\xa0,a,R50.9\xc2\xa0;\xe2\x80\x8bR05\xe2\x80\xaf; J45\t\n')" = '["1",["a"],["J45","R05","R50.9"]]' ]
    [ "$(csv 'id;text;labels\n1;"t\r\nu";A\n2;x;B\n1;"t\r\nu";C|D\n' --between '|')" = '["1",["t\r\nu"],["A","C","D"]] ["2",["x"],["B"]]' ]
    printf 'koorts' >p1.txt
    printf '\xef\xbb\xbfp1\xc2\xa0\tR50.9\xc2\xa0\r\n' >codes.tsv
    [ "$(ecan-convert text --labels codes.tsv p1.txt | jq -c .labels)" = '["R50.9"]' ]
    printf 'p1\tR50.9\n' | iconv -t UTF-16 | gzip >codes.tsv.gz
    [ "$(ecan-convert text --labels codes.tsv.gz p1.txt | jq -c .labels)" = '["R50.9"]' ]
}

@test "csv: lines that name the separator, quotes, control characters, byte order marks in any place" {
    for line in 'sep=;' '"sep=;"' 'SEP=;' 'sep=;\r' 'sep=;;;' '\xef\xbb\xbfsep=;'; do
        [ "$(csv "$line\nid;text\n1;a,b\n")" = '["1",["a,b"],null]' ]
    done
    [ "$(csv 'sep=^\nid^text\n1^a;b,c\n')" = '["1",["a;b,c"],null]' ]
    [ "$(csv 'id,text\n1,""\n2,""""\n3,"""a"""\n4,"a" \n5,a"b\n')" = '["1",[""],null] ["2",["\""],null] ["3",["\"a\""],null] ["4",["a"],null] ["5",["a\"b"],null]' ]
    awk 'BEGIN { print "id,text"; for (i = 1; i < 32; i++) if (i != 10 && i != 13) printf "%d,a%cb\n", i, i; printf "100,a\177b\n101,a\302\205b\n102,a\342\200\250b\n" }' >in.csv
    [ "$(ecan-convert csv in.csv | ecan-tokenize -q | ecan-show -r --key id | wc -l)" -eq 32 ]
    printf 'id,text\r\r\n1,\xef\xbb\xbfkoorts\r\r\n' >in.csv
    [ "$(ecan-convert csv in.csv | ecan-tokenize -q | ecan-show -r -f --key spans)" = '{"id": "1", "spans": [[0, 1, 7]]}' ]
    for encoding in UTF-16 UTF-32; do
        printf 'koorts' | iconv -t $encoding >p.txt
        [ "$(ecan-convert text p.txt | ecan-tokenize -q | ecan-show -r -f --key spans)" = '{"id": "p", "spans": [[0, 0, 6]]}' ]
    done
}

# ---- fhir ----

@test "fhir: references with slashes, fragments, queries and blanks, on a server by http or https" {
    for reference in /Encounter/e1 'https://h/fhir/Encounter/e1/' 'Encounter/e1#x' 'https://h/fhir/Encounter/e1?_format=json' ' Encounter/e1' 'http://h/fhir/Encounter/e1/_history/2'; do
        [ "$({ document d koorts ".context.encounter[0].reference = \"$reference\""; condition A; condition B '.encounter.reference = "https://h/fhir/Encounter/e1"'; } | fhir)" = '["e1",["koorts"],["A","B"]]' ]
    done
    [ "$({ document d koorts '.context.encounter = {reference: "Encounter/e1"}'; condition A; } | fhir)" = '["e1",["koorts"],["A"]]' ]
    # Ids with slashes that are no types are whole.
    [ "$(document d koorts '.context.encounter = [{identifier: {value: "2024/7"}}]' | fhir)" = '["2024/7",["koorts"],null]' ]
}

@test "fhir: identifiers of two systems with the same value are two encounters" {
    [ "$({
        document d1 a '.context.encounter = [{identifier: {system: "urn:visit", value: "7"}}]'
        document d2 b '.context.encounter = [{identifier: {system: "http://h/NamingSystem/stay", value: "7"}}]'
        condition A '.encounter = {identifier: {system: "http://h/NamingSystem/stay", value: "7"}}'
        document d3 c '.context.encounter = [{identifier: {system: "http://h/NamingSystem/stay", value: "8"}}]'
    } | fhir)" = '["7",["a"],[]] ["http://h/NamingSystem/stay|7",["b"],["A"]] ["8",["c"],[]]' ]
    [ "$({
        document d1 a '.context.encounter = [{identifier: {system: "urn:visit", value: "7"}}]'
        condition A
        echo '{"resourceType": "Encounter", "id": "e1", "identifier": [{"system": "urn:visit", "value": "7"}]}'
    } | fhir)" = '["e1",["a"],["A"]]' ]
    [ "$(document d1 a '.subject = {identifier: {system: "urn:mrn", value: "P1"}}' | ecan-convert fhir | jq -r .patient)" = P1 ]
}

@test "fhir: statuses in any case and as text; contained conditions; unconfirmed codes are reported" {
    [ "$({
        document d koorts
        condition CASE '.verificationStatus.coding = [{code: "Entered-In-Error"}]'
        condition TEXT '.verificationStatus.text = "Refuted"'
        condition STU3 '.verificationStatus = "refuted"'
        condition TWO '.verificationStatus.coding = [{code: "x"}, {code: "refuted"}]'
        condition MAYBE '.verificationStatus.coding = [{code: "provisional"}]'
        condition ' A01 '
        condition '' '.code.coding[0].code = 5'
        echo '{"resourceType": "Encounter", "id": "e1", "diagnosis": [{"condition": {"reference": "#in"}}, {"condition": {"reference": "#none"}}], "contained": [{"resourceType": "Condition", "id": "in", "verificationStatus": {"coding": [{"code": "refuted"}]}, "code": {"coding": [{"code": "IN"}]}}]}'
    } | fhir)" = '["e1",["koorts"],["A01","MAYBE"]]' ]
    cat said
    grep -q ': 4 codes left out: it was refuted$' said
    grep -q ': 1 code left out: it was entered in error$' said
    grep -q ': 1 code left out: it has no code$' said
    grep -q ': 1 code left out: it is not in the input$' said
    grep -q ': 1 condition is unconfirmed' said
}

@test "fhir: charsets and media types as they are written, data in URLs" {
    charset() { # CONTENT-TYPE ENCODING
        document d x ".content[0].attachment |= (.contentType = \"$1\" | .data = \"$(printf 'Fi\303\250vre \342\200\231\303\251' | iconv -f UTF-8 -t "$2" | base64 -w 0)\")" | fhir
    }
    for type in 'text/plain; charset=utf8' ' text/plain;charset = UTF-8' "TEXT/PLAIN ; Charset='utf-8'" 'text/plain;' 'text/plain; charset='; do
        [ "$(charset "$type" UTF-8)" = '["e1",["Fièvre ’é"],null]' ]
    done
    [ "$(charset 'text/plain; charset=utf-16' UTF-16)" = '["e1",["Fièvre ’é"],null]' ]
    [ "$(charset 'text/plain;charset=UTF-16LE' UTF-16LE)" = '["e1",["Fièvre ’é"],null]' ]
    [ "$(charset 'text/plain' UTF-16)" = '["e1",["Fièvre ’é"],null]' ]
    for type in 'text/plain; charset=\"windows-1252\"' 'text/plain; format=flowed; charset=CP1252' 'text/plain; charset=ISO-8859-1'; do
        [ "$(charset "$type" WINDOWS-1252)" = '["e1",["Fièvre ’é"],null]' ]
    done
    [ "$(document d koorts '.content[0].attachment |= {contentType, url: ("data:text/plain;base64," + .data)}' | fhir)" = '["e1",["koorts"],null]' ]
    [ "$({ document d x '.content[0].attachment |= {contentType, url: "/Binary/b1#x"}'; echo '{"resourceType": "Binary", "id": "b1", "contentType": "text/plain", "data": "a29vcnRz"}'; } | fhir)" = '["e1",["koorts"],null]' ]
    for url in file:///etc/passwd https://elsewhere.example/x.txt data:,koorts data:; do
        [ -z "$(document d x ".content[0].attachment |= {contentType, url: \"$url\"}" | fhir)" ]
        grep -q ': 1 attachment left out: its data are not in the input$' said
    done
    for data in 'a29vcnR' '____' 'data:text/plain;base64,a29vcnRz' '===='; do
        [ -z "$(document d x ".content[0].attachment.data = \"$data\"" | fhir)" ]
        grep -q 'in.json: DocumentReference d: attachment 1: .*base64' said
    done
    [ "$({ printf '\xef\xbb\xbf\xef\xbb\xbf'; document d koorts; printf '\r\n\xef\xbb\xbf['; document e hoest; printf ']'; } | fhir)" = '["e1",["koorts","hoest"],null]' ]
    for encoding in UTF-16 UTF-32; do [ "$(document d koorts | iconv -t $encoding | fhir)" = '["e1",["koorts"],null]' ]; done
}

@test "fhir: resources without id keep their notes" {
    two() { # FULLURL FULLURL TEXT TEXT
        jq -cn --argjson a "$(document x "$3" 'del(.id)')" --argjson b "$(document x "$4" 'del(.id)')" --arg u "$1" --arg v "$2" \
            '{resourceType: "Bundle", type: "transaction", entry: [{fullUrl: $u, resource: $a}, {fullUrl: $v, resource: $b}]} | del(.entry[] | select(.fullUrl == "").fullUrl)' | fhir
    }
    [ "$(two '' '' een twee)" = '["e1",["een","twee"],null]' ]
    [ "$(two urn:uuid:1 urn:uuid:2 een een)" = '["e1",["een","een"],null]' ]
    [ "$({ document a een 'del(.id) | .masterIdentifier.value = "m1"'; document a twee '.id = ""'; } | fhir)" = '["e1",["een","twee"],null]' ]
    [ "$(jq -c .documents[0].id <(ecan-convert fhir in.json))" = '"m1"' ]
}

# ---- outputs, predictions, word vectors, MIMIC-III ----

@test "no output replaces a file of a folder that is read, or of a table" {
    mkdir d
    printf 'koorts' >d/a.txt
    printf 'T1\tR50.9 0 6\tkoorts\n' >d/a.ann
    printf 'id,code,document,begin,end\na,R50.9,a,0,6\n' >codes.csv
    ln codes.csv hard.csv
    cp -r d before
    for output in '-o d/a.txt' '-o d/a.ann' '--spans d/a.ann' '--spans d/a.txt -o out' '--labels codes.csv --spans codes.csv' '--labels codes.csv --spans hard.csv' '-o same --spans same'; do
        for more in '' --skip-bad; do
            # shellcheck disable=SC2086
            run ecan-convert brat --brat-codes types $more $output d
            echo "$output: $output"
            [ "$status" -eq 1 ]
            diff -r before d
            [ "$(wc -l <codes.csv)" -eq 2 ]
        done
    done
    ecan-convert brat --brat-codes types -o d/out.jsonl d
    ecan-convert brat --brat-codes types -o d/out.jsonl d
    [ "$(wc -l <d/out.jsonl)" -eq 1 ]
}

@test "predictions with decimal commas in several forms; word vectors with several kinds of bytes" {
    echo '{"id": "1", "labels": ["I10"]}' >gold.jsonl
    for score in '0,93' '"0,93"' '0,93 ' '9,3E-1' '0.93'; do
        printf 'SEP=;\r\nid;code;score\r\n1;I10;%s\r\n' "$score" >in.csv
        [ "$(ecan-import -q --gold gold.jsonl in.csv | ecan-show -r --key predicted)" = '{"id": "1", "predicted": [{"code": "I10", "score": 0.93}]}' ]
    done
    for score in 1.000,5 93% 0,9,3 ''; do
        printf 'id;code;score\n1;I10;%s\n' "$score" >in.csv
        run ecan-import -q --gold gold.jsonl in.csv
        [ "$status" -eq 1 ]
    done
    need msgpack
    "$python" - <<'END'
import struct
def write(name, words):
    with open(name, "wb") as f:
        f.write(b"%d 2\n" % len(words) + b"".join(w + b" " + struct.pack("<2f", 1, 2) + b"\n" for w in words))
write("some.bin", [b"</s>", b"caf\xe9", "koorts".encode(), b"\xed\xa0\x80", "fièvre".encode(), b"hoest", b"cut\xc3"])
write("none.bin", [b"\xff\xfe", b"caf\xe9"])
END
    run ecan-show some.bin
    [ "$status" -eq 0 ] && [[ $output == *'3 words left out: not UTF-8'*koorts*fièvre*hoest* ]]
    run ecan-show none.bin
    [ "$status" -eq 1 ] && [[ $output == *'words are not UTF-8: the file is in another encoding'* ]]
}

@test "MIMIC-III with names in lower case, CR LF, byte order marks and gzip" {
    mkdir mimic splits
    printf '\xef\xbb\xbfrow_id,Subject_Id,HADM_ID,chartdate,Category,description,text\r\n' >mimic/noteevents.csv
    printf '%s,Discharge summary,Report,"fever\r\ncough"\r\n' 1,1,100,2100-01-01 2,2,200,2100-01-01 3,3,300,2100-01-01 >>mimic/noteevents.csv
    printf 'row_id,subject_id,hadm_id,seq_num,icd9_code\r\n1,1,100,1,4019\r\n2,2,200,1,4019\r\n3,3,300,1,4019\r\n' | gzip >mimic/diagnoses_icd.csv.gz
    printf 'row_id,subject_id,hadm_id,seq_num,icd9_code\n' >mimic/PROCEDURES_ICD.csv
    printf 'row_id,icd9_code,short_title,long_title\r\n1,4019,HTN,Hypertension\r\n' >mimic/d_icd_diagnoses.csv
    printf 'ROW_ID,ICD9_CODE,SHORT_TITLE,LONG_TITLE\r\n' >mimic/D_ICD_PROCEDURES.csv
    for split in train:100 dev:200 test:300; do printf '%s\r\n' "${split#*:}" >"splits/${split%:*}_full_hadm_ids.csv"; done
    ecan-corpus -q mimic3-full mimic --splits splits -o out
    [ "$(jq -c '[.id, .labels]' out/{train,dev,test}.jsonl | paste -sd' ')" = '["100",["401.9"]] ["200",["401.9"]] ["300",["401.9"]]' ]
}
