#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# threads.sh INPUTS: training and every program with threads, with 2, 3 and 8 of them, in a build with ThreadSanitizer. A race ends a
# program with 66. The outputs are the same for each number of threads.
set -euo pipefail
D=$1
cd "$TMPDIR"
export TSAN_OPTIONS="halt_on_error=1 exitcode=66 ${TSAN_OPTIONS:-}"
train="--train $D/train.mp --dev $D/dev.mp --vectors $D/vectors.bin --quiet --channels 6,6 --kernels 3,3 --reduction 4 --batch-size 7
    --epochs 2 --focal-from 1 --average 0.9 --label-sharing codes --clip 1"
for threads in 2 3 8; do
    while read -r name command; do
        read -ra words <<<"$command"
        "${words[@]}" --threads $threads -o "$name.$threads" 2>said || { cat said; echo "$threads threads: exit status $?: $command"; exit 1; }
        first=$name.2
        if [ -d "$first" ]; then first=$first/model.safetensors; fi
        cmp "$first" "${first/.2/.$threads}"
    done <<COMMANDS
train ecan-train ${train//$'\n'/ }
w2v ecan-w2v -q --size 3 --min-count 1 $D/tokens.mp
classes ecan-w2v -q --size 3 --min-count 1 --sg --classes 3 $D/tokens.mp
tokens ecan-tokenize -q $D/encounters.jsonl
embedded ecan-embed -q -m $D/model $D/tokens.mp
encoded ecan-encode -q -m $D/model $D/embedded.mp
attended ecan-attend -q -m $D/model $D/encoded.mp
scored ecan-score -q -m $D/model $D/attended.mp
predicted ecan-predict -q -m $D/terms $D/tokens.mp
joined ecan-predict -q -m $D/ensemble $D/tokens.mp
matched ecan-match -q -m $D/terms $D/tokens.mp
linear ecan-linear -q --min-docs 1 --train $D/train.mp $D/tokens.mp
terms ecan-terms -q --train $D/train.mp --dev $D/dev.mp -m $D/model
explained ecan-explain -q -m $D/model $D/scored.mp
compared ecan-compare --resamples 30 --shuffles 30 $D/scored.mp $D/scored2.mp
COMMANDS
    echo "$threads threads: no race"
done
# Large records, which one stage lends to the next.
awk 'BEGIN { srand(1); for (i = 0; i < 12; i++) { printf "{\"id\": \"%d\", \"text\": \"", i; for (t = 0; t < 9000 + 1000 * i; t++) printf "word%d ", 40 * rand(); print "\"}" } }' |
    ecan-tokenize -q >large.mp
for threads in 2 3 8; do
    how="-q -m $D/model --threads $threads"
    # shellcheck disable=SC2086
    ecan-embed $how large.mp | ecan-encode $how | ecan-attend $how | ecan-score $how >large.$threads
    cmp large.2 large.$threads
    echo "$threads threads in each program of a pipe: no race"
done
