# SPDX-License-Identifier: Apache-2.0
# pipelines/*.sh, with a model that is too small to learn anything: results that are made, kept and made again.
bats_require_minimum_version 1.5.0

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

# A copy of OUT, to change.
copy() {
    cp -a "$out" "$BATS_TEST_TMPDIR/out"
    mine="$BATS_TEST_TMPDIR/out"
}

# said [LINE...]: whether the file `said` has exactly these reasons, and no other stage was made again.
said() {
    grep -o '[^/]*: [^:]*: ecan-[a-z0-9]* ' "$BATS_TEST_TMPDIR/said" | sed 's/: ecan-[a-z0-9]* $//' | diff - <(printf '%s\n' "$@")
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
    [ "$(grep -c 'up to date$' "$BATS_TEST_TMPDIR/said")" -eq 6 ] || { cat "$BATS_TEST_TMPDIR/said"; false; }
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
    [ "$(grep -c 'up to date$' "$BATS_TEST_TMPDIR/said")" -eq 8 ]
    TERMS='--max-length 1' train "$mine" 2>"$BATS_TEST_TMPDIR/said"
    [ "$(grep -c 'up to date$' "$BATS_TEST_TMPDIR/said")" -eq 6 ]
    TERMS='' train "$mine" --preset mimic3-50 --threads 1 2>"$BATS_TEST_TMPDIR/said"
    [ ! -e "$mine/model/terms.tsv" ]
}

@test "OUT/model has terms of train and dev; OUT/chosen, to which dev is new, predicts dev" {
    copy
    TERMS='' train "$mine"
    both() { awk -F '\t' '!/^#/ { n += $4 } END { print n + 0 }' "$1/terms.tsv"; }
    [ "$(both "$mine/model")" -gt "$(both "$mine/chosen")" ]
    jq -e '.terms.refit == true' "$mine/model/config.json" && jq -e '.terms | has("refit") | not' "$mine/chosen/config.json"
    [ "$(jq '[.threshold, .terms.dev_micro_f1]' "$mine/model/config.json")" = "$(jq '[.threshold, .terms.dev_micro_f1]' "$mine/chosen/config.json")" ]
    run --separate-stderr -0 "$pipelines/evaluate.sh" "$mine"
    [[ $stderr == *"dev: $mine/chosen is used, because $mine/model has counted dev"* ]]
    ecan-predict -q -m "$mine/chosen" "$mine/dev.mp" | cmp - "$mine/dev.scored"
    ecan-predict -q -m "$mine/model" "$mine/test.mp" | cmp - "$mine/test.scored"
    rm -r "$mine/chosen"
    run ! "$pipelines/evaluate.sh" "$mine"
    [[ $output == *"$mine/chosen: not found"*'run ecan train again'* ]]
    # without a refit
    TERMS='--no-refit' train "$mine"
    [ ! -e "$mine/chosen" ]
    jq -e '.terms | has("refit") | not' "$mine/model/config.json"
    "$pipelines/evaluate.sh" "$mine"
    ecan-predict -q -m "$mine/model" "$mine/dev.mp" | cmp - "$mine/dev.scored"
}

@test "other options of training: the model is made again, its inputs are not" {
    copy
    train "$mine" --dropout 0.25 2>"$BATS_TEST_TMPDIR/said"
    [ "$(grep -c 'up to date$' "$BATS_TEST_TMPDIR/said")" -eq 5 ]
    ! cmp -s "$mine/model/model.safetensors" "$out/model/model.safetensors"
}

