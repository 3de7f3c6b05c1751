#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Public data sets in the layout of their publishers, made up.
load ../helper

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# xmc [N]: N training and 4 test documents in AttentionXML's layout, labels as words.
xmc() {
    mkdir -p xmc
    seq "${1:-8}" | awk '{ print "Text " $1 " of the \"law\"" }' >xmc/train_texts.txt
    seq "${1:-8}" | awk '{ print ($1 % 2 ? "odd" : "even") " l" $1 % 3 }' >xmc/train_labels.txt
    seq 4 | awk '{ print "test " $1 }' >xmc/test_texts.txt
    printf 'odd\neven l1\nodd only_test\neven\n' >xmc/test_labels.txt
}

fails() { # MESSAGE COMMAND...: exits 1 with the message, and writes nothing
    local message=$1
    shift
    run "$@"
    echo "$output"
    [ "$status" -eq 1 ] && [[ $output == *"$message"* ]] && [ ! -e out ]
}

@test "eurlex: documents and labels by line, a dev set chosen by the seed out of train" {
    xmc
    ecan-corpus -q eurlex xmc --dev 3 -o out 2>/dev/null
    [ "$(ls out | paste -sd' ')" = 'dev.jsonl labels.tsv test.jsonl train.jsonl' ]
    [ "$(wc -l <out/train.jsonl) $(wc -l <out/dev.jsonl) $(wc -l <out/test.jsonl)" = '5 3 4' ]
    [ "$(cat out/train.jsonl out/dev.jsonl | jq -r .id | sort | paste -sd' ')" = \
        'train-1 train-2 train-3 train-4 train-5 train-6 train-7 train-8' ]
    [ "$(jq -c 'select(.id == "train-4") | [.text, .labels]' out/train.jsonl out/dev.jsonl)" = '["Text 4 of the \"law\"",["even","l1"]]' ]
    [ "$(jq -r .id out/train.jsonl)" = "$(jq -r .id out/train.jsonl | sort)" ] # the order of the file
    [ "$(cut -f 1 out/labels.tsv | paste -sd' ')" = 'even l0 l1 l2 odd only_test' ]
    [ "$(stat -c %a out/train.jsonl)" = 600 ]
    ecan-tokenize -q out/train.jsonl | ecan-check
    ecan-corpus -q eurlex xmc --dev 3 -o again
    cmp out/dev.jsonl again/dev.jsonl
    ecan-corpus -q eurlex xmc --dev 3 --seed 2 -o other
    not cmp -s out/dev.jsonl other/dev.jsonl
}

@test "wiki10: labels as lines of label_map.txt, raw texts first, gzip, CR LF; the published sizes are a warning" {
    xmc
    seq 8 | sed 's/^/raw /; s/$/\r/' >xmc/train_raw_texts.txt
    gzip xmc/test_texts.txt
    printf 'zero\none word\ntwo\n' >xmc/label_map.txt
    seq 8 | awk '{ print $1 % 3 "," ($1 + 1) % 3 }' >xmc/train_labels.txt
    printf '0\n1\n2\n1\n' >xmc/test_labels.txt
    run ecan-corpus wiki10 xmc --dev 2 -o out
    [ "$status" -eq 0 ]
    [[ $output != *warning* ]] # --dev: not the paper's
    [ "$(cat out/labels.tsv)" = $'0\tzero\n1\tone word\n2\ttwo' ]
    [ "$(cat out/*.jsonl | jq -c 'select(.id == "train-4") | [.text, .labels]')" = '["raw 4",["1","2"]]' ]
    run ecan-corpus wiki10 xmc -o out
    [ "$status" -eq 1 ]
    [[ $output == *'1415 encounters for dev, but train has only 8'* ]]
    xmc 1420
    rm xmc/label_map.txt xmc/train_raw_texts.txt
    run ecan-corpus wiki10 xmc -o out2
    [[ $output == *'warning: got 5 encounters of train, expected 12731'*'warning: got 6 labels, expected 30938'* ]]
    [[ $output != *'of dev'* ]]
    xmc 1550
    run ecan-corpus eurlex xmc -o out3
    [ "$status" -eq 0 ]
    [[ $output == *'warning: got 5 encounters of train, expected 13904'*'warning: got 4 encounters of test, expected 3865'* ]]
    [[ $output == *'warning: got 6 labels, expected 3956'* ]]
}

