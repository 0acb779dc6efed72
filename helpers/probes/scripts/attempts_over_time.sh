#!/bin/sh
# attempts_over_time.sh STOP ROUNDS INTERVAL PROGRAM [ARGUMENT...]: runs a program every INTERVAL seconds,
# until there is a file STOP; ROUNDS times if nobody comes to make it.
#
# Every attempt starts at its moment, whether or not earlier ones have been answered: a loop that waits
# for answers would be silent exactly while the network is, and hide the length of the gap. Each record is
# one short write, so attempts that end together cannot mix. The lone stamp at the start of each round
# tells the reader what time it is there; /proc/uptime counts hundredths of a second.
stop=$1 rounds=$2 interval=$3
shift 3

round=0
until [ -e "$stop" ] || [ $round -ge "$rounds" ]; do
    read -r now _ < /proc/uptime
    printf '\037%s\036' "$now"
    (text=$("$@" 2>&1); printf '%s\037%s\037%s\036' "$text" $? "$now") &
    round=$((round + 1))
    sleep "$interval"
done
wait
rm -f "$stop"
printf '\037\037\037\036'