@test "contents decide, not times: what depends on a changed input is made again, with the reason" {
    copy
    cp -r "$data" "$BATS_TEST_TMPDIR/data"
    data=$BATS_TEST_TMPDIR/data
    touch "$data"/*.jsonl* "$mine"/*.mp
    train "$mine" 2>"$BATS_TEST_TMPDIR/said"
    [ "$(grep -c 'up to date$' "$BATS_TEST_TMPDIR/said")" -eq 6 ]
    sed -i 1d "$data/dev.jsonl"
    touch -d 2020-01-01 "$data/dev.jsonl"
    train "$mine" 2>"$BATS_TEST_TMPDIR/said"
    said 'dev.mp: dev.jsonl changed' 'model: dev.mp changed'
    [ "$(wc -l <"$mine/model/history.jsonl")" -gt 0 ]
}

@test "a rebuild says which options changed, or the version of ecan" {
    copy
    train "$mine" --tokenize '--case keep --numbers drop' 2>"$BATS_TEST_TMPDIR/said"
    said 'train.mp: --case changed, --numbers changed' 'dev.mp: --case changed, --numbers changed' \
        'test.mp: --case changed, --numbers changed' 'vectors.bin: train.mp changed' 'model: train.mp changed, dev.mp changed, vectors.bin changed'
    sed -i 's/^ecan .*/ecan 0.0.1/' "$mine/test.mp.made"
    train "$mine" --tokenize '--case keep --numbers drop' 2>"$BATS_TEST_TMPDIR/said"
    said "test.mp: ecan 0.0.1 to $(ecan-tokenize --version | sed 's/.* //')"
    rm "$mine/vectors.bin.made"
    train "$mine" --tokenize '--case keep --numbers drop' 2>"$BATS_TEST_TMPDIR/said"
    said 'vectors.bin: there is no record of how it was made'
}

@test "a table of --terms is an input" {
    copy
    cd "$BATS_TEST_TMPDIR"
    printf 'pressure\tI10\n' >'my table.tsv'
    TERMS='' train "$mine" --terms "--table 'my table.tsv'" 2>said
    cd /
    printf 'high pressure\tI10\n' >"$BATS_TEST_TMPDIR/my table.tsv"
    "$pipelines/train.sh" "$mine" 2>"$BATS_TEST_TMPDIR/said"
    said 'chosen: my table.tsv changed' 'model: chosen changed, my table.tsv changed'
}

@test "--spans is for the network and the terms, with --terms '--spans' only for the terms" {
    copy
    spans=$BATS_TEST_TMPDIR/spans.jsonl
    zcat "$data/train.jsonl.gz" | jq -c '{id, notes: [{note_id: .documents[0].id, annotations: [{begin: 0, end: 30, code: .labels[0]}]}]}' >"$spans"
    TERMS='--no-linear' train "$mine" --spans "$spans"
    jq -e '.training.spans > 50' "$mine/network/config.json"
    cut -f 6 "$mine/model/terms.tsv" | grep -q '^span$'
    TERMS="--no-linear --spans $spans" train "$mine"
    jq -e '.training | has("spans") | not' "$mine/network/config.json"
    cut -f 6 "$mine/model/terms.tsv" | grep -q '^span$'
}

@test "a run knows its settings: blanks in values, OUT only, from another folder, moved; evaluate changes nothing of it" {
    cd "$BATS_TEST_TMPDIR"
    cp -r "$data" 'my data'
    cp 'my data/dev.jsonl' "more's.jsonl"
    data='my data//' train mor/ --tokenize "--not-types 'admission note,x y' --case keep" --text "more's.jsonl" 2>said
    grep -qx "tokenize --not-types 'admission note,x y' --case keep" mor/settings
    grep -qx "data '$PWD/my data'" mor/settings
    data='./my data' train mor --tokenize "--not-types 'admission note,x y' --case keep" --text "$PWD/more's.jsonl" 2>said
    [ "$(grep -c 'up to date$' said)" -eq 7 ]
    (cd / && "$pipelines/train.sh" "$BATS_TEST_TMPDIR/mor" 2>"$BATS_TEST_TMPDIR/said")
    [ "$(grep -c 'up to date$' said)" -eq 7 ]
    mv mor moved
    (cd moved && find . -name '*.mp*' -o -name 'model*' -o -name 'vectors*' -o -name settings | xargs ls -ld --time-style=+%N) >before
    TOKENIZE='--case fold' "$pipelines/evaluate.sh" moved >tables 2>said
    grep -q '^ecan evaluate: moved/test.mp: up to date' said
    (cd moved && find . -name '*.mp*' -o -name 'model*' -o -name 'vectors*' -o -name settings | xargs ls -ld --time-style=+%N) | diff before -
    "$pipelines/train.sh" moved 2>said
    [ "$(grep -c 'up to date$' said)" -eq 7 ]
    sed -i 1d 'my data/dev.jsonl'
    "$pipelines/evaluate.sh" moved >tables 2>said
    grep -q 'moved/dev.mp is kept as it was in training: dev.jsonl changed' said
    (cd moved && find . -name '*.mp*' -o -name 'model*' -o -name 'vectors*' -o -name settings | xargs ls -ld --time-style=+%N) | diff before -
}

