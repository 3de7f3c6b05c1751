#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: ecan predict MODEL [OPTION]... [FILE]...
# ecan predict: assign codes to encounters
#
# MODEL is a model folder, an ensemble folder, or a folder of ecan train or ecan ensemble. Reads encounters from the
# files or from standard input: JSON Lines, or CSV with the columns id and text. Both can be compressed with gzip. Writes one line for
# each encounter: {"id", "predicted": [{"code", "score"}, ...]}, with words_cut and notes_cut if the model did not read all its words or
# notes (formats/tokens.md). Standard error counts them; -q does not.
#
# Options are those of ecan-predict, such as --threshold 0.4, and -o FILE. Those of other programs are in the environment, with quotes
# as in the shell:
#
#   TOKENIZE='--skip-bad'        options of ecan-tokenize, in addition to the tokenizer settings of the model
#   CONVERT='--id hadm_id'       options of ecan-convert csv, such as the names of columns
#   PREDICT='--threshold 0.4'    options of ecan-predict
#
# Many encounters: with SHARDS=8 and -o FILE, the words are divided into 8 shards (ecan-shard), which ENGINE predicts: local, parallel
# (default, if installed) or slurm (pipelines/clusters.md), JOBS at a time. FILE is the same as without SHARDS. FILE.shards has the words and
# the results of the shards, and is deleted at the end. If the command was killed, give it again: what is complete is kept.
#
# Example:
#   ecan predict out new.jsonl > predicted.jsonl
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$here/models.sh"

options_of more PREDICT
begin_use ecan-predict "$@"
options=("${more[@]}" "${options[@]}")

write_lines() {
    ecan-show --records --key predicted,words_cut,notes_cut "${output[@]}"
}

if [ ! "${SHARDS:-}" ]; then
    run_pipe write_words write_scores write_lines
    exit
fi

# ---- shards ----

[[ $SHARDS =~ ^[1-9][0-9]{0,3}$ ]] || fail "SHARDS=$SHARDS: expected a number within 1 .. 9999"
file=${output[*]: -1} file=${file#--output=}
case $file in "" | -) usage "$0" "SHARDS: missing option -o FILE" ;; esac
work=$file.shards
(umask 077 && mkdir -p "$work")
if [ "${encounters[0]}" = - ]; then
    { binary "$begun" && cat; } >"$scratch/standard-input"
    encounters=("$scratch/standard-input") begun=''
fi
words_into() { # FILE... -o OUTPUT
    write_words >"${*: -1}"
}
make_if_needed "$work/words.mp" "${encounters[@]}" "$first" -- words_into "${encounters[@]}"
make_if_needed "$work/parts" "$work/words.mp" -- ecan-shard --number "$SHARDS" "$work/words.mp"
begin_tasks "$work" "$work/words.mp" "$model"
shards=()
for ((i = 1; i <= SHARDS; i++)); do
    shards+=("$work/scored-$i.mp")
    line=$(printf '%q ' "$programs/ecan-predict" -q -m "$model" "${options[@]}" -o "$work/scored-$i.mp" "$work/parts/$i.mp")
    add_task predict "$i" "$work/$i.log" "$line -T \"\${SLURM_CPUS_PER_TASK:-1}\"" "$work/scored-$i.mp"
done
run_tasks || fail "the prediction of a shard failed: $(last_message "${failed_logs[0]}")"
join_shards() { ecan-shard --join "${shards[@]}"; }
run_pipe join_shards write_lines
rm -rf "$work"
