"""A lock between processes that reports what it waits for and does not wait forever."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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

        def lock() -> NotYet | None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return NotYet(f"another process holds the lock {path}")
            return None

        wait_until(
            lock,
            tried=f"Waiting for {what}",
            within_s=patience_s,
            next_step="End the process that holds it (`fuser` shows which one), then repeat.",
            silent_s=_SILENT_S,
        )
        yield