@test "options that a program rejects are an error before anything is written: settings of an earlier run stay" {
    cd "$BATS_TEST_TMPDIR"
    for wrong in '--epochs x' '--kernels 3,3,3,3' '--no-such-option' '--tokenize --cut=tail' '--tokenize --cut=head-tail' '--w2v --iter=0' \
        '--terms --max-length=0'; do
        run "$pipelines/train.sh" "$data" fresh $wrong
        [ "$status" -eq 2 ] && [ ! -e fresh ] || { echo "$wrong: $output"; false; }
    done
    [[ "$output" == *"--max-length: invalid value '0'"* ]]
    copy
    before=$(cat "$mine/settings")
    run train "$mine" --epochs x
    [ "$status" -eq 2 ]
    [[ "$output" == *"--epochs: invalid value 'x'"* ]]
    [ "$before" = "$(cat "$mine/settings")" ]
}

@test "settings: quotes, line ends and what the shell would run are kept as they are" {
    cd "$BATS_TEST_TMPDIR"
    cat >try <<'END'
. "$pipelines/common.sh"
mkdir -p run
store_setting a 'two words' "it's" '$(touch x)' $'line\nend' '' '*' 'back\slash' '"' '#'
write_settings run a
read_settings run
get_setting got a
printf '<%s>' "${got[@]}"
split_words got "a'b c'\"d\\\"e\"\\ f \$HOME"
printf '<%s>' "${got[@]}"
split_words got "open 'quote" || echo unclosed
END
    [ "$(bash try)" = "<two words><it's><\$(touch x)><line"$'\n'"end><><*><back\\slash><\"><#><ab cd\"e f><\$HOME>unclosed" ]
    [ ! -e x ]
    TOKENIZE="--types 'a" run train "$BATS_TEST_TMPDIR/o"
    [ "$status" -eq 1 ]
    [[ "$output" == *"TOKENIZE: a quote is not closed"* ]]
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
case "\$*" in --complete* | */dev/null/missing*) exec "$ECAN_BIN/ecan-train" "\$@" ;; esac # not a training
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
    "$pipelines/predict.sh" "$out" --threshold 0.05 <dev.jsonl.gz | cmp - a
    mv dev.jsonl.gz packed # gzip is detected by its content
    "$pipelines/predict.sh" "$out/" -t 0.05 -o b packed
    cmp b a
    jq -r '["id", "note", "text"], (.id as $id | .documents[] | [$id, .id, .text]) | @csv' "$data/dev.jsonl" | awk 'NR == 1 || !/^"id","note","text"$/' >dev.csv
    ecan-convert csv -q dev.csv >from-csv.jsonl
    "$pipelines/predict.sh" "$out" -t 0.05 from-csv.jsonl >c
    [ "$(wc -l <c)" -eq 10 ]
    "$pipelines/predict.sh" "$out" -t 0.05 dev.csv | cmp - c
    gzip -c dev.csv | "$pipelines/predict.sh" "$out" -t 0.05 | cmp - c
    sed '1s/id,/hadm,/; 1s/"id"/"hadm"/' dev.csv | CONVERT='--id hadm' "$pipelines/predict.sh" "$out" -t 0.05 - | cmp - c
    head -n 3 "$data/test.jsonl" | gzip >three
    "$pipelines/predict.sh" "$out" -t 0.05 dev.csv three | head -n 10 | cmp - c
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
    grep -q "ecan-tokenize: .* encounters: .* words beyond --max-words not read" said
    grep -q "train: train: .* encounters: [0-9]* words not read" said
    PREDICT='--threshold 0.05' "$pipelines/predict.sh" trained/model "$data/dev.jsonl" >a 2>/dev/null
    # shellcheck disable=SC2086
    ecan-tokenize -q $how "$data/dev.jsonl" | ecan-predict -m trained/model --threshold 0.05 | tee scored.mp |
        ecan-show --records --key predicted,words_cut | cmp - a
    ecan-check scored.mp
    grep -q '"words_cut": ' a
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

