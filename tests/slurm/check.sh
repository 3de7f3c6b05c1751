#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ENGINE=slurm on a cluster of two nodes on this computer: a search, an experiment, an ensemble, a sharded prediction and federated training
# give the results of ENGINE=local. In each, a task is cancelled or its node goes down. Prints TAP, and `N passed, N failed`. Needs root.
#
#   tests/slurm/check.sh BUILD
set -uo pipefail
build=$(realpath "${1:-build}")
tests=$(realpath "$(dirname "$0")/..")
# shellcheck source=tests/slurm/cluster.sh
. "$tests/slurm/cluster.sh"
# shellcheck source=tests/helper.bash
. "$tests/helper.bash"
export LC_ALL=C.UTF-8 SLURM_POLL=0.5

for program in sbatch slurmctld slurmd munged jq; do
    command -v $program >/dev/null || { echo "check-slurm: $program is missing: apt install slurm-wlm munge jq" >&2; exit 1; }
done
[ "$(id -u)" = 0 ] || { echo "check-slurm: the daemons of Slurm need root" >&2; exit 1; }

work=$(mktemp -d "${TMPDIR:-/tmp}/ecan-slurm.XXXXXX")
chmod 755 "$work"
cluster=$work/cluster
end() {
    stop_cluster
    if [ "$failed" -gt 0 ]; then
        mkdir -p "$build/tests/log/slurm"
        cp -r "$work"/{*.log,cluster/log} "$build/tests/log/slurm/"
    fi
    rm -rf "$work"
}
passed=0 failed=0
trap end EXIT
trap 'exit 143' TERM INT HUP
cd "$work" || exit

check() { # NAME COMMAND...
    if "${@:2}" >>check.log 2>&1; then
        passed=$((passed + 1))
        echo "ok $((passed + failed)) $1"
    else
        failed=$((failed + 1))
        echo "not ok $((passed + failed)) $1"
    fi
}

# Programs that disturb their own task once. flags/cancel: the task is cancelled in the middle of the work. flags/limit: it gets the signal
# that Slurm sends before the time limit. flags/node: the node goes down.
mkdir bin flags
ln -s "$build"/bin/* bin/
for program in ecan-train ecan-predict; do
    rm bin/$program
    cat >bin/$program <<END
#!/usr/bin/env bash
real=$build/bin/$program
if [ "\${SLURM_JOB_ID:-}" ] && [[ " \$* " != *' /dev/null/missing '* && " \$* " != *' --complete '* && " \$* " != *' --version '* ]]; then
    if mv $work/flags/cancel $work/flags/cancelled 2>/dev/null; then
        "\$real" "\$@" &
        sleep 0.5
        scancel "\${SLURM_ARRAY_JOB_ID}_\$SLURM_ARRAY_TASK_ID"
        wait
        sleep 60
    elif mv $work/flags/limit $work/flags/limited 2>/dev/null; then
        "\$real" "\$@" &
        sleep 0.5
        scancel --signal=USR1 --batch "\${SLURM_ARRAY_JOB_ID}_\$SLURM_ARRAY_TASK_ID"
        wait
        sleep 60
    elif mv $work/flags/node $work/flags/gone 2>/dev/null; then
        echo "\$SLURMD_NODENAME" >$work/flags/name.part && mv $work/flags/name.part $work/flags/name
        "\$real" "\$@" &
        sleep 120
    fi
fi
exec "\$real" "\$@"
END
    chmod +x bin/$program
done
export ECAN_BIN=$work/bin PATH=$work/bin:$PATH

# take_node_down: waits for a task that asks for it, and then kills all processes of its node, with slurmd.
take_node_down() {
    local name node pid
    wait_for 120 test -e flags/name || return 1
    name=$(cat flags/name)
    node=node_$name
    kill -KILL "${!node}"
    grep -lsz "^SLURMD_NODENAME=$name\$" /proc/[0-9]*/environ | cut -d/ -f3 | while read -r pid; do
        kill -KILL "$(ps -o ppid= -p "$pid" | tr -d ' ')" "$pid" 2>/dev/null
    done
    scontrol update nodename="$name" state=down reason=test
    sleep 3
    start_node "$name"
    scontrol update nodename="$name" state=resume
}

mkdir data
corpus 40 t >data/train.jsonl
corpus 16 d >data/dev.jsonl
corpus 20 e >data/test.jsonl
corpus 60 p >new.jsonl
options=(--channels 8 --kernels 3 --reduction 4 --lr 0.02 --share none --batch-size 8 --threads 1)

