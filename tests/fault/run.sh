#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# run.sh SCRIPT [ARGUMENT]...: runs tests/fault/SCRIPT with a folder of inputs. All files are in memory, if that is possible: the programs
# sync often.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
if [ ! "${TMPDIR:-}" ] && [ -w /dev/shm ]; then TMPDIR=/dev/shm; fi
TMPDIR=$(mktemp -d -p "${TMPDIR:-/tmp}" ecan-faults.XXXXXX)
trap 'rm -rf "$TMPDIR"' EXIT
export TMPDIR LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 PATH=$ECAN_BUILD/bin:$PATH
mkdir "$TMPDIR/inputs"
(cd "$TMPDIR/inputs" && "$here/inputs.sh")
# With sanitizers: the library comes before theirs, and a program that ends after an error leaves its memory to the kernel.
export ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0:detect_leaks=0
script=$1
shift
"$here/$script" "$TMPDIR/inputs" "$@"
