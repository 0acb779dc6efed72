#!/bin/sh
# update.sh CONTAINER NETWORK: connects a container to its network anew, as its successor would be connected after
# an update. Unless its address was asked for, the container `job` has it by then.
set -e
of_network="(index .NetworkSettings.Networks \"$2\")"
address=$(docker inspect "$1" --format "{{$of_network.IPAddress}}")
asked=$(docker inspect "$1" --format "{{with $of_network.IPAMConfig}}{{.IPv4Address}}{{end}}")
docker network disconnect "$2" "$1"
if [ -z "$asked" ]; then
    docker rm --force job
    docker run --detach --tty --name job --network "$2" --ip "$address" busybox
fi >/dev/null
docker network connect ${asked:+--ip "$asked"} "$2" "$1"
