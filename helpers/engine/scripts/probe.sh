#!/bin/sh
# What can a privileged container do on this Engine? Runs once in a container of the machine image without a
# network, actually tries each thing, and prints one JSON object per line: {"name", "ok", "evidence"}.

row() { # name, true or false, evidence
    printf '{"name": "%s", "ok": %s, "evidence": "%s"}\n' "$1" "$2" \
        "$(printf '%s' "$3" | tr -s '[:cntrl:]' ' ' | tr '\\"' "/'" | cut -c 1-300)"
}

attempt() { # name, evidence if it works, command...
    name=$1 works=$2
    shift 2
    if said=$("$@" 2>&1); then row "$name" true "$works"; else row "$name" false "$* → $said"; fi
}

# Loading may fail for many good reasons (built in, no /lib/modules); what counts is the attempt that follows.
modprobe -a xt_ipvs vxlan macvlan ipvlan esp4 xt_bpf xt_policy 2>/dev/null
loading=$(modprobe ip_vs 2>&1)

cgroup_v2() (
    mkdir -p /sys/fs/cgroup/probe && cd /sys/fs/cgroup || exit 1
    # Controllers cannot be delegated while the group itself has processes.
    processes=$(cat cgroup.procs) # all of them, before the first one moves
    for process in $processes; do echo "$process" > probe/cgroup.procs 2>/dev/null; done
    echo "+cpu +memory +pids" > cgroup.subtree_control
)

cgroup_v1() (
    for controller in cpu memory pids devices; do
        mkdir "/sys/fs/cgroup/$controller/probe" && rmdir "/sys/fs/cgroup/$controller/probe" || exit 1
    done
)

if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
    attempt cgroups "v2, controllers delegated: cpu memory pids" cgroup_v2
else
    attempt cgroups "v1, groups created in: cpu memory pids devices" cgroup_v1
fi

bridge_and_nat() {
    ip link add probe-br type bridge && ip link add probe-p0 type veth peer name probe-p1 &&
        ip link set probe-p0 master probe-br &&
        iptables -t nat -A POSTROUTING -m addrtype --src-type LOCAL -j MASQUERADE
}
attempt "bridge and NAT" "created bridge, veth pair and MASQUERADE rule" bridge_and_nat

if [ -e /proc/net/ip_vs ]; then
    row ip_vs true "/proc/net/ip_vs exists"
else
    row ip_vs false "no /proc/net/ip_vs on kernel $(uname -r); $loading"
fi
attempt xt_ipvs "created an iptables rule with -m ipvs" \
    iptables -t nat -A POSTROUTING -m ipvs --ipvs -j ACCEPT
attempt vxlan "created a vxlan link" ip link add probe-vx type vxlan id 4096 dstport 4789

# What an encrypted overlay uses: ESP with AES-GCM, and the rules that select its packets.
ipsec() {
    ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 1 mode transport \
        aead 'rfc4106(gcm(aes))' 0x000102030405060708090a0b0c0d0e0f10111213 64 &&
        iptables -t mangle -A OUTPUT -p udp --dport 4789 -m bpf --bytecode '1,6 0 0 1' -j MARK --set-mark 13 &&
        iptables -A INPUT -p udp --dport 4789 -m policy --dir in --pol none -j DROP
}
attempt IPsec "created an ESP (AES-GCM) association with rules" ipsec

on_a_parent() { # kind of link, its mode
    # Each on a separate parent: an interface supports one of bridge, macvlan and ipvlan at a time.
    ip link add "parent-$1" type veth peer name "peer-$1" &&
        ip link add link "parent-$1" name "probe-$1" type "$1" mode "$2"
}
attempt macvlan "created a macvlan link" on_a_parent macvlan bridge
attempt ipvlan "created an ipvlan link" on_a_parent ipvlan l2

# /var/lib/docker is a volume here, as in a machine. A file deleted through an overlay must be gone: on a file
# system that does not store file types, it would still be listed and dockerd would fall back to vfs.
storage=$(awk '$2 == "/var/lib/docker" {print $3}' /proc/self/mounts)
overlay() (
    cd /var/lib/docker && mkdir -p lower/dir upper work merged && touch lower/dir/deleted || exit 1
    mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work overlay merged || exit 1
    rm merged/dir/deleted
    left=$(ls merged/dir)
    umount merged
    [ -z "$left" ] || { echo "a deleted file is still listed: no d_type"; exit 1; }
)
attempt "overlay storage" "overlay works on a volume (${storage:-unknown file system})" overlay
row "disk bytes" true "$(df -P -B1 /var/lib/docker | awk 'NR == 2 {print $4}')"
