#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A few SIGKILLs at random moments of each command; `make kills` does a hundred.

@test "train, evaluate, predict, ensemble and watch end as if they had not been killed" {
    ECAN_BIN=$ECAN_BUILD/bin python3 "$BATS_TEST_DIRNAME/kills.py" --kills 5
}
