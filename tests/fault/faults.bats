# SPDX-License-Identifier: Apache-2.0
# Samples of `make faults`, `make power` and `make torture`.

load ../helper

setup() {
    need_fault
    export TMPDIR=$BATS_TEST_TMPDIR
    run_it=$BATS_TEST_DIRNAME/run.sh
}

@test "each program, while a call fails or memory is short: all of the output, or an error and nothing changed" {
    "$run_it" faults.py --sample
}

@test "power loss during a save: the old files or the new ones" {
    "$run_it" power.py --sample 12
}

@test "ecan-train, killed at random moments and resumed: bit-identical files" {
    "$run_it" torture.py --kills 20
}
