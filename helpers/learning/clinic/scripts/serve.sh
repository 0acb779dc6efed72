#!/bin/sh
# serve.sh ADDRESS PORT: serves nginx's page on the machine, and returns when the server listens.
cd /usr/share/nginx/html || exit
setsid python3 -m http.server --bind "$1" "$2" > /dev/null 2>&1 &
tries_left=300
until ss -Htln "src $1:$2" | grep -q .; do
    tries_left=$((tries_left - 1))
    [ $tries_left -gt 0 ] || exit 1
    sleep 0.1
done
