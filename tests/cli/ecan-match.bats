#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ecan-match: terms of labels in records, and their effect on the scores.

load ../helper

setup_file() {
    export data=$BATS_FILE_TMPDIR
    cd "$data" || return 1
    write_corpus
    train model --epochs 1 --no-focal --max-words 25
    train plain --epochs 1 --no-focal --max-words 25
    ecan-tokenize > tokens.mp << 'END'
{"id": "1", "documents": [{"text": "Dolor de las Cabezas. Fiebre"}, {"text": "alta, dolor"}]}
{"id": "2", "text": "nothing here"}
{"id": "3", "text": ""}
END
    printf '%s\t%s\t%s\n' '#a comment' x x 'dolor cabeza' A1 2 'dólor' A1 1.5 'Fiebre alta' B10 4 'fiebre' Z2 -1 'alta' Z2 -3 \
        dolor C5 -0.5 'cabeza' C5 0.25 > terms.tsv
    cp terms.tsv model/terms.tsv
}

setup() {
    need msgpack msgpack_numpy numpy
    cd "$BATS_TEST_TMPDIR" || return 1
}

@test "the best term of each label, at its first place; not across notes" {
    ecan-match -q -m "$data/model" "$data/tokens.mp" > matched.mp
    ecan-check matched.mp
    "$python" - << 'END'
from helper import *
labels = [line.split("\t")[0] for line in open(os.environ["data"] + "/model/labels.tsv").read().split("\n") if line]
one, two, three = records("matched.mp")
found = {labels[l]: (a, b, float(w)) for (l, a, b), w in zip(one["matches"], one["match_weights"])}
assert one["tokens"] == ["dolor", "de", "las", "cabezas", "fiebre", "alta", "dolor"]
assert found == {"A1": (0, 4, 2.0), "Z2": (5, 6, -3.0), "C5": (3, 4, 0.25)}, found
assert list(one["matches"][:, 0]) == sorted(one["matches"][:, 0])
assert one["matches"].dtype == "<i4" and one["match_weights"].dtype == "<f4"
for r in two, three:
    assert r["matches"].shape == (0, 3) and r["match_weights"].shape == (0,)
END
}

@test "the pipe with ecan-match is ecan-predict; the weights are added to the logits" {
    m=$data/model
    ecan-match -q -m "$m" "$data/tokens.mp" | ecan-embed -q -m "$m" | ecan-encode -q -m "$m" | ecan-attend -q -m "$m" |
        ecan-score -q -m "$m" | ecan-show --full --records > pipe
    ecan-predict -q -m "$m" "$data/tokens.mp" > predicted.mp
    ecan-show --full --records predicted.mp > predicted
    cmp pipe predicted
    ecan-match -q -m "$m" "$data/tokens.mp" | ecan-predict -q -m "$m" | ecan-show --full --records | cmp - predicted
    # without ecan-match, ecan-score looks for the terms
    ecan-embed -q -m "$m" "$data/tokens.mp" | ecan-encode -q -m "$m" | ecan-attend -q -m "$m" | ecan-score -q -m "$m" > late.mp
    ecan-predict -q -m "$data/plain" "$data/tokens.mp" > plain.mp
    "$python" - << 'END'
from helper import *
logit = lambda p: numpy.log(p.astype("f8")) - numpy.log1p(-p.astype("f8"))
for a, b, c in zip(records("predicted.mp"), records("plain.mp"), records("late.mp")):
    expected = logit(b["scores"])
    for (label, _, _), w in zip(a["matches"], a["match_weights"]):
        expected[label] += w
    assert "matches" not in b and numpy.abs(logit(a["scores"]) - expected).max() < 1e-4
    assert same(a["scores"], c["scores"]) and same(a["matches"], c["matches"])
END
}

@test "matches of one's own replace the model's" {
    "$python" - << 'END'
from helper import *
o = read(os.environ["data"] + "/tokens.mp")
for r in o[1:-1]:
    r["matches"], r["match_weights"] = numpy.zeros((0, 3), "<i4"), numpy.zeros(0, "<f4")
write("none.mp", o)
END
    ecan-predict -q -m "$data/model" none.mp | ecan-show --full --records | sed 's/"matches": \[\], "match_weights": \[\], //' > none
    ecan-predict -q -m "$data/plain" "$data/tokens.mp" | ecan-show --full --records | cmp - none
}

@test "bad matches are refused" {
    "$python" - << 'END'
from helper import *
data = os.environ["data"]
def no(because, matches, weights):
    o = read(data + "/tokens.mp")
    o[1]["matches"], o[1]["match_weights"] = numpy.array(matches, "<i4").reshape(-1, 3), numpy.array(weights, "<f4")
    refused("ecan-predict", "-q", "-m", data + "/model", stdin=pack(o), because=because)
no("key matches: match 1: label 6 of 6", [[6, 0, 1]], [1])
no("key matches: match 1: label -1", [[-1, 0, 1]], [1])
no("key matches: match 2: words 0 to 8 of 7", [[0, 0, 1], [0, 0, 8]], [1, 1])
no("key matches: match 1: words 2 to 2 of 7", [[0, 2, 2]], [1])
no("key matches: match 1: the weight is not a finite number", [[0, 0, 1]], [float("nan")])
no("key match_weights: the number of matches is 2, but 1 in an earlier key or record", [[0, 0, 1]], [1, 1])
END
}

