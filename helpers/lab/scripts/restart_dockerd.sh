#!/bin/sh
# restart_dockerd.sh SECONDS: stops the machine's Engine and starts it again with the same options; each of the
# two may take that long.
seconds=$1

pid=$(pidof dockerd) || { echo "dockerd is not running" >&2; exit 1; }
tr '\0' '\n' < "/proc/$pid/cmdline" > /run/dockerd.argv
kill "$pid"
tries=0
while kill -0 "$pid" 2> /dev/null; do
    tries=$((tries + 1))
    [ $tries -lt $((seconds * 5)) ] || { echo "dockerd does not end" >&2; exit 1; }
    sleep 0.2
done
xargs -a /run/dockerd.argv setsid > /dev/null 2>> /var/log/dockerd.log < /dev/null &
tries=0
until curl -fs -o /dev/null --unix-socket /run/docker.sock http://docker/_ping; do
    tries=$((tries + 1))
    [ $tries -lt $((seconds * 2)) ] || { tail -n 5 /var/log/dockerd.log >&2; exit 1; }
    sleep 0.5
done
