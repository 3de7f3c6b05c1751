#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# libecan as it is installed (make tests installs into $ECAN_BUILD/tests/prefix): what it exports, the two examples, a host
# program of any names, memory that fails, valgrind.

load ../helper

setup_file() {
    export data=$BATS_FILE_TMPDIR
    cd "$data" || return 1
    write_corpus
    train model --epochs 1 --no-focal
    sed -i 's/"threshold": [0-9.]*/"threshold": 0.2/' model/config.json
    corpus 6 p > encounters.jsonl
    printf '%s\n' '{"id": "two", "documents": [{"id": "a", "type": "letter", "text": "é 🩺 sign1 word3"}, {"id": 7, "text": "Sign2."}], "x": [1]}' \
        '{"id": 12, "text": ""}' >> encounters.jsonl
    ecan-tokenize -q -m model encounters.jsonl | ecan-predict -q -m model > scored.mp
}

setup() {
    prefix=$ECAN_BUILD/tests/prefix
    export PKG_CONFIG_PATH=$prefix/lib/pkgconfig LD_LIBRARY_PATH=$prefix/lib LIBECAN=$prefix/lib/libecan.so.0
    [ -e "$prefix/lib/libecan.a" ] || skip "no $prefix: make tests makes it"
    ldd "$LIBECAN" | grep -qE 'lib(a|t|ub)san' && skip "a host program would need the sanitizers too"
    cd "$BATS_TEST_TMPDIR" || return 1
}

# compile SOURCE [FLAG]...
compile() {
    local source=$1
    shift
    "${CC:-cc}" -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -o "$(basename "${source%.c}")" "$source" "$@"
}

shared() {
    pkg-config --cflags --libs ecan
}

# What is in libecan.a, and everything else shared.
static() {
    echo "$(pkg-config --cflags ecan) $prefix/lib/libecan.a $(pkg-config --static --libs-only-l ecan | sed 's/-lecan//') -pthread"
}

@test "only ecan_... is exported, under the name libecan.so.0" {
    run bash -c "nm -D --defined-only '$LIBECAN' | grep -v ' T ecan_'"
    [ -z "$output" ]
    run bash -c "nm -g --defined-only '$prefix/lib/libecan.a' | grep ' . ' | grep -v ' T ecan_'"
    [ -z "$output" ]
    declared=$(grep -o '\becan_[a-z_]*(' "$prefix/include/ecan.h" | tr -d '(' | grep -v '_$' | sort -u)
    [ "$(nm -D --defined-only "$LIBECAN" | sed 's/.* //' | sort)" = "$declared" ]
    readelf -d "$LIBECAN" | grep -q 'SONAME.*\[libecan.so.0\]'
    [ "$(pkg-config --modversion ecan)" = "$(ecan-predict --version | sed -n '1s/.* //p')" ]
}

@test "the header in C++" {
    command -v g++ > /dev/null || skip "no g++"
    printf '#include <ecan.h>\nint main() { ecan_options o = ECAN_OPTIONS_INIT; return o.threads + !*ecan_version(); }\n' > plus.cc
    # shellcheck disable=SC2046
    g++ -Wall -Wextra -Werror -o plus plus.cc $(shared)
    ./plus
}

