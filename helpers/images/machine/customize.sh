#!/bin/sh
# Runs inside the machine's root file system while its image is built: assembles the two images that a
# machine provides as busybox:latest and nginx:latest, then removes what a machine never uses.
set -eu
images=/usr/share/lab/images # as `docker save` writes them: see import-images
mkdir -p "$images"
work=$(mktemp -d)

# busybox: one static program under the name of each of its applets.
busybox=$work/busybox
mkdir -p "$busybox/bin" "$busybox/root" "$busybox/tmp" "$busybox/var" "$busybox/etc"
chmod 1777 "$busybox/tmp"
cp "$(command -v busybox)" "$busybox/bin/busybox"
for applet in $(busybox --list); do
    [ "$applet" = busybox ] || ln "$busybox/bin/busybox" "$busybox/bin/$applet"
done
echo 'root:x:0:0:root:/root:/bin/sh' > "$busybox/etc/passwd"
echo 'root:x:0:' > "$busybox/etc/group"

# nginx: Debian's server with the libraries it loads, on top of busybox, which provides a shell.
nginx=$work/nginx
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
cp "$busybox/etc/passwd" "$busybox/etc/group" "$nginx/etc/"
echo 'www-data:x:33:33:www-data:/var/www:/bin/false' >> "$nginx/etc/passwd"
echo 'www-data:x:33:' >> "$nginx/etc/group"

layer() { # NAME: prints its digest
    tar -C "$work/$1" -cf "$images/$1.tar" .
    sha256sum "$images/$1.tar" | cut -d ' ' -f 1
}

image() { # NAME AGE CONFIGURATION DIGEST...: writes the image's configuration; AGE is in seconds
    name=$1 created=$((now - $2)) configuration=$3
    shift 3
    digests=$(printf '"sha256:%s",' "$@")
    printf '{"architecture":"%s","os":"linux","created":"%s","config":{%s},"rootfs":{"type":"layers","diff_ids":[%s]}}' \
        "$(dpkg --print-architecture)" "$(date -u -d "@$created" +%Y-%m-%dT%H:%M:%SZ)" "$configuration" "${digests%,}" \
        > "$images/$name.json"
}

lower=$(layer busybox)
upper=$(layer nginx)
now=$(date +%s) # `docker image ls` lists the newest first, and two of the same second in any order
image busybox 1 '"Cmd":["sh"]' "$lower"
image nginx 0 '"Cmd":["nginx"],"ExposedPorts":{"80/tcp":{}}' "$lower" "$upper"
cat > "$images/manifest.json" << 'END'
[{"Config": "busybox.json", "RepoTags": ["busybox:latest"], "Layers": ["busybox.tar"]},
 {"Config": "nginx.json", "RepoTags": ["nginx:latest"], "Layers": ["busybox.tar", "nginx.tar"]}]
END
rm -rf "$work"

rm -rf /usr/share/doc /usr/share/man /usr/share/locale /usr/share/info /var/cache/apt/* /var/log/*.log \
    /usr/bin/ctr /usr/bin/containerd-shim /usr/bin/containerd-shim-runc-v1
