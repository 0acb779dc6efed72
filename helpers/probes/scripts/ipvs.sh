#!/bin/sh
# ipvs.sh: in an ingress sandbox, which mark each published port has, and which backends each mark has.
iptables -t mangle -S PREROUTING && ipvsadm -Ln
