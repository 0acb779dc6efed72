"""Exercises for chapter 05: no network."""

from helpers.learning.checks import attached, reaches, says
from helpers.learning.exercise import Exercise

EXERCISES = [
    Exercise(
        "05-1",
        "easy",
        "Start `vault`, a busybox that is on no network at all: it must reach itself and nothing else.",
        checks=[
            attached("vault", {"none"}, exactly=True),
            reaches("vault", "127.0.0.1"),
            reaches("vault", "172.17.0.1", answered=False),
        ],
        solution={"host": "docker run -dit --name vault --network none busybox"},
        undo={"host": "docker rm -f vault"},
    ),
    Exercise(
        "05-2",
        "real life",
        "Someone started `lonely` on `none` by mistake, and it must not be restarted. Connect it to the"
        " default bridge. (The Engine refuses `docker network connect`: what do you have to do first?)",
        checks=[
            attached("lonely", {"bridge"}, exactly=True, hint="The Engine's error message says why not."),
            reaches("lonely", "172.17.0.1"),
        ],
        solution={"host": "docker network disconnect none lonely\ndocker network connect bridge lonely"},
        undo={"host": "docker network disconnect bridge lonely\ndocker network connect none lonely"},
    ),
    Exercise(
        "05-3",
        "hard",
        "Let the machine fetch a page from `socket_web`, an nginx that has no network. A Unix socket is a"
        " file, and `-v` shares a directory: on the machine, the socket must be `/srv/shared/web.sock`."
        " (nginx: `listen unix:…;` · `curl --unix-socket`.)",
        checks=[
            attached("socket_web", {"none"}, exactly=True),
            says(
                "the machine fetches the page through /srv/shared/web.sock",
                "curl -s -o /dev/null -w '%{http_code}' --unix-socket /srv/shared/web.sock http://web/",
                "200",
                hint="Change nginx.conf before nginx starts: `docker run … nginx sh -c '…; exec nginx'`.",
            ),
        ],
        solution={
            "host": "docker run -dit --name socket_web --network none -v /srv/shared:/run/shared nginx"
            " sh -c 'sed -i s_80_unix:/run/shared/web.sock_ /etc/nginx/nginx.conf; exec nginx'"
        },
        undo={"host": "docker rm -f socket_web\nrm -r /srv/shared"},
    ),
]
