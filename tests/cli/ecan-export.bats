#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ecan-export: CSV, FHIR and brat; and ecan-convert reads each again, with equal codes and spans.

load ../helper

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# Two notes with characters above U+FFFF, and what a model and a coder say about them. No patient exists.
files() {
    cat >notes.jsonl <<'END'
{"id": "e1", "patient": "p7", "documents": [{"id": "n1", "type": "brief", "date": "2024-03-01", "language": "nl", "text": "𝔘 erge koorts\r\nen 😷 hoest"}, {"id": "n2", "text": "hoest"}]}
{"id": "e2", "text": "geen klachten"}
{"id": 3, "documents": [{"text": "pijn"}]}
END
    cat >evidence.jsonl <<'END'
{"id": "e1", "by": "peak", "codes": [{"code": "R50.9", "description": "Fever", "score": 0.93, "predicted": true, "evidence": [{"document": "n1", "index": 0, "begin": 7, "end": 13, "text": "koorts", "peak": [7, 13], "weight": 0.4, "block": 0}]}, {"code": "R05", "description": "", "score": 0.5, "predicted": true, "evidence": [{"document": "n1", "begin": 7, "end": 25, "text": "koorts\r\nen 😷 hoest"}, {"document": "n2", "begin": 0, "end": 5, "text": "hoest"}]}, {"code": "I10", "description": "", "score": 0.1, "predicted": false, "evidence": []}]}
{"id": "e2", "by": "peak", "codes": []}
{"id": "3", "by": "peak", "codes": [{"code": "R52", "description": "Pain, \"unspecified\"", "score": 0.75, "predicted": true, "evidence": []}]}
END
    cat >decisions.jsonl <<'END'
{"id": "e1", "codes": [{"code": "R50.9", "description": "Fever", "score": 0.93, "predicted": true, "decision": "accepted", "evidence": [{"document": "n1", "begin": 2, "end": 13, "by": "model"}, {"document": "n1", "begin": 7, "end": 13, "by": "coder"}]}, {"code": "R05", "score": 0.5, "predicted": true, "decision": "rejected", "evidence": []}, {"code": "Z88.0", "description": "", "score": null, "predicted": false, "decision": "accepted", "evidence": []}, {"code": "R51", "score": 0.6, "predicted": true, "decision": null, "evidence": []}]}
END
}

# spans FILE: as in convert-spans.bats, sorted.
spans() {
    jq -r '.id as $id | .codes[] | .code as $code | .evidence[] | [$id, $code, .document, .begin, .end] | join(" ")' "$1" | sort | paste -sd,
}

same_spans='3 R52 1 0 4,e1 R05 n1 7 25,e1 R05 n2 0 5,e1 R50.9 n1 7 13'

# ---- order ----

