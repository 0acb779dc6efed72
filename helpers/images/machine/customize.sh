#!/bin/sh
# Runs inside the machine's root file system while its image is built: assembles the two images that a
# machine provides as busybox:latest and nginx:latest, then removes what a machine never uses.
set -eu
images=/usr/share/lab/images
mkdir -p "$images"
work=$(mktemp -d)

# busybox: one static program, with a link for each of its applets.
busybox=$work/busybox
mkdir -p "$busybox/bin" "$busybox/root" "$busybox/tmp" "$busybox/var" "$busybox/etc"
chmod 1777 "$busybox/tmp"
cp "$(command -v busybox)" "$busybox/bin/busybox"
for applet in $(busybox --list); do
    [ "$applet" = busybox ] || ln -s busybox "$busybox/bin/$applet"
done
echo 'root:x:0:0:root:/root:/bin/sh' > "$busybox/etc/passwd"
echo 'root:x:0:' > "$busybox/etc/group"
tar -C "$busybox" -cf "$images/busybox.tar" .

# nginx: Debian's server with the libraries it loads, on top of busybox, which provides a shell.
nginx=$work/nginx
cp -a "$busybox" "$nginx"
mkdir -p "$nginx/usr/sbin" "$nginx/etc/nginx" "$nginx/usr/share/nginx" "$nginx/var/log/nginx" \
    "$nginx/var/lib/nginx" "$nginx/run"
cp /usr/sbin/nginx "$nginx/usr/sbin/"
ldd /usr/sbin/nginx | grep -o '/[^ )]*' | while read -r library; do
    mkdir -p "$nginx$(dirname "$library")"
    cp -L "$library" "$nginx$library"
done
cp /etc/nginx/mime.types "$nginx/etc/nginx/"
cp /usr/local/share/lab/nginx.conf "$nginx/etc/nginx/nginx.conf"
cp -rL /usr/share/nginx/html "$nginx/usr/share/nginx/"
echo 'www-data:x:33:33:www-data:/var/www:/bin/false' >> "$nginx/etc/passwd"
echo 'www-data:x:33:' >> "$nginx/etc/group"
tar -C "$nginx" -cf "$images/nginx.tar" .
rm -rf "$work"

rm -rf /usr/share/doc /usr/share/man /usr/share/locale /usr/share/info /var/cache/apt/* /var/log/*.log \
    /usr/bin/ctr /usr/bin/containerd-shim /usr/bin/containerd-shim-runc-v1
