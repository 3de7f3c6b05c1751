#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Encounters from tables, text files, FHIR and brat; labels from tables of codes.

load ../helper

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# fails MESSAGE COMMAND...: it ends with 1, says MESSAGE, and nothing of a note.
fails() {
    local message=$1
    shift
    run "$@"
    echo "$output"
    [ "$status" -eq 1 ]
    [[ $output == *"$message"* ]]
    [[ $output != *koorts* ]]
}

# takes FILE N: ecan-tokenize makes N records of it.
takes() {
    [ "$(ecan-tokenize "$1" | ecan-show -r -k id | wc -l)" -eq "$2" ]
}

# ---- csv ----

@test "csv: each file has its own header row, and columns in any order" {
    printf 'id,text,labels\ne1,fever and cough,R50.9;R05\n' >a.csv
    printf 'text;id;labels;other\r\nheadache;e3;R51;x\r\n' >b.csv
    printf 'note\tID\ttext\n1\te1\tcough\n' | gzip >c.tsv.gz
    [ "$(ecan-convert csv a.csv b.csv c.tsv.gz)" = '{"id":"e1","documents":[{"text":"fever and cough"},{"id":"1","text":"cough"}],"labels":["R05","R50.9"]}
{"id":"e3","documents":[{"text":"headache"}],"labels":["R51"]}' ]
}

@test "csv: names with points, texts that look like JSON, control characters, blanks" {
    printf 'id,note.text,text,text.lang,date,date.entered\n1,a,{},en,2024-01-01,x\n2,b,[],nl,,\n3,c,  two  ,nl,,\n4,d,"Plan:\x0brest\x1b[0m\x07",,,\n' >a.csv
    ecan-convert csv a.csv >out
    [ "$(sed -n 1p out)" = '{"id":"1","documents":[{"date":"2024-01-01","text":"{}"}]}' ]
    [ "$(sed -n 2p out)" = '{"id":"2","documents":[{"text":"[]"}]}' ]
    [ "$(sed -n 3p out)" = '{"id":"3","documents":[{"text":"  two  "}]}' ]
    [ "$(sed -n 4p out)" = '{"id":"4","documents":[{"text":"Plan:\u000brest\u001b[0m\u0007"}]}' ]
    [ "$(ecan-convert csv --text note.text a.csv | jq -r '.documents[0].text' | paste -sd' ')" = 'a b c d' ]
    takes out 4
}

@test "csv: empty lines, rows without values, empty fields at the ends of rows" {
    printf '\r\nid;text;labels;;\r\n\r\n1;a;R05;;\r\n;;;;\r\n   \r\n2;b;R06\r\n\r\n' >a.csv
    [ "$(ecan-convert csv a.csv | jq -c '[.id, .labels]' | paste -sd' ')" = '["1",["R05"]] ["2",["R06"]]' ]
    printf 'id;text\n1;a;;\n2;b\n' >a.csv
    [ "$(ecan-convert csv a.csv | wc -l)" -eq 2 ]
    printf 'id;text\n1;a;x\n' >a.csv
    fails 'a.csv: line 2: 3 fields, but the header row has 2' ecan-convert csv a.csv
}

@test "csv: quotes that do not begin a field, and quotes in a field without quoting, are text" {
    printf 'id,text,labels\n1,AVC "massif" vu,I64\n2,plaie 5" bras,S41.1\n3,"AVC" massif,I64\n4,"two ""x"", y",I64\n5,""x"" y,I64\n' >a.csv
    [ "$(ecan-convert csv a.csv | jq -r '.documents[0].text')" = 'AVC "massif" vu
plaie 5" bras
"AVC" massif
two "x", y
""x"" y' ]
    printf 'id,text\n1,"koorts\n2,b\n' >a.csv
    fails 'a.csv: line 2: column 2: a quote is not closed' ecan-convert csv a.csv
}

@test "csv: any line ending; within quotes it is kept" {
    printf 'id,text\r1,"koorts\rhoest"\r2,b\r' >a.csv
    [ "$(ecan-convert csv a.csv | jq -c '.documents[0].text' | paste -sd' ')" = '"koorts\rhoest" "b"' ]
    printf 'id,text\r\n1,"koorts\r\nhoest"\r\n' >a.csv
    [ "$(ecan-convert csv a.csv | jq -c '.documents[0].text')" = '"koorts\r\nhoest"' ]
}

@test "csv: byte order marks, encodings, the line sep=" {
    printf 'sep=;\r\nid;text\r\n1;caf\xe9 \x9c\r\n' >a.csv
    fails 'a.csv: line 3: text: not UTF-8: name the encoding with --encoding' ecan-convert csv a.csv
    [ "$(ecan-convert csv --encoding windows-1252 a.csv | jq -r '.documents[0].text')" = 'café œ' ]
    fails "no encoding is called 'klingon'" ecan-convert csv --encoding klingon a.csv
    printf 'id\ttext\r\n1\tcafé œ 😀\r\n' | iconv -t UTF-16 >b.csv
    printf '\xff\xfe' >c.csv
    printf 'id\ttext\r\n1\tcafé œ 😀\r\n' | iconv -t UTF-16LE >>c.csv
    printf '\xef\xbb\xbfid;text\n1;café œ 😀\n' >d.csv
    for f in b c d; do
        [ "$(ecan-convert csv --encoding WINDOWS-1252 $f.csv)" = '{"id":"1","documents":[{"text":"café œ 😀"}]}' ]
    done
    printf 'id,text\n1,caf\x81\n' >e.csv
    fails 'e.csv: byte 14 is not WINDOWS-1252' ecan-convert csv --encoding WINDOWS-1252 e.csv
    head -c 25 c.csv >f.csv
    fails 'f.csv: the text ends within a character of UTF-16LE' ecan-convert csv f.csv
}

@test "csv: characters at the borders of blocks are converted" {
    { printf 'id,text\n1,"'; head -c 700000 /dev/zero | tr '\0' x; printf 'é%.0s' $(seq 1000); printf '"\n'; } >a.csv
    ecan-convert csv a.csv >want
    iconv -t UTF-16LE a.csv | cat <(printf '\xff\xfe') - >b.csv
    ecan-convert csv b.csv | cmp - want
    { printf x; cat b.csv; } | tail -c +2 | ecan-convert csv | cmp - want
}

@test "csv: a row for each code, notes with their own ids, rows that are not together" {
    printf 'DocID;LineID;RawText;CauseRank;ICD10\n10;1;choc septique;1-1;R572\n11;1;x;1;Z1\n10;1;choc septique;1-2;A419\n10;2;pneumopathie;2-1;J189\n' >a.csv
    ecan-convert csv --id DocID --note LineID --text RawText --code ICD10 a.csv >out
    [ "$(head -n 1 out)" = '{"id":"10","documents":[{"id":"1","text":"choc septique"},{"id":"2","text":"pneumopathie"}],"labels":["A419","J189","R572"]}' ]
    [ "$(ecan-convert csv --id DocID --text RawText --code ICD10 a.csv | jq -c '[.documents[].text]' | head -n 1)" = '["choc septique","pneumopathie"]' ]
    printf 'id,note,text\n1,a,koorts\n1,a,koorts en hoest\n' >b.csv
    fails 'b.csv: line 3: the encounter has another note with this id' ecan-convert csv b.csv
    printf 'id,text\n1,a\n1,a\n' >c.csv
    run ecan-convert csv c.csv
    [ "${lines[0]}" = '{"id":"1","documents":[{"text":"a"}]}' ]
    [[ $output == *'1 row left out: it repeats a note of its encounter'* ]]
}

@test "csv: codes from a table of their own; what is only on one side is reported" {
    printf 'hadm_id,text\n1,a\n2,b\n3,c\n' >notes.csv
    printf 'row_id,hadm_id,icd_code\n1,1,I10\n2,2,E11\n3,1,J45\n4,9,Z1\n' >codes.csv
    run ecan-convert csv --id hadm_id --code icd_code --labels codes.csv notes.csv
    [ "$status" -eq 0 ]
    [[ $output == *'codes.csv: 1 of its ids is no encounter'*'codes.csv: 1 encounter is not in it'* ]]
    [ "$(printf '%s\n' "${lines[@]}" | grep '^{' | jq -c .labels | paste -sd' ')" = '["I10","J45"] ["E11"] []' ]
}

@test "csv: bad rows are refused, or left out with --skip-bad" {
    printf 'id,text,labels\n1,koorts,A\n,koorts,A\n2\x01,koorts,A\n3,koorts,"A\tB"\n4,koorts\n5,koorts,B\n' >a.csv
    fails 'a.csv: line 3: an empty id' ecan-convert csv a.csv -o out
    [ ! -e out ]
    run ecan-convert csv --skip-bad a.csv -o out
    [ "$status" -eq 1 ]
    [ "$(jq -r .id out | paste -sd' ')" = '1 5' ]
    [[ $output == *'line 3: an empty id'*'line 4: an id with a control'*'line 5: column 3: the code contains a tab'*'line 6: 2 fields'*'4 bad records left out'* ]]
    [[ $output != *koorts* ]]
    printf 'id,name\n' >b.csv
    fails 'b.csv: line 1: none of the 2 columns of the header row is called text' ecan-convert csv b.csv
    fails 'is called row' ecan-convert csv --note row a.csv
    printf 'id,text,text\n1,a,b\n' >c.csv
    fails 'columns 2 and 3 are both called text' ecan-convert csv c.csv
}

@test "an import of nothing fails, and no output replaces an input" {
    printf 'id,text\n' >a.csv
    fails 'no encounter to write' ecan-convert csv a.csv
    : >empty.csv
    fails 'empty.csv: the file is empty' ecan-convert csv empty.csv
    mkdir none
    touch none/scan.pdf
    fails 'no encounter to write' ecan-convert text none
    fails 'no encounter to write' ecan-convert fhir <<<'{"resourceType": "Patient", "id": "p"}'
    mkdir in
    echo koorts >in/a.txt
    echo koorts >b.txt
    fails 'the output is also an input' ecan-convert text in -o in/a.txt
    run ecan-convert text b.txt -o b.txt
    [ "$status" -eq 1 ]
    [[ $output == *'the output is also an input'* ]]
    [ "$(cat in/a.txt b.txt)" = $'koorts\nkoorts' ]
    ecan-convert text b.txt -o out
    [ "$(stat -c %a out)" = 600 ]
    ecan-convert text b.txt -o /dev/null
    [ -c /dev/null ]
}

# ---- text ----

@test "text: capitals in names, folders at any depth, a byte order mark, other encodings" {
    mkdir -p in/p7/2021/march in/p8
    printf '\xef\xbb\xbfkoorts' >in/A.TXT
    printf 'two' >in/p7/b.Txt
    printf 'three' >in/p7/2021/march/c.txt
    printf 'four' | gzip >in/p8/d.txt.gz
    printf 'five' | iconv -t UTF-16 >in/e.txt
    printf 'x' >in/.hidden.txt
    printf 'x' >in/p8/scan.pdf
    run ecan-convert text in/
    [ "$status" -eq 0 ]
    [ "$(printf '%s\n' "${lines[@]:0:4}")" = '{"id":"A","documents":[{"id":"A","text":"koorts"}]}
{"id":"e","documents":[{"id":"e","text":"five"}]}
{"id":"p7","documents":[{"id":"b","text":"two"},{"id":"2021/march/c","text":"three"}]}
{"id":"p8","documents":[{"id":"d","text":"four"}]}' ]
    [ "${lines[4]}" = 'ecan-convert: 1 file left out: the name does not end in .txt' ]
    mkdir two && cp in/A.TXT two/A.txt
    fails 'two/A.txt: the encounter has another note with this id' ecan-convert text in two
}

@test "text: tables of codes" {
    mkdir notes
    printf koorts >notes/p1.txt
    printf hoofdpijn >notes/p2.txt
    codes() { ecan-convert text --labels "$1" notes 2>/dev/null | jq -c .labels | paste -sd' '; }
    printf '\xef\xbb\xbfp1\tR50.9\np2\tR51\n' >bom.tsv
    printf 'p1\tR50.9 \np2 \tR51\r\n' >blanks.tsv
    printf 'p1\tR50.9\r\rp2\tR51\r' >mac.tsv
    printf 'ID,who,Code\np1,x,R50.9\np2,y,R51\n' >header.csv
    printf 'sep=;\nid;labels\np1;"R50.9"\np2;R51\n' >excel.csv
    printf 'id\tcode\n' | cat - bom.tsv | sed 's/\xef\xbb\xbf//' | iconv -t UTF-16 >utf16.tsv
    for table in bom.tsv blanks.tsv mac.tsv header.csv excel.csv utf16.tsv; do
        echo "$table: $(codes $table)"
        [ "$(codes $table)" = '["R50.9"] ["R51"]' ]
    done
    printf 'p1,R50.9\np2,R51\n' >comma.csv
    fails 'comma.csv: line 1: the line has no tab, and is no header row' ecan-convert text --labels comma.csv notes
    printf 'p1.txt\tR50.9\np2.txt\tR51\n' >names.tsv
    fails 'names.tsv: none of its 2 ids is an encounter' ecan-convert text --labels names.tsv notes
    printf 'p1\tDIAGNOSTICO\tR50.9\tx\t0 6\n' >columns.tsv
    fails 'columns.tsv: line 1: 5 columns: expected two' ecan-convert text --labels columns.tsv notes
    printf 'p1\tA;B\n' >several.tsv
    [ "$(codes several.tsv)" = '["A","B"] []' ]
}

@test "text: 200 files take well below the 5 s of a shell loop" {
    mkdir in
    for i in $(seq 200); do echo "note $i" >"in/$i.txt"; done
    timeout 2 ecan-convert text in -o out
    [ "$(wc -l <out)" -eq 200 ]
}

# ---- brat ----

@test "brat: normalizations, notes of annotators, types" {
    mkdir -p in/sub
    printf 'Pati\xc3\xabnt met koorts' >in/a.txt
    printf 'T1\tDisease 12 18\tkoorts\r\nN1\tReference T1 ICD-10:R50.9\tFever\nN2\tReference T1 SNOMED:386661006\tFever\n#1\tAnnotatorNotes T1\tR50; R51\nR1\tRel Arg1:T1 Arg2:T1\nE1\tDisease:T1\n*\tEquiv T1 T1\n' >in/a.ann
    printf 'b' >in/sub/b.txt
    : >in/sub/b.ann
    printf 'c' >in/c.txt
    run ecan-convert brat --system icd in
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = '{"id":"a","documents":[{"id":"a","text":"Patiënt met koorts"}],"labels":["R50.9"]}' ]
    [ "${lines[1]}" = '{"id":"b","documents":[{"id":"b","text":"b"}],"labels":[]}' ]
    [[ $output == *'1 code left out: it is of another code system'*'1 text left out: it has no .ann file'* ]]
    [ "$(ecan-convert -q brat in/a.txt | jq -c .labels)" = '["386661006","R50.9"]' ]
    [ "$(ecan-convert -q brat --brat-codes notes in | head -n 1 | jq -c .labels)" = '["R50","R51"]' ]
    [ "$(ecan-convert -q brat --brat-codes types in | head -n 1 | jq -c .labels)" = '["Disease"]' ]
    printf 'T1\tDisease 0 6\tkoorts\nN1\tReference T1 R50\n' >in/a.ann
    fails "in/a.ann: line 2: expected 'Reference T1 SYSTEM:CODE'" ecan-convert brat in
}

# ---- fhir ----

# document ID ENCOUNTER TEXT [MEMBERS]: a DocumentReference on a line.
document() {
    printf '{"resourceType":"DocumentReference","id":"%s","subject":{"reference":"Patient/1"},"context":{"encounter":[{"reference":"%s"}]},"content":[{"attachment":{"contentType":"text/plain","data":"%s"}}]%s}\n' \
        "$1" "$2" "$(printf '%s' "$3" | base64 -w 0)" "${4:-}"
}
# condition ID ENCOUNTER CODE [MEMBERS]
condition() {
    printf '{"resourceType":"Condition","id":"%s","subject":{"reference":"Patient/1"},"encounter":{"reference":"%s"},"code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10","code":"%s"}]}%s}\n' "$@"
}
# encounters: id, texts and labels of each.
encounters() {
    ecan-convert -q fhir "$@" | jq -c '[.id, [.documents[].text], .labels]' | paste -sd' '
}

@test "fhir: relative, absolute and versioned references, identifiers and fullUrls are one encounter" {
    for reference in Encounter/e1 https://h.example/fhir/Encounter/e1 Encounter/e1/_history/2 https://h.example/fhir/Encounter/e1/_history/3; do
        { document d1 Encounter/e1 koorts; condition c1 "$reference" R50.9; } >in.json
        [ "$(encounters in.json)" = '["e1",["koorts"],["R50.9"]]' ]
        { document d1 "$reference" koorts; condition c1 Encounter/e1 R50.9; } >in.json
        [ "$(encounters in.json)" = '["e1",["koorts"],["R50.9"]]' ]
    done
    jq -n --argjson d "$(document d1 urn:uuid:1 koorts)" --argjson c "$(condition c1 Encounter/e1 R50.9)" \
        '{resourceType: "Bundle", type: "document", entry: [{resource: $d}, {resource: $c},
          {fullUrl: "urn:uuid:1", resource: {resourceType: "Encounter", id: "e1", identifier: [{value: "V7"}]}}]}' >in.json
    [ "$(encounters in.json)" = '["e1",["koorts"],["R50.9"]]' ]
    jq '.entry[1].resource.encounter = {identifier: {system: "x", value: "V7"}}' in.json >in2.json
    [ "$(encounters in2.json)" = '["e1",["koorts"],["R50.9"]]' ]
    { document d1 Encounter/1 a; document d2 https://a.example/Encounter/1 b; document d3 https://b.example/Encounter/1 c; } >in.json
    [ "$(encounters in.json)" = '["1",["a","b"],null] ["https://b.example/Encounter/1",["c"],null]' ]
}

@test "fhir: an encounter and a patient with the same id are two" {
    { document d1 Encounter/1 a; document d2 Encounter/2 b | jq -c 'del(.context)'; condition c Encounter/1 R50.9; } >in.json
    [ "$(encounters in.json)" = '["1",["a"],["R50.9"]] ["Patient/1",["b"],[]]' ]
    document d2 x b | jq -c 'del(.context)' >in.json
    [ "$(encounters in.json)" = '["1",["b"],null]' ]
    document d2 x b | jq -c 'del(.context, .subject)' >in.json
    fails 'in.json: DocumentReference d2: no encounter and no subject' ecan-convert fhir in.json
}

@test "fhir: resources that are in error, refuted, not done, superseded or replaced are left out" {
    local status='"verificationStatus":{"coding":[{"code":"%s"}]}'
    {
        document d1 Encounter/e1 a ',"status":"current"'
        document d2 Encounter/e1 b ',"status":"entered-in-error"'
        document d3 Encounter/e1 c ',"docStatus":"entered-in-error"'
        document d4 Encounter/e1 d ',"status":"superseded"'
        document d5 Encounter/e2 e
        echo '{"resourceType":"Encounter","id":"e2","status":"entered-in-error"}'
        condition c1 Encounter/e1 A ",\"verificationStatus\":{\"coding\":[{\"code\":\"confirmed\"}]}"
        # shellcheck disable=SC2059
        condition c2 Encounter/e1 B ",$(printf "$status" entered-in-error)"
        # shellcheck disable=SC2059
        condition c3 Encounter/e1 C ",$(printf "$status" refuted)"
        condition c4 Encounter/e1 D ',"verificationStatus":"entered-in-error"'
        condition p1 Encounter/e1 E ',"status":"completed"' | sed s/Condition/Procedure/
        condition p2 Encounter/e1 F ',"status":"not-done"' | sed s/Condition/Procedure/
        condition p3 Encounter/e1 G ',"status":"entered-in-error"' | sed s/Condition/Procedure/
        condition c5 Encounter/e1 H ',"meta":{"versionId":"2"}'
        condition c5 Encounter/e1 I ',"meta":{"versionId":"10"}'
        condition c5 Encounter/e1 J ',"meta":{"versionId":"9"}'
    } >in.json
    [ "$(encounters in.json)" = '["e1",["a"],["A","E","I"]]' ]
    run ecan-convert fhir in.json
    [ "$status" -eq 0 ]
    [[ $output == *'2 documents left out: it was entered in error'*'1 document left out: it is superseded'* ]]
    [[ $output == *'3 codes left out: it was entered in error'*'1 code left out: it was refuted'*'1 code left out: it was not done'* ]]
}

@test "fhir: a history has the newest version first, and deletions" {
    jq -n --argjson old "$(document d1 Encounter/e1 old)" --argjson new "$(document d1 Encounter/e1 new)" \
        --argjson gone "$(document d2 Encounter/e1 gone)" '{resourceType: "Bundle", type: "history", entry: [
            {fullUrl: "https://h.example/fhir/DocumentReference/d1", resource: $new},
            {fullUrl: "https://h.example/fhir/DocumentReference/d2", request: {method: "DELETE", url: "DocumentReference/d2"}},
            {fullUrl: "https://h.example/fhir/DocumentReference/d2", resource: $gone},
            {fullUrl: "https://h.example/fhir/DocumentReference/d1", resource: $old}]}' >in.json
    [ "$(encounters in.json)" = '["e1",["new"],null]' ]
}

