#!/bin/sh
# NAME PROGRAM [ARGUMENT ...]: run a program on a computer of another name, in a UTS namespace of its own.
set -e
hostname "$1"
shift
exec "$@"
