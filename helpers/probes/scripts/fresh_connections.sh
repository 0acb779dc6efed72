#!/bin/sh
# fresh_connections.sh URL SECONDS TOLD PORT...: fetches URL1, URL2 ... one after the other with one curl,
# each on a connection of its own from that source port, within so many seconds; writes TOLD (curl's
# --write-out) for each.
url=$1 seconds=$2 told=$3
shift 3

# curl's own way to give each transfer options of its own.
number=0
for port; do
    number=$((number + 1))
    printf '%s = "%s"\n' url "$url$number" local-port "$port" max-time "$seconds" \
        header 'Connection: close' output /dev/null write-out "$told"
    printf '%s\n' silent next
done | sed '$d' | curl -K -
