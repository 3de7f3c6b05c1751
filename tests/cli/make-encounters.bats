# SPDX-License-Identifier: Apache-2.0
# The made-up encounters of examples/make-encounters.c, and drop-notes, which filters them. Both are built beside the
# programs.

setup_file() {
    PATH="$(dirname "$(command -v ecan-tokenize)")/../examples:$PATH"
    export PATH
    export data="$BATS_FILE_TMPDIR/data"
    make-encounters --seed 7 --train 300 --dev 40 --test 60 -o "$data"
}

# Runs Python that has every encounter as (encounter, truth) in `pairs`, and the codes and descriptions in `names`.
python() {
    python3 - "$data" <<END
import json, re, sys
names = dict(line.rstrip("\n").split("\t") for line in open(sys.argv[1] + "/labels.tsv"))
encounters = [json.loads(line) for s in ("train", "dev", "test") for line in open(f"{sys.argv[1]}/{s}.jsonl")]
truths = [json.loads(line) for line in open(sys.argv[1] + "/evidence.jsonl")]
assert [e["id"] for e in encounters] == [t["id"] for t in truths]
pairs = list(zip(encounters, truths))
$(cat)
END
}

@test "the same seed gives the same bytes, another seed others" {
    make-encounters --seed 7 --train 300 --dev 40 --test 60 -o "$BATS_TEST_TMPDIR/again"
    diff -r "$data" "$BATS_TEST_TMPDIR/again"
    make-encounters --seed 8 --train 300 --dev 40 --test 60 -o "$BATS_TEST_TMPDIR/other"
    ! cmp -s "$data/train.jsonl" "$BATS_TEST_TMPDIR/other/train.jsonl"
}

@test "an encounter does not depend on how many there are" {
    make-encounters --seed 7 --train 10 --dev 40 --test 5 -o "$BATS_TEST_TMPDIR/few"
    cmp "$BATS_TEST_TMPDIR/few/dev.jsonl" "$data/dev.jsonl"
    head -n 10 "$data/train.jsonl" | cmp - "$BATS_TEST_TMPDIR/few/train.jsonl"
    head -n 5 "$data/test.jsonl" | cmp - "$BATS_TEST_TMPDIR/few/test.jsonl"
}

@test "counts, ids and keys follow the options" {
    [ "$(wc -l <"$data/train.jsonl")" -eq 300 ]
    [ "$(wc -l <"$data/dev.jsonl")" -eq 40 ]
    [ "$(wc -l <"$data/test.jsonl")" -eq 60 ]
    python <<'END'
assert len({e["id"] for e in encounters}) == 400
for e in encounters:
    assert 2 <= len(e["documents"]) <= 5 and 1 <= len(e["labels"]) <= 12, e["id"]
    assert e["labels"] == sorted(set(e["labels"])) and set(e["labels"]) <= set(names), e["id"]
    assert len({d["language"] for d in e["documents"]}) == 1
    dates = [d["date"] for d in e["documents"]]
    assert dates == sorted(dates) and all(re.fullmatch(r"20\d\d-\d\d-\d\d", d) for d in dates)
    assert [d["id"] for d in e["documents"]] == [f"{e['id']}-{i + 1}" for i in range(len(dates))]
assert {d["language"] for e in encounters for d in e["documents"]} == {"nl", "fr"}
assert len({d["type"] for e in encounters for d in e["documents"]}) == 12
END
}

@test "no template's slots or marks are left in a text" {
    python <<'END'
for e in encounters:
    for d in e["documents"]:
        found = re.search(r"[{}\[\]|~!]|  | \n|\.\.", d["text"])
        assert not found, (d["id"], found)
END
}

@test "each label has evidence, and only labels have: negated, family, excluded and past diagnoses are not coded" {
    python <<'END'
for e, t in pairs:
    coded = {a["code"] for n in t["notes"] for a in n["annotations"]}
    assert coded == set(e["labels"]), e["id"]
END
}

@test "evidence is at its offsets" {
    python <<'END'
words = {}
for e, t in pairs:
    for d, n in zip(e["documents"], t["notes"]):
        assert d["id"] == n["note_id"]
        for a in n["annotations"]:
            s = d["text"][a["begin"]:a["end"]]
            assert s and s == s.strip() and "\n" not in s and a["code_system"] == "ICD-10"
            # whole words: an offset that is off by one would cut a word
            around = d["text"][a["begin"] - 1:a["begin"]] + " " + d["text"][a["end"]:a["end"] + 1]
            assert not re.search(r"\w", around.replace("l'", "")), (s, around)
            words.setdefault(a["code"], set()).add(s)
assert "HTA" in words["I10"] and "hypertensie" in words["I10"]
assert any("é" in s for s in words["I48.9"] | words["I50.0"] | words["N17.9"] | words["E78.0"] | words["E86"])
assert len(words["I10"]) > 12
END
}

