#!/bin/sh
# What chapter 01 does, as typed by hand.
set -e
docker run -dit --name first busybox
docker run -dit --name second busybox
address=$(docker inspect --format '{{.NetworkSettings.IPAddress}}' second)
docker exec first ping -c 1 "$address"
docker exec first ping -c 1 second || true
docker rm -f first second
