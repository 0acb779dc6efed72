#!/bin/sh
# ping_sizes.sh TRIES WAIT SECONDS [PAYLOAD ADDRESS]...: pings each address with PAYLOAD bytes until it
# answers, at most TRIES times. One record per address: what ping last printed, its exit code. SECONDS limits one
# try, WAIT its answer.
tries=$1 wait=$2 seconds=$3
shift 3

while [ $# -gt 0 ]; do
    for _ in $(seq "$tries"); do
        said=$(timeout "$seconds" ping -c 1 -W "$wait" -s "$1" "$2" 2>&1)
        code=$?
        [ $code -ne 0 ] || break
    done
    printf '%s\037%s\036' "$said" "$code"
    shift 2
done
