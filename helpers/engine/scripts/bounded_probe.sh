#!/bin/sh
# bounded_probe.sh PROBE SECONDS END LINGER: runs the probe (a script) for so long at most, says END, and
# stays for LINGER seconds, because the Engine drops the output with the container.
timeout "$2" sh -c "$1" 2> /dev/null
echo "$3"
sleep "$4"