# both NAME FLAG COMMAND...: runs the command with both engines, in folders local-NAME and slurm-NAME, whose name replaces OUT.
both() {
    local name=$1 flag=$2 engine watcher=''
    shift 2
    for engine in local slurm; do
        rm -f flags/*
        if [ $engine = slurm ]; then touch "flags/$flag"; fi
        if [ $engine = slurm ] && [ "$flag" = node ]; then take_node_down & fi
        watcher=$!
        ENGINE=$engine JOBS=3 timeout 400 "${@//OUT/$engine-$name}" >"$engine-$name.table" 2>"$engine-$name.log" || {
            tail -n 5 "$engine-$name.log"
            return 1
        }
        if [ "$flag" = node ] && [ $engine = slurm ]; then wait "$watcher"; fi
    done
    [ ! -e "flags/$flag" ] || { echo "no task was disturbed"; return 1; }
}

same_models() { # NAME
    (cd "local-$1" && find . -name model.safetensors -exec sha256sum {} + | sort) >local
    (cd "slurm-$1" && find . -name model.safetensors -exec sha256sum {} + | sort) >slurm
    [ -s local ] && diff local slurm
}

timeless() { # minutes differ
    sed -E 's/[0-9]+\.[0-9]+ \|/ |/g; s/(local|slurm)-//g' "$1" | grep -v '^    \|, in '
}

export W2V='--iter 1 --size 8'
check "the cluster starts" start_cluster "$work/cluster"
[ "$failed" -eq 0 ] || { cat check.log; exit 1; }
printf 'one\t--dropout 0.1\ntwo\t--dropout 0.5\n' >rows
check "experiment, a task is cancelled" both experiment cancel env SEEDS='1 2' ecan experiment rows data OUT "${options[@]}" --epochs 30 --patience 30
check "experiment: the same table" cmp local-experiment.table slurm-experiment.table
check "experiment: bit-identical models" same_models experiment
check "experiment: the task began again" grep -q 'tasks were killed or lost: started again' slurm-experiment.log
check "ensemble, a node goes down" both ensemble node ecan ensemble data OUT 3 "${options[@]}" --epochs 30 --patience 30
check "ensemble: the same table" cmp local-ensemble.table slurm-ensemble.table
check "ensemble: bit-identical models" same_models ensemble
check "ensemble, a task gets SIGUSR1" both limit limit env LINEAR=no ecan ensemble data OUT 2 "${options[@]}" --epochs 30 --patience 30
requeued() { # by itself: not as a new job
    scontrol show job "$(cat slurm-limit/tasks/models/job)" | grep -q 'Restarts=1' && ! grep -q 'started again' slurm-limit.log && same_models limit
}
check "SIGUSR1: the task was queued again, and the models are bit-identical" requeued
printf -- '--dropout uniform 0.1 0.5\n--learning-rate log 0.01 0.05\n' >space
check "search, a task is cancelled" both tune cancel env N=4 EPOCHS=1 ETA=2 RUNGS=2 FINALISTS=1 SEEDS='1 2' ecan tune space data OUT \
    --channels 8 --kernels 3 --reduction 4 --share none --batch-size 8 --epochs 6
check "search: the same table" diff <(timeless local-tune.table) <(timeless slurm-tune.table)
check "search: bit-identical models" same_models tune
check "prediction of 5 shards, a task is cancelled" both predict cancel env SHARDS=5 ecan predict local-ensemble new.jsonl -o OUT.jsonl
check "prediction: the same results" cmp local-predict.jsonl slurm-predict.jsonl
ecan predict local-ensemble new.jsonl >whole.jsonl 2>>check.log
check "prediction: those of a single process" cmp whole.jsonl slurm-predict.jsonl

mkdir -p hospitals/{north,south}
corpus 30 n >hospitals/north/train.jsonl
corpus 20 s >hospitals/south/train.jsonl
cp data/dev.jsonl hospitals/north/
corpus 12 f >hospitals/south/dev.jsonl
check "federated, a task is cancelled" both federated cancel env ROUNDS=2 VECTOR_ROUNDS=1 MIN_DOCS=2 ecan federated hospitals OUT "${options[@]}"
check "federated: the same rounds" cmp local-federated/rounds.tsv slurm-federated/rounds.tsv
check "federated: bit-identical models" same_models federated

again() { # a command that is given again submits nothing; one result that is missing is made again
    ENGINE=slurm ecan ensemble slurm-ensemble >again.table 2>again.log && cmp again.table slurm-ensemble.table &&
        ! grep -q 'tasks, job' again.log || return 1
    rm slurm-ensemble/2/test.scored slurm-ensemble/2/test.scored.made
    ENGINE=slurm ecan ensemble slurm-ensemble >again.table 2>again.log && cmp again.table slurm-ensemble.table &&
        grep -q 'models: 1 tasks, job' again.log
}
check "only what is missing is submitted" again
check "sbatch scripts and states are left" test -e slurm-ensemble/tasks/models/array.sh -a -e slurm-ensemble/tasks/models/2.state
[ "$failed" -eq 0 ] || tail -n 40 check.log
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
