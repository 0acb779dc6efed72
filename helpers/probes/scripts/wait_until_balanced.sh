#!/bin/sh
# wait_until_balanced.sh TABLE PORT REPLICAS SECONDS: waits, in an ingress sandbox, until the virtual server
# of a published port has that many backends and all of them answer, and prints their addresses; after SECONDS,
# prints what it has instead. TABLE: /proc/net/ip_vs.
#
# The loop runs on the machine and uses only the shell's built-ins: querying Docker's API or starting a program
# every second on every machine would take longer than what it waits for.
table=$1 port=$2 replicas=$3 seconds=$4

read -r now _ < /proc/uptime
end=$((${now%.*} + seconds))
while :; do
    count=-1 # the heading is not a backend
    while read -r arrow _ _ weight _; do
        [ "$arrow" != '->' ] || [ "$weight" = 0 ] || count=$((count + 1))
    done < "$table"
    read -r now _ < /proc/uptime
    if [ $count -ge "$replicas" ] || [ "${now%.*}" -ge $end ]; then
        mark=$(iptables -t mangle -S PREROUTING |
            sed -n "s/.*--dport $port .*--set-xmark \(0x[0-9a-f]*\).*/\1/p")
        server=$([ -z "$mark" ] || ipvsadm -Ln -f $((mark)))
        backends=$(echo "$server" | awk '/Masq/ && $4 > 0 { sub(":.*", "", $2); print $2 }')
        silent=
        if [ "$(echo "$backends" | wc -w)" -eq "$replicas" ]; then
            for address in $backends; do
                nc -z -w 2 "$address" 80 || silent="$silent $address"
            done
            if [ -z "$silent" ]; then
                echo "$backends"
                exit 0
            fi
        fi
    fi
    if [ "${now%.*}" -ge $end ]; then
        echo "${server:-no virtual server for port $port}"
        echo "silent:${silent:- none}"
        exit 1
    fi
    sleep 1
done
