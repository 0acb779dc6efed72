"""Exercises of chapter 07, the routing mesh."""

from helpers.learning.checks import answers, says
from helpers.learning.exercise import Exercise

EXERCISES = [
    Exercise(
        "07-1",
        "easy",
        "Create a service `hello` of two nginx replicas, published on port 8082. Every machine must answer.",
        checks=[
            says(
                "both replicas of hello run",
                "docker service ls --filter name=hello --format '{{.Replicas}}'",
                "2/2",
                machine="manager",
                hint="`docker service ps hello` says where they are, and what keeps them from running.",
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
        "A service has to see its clients' addresses. Run nginx as the service `seen`, one task on every"
        " machine, published on port 8083 without the routing mesh, and look at what its log says.",
        checks=[
            says(
                "seen runs on every machine, and publishes in mode host",
                "docker service inspect seen | jq -r '.[0] | (.Spec.Mode | keys[]),"
                " .Endpoint.Ports[0].PublishMode' | xargs",
                "Global host",
                machine="manager",
                hint="`docker service create --help`: --mode, and the long form of --publish.",
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
        "You want to take `manager` out of service for a while. Let it run no tasks, without stopping any"
        " service: it shall still answer on port 8080. (Look into its IPVS table for the reason.)",
        checks=[
            says(
                "manager takes no tasks, and has none",
                "docker node inspect self --format '{{.Spec.Availability}}';"
                " docker node ps self -q --filter desired-state=running | grep -q . && echo busy",
                "drain",
                machine="manager",
                hint="`docker node update --help`.",
            ),
            answers("http://{manager}:8080/", machine="machine1"),
        ],
        solution={"manager": "docker node update --availability drain manager"},
        undo={"manager": "docker node update --availability active manager"},
    ),
]
