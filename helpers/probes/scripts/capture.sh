#!/bin/sh
# capture.sh INTERFACE EXPRESSION TRIES SECONDS PROGRAM [ARGUMENT...]: runs a program for at most SECONDS, and
# prints in base64 what passed the interface meanwhile (EXPRESSION: pcap-filter(7)). tcpdump may take TRIES
# tenths of a second to start.
interface=$1 expression=$2 tries_left=$3 seconds=$4
shift 4

work=$(mktemp -d)
# Both options turn off buffering: otherwise frames arrive up to a second late, after the capture has ended.
tcpdump -i "$interface" --immediate-mode -U -w "$work/pcap" "$expression" 2> "$work/said" &
until grep -qs 'listening on' "$work/said"; do
    tries_left=$((tries_left - 1))
    [ $tries_left -gt 0 ] || { cat "$work/said" >&2; exit 1; }
    sleep 0.1
done
timeout "$seconds" "$@" > /dev/null 2>&1
sleep 1
kill -TERM $!
wait $!
base64 "$work/pcap"
rm -r "$work"