@test "eurlex: files that do not fit each other are an error with line and file, and nothing is written" {
    xmc
    head -n 7 xmc/train_labels.txt >x && mv x xmc/train_labels.txt
    fails 'xmc/train_labels.txt has 7 lines, but there are 8 texts of train' ecan-corpus eurlex xmc --dev 1 -o out
    xmc
    sed -i 3d xmc/test_texts.txt
    fails 'xmc/test_labels.txt has 4 lines, but there are 3 texts of test' ecan-corpus eurlex xmc --dev 1 -o out
    xmc
    sed -i '3s/.*//' xmc/train_texts.txt
    fails 'xmc/train_texts.txt: line 3: the line is empty' ecan-corpus eurlex xmc --dev 1 -o out
    xmc
    sed -i '2s/.*/ /' xmc/train_labels.txt
    fails 'xmc/train_labels.txt: line 2: the line is empty' ecan-corpus eurlex xmc --dev 1 -o out
    xmc
    seq 0 7 >xmc/train_labels.txt
    seq 4 >xmc/test_labels.txt
    printf 'a\nb\nc\nd\ne\nf\ng\n' >xmc/label_map.txt
    fails 'xmc/train_labels.txt: line 8: label 7: label_map.txt has 7 lines, numbers 0 to 6' ecan-corpus eurlex xmc --dev 1 -o out
    xmc
    fails 'xmc/train_labels.txt: line 1: a label that label_map.txt does not have' ecan-corpus eurlex xmc --dev 1 -o out
    xmc
    rm xmc/test_labels.txt xmc/label_map.txt
    fails 'no test_labels.txt in xmc' ecan-corpus eurlex xmc --dev 1 -o out
    xmc
    printf '\xff\n' >>xmc/test_texts.txt
    fails 'xmc/test_texts.txt: line 5: invalid UTF-8' ecan-corpus eurlex xmc --dev 1 -o out
}

@test "gzip that ends early, or is damaged, is an error" {
    xmc
    gzip xmc/train_texts.txt
    head -c 40 xmc/train_texts.txt.gz >x && mv x xmc/train_texts.txt.gz
    fails 'xmc/train_texts.txt.gz: the gzip data ends early' ecan-corpus eurlex xmc --dev 1 -o out
    printf '\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03garbage garbage' >xmc/train_texts.txt.gz
    fails 'xmc/train_texts.txt.gz: damaged gzip data' ecan-corpus eurlex xmc --dev 1 -o out
    printf '{"id": "a", "text": "one"}\n' | gzip >two.gz
    printf '{"id": "b", "text": "two"}\n' | gzip >>two.gz
    [ "$(ecan-tokenize two.gz | ecan-show -r -k tokens | paste -sd' ')" = \
        "$(ecan-tokenize <(gzip -dc two.gz) | ecan-show -r -k tokens | paste -sd' ')" ]
    [ "$(ecan-tokenize <two.gz | ecan-show -r | wc -l)" -eq 2 ]
}

@test "wrong operands and options are usage errors" {
    xmc
    for wrong in "" "nothing xmc -o out" "eurlex -o out" "eurlex xmc" "eurlex xmc xmc -o out" "eurlex xmc --splits x -o out" \
        "mimic3-full xmc -o out" "mimic3-full xmc --splits x --dev 3 -o out" "eurlex xmc -o xmc"; do
        # shellcheck disable=SC2086
        run ecan-corpus $wrong
        echo "$wrong: $output"
        [ "$status" -eq 2 ]
    done
    [ "$(ls xmc | wc -l)" -eq 4 ]
}