@test "report: one page with the data of the run, escaped, for its owner only" {
    cd "$BATS_TEST_TMPDIR"
    cp -r "$out" reported
    "$pipelines/report.sh" reported 2>said
    grep -qx 'ecan report: reported/report.html' said
    [ "$(stat -c %a reported/report.html)" = 600 ]
    "$pipelines/report.sh" reported there.html
    cmp reported/report.html there.html
    python3 - "$data/test.jsonl" <<'END'
import base64, hashlib, html, json, re, sys
page = open("there.html", encoding="utf-8").read()
block = lambda name: html.unescape(re.search(f'<template id="{name}">(.*?)</template>', page, re.S)[1])
encounters = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
evidence = [json.loads(line) for line in block("evidence").splitlines()]
assert [e["id"] for e in evidence] == [e["id"] for e in encounters]
metrics = json.loads(block("metrics"))
assert metrics["documents"] == len(encounters) and metrics["by_group"] and metrics["by_frequency"]
codes = [line.split("\t") for line in block("codes").splitlines()[1:]]
assert sum(int(c[1]) for c in codes) == sum(len(set(e["labels"])) for e in encounters)
assert sum(int(c[2]) for c in codes) == sum(c["predicted"] for e in evidence for c in e["codes"])
assert block("history") == open("reported/model/history.jsonl").read() and block("settings") == open("reported/settings").read()
assert "http://" not in page.replace("http://www.w3.org/2000/svg", "") and "https://" not in page
for name in "style", "script":
    text = re.search(f"<{name}>(.*?)</{name}>", page, re.S)[1]
    assert f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" in page
END
    rm reported/test.scored
    run "$pipelines/report.sh" reported
    [ "$status" -eq 1 ]
    [[ $output == *'reported/test.scored: not found: run ecan train and ecan evaluate first'* ]]
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
    WAYS=sum NGRAMS='2 phrase' TOPS=2 "$pipelines/evidence.sh" "$out/model" "$out/dev.scored" gold.jsonl.gz >table
    [ "$(wc -l <table)" -eq 5 ]
    grep -q '^| sum | phrase | 2 | .* |$' table
    [ "$(awk -F'|' '{ print NF }' table | sort -u)" = 19 ]
}

@test "one failure, one error message" {
    cd "$BATS_TEST_TMPDIR"
    sed '3s/"id"/id/' "$data/dev.jsonl" >bad.jsonl
    for script in predict explain; do
        run --separate-stderr "$pipelines/$script.sh" "$out" bad.jsonl
        [ "$status" -eq 1 ] && [ "${#stderr_lines[@]}" -eq 1 ]
        [[ $stderr == *bad.jsonl*'line 3'* ]]
        run --separate-stderr "$pipelines/$script.sh" nowhere bad.jsonl
        [ "$status" -eq 1 ] && [ "${#stderr_lines[@]}" -eq 1 ]
        run --separate-stderr "$pipelines/$script.sh" "$out" nowhere.jsonl
        [ "$status" -eq 1 ] && [ "${#stderr_lines[@]}" -eq 1 ]
    done
    rm -rf spoilt
    cp -r "$out/model" spoilt
    head -c 100 "$out/model/model.safetensors" >spoilt/model.safetensors
    run --separate-stderr "$pipelines/predict.sh" spoilt "$data/dev.jsonl"
    [ "$status" -eq 1 ] && [ "${#stderr_lines[@]}" -eq 1 ]
}

