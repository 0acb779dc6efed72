#!/bin/sh
# timed_attempts.sh COUNT SECONDS PROGRAM [ARGUMENT...]: runs a program COUNT times, each time for at most
# SECONDS. One record per run: what it printed, its exit code, start and end (seconds). If there is no such
# program, busybox may have it.
count=$1 seconds=$2
shift 2

# A clock with microseconds. busybox's `date` has none, but its `ts` does: it stamps an empty line.
now() { echo | ts %.s 2> /dev/null || date +%s.%N; }

command -v "$1" > /dev/null || ! command -v busybox > /dev/null || set -- busybox "$@"
for _ in $(seq "$count"); do
    start=$(now)
    timeout "$seconds" "$@" 2>&1
    printf '\037%s\037%s\037%s\036' $? "$start" "$(now)"
done
