"""A lock between processes that says what it waits for, and does not wait for ever."""

from __future__ import annotations

import fcntl
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from helpers.errors import LabError
from helpers.steps import duration, say

_log = logging.getLogger(__name__)

_PATIENCE_S = 1800.0
_SILENCE_S = 2.0


@contextmanager
def exclusive(path: Path, what: str, patience_s: float = _PATIENCE_S) -> Iterator[None]:
    """Hold the lock file `path`; a process that dies lets go of it, so nothing is ever left locked.

    Raises
    ------
    LabError
        If another process holds it for longer than `patience_s`. `what` is what that process does.
    """
    started = time.monotonic()
    said = False
    with path.open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                waited = time.monotonic() - started
            if waited > patience_s:
                raise LabError(
                    f"Waiting for {what}",
                    f"the lock {path} was held for {duration(waited)}",
                    "End the process that holds it (`fuser` names it), then repeat.",
                )
            if waited > _SILENCE_S and not said:
                say(f"Waiting for {what} …")
                said = True
            time.sleep(0.2)
        if said:
            _log.debug("waited %.1f s for %s", time.monotonic() - started, what)
        yield
