#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The whole flow of a hospital with an installed ecan: from a table in Windows-1252 to a FHIR bundle. `make flow-check` does the same
# on a new Debian 12, without the source.

@test "from tables in Windows-1252 to a FHIR bundle and back, with the installed command only" {
    tests=$BATS_TEST_DIRNAME/..
    prefix=$BATS_TEST_TMPDIR/installed
    unset MAKEFLAGS MFLAGS MAKELEVEL
    make -s --no-print-directory -C "$tests/.." -o all -o man $(printf -- '-o %s ' "$ECAN_BUILD"/lib/*) BUILD="$ECAN_BUILD" install PREFIX="$prefix"
    clean() { # COMMAND...: without the programs in the build
        env -i PATH="$prefix/bin:/usr/local/bin:/usr/bin:/bin" TMPDIR="${TMPDIR:-/tmp}" LC_ALL=C.UTF-8 "$@"
    }
    "$prefix/libexec/ecan/make-encounters" --train 60 --dev 20 --test 6 -o "$BATS_TEST_TMPDIR/made"
    "$tests/flow-data.sh" "$BATS_TEST_TMPDIR/made" "$BATS_TEST_TMPDIR/data"
    clean "$tests/flow.sh" "$BATS_TEST_TMPDIR/data" "$BATS_TEST_TMPDIR/work" --epochs 2 --channels 8,8 --kernels 3,3 --no-focal
    cd "$BATS_TEST_TMPDIR/work"
    # Characters that Windows-1252 has above 127.
    grep -q 'é' new.jsonl
    [ "$(jq -r '.entry[].resource.resourceType' bundle.json | sort -u | paste -sd' ')" = 'Condition Device DocumentReference Provenance' ]
    [ "$(jq -r '.entry[].resource | select(.resourceType == "Condition").subject.identifier.value' bundle.json | grep -c '^P[0-9]')" -eq "$(grep -c '^"' codes)" ]
    [ "$(jq -r '.entry[].resource | select(.resourceType == "Device").version[1].value' bundle.json)" = "$(jq -r .fingerprint out/model/config.json)" ]
}
