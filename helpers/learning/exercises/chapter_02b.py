"""Exercises for chapter 02b: several networks, IPv6, Docker Compose."""

from helpers.learning.checks import attached, reaches, says
from helpers.learning.exercise import Exercise

EXERCISES = [
    Exercise(
        "02b-1",
        "easy",
        "Give `walker`, which keeps running, an IPv6 address, so that it reaches `six2` by name over IPv6.",
        checks=[
            attached("walker", {"dual"}, hint="Which network has IPv6 addresses?"),
            says(
                "walker reaches six2 over IPv6",
                "docker exec walker ping -6 -c 1 six2 | grep -q ttl= && echo an answer || echo no answer",
                "an answer",
                hint="Try it by hand: `ping -6 -c 1 six2` in walker.",
            ),
        ],
        solution={"host": "docker network connect dual walker"},
        undo={"host": "docker network disconnect dual walker"},
    ),
    Exercise(
        "02b-2",
        "real life",
        "The shop's owner wants a monitor: a Compose project `watch` with one service, `probe` (image"
        " `busybox`, with `tty: true`). It must reach `web` by name, and must be connected to nothing but the"
        " network `meeting`.",
        checks=[
            attached(
                "watch-probe-1",
                {"meeting"},
                exactly=True,
                hint="A service is on the default network unless it names others. Who created `meeting`?",
            ),
            reaches("watch-probe-1", "web", hint="Which networks is `shop-web-1` connected to?"),
            reaches("watch-probe-1", "db", answered=False),
        ],
        solution={
            "host": "mkdir -p watch\n"
            "cat > watch/compose.yaml <<END\n"
            "services:\n"
            "  probe: {image: busybox, tty: true, networks: [meeting]}\n"
            "networks:\n"
            "  meeting: {external: true}\n"
            "END\n"
            "docker compose --project-directory watch up -d"
        },
        undo={"host": "docker compose --project-directory watch down -t 0"},
        needs="docker-compose",
    ),
    Exercise(
        "02b-3",
        "hard",
        "Give `walker` another way out: a new network with the subnet 10.66.0.0/24. It must stay connected to"
        " `omega`, and you may not change its routes by hand.",
        checks=[
            attached("walker", {"omega"}),
            says(
                "walker's default route leads through 10.66.0.1",
                "docker exec walker ip route | awk '/^default/ {print $3}'",
                "10.66.0.1",
                hint="What decides between two networks? You are free to choose it.",
            ),
        ],
        solution={
            "host": "docker network create --subnet=10.66.0.0/24 abacus\ndocker network connect abacus walker"
        },
        undo={"host": "docker network disconnect abacus walker\ndocker network rm abacus"},
    ),
]
