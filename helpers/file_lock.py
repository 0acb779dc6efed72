"""A lock between processes that reports what it waits for and does not wait forever."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from helpers.waiting import NotYet, wait_until

_PATIENCE_S = 1800.0
_SILENT_S = 2.0


@contextmanager
def exclusive(path: Path, what: str, patience_s: float = _PATIENCE_S) -> Iterator[None]:
    """Hold the lock file `path`. The kernel releases it if this process dies, so it is never left locked.

    `what` names what is waited for while another process holds it: "another process to fill the stock".

    Raises
    ------
    LabError
        If another process holds it for longer than `patience_s`.
    """
    with path.open("w") as file:
        _lock(file, fcntl.LOCK_EX, what, patience_s)
        yield


def shared(path: Path, what: str) -> IO[str]:
    """Hold the lock file `path` together with others; close the returned file to release it.

    Raises
    ------
    LabError
        If another process holds it alone for longer than half an hour.
    """
    file = path.open("w")
    _lock(file, fcntl.LOCK_SH, what, _PATIENCE_S)
    return file


def is_alone(file: IO[str]) -> bool:
    """Return whether nobody else holds the lock that this process shares; if so, nobody can until `share`."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        share(file)  # the attempt has released it
        return False
    return True


def share(file: IO[str]) -> None:
    """Let others hold the lock, too."""
    fcntl.flock(file, fcntl.LOCK_SH)


def _lock(file: IO[str], kind: int, what: str, patience_s: float) -> None:
    def lock() -> NotYet | None:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return NotYet(f"another process holds the lock {file.name}")
        return None

    wait_until(
        lock,
        tried=f"Waiting for {what}",
        within_s=patience_s,
        next_step="End the process that holds it (`fuser` shows which one), then repeat.",
        silent_s=_SILENT_S,
    )
