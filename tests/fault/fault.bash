# SPDX-License-Identifier: Apache-2.0
# Shared by the tests in which a call of a program fails: load fault. fault.c and memory.c say how a call fails. A program
# then exits 1 with a message, or has written all of its output. It never crashes, and never succeeds with output missing.
# shellcheck shell=bash

load ../helper

setup_file() {
    export data=$BATS_FILE_TMPDIR
    cd "$data" || return 1
    write_corpus
    train model --epochs 1 --no-focal
    corpus 6 p > encounters.jsonl
    ecan-tokenize -q encounters.jsonl > tokens.mp
    ecan-embed -q -m model tokens.mp > embedded.mp
    ecan-encode -q -m model embedded.mp > encoded.mp
    ecan-attend -q -m model encoded.mp > attended.mp
    ecan-score -q -m model attended.mp > scored.mp
    printf 'id,code,score\np0,A1,0.25\np1,"B10",1\n' > predictions.csv
    printf 'A*\tfirst\nB00-B99\tsecond\nC5\tthird\n' > groups.tsv
    printf 'A1\t0.25\n' > thresholds.tsv
}

setup() {
    need msgpack msgpack_numpy numpy
    need_fault
    cd "$BATS_TEST_TMPDIR" || return 1
    cat > fault.py << 'END'
from helper import *
import shutil
data = os.environ["data"]

def excuses(done, program):
    """It says why, and that it failed."""
    return done.returncode == 1 and done.stderr.startswith(program + ": ") and len(done.stderr) > len(program) + 5
END
}