@test "--terms, and tables that are refused" {
    ecan-match -q -m "$data/plain" --terms "$data/terms.tsv" "$data/tokens.mp" | ecan-show --full --records | grep -v '^{"ecan"' > a
    ecan-match -q -m "$data/model" "$data/tokens.mp" | ecan-show --full --records | cmp - a
    run ecan-match -q -m "$data/plain" "$data/tokens.mp"
    [ "$status" -eq 1 ]
    [[ $output == *"has no terms: add some with ecan-terms, or name a table with --terms"* ]]
    no() { # BECAUSE TABLE
        printf "$2" > bad.tsv
        run ecan-match -q -m "$data/plain" --terms bad.tsv "$data/tokens.mp"
        [ "$status" -eq 1 ]
        [[ $output == "ecan-match: bad.tsv: $1"* ]] || { echo "$output"; return 1; }
    }
    no 'line 1: expected a term, a tab and a code' 'fever\n'
    no 'line 2: column 2: unknown code' 'fever\tA1\t1\nfever\tNONE\t1\n'
    no 'line 1: a term without a weight' 'fever\tA1\n'
    no 'line 1: the third column, the weight, is not a finite number' 'fever\tA1\tinf\n'
    no 'line 1: the third column, the weight, is not a finite number' 'fever\tA1\t1x\n'
    no 'line 1: a term without a letter' '\tA1\t1\n'
    no 'line 1: the column of encounters with the term is not a whole number' 'fever\tA1\t1\t2\t-3\n'
    no 'line 1: byte 2 is not UTF-8' 'f\xffver\tA1\t1\n'
    no 'line 1: a NUL byte' 'f\0ver\tA1\t1\n'
    no 'line 1: #form: expected' '#form\tendings=some\n'
    no 'line 2: #form after the first term' 'fever\tA1\t1\n#form\tendings=cut\n'
    no 'line 1: #mark: expected negated, historical, family or uncertain, a tab and a number' '#mark\tdenied\t-1\n'
    no 'line 1: #mark: expected negated, historical, family or uncertain, a tab and a number' '#mark\tnegated\n'
    no 'line 1: #mark: expected negated, historical, family or uncertain, a tab and a number' '#mark\n'
    no 'line 1: the effect of a mark is not a finite number' '#mark\tnegated\tnan\n'
    no 'line 2: #mark after the first term' 'fever\tA1\t1\n#mark\tnegated\t-1\n'
    printf '%70000s\tA1\t1\n' fever > bad.tsv
    run ecan-match -q -m "$data/plain" --terms bad.tsv "$data/tokens.mp"
    [ "$status" -eq 1 ]
    : > empty.tsv
    ecan-match -q -m "$data/plain" --terms empty.tsv "$data/tokens.mp" | ecan-check
}

@test "a term of every word, for every label: at most one match for each label, in linear time" {
    # 20,000 times the same word; each of its sequences is a term, and the word is a term of all labels
    yes dolor | head -n 20000 | tr '\n' ' ' | jq -Rc '{id: "1", text: .}' | ecan-tokenize > long.mp
    { for code in A1 B10 C5 Z2; do printf 'dolor\t%s\t1\n' $code; done
      for n in $(seq 2 60); do printf '%s\tA1\t%d\n' "$(yes dolor | head -n "$n" | paste -sd ' ')" "$n"; done; } > every.tsv
    cp -r "$data/plain" every
    cp every.tsv every/terms.tsv
    timeout 20 ecan-match -q -m every long.mp > matched.mp
    ecan-check matched.mp
    "$python" - << 'END'
from helper import *
[r] = records("matched.mp")
labels = len(open("every/labels.tsv").read().splitlines())
assert 4 <= len(r["matches"]) <= labels and len(r["match_weights"]) == len(r["matches"])
assert float(max(r["match_weights"])) == 60
END
    timeout 20 ecan-predict -q -m every long.mp | ecan-check
}

# found MODEL [OPTION...]: label, first word, weight and marks of each match in marked.mp.
found() {
    ecan-match -q -m "$@" "$data/marked.mp" > found.mp
    ecan-check found.mp
    "$python" - "$1" << 'END'
from helper import *
labels = [line.split("\t")[0] for line in open(sys.argv[1] + "/labels.tsv").read().split("\n") if line]
for r in records("found.mp"):
    marks = r.get("match_marks", ["-"] * len(r["matches"]))
    print(*(f"{labels[l]}:{a}:{w:g}:{m}" for (l, a, _), w, m in zip(r["matches"], r["match_weights"], marks)))
END
}

