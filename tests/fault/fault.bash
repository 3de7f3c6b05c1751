# SPDX-License-Identifier: Apache-2.0
# Shared by the tests in which a call of a program fails: load fault. fault.c and memory.c say how a call fails. A program
# then exits 1 with a message, or has written all of its output. It never crashes, and never succeeds with output missing.
# shellcheck shell=bash

load ../helper

setup_file() {
    export data=$BATS_FILE_TMPDIR
    cd "$data" || return 1
    write_streams
    printf 'A*\tfirst\nB00-B99\tsecond\nC5\tthird\n' > groups.tsv
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

def of_blis(done):
    """BLIS has no memory: its message comes before that of the program."""
    return done.returncode == 1 and done.stderr.lstrip().startswith("libblis: ") and "\necan-" in done.stderr and \
        "out of memory for matrix products: use fewer --threads" in done.stderr and not done.stdout
END
}
