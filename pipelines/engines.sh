# SPDX-License-Identifier: Apache-2.0
# Tasks: commands that an engine runs, on this computer or on a cluster. Scripts source this file after common.sh.
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # used and set by the others

# ENGINE is local, parallel or slurm, or a file. A file of engines/ defines these functions:
#
#   engine_check                    fails if something that the engine needs is missing
#   engine_start FOLDER NUMBER...   begins the tasks with these numbers: bash $here/engines/task.sh FOLDER NUMBER. They begin after
#                                   all tasks of earlier calls have ended. It may return at once, or leave all work to engine_wait
#   engine_wait                     returns when all tasks have ended
#   engine_stop                     ends all tasks, with SIGTERM first
#   engine_attach FOLDER            waits for tasks of a killed command that still run
#
# engine_retries is how often tasks that were killed begin again by themselves. If engine_keeps is set, tasks that were done before are
# not started again; otherwise they are, and find that there is nothing to do. `halt` is set if no task begins after a failure.
#
# OUT/tasks/GROUP has for each task NAME.sh, which is its script; NAME.state: "running HOST", "done MARK", "failed CODE" or "stopped"; and
# `list`, with NAME, a hash of what it depends on, and its log on line NUMBER.

declare -A task_lists=() # of each group, the lines of its file list

# begin_tasks OUT [FILE]...: chooses the engine. All tasks depend on the contents of the files.
begin_tasks() {
    local file hash
    tasks=$1/tasks task_groups=() task_inputs=''
    task_lists=()
    engine=${ENGINE:-}
    if [ ! "$engine" ]; then
        engine=local
        if command -v parallel >/dev/null; then engine=parallel; fi
    fi
    engine_retries=0 engine_keeps=''
    if [[ $engine == */* ]]; then file=$engine; else file=$here/engines/$engine.sh; fi
    if [ ! -f "$file" ] || [[ $engine == task* ]]; then
        fail "ENGINE=$engine: expected local, parallel, slurm, or the file of another engine"
    fi
    # shellcheck source=/dev/null
    . "$file"
    engine_check
    for file in "${@:2}"; do
        if [ -e "$file" ]; then
            hash_of "$file"
            task_inputs+=" $hash"
        fi
    done
    for file in "$tasks"/*/; do
        if [ -d "$file" ]; then engine_attach "${file%/}"; fi
    done
}

# add_task GROUP NAME LOG LINE [RESULT]...: a line of shell, which runs in this folder; its output is added to LOG. The groups run one
# after another.
add_task() {
    local folder=$tasks/$1 name=$2 log=$3 line=$4 mark result
    if [ ! "${task_lists[$1]+set}" ]; then
        task_groups+=("$1") task_lists[$1]=''
        mkdir -p "$folder"
    fi
    if [[ $'\n'${task_lists[$1]} == *$'\n'"$name"$'\t'* ]]; then return; fi # it was added before
    ecan_version
    mark=$(sha256sum <<<"$version$task_inputs $line" | cut -c1-16)
    for result in "${@:5}"; do
        if [ ! -e "$result" ]; then rm -f "$folder/$name.state"; fi
    done
    if [[ $log != /* ]]; then log=$PWD/$log; fi
    task_lists[$1]+=$name$'\t'$mark$'\t'$log$'\n'
    {
        echo '#!/usr/bin/env bash'
        echo "# Task $name of $called_as."
        printf 'cd %q || exit\n' "$PWD"
        if [ "${ECAN_BIN:-}" ]; then printf 'export ECAN_BIN=%q\n' "$(cd "$ECAN_BIN" && pwd)"; fi
        printf '%s\n' "${line%$'\n'}"
    } >"$folder/$name.sh.part"
    mv "$folder/$name.sh.part" "$folder/$name.sh"
}

# state_of_task GROUP NAME MARK: sets task_state to done, failed, or lost, if it was killed or did not begin.
state_of_task() {
    local state='' rest
    { read -r state rest <"$tasks/$1/$2.state"; } 2>/dev/null || true
    task_state=lost
    case $state in
    failed) task_state=failed ;;
    'done') if [ "$rest" = "$3" ]; then task_state='done'; fi ;;
    esac
}

# shellcheck disable=SC2120
# run_tasks [halt]: runs all tasks that were added, and sets failed_tasks and failed_logs to the names and logs of those that failed. Fails
# if there are any. Logs begin empty, if fresh_logs is set. If this script is terminated, it ends the tasks.
run_tasks() {
    local group again name mark log number missing halt=${1:-}
    for group in "${task_groups[@]}"; do printf %s "${task_lists[$group]}" >"$tasks/$group/list"; done
    trap 'trap "" TERM INT HUP; if declare -F end_epochs >/dev/null; then end_epochs; fi; engine_stop; exit 143' TERM INT HUP
    for ((again = 0; again <= engine_retries; again++)); do
        missing=0
        for group in "${task_groups[@]}"; do start_missing "$group"; done
        if [ "$missing" -eq 0 ]; then break; fi
        if [ "$again" -gt 0 ]; then say "$missing tasks were killed or lost: started again"; fi
        engine_wait
    done
    trap - TERM INT HUP
    failed_tasks=() failed_logs=()
    local lost_tasks=() lost_logs=()
    for group in "${task_groups[@]}"; do
        while IFS=$'\t' read -r name mark log; do
            state_of_task "$group" "$name" "$mark"
            if [ $task_state = failed ]; then failed_tasks+=("$name") failed_logs+=("${log#"$PWD/"}"); fi
            if [ $task_state = lost ]; then lost_tasks+=("$name") lost_logs+=("${log#"$PWD/"}"); fi
        done <"$tasks/$group/list"
    done
    failed_tasks+=("${lost_tasks[@]}") failed_logs+=("${lost_logs[@]}") # or did not begin, after the failure of another
    task_groups=() task_lists=()
    [ ${#failed_tasks[@]} -eq 0 ]
}

# start_missing GROUP: starts its tasks that are not done, and adds their number to missing.
start_missing() {
    local numbers=() name mark log number=0 folder=$tasks/$1
    while IFS=$'\t' read -r name mark log; do
        number=$((number + 1))
        if [ "$again" -eq 0 ] && [ ! "$engine_keeps" ]; then rm -f "$folder/$name.state"; fi
        state_of_task "$1" "$name" "$mark"
        if [ $task_state = 'done' ] || { [ $task_state = failed ] && [ "$again" -gt 0 ]; }; then continue; fi
        rm -f "$folder/$name.state"
        if [ "${fresh_logs:-}" ] && [ "$again" -eq 0 ]; then : >"$log"; fi
        numbers+=("$number")
    done <"$folder/list"
    if [ ${#numbers[@]} -eq 0 ]; then return; fi
    missing=$((missing + ${#numbers[@]}))
    engine_start "$folder" "${numbers[@]}"
}