@test "fhir: charsets, media types in any case, wrapped base64, byte order marks" {
    attachment() { # TYPE BYTES
        document d1 Encounter/e1 x | jq -c --arg type "$1" --arg data "$(printf "$2" | base64 -w 8)" '.content[0].attachment = {contentType: $type, $data}'
    }
    text() { attachment "$@" >in.json && ecan-convert fhir in.json | jq -r '.documents[0].text'; }
    [ "$(text 'text/plain; charset=windows-1252' 'caf\xe9 \x9c')" = 'café œ' ]
    [ "$(text 'TEXT/Plain ;format=flowed; CharSet="ISO-8859-1"' 'caf\xe9')" = café ]
    [ "$(text 'text/plain' '\xef\xbb\xbfcafé')" = café ]
    [ "$(text 'text/plain; charset=utf-8' 'a long text, which is wrapped')" = 'a long text, which is wrapped' ]
    attachment text/plain 'caf\xe9' >in.json
    fails 'in.json: DocumentReference d1: attachment 1: byte 4 is not UTF-8' ecan-convert fhir in.json
    [ "$(ecan-convert fhir --encoding latin1 in.json | jq -r '.documents[0].text')" = café ]
    attachment 'text/plain; charset=klingon' x >in.json
    fails "attachment 1: no encoding is called 'klingon'" ecan-convert fhir in.json
    for wrong in 'Patient is well' 'YQ=' 'YQ==YQ==' '====' 'YWI$'; do
        { document d1 Encounter/e1 koorts; document d2 Encounter/e1 x | jq -c --arg d "$wrong" '.content[0].attachment.data = $d'; } >in.json
        fails 'in.json: DocumentReference d2: attachment 1: ' ecan-convert fhir in.json
    done
    run ecan-convert fhir --skip-bad in.json
    [ "$status" -eq 1 ]
    [ "${lines[1]}" = '{"id":"e1","patient":"Patient/1","documents":[{"id":"d1","text":"koorts"}]}' ]
    for i in 1 2; do document d$i Encounter/e1 $i | sed $'s/^/\xef\xbb\xbf/' >$i.json; done
    [ "$(encounters 1.json 2.json)" = '["e1",["1","2"],null]' ]
    [ "$(cat 1.json 2.json | encounters)" = '["e1",["1","2"],null]' ]
    [ "$(iconv -t UTF-16 1.json | gzip | encounters)" = '["e1",["1"],null]' ]
}

