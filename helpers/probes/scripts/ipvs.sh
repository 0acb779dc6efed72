#!/bin/sh
# ipvs.sh: prints, in an ingress sandbox, the mark of each published port and the backends of each mark.
iptables -t mangle -S PREROUTING && ipvsadm -Ln
