"""The rows of the benchmark: each is something that a learner waits for, measured several times."""

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
        What is measured, and its target, in words.
    values:
        One per repetition, in `unit`: "s", "×" (a ratio) or "GiB".
    """

    what: str
    target: str
    values: Sequence[float]
    unit: str

    def cells(self) -> list[str]:
        """What is measured, its target, and the median with the minimum and maximum."""
        told = f"{statistics.median(self.values):.3g} {self.unit}"
        if len(self.values) > 1:
            told += f" ({min(self.values):.3g}–{max(self.values):.3g}, n = {len(self.values)})"
        return [self.what, self.target, told]

    def __str__(self) -> str:
        return " · ".join(self.cells())


def as_table(rows: Sequence[Row]) -> list[str]:
    """The rows as the lines of a Markdown table."""
    return table(["what", "target", "measured"], [row.cells() for row in rows])


def seconds(action: Callable[[], object]) -> float:
    """How long the action took."""
    began = time.monotonic()
    action()
    return time.monotonic() - began


def in_turns(first: Timed, second: Timed, rounds: int) -> tuple[list[float], list[float]]:
    """Measure two things in turns, so that any other load on this computer affects both."""
    pairs = [(first(), second()) for _ in range(rounds)]
    return [one for one, _ in pairs], [other for _, other in pairs]


def ratios(over: Sequence[float], under: Sequence[float]) -> list[float]:
    """The ratio of each pair that was measured in the same turn."""
    return [one / other for one, other in zip(over, under, strict=True)]
