"""What turns experiments into a course: verdicts, predictions, exercises, a cell magic."""

from helpers.learning.claims import ClaimFailed, Verdicts
from helpers.learning.course import course_map
from helpers.learning.exercises import check, solution
from helpers.learning.magics import load_ipython_extension
from helpers.learning.predictions import compare

__all__ = [
    "ClaimFailed",
    "Verdicts",
    "check",
    "compare",
    "course_map",
    "load_ipython_extension",
    "solution",
]