@test "the example in C: the codes, scores and passages of ecan-explain, shared and static" {
    need json
    # shellcheck disable=SC2046
    compile "$BATS_TEST_DIRNAME/../../examples/predict.c" $(shared)
    ./predict "$data/model" < "$data/encounters.jsonl" > shared.txt
    ldd predict | grep -q "$prefix/lib/libecan.so.0"
    # shellcheck disable=SC2046
    compile "$BATS_TEST_DIRNAME/../../examples/predict.c" $(static)
    not grep -q libecan <(ldd predict)
    ./predict "$data/model" < "$data/encounters.jsonl" | cmp - shared.txt
    ecan-tokenize -q -m "$data/model" "$data/encounters.jsonl" | ecan-predict -q -m "$data/model" |
        ecan-explain -q -m "$data/model" --top 3 > pipe.jsonl
    "$python" - << 'END'
import json, struct
expected = []
for number, line in enumerate(open("pipe.jsonl"), 1):
    for c in json.loads(line)["codes"]:
        expected.append((str(number), c["code"], struct.pack("f", c["score"])))
        expected += [(e["index"], e["begin"], e["end"], struct.pack("f", e["weight"]), e["text"]) for e in c["evidence"]]
got = []
for line in open("shared.txt"):
    f = line.rstrip("\n").split("\t")
    if f[0]:
        got.append((f[0], f[1], struct.pack("f", float(f[2]))))
    else:
        place, text = f[1].split(": ", 1)
        place = place.replace(",", "").split()
        got.append((int(place[1]), int(place[2]), int(place[4]), struct.pack("f", float(place[6])), text))
assert got == expected and len(got) > 6, (got, expected)
END
    run ./predict "$data/no-model"
    [ "$status" -eq 1 ]
    [[ $output == *no-model* ]]
}

@test "the example in Python: the lines of ecan-explain, byte for byte, as JSON and as texts" {
    need json ctypes
    # Texts come without labels.
    sed 's/, "labels": \[[^]]*\]//' "$data/encounters.jsonl" > bare.jsonl
    for file in bare.jsonl "$data/encounters.jsonl"; do
        ecan-tokenize -q -m "$data/model" "$file" | ecan-predict -q -m "$data/model" | ecan-explain -q -m "$data/model" > pipe.jsonl
        "$python" "$BATS_TEST_DIRNAME/../../examples/predict.py" "$data/model" < "$file" | cmp - pipe.jsonl
    done
    sed 's/"id": 7/"id": "7"/; s/"id": 12/"id": "12"/' bare.jsonl > strings.jsonl
    ecan-tokenize -q -m "$data/model" strings.jsonl | ecan-predict -q -m "$data/model" | ecan-explain -q -m "$data/model" > pipe.jsonl
    "$python" "$BATS_TEST_DIRNAME/../../examples/predict.py" --texts "$data/model" < strings.jsonl | cmp - pipe.jsonl
}

@test "an ensemble folder: the lines of ecan-explain with its first model, for any number of threads" {
    need json ctypes
    train second --epochs 2 --no-focal --seed 2
    ecan-linear -q --train "$data/train.mp" --min-docs 1 --save -o linear
    ecan-join --by mean --threshold 0.3 -o ensemble "$data/model" second linear
    sed 's/"id": 7/"id": "7"/; s/"id": 12/"id": "12"/' "$data/encounters.jsonl" > strings.jsonl
    ecan-tokenize -q -m ensemble/1 strings.jsonl | ecan-predict -q -m ensemble | ecan-explain -q -m ensemble/1 > pipe.jsonl
    [ "$(grep -c score pipe.jsonl)" -gt 1 ]
    "$python" "$BATS_TEST_DIRNAME/../../examples/predict.py" ensemble < strings.jsonl | cmp - pipe.jsonl
    PYTHONPATH=$PYTHONPATH:$BATS_TEST_DIRNAME/../../examples "$python" - << 'END'
import predict
for options in {"threads": 3}, {"threads": 3, "by": 1}, {"threads": 1, "threshold": 0.1}:
    p = predict.Predictor("ensemble", **options)
    lines = [(p.predict(line), p.evidence())[1] for line in open("strings.jsonl", "rb")]
    if options == {"threads": 3}:
        assert b"".join(line + b"\n" for line in lines) == open("pipe.jsonl", "rb").read()
    p.close()
END
}

