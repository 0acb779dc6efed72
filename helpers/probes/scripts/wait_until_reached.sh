#!/bin/sh
# wait_until_reached.sh SECONDS TARGET: pings until it is answered. One record: what ping last printed (""
# if it was answered), and "reached" or "late".
seconds=$1 target=$2

read -r now _ < /proc/uptime
end=$((${now%.*} + seconds))
until said=$(ping -c 1 -W 1 "$target" 2>&1); do
    read -r now _ < /proc/uptime
    [ "${now%.*}" -lt $end ] || { printf '%s\037late\036' "$said"; exit; }
    sleep 0.5
done
printf '\037reached\036'
