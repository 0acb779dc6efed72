"""An exercise, and a learner's progress with it: done, or the current state and a hint."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from helpers import suites
from helpers.engine import images
from helpers.learning.checks import Check, Seen

if TYPE_CHECKING:
    from helpers.lab import Lab

_ANOTHER_SUITE = (
    f"A newer Engine's machines have it: end this lab, then run `make lab SUITE={suites.DEFAULT}`."
)

Level = Literal["easy", "real life", "hard"]


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
        The task, in Markdown; the chapter shows it word for word.
    checks:
        The exercise is done when all of them pass.
    solution:
        One solution: shell scripts, by the machine that runs them.
    undo:
        Shell scripts that undo the solution, so that the exercise is no longer done.
    needs:
        A Debian package that a machine must have, such as "docker-compose"; "" if any machine will do.
    """

    id: str
    level: Level
    text: str
    checks: Sequence[Check]
    solution: Mapping[str, str]
    undo: Mapping[str, str]
    needs: str = ""

    @property
    def lacking(self) -> str:
        """Why it cannot be done on machines of the chosen suite, or "" if it can."""
        there = not self.needs or self.needs in images.packages("machine")
        return "" if there else f"a machine of {images.SUITE} has no {self.needs}"

    @property
    def beginning(self) -> str:
        """What to do first, in words for a learner who has no lab open."""
        return "Run the chapter's cells from the top, except the last one, which closes the lab."

    def look(self, lab: Lab) -> list[Seen]:
        """Carry out each check now; one that fails stands for all if a machine lacks something."""
        if self.lacking:
            return [Seen(f"a machine has {self.needs}", False, self.lacking, _ANOTHER_SUITE)]
        return [check.look(lab) for check in self.checks]


@dataclass(frozen=True)
class Result:
    """The progress with an exercise; shown as text, and as HTML in JupyterLab."""

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
            which = "the only check passes" if passed == 1 else f"all {passed} checks pass"
            return f"{self.exercise.id}: done, {which}."
        before = f" It was done on {self.done_before}, but is not done now." if self.done_before else ""
        return f"{self.exercise.id}: {passed} of {len(self.seen)} checks pass.{before}"

    def _hint(self) -> str:
        return next((f"Hint: {one.hint}" for one in self.seen if not one.ok), "")

    def __repr__(self) -> str:
        return "\n".join(filter(None, [self._summary(), *map(str, self.seen), self._hint()]))

    def _repr_html_(self) -> str:
        items = "".join(f"<li>{_marked_up(str(one))}</li>" for one in self.seen)
        listed = f'<ul style="list-style: none; padding-left: 1em">{items}</ul>'
        summary, hint = html.escape(self._summary()), _marked_up(self._hint())
        return f"<p><strong>{summary}</strong></p>{listed}<p>{hint}</p>"


def _marked_up(text: str) -> str:
    """The text as HTML, with what stands between backticks as code."""
    return re.sub("`([^`]*)`", r"<code>\1</code>", html.escape(text))
