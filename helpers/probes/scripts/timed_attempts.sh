#!/bin/sh
# timed_attempts.sh COUNT SECONDS PROGRAM [ARGUMENT...]: runs a program again and again, each time for so long
# at most. A record for each run: what it printed, its exit code, start and end (seconds). Where there is no
# such program, busybox may have it.
count=$1 seconds=$2
shift 2

# A clock with microseconds where busybox's `date` has none: its `ts` stamps an empty line.
now() { echo | ts %.s 2> /dev/null || date +%s.%N; }

command -v "$1" > /dev/null || ! command -v busybox > /dev/null || set -- busybox "$@"
for _ in $(seq "$count"); do
    start=$(now)
    timeout "$seconds" "$@" 2>&1
    printf '\037%s\037%s\037%s\036' $? "$start" "$(now)"
done
