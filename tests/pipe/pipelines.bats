# SPDX-License-Identifier: Apache-2.0
# pipelines/*.sh, with a model that is too small to learn anything: results that are made, kept and made again.

setup_file() {
    bin=$(dirname "$(command -v ecan-tokenize)")
    export ECAN_BIN=$bin
    export pipelines="$BATS_TEST_DIRNAME/../../pipelines"
    export data="$BATS_FILE_TMPDIR/data" out="$BATS_FILE_TMPDIR/out"
    "$bin/../examples/make-encounters" --train 60 --dev 10 --test 12 -o "$data"
    gzip "$data/train.jsonl"
    train "$out" 2>"$BATS_FILE_TMPDIR/first"
    "$pipelines/evaluate.sh" "$data" "$out" >"$BATS_FILE_TMPDIR/tables"
}

# train OUT [option...]
train() {
    TERMS=${TERMS-no} W2V="--size 8 --iter 1" "$pipelines/train.sh" "$data" "$1" --channels 8 --kernels 3 --epochs 2 --no-focal --threads 1 "${@:2}"
}

# A copy of OUT with its times, to spoil.
copy() {
    cp -a "$out" "$BATS_TEST_TMPDIR/out"
    mine="$BATS_TEST_TMPDIR/out"
    # the names within the commands are those of the first folder
    sed -i "s|$out|$mine|g" "$mine"/*.command
    for command in "$mine"/*.command; do touch -r "$out/${command##*/}" "$command"; done
}

@test "every stage leaves its output, and nothing half" {
    for name in train.mp dev.mp test.mp model/model.safetensors model/history.jsonl vectors.bin results.md \
        metrics-dev.json metrics-test.json metrics-test-best.json; do
        [ -s "$out/$name" ] || { echo "$name"; false; }
    done
    [ -z "$(find "$out" -name '*.part*')" ]
    ecan-check "$out/train.mp" "$out/dev.mp" "$out/test.mp" "$out/model" "$out/dev.scored" "$out/test.scored"
    [ "$(ecan-show -r -k id "$out/train.mp" | wc -l)" -eq 60 ]
    grep -q 'Essential (primary) hypertension' "$out/model/labels.tsv"
}

@test "a second time there is nothing to do" {
    copy
    train "$mine" 2>"$BATS_TEST_TMPDIR/said"
    [ "$(grep -c 'up to date$' "$BATS_TEST_TMPDIR/said")" -eq 5 ] || { cat "$BATS_TEST_TMPDIR/said"; false; }
    [ ! "$mine/model/model.safetensors" -nt "$out/model/model.safetensors" ]
}

@test "by default the model has terms; the presets of the paper do not" {
    copy
    TERMS='' train "$mine"
    [ -s "$mine/network/model.safetensors" ]
    cmp "$mine/network/model.safetensors" "$out/model/model.safetensors"
    [ -s "$mine/model/terms.tsv" ] && [ -s "$mine/model/history.jsonl" ]
    ecan-check "$mine/model"
    TERMS='' train "$mine" 2>"$BATS_TEST_TMPDIR/said"
    [ "$(grep -c 'up to date$' "$BATS_TEST_TMPDIR/said")" -eq 6 ]
    TERMS='--max-length 1' train "$mine" 2>"$BATS_TEST_TMPDIR/said"
    [ "$(grep -c 'up to date$' "$BATS_TEST_TMPDIR/said")" -eq 5 ]
    TERMS='' train "$mine" --preset mimic3-50 --threads 1 2>"$BATS_TEST_TMPDIR/said"
    [ ! -e "$mine/model/terms.tsv" ]
}

@test "other options of training: the model is made again, its inputs are not" {
    copy
    train "$mine" --dropout 0.25 2>"$BATS_TEST_TMPDIR/said"
    [ "$(grep -c 'up to date$' "$BATS_TEST_TMPDIR/said")" -eq 4 ]
    ! cmp -s "$mine/model/model.safetensors" "$out/model/model.safetensors"
}

@test "a newer input: results that depend on it are made again" {
    copy
    touch "$mine/train.mp"
    train "$mine" 2>"$BATS_TEST_TMPDIR/said"
    [ "$(grep -c 'up to date$' "$BATS_TEST_TMPDIR/said")" -eq 3 ]
    cmp "$mine/model/model.safetensors" "$out/model/model.safetensors"
}

@test "training that was killed continues to the same model" {
    local bin="$BATS_TEST_TMPDIR/bin" long="--epochs 40 --patience 40"
    copy
    # shellcheck disable=SC2086
    train "$mine" $long
    mv "$mine/model" "$BATS_TEST_TMPDIR/uninterrupted"
    mkdir "$bin"
    ln -s "$ECAN_BIN"/ecan-[!t]* "$ECAN_BIN/ecan-tokenize" "$bin"
    cat >"$bin/ecan-train" <<END # one that is killed after its third epoch
#!/bin/sh
"$ECAN_BIN/ecan-train" "\$@" &
until [ "\$(wc -l <"$mine/model.part/history.jsonl")" -ge 3 ]; do sleep 0.01; done
kill -9 \$!
exit 137
END
    chmod +x "$bin/ecan-train"
    # shellcheck disable=SC2086
    ECAN_BIN=$bin run train "$mine" $long
    [ "$status" -eq 137 ]
    [ ! -e "$mine/model" ] && [ -d "$mine/model.part/checkpoint" ]
    [ "$(wc -l <"$mine/model.part/history.jsonl")" -lt 40 ]
    # shellcheck disable=SC2086
    train "$mine" $long
    [ "$(wc -l <"$mine/model/history.jsonl")" -eq 40 ]
    cmp "$mine/model/model.safetensors" "$BATS_TEST_TMPDIR/uninterrupted/model.safetensors"
}

