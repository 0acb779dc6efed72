#!/bin/sh
# start.sh HOME SOCKET SCOPE LOG PID_FILE SECONDS: starts the driver and waits until it answers on its socket.
home=$1 socket=$2 scope=$3 log=$4 pid_file=$5 seconds=$6

cd "$home" || exit 1
rm -f "$socket"
setsid python3 -m wire "$socket" "$scope" "$log" > "$log.err" 2>&1 < /dev/null &
echo $! > "$pid_file"
tries=0
until [ -S "$socket" ] && curl -s -m "$seconds" -o /dev/null --unix-socket "$socket" http://wire/; do
    tries=$((tries + 1))
    if ! kill -0 $! || [ $tries -ge $((seconds * 5)) ]; then
        tail -n 3 "$log.err" >&2
        exit 1
    fi
    sleep 0.2
done
