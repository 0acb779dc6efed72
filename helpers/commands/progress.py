"""``progress``: what this learner has done, and which predictions were right."""

from __future__ import annotations

from helpers.learning import record
from helpers.learning.course import course_map
from helpers.steps import say


def command(arguments: list[str]) -> int:
    """Print the course map; with ``--reset``, delete the learner's progress first."""
    if "--reset" in arguments:
        record.reset()
        say("Your progress has been deleted: the course starts from the beginning.")
    print(course_map())
    return 0
