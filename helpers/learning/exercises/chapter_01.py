"""Exercises for chapter 01: the default bridge."""

from helpers.learning.checks import attached, has_address, reaches, runs
from helpers.learning.exercise import Exercise

EXERCISES = [
    Exercise(
        "01-1",
        "easy",
        "Start a fourth container, `busybox3`, from the image `busybox`. Which address will it get?",
        checks=[
            runs("busybox3"),
            attached("busybox3", {"bridge"}, exactly=True),
            has_address("busybox3", "bridge", "172.17.0.5"),
        ],
        solution={"host": "docker run -dit --name busybox3 busybox"},
        undo={"host": "docker rm -f busybox3"},
    ),
    Exercise(
        "01-2",
        "real life",
        "You come across a server whose containers find one another by name even though they are on the"
        " default bridge. A legacy option of `docker run` makes this possible. Start `linked`, a busybox"
        " container on the default bridge that reaches `nginx` by name; then look at its `/etc/hosts`.",
        checks=[
            attached("linked", {"bridge"}, exactly=True),
            reaches(
                "linked",
                "nginx",
                hint="`docker run --help | grep link`: the option names the other container.",
            ),
        ],
        solution={"host": "docker run -dit --name linked --link nginx busybox"},
        undo={"host": "docker rm -f linked"},
    ),
    Exercise(
        "01-3",
        "hard",
        "Make `busybox1` and `busybox2` swap addresses without removing either container. (You cannot request"
        " a specific address on the default bridge.)",
        checks=[
            has_address(
                "busybox2",
                "bridge",
                "172.17.0.3",
                hint="When is an address assigned, and when is it released?",
            ),
            has_address(
                "busybox1", "bridge", "172.17.0.4", hint="The lowest free address is assigned first."
            ),
        ],
        solution={"host": "docker stop -t 0 busybox1 busybox2\ndocker start busybox2\ndocker start busybox1"},
        undo={"host": "docker stop -t 0 busybox1 busybox2\ndocker start busybox1\ndocker start busybox2"},
    ),
]
