#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: from-mimic3.sh MIMIC SPLITS OUT [full|50]
# from-mimic3.sh: convert MIMIC-III to encounters, with the splits of CAML
#
# MIMIC has NOTEEVENTS, DIAGNOSES_ICD and PROCEDURES_ICD, and D_ICD_DIAGNOSES and D_ICD_PROCEDURES for descriptions,
# each .csv or .csv.gz; SPLITS has CAML's lists of admissions, train_full_hadm_ids.csv and so on (or train_50_...). Writes
# train.jsonl, dev.jsonl, test.jsonl and labels.tsv into the folder OUT, for train.sh. This is ecan-corpus mimic3-full or
# mimic3-50, whose --help says what an encounter and its labels are.
#
# For the words of the paper, which are CAML's and the numbers one to ten, train with TOKENIZE='--compat caml --numbers ten'.
#
# Codes are those of the tables. CAML's own files were read by a program that converted some codes to numbers: there, procedure
# 00.66 is "66." and 36.10 can be 36.1. So the number of labels differs slightly.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[ $# -eq 3 ] || [ $# -eq 4 ] || usage "$0"
[[ ${4:-full} = full || $4 = 50 ]] || usage "$0"
mkdir -p "$(dirname "$3")"
exec ecan-corpus "mimic3-${4:-full}" "$1" --splits "$2" -o "$3"
