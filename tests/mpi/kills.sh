#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# kills.sh [N]: kills a rank of ecan-train-mpi with SIGKILL at N random moments (50) before the end of its run. Each time the run continues with
# another number of ranks.
# The final files are those of ecan-train.
set -euo pipefail
cd "$(dirname "$0")/.."
kills=${1:-50} build=$(realpath "${BUILD:-../build}")
export PATH=$build/bin:$PATH
. ./helper.bash
. mpi/corpus.bash
if [ -z "${TMPDIR:-}" ] && [ -w /dev/shm ]; then export TMPDIR=/dev/shm; fi # checkpoints are synced
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
cd "$data"
long_corpus 40 t 12 300 | ecan-tokenize -q >train.mp
long_corpus 10 d 12 300 | ecan-tokenize -q >dev.mp
ecan-w2v -q --size 8 --min-count 1 -o vectors.bin train.mp
options=(--batch-size 16 --dropout 0.3 --average 0.9 --share codes --clip 1 --focal-from 4 --epochs 4 --patience 9 --checkpoint-every 0)
train plain "${options[@]}"
counts=(1 2 3 4 8) killed=0 undisturbed=0 hung=0

while [ $killed -lt "$kills" ]; do
    disturbed=yes
    rm -rf model
    n=${counts[RANDOM % 5]} other=${counts[RANDOM % 5]}
    before="ranks $n" train=ecan-train-mpi train model "${options[@]}" 2>log &
    shell=$!
    sleep "0.$((RANDOM % 10))$((RANDOM % 10))"
    mpirun=$(pgrep -P $shell mpirun || true)
    mapfile -t pids < <([ -z "$mpirun" ] || pgrep -P "$mpirun" ecan-train-mpi)
    if [ ${#pids[@]} -gt 0 ] && kill -9 "${pids[RANDOM % ${#pids[@]}]}" 2>/dev/null; then
        # mpirun 4.1 sometimes waits for ever if a rank dies while it starts: MPI_Init.
        for ((wait = 0; wait < 100; wait++)); do
            kill -0 "$mpirun" 2>/dev/null || break
            sleep 0.1
        done
        if kill -9 "$mpirun" "${pids[@]}" 2>/dev/null && [ $wait = 100 ]; then hung=$((hung + 1)); fi
        if wait $shell; then disturbed=''; fi
    else
        disturbed=''
        wait $shell || { cat log; exit 1; }
    fi
    if [ $disturbed ]; then killed=$((killed + 1)); else undisturbed=$((undisturbed + 1)); fi
    ! grep '^ecan-train-mpi' log | grep -v warning || { echo "kill $killed: unexpected messages"; exit 1; }
    before="ranks $other" train=ecan-train-mpi train model "${options[@]}" --resume 2>log || { cat log; exit 1; }
    same plain model || { echo "kill $killed: $n ranks, continued with $other: other files"; exit 1; }
    if [ $disturbed ]; then echo "kill $killed: $n ranks, continued with $other"; fi
done
echo "$kills kills, in $hung of them mpirun was starting and did not end by itself; $undisturbed runs ended before; the same files each time"
