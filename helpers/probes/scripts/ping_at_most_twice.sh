#!/bin/sh
# ping_at_most_twice.sh WAIT SECONDS DESTINATION...: pings each destination, and once more if the ping was sent but
# not answered within WAIT seconds. One record per destination: what ping printed, its exit code. SECONDS limits
# one ping, including name resolution.
wait=$1 seconds=$2
shift 2

ping_once() {
    said=$(timeout "$seconds" ping -c 1 -W "$wait" "$1" 2>&1)
    code=$?
}

for destination; do
    ping_once "$destination"
    case "$code $said" in 1*transmitted*) ping_once "$destination" ;; esac
    printf '%s\037%s\036' "$said" $code
done
