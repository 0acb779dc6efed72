#!/bin/sh
# attempts_over_time.sh STOP ROUNDS INTERVAL PROGRAM [ARGUMENT...]: runs a program every INTERVAL seconds,
# until the file STOP exists, or ROUNDS times.
#
# Every attempt starts on time, whether or not earlier ones have been answered: a loop that waits for
# answers would pause exactly while the network is silent, and hide the length of the gap. Each record is
# one short write, so attempts that end together cannot mix. The single stamp at the start of each round
# tells the reader the time by this clock; /proc/uptime counts hundredths of a second.
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
