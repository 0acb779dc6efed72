"""What a learner has done and predicted: a small file in the user's account that outlives `make clean`.

With LAB_PROGRESS=off, nothing is read or written: outputs that are compared must not depend on the learner.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from helpers.errors import LabError
from helpers.file_lock import exclusive
from helpers.paths import run_dir, state_dir

_PREDICTIONS = "predictions"


def path() -> Path:
    """Return the path of the file, a JSON object.

    It has the day on which each thing was first done; and under "predictions", by chapter and topic, whether
    the first answer to each question was right.
    """
    return state_dir() / "progress.json"


def when_done(name: str) -> str:
    """Return the day on which the exercise was first done, such as "2026-11-25", or ""."""
    return done().get(name, "")


def done() -> dict[str, str]:
    """Return the day on which each exercise and chapter was first done; what is damaged counts as absent."""
    return {name: day for name, day in _read().items() if _is_day(day)}


def note_done(*names: str) -> None:
    """Record that the exercises or the chapter are done; those already recorded keep their day.

    Raises
    ------
    LabError
        If the file cannot be written.
    """
    today = datetime.now(UTC).astimezone().date().isoformat()
    with _recording() as (days, _):
        days |= dict.fromkeys(names, today) | days


def predictions() -> dict[str, dict[str, bool]]:
    """Return whether the first answer to each question was right, by chapter and topic ("02 names")."""
    found = _read().get(_PREDICTIONS)
    return {
        about: {question: right for question, right in answers.items() if isinstance(right, bool)}
        for about, answers in (found.items() if isinstance(found, dict) else ())
        if isinstance(answers, dict)
    }


def note_predictions(about: str, right: Mapping[str, bool]) -> None:
    """Record whether answers were right; a question that has been answered before keeps its first answer.

    Parameters
    ----------
    about:
        Chapter and topic, as in "02 names".
    right:
        By question; those that were left open are left out, and can be answered another time.

    Raises
    ------
    LabError
        If the file cannot be written.
    """
    with _recording() as (_, predicted):
        predicted[about] = dict(right) | predicted.get(about, {})


def reset() -> None:
    """Forget everything.

    Raises
    ------
    LabError
        If the file cannot be removed.
    """
    try:
        path().unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(error) from error


def _off() -> bool:
    return os.environ.get("LAB_PROGRESS") == "off"


def _read() -> dict[str, Any]:
    """Return the content of the file; one that is missing or damaged counts as empty."""
    if _off():
        return {}
    try:
        found = json.loads(path().read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


@contextmanager
def _recording() -> Iterator[tuple[dict[str, str], dict[str, dict[str, bool]]]]:
    """Yield the days and the predictions for a change, which is then written; notebooks take turns."""
    if _off():
        yield {}, {}
        return
    with exclusive(run_dir() / "progress.lock", "another notebook to record its progress"):
        days, predicted = done(), predictions()
        yield days, predicted
        _write({**days, _PREDICTIONS: predicted})


def _is_day(value: Any) -> bool:
    try:
        return bool(date.fromisoformat(value).isoformat() == value)
    except (TypeError, ValueError):
        return False


def _write(content: Mapping[str, Any]) -> None:
    new = path().with_suffix(".new")
    try:
        new.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")
        new.replace(path())
    except OSError as error:
        raise _unwritable(error) from error


def _unwritable(error: OSError) -> LabError:
    return LabError(
        f"Recording your progress in {path()}",
        str(error),
        "Make that file and its directory writable for you, or set LAB_PROGRESS=off.",
    )
