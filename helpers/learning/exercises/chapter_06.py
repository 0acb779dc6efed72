"""Exercises for chapter 06: overlay networks."""

from helpers.learning.checks import attached, has_network, reaches, says
from helpers.learning.exercise import Exercise

_OVERLAY = "docker network create --driver overlay --attachable"

EXERCISES = [
    Exercise(
        "06-1",
        "easy",
        "Connect one more container to `my_overlay`: `busybox4` on `machine2`. `busybox2` on `machine1` must"
        " reach it by name.",
        checks=[
            attached("busybox4", {"my_overlay"}, exactly=True, machine="machine2"),
            reaches("busybox2", "busybox4", machine="machine1"),
        ],
        solution={"machine2": "docker run -dit --name busybox4 --network my_overlay busybox"},
        undo={"machine2": "docker rm -f busybox4"},
    ),
    Exercise(
        "06-2",
        "real life",
        "A database must be reachable by its peers and by nothing else. Create an overlay network `vault`"
        " without external connectivity. On it, `store1` on `manager` and `store2` on `machine1` reach each"
        " other, and `store1` does not reach `machine2`.",
        checks=[
            has_network("vault", machine="manager", driver="overlay", internal=True),
            reaches("store1", "store2", machine="manager"),
            reaches("store2", "store1", machine="machine1"),
            reaches("store1", "{machine2}", answered=False, machine="manager"),
        ],
        solution={
            "manager": f"{_OVERLAY} --internal vault\ndocker run -dit --name store1 --network vault busybox",
            "machine1": "docker run -dit --name store2 --network vault busybox",
        },
        undo={
            "machine1": "docker rm -f store2",
            "manager": "docker rm -f store1\ndocker network rm vault",
        },
    ),
    Exercise(
        "06-3",
        "hard",
        "Your provider's network carries packets of at most 1400 bytes. Create an overlay network `narrow`"
        " for it, with the largest MTU that still fits after encapsulation, and connect a busybox container"
        " `slim` on `manager` to it.",
        checks=[
            attached("slim", {"narrow"}, exactly=True, machine="manager"),
            says(
                "slim's eth0 has the largest MTU that fits",
                "docker exec slim cat /sys/class/net/eth0/mtu",
                "1350",
                machine="manager",
                hint="The option is com.docker.network.driver.mtu. Do you subtract the 50 bytes, or does it?",
            ),
        ],
        solution={
            "manager": f"{_OVERLAY} --opt com.docker.network.driver.mtu=1400 narrow\n"
            "docker run -dit --name slim --network narrow busybox"
        },
        undo={"manager": "docker rm -f slim\ndocker network rm narrow"},
    ),
]
