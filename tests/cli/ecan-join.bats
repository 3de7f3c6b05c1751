#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Ensemble folders: the results are those of the programs by hand; what is missing, damaged, mixed or half written is an error.
bats_require_minimum_version 1.5.0

load ../helper

setup_file() {
    export data=$BATS_FILE_TMPDIR
    cd "$data" || return 1
    write_corpus
    corpus 9 p | ecan-tokenize -q > test.mp
    train one --epochs 2 --no-focal
    train two --epochs 3 --no-focal --seed 2 --attention sum
    ecan-linear -q --train train.mp --save -o linear
    for split in dev test; do
        ecan-predict -q -m one -o 1.$split $split.mp
        ecan-predict -q -m two -o 2.$split $split.mp
        ecan-linear -q -m linear -o 3.$split $split.mp
    done
    ecan-average -q --fit -o combination.json 1.dev 2.dev 3.dev
    ecan-join --combination combination.json -o ensemble one two linear
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
}

# records FILE: all records, and what prediction adds to the header.
records() {
    ecan-show --full "$1" | jq -c 'del(.history)'
}

@test "the records are those of ecan-average, for any number of threads; thresholds; the mean, and weights" {
    ecan-average -q --combination "$data/combination.json" "$data"/[123].test > want
    for threads in 1 2 5; do
        ecan-predict -q -T $threads -m "$data/ensemble" "$data/test.mp" > got
        diff <(records want) <(records got)
    done
    [ "$(ecan-show got | head -n 1 | jq -r '.history[-1].model')" = "$(jq -r .fingerprint "$data/one/config.json")" ]
    printf 'A1\t0.25\n' > thresholds.tsv
    ecan-average -q --combination "$data/combination.json" -t 0.1 --thresholds thresholds.tsv "$data"/[123].test > want
    ecan-predict -q -m "$data/ensemble" -t 0.1 --thresholds thresholds.tsv "$data/test.mp" > got
    diff <(records want) <(records got)
    for options in '--by mean' '--by logit' '--by logit --weights 2,0.1,0.7'; do
        # shellcheck disable=SC2086
        ecan-join $options --threshold 0.3 -o means "$data"/{one,two,linear}
        # shellcheck disable=SC2086
        ecan-average -q $options --threshold 0.3 "$data"/[123].test > want
        ecan-predict -q -m means "$data/test.mp" > got
        diff <(records want) <(records got)
    done
    ecan-join --threshold 0.5 -o single "$data/two"
    ecan-predict -q -t 0.5 -m "$data/two" "$data/test.mp" > want
    ecan-predict -q -m single "$data/test.mp" | ecan-show -rf | cmp - <(ecan-show -rf want)
}

@test "it contains all that it needs, can be moved, and is explained by its first model" {
    cp -r "$data/ensemble" moved
    ecan-check moved
    [ "$(find moved -type f | sort | tr '\n' ' ')" = "moved/1/config.json moved/1/labels.tsv moved/1/model.safetensors moved/1/vocab.txt moved/2/config.json moved/2/labels.tsv moved/2/model.safetensors moved/2/vocab.txt moved/3 moved/combination.json " ]
    [ "$(stat -c %a moved/3)" = 600 ]
    ecan-predict -q -m moved "$data/test.mp" > scored
    ecan-explain -q -m moved/1 scored > evidence
    ecan-average -q --combination "$data/combination.json" "$data"/[123].test | ecan-explain -q -m "$data/one" | cmp - evidence
}

@test "an encounter that a part rejects is a bad record; another tokenizer is an error" {
    need msgpack msgpack_numpy numpy
    "$python" - << 'END'
from helper import *
ensemble = os.environ["data"] + "/ensemble"
head, *rest = read(os.environ["data"] + "/test.mp")
write("odd.mp", [head, {"id": "none", "tokens": []}, {"id": "bad", "tokens": 5}, rest[0], {"end": 3}])
done = run("ecan-predict", "-q", "--skip-bad", "-m", ensemble, "odd.mp")
assert done.returncode == 1 and "record 2 (bad)" in done.stderr, done.stderr
assert [r["id"] for r in records(done.stdout)] == ["none", rest[0]["id"]]
END
    corpus 3 p | ecan-tokenize -q --case keep > other.mp
    run -1 ecan-predict -q -m "$data/ensemble" other.mp
    [[ $output == *"part 1 of the ensemble: "*'"case" differs'* ]]
}

@test "what is missing, damaged or of another ensemble is an error" {
    check() { # MESSAGE, after a change of the copy
        run -1 ecan-predict -q -m copy "$data/test.mp"
        [[ $output == *"$1"* ]] || { echo "$output"; false; }
        run -1 ecan-check copy
        rm -rf copy
        cp -r "$data/ensemble" copy
    }
    cp -r "$data/ensemble" copy
    rm copy/2/vocab.txt
    check "copy/2/vocab.txt: "
    rm copy/3
    check "copy/3: No such file"
    rm -r copy/2 && cp -r "$data/one" copy/2
    check "copy/2: another model than combination.json names"
    printf x | dd of=copy/3 bs=1 seek=4000 conv=notrunc status=none
    check "copy/3: "
    printf x | dd of=copy/1/model.safetensors bs=1 seek=2000 conv=notrunc status=none
    check "copy/1/"
    sed -i 's/"weight"/"height"/' copy/combination.json
    check "copy/combination.json: members: number 1: "
    sed -i 's/"bias"/"by": "x", "bias"/' copy/combination.json
    check "key by: expected mean, logit or learned"
    rm copy/combination.json
    check "copy/config.json"
}

