# SPDX-License-Identifier: Apache-2.0
# ENGINE=parallel: GNU parallel, on this computer or, with PARALLEL='--sshlogin ...', on others that have the same folders.
# shellcheck shell=bash
# shellcheck disable=SC2154 # tasks and halt are those of engines.sh

engine_check() {
    needs parallel
    parallel_groups=() parallel_numbers=() parallel_pid=''
}

engine_start() {
    parallel_groups+=("$1") parallel_numbers+=("$(printf '%s\n' "${@:2}")")
}

engine_wait() {
    local i options=(--will-cite --jobs "${JOBS:-100%}" --workdir "$PWD" --termseq "TERM,60000,KILL,25")
    if [ "$halt" ]; then options+=(--halt "soon,fail=1"); fi
    for i in "${!parallel_groups[@]}"; do
        (
            if [ "${task_lock:-}" ]; then exec {task_lock}>&-; fi # the lock of this script is not kept by the tasks
            exec 2>/dev/null
            SHELL=$BASH exec parallel "${options[@]}" bash "$(printf %q "$here/engines/task.sh")" "$(printf %q "${parallel_groups[i]}")" '{}' \
                <<<"${parallel_numbers[i]}"
        ) &
        parallel_pid=$!
        if ! wait "$parallel_pid" && [ "$halt" ]; then break; fi
    done
    parallel_groups=() parallel_numbers=() parallel_pid=''
}

engine_stop() {
    if [ "$parallel_pid" ]; then
        kill -TERM "$parallel_pid" 2>/dev/null || true
        wait "$parallel_pid" || true
    fi
}

engine_attach() { :; }
