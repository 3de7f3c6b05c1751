# SPDX-License-Identifier: Apache-2.0
# ENGINE=slurm: a job array for each group of tasks, which begins after that of the group before. All nodes have the same folders.
#
#   SLURM='--partition=long --time=8:00:00 --mem=4G'   options of sbatch
#   JOBS=20                                            number of tasks at a time
#   SLURM_POLL=10                                      seconds between two questions to Slurm
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # tasks is that of engines.sh

engine_check() {
    needs sbatch:slurm-client
    sinfo >/dev/null 2>&1 || fail "ENGINE=slurm: no answer from Slurm: $(sinfo 2>&1 | tail -n 1)"
    options_of slurm_options SLURM
    slurm_jobs=() engine_retries=3 engine_keeps=yes
}

# array_of NUMBER...: prints the numbers as sbatch wants them: 1-4,7.
array_of() {
    printf '%s\n' "$@" | awk '
        function put() { printf "%s%s", separator, from == to ? from : from "-" to; separator = "," }
        NR > 1 && $1 != to + 1 { put() }
        NR == 1 || $1 != to + 1 { from = $1 }
        { to = $1 }
        END { put() }'
}

engine_start() {
    local folder after=()
    folder=$(realpath "$1")
    if [ ${#slurm_jobs[@]} -gt 0 ]; then after=(--dependency="afterany:${slurm_jobs[-1]}"); fi
    cat >"$folder/array.sh" <<END
#!/usr/bin/env bash
# The tasks of $called_as in this folder (list, *.sh), as a job array. Options of sbatch on the command line: ${SLURM:-none}
#SBATCH --job-name=ecan-${folder##*/}
#SBATCH --array=$(array_of "${@:2}")${JOBS:+%$JOBS}
#SBATCH --cpus-per-task=1
#SBATCH --requeue
#SBATCH --output=slurm-%a.log
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@60
# Before the time limit, the task saves a checkpoint and is queued again.
export TASK_REQUEUE='scontrol requeue "\${SLURM_ARRAY_JOB_ID}_\${SLURM_ARRAY_TASK_ID}"'
exec bash $(quote_words "$here/engines/task.sh") $(quote_words "$folder") "\$SLURM_ARRAY_TASK_ID"
END
    slurm_jobs+=("$(sbatch --parsable --chdir="$folder" "${after[@]}" "${slurm_options[@]}" "$folder/array.sh" | cut -d ';' -f 1)")
    [ "${slurm_jobs[-1]}" ] || fail "sbatch failed"
    echo "${slurm_jobs[-1]}" >"$folder/job"
    say "${folder##*/}: $(($# - 1)) tasks, job ${slurm_jobs[-1]}"
}

# at_work JOB: whether Slurm still has tasks of the job that are not at their end.
at_work() {
    local answer
    if answer=$(squeue --noheader --states=PENDING,RUNNING,COMPLETING,CONFIGURING,SUSPENDED,REQUEUED,STOPPED,RESIZING,SIGNALING,STAGE_OUT \
        --jobs "$1" --format %i 2>&1); then
        [ "$answer" ]
    else
        [[ $answer != *'Invalid job id'* ]] # otherwise Slurm does not answer at the moment
    fi
}

engine_wait() {
    local job pid
    for job in "${slurm_jobs[@]}"; do
        while at_work "$job"; do
            sleep "${SLURM_POLL:-10}" &
            wait $!
        done
    done
    slurm_jobs=()
}

engine_stop() {
    if [ ${#slurm_jobs[@]} -gt 0 ]; then scancel "${slurm_jobs[@]}" || true; fi
}

engine_attach() {
    local job
    job=$(cat "$1/job" 2>/dev/null) || return 0
    if at_work "$job"; then
        say "${1##*/}: waits for job $job of an earlier command"
        slurm_jobs=("$job")
        engine_wait
    fi
}
