"""Where the project keeps its files: in five directories, and nowhere else."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from helpers import suites
from helpers.errors import LabError

PROJECT = Path(__file__).resolve().parent.parent
NOTEBOOKS = PROJECT / "notebooks"
VENV = PROJECT / ".venv"
BUILD = PROJECT / "build"  # handouts, web site, workshop kit, screenshots
NAME = "docker-networking-lab"
ENGINE = "engine"
TEST_ENGINE = f"{ENGINE}-test-"


def chapter_files(directory: Path = NOTEBOOKS) -> list[Path]:
    """Return the chapters' notebooks in order."""
    return sorted(directory.glob("[0-9]*.ipynb"))


def chapter_number(path: Path) -> str:
    """Return the number of the chapter in that file: "02", or "02b" for what continues it."""
    return path.stem.partition("_")[0]


def cache_dir() -> Path:
    """Return the directory for what is expensive to rebuild, such as the embedded engine. Owner only."""
    return _private(_base("XDG_CACHE_HOME", ".cache") / NAME, "XDG_CACHE_HOME")


def state_dir() -> Path:
    """Return the directory for what a learner has done. Owner only; `make clean` keeps it."""
    return _private(_base("XDG_STATE_HOME", ".local/state") / NAME, "XDG_STATE_HOME")


def copies_dir() -> Path:
    """Return the directory of the learner's copies of the chapters, inside `state_dir`. Owner only.

    It is not in the project: `git pull`, `git clean` and another clone have no effect on it.
    """
    return _private(state_dir() / "notebooks", "XDG_STATE_HOME")


def run_dir() -> Path:
    """Return the directory for sockets, locks, pid files and logs of what is running. Owner only.

    It is the same for every process of a user, however it was started: $XDG_RUNTIME_DIR is set only in some
    sessions, and is emptied when the last of them ends, while an engine keeps running. Its path is short,
    because a Unix socket's path may not exceed 107 bytes.

    Raises
    ------
    LabError
        If the directory belongs to someone else, or is not writable.
    """
    return _private(Path("/tmp") / f"{NAME}-{os.getuid()}")


def engine_dir(generations: bool = False) -> Path:
    """Return the directory that the embedded engine uses while it runs. Owner only.

    There is one such engine for each suite, and one more for labs of several `generations`, so that they can
    run side by side. A test run has its own: LAB_INSTANCE names them.

    Raises
    ------
    LabError
        As `run_dir`, or if LAB_SUITE names no suite.
    """
    suite = suites.DEFAULT if generations else suites.chosen()
    usual = ENGINE if suite == suites.DEFAULT else f"{ENGINE}-{suite}"
    name = os.environ.get("LAB_INSTANCE") or usual
    return _private(run_dir() / (f"{name}-generations" if generations else name))


def engine_of_tests() -> str:
    """Return the name of the embedded engine of a test run that this process controls.

    The names of the run's other engines begin with it, and no other names do.
    """
    return f"{TEST_ENGINE}{os.getpid():07}"


def _base(variable: str, default: str) -> Path:
    """Return the directory that an environment variable names, else one in the home directory.

    Source: XDG Base Directory Specification, which says to ignore relative paths.
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
    """Make the directory if it is missing, and ensure that it is writable, and private to this user.

    `variable` is the environment variable that sets another place for it, if there is one.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = path.lstat()
        if path.is_symlink() or status.st_uid != os.getuid():
            owner = f"it belongs to user {status.st_uid}, not to you ({os.getuid()})"
            raise LabError(
                f"Keeping the lab's files in {path}",
                "it is a symbolic link, not a directory" if path.is_symlink() else owner,
                f"Move {path} away, or ask its owner to do so.",
            )
        if status.st_mode & 0o077:
            path.chmod(0o700)
        if not os.access(path, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "it is not writable", str(path))
    except OSError as error:
        elsewhere = f"set {variable} to a directory that is" if variable else "free space on its disk"
        raise LabError(
            f"Keeping the lab's files in {path}",
            str(error),
            f"Make that directory writable, or {elsewhere}, then repeat.",
        ) from error
    return path
