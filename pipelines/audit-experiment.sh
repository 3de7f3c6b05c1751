#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: audit-experiment.sh MODEL ENCOUNTERS [SHARE [SEED]]
# audit-experiment.sh: what share of wrong and missing codes ecan-audit finds, if some codes of coded encounters are exchanged
#
# ENCOUNTERS (.jsonl or .jsonl.gz) must be others than those that MODEL was trained on, and chosen on: test. SHARE (default .05) of their
# codes are each replaced by another code, drawn by its frequency in ENCOUNTERS. So each makes one code that is missing and one that is
# wrong. Prints the share of both that are among the first 5, 10 and 20% of the ranking; 100% is as many findings as there are codes.
# At 5% no more than half of them can be found.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
needs jq

[ $# -ge 2 ] || usage "$0"
model=$1 encounters=$2 share=${3:-.05} seed=${4:-1}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# ID, tab, code, for each code; then the same with exchanged codes, and the exchanged pairs.
plain "$encounters" | jq -r '.id as $id | (.labels // [])[] | "\($id)\t\(.)"' >"$scratch/codes"
awk -F '\t' -v OFS='\t' -v share="$share" -v seed="$seed" -v bad="$scratch/bad" '
    { id[NR] = $1; code[NR] = $2; has[$0] = 1 }
    END {
        srand(seed)
        for (left = int(share * NR); left > 0; left--) {
            do i = 1 + int(rand() * NR); while (changed[i])
            do other = code[1 + int(rand() * NR)]; while ((id[i] OFS other) in has)
            changed[i] = has[id[i] OFS other] = 1
            print id[i], code[i], "missing" >bad
            print id[i], other, "wrong" >bad
            code[i] = other
        }
        for (i = 1; i <= NR; i++) print id[i], code[i]
    }' "$scratch/codes" >"$scratch/exchanged"
plain "$encounters" | jq -c --rawfile codes "$scratch/exchanged" '
    (reduce ($codes / "\n" | .[] | select(. != "") / "\t") as [$id, $code] ({}; .[$id] += [$code])) as $of
    | foreach inputs as $e (null; $e; .labels = ($of[.id | tostring] // []))' -n >"$scratch/encounters.jsonl"

ecan-tokenize -q -m "$model" "$scratch/encounters.jsonl" | ecan-predict -q -m "$model" >"$scratch/scored.mp"
codes=$(sort -u "$scratch/exchanged" | wc -l)
ecan-audit --json --top "$codes" "$scratch/scored.mp" | jq -r '[.id, .code, .finding] | @tsv' >"$scratch/findings"
awk -F '\t' -v codes="$codes" '
    NR == FNR { bad[$0]; n++; next }
    $0 in bad { for (share = 5; share <= 20; share += share) if (FNR <= share / 100 * codes) found[share]++ }
    END {
        printf "%d codes, %d exchanged; of the missing and wrong codes are found in the first", codes, n / 2
        printf " 5%%: %.1f%%, 10%%: %.1f%%, 20%%: %.1f%%\n", 100 * found[5] / n, 100 * found[10] / n, 100 * found[20] / n
    }' "$scratch/bad" "$scratch/findings"