@test "fhir: Binary by fullUrl, reference or inclusion; several attachments; documents without id" {
    data=$(printf koorts | base64)
    jq -n --arg data "$data" '{resourceType: "Bundle", type: "collection", entry: [
        {fullUrl: "urn:uuid:2", resource: {resourceType: "Binary", id: "b1", contentType: "text/plain", $data}},
        {resource: {resourceType: "DocumentReference", id: "d1", subject: {reference: "Patient/1"}, content: [
            {attachment: {contentType: "text/plain", url: "urn:uuid:2"}}, {attachment: {url: "Binary/b1"}}]}},
        {fullUrl: "urn:uuid:3", resource: {resourceType: "DocumentReference", subject: {reference: "Patient/1"},
            contained: [{resourceType: "Binary", id: "c", contentType: "text/plain", $data}],
            content: [{attachment: {url: "#c"}}, {attachment: {contentType: "text/plain", $data}}]}},
        {resource: {resourceType: "DocumentReference", id: "d4", subject: {reference: "Patient/2"},
            content: [{attachment: {contentType: "text/plain", url: "Binary/none"}}]}}]}' >in.json
    run ecan-convert fhir in.json
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = '{"id":"1","patient":"Patient/1","documents":[{"id":"d1","text":"koorts"},{"id":"urn:uuid:3","text":"koorts"},{"id":"urn:uuid:3/2","text":"koorts"}]}' ]
    [[ $output == *'1 attachment left out: its data are not in the input'* ]]
    ecan-convert -q fhir in.json >out
    takes out 1
}

