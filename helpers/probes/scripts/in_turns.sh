#!/bin/sh
# in_turns.sh ROUNDS SECONDS TOLD [NAME URL]...: in each round, for each URL, prints the name and fetches the
# URL (several times if it contains a range), each time over a new connection and within SECONDS; writes TOLD
# (curl's --write-out) for each.
rounds=$1 seconds=$2 told=$3
shift 3

round() {
    while [ $# -gt 0 ]; do
        echo "$1"
        curl -s -o /dev/null -m "$seconds" -H 'Connection: close' -w "$told" "$2"
        shift 2
    done
}

for _ in $(seq "$rounds"); do
    round "$@"
done
