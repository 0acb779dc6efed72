"""``progress``: which chapters and exercises this learner has done."""

from __future__ import annotations

from helpers.learning import record
from helpers.learning.course import course_map
from helpers.steps import say


def command(arguments: list[str]) -> int:
    """Print the course map; with ``--reset``, forget what was done before."""
    if "--reset" in arguments:
        record.reset()
        say("Forgotten. The course begins anew.")
    print(course_map())
    return 0