# mimic3 N: N admissions of lower case tables; admission i has codes 4019 and 486, those of i < 9 25000 too.
mimic3() {
    mkdir -p mimic
    seq "$1" | awk 'BEGIN { print "row_id,subject_id,hadm_id,chartdate,category,description,text" }
        { printf "%d,%d,%d,2100-01-01,Discharge summary,Report,\"note %d\nline 2\"\n", $1, 1000 - $1, $1, $1 }' >mimic/noteevents.csv
    seq "$1" | awk 'BEGIN { print "row_id,subject_id,hadm_id,seq_num,icd9_code" }
        { print $1 ",1," $1 ",1,4019"; print $1 ",1," $1 ",2,486"; print $1 ",1," $1 ",3,4019" } $1 < 9 { print $1 ",1," $1 ",4,25000" }' >mimic/diagnoses_icd.csv
    printf 'row_id,subject_id,hadm_id,seq_num,icd9_code\n1,1,1,1,66\n' >mimic/procedures_icd.csv
    printf 'row_id,icd9_code,short_title,long_title\n1,4019,HTN,Hypertension\n' >mimic/d_icd_diagnoses.csv
    printf 'row_id,icd9_code,short_title,long_title\n1,66,x,y\n' >mimic/d_icd_procedures.csv
}

# table N: a table of splits: train, but the last two are val and test.
table() {
    seq "$1" | awk -v n="$1" 'BEGIN { print "_id,split" } { print $1 "," ($1 == n ? "test" : $1 == n - 1 ? "val" : "train") }' >splits.csv
}

@test "mimic3-clean: codes of ten admissions, splits as a table, columns in lower case" {
    mimic3 12
    table 12
    ecan-corpus -q mimic3-clean mimic --splits splits.csv -o out
    [ "$(wc -l <out/train.jsonl) $(jq -r .id out/dev.jsonl) $(jq -r .id out/test.jsonl)" = '10 11 12' ]
    [ "$(cat out/labels.tsv)" = $'401.9\tHypertension\n486\t' ] # 250.00 has 8 admissions
    [ "$(jq -r .id out/train.jsonl | head -n 1)" = 10 ] # by subject, then admission
    [ "$(jq -c '[.documents, .labels]' out/test.jsonl)" = \
        '[[{"id":"12","type":"Report","date":"2100-01-01","text":"note 12\nline 2"}],["401.9","486"]]' ]
    mimic3 9
    table 9
    rm -r out
    fails 'train: no admission of splits.csv has a discharge summary and codes' \
        ecan-corpus mimic3-clean mimic --splits splits.csv -o out
}

@test "mimic3: a column that is missing, a row that is too short, an id that is no number, a split twice" {
    mimic3 12
    table 12
    sed -i '1s/category/kategory/' mimic/noteevents.csv
    fails 'mimic/noteevents.csv: no column CATEGORY' ecan-corpus mimic3-clean mimic --splits splits.csv -o out
    mimic3 12
    echo '13,1,13' >>mimic/noteevents.csv
    fails 'mimic/noteevents.csv: line 26: 3 fields, fewer than the header has' ecan-corpus mimic3-clean mimic --splits splits.csv -o out
    mimic3 12
    sed -i '2s/,1,/,x,/' mimic/noteevents.csv
    sed -i '2s/999/zz/' mimic/noteevents.csv
    fails 'mimic/noteevents.csv: line 2: column 2: not a whole number' ecan-corpus mimic3-clean mimic --splits splits.csv -o out
    mimic3 12
    echo 3,test >>splits.csv
    fails 'splits.csv: line 14: duplicate id: it is in train too' ecan-corpus mimic3-clean mimic --splits splits.csv -o out
    printf '_id,split\n1,holdout\n' >splits.csv
    fails 'splits.csv: line 2: the split is not train, val, dev or test' ecan-corpus mimic3-clean mimic --splits splits.csv -o out
    printf 'a,b\n' >splits.csv
    fails 'splits.csv: line 1: no column _id, id or hadm_id' ecan-corpus mimic3-clean mimic --splits splits.csv -o out
    touch splits.feather
    fails 'splits.feather: a feather file; write it as CSV first' ecan-corpus mimic3-clean mimic --splits splits.feather -o out
    fails 'nowhere: No such file' ecan-corpus mimic3-clean mimic --splits nowhere -o out
}

