#!/usr/bin/env bash
# PyTorch and ecan in turn, configuration by configuration, in one run: words per second of each, their ratio,
# and peak MiB. Each is run twice, alternating, and the better run counts: a busy moment hurts neither.
#
#   tests/bench/run.sh [-m train|infer] [-r ROUNDS] [CONFIG]... [-- OPTION...]
#
# OPTIONs go to both (--words 1500 --batch 4 --threads 2). Without -m both modes, without CONFIG all six.
# PYTHON: a Python with torch. SPEED: the program made of speed.c.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-/usr/bin/python3}
speed=${SPEED:-$here/../../build/bench/speed}
modes="train infer"
rounds=2
while getopts m:r: option; do
    case $option in
    m) modes=$OPTARG ;;
    r) rounds=$OPTARG ;;
    *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))
configs=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    configs+=("$1")
    shift
done
[ $# -eq 0 ] || shift
[ ${#configs[@]} -gt 0 ] || configs=(mimic50 dutch144 french940 eurlex mimicfull-sum mimicfull-multi)

# figure KEY JSON-LINE: the number under KEY.
figure() { sed -n "s/.*\"$1\": *\([0-9.]*\).*/\1/p" <<< "$2"; }

# best OLD NEW: of two "words-per-second MiB" the faster.
best() { printf '%s\n' "$1" "$2" | sort -g | tail -n 1; }

# measure COMMAND...: "words-per-second MiB"; zeros when it fails (memory, usually).
measure() {
    local line
    line=$("$@") || { echo "0 0" && return; }
    echo "$(figure words_per_second "$line") $(figure peak_mib "$line")"
}

printf '%-16s %-6s %12s %12s %7s %10s %10s\n' config mode "torch w/s" "ecan w/s" ratio "torch MiB" "ecan MiB"
for mode in $modes; do
    for config in "${configs[@]}"; do
        torch="0 0" ecan="0 0"
        for ((i = 0; i < rounds; i++)); do
            torch=$(best "$torch" "$(measure "$python" "$here/speed.py" "$config" --mode "$mode" "$@")")
            ecan=$(best "$ecan" "$(measure "$speed" "$config" --mode "$mode" "$@")")
        done
        awk -v config="$config" -v mode="$mode" -v torch="$torch" -v ecan="$ecan" 'BEGIN {
            split(torch, t, " "); split(ecan, e, " ")
            ratio = t[1] > 0 ? sprintf("%.2f", e[1] / t[1]) : "-"
            printf "%-16s %-6s %12.0f %12.0f %7s %10.0f %10.0f\n",
                config, mode, t[1], e[1], ratio, t[2], e[2] }'
    done
done
