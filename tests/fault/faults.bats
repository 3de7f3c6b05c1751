# SPDX-License-Identifier: Apache-2.0
# Every program while one of its calls fails: three calls of each kind. `make faults` runs all calls.

load ../helper

@test "each program, while a call fails or memory is short: all of the output, or an error and nothing changed" {
    need_fault
    mkdir "$BATS_TEST_TMPDIR/inputs"
    cd "$BATS_TEST_TMPDIR/inputs"
    "$BATS_TEST_DIRNAME/inputs.sh"
    python3 "$BATS_TEST_DIRNAME/faults.py" . --sample
}
