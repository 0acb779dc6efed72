#!/bin/sh
# bounded_probe.sh PROBE SECONDS END LINGER: runs the script PROBE for at most SECONDS, prints END, and waits
# for LINGER seconds, because the Engine discards the output together with the container.
timeout "$2" sh -c "$1" 2> /dev/null
echo "$3"
sleep "$4"
