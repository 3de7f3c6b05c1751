#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Typical mistakes. Each row of the table has a command and what its message says. A mistake has one line on standard error, which
# names the remedy and shows no text of a note, and an exit status that is not 0.

load ../helper

bats_require_minimum_version 1.5.0

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    mkdir data folder nodev same comma
    corpus 40 t >data/train.jsonl
    corpus 16 d >data/dev.jsonl
    corpus 16 e >data/test.jsonl
    printf 'A1\tone\nB10\ttwo\n' >data/labels.tsv
    ecan train data out "${network[@]}" --epochs 1 --w2v '--size 8 --min-count 1 --threads 1' --quiet 2>log || { cat log; return 1; }
    cp data/train.jsonl nodev
    cp data/*.jsonl comma
    cp data/test.jsonl same
    cp data/train.jsonl same/train.jsonl
    cp data/train.jsonl same/dev.jsonl
    cp out/*.mp out/vectors.bin .
    gzip -c train.mp >train.mp.gz
    head -c 1000 train.mp >cut.mp
    head -c 500 data/test.jsonl >cut.jsonl
    touch empty.jsonl empty.mp
    printf 'id,text,labels\n1,geheimwoord koorts,A1\n' >notes.csv
    printf 'A1,one\nB10,two\n' | tee labels.csv >comma/labels.tsv
    printf 'Een brief met geheimwoord.\n' >letter.txt
    printf '{"id": "1", "text": "fi\xe8vre geheimwoord"}\n' >latin1.jsonl
    iconv -f UTF-8 -t UTF-16 >utf16.jsonl <<<'{"id": "1", "text": "geheimwoord"}'
    printf '{\n  "id": "1",\n  "text": "geheimwoord"\n}\n' >pretty.json
    printf '[{"id": "1", "text": "geheimwoord"},\n{"id": "2", "text": "x"}]\n' >array.json
    printf "{'id': '1', 'text': 'geheimwoord'}\n" >python.jsonl
    printf '{"id": "1", "text": "geheimwoord",}\n' >comma.jsonl
    printf '{"text": "geheimwoord"}\n' >noid.jsonl
    printf '{"id": "1", "note": "geheimwoord"}\n' >notext.jsonl
    printf '{"id": "1", "text": "geheimwoord", "labels": "A1"}\n' >labelstring.jsonl
    printf '{"id": "1", "text": "geheimwoord", "labels": [{"code": "A1"}]}\n' >labelobject.jsonl
    printf '{"id": "1", "text": "geheimwoord"}\n{"id": "1", "text": "x"}\n' >twice.jsonl
    printf '{"id": "1", "text": ["geheimwoord"]}\n' >textlist.jsonl
    printf '{"id": "1", "documents": ["geheimwoord"]}\n' >documents.jsonl
    ecan tokenize -o unlabelled.mp noid.jsonl 2>/dev/null || ecan tokenize -o unlabelled.mp <<<'{"id": "1", "text": "geheimwoord"}'
    cp -r out/model newer
    sed -i 's/"numbers": "ten"/"numbers": "new"/' newer/config.json
    cp -r out/model half
    rm half/model.safetensors
}

setup() {
    cd "$BATS_FILE_TMPDIR" || return 1
}

# COMMAND => PHRASE, for files that are not what they should be.
files() {
    cat <<'END'
ecan tokenize notes.csv                          => expected encounters as JSON Lines (ecan-convert
ecan tokenize letter.txt                         => expected encounters as JSON Lines (ecan-convert
ecan tokenize latin1.jsonl                       => iconv -f WINDOWS-1252 -t UTF-8
ecan tokenize utf16.jsonl                        => iconv -f UTF-16 -t UTF-8
ecan tokenize pretty.json                        => each encounter is one whole line
ecan tokenize cut.jsonl                           => ends within a value: each encounter is one whole line
ecan tokenize array.json                         => write each encounter on its own line (jq -c '.[]')
ecan tokenize python.jsonl                       => strings and keys are in double quotes
ecan tokenize comma.jsonl                        => no comma after the last
ecan tokenize train.mp                           => expected encounters as JSON Lines, but this is a stream of ecan
ecan tokenize folder                             => folder: Is a directory: expected a file
ecan tokenize missing.jsonl                      => missing.jsonl: No such file
ecan tokenize noid.jsonl                         => missing key id: each encounter has its own
ecan tokenize notext.jsonl                       => missing key text or documents: rename the key
ecan tokenize labelstring.jsonl                  => expected an array of codes, such as ["I10"], found a string
ecan tokenize labelobject.jsonl                  => label 1: expected a string, found an object
ecan tokenize twice.jsonl                        => duplicate id: an earlier encounter has it too
ecan tokenize textlist.jsonl                     => several notes are documents: [{"text": ...}]
ecan tokenize documents.jsonl                    => expected an object, such as {"text": ...}
ecan w2v -o o data/train.jsonl                   => like JSON: run ecan-tokenize on encounters first, or ecan-import on predictions
ecan w2v -o o train.mp.gz                        => like gzip: decompress it first
ecan w2v -o o empty.mp                           => it is empty
ecan w2v -o o cut.mp                             => truncated: it ends at offset 1000
ecan w2v -o o vectors.bin                        => use the output of ecan-tokenize
ecan metrics out                                 => out: Is a directory: expected a file
ecan metrics train.mp                            => got 'tokens': run ecan-predict first
ecan score -m out/model train.mp                 => run ecan-embed, ecan-encode and ecan-attend first
ecan explain out data                            => data is a folder: expected files of encounters
ecan predict out empty.jsonl                     => empty.jsonl is empty: expected encounters
ecan predict out letter.txt                      => header row is called id: name the columns
ecan predict out utf16.jsonl                     => iconv -f UTF-16 -t UTF-8
ecan predict out train.mp                        => expected encounters as JSON Lines, but this is a stream of ecan
ecan predict out latin1.jsonl                    => iconv -f WINDOWS-1252 -t UTF-8
ecan predict newer data/test.jsonl               => use a later version of ecan
ecan predict half data/test.jsonl                => the folder is not complete: copy it again
ecan show folder                                 => folder/config.json: not found: folder is not a model folder
ecan split -o o empty.jsonl                      => empty.jsonl: no encounters
ecan convert csv labels.csv                      => columns of the header row is called id: name the columns, as with --id COLUMN
ecan convert csv latin1.jsonl                    => header row is called id: name the columns
ecan-train --train train.mp --dev dev.mp --vectors vectors.bin --labels labels.csv -o o => each line needs a code, a tab and a description
ecan-train --train unlabelled.mp --dev dev.mp --vectors vectors.bin -o o => need encounters with gold codes (key labels)
ecan-train --train data/train.jsonl --dev dev.mp --vectors vectors.bin -o o => run ecan-tokenize on encounters first
ecan-train --train train.mp --dev dev.mp --vectors train.mp -o o => train.mp: not word vectors
END
}

# The same for arguments and options.
arguments() {
    cat <<'END'
ecan                                             => expected a command, such as train (see ecan help)
ecan --train data out                            => expected a command before options
ecan evaluat out                                 => did you mean 'evaluate'?
ecan Train data out                              => did you mean 'train'?
ecan test out                                    => unknown command 'test' (see ecan help)
ecan help trian                                  => did you mean 'train'?
ecan train                                       => expected ecan train DATA OUT [OPTION]..., or ecan train OUT (see
ecan train data                                  => data has no settings: expected DATA and OUT
ecan train nodata o                              => nodata: folder not found
ecan train nodev o                               => no dev.jsonl or dev.jsonl.gz in nodev
ecan train data/train.jsonl o                    => data/train.jsonl is a file: expected the folder
ecan train out data                              => did you mean ecan train data out?
ecan train data data                             => DATA and OUT are the same folder
ecan train data out/model                        => out/model is a model: OUT is the folder that gets OUT/model, such as out
ecan train same o                                => train and dev are the same encounters
ecan train data o --epochs                       => option '--epochs' requires a value
ecan train data o --epochs ten                   => --epochs: invalid value 'ten': expected a whole number
ecan train data o --epochs 0                     => expected 1 to
ecan train data o --chanels 8,8                  => did you mean '--channels'?
ecan train data o --preset french-50             => choose one of few-encounters, more-encounters
ecan train data o --tokenize                     => --tokenize wants a value
ecan train data o --tokenize --language nl       => write its options in quotes: --tokenize '--language nl'
ecan train data o --tokenize '--langauge nl'     => did you mean '--language'?
ecan train data o --tokenize "--types 'letter"   => TOKENIZE: a quote is not closed
ecan train data o --terms '--table missing.tsv'  => --table: PWD/missing.tsv: file not found
ecan train data o --text missing.jsonl           => --text: PWD/missing.jsonl: file not found
ecan train data o extra                          => unexpected argument 'extra'
ecan evaluate                                    => expected ecan evaluate OUT, or ecan evaluate DATA OUT
ecan evaluate out/model                          => OUT is the folder of ecan train, such as out
ecan evaluate out data                           => did you mean ecan evaluate data out?
ecan evaluate nodata                             => nodata has no settings: expected DATA and OUT
ecan predict                                     => expected MODEL
ecan predict nomodel data/test.jsonl             => expected a model folder
ecan predict data/test.jsonl out                 => but out is: ecan predict out data/test.jsonl
ecan predict -m out data/test.jsonl              => MODEL is the first argument, without -m
ecan predict out --treshold 0.4 data/test.jsonl  => did you mean '--threshold'?
ecan predict out --threshold 0,4 data/test.jsonl => invalid value '0,4': expected a number
ecan predict out --threshold 40 data/test.jsonl  => invalid value '40': expected 0 to 1
ecan predict out missing.jsonl                   => missing.jsonl: file not found
ecan explain out data/test.jsonl --html          => --html wants a value
ecan explain out data/test.jsonl --html no/x.html => no/x.html: cannot write: No such file or directory
ecan ensemble data o                             => expected DATA OUT N, a number from 1 on
ecan tokenize -m out data/test.jsonl             => out/config.json: not found: use out/model
ecan tokenize --language dutch data/test.jsonl   => choose any, fr or nl, or a list
ecan tokenize --types discharge summary data/test.jsonl => if it belongs to --types, write the whole value in quotes
ecan tokenize -language nl data/test.jsonl       => did you mean '--language'?
ecan tokenize --max-words 1k data/test.jsonl     => expected a whole number
ecan tokenize -o data/test.jsonl data/test.jsonl => the output is also an input
ecan-predict -m out train.mp                     => out/config.json: not found: use out/model
ecan-predict train.mp                            => missing option --model DIR
ecan-predict -m train.mp out/model               => train.mp: not a model folder
ecan show out                                    => out/config.json: not found: use out/model
ecan check out                                   => out/config.json: not found: use out/model
ecan split data/train.jsonl                      => missing option --output DIR
ecan convert notes.csv                           => write csv, text, fhir, brat or codes before the files
ecan corpus mimic3 data -o o                     => choose one of eurlex
ecan-train --train train.mp --dev dev.mp -o o    => missing option --vectors FILE
ecan-train --train train.mp --dev dev.mp --vectors vectors.bin -o out/model => use --resume to continue its training
ecan-train train.mp dev.mp vectors.bin -o o      => unexpected argument 'train.mp'
END
}

# check: reads rows. Prints those whose message is not one line with the phrase.
check() {
    local row command phrase code wrong=0
    while IFS= read -r row; do
        command=${row%%=> *} phrase=${row#*=> } code=0
        phrase=${phrase/PWD/$PWD}
        rm -rf o
        bash -c "$command" >said 2>message </dev/null || code=$?
        if [ "$code" -eq 0 ] || [ "$(wc -l <message)" -ne 1 ] || ! grep -qF -- "$phrase" message || grep -q geheimwoord message; then
            printf '%s\n  expected: %s\n  exit %d: ' "$command" "$phrase" "$code"
            cat message
            wrong=1
        fi
    done
    return $wrong
}

@test "files: one line that names the remedy" {
    check < <(files)
}

@test "arguments and options: one line that names the remedy" {
    check < <(arguments)
}

@test "gzip is read, and names of options may be shortened" {
    gzip -c data/test.jsonl >test.jsonl
    run -0 bash -c 'ecan tokenize --lang nl test.jsonl | ecan check'
    [ -z "$output" ]
}
