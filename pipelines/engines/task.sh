# SPDX-License-Identifier: Apache-2.0
# bash task.sh FOLDER NUMBER: runs a task (engines.sh), and writes its state. Engines call it, on any computer.
# SIGTERM ends the task: ecan-train then saves a checkpoint. SIGUSR1 does the same and then runs $TASK_REQUEUE, so that the
# task continues later.
# shellcheck shell=bash
folder=$1
IFS=$'\t' read -r name mark log < <(sed -n "${2}p" "$folder/list")
[ "$name" ] || exit 1

state() {
    printf '%s\n' "$*" >"$folder/$name.state.part" && mv "$folder/$name.state.part" "$folder/$name.state"
}

stopped=''
# shellcheck disable=SC2317 # for traps
stop() {
    stopped=$1
    kill -TERM -- "-$task" 2>/dev/null
}
state "running $(hostname)${SLURM_JOB_ID:+ job ${SLURM_ARRAY_JOB_ID:-$SLURM_JOB_ID}_${SLURM_ARRAY_TASK_ID:-}}"
set -m # a process group of its own
bash "$folder/$name.sh" >>"$log" 2>&1 </dev/null &
task=$!
trap 'stop TERM' TERM INT HUP
trap 'stop USR1' USR1
while wait "$task" && code=0 || code=$?; kill -0 "$task"; do :; done 2>/dev/null # a signal interrupts wait
if [ "$stopped" ]; then
    state "stopped by SIG$stopped"
    if [ "$stopped" = USR1 ] && [ "${TASK_REQUEUE:-}" ]; then eval "$TASK_REQUEUE"; fi
    exit 143
elif [ "$code" -eq 0 ]; then
    state "done $mark"
elif [ "$code" -gt 128 ]; then
    state "killed by signal $((code - 128))"
else
    state "failed $code"
fi
exit "$code"
