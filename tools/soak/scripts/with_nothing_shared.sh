#!/bin/sh
# ENGINE_DIR RUN_DIR PROGRAM [ARGUMENT ...]: run a program that shares nothing with us but the Engine's socket.
# In a mount namespace of its own; the run directory is what a private /tmp would hide.
set -e
engine_dir=$1 run_dir=$2
shift 2
mount --bind "$engine_dir" /mnt
mount -t tmpfs none "$run_dir"
export LAB_ENGINE=docker DOCKER_HOST=unix:///mnt/docker.sock XDG_RUNTIME_DIR=/mnt
exec "$@"
