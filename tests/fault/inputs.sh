#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Writes the inputs of programs.tsv into this folder.
set -euo pipefail
# shellcheck source=tests/helper.bash
. "$(dirname "$0")/../helper.bash"

write_streams
data=$PWD
train older --epochs 1 --no-focal --seed 2
rm -r older/checkpoint
rm -r model/checkpoint
printf '2 2\nsign1 1 2\nsign2 2 -1\n' > few.txt
printf 'A*\tfirst\nB00-B99\tsecond\nC5\tthird\n' > groups.tsv
printf 'sign1\tA1\nsign2 sign3\tB10\t1.5\n' > table.tsv
ecan-predict -q -m model --threshold 0.2 tokens.mp > scored.mp
ecan-explain -q -m model scored.mp > evidence.jsonl
ecan-explain -q -m model --format mdace --code-system ICD-10 scored.mp > mdace.jsonl
ecan-terms -q --train train.mp --dev dev.mp -m model --spans mdace.jsonl --threads 1 -o terms 2> /dev/null
ecan-predict -q -m terms tokens.mp > scored2.mp
printf '{"id": "q", "text": "other"}\n' > other.jsonl
ecan-linear -q --train train.mp --min-docs 1 --save -o linear
ecan-join --threshold 0.3 --by mean -o ensemble older linear
ecan-counts -q --min-docs 2 train.mp -o counts
ecan-shard --number 2 -o shards tokens.mp
ecan-average -q --fit scored.mp scored2.mp -o combination.json
ecan-w2v -q --min-count 1 --save-vocab words tokens.mp > /dev/null
printf 'A1\tfirst code\nB10\tfirst\nC5\tthird\n' > codes.tsv
cp "$(dirname "$0")/../../lib/text/scopes.tsv" .
ecan-attend -q -m model --weights encoded.mp | ecan-score -q -m model > weights.mp
printf 'id,code\np0,A1\np1,B10\ne1,R50.9\n' > gold.csv
printf '{"id": "p0", "code": "A1", "score": 0.25}\n{"id": "p1", "code": "B10", "score": 1}\n' > predictions.jsonl
jq -c '.codes[].decision = "accepted"' evidence.jsonl > decisions.jsonl
gzip -k encounters.jsonl
printf 'id,note,text,labels\ne1,n1,fever and cough,R50.9;R05\ne2,n1,headache,R51\ne1,n2,cough,\n' | gzip > notes.csv.gz
mkdir inbox results
cp encounters.jsonl notes.csv.gz inbox/
printf 'old\n' > results/encounters.jsonl.predicted.jsonl
mkdir notes xmc split brat mimic mdace mdsplits
printf 'fever\n' > notes/a.txt
mkdir notes/b
printf 'cough\n' > notes/b/1.txt
printf 'old\n' | tee split/{train,dev,test}.jsonl > split/labels.tsv
printf 'A1,first code\nB10,second code\nC5,third code\n' > codes.csv
sed -i '1i code,title' codes.csv
cat > bundle.json << 'EOF'
{"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "DocumentReference", "status": "current",
 "subject": {"reference": "Patient/1"}, "context": {"encounter": [{"reference": "Encounter/7"}]},
 "content": [{"attachment": {"contentType": "text/rtf", "data": "ZmV2ZXI="}}]}},
 {"resource": {"resourceType": "Condition", "encounter": {"reference": "Encounter/7"},
 "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "R50.9"}]}}}]}
EOF
seq 8 | sed 's/.*/Text & of the law/' > xmc/train_texts.txt
seq 8 | awk '{ print ($1 % 2 ? "odd" : "even") " l" $1 % 3 }' > xmc/train_labels.txt
printf 'test 1\ntest 2\n' > xmc/test_texts.txt
printf 'odd\neven l1\n' > xmc/test_labels.txt
printf 'met koorts' > brat/a.txt
printf 'T1\tDisease 4 10\tkoorts\nN1\tReference T1 ICD-10:R50.9\tFever\n' > brat/a.ann
seq 12 | awk 'BEGIN { print "row_id,subject_id,hadm_id,chartdate,category,description,text" }
    { printf "%d,%d,%d,2100-01-01,Discharge summary,Report,\"note %d\nline 2\"\n", $1, 1000 - $1, $1, $1 }' > mimic/noteevents.csv
seq 12 | awk 'BEGIN { print "row_id,subject_id,hadm_id,seq_num,icd9_code" } { print $1 ",1," $1 ",1,4019" }' | gzip > mimic/diagnoses_icd.csv.gz
printf 'row_id,subject_id,hadm_id,seq_num,icd9_code\n1,1,1,1,66\n' > mimic/procedures_icd.csv
printf 'row_id,icd9_code,short_title,long_title\n1,4019,HTN,Hypertension\n' > mimic/d_icd_diagnoses.csv
printf 'row_id,icd9_code,short_title,long_title\n1,66,x,y\n' > mimic/d_icd_procedures.csv
seq 12 | awk 'BEGIN { print "_id,split" } { print $1 "," ($1 == 12 ? "test" : $1 == 11 ? "val" : "train") }' > splits.csv
for i in 1 2 3; do
    printf '{"hadm_id": %d, "comment": "", "notes": [{"note_id": %d, "category": "Discharge summary", "description": "Report",
 "annotations": [{"begin": 1, "end": 4, "code": "I10", "code_system": "ICD-10-CM", "description": "Hypertension"}]}]}\n' $i $i > mdace/$i.json
done
echo 1 > mdsplits/MDace-ev-train.csv
echo 2 > mdsplits/MDace-ev-val.csv
echo 3 > mdsplits/MDace-ev-test.csv
