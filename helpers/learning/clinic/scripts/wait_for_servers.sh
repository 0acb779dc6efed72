#!/bin/sh
# wait_for_servers.sh TRIES PID...: waits until a program listens in the network namespace of each process, for
# at most TRIES tenths of a second altogether. (Docker's own resolver listens there at 127.0.0.11.)
tries_left=$1
shift
for pid in "$@"; do
    until nsenter -t "$pid" -n ss -Htln not src 127.0.0.11 | grep -q .; do
        tries_left=$((tries_left - 1))
        [ $tries_left -gt 0 ] || { echo "nothing listens in process $pid" >&2; exit 1; }
        sleep 0.1
    done
done