@test "fhir: diagnoses of encounters in R4 and R5, reports, compositions, other media types" {
    {
        document d1 Encounter/e1 a
        condition c1 Encounter/e1 A | jq -c 'del(.encounter)'
        condition c2 Encounter/e9 Z
        echo '{"resourceType":"Encounter","id":"e1","diagnosis":[{"condition":{"reference":"Condition/c1"}},{"condition":{"reference":"Condition/none"}}]}'
        document d2 Encounter/e2 x | jq -c '.context = [{reference: "Encounter/e2"}] | .content[0].attachment.contentType = "application/pdf"'
        echo '{"resourceType":"Encounter","id":"e2","diagnosis":[{"condition":[{"concept":{"coding":[{"code":"B"}]}},{"reference":{"reference":"Condition/c1"}}]}]}'
        printf '{"resourceType":"DiagnosticReport","id":"r1","status":"final","code":{"text":"X ray"},"issued":"2024-01-01","encounter":{"reference":"Encounter/e3"},"presentedForm":[{"contentType":"text/plain","data":"YQ=="}]}\n'
        printf '{"resourceType":"Composition","id":"m1","type":{"text":"Letter"},"encounter":{"reference":"Encounter/e4"},"section":[{"title":"Plan","text":{"div":"<div>rest</div>"}}]}\n'
    } >in.ndjson
    run ecan-convert fhir --convert 'application/pdf=sed "s/^/from: /; s/x/a b/"' --convert "text/html=sed s/<[^>]*>//g" in.ndjson
    [ "$status" -eq 0 ]
    [ "$(printf '%s\n' "${lines[@]:0:4}")" = '{"id":"e1","patient":"Patient/1","documents":[{"id":"d1","text":"a"}],"labels":["A"]}
{"id":"e2","patient":"Patient/1","documents":[{"id":"d2","text":"from: a b"}],"labels":["A","B"]}
{"id":"e3","documents":[{"id":"r1","type":"X ray","date":"2024-01-01","text":"a"}],"labels":[]}
{"id":"e4","documents":[{"id":"m1","type":"Letter","text":"Plan\nrest\n"}],"labels":[]}' ]
    [[ $output == *'1 code left out: it is not in the input'*'1 code left out: its encounter has no note'* ]]
    run ecan-convert fhir in.ndjson
    [[ $output == *'1 attachment left out: it is not text/plain'*'1 Composition left out: its narrative is XHTML'* ]]
    fails 'DocumentReference d2: attachment 1: application/pdf: false: ended with status 1' ecan-convert fhir --convert application/pdf=false in.ndjson
    fails 'no-such-program: cannot be run' ecan-convert fhir --convert 'application/pdf=no-such-program -x' in.ndjson
    ecan-convert -q fhir --convert 'application/pdf=echo ; touch injected $(touch injected) `touch injected`' in.ndjson >out
    [ ! -e injected ]
    [ "$(jq -r 'select(.id == "e2").documents[0].text' out)" = '; touch injected $(touch injected) `touch injected`' ]
}

@test "fhir: JSON that is wrong is named by line; the rest is read with --skip-bad" {
    { document d1 Encounter/e1 a; echo '{"resourceType": "Condition", koorts'; document d2 Encounter/e1 b; echo '{"x": 1}'; document d3 Encounter/e1 c; } >in.json
    fails 'in.json: line 2, column 31, byte ' ecan-convert fhir in.json
    run ecan-convert -q fhir --skip-bad in.json
    [ "$status" -eq 1 ]
    [[ $output == *'line 2, column 31'*'line 4: not a FHIR resource: no resourceType'*'"text":"a"'*'"text":"b"'*'"text":"c"'* ]]
    document d1 Encounter/e1 a | jq . >pretty.json
    [ "$(encounters pretty.json)" = '["e1",["a"],null]' ]
    head -c 100 pretty.json >cut.json
    fails 'cut.json: line ' ecan-convert fhir cut.json
}

# ---- codes ----

@test "codes: the layouts of publishers" {
    {
        printf '%-5s %-7s %s %-60s %s\n' 00001 A00 0 Cholera Cholera
        printf '%-5s %-7s %s %-60s %s\n' 00002 A000 1 'Cholera due to Vibrio cholerae 01, biovar cholerae' 'Cholera due to Vibrio cholerae 01, biovar cholerae, long'
        printf '%-5s %-7s %s %-60s %s\n' 00003 S72001A 1 'Fracture, init' 'Fracture, initial encounter'
    } >cm.txt
    {
        printf '%-5s %-7s %s %-60s %s\n' 00001 001 0 'Bypass' 'Central Nervous System, Bypass'
        printf '%-5s %-7s %s %-60s %s\n' 00002 B2000ZZ 1 'Plain x-ray' 'Plain Radiography'
    } >pcs.txt
    run ecan-convert codes --points add cm.txt pcs.txt
    [ "$(printf '%s\n' "${lines[@]}" | grep -v ecan-convert)" = $'A00.0\tCholera due to Vibrio cholerae 01, biovar cholerae, long
S72.001A\tFracture, initial encounter
B2000ZZ\tPlain Radiography' ]
    [[ $output == *'2 codes left out: they are headings'* ]]
    [ "$(ecan-convert -q codes cm.txt | head -n 1 | cut -f 1)" = A000 ]
    printf 'A00     |3|NOO|3|CHOLERA|Chol\xe9ra\r\nA000    |0|N|0|CHOLERA 01|Chol\xe9ra \xe0 Vibrio\r\nB24+0   |4|N|0|X|Infection\r\n' >LIBCIM10MULTI.TXT
    fails 'LIBCIM10MULTI.TXT: line 1: not UTF-8: name the encoding' ecan-convert codes LIBCIM10MULTI.TXT
    [ "$(ecan-convert -q codes --encoding ISO-8859-1 --points add LIBCIM10MULTI.TXT)" = $'A00.0\tCholéra à Vibrio\nB24.+0\tInfection' ]
    printf 'ICDCODE;ICDDORO;ICDPREC;ICDTXTFR;ICDTXTNL;ICDTXTEN\nA00;D;*;Choléra;Cholera;Cholera\nA000;D;;à Vibrio;door Vibrio;due to Vibrio\n0DTJ4ZZ;P;;Résection;Resectie;Resection\n' >be.csv
    [ "$(ecan-convert -q codes --language nl --points add be.csv)" = $'A00.0\tdoor Vibrio\n0DTJ4ZZ\tResectie' ]
    [ "$(ecan-convert -q codes be.csv | head -n 1)" = $'A000\tà Vibrio' ]
    cat >nl.xml <<'END'
<?xml version="1.0" encoding="UTF-8"?>
<ClaML version="2.0.0">
<Class code="I" kind="chapter"><Rubric kind="preferred"><Label xml:lang="nl">Infectieziekten</Label></Rubric></Class>
<Class code="A00" kind="category"><SubClass code="A00.0"/><Rubric id="1" kind="preferred"><Label xml:lang="nl">Cholera</Label></Rubric></Class>
<Class code="A00.0" kind="category"><SuperClass code="A00"/><Rubric kind="inclusion"><Label>klassiek</Label></Rubric>
<Rubric kind="preferred"><Label xml:lang="nl">Cholera door <i>Vibrio</i>
  &amp; andere</Label></Rubric></Class>
</ClaML>
END
    [ "$(ecan-convert -q codes nl.xml)" = $'A00.0\tCholera door Vibrio & andere' ]
    [ "$(ecan-convert -q codes --points remove nl.xml | cut -f 1)" = A000 ]
    printf 'A000    Cholera due to Vibrio\nA001    Other\n' >list.txt
    [ "$(ecan-convert -q codes list.txt)" = $'A000\tCholera due to Vibrio\nA001\tOther' ]
    printf 'A00.0\tCholera\nG01*\tMeningitis\n' >labels.tsv
    [ "$(ecan-convert -q codes labels.tsv)" = $'A00.0\tCholera\nG01\tMeningitis' ]
    printf 'kode,naam\nA00.0,Cholera\n' >own.csv
    fails 'own.csv: line 1: unknown format' ecan-convert codes own.csv
    [ "$(ecan-convert -q codes --code kode --text naam own.csv)" = $'A00.0\tCholera' ]
    printf 'PK\x03\x04' >x.xlsx
    fails 'x.xlsx: a spreadsheet: save it as CSV first' ecan-convert codes x.xlsx
}

@test "codes: those of encounters, with or without points; those that no table has are reported" {
    printf 'A000\tCholera\nI10\tHypertension\nR509\tFever\n' >table.tsv
    printf '{"id":"1","text":"","labels":["R50.9","A000","X99"]}\n{"id":"2","text":""}\n' >a.jsonl
    printf '{"id":"3","text":"","labels":["a00.0","R50.9"]}\n' | gzip >b.jsonl.gz
    run ecan-convert codes --used a.jsonl --used b.jsonl.gz --missing missing table.tsv -o labels.tsv
    [ "$status" -eq 0 ]
    [ "$output" = 'ecan-convert: 1 of 4 codes are in no table: X99' ]
    [ "$(cat labels.tsv)" = $'A000\tCholera\nR50.9\tFever\nX99\t\na00.0\tCholera' ]
    [ "$(cat missing)" = X99 ]
    printf '{"id":"1","labels":["A"],\n' >bad.jsonl
    fails 'bad.jsonl: line 1: ' ecan-convert codes --used bad.jsonl table.tsv
    printf '{"id":"1","text":""}\n' >none.jsonl
    fails 'no code to write: the encounters have none' ecan-convert codes --used none.jsonl table.tsv
}

@test "wrong operands and options are usage errors" {
    echo x >a.txt
    for wrong in '' 'pdf a.txt' 'csv --separator ab a.txt' 'text --labels - a.txt' 'text --used a.txt a.txt' 'codes --missing x a.txt' \
        'codes --points add --used a.txt a.txt' 'fhir --convert pdftotext a.txt' 'codes --labels a.txt a.txt' 'brat --brat-codes x a.txt'; do
        # shellcheck disable=SC2086
        run ecan-convert $wrong
        echo "$wrong: $output"
        [ "$status" -eq 2 ]
    done
}
