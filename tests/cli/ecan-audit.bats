#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ecan-audit: its ranking compared with the equations of formats/audit.md; evidence; invalid input; audit-experiment.sh.
bats_require_minimum_version 1.5.0

load ../helper

setup_file() {
    export data=$BATS_FILE_TMPDIR pipelines="$BATS_TEST_DIRNAME/../../pipelines"
    ECAN_BIN=$(dirname "$(command -v ecan-tokenize)")
    export ECAN_BIN
    cd "$data" || return 1
    PATH="$ECAN_BIN/../examples:$PATH" make-encounters --train 60 --dev 10 --test 12 -o d
    ecan-tokenize d/train.jsonl > train.mp
    ecan-tokenize d/dev.jsonl > dev.mp
    ecan-w2v --size 8 --iter 2 --threads 1 -o vectors.bin train.mp
    train model --labels d/labels.tsv --channels 8 --kernels 3 --epochs 4 --no-focal
    ecan-predict -q -m model dev.mp > scored.mp
}

setup() {
    need msgpack msgpack_numpy numpy
    cd "$BATS_TEST_TMPDIR" || return 1
}

@test "the ranking follows the equations" {
    "$python" - << 'END'
from helper import *
random = numpy.random.RandomState(1)
codes = [f"C{j}" for j in range(6)]
stream = [{"ecan": 1, "kind": "scored", "history": [], "labels": codes}]
for i in range(20):
    if i == 12:  # another segment
        stream += [{"end": 12}, stream[0]]
    gold = [c for c in codes + ["X"] if random.rand() < .3]
    stream.append({"id": f"e{i}", "scores": random.rand(6).astype("f4") ** 3, "predicted": [], "labels": gold + gold[:1]})
stream.append({"end": 8})
write("scored.mp", stream)
records = [r for r in stream if "id" in r]
for e in .05, .2:
    found = []
    n = {c: sum(c in r["labels"] for r in records) for c in codes}
    for i, r in enumerate(records):
        for j, c in enumerate(codes):
            p, f = float(r["scores"][j]), e * n[c] / len(records)
            if c in r["labels"]:
                found.append((-(1 - p) * f / ((1 - p) * f + p * (1 - e)), i, j, "wrong", p))
            elif numpy.float32(p) >= numpy.float32(.001):
                found.append((-p * e / (p * e + (1 - p) * (1 - f)), i, j, "missing", p))
    found.sort()
    done = run("ecan-audit", "--json", "--top", "1000", "--errors", str(e), "scored.mp")
    assert done.returncode == 0, done.stderr
    lines = [json.loads(l) for l in done.stdout.splitlines()]
    assert len(lines) == len(found) > 100
    for k, (line, (q, i, j, kind, p)) in enumerate(zip(lines, found)):
        assert (line["rank"], line["id"], line["code"], line["finding"]) == (k + 1, f"e{i}", codes[j], kind), (line, found[k])
        assert abs(line["probability"] + q) < 1e-6 and abs(line["score"] - p) < 1e-7 and line["description"] == ""
table = run("ecan-audit", "--top", "3", "scored.mp").stdout.decode().splitlines()
unknown = sum(r["labels"].count("X") for r in records)
assert unknown > 0 and table[0].startswith("20 encounters, ") and f"; {unknown} more" in table[0], table
assert len(table) == 6 and table[3].split()[0] == "1", table
END
}

@test "evidence is that of ecan-explain; the files are read twice" {
    ecan-audit -m "$data/model" --json --top 40 "$data/scored.mp" > findings
    ecan-audit -m "$data/model" --json --top 40 --threads 1 "$data/scored.mp" | cmp - findings
    ecan-audit -m "$data/model" --json --top 40 -o file "$data/scored.mp"
    cmp file findings
    codes=$(jq -r .code findings | sort -u | paste -sd ,)
    ecan-explain -q -m "$data/model" --code "$codes" --gold-codes "$data/scored.mp" > evidence
    [ "$(jq -c '[.id, .code, .evidence]' findings | sort | wc -l)" -eq 40 ]
    comm -23 <(jq -c '[.id, .code, .evidence]' findings | sort) <(jq -c '.id as $id | .codes[] | [$id, .code, .evidence]' evidence | sort) > differ
    [ ! -s differ ] || { cat differ; false; }
    jq -e -s 'map(.finding) | unique == ["missing", "wrong"]' findings
    jq -e -s 'map(.description) | all(. != "")' findings
    run -2 ecan-audit -m "$data/model" < "$data/scored.mp"
    [[ "$output" == *"name a file"* ]]
    run -2 ecan-audit -m "$data/model" -
}

@test "invalid input" {
    bad() {
        "$python" - "$1" << 'END'
from helper import *
stream = [{"ecan": 1, "kind": "scored", "history": [], "labels": ["A", "B"]},
          {"id": "e", "scores": numpy.array([.5, .25], "<f4"), "predicted": [], "labels": ["A"]}, {"end": 1}]
exec(sys.argv[1])
write("bad.mp", stream)
END
        run -1 ecan-audit bad.mp
        [[ "$output" == *"$2"* ]] || { echo "$output"; false; }
    }
    bad 'del stream[1]["labels"]' 'labels'
    bad 'stream[1]["scores"][1] = 1.5' 'scores'
    bad 'stream[1]["scores"] = stream[1]["scores"][:1]' 'scores'
    bad 'stream += [{**stream[0], "labels": ["B", "A"]}, {**stream[1], "id": "f"}, {"end": 1}]' 'labels'
    bad 'stream[0]["kind"] = "tokens"' 'scored'
    bad 'del stream[2]' 'end'
}

@test "audit-experiment.sh" {
    "$pipelines/audit-experiment.sh" "$data/model" "$data/d/test.jsonl" .2 > found
    grep -qE '^[0-9]+ codes, [0-9]+ exchanged; of the missing and wrong codes are found in the first 5%: [0-9.]+%, 10%: [0-9.]+%, 20%: [0-9.]+%$' found
    "$pipelines/audit-experiment.sh" "$data/model" "$data/d/test.jsonl" .2 | cmp - found
}
