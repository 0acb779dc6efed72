"""The exercises, one module per chapter, and what `check("02-1")` reports to a learner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from helpers.errors import LabError
from helpers.learning import record
from helpers.learning.clinic.cases import CASES
from helpers.learning.current import open_lab
from helpers.learning.exercise import Exercise, Result
from helpers.learning.exercises import (
    chapter_00,
    chapter_01,
    chapter_02,
    chapter_02b,
    chapter_03,
    chapter_04,
    chapter_05,
    chapter_06,
    chapter_07,
    chapter_08,
    chapter_10,
)

BY_CHAPTER: Mapping[str, Sequence[Exercise]] = {
    "00": chapter_00.EXERCISES,
    "01": chapter_01.EXERCISES,
    "02": chapter_02.EXERCISES,
    "02b": chapter_02b.EXERCISES,
    "03": chapter_03.EXERCISES,
    "04": chapter_04.EXERCISES,
    "05": chapter_05.EXERCISES,
    "06": chapter_06.EXERCISES,
    "07": chapter_07.EXERCISES,
    "08": chapter_08.EXERCISES,
    "09": CASES,
    "10": chapter_10.EXERCISES,
}


def of_chapter(chapter: str) -> Sequence[Exercise]:
    """Return the exercises of a chapter, such as "02", in their order; none if it has none."""
    return BY_CHAPTER.get(chapter, ())


def find(name: str) -> Exercise:
    """Return the exercise of that name.

    Raises
    ------
    LabError
        If there is none; with the names of all exercises.
    """
    known = {exercise.id: exercise for chapter in BY_CHAPTER.values() for exercise in chapter}
    if isinstance(name, str) and name in known:
        return known[name]
    raise LabError(
        f"Looking for the exercise {name!r}",
        f"there are {', '.join(known)}",
        'Write, for example, check("02-1").',
    )


def check(name: str) -> Result:
    """Inspect the newest lab of this notebook, and report which of the exercise's checks pass.

    Raises
    ------
    LabError
        If there is no such exercise, or no lab is open.
    """
    exercise = find(name)
    lab = open_lab(f"Checking exercise {name}", exercise.beginning)
    result = Result(exercise, exercise.look(lab), record.when_done(name))
    if result.done:
        record.note_done(name)
    return result


def solution(name: str) -> None:
    """Print one way to do the exercise: what to type, and on which machine."""
    for machine, script in find(name).solution.items():
        print(f"%%on {machine}\n{script.strip()}\n")
