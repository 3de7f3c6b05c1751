# SPDX-License-Identifier: Apache-2.0
# ENGINE=local: JOBS tasks at a time on this computer.
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # tasks and halt are those of engines.sh

engine_check() {
    local_queue=() local_pids=()
}

engine_start() {
    local number
    for number in "${@:2}"; do local_queue+=("$1"$'\t'"$number"); done
}

engine_wait() {
    local each folder last='' pid code limit=${JOBS:-$(nproc)} failed=''
    declare -A local_running=()
    for each in "${local_queue[@]}"; do
        folder=${each%$'\t'*}
        while [ ${#local_running[@]} -gt 0 ] && { [ ${#local_running[@]} -ge "$limit" ] || [ "$folder" != "$last" ]; }; do
            end_one
        done
        if [ "$halt" ] && [ "$failed" ]; then break; fi
        last=$folder
        # The lock of this script is not kept by the task.
        ({ if [ "${task_lock:-}" ]; then exec {task_lock}>&-; fi; } && exec bash "$here/engines/task.sh" "$folder" "${each##*$'\t'}") &
        local_running[$!]=1
        local_pids=("${!local_running[@]}")
    done
    while [ ${#local_running[@]} -gt 0 ]; do end_one; done
    local_queue=() local_pids=()
}

# end_one: waits until a task ends.
end_one() {
    code=0
    wait -n -p pid "${!local_running[@]}" || code=$?
    if [ "$code" -ne 0 ]; then failed=yes; fi
    unset "local_running[$pid]"
}

engine_stop() {
    if [ ${#local_pids[@]} -gt 0 ]; then
        kill -TERM "${local_pids[@]}" 2>/dev/null || true
        wait "${local_pids[@]}" || true
    fi
}

engine_attach() { :; }
