#!/bin/sh
# kill_managed.sh ID: kills the process of an installed plugin, the one whose control group is named after it.
grep -l "$1" /proc/[0-9]*/cgroup | cut -d / -f 3 | xargs kill -9
