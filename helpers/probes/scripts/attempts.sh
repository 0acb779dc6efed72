#!/bin/sh
# attempts.sh COUNT PROGRAM [ARGUMENT...]: runs a program COUNT times. One record per run: what it printed,
# its exit code.
count=$1
shift

for _ in $(seq "$count"); do
    "$@" 2>&1
    printf '\037%s\036' $?
done