@test "there are phrases after a negation, and they are not evidence" {
    python <<'END'
denied = re.compile(r"Geen tekenen van |Geen aanwijzingen voor |Pas d'argument pour |Pas de signe |Moeder bekend met |"
                    r"Antécédents familiaux |Zus behandeld voor |Soeur traitée pour ")
seen = 0
for e, t in pairs:
    for d, n in zip(e["documents"], t["notes"]):
        for m in denied.finditer(d["text"]):
            stop = d["text"].find(".", m.end())
            seen += 1
            assert not [a for a in n["annotations"] if m.start() <= a["begin"] < stop], (d["id"], m)
assert seen > 50, seen
END
}

@test "combinations are one code, and the more exact code replaces the less exact" {
    python <<'END'
has = [set(e["labels"]) for e in encounters]
assert not [h for h in has if {"I10", "I50.0"} <= h] and [h for h in has if "I11.0" in h]
assert not [h for h in has if "E11.9" in h and h & {"E11.2", "E11.4", "E11.7"}]
assert not [h for h in has if {"J44.1", "J44.9"} <= h]
END
}

@test "rare codes are rare" {
    python <<'END'
from collections import Counter
count = Counter(c for e in encounters for c in e["labels"])
assert count["I10"] > 50 and sum(count[c] < 4 for c in names) > 15, count
END
}

@test "ecan-tokenize takes them, and each word is in its place" {
    ecan-tokenize "$data/test.jsonl" >"$BATS_TEST_TMPDIR/tokens"
    ecan-check "$BATS_TEST_TMPDIR/tokens"
    ecan-show --records --full --key documents,tokens,spans "$BATS_TEST_TMPDIR/tokens" | python3 -c '
import json, sys
for line in sys.stdin:
    r = json.loads(line)
    assert len(r["tokens"]) > 50
    for word, (document, begin, end) in zip(r["tokens"], r["spans"]):
        assert r["documents"][document]["text"][begin:end].casefold() == word'
}

@test "wrong usage, a folder that cannot be, a full disk" {
    run make-encounters
    [ "$status" -eq 2 ]
    run make-encounters --train many -o "$BATS_TEST_TMPDIR/x"
    [ "$status" -eq 2 ]
    run make-encounters -o "$BATS_TEST_TMPDIR/not/there"
    [ "$status" -eq 1 ]
    [[ "$output" == *"not/there"* ]]
    mkdir "$BATS_TEST_TMPDIR/full"
    ln -s /dev/full "$BATS_TEST_TMPDIR/full/train.jsonl"
    run make-encounters -o "$BATS_TEST_TMPDIR/full"
    [ "$status" -eq 1 ]
}

@test "drop-notes leaves out notes with their words, and nothing more" {
    ecan-tokenize "$data/test.jsonl" >"$BATS_TEST_TMPDIR/tokens"
    drop-notes ontslagbrief "lettre de sortie" <"$BATS_TEST_TMPDIR/tokens" >"$BATS_TEST_TMPDIR/fewer"
    ecan-check "$BATS_TEST_TMPDIR/fewer"
    python3 - "$data/test.jsonl" <<'END' >"$BATS_TEST_TMPDIR/want.jsonl"
import json, sys
for line in open(sys.argv[1]):
    e = json.loads(line)
    e["documents"] = [d for d in e["documents"] if d["type"] not in ("ontslagbrief", "lettre de sortie")]
    print(json.dumps(e))
END
    ecan-tokenize "$BATS_TEST_TMPDIR/want.jsonl" | ecan-show -r --full -k labels,documents,tokens,spans >"$BATS_TEST_TMPDIR/a"
    ecan-show -r --full -k labels,documents,tokens,spans "$BATS_TEST_TMPDIR/fewer" >"$BATS_TEST_TMPDIR/b"
    python3 - "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b" <<'END'
import json, sys
a, b = ([json.loads(line) for line in open(name)] for name in sys.argv[1:])
assert a == b and len(a) == 60
END
}

@test "drop-notes takes notes in another order, marked and with gaps" {
    ecan-tokenize -q --order=-given --mark-types --copied 2 "$data/test.jsonl" >"$BATS_TEST_TMPDIR/tokens"
    ecan-show -r -k gaps "$BATS_TEST_TMPDIR/tokens" | grep -q gaps
    drop-notes ontslagbrief "lettre de sortie" <"$BATS_TEST_TMPDIR/tokens" >"$BATS_TEST_TMPDIR/fewer"
    ecan-check "$BATS_TEST_TMPDIR/fewer"
}

@test "drop-notes reports that its input is truncated, and passes on the complete records" {
    ecan-tokenize "$data/test.jsonl" >"$BATS_TEST_TMPDIR/tokens"
    run bash -c 'head -c 100000 "$1" | drop-notes laboratorium >"$2"' - "$BATS_TEST_TMPDIR/tokens" "$BATS_TEST_TMPDIR/cut"
    [ "$status" -eq 1 ]
    [[ "$output" == *truncated* ]]
    [ "$(ecan-show -r "$BATS_TEST_TMPDIR/cut" 2>/dev/null | wc -l)" -gt 5 ]
}
