# SPDX-License-Identifier: Apache-2.0
# A Slurm cluster of two nodes on this computer, for tests: source this file. All files are in one folder; nothing of the system's
# Slurm and munge is used. Needs root, slurm-wlm and munge.
# shellcheck shell=bash

# start_cluster FOLDER: starts munged, slurmctld and two slurmd on 127.0.0.1, and sets SLURM_CONF.
start_cluster() {
    cluster=$1
    mkdir -p "$cluster"/{state,log,munge,spool-n1,spool-n2}
    chmod 755 "$cluster" "$cluster"/*
    local base=$((20000 + $$ % 20000))
    chmod 700 "$cluster/munge"
    head -c 128 /dev/urandom >"$cluster/munge/key"
    chmod 600 "$cluster/munge/key"
    mkdir -p "$cluster/socket"
    chmod 755 "$cluster/socket"
    cat >"$cluster/slurm.conf" <<END
ClusterName=ecan
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmctldPort=$base
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$cluster/socket/munge
CredType=cred/munge
StateSaveLocation=$cluster/state
SlurmdSpoolDir=$cluster/spool-%n
SlurmctldPidFile=$cluster/slurmctld.pid
SlurmdPidFile=$cluster/slurmd-%n.pid
SlurmctldLogFile=$cluster/log/slurmctld
SlurmdLogFile=$cluster/log/slurmd-%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SlurmdTimeout=15
KillWait=5
InactiveLimit=0
MinJobAge=60
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2,requeue_delay=1
SchedulerTimeSlice=5
NodeName=n1 NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=$((base + 1)) CPUs=2 State=UNKNOWN
NodeName=n2 NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=$((base + 2)) CPUs=2 State=UNKNOWN
PartitionName=all Nodes=n1,n2 Default=YES MaxTime=60 State=UP
END
    export SLURM_CONF=$cluster/slurm.conf
    munged -F --key-file="$cluster/munge/key" --socket="$cluster/socket/munge" --pid-file="$cluster/munge/pid" \
        --log-file="$cluster/munge/log" --seed-file="$cluster/munge/seed" --force >"$cluster/log/munged" 2>&1 &
    echo $! >>"$cluster/pids" # also from subshells
    sleep 1
    slurmctld -D -i >"$cluster/log/slurmctld.out" 2>&1 &
    echo $! >>"$cluster/pids" # also from subshells
    start_node n1
    start_node n2
    wait_for 30 both_idle || {
        tail -n 5 "$cluster"/log/* >&2
        sinfo >&2
        return 1
    }
}

# start_node NAME: starts its slurmd, and sets node_NAME to its process.
start_node() {
    slurmd -D -N "$1" >"$cluster/log/slurmd-$1.out" 2>&1 &
    printf -v "node_$1" %s $!
    echo $! >>"$cluster/pids" # also from subshells
}

both_idle() {
    [ "$(sinfo -h -N -t idle -o %N 2>/dev/null | wc -l)" = 2 ]
}

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
    local until=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $until ] || return 1
        sleep 0.3
    done
}

# stop_cluster: ends all that start_cluster started, and the jobs.
stop_cluster() {
    local pid
    [ -e "$cluster/pids" ] || return 0
    scancel --quiet --user=root 2>/dev/null || true
    tac "$cluster/pids" | while read -r pid; do
        if is_daemon "$pid"; then kill "$pid"; fi
        wait_for 10 gone "$pid" || kill -KILL "$pid" 2>/dev/null
    done
    wait
    rm "$cluster/pids"
}

# is_daemon PID: whether it is a process of this cluster still; a number can be used again.
is_daemon() {
    [ -e "/proc/$1" ] && tr '\0' '\n' 2>/dev/null <"/proc/$1/cmdline" | head -n 1 | grep -qE '^(slurmd|slurmctld|munged)$'
}

gone() {
    ! is_daemon "$1"
}
