#!/bin/sh
# unpack.sh HOME ARCHIVE: unpacks the driver's sources (a tar.gz in base64) into a directory.
home=$1 archive=$2

mkdir -p "$home/pyroute2"
echo "$archive" | base64 -d | tar -xzf - -C "$home"
# pyroute2's __init__ loads the whole package, which takes most of the driver's start-up time. With an empty one,
# in a copy made of symbolic links, the driver loads only the modules that it imports.
cp -rs /usr/lib/python3/dist-packages/pyroute2 "$home/"
rm -f "$home/pyroute2/__init__.py" "$home/pyroute2/__pycache__/__init__".*
touch "$home/pyroute2/__init__.py"
