"""Exercises for chapter 03: the host network."""

from helpers.learning.checks import answers, attached, runs
from helpers.learning.exercise import Exercise

EXERCISES = [
    Exercise(
        "03-1",
        "easy",
        "Start a second web server, `nginx_8081`, on the default bridge, and publish it on the host's port"
        " 8081. `client` must be able to fetch its page.",
        checks=[
            attached("nginx_8081", {"bridge"}, exactly=True),
            answers("http://{host}:8081/", machine="client", hint="In `-p`, the host's port comes first."),
        ],
        solution={"host": "docker run -dit --name nginx_8081 -p 8081:80 nginx"},
        undo={"host": "docker rm -f nginx_8081"},
    ),
    Exercise(
        "03-2",
        "real life",
        "A server for the host's own use: run nginx as `nginx_local` and publish its port 80 on the host's"
        " port 8082, so that the host itself can fetch the page, and `client` cannot fetch it from the host's"
        " address. (That keeps honest neighbours out. Before Engine 28, a machine on the same LAN that adds a"
        " route to the container through the host still reaches it.)",
        checks=[
            runs("nginx_local"),
            answers("http://127.0.0.1:8082/", hint="`-p` also takes an address of the host."),
            answers(
                "http://{host}:8082/",
                machine="client",
                status=0,
                hint="Without an address, the port is published on all of the host's addresses.",
            ),
        ],
        solution={"host": "docker run -dit --name nginx_local -p 127.0.0.1:8082:80 nginx"},
        undo={"host": "docker rm -f nginx_local"},
    ),
    Exercise(
        "03-3",
        "hard",
        "Run nginx on the host network as `nginx_81` so that it answers on port 81. Publishing has no effect"
        " there: you have to configure the server itself. (Its configuration is `/etc/nginx/nginx.conf`.)",
        checks=[
            attached("nginx_81", {"host"}, exactly=True),
            answers(
                "http://{host}:81/",
                machine="client",
                hint="`docker run … nginx sh -c '…; exec nginx'` can change the file before nginx starts.",
            ),
        ],
        solution={
            "host": "docker run -dit --name nginx_81 --network host nginx"
            " sh -c 'sed -i s/80/81/ /etc/nginx/nginx.conf; exec nginx'"
        },
        undo={"host": "docker rm -f nginx_81"},
    ),
]