@test "a stage that fails leaves nothing under its name, and ends the run" {
    mkdir "$BATS_TEST_TMPDIR/bad"
    cp "$data"/dev.jsonl "$data"/test.jsonl "$BATS_TEST_TMPDIR/bad"
    zcat "$data/train.jsonl.gz" | sed '30s/"id"/id/' >"$BATS_TEST_TMPDIR/bad/train.jsonl"
    data="$BATS_TEST_TMPDIR/bad" run train "$BATS_TEST_TMPDIR/o"
    [ "$status" -eq 1 ]
    [ ! -e "$BATS_TEST_TMPDIR/o/train.mp" ] && [ ! -e "$BATS_TEST_TMPDIR/o/dev.mp" ]
    [[ "$output" == *30* ]]
}

@test "a gzip file that was cut is an error" {
    mkdir "$BATS_TEST_TMPDIR/bad"
    cp "$data"/dev.jsonl "$data"/test.jsonl "$BATS_TEST_TMPDIR/bad"
    head -c 5000 "$data/train.jsonl.gz" >"$BATS_TEST_TMPDIR/bad/train.jsonl.gz"
    data="$BATS_TEST_TMPDIR/bad" run train "$BATS_TEST_TMPDIR/o"
    [ "$status" -eq 1 ]
    [ ! -e "$BATS_TEST_TMPDIR/o/train.mp" ]
}

@test "the row of results has the metrics" {
    grep -q 'threshold 0.5' "$BATS_FILE_TMPDIR/tables"
    tail -n 1 "$BATS_FILE_TMPDIR/tables" | cmp - <(tail -n 1 "$out/results.md")
    python3 - "$out" <<'END'
import json, statistics, sys
out = sys.argv[1]
row = [c.strip() for c in open(out + "/results.md").read().splitlines()[-1].strip("|").split("|")]
dev, half, best = (json.load(open(f"{out}/metrics-{n}.json")) for n in ("dev", "test", "test-best"))
want = [half["micro"]["f1"], half["macro"]["f1_of_means"], dev["best_threshold"], best["micro"]["f1"],
        best["macro"]["f1_of_means"], half["at"]["5"]["precision"]]
assert row[:4] == ["data", "60", "12", str(half["labels"])], row
assert row[4:10] == ["%.3f" % x for x in want], (row, want)
assert abs(best["threshold"] - dev["best_threshold"]) < 1e-6 and half["threshold"] == 0.5
history = [json.loads(l) for l in open(out + "/model/history.jsonl")]
assert row[10] == "%.1f" % (sum(h["seconds"] for h in history) / 60)
assert abs(float(row[11]) - statistics.median_low(h["words_per_second"] for h in history)) < 1, (row, history)
END
}

@test "the row of results has words per second that are written with an exponent" {
    copy
    sed -i 's/"words_per_second": [^,}]*/"words_per_second": 1.23457e+06/' "$mine/model/history.jsonl"
    grep -q 1.23457e+06 "$mine/model/history.jsonl"
    "$pipelines/evaluate.sh" "$data" "$mine" >"$BATS_TEST_TMPDIR/tables"
    [[ "$(tail -n 1 "$mine/results.md")" == *"| 1234570 |" ]]
}

@test "predict.sh and explain.sh, from another folder, packed or not, from a pipe" {
    cd "$BATS_TEST_TMPDIR"
    PREDICT='--threshold 0.05' "$pipelines/predict.sh" "$out/model" "$data/dev.jsonl" >a
    gzip -c "$data/dev.jsonl" >dev.jsonl.gz
    PREDICT='--threshold 0.05' "$pipelines/predict.sh" "$out/model" dev.jsonl.gz | cmp - a
    PREDICT='--threshold 0.05' "$pipelines/predict.sh" "$out/model" <"$data/dev.jsonl" | cmp - a
    PREDICT='--threshold 0.05' PAGE=page.html "$pipelines/explain.sh" "$out/model" "$data/dev.jsonl" >b
    grep -q '<html' page.html
    python3 - <<'END'
import json
a, b = ([json.loads(line) for line in open(name)] for name in "ab")
assert len(a) == len(b) == 10 and any(r["predicted"] for r in a)
for r, e in zip(a, b):
    assert r["id"] == e["id"] and [p["code"] for p in r["predicted"]] == [c["code"] for c in e["codes"]]
END
}