# mimic4: 24 admissions, 12 with codes of each version.
mimic4() {
    mkdir -p iv/hosp ivnote/note
    { echo "note_id,subject_id,hadm_id,note_type,note_seq,charttime,storetime,text"
      seq 24 | awk '{ printf "%d-DS-1,%d,%d,DS,1,2150-01-01 00:00:00,,\"note %d, \"\"long\"\"\"\n", $1, $1, $1, $1 }'
      echo '1-DS-2,1,1,DS,2,2150-01-02 00:00:00,,"note 1, ""long"""'; } | gzip >ivnote/note/discharge.csv.gz
    { echo "subject_id,hadm_id,seq_num,icd_code,icd_version"
      seq 12 | awk '{ print $1 "," $1 ",1,I10,10"; print $1 "," $1 ",2,E119,10" }'
      seq 13 24 | awk '{ print $1 "," $1 ",1,4019 ,9" }'; } | gzip >iv/hosp/diagnoses_icd.csv.gz
    { echo "subject_id,hadm_id,seq_num,chartdate,icd_code,icd_version"
      seq 12 | awk '{ print $1 "," $1 ",1,2150-01-01,02HV33Z,10" }'
      seq 13 24 | awk '{ print $1 "," $1 ",1,2150-01-01,3893,9" }'; } >iv/hosp/procedures_icd.csv
    printf 'icd_code,icd_version,long_title\nI10,10,Essential hypertension\n4019,9,Hypertension\nE119,9,not this one\n' >iv/hosp/d_icd_diagnoses.csv
    printf 'icd_code,icd_version,long_title\n3893,9,Venous catheter\n' >iv/hosp/d_icd_procedures.csv
}

@test "mimic4: codes of one version with its points, tables in hosp and note, a repeated note once" {
    mimic4
    { echo '_id,split'; seq 12 | awk '{ print $1 "," ($1 < 11 ? "train" : $1 == 11 ? "val" : "test") }'; } >splits.csv
    ecan-corpus -q mimic4-icd10 iv ivnote --splits splits.csv -o out
    [ "$(wc -l <out/train.jsonl)" -eq 10 ]
    [ "$(cat out/labels.tsv)" = $'02HV33Z\t\nE11.9\t\nI10\tEssential hypertension' ]
    [ "$(jq -c . out/train.jsonl | head -n 1)" = \
        '{"id":"1","documents":[{"id":"1-DS-1","type":"DS","date":"2150-01-01 00:00:00","text":"note 1, \"long\""}],"labels":["02HV33Z","E11.9","I10"]}' ]
    { echo 'hadm_id,split'; seq 13 24 | awk '{ print $1 "," ($1 < 23 ? "train" : $1 == 23 ? "val" : "test") }'; } >splits.csv
    ecan-corpus -q mimic4-icd9 iv/hosp ivnote/note --splits splits.csv -o out9
    [ "$(cat out9/labels.tsv)" = $'38.93\tVenous catheter\n401.9\tHypertension' ]
    rm -r out
    fails 'no discharge.csv or discharge.csv.gz in iv' ecan-corpus mimic4-icd9 iv --splits splits.csv -o out
}

# mdace: three admissions with a JSON file each.
mdace() {
    mkdir -p mdace/1.0 mdsplits mimic
    for i in 1 2 3; do
        printf '{"hadm_id": %d00, "comment": "", "notes": [\n {"note_id": %d2, "category": "Radiology", "description": "CT", "annotations": []},\n {"note_id": %d1, "category": "Discharge summary", "description": "Report",\n "annotations": [{"begin": 1, "end": 4, "code": "I10", "code_system": "ICD-10-CM", "description": "Hypertension", "type": "Human"}, {"begin": 0, "end": 3, "code": "E11.%d", "code_system": "ICD-10-CM", "description": "Diabetes"}]}]}\n' $i $i $i $i >mdace/1.0/${i}00-ICD-10.json
    done
    { echo 'ROW_ID,SUBJECT_ID,HADM_ID,CATEGORY,DESCRIPTION,TEXT'
      for i in 1 2 3; do
          echo "${i}1,9,${i}00,Discharge summary,Report,\" no htn $i\""
          echo "${i}2,9,${i}00,Radiology,CT,scan $i"
          echo "9$i,9,${i}00,Nursing,Report,not annotated"
      done; } >mimic/NOTEEVENTS.csv
    echo 100 >mdsplits/MDace-ev-train.csv
    echo 200 >mdsplits/MDace-ev-val.csv
    echo 300 >mdsplits/MDace-ev-test.csv
}

