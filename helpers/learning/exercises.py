"""Exercises, and the answer that a learner gets to `check("02-1")`: done, or what is so now and a hint."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Literal

import helpers.exercises as chapters
from helpers.errors import LabError
from helpers.learning import record
from helpers.learning.checks import Check, Seen
from helpers.learning.current import open_lab

if TYPE_CHECKING:
    from helpers.lab import Lab

Level = Literal["easy", "real life", "hard"]
CHAPTERS = sorted(module.name.removeprefix("chapter_") for module in iter_modules(chapters.__path__))


@dataclass(frozen=True)
class Exercise:
    """One exercise of a chapter.

    Attributes
    ----------
    id:
        "02-1": its chapter and its number there.
    level:
        "easy", "real life" or "hard".
    text:
        What is to be reached, in Markdown; the chapter shows it word for word.
    checks:
        When all of them pass, it is done.
    solution:
        One way: shell scripts by the machine that runs them.
    undo:
        Takes the solution back, so that the exercise is not done any more.
    """

    id: str
    level: Level
    text: str
    checks: Sequence[Check]
    solution: Mapping[str, str]
    undo: Mapping[str, str]

    def look(self, lab: Lab) -> list[Seen]:
        """Ask each check for its answer now."""
        return [check.look(lab) for check in self.checks]


def of_chapter(chapter: str) -> list[Exercise]:
    """Return the exercises of a chapter, such as "02", in their order; none if it has none."""
    if chapter not in CHAPTERS:
        return []
    module = import_module(f"helpers.exercises.chapter_{chapter}")
    exercises: list[Exercise] = module.EXERCISES
    return exercises


def find(name: str) -> Exercise:
    """Return the exercise of that name.

    Raises
    ------
    LabError
        If there is none; with the names of those there are.
    """
    known = {exercise.id: exercise for chapter in CHAPTERS for exercise in of_chapter(chapter)}
    if isinstance(name, str) and name in known:
        return known[name]
    raise LabError(
        f"Looking for the exercise {name!r}",
        f"there are {', '.join(known)}",
        'Write for example check("02-1").',
    )


def check(name: str) -> Result:
    """Look at the newest lab of this notebook, and say how far the exercise is.

    Raises
    ------
    LabError
        If there is no such exercise, or no lab is open.
    """
    exercise = find(name)
    lab = open_lab(
        f"Checking exercise {name}",
        "Run the chapter's cells from the top, but for the last one, which closes the lab.",
    )
    result = Result(exercise, exercise.look(lab), record.when_done(name))
    if result.done:
        record.note_done(name)
    return result


def solution(name: str) -> None:
    """Print one way to do the exercise: what to type, and on which machine."""
    for machine, script in find(name).solution.items():
        print(f"%%on {machine}\n{script.strip()}\n")


@dataclass(frozen=True)
class Result:
    """How far an exercise is; shown as text, and as HTML in JupyterLab."""

    exercise: Exercise
    seen: Sequence[Seen]
    done_before: str = ""

    @property
    def done(self) -> bool:
        """Whether every check passes."""
        return all(one.ok for one in self.seen)

    def _summary(self) -> str:
        passed = sum(one.ok for one in self.seen)
        if self.done:
            return f"{self.exercise.id}: done, all {passed} checks pass."
        before = f" It was done on {self.done_before}; this has changed since." if self.done_before else ""
        return f"{self.exercise.id}: {passed} of {len(self.seen)} checks pass.{before}"

    def _hint(self) -> str:
        return next((f"Hint: {one.hint}" for one in self.seen if not one.ok), "")

    def __repr__(self) -> str:
        return "\n".join(filter(None, [self._summary(), *map(str, self.seen), self._hint()]))

    def _repr_html_(self) -> str:
        items = "".join(f"<li>{html.escape(str(one))}</li>" for one in self.seen)
        listed = f'<ul style="list-style: none; padding-left: 1em">{items}</ul>'
        hint = html.escape(self._hint())
        return f"<p><strong>{html.escape(self._summary())}</strong></p>{listed}<p>{hint}</p>"
