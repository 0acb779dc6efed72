"""The rows of the benchmark: each measures something that a learner waits for, several times over."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tools.markdown import table

Timed = Callable[[], float]


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes
    ----------
    what, target:
        In words.
    values:
        One a repetition, in `unit`: "s", "×" (a ratio) or "GiB".
    """

    what: str
    target: str
    values: Sequence[float]
    unit: str

    def cells(self) -> list[str]:
        """What it is, its target, and the median with the least and the most."""
        told = f"{statistics.median(self.values):.3g} {self.unit}"
        if len(self.values) > 1:
            told += f" ({min(self.values):.3g}–{max(self.values):.3g}, n = {len(self.values)})"
        return [self.what, self.target, told]

    def __str__(self) -> str:
        return " · ".join(self.cells())


def as_table(rows: Sequence[Row]) -> list[str]:
    """The rows as the lines of a table in Markdown."""
    return table(["what", "target", "measured"], [row.cells() for row in rows])


def seconds(action: Callable[[], object]) -> float:
    """How long the action took."""
    began = time.monotonic()
    action()
    return time.monotonic() - began


def in_turns(first: Timed, second: Timed, rounds: int) -> tuple[list[float], list[float]]:
    """Measure two things in turns, so that what else keeps this computer busy strikes both."""
    pairs = [(first(), second()) for _ in range(rounds)]
    return [one for one, _ in pairs], [other for _, other in pairs]


def ratios(over: Sequence[float], under: Sequence[float]) -> list[float]:
    """The ratio of each pair that was measured in one turn."""
    return [one / other for one, other in zip(over, under, strict=True)]
