"""Exercises for chapter 07: the routing mesh."""

from helpers.learning.checks import answers, says
from helpers.learning.exercise import Exercise

EXERCISES = [
    Exercise(
        "07-1",
        "easy",
        "Create a service `hello` with two nginx replicas, published on port 8082. Every machine must"
        " answer.",
        checks=[
            says(
                "both replicas of hello are running",
                "docker service ls --filter name=hello --format '{{.Replicas}}'",
                "2/2",
                machine="manager",
                hint="`docker service ps hello` shows where they are, and what keeps them from running.",
            ),
            answers("http://{manager}:8082/", machine="manager"),
            answers("http://{machine1}:8082/", machine="manager"),
        ],
        solution={"manager": "docker service create -q --name hello --replicas 2 -p 8082:80 nginx"},
        undo={"manager": "docker service rm hello"},
    ),
    Exercise(
        "07-2",
        "real life",
        "A service needs to see its clients' addresses. Run nginx as the service `seen`, one task on every"
        " machine, published on port 8083 without the routing mesh, and look at its log.",
        checks=[
            says(
                "seen runs on every machine and publishes its port in host mode",
                "docker service inspect seen | jq -r '.[0] | (.Spec.Mode | keys[]),"
                " .Endpoint.Ports[0].PublishMode' | xargs",
                "Global host",
                machine="manager",
                hint="See `docker service create --help`: --mode, and the long form of --publish.",
            ),
            answers("http://{manager}:8083/", machine="machine1"),
        ],
        solution={
            "manager": "docker service create -q --name seen --mode global"
            " --publish mode=host,published=8083,target=80 nginx"
        },
        undo={"manager": "docker service rm seen"},
    ),
    Exercise(
        "07-3",
        "hard",
        "You want to take `manager` out of service for a while. Make it run no tasks, without stopping any"
        " service: it must still answer on port 8080. (Its IPVS table shows why it does.)",
        checks=[
            says(
                "manager accepts no tasks and runs none",
                "docker node inspect self --format '{{.Spec.Availability}}';"
                " docker node ps self -q --filter desired-state=running | grep -q . && echo busy",
                "drain",
                machine="manager",
                hint="See `docker node update --help`.",
            ),
            answers("http://{manager}:8080/", machine="machine1"),
        ],
        solution={"manager": "docker node update --availability drain manager"},
        undo={"manager": "docker node update --availability active manager"},
    ),
]