@test "the model knows how its notes were tokenized: order, marks, copies, cut" {
    cd "$BATS_TEST_TMPDIR"
    local how="--order=-date,type --mark-types --duplicates drop --copied 4 --max-words 150 --cut head-tail --case keep"
    TOKENIZE=$how train trained 2>said
    grep -q "words beyond --max-words: " said
    PREDICT='--threshold 0.05' "$pipelines/predict.sh" trained/model "$data/dev.jsonl" >a 2>/dev/null
    # shellcheck disable=SC2086
    ecan-tokenize -q $how "$data/dev.jsonl" | ecan-predict -m trained/model --threshold 0.05 | tee scored.mp |
        ecan-show --records --key predicted | cmp - a
    ecan-check scored.mp
    TOKENIZE='--skip-bad --order=-date,type' "$pipelines/predict.sh" trained/model "$data/dev.jsonl" >/dev/null
    TOKENIZE='--order type' run "$pipelines/predict.sh" trained/model "$data/dev.jsonl"
    [ "$status" -ne 0 ]
    [[ "$output" == *"setting order differs from that of the model"* ]]
    run bash -c "ecan-tokenize '$data/dev.jsonl' | ecan-predict -m trained/model"
    [[ "$output" == *'not tokenized as the model'* ]]

    PREDICT='--threshold 0.05' PAGE=page.html "$pipelines/explain.sh" trained/model "$data/dev.jsonl" >b 2>/dev/null
    ecan-show --full --records scored.mp >scored.jsonl
    python3 - "$data/dev.jsonl" <<'END'
import html, json, re, sys
came = [json.loads(line)["documents"] for line in open(sys.argv[1])]
lines, scored = ([json.loads(line) for line in open(name)] for name in ("b", "scored.jsonl"))
passages, turned = 0, 0
for documents, line, record in zip(came, lines, scored):
    order = [d for i, (d, _, _) in enumerate(record["spans"]) if i == 0 or d != record["spans"][i - 1][0]]
    turned += order != sorted(order)
    assert len(record["tokens"]) <= 150 and record["tokens"][0].startswith("<note:")
    dates = [documents[d]["date"] for d in order]
    assert dates == sorted(dates, reverse=True)
    gaps = {tuple(record["spans"][g]) for g in record.get("gaps", [])}
    for code in line["codes"]:
        for e in code["evidence"]:
            assert documents[e["index"]]["text"][e["begin"]:e["end"]] == e["text"] and e["document"] == documents[e["index"]]["id"]
            words = [s for s in record["spans"] if s[0] == e["index"] and e["begin"] <= s[1] < s[2] <= e["end"]]
            assert words and not any(tuple(s) in gaps for s in words[1:])
            passages += 1
assert len(lines) == 10 and passages > 20 and turned > 0, (passages, turned)
page = open("page.html", encoding="utf-8").read()
texts = [html.unescape(re.sub("<[^>]*>", "", t)) for t in re.findall(r'<div class="text"[^>]*>(.*?)</div>', page, re.S)]
assert texts == [d["text"] for documents in came for d in documents]
END
}

@test "read-evidence shows codes and words" {
    cd "$BATS_TEST_TMPDIR"
    PREDICT='--threshold 0.05' "$pipelines/explain.sh" "$out/model" "$data/dev.jsonl" >evidence
    "$ECAN_BIN/../examples/read-evidence" "$data/dev.jsonl" <evidence >shown
    [ "$(grep -c '^dev-.* notes$' shown)" -eq 10 ]
    grep -q '^  [+!] [A-Z][0-9]' shown
    grep -q '\[\[.*\]\]' shown
    run "$ECAN_BIN/../examples/read-evidence" "$data/test.jsonl" <evidence
    [ "$status" -eq 1 ]
}

@test "explain.sh compares with gold spans, evidence.sh ways of choosing" {
    cd "$BATS_TEST_TMPDIR"
    gzip -c "$data/evidence.jsonl" >gold.jsonl.gz
    export PREDICT='--threshold 0.05'
    EXPLAIN='--by sum --top 2' "$pipelines/explain.sh" "$out/model" "$data/dev.jsonl" >a
    EXPLAIN='--by sum --top 2' GOLD=gold.jsonl.gz "$pipelines/explain.sh" "$out/model" "$data/dev.jsonl" >b 2>agreement
    cmp a b
    grep -q '"by": "sum"' a
    grep -q '^10 encounters' agreement
    WAYS=sum NGRAMS='2 kernel' TOPS=2 "$pipelines/evidence.sh" "$out/model" "$out/dev.scored" gold.jsonl.gz >table
    [ "$(wc -l <table)" -eq 5 ]
    grep -q '^| sum | kernel | 2 | .* |$' table
    [ "$(awk -F'|' '{ print NF }' table | sort -u)" = 17 ]
}

@test "wrong usage, and data that are not there" {
    for script in train evaluate predict explain evidence; do
        run "$pipelines/$script.sh"
        [ "$status" -eq 2 ]
        [[ "$output" == *"$script.sh "* ]]
    done
    run "$pipelines/train.sh" "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR/o"
    [ "$status" -eq 1 ]
    [[ "$output" == *"no train.jsonl"* ]]
}
