#!/bin/sh
# Usage: docker_host.sh ROOT DATA RUN
# Runs the dockerd in the root file system ROOT, with its data in DATA and its socket in RUN. To be run as root, in mount,
# network, PID and control group namespaces of its own: no firewall rule or bridge of the computer changes, and all of it
# ends with this process.
set -eu
root=$1
mount --make-rprivate /
mount --bind "$root" "$root" # dockerd unpacks in a root of its own, for which "/" has to be a mount point
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount --bind "$2" "$root/var/lib/docker"
mount --bind "$3" "$root/run"
ip link set lo up
exec chroot "$root" dockerd --storage-driver=overlay2
