#!/bin/sh
# build.sh HOME DIRECTORY CONFIG: creates what `docker plugin create` needs, from the driver in HOME.
home=$1 directory=$2 config=$3

rm -rf "$directory" && mkdir -p "$directory/rootfs" && cd "$home" &&
    python3 pack.py "$directory/rootfs" && printf '%s' "$config" > "$directory/config.json"
