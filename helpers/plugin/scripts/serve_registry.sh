#!/bin/sh
# serve_registry.sh NAME CONFIG SECONDS: starts docker-registry with that configuration, and waits until it
# answers under that name.
name=$1 config=$2 seconds=$3

printf '%s' "$config" > /run/registry.yml
setsid docker-registry serve /run/registry.yml > /var/log/registry.log 2>&1 < /dev/null &
tries=0
until curl -fsS -o /dev/null "http://$name/v2/" 2> /dev/null; do
    tries=$((tries + 1))
    [ $tries -lt $((seconds * 2)) ] || { tail -n 3 /var/log/registry.log >&2; exit 1; }
    sleep 0.5
done
