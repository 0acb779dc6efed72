#!/bin/sh
# wait_until_reached.sh SECONDS COUNT TARGET: pings until COUNT pings in a row are answered. One record: what ping
# last printed ("" if they were), and "reached" or "late".
seconds=$1 count=$2 target=$3

read -r now _ < /proc/uptime
end=$((${now%.*} + seconds))
answered=0
while :; do
    if said=$(ping -c 1 -W 1 "$target" 2>&1); then
        answered=$((answered + 1))
        [ $answered -lt "$count" ] || break
    else
        answered=0
    fi
    read -r now _ < /proc/uptime
    [ "${now%.*}" -lt $end ] || { printf '%s\037late\036' "$said"; exit; }
    sleep 0.5
done
printf '\037reached\036'
