"""Exercises of chapter 03, the host network."""

from helpers.learning.checks import answers, attached, runs
from helpers.learning.exercise import Exercise

EXERCISES = [
    Exercise(
        "03-1",
        "easy",
        "Start a second web server, `nginx_8081`, on the default bridge, and publish it on the host's port"
        " 8081. `client` must get its page.",
        checks=[
            attached("nginx_8081", {"bridge"}, exactly=True),
            answers("http://{host}:8081/", machine="client", hint="-p takes the host's port first."),
        ],
        solution={"host": "docker run -dit --name nginx_8081 -p 8081:80 nginx"},
        undo={"host": "docker rm -f nginx_8081"},
    ),
    Exercise(
        "03-2",
        "real life",
        "A server for the host's own use: publish nginx's port 80 as `nginx_local` on the host's port 8082,"
        " so that the host itself gets the page, and nobody else.",
        checks=[
            runs("nginx_local"),
            answers("http://127.0.0.1:8082/", hint="-p takes an address of the host, too."),
            answers(
                "http://{host}:8082/",
                machine="client",
                status=0,
                hint="Without an address, a port is published on all of them.",
            ),
        ],
        solution={"host": "docker run -dit --name nginx_local -p 127.0.0.1:8082:80 nginx"},
        undo={"host": "docker rm -f nginx_local"},
    ),
    Exercise(
        "03-3",
        "hard",
        "Run nginx on the host network as `nginx_81`, so that it answers on port 81. Nothing can be"
        " published: the server itself has to be told. (Its configuration is `/etc/nginx/nginx.conf`.)",
        checks=[
            attached("nginx_81", {"host"}, exactly=True),
            answers(
                "http://{host}:81/",
                machine="client",
                hint="`docker run … nginx sh -c '…; exec nginx'` changes the file before the server starts.",
            ),
        ],
        solution={
            "host": "docker run -dit --name nginx_81 --network host nginx"
            " sh -c 'sed -i s/80/81/ /etc/nginx/nginx.conf; exec nginx'"
        },
        undo={"host": "docker rm -f nginx_81"},
    ),
]
