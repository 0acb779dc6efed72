#!/bin/sh
# in_turns.sh ROUNDS SECONDS TOLD [NAME URL]...: in each round and for each URL, says the name and fetches the
# URL (a range makes it many), each request on a connection of its own and within so many seconds; writes TOLD
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
