#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Notes in several languages: --language nl,fr, the key language, and its way through the pipe.

load ../helper

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    cat >in.jsonl <<'END'
{"id": "1", "text": "Le patient n'a pas de fièvre, rendez-vous demain"}
{"id": "2", "text": "De patiënt (cœliakie) heeft 's avonds koorts, rendez-vous morgen"}
{"id": "3", "text": "Le patient n'a pas de fièvre, rendez-vous demain", "language": "NL-be"}
{"id": "4", "language": "nl", "documents": [{"text": "rendez-vous", "language": "fr_BE"}, {"text": "rendez-vous"}, {"text": "Il est dans la salle, rendez-vous", "language": "de"}]}
{"id": "5", "text": ""}
END
}

languages() {
    ecan-tokenize -q "$@" in.jsonl | ecan-show --records --key note_languages | sed 's/.*note_languages": //; s/}$//' | paste -sd' '
}

@test "the language is that of the note, of the encounter, or guessed; rules are those of the language" {
    [ "$(languages --language nl,fr)" = '["fr"] ["nl"] ["nl"] ["fr", "nl", "fr"] ["nl"]' ]
    [ "$(languages --language fr,nl)" = '["fr"] ["nl"] ["nl"] ["fr", "nl", "fr"] ["fr"]' ]
    ecan-tokenize -q --language nl,fr in.jsonl | ecan-show --records --key tokens >words
    grep -F '"id": "1"' words | grep -F "\"n'\", \"a\"" | grep -F '"rendez-vous"'
    grep -F '"id": "2"' words | grep -F "\"'s\", \"avonds\"" | grep -F '"rendez", "vous"'
    ecan-tokenize --language nl in.jsonl | ecan-show --records --key tokens | grep -F '"patiënt", "coeliakie"'
    grep -F '"coeliakie"' words
    grep -F '"id": "3"' words | grep -F '"rendez", "vous"'
    grep -F '"id": "4", "tokens": ["rendez-vous", "rendez", "vous", "il", ' words
    run -0 bash -c 'ecan-tokenize --language nl,fr in.jsonl | ecan-check'
    [ "$output" = "ecan-tokenize: notes whose key language is not in --language, and was guessed: 1" ]
}

@test "one language has no note_languages; en and es have the rules of any" {
    [ "$(ecan-tokenize --language fr in.jsonl | ecan-show --full | grep -c note_languages)" = 0 ]
    ecan-tokenize -q --language en,es in.jsonl | ecan-show --records --key tokens >listed
    ecan-tokenize in.jsonl | ecan-show --records --key tokens | diff - listed
}

@test "wrong lists" {
    for list in en en,es,en nl,any any,nl nl,de nl, ''; do
        run -2 ecan-tokenize --language "$list" in.jsonl
        [[ $output == "ecan-tokenize: --language: invalid value '$list': "* ]]
    done
}

@test "models record the list; --signs too; other settings are refused" {
    corpus 40 t | ecan-tokenize --language nl,fr --signs keep >train.mp
    corpus 16 d | ecan-tokenize --language nl,fr --signs keep >dev.mp
    ecan-w2v --size 8 --min-count 1 --threads 1 -o vectors.bin train.mp
    data=. train model --epochs 1 --no-focal
    grep -q '"language": "nl,fr"' model/config.json
    grep -q '"signs": "keep"' model/config.json
    ecan-tokenize -q -m model in.jsonl >words.mp
    ecan-tokenize -q --signs keep --language nl,fr in.jsonl | cmp - words.mp
    ecan-predict -q -m model words.mp | ecan-show --records --key note_languages | grep -cF '"note_languages": ["fr", "nl", "fr"]'
    run -1 bash -c 'ecan-tokenize --language fr,nl --signs keep in.jsonl | ecan-predict -q -m model >out.mp'
    [[ $output == *'"language" differs'* ]]
    run -2 ecan-tokenize -m model --language nl in.jsonl
    [[ $output == *"setting language differs from that of the model"* ]]

    # A term is found in notes of both languages, each with its own words.
    printf "rendez-vous\tA1\t2\n" >model/terms.tsv
    ecan-match -q -m model words.mp | ecan-show --full --records --key matches >matches
    [ "$(grep -c '"matches": \[\[' matches)" = 4 ]
}

@test "the language of a note comes from CSV and FHIR" {
    printf 'id,text,Language,taal\n1,koorts,nl,fr\n2,fièvre,,\n' >in.csv
    ecan-convert -q csv in.csv | grep -cF '[{"language":"nl","text":"koorts"}]'
    ecan-convert -q csv in.csv | grep -cF '[{"text":"fièvre"}]'
    ecan-convert -q csv --language taal in.csv | grep -cF '[{"language":"fr","text":"koorts"}]'
    run -2 ecan-convert text --language nl in.txt
    [[ $output == *"--language is for csv and codes"* ]]
    document() {
        printf '{"resourceType":"DocumentReference","id":"d%s","language":"nl-BE","subject":{"reference":"Patient/1"},"content":[{"attachment":{"contentType":"text/plain"%s,"data":"a29vcnRz"}}]}\n' "$@"
    }
    { document 1 ''; document 2 ',"language":"fr"'; } >in.json
    ecan-convert -q fhir in.json >out.jsonl
    grep -F '"id":"d1","language":"nl-BE"' out.jsonl | grep -F '"id":"d2","language":"fr"'
}
