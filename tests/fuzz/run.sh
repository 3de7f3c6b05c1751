#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs fuzz targets, two at a time, and prints what was run and what was not reached: tests/fuzz/run.sh HOURS TARGET...
# `make fuzz` builds the targets (build/fuzzing) and their replays with coverage (build/coverage), and calls it.
#
# Inputs are kept in build/fuzzing/corpus/TARGET. They start from tests/fuzz/corpus. An input that fails is kept in
# build/fuzzing/failed, and the command that repeats it is printed.
unset CDPATH
set -euo pipefail
cd "$(dirname "$0")/../.."
hours=$1
shift
out=build/fuzzing
clang=$(command -v clang-14 || command -v clang)
version=${clang##*/clang} # llvm-cov has the same

mkdir -p $out/corpus $out/failed $out/log
TMPDIR=$(mktemp -d "$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")"/ecan-fuzz.XXXXXX)
trap 'rm -rf "$TMPDIR"' EXIT
seconds=$(awk -v hours="$hours" -v n=$# 'BEGIN { s = hours * 3600 * 2 / (n + n % 2); printf "%d", s < 1 ? 1 : s }')
export TMPDIR out seconds ECAN_BUILD=build

# shellcheck disable=SC2317
fuzz_one() { # TARGET
    local log=$out/log/$1.log failed=0 words=() command
    case $(echo tests/fuzz/"$1".*) in
    *.mjs) command=(node "tests/fuzz/$1.mjs") ;;
    *.py) command=("$(command -v /usr/bin/python3 || command -v python3)" "tests/fuzz/$1.py" -seed=$RANDOM) ;;
    *)
        while read -r file; do words=(-dict="$file"); done < <(grep -lE "^# Targets:.* $1( |$)" tests/fuzz/dict/*.dict)
        command=("$out/fuzz/$1" -max_len=4096 -timeout=60 -rss_limit_mb=3000 "${words[@]}" -print_final_stats=1)
        ;;
    esac
    mkdir -p "$out/corpus/$1"
    TIMEFORMAT='seconds of CPU: %U %S'
    { time nice "${command[@]}" -max_total_time="$seconds" -artifact_prefix="$out/failed/$1-" "$out/corpus/$1" >"$log" 2>&1 || failed=1; } \
        2>"$out/log/$1.time"
    [ "$failed" = 1 ] || return 0
    printf '%s failed. The message is in %s. To repeat it:\n' "$1" "$log"
    sed -n "s|.*Test unit written to \(.*\)|    ${command[*]} \1|p" "$log"
    return 1
}
export -f fuzz_one

compiled=()
for target; do [ ! -e "tests/fuzz/$target.c" ] || compiled+=("$target"); done
for target in "${compiled[@]}"; do
    mkdir -p "$out/corpus/$target"
    [ ! -e "tests/fuzz/corpus/$target.corpus.gz" ] || LLVM_PROFILE_FILE=/dev/null build/coverage/fuzz/replay-"$target" --unpack "$out/corpus/$target" "tests/fuzz/corpus/$target.corpus.gz"
done
printf '%d targets, %d seconds each, two at a time\n' $# "$seconds"
failed=0
printf '%s\n' "$@" | xargs -P 2 -I{} bash -c 'fuzz_one {}' || failed=1

# The tally has a line for each target of each run: target, executions, seconds of CPU.
printf '\n%-16s %12s %14s %10s %10s\n' target executions 'per CPU second' 'new inputs' inputs
for target; do
    awk -v target="$target" -v tally="$out/tally" -v inputs="$(find "$out/corpus/$target" -type f | wc -l)" '
        /^stat::number_of_executed_units/ { n = $2 } /^stat::new_units_added/ { fresh = $2 } /^seconds of CPU/ { cpu = $4 + $5 }
        END {
            printf "%-16s %12d %14d %10d %10d\n", target, n, (cpu > 0 ? n / cpu : 0), fresh, inputs
            printf "%s\t%d\t%.1f\n", target, n, cpu >> tally
        }' "$out/log/$target.log" "$out/log/$target.time"
done
awk '{ n += $2; cpu += $3 } END { printf "in all runs: %d executions in %d seconds of CPU; 1e9 take %.1f hours of one core\n", n, cpu, n ? cpu / n * 1e9 / 3600 : 0 }' "$out/tally"

# Lines of lib/ that the inputs reach, and functions that no input reaches.
[ ${#compiled[@]} -gt 0 ] || exit "$failed"
objects=()
for target in "${compiled[@]}"; do
    objects+=(-object "build/coverage/fuzz/replay-$target")
    find "$out/corpus/$target" -type f -print0 |
        LLVM_PROFILE_FILE=$TMPDIR/$target-%p.profraw xargs -0 -n 2000 "build/coverage/fuzz/replay-$target" 2>>$out/log/coverage.log || failed=1
done
"llvm-profdata$version" merge -o $out/all.profdata "$TMPDIR"/*.profraw
"llvm-cov$version" export "${objects[@]:1}" -instr-profile=$out/all.profdata lib >$out/coverage.json 2>>$out/log/coverage.log
printf '\nlines of lib/ that the inputs reach, without files that no input reaches\n'
jq -r '.data[0].files[] | [(.filename | sub(".*/lib/"; "lib/")), .summary.lines.count, .summary.lines.covered] | @tsv' $out/coverage.json |
    awk -F'\t' '$3 > 0 { printf "%-36s %5d lines %6.1f%%\n", $1, $2, 100 * $3 / $2; split($1, part, "/"); all[part[2]] += $2; got[part[2]] += $3 }
        END { print ""; for (l in all) printf "%-36s %5d lines %6.1f%%\n", "lib/" l, all[l], 100 * got[l] / all[l] }'
printf '\nfunctions of these files that no input reaches\n'
jq -r '.data[0] | [.files[] | select(.summary.lines.covered > 0 and (.filename | endswith(".c"))) | .filename] as $used | [.functions[] | select(.filenames[0] | IN($used[]))]
    | group_by([.filenames[0], .name])[] | select(map(.count) | add == 0) | .[0] | (.filenames[0] | sub(".*/lib/"; "lib/")) + "\t" + .name' $out/coverage.json |
    awk -F'\t' '{ sub(/.*:/, "", $2); names[$1] = names[$1] " " $2 } END { for (file in names) print file ":" names[file] }' | sort
exit "$failed"
