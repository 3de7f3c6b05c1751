# SPDX-License-Identifier: Apache-2.0
# pipelines/tune.sh: killed and started again. The models are too small to learn anything.

searched=yes
load tune

@test "killed in the middle and given again: the same table" {
    for signal in TERM KILL; do
        setsid env N=8 EPOCHS=1 ETA=2 RUNGS=2 FINALISTS=2 SEEDS='1 2' JOBS=2 W2V='--iter 1 --size 4' \
            "$pipelines/tune.sh" "$space" "$data" killed --channels 4 --kernels 3 --epochs 3 --patience 2 >/dev/null 2>&1 3>&- &
        leader=$!
        # First among the first rung's jobs, then among the second's.
        if [ "$signal" = TERM ]; then pattern='^1 ' wanted=3; else pattern='^2 ' wanted=2; fi
        for _ in $(seq 400); do
            [ "$(cat killed/run-*.reached 2>/dev/null | grep -c "$pattern")" -lt "$wanted" ] || break
            sleep 0.05
        done
        if [ "$signal" = TERM ]; then
            kill -TERM "$leader"
        else
            # shellcheck disable=SC2046
            kill -KILL $(ps -o pid= -s "$leader")
        fi
        wait "$leader" || true
        [ ! -e killed/tune.tsv ]
    done
    search "$space" killed >again 2>/dev/null
    cmp <(timeless again) <(timeless "$table")
}

@test "one search at a time in a folder" {
    mkdir busy
    exec {lock}>>busy/.search
    flock "$lock"
    run search "$space" busy
    [ "$status" -eq 1 ] && [[ $output == *'another search is at work in busy'* ]]
}