@test "codes are in the order of the coder; FHIR has the principal diagnosis, the order and present on admission" {
    code() { printf '{"code": "%s", "score": 0.5, "predicted": true, "decision": "%s", "evidence": [], "removed": []%s}' "$@"; }
    printf '{"id": "e1", "codes": [%s, %s, %s, %s, %s, %s]}\n' "$(code A accepted '')" "$(code B accepted ', "order": 3')" "$(code C rejected ', "reason": "negated"')" \
        "$(code D accepted ', "order": 2, "present_on_admission": "N"')" "$(code E accepted '')" "$(code F accepted ', "principal": true')" >decisions.jsonl
    [ "$(ecan export -q decisions.jsonl | sed 1d | cut -d'"' -f4 | paste -sd,)" = F,D,B,A,E ]
    ecan export -q --to fhir decisions.jsonl >bundle.json
    said() { jq -c --arg code "$1" '[.entry[].resource | select(.resourceType == "Condition" and .code.coding[0].code == $code) | .extension[] | del(.valueDecimal)]' bundle.json; }
    [ "$(said F)" = '[{"url":"urn:ecan:score"},{"url":"urn:ecan:principal","valueBoolean":true}]' ]
    [ "$(said D)" = '[{"url":"urn:ecan:score"},{"url":"urn:ecan:order","valuePositiveInt":2},{"url":"urn:ecan:present-on-admission","valueCode":"N"}]' ]
    [ "$(said A)" = '[{"url":"urn:ecan:score"}]' ]
    printf '{"id": "e1", "codes": [%s]}\n' "$(code A accepted ', "order": 0')" >decisions.jsonl
    run ecan export decisions.jsonl
    [ "$status" -eq 1 ]
    [[ $output == *'code 1: order: expected a whole number from 1'* ]]
}

# ---- csv ----

@test "csv: codes of lines, of a scored stream, of decisions and of encounters" {
    files
    [ "$(ecan export -q evidence.jsonl)" = 'id,code,score
"e1","R50.9",0.93
"e1","R05",0.5
"3","R52",0.75' ]
    printf '%s\n' '{"id": "p0", "predicted": [{"code": "A1", "score": 0.5}, {"code": "B,1", "score": 1}]}' '{"id": "p \"1\"", "predicted": []}' >lines
    [ "$(gzip <lines | ecan export)" = 'id,code,score
"p0","A1",0.5
"p0","B,1",1' ]
    [ "$(ecan export --threshold 0.5 lines 2>/dev/null)" = 'id,code,score
"p0","B,1",1' ]
    ecan export decisions.jsonl >out 2>said
    [ "$(cat out)" = 'id,code,score
"e1","R50.9",0.93
"e1","Z88.0",' ]
    grep -q ': 1 code left out: the coder rejected it$' said
    grep -q ': 1 code left out: the coder did not decide$' said
    printf '{"id": "x", "text": "koorts", "labels": ["R50.9", "R05"]}\n' >labelled
    [ "$(ecan export labelled)" = 'id,code,score
"x","R50.9",
"x","R05",' ]
    write_streams
    ecan import -q --gold encounters.jsonl predictions.csv >imported.mp
    [ "$(ecan export <imported.mp)" = 'id,code,score
"p1","B10",1' ]
    [ "$(ecan export -t 0.2 imported.mp)" = 'id,code,score
"p0","A1",0.25
"p1","B10",1' ]
    ecan-predict -q -m model --threshold 0.05 -o scored.mp tokens.mp
    ecan-show -r --key predicted scored.mp >predicted
    ecan export scored.mp >one
    ecan export predicted >two
    [ "$(wc -l <one)" -gt 2 ]
    cmp one two
}

@test "csv: passages, in three units, and back" {
    files
    ecan export -q --passages evidence.jsonl >passages.csv
    [ "$(head -n 2 passages.csv)" = 'id,code,score,document,begin,end,text
"e1","R50.9",0.93,"n1",7,13,"koorts"' ]
    [ "$(tail -n 1 passages.csv)" = '"3","R52",0.75,,,,' ]
    [ "$(ecan export -q --passages --unit utf-16 --notes notes.jsonl evidence.jsonl | sed -n '1p; 2p')" = 'id,code,score,document,begin_utf16,end_utf16,text
"e1","R50.9",0.93,"n1",8,14,"koorts"' ]
    [ "$(ecan export -q --passages --unit bytes --notes notes.jsonl evidence.jsonl | sed -n '1p; 2p')" = 'id,code,score,document,begin_bytes,end_bytes,text
"e1","R50.9",0.93,"n1",10,16,"koorts"' ]
    for unit in code-points utf-16 bytes; do
        ecan export -q --passages --unit $unit --notes notes.jsonl evidence.jsonl >passages.csv
        printf 'id,note,text\ne1,n1,"𝔘 erge koorts\r\nen 😷 hoest"\ne1,n2,hoest\ne2,,geen klachten\n3,,pijn\n' >notes.csv
        ecan convert csv -q --labels passages.csv --spans spans.jsonl notes.csv >again.jsonl
        [ "$(jq -c '[.id, .labels]' again.jsonl | paste -sd' ')" = '["e1",["R05","R50.9"]] ["e2",[]] ["3",["R52"]]' ]
        [ "$(spans spans.jsonl)" = "${same_spans#*,}" ]
    done
    run ecan export --passages --unit bytes evidence.jsonl
    [ "$status" -eq 1 ] && [[ $output == *'encounter e1: the notes are needed to count bytes: name their file with --notes'* ]]
}

# ---- fhir ----

# resources TYPE: from bundle.json.
resources() {
    jq -c ".entry[].resource | select(.resourceType == \"$1\")" bundle.json
}

@test "fhir: proposals are unconfirmed, with the software and the model in the provenance" {
    files
    ecan export -q --to fhir --code-system http://hl7.org/fhir/sid/icd-10 --recorded 2024-03-01T12:00:00Z evidence.jsonl -o bundle.json
    [ "$(jq -r '[.resourceType, .type] | join(" ")' bundle.json)" = 'Bundle transaction' ]
    [ "$(jq -r '.entry[] | [.resource.resourceType, .request.method] | join(" ")' bundle.json | paste -sd,)" = \
        'Device PUT,Condition PUT,Condition PUT,Provenance POST,Condition PUT,Provenance POST' ]
    [ "$(resources Condition | jq -c '.verificationStatus.coding[0].code' | sort -u)" = '"unconfirmed"' ]
    [ "$(resources Condition | head -n 1 | jq -c '[.code, .encounter, .extension]')" = '[{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10","code":"R50.9","display":"Fever"}]},{"type":"Encounter","identifier":{"value":"e1"}},[{"url":"urn:ecan:score","valueDecimal":0.93}]]' ]
    [ "$(resources Condition | head -n 1 | jq -c '.evidence')" = '[{"extension":[{"url":"urn:ecan:passage","extension":[{"url":"begin","valueUnsignedInt":7},{"url":"end","valueUnsignedInt":13},{"url":"unit","valueCode":"code-points"},{"url":"text","valueString":"koorts"}]}],"detail":[{"type":"DocumentReference","identifier":{"value":"n1"}}]}]' ]
    # Each Condition is the target of a Provenance whose agent is the Device.
    [ "$(resources Provenance | jq -r '.target[].reference')" = "$(jq -r '.entry[] | select(.resource.resourceType == "Condition").fullUrl' bundle.json)" ]
    device=$(jq -r '.entry[0].fullUrl' bundle.json)
    version=$(ecan --version)
    [ "$(resources Provenance | head -n 1 | jq -c '[.agent[0].type.coding[0].code, .agent[0].who, .recorded]')" = "[\"assembler\",{\"reference\":\"$device\",\"display\":\"$version\"},\"2024-03-01T12:00:00Z\"]" ]
    [ "$(resources Device | jq -c '[.version[].value]')" = "[\"${version#* }\"]" ]
    # The same export again has the same identifiers, so that a server has them once.
    ecan export -q --to fhir --code-system http://hl7.org/fhir/sid/icd-10 --recorded 2024-03-01T12:00:00Z evidence.jsonl | cmp - bundle.json
    [ "$(jq -r '.entry[] | select(.request.method == "PUT").request.url' bundle.json | sort | uniq -d | wc -l)" -eq 0 ]
    [[ $(jq -r '.entry[1] | .request.url' bundle.json) = "Condition?identifier=urn:ietf:rfc:3986%7C$(jq -r '.entry[1].fullUrl' bundle.json)" ]]
    jq -r '.entry[].fullUrl' bundle.json | grep -vcE '^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$' | grep -qx 0

    write_streams
    ecan-predict -q -m model --threshold 0.05 -o scored.mp tokens.mp
    ecan export -q --to fhir scored.mp >bundle.json
    [ "$(resources Device | jq -r '.version[1] | .type.text, .value' | paste -sd' ')" = "model $(jq -r .fingerprint model/config.json)" ]
    resources Condition | head -n 1 | jq -e '.code.coding[0] | has("system") | not'
    [[ $(resources Provenance | jq -r .recorded | sort -u) =~ ^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$ ]]
    ecan-show -r --key predicted scored.mp | ecan export -q --to fhir -m model >bundle.json
    [ "$(resources Device | jq -r '.version[1].value')" = "$(jq -r .fingerprint model/config.json)" ]
    ecan-join --threshold 0.05 -o ensemble model
    ecan-show -r --key predicted scored.mp | ecan export -q --to fhir -m ensemble >bundle.json
    [ "$(resources Device | jq -r '.version[1].value')" = "$(jq -r .fingerprint model/config.json)" ]
    run ecan export --to fhir -m nowhere scored.mp
    [ "$status" -eq 1 ] && [[ $output == *nowhere* ]]
}

@test "fhir: accepted codes are confirmed, by the coder; they replace the proposals" {
    files
    ecan export -q --to fhir evidence.jsonl -o bundle.json
    proposed=$(jq -r '.entry[] | select(.resource.code.coding[0].code == "R50.9").request.url' bundle.json)
    ecan export -q --to fhir --coder Practitioner/7 --notes notes.jsonl --patient patient decisions.jsonl -o bundle.json
    [ "$(resources Condition | jq -c '[.code.coding[0].code, .verificationStatus.coding[0].code, .subject]' | paste -sd' ')" = \
        '["R50.9","confirmed",{"type":"Patient","identifier":{"value":"p7"}}] ["Z88.0","confirmed",{"type":"Patient","identifier":{"value":"p7"}}]' ]
    [ "$(jq -r '.entry[] | select(.resource.code.coding[0].code == "R50.9").request.url' bundle.json)" = "$proposed" ]
    # What a model proposed and a coder accepted has both; what the coder added has only the coder.
    conditions=$(jq -r '.entry[] | select(.resource.resourceType == "Condition").fullUrl' bundle.json)
    [ "$(resources Provenance | jq -r '.agent[0].type.coding[0].code + " " + ([.target[].reference] | join(","))')" = "assembler ${conditions%$'\n'*}
verifier ${conditions%$'\n'*}
author ${conditions#*$'\n'}" ]
    [ "$(resources Provenance | jq -c '.agent[0].who' | tail -n 2 | sort -u)" = '{"reference":"Practitioner/7"}' ]
    # The passage is the one that the coder selected.
    [ "$(resources Condition | head -n 1 | jq -c '[.evidence[].extension[0].extension[0:2][].valueUnsignedInt]')" = '[7,13]' ]
    ecan export -q --to fhir --coder 'K. Odeur' decisions.jsonl >bundle.json
    [ "$(resources Provenance | jq -c '.agent[0].who' | tail -n 1)" = '{"display":"K. Odeur"}' ]
}

@test "fhir: back with the notes in the bundle, in three units; with ids of a server" {
    files
    for unit in code-points utf-16 bytes; do
        ecan export -q --to fhir --with-notes --unit $unit --notes notes.jsonl evidence.jsonl -o bundle.json
        ecan convert fhir -q --spans spans.jsonl bundle.json >again.jsonl
        [ "$(jq -c '[.id, .patient, .documents, .labels]' again.jsonl | head -n 1)" = '["e1","p7",[{"id":"n1","type":"brief","date":"2024-03-01","language":"nl","text":"𝔘 erge koorts\r\nen 😷 hoest"},{"id":"n2","text":"hoest"}],["R05","R50.9"]]' ]
        [ "$(jq -c '[.id, .labels]' again.jsonl | paste -sd' ')" = '["e1",["R05","R50.9"]] ["e2",[]] ["3",["R52"]]' ]
        [ "$(spans spans.jsonl)" = "${same_spans#*,}" ]
    done
    # Notes of a server, and the codes of the export: references to its resources.
    cat >server.ndjson <<'END'
{"resourceType": "DocumentReference", "id": "n1", "subject": {"reference": "Patient/p7"}, "context": {"encounter": [{"reference": "Encounter/e1"}]}, "content": [{"attachment": {"contentType": "text/plain", "data": "8J2UmCBlcmdlIGtvb3J0cw=="}}]}
{"resourceType": "DocumentReference", "id": "n9", "subject": {"reference": "Patient/p9"}, "content": [{"attachment": {"contentType": "text/plain", "data": "aG9lc3Q="}}]}
END
    ecan convert fhir -q server.ndjson >notes.jsonl
    [ "$(jq -c '[.id, .patient]' notes.jsonl | paste -sd' ')" = '["e1","Patient/p7"] ["p9","Patient/p9"]' ]
    printf '{"id": "e1", "codes": [{"code": "R50.9", "score": 0.9, "evidence": [{"document": "n1", "begin": 7, "end": 13}]}]}\n' >evidence.jsonl
    ecan export -q --to fhir --server-ids --unit utf-16 --notes notes.jsonl evidence.jsonl >bundle.json
    [ "$(resources Condition | jq -c '[.subject, .encounter, .evidence[0].detail]')" = '[{"reference":"Patient/p7"},{"reference":"Encounter/e1"},[{"reference":"DocumentReference/n1"}]]' ]
    ecan convert fhir -q --spans spans.jsonl server.ndjson bundle.json >again.jsonl
    [ "$(jq -c '[.id, .labels]' again.jsonl | paste -sd' ')" = '["e1",["R50.9"]] ["p9",[]]' ]
    [ "$(spans spans.jsonl)" = 'e1 R50.9 n1 7 13' ]
    # Passages that cannot be read are counted, and the code is kept.
    jq -c '(.. | objects | select(.url == "begin").valueUnsignedInt) = 900' bundle.json >beyond.json
    run ecan convert fhir --spans spans.jsonl server.ndjson beyond.json
    [ "$status" -eq 1 ] && [[ $output == *'1 span left out: it is not a part of its note'*'no span to write'* ]]
    jq -c 'del(.. | objects | select(.url == "unit"))' bundle.json >no-unit.json
    run ecan convert fhir --spans spans.jsonl server.ndjson no-unit.json
    [[ $output == *'1 span left out: it has no unit, no offsets or no note'* ]]
}

@test "fhir: patients, ids with slashes, and empty notes" {
    printf '%s\n' '{"id": "2024/7", "documents": [{"id": "a/b", "date": "maart", "text": "\ufeffkoorts"}, {"id": "empty", "text": ""}], "labels": ["R50.9"]}' \
        '{"id": "Patient/9", "documents": [{"id": "c", "date": "2024-03-01T10:00:00+01:00", "text": "hoest"}], "labels": ["R05"]}' >in.jsonl
    ecan export --to fhir --with-notes in.jsonl -o bundle.json 2>said
    cat said
    grep -q ': 1 encounter without the key patient' said
    grep -q ': 1 date left out: it is no date of FHIR' said
    [ "$(resources Condition | jq -c '[.subject, .encounter]' | paste -sd' ')" = '[{"type":"Patient","display":"patient of encounter 2024/7"},{"type":"Encounter","identifier":{"value":"2024/7"}}] [{"reference":"Patient/9"},null]' ]
    ecan convert fhir -q bundle.json >again.jsonl
    [ "$(jq -c '[.id, [.documents[] | [.id, .date, .text]], .labels]' again.jsonl | paste -sd' ')" = '["2024/7",[["a/b",null,"﻿koorts"],["empty",null,""]],["R50.9"]] ["9",[["c","2024-03-01T10:00:00+01:00","hoest"]],["R05"]]' ]
}

# ---- brat ----

@test "brat: notes with their annotations, and back" {
    files
    ecan export -q --to brat --notes notes.jsonl --code-system ICD-10 evidence.jsonl -o out
    [ "$(cd out && find . -type f | sort | paste -sd' ')" = './3/1.ann ./3/1.txt ./annotation.conf ./e1/n1.ann ./e1/n1.txt ./e1/n2.ann ./e1/n2.txt ./e2.ann ./e2.txt' ]
    [ "$(stat -c %a out out/e1 out/e1/n1.txt | paste -sd' ')" = '700 700 600' ]
    [ "$(cat out/e1/n1.ann)" = "$(printf 'T1\tProposed 7 13\tkoorts\nN1\tReference T1 ICD-10:R50.9\tFever\nT2\tProposed 7 13;15 25\tkoorts en 😷 hoest\nN2\tReference T2 ICD-10:R05\t')" ]
    [ "$(cat out/3/1.ann)" = "$(printf 'T1\tProposed-without-place 0 4\tpijn\nN1\tReference T1 ICD-10:R52\tPain, "unspecified"')" ]
    [ ! -s out/e2.ann ]
    ecan convert brat --folders --spans spans.jsonl out >again.jsonl 2>said
    [ ! -s said ]
    [ "$(jq -c '[.id, [.documents[] | [.id, .text]], .labels]' again.jsonl | sort | paste -sd' ')" = '["3",[["1","pijn"]],["R52"]] ["e1",[["n1","𝔘 erge koorts\r\nen 😷 hoest"],["n2","hoest"]],["R05","R50.9"]] ["e2",[["e2","geen klachten"]],[]]' ]
    [ "$(spans spans.jsonl)" = "${same_spans#*,}" ]
    ecan export -q --to brat --notes notes.jsonl decisions.jsonl -o accepted
    [ "$(cat accepted/e1/n1.ann)" = "$(printf 'T1\tAccepted 7 13\tkoorts\nN1\tReference T1 code:R50.9\tFever\nT2\tAccepted-without-place 0 1\t𝔘\nN2\tReference T2 code:Z88.0\t')" ]
}

@test "brat: ids that cannot be names of files; no folder is replaced, and none is left after an error" {
    printf '%s\n' '{"id": "../e", "documents": [{"id": "a/b", "text": "koorts"}, {"id": ".c", "text": "50%"}], "labels": ["R50.9"]}' \
        '{"id": "x%2Fy", "documents": [{"id": "\\\"", "text": ""}], "labels": ["R05"]}' >in.jsonl
    ecan export --to brat -o out in.jsonl 2>said
    grep -q ': 1 code left out: no note of its encounter has a word to mark$' said
    ecan convert -q brat --folders out >again.jsonl
    [ "$(jq -c '[.id, [.documents[] | [.id, .text]], .labels]' again.jsonl | sort | paste -sd' ')" = '["../e",[[".c","50%"],["a/b","koorts"]],["R50.9"]] ["x%2Fy",[["\\\"",""]],[]]' ]
    run ecan export --to brat -o out in.jsonl
    [ "$status" -eq 1 ] && [[ $output == *'out: it exists: choose a new or an empty folder'* ]]
    mkdir empty
    ecan export -q --to brat -o empty in.jsonl
    diff -r empty out
    files
    jq -c '.id += ("x" * 300)' in.jsonl >long.jsonl
    run ecan export --to brat -o none long.jsonl
    [ "$status" -eq 1 ] && [[ $output == *'its id is too long for the name of a file'* ]]
    run ecan export --to brat -o none evidence.jsonl
    [ "$status" -eq 1 ] && [[ $output == *'encounter e1: its notes are unknown: name their file with --notes'* ]]
    [ "$(find . -maxdepth 1 -name 'none*' | wc -l)" -eq 0 ]
}

# ---- all ----

@test "random passages of random texts come back from each format and unit" {
    need msgpack
    "$python" - <<'END'
import json, random
random.seed(7)
letters = "aé€𝔘😷 \r\n\t\"%<&;,ß"
with open("notes.jsonl", "w") as notes, open("evidence.jsonl", "w") as evidence:
    for i in range(60):
        documents = [{"id": f"n{k}", "text": "x" + "".join(random.choice(letters) for _ in range(random.randrange(1, 40)))} for k in range(random.randrange(1, 4))]
        codes = []
        for code in random.sample(["A00", "B.1", "C-2", "D 3", "É4"], random.randrange(0, 4)):
            passages = []
            for _ in range(random.randrange(0, 3)):
                d = random.choice(documents)
                a, b = sorted(random.sample(range(len(d["text"]) + 1), 2))
                t = d["text"][a:b]
                # brat cannot mark line ends at the ends of a passage, or CR without LF apart
                if t.strip("\r\n") == t:
                    passages.append({"document": d["id"], "begin": a, "end": b, "text": t})
            codes.append({"code": code, "score": 0.5, "predicted": True, "evidence": passages})
        notes.write(json.dumps({"id": f"e{i}", "documents": documents}) + "\n")
        evidence.write(json.dumps({"id": f"e{i}", "codes": codes}) + "\n")
END
    jq -c 'select(.codes != []) | [.id, ([.codes[].code] | sort)]' evidence.jsonl | sort >codes
    jq -r '.id as $id | .codes[] | .code as $code | .evidence[] | [$id, $code, .document, .begin, .end] | @json' evidence.jsonl | sort -u >expected
    [ "$(wc -l <expected)" -gt 50 ]
    check() { # FORMAT UNIT
        jq -c 'select(.labels != []) | [.id, (.labels | sort)]' again.jsonl | sort | cmp - codes || { echo "codes of $1 $2"; return 1; }
        jq -r '.id as $id | .codes[] | .code as $code | .evidence[] | [$id, $code, .document, .begin, .end] | @json' spans.jsonl | sort | diff - expected || { echo "spans of $1 $2"; return 1; }
    }
    jq -r '.id as $id | ["id", "note", "text"], (.documents[] | [$id, .id, .text]) | @csv' notes.jsonl | awk '!/^"id","note","text"$/ || !n++' >notes.csv
    for unit in code-points utf-16 bytes; do
        ecan export -q --passages --unit $unit --notes notes.jsonl evidence.jsonl >passages.csv
        ecan convert csv -q --labels passages.csv --spans spans.jsonl notes.csv >again.jsonl
        check csv $unit
        ecan export -q --to fhir --with-notes --unit $unit --notes notes.jsonl evidence.jsonl >bundle.json
        ecan convert fhir -q --spans spans.jsonl bundle.json >again.jsonl
        check fhir $unit
    done
    # A code needs a word to be marked.
    ecan export --to brat --notes notes.jsonl evidence.jsonl -o out 2>said
    ecan convert brat -q --folders --spans spans.jsonl out >again.jsonl
    [ ! -s said ]
    check brat
    # From what was read, the same is written again.
    jq -c '{id, documents}' again.jsonl >ordered.jsonl
    ecan export -q --to brat --notes ordered.jsonl spans.jsonl -o twice
    ecan convert brat -q --folders --spans spans-twice.jsonl twice >/dev/null
    cmp spans.jsonl spans-twice.jsonl
}

@test "nothing to write, and notes that are not those of the codes, are errors" {
    files
    printf '{"id": "e1", "predicted": []}\n' >none
    for format in csv fhir; do
        run ecan export --to $format -o out none
        [ "$status" -eq 1 ] && [ ! -e out ] && [[ $output == *'no code to export: the input has no predicted and no accepted code'* ]]
        : | run ecan export --to $format -
        [ "$status" -eq 1 ]
    done
    run ecan export --to brat --notes notes.jsonl -o out none
    [ "$status" -eq 1 ] && [ ! -e out ] && [[ $output == *'no code to export'* ]]
    tac evidence.jsonl >other
    run ecan export --passages --notes notes.jsonl other
    [ "$status" -eq 1 ] && [[ $output == *'encounter e2: not found in --notes after the encounter before it'* ]]
    sed 's/koorts/kxorts/' notes.jsonl >changed.jsonl
    run ecan export --passages --notes changed.jsonl evidence.jsonl
    [[ $output == *'2 passages left out: its note has another text there: the notes are not those of the evidence'* ]]
    [[ $output != *rts* ]]
    printf 'id,code\n1,A\n' >table.csv
    for bad in '{"id": "x"}' '{"predicted": []}' '{"id": "x", "predicted": [{"code": 1}]}' '{"id": "x", "codes": [{"code": "A", "score": 1, "evidence": [{"document": "n", "begin": 3, "end": 2}]}]}' \
        '{"id": "x", "codes": [{"code": "A", "score": 1, "evidence": [{"document": "n", "begin": -1, "end": 2}]}]}' '[]' '{"id": "x", "predicted": [{"code": "a\tb"}]}' '{' 'id,code'; do
        printf '%s\n' '{"id": "ok", "predicted": [{"code": "A", "score": 1}]}' "$bad" '{"id": "ok2", "predicted": [{"code": "B", "score": 1}]}' >bad
        run ecan export -o out bad
        echo "$output"
        [ "$status" -eq 1 ] && [ ! -e out ] && [[ $output == *'bad: line 2: '* ]]
        run ecan export --skip-bad bad
        [ "$status" -eq 1 ] && [[ $output == *'"ok2","B",1'*'1 bad record left out'* ]]
    done
    cat none evidence.jsonl >twice
    run ecan export twice
    [ "$status" -eq 1 ] && [[ $output == *'twice: line 2: duplicate encounter'* ]]
    write_streams
    head -c -9 scored.mp >cut.mp
    run ecan export -o out cut.mp
    [ "$status" -eq 1 ] && [ ! -e out ] && [[ $output == *truncated* ]]
    run ecan export tokens.mp
    [ "$status" -eq 1 ] && [[ $output == *"expected a 'scored' stream"* ]]
    cp evidence.jsonl same
    run ecan export -o same same
    [ "$status" -eq 1 ] && cmp same evidence.jsonl
    run bash -c 'ecan export evidence.jsonl >/dev/full'
    [ "$status" -eq 1 ]
}

@test "wrong options are usage errors" {
    files
    for wrong in '--to x' '--to brat' '--to brat -o -' '--to brat -o x --unit bytes' '--to brat -o x --code-system a:b' '--to fhir --code-system ICD-10' '--to fhir --passages' \
        '--coder x' '--with-notes' '--server-ids' '--recorded 2024-01-01T00:00:00Z' '--to fhir --recorded 2024-01-01' '--to fhir --recorded now' '--unit x' '--threshold 2'; do
        # shellcheck disable=SC2086
        run ecan export $wrong evidence.jsonl
        echo "$wrong: $output"
        [ "$status" -eq 2 ] && [ ! -e x ]
    done
    ecan export -q --to fhir --recorded 2024-01-01T00:00:00.123+01:00 evidence.jsonl >/dev/null
}
