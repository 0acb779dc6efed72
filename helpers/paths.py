"""Where the project keeps things: five directories, and nothing outside them."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from helpers.errors import LabError

PROJECT = Path(__file__).resolve().parent.parent
NOTEBOOKS = PROJECT / "notebooks"
VENV = PROJECT / ".venv"
BUILD = PROJECT / "build"  # handouts, web site, workshop kit, screenshots
NAME = "docker-networking-lab"
ENGINE = "engine"


def chapter_files(directory: Path = NOTEBOOKS) -> list[Path]:
    """Return the chapters' notebooks, in their order."""
    return sorted(directory.glob("[0-9]*.ipynb"))


def cache_dir() -> Path:
    """What is expensive to make again: the embedded engine's disk and snapshot. Owner only."""
    return _private(_base("XDG_CACHE_HOME", ".cache") / NAME, "XDG_CACHE_HOME")


def state_dir() -> Path:
    """What a learner has done. Owner only; `make clean` leaves it."""
    return _private(_base("XDG_STATE_HOME", ".local/state") / NAME, "XDG_STATE_HOME")


def run_dir() -> Path:
    """Sockets, locks, pid files and logs of what runs now. Owner only.

    The same place for every process of a user, whatever started it: $XDG_RUNTIME_DIR is set in some sessions
    only, and emptied when the last of them ends, while an engine runs on. And a short one: a Unix socket's
    path may not exceed 107 bytes.

    Raises
    ------
    LabError
        If somebody else made the directory first, or it cannot be written.
    """
    return _private(Path("/tmp") / f"{NAME}-{os.getuid()}")


def engine_dir() -> Path:
    """What the embedded engine keeps while it runs. Owner only.

    There is one such engine, except in a test run, which has several at a time: LAB_INSTANCE names its own.
    """
    return _private(run_dir() / (os.environ.get("LAB_INSTANCE") or ENGINE))


def _base(variable: str, default: str) -> Path:
    """Return the directory that an environment variable names, else one in the home.

    Source: XDG Base Directory Specification, which has relative paths ignored.
    """
    named = Path(os.environ.get(variable, ""))
    if named.is_absolute():
        return named
    try:
        return Path.home() / default
    except RuntimeError as error:  # no HOME, and no such user in /etc/passwd
        raise LabError(
            "Looking for your home directory",
            f"{error}; you are user {os.getuid()}",
            f"Set HOME, or set {variable} to an absolute path that you can write to.",
        ) from error


def _private(path: Path, variable: str = "") -> Path:
    """Make the directory if it is missing, and make sure that it is ours alone and can be written.

    `variable` is the environment variable that names another place for it, if there is one.
    """
    try:
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
        if not os.access(path, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "it cannot be written to", str(path))
    except OSError as error:
        elsewhere = f"set {variable} to a directory where you can" if variable else "make room there"
        raise LabError(
            f"Keeping the lab's files in {path}",
            str(error),
            f"Make it possible to write there, or {elsewhere}, then repeat.",
        ) from error
    return path
