#!/usr/bin/env bash
# A Slurm of one node on this machine, for the tests of `doubleback sweep --launcher slurm`. Works as root, without systemd.
#
#     scripts/slurm-one-node.sh start|stop|status
#
# `start` installs Debian's slurm-wlm and munge where they are missing, and prints the line that tells Slurm's commands and the tests where
# it is: export SLURM_CONF=…. All state is in one temporary folder ($SLURM_ONE_NODE, /tmp/slurm-one-node unless set); `stop` removes it.
set -euo pipefail
state=${SLURM_ONE_NODE:-/tmp/slurm-one-node}
socket=$state/munge/munge.socket
export SLURM_CONF=$state/slurm.conf

fail() {
    echo "error: $*" >&2
    exit 1
}

# Whether the process of a pid file lives; the file may vanish meanwhile.
alive() {
    local pid
    pid=$(cat "$1" 2>/dev/null) && [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null
}

install() {
    if command -v slurmctld >/dev/null && command -v slurmd >/dev/null && command -v munged >/dev/null; then return; fi
    command -v apt-get >/dev/null || fail "slurmctld, slurmd or munged is missing, and there is no apt-get to install it. Install Slurm and MUNGE"
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends slurm-wlm munge >&2 ||
        fail "apt-get could not install slurm-wlm and munge. Try \`apt-get update\` first"
}

configure() {
    mkdir -p "$state"/{munge,controller,node,log}
    # munged wants its folders closed to others; its socket must be open to the commands.
    chmod 0711 "$state" "$state/munge"
    if [ ! -s "$state/munge/munge.key" ]; then
        (umask 077 && head -c 1024 /dev/urandom >"$state/munge/munge.key")
    fi
    local host memory
    host=$(hostname -s)
    memory=$(awk '/^MemTotal/ { print int($2 / 1024 * 0.9) }' /proc/meminfo)
    cat >"$SLURM_CONF" <<CONF
ClusterName=one-node
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=${SLURM_ONE_NODE_PORT:-16817}
SlurmdPort=$((${SLURM_ONE_NODE_PORT:-16817} + 1))
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$socket
CredType=cred/munge
StateSaveLocation=$state/controller
SlurmdSpoolDir=$state/node
SlurmctldPidFile=$state/slurmctld.pid
SlurmdPidFile=$state/slurmd.pid
SlurmctldLogFile=$state/log/slurmctld.log
SlurmdLogFile=$state/log/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=1,sched_interval=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
ReturnToService=2
MinJobAge=30
KillWait=5
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=$memory State=UNKNOWN
PartitionName=main Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
}

start() {
    install
    configure
    # Warnings about the folder above the socket are of no concern here: --force.
    alive "$state/munge/munged.pid" || munged --force --socket="$socket" --key-file="$state/munge/munge.key" \
        --pid-file="$state/munge/munged.pid" --log-file="$state/munge/munged.log" --seed-file="$state/munge/munged.seed" 2>/dev/null ||
        fail "munged does not start. See $state/munge/munged.log"
    alive "$state/slurmctld.pid" || slurmctld || fail "slurmctld does not start. See $state/log/slurmctld.log"
    alive "$state/slurmd.pid" || slurmd || fail "slurmd does not start. See $state/log/slurmd.log"
    for _ in $(seq 60); do
        if [ "$(sinfo --noheader --format=%t 2>/dev/null | head -n 1)" = idle ]; then
            echo "export SLURM_CONF=$SLURM_CONF"
            return
        fi
        sleep 0.5
    done
    fail "the node does not become idle. See $state/log"
}

stop() {
    for name in slurmd slurmctld munge/munged; do
        local file=$state/$name.pid
        if alive "$file"; then
            kill "$(cat "$file")"
            for _ in $(seq 40); do
                alive "$file" || break
                sleep 0.25
            done
            alive "$file" && fail "$name (process $(cat "$file")) does not stop. End it by hand"
        fi
    done
    rm -rf "$state"
}

case ${1:-} in
start) start ;;
stop) stop ;;
status)
    [ -s "$SLURM_CONF" ] || fail "not started: scripts/slurm-one-node.sh start"
    sinfo || fail "the controller does not answer. See $state/log"
    squeue --array
    echo "export SLURM_CONF=$SLURM_CONF"
    ;;
*) fail "usage: slurm-one-node.sh start|stop|status" ;;
esac
