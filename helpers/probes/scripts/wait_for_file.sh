#!/bin/sh
# wait_for_file.sh AWAITED [SIGNAL]: creates the file SIGNAL, if given, and waits until there is a file AWAITED.
awaited=$1 signal=$2
[ -z "$signal" ] || : > "$signal"
until [ -e "$awaited" ]; do
    sleep 0.1
done
