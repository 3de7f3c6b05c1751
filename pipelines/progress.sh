# SPDX-License-Identifier: Apache-2.0
# One progress line for several trainings that run at the same time, on a terminal. ensemble.sh and tune.sh source this file. They define
# epochs_left, which sets epochs to the number of epochs that exist, still to the largest number that the command still needs, and
# done_text, which says what is done.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # used and set by the others

# epochs_in RUN: sets trained to the number of epochs that ecan train has trained in the folder RUN.
epochs_in() {
    local file
    trained=0
    for file in "$1"/{network.part,network,model.part,model}/history.jsonl; do
        if [ -e "$file" ]; then
            trained=$({ wc -l <"$file"; } 2>/dev/null || echo 0)
            return
        fi
    done
}

# epochs_at_most RUN...: sets most to the maximum number of epochs of a training, as the first of the runs that has begun states it.
epochs_at_most() {
    local run config
    most=''
    for run; do
        for config in "$run"/{network.part,network,model.part,model}/config.json; do
            if [ ! -e "$config" ]; then continue; fi
            most=$(metric "$config" epochs || true)
            if [ "$most" ] && [ "$(metric "$config" gamma || true)" != null ]; then most=$((2 * most)); fi
            if [ "$most" ]; then return; fi
        done
    done
}

# time_text SECONDS: prints "1 h 20 min", "1 min 20 s" or "20 s".
time_text() {
    if [ "$1" -ge 3600 ]; then
        echo "$(($1 / 3600)) h $(($1 / 60 % 60)) min"
    elif [ "$1" -ge 60 ]; then
        echo "$(($1 / 60)) min $(($1 % 60)) s"
    else
        echo "$1 s"
    fi
}

# show_epochs FIRST: writes the line every second. The time is computed from the epochs since the command began, when FIRST existed.
show_epochs() {
    local epochs still done_text time width
    if [ "${search:-}" ]; then exec {search}>&-; fi # the lock of tune.sh
    while sleep 1 && kill -0 $$ 2>/dev/null; do
        epochs_left
        time=''
        if [ "$epochs" -gt "$1" ] && [ "$still" -gt 0 ]; then
            time=", $(time_text $((still * SECONDS / (epochs - $1)))) left at most"
        fi
        width=$(stty size <&2 2>/dev/null | cut -d' ' -f2)
        printf '\r%.*s\033[K' $((${width:-80} - 1)) "$called_as$time: $done_text" >&2
    done
}

shown='' first_epochs=0 last_epochs=0
# begin_epochs: shows the line until end_epochs. Epochs that appeared since the last end_epochs are those of an earlier command.
begin_epochs() {
    local epochs still done_text
    if [ ! -t 2 ]; then return; fi
    epochs_left
    first_epochs=$((first_epochs + epochs - last_epochs))
    show_epochs "$first_epochs" &
    shown=$!
}

end_epochs() {
    local epochs still done_text
    if [ ! "$shown" ]; then return; fi
    kill "$shown" 2>/dev/null || true
    wait "$shown" 2>/dev/null || true
    shown=''
    epochs_left
    last_epochs=$epochs
    printf '\r\033[K' >&2
}
