"""Exercises for chapter 02: user-defined bridges."""

from helpers.learning.checks import attached, has_network, reaches, resolves
from helpers.learning.exercise import Exercise

EXERCISES = [
    Exercise(
        "02-1",
        "easy",
        "Make `nginx` reachable by name from `busybox1`. Do you have to restart `nginx`?",
        checks=[
            attached("nginx", {"bridge", "my_bridge"}),
            reaches(
                "busybox1",
                "nginx",
                hint="Names resolve on user-defined bridges. Which networks is busybox1 connected to?",
            ),
        ],
        solution={"host": "docker network connect my_bridge nginx"},
        undo={"host": "docker network disconnect my_bridge nginx"},
    ),
    Exercise(
        "02-2",
        "real life",
        "Put a database behind the web server: a busybox container called `store`, connected only to a new"
        " network, `backend`, that has no external access. `web1` must reach `store` by name; `busybox1` must"
        " not reach `store`, and `store` must not reach the LAN.",
        checks=[
            has_network("backend", internal=True, hint="The network `cell` has no external access either."),
            attached("store", {"backend"}, exactly=True),
            reaches("web1", "store", hint="A container can be on two networks. Which ones does web1 need?"),
            reaches("busybox1", "store", answered=False),
            reaches("store", "{lan}.1", answered=False),
        ],
        solution={
            "host": "docker network create --internal backend\n"
            "docker run -dit --name store --network backend busybox\n"
            "docker network connect backend web1"
        },
        undo={
            "host": "docker rm -f store\ndocker network disconnect backend web1\ndocker network rm backend",
        },
    ),
    Exercise(
        "02-3",
        "hard",
        "Give the running container `busybox1` the alias `friend` on `my_bridge` without restarting it."
        " It must stay connected to the default bridge.",
        checks=[
            resolves(
                "busybox2", "friend", hint="An alias is set when a container is connected to a network."
            ),
            reaches("busybox2", "friend"),
            attached("busybox1", {"bridge", "my_bridge"}),
        ],
        solution={
            "host": "docker network disconnect my_bridge busybox1\n"
            "docker network connect --alias friend my_bridge busybox1"
        },
        undo={
            "host": "docker network disconnect my_bridge busybox1\ndocker network connect my_bridge busybox1",
        },
    ),
]
