"""Predict, run, compare: what a learner writes down first, next to what is then measured."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from helpers.errors import LabError
from helpers.learning import record
from helpers.learning.claims import as_text, same

OPEN = "?"
_YES, _NO = ("y", "yes", "true", "✓"), ("n", "no", "false", "✗")
_WORDS = {**dict.fromkeys(_YES, True), **dict.fromkeys(_NO, False), OPEN: None}
_RIGHT, _WRONG, _LEFT_OPEN = "✓", "✗", "–"
LEFT_OPEN_ADVICE = (
    "Nothing predicted. You may go on like this, and it is said only once. To predict, replace None or ? "
    "with your answer before you run on."
)
_advised = False  # in this kernel

TOPICS = {
    "addresses": "addresses and interfaces",
    "names": "service discovery",
    "isolation": "who reaches whom",
    "ports": "published ports",
    "speed": "performance",
    "encapsulation": "how frames travel between machines",
    "balancing": "load balancing",
    "failure": "what happens when something fails",
    "drivers": "network drivers and plugins",
}


def compare(
    about: str, predicted: Mapping[str, Any] | str, measured: Mapping[str, Any] | pd.DataFrame
) -> Comparison:
    """Compare a prediction with the result, question by question. An open question is not a mistake.

    For `course_map`, the learner's record keeps whether the first answer to each question was right: one that
    is corrected after the result has been seen does not count. An open question is not recorded.

    Parameters
    ----------
    about:
        The chapter's number and one of `TOPICS`, such as "02 names".
    predicted:
        Answers by question, None if left open; or a grid as text, as for `read_grid`.
    measured:
        The true answers by question; or probe rows (source, target, ok): a pair is "yes" if all its
        attempts were answered.

    Raises
    ------
    LabError
        If the prediction has a question that was not measured, one of the two cannot be read, or the record
        cannot be written.
    ValueError
        If `about` is not a chapter and a topic.
    """
    if not re.fullmatch(rf"[0-9]{{2}}[a-z]? ({'|'.join(TOPICS)})", about):
        raise ValueError(f"{about!r} is not a chapter's number and one of {', '.join(TOPICS)}")
    answers = read_grid(predicted) if isinstance(predicted, str) else _answers(predicted)
    truth = _by_pair(measured) if isinstance(measured, pd.DataFrame) else _answers(measured)
    if unknown := [question for question in answers if question not in truth]:
        raise LabError(
            "Comparing a prediction with what was measured",
            f"{as_text(unknown)}: not among the questions, which are {as_text(list(truth))}",
            "Change only the answers, not the questions or names.",
        )
    rows = [(question, _as_in_a_grid(answers.get(question)), true) for question, true in truth.items()]
    right = {as_text(asked): _is_right(answer, true) for asked, answer, true in rows if answer is not None}
    if right:
        record.note_predictions(about, right)
    return Comparison(tuple(rows), advice="" if right else _advice())


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
    """A prediction next to the result; shown as text, and as a table in JupyterLab.

    Attributes
    ----------
    rows:
        Question, predicted (None if left open) and measured.
    advice:
        What precedes the results if nothing was predicted.
    """

    rows: tuple[tuple[str, Any, Any], ...]
    advice: str = ""

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
        return f"{marks.count(_RIGHT)} of {made} predictions are right." if made else self.advice

    def __repr__(self) -> str:
        lines = [
            f"{row['right']} {row['question']}: {row['measured']}"
            + (f" (predicted: {row['predicted']})" if row["right"] == _WRONG else "")
            for row in self.frame().to_dict("records")
        ]
        return "\n".join(filter(None, [self._summary(), *lines]))

    def _repr_html_(self) -> str:
        shown = self.frame()
        if (shown["right"] == _LEFT_OPEN).all():
            shown = shown[["question", "measured"]]
        table = shown.to_html(index=False, border=0, justify="left")
        summary = html.escape(self._summary())
        return f"<p><strong>{summary}</strong></p>{table}" if summary else table


def _advice() -> str:
    """Say once in a kernel that a prediction is optional, and how to make one."""
    global _advised
    advice, _advised = "" if _advised else LEFT_OPEN_ADVICE, True
    return advice


def _mark(answer: Any, truth: Any) -> str:
    if answer is None:
        return _LEFT_OPEN
    return _RIGHT if _is_right(answer, truth) else _WRONG


def _is_right(answer: Any, truth: Any) -> bool:
    """Whether an answer is the true one, or reads like it: "yes" for True, "3" for 3."""
    if isinstance(truth, bool | np.bool_) and isinstance(answer, str):
        answer = _WORDS.get(answer.strip().lower(), answer)
    return same(truth, answer) or as_text(answer).casefold() == as_text(truth).casefold()


def _answers(given: Any) -> dict[str, Any]:
    if isinstance(given, Mapping):
        return dict(given)
    raise LabError(
        "Comparing a prediction with what was measured",
        f"{type(given).__name__} instead of answers by question",
        'Write them as {"question": answer, …}.',
    )


def _as_in_a_grid(answer: Any) -> Any:
    """Return None for an answer that leaves its question open, be it written as in a grid."""
    return None if isinstance(answer, str) and answer.strip() in ("", OPEN) else answer


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
