#!/bin/sh
# empty.sh: removes every container and user-defined network of a machine, and restores its rules.
docker ps --all --quiet | xargs -r docker rm --force >/dev/null || exit
docker network prune --force >/dev/null || exit
iptables-restore </run/before-the-scene
