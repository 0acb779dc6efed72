"""What a learner has done: a small file in the user's account that outlives kernels, labs and `make clean`.

With LAB_PROGRESS=off, nothing is read or written: outputs that are compared must not depend on the learner.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from helpers.errors import LabError
from helpers.file_lock import exclusive
from helpers.paths import run_dir, state_dir


def path() -> Path:
    """Return the path of the file: a JSON object with the day on which each thing was first done."""
    return state_dir() / "progress.json"


def when_done(name: str) -> str:
    """Return the day on which the exercise was first done, such as "2026-11-25", or ""."""
    return read().get(name, "")


def note_done(*names: str) -> None:
    """Record that the exercises or the chapter are done; those already recorded keep their day.

    Raises
    ------
    LabError
        If the file cannot be written.
    """
    if _off():
        return
    with exclusive(run_dir() / "progress.lock", "another notebook to record its progress"):
        today = datetime.now(UTC).astimezone().date().isoformat()
        _write(dict.fromkeys(names, today) | read())


def read() -> dict[str, str]:
    """Return the day on which each exercise and chapter was first done; a damaged file counts as empty."""
    if _off():
        return {}
    try:
        found = json.loads(path().read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {str(name): day for name, day in found.items() if _is_day(day)}


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


def _is_day(value: Any) -> bool:
    try:
        return bool(date.fromisoformat(value).isoformat() == value)
    except (TypeError, ValueError):
        return False


def _write(days: dict[str, str]) -> None:
    new = path().with_suffix(".new")
    try:
        new.write_text(json.dumps(days, indent=1, sort_keys=True) + "\n")
        new.replace(path())
    except OSError as error:
        raise _unwritable(error) from error


def _unwritable(error: OSError) -> LabError:
    return LabError(
        f"Recording your progress in {path()}",
        str(error),
        "Make that file and its directory writable for you, or set LAB_PROGRESS=off.",
    )
