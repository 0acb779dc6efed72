"""Exercises for chapter 03: the host network."""

from helpers.learning.checks import answers, attached, runs, says
from helpers.learning.exercise import Exercise

GUARD = "DOCKER-USER -i eth0 -p tcp -m conntrack --ctorigdstport 8083 --ctdir ORIGINAL -j DROP"

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
    Exercise(
        "03-4",
        "hard",
        "Run nginx as `nginx_guarded` and publish its port 80 on port 8083 of all of the host's addresses."
        " Then close that port to the LAN with a firewall rule: `client` must not get the page, but the host"
        " must, at its own address on the LAN. `client` must still reach port 8080.",
        checks=[
            says(
                "nginx_guarded publishes port 8083 on all addresses",
                "docker port nginx_guarded 80 | head -n 1",
                "0.0.0.0:8083",
                hint="`-p` without an address publishes on all of them.",
            ),
            answers("http://{host}:8083/"),
            answers(
                "http://{host}:8083/",
                machine="client",
                status=0,
                hint="Which chain do the packets pass, and which port do they have by then?"
                " `iptables -nvL` shows whether your rule has matched any.",
            ),
            answers(
                "http://{host}:8080/",
                machine="client",
                hint="The rule must be for one published port only, not for all containers.",
            ),
        ],
        solution={"host": f"docker run -dit --name nginx_guarded -p 8083:80 nginx; iptables -I {GUARD}"},
        undo={"host": f"docker rm -f nginx_guarded; iptables -D {GUARD}"},
    ),
]