marked_table() { # [LINE...]: terms, after those lines
    printf '%b\n' "$@"
    printf '%s\t%s\t%s\n' tuberculose A1 3 diabetes B10 2 'hoge bloeddruk' C5 4 bloeddruk C5 1.5 koorts Z2 2 koorts A1 -1
}

setup_marks() {
    cp -r "$data/plain" marks
    ecan-tokenize > "$data/marked.mp" << 'END'
{"id": "1", "text": "Geen tuberculose en geen koorts. Vader met diabetes. Moeder: hoge bloeddruk. De bloeddruk wordt gemeten. Koorts sinds gisteren."}
{"id": "2", "text": "Vader zonder diabetes. Geen koorts."}
END
}

@test "marks: an unmarked place is preferred, and effects are added to weights above 0" {
    setup_marks
    marked_table '#mark\tnegated\t-5' '#mark\tfamily\t-0.5' > marks/terms.tsv
    found marks > a
    printf '%s\n' 'A1:15:-1:0 B10:7:1.5:4 C5:9:3.5:4 Z2:15:2:0' 'A1:4:-1:1 B10:2:0:5 Z2:4:0:1' > expected
    diff expected a
    marked_table '#mark\tnegated\t-5' '#mark\tfamily\t-3' > marks/terms.tsv
    found marks | head -n 1 > a # now "bloeddruk" is better than "hoge bloeddruk"
    echo 'A1:15:-1:0 B10:7:0:4 C5:12:1.5:0 Z2:15:2:0' | diff - a
}

@test "marks: the phrases of scopes.tsv; none without #mark" {
    setup_marks
    marked_table > marks/terms.tsv
    found marks > plain
    echo 'A1:1:3:- B10:7:2:- C5:9:4:- Z2:4:2:-' | diff - <(head -n 1 plain)
    ecan-predict -q -m marks "$data/marked.mp" | ecan-show --full --records > scores
    not grep -q match_marks scores
    printf 'nl\tvader\tnegated\tbefore\n' > marks/scopes.tsv
    found marks | cmp - plain
    marked_table '#mark\tnegated\t-1' > marks/terms.tsv
    found marks > a
    echo 'A1:1:3:0 B10:7:1:1 C5:9:4:0 Z2:4:2:0' | diff - <(head -n 1 a)
    cp marks/terms.tsv own.tsv
    rm marks/terms.tsv
    found marks --terms own.tsv | cmp - a
    # ecan-predict and libecan read the same
    cp own.tsv marks/terms.tsv
    ecan-predict -q -m marks "$data/marked.mp" | ecan-show --full --records -k match_weights > scores
    ecan-match -q -m marks "$data/marked.mp" | ecan-show --full --records -k match_weights | cmp - scores
    echo bad > marks/scopes.tsv
    run ecan-match -q -m marks "$data/marked.mp"
    [ "$status" -eq 1 ]
    [[ $output == 'ecan-match: marks/scopes.tsv: line 1: expected language, phrase and kind'* ]]
}

@test "marks of one's own, and those that are refused" {
    "$python" - << 'END'
from helper import *
data = os.environ["data"]
def marked(marks):
    o = read(data + "/tokens.mp")
    o[1]["matches"], o[1]["match_weights"] = numpy.array([[0, 0, 1]], "<i4"), numpy.array([1], "<f4")
    o[1]["match_marks"] = numpy.array(marks, "<i4")
    return pack(o)
args = "ecan-predict", "-q", "-m", data + "/model"
refused(*args, stdin=marked([16]), because="key match_marks: match 1: expected marks from 0 to 15, got 16")
refused(*args, stdin=marked([-1]), because="key match_marks: match 1: expected marks from 0 to 15, got -1")
refused(*args, stdin=marked([1, 1]), because="key match_marks: the number of matches is 2, but 1 in an earlier key or record")
assert run(*args, stdin=marked([5])).returncode == 0
END
}

@test "#form keeps endings and stop words" {
    matches() { # TABLE: number of matches in the first record
        printf "$1" > form.tsv
        ecan-match -q -m "$data/plain" --terms form.tsv "$data/tokens.mp" | ecan-show --full --records -k match_weights | sed -n '1s/.*\[\(.*\)\].*/\1/p'
    }
    [ "$(matches 'cabeza\tA1\t1\ndolor las cabeza\tB10\t2\n')" = "1.0, 2.0" ] || [ "$(matches 'cabeza\tA1\t1\ndolor las cabeza\tB10\t2\n')" = "1, 2" ]
    [ -z "$(matches '#form\tendings=keep\ncabeza\tA1\t1\n')" ]
    [ -z "$(matches '#form\tstop-words=keep\ndolor cabeza\tA1\t1\n')" ]
    [ -n "$(matches '#form\tstop-words=keep\ndolor de las cabeza\tA1\t1\n')" ]
}
