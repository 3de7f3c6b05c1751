#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: ecan paper TABLE DATA OUT
#        ecan paper
# ecan paper: make the tables of the paper
#
# TABLE is 1, 3 to 10, 12 or 13. DATA has a folder for each data set, named mimic3-full, mimic3-50, dutch, french, eurlex or
# wiki10, with train, dev and test (.jsonl or .jsonl.gz) and labels.tsv, as ecan-corpus writes them; or it is one data set,
# which is then used in place of the first data set of the table. Prints the table with the paper's rows and columns, mean and standard
# deviation over the seeds, in Markdown. OUT keeps every run, for all tables: an existing run is used again, and a run
# that was killed continues. Without arguments it lists the tables, with their data sets and the time on this machine.
#
# Published rows are printed next to ours, marked as published, if the numbers of encounters and labels are those of the paper.
# pipelines/paper.md says what the paper leaves open, and what we chose.
#
#   SEEDS='1 2 3 4 5'        seeds of the network; the word vectors are the same for all. Two commands with other seeds may work
#                            in one OUT at the same time; a third one with all seeds then prints the table
#   ENGINE=slurm             what trains the networks of tables 3 to 6, 9, 10 and 13: local, parallel or slurm (pipelines/clusters.md), JOBS
#                            at a time. Without it, one after another, with all cores
#   SET=wiki10               if DATA is one data set: the data set whose settings it gets
#   CODES='428.20,585.9'     codes of Table 8
#   TRY='--precision bf16'   further options of ecan-train: this one takes 0.6 of the time on a processor of AMD with AVX512-BF16; others are
#                            only to try things out, for example networks that are small and learn nothing
#   TRY_W2V='--size 8 ...'   only to try things out: further options of ecan-w2v
set -euo pipefail
shopt -s inherit_errexit
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$here/paper/settings.sh"
. "$here/paper/run.sh"
. "$here/paper/tables.sh"
. "$here/paper/list.sh"

seeds=${SEEDS:-1 2 3 4 5}
if [ $# -eq 0 ]; then
    list
    exit
fi
[ $# -eq 3 ] || usage "$0"
table=$1 data=$2 out=$3
needs jq
[ -d "$data" ] || fail "$data: no such folder"
[[ " $tables " == *" $table "* ]] || fail "invalid table '$table': choose one of $tables"
mkdir -p "$out"
"table_$table"
