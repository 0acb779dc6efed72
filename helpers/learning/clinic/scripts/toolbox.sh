#!/bin/sh
# toolbox.sh PROGRAM...: makes the image toolbox from these programs of the machine, the libraries that they
# load, and busybox.
set -e
work=$(mktemp -d)
mkdir -p "$work/bin" "$work/tmp"
cp "$(command -v busybox)" "$work/bin/busybox"
ln -s busybox "$work/bin/sh"
for program in "$@"; do
    path=$(command -v "$program")
    cp "$path" "$work/bin/"
    ldd "$path" | grep -o '/[^ )]*' | while read -r library; do
        mkdir -p "$work$(dirname "$library")"
        cp -L "$library" "$work$library"
    done
done
tar -C "$work" -c . | docker import - toolbox
rm -r "$work"
