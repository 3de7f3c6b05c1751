#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ecan-linear compared with scikit-learn and numpy; invalid input; threads, streams, options.
bats_require_minimum_version 1.5.0

setup_file() {
    export data=$BATS_FILE_TMPDIR
    cd "$data" || return 1
    "$ECAN_BUILD/examples/make-encounters" --train 400 --dev 40 --test 40 -o made-up
    for split in train dev test; do ecan-tokenize -q made-up/$split.jsonl > $split.mp; done
    ecan-linear -q --train train.mp test.mp > scored.mp
}

setup() {
    load ../helper
    cd "$BATS_TEST_TMPDIR" || return 1
}

@test "its scores can be checked, measured and averaged, and nothing is lost" {
    ecan-check "$data/scored.mp"
    ecan-metrics --json "$data/scored.mp" | jq -e '.documents == 40 and .micro.f1 > 0.3 and .micro.auc > 0.75'
    ecan-average "$data/scored.mp" > average.mp
    need msgpack msgpack_numpy numpy
    "$python" - << 'END'
from helper import *
head, *_ = read(os.environ["data"] + "/scored.mp")
tokens = read(os.environ["data"] + "/test.mp")
codes = {code for r in records(os.environ["data"] + "/train.mp") for code in r["labels"]}
assert head["kind"] == "scored" and set(head["labels"]) == codes and len(codes) == len(head["labels"])
assert head["tokenizer"] == tokens[0]["tokenizer"] and 0 < head["threshold"] < 1
assert [e["program"] for e in head["history"]] == ["ecan-tokenize", "ecan-linear"] and len(head["history"][-1]["model"]) == 32
for was, now in zip(tokens[1:-1], records(os.environ["data"] + "/scored.mp")):
    assert same(was, {key: now[key] for key in was})
    predicted = [(p["code"], p["score"]) for p in now["predicted"]]
    wanted = sorted(((float(s), -j) for j, s in enumerate(now["scores"]) if s > head["threshold"]), reverse=True)
    assert predicted == [(head["labels"][-j], s) for s, j in wanted]
END
}

@test "words beyond --max-words are counted: in records, and on standard error" {
    need msgpack msgpack_numpy numpy
    ecan-linear --max-words 20 --train "$data/train.mp" "$data/test.mp" 2> said > cut.mp
    ecan-linear -q --max-words 20 --train "$data/train.mp" --save -o saved 2> quiet
    ecan-linear -m saved "$data/test.mp" 2> said-again > again.mp
    "$python" - << 'END'
from helper import *
cut = [len(r["tokens"]) - 20 for r in records("cut.mp") if len(r["tokens"]) > 20]
assert cut and cut == [r["words_cut"] for r in records("cut.mp") if "words_cut" in r]
assert [r.get("words_cut") for r in records("again.mp")] == [r.get("words_cut") for r in records("cut.mp")]
line = f"{len(cut)} of {len(records('cut.mp'))} encounters: {sum(cut):,} words beyond --max-words not read\n"
said = open("said").read()
assert said.endswith("ecan-linear: " + line) and "ecan-linear: train: " in said, said
assert open("said-again").read() == "ecan-linear: " + line and not open("quiet").read()
END
    not grep -q words_cut "$data/scored.mp"
}

