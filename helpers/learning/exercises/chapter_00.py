"""Exercises for chapter 00: the first change that a learner makes on a machine."""

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
                hint="`docker network --help` lists the commands for networks.",
            )
        ],
        solution={"host": "docker network create playground"},
        undo={"host": "docker network rm playground"},
    ),
]