@test "mdace: admissions with their annotated notes and codes; the JSON files are gold for ecan-evidence" {
    mdace
    ecan-corpus -q mdace mdace mimic --splits mdsplits -o out
    [ "$(jq -c . out/dev.jsonl)" = \
        '{"id":"200","documents":[{"id":"22","type":"Radiology","text":"scan 2"},{"id":"21","type":"Discharge summary","text":" no htn 2"}],"labels":["E11.2","I10"]}' ]
    [ "$(cat out/labels.tsv)" = $'E11.1\tDiabetes\nE11.2\tDiabetes\nE11.3\tDiabetes\nI10\tHypertension' ]
    jq -c . mdace/1.0/100*.json >gold.jsonl
    ecan-tokenize -q out/train.jsonl >train.mp
    ecan-evidence --gold gold.jsonl --words train.mp gold.jsonl >metrics
    grep -q '1\.0000\|1\.000' metrics
}

@test "mdace: texts that the files have themselves, notes without text, JSON that is not MDACE's" {
    mdace
    sed -i '/^21,/d' mimic/NOTEEVENTS.csv
    fails 'no rows for 1 notes of MDACE' ecan-corpus mdace mdace mimic --splits mdsplits -o out
    fails '6 notes of MDACE have no text: no NOTEEVENTS.csv' ecan-corpus mdace mdace --splits mdsplits -o out
    for f in mdace/1.0/*.json; do jq '.notes[].text = "given"' "$f" >x && mv x "$f"; done
    ecan-corpus -q mdace mdace --splits mdsplits -o out4
    [ "$(jq -r '.documents[].text' out4/test.jsonl | sort -u)" = given ]
    echo '{"notes": []}' >mdace/1.0/bad.json
    fails 'mdace/1.0/bad.json: no hadm_id before notes' ecan-corpus mdace mdace --splits mdsplits -o out
    echo '{"hadm_id": 1, "notes": [{"note_id": 1, "annotations": [{"begin": 1}]}]}' >mdace/1.0/bad.json
    fails 'mdace/1.0/bad.json: an annotation without code' ecan-corpus mdace mdace --splits mdsplits -o out
    mkdir empty
    fails 'empty: no .json files' ecan-corpus mdace empty --splits mdsplits -o out
}

@test "encounters: the most frequent labels of any data set, of equally frequent ones the first" {
    mkdir data
    printf '{"id": 1, "text": "x", "labels": ["b", "a"], "site": {"n": 1}}\n\n{"id": "2", "documents": [{"text": "y"}], "labels": ["c"]}\n' >data/train.jsonl
    printf '{"id": "3", "text": "z", "labels": ["c", "b", "c"]}\n' | gzip >data/dev.jsonl.gz
    printf '{"id": "4", "text": "z", "labels": ["d", "a"]}\n{"id": "5", "text": "no label"}\n' >data/test.jsonl
    printf 'a\tfirst letter\n' >data/labels.tsv
    run ecan-corpus encounters data --top 2 -o out
    [ "$status" -eq 0 ]
    [[ $output == *'1 train, 1 dev, 1 test, 2 labels'*'skipped 2 encounters without labels, 0 without text'* ]]
    [ "$(jq -c . out/train.jsonl)" = '{"id":"1","text":"x","site":{"n":1},"labels":["a","b"]}' ] # a, b and c come twice
    [ "$(cat out/labels.tsv)" = $'a\tfirst letter\nb\t' ]
    echo '{"id": "1", "text": "x", "labels": []}' >>data/test.jsonl
    rm -r out
    fails 'data/test.jsonl: line 3: duplicate id' ecan-corpus encounters data --top 2 -o out
    rm data/test.jsonl
    fails 'no test.jsonl or test.jsonl.gz in data' ecan-corpus encounters data --top 2 -o out
}
