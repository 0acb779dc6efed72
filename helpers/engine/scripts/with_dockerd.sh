#!/bin/sh
# Usage: with_dockerd.sh ROOT COMMAND...
# Runs a command in a root file system while the dockerd in there runs, too, without booting it. To be run as root, in
# mount, network and PID namespaces of its own: nothing of the computer changes, and all of it ends with this script.
set -eu
root=$1
data=$root/var/lib/docker
shift

mount --make-rprivate /
mount --bind "$root" "$root" # dockerd unpacks in a root of its own, for which "/" has to be a mount point
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
ip link set lo up

trap 'rm -rf "$data"' EXIT # it is either whole or not there
chroot "$root" dockerd --storage-driver=overlay2 --bridge=none --iptables=false --ip6tables=false \
    > "$root/run/dockerd.log" 2>&1 &
dockerd=$!
tries_left=150
until chroot "$root" docker version > /dev/null 2>&1; do
    tries_left=$((tries_left - 1))
    if [ "$tries_left" -eq 0 ] || ! kill -0 "$dockerd" 2> /dev/null; then
        tail -n 3 "$root/run/dockerd.log" >&2
        exit 1
    fi
    sleep 0.2
done
chroot "$root" "$@"
kill "$dockerd"
wait "$dockerd"
trap - EXIT
rm -rf "$data/network" "$data/containerd" "$data/engine-id" # each Engine makes its own
