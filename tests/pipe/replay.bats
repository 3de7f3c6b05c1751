# SPDX-License-Identifier: Apache-2.0
# The fuzz targets over the files of formats/ and over what earlier fuzzing found (tests/fuzz/found, where there is any).

@test "every fuzz target takes every file of formats/" {
    for target in "$ECAN_BUILD"/fuzz/replay-*; do
        run "$target" formats/accept/* formats/reject/*
        [ "$status" -eq 0 ] || { echo "$target: $output"; false; }
    done
}
