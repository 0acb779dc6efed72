#!/bin/sh
# ip_of_namespaces.sh "PROCESS ..." OBJECT...: prints what `ip -j OBJECT...` lists in the network namespace of
# each process; "-" means the current one. One record per process, with an empty second field.
processes=$1
shift

for process in $processes; do
    if [ "$process" = - ]; then ip -j "$@"; else nsenter -t "$process" -n ip -j "$@"; fi
    printf '\037\036'
done