@test "the scores are those of scikit-learn's TF-IDF and of ridge regression, through a sigmoid that rises" {
    need msgpack msgpack_numpy numpy sklearn
    for options in '' '--no-bigrams --min-docs 1 --lambda 1' '--max-words 20 --min-docs 2 --lambda 0.03'; do
        # shellcheck disable=SC2086
        ecan-linear -q $options --train "$data/train.mp" "$data/test.mp" > scored.mp
        "$python" - $options << 'END'
from helper import *
from sklearn.feature_extraction.text import TfidfVectorizer
given = dict(zip(sys.argv[1:], sys.argv[2:]))
most = int(given.get("--max-words", 0)) or None
vectors = TfidfVectorizer(analyzer=lambda r: (w := r["tokens"][:most]) + ([] if "--no-bigrams" in sys.argv else list(map("\t".join, zip(w, w[1:])))),
                          min_df=int(given.get("--min-docs", 3)), sublinear_tf=True)
head, scored = read("scored.mp")[0], records("scored.mp")
train = records(os.environ["data"] + "/train.mp")
X, x = vectors.fit_transform(train), vectors.transform(scored)
Y = numpy.array([[code in r["labels"] for code in head["labels"]] for r in train], float)
f = (x @ X.T) @ numpy.linalg.solve((X @ X.T).toarray() + float(given.get("--lambda", .1)) * numpy.eye(len(train)), Y)
scores = numpy.array([r["scores"] for r in scored], float)
f, logits = f.ravel(), numpy.log(scores / (1 - scores)).ravel()
a, c = numpy.polyfit(f, logits, 1)
assert a > 0 and abs(a * f + c - logits).max() < 2e-4 * a, (a, c, abs(a * f + c - logits).max())
END
    done
}

@test "the same bytes whatever the threads, from files and pipes; two segments" {
    for threads in 1 3; do
        ecan-linear -q --threads $threads --train "$data/train.mp" "$data/test.mp" | cmp - "$data/scored.mp"
    done
    ecan-linear -q --train "$data/train.mp" < "$data/test.mp" | cmp - "$data/scored.mp"
    ecan-linear -q --train - "$data/test.mp" -o out.mp < "$data/train.mp"
    cmp out.mp "$data/scored.mp"
    cat "$data/dev.mp" "$data/test.mp" | ecan-linear -q --train "$data/train.mp" | ecan-metrics --json | jq -e '.documents == 80'
}

@test "a saved model gives the same bytes, wherever it is used; it is complete or absent, and only its owner reads it" {
    for options in '' '--no-bigrams --min-docs 1 --lambda 1' '--max-words 20 --min-docs 2 --lambda 0.03,0.3'; do
        # shellcheck disable=SC2086
        ecan-linear -q $options --train "$data/train.mp" "$data/test.mp" > want.mp
        # shellcheck disable=SC2086
        ecan-linear -q $options --train "$data/train.mp" --save -o saved
        ecan-linear -q --threads 3 -m saved "$data/test.mp" | cmp - want.mp
        [ "$(stat -c %a saved)" = 600 ]
    done
    ecan-linear -q --train "$data/train.mp" --save > standard-output
    ecan-linear -q --train "$data/train.mp" --save --threads 3 -o threads
    cmp standard-output threads
    run -1 ecan-linear -q --train "$data/train.mp" --save -o /dev/full
    [[ $output == *"cannot write"* ]]
}

