#!/bin/sh
# Runs inside the virtual machine's root file system while its disk is built: makes an initial RAM disk with
# the three drivers needed to mount the root file system, and secures the keys that admit only its owner.
set -eu
printf 'virtio_pci\nvirtio_blk\next4\n' >> /etc/initramfs-tools/modules
sed -i 's/^MODULES=.*/MODULES=list/' /etc/initramfs-tools/initramfs.conf
update-initramfs -u
chmod 700 /root /root/.ssh
chmod 600 /root/.ssh/authorized_keys /etc/ssh/ssh_host_ed25519_key
rm -f /etc/ssh/ssh_host_rsa_key* /etc/ssh/ssh_host_ecdsa_key*
cp /boot/vmlinuz-* /boot/kernel
cp /boot/initrd.img-* /boot/initrd
rm -rf /usr/share/doc /usr/share/man /usr/share/locale /usr/share/info /var/cache/apt/* /var/log/*.log \
    /usr/bin/ctr /usr/bin/containerd-shim /usr/bin/containerd-shim-runc-v1
