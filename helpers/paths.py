"""Where the project keeps things: five directories, and nothing outside them."""

from __future__ import annotations

import os
from pathlib import Path

from helpers.errors import LabError

PROJECT = Path(__file__).resolve().parent.parent
NOTEBOOKS = PROJECT / "notebooks"
VENV = PROJECT / ".venv"
BUILD = PROJECT / "build"  # handouts, web site, workshop kit, screenshots
NAME = "docker-networking-lab"
ENGINE = "engine"


def chapters(directory: Path = NOTEBOOKS) -> list[Path]:
    """Return the chapters' notebooks, in their order."""
    return sorted(directory.glob("[0-9]*.ipynb"))


def cache_dir() -> Path:
    """What is expensive to make again: the embedded engine's disk and snapshot. Owner only."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return _private(base / NAME)


def state_dir() -> Path:
    """What a learner has done. Owner only; `make clean` leaves it."""
    base = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return _private(base / NAME)


def run_dir() -> Path:
    """Sockets, locks, pid files and logs of what runs now. Owner only.

    Short on purpose: a Unix socket's path may not exceed 107 bytes.

    Raises
    ------
    LabError
        If somebody else made the directory first.
    """
    base = os.environ.get("XDG_RUNTIME_DIR")
    if base and Path(base).is_dir() and len(base) < 40:
        return _private(Path(base) / NAME)
    return _private(Path("/tmp") / f"{NAME}-{os.getuid()}")


def engine_dir() -> Path:
    """What the embedded engine keeps while it runs. Owner only.

    There is one such engine, except in a test run, which has several at a time: LAB_INSTANCE names its own.
    """
    return _private(run_dir() / (os.environ.get("LAB_INSTANCE") or ENGINE))


def _private(path: Path) -> Path:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = path.lstat()
    if not path.is_dir() or path.is_symlink() or status.st_uid != os.getuid():
        raise LabError(
            f"Keeping the lab's files in {path}",
            f"it belongs to user {status.st_uid}, not to you ({os.getuid()})",
            f"Move {path} away, or ask its owner to.",
        )
    if status.st_mode & 0o077:
        path.chmod(0o700)
    return path