@test "a file that is damaged, or no linear model, is rejected" {
    ecan-linear -q --train "$data/train.mp" --save -o saved
    need numpy
    "$python" - << 'END'
from helper import *
whole = pathlib.Path("saved").read_bytes()
for at in range(len(whole) - 1, 3000, -len(whole) // 40):
    pathlib.Path("damaged").write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
    refused("ecan-linear", "-q", "-m", "damaged", os.environ["data"] + "/test.mp", because="damaged: ")
    pathlib.Path("damaged").write_bytes(whole[:at])
    refused("ecan-linear", "-q", "-m", "damaged", os.environ["data"] + "/test.mp", because="damaged: ")
END
    run -1 ecan-linear -q -m "$data/train.mp" "$data/test.mp"
    [[ $output == *"train.mp: "* ]]
    ecan-tokenize -q --case keep "$data/made-up/test.jsonl" > other.mp
    run -1 ecan-linear -q -m saved other.mp
    [[ $output == *"not tokenized as the linear model's: \"case\" differs"* ]]
    for wrong in "-m saved --train $data/train.mp" "-m saved --save" "-m saved --lambda 1" "--train $data/train.mp --save saved" "--save"; do
        # shellcheck disable=SC2086
        run -2 ecan-linear $wrong < /dev/null
    done
}

@test "of several lambdas the one whose left-out training encounters come out best" {
    said=$(ecan-linear --lambda 30,0.1,1000 --train "$data/train.mp" "$data/test.mp" 2>&1 > several.mp)
    [[ $said == *'400 encounters, '*' words and bigrams; lambda 0.1: leave-one-out micro-F1 0.'*' at threshold 0.'* ]] || { echo "$said"; false; }
    ecan-show --full --records several.mp | cmp - <(ecan-show --full --records "$data/scored.mp")
}

@test "thresholds: one for all, or a label's own" {
    code=$(ecan-show "$data/scored.mp" | head -n 1 | jq -r '.labels[0]')
    printf '%s\t1\n' "$code" > thresholds.tsv
    ecan-linear -q --train "$data/train.mp" --threshold 0 --thresholds thresholds.tsv "$data/test.mp" > all.mp
    ecan-show --records all.mp | jq -se --arg code "$code" 'all(.[]; (.predicted | length) > 10 and all(.predicted[]; .code != $code))'
    run -1 ecan-linear -q --train "$data/train.mp" --thresholds <(printf 'no-such-code\t0.5\n') "$data/test.mp"
    [[ $output == *"line 1"* ]]
}

@test "data without examples are errors, with the reason" {
    ecan-tokenize -q --case keep "$data/made-up/test.jsonl" > other.mp
    run -1 ecan-linear -q --train "$data/train.mp" other.mp
    [[ $output == *"not tokenized as the training set's: \"case\" differs"* ]]
    printf '{"id": "a", "text": "x y"}\n' | ecan-tokenize -q > unlabelled.mp
    run -1 ecan-linear -q --train unlabelled.mp "$data/test.mp"
    [[ $output == *"unlabelled.mp: record 1 (a)"*"no labels"* ]]
    printf '{"id": "a", "text": "x y", "labels": []}\n' | ecan-tokenize -q > none.mp
    run -1 ecan-linear -q --train none.mp "$data/test.mp"
    [[ $output == *"none.mp: no encounter has a label"* ]]
    ecan-tokenize -q < /dev/null > empty.mp
    run -1 ecan-linear -q --train empty.mp "$data/test.mp"
    [[ $output == *"empty.mp: no encounters to learn from"* ]]
    run -1 ecan-linear -q --train "$data/scored.mp" "$data/test.mp"
    [[ $output == *"scored"* ]]
    head -c 3000 "$data/train.mp" > short.mp
    run -1 ecan-linear -q --train short.mp "$data/test.mp"
    [[ $output == *"short.mp"* ]]
    run -2 ecan-linear "$data/test.mp"
    [[ $output == *"missing option --train FILE or --model FILE"* ]]
    run -2 ecan-linear --train - < "$data/train.mp"
    [[ $output == *"standard input"* ]]
    run -2 ecan-linear --train "$data/train.mp" --lambda 0 "$data/test.mp"
}

@test "encounters without a word that it knows get the labels' base rates; a bad record is left out" {
    need msgpack msgpack_numpy numpy
    "$python" - << 'END'
from helper import *
head, *rest = read(os.environ["data"] + "/test.mp")
write("odd.mp", [head, {"id": "none", "tokens": []}, {"id": "strange", "tokens": ["qqq", "zzz"]}, {"id": "bad", "tokens": 5}, rest[0],
                 {"end": 4}])
done = run("ecan-linear", "-q", "--skip-bad", "--train", os.environ["data"] + "/train.mp", "odd.mp")
assert done.returncode == 1 and "record 3 (bad)" in done.stderr, done.stderr
none, strange, other = records(done.stdout)
assert same(none["scores"], strange["scores"]) and len(set(none["scores"])) == 1 and 0 < none["scores"][0] < .5
assert other["id"] == rest[0]["id"]
refused("ecan-linear", "-q", "--train", os.environ["data"] + "/train.mp", "odd.mp", because="record 3 (bad)")
END
}

@test "one label, one encounter, words that all have: something comes out" {
    printf '{"id": "a", "text": "x y", "labels": ["A"]}\n' | ecan-tokenize -q > one.mp
    ecan-linear -q --min-docs 1 --train one.mp one.mp | ecan-show --full --records | jq -e '.scores | length == 1'
    ecan-linear -q --train one.mp one.mp | ecan-show --full --records | jq -e '.scores[0] > 0 and .scores[0] < 1'
}