@test "models that do not fit: nothing is written" {
    run -1 ecan-join --combination "$data/combination.json" -o out "$data"/{two,one,linear}
    [[ $output == *"part 1: another model than that of the combination"* ]]
    run -1 ecan-join --combination "$data/combination.json" -o out "$data"/{one,two}
    [[ $output == *"weights for 3 models, but there are 2"* ]]
    run -1 ecan-join --threshold 0.5 -o out "$data"/{linear,one}
    [[ $output == *"the first part must be a model folder"* ]]
    corpus 5 x | sed 's/A10/A10x/g' | ecan-tokenize -q | ecan-linear -q --min-docs 1 --train - --save -o other
    run -1 ecan-join --threshold 0.5 -o out "$data/one" other
    [[ $output == *"out/2: expected the "*" labels of the first model"* ]]
    run -1 ecan-join --threshold 0.5 -o out "$data/one" "$data/nowhere"
    [[ $output == *"nowhere: "* ]]
    [ ! -e out ]
    ecan-join --threshold 0.5 -o out "$data/one"
    cp -r out before
    run -1 ecan-join --threshold 0.5 -o out "$data/one" other # the ensemble stays
    diff -r out before
    for wrong in "-o x $data/one" "--threshold 0.5 $data/one" "--threshold 0.5 -o x" "--by mean --combination c -o x $data/one" \
        "--threshold 0.5 --weights 1,2 -o x $data/one"; do
        # shellcheck disable=SC2086
        run -2 ecan-join $wrong
    done
}

@test "only an ensemble, an empty folder or a new one is written" {
    mkdir mine
    cp -r "$data/one" mine/1
    run -1 ecan-join --threshold 0.5 -o mine "$data/one"
    [[ $output == *"mine: exists and is not an ensemble"* ]]
    ecan-check mine/1
    mkdir empty
    ecan-join --threshold 0.5 -o empty "$data"/{one,two,linear}
    ecan-join --threshold 0.4 -o empty "$data"/{two,one}
    ecan-check empty
    [ ! -e empty/3 ]
}

@test "killed at each of its calls: the old ensemble or the new one; the same command completes it" {
    need_fault
    need msgpack msgpack_numpy numpy
    "$python" - << 'END'
from helper import *
import shutil
data = os.environ["data"]
command = ["ecan-join", "--combination", data + "/combination.json", "-o", "out", data + "/one", data + "/two", data + "/linear"]
tokens = pathlib.Path(data, "test.mp").read_bytes()
def contents(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in pathlib.Path(folder).rglob("*") if p.is_file()}
def scores(folder):
    done = run("ecan-predict", "-q", "-m", folder, stdin=tokens)
    assert done.returncode == 0, done.stderr
    return done.stdout
assert run("ecan-join", "--threshold", "0.5", "-o", "old", data + "/two", data + "/one", data + "/linear", data + "/two").returncode == 0
old, new = scores("old"), scores(data + "/ensemble")
wanted = contents(data + "/ensemble")
wanted["notes.txt"] = b"mine"
for environment in {}, {"FAULT_EXCHANGE": "1"}: # the exchange of two folders, and without it, as on NFS
    os.environ.update(environment)
    seen = set()
    for n in numbers(600):
        shutil.rmtree("out", ignore_errors=True)
        shutil.copytree("old", "out")
        pathlib.Path("out/notes.txt").write_text("mine")
        done = with_fault(f"kill:{n}", *command)
        if not done.fired:
            assert done.returncode == 0, done.stderr
            break
        assert done.returncode == -9, done.stderr
        now = scores("out")
        assert now in (old, new), n
        seen.add(now == new)
        assert run("ecan-check", "out").returncode == 0, n
        if n % 4 == 0 or not contents("out").keys() <= wanted.keys() | {"4"}:
            assert run(*command).returncode == 0, n
            assert contents("out") == wanted, (n, contents("out").keys())
            assert not [name for name in os.listdir(".") if ".new" in name], n
    assert n > 40 and seen == {False, True}, (n, seen)
    os.environ.pop("FAULT_EXCHANGE", None)
END
}

@test "replaced while it is read: every prediction is that of one of the ensembles" {
    ecan-join --threshold 0.5 -o whole1 "$data"/{two,one}
    cp -r whole1 out
    ecan-predict -q -m whole1 "$data/test.mp" > one
    ecan-predict -q -m "$data/ensemble" "$data/test.mp" > two
    for ((i = 0; i < 20; i++)); do
        ecan-join --combination "$data/combination.json" -o out "$data"/{one,two,linear}
        ecan-join --threshold 0.5 -o out "$data"/{two,one}
    done &
    local n=0
    while kill -0 $! 2> /dev/null; do
        ecan-predict -q -m out "$data/test.mp" > now
        cmp -s now one || cmp now two
        n=$((n + 1))
    done
    wait $!
    [ "$n" -gt 5 ]
}
