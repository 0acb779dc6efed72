#!/bin/sh
# A small experiment, by itself: what a container sees of its network.
docker run --rm busybox sh -c 'ip route; ping -c 1 -W 2 172.17.0.1 | grep loss; nslookup x.'
