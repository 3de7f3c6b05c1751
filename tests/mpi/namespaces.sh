#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# namespaces.sh [RATE [DELAY]]: two ranks of ecan-train-mpi, with one thread each, in two network namespaces, which are joined with this rate
# (1gbit; tc with tbf) and this delay in microseconds (100; mpi/delay.c, because not all kernels have netem; 0: a veth pair). Prints words
# per second of one rank, of two threads, and of two ranks, the bytes of a step, and their time at this rate. The files must be those of
# ecan-train. Needs root and iproute2. PRESET, LABELS, ENCOUNTERS and WORDS choose the network and its data. BEFORE=COMMAND runs the
# trainings, for example BEFORE='nice -n -10' on a busy computer.
set -euo pipefail
cd "$(dirname "$0")/.."
rate=${1:-1gbit} delay=${2:-100} build=$(realpath "${BUILD:-../build}")
export PATH=$build/bin:$PATH
. mpi/corpus.bash
read -r -a before <<<"${BEFORE:-}"
name=ecan$$
data=$(mktemp -d)
finish() {
    [ -z "${relay:-}" ] || kill "$relay" 2>/dev/null || true
    ip netns del "${name}a" 2>/dev/null || true
    ip netns del "${name}b" 2>/dev/null || true
    rm -rf "$data"
}
trap finish EXIT

# Two computers: a has 10.77.0.1, b has 10.77.0.2.
ip netns add "${name}a"
ip netns add "${name}b"
if [ "$delay" = 0 ]; then
    ip link add wire0 netns "${name}a" type veth peer name wire0 netns "${name}b"
else
    ${CC:-cc} -std=c11 -D_GNU_SOURCE -O2 -o "$data/delay" mpi/delay.c
    "${before[@]}" "$data/delay" "${name}a" "${name}b" "$delay" >"$data/ready" &
    relay=$!
    until [ -s "$data/ready" ]; do
        kill -0 $relay
        sleep 0.1
    done
fi
for side in a:1 b:2; do
    netns=$name${side%:*}
    ip -n "$netns" addr add "10.77.0.${side#*:}/24" dev wire0
    ip -n "$netns" link set lo up
    ip -n "$netns" link set wire0 up
    tc -n "$netns" qdisc add dev wire0 root tbf rate "$rate" burst 256kb latency 100ms
done
echo "two network namespaces, $rate, delay of $delay microseconds"

# mpirun in a starts its daemon in b with this in place of ssh.
cat >"$data/agent" <<END
#!/bin/sh
shift
exec ip netns exec ${name}b ${before[*]} sh -c "\$*"
END
chmod +x "$data/agent"

cd "$data"
long_corpus "${ENCOUNTERS:-64}" t "${LABELS:-50}" "${WORDS:-1500}" | ecan-tokenize -q >train.mp
long_corpus 8 d "${LABELS:-50}" 200 | ecan-tokenize -q >dev.mp
ecan-w2v -q --size 100 --iter 1 --min-count 1 -o vectors.bin train.mp
options=(--train train.mp --dev dev.mp --vectors vectors.bin --preset "${PRESET:-mimic3-50}" --epochs 2 --no-focal --force)
speed() { # FOLDER: that of the second epoch
    sed -n '2s/.*"words_per_second": *\([0-9]*\).*/\1/p' "$1/history.jsonl"
}

"${before[@]}" ecan-train "${options[@]}" --quiet --threads 1 -o one
"${before[@]}" ecan-train "${options[@]}" --quiet --threads 2 -o threads
"${before[@]}" ip netns exec "${name}a" mpirun -q --mca plm_rsh_agent "$data/agent" --mca btl tcp,self --mca btl_tcp_if_include wire0 \
    --mca oob_tcp_if_include wire0 --bind-to none --host 10.77.0.1:1,10.77.0.2:1 -n 2 -x PATH \
    ecan-train-mpi "${options[@]}" --threads 1 -o two 2>&1 | tee log | grep -E '^(bce| )' | tail -n 2
same one two
echo "words per second: one rank $(speed one), one rank with two threads $(speed threads), two ranks $(speed two); the same files"
