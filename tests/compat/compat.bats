#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Models and streams that the programs of an earlier version wrote: today's read them, and the scores are the same.

load ../helper

setup() {
    need msgpack msgpack_numpy numpy
    old=$BATS_TEST_DIRNAME/0.1
    cd "$BATS_TEST_TMPDIR" || return 1
}

# close A B BOUND: the records of both streams have the same keys, and their tensors differ by BOUND at most. Another
# processor has other kernels, which differ in the last digits.
close() {
    "$python" - "$@" << 'END'
import sys
from helper import *

def arrays(o):
    return o if isinstance(o, list) else [o]

ours, theirs, bound = records(sys.argv[1]), records(sys.argv[2]), float(sys.argv[3])
assert len(ours) == len(theirs) == 3
for a, b in zip(ours, theirs):
    assert list(a) == list(b), (list(a), list(b))
    for key in a:
        for x, y in zip(arrays(a[key]), arrays(b[key])):
            if isinstance(x, numpy.ndarray):
                assert x.dtype == y.dtype and x.shape == y.shape, key
                assert abs(x.astype(float) - y).max(initial=0) <= bound, (a["id"], key)
    for key in "id", "labels", "documents", "tokens":
        assert a[key] == b[key], (a["id"], key)
    if "predicted" in a:
        assert [p["code"] for p in a["predicted"]] == [p["code"] for p in b["predicted"]], a["id"]
END
}

@test "streams and models of version 0.1 pass ecan-check" {
    ecan-check "$old"/{tokens,embedded,encoded,attended,scored}.mp "$old"/{model,stopped} "$old/vectors.bin"
    ecan-show "$old/scored.mp" | head -n 1 | grep -q '"version": "0.1.0"'
}

@test "each stage reads the stream of version 0.1 before it" {
    ecan-embed -q -m "$old/model" "$old/tokens.mp" >embedded.mp
    ecan-encode -q -m "$old/model" "$old/embedded.mp" >encoded.mp
    ecan-attend -q -m "$old/model" "$old/encoded.mp" >attended.mp
    ecan-score -q -m "$old/model" "$old/attended.mp" >scored.mp
    for kind in embedded encoded attended scored; do close $kind.mp "$old/$kind.mp" 1e-5; done
}

@test "a model of version 0.1 gives the same scores" {
    ecan-predict -q -m "$old/model" "$old/tokens.mp" >scored.mp
    close scored.mp "$old/scored.mp" 1e-6
    ecan-metrics scored.mp >ours
    ecan-metrics "$old/scored.mp" | diff - ours
}

@test "training continues from a checkpoint of version 0.1" {
    cp -r "$old/stopped" model
    chmod -R u+w model
    ecan-train --train "$old/train.mp" --dev "$old/dev.mp" --vectors "$old/vectors.bin" -o model --resume --quiet \
        --channels 4,4 --kernels 3,3 --reduction 4 --batch-size 4 --lr 0.02 --threads 1 --epochs 3 --share none --dropout 0.5 --focal --keep best
    [ "$(wc -l <model/history.jsonl)" -ge 3 ]
    head -n 2 model/history.jsonl | cmp - "$old/stopped/history.jsonl"
    ecan-predict -q -m model "$old/tokens.mp" >scored.mp
    close scored.mp "$old/resumed.mp" 1e-5
}
