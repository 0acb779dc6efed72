#!/bin/sh
# by_route.sh ROUTER SECONDS TOLD PORT ADDRESS...: fetches the page at PORT of each ADDRESS within SECONDS, along a
# route through ROUTER that is removed afterwards; writes TOLD (curl's --write-out) for each.
router=$1 seconds=$2 told=$3 port=$4
shift 4

for address; do
    ip route replace "$address/32" via "$router" || exit
    curl -s -o /dev/null --max-time "$seconds" -w "$told" "http://$address:$port/"
    ip route delete "$address/32" via "$router"
done