@test "the scores of all codes are those of the pipe, bit for bit, for any options" {
    need msgpack msgpack_numpy ctypes
    ecan-explain -q -m "$data/model" --by sum --top 4 --ngram 3 --above 0.01 --code C5,A1 "$data/scored.mp" > pipe.jsonl
    PYTHONPATH=$PYTHONPATH:$BATS_TEST_DIRNAME/../../examples "$python" - << 'END'
from helper import *
import struct
import predict
data = os.environ["data"]
header, *records, end = read_stream(data + "/scored.mp") if "read_stream" in globals() else msgpack.Unpacker(open(data + "/scored.mp", "rb"))
p = predict.Predictor(data + "/model", threads=3, by=1, passages=4, words=3, above=0.01, threshold=0.2, codes=b"C5,A1")
lines = open("pipe.jsonl", "rb").read().splitlines()
for line, record, expected in zip(open(data + "/encounters.jsonl", "rb"), records, lines, ):
    p.predict(line)
    scores = struct.pack(f"{len(p.scores())}f", *p.scores())
    raw = record["scores"]
    raw = raw.tobytes() if hasattr(raw, "tobytes") else (raw.get("data") or raw.get(b"data"))
    assert scores == raw, record["id"]
    assert p.evidence() == expected, record["id"]
assert len(lines) == 8
p.close()
END
}

@test "a host program may have names that the library has within" {
    # shellcheck disable=SC2046
    compile "$BATS_TEST_DIRNAME/clash.c" $(static)
    [ "$(./clash "$data/model")" = "0 63" ]
    # shellcheck disable=SC2046
    compile "$BATS_TEST_DIRNAME/clash.c" $(shared)
    [ "$(./clash "$data/model")" = "0 63" ]
    [ "$(./clash "$data")" = "2 63" ]
    [ "$(./clash "$data/encounters.jsonl")" = "4 63" ]
}

@test "no memory: ECAN_ERROR_MEMORY, and the same call succeeds afterwards" {
    need_fault
    # shellcheck disable=SC2046
    compile "$BATS_TEST_DIRNAME/host.c" $(shared)
    head -n 2 "$data/encounters.jsonl" > two.jsonl
    ./host "$data/model" < two.jsonl > whole.jsonl
    failed=0
    for ((n = 1; ; n += 1 + n / ${SPARSE:-100})); do
        rm -f fired
        code=0
        { FAULT=memory:$n FAULT_FIRED=fired LD_PRELOAD=$ECAN_BUILD/tests/memory.so ./host "$data/model" < two.jsonl > out.jsonl \
            2> err.txt || code=$?; } 2> /dev/null
        [ -e fired ] || break
        if [ "$code" -eq 134 ] && grep -q '^ *libblis: ' err.txt; then continue; fi # these two end the process
        if [ "$code" -eq 1 ] && grep -q '^libgomp: Out of memory' err.txt; then continue; fi
        [ "$code" -eq 0 ] && cmp out.jsonl whole.jsonl || { echo "allocation $n: exit $code: $(cat out.jsonl err.txt)"; return 1; }
        failed=$((failed + 1))
    done
    echo "$failed calls succeeded when made again, $n allocations"
    [ "$failed" -gt 150 ]
}

@test "valgrind: no error and no leak" {
    command -v valgrind > /dev/null || skip "no valgrind"
    # shellcheck disable=SC2046
    compile "$BATS_TEST_DIRNAME/../../examples/predict.c" -g $(shared)
    head -n 2 "$data/encounters.jsonl" > three.jsonl
    echo '{"id": 1, "text": 3}' >> three.jsonl
    run -1 valgrind -q --suppressions="$BATS_TEST_DIRNAME/valgrind.supp" --leak-check=full --error-exitcode=9 \
        --show-leak-kinds=definite,indirect,possible --errors-for-leak-kinds=definite,indirect,possible ./predict "$data/model" < three.jsonl
    [[ $output == *"predict: line 3: key text: expected a string, found a number"* ]]
    run -1 valgrind -q --suppressions="$BATS_TEST_DIRNAME/valgrind.supp" --leak-check=full --error-exitcode=9 \
        --show-leak-kinds=definite,indirect,possible --errors-for-leak-kinds=definite,indirect,possible ./predict "$data" < three.jsonl
}
