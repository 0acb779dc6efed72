"""The file that redirects the browser to JupyterLab: it has the token, which no command line may show.

Ubuntu's browsers are snaps, which can read neither /tmp nor hidden directories in the home directory, so the
file is in `build` or in the home directory. Its server locks it; an unlocked one was left by a killed server.
Runs on the standard library alone.
"""

from __future__ import annotations

import fcntl
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from helpers.paths import BUILD, NAME, run_dir

_SUFFIX = "-open.html"


@contextmanager
def page() -> Iterator[Path]:
    """Provide an empty file that only its owner can read; remove it afterwards."""
    place = next(filter(_make_private, _places()), run_dir())
    held, path = _locked_file(place)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)  # JupyterLab removes it if it ends normally
        os.close(held)
        _remove_if_empty(place)


def remove_leftovers() -> None:
    """Remove the files of servers that are gone, and the directories that are then empty."""
    for place in (*_places(), run_dir()):
        for path in place.glob(f"*{_SUFFIX}"):
            with suppress(OSError), path.open("r+") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails if a server holds it
                path.unlink()
        _remove_if_empty(place)


def in_home() -> Path:
    """Return the directory that is used if `build` cannot be."""
    return Path.home() / f"{NAME}-page"


def _places() -> list[Path]:
    """Return directories that a snap can read, the best first; none except on Linux."""
    if sys.platform != "linux":  # macOS would ask whether the browser may read ~/Documents
        return []
    home = Path.home().resolve()
    visible = BUILD.is_relative_to(home) and not any(
        part.startswith(".") for part in BUILD.relative_to(home).parts
    )
    return [*([BUILD / "page"] if visible else []), in_home()]


def _make_private(place: Path) -> bool:
    """Make a directory private to its owner; return whether it is: some file systems have no modes."""
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = place.lstat()
    except OSError:
        return False
    private = stat.S_ISDIR(status.st_mode) and not status.st_mode & 0o077
    return private and status.st_uid == os.getuid()


def _locked_file(place: Path) -> tuple[int, Path]:
    while True:
        held, path = tempfile.mkstemp(_SUFFIX, "jupyterlab-", place)  # mode 0600
        with suppress(BlockingIOError):
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(held).st_nlink:
                return held, Path(path)
        os.close(held)  # before it was locked, another server removed it as a leftover


def _remove_if_empty(place: Path) -> None:
    if place != run_dir():
        with suppress(OSError):
            place.rmdir()
            if place.parent == BUILD:
                BUILD.rmdir()
