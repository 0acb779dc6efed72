"""A test run has its own embedded engines and stops exactly these, whoever else runs one.

They are named after the process that controls the run. It holds a lock for as long as it lives, so that the
next run finds out whether it was killed, and stops what it has left.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from typing import IO

from helpers.engine import embedded
from helpers.paths import TEST_ENGINE, engine_of_tests, run_dir

_LOCK = ".run"


def claim(workers: bool) -> IO[str]:
    """Name the engine of this process and hold the lock of its run; a process alone accepts another name."""
    _stop_what_killed_runs_left()
    if workers or "LAB_INSTANCE" not in os.environ:
        os.environ["LAB_INSTANCE"] = engine_of_tests()
    lock = (run_dir() / f"{engine_of_tests()}{_LOCK}").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return lock


def stop(run: str) -> None:
    """Stop the engines of a run that has ended, and delete its files."""
    embedded.stop(f"{run}*")
    for file in run_dir().glob(f"{run}*.*"):
        file.unlink(missing_ok=True)


def _stop_what_killed_runs_left() -> None:
    for path in run_dir().glob(f"{TEST_ENGINE}*{_LOCK}"):
        with suppress(FileNotFoundError, BlockingIOError), path.open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            stop(path.stem)
