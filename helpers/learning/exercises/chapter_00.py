"""Exercise of chapter 00: the first thing that a learner changes on a machine."""

from helpers.learning.checks import has_network
from helpers.learning.exercise import Exercise

EXERCISES = [
    Exercise(
        "00-1",
        "easy",
        "Create a network called `playground` on the machine `host`.",
        checks=[
            has_network(
                "playground",
                driver="bridge",
                hint="`docker network --help` lists what can be done with networks.",
            )
        ],
        solution={"host": "docker network create playground"},
        undo={"host": "docker network rm playground"},
    ),
]