@test "every pipeline has --help" {
    for script in "$pipelines"/*.sh; do
        [ -x "$script" ] || continue
        run --separate-stderr "$script" --help
        [ "$status" -eq 0 ] && [ -z "$stderr" ]
        [[ ${lines[0]} == "Usage: "* ]]
    done
}

@test "an exported CDPATH changes nothing" {
    mkdir -p "$BATS_TEST_TMPDIR/elsewhere/pipelines"
    cd "$pipelines/.."
    export CDPATH=.:$BATS_TEST_TMPDIR/elsewhere
    for script in train evaluate predict explain ensemble tune experiment; do
        run "pipelines/$script.sh" nothing nowhere
        [ "$status" -ne 0 ]
        [[ "$output" != *"No such file"* ]]
        [[ "$output" == *"ecan $script"* ]] || { echo "$output"; return 1; }
    done
}

@test "wrong usage, and data that are not there" {
    for script in train evaluate predict explain evidence; do
        run "$pipelines/$script.sh"
        [ "$status" -eq 2 ]
        [[ ${#lines[@]} -eq 1 && "$output" == *"$script"*"(see "*" --help)" ]]
    done
    run "$pipelines/train.sh" "$BATS_TEST_TMPDIR"
    [ "$status" -eq 2 ]
    [[ "$output" == *"has no settings: expected DATA and OUT"* ]]
    run "$pipelines/train.sh" "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR/o"
    [ "$status" -eq 1 ]
    [[ "$output" == *"no train.jsonl"* ]]
}

@test "encounters that are in train and in dev are reported" {
    cd "$BATS_TEST_TMPDIR"
    cp -r "$data" data
    head -n 2 data/dev.jsonl | gzip >>data/train.jsonl.gz
    data=data train out 2>said
    grep -qx 'ecan train: warning: train.jsonl.gz and dev.jsonl: 2 encounters with the same id (first: dev-00001)' said
    "$pipelines/train.sh" out 2>said # also the second time
    grep -q 'warning: train.jsonl.gz and dev.jsonl: 2 encounters with the same text' said
    [ "$(grep -c 'up to date$' said)" -eq 6 ]
}

@test "training ends with the best epoch, the threshold, the model and the next command" {
    copy
    train "$mine" 2>"$BATS_TEST_TMPDIR/said"
    config=$mine/model/config.json
    [ "$(tail -n 3 "$BATS_TEST_TMPDIR/said")" = "ecan train: best epoch $(jq .training.best.epoch "$config") of 2, micro-F1 on dev \
$(jq .training.best.dev_best_micro_f1 "$config" | xargs printf %.3f), threshold $(jq .threshold "$config" | xargs printf %.3f)
ecan train: model: $mine/model
ecan train: next: $pipelines/evaluate.sh $mine" ]
    ecan train "$mine" 2>&1 | tail -n 1 | grep -qx "ecan train: next: ecan evaluate $mine"
}

@test "a long run shows the remaining time" {
    command -v script >/dev/null || skip "no script"
    awk '{ line[NR] = $0 } END { for (i = 0; i < 3000; i++) for (j = 1; j <= NR; j++) { s = line[j]; sub(/"id": "/, "&" i "-", s); print s } }' \
        "$data/dev.jsonl" >"$BATS_TEST_TMPDIR/long.jsonl"
    script -qec "ecan-tokenize --threads 1 -o $BATS_TEST_TMPDIR/x.mp $BATS_TEST_TMPDIR/long.jsonl" /dev/null | grep -q 'ecan-tokenize, [0-9]* s left: [0-9]* words, '
    script -qec "ecan-tokenize --threads 1 <$BATS_TEST_TMPDIR/long.jsonl -o $BATS_TEST_TMPDIR/x.mp" /dev/null | grep -q 'ecan-tokenize, [0-9]* s left: [0-9]* words, '
    script -qec "cat $BATS_TEST_TMPDIR/long.jsonl | ecan-tokenize --threads 1 -o $BATS_TEST_TMPDIR/x.mp" /dev/null >"$BATS_TEST_TMPDIR/pipe"
    [ -z "$(grep left "$BATS_TEST_TMPDIR/pipe")" ]
}
