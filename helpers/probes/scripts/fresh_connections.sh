#!/bin/sh
# fresh_connections.sh URL SECONDS TOLD PORT...: fetches URL1, URL2 ... one after the other in one run of
# curl, each over a new connection from the next source port PORT, within SECONDS; writes TOLD (curl's
# --write-out) for each.
url=$1 seconds=$2 told=$3
shift 3

# A configuration in which each transfer has its own options, separated by "next".
number=0
for port; do
    number=$((number + 1))
    printf '%s = "%s"\n' url "$url$number" local-port "$port" max-time "$seconds" \
        header 'Connection: close' output /dev/null write-out "$told"
    printf '%s\n' silent next
done | sed '$d' | curl -K -
