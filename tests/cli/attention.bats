# SPDX-License-Identifier: Apache-2.0
# ecan-explain --attention: attention in the terminal

load ../helper

setup() {
    bats_require_minimum_version 1.5.0
    accept=$BATS_TEST_DIRNAME/../../formats/accept
    cd "$BATS_TEST_TMPDIR"
}

attended() {
    printf '%s\n' '{"id": "1", "documents": [{"id": "n1", "type": "brief", "text": "Fièvre\u001b[31m, toux;\r\nfièvre."}, {"id": "n2", "text": "rien"}]}' |
        ecan-tokenize -o t.mp
    cat >make.py <<'END'
import sys, msgpack, msgpack_numpy, numpy
objects = list(msgpack.Unpacker(open("t.mp", "rb"), object_hook=msgpack_numpy.decode))
header, r, end = objects
header.update(kind="scored", labels=["A1", "B2"])
r["scores"] = numpy.array([.75, .125], "<f4")
r["predicted"] = [{"code": "A1", "score": .75}]
r["A"] = [numpy.array([[.5, 0, 0, .5, 0], [.2] * 5], "<f4"), numpy.array([[1, 0, 0, 0, 0], [.2] * 5], "<f4")]
for o in (header, r, end):
    sys.stdout.buffer.write(msgpack.packb(o, default=msgpack_numpy.encode))
END
    need msgpack msgpack_numpy numpy
    "$python" make.py >a.mp
}

@test "attention: the mean over the blocks after each word, without control characters for a terminal" {
    attended
    run -0 ecan-explain --attention A1 a.mp
    [ "${lines[0]}" = '== 1 A1 0.750' ]
    [ "${lines[1]}" = '-- n1 brief' ]
    [ "${lines[2]}" = $'Fièvre{.75}\xef\xbf\xbd[31m, toux;' ]
    [ "${lines[3]}" = 'fièvre{.25}.' ]
    [ "${lines[4]}" = '-- n2' ]
    [ "${lines[5]}" = 'rien' ]
    run -0 ecan-explain --attention A1,B2 a.mp
    [ "$(grep -c '^==' <<<"$output")" -eq 2 ]
    [[ "$output" = *'rien{.20}' ]]
}

@test "attention: colours on request, the strongest for the largest weight" {
    attended
    ecan-explain --attention A1 --color always a.mp >coloured
    grep -q $'\033\[38;5;16;48;2;255;140;0mFièvre\033\[0m' coloured
    [ "$(grep -c $'48;2;255' coloured)" -eq 2 ]
    not grep -q '{' coloured
    ecan-explain --attention A1 --colour auto a.mp >plain
    not grep -q $'\033' plain
}

@test "attention: words that the model did not read are grey, and counted" {
    attended
    sed -i 's/^for o in .*/r["A"] = [a[:, :3] for a in r["A"]]\nr["words_cut"] = 2\n&/' make.py
    "$python" make.py >a.mp
    run -0 ecan-explain --attention A1 a.mp
    [ "${lines[0]}" = '== 1 A1 0.750 (2 words not read)' ]
    ecan-explain --attention A1 --color always a.mp >coloured
    grep -q $'\033\[90mrien\033\[0m' coloured
    not grep -q $'\033\[90mtoux' coloured
}

@test "attention: a code that the model has not, and records without A, are failures" {
    attended
    run -1 ecan-explain --attention C3 a.mp
    [[ "$output" = *"unknown code 'C3'"* ]]
    sed -i '/^r\["A"\]/d' make.py
    "$python" make.py >a.mp
    run -1 ecan-explain --attention A1 a.mp
    [[ "$output" = *'key A: missing: ecan-attend --weights adds it'* ]]
}

@test "attention: the pipe of the help" {
    write_corpus
    data=. train model --epochs 1 --no-focal
    ecan-embed -m model dev.mp | ecan-encode -m model | ecan-attend -m model --weights | ecan-score -m model |
        ecan-explain --attention A1 >all
    sed -n '/^== d3 /,/^== d4 /p' all | sed '$d' >shown
    [ "$(head -c 8 shown)" = '== d3 A1' ]
    # the weights of an encounter sum to 1, except for rounding and weights that are too small to show
    grep -o '{\.[0-9]*}' shown | tr -d '{}' | awk '{ sum += $1 } END { exit !(sum > 0.8 && sum < 1.1) }'
}
