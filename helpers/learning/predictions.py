"""Predict, run, compare: what a learner writes down first, next to what is then measured."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from helpers.errors import LabError
from helpers.learning.claims import as_text, same

OPEN = "?"
_WORDS = {"y": True, "yes": True, "✓": True, "n": False, "no": False, "✗": False, OPEN: None}
_RIGHT, _WRONG, _LEFT_OPEN = "✓", "✗", "–"


def compare(predicted: Mapping[str, Any] | str, measured: Mapping[str, Any] | pd.DataFrame) -> Comparison:
    """Compare a prediction with the result, question by question. An open question is not a mistake.

    Parameters
    ----------
    predicted:
        Answers by question, None if left open; or a grid as text, as for `read_grid`.
    measured:
        The true answers by question; or probe rows (source, target, ok): a pair is "yes" if all its
        attempts were answered.

    Raises
    ------
    LabError
        If the prediction has a question that was not measured, or one of the two cannot be read.
    """
    answers = read_grid(predicted) if isinstance(predicted, str) else _answers(predicted)
    truth = _by_pair(measured) if isinstance(measured, pd.DataFrame) else _answers(measured)
    if unknown := [question for question in answers if question not in truth]:
        raise LabError(
            "Comparing a prediction with what was measured",
            f"{as_text(unknown)}: not among the questions, which are {as_text(list(truth))}",
            "Change only the answers, not the questions or names.",
        )
    rows = [(question, answers.get(question), answer) for question, answer in truth.items()]
    return Comparison(tuple(rows))


def read_grid(text: str) -> dict[str, bool | None]:
    """Read a matrix that was filled in as text: a line of targets, then one line per source.

    y or n says whether the source reaches the target, ? leaves it open, a dot stands for no question:

    >>> read_grid('''
    ...            busybox1  nginx
    ... busybox1      .        y
    ... nginx         ?        .
    ... ''')
    {'busybox1 → nginx': True, 'nginx → busybox1': None}

    Raises
    ------
    LabError
        If a line has more or fewer answers than there are targets, or an answer is none of these.
    """
    head, *lines = [line.split() for line in text.strip().splitlines() if line.strip()] or [[]]
    answers: dict[str, bool | None] = {}
    for source, *cells in lines:
        if len(cells) != len(head):
            raise _unreadable(f"the line of {source} has {len(cells)} answers for {len(head)} targets")
        for target, cell in zip(head, cells, strict=True):
            if cell == ".":
                continue
            if cell.lower() not in _WORDS:
                raise _unreadable(f"{cell!r} in the line of {source}")
            answers[f"{source} → {target}"] = _WORDS[cell.lower()]
    return answers


@dataclass(frozen=True)
class Comparison:
    """A prediction next to the result; shown as text, and as a table in JupyterLab."""

    rows: tuple[tuple[str, Any, Any], ...]

    def frame(self) -> pd.DataFrame:
        """Return question, predicted, measured · right ("✓", "✗", "–" if left open), one row per question."""
        told = [
            (question, "" if answer is None else as_text(answer), as_text(truth), _mark(answer, truth))
            for question, answer, truth in self.rows
        ]
        return pd.DataFrame(told, columns=["question", "predicted", "measured", "right"], dtype="str")

    def _summary(self) -> str:
        marks = [_mark(answer, truth) for _, answer, truth in self.rows]
        made = len(marks) - marks.count(_LEFT_OPEN)
        if not made:
            return "Nothing predicted: fill in what you expect, and run this cell again."
        return f"{marks.count(_RIGHT)} of {made} predictions are right."

    def __repr__(self) -> str:
        lines = [
            f"{row['right']} {row['question']}: {row['measured']}"
            + (f" (predicted: {row['predicted']})" if row["right"] == _WRONG else "")
            for row in self.frame().to_dict("records")
        ]
        return "\n".join([self._summary(), *lines])

    def _repr_html_(self) -> str:
        table = self.frame().to_html(index=False, border=0, justify="left")
        return f"<p><strong>{html.escape(self._summary())}</strong></p>{table}"


def _mark(answer: Any, truth: Any) -> str:
    if answer is None:
        return _LEFT_OPEN
    return _RIGHT if same(truth, answer) else _WRONG


def _answers(given: Any) -> dict[str, Any]:
    if isinstance(given, Mapping):
        return dict(given)
    raise LabError(
        "Comparing a prediction with what was measured",
        f"{type(given).__name__} instead of answers by question",
        'Write them as {"question": answer, …}.',
    )


def _by_pair(rows: pd.DataFrame) -> dict[str, bool]:
    if lacking := {"source", "target", "ok"} - set(rows.columns):
        raise LabError(
            "Comparing a prediction with what was measured",
            f"the table has no {as_text(lacking)}",
            "Give the table of a probe, or answers by question.",
        )
    pairs = rows["source"] + " → " + rows["target"]
    answered = rows["ok"].groupby(pairs, sort=False).all()
    return {str(pair): bool(ok) for pair, ok in answered.items()}


def _unreadable(seen: str) -> LabError:
    return LabError("Reading a prediction", seen, "Write y, n or ? (and . where there is no question).")
