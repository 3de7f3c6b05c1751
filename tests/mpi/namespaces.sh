#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# namespaces.sh [RATE [DELAY]]: two ranks of ecan-train-mpi in two network namespaces, joined by a veth pair with this rate (1gbit) and delay
# (0.1ms). Prints words per second of one rank and of two, and the bytes of a step. The files must be those of ecan-train. Needs root and
# iproute2. PRESET, LABELS, ENCOUNTERS and WORDS choose the network and its data.
set -euo pipefail
cd "$(dirname "$0")/.."
rate=${1:-1gbit} delay=${2:-0.1ms} build=$(realpath "${BUILD:-../build}")
export PATH=$build/bin:$PATH
. mpi/corpus.bash
name=ecan$$
data=$(mktemp -d)
finish() {
    ip netns del "${name}a" 2>/dev/null || true
    ip netns del "${name}b" 2>/dev/null || true
    rm -rf "$data"
}
trap finish EXIT

# Two computers: a has 10.77.0.1, b has 10.77.0.2.
ip netns add "${name}a"
ip netns add "${name}b"
ip link add veth0 netns "${name}a" type veth peer name veth0 netns "${name}b"
for side in a:1 b:2; do
    netns=$name${side%:*}
    ip -n "$netns" addr add "10.77.0.${side#*:}/24" dev veth0
    ip -n "$netns" link set lo up
    ip -n "$netns" link set veth0 up
    tc -n "$netns" qdisc add dev veth0 root handle 1: tbf rate "$rate" burst 256kb latency 100ms
    tc -n "$netns" qdisc add dev veth0 parent 1:1 netem delay "$delay" limit 100000 2>/dev/null || undelayed=", without the delay: this kernel has no netem"
done
echo "two network namespaces, $rate, $delay${undelayed:-}"

# mpirun in a starts its daemon in b with this in place of ssh.
cat >"$data/agent" <<END
#!/bin/sh
shift
exec ip netns exec ${name}b sh -c "\$*"
END
chmod +x "$data/agent"

cd "$data"
long_corpus "${ENCOUNTERS:-64}" t "${LABELS:-50}" "${WORDS:-1500}" | ecan-tokenize -q >train.mp
long_corpus 8 d "${LABELS:-50}" 200 | ecan-tokenize -q >dev.mp
ecan-w2v -q --size 100 --iter 1 --min-count 1 -o vectors.bin train.mp
options=(--train train.mp --dev dev.mp --vectors vectors.bin --preset "${PRESET:-mimic3-50}" --epochs 2 --no-focal --threads 1 --force)

ecan-train "${options[@]}" -o one 2>&1 | grep -E '^(bce|model)'
ip netns exec "${name}a" mpirun -q --mca plm_rsh_agent "$data/agent" --mca btl tcp,self --mca btl_tcp_if_include veth0 \
    --mca oob_tcp_if_include veth0 --bind-to none --host 10.77.0.1:1,10.77.0.2:1 -n 2 -x PATH \
    ecan-train-mpi "${options[@]}" -o two 2>&1 | grep -E '^(bce| )'
same one two
echo "the same files"
